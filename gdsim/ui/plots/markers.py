"""The shapes that tell runs apart besides colour: on marbles, curves, legends and the list of runs."""

from __future__ import annotations

import math
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from gdsim.ui.theme import Marker, RunStyle


@lru_cache(maxsize=256)
def marker_path(marker: Marker, radius: float) -> QPainterPath:
    """The outline of ``marker`` around (0, 0); all markers of one ``radius`` look equally large.

    The path is shared: copy it before changing it.
    """
    path = QPainterPath()
    if marker == "circle":
        path.addEllipse(QPointF(0.0, 0.0), radius, radius)
        return path
    if marker == "square":
        side = 0.89 * radius
        path.addRect(QRectF(-side, -side, 2.0 * side, 2.0 * side))
        return path
    path.addPolygon(QPolygonF(_corners(marker, radius)))
    path.closeSubpath()
    return path


def _corners(marker: Marker, radius: float) -> list[QPointF]:
    if marker == "diamond":
        return _star(4, [1.22 * radius], -90.0)
    if marker == "star":
        return _star(10, [1.34 * radius, 0.60 * radius], -90.0)
    turn = 90.0 if marker == "triangle_down" else -90.0
    low = 0.14 * radius if marker == "triangle_down" else -0.14 * radius
    return [QPointF(p.x(), p.y() - low) for p in _star(3, [1.26 * radius], turn)]


def _star(count: int, radii: list[float], turn: float) -> list[QPointF]:
    return [
        QPointF(
            radii[k % len(radii)] * math.cos(math.radians(turn + 360.0 * k / count)),
            radii[k % len(radii)] * math.sin(math.radians(turn + 360.0 * k / count)),
        )
        for k in range(count)
    ]


def paint_marker(painter: QPainter, center: QPointF, style: RunStyle, radius: float) -> None:
    """Fill the marker of ``style`` at ``center``."""
    painter.save()
    painter.translate(center)
    painter.fillPath(marker_path(style.marker, radius), QColor(style.color))
    painter.restore()


def paint_swatch(painter: QPainter, rect: QRectF, style: RunStyle, *, width: float = 2.2, radius: float = 4.4) -> None:
    """Paint how a run is drawn, a piece of its line with its marker, into ``rect``.

    The dashes begin beside the marker and run outwards, the same on both sides, so that they can be told apart
    on few pixels.
    """
    center = rect.center()
    gap = radius + 1.5 if style.dash else 0.0
    room = rect.width() / 2.0 - gap
    pen = QPen(QColor(style.color), width)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if style.dash:
        fit = min(max(room / 25.0, 0.45), 1.0)
        pen.setDashPattern([part * fit for part in style.dash])
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(pen)
    for side in (-1.0, 1.0):
        painter.drawLine(center + QPointF(side * gap, 0.0), center + QPointF(side * (gap + room), 0.0))
    paint_marker(painter, center, style, radius)
    painter.restore()
