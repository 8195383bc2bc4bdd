"""Sweeps: how a run would have ended, over a grid of two of its numbers or of its start.

The grid is computed from coarse to fine, no cell twice, so that a first picture is there at once and every further
part refines it. Whoever asks for the parts may stop between any two of them, and keeps what is there. Each cell is
what the run itself would do with these two numbers: runs on two parameters are moved together as arrays (``Flock``),
all others one by one (``Descent``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from time import perf_counter
from typing import Any, Literal, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from gdsim.core.descent import Descent
from gdsim.core.experiment import Experiment, Run
from gdsim.core.flock import Flock, Whole, can_fly
from gdsim.core.landscapes import Floats, PlaneLandscape
from gdsim.core.optimizers import SGD
from gdsim.core.outcome import EXPLOSION
from gdsim.core.paths import Parameter, parameter
from gdsim.core.schedules import Constant
from gdsim.core.spec import Scale

MOST = 512
"""Cells along an axis."""
MOST_NUMBERS = 50_000_000
"""Numbers that all cells together may leave behind: 400 MB."""
FIRST_STRIDE = 16
"""Every so manieth cell of every so manieth row comes first."""
TOGETHER = 3072
"""Runs that are moved together: what they need stays in the processor's cache."""
SLICE = 0.05
"""Seconds between two parts."""
ARRIVED = 0.02
"""A run has reached a minimum if it ends nearer to it than this share of the view."""


@dataclass(frozen=True)
class Axis:
    """One side of the grid.

    Attributes:
        path: What is varied: a number of the run (``optimizer.lr``), or ``start[0]``, ``start[1]`` ...
        low: Its first value.
        high: Its last value.
        count: How many values there are; whole numbers may be fewer, since none comes twice.
        scale: How they are spaced.

    Raises:
        ValueError: There are no such values; the text says why.
    """

    path: str
    low: float
    high: float
    count: int = 64
    scale: Scale = "linear"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high)):
            raise ValueError(f"{self.path}: the range must have finite ends, not {self.low:g} to {self.high:g}")
        if not self.low < self.high:
            raise ValueError(f"{self.path}: the range is empty: {self.low:g} is not below {self.high:g}")
        if self.scale == "log" and self.low <= 0.0:
            raise ValueError(f"{self.path}: a log axis begins above 0, not at {self.low:g}; use a linear one")
        if not 2 <= self.count <= MOST:
            raise ValueError(f"{self.path}: an axis has 2 to {MOST} values, not {self.count:,}")
        if not math.isfinite(self.high - self.low):
            raise ValueError(f"{self.path}: the range is too wide")

    @property
    def start(self) -> int | None:
        """Which parameter's start is varied; None where it is a number of the run."""
        if not (self.path.startswith("start[") and self.path.endswith("]") and self.path[6:-1].isdecimal()):
            return None
        return int(self.path[6:-1])

    def values(self, *, whole: bool = False) -> Floats:
        """The values, ascending."""
        if self.scale == "log":
            found = np.exp(np.linspace(math.log(self.low), math.log(self.high), self.count))
        else:
            found = np.linspace(self.low, self.high, self.count)
        found[0], found[-1] = self.low, self.high
        return np.unique(np.round(found)) if whole else found


class Part(NamedTuple):
    """Some cells that were computed; nothing in it changes afterwards.

    Attributes:
        rows: Their rows, shape (k,); k may be 0: then it only tells how far things have come.
        columns: Their columns, shape (k,).
        stride: So many cells wide and high is what each stands for, until the finer ones come.
        final_loss: The loss of the last row of each, shape (k,); not finite where the run left the floats.
        best_loss: The lowest finite loss on the way, shape (k,); nan where there was none.
        reached: The first step whose loss was at or below the target, shape (k,); -1 where none was.
        diverged: The step from which on it diverged, shape (k,); -1 where it did not.
        minimum: Which of the sweep's ``minima`` it ended at, shape (k,); -1 where at none of them.
        theta: The parameters of the last row, shape (k, dim).
        share: How much of all the work is done, 0 to 1.
    """

    rows: Whole
    columns: Whole
    stride: int
    final_loss: Floats
    best_loss: Floats
    reached: Whole
    diverged: Whole
    minimum: Whole
    theta: Floats
    share: float


