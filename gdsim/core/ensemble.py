"""Ensembles: the same run with many seeds, so that chance shows as a band and not as one line.

Seeds decide the noise on the gradients and the order of the examples. The first member is the run itself, with the
seed of the document. All members go forward together, so that the band grows from the left, and whoever stops on the
way has whole rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import NamedTuple

import msgspec
import numpy as np

from gdsim.core.descent import Descent
from gdsim.core.experiment import Experiment
from gdsim.core.flock import Flock, Whole, can_fly
from gdsim.core.landscapes import Floats, PlaneLandscape
from gdsim.core.sweep import SLICE

MOST = 1000
"""Members."""
MOST_NUMBERS = 50_000_000
"""Parameters that all members together may leave behind: 400 MB."""
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
BLOCK = 256
"""Steps that are computed in one go, where there is time for so many."""


class EnsemblePart(NamedTuple):
    """Consecutive rows of all members; nothing in it changes afterwards.

    Attributes:
        first: The step of its first row.
        loss: The losses, shape (rows, members); inf from where a member's numbers were not finite.
        theta: The parameters, shape (rows, members, dim); nan there.
        share: How much of all the work is done, 0 to 1.
    """

    first: int
    loss: Floats
    theta: Floats
    share: float


@dataclass(frozen=True, eq=False)
class Ensemble:
    """One run with many seeds.

    Attributes:
        experiment: The document.
        index: Which of its runs.
        members: How many seeds: that of the document, and those after it.

    Raises:
        ValueError: It cannot be computed; the text says why.
    """

    experiment: Experiment
    index: int = 0
    members: int = 50

    def __post_init__(self) -> None:
        e = self.experiment
        if not 0 <= self.index < len(e.runs):
            raise ValueError(f"there is no run {self.index}: the experiment has {len(e.runs)}")
        if not 2 <= self.members <= MOST:
            raise ValueError(f"an ensemble has 2 to {MOST:,} members, not {self.members:,}")
        numbers = self.members * (e.steps + 1) * (e.landscape.dim + 1)
        if numbers > MOST_NUMBERS:
            most = MOST_NUMBERS // ((e.steps + 1) * (e.landscape.dim + 1))
            raise ValueError(
                f"{self.members} members of {e.steps:,} steps and {e.landscape.dim} parameters are too large for "
                f"memory ({numbers * 8 / 1e9:.1f} GB): at most {most} fit"
            )

    @property
    def chancy(self) -> bool:
        """Whether seeds make any difference: without noise and batches all members are the same."""
        run, landscape = self.experiment.runs[self.index], self.experiment.landscape
        examples = landscape.data().y.size if hasattr(landscape, "data") else 0
        return any(
            (part.noise is not None and part.noise.std > 0.0)
            or (examples > 0 and part.batches(examples, 0) is not None)
            for part in (run, *run.changes)
        )

    @property
    def seeds(self) -> tuple[int, ...]:
        """One each: the document's, and those that follow it."""
        return tuple((self.experiment.seed + k) % 2**63 for k in range(self.members))

    def member(self, k: int) -> Experiment:
        """The experiment of one member: this run alone, with its seed."""
        run = self.experiment.runs[self.index]
        return msgspec.structs.replace(self.experiment, runs=(run,), seed=self.seeds[k])

    def parts(self, budget: float = SLICE) -> Iterator[EnsemblePart]:
        """Compute it. A part comes every ``budget`` seconds or so."""
        together = can_fly(self.experiment.landscape, self.experiment.runs[self.index])
        walk: _Together | _Apart = _Together(self) if together else _Apart(self)
        rows, first, pace = self.experiment.steps + 1, 0, 1
        while first < rows:
            begun, until = perf_counter(), perf_counter() + budget
            pieces: list[tuple[Floats, Floats]] = []
            while first < rows and (not pieces or perf_counter() < until):
                count = min(pace, rows - first)
                pieces.append(walk.advance(first, count))
                first += count
                each = (perf_counter() - begun) / sum(len(loss) for loss, _ in pieces)
                pace = max(1, min(BLOCK, 2 * pace, round(0.3 * budget / max(each, 1e-9))))
            loss, theta = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
            loss.flags.writeable = theta.flags.writeable = False
            yield EnsemblePart(first - len(loss), loss, theta, first / rows)


