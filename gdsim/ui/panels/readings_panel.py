"""Every number of the step that is looked at, run by run."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QMouseEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from gdsim.core.epochs import Stretch, examples_of, stretches
from gdsim.core.outcome import Outcome
from gdsim.core.section import section
from gdsim.core.trajectory import RunTrajectory
from gdsim.session.session import Session
from gdsim.ui import style
from gdsim.ui.numbers import in_print
from gdsim.ui.plots.readings import TONES, Fact, facts
from gdsim.ui.widgets import ElidedLabel, RunSwatch, label


class ReadingsPanel(QScrollArea):
    """A card for each run."""

    run_clicked = Signal(int)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._seen = True
        self._cards: list[_Card] = []
        self._parts: list[tuple[Stretch, ...]] = []
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
            run = experiment.runs[index]
            card.show_run(name, experiment.color(index), run.hidden or run.ghost)
        examples = examples_of(experiment)
        self._parts = [stretches(run, experiment.steps, examples) for run in experiment.runs]
        self.show_selection()

    def show_selection(self) -> None:
        """Lift out the selected run."""
        for index, card in enumerate(self._cards):
            card.set_selected(index == self._session.selected)

    def set_seen(self, seen: bool) -> None:
        """Be told whether anybody sees the panel: a tab behind another counts as visible with Qt."""
        self._seen = seen
        self.update_readings()

    def update_readings(self) -> None:
        """Show the numbers at the cursor; nothing is done where nobody sees them."""
        if not self._seen:
            return
        session = self._session
        cursor, experiment, runs = session.cursor, session.experiment, session.trajectory.runs
        cut = section(experiment, session.trajectory, cursor, session.selected)
        for index, (card, run, parts) in enumerate(zip(self._cards, runs, self._parts, strict=False)):
            row = min(cursor, run.last)
            card.show_facts(facts(experiment, cut, run, row, parts, chosen=index == session.selected))
            card.show_end(run, row, cursor, session.failures.get(index), foresight=session.foresight)


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
        self._shape: list[list[str]] = []
        self._values: list[QLabel] = []
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._swatch)
        head.addWidget(self._name, 1)
        head.addWidget(self._step)
        grid = self._grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(2)
        grid.setColumnMinimumWidth(2, 10)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(4, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 6, 10, 8)
        column.setSpacing(4)
        column.addLayout(head)
        column.addLayout(grid)
        column.addWidget(self._outcome)
        column.addWidget(self._why)

    def show_run(self, name: str, color: int, hidden: bool) -> None:
        self._name.set_text(name)
        self._swatch.set_style(style.current().run(color), faded=hidden)
        self.setAccessibleName(f"Readings of {name}")

    def set_selected(self, selected: bool) -> None:
        if selected == self.property("selected"):
            return
        style.mark(self, "selected", selected)
        self._name.setFont(style.font(13, QFont.Weight.DemiBold if selected else QFont.Weight.Normal))

    def show_facts(self, lines: list[list[Fact]]) -> None:
        shape = [[fact.name + fact.symbol for fact in line] for line in lines]
        if shape != self._shape:
            self._shape = shape
            self._lay_out(lines)
        for value, fact in zip(self._values, (fact for line in lines for fact in line), strict=True):
            if value.text() != fact.text:
                value.setText(fact.text)

    def _lay_out(self, lines: list[list[Fact]]) -> None:
        """Other labels, where there is other to be read."""
        while (item := self._grid.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        self._values = []
        for row, line in enumerate(lines):
            for side, fact in enumerate(line):
                title, value = label(fact.symbol, "t2", italic=True), label("")
                value.setAlignment(Qt.AlignmentFlag.AlignRight)
                value.setFont(style.font(13))
                for widget in (title, value):
                    widget.setToolTip(f"<b>{fact.symbol} {fact.name}</b><br>{fact.meaning}")
                cells = ((0, 2), (2, 3)) if fact.wide else ((3 * side, 1), (3 * side + 1, 1))
                for widget, (column, span) in zip((title, value), cells, strict=True):
                    self._grid.addWidget(widget, row, column, 1, span)
                self._values.append(value)

    def show_end(
        self, run: RunTrajectory, row: int, cursor: int, failure: str | None, *, foresight: bool = True
    ) -> None:
        self._step.setText(f"ended at {row:,}" if 0 <= row < cursor else f"step {max(row, 0):,}")
        self._show_outcome(
            run.outcome, failure, ahead=row < run.last, waits="computing …" if foresight else "under way"
        )

    def _show_outcome(self, outcome: Outcome | None, failure: str | None, *, ahead: bool, waits: str) -> None:
        if failure is not None:
            kind, text, why = "failed", "failed", failure
        elif outcome is None:
            kind, text, why = "", waits, ""
        else:
            kind, why = outcome.kind, outcome.why
            text = f"{kind} at step {outcome.step:,}" if kind in ("converged", "diverged") else kind
            if outcome.overfits is not None:
                kind, text = "over-fitting", f"{text}, over-fitting"
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