@dataclass(frozen=True, eq=False)
class Sweep:
    """A grid of runs: ``x`` varies along its columns, ``y`` along its rows.

    Attributes:
        experiment: The document.
        x: What varies along the columns.
        y: What varies along the rows.
        index: Which run of the experiment is varied.
        target: A loss: each cell tells when it was reached; None for none.

    Raises:
        ValueError: It cannot be computed; the text says why.
    """

    experiment: Experiment
    x: Axis
    y: Axis
    index: int = 0
    target: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.index < len(self.experiment.runs):
            raise ValueError(f"there is no run {self.index}: the experiment has {len(self.experiment.runs)}")
        if self.x.path == self.y.path:
            raise ValueError(f"{self.x.path}: both axes cannot vary the same")
        if self.target is not None and not math.isfinite(self.target):
            raise ValueError("the target loss must be a finite number")
        for axis in (self.x, self.y):
            self._check(axis)
        rows, columns = self.shape
        numbers = rows * columns * (self.experiment.landscape.dim + 5)
        if numbers > MOST_NUMBERS:
            raise ValueError(
                f"{rows} x {columns} cells of {self.experiment.landscape.dim:,} parameters are too large for memory "
                f"({numbers * 8 / 1e9:.1f} GB): at most {MOST_NUMBERS * 8 // 10**6} MB"
            )
        for row, column in {(0, 0), (0, columns - 1), (rows - 1, 0), (rows - 1, columns - 1)}:
            _allowed(self.run(row, column))  # numbers that contradict each other

    def _check(self, axis: Axis) -> None:
        place = axis.start
        if place is not None:
            if place >= self.experiment.landscape.dim:
                raise ValueError(f"{axis.path}: the landscape has {self.experiment.landscape.dim} parameters")
            return
        found = parameter(self._given, axis.path)
        if axis.path in ("batch_size", "accumulate") and not hasattr(self.experiment.landscape, "data"):
            raise ValueError(f"{axis.path}: only landscapes from data have batches")
        for value in axis.values(whole=found.whole)[[0, -1]].tolist():
            why = found.declared.refusal(value)
            if why:
                raise ValueError(f"{axis.path}: {why}, not {value:g}")

    @property
    def _given(self) -> Run:
        return self.experiment.runs[self.index]

    @cached_property
    def _parameters(self) -> tuple[Parameter | None, Parameter | None]:
        x, y = (None if axis.start is not None else parameter(self._given, axis.path) for axis in (self.x, self.y))
        return x, y

    @cached_property
    def x_values(self) -> Floats:
        """Of the columns, shape (columns,)."""
        return self.x.values(whole=self._parameters[0] is not None and self._parameters[0].whole)

    @cached_property
    def y_values(self) -> Floats:
        """Of the rows, shape (rows,)."""
        return self.y.values(whole=self._parameters[1] is not None and self._parameters[1].whole)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.y_values.size, self.x_values.size

    @cached_property
    def minima(self) -> Floats:
        """The known minima, the global ones first, shape (m, dim)."""
        landscape = self.experiment.landscape
        return np.concatenate([landscape.minima(), landscape.local_minima()])

    @property
    def together(self) -> bool:
        """Whether runs are moved as arrays rather than one by one."""
        return can_fly(self.experiment.landscape, self._given) and not {"batch_size", "accumulate"} & {
            self.x.path,
            self.y.path,
        }

    # One cell

    def run(self, row: int, column: int) -> Run:
        """The run of a cell: that of the document with two numbers replaced.

        Changes on the way that left a number as it was leave it as it is now.
        """
        run = self._given
        for found, value in self._values_at(row, column):
            old, changes = found.get(run), []
            for change in run.changes:
                same = found.has(change) and found.get(change) == old
                changes.append(found.put(change, value) if same else change)
            run = msgspec.structs.replace(found.put(run, value), changes=tuple(changes))
        return run

    def _values_at(self, row: int, column: int) -> list[tuple[Parameter, Any]]:
        pairs = zip(self._parameters, (self.x_values[column], self.y_values[row]), strict=True)
        return [(p, round(float(value)) if p.whole else float(value)) for p, value in pairs if p is not None]

    def start(self, row: int, column: int) -> tuple[float, ...]:
        """Where the run of a cell starts."""
        origin = list(self.experiment.origin)
        for axis, value in ((self.x, self.x_values[column]), (self.y, self.y_values[row])):
            if axis.start is not None:
                origin[axis.start] = float(value)
        return tuple(origin)

    def cell(self, row: int, column: int) -> Experiment:
        """The experiment of a cell: this run alone, with its numbers and its start."""
        start = self.experiment.start
        if self.x.start is not None or self.y.start is not None:
            start = self.start(row, column)
        return msgspec.structs.replace(self.experiment, runs=(self.run(row, column),), start=start)

    # All of them

    def order(self) -> list[tuple[int, Whole, Whole]]:
        """From coarse to fine: stride, rows and columns of the cells that come with it; every cell once."""
        rows, columns = self.shape
        found, stride = [], FIRST_STRIDE
        row, column = (part.ravel() for part in np.mgrid[0:rows, 0:columns])
        while stride:
            now = (row % stride == 0) & (column % stride == 0)
            if stride < FIRST_STRIDE:
                now &= (row % (2 * stride) != 0) | (column % (2 * stride) != 0)
            if now.any():
                found.append((stride, row[now], column[now]))
            stride //= 2
        return found

    def parts(self, budget: float = SLICE) -> Iterator[Part]:
        """Compute it. A part comes every ``budget`` seconds or so, with the cells finished by then, perhaps none."""
        compute = self._together if self.together else self._apart
        done, total = 0, math.prod(self.shape)
        for stride, rows, columns in self.order():
            for part in compute(rows, columns, stride, budget):
                share = (done + part.share) / total
                done += part.rows.size
                yield part._replace(share=min(1.0, share))

    def _together(self, rows: Whole, columns: Whole, stride: int, budget: float) -> Iterator[Part]:
        """Cells as arrays. Here ``share`` counts cells that are done since the last part."""
        assert isinstance(self.experiment.landscape, PlaneLandscape)
        for first in range(0, rows.size, TOGETHER):
            some = slice(first, first + TOGETHER)
            flock = self._flock(rows[some], columns[some])
            until, pace = perf_counter() + budget, 1
            while not flock.ended:
                begun = perf_counter()
                flock.advance(pace)
                now = perf_counter()
                pace = max(1, min(1000, 2 * pace, round(pace * 0.2 * budget / max(now - begun, 1e-9))))
                if now > until and not flock.ended:
                    yield self._nothing(stride, flock.step / (flock.steps + 1) * rows[some].size)
                    until = perf_counter() + budget
            yield self._part(
                rows[some], columns[some], stride, flock.final_loss, flock.best_loss, flock.reached, flock.diverged,
                np.ascontiguousarray(flock.theta.T),
            )  # fmt: skip

    def _flock(self, rows: Whole, columns: Whole) -> Flock:
        starts = np.repeat(np.array(self.experiment.origin)[:, np.newaxis], rows.size, axis=1)
        values: dict[Parameter, npt.NDArray[Any]] = {}
        pairs = ((self.x, self.x_values[columns]), (self.y, self.y_values[rows]))
        for found, (axis, here) in zip(self._parameters, pairs, strict=True):
            if found is not None:
                values[found] = here
            else:
                starts[axis.start] = here
        return Flock(
            self.experiment.landscape, self._given, starts, self.experiment.steps,  # type: ignore[arg-type]
            values=values, seeds=self.experiment.seed, target=self.target,
        )  # fmt: skip

    def _apart(self, rows: Whole, columns: Whole, stride: int, budget: float) -> Iterator[Part]:
        """Cells one by one."""
        until = perf_counter() + budget
        places: list[tuple[int, int]] = []
        ends: list[_End] = []
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            walk, pace = _Walk(self.cell(row, column), self.target), 1
            while not walk.ended:
                begun = perf_counter()
                walk.advance(pace)
                now = perf_counter()
                pace = max(1, min(10_000, 4 * pace, round(pace * 0.2 * budget / max(now - begun, 1e-9))))
                if now > until and not walk.ended:
                    yield self._gathered(places, ends, stride, walk.share)
                    places, ends, until = [], [], perf_counter() + budget
            places.append((row, column))
            ends.append(walk.end())
            if perf_counter() > until:
                yield self._gathered(places, ends, stride, 0.0)
                places, ends, until = [], [], perf_counter() + budget
        if places:
            yield self._gathered(places, ends, stride, 0.0)

    def _gathered(self, places: list[tuple[int, int]], ends: list[_End], stride: int, further: float) -> Part:
        if not places:
            return self._nothing(stride, further)
        rows, columns = np.array(places, dtype=np.intp).T
        final, best, reached, diverged, theta = zip(*ends, strict=True)
        part = self._part(
            rows, columns, stride, np.array(final), np.array(best), np.array(reached), np.array(diverged),
            np.array(theta),
        )  # fmt: skip
        return part._replace(share=part.share + further)

    def _nothing(self, stride: int, cells: float) -> Part:
        none, floats = np.empty(0, dtype=np.intp), np.empty(0)
        theta = np.empty((0, self.experiment.landscape.dim))
        return Part(none, none, stride, floats, floats, none, none, none, theta, cells)

    def _part(self, rows: Whole, columns: Whole, stride: int, *ends: Any) -> Part:
        final, best, reached, diverged, theta = ends
        minimum = np.where(diverged < 0, self.nearest_minimum(theta), -1)
        found = Part(rows, columns, stride, final, best, reached, diverged, minimum, theta, float(rows.size))
        for array in found:
            if isinstance(array, np.ndarray) and array.base is None:
                array.flags.writeable = False
        return found

    def nearest_minimum(self, theta: Floats) -> Whole:
        """Which of the ``minima`` each place of shape (k, dim) is at, shape (k,); -1 where it is at none."""
        minima = self.minima
        if not len(minima):
            return np.full(len(theta), -1)
        left, right, bottom, top = self.experiment.landscape.home()
        reach = ARRIVED * math.hypot(right - left, top - bottom)
        if len(minima) > 1:
            apart = np.linalg.norm(minima[:, np.newaxis] - minima, axis=2)
            reach = min(reach, 0.25 * float(apart[~np.eye(len(minima), dtype=bool)].min()))
        with np.errstate(all="ignore"):
            away = np.linalg.norm(theta[:, np.newaxis] - minima, axis=2)
        away[~np.isfinite(away)] = np.inf
        nearest = np.argmin(away, axis=1)
        return np.where(away[np.arange(len(theta)), nearest] <= reach, nearest, -1)


