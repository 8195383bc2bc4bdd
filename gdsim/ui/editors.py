"""One editor for each kind of declared value: number, switch, choice, text, list.

An editor shows a value, hands out new ones that its check has passed, and says why others were refused. It knows
the declaration of its value and nothing of the struct the value belongs to.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from gdsim.core.spec import Hyperparameter
from gdsim.ui import numbers
from gdsim.ui.style import mark
from gdsim.ui.widgets import ChoiceBox, ElidedLabel, NumberField, Slider, label

Check = Callable[[Any], str | None]
LABELS = 104  # width of the labels where they stand before their controls
LONGEST_TEXT = 4000


class Editor(QWidget):
    """What all editors have in common.

    Signals:
        edited: A new value that passed the check, while dragging too.
        finished: A drag or a commit has ended.
        refused: Why a value was not accepted, in plain words.
    """

    edited = Signal(object)
    finished = Signal()
    refused = Signal(str)

    def __init__(self, declared: Hyperparameter, check: Check) -> None:
        super().__init__()
        self.declared = declared
        self._check = check
        self.setToolTip(tooltip(declared))

    def set_value(self, value: Any) -> None:
        """Show ``value``; emits nothing."""
        raise NotImplementedError

    def controls(self) -> list[QWidget]:
        """What the Tab key visits, in order."""
        raise NotImplementedError

    def offer(self, value: Any, *, done: bool) -> bool:
        """Hand out ``value`` if the check allows it; returns whether it did."""
        reason = self._check(value)
        if reason:
            self.refused.emit(reason)
            return False
        self.edited.emit(value)
        if done:
            self.finished.emit()
        return True

    def _heading(self, row: QHBoxLayout) -> None:
        """Symbol and label."""
        if self.declared.symbol:
            symbol = label(self.declared.symbol, "t2", italic=True)
            symbol.setMinimumWidth(14)
            row.addWidget(symbol)
        row.addWidget(ElidedLabel(self.declared.label, "t2"), 1)

    def _labelled(self, control: QWidget) -> None:
        """The label before one wide control."""
        words = QWidget()
        words.setFixedWidth(LABELS - 8)
        self._heading(_row(words))
        row = _row(self)
        row.addWidget(words)
        row.addWidget(control, 1)
        control.setAccessibleName(self.declared.label)


class NumberEditor(Editor):
    """A number or whole number: an exact field, and a slider where a usual range is declared."""

    def __init__(self, declared: Hyperparameter, check: Check, *, compact: bool) -> None:
        super().__init__(declared, check)
        self._value: float | None = None
        self._last = _first_guess(declared)
        self._complaint: str | None = None
        scale: dict[str, Any] = {
            "low": declared.low, "high": declared.high,
            "log": declared.scale == "log", "whole": declared.kind == "integer",
        }  # fmt: skip
        self.field = NumberField(check, **scale)
        self.field.committed.connect(self._committed)
        self.field.refused.connect(self.refused)
        self.field.set_hint(self.toolTip())
        self.field.setAccessibleName(declared.label)
        self.slider: Slider | None = None
        if declared.kind == "number" or declared.high - declared.low > 1:
            self.slider = Slider(**scale)
            self.slider.setAccessibleName(declared.label)
            self.slider.moved.connect(self._moved)
            self.slider.released.connect(self._released)
        self.check: QCheckBox | None = None
        if declared.optional:
            self.check = QCheckBox()
            self.check.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self.check.setAccessibleName(f"use {declared.label}")
            self.check.toggled.connect(self._toggled)
        self._compact = compact and self.slider is not None
        self._lay_out()

    def _lay_out(self) -> None:
        words = QWidget()
        row = _row(words)
        if self.check:
            row.addWidget(self.check)
        self._heading(row)
        if self._compact and self.slider:
            words.setFixedWidth(LABELS)
            self.field.setFixedWidth(68)
            line = _row(self, 4)
            line.addWidget(words)
            line.addWidget(self.slider, 1)
            line.addWidget(self.field)
            return
        row.addWidget(self.field)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(words)
        if self.slider:
            column.addWidget(self.slider)

    def controls(self) -> list[QWidget]:
        """Check box, then field and slider as they are laid out."""
        order = (self.check, self.slider, self.field) if self._compact else (self.check, self.field, self.slider)
        return [control for control in order if control is not None]

    def set_value(self, value: float | None) -> None:
        """Show a number, or that none is used."""
        self._value = value
        if value is not None:
            self._last = value
        self.field.set_number(self._last)
        self.field.setEnabled(value is not None)
        if self.slider:
            self.slider.set_number(self._last)
            self.slider.setEnabled(value is not None)
        if self.check:
            self.check.blockSignals(True)
            self.check.setChecked(value is not None)
            self.check.blockSignals(False)

    def set_limit(self, limit: float | None) -> None:
        """Mark the limit of stability, and say what the mark is."""
        if self.slider:
            self.slider.set_limit(limit)
            self.slider.setToolTip(f"{self.toolTip()}<br>{self.slider.legend}" if self.slider.legend else "")

    @Slot(object)
    def _committed(self, number: float) -> None:
        self._value = self._last = number
        if self.slider:
            self.slider.set_number(number)
        self.edited.emit(number)
        self.finished.emit()

    @Slot(float)
    def _moved(self, number: float) -> None:
        value = int(number) if self.declared.kind == "integer" else number
        reason = self._check(value)
        if reason:
            if reason != self._complaint:
                self.refused.emit(reason)
        else:
            self._value = self._last = value
            self.field.set_number(value)
            self.edited.emit(value)
        self._complaint = reason

    @Slot()
    def _released(self) -> None:
        self._complaint = None
        self.set_value(self._value)
        self.finished.emit()

    @Slot(bool)
    def _toggled(self, on: bool) -> None:
        before = self._value
        value = self._last if on else None
        self.set_value(value)
        if not self.offer(value, done=True):
            self.set_value(before)


class FlagEditor(Editor):
    """A switch."""

    def __init__(self, declared: Hyperparameter, check: Check) -> None:
        super().__init__(declared, check)
        self.box = QCheckBox(declared.label)
        self.box.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys to the plots
        self.box.toggled.connect(self._toggled)
        _row(self).addWidget(self.box)
        self.setMinimumHeight(28)

    def controls(self) -> list[QWidget]:
        """The box."""
        return [self.box]

    def set_value(self, value: bool | None) -> None:
        """Show on or off."""
        self.box.blockSignals(True)
        self.box.setChecked(bool(value))
        self.box.blockSignals(False)

    @Slot(bool)
    def _toggled(self, on: bool) -> None:
        if not self.offer(on, done=True):
            self.set_value(not on)


class ChoiceEditor(Editor):
    """One of several words; where it may be left out, the first is a dash."""

    def __init__(self, declared: Hyperparameter, check: Check) -> None:
        super().__init__(declared, check)
        self.box = ChoiceBox()
        self._values: list[str | None] = [*([None] if declared.optional else []), *declared.choices]
        self._index = 0
        self.box.addItems(["–" if value is None else value.replace("_", " ") for value in self._values])
        self.box.activated.connect(self._chosen)
        self.box.currentIndexChanged.connect(self._chosen)
        self._labelled(self.box)

    def controls(self) -> list[QWidget]:
        """The list."""
        return [self.box]

    def set_value(self, value: str | None) -> None:
        """Show a choice."""
        self._index = self._values.index(value) if value in self._values else -1
        self.box.setCurrentIndex(self._index)

    @Slot(int)
    def _chosen(self, index: int) -> None:
        if index == self._index or index < 0:
            return
        before, self._index = self._index, index
        if not self.offer(self._values[index], done=True):
            self._index = before
            self.box.setCurrentIndex(before)


class TextEditor(Editor):
    """A text, or a list of numbers; a refused one stays, marked, so that it can be mended. Escape restores."""

    def __init__(self, declared: Hyperparameter, check: Check, element: type | None = None) -> None:
        super().__init__(declared, check)
        self._element = element
        self._value: Any = None
        self.line = _Line(self)
        self.line.setMaxLength(LONGEST_TEXT)
        self.line.setPlaceholderText("50, 120, 160" if element is int else "")
        self._labelled(self.line)

    def controls(self) -> list[QWidget]:
        """The line."""
        return [self.line]

    def set_value(self, value: Any) -> None:
        """Show a text or a list, unless another one is being typed."""
        typing = self.line.isModified() and value == self._value
        self._value = value
        if not typing:
            self.restore()

    def restore(self) -> None:
        """Show the value in force again."""
        self.line.setText(self._written(self._value))
        self.line.setCursorPosition(0)
        self.line.setModified(False)
        self._warn("")

    def commit(self) -> None:
        """Hand the text out, or mark it and say what is wrong with it."""
        if not self.line.isModified():
            return
        try:
            value = self._read(self.line.text())
        except ValueError as error:
            self._warn(str(error))
            self.refused.emit(str(error))
            return
        reason = self._check(value)
        self._warn(reason or "")
        if reason:
            self.refused.emit(reason)
            return
        self._value = value
        self.restore()
        self.edited.emit(value)
        self.finished.emit()

    def _warn(self, reason: str) -> None:
        mark(self.line, "invalid", bool(reason))
        self.line.setToolTip(reason or self.toolTip())

    def _written(self, value: Any) -> str:
        if value is None:
            return ""
        return str(value) if self._element is None else ", ".join(numbers.plain(part) for part in value)

    def _read(self, text: str) -> Any:
        if len(text) >= LONGEST_TEXT:
            raise ValueError("too long")
        if self._element is None:
            return None if self.declared.optional and not text.strip() else text
        return read_list(text, whole=self._element is int)


class _Line(QLineEdit):
    """A line whose text is handed out by Enter and by leaving, and restored by Escape."""

    def __init__(self, editor: TextEditor) -> None:
        super().__init__()
        self._editor = editor

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter commits, Escape restores."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._editor.commit()
        elif event.key() == Qt.Key.Key_Escape and self.isModified():
            self._editor.restore()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Leaving commits."""
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self._editor.commit()


