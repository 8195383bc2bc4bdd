"""What a run left behind: append-only columns, sparse snapshots, and what became of it.

Stepping back is reading a column. To go on from the middle (after an edit) the nearest snapshot before it is taken
up and the few steps in between are computed again, to the same bits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

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
ALWAYS = ("theta", "loss", "lr", "grad_norm", "momentum")
"""Columns that every run has; others come with batches, a validation part, an average."""


class Column:
    """A growing array of numbers; reading it copies nothing."""

    def __init__(self, width: int | None = None) -> None:
        self._data = np.empty((64,) if width is None else (64, width))
        self._size = 0

    def __len__(self) -> int:
        return self._size

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


@dataclass(eq=False)
class RunTrajectory:
    """The columns of one run. Row k stands before update k; ``lr`` is nan in the last row.

    Attributes:
        label: The run's label, its own within the experiment.
        generation: Grows whenever rows are taken back, so that painters know to start again.
        ended: Whether the last row has been computed.
    """

    label: str
    dim: int = 2
    generation: int = 0
    ended: bool = False
    outcome: Outcome | None = None
    snapshots: list[Snapshot] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._columns = {name: Column(self.dim if name == "theta" else None) for name in ALWAYS}

    def __len__(self) -> int:
        return len(self._columns["loss"])

    @property
    def last(self) -> int:
        """The number of the last row computed; -1 while there is none."""
        return len(self) - 1

    @property
    def theta(self) -> Floats:
        """Parameters, shape (n, dim)."""
        return self._columns["theta"].values

    @property
    def loss(self) -> Floats:
        """Losses, shape (n,)."""
        return self._columns["loss"].values

    @property
    def lr(self) -> Floats:
        """Learning rates used, shape (n,)."""
        return self._columns["lr"].values

    @property
    def grad_norm(self) -> Floats:
        """Norms of the gradients before clipping, shape (n,)."""
        return self._columns["grad_norm"].values

    @property
    def momentum(self) -> Floats | None:
        """Momentum (or first beta) used where a schedule cycles it, shape (n,); None where it does not."""
        values = self._columns["momentum"].values
        return None if len(values) == 0 or bool(np.isnan(values).all()) else values

    @property
    def batch_loss(self) -> Floats | None:
        """Losses on the batches that the updates saw, shape (n,); None where all saw everything."""
        return self._sometimes("batch_loss")

    @property
    def val_loss(self) -> Floats | None:
        """Losses on the validation part, shape (n,); None where there is none."""
        return self._sometimes("val_loss")

    @property
    def average(self) -> Floats | None:
        """The moving average of the parameters, shape (n, dim); None where none is kept."""
        return self._sometimes("average")

    def _sometimes(self, name: str) -> Floats | None:
        return self._columns[name].values if name in self._columns else None

    def frozen(self) -> RunTrajectory:
        """What is there now, untouched by whatever is added or taken back later."""
        other = RunTrajectory(self.label, self.dim, self.generation, self.ended, self.outcome, list(self.snapshots))
        other._columns = {name: column.frozen() for name, column in self._columns.items()}
        return other

    def append(self, block: Block, snapshot: Snapshot) -> None:
        """Add the rows of ``block``; ``snapshot`` is the state behind them."""
        if block.first != len(self):
            raise ValueError(f"rows from {block.first} on do not follow row {self.last}")
        before = len(self)
        for name in Block._fields[1:]:
            values = getattr(block, name)
            if values is not None:
                self._column(name, before).append(values)
            elif name in self._columns:
                self._columns[name].append(np.full_like(block.theta if name == "average" else block.loss, np.nan))
        apart = SNAPSHOT_EVERY if self.dim == 2 else SNAPSHOT_OFTEN
        if len(block.loss) <= SLOW and self.dim <= SMALL:
            apart = 1
        if not self.snapshots or snapshot.step - self.snapshots[-1].step >= apart:
            self.snapshots.append(snapshot)
        self.ended = snapshot.ended

    def nearest(self) -> Snapshot | None:
        """The last state known before the rows that are missing; from there they can be computed."""
        earlier = [kept for kept in self.snapshots if kept.step <= len(self) and not kept.ended]
        return max(earlier, key=lambda kept: kept.step) if earlier else None

    def begin(self, theta: Floats) -> None:
        """Put the start there, of which no loss is known yet."""
        self._columns["theta"].append(theta[np.newaxis])
        for name in ALWAYS[1:]:
            self._columns[name].append(np.full(1, np.nan))

    def _column(self, name: str, rows: int) -> Column:
        """A column; one that begins late is nan in the ``rows`` before."""
        if name not in self._columns:
            self._columns[name] = column = Column(self.dim if name == "average" else None)
            column.append(np.full((rows, self.dim) if name == "average" else rows, np.nan))
        return self._columns[name]

    def keep(self, rows: int) -> None:
        """Take back all rows from ``rows`` on."""
        if rows >= len(self) and not self.ended:
            return
        for name, column in list(self._columns.items()):
            column.cut(rows)
            if name not in ALWAYS and np.isnan(column.values).all():
                del self._columns[name]
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


def run(experiment: Experiment, block: int = 4096, progress: Callable[[int, int], None] | None = None) -> Trajectory:
    """Run an experiment to its end.

    Args:
        experiment: The document.
        block: How many rows are computed at a time; it makes no difference to them.
        progress: Is told after each block how many updates of all runs are done, and how many there are.
    """
    found: list[RunTrajectory] = []
    total = experiment.steps * len(experiment.runs)
    for settings, label in zip(experiment.runs, experiment.labels(), strict=True):
        columns = RunTrajectory(label, experiment.landscape.dim)
        descent = Descent(experiment, settings)
        while not columns.ended:
            columns.append(descent.advance(block), descent.snapshot)
            if progress is not None:
                progress(len(found) * experiment.steps + min(columns.last, experiment.steps), total)
        columns.outcome = judge(
            experiment, columns.theta, columns.loss, columns.grad_norm, columns.val_loss, columns.batch_loss
        )
        found.append(columns)
    return Trajectory(experiment, tuple(found))
