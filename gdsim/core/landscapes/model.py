"""What all models on data share: their data, their loss on any examples, and what the data do to the landscape.

A landscape is a function of parameters alone; training needs more: the loss of a batch, of the validation part,
the predictions. Here is the contract for that, and the two ways in which an output is judged.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, NamedTuple

import numpy as np
import numpy.typing as npt

from gdsim.core.data import FIVE_POINTS, AnyDataset, Corruption, Preparation, Prepared, Task, prepare
from gdsim.core.landscapes.base import Floats, Landscape, View
from gdsim.core.spec import number, option

CHUNK = 2_500_000
"""Numbers that are held at once while many parameters are tried: 20 MB."""
BLOCK = 16_384
"""Examples that are gone through at once: what is made of them stays in the processor's cache."""


class Judge(NamedTuple):
    """How an output z is judged against its target y, example by example; arrays broadcast.

    Attributes:
        value: (z, y) -> the loss.
        slope: (z, y) -> the loss and its derivative by z.
        bend: (z, y) -> its second derivative by z.
    """

    value: Callable[[Floats, Floats], Floats]
    slope: Callable[[Floats, Floats], tuple[Floats, Floats]]
    bend: Callable[[Floats, Floats], Floats]


def _square(z: Floats, y: Floats) -> Floats:
    r = z - y
    r *= r
    return r


def _square_slope(z: Floats, y: Floats) -> tuple[Floats, Floats]:
    r = z - y
    return r * r, 2.0 * r


def _square_bend(z: Floats, y: Floats) -> Floats:
    return np.full(np.broadcast_shapes(z.shape, y.shape), 2.0)


def _cross_entropy(z: Floats, y: Floats) -> Floats:
    t = (1.0 - 2.0 * y) * z
    return np.maximum(t, 0.0) + np.log1p(np.exp(-np.abs(t)))


def _cross_entropy_slope(z: Floats, y: Floats) -> tuple[Floats, Floats]:
    sign = 1.0 - 2.0 * y
    t = sign * z
    rest = np.log1p(np.exp(-np.abs(t)))
    # The sigmoid of t with all its digits, however sure the model is.
    return np.maximum(t, 0.0) + rest, sign * np.exp(np.minimum(t, 0.0) - rest)


def _cross_entropy_bend(z: Floats, y: Floats) -> Floats:
    e = np.exp(-np.abs(z))
    return np.asarray(np.broadcast_to(e / ((1.0 + e) * (1.0 + e)), np.broadcast_shapes(z.shape, y.shape)))


SQUARE = Judge(_square, _square_slope, _square_bend)
"""(z - y)²; its mean is torch.nn.MSELoss."""

CROSS_ENTROPY = Judge(_cross_entropy, _cross_entropy_slope, _cross_entropy_bend)
"""-log of the probability that sigmoid(z) gives to the class y (0 or 1); its mean is torch.nn.BCEWithLogitsLoss."""


