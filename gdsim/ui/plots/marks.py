"""What stands on the ground: minima, the start, and the marbles."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QRadialGradient

from gdsim.core.landscapes import Floats, Landscape
from gdsim.core.planes import Axes
from gdsim.core.trajectory import RunTrajectory
from gdsim.ui.plots.average import paint_average
from gdsim.ui.plots.canvas import Cached
from gdsim.ui.plots.ground import HELD_BACK
from gdsim.ui.plots.markers import marker_path
from gdsim.ui.plots.plot import Frame
from gdsim.ui.plots.style import SEMIBOLD, PlotStyle, halo_text
from gdsim.ui.theme import RunStyle

MARBLE, MARBLE_SELECTED, RIM = 8.0, 9.5, 2.0
START = 10.0
MANY = 8
"""More minima than this are painted once."""
SAMPLED = 200
"""Points of each trail that decide where the name of the start stands."""
LOCAL, LOCAL_MANY = 120, 70
"""Alpha of minima that are not global."""
TINY = 1e-7
"""How far from the plane, against the size of its parameters, a marble counts as on it."""


def marble_places(frame: Frame) -> list[tuple[int, QPointF, bool]]:
    """Each visible run's marble: its run, its place in pixels, and whether it lies in view.

    One that has left the view waits at the edge it left by; one whose place is no number stays where it last was.
    """
    found = []
    for index, x, y in last_places(frame):
        at = frame.place(x, y)
        if not (math.isfinite(at.x()) and math.isfinite(at.y())):
            continue
        inside = -12.0 <= at.x() <= frame.width + 12.0 and -12.0 <= at.y() <= frame.height + 12.0
        found.append((index, at if inside else _edge(at, frame), inside))
    return found


def last_places(frame: Frame) -> list[tuple[int, float, float]]:
    """Where each visible run's marble is, in the data's coordinates: the last place that is a number."""
    found = []
    for index, run in frame.runs:
        step, section = frame.moment.step_of(index), frame.moment.section
        rows = np.stack([section.place_at(run, run.known(step - 1)), section.place_at(run, step)])
        usable = rows[np.isfinite(rows).all(axis=1)]
        if len(usable):
            found.append((index, float(usable[-1][0]), float(usable[-1][1])))
    return found


class Side:
    """On which side of the start its name stands: where the trails lie less over it, whatever the step.

    It is found again when something else is seen or the runs are others, not while marbles roll past.
    """

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._above = True

    def above(self, frame: Frame, above: QRectF, below: QRectF, *, usual: bool, held: bool) -> bool:
        """Whether the name stands above rather than below, given where it would.

        Args:
            frame: What is shown.
            above: Where it would stand above.
            below: Where below.
            usual: Whether it stands above where both are as good.
            held: Whether the start is being dragged, or the surface turned: then it stays on its side.
        """
        runs = [run for _, run in frame.runs]
        known = tuple((run, run.generation, len(run).bit_length()) for run in runs)
        key = (frame.key, frame.area.size().toTuple(), frame.style, above.topLeft().toTuple(), usual, known)
        if key != self._key and not (self._key and (frame.coarse or held)):
            self._key = key
            places = [frame.moment.section.places(run) for run in runs]
            points = np.vstack([np.empty((0, 2)), *(rows[:: max(1, len(rows) // SAMPLED)] for rows in places)])
            over, under = (self._covered(frame, points, box) for box in (above, below))
            self._above = usual if over == under else over < under
        return self._above

    @staticmethod
    def _covered(frame: Frame, points: Floats, box: QRectF) -> int:
        room = frame.style.px(MARBLE)
        if not frame.area.contains(box):
            return len(points) + 1
        x, y = frame.pixels(points)
        on = (x > box.left() - room) & (x < box.right() + room) & (y > box.top() - room) & (y < box.bottom() + room)
        return int(np.count_nonzero(on))


def _edge(at: QPointF, frame: Frame) -> QPointF:
    """Where the way from the middle to ``at`` leaves the area."""
    middle = QPointF(frame.width / 2, frame.height / 2)
    dx, dy = at.x() - middle.x(), at.y() - middle.y()
    room = frame.style.px(12.0)
    reach = max(abs(dx) / max(middle.x() - room, 1.0), abs(dy) / max(middle.y() - room, 1.0))
    return middle + QPointF(dx / reach, dy / reach)


class Marks:
    """The layer of minima, start and marbles.

    Attributes:
        start: Replaces the experiment's while it is dragged.
        lit: Whether the pointer is over the start.
        held_back: Where the validation loss is lowest; None where that is not shown or not known.
    """

    def __init__(self) -> None:
        self.start: tuple[float, float] | None = None
        self.lit = False
        self.held_back: tuple[float, float] | None = None
        self._known: tuple[Landscape, Axes | None] | None = None
        self._beside: dict[int, tuple[tuple[object, ...], bool]] = {}
        self._minima: list[list[float]] = []
        self._local: list[list[float]] = []
        self._places: list[tuple[int, QPointF, bool]] = []
        self._side = Side()
        self._many = Cached()
        self._flag = Cached()

    def paint(self, painter: QPainter, frame: Frame) -> None:
        """Paint them all; the selected marble is on top."""
        section = frame.moment.section
        known = (section.landscape, section.axes)
        if self._known is None or known[0] is not self._known[0] or known[1] is not self._known[1]:
            self._known = known
            self._minima, self._local = section.minima()[:200].tolist(), section.local_minima()[:400].tolist()
        key = (frame.view, frame.style, *known)
        if len(self._minima) + len(self._local) > MANY:
            self._many.draw(painter, frame.area, key, lambda canvas: self._paint_minima(canvas, frame))
        else:
            self._paint_minima(painter, frame)
        if self.held_back is not None:
            paint_minimum(painter, frame.place(*self.held_back), frame.style, HELD_BACK)
        at = self.place(frame)
        if _near(at, frame):
            reach = frame.style.px(48.0)
            rect = QRectF(at.x() - reach, at.y() - reach, 2 * reach, 2 * reach)
            self._flag.draw(
                painter,
                rect,
                (frame.style, frame.area.size().toTuple(), self.lit, self._name_of_start(frame, at).y() < at.y()),
                lambda canvas: self._start(canvas, frame),
            )
        self._places = marble_places(frame)
        for index, run in frame.runs:
            self._paint_average(painter, frame, index, run)
        for index, at, inside in self._places:
            style = frame.moment.look(frame.style.theme, index)
            if inside:
                radius = MARBLE_SELECTED if index == frame.moment.selected else MARBLE
                if self._is_beside(frame, index):
                    _paint_lifted(painter, at, style, frame.style, radius)
                paint_marble(painter, at, style, frame.style, radius)

    def _paint_average(self, painter: QPainter, frame: Frame, index: int, run: RunTrajectory) -> None:
        average, section = run.at(frame.moment.step_of(index)).average, frame.moment.section
        if average is None:
            return
        at = frame.place(*section.place(average))
        if math.isfinite(at.x()) and math.isfinite(at.y()) and _near(at, frame):
            paint_average(painter, at, frame.moment.look(frame.style.theme, index), frame.style)

    def _is_beside(self, frame: Frame, index: int) -> bool:
        """Whether a marble lies beside the plane, so that the surface under it is not its loss."""
        section, run = frame.moment.section, frame.moment.trajectory.runs[index]
        if not section.cuts:
            return False
        key = (section, run, run.generation, frame.moment.step_of(index))
        known = self._beside.get(index)
        if known is None or known[0] != key:
            theta = run.at(frame.moment.step_of(index)).theta
            with np.errstate(all="ignore"):
                off = section.distance(theta) > TINY * (1.0 + float(np.abs(theta).max()))
            known = self._beside[index] = (key, bool(off))
        return known[1]

    def boxes(self, frame: Frame) -> list[QRectF]:
        """What words must not cover: marbles, minima, and the start with its name; ``paint`` comes before."""
        style = frame.style
        points = [(at, MARBLE_SELECTED + 3.0) for _, at, inside in self._places if inside]
        if len(self._minima) + len(self._local) <= MANY:
            points += [(frame.place(x, y), 6.0) for x, y in (*self._minima, *self._local)]
        start = self.place(frame)
        points.append((start, START + 4.0))
        found = [
            QRectF(at.x() - style.px(r), at.y() - style.px(r), 2.0 * style.px(r), 2.0 * style.px(r))
            for at, r in points
            if math.isfinite(at.x()) and math.isfinite(at.y())
        ]
        base = self._name_of_start(frame, start)
        width = style.advance("start", style.font(12))
        return [*found, QRectF(base.x(), base.y() - style.px(12.0), width, style.px(16.0))]

    def _name_of_start(self, frame: Frame, at: QPointF) -> QPointF:
        """Where the word begins on its line."""
        style = frame.style
        radius = style.px(START + (1.5 if self.lit else 0.0))
        half = style.advance("start", style.font(12)) / 2
        left = min(max(at.x() - half, style.px(4)), frame.width - 2 * half - style.px(4))
        above, below = (at.y() - style.px(START + 6), at.y() + style.px(START + 15))
        boxes = [QRectF(left, base - style.px(11), 2 * half, style.px(13)) for base in (above, below)]
        higher = self._side.above(frame, *boxes, usual=at.y() > style.px(34), held=self.start is not None)
        lift = -radius - style.px(6) if higher else radius + style.px(15)
        return QPointF(left, at.y() + lift)

    def paint_away(self, painter: QPainter, frame: Frame) -> None:
        """Paint the marbles that have left the view, at the edge they left by; ``paint`` comes before."""
        for index, at, inside in self._places:
            if not inside:
                way = at - QPointF(frame.width / 2, frame.height / 2)
                paint_away(painter, at, way, frame.moment.look(frame.style.theme, index), frame.style)

    def place(self, frame: Frame) -> QPointF:
        """The start, in pixels."""
        x, y = self.start or frame.moment.section.place(frame.moment.experiment.origin)
        return frame.place(x, y)

    def _paint_minima(self, painter: QPainter, frame: Frame) -> None:
        for x, y in self._local:
            self._minimum(painter, frame, frame.place(x, y), LOCAL if len(self._local) < 24 else LOCAL_MANY)
        for x, y in self._minima:
            self._minimum(painter, frame, frame.place(x, y), 255)

    def _minimum(self, painter: QPainter, frame: Frame, at: QPointF, alpha: int) -> None:
        if _near(at, frame):
            paint_minimum(painter, at, frame.style, "t1", alpha)

    def _start(self, painter: QPainter, frame: Frame) -> None:
        at, style = self.place(frame), frame.style
        radius = style.px(START + (1.5 if self.lit else 0.0))
        painter.setBrush(style.color("halo", 150))
        painter.setPen(style.pen("halo", 5.0, 150))
        painter.drawEllipse(at, radius, radius)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(style.pen("t1", 2.2))
        painter.drawEllipse(at, radius, radius)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(style.color("t1"))
        painter.drawEllipse(at, style.px(2.4), style.px(2.4))
        halo_text(painter, self._name_of_start(frame, at), "start", style.font(12), style)


def _near(at: QPointF, frame: Frame) -> bool:
    """Whether a mark at ``at`` can be seen."""
    room = frame.style.px(20.0)
    return -room <= at.x() <= frame.width + room and -room <= at.y() <= frame.height + room


def paint_minimum(painter: QPainter, at: QPointF, style: PlotStyle, token: str = "t1", alpha: int = 255) -> None:
    """A cross."""
    arm = style.px(4.6 if alpha == 255 else 3.6)
    for color, width, strength in (("halo", 4.4, alpha * 0.75), (token, 2.0, alpha)):
        painter.setPen(style.pen(color, width, int(strength)))
        painter.drawLine(at + QPointF(-arm, -arm), at + QPointF(arm, arm))
        painter.drawLine(at + QPointF(-arm, arm), at + QPointF(arm, -arm))


def _paint_lifted(painter: QPainter, at: QPointF, look: RunStyle, style: PlotStyle, radius: float) -> None:
    """What tells that a marble is only seen in projection: a shadow that it throws, and a broken ring."""
    r = style.px(radius)
    shadow = QRadialGradient(at + QPointF(0.55 * r, 0.75 * r), 1.25 * r)
    shadow.setColorAt(0.55, QColor(0, 0, 0, 120))
    shadow.setColorAt(1.0, QColor(0, 0, 0, 0))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QBrush(shadow))
    painter.drawEllipse(shadow.center(), 1.25 * r, 1.25 * r)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    ring = r + style.px(4.0)
    for token, width in (("halo", 3.4), (look.color, 1.5)):
        pen = style.pen(token, width)
        if token != "halo":
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            pen.setDashPattern([2.6, 1.8])
        painter.setPen(pen)
        painter.drawEllipse(at, ring, ring)


def paint_marble(painter: QPainter, at: QPointF, look: RunStyle, style: PlotStyle, radius: float) -> None:
    """A ball lit from the upper left, with a rim, carrying its run's marker."""
    r = style.px(radius)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(style.color("halo", 235))
    painter.drawEllipse(at, r + style.px(RIM) * 0.5, r + style.px(RIM) * 0.5)
    r -= style.px(RIM) * 0.5
    painter.save()
    painter.translate(at)
    painter.setBrush(_light(look.color, r, pale=0.62 if style.theme.is_dark else 0.45))
    painter.drawEllipse(QPointF(), r, r)
    painter.fillPath(marker_path(look.marker, round(0.46 * r, 2)), style.color("halo"))
    painter.restore()


