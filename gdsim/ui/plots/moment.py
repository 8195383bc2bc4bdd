"""One moment of an experiment: all that a picture of it needs, wherever it is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from gdsim.core.experiment import Experiment
from gdsim.core.section import Section, section
from gdsim.core.trajectory import RunTrajectory, Trajectory
from gdsim.ui.theme import RunStyle, Theme

if TYPE_CHECKING:
    from gdsim.core.ensemble import Band

GHOST = 0.45
"""How much of its colour a ghost keeps; the rest is that of the halos, which is near the ground's."""


@dataclass(frozen=True)
class Moment:
    """What is shown: an experiment, what has been computed of it, and the step that is looked at.

    ``cursor`` is never beyond what has been computed of the longest run; a run that ended earlier rests at its
    last row. ``selected`` is the run that is drawn on top. ``pinned`` holds the surface still while it would
    follow: as long as the start is dragged. ``bands`` are the ensembles around the runs, as far as they are computed.
    """

    experiment: Experiment
    trajectory: Trajectory
    cursor: int
    selected: int = 0
    pinned: Section | None = None
    bands: Mapping[int, Band] = field(default_factory=dict, hash=False)

    @cached_property
    def section(self) -> Section:
        """What is seen of the landscape. The same object as long as it is the same."""
        return self.pinned or section(self.experiment, self.trajectory, self.cursor, self.selected)

    def step_of(self, index: int) -> int:
        """The row of run ``index`` that is shown: the cursor, or its last row where it ended before.

        Where the cursor's row was dropped it is the last one before it that was not.
        """
        run = self.trajectory.runs[index]
        return run.known(self.cursor) if len(run) else -1

    def look(self, theme: Theme, index: int) -> RunStyle:
        """How run ``index`` is drawn: a ghost in a faint shade of its colour."""
        look = theme.run(self.experiment.color(index))
        if not self.experiment.runs[index].ghost:
            return look
        pairs = zip(_channels(look.color), _channels(theme.halo), strict=True)
        return replace(look, color="#" + "".join(f"{round(GHOST * a + (1.0 - GHOST) * b):02X}" for a, b in pairs))

    def visible(self) -> list[tuple[int, RunTrajectory]]:
        """The runs that are not hidden, with their places: ghosts first, the selected one last, on top."""
        shown = [
            (index, run)
            for index, run in enumerate(self.trajectory.runs)
            if not self.experiment.runs[index].hidden and len(run)
        ]
        return sorted(shown, key=lambda pair: (pair[0] == self.selected, not self.experiment.runs[pair[0]].ghost))


def _channels(color: str) -> tuple[int, ...]:
    """Red, green and blue of a #RRGGBB."""
    return tuple(int(color[at : at + 2], 16) for at in (1, 3, 5))
