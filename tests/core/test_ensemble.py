"""Ensembles: each member is the single run with its seed; the band is that of the losses that are there."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
from samples import document, experiment

import gdsim
from gdsim.core.documents import DocumentError, as_dict
from gdsim.core.ensemble import Band, Ensemble, bands, quantiles, refusal, wanted
from gdsim.core.experiment import Seeds

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
    assert band.ensemble.quantiles == (0.1, 0.25, 0.5, 0.75, 0.9)
    np.testing.assert_allclose(band.band, np.quantile(band.loss, band.ensemble.quantiles, axis=1), rtol=1e-12)
    assert (np.diff(band.band, axis=0) >= 0.0).all()
    assert band.least == band.loss.min()
    outer = whole(Ensemble(experiment(NOISY, steps=50), members=20, lower=(0.0,)))
    np.testing.assert_array_equal(outer.band[[0, 2]], [band.loss.min(axis=1), band.loss.max(axis=1)])


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
        np.testing.assert_array_equal(band.cloud(len(band) - 1), there.cloud(len(band) - 1))
        assert band.cloud(len(band)) is None
        assert band.cloud(-1) is None
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
    median, high = quantiles(loss, (0.5, 0.9))
    np.testing.assert_allclose(median, [3.0, np.inf, 5.0])
    assert np.isinf(high).all()


def test_without_chance_all_members_are_the_same():
    ensemble = Ensemble(experiment({"optimizer": {"name": "SGD", "lr": 0.01}}, steps=10), members=3)
    assert not ensemble.chancy
    band = whole(ensemble).band
    assert (band == band[0]).all()
    assert not Ensemble(experiment({**BATCHED, "batch_size": 9}, landscape="linear_regression"), members=3).chancy


def test_noise_and_batches_can_vary_alone():
    e = experiment({**BATCHED, "noise": {"std": 0.1}}, landscape="linear_regression", steps=30, seed=7)
    noise, batches, both = (whole(Ensemble(e, members=4, vary=vary)) for vary in ("noise", "batches", "all"))
    np.testing.assert_array_equal(noise.loss[:, 0], both.loss[:, 0])
    np.testing.assert_array_equal(batches.loss[:, 0], both.loss[:, 0])
    assert not np.isin([noise.loss[-1, 1:], batches.loss[-1, 1:]], both.loss[-1]).any()
    still = msgspec.structs.replace(e, runs=(msgspec.structs.replace(e.runs[0], noise=None),))
    alone = whole(Ensemble(still, members=4, vary="noise")).loss
    assert (alone == alone[:, :1]).all()
    other = msgspec.structs.replace(still, seed=8)
    np.testing.assert_array_equal(
        whole(Ensemble(still, members=4, vary="batches")).loss[:, 1], gdsim.run(other).runs[0].loss
    )
    noisy = experiment(NOISY, steps=30, seed=7)
    np.testing.assert_array_equal(
        whole(Ensemble(noisy, members=3)).loss, whole(Ensemble(noisy, members=3, vary="noise")).loss
    )


def test_many_members_that_take_long_can_be_left_within_a_row():
    ensemble = Ensemble(experiment(BATCHED, landscape=NETWORK, steps=20), members=6)
    parts = list(ensemble.parts(0.0))
    assert sum(len(part.loss) for part in parts) == 21
    assert sum(not len(part.loss) for part in parts) > 21
    band = Band(ensemble)
    for part in parts:
        band.add(part)
    np.testing.assert_array_equal(band.band, whole(ensemble).band)


def test_it_tells_how_many_diverged():
    run = {"optimizer": {"name": "SGD", "lr": 0.0033}, "noise": {"std": 60.0}}
    band = whole(Ensemble(experiment(run, landscape="rosenbrock", start=[-1.0, 1.0], steps=300), members=40))
    lost = np.isinf(band.loss[-1]).sum()
    assert 0 < lost < 40
    assert band.diverged(300) == lost
    assert band.words(300)[0] == f"median of 40 seeds, 10–90 % and 25–75 %; {lost} of 40 diverged"
    assert band.words(0)[0] == "median of 40 seeds, 10–90 % and 25–75 %"
    assert band.diverged(0) == 0


def test_documents_ask_for_ensembles():
    asked = {**NOISY, "ensemble": {"members": 5, "quantiles": [0.05]}}
    e = experiment(asked, {**BATCHED, "ensemble": {}}, {**NOISY, "ensemble": {}, "hidden": True}, steps=20)
    assert list(wanted(e)) == [0]
    assert e.runs[1].ensemble == Seeds(members=50, vary="all", quantiles=(0.1, 0.25))
    assert [run.get("ensemble") for run in as_dict(e)["runs"]] == [{"members": 5, "quantiles": [0.05]}, {}, {}]
    assert gdsim.load(as_dict(e)) == e
    assert "ensemble" not in as_dict(experiment(NOISY))["runs"][0]
    told: list[int] = []
    found = bands(e, lambda done, _: told.append(done))
    assert told[-1] == 1000
    np.testing.assert_array_equal(found[0].band, whole(Ensemble(e, 0, 5, "all", (0.05,))).band)
    without = msgspec.structs.replace(e, runs=tuple(msgspec.structs.replace(r, ensemble=None) for r in e.runs))
    assert gdsim.run(without).runs[0].loss.tobytes() == gdsim.run(e).runs[0].loss.tobytes()


def test_of_long_runs_there_is_as_much_as_memory_holds():
    e = experiment({**NOISY, "ensemble": {"members": 1000}}, steps=100_000)
    (found,) = wanted(e).values()
    assert 16_000 < found.last < 17_000
    assert Band(found).words(0)[0].endswith(f"; to step {found.last:,}")


@pytest.mark.parametrize(
    ("ensemble", "place"),
    [
        ({"members": 1}, "members"),
        ({"members": 1001}, "members"),
        ({"members": 2.5}, "members"),
        ({"vary": "start"}, "vary"),
        ({"quantiles": []}, "quantiles"),
        ({"quantiles": [0.5]}, "quantiles"),
        ({"quantiles": [0.2, 0.1]}, "quantiles"),
        ({"quantiles": [0.1, 0.1]}, "quantiles"),
        ({"seeds": 3}, "seeds"),
    ],
)
def test_documents_are_refused_with_the_place(ensemble, place):
    with pytest.raises(DocumentError) as refused:
        gdsim.load(document({**NOISY, "ensemble": ensemble}))
    assert refused.value.place.startswith(f"$.runs[0].ensemble.{place}")


def test_it_is_said_what_to_do_without_chance():
    e = experiment({"label": "plain", "optimizer": {"name": "SGD"}}, NOISY, BATCHED, landscape="linear_regression")
    assert refusal(e, 0).startswith("plain makes no use of chance")
    assert "mini-batches" in refusal(e, 0)
    assert refusal(e, 1) is None
    assert refusal(e, 2, "all") is None
    assert refusal(e, 2, "noise") == "SGD has no noise on its gradients: its chance lies in its mini-batches"


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
