"""What lies over the plots in lecture mode: step and rate on chips, and a line that shows how far the descent is."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gdsim.ui import style
from gdsim.ui.plots.markers import paint_swatch
from gdsim.ui.theme import RunStyle

SIZE = 36
"""Pixels of the type at 1080 lines."""
OPAQUE = 226
KEY = 28
"""Pixels of the names of runs at 1080 lines."""
LINE = 8
"""Pixels of the line of progress at 1080 lines."""


class _Laid(QWidget):
    """Lies over something; the mouse goes through it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def put(self, corner: QPoint, *, right: bool, bottom: bool) -> None:
        """Have one of its own corners at ``corner``."""
        place = corner - QPoint(self.width() if right else 0, self.height() if bottom else 0)
        if place != self.pos():
            self.move(place)
        self.raise_()


class Chip(_Laid):
    """A few words on a card that the mouse goes through.

    Args:
        parent: What it lies over.
        name: What it tells, for those who do not see it.
    """

    def __init__(self, parent: QWidget, name: str) -> None:
        super().__init__(parent)
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


class RunKey(_Laid):
    """Which line is which run: for plots of curves where no landscape with its legend is seen."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._rows: tuple[tuple[str, RunStyle, bool], ...] = ()
        self._unit = 1.0

    def tell(self, rows: tuple[tuple[str, RunStyle, bool], ...], unit: float) -> None:
        """Name these runs: label, look, and whether it is the selected one; one run alone needs no name."""
        rows = rows if len(rows) > 1 else ()
        if (rows, unit) == (self._rows, self._unit):
            return
        self._rows, self._unit = rows, unit
        self.setAccessibleName(f"Runs: {', '.join(name for name, _, _ in rows)}")
        self.setVisible(bool(rows))
        self.resize(self.sizeHint())
        self.update()

    def _font(self, *, bold: bool) -> QFont:
        return style.font(round(KEY * self._unit), QFont.Weight.DemiBold if bold else QFont.Weight.Normal)

    def sizeHint(self) -> QSize:
        """Room for the longest name."""
        metrics = QFontMetricsF(self._font(bold=True))
        widest = max((metrics.horizontalAdvance(name) for name, _, _ in self._rows), default=0.0)
        return QSize(round(min(widest, 420 * self._unit) + 132 * self._unit), round(self._top(len(self._rows)) + 12))

    def _top(self, row: int) -> float:
        return (10 + 44 * row) * self._unit

    def paintEvent(self, event: QPaintEvent) -> None:
        """A card with a line for each run."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        unit = self._unit
        painter.setBrush(style.color("bg1", OPAQUE))
        painter.setPen(style.color("line", 200))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 10 * unit, 10 * unit)
        for row, (name, look, chosen) in enumerate(self._rows):
            box = QRectF(20 * unit, self._top(row), 74 * unit, 44 * unit)
            paint_swatch(painter, box, look, width=5.0 * unit, radius=8.5 * unit)
            painter.setFont(self._font(bold=chosen))
            painter.setPen(style.color("t1"))
            room = QRectF(box.right() + 16 * unit, box.top(), self.width() - box.right() - 24 * unit, box.height())
            text = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(room.width()))
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        painter.end()


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
