"""Runs our server, hibari-tts and piper-tts in turn over texts; see scripts/bench/speak.

usage: speak.py ROUNDS PORT
"""
import http.client
import json
import pathlib
import statistics
import subprocess
import sys
import time

from avatar_tools import server

ROUNDS, PORT = int(sys.argv[1]), int(sys.argv[2])
NAMES = ("ours", "hibari", "piper")
# Twelve words.
SHORT = "The quick brown fox jumps over the lazy dog by the river."
LONG = (
    "The old lighthouse keeper climbed one hundred and thirty steps every evening. He carried a "
    "lamp, a flask of tea, and a book that he never finished. On March 3rd, 2024, a storm broke "
    "the window at 7:30 pm, and the repair cost $1,250. \"It could have been worse,\" he said to "
    "Dr. Smith, who had come by boat. They watched the waves, counted the ships, and talked until "
    "the sky turned grey. Nobody in the village believed that the light would survive another "
    "winter, but it did, and the keeper is there still."
)


class Server(server.Server):
    """Our server, started afresh."""

    def __init__(self):
        super().__init__(port=PORT, variables={"LOG_LEVEL": "ERROR"})

    def ask(self, method, path, body=None):
        """Seconds to the first byte of the body, and the body."""
        link = http.client.HTTPConnection("127.0.0.1", PORT, timeout=120)
        start = time.perf_counter()
        link.request(method, path, body and json.dumps(body))
        answer = link.getresponse()
        head = answer.read(1)
        first = time.perf_counter() - start
        rest = answer.read()
        link.close()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status} {(head + rest)[:300]}")
        return first, head + rest

    def say(self, text):
        cpu = self.cpu_seconds()
        first, sound = self.ask("POST", "/speak", {"text": text, "response_format": "pcm"})
        return {"seconds": len(sound) / 48000, "cpu": self.cpu_seconds() - cpu, "first": first}


class Peer:
    def __init__(self, name):
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, pathlib.Path(__file__).with_name("speak_peer.py"), name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.load_cpu = json.loads(self.process.stdout.readline())["load_cpu"]

    def say(self, text):
        self.process.stdin.write(json.dumps(text) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def stop(self):
        self.process.stdin.close()
        self.process.wait(20)


def fresh(name):
    """In a new process: seconds from its start to the first sound, of that from the request on
    (ours, which listens before it loads), and CPU seconds of loading."""
    if name != "ours":
        peer = Peer(name)
        ready = time.perf_counter() - peer.began
        first = ready + peer.say(SHORT)["first"]
        peer.stop()
        return first, first, peer.load_cpu
    own = Server()
    ready = own.ready_seconds
    first = own.say(SHORT)["first"]
    own.stop()
    own = Server()
    cpu = own.cpu_seconds()
    own.ask("POST", "/warmup", {"engines": ["speak"]})
    load = own.cpu_seconds() - cpu
    own.stop()
    return ready + first, first, load


def table(title, unit, scale, values):
    middle = {name: statistics.median(values[name]) * scale for name in NAMES}
    print(
        f"{title:34} ours {middle['ours']:9.3f}  hibari {middle['hibari']:9.3f}"
        f"  piper {middle['piper']:9.3f} {unit:8}"
        f" ours/hibari {middle['ours'] / middle['hibari']:.3f}"
        f"  ours/piper {middle['ours'] / middle['piper']:.3f}", flush=True)


def main():
    cold = {name: [] for name in NAMES}
    for _ in range(ROUNDS):
        for name in NAMES:
            cold[name].append(fresh(name))
    voices = {"ours": Server(), "hibari": Peer("hibari"), "piper": Peer("piper")}
    try:
        for voice in voices.values():
            voice.say(SHORT), voice.say(LONG)
        cost, first = {name: [] for name in NAMES}, {name: [] for name in NAMES}
        for _ in range(ROUNDS):
            for name, voice in voices.items():
                made = voice.say(LONG)
                cost[name].append(made["cpu"] / made["seconds"])
            for name, voice in voices.items():
                first[name].append(voice.say(SHORT)["first"])
    finally:
        for voice in voices.values():
            voice.stop()
    table("CPU per second of speech", "ms", 1000, cost)
    table("first sound, 12 words, warm", "ms", 1000, first)
    table(
        "first sound, from the process on", "ms", 1000, {n: [c[0] for c in cold[n]] for n in NAMES}
    )
    table(
        "first sound, from the request on", "ms", 1000, {n: [c[1] for c in cold[n]] for n in NAMES}
    )
    table(
        "loading, CPU (peers: no imports)", "ms", 1000, {n: [c[2] for c in cold[n]] for n in NAMES}
    )


main()
