"""Typed formulas as landscapes: equal to the declared ones, in documents, with their valleys and their starts."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np
import pytest
from samples import document

import gdsim
from gdsim.core import documents
from gdsim.core.arithmetic import ARRAYS, FLOATS
from gdsim.core.expression import FormulaError
from gdsim.core.landscapes import PlaneLandscape, analytic
from gdsim.core.landscapes.formula import Formula

WRITTEN: list[tuple[PlaneLandscape, str, dict[str, float]]] = [
    (analytic.Quadratic(), "(a*x^2 + b*y^2)/2", {"a": 1.0, "b": 100.0}),
    (analytic.Rosenbrock(), "(a - x)**2 + b*(y - x**2)**2", {"a": 1.0, "b": 100.0}),
    (analytic.Himmelblau(), "(x² + y - 11)² + (x + y² - 7)²", {}),
    (analytic.Beale(), "(1.5 - x + x*y)**2 + (2.25 - x + x*y**2)**2 + (2.625 - x + x*y**3)**2", {}),
    (analytic.Rastrigin(), "2*A + x^2 - A*cos(2*π*x) + y^2 - A*cos(2*π*y)", {"A": 10.0}),
    (analytic.Ackley(), "-20*exp(-0.2*sqrt((x²+y²)/2)) - exp((cos(2*π*x) + cos(2*π*y))/2) + 20 + e", {}),
    (analytic.Booth(), "(x + 2*y - 7)**2 + (2*x + y - 5)**2", {}),
    (analytic.Matyas(), "0.26*(x**2 + y**2) - 0.48*x*y", {}),
    (analytic.ThreeHumpCamel(), "2*x^2 - 1.05*x^4 + x^6/6 + x*y + y^2", {}),
    (analytic.StyblinskiTang(), "(x^4 - 16*x^2 + 5*x + y^4 - 16*y^2 + 5*y)/2", {}),
]
written = pytest.mark.parametrize(
    ("declared", "text", "parameters"), [pytest.param(*case, id=case[0].name()) for case in WRITTEN]
)


@written
def test_equals_what_is_declared(declared: PlaneLandscape, text: str, parameters: dict[str, float]) -> None:
    typed = Formula(expression=text, parameters=parameters)
    left, right, bottom, top = declared.home()
    p = np.random.default_rng(3).uniform((left, bottom), (right, top), (200, 2))
    for got, expected in (
        (typed.loss(p), declared.loss(p)),
        (typed.gradient(p), declared.gradient(p)),
        (typed.hessian(p), declared.hessian(p)),
    ):
        np.testing.assert_allclose(got, expected, rtol=1e-11, atol=1e-11 * np.abs(expected).max())


@written
def test_finds_the_valleys_that_are_known(declared: PlaneLandscape, text: str, parameters: dict[str, float]) -> None:
    typed = Formula(expression=text, parameters=parameters, view=declared.home())
    if isinstance(declared, analytic.Ackley):
        assert len(typed.minima()) == 0  # its tip is lower than every valley that has a curvature
    else:
        assert_same_points(typed.minima(), declared.minima())
    # Those at the very edge of the view may be missed.
    assert len(typed.local_minima()) >= 0.7 * len(declared.local_minima())


def assert_same_points(found: Any, known: Any) -> None:
    assert len(found) == len(known)
    for point in known:
        assert np.hypot(*(found - point).T).min() < 1e-6


@pytest.mark.parametrize(
    ("text", "lowest", "others"),
    [
        ("x**2 + y**2", 1, 0),
        ("x**3 - 3*x + y**2", 0, 1),  # it falls lower at the edge
        ("x", 0, 0),
        ("5", 0, 0),
        ("x**2", 0, 0),  # a valley without a lowest point
        ("-x**2 - y**2", 0, 0),
        ("(x**2 - 1)**2 + y**2", 2, 0),
        ("(x**2 - 1)**2 + 0.1*x + y**2", 1, 1),
        ("log(x) + 1/x + y**2", 1, 0),
        ("1/0", 0, 0),
        ("log(-1)", 0, 0),
        ("1/x", 0, 0),
        ("floor(x) + y**2", 0, 0),
    ],
)
def test_valleys(text: str, lowest: int, others: int) -> None:
    formula = Formula(expression=text)
    assert (formula.minima().shape, formula.local_minima().shape) == ((lowest, 2), (others, 2))


def test_in_documents() -> None:
    content = document(
        {"optimizer": {"name": "SGD", "lr": 0.1}},
        landscape={"name": "formula", "expression": "a*x^2 + b*y^2", "parameters": {"a": 1, "b": 3.5}},
        start=[1.0, 1.0],
    )
    experiment = documents.load(content)
    formula = experiment.landscape
    assert isinstance(formula, Formula)
    assert formula.parameters == {"a": 1.0, "b": 3.5}
    assert documents.decode(documents.encode(experiment)) == experiment
    assert documents.as_dict(experiment)["landscape"]["parameters"] == {"a": 1.0, "b": 3.5}
    assert gdsim.run(experiment).runs[0].theta[-1] == pytest.approx([0.0, 0.0], abs=1e-6)


def test_contract_of_the_documents() -> None:
    """The words of the document format, and nothing more, are enough."""
    experiment = documents.load(document(landscape={"name": "formula", "expression": "x**2 + 10*sin(y)"}))
    assert experiment.landscape == Formula(expression="x**2 + 10*sin(y)")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"expression": "x + sn(y)"},
            "$.landscape.expression: needs a change at column 5: sn is not known: did you mean",
        ),
        ({"expression": "a*x"}, "$.landscape.expression: needs a change at column 1: a is not known: give it a value"),
        ({"expression": ""}, "$.landscape.expression: needs a change at column 1: the formula is empty"),
        ({"expression": 5}, "$.landscape.expression: expected text, got a whole number"),
        ({"parameters": {"sin": 1.0}}, "$.landscape.parameters: must have names of their own: sin has a meaning"),
        ({"parameters": {"x": 1.0}}, "$.landscape.parameters: must have names of their own: x has a meaning"),
        ({"parameters": {"a b": 1.0}}, "$.landscape.parameters: must have names of their own: a parameter is named by"),
        ({"parameters": {"a": "1"}}, "expected a number, got text"),
        ({"parameters": {f"a{i}": 1.0 for i in range(27)}}, "$.landscape.parameters: must be at most 26, not 27"),
        ({"parameters": {"a": math.inf}}, "$.landscape.parameters: must be finite numbers, which a is not"),
        ({"view": [1.0, 0.0, 0.0, 1.0]}, "$.landscape.view: must go from left to right"),
        ({"view": [0.0, 1.0, 1.0, 1.0]}, "$.landscape.view: must go from left to right"),
        ({"view": [0.0, math.nan, 0.0, 1.0]}, "$.landscape.view"),
        ({"view": [0.0, 1e300, 0.0, 1.0]}, "$.landscape.view[1]: expected a number <= 1e+100"),
        ({"view": [0.0, 1.0]}, "$.landscape.view: expected a list of length 4"),
        ({"unknown": 1}, "$.landscape.unknown: unknown field"),
    ],
)
def test_documents_that_are_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(gdsim.DocumentError) as caught:
        documents.load(document(landscape={"name": "formula", **fields}))
    assert message in str(caught.value)


def test_errors_keep_their_place() -> None:
    with pytest.raises(FormulaError) as caught:
        Formula(expression="x**2 + sn(y)")
    assert (caught.value.start, caught.value.end, caught.value.suggestion) == (7, 9, "sin")
    with pytest.raises(FormulaError):
        msgspec.structs.replace(Formula(), expression="x +")


def test_equal_ones_are_one() -> None:
    one = Formula(expression="a*x + b*y", parameters={"a": 1.0, "b": 2.0})
    other = Formula(expression="a*x + b*y", parameters={"b": 2.0, "a": 1.0})
    third = Formula(expression="a*x + b*y", parameters={"a": 1.0, "b": 2.5})
    assert one == other
    assert hash(one) == hash(other)
    assert one != third
    assert len({one, other, third}) == 2
    assert third.loss([(0.0, 1.0)]) == 2.5
    assert one.loss([(0.0, 1.0)]) == 2.0


def test_whole_numbers_are_parameters_too() -> None:
    assert Formula(expression="x**n", parameters={"n": 2}).first(FLOATS)(3.0, 0.0) == (9.0, 6.0, 0.0)


@pytest.mark.parametrize(
    ("text", "view", "expected"),
    [
        ("x**2 + y**2", (-4.0, 4.0, -2.5, 2.5), (-2.9, 1.6)),
        ("x**2 + y**2", (0.0, 1.0, 0.0, 2.0), (0.14, 1.64)),
        ("log(x) + y", (-4.0, 4.0, -2.5, 2.5), None),
        ("sqrt(x - 3) + y", (-4.0, 4.0, -2.5, 2.5), None),
        ("1/0", (-4.0, 4.0, -2.5, 2.5), (-2.9, 1.6)),  # nowhere: the document is refused at its start
    ],
)
def test_starts(text: str, view: tuple[float, float, float, float], expected: tuple[float, float] | None) -> None:
    formula = Formula(expression=text, view=view)
    start = formula.initial()
    if expected is None:
        assert np.isfinite(formula.gradient([start])).all()
        assert np.isfinite(formula.loss([start])).all()
        assert view[0] < start[0] < view[1]
        assert view[2] < start[1] < view[3]
    else:
        assert start == pytest.approx(expected)


def test_the_first_one_teaches() -> None:
    formula = Formula()
    run = gdsim.run(
        documents.load(
            document(
                {"optimizer": {"name": "SGD", "lr": formula.good_lr}}, landscape={"name": "formula"}, start=[-2.9, 1.6]
            )
        )
    ).runs[0]
    assert run.outcome is not None
    assert run.outcome.kind == "converged"
    valleys = np.concatenate([formula.minima(), formula.local_minima()])
    assert np.hypot(*(valleys - run.theta[-1]).T).min() < 1e-3
    assert len(formula.minima()) == 1
    assert len(formula.local_minima()) >= 2


def test_on_grids_and_on_nothing() -> None:
    x, y = np.linspace(-1.0, 1.0, 7), np.linspace(-2.0, 2.0, 5)
    for text in ("x*y", "x", "y**2", "3", "sin(x*y) + a"):
        formula = Formula(expression=text, parameters={"a": 1.0})
        grid = formula.grid(x, y)
        assert grid.shape == (5, 7)
        columns, rows = np.meshgrid(x, y)
        np.testing.assert_allclose(grid.ravel(), formula.loss(np.stack([columns.ravel(), rows.ravel()], axis=-1)))
        assert formula.loss(np.empty((0, 2))).shape == (0,)
        assert formula.gradient(np.empty((0, 2))).shape == (0, 2)
        assert formula.hessian(np.empty((0, 2))).shape == (0, 2, 2)


def test_memory_of_grids_is_given_back() -> None:
    """Of a long formula no more than a few intermediate grids are alive at a time."""
    import tracemalloc

    text = "+".join(f"sin({i}*x*y)*cos({i} + x*y)" for i in range(1, 21))
    run = Formula(expression=text).first(ARRAYS)
    x, y = np.linspace(-1.0, 1.0, 256)[np.newaxis, :], np.linspace(-1.0, 1.0, 256)[:, np.newaxis]
    tracemalloc.start()
    try:
        run(x, y)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 60 * 256 * 256 * 8
