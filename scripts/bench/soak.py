"""Mixed load for a long time, then the books; see scripts/bench/soak.

usage: soak.py [--minutes 30] [--clients 8] [--memory MIB] [--program PATH]
"""
import argparse
import collections
import contextlib
import gzip
import http.client
import json
import os
import pathlib
import random
import re
import shutil
import socket
import sys
import tempfile
import threading
import time

import avatar_tools
from avatar_tools import RELEASE_PROGRAM, process, server
from avatar_tools.client import multipart
from avatar_tools.wav import FLOAT, wav_bytes

CLIP = avatar_tools.CLIP.read_bytes()
PORTRAIT = avatar_tools.PORTRAIT.read_bytes()
SENTENCE = "The quick brown fox jumps over the lazy dog, and rests in the sun. "
# Not fit as an answer to anything that is sent here.
REFUSALS = {400, 413, 415, 422, 429, 503}
# Of the process at the end above what it held after the first fifth of the time.
GROWTH_MIB_MAX = 24


def noise():
    return wav_bytes(os.urandom(32_000))


def not_numbers():
    return wav_bytes(b"\0\0\xc0\x7f" * 8000, kind=FLOAT)


def cgroup(mib):
    """A memory cgroup of v1 or v2; None where none can be made."""
    for line in pathlib.Path("/proc/mounts").read_text().splitlines():
        _, mount, kind, options = line.split()[:4]
        is_v1 = kind == "cgroup" and "memory" in options.split(",")
        if not is_v1 and kind != "cgroup2":
            continue
        folder = pathlib.Path(mount) / f"soak-{os.getpid()}"
        try:
            folder.mkdir()
            (folder / ("memory.limit_in_bytes" if is_v1 else "memory.max")).write_text(
                str(mib << 20)
            )
            return folder
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)
    return None


class Server(server.Server):
    def __init__(self, program, mib):
        self.temporary = tempfile.mkdtemp(prefix="soak-")
        self.group = cgroup(mib) if mib else None
        variables = {
            "TMPDIR": self.temporary, "AVATAR_JOBS": "10000", "LOG_LEVEL": "WARNING"}
        if mib and not self.group:
            variables["AVATAR_MEMORY_MB"] = str(mib)
        super().__init__(
            program, before_exec=self.enter if self.group else None, variables=variables)

    def enter(self):
        (self.group / "cgroup.procs").write_text(str(os.getpid()))

    def facts(self):
        """Resident MiB with its children, peak MiB, descriptors, threads, temporary files."""
        resident = process.kibibytes(self.pid, "VmRSS")
        resident += sum(process.kibibytes(child, "VmRSS") for child in process.children(self.pid))
        # Not the lock of the results' folder.
        files = sum(len(set(names) - {"lock"}) for _, _, names in os.walk(self.temporary))
        return (resident >> 10, process.kibibytes(self.pid, "VmHWM") >> 10,
                len(os.listdir(f"/proc/{self.pid}/fd")), process.kibibytes(self.pid, "Threads"),
                files)

    def get(self, path):
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        link.request("GET", path)
        return link.getresponse().read().decode()

    def counted(self):
        """Requests that were let in, by outcome, and all that were refused."""
        text = self.get("/metrics")
        let_in = collections.Counter()
        for status, count in re.findall(
            r'avatar_requests_total\{[^}]*status="(\w+)"\} (\d+)', text
        ):
            let_in[status] += int(count)
        refused = sum(int(n) for n in re.findall(r"avatar_refused_total\{[^}]*\} (\d+)", text))
        return let_in, refused


