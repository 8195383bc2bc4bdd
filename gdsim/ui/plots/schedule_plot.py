"""The learning rate of each run over its steps: known ahead, except where it waits for the loss."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen

from gdsim.core.epochs import Stretch, epoch_ends, examples_of, stretches
from gdsim.core.experiment import Run
from gdsim.core.landscapes import Floats
from gdsim.core.schedules import Schedule
from gdsim.core.trajectory import RunTrajectory
from gdsim.ui.numbers import nice
from gdsim.ui.plots.canvas import Cached
from gdsim.ui.plots.curve_plot import BEYOND, CurvePlot, Line, on_axis, pieces, place_of
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.plot import Frame
from gdsim.ui.plots.style import PlotStyle, halo_text

SAMPLES = 2_000
"""A rate over very many steps is looked at in no more places than this."""
DECADES = 7.25
MOST_EPOCHS = 40
"""The ends of more epochs than these are not marked."""
EDGE_WIDTH = 1.3
EDGE_KEY = "stable below"
ROOM = 1.0
"""Decades above and below the rates in which the edge of stability is shown; far away it must not press them flat."""
REACH = 2.0
"""Decades above and below the rates within which the middle of the edge is shown at least."""
TINT = 46
"""Alpha of what lies between the edge and a rate above it."""
TICK = 5.0
"""Pixels that the mark at the end of an epoch is tall."""


@dataclass(frozen=True, eq=False)
class _Planned:
    """What a run's settings say its rate will be."""

    settings: tuple[object, ...]
    parts: tuple[Stretch, ...]
    steps: int
    x: Floats
    rates: Floats


Ints = npt.NDArray[np.int64]


