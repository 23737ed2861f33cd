"""Crowds and clients that hold on: many large or coded bodies at once, slow senders and readers,
more connections than descriptors, a stop while nobody reads. The server stays within its memory,
refuses with 413, 429 or 503 only, serves others meanwhile, and counts what was cut as cut.

usage: floods.py BASE_URL     starts servers of its own, told to stay within 512 MiB
"""

import collections
import gzip
import json
import os
import re
import resource
import signal
import socket
import struct
import subprocess
import threading
import time
import zlib

from avatar_tools import process as processes
from avatar_tools.checks import check, finish, serving
from avatar_tools.client import ask_or_name_error as ask
from avatar_tools.client import multipart
from avatar_tools.server import Server
from avatar_tools.wav import wav_bytes

MEMORY_MIB = 512
LONG = json.dumps({"text": "Hello there, this is a sentence to be read out. " * 400}).encode()


def flat_picture(side):
    """A PNG of one colour: tens of kilobytes that become tens of megabytes."""
    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    squeeze = zlib.compressobj(9)
    row = b"\0" + b"\x80" * (3 * side)
    rows = b"".join(squeeze.compress(row) for _ in range(side)) + squeeze.flush()
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def resident_of_all(process):
    """Peak MiB of the process, and what its children hold now."""
    held = processes.kibibytes(process.pid, "VmHWM")
    held += sum(processes.kibibytes(child, "VmRSS") for child in processes.children(process.pid))
    return held >> 10


def crowd(what, path, body, fields, count, good, alone):
    """Many of one request at once, then one alone and another's."""
    with serving(AVATAR_MEMORY_MB=str(MEMORY_MIB), AVATAR_DEADLINE_SECONDS="60") as (port, process):
        seen, peak = collections.Counter(), [0]
        workers = [
            threading.Thread(target=lambda: seen.update([ask(port, "POST", path, body, fields)[0]]))
            for _ in range(count)
        ]
        for worker in workers:
            worker.start()
        while any(worker.is_alive() for worker in workers):
            peak[0] = max(peak[0], resident_of_all(process))
            time.sleep(0.05)
        check(f"{what}: refused with 413, 429 or 503, else served",
              set(seen) <= good | {413, 429, 503}, dict(seen))
        check(f"{what}: within {MEMORY_MIB} MiB", peak[0] <= MEMORY_MIB, f"{peak[0]} MiB")
        status, _ = ask(port, "POST", "/speak", '{"text":"Hi."}')
        check(f"{what}: others are served afterwards", status == 200, status)
        status, answer = ask(port, "POST", path, body, fields)
        check(f"{what}: one alone is served", status in alone, (status, answer[:200]))
        # The answer leaves a moment before its request is let go.
        for _ in range(40):
            text = ask(port, "GET", "/metrics")[1].decode()
            held = int(re.search(r"avatar_memory_charged_bytes (\d+)", text)[1])
            if not held:
                break
            time.sleep(0.05)
        check(f"{what}: nothing stays charged", held == 0, held)


def crowds():
    coded = gzip.compress(wav_bytes(bytes(20 << 20)), 9)
    crowd("24 bodies of 20 MiB in gzip", "/transcribe?language=en", coded,
          {"Content-Type": "audio/wav", "Content-Encoding": "gzip"}, 24, {200}, {200})
    body, fields = multipart(image=flat_picture(4096), audio=wav_bytes(os.urandom(32_000)))
    crowd("24 pictures of 4096 × 4096", "/animate", body, fields, 24, {422}, {422})
    crowd("24 uploads of 24 MiB", "/transcribe", bytes(24 << 20), {"Content-Type": "audio/wav"}, 24,
          {415}, {415})


def counted(port):
    text = ask(port, "GET", "/metrics")[1].decode()
    return collections.Counter({
        (route, status): int(count) for route, status, count in
        re.findall(r'avatar_requests_total\{route="(\w+)",status="(\w+)"\} (\d+)', text)})


