"""The loss of each run over its steps: on all training examples, on the validation part, on the batches.

Each kind is drawn in its own way in the run's colour: full and solid, dashed, thin and faint. So they are told apart
in black and white, too.
"""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from gdsim.core.landscapes import Floats, Landscape
from gdsim.core.trajectory import RunTrajectory
from gdsim.ui.numbers import nice
from gdsim.ui.plots.bands import OWN, OWN_WIDTH, BandPlaces, paint_caption
from gdsim.ui.plots.curve_plot import BEYOND, DASH, FUTURE, GAP, WIDTH, CurvePlot, Line, Reading, on_axis, place_of
from gdsim.ui.plots.curves import Pyramid, Smoother
from gdsim.ui.plots.ground import floor_of
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.plot import Frame
from gdsim.ui.plots.style import PlotStyle

DECADES = 7.25
"""The most that a logarithmic axis shows; more would press everything flat."""
OVERSHOOT = 3.0
"""Decades above the first loss that a diverging run may claim of them."""
SMOOTH = 1.5
"""Pixels that a folded column may span and still be drawn as a smooth line."""
PORTIONS = 50
"""In so many parts a long run appears while it is computed ahead of the cursor."""
SMOOTHING = 0.9
"""Weight of the moving average when the loss is smoothed."""
RAW = 55
"""Alpha of the values behind a smoothed curve."""
BATCH, BATCH_SMOOTH = 90, 190
"""Alpha of the losses on batches, and of their moving average."""
DEEP = 1.0
"""Decades below all others that the loss on a lucky batch may claim of a logarithmic axis."""
KINDS = {"loss": "training", "val_loss": "validation", "batch_loss": "batch"}
"""The columns that are drawn, and what they are called."""
LABEL = 60.0
"""Pixels that the name of the selected run keeps at most, beside what is said of bands."""
NEAR = 9.0
"""Pixels around the mark of the lowest validation loss that tell of it."""


class _Track:
    """One column of losses as places on the axis, ready to be drawn; a row stands for ``stride`` steps."""

    def __init__(self, *, log: bool, offset: float, weight: float, stride: int) -> None:
        self.stride = stride
        self._offset = offset
        self._log = log
        self._smoother = Smoother(weight**stride)
        self.raw = Pyramid(stretched=stride > 1)
        self.smooth = Pyramid() if weight > 0.0 else self.raw
        self.low, self.high = math.inf, -math.inf
        self.least, self.best = math.inf, -1

    def extend(self, values: Floats, ends: tuple[Floats, Floats]) -> None:
        """Take up the rows of ``values`` that are new, with the least and greatest of what each stands for."""
        first = len(self.raw)
        new = values[first:]
        if not len(new):
            return
        lows = ends[0][first:]
        known = np.where(np.isnan(lows), np.inf, lows)
        if known.min() < self.least:
            self.least, self.best = float(known.min()), first + int(known.argmin())
        with np.errstate(all="ignore"):
            places = on_axis(new - self._offset, log=self._log)
            spans = (places, places)
            if self.stride > 1:
                low, high = (on_axis(end[first:] - self._offset, log=self._log) for end in ends)
                spans = (low, high)
        self.raw.append(places, spans)
        usable = np.isfinite(places) & (np.abs(places) < BEYOND if self._log else True)
        if self.smooth is not self.raw:
            self.smooth.append(np.where(usable, self._smoother.extend(np.where(usable, places, np.nan)), places))
        for span in spans:
            kept = span[np.isfinite(span) & (np.abs(span) < BEYOND if self._log else True)]
            if len(kept):
                self.low, self.high = min(self.low, float(kept.min())), max(self.high, float(kept.max()))

    @property
    def first(self) -> float:
        """The first loss, as a place on the axis."""
        value = float(self.raw.values[0]) if len(self.raw) else math.nan
        return value if abs(value) < BEYOND or not self._log else math.nan

    def place(self, step: int) -> float:
        """Where the (smoothed) curve stands."""
        row = step // self.stride
        return float(self.smooth.values[row]) if 0 <= row < len(self.smooth) else math.nan


