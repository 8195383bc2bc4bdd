"""Regressions: models whose loss is known so well that it can be written down, marked and checked by hand."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Annotated, ClassVar, Literal, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from gdsim.core.arithmetic import FLOATS, Arithmetic, Number
from gdsim.core.data import AnyDataset, Blobs, NoisySine, Part, Task
from gdsim.core.landscapes import huber
from gdsim.core.landscapes.base import Floats, PlaneLandscape, View, polished, widened
from gdsim.core.landscapes.model import CROSS_ENTROPY, Judge, LinearModel, ModelLandscape, blocks, symmetric
from gdsim.core.spec import number, option

Loss = Literal["mse", "half_mse", "sum", "huber"]
Parts = Callable[[Number, Number], tuple[Number, Number, Number]]
Rows = npt.NDArray[np.intp]

EXACTLY = 10_000
"""So many numbers are summed without any rounding; more of them in NumPy's way, which is fast."""


LAST = 1e-8
"""A step of Newton's method, against its place, that is the last one: the next would be its square."""


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


def sums(x: Floats, y: Floats) -> Sums:
    """The sufficient statistics of inputs and targets, shape (n,) each."""
    n = x.size
    mean_x, mean_y = _total(x) / n, _total(y) / n
    if x.min() == x.max():
        mean_x = float(x[0])  # the rounded mean of equal numbers need not be that number
    with np.errstate(all="ignore"):
        dx, dy = x - mean_x, y - mean_y
        var_x = _total(dx * dx) / n
        w = _total(dx * dy) / n / var_x if var_x > 0.0 else 0.0
        rest = _total((dy - w * dx) ** 2) / n
    return Sums(mean_x, var_x, w, mean_y - w * mean_x, rest)


def _total(values: Floats) -> float:
    if values.size > EXACTLY or not np.isfinite(values).all():
        return float(values.sum())
    return math.fsum(values.tolist())


@lru_cache(maxsize=64)
def _line(landscape: LinearRegression) -> Sums:
    """Of the training part; nan where it has missing values."""
    return sums(*landscape.examples())


@lru_cache(maxsize=64)
def _of_part(landscape: LinearRegression, part: Part) -> Parts:
    """The loss on the training or the validation part: its sums are made once."""
    return landscape.parts_anew(*landscape.data().examples(part))


@lru_cache(maxsize=64)
def _robust_line(landscape: LinearRegression) -> Floats:
    """The minimum of the huber loss, shape (1, 2); (0, 2) where there is no single one."""
    x, y = landscape.examples()
    fit = _line(landscape)
    mean, spread = fit.mean_x, math.sqrt(fit.var_x)
    # It is looked for where inputs have mean 0 and spread 1.
    w, b = huber.minimum((x - mean) / spread, y, landscape.delta, (fit.w * spread, fit.b + fit.w * mean))
    found = polished(landscape, [[w / spread, b - w * mean / spread]])
    found.flags.writeable = False
    return found


@lru_cache(maxsize=64)
def _line_of_what_is_there(landscape: LinearRegression) -> Sums:
    """Of the examples without missing values: what a view can be chosen by."""
    x, y = landscape.examples()
    there = np.isfinite(x) & np.isfinite(y)
    return sums(x[there], y[there]) if there.any() else Sums(0.0, 0.0, 0.0, 0.0, 0.0)


