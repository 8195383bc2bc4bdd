"""How long a sweep takes, about: so that nobody begins one unawares, and a grid at first is no finer than fits.

The figures are those of an ordinary laptop and are not measured where it runs: on every machine the same document has
the same grid at first.
"""

from __future__ import annotations

from gdsim.core.experiment import Experiment
from gdsim.core.flock import can_fly
from gdsim.core.landscapes import ModelLandscape
from gdsim.core.sweep import Sweep

TOGETHER = 25e-9
"""Seconds that a step takes where runs are moved as arrays."""
ALONE, LAYERS = 5e-6, 50e-6
"""Seconds that a step takes where they are moved one by one; so much more with more than two parameters."""
EXAMPLE = 1.5e-9
"""Seconds for each parameter and example that a step goes through."""
GRIDS = (128, 96, 64, 48, 32, 24, 16, 12, 8)
"""Cells along an axis to begin with."""


def seconds_of(sweep: Sweep) -> float:
    """How long all cells take, about."""
    rows, columns = sweep.shape
    return rows * columns * _cell(sweep.experiment, sweep.index, together=sweep.together)


def usual_cells(experiment: Experiment, index: int, most: int, within: float) -> int:
    """How many cells an axis has at first: at most so many, and as many as are computed within so many seconds."""
    one = _cell(experiment, index, together=can_fly(experiment.landscape, experiment.runs[index]))
    return next((count for count in GRIDS if count <= most and count * count * one <= within), GRIDS[-1])


def _cell(experiment: Experiment, index: int, *, together: bool) -> float:
    landscape, run = experiment.landscape, experiment.runs[index]
    seen = 0
    if isinstance(landscape, ModelLandscape):
        count = landscape.data().y.size
        seen = landscape.passes(count) + run.accumulate * (run.batch_size or 0)
    step = TOGETHER if together else ALONE + (LAYERS if landscape.dim > 2 else 0.0)
    return experiment.steps * (step + EXAMPLE * seen * landscape.dim)
