"""The data and what the model makes of them: points with the fitted line or curve, or with the border of two classes.

The other plots show where the marble is; this one shows what that means for the data. It is drawn in the units of the
data set, so that standardising moves the landscape and leaves this picture as it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QImage, QPaintEngine, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsSceneHoverEvent

from gdsim.core.data import CsvFile, Dataset, Prepared, prepare
from gdsim.core.landscapes import Floats, ModelLandscape
from gdsim.core.landscapes.base import View
from gdsim.ui.numbers import short
from gdsim.ui.plots.axes import linear_ticks, paint_across, paint_grid, paint_up
from gdsim.ui.plots.canvas import Cached, Device
from gdsim.ui.plots.geometry import Segments, clipped, tamed
from gdsim.ui.plots.ground import contour_generator, contour_lines
from gdsim.ui.plots.legend import elided, paint_card
from gdsim.ui.plots.markers import marker_path
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.plot import Frame, Plot
from gdsim.ui.plots.style import SEMIBOLD, PlotStyle
from gdsim.ui.theme import Marker, Theme

Rows = npt.NDArray[np.intp]

MOST_POINTS = 5_000
"""Of more points a sample is drawn."""
MOST_RESIDUALS = 400
"""More residuals than this are a grey wall: only those of the batch are drawn then."""
MOST_RINGS = 128
"""So many examples of a batch are lifted out."""
CURVE = 160
"""Places at which a curve is computed."""
GRID = (60, 40)
"""Cells across and down in which a decision is computed; for runs that are not selected, half as many each way."""
POINT = 3.6
NEAR = 14.0
"""Pixels within which the pointer finds a point."""
CLASS_MARKERS: tuple[Marker, Marker] = ("circle", "triangle")
CLASS_COLORS = {"dark": ("#BBA6FF", "#B9DC6A"), "light": ("#5A3FB4", "#566800")}
"""Hues that neither a run nor a height has."""
CLASS_GROUNDS = {"dark": ("#322A58", "#313E1B"), "light": ("#D9D1F4", "#E2E9BC")}


class Point(NamedTuple):
    """An example under the pointer: its row in the data set, (name, value) pairs, and whether it is held back."""

    row: int
    values: tuple[tuple[str, str], ...]
    held_back: bool


@dataclass(frozen=True, eq=False)
class Scene:
    """What stands still while the marble rolls, in the units of the data set.

    Attributes:
        landscape: The model whose data these are.
        raw: The parts of the data set before standardising.
        field: Whether two inputs span the picture, rather than one input and the target.
        shown: Which training rows are drawn, ascending.
        shown_val: Which validation rows are drawn.
        view: Left, right, bottom, top.
    """

    landscape: ModelLandscape
    raw: Prepared
    field: bool
    shown: Rows
    shown_val: Rows
    view: View

    @property
    def dataset(self) -> Dataset:
        """The data set."""
        return self.landscape.dataset

    @property
    def classes(self) -> bool:
        """Whether the target is one of two classes."""
        return self.landscape.task == "classification"

    def places(self, *, held_back: bool = False) -> tuple[Floats, Floats]:
        """Across and up, of all examples of a part."""
        x, y = (self.raw.x_val, self.raw.y_val) if held_back else (self.raw.x, self.raw.y)
        return (x[:, 0], x[:, 1]) if self.field else (x[:, 0], y)

    def model_inputs(self, data: Prepared, across: Floats, up: Floats | None = None) -> Floats:
        """Places of the picture as the model sees them, shape (k, features); inputs it does not use are nought."""
        x = np.zeros((across.size, self.raw.x.shape[1]))
        x[:, 0] = across
        if up is not None:
            x[:, 1] = up
        return data.from_raw(x)


def scene_of(landscape: ModelLandscape) -> Scene:
    """What of ``landscape``'s data is drawn, and where.

    Raises:
        ValueError: The examples are not at hand.
    """
    raw = prepare(landscape.dataset, landscape.preparation._replace(standardise=0.0))
    field = min(landscape.dataset.features, landscape.most_inputs) > 1
    scene = Scene(landscape, raw, field, sample(raw.y.size), sample(raw.y_val.size), (0.0, 1.0, 0.0, 1.0))
    across, up = (np.concatenate(parts) for parts in zip(scene.places(), scene.places(held_back=True), strict=True))
    low, high = _extent(up) if field or not scene.classes else (-0.08, 1.08)
    return Scene(landscape, raw, field, scene.shown, scene.shown_val, (*_extent(across), low, high))


@lru_cache(maxsize=8)
def sample(count: int) -> Rows:
    """All of ``count`` rows, or ``MOST_POINTS`` of them, always the same, ascending."""
    if count <= MOST_POINTS:
        rows = np.arange(count)
    else:
        chance = np.random.Generator(np.random.Philox(key=0, counter=[0, 0, 0, count]))
        rows = np.sort(chance.choice(count, MOST_POINTS, replace=False, shuffle=False))
    rows.flags.writeable = False
    return rows


def _extent(values: Floats) -> tuple[float, float]:
    """From the least to the greatest number, with some room around them."""
    usable = values[np.isfinite(values)]
    if not usable.size:
        return -1.0, 1.0
    low, high = float(usable.min()), float(usable.max())
    room = 0.06 * (high - low)
    if not room > 1e-9 * max(abs(low), abs(high)):
        room = 0.5 * abs(high) or 1.0
    return low - room, high + room


class DataPlot(Plot):
    """The training part (validation part hollow) with the model at the cursor.

    One input: the selected run's line or curve, thinly those of the others, and the residuals. Two inputs: the
    selected run's probability as a soft ground of two colours, and the border at 0.5 of every run. The examples of
    the mini-batch are lifted out.

    Signals:
        hovered: The ``Point`` nearest to the pointer; None when there is none.
    """

    hovered = Signal(object)

    def __init__(self, style: PlotStyle) -> None:
        super().__init__(style)
        self.data_scene: Scene | None = None
        self.trouble = "This landscape is a formula: there are no data behind it."
        self._key: tuple[object, ...] | None = None
        self.point: tuple[Point, QPointF] | None = None
        self.layers = [_Field(self), _Residuals(self), _Points(self), _Curves(self), _Batch(self), _Card(self)]

    # --- what callers use

    def draw(self, moment: Moment) -> None:
        """Show ``moment``; another data set is shown as a whole."""
        landscape = moment.experiment.landscape
        if self.data_scene is None or landscape is not self.data_scene.landscape:
            self._take(landscape)
        super().draw(moment)

    def _take(self, landscape: object) -> None:
        if not isinstance(landscape, ModelLandscape):
            self.data_scene, self._key, self.point = None, None, None
            self.trouble = "This landscape is a formula: there are no data behind it."
            return
        key = (type(landscape), landscape.dataset, landscape.preparation._replace(standardise=0.0))
        if self.data_scene is not None and key == self._key:  # only the model is another one, or how inputs are scaled
            old = self.data_scene
            self.data_scene = Scene(landscape, old.raw, old.field, old.shown, old.shown_val, old.view)
            return
        self.point = None
        try:
            self.data_scene, self._key, self.trouble = scene_of(landscape), key, ""
        except ValueError as error:  # a file that was not read in
            self.data_scene, self._key, self.trouble = None, None, str(error)

    @property
    def view(self) -> View:
        """Left, right, bottom, top."""
        return self.data_scene.view if self.data_scene is not None else (0.0, 1.0, 0.0, 1.0)

    def heading(self) -> str:
        """How many examples the model sees, and how many are drawn where not all are."""
        scene = self.data_scene
        if scene is None:
            return ""
        seen, held = scene.raw.y.size, scene.raw.y_val.size
        size = scene.dataset.size
        text = f"all {seen:,} train" if seen == size else f"{seen:,} of {size:,} train"
        drawn = scene.shown.size + scene.shown_val.size
        return text if drawn == seen + held else f"{text}, {drawn:,} drawn"

    # --- painting

    def margins(self) -> tuple[float, float, float, float]:
        """Room for the title, the target's name and the labels."""
        return 45.0, 44.0, 10.0, 26.0

    def behind_state(self) -> object:
        """Names and numbers of the data set; which part it is."""
        return self._key, self.trouble

    def paint_behind(self, painter: QPainter, frame: Frame, area: QRectF) -> None:
        """Axes, and what they are called."""
        style, scene = frame.style, self.data_scene
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        if scene is None:
            painter.setFont(style.font(13))
            painter.setPen(style.color("t2"))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.trouble)
            return
        left, right, bottom, top = frame.view
        across = linear_ticks(left, right, max(2, min(7, int(area.width() / style.px(64)))))
        up = linear_ticks(bottom, top, max(2, min(6, int(area.height() / style.px(30)))))
        xs = [frame.place(tick.value, 0.0).x() for tick in across]
        ys = [frame.place(0.0, tick.value).y() for tick in up]
        labels = [(y, tick.label) for y, tick in zip(ys, up, strict=True) if math.isfinite(y)]
        if not scene.field:
            paint_grid(painter, style, labels, area)
        paint_up(painter, style, labels, area, squeeze=True)
        below, beside = axis_names(scene)
        below = elided(below, 0.6 * area.width(), style, 11)
        marks = [(x, tick.label) for x, tick in zip(xs, across, strict=True) if math.isfinite(x)]
        paint_across(painter, style, [*marks, (area.width(), below)], area)
        painter.setFont(style.font(11))
        painter.setPen(style.color("t2"))
        line = QRectF(style.px(10), area.top() - style.px(19), self.size().width() - style.px(20), style.px(16))
        painter.drawText(line, flags | Qt.AlignmentFlag.AlignLeft, elided(beside, 0.6 * line.width(), style, 11))
        if scene.classes:
            self._paint_key(painter, style, scene, line)

    def _paint_key(self, painter: QPainter, style: PlotStyle, scene: Scene, line: QRectF) -> None:
        """Which sign is which class, at the right of ``line``."""
        names, font = scene.dataset.class_names or ("0", "1"), style.font(11)
        right = line.right()
        for index in (1, 0):
            text = elided(names[index], 0.2 * line.width(), style, 11)
            right -= style.advance(text, font)
            painter.setPen(style.color("t2"))
            painter.drawText(QPointF(right, line.bottom() - style.px(4)), text)
            right -= style.px(9)
            at = QPointF(right, line.center().y())
            _marker(painter, at, CLASS_MARKERS[index], CLASS_COLORS[style.theme.name][index], style, hollow=False)
            right -= style.px(14)

    def paint_around(self, painter: QPainter, frame: Frame, area: QRectF) -> None:
        """The title."""
        if self.data_scene is None:
            return
        style = frame.style
        line = QRectF(style.px(10), style.px(4), self.size().width() - style.px(20), style.px(20))
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextSingleLine
        heading = self.heading()
        wide = style.advance(heading, style.font(12)) + style.px(8)
        title = elided(
            title_of(self.data_scene.dataset), max(line.width() - wide, 0.4 * line.width()), style, 13, bold=True
        )
        painter.setFont(style.font(13, SEMIBOLD))
        painter.setPen(style.color("t1"))
        painter.drawText(line, flags, title)
        used = style.advance(title, style.font(13, SEMIBOLD)) + style.px(8)
        painter.setFont(style.font(12))
        painter.setPen(style.color("t3"))
        painter.drawText(line.adjusted(used, 0, 0, 0), flags, elided(heading, line.width() - used, style, 12))

    # --- the mouse

    def hoverMoveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        """Find the point under the pointer."""
        frame = self.frame()
        if frame is None or self.data_scene is None:
            return
        self._point_at(nearest(self.data_scene, frame, event.pos() - self.area().topLeft()))

    def hoverLeaveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        """There is none any more."""
        self._point_at(None)

    def _point_at(self, found: tuple[Point, QPointF] | None) -> None:
        if found != self.point:
            self.point = found
            self.hovered.emit(None if found is None else found[0])
            self.update()


