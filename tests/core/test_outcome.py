"""Verdicts: runs that show each of them, and the near misses that a careless judge would get wrong."""

from __future__ import annotations

import math

import numpy as np
import pytest
from samples import experiment, run_of

from gdsim.core.outcome import LEFT, judge

BOWL = {"name": "quadratic", "a": 1.0, "b": 1.0}
RAVINE = {"name": "quadratic", "a": 1.0, "b": 100.0}


def sgd(lr: float, **more: float) -> dict[str, object]:
    return {"optimizer": {"name": "SGD", "lr": lr, **more}}


def outcome(settings, landscape=RAVINE, start=(-1.5, 1.0), steps=200):
    return run_of(settings, landscape=landscape, start=list(start), steps=steps).outcome


def test_converged_tells_since_when():
    found = outcome(sgd(0.1), BOWL, steps=500)
    assert found.kind == "converged"
    run = run_of(sgd(0.1), landscape=BOWL, start=[-1.5, 1.0], steps=500)
    left = np.abs(run.loss - run.loss[-1]) / (run.loss[0] - run.loss.min())
    assert left[found.step - 1] > LEFT >= left[found.step :].max()


@pytest.mark.parametrize("steps", [1, 2, 10, 300])
def test_a_start_in_the_minimum_has_converged_from_the_first_step(steps):
    found = outcome(sgd(0.1), BOWL, start=(0.0, 0.0), steps=steps)
    assert (found.kind, found.step) == ("converged", 0)


def test_still_descending_is_not_converged_and_not_stalled():
    assert outcome(sgd(0.001)).kind == "still descending"
    assert outcome(sgd(0.001), "rosenbrock", (-1.2, 1.0)).kind == "still descending"
    assert outcome(sgd(0.1), BOWL, steps=20).kind == "still descending"
    assert outcome(sgd(0.018), steps=1).kind == "still descending"


def test_oscillating_at_the_limit_of_stability():
    found = outcome(sgd(0.02), start=(0.0, 1.0))  # 2/L: jumps from side to side for ever
    assert found.kind == "oscillating"
    assert outcome({"optimizer": {"name": "Lion", "lr": 0.1}}, BOWL, start=(1.03, 0.52)).kind == "oscillating"


def test_noise_that_does_not_settle_is_oscillating():
    assert outcome({**sgd(0.5), "noise": {"std": 1.0}}, BOWL, steps=500).kind == "oscillating"


def test_a_flat_place_that_is_no_minimum_is_stalled():
    assert outcome(sgd(1e-12)).kind == "stalled"
    run = {**sgd(0.1), "schedule": {"name": "PolynomialLR", "total_iters": 5}}
    assert outcome(run, start=(-1.5, 0.0)).kind == "stalled"


def test_a_saddle_is_stalled_although_its_gradient_vanishes():
    found = outcome(sgd(0.1), "saddle", start=(1.0, 0.0), steps=300)
    assert found.kind == "stalled"
    assert "saddle" in found.why
    assert outcome(sgd(0.1), "saddle", start=(0.0, 0.0), steps=50).kind == "stalled"


def test_a_saddle_that_is_left_again_is_not_stalled():
    assert outcome(sgd(0.1), "saddle", start=(1.0, 1e-9), steps=150).kind in ("still descending", "diverged")


@pytest.mark.parametrize("lr", [0.021, 0.03, 0.1, 10.0, 1e100, 1e300])
def test_rates_beyond_the_limit_diverge(lr):
    found = outcome(sgd(lr), start=(0.0, 1.0), steps=1000)
    assert found.kind == "diverged"


def test_growth_that_is_still_finite_is_diverged_and_dated():
    found = outcome(sgd(0.021), start=(0.0, 1.0), steps=200)
    run = run_of(sgd(0.021), landscape=RAVINE, start=[0.0, 1.0], steps=200)
    assert np.isfinite(run.loss).all()
    assert found.kind == "diverged"
    assert run.loss[found.step - 1] <= 1001 * run.loss[0] < run.loss[found.step]


def test_infinite_and_not_a_number_are_told_apart():
    found = outcome(sgd(1e300), start=(0.0, 1.0))
    assert found.kind == "diverged"
    assert "infinite" in found.why or "not a number" in found.why
    rows = np.array([[0.0, 0.0], [math.nan, 0.0]])
    told = judge(experiment(), rows, np.array([1.0, math.nan]), np.array([1.0, math.nan]))
    assert (told.kind, told.step) == ("diverged", 1)
    assert "not a number" in told.why


def test_a_parameter_that_leaves_while_the_loss_stays_is_diverged():
    rows = np.array([[0.0, 0.0], [math.inf, 0.0]])
    told = judge(experiment(), rows, np.array([1.0, 1.0]), np.array([1.0, 1.0]))
    assert told.kind == "diverged"
    assert "a parameter became infinite" in told.why


def test_rising_a_little_is_not_diverged():
    rows = np.linspace([0.0, 0.0], [1.0, 1.0], 100)
    assert judge(experiment(), rows, np.linspace(1.0, 9.0, 100), np.ones(100)).kind != "diverged"
    assert judge(experiment(), rows, np.linspace(1.0, 900.0, 100), np.ones(100)).kind == "diverged"


def test_being_thrown_back_again_and_again_is_oscillating_though_most_steps_fall():
    loss = np.tile(np.linspace(4.0, 0.2, 15), 8)
    rows = np.linspace([0.0, 0.0], [1.0, 1.0], len(loss))
    assert judge(experiment(), rows, loss, np.ones(len(loss))).kind == "oscillating"


def test_a_loss_below_zero_may_converge():
    """Styblinski-Tang lies below zero: shares of the loss must not be taken of a signed number."""
    found = outcome(sgd(0.01), "styblinski_tang", start=(-1.0, -2.0), steps=500)
    assert found.kind == "converged"
    assert outcome(sgd(0.01), "styblinski_tang", start=(-0.2, -0.2), steps=5).kind == "still descending"


def test_huge_losses_are_judged_without_overflow():
    """The difference of two huge losses is lost in rounding; that is no convergence."""
    n = 60
    loss = np.full(n, 1e300)
    rows = np.full((n, 2), 1e150)
    told = judge(experiment(landscape=BOWL), rows, loss, np.full(n, 1e150))
    assert told.kind == "stalled"
    grows = 1e-300 * 2.0 ** np.arange(n)
    assert judge(experiment(landscape=BOWL), rows, grows, np.ones(n)).kind != "converged"


def test_every_verdict_has_a_reason():
    for settings in (sgd(0.001), sgd(0.02), sgd(0.03), sgd(1e-12), sgd(0.019)):
        found = outcome(settings)
        assert found.why
        assert "\n" not in found.why
        assert 0 <= found.step <= 200


@pytest.mark.parametrize("clip", [{"value": 1.0}, {"kind": "value", "value": 1.0}])
def test_a_clipped_run_that_cannot_settle_is_not_called_converged(clip):
    found = outcome({**sgd(0.5), "clip": clip}, start=(0.0, 1.03), steps=400)
    assert found.kind == "oscillating"
