"""The fan: the gradients of all batches of an epoch around the full one, which each of them stands for.

What a batch gets wrong is seen as an angle and a length; with larger batches the fan closes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath

from gdsim.core.batches import Batches
from gdsim.core.landscapes import Floats, ModelLandscape
from gdsim.core.section import Section
from gdsim.ui.numbers import nice
from gdsim.ui.plots.legend import paint_card
from gdsim.ui.plots.marks import MARBLE_SELECTED
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.plot import Frame
from gdsim.ui.plots.style import SEMIBOLD, PlotStyle, halo_text

MOST = 40
"""Batches that are drawn."""
WORK = 4e6
"""Nanoseconds that they may take while the marble moves, by an estimate from counts."""
WORK_AT_REST = 8e7
"""The same while it lies still."""
LEAST = 6
"""Fewer batches than this are no fan."""
OVERHEAD, JUDGED = 1e5, 100.0
"""Nanoseconds that a gradient takes at least, and an example takes besides its parameters."""
LENGTH, LONGEST = 60.0, 130.0
"""Pixels of the full gradient, and of the longest."""
HIDDEN = 300
"""Rows of the trail that the caption stays clear of."""
FAINT = 105
"""Alpha of the other batches."""


@dataclass(frozen=True, eq=False)
class Slopes:
    """Gradients at one place.

    Attributes:
        full: Over all examples, shape (dim,).
        others: Of other batches of the epoch, shape (k, dim).
        own: Of this step's batch, shape (dim,).
        batch: How many examples a batch has.
        batches: How many batches the epoch has.
    """

    full: Floats
    others: Floats
    own: Floats
    batch: int
    batches: int

    @property
    def spread(self) -> float:
        """The batches' standard deviation: the root of the mean square of their distance from the full gradient."""
        with np.errstate(all="ignore"):
            off = np.vstack([self.others, self.own]) - self.full
            return float(np.sqrt(np.mean(np.sum(off * off, axis=1))))

    @property
    def norm(self) -> float:
        """How long the full gradient is."""
        with np.errstate(all="ignore"):
            return float(np.linalg.norm(self.full))


class Fan:
    """The layer of gradients around the selected marble.

    Attributes:
        shown: Whether it is drawn.
        hurried: Whether the marble moves from frame to frame: then only as many as can be had in time.
    """

    def __init__(self) -> None:
        self.shown = False
        self.hurried = False
        self._key: tuple[object, ...] = ()
        self._slopes: Slopes | None = None

    def slopes(self, moment: Moment) -> Slopes | None:
        """The gradients at the selected marble; None where it has no batches, or they would cost too much now."""
        index, landscape = moment.selected, moment.experiment.landscape
        if index >= len(moment.trajectory.runs) or not isinstance(landscape, ModelLandscape):
            self._key, self._slopes = (), None
            return None
        run, settings = moment.trajectory.runs[index], moment.experiment.runs[index]
        examples = landscape.data().y.size
        step = moment.step_of(index)
        batches = settings.settings_at(step).batches(examples, moment.experiment.seed) if step >= 0 else None
        if batches is None or settings.hidden or not np.isfinite(run.at(step).theta).all():
            self._key, self._slopes = (), None  # what was shown is not kept alive
            return None
        each = OVERHEAD + batches.together * (JUDGED + landscape.dim)
        work = WORK if self.hurried else WORK_AT_REST
        most = min(MOST, batches.per_epoch, int((work - examples * (JUDGED + landscape.dim)) / each))
        if most < min(LEAST, batches.per_epoch):
            return None
        key = (landscape, run, run.generation, step, batches.together, moment.experiment.seed, most)
        if key != self._key:
            found = _found(landscape, run.at(step).theta, batches, step, most)
            self._key, self._slopes = key, found if math.isfinite(found.spread + found.norm) else None
        return self._slopes

    def paint(self, painter: QPainter, frame: Frame) -> None:
        """Paint it, where there is one."""
        slopes = self.slopes(frame.moment) if self.shown else None
        if slopes is None:
            return
        section, run = frame.moment.section, frame.moment.trajectory.runs[frame.moment.selected]
        x, y = section.place_at(run, frame.moment.step_of(frame.moment.selected)).tolist()
        at = frame.place(x, y)
        ways = _pixels(frame, section, np.vstack([slopes.full, slopes.own, slopes.others]))
        longest = float(np.hypot(*ways.T).max(initial=0.0))
        if not (math.isfinite(longest) and longest > 0.0 and frame.area.contains(at)):
            return
        full = float(np.hypot(*ways[0]))
        scale = frame.style.px(min(LENGTH / full if full > 0.0 else math.inf, LONGEST / longest))
        tips = [QPointF(dx, dy) for dx, dy in (ways * scale).tolist()]
        taken = _paint_arrows(painter, frame, at, tips)
        _paint_caption(painter, frame, at, tips, taken, slopes)


