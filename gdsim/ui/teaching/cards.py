"""What a scene names beside the plots, as cards for the back row: readings, update, diagnosis, data, a script."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QLabel,
    QPlainTextEdit,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from gdsim.core.anatomy import Anatomy
from gdsim.core.experiment import Experiment
from gdsim.core.landscapes import ModelLandscape
from gdsim.lessons.lesson import Setup
from gdsim.ui import style
from gdsim.ui.numbers import in_print, nice
from gdsim.ui.panels.diagnosis_panel import SIGNS
from gdsim.ui.panels.update_panel import printed
from gdsim.ui.plots.data_plot import DataPlot
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.readings import TONES, coordinates
from gdsim.ui.plots.style import PlotStyle
from gdsim.ui.stage import Pane
from gdsim.ui.teaching.room import height_of
from gdsim.ui.widgets import ElidedLabel, label

if TYPE_CHECKING:
    from gdsim.ui.main_window import MainWindow

READING, WORDS, SMALL, CODE = 34, 28, 25, 25
"""Pixels of the type at 1080 lines: numbers, sentences, what stands beside them, a script."""
SMALLEST, LARGE = 215, 290
"""Pixels of the plot of the data at least at 1080 lines, with curves below it and without."""


class Card(QFrame):
    """A card with a heading; the labels in it are sized together."""

    def __init__(self, title: str, unit: float) -> None:
        super().__init__()
        style.mark(self, "card", True)
        self.unit = unit
        self.setAccessibleName(title)
        self.column = QVBoxLayout(self)
        side = round(18 * unit)
        self.column.setContentsMargins(side, round(12 * unit), side, round(16 * unit))
        self.column.setSpacing(round(8 * unit))
        if title:
            self.column.addWidget(self.label(title, SMALL, "t2"))

    def label(self, text: str, size: int, tone: str = "t1", *, bold: bool = False, italic: bool = False) -> QLabel:
        """A label of ``size`` pixels at 1080 lines."""
        return label(text, tone, round(size * self.unit), bold=bold, italic=italic)

    def sentence(self, size: int, tone: str = "t1", *, bold: bool = False, italic: bool = False) -> QLabel:
        """One over several lines."""
        made = self.label("", size, tone, bold=bold, italic=italic)
        made.setWordWrap(True)
        self.column.addWidget(made)
        return made

    def draw(self, moment: Moment) -> None:
        """Show a frame: what must not lag."""

    def tell(self, moment: Moment, *, resting: bool) -> None:
        """Show what is read."""


class Readings(Card):
    """Step, loss, rate, slope and place of the selected run, and how it ended."""

    def __init__(self, unit: float) -> None:
        super().__init__("", unit)
        self.setAccessibleName("Readings")
        self._name = ElidedLabel("")
        self._name.setFont(style.font(round(WORDS * unit), QFont.Weight.DemiBold))
        self.column.addWidget(self._name)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(round(10 * unit))
        self._grid.setVerticalSpacing(round(2 * unit))
        self._grid.setColumnMinimumWidth(2, round(14 * unit))
        for column in (1, 4):
            self._grid.setColumnStretch(column, 1)
        self.column.addLayout(self._grid)
        self._outcome = self.sentence(WORDS, bold=True)
        self._values: dict[str, QLabel] = {}

    def draw(self, moment: Moment) -> None:
        """The numbers at the cursor."""
        index = moment.selected
        run = moment.trajectory.runs[index]
        row = min(moment.cursor, run.last)
        if row < 0:
            return
        at = run.at(row)
        rate = run.at(run.known(row - 1)).lr if math.isnan(at.lr) and row > 0 else at.lr
        found = {"step": f"{row:,}", "η": nice(rate, 3), "L": brief(at.loss), "|g|": brief(at.grad_norm)}
        if run.dim == 2:
            names = moment.experiment.landscape.axes
            found |= dict(zip(names, places([float(v) for v in at.theta]), strict=True))
        else:
            found["|θ|"] = brief(math.sqrt(sum(float(v) ** 2 for v in at.theta)))
        if list(found) != list(self._values):
            self._lay_out(list(found))
        for name, text in found.items():
            if self._values[name].text() != text:
                self._values[name].setText(text)
                self._values[name].setAccessibleName(f"{name} {text}")
        self._name.set_text(run.label)
        outcome = run.outcome if row >= run.last else None
        text = ""
        if outcome is not None:
            text = f"{outcome.kind} at step {outcome.step:,}" if outcome.kind == "diverged" else outcome.kind
            style.mark(self._outcome, "tone", TONES.get(outcome.kind, "t1"))
        self._outcome.setText(text)
        self._outcome.setVisible(bool(text))

    def _lay_out(self, names: list[str]) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        self._values = {}
        for row, name in enumerate(names):
            self._values[name] = value = self.label("", READING, bold=True)
            value.setAlignment(Qt.AlignmentFlag.AlignRight)
            line, side = divmod(row, 2)
            self._grid.addWidget(self.label(name, READING, "t2", italic=name != "step"), line, 3 * side)
            self._grid.addWidget(value, line, 3 * side + 1)


class Update(Card):
    """The update that follows, as a formula with symbols and with numbers."""

    def __init__(self, unit: float, window: MainWindow) -> None:
        super().__init__("This update", unit)
        self._window = window
        self._formula = self.sentence(WORDS + 2, italic=True)
        self._numbers = self.sentence(WORDS)

    def tell(self, moment: Moment, *, resting: bool) -> None:
        """Take the update apart; while marbles roll only where that is quick."""
        found = self._window.stage.landscape.arrows.insight.at(moment, hurried=not resting)
        if found is None:
            return
        said = (found.formula, printed(found.numbers(0))) if isinstance(found, Anatomy) else ("", found.reason)
        for part, text in zip((self._formula, self._numbers), said, strict=True):
            part.setVisible(bool(text))
            if part.text() != text:
                part.setText(text)


class Diagnosis(Card):
    """What the selected run is doing: the headline, and the first sentence that shows it."""

    def __init__(self, unit: float, window: MainWindow) -> None:
        super().__init__("Diagnosis", unit)
        self._window = window
        self._headline = self.sentence(WORDS + 4, bold=True)
        self._evidence = self.sentence(WORDS)
        window.diagnosis.watch(True)

    def tell(self, moment: Moment, *, resting: bool) -> None:
        """Show the verdict as soon as it is known."""
        found = self._window.diagnosis.found(moment.selected)
        headline, evidence, tone = "…", "", "t2"
        if found:
            headline, tone = in_print(found[0].headline), SIGNS[found[0].kind][1]
            evidence = in_print(found[0].evidence[0]) if found[0].evidence else ""
        style.mark(self._headline, "tone", tone)
        for part, text in ((self._headline, headline), (self._evidence, evidence)):
            if part.text() != text:
                part.setText(text)
        self._evidence.setVisible(bool(evidence))


class Data(Card):
    """The examples, and what the model makes of them."""

    def __init__(self, unit: float, plot_style: PlotStyle, height: int) -> None:
        super().__init__("", unit)
        self.setAccessibleName("Data")
        self.plot = DataPlot(plot_style)
        self.pane = Pane(self.plot, "Data")
        self.pane.setBackgroundBrush(style.color("bg1"))
        self.pane.setMinimumHeight(round(height * unit))
        inside = round(6 * unit)
        self.column.setContentsMargins(inside, inside, inside, inside)
        self.column.addWidget(self.pane, 1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)

    def draw(self, moment: Moment) -> None:
        """The data at the cursor."""
        seen = isinstance(moment.experiment.landscape, ModelLandscape)
        self.pane.setVisible(seen)
        if seen:
            self.plot.draw(moment)


class Code(Card):
    """The experiment as a script."""

    def __init__(self, unit: float, kind: str) -> None:
        super().__init__("PyTorch" if kind == "pytorch" else "NumPy", unit)
        self._kind = kind
        self._shown: Experiment | None = None
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setAccessibleName("Script")
        self.text.setFrameShape(QFrame.Shape.NoFrame)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPixelSize(round(CODE * unit))
        self.text.setFont(font)
        self.text.setMinimumHeight(round(200 * unit))
        self.column.addWidget(self.text, 1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)

    def tell(self, moment: Moment, *, resting: bool) -> None:
        """Write the script anew where the document is another one."""
        if moment.experiment is self._shown:
            return
        self._shown = moment.experiment
        from gdsim.core.numpy_code import numpy_script
        from gdsim.core.pytorch_code import torch_script

        try:
            text = (torch_script if self._kind == "pytorch" else numpy_script)(moment.experiment)
        except ValueError as refusal:
            text = f"# There is no script of this experiment: {refusal}"
        self.text.setPlainText(text)


class Cards(QScrollArea):
    """The column of cards that a setup names."""

    def __init__(self, window: MainWindow, setup: Setup, plot_style: PlotStyle, unit: float) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Beside the plots")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        style.mark(self, "ringed", True)
        self._window = window
        self.cards = list(_made(window, setup, plot_style, unit))
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(round(10 * unit))
        style.panel(body)
        for card in self.cards:
            column.addWidget(card)
        if not any(isinstance(card, (Data, Code)) for card in self.cards):
            column.addStretch(1)
        self.setWidget(body)
        self.setMinimumHeight(round(80 * unit))

    @property
    def wide(self) -> bool:
        """Whether there is a script among them."""
        return any(isinstance(card, Code) for card in self.cards)

    @property
    def reads(self) -> bool:
        """Whether step and rate stand on one of them."""
        return any(isinstance(card, Readings) for card in self.cards)

    def wanted(self, width: int) -> int:
        """The height that all of them need in a column of ``width`` pixels."""
        return height_of(self.widget(), width - 4) + 6

    def have(self, height: int) -> None:
        """Be told how high the column is: where all fits nothing scrolls."""
        over = self.wanted(self.width()) > height
        policy = Qt.ScrollBarPolicy.ScrollBarAsNeeded if over else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.setVerticalScrollBarPolicy(policy)

    def draw(self, moment: Moment) -> None:
        """Show a frame."""
        for card in self.cards:
            card.draw(moment)

    def tell(self, moment: Moment, *, resting: bool) -> None:
        """Show what is read."""
        for card in self.cards:
            card.tell(moment, resting=resting)

    def let_go(self) -> None:
        """Nobody looks any more."""
        if any(isinstance(card, Diagnosis) for card in self.cards):
            self._window.diagnosis.watch(False)


def brief(value: float) -> str:
    """``value`` with four digits, or with two where a power of ten takes the room."""
    text = nice(value)
    return nice(value, 3) if "×" in text else text


def places(theta: list[float]) -> list[str]:
    """Two coordinates, no wider than there is room for."""
    texts = coordinates(theta)
    return [brief(value) for value in theta] if any("×" in text or len(text) > 8 for text in texts) else texts


def _made(window: MainWindow, setup: Setup, plot_style: PlotStyle, unit: float) -> list[Card]:
    made: list[Card] = []
    for name in setup.docks:
        if name in window.arrangement.barred:
            continue
        if name == "readings":
            made.append(Readings(unit))
        elif name == "update":
            made.append(Update(unit, window))
        elif name == "diagnosis":
            made.append(Diagnosis(unit, window))
        elif name == "data" and isinstance(setup.experiment.landscape, ModelLandscape):
            alone = not {"loss", "rate"} & set(setup.plots)
            made.append(Data(unit, plot_style, LARGE if alone else SMALLEST))
    if setup.code:
        made.append(Code(unit, setup.code))
    return made