class _End(NamedTuple):
    """What is kept of one run: see ``Part``."""

    final_loss: float
    best_loss: float
    reached: int
    diverged: int
    theta: Floats


class _Walk:
    """One run of which only the end is kept."""

    def __init__(self, experiment: Experiment, target: float | None) -> None:
        self._descent = Descent(experiment, experiment.runs[0])
        self._steps, self._target = experiment.steps, target
        self._best, self._first, self._outside = math.inf, -1, -1
        self._bound = math.nan
        self._loss, self._theta = math.nan, np.empty(0)

    @property
    def ended(self) -> bool:
        """Whether its last row is there."""
        return self._descent.snapshot.ended

    @property
    def share(self) -> float:
        """How much of it is done."""
        return self._descent.snapshot.step / (self._steps + 1)

    def advance(self, count: int) -> None:
        """Further rows."""
        block = self._descent.advance(count)
        loss = block.loss
        if not loss.size:
            return
        if block.first == 0:
            self._bound = loss[0] + EXPLOSION * max(abs(loss[0]), 1e-12)
        finite = loss[np.isfinite(loss) & np.isfinite(block.theta).all(axis=1)]
        self._best = min(self._best, float(finite.min(initial=math.inf)))
        if self._target is not None and self._first < 0 and (loss <= self._target).any():
            self._first = block.first + int(np.argmax(loss <= self._target))
        outside = loss > self._bound
        if outside.all():
            self._outside = block.first if self._outside < 0 else self._outside
        elif outside[-1]:
            self._outside = block.first + loss.size - int(np.argmin(outside[::-1]))
        else:
            self._outside = -1
        self._loss, self._theta = float(loss[-1]), block.theta[-1].copy()

    def end(self) -> _End:
        """What became of it."""
        diverged = self._outside
        if not (math.isfinite(self._loss) and np.isfinite(self._theta).all()):
            diverged = self._descent.snapshot.step
        best = self._best if math.isfinite(self._best) else math.nan
        return _End(self._loss, best, self._first, diverged, self._theta)


