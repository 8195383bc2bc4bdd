"""The landscape that is typed: any formula in x and y, with slopes and curvatures that are exact."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, ClassVar, Literal

import msgspec
import numpy as np

from gdsim.core.arithmetic import ARRAYS, FLOATS, Arithmetic, Number
from gdsim.core.landscapes.base import Floats, PlaneLandscape, View, polished
from gdsim.core.spec import number, option

Parts = Callable[[Number, Number], tuple[Number, Number, Number]]

COARSE = (65, 41)
"""Columns and rows of the grid on which valleys are looked for."""
MOST_VALLEYS = 100
MOST_PARAMETERS = 26


def _edge(label: str, symbol: str, meaning: str, low: float, high: float) -> msgspec.Meta:
    return number(label, symbol, meaning, low=low, high=high, ge=-1e100, le=1e100, advanced=True)


class Formula(PlaneLandscape, frozen=True, kw_only=True, tag="formula"):
    """f(x, y) as it is typed, with named parameters; see ``expression`` for what can be written.

    Raises:
        FormulaError: The expression is not a formula; ``start`` and ``end`` tell where in it.
        ValueError: A parameter's name or value, or the view, is refused.
    """

    title: ClassVar[str] = "Formula"
    teaches: ClassVar[str] = "Any formula in x and y is a landscape: type one, and give its letters values."
    start: ClassVar[tuple[float, ...]] = (-2.9, 1.6)
    good_lr: ClassVar[float] = 0.02

    expression: Annotated[
        str,
        option(
            "formula",
            "The loss, as a formula in x and y: + - * / and ** or ^ for powers; sin, cos, tan, exp, log, sqrt, abs, "
            "tanh, min, max and others; pi, e and tau. Other letters are parameters.",
        ),
    ] = "x**2 + 3*y**2 + 2*sin(3*x)*cos(3*y)"
    parameters: Annotated[
        dict[str, float],
        option("parameters", "What the other letters of the formula stand for, such as a and b in a*x**2 + b*y**2."),
    ] = msgspec.field(default_factory=dict)
    view: tuple[
        Annotated[float, _edge("left edge", "x₀", "Where the view begins at first.", -10.0, 0.0)],
        Annotated[float, _edge("right edge", "x₁", "Where the view ends at first.", 0.0, 10.0)],
        Annotated[float, _edge("lower edge", "y₀", "The lowest y that is seen at first.", -10.0, 0.0)],
        Annotated[float, _edge("upper edge", "y₁", "The highest y that is seen at first.", 0.0, 10.0)],
    ] = (-4.0, 4.0, -2.5, 2.5)

    def __post_init__(self) -> None:
        _check_parameters(self.parameters)
        left, right, bottom, top = self.view
        if not all(map(math.isfinite, self.view)):
            raise ValueError("view must be four finite numbers")
        if not (_apart(left, right) and _apart(bottom, top)):
            raise ValueError("view must go from left to right and from bottom to top: left, right, bottom, top")
        from gdsim.core.expression import FormulaError, steps_of  # loaded with the first formula

        try:
            steps_of(self.expression, frozenset(self.parameters))
        except FormulaError as error:
            message = f"expression needs a change at column {error.start + 1}: {error}"
            raise FormulaError(message, error.start, error.end, error.suggestion) from None

    def __hash__(self) -> int:
        return hash((self.expression, frozenset(self.parameters.items()), self.view))

    def minima(self) -> Floats:
        """The lowest of the valleys inside the view; none where the ground falls lower than they are."""
        return _valleys(self)[0]

    def local_minima(self) -> Floats:
        """The other valleys inside the view."""
        return _valleys(self)[1]

    def home(self) -> View:
        """The view of the document."""
        return self.view

    def initial(self) -> tuple[float, ...]:
        """Where a descent starts that is not told where: in the view, at a place where loss and slope are finite."""
        return _beginning(self)

    def first(self, m: Arithmetic) -> Parts:
        """Loss and slope."""
        return _compiled(self.expression, tuple(self.parameters.items()), m is ARRAYS, 1)

    def second(self, m: Arithmetic) -> Parts:
        """Curvature."""
        return _compiled(self.expression, tuple(self.parameters.items()), m is ARRAYS, 2)


def _apart(low: float, high: float) -> bool:
    return high - low > 1e-9 * max(abs(low), abs(high), 1e-290)


def _check_parameters(parameters: dict[str, float]) -> None:
    if len(parameters) > MOST_PARAMETERS:
        raise ValueError(f"parameters must be at most {MOST_PARAMETERS}, not {len(parameters)}")
    if not parameters:
        return
    from gdsim.core.expression import check_name

    for name, value in parameters.items():
        try:
            check_name(name)
        except ValueError as error:
            raise ValueError(f"parameters must have names of their own: {error}") from None
        if not math.isfinite(value):
            raise ValueError(f"parameters must be finite numbers, which {name} is not")


@lru_cache(maxsize=128)
def _compiled(expression: str, parameters: tuple[tuple[str, float], ...], arrays: bool, order: Literal[1, 2]) -> Parts:
    from gdsim.core.differentiation import compiled
    from gdsim.core.expression import CONSTANTS, steps_of

    values = {name: value + 0.0 for name, value in parameters}  # -0.0 equals 0.0, and must not be told from it here
    steps = steps_of(expression, frozenset(values))
    return compiled(steps, {**CONSTANTS, **values}, ARRAYS if arrays else FLOATS, order)


@lru_cache(maxsize=64)
def _beginning(formula: Formula) -> tuple[float, ...]:
    left, right, bottom, top = formula.view
    start = formula.start
    if not (left < start[0] < right and bottom < start[1] < top):
        start = (left + 0.14 * (right - left), bottom + 0.82 * (top - bottom))
    x, y = np.meshgrid(np.linspace(left, right, 29)[1:-1], np.linspace(bottom, top, 19)[1:-1])
    p = np.concatenate([[start], np.stack([x.ravel(), y.ravel()], axis=-1)])
    with np.errstate(all="ignore"):
        good = np.isfinite(formula.loss(p)) & np.isfinite(formula.gradient(p)).all(axis=1)
        away = np.hypot(*(p - p[0]).T)
    nearest = int(np.argmin(np.where(good, away, np.inf)))
    return float(p[nearest, 0]), float(p[nearest, 1])


@lru_cache(maxsize=64)
def _valleys(formula: Formula) -> tuple[Floats, Floats]:
    """The lowest valleys inside the view, and the others."""
    left, right, bottom, top = formula.view
    x, y = np.linspace(left, right, COARSE[0]), np.linspace(bottom, top, COARSE[1])
    ground = np.where(np.isfinite(ground := formula.grid(x, y)), ground, np.inf)
    found = polished(formula, _dips(ground, x, y))
    inside = (found[:, 0] > left) & (found[:, 0] < right) & (found[:, 1] > bottom) & (found[:, 1] < top)
    found = found[inside]
    loss = formula.loss(found)
    allowed = 1e-9 * (1.0 + np.abs(loss))
    lowest = loss <= min(np.min(loss, initial=np.inf), float(ground.min())) + allowed
    parts = found[lowest], found[~lowest]
    for part in parts:
        part.flags.writeable = False
    return parts


def _dips(ground: Floats, x: Floats, y: Floats) -> Floats:
    """The places of a grid that are lower than those around them, the lowest of them, shape (n, 2)."""
    inner = ground[1:-1, 1:-1]
    rows, columns = inner.shape
    lower = np.isfinite(inner)
    for i in (0, 1, 2):
        for j in (0, 1, 2):
            if (i, j) != (1, 1):
                lower &= inner <= ground[i : i + rows, j : j + columns]
    row, column = np.nonzero(lower)
    order = np.argsort(inner[row, column], kind="stable")[:MOST_VALLEYS]
    return np.stack([x[column[order] + 1], y[row[order] + 1]], axis=-1)
