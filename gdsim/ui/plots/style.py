"""How plots are drawn: a theme at a scale. A picture for slides is the same plot with larger letters and pens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPainterPathStroker, QPen

from gdsim.ui import style as dress
from gdsim.ui.theme import Theme

NORMAL = QFont.Weight.Normal
SEMIBOLD = QFont.Weight.DemiBold
HALO_WIDTH, HALO_ALPHA = 3.0, 190
"""Of what is around words on the ground."""
_LETTER = re.compile(r".[\u0300-\u036f]*", re.DOTALL)


@dataclass(frozen=True)
class PlotStyle:
    """A theme, and the factor by which all pens, markers and letters are enlarged."""

    theme: Theme
    scale: float = 1.0

    def px(self, length: float) -> float:
        """``length``, given for scale 1, in the pixels of the plot."""
        return length * self.scale

    def color(self, token: str, alpha: int = 255) -> QColor:
        """A colour of the theme by the name of its token, or a #RRGGBB."""
        color = QColor(token if token.startswith("#") else getattr(self.theme, token))
        color.setAlpha(alpha)
        return color

    def pen(self, token: str, width: float = 1.0, alpha: int = 255) -> QPen:
        """A round pen; ``width`` is scaled."""
        pen = QPen(self.color(token, alpha), self.px(width))
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        return pen

    def font(self, size: float = 12.0, weight: QFont.Weight = NORMAL, *, italic: bool = False) -> QFont:
        """The platform's font with tabular figures; ``size`` is scaled."""
        return _font(max(round(self.px(size)), 1), weight, italic)

    def advance(self, text: str, font: QFont) -> float:
        """How wide ``text`` is."""
        return _advance(text, font.pixelSize(), font.weight(), font.italic())


@lru_cache(maxsize=256)
def _font(size: int, weight: QFont.Weight, italic: bool) -> QFont:
    return dress.font(size, weight, italic=italic)


@lru_cache(maxsize=4096)
def _advance(text: str, size: int, weight: QFont.Weight, italic: bool) -> float:
    return QFontMetricsF(_font(size, weight, italic)).horizontalAdvance(text)


@lru_cache(maxsize=256)
def outline(text: str, size: int, weight: QFont.Weight, italic: bool) -> QPainterPath:
    """The letters as a path that begins at (0, 0); ``size`` is that of a font."""
    path = QPainterPath()
    path.addText(QPointF(0.0, 0.0), _font(size, weight, italic), text)
    return path


def letters(text: str, font: QFont) -> list[tuple[str, float]]:
    """Each letter of ``text``, with its accents, and where it begins."""
    metrics = QFontMetricsF(font)
    return [
        (found[0], metrics.horizontalAdvance(text[: found.end()]) - metrics.horizontalAdvance(found[0]))
        for found in _LETTER.finditer(text)
    ]


@lru_cache(maxsize=1024)
def _halo_of_letter(text: str, size: int, weight: QFont.Weight, italic: bool, width: float) -> QPainterPath:
    """What a round pen would paint along a letter: without what it crosses twice Qt fills it many times as fast."""
    stroker = QPainterPathStroker()
    stroker.setWidth(width)
    stroker.setCapStyle(Qt.PenCapStyle.RoundCap)
    stroker.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    stroked = stroker.createStroke(outline(text, size, weight, italic))
    stroked.setFillRule(Qt.FillRule.WindingFill)
    return stroked.simplified()


@lru_cache(maxsize=256)
def _halo(text: str, size: int, weight: QFont.Weight, italic: bool, width: float) -> QPainterPath:
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.WindingFill)
    for letter, x in letters(text, _font(size, weight, italic)):
        path.addPath(_halo_of_letter(letter, size, weight, italic, width).translated(x, 0.0))
    return path


def halo_text(painter: QPainter, at: QPointF, text: str, font: QFont, style: PlotStyle, token: str = "t1") -> None:
    """Write ``text`` on the ground: its baseline begins at ``at``, and a halo keeps it readable on every colour."""
    face = text, font.pixelSize(), font.weight(), font.italic()
    painter.save()
    painter.translate(at)
    painter.fillPath(_halo(*face, style.px(HALO_WIDTH)), style.color("halo", HALO_ALPHA))
    painter.fillPath(outline(*face), style.color(token))
    painter.restore()