class ReadOnly(Editor):
    """What has no editor: said in words, from the parts' own ``describe``."""

    def __init__(self, declared: Hyperparameter, check: Check) -> None:
        super().__init__(declared, check)
        self.words = label("", "t2")
        self.words.setWordWrap(True)
        self._labelled(self.words)
        self.setMinimumHeight(28)

    def controls(self) -> list[QWidget]:
        """Nothing to visit."""
        return []

    def set_value(self, value: Any) -> None:
        """Describe ``value``."""
        self.words.setText(described(value))


def described(value: Any) -> str:
    """A value in words: its own ``describe``, its name, or its size."""
    if value is None:
        return "–"
    if isinstance(value, (tuple, list)):
        if all(isinstance(part, (int, float)) for part in value) and len(value) > 8:
            return f"{len(value)} values"
        return ", ".join(map(described, value)) or "none"
    for way in ("describe", "name"):
        if callable(getattr(value, way, None)):
            return str(getattr(value, way)())
    return numbers.short(value) if isinstance(value, (int, float)) else str(value)[:200]


def read_list(text: str, *, whole: bool) -> tuple[float, ...]:
    """Read numbers that stand between commas, semicolons or spaces.

    Where whole numbers are not asked for, a comma without a space after it may be a decimal comma.

    Raises:
        ValueError: In plain words, what is wrong.
    """
    decimal_comma = not whole and "." not in text
    separator = r"[,;\s]+" if not decimal_comma else r"\s*;\s*" if ";" in text else r",?\s+"
    parts = [part for part in re.split(separator, text.strip()) if part]
    try:
        return tuple(numbers.parse_integer(part) if whole else numbers.parse(part) for part in parts)
    except ValueError as error:
        raise ValueError(f"numbers between commas are needed here: {error}") from None


def tooltip(declared: Hyperparameter) -> str:
    """Symbol, label, meaning and usual range as rich text."""
    symbol = f"<i>{html.escape(declared.symbol)}</i>&nbsp; " if declared.symbol else ""
    text = f"<b>{symbol}{html.escape(declared.label)}</b>"
    if declared.meaning:
        text += f"<br>{html.escape(declared.meaning)}"
    if declared.kind in ("number", "integer") and (declared.low, declared.high) != (0.0, 1.0):
        text += f"<br>Usual: {numbers.short(declared.low)} to {numbers.short(declared.high)}"
    return f"<qt>{text}</qt>"


def _first_guess(declared: Hyperparameter) -> float:
    """What a number that was off starts with when it is turned on."""
    if declared.default is not None:
        return float(declared.default) if declared.kind == "number" else int(declared.default)
    if declared.scale == "log" and declared.low > 0.0:
        middle = numbers.rounded(math.sqrt(declared.low * declared.high), 1)
    else:
        middle = numbers.rounded((declared.low + declared.high) / 2.0, 2)
    return middle if declared.kind == "number" else max(round(middle), 1)


def _row(owner: QWidget, spacing: int = 6) -> QHBoxLayout:
    row = QHBoxLayout(owner)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(spacing)
    return row
