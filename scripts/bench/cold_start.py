"""Starts both servers anew for each figure, in turn; see scripts/bench/cold_start.

usage: cold_start.py RUNS
"""

import http.client
import json
import os
import pathlib
import signal
import socket
import statistics
import sys
import time

from avatar_tools import CLIP, RELEASE_PROGRAM, ROOT, client, process
from avatar_tools.server import free_port

SENTENCE = json.dumps({"text": "The quick brown fox jumps over the lazy dog."}).encode()
FORM, FORM_TYPE = client.multipart(language="en", file=CLIP.read_bytes())
JSON_TYPE = {"Content-Type": "application/json"}
LIMIT = 60


def ours(port):
    program = str(RELEASE_PROGRAM)
    return program, [program], {"PORT": str(port), "HOST": "127.0.0.1", "LOG_LEVEL": "ERROR"}


def theirs(port):
    folder = pathlib.Path(sys.prefix)
    command = [
        sys.executable, "-m", "uvicorn", "cold_start_peer:app", "--host", "127.0.0.1", "--port",
        str(port), "--log-level", "error"]
    return sys.executable, command, {
        "PYTHONPATH": str(ROOT / "scripts/bench"), "PEER_WEIGHTS": str(folder / "weights"),
        "HF_HUB_OFFLINE": "1"}


class Server:
    """One process, timed from the moment before it is started."""

    def __init__(self, stack):
        self.port = free_port()
        program, command, variables = stack(self.port)
        silent = os.open(os.devnull, os.O_RDWR)
        self.began = time.perf_counter()
        # posix_spawn: a fork of this interpreter alone would take longer than our whole start.
        self.pid = os.posix_spawn(
            program, command, {**os.environ, **variables},
            file_actions=[(os.POSIX_SPAWN_DUP2, silent, 1), (os.POSIX_SPAWN_DUP2, silent, 2)])
        os.close(silent)
        while True:
            link = socket.socket()
            if link.connect_ex(("127.0.0.1", self.port)) == 0:
                break
            link.close()
            if time.perf_counter() - self.began > LIMIT:
                raise SystemExit(f"{command} does not listen")
            time.sleep(0.0001)
        self.accepted = self.seconds()
        self.link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT)
        self.link.sock = link

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.link.close()
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)

    def seconds(self):
        return time.perf_counter() - self.began

    def ask(self, method, path, body=None, headers=None, first=False):
        """The answer, or its first bytes; by then `seconds` is what is measured."""
        self.link.request(method, path, body, headers or {})
        answer = self.link.getresponse()
        # 200 bytes: past a WAV's head, which is no sound yet.
        got = answer.read(200) if first else answer.read()
        seconds = self.seconds()
        if answer.status != 200 or not got:
            raise SystemExit(f"{path}: {answer.status} {got[:300]}")
        return seconds, got

    def resident(self):
        return process.resident_mb(self.pid)[0]


def one_run(stack):
    found = {}
    with Server(stack) as server:
        found["accepted, ms"] = server.accepted * 1e3
        found["/healthz, ms"] = server.ask("GET", "/healthz")[0] * 1e3
        time.sleep(0.2)
        found["resident idle, MB"] = server.resident()
    with Server(stack) as server:
        seconds, body = server.ask("POST", "/transcribe", FORM, FORM_TYPE)
        if "country" not in json.loads(body)["text"]:
            raise SystemExit(f"no transcript: {body[:300]}")
        found["transcript of 11 s, s"] = seconds
    with Server(stack) as server:
        found["first sound, s"] = server.ask("POST", "/speak", SENTENCE, JSON_TYPE, first=True)[0]
    with Server(stack) as server:
        found["all loaded, s"] = server.ask("POST", "/warmup")[0]
        found["resident loaded, MB"] = server.resident()
        server.ask("POST", "/transcribe", FORM, FORM_TYPE)
        server.ask("POST", "/speak", SENTENCE, JSON_TYPE)
        found["resident after work, MB"] = server.resident()
    return found


def main():
    runs = int(sys.argv[1])
    stacks = {"ours": ours, "Python": theirs}
    found = {name: [] for name in stacks}
    for stack in stacks.values():
        one_run(stack)
    for number in range(runs):
        for name, stack in stacks.items():
            found[name].append(one_run(stack))
        print(f"run {number + 1} of {runs}", file=sys.stderr)
    print(f"medians of {runs} runs      {'ours':>9} {'worst':>9} {'Python':>9}   ratio")
    for figure in found["ours"][0]:
        mine = [run[figure] for run in found["ours"]]
        other = statistics.median(run[figure] for run in found["Python"])
        median = statistics.median(mine)
        print(
            f"{figure:24} {median:9.3f} {max(mine):9.3f} {other:9.3f} {other / median:6.1f}x")
    print(
        "Ours loads two Whisper models, the voice and the face for \"all loaded\"; the peer one "
        "Whisper model and the voice.")


main()
