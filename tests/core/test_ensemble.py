"""Ensembles: each member is the single run with its seed; the band is that of the losses that are there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from samples import experiment

import gdsim
from gdsim.core.ensemble import QUANTILES, Band, Ensemble, quantiles

NOISY = {"optimizer": {"name": "Adam", "lr": 0.05}, "noise": {"std": 1.0}}
BATCHED = {"optimizer": {"name": "SGD", "lr": 0.05}, "batch_size": 2}
NETWORK = {"name": "network", "hidden": 2, "hidden2": 0}


def whole(ensemble: Ensemble, budget: float = 10.0) -> Band:
    band = Band(ensemble)
    for part in ensemble.parts(budget):
        band.add(part)
    assert len(band) == ensemble.experiment.steps + 1
    assert band.share == 1.0
    return band


@pytest.mark.parametrize(
    ("run", "fields", "tolerance"),
    [
        (NOISY, {"landscape": "rosenbrock", "steps": 600}, 1e-9),
        ({**NOISY, "clip": {"value": 0.3}, "schedule": {"name": "StepLR"}}, {"landscape": "bowl"}, 1e-9),
        (NOISY, {"landscape": "linear_regression"}, 1e-9),
        (BATCHED, {"landscape": "linear_regression"}, 0.0),
        ({**BATCHED, "noise": {"std": 0.1}}, {"landscape": NETWORK}, 0.0),
        ({**NOISY, "schedule": {"name": "ReduceLROnPlateau"}}, {"landscape": "bowl"}, 0.0),
    ],
    ids=["noise", "clip and steps", "a line", "batches", "network", "plateau"],
)  # fmt: skip
def test_a_member_is_the_single_run(run, fields, tolerance):
    ensemble = Ensemble(experiment(run, **{"steps": 80, "seed": 2**63 - 2, **fields}), members=5)
    assert ensemble.chancy
    band = whole(ensemble)
    for k in range(5):
        single = gdsim.run(ensemble.member(k)).runs[0]
        np.testing.assert_allclose(band.loss[:, k], single.loss, rtol=tolerance, atol=1e-200)
        for step in (0, 1, 40, 80):
            np.testing.assert_allclose(band.cloud(step)[k], single.theta[step], rtol=tolerance, atol=1e-12)
    assert gdsim.run(ensemble.experiment).runs[0].loss.tobytes() == gdsim.run(ensemble.member(0)).runs[0].loss.tobytes()
    assert len(np.unique(band.loss[-1])) == 5


def test_the_band_is_that_of_the_losses():
    band = whole(Ensemble(experiment(NOISY, steps=50), members=20))
    np.testing.assert_allclose(band.band, np.quantile(band.loss, QUANTILES, axis=1), rtol=1e-12)
    assert (np.diff(band.band, axis=0) >= 0.0).all()


def test_it_grows_from_the_left_and_can_be_left():
    for run, landscape in ((NOISY, "bowl"), (BATCHED, "linear_regression")):
        ensemble = Ensemble(experiment(run, landscape=landscape, steps=400), members=6)
        band = Band(ensemble)
        for part in ensemble.parts(0.0):
            assert part.first == len(band)
            band.add(part)
            if len(band) > 20:
                break
        assert 20 < len(band) < 401
        there = whole(ensemble)
        np.testing.assert_array_equal(band.band, there.band[:, : len(band)])
        np.testing.assert_array_equal(band.cloud(10**6), there.cloud(len(band) - 1))
        with pytest.raises(ValueError, match="do not follow"):
            band.add(part)
        with pytest.raises(ValueError, match="read-only"):
            part.loss[:] = 0.0


@pytest.mark.parametrize("landscape", ["rosenbrock", "linear_regression"])
def test_members_that_diverge_count_as_infinitely_high(landscape):
    run: dict[str, Any] = {"optimizer": {"name": "SGD", "lr": 5.0}, "noise": {"std": 1.0}, "batch_size": 2}
    band = whole(Ensemble(experiment(run, landscape=landscape, steps=700), members=4))
    assert np.isinf(band.loss[-1]).all()
    assert np.isinf(band.band[:, -1]).all()
    assert not np.isnan(band.band).any()
    assert np.isnan(band.cloud(700)).all()
    assert np.isfinite(band.band[:, 0]).all()


def test_quantiles_of_partly_infinite_losses():
    loss = np.array([[1.0, 2.0, 3.0, 4.0, np.inf], [np.inf] * 5, [5.0, 1.0, 2.0, np.inf, np.inf]])
    np.testing.assert_allclose(quantiles(loss)[2], [3.0, np.inf, 5.0])
    assert np.isinf(quantiles(loss)[4]).all()


def test_without_chance_all_members_are_the_same():
    ensemble = Ensemble(experiment({"optimizer": {"name": "SGD", "lr": 0.01}}, steps=10), members=3)
    assert not ensemble.chancy
    band = whole(ensemble).band
    assert (band == band[0]).all()
    assert not Ensemble(experiment({**BATCHED, "batch_size": 9}, landscape="linear_regression"), members=3).chancy


@pytest.mark.parametrize(
    ("fields", "arguments", "reason"),
    [
        ({}, {"members": 1}, "2 to 1,000 members, not 1"),
        ({}, {"members": 1001}, "not 1,001"),
        ({}, {"index": 1}, "there is no run 1"),
        ({"steps": 10_000_000}, {"members": 100}, "too large for memory .* at most 1 fit"),
    ],
)
def test_refusals(fields, arguments, reason):
    with pytest.raises(ValueError, match=reason):
        Ensemble(experiment(**fields), **arguments)
