"""Runs our server and the Python peer in turn over one portrait and one clip; see scripts/bench/animate.

usage: animate.py ROUNDS PORT
"""
import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import time

ROUNDS, PORT = int(sys.argv[1]), int(sys.argv[2])
HERE = os.path.dirname(os.path.abspath(__file__))
PORTRAIT, CLIP = ".deps/samples/astronaut.png", ".deps/samples/jfk.wav"
SECONDS = 11.0
TEXT = "Hello, I am your avatar, and I am glad to see you here today."


def form(fields):
    body = b""
    for name, value in fields.items():
        file = isinstance(value, bytes)
        note = f'; filename="{name}"' if file else ""
        body += f'--b\r\nContent-Disposition: form-data; name="{name}"{note}\r\n\r\n'.encode()
        body += (value if file else value.encode()) + b"\r\n"
    return body + b"--b--\r\n"


class Server:
    def __init__(self):
        self.process = subprocess.Popen(
            [".build/release/avatar-backend"],
            env=os.environ | {"PORT": str(PORT), "HOST": "127.0.0.1", "LOG_LEVEL": "ERROR"})
        while True:
            try:
                http.client.HTTPConnection("127.0.0.1", PORT, timeout=1).request("GET", "/healthz")
                break
            except OSError:
                time.sleep(0.01)
        self.image, self.sound = open(PORTRAIT, "rb").read(), open(CLIP, "rb").read()

    def ask(self, until=None, **fields):
        """Seconds to the end of the body, or to where it holds `until`, and how many bytes it has."""
        link = http.client.HTTPConnection("127.0.0.1", PORT, timeout=300)
        body = form({"image": self.image, **fields})
        start = time.perf_counter()
        link.request("POST", "/animate", body, {"Content-Type": "multipart/form-data; boundary=b"})
        answer = link.getresponse()
        seen, found = b"", None
        while piece := answer.read1(1 << 16):
            seen += piece
            if until and found is None and until in seen:
                found = time.perf_counter() - start
        took = time.perf_counter() - start
        link.close()
        if answer.status != 200:
            raise SystemExit(f"{answer.status} {seen[:300]}")
        return (found if until else took), len(seen)

    def video(self, side):
        return self.ask(audio=self.sound, size=str(side))

    def first_fragment(self):
        return self.ask(until=b"moof", text=TEXT, stream="true")[0]

    def memory(self):
        """Resident now and at most, MB."""
        status = open(f"/proc/{self.process.pid}/status").read()
        return [int(re.search(rf"{name}:\s+(\d+)", status)[1]) / 1024 for name in ("VmRSS", "VmHWM")]

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


class Peer:
    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(HERE, "animate_peer.py")], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)

    def video(self, side):
        start = time.perf_counter()
        self.process.stdin.write(json.dumps([PORTRAIT, CLIP, side]) + "\n")
        self.process.stdin.flush()
        size = json.loads(self.process.stdout.readline())["bytes"]
        return time.perf_counter() - start, size

    memory = Server.memory

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
        a, b = (statistics.median(SECONDS / took for took, _ in runs[one]) for one in (ours, peer))
        print(f"{side}²: × real time{'':8}{a:10.2f}{b:10.2f}{a / b:8.2f}")
        a, b = (runs[one][-1][1] / 1024 for one in (ours, peer))
        print(f"{side}²: kB a video{'':10}{a:10.0f}{b:10.0f}{a / b:8.2f}")
        if side == 512:
            fragments = [ours.first_fragment() for _ in range(ROUNDS * 3)]
            print(f"first fragment, ms{'':6}{statistics.median(fragments) * 1e3:10.0f}"
                  f"   ({min(fragments) * 1e3:.0f} to {max(fragments) * 1e3:.0f})")
        for name, place in (("now", 0), ("at most", 1)):
            a, b = (one.memory()[place] for one in (ours, peer))
            print(f"resident MB, {name:11}{a:10.0f}{b:10.0f}{a / b:8.2f}")
    ours.stop()
    peer.stop()


main()
