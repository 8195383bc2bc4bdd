"""Makes terrains on a thread of its own: a plain one in time, a fine one when nothing else is asked for meanwhile."""

from __future__ import annotations

import dataclasses
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache

import numpy as np

from gdsim.core.camera import Height
from gdsim.core.landscapes import Floats, View
from gdsim.core.section import Section
from gdsim.ui.plots.ground import floor_of, following, sampled_in_time, sections_to_scale
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.survey import Samples, Survey, cost
from gdsim.ui.plots.views import home_of
from gdsim.ui.solid.terrain import Plan, Terrain, made


@lru_cache(maxsize=1)
def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "terrain")


class TerrainMaker:
    """Has the terrain of what is looked at.

    Attributes:
        terrain: What is shown; None until the first is made.
        survey: Samples costly sections.
    """

    def __init__(self, *, at_once: bool = False) -> None:
        self.terrain: Terrain | None = None
        self.survey = Survey()
        self._at_once = at_once
        self._wanted: Plan | None = None
        self._job: Future[Terrain] | None = None
        self._scale_key: tuple[object, ...] = ()
        self._scale: Floats | None = None
        self._lowest: float | None = None

    def look(self, moment: Moment, height: Height, *, hurried: bool, sharp: bool = False) -> None:
        """Have the terrain of a moment made."""
        section = moment.section
        region = self._region(section)
        samples = self._samples(section, region, hurried=hurried)
        wanted = self._plan(moment, region, samples, height, sharp)
        if self._wanted is None or not _same(wanted, self._wanted):
            self._wanted = wanted
        if self._at_once:
            if self.terrain is None or not _same(self.terrain.plan, wanted) or not self.terrain.plan.fine:
                self.terrain = made(dataclasses.replace(wanted, fine=True))
        else:
            self.advance(hurried=hurried)

    def shown(self, moment: Moment) -> Terrain | None:
        """The terrain that can stand for what is looked at."""
        terrain = self.terrain
        return terrain if terrain is not None and _alike(terrain.plan.section, moment.section) else None

    def advance(self, *, hurried: bool = False) -> bool:
        """Take what has been made and begin what comes next; returns whether there is something new to show."""
        new = False
        if self._job is not None and self._job.done():
            self.terrain, self._job, new = self._job.result(), None, True
        if self._job is None and self._wanted is not None:
            shown = self.terrain.plan if self.terrain is not None else None
            if shown is None or not _same(shown, self._wanted):
                self._job = _thread().submit(made, self._wanted)
            elif not shown.fine and not hurried:
                self._job = _thread().submit(made, dataclasses.replace(self._wanted, fine=True))
        return new

    def refine(self) -> bool:
        """Sample a costly section for some milliseconds; returns whether there is something better to show."""
        costly = self._wanted is not None and self._wanted.samples is not None
        return costly and self._job is None and not self.survey.finished and self.survey.refine()

    @property
    def working(self) -> bool:
        """Whether a terrain is being made."""
        return self._job is not None

    @property
    def finished(self) -> bool:
        """Whether what is shown is what was asked for, as good as it gets."""
        if self._wanted is None:
            return True
        shown = self.terrain.plan if self.terrain is not None else None
        return shown is not None and _same(shown, self._wanted) and shown.fine and self.survey.finished

    def _region(self, section: Section) -> View:
        """The part of the landscape that is shown: its home; that of a plane that grows stays while it holds it."""
        return home_of(section)

    def _samples(self, section: Section, region: View, *, hurried: bool) -> Samples | None:
        if not cost(section):
            return None
        return self.survey.look(section, region, hurried=hurried, at_once=self._at_once)

    def _plan(self, moment: Moment, region: View, samples: Samples | None, height: Height, sharp: bool) -> Plan:
        section = moment.section
        moves = following(moment)
        key = (section.landscape, section.surface, section.axes if moves else section, region)
        if key != self._scale_key:
            self._scale_key = key
            parts = [sampled_in_time(part, region) for part in sections_to_scale(moment)]
            self._scale = np.stack(parts)
            whole = not section.cuts and section.surface != "validation"
            self._lowest = floor_of(section.landscape) if whole else None
        shown = samples.section if samples is not None else section
        return Plan(
            shown, samples.view if samples else region, samples, self._scale, height, self._lowest, sharp, fine=False
        )


def _same(a: Plan, b: Plan) -> bool:
    """Whether two plans make the same terrain, fine or not."""
    return (
        a.section is b.section
        and a.region == b.region
        and a.samples is b.samples
        and a.scale is b.scale
        and a.height == b.height
        and a.sharp == b.sharp
    )


def _alike(a: Section, b: Section) -> bool:
    """Whether a terrain of one may stand for the other until that is made."""
    return type(a.landscape) is type(b.landscape) and a.names == b.names and a.surface == b.surface