class LinearRegression(PlaneLandscape, ModelLandscape, frozen=True, kw_only=True, tag="linear_regression"):
    """The loss of the line ŷ = w x + b: a quadratic bowl in w and b.

    It is L = s (rest + var(x) (w - w*)² + ((b - b*) + mean(x) (w - w*))²), with s = 1 for "mse", 1/2 for
    "half_mse" and n for "sum"; (w*, b*) is the least-squares line. Written about that line the loss keeps all its
    digits near the minimum, where the sum of squared residuals written out would lose half of them.

    "huber" is torch.nn.HuberLoss (Huber 1964, Robust estimation of a location parameter): there is no such form,
    and the residuals are summed. x is the first input of the data set.
    """

    title: ClassVar[str] = "Linear regression"
    teaches: ClassVar[str] = "Fitting a line is rolling down a bowl; inputs that are not centred make it a ravine."
    axes: ClassVar[tuple[str, str]] = ("w", "b")
    start: ClassVar[tuple[float, ...]] = (0.0, 0.0)
    good_lr: ClassVar[float] = 0.01

    loss_kind: Annotated[
        Loss,
        option(
            "loss",
            "mse: the mean of the squared residuals. half_mse: half of it. sum: their sum, whose gradient grows "
            "with the number of points, so that the largest stable rate shrinks. huber: squares near the line, "
            "straight beyond δ, so that outliers pull no harder than others.",
        ),
    ] = msgspec.field(name="loss", default="mse")  # "loss" in documents; here that is the method
    delta: Annotated[
        float,
        number(
            "Huber's bound",
            "δ",
            "Residuals up to δ count squared, larger ones in proportion: choose it a little above the noise. Only "
            "the huber loss has it.",
            low=0.01,
            high=10.0,
            scale="log",
            gt=0.0,
        ),
    ] = 1.0

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Slope and intercept."""
        return ("w", "b")

    @property
    def closed(self) -> bool:
        """But for huber."""
        return self.loss_kind != "huber"

    @property
    def freedom(self) -> str:
        """What it means that there is one point only."""
        return "many lines pass through it"

    @property
    def scale(self) -> float:
        """What the mean squared residual of the training part is multiplied by."""
        return self._scale(self.data().y.size)

    def _scale(self, count: int) -> float:
        return {"mse": 1.0, "half_mse": 0.5, "sum": float(count), "huber": math.nan}[self.loss_kind]

    def examples(self) -> tuple[Floats, Floats]:
        """Inputs and targets of the training part, shape (n,) each."""
        data = self.data()
        return np.ascontiguousarray(data.x[:, 0]), data.y

    def minima(self) -> Floats:
        """The best line; none where all inputs are equal and a whole line of (w, b) is as good."""
        fit = _line(self)
        if not (fit.var_x > 0.0 and math.isfinite(fit.w)):
            return np.empty((0, 2))
        return _robust_line(self) if self.loss_kind == "huber" else np.array([[fit.w, fit.b]])

    def home(self) -> View:
        """The start, the minimum, and as much room around them."""
        fit = _line_of_what_is_there(self)
        # Without a single minimum: the solution nearest to the start.
        w, b = (
            (fit.w, fit.b)
            if fit.var_x > 0.0
            else (fit.mean_x * fit.b / (1.0 + fit.mean_x**2), fit.b / (1.0 + fit.mean_x**2))
        )
        reach = max(abs(w), 1.6 * abs(b), 1e-3 if w or b else 1.0)
        x, y = 0.5 * w, 0.5 * b
        view = (x - 1.2 * reach, x + 1.2 * reach, y - 0.75 * reach, y + 0.75 * reach)
        return widened(view, [(w, b), self.start, *self.minima()])

    # The landscape over the training part

    def first(self, m: Arithmetic) -> Parts:
        """Loss and slope."""
        if self.loss_kind == "huber":
            x, y = self.examples()
            return huber.of_one(x, y, self.delta) if m is FLOATS else huber.of_many(x, y, self.delta)
        fit = _line(self)
        return _quadratic(fit.mean_x, fit.var_x, fit.w, fit.w, fit.b, fit.rest, self.scale)

    def second(self, m: Arithmetic) -> Parts:
        """Curvature: the same everywhere, but for huber, where only the residuals within δ bend the loss."""
        if self.loss_kind == "huber":
            x, y = self.examples()
            return huber.bend_of_one(x, y, self.delta) if m is FLOATS else huber.bend_of_many(x, y, self.delta)
        mean_x, var_x, *_ = _line(self)
        twice = 2.0 * self.scale
        ww, wb, bb = twice * (var_x + mean_x * mean_x), twice * mean_x, twice

        def parts(w: Number, b: Number) -> tuple[Number, Number, Number]:
            return ww, wb, bb

        return parts

    # The model on any examples

    def predict(self, theta: npt.ArrayLike, x: Floats) -> Floats:
        """The line."""
        w, b = np.asarray(theta, dtype=np.float64)
        with np.errstate(all="ignore"):
            return np.asarray(w * x[:, 0] + b)

    def slope(self, theta: npt.ArrayLike, x: Floats, y: Floats) -> tuple[float, Floats]:
        """Loss and gradient on some examples."""
        w, b = np.asarray(theta, dtype=np.float64)
        with np.errstate(all="ignore"):
            loss, dw, db = self.parts_of(x, y)(w, b)
        return float(loss), np.array([dw, db], dtype=np.float64)

    def losses(self, thetas: npt.ArrayLike, x: Floats, y: Floats) -> Floats:
        """The losses of many lines."""
        thetas = np.asarray(thetas, dtype=np.float64)
        with np.errstate(all="ignore"):
            loss = self.parts_of(x, y)(thetas[:, 0], thetas[:, 1])[0]
        return np.array(np.broadcast_to(loss, len(thetas)), dtype=np.float64)

    def curvature(self, theta: npt.ArrayLike, x: Floats, y: Floats) -> Floats:
        """The Hessian on some examples."""
        w, b = np.asarray(theta, dtype=np.float64)
        x = x[:, 0]
        with np.errstate(all="ignore"):
            if self.loss_kind == "huber":
                ww, wb, bb = huber.bend_of_one(x, y, self.delta)(w, b)
            else:
                twice = np.float64(2.0 * self._scale(y.size)) / y.size
                ww, wb, bb = twice * (x @ x), twice * x.sum(), twice * y.size
        return np.array([[ww, wb], [wb, bb]], dtype=np.float64)

    def batch_parts(self, rows: Sequence[Rows] | Rows) -> Iterator[Parts]:
        """For each batch a function (w, b) -> (loss, dL/dw, dL/db) on floats, as quick as that of the full loss.

        What a batch contributes is summed once, for all batches of a size together, about the batch's own means
        and the best line of all; so no digits are lost near the minimum. Sum and mean go over the batch, as
        torch's reductions do. The functions are made one by one when they are asked for: thousands that wait would
        keep the garbage collector busy.

        Args:
            rows: Which training examples each batch holds; batches may differ in length.
        """
        x, y = self.examples()
        if self.loss_kind == "huber":
            return (huber.of_one(x[batch], y[batch], self.delta) for batch in rows)
        table = np.full((7, len(rows)), np.nan)
        for size, places in _by_size(rows).items():
            if size:
                picked = np.concatenate([rows[place] for place in places]).reshape(len(places), size)
                table[:, places] = self._quadratics(x[picked], y[picked])
        return map(_quadratic, *table.tolist())

    def parts_of(self, x: Floats, y: Floats) -> Parts:
        """``first`` on some examples, x of shape (m, features) and y of shape (m,): for floats and for arrays."""
        part = self.data().part_of(x, y)
        if part is not None:
            return _of_part(self, part)
        return self.parts_anew(x, y)

    def parts_anew(self, x: Floats, y: Floats) -> Parts:
        """The same; what is a part of the data is summed again too."""
        x = x[:, 0]
        if self.loss_kind == "huber":
            return huber.of_many(x, y, self.delta)
        if not y.size:
            return _nothing
        return _quadratic(*self._quadratics(x[np.newaxis], y[np.newaxis])[:, 0].tolist())

    def _quadratics(self, x: Floats, y: Floats) -> Floats:
        """What ``_quadratic`` needs, a column for each row of x and y, shape (batches, size) each."""
        fit = _line(self)
        w0, b0 = (fit.w, fit.b) if math.isfinite(fit.w + fit.b) else (0.0, 0.0)
        n = x.shape[1]
        with np.errstate(all="ignore"):
            residual = (y - b0) - w0 * x
            mean_x, mean_r = x.sum(axis=1) / n, residual.sum(axis=1) / n
            dx, dr = x - mean_x[:, np.newaxis], residual - mean_r[:, np.newaxis]
            var_x = (dx * dx).sum(axis=1) / n
            further = (dx * dr).sum(axis=1) / n / np.where(var_x > 0.0, var_x, np.inf)
            off = dr - further[:, np.newaxis] * dx
            rest = (off * off).sum(axis=1) / n
        same = np.ones(len(x))
        return np.stack([mean_x, var_x, w0 + further, w0 * same, b0 + mean_r, rest, self._scale(n) * same])


def _quadratic(mean_x: float, var_x: float, best: float, w0: float, b0: float, rest: float, scale: float) -> Parts:
    """The loss scale * (rest + var_x (w - best)² + ((b - b0) + mean_x (w - w0))²), with its slope."""
    floor = scale * rest
    twice = 2.0 * scale

    def parts(w: Number, b: Number) -> tuple[Number, Number, Number]:
        c = (b - b0) + mean_x * (w - w0)
        d = w - best
        v = var_x * d
        return floor + scale * (v * d + c * c), twice * (v + mean_x * c), twice * c

    return parts


def _nothing(w: Number, b: Number) -> tuple[Number, Number, Number]:
    return math.nan, math.nan, math.nan


def _by_size(rows: Sequence[Rows] | Rows) -> dict[int, list[int]]:
    """The places of the batches of each length."""
    found: dict[int, list[int]] = {}
    for place, batch in enumerate(rows):
        found.setdefault(len(batch), []).append(place)
    return found


class LogisticRegression(LinearModel, frozen=True, kw_only=True, tag="logistic_regression"):
    """The mean cross-entropy of p = sigmoid(w1 x1 + w2 x2 + b): convex, without a closed form.

    x1 and x2 are the first two inputs of the data set. It is torch.nn.BCEWithLogitsLoss on a torch.nn.Linear.
    """

    title: ClassVar[str] = "Logistic regression"
    teaches: ClassVar[str] = "Where a line separates the classes there is no minimum: the weights grow for ever."
    axes: ClassVar[tuple[str, str]] = ("w1", "w2")
    start: ClassVar[tuple[float, ...]] = (-2.0, 1.0, 0.0)
    good_lr: ClassVar[float] = 0.5

    dataset: Annotated[AnyDataset, option("data set", "The examples of two classes that are told apart.")] = Blobs()

    @property
    def task(self) -> Task:
        """It tells two classes apart."""
        return "classification"

    @property
    def most_inputs(self) -> int:
        """Two."""
        return 2

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Two weights and the bias."""
        return ("w1", "w2", "b")

    @property
    def freedom(self) -> str:
        """What it means that there are fewer points than parameters."""
        return "many lines tell them apart"

    @property
    def judge(self) -> Judge:
        """Cross-entropy."""
        return CROSS_ENTROPY

    def unsuited(self) -> str:
        """It takes two inputs and two classes."""
        if self.dataset.features < 2:
            return "logistic regression takes a data set with at least two inputs; this one has one"
        return _not_classes(self.dataset.task, "logistic regression")

    def design(self, x: Floats) -> Floats:
        """The inputs and a column of ones."""
        return np.column_stack([x[:, :2], np.ones(len(x))])

    def predict(self, theta: npt.ArrayLike, x: Floats) -> Floats:
        """The probability of class 1."""
        return sigmoid(super().predict(theta, x))

    def minima(self) -> Floats:
        """The best weights; none where a line separates the classes, or where several are as good."""
        return _newton(self)[0]

    def notes(self) -> tuple[str, ...]:
        """Also whether the classes are separable."""
        notes = super().notes()
        y = self.data().y
        if _newton(self)[1] and y.min() < y.max():
            notes += (
                "A straight line separates the classes: the loss has no minimum, it falls towards 0 while the "
                "weights grow for ever.",
            )
        return notes


