"""A small neural network whose loss is a landscape over all its weights: gradient and Hessian by hand, in NumPy.

It is meant to be read beside a textbook, and to be as fast as a framework at this size: examples lie along the
last axis, so that every operation runs over long rows; a row of ones below the activations makes biases a column
of the weights; and what is computed stays in work arrays, which every thread has for itself.
"""

from __future__ import annotations

import itertools
import math
import threading
from collections import OrderedDict
from functools import lru_cache
from typing import Annotated, ClassVar, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from gdsim.core.data import AnyDataset, Moons, Task
from gdsim.core.landscapes.base import Floats
from gdsim.core.landscapes.fitted import sigmoid
from gdsim.core.landscapes.model import CHUNK, CROSS_ENTROPY, SQUARE, Judge, ModelLandscape, chunks, symmetric
from gdsim.core.spec import number, option

Sizes = tuple[int, ...]
"""How many inputs, units of each layer and outputs: (2, 16, 16, 1)."""

BLOCK = 1024
"""Examples that are computed together: their activations stay in the processor's cache."""

KEPT = 8
"""Sets of work arrays that a thread keeps: for the batch, the last, shorter batch, the whole, and so on."""

TRIED = 131_072
"""Activations that are held at once while many thetas are tried: about as many as fit into the cache."""


class Layer(NamedTuple):
    """Where a layer's parameters lie in theta: weights, shape (units, inputs) row by row, and biases."""

    weights: slice
    biases: slice
    units: int
    inputs: int


@lru_cache(maxsize=64)
def layers(sizes: Sizes) -> tuple[Layer, ...]:
    """The layers of a network, in torch's order: weights, biases, weights, biases ..."""
    found, at = [], 0
    for inputs, units in itertools.pairwise(sizes):
        middle = at + inputs * units
        found.append(Layer(slice(at, middle), slice(middle, middle + units), units, inputs))
        at = middle + units
    return tuple(found)


