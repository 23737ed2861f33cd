"""Sounds, images and videos that were made to hurt: playlists that name files and hosts, clips and
images that claim to be endless, bombs, halves, and noise. Each is refused with a problem, or
heard as the little that it is, soon and in bounded memory; no file is read, no host is asked, none
is left behind.

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
import zlib

from avatar_tools import CLIP, PORTRAIT, client
from avatar_tools.checks import check, finish, serving
from avatar_tools.process import resident_mib
from avatar_tools.wav import wav_bytes

# Generous: the machine may be busy. What is believed to last a day takes minutes.
SECONDS_MAX = 15
# Engines that are loaded, and room to run.
RESIDENT_MIB_MAX = 400
asked: list[str] = []


class Canary(http.server.BaseHTTPRequestHandler):
    """A host that nobody may ask."""

    def do_GET(self):
        asked.append(self.path)
        self.send_error(404)

    do_HEAD = do_POST = do_GET

    def log_message(self, *_):
        pass


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

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(rows, 9))
        + chunk(b"IEND", b"")
    )


def ask(port, path, form):
    """Status, the answer, and the seconds that it took."""
    body, fields = form
    start = time.monotonic()
    status, answer = client.ask(f"http://127.0.0.1:{port}{path}", body, fields)
    return status, answer, time.monotonic() - start


def sounds(canary):
    """What is said, the bytes, and the statuses that may answer them."""
    speech = CLIP.read_bytes()
    noise = random.Random(4).randbytes(100_000)
    url = f"http://127.0.0.1:{canary}/a.wav"
    return [
        ("a playlist of a local file", b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n", [415]),
        ("a playlist of another host", f"#EXTM3U\n#EXTINF:1,\n{url}\n".encode(), [415]),
        ("an ffconcat script", b"ffconcat version 1.0\nfile '/etc/passwd'\n", [415]),
        ("a DASH manifest", f"<MPD><BaseURL>{url}</BaseURL></MPD>".encode(), [415]),
        (
            "an SDP",
            b"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n",
            [415],
        ),
        ("an opus that claims a day", endless_opus(), [200, 413, 415, 422]),
        ("a WAV of 1 Hz", wav_bytes(bytes(172_800), 1), [413, 415]),
        ("a WAV that claims 4 GB", wav_bytes(bytes(32_000), claimed_bytes=0xFFFFFFFF), [200]),
        ("half a WAV", speech[:20], [415]),
        ("noise", noise, [415]),
        ("noise behind an MP3's name", b"ID3\4\0\0\0\0\0\0" + noise, [200, 415, 422]),
        ("noise behind a FLAC's name", b"fLaC" + noise, [415]),
        ("noise behind an MP4's name", b"\0\0\0\x18ftypisom\0\0\2\0isommp41" + noise, [415]),
        ("an image", png(16, 16, bytes(16 * 49)), [415]),
        ("nothing", b"", [400, 415]),
    ]


def images():
    portrait = PORTRAIT.read_bytes()
    noise = random.Random(5).randbytes(50_000)
    return [
        ("a PNG that claims 60,000 a side", png(60_000, 60_000, bytes(100)), [413]),
        ("a PNG bomb of 4096 a side", png(4096, 4096, bytes(4096 * (4096 * 3 + 1))), [422]),
        ("a PNG with too few rows", png(2000, 2000, bytes(6001)), [415, 422]),
        ("half a portrait", portrait[: len(portrait) // 3], [200, 415, 422]),
        ("a head alone", portrait[:30], [415]),
        (
            "an SVG that names a file",
            b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
            [415],
        ),
        ("a PDF", b"%PDF-1.7\n" + noise, [415]),
        ("noise behind a JPEG's name", b"\xff\xd8\xff\xe0" + noise, [415]),
        (
            "a JPEG that claims 65,535 a side",
            b"\xff\xd8\xff\xc0\0\x11\x08\xff\xff\xff\xff\3\1\x22\0\2\x11\1\3\x11\1" + noise,
            [413],
        ),
        ("a GIF that claims 65,535 a side", b"GIF89a\xff\xff\xff\xff\0\0\0" + noise, [413]),
        ("noise behind a WebP's name", b"RIFF\0\1\0\0WEBPVP8X\x0a\0\0\0" + noise, [413, 415]),
        (
            "a BMP of negative sides",
            b"BM" + bytes(12) + struct.pack("<IiiHHI", 40, -100, -100, 1, 24, 0) + bytes(100),
            [413, 415],
        ),
        ("a sound", CLIP.read_bytes()[:5000], [415]),
        ("plain grey", png(300, 300, (b"\0" + b"\x80" * 900) * 300), [422]),
        ("nothing", b"", [400]),
    ]


def videos(own, canary):
    """Reference videos; `own` is one of ours."""
    noise = random.Random(6).randbytes(50_000)
    claims = bytearray(own)
    entry = own.rindex(b"avc1")
    claims[entry + 28:entry + 32] = b"\xff\xff\xff\xff"
    changed = bytearray(own)
    for place in random.Random(7).sample(range(len(own) // 2, len(own)), 200):
        changed[place] ^= 0x55
    url = f"http://127.0.0.1:{canary}/a.mp4"
    return [
        ("a video that claims 65,535 a side", bytes(claims), [413]),
        ("a video whose images are damaged", bytes(changed), [200, 415, 422]),
        ("half a video", own[: len(own) // 2], [200, 415, 422]),
        ("a video's head", own[:400], [415]),
        ("noise behind an MP4's name, as a video",
         b"\0\0\0\x18ftypisom\0\0\2\0isommp41" + noise, [415]),
        ("noise behind a WebM's name", b"\x1a\x45\xdf\xa3" + noise, [415]),
        ("a playlist as a video", f"#EXTM3U\n#EXTINF:1,\n{url}\n".encode(), [415]),
        ("a sound as a video", CLIP.read_bytes()[:5000], [415]),
        ("a GIF of 65,535 a side as a video", b"GIF89a\xff\xff\xff\xff\0\0\0" + noise, [413, 415]),
        ("grey as a video", png(300, 300, (b"\0" + b"\x80" * 900) * 300), [415, 422]),
        ("our own video", own, [200]),
    ]


def main():
    # Where this is set some libraries behave better than elsewhere.
    os.environ.pop("CI", None)
    canary = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Canary)
    threading.Thread(target=canary.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as scratch, serving(
            TMPDIR=scratch, HOME=scratch, XDG_CACHE_HOME=scratch) as (port, process):
        portrait = PORTRAIT.read_bytes()

        def refused(name, answer, statuses):
            status, body, seconds = answer
            is_problem = status == 200 or json.loads(body).get("status") == status
            check(f"{name}: {status}", status in statuses and is_problem
                  and seconds < SECONDS_MAX and b"root:" not in body, (status, seconds, body[:300]))

        for name, sound, statuses in sounds(canary.server_port):
            refused(f"{name}, transcribed",
                    ask(port, "/transcribe", client.multipart(file=sound, language="en")), statuses)
            refused(
                f"{name}, animated",
                ask(port, "/animate", client.multipart(image=portrait, audio=sound, size="256")),
                statuses + [422],
            )
        for name, image, statuses in images():
            refused(
                name,
                ask(port, "/animate", client.multipart(image=image, text="Hello.", size="256")),
                statuses,
            )
        _, own, _ = ask(
            port, "/animate", client.multipart(image=portrait, text="Hello.", size="256"))
        for name, video, statuses in videos(own, canary.server_port):
            refused(
                name,
                ask(port, "/animate", client.multipart(
                    image=portrait, text="Yes.", size="256", ref_pose=video)),
                statuses,
            )
        # A day of silence in 250 kB.
        bomb = gzip.compress(wav_bytes(bytes(256 << 20), claimed_bytes=86_400 * 2 * 16_000))
        answer = ask(
            port, "/transcribe?language=en",
            (bomb, {"Content-Type": "audio/wav", "Content-Encoding": "gzip"}))
        refused("a gzip bomb of 256 MB", answer, [413])
        used = resident_mib(process.pid)
        check(f"they leave {used} MiB", used < RESIDENT_MIB_MAX, used)
        check("nobody was asked", not asked, asked)
        left = [str(path) for path in pathlib.Path(scratch).rglob("*") if path.is_file()]
        check("nothing lies about", not left, left)
        status, body, _ = ask(port, "/transcribe", client.multipart(
            file=CLIP.read_bytes(), language="en"))
        check("the server goes on", status == 200 and b"country" in body, (status, body))
    finish()


main()
