"""Numbers out of a noisy machine: medians, pairs taken in turn, and how noisy it was."""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

Tell = Callable[[int, int], None]
"""Is told how many parts of a measure are done, and how many there are."""

ROUNDS = 60_000
REPEATS = 9


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` of ``values`` lie, interpolated."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def in_turn(
    first: Callable[[], float], second: Callable[[], float], pairs: int, tell: Tell
) -> tuple[list[float], list[float]]:
    """Take two measurements A B B A A B ..., so that a machine that slows down slows both.

    Each is taken once before, unmeasured, so that files are read and caches filled.
    """
    first(), second()
    a: list[float] = []
    b: list[float] = []
    for pair in range(pairs):
        tell(pair, pairs)
        for take, found in ((first, a), (second, b)) if pair % 2 == 0 else ((second, b), (first, a)):
            found.append(take())
    tell(pairs, pairs)
    return a, b


class Noise:
    """How evenly the machine ran: a fixed loop, timed again and again between the measures."""

    def __init__(self) -> None:
        self._times: list[float] = []

    def probe(self) -> None:
        """Time the loop a few times more."""
        for _ in range(REPEATS):
            begin = perf_counter()
            total = 0
            for number in range(ROUNDS):
                total += number & 7
            self._times.append(perf_counter() - begin)

    def facts(self) -> dict[str, Any]:
        """What was seen: the loop's times in milliseconds, their spread, the machine's load and its processors."""
        low, middle, high = (1e3 * quantile(self._times, share) for share in (0.1, 0.5, 0.9))
        return {
            "loop_ms": {"p10": low, "median": middle, "p90": high},
            "spread": (high - low) / middle,
            "load": list(os.getloadavg()) if hasattr(os, "getloadavg") else None,
            "processors": os.cpu_count(),
        }


def in_words(facts: dict[str, Any]) -> str:
    """The same in a line."""
    spread = facts["spread"]
    word = "quiet" if spread < 0.1 else "noisy" if spread < 0.5 else "very noisy"
    loop = facts["loop_ms"]
    text = (
        f"The machine was {word}: a fixed loop took {loop['median']:.1f} ms, "
        f"from {loop['p10']:.1f} to {loop['p90']:.1f} (a spread of {spread:.0%})"
    )
    if facts["load"]:
        text += f"; load {facts['load'][0]:.1f} on {facts['processors']} processors"
    return text + "."


def ratio(numerators: Sequence[float], denominators: Sequence[float]) -> float:
    """The ratio of two medians."""
    return statistics.median(numerators) / statistics.median(denominators)


def summary(values: Sequence[float]) -> dict[str, float]:
    """Median and quartiles, for the record."""
    return {name: quantile(values, share) for name, share in (("p25", 0.25), ("median", 0.5), ("p75", 0.75))}
