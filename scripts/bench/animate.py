"""Runs our server and the Python peer in turn over one portrait and one clip; see
scripts/bench/animate.

usage: animate.py ROUNDS PORT
"""
import http.client
import io
import json
import pathlib
import statistics
import struct
import subprocess
import sys
import time
import wave
import zlib

from avatar_tools import CLIP, CLIP_SECONDS, PORTRAIT, process, server
from avatar_tools.client import multipart

ROUNDS, PORT = int(sys.argv[1]), int(sys.argv[2])
TEXT = "Hello, I am your avatar, and I am glad to see you here today."


class Server(server.Server):
    def __init__(self):
        super().__init__(port=PORT, variables={"LOG_LEVEL": "ERROR"})
        self.image, self.sound = PORTRAIT.read_bytes(), CLIP.read_bytes()

    def ask(self, until=None, **fields):
        """Seconds to the end of the body, or from the end of the upload to where the body holds
        `until`, and its bytes so far."""
        link = http.client.HTTPConnection("127.0.0.1", PORT, timeout=300)
        body, headers = multipart(image=self.image, **fields)
        start = time.perf_counter()
        link.request("POST", "/animate", body, headers)
        sent = time.perf_counter()
        answer = link.getresponse()
        seen, found = b"", None
        while piece := answer.read1(1 << 16):
            seen += piece
            if until and until in seen:
                found = time.perf_counter() - sent
                break
        took = time.perf_counter() - start
        link.close()
        if answer.status != 200:
            raise SystemExit(f"{answer.status} {seen[:300]}")
        return (found if until else took), len(seen)

    def video(self, side):
        return self.ask(audio=self.sound, size=str(side))

    def first_fragment(self, **voice):
        return self.ask(until=b"moof", stream="true", **(voice or {"text": TEXT}))[0]

    def first_fragment_anew(self, number):
        """Of a portrait that was never seen."""
        seen, self.image = self.image, changed(self.image, number)
        try:
            return self.first_fragment()
        finally:
            self.image = seen


def clip_of(seconds):
    """The clip over and over, as a WAV of so many seconds."""
    with wave.open(str(CLIP)) as clip:
        facts, samples = clip.getparams(), clip.readframes(clip.getnframes())
    count = seconds * facts.framerate * facts.sampwidth * facts.nchannels
    made = io.BytesIO()
    with wave.open(made, "wb") as longer:
        longer.setparams(facts)
        longer.writeframes((samples * (count // len(samples) + 1))[:count])
    return made.getvalue()


def changed(png, number):
    """The image with another last pixel: nothing that was kept of it is of use."""
    parts, at = [png[:8]], 8
    packed = b""
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at:at + 8])
        if kind == b"IDAT":
            packed += png[at + 8:at + 8 + length]
        elif kind == b"IEND":
            # No other is told by the last one.
            rows = bytearray(zlib.decompress(packed))
            rows[-1] = rows[-1] + number & 255
            body = b"IDAT" + zlib.compress(bytes(rows), 1)
            parts.append(struct.pack(">I", len(body) - 4) + body)
            parts.append(struct.pack(">I", zlib.crc32(body)) + png[at:])
            break
        else:
            parts.append(png[at:at + 12 + length])
        at += 12 + length
    return b"".join(parts)


class Peer:
    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, pathlib.Path(__file__).with_name("animate_peer.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def video(self, side):
        start = time.perf_counter()
        self.process.stdin.write(json.dumps([str(PORTRAIT), str(CLIP), side]) + "\n")
        self.process.stdin.flush()
        size = json.loads(self.process.stdout.readline())["bytes"]
        return time.perf_counter() - start, size

    def resident_mb(self):
        return process.resident_mb(self.process.pid)

    def stop(self):
        self.process.stdin.close()
        self.process.wait(20)


def main():
    ours, peer = Server(), Peer()
    print(f"{'':24}{'ours':>10}{'peer':>10}{'ratio':>8}")
    for side in (512, 1024):
        for one in (ours, peer):
            one.video(side)
        if side == 512:
            ours.first_fragment()
        runs = {one: [] for one in (ours, peer)}
        for _ in range(ROUNDS):
            for one, times in runs.items():
                times.append(one.video(side))
        a, b = (
            statistics.median(CLIP_SECONDS / took for took, _ in runs[one]) for one in (ours, peer)
        )
        print(f"{side}²: × real time{'':8}{a:10.2f}{b:10.2f}{a / b:8.2f}")
        a, b = (runs[one][-1][1] / 1024 for one in (ours, peer))
        print(f"{side}²: kB a video{'':10}{a:10.0f}{b:10.0f}{a / b:8.2f}")
        if side == 512:
            fragments = [ours.first_fragment() for _ in range(ROUNDS * 3)]
            print(f"first fragment, ms{'':6}{statistics.median(fragments) * 1e3:10.0f}"
                  f"   ({min(fragments) * 1e3:.0f} to {max(fragments) * 1e3:.0f})")
            fragments = [ours.first_fragment_anew(i) for i in range(1, ROUNDS * 3 + 1)]
            print(f"the same, new portrait{'':2}{statistics.median(fragments) * 1e3:10.0f}"
                  f"   ({min(fragments) * 1e3:.0f} to {max(fragments) * 1e3:.0f})")
            for seconds in (10, 600):
                voice = clip_of(seconds)
                fragments = [ours.first_fragment(audio=voice) for _ in range(ROUNDS * 3)]
                print(f"the same, {seconds:3} s of audio{'':2}"
                      f"{statistics.median(fragments) * 1e3:10.0f}")
        for name, place in (("now", 0), ("at most", 1)):
            a, b = (one.resident_mb()[place] for one in (ours, peer))
            print(f"resident MB, {name:11}{a:10.0f}{b:10.0f}{a / b:8.2f}")
    ours.stop()
    peer.stop()


main()