def title_of(dataset: Dataset) -> str:
    """What a data set is called in a title."""
    return Path(dataset.path).name if isinstance(dataset, CsvFile) else dataset.title


def axis_names(scene: Scene) -> tuple[str, str]:
    """What lies across and up."""
    names, dataset = scene.dataset.input_names, scene.dataset
    if scene.field:
        return names[0], names[1]
    if not scene.classes:
        return names[0], dataset.target_name
    return names[0], f"probability of {(dataset.class_names or ('0', '1'))[1]}"


def nearest(scene: Scene, frame: Frame, at: QPointF) -> tuple[Point, QPointF] | None:
    """The drawn point nearest to ``at``, with its place, if it is near."""
    best: tuple[float, int, bool, QPointF] | None = None
    for held_back, rows in ((False, scene.shown), (True, scene.shown_val)):
        across, up = scene.places(held_back=held_back)
        x, y = frame.x_pixels(across[rows]), frame.y_pixels(up[rows])
        with np.errstate(all="ignore"):
            distance = np.nan_to_num(np.hypot(x - at.x(), y - at.y()), nan=np.inf)
        if not distance.size:
            continue
        k = int(distance.argmin())
        if distance[k] <= frame.style.px(NEAR) and (best is None or distance[k] < best[0]):
            best = (float(distance[k]), int(rows[k]), held_back, QPointF(x[k], y[k]))
    if best is None:
        return None
    _, k, held_back, place = best
    raw, dataset = scene.raw, scene.dataset
    x, y = (raw.x_val[k], raw.y_val[k]) if held_back else (raw.x[k], raw.y[k])
    names = dataset.class_names
    target = names[int(y)] if names is not None else short(float(y))
    inputs = [(name, short(float(value))) for name, value in zip(dataset.input_names, x, strict=True)]
    row = int((raw.rows_val if held_back else raw.rows)[k])
    return Point(row, (*inputs[:6], (dataset.target_name, target)), held_back), place


