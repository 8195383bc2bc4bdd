"""Verdicts: runs that show each of them, and the near misses that a careless judge would get wrong."""

from __future__ import annotations

import math
import types

import numpy as np
import pytest
from samples import experiment, run_of

from gdsim.core.outcome import LEFT, between, judge, overfitting

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


LINE = {"name": "linear_regression", "dataset": {"name": "line", "size": 64, "noise": 0.6}, "standardise": 1.0}


@pytest.mark.parametrize("batch", [1, 8, 32])
def test_batches_that_dance_without_getting_lower_are_oscillating(batch):
    found = outcome({**sgd(0.08), "batch_size": batch}, LINE, start=(0.0, 0.0))
    assert found.kind == "oscillating"


@pytest.mark.parametrize("settings", [{"batch_size": 8}, {"noise": {"std": 0.2}}])
def test_chance_on_the_way_down_is_still_descending(settings):
    where = (LINE, (0.0, 0.0)) if "batch_size" in settings else (BOWL, (-1.5, 1.0))
    assert outcome({**sgd(0.005), **settings}, *where, steps=100).kind == "still descending"


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        (0.1447, 4.42, "0.145 and 4.42"),
        (-2.0, -1.9979, "-2 and -1.9979"),
        (1.0, 1.0, "1 and 1"),
        (1000.0, 1000.25, "1000 and 1000.25"),
    ],
)
def test_the_ends_of_a_swing_can_be_told_apart(low, high, told):
    assert between(np.array([high, low, high])) == told


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


# over-fitting


