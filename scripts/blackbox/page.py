"""Tries the page in headless Chromium: hear, speak, show, errors, dark, narrow, a key.

usage: page.py BASE_URL [folder for pictures]     also reads AVATAR_KEYED_URL and AVATAR_KEY
"""

import base64
import os
import sys
import tempfile
import time
import urllib.parse

from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from avatar_tools import CLIP
from avatar_tools.checks import check, finish

speech = str(CLIP)
pictures = sys.argv[2] if len(sys.argv) > 2 else None


class Page:
    def __init__(self, url, host="localhost", width=1200, height=900, dark=False):
        options = Options()
        for argument in [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            "--autoplay-policy=no-user-gesture-required", "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream", f"--use-file-for-fake-audio-capture={speech}",
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

    def comes(self, condition):
        """Whether a condition holds within ten seconds."""
        try:
            return WebDriverWait(self.driver, 10, poll_frequency=0.05).until(lambda _: condition())
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

    page.one("#talk .record").click()
    check(
        "recording says so", page.comes(lambda: page.text("#talk .micro").startswith("Recording"))
    )
    time.sleep(8)  # most of the speech that the browser takes for its microphone
    page.one("#talk .record").click()
    page.wait("#talk")
    steps = page.js("[...document.querySelectorAll('.chain li')].map(e => e.className)")
    check("what was said is said again", steps == ["done"] * 3, page.text("#talk"))
    check("the video is played",
          page.comes(lambda: page.js("document.querySelector('#talk-video').videoWidth") == 512))
    complaints = page.complaints()
    check("the browser has no complaint", not complaints, complaints)
    page.picture("light-done")


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


def main():
    url = sys.argv[1]
    if pictures:
        os.makedirs(pictures, exist_ok=True)
    with Page(url) as page:
        try_work(page)
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
