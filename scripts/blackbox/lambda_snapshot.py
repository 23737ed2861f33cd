"""The life of a process of which Lambda keeps a snapshot (SnapStart), by a Runtime API of our own:
all engines are loaded before it says that it is ready, nothing is asked for before the copy is
made, the copy connects anew, and its answers come at once.

usage: lambda_snapshot.py BASE_URL     the server is not asked; AVATAR_PROGRAM is run
"""

import base64
import http.server
import json
import os
import pathlib
import queue
import subprocess
import tempfile
import threading
import time

from avatar_tools.checks import check, finish


class Platform(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, log):
        super().__init__(("127.0.0.1", 0), Handler)
        self.calls, self.restore = [], threading.Event()
        self.events, self.posts, self.log = queue.Queue(), queue.Queue(), log
        self.log_at_restore = ""
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        """The program's end cuts its last poll: nothing to tell."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.calls.append((self.path.split("/runtime/")[1], self.client_address[1]))
        if self.path.endswith("/restore/next"):
            self.server.log_at_restore = pathlib.Path(self.server.log).read_text()
            self.server.restore.wait()
            self.send_response(200)
            self.send_header("Content-Length", "0")
            return self.end_headers()
        name, event = self.server.events.get()
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", name)
        self.send_header("Lambda-Runtime-Deadline-Ms", str(int(time.time() * 1000) + 30_000))
        self.send_header("Content-Length", str(len(event)))
        self.end_headers()
        self.wfile.write(event)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posts.put((self.path, body))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def event(path, body):
    return json.dumps({
        "version": "2.0", "rawPath": path, "rawQueryString": "", "body": body,
        "headers": {"content-type": "application/json", "host": "h.example"},
        "requestContext": {"http": {"method": "POST", "path": path}}}).encode()


def run():
    """One process; gives how long its first answer took after the restore."""
    with tempfile.NamedTemporaryFile("w", suffix=".log") as log:
        platform = Platform(log.name)
        process = subprocess.Popen([os.environ["AVATAR_PROGRAM"]], stderr=log, env=os.environ | {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{platform.server_address[1]}",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start", "LOG_LEVEL": "INFO"})
        for _ in range(600):
            if platform.calls:
                break
            time.sleep(0.05)
        time.sleep(0.3)
        check("it waits for the snapshot, and asks for nothing else",
              [call for call, _ in platform.calls] == ["restore/next"], platform.calls)
        loaded = [json.loads(line) for line in platform.log_at_restore.splitlines()
                  if '"preloaded"' in line]
        check("all engines are loaded before",
              {line["engine"] for line in loaded if line["state"] == "ready"}
              == {"transcribe", "speak", "animate"}, platform.log_at_restore[-500:])
        platform.restore.set()
        began = time.monotonic()
        for number in range(3):
            platform.events.put((f"inv-{number}", event("/speak", '{"text":"Hello."}')))
            path, body = platform.posts.get(timeout=30)
            if number == 0:
                first = time.monotonic() - began
            told = json.loads(body)
            check(f"answer {number} is a voice",
                  path.endswith(f"/inv-{number}/response") and told["statusCode"] == 200
                  and base64.b64decode(told["body"])[:4] == b"RIFF", body[:200])
        connections = [port for _, port in platform.calls]
        check("the copy connects anew", connections[0] not in connections[1:], platform.calls)
        process.terminate()
        check("it ends in order", process.wait(15) == 0, process.returncode)
        platform.shutdown()
    return first


def main():
    soonest = min(run() for _ in range(2))
    check(f"the first answer comes {soonest * 1000:.0f} ms after the restore", soonest < 5)
    finish()


main()