def _found(landscape: ModelLandscape, theta: Floats, batches: Batches, step: int, most: int) -> Slopes:
    """The gradients of ``most`` batches spread over the epoch of ``step``, its own among them."""
    data = landscape.data()
    first = batches.epoch(step) * batches.per_epoch
    steps = {first + k * batches.per_epoch // most for k in range(most)} - {step}

    def slope(at: int) -> Floats:
        rows = batches.rows(at)
        return landscape.slope(theta, data.x[rows], data.y[rows])[1]

    others = [slope(at) for at in sorted(steps)[: most - 1]]
    full = landscape.slope(theta, data.x, data.y)[1]
    found = np.array(others).reshape(-1, theta.size)
    return Slopes(full, found, slope(step), batches.together, batches.per_epoch)


def _pixels(frame: Frame, section: Section, gradients: Floats) -> Floats:
    """Which way the gradients push a marble, in pixels, shape (n, 2)."""
    ways = -gradients
    if section.axes is not None:
        base = section.axes.base
        ways = section.axes.project(base + ways) - section.axes.project(base[np.newaxis])
    return np.nan_to_num(frame.ways(ways))


def _paint_arrows(painter: QPainter, frame: Frame, at: QPointF, tips: list[QPointF]) -> list[QRectF]:
    """Paint them; returns where their names stand."""
    style = frame.style
    color = frame.moment.look(style.theme, frame.moment.selected).color
    others = QPainterPath()
    for tip in tips[2:]:
        others.addPath(_arrow(at, tip, style, 5.0))
    painter.strokePath(others, style.pen(color, 1.5, FAINT))
    names = ((tips[1], color, 2.4, "batch"), (tips[0], "gradient", 3.4, "−∇L"))
    for tip, token, width, _ in names:
        path = _arrow(at, tip, style, 8.0)
        painter.strokePath(path, style.pen("halo", width + 2.6, 200))
        painter.strokePath(path, style.pen(token, width))
    font = style.font(12, SEMIBOLD, italic=True)
    taken: list[QRectF] = []
    for tip, token, _, name in reversed(names):
        length = math.hypot(tip.x(), tip.y())
        if length < style.px(MARBLE_SELECTED + 14.0):
            continue
        width = style.advance(name, font)
        beyond = at + tip * (1.0 + style.px(7.0) / length)
        left = beyond.x() if tip.x() >= 0.0 else beyond.x() - width
        left = min(max(left, style.px(4)), frame.width - width - style.px(4))
        top = beyond.y() - style.px(6.0 if tip.y() < 0.0 else -2.0)
        box = QRectF(left, min(max(top, style.px(2)), frame.height - style.px(14)), width, style.px(12.0))
        if not any(box.intersects(other) for other in taken):
            taken.append(box)
            halo_text(painter, QPointF(box.left(), box.bottom() - style.px(3.0)), name, font, style, token)
    return taken


def _arrow(at: QPointF, tip: QPointF, style: PlotStyle, head: float) -> QPainterPath:
    path = QPainterPath(at)
    end = at + tip
    path.lineTo(end)
    length = math.hypot(tip.x(), tip.y())
    size = min(style.px(head), 0.45 * length)
    if size > 1.0:
        back, side = tip * (-size / length), QPointF(-tip.y(), tip.x()) * (0.45 * size / length)
        path.moveTo(end + back + side)
        path.lineTo(end)
        path.lineTo(end + back - side)
    return path


def _paint_caption(
    painter: QPainter, frame: Frame, at: QPointF, tips: list[QPointF], taken: list[QRectF], slopes: Slopes
) -> None:
    """The standard deviation against the batch size, around the marble where it hides least."""
    style = frame.style
    shown = len(slopes.others) + 1
    some = f" (from {shown} of {slopes.batches:,})" if shown < slopes.batches else ""
    text = f"batches of {slopes.batch:,}: σ {nice(slopes.spread, 2)}{some}, ‖∇L‖ {nice(slopes.norm, 2)}"
    font = style.font(12)
    width, height, off = style.advance(text, font) + style.px(14.0), style.px(20.0), style.px(26.0)
    inside = frame.area.adjusted(style.px(6), style.px(6), -style.px(6), -style.px(6))
    spots = [
        QRectF(at.x() - width / 2 + across * (width / 2 + off), at.y() - height / 2 + down * off, width, height)
        for across, down in ((0.0, 1.3), (0.0, -1.3), (1.0, 0.0), (-1.0, 0.0), (0.0, 4.0), (0.0, -4.0))
    ]
    run = frame.moment.trajectory.runs[frame.moment.selected]
    section = frame.moment.section
    rows = section.places(run)[: run.rows_until(frame.moment.step_of(frame.moment.selected))][-HIDDEN:]
    x, y = frame.pixels(rows)
    marks = [frame.place(*place) for place in section.minima()[:20].tolist()]

    def hides(spot: QRectF) -> float:
        on = (x > spot.left()) & (x < spot.right()) & (y > spot.top()) & (y < spot.bottom())
        arrows = sum(spot.contains(at + tip * part) for tip in tips for part in (0.4, 0.7, 1.0))
        names = sum(spot.intersects(other) for other in taken)
        crosses = sum(spot.adjusted(-off / 3, -off / 3, off / 3, off / 3).contains(at) for at in marks)
        return float(on.sum()) + arrows + 10.0 * (names + crosses) + (0.0 if inside.contains(spot) else 1e6)

    best = min(spots, key=hides)
    paint_card(painter, best, style, 200)
    painter.setFont(font)
    painter.setPen(style.color("t1"))
    painter.drawText(best, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextSingleLine, text)
