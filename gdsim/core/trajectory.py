"""What a run left behind: append-only columns, sparse snapshots, and what became of it.

Stepping back is reading a column. To go on from the middle (after an edit) the nearest snapshot before it is taken
up and the few steps in between are computed again, to the same bits. So are the rows around the cursor of a run that
is too long to be kept whole.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gdsim.core.descent import Block, Descent, Snapshot
from gdsim.core.experiment import Experiment
from gdsim.core.landscapes import Floats
from gdsim.core.outcome import Outcome, judge

SNAPSHOT_EVERY = 2_000
"""Steps between two snapshots."""
SNAPSHOT_OFTEN = 100
"""The same for models of many parameters, whose steps are computed less quickly."""
SLOW, SMALL = 4, 20
"""Rows that come so few at a time took long; a state of so few parameters is kept after them, whatever the steps."""
ALWAYS = ("theta", "loss", "lr", "grad_norm")
"""Columns that every run has; others come with cycled momentum, batches, a validation part, an average."""
WIDE = ("theta", "average")
"""Columns of all parameters."""
LOSSES = ("loss", "batch_loss", "val_loss")
"""Columns whose least and greatest values are kept where rows are dropped."""
MOST_ROWS = 1 << 20
"""Rows of a run that are kept: 42 MB of two parameters."""
TAIL = 8_192
"""The last rows, which are always kept whole."""


class Column:
    """A growing array of numbers; reading it copies nothing."""

    def __init__(self, width: int | None = None) -> None:
        self._data = np.empty((64,) if width is None else (64, width))
        self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def nbytes(self) -> int:
        """Bytes of memory that it takes."""
        return self._data.nbytes

    @property
    def values(self) -> Floats:
        """What has been appended so far, as a view."""
        return self._data[: self._size]

    def append(self, values: Floats) -> None:
        """Add ``values`` at the end, in amortised constant time a number."""
        need = self._size + len(values)
        if need > len(self._data):
            grown = np.empty((max(need, 2 * len(self._data)), *self._data.shape[1:]))
            grown[: self._size] = self._data[: self._size]
            self._data = grown
        self._data[self._size : need] = values
        self._size = need

    def frozen(self) -> Column:
        """A column of its own that holds what this one holds now; nothing is copied."""
        other = Column()
        other._data = self._data[: self._size]
        other._size = self._size
        return other

    def cut(self, size: int) -> None:
        """Forget everything from ``size`` on."""
        if size < self._size:
            self._data = self._data[: max(size, 1)].copy()  # views that were handed out keep what they show
            self._size = size


class Row(NamedTuple):
    """One row of a run: what stands before update ``step``. What a run does not have is nan or None."""

    step: int
    theta: Floats
    loss: float
    lr: float
    grad_norm: float
    momentum: float = math.nan
    batch_loss: float = math.nan
    val_loss: float = math.nan
    average: Floats | None = None


class Rows:
    """Columns of rows of which each is ``stride`` steps behind the one before.

    Args:
        dim: The number of parameters.
        first: The step of the first row.
        stride: The steps from row to row.
    """

    def __init__(self, dim: int, first: int = 0, stride: int = 1) -> None:
        self.dim, self.first, self.stride = dim, first, stride
        self.columns = {name: Column(self._width(name)) for name in ALWAYS}

    def __len__(self) -> int:
        return len(self.columns["loss"])

    @property
    def end(self) -> int:
        """The step behind the last row, were there one more."""
        return self.first + len(self) * self.stride

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the columns hold."""
        return sum(column.nbytes for column in self.columns.values())

    def holds(self, step: int) -> bool:
        """Whether there is a row for ``step``."""
        return self.first <= step < self.end and (step - self.first) % self.stride == 0

    def at(self, step: int) -> Row:
        """The row for ``step``, which it holds."""
        k = (step - self.first) // self.stride
        found: dict[str, Any] = {}
        for name, column in self.columns.items():
            value = column.values[k]
            found[name] = value if name in WIDE else float(value)
        return Row(step, **found)

    def values(self, name: str) -> Floats | None:
        """A column, None where it is not kept."""
        return self.columns[name].values if name in self.columns else None

    def append(self, block: Block) -> None:
        """Add rows; columns that begin late, or have nothing here, are nan where there is nothing."""
        before, count = len(self), len(block.loss)
        for name in Block._fields[1:]:
            values = getattr(block, name)
            if name == "momentum" and values is not None and np.isnan(values).all():
                values = None
            if values is None and name in self.columns:
                values = np.full((count, self.dim) if name in WIDE else count, np.nan)
            if values is None:
                continue
            if name not in self.columns:
                self.columns[name] = Column(self._width(name))
                self.columns[name].append(np.full((before, self.dim) if name in WIDE else before, np.nan))
            self.columns[name].append(values)

    def part(self, begin: int, end: int) -> Block:
        """The rows ``begin`` to ``end`` (not included), counted from the first, as a block."""
        found = {name: column.values[begin:end] for name, column in self.columns.items()}
        momentum = found.pop("momentum", np.full(max(end - begin, 0), np.nan))
        return Block(self.first + begin * self.stride, momentum=momentum, **found)

    def cut(self, size: int) -> None:
        """Forget all but the first ``size`` rows, and columns of which nothing is left."""
        for name, column in list(self.columns.items()):
            column.cut(size)
            if name not in ALWAYS and np.isnan(column.values).all():
                del self.columns[name]

    def frozen(self) -> Rows:
        """Rows of their own; nothing is copied."""
        other = Rows(self.dim, self.first, self.stride)
        other.columns = {name: column.frozen() for name, column in self.columns.items()}
        return other

    def _width(self, name: str) -> int | None:
        return self.dim if name in WIDE else None


