"""Sounds and images that were made to hurt: playlists that name files and hosts, clips and images
that claim to be endless, bombs, halves, and noise. Each is refused with a problem, or heard as the
little that it is, soon and in bounded memory; no file is read, no host is asked, none is left behind.

usage: hostile_media.py BASE_URL     starts a server of its own
"""

import gzip
import http.server
import json
import os
import pathlib
import random
import struct
import tempfile
import threading
import time
import urllib.error
import urllib.request
import zlib

from checks import check, finish, resident_mib, serving

root = pathlib.Path(__file__).resolve().parents[2]
# Generous: the machine may be busy. What is believed to last a day takes minutes.
SECONDS_MAX = 15
# Engines that are loaded, and room to run.
RESIDENT_MIB_MAX = 400
asked = []


class Canary(http.server.BaseHTTPRequestHandler):
    """A host that nobody may ask."""

    def do_GET(self):
        asked.append(self.path)
        self.send_error(404)

    do_HEAD = do_POST = do_GET

    def log_message(self, *_):
        pass


def wave(rate_hz, claimed_bytes, samples):
    head = b"RIFF" + struct.pack("<I", min(claimed_bytes + 36, 0xFFFFFFFF)) + b"WAVEfmt "
    return (head + struct.pack("<IHHIIHH", 16, 1, 1, rate_hz, rate_hz * 2, 2, 16)
            + b"data" + struct.pack("<I", claimed_bytes) + samples)


def ogg_page(kind, granule, number, payload):
    lacing = bytes([255] * (len(payload) // 255) + [len(payload) % 255])
    page = bytearray(b"OggS" + struct.pack("<BBqIIIB", 0, kind, granule, 7, number, 0, len(lacing))
                     + lacing + payload)
    checksum = 0
    for byte in page:
        checksum ^= byte << 24
        for _ in range(8):
            checksum = (checksum << 1 ^ (0x04C11DB7 if checksum >> 31 else 0)) & 0xFFFFFFFF
    page[22:26] = struct.pack("<I", checksum)
    return bytes(page)


def endless_opus():
    """Three pages, the last of which claims that a day has passed."""
    return (ogg_page(2, 0, 0, b"OpusHead\1\1\0\0" + struct.pack("<IhB", 48_000, 0, 0))
            + ogg_page(0, 0, 1, b"OpusTags" + struct.pack("<II", 0, 0))
            + ogg_page(4, 48_000 * 86_400, 2, b"\xf8\xff\xfe"))


def png(width, height, rows):
    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data
                + struct.pack(">I", zlib.crc32(kind + data)))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


def multipart(**parts):
    body = b""
    for name, data in parts.items():
        file = '; filename="f"' if isinstance(data, bytes) else ""
        data = data if isinstance(data, bytes) else data.encode()
        body += f'--B\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode()
        body += data + b"\r\n"
    return body + b"--B--\r\n"


def ask(port, path, body, fields=()):
    """Status, the answer, and the seconds that it took."""
    start = time.monotonic()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", body,
        {"Content-Type": "multipart/form-data; boundary=B", **dict(fields)})
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status, answer.read(), time.monotonic() - start
    except urllib.error.HTTPError as problem:
        return problem.code, problem.read(), time.monotonic() - start


