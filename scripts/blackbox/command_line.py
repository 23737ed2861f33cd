"""The command line from outside: files, pipes, a terminal, Ctrl-C, exit codes.

usage: command_line.py BASE_URL     also reads AVATAR_PROGRAM
"""

import json
import os
import pathlib
import pty
import re
import signal
import subprocess
import sys
import tempfile
import urllib.parse
import wave

from avatar_tools import CLIP as speech
from avatar_tools import PORTRAIT as portrait
from avatar_tools.checks import check, finish

program = os.environ["AVATAR_PROGRAM"]


def run(*arguments, feed=b"", **variables):
    return subprocess.run(
        [program, *map(str, arguments)], input=feed, capture_output=True, timeout=120, check=False,
        env={**os.environ, **variables})


def on_terminal(*arguments, stop_when=None, shows_output=False):
    """What a terminal shows of standard error, or of both, and the exit status; stopped by Ctrl-C
    when its output holds some text."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [program, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=slave if shows_output else subprocess.DEVNULL,
        stderr=slave,
        env={**os.environ, "TERM": "xterm"},
        start_new_session=True,
    )
    os.close(slave)
    shown = b""
    while True:
        try:
            piece = os.read(master, 4096)
        except OSError:  # the other end is closed
            break
        shown += piece
        if stop_when and stop_when in shown:
            process.send_signal(signal.SIGINT)
            stop_when = None
    os.close(master)
    return shown.decode(), process.wait(30)


def try_files(folder):
    heard = run("transcribe", speech, "--language", "en")
    check(
        "a file's words are printed",
        heard.returncode == 0
        and re.match(rb"And so,? my fellow Americans", heard.stdout)
        and heard.stdout.endswith(b"\n")
        and not heard.stderr,
        heard,
    )
    piped = run("transcribe", "-", "--json", "--language", "en", feed=speech.read_bytes())
    check("standard input is heard, JSON is printed",
          json.loads(piped.stdout).get("duration") == 11, piped)
    run("transcribe", speech, "-o", folder / "talk.srt", "--language", "en")
    check("the ending picks the format", (folder / "talk.srt").read_text().startswith("1\n00:00:0"))
    said = run("speak", "-", feed=b"Hello, I am your avatar.")
    check("a text from a pipe is spoken into a pipe",
          said.stdout.startswith(b"RIFF") and not said.stderr, said.stderr)
    run("speak", "Hello, I am your avatar.", "-o", folder / "hello.wav")
    sound = (folder / "hello.wav").read_bytes()
    check(
        "a WAV file knows its length",
        int.from_bytes(sound[4:8], "little") == len(sound) - 8,
        sound[:48],
    )
    with wave.open(str(folder / "hello.wav")) as told:
        seconds, samples = (
            told.getnframes() / told.getframerate(),
            told.readframes(told.getnframes()),
        )
    check("Python reads a WAV file whole", 1 < seconds < 4 and sound.endswith(samples), seconds)
    run("speak", "Hello, I am your avatar.", "-o", folder / "hello.flac")
    sound = (folder / "hello.flac").read_bytes()
    check(
        "a FLAC file knows its length",
        abs((int.from_bytes(sound[21:26], "big") & (1 << 36) - 1) / 24_000 - seconds) < 0.01,
        sound[:48],
    )
    (folder / "hello.flac").unlink()
    video = run(
        "animate",
        portrait,
        "--audio",
        folder / "hello.wav",
        "-o",
        folder / "hello.mp4",
        "--json",
        "--background",
        "teal",
    )
    told = json.loads(video.stdout or "{}")
    check(
        "a video is made and told of in JSON",
        told.get("size") == "512x512"
        and told.get("frames", 0) > 30
        and told.get("bytes") == (folder / "hello.mp4").stat().st_size,
        video,
    )
    check("nothing half-written is left",
          {p.name for p in folder.iterdir()} == {"talk.srt", "hello.wav", "hello.mp4"},
          list(folder.iterdir()))


def try_exits(folder, url):
    port = str(urllib.parse.urlsplit(url).port)
    table = [
        ("help", 0, ["--help"], {}),
        ("version", 0, ["--version"], {}),
        ("healthy", 0, ["health"], {"PORT": port}),
        ("nobody listens", 69, ["health"], {"PORT": "9"}),
        ("the port is taken", 69, [], {"PORT": port, "HOST": "127.0.0.1"}),
        ("no address", 78, [], {"HOST": "nowhere"}),
        ("an unknown command", 64, ["frobnicate"], {}),
        ("a number out of range", 64, ["speak", "a", "--speed", "9", "-o", folder / "x.wav"], {}),
        ("both text and audio", 64, ["animate", portrait, "--text", "a", "--audio", speech], {}),
        ("no sound", 65, ["transcribe", program], {}),
        ("nothing to speak", 65, ["speak", "🙂", "-o", folder / "x.wav"], {}),
        (
            "no face",
            65,
            ["animate", folder / "grey.bmp", "--text", "a", "-o", folder / "x.mp4"],
            {},
        ),
        ("no input", 66, ["transcribe", folder / "none.wav"], {}),
        ("no such model", 69, ["transcribe", speech, "--model", "none"], {}),
        ("no folder for the output", 73, ["speak", "a", "-o", folder / "none" / "x.wav"], {}),
        ("a full disk", 74, ["speak", "a", "-o", "/dev/full"], {}),
        ("a bad variable", 78, ["speak", "a"], {"AVATAR_THREADS": "none"}),
        ("no models", 66, ["models"], {"AVATAR_MODELS": str(folder)}),
        ("nowhere to fetch from", 78, ["models", "fetch", "x"], {"AVATAR_MODELS_URL": ""}),
    ]
    # 16 × 16 grey pixels.
    (folder / "grey.bmp").write_bytes(
        b"BM"
        + (54 + 768).to_bytes(4, "little")
        + bytes(4)
        + (54).to_bytes(4, "little")
        + b"".join(n.to_bytes(4, "little") for n in (40, 16, 16))
        + b"\1\0\x18\0"
        + bytes(24)
        + b"\x80" * 768
    )
    for what, status, arguments, variables in table:
        answer = run(*arguments, **variables)
        one_line = (
            status == 0 or status == 64 or len(answer.stderr.decode().strip().splitlines()) <= 1
        )
        check(f"exit {status}: {what}", answer.returncode == status and one_line,
              (answer.returncode, answer.stderr))
    check(
        "an error makes no file",
        not (folder / "x.wav").exists() and not (folder / "x.mp4").exists(),
    )
    for shell, sign in [("bash", b"complete -"), ("zsh", b"#compdef"), ("fish", b"complete -c")]:
        script = run("--generate-completion-script", shell)
        check(f"completions for {shell}", sign in script.stdout and b"transcribe" in script.stdout)


def try_terminal(folder):
    shown, status = on_terminal("transcribe", speech, "-o", folder / "a.txt")
    check("a terminal sees progress, and it is wiped at the end",
          status == 0 and "\rtranscribe  " in shown and shown.endswith("\r\x1b[K"), (status, shown))
    shown, status = on_terminal("transcribe", speech, shows_output=True)
    check(
        "the words stand on a line of their own, below no progress",
        status == 0
        and re.match("And so,? my", shown.split("\x1b[K")[-1])
        and "\r\x1b[KAnd so" in shown,
        (status, shown),
    )
    shown, status = on_terminal("speak", "Hello.", shows_output=True)
    check("a terminal is spared bytes", status == 64 and "use -o FILE" in shown, (status, shown))
    shown, status = on_terminal("transcribe", speech, "-q", "-o", folder / "b.txt")
    check("-q shows nothing", (status, shown) == (0, ""), (status, shown))
    # Ten minutes of video, stopped once it is under way.
    text = " ".join(["The quick brown fox jumps over the lazy dog."] * 200)
    video = folder / "long.mp4"
    video.write_bytes(b"what was there before")
    shown, status = on_terminal(
        "animate", portrait, "--text", text, "-o", video, stop_when=b" frames "
    )
    check("frames, a share, a rate and the time left are shown",
          " frames" in shown and " %" in shown and "/s" in shown and " left" in shown, shown[-300:])
    check("Ctrl-C stops it with 130, and leaves what was there",
          status == 130 and video.read_bytes() == b"what was there before"
          and not list(folder.glob(".*.part")), (status, list(folder.iterdir())))


def main():
    for part in [
        try_files,
        lambda folder: try_exits(folder, sys.argv[1]),
        try_terminal,
    ]:
        with tempfile.TemporaryDirectory() as folder:
            part(pathlib.Path(folder))
    finish()


main()
