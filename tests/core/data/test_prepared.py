"""Splitting, cutting short, spoiling, standardising: each does what it says and nothing else."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gdsim.core.data import (
    FIVE_POINTS,
    Blobs,
    Corruption,
    Dataset,
    Floats,
    Inline,
    Line,
    Moons,
    Penguins,
    Preparation,
    prepare,
)

DATASETS: list[Dataset] = [FIVE_POINTS, Line(), Moons(size=31), Penguins(), Inline(x=(1.0, 1.0), y=(0.0, 2.0))]
datasets = st.sampled_from(DATASETS)
preparations = st.builds(
    Preparation,
    validation=st.floats(0.0, 1.0),
    split_seed=st.integers(0, 2**63 - 1),
    standardise=st.floats(0.0, 1.0),
    only=st.none() | st.integers(1, 300),
    corrupt=st.sampled_from(get_args(Corruption)),
    corrupt_share=st.floats(0.0, 1.0),
)


def same(a: Floats, b: Floats) -> bool:
    return a.tobytes() == b.tobytes()


@settings(max_examples=150, deadline=None)
@given(dataset=datasets, preparation=preparations)
def test_any_preparation_is_a_split(dataset: Dataset, preparation: Preparation) -> None:
    got = prepare(dataset, preparation)
    assert got is prepare(dataset, preparation)
    held = min(dataset.size - 1, round(preparation.validation * dataset.size))
    rows, rows_val = got.rows.tolist(), got.rows_val.tolist()
    assert rows == sorted(set(rows))
    assert rows_val == sorted(set(rows_val))
    assert len(rows_val) == held
    assert len(rows) == min(dataset.size - held, preparation.only or dataset.size)
    assert not set(rows) & set(rows_val)
    assert got.x.shape == (len(rows), dataset.features)
    assert got.x_val.shape == (len(rows_val), dataset.features)
    assert got.y.shape == (len(rows),)
    assert same(got.y_val, dataset.targets()[rows_val])
    assert got.to_raw(got.x_val) == pytest.approx(dataset.inputs()[rows_val], rel=1e-9, abs=1e-9)
    assert got.from_raw(dataset.inputs()[rows_val]) == pytest.approx(got.x_val, rel=1e-9, abs=1e-9)
    for array in (got.x, got.y, got.x_val, got.y_val, got.mean, got.std, got.rows, got.rows_val):
        assert not array.flags.writeable
    for note in got.notes:
        assert note.endswith(".")


@pytest.mark.parametrize("dataset", DATASETS[:4], ids=lambda d: d.name())
def test_nothing_asked_for_nothing_done(dataset: Dataset) -> None:
    got = prepare(dataset, Preparation(split_seed=9))
    assert same(got.x, dataset.inputs())
    assert same(got.y, dataset.targets())
    assert got.rows.tolist() == list(range(dataset.size))
    assert got.x_val.shape == (0, dataset.features)
    assert got.notes == ()


@pytest.mark.parametrize("dataset", DATASETS[:4], ids=lambda d: d.name())
def test_standardising_morphs(dataset: Dataset) -> None:
    raw, half, full = (prepare(dataset, Preparation(validation=0.25, standardise=s)) for s in (0.0, 0.5, 1.0))
    assert full.x.mean(axis=0) == pytest.approx(0.0, abs=1e-12)
    assert full.x.std(axis=0) == pytest.approx(1.0, rel=1e-12)
    assert raw.mean == pytest.approx(raw.x.mean(axis=0), rel=1e-12)
    assert raw.std == pytest.approx(raw.x.std(axis=0), rel=1e-12)
    assert half.x.mean(axis=0) == pytest.approx(0.5 * raw.mean / np.sqrt(raw.std), rel=1e-9, abs=1e-12)
    assert half.x.std(axis=0) == pytest.approx(np.sqrt(raw.std), rel=1e-9)
    # The validation part is measured with the training part's ruler.
    assert full.x_val == pytest.approx((raw.x_val - raw.mean) / raw.std)


def test_the_seed_decides_the_split() -> None:
    splits = {tuple(prepare(Line(), Preparation(validation=0.3, split_seed=seed)).rows_val) for seed in range(5)}
    assert len(splits) == 5
    kept = prepare(Line(), Preparation(validation=0.05, split_seed=4, only=4))
    # Whoever changes this changes what every saved experiment means.
    assert (kept.rows.tolist(), kept.rows_val.tolist()) == ([25, 46, 47, 78], [26, 56, 59, 89, 95])


def test_only_stays_the_same_whatever_is_held_back() -> None:
    ten = [prepare(Line(), Preparation(validation=v, only=10)).rows.tolist() for v in (0.0, 0.2, 0.6)]
    assert ten[0] == ten[1] == ten[2]
    assert len(ten[0]) == 10


@pytest.mark.parametrize("dataset", [Line(size=200), Blobs(size=200), Penguins()], ids=lambda d: d.name())
@pytest.mark.parametrize("share", [0.0, 0.05, 0.3, 1.0])
@pytest.mark.parametrize("kind", get_args(Corruption))
def test_corruption_hits_its_share_of_the_training_part_alone(dataset: Dataset, share: float, kind: Corruption) -> None:
    calm = prepare(dataset, Preparation(validation=0.2))
    got = prepare(dataset, Preparation(validation=0.2, corrupt=kind, corrupt_share=share))
    assert same(got.x_val, calm.x_val)
    assert same(got.y_val, calm.y_val)
    x_hit = (got.x != calm.x).any(axis=1)  # NaN differs from everything
    y_hit = got.y != calm.y
    count = 0 if kind == "nothing" else round(share * len(calm.y))
    if kind == "shuffled labels":
        assert not x_hit.any()
        assert sorted(got.y) == sorted(calm.y)
        if dataset.task == "regression":  # the numbers differ, classes may be alike
            assert y_hit.sum() == count
        else:
            assert (share > 0.0) <= y_hit.sum() <= count
    elif kind == "outliers" and dataset.task == "regression":
        assert (x_hit.sum(), y_hit.sum()) == (0, count)
        assert (np.abs(got.y - calm.y)[y_hit] >= 4.99 * calm.y.std()).all()
    else:
        assert (x_hit.sum(), y_hit.sum()) == (count, 0)
    if kind == "wrong scale":
        assert got.x[x_hit, 0] == pytest.approx(1000.0 * calm.x[x_hit, 0])
        assert same(got.x[:, 1:], calm.x[:, 1:])
    assert np.isnan(got.x).sum() == (count if kind == "missing values" else 0)
    assert any("NaN" in note for note in got.notes) == (kind == "missing values" and count > 0)


def test_more_corruption_hits_the_same_and_more() -> None:
    less, more = (
        np.isnan(prepare(Line(), Preparation(corrupt="missing values", corrupt_share=share)).x[:, 0])
        for share in (0.1, 0.4)
    )
    assert (more[less]).all()


def test_missing_values_do_not_spoil_the_statistics() -> None:
    got = prepare(Line(), Preparation(corrupt="missing values", corrupt_share=0.3, standardise=1.0))
    assert np.nanmean(got.x) == pytest.approx(0.0, abs=1e-12)
    assert np.nanstd(got.x) == pytest.approx(1.0)
    lost = prepare(Line(), Preparation(corrupt="missing values", corrupt_share=1.0, standardise=1.0))
    assert np.isnan(lost.x).all()
    assert (lost.mean, lost.std) == (np.zeros(1), np.ones(1))


@pytest.mark.parametrize(
    ("dataset", "preparation", "note"),
    [
        (
            Inline(x=(3.2, 3.2, 3.2), y=(0.0, 1.0, 2.0)),
            Preparation(standardise=1.0),
            "x is the same everywhere (3.2): standardised it is 0, and its weight cannot be learned.",
        ),
        (
            Blobs(size=2),
            Preparation(validation=0.5),
            "All training examples are of one class (1): the model can only learn to say 1 everywhere, and its "
            "weights grow without end.",
        ),
        (
            Line(size=10),
            Preparation(corrupt="missing values", corrupt_share=0.2),
            "x is missing (NaN) in 2 of 10 examples: every loss that they are part of is NaN.",
        ),
        (
            Line(size=10),
            Preparation(only=12),
            "The training part has only 10 examples, fewer than 12.",
        ),
        (
            Line(size=2),
            Preparation(validation=0.1),
            "2 examples cannot be split: there is no validation part.",
        ),
    ],
)
def test_notes(dataset: Dataset, preparation: Preparation, note: str) -> None:
    assert prepare(dataset, preparation).notes == (note,)


def test_a_constant_input_becomes_exactly_zero() -> None:
    got = prepare(Inline(x=(0.1,) * 7, y=(1.0,) * 7), Preparation(standardise=1.0))
    assert not got.x.any()
    assert (got.mean[0], got.std[0]) == (0.1, 1.0)


def test_huge_values_stay_finite() -> None:
    got = prepare(Inline(x=(-1e100, 0.0, 1e100), y=(0.0, 1.0, 2.0)), Preparation(standardise=1.0))
    assert got.x[:, 0] == pytest.approx([-np.sqrt(1.5), 0.0, np.sqrt(1.5)])
