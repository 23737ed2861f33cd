"""`avatar-backend models` from outside: whole, resumed, moved, damaged and refused downloads.

usage: model_downloads.py BASE_URL     reads AVATAR_PROGRAM; needs no server
"""

import contextlib
import hashlib
import http.server
import json
import os
import pathlib
import shutil
import ssl
import subprocess
import tempfile
import threading

from avatar_tools.checks import check, finish

program = os.environ["AVATAR_PROGRAM"]


def run(*arguments, feed=b"", **variables):
    return subprocess.run(
        [program, *map(str, arguments)], input=feed, capture_output=True, timeout=120, check=False,
        env={**os.environ, **variables})


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
    with tempfile.TemporaryDirectory() as folder:
        try_models(pathlib.Path(folder))
    finish()


main()