def curves(rows: int, least: int, rise: float, noise: float = 0.0, floor: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    """A training loss that falls on, and a validation loss that is lowest at ``least`` and rises by ``rise`` since."""
    steps = np.arange(rows)
    train = floor * (0.2 + 3.0 * np.exp(-steps / (0.2 * rows)))
    held_back = floor * (1.0 + 9.0 * np.clip(1.0 - steps / max(least, 1), 0.0, None) ** 2)
    held_back += rise * floor * np.clip((steps - least) / (rows - least), 0.0, None)
    chance = np.random.Generator(np.random.Philox(key=1)).standard_normal((2, rows))
    return train * (1.0 + noise * chance[0]), held_back * (1.0 + noise * chance[1])


@pytest.mark.parametrize(
    ("rows", "least", "rise", "noise"),
    [(400, 100, 1.0, 0.0), (400, 100, 0.3, 0.02), (60, 20, 0.5, 0.0), (20_000, 300, 0.2, 0.01), (400, 0, 0.5, 0.0)],
)
def test_overfitting_is_recognised(rows, least, rise, noise):
    train, held_back = curves(rows, least, rise, noise)
    found = overfitting(train, held_back)
    assert found is not None
    assert abs(found.step - least) <= 0.2 * rows
    assert found.lowest == held_back.min()
    assert found.last == held_back[-1]
    assert found.why.startswith("Over-fitting")
    assert f"step {found.step:,}" in found.why


def near_misses() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    train, held_back = curves(400, 100, 1.0)
    returns = held_back.copy()
    returns[-60:] = held_back.min() * 1.02
    lucky = curves(400, 100, 0.0, 0.05)[1]
    lucky[150] = 0.5 * lucky.min()
    broken = held_back.copy()
    broken[-1] = math.nan
    return {
        "hardly risen": curves(400, 100, 0.04),
        "noise alone": curves(400, 100, 0.0, 0.1),
        "one lucky row": (train, lucky),
        "come down again": (train, returns),
        "training stands still": (np.minimum(train, train[100]).clip(train[100]), held_back),
        "training rises, too": (train[::-1].copy(), held_back),
        "too short": curves(15, 4, 1.0),
        "a doubling at the bottom of everything": (train, 1.0 * np.exp(-np.arange(400) / 8.0) + 1e-14 * np.arange(400)),
        "not finite": (train, broken),
    }


@pytest.mark.parametrize("case", near_misses())
def test_what_is_not_quite_overfitting(case):
    assert overfitting(*near_misses()[case]) is None


NETWORK = {"name": "network", "dataset": {"name": "moons", "size": 60, "noise": 0.35}, "validation": 0.4}


def test_a_network_that_learns_its_examples_by_heart_says_so():
    run = run_of({"optimizer": {"name": "Adam", "lr": 0.05}}, landscape=NETWORK, steps=400)
    assert run.outcome.overfits == int(np.argmin(run.val_loss))
    assert "Over-fitting: the validation loss was lowest at step" in run.outcome.why
    plain = run_of({"optimizer": {"name": "Adam", "lr": 0.05}}, landscape={**NETWORK, "validation": 0.0}, steps=400)
    assert plain.outcome.overfits is None
    assert "Over-fitting" not in plain.outcome.why


class NoHessian:
    """Many parameters in a bowl; whoever asks for its curvature waits for ever."""

    dim = 300

    def gradient(self, points):
        return 2.0 * np.asarray(points)

    def hessian(self, points):
        raise AssertionError("the Hessian of many parameters takes too long")


def bowl(theta):
    """Judge a run in a bowl of many parameters by its rows."""
    many = types.SimpleNamespace(landscape=NoHessian())
    return judge(many, theta, (theta**2).sum(axis=1), 2.0 * np.linalg.norm(theta, axis=1))


@pytest.mark.parametrize(
    ("rows", "shrink", "kind"),
    [(400, 0.9, "converged"), (40, 0.97, "still descending"), (400, 1.0 - 1e-12, "stalled"), (400, 1.1, "diverged")],
)
def test_many_parameters_are_judged_without_their_curvature(rows, shrink, kind):
    theta = np.full(300, 0.1) * shrink ** np.arange(rows)[:, None]
    found = bowl(theta)
    assert found.kind == kind
    if kind == "converged":
        assert "curvature is not looked at" in found.why
        assert 0 < found.step < rows


def test_a_gradient_of_zero_from_the_start_on_may_be_a_saddle():
    found = bowl(np.zeros((50, 300)))
    assert found.kind == "stalled"
    assert "a minimum or a saddle" in found.why


LINE = {"name": "linear_regression", "dataset": {"name": "line", "size": 100}}


def test_the_noise_of_mini_batches_is_no_convergence():
    settings = {"optimizer": {"name": "SGD", "lr": 0.1}, "batch_size": 10}
    for steps in (300, 350, 400):
        assert run_of(settings, landscape=LINE, steps=steps).outcome.kind == "oscillating"
    assert run_of({"optimizer": {"name": "SGD", "lr": 0.1}}, landscape=LINE, steps=300).outcome.kind == "converged"
    fades = {**settings, "schedule": {"name": "ExponentialLR", "gamma": 0.9}}
    assert run_of(fades, landscape=LINE, steps=300).outcome.kind != "oscillating"


def test_a_row_that_is_at_the_minimum_by_chance_is_no_convergence_only_where_updates_see_batches():
    chance = np.random.Generator(np.random.Philox(key=3)).standard_normal((500, 2))
    theta = np.concatenate([np.linspace([3.0, 3.0], [0.0, 0.0], 100), 5e-3 * chance])
    theta[-1] = 0.0
    loss, slope = 0.5 * (theta**2).sum(axis=1), np.linalg.norm(theta, axis=1)
    made = experiment(landscape=BOWL)
    assert judge(made, theta, loss, slope).kind == "converged"
    assert judge(made, theta, loss, slope, batch_loss=loss).kind == "oscillating"


def test_a_curvature_that_is_not_finite_is_no_reason_to_fail():
    points = {"name": "inline", "x": [1e60, 2.0, 3.0, 4.0, -1.0], "y": [1.0, 2.0, 3.0, 4.0, 5.0]}
    landscape = {"name": "polynomial_regression", "degree": 9, "standardise": 0.5, "dataset": points}
    settings = {"optimizer": {"name": "SGD", "lr": 1e-12}, "clip": {"kind": "norm", "value": 1.0}}
    run = run_of(settings, landscape=landscape)
    assert run.outcome is not None
