"""Landscapes that are the loss of a model on data: what is descended when something is learned."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, ClassVar, Literal, NamedTuple

import msgspec
import numpy as np

from gdsim.core.arithmetic import Arithmetic, Number
from gdsim.core.data import FIVE_POINTS, AnyDataset, Dataset
from gdsim.core.landscapes.base import Floats, PlaneLandscape, View, widened
from gdsim.core.spec import option

Loss = Literal["mse", "half_mse", "sum"]


class Sums(NamedTuple):
    """What of the data decides the loss of a line: sums about the means, so that nothing cancels.

    ``w`` and ``b`` are the least-squares line (the level one, where all inputs are equal), ``rest`` the mean
    squared residual it leaves.
    """

    mean_x: float
    var_x: float
    w: float
    b: float
    rest: float


@lru_cache(maxsize=64)
def sums(dataset: Dataset) -> Sums:
    """The sufficient statistics of a data set with one input."""
    x, y = dataset.inputs()[:, 0].tolist(), dataset.targets().tolist()
    n = len(x)
    mean_x, mean_y = math.fsum(x) / n, math.fsum(y) / n
    if min(x) == max(x):
        mean_x = x[0]  # the rounded mean of equal numbers need not be that number
    dx, dy = [v - mean_x for v in x], [v - mean_y for v in y]
    var_x = math.fsum(v * v for v in dx) / n
    w = math.fsum(u * v for u, v in zip(dx, dy, strict=True)) / n / var_x if var_x > 0.0 else 0.0
    rest = math.fsum((v - w * u) ** 2 for u, v in zip(dx, dy, strict=True)) / n
    return Sums(mean_x, var_x, w, mean_y - w * mean_x, rest)


class LinearRegression(PlaneLandscape, frozen=True, kw_only=True, tag="linear_regression"):
    """The loss of the line ŷ = w x + b: a quadratic bowl in w and b.

    It is L = s (rest + var(x) (w - w*)² + ((b - b*) + mean(x) (w - w*))²), with s = 1 for "mse", 1/2 for
    "half_mse" and n for "sum"; (w*, b*) is the least-squares line. Written about that line the loss keeps all its
    digits near the minimum, where the sum of squared residuals written out would lose half of them.
    """

    title: ClassVar[str] = "Linear regression"
    teaches: ClassVar[str] = "Fitting a line is rolling down a bowl; inputs that are not centred make it a ravine."
    axes: ClassVar[tuple[str, str]] = ("w", "b")
    start: ClassVar[tuple[float, ...]] = (0.0, 0.0)
    good_lr: ClassVar[float] = 0.01

    dataset: Annotated[AnyDataset, option("data set", "The points that the line is fitted to.")] = FIVE_POINTS
    loss_kind: Annotated[
        Loss,
        option(
            "loss",
            "mse: the mean of the squared residuals. half_mse: half of it. sum: their sum, whose gradient grows "
            "with the number of points, so that the largest stable rate shrinks.",
        ),
    ] = msgspec.field(name="loss", default="mse")  # "loss" in documents; here that is the method

    @property
    def scale(self) -> float:
        """What the mean squared residual is multiplied by."""
        return {"mse": 1.0, "half_mse": 0.5, "sum": float(self.dataset.size)}[self.loss_kind]

    def minima(self) -> Floats:
        """The least-squares line; none where all inputs are equal and a whole line of (w, b) is as good."""
        fit = sums(self.dataset)
        return np.array([[fit.w, fit.b]]) if fit.var_x > 0.0 else np.empty((0, 2))

    def home(self) -> View:
        """The start, the minimum, and as much room around them."""
        fit = sums(self.dataset)
        # Without a single minimum: the solution nearest to the start.
        w, b = (
            (fit.w, fit.b)
            if fit.var_x > 0.0
            else (fit.mean_x * fit.b / (1.0 + fit.mean_x**2), fit.b / (1.0 + fit.mean_x**2))
        )
        reach = max(abs(w), 1.6 * abs(b), 1e-3 if w or b else 1.0)
        x, y = 0.5 * w, 0.5 * b
        view = (x - 1.2 * reach, x + 1.2 * reach, y - 0.75 * reach, y + 0.75 * reach)
        return widened(view, [(w, b), self.start])

    def first(self, m: Arithmetic) -> Callable[[Number, Number], tuple[Number, Number, Number]]:
        """Loss and slope."""
        mean_x, var_x, w0, b0, rest = sums(self.dataset)
        scale = self.scale
        floor = scale * rest

        def parts(w: Number, b: Number) -> tuple[Number, Number, Number]:
            dw = w - w0
            c = scale * ((b - b0) + mean_x * dw)
            v = scale * var_x * dw
            return floor + (v * dw + c * c / scale), 2.0 * (v + mean_x * c), 2.0 * c

        return parts

    def second(self, m: Arithmetic) -> Callable[[Number, Number], tuple[Number, Number, Number]]:
        """Curvature: the same everywhere."""
        mean_x, var_x, *_ = sums(self.dataset)
        twice = 2.0 * self.scale
        ww, wb, bb = twice * (var_x + mean_x * mean_x), twice * mean_x, twice

        def parts(w: Number, b: Number) -> tuple[Number, Number, Number]:
            return ww, wb, bb

        return parts