class SchedulePlot(CurvePlot):
    """Learning rates over steps, logarithmic unless asked otherwise."""

    title = "Learning rate"
    digits = 3

    def __init__(self, style: PlotStyle) -> None:
        super().__init__(style)
        self._planned: dict[int, _Planned] = {}
        self._versions: dict[int, tuple[object, ...]] = {}
        self._lines: dict[int, tuple[tuple[object, ...], Line]] = {}
        self._edge: tuple[RunTrajectory, Floats, Floats] | None = None
        self._on_axis: tuple[tuple[object, ...], tuple[Line, Floats] | None] = ((), None)
        self._withheld = False
        self.edge = _Edge(self)
        self.layers[:0] = [_Epochs(self), self.edge]

    def set_edge(self, run: RunTrajectory, steps: Floats, rates: Floats) -> None:
        """Show the largest stable rates of ``run`` at some of its steps, shapes (n,); nan where there is none."""
        if self._edge is not None and self._edge[0] is run and self._edge[1] is steps:
            return
        self._edge = (run, steps, rates)
        self._on_axis = ((), None)
        if self._moment is not None:
            self._fit(self._moment)
        self.update()

    def clear_edge(self) -> None:
        """Show no edge."""
        if self._edge is not None:
            self._edge = None
            if self._moment is not None:
                self._fit(self._moment)
            self.update()

    def withhold_edge(self, withheld: bool) -> None:
        """Whether the edge is kept from being seen, though it is known."""
        if withheld is not self._withheld:
            self._withheld = withheld
            if self._moment is not None:
                self._fit(self._moment)
            self.update()

    def edge_line(self, moment: Moment) -> tuple[Line, Floats] | None:
        """The edge of the selected run on the axis, and the rates there; None where it is not known or another's."""
        if self._edge is None or self._withheld or not 0 <= moment.selected < len(moment.trajectory.runs):
            return None
        run, steps, edges = self._edge
        if run is not moment.trajectory.runs[moment.selected] or moment.experiment.runs[moment.selected].hidden:
            return None
        key = (run.generation, len(run), self._log)
        if self._on_axis[0] != key:
            rows = steps.astype(np.intp)[steps < len(run.lr) * run.stride] // run.stride
            rates = on_axis(run.lr[rows], log=self._log)
            places = on_axis(edges[: len(rows)], log=self._log)
            places = np.where(np.abs(places) >= BEYOND, np.nan, places) if self._log else places
            found = (Line(steps[: len(rows)], places, dashed=True), rates) if np.isfinite(places).any() else None
            self._on_axis = key, found
        return self._on_axis[1]

    def sync(self, moment: Moment) -> None:
        """Take up changed settings, and rows of schedules that are not known ahead."""
        steps, examples = moment.experiment.steps, examples_of(moment.experiment)
        self._planned = {k: p for k, p in self._planned.items() if k < len(moment.experiment.runs)}
        for index, run in enumerate(moment.experiment.runs):
            settings = (*_settings(run), examples)
            planned = self._planned.get(index)
            if planned is None or planned.steps != steps or planned.settings != settings:
                x, parts = _sampled(steps, run), stretches(run, steps, examples)
                planned = self._planned[index] = _Planned(settings, parts, steps, x, _rates(parts, x))
            trajectory = moment.trajectory.runs[index]
            seen: tuple[object, ...] = (planned, self._log)
            if not _known_ahead(run):
                seen += (trajectory, trajectory.generation, len(trajectory))
            if self._versions.get(index) != seen:
                self._versions[index] = seen
                x, rates = planned.x, planned.rates
                if not _known_ahead(run):
                    x, rates = _watched(trajectory, steps, x, rates)
                with np.errstate(all="ignore"):
                    places = on_axis(rates, log=self._log)
                places = np.where(np.abs(places) >= BEYOND, np.nan, places) if self._log else places
                stairs = _stairs(run) or any(part.ticks > 1 for part in planned.parts)
                self._lines[index] = (seen, Line(x, places, stairs))

    def state(self, moment: Moment) -> tuple[object, ...]:
        """The curves there are."""
        return tuple(self._versions[index] for index, _ in moment.visible())

    def limits(self, moment: Moment) -> tuple[float, float]:
        """What the visible runs span."""
        found = [self._lines[index][1].y for index, _ in moment.visible()]
        values = np.concatenate(found) if found else np.empty(0)
        values = values[np.isfinite(values)]
        if not len(values):
            return (-4.0, -1.0) if self._log else (0.0, 1.0)
        low, high = float(values.min()), float(values.max())
        edge = self.edge_line(moment)
        if edge is not None:
            low, high = self._with_edge(low, high, edge[0].y)
        return (max(low, high - DECADES), high) if self._log else (min(low, 0.0), high)

    def _with_edge(self, low: float, high: float, edge: Floats) -> tuple[float, float]:
        """Room for the edge: for most of it where it is near, for its middle where that is not too far."""
        usual = edge[np.isfinite(edge)]
        if not len(usual):
            return low, high
        below, middle, above = np.quantile(usual, (0.02, 0.5, 0.9)).tolist()
        if self._log:
            if below > high + REACH or above < low - REACH:
                return low, high  # the rim says where it is
            bottom, top = max(min(low, below), low - ROOM), min(max(high, above), high + ROOM)
            near = low - REACH <= middle <= high + REACH
            return (min(bottom, middle), max(top, middle)) if near else (bottom, top)
        return low, min(max(high, above), 2.0 * high)

    def paint_key(self, painter: QPainter, frame: Frame, line: QRectF, room: float) -> float:
        """What the dashed line is."""
        style, font = frame.style, frame.style.font(12)
        sample, gap = style.px(18), style.px(5)
        width = sample + gap + style.advance(EDGE_KEY, font) + style.px(12)
        if width > room or self.edge_line(frame.moment) is None:
            return 0.0
        y = line.center().y() + 1.0
        painter.setPen(_edge_pen(style))
        for begin in (0.0, 0.6):
            painter.drawLine(QPointF(line.left() + begin * sample, y), QPointF(line.left() + (begin + 0.4) * sample, y))
        painter.setFont(font)
        painter.setPen(style.color("t2"))
        text = QRectF(line.left() + sample + gap, line.top(), width, line.height())
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, EDGE_KEY)
        return width

    def lines(self, index: int, frame: Frame) -> list[tuple[Line, int]]:
        """The rate."""
        return [(self._lines[index][1], 255)]

    def last_step(self, index: int, moment: Moment) -> int:
        """Rates are known to the end."""
        return moment.experiment.steps

    def place(self, index: int, step: int) -> float:
        """Where the rate of update ``step`` stands."""
        place = place_of(self.value(index, step), log=self._log)
        return place if not self._log or abs(place) < BEYOND else math.nan

    def value(self, index: int, step: int) -> float:
        """The rate used by update ``step``, or planned for it; after the last update, that of the last."""
        assert self._moment is not None
        moment = self._moment
        step = min(max(step, 0), moment.experiment.steps - 1)
        columns = moment.trajectory.runs[index]
        if step <= columns.last and math.isfinite(rate := columns.at(columns.known(step)).lr):
            return rate
        recorded = columns.lr
        run = moment.experiment.runs[index]
        if not _known_ahead(run):
            before = recorded[np.isfinite(recorded)]
            if len(before):
                return float(before[-1])
        return float(_rates(self._planned[index].parts, np.array([float(step)]))[0])

    def epoch_ends(self) -> list[int]:
        """The steps at which the selected run's epochs end, unless they are too many to be marked."""
        moment = self._moment
        planned = None if moment is None else self._planned.get(moment.selected)
        return [] if planned is None else epoch_ends(planned.parts, MOST_EPOCHS)


