"""Buttons that carry a picture instead of words; their words are kept for tooltips and screen readers."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QKeySequence, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QToolButton, QWidget

from gdsim.ui import icons
from gdsim.ui.style import color


class IconButton(QToolButton):
    """A flat square button of 32 pixels.

    Args:
        icon: Name of a shipped icon.
        text: What it does, in a few words: tooltip and accessible name.
        shortcut: Added to the tooltip where given.
        checkable: Whether it stays down.
        tone: Token of the icon's colour.
        side: Its side in pixels.
        parent: As everywhere in Qt.
    """

    def __init__(
        self,
        icon: str,
        text: str,
        *,
        shortcut: str = "",
        checkable: bool = False,
        tone: str = "t1",
        side: int = 32,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._tone = tone
        self.setIconSize(QSize(icons.SIZE, icons.SIZE))
        self.setFixedSize(side, side)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoRaise(True)
        self.setCheckable(checkable)
        self.set_icon(icon)
        self.set_text(text, shortcut)

    def set_icon(self, icon: str) -> None:
        """Show another icon."""
        self.setIcon(icons.icon(icon, tone=self._tone))

    def set_text(self, text: str, shortcut: str = "") -> None:
        """Say something else in the tooltip and to screen readers."""
        keys = QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText)
        self.setToolTip(f"{text} ({keys})" if keys else text)
        self.setAccessibleName(text)


class PlayButton(QAbstractButton):
    """The round accent button of 40 pixels: play, or pause while it plays. ``clicked`` says it was pressed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._playing = True
        self.setFixedSize(40, 40)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.set_playing(False)

    @property
    def playing(self) -> bool:
        """Whether it shows the pause bars."""
        return self._playing

    def set_playing(self, playing: bool) -> None:
        """Show pause bars while something plays, a triangle otherwise."""
        if playing != self._playing:
            self._playing = playing
            self.setAccessibleName("Pause" if playing else "Play")
            self.setToolTip(f"{self.accessibleName()} (Space)")
            self.update()

    def sizeHint(self) -> QSize:
        """Its fixed size."""
        return QSize(40, 40)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A disc with the icon on it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        state = "press" if self.isDown() else "hover" if self.underMouse() else ""
        disc = color(f"accent_{state}" if state else "accent") if self.isEnabled() else color("bg3")
        painter.setBrush(disc)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawEllipse(QRectF(self.rect()))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(color("t1"), 2.0))
            painter.drawEllipse(QRectF(self.rect()).adjusted(1.0, 1.0, -1.0, -1.0))
        ink = color("on_accent" if self.isEnabled() else "edge").name()
        picture = icons.pixmap("pause" if self._playing else "play", ink, 22, self.devicePixelRatioF())
        painter.drawPixmap(QPointF(9.0 if self._playing else 9.5, 9.0), picture)
        painter.end()
