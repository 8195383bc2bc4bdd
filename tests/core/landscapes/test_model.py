"""Every model on every kind of data: slope and curvature, losses one by one and at once, what it says of itself."""

from __future__ import annotations

import threading
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gdsim.core.data import Blobs, Circles, CsvFile, Dataset, Inline, Line, Moons, NoisySine, Spirals
from gdsim.core.landscapes import Floats, Landscape, ModelLandscape
from gdsim.core.landscapes.fitted import LinearRegression, LogisticRegression, PolynomialRegression
from gdsim.core.landscapes.model import CROSS_ENTROPY, SQUARE, Judge, chunks
from gdsim.core.landscapes.network import Network
from gdsim.core.spec import hyperparameters, kinds_of

KINDS = kinds_of(ModelLandscape)

TABLE: dict[str, ModelLandscape] = {
    "line": LinearRegression(),
    "line half": LinearRegression(dataset=Line(size=30, low=3.0, high=4.0), loss_kind="half_mse"),
    "line sum": LinearRegression(dataset=NoisySine(), loss_kind="sum", validation=0.3),
    "line huber": LinearRegression(dataset=Line(size=50, outliers=0.2), loss_kind="huber", delta=0.5),
    "line two inputs": LinearRegression(dataset=Blobs(size=20)),
    "line standardised": LinearRegression(standardise=1.0),
    "logistic": LogisticRegression(validation=0.25),
    "logistic separable": LogisticRegression(dataset=Blobs(distance=9.0, size=40)),
    "logistic moons": LogisticRegression(dataset=Moons(size=60), standardise=0.5, corrupt="shuffled labels"),
    "polynomial": PolynomialRegression(),
    "polynomial of a line": PolynomialRegression(degree=1, dataset=Line(), validation=0.5),
    "polynomial too many": PolynomialRegression(degree=15, only=6, standardise=1.0),
    "network": Network(dataset=Moons(size=50), validation=0.2),
    "network one layer": Network(dataset=Circles(size=30), hidden=5, hidden2=0),
    "network one input": Network(dataset=NoisySine(), hidden=4, hidden2=3, corrupt="outliers"),
    "network one unit": Network(dataset=Spirals(size=20), hidden=1, hidden2=1),
    "network relu": Network(dataset=Moons(size=40), hidden=6, hidden2=4, activation="relu"),
    "network relu numbers": Network(dataset=NoisySine(size=15), hidden=7, hidden2=0, activation="relu"),
}
each = pytest.mark.parametrize("model", [pytest.param(model, id=name) for name, model in TABLE.items()])
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name())


def somewhere(model: ModelLandscape, count: int, seed: int = 3, scale: float = 1.0) -> Floats:
    """Points of ordinary size, away from where nothing is special."""
    chance = np.random.Generator(np.random.Philox(key=seed))
    return scale * chance.standard_normal((count, model.dim))


def slope_by_differences(model: ModelLandscape, theta: Floats, x: Floats, y: Floats) -> Floats:
    width = 1e-5 * np.maximum(1.0, np.abs(theta))
    ahead, behind = theta + np.diag(width), theta - np.diag(width)
    values = [model.value(a, x, y) - model.value(b, x, y) for a, b in zip(ahead, behind, strict=True)]
    return np.array(values) / (2.0 * width)


def curvature_by_differences(model: ModelLandscape, theta: Floats, x: Floats, y: Floats) -> Floats:
    width = 1e-5 * np.maximum(1.0, np.abs(theta))
    ahead, behind = theta + np.diag(width), theta - np.diag(width)
    slopes = [model.slope(a, x, y)[1] - model.slope(b, x, y)[1] for a, b in zip(ahead, behind, strict=True)]
    return np.array(slopes) / (2.0 * width[:, np.newaxis])


def creased(model: ModelLandscape) -> bool:
    """Whether its slope jumps: a difference across the crease is of both sides."""
    return getattr(model, "activation", "") == "relu"


def bent_in_places(model: ModelLandscape) -> bool:
    """Whether its curvature jumps."""
    return creased(model) or getattr(model, "loss_kind", "") == "huber"


# What they say of themselves


