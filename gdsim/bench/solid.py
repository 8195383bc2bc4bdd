"""What is claimed of the landscape in three dimensions: further rows of the table."""

from __future__ import annotations

import statistics

from gdsim.bench.measures import Figure, Measure, Taken
from gdsim.bench.processes import UnavailableError, answer, surroundings
from gdsim.bench.timing import Tell, ratio, summary


def _solid(tell: Tell) -> Taken:
    with surroundings() as environment:
        found = answer("solid", environment)
    if not found["matplotlib"]:
        raise UnavailableError("matplotlib is not installed")
    in_ms = {name: [1e3 * second for second in seconds] for name, seconds in found.items()}
    return Taken(
        {
            "ratio": ratio(found["matplotlib"], found["drag"]),
            "drag": statistics.median(in_ms["drag"]),
            "rest": statistics.median(in_ms["rest"]),
            "rolling": statistics.median(in_ms["rolling"]),
            "flat": ratio(found["rolling"], found["flat"]),
        },
        {f"{name}_ms": summary(times) for name, times in in_ms.items()},
    )


MEASURES: tuple[Measure, ...] = (
    Measure(
        "solid",
        "a surface of 256 x 256 points with four trails at 800 x 600, against matplotlib's plot_surface",
        (
            Figure("ratio", "a frame while it is turned, matplotlib / gdsim", limit=10, least=True),
            Figure("drag", "a frame while it is turned, median", "ms"),
            Figure("rest", "a frame with smooth edges, median", "ms"),
            Figure("rolling", "a frame in which only the marbles roll, median", "ms"),
            Figure("flat", "the same / a frame of the landscape seen from above"),
        ),
        _solid,
    ),
)
