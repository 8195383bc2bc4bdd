"""Computes the descent on a thread of its own, as much at a time as it is granted.

A worker that runs freely starves the window of the interpreter lock. So each frame of the window grants it a few
milliseconds; it answers every grant with one immutable batch. Values cross the threads, never shared state, and
a batch carries the number of its job, so that answers to an abandoned job are recognised and dropped.
"""

from __future__ import annotations

import logging
import traceback
from dataclasses import dataclass
from time import perf_counter, sleep

from PySide6.QtCore import QObject, Signal, Slot

from gdsim.core.descent import Block, Descent, Snapshot, joined
from gdsim.core.experiment import Experiment, Run

log = logging.getLogger(__name__)

ROWS_AT_ONCE = 256
"""Most rows between two looks at the clock: about half a millisecond of two parameters."""
BREATH = 0.0002
"""Seconds in which whoever granted gets the interpreter's lock back, before the worker holds it for milliseconds."""
LONG = 0.002
"""Seconds that rows between two looks may take: a network's are fewer, so that the window is not held up."""


@dataclass(frozen=True)
class Task:
    """One run to go on with: ``snapshot`` is the nearest state before ``rows``, the rows that are there already."""

    experiment: Experiment
    run: Run
    snapshot: Snapshot | None
    rows: int


@dataclass(frozen=True)
class Job:
    """The runs of one document; None stands for a run that has nothing left to compute."""

    number: int
    tasks: tuple[Task | None, ...]


@dataclass(frozen=True)
class Recall:
    """Rows ``first`` to ``end`` (not included) of a run that were dropped and are to be computed again."""

    index: int
    task: Task
    first: int
    end: int


@dataclass(frozen=True)
class Grant:
    """Leave to compute job ``number`` for ``seconds``, up to row ``until`` of each run; ``recalls`` come first."""

    number: int
    seconds: float
    until: int
    recalls: tuple[Recall, ...] = ()


@dataclass(frozen=True)
class Batch:
    """What came of one grant: (run, rows, state behind them) in order; ``failure`` is (run, text) of an exception.

    ``recalled`` are the dropped rows that were asked for, as soon as all of a run's are there.
    """

    number: int
    pieces: tuple[tuple[int, Block, Snapshot], ...]
    failure: tuple[int, str] | None = None
    recalled: tuple[tuple[int, Block], ...] = ()


class Worker(QObject):
    """Lives on the worker thread; talked to by signals only."""

    computed = Signal(object)  # a Batch

    def __init__(self) -> None:
        super().__init__()
        self._number = -1
        self._descents: dict[int, Descent] = {}
        self._tasks: dict[int, Task] = {}
        self._rows = ROWS_AT_ONCE
        self._recalling: list[_Recalling] = []

    @Slot(object)
    def take(self, job: Job) -> None:
        """Begin another job; the one before is forgotten."""
        self._number = job.number
        self._descents = {}
        self._tasks = {index: task for index, task in enumerate(job.tasks) if task is not None}
        self._rows = 8
        self._recalling = []

    @Slot(object)
    def grant(self, grant: Grant) -> None:
        """Compute for as long as granted and answer with what came of it."""
        if grant.number != self._number:
            return
        sleep(BREATH)
        pieces: list[tuple[int, Block, Snapshot]] = []
        failure = None
        if grant.recalls:
            self._recalling = [_Recalling(recall) for recall in grant.recalls]
        recalled: list[tuple[int, Block]] = []
        deadline = perf_counter() + grant.seconds
        while perf_counter() < deadline:
            if self._recalling:
                if (block := self._recalling[0].advance()) is not None:
                    recalled.append((self._recalling.pop(0).index, block))
                continue
            index = self._next(grant.until)
            if index is None:
                break
            try:
                pieces.append(self._advance(index, grant.until))
            except Exception as error:  # whatever a run raises is that run's failure, not the program's
                log.error("run %d failed\n%s", index, traceback.format_exc())
                failure = (index, f"{type(error).__name__}: {error}")
                self._tasks.pop(index, None)
                self._descents.pop(index, None)
                break
        self.computed.emit(Batch(self._number, tuple(pieces), failure, tuple(recalled)))

    def _next(self, until: int) -> int | None:
        """The run that is furthest behind, None where all have ended or row ``until``."""
        waiting = [(self._row(index), index) for index in self._tasks]
        row, index = min(waiting, default=(until + 1, -1))
        return index if row <= until else None

    def _row(self, index: int) -> int:
        descent = self._descents.get(index)
        return self._tasks[index].rows if descent is None else descent.snapshot.step

    def _advance(self, index: int, until: int) -> tuple[int, Block, Snapshot]:
        descent = self._descents.get(index)
        if descent is None:
            task = self._tasks[index]
            descent = Descent(task.experiment, task.run, task.snapshot)
            descent.advance(task.rows - descent.snapshot.step)
            self._descents[index] = descent
        begin = perf_counter()
        block = descent.advance(min(self._rows, until + 1 - descent.snapshot.step))
        self._rows = _paced(self._rows, perf_counter() - begin)
        if descent.snapshot.ended:
            del self._tasks[index], self._descents[index]
        return index, block, descent.snapshot


class _Recalling:
    """Dropped rows on their way back."""

    def __init__(self, recall: Recall) -> None:
        self.index = recall.index
        self._first, self._end = recall.first, recall.end
        task = recall.task
        self._descent = Descent(task.experiment, task.run, task.snapshot)
        self._blocks: list[Block] = []

    def advance(self) -> Block | None:
        """Compute some more of them; all of them once they are there."""
        step = self._descent.snapshot.step
        stop = self._first if step < self._first else self._end
        block = self._descent.advance(min(ROWS_AT_ONCE, stop - step))
        if block.first >= self._first:
            self._blocks.append(block)
        after = self._descent.snapshot
        return joined(self._blocks) if after.step >= self._end or after.ended else None


def _paced(rows: int, seconds: float) -> int:
    """How many rows to compute at once where ``rows`` took so long."""
    if seconds > LONG:
        return max(1, rows // 2)
    return min(ROWS_AT_ONCE, 2 * rows) if seconds < LONG / 2 else rows
