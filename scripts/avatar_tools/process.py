"""What Linux tells of a process: memory, CPU time, children."""

import pathlib
import re
import time


def kibibytes(pid: int | str, name: str) -> int:
    """A line of /proc/PID/status, such as VmRSS or VmHWM; 0 where the process has ended."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(rf"{name}:\s+(\d+)", status)
    return int(found[1]) if found else 0


def resident_mib(pid: int) -> int:
    return kibibytes(pid, "VmRSS") >> 10


def resident_mb(pid: int) -> tuple[float, float]:
    """Resident now and at most, in MB of a million bytes."""
    now, most = (kibibytes(pid, name) * 1024 / 1e6 for name in ("VmRSS", "VmHWM"))
    return now, most


def children(pid: int) -> list[int]:
    """The processes that any thread of this one started."""
    found: set[int] = set()
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            found.update(map(int, (task / "children").read_text().split()))
        except OSError:
            continue  # the thread has ended
    return sorted(found)


def cpu_seconds(pid: int) -> float:
    """CPU time of all threads, those that have ended too, to the nanosecond."""
    # Linux numbers the clock of a process by its id: clock_getcpuclockid(3).
    return time.clock_gettime(~pid << 3 | 2)