def theta_of(frame: Frame, index: int) -> Floats | None:
    """The parameters of run ``index`` at the cursor; None where they are not all finite numbers."""
    run, step = frame.moment.trajectory.runs[index], frame.moment.step_of(index)
    if not 0 <= step < len(run):
        return None
    theta = run.at(step).theta
    return theta if np.isfinite(theta).all() else None


def batch_rows(moment: Moment, examples: int) -> Rows | None:
    """The training rows that the selected run's next update sees; None where it sees all, or there is none."""
    index = moment.selected
    run, step = moment.trajectory.runs[index], moment.step_of(index)
    if step < 0 or (run.ended and step >= run.last):
        return None
    batches = moment.experiment.runs[index].settings_at(step).batches(examples, moment.experiment.seed)
    return None if batches is None else np.asarray(batches.rows(step))


# --- layers


class _Field:
    """The layer of decisions: the selected run's answer as colour."""

    def __init__(self, plot: DataPlot) -> None:
        self._plot = plot
        self._answers: dict[int, tuple[tuple[object, ...], Floats]] = {}
        self._image: tuple[tuple[object, ...], QImage] | None = None

    def paint(self, painter: QPainter, frame: Frame) -> None:
        scene = self._plot.data_scene
        if scene is None or not scene.field or not 0 <= frame.moment.selected < len(frame.moment.trajectory.runs):
            return
        if not any(index == frame.moment.selected for index, _ in frame.runs):
            return
        found = self.answers(scene, frame, frame.moment.selected)
        if found is None:
            return
        share = _share(scene, found)
        key = (self._answers[frame.moment.selected][0], frame.style.theme.name)
        if self._image is None or self._image[0] != key:
            self._image = (key, _ground(share, frame.style.theme))
        image = self._image[1]
        across, down = frame.width / (image.width() - 2), frame.height / (image.height() - 2)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(-across, -down, frame.width + 2 * across, frame.height + 2 * down), image)

    def answers(self, scene: Scene, frame: Frame, index: int) -> Floats | None:
        """What run ``index`` answers in the middle of each cell, and of a ring of cells around the area."""
        theta = theta_of(frame, index)
        if theta is None:
            return None
        share = 1 if index == frame.moment.selected else 2
        data = scene.landscape.data()
        key = (theta.tobytes(), data, frame.view, share)
        known = self._answers.get(index)
        if known is not None and known[0] == key:
            return known[1]
        columns, rows = GRID[0] // share, GRID[1] // share
        left, right, bottom, top = frame.view
        x = left + (np.arange(-1, columns + 1) + 0.5) * ((right - left) / columns)
        y = top - (np.arange(-1, rows + 1) + 0.5) * ((top - bottom) / rows)
        inputs = scene.model_inputs(data, np.tile(x, y.size), np.repeat(y, x.size))
        answers = scene.landscape.predict(theta, inputs).reshape(y.size, x.size)
        self._answers[index] = (key, answers)
        return answers

    def border(self, scene: Scene, frame: Frame, index: int) -> Segments | None:
        """Where run ``index`` is undecided, in pixels."""
        answers = self.answers(scene, frame, index)
        if answers is None or not np.isfinite(answers).all():
            return None
        rows, columns = answers.shape
        x = (np.arange(columns) - 0.5) * (frame.width / (columns - 2))
        y = (np.arange(rows) - 0.5) * (frame.height / (rows - 2))
        if not answers.min() < 0.5 < answers.max():
            return None
        return contour_lines(contour_generator(x, y, answers), [0.5])


