"""Tries the page in headless Chromium: each card, a conversation, errors, dark, narrow, a key.

usage: page.py BASE_URL [folder for pictures]     also reads AVATAR_KEYED_URL and AVATAR_KEY
"""

import asyncio
import base64
import json
import os
import statistics
import sys
import tempfile
import threading
import urllib.parse

from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from avatar_tools import CLIP, client
from avatar_tools.checks import check, finish, serving
from avatar_tools.figures import word_errors
from avatar_tools.realtime.chat_stub import REPLY, ChatStub
from avatar_tools.wav import wav_bytes

speech = str(CLIP)
pictures = sys.argv[2] if len(sys.argv) > 2 else None

# What the browser's microphone hears, and what is typed between. That takes half a minute to say:
# the second is said while it speaks, however busy the machine is.
FIRST = "The sun was shining on the sea"
TYPED = " ".join(
    f"This is sentence number {number}, and it goes on for a little while."
    for number in ("one", "two", "three", "four", "five", "six", "seven", "eight"))
SECOND = "Please stop now and listen to me"
BETWEEN_SECONDS = 15
VOICE_HZ = 24_000
# A picture is shown for 40 ms; what is shown may be one behind what is due.
LAG_MS_MAX = 40


class Page:
    def __init__(
        self, url, host="localhost", width=1200, height=900, dark=False, microphone=speech
    ):
        options = Options()
        for argument in [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            "--autoplay-policy=no-user-gesture-required", "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-audio-capture={microphone}%noloop",
            "--host-resolver-rules=MAP avatar.test 127.0.0.1",
            f"--window-size={width},{height}",
        ]:
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        # By path: without one, selenium would look for a driver in the net.
        self.driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        if width < 600:
            self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
                "width": width, "height": height, "deviceScaleFactor": 2, "mobile": True})
        self.base = f"http://{host}:{urllib.parse.urlsplit(url).port}"
        self.open("/")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.driver.quit()

    def open(self, path):
        self.driver.get(self.base + path)
        self.comes(lambda: self.js("document.readyState") == "complete")

    def comes(self, condition, seconds=10):
        """Whether a condition holds within some seconds."""
        try:
            return WebDriverWait(self.driver, seconds, poll_frequency=0.05).until(
                lambda _: condition())
        except TimeoutException:
            return False

    def one(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def text(self, selector):
        return self.one(selector).text

    def js(self, code):
        return self.driver.execute_script("return " + code)

    def wait(self, card):
        """Until a card has an answer or an error."""
        def is_done(_):
            return self.text(f"{card} .error") or (
                self.one(f"{card} .after").is_displayed()
                and not self.one(card).get_attribute("aria-busy"))
        WebDriverWait(self.driver, 60).until(is_done)

    def complaints(self):
        return [line["message"] for line in self.driver.get_log("browser")]

    def picture(self, name):
        if not pictures:
            return
        size = self.js("[innerWidth, document.documentElement.scrollHeight]")
        clip = {"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1}
        answer = self.driver.execute_cdp_cmd(
            "Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
        with open(f"{pictures}/{name}.png", "wb") as file:
            file.write(base64.b64decode(answer["data"]))


def try_work(page):
    check("the page finds the server",
          page.comes(lambda: page.text("#health").startswith("Ready")), page.text("#health"))
    # Collected in the page: each word is lit for a moment only.
    page.driver.execute_script("""window.lit = new Set();
        setInterval(() => document.querySelectorAll('#speak .lit').forEach(
            e => lit.add(e.textContent)), 10);""")
    page.one("#speak form .primary").click()
    page.wait("#speak")
    check("words light up while they are spoken",
          page.comes(lambda: page.js("window.lit.size") > 3), page.js("[...window.lit]"))
    check("the command for speech is there", "/speak" in page.text("#speak .curl pre"))

    page.one("#hear .drop input").send_keys(speech)
    page.wait("#hear")
    check("a chosen file is heard", "ask not what your country" in page.text("#hear .said"))
    check(
        "times are drawn", len(page.driver.find_elements(By.CSS_SELECTOR, "#hear .times li")) >= 2
    )
    check("three downloads", len(page.driver.find_elements(By.CSS_SELECTOR, "#hear .saves a")) == 3)

    for source in ["text", "spoken"]:
        page.one(f"#show [value={source}]").click()
        page.one("#show form .row button.primary").click()
        page.wait("#show")
        def video():
            return page.js(
                "(v => [v.videoWidth, v.duration, v.error])(document.querySelector('#show video'))"
            )

        check(f"a video of {source} plays",
              page.comes(lambda: video()[0] == 512 and video()[1] > 1) and not video()[2], video())

    complaints = page.complaints()
    check("the browser has no complaint", not complaints, complaints)
    page.picture("light-done")


def make_microphone(url, path):
    """A WAV with the two utterances."""
    quiet = bytes(2 * VOICE_HZ)
    sound = quiet
    for text, seconds in ((FIRST, BETWEEN_SECONDS), (SECOND, 1)):
        status, said = client.ask(
            url + "/speak", json.dumps({"text": text + ".", "response_format": "pcm"}))
        check("the microphone's words are made", status == 200, said[:200])
        sound += said + quiet[:len(quiet) // 2] * int(2 * seconds)
    with open(path, "wb") as file:
        file.write(wav_bytes(sound, VOICE_HZ))


def lines(page):
    """Who, what and state of each line of the captions."""
    return page.js("""[...document.querySelectorAll('#talk .captions li')].map(e => [
        e.querySelector('b').textContent, e.querySelector('span').textContent, e.className])""")


def line(page, who, text):
    """The line in which somebody says about this, or None."""
    def plain(words):
        return words.lower().replace(".", "").replace(",", "").split()

    for speaker, said, state in lines(page):
        if speaker == who and word_errors(plain(text), plain(said)) <= len(plain(text)) // 4:
            return said, state
    return None


def begin_conversation(page):
    page.one("#talk .start").click()
    appears = page.comes(lambda: page.one("#talk-canvas").is_displayed())
    check("the face appears", appears, page.text("#talk"))


def try_face(page):
    def picture():
        return page.js("document.querySelector('#talk-canvas').toDataURL()")

    before = picture()
    check("the face that listens moves", page.comes(lambda: picture() != before))
    page.driver.execute_script("""window.lags = [];
        setInterval(() => conversation?.lag !== undefined && lags.push(conversation.lag), 100);""")


def try_conversation(page):
    begin_conversation(page)
    try_face(page)
    check("that nobody answers is told", page.one("#talk .nobody").is_displayed())
    check("what was said stands there",
          page.comes(lambda: line(page, "You", FIRST), 30), lines(page))
    check("and is repeated", page.comes(lambda: line(page, "It", FIRST)), lines(page))
    check("how long the answer took is told",
          page.comes(lambda: page.text("#talk .latency").startswith("Answered ")),
          page.text("#talk .latency"))
    print(f"      {page.text('#talk .latency')}")
    page.one("#talk .type input").send_keys(TYPED)
    page.one("#talk .type button").click()
    check("what is typed is said", page.comes(
        lambda: any(who == "It" and TYPED.startswith(said) for who, said, _ in lines(page))),
        lines(page))
    check("it says what it does",
          page.comes(lambda: page.text("#talk .mood") == "speaking"), page.text("#talk .mood"))
    check("it can be told to stop", page.one("#talk .hush").is_displayed())
    page.picture("talk-speaks")

    check("who speaks while it does is heard",
          page.comes(lambda: line(page, "You", SECOND), 40), lines(page))
    cut = [said for who, said, state in lines(page)
           if who == "It" and state == "cut" and TYPED.startswith(said)]
    check("and it stops", len(cut) == 1 and len(cut[0]) < len(TYPED), lines(page))
    check("what was said then is repeated",
          page.comes(lambda: line(page, "It", SECOND), 20), lines(page))
    mute = page.one("#talk .mute")
    mute.click()
    check("the microphone is muted",
          mute.get_attribute("aria-pressed") == "true" and page.js("conversation.isMuted"))
    mute.click()
    lags = page.js("window.lags")
    median = statistics.median(lags)
    print(f"      pictures behind their sound: {len(lags)} times, median {median:.0f} ms, "
          f"shown {page.js('conversation.face.shown')}")
    check("the pictures keep time with the sound", median <= LAG_MS_MAX, median)
    page.picture("talk-done")
    complaints = page.complaints()
    check("the browser has no complaint about a conversation", not complaints, complaints)
    check("no error is shown", not page.text("#talk .error"), page.text("#talk .error"))

    page.one("#talk .start").click()
    check("the portrait is back at the end",
          page.one("#talk-portrait").is_displayed() and not page.one("#talk-canvas").is_displayed())
    check("the end is told", page.text("#talk .status") == "The conversation has ended.",
          page.text("#talk .status"))


def try_answers(microphone):
    """With a chat endpoint: it answers what is said and what is typed."""
    loop, chat = asyncio.new_event_loop(), ChatStub()
    loop.run_until_complete(chat.start())
    threading.Thread(target=loop.run_forever, daemon=True).start()
    with (
        serving(AVATAR_CHAT_URL=chat.url, AVATAR_CHAT_MODEL="stub") as (port, _),
        Page(f"http://localhost:{port}", microphone=microphone) as page,
    ):
        begin_conversation(page)
        check("that somebody answers is known", not page.one("#talk .nobody").is_displayed())
        check("what was said is heard", page.comes(lambda: line(page, "You", FIRST), 30),
              lines(page))
        check("and answered", page.comes(lambda: line(page, "It", REPLY), 20), lines(page))
        page.one("#talk .type input").send_keys("And this?")
        page.one("#talk .type button").click()
        check("what is typed is asked",
              page.comes(lambda: chat.requests[-1].messages[-1]["content"] == "And this?"),
              chat.requests[-1].messages)
        check("and answered too", page.comes(
            lambda: [who for who, _, _ in lines(page)][-2:] == ["You", "It"]), lines(page))
        complaints = page.complaints()
        check("the browser has no complaint about answers", not complaints, complaints)
        check("no error is shown with them", not page.text("#talk .error"),
              page.text("#talk .error"))


def try_errors(page):
    with tempfile.TemporaryDirectory() as folder:
        bad = f"{folder}/not-a-sound.wav"
        with open(bad, "w") as file:
            file.write("This is no sound.")
        page.one("#hear .drop input").send_keys(bad)
        page.wait("#hear")
    check("an error is a sentence",
          page.text("#hear .error").startswith("These bytes cannot be read as audio. Allowed: wav"),
          page.text("#hear .error"))
    page.js("document.querySelector('#speak textarea').value = '🙂'")
    page.one("#speak form .primary").click()
    page.wait("#speak")
    check(
        "a text with nothing in it is told",
        "nothing that can be spoken" in page.text("#speak .error"),
    )
    unnamed = page.js("""[...document.querySelectorAll('input, select, textarea, button, a, meter')]
        .filter(e => !(e.labels?.length || e.ariaLabel || e.textContent.trim()))
        .map(e => e.outerHTML)""")
    check("every control has a name", not unnamed, unnamed)
    page.picture("light-errors")


def try_key(page, right):
    check("a key is asked for", page.comes(page.one("#key").is_displayed))

    def give(key):
        page.one("#key input").clear()
        page.one("#key input").send_keys(key)
        page.one("#key button").click()

    give("wrong")
    check("the wrong key is refused",
          page.comes(lambda: "does not take this key" in page.text("#key")), page.text("#key"))
    give(right)
    check("the right key is taken",
          page.comes(lambda: not page.one("#key").is_displayed()), page.text("#key"))
    page.one("#speak form .primary").click()
    page.wait("#speak")
    check("the key is sent", not page.text("#speak .error"), page.text("#speak .error"))
    check("no command shows the key", right not in page.text("#speak .curl pre"))
    begin_conversation(page)
    complaints = [words for words in page.complaints() if "401" not in words]
    check("a conversation with a key has no complaint", not complaints, complaints)


def main():
    url = sys.argv[1]
    if pictures:
        os.makedirs(pictures, exist_ok=True)
    with Page(url) as page:
        try_work(page)
    with tempfile.TemporaryDirectory() as folder:
        microphone = f"{folder}/microphone.wav"
        make_microphone(url, microphone)
        with Page(url, microphone=microphone) as page:
            try_conversation(page)
        try_answers(microphone)
        for name, width, dark in [("dark", 1200, True), ("phone", 390, False)]:
            with Page(url, width=width, height=844, dark=dark, microphone=microphone) as page:
                begin_conversation(page)
                page.comes(lambda page=page: lines(page), 20)
                wide = page.js("document.documentElement.scrollWidth - innerWidth")
                check(f"nothing sticks out of a conversation: {name}", wide <= 0, wide)
                page.picture(f"talk-{name}")
    with Page(url) as page:
        try_errors(page)
    for name, width, dark in [
        ("dark", 1200, True),
        ("phone", 390, False),
        ("phone-dark", 390, True),
    ]:
        with Page(url, width=width, height=844, dark=dark) as page:
            for path, kind in [("/", "page"), ("/docs", "docs")]:
                page.open(path)
                wide = page.js("document.documentElement.scrollWidth - innerWidth")
                check(f"nothing sticks out: {kind}, {name}", wide <= 0, wide)
                page.picture(f"{kind}-{name}")
    with Page(url, host="avatar.test") as page:
        check("without HTTPS the microphone is off, and the page says why",
              not page.one("#hear .record").is_enabled()
              and "needs HTTPS" in page.text("#hear .micro"), page.text("#hear"))
    with Page(os.environ["AVATAR_KEYED_URL"]) as page:
        try_key(page, os.environ["AVATAR_KEY"])
    finish()


main()