def sigmoid(z: Floats) -> Floats:
    """1 / (1 + exp(-z)), with all its digits on both sides."""
    with np.errstate(all="ignore"):
        e = np.exp(-np.abs(z))
        return np.where(z < 0.0, e, 1.0) / (1.0 + e)


def _not_classes(task: Task, who: str) -> str:
    if task != "classification":
        return f"{who} takes a data set of two classes; the targets of this one are numbers"
    return ""


@lru_cache(maxsize=64)
def _newton(landscape: LogisticRegression) -> tuple[Floats, bool]:
    """The minimum by Newton's method, shape (0 or 1, 3), and whether a line was met that separates the classes."""
    data = landscape.data()
    phi, side = landscape.design(data.x), 2.0 * data.y - 1.0
    none = np.empty((0, 3))
    none.flags.writeable = False
    if not np.isfinite(phi).all():
        return none, False
    at, now = np.zeros(3), math.log(2.0)
    for _ in range(100):
        _, slope = landscape.slope(at, data.x, data.y)
        hessian = landscape.curvature(at, data.x, data.y)
        if np.linalg.cond(hessian) > 1e14:
            return none, False
        step = np.linalg.solve(hessian, slope)
        if np.abs(step).max() <= LAST * (1.0 + np.abs(at).max()):
            at = at - step
            break
        share = 1.0
        while (value := landscape.value(at - share * step, data.x, data.y)) > now and share > 1e-9:
            share *= 0.5
        if value > now:
            break
        at, now = at - share * step, value
        if (side * (phi @ at) > 0.0).all():
            return none, True
    _, slope = landscape.slope(at, data.x, data.y)
    if not np.abs(slope).max() <= 1e-10 * (1.0 + np.abs(hessian).max() * np.abs(at).max()):
        return none, False
    found = at[np.newaxis]
    found.flags.writeable = False
    return found, False