def _share(scene: Scene, answers: Floats) -> Floats:
    """Answers as places between the two colours, 0 to 1; nan where they are no numbers."""
    if scene.classes:
        return answers
    low, high = _extent(scene.raw.y)
    with np.errstate(all="ignore"):
        return np.clip((answers - low) / (high - low), 0.0, 1.0)


def _ground(share: Floats, theme: Theme) -> QImage:
    """Two soft colours that meet in that of the panel."""
    style = PlotStyle(theme)
    first, second = (_rgb(style, color) for color in CLASS_GROUNDS[theme.name])
    middle = _rgb(style, theme.bg1)
    sure = np.nan_to_num(2.0 * share - 1.0, nan=0.0)[..., np.newaxis]
    color = middle + np.where(sure < 0.0, -sure * (first - middle), sure * (second - middle))
    pixels: npt.NDArray[np.uint32] = np.full(share.shape, 0xFF000000, np.uint32)
    for channel, shift in enumerate((16, 8, 0)):
        pixels |= color[..., channel].round().astype(np.uint32) << np.uint32(shift)
    rows, columns = share.shape
    return QImage(pixels.data, columns, rows, 4 * columns, QImage.Format.Format_RGB32).copy()


def _rgb(style: PlotStyle, color: str) -> Floats:
    found = style.color(color)
    return np.array([found.red(), found.green(), found.blue()], dtype=np.float64)


