"""Reads `name connections requests_a_second p99` lines; prints medians and ratios to nginx."""
import statistics
import sys


def milliseconds(text):
    for unit, factor in (("us", 1e-3), ("ms", 1), ("s", 1e3)):
        if text.endswith(unit):
            return float(text[: -len(unit)]) * factor
    raise ValueError(text)


runs: dict[tuple[int, str], list[tuple[float, float]]] = {}
for line in sys.stdin:
    name, connections, rate, late = line.split()
    runs.setdefault((int(connections), name), []).append((float(rate), milliseconds(late)))
print(f"{'connections':>11} {'server':<12} {'k req/s':>8} {'p99 ms':>8} {'x nginx':>8}")
for connections, name in sorted(runs):
    rates = runs[connections, name]
    middle = statistics.median(rate for rate, _ in rates)
    late = statistics.median(late for _, late in rates)
    base = runs.get((connections, "nginx"))
    ratio = middle / statistics.median(rate for rate, _ in base) if base else float("nan")
    print(f"{connections:>11} {name:<12} {middle / 1000:>8.1f} {late:>8.2f} {ratio:>8.2f}")
