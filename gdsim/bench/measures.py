"""The table of measures: what is claimed, and how it is measured. A new claim is one more row."""

from __future__ import annotations

import importlib.util
import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from gdsim.bench import startup
from gdsim.bench.processes import UnavailableError, answer, surroundings, until_painted
from gdsim.bench.timing import Noise, Tell, in_turn, quantile, ratio, summary

PAIRS = 15
"""How often a start is timed, in turn with what it is compared to."""


@dataclass(frozen=True)
class Figure:
    """A number that a measure yields.

    Attributes:
        key: Its name in the record.
        meaning: What it says, in a line.
        unit: "×" for ratios.
        limit: The target, None where there is none.
        least: Whether the number must not be lower than the target, rather than not higher.
    """

    key: str
    meaning: str
    unit: str = "×"
    limit: float | None = None
    least: bool = False

    def met(self, value: float) -> bool | None:
        """Whether ``value`` meets the target; None where there is none."""
        if self.limit is None:
            return None
        return value >= self.limit if self.least else value <= self.limit

    @property
    def target(self) -> str:
        """The target, as it is read."""
        if self.limit is None:
            return ""
        return f"{'≥' if self.least else '≤'} {told(self.limit, self.unit)}"


@dataclass(frozen=True)
class Taken:
    """What a measure found: a value for each of its figures, and what it rests on."""

    values: dict[str, float]
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Measure:
    """A row of the table."""

    name: str
    title: str
    figures: tuple[Figure, ...]
    take: Callable[[Tell], Taken]


def _speed(tell: Tell) -> Taken:
    with surroundings() as environment:
        found = answer("speed", environment)
    return Taken(
        {"ratio": ratio(found["gdsim"], found["torch"])},
        {"gdsim_steps_per_s": summary(found["gdsim"]), "torch_steps_per_s": summary(found["torch"])},
    )


def _frames(tell: Tell) -> Taken:
    with surroundings() as environment:
        found = answer("window", environment, "frames")
    playing = [1e3 * seconds for seconds in found["playing"]]
    idle = [1e3 * seconds for seconds in found["idle"]]
    return Taken(
        {
            "median": statistics.median(playing),
            "p95": quantile(playing, 0.95),
            "ratio": ratio(playing, idle),
            "pace": found["pace"],
        },
        {"frames": len(playing), "worst_ms": max(playing), "playing_ms": summary(playing), "idle_ms": summary(idle)},
    )


def _update(tell: Tell) -> Taken:
    with surroundings() as environment:
        found = answer("window", environment, "update")
    shown, hidden = ([1e3 * seconds for seconds in found[name]] for name in ("with", "without"))
    return Taken(
        {"extra": statistics.median(shown) - statistics.median(hidden)},
        {"with_ms": summary(shown), "without_ms": summary(hidden)},
    )


def _presses(tell: Tell) -> Taken:
    with surroundings() as environment:
        found = answer("window", environment, "presses")
    return Taken({"frames": max(found)}, {"presses": found})


def _first(tell: Tell) -> Taken:
    return _starts(startup.FIRST_WINDOW, startup.BARE_WINDOW, tell)


def _full(tell: Tell) -> Taken:
    if importlib.util.find_spec("pyqtgraph") is None:
        raise UnavailableError("pyqtgraph is not installed")
    return _starts(startup.FULL_PICTURE, startup.BARE_PLOT, tell)


def _starts(ours: str, bare: str, tell: Tell) -> Taken:
    with surroundings() as environment:
        a, b = in_turn(lambda: until_painted(ours, environment), lambda: until_painted(bare, environment), PAIRS, tell)
    pairs = [x / y for x, y in zip(a, b, strict=True)]
    details = {"gdsim_ms": summary([1e3 * x for x in a]), "bare_ms": summary([1e3 * y for y in b])}
    return Taken({"ratio": statistics.median(pairs)}, {"pairs": PAIRS, **details, "ratios": summary(pairs)})


def _bits(tell: Tell) -> Taken:
    with surroundings() as environment:
        found = answer("bits", environment)
    return Taken({"kinds": len(set(found))}, {"digests": found})


MEASURES: tuple[Measure, ...] = (
    Measure(
        "speed",
        "one Adam marble on Rosenbrock with its history, against torch.optim.Adam with autograd",
        (Figure("ratio", "steps a second, gdsim / torch", limit=100, least=True),),
        _speed,
    ),
    Measure(
        "frames",
        "four runs of 100,000 steps played at 10,000 updates a second in a window of 1440 x 900",
        (
            Figure("median", "a frame, median", "ms", 16),
            Figure("p95", "a frame, 95th percentile", "ms", 33),
            Figure("ratio", "a frame / a repaint in which nothing changed"),
            Figure("pace", "updates shown / updates asked for", limit=0.95, least=True),
        ),
        _frames,
    ),
    Measure(
        "update",
        "the same window at 1,000 updates a second, with each update taken apart, its arrows and the local facts",
        (Figure("extra", "a frame, median, with them less one without", "ms", 3),),
        _update,
    ),
    Measure(
        "keys",
        "a press of the right arrow key until the picture on the screen is another",
        (Figure("frames", "frames, the slowest of 20 presses", "", 1),),
        _presses,
    ),
    Measure(
        "first-window",
        "from the start of the process until the window is painted, against a bare QMainWindow",
        (Figure("ratio", "gdsim / bare QMainWindow", limit=1.3),),
        _first,
    ),
    Measure(
        "full-picture",
        "from the start of the process until all plots are painted, against a bare pyqtgraph.PlotWidget",
        (Figure("ratio", "gdsim / bare PlotWidget", limit=1.3),),
        _full,
    ),
    Measure(
        "bits",
        "the same document computed twice without a window and once in a session",
        (Figure("kinds", "different results, bit for bit", "", 1),),
        _bits,
    ),
)


def take(measures: Iterable[Measure], tell: Callable[[str], Tell]) -> dict[str, Any]:
    """Carry out ``measures``, one after the other.

    Args:
        measures: Rows of the table.
        tell: Given a row's name, what is to be told of its progress.

    Returns:
        The record: plain values, as they are written to a file.
    """
    noise = Noise()
    rows = []
    for measure in measures:
        noise.probe()
        row: dict[str, Any] = {"name": measure.name, "title": measure.title, "figures": [], "details": {}}
        try:
            taken = measure.take(tell(measure.name))
        except (UnavailableError, RuntimeError) as reason:
            row["unavailable"] = str(reason)
            rows.append(row)
            continue
        row["details"] = taken.details
        for figure in measure.figures:
            value = taken.values[figure.key]
            row["figures"].append(
                {
                    "key": figure.key,
                    "meaning": figure.meaning,
                    "value": value,
                    "unit": figure.unit,
                    "target": figure.target,
                    "met": figure.met(value),
                }
            )
        rows.append(row)
    noise.probe()
    return {"format": "gdsim-bench", "version": 1, "machine": noise.facts(), "measures": rows}


def told(value: float, unit: str) -> str:
    """A value with its unit."""
    digits = f"{value:.0f}" if value == int(value) or value >= 100 else f"{value:.3g}"
    return f"{digits} {unit}".rstrip()
