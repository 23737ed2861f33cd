"""What the black-box checks share: one line for each thing checked, and the end's verdict."""

import sys

failures = []


def check(what, holds, seen=""):
    """Prints `ok    WHAT`, or `FAIL  WHAT: SEEN`."""
    print(("ok    " if holds else "FAIL  ") + what + ("" if holds else f": {seen!r}"), flush=True)
    if not holds:
        failures.append(what)


def finish():
    """Ends the process; 1 where a check failed."""
    sys.exit(f"{len(failures)} failed: " + "; ".join(failures) if failures else 0)
