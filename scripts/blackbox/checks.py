"""What the black-box checks share: one line for each thing checked, and the end's verdict; a server
of a check's own, and what it holds in memory."""

import contextlib
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

failures = []


def check(what, holds, seen=""):
    """Prints `ok    WHAT`, or `FAIL  WHAT: SEEN`."""
    print(("ok    " if holds else "FAIL  ") + what + ("" if holds else f": {seen!r}"), flush=True)
    if not holds:
        failures.append(what)


def finish():
    """Ends the process; 1 where a check failed."""
    sys.exit(f"{len(failures)} failed: " + "; ".join(failures) if failures else 0)


@contextlib.contextmanager
def serving(**variables):
    """Starts the program on a port that the system picks; gives port and process, and checks at the
    end that it stops in order."""
    with tempfile.NamedTemporaryFile("w+") as log:
        process = subprocess.Popen(
            [os.environ["AVATAR_PROGRAM"]], stderr=log,
            env=os.environ | {"PORT": "0", "HOST": "127.0.0.1"} | variables)
        try:
            found = None
            while not found and process.poll() is None:
                time.sleep(0.05)
                found = re.search(r'"port":(\d+)', pathlib.Path(log.name).read_text())
            yield int(found[1]), process
        finally:
            process.terminate()
            check("it ends in order", process.wait(30) == 0, process.returncode)


def resident_mib(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) >> 10
