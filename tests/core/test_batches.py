"""Mini-batches: every example once an epoch, and always the same ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import experiment, run_of

from gdsim.core.batches import Batches

LINE = {"name": "linear_regression", "dataset": {"name": "line", "size": 50, "noise": 0.3}}
SGD = {"optimizer": {"name": "SGD", "lr": 0.05}}


@given(st.integers(1, 200), st.integers(1, 300), st.integers(1, 5), st.integers(0, 2**63 - 1), st.integers(0, 5))
def test_an_epoch_sees_every_example_once(size, batch, accumulate, seed, epoch):
    batches = Batches(size, batch, accumulate, seed)
    steps = range(epoch * batches.per_epoch, (epoch + 1) * batches.per_epoch)
    rows = [batches.rows(step) for step in steps]
    assert np.array_equal(np.sort(np.concatenate(rows)), np.arange(size))
    assert all(len(part) == batches.together for part in rows[:-1])
    assert {batches.epoch(step) for step in steps} == {epoch}


def test_every_epoch_and_every_seed_has_its_own_order():
    orders = [tuple(Batches(40, 40, 1, seed).rows(step)) for seed in (0, 1) for step in (0, 1)]
    assert len(set(orders)) == 4
    assert orders[0] == tuple(Batches(40, 40, 1, 0).rows(0))


@pytest.mark.parametrize("batch", [50, 51, 1000])
def test_a_batch_of_all_examples_is_none(batch):
    whole = run_of(SGD, landscape=LINE, steps=20)
    found = run_of({**SGD, "batch_size": batch}, landscape=LINE, steps=20)
    assert found.theta.tobytes() == whole.theta.tobytes()
    assert found.batch_loss is None


def test_accumulating_is_a_larger_batch():
    small = run_of({**SGD, "batch_size": 5, "accumulate": 4}, landscape=LINE, steps=30)
    large = run_of({**SGD, "batch_size": 20}, landscape=LINE, steps=30)
    assert small.theta.tobytes() == large.theta.tobytes()


def test_runs_of_an_experiment_meet_the_same_batches():
    found = experiment({**SGD, "batch_size": 8}, {**SGD, "batch_size": 8, "label": "again"}, landscape=LINE, seed=3)
    a, b = (run.batches(50, found.seed) for run in found.runs)
    assert all(np.array_equal(a.rows(step), b.rows(step)) for step in range(20))