class _Series:
    """One run's losses of all kinds. Only the noisiest kind that there is is smoothed."""

    def __init__(self, run: RunTrajectory, *, log: bool, offset: float, weight: float) -> None:
        self.run = run
        self.generation = run.generation
        self.offset = offset
        self._log, self._weight = log, weight
        self.batched = run.batch_loss is not None
        self.tracks = {"loss": self._track("loss")}

    def _track(self, name: str) -> _Track:
        smoothed = name == ("batch_loss" if self.batched else "loss")
        weight = self._weight if smoothed else 0.0
        return _Track(log=self._log, offset=self.offset, weight=weight, stride=self.run.stride)

    def suits(self, run: RunTrajectory, offset: float) -> bool:
        """Whether it can be continued by what ``run`` is now."""
        return (self.generation, self.offset, self.batched) == (run.generation, offset, run.batch_loss is not None)

    def sync(self) -> None:
        """Take up the rows that are new."""
        for name in KINDS:
            values = getattr(self.run, name)
            if values is not None:
                self.tracks.setdefault(name, self._track(name)).extend(values, self.run.extremes(name))

    @property
    def main(self) -> _Track:
        """The losses on all training examples."""
        return self.tracks["loss"]

    def but_batches(self) -> list[_Track]:
        """All but the losses on batches."""
        return [track for name, track in self.tracks.items() if name != "batch_loss"]

    @property
    def low(self) -> float:
        """The lowest place to be seen. That of a lucky batch does not press all others flat."""
        low = min(track.low for track in self.but_batches())
        batch = self.tracks["batch_loss"].low if "batch_loss" in self.tracks else low
        return min(low, max(batch, low - DEEP) if self._log else batch)

    @property
    def high(self) -> float:
        """The highest place."""
        return max(track.high for track in self.tracks.values())


