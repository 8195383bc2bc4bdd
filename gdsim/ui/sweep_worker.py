"""Computes sweeps on a thread of its own, a slice at a time, and paints them there.

Each slice is granted by the window and answered with an immutable value that carries the number of its job, so a
cancel is no more than the next grant left out. A picture of many cells takes longer than a frame: it is painted on
the thread, too, and the window copies it.
"""

from __future__ import annotations

import logging
import math
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from PySide6.QtCore import QObject, QPointF, QRectF, Signal, Slot
from PySide6.QtGui import QImage, QPainter

from gdsim.core.descent import Descent
from gdsim.core.landscapes import Floats
from gdsim.core.sweep import Part, Quantity, Sweep, SweepMap
from gdsim.ui.plots.style import PlotStyle
from gdsim.ui.plots.sweep_picture import Drawing
from gdsim.ui.theme import Theme

log = logging.getLogger(__name__)

BUDGET = 0.01
"""Seconds a slice."""
LONGEST_TRAIL = 2_000
"""Steps of the little trajectory."""
TRAIL_SECONDS = 0.05
"""What does not fit into these is left out of it."""


@dataclass(frozen=True)
class SweepJob:
    """A sweep to compute."""

    number: int
    sweep: Sweep


@dataclass(frozen=True)
class Slice:
    """What came of one grant: None behind the last part; ``failure`` is the text of an exception."""

    number: int
    part: Part | None
    failure: str = ""


@dataclass(frozen=True)
class Wanted:
    """A picture to paint: sizes in device pixels, ``here`` the present run's numbers, None where it has none."""

    number: int
    quantity: Quantity
    theme: Theme
    width: int
    height: int
    scale: float
    lines: bool
    here: tuple[float, float] | None


@dataclass(frozen=True)
class Picture:
    """A painted map: where its cells lie and where the present run is, in pixels of the image."""

    wanted: Wanted
    image: QImage
    map: QRectF
    here: QPointF | None
    seconds: float


@dataclass(frozen=True)
class Trail:
    """The run of a cell, or its beginning: parameters (n, dim) and losses (n,)."""

    number: int
    row: int
    column: int
    theta: Floats
    loss: Floats


class SweepWorker(QObject):
    """Lives on the worker thread; talked to by signals only."""

    answered = Signal(object)  # a Slice
    painted = Signal(object)  # a Picture
    trailed = Signal(object)  # a Trail

    def __init__(self) -> None:
        super().__init__()
        self._number = -1
        self._sweep: Sweep | None = None
        self._found: SweepMap | None = None
        self._parts: Iterator[Part] = iter(())

    @Slot(object)
    def take(self, job: SweepJob) -> None:
        """Begin another sweep; the one before is forgotten."""
        self._number, self._sweep = job.number, job.sweep
        self._found, self._parts = SweepMap(job.sweep), job.sweep.parts(BUDGET)

    @Slot(int)
    def grant(self, number: int) -> None:
        """Compute a slice and answer with what came of it."""
        if number != self._number or self._found is None:
            return
        try:
            part = next(self._parts, None)
        except Exception as error:  # whatever a run raises ends the sweep, not the program
            log.error("a sweep failed\n%s", traceback.format_exc())
            self.answered.emit(Slice(number, None, f"{type(error).__name__}: {error}"))
            return
        if part is not None:
            self._found.add(part)
        self.answered.emit(Slice(number, part))

    @Slot(object)
    def paint(self, wanted: Wanted) -> None:
        """Paint what is there."""
        if wanted.number != self._number or self._found is None:
            return
        begin = perf_counter()
        image = QImage(wanted.width, wanted.height, QImage.Format.Format_RGB32)
        painter = QPainter(image)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        style = PlotStyle(wanted.theme, wanted.scale)
        drawing = Drawing(painter, self._found, wanted.quantity, style, wanted.width, wanted.height)
        drawing.draw("", wanted.lines)
        painter.end()
        here = None if wanted.here is None else _place(drawing, *wanted.here)
        self.painted.emit(Picture(wanted, image, drawing.map, here, perf_counter() - begin))

    @Slot(int, int, int)
    def trail(self, number: int, row: int, column: int) -> None:
        """Compute the beginning of a cell's run."""
        if number != self._number or self._sweep is None:
            return
        experiment = self._sweep.cell(row, column)
        descent = Descent(experiment, experiment.runs[0])
        blocks, until, rows = [], perf_counter() + TRAIL_SECONDS, 4
        while descent.snapshot.step < LONGEST_TRAIL and not descent.snapshot.ended and perf_counter() < until:
            blocks.append(descent.advance(min(rows, LONGEST_TRAIL - descent.snapshot.step)))
            rows = min(2 * rows, 256)
        theta = np.concatenate([block.theta for block in blocks])
        loss = np.concatenate([block.loss for block in blocks])
        theta.flags.writeable = loss.flags.writeable = False
        self.trailed.emit(Trail(number, row, column, theta, loss))


def _place(drawing: Drawing, x: float, y: float) -> QPointF | None:
    """Where numbers lie on the map, None where they do not."""
    with np.errstate(all="ignore"):
        left, top = (float(v) for v in drawing.at(x, y))
    inside = math.isfinite(left) and math.isfinite(top) and drawing.map.contains(left, top)
    return QPointF(left, top) if inside else None
