"""Points on their way to the painter: none of them non-finite, none far outside, no more than can be seen.

QPainter hangs, overflows or draws nonsense on coordinates that are astronomically large, and a diverging run
has them; so everything that is drawn passes through here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLineF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from shiboken6 import wrapInstance

from gdsim.core.landscapes import Floats

FAR = 1e7
"""Pixels from the origin beyond which a point is drawn nearer, in the same direction."""

Box = tuple[float, float, float, float]
"""Left, right, top, bottom in pixels."""


def tamed(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Pixel coordinates that are finite or nan, none beyond ``FAR``; directions from the origin are kept."""
    with np.errstate(all="ignore"):
        if len(x) and max(x.max(), -x.min(), y.max(), -y.min()) <= FAR and not np.isnan(x.sum() + y.sum()):
            return x, y
        size = np.maximum(np.abs(x), np.abs(y))
        bad = ~np.isfinite(x) | ~np.isfinite(y)
        far = size > FAR
        if not (bad.any() or far.any()):
            return x, y
        shrink = np.where(far, FAR / size, 1.0)
        return np.where(bad, np.nan, x * shrink), np.where(bad, np.nan, y * shrink)


FEW = 1_500
"""Points that are handed to Qt one by one; more go in one piece, by way of pyqtgraph. Nor do so few need sifting."""


def _plain_path(x: Floats, y: Floats, connect: npt.NDArray[np.int32]) -> QPainterPath:
    path = QPainterPath()
    joined = False
    for across, down, goes_on in zip(x.tolist(), y.tolist(), connect.tolist(), strict=True):
        if joined:
            path.lineTo(across, down)
        else:
            path.moveTo(across, down)
        joined = bool(goes_on)
    return path