@lru_cache(maxsize=64)
def _light(name: str, r: float, *, pale: float) -> QBrush:
    """What lights a ball around the origin."""
    color = QColor(name)
    light = QRadialGradient(QPointF(-0.35 * r, -0.45 * r), 1.55 * r)
    light.setColorAt(0.0, mixed(color, QColor("#FFFFFF"), pale))
    light.setColorAt(0.38, mixed(color, QColor("#FFFFFF"), 0.10))
    light.setColorAt(1.0, mixed(color, QColor("#000000"), 0.38))
    return QBrush(light)


def paint_away(painter: QPainter, at: QPointF, way: QPointF, look: RunStyle, style: PlotStyle) -> None:
    """A small marker at the edge, with a tip that points the way the marble has gone."""
    size = math.hypot(way.x(), way.y()) or 1.0
    ux, uy = way.x() / size, way.y() / size
    painter.save()
    painter.translate(at)
    for token, width in (("halo", 4.5), (look.color, 2.0)):
        painter.setPen(style.pen(token, width))
        tip = QPointF(ux, uy) * style.px(10.0)
        for side in (-1.0, 1.0):
            painter.drawLine(tip, tip + QPointF(-ux + side * uy, -uy - side * ux) * style.px(4.0))
    painter.restore()
    paint_marble(painter, at, look, style, 5.5)


