"""One experiment being watched: the document, what has been computed of it, and the cursor.

The window asks it to ``tick`` once a frame; nothing in here draws. To edit is to replace the document: what both
documents have in common of a run is kept, the rest is computed again from the state at that step.
"""

from __future__ import annotations

import logging
import math
from time import perf_counter

from PySide6.QtCore import QObject, QThread, QTimer, Signal, Slot

from gdsim.core.experiment import Experiment, Run
from gdsim.core.memory import give_back
from gdsim.core.trajectory import RunTrajectory, Trajectory, judged
from gdsim.session.player import Player
from gdsim.session.worker import Batch, Grant, Job, Recall, Task, Worker

log = logging.getLogger(__name__)

AHEAD = 1_000_000
"""How many rows beyond the cursor are computed at most."""
SOON_SHOWN = 0.1
"""Seconds of playing that are computed ahead where nothing else may be known of what is to come."""
NEAR = 8_192
"""Rows around the cursor that are computed again where they were dropped."""
SOON = 1_024
"""So many rows before the cursor leaves them the next are asked for."""
BUDGET_PLAYING = 0.004
"""Seconds a frame for the worker while the picture moves."""
BUDGET_RESTING = 0.012
BUDGET_OF_SLOW = 0.03
"""The most where frames take long: at rest the worker may have as long as the last frame took."""
JUST_NOW = 0.2
"""Seconds after an edit in which the next one is likely: something is being dragged, and the picture moves too."""


