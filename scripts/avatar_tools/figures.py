"""Statistics of what was measured, and the lines that tell of it."""

import statistics
from collections.abc import Mapping, Sequence


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest rank, of a share in percent: a value that was measured."""
    ordered = sorted(values)
    rank = int(-(-len(ordered) * share // 100))
    return ordered[min(max(rank, 1), len(ordered)) - 1]


def medians(runs: Mapping[str, Sequence[float]]) -> dict[str, float]:
    return {name: statistics.median(values) for name, values in runs.items()}


def beside(figures: Mapping[str, float], *, decimals: int = 3, unit: str = "s") -> str:
    """`ours 0.150 s  peer 0.600 s 4.00x`: each figure after the first with its ratio to it."""
    first, base = next(iter(figures.items()))
    return "  ".join(
        f"{name} {value:.{decimals}f} {unit}" + ("" if name == first else f" {value / base:.2f}x")
        for name, value in figures.items())


def word_errors(wanted: Sequence[str], got: Sequence[str]) -> int:
    """How many words must be changed, left out or put in to make one list of the other
    (Levenshtein)."""
    row = list(range(len(got) + 1))
    for i, word in enumerate(wanted, 1):
        last, row[0] = row[0], i
        for j, other in enumerate(got, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (word != other))
    return row[-1]
