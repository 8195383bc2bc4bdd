"""Where numbers are typed and choices made: nothing unusable gets through, and every refusal gives its reason."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QMouseEvent, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QLineEdit,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolTip,
    QWidget,
)

from gdsim.ui import numbers
from gdsim.ui.style import font, mark
from gdsim.ui.widgets.focus import give_back

Refusal = Callable[[float], str | None]


class NumberField(QLineEdit):
    """An exact number that can be typed, in any locale.

    Enter or leaving commits, Escape restores and leaves, the up and down keys step. What was committed is the
    window's to undo. Text that is no number, or not an allowed
    one, is refused with a reason; what is shown after leaving is always the number in force.

    Signals:
        committed: The new number (float, or int where whole) once it is accepted; never on ``set_number``.
        refused: Why the text was refused, in plain words.

    Args:
        refusal: Says why a number is not allowed, or None where it is.
        low: Low end of the usual range; decides the size of a step.
        high: High end of the usual range.
        log: Whether steps multiply.
        whole: Whether only whole numbers are allowed.
        parent: As everywhere in Qt.
    """

    committed = Signal(object)
    refused = Signal(str)

    def __init__(
        self,
        refusal: Refusal | None = None,
        *,
        low: float = 0.0,
        high: float = 1.0,
        log: bool = False,
        whole: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._refusal, self._whole = refusal, whole
        self._low, self._high, self._log = low, high, log
        self._number: float = 0
        self._hint = ""
        self._refused_text: str | None = None
        self.setMaxLength(numbers.LONGEST + 1)  # one more than is allowed, so that a cut paste is known as too long
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignAbsolute)
        self.setFont(font())
        self.setFixedWidth(76)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.textEdited.connect(self._typed)
        self._show()

    @property
    def number(self) -> float:
        """The number in force."""
        return self._number

    def set_number(self, number: float) -> None:
        """Show ``number``; emits nothing, and leaves text alone that is being typed over the same number."""
        typing = self.hasFocus() and self.isModified() and number == self._number
        self._number = number
        if not typing:
            self._show()

    def set_hint(self, hint: str) -> None:
        """The tooltip while nothing is wrong."""
        self._hint = hint
        if not self.property("invalid"):
            self.setToolTip(hint)

    def commit(self) -> bool:
        """Accept the text, or refuse it with a reason; returns whether it was accepted."""
        if not self.isModified():
            self._show()
            return True
        try:
            number = self._read(self.text())
        except ValueError as error:
            self.refuse(str(error))
            return False
        self._number = number
        self._show()
        self.committed.emit(number)
        return True

    def refuse(self, reason: str) -> None:
        """Show that the text is not accepted, and say why."""
        self._warn(reason)
        self._refused_text = self.text()
        if self.isVisible() and self.hasFocus():
            QToolTip.showText(self.mapToGlobal(QPoint(0, self.height())), reason, self)
        self.refused.emit(reason)

    def restore(self) -> None:
        """Show the number in force again."""
        self._show()

    def event(self, event: QEvent) -> bool:
        """Where there is nothing of its own to take back, the window's undo takes back the last edit."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            nothing = not self.isUndoAvailable() and event.matches(QKeySequence.StandardKey.Undo)
            if nothing or (not self.isRedoAvailable() and event.matches(QKeySequence.StandardKey.Redo)):
                event.ignore()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter commits, Escape restores and gives the keys back to the plots, up and down step."""
        key = event.key()
        steps = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_PageUp: 10, Qt.Key.Key_PageDown: -10}
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.commit():
                self.selectAll()
        elif key == Qt.Key.Key_Escape and (self.isModified() or self.property("invalid")):
            self.restore()
            self.selectAll()
            give_back(self)
        elif key in steps:
            self._step(steps[Qt.Key(key)])
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Select everything when it is reached by Tab, as Qt does."""
        super().focusInEvent(event)
        if event.reason() != Qt.FocusReason.MouseFocusReason:
            self.selectAll()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Commit; a refused text gives way to the number in force."""
        super().focusOutEvent(event)
        if event.reason() == Qt.FocusReason.PopupFocusReason:
            return
        if self.text() == self._refused_text or not self.commit():  # one refusal is said once
            self.restore()

    def _read(self, text: str) -> float:
        number = numbers.parse_integer(text) if self._whole else numbers.parse(text)
        reason = self._refusal(number) if self._refusal else None
        if reason:
            raise ValueError(reason)
        return number

    def _step(self, steps: int) -> None:
        if self.isModified() and not self.commit():
            return
        number = numbers.stepped(self._number, steps, self._low, self._high, log=self._log, whole=self._whole)
        reason = self._refusal(number) if self._refusal else None
        if reason:
            self.refused.emit(reason)
        elif number != self._number:
            self._number = int(number) if self._whole else number
            self._show()
            self.committed.emit(self._number)

    def _typed(self, text: str) -> None:
        if len(text) > numbers.LONGEST:
            self._warn("too long for a number")
        elif numbers.may_become_number(text):
            self._warn("")
        else:
            self._warn(numbers.NOT_A_NUMBER)

    def _warn(self, reason: str) -> None:
        mark(self, "invalid", bool(reason))
        if self.toolTip() != (reason or self._hint):
            self.setToolTip(reason or self._hint)

    def _show(self) -> None:
        text = numbers.plain(self._number)
        if text != self.text() or self.isUndoAvailable() or self.isRedoAvailable():
            self.setText(text)  # forgets what was typed, too
            self.setCursorPosition(0)  # of a long number the leading digits matter
        self.setModified(False)
        self._refused_text = None
        self._warn("")


class ChoiceBox(QComboBox):
    """A list of choices that lets the wheel scroll the panel unless it was chosen before."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        self.setMaxVisibleItems(16)
        self._by_mouse = False
        self.view().installEventFilter(self)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Opened by the mouse."""
        self._by_mouse = True
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Opened or changed by a key."""
        self._by_mouse = False
        super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notice a key in the open list."""
        if event.type() == QEvent.Type.KeyPress:
            self._by_mouse = False
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A choice that is too long for its place ends in an ellipsis."""
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        control = QStyle.ComplexControl.CC_ComboBox
        room = self.style().subControlRect(control, option, QStyle.SubControl.SC_ComboBoxEditField, self).width()
        text = self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideRight, room - 2)
        option.currentText = text
        painter.drawComplexControl(control, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()

    def showPopup(self) -> None:
        """A list wide enough for its longest choice."""
        view = self.view()
        bar = view.verticalScrollBar().sizeHint().width() if self.count() > self.maxVisibleItems() else 0
        view.setMinimumWidth(view.sizeHintForColumn(0) + 2 * view.frameWidth() + bar + 8)
        super().showPopup()

    def hidePopup(self) -> None:
        """After the mouse the keys belong to the plots again."""
        super().hidePopup()
        if self._by_mouse:
            give_back(self)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Change the choice only with focus."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