def _allowed(run: Run) -> None:
    """Refuse numbers that contradict each other, such as Nesterov's momentum of 0.

    Raises:
        ValueError: They do.
    """
    for part in (run.optimizer, run.schedule):
        try:
            msgspec.convert(msgspec.to_builtins(part), type(part))
        except msgspec.ValidationError as error:
            raise ValueError(f"{part.name()}: {str(error).split(' - at')[0]}") from None


# The whole picture


Quantity = Literal["loss", "best", "steps", "minimum"]


class SweepMap:
    """What is there of a sweep so far: parts are added, pictures are read.

    Attributes:
        done: Which cells are computed, shape (rows, columns).
        stride: What the coarsest cells still stand for; 1 when the map is whole.
        share: How much of the work is done, 0 to 1.
        final_loss: And the others: as in ``Part``, shape (rows, columns); theta (rows, columns, dim).
    """

    def __init__(self, sweep: Sweep) -> None:
        shape = sweep.shape
        self.sweep = sweep
        self.share = 0.0
        self.stride = FIRST_STRIDE
        self.done = np.zeros(shape, dtype=bool)
        self.final_loss, self.best_loss = np.full(shape, np.nan), np.full(shape, np.nan)
        self.reached, self.diverged, self.minimum = (np.full(shape, -1) for _ in range(3))
        self.theta = np.full((*shape, sweep.experiment.landscape.dim), np.nan)

    @property
    def whole(self) -> bool:
        """Whether every cell is computed."""
        return bool(self.done.all())

    def add(self, part: Part) -> None:
        """Put a part in its place."""
        where = (part.rows, part.columns)
        for name in ("final_loss", "best_loss", "reached", "diverged", "minimum", "theta"):
            getattr(self, name)[where] = getattr(part, name)
        self.done[where] = True
        self.stride, self.share = part.stride, part.share

    def values(self, quantity: Quantity) -> Floats:
        """A quantity of every cell as floats, nan where there is none: not reached, at no minimum, not computed."""
        if quantity in ("loss", "best"):
            found = self.final_loss if quantity == "loss" else self.best_loss
            return np.where(self.done & np.isfinite(found), found, np.nan)
        counts = self.reached if quantity == "steps" else self.minimum
        return np.where(self.done & (counts >= 0), counts.astype(np.float64), np.nan)

    def sources(self) -> tuple[Whole, Whole]:
        """For each cell the row and column of the computed cell that stands for it so far, shape (rows, columns).

        A cell that is not computed is shown as the one at the corner of the coarser square that it lies in; where
        none is there either (nothing was computed yet), it is its own.
        """
        rows, columns = self.done.shape
        row, column = np.mgrid[0:rows, 0:columns]
        found_row, found_column, open_ = row.copy(), column.copy(), ~self.done
        stride = 2
        while stride <= FIRST_STRIDE and open_.any():
            corner_row, corner_column = row - row % stride, column - column % stride
            there = open_ & self.done[corner_row, corner_column]
            found_row[there], found_column[there] = corner_row[there], corner_column[there]
            open_ &= ~there
            stride *= 2
        return found_row, found_column


