"""What loss and learning rate have in common: values over steps, with a cursor that can be taken and moved.

The curves are painted into an image when they change. A frame copies it twice: up to the cursor in full, what is
computed beyond it faintly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPainterPath
from PySide6.QtWidgets import QGraphicsSceneHoverEvent, QGraphicsSceneMouseEvent, QGraphicsSceneWheelEvent

from gdsim.core.landscapes import Floats
from gdsim.core.landscapes.base import View
from gdsim.ui.numbers import nice
from gdsim.ui.plots.axes import linear_ticks, log_ticks, paint_across, paint_grid, paint_up, step_ticks
from gdsim.ui.plots.canvas import Device, Sheet
from gdsim.ui.plots.geometry import Segments, clipped, fill_columns
from gdsim.ui.plots.legend import Readout, elided
from gdsim.ui.plots.markers import marker_path
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.plot import Frame, Plot
from gdsim.ui.plots.style import SEMIBOLD, PlotStyle

FUTURE = 120
"""Alpha of what is computed beyond the cursor."""
MOST_WHOLE = 100_000
"""Up to so many steps the whole axis is shown from the start."""
BEYOND = 400.0
"""Where zero and infinity lie on a logarithmic axis: off it."""
ROUNDING = 0.01
"""Pixels by which a place at the edge of the area may seem to lie beyond it."""
CURSOR_ROOM = 7.0
"""Pixels beside the area into which the cursor's markers reach at the first and the last step."""
WIDTH, WIDTH_SELECTED = 1.7, 2.4
DASH, GAP = 7.0, 4.0
"""Pixels across that a dashed curve is drawn and left out, in turn. It is counted across, since dashes along a curve
break up where it jitters."""
FEW = 250
"""So many pieces are joined roundly; more are drawn one by one, which is faster."""


@dataclass(frozen=True, eq=False)
class Line:
    """A polyline over steps, in the units of the axes; ``width`` is a part of the usual one."""

    x: Floats
    y: Floats
    stairs: bool = False
    folded: bool = False  # least and greatest of each pixel column, in turn
    dashed: bool = False
    width: float = 1.0


class Reading(NamedTuple):
    """What the pointer reads of one curve: ``name`` tells it within its run, "" is the run's own."""

    run: int
    label: str
    name: str
    value: float
    place: float


def on_axis(values: Floats, *, log: bool) -> Floats:
    """Values as places on an axis: on a logarithmic one zero and infinity lie off it, and less than zero nowhere."""
    if not log:
        return values
    with np.errstate(all="ignore"):
        found = np.log10(values)
    return np.nan_to_num(found, copy=False, nan=np.nan, posinf=BEYOND, neginf=-BEYOND)


def place_of(value: float, *, log: bool) -> float:
    """One value as a place on an axis."""
    if not log or math.isnan(value):
        return value
    return (
        math.log10(value)
        if 0.0 < value < math.inf
        else BEYOND
        if value > 0.0
        else -BEYOND
        if value == 0.0
        else math.nan
    )


