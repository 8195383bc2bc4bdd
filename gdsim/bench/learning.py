"""What is claimed of landscapes from data and of formulas: further rows of the table."""

from __future__ import annotations

import statistics

from gdsim.bench.measures import Figure, Measure, Taken
from gdsim.bench.processes import answer, surroundings
from gdsim.bench.timing import Tell, quantile, ratio, summary


def _against_torch(what: str) -> Taken:
    with surroundings() as environment:
        found = answer("learning", environment, what)
    return Taken(
        {"ratio": ratio(found["gdsim"], found["torch"])},
        {"gdsim_steps_per_s": summary(found["gdsim"]), "torch_steps_per_s": summary(found["torch"])},
    )


def _batches(tell: Tell) -> Taken:
    return _against_torch("batches")


def _network(tell: Tell) -> Taken:
    return _against_torch("network")


def _formula(tell: Tell) -> Taken:
    with surroundings() as environment:
        milliseconds = [1e3 * seconds for seconds in answer("learning", environment, "formula")]
    return Taken({"median": statistics.median(milliseconds)}, {"ms": summary(milliseconds)})


def _csv(tell: Tell) -> Taken:
    with surroundings() as environment:
        seconds = answer("learning", environment, "csv")
    return Taken({"median": statistics.median(seconds)}, {"s": summary(seconds)})


def _edits(tell: Tell) -> Taken:
    with surroundings() as environment:
        found = answer("window", environment, "edits")
    milliseconds = [1e3 * seconds for seconds in found]
    return Taken(
        {"median": statistics.median(milliseconds), "p95": quantile(milliseconds, 0.95)},
        {"frames": len(milliseconds), "ms": summary(milliseconds)},
    )


MEASURES: tuple[Measure, ...] = (
    Measure(
        "batches",
        "Adam on a regression of 1,000 points in batches of 32, with its history, against torch.optim.Adam",
        (Figure("ratio", "steps a second, gdsim / torch", limit=20, least=True),),
        _batches,
    ),
    Measure(
        "network",
        "Adam on a network 2-16-16-1 of 1,000 points, full batch, with its history, against torch on one thread",
        (Figure("ratio", "steps a second, gdsim / torch", limit=1, least=True),),
        _network,
    ),
    Measure(
        "formula",
        "a typed formula, read anew, with its slopes on a grid of 512 x 512",
        (Figure("median", "loss and both slopes", "ms", 100),),
        _formula,
    ),
    Measure(
        "csv",
        "a CSV file of a million rows and three columns, read whole",
        (Figure("median", "reading it", "s", 5),),
        _csv,
    ),
    Measure(
        "edits",
        "a regression on mini-batches in a window of 1440 x 900: batch size and rate change at every frame",
        (
            Figure("median", "a frame, median", "ms", 16),
            Figure("p95", "a frame, 95th percentile", "ms", 33),
        ),
        _edits,
    ),
)
