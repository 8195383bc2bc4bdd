"""The members of ensembles on the landscape: a cloud of faint marbles at the step that is looked at."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter

from gdsim.core.ensemble import Band
from gdsim.core.landscapes import Floats
from gdsim.core.section import Section
from gdsim.ui.plots.marks import mixed
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.plot import Frame

SIZE, RIM = 6.0, 2.4
"""Pixels across of a marble, and what its rim adds."""
ALPHA, RIM_ALPHA = 215, 150
PALE = 0.3
"""How much of white there is in their colour, so that they stand out from the trail of their run."""
MANY = 150
"""More marbles than these are fainter, so that the cloud does not become a blot."""


class Cloud:
    """The layer of clouds, each in the colour of its run."""

    def paint(self, painter: QPainter, frame: Frame) -> None:
        """Paint those of the runs that are seen."""
        for index, _ in frame.runs:
            band = frame.moment.bands.get(index)
            places = None if band is None else cloud_places(frame.moment, band)
            if band is None or places is None:
                continue
            marbles = _seen(frame, places)
            color = mixed(QColor(frame.moment.look(frame.style.theme, index).color), QColor("#FFFFFF"), PALE).name()
            share = min(1.0, (MANY / band.ensemble.members) ** 0.5)
            painter.setPen(frame.style.pen("halo", SIZE + RIM, round(RIM_ALPHA * share)))
            painter.drawPoints(marbles)
            painter.setPen(frame.style.pen(color, SIZE, round(ALPHA * share)))
            painter.drawPoints(marbles)


def cloud_places(moment: Moment, band: Band) -> Floats | None:
    """Where the members are seen at the cursor, shape (n, 2), those that left the floats left out; None beyond its end.

    A run that ended early rests at its end, and so do the members: all of them are at the step of the cursor.
    """
    theta = band.cloud(moment.cursor)
    if theta is None:
        return None
    return seen_in(moment.section, theta[np.isfinite(theta).all(axis=1)])


def seen_in(section: Section, theta: Floats) -> Floats:
    """Parameters in the coordinates of a section, shape (n, dim) -> (n, 2)."""
    with np.errstate(all="ignore"):
        return theta if section.axes is None else section.axes.project(theta)


def _seen(frame: Frame, places: Floats) -> list[QPointF]:
    """The marbles in view, in pixels."""
    x, y = frame.x_pixels(places[:, 0]), frame.y_pixels(places[:, 1])
    room = frame.style.px(SIZE)
    near = (x > -room) & (x < frame.width + room) & (y > -room) & (y < frame.height + room)
    return [QPointF(*at) for at in zip(x[near].tolist(), y[near].tolist(), strict=True)]
