"""The parts of the trails that hills hide, dotted: where a marble has gone can be followed without turning anything."""

from __future__ import annotations

import dataclasses

import numpy as np
from PySide6.QtGui import QPainter

from gdsim.core.trajectory import RunTrajectory
from gdsim.ui.plots.canvas import Device, Sheet
from gdsim.ui.plots.geometry import Segments, clipped
from gdsim.ui.plots.plot import Frame
from gdsim.ui.solid.frame import SolidFrame

WIDTH, ALPHA = 1.5, 150
DOTS = (2.2, 3.4)
MOST = 20_000
"""Points of a trail that are looked at in one frame; the others lie between them."""


class HiddenTrails:
    """The layer of hidden trails: each frame paints what is new, as for the trails that are seen."""

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._sheet: Sheet | None = None
        self._rows: dict[int, tuple[RunTrajectory, int, int]] = {}

    def paint(self, painter: QPainter, frame: Frame) -> None:
        """Paint them up to the moment's step; not while the camera moves."""
        assert isinstance(frame, SolidFrame)
        if frame.coarse:
            return
        device = Device.of(painter, frame.area)
        hidden = dataclasses.replace(frame, hidden=True)
        if device.vector:
            self._rows = {}
            for index, run in frame.runs:
                piece = self._next(hidden, index, run)
                if piece is not None:
                    _stroke(painter, frame, index, piece)
            return
        key = (device, frame.key, frame.style, frame.moment.section.axes, tuple(index for index, _ in frame.runs))
        if key != self._key or self._sheet is None or self._gone_back(frame):
            self._key, self._sheet, self._rows = key, Sheet(device, instead=self._sheet), {}
        pieces = [(index, self._next(hidden, index, run)) for index, run in frame.runs]
        new = [(index, piece) for index, piece in pieces if piece is not None and len(piece)]
        for index, piece in new:
            room = frame.style.px(2.0 * WIDTH)
            with self._sheet.painting(piece.rect().adjusted(-room, -room, room, room)) as canvas:
                _stroke(canvas, frame, index, piece)
        self._sheet.draw(painter)

    def _gone_back(self, frame: Frame) -> bool:
        known = ((self._rows.get(index), run, run.rows_until(frame.moment.step_of(index))) for index, run in frame.runs)
        return any(
            old is not None and (old[0] is not run or old[1] != run.generation or old[2] > rows)
            for old, run, rows in known
        )

    def _next(self, frame: SolidFrame, index: int, run: RunTrajectory) -> Segments | None:
        """What has to be painted of a run; None where nothing."""
        _, _, done = self._rows.get(index, (run, 0, 0))
        rows = run.rows_until(frame.moment.step_of(index))
        if rows <= done:
            return None
        self._rows[index] = (run, run.generation, rows)
        points = frame.moment.section.places(run)[max(done - 1, 0) : rows]
        if len(points) > MOST:
            points = points[:: -(-len(points) // MOST)]
        x, y = frame.line(points)
        if not np.isfinite(x).any():
            return None
        return clipped(x, y, (0.0, frame.width, 0.0, frame.height))


def _stroke(canvas: QPainter, frame: SolidFrame, index: int, piece: Segments) -> None:
    pen = frame.style.pen(frame.moment.look(frame.style.theme, index).color, WIDTH, ALPHA)
    pattern = tuple(part * frame.style.scale for part in DOTS)
    piece.dashed(piece.travelled(), pattern).stroke(canvas, pen)