class Extremes:
    """Least and greatest of a column over each stretch that one row stands for; nan is passed over."""

    def __init__(self) -> None:
        self.low, self.high = Column(), Column()

    def append(self, low: Floats, high: Floats, stride: int) -> None:
        """Add stretches of ``stride`` values each, the last of which may be shorter."""
        if len(low):
            starts = np.arange(0, len(low), stride)
            self.low.append(np.fmin.reduceat(low, starts))
            self.high.append(np.fmax.reduceat(high, starts))

    def frozen(self) -> Extremes:
        """Extremes of their own; nothing is copied."""
        other = Extremes()
        other.low, other.high = self.low.frozen(), self.high.frozen()
        return other


@dataclass(eq=False)
class RunTrajectory:
    """The rows of one run. Row k stands before update k; ``lr`` is nan in the last row.

    Up to ``MOST_ROWS`` rows all are kept. Beyond, every ``stride``-th is: whenever they are too many, every other one
    is dropped. Least and greatest losses of each stretch stay, the last ``TAIL`` rows stay whole, and rows around the
    cursor are computed again. ``at`` finds a row wherever it is; the columns are those of the rows kept.

    Attributes:
        label: The run's label, its own within the experiment.
        generation: Grows whenever rows are taken back or dropped, so that painters know to start again.
        ended: Whether the last row has been computed.
        thinned: Whether rows may be dropped at all.
    """

    label: str
    dim: int = 2
    generation: int = 0
    ended: bool = False
    outcome: Outcome | None = None
    snapshots: list[Snapshot] = field(default_factory=list)
    thinned: bool = True

    def __post_init__(self) -> None:
        self._count = 0
        self._kept = Rows(self.dim)
        self._tail: Rows | None = None
        self._near: Rows | None = None
        self._extremes: dict[str, Extremes] = {}

    def __len__(self) -> int:
        return self._count

    @property
    def last(self) -> int:
        """The number of the last row computed; -1 while there is none."""
        return self._count - 1

    @property
    def stride(self) -> int:
        """Every how-manyeth row is kept."""
        return self._kept.stride

    @property
    def nbytes(self) -> int:
        """Bytes of memory that all rows hold."""
        parts = [part.nbytes for part in (self._kept, self._tail, self._near) if part is not None]
        return sum(parts) + sum(e.low.nbytes + e.high.nbytes for e in self._extremes.values())

    # One row

    def has(self, step: int) -> bool:
        """Whether the row of ``step`` is there."""
        return any(part is not None and part.holds(step) for part in (self._kept, self._tail, self._near))

    def at(self, step: int) -> Row:
        """The row of ``step``.

        Raises:
            LookupError: It is not there: not computed yet, or dropped.
        """
        for part in (self._kept, self._tail, self._near):
            if part is not None and part.holds(step):
                return part.at(step)
        raise LookupError(f"row {step} is not there")

    def known(self, step: int) -> int:
        """``step``, or the last one before it whose row is there; at least 0."""
        step = max(min(step, self.last), 0)
        return step if self.stride == 1 or self.has(step) else step - step % self.stride

    # The rows that are kept

    @property
    def steps(self) -> npt.NDArray[np.int64]:
        """The steps of the rows that are kept, shape (n,)."""
        return np.arange(len(self._kept), dtype=np.int64) * self.stride

    def rows_until(self, step: int) -> int:
        """How many of the rows that are kept do not lie behind ``step``."""
        return max(0, min(step // self.stride + 1, len(self._kept)))

    @property
    def theta(self) -> Floats:
        """Parameters, shape (n, dim)."""
        return self._kept.columns["theta"].values

    @property
    def loss(self) -> Floats:
        """Losses, shape (n,)."""
        return self._kept.columns["loss"].values

    @property
    def lr(self) -> Floats:
        """Learning rates used, shape (n,)."""
        return self._kept.columns["lr"].values

    @property
    def grad_norm(self) -> Floats:
        """Norms of the gradients before clipping, shape (n,)."""
        return self._kept.columns["grad_norm"].values

    @property
    def momentum(self) -> Floats | None:
        """Momentum (or first beta) used where a schedule cycles it, shape (n,); None where it does not."""
        return self._kept.values("momentum")

    @property
    def batch_loss(self) -> Floats | None:
        """Losses on the batches that the updates saw, shape (n,); None where all saw everything."""
        return self._kept.values("batch_loss")

    @property
    def val_loss(self) -> Floats | None:
        """Losses on the validation part, shape (n,); None where there is none."""
        return self._kept.values("val_loss")

    @property
    def average(self) -> Floats | None:
        """The moving average of the parameters, shape (n, dim); None where none is kept."""
        return self._kept.values("average")

    def part(self, begin: int, end: int) -> Block:
        """The kept rows ``begin`` to ``end`` (not included) as a block, its first step being the first row's."""
        return self._kept.part(begin, end)

    def extremes(self, name: str) -> tuple[Floats, Floats]:
        """Least and greatest of the losses ``name`` of all rows that each kept row stands for, shapes (n,)."""
        if self.stride == 1:
            values = self._kept.columns[name].values
            return values, values
        found = self._extremes[name]
        return found.low.values, found.high.values

    def whole(self) -> RunTrajectory:
        """Its rows as one that keeps them all: those kept and, at the end, the tail; ``told_steps`` are their steps."""
        if self._tail is None:
            return self
        other = RunTrajectory(self.label, self.dim, self.generation, self.ended, self.outcome, self.snapshots)
        rows = -(-self._tail.first // self.stride)
        other._kept.append(self._kept.part(0, rows)._replace(first=0))
        other._kept.append(self._tail.part(0, len(self._tail)))
        other._count = len(other._kept)
        return other

    @property
    def told_steps(self) -> npt.NDArray[np.int64]:
        """The steps of the rows of ``whole``, shape (n,)."""
        if self._tail is None:
            return self.steps
        before = self.steps[: -(-self._tail.first // self.stride)]
        return np.concatenate([before, np.arange(self._tail.first, self._tail.end)])

    # Growing and shrinking

    def frozen(self) -> RunTrajectory:
        """What is there now, untouched by whatever is added or taken back later."""
        other = RunTrajectory(self.label, self.dim, self.generation, self.ended, self.outcome, list(self.snapshots))
        other._count, other._kept = self._count, self._kept.frozen()
        other._tail = None if self._tail is None else self._tail.frozen()
        other._extremes = {name: extremes.frozen() for name, extremes in self._extremes.items()}
        return other

    def append(self, block: Block, snapshot: Snapshot) -> None:
        """Add the rows of ``block``; ``snapshot`` is the state behind them."""
        if block.first != len(self):
            raise ValueError(f"rows from {block.first} on do not follow row {self.last}")
        most = MOST_ROWS if self.thinned else math.inf
        while len(self._kept) > 1 and len(self._kept) + len(block.loss) // self.stride > most:
            self._thin()
        self._count += len(block.loss)
        self.ended = snapshot.ended
        if self._tail is None:
            self._kept.append(block)
        else:
            self._tail.append(block)
            self._take_up(self._tail)
        while len(self._kept) > most:  # a single block was too long
            self._thin()
        apart = SNAPSHOT_EVERY if self.dim == 2 else SNAPSHOT_OFTEN
        if len(block.loss) <= SLOW and self.dim <= SMALL:
            apart = 1
        if not self.snapshots or snapshot.step - self.snapshots[-1].step >= apart:
            self.snapshots.append(snapshot)

    def _take_up(self, tail: Rows) -> None:
        """Keep a row of each stretch of the tail that is complete, and shorten the tail."""
        stride, done = self.stride, self._kept.end
        end = self._count if self.ended else self._count // stride * stride
        if end > done:
            part = tail.part(done - tail.first, end - tail.first)
            self._kept.append(Block(done, *(None if v is None else v[::stride] for v in part[1:])))  # type: ignore[arg-type]
            for name in LOSSES:
                values = getattr(part, name)
                if values is not None:
                    self._extremes_of(name, done // stride).append(values, values, stride)
                elif name in self._extremes:
                    nothing = np.full(end - done, np.nan)
                    self._extremes[name].append(nothing, nothing, stride)
        if len(tail) > 3 * TAIL:
            first = min(self._count - TAIL, self._kept.end)
            self._tail = Rows(self.dim, first)
            self._tail.append(tail.part(first - tail.first, len(tail)))

    def _extremes_of(self, name: str, before: int) -> Extremes:
        if name not in self._extremes:
            self._extremes[name] = found = Extremes()
            for column in (found.low, found.high):
                column.append(np.full(before, np.nan))
        return self._extremes[name]

    def _thin(self) -> None:
        """Drop every other row."""
        old = self._kept
        if self._tail is None:
            first = max(self._count - TAIL, 0)
            self._tail = Rows(self.dim, first)
            self._tail.append(old.part(first, len(old)))
        complete = -(-len(old) // 2) if self.ended else len(old) // 2
        part = old.part(0, 2 * complete)
        for name in LOSSES:
            if name in old.columns:
                low, high = (values[: 2 * complete] for values in self.extremes(name))
                self._extremes[name] = found = Extremes()
                found.append(low, high, 2)
        self._kept = Rows(self.dim, 0, 2 * old.stride)
        self._kept.append(Block(0, *(None if v is None else v[::2] for v in part[1:])))  # type: ignore[arg-type]
        self.generation += 1

    def recall(self, block: Block | None) -> None:
        """Keep ``block``, rows that were dropped and have been computed again, instead of those kept so before."""
        self._near = None
        if block is not None:
            self._near = Rows(self.dim, block.first)
            self._near.append(block)

    def before(self, step: int) -> Snapshot | None:
        """The last state known at or before ``step``, from which the rows behind it can be computed."""
        earlier = [kept for kept in self.snapshots if kept.step <= step and not kept.ended]
        return max(earlier, key=lambda kept: kept.step) if earlier else None

    def nearest(self) -> Snapshot | None:
        """The last state known before the rows that are missing; from there they can be computed."""
        return self.before(len(self))

    def begin(self, theta: Floats) -> None:
        """Put the start there, of which no loss is known yet."""
        nothing = np.full(1, np.nan)
        self._kept.append(Block(0, theta[np.newaxis], nothing, nothing, nothing, nothing))
        self._count = 1

    def keep(self, rows: int) -> None:
        """Take back all rows from ``rows`` on; of a long run a few more, whose stretch is not whole any more."""
        if rows >= len(self) and not self.ended:
            return
        rows = min(rows, len(self))
        complete = rows // self.stride
        if self._tail is not None and self._tail.first > complete * self.stride:
            rows = complete * self.stride
            self._tail = Rows(self.dim, rows)
        elif self._tail is not None:
            self._tail.cut(rows - self._tail.first)
        self._near = None
        self._kept.cut(complete)
        for name, extremes in list(self._extremes.items()):
            extremes.low.cut(complete)
            extremes.high.cut(complete)
            if name not in self._kept.columns:
                del self._extremes[name]
        self._count = rows
        self.snapshots = [kept for kept in self.snapshots if kept.step <= rows and not kept.ended]
        self.generation += 1
        self.ended = False
        self.outcome = None


@dataclass(frozen=True)
class Trajectory:
    """All runs of an experiment, in its order."""

    experiment: Experiment
    runs: tuple[RunTrajectory, ...]

    @property
    def ended(self) -> bool:
        """Whether every run has ended."""
        return all(run.ended for run in self.runs)

    def frozen(self) -> Trajectory:
        """What is there now, untouched by whatever follows."""
        return Trajectory(self.experiment, tuple(run.frozen() for run in self.runs))


def blocks(experiment: Experiment, index: int, run: RunTrajectory, size: int = 8_192) -> Iterator[Block]:
    """All rows of a run in blocks; those of a run that dropped some are computed again, to the same bits."""
    if run.stride == 1:
        for first in range(0, len(run), size):
            yield run.part(first, min(first + size, len(run)))
        return
    descent = Descent(experiment, experiment.runs[index])
    while not descent.snapshot.ended and descent.snapshot.step < len(run):
        yield descent.advance(min(size, len(run) - descent.snapshot.step))


def judged(experiment: Experiment, run: RunTrajectory) -> Outcome:
    """What became of a run that has ended."""
    told = run.whole()
    steps = None if told is run else run.told_steps
    return judge(experiment, told.theta, told.loss, told.grad_norm, told.val_loss, told.batch_loss, steps)


def run(
    experiment: Experiment,
    block: int = 4096,
    progress: Callable[[int, int], None] | None = None,
    *,
    thinned: bool = False,
) -> Trajectory:
    """Run an experiment to its end.

    Args:
        experiment: The document.
        block: How many rows are computed at a time; it makes no difference to them.
        progress: Is told after each block how many updates of all runs are done, and how many there are.
        thinned: Whether runs of more than ``MOST_ROWS`` rows drop some, so that memory is bounded.
    """
    found: list[RunTrajectory] = []
    total = experiment.steps * len(experiment.runs)
    for settings, label in zip(experiment.runs, experiment.labels(), strict=True):
        columns = RunTrajectory(label, experiment.landscape.dim, thinned=thinned)
        descent = Descent(experiment, settings)
        while not columns.ended:
            columns.append(descent.advance(block), descent.snapshot)
            if progress is not None:
                progress(len(found) * experiment.steps + min(columns.last, experiment.steps), total)
        columns.outcome = judged(experiment, columns)
        found.append(columns)
    return Trajectory(experiment, tuple(found))
