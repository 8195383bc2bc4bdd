"""Regressions: known figures, digits near the minimum, batches, outliers, data that have no single best fit."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gdsim
from gdsim.core.arithmetic import ARRAYS, FLOATS
from gdsim.core.data import FIVE_POINTS, AnyDataset, Blobs, Dataset, Inline, Line, Moons, NoisySine
from gdsim.core.landscapes import fitted, model
from gdsim.core.landscapes.fitted import LinearRegression, LogisticRegression, PolynomialRegression, sigmoid, sums
from gdsim.core.spec import hyperparameters, kinds_of
from gdsim.resources import resource

CASES = json.loads(
    (Path(__file__).parents[2] / "data" / "oracle" / "tutorial_linreg.json").read_text(encoding="utf-8")
)["cases"]

LOSSES = ("mse", "half_mse", "sum")
each_loss = pytest.mark.parametrize("kind", LOSSES)

values = st.floats(-1e3, 1e3).map(lambda v: round(v, 6))


def exact_loss(data: Inline, kind: str, w: float, b: float) -> float:
    """The definition, in exact rational arithmetic."""
    squares = [
        (Fraction(y) - Fraction(w) * Fraction(x) - Fraction(b)) ** 2 for x, y in zip(data.x, data.y, strict=True)
    ]
    total = sum(squares, Fraction(0))
    return float(total if kind == "sum" else total / len(squares) / (2 if kind == "half_mse" else 1))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["experiment"]["landscape"]["loss"])
def test_reference(case: dict[str, Any]) -> None:
    landscape = msgspec.convert(case["experiment"]["landscape"], type=LinearRegression)
    assert landscape.dataset == FIVE_POINTS
    assert landscape.minima()[0] == pytest.approx([case["ols_w"], case["ols_b"]], abs=1e-14)
    half = 0.5 if landscape.loss_kind == "half_mse" else 1.0
    assert landscape.loss(landscape.minima())[0] == pytest.approx(half * case["ols_mse"], rel=1e-12)
    eig = np.linalg.eigvalsh(landscape.hessian(landscape.minima())[0])
    assert eig == pytest.approx(case["hess_eig"], rel=1e-12)
    assert 2.0 / eig[-1] == pytest.approx(case["lr_max"], rel=1e-12)
    assert eig[-1] / eig[0] == pytest.approx(case["condition_number"], rel=1e-10)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["experiment"]["landscape"]["loss"])
def test_reference_trajectory(case: dict[str, Any]) -> None:
    landscape = msgspec.convert(case["experiment"]["landscape"], type=LinearRegression)
    parts = landscape.first(FLOATS)
    lr = case["experiment"]["runs"][0]["optimizer"]["lr"]
    w, b = case["experiment"]["start"]
    rows = {row[0]: row[1:] for row in case["rows"]}
    for k in range(max(rows) + 1):
        f, gw, gb = parts(w, b)
        if k in rows:
            assert [w, b] == pytest.approx(rows[k][:2], rel=1e-12, abs=1e-12)
            assert f == pytest.approx(rows[k][2], rel=1e-11)
        w, b = w - lr * gw, b - lr * gb


def test_known_figures() -> None:
    landscape = LinearRegression()
    assert landscape.minima()[0] == pytest.approx([2.03, -0.03], abs=1e-12)
    eig = np.linalg.eigvalsh(landscape.hessian([[0.0, 0.0]])[0])
    assert 2.0 / eig[1] == pytest.approx(0.0845240525773, rel=1e-11)
    assert eig[1] / eig[0] == pytest.approx(69.986, rel=1e-5)


@settings(deadline=None)
@given(
    points=st.lists(st.tuples(values, values), min_size=2, max_size=8),
    kind=st.sampled_from(LOSSES),
    at=st.tuples(values, values),
)
def test_loss_is_its_definition(points: list[tuple[float, float]], kind: str, at: tuple[float, float]) -> None:
    x, y = zip(*points, strict=True)
    data = Inline(x=x, y=y)
    landscape = msgspec.convert({"dataset": {"name": "inline", "x": x, "y": y}, "loss": kind}, type=LinearRegression)
    want = exact_loss(data, kind, *at)
    # The best line of nearly equal inputs is enormous: what is lost there is a digit of its own size.
    size = 1.0 + want + sum(abs(v) for v in landscape.minima().ravel()) ** 2
    assert landscape.loss([at])[0] == pytest.approx(want, abs=1e-10 * size)


@each_loss
def test_loss_keeps_its_digits_near_the_minimum(kind: Any) -> None:
    # Inputs far from 0: written out, the sums would cancel to nothing.
    data = Inline(x=(1e6, 1e6 + 1.0, 1e6 + 2.0, 1e6 + 3.0), y=(1.0, 3.0, 5.0, 7.0))
    landscape = LinearRegression(dataset=data, loss_kind=kind)
    ((w, b),) = landscape.minima()
    assert (w, b) == (2.0, 1.0 - 2e6)
    assert landscape.loss([(w, b)])[0] == 0.0
    scale = landscape.scale
    assert landscape.loss([(w, b + 1e-6)])[0] == pytest.approx(scale * 1e-12, rel=1e-3)


@each_loss
def test_equal_inputs(kind: Any) -> None:
    data = Inline(x=(0.1, 0.1, 0.1), y=(1.0, 2.0, 6.0))
    landscape = LinearRegression(dataset=data, loss_kind=kind)
    assert landscape.minima().shape == (0, 2)
    for at in ((0.0, 0.0), (2.0, -1.0), (10.0, 2.0)):
        assert landscape.loss([at])[0] == pytest.approx(exact_loss(data, kind, *at), rel=1e-14)
    eig = np.linalg.eigvalsh(landscape.hessian([[0.0, 0.0]])[0])
    assert eig[0] == pytest.approx(0.0, abs=1e-14)
    assert np.isfinite(landscape.home()).all()


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ((0.0, 1.0), (0.0, 0.0)),
        ((1.0, 2.0), (1e5, 1e5 + 1.0)),
        ((0.0, 1e-3), (0.0, 1e3)),
        ((3.0, 3.0), (1.0, -5.0)),
        ((0.0, 0.0), (0.0, 0.0)),
        ((1e100, -1e100), (1e100, 1e100)),
        ((0.0, 1e-170), (1.0, 2.0)),
    ],
)
def test_home_holds_start_and_minimum(x: tuple[float, ...], y: tuple[float, ...]) -> None:
    landscape = LinearRegression(dataset=Inline(x=x, y=y))
    left, right, bottom, top = landscape.home()
    assert np.isfinite([left, right, bottom, top]).all()
    for w, b in [*landscape.minima(), landscape.start]:
        assert left < w < right
        assert bottom < b < top


def test_equality_is_by_data() -> None:
    same = Inline(x=FIVE_POINTS.x, y=FIVE_POINTS.y)
    assert LinearRegression(dataset=same) == LinearRegression()
    assert hash(LinearRegression(dataset=same)) == hash(LinearRegression())
    other = Inline(x=(1.0, 2.0), y=(1.0, 2.0))
    assert LinearRegression(dataset=other) != LinearRegression()
    assert LinearRegression(loss_kind="sum") != LinearRegression()
    with pytest.raises(AttributeError):
        same.x = (1.0,)  # type: ignore[misc]


def test_document() -> None:
    document = {
        "name": "linear_regression",
        "dataset": {"name": "inline", "x": [1.0, 2.0], "y": [3.0, 4.0]},
        "loss": "half_mse",
    }
    landscape = msgspec.convert(document, type=LinearRegression)
    again = msgspec.to_builtins(landscape)
    assert again == {**again, **document, "dataset": {"name": "inline", "x": (1.0, 2.0), "y": (3.0, 4.0)}}
    assert landscape.axes == ("w", "b")


@pytest.mark.parametrize(
    ("x", "y", "text"),
    [
        ([1.0], [1.0], "at least 2 points, not 1"),
        ([], [], "at least 2 points, not 0"),
        ([1.0, 2.0], [1.0], "equally long, not 2 and 1"),
        ([1.0, float("nan")], [1.0, 2.0], r"x\[1\] must be a finite number, not nan"),
        ([1.0, 2.0], [float("-inf"), 2.0], r"y\[0\] must be a finite number, not -inf"),
        ([1.0, 2.0], [0.0, 1e101], r"y\[1\] must not be larger than 1e\+100"),
    ],
)
def test_bad_data_is_refused(x: list[float], y: list[float], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        Inline(x=tuple(x), y=tuple(y))
    with pytest.raises(msgspec.ValidationError, match=text + r".* - at `\$.dataset`"):
        msgspec.convert({"dataset": {"name": "inline", "x": x, "y": y}}, type=LinearRegression)


@pytest.mark.parametrize("document", [{"loss": "mae"}, {"los": "mse"}, {"dataset": {"name": "nowhere"}}])
def test_unknown_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(document, type=LinearRegression)


def test_datasets_are_declared() -> None:
    assert Inline in kinds_of(Dataset)
    decoded = msgspec.json.decode(b'{"name": "inline", "x": [0, 1], "y": [2, 3]}', type=AnyDataset)
    assert decoded == Inline(x=(0.0, 1.0), y=(2.0, 3.0))
    assert decoded.size == 2
    assert decoded.inputs().shape == (2, 1)
    assert decoded.targets().tolist() == [2.0, 3.0]
    fields = {p.field: p for p in hyperparameters(LinearRegression)}
    assert fields["loss_kind"].choices == (*LOSSES, "huber")
    assert fields["loss_kind"].default == "mse"


# Batches


each_loss_and_huber = pytest.mark.parametrize("kind", [*LOSSES, "huber"])


@each_loss_and_huber
@pytest.mark.parametrize(
    "dataset",
    [
        Line(size=40),
        Line(size=40, low=1e6, high=1e6 + 1.0),
        NoisySine(size=40),
        Inline(x=(0.1,) * 40, y=(1.0, 3.0) * 20),
    ],
    ids=["line", "far away", "sine", "equal inputs"],
)
def test_batches(kind: Any, dataset: Dataset) -> None:
    landscape = LinearRegression(dataset=dataset, loss_kind=kind)
    data, order = landscape.data(), np.random.Generator(np.random.Philox(key=1)).permutation(40)
    rows = [order[:16], order[16:32], order[32:], order[:1], order[:2], order[:0], order]
    batches = list(landscape.batch_parts(rows))
    assert len(batches) == len(rows)
    for w, b in ((0.0, 0.0), (1.7, -0.3), (-40.0, 2.0)):
        for batch, parts in zip(rows, batches, strict=True):
            loss, *slope = parts(w, b)
            assert all(type(value) is float for value in (loss, *slope))
            if not batch.size:
                assert np.isnan([loss, *slope]).all()
                continue
            wanted, wanted_slope = landscape.slope((w, b), data.x[batch], data.y[batch])
            assert loss == pytest.approx(wanted, rel=1e-12)
            assert slope == pytest.approx(wanted_slope, rel=1e-12, abs=1e-12 * np.abs(wanted_slope).max())
            r = data.y[batch] - w * data.x[batch, 0] - b
            if kind != "huber":
                scale = landscape.scale if kind != "sum" else float(batch.size)
                assert loss == pytest.approx(scale * (r @ r) / r.size, rel=1e-8)
                assert slope[1] == pytest.approx(-2.0 * scale * r.sum() / r.size, rel=1e-8)
                by_w = -2.0 * scale * (r @ data.x[batch, 0]) / r.size
                assert slope[0] == pytest.approx(by_w, rel=1e-8)


@each_loss_and_huber
def test_batches_of_one_size_as_a_table(kind: Any) -> None:
    landscape = LinearRegression(dataset=Line(size=64), loss_kind=kind)
    rows = np.random.Generator(np.random.Philox(key=2)).permutation(64).reshape(8, 8)
    table, listed = list(landscape.batch_parts(rows)), list(landscape.batch_parts(list(rows)))
    assert [parts(0.5, 0.25) for parts in table] == [parts(0.5, 0.25) for parts in listed]
    whole = landscape.first(FLOATS)(0.5, 0.25)
    means = np.mean([parts(0.5, 0.25) for parts in table], axis=0) * (8.0 if kind == "sum" else 1.0)
    assert means == pytest.approx(whole, rel=1e-12)


def test_batches_keep_their_digits_near_the_minimum() -> None:
    # All points on a line far from 0: every batch has its minimum there.
    x = 1e6 + np.arange(16.0)
    landscape = LinearRegression(dataset=Inline(x=tuple(x), y=tuple(2.0 * x + 1.0)))
    assert landscape.minima().tolist() == [[2.0, 1.0]]
    for parts in landscape.batch_parts(np.arange(16).reshape(4, 4)):
        assert parts(2.0, 1.0) == (0.0, 0.0, 0.0)
        assert parts(2.0, 1.0 + 1e-6)[0] == pytest.approx(1e-12, rel=1e-3)


def test_missing_values_spoil_only_their_batches() -> None:
    landscape = LinearRegression(dataset=Line(size=40), corrupt="missing values", corrupt_share=0.1)
    lost = np.isnan(landscape.data().x[:, 0])
    assert lost.sum() == 4
    rows = np.arange(40).reshape(10, 4)
    for batch, parts in zip(rows, landscape.batch_parts(rows), strict=True):
        assert np.isnan(parts(1.0, 1.0)[0]) == lost[batch].any()


def test_batches_are_torchs() -> None:
    torch = pytest.importorskip("torch")
    measures: dict[Any, Any] = {
        "mse": torch.nn.MSELoss(),
        "sum": torch.nn.MSELoss(reduction="sum"),
        "huber": torch.nn.HuberLoss(delta=0.3),
    }
    for kind, measure in measures.items():
        landscape = LinearRegression(dataset=Line(size=30), loss_kind=kind, delta=0.3)
        data, batch = landscape.data(), np.array([3, 1, 29, 12, 7])
        w, b = (torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in (1.5, 0.75))
        loss = measure(w * torch.tensor(data.x[batch, 0]) + b, torch.tensor(data.y[batch]))
        loss.backward()
        (parts,) = landscape.batch_parts([batch])
        assert parts(1.5, 0.75) == pytest.approx((loss.item(), w.grad.item(), b.grad.item()), rel=1e-13)


# Huber's loss


@pytest.mark.parametrize("delta", [0.01, 0.3, 1.0, 100.0])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.3])
def test_huber_minimum(delta: float, share: float) -> None:
    landscape = LinearRegression(dataset=Line(size=60, outliers=share), loss_kind="huber", delta=delta)
    (minimum,) = landscape.minima()
    loss, slope = landscape.loss([minimum])[0], landscape.gradient([minimum])[0]
    assert np.abs(slope).max() <= 1e-13
    around = minimum + 0.01 * np.random.Generator(np.random.Philox(key=4)).standard_normal((50, 2))
    assert (landscape.loss(around) > loss).all()
    if delta == 100.0:  # nothing lies beyond: half the squared loss
        assert minimum == pytest.approx(LinearRegression(dataset=landscape.dataset).minima()[0], rel=1e-12)
    elif delta <= 1.0:
        assert minimum == pytest.approx([2.0, 1.0], abs=0.3)  # outliers hardly pull it away


def test_huber_with_a_bound_far_below_the_noise() -> None:
    # Hardly any residual lies within it: from the least-squares line alone Newton's method finds nothing.
    data = Line(size=20, outliers=0.1, seed=2)
    landscape = LinearRegression(dataset=data, loss_kind="huber", delta=0.001)
    assert np.abs(landscape.gradient(landscape.minima())).max() <= 1e-13
    assert len(landscape.minima()) == 1


def test_squared_loss_chases_outliers() -> None:
    spoilt = Line(size=60, outliers=0.3)
    squared = LinearRegression(dataset=spoilt).minima()[0]
    robust = LinearRegression(dataset=spoilt, loss_kind="huber", delta=0.3).minima()[0]
    assert np.hypot(*(squared - (2.0, 1.0))) > 3.0 * np.hypot(*(robust - (2.0, 1.0)))


def test_huber_without_a_single_minimum() -> None:
    equal = LinearRegression(dataset=Inline(x=(1.0, 1.0), y=(0.0, 1.0)), loss_kind="huber")
    assert equal.minima().shape == (0, 2)
    assert np.isfinite(equal.home()).all()


@pytest.mark.parametrize("delta", [0.05, 0.5, 5.0])
def test_huber_on_floats_and_arrays(delta: float) -> None:
    landscape = LinearRegression(dataset=Line(size=20), loss_kind="huber", delta=delta)
    w, b = np.linspace(-3.0, 3.0, 7), np.linspace(-2.0, 2.0, 5)
    for which in ("first", "second"):
        on_floats, on_arrays = getattr(landscape, which)(FLOATS), getattr(landscape, which)(ARRAYS)
        parts = on_arrays(w[np.newaxis, :], b[:, np.newaxis])
        for i, j in np.ndindex(5, 7):
            alone = on_floats(float(w[j]), float(b[i]))
            assert all(type(value) is float for value in alone)
            assert alone == pytest.approx([part[i, j] for part in parts], rel=1e-13, abs=1e-15)
    assert landscape.grid(w, b).shape == (5, 7)


def test_many_examples_are_summed_as_well() -> None:
    x = 1e3 + np.random.Generator(np.random.Philox(key=5)).standard_normal(20_001)
    exactly = sums(x[:10_000], 3.0 * x[:10_000] - 1.0)
    at_once = sums(x, 3.0 * x - 1.0)
    for fit in (exactly, at_once):
        assert fit.w == pytest.approx(3.0, rel=1e-12)
        assert fit.b == pytest.approx(-1.0, abs=1e-8)
        assert fit.rest < 1e-20


# Logistic regression


def test_logistic_against_torch() -> None:
    torch = pytest.importorskip("torch")
    landscape = LogisticRegression(dataset=Moons(size=30))
    data = landscape.data()
    theta = torch.tensor([0.3, -1.2, 0.7], dtype=torch.float64, requires_grad=True)

    def loss(at: Any) -> Any:
        z = torch.tensor(data.x) @ at[:2] + at[2]
        return torch.nn.functional.binary_cross_entropy_with_logits(z, torch.tensor(data.y))

    at = theta.detach().numpy()
    found, slope = landscape.slope(at, data.x, data.y)
    assert found == pytest.approx(loss(theta).item(), rel=1e-14)
    assert slope == pytest.approx(torch.autograd.grad(loss(theta), theta)[0].numpy(), rel=1e-12)
    bend = torch.autograd.functional.hessian(loss, theta).numpy()
    np.testing.assert_allclose(landscape.curvature(at, data.x, data.y), bend, rtol=1e-12)


def test_separable_classes_have_no_minimum() -> None:
    apart, mixed = LogisticRegression(dataset=Blobs(distance=9.0)), LogisticRegression(dataset=Blobs(distance=3.0))
    assert apart.minima().shape == (0, 3)
    assert any("separates" in note for note in apart.notes())
    assert mixed.minima().shape == (1, 3)
    assert not any("separates" in note for note in mixed.notes())
    one_class = LogisticRegression(only=1)
    assert one_class.minima().shape == (0, 3)
    assert not any("separates" in note for note in one_class.notes())
    assert any("of one class" in note for note in one_class.notes())


def test_minimum_of_far_inputs_is_found() -> None:
    landscape = LogisticRegression(dataset=Moons(noise=0.5), corrupt="wrong scale", corrupt_share=0.05)
    (minimum,) = landscape.minima()
    assert np.abs(landscape.gradient([minimum])).max() < 1e-10


def test_sigmoid_keeps_its_digits() -> None:
    z = np.array([-np.inf, -800.0, -40.0, 0.0, 40.0, np.inf, np.nan])
    wanted = [0.0, 0.0, np.exp(-40.0), 0.5, 1.0, 1.0, np.nan]
    np.testing.assert_allclose(sigmoid(z), wanted, rtol=1e-15)


# Polynomial regression


@pytest.mark.parametrize("degree", range(1, 16))
def test_polynomial_fits_a_polynomial(degree: int) -> None:
    x = np.linspace(-1.0, 1.0, 40)
    wanted = np.cos(np.arange(degree + 1.0))
    data = Inline(x=tuple(x), y=tuple(np.polynomial.polynomial.polyval(x, wanted)))
    landscape = PolynomialRegression(degree=degree, dataset=data)
    assert landscape.minima()[0] == pytest.approx(wanted, abs=1e-16 * landscape.condition_number(wanted) + 1e-9)
    assert landscape.loss(landscape.minima())[0] < 1e-25
    assert landscape.parameter_names == tuple(f"w{power}" for power in range(degree + 1))
    assert landscape.predict(wanted, landscape.data().x) == pytest.approx(np.array(data.y), abs=1e-12)


def test_the_condition_of_the_inputs_is_that_of_the_least_squares_fit() -> None:
    line = LinearRegression()
    assert line.input_condition() == pytest.approx(line.condition_number([0.0, 0.0]), rel=1e-9)
    curve = PolynomialRegression(degree=4)
    assert curve.input_condition() == curve.condition_number(curve.initial())


def test_an_input_of_another_size_is_told_where_the_model_saturates() -> None:
    """There the Hessian nearly vanishes, and its ratio would call the standardised inputs the worse ones."""
    experiment = gdsim.load(next(resource("experiments").glob("36-*.json")))
    raw: Any = experiment.landscape
    assert raw.input_condition() > 1e5
    assert msgspec.structs.replace(raw, standardise=1.0).input_condition() < 2.0


def test_more_powers_are_worse_conditioned() -> None:
    numbers = [PolynomialRegression(degree=degree).condition_number([0.0]) for degree in (1, 3, 6, 10, 15)]
    assert numbers == sorted(numbers)
    assert numbers[-1] > 1e9 * numbers[0]


def test_over_fitting() -> None:
    # Ten points: a high degree passes near all of them and is far off elsewhere.
    fits = {degree: PolynomialRegression(degree=degree, dataset=NoisySine(), validation=0.75) for degree in (3, 9)}
    train = {degree: fit.loss(fit.minima())[0] for degree, fit in fits.items()}
    held = {degree: fit.val_loss(fit.minima())[0] for degree, fit in fits.items()}
    assert train[9] < 1e-10 < train[3]
    assert held[9] > 2.0 * held[3]


def test_first_input_is_used() -> None:
    landscape = PolynomialRegression(degree=1, dataset=Blobs(size=30))
    data = landscape.data()
    assert landscape.predict([1.0, 2.0], data.x) == pytest.approx(1.0 + 2.0 * data.x[:, 0])
    same = LinearRegression(dataset=landscape.dataset)
    assert landscape.minima()[0][::-1] == pytest.approx(same.minima()[0], rel=1e-10)


# --- very many examples


def many(**fields: Any) -> PolynomialRegression:
    return PolynomialRegression(dataset=NoisySine(size=2_000, noise=0.3), validation=0.4, **fields)


@pytest.mark.parametrize("degree", [1, 3, 12])
@pytest.mark.parametrize("held_back", [False, True])
def test_very_many_examples_are_summed_up_without_losing_digits(
    monkeypatch: pytest.MonkeyPatch, degree: int, held_back: bool
) -> None:
    landscape = many(degree=degree, standardise=1.0)
    data = landscape.data()
    x, y = data.examples("validation" if held_back else "training")
    at = np.stack([np.linspace(-1.0, 1.0, degree + 1), landscape.minima()[0]])
    one_by_one = [landscape.slope(theta, x, y) for theta in at], landscape.curvature(at[0], x, y)
    condition, best = landscape.condition_number(at[0]), landscape.minima()
    monkeypatch.setattr(fitted, "EXACTLY", 100)
    monkeypatch.setattr(model, "BLOCK", 64)
    fitted._least_squares.cache_clear()
    assert landscape.passes(y.size) == degree + 2
    for theta, (loss, slope) in zip(at, one_by_one[0], strict=True):
        assert landscape.slope(theta, x, y)[0] == pytest.approx(loss, rel=1e-12)
        assert landscape.slope(theta, x, y)[1] == pytest.approx(slope, rel=1e-9, abs=1e-10)
        assert landscape.value(theta, x, y) == pytest.approx(loss, rel=1e-12)
    assert landscape.losses(at, x, y) == pytest.approx([loss for loss, _ in one_by_one[0]], rel=1e-12)
    assert landscape.curvature(at[0], x, y) == pytest.approx(one_by_one[1], rel=1e-9)
    assert landscape.condition_number(at[0]) == pytest.approx(condition, rel=1e-6)
    assert landscape.minima() == pytest.approx(best, rel=1e-5)
    fitted._least_squares.cache_clear()
    fitted._triangle.cache_clear()


def test_some_of_very_many_examples_are_not_taken_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitted, "EXACTLY", 100)
    landscape, theta = many(), np.array([0.3, -0.2, 0.1, 0.05])
    data = landscape.data()
    some = data.x[::2].copy(), data.y[::2].copy()
    expected = np.mean((landscape.predict(theta, some[0]) - some[1]) ** 2)
    assert landscape.value(theta, *some) == pytest.approx(expected)
    raw = many(standardise=0.5).data()
    assert raw.part_of(data.x, data.y) is None


def test_very_many_examples_that_are_not_numbers_give_nan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitted, "EXACTLY", 100)
    landscape = many(corrupt="missing values")
    assert np.isnan(landscape.loss([[0.0, 0.0, 0.0, 0.0]])).all()
    assert landscape.minima().shape == (0, 4)
    assert np.isnan(landscape.condition_number(np.zeros(4)))


def test_a_classifier_is_the_same_block_by_block(monkeypatch: pytest.MonkeyPatch) -> None:
    landscape = LogisticRegression(dataset=Blobs(size=500), standardise=1.0)
    data, theta = landscape.data(), np.array([0.4, -0.3, 0.2])
    loss, slope = landscape.slope(theta, data.x, data.y)
    bend, answers = landscape.curvature(theta, data.x, data.y), landscape.predict(theta, data.x)
    monkeypatch.setattr(model, "BLOCK", 64)
    assert landscape.slope(theta, data.x, data.y)[0] == pytest.approx(loss, rel=1e-13)
    assert landscape.value(theta, data.x, data.y) == pytest.approx(loss, rel=1e-13)
    assert landscape.slope(theta, data.x, data.y)[1] == pytest.approx(slope, rel=1e-12)
    assert landscape.curvature(theta, data.x, data.y) == pytest.approx(bend, rel=1e-12)
    assert np.array_equal(landscape.predict(theta, data.x), answers)
