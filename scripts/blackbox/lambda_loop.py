"""A busy Lambda function: hundreds of invocations in one process, by a Runtime API of our own.

usage: lambda_loop.py BASE_URL [COUNT]     the server is not asked; AVATAR_PROGRAM is run; 200

Streamed and buffered. Short and long answers, refusals, broken bodies, clients that leave in the
middle and work that has no time are mixed: what one leaves behind must not hurt the next.
"""

import base64
import http.server
import json
import os
import queue
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time

from avatar_tools.checks import check, finish
from avatar_tools.process import resident_mib

ENDLESS = "This is one of many sentences that nobody will hear to the end. " * 300
CUT_BYTES = 30_000
SPEAK = ("POST", "/speak", "application/json")
# Name: share of twenty, milliseconds left, request, body, statuses that are right.
KINDS = {
    "health": (5, 20_000, ("GET", "/healthz", None), None, {200}),
    "short speech": (5, 20_000, SPEAK, json.dumps({"text": "One."}), {200}),
    "broken JSON": (3, 20_000, SPEAK, '{"text":', {400}),
    "broken form": (3, 20_000, ("POST", "/animate", "multipart/form-data; boundary=b"), "x", {400}),
    "cut client": (2, 20_000, SPEAK, json.dumps({"text": ENDLESS}), {200, 502}),
    # Buffered, a fast machine makes more than the platform takes before the time is over.
    "no time": (2, 1_500, SPEAK, json.dumps({"text": ENDLESS}), {200, 502, 504}),
}


class Platform(http.server.ThreadingHTTPServer):
    """The Runtime API, version 2018-06-01: hands out events and keeps what comes back."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.events, self.posts = queue.Queue(), queue.Queue()
        self.cuts = set()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        """The program's end cuts its last poll: nothing to tell."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        name, milliseconds, event = self.server.events.get()
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", name)
        self.send_header("Lambda-Runtime-Deadline-Ms", str(int(time.time() * 1000) + milliseconds))
        self.send_header("Content-Length", str(len(event)))
        self.end_headers()
        self.wfile.write(event)

    def do_POST(self):
        name = self.path.split("/")[-2]
        body, trailers, is_cut = self.body(name in self.server.cuts)
        self.server.posts.put((name, self.path.split("/")[-1], body, trailers, is_cut))
        if is_cut:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def body(self, may_cut):
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            length = int(self.headers.get("Content-Length") or 0)
            is_cut = may_cut and length > CUT_BYTES
            return self.rfile.read(CUT_BYTES if is_cut else length), {}, is_cut
        body, trailers = b"", {}
        while count := int(self.rfile.readline(), 16):
            body += self.rfile.read(count)
            self.rfile.readline()
            if may_cut and len(body) > CUT_BYTES:
                return body, trailers, True
        while line := self.rfile.readline().strip():
            name, _, value = line.decode().partition(":")
            trailers[name.lower()] = value.strip()
        return body, trailers, False

    def log_message(self, *_):
        pass


def event(request, tag, body):
    method, path, kind = request
    fields = {"host": "h.example", "x-request-id": tag} | ({"content-type": kind} if kind else {})
    return json.dumps({
        "version": "2.0", "rawPath": path, "rawQueryString": "", "headers": fields, "body": body,
        "requestContext": {"http": {"method": method, "path": path}}}).encode()


def fault(kind, tag, post, streams):
    """What is wrong with an answer; None where nothing is."""
    _, where, body, trailers, is_cut = post
    if is_cut:
        return None if kind == "cut client" else "cut"
    if where != "response":
        return f"an {where}: {body[:100]!r}"
    if streams:
        prelude, _, body = body.partition(bytes(8))
        told = json.loads(prelude)
    else:
        told = json.loads(body)
        text = told.get("body", "")
        body = base64.b64decode(text) if told["isBase64Encoded"] else text.encode()
    if told["statusCode"] not in KINDS[kind][4]:
        return f"{told['statusCode']} {body[:100]!r}"
    wrong = trailers.get("lambda-runtime-function-error-type")
    if bool(wrong) != (kind == "no time" and told["statusCode"] == 200):
        return f"ends with {wrong}"
    if kind == "short speech":
        names = {name.lower(): value for name, value in told["headers"].items()}
        if body[:4] != b"RIFF" or names.get("x-request-id") != tag:
            return f"{len(body)} bytes for {names.get('x-request-id')}"
    return None


def run(count, streams):
    platform = Platform()
    names = [name for name, facts in KINDS.items() for _ in range(facts[0])]
    generator = random.Random(count)
    order = list(KINDS) + generator.choices(names, k=count - len(KINDS))
    with tempfile.NamedTemporaryFile("w") as log:
        process = subprocess.Popen([os.environ["AVATAR_PROGRAM"]], stderr=log, env=os.environ | {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{platform.server_address[1]}",
            "AVATAR_LAMBDA_STREAM": "1" if streams else "0", "LOG_LEVEL": "ERROR"})
        faults, early, late = [], 0, 0
        for number, kind in enumerate(order):
            tag = f"tag-{number}"
            if kind == "cut client":
                platform.cuts.add(f"inv-{number}")
            platform.events.put(
                (f"inv-{number}", KINDS[kind][1], event(KINDS[kind][2], tag, KINDS[kind][3])))
            try:
                post = platform.posts.get(timeout=30)
            except queue.Empty:
                faults.append(f"{number} ({kind}): no answer, exit status {process.poll()}")
                break
            why = "of another" if post[0] != f"inv-{number}" else fault(kind, tag, post, streams)
            if why:
                faults.append(f"{number} ({kind}): {why}")
            if number == count // 2:
                early = resident_mib(process.pid)
        late = resident_mib(process.pid) if process.poll() is None else 0
        mode = "streamed" if streams else "buffered"
        check(
            f"{count} {mode} invocations in one process are each answered", not faults, faults[:3]
        )
        check(f"memory is level over {mode} invocations", 0 < late <= early + 24, (early, late))
        process.terminate()
        check(
            f"it ends in order after {mode} invocations", process.wait(15) == 0, process.returncode
        )
    platform.shutdown()


def main():
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    run(count, streams=True)
    run(max(len(KINDS), count // 4), streams=False)
    finish()


main()
