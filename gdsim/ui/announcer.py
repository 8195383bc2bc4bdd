"""Says what happens as text: to screen readers, and where it can be read and tested.

Nothing is said while marbles roll; a pause, a step by hand, the end of a run, another scene and a verdict are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal, Slot
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QWidget

from gdsim.ui.numbers import nice

if TYPE_CHECKING:
    from gdsim.session.session import Session
    from gdsim.ui.teaching.teacher import Teacher

EVERY = 300
"""Milliseconds from one sentence to the next at least."""
MOST = 4
"""So many runs are told of that end together."""


class Announcer(QObject):
    """Collects what there is to say, and says it in one sentence.

    Args:
        session: What is watched.
        place: The widget at which it is said; its accessible description is what was said last.

    Attributes:
        text: What was said last.

    Signals:
        said: A sentence.
    """

    said = Signal(str)

    def __init__(self, session: Session, place: QWidget) -> None:
        super().__init__(place)
        self._session, self._place = session, place
        self.text = ""
        self._waiting: dict[str, str] = {}
        self._cursor: int | None = None
        self._scene: object = None
        self._since = QElapsedTimer()
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._speak)
        self._teacher: Teacher | None = None
        session.replaced.connect(self._forget)

    @Slot()
    def _forget(self) -> None:
        """Another document: where it begins need not be told."""
        self._cursor = None
        self._waiting.pop("step", None)
        self._waiting.pop("end", None)

    def observe(self) -> None:
        """See what has happened; called at every frame."""
        session = self._session
        run = session.trajectory.runs[session.selected]
        if session.playing or run.last < 0:
            return
        cursor, before = session.cursor, self._cursor
        if cursor == before:
            return
        self._cursor = cursor
        if before is None and cursor == 0:
            return
        row = min(cursor, run.last)
        self._say("step", f"step {cursor:,}, loss {nice(run.at(row).loss, 3)}")
        self._waiting.pop("end", None)
        ended = self._ended(before or 0, cursor)
        if ended:
            self._say("end", ended)

    def _ended(self, before: int, cursor: int) -> str:
        """What became of the runs whose ends have come into sight."""
        session = self._session
        found = []
        for index, run in enumerate(session.trajectory.runs):
            outcome = run.outcome
            if outcome is None or not before < run.last <= cursor or session.experiment.runs[index].hidden:
                continue
            at = f" at step {outcome.step:,}" if outcome.kind in ("converged", "diverged") else ""
            found.append(f"{run.label}: {outcome.kind}{at}")
        more = [f"and {len(found) - MOST} more"] if len(found) > MOST else []
        return ". ".join([*found[:MOST], *more])

    def attend(self, teacher: Teacher) -> None:
        """Tell of a teacher's scenes and verdicts, too."""
        self._teacher = teacher
        teacher.changed.connect(self._taught)

    @Slot()
    def _taught(self) -> None:
        teacher = self._teacher
        scene = teacher.scene if teacher is not None else None
        if teacher is None or scene is None:
            self._scene = None
            return
        if scene is not self._scene:
            self._scene = scene
            self._say("scene", scene.title)
        verdict = teacher.verdict
        if verdict is not None and verdict.text:
            self._say("verdict", verdict.text)
        elif teacher.revealed and scene.task is not None:
            self._say("verdict", "The answer is shown")

    def say(self, text: str) -> None:
        """Say something else."""
        self._say("word", text)

    def _say(self, kind: str, text: str) -> None:
        self._waiting[kind] = text
        if not self._later.isActive():
            passed = self._since.elapsed() if self._since.isValid() else EVERY
            self._later.start(max(EVERY - passed, 0))

    @Slot()
    def _speak(self) -> None:
        parts = [self._waiting[kind] for kind in ("scene", "verdict", "word", "step", "end") if kind in self._waiting]
        self._waiting = {}
        if not parts:
            return
        self._since.restart()
        self.text = ". ".join(part.rstrip(".") for part in parts)
        self._place.setAccessibleDescription(self.text)
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self._place, self.text))
        self.said.emit(self.text)

    def stop(self) -> None:
        """Say nothing more."""
        self._later.stop()