class CurvePlot(Plot):
    """Values of each run over the steps.

    Signals:
        cursor_requested: A step was clicked or dragged to.
        hovered: (step, label, value) of the curve nearest to the pointer; None when it leaves.
    """

    cursor_requested = Signal(int)
    hovered = Signal(object)

    title = ""
    digits = 4
    """How many of them the selected value has."""

    def __init__(self, style: PlotStyle) -> None:
        super().__init__(style)
        self._log = True
        self._x: tuple[float, float] | None = None  # None: the whole axis
        self._grown = 0.0
        self._range = (0.0, 1.0)
        self._pointer: QPointF | None = None
        self._press: tuple[Qt.MouseButton, QPointF, tuple[float, float]] | None = None
        self.curves = _Curves(self)
        self._readout = Readout()
        self.layers = [self.curves, _Cursor(self), _Hover(self)]

    # --- what callers use

    def draw(self, moment: Moment) -> None:
        """Show ``moment``."""
        if self._moment is None or self._moment.experiment.steps != moment.experiment.steps:
            self._grown, self._x = 0.0, None
        self._moment = moment
        self.sync(moment)
        self._fit(moment)
        self.update()

    def set_log(self, log: bool) -> None:
        """Logarithmic or linear values."""
        if log != self._log:
            self._log = log
            self.curves.stale()
            if self._moment is not None:
                self.draw(self._moment)

    @property
    def is_log(self) -> bool:
        """Whether the values' axis is logarithmic."""
        return self._log

    def home(self) -> None:
        """All steps."""
        self._x = None
        self.update()

    @property
    def view(self) -> View:
        """First and last step, and lowest and highest place on the values' axis (its logarithm where that is log)."""
        left, right = self._x or (0.0, max(self._grown, 1.0))
        return left, right, *self._range

    # --- what plots say

    def sync(self, moment: Moment) -> None:
        """Take up what is new in ``moment``."""

    def limits(self, moment: Moment) -> tuple[float, float]:
        """Lowest and highest value to be seen, as places on the axis; finite."""
        raise NotImplementedError  # abstract

    def lines(self, index: int, frame: Frame) -> list[tuple[Line, int]]:
        """The polylines of run ``index`` and their alphas, no finer than the frame can show."""
        raise NotImplementedError  # abstract

    def paint_fills(self, painter: QPainter, frame: Frame, begin: float, end: float) -> None:
        """Fill what lies behind all curves, between two steps."""

    def place(self, index: int, step: int) -> float:
        """Where run ``index`` stands at ``step``, as a place on the axis; nan where it does not."""
        raise NotImplementedError  # abstract

    def value(self, index: int, step: int) -> float:
        """The value that is shown of run ``index`` at ``step``."""
        raise NotImplementedError  # abstract

    def last_step(self, index: int, moment: Moment) -> int:
        """The last step at which run ``index`` has a value."""
        return moment.trajectory.runs[index].last

    def state(self, moment: Moment) -> tuple[object, ...]:
        """What the curves depend on, besides the view and the style."""
        raise NotImplementedError  # abstract

    def heading(self) -> str:
        """What is added to the title."""
        return ""

    def paint_key(self, painter: QPainter, frame: Frame, line: QRectF, room: float) -> float:
        """Say beside the title, from the left of ``line`` and in ``room``, what kinds of curves there are.

        Returns:
            The width that was taken.
        """
        return 0.0

    def said_of(self, step: int) -> str:
        """What the pointer's card is headed with."""
        return f"step {step}"

    def margins(self) -> tuple[float, float, float, float]:
        """Room for title and labels."""
        return 45.0, 30.0, 10.0, 26.0

    # --- ranges

    def _fit(self, moment: Moment) -> None:
        """Grow the axes to what there is."""
        steps = float(moment.experiment.steps)
        have = max((run.last for run in moment.trajectory.runs), default=0)
        if steps <= MOST_WHOLE or have >= steps / 1.25:
            self._grown = steps
        elif have > self._grown or self._grown == 0.0:
            while self._grown < have or self._grown < MOST_WHOLE / 4:
                self._grown = max(self._grown * 1.25, MOST_WHOLE / 4)
            self._grown = min(self._grown, steps)
        low, high = (min(max(end, -1e300), 1e300) for end in self.limits(moment))
        if self._log:
            low, high = math.floor(low * 4.0) / 4.0, math.ceil(high * 4.0) / 4.0
            if high - low < 0.5:
                low, high = low - 0.25, high + 0.25
        elif not high - low > 1e-12 * max(abs(low), abs(high)):
            room = 0.5 * abs(high) or 1.0
            low, high = low - room, high + room
        room = 0.05 * (high - low)
        self._range = (low - room, high + room)

    def _set_x(self, left: float, right: float) -> None:
        if not (math.isfinite(left) and math.isfinite(right)):
            return
        whole = max(self._grown, 1.0)
        span = min(max(right - left, min(4.0, whole)), whole)
        middle = (left + right) / 2
        left = min(max(middle - span / 2, 0.0), whole - span)
        self._x = None if span >= whole else (left, left + span)
        self.update()

    # --- painting

    def behind_state(self) -> object:
        """Labels differ where the axis is logarithmic."""
        return self._log

    def paint_behind(self, painter: QPainter, frame: Frame, area: QRectF) -> None:
        """Axes and grid."""
        left, right, bottom, top = frame.view
        style = frame.style
        across = step_ticks(left, right, max(2, min(9, int(area.width() / style.px(64)))))
        most = max(2, min(6, int(area.height() / style.px(26))))
        up = log_ticks(bottom, top, most) if self._log else linear_ticks(bottom, top, most)
        xs = frame.x_pixels(np.array([tick.value for tick in across]))
        ys = frame.y_pixels(np.array([tick.value for tick in up]))
        # A linear axis that ends near the largest float has places that are not finite.
        labels = [(y, t.label) for y, t in zip(ys.tolist(), up, strict=True) if math.isfinite(y)]
        paint_grid(painter, style, labels, area)
        paint_up(painter, style, labels, area, squeeze=True)
        paint_across(painter, style, list(zip(xs.tolist(), (t.label for t in across), strict=True)), area)

    def paint_around(self, painter: QPainter, frame: Frame, area: QRectF) -> None:
        """The title, and the selected run's value."""
        style, moment = frame.style, frame.moment
        line = QRectF(style.px(10), style.px(4), self.size().width() - style.px(20), style.px(20))
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        bold, plain = style.font(13, SEMIBOLD), style.font(13)
        painter.setFont(bold)
        painter.setPen(style.color("t1"))
        painter.drawText(line, flags | Qt.AlignmentFlag.AlignLeft, self.title)
        used = style.advance(self.title, bold)
        heading = self.heading()
        if heading and used + style.advance(heading, style.font(12)) < line.width() * 0.6:
            painter.setFont(style.font(12))
            painter.setPen(style.color("t3"))
            painter.drawText(line.adjusted(used + style.px(7), 0, 0, 0), flags | Qt.AlignmentFlag.AlignLeft, heading)
            used += style.px(7) + style.advance(heading, style.font(12))
        index = moment.selected
        if not 0 <= index < len(moment.trajectory.runs) or not len(moment.trajectory.runs[index]):
            return
        value = nice(self.value(index, moment.step_of(index)), self.digits)
        free = line.width() - used - style.advance(value, bold) - style.px(24)
        used += self.paint_key(painter, frame, line.adjusted(used + style.px(14), 0, 0, 0), free)
        painter.setFont(bold)
        painter.setPen(style.color("t2"))
        painter.drawText(line, flags | Qt.AlignmentFlag.AlignRight, value)
        room = line.width() - used - style.advance(value, bold) - style.px(16)
        if room > style.px(24):
            painter.setFont(plain)
            label = elided(moment.trajectory.runs[index].label, room, style, 13)
            before = line.adjusted(0, 0, -style.advance(value, bold) - style.px(5), 0)
            painter.drawText(before, flags | Qt.AlignmentFlag.AlignRight, label)

    # --- the mouse

    def _at(self, at: QPointF) -> QPointF:
        return at - self.area().topLeft()

    def _step_at(self, at: QPointF) -> int:
        assert self._moment is not None
        left, right = self.view[:2]
        step = left + at.x() / self.area().width() * (right - left)
        return min(max(round(step), 0), self._moment.experiment.steps)

    def _read_at(self, at: QPointF) -> int:
        """The step that the pointer reads: of long runs one whose rows are kept."""
        assert self._moment is not None
        step = self._step_at(at)
        return step - step % max((run.stride for run in self._moment.trajectory.runs), default=1)

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """Take the cursor; with another button, or Shift, the axis."""
        if self._moment is None:
            event.ignore()
            return
        button = event.button()
        if button == Qt.MouseButton.LeftButton and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            button = Qt.MouseButton.MiddleButton
        at = self._at(event.pos())
        self._press = (button, at, self.view[:2])
        if button == Qt.MouseButton.LeftButton:
            self.cursor_requested.emit(self._step_at(at))
        event.accept()

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """Move the cursor or the axis."""
        if self._press is None or self._moment is None:
            return
        button, pressed, (left, right) = self._press
        at = self._at(event.pos())
        if button == Qt.MouseButton.LeftButton:
            self.cursor_requested.emit(self._step_at(at))
        else:
            moved = (at.x() - pressed.x()) / self.area().width() * (right - left)
            self._set_x(left - moved, right - moved)

    def mouseReleaseEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """Let go."""
        self._press = None

    def mouseDoubleClickEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """Back to the whole axis."""
        self.home()
        event.accept()

    def wheelEvent(self, event: QGraphicsSceneWheelEvent) -> None:
        """Zoom the steps about the pointer; sideways, or with Shift, move along them."""
        left, right = self.view[:2]
        turn = event.delta() / 120.0
        if event.orientation() == Qt.Orientation.Horizontal or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._set_x(left - 0.1 * turn * (right - left), right - 0.1 * turn * (right - left))
        else:
            factor = 1.2 ** max(min(turn, 40.0), -40.0)
            x = left + self._at(event.pos()).x() / self.area().width() * (right - left)
            self._set_x(x - (x - left) / factor, x + (right - x) / factor)
        event.accept()

    def hoverMoveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        """Show the values under the pointer."""
        frame = self.frame()
        if frame is None:
            return
        at = self._at(event.pos())
        self._pointer = at if frame.area.contains(at) else None
        self.hovered.emit(self._nearest(at, frame) if self._pointer is not None else None)
        self.update()

    def hoverLeaveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        """Show them no more."""
        self._pointer = None
        self.hovered.emit(None)
        self.update()

    def readings(self, frame: Frame, step: int) -> list[Reading]:
        """What is read of each visible run that has a value at ``step``."""
        shown = sorted(frame.runs, key=lambda pair: pair[0])
        return [
            reading
            for index, run in shown
            if step <= self.last_step(index, frame.moment)
            for reading in (self.reading(index, run.label, step), *self.more_readings(index, run.label, step))
        ]

    def reading(self, index: int, label: str, step: int) -> Reading:
        """What is read of the curve of run ``index``."""
        return Reading(index, label, "", self.value(index, step), self.place(index, step))

    def more_readings(self, index: int, label: str, step: int) -> list[Reading]:
        """What is read of the other curves of run ``index``."""
        return []

    def _nearest(self, at: QPointF, frame: Frame) -> tuple[int, str, float] | None:
        step = self._read_at(at)
        best: tuple[float, tuple[int, str, float]] | None = None
        for reading in self.readings(frame, step):
            distance = abs(frame.place(float(step), reading.place).y() - at.y())
            if math.isfinite(distance) and (best is None or distance < best[0]):
                name = f"{reading.label} ({reading.name})" if reading.name else reading.label
                best = (distance, (step, name, reading.value))
        return None if best is None else best[1]


