"""Ensembles: the same run with many seeds, so that chance shows as a band and not as one line.

Seeds decide the noise on the gradients and the order of the examples. The first member is the run itself, with the
seed of the document. All members go forward together, so that the band grows from the left, and whoever stops on the
way has whole rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from time import perf_counter
from typing import Literal, NamedTuple

import msgspec
import numpy as np

from gdsim.core.descent import Descent
from gdsim.core.experiment import MAX_SEEDS, Experiment
from gdsim.core.flock import Flock, Whole, can_fly
from gdsim.core.landscapes import Floats, ModelLandscape, PlaneLandscape
from gdsim.core.outcome import EXPLOSION

MOST_NUMBERS = 50_000_000
"""Numbers that all members together may leave behind: 400 MB."""
SLICE = 0.05
"""Seconds between two parts, where nobody asks for others."""
BLOCK = 256
"""Steps that are computed in one go, where there is time for so many."""
NO_CHANCE = (
    "makes no use of chance, so that all seeds give the same run: give it noise on its gradients, or mini-batches "
    "where the landscape is made from data"
)
VARIED = {"noise": "noise on its gradients", "batches": "mini-batches"}


class EnsemblePart(NamedTuple):
    """Consecutive rows of all members; nothing in it changes afterwards. It may be none: a breath within a row.

    Attributes:
        first: The step of its first row.
        loss: The losses, shape (rows, members); inf from where a member's numbers were not finite.
        theta: The parameters, shape (rows, members, dim); nan there.
        band: The quantiles of the losses, shape (quantiles, rows).
        share: How much of all the work is done, 0 to 1.
    """

    first: int
    loss: Floats
    theta: Floats
    band: Floats
    share: float


@dataclass(frozen=True, eq=False)
class Ensemble:
    """One run with many seeds.

    Attributes:
        experiment: The document.
        index: Which of its runs.
        members: How many seeds: that of the document, and those after it.
        vary: What they decide; the rest of the chance there is stays that of the document.
        lower: The lower ends of the bands, the widest first; 0.1 is the band from 10 to 90 %.
        steps: How far it goes; None: as far as the runs.

    Raises:
        ValueError: It cannot be computed; the text says why.
    """

    experiment: Experiment
    index: int = 0
    members: int = 50
    vary: Literal["all", "noise", "batches"] = "all"
    lower: tuple[float, ...] = (0.1, 0.25)
    steps: int | None = None

    def __post_init__(self) -> None:
        e = self.experiment
        if not 0 <= self.index < len(e.runs):
            raise ValueError(f"there is no run {self.index}: the experiment has {len(e.runs)}")
        if not 2 <= self.members <= MAX_SEEDS:
            raise ValueError(f"an ensemble has 2 to {MAX_SEEDS:,} members, not {self.members:,}")
        numbers = self.members * (self.last + 1) * (e.landscape.dim + 1)
        if numbers > MOST_NUMBERS:
            most = MOST_NUMBERS // ((self.last + 1) * (e.landscape.dim + 1))
            raise ValueError(
                f"{self.members} members of {self.last:,} steps and {e.landscape.dim} parameters are too large for "
                f"memory ({numbers * 8 / 1e9:.1f} GB): at most {most} fit"
            )

    @property
    def last(self) -> int:
        """Its last step."""
        return self.experiment.steps if self.steps is None else min(self.steps, self.experiment.steps)

    @property
    def quantiles(self) -> tuple[float, ...]:
        """What the band consists of, from below; the one in the middle is the median."""
        return (*self.lower, 0.5, *(1.0 - q for q in reversed(self.lower)))

    @cached_property
    def chances(self) -> tuple[Literal["noise", "batches"], ...]:
        """What chance there is in the run that seeds decide."""
        return chances(self.experiment, self.index)

    @property
    def chancy(self) -> bool:
        """Whether seeds make any difference: without noise and batches all members are the same."""
        return bool(self.chances) if self.vary == "all" else self.vary in self.chances

    @property
    def seeds(self) -> tuple[int, ...]:
        """One each: the document's, and those that follow it."""
        return tuple(self._seed(k) for k in range(self.members))

    def _seed(self, k: int) -> int:
        return (self.experiment.seed + k) % 2**63

    def member(self, k: int) -> Experiment:
        """The experiment of one member: this run alone, with its seed where that decides the batches."""
        run = msgspec.structs.replace(self.experiment.runs[self.index], ensemble=None)
        seed = self.experiment.seed if self.vary == "noise" else self._seed(k)
        return msgspec.structs.replace(self.experiment, runs=(run,), seed=seed)

    def noise_seed(self, k: int) -> int:
        """The seed of one member's noise."""
        return self.experiment.seed if self.vary == "batches" else self._seed(k)

    def parts(self, budget: float = SLICE) -> Iterator[EnsemblePart]:
        """Compute it. A part comes every ``budget`` seconds or so."""
        together = can_fly(self.experiment.landscape, self.experiment.runs[self.index])
        walk: _Together | _Apart = _Together(self) if together else _Apart(self)
        rows, first, pace = self.last + 1, 0, 1
        until = perf_counter() + budget
        pieces: list[tuple[Floats, Floats]] = []
        while first < rows:
            count, begun = min(pace, rows - first), perf_counter()
            for piece in walk.advance(first, count):
                if piece is not None:
                    pieces.append(piece)
                    first += count
                elif perf_counter() >= until:
                    yield self._part(first, pieces)
                    pieces, until = [], perf_counter() + budget
            each = (perf_counter() - begun) / count
            pace = max(1, min(BLOCK, 2 * pace, round(0.3 * budget / max(each, 1e-9))))
            if perf_counter() >= until or first == rows:
                yield self._part(first, pieces)
                pieces, until = [], perf_counter() + budget

    def _part(self, end: int, pieces: list[tuple[Floats, Floats]]) -> EnsemblePart:
        """What lies before row ``end`` and was not handed over yet."""
        empty = np.empty((0, self.members)), np.empty((0, self.members, self.experiment.landscape.dim))
        loss, theta = (np.concatenate(columns) for columns in zip(empty, *pieces, strict=True))
        band = quantiles(loss, self.quantiles)
        for column in (loss, theta, band):
            column.flags.writeable = False
        return EnsemblePart(end - len(loss), loss, theta, band, end / (self.last + 1))


