"""Made-up data: repeatable, of the size and kind that was asked for, disturbed as declared."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gdsim.core.data import AnyDataset, Blobs, Circles, Dataset, Line, Moons, NoisySine, Spirals
from gdsim.core.data.generators import Generated
from gdsim.core.spec import hyperparameters, kinds_of

KINDS = [Line, NoisySine, Blobs, Moons, Circles, Spirals]
every = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name())

sizes = st.integers(2, 300)
shares = st.sampled_from([0.0, 0.001, 0.1, 0.25, 0.5])
seeds = st.integers(0, 2**63 - 1)


def bits(dataset: Dataset) -> bytes:
    x, y = dataset.make()
    return hashlib.sha256(x.tobytes() + y.tobytes()).digest()


def test_the_table_is_complete() -> None:
    assert set(kinds_of(Generated)) == set(KINDS)


@every
@settings(max_examples=40, deadline=None)
@given(size=sizes, outliers=shares, seed=seeds, noise=st.floats(0.01, 3.0))
def test_shapes_classes_and_bits(kind: type[Any], size: int, outliers: float, seed: int, noise: float) -> None:
    dataset = kind(size=size, outliers=outliers, seed=seed, noise=noise)
    x, y = dataset.inputs(), dataset.targets()
    assert x.shape == (size, dataset.features) == (size, len(dataset.input_names))
    assert y.shape == (size,)
    assert x.dtype == y.dtype == np.float64
    assert np.isfinite(x).all()
    assert np.isfinite(y).all()
    assert not x.flags.writeable
    assert not y.flags.writeable
    if dataset.task == "classification":
        assert np.bincount(y.astype(int)).tolist() == [size - size // 2, size // 2]
        assert dataset.class_names is not None
    else:
        assert dataset.class_names is None
    again = msgspec.json.decode(msgspec.json.encode(dataset), type=AnyDataset)
    assert again == dataset
    assert bits(again) == bits(dataset)
    assert bits(msgspec.structs.replace(dataset, seed=(seed + 1) % 2**63)) != bits(dataset)


@pytest.mark.parametrize(
    ("dataset", "x", "y"),
    [
        (
            Line(size=3, seed=1, outliers=0.4),
            [[-0.4601858708390951], [0.9859574477768873], [0.1079368514876311]],
            [0.08605226618298965, 3.1060365760500357, -8.866457351068545],
        ),
        (
            Moons(size=2, seed=2**63 - 1),
            [[-0.781835319833853, 0.33891138176399704], [0.3423047672545638, 0.05060168960154865]],
            [0.0, 1.0],
        ),
    ],
)
def test_documents_keep_their_points(dataset: Generated, x: list[list[float]], y: list[float]) -> None:
    # Whoever changes this changes what every saved experiment means.
    assert dataset.inputs() == pytest.approx(np.array(x), rel=1e-14)
    assert dataset.targets() == pytest.approx(np.array(y), rel=1e-14)


@every
def test_a_larger_one_begins_with_the_smaller_one(kind: type[Any]) -> None:
    small, large = kind(size=20, seed=3), kind(size=50, seed=3)
    assert np.array_equal(large.inputs()[:20], small.inputs())
    assert np.array_equal(large.targets()[:20], small.targets())


@every
@pytest.mark.parametrize("share", [0.05, 0.2, 0.5])
def test_outliers_are_that_share_and_far_away(kind: type[Any], share: float) -> None:
    calm, wild = kind(size=200, seed=7), kind(size=200, seed=7, outliers=share)
    moved_x = np.linalg.norm(wild.inputs() - calm.inputs(), axis=1)
    moved_y = np.abs(wild.targets() - calm.targets())
    moved, still = (moved_x, moved_y) if calm.task == "classification" else (moved_y, moved_x)
    assert not still.any()
    assert np.count_nonzero(moved) == round(share * 200)
    spread = (calm.inputs() if calm.task == "classification" else calm.targets()[:, None]).std(axis=0).min()
    assert moved[moved > 0].min() >= 4.99 * spread


@every
def test_noise_is_what_it_says(kind: type[Any]) -> None:
    clean, noisy = kind(size=20_000, noise=0.0), kind(size=20_000, noise=0.3)
    off = noisy.inputs() - clean.inputs() if clean.task == "classification" else noisy.targets() - clean.targets()
    assert off.std() == pytest.approx(0.3, rel=0.02)
    assert abs(off.mean()) < 0.01


def test_rules_without_noise() -> None:
    line = Line(noise=0.0, slope=-3.0, intercept=2.0, low=5.0, high=7.0)
    assert np.array_equal(line.targets(), -3.0 * line.inputs()[:, 0] + 2.0)
    assert 5.0 <= line.inputs().min() < line.inputs().max() <= 7.0
    sine = NoisySine(noise=0.0, amplitude=2.0, frequency=4.0)
    assert np.array_equal(sine.targets(), 2.0 * np.sin(4.0 * sine.inputs()[:, 0]))
    blobs = Blobs(noise=0.0, distance=3.0)
    first, second = (np.unique(blobs.inputs()[blobs.targets() == c], axis=0) for c in (0.0, 1.0))
    assert len(first) == len(second) == 1
    assert np.linalg.norm(first - second) == pytest.approx(3.0)
    circles = Circles(noise=0.0, factor=0.25)
    assert np.linalg.norm(circles.inputs(), axis=1) == pytest.approx(np.where(circles.targets() == 1.0, 0.25, 1.0))
    moons = Moons(noise=0.0)
    upper = moons.targets() == 0.0
    assert np.linalg.norm(moons.inputs()[upper], axis=1) == pytest.approx(1.0)
    assert np.linalg.norm(moons.inputs()[~upper] - [1.0, 0.5], axis=1) == pytest.approx(1.0)
    assert (moons.inputs()[upper, 1] >= 0.0).all()
    assert (moons.inputs()[~upper, 1] <= 0.5).all()
    spirals = Spirals(noise=0.0, turns=0.5)
    radius = np.linalg.norm(spirals.inputs(), axis=1)
    angle = np.arctan2(*spirals.inputs().T[::-1]) - np.pi * (spirals.targets() == 1.0)
    assert np.cos(angle - np.pi * radius / 2.0) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"name": "line", "size": 1}', "$.size"),
        ('{"name": "moons", "size": 100001}', "$.size"),
        ('{"name": "moons", "noise": -0.1}', "$.noise"),
        ('{"name": "blobs", "outliers": 0.51}', "$.outliers"),
        ('{"name": "spirals", "seed": -1}', "$.seed"),
        ('{"name": "circles", "factor": 1.5}', "$.factor"),
        ('{"name": "line", "low": 2.0, "high": 2.0}', "inputs must run from a smaller to a larger number"),
    ],
)
def test_what_is_refused(text: str, place: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=place.replace("$", r"\$")):
        msgspec.json.decode(text, type=AnyDataset)


@every
def test_declarations_teach(kind: Any) -> None:
    assert kind.title
    assert kind.teaches.endswith(".")
    for parameter in hyperparameters(kind):
        assert parameter.meaning.endswith("."), parameter.path
        assert parameter.low < parameter.high
        assert parameter.refusal(parameter.default) is None
        assert parameter.low <= parameter.default <= parameter.high