class PolynomialRegression(LinearModel, frozen=True, kw_only=True, tag="polynomial_regression"):
    """The mean squared error of ŷ = w0 + w1 x + ... + wd x^d.

    x is the first input of the data set, as it is or standardised. Beyond x = 1 its powers explode and below they
    vanish: that is why the Hessian of a high degree is so badly conditioned.
    """

    title: ClassVar[str] = "Polynomial regression"
    teaches: ClassVar[str] = "A high degree fits the noise too: the training loss falls, the validation loss rises."
    axes: ClassVar[tuple[str, str]] = ("w0", "w1")
    start: ClassVar[tuple[float, ...]] = (0.0, 0.0, 0.0, 0.0)
    good_lr: ClassVar[float] = 0.3

    dataset: Annotated[AnyDataset, option("data set", "The examples that the curve is fitted to.")] = NoisySine()
    degree: Annotated[
        int,
        number(
            "degree",
            "d",
            "The highest power of x. 1 is a line, 3 follows one wave, 15 passes through 16 points and swings between "
            "them.",
            low=1,
            high=15,
            ge=1,
            le=15,
        ),
    ] = 3

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """One coefficient a power."""
        return tuple(f"w{power}" for power in range(self.degree + 1))

    def initial(self) -> tuple[float, ...]:
        """The curve that is 0 everywhere."""
        return (0.0,) * (self.degree + 1)

    def design(self, x: Floats) -> Floats:
        """The powers of x."""
        return np.vander(x[:, 0], self.degree + 1, increasing=True)

    def minima(self) -> Floats:
        """The least-squares curve; one of them where many are as good."""
        return _least_squares(self)

    def condition_number(self, theta: npt.ArrayLike) -> float:
        """The same everywhere; from the singular values of the powers, so that large ones are right too."""
        with np.errstate(all="ignore"):
            phi, _ = self.summed(self.data().x, self.data().y) or (self.design(self.data().x), None)
            if not np.isfinite(phi).all():
                return math.nan
            sizes = np.linalg.svd(phi, compute_uv=False)
        smallest = sizes[-1] if len(phi) > self.degree else 0.0
        if smallest <= np.finfo(np.float64).eps * self.dim * sizes[0]:
            return math.inf
        return float((sizes[0] / smallest) ** 2)

    def input_condition(self) -> float:
        """That of the powers: the fit is linear in its coefficients."""
        return self.condition_number(self.initial())

    # Very many examples are summed up once

    def passes(self, count: int) -> int:
        """A triangle stands for very many."""
        return count if count <= EXACTLY else self.dim + 1

    def slope(self, theta: npt.ArrayLike, x: Floats, y: Floats) -> tuple[float, Floats]:
        """Loss and gradient; of a whole part from its triangle."""
        found = self.summed(x, y)
        if found is None:
            return super().slope(theta, x, y)
        with np.errstate(all="ignore"):
            off = found[0] @ np.asarray(theta, dtype=np.float64) - found[1]
            return float(off @ off / y.size), 2.0 * (off @ found[0]) / y.size

    def losses(self, thetas: npt.ArrayLike, x: Floats, y: Floats) -> Floats:
        """The losses; of a whole part from its triangle."""
        found = self.summed(x, y)
        if found is None:
            return super().losses(thetas, x, y)
        with np.errstate(all="ignore"):
            off = np.asarray(thetas, dtype=np.float64) @ found[0].T - found[1]
            return np.asarray((off * off).sum(axis=1) / y.size)

    def curvature(self, theta: npt.ArrayLike, x: Floats, y: Floats) -> Floats:
        """The Hessian; of a whole part from its triangle."""
        found = self.summed(x, y)
        if found is None:
            return super().curvature(theta, x, y)
        with np.errstate(all="ignore"):
            return symmetric(2.0 * (found[0].T @ found[0]) / y.size)

    def summed(self, x: Floats, y: Floats) -> tuple[Floats, Floats] | None:
        """What has the same squares, in few rows, as the powers and the targets of a part of very many examples."""
        if y.size <= EXACTLY:
            return None
        part = self.data().part_of(x, y)
        return None if part is None else _triangle(self, part)


