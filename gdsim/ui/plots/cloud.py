"""The members of ensembles on the landscape: a cloud of faint marbles at the step that is looked at."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPaintEngine, QPainter

from gdsim.core.landscapes import Floats
from gdsim.core.section import Section
from gdsim.ui.plots.marks import mixed
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.plot import Frame
from gdsim.ui.plots.style import PlotStyle

if TYPE_CHECKING:
    from gdsim.core.ensemble import Band

SIZE, RIM = 6.0, 2.4
"""Pixels across of a marble, and what its rim adds."""
ALPHA, RIM_ALPHA = 215, 150
PALE = 0.3
"""How much of white there is in their colour, so that they stand out from the trail of their run."""
MANY = 150
"""More marbles than these are fainter, so that the cloud does not become a blot."""


class Cloud:
    """The layer of clouds, each in the colour of its run."""

    def paint(self, painter: QPainter, frame: Frame) -> None:
        """Paint those of the runs that are seen."""
        for index, _ in frame.runs:
            band = frame.moment.bands.get(index)
            places = None if band is None else cloud_places(frame.moment, band)
            if band is None or places is None:
                continue
            color = mixed(QColor(frame.moment.look(frame.style.theme, index).color), QColor("#FFFFFF"), PALE).name()
            share = min(1.0, (MANY / band.ensemble.members) ** 0.5)
            _paint_marbles(painter, *_seen(frame, places), frame.style, color, share)


def _paint_marbles(
    painter: QPainter, x: list[float], y: list[float], style: PlotStyle, color: str, share: float
) -> None:
    """Copy one marble to all places: to draw each takes four times as long."""
    if painter.paintEngine().type() != QPaintEngine.Type.Raster:
        for at in map(QPointF, x, y):
            _draw_marble(painter, at, style, color, share)
        return
    transform = painter.deviceTransform()
    marble, half = _marble(style, color, share, math.hypot(transform.m11(), transform.m12()) or 1.0)
    draw = painter.drawImage
    for left, top in zip(x, y, strict=True):
        draw(QPointF(left - half, top - half), marble)


@lru_cache(maxsize=32)
def _marble(style: PlotStyle, color: str, share: float, ratio: float) -> tuple[QImage, float]:
    """A marble as an image for a device of ``ratio`` pixels a pixel, and half of its width."""
    side = math.ceil((style.px(SIZE + RIM) + 2.0) * ratio)
    image = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(0)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    half = side / ratio / 2.0
    _draw_marble(painter, QPointF(half, half), style, color, share)
    painter.end()
    return image, half


def _draw_marble(painter: QPainter, at: QPointF, style: PlotStyle, color: str, share: float) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    for token, size, alpha in (("halo", SIZE + RIM, RIM_ALPHA), (color, SIZE, ALPHA)):
        painter.setBrush(style.color(token, round(alpha * share)))
        painter.drawEllipse(at, style.px(size / 2.0), style.px(size / 2.0))


def cloud_places(moment: Moment, band: Band) -> Floats | None:
    """Where the members are seen at the cursor, shape (n, 2), those that left the floats left out; None beyond its end.

    A run that ended early rests at its end, and so do the members: all of them are at the step of the cursor.
    """
    theta = band.cloud(moment.cursor)
    if theta is None:
        return None
    return seen_in(moment.section, theta[np.isfinite(theta).all(axis=1)])


def seen_in(section: Section, theta: Floats) -> Floats:
    """Parameters in the coordinates of a section, shape (n, dim) -> (n, 2)."""
    with np.errstate(all="ignore"):
        return theta if section.axes is None else section.axes.project(theta)


def _seen(frame: Frame, places: Floats) -> tuple[list[float], list[float]]:
    """The marbles in view, in pixels across and down."""
    x, y = frame.pixels(places)
    room = frame.style.px(SIZE)
    near = (x > -room) & (x < frame.width + room) & (y > -room) & (y < frame.height + room)
    return x[near].tolist(), y[near].tolist()
