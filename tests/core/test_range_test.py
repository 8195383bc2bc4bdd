"""The range test: its updates are the descent's own, it says why it stopped, and its suggestion can be applied."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import experiment, experiments

import gdsim
from gdsim.core import range_test as module
from gdsim.core.documents import as_dict
from gdsim.core.experiment import Experiment
from gdsim.core.range_test import BLOWN, UNDER, applied, range_test, smooth
from gdsim.resources import resource

RAVINE = {"name": "quadratic", "b": 50.0}
LINE = {"name": "linear_regression", "dataset": {"name": "line", "size": 64, "noise": 0.6}}


def sgd(lr: float = 0.01, momentum: float = 0.0, **settings: Any) -> dict[str, Any]:
    return {"optimizer": {"name": "SGD", "lr": lr, "momentum": momentum}, **settings}


def test_one_update_a_rate_by_hand():
    """SGD on a quadratic: each coordinate is multiplied by 1 - ηλ."""
    made = experiment(sgd(), landscape=RAVINE, start=[-1.8, 0.25])
    test = range_test(made, 0, start=1e-3, factor=1.5, most=6)
    theta, losses = np.array([-1.8, 0.25]), []
    for rate in 1e-3 * 1.5 ** np.arange(6):
        theta = theta * (1.0 - rate * np.array([1.0, 50.0]))
        losses.append(0.5 * (theta[0] ** 2 + 50.0 * theta[1] ** 2))
    np.testing.assert_allclose(test.rates, 1e-3 * 1.5 ** np.arange(6), rtol=1e-12)
    np.testing.assert_allclose(test.losses, losses, rtol=1e-12)
    assert test.before == pytest.approx(0.5 * (1.8**2 + 50.0 * 0.25**2))


@pytest.mark.parametrize(
    "run",
    [
        {"optimizer": {"name": "Adam"}},
        sgd(momentum=0.9, clip={"value": 1.0}, noise={"std": 0.5}),
        sgd(batch_size=4, accumulate=2),
        {"optimizer": {"name": "RMSprop"}, "batch_size": 8},
    ],
    ids=["Adam", "clip and noise", "batches", "batches and RMSprop"],
)
def test_its_updates_are_those_of_a_run_whose_rate_rises(run):
    """Optimizer, clipping, noise and batches as in the run: the same bits as a run with a change a step."""
    made = experiment(run, landscape=LINE, steps=30)
    test = range_test(made, 0, start=1e-4, factor=1.2, most=30)
    lr = [{**run["optimizer"], "lr": float(rate)} for rate in test.rates]
    changes = [{**run, "step": k, "optimizer": lr[k]} for k in range(1, len(lr))]
    same = experiment({**run, "optimizer": lr[0], "changes": changes}, landscape=LINE, steps=len(lr))
    np.testing.assert_array_equal(test.losses, gdsim.run(same).runs[0].loss[1:])


def test_the_schedule_and_later_changes_are_left_out():
    plain = experiment(sgd(), landscape=RAVINE)
    busy = experiment(
        sgd(
            schedule={"name": "OneCycleLR", "max_lr": 0.3},
            schedule_by="epoch",
            changes=[{"step": 3, "optimizer": {"name": "Adam"}}],
        ),
        landscape=RAVINE,
    )
    np.testing.assert_array_equal(range_test(plain, 0).losses, range_test(busy, 0).losses)


@pytest.mark.parametrize(
    ("fields", "words", "blew_up"),
    [
        ({"landscape": RAVINE}, "exceeds 4 times its best", True),
        ({"landscape": {"name": "beale"}, "start": [1.1, 1.9]}, "exceeds 4 times its best", True),
        ({"landscape": "monkey_saddle", "start": [2.2, 0.01]}, "exceeds its best", True),
        ({"landscape": {"name": "formula", "expression": "x*y"}, "start": [0.0, 0.0]}, "did not blow up", False),
        ({"landscape": {**LINE, "corrupt": "missing values"}}, "at the start is not a number", False),
    ],
    ids=["4 times", "not convex", "below zero", "flat", "nothing to begin with"],
)
def test_it_says_why_it_stopped(fields, words, blew_up):
    test = range_test(experiment(sgd(), **fields), 0)
    assert words in test.stopped
    assert (test.blew_up is not None) == blew_up
    assert len(test.rates) == len(test.losses) == len(test.smoothed) == test.step
    assert test.why.endswith(".")


def test_a_loss_that_is_not_finite_stops_it():
    """From one rate to the next the loss is infinite: nothing stands between."""
    made = experiment(sgd(), landscape={"name": "rosenbrock"}, start=[-1.0, 1.0])
    test = range_test(made, 0, start=1e-5, factor=1e120, most=2)
    assert test.stopped == f"The loss became infinite after update {test.step}, at the rate {test.rates[-1]:.3g}."
    assert test.blew_up == test.rates[-1]


def test_four_times_the_best_and_not_before():
    test = range_test(experiment(sgd(), landscape=RAVINE), 0)
    smoothed = np.concatenate([[test.before], test.smoothed])
    assert smoothed[-1] > BLOWN * smoothed[:-1].min()
    best = np.minimum.accumulate(smoothed[:-1])
    assert (smoothed[:-1] <= BLOWN * best).all()


@pytest.mark.parametrize("momentum", [0.0, 0.5])
def test_it_blows_up_soon_after_the_edge_and_the_suggestion_is_stable(momentum):
    """2(1 + β)/L is where growth begins; at rates that rise by 1.3 it takes a few updates to show."""
    edge = 2.0 * (1.0 + momentum) / 50.0
    test = range_test(experiment(sgd(momentum=momentum), landscape=RAVINE, start=[-1.8, 0.25]), 0)
    assert edge < test.blew_up < 10.0 * edge
    assert test.suggestion == pytest.approx(test.blew_up / UNDER, rel=1e-2)
    assert test.suggestion < edge
    assert test.steepest < edge


def test_no_suggestion_where_the_first_rate_is_too_large_already():
    test = range_test(experiment(sgd(), landscape=RAVINE), 0, start=0.1)
    assert test.blew_up is not None
    assert test.suggestion is None
    assert "start the test lower" in test.why


def test_flat_ground_is_told_in_words():
    made = experiment(sgd(), landscape={"name": "formula", "expression": "0*x + 0*y + 1"}, start=[1.0, 1.0])
    test = range_test(made, 0)
    assert (test.suggestion, test.steepest, test.blew_up) == (None, None, None)
    assert "neither fell nor rose" in test.why


def test_a_loss_that_falls_and_never_blows_up_gets_a_suggestion_below_its_lowest():
    test = range_test(experiment(sgd(), landscape=RAVINE), 0, most=45)
    assert test.blew_up is None
    assert test.suggestion == pytest.approx(test.rates[np.argmin(test.losses)] / UNDER, rel=1e-2)
    assert "never blew up" in test.why


def test_from_another_start():
    made = experiment(sgd(), landscape=RAVINE, start=[-1.8, 0.25])
    moved = experiment(sgd(), landscape=RAVINE, start=[1.0, 1.0])
    np.testing.assert_array_equal(range_test(made, 0, theta=(1.0, 1.0)).losses, range_test(moved, 0).losses)


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ({"start": 0.0}, "first rate"),
        ({"start": -1.0}, "first rate"),
        ({"start": math.nan}, "first rate"),
        ({"factor": 1.0}, "factor"),
        ({"factor": math.inf}, "factor"),
        ({"most": 0}, "number of updates"),
        ({"most": 10**6}, "number of updates"),
        ({"smoothing": 1.0}, "smoothing"),
        ({"smoothing": -0.1}, "smoothing"),
        ({"factor": 10.0, "most": 400}, "beyond all numbers"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, part):
    with pytest.raises(ValueError, match=part):
        range_test(experiment(sgd()), 0, **arguments)


# Smoothing


@given(st.floats(-1e6, 1e6), st.integers(1, 300), st.floats(0.0, 0.999))
def test_smoothing_does_not_bend_a_constant(value, size, keep):
    np.testing.assert_array_equal(smooth(np.full(size, value), keep), value)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60), st.integers(1, 60), st.floats(0.0, 0.99))
def test_smoothing_does_not_depend_on_what_follows(values, size, keep):
    whole = np.array(values)
    np.testing.assert_array_equal(smooth(whole, keep)[:size], smooth(whole[:size], keep))


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=40), st.floats(0.0, 0.99))
def test_smoothing_is_the_weighted_mean(values, keep):
    """The last value has the weight 1, the one before it ``keep``, and so on."""
    weights = keep ** np.arange(len(values))[::-1]
    assert smooth(np.array(values), keep)[-1] == pytest.approx(weights @ values / weights.sum(), abs=1e-6)


def test_smoothing_leaves_out_what_is_not_finite():
    found = smooth(np.array([1.0, np.nan, 1.0, np.inf, 1.0]), 0.5)
    np.testing.assert_array_equal(found, [1.0, np.nan, 1.0, np.inf, 1.0])


# What is done with it


@pytest.fixture(scope="module")
def found() -> tuple[Experiment, module.RangeTest]:
    made = experiment(
        sgd(),
        sgd(lr=0.5, schedule={"name": "CyclicLR", "base_lr": 0.1, "max_lr": 0.4}, schedule_by="epoch"),
        sgd(momentum=0.9, changes=[{"step": 3, "optimizer": {"name": "Adam"}}]),
        landscape=RAVINE,
        steps=200,
    )
    return made, range_test(made, 0)


@pytest.mark.parametrize("index", [0, 1, 2])
@pytest.mark.parametrize("how", ["rate", "one_cycle", "warmup_cosine"])
def test_the_highest_rate_is_the_suggestion(found, index, how):
    made, test = found
    edited = applied(made, index, test, how)
    assert gdsim.load(as_dict(edited)) == edited
    assert [run for k, run in enumerate(edited.runs) if k != index] == [
        run for k, run in enumerate(made.runs) if k != index
    ]
    run = edited.runs[index]
    rates = [run.schedule.rate(t, run.optimizer.rate) for t in range(made.steps)]
    assert max(rates) == pytest.approx(test.suggestion, rel=1e-3)
    assert run.changes == ()
    assert how == "rate" or (rates[0] < 0.1 * test.suggestion and rates[-1] < 0.01 * test.suggestion)


def test_one_cycle_does_not_bring_momentum_along_where_there_is_none(found):
    made, test = found
    cycles = [applied(made, index, test, "one_cycle").runs[index].schedule.cycle_momentum for index in (0, 2)]
    assert cycles == [False, True]


def test_nothing_can_be_applied_where_nothing_is_suggested():
    made = experiment(sgd(), landscape=RAVINE)
    with pytest.raises(ValueError, match="start the test lower"):
        applied(made, 0, range_test(made, 0, start=0.1), "rate")


def test_applied_to_a_ready_made_experiment_the_run_does_not_diverge():
    made = gdsim.load(resource("experiments") / "02-learning-rates.json")
    edited = applied(made, 3, range_test(made, 3), "rate")
    assert gdsim.run(made).runs[3].outcome.kind == "diverged"
    assert gdsim.run(edited).runs[3].outcome.kind == "converged"


@given(experiments(max_runs=1))
def test_on_any_experiment(made: Experiment):
    try:
        test = range_test(made, 0, most=40)
    except ValueError:  # data that are not at hand
        return
    assert len(test.rates) == len(test.losses) == len(test.smoothed) == test.step <= 40
    assert np.isfinite(test.rates).all()
    assert (test.suggestion is None) or (
        test.suggestion >= 1e-9 and gdsim.load(as_dict(applied(made, 0, test, "rate"))).runs
    )
    assert test.stopped
    assert test.why


def test_a_loss_that_fell_a_little_did_not_stand_still():
    made = gdsim.load(resource("experiments") / "07-plateau.json")
    short = range_test(made, 0, start=1e-3, most=5)
    assert short.suggestion is None
    assert "fell too little to tell, it stayed between 2.618 and 2.631" in short.why
    assert "neither fell nor rose" not in short.why


def test_the_suggestion_stands_beside_the_rate_that_the_run_has():
    made = gdsim.load(resource("experiments") / "04-momentum.json")
    test = range_test(made, 0)
    assert test.present == 0.045
    assert "The run as it stands reaches 0.045, more: a range test finds a rate to begin anew with" in test.why
    assert "this run has none, and may bear more" in test.why
    batches = range_test(gdsim.load(resource("experiments") / "22-batch-size.json"), 0)
    assert "begin anew" in batches.why
    assert "may bear more" not in batches.why


def test_the_rate_of_a_run_is_the_highest_that_its_schedule_comes_to():
    cycle = {"name": "OneCycleLR", "max_lr": 0.03, "total_steps": 50}
    made = experiment({"optimizer": {"name": "SGD", "lr": 0.5}, "schedule": cycle}, landscape="bowl", steps=50)
    assert range_test(made, 0).present == pytest.approx(0.03, rel=0.02)