class Session(QObject):
    """The experiment, its trajectory, the cursor and the worker behind them."""

    replaced = Signal()
    """Another document (or another version of it) is shown."""
    failed = Signal(int, str)
    """A run raised an exception: its place and the text."""
    selection_changed = Signal()
    playing_changed = Signal()
    speed_changed = Signal()
    woken = Signal()
    """There is something new to show: frames are wanted again."""

    _take = Signal(object)
    _grant = Signal(object)

    def __init__(self, experiment: Experiment, parent: QObject | None = None) -> None:
        super().__init__(parent)
        give_back()
        self.player = Player()
        self.experiment = experiment
        self.trajectory = Trajectory(experiment, ())
        self.failures: dict[int, str] = {}
        self.selected = 0
        self.foresight = True
        self._job = 0
        self._waiting = False
        self._dirty = True
        self._edited = -JUST_NOW
        self._frame = 0.0
        self._asked: dict[int, tuple[int, int]] = {}  # rows that are being computed again
        self._thread = QThread(self)
        self._thread.setObjectName("descent")
        self._worker = Worker()
        self._worker.moveToThread(self._thread)
        self._take.connect(self._worker.take)
        self._grant.connect(self._worker.grant)
        self._worker.computed.connect(self._receive)
        self._thread.finished.connect(self._worker.deleteLater)
        self._gap = QTimer(self)
        self._gap.setSingleShot(True)
        self._gap.timeout.connect(self._ask)
        self._thread.start()
        self.replace(experiment)

    def close(self) -> None:
        """Stop the worker and its thread; returns when it is gone."""
        self._job += 1
        self._gap.stop()
        self._thread.quit()
        self._thread.wait()

    # What is looked at

    @property
    def computed(self) -> int:
        """The last row that every run still under way has reached."""
        going = [run.last for run in self.trajectory.runs if not run.ended]
        return min(going) if going else self.last

    @property
    def last(self) -> int:
        """The last step there will be: the end of the longest run."""
        if all(run.ended for run in self.trajectory.runs):
            return max(0, *(run.last for run in self.trajectory.runs))
        return self.experiment.steps

    @property
    def cursor(self) -> int:
        """The step that is shown: where its row was dropped one that was kept, until it has been computed again."""
        step = self._wanted
        if all(run.has(step) for run in self.trajectory.runs if run.last >= step):
            return step
        return step - step % max(run.stride for run in self.trajectory.runs)

    @property
    def _wanted(self) -> int:
        """The step that is to be shown, as far as it has been computed."""
        return self.player.shown(self.computed)

    @property
    def aim(self) -> int:
        """The step that an edit holds from: the cursor.

        Right after an edit the row under the cursor has still to be computed again; the cursor comes back to it.
        """
        return max(0, min(self.player.wanted, self.computed + 1, self.last))

    @property
    def playing(self) -> bool:
        """Whether the cursor moves by itself."""
        return self.player.playing

    @property
    def computing(self) -> bool:
        """Whether there is something left to compute at the moment."""
        return self._falls_short or bool(self._recalls())

    @property
    def _falls_short(self) -> bool:
        return any(not run.ended and run.last < self._until() for run in self.trajectory.runs)

    def _recalls(self) -> tuple[Recall, ...]:
        """The rows around the cursor that were dropped."""
        found, step = [], self._wanted
        for index, run in enumerate(self.trajectory.runs):
            if run.stride == 1 or index in self.failures:
                continue
            at = min(step, run.last)
            if run.has(at) and run.has(max(at - SOON, 0)) and run.has(min(at + SOON, run.last)):
                continue
            first, end = max(at - NEAR // 2, 0), min(at + NEAR // 2, run.last + 1)
            task = Task(self.experiment, self.experiment.runs[index], run.before(first), first)
            found.append(Recall(index, task, first, end))
        return tuple(found)

    def tick(self, seconds: float) -> bool:
        """Let a frame pass; returns whether there is something new to show.

        The worker gets its grant in the gap behind the frame, when all is painted: it would hold up the painting.
        """
        was_playing = self.playing
        self._frame = seconds
        moved = self.player.tick(seconds, self.computed, self.last)
        if was_playing and not self.playing:
            self.playing_changed.emit()
        if not self._waiting and self.computing:
            self._gap.start()
        dirty, self._dirty = self._dirty, False
        return moved or dirty

    @property
    def busy(self) -> bool:
        """Whether frames are needed: it plays, computes, or has something that was not shown yet."""
        return self.playing or self._waiting or self._dirty or self.computing

    # Steering

    def toggle_play(self) -> None:
        """Play, or pause."""
        if self.playing:
            self.player.pause()
        else:
            self.player.play(self.last)
        self._touched()
        self.playing_changed.emit()

    def play_until(self, step: int) -> None:
        """Play from where the cursor is, and stop at ``step``; not at all where that does not lie ahead."""
        if min(step, self.last) <= self.player.wanted:
            return
        self.player.play(self.last, step)
        self._touched()
        self.playing_changed.emit()

    def jump(self, step: int) -> None:
        """Look at ``step``."""
        was_playing = self.playing
        self.player.jump(step, self.last)
        self._touched()
        if was_playing:
            self.playing_changed.emit()

    def step(self, by: int) -> None:
        """Look ``by`` updates further on (back where negative)."""
        self.jump(self._wanted + by)

    def set_speed(self, updates_per_second: float) -> None:
        """Play at another speed."""
        self.player.speed = updates_per_second
        self.speed_changed.emit()

    def slower(self) -> None:
        """One speed down."""
        self.player.slower()
        self.speed_changed.emit()

    def faster(self) -> None:
        """One speed up."""
        self.player.faster()
        self.speed_changed.emit()

    def select(self, index: int) -> None:
        """Make another run the one that is looked at."""
        index = max(0, min(index, len(self.experiment.runs) - 1))
        if index != self.selected:
            self.selected = index
            self._touched()
            self.selection_changed.emit()

    # The document

    def replace(self, experiment: Experiment) -> None:
        """Show another document; what it shares with the one before is kept."""
        old, self.experiment = self.experiment, experiment
        self._edited = perf_counter()
        inherits = self.foresight and _same_ground(old, experiment)
        spare = dict(enumerate(self.trajectory.runs)) if inherits else {}
        spare = {index: run for index, run in spare.items() if index not in self.failures}  # what failed is tried again
        self.failures = {}
        runs: list[RunTrajectory] = []
        tasks = []
        for index, (run, label) in enumerate(zip(experiment.runs, experiment.labels(), strict=True)):
            kept = self._inherit(old, run, spare, runs) or RunTrajectory(label, experiment.landscape.dim)
            kept.label = label
            if kept.ended and kept.outcome is None:
                self._judge(index, kept)
            runs.append(kept)
            tasks.append(None if kept.ended else Task(experiment, run, kept.nearest(), len(kept)))
        self.trajectory = Trajectory(experiment, tuple(runs))
        self.selected = min(self.selected, len(runs) - 1)
        self._job += 1
        self._waiting = False
        self._asked = {}
        self._take.emit(Job(self._job, tuple(tasks)))
        self._gap.start()
        self._touched()
        self.replaced.emit()

    def foresee(self, foresight: bool) -> None:
        """Compute ahead of the cursor, or only as far as it comes: then nobody can read what is to come.

        Without foresight the next document begins anew, whatever is known of it.
        """
        self.foresight = foresight
        self._touched()

    def _inherit(
        self, old: Experiment, run: Run, spare: dict[int, RunTrajectory], before: list[RunTrajectory]
    ) -> RunTrajectory | None:
        """The columns of the old run that shares most with ``run``, cut where they part.

        A copy of a run that stands ``before`` it in the list has that run's columns: its numbers are the same.
        """
        shared = {index: old.runs[index].agrees_until(run) for index in spare}
        shared = {index: step for index, step in shared.items() if step is None or step > 0}
        if None not in shared.values():
            for other, columns in zip(self.experiment.runs, before, strict=False):
                if other.agrees_until(run) is None:
                    return columns.frozen()
        if not shared:
            return None
        best = max(shared, key=lambda index: _or_forever(shared[index]))
        columns, step = spare.pop(best), shared[best]
        steps = self.experiment.steps
        finished = columns.ended and columns.last == old.steps
        if step is None and old.steps == steps:
            return columns
        if columns.ended and not finished and columns.last <= min(steps, columns.last if step is None else step):
            return columns  # it diverged before anything differs
        rows = len(columns) - (1 if columns.ended else 0)
        columns.keep(min(rows, steps, rows if step is None else step))
        return columns

    def _until(self) -> int:
        last = self.experiment.steps
        if self.foresight:
            return min(last, self.player.wanted + AHEAD)
        if not self.playing:
            return min(last, self.player.wanted)
        end = last if self.player.until is None else min(last, self.player.until)
        return min(end, self.player.wanted + math.ceil(SOON_SHOWN * self.player.speed))

    @Slot()
    def _ask(self) -> None:
        recalls = self._recalls()
        if self._waiting or not (recalls or self._falls_short):
            return
        self._waiting = True
        if all(self._is_asked(recall) for recall in recalls):
            recalls = ()
        else:
            self._asked = {recall.index: (recall.first, recall.end) for recall in recalls}
        moves = self.playing or perf_counter() - self._edited < JUST_NOW
        at_rest = max(BUDGET_RESTING, min(self._frame, BUDGET_OF_SLOW))
        seconds = BUDGET_PLAYING if moves else at_rest
        self._grant.emit(Grant(self._job, seconds, self._until(), recalls))

    def _is_asked(self, recall: Recall) -> bool:
        """Whether rows around the cursor are on their way already."""
        first, end = self._asked.get(recall.index, (0, 0))
        return first <= min(self._wanted, self.trajectory.runs[recall.index].last) < end

    @Slot(object)
    def _receive(self, batch: Batch) -> None:
        if batch.number != self._job:
            return
        self._waiting = False
        for index, block, snapshot in batch.pieces:
            run = self.trajectory.runs[index]
            run.append(block, snapshot)
            if run.ended:
                self._judge(index, run)
        for index, block in batch.recalled:
            self.trajectory.runs[index].recall(block)
            self._asked.pop(index, None)
        if batch.failure is not None:
            index, text = batch.failure
            self.trajectory.runs[index].ended = True
            self._fail(index, text)
        self._touched()

    def _judge(self, index: int, run: RunTrajectory) -> None:
        """Say what became of ``run``; where that cannot be said, its numbers stand all the same."""
        try:
            run.outcome = judged(self.experiment, run)
        except Exception as error:
            log.exception("run %d cannot be judged", index)
            self._fail(index, f"{type(error).__name__}: {error}")

    def _fail(self, index: int, text: str) -> None:
        self.failures[index] = text
        self.failed.emit(index, text)

    def _touched(self) -> None:
        self._dirty = True
        self.woken.emit()


def _same_ground(old: Experiment, new: Experiment) -> bool:
    return (old.landscape, old.origin, old.seed) == (new.landscape, new.origin, new.seed)


def _or_forever(step: int | None) -> float:
    return math.inf if step is None else step
