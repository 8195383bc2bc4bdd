"""Slopes and curvatures of formulas: against complex steps, central differences, and what is said about kinks."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gdsim.core.arithmetic import ARRAYS, FLOATS, Arithmetic
from gdsim.core.differentiation import BINARY, OPERATIONS, UNARY, Graph, Parts, compiled
from gdsim.core.expression import CONSTANTS, steps_of


def made(text: str, m: Arithmetic, order: Any = 1) -> Parts:
    return compiled(steps_of(text), CONSTANTS, m, order)


class Tree(NamedTuple):
    """A formula as text, and as what it means."""

    text: str
    means: Callable[[Any, Any], Any]


def joined(operator: str, apply: Callable[[Any, Any], Any]) -> Callable[[tuple[Tree, Tree]], Tree]:
    def join(pair: tuple[Tree, Tree]) -> Tree:
        a, b = pair
        return Tree(f"({a.text}) {operator} ({b.text})", lambda x, y: apply(a.means(x, y), b.means(x, y)))

    return join


def wrapped(pattern: str, apply: Callable[[Any], Any]) -> Callable[[Tree], Tree]:
    def wrap(a: Tree) -> Tree:
        return Tree(pattern.format(a.text), lambda x, y: apply(a.means(x, y)))

    return wrap


WRAPPED = [
    wrapped("sin({})", np.sin),
    wrapped("cos({})", np.cos),
    wrapped("tanh({})", np.tanh),
    wrapped("asinh(sin({}))", lambda u: np.arcsinh(np.sin(u))),
    wrapped("exp(-({})**2)", lambda u: np.exp(-u * u)),
    wrapped("sqrt(2 + cos({}))", lambda u: np.sqrt(2.0 + np.cos(u))),
    wrapped("1/(2 + sin({}))", lambda u: 1.0 / (2.0 + np.sin(u))),
    wrapped("log(3 + cos({}))", lambda u: np.log(3.0 + np.cos(u))),
    wrapped("sigmoid(cos({}))", lambda u: 1.0 / (1.0 + np.exp(-np.cos(u)))),
    wrapped("(2 + sin({}))**1.5", lambda u: (2.0 + np.sin(u)) ** 1.5),
    wrapped("(2 + sin({}))**-3", lambda u: (2.0 + np.sin(u)) ** -3.0),
    wrapped("2**sin({})", lambda u: 2.0 ** np.sin(u)),
    wrapped("-({})", lambda u: -u),
    wrapped("({})**3", lambda u: u * u * u),
]
JOINED = [
    joined("+", lambda a, b: a + b),
    joined("-", lambda a, b: a - b),
    joined("*", lambda a, b: a * b),
]


def divided(pair: tuple[Tree, Tree]) -> Tree:
    a, b = pair
    return Tree(f"({a.text})/(2 + cos({b.text}))", lambda x, y: a.means(x, y) / (2.0 + np.cos(b.means(x, y))))


JOINED.append(divided)
ATOMS = st.sampled_from([Tree("x", lambda x, y: x), Tree("y", lambda x, y: y)]) | st.floats(-3.0, 3.0).map(
    lambda v: Tree(f"({v:.3f})", lambda x, y: float(f"{v:.3f}") + 0.0 * x)
)
TREES = st.recursive(
    ATOMS,
    lambda below: st.one_of(
        st.tuples(st.sampled_from(WRAPPED), below).map(lambda pair: pair[0](pair[1])),
        st.tuples(st.sampled_from(JOINED), st.tuples(below, below)).map(lambda pair: pair[0](pair[1])),
    ),
    max_leaves=8,
)
COORDINATES = st.integers(-1700, 1700).map(lambda n: n / 1000.0)
H = 1e-150
"""The imaginary step: nothing is subtracted, so the slope comes out to all its digits (Squire and Trapp 1998)."""


@settings(max_examples=300, deadline=None)
@given(tree=TREES, x=COORDINATES, y=COORDINATES)
def test_random_formulas(tree: Tree, x: float, y: float) -> None:
    assume(len(tree.text) < 900)
    with np.errstate(all="ignore"):
        ahead = tree.means(np.complex128(x + 1j * H), np.complex128(y))
        above = tree.means(np.complex128(x), np.complex128(y + 1j * H))
    expected = np.array([ahead.real, ahead.imag / H, above.imag / H])
    assume(bool((np.abs(expected) < 1e6).all()))
    got = np.array(made(tree.text, FLOATS)(x, y))
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-9 * (1.0 + np.abs(expected).max()))

    slopes = made(tree.text, ARRAYS)
    with np.errstate(all="ignore"):
        _, xx, xy = (np.imag(v) / H for v in slopes(np.complex128(x + 1j * H), np.complex128(y)))
        _, yx, yy = (np.imag(v) / H for v in slopes(np.complex128(x), np.complex128(y + 1j * H)))
    bends = np.array([xx, xy, yy])
    assume(bool((np.abs(bends) < 1e6).all()))
    got = np.array(made(tree.text, FLOATS, 2)(x, y))
    np.testing.assert_allclose(got, bends, rtol=1e-8, atol=1e-8 * (1.0 + np.abs(bends).max()))
    assert xy == pytest.approx(yx, rel=1e-8, abs=1e-8 * (1.0 + np.abs(bends).max()))


@settings(max_examples=100, deadline=None)
@given(tree=TREES, points=st.lists(st.tuples(COORDINATES, COORDINATES), min_size=1, max_size=5))
def test_floats_and_arrays_agree(tree: Tree, points: list[tuple[float, float]]) -> None:
    assume(len(tree.text) < 900)
    p = np.array(points)
    for order in (1, 2):
        with np.errstate(all="ignore"):
            at_once = [np.broadcast_to(v, len(p)) for v in made(tree.text, ARRAYS, order)(p[:, 0], p[:, 1])]
        on_floats = made(tree.text, FLOATS, order)
        for i, (x, y) in enumerate(points):
            try:
                single = on_floats(x, y)
            except (ArithmeticError, ValueError):
                continue
            assert all(type(v) is float for v in single)
            assume(all(abs(v) < 1e6 for v in single))
            np.testing.assert_allclose(
                [v[i] for v in at_once], single, rtol=1e-9, atol=1e-9 * (1 + max(map(abs, single)))
            )


PLACES = [(0.3, 0.2), (-0.4, 0.7), (1.1, -0.6)]


def check_by_differences(text: str, x: float, y: float) -> None:
    """The exact slopes and curvatures of a text against central differences."""
    h = 1e-6
    first, second = made(text, FLOATS), made(text, FLOATS, 2)
    value, gx, gy = first(x, y)
    ahead, behind, above, below = first(x + h, y), first(x - h, y), first(x, y + h), first(x, y - h)
    slopes = np.array([(ahead[0] - behind[0]), (above[0] - below[0])]) / (2.0 * h)
    np.testing.assert_allclose([gx, gy], slopes, rtol=1e-6, atol=1e-8 * (1.0 + abs(value)))
    bends = np.array([ahead[1] - behind[1], ahead[2] - behind[2], above[2] - below[2]]) / (2.0 * h)
    np.testing.assert_allclose(second(x, y), bends, rtol=1e-6, atol=1e-7 * (1.0 + np.abs(slopes).max()))


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("place", PLACES)
def test_each_function(name: str, place: tuple[float, float]) -> None:
    shift = {"acosh": "2.5", "log": "2", "log2": "2", "log10": "2", "sqrt": "2", "cbrt": "2"}.get(name, "0.05")
    check_by_differences(f"{name}({shift} + 0.4*x*y + 0.3*x)", *place)
    if name not in ("sign", "floor", "ceil"):
        assert made(f"{name}({shift} + 0.4*x*y + 0.3*x)", FLOATS)(*place)[1] != 0.0 or name == "relu"


@pytest.mark.parametrize("text", [
    "pow(1.5 + x, 2 + y)", "(2 + x*y)**(x - y)", "3**(x*y)", "e**(x*y)", "(2 + x)**0.5", "(2 + x)**-0.5", "x**1",
    "x**0",     "(x*y - 3)**7", "(2 + x*y)**33", "hypot(x - 2, x*y)", "atan2(x*y - 1, x + 3)", "min(x*y, x + 1)",
    "max(x*y, x + 1)",     "min(x, y, x*y)", "max(x, 0.1)", "min(sin(x), 2)", "x*y/(3 + x*x + y)", "1/(3 + x*y)",
    "2/(3 + x) - (x*y)/3",    "(1 - 2)*x*y - -x", "x - (y - x*y)", "3 - x*y", "x", "5",
])  # fmt: skip
@pytest.mark.parametrize("place", PLACES)
def test_each_operation(text: str, place: tuple[float, float]) -> None:
    check_by_differences(text, *place)


def test_all_functions_of_two_arguments_are_tried() -> None:
    assert set(BINARY) == {"pow", "hypot", "atan2", "min", "max"}


@pytest.mark.parametrize("name", [name for name in OPERATIONS if name not in ("le", "gt", "where", "scaled")])
def test_operations_on_floats_and_arrays(name: str) -> None:
    floats, arrays = OPERATIONS[name]
    two = name in ("add", "sub", "mul", "div", "pow", "min", "max", "atan2")
    values = [-2.5, -1.0, -0.3, 0.0, 0.4, 1.0, 1.7, 30.0, 710.0, math.inf, -math.inf, math.nan]
    for a in values:
        for b in values if two else values[:1]:
            given = (a, b) if two else (a,)
            with np.errstate(all="ignore"):
                expected = float(arrays(*map(np.float64, given)))
            try:
                got = floats(*given)
            except (ArithmeticError, ValueError):
                assert not math.isfinite(expected) or name == "sigmoid"
                continue
            assert type(got) is float
            assert got == pytest.approx(expected, rel=1e-14, abs=1e-300, nan_ok=True), given


# What is chosen at kinks and tips


@pytest.mark.parametrize(
    ("text", "point", "slopes"),
    [
        ("abs(x) + y", (0.0, 1.0), (0.0, 1.0)),
        ("relu(x)", (0.0, 0.0), (0.0, 0.0)),
        ("min(2*x, y)", (1.0, 2.0), (2.0, 0.0)),
        ("max(2*x, y)", (1.0, 2.0), (2.0, 0.0)),
        ("sqrt(x**2 + y**2)", (0.0, 0.0), (0.0, 0.0)),
        ("hypot(x, y)", (0.0, 0.0), (0.0, 0.0)),
        ("sqrt(x) + y", (0.0, 0.0), (math.inf, 1.0)),
        ("(x**2 + y**2)**0.5", (0.0, 0.0), (0.0, 0.0)),
        ("(x**2 + y**2)**0.25", (0.0, 0.0), (0.0, 0.0)),
        ("cbrt(x)", (0.0, 0.0), (math.inf, 0.0)),
        ("abs(x)**1.5", (0.0, 0.0), (0.0, 0.0)),
        ("floor(x) + sign(y)", (0.0, 0.0), (0.0, 0.0)),
        ("x**2 + 0*y", (0.0, 0.0), (0.0, 0.0)),
    ],
)
def test_kinks(text: str, point: tuple[float, float], slopes: tuple[float, float]) -> None:
    with np.errstate(all="ignore"):
        found = made(text, ARRAYS)(*map(np.float64, point))
    assert np.isfinite(found[0])
    assert tuple(map(float, found[1:])) == slopes


def test_squares_are_exact() -> None:
    assert made("x**2", FLOATS)(0.0, 1.0) == (0.0, 0.0, 0.0)
    assert made("x**2", FLOATS, 2)(0.0, 1.0) == (2.0, 0.0, 0.0)
    assert made("x**2", FLOATS)(1e200, 0.0)[0] == math.inf


def test_the_same_is_reckoned_once() -> None:
    graph = Graph()
    a, b = graph.x * graph.y, graph.y * graph.x
    assert a == b
    assert a.to("sin") == b.to("sin")
    count = len(graph.operations)
    negative = -graph.x
    assert (1.0 * graph.x, graph.x + 0.0, -negative, graph.x / 1.0) == (graph.x,) * 4
    assert len(graph.operations) <= count + 3  # 1, 0 and -x
    assert (graph.constant(2.0) * 3.0).value == 6.0
    assert (graph.constant(1.0) / 0.0).value == math.inf


def test_what_is_zero_everywhere_costs_nothing() -> None:
    x, y = np.zeros((1, 4)), np.zeros((3, 1))
    value, gx, gy = made("x**2 + 10*sin(y)", ARRAYS)(x, y)
    assert (np.shape(value), np.shape(gx), np.shape(gy)) == ((3, 4), (1, 4), (3, 1))
    xx, xy, yy = made("x**2 + 10*sin(y)", ARRAYS, 2)(x, y)
    assert (np.shape(xx), xy, np.shape(yy)) == ((), 0.0, (3, 1))


def test_zero_times_a_hole_is_a_hole() -> None:
    with np.errstate(all="ignore"):
        value = made("0*log(x)", ARRAYS)(np.float64(0.0), np.float64(0.0))[0]
    assert np.isnan(value)
