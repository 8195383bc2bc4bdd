"""What is claimed of long histories: further rows of the table."""

from __future__ import annotations

import statistics

from gdsim.bench.measures import Figure, Measure, Taken
from gdsim.bench.processes import UnavailableError, answer, surroundings
from gdsim.bench.timing import Tell, ratio, summary


def _history(tell: Tell) -> Taken:
    with surroundings() as environment:
        found = answer("history", environment, "frames")
    values = {
        "growth": ratio(found["long"], found["short"]),
        "moved": ratio(found["moved"], found["long"]),
        "refined": 1e3 * max(found["refined"]),
    }
    return Taken(values, {f"{name}_ms": summary([1e3 * s for s in seconds]) for name, seconds in found.items()})


def _stock(tell: Tell) -> Taken:
    with surroundings() as environment:
        found = answer("history", environment, "stock")
    if found["stock"] is None:
        raise UnavailableError("pyqtgraph is not installed")
    details = {f"{name}_ms": summary([1e3 * s for s in seconds]) for name, seconds in found.items()}
    return Taken({"ratio": ratio(found["stock"], found["long"])}, details)


def _flat_out(tell: Tell) -> Taken:
    with surroundings() as environment:
        found = answer("history", environment, "flat-out")
    details = {f"{name}_ms": summary([1e3 * s for s in seconds]) for name, seconds in found.items()}
    return Taken({"ratio": ratio(found["computing"], found["resting"])}, details)


def _memory(tell: Tell) -> Taken:
    with surroundings() as environment:
        found = answer("history", environment, "memory")
    megabytes = {name: size / 1e6 for name, size in found.items()}
    return Taken({"more": megabytes["full"] - megabytes["empty"]}, {"megabytes": megabytes})


def _file(tell: Tell) -> Taken:
    with surroundings() as environment:
        found = answer("history", environment, "file")
    return Taken({"most": statistics.median(found["most"]) / 1e6}, {"bytes": found})


MEASURES: tuple[Measure, ...] = (
    Measure(
        "history",
        "the plots with four trails and four losses of 1,000,000 steps each, against the same with 1,000 steps",
        (
            Figure("growth", "a frame of the long ones / of the short ones", limit=1.25),
            Figure("moved", "the first frame after a zoom or pan / a frame", limit=4),
            Figure("refined", "from then on until the picture is whole, at most", "ms", 500),
        ),
        _history,
    ),
    Measure(
        "history-stock",
        "the same long histories in pyqtgraph's stock items with the settings that are fastest, against these plots",
        (Figure("ratio", "a frame, pyqtgraph / gdsim", limit=50, least=True),),
        _stock,
    ),
    Measure(
        "flat-out",
        "frames of a window whose worker computes four runs as fast as it may, against one whose worker rests",
        (Figure("ratio", "a frame, computing / resting", limit=2),),
        _flat_out,
    ),
    Measure(
        "memory",
        "four runs of 1,000,000 steps in the window, against the window with an experiment of one step",
        (Figure("more", "memory they take", "MB", 400),),
        _memory,
    ),
    Measure(
        "long-file",
        "a run of 3,000,000 steps written as CSV without a window",
        (Figure("most", "memory it takes at most, over the program", "MB", 200),),
        _file,
    ),
)
