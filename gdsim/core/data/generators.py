"""Data that are made up: seeded, so that the same document always holds the same points.

Each quantity draws from a stream of chance of its own: more noise leaves the inputs where they are, and a larger
data set begins with the smaller one.
"""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from gdsim.core.data import corruption
from gdsim.core.data.base import Dataset, Floats, Task
from gdsim.core.spec import number

_INPUTS, _NOISE, _HIT, _FAR = 1, 2, 3, 4
"""Streams of chance."""


class Generated(Dataset, frozen=True, kw_only=True):
    """Made up from a seed. A declaration gives ``clean``, which is disturbed by noise and outliers here."""

    size: Annotated[
        int,
        number(
            "examples",
            "n",
            "How many examples. Few are learned by heart, many show the rule behind them.",
            low=2,
            high=2000,
            scale="log",
            ge=2,
            le=100_000,
        ),
    ] = 100
    noise: Annotated[
        float,
        number(
            "noise",
            "σ",
            "Standard deviation of the noise. It is the part of the loss that no model can get rid of.",
            low=0.0,
            high=2.0,
            ge=0.0,
            le=1e6,
        ),
    ] = 0.2
    outliers: Annotated[
        float,
        number(
            "outliers",
            "",
            "Share of the examples that are thrown far away. A squared loss chases them, Huber's hardly does.",
            low=0.0,
            high=0.5,
            ge=0.0,
            le=0.5,
        ),
    ] = 0.0
    seed: Annotated[
        int,
        number(
            "seed", "", "Decides all chance: the same seed gives the same points.", low=0, high=100, ge=0, le=2**63 - 1
        ),
    ] = 0

    def clean(self, uniform: Floats) -> tuple[Floats, Floats]:
        """Inputs, shape (size, features), and targets, shape (size,), without any noise.

        Args:
            uniform: One random number in [0, 1) an example, shape (size,).
        """
        raise NotImplementedError  # abstract

    def make(self) -> tuple[Floats, Floats]:
        """Inputs and targets, with noise and outliers."""
        x, y = self.clean(corruption.chance(self.seed, _INPUTS).random(self.size))
        disturbed = x if self.task == "classification" else y
        disturbed += self.noise * corruption.chance(self.seed, _NOISE).standard_normal(disturbed.shape)
        rows = corruption.hit(corruption.chance(self.seed, _HIT), self.size, self.outliers)
        corruption.outliers(corruption.chance(self.seed, _FAR), x, y, rows, self.task)
        return x, y


class Curve(Generated, frozen=True, kw_only=True):
    """A curve over one input, with noise on its targets.

    Raises:
        ValueError: The range of inputs is empty.
    """

    low: Annotated[
        float,
        number("from", "", "Where the inputs begin.", low=-10.0, high=10.0, ge=-1e6, le=1e6),
    ] = -1.0
    high: Annotated[
        float,
        number(
            "to",
            "",
            "Where the inputs end. Inputs far from 0 tie slope and intercept together: the bowl becomes a ravine.",
            low=-10.0,
            high=10.0,
            ge=-1e6,
            le=1e6,
        ),
    ] = 1.0

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError(
                f"inputs must run from a smaller to a larger number, not from {self.low:g} to {self.high:g}"
            )

    @property
    def task(self) -> Task:
        """Numbers are predicted."""
        return "regression"

    @property
    def features(self) -> int:
        """One input."""
        return 1

    def curve(self, x: Floats) -> Floats:
        """The rule behind the targets, shape (k,) -> (k,)."""
        raise NotImplementedError  # abstract

    def clean(self, uniform: Floats) -> tuple[Floats, Floats]:
        """Inputs spread evenly over the range, and the curve at them."""
        x = self.low + (self.high - self.low) * uniform
        return x[:, np.newaxis], self.curve(x)


class Line(Curve, frozen=True, kw_only=True, tag="line"):
    """y = w x + b, with noise."""

    title: ClassVar[str] = "Line"
    teaches: ClassVar[str] = "The rule is known, so that one sees how near the fit comes, and what noise costs."

    slope: Annotated[float, number("slope", "w", "How steep the line is.", low=-5.0, high=5.0, ge=-1e6, le=1e6)] = 2.0
    intercept: Annotated[
        float, number("intercept", "b", "Where the line crosses x = 0.", low=-5.0, high=5.0, ge=-1e6, le=1e6)
    ] = 1.0

    def curve(self, x: Floats) -> Floats:
        """The line."""
        return self.slope * x + self.intercept


