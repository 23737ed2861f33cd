"""Resident memory and descriptors of the server before, during and after 10,000 idle connections,
and the latency of a new one meanwhile.

usage: http_idle.py PORT PID
"""
import contextlib
import os
import resource
import socket
import struct
import sys
import time

from avatar_tools.figures import percentile
from avatar_tools.process import kibibytes

COUNT = 10_000
port, pid = int(sys.argv[1]), sys.argv[2]
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, COUNT + 500), hard))


def resident():
    return kibibytes(pid, "VmRSS") * 1024


def open_one():
    peer = socket.create_connection(("127.0.0.1", port))
    peer.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
    assert peer.recv(4096).startswith(b"HTTP/1.1 200")
    return peer


def descriptors():
    return len(os.listdir(f"/proc/{pid}/fd"))


def slow_writer():
    peer = socket.create_connection(("127.0.0.1", port))
    peer.sendall(b"POST /transcribe HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
    return peer


def reset_in_body():
    peer = slow_writer()
    peer.sendall(b"x" * 1000)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


open_one().close()
time.sleep(3)
before, open_before = resident(), descriptors()
peers = [open_one() for _ in range(COUNT)]
during = resident()
# The queue holds 32 requests: slow writers are answered 429 beyond that, and stay connected.
writers = [slow_writer() for _ in range(100)]
late = []
for turn in range(500):
    if turn % 10 == 0:
        reset_in_body()
    if turn % 5 == 0:
        for writer in writers[:20]:
            with contextlib.suppress(OSError):
                writer.sendall(b"x")
    start = time.perf_counter()
    open_one().close()
    late.append((time.perf_counter() - start) * 1e3)
for peer in peers + writers:
    peer.close()
time.sleep(4)
after = resident()
print(
    f"idle: {(during - before) / COUNT / 1024:.2f} kB a connection over {COUNT}, "
    f"{(after - before) / 1048576:+.1f} MB and {descriptors() - open_before:+d} descriptors after "
    f"they closed; meanwhile, with 100 slow writers and 50 resets, a new connection's /healthz "
    f"p99 {percentile(late, 99):.1f} ms")
