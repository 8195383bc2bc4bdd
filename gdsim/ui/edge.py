"""The edge of stability along a whole run, found in slices while everything else rests."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from gdsim.core.anatomy import Anatomist
from gdsim.core.experiment import Experiment
from gdsim.core.landscapes import Floats
from gdsim.core.readiness import slow
from gdsim.core.stability import EXACT, SAMPLES, edge_along, sampled, unlimited
from gdsim.core.trajectory import RunTrajectory
from gdsim.ui.plots.moment import Moment

SLICE = 0.008
"""Seconds that a slice takes about."""
LONGEST = 0.06
"""Seconds for one row after which the edge of a run is given up: it would be felt."""
OF_MANY = 60
"""Rows at which it is found with many parameters."""
BREATH = 4
"""Milliseconds between two slices, in which everything else has its turn."""


@dataclass
class _Line:
    """What is found of one run so far."""

    key: tuple[object, ...]
    rows: npt.NDArray[np.intp]
    edges: Floats
    anatomist: Anatomist = field(default_factory=Anatomist)
    done: int = 0
    at_once: int = 1
    drawn: tuple[Floats, Floats] | None = None


_whole: WeakKeyDictionary[RunTrajectory, tuple[tuple[object, ...], tuple[Floats, Floats] | None]] = WeakKeyDictionary()
"""Lines of runs that have ended, for all figures of them."""


def whole_line(moment: Moment) -> tuple[Floats, Floats] | None:
    """Rows and largest stable rates of the selected run, at once, for a figure; the same arrays while it is the same.

    None while the run goes on, and where it would be waited for: with many parameters.
    """
    index, experiment = moment.selected, moment.experiment
    runs = moment.trajectory.runs
    if not 0 <= index < len(runs) or not runs[index].ended or experiment.landscape.dim > EXACT:
        return None
    run = runs[index]
    key = (run.generation, len(run), experiment.landscape, experiment.runs[index])
    if run not in _whole or _whole[run][0] != key:
        rows = sampled(run)
        edges = edge_along(experiment, index, run, rows)
        _whole[run] = key, (rows.astype(np.float64), edges) if np.isfinite(edges).any() else None
    return _whole[run][1]


class EdgeTracer(QObject):
    """Finds the largest stable rates along the selected run.

    Signals:
        traced: More of the line is known.
    """

    traced = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lines: WeakKeyDictionary[RunTrajectory, _Line] = WeakKeyDictionary()
        self._wanted: tuple[Experiment, int, RunTrajectory] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(BREATH)
        self._timer.timeout.connect(self._slice)

    def follow(self, moment: Moment, *, resting: bool) -> None:
        """Find the edge of the run that is selected, as soon as everything rests; what is known of it is kept."""
        index = moment.selected
        runs = moment.trajectory.runs
        if not 0 <= index < len(runs) or not len(runs[index]) or not resting:
            self._timer.stop()
            return
        run, experiment = runs[index], moment.experiment
        self._wanted = experiment, index, run
        key = (run.generation, len(run), experiment.landscape, experiment.runs[index])
        known = self._lines.get(run)
        if known is None or known.key != key:
            many = experiment.landscape.dim > EXACT or slow(experiment.landscape)
            rows = sampled(run, OF_MANY if many else SAMPLES)
            optimizers = [part.optimizer for part in (experiment.runs[index], *experiment.runs[index].changes)]
            if all(unlimited(optimizer) for optimizer in optimizers):
                rows = rows[:0]
            known = self._lines[run] = _Line(key, rows, np.full(len(rows), np.nan), at_once=1 if many else 8)
        if known.done < len(known.rows) and not self._timer.isActive():
            self._timer.start()

    def line(self, run: RunTrajectory) -> tuple[Floats, Floats] | None:
        """Rows and largest stable rates that are known of a run as it is now; None where there is nothing to draw.

        As long as no more is known they are the same arrays.
        """
        known = self._lines.get(run)
        if known is None or known.key[0] != run.generation or not known.done:
            return None
        if known.drawn is None or len(known.drawn[0]) != known.done:
            known.drawn = known.rows[: known.done].astype(np.float64), known.edges[: known.done].copy()
        return known.drawn

    @property
    def finished(self) -> bool:
        """Whether nothing is left to be found."""
        return not self._timer.isActive()

    def close(self) -> None:
        """Find no more."""
        self._timer.stop()

    @Slot()
    def _slice(self) -> None:
        if self._wanted is None:
            return
        experiment, index, run = self._wanted
        known = self._lines.get(run)
        if known is None or known.key[:2] != (run.generation, len(run)):
            return  # it has changed meanwhile: the next frame asks again
        began = perf_counter()
        while known.done < len(known.rows) and perf_counter() - began < SLICE:
            part = slice(known.done, known.done + known.at_once)
            before = perf_counter()
            known.edges[part] = edge_along(experiment, index, run, known.rows[part], known.anatomist)
            took, count = perf_counter() - before, len(known.rows[part])
            known.done += count
            if took > LONGEST * count:
                known.edges[known.done :] = np.nan
                known.done = len(known.rows)
            known.at_once = max(1, min(int(known.at_once * 0.5 * SLICE / max(took, 1e-6)), 64))
        self.traced.emit()
        if known.done < len(known.rows):
            self._timer.start()
