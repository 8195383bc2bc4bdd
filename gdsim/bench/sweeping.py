"""What is claimed of sweeps: further rows of the table."""

from __future__ import annotations

import statistics

from gdsim.bench.measures import Figure, Measure, Taken
from gdsim.bench.processes import answer, surroundings
from gdsim.bench.timing import Tell, quantile, ratio, summary


def _sweep(tell: Tell) -> Taken:
    with surroundings() as environment:
        found = answer("sweeping", environment)
    return Taken(
        {
            "ratio": ratio(found["gdsim"], found["torch"]),
            "first": statistics.median(found["first"]),
            "apart": 1e3 * max(found["apart"]),
        },
        {
            "gdsim_run_steps_per_s": summary(found["gdsim"]),
            "torch_steps_per_s": summary(found["torch"]),
            "first_s": summary(found["first"]),
            "apart_ms": summary([1e3 * seconds for seconds in found["apart"]]),
        },
    )


def _frames(tell: Tell) -> Taken:
    with surroundings() as environment:
        found = answer("window", environment, "sweep")
    gaps = [1e3 * seconds for seconds in found["gaps"]]
    return Taken(
        {"p99": quantile(gaps, 0.99), "longest": max(gaps)},
        {"frames": len(gaps), "gaps_ms": summary(gaps), "sweep_s": summary(found["seconds"])},
    )


MEASURES: tuple[Measure, ...] = (
    Measure(
        "sweep",
        "500 Adam steps on Rosenbrock from each of 256 x 256 starts, against one run of torch.optim.Adam",
        (
            Figure("ratio", "run-steps a second, gdsim / torch", limit=5000, least=True),
            Figure("first", "until the first coarse picture", "s", 0.3),
            Figure("apart", "between two parts, at most: so soon a cancel acts", "ms", 200),
        ),
        _sweep,
    ),
    Measure(
        "sweep-frames",
        "the window of 1440 x 900 with a run playing, while that sweep fills its map in the dialog",
        (
            Figure("p99", "from one turn of a clock of 16 ms to the next, 99th percentile", "ms", 33),
            Figure("longest", "the same, the longest", "ms", 33),
        ),
        _frames,
    ),
)
