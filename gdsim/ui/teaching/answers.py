"""How a task is answered: buttons to choose from, a list to be put into order, fields for numbers."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFont, QFontMetrics, QIcon, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from gdsim.core.experiment import Experiment
from gdsim.lessons.lesson import Choose, Find, Order, Wanted
from gdsim.ui import icons, style
from gdsim.ui.panels.runs_panel import swatch_icon
from gdsim.ui.widgets import IconButton, NumberField, label

ROW = 30
"""Pixels of a run that is put into an order."""
PAD, SIGN = 0.6, 2.1
"""Room above and below an answer, and for the sign in front of it, in heights of its letters."""
SYMBOLS = {"lr": "η", "momentum": "β", "max_lr": "η max", "eta_max": "η max", "weight_decay": "λ", "batch_size": "B"}
"""How the numbers that are often asked for are called."""


class Answer(QAbstractButton):
    """One answer to choose: its number, and its text over as many lines as it needs, in letters of any size.

    Args:
        place: Its place, from 0.
        text: What it says.
        pad: Room above and below the text, in heights of its letters.
    """

    def __init__(self, place: int, text: str, pad: float = PAD) -> None:
        super().__init__()
        self._place, self._state, self._pad = place, "", pad
        self.setText(text)
        self.setFont(style.font(13))
        self.setAccessibleName(f"Answer {place + 1}: {text}")
        self.setToolTip(f"Choose this answer (Alt+{place + 1}).")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_state(self, state: str) -> None:
        """Show that it is "right", "wrong", or neither of them ("other") but no longer to be chosen."""
        self._state = state
        self.setEnabled(not state)
        self.setCursor(Qt.CursorShape.ArrowCursor if state else Qt.CursorShape.PointingHandCursor)
        said = {"right": ", right", "wrong": ", your answer, wrong"}.get(state, "")
        self.setAccessibleName(f"Answer {self._place + 1}: {self.text()}{said}")
        self.update()

    @property
    def _em(self) -> int:
        return self.font().pixelSize()

    def _room(self, width: int) -> QRect:
        em = self._em
        return QRect(round(SIGN * em), 0, max(width - round((SIGN + 0.45) * em), 60), 10_000)

    def heightForWidth(self, width: int) -> int:
        """Room for all lines."""
        flags = int(Qt.TextFlag.TextWordWrap)
        lines = QFontMetrics(self.font()).boundingRect(self._room(width), flags, self.text()).height()
        return lines + round(2 * self._pad * self._em)

    def sizeHint(self) -> QSize:
        """As wide as there is."""
        return QSize(260, self.heightForWidth(260))

    def minimumSizeHint(self) -> QSize:
        """Never less than its lines."""
        return QSize(120, self.heightForWidth(max(self.width(), 120)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter chooses, as Space does."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A card with a number, or with a sign once it is judged."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        em, judged = self._em, self._state in ("right", "wrong")
        tone = {"right": "good", "wrong": "danger"}.get(self._state, "edge")
        edge = "accent" if self.hasFocus() else "line" if self._state == "other" else tone
        pen = max(em / 14.0, 1.0) * (1.5 if judged or self.hasFocus() else 1.0)
        hovered = self.underMouse() and not self._state
        painter.setBrush(style.color("bg3" if hovered or self.isDown() else "bg2"))
        painter.setPen(QPen(style.color(edge), pen))
        half = max(round(pen / 2), 1)
        painter.drawRoundedRect(self.rect().adjusted(half, half, -half, -half), 0.3 * em + 2, 0.3 * em + 2)
        self._paint_sign(painter, tone)
        bold = style.font(em, QFont.Weight.DemiBold)
        painter.setFont(bold if self._state == "right" else self.font())
        painter.setPen(style.color("good" if self._state == "right" else "t2" if self._state else "t1"))
        room = self._room(self.width())
        room.setHeight(self.height())
        flags = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        painter.drawText(room, flags, self.text())
        painter.end()

    def _paint_sign(self, painter: QPainter, tone: str) -> None:
        """The number of the answer; of one that was judged a check mark or a cross."""
        em = self._em
        side = round(1.15 * em)
        if self._state in ("right", "wrong"):
            sign = QRect(round(0.5 * em), (self.height() - side) // 2, side, side)
            icons.icon("check" if self._state == "right" else "close", tone=tone).paint(painter, sign)
            return
        painter.setPen(style.color("t2" if self._state else "accent"))
        painter.setFont(style.font(em, QFont.Weight.DemiBold))
        place = QRect(round(0.5 * em), 0, side, self.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, str(self._place + 1))


class Choices(QWidget):
    """The answers of a question.

    Signals:
        chosen: The place of one.
    """

    chosen = Signal(int)

    def __init__(self, task: Choose) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        self.answers = [Answer(place, choice.text) for place, choice in enumerate(task.choices)]
        for place, answer in enumerate(self.answers):
            answer.clicked.connect(lambda _=False, p=place: self.chosen.emit(p))
            column.addWidget(answer)

    def stops(self) -> list[QWidget]:
        """What the Tab key visits."""
        return list(self.answers)

    def show_answer(self, right: int, chosen: int | None) -> None:
        """Say which one is right, and which one was chosen."""
        for place, answer in enumerate(self.answers):
            answer.set_state("right" if place == right else "wrong" if place == chosen else "other")


class Ranking(QWidget):
    """Runs that are put into an order: dragged, or moved with Alt and the arrow keys.

    Signals:
        ordered: The labels in the order that was made.
    """

    ordered = Signal(tuple)

    def __init__(self, task: Order, labels: tuple[str, ...], experiment: Experiment) -> None:
        super().__init__()
        named = experiment.labels()
        self._colors = {label: experiment.color(named.index(label)) for label in labels}
        self.list = _Rows(labels, self._signs())
        self.list.setAccessibleName(f"{task.question}, the least first")
        self._up = IconButton("up", "Move up", shortcut="Alt+Up", side=28)
        self._down = IconButton("down", "Move down", shortcut="Alt+Down", side=28)
        self._up.clicked.connect(lambda: self.list.move_row(-1))
        self._down.clicked.connect(lambda: self.list.move_row(1))
        self.button = QPushButton("Check the order")
        self.button.setAutoDefault(True)  # Enter presses it, as Space does
        style.mark(self.button, "primary", True)
        self.button.clicked.connect(lambda: self.ordered.emit(self.list.labels()))
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self._up)
        row.addWidget(self._down)
        row.addStretch(1)
        row.addWidget(self.button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(label(f"{task.by}, the least on top", "t3", 12))
        column.addWidget(self.list)
        column.addLayout(row)

    def stops(self) -> list[QWidget]:
        """What the Tab key visits."""
        return [self.list, self._up, self._down, self.button]

    def _signs(self) -> dict[str, QIcon]:
        theme = style.current()
        return {label: swatch_icon(theme.run(color)) for label, color in self._colors.items()}

    def show_theme(self) -> None:
        """Take on the colours of another theme."""
        self.list.show_signs(self._signs())

    def show_answer(self, labels: tuple[str, ...]) -> None:
        """Show the right order."""
        self.list.fill(labels)
        self.list.setCurrentRow(-1)
        for part in (self.list, self._up, self._down, self.button):
            part.setEnabled(False)


class _Rows(QListWidget):
    def __init__(self, labels: tuple[str, ...], signs: dict[str, QIcon]) -> None:
        super().__init__()
        self._signs = signs
        self.setFont(style.font())
        self.setIconSize(QSize(36, 16))
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.fill(labels)

    def fill(self, labels: tuple[str, ...]) -> None:
        """Have these rows."""
        self.clear()
        for name in labels:
            item = QListWidgetItem(self._signs[name], name)
            item.setSizeHint(QSize(60, ROW))
            self.addItem(item)
        self.setCurrentRow(0)
        self.setFixedHeight(len(labels) * ROW + 6)

    def show_signs(self, signs: dict[str, QIcon]) -> None:
        """Have other signs in front of the same rows."""
        self._signs = signs
        for row in range(self.count()):
            self.item(row).setIcon(signs[self.item(row).text()])

    def labels(self) -> tuple[str, ...]:
        """The rows in their order."""
        return tuple(self.item(row).text() for row in range(self.count()))

    def move_row(self, by: int) -> None:
        """Move the current row."""
        row = self.currentRow()
        if 0 <= row + by < self.count():
            self.insertItem(row + by, self.takeItem(row))
            self.setCurrentRow(row + by)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Alt and an arrow move the row."""
        ways = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if event.modifiers() & Qt.KeyboardModifier.AltModifier and event.key() in ways:
            self.move_row(ways[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)


class _Sought(NumberField):
    """A number that is looked for: Enter tries it."""

    entered = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """As in every field, but for Enter."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit()
        else:
            super().keyPressEvent(event)


class Search(QWidget):
    """Numbers that are looked for; they may be tried as often as one likes.

    Signals:
        tried: The numbers, by their paths.
    """

    tried = Signal(dict)

    def __init__(self, task: Find, numbers: dict[str, float]) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        self.fields: dict[str, _Sought] = {}
        for wanted in task.wanted:
            field = _field(wanted)
            field.set_number(numbers.get(wanted.path, wanted.low))
            field.entered.connect(self._try)
            self.fields[wanted.path] = field
            row = QHBoxLayout()
            row.addWidget(_name(wanted.path))
            row.addStretch(1)
            row.addWidget(field)
            column.addLayout(row)
        self.button = QPushButton("Try it")
        self.button.setAutoDefault(True)
        self.button.setToolTip("Run it with these numbers, and see.")
        style.mark(self.button, "primary", True)
        self.button.clicked.connect(self._try)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.button)
        column.addLayout(foot)

    def stops(self) -> list[QWidget]:
        """What the Tab key visits."""
        return [*self.fields.values(), self.button]

    @Slot()
    def _try(self) -> None:
        if all(field.commit() for field in self.fields.values()):
            self.tried.emit({path: float(field.number) for path, field in self.fields.items()})


def _field(wanted: Wanted) -> _Sought:
    def refusal(number: Any) -> str | None:
        inside = wanted.low <= number <= wanted.high
        return None if inside else f"between {wanted.low:.4g} and {wanted.high:.4g}"

    log = wanted.low > 0 and wanted.high / wanted.low > 50
    whole = wanted.path.endswith(("batch_size", "step_size", "steps", "accumulate"))
    field = _Sought(refusal, low=wanted.low, high=wanted.high, log=log, whole=whole)
    field.setFixedWidth(96)
    field.setAccessibleName(_said(wanted.path))
    field.set_hint(f"From {wanted.low:.4g} to {wanted.high:.4g}.")
    return field


def _said(path: str) -> str:
    """A number's name in words: “learning rate”, “x of the start”."""
    last = path.rpartition(".")[2]
    named = {"lr": "learning rate", "start[0]": "x of the start", "start[1]": "y of the start"}
    return named.get(last, last.replace("_", " "))


def _name(path: str) -> QLabel:
    symbol = SYMBOLS.get(path.rpartition(".")[2], "")
    return label(f"{symbol}  {_said(path)}" if symbol else _said(path))