class Network(ModelLandscape, frozen=True, kw_only=True, tag="network"):
    """A multilayer perceptron of one or two hidden layers with one output.

    It answers as the data set asks: with a number, judged by the mean squared error, or with the probability of
    class 1, judged by the mean cross-entropy. Parameters lie as torch flattens those of Linear layers: W1 row by
    row, b1, W2, b2, ... Of a data set with more than two inputs the first two are used.
    """

    title: ClassVar[str] = "Small network"
    teaches: ClassVar[str] = (
        "A loss over hundreds of weights is no bowl: it is seen through a plane, and descent still finds a way."
    )
    axes: ClassVar[tuple[str, str]] = ("first weight", "second weight")
    good_lr: ClassVar[float] = 0.3

    dataset: Annotated[AnyDataset, option("data set", "The examples that the network learns.")] = Moons()
    hidden: Annotated[
        int,
        number(
            "hidden units",
            "",
            "How many units the first hidden layer has. Each draws one line through the inputs (or bends the curve "
            "once); more units make finer borders.",
            low=1,
            high=32,
            ge=1,
            le=32,
        ),
    ] = 8
    hidden2: Annotated[
        int,
        number(
            "units of the second layer",
            "",
            "How many units a second hidden layer has; 0 for none. It joins the lines of the first into shapes.",
            low=0,
            high=32,
            ge=0,
            le=32,
        ),
    ] = 8
    activation: Annotated[
        Literal["tanh", "relu"],
        option(
            "activation",
            "What a unit makes of its sum. tanh: smooth, between -1 and 1. relu: the sum where it is positive, else "
            "0; its loss has creases, and units can die.",
        ),
    ] = "tanh"
    init_seed: Annotated[
        int,
        number(
            "seed of the weights",
            "",
            "Decides the weights that runs start from: another seed, another descent.",
            low=0,
            high=100,
            ge=0,
            le=2**63 - 1,
        ),
    ] = 0

    @property
    def task(self) -> Task:
        """What the data set asks for."""
        return self.dataset.task

    @property
    def most_inputs(self) -> int:
        """Two."""
        return 2

    @property
    def sizes(self) -> Sizes:
        """Inputs, units of the hidden layers, and the one output."""
        inputs = min(self.dataset.features, self.most_inputs)
        return (inputs, self.hidden, self.hidden2, 1) if self.hidden2 else (inputs, self.hidden, 1)

    @property
    def dim(self) -> int:
        """How many weights and biases it has."""
        return int(layers(self.sizes)[-1].biases.stop)

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """W1[0,0], W1[0,1], ..., b1[0], ...: layer, unit, input."""
        names: list[str] = []
        for place, layer in enumerate(layers(self.sizes), start=1):
            names += [f"W{place}[{unit},{of}]" for unit in range(layer.units) for of in range(layer.inputs)]
            names += [f"b{place}[{unit}]" for unit in range(layer.units)]
        return tuple(names)

    @property
    def freedom(self) -> str:
        """What it means that there are fewer points than parameters."""
        return "the network can learn them by heart"

    @property
    def judge(self) -> Judge:
        """How the output is judged."""
        return CROSS_ENTROPY if self.task == "classification" else SQUARE

    def initial(self) -> tuple[float, ...]:
        """Weights as torch.nn.Linear draws them, by ``init_seed``: uniform within 1 / √inputs, biases too."""
        return _drawn(self.sizes, self.init_seed)

    def filters(self) -> tuple[npt.NDArray[np.intp], ...]:
        """One group a unit: its incoming weights and its bias.

        Li et al. (2018) leave biases out of their filters; here a bias belongs to its unit, so that every
        parameter has its direction.
        """
        found = []
        for layer in layers(self.sizes):
            weights = np.arange(layer.weights.start, layer.weights.stop).reshape(layer.units, layer.inputs)
            biases = np.arange(layer.biases.start, layer.biases.stop)
            found += [np.append(row, bias) for row, bias in zip(weights, biases, strict=True)]
        return tuple(found)

    def predict(self, theta: npt.ArrayLike, x: Floats) -> Floats:
        """A number or the probability of class 1 for each example."""
        theta, found = np.asarray(theta, dtype=np.float64), np.empty(len(x))
        with np.errstate(all="ignore"):
            for part in chunks(len(x), 1, BLOCK):
                found[part] = self._work(len(x[part])).forward(theta, x[part])
        return sigmoid(found) if self.task == "classification" else found

    def value(self, theta: npt.ArrayLike, x: Floats, y: Floats) -> float:
        """The loss of one theta on some examples."""
        theta, judge, total = np.asarray(theta, dtype=np.float64), self.judge, 0.0
        with np.errstate(all="ignore"):
            for part in chunks(len(x), 1, BLOCK):
                z = self._work(len(x[part])).forward(theta, x[part])
                total += float(judge.value(z, y[part]).sum())
        return total / y.size if y.size else math.nan

    def slope(self, theta: npt.ArrayLike, x: Floats, y: Floats) -> tuple[float, Floats]:
        """Loss and gradient on some examples, by backpropagation."""
        theta, judge, total = np.asarray(theta, dtype=np.float64), self.judge, 0.0
        gradient = np.zeros(self.dim)
        with np.errstate(all="ignore"):
            for part in chunks(len(x), 1, BLOCK):
                work = self._work(len(x[part]))
                each, slopes = judge.slope(work.forward(theta, x[part]), y[part])
                total += float(each.sum())
                slopes /= y.size
                work.backward(slopes, gradient)
        return (total / y.size, gradient) if y.size else (math.nan, gradient * math.nan)

    def losses(self, thetas: npt.ArrayLike, x: Floats, y: Floats) -> Floats:
        """The losses of many networks, some of them at a time on some of the examples."""
        thetas = np.asarray(thetas, dtype=np.float64)
        sizes, judge, total = self.sizes, self.judge, np.zeros(len(thetas))
        with np.errstate(all="ignore"):
            for part in chunks(len(x), 1, BLOCK):
                inputs = np.ascontiguousarray(x[part, : sizes[0]].T)
                for some in chunks(len(thetas), inputs.shape[1] * sum(sizes[1:]), TRIED):
                    z = _outputs(thetas[some], inputs, sizes, self.activation)
                    total[some] += judge.value(z, y[part]).sum(axis=1)
            return total / np.float64(y.size)

    def curvature(self, theta: npt.ArrayLike, x: Floats, y: Floats) -> Floats:
        """The exact Hessian: what each direction does to the gradient (Pearlmutter 1994, the R operator).

        The creases of relu bend nothing: there it is the Hessian between them.
        """
        theta, judge, sizes = np.asarray(theta, dtype=np.float64), self.judge, self.sizes
        directions, found = np.eye(self.dim), np.zeros((self.dim, self.dim))
        with np.errstate(all="ignore"):
            for part in chunks(len(x), 1, BLOCK):
                examples = len(x[part])
                work = self._work(examples)
                z = work.forward(theta, x[part])
                slopes, bends = judge.slope(z, y[part])[1] / y.size, judge.bend(z, y[part]) / y.size
                for some in chunks(self.dim, 6 * examples * max(sizes[1:]), CHUNK):
                    found[some] += work.bent(directions[some], slopes, bends)
        return symmetric(found) if y.size else found * math.nan

    def _work(self, examples: int) -> _Work:
        kept: OrderedDict[tuple[Sizes, str, int], _Work] | None = getattr(_mine, "kept", None)
        if kept is None:
            kept = _mine.kept = OrderedDict()
        key = (self.sizes, self.activation, examples)
        work = kept.get(key)
        if work is None:
            if len(kept) >= KEPT:
                kept.popitem(last=False)
            work = kept[key] = _Work(*key)
        else:
            kept.move_to_end(key)
        return work