class LossPlot(CurvePlot):
    """Losses over steps, logarithmic unless asked otherwise.

    Where losses are negative a logarithmic axis shows how far they are above the lowest known, and says so.
    """

    title = "Loss"

    def __init__(self, style: PlotStyle) -> None:
        super().__init__(style)
        self._weight = 0.0
        self._series: dict[int, _Series] = {}
        self._landscape: Landscape | None = None
        self._floor: float | None = None
        self._offset = 0.0
        self._bands: dict[int, BandPlaces] = {}
        self.caption_inside = False
        """Whether what the bands are is said on the plot, since there is no room above it."""
        self.layers.insert(1, _Lowest(self))
        self.layers.append(_Caption(self))

    def set_smoothing(self, weight: float) -> None:
        """Show a moving average that keeps ``weight`` (0 to 0.999) of itself at each step, and the losses faintly.

        Where updates see batches it is the losses on those that are averaged; the loss on all examples stays as it is.
        """
        weight = min(max(weight, 0.0), 0.999)
        if weight != self._weight:
            self._weight = weight
            self._series.clear()
            self.curves.stale()
            if self._moment is not None:
                self.draw(self._moment)

    def set_log(self, log: bool) -> None:
        """Logarithmic or linear losses."""
        if log != self._log:
            self._series.clear()
        super().set_log(log)

    # --- what the curves are

    def sync(self, moment: Moment) -> None:
        """Take up what is new."""
        landscape = moment.experiment.landscape
        if landscape is not self._landscape and landscape != self._landscape:
            self._landscape, self._floor = landscape, floor_of(landscape)
        runs = moment.trajectory.runs
        self._series = {k: s for k, s in self._series.items() if k < len(runs) and s.run is runs[k]}
        self._offset = self._lowest(moment) if self._log else 0.0
        for index, run in enumerate(runs):
            known = self._series.get(index)
            if known is None or not known.suits(run, self._offset):
                known = self._series[index] = _Series(run, log=self._log, offset=self._offset, weight=self._weight)
            known.sync()
        self._sync_bands(moment)

    def _sync_bands(self, moment: Moment) -> None:
        known, self._bands = self._bands, {}
        for index, band in moment.bands.items():
            places = known.get(index)
            if places is None or (places.band, places.log, places.offset) != (band, self._log, self._offset):
                places = BandPlaces(band, log=self._log, offset=self._offset)
            places.sync()
            if len(places):
                self._bands[index] = places

    def _lowest(self, moment: Moment) -> float:
        """What is taken off the losses so that none is negative; 0 where none is."""
        if self._floor is not None:
            return min(self._floor, 0.0) if self._floor < -1e-12 else 0.0
        lowest = min(
            (_least(run.extremes("loss")[0], self._series.get(k)) for k, run in enumerate(moment.trajectory.runs)),
            default=0,
        )
        lowest = min([lowest, *(band.least for band in moment.bands.values())])
        return lowest if lowest < 0.0 else 0.0

    def heading(self) -> str:
        """Says where the losses are counted from, where that is not zero."""
        return f"above the lowest known, {nice(self._offset)}" if self._offset != 0.0 else ""

    def state(self, moment: Moment) -> tuple[object, ...]:
        """The rows there are. Beyond the cursor they count by portions, since all are painted anew for each."""
        portion = moment.experiment.steps // PORTIONS + 1
        found: list[tuple[object, ...]] = []
        for series in self._series.values():
            rows = len(series.main.raw) * series.run.stride
            whole = rows - rows % portion
            exact = series.run.ended or whole <= moment.cursor
            found.append((series.run, series.generation, series.offset, rows if exact else whole))
        for index, places in self._bands.items():
            whole = places.band.whole or len(places) < portion
            found.append((index, places, len(places) - (0 if whole else len(places) % portion)))
        return tuple(found)

    def limits(self, moment: Moment) -> tuple[float, float]:
        """What the visible runs span; a run that diverges does not press the others flat."""
        shown = [self._series[index] for index, _ in moment.visible()]
        spans: list[_Series | _Track | BandPlaces] = [*shown]
        if self._bands:
            spans = [*(track for series in shown for track in series.but_batches()), *self._bands.values()]
        low = min((span.low for span in spans), default=math.inf)
        high = max((span.high for span in spans), default=-math.inf)
        if not low <= high:
            return (-1.0, 1.0) if self._log else (0.0, 1.0)
        starts = [track.first for series in shown for track in series.tracks.values()]
        first = max((start for start in starts if math.isfinite(start)), default=high)
        if self._log:
            if high - low > DECADES:
                high = min(high, max(first + OVERSHOOT, low + DECADES))
            return max(low, high - DECADES), high
        most = first + 2.0 * max(first - low, 0.0)
        return low, min(high, most) if most > low else high

    def lines(self, index: int, frame: Frame) -> list[tuple[Line, int]]:
        """The losses; where they are smoothed, faintly behind the smoothed ones.

        Where there is an ensemble, its median takes their place; those on batches would hide its band.
        """
        tracks = self._series[index].tracks
        main, found = tracks["loss"], []
        if "batch_loss" in tracks and not self._bands:
            batch = tracks["batch_loss"]
            found.append(
                (_line(batch.raw, frame, batch.stride, width=0.5), BATCH if batch.smooth is batch.raw else RAW)
            )
            if batch.smooth is not batch.raw:
                found.append((_line(batch.smooth, frame, batch.stride, width=0.7), BATCH_SMOOTH))
        if "val_loss" in tracks:
            found.append((_line(tracks["val_loss"].raw, frame, main.stride, dashed=True), 255))
        if main.smooth is not main.raw:
            found.append((_line(main.raw, frame, main.stride), RAW))
        if index in self._bands:
            own = _line(main.smooth, frame, main.stride, width=OWN_WIDTH)
            return [*found, (own, OWN), (self._bands[index].median(frame), 255)]
        return [*found, (_line(main.smooth, frame, main.stride), 255)]

    def paint_fills(self, painter: QPainter, frame: Frame, begin: float, end: float) -> None:
        """The bands of ensembles."""
        for index, _ in frame.runs:
            if index in self._bands:
                color = frame.style.color(frame.moment.look(frame.style.theme, index).color)
                self._bands[index].paint(painter, frame, color, begin, end)

    def place(self, index: int, step: int) -> float:
        """Where the (smoothed) curve stands."""
        series = self._series.get(index)
        if series is None:
            return math.nan
        if series.run.stride > 1 and series.main.smooth is series.main.raw and 0 <= step <= series.run.last:
            return place_of(series.run.at(series.run.known(step)).loss - series.offset, log=self._log)
        return series.main.place(step)

    def more_readings(self, index: int, label: str, step: int) -> list[Reading]:
        """The losses on the validation part and on the batch, where there are any."""
        series = self._series.get(index)
        if series is None:
            return []
        found = []
        for name, track in series.tracks.items():
            value = getattr(series.run.at(series.run.known(step)), name)
            if name != "loss" and step <= series.run.last and not math.isnan(value):
                found.append(Reading(index, label, KINDS[name], value, track.place(step)))
        if index in self._bands:
            found += self._bands[index].readings(index, label, step)
        return found

    def value(self, index: int, step: int) -> float:
        """The loss itself."""
        assert self._moment is not None
        run = self._moment.trajectory.runs[index]
        return run.at(run.known(step)).loss

    # --- what kinds there are

    def kinds(self, moment: Moment) -> list[str]:
        """The columns that some visible run has, training first."""
        shown = [self._series[index].tracks for index, _ in moment.visible() if index in self._series]
        drawn = {name for tracks in shown for name in tracks if name != "batch_loss" or not self._bands}
        return [name for name in KINDS if name in drawn]

    def lowest(self, moment: Moment) -> tuple[int, float, float] | None:
        """Step, value and place of the lowest validation loss of the selected run; None while it falls to its end."""
        series = self._series.get(moment.selected)
        track = None if series is None else series.tracks.get("val_loss")
        if (
            series is None
            or track is None
            or not 0 <= track.best < len(track.raw) - 1
            or moment.experiment.runs[moment.selected].hidden
        ):
            return None
        place = place_of(track.least - series.offset, log=self._log)
        return track.best * track.stride, track.least, place

    def said_of(self, step: int) -> str:
        """The step; near the mark of the lowest validation loss what that says."""
        frame = self.frame()
        found = None if frame is None else self.lowest(frame.moment)
        if frame is None or found is None or self._pointer is None:
            return super().said_of(step)
        at = frame.place(float(found[0]), found[2])
        if QPointF(at - self._pointer).manhattanLength() > frame.style.px(NEAR) * 1.5:
            return super().said_of(step)
        return f"lowest validation loss: {nice(found[1], 3)} at step {found[0]:,}"

    def paint_key(self, painter: QPainter, frame: Frame, line: QRectF, room: float) -> float:
        """The kinds of curves, and what the bands are; the name of the selected run keeps some room."""
        used = self._paint_kinds(painter, frame, line, room)
        label = frame.moment.trajectory.runs[frame.moment.selected].label
        kept = min(frame.style.advance(label, frame.style.font(13)) + frame.style.px(8), frame.style.px(LABEL))
        rest = line.adjusted(used, 0.0, 0.0, 0.0)
        taken = paint_caption(painter, frame, rest, room - used - kept, brief=False)
        self.caption_inside = bool(frame.moment.bands) and not taken
        return used + taken

    def _paint_kinds(self, painter: QPainter, frame: Frame, line: QRectF, room: float) -> float:
        """How training, validation and batch are drawn; only those that there are, and nothing for training alone."""
        kinds = self.kinds(frame.moment)
        style = frame.style
        font = style.font(12)
        sample, gap, after = style.px(20), style.px(5), style.px(12)
        widths = [sample + gap + style.advance(KINDS[name], font) + after for name in kinds]
        if kinds == ["loss"] or not kinds:
            return 0.0
        if sum(widths) > room:  # the one that needs no explanation goes first
            kinds, widths = kinds[1:], widths[1:]
        if sum(widths) > room:
            return 0.0
        painter.setFont(font)
        left = line.left()
        for name, width in zip(kinds, widths, strict=True):
            painter.setPen(_sample_pen(name, frame))
            painter.drawLine(QPointF(left, line.center().y() + 1.0), QPointF(left + sample, line.center().y() + 1.0))
            painter.setPen(style.color("t2"))
            text = QRectF(left + sample + gap, line.top(), width, line.height())
            painter.drawText(text, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, KINDS[name])
            left += width
        return left - line.left()


