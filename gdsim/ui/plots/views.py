"""Which part of a landscape is seen: what a view has to keep, and where it goes when the landscape changes."""

from __future__ import annotations

import math

import numpy as np

from gdsim.core.landscapes import ModelLandscape, View
from gdsim.core.landscapes.base import widened
from gdsim.core.planes import usual
from gdsim.core.section import Section
from gdsim.ui.plots.lowest import lowest
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.survey import cost

ROOM = 0.2
"""Around the lowest validation loss, as a part of the view: cards stand in its corners."""


def fitted(view: View, proportion: float) -> View:
    """``view`` grown on its shorter side until its width is ``proportion`` times its height."""
    left, right, bottom, top = view
    width, height = right - left, top - bottom
    if width < height * proportion:
        extra = (height * proportion - width) / 2
        return left - extra, right + extra, bottom, top
    extra = (width / proportion - height) / 2
    return left, right, bottom - extra, top + extra


def kind_of(moment: Moment) -> tuple[object, ...]:
    """What has to stay the same for a view to keep its meaning: the kinds of landscape and plane, and parameters."""
    section, landscape = moment.section, moment.experiment.landscape
    if section.axes is None or not isinstance(landscape, ModelLandscape):
        return (type(landscape),)
    return type(landscape), type(moment.experiment.plane or usual(landscape)), section.axes.places


def grows(moment: Moment) -> bool:
    """Whether parameters are seen of a run that is still being computed."""
    axes, runs = moment.section.axes, moment.trajectory.runs
    if axes is None or axes.places is None:
        return False
    return moment.selected >= len(runs) or not runs[moment.selected].ended


def holds(view: View, other: View) -> bool:
    """Whether all of ``other`` is seen in ``view``."""
    return view[0] <= other[0] and other[1] <= view[1] and view[2] <= other[2] and other[3] <= view[3]


def is_moved(old: Section, new: Section) -> bool:
    """Whether places mean something else: other data, or other directions."""
    if not isinstance(new.landscape, ModelLandscape):
        return False
    other_axes = new.axes is not old.axes and not (new.axes is not None and new.axes.places is not None)
    return other_axes or new.landscape != old.landscape


def carried(view: View, old: View, new: View) -> View:
    """``view``, as it lies to ``old``, laid to ``new``."""
    across, up = (new[1] - new[0]) / (old[1] - old[0]), (new[3] - new[2]) / (old[3] - old[2])
    left, right = (new[0] + (x - old[0]) * across for x in view[:2])
    bottom, top = (new[2] + (y - old[2]) * up for y in view[2:])
    return left, right, bottom, top


def home_of(section: Section) -> View:
    """The view it is best seen in; with the lowest validation loss in it where that is shown and easily found."""
    home = usable(section.home())
    if section.surface == "training" or cost(section):
        return home
    best = lowest(section, home)
    if best is None:
        return home
    room = ROOM * np.array([home[1] - home[0], home[3] - home[2]])
    return usable(widened(home, np.array(best) + np.array([-room, room]), margin=0.0))


def usable(view: View) -> View:
    """``view`` where it can be drawn, else a plain one."""
    left, right, bottom, top = view
    good = all(math.isfinite(v) for v in view) and right > left and top > bottom
    return view if good else (-1.0, 1.0, -1.0, 1.0)
