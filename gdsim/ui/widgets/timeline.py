"""The scrub bar: where the player stands, how far the worker has come, and where the rules changed."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QSlider, QWidget

from gdsim.ui.style import color
from gdsim.ui.widgets.focus import give_back

_HANDLE = 8.0
_MARGIN = 10.0
_KEYS = {
    Qt.Key.Key_Right: 1, Qt.Key.Key_Up: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Down: -1,
    Qt.Key.Key_PageUp: 1, Qt.Key.Key_PageDown: -1,
}  # fmt: skip


class Timeline(QSlider):
    """A slider over the steps of an experiment; a click anywhere jumps there.

    Signals:
        moved: The step chosen by mouse, key or wheel; never on ``set_step``.
        released: The hand has left it.
    """

    moved = Signal(int)
    released = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._computed = 0
        self._ticks: tuple[int, ...] = ()
        self._hovered = False
        self.setRange(0, 1)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("step")

    @property
    def step(self) -> int:
        """The step it stands on."""
        return self.value()

    def set_steps(self, steps: int) -> None:
        """How many steps the experiment has."""
        if max(steps, 1) != self.maximum():
            self.setRange(0, max(steps, 1))
            self.update()

    def set_step(self, step: int) -> None:
        """Show ``step``; emits nothing, and is ignored while the hand is on it."""
        if not self.isSliderDown():
            self.setValue(step)

    def set_computed(self, step: int) -> None:
        """How far the worker has come."""
        if step != self._computed:
            self._computed = step
            self.update()

    def set_ticks(self, ticks: Iterable[int]) -> None:
        """The steps to mark below: where a schedule changes or an edit was made."""
        found = tuple(ticks)
        if found != self._ticks:
            self._ticks = found
            self.update()

    def _move(self, step: int) -> None:
        step = min(max(step, self.minimum()), self.maximum())
        if step != self.value():
            self.setValue(step)
            self.moved.emit(step)

    # -- events

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go one step (ten with Shift), Home and End to the ends."""
        key = Qt.Key(event.key())
        modifiers = event.modifiers()
        if modifiers & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
            event.ignore()
        elif key in _KEYS:
            self._move(self.value() + _KEYS[key] * (10 if modifiers & Qt.KeyboardModifier.ShiftModifier else 1))
            self.released.emit()
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._move(self.minimum() if key == Qt.Key.Key_Home else self.maximum())
            self.released.emit()
        else:
            event.ignore()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """One step a notch, only with focus."""
        delta = event.angleDelta().y() or event.angleDelta().x()
        if not self.hasFocus() or not delta:
            event.ignore()
            return
        self._move(self.value() + (1 if delta > 0 else -1))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Jump there and follow the mouse."""
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self.setSliderDown(True)
        self._move(self.step_at(event.position().x()))
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Scrub."""
        if self.isSliderDown():
            self._move(self.step_at(event.position().x()))
        else:
            event.ignore()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        if self.isSliderDown() and event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(False)
            self.update()
            self.released.emit()
            give_back(self)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Light up."""
        self._hovered = True
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Dim."""
        self._hovered = False
        self.update()

    # -- looks

    def sizeHint(self) -> QSize:
        """As wide as it may."""
        return QSize(480, 32)

    def minimumSizeHint(self) -> QSize:
        """The least that can still be scrubbed."""
        return QSize(120, 32)

    def step_at(self, x: float) -> int:
        """The step under the pixel column ``x``."""
        width = max(self.width() - 2.0 * _MARGIN, 1.0)
        return round((x - _MARGIN) / width * self.maximum())

    def x_of(self, step: int) -> float:
        """The pixel column of ``step``."""
        width = max(self.width() - 2.0 * _MARGIN, 1.0)
        return _MARGIN + width * min(max(step / self.maximum(), 0.0), 1.0)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Track, computed part, played part, ticks, handle."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.height() / 2.0
        groove = QRectF(_MARGIN, middle - 3.0, max(self.width() - 2.0 * _MARGIN, 1.0), 6.0)
        self._paint_track(painter, groove)
        painter.setPen(QPen(color("t3"), 1.25))
        for tick in self._ticks:
            x = self.x_of(tick)
            painter.drawLine(QPointF(x, middle + 7.0), QPointF(x, middle + 13.0))
        self._paint_handle(painter, QPointF(self.x_of(self.value()), middle))
        painter.end()

    def _paint_track(self, painter: QPainter, groove: QRectF) -> None:
        painter.setPen(QPen(color("edge", 190), 1.0))
        painter.setBrush(color("bg3"))
        painter.drawRoundedRect(groove.adjusted(0.5, 0.5, -0.5, -0.5), 2.5, 2.5)
        painter.setPen(Qt.PenStyle.NoPen)
        for end, brush in ((self._computed, color("edge", 150)), (self.value(), color(self._tone()))):
            done = QRectF(groove)
            done.setRight(self.x_of(end))
            painter.setBrush(brush)
            painter.drawRoundedRect(done, 3.0, 3.0)

    def _paint_handle(self, painter: QPainter, center: QPointF) -> None:
        radius = _HANDLE + (1.0 if self._hovered or self.isSliderDown() else 0.0)
        if self.hasFocus():
            painter.setPen(QPen(color("accent"), 2.0))
            painter.setBrush(color("bg1"))
            painter.drawEllipse(center, radius + 3.0, radius + 3.0)
        painter.setPen(QPen(color("bg1"), 1.5))
        painter.setBrush(color("t1" if self.isEnabled() else "edge"))
        painter.drawEllipse(center, radius, radius)

    def _tone(self) -> str:
        return "accent" if self.isEnabled() else "edge"
