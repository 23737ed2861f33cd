"""Starts and stops the server under test, and other programs that listen."""

import os
import pathlib
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

from avatar_tools import RELEASE_PROGRAM, client, process


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_listening(
    port: int, started: subprocess.Popen[bytes], *, seconds: float = 60, pause: float = 0.001
) -> None:
    """Returns when the port accepts; raises where the process ends or the time is over before."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and started.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(pause)
    raise RuntimeError(f"nothing listens on port {port}; exit status {started.poll()}")


class Server:
    """One process of the program on a port of its own, with its log in a file."""

    def __init__(
        self,
        program: str | pathlib.Path = RELEASE_PROGRAM,
        *,
        command: Sequence[str | pathlib.Path] | None = None,
        port: int = 0,
        before_exec: Callable[[], object] | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log_file = tempfile.NamedTemporaryFile("w+b", suffix=".log")  # noqa: SIM115
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            command or [program],
            stdout=subprocess.DEVNULL,
            stderr=self.log_file,
            env=os.environ | {"PORT": str(self.port), "HOST": "127.0.0.1", **(variables or {})},
            preexec_fn=before_exec,  # noqa: PLW1509
        )
        try:
            wait_until_listening(self.port, self.process)
        except RuntimeError as error:
            self.stop()
            raise RuntimeError(f"{error}; its log:\n{self.log()[-2000:]}") from None
        self.ready_seconds = time.perf_counter() - self.began

    def __enter__(self) -> "Server":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        return self.process.pid

    def log(self) -> str:
        """What the program has written to standard error."""
        return pathlib.Path(self.log_file.name).read_text(errors="replace")

    def cpu_seconds(self) -> float:
        return process.cpu_seconds(self.pid)

    def resident_mb(self) -> tuple[float, float]:
        """Resident now and at most, in MB of a million bytes."""
        return process.resident_mb(self.pid)

    def form(self, path: str, timeout: float = 600, **fields: bytes | str | int) -> bytes:
        """The answer to a form; raises where the status is not 200."""
        body, headers = client.multipart(**fields)
        return self.post(path, body, headers, timeout)

    def post(
        self,
        path: str,
        body: bytes | str = b"",
        headers: dict[str, str] | None = None,
        timeout: float = 600,
    ) -> bytes:
        """The answer to a POST; raises where the status is not 200."""
        status, answer = client.ask(
            self.url + path, body, headers, method="POST", timeout=timeout)
        if status != 200:
            raise RuntimeError(f"{path}: {status} {answer[:300]!r}")
        return answer

    def stop(self, seconds: float = 30) -> int:
        """Ends the process as an operator would; returns its exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