class _Residuals:
    """The layer of residuals: from each point to the selected run's curve, those of the batch strong."""

    def __init__(self, plot: DataPlot) -> None:
        self._plot = plot

    def paint(self, painter: QPainter, frame: Frame) -> None:
        scene, moment = self._plot.data_scene, frame.moment
        if scene is None or scene.field or scene.classes or not any(i == moment.selected for i, _ in frame.runs):
            return
        theta = theta_of(frame, moment.selected)
        if theta is None:
            return
        color = moment.look(frame.style.theme, moment.selected).color
        batch = batch_rows(moment, scene.raw.y.size)
        if scene.raw.y.size <= MOST_RESIDUALS:
            weak = 130 if batch is None else 80
            self._lines(painter, frame, scene, theta, scene.shown, frame.style.pen(color, 1.0, weak))
        if batch is not None:
            self._lines(painter, frame, scene, theta, batch[:MOST_RINGS], frame.style.pen(color, 1.8))

    def _lines(self, painter: QPainter, frame: Frame, scene: Scene, theta: Floats, rows: Rows, pen: QPen) -> None:
        across, up = (part[rows] for part in scene.places())
        answers = scene.landscape.predict(theta, scene.landscape.data().x[rows])
        x, low, high = frame.x_pixels(across), frame.y_pixels(up), frame.y_pixels(answers)
        low, high = (np.clip(values, -8.0, frame.height + 8.0) for values in (low, high))
        there = np.isfinite(x) & np.isfinite(low) & np.isfinite(high)
        x, low, high = x[there], low[there], high[there]
        lines = Segments(x, low, x, high, np.arange(x.size), np.zeros(x.size))
        if Device.of(painter, frame.area).vector:
            painter.strokePath(lines.path(), pen)
        else:
            lines.stroke(painter, pen)


