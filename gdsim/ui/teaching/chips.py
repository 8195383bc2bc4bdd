"""What lies over the plots in lecture mode: step and rate on chips, and a line that shows how far the descent is."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gdsim.ui import style

SIZE = 36
"""Pixels of the type at 1080 lines."""
OPAQUE = 226
LINE = 8
"""Pixels of the line of progress at 1080 lines."""


class Chip(QWidget):
    """A few words on a card that the mouse goes through.

    Args:
        parent: What it lies over.
        name: What it tells, for those who do not see it.
    """

    def __init__(self, parent: QWidget, name: str) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._name, self.text, self._unit = name, "", 1.0

    def tell(self, text: str, unit: float) -> None:
        """Have other words, or another size; without words it is not there."""
        if (text, unit) == (self.text, self._unit):
            return
        self.text, self._unit = text, unit
        self.setAccessibleName(f"{self._name}: {text}")
        self.setVisible(bool(text))
        self.resize(self.sizeHint())
        self.update()

    @property
    def _font(self) -> QFont:
        return style.font(round(SIZE * self._unit), QFont.Weight.DemiBold)

    def sizeHint(self) -> QSize:
        """Room for the words and around them."""
        metrics = QFontMetricsF(self._font)
        return QSize(round(metrics.horizontalAdvance(self.text) + 44 * self._unit), round(72 * self._unit))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Card and words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(style.color("bg1", OPAQUE))
        painter.setPen(style.color("line", 200))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 10 * self._unit, 10 * self._unit)
        painter.setFont(self._font)
        painter.setPen(style.color("t1"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text)
        painter.end()

    def put(self, corner: QPoint, *, right: bool, bottom: bool) -> None:
        """Have one of its own corners at ``corner``."""
        place = corner - QPoint(self.width() if right else 0, self.height() if bottom else 0)
        if place != self.pos():
            self.move(place)
        self.raise_()


class ProgressLine(QWidget):
    """How much of all steps is seen: a line along the lower edge of the screen."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Progress")
        self._part = 0.0

    def fit(self, unit: float) -> None:
        """Be as high as the screen asks for."""
        self.setFixedHeight(max(round(LINE * unit), 4))

    def show_part(self, part: float) -> None:
        """Be filled so far, from 0 to 1."""
        if part != self._part:
            self._part = part
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The way, and how much of it is made."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), style.color("bg0"))
        painter.fillRect(QRectF(0.0, 0.0, self.width() * self._part, self.height()), style.color("accent"))
        painter.end()
