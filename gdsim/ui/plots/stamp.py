"""Words on the ground that come again in every frame: their outlines are drawn once, and copied from then on."""

from __future__ import annotations

import math
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFont, QImage, QPaintEngine, QPainter

from gdsim.ui.plots.style import PlotStyle, halo_text

ROOM = 3.0
"""Pixels around the words that the halo takes."""


def stamp_text(painter: QPainter, box: QRectF, text: str, font: QFont, style: PlotStyle, token: str = "t1") -> None:
    """Write ``text`` with a halo; ``box`` is as wide as it is and 15 pixels high."""
    if painter.paintEngine().type() != QPaintEngine.Type.Raster:
        halo_text(painter, QPointF(box.left(), box.bottom() - style.px(4)), text, font, style, token)
        return
    transform = painter.deviceTransform()
    ratio = math.hypot(transform.m11(), transform.m12()) or 1.0
    image = _image(text, font.pixelSize(), font.weight(), font.italic(), style, token, ratio)
    room = style.px(ROOM)
    painter.drawImage(box.topLeft() - QPointF(room, room), image)


@lru_cache(maxsize=128)
def _image(
    text: str, size: int, weight: QFont.Weight, italic: bool, style: PlotStyle, token: str, ratio: float
) -> QImage:
    font = style.font(size / style.scale, weight, italic=italic)
    room, height = style.px(ROOM), style.px(15.0)
    width = style.advance(text, font) + 2.0 * room
    image = QImage(
        max(math.ceil(width * ratio), 1), math.ceil((height + 2.0 * room) * ratio),
        QImage.Format.Format_ARGB32_Premultiplied,
    )  # fmt: skip
    image.setDevicePixelRatio(ratio)
    image.fill(0)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    halo_text(painter, QPointF(room, room + height - style.px(4)), text, font, style, token)
    painter.end()
    return image