def _stairs(line: Line) -> Line:
    """The polyline with level steps: each value holds until the next."""
    x, y = np.repeat(line.x, 2)[1:], np.repeat(line.y, 2)[:-1]
    return replace(line, x=x, y=y, stairs=False)


def pieces(line: Line, frame: Frame, room: float) -> Segments:
    """A polyline in pixels, cut to the area and ``room`` around it."""
    if line.stairs and len(line.x):
        line = _stairs(line)
    x, y = frame.x_pixels(line.x), frame.y_pixels(line.y)
    if line.dashed and len(x) > 1:
        x, y = _with_gaps(x, y, frame)
    return clipped(x, y, (-room, frame.width + room, -room, frame.height + room))


def _with_gaps(x: Floats, y: Floats, frame: Frame) -> tuple[Floats, Floats]:
    """A polyline in pixels that is broken at regular places across, counted from the first step."""
    dash, period = frame.style.px(DASH), frame.style.px(DASH + GAP)
    origin = frame.place(0.0, 0.0).x()
    left, right = max(float(x[0]), -period), min(float(x[-1]), frame.width + period)
    turns = origin + period * np.arange(math.floor((left - origin) / period), math.ceil((right - origin) / period) + 1)
    ends = np.ravel(np.column_stack([turns, turns + dash]))
    ends = ends[(ends > x[0]) & (ends < x[-1])]
    with np.errstate(all="ignore"):
        at = np.interp(ends, x, y)
    order = np.argsort(np.concatenate([x, ends]), kind="stable")
    x, y = np.concatenate([x, ends])[order], np.concatenate([y, at])[order]
    within = (x - origin) % period
    return x, np.where((within > dash + 1e-6) & (within < period - 1e-6), np.nan, y)