# What theory says


class TheoryLine(NamedTuple):
    """A line over the grid, in the units of its axes.

    Attributes:
        name: What it is called, such as "2/L".
        meaning: What it tells, in a sentence.
        x: Places along the x axis, shape (n,).
        y: Places along the y axis, shape (n,).
    """

    name: str
    meaning: str
    x: Floats
    y: Floats


def curvatures(experiment: Experiment) -> Floats | None:
    """The eigenvalues of a Hessian that is the same everywhere, ascending; None where it is not."""
    landscape = experiment.landscape
    if not isinstance(landscape, PlaneLandscape):
        return None
    left, right, bottom, top = landscape.home()
    points = [experiment.origin, (left, bottom), (right, top), (0.3 * left + 0.7 * right, 0.6 * bottom + 0.4 * top)]
    found = landscape.hessian(points)
    if not np.isfinite(found).all() or np.abs(found - found[0]).max() > 1e-9 * np.abs(found).max():
        return None
    return np.linalg.eigvalsh(found[0])


def stable_rate(curvature: float, momentum: Any, *, nesterov: bool = False, dampening: float = 0.0) -> Any:
    """The largest rate at which descent along a direction of this curvature L does not diverge.

    2(1 + β)/L for heavy-ball momentum (Polyak 1964), divided by 1 - d where it is dampened, and by 1 + 2β for
    Nesterov's. ``momentum`` may be an array.
    """
    rate = 2.0 * (1.0 + momentum) / curvature
    return rate / (1.0 + 2.0 * momentum) if nesterov else rate / (1.0 - dampening)


