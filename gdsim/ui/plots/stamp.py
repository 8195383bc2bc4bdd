"""Words on the ground that change from frame to frame: each letter is drawn once, and copied from then on."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

from PySide6.QtCore import QPoint, QPointF, QRectF
from PySide6.QtGui import QColor, QFont, QImage, QPaintEngine, QPainter

from gdsim.ui.plots.style import HALO_ALPHA, HALO_WIDTH, PlotStyle, halo_text, letters, outline

ROOM = 3.0
"""Pixels around the words that the halo takes."""
PHASES = 4
"""Letters begin at so many places within a pixel."""


class Face(NamedTuple):
    """What letters look like."""

    size: int
    weight: QFont.Weight
    italic: bool
    style: PlotStyle
    token: str
    ratio: float

    @property
    def font(self) -> QFont:
        """Their font."""
        return self.style.font(self.size / self.style.scale, self.weight, italic=self.italic)


class Letter(NamedTuple):
    """A letter: its halo, itself, and where both lie as seen from its place on the line, in device pixels."""

    halo: QImage
    ink: QImage
    corner: QPoint


def stamp_text(painter: QPainter, box: QRectF, text: str, font: QFont, style: PlotStyle, token: str = "t1") -> None:
    """Write ``text`` with a halo; ``box`` is as wide as it is and 15 pixels high."""
    if painter.paintEngine().type() != QPaintEngine.Type.Raster:
        halo_text(painter, QPointF(box.left(), box.bottom() - style.px(4)), text, font, style, token)
        return
    transform = painter.deviceTransform()
    ratio = math.hypot(transform.m11(), transform.m12()) or 1.0
    image = _image(text, Face(font.pixelSize(), font.weight(), font.italic(), style, token, ratio))
    room = style.px(ROOM)
    painter.drawImage(box.topLeft() - QPointF(room, room), image)


@lru_cache(maxsize=128)
def _image(text: str, face: Face) -> QImage:
    """The words: the halos of all letters become one before it is made translucent."""
    style, ratio, font = face.style, face.ratio, face.font
    room, height = style.px(ROOM), style.px(15.0)
    width = style.advance(text, font) + 2.0 * room
    image = _blank(math.ceil(width * ratio), math.ceil((height + 2.0 * room) * ratio))
    base = round((room + height - style.px(4)) * ratio)
    placed = []
    for one, x in letters(text, font):
        pixel, phase = divmod(round((room + x) * ratio * PHASES), PHASES)
        letter = _letter(one, face, phase)
        placed.append((QPoint(pixel, base) + letter.corner, letter))
    painter = QPainter(image)
    for corner, letter in placed:
        painter.drawImage(corner, letter.halo)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationIn)
    painter.fillRect(image.rect(), QColor(0, 0, 0, HALO_ALPHA))
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
    for corner, letter in placed:
        painter.drawImage(corner, letter.ink)
    painter.end()
    image.setDevicePixelRatio(ratio)
    return image


@lru_cache(maxsize=1024)
def _letter(text: str, face: Face, phase: int) -> Letter:
    style, ratio = face.style, face.ratio
    path = outline(text, face.size, face.weight, face.italic)
    box, room = path.boundingRect(), math.ceil(style.px(HALO_WIDTH) * ratio) + 1
    corner = QPoint(math.floor(box.left() * ratio) - room, math.floor(box.top() * ratio) - room)
    size = math.ceil(box.width() * ratio) + 2 * room + 2, math.ceil(box.height() * ratio) + 2 * room + 2
    halo, ink = _blank(*size), _blank(*size)
    for image in (halo, ink):
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(phase / PHASES - corner.x(), -corner.y())
        painter.scale(ratio, ratio)
        if image is halo:
            painter.strokePath(path, style.pen("halo", HALO_WIDTH))
        else:
            painter.fillPath(path, style.color(face.token))
        painter.end()
    return Letter(halo, ink, corner)


def _blank(width: int, height: int) -> QImage:
    image = QImage(max(width, 1), max(height, 1), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    return image