class _Caption:
    """The layer of what the bands are, in the upper right corner: losses fall."""

    def __init__(self, plot: LossPlot) -> None:
        self._plot = plot

    def paint(self, painter: QPainter, frame: Frame) -> None:
        if self._plot.caption_inside:
            style = frame.style
            line = QRectF(0.0, style.px(2), frame.width - style.px(8), style.px(18))
            paint_caption(painter, frame, line, line.width(), right=True)


class _Lowest:
    """The layer of a ring and a tick at the lowest validation loss of the selected run."""

    def __init__(self, plot: LossPlot) -> None:
        self._plot = plot

    def paint(self, painter: QPainter, frame: Frame) -> None:
        found = self._plot.lowest(frame.moment)
        if found is None:
            return
        style, (step, _, place) = frame.style, found
        at = frame.place(float(step), place)
        if not (0.0 <= at.x() <= frame.width and 0.0 <= at.y() <= frame.height):
            return
        color = frame.moment.look(style.theme, frame.moment.selected).color
        painter.setOpacity(1.0 if step <= frame.moment.cursor else FUTURE / 255.0)
        radius, reach = style.px(4.5), style.px(6.0)
        for pen in (style.pen("bg1", 4.0), style.pen(color, 1.6)):
            painter.setPen(pen)
            for side in (-1.0, 1.0):
                near = at + QPointF(0.0, side * radius)
                painter.drawLine(near, near + QPointF(0.0, side * reach))
            painter.setBrush(style.color("bg1"))
            painter.drawEllipse(at, radius, radius)