@each_kind
def test_says_what_it_is(kind: type[ModelLandscape]) -> None:
    model = kind()
    assert kind.title
    assert kind.__doc__
    assert kind.teaches.endswith(".")
    assert len(model.parameter_names) == len(set(model.parameter_names)) == model.dim == len(model.initial())
    assert model.task == model.dataset.task
    assert model.notes() == ()
    for p in hyperparameters(kind):
        assert p.label
        assert p.meaning.endswith((".", "?"))
        if p.kind == "number":
            assert p.symbol
            assert p.low < p.high
            assert p.refusal(p.default) is p.refusal(p.low) is p.refusal(p.high) is None


@each_kind
def test_good_rate_descends(kind: type[ModelLandscape]) -> None:
    model = kind()
    data, theta = model.data(), np.array(model.initial())
    first = model.value(theta, data.x, data.y)
    for _ in range(300):
        theta = theta - model.good_lr * model.slope(theta, data.x, data.y)[1]
    assert model.value(theta, data.x, data.y) < 0.5 * first


def test_kinds_are_told_once() -> None:
    names = [kind.name() for kind in kinds_of(Landscape)]
    assert len(names) == len(set(names))
    assert {kind.name() for kind in KINDS} == {
        "linear_regression", "logistic_regression", "polynomial_regression", "network"
    }  # fmt: skip


@each
def test_equal_by_values(model: ModelLandscape) -> None:
    again = msgspec.json.decode(msgspec.json.encode(model), type=type(model))
    assert again == model
    assert hash(again) == hash(model)
    assert again.data() is model.data()
    assert msgspec.structs.replace(model, split_seed=7) != model


@each
def test_home_holds_start_and_minima(model: ModelLandscape) -> None:
    left, right, bottom, top = model.home()
    assert np.isfinite([left, right, bottom, top]).all()
    assert (right - left) / (top - bottom) == pytest.approx(1.6)
    for x, y in [model.initial()[:2], *model.minima()[:, :2]]:
        assert left < x < right
        assert bottom < y < top


# Derivatives


@settings(max_examples=120, deadline=None)
@given(
    name=st.sampled_from([name for name, model in TABLE.items() if not creased(model)]),
    seed=st.integers(0, 2**32),
    scale=st.floats(0.01, 3.0),
)
def test_slope_is_that_of_the_value(name: str, seed: int, scale: float) -> None:
    check_slope(TABLE[name], somewhere(TABLE[name], 1, seed, scale)[0])


@pytest.mark.parametrize("model", [pytest.param(m, id=name) for name, m in TABLE.items() if creased(m)])
def test_slope_between_creases(model: ModelLandscape) -> None:
    for theta in somewhere(model, 5):
        check_slope(model, theta)


def check_slope(model: ModelLandscape, theta: Floats) -> None:
    data = model.data()
    loss, slope = model.slope(theta, data.x, data.y)
    assert loss == pytest.approx(model.value(theta, data.x, data.y), rel=1e-14)
    assert slope.shape == (model.dim,)
    wrong = np.abs(slope - slope_by_differences(model, theta, data.x, data.y)).max()
    assert wrong <= 1e-7 * (1.0 + np.abs(slope).max() + loss)


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from([name for name, model in TABLE.items() if not bent_in_places(model)]),
    seed=st.integers(0, 2**32),
    scale=st.floats(0.01, 3.0),
)
def test_curvature_is_that_of_the_slope(name: str, seed: int, scale: float) -> None:
    model = TABLE[name]
    data, (theta,) = model.data(), somewhere(TABLE[name], 1, seed, scale)
    found = model.curvature(theta, data.x, data.y)
    assert (found == found.T).all()
    wanted = curvature_by_differences(model, theta, data.x, data.y)
    assert np.abs(found - wanted).max() <= 1e-6 * (1.0 + np.abs(found).max() + model.value(theta, data.x, data.y))


@pytest.mark.parametrize("model", [pytest.param(m, id=name) for name, m in TABLE.items() if bent_in_places(m)])
def test_curvature_between_creases(model: ModelLandscape) -> None:
    data = model.data()
    for theta in somewhere(model, 3):
        found = model.curvature(theta, data.x, data.y)
        assert (found == found.T).all()
        assert np.abs(found).max() > 0.0
        np.testing.assert_allclose(found, curvature_by_differences(model, theta, data.x, data.y), rtol=0, atol=1e-5)


