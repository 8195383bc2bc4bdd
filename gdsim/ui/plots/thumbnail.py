"""A landscape as a small picture, for cards and galleries."""

from __future__ import annotations

from functools import lru_cache

import msgspec
import numpy as np
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPainterPath, QPixmap

from gdsim.core.landscapes import Floats, Landscape, ModelLandscape
from gdsim.core.landscapes.base import PlaneLandscape, View
from gdsim.core.planes import Axes, Coordinates, Directions
from gdsim.core.readiness import FEW
from gdsim.core.section import Section
from gdsim.ui.plots.ground import Heights, shaded
from gdsim.ui.theme import Theme

COLUMNS, ROWS = 38, 29
"""Where every point costs a pass over all examples, so many are computed and the rest is drawn between them."""
WORK = 20_000_000
"""Parameters times examples times points that a picture may cost; larger models get a coarser one."""


def thumbnail(landscape: Landscape, theme: Theme, size: QSize, scale: float = 1.0) -> QPixmap:
    """The ground of ``landscape`` in its home view, with rounded corners.

    A landscape of many parameters is cut along two of them where they are few, else along two random directions.

    Args:
        landscape: What is drawn.
        theme: Its colours.
        size: In device-independent pixels; the view is cut to its shape.
        scale: Device pixels for each of them.
    """
    columns, rows = round(size.width() * scale), round(size.height() * scale)
    image = shaded(_tones(landscape, columns, rows), 1.0 / scale, theme)
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


@lru_cache(maxsize=64)
def _tones(landscape: Landscape, columns: int, rows: int) -> Floats:
    """The colour of every pixel, from 0 to 1, the top row first; kept, since galleries are opened again."""
    if isinstance(landscape, ModelLandscape) and landscape.data().y.size > FEW:
        landscape = msgspec.structs.replace(landscape, only=FEW)
    cut = _cut(landscape)
    view = cut.home()
    known = cut.minima()
    lowest = np.nan if not len(known) or cut.cuts else float(np.min(landscape.loss(known)))
    floor = lowest if np.isfinite(lowest) else None
    seen = _shaped(view, columns, rows)
    if isinstance(landscape, ModelLandscape):
        across, up = _affordable(landscape)
        loss = _grid(cut, seen, across, up)
        heights = Heights.of(loss, view, floor)
        height = _between(heights.height(loss), columns, rows)
    else:
        heights = Heights.of(_grid(cut, view, 150, 96), view, floor)
        height = heights.height(_grid(cut, seen, columns, rows))
    return np.flipud(heights.tone(height))


def _cut(landscape: Landscape) -> Section:
    """The landscape itself, or a plane through where it has its minimum or its runs begin."""
    if isinstance(landscape, PlaneLandscape) or not isinstance(landscape, ModelLandscape):
        return Section(landscape)
    start = np.array([landscape.initial()])
    minima = landscape.minima()
    finite = minima[np.isfinite(minima).all(axis=1)]
    axes: Axes
    if landscape.dim <= 16:
        axes = Coordinates().axes(landscape, start)
        place = finite[0] if len(finite) else start[0]
        points = np.vstack([axes.project(start), axes.project(finite)])
        if not np.ptp(points, axis=0).any():
            points = np.vstack([points - 2.0, points + 2.0])
    else:
        axes, place = Directions().axes(landscape, start), start[0]
        points = np.array([[-1.0, -1.0], [1.0, 1.0]])
    extent = np.stack([points.min(axis=0), points.max(axis=0)])
    return Section(landscape, axes, axes.beside(place), extent=extent)


def _shaped(view: View, columns: int, rows: int) -> View:
    """As much of ``view`` as a picture of so many columns and rows shows with equal scales."""
    x, y = (view[0] + view[1]) / 2, (view[2] + view[3]) / 2
    half = min((view[1] - view[0]) / columns, (view[3] - view[2]) / rows) / 2
    return x - half * columns, x + half * columns, y - half * rows, y + half * rows


def _affordable(landscape: ModelLandscape) -> tuple[int, int]:
    points = WORK / (landscape.dim * max(landscape.data().y.size, 1))
    share = min(1.0, (points / (COLUMNS * ROWS)) ** 0.5)
    return max(round(COLUMNS * share), 6), max(round(ROWS * share), 5)


def _grid(cut: Section, view: View, columns: int, rows: int) -> Floats:
    left, right, bottom, top = view
    return cut.grid(np.linspace(left, right, columns), np.linspace(bottom, top, rows))


def _between(coarse: Floats, columns: int, rows: int) -> Floats:
    """A grid drawn out to another size, linearly."""
    for count in (rows, columns):
        places = np.linspace(0, len(coarse) - 1, count)
        first = np.minimum(places.astype(np.intp), len(coarse) - 2)
        share = (places - first)[:, np.newaxis]
        coarse = ((1.0 - share) * coarse[first] + share * coarse[first + 1]).T
    return coarse
