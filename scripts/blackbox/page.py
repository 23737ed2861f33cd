"""Tries the page in headless Chromium against a server with its engines, and keeps pictures.

    python3 -m venv /tmp/page && /tmp/page/bin/pip install selenium
    apt-get install chromium chromium-driver
    /tmp/page/bin/python scripts/page_test.py [program] [folder for pictures]

It starts the program itself, once without a key and once with one.
"""

import base64
import os
import socket
import subprocess
import sys
import time

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
program = sys.argv[1] if len(sys.argv) > 1 else f"{root}/.build/release/avatar-backend"
pictures = sys.argv[2] if len(sys.argv) > 2 else "/tmp/page-pictures"
speech = f"{root}/.deps/samples/jfk.wav"
port = 18200
failures = []


def check(what, holds, seen=""):
    print(("ok    " if holds else "FAIL  ") + what + ("" if holds else f": {seen}"), flush=True)
    if not holds:
        failures.append(what)


class Server:
    def __init__(self, **variables):
        self.process = subprocess.Popen(
            [program], env={**os.environ, "PORT": str(port), "LOG_LEVEL": "ERROR", **variables})
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return
            except OSError:
                time.sleep(0.05)
        raise SystemExit("the server does not listen")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


class Page:
    def __init__(self, host="localhost", width=1200, height=900, dark=False):
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
        driver = "/usr/bin/chromedriver"
        service = Service(driver) if os.path.exists(driver) else Service()
        self.driver = webdriver.Chrome(options=options, service=service)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        if width < 600:
            self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
                "width": width, "height": height, "deviceScaleFactor": 2, "mobile": True})
        self.base = f"http://{host}:{port}"
        self.open("/")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.driver.quit()

    def open(self, path):
        self.driver.get(self.base + path)
        time.sleep(0.8)

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
        size = self.js("[innerWidth, document.documentElement.scrollHeight]")
        clip = {"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1}
        answer = self.driver.execute_cdp_cmd(
            "Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
        with open(f"{pictures}/{name}.png", "wb") as file:
            file.write(base64.b64decode(answer["data"]))


def try_work(page):
    check("the page finds the server", page.text("#health").startswith("Ready"))
    page.one("#speak form .primary").click()
    page.wait("#speak")
    lit = set()
    for _ in range(60):
        lit.update(page.js("[...document.querySelectorAll('#speak .lit')].map(e => e.textContent)"))
        time.sleep(0.04)
    check("words light up while they are spoken", len(lit) > 3, lit)
    check("the command for speech is there", "/speak" in page.text("#speak .curl pre"))

    page.one("#hear .drop input").send_keys(speech)
    page.wait("#hear")
    check("a chosen file is heard", "ask not what your country" in page.text("#hear .said"))
    check("times are drawn", len(page.driver.find_elements(By.CSS_SELECTOR, "#hear .times li")) >= 2)
    check("three downloads", len(page.driver.find_elements(By.CSS_SELECTOR, "#hear .saves a")) == 3)

    for source in ["text", "spoken"]:
        page.one(f"#show [value={source}]").click()
        page.one("#show form .row button.primary").click()
        page.wait("#show")
        time.sleep(0.5)
        film = page.js("(v => [v.videoWidth, v.duration, v.error])(document.querySelector('#show video'))")
        check(f"a film of {source} plays", film[0] == 512 and film[1] > 1 and not film[2], film)

    page.one("#talk .record").click()
    time.sleep(5)
    check("recording says so", page.text("#talk .micro").startswith("Recording"))
    page.one("#talk .record").click()
    page.wait("#talk")
    steps = page.js("[...document.querySelectorAll('.chain li')].map(e => e.className)")
    check("what was said is said again", steps == ["done"] * 3, page.text("#talk"))
    check("the film is played", page.js("document.querySelector('#talk-film').videoWidth") == 512)
    check("the browser has no complaint", not page.complaints(), "complaints")
    page.picture("light-done")


def try_errors(page):
    bad = f"{pictures}/not-a-sound.wav"
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
    check("a text with nothing in it is told", "nothing that can be spoken" in page.text("#speak .error"))
    unnamed = page.js("""[...document.querySelectorAll('input, select, textarea, button, a, meter')]
        .filter(e => !(e.labels?.length || e.ariaLabel || e.textContent.trim())).map(e => e.outerHTML)""")
    check("every control has a name", not unnamed, unnamed)
    page.picture("light-errors")


def main():
    os.makedirs(pictures, exist_ok=True)
    with Server():
        with Page() as page:
            try_work(page)
        with Page() as page:
            try_errors(page)
        for name, width, dark in [("dark", 1200, True), ("phone", 390, False), ("phone-dark", 390, True)]:
            with Page(width=width, height=844, dark=dark) as page:
                for path, kind in [("/", "page"), ("/docs", "docs")]:
                    page.open(path)
                    wide = page.js("document.documentElement.scrollWidth - innerWidth")
                    check(f"nothing sticks out: {kind}, {name}", wide <= 0, wide)
                    page.picture(f"{kind}-{name}")
        with Page(host="avatar.test") as page:
            check("without HTTPS the microphone is off, and the page says why",
                  not page.one("#hear .record").is_enabled()
                  and "needs HTTPS" in page.text("#hear .micro"), page.text("#hear"))
    with Server(AVATAR_API_KEY="right"), Page() as page:
        check("a key is asked for", page.one("#key").is_displayed())
        for key, is_shown in [("wrong", True), ("right", False)]:
            page.one("#key input").clear()
            page.one("#key input").send_keys(key)
            page.one("#key button").click()
            time.sleep(0.5)
            check(f"the {key} key", page.one("#key").is_displayed() == is_shown, page.text("#key"))
        page.one("#speak form .primary").click()
        page.wait("#speak")
        check("the key is sent", not page.text("#speak .error"), page.text("#speak .error"))
        check("no command shows the key", "right" not in page.text("#speak .curl pre"))
    raise SystemExit(f"{len(failures)} failed" if failures else 0)


main()