class NoisySine(Curve, frozen=True, kw_only=True, tag="noisy_sine"):
    """y = a sin(ω x), with noise."""

    title: ClassVar[str] = "Noisy sine"
    teaches: ClassVar[str] = "A high degree bends after every point of a small sample: over-fitting."

    size: Annotated[
        int,
        number(
            "examples",
            "n",
            "How many examples. Few are learned by heart, many show the rule behind them.",
            low=2,
            high=2000,
            scale="log",
            ge=2,
            le=100_000,
        ),
    ] = 40
    low: Annotated[float, number("from", "", "Where the inputs begin.", low=-10.0, high=10.0, ge=-1e6, le=1e6)] = -1.0
    amplitude: Annotated[
        float, number("amplitude", "a", "How high the wave is.", low=0.0, high=5.0, ge=0.0, le=1e6)
    ] = 1.0
    frequency: Annotated[
        float,
        number(
            "angular frequency",
            "ω",
            "How fast it waves: 2π is one wave over a range of 1. More waves need a higher degree or a larger network.",
            low=0.0,
            high=20.0,
            ge=0.0,
            le=1e6,
        ),
    ] = math.pi

    def curve(self, x: Floats) -> Floats:
        """The sine."""
        return self.amplitude * np.sin(self.frequency * x)


class TwoClasses(Generated, frozen=True, kw_only=True):
    """Two classes in a plane, with noise on where their examples lie; they take turns, so that both are as large."""

    size: Annotated[
        int,
        number(
            "examples",
            "n",
            "How many examples, half of them of each class.",
            low=2,
            high=2000,
            scale="log",
            ge=2,
            le=100_000,
        ),
    ] = 200

    @property
    def task(self) -> Task:
        """One of two classes is predicted."""
        return "classification"

    @property
    def features(self) -> int:
        """Two inputs."""
        return 2

    def places(self, side: Floats, uniform: Floats) -> Floats:
        """Where the examples lie without noise, shape (size, 2).

        Args:
            side: -1.0 for the first class, 1.0 for the second, shape (size,).
            uniform: One random number in [0, 1) an example, shape (size,).
        """
        raise NotImplementedError  # abstract

    def clean(self, uniform: Floats) -> tuple[Floats, Floats]:
        """Places and classes."""
        classes = np.asarray(np.arange(self.size) % 2, dtype=np.float64)
        return self.places(2.0 * classes - 1.0, uniform), classes


class Blobs(TwoClasses, frozen=True, kw_only=True, tag="blobs"):
    """Two round clouds."""

    title: ClassVar[str] = "Blobs"
    teaches: ClassVar[str] = "A straight line tells them apart; where they do not overlap, its weights grow for ever."

    noise: Annotated[
        float,
        number("spread", "σ", "Standard deviation of each cloud.", low=0.0, high=3.0, ge=0.0, le=1e6),
    ] = 1.0
    distance: Annotated[
        float,
        number(
            "distance",
            "d",
            "How far their centres are apart. Below about 4 spreads the clouds overlap.",
            low=0.0,
            high=10.0,
            ge=0.0,
            le=1e6,
        ),
    ] = 4.0

    def places(self, side: Floats, uniform: Floats) -> Floats:
        """The two centres, on the diagonal."""
        return np.outer(side, [0.5 * self.distance * math.sqrt(0.5)] * 2)


class Moons(TwoClasses, frozen=True, kw_only=True, tag="moons"):
    """Two half circles that reach into each other."""

    title: ClassVar[str] = "Moons"
    teaches: ClassVar[str] = "No straight line tells them apart: a small network can."

    def places(self, side: Floats, uniform: Floats) -> Floats:
        """The upper moon for the first class, the lower one for the second."""
        angle = math.pi * uniform
        return np.stack([0.5 * (1.0 + side) - side * np.cos(angle), 0.25 * (1.0 + side) - side * np.sin(angle)], axis=1)


class Circles(TwoClasses, frozen=True, kw_only=True, tag="circles"):
    """A ring around another."""

    title: ClassVar[str] = "Circles"
    teaches: ClassVar[str] = "One class surrounds the other: the border has to close."

    noise: Annotated[
        float,
        number("noise", "σ", "Standard deviation of the noise on both inputs.", low=0.0, high=0.5, ge=0.0, le=1e6),
    ] = 0.1
    factor: Annotated[
        float,
        number(
            "inner radius", "r", "Radius of the inner ring; the outer one has 1.", low=0.1, high=0.9, ge=0.0, le=1.0
        ),
    ] = 0.5

    def places(self, side: Floats, uniform: Floats) -> Floats:
        """The outer ring for the first class, the inner one for the second."""
        radius = np.where(side < 0.0, 1.0, self.factor)
        angle = 2.0 * math.pi * uniform
        return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


class Spirals(TwoClasses, frozen=True, kw_only=True, tag="spirals"):
    """Two arms that wind around each other."""

    title: ClassVar[str] = "Spirals"
    teaches: ClassVar[str] = "The hard one: it takes more units, more steps and patience."

    noise: Annotated[
        float,
        number("noise", "σ", "Standard deviation of the noise on both inputs.", low=0.0, high=0.5, ge=0.0, le=1e6),
    ] = 0.05
    turns: Annotated[
        float,
        number(
            "turns",
            "",
            "How often each arm winds around the middle. 1 is a task, 2 is hard.",
            low=0.25,
            high=3.0,
            ge=0.0,
            le=100.0,
        ),
    ] = 1.0

    def places(self, side: Floats, uniform: Floats) -> Floats:
        """Arms out to radius 2, the second one turned by half a turn; evenly filled along their length."""
        out = np.sqrt(uniform)
        angle = 2.0 * math.pi * self.turns * out
        radius = -2.0 * side * out
        return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