class ModelLandscape(Landscape, frozen=True, kw_only=True):
    """The loss of a model on a data set, over the model's parameters.

    A declaration gives ``predict``, ``slope``, ``losses`` and ``curvature`` on any examples; the landscape
    (``loss``, ``gradient``, ``hessian``) is what they say on the training part. Numbers that are not finite
    neither raise nor warn: they come out as inf or nan.

    Raises:
        ValueError: The data set does not suit the model.
    """

    dataset: Annotated[AnyDataset, option("data set", "The examples that the model is fitted to.")] = FIVE_POINTS
    validation: Annotated[
        float,
        number(
            "validation part",
            "v",
            "Share of the examples that is held back. The model never sees them: their loss tells whether it has "
            "learned the rule or the examples. Usual: 0.2 to 0.3.",
            low=0.0,
            high=0.8,
            ge=0.0,
            lt=1.0,
        ),
    ] = 0.0
    split_seed: Annotated[
        int,
        number(
            "seed of the split",
            "",
            "Decides which examples are held back, and which are spoilt.",
            low=0,
            high=100,
            ge=0,
            le=2**63 - 1,
            advanced=True,
        ),
    ] = 0
    standardise: Annotated[
        float,
        number(
            "standardise inputs",
            "s",
            "1 gives every input mean 0 and standard deviation 1, 0 leaves it as it is; between, the one turns into "
            "the other. It makes a ravine a bowl.",
            low=0.0,
            high=1.0,
            ge=0.0,
            le=1.0,
        ),
    ] = 0.0
    only: (
        Annotated[
            int,
            number(
                "only so many examples",
                "",
                "Train on so few examples. A sound model learns 10 by heart: if its loss does not fall to zero then, "
                "something is wrong with the program.",
                low=1,
                high=100,
                ge=1,
            ),
        ]
        | None
    ) = None
    corrupt: Annotated[
        Corruption,
        option(
            "spoil",
            "What is wrong with the training data: outliers, shuffled labels, a first input that is partly written "
            "in another unit (times 1000), or missing values (NaN). Can you tell from the loss curve?",
        ),
    ] = "nothing"
    corrupt_share: Annotated[
        float,
        number(
            "spoilt share",
            "p",
            "Share of the training examples that is spoilt.",
            low=0.0,
            high=1.0,
            ge=0.0,
            le=1.0,
        ),
    ] = 0.2

    def __post_init__(self) -> None:
        why = self.unsuited()
        if why:
            raise ValueError(why)

    # What a declaration gives

    @property
    def task(self) -> Task:
        """Whether the model answers with a number or with the probability of class 1."""
        return "regression"

    @property
    def closed(self) -> bool:
        """Whether its loss follows from sums: then a point costs the same however many examples there are."""
        return False

    @property
    def most_inputs(self) -> int:
        """How many inputs it can use: the first ones of a data set that has more."""
        return 1

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """What the parameters are called, one name each."""
        raise NotImplementedError  # abstract

    def unsuited(self) -> str:
        """Why the data set does not suit the model, "" where it does."""
        return ""

    def predict(self, theta: npt.ArrayLike, x: Floats) -> Floats:
        """The model's answers, a number or the probability of class 1: (dim,) and (m, features) -> (m,).

        ``x`` is as the model sees it, standardised where the document says so (``Prepared.from_raw``).
        """
        raise NotImplementedError  # abstract

    def value(self, theta: npt.ArrayLike, x: Floats, y: Floats) -> float:
        """The loss of one theta on the examples x, shape (m, features), and y, shape (m,); nan for none."""
        return self.slope(theta, x, y)[0]

    def slope(self, theta: npt.ArrayLike, x: Floats, y: Floats) -> tuple[float, Floats]:
        """The loss of one theta on some examples, and its gradient, shape (dim,)."""
        raise NotImplementedError  # abstract

    def losses(self, thetas: npt.ArrayLike, x: Floats, y: Floats) -> Floats:
        """``value`` for many thetas at once, shape (k, dim) -> (k,); it may differ in the last digits."""
        raise NotImplementedError  # abstract

    def curvature(self, theta: npt.ArrayLike, x: Floats, y: Floats) -> Floats:
        """The Hessian of the loss of one theta on some examples, shape (dim, dim)."""
        raise NotImplementedError  # abstract

    def passes(self, count: int) -> int:
        """How many examples a loss on ``count`` of them goes through: fewer where they have been summed up."""
        return count

    def filters(self) -> tuple[npt.NDArray[np.intp], ...]:
        """Groups of parameters that are scaled together in filter normalisation: their places in theta.

        A random direction is given each group's own length (Li et al. 2018, Visualizing the Loss Landscape of
        Neural Nets). Every parameter is in one group; here all are in the same.
        """
        return (np.arange(self.dim),)

    # What follows

    @property
    def preparation(self) -> Preparation:
        """What is done with the data set before the model sees it."""
        return Preparation(
            self.validation, self.split_seed, self.standardise, self.only, self.corrupt, self.corrupt_share
        )

    @property
    def dim(self) -> int:
        """How many parameters it has."""
        return len(self.parameter_names)

    def data(self) -> Prepared:
        """The training and the validation part, as the model sees them; kept and read-only.

        Raises:
            ValueError: The examples are not at hand (a file that was not read in).
        """
        return prepare(self.dataset, self.preparation)

    def notes(self) -> tuple[str, ...]:
        """What is odd about the data, or about this model on them, in plain sentences."""
        data, names = self.data(), self.dataset.input_names
        notes = list(data.notes)
        if len(names) > self.most_inputs:
            used = "the first one" if self.most_inputs == 1 else f"the first {self.most_inputs}"
            notes.append(
                f"The data set has {len(names)} inputs; this model uses {used}: {', '.join(names[: self.most_inputs])}."
            )
        count = data.y.size
        if count < self.dim:
            points = "1 point" if count == 1 else f"{count:,} points"
            notes.append(f"{points}, {self.dim:,} parameters: {self.freedom}.")
        return tuple(notes)

    @property
    def freedom(self) -> str:
        """What it means that there are fewer points than parameters."""
        return "many curves pass through all of them"

    def loss(self, points: npt.ArrayLike) -> Floats:
        """The loss on the training part at ``points``, shape (n, dim) -> (n,)."""
        data = self.data()
        return self.losses(self.thetas(points), data.x, data.y)

    def gradient(self, points: npt.ArrayLike) -> Floats:
        """Its gradient at ``points``, shape (n, dim) -> (n, dim)."""
        data, thetas = self.data(), self.thetas(points)
        return np.array([self.slope(theta, data.x, data.y)[1] for theta in thetas]).reshape(thetas.shape)

    def hessian(self, points: npt.ArrayLike) -> Floats:
        """Its Hessian at ``points``, shape (n, dim) -> (n, dim, dim)."""
        data, thetas = self.data(), self.thetas(points)
        found = [self.curvature(theta, data.x, data.y) for theta in thetas]
        return np.array(found).reshape(*thetas.shape, self.dim)

    def val_loss(self, points: npt.ArrayLike) -> Floats:
        """The loss on the validation part, shape (n, dim) -> (n,); nan where there is none."""
        data, thetas = self.data(), self.thetas(points)
        if not data.y_val.size:
            return np.full(len(thetas), np.nan)
        return self.losses(thetas, data.x_val, data.y_val)

    def condition_number(self, theta: npt.ArrayLike) -> float:
        """How much stronger the Hessian bends along its sharpest direction than along its flattest.

        Sizes count, not signs; inf where it is singular (as far as its digits tell), nan where it is not finite.
        """
        hessian = self.hessian(np.reshape(theta, (1, -1)))[0]
        if not np.isfinite(hessian).all():
            return float("nan")
        return _ratio(np.abs(np.linalg.eigvalsh(hessian)))

    def input_condition(self) -> float:
        """How much stronger the squared error of a linear fit bends one way than another: a matter of the inputs alone.

        The condition number of the second moments of the inputs and a column of ones. Where a model saturates its own
        Hessian says nothing of the inputs; this does. inf where one follows from the others.
        """
        x = self.data().x[:, : self.most_inputs]
        if not len(x) or not np.isfinite(x).all():
            return float("nan")
        with np.errstate(all="ignore"):
            triangle = np.linalg.qr(np.column_stack([x, np.ones(len(x))]), mode="r")
            sizes = np.linalg.svd(triangle, compute_uv=False)
        return _ratio(sizes) ** 2 if len(sizes) > x.shape[1] else float("inf")

    def home(self) -> View:
        """The first two parameters: the start, the minimum where there is one, and room around them."""
        points = np.concatenate([[self.initial()[:2]], self.minima()[:, :2]])
        low, high = points.min(axis=0), points.max(axis=0)
        x, y = (float(v) for v in 0.5 * (low + high))
        width, height = (float(v) for v in high - low)
        half = 0.75 * max(width / 1.6, height) or 2.0
        return x - 1.6 * half, x + 1.6 * half, y - half, y + half

    def thetas(self, points: npt.ArrayLike) -> Floats:
        """``points`` as an array of shape (n, dim).

        Raises:
            ValueError: They have another shape.
        """
        found = np.asarray(points, dtype=np.float64)
        if found.ndim != 2 or found.shape[1] != self.dim:
            raise ValueError(f"points must have the shape (n, {self.dim}), not {found.shape}")
        return found


