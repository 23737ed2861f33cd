"""Runs README's recipes as they stand, and checks that they answer what README says.

usage: recipes.py BASE_URL

A block marked `console` is run line by line: what follows a `$ ` is a command for bash, the lines
after it are its whole output. A block marked `python`, `javascript` or `swift` is a program; a
`text` block right after it is its output. A line `# FILE: facts` in each says what FILE is, and
each fact is checked. Only the server's address is changed, and a folder of its own is made that
looks like the repository's. Blocks with another mark, or none, need a machine or an account that
is not here.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.parse

from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

from avatar_tools import CLIP
from avatar_tools import ROOT as root
from avatar_tools.checks import check, finish
from avatar_tools.markdown import blocks

numbers = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "ten": 10, "eleven": 11}


def probe(path):
    answer = subprocess.run(
        [
            "ffprobe",
            "-v",
            "error",
            "-count_packets",
            "-show_streams",
            "-show_format",
            "-of",
            "json",
            path,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    facts = json.loads(answer.stdout or "{}")
    streams = {stream["codec_type"]: stream for stream in facts.get("streams", [])}
    return (
        streams.get("video", {}),
        streams.get("audio", {}),
        float(facts.get("format", {}).get("duration", 0)),
    )


def holds(fact, video, audio, seconds):
    """Whether one fact of README is true of a file."""
    codecs = {"H.264": (video, "h264"), "AAC": (audio, "aac"), "MP3": (audio, "mp3")}
    if fact in codecs:
        stream, name = codecs[fact]
        return stream.get("codec_name") == name
    if match := re.fullmatch(r"(\d+)×(\d+)", fact):
        return (video.get("width"), video.get("height")) == (int(match[1]), int(match[2]))
    if match := re.fullmatch(r"(\d+) frames a second", fact):
        return video.get("r_frame_rate") == f"{match[1]}/1"
    if match := re.fullmatch(r"(\d+) kHz", fact):
        return audio.get("sample_rate") == f"{match[1]}000"
    if match := re.fullmatch(r"(\d+) bit", fact):
        return audio.get("bits_per_sample") == int(match[1])
    if match := re.fullmatch(r"about (\w+) seconds", fact):
        return abs(seconds - numbers[match[1]]) < 0.5
    raise ValueError(f"README has a fact that cannot be checked: {fact}")


def check_files(lines):
    for line in lines:
        if match := re.match(r"(?:#|//) (\S+\.\w+): (.+)", line):
            facts = re.split(r", | and ", match[2])
            seen = probe(match[1])
            if not os.path.exists(match[1]):
                check(f"{match[1]} was made", False)
                continue
            wrong = [fact for fact in facts if not holds(fact, *seen)]
            check(f"{match[1]} is {match[2]}", not wrong, (wrong, seen))
            os.remove(match[1])  # so that the next recipe has to make its own


def run(command, environment):
    return subprocess.run(
        command, capture_output=True, text=True, env=environment, timeout=120, check=False)


def heard(output):
    """An output without the commas of what a conversation has heard, and without blanks at its
    end: a comma more or less hangs on how the processor rounds."""
    return re.sub(r"^You: .*", lambda line: line[0].replace(",", ""), output, flags=re.M).rstrip()


def run_console(content, heading, environment):
    # A command, and the lines up to the next.
    for command, rest in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", content, re.M):
        expected = "".join(line + "\n" for line in rest.splitlines() if not line.startswith("# "))
        answer = run(["bash", "-ec", command], environment)
        check(
            f"{heading}: {command}",
            answer.returncode == 0 and heard(answer.stdout) == heard(expected),
            (answer.returncode, answer.stdout[:2000], answer.stderr[-500:]),
        )
        check_files(rest.splitlines())


def run_program(mark, content, expected, environment):
    name = {"python": "recipe.py", "javascript": "recipe.mjs", "swift": "main.swift"}[mark]
    pathlib.Path(name).write_text(content)
    if mark == "swift":
        built = run(["swiftc", "-o", "recipe", name], environment)
        check("the recipe in swift compiles", built.returncode == 0, built.stderr[-1000:])
    command = {
        "python": [sys.executable, name],
        "javascript": ["node", name],
        "swift": ["./recipe"],
    }[mark]
    answer = run(command, environment)
    check(f"the recipe in {mark} answers what README says",
          answer.returncode == 0 and answer.stdout == expected,
          (answer.returncode, answer.stdout, answer.stderr[-500:]))
    check_files(content.splitlines())


def run_in_browser(content, url):
    options = Options()
    for argument in ["--headless=new", "--no-sandbox", "--disable-gpu",
                     "--autoplay-policy=no-user-gesture-required",
                     "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
                     f"--use-file-for-fake-audio-capture={CLIP}%noloop"]:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    logged = []

    def is_heard():
        return any("do for your country" in line for line in logged)

    def look(_):
        logged.extend(line["message"] for line in driver.get_log("browser"))
        return is_heard()

    try:
        driver.get(url)
        driver.execute_script(f"(async () => {{ {content} }})()")
        WebDriverWait(driver, 40).until(look)
    except TimeoutException:
        pass
    finally:
        driver.quit()
    check("the recipe in a browser hears what README says", is_heard(), logged)


def compiles(content):
    try:
        compile(content, "recipe.py", "exec")
    except SyntaxError:
        return False
    return True


def main():
    # A browser gives its microphone to localhost, not to every loopback address.
    place = f"localhost:{urllib.parse.urlsplit(sys.argv[1]).port}"
    text = (root / "README.md").read_text().replace("localhost:8080", place)
    found = list(blocks(text))
    program = pathlib.Path(os.environ["AVATAR_PROGRAM"])
    # Python of the checks first: scripts of ours that are shown need their packages.
    folders = [program.parent, pathlib.Path(sys.executable).parent, os.environ["PATH"]]
    environment = {**os.environ, "PATH": ":".join(map(str, folders))}
    marks = [mark for mark, _, _ in found]
    check("README has recipes in each language",
          {"console", "python", "javascript", "js", "swift"} <= set(marks), marks)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name in [".deps", "scripts", "Sources"]:
            os.symlink(root / name, name)
        for index, (mark, heading, content) in enumerate(found):
            following = found[index + 1] if index + 1 < len(found) else ("", "", "")
            if mark == "console":
                run_console(content, heading, environment)
            elif mark in ["python", "javascript", "swift"]:
                expected = following[2] if following[0] == "text" else ""
                run_program(mark, content, expected, environment)
            elif mark == "js":
                run_in_browser(content, f"http://{place}")
            elif mark.startswith("python "):
                check(f"the recipe in {mark} compiles", compiles(content))
        os.chdir(root)
    finish()


main()