def sounds(canary):
    """What is said, the bytes, and the statuses that may answer them."""
    speech = (root / ".deps/samples/jfk.wav").read_bytes()
    noise = random.Random(4).randbytes(100_000)
    url = f"http://127.0.0.1:{canary}/a.wav"
    return [
        ("a playlist of a local file", b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n", [415]),
        ("a playlist of another host", f"#EXTM3U\n#EXTINF:1,\n{url}\n".encode(), [415]),
        ("an ffconcat script", b"ffconcat version 1.0\nfile '/etc/passwd'\n", [415]),
        ("a DASH manifest", f"<MPD><BaseURL>{url}</BaseURL></MPD>".encode(), [415]),
        ("an SDP", b"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n", [415]),
        ("an opus that claims a day", endless_opus(), [200, 413, 415, 422]),
        ("a WAV of 1 Hz", wave(1, 86_400 * 2, bytes(172_800)), [413, 415]),
        ("a WAV that claims 4 GB", wave(16_000, 0xFFFFFFFF, bytes(32_000)), [200]),
        ("half a WAV", speech[:20], [415]),
        ("noise", noise, [415]),
        ("noise behind an MP3's name", b"ID3\4\0\0\0\0\0\0" + noise, [200, 415, 422]),
        ("noise behind a FLAC's name", b"fLaC" + noise, [415]),
        ("noise behind an MP4's name", b"\0\0\0\x18ftypisom\0\0\2\0isommp41" + noise, [415]),
        ("an image", png(16, 16, bytes(16 * 49)), [415]),
        ("nothing", b"", [400, 415]),
    ]


def images():
    portrait = (root / ".deps/samples/astronaut.png").read_bytes()
    noise = random.Random(5).randbytes(50_000)
    return [
        ("a PNG that claims 60,000 a side", png(60_000, 60_000, bytes(100)), [413]),
        ("a PNG bomb of 4096 a side", png(4096, 4096, bytes(4096 * (4096 * 3 + 1))), [422]),
        ("a PNG with too few rows", png(2000, 2000, bytes(6001)), [415, 422]),
        ("half a portrait", portrait[:len(portrait) // 3], [200, 415, 422]),
        ("a head alone", portrait[:30], [415]),
        ("an SVG that names a file",
         b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>', [415]),
        ("a PDF", b"%PDF-1.7\n" + noise, [415]),
        ("noise behind a JPEG's name", b"\xff\xd8\xff\xe0" + noise, [415]),
        ("a JPEG that claims 65,535 a side",
         b"\xff\xd8\xff\xc0\0\x11\x08\xff\xff\xff\xff\3\1\x22\0\2\x11\1\3\x11\1" + noise, [413]),
        ("a GIF that claims 65,535 a side", b"GIF89a\xff\xff\xff\xff\0\0\0" + noise, [413]),
        ("noise behind a WebP's name", b"RIFF\0\1\0\0WEBPVP8X\x0a\0\0\0" + noise, [413, 415]),
        ("a BMP of negative sides",
         b"BM" + bytes(12) + struct.pack("<IiiHHI", 40, -100, -100, 1, 24, 0) + bytes(100), [413, 415]),
        ("a sound", (root / ".deps/samples/jfk.wav").read_bytes()[:5000], [415]),
        ("plain grey", png(300, 300, (b"\0" + b"\x80" * 900) * 300), [422]),
        ("nothing", b"", [400]),
    ]


def main():
    # Where this is set some libraries behave better than elsewhere.
    os.environ.pop("CI", None)
    canary = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Canary)
    threading.Thread(target=canary.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as scratch, serving(
            TMPDIR=scratch, HOME=scratch, XDG_CACHE_HOME=scratch) as (port, process):
        portrait = (root / ".deps/samples/astronaut.png").read_bytes()

        def refused(name, answer, statuses):
            status, body, seconds = answer
            is_problem = status == 200 or json.loads(body).get("status") == status
            check(f"{name}: {status}", status in statuses and is_problem
                  and seconds < SECONDS_MAX and b"root:" not in body, (status, seconds, body[:300]))

        for name, sound, statuses in sounds(canary.server_port):
            refused(f"{name}, transcribed",
                    ask(port, "/transcribe", multipart(file=sound, language="en")), statuses)
            refused(f"{name}, animated",
                    ask(port, "/animate", multipart(image=portrait, audio=sound, size="256")),
                    statuses + [422])
        for name, image, statuses in images():
            refused(name, ask(port, "/animate", multipart(image=image, text="Hello.", size="256")),
                    statuses)
        # A day of silence in 250 kB.
        bomb = gzip.compress(wave(16_000, 86_400 * 2 * 16_000 % 2**32, bytes(256 << 20)))
        answer = ask(port, "/transcribe?language=en", bomb,
                     [("Content-Type", "audio/wav"), ("Content-Encoding", "gzip")])
        refused("a gzip bomb of 256 MB", answer, [413])
        used = resident_mib(process)
        check(f"they leave {used} MiB", used < RESIDENT_MIB_MAX, used)
        check("nobody was asked", not asked, asked)
        left = [str(path) for path in pathlib.Path(scratch).rglob("*") if path.is_file()]
        check("nothing lies about", not left, left)
        status, body, _ = ask(port, "/transcribe", multipart(
            file=(root / ".deps/samples/jfk.wav").read_bytes(), language="en"))
        check("the server goes on", status == 200 and b"country" in body, (status, body))
    finish()


main()