class _Points:
    """The layer of points, painted once."""

    def __init__(self, plot: DataPlot) -> None:
        self._plot = plot
        self._sheet = Cached()

    def paint(self, painter: QPainter, frame: Frame) -> None:
        scene = self._plot.data_scene
        if scene is not None:
            key = (frame.view, frame.style, scene.raw, scene.field, scene.classes)
            self._sheet.draw(painter, frame.area, key, lambda canvas: self._paint(canvas, frame, scene))

    def _paint(self, painter: QPainter, frame: Frame, scene: Scene) -> None:
        for held_back, rows in ((True, scene.shown_val), (False, scene.shown)):
            across, up = scene.places(held_back=held_back)
            targets = (scene.raw.y_val if held_back else scene.raw.y)[rows]
            x, y = tamed(frame.x_pixels(across[rows]), frame.y_pixels(up[rows]))
            there = np.isfinite(x) & np.isfinite(y)
            for places, marker, color in _groups(scene, frame.style.theme, targets):
                some = np.flatnonzero(there & places)
                _paint_points(painter, frame.style, x[some], y[some], marker, color, hollow=held_back)


def _groups(scene: Scene, theme: Theme, targets: Floats) -> list[tuple[npt.NDArray[np.bool_], Marker, str]]:
    """Which points get which sign: classes have their own, and targets over two inputs the colours of the ground."""
    if scene.classes:
        colors = CLASS_COLORS[theme.name]
        return [(targets == index, CLASS_MARKERS[index], colors[index]) for index in (0, 1)]
    if not scene.field:
        return [(np.ones(targets.size, bool), "circle", theme.t2)]
    upper = _share(scene, targets) >= 0.5
    low, high = CLASS_COLORS[theme.name]
    return [(~upper, "circle", low), (upper, "circle", high)]


def _radius(count: int) -> float:
    """Points get smaller where there are many."""
    return POINT if count <= 300 else max(1.6, POINT * (300 / count) ** 0.25)


def _paint_points(
    painter: QPainter, style: PlotStyle, x: Floats, y: Floats, marker: Marker, color: str, *, hollow: bool
) -> None:
    """Paint one sign at many places: on pixels it is drawn once and stamped, at whole ones."""
    radius = _radius(x.size)
    sign = marker_path(marker, round(style.px(radius - (0.5 if hollow else 0.0)), 2))
    if painter.paintEngine().type() != QPaintEngine.Type.Raster:
        for across, down in zip(x.tolist(), y.tolist(), strict=True):
            _paint_sign(painter, style, sign.translated(across, down), color, hollow=hollow)
        return
    to_device = painter.transform()
    scale = to_device.m11()
    half = math.ceil((style.px(radius * 1.4) + style.px(2.0)) * scale)
    stamp = QImage(2 * half + 1, 2 * half + 1, QImage.Format.Format_ARGB32_Premultiplied)
    stamp.fill(0)
    on_stamp = QPainter(stamp)
    on_stamp.setRenderHint(QPainter.RenderHint.Antialiasing)
    on_stamp.translate(half + 0.5, half + 0.5)
    on_stamp.scale(scale, scale)
    _paint_sign(on_stamp, style, sign, color, hollow=hollow)
    on_stamp.end()
    across = np.floor(x * scale + to_device.dx()).astype(np.int64) - half
    down = np.floor(y * scale + to_device.dy()).astype(np.int64) - half
    painter.save()
    painter.resetTransform()
    for left, top in zip(across.tolist(), down.tolist(), strict=True):
        painter.drawImage(left, top, stamp)
    painter.restore()


def _paint_sign(painter: QPainter, style: PlotStyle, sign: QPainterPath, color: str, *, hollow: bool) -> None:
    if hollow:
        painter.strokePath(sign, style.pen("bg1", 3.0, 150))
        painter.strokePath(sign, style.pen(color, 1.3))
    else:
        painter.strokePath(sign, style.pen("bg1", 1.2, 200))
        painter.fillPath(sign, style.color(color))


def _marker(painter: QPainter, at: QPointF, marker: Marker, color: str, style: PlotStyle, *, hollow: bool) -> None:
    _paint_points(painter, style, np.array([at.x()]), np.array([at.y()]), marker, color, hollow=hollow)