def critical_momentum(curvature: float, rate: Any, *, nesterov: bool = False) -> Any:
    """The momentum from which on a marble overshoots along a direction of this curvature: critical damping.

    (1 - √(ηλ))² for heavy-ball momentum, (1 - √(ηλ))/(1 + √(ηλ)) for Nesterov's. ``rate`` may be an array.
    """
    root = np.sqrt(rate * curvature)
    return (1.0 - root) / (1.0 + root) if nesterov else (1.0 - root) ** 2


def theory(sweep: Sweep) -> tuple[TheoryLine, ...]:
    """The lines that can be drawn over a sweep of SGD's rate on a quadratic: the stable rate, critical momentum.

    None where theory has no simple answer: other optimizers, schedules that change the rate, clipping, ground whose
    curvature changes.
    """
    run = sweep.experiment.runs[sweep.index]
    optimizer, paths = run.optimizer, (sweep.x.path, sweep.y.path)
    plain = isinstance(optimizer, SGD) and isinstance(run.schedule, Constant) and run.clip is None and not run.changes
    if not plain or "optimizer.lr" not in paths or run.batch_size is not None:
        return ()
    assert isinstance(optimizer, SGD)
    found = curvatures(sweep.experiment)
    other = sweep.y if paths[0] == "optimizer.lr" else sweep.x
    if found is None or other.path in ("optimizer.weight_decay", "optimizer.dampening"):
        return ()
    flat, steep = (float(value) + optimizer.weight_decay for value in (found[0], found[-1]))
    if steep <= 0.0:
        return ()
    across = _fine(other)
    by_momentum = other.path == "optimizer.momentum"
    if by_momentum:
        across = across[across < 1.0]  # from there on no rate is small enough
    beta = across if by_momentum else np.full(across.size, optimizer.momentum)
    edge = stable_rate(steep, beta, nesterov=optimizer.nesterov, dampening=optimizer.dampening)
    rolls = by_momentum or optimizer.momentum > 0.0
    name = "2(1 + β)/L" if rolls else "2/L"
    if rolls and optimizer.nesterov:
        name = "2(1 + β)/(1 + 2β)L"
    lines = [
        _line(sweep, name, f"Beyond this rate every descent diverges: L = {steep:.4g} is the largest curvature.",
              edge, across)
    ]  # fmt: skip
    if by_momentum and flat > 0.0 and optimizer.dampening == 0.0:
        rate = _fine(sweep.x if paths[0] == "optimizer.lr" else sweep.y)
        with np.errstate(all="ignore"):
            beta = critical_momentum(flat, rate, nesterov=optimizer.nesterov)
            limit = stable_rate(steep, beta, nesterov=optimizer.nesterov)
        good = (beta >= other.low) & (beta <= other.high) & (rate * flat <= 1.0) & (rate <= limit)
        if good.any():
            meaning = (
                f"Critical momentum along the flattest direction (curvature {flat:.4g}): less crawls, more overshoots."
            )
            lines.append(_line(sweep, "critical β", meaning, rate[good], beta[good]))
    return tuple(line for line in lines if line.x.size)


def _fine(axis: Axis) -> Floats:
    return Axis(axis.path, axis.low, axis.high, MOST, axis.scale).values()


def _line(sweep: Sweep, name: str, meaning: str, rate: Floats, other: Floats) -> TheoryLine:
    """A line given by its rates and what else varies, as far as it lies on the grid."""
    axis = sweep.x if sweep.x.path == "optimizer.lr" else sweep.y
    seen = (rate >= axis.low) & (rate <= axis.high)
    rate, other = rate[seen], other[seen]
    return TheoryLine(name, meaning, *((rate, other) if axis is sweep.x else (other, rate)))