def mixed(a: QColor, b: QColor, part: float) -> QColor:
    """``a`` with so much of ``b`` in it."""
    mix = [p + (q - p) * part for p, q in zip(a.getRgbF()[:3], b.getRgbF()[:3], strict=True)]  # type: ignore[index]
    return QColor.fromRgbF(*mix)


def paint_axis_arrows(painter: QPainter, frame: Frame, names: tuple[str, str]) -> None:
    """The names of the axes at two little arrows in the lower left corner."""
    style = frame.style
    corner = QPointF(style.px(18), frame.height - style.px(18))
    length, head = style.px(28), style.px(4.5)
    font = style.font(13, SEMIBOLD, italic=True)
    for token, width, alpha in (("halo", 4.0, 190), ("t1", 1.7, 255)):
        painter.setPen(style.pen(token, width, alpha))
        for way, side in ((QPointF(1, 0), QPointF(0, 1)), (QPointF(0, -1), QPointF(1, 0))):
            tip = corner + way * length
            painter.drawLine(corner, tip)
            painter.drawLine(tip, tip - way * head + side * head * 0.7)
            painter.drawLine(tip, tip - way * head - side * head * 0.7)
    halo_text(painter, corner + QPointF(length + style.px(6), style.px(4.5)), names[0], font, style)
    half = style.advance(names[1], font) / 2
    left = max(-half, style.px(4.0) - corner.x())
    halo_text(painter, corner + QPointF(left, -length - style.px(6)), names[1], font, style)


def axis_arrows_rect(frame: Frame, names: tuple[str, str]) -> QRectF:
    """Where they stand."""
    style = frame.style
    font = style.font(13, SEMIBOLD, italic=True)
    width = max(
        style.px(84), style.px(58) + style.advance(names[0], font), style.px(10) + style.advance(names[1], font)
    )
    return QRectF(0.0, frame.height - style.px(76), width, style.px(76))