class _Curves:
    """The layer of fitted curves, or of borders between the classes; the selected run's is bold and on top."""

    def __init__(self, plot: DataPlot) -> None:
        self._plot = plot

    def paint(self, painter: QPainter, frame: Frame) -> None:
        scene = self._plot.data_scene
        if scene is None or (scene.field and not scene.classes):
            return
        for index, _ in frame.runs:
            line = self._border(scene, frame, index) if scene.field else _curve(scene, frame, index)
            if line is None or not len(line):
                continue
            selected = index == frame.moment.selected
            look = frame.moment.look(frame.style.theme, index)
            path = line.path()
            if selected:
                painter.strokePath(path, frame.style.pen("halo", 5.0, frame.style.theme.halo_alpha))
            pen = frame.style.pen(look.color, 2.8 if selected else 1.4, 255 if selected else 210)
            if look.dash:
                pen.setCapStyle(Qt.PenCapStyle.FlatCap)
                pen.setDashPattern([part * (1.0 if selected else 1.6) for part in look.dash])
            painter.strokePath(path, pen)

    def _border(self, scene: Scene, frame: Frame, index: int) -> Segments | None:
        field = self._plot.layers[0]
        return field.border(scene, frame, index) if isinstance(field, _Field) else None


def _curve(scene: Scene, frame: Frame, index: int) -> Segments | None:
    """What run ``index`` answers over the view, in pixels."""
    theta = theta_of(frame, index)
    if theta is None:
        return None
    across = np.linspace(frame.view[0], frame.view[1], CURVE)
    answers = scene.landscape.predict(theta, scene.model_inputs(scene.landscape.data(), across))
    room = frame.style.px(6.0)
    box = (-room, frame.width + room, -room, frame.height + room)
    return clipped(frame.x_pixels(across), frame.y_pixels(answers), box)


class _Batch:
    """The layer that lifts out the examples of the batch."""

    def __init__(self, plot: DataPlot) -> None:
        self._plot = plot

    def paint(self, painter: QPainter, frame: Frame) -> None:
        scene = self._plot.data_scene
        batch = batch_rows(frame.moment, scene.raw.y.size) if scene is not None and frame.runs else None
        if scene is None or batch is None:
            return
        rows = batch[:MOST_RINGS]
        across, up = (part[rows] for part in scene.places())
        x, y = tamed(frame.x_pixels(across), frame.y_pixels(up))
        there = np.isfinite(x) & np.isfinite(y)
        radius = frame.style.px(_radius(scene.shown.size) + 2.2)
        path = QPainterPath()
        for at, down in zip(x[there].tolist(), y[there].tolist(), strict=True):
            path.addEllipse(QPointF(at, down), radius, radius)
        painter.strokePath(path, frame.style.pen("halo", 3.2, 150))
        painter.strokePath(path, frame.style.pen("t1", 1.5))


class _Card:
    """The layer of what the pointer reads."""

    def __init__(self, plot: DataPlot) -> None:
        self._plot = plot

    def paint(self, painter: QPainter, frame: Frame) -> None:
        if self._plot.point is None:
            return
        point, at = self._plot.point
        row, values, held_back = point
        style = frame.style
        title = f"example {row + 1:,}" + (", held back" if held_back else "")
        bold, plain = style.font(11, SEMIBOLD), style.font(11)
        names = [elided(name, style.px(120), style, 11) for name, _ in values]
        widest = max(style.advance(name, plain) for name in names)
        wide = max(style.advance(value, bold) for _, value in values)
        width = max(widest + wide + style.px(30), style.advance(title, bold) + style.px(18))
        height = style.px(24) + len(values) * style.px(16)
        left = at.x() + style.px(12)
        if left + width > frame.width - 2:
            left = max(at.x() - style.px(12) - width, 2.0)
        top = min(max(at.y() - height - style.px(6), 2.0), max(frame.height - height - 2, 0.0))
        rect = QRectF(left, top, width, height)
        painter.setPen(style.pen("t1", 1.6))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(at, style.px(POINT + 3), style.px(POINT + 3))
        paint_card(painter, rect, style, 242)
        line = QRectF(rect.left() + style.px(9), rect.top() + style.px(4), width - style.px(18), style.px(16))
        painter.setFont(bold)
        painter.setPen(style.color("t1"))
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, title)
        for name, (_, value) in zip(names, values, strict=True):
            line.translate(0.0, style.px(16))
            painter.setFont(plain)
            painter.setPen(style.color("t2"))
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
            painter.setFont(bold)
            painter.setPen(style.color("t1"))
            painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, value)


__all__ = ["DataPlot", "Point", "Scene", "axis_names", "batch_rows", "sample", "scene_of", "title_of"]