def slow_peers():
    with serving(AVATAR_QUEUE="2", AVATAR_DEADLINE_SECONDS="12") as (port, _):
        ask(port, "POST", "/speak", '{"text":"Hi."}')
        senders = []
        for _ in range(16):
            peer = socket.create_connection(("127.0.0.1", port))
            peer.sendall(b"POST /transcribe HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n1")
            senders.append(peer)
        status, _ = ask(port, "POST", "/speak", '{"text":"Hi."}')
        check("sixteen slow senders take no place", status == 200, status)
        for peer in senders:
            peer.close()
        before = counted(port)
        readers = []
        for _ in range(2):
            peer = socket.socket()
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            peer.connect(("127.0.0.1", port))
            peer.sendall(
                b"POST /speak HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(LONG) + LONG
            )
            readers.append(peer)
        # Not before the system's own buffers are full: megabytes of audio.
        began = time.monotonic()
        status = 0
        while status != 200 and time.monotonic() < began + 10:
            time.sleep(1)
            status, _ = ask(port, "POST", "/speak", '{"text":"Hi."}')
        check("readers that take nothing lend their places", status == 200, status)
        time.sleep(began + 14 - time.monotonic())
        rise = counted(port) - before
        cut = {status for _, status in rise if status not in ("200", "499")}
        check("what the deadline cut is counted as cut", cut == {"aborted"}, dict(rise))
        for peer in readers:
            peer.close()


def few_descriptors():
    server = Server(
        os.environ["AVATAR_PROGRAM"],
        before_exec=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)))
    port = server.port
    peers = []
    for _ in range(100):
        peer = socket.create_connection(("127.0.0.1", port))
        # Inside a head, so that nobody is idle and can be let go.
        peer.sendall(b"GET /healthz HTTP/1.1\r\nHost:")
        peers.append(peer)
    time.sleep(0.5)
    began = time.monotonic()
    status, _ = ask(port, "GET", "/healthz", timeout=60)
    check(
        "out of descriptors, health is answered", status == 200, (status, time.monotonic() - began)
    )
    for peer in peers:
        peer.close()
    time.sleep(0.5)
    status, _ = ask(port, "POST", "/speak", '{"text":"Hi."}')
    check("with descriptors again, all is served", status == 200, status)
    status = server.stop()
    check("it ends in order", status == 0, status)
    check("the log says what ran out", "out of file descriptors" in server.log())


def stop():
    with serving(AVATAR_GRACE_SECONDS="2") as (port, process):
        peer = socket.socket()
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.connect(("127.0.0.1", port))
        peer.sendall(
            b"POST /speak HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(LONG) + LONG
        )
        time.sleep(1)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        took = time.monotonic() - began
        check("a speech that nobody reads ends within the grace and a second", took < 3.2, took)
        peer.close()


def variables():
    for name in [
        "AVATAR_API_KEY",
        "AVATAR_CORS_ORIGINS",
        "AVATAR_WEBHOOK_HOSTS",
        "AVATAR_WEBHOOK_SECRET",
        "AVATAR_MEMORY_MB",
        "AVATAR_MODELS",
        "PORT",
        "LOG_LEVEL",
        "AVATAR_BACKEND",
    ]:
        for value in ["", " ", ","]:
            run = (
                subprocess.run(
                    [os.environ["AVATAR_PROGRAM"]],
                    env=os.environ | {"PORT": "0", name: value},
                    capture_output=True,
                    text=True,
                    timeout=20,
                    check=False,
                )
                if (name, value) not in SERVES
                else None
            )
            if run:
                check(
                    f"{name}={value!r} is an error at start that names it",
                    run.returncode == 78 and name in run.stderr,
                    (run.returncode, run.stderr[-200:]),
                )


# A path may be anything but nothing.
SERVES = {("AVATAR_MODELS", " "), ("AVATAR_MODELS", ",")}

crowds()
slow_peers()
few_descriptors()
stop()
variables()
finish()
