"""Where a formula is typed: checked while it is typed, marked where it is wrong, with a slider for every letter.

What stands in the field need not be a formula yet. The last one that was stays in force until it is one again.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import msgspec
from PySide6.QtCore import QEvent, QMimeData, QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QFocusEvent,
    QFont,
    QFontDatabase,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
    QTextCharFormat,
    QTextCursor,
)
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QTextEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gdsim.core.expression import ALIASES, CONSTANTS, FUNCTIONS, MAX_LENGTH, TOKEN, FormulaError, free_names, steps_of
from gdsim.core.landscapes.formula import Formula
from gdsim.ui import numbers, style
from gdsim.ui.tab_order import chain
from gdsim.ui.widgets import IconButton, NumberField, Slider, label

PAUSE = 150
"""Milliseconds without a key until what was typed is looked at."""
MOST_LINES = 4
FIRST_VALUE = 1.0
"""What a letter stands for at first."""
REACH = 5.0
"""How far the slider of a letter goes to both sides at first."""
LONGEST_REMEDY = 14
"""Longer pieces are written by a button that does not show them."""
OPERATORS = "+  −  *  /  **  ^  ( )"
HINT = "Letters such as a and b get sliders."


class Example(NamedTuple):
    """A formula that teaches something."""

    title: str
    teaches: str
    formula: Formula


def _example(title: str, teaches: str, expression: str, view: tuple[float, ...], **parameters: float) -> Example:
    left, right, bottom, top = view
    formula = Formula(expression=expression, parameters=parameters, view=(left, right, bottom, top))
    return Example(title, teaches, formula)


EXAMPLES: tuple[Example, ...] = (
    _example(
        "Bowl or ravine", "b much larger than a makes a ravine: the steps leap across it while they creep along it.",
        "a*x**2 + b*y**2", (-4.0, 4.0, -2.5, 2.5), a=1.0, b=10.0,
    ),
    _example(
        "Saddle", "A slope of 0 is not a minimum: the smallest push to the side decides where the marble goes.",
        "x**2 - y**2 + a*y**4", (-3.2, 3.2, -2.0, 2.0), a=0.2,
    ),
    _example(
        "Ripples", "Small waves on a bowl trap a marble that is too slow.",
        "(x**2 + y**2)/8 + a*sin(3*x)*cos(3*y)", (-6.4, 6.4, -4.0, 4.0), a=0.5,
    ),
    _example(
        "Cliff", "One huge gradient throws the marble out of the valley: that is what clipping is for.",
        "0.1*(x**2 + y**2) + h*sigmoid(20*(x - 1))", (-4.0, 4.0, -2.5, 2.5), h=5.0,
    ),
    _example(
        "Rosenbrock", "The valley is found at once, the minimum in it hardly ever.",
        "(a - x)**2 + b*(y - x**2)**2", (-2.4, 2.4, -1.0, 2.0), a=1.0, b=100.0,
    ),
    _example(
        "Ring", "A whole circle of minima: where the marble ends depends on where it began.",
        "(x**2 + y**2 - r**2)**2 / 4", (-4.0, 4.0, -2.5, 2.5), r=1.5,
    ),
    _example(
        "Kink", "The gradient does not shrink near this minimum: a constant rate leaps to and fro for ever.",
        "abs(x) + a*abs(y)", (-4.0, 4.0, -2.5, 2.5), a=2.0,
    ),
    _example(
        "Plateau", "Far from the hole the slope all but vanishes, and so do the steps.",
        "1 - exp(-(x**2 + y**2)/w)", (-4.8, 4.8, -3.0, 3.0), w=2.0,
    ),
)  # fmt: skip


def parameters_of(text: str, known: dict[str, float]) -> dict[str, float]:
    """The parameters that a formula has, in the order in which they stand in it.

    Args:
        text: What was typed.
        known: Values by name. A letter that has none is given one; a longer name that has none is an error.

    Raises:
        FormulaError: The text is not a formula.
    """
    named = list(dict.fromkeys(found[0] for found in TOKEN.finditer(text) if found.lastgroup == "name"))
    values = {name: known[name] for name in named if name in known}
    while True:
        try:
            steps_of(text, frozenset(values))
        except FormulaError as error:
            name = text[error.start : error.end]
            if name in values or not _is_letter(name):
                raise
            values[name] = FIRST_VALUE
        else:
            return {name: values[name] for name in named if name in values}


def _is_letter(text: str) -> bool:
    try:
        return free_names(text) == (text,)
    except FormulaError:
        return False


def mono(size: int = style.BODY) -> QFont:
    """The platform's font for code."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setStyleHint(QFont.StyleHint.Monospace)
    font.setPixelSize(size)
    return font