def chances(experiment: Experiment, index: int) -> tuple[Literal["noise", "batches"], ...]:
    """What chance there is in a run that seeds decide."""
    run, landscape = experiment.runs[index], experiment.landscape
    examples = landscape.data().y.size if isinstance(landscape, ModelLandscape) else 0
    found: list[Literal["noise", "batches"]] = []
    if any(part.noise is not None and part.noise.std > 0.0 for part in (run, *run.changes)):
        found.append("noise")
    if examples and any(part.batches(examples, 0) is not None for part in (run, *run.changes)):
        found.append("batches")
    return tuple(found)


def refusal(experiment: Experiment, index: int, vary: str = "all") -> str | None:
    """Why seeds make no difference to a run, and what to do; None where they do."""
    found = chances(experiment, index)
    name = experiment.labels()[index]
    if not found:
        return f"{name} {NO_CHANCE}"
    if vary != "all" and vary not in found:
        return f"{name} has no {VARIED[vary]}: its chance lies in its {VARIED[found[0]]}"
    return None


def wanted(experiment: Experiment) -> dict[int, Ensemble]:
    """The ensembles that the document asks for, by their runs; of long runs as much as memory holds.

    Runs without chance have none, and hidden ones are not seen.
    """
    places = [
        index
        for index, run in enumerate(experiment.runs)
        if run.ensemble is not None and not run.hidden and refusal(experiment, index, run.ensemble.vary) is None
    ]
    found = {}
    for index in places:
        seeds = experiment.runs[index].ensemble
        assert seeds is not None
        room = MOST_NUMBERS // len(places) // (seeds.members * (experiment.landscape.dim + 1))
        if room >= 2:
            steps = min(experiment.steps, room - 1)
            found[index] = Ensemble(experiment, index, seeds.members, seeds.vary, seeds.quantiles, steps)
    return found


def bands(experiment: Experiment, progress: Callable[[int, int], None] | None = None) -> dict[int, Band]:
    """All ensembles that the document asks for, computed to their ends."""
    found = {index: Band(ensemble) for index, ensemble in wanted(experiment).items()}
    for done, band in enumerate(found.values()):
        for part in band.ensemble.parts():
            band.add(part)
            if progress is not None:
                progress(round(1000 * (done + band.share)), 1000 * len(found))
    return found


class _Together:
    """Members as arrays."""

    def __init__(self, ensemble: Ensemble) -> None:
        e = ensemble.experiment
        assert isinstance(e.landscape, PlaneLandscape)
        starts = np.repeat(np.array(e.origin)[:, np.newaxis], ensemble.members, axis=1)
        run = e.runs[ensemble.index]
        seeds = [ensemble.noise_seed(k) for k in range(ensemble.members)]
        self._flock = Flock(e.landscape, run, starts, e.steps, seeds=seeds)
        self._members = ensemble.members

    def advance(self, first: int, count: int) -> Iterator[tuple[Floats, Floats] | None]:
        """The next rows."""
        losses, thetas = np.full((count, self._members), np.inf), np.full((count, self._members, 2), np.nan)

        def watch(step: int, alive: Whole, loss: Floats, theta: Floats) -> None:
            finite = np.isfinite(loss) & np.isfinite(theta).all(axis=0)
            who = alive[finite]
            losses[step - first, who], thetas[step - first, who] = loss[finite], theta[:, finite].T

        self._flock.advance(count, watch)
        yield losses, thetas


