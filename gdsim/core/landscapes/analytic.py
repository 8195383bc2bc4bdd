"""The landscapes that are formulas, each declared once: the textbooks' test functions and some made to teach.

A declaration is all that the program knows of a landscape. Losses are written so that they stay accurate near
their minimum (sin² rather than 1 - cos, sums of squares rather than differences), since there the loss curve is
drawn on a logarithmic scale.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, ClassVar

import numpy as np

from gdsim.core.arithmetic import Arithmetic, Number
from gdsim.core.landscapes.base import Floats, PlaneLandscape, View, polished, widened
from gdsim.core.spec import number

Parts = Callable[[Number, Number], tuple[Number, Number, Number]]
Points = tuple[tuple[float, float], ...]


@lru_cache(maxsize=256)
def _valleys(landscape: PlaneLandscape, guesses: Points) -> tuple[Floats, Floats]:
    """The lowest of the minima near ``guesses``, and the others. Cached: views ask at every redraw."""
    found = polished(landscape, np.reshape(guesses, (-1, 2)))
    loss = landscape.loss(found)
    lowest = loss <= np.min(loss, initial=np.inf) + 1e-9 * (1.0 + np.abs(loss))
    parts = found[lowest], found[~lowest]
    for part in parts:
        part.flags.writeable = False
    return parts


def _lattice(view: View, spacing: float) -> Points:
    """The multiples of ``spacing`` that lie inside ``view``; at most some hundreds of them."""
    left, right, bottom, top = view
    if not (right - left) * (top - bottom) < 400.0 * spacing * spacing:
        return ((0.0, 0.0),)  # the pits are too small to be seen one by one
    columns = range(math.ceil(left / spacing), math.floor(right / spacing) + 1)
    rows = range(math.ceil(bottom / spacing), math.floor(top / spacing) + 1)
    return tuple((i * spacing, j * spacing) for j in rows for i in columns)


class Bowl(PlaneLandscape, frozen=True, kw_only=True, tag="bowl"):
    """f = (u² + r v²) / 2, where (u, v) are x and y turned by an angle."""

    title: ClassVar[str] = "Bowl"
    teaches: ClassVar[str] = "The simplest descent: the gradient is steepest, but does not point at the minimum."
    start: ClassVar[tuple[float, ...]] = (-3.0, 1.2)
    good_lr: ClassVar[float] = 0.1

    ratio: Annotated[
        float,
        number(
            "elongation",
            "r",
            "The curvature across the bowl against that along it: its condition number. 1 is round; the larger, "
            "the more steps plain descent needs.",
            low=1.0,
            high=100.0,
            scale="log",
            gt=0.0,
        ),
    ] = 4.0
    angle: Annotated[
        float,
        number(
            "angle",
            "φ",
            "How far the long axis is turned, in degrees. Rules with a rate for each coordinate see the axes; "
            "plain descent does not.",
            low=-90.0,
            high=90.0,
        ),
    ] = 25.0

    def minima(self) -> Floats:
        """The origin."""
        return np.zeros((1, 2))

    def home(self) -> View:
        """The middle of the bowl."""
        return (-4.0, 4.0, -2.5, 2.5)

    def first(self, m: Arithmetic) -> Parts:
        """Loss and slope."""
        r = self.ratio
        c, s = math.cos(math.radians(self.angle)), math.sin(math.radians(self.angle))

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            u = c * x + s * y
            v = c * y - s * x
            rv = r * v
            return 0.5 * (u * u + rv * v), c * u - s * rv, s * u + c * rv

        return parts

    def second(self, m: Arithmetic) -> Parts:
        """Curvature: the same everywhere."""
        r = self.ratio
        c, s = math.cos(math.radians(self.angle)), math.sin(math.radians(self.angle))
        xx, xy, yy = c * c + r * s * s, (1.0 - r) * c * s, s * s + r * c * c

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            return xx, xy, yy

        return parts


class Quadratic(PlaneLandscape, frozen=True, kw_only=True, tag="quadratic"):
    """f = (a x² + b y²) / 2: everything about it is known in closed form."""

    title: ClassVar[str] = "Quadratic ravine"
    teaches: ClassVar[str] = "The steepest direction limits the rate, the flattest one decides the time."
    start: ClassVar[tuple[float, ...]] = (-1.5, 1.0)
    good_lr: ClassVar[float] = 0.018

    a: Annotated[
        float,
        number(
            "curvature along x",
            "a",
            "How steeply it rises along x. Plain descent is stable along x while the rate is below 2/a; below "
            "zero it falls away and the origin is a saddle.",
            low=0.1,
            high=100.0,
            scale="log",
        ),
    ] = 1.0
    b: Annotated[
        float,
        number(
            "curvature along y",
            "b",
            "How steeply it rises along y. The ratio of the two curvatures is the condition number: 100 is a "
            "ravine, 1 a round bowl.",
            low=0.1,
            high=1000.0,
            scale="log",
        ),
    ] = 100.0

    def minima(self) -> Floats:
        """The origin; none where a curvature is negative."""
        return np.zeros((1, 2)) if self.a >= 0.0 and self.b >= 0.0 else np.empty((0, 2))

    def home(self) -> View:
        """Both walls of the ravine."""
        return (-2.0, 2.0, -1.25, 1.25)

    def first(self, m: Arithmetic) -> Parts:
        """Loss and slope."""
        a, b = self.a, self.b

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            ax = a * x
            by = b * y
            return 0.5 * (ax * x + by * y), ax, by

        return parts

    def second(self, m: Arithmetic) -> Parts:
        """Curvature: the same everywhere."""
        a, b = self.a, self.b

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            return a, 0.0, b

        return parts


class Rosenbrock(PlaneLandscape, frozen=True, kw_only=True, tag="rosenbrock"):
    """f = (a - x)² + b (y - x²)² (Rosenbrock 1960)."""

    title: ClassVar[str] = "Rosenbrock"
    teaches: ClassVar[str] = "Finding the valley is easy, following it is hard."
    start: ClassVar[tuple[float, ...]] = (-1.3, 0.3)
    good_lr: ClassVar[float] = 0.0015

    a: Annotated[
        float,
        number(
            "minimum",
            "a",
            "Where the minimum lies: at (a, a²), round the bend for a start on the other side.",
            low=-2.0,
            high=2.0,
        ),
    ] = 1.0
    b: Annotated[
        float,
        number(
            "steepness",
            "b",
            "How steep the walls of the valley are: 100 is usual. Steeper walls allow only smaller rates.",
            low=1.0,
            high=1000.0,
            scale="log",
            gt=0.0,
        ),
    ] = 100.0

    def minima(self) -> Floats:
        """(a, a²)."""
        return np.array([[self.a, self.a * self.a]])

    def home(self) -> View:
        """The whole bend of the valley."""
        return widened((-2.6, 2.6, -1.0, 2.25), [*self.minima(), self.start])

    def first(self, m: Arithmetic) -> Parts:
        """Loss and slope."""
        a, b = self.a, self.b

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            u = a - x
            w = y - x * x
            bw = b * w
            return u * u + bw * w, -2.0 * u - 4.0 * x * bw, 2.0 * bw

        return parts

    def second(self, m: Arithmetic) -> Parts:
        """Curvature."""
        b = self.b

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            return 2.0 - 4.0 * b * (y - 3.0 * x * x), -4.0 * b * x, 2.0 * b

        return parts


class Himmelblau(PlaneLandscape, frozen=True, kw_only=True, tag="himmelblau"):
    """f = (x² + y - 11)² + (x + y² - 7)² (Himmelblau 1972)."""

    title: ClassVar[str] = "Himmelblau"
    teaches: ClassVar[str] = "Four minima, equally deep: the start decides which of them is found."
    start: ClassVar[tuple[float, ...]] = (-0.6, -0.6)
    good_lr: ClassVar[float] = 0.005

    def minima(self) -> Floats:
        """All four."""
        return _valleys(self, ((3.0, 2.0), (-2.805, 3.131), (-3.779, -3.283), (3.584, -1.848)))[0]

    def home(self) -> View:
        """All four minima and the hill between them."""
        return (-7.6, 7.6, -4.75, 4.75)

    def first(self, m: Arithmetic) -> Parts:
        """Loss and slope."""

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            u = x * x + y - 11.0
            v = x + y * y - 7.0
            return u * u + v * v, 4.0 * x * u + 2.0 * v, 2.0 * u + 4.0 * y * v

        return parts

    def second(self, m: Arithmetic) -> Parts:
        """Curvature."""

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            xx, yy = x * x, y * y
            return 12.0 * xx + 4.0 * y - 42.0, 4.0 * (x + y), 4.0 * x + 12.0 * yy - 26.0

        return parts


class Beale(PlaneLandscape, frozen=True, kw_only=True, tag="beale"):
    """f = (1.5 - x + xy)² + (2.25 - x + xy²)² + (2.625 - x + xy³)² (Beale 1958)."""

    title: ClassVar[str] = "Beale"
    teaches: ClassVar[str] = "Steep corners and a flat, bent floor: one rate cannot suit both."
    start: ClassVar[tuple[float, ...]] = (0.6, 1.5)
    good_lr: ClassVar[float] = 0.01

    def minima(self) -> Floats:
        """(3, 1/2)."""
        return np.array([[3.0, 0.5]])

    def home(self) -> View:
        """The floor from the saddle at (0, 1) to the minimum."""
        return (-1.4, 4.6, -1.6, 2.15)

    def first(self, m: Arithmetic) -> Parts:
        """Loss and slope."""

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            yy = y * y
            a, b, c = y - 1.0, yy - 1.0, yy * y - 1.0
            s, t, u = 1.5 + x * a, 2.25 + x * b, 2.625 + x * c
            return (
                s * s + t * t + u * u,
                2.0 * (s * a + t * b + u * c),
                2.0 * x * (s + 2.0 * y * t + 3.0 * yy * u),
            )

        return parts

    def second(self, m: Arithmetic) -> Parts:
        """Curvature."""

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            yy = y * y
            a, b, c = y - 1.0, yy - 1.0, yy * y - 1.0
            s, t, u = 1.5 + x * a, 2.25 + x * b, 2.625 + x * c
            return (
                2.0 * (a * a + b * b + c * c),
                2.0 * (s + 2.0 * y * t + 3.0 * yy * u + x * (a + 2.0 * y * b + 3.0 * yy * c)),
                2.0 * x * (x * (1.0 + 4.0 * yy + 9.0 * yy * yy) + 2.0 * t + 6.0 * y * u),
            )

        return parts


class Rastrigin(PlaneLandscape, frozen=True, kw_only=True, tag="rastrigin"):
    """f = 2A + x² - A cos 2πx + y² - A cos 2πy (Rastrigin 1974)."""

    title: ClassVar[str] = "Rastrigin"
    teaches: ClassVar[str] = "A pit at every grid point: descent ends in the nearest one, not in the deepest."
    start: ClassVar[tuple[float, ...]] = (-3.4, 2.3)
    good_lr: ClassVar[float] = 0.002

    A: Annotated[
        float,
        number(
            "depth of the pits",
            "A",
            "How deep the pits are: 10 is usual, 0 leaves a smooth bowl. Deeper pits are steeper, and allow only "
            "smaller rates.",
            low=0.0,
            high=20.0,
            ge=0.0,
        ),
    ] = 10.0

    def minima(self) -> Floats:
        """The origin."""
        return np.zeros((1, 2))

    def local_minima(self) -> Floats:
        """The other pits, as far as the home view reaches."""
        return _valleys(self, _lattice(self.home(), 1.0))[1]

    def home(self) -> View:
        """The usual domain, cut to a wide window."""
        return (-5.12, 5.12, -3.2, 3.2)

    def first(self, m: Arithmetic) -> Parts:
        """Loss and slope."""
        sin, cos, pi = m.sin, m.cos, math.pi
        twice, slope = 2.0 * self.A, 4.0 * math.pi * self.A

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            px, py = pi * x, pi * y
            sx, sy = sin(px), sin(py)
            return (
                x * x + y * y + twice * (sx * sx + sy * sy),
                2.0 * x + slope * sx * cos(px),
                2.0 * y + slope * sy * cos(py),
            )

        return parts

    def second(self, m: Arithmetic) -> Parts:
        """Curvature."""
        cos, omega = m.cos, 2.0 * math.pi
        k = omega * omega * self.A

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            return 2.0 + k * cos(omega * x), 0.0, 2.0 + k * cos(omega * y)

        return parts


class Ackley(PlaneLandscape, frozen=True, kw_only=True, tag="ackley"):
    """f = -a exp(-b √((x² + y²)/2)) - exp((cos cx + cos cy)/2) + a + e (Ackley 1987).

    At the origin it has a point like a cone's. The gradient is defined as 0 there, and the curvature as that of
    the cosines alone.
    """

    title: ClassVar[str] = "Ackley"
    teaches: ClassVar[str] = "Ripples hide a funnel: a gradient sees the ripple it stands on, not the funnel."
    start: ClassVar[tuple[float, ...]] = (-3.3, 1.7)
    good_lr: ClassVar[float] = 0.02

    a: Annotated[
        float,
        number("depth", "a", "How deep the funnel is: 20 is usual.", low=1.0, high=50.0, gt=0.0),
    ] = 20.0
    b: Annotated[
        float,
        number(
            "narrowness",
            "b",
            "How fast the funnel flattens out: 0.2 is usual. The larger, the flatter the ground far away.",
            low=0.02,
            high=1.0,
            scale="log",
            gt=0.0,
        ),
    ] = 0.2
    c: Annotated[
        float,
        number(
            "frequency",
            "c",
            "How close the ripples lie: they repeat every 2π/c; 2π is usual. Small values leave a bare funnel.",
            low=0.1,
            high=20.0,
            gt=0.0,
        ),
    ] = 2.0 * math.pi

    def minima(self) -> Floats:
        """The origin."""
        return np.zeros((1, 2))

    def local_minima(self) -> Floats:
        """The dips of the ripples, as far as the home view reaches."""
        away = tuple(p for p in _lattice(self.home(), 2.0 * math.pi / self.c) if p != (0.0, 0.0))
        found = np.concatenate(_valleys(self, away))
        return found[np.hypot(found[:, 0], found[:, 1]) > 1e-6]

    def home(self) -> View:
        """The funnel and some rings of ripples."""
        return (-4.8, 4.8, -3.0, 3.0)

    def first(self, m: Arithmetic) -> Parts:
        """Loss and slope."""
        sqrt, exp, sin, cos, where = m.sqrt, m.exp, m.sin, m.cos, m.where
        a, b, c, e = self.a, self.b, self.c, math.e
        half_ab, half_c = 0.5 * a * b, 0.5 * c

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            r = sqrt(0.5 * (x * x + y * y))
            cx, cy = c * x, c * y
            funnel = exp(-b * r)
            ripples = exp(0.5 * (cos(cx) + cos(cy)))
            k = half_ab * funnel / where(r > 0.0, r, 1.0)  # the origin: 0 * k is the 0 that is wanted
            q = half_c * ripples
            return a * (1.0 - funnel) + (e - ripples), k * x + q * sin(cx), k * y + q * sin(cy)

        return parts

    def second(self, m: Arithmetic) -> Parts:
        """Curvature."""
        sqrt, exp, sin, cos, where = m.sqrt, m.exp, m.sin, m.cos, m.where
        a, b, c = self.a, self.b, self.c

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            r = sqrt(0.5 * (x * x + y * y))
            away = r > 0.0
            safe = where(away, r, 1.0)
            k = where(away, 0.5 * a * b * exp(-b * r) / safe, 0.0)
            u, v = 0.5 * x / safe, 0.5 * y / safe  # the slope of r
            bend = 2.0 * k * (1.0 / safe + b)
            cx, cy = c * x, c * y
            sx, sy, kx, ky = sin(cx), sin(cy), cos(cx), cos(cy)
            q = 0.5 * c * c * exp(0.5 * (kx + ky))
            return (
                k - bend * safe * u * u + q * (kx - 0.5 * sx * sx),
                -bend * safe * u * v - 0.5 * q * sx * sy,
                k - bend * safe * v * v + q * (ky - 0.5 * sy * sy),
            )

        return parts


class Saddle(PlaneLandscape, frozen=True, kw_only=True, tag="saddle"):
    """f = x² - y²."""

    title: ClassVar[str] = "Saddle"
    teaches: ClassVar[str] = "Where the slope vanishes there need not be a minimum: descent lingers, then leaves."
    start: ClassVar[tuple[float, ...]] = (-1.8, 0.001)
    good_lr: ClassVar[float] = 0.03

    def home(self) -> View:
        """The saddle in the middle."""
        return (-2.4, 2.4, -1.5, 1.5)

    def first(self, m: Arithmetic) -> Parts:
        """Loss and slope."""

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            return x * x - y * y, 2.0 * x, -2.0 * y

        return parts

    def second(self, m: Arithmetic) -> Parts:
        """Curvature: the same everywhere."""

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            return 2.0, 0.0, -2.0

        return parts


class MonkeySaddle(PlaneLandscape, frozen=True, kw_only=True, tag="monkey_saddle"):
    """f = x³ - 3xy² + w (x² + y²)² / 4: the monkey saddle, closed in by a rim. w = 0 is the textbooks' own.

    In polar coordinates it is r³ cos 3φ + w r⁴ / 4.
    """

    title: ClassVar[str] = "Monkey saddle"
    teaches: ClassVar[str] = "Slope and curvature both vanish at its centre, and still it is no minimum."
    start: ClassVar[tuple[float, ...]] = (1.6, 0.02)
    good_lr: ClassVar[float] = 0.02

    wall: Annotated[
        float,
        number(
            "rim",
            "w",
            "How strongly it is closed in. The three minima lie 3/w from the centre; 0 leaves the bare monkey "
            "saddle, which falls for ever.",
            low=0.0,
            high=3.0,
            ge=0.0,
        ),
    ] = 1.5

    def minima(self) -> Floats:
        """Three, 3/w from the centre, at 60°, 180° and 300°; none without a rim."""
        if self.wall == 0.0:
            return np.empty((0, 2))
        r = 3.0 / self.wall
        x, y = 0.5 * r, 0.5 * math.sqrt(3.0) * r
        return np.array([[x, y], [-r, 0.0], [x, -y]])

    def home(self) -> View:
        """The saddle and the three minima, unless a very weak rim puts them out of sight."""
        seen = self.minima() if self.wall > 0.05 else np.empty((0, 2))
        return widened((-3.84, 3.84, -2.4, 2.4), seen)

    def first(self, m: Arithmetic) -> Parts:
        """Loss and slope."""
        w = self.wall

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            xx, yy = x * x, y * y
            wr = w * (xx + yy)
            return (
                x * (xx - 3.0 * yy) + 0.25 * wr * (xx + yy),
                3.0 * (xx - yy) + wr * x,
                y * (wr - 6.0 * x),
            )

        return parts

    def second(self, m: Arithmetic) -> Parts:
        """Curvature."""
        w = self.wall

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            xx, yy = x * x, y * y
            return (
                6.0 * x + w * (3.0 * xx + yy),
                2.0 * y * (w * x - 3.0),
                -6.0 * x + w * (xx + 3.0 * yy),
            )

        return parts


class StyblinskiTang(PlaneLandscape, frozen=True, kw_only=True, tag="styblinski_tang"):
    """f = ½ Σ (t⁴ - 16t² + 5t) over t = x, y (Styblinski and Tang 1990)."""

    title: ClassVar[str] = "Styblinski-Tang"
    teaches: ClassVar[str] = "Four basins of unequal depth: descent takes the one it stands in."
    start: ClassVar[tuple[float, ...]] = (0.7, 0.4)
    good_lr: ClassVar[float] = 0.01

    def minima(self) -> Floats:
        """The deepest of the four."""
        return self._valleys()[0]

    def local_minima(self) -> Floats:
        """The other three."""
        return self._valleys()[1]

    def _valleys(self) -> tuple[Floats, Floats]:
        return _valleys(self, ((-2.9, -2.9), (2.7, -2.9), (-2.9, 2.7), (2.7, 2.7)))

    def home(self) -> View:
        """All four basins."""
        return (-6.4, 6.4, -4.0, 4.0)

    def first(self, m: Arithmetic) -> Parts:
        """Loss and slope."""

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            xx, yy = x * x, y * y
            return (
                0.5 * (x * (x * (xx - 16.0) + 5.0) + y * (y * (yy - 16.0) + 5.0)),
                x * (2.0 * xx - 16.0) + 2.5,
                y * (2.0 * yy - 16.0) + 2.5,
            )

        return parts

    def second(self, m: Arithmetic) -> Parts:
        """Curvature."""

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            return 6.0 * x * x - 16.0, 0.0, 6.0 * y * y - 16.0

        return parts


class SixHumpCamel(PlaneLandscape, frozen=True, kw_only=True, tag="six_hump_camel"):
    """f = (4 - 2.1x² + x⁴/3) x² + xy + (4y² - 4) y² (Dixon and Szegö 1978)."""

    title: ClassVar[str] = "Six-hump camel"
    teaches: ClassVar[str] = "Six minima, two of them the deepest: some descents end high above the best."
    start: ClassVar[tuple[float, ...]] = (1.9, 0.2)
    good_lr: ClassVar[float] = 0.02

    def minima(self) -> Floats:
        """The two deepest."""
        return self._valleys()[0]

    def local_minima(self) -> Floats:
        """The other four."""
        return self._valleys()[1]

    def _valleys(self) -> tuple[Floats, Floats]:
        guesses = ((0.09, -0.713), (1.704, -0.796), (1.607, 0.569))
        return _valleys(self, tuple((s * x, s * y) for x, y in guesses for s in (1.0, -1.0)))

    def home(self) -> View:
        """All six minima."""
        return (-2.2, 2.2, -1.35, 1.35)

    def first(self, m: Arithmetic) -> Parts:
        """Loss and slope."""
        third = 1.0 / 3.0

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            xx, yy = x * x, y * y
            return (
                xx * (4.0 + xx * (third * xx - 2.1)) + x * y + 4.0 * yy * (yy - 1.0),
                x * (8.0 + xx * (2.0 * xx - 8.4)) + y,
                x + y * (16.0 * yy - 8.0),
            )

        return parts

    def second(self, m: Arithmetic) -> Parts:
        """Curvature."""

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            xx = x * x
            return 8.0 + xx * (10.0 * xx - 25.2), 1.0, 48.0 * y * y - 8.0

        return parts


class ThreeHumpCamel(PlaneLandscape, frozen=True, kw_only=True, tag="three_hump_camel"):
    """f = 2x² - 1.05x⁴ + x⁶/6 + xy + y²."""

    title: ClassVar[str] = "Three-hump camel"
    teaches: ClassVar[str] = "A deep minimum between two shallow ones: momentum may roll through to it."
    start: ClassVar[tuple[float, ...]] = (-2.2, 0.4)
    good_lr: ClassVar[float] = 0.02

    def minima(self) -> Floats:
        """The origin."""
        return np.zeros((1, 2))

    def local_minima(self) -> Floats:
        """The two shallow ones."""
        return np.concatenate(_valleys(self, ((1.7476, -0.8738), (-1.7476, 0.8738))))

    def home(self) -> View:
        """All three minima."""
        return (-2.56, 2.56, -1.6, 1.6)

    def first(self, m: Arithmetic) -> Parts:
        """Loss and slope."""
        sixth = 1.0 / 6.0

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            xx = x * x
            return (
                xx * (2.0 + xx * (sixth * xx - 1.05)) + x * y + y * y,
                x * (4.0 + xx * (xx - 4.2)) + y,
                x + 2.0 * y,
            )

        return parts

    def second(self, m: Arithmetic) -> Parts:
        """Curvature."""

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            xx = x * x
            return 4.0 + xx * (5.0 * xx - 12.6), 1.0, 2.0

        return parts


class Matyas(PlaneLandscape, frozen=True, kw_only=True, tag="matyas"):
    """f = 0.26 (x² + y²) - 0.48 xy = (x + y)² / 100 + (x - y)² / 4."""

    title: ClassVar[str] = "Matyas"
    teaches: ClassVar[str] = "A flat valley along the diagonal: no rate per coordinate can straighten it."
    start: ClassVar[tuple[float, ...]] = (-6.5, 2.0)
    good_lr: ClassVar[float] = 0.5

    def minima(self) -> Floats:
        """The origin."""
        return np.zeros((1, 2))

    def home(self) -> View:
        """A good length of the valley."""
        return (-8.0, 8.0, -5.0, 5.0)

    def first(self, m: Arithmetic) -> Parts:
        """Loss and slope."""

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            u, v = x + y, x - y
            along, across = 0.02 * u, 0.5 * v
            return 0.5 * (along * u + across * v), along + across, along - across

        return parts

    def second(self, m: Arithmetic) -> Parts:
        """Curvature: the same everywhere."""

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            return 0.52, -0.48, 0.52

        return parts


class Booth(PlaneLandscape, frozen=True, kw_only=True, tag="booth"):
    """f = (x + 2y - 7)² + (2x + y - 5)²."""

    title: ClassVar[str] = "Booth"
    teaches: ClassVar[str] = "Two equations in two unknowns, solved by descending on their squared errors."
    start: ClassVar[tuple[float, ...]] = (-4.0, 5.5)
    good_lr: ClassVar[float] = 0.05

    def minima(self) -> Floats:
        """(1, 3): where both equations hold."""
        return np.array([[1.0, 3.0]])

    def home(self) -> View:
        """The bowl around its minimum."""
        return (-5.4, 7.4, -1.0, 7.0)

    def first(self, m: Arithmetic) -> Parts:
        """Loss and slope."""

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            u = x + 2.0 * y - 7.0
            v = 2.0 * x + y - 5.0
            return u * u + v * v, 2.0 * u + 4.0 * v, 4.0 * u + 2.0 * v

        return parts

    def second(self, m: Arithmetic) -> Parts:
        """Curvature: the same everywhere."""

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            return 10.0, 8.0, 10.0

        return parts


class Plateau(PlaneLandscape, frozen=True, kw_only=True, tag="plateau"):
    """f = d s / (1 + s) + y² / 2, with s = x² / w²: a well of depth d whose rim flattens out into a shelf."""

    title: ClassVar[str] = "Plateau"
    teaches: ClassVar[str] = "A loss that hardly falls need not be at its end: the descent may lie ahead."
    start: ClassVar[tuple[float, ...]] = (-3.7, 1.2)
    good_lr: ClassVar[float] = 0.15

    depth: Annotated[
        float,
        number(
            "depth",
            "d",
            "How deep the well lies below the shelf.",
            low=0.5,
            high=10.0,
            scale="log",
            gt=0.0,
        ),
    ] = 2.0
    width: Annotated[
        float,
        number(
            "width",
            "w",
            "How far the slope of the well reaches. The narrower, the flatter the shelf: on it the slope falls "
            "with the third power of the distance.",
            low=0.3,
            high=2.0,
            ge=0.01,
            le=100.0,
        ),
    ] = 0.8

    def minima(self) -> Floats:
        """The origin."""
        return np.zeros((1, 2))

    def home(self) -> View:
        """The shelf to the left, the well to the right."""
        return (-5.0, 2.2, -2.25, 2.25)

    def first(self, m: Arithmetic) -> Parts:
        """Loss and slope."""
        d, k = self.depth, 1.0 / (self.width * self.width)

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            kx = k * x
            s = kx * x
            near = 1.0 / (1.0 + s)
            dn = d * near
            return dn * s + 0.5 * y * y, 2.0 * kx * dn * near, y

        return parts

    def second(self, m: Arithmetic) -> Parts:
        """Curvature."""
        d, k = self.depth, 1.0 / (self.width * self.width)

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            near = 1.0 / (1.0 + k * x * x)
            return 2.0 * d * k * near * near * (4.0 * near - 3.0), 0.0, 1.0

        return parts


class TwoMinima(PlaneLandscape, frozen=True, kw_only=True, tag="two_minima"):
    """f = h (x² - 1)² - t x + (y - (1 - x²)/2)²: two basins, joined by a bent pass, tilted to the right."""

    title: ClassVar[str] = "Two minima"
    teaches: ClassVar[str] = "A descent that has come to rest is not at the best: the deeper basin lies beyond."
    start: ClassVar[tuple[float, ...]] = (-1.55, 0.7)
    good_lr: ClassVar[float] = 0.03

    barrier: Annotated[
        float,
        number(
            "barrier",
            "h",
            "How high the pass between the basins stands without the tilt. Momentum and noise cross a low one.",
            low=0.2,
            high=5.0,
            scale="log",
            ge=1e-3,
        ),
    ] = 1.0
    tilt: Annotated[
        float,
        number(
            "tilt",
            "t",
            "How much deeper the right basin is, by about 2t. 0 makes them equal; beyond 1.54 h the left one runs out.",
            low=-1.0,
            high=1.0,
        ),
    ] = 0.3

    def minima(self) -> Floats:
        """The deeper basin; both, without a tilt."""
        return self._valleys()[0]

    def local_minima(self) -> Floats:
        """The shallower basin, where there is one."""
        return self._valleys()[1]

    def _valleys(self) -> tuple[Floats, Floats]:
        # Along the bottom of the pass the slope is that of the tilted quartic.
        roots = np.roots([4.0 * self.barrier, 0.0, -4.0 * self.barrier, -self.tilt])
        levels = [float(root.real) for root in roots if abs(root.imag) < 1e-6]
        return _valleys(self, tuple((x, 0.5 * (1.0 - x * x)) for x in sorted(levels)))

    def home(self) -> View:
        """Both basins."""
        return widened((-2.2, 2.2, -1.25, 1.5), [*self.minima(), *self.local_minima(), self.start])

    def first(self, m: Arithmetic) -> Parts:
        """Loss and slope."""
        h, t = self.barrier, self.tilt

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            u = x * x - 1.0
            v = y + 0.5 * u
            hu = h * u
            return hu * u - t * x + v * v, x * (4.0 * hu + 2.0 * v) - t, 2.0 * v

        return parts

    def second(self, m: Arithmetic) -> Parts:
        """Curvature."""
        h = self.barrier

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            xx = x * x
            u = xx - 1.0
            v = y + 0.5 * u
            return 4.0 * h * u + 2.0 * v + xx * (8.0 * h + 2.0), 2.0 * x, 2.0

        return parts


class SharpAndFlat(PlaneLandscape, frozen=True, kw_only=True, tag="sharp_and_flat"):
    """f = p q / (p + q): p and q are squared distances from two points, each in units of that minimum's width.

    Both minima have exactly the loss 0, and the curvature 2 / width² in every direction.
    """

    title: ClassVar[str] = "Sharp and flat"
    teaches: ClassVar[str] = "Of two equally deep minima a large rate, or noise, leaves the sharp one."
    start: ClassVar[tuple[float, ...]] = (-2.6, 1.3)
    good_lr: ClassVar[float] = 0.05

    sharp: Annotated[
        float,
        number(
            "width of the left",
            "s",
            "How wide the left minimum is. Plain descent can rest in it while the rate is below s².",
            low=0.1,
            high=2.0,
            scale="log",
            ge=0.01,
            le=100.0,
        ),
    ] = 0.4
    flat: Annotated[
        float,
        number(
            "width of the right",
            "w",
            "How wide the right minimum is. Plain descent can rest in it while the rate is below w².",
            low=0.1,
            high=4.0,
            scale="log",
            ge=0.01,
            le=100.0,
        ),
    ] = 1.6
    distance: Annotated[
        float,
        number(
            "distance",
            "D",
            "How far apart the two minima lie.",
            low=1.0,
            high=6.0,
            ge=0.01,
            le=1e6,
        ),
    ] = 3.2

    def minima(self) -> Floats:
        """Both: the sharp one on the left, the flat one on the right."""
        return np.array([[-0.5 * self.distance, 0.0], [0.5 * self.distance, 0.0]])

    def home(self) -> View:
        """Both minima."""
        return widened((-4.0, 4.0, -2.5, 2.5), self.minima())

    def first(self, m: Arithmetic) -> Parts:
        """Loss and slope."""
        half, kp, kq = 0.5 * self.distance, self.sharp**-2, self.flat**-2

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            left, right, yy = x + half, x - half, y * y
            p = kp * (left * left + yy)
            q = kq * (right * right + yy)
            t = p / (p + q)
            u = 1.0 - t
            # The square of each share, times half the slope of its squared distance.
            a, b = 2.0 * kp * u * u, 2.0 * kq * t * t
            return q * t, a * left + b * right, (a + b) * y

        return parts

    def second(self, m: Arithmetic) -> Parts:
        """Curvature."""
        half, kp, kq = 0.5 * self.distance, self.sharp**-2, self.flat**-2

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            left, right, yy = x + half, x - half, y * y
            p = kp * (left * left + yy)
            q = kq * (right * right + yy)
            s = p + q
            t = p / s
            u = 1.0 - t
            even = 2.0 * (kp * u * u + kq * t * t)
            dx = 2.0 * (kp * u * left - kq * t * right)
            dy = 2.0 * (kp * u - kq * t) * y
            return even - 2.0 * dx * dx / s, -2.0 * dx * dy / s, even - 2.0 * dy * dy / s

        return parts


class BumpyBowl(PlaneLandscape, frozen=True, kw_only=True, tag="bumpy_bowl"):
    """f = (x² + y²) / 2 + h (1 - cos ωx cos ωy), with ω = 2π / spacing."""

    title: ClassVar[str] = "Bumpy bowl"
    teaches: ClassVar[str] = "Small bumps stop plain descent; momentum and noise carry over them."
    start: ClassVar[tuple[float, ...]] = (-3.4, 1.7)
    good_lr: ClassVar[float] = 0.03

    height: Annotated[
        float,
        number(
            "height of the bumps",
            "h",
            "How high the bumps are. 0 leaves a smooth bowl; the higher, the farther out a marble gets stuck.",
            low=0.0,
            high=2.0,
            ge=0.0,
        ),
    ] = 0.35
    spacing: Annotated[
        float,
        number(
            "spacing of the bumps",
            "λ",
            "How far apart the bumps lie. Close ones are steep, and allow only smaller rates.",
            low=0.3,
            high=4.0,
            scale="log",
            ge=0.01,
        ),
    ] = 1.2

    def minima(self) -> Floats:
        """The origin."""
        return np.zeros((1, 2))

    def local_minima(self) -> Floats:
        """The dips between the bumps, as far as the home view reaches."""
        return _valleys(self, _lattice(self.home(), 0.5 * self.spacing))[1]

    def home(self) -> View:
        """The bumps and the smooth slope around them."""
        return (-4.0, 4.0, -2.5, 2.5)

    def first(self, m: Arithmetic) -> Parts:
        """Loss and slope."""
        sin, cos = m.sin, m.cos
        h, half = self.height, math.pi / self.spacing
        slope = 2.0 * half * h

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            # cos ωx cos ωy = 1 - sin²(ω(x+y)/2) - sin²(ω(x-y)/2)
            p, q = half * (x + y), half * (x - y)
            sp, sq = sin(p), sin(q)
            cp, cq = slope * sp * cos(p), slope * sq * cos(q)
            return 0.5 * (x * x + y * y) + h * (sp * sp + sq * sq), x + cp + cq, y + cp - cq

        return parts

    def second(self, m: Arithmetic) -> Parts:
        """Curvature."""
        cos, omega = m.cos, 2.0 * math.pi / self.spacing
        k = 0.5 * self.height * omega * omega

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            p, q = k * cos(omega * (x + y)), k * cos(omega * (x - y))
            return 1.0 + p + q, p - q, 1.0 + p + q

        return parts


class Cliff(PlaneLandscape, frozen=True, kw_only=True, tag="cliff"):
    """f = -s x + (s + H) (x + √(x² + e²)) / 2 + y² / 2: a gentle slope down to the foot of a wall.

    The slope along x goes from -s on the left to H on the right, within about e around 0.
    """

    title: ClassVar[str] = "Cliff"
    teaches: ClassVar[str] = "One gradient from the wall throws the marble far away; clipping tames it."
    start: ClassVar[tuple[float, ...]] = (-3.5, 1.2)
    good_lr: ClassVar[float] = 0.1

    slope: Annotated[
        float,
        number(
            "slope",
            "s",
            "How steep the gentle side is: each step there is the rate times s.",
            low=0.1,
            high=3.0,
            scale="log",
            ge=1e-6,
            le=1e6,
        ),
    ] = 1.0
    wall: Annotated[
        float,
        number(
            "wall",
            "H",
            "How steep the wall is: a step from it is the rate times H. A clipping norm of 1 cuts that to the rate.",
            low=1.0,
            high=1000.0,
            scale="log",
            ge=1e-6,
            le=1e6,
        ),
    ] = 100.0
    edge: Annotated[
        float,
        number(
            "roundness of the foot",
            "e",
            "Over what distance the slope turns into the wall. The smaller, the less the gradient warns of it.",
            low=0.001,
            high=0.5,
            scale="log",
            ge=1e-4,
            le=100.0,
        ),
    ] = 0.002

    def minima(self) -> Floats:
        """The foot of the wall, where slope and wall balance."""
        s, h = self.slope, self.wall
        return np.array([[0.5 * self.edge * (s - h) / math.sqrt(s * h), 0.0]])

    def home(self) -> View:
        """The slope on the left, the wall on the right."""
        return widened((-4.4, 0.9, -1.66, 1.66), [*self.minima(), self.start])

    def first(self, m: Arithmetic) -> Parts:
        """Loss and slope."""
        sqrt, s, half, ee = m.sqrt, self.slope, 0.5 * (self.slope + self.wall), self.edge * self.edge

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            root = sqrt(x * x + ee)
            return half * (x + root) - s * x + 0.5 * y * y, half * (1.0 + x / root) - s, y

        return parts

    def second(self, m: Arithmetic) -> Parts:
        """Curvature."""
        sqrt, half, ee = m.sqrt, 0.5 * (self.slope + self.wall), self.edge * self.edge

        def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
            rr = x * x + ee
            return half * ee / (rr * sqrt(rr)), 0.0, 1.0

        return parts
