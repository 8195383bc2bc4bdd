"""The loss of each run over its steps."""

from __future__ import annotations

import math

import numpy as np

from gdsim.core.landscapes import Floats, Landscape
from gdsim.core.trajectory import RunTrajectory
from gdsim.ui.numbers import nice
from gdsim.ui.plots.curve_plot import BEYOND, CurvePlot, Line, on_axis
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
RAW = 55
"""Alpha of the values behind a smoothed curve."""


class _Series:
    """One run's losses, as places on the axis, ready to be drawn."""

    def __init__(self, run: RunTrajectory, *, log: bool, offset: float, weight: float) -> None:
        self.run = run
        self.generation = run.generation
        self.offset = offset
        self._log = log
        self._smoother = Smoother(weight)
        self.raw = Pyramid()
        self.smooth = Pyramid() if weight > 0.0 else self.raw
        self.low, self.high = math.inf, -math.inf

    def sync(self) -> None:
        """Take up the rows that are new."""
        new = self.run.loss[len(self.raw) :]
        if not len(new):
            return
        with np.errstate(all="ignore"):
            places = on_axis(new - self.offset, log=self._log)
        self.raw.append(places)
        usable = np.isfinite(places) & (np.abs(places) < BEYOND if self._log else True)
        if self.smooth is not self.raw:
            self.smooth.append(np.where(usable, self._smoother.extend(np.where(usable, places, np.nan)), places))
        kept = places[usable]
        if len(kept):
            self.low, self.high = min(self.low, float(kept.min())), max(self.high, float(kept.max()))

    @property
    def first(self) -> float:
        """The first loss, as a place on the axis."""
        value = float(self.raw.values[0]) if len(self.raw) else math.nan
        return value if abs(value) < BEYOND or not self._log else math.nan


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

    def set_smoothing(self, weight: float) -> None:
        """Show a moving average that keeps ``weight`` (0 to 0.999) of itself at each step, and the losses faintly."""
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
            if known is None or known.generation != run.generation or known.offset != self._offset:
                known = self._series[index] = _Series(run, log=self._log, offset=self._offset, weight=self._weight)
            known.sync()

    def _lowest(self, moment: Moment) -> float:
        """What is taken off the losses so that none is negative; 0 where none is."""
        if self._floor is not None:
            return min(self._floor, 0.0) if self._floor < -1e-12 else 0.0
        lowest = min((_least(run.loss, self._series.get(k)) for k, run in enumerate(moment.trajectory.runs)), default=0)
        return lowest if lowest < 0.0 else 0.0

    def heading(self) -> str:
        """Says where the losses are counted from, where that is not zero."""
        return f"above the lowest known, {nice(self._offset)}" if self._offset != 0.0 else ""

    def state(self, moment: Moment) -> tuple[object, ...]:
        """The rows there are. Beyond the cursor they count by portions, since all are painted anew for each."""
        portion = moment.experiment.steps // PORTIONS + 1
        found = []
        for series in self._series.values():
            rows = len(series.raw)
            whole = rows - rows % portion
            exact = series.run.ended or whole <= moment.cursor
            found.append((id(series.run), series.generation, series.offset, rows if exact else whole))
        return tuple(found)

    def limits(self, moment: Moment) -> tuple[float, float]:
        """What the visible runs span; a run that diverges does not press the others flat."""
        shown = [self._series[index] for index, _ in moment.visible()]
        low = min((s.low for s in shown), default=math.inf)
        high = max((s.high for s in shown), default=-math.inf)
        if not low <= high:
            return (-1.0, 1.0) if self._log else (0.0, 1.0)
        first = max((s.first for s in shown if math.isfinite(s.first)), default=high)
        if self._log:
            if high - low > DECADES:
                high = min(high, max(first + OVERSHOOT, low + DECADES))
            return max(low, high - DECADES), high
        most = first + 2.0 * max(first - low, 0.0)
        return low, min(high, most) if most > low else high

    def lines(self, index: int, frame: Frame) -> list[tuple[Line, int]]:
        """The losses; where they are smoothed, faintly behind the smoothed ones."""
        series = self._series[index]
        if series.smooth is series.raw:
            return [(_line(series.raw, frame), 255)]
        return [(_line(series.raw, frame), RAW), (_line(series.smooth, frame), 255)]

    def place(self, index: int, step: int) -> float:
        """Where the (smoothed) curve stands."""
        series = self._series.get(index)
        if series is None or not 0 <= step < len(series.smooth):
            return math.nan
        return float(series.smooth.values[step])

    def value(self, index: int, step: int) -> float:
        """The loss itself."""
        assert self._moment is not None
        loss = self._moment.trajectory.runs[index].loss
        return float(loss[min(max(step, 0), len(loss) - 1)])


def _least(loss: Floats, known: _Series | None) -> float:
    """The least loss; of what was looked at before only the result is needed."""
    if known is not None and known.generation == known.run.generation and known.offset < 0.0:
        loss = loss[len(known.raw) :]
        before = known.offset
    else:
        before = 0.0
    usable = loss[np.isfinite(loss)]
    return min(before, float(usable.min())) if len(usable) else before


def _line(pyramid: Pyramid, frame: Frame) -> Line:
    """What can be seen of a column: its rows, or where they are many the least and greatest of each pixel column."""
    left, right = frame.view[:2]
    first, end = max(math.floor(left) - 1, 0), min(math.ceil(right) + 2, len(pyramid))
    columns = max(int(frame.width / (right - left) * (end - first)), 1)
    if end - first <= 3 * columns:
        return Line(np.arange(first, end, dtype=np.float64), pyramid.values[first:end])
    middle, low, high = pyramid.fold(first, end, columns)
    x, y = np.repeat(middle, 2), np.empty(2 * len(middle))
    y[0::2], y[1::2] = low, high
    with np.errstate(invalid="ignore"):
        tall = np.abs(high - low) * (frame.height / (frame.view[3] - frame.view[2])) > SMOOTH
    return Line(x, y, folded=bool(tall.mean() > 0.2))