@lru_cache(maxsize=32)
def _triangle(landscape: PolynomialRegression, part: Part) -> tuple[Floats, Floats] | None:
    """(R, q) with |Φ θ - y| = |R θ - q| for every θ, shapes (dim + 1, dim) and (dim + 1,); None beyond all numbers.

    It is the triangle of the QR decomposition of (Φ, y), found block by block: no digits are lost as they would be in
    sums of products.
    """
    x, y = landscape.data().examples(part)
    found = np.empty((0, landscape.dim + 1))
    with np.errstate(all="ignore"):
        for block in blocks(y.size):
            rows = np.column_stack([landscape.design(x[block]), y[block]])
            if not np.isfinite(rows).all():
                return None
            found = np.asarray(np.linalg.qr(np.vstack([found, rows]), mode="r"))
    return found[:, :-1], found[:, -1]


@lru_cache(maxsize=64)
def _least_squares(landscape: PolynomialRegression) -> Floats:
    data = landscape.data()
    with np.errstate(all="ignore"):
        phi, targets = landscape.summed(data.x, data.y) or (landscape.design(data.x), data.y)
        if not np.isfinite(phi).all():
            return np.empty((0, landscape.dim))
        size = np.sqrt((phi * phi).sum(axis=0))
        size[~((size > 0.0) & np.isfinite(size))] = 1.0
        found = (np.linalg.lstsq(phi / size, targets, rcond=None)[0] / size)[np.newaxis]
    found.flags.writeable = False
    return np.asarray(found)
