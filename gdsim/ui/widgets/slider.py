"""The slider of a hyperparameter: linear or logarithmic, with the limit of stability on it.

It is painted, since a styled groove loses its ticks. Underneath it is a QSlider over positions 0 to 1000, so that
screen readers know it; the number itself is kept exactly.
"""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QSlider, QWidget

from gdsim.ui.numbers import nice, rounded, stepped
from gdsim.ui.style import color
from gdsim.ui.widgets.focus import give_back

POSITIONS = 1000
_HANDLE = 7.0  # radius of the handle
_RING = 10.5  # radius of the ring of focus around it
_MARGIN = 12.0  # room for the handle and its ring at both ends
_KEYS = {
    Qt.Key.Key_Right: 1, Qt.Key.Key_Up: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Down: -1,
    Qt.Key.Key_PageUp: 10, Qt.Key.Key_PageDown: -10,
}  # fmt: skip


class Slider(QSlider):
    """A slider for floating-point or whole numbers.

    Signals:
        moved: The new number, while it is dragged and at every step of key or wheel; never on ``set_number``.
        released: A drag, a key or a turn of the wheel has ended: what belongs together for undoing is complete.
    """

    moved = Signal(float)
    released = Signal()

    def __init__(
        self,
        low: float = 0.0,
        high: float = 1.0,
        *,
        log: bool = False,
        whole: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._low, self._high, self._log, self._whole = low, high, log, whole
        self._number = low
        self._limit: float | None = None
        self._hovered = False
        self._turned = 0
        self.setRange(0, POSITIONS)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_range(low, high, log=log, whole=whole)

    # -- the number

    @property
    def number(self) -> float:
        """The number it stands on; it may lie outside the slider's range."""
        return self._number

    @property
    def limit(self) -> float | None:
        """Where the danger begins, or None."""
        return self._limit

    @property
    def legend(self) -> str:
        """What the mark on it means; "" while none is seen."""
        if self._limit is None or not self._limit < self._high:
            return ""
        if self._limit <= self._low:
            return f"<i>Red</i>: beyond the largest stable rate here, {nice(self._limit)}."
        return f"<i>Tick</i>: the largest stable rate here, {nice(self._limit)}. <i>Red</i>: beyond it steps grow."

    def set_range(self, low: float, high: float, *, log: bool = False, whole: bool = False) -> None:
        """Change the ends and the scale; a logarithmic scale needs ``low`` above zero."""
        self._low, self._high = low, max(high, low)
        self._log, self._whole = log and low > 0.0, whole
        self._sync()

    def set_number(self, number: float) -> None:
        """Show ``number``; emits nothing, and is ignored while the hand is on the slider."""
        if number != self._number and not self.isSliderDown():
            self._number = number
            self._sync()

    def set_limit(self, limit: float | None) -> None:
        """Mark where the danger begins and tint what lies beyond; None takes the mark away."""
        if limit is not None and not math.isfinite(limit):
            limit = None
        if limit != self._limit:
            self._limit = limit
            self.setAccessibleDescription("" if limit is None else f"limit at {nice(limit)}")
            self.update()

    def position_of(self, number: float) -> float:
        """Where ``number`` lies, from 0 at the low end to 1 at the high end; outside it stops at the ends."""
        if not number > self._low:
            return 0.0
        if number >= self._high:
            return 1.0
        if self._log:
            return math.log(number / self._low) / math.log(self._high / self._low)
        return (number - self._low) / (self._high - self._low)

    def number_at(self, position: float) -> float:
        """The number at ``position`` of 0 to 1, rounded to what a hand can mean."""
        if not 0.0 < position < 1.0 or self._high == self._low:
            return self._low if position <= 0.0 else self._high
        if self._log:
            number = rounded(self._low * (self._high / self._low) ** position)
        else:
            span = self._high - self._low
            decimals = -math.floor(math.log10(span / 200.0))
            number = round(self._low + span * position, decimals)
        if self._whole:
            number = float(round(number))
        return min(max(number, self._low), self._high)

    def _sync(self) -> None:
        self.setValue(round(POSITIONS * self.position_of(self._number)))
        self.update()

    def _move(self, number: float) -> None:
        if number != self._number:
            self._number = number
            self._sync()
            self.moved.emit(number)

    def _step(self, steps: int) -> None:
        number = stepped(self._number, steps, self._low, self._high, log=self._log, whole=self._whole)
        self._move(min(max(number, self._low), self._high))
        self.released.emit()

    # -- events

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows step, page keys go ten steps, Home and End to the ends."""
        key = Qt.Key(event.key())
        plain = not event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
        if plain and key in _KEYS:
            self._step(_KEYS[key])
        elif plain and key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._move(self._low if key == Qt.Key.Key_Home else self._high)
            self.released.emit()
        else:
            event.ignore()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Turn only what has been chosen: without focus the wheel scrolls the panel."""
        if not self.hasFocus():
            event.ignore()
            return
        self._turned += event.angleDelta().y() or event.angleDelta().x()
        steps, self._turned = int(self._turned / 120), int(math.fmod(self._turned, 120))
        if steps:
            self._step(steps)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the handle, or call it to the mouse."""
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self._grip = 0.0
        x = self._x_of(self._number)
        if abs(event.position().x() - x) <= _HANDLE + 2.0:
            self._grip = event.position().x() - x
        self.setSliderDown(True)
        self._drag(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag."""
        if self.isSliderDown():
            self._drag(event.position().x())
        else:
            event.ignore()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        if self.isSliderDown() and event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(False)
            self.update()
            self.released.emit()
            give_back(self)

    def _drag(self, x: float) -> None:
        left, width = self._track()
        target = x - self._grip
        if round(target) != round(self._x_of(self._number)):  # a press on the handle must not round an exact number
            self._move(self.number_at((target - left) / width))

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
        """Wide enough to aim."""
        return QSize(160, 28)

    def minimumSizeHint(self) -> QSize:
        """The least that can still be dragged."""
        return QSize(72, 28)

    def _track(self) -> tuple[float, float]:
        return _MARGIN, max(self.width() - 2.0 * _MARGIN, 1.0)

    def _x_of(self, number: float) -> float:
        left, width = self._track()
        return left + width * self.position_of(number)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Track, limit, handle."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left, width = self._track()
        x, y = self._x_of(self._number), self.height() / 2.0
        self._paint_track(painter, QRectF(left - 4.0, y - 2.5, width + 8.0, 5.0), x)
        self._paint_handle(painter, QPointF(x, y))
        if self._limit is not None and self.isEnabled() and self._low < self._limit < self._high:
            self._paint_limit(painter, self._x_of(self._limit), x)
        painter.end()

    def _paint_track(self, painter: QPainter, groove: QRectF, x: float) -> None:
        enabled = self.isEnabled()
        painter.setPen(QPen(color("edge", 190), 1.0))
        painter.setBrush(color("bg3"))
        painter.drawRoundedRect(groove.adjusted(0.5, 0.5, -0.5, -0.5), 2.0, 2.0)
        if not enabled:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        if self._limit is not None and self._limit < self._high:
            painter.setBrush(color("danger", 140))
            beyond = QRectF(groove)
            beyond.setLeft(self._x_of(self._limit))
            painter.drawRoundedRect(beyond, 2.5, 2.5)
        done = QRectF(groove)
        done.setRight(x)
        painter.setBrush(color("accent"))
        painter.drawRoundedRect(done, 2.5, 2.5)

    def _paint_handle(self, painter: QPainter, center: QPointF) -> None:
        tone = "accent" if self.isEnabled() else "edge"
        if self.hasFocus():
            painter.setBrush(color("bg1"))
            painter.setPen(QPen(color("accent"), 2.0))
            painter.drawEllipse(center, _RING, _RING)
        filled = self.isEnabled() and (self.isSliderDown() or (self._hovered and not self.hasFocus()))
        painter.setPen(QPen(color(tone), 2.0))
        painter.setBrush(color(tone if filled else "bg2"))
        painter.drawEllipse(center, _HANDLE - 1.0, _HANDLE - 1.0)

    def _paint_limit(self, painter: QPainter, limit: float, x: float) -> None:
        """A tick through the track; where the handle would hide it, two wedges above and below point at it."""
        middle = self.height() / 2.0
        reach = _RING + 1.5 if self.hasFocus() else _HANDLE + 1.5
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color("danger"))
        if abs(limit - x) > reach:
            if limit < x:  # on the accent it needs a rim
                painter.fillRect(QRectF(limit - 2.0, middle - 2.5, 4.0, 5.0), color("bg1"))
            painter.drawRect(QRectF(limit - 1.0, middle - 9.0, 2.0, 18.0))
            return
        for side in (-1.0, 1.0):
            tip, base = middle + side * (_HANDLE - 0.5), middle + side * (self.height() / 2.0 - 0.5)
            wedge = QPolygonF([QPointF(limit - 4.0, base), QPointF(limit + 4.0, base), QPointF(limit, tip)])
            painter.setPen(QPen(color("bg1"), 1.5))
            painter.drawPolygon(wedge)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawPolygon(wedge)