class _Apart:
    """Members one by one."""

    def __init__(self, ensemble: Ensemble) -> None:
        self._ensemble = ensemble
        self._walks: list[Descent] = []
        self._dim = ensemble.experiment.landscape.dim

    def _walk(self, k: int) -> Descent:
        """The walk of a member, made when it is first needed."""
        if k == len(self._walks):
            e = self._ensemble.member(k)
            self._walks.append(Descent(e, e.runs[0], noise_seed=self._ensemble.noise_seed(k)))
        return self._walks[k]

    def advance(self, first: int, count: int) -> Iterator[tuple[Floats, Floats] | None]:
        """The next rows; before that None behind each member, for whoever has to go."""
        members = self._ensemble.members
        losses = np.full((count, members), np.inf)
        thetas = np.full((count, members, self._dim), np.nan)
        for k in range(members):
            block = self._walk(k).advance(count)
            finite = np.isfinite(block.loss) & np.isfinite(block.theta).all(axis=1)
            rows = np.flatnonzero(finite)
            losses[rows, k], thetas[rows, k] = block.loss[rows], block.theta[rows]
            yield None
        yield losses, thetas


class Band:
    """What is there of an ensemble so far: parts are added, the band and the cloud are read."""

    def __init__(self, ensemble: Ensemble) -> None:
        rows, members = ensemble.last + 1, ensemble.members
        self.ensemble = ensemble
        self.share = 0.0
        self.least = np.inf
        """The lowest loss of all so far."""
        self._rows = 0
        self._loss = np.empty((rows, members))
        self._theta = np.empty((rows, members, ensemble.experiment.landscape.dim))
        self._quantiles = np.empty((len(ensemble.quantiles), rows))

    def __len__(self) -> int:
        return self._rows

    def add(self, part: EnsemblePart) -> None:
        """Rows that follow those that are there."""
        if part.first != self._rows:
            raise ValueError(f"rows from {part.first} on do not follow row {self._rows - 1}")
        where = slice(part.first, part.first + len(part.loss))
        self._loss[where], self._theta[where] = part.loss, part.theta
        self._quantiles[:, where] = part.band
        self.least = min(self.least, float(part.loss.min(initial=np.inf)))
        self._rows, self.share = where.stop, part.share

    @property
    def whole(self) -> bool:
        """Whether it is computed to its end."""
        return self._rows == self._loss.shape[0]

    @property
    def loss(self) -> Floats:
        """The losses so far, shape (rows, members)."""
        return self._loss[: self._rows]

    @property
    def theta(self) -> Floats:
        """The parameters so far, shape (rows, members, dim)."""
        return self._theta[: self._rows]

    @property
    def band(self) -> Floats:
        """The ``quantiles`` of the loss at each step, shape (quantiles, rows): the one in the middle is the median."""
        return self._quantiles[:, : self._rows]

    def cloud(self, step: int) -> Floats | None:
        """Where the members are at a step, shape (members, dim); nan where one left the floats before.

        None where it is not computed, or the ensemble is shorter than the run.
        """
        return self._theta[step] if 0 <= step < self._rows else None

    def diverged(self, step: int) -> int:
        """How many members have lost their way at a step: not finite, or far higher than the start."""
        if not self._rows:
            return 0
        first = float(self._loss[0, 0])
        bound = first + EXPLOSION * max(abs(first), 1e-12)
        row = self._loss[min(max(step, 0), self._rows - 1)]
        return int(np.count_nonzero(~(row <= bound)))

    def words(self, step: int) -> tuple[str, ...]:
        """What is seen of it at a step, in ever fewer words.

        The first are like "median of 50 seeds, 10–90 % and 25–75 %; 7 of 50 diverged".
        """
        e, lost = self.ensemble, self.diverged(step)
        counted = f"{lost} of {e.members} diverged" if lost else ""
        end = f"to step {e.last:,}" if e.last < e.experiment.steps else ""
        bands = " and ".join(band_words(q) for q in e.lower)
        full = "; ".join(filter(None, (f"median of {e.members} seeds, {bands}", counted, end)))
        short = "; ".join(filter(None, (f"{e.members} seeds, {bands}", counted)))
        return full, short, f"{lost} of {e.members} seeds diverged" if lost else f"{e.members} seeds"


def band_words(lower: float) -> str:
    """A band by its lower end: "10–90 %"."""
    return f"{100.0 * lower:.4g}–{100.0 * (1.0 - lower):.4g} %"


def quantiles(loss: Floats, at: tuple[float, ...]) -> Floats:
    """The quantiles ``at`` along the last axis, shape (rows, members) -> (n, rows); losses may be infinite.

    Interpolated as numpy.quantile does; where one of the two neighbours is infinite, so is the quantile.
    """
    ordered = np.sort(loss, axis=1)
    places = np.array(at) * (loss.shape[1] - 1)
    low = np.minimum(np.floor(places).astype(np.intp), loss.shape[1] - 1)
    high = np.minimum(low + 1, loss.shape[1] - 1)
    a, b = ordered[:, low], ordered[:, high]
    share = places - low
    with np.errstate(invalid="ignore"):
        found = np.where((share == 0.0) | (a == b), a, a + (b - a) * share)
    return np.ascontiguousarray(found.T)