class Client(threading.Thread):
    """One client after another, each of a random kind."""

    def __init__(self, server, seed, until, books):
        super().__init__(daemon=True)
        self.server, self.until, self.books = server, until, books
        self.random = random.Random(seed)

    def run(self):
        kinds = [self.speak, self.speak, self.transcribe, self.animate, self.job, self.nonsense,
                 self.leave_in_body, self.leave_in_answer, self.slow_reader, self.coded]
        while time.monotonic() < self.until:
            kind = self.random.choice(kinds)
            try:
                self.note(kind.__name__, kind())
            except (OSError, http.client.HTTPException) as error:
                self.note(kind.__name__, type(error).__name__)

    def note(self, kind, outcome):
        with self.books["lock"]:
            self.books["seen"][(kind, outcome)] += 1

    def sent(self):
        """One request is on its way that the server will count."""
        with self.books["lock"]:
            self.books["sent"] += 1

    def ask(self, path, body, fields, method="POST", location=False):
        link = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=300)
        self.sent()
        # Refused before it was read whole: the answer is there.
        with contextlib.suppress(OSError):
            link.request(method, path, body, fields)
        answer = link.getresponse()
        answer.read()
        link.close()
        return (answer.getheader("Location"), answer.status) if location else answer.status

    def raw(self, path, body, fields):
        peer = socket.create_connection(("127.0.0.1", self.server.port), timeout=60)
        lines = [f"POST {path} HTTP/1.1", "Host: a", f"Content-Length: {len(body)}"]
        lines += [f"{k}: {v}" for k, v in fields.items()]
        return peer, ("\r\n".join(lines) + "\r\n\r\n").encode() + body

    def speak(self):
        text = SENTENCE * self.random.choice([1, 1, 3, 20])
        form = self.random.choice(["wav", "mp3", "opus", "pcm"])
        return self.ask("/speak", json.dumps({"text": text, "response_format": form}), {})

    def transcribe(self):
        language = self.random.choice(["en", "auto"])
        return self.ask(f"/transcribe?language={language}", CLIP, {"Content-Type": "audio/wav"})

    def animate(self):
        body, fields = multipart(image=PORTRAIT, text=SENTENCE, size=self.random.choice([256, 512]),
                                 stream=self.random.choice(["true", "false"]))
        return self.ask("/animate", body, fields)

    def job(self):
        """A job that is fetched and deleted: nothing of it may stay."""
        own, status = self.ask(
            "/speak", json.dumps({"text": SENTENCE}), {"Prefer": "respond-async"}, location=True
        )
        if status != 202:
            return status
        while json.loads(self.server.get(own))["status"] in ("queued", "running"):
            time.sleep(0.1)
        if self.random.random() < 0.8:
            status = self.ask(own + "/result", None, {}, method="GET")
        link = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=300)
        link.request("DELETE", own)
        link.getresponse().read()
        link.close()
        return status

    def nonsense(self):
        body, kind = self.random.choice(
            [
                (os.urandom(20_000), "audio/mpeg"),
                (not_numbers(), "audio/wav"),
                (noise(), "audio/wav"),
                (CLIP[: len(CLIP) // 2], "audio/wav"),
                (b"{" * 1000, "application/json"),
            ]
        )
        return self.ask("/transcribe?language=en", body, {"Content-Type": kind})

    def coded(self):
        body = gzip.compress(CLIP * self.random.choice([1, 20]), 1)
        return self.ask(
            "/transcribe?language=en&vad=false",
            body[: len(body) // self.random.choice([1, 1, 2])],
            {"Content-Type": "audio/wav", "Content-Encoding": "gzip"},
        )

    def leave_in_body(self):
        peer, data = self.raw("/transcribe", CLIP, {"Content-Type": "audio/wav"})
        self.sent()
        peer.sendall(data[: self.random.randrange(500, len(data) - 1)])
        time.sleep(self.random.random() / 4)
        peer.close()
        return "left"

    def leave_in_answer(self):
        peer, data = self.raw("/speak", json.dumps({"text": SENTENCE * 40}).encode(), {})
        self.sent()
        peer.sendall(data)
        peer.recv(1000)
        peer.close()
        return "left"

    def slow_reader(self):
        peer, data = self.raw("/speak", json.dumps({"text": SENTENCE * 4}).encode(), {})
        self.sent()
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        peer.sendall(data)
        end, total = time.monotonic() + 5, 0
        while time.monotonic() < end:
            piece = peer.recv(4096)
            if not piece:
                break
            total += len(piece)
            time.sleep(0.02)
        peer.close()
        return "read slowly"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--memory", type=int, default=0)
    parser.add_argument("--program", default=str(RELEASE_PROGRAM))
    options = parser.parse_args()
    own = Server(options.program, options.memory)
    books = {"lock": threading.Lock(), "sent": 0, "seen": collections.Counter()}
    began = time.monotonic()
    until = began + options.minutes * 60
    clients = [Client(own, seed, until, books) for seed in range(options.clients)]
    for client in clients:
        client.start()
    early, faults, next_line = None, [], 0
    while time.monotonic() < until and own.process.poll() is None:
        time.sleep(0.5)
        if time.monotonic() < next_line:
            continue
        next_line = time.monotonic() + 60
        facts = own.facts()
        # A fifth of the time loads every engine and each worker's state.
        if early is None and time.monotonic() - began > options.minutes * 12:
            early = facts
        print(
            f"{(time.monotonic() - began) / 60:5.1f} min: {books['sent']} sent; "
            f"resident {facts[0]} MiB, peak {facts[1]} MiB, {facts[2]} descriptors, "
            f"{facts[3]} threads, {facts[4]} files",
            flush=True,
        )
    for client in clients:
        client.join(120)
    if own.process.poll() is not None:
        faults.append(f"the server ended with {own.process.returncode}")
    else:
        time.sleep(5)
        let_in, refused = own.counted()
        facts = own.facts()
        print(
            f"sent {books['sent']}, let in {sum(let_in.values())} {dict(let_in)}, refused {refused}"
        )
        print(f"at the end: resident {facts[0]} MiB, peak {facts[1]} MiB, {facts[2]} descriptors, "
              f"{facts[3]} threads")
        if sum(let_in.values()) + refused != books["sent"]:
            faults.append("the books do not balance")
        if early and (
            facts[0] > early[0] + GROWTH_MIB_MAX
            or facts[2] > early[2] + 2
            or facts[3] > early[3] + 2
        ):
            faults.append(f"not level: {early} then {facts}")
        charged = int(re.search(r"avatar_memory_charged_bytes (\d+)", own.get("/metrics"))[1])
        if facts[4]:
            faults.append(f"{facts[4]} temporary files stay")
        if charged:
            faults.append(f"{charged} bytes stay charged")
        if own.stop(15) != 0:
            faults.append("it did not end in order")
    for (kind, outcome), count in sorted(books["seen"].items(), key=str):
        print(f"  {kind}: {count} × {outcome}")
        if isinstance(outcome, int) and outcome >= 400 and outcome not in REFUSALS:
            faults.append(f"{kind} was answered {outcome}")
    if own.group:
        for _ in range(20):
            try:
                own.group.rmdir()
                break
            except OSError:
                time.sleep(0.2)
    shutil.rmtree(own.temporary, ignore_errors=True)
    print("; ".join(faults) if faults else "level")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