def _sample_pen(name: str, frame: Frame) -> QPen:
    """How a kind of curve is drawn, in the colour of labels."""
    style = frame.style
    if name == "batch_loss":
        return style.pen("t2", 0.5 * WIDTH, 150)
    pen = style.pen("t2", WIDTH)
    if name == "val_loss":
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        pen.setDashPattern([DASH / WIDTH, GAP / WIDTH])
    return pen


def _least(loss: Floats, known: _Series | None) -> float:
    """The least loss; of what was looked at before only the result is needed."""
    if known is not None and known.generation == known.run.generation and known.offset < 0.0:
        loss = loss[len(known.main.raw) :]
        before = known.offset
    else:
        before = 0.0
    usable = loss[np.isfinite(loss)]
    return min(before, float(usable.min())) if len(usable) else before


def _line(pyramid: Pyramid, frame: Frame, stride: int, *, dashed: bool = False, width: float = 1.0) -> Line:
    """What can be seen of a column: its rows, or where they are many the least and greatest of each pixel column."""
    left, right = frame.view[:2]
    left, right = left / stride, right / stride  # in rows
    first, end = max(math.floor(left) - 1, 0), min(math.ceil(right) + 2, len(pyramid))
    columns = max(int(frame.width / (right - left) * (end - first)), 1)
    if end - first <= 3 * columns and stride == 1:
        rows = np.arange(first, end, dtype=np.float64)
        return Line(rows, pyramid.values[first:end], dashed=dashed, width=width)
    middle, low, high = pyramid.fold(first, end, columns)
    x, y = np.repeat(middle * stride, 2), np.empty(2 * len(middle))
    y[0::2], y[1::2] = low, high
    with np.errstate(invalid="ignore"):
        tall = np.abs(high - low) * (frame.height / (frame.view[3] - frame.view[2])) > SMOOTH
    return Line(x, y, folded=bool(tall.mean() > 0.2), dashed=dashed, width=width)
