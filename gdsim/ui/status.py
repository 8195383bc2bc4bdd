"""The status bar: what was just said, else what is going on with the selected run, and what the pointer reads."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtWidgets import QLabel, QSizePolicy

from gdsim.ui import style
from gdsim.ui.numbers import nice

if TYPE_CHECKING:
    from gdsim.ui.main_window import MainWindow

log = logging.getLogger(__name__)

MESSAGE_TIME = 6_000
"""Milliseconds that something said can be read."""
HEIGHT = 27
"""Pixels of the status bar, so that there is room for a recording's progress from the start."""


class Status(QObject):
    """What the status bar of a window says.

    Attributes:
        message: What was said, or the state of the selected run.
        hover: What the pointer reads.
        spoken: Runs while something that was said can be read.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.message, self.hover = QLabel(), QLabel()
        self.hover.setFont(style.font())
        self.message.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        bar = window.statusBar()
        bar.setSizeGripEnabled(False)
        bar.setMinimumHeight(HEIGHT)
        bar.setContentsMargins(8, 0, 12, 0)
        bar.addWidget(self.message, 1)
        bar.addPermanentWidget(self.hover)
        self.spoken = QTimer(self)
        self.spoken.setSingleShot(True)
        self.spoken.timeout.connect(self.show_state)

    def say(self, text: str) -> None:
        """Show a passing message."""
        self._tell(text, "t2")

    def warn(self, text: str) -> None:
        """Show what was refused, and why."""
        log.info("refused: %s", text)
        self._tell(text, "danger")

    def _tell(self, text: str, tone: str) -> None:
        self.message.setText(text)
        self.message.setToolTip(text)
        style.mark(self.message, "tone", tone)
        self.spoken.start(MESSAGE_TIME)

    def update_state(self) -> None:
        """Say what is going on, unless something that was said is still to be read."""
        if not self.spoken.isActive():
            self.show_state()

    @Slot()
    def forget(self) -> None:
        """What was said does not hold any more: it was of the document before."""
        if self.spoken.isActive():
            self.spoken.stop()
            self.show_state()

    @Slot()
    def show_state(self) -> None:
        """Say what is going on with the selected run."""
        session = self._window.session
        run = session.trajectory.runs[session.selected]
        name = session.experiment.labels()[session.selected]
        ahead = session.cursor < run.last
        text = f"{name}: {self._doing(run, ahead=ahead)}  ·  {self._extent()}"
        if run.stride > 1:
            text += f"  ·  thinned: one step in {run.stride:,} is kept, and all near the cursor"
        if self.message.text() != text:
            self.message.setText(text)
            self.message.setToolTip(run.outcome.why if run.outcome else "")
        bad = run.outcome is not None and run.outcome.kind == "diverged" and not ahead
        style.mark(self.message, "tone", "danger" if bad else "t2")

    def _doing(self, run: Any, *, ahead: bool) -> str:
        session = self._window.session
        if session.selected in session.failures:
            return "failed"
        if run.outcome is None:
            return "computing …" if session.foresight else "what comes is for you to predict"
        state = ("in the end " if ahead else "") + str(run.outcome.kind)
        if run.outcome.kind in ("converged", "diverged"):
            state += f" at step {run.outcome.step:,}"
        return state

    def _extent(self) -> str:
        """How far everything is computed."""
        session = self._window.session
        if not session.trajectory.ended:
            return f"computed to step {max(min(len(run) - 1 for run in session.trajectory.runs), 0):,}"
        last = max(session.last, 0)
        return f"all {last:,} steps computed" if last != 1 else "its one step is computed"

    @Slot(object)
    def show_hover(self, place: Any) -> None:
        """Say what lies under the pointer: x, y and the loss; None where nothing does."""
        if place is None:
            self.hover.setText("")
            return
        (x, y, loss), seen = place, self._window.stage.landscape.moment
        names = seen.section.names if seen is not None else self._window.session.experiment.landscape.axes
        what = "validation loss" if seen is not None and seen.section.surface == "validation" else "loss"
        self.hover.setText(f"{names[0]} {nice(x)}   {names[1]} {nice(y)}   {what} {nice(loss)}")
