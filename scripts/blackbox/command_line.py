"""The command line from outside: files, pipes, a terminal, Ctrl-C, exit codes, models.

usage: command_line.py BASE_URL     also reads AVATAR_PROGRAM
"""

import contextlib
import hashlib
import http.server
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
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
        and shown.split("\x1b[K")[-1].startswith("And so my")
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


class Models(http.server.SimpleHTTPRequestHandler):
    """A folder of models that knows ranges, and breaks off when it is told to."""

    protocol_version = "HTTP/1.1"
    asked: list[tuple[str, str | None]] = []
    break_after = None
    knows_ranges = True

    def __init__(self, *arguments, folder=None, **more):
        self.folder = folder
        super().__init__(*arguments, **more)

    def log_message(self, *_):
        pass

    def do_GET(self):
        Models.asked.append((self.path, self.headers.get("Range")))
        if self.path.startswith("/moved/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/moved"))
            self.send_header("Content-Length", "0")
            return self.end_headers()
        path = self.folder / self.path.lstrip("/")
        if not path.is_file():
            return self.send_error(404)
        content = path.read_bytes()
        start = 0
        if Models.knows_ranges and (wanted := self.headers.get("Range")):
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        rest = content[start:]
        if Models.break_after is not None and path.name != "manifest.json":
            rest, Models.break_after = rest[:Models.break_after], None
            self.close_connection = True
        self.wfile.write(rest)


@contextlib.contextmanager
def serving(folder, context=None):
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), lambda *a: Models(*a, folder=folder))
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def offer(folder):
    """A model of two files, with its manifest."""
    contents = {
        "toy/large.bin": bytes(i * 7 % 251 for i in range(3_000_000)),
        "toy/small.bin": b"small",
    }
    entries = []
    for file, content in contents.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(content)
        entries.append(
            {
                "name": "toy",
                "file": file,
                "bytes": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
                "licence": "CC0-1.0",
                "source": "made here",
            }
        )
    (folder / "manifest.json").write_text(json.dumps({"models": entries}))
    return contents


def try_models(folder):
    shelf = folder / "shelf"
    shelf.mkdir()
    contents = offer(shelf)
    own = folder / "own"

    def fetch(port, *arguments, scheme="http", path="", **variables):
        Models.asked.clear()
        return run("models", "fetch", *arguments, AVATAR_MODELS=str(own), no_proxy="*",
                   AVATAR_MODELS_URL=f"{scheme}://localhost:{port}{path}", **variables)

    def is_whole():
        return all((own / f).is_file() and (own / f).read_bytes() == c for f, c in contents.items())

    with serving(shelf) as port:
        answer = fetch(port, "nothing")
        check(
            "a model that is not offered: the others are named",
            answer.returncode == 69 and b"no model nothing there; there are toy" in answer.stderr,
            answer,
        )
        answer = fetch(port, "toy")
        check("a model is fetched, whole", answer.returncode == 0 and is_whole(), answer)
        check("no part is left", not list(own.rglob("*.part")))
        answer = fetch(port, "toy", "--json")
        check("what is here is not fetched again",
              [a for a, _ in Models.asked] == ["/manifest.json"]
              and {f["is"] for f in json.loads(answer.stdout)} == {"kept"}, (answer, Models.asked))
        answer = run("models", "verify", AVATAR_MODELS=str(own))
        check(
            "verify: all are whole",
            answer.returncode == 0 and answer.stdout.count(b"whole\t") == 2,
            answer,
        )
        (own / "toy/small.bin").write_bytes(b"smell")
        (own / "toy/large.bin").unlink()
        answer = run("models", "verify", AVATAR_MODELS=str(own))
        check("verify: a changed and a missing file are told, exit 65",
              answer.returncode == 65 and b"wrong hash\ttoy/small.bin" in answer.stdout
              and b"missing\ttoy/large.bin" in answer.stdout, answer)

        Models.break_after = 1_000_000
        answer = fetch(port, "toy")
        ranges = [r for p, r in Models.asked if p == "/toy/large.bin"]
        check("a broken connection goes on where it was",
              answer.returncode == 0 and is_whole() and len(ranges) == 2
              and ranges[0] is None and 0 < int(ranges[1][6:-1]) <= 1_000_000, (answer, ranges))

        part = (
            own / f"toy/large.bin.{hashlib.sha256(contents['toy/large.bin']).hexdigest()[:12]}.part"
        )
        (own / "toy/large.bin").unlink()
        part.write_bytes(contents["toy/large.bin"][:2_000_000])
        answer = fetch(port, "toy")
        check(
            "what an earlier try left is gone on with",
            is_whole() and ("/toy/large.bin", "bytes=2000000-") in Models.asked,
            (answer, Models.asked),
        )
        (own / "toy/large.bin").unlink()
        part.write_bytes(b"another beginning")
        answer = fetch(port, "toy")
        check("a wrong beginning is found by the hash, and thrown away",
              answer.returncode == 65 and not part.exists() and not is_whole(), answer)
        Models.knows_ranges = False
        part.write_bytes(contents["toy/large.bin"][:5])
        answer = fetch(port, "toy")
        check("a host without ranges sends all", answer.returncode == 0 and is_whole(), answer)
        Models.knows_ranges = True
        (own / "toy/large.bin").unlink()
        answer = fetch(port, "toy", path="/moved")
        check("redirects are followed", answer.returncode == 0 and is_whole(), answer)

        good = (shelf / "toy/large.bin").read_bytes()
        for what, bad in [("longer", good + b"x"), ("shorter", good[:-1])]:
            (own / "toy/large.bin").unlink(missing_ok=True)
            (shelf / "toy/large.bin").write_bytes(bad)
            answer = fetch(port, "toy")
            check(f"a file {what} than the manifest tells is refused",
                  answer.returncode == 65 and not (own / "toy/large.bin").exists(), answer)
            shutil.rmtree(own)
        (shelf / "toy/large.bin").unlink()
        answer = fetch(port, "toy")
        check("a file that is not there: the status is told",
              answer.returncode == 69 and b"404" in answer.stderr, answer)
        (shelf / "manifest.json").write_text(
            json.dumps(
                {
                    "models": [
                        {
                            "name": "toy",
                            "file": "../escaped",
                            "bytes": 5,
                            "sha256": "0" * 64,
                            "licence": "x",
                            "source": "x",
                        }
                    ]
                }
            )
        )
        answer = fetch(port, "toy")
        check("a path out of the folder is refused",
              answer.returncode == 65 and not (folder / "escaped").exists(), answer)
    answer = fetch(port, "toy")
    check(
        "nobody there: exit 69",
        answer.returncode == 69 and b"nobody listens" in answer.stderr,
        answer,
    )

    offer(shelf)
    key, certificate = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
            "-keyout",
            str(key),
            "-out",
            str(certificate),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with serving(shelf, context) as port:
        answer = fetch(port, "toy", scheme="https", SSL_CERT_FILE=str(certificate))
        check(
            "https, with certificates of SSL_CERT_FILE",
            answer.returncode == 0 and is_whole(),
            answer,
        )
        answer = fetch(port, "toy", scheme="https", SSL_CERT_FILE="")
        check("https without trust is refused",
              answer.returncode == 69 and b"certificate is not trusted" in answer.stderr, answer)


def main():
    for part in [
        try_files,
        lambda folder: try_exits(folder, sys.argv[1]),
        try_terminal,
        try_models,
    ]:
        with tempfile.TemporaryDirectory() as folder:
            part(pathlib.Path(folder))
    finish()


main()
