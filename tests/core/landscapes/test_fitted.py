"""Linear regression: known figures, digits near the minimum, data that has no single best line."""

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

from gdsim.core.arithmetic import FLOATS
from gdsim.core.data import FIVE_POINTS, AnyDataset, Dataset, Inline
from gdsim.core.landscapes.fitted import LinearRegression
from gdsim.core.spec import hyperparameters, kinds_of

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
    landscape = msgspec.convert({"dataset": {"x": x, "y": y}, "loss": kind}, type=LinearRegression)
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
    assert msgspec.to_builtins(landscape) == {
        **document, "dataset": {"name": "inline", "x": (1.0, 2.0), "y": (3.0, 4.0)}
    }  # fmt: skip
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
    assert fields["loss_kind"].choices == LOSSES
    assert fields["loss_kind"].default == "mse"
