"""A landscape as a small picture, for cards and galleries."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPainterPath, QPixmap

from gdsim.core.landscapes import Landscape
from gdsim.ui.plots.ground import Heights, floor_of, sampled, shaded
from gdsim.ui.theme import Theme


def thumbnail(landscape: Landscape, theme: Theme, size: QSize, scale: float = 1.0) -> QPixmap:
    """The ground of ``landscape`` in its home view, with rounded corners.

    Args:
        landscape: What is drawn.
        theme: Its colours.
        size: In device-independent pixels; the view is cut to its shape.
        scale: Device pixels for each of them.
    """
    view = landscape.home()
    columns, rows = round(size.width() * scale), round(size.height() * scale)
    heights = Heights.of(sampled(landscape, view), view, floor_of(landscape))
    middle_x, middle_y = (view[0] + view[1]) / 2, (view[2] + view[3]) / 2
    half = min((view[1] - view[0]) / columns, (view[3] - view[2]) / rows) / 2
    seen = (middle_x - half * columns, middle_x + half * columns, middle_y - half * rows, middle_y + half * rows)
    loss = np.flipud(sampled(landscape, seen, columns, rows))
    image = shaded(heights.tone(heights.height(loss)), 1.0 / scale, theme)
    picture = QPixmap(columns, rows)
    picture.fill("transparent")
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    corners = QPainterPath()
    corners.addRoundedRect(QRectF(0, 0, columns, rows), 4 * scale, 4 * scale)
    painter.setClipPath(corners)
    painter.drawImage(0, 0, image)
    painter.end()
    picture.setDevicePixelRatio(scale)
    return picture
