"""One line for each thing that a black-box check looks at, and the verdict at the end."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

from avatar_tools.server import Server

failures: list[str] = []


def check(what: str, holds: object, seen: object = "") -> None:
    """Prints `ok    WHAT`, or `FAIL  WHAT: SEEN`."""
    print(("ok    " if holds else "FAIL  ") + what + ("" if holds else f": {seen!r}"), flush=True)
    if not holds:
        failures.append(what)


def finish() -> None:
    """Ends the process; 1 where a check failed."""
    sys.exit(f"{len(failures)} failed: " + "; ".join(failures) if failures else 0)


@contextlib.contextmanager
def serving(**variables: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """A server of a check's own, AVATAR_PROGRAM; gives port and process, and checks at the end that
    it stops in order."""
    server = Server(os.environ["AVATAR_PROGRAM"], variables=variables)
    try:
        yield server.port, server.process
    finally:
        status = server.stop()
        check("it ends in order", status == 0, status)