def _faint(color: str, alpha: int, style: PlotStyle) -> str:
    """A colour mixed with the ground: Qt draws lines that are not opaque twenty times as slowly."""
    if alpha >= 255:
        return color
    ink, ground, part = style.color(color), style.color("bg1"), alpha / 255.0
    pairs = ((ink.red(), ground.red()), (ink.green(), ground.green()), (ink.blue(), ground.blue()))
    return "#" + "".join(f"{round(part * a + (1.0 - part) * b):02X}" for a, b in pairs)


class _Curves:
    """The layer of curves, with a marker here and there."""

    def __init__(self, plot: CurvePlot) -> None:
        self._plot = plot
        self._sheet: Sheet | None = None
        self._key: tuple[object, ...] = ()

    def stale(self) -> None:
        """Paint them anew."""
        self._key = ()

    def paint(self, painter: QPainter, frame: Frame) -> None:
        device = Device.of(painter, frame.area)
        x = frame.place(float(frame.moment.cursor), 0.0).x()
        if device.vector:
            self._paint_parts(painter, frame)
            return
        looks = tuple((index, frame.moment.look(frame.style.theme, index)) for index, _ in frame.runs)
        key = (device, frame.view, frame.style, frame.moment.selected, looks, self._plot.state(frame.moment))
        if key != self._key or self._sheet is None:
            self._sheet = Sheet(device, instead=self._sheet)
            with self._sheet.painting() as canvas:
                self._paint(canvas, frame, -math.inf, math.inf, vector=False)
            self._key = key
        cut = min(max(x, 0.0), frame.width)
        edge = (math.floor(cut * device.scale) / device.scale) if cut < frame.width else cut
        self._sheet.draw(painter, QRectF(0.0, 0.0, edge, frame.height))
        painter.setOpacity(FUTURE / 255.0)
        self._sheet.draw(painter, QRectF(edge, 0.0, frame.width - edge, frame.height))

    def _paint_parts(self, painter: QPainter, frame: Frame) -> None:
        """For devices that keep paths: what is past, and faintly what is not."""
        cursor = float(frame.moment.cursor)
        painter.setOpacity(FUTURE / 255.0)
        self._paint(painter, frame, cursor, math.inf, vector=True)
        painter.setOpacity(1.0)
        self._paint(painter, frame, -math.inf, cursor, vector=True)

    def _paint(self, painter: QPainter, frame: Frame, begin: float, end: float, *, vector: bool) -> None:
        """Paint the curves between two steps, the faint ones of all runs behind the others."""
        self._plot.paint_fills(painter, frame, begin, end)
        found = [(index, line, alpha) for index, _ in frame.runs for line, alpha in self._plot.lines(index, frame)]
        for index, line, alpha in found:
            if alpha < 255:
                self._paint_line(painter, frame, index, _between(line, begin, end), alpha, vector=vector)
        for index, _ in frame.runs:
            for at, line, alpha in found:
                if at == index and alpha == 255:
                    self._paint_line(painter, frame, index, _between(line, begin, end), alpha, vector=vector)
            self._paint_markers(painter, frame, index, begin, end)

    def _paint_line(self, painter: QPainter, frame: Frame, index: int, line: Line, alpha: int, *, vector: bool) -> None:
        style = frame.style
        color = frame.moment.look(style.theme, index).color
        width = WIDTH_SELECTED if index == frame.moment.selected else WIDTH
        pen = style.pen(_faint(color, alpha, style), width * line.width)
        if line.dashed:
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        if line.folded and not (vector or line.dashed):
            ends = np.clip(frame.y_pixels(line.y), -frame.height, 2.0 * frame.height)
            fill_columns(painter, pen.color(), frame.x_pixels(line.x[::2]), ends[1::2], ends[::2], pen.widthF())
            return
        part = pieces(line, frame, 0.0 if vector else style.px(4.0))
        if vector or len(part) <= FEW:
            painter.strokePath(part.path(), pen)
            return
        if line.folded:
            pen.setWidthF(style.px(1.0))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        part.stroke(painter, pen)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    def _paint_markers(self, painter: QPainter, frame: Frame, index: int, begin: float, end: float) -> None:
        style = frame.style
        look = frame.moment.look(style.theme, index)
        marker = marker_path(look.marker, round(style.px(3.7), 2))
        markers = QPainterPath()
        markers.setFillRule(Qt.FillRule.WindingFill)
        for step in _marked(frame, index, self._plot.last_step(index, frame.moment)):
            at = frame.place(float(step), self._plot.place(index, step))
            if begin < step <= end and _inside(at, frame) and at.x() < frame.width - style.px(4):
                markers.addPath(marker.translated(at))
        painter.fillPath(markers, style.color(look.color))


