"""Row 20, the headless half: every optimizer on every landscape at rates from 1e-300 to 1e300 ends in a verdict.

More than 2,000 runs of few steps; ``-m long`` makes them longer and adds schedules and clipping.
"""

from __future__ import annotations

import json
import warnings

import msgspec
import numpy as np
import pytest
from samples import plain_kinds

from gdsim.core.documents import trajectory_as_dict
from gdsim.core.experiment import MAX_RUNS, Experiment, Run
from gdsim.core.landscapes import Landscape
from gdsim.core.optimizers import Optimizer
from gdsim.core.schedules import Constant, CosineAnnealingLR, OneCycleLR, ReduceLROnPlateau, Schedule
from gdsim.core.spec import kinds_of
from gdsim.core.trajectory import run

RATES = [float(rate) for rate in 10.0 ** np.array([-300.0, -100, -20, -3, 0, 2, 8, 50, 153, 200, 300])]
VARIANTS = [kind(**variant) for kind in kinds_of(Optimizer) for variant in kind.variants.values()]
LANDSCAPES = [pytest.param(kind(), id=kind.name()) for kind in plain_kinds(Landscape)]


def judge_all(landscape: Landscape, schedule: Schedule, steps: int) -> int:
    """Run every optimizer at every rate; how many runs that were."""
    settings = [
        Run(optimizer=msgspec.structs.replace(optimizer, lr=lr), schedule=schedule)
        for optimizer in VARIANTS
        for lr in RATES
    ]
    for first in range(0, len(settings), MAX_RUNS):
        experiment = Experiment(landscape=landscape, steps=steps, runs=tuple(settings[first : first + MAX_RUNS]))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            trajectory = run(experiment, block=8)
            document = json.dumps(trajectory_as_dict(trajectory), allow_nan=False)
        json.loads(document, parse_constant=lambda word: pytest.fail(word))
        for found in trajectory.runs:
            label = f"{landscape.name()}: {found.label}"
            finite = np.isfinite(found.loss) & np.isfinite(found.theta).all(axis=1)
            assert found.ended, label
            assert finite[:-1].all(), label
            assert np.isnan(found.lr[-1]), label
            assert np.isfinite(found.lr[:-1]).all(), label
            assert found.outcome.why, label
            if finite[-1]:
                assert found.last == steps, label
            else:
                assert found.outcome.kind == "diverged", label
                assert found.outcome.step == found.last, label
    return len(settings)


def test_there_are_enough_of_them():
    assert len(VARIANTS) * len(RATES) * len(LANDSCAPES) >= 2_000


@pytest.mark.parametrize("landscape", LANDSCAPES)
def test_every_rate(landscape):
    assert judge_all(landscape, Constant(), 25) == len(VARIANTS) * len(RATES)


@pytest.mark.long
@pytest.mark.parametrize("landscape", LANDSCAPES)
@pytest.mark.parametrize(
    "schedule", [Constant(), ReduceLROnPlateau(patience=1), CosineAnnealingLR(), OneCycleLR()], ids=str
)
def test_every_rate_for_long(landscape, schedule):
    judge_all(landscape, schedule, 400)


@pytest.mark.parametrize("lr", RATES)
def test_a_reset_heals(lr):
    """A run that blew up leaves nothing behind: the next one on the same landscape is as if it had never been."""
    landscape = plain_kinds(Landscape)[0]()
    kind = kinds_of(Optimizer)[0]
    calm = Experiment(landscape=landscape, runs=(Run(optimizer=kind(lr=0.01)),))
    before = run(calm).runs[0].theta.tobytes()
    run(Experiment(landscape=landscape, runs=(Run(optimizer=kind(lr=lr)),)))
    assert run(calm).runs[0].theta.tobytes() == before
