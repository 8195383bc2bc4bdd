"""What a speaker does to the screen: points at it with a red dot, lets the mouse cursor rest, turns it black."""

from __future__ import annotations

from collections import deque
from time import perf_counter

from PySide6.QtCore import QEvent, QObject, QPointF, QRect, QRectF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QCursor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QRadialGradient
from PySide6.QtWidgets import QApplication, QWidget

RESTS_AFTER = 2.5
"""Seconds without movement after which the mouse cursor is hidden."""
LOOK, FOLLOW = 100, 16
"""Milliseconds from one look at the mouse to the next: at rest, and while the dot follows it."""
TAIL = 0.32
"""Seconds until the tail has faded."""
DOT, GLOW = 9.0, 30.0
"""Radii at 1080 lines."""
RED = "#FF2A2A"
BARE_MODIFIERS = (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr)


class Mouse(QObject):
    """Watches where the mouse is: hides its cursor while it rests, and moves the red dot.

    Args:
        window: Over what it is watched.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.dot: Dot | None = None
        self._hidden = False
        self._place, self._since = QCursor.pos(), perf_counter()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        self._timer.start(LOOK)

    @property
    def hidden(self) -> bool:
        """Whether the cursor is hidden."""
        return self._hidden

    @property
    def pointing(self) -> bool:
        """Whether the red dot is there."""
        return self.dot is not None

    def point(self, pointing: bool, unit: float) -> None:
        """Have the red dot, or have it no more."""
        if self.dot is not None:
            self.dot.deleteLater()
            self.dot.hide()
            self.dot = None
        if pointing:
            self.dot = Dot(self._window, unit)
            self.dot.cover()
        self._timer.start(FOLLOW if pointing else LOOK)
        self._since = perf_counter()
        self.look()

    @Slot()
    def look(self) -> None:
        """See where the mouse is."""
        place, now = QCursor.pos(), perf_counter()
        if place != self._place:
            self._place, self._since = place, now
        local = self._window.mapFromGlobal(place)
        ours = QApplication.activeModalWidget() is None and QApplication.activePopupWidget() is None
        over = ours and self._window.rect().contains(local)
        if self.dot is not None:
            self.dot.follow(QPointF(local) if over else None, now)
        self._hide(over and (self.dot is not None or now - self._since >= RESTS_AFTER))

    def _hide(self, hidden: bool) -> None:
        if hidden is self._hidden:
            return
        self._hidden = hidden
        if hidden:
            QApplication.setOverrideCursor(QCursor(Qt.CursorShape.BlankCursor))
        else:
            QApplication.restoreOverrideCursor()

    def stop(self) -> None:
        """Watch no more; the cursor is there again."""
        self._timer.stop()
        self._hide(False)
        if self.dot is not None:
            self.dot.hide()
            self.dot.deleteLater()
            self.dot = None


class Dot(QWidget):
    """A red dot with a soft glow and a short tail, over everything in the window."""

    def __init__(self, window: QWidget, unit: float) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self._window, self._unit = window, unit
        self._trail: deque[tuple[float, QPointF]] = deque()
        self._seen = QRect()

    @property
    def place(self) -> QPointF | None:
        """Where it is."""
        return self._trail[-1][1] if self._trail else None

    def cover(self) -> None:
        """Lie over all of the window."""
        self.setGeometry(self._window.rect())
        self.raise_()
        self.show()

    def follow(self, place: QPointF | None, now: float) -> None:
        """Be at ``place``, or nowhere; what is older than the tail is forgotten."""
        before = len(self._trail), self.place
        if place is None:
            self._trail.clear()
        elif not self._trail or self._trail[-1][1] != place:
            self._trail.append((now, place))
        while len(self._trail) > 1 and now - self._trail[0][0] > TAIL:
            self._trail.popleft()
        if before != (len(self._trail), self.place) or len(self._trail) > 1:
            seen = self._extent()
            self.update(seen.united(self._seen))
            self._seen = seen

    def _extent(self) -> QRect:
        room = GLOW * self._unit + 2.0
        whole = QRectF()
        for _, place in self._trail:
            whole = whole.united(QRectF(place.x() - room, place.y() - room, 2 * room, 2 * room))
        return whole.toAlignedRect()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Tail, glow and dot."""
        if not self._trail:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        red, radius = QColor(RED), DOT * self._unit
        points = [place for _, place in self._trail]
        for k in range(1, len(points)):
            share = k / len(points)
            red.setAlpha(round(130 * share))
            pen = QPen(red, 2.0 * radius * (0.25 + 0.65 * share))
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            painter.setPen(pen)
            painter.drawLine(points[k - 1], points[k])
        place = points[-1]
        glow = QRadialGradient(place, GLOW * self._unit)
        for at, alpha in ((0.0, 190), (0.3, 110), (0.65, 32), (1.0, 0)):
            red.setAlpha(alpha)
            glow.setColorAt(at, red)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(glow)
        painter.drawEllipse(place, GLOW * self._unit, GLOW * self._unit)
        painter.setBrush(QColor(RED))
        painter.drawEllipse(place, radius, radius)
        painter.setBrush(QColor(255, 235, 235, 235))
        painter.drawEllipse(place, 0.42 * radius, 0.42 * radius)
        painter.end()


class Black(QWidget):
    """Nothing but black over the window, so that the room looks at the speaker.

    Signals:
        lifted: A key or a button of the mouse was pressed.
    """

    lifted = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.setAccessibleName("Black screen: any key brings the picture back")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def cover(self) -> None:
        """Lie over all of the window, and take all keys."""
        self.setGeometry(self._window.rect())
        self.raise_()
        self.show()
        self.setFocus()

    def event(self, event: QEvent) -> bool:
        """No shortcut is one while it is black."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Any key but a modifier lifts it."""
        event.accept()
        if event.key() not in BARE_MODIFIERS and not event.isAutoRepeat():
            self.lifted.emit()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab is a key as any other."""
        return False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """So does a click."""
        event.accept()
        self.lifted.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Black."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(0, 0, 0))
        painter.end()
