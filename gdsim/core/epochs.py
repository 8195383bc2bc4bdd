"""Where a run is in its passes over the examples: what a step is called in epochs and batches.

Batches decide which examples an update sees; here is what plots and readings say about it.
"""

from __future__ import annotations

from typing import NamedTuple

from gdsim.core.experiment import Experiment, Run, Settings
from gdsim.core.landscapes import ModelLandscape


class Stretch(NamedTuple):
    """Updates of a run that are made with the same settings.

    Attributes:
        first: The first of them.
        end: The one behind the last.
        settings: What they are made with.
        per_epoch: Updates in which every example is seen once; None where each sees all of them.
        ticks: Updates that the schedule takes for one tick of its clock.
    """

    first: int
    end: int
    settings: Settings
    per_epoch: int | None
    ticks: int

    def clock(self, step: int) -> int:
        """What the schedule counts at update ``step``."""
        return step // self.ticks


class Place(NamedTuple):
    """Where an update stands: in epoch ``epoch`` (from 1) it is batch ``batch`` (from 1) of ``total``."""

    epoch: int
    batch: int
    total: int

    def __str__(self) -> str:
        """In words."""
        return f"epoch {self.epoch:,}, batch {self.batch:,} of {self.total:,}"


def examples_of(experiment: Experiment) -> int | None:
    """How many examples the runs train on; None where the landscape does not come from data."""
    landscape = experiment.landscape
    return landscape.data().y.size if isinstance(landscape, ModelLandscape) else None


def stretches(run: Run, steps: int, examples: int | None) -> tuple[Stretch, ...]:
    """The stretches of a run of ``steps`` updates on so many examples, in order."""
    parts: list[tuple[int, Settings]] = [(0, run), *((c.step, c) for c in run.changes if c.step < steps)]
    found = []
    for place, (first, settings) in enumerate(parts):
        end = parts[place + 1][0] if place + 1 < len(parts) else steps
        batches = None if examples is None else settings.batches(examples, 0)
        per_epoch = None if batches is None else batches.per_epoch
        ticks = per_epoch if per_epoch is not None and settings.schedule_by == "epoch" else 1
        found.append(Stretch(first, end, settings, per_epoch, ticks))
    return tuple(found)


def epoch_ends(parts: tuple[Stretch, ...], most: int) -> list[int]:
    """The steps at which an epoch ends and another begins; none where there are more than ``most``."""
    if sum((part.end - part.first) // part.per_epoch for part in parts if part.per_epoch is not None) > most:
        return []
    found: set[int] = set()
    for part in parts:
        if part.per_epoch is not None:
            begin = -(-max(part.first, 1) // part.per_epoch) * part.per_epoch
            found.update(range(begin, part.end + 1, part.per_epoch))
    return sorted(found)


def place_of(parts: tuple[Stretch, ...], step: int) -> Place | None:
    """Where update ``step`` stands in its epoch; None where updates see all examples."""
    part = next((part for part in reversed(parts) if part.first <= step), parts[0])
    if part.per_epoch is None:
        return None
    epoch, batch = divmod(step, part.per_epoch)
    return Place(epoch + 1, batch + 1, part.per_epoch)
