"""What lies on the surface: minima, the start, and the marbles as balls; what is hidden shows through faintly."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QRadialGradient

from gdsim.ui.plots.average import paint_average
from gdsim.ui.plots.canvas import Cached
from gdsim.ui.plots.ground import HELD_BACK
from gdsim.ui.plots.marks import (
    LOCAL,
    MARBLE,
    MARBLE_SELECTED,
    START,
    Side,
    last_places,
    paint_away,
    paint_marble,
    paint_minimum,
)
from gdsim.ui.plots.plot import Frame
from gdsim.ui.plots.style import halo_text
from gdsim.ui.solid.frame import SolidFrame

BEHIND = 0.38
"""Opacity of what is hidden."""
EDGE = 0.995
"""How far out, from the middle to the edge, the marks of the balls stand that have left the surface."""
FEW = 8
"""No more minima than this are kept clear of words."""
MANY = 60
"""More minima than this are not marked."""


def balls(frame: SolidFrame) -> list[tuple[float, int, QPointF, bool]]:
    """The balls on the surface, the farthest first: depth, run, the spot on which it lies, whether it is hidden."""
    places = np.array(last_places(frame)).reshape(-1, 3)
    places = places[frame.on(places[:, 1:])]
    spots = frame.spots(places[:, 1:]) if len(places) else []
    found = [
        (depth, int(index), at, hidden) for index, (at, hidden, depth) in zip(places[:, 0].tolist(), spots, strict=True)
    ]
    return sorted(found, key=lambda ball: -ball[0])


def gone(frame: SolidFrame) -> list[tuple[int, QPointF, QPointF]]:
    """The runs whose balls have left the surface: the spot at its edge by which they left, and the way they went."""
    left, right, bottom, top = frame.view
    found = []
    for index, x, y in last_places(frame):
        with np.errstate(over="ignore"):
            across, up = (x - left) / (right - left) * 2.0 - 1.0, (y - bottom) / (top - bottom) * 2.0 - 1.0
        reach = max(abs(across), abs(up))
        if not 1.0 < reach < math.inf:
            continue
        across, up = across / reach * EDGE, up / reach * EDGE
        middle, half = (0.5 * (left + right), 0.5 * (bottom + top)), (0.5 * (right - left), 0.5 * (top - bottom))
        spot = frame.spot(middle[0] + across * half[0], middle[1] + up * half[1])[0]
        block = frame.terrain.mesh.block
        way = frame.projection.direction(across * block.half_u, up * block.half_v, 0.0)
        found.append((index, spot, QPointF(float(way[0]), float(way[1]))))
    return found


class SolidMarks:
    """The layer of minima, start and balls.

    Attributes:
        start: Replaces the experiment's while it is dragged.
        lit: Whether the pointer is over the start.
        held_back: Where the validation loss is lowest; None where that is not shown or not known.
    """

    def __init__(self) -> None:
        self.start: tuple[float, float] | None = None
        self.lit = False
        self.held_back: tuple[float, float] | None = None
        self._side = Side()
        self._flag = Cached()

    def paint(self, painter: QPainter, frame: Frame) -> None:
        """Paint them all, the nearest last."""
        assert isinstance(frame, SolidFrame)
        self._minima(painter, frame)
        self._start(painter, frame)
        for index, run in frame.runs:
            average = run.at(frame.moment.step_of(index)).average
            if average is not None:
                at, hidden, _ = frame.spot(*frame.moment.section.place(average))
                if math.isfinite(at.x()):
                    painter.setOpacity(BEHIND if hidden else 1.0)
                    paint_average(painter, at, frame.moment.look(frame.style.theme, index), frame.style)
        painter.setOpacity(1.0)
        for _, index, at, hidden in balls(frame):
            self._ball(painter, frame, index, at, hidden=hidden)
        for index, at, way in gone(frame):
            paint_away(painter, at, way, frame.moment.look(frame.style.theme, index), frame.style)

    def place(self, frame: SolidFrame) -> tuple[QPointF, bool]:
        """Where the start is seen, and whether it is hidden."""
        x, y = self.start or frame.moment.section.place(frame.moment.experiment.origin)
        at, hidden, _ = frame.spot(x, y)
        return at, hidden

    def boxes(self, frame: Frame) -> list[QRectF]:
        """What words must not cover: balls, minima, and the start with its name."""
        assert isinstance(frame, SolidFrame)
        style = frame.style
        lifted = QPointF(0.0, frame.radius * frame.projection.cosine)
        points = [(at - lifted, MARBLE_SELECTED + 3.0) for _, _, at, _ in balls(frame)]
        minima = frame.moment.section.minima()
        if 0 < len(minima) <= FEW:
            points += [(at, 6.0) for at, _, _ in frame.spots(minima)]
        start, _ = self.place(frame)
        points.append((start, START + 4.0))
        found = [
            QRectF(at.x() - style.px(r), at.y() - style.px(r), 2.0 * style.px(r), 2.0 * style.px(r))
            for at, r in points
            if math.isfinite(at.x()) and math.isfinite(at.y())
        ]
        return [*found, self._name(frame, start)] if math.isfinite(start.x()) else found

    def _minima(self, painter: QPainter, frame: SolidFrame) -> None:
        section = frame.moment.section
        local = section.local_minima()
        held_back = np.array([] if self.held_back is None else [self.held_back])
        kinds = [
            (section.minima()[:MANY], "t1", 255),
            (local if len(local) <= MANY else local[:0], "t1", LOCAL),
            (held_back, HELD_BACK, 255),
        ]
        for places, token, alpha in kinds:
            for at, hidden, _ in frame.spots(places) if len(places) else []:
                if math.isfinite(at.x()):
                    painter.setOpacity(BEHIND if hidden else 1.0)
                    paint_minimum(painter, at, frame.style, token, alpha)
        painter.setOpacity(1.0)

    def _start(self, painter: QPainter, frame: SolidFrame) -> None:
        at, hidden = self.place(frame)
        if not (math.isfinite(at.x()) and math.isfinite(at.y())):
            return
        reach = frame.style.px(48.0)
        rect = QRectF(at.x() - reach, at.y() - reach, 2.0 * reach, 2.0 * reach)
        key = (frame.style, frame.key, self.lit, hidden, self._name(frame, at).top() < at.y())
        self._flag.draw(painter, rect, key, lambda canvas: self._paint_start(canvas, frame, at, hidden=hidden))

    def _paint_start(self, painter: QPainter, frame: SolidFrame, at: QPointF, *, hidden: bool) -> None:
        style = frame.style
        radius = style.px(START + (1.5 if self.lit else 0.0))
        flat = radius * _flatness(frame)
        painter.setOpacity(BEHIND if hidden else 1.0)
        for pen in (style.pen("halo", 5.0, 170), style.pen("t1", 2.2)):
            painter.setPen(pen)
            painter.drawEllipse(at, radius, flat)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(style.color("t1"))
        painter.drawEllipse(at, style.px(2.4), style.px(2.4))
        font = style.font(12)
        name = self._name(frame, at)
        halo_text(painter, QPointF(name.left(), name.bottom() - style.px(2.0)), "start", font, style)
        painter.setOpacity(1.0)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _name(self, frame: SolidFrame, at: QPointF) -> QRectF:
        """Where the word stands: below the ring, or above it where the trails would lie over it."""
        style, flat = frame.style, frame.style.px(START) * _flatness(frame)
        half, height = style.advance("start", style.font(12)) / 2, style.px(13.0)
        left = min(max(at.x() - half, style.px(4)), frame.width - 2 * half - style.px(4))
        below = QRectF(left, at.y() + flat + style.px(4), 2.0 * half, height)
        ball = frame.radius * (1.0 + frame.projection.cosine)  # which stands on the ring at first
        above = QRectF(left, at.y() - ball - style.px(2) - height, 2.0 * half, height)
        return (
            above
            if self._side.above(frame, above, below, usual=False, held=self.start is not None or frame.turning)
            else below
        )

    def _ball(self, painter: QPainter, frame: SolidFrame, index: int, at: QPointF, *, hidden: bool) -> None:
        style, look = frame.style, frame.moment.look(frame.style.theme, index)
        radius = MARBLE_SELECTED if index == frame.moment.selected else MARBLE
        r = style.px(radius)
        centre = at - QPointF(0.0, r * frame.projection.cosine)
        if hidden:
            painter.setBrush(style.color(look.color, 50))
            for token, width in (("halo", 3.0), (look.color, 1.6)):
                pen = style.pen(token, width, 170)
                if token != "halo":
                    pen.setDashPattern([2.2, 2.0])
                painter.setPen(pen)
                painter.drawEllipse(centre, r, r)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            return
        shadow = QRadialGradient(QPointF(0.0, 0.0), 1.0)
        shadow.setColorAt(0.0, QColor(0, 0, 0, 150))
        shadow.setColorAt(1.0, QColor(0, 0, 0, 0))
        painter.save()
        painter.translate(at + QPointF(0.45 * r, 0.10 * r))
        painter.scale(1.5 * r, 1.5 * r * max(frame.projection.sine, 0.3))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(shadow))
        painter.drawEllipse(QPointF(0.0, 0.0), 1.0, 1.0)
        painter.restore()
        paint_marble(painter, centre, look, style, radius)


def _flatness(frame: SolidFrame) -> float:
    """How high the ring of the start is seen, against its width: it lies on the ground."""
    return max(frame.projection.sine, 0.42)
