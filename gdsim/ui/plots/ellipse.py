"""The ellipse of curvature at the selected marble: narrow where the ground is steep, long where it is flat.

On it the loss that the curvature alone makes is the same all around; how long it is against its width is the root of
the condition number, the zigzag of plain descent made visible.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QTransform

from gdsim.core.landscapes import Floats
from gdsim.core.readiness import slow
from gdsim.core.section import Section
from gdsim.ui.numbers import nice
from gdsim.ui.plots.arrows import Shafts, freest
from gdsim.ui.plots.marks import MARBLE_SELECTED
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.plot import Frame
from gdsim.ui.plots.stamp import stamp_text
from gdsim.ui.plots.style import SEMIBOLD, PlotStyle

if TYPE_CHECKING:
    from gdsim.core.stability import Facts  # loaded when the first facts are asked for

REACH = 66.0
"""Pixels from the marble to the far end."""
FLATTEST = 1e-4
"""Curvatures that are a smaller part of the largest are drawn as this part."""


class Curvature:
    """Finds the facts about the ground at the selected marble, once for all that show them."""

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._found: Facts | None = None

    def at(self, moment: Moment, *, hurried: bool = False) -> Facts | None:
        """The facts; None where there is no place to look at, or where they would cost too much now.

        Args:
            moment: What is looked at.
            hurried: Whether the marble moves: many parameters or examples then have to wait.
        """
        from gdsim.core.stability import EXACT, facts

        index, landscape = moment.selected, moment.experiment.landscape
        if not 0 <= index < len(moment.trajectory.runs) or not len(moment.trajectory.runs[index]):
            return None
        run, step = moment.trajectory.runs[index], moment.step_of(index)
        key = (landscape, run, run.generation, step)
        if self._key and self._key[1] is run and key == self._key:
            return self._found
        if hurried and (landscape.dim > EXACT or slow(landscape)):
            return None
        theta = run.at(step).theta
        self._key = key
        self._found = None
        if np.isfinite(theta).all():
            self._found = facts(landscape, theta, most=EXACT)
        return self._found


def in_plane(found: Facts, section: Section) -> tuple[Floats, Floats] | None:
    """Curvatures and their directions in the coordinates that are seen, shape (2,) and columns of (2, 2)."""
    if found.eigenvalues is None or found.directions is None or len(found.eigenvalues) < len(found.directions):
        return None
    if section.axes is None:
        return found.eigenvalues, found.directions
    plane = np.stack([section.axes.across, section.axes.up], axis=1)
    turned = found.directions.T @ plane
    values, directions = np.linalg.eigh(turned.T @ (found.eigenvalues[:, np.newaxis] * turned))
    return np.asarray(values), np.asarray(directions)


class Ellipse:
    """The layer of the ellipse.

    Attributes:
        shown: Whether it is drawn.
        hurried: Whether the marble moves from frame to frame.
        curvature: What finds the facts.
        drawn: Where it was painted last: the place, the curvatures, and their half axes in pixels; None where not.
        why_none: Why there is none though it is to be shown; "" where that is not known yet.
    """

    def __init__(self) -> None:
        self.drawn: tuple[QPointF, Floats, Floats] | None = None
        self.why_none = ""
        self.shown = False
        self.hurried = False
        self.curvature = Curvature()

    def paint(self, painter: QPainter, frame: Frame) -> None:
        """Paint it, where the curvature is known."""
        self.drawn, self.why_none = None, ""
        if not self.shown:
            return
        moment = frame.moment
        shape = self._shape(moment)
        if shape is None:
            return
        run = moment.trajectory.runs[moment.selected]
        at = frame.place(*moment.section.place_at(run, moment.step_of(moment.selected)).tolist())
        if math.isfinite(at.x()) and math.isfinite(at.y()) and frame.area.contains(at):
            self.drawn = at, shape[0], _paint(painter, frame, at, *shape)
        else:
            self.why_none = "the marble is out of view"

    def _shape(self, moment: Moment) -> tuple[Floats, Floats] | None:
        """Curvatures and directions as they are seen, or why there are none."""
        from gdsim.core.stability import EXACT

        dim = moment.experiment.landscape.dim
        if moment.experiment.runs[moment.selected].hidden:
            self.why_none = "the run is hidden"
            return None
        if dim > EXACT:
            self.why_none = f"{dim:,} parameters are too many for all curvatures"
            return None
        found = self.curvature.at(moment, hurried=self.hurried)
        shape = None if found is None else in_plane(found, moment.section)
        if shape is None or not np.isfinite(shape[0]).all():
            self.why_none = "" if found is None else "the curvature is not finite here"
            return None
        if not np.abs(shape[0]).max() > 0.0:
            self.why_none = "the ground bends nowhere here"
            return None
        return shape


def half_axes(frame: Frame, values: Floats, directions: Floats) -> Floats:
    """The two half axes in pixels, as rows of (2, 2), the longer of them as long as there is room for."""
    sizes = np.abs(values)
    lengths = 1.0 / np.sqrt(np.maximum(sizes, FLATTEST * sizes.max()))
    axes = frame.ways(directions.T) * (lengths / lengths.max())[:, np.newaxis]
    return np.asarray(axes * (frame.style.px(REACH) / np.hypot(*axes.T).max()))


@cache
def _circle() -> QPainterPath:
    """The ellipse whose half axes are 1: lines that are short enough, since Qt takes long over curves."""
    path = QPainterPath(QPointF(1.0, 0.0))
    for turn in np.linspace(0.0, 2.0 * math.pi, 61)[1:].tolist():
        path.lineTo(math.cos(turn), math.sin(turn))
    return path


def _paint(painter: QPainter, frame: Frame, at: QPointF, values: Floats, directions: Floats) -> Floats:
    style = frame.style
    axes = half_axes(frame, values, directions)
    (a, b), (c, d) = axes.tolist()
    path = QTransform(a, b, c, d, at.x(), at.y()).map(_circle())
    for token, width in (("halo", 3.0), ("t1", 1.4)):
        pen = style.pen(token, width)
        pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)
        painter.strokePath(path, pen)
    for value, axis in zip(values.tolist(), axes.tolist(), strict=True):
        end = QPointF(*axis)
        line = QPainterPath(at - end)
        line.lineTo(at + end)
        pen = style.pen("t1", 1.1)
        if value < 0.0:  # along it the ground falls away
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            pen.setDashPattern([3.0, 3.0])
        painter.strokePath(line, pen)
    return axes


def paint_values(
    painter: QPainter,
    frame: Frame,
    drawn: tuple[QPointF, Floats, Floats],
    taken: list[QRectF],
    shafts: Shafts,
    told: Callable[[object, str], str],
) -> None:
    """Write each curvature at an end of its axis or beside it, where nothing else is, or leave it out.

    ``told`` is handed a place and a text, and says what is written there.
    """
    style, (at, values, axes) = frame.style, drawn
    font, height = style.font(12, SEMIBOLD), style.px(15.0)
    for place, (value, axis) in enumerate(zip(values[::-1].tolist(), axes[::-1].tolist(), strict=True)):
        end = QPointF(*axis)
        text = told(("curvature", place), nice(value, 3))
        room = QSizeF(style.advance(text, font), height)
        box = freest(_beside(at, end if end.x() >= 0.0 else -end, room, style), frame.area, taken, shafts)
        if box is not None:
            taken.append(box)
            stamp_text(painter, box, text, font, style)


def _beside(at: QPointF, end: QPointF, room: QSizeF, style: PlotStyle) -> Iterator[QRectF]:
    """Where words may stand at an axis that goes from ``at`` by ``end`` both ways: beyond its ends, or beside them."""
    near, width, height = style.px(5.0), room.width(), room.height()
    length = math.hypot(end.x(), end.y())
    out = end / length if length > 0.0 else QPointF(1.0, 0.0)
    side = QPointF(-out.y(), out.x())
    off = max(length, style.px(MARBLE_SELECTED)) + near
    for way, beside in ((out, 0.0), (-out, 0.0), (out, 1.0), (out, -1.0), (-out, 1.0), (-out, -1.0)):
        aside = side * beside
        lean = way + aside
        reach = 0.5 * (abs(lean.x()) * width + abs(lean.y()) * height)
        center = at + way * (off + (0.0 if beside else reach)) + aside * (reach + 2.0 * near if beside else 0.0)
        yield QRectF(center.x() - width / 2, center.y() - height / 2, width, height)