class FormulaField(QPlainTextEdit):
    """One formula, in as many lines as it needs.

    Signals:
        committed: Enter was pressed, or the field was left.
        given_up: Escape was pressed over a changed text.
    """

    committed = Signal()
    given_up = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFont(mono())
        self.setTabChangesFocus(True)
        self.setAccessibleName("formula")
        self.setPlaceholderText("x**2 + y**2")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._pad()
        self.textChanged.connect(self._fit)
        self.set_text("")

    @property
    def text(self) -> str:
        """What stands in it."""
        return self.toPlainText()

    def set_text(self, text: str) -> None:
        """Show another text."""
        self.setPlainText(text)
        self.document().setModified(False)

    def put(self, start: int, end: int, text: str) -> None:
        """Replace a part of the text, as typing it would."""
        cursor = self.textCursor()
        cursor.setPosition(min(start, len(self.text)))
        cursor.setPosition(min(end, len(self.text)), QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(text)
        self.setTextCursor(cursor)
        self.setFocus()

    def underline(self, start: int, end: int) -> None:
        """Mark a part as wrong; nothing where it is empty. What lies behind the end marks the last letter."""
        size = len(self.text)
        end = min(end, size)
        start = min(start, max(end - 1, 0))
        if end <= start:
            self.setExtraSelections([])
            return
        wrong = QTextEdit.ExtraSelection()
        cursor = self.textCursor()
        cursor.setPosition(start)
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        look = QTextCharFormat()
        look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
        look.setUnderlineColor(style.color("danger"))
        wrong.cursor, wrong.format = cursor, look
        self.setExtraSelections([wrong])

    def event(self, event: QEvent) -> bool:
        """Where there is nothing of its own to take back, the window's undo takes back the last edit."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            nothing = not self.document().isUndoAvailable() and event.matches(QKeySequence.StandardKey.Undo)
            if nothing or (not self.document().isRedoAvailable() and event.matches(QKeySequence.StandardKey.Redo)):
                event.ignore()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter commits, Escape gives up; a formula has no line breaks."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.committed.emit()
        elif event.key() == Qt.Key.Key_Escape and self.document().isModified():
            self.given_up.emit()
        else:
            super().keyPressEvent(event)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Text, but no files: those are the window's."""
        return source.hasText() and not source.hasUrls()

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Paste on one line, and no more than can be refused in words."""
        self.insertPlainText(" ".join(source.text()[: MAX_LENGTH + 1].split()))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The ring of focus takes from the padding."""
        super().focusInEvent(event)
        self._pad()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Leaving commits."""
        super().focusOutEvent(event)
        self._pad()
        if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            self.committed.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break the lines anew."""
        super().resizeEvent(event)
        self._fit()

    def _pad(self) -> None:
        margin = 0 if self.hasFocus() else 1
        self.setViewportMargins(margin, margin, margin, margin)

    @Slot()
    def _fit(self) -> None:
        only = self.document().firstBlock()
        self.document().documentLayout().blockBoundingRect(only)  # has it laid out
        lines = min(max(only.layout().lineCount(), 1), MOST_LINES)
        height = lines * self.fontMetrics().lineSpacing() + 14
        if height != self.height() or self.maximumHeight() != height:
            self.setFixedHeight(height)


class ParameterRow(QWidget):
    """One letter of the formula: slider, exact number, and on demand the range of the slider.

    Signals:
        moved: Name and new value, while dragging too.
        finished: A drag or a commit has ended.
        refused: Why a number was not accepted.
    """

    moved = Signal(str, float)
    finished = Signal()
    refused = Signal(str)

    def __init__(self, name: str, value: float) -> None:
        super().__init__()
        self.name = name
        reach = max(REACH, 2.0 * numbers.rounded(abs(value), 1))
        self._low, self._high = -reach, reach
        hint = f"<qt><b>{name}</b><br>A letter of the formula: what it stands for.</qt>"
        self.slider = Slider(self._low, self._high)
        self.field = NumberField(low=self._low, high=self._high)
        self.more = IconButton("more", f"Range of the slider of {name}", checkable=True, tone="t2", side=24)
        self.ends = (
            NumberField(lambda number: self._refusal(number, self._high), low=-REACH, high=REACH),
            NumberField(lambda number: self._refusal(self._low, number), low=-REACH, high=REACH),
        )
        for widget in (self.slider, self.field):
            widget.setToolTip(hint)
            widget.setAccessibleName(name)
        self.field.set_hint(hint)
        self.field.setFixedWidth(68)
        self.slider.moved.connect(self._moved)
        self.slider.released.connect(self.finished)
        self.field.committed.connect(self._committed)
        for field, end in zip((self.field, *self.ends), ("", "lowest", "highest"), strict=True):
            field.refused.connect(self.refused)
            if end:
                field.setAccessibleName(f"{end} {name}")
                field.committed.connect(self._set_range)
        self._lay_out()
        self.set_value(value)

    def _lay_out(self) -> None:
        symbol = label(self.name, "t1", italic=True)
        symbol.setFixedWidth(max(18, min(symbol.sizeHint().width(), 72)))
        first = QHBoxLayout()
        first.setSpacing(4)
        for widget, stretch in ((symbol, 0), (self.slider, 1), (self.field, 0), (self.more, 0)):
            first.addWidget(widget, stretch)
        self._range = QWidget()
        second = QHBoxLayout(self._range)
        second.setContentsMargins(0, 0, 28, 0)
        second.setSpacing(6)
        second.addStretch(1)
        for text, field in zip(("from", "to"), self.ends, strict=True):
            field.setFixedWidth(68)
            second.addWidget(label(text, "t2"))
            second.addWidget(field)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(first)
        column.addWidget(self._range)
        self._range.setVisible(False)
        self.more.toggled.connect(self._range.setVisible)
        self._show_ends()

    def controls(self) -> list[QWidget]:
        """What the Tab key visits."""
        return [self.slider, self.field, self.more, *self.ends]

    @property
    def range(self) -> tuple[float, float]:
        """Where the slider begins and ends."""
        return self._low, self._high

    def set_value(self, value: float) -> None:
        """Show ``value``; emits nothing."""
        self.slider.set_number(value)
        self.field.set_number(value)

    def _refusal(self, low: float, high: float) -> str | None:
        return None if low < high else "the slider must go from a smaller to a larger number"

    def _show_ends(self) -> None:
        for field, end in zip(self.ends, (self._low, self._high), strict=True):
            field.set_number(end)

    @Slot(object)
    def _set_range(self, _number: object) -> None:
        self._low, self._high = (float(field.number) for field in self.ends)
        self.slider.set_range(self._low, self._high)

    @Slot(float)
    def _moved(self, value: float) -> None:
        self.field.set_number(value)
        self.moved.emit(self.name, value)

    @Slot(object)
    def _committed(self, value: float) -> None:
        self.slider.set_number(float(value))
        self.moved.emit(self.name, float(value))
        self.finished.emit()


class FormulaEditor(QWidget):
    """Edits the text and the parameters of a formula.

    Signals:
        edited: The formula, and what was changed of it ("formula", "a").
        finished: A drag or a commit has ended; what was edited since the last one is one step of undoing.
        chosen: An example, to be shown from a start of its own.
        refused: Why something was not accepted, in plain words.
        rebuilt: There are other sliders now.
    """

    edited = Signal(object, str)
    finished = Signal()
    chosen = Signal(object)
    refused = Signal(str)
    rebuilt = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._formula = Formula()
        self._known: dict[str, float] = {}
        self._suggested: tuple[int, int, str] | None = None
        self._help: FormulaHelp | None = None
        self.rows: dict[str, ParameterRow] = {}
        self.field = FormulaField()
        self.field.setToolTip(
            "<qt><b>Formula</b><br>The loss at x and y. Numbers, + − * / and ** or ^, functions such as sin and exp; "
            "other letters become parameters with sliders.</qt>"
        )
        self.field.textChanged.connect(self._typed)
        self.field.committed.connect(self.commit)
        self.field.given_up.connect(self.restore)
        self.message = label("", "t3", 12)
        self.message.setWordWrap(True)
        self.message.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.remedy = QPushButton()
        self.remedy.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.remedy.clicked.connect(self._mend)
        self.examples = QToolButton()
        self.help_button = IconButton("help", "Functions and constants", tone="t2", side=28)
        self.help_button.clicked.connect(self.show_help)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE)
        self._pause.timeout.connect(self._look)
        self._make_examples()
        self._lay_out()
        self.restore()

    def _make_examples(self) -> None:
        menu = QMenu(self.examples)
        menu.setToolTipsVisible(True)
        for example in EXAMPLES:
            entry = menu.addAction(example.title)
            entry.setToolTip(f"<qt><b>{example.title}</b><br>{example.teaches}</qt>")
            entry.triggered.connect(lambda _=False, formula=example.formula: self.chosen.emit(formula))
        self.examples.setText("Examples")
        self.examples.setToolTip("Formulas that teach something")
        self.examples.setMenu(menu)
        self.examples.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.examples.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(2)
        head.addWidget(label("f(x, y) =", "t2", italic=True))
        head.addStretch(1)
        head.addWidget(self.examples)
        head.addWidget(self.help_button)
        below = QHBoxLayout()
        below.setSpacing(8)
        below.addWidget(self.message, 1)
        below.addWidget(self.remedy, 0, Qt.AlignmentFlag.AlignTop)
        self._sliders = QVBoxLayout()
        self._sliders.setSpacing(4)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self.field)
        column.addLayout(below)
        column.addLayout(self._sliders)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def stops(self) -> list[QWidget]:
        """What the Tab key visits, in order."""
        sliders = [control for row in self.rows.values() for control in row.controls()]
        return [self.examples, self.help_button, self.field, self.remedy, *sliders]

    # -- showing

    def set_formula(self, formula: Formula) -> None:
        """Show ``formula``; emits nothing, and leaves alone what is being typed over the same formula."""
        typing = self.field.document().isModified() and formula.expression == self._formula.expression
        self._formula = formula
        self._known |= formula.parameters
        if formula.expression == self.field.text:
            self._pause.stop()
            self._say("")
        elif not typing:
            self.restore()
        if list(self.rows) != list(formula.parameters):
            self._rebuild()
        for name, value in formula.parameters.items():
            self.rows[name].set_value(value)

    def complain(self, reason: str, start: int = 0, end: int = MAX_LENGTH, suggestion: str = "") -> None:
        """Underline a part of the text, all of it at first, and say what is wrong with it."""
        self.field.underline(start, end)
        self._say(_sentence(reason, self.field.text[start:end]), suggestion)
        self._suggested = (start, end, suggestion) if suggestion else None

    def edit(self) -> None:
        """Let the formula be typed."""
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    @Slot()
    def restore(self) -> None:
        """Show the formula in force again."""
        self._pause.stop()
        self.field.blockSignals(True)
        self.field.set_text(self._formula.expression)
        self.field.blockSignals(False)
        self.field._fit()
        self._say("")

    @Slot()
    def show_help(self) -> None:
        """List what can be written."""
        if self._help is None:
            self._help = FormulaHelp(self)
            self._help.chosen.connect(self._insert)
        self._help.popup(self.help_button)

    def _say(self, reason: str, suggestion: str = "") -> None:
        if not reason:
            self.field.underline(0, 0)
            self._suggested = None
        hint = "" if self._formula.parameters else HINT
        self.message.setText(reason or hint)
        self.message.setVisible(bool(reason or hint))
        style.mark(self.message, "tone", "danger" if reason else "t3")
        self.remedy.setVisible(bool(suggestion))
        self.remedy.setText(f"Use {suggestion}" if len(suggestion) <= LONGEST_REMEDY else "Mend it")
        self.remedy.setToolTip(f"Write {suggestion} there")
        self.updateGeometry()

    def _rebuild(self) -> None:
        """A row for each parameter; those that stay keep their ranges."""
        kept = {name: row for name, row in self.rows.items() if name in self._formula.parameters}
        for name, row in self.rows.items():
            self._sliders.removeWidget(row)
            if name not in kept:
                row.hide()
                row.setParent(None)
                row.deleteLater()
        self.rows = {name: kept.get(name) or self._made(name) for name in self._formula.parameters}
        for row in self.rows.values():
            self._sliders.addWidget(row)
        self._say("")
        chain(self.stops())
        self.updateGeometry()
        self.rebuilt.emit()

    def _made(self, name: str) -> ParameterRow:
        row = ParameterRow(name, self._formula.parameters[name])
        row.moved.connect(self._move)
        row.finished.connect(self.finished)
        row.refused.connect(self.refused)
        return row

    # -- editing

    @Slot()
    def _typed(self) -> None:
        self._pause.start()

    @Slot()
    def _look(self) -> None:
        self._read(typing=True)

    @Slot()
    def commit(self) -> None:
        """Take the text as it is, or say again what is wrong with it."""
        self._pause.stop()
        if self._read(typing=False):
            self.field.document().clearUndoRedoStacks()
            self.field.document().setModified(False)
            self.finished.emit()

    def _read(self, *, typing: bool) -> bool:
        """Make the text the formula; returns whether it is one."""
        text = self.field.text
        if text == self._formula.expression:
            self._say("")
            return True
        try:
            values = parameters_of(text, self._known)
            formula = msgspec.structs.replace(self._formula, expression=text, parameters=values)
        except FormulaError as error:
            self.complain(str(error), error.start, error.end, error.suggestion)
            return False
        except ValueError as error:
            self.complain(str(error))
            return False
        self._say("")
        if typing and self._at_new_name(values):
            return True  # it may be the beginning of a longer name
        self.edited.emit(formula, "formula")
        return self._formula.expression == text

    def _at_new_name(self, values: dict[str, float]) -> bool:
        """Whether the cursor stands right behind a name that is no parameter yet."""
        before = self.field.text[: self.field.textCursor().position()]
        last = None
        for found in TOKEN.finditer(before):
            last = found
        return (
            last is not None
            and last.end() == len(before)
            and last.lastgroup == "name"
            and last[0] in values
            and last[0] not in self._formula.parameters
            and self.field.hasFocus()
        )

    @Slot(str, float)
    def _move(self, name: str, value: float) -> None:
        values = self._formula.parameters | {name: value}
        self.edited.emit(msgspec.structs.replace(self._formula, parameters=values), name)

    @Slot()
    def _mend(self) -> None:
        if self._suggested is not None:
            self.field.put(*self._suggested)
            self._look()

    @Slot(str)
    def _insert(self, name: str) -> None:
        place = self.field.textCursor()
        self.field.put(place.selectionStart(), place.selectionEnd(), f"{name}(" if name in FUNCTIONS else name)