class _Epochs:
    """The layer of small ticks at the foot, one at the end of each epoch of the selected run."""

    def __init__(self, plot: SchedulePlot) -> None:
        self._plot = plot

    def paint(self, painter: QPainter, frame: Frame) -> None:
        painter.setPen(frame.style.pen("t3", 1.0))
        foot = frame.height - frame.style.px(0.5)
        for step in self._plot.epoch_ends():
            x = frame.place(float(step), 0.0).x()
            painter.drawLine(QPointF(x, foot), QPointF(x, foot - frame.style.px(TICK)))


class _Edge:
    """The layer of the edge of stability: a dashed line, and a tint where the rate is above it."""

    def __init__(self, plot: SchedulePlot) -> None:
        self._plot = plot
        self._kept = Cached()

    def paint(self, painter: QPainter, frame: Frame) -> None:
        found = self._plot.edge_line(frame.moment)
        if found is not None:
            key = (frame.view, frame.style, found[0])
            self._kept.draw(painter, frame.area, key, lambda canvas: self._paint(canvas, frame, *found))

    def _paint(self, painter: QPainter, frame: Frame, line: Line, rates: Floats) -> None:
        style = frame.style
        over = above(frame, line, rates)
        if not over.isEmpty():
            painter.fillPath(over, style.color("danger", TINT))
        painter.strokePath(pieces(line, frame, style.px(4.0)).path(), _edge_pen(style))
        self._paint_hint(painter, frame, line)

    def _paint_hint(self, painter: QPainter, frame: Frame, line: Line) -> None:
        """At the rim, where the edge is beyond it: how large a rate is stable there."""
        style, found = frame.style, beyond(frame, line)
        if found is None:
            return
        value, up = found
        rate = 10.0**value if self._plot.is_log else value
        text, font = f"{EDGE_KEY} {nice(rate, 2)} {'↑' if up else '↓'}", style.font(11)
        width = style.advance(text, font)
        if width + style.px(12) < frame.width:
            baseline = style.px(13) if up else frame.height - style.px(6)
            halo_text(painter, QPointF(frame.width - width - style.px(6), baseline), text, font, style, "danger")


def beyond(frame: Frame, edge: Line) -> tuple[float, bool] | None:
    """The middle of the part of the edge that lies outside, and whether it lies above; None where most is seen."""
    left, right, bottom, top = frame.view
    places = edge.y[(edge.x >= left) & (edge.x <= right) & np.isfinite(edge.y)]
    for outside, up in ((places[places > top], True), (places[places < bottom], False)):
        if 2 * len(outside) > len(places):
            return float(np.median(outside)), up
    return None


def _edge_pen(style: PlotStyle) -> QPen:
    pen = style.pen("danger", EDGE_WIDTH)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen


def above(frame: Frame, edge: Line, rates: Floats) -> QPainterPath:
    """What lies between the edge and the rate where the rate is above it, in pixels; crossings are met exactly."""
    found = QPainterPath()
    found.setFillRule(Qt.FillRule.WindingFill)
    with np.errstate(all="ignore"):
        off = rates - edge.y
    x = frame.x_pixels(edge.x)
    up, down = frame.y_pixels(rates), frame.y_pixels(edge.y)
    limit = 4.0 * max(frame.height, 1.0)
    up, down = (np.clip(values, -limit, limit) for values in (up, down))
    for i in np.flatnonzero(np.isfinite(off[:-1]) & np.isfinite(off[1:]) & ((off[:-1] > 0.0) | (off[1:] > 0.0))):
        first, last = float(off[i]), float(off[i + 1])
        begin = 0.0 if first > 0.0 else -first / (last - first)
        end = 1.0 if last > 0.0 else first / (first - last)
        a, b = (float(x[i] + part * (x[i + 1] - x[i])) for part in (begin, end))
        piece = QPainterPath(QPointF(a, up[i] + begin * (up[i + 1] - up[i])))
        piece.lineTo(b, up[i] + end * (up[i + 1] - up[i]))
        piece.lineTo(b, down[i] + end * (down[i + 1] - down[i]))
        piece.lineTo(a, down[i] + begin * (down[i + 1] - down[i]))
        piece.closeSubpath()
        found.addPath(piece)
    return found


def _settings(run: Run) -> tuple[object, ...]:
    """What decides the rates of a run."""
    parts = [(0, run), *((change.step, change) for change in run.changes)]
    return tuple(
        (step, part.schedule, part.optimizer.rate, part.batch_size, part.accumulate, part.schedule_by)
        for step, part in parts
    )


def _known_ahead(run: Run) -> bool:
    return all(part.schedule.known_ahead for part in (run, *run.changes))


def _stairs(run: Run) -> bool:
    return any(part.schedule.stairs for part in (run, *run.changes)) or bool(run.changes)


def _sampled(steps: int, run: Run) -> Floats:
    """The steps at which the rate is looked at: all, or evenly spread ones and those beside a change."""
    if steps <= SAMPLES:
        return np.arange(steps + 1, dtype=np.float64)
    spread = np.linspace(0.0, steps, SAMPLES).round()
    beside = [float(c.step + d) for c in run.changes for d in (-1, 0) if c.step <= steps]
    return np.unique(np.append(spread, beside))


def _rates(parts: tuple[Stretch, ...], x: Floats) -> Floats:
    """The rates of the updates at steps ``x``; after the last update, that of the last."""
    steps = np.minimum(x, parts[-1].end - 1).astype(np.int64)
    found = np.empty(len(steps))
    for part in parts:
        inside = steps >= part.first
        clock = steps[inside] // part.ticks  # never falls; np.unique would load NumPy's masked arrays
        if len(clock):
            fresh = np.append(True, np.diff(clock) > 0)
            found[inside] = _ticked(part, clock[fresh])[np.cumsum(fresh) - 1]
    return found


def _ticked(part: Stretch, clocks: Ints) -> Floats:
    """The rates of a schedule at rising places of its clock; nan where its numbers run over."""
    schedule, base = part.settings.schedule, part.settings.optimizer.rate
    first, count = int(clocks[0]), len(clocks)
    try:
        if int(clocks[-1]) == first + count - 1:
            return np.array(schedule.rates(first, count, base))
        return np.array([schedule.rate(clock, base) for clock in clocks.tolist()])
    except (OverflowError, ZeroDivisionError, ValueError):
        return np.array([_rate(schedule, clock, base) for clock in clocks.tolist()])


def _rate(schedule: Schedule, clock: int, base: float) -> float:
    try:
        return float(schedule.rate(clock, base))
    except (OverflowError, ZeroDivisionError, ValueError):
        return math.nan


def _watched(run: RunTrajectory, steps: int, x: Floats, planned: Floats) -> tuple[Floats, Floats]:
    """The recorded rates, and the last of them held to the end."""
    recorded = run.lr
    count = len(recorded) - 1 if len(recorded) and math.isnan(recorded[-1]) else len(recorded)
    if count < 1:
        return x, np.full(len(x), planned[0])
    at = np.unique(np.linspace(0, count - 1, min(count, SAMPLES)).round().astype(np.int64))
    return np.append(at * run.stride, float(steps)).astype(np.float64), np.append(recorded[at], recorded[count - 1])