class LinearModel(ModelLandscape, frozen=True, kw_only=True):
    """A model whose output is linear in its parameters: z = Φ(x) θ. Its loss is convex.

    A declaration gives ``design`` and ``judge``.
    """

    def design(self, x: Floats) -> Floats:
        """Φ: what each parameter is multiplied by, (m, features) -> (m, dim)."""
        raise NotImplementedError  # abstract

    @property
    def judge(self) -> Judge:
        """How its output is judged."""
        return SQUARE

    def predict(self, theta: npt.ArrayLike, x: Floats) -> Floats:
        """The output."""
        theta = np.asarray(theta, dtype=np.float64)
        with np.errstate(all="ignore"):
            return np.concatenate([self.design(x[part]) @ theta for part in blocks(len(x))])

    def value(self, theta: npt.ArrayLike, x: Floats, y: Floats) -> float:
        """The loss alone; of few examples as it comes with the gradient."""
        if y.size <= BLOCK:
            return self.slope(theta, x, y)[0]
        return float(self.losses(np.reshape(theta, (1, -1)), x, y)[0])

    def slope(self, theta: npt.ArrayLike, x: Floats, y: Floats) -> tuple[float, Floats]:
        """Loss and gradient: Φᵀ times the slopes by the outputs."""
        theta = np.asarray(theta, dtype=np.float64)
        loss, gradient = 0.0, np.zeros(self.dim)
        with np.errstate(all="ignore"):
            for part in blocks(y.size):
                phi = self.design(x[part])
                each, slopes = self.judge.slope(phi @ theta, y[part])
                loss, gradient = loss + each.sum(), gradient + slopes @ phi
            return float(loss / np.float64(y.size)), gradient / y.size

    def losses(self, thetas: npt.ArrayLike, x: Floats, y: Floats) -> Floats:
        """The losses, so many at a time that memory stays bounded."""
        thetas = np.asarray(thetas, dtype=np.float64)
        found = np.zeros(len(thetas))
        with np.errstate(all="ignore"):
            for block in blocks(y.size):
                phi, targets = self.design(x[block]).T, y[block]
                for part in chunks(len(thetas), targets.size):
                    found[part] += self.judge.value(thetas[part] @ phi, targets).sum(axis=1)
            return np.asarray(found / y.size)

    def curvature(self, theta: npt.ArrayLike, x: Floats, y: Floats) -> Floats:
        """Φᵀ D Φ, where D holds the second derivatives by the outputs."""
        theta = np.asarray(theta, dtype=np.float64)
        found = np.zeros((self.dim, self.dim))
        with np.errstate(all="ignore"):
            for part in blocks(y.size):
                phi = self.design(x[part])
                bend = self.judge.bend(phi @ theta, y[part]) / y.size
                found += (phi.T * bend) @ phi
            return symmetric(found)


def symmetric(matrix: Floats) -> Floats:
    """The matrix without the rounding errors that make it unsymmetric."""
    return np.asarray(0.5 * (matrix + matrix.T))


def chunks(count: int, each: int, limit: int = CHUNK) -> list[slice]:
    """``count`` things of ``each`` numbers in pieces that hold at most ``limit`` numbers, one thing at least."""
    step = max(1, limit // max(each, 1))
    return [slice(first, first + step) for first in range(0, count, step)]


def _ratio(sizes: Floats) -> float:
    """The largest over the smallest; inf where that is 0 as far as its digits tell."""
    largest, smallest = float(sizes.max()), float(sizes.min())
    return float("inf") if smallest <= np.finfo(np.float64).eps * len(sizes) * largest else largest / smallest


def blocks(count: int) -> list[slice]:
    """The places of ``count`` examples in pieces of at most ``BLOCK``: one, if only an empty one."""
    return [slice(first, first + BLOCK) for first in range(0, max(count, 1), BLOCK)]
