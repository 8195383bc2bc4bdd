"""The largest rate that batches bear: against hand-made cases, and against what becomes of runs on both sides of it."""

from __future__ import annotations

import numpy as np
import pytest
from samples import experiment

import gdsim
from gdsim.core.batch_edge import batch_edge, mean_square_rate
from gdsim.core.stability import Shares

PLAIN = Shares(0.0, 1.0, 1.0, 0.0)
LINE = {"name": "linear_regression", "dataset": {"name": "line", "size": 64, "noise": 0.0}, "standardise": 1.0}


def line(lr: float, batch: int, momentum: float = 0.0, *, nesterov: bool = False, steps: int = 4000):
    optimizer = {"name": "SGD", "lr": lr, "momentum": momentum, "nesterov": nesterov}
    return experiment({"optimizer": optimizer, "batch_size": batch}, landscape=LINE, start=[1.0, 1.0], steps=steps)


def edge_of(made):
    return batch_edge(made, made.runs[0], np.array(made.origin))


def test_batches_that_are_all_alike_bear_what_all_examples_do():
    hessian = np.diag([3.0, 0.5])
    assert mean_square_rate(np.array([hessian] * 4), PLAIN) == pytest.approx(2.0 / 3.0)
    assert mean_square_rate(np.array([hessian] * 4), Shares(0.9, 1.0, 0.0, 1.0)) == pytest.approx(3.8 / 3.0)
    assert mean_square_rate(np.array([hessian] * 4), Shares(0.9, 1.0, 1.0, 0.9)) == pytest.approx(3.8 / 2.8 / 3.0)


def test_one_direction_has_twice_its_mean_over_its_mean_square():
    seen = np.array([1.0, 2.0, 6.0])
    assert mean_square_rate(seen[:, None, None], PLAIN) == pytest.approx(2.0 * seen.mean() / (seen**2).mean())


def test_where_nothing_bends_upward_no_rate_is_too_large():
    assert mean_square_rate(-np.ones((3, 1, 1)), PLAIN) is None
    assert mean_square_rate(np.zeros((3, 2, 2)), PLAIN) is None


@pytest.mark.parametrize("batch", [1, 8, 32])
@pytest.mark.parametrize(("momentum", "nesterov"), [(0.0, False), (0.9, False), (0.9, True)])
def test_runs_settle_below_it_and_are_thrown_out_far_above_it(batch, momentum, nesterov):
    edge = edge_of(line(0.1, batch, momentum, nesterov=nesterov))
    below, above = (gdsim.run(line(factor * edge.rate, batch, momentum, nesterov=nesterov)).runs[0].loss
                    for factor in (0.7, 2.5))  # fmt: skip
    assert below[-1] < 1e-20
    assert not above[-1] < 1e6


def test_smaller_batches_bear_less():
    edges = [edge_of(line(0.1, batch)) for batch in (1, 4, 16, 32)]
    assert sorted(edge.rate for edge in edges) == [edge.rate for edge in edges]
    assert edges[-1].rate < 2.0 / edges[-1].mean
    assert edges[0].steepest > edges[-1].steepest >= edges[-1].mean
    assert [edge.size for edge in edges] == [1, 4, 16, 32]


def test_there_is_none_without_batches_or_where_it_is_not_known():
    assert edge_of(line(0.1, 64)) is None
    assert edge_of(experiment({"optimizer": {"name": "SGD"}})) is None
    assert edge_of(experiment({"optimizer": {"name": "Adam"}, "batch_size": 4}, landscape=LINE)) is None
    assert edge_of(experiment({"optimizer": {"name": "SGD"}, "batch_size": 4}, landscape="network")) is None