def _between(line: Line, begin: float, end: float) -> Line:
    """The part of a polyline between two steps."""
    if begin == -math.inf and end == math.inf:
        return line
    keep = (line.x >= begin) & (line.x <= end)
    if line.stairs and keep.any() and begin > -math.inf:
        first = int(np.argmax(keep))
        if first > 0 and line.x[first] > begin:  # the stair that begin stands on
            return replace(line, x=np.append(begin, line.x[keep]), y=np.append(line.y[first - 1], line.y[keep]))
    if line.stairs and keep.any() and end < math.inf:
        return replace(line, x=np.append(line.x[keep], end), y=np.append(line.y[keep], line.y[keep][-1]))
    return replace(line, x=line.x[keep], y=line.y[keep])


def _marked(frame: Frame, index: int, last: int) -> list[int]:
    """The steps at which run ``index`` carries a marker: at most eight over the area, the runs beside each other."""
    left, right = frame.view[:2]
    every = max(int((right - left) / min(max(frame.width / frame.style.px(60.0), 2.0), 8.0)), 1)
    runs = frame.runs
    turn = sorted(i for i, _ in runs).index(index)
    first = every // 2 + turn * every // max(len(runs), 1)
    begin = max(0, math.ceil((left - first) / every))
    return [s for s in range(first + begin * every, min(int(right), last) + 1, every) if s > 0]