@dataclass(frozen=True)
class Segments:
    """Pieces of a polyline. Piece i came from vertex ``index[i]``; ``head`` is the part that was cut off before it."""

    x0: Floats
    y0: Floats
    x1: Floats
    y1: Floats
    index: np.ndarray[tuple[int], np.dtype[np.int64]]
    head: Floats

    def __len__(self) -> int:
        return len(self.x0)

    def take(self, keep: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Segments:
        """The pieces ``keep``, in that order."""
        return Segments(self.x0[keep], self.y0[keep], self.x1[keep], self.y1[keep], self.index[keep], self.head[keep])

    def starts(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Where a new chain begins: the piece does not go on from the one before it."""
        begins = np.ones(len(self), bool)
        if len(self) > 1:
            follows = self.index[1:] == self.index[:-1] + 1
            joined = (self.x0[1:] == self.x1[:-1]) & (self.y0[1:] == self.y1[:-1])
            begins[1:] = ~(follows & joined)
        return begins

    def path(self) -> QPainterPath:
        """All pieces as one path, joined where they go on from each other."""
        n = len(self)
        if n == 0:
            return QPainterPath()
        begins = self.starts()
        at = np.arange(n) + np.cumsum(begins)
        x, y = np.empty(at[-1] + 1), np.empty(at[-1] + 1)
        connect = np.ones(at[-1] + 1, np.int32)
        x[at], y[at] = self.x1, self.y1
        first = at[begins] - 1
        x[first], y[first] = self.x0[begins], self.y0[begins]
        connect[first[1:] - 1] = 0
        connect[-1] = 0
        if len(x) <= FEW:
            return _plain_path(x, y, connect)
        import pyqtgraph as pg  # not needed for the first picture, and its import takes a sixth of the start

        path: QPainterPath = pg.arrayToQPath(x, y, connect=connect, finiteCheck=False)
        return path

    def travelled(self) -> Floats:
        """The length of line before each piece."""
        lengths = np.hypot(self.x1 - self.x0, self.y1 - self.y0)
        return np.asarray(np.cumsum(lengths) - lengths)

    def rect(self) -> QRectF:
        """What they lie in."""
        if not len(self):
            return QRectF()
        x, y = min(self.x0.min(), self.x1.min()), min(self.y0.min(), self.y1.min())
        return QRectF(x, y, max(self.x0.max(), self.x1.max()) - x, max(self.y0.max(), self.y1.max()) - y)

    def stroke(self, painter: QPainter, pen: QPen) -> None:
        """Draw the pieces one by one with square ends: on pixels a hundred times faster than one long path."""
        pen = QPen(pen)
        if pen.capStyle() == Qt.PenCapStyle.RoundCap:
            pen.setCapStyle(Qt.PenCapStyle.SquareCap)
        painter.setPen(pen)
        ends = np.column_stack((self.x0, self.y0, self.x1, self.y1))
        if len(ends):
            first: Any = wrapInstance(ends.ctypes.data, QLineF)  # a QLineF is four doubles
            painter.drawLines(first, len(ends))

    def dashed(self, travelled: Floats, pattern: tuple[float, ...]) -> Segments:
        """What a dashed pen would leave of them.

        Args:
            travelled: The length of line before each piece, so that dashes go on over joints.
            pattern: Lengths of dashes and gaps, in turn.
        """
        length = np.hypot(self.x1 - self.x0, self.y1 - self.y0)
        period = sum(pattern)
        whole = np.floor(travelled / period)
        phase = travelled - whole * period  # in 0..period: keeps digits however far was travelled
        count = np.floor((phase + length) / period).astype(np.int64) + 1
        piece = np.repeat(np.arange(len(self)), count)
        turn = (np.arange(len(piece)) - np.repeat(np.cumsum(count) - count, count)) * period
        begins = np.concatenate([[0.0], np.cumsum(pattern)[1:-1:2]])
        starts = (turn - phase[piece])[:, None] + begins
        ends = starts + np.array(pattern[0::2])
        reach = length[piece][:, None]
        a, b = np.maximum(starts, 0.0), np.minimum(ends, reach)
        row, part = np.nonzero(b > a)
        piece, a, b = piece[row], a[row, part], b[row, part]
        x0, y0, n = self.x0[piece], self.y0[piece], length[piece]
        ux, uy = (self.x1[piece] - x0) / n, (self.y1[piece] - y0) / n
        to_end = b >= n
        return Segments(
            x0 + a * ux,
            y0 + a * uy,
            np.where(to_end, self.x1[piece], x0 + b * ux),
            np.where(to_end, self.y1[piece], y0 + b * uy),
            np.arange(len(piece)),
            np.zeros(len(piece)),
        )


def clipped(x: Floats, y: Floats, box: Box) -> Segments:
    """The pieces of the polyline (x, y) inside ``box``; a nan breaks the line."""
    x, y = tamed(x, y)
    left, right, top, bottom = box
    count = max(len(x) - 1, 0)
    if count and x.min() >= left and x.max() <= right and y.min() >= top and y.max() <= bottom:  # nan compares false
        return Segments(x[:-1], y[:-1], x[1:], y[1:], np.arange(count), np.zeros(count))
    if len(x) <= FEW:
        return _cut(x, y, np.arange(count), box)
    with np.errstate(invalid="ignore"):
        within = (x >= left) & (x <= right) & (y >= top) & (y <= bottom)
    whole = within[:-1] & within[1:]
    cut = _cut(x, y, np.flatnonzero(~whole), box)  # a small part, usually
    whole[cut.index] = True
    index = np.flatnonzero(whole)
    found = Segments(x[index], y[index], x[index + 1], y[index + 1], index, np.zeros(len(index)))
    at = np.searchsorted(index, cut.index)
    found.x0[at], found.y0[at], found.x1[at], found.y1[at], found.head[at] = cut.x0, cut.y0, cut.x1, cut.y1, cut.head
    return found


def _cut(x: Floats, y: Floats, index: np.ndarray[tuple[int], np.dtype[np.int64]], box: Box) -> Segments:
    """The same of the pieces ``index`` (Liang and Barsky 1984)."""
    left, right, top, bottom = box
    x0, y0, x1, y1 = x[index], y[index], x[index + 1], y[index + 1]
    with np.errstate(all="ignore"):
        near = (
            (np.minimum(x0, x1) <= right)
            & (np.maximum(x0, x1) >= left)
            & (np.minimum(y0, y1) <= bottom)
            & (np.maximum(y0, y1) >= top)
        )
    x0, y0, x1, y1, index = x0[near], y0[near], x1[near], y1[near], index[near]
    dx, dy = x1 - x0, y1 - y0
    enter, leave = np.zeros(len(index)), np.ones(len(index))
    with np.errstate(all="ignore"):
        for start, step, low, high in ((x0, dx, left, right), (y0, dy, top, bottom)):
            moving = step != 0.0
            a, b = (low - start) / step, (high - start) / step
            enter = np.where(moving, np.maximum(enter, np.minimum(a, b)), enter)
            leave = np.where(moving, np.minimum(leave, np.maximum(a, b)), leave)
    inside = enter <= leave
    cut0, cut1 = inside & (enter > 0.0), inside & (leave < 1.0)
    cx0, cy0 = np.where(cut0, x0 + enter * dx, x0), np.where(cut0, y0 + enter * dy, y0)
    cx1, cy1 = np.where(cut1, x0 + leave * dx, x1), np.where(cut1, y0 + leave * dy, y1)
    found = Segments(cx0, cy0, cx1, cy1, index, enter)
    return found if inside.all() else found.take(np.flatnonzero(inside))


def fill_columns(painter: QPainter, color: QColor, x: Floats, top: Floats, bottom: Floats, thickness: float) -> None:
    """Fill columns beside each other, in whole pixels of the device, each as far as it touches the one before it.

    Against a line that goes up and down in each of them it takes a fifth of the time.

    Args:
        painter: In pixels of the plot, in which the rest is given.
        color: Opaque.
        x: The middles of the columns, rising.
        top: Where each begins; nan where there is none.
        bottom: Where it ends.
        thickness: The least height.
    """
    if not len(x):
        return
    scale = painter.deviceTransform().m11()
    between = 0.5 * (x[1:] + x[:-1]) if len(x) > 1 else x + 0.5 * thickness
    edges = np.concatenate([2.0 * x[:1] - between[:1], between, 2.0 * x[-1:] - between[-1:]])
    edges = np.floor(edges * scale + 0.5)
    found = np.flatnonzero(~(np.isnan(top) | np.isnan(bottom)))
    high, low = np.floor(top[found] * scale), np.floor(bottom[found] * scale)
    short = np.maximum(round(thickness * scale) - 1.0 - (low - high), 0.0)
    high, low = high - np.floor(0.5 * short), low + np.ceil(0.5 * short)
    right = np.maximum(edges[found + 1] - 1.0, edges[found])  # none is lost, however narrow
    rects = np.column_stack([edges[found], high, right, low]).astype(np.int32)  # as a QRect has them
    beside = np.flatnonzero(np.diff(found) == 1) + 1
    rects[beside, 1] = np.minimum(high[beside], low[beside - 1])
    rects[beside, 3] = np.maximum(low[beside], high[beside - 1])
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.scale(1.0 / scale, 1.0 / scale)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    if len(rects):
        first: Any = wrapInstance(rects.ctypes.data, QRect)  # a QRect is four 32-bit numbers
        painter.drawRects(first, len(rects))
    painter.restore()


@lru_cache(maxsize=4)
def spread(count: int, most: int) -> npt.NDArray[np.intp]:
    """Which of ``count`` points of a trail stand for all of them: more of the first, which go the longest way."""
    early = np.geomspace(1, count, max(most // 3, 1)).astype(np.intp) - 1
    found = np.union1d(early, np.arange(0, count, -(-3 * count // (2 * most)), dtype=np.intp))
    found.flags.writeable = False  # it is remembered, for the other runs of a frame
    return found
