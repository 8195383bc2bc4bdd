"""The second marble of a run: the moving average of its parameters, which glides where the first one dances."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter

from gdsim.core.landscapes import Floats
from gdsim.core.planes import Axes
from gdsim.core.section import Section
from gdsim.core.trajectory import Column, RunTrajectory
from gdsim.ui.plots.style import PlotStyle
from gdsim.ui.theme import RunStyle

RADIUS, RIM = 5.5, 2.2

_PLACES: WeakKeyDictionary[RunTrajectory, tuple[Axes, int, Column]] = WeakKeyDictionary()


def average_places(section: Section, run: RunTrajectory) -> Floats | None:
    """Where the average of a run's parameters is seen at each row, shape (n, 2); None where none is kept."""
    average, axes = run.average, section.axes
    if average is None or axes is None:
        return average
    kept = _PLACES.get(run)
    if kept is None or kept[0] is not axes or kept[1] != run.generation or len(kept[2]) > len(average):
        kept = (axes, run.generation, Column(2))
        _PLACES[run] = kept
    column = kept[2]
    if len(column) < len(average):
        column.append(axes.project(average[len(column) :]))
    return column.values


def paint_average(painter: QPainter, at: QPointF, look: RunStyle, style: PlotStyle) -> None:
    """A small hollow marble in the colour of its run."""
    radius = style.px(RADIUS)
    painter.setBrush(style.color("halo", 110))
    painter.setPen(style.pen("halo", RIM + 2.4, 200))
    painter.drawEllipse(at, radius, radius)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(style.pen(look.color, RIM))
    painter.drawEllipse(at, radius, radius)
