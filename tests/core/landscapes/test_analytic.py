"""Every declared landscape of the plane: its slope, curvature, minima, views and the story it is there to tell."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from gdsim.core.arithmetic import ARRAYS, FLOATS
from gdsim.core.landscapes import Floats, Landscape, PlaneLandscape, analytic, fitted
from gdsim.core.landscapes.base import polished, widened
from gdsim.core.spec import hyperparameters, kinds_of

MODULES = (analytic.__name__, fitted.__name__)
KINDS = [kind for kind in kinds_of(PlaneLandscape) if kind.__module__ in MODULES]

NAMES = {
    "rosenbrock", "quadratic", "himmelblau", "beale", "rastrigin", "ackley", "saddle", "styblinski_tang",
    "six_hump_camel", "matyas", "booth", "three_hump_camel", "bowl", "plateau", "two_minima", "monkey_saddle",
    "bumpy_bowl", "cliff", "sharp_and_flat", "linear_regression",
}  # fmt: skip


def variants() -> list[Any]:
    """Each landscape as declared, and with each of its numbers at both ends of its slider."""
    found = []
    for kind in KINDS:
        found.append(pytest.param(kind(), id=kind.name()))
        for p in hyperparameters(kind):
            if p.kind == "number":
                for value in (p.low, p.high):
                    found.append(pytest.param(p.put(kind(), value), id=f"{kind.name()}-{p.path}={value:g}"))
    return found


VARIANTS = variants()
each = pytest.mark.parametrize("landscape", VARIANTS)
each_default = pytest.mark.parametrize("landscape", [pytest.param(kind(), id=kind.name()) for kind in KINDS])

ORACLE = json.loads((Path(__file__).parents[2] / "data" / "oracle" / "landscapes.json").read_text(encoding="utf-8"))[
    "cases"
]


def inside(view: tuple[float, ...], points: Floats) -> bool:
    left, right, bottom, top = view
    return bool(((points[:, 0] > left) & (points[:, 0] < right) & (points[:, 1] > bottom) & (points[:, 1] < top)).all())


def scattered(landscape: Landscape, n: int = 60) -> Floats:
    """Points all over the home view, and some around each minimum."""
    rng = np.random.default_rng(7)
    left, right, bottom, top = landscape.home()
    p = rng.uniform((left, bottom), (right, top), (n, 2))
    near = landscape.minima().repeat(5, axis=0)
    return np.concatenate([p, near + 0.07 * rng.uniform(0.8, 1.2, near.shape)])


def reach(landscape: Landscape) -> float:
    """The length over which the slope changes, where that is much less than 1."""
    if isinstance(landscape, analytic.Cliff):
        return landscape.edge
    if isinstance(landscape, analytic.BumpyBowl):
        return min(1.0, landscape.spacing / 6.0)
    if isinstance(landscape, analytic.Ackley):
        return min(1.0, 1.0 / landscape.c)
    return 1.0


def check_derivatives(landscape: Landscape, points: Floats) -> None:
    g, h = landscape.gradient(points), landscape.hessian(points)
    assert g.shape == (len(points), 2)
    assert h.shape == (len(points), 2, 2)
    assert (h == h.transpose(0, 2, 1)).all()
    length, (left, right, bottom, top) = reach(landscape), landscape.home()
    corners = [(x, y) for x in (left, 0.0, right) for y in (bottom, top)]
    rounding = 1e-14 * (np.abs(landscape.loss(corners)).max() + np.abs(landscape.loss(points)))
    slopes = 1e-14 * (np.abs(landscape.gradient(corners)).max() + np.abs(g).max(axis=1))
    steepest, sharpest = np.maximum(1.0, np.abs(g).max(axis=1)), np.maximum(1.0, np.abs(h).max(axis=(1, 2)))
    for axis in (0, 1):
        step = np.zeros_like(points)
        step[:, axis] = 1e-5 * (np.maximum(1.0, np.abs(points[:, axis])) if length == 1.0 else length)
        ahead, behind = points + step, points - step
        width = (ahead - behind)[:, axis]
        slope = (landscape.loss(ahead) - landscape.loss(behind)) / width
        assert (np.abs(slope - g[:, axis]) <= 1e-7 * (steepest + 0.01 * sharpest) + rounding / width).all()
        bend = (landscape.gradient(ahead) - landscape.gradient(behind)) / width[:, np.newaxis]
        allowed = 1e-6 * (sharpest + steepest) + slopes / width
        assert (np.abs(bend - h[:, axis]) <= allowed[:, np.newaxis]).all()


def test_all_are_declared() -> None:
    names = [kind.name() for kind in KINDS]
    assert len(set(names)) == len(names)
    assert set(names) >= NAMES


@each_default
def test_says_what_it_is(landscape: Landscape) -> None:
    kind = type(landscape)
    assert kind.title
    assert kind.teaches.endswith(".")
    assert kind.__doc__
    assert landscape.dim == len(landscape.start) == 2
    for p in hyperparameters(kind):
        assert p.label
        if p.kind == "number":
            assert p.meaning.endswith(".")
            assert p.symbol
            assert p.low < p.high
            assert p.refusal(p.default) is p.refusal(p.low) is p.refusal(p.high) is None


@each_default
def test_document_round_trip(landscape: Landscape) -> None:
    text = msgspec.json.encode(landscape)
    again = msgspec.json.decode(text, type=type(landscape))
    assert again == landscape
    assert hash(again) == hash(landscape)


@each
def test_derivatives_are_those_of_the_loss(landscape: Landscape) -> None:
    check_derivatives(landscape, scattered(landscape))


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    shares=st.data(),
    at=st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 1.0)),
)
def test_derivatives_anywhere(kind: type[Landscape], shares: st.DataObject, at: tuple[float, float]) -> None:
    landscape = kind()
    for p in hyperparameters(kind):
        if p.kind == "number":
            landscape = p.put(landscape, shares.draw(st.floats(p.low, p.high), label=p.path))
    left, right, bottom, top = landscape.home()
    point = np.array([[left + at[0] * (right - left), bottom + at[1] * (top - bottom)]])
    assume(kind is not analytic.Ackley or np.hypot(*point[0]) > 0.05)  # its tip has no slope
    check_derivatives(landscape, point)


@each
def test_floats_and_arrays_agree(landscape: PlaneLandscape) -> None:
    p = np.concatenate([scattered(landscape), landscape.minima(), [landscape.start]])
    for which in ("first", "second"):
        on_floats, on_arrays = getattr(landscape, which)(FLOATS), getattr(landscape, which)(ARRAYS)
        one_by_one = np.array([on_floats(float(x), float(y)) for x, y in p])
        at_once = np.stack([np.broadcast_to(v, len(p)) for v in on_arrays(p[:, 0], p[:, 1])], axis=-1)
        # Where terms cancel, the last digit is one of the largest term, not of the sum.
        scale = np.maximum(np.abs(one_by_one), np.abs(one_by_one).max(axis=0))
        assert (np.abs(one_by_one - at_once) <= 1e-15 * scale).all()


@each_default
def test_floats_stay_floats(landscape: PlaneLandscape) -> None:
    for point in (landscape.start, (0.0, 0.0)):
        for formulas in (landscape.first(FLOATS), landscape.second(FLOATS)):
            parts = formulas(*point)
            assert all(type(v) is float and math.isfinite(v) for v in parts)


@each
def test_minima(landscape: Landscape) -> None:
    left, right, bottom, top = landscape.home()
    assert left < right
    assert bottom < top
    minima, local = landscape.minima(), landscape.local_minima()
    assert minima.shape[1] == local.shape[1] == 2
    for points in (minima, local):
        assert inside(landscape.home(), points)
        g, h = landscape.gradient(points), landscape.hessian(points)
        size = 1.0 + np.abs(h).max(axis=(1, 2), initial=0.0)
        assert (np.abs(g).max(axis=1, initial=0.0) <= 1e-11 * size * (1.0 + np.abs(points).max(initial=0.0))).all()
        assert (np.linalg.eigvalsh(h)[:, 0] >= -1e-12 * size).all()
    if len(minima):
        depth = landscape.loss(minima)
        assert np.ptp(depth) <= 1e-9 * (1.0 + np.abs(depth).max())
        assert (landscape.loss(local) > depth.max()).all()
        grid = landscape.grid(np.linspace(left, right, 161), np.linspace(bottom, top, 101))  # type: ignore[attr-defined]
        assert grid.min() >= depth.min() - 1e-9 * (1.0 + np.abs(depth).max())


@each
def test_starts_in_view(landscape: Landscape) -> None:
    assert inside(landscape.home(), np.array([landscape.start]))
    assert np.isfinite(landscape.loss([landscape.start])).all()
    assert np.abs(landscape.gradient([landscape.start])).max() > 0.0


@each_default
def test_home_is_wide(landscape: Landscape) -> None:
    left, right, bottom, top = landscape.home()
    assert 1.55 <= (right - left) / (top - bottom) <= 1.65


@each
def test_grid(landscape: PlaneLandscape) -> None:
    left, right, bottom, top = landscape.home()
    x, y = np.linspace(left, right, 7), np.linspace(bottom, top, 5)
    grid = landscape.grid(x, y)
    assert grid.shape == (5, 7)
    columns, rows = np.meshgrid(x, y)
    flat = landscape.loss(np.stack([columns.ravel(), rows.ravel()], axis=-1))
    np.testing.assert_allclose(grid.ravel(), flat, rtol=1e-14, atol=1e-15 * np.abs(flat).max())


@each_default
def test_formulas_broadcast(landscape: PlaneLandscape) -> None:
    x, y = np.linspace(-1.0, 1.0, 4)[np.newaxis, :], np.linspace(-0.7, 1.0, 3)[:, np.newaxis]
    for formulas in (landscape.first(ARRAYS), landscape.second(ARRAYS)):
        assert all(np.broadcast_shapes(np.shape(v), (3, 4)) == (3, 4) for v in formulas(x, y))
    assert np.shape(landscape.first(ARRAYS)(x, y)[0]) == (3, 4)


@each
def test_no_points(landscape: Landscape) -> None:
    none = np.empty((0, 2))
    assert landscape.loss(none).shape == (0,)
    assert landscape.gradient(none).shape == (0, 2)
    assert landscape.hessian(none).shape == (0, 2, 2)


@each
def test_huge_values_are_silent(landscape: PlaneLandscape) -> None:
    values = [0.0, -1.0, 1e154, 1e200, -1e308, np.inf, -np.inf, np.nan]
    p = np.array([(x, y) for x in values for y in values])
    assert landscape.loss(p).shape == (64,)
    assert landscape.gradient(p).shape == (64, 2)
    assert landscape.hessian(p).shape == (64, 2, 2)
    assert landscape.grid(np.array(values), np.array(values)).shape == (8, 8)


@each_default
def test_wrong_shape_is_refused(landscape: Landscape) -> None:
    for wrong in ([0.0, 1.0], [[0.0, 1.0, 2.0]]):
        with pytest.raises(ValueError, match="shape"):
            landscape.loss(wrong)


# Against the reference data


@pytest.mark.parametrize("case", ORACLE, ids=lambda case: case["landscape"]["name"])
def test_reference_points(case: dict[str, Any]) -> None:
    landscape = msgspec.convert(case["landscape"], type=next(
        kind for kind in KINDS if kind.name() == case["landscape"]["name"]
    ))  # fmt: skip
    assert landscape == type(landscape)()  # the defaults are the reference's parameters
    for point in case["points"]:
        at = [[point["x"], point["y"]]]
        for got, want, tolerance in (
            (landscape.loss(at)[0], point["f"], 1e-12),
            (landscape.gradient(at)[0], point["grad"], 1e-12),
            (landscape.hessian(at)[0], point["hess"], 1e-10),
            (np.linalg.eigvalsh(landscape.hessian(at)[0]), point["hess_eig"], 1e-10),
        ):
            want = np.asarray(want, dtype=np.float64)
            assert (np.abs(got - want) <= tolerance * np.maximum(1.0, np.abs(want).max())).all()


@pytest.mark.parametrize("case", ORACLE, ids=lambda case: case["landscape"]["name"])
def test_reference_minima(case: dict[str, Any]) -> None:
    landscape = next(kind for kind in KINDS if kind.name() == case["landscape"]["name"])()
    minima = landscape.minima()
    assert len(minima) == len(case["minima"])
    for x, y, f in case["minima"]:
        nearest = int(np.argmin(np.hypot(*(minima - (x, y)).T)))
        assert np.abs(minima[nearest] - (x, y)).max() < 1e-8  # the reference's own were found by descending
        assert landscape.loss(minima)[nearest] == pytest.approx(f, abs=1e-12)


# What each is there to teach


def descend(
    landscape: PlaneLandscape,
    *,
    lr: float | None = None,
    momentum: float = 0.0,
    clip: float | None = None,
    noise: float = 0.0,
    steps: int = 200,
) -> Floats:
    """SGD from its start, written out: rows of x, y, loss."""
    parts, rng = landscape.first(FLOATS), np.random.default_rng(0)
    (x, y), u, v, rate = landscape.start, 0.0, 0.0, landscape.good_lr if lr is None else lr
    seen = []
    for _ in range(steps + 1):
        f, gx, gy = parts(x, y)
        seen.append((x, y, f))
        if noise:
            gx, gy = gx + noise * rng.normal(), gy + noise * rng.normal()
        if clip is not None:
            share = min(1.0, clip / (math.hypot(gx, gy) + 1e-6))
            gx, gy = share * gx, share * gy
        u, v = momentum * u + gx, momentum * v + gy
        x, y = x - rate * u, y - rate * v
    return np.array(seen)


def rests_at(trail: Floats, point: Floats, within: float = 0.05) -> bool:
    return bool(np.hypot(*(trail[-20:, :2] - point).T).max() < within)


@each_default
def test_good_rate_descends(landscape: PlaneLandscape) -> None:
    trail = descend(landscape)
    assert np.isfinite(trail).all()
    assert trail[:, 2].min() < 0.9 * max(trail[0, 2], 0.0)


def test_plateau_crawls_then_drops() -> None:
    loss = descend(analytic.Plateau())[:, 2]
    assert loss[20] - loss[110] < 0.1  # ninety steps of nothing
    assert loss[110] > 1.8
    assert loss[180] < 1e-3  # and then the well
    assert descend(analytic.Plateau(), momentum=0.9)[60, 2] < 0.1  # momentum is there long before


def test_cliff_throws_and_clipping_holds() -> None:
    landscape = analytic.Cliff()
    left = landscape.home()[0]
    plain, clipped = descend(landscape)[:, 0], descend(landscape, clip=1.0)[:, 0]
    assert plain[:30].min() >= landscape.start[0]
    assert plain.min() < 2.0 * left  # far out of the picture
    assert clipped.min() >= landscape.start[0]
    assert np.abs(clipped[60:] - landscape.minima()[0, 0]).max() < 0.15


def test_two_minima_need_momentum() -> None:
    landscape = analytic.TwoMinima()
    deep, shallow = landscape.minima(), landscape.local_minima()
    assert len(deep) == len(shallow) == 1
    assert rests_at(descend(landscape), shallow[0])
    assert rests_at(descend(landscape, momentum=0.9), deep[0])


def test_two_minima_without_tilt_are_equal() -> None:
    assert len(analytic.TwoMinima(tilt=0.0).minima()) == 2
    assert len(analytic.TwoMinima(tilt=0.0).local_minima()) == 0
    assert len(analytic.TwoMinima(tilt=2.0).local_minima()) == 0


def test_sharp_minimum_is_left_at_a_large_rate_or_with_noise() -> None:
    landscape = analytic.SharpAndFlat()
    sharp, flat = landscape.minima()
    np.testing.assert_array_equal(landscape.loss([sharp, flat]), 0.0)
    assert rests_at(descend(landscape), sharp)
    assert rests_at(descend(landscape, lr=0.4), flat)
    assert descend(landscape, lr=0.1, noise=3.0)[-20:, 0].mean() > 0.5


@pytest.mark.parametrize("width", [0.3, 0.4, 0.7])
def test_sharp_minimum_holds_below_its_width_squared(width: float) -> None:
    landscape = analytic.SharpAndFlat(sharp=width)
    np.testing.assert_allclose(landscape.hessian(landscape.minima())[0], 2.0 / width**2 * np.eye(2), rtol=1e-12)


def test_bumps_stop_plain_descent_only() -> None:
    landscape = analytic.BumpyBowl()
    origin = np.zeros(2)
    assert any(rests_at(descend(landscape), dip) for dip in landscape.local_minima())
    assert rests_at(descend(landscape, momentum=0.9), origin)


@pytest.mark.parametrize("kind", [analytic.Rastrigin, analytic.Ackley, analytic.StyblinskiTang,
                                  analytic.SixHumpCamel, analytic.ThreeHumpCamel])  # fmt: skip
def test_plain_descent_ends_in_a_local_minimum(kind: type[PlaneLandscape]) -> None:
    landscape = kind()
    assert any(rests_at(descend(landscape), pit) for pit in landscape.local_minima())


def test_saddle_lingers_then_leaves() -> None:
    trail = descend(analytic.Saddle())
    assert np.abs(trail[60:90, 2]).max() < 0.1
    assert trail[-1, 2] < -100.0


def test_monkey_saddle_lingers_then_finds_a_minimum() -> None:
    landscape = analytic.MonkeySaddle()
    trail = descend(landscape)
    assert np.hypot(trail[25:65, 0], trail[25:65, 1]).max() < 0.45
    assert any(rests_at(trail, minimum) for minimum in landscape.minima())
    assert len(analytic.MonkeySaddle(wall=0.0).minima()) == 0
    assert analytic.MonkeySaddle(wall=0.0).loss([[2.0, 1.0]])[0] == 8.0 - 6.0


def test_himmelblau_four_minima() -> None:
    assert len(analytic.Himmelblau().minima()) == 4
    np.testing.assert_allclose(analytic.Himmelblau().loss(analytic.Himmelblau().minima()), 0.0, atol=1e-25)


def test_ackley_tip() -> None:
    landscape = analytic.Ackley()
    assert landscape.first(FLOATS)(0.0, 0.0) == (0.0, 0.0, 0.0)
    assert landscape.gradient([[0.0, 0.0]]).tolist() == [[0.0, 0.0]]
    assert np.isfinite(landscape.hessian([[0.0, 0.0]])).all()


def test_quadratic_with_a_negative_curvature_has_no_minimum() -> None:
    assert len(analytic.Quadratic(a=-1.0).minima()) == 0


@pytest.mark.parametrize("kind", [analytic.Rastrigin, analytic.BumpyBowl])
def test_loss_keeps_its_digits_at_the_minimum(kind: type[PlaneLandscape]) -> None:
    landscape = kind()
    tiny = 1e-9
    expected = 0.5 * tiny * tiny * landscape.hessian([[0.0, 0.0]])[0, 0, 0]
    assert landscape.loss([[tiny, 0.0]])[0] == pytest.approx(expected, rel=1e-9)


# The helpers


@given(
    points=st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), max_size=4),
)
@example(points=[(math.nan, 0.0), (math.inf, 1.0)])
def test_widened_holds_all_and_keeps_its_proportions(points: list[tuple[float, float]]) -> None:
    view = (-4.0, 4.0, -2.5, 2.5)
    left, right, bottom, top = got = widened(view, np.reshape(points, (-1, 2)))
    finite = [p for p in points if all(map(math.isfinite, p))]
    assert all(left <= x <= right and bottom <= y <= top for x, y in [*finite, (-4.0, -2.5), (4.0, 2.5)])
    assert (right - left) / (top - bottom) == pytest.approx(1.6)
    if all(abs(x) <= 4.0 and abs(y) <= 2.5 for x, y in finite):
        assert got == view


def test_polished_drops_what_is_no_minimum() -> None:
    landscape = analytic.Himmelblau()
    found = polished(landscape, [(3.1, 2.1), (2.9, 1.9), (-0.27, -0.92), (1e300, 0.0)])
    np.testing.assert_allclose(found, [[3.0, 2.0]], rtol=1e-15)
    assert polished(landscape, np.empty((0, 2))).shape == (0, 2)
    assert polished(analytic.Saddle(), [(0.1, 0.1)]).shape == (0, 2)
