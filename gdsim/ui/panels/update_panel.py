"""The update at the cursor taken apart, and the ground under it: a row for each number, a sentence for each row."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QAction,
    QFont,
    QFontMetricsF,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QStaticText,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QListView,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from gdsim.core.anatomy import Anatomy, Term
from gdsim.core.optimizers import Optimizer
from gdsim.core.schedules import Schedule
from gdsim.core.stability import EXACT, Edge, Facts, edge_at
from gdsim.core.trajectory import RunTrajectory
from gdsim.ui import style
from gdsim.ui.numbers import added, full, in_print, nice, short
from gdsim.ui.plots.arrows import TOKENS, Insight, Magnify
from gdsim.ui.plots.ellipse import Curvature
from gdsim.ui.plots.moment import Moment
from gdsim.ui.widgets import ChoiceBox, label

ROW, HEAD = 17, 20
CHIP, SYMBOL, NUMBER, GAP = 18.0, 32.0, 46.0, 8.0
"""Pixels across: the arrow before a row, its symbol, one number at least, the space before it."""
FACTS = 3
"""Lines of facts, two on each."""
NUMBER_SIZE = 12
LEAST_WIDTH = 214
PENDING = "…"
"""Stands for a number that waits until the marble rests."""
NEAR = 0.9
"""Part of the largest stable rate from which on it is said to be near."""
MAGNIFY: tuple[Magnify, ...] = ("1×", "5×", "fit")
SUMMED = ("theta", "step", "theta_new")


@dataclass(frozen=True)
class Row:
    """One row of the list.

    Attributes:
        key: The term's, or "fact:" and a name; "" for a heading.
        symbol: In italics.
        name: What it is called.
        brief: The same where there is little room; of a heading its titles, of which the first that fits is shown.
        numbers: One for each column, or a single one for both.
        token: The colour of its chip; "" for none.
        arrow: Whether the chip is an arrow.
        tone: Of the numbers.
        sentence: What it is; asked when it is selected.
    """

    key: str
    symbol: str
    name: str = ""
    numbers: tuple[str, ...] = ()
    brief: str | tuple[str, ...] = ""
    token: str = ""
    arrow: bool = False
    tone: str = "t1"
    sentence: Any = ""

    @property
    def looks(self) -> tuple[object, ...]:
        """What is painted of it."""
        return self.symbol, self.brief, self.numbers, self.token, self.arrow, self.tone

    @property
    def words(self) -> str:
        """The row as a line of text."""
        return " ".join(part for part in (self.symbol, self.name, *self.numbers) if part)

    @property
    def said(self) -> str:
        """The sentence as it is printed."""
        return printed(self.sentence() if callable(self.sentence) else self.sentence)

    @property
    def tip(self) -> str:
        """What it is and what it says, as rich text."""
        title = html.escape(f"{self.symbol}  {self.name}".strip())
        return f"<b>{title}</b><br>{html.escape(self.said)}"


class UpdatePanel(QWidget):
    """This update, and below it the local facts.

    Signals:
        term_selected: The key of the selected term; None where there is none.
        magnify_changed: How long the arrows are drawn.
        limit_changed: The largest stable rate as the slider of the learning rate shows it; None where there is none.
        wanted: The panel has come into sight and wants to be filled.
    """

    term_selected = Signal(object)
    magnify_changed = Signal(str)
    limit_changed = Signal(object)
    wanted = Signal()

    def __init__(self, insight: Insight, curvature: Curvature, arrows: QAction, ellipse: QAction) -> None:
        super().__init__()
        self._insight, self._curvature = insight, curvature
        self.seen = False
        self._parameter = 0
        self._names: tuple[str, ...] = ()
        self._moment: Moment | None = None
        self._shown: tuple[object, ...] = ()
        self._edge: Edge | None = None
        self._limit: float | None = None
        style.panel(self)
        self._formula = _Held("t1", 14, italic=True)
        self._numbers = _Held("t2", 12)
        self._chooser = ChoiceBox()
        self._chooser.setAccessibleName("Parameter")
        self._chooser.setToolTip("Whose numbers are put into the formula; of many parameters also those in the rows.")
        self._chooser.currentIndexChanged.connect(self._choose)
        self._arrows = _switch("arrows", arrows)
        self._ellipse = _switch("ellipse", ellipse)
        self._magnify = ChoiceBox()
        self._magnify.addItems(list(MAGNIFY))
        self._magnify.setAccessibleName("Length of the arrows")
        self._magnify.setToolTip(
            "<b>Length of the arrows</b><br>1×: as long as the step is on the landscape. 5×: five times that. "
            "fit: as long as there is room for; the factor stands at the step. A dashed arrow is longer than drawn."
        )
        self._magnify.currentTextChanged.connect(self.magnify_changed)
        self.setMinimumWidth(LEAST_WIDTH)
        self.model = RowModel()
        self.list = RowList(self.model)
        self.facts = FactList(RowModel())
        self.lists = (self.list, self.facts)
        for rows in self.lists:
            rows.selectionModel().currentChanged.connect(self._selected)
        self._sentence = _Held("t2", 12, rich=True)
        self._said = ""
        self._lay_out()

    def _lay_out(self) -> None:
        switches = QHBoxLayout()
        switches.setSpacing(6)
        self._magnify.setFixedWidth(54)
        for widget in (self._arrows, self._magnify):
            switches.addWidget(widget)
        switches.addStretch(1)
        switches.addWidget(self._ellipse)
        put_in = QHBoxLayout()
        put_in.setSpacing(8)
        self._chooser.setFixedWidth(54)
        put_in.addWidget(self._chooser, 0, Qt.AlignmentFlag.AlignTop)
        put_in.addWidget(self._numbers, 1, Qt.AlignmentFlag.AlignTop)
        divider = QFrame()
        divider.setFixedHeight(1)
        style.mark(divider, "divider", True)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 5, 6, 6)
        column.setSpacing(3)
        column.addLayout(switches)
        column.addWidget(self._formula)
        column.addLayout(put_in)
        column.addWidget(self.list, 1)
        heading = label("Local facts", bold=True)
        heading.setFont(style.font(12, QFont.Weight.DemiBold))
        heading.setContentsMargins(4, 1, 0, 0)
        heading.setToolTip(
            "How the ground bends at the marble, and how fast it may go there. Point at one to read more."
        )
        column.addWidget(heading)
        column.addWidget(self.facts)
        column.addWidget(divider)
        column.addWidget(self._sentence)

    def stops(self) -> list[QWidget]:
        """What the Tab key visits, in order."""
        return [self._arrows, self._magnify, self._ellipse, self._chooser, *self.lists]

    def set_magnify(self, magnify: str) -> None:
        """Choose how long the arrows are."""
        self._magnify.setCurrentText(magnify if magnify in MAGNIFY else "fit")

    @property
    def edge(self) -> Edge | None:
        """The largest stable rate at the cursor; None where it is not known now."""
        return self._edge

    @property
    def rows(self) -> list[Row]:
        """The rows that are shown."""
        return [*self.model.rows, *self.facts.rows]

    @property
    def sentence(self) -> str:
        """What is said below the rows."""
        return self._said

    @property
    def formula(self) -> tuple[str, str]:
        """The formula, and the same with numbers."""
        return self._formula.text(), self._numbers.text()

    # Showing

    def forget(self) -> None:
        """Show everything anew at the next update: another document, run or theme."""
        self._shown = ()

    def update_rows(self, moment: Moment, *, resting: bool) -> None:
        """Show the update that follows the row at the cursor, and mark the largest stable rate."""
        self._moment = moment
        index = moment.selected
        if not 0 <= index < len(moment.trajectory.runs) or not len(moment.trajectory.runs[index]):
            return
        run = moment.trajectory.runs[index]
        step = moment.step_of(index)
        key = (moment.experiment, run, run.generation, step, resting)
        if self._shown and key[1] is self._shown[1] and key == self._shown[:5] and self._shown[5] is self.seen:
            return
        self._shown = (*key, self.seen)
        edge = self._find_edge(moment, step, resting)
        if not self.seen:
            return
        found = self._insight.at(moment, hurried=not resting)
        ground = self._curvature.at(moment, hurried=not resting)
        if isinstance(found, Anatomy):
            self._show_formula(found)
        rows = [Row("", "", f"step {step:,}", numbers=self._heads(moment), brief=_titles(step))]
        if isinstance(found, Anatomy):
            rows += self._terms(found)
        elif found is None:
            rows += [_pending(row) for row in self.model.rows if row.key]
        else:
            self._show_none(found.reason)
            rows[0] = Row("", "", f"step {step:,}", numbers=rows[0].numbers, brief=(f"step {step:,}", f"{step:,}"))
        self.list.make_room(rows)
        self.model.show(rows)
        self.facts.model_of_rows.show(self._facts(moment, ground, edge, step))
        self._say()

    def _heads(self, moment: Moment) -> tuple[str, ...]:
        landscape = moment.experiment.landscape
        if landscape.dim == 2:
            return tuple(landscape.axes)
        return ("norm", self._names[self._parameter] if self._parameter < len(self._names) else "")

    def _show_formula(self, found: Anatomy) -> None:
        if found.names != self._names:
            self._names = found.names
            self._parameter = min(self._parameter, len(self._names) - 1)
            self._chooser.blockSignals(True)
            self._chooser.clear()
            self._chooser.addItems(list(self._names))
            self._chooser.setCurrentIndex(self._parameter)
            self._chooser.setFixedWidth(54 if len(self._names) == 2 else 84)
            self._chooser.setVisible(bool(self._names))  # where no update follows there is nothing to choose
            self._chooser.blockSignals(False)
        if self._formula.text() != found.formula:
            self._formula.let_go()
            self.list.column = NUMBER
            self._numbers.let_go()
            self._formula.set_text(found.formula)
        self._numbers.set_text(printed(found.numbers(self._parameter)))

    def _show_none(self, reason: str) -> None:
        self._formula.set_text("")
        self._numbers.set_text(reason)

    def _terms(self, found: Anatomy) -> list[Row]:
        """A row for each term; numbers that are added share their decimals as long as they have their digits then."""
        summed = [term for term in found.terms if term.adds or term.key in SUMMED]
        columns = [added(values) for values in zip(*(self._values(term) for term in summed), strict=True)]
        written = {term.key: numbers for term, numbers in zip(summed, zip(*columns, strict=True), strict=True)}
        return [
            Row(
                term.key, term.symbol, term.name, written.get(term.key) or self._written(term), term.brief,
                TOKENS[term.role], term.arrow, sentence=lambda term=term: term.sentence,
            )
            for term in found.terms
        ]  # fmt: skip

    def _values(self, term: Term) -> tuple[float, ...]:
        values = term.values
        if values is None:
            return (float(term.scalar or 0.0),)
        if len(values) == 2:
            return float(values[0]), float(values[1])
        with np.errstate(all="ignore"):
            return float(np.linalg.norm(values)), float(values[self._parameter])

    def _written(self, term: Term) -> tuple[str, ...]:
        values = self._values(term)
        return (short(values[0]),) if term.values is None else tuple(full(value) for value in values)

    # The ground

    def _find_edge(self, moment: Moment, step: int, resting: bool) -> Edge | None:
        """The largest stable rate here, and where that is on the slider; costly ones wait until everything rests."""
        index, dim = moment.selected, moment.experiment.landscape.dim
        run = moment.trajectory.runs[index]
        found: Edge | None = None
        if np.isfinite(run.at(step).theta).all() and (resting or dim <= EXACT):
            near = self._insight.at(moment, hurried=not resting)
            if near is not None:
                found = edge_at(moment.experiment, index, run, step, self._insight.anatomist)
        elif not np.isfinite(run.at(step).theta).all():
            found = Edge(None, "The marble is nowhere: its place is not finite.")
        self._edge = found
        settings = moment.experiment.runs[index].settings_at(step)
        limit = on_slider(found, settings.optimizer, settings.schedule, _rate(run, step))
        if found is not None and limit != self._limit:
            self._limit = limit
            self.limit_changed.emit(limit)
        return found

    def _facts(self, moment: Moment, ground: Facts | None, edge: Edge | None, step: int) -> list[Row]:
        run = moment.trajectory.runs[moment.selected]
        rate, finite = _rate(run, step), bool(np.isfinite(run.at(step).theta).all())
        rows = _ground_rows(ground, self._names or tuple(moment.experiment.landscape.axes), finite)
        return rows + _edge_rows(edge, rate)

    # Selecting

    @Slot(QModelIndex, QModelIndex)
    def _selected(self, now: QModelIndex, before: QModelIndex) -> None:
        if now.isValid():  # there is one selected row in both lists together
            for rows in self.lists:
                if rows.selectionModel() is not self.sender():
                    rows.setCurrentIndex(QModelIndex())
        self._sentence.let_go()
        self._say()
        key = self.selected_key
        self.term_selected.emit(key if key and not key.startswith("fact:") else None)

    @property
    def selected_key(self) -> str | None:
        """The key of the selected row."""
        return next((row.key for rows in self.lists if (row := rows.current) is not None), None)

    def select(self, key: str | None) -> None:
        """Select the row of a term, or none."""
        for rows in self.lists:
            rows.select(key)

    def _say(self) -> None:
        """Explain the selected row; the step where none is."""
        wanted = self.selected_key or "step"
        row = next((row for row in self.rows if row.key == wanted), None)
        if row is None:
            self._said = ""
            self._sentence.set_text("")
            return
        self._said = row.said
        tone = style.current().t1
        title = html.escape(f"{row.symbol}  {row.name}".strip())
        self._sentence.set_text(f'<b style="color:{tone}">{title}</b>&nbsp; {html.escape(self._said)}')

    @Slot(int)
    def _choose(self, index: int) -> None:
        self._parameter = max(index, 0)
        self._numbers.let_go()
        self.forget()
        self.wanted.emit()

    def set_seen(self, seen: bool) -> None:
        """Be told whether anybody sees the panel: a tab behind another counts as visible with Qt."""
        if seen != self.seen:
            self.seen = seen
            self.forget()
            if seen:
                self.wanted.emit()


def _rate(run: RunTrajectory, step: int) -> float:
    """The rate of the update at ``step``; after the last one that of the last."""
    rate = run.at(step).lr
    return rate if math.isfinite(rate) or step == 0 else run.at(run.known(step - 1)).lr


def printed(text: str) -> str:
    """A sentence of the core with its numbers as they are printed: 6.745e4 becomes 6.745×10⁴."""
    return in_print(re.sub(r"(?<=\d)e(−?)(\d)", lambda found: f"e{'-' if found[1] else '+'}{found[2]}", text))


def on_slider(edge: Edge | None, optimizer: Optimizer, schedule: Schedule, rate: float) -> float | None:
    """Where the slider of the learning rate has to stand for the schedule to give the largest stable rate now.

    Args:
        edge: The largest stable rate.
        optimizer: Whose rate the slider sets.
        schedule: What makes the rate in force of it.
        rate: The rate in force.

    Returns:
        None where there is no edge, or where the slider does not matter: some schedules set the rate themselves.
    """
    base = optimizer.rate
    if edge is None or edge.rate is None or not (math.isfinite(rate) and rate > 0.0 and base > 0.0):
        return None
    if schedule.known_ahead:
        try:
            once, twice = schedule.rate(1, base), schedule.rate(1, 2.0 * base)
        except (OverflowError, ZeroDivisionError, ValueError):
            return None
        if not math.isclose(twice, 2.0 * once, rel_tol=1e-6):
            return None
    found = edge.rate * base / rate
    return found if math.isfinite(found) else None


def _titles(step: int) -> tuple[str, ...]:
    """Which update it is, in the order of how much room that takes: a number of a step is never cut."""
    way = f"{step:,} → {step + 1:,}"
    return f"step {way}", way, f"step {step:,}", f"{step:,}"


def _ground_rows(ground: Facts | None, names: tuple[str, ...], finite: bool) -> list[Row]:
    """Slope and curvature; as many rows as there would be with numbers, so that nothing jumps."""
    why = "Known as soon as the marble rests." if finite else "The marble is nowhere: its place is not finite."
    norm, top, condition, least = (PENDING if finite else "–",) * 4
    said = {"norm": why, "top": why, "condition": why, "least": why}
    if ground is not None:
        said = dict.fromkeys(said, ground.why)
        said["norm"] = "How steep the loss on all examples is here; 0 at a minimum, at a saddle and on a plateau."
        norm, top, condition, least = full(ground.gradient_norm), full(ground.sharpness), "–", "–"
        if ground.eigenvalues is not None and ground.directions is not None:
            condition, said["condition"] = condition_of(ground)
            top, least = full(float(ground.eigenvalues[-1])), full(float(ground.eigenvalues[0]))
            said["top"], said["least"] = (_bend(ground, place, names) for place in (-1, 0))
    return [
        Row("fact:norm", "‖∇L‖", "gradient norm", (norm,), "slope", sentence=said["norm"]),
        Row("fact:condition", "κ", "condition number", (condition,), "condition", sentence=said["condition"]),
        Row("fact:top", "λ₁", "largest curvature", (top,), "largest", sentence=said["top"]),
        Row("fact:least", f"λ{_below(len(names))}", "smallest curvature", (least,), "smallest",
            sentence=said["least"]),
    ]  # fmt: skip


def condition_of(ground: Facts) -> tuple[str, str]:
    """The condition number and what it means; none where the ground is no bowl, and why."""
    assert ground.eigenvalues is not None
    low, high = float(ground.eigenvalues[0]), float(ground.eigenvalues[-1])
    if low < 0.0:
        where = "on a saddle" if high > 0.0 else "where the ground bends downward"
        by_size = f" By size the curvatures differ by a factor of {nice(ground.condition)}."
        return "–", f"There is none {where}: it compares curvatures of a bowl." + (
            by_size if math.isfinite(ground.condition) else ""
        )
    if not math.isfinite(ground.condition):
        return "–", f"It is not known here, or without bounds. {ground.why}"
    return full(ground.condition), (
        "The largest curvature over the smallest. Plain descent takes about so many steps to shrink the error: a rate "
        "that the steep direction bears is too low for the flat one."
    )


def _bend(ground: Facts, place: int, names: tuple[str, ...]) -> str:
    """What the largest or smallest curvature says."""
    assert ground.eigenvalues is not None and ground.directions is not None  # noqa: PT018
    value, word = float(ground.eigenvalues[place]), "largest" if place else "smallest"
    bends = "upward" if value > 0.0 else "downward" if value < 0.0 else "not at all"
    along = _along(ground.directions[:, place], names)
    return f"The {word} eigenvalue of the Hessian: along {along} the ground bends {bends}. {ground.why}"


def _along(way: Any, names: tuple[str, ...]) -> str:
    """A direction in words: its numbers of two parameters, of many the one it mostly goes along."""
    if len(way) == 2:
        sign = -1.0 if way[0] < 0.0 else 1.0
        return f"({nice(sign * float(way[0]), 2)}, {nice(sign * float(way[1]), 2)})"
    top = int(np.argmax(np.abs(way)))
    return names[top] if top < len(names) else f"θ{_below(top + 1)}"


def _below(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def _edge_rows(edge: Edge | None, rate: float) -> list[Row]:
    if edge is None:
        limit, share, tone, why = PENDING, PENDING, "t2", "Known as soon as the marble rests."
    else:
        why = edge.why
        limit, share, tone = full(edge.rate) if edge.rate is not None else "none", "–", "t1"
        if edge.rate and math.isfinite(rate):
            part = rate / edge.rate
            share, tone = nice(part, 3), tone_of(part)
            where = "above it: steps grow along the steepest direction" if part > 1.0 else "below it"
            why = f"{why} η = {short(rate)} is {nice(part, 2)} of it, {where}."
    return [
        Row("fact:edge", "η*", "largest stable rate", (limit,), "stable to", sentence=why),
        Row("fact:share", "η/η*", "rate in force over the largest stable one", (share,), "now", tone=tone,
            sentence=why),
    ]  # fmt: skip


def tone_of(part: float) -> str:
    """How a rate is shown that is ``part`` of the largest stable one."""
    return "danger" if part > 1.0 else "warn" if part >= NEAR else "good"


def _pending(row: Row) -> Row:
    numbers = tuple(PENDING for _ in row.numbers)
    return Row(
        row.key, row.symbol, row.name, numbers, row.brief, row.token, row.arrow, sentence="Known as soon as it rests."
    )


def _switch(text: str, action: QAction) -> QCheckBox:
    """A box that does what the action does."""
    box = QCheckBox(text)
    box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    box.setChecked(action.isChecked())
    box.setToolTip(action.toolTip())
    box.toggled.connect(action.setChecked)
    action.toggled.connect(box.setChecked)
    return box


class _Held(QWidget):
    """Words over several lines that keep the height they once needed, so that nothing below them jumps.

    A QLabel would have the whole window laid out anew at every text.
    """

    def __init__(self, tone: str, size: int, *, italic: bool = False, rich: bool = False) -> None:
        super().__init__()
        self._tone, self._rich, self._text = tone, rich, ""
        self._words = QStaticText()
        self._words.setTextFormat(Qt.TextFormat.RichText if rich else Qt.TextFormat.PlainText)
        self.setFont(style.font(size, italic=italic))
        self.setMinimumWidth(40)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)

    def text(self) -> str:
        """The words."""
        return self._text

    def set_text(self, text: str) -> None:
        if text != self._text:
            self._text = text
            self.setAccessibleName(text)
            self._words.setText(text if self._rich else text.replace("\n", "\u2028"))
            self._grow()
            self.update()

    def let_go(self) -> None:
        """Take no more room than is needed from now on."""
        self.setMinimumHeight(0)
        self._grow()

    def sizeHint(self) -> QSize:
        """As wide as it happens to be, as high as it must be."""
        return QSize(120, max(self.minimumHeight(), self.fontMetrics().height()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.let_go()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(style.color(self._tone))
        painter.drawStaticText(0, 0, self._words)
        painter.end()

    def _grow(self) -> None:
        self._words.setTextWidth(self.width())
        self._words.prepare(font=self.font())
        needed = math.ceil(self._words.size().height())
        if needed > self.minimumHeight():
            self.setMinimumHeight(needed)


class RowModel(QAbstractListModel):
    """The rows for the list; headings cannot be selected."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Row] = []

    def show(self, rows: list[Row]) -> None:
        """Show other rows; a list of the same keys is changed in place."""
        old, keys = self.rows, [row.key for row in rows]
        if keys == [row.key for row in old]:
            self.rows = rows
            for place, (row, before) in enumerate(zip(rows, old, strict=True)):
                if row.looks != before.looks:
                    self.dataChanged.emit(self.index(place), self.index(place), [Qt.ItemDataRole.DisplayRole])
            return
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008 (Qt's)
        """How many rows there are."""
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The row as text for those who do not see it painted."""
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        row = self.rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return row.words
        if role == Qt.ItemDataRole.ToolTipRole and row.key:
            return row.tip
        if role == Qt.ItemDataRole.SizeHintRole:
            return QSize(0, ROW if row.key else HEAD)
        return None

    def flags(self, index: QModelIndex | QPersistentModelIndex) -> Qt.ItemFlag:
        """Headings are only looked at."""
        heading = not index.isValid() or not self.rows[index.row()].key
        return Qt.ItemFlag.NoItemFlags if heading else super().flags(index)


class RowList(QListView):
    """The list of rows; its selection stays with the term where the list becomes another one."""

    def __init__(self, model: RowModel) -> None:
        super().__init__()
        style.mark(self, "quiet", True)
        self.setModel(model)
        self.setAccessibleName("Terms of the update")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setItemDelegate(_RowDelegate(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setUniformItemSizes(False)
        self.setMinimumHeight(44)
        self.model_of_rows = model
        self._kept: str | None = None
        self.column = NUMBER
        model.modelAboutToBeReset.connect(self._keep)
        model.modelReset.connect(self._restore)

    @property
    def rows(self) -> list[Row]:
        """What it lists."""
        return self.model_of_rows.rows

    @property
    def current(self) -> Row | None:
        """The selected row."""
        index = self.currentIndex()
        return self.rows[index.row()] if index.isValid() and index.row() < len(self.rows) else None

    def select(self, key: str | None) -> None:
        """Select the row with this key, or none."""
        places = [place for place, row in enumerate(self.rows) if row.key == key]
        self.setCurrentIndex(self.model_of_rows.index(places[0]) if places and key else QModelIndex())

    def make_room(self, rows: list[Row]) -> None:
        """Have columns as wide as their widest number has been so far."""
        metrics = QFontMetricsF(_font(NUMBER_SIZE))
        texts = [text for row in rows if row.key and len(row.numbers) == 2 for text in row.numbers]
        widest = max((metrics.horizontalAdvance(text) for text in texts), default=0.0) + GAP
        if widest > self.column:
            self.column = math.ceil(widest)
            self.viewport().update()

    @Slot()
    def _keep(self) -> None:
        row = self.current
        if row is not None:
            self._kept = row.key

    @Slot()
    def _restore(self) -> None:
        if any(row.key and row.key == self._kept for row in self.rows):
            self.select(self._kept)


class FactList(RowList):
    """The facts about the ground, two on a line, so that they are in sight however many terms there are."""

    def __init__(self, model: RowModel) -> None:
        super().__init__(model)
        self.setAccessibleName("Local facts")
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFixedHeight(FACTS * ROW + 6)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Have two columns."""
        self.setGridSize(QSize(max(self.viewport().width() // 2 - 1, 1), ROW))
        super().resizeEvent(event)


class _RowDelegate(QStyledItemDelegate):
    """Paints a row: chip, symbol, name, numbers in columns."""

    def __init__(self, parent: RowList) -> None:
        super().__init__(parent)
        self._list = parent

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """A fact fills its half of the line: it is all of it to be pointed at."""
        size = super().sizeHint(option, index)
        return self._list.gridSize() if isinstance(self._list, FactList) else size

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        if index.row() >= len(self._list.rows):
            return
        row = self._list.rows[index.row()]
        given: Any = option
        rect, state = QRectF(given.rect), given.state
        fact = isinstance(self._list, FactList)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver) and bool(row.key)
        if chosen or hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(style.color("bg3", 255 if chosen else 120))
            painter.drawRoundedRect(rect.adjusted(0, 0.5, -1, -0.5), 5, 5)
        if chosen and self._list.hasFocus():
            painter.setPen(QPen(style.color("accent"), 2.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(1, 1.5, -2, -1.5), 5, 5)
        inner = rect.adjusted(4, 0, -10 if fact else -6, 0)
        if fact:
            _paint_fact(painter, inner, row)
        elif row.key:
            _paint_row(painter, inner, row, self._list)
        else:
            _paint_heading(painter, inner, row, self._list.column)
        painter.restore()


_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
_MIDDLE = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextSingleLine


@lru_cache(maxsize=16)
def _font(size: int, weight: QFont.Weight = QFont.Weight.Normal, *, italic: bool = False) -> QFont:
    """Fonts that are painted with again and again."""
    return style.font(size, weight, italic=italic)


def _paint_heading(painter: QPainter, rect: QRectF, row: Row, column: float) -> None:
    painter.setFont(_font(12, QFont.Weight.DemiBold))
    painter.setPen(style.color("t1"))
    left = rect.right() - column * len(row.numbers)
    title = fitting(row.brief, painter.fontMetrics().horizontalAdvance, left - rect.left())
    painter.drawText(rect, _LEFT, title)
    painter.setFont(_font(12, italic=True))
    painter.setPen(style.color("t3"))
    for place, head in enumerate(row.numbers):
        cell = QRectF(left + place * column + 4.0, rect.top(), column - 4.0, rect.height())
        shown = painter.fontMetrics().elidedText(head, Qt.TextElideMode.ElideMiddle, int(cell.width()))
        painter.drawText(cell, _RIGHT, shown)


def fitting(texts: str | tuple[str, ...], advance: Callable[[str], float], room: float) -> str:
    """The first of these texts that there is room for, or else the last: none is ever cut."""
    several = (texts,) if isinstance(texts, str) else texts
    return next((text for text in several if advance(text) <= room), several[-1])


def _paint_row(painter: QPainter, rect: QRectF, row: Row, rows: RowList) -> None:
    left = rect.left()
    _paint_chip(painter, QRectF(left, rect.top(), CHIP - 4.0, rect.height()), row)
    left += CHIP
    painter.setFont(_font(13, italic=True))
    painter.setPen(style.color("t1"))
    painter.drawText(QRectF(left, rect.top(), rect.right() - left, rect.height()), _LEFT, row.symbol)
    left += max(SYMBOL, painter.fontMetrics().horizontalAdvance(row.symbol) + 6.0)
    painter.setFont(_font(NUMBER_SIZE))
    right = rect.right() - 2.0 * rows.column
    _paint_name(painter, QRectF(left, rect.top(), max(right - left, 0.0), rect.height()), row)
    painter.setPen(style.color(row.tone))
    if len(row.numbers) == 1:
        painter.drawText(QRectF(right, rect.top(), rect.right() - right, rect.height()), _MIDDLE, row.numbers[0])
        return
    for place, text in enumerate(row.numbers):
        painter.drawText(QRectF(right + place * rows.column, rect.top(), rows.column, rect.height()), _RIGHT, text)


def _paint_name(painter: QPainter, rect: QRectF, row: Row) -> None:
    """What a row is called, where there is room for all of it: what it points at tells it, too."""
    painter.setPen(style.color("t2"))
    painter.drawText(rect, _LEFT, fitting((str(row.brief), ""), painter.fontMetrics().horizontalAdvance, rect.width()))


def _paint_fact(painter: QPainter, rect: QRectF, row: Row) -> None:
    symbol = _font(13, italic=True)
    painter.setFont(symbol)
    painter.setPen(style.color("t1"))
    painter.drawText(rect, _LEFT, row.symbol)
    left = rect.left() + painter.fontMetrics().horizontalAdvance(row.symbol) + 6.0
    painter.setFont(_font(NUMBER_SIZE))
    right = rect.right() - painter.fontMetrics().horizontalAdvance(row.numbers[0]) - 6.0
    _paint_name(painter, QRectF(left, rect.top(), max(right - left, 0.0), rect.height()), row)
    painter.setPen(style.color(row.tone))
    painter.drawText(rect, _RIGHT, row.numbers[0])


def _paint_chip(painter: QPainter, rect: QRectF, row: Row) -> None:
    """The arrow of the term, or a dot in the colour of what it belongs to."""
    color, middle = style.color(row.token), rect.center()
    if not row.arrow:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawEllipse(middle, 2.5, 2.5)
        return
    pen = QPen(color, 2.2)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    path = QPainterPath(QPointF(rect.left() + 1.5, middle.y()))
    tip = QPointF(rect.right() - 2.0, middle.y())
    path.lineTo(tip)
    path.moveTo(tip + QPointF(-4.5, -3.6))
    path.lineTo(tip)
    path.lineTo(tip + QPointF(-4.5, 3.6))
    painter.strokePath(path, pen)