@each
def test_minima(model: ModelLandscape) -> None:
    data = model.data()
    for theta in model.minima():
        loss, slope = model.slope(theta, data.x, data.y)
        bend = np.linalg.eigvalsh(model.curvature(theta, data.x, data.y))
        assert np.abs(slope).max() <= 1e-11 * (1.0 + bend[-1]) * (1.0 + np.abs(theta).max())
        assert bend[0] >= -1e-12 * bend[-1]
        assert (model.loss(theta + 0.01 * somewhere(model, 20)) > loss).all()


def test_where_minima_are_known() -> None:
    known = {name for name, model in TABLE.items() if len(model.minima())}
    assert known == {name for name in TABLE if not name.startswith("network")} - {"logistic separable"}


# One by one and at once


@each
def test_losses_are_values(model: ModelLandscape) -> None:
    data, thetas = model.data(), somewhere(model, 40)
    values = [model.value(theta, data.x, data.y) for theta in thetas]
    np.testing.assert_allclose(model.losses(thetas, data.x, data.y), values, rtol=1e-12)
    np.testing.assert_allclose(model.loss(thetas), values, rtol=1e-12)
    assert model.losses(thetas[:0], data.x, data.y).shape == (0,)


@each
def test_the_landscape_is_the_training_part(model: ModelLandscape) -> None:
    data, thetas = model.data(), somewhere(model, 3)
    slopes = np.array([model.slope(theta, data.x, data.y)[1] for theta in thetas])
    bends = np.array([model.curvature(theta, data.x, data.y) for theta in thetas])
    np.testing.assert_allclose(model.gradient(thetas), slopes, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(model.hessian(thetas), bends, rtol=1e-12, atol=1e-12)
    assert model.gradient(thetas[:0]).shape == (0, model.dim)
    assert model.hessian(thetas[:0]).shape == (0, model.dim, model.dim)
    for wrong in (thetas[0], thetas[:, 1:]):
        for method in (model.loss, model.gradient, model.hessian):
            with pytest.raises(ValueError, match="shape"):
                method(wrong)


@each
def test_validation_loss(model: ModelLandscape) -> None:
    data, thetas = model.data(), somewhere(model, 4)
    found = model.val_loss(thetas)
    assert found.shape == (4,)
    if model.validation == 0.0:
        assert np.isnan(found).all()
    else:
        values = [model.value(theta, data.x_val, data.y_val) for theta in thetas]
        np.testing.assert_allclose(found, values, rtol=1e-12)


@each
def test_a_loss_is_the_mean_of_those_of_its_parts(model: ModelLandscape) -> None:
    # More examples than are computed at once.
    x, y = (np.tile(part.T, 400).T[:2500] for part in (model.data().x, model.data().y))
    (theta,), count = somewhere(model, 1), y.size
    parts = [slice(0, 700), slice(700, 1900), slice(1900, count)]
    weights = np.array([(1.0 if getattr(model, "loss_kind", "") == "sum" else y[p].size / count) for p in parts])
    found = [model.slope(theta, x[p], y[p]) for p in parts]
    loss, slope = model.slope(theta, x, y)
    assert model.value(theta, x, y) == pytest.approx(loss, rel=1e-14)
    assert loss == pytest.approx(weights @ [f for f, _ in found], rel=1e-11)
    np.testing.assert_allclose(slope, weights @ np.array([g for _, g in found]), rtol=1e-9, atol=1e-11)
    bends = np.array([model.curvature(theta, x[p], y[p]) for p in parts])
    np.testing.assert_allclose(
        model.curvature(theta, x, y), np.tensordot(weights, bends, 1), rtol=1e-9, atol=1e-10
    )  # fmt: skip
    np.testing.assert_allclose(model.losses([theta, theta], x, y), loss, rtol=1e-12)
    np.testing.assert_allclose(model.predict(theta, x)[:1500], model.predict(theta, x[:1500]), rtol=1e-12)


@each
def test_predictions_give_the_loss(model: ModelLandscape) -> None:
    data = model.data()
    for theta in somewhere(model, 3, scale=0.5):
        answer = model.predict(theta, data.x)
        assert answer.shape == data.y.shape
        if model.task == "classification":
            wanted = -np.log(np.where(data.y == 1.0, answer, 1.0 - answer)).mean()
        else:
            r = np.abs(answer - data.y)
            delta = getattr(model, "delta", 0.0)
            each_loss = {
                "half_mse": 0.5 * r**2,
                "sum": r**2 * r.size,
                "huber": np.where(r <= delta, 0.5 * r**2, delta * (r - 0.5 * delta)),
            }.get(getattr(model, "loss_kind", "mse"), r**2)
            wanted = each_loss.mean()
        assert model.value(theta, data.x, data.y) == pytest.approx(wanted, rel=1e-11)


# The same bits, whatever happens meanwhile


@each
def test_the_same_bits_again(model: ModelLandscape) -> None:
    data, (theta, other) = model.data(), somewhere(model, 2)
    loss, slope = model.slope(theta, data.x, data.y)
    value = model.value(theta, data.x, data.y)
    kept = slope.copy()
    for count in range(1, 14):  # more shapes than work arrays are kept
        model.slope(other, data.x[:count], data.y[:count])
    assert (slope == kept).all()
    found: list[Any] = []
    there = threading.Thread(target=lambda: found.append(model.slope(theta, data.x, data.y)))
    there.start()
    there.join()
    for loss_again, slope_again in [model.slope(theta, data.x, data.y), *found]:
        assert loss_again == loss
        assert (slope_again == slope).all()
    assert model.value(theta, data.x, data.y) == value


# Numbers that are not finite


@each
def test_missing_values_are_nan(model: ModelLandscape) -> None:
    model = msgspec.structs.replace(model, corrupt="missing values", corrupt_share=0.5)
    data, thetas = model.data(), somewhere(model, 2)
    loss, slope = model.slope(thetas[0], data.x, data.y)
    assert np.isnan(loss)
    assert np.isnan(slope).any()
    assert np.isnan(model.value(thetas[0], data.x, data.y))
    assert np.isnan(model.loss(thetas)).all()
    assert np.isnan(model.gradient(thetas)).any()
    assert model.hessian(thetas).shape == (2, model.dim, model.dim)
    assert np.isnan(model.predict(thetas[0], data.x)).any()
    assert len(model.minima()) == 0
    assert np.isfinite(model.home()).all()
    assert any("NaN" in note for note in model.notes())


@each
@pytest.mark.parametrize("size", [1e100, 1e155, 1e308, np.inf, np.nan])
def test_huge_values_are_silent(model: ModelLandscape, size: float) -> None:
    data, thetas = model.data(), np.full((2, model.dim), size) * [[1.0], [-1.0]]
    assert model.loss(thetas).shape == (2,)
    assert model.gradient(thetas).shape == (2, model.dim)
    assert model.hessian(thetas).shape == (2, model.dim, model.dim)
    assert model.losses(thetas, data.x, data.y).shape == (2,)
    model.predict(thetas[0], data.x)
    model.condition_number(thetas[0])
    loss, slope = model.slope(thetas[0], data.x, data.y)
    assert isinstance(loss, float)
    if np.isnan(size):
        assert np.isnan(loss)
        assert np.isnan(slope).any()


@each
def test_no_examples(model: ModelLandscape) -> None:
    data, (theta,) = model.data(), somewhere(model, 1)
    x, y = data.x[:0], data.y[:0]
    assert np.isnan(model.value(theta, x, y))
    assert np.isnan(model.slope(theta, x, y)[0])
    assert np.isnan(model.losses([theta], x, y)).all()
    assert model.predict(theta, x).shape == (0,)


# What is odd


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (PolynomialRegression(degree=15, only=6), "6 points, 16 parameters: many curves pass through all of them."),
        (LinearRegression(only=1), "1 point, 2 parameters: many lines pass through it."),
        (LogisticRegression(only=2), "2 points, 3 parameters: many lines tell them apart."),
        (Network(dataset=Moons(size=50)), "50 points, 105 parameters: the network can learn them by heart."),
        (LinearRegression(dataset=Blobs()), "The data set has 2 inputs; this model uses the first one: x1."),
        (LogisticRegression(dataset=Blobs(distance=9.0)), "A straight line separates the classes"),
        (LinearRegression(dataset=Inline(x=(1.0, 1.0), y=(1.0, 2.0))), "x is the same everywhere"),
    ],
)
def test_notes(model: ModelLandscape, words: str) -> None:
    assert [words in note for note in model.notes()].count(True) == 1
    assert all(note.endswith(".") for note in model.notes())


