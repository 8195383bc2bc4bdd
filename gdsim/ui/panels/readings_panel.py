"""Every number of the step that is looked at, run by run."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QMouseEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from gdsim.core.outcome import Outcome
from gdsim.core.trajectory import RunTrajectory
from gdsim.session.session import Session
from gdsim.ui import style
from gdsim.ui.numbers import aligned, in_print, nice
from gdsim.ui.plots.readings import TONES
from gdsim.ui.widgets import ElidedLabel, RunSwatch, label

READINGS = (
    ("loss", "L", "The loss at the marble: how high it stands."),
    ("gradient norm", "|g|", "Length of the gradient, before clipping: how steep the ground is under the marble."),
    ("learning rate", "η", "The learning rate of the next update, as the schedule gives it."),
    ("first parameter", "x", "Where the marble is."),
    ("second parameter", "y", "Where the marble is."),
)


class ReadingsPanel(QScrollArea):
    """A card for each run."""

    run_clicked = Signal(int)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._cards: list[_Card] = []
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName("Readings")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # the arrow keys scroll
        style.mark(self, "ringed", True)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        body = QWidget()
        style.panel(body)
        self._column = QVBoxLayout(body)
        self._column.setContentsMargins(8, 4, 8, 10)
        self._column.setSpacing(8)
        self._column.addStretch(1)
        self.setWidget(body)

    def stops(self) -> list[QWidget]:
        """What the Tab key visits: the panel, to scroll it."""
        return [self]

    def show_document(self) -> None:
        """Have a card for each run of the experiment."""
        experiment = self._session.experiment
        while len(self._cards) > len(experiment.runs):
            self._cards.pop().deleteLater()
        while len(self._cards) < len(experiment.runs):
            card = _Card(len(self._cards))
            card.clicked.connect(self.run_clicked)
            self._column.insertWidget(len(self._cards), card)
            self._cards.append(card)
        for index, (card, name) in enumerate(zip(self._cards, experiment.labels(), strict=True)):
            card.show_run(name, experiment.color(index), experiment.runs[index].hidden, experiment.landscape.axes)
        self.show_selection()

    def show_selection(self) -> None:
        """Lift out the selected run."""
        for index, card in enumerate(self._cards):
            card.set_selected(index == self._session.selected)

    def update_readings(self) -> None:
        """Show the numbers at the cursor."""
        cursor = self._session.cursor
        for index, (card, run) in enumerate(zip(self._cards, self._session.trajectory.runs, strict=False)):
            failure = self._session.failures.get(index)
            card.show_numbers(run, min(cursor, run.last), cursor, failure)


class _Card(QFrame):
    clicked = Signal(int)

    def __init__(self, index: int) -> None:
        super().__init__()
        self._index = index
        style.mark(self, "card", True)
        self._swatch = RunSwatch(style.current().run(index))
        self._name = ElidedLabel("", "t1")
        self._step = label("", "t2")
        self._outcome = label("")
        self._why = label("", "t2")
        self._why.setWordWrap(True)
        self._why.setFont(style.font(12))
        self._said = ("", "")
        self._values: list[QLabel] = []
        self._symbols: list[QLabel] = []
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._swatch)
        head.addWidget(self._name, 1)
        head.addWidget(self._step)
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(2)
        for index, (name, symbol, meaning) in enumerate(READINGS):
            title = label(symbol, "t2", italic=True)
            value = label("")
            value.setAlignment(Qt.AlignmentFlag.AlignRight)
            value.setFont(style.font(13))
            for widget in (title, value):
                widget.setToolTip(f"<b>{symbol} {name}</b><br>{meaning}")
            row, side = divmod(index + (index > 2), 2)  # the rate has a row for itself
            grid.addWidget(title, row, 3 * side)
            grid.addWidget(value, row, 3 * side + 1)
            self._values.append(value)
            self._symbols.append(title)
        grid.setColumnMinimumWidth(2, 14)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(4, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 6, 10, 8)
        column.setSpacing(4)
        column.addLayout(head)
        column.addLayout(grid)
        column.addWidget(self._outcome)
        column.addWidget(self._why)

    def show_run(self, name: str, color: int, hidden: bool, axes: tuple[str, str]) -> None:
        for symbol, axis in zip(self._symbols[-2:], axes, strict=True):
            symbol.setText(axis)
        self._name.set_text(name)
        self._swatch.set_style(style.current().run(color), faded=hidden)
        self.setAccessibleName(f"Readings of {name}")

    def set_selected(self, selected: bool) -> None:
        style.mark(self, "selected", selected)
        self._name.setFont(style.font(13, QFont.Weight.DemiBold if selected else QFont.Weight.Normal))

    def show_numbers(self, run: RunTrajectory, row: int, cursor: int, failure: str | None) -> None:
        if row < 0:
            texts = [""] * len(READINGS)
        else:
            rate = run.lr[row]
            if np.isnan(rate) and row > 0:
                rate = run.lr[row - 1]
            theta = _coordinates([float(v) for v in run.theta[row][:2]])
            texts = [nice(float(run.loss[row])), nice(float(run.grad_norm[row])), nice(float(rate)), *theta]
        for value, text in zip(self._values, texts, strict=True):
            if value.text() != text:
                value.setText(text)
        self._step.setText(f"ended at {row:,}" if 0 <= row < cursor else f"step {max(row, 0):,}")
        self._show_outcome(run.outcome, failure, ahead=row < run.last)

    def _show_outcome(self, outcome: Outcome | None, failure: str | None, *, ahead: bool) -> None:
        if failure is not None:
            kind, text, why = "failed", "failed", failure
        elif outcome is None:
            kind, text, why = "", "computing …", ""
        else:
            kind, why = outcome.kind, outcome.why
            text = f"{kind} at step {outcome.step:,}" if kind in ("converged", "diverged") else kind
            if ahead:  # what has not been seen yet is not shouted out
                kind, text, why = "", f"in the end {text}", ""
        if self._said != (text, why):
            self._said = text, why
            self._outcome.setText(text)
            self._why.setText(in_print(why[:1].upper() + why[1:] + ("." if why else "")))
            self._why.setVisible(bool(why))
            style.mark(self._outcome, "tone", TONES.get(kind, "t2"))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.clicked.emit(self._index)
        super().mousePressEvent(event)


def _coordinates(theta: list[float]) -> list[str]:
    """Both with the same decimals, unless that would leave nothing of the smaller one."""
    texts = aligned(theta)
    return texts if not any("×" in text for text in texts) else [nice(value) for value in theta]