_mine = threading.local()
"""Work arrays of this thread: the window and the worker evaluate at the same time."""


@lru_cache(maxsize=64)
def _drawn(sizes: Sizes, seed: int) -> tuple[float, ...]:
    chance = np.random.Generator(np.random.Philox(key=seed, counter=[0, 0, 0, 0]))
    found: list[float] = []
    for layer in layers(sizes):
        bound = 1.0 / math.sqrt(layer.inputs)
        found += chance.uniform(-bound, bound, (layer.inputs + 1) * layer.units).tolist()
    return tuple(found)


def _outputs(thetas: Floats, inputs: Floats, sizes: Sizes, activation: str) -> Floats:
    """Outputs of many networks, (k, dim) and (inputs, m) -> (k, m)."""
    signal = inputs
    for layer in layers(sizes):
        if layer.weights.start:
            if activation == "tanh":
                np.tanh(signal, out=signal)
            else:
                np.maximum(signal, 0.0, out=signal)
        signal = thetas[:, layer.weights].reshape(-1, layer.units, layer.inputs) @ signal
        signal += thetas[:, layer.biases, np.newaxis]
    return np.asarray(signal[:, 0])


class _Work:
    """The arrays in which one network is evaluated on ``examples`` examples: activations, one row a unit."""

    def __init__(self, sizes: Sizes, activation: str, examples: int) -> None:
        self.layers = layers(sizes)
        self.tanh = activation == "tanh"
        # What enters each layer, with a last row of ones for the biases.
        self.signals = [np.ones((layer.inputs + 1, examples)) for layer in self.layers]
        # Weights and, as a last column, biases.
        self.weights = [np.empty((layer.units, layer.inputs + 1)) for layer in self.layers]
        self.gradients = [np.empty_like(weights) for weights in self.weights]
        self.deltas = [np.empty((layer.inputs, examples)) for layer in self.layers]
        self.spare = np.empty((max(sizes), examples))
        self.output = np.empty((1, examples))

    def forward(self, theta: Floats, x: Floats) -> Floats:
        """The outputs of one theta, shape (examples,): valid until the next call."""
        signal = self.signals[0]
        signal[:-1] = x[:, : len(signal) - 1].T
        last = len(self.layers) - 1
        for place, layer in enumerate(self.layers):
            weights = self.weights[place]
            weights[:, :-1] = theta[layer.weights].reshape(layer.units, layer.inputs)
            weights[:, -1] = theta[layer.biases]
            if place == last:
                break
            further = self.signals[place + 1][:-1]
            np.matmul(weights, self.signals[place], out=further)
            if self.tanh:
                np.tanh(further, out=further)
            else:
                np.maximum(further, 0.0, out=further)
        np.matmul(self.weights[last], self.signals[last], out=self.output)
        return np.asarray(self.output[0])

    def backward(self, slopes: Floats, gradient: Floats) -> None:
        """Add the gradient, given the slopes of the loss by the outputs of the last ``forward``."""
        delta = slopes[np.newaxis]
        for place in range(len(self.layers) - 1, -1, -1):
            layer, found = self.layers[place], self.gradients[place]
            np.matmul(delta, self.signals[place].T, out=found)
            gradient[layer.weights].reshape(found.shape[0], -1)[...] += found[:, :-1]
            gradient[layer.biases] += found[:, -1]
            if place:
                further = self.deltas[place]
                np.matmul(self.weights[place][:, :-1].T, delta, out=further)
                further *= self._rise(place)
                delta = further

    def _rise(self, place: int) -> Floats:
        """The derivative of the activation where ``signals[place]`` are: valid until the next call."""
        signal, rise = self.signals[place][:-1], self.spare[: self.layers[place].inputs]
        if not self.tanh:
            return np.sign(signal, out=rise)
        np.multiply(signal, signal, out=rise)
        return np.subtract(1.0, rise, out=rise)

    def bent(self, directions: Floats, slopes: Floats, bends: Floats) -> Floats:
        """Rows of Hessian times direction, (k, dim) -> (k, dim), after ``forward``.

        ``slopes`` and ``bends`` are the first and second derivatives of the loss by the outputs. Names that end
        in _r hold how fast a quantity changes along each direction.
        """
        k = len(directions)
        ways = [
            np.concatenate(
                [directions[:, layer.weights].reshape(k, layer.units, -1), directions[:, layer.biases, None]], axis=2
            )
            for layer in self.layers
        ]
        # Forward: what the activations do.
        signals_r: list[Floats] = [np.zeros((k, *self.signals[0][:-1].shape))]
        for place, way in enumerate(ways):
            sum_r = way @ self.signals[place] + self.weights[place][:, :-1] @ signals_r[place]
            if place + 1 < len(ways):
                sum_r *= self._rise(place + 1)
            signals_r.append(sum_r)
        # Backward: what the gradient does.
        delta, delta_r = slopes[np.newaxis], bends * signals_r[-1]
        found = np.empty_like(directions)
        for place in range(len(ways) - 1, -1, -1):
            layer, signal, signal_r = self.layers[place], self.signals[place], signals_r[place]
            both = delta_r @ signal.T
            both[:, :, :-1] += delta @ signal_r.transpose(0, 2, 1)
            found[:, layer.weights] = both[:, :, :-1].reshape(k, -1)
            found[:, layer.biases] = both[:, :, -1]
            if place:
                back, rise = self.weights[place][:, :-1].T, self._rise(place)
                delta_r = back @ delta_r + ways[place][:, :, :-1].transpose(0, 2, 1) @ delta
                delta_r *= rise
                delta = back @ delta
                if self.tanh:
                    delta_r -= 2.0 * delta * signal[:-1] * signal_r
                delta *= rise
        return found
