"""The learning rate of each run over its steps: known ahead, except where it waits for the loss."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gdsim.core.experiment import Run
from gdsim.core.landscapes import Floats
from gdsim.core.trajectory import RunTrajectory
from gdsim.ui.plots.curve_plot import BEYOND, CurvePlot, Line, on_axis, place_of
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.plot import Frame
from gdsim.ui.plots.style import PlotStyle

SAMPLES = 2_000
"""A rate over very many steps is looked at in no more places than this."""
DECADES = 7.25


@dataclass(frozen=True)
class _Planned:
    """What a run's settings say its rate will be."""

    settings: tuple[object, ...]
    steps: int
    x: Floats
    rates: Floats


class SchedulePlot(CurvePlot):
    """Learning rates over steps, logarithmic unless asked otherwise."""

    title = "Learning rate"
    digits = 3

    def __init__(self, style: PlotStyle) -> None:
        super().__init__(style)
        self._planned: dict[int, _Planned] = {}
        self._versions: dict[int, tuple[object, ...]] = {}
        self._lines: dict[int, tuple[tuple[object, ...], Line]] = {}

    def sync(self, moment: Moment) -> None:
        """Take up changed settings, and rows of schedules that are not known ahead."""
        steps = moment.experiment.steps
        self._planned = {k: p for k, p in self._planned.items() if k < len(moment.experiment.runs)}
        for index, run in enumerate(moment.experiment.runs):
            settings = _settings(run)
            planned = self._planned.get(index)
            if planned is None or planned.steps != steps or planned.settings != settings:
                x = _sampled(steps, run)
                planned = self._planned[index] = _Planned(settings, steps, x, _rates(run, x))
            trajectory = moment.trajectory.runs[index]
            seen: tuple[object, ...] = (id(planned), self._log)
            if not _known_ahead(run):
                seen += (id(trajectory), trajectory.generation, len(trajectory))
            if self._versions.get(index) != seen:
                self._versions[index] = seen
                x, rates = planned.x, planned.rates
                if not _known_ahead(run):
                    x, rates = _watched(trajectory, steps, x, rates)
                with np.errstate(all="ignore"):
                    places = on_axis(rates, log=self._log)
                places = np.where(np.abs(places) >= BEYOND, np.nan, places) if self._log else places
                self._lines[index] = (seen, Line(x, places, _stairs(run)))

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
        return (max(low, high - DECADES), high) if self._log else (min(low, 0.0), high)

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
        recorded = moment.trajectory.runs[index].lr
        if step < len(recorded) and math.isfinite(recorded[step]):
            return float(recorded[step])
        run = moment.experiment.runs[index]
        if not _known_ahead(run):
            before = recorded[np.isfinite(recorded)]
            if len(before):
                return float(before[-1])
        return _rate(run, step)


def _settings(run: Run) -> tuple[object, ...]:
    """What decides the rates of a run."""
    parts = [(0, run), *((change.step, change) for change in run.changes)]
    return tuple((step, part.schedule, part.optimizer.rate) for step, part in parts)


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


def _rate(run: Run, step: int) -> float:
    settings = run.settings_at(step)
    try:
        return float(settings.schedule.rate(step, settings.optimizer.rate))
    except (OverflowError, ZeroDivisionError, ValueError):
        return math.nan


def _rates(run: Run, x: Floats) -> Floats:
    last = int(x[-1]) - 1 if len(x) else 0
    return np.array([_rate(run, min(int(step), last)) for step in x])  # no update comes after the last row


def _watched(run: RunTrajectory, steps: int, x: Floats, planned: Floats) -> tuple[Floats, Floats]:
    """The recorded rates, and the last of them held to the end."""
    recorded = run.lr
    count = len(recorded) - 1 if len(recorded) and math.isnan(recorded[-1]) else len(recorded)
    if count < 1:
        return x, np.full(len(x), planned[0])
    at = np.unique(np.linspace(0, count - 1, min(count, SAMPLES)).round().astype(np.int64))
    return np.append(at, float(steps)).astype(np.float64), np.append(recorded[at], recorded[count - 1])