def csv(inputs: tuple[str, ...], task: Any) -> CsvFile:
    """A file that was never read in."""
    return CsvFile(path="data.csv", sha256="0" * 64, columns=inputs, target="y", task=task)


@pytest.mark.parametrize(
    ("dataset", "words"),
    [
        (NoisySine(), "takes a data set with at least two inputs"),
        (csv(("a",), "classification"), "takes a data set with at least two inputs"),
        (csv(("a", "b"), "regression"), "takes a data set of two classes"),
    ],
)
def test_data_that_do_not_suit_are_refused(dataset: Dataset, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        LogisticRegression(dataset=dataset)


@each_kind
def test_a_file_may_be_read_later(kind: type[ModelLandscape]) -> None:
    model = kind(dataset=csv(("a", "b", "c"), "classification"))
    assert len(model.initial()) == model.dim
    with pytest.raises(ValueError, match=r"data\.csv has not been read in yet"):
        model.loss([model.initial()])


# Conditioning


def test_standardised_inputs_make_a_bowl() -> None:
    numbers = [
        LinearRegression(dataset=Line(low=5.0, high=6.0), standardise=s).condition_number([0.0, 0.0])
        for s in (0.0, 0.5, 1.0)
    ]
    assert numbers[0] > 1000.0
    assert numbers[0] > numbers[1] > numbers[2]
    assert numbers[2] == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize(
    ("model", "number"),
    [
        (LinearRegression(), 69.986),
        (LinearRegression(dataset=Inline(x=(2.0, 2.0), y=(1.0, 2.0))), np.inf),
        (LinearRegression(corrupt="missing values"), np.nan),
        (PolynomialRegression(degree=1, dataset=Inline(x=(1.0, 2.0, 3.0, 4.0, 5.0), y=(0.0,) * 5)), 69.986),
        (PolynomialRegression(degree=15, only=6), np.inf),
        (PolynomialRegression(corrupt="missing values"), np.nan),
        (Network(dataset=Moons(size=20), hidden=3, hidden2=0, activation="relu", only=1), np.inf),
    ],
)
def test_condition_number(model: ModelLandscape, number: float) -> None:
    assert model.condition_number(model.initial()) == pytest.approx(number, rel=1e-5, nan_ok=True)


# The parts


@pytest.mark.parametrize("judge", [SQUARE, CROSS_ENTROPY], ids=["square", "cross-entropy"])
def test_judges(judge: Judge) -> None:
    z, y = np.array([-700.0, -30.0, -2.0, 0.0, 1e-9, 3.0, 40.0, 700.0]), np.array([1.0, 0.0] * 4)
    value, slope = judge.slope(z, y)
    np.testing.assert_allclose(value, judge.value(z, y), rtol=1e-15)
    width = 1e-4
    np.testing.assert_allclose(
        slope, (judge.value(z + width, y) - judge.value(z - width, y)) / (2.0 * width), rtol=1e-7, atol=1e-12
    )
    np.testing.assert_allclose(
        judge.bend(z, y), (judge.slope(z + width, y)[1] - judge.slope(z - width, y)[1]) / (2.0 * width), atol=1e-7
    )


def test_cross_entropy_keeps_its_digits_when_it_is_sure() -> None:
    z, y = np.array([50.0, -50.0]), np.array([1.0, 0.0])
    value, slope = CROSS_ENTROPY.slope(z, y)
    np.testing.assert_allclose(value, np.exp(-50.0), rtol=1e-14)
    np.testing.assert_allclose(slope, [-np.exp(-50.0), np.exp(-50.0)], rtol=1e-14)


@pytest.mark.parametrize(("count", "per", "limit"), [(0, 3, 10), (1, 100, 10), (10, 3, 10), (7, 0, 3), (9, 1, 3)])
def test_chunks(count: int, per: int, limit: int) -> None:
    pieces = chunks(count, per, limit)
    things = list(range(count))
    assert [thing for piece in pieces for thing in things[piece]] == things
    assert all(len(things[piece]) > 0 and (len(things[piece]) - 1) * per < limit for piece in pieces)
    assert all(len(things[piece]) * per <= max(limit, per) for piece in pieces)


@each
def test_filters_hold_every_parameter_once(model: ModelLandscape) -> None:
    assert sorted(np.concatenate(model.filters()).tolist()) == list(range(model.dim))