class _Together:
    """Members as arrays."""

    def __init__(self, ensemble: Ensemble) -> None:
        e = ensemble.experiment
        assert isinstance(e.landscape, PlaneLandscape)
        starts = np.repeat(np.array(e.origin)[:, np.newaxis], ensemble.members, axis=1)
        run = e.runs[ensemble.index]
        self._flock = Flock(e.landscape, run, starts, e.steps, seeds=ensemble.seeds)
        self._members = ensemble.members

    def advance(self, first: int, count: int) -> tuple[Floats, Floats]:
        losses, thetas = np.full((count, self._members), np.inf), np.full((count, self._members, 2), np.nan)

        def watch(step: int, alive: Whole, loss: Floats, theta: Floats) -> None:
            finite = np.isfinite(loss) & np.isfinite(theta).all(axis=0)
            who = alive[finite]
            losses[step - first, who], thetas[step - first, who] = loss[finite], theta[:, finite].T

        self._flock.advance(count, watch)
        return losses, thetas


class _Apart:
    """Members one by one."""

    def __init__(self, ensemble: Ensemble) -> None:
        members = [ensemble.member(k) for k in range(ensemble.members)]
        self._walks = [Descent(e, e.runs[0]) for e in members]
        self._dim = ensemble.experiment.landscape.dim

    def advance(self, first: int, count: int) -> tuple[Floats, Floats]:
        losses = np.full((count, len(self._walks)), np.inf)
        thetas = np.full((count, len(self._walks), self._dim), np.nan)
        for k, walk in enumerate(self._walks):
            block = walk.advance(count)
            finite = np.isfinite(block.loss) & np.isfinite(block.theta).all(axis=1)
            rows = np.flatnonzero(finite)
            losses[rows, k], thetas[rows, k] = block.loss[rows], block.theta[rows]
        return losses, thetas


class Band:
    """What is there of an ensemble so far: parts are added, the band and the cloud are read."""

    def __init__(self, ensemble: Ensemble) -> None:
        rows, members = ensemble.experiment.steps + 1, ensemble.members
        self.ensemble = ensemble
        self.share = 0.0
        self._rows = 0
        self._loss = np.empty((rows, members))
        self._theta = np.empty((rows, members, ensemble.experiment.landscape.dim))
        self._quantiles = np.empty((len(QUANTILES), rows))

    def __len__(self) -> int:
        return self._rows

    def add(self, part: EnsemblePart) -> None:
        """Rows that follow those that are there."""
        if part.first != self._rows:
            raise ValueError(f"rows from {part.first} on do not follow row {self._rows - 1}")
        where = slice(part.first, part.first + len(part.loss))
        self._loss[where], self._theta[where] = part.loss, part.theta
        self._quantiles[:, where] = quantiles(part.loss)
        self._rows, self.share = where.stop, part.share

    @property
    def loss(self) -> Floats:
        """The losses so far, shape (rows, members)."""
        return self._loss[: self._rows]

    @property
    def band(self) -> Floats:
        """The ``QUANTILES`` of the loss at each step, shape (5, rows): the third is the median."""
        return self._quantiles[:, : self._rows]

    def cloud(self, step: int) -> Floats:
        """Where the members are at a step, shape (members, dim); nan where one left the floats before."""
        found: Floats = self._theta[min(max(step, 0), self._rows - 1)]
        return found


def quantiles(loss: Floats) -> Floats:
    """The ``QUANTILES`` along the last axis, shape (rows, members) -> (5, rows); losses may be infinite.

    Interpolated as numpy.quantile does; where one of the two neighbours is infinite, so is the quantile.
    """
    ordered = np.sort(loss, axis=1)
    places = np.array(QUANTILES) * (loss.shape[1] - 1)
    low = np.floor(places).astype(np.intp)
    high = np.minimum(low + 1, loss.shape[1] - 1)
    a, b = ordered[:, low], ordered[:, high]
    share = places - low
    with np.errstate(invalid="ignore"):
        found = np.where((share == 0.0) | (a == b), a, a + (b - a) * share)
    return np.ascontiguousarray(found.T)