def _inside(at: QPointF, frame: Frame) -> bool:
    return -ROUNDING <= at.x() <= frame.width + ROUNDING and -ROUNDING <= at.y() <= frame.height + ROUNDING


class _Cursor:
    """The layer of the cursor: a line at the step that is looked at, and each run's marker on it."""

    def __init__(self, plot: CurvePlot) -> None:
        self._plot = plot

    def paint(self, painter: QPainter, frame: Frame) -> None:
        style, moment = frame.style, frame.moment
        x = frame.place(float(moment.cursor), 0.0).x()
        if -2.0 <= x <= frame.width + 2.0:
            x = min(max(x, style.px(0.6)), frame.width - style.px(0.6))
            painter.setPen(style.pen("t1", 1.2))
            painter.drawLine(QPointF(x, 0.0), QPointF(x, frame.height))
        beside = style.px(CURSOR_ROOM)
        painter.setClipRect(frame.area.adjusted(-beside, 0.0, beside, 0.0))
        for index, _ in frame.runs:
            step = min(moment.cursor, self._plot.last_step(index, moment))
            at = frame.place(float(step), self._plot.place(index, step))
            if not _inside(at, frame):
                continue
            selected = index == moment.selected
            look = moment.look(style.theme, index)
            painter.save()
            painter.translate(at)
            path = marker_path(look.marker, round(style.px(5.2 if selected else 4.2), 2))
            painter.strokePath(path, style.pen("bg1", 2.6))
            painter.fillPath(path, style.color(look.color))
            painter.restore()


class _Hover:
    """The layer of what the pointer reads."""

    def __init__(self, plot: CurvePlot) -> None:
        self._plot = plot

    def paint(self, painter: QPainter, frame: Frame) -> None:
        plot = self._plot
        at = plot._pointer
        if at is None or frame.height < frame.style.px(60):
            return
        step = plot._read_at(at)
        x = frame.place(float(step), 0.0).x()
        painter.setPen(frame.style.pen("t2", 1.0, 120))
        painter.drawLine(QPointF(x, 0.0), QPointF(x, frame.height))
        found = plot.readings(frame, step)
        most = max(int((frame.height - frame.style.px(28)) / frame.style.px(16)), 1)
        if len(found) > most:
            found = [one for one in found if not one.name or one.run == frame.moment.selected]
        rows = [(one.run, one.name or one.label, nice(one.value, 3)) for one in found[:most]]
        plot._readout.paint(painter, frame, QPointF(x, at.y()), plot.said_of(step), rows)
