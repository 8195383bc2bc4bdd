"""What would become of a run if a remedy were applied: each is tried, and those that help are told, the best first.

A remedy that a textbook names need not be the one that helps here: momentum cures one bouncing and feeds another. Runs
of few parameters take a millisecond, so nobody has to guess.
"""

from __future__ import annotations

import math
from dataclasses import replace

import msgspec
import numpy as np

from gdsim.core.descent import Descent
from gdsim.core.experiment import Experiment
from gdsim.core.landscapes import Floats, ModelLandscape
from gdsim.core.remedies import Remedy
from gdsim.core.trajectory import RunTrajectory

MOST_NUMBERS = 20_000
"""A trial computes at most so many parameters, steps times dimensions ..."""
MOST_STEPS = 2_000
"""... and steps ..."""
MOST_SEEN = 2_000_000
"""... and goes through so many examples."""
REST = 10
"""The loss that a run comes to is told from its last rows, a tenth of them, ..."""
ROWS = 40
"""... from so many at most."""
LEAST = 1e-6
"""Losses that are nearer to the lowest than this share of the whole fall are equally low."""
DECADE = 0.5
"""Of two that end within half an order of magnitude the sooner one comes first."""
LOWER = 0.02
"""A remedy helps where the run ends lower by so many orders of magnitude, a twentieth of what is left, ..."""
FURTHER = 1.2
"""... or where the loss falls this many times as far, or ..."""
SOONER = 0.9
"""... as low, and there in less than this share of the steps."""
ARRIVED = 2.0
"""A run has arrived where it stays below this many times what is left in the end ..."""
ARRIVED_SHARE = 1e-3
"""... or this share of the whole fall above it."""


class Fate:
    """What became of a run.

    Args:
        loss: The losses of all its rows, shape (n,); nan or inf where it diverged.
    """

    def __init__(self, loss: Floats) -> None:
        self.loss = loss
        tail = loss[-max(1, min(ROWS, len(loss) // REST)) :]
        self.level = float(np.median(tail)) if np.isfinite(tail).all() else math.inf
        """The loss that it came to; inf where that is not finite."""

    def score(self, base: float, fall: float) -> tuple[float, int]:
        """How good it is, less being better: orders of magnitude above ``base``, and from which row on it was there."""
        level = self.level
        if not math.isfinite(level):
            return math.inf, len(self.loss)
        left = max((level - base) / fall, LEAST)
        high = np.flatnonzero(~(self.loss <= base + max(ARRIVED * left, ARRIVED_SHARE) * fall))
        return math.log10(left), int(high[-1]) + 1 if high.size else 0


def can_be_tried(experiment: Experiment, remedy: Remedy) -> bool:
    """Whether the two losses can be compared, and a trial takes no time to speak of."""
    edited = remedy.edit(experiment)
    if not _measured_alike(experiment, edited):
        return False
    landscape = edited.landscape
    seen = landscape.passes(landscape.data().y.size) if isinstance(landscape, ModelLandscape) else 1
    steps = edited.steps
    return steps <= MOST_STEPS and steps * landscape.dim <= MOST_NUMBERS and steps * seen <= MOST_SEEN


def sorted_by_fate(
    experiment: Experiment, index: int, columns: RunTrajectory, found: tuple[Remedy, ...], floor: float | None
) -> tuple[Remedy, ...]:
    """Remedies by what becomes of the run, best first; those that do not help are left out, but for chance.

    Those that only take longer come after those that do not; what cannot be tried follows in the order it came in.

    Args:
        experiment: The document.
        index: Which of its runs.
        columns: What it left behind so far; trials go as far.
        found: The remedies.
        floor: The lowest loss that is known to be possible, None where none is known.
    """
    tried = [remedy for remedy in found if can_be_tried(experiment, remedy)]
    rest = tuple(remedy for remedy in found if remedy not in tried)
    if not tried:
        return found
    fates = [_fate(remedy.edit(experiment), index, None if columns.ended else len(columns)) for remedy in tried]
    present = Fate(_seen(experiment, columns.loss, columns.average))
    lows = [fate.level for fate in (present, *fates) if math.isfinite(fate.level)]
    base = floor if floor is not None else min(lows, default=0.0)
    fall = max(float(columns.loss[0]) - base, 1e-300)
    first, before = float(columns.loss[0]), present.score(base, fall)
    kept = [
        (score, place)
        for place, (remedy, fate) in enumerate(zip(tried, fates, strict=True))
        for score in [fate.score(base, fall)]
        if remedy.by_chance or _better(score, before, first - fate.level, first - present.level)
    ]
    longer = [tried[place].edit(experiment).steps > experiment.steps for place in range(len(tried))]

    def order(one: tuple[tuple[float, int], int]) -> tuple[bool, float, int]:
        (left, arrived), place = one
        return longer[place], round(left / DECADE) if left < math.inf else math.inf, arrived

    best = (_told(tried[place], fates[place], present) for _, place in sorted(kept, key=order))
    return (*best, *rest)


def _told(remedy: Remedy, fate: Fate, present: Fate) -> Remedy:
    """The remedy with what it leads to in its reason."""
    if not math.isfinite(fate.level):
        return remedy
    instead = f" instead of {present.level:.3g}" if math.isfinite(present.level) else ""
    return replace(remedy, tooltip=f"{remedy.tooltip} Tried out: the loss comes to {fate.level:.3g}{instead}.")


def _better(score: tuple[float, int], before: tuple[float, int], fallen: float, fell: float) -> bool:
    """Whether one ends lower, fell clearly further than the other, or gets as low sooner."""
    if score[0] < before[0] - LOWER or (fallen > FURTHER * fell > 0.0):
        return True
    return score[0] <= before[0] + LOWER and score[1] < SOONER * before[1]


def _measured_alike(experiment: Experiment, edited: Experiment) -> bool:
    """Whether a loss means the same on both: inputs may be standardised, the rest of the landscape is the same."""
    mine, other = experiment.landscape, edited.landscape
    if isinstance(mine, ModelLandscape) and isinstance(other, ModelLandscape):
        other = msgspec.structs.replace(other, standardise=mine.standardise)
    return mine == other


def _fate(experiment: Experiment, index: int, rows: int | None) -> Fate:
    run = experiment.runs[index]
    made = Descent(msgspec.structs.replace(experiment, runs=(run,), plane=None), run)
    block = made.advance(experiment.steps + 1 if rows is None else rows)
    return Fate(_seen(experiment, block.loss, block.average))


def _seen(experiment: Experiment, loss: Floats, average: Floats | None) -> Floats:
    """The losses of what the run is meant to yield: of the averaged parameters where an average is kept."""
    if average is None or not len(average):
        return loss
    with np.errstate(all="ignore"):
        return np.where(np.isfinite(average).all(axis=1), experiment.landscape.loss(average), loss)
