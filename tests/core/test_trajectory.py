"""Runs too long to be kept whole: what is kept, computed again or summed up equals the whole run, bit for bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import experiment

from gdsim.core import trajectory
from gdsim.core.descent import Descent
from gdsim.core.trajectory import MOST_ROWS, RunTrajectory, blocks, judged, run

NOISY = {"optimizer": {"name": "SGD", "lr": 0.02, "momentum": 0.5}, "noise": {"std": 0.4}}
CYCLED = {"optimizer": {"name": "SGD", "lr": 0.01, "momentum": 0.9}, "schedule": {"name": "OneCycleLR"}}
LEARNING = {
    "landscape": {
        "name": "linear_regression",
        "dataset": {"name": "line", "size": 40, "noise": 0.5},
        "validation": 0.25,
    },
}
COLUMNS = ("theta", "loss", "lr", "grad_norm", "momentum", "batch_loss", "val_loss", "average")


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(trajectory, "MOST_ROWS", 64)
    monkeypatch.setattr(trajectory, "TAIL", 48)
    monkeypatch.setattr(trajectory, "SNAPSHOT_EVERY", 20)


def grown(document, sizes=(7,)):
    """A run computed in blocks of ``sizes`` in turn."""
    found, descent, turn = RunTrajectory("run", document.landscape.dim), Descent(document, document.runs[0]), 0
    while not found.ended:
        found.append(descent.advance(sizes[turn % len(sizes)]), descent.snapshot)
        turn += 1
    return found


def whole(document):
    return run(document).runs[0]


def same(a, b):
    return (a is None and b is None) or np.array_equal(a, b, equal_nan=True)


@pytest.mark.parametrize(
    ("settings_", "fields"),
    [
        (NOISY, {}),
        (CYCLED, {}),
        ({"optimizer": {"name": "Adam", "lr": 0.05}, "batch_size": 8, "average": 0.9}, LEARNING),
        ({"optimizer": {"name": "SGD", "lr": 0.9}, "changes": [{"step": 300, "optimizer": {"name": "Adam"}}]}, {}),
    ],
)
@pytest.mark.parametrize("steps", [63, 64, 65, 500, 1_000, 1_003])
def test_rows_that_are_kept_are_those_of_the_whole_run(settings_, fields, steps):
    document = experiment(settings_, steps=steps, **fields)
    full = whole(document)
    thin = grown(document, sizes=(7, 30, 1))
    assert len(thin) == len(full)
    assert thin.last == full.last
    assert (thin.stride == 1) == (len(full) <= 64)
    for name in COLUMNS:
        mine, theirs = getattr(thin, name), getattr(full, name)
        assert same(mine, None if theirs is None else theirs[:: thin.stride]), name
    for step in range(max(0, thin.last - 47), thin.last + 1):
        assert thin.has(step)
        assert same(thin.at(step).theta, full.theta[step])
        assert same(thin.at(step).loss, full.loss[step])
    parts = list(blocks(document, 0, thin, size=50))
    for name in COLUMNS[:4]:
        assert same(np.concatenate([getattr(part, name) for part in parts]), getattr(full, name)), name


@pytest.mark.parametrize("name", ["loss", "batch_loss", "val_loss"])
def test_no_least_or_greatest_loss_is_lost(name):
    document = experiment({"optimizer": {"name": "SGD", "lr": 0.05}, "batch_size": 2}, steps=777, **LEARNING)
    full, thin = getattr(whole(document), name), grown(document)
    low, high = thin.extremes(name)
    starts = np.arange(0, len(full), thin.stride)
    assert thin.stride > 1
    assert same(low, np.minimum.reduceat(full, starts))
    assert same(high, np.maximum.reduceat(full, starts))


@settings(max_examples=40, deadline=None)
@given(
    cuts=st.lists(st.tuples(st.integers(0, 900), st.integers(1, 120)), min_size=1, max_size=4),
    sizes=st.lists(st.integers(1, 90), min_size=1, max_size=3),
)
def test_taken_back_and_computed_again_it_is_the_same(cuts, sizes):
    document = experiment(NOISY, steps=900)
    want, found = grown(document), RunTrajectory("run")
    for rows, size in cuts:
        found.keep(rows)
        assert len(found) <= max(rows, 0) or not rows
        descent = Descent(document, document.runs[0], found.nearest())
        descent.advance(len(found) - descent.snapshot.step)
        while not found.ended and len(found) < rows + 200:
            found.append(descent.advance(size), descent.snapshot)
    descent = Descent(document, document.runs[0], found.nearest())
    descent.advance(len(found) - descent.snapshot.step)
    turn = 0
    while not found.ended:
        found.append(descent.advance(sizes[turn % len(sizes)]), descent.snapshot)
        turn += 1
    assert found.last == want.last
    assert found.at(found.last).theta.tolist() == want.at(want.last).theta.tolist()
    ratio = max(found.stride, want.stride)
    assert same(found.theta[:: ratio // found.stride], want.theta[:: ratio // want.stride])
    lows = [
        np.minimum.reduceat(r.extremes("loss")[0], np.arange(0, len(r.loss), ratio // r.stride)) for r in (found, want)
    ]
    assert same(*lows)


def test_rows_far_back_are_computed_again_from_the_nearest_state():
    document = experiment(NOISY, steps=1_000)
    full, thin = whole(document), grown(document)
    state = thin.before(333)
    assert 333 - state.step <= 40
    descent = Descent(document, document.runs[0], state)
    descent.advance(333 - state.step)
    with pytest.raises(LookupError):
        thin.at(333)
    assert thin.known(333) == 333 - 333 % thin.stride
    thin.recall(descent.advance(20))
    assert [thin.known(step) for step in range(333, 353)] == list(range(333, 353))
    assert same(np.array([thin.at(step).theta for step in range(333, 353)]), full.theta[333:353])
    assert not thin.frozen().has(333)


def test_memory_has_a_bound():
    sizes = []
    for steps in (400, 4_000, 16_000):
        thin = grown(experiment(NOISY, steps=steps), sizes=(50,))
        sizes.append(thin.nbytes)
        assert len(thin.loss) <= 64
    assert max(sizes) < 2.5 * (64 * 8 * 8 + 3 * 48 * 5 * 8)


def test_the_cap_is_what_is_said():
    assert MOST_ROWS * 8 * 5 < 42e6  # two parameters, loss, rate, norm of the gradient


def test_what_became_of_it_is_judged_on_its_last_rows():
    for lr in (0.02, 1.5, 0.001):
        document = experiment({"optimizer": {"name": "SGD", "lr": lr}}, steps=600)
        full, thin = whole(document), grown(document)
        assert judged(document, thin).kind == full.outcome.kind
        assert abs(judged(document, thin).step - full.outcome.step) <= thin.stride