def _sentence(reason: str, wrong: str) -> str:
    """A reason as a sentence; where it begins with what is wrong in the formula, that keeps its letters."""
    start = reason if wrong and reason.startswith(wrong) else f"{reason[:1].upper()}{reason[1:]}"
    return start if start.endswith((".", "?", "!")) else f"{start}."


class ViewFields:
    """What is seen of a formula at first: from where to where, in two rows of a grid.

    Args:
        grid: Its second and fourth columns are for words, the third and fifth for fields.
        row: The first of the two rows.
    """

    def __init__(self, grid: QGridLayout, row: int) -> None:
        self._formula = Formula()
        self.fields: list[NumberField] = []
        self._widgets: list[QWidget] = []
        for index in range(4):
            field = NumberField(partial(self._refusal, index), low=-5.0, high=5.0)
            field.setAccessibleName(("left edge", "right edge", "lower edge", "upper edge")[index])
            field.set_hint("<qt><b>View</b><br>What is seen at first; the minima are looked for in it, too.</qt>")
            word = label(("from", "to")[index % 2], "t2")
            word.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(word, row + index // 2, 1 + 2 * (index % 2))
            grid.addWidget(field, row + index // 2, 2 + 2 * (index % 2))
            self.fields.append(field)
            self._widgets += [word, field]
        for offset, text in enumerate(("view x", "view y")):
            caption: QLabel = label(text, "t2")
            grid.addWidget(caption, row + offset, 0)
            self._widgets.append(caption)

    def set_formula(self, formula: Formula | None) -> None:
        """Show the view of ``formula``; nothing where there is none."""
        for widget in self._widgets:
            widget.setVisible(formula is not None)
        if formula is not None:
            self._formula = formula
            for field, edge in zip(self.fields, formula.view, strict=True):
                field.set_number(edge)

    def formula(self) -> Formula:
        """The formula in the view that is written in the fields."""
        left, right, bottom, top = (float(field.number) for field in self.fields)
        return msgspec.structs.replace(self._formula, view=(left, right, bottom, top))

    def _refusal(self, index: int, number: float) -> str | None:
        edges = [number if at == index else edge for at, edge in enumerate(self._formula.view)]
        try:
            msgspec.structs.replace(self._formula, view=(edges[0], edges[1], edges[2], edges[3]))
        except ValueError as error:
            return str(error)
        return None


class FormulaHelp(QFrame):
    """What can be written in a formula, made from the tables that read it; a click writes it."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        style.mark(self, "card", True)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 14)
        column.setSpacing(2)
        for title, text in help_texts():
            heading = label(title, "t2", 12)
            heading.setContentsMargins(0, 4 if column.count() else 0, 0, 0)
            words = QLabel(text)
            words.setTextFormat(Qt.TextFormat.RichText)
            words.setWordWrap(True)
            words.setFont(mono(12))
            words.linkActivated.connect(self._choose)
            column.addWidget(heading)
            column.addWidget(words)
        self.setFixedWidth(360)

    def popup(self, button: QWidget) -> None:
        """Open below ``button``."""
        self.adjustSize()
        screen = self.screen().availableGeometry()
        place = button.mapToGlobal(QPoint(0, button.height() + 4))
        self.move(min(place.x(), screen.right() - self.width()), min(place.y(), screen.bottom() - self.height()))
        self.show()

    @Slot(str)
    def _choose(self, name: str) -> None:
        self.close()
        self.chosen.emit(name)


def help_texts() -> list[tuple[str, str]]:
    """Headings and rich texts of the help, with a link for everything that can be written."""
    one = [name for name, (_, most) in FUNCTIONS.items() if most == 1 and name not in ALIASES]
    more = {name: arity for name, arity in FUNCTIONS.items() if arity[1] > 1}
    two = [f"{_link(name)}(u,&nbsp;v{'' if most == 2 else ',&nbsp;…'})" for name, (_, most) in more.items()]
    values = [f"{_link(name)}&nbsp;=&nbsp;{value:.6g}" for name, value in CONSTANTS.items() if name.isascii()]
    others = [f"{_link(alias)}&nbsp;=&nbsp;{name}" for alias, name in ALIASES.items()]
    return [
        ("Operators", OPERATORS.replace("  ", "&nbsp; ")),
        ("Functions", ", ".join(map(_link, one))),
        ("Functions of several numbers", ", ".join(two)),
        ("Other names", ", ".join(others)),
        ("Constants", ", ".join(values)),
        ("Variables and parameters", f"{_link('x')}, {_link('y')}; any other letter is a parameter: a, w_1, θ"),
    ]


def _link(name: str) -> str:
    return f'<a href="{name}" style="text-decoration: none">{name}</a>'
