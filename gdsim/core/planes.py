"""How a landscape of many parameters is seen: a plane through parameter space, declared once each.

A plane is two directions and a point that it goes through. Everything on it is a true loss; what lies beside it, the
marble included, is seen in projection. So the distance from the plane always stands beside the picture.
"""

from __future__ import annotations

import typing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Union

import numpy as np

from gdsim.core.landscapes import Floats, ModelLandscape
from gdsim.core.spec import Spec, kinds_of, number, option

Surface = Literal["training", "validation", "both"]
"""The loss that the ground shows: on the training part, the validation part, or the former with lines of the latter."""

DIRECTIONS = 2
"""The stream of chance that draws random directions; see ``batches`` for others."""


@dataclass(frozen=True, eq=False)
class Axes:
    """Two directions in parameter space, and where their coordinates are (0, 0).

    Attributes:
        base: Shape (dim,).
        across, up: What one unit of x and of y is, shape (dim,) each.
        names: What stands at the axes.
        share: The part of the trajectory's variance that lies in the plane; None where it is not about that.
        places: The two parameters that x and y are, where they are parameters.
    """

    base: Floats
    across: Floats
    up: Floats
    names: tuple[str, str]
    share: float | None = None
    places: tuple[int, int] | None = None

    def project(self, points: Floats) -> Floats:
        """Coordinates of the nearest points in the plane, shape (n, dim) -> (n, 2)."""
        if self.places is not None:
            return np.ascontiguousarray(points[:, self.places])
        directions = np.stack([self.across, self.up])
        with np.errstate(all="ignore"):
            return np.asarray((points - self.base) @ np.linalg.pinv(directions))

    def lift(self, x: Floats, y: Floats) -> Floats:
        """The points of the plane through ``base`` at coordinates x and y, shape (n,) each -> (n, dim)."""
        return np.asarray(self.base + x[:, np.newaxis] * self.across + y[:, np.newaxis] * self.up)

    def beside(self, point: Floats) -> Floats:
        """From the plane through ``base`` to ``point``, at right angles, shape (dim,)."""
        x, y = self.project(point[np.newaxis]).T
        return np.asarray(point - self.lift(x, y)[0])


class Plane(Spec, frozen=True, kw_only=True):
    """A plane that a landscape is seen in.

    ``through`` is the point it goes through: the selected run's marble, which it then follows, its start, the best of
    its points, or its last.
    """

    title: ClassVar[str] = ""
    teaches: ClassVar[str] = ""

    through: Annotated[
        Literal["marble", "start", "best", "end"],
        option(
            "goes through",
            "The parameters that are not seen have the values they have there. Through the marble, the plane follows "
            "it: then the surface under the marble is its true loss.",
        ),
    ] = "marble"

    def check(self, dim: int) -> None:
        """Refuse what cannot be.

        Raises:
            ValueError: The plane does not exist for ``dim`` parameters.
        """

    def axes(self, landscape: ModelLandscape, rows: Floats) -> Axes:
        """The directions for a run whose parameters were ``rows``, shape (n, dim), the last computed one last."""
        raise NotImplementedError  # abstract


class Coordinates(Plane, frozen=True, kw_only=True, tag="coordinates"):
    """Two of the parameters, as they are."""

    title: ClassVar[str] = "Two parameters"
    teaches: ClassVar[str] = "Two of the parameters; the others have the values they have where the plane goes through."

    first: Annotated[int, number("across", "", "The parameter across, counted from 0.", low=0, high=20, ge=0)] = 0
    second: Annotated[int, number("up", "", "The parameter up, counted from 0.", low=0, high=20, ge=0)] = 1

    def check(self, dim: int) -> None:
        """Two different parameters that exist."""
        for place in (self.first, self.second):
            if place >= dim:
                raise ValueError(f"there is no parameter {place}: the landscape has {dim}, counted from 0")
        if self.first == self.second:
            raise ValueError(f"a plane needs two different parameters, not {self.first} twice")

    def axes(self, landscape: ModelLandscape, rows: Floats) -> Axes:
        """Unit vectors."""
        unit, names = np.eye(landscape.dim), landscape.parameter_names
        places = (self.first, self.second)
        base = np.zeros(landscape.dim)
        return Axes(base, unit[self.first], unit[self.second], (names[places[0]], names[places[1]]), None, places)


class Directions(Plane, frozen=True, kw_only=True, tag="directions"):
    """Two random directions, each group of weights scaled as the model's own (Li et al. 2018)."""

    title: ClassVar[str] = "Random directions"
    teaches: ClassVar[str] = (
        "Two random directions through the end of the run, each filter as long as the model's own: how papers draw "
        "the landscapes of networks. The way there hardly shows: it lies in other directions."
    )

    seed: Annotated[int, number("seed", "", "Which directions.", low=0, high=100, ge=0, le=2**63 - 1)] = 0
    filters: Annotated[
        bool,
        option(
            "filter normalisation",
            "Give each unit's weights in the direction the length they have in the model: otherwise small weights are "
            "shaken more than large ones, and a model looks sharper only for being written in small numbers.",
        ),
    ] = True

    def axes(self, landscape: ModelLandscape, rows: Floats) -> Axes:
        """Gaussian directions, normalised filter by filter."""
        end = rows[-1]
        stream = np.random.Generator(np.random.Philox(key=self.seed, counter=[0, 0, DIRECTIONS, 0]))
        found = stream.standard_normal((2, landscape.dim))
        groups = landscape.filters() if self.filters else (np.arange(landscape.dim),)
        for direction in found:
            for group in groups:
                direction[group] *= (_norm(end[group]) or 1.0) / _norm(direction[group])
        return Axes(end.copy(), found[0], found[1], ("direction 1", "direction 2"))


class Components(Plane, frozen=True, kw_only=True, tag="components"):
    """The first two principal components of the trajectory (Li et al. 2018)."""

    title: ClassVar[str] = "Principal components"
    teaches: ClassVar[str] = (
        "The plane in which the run moves most. How much of its variance lies in it stands beside it; the rest of the "
        "way is not seen."
    )

    def axes(self, landscape: ModelLandscape, rows: Floats) -> Axes:
        """Orthonormal directions by singular values of the centred rows."""
        size = float(np.abs(rows).max()) or 1.0  # starts of 1e300 are allowed, and squares of them are not finite
        centred = rows / size - (rows / size).mean(axis=0)
        if not centred.any():
            unit = np.eye(landscape.dim)  # it has not moved yet
            return Axes(rows[-1].copy(), unit[0], unit[1], ("PC 1", "PC 2"), 1.0)
        squares, directions = _principal(centred)
        across, up = (_pointing(direction, rows) for direction in directions)
        share = min(float(np.sum(squares)) / float(np.sum(centred**2)), 1.0)
        return Axes(rows[-1].copy(), across, up, ("PC 1", "PC 2"), share)


def _principal(centred: Floats) -> tuple[Floats, Floats]:
    """The two largest squared singular values of ``centred`` and the directions that belong to them, shape (2, dim).

    Of fewer rows than parameters they are found by the products of the rows with each other, a tenth of the work.
    """
    count, dim = centred.shape
    if 2 < count < dim:
        squares, mixes = np.linalg.eigh(centred @ centred.T)
        spanned, _ = np.linalg.qr((mixes[:, -1:-3:-1].T @ centred).T)
        return np.maximum(squares[-1:-3:-1], 0.0), np.asarray(spanned.T)
    _, sizes, directions = np.linalg.svd(centred, full_matrices=False)
    if len(directions) < 2:
        directions = np.vstack([directions, _across(directions[0])])
    return sizes[:2] ** 2, directions[:2]


def _norm(values: Floats) -> float:
    """The Euclidean norm, of huge values too."""
    size = float(np.abs(values).max(initial=0.0))
    return size * float(np.linalg.norm(values / size)) if size else 0.0


def _across(direction: Floats) -> Floats:
    """Some unit vector at right angles to ``direction``."""
    unit = np.zeros_like(direction)
    unit[int(np.argmin(np.abs(direction)))] = 1.0
    unit -= (unit @ direction) * direction
    return np.asarray(unit / np.linalg.norm(unit))


def _pointing(direction: Floats, rows: Floats) -> Floats:
    """``direction`` with the sign in which the run goes: singular vectors have none of their own."""
    with np.errstate(all="ignore"):
        way = float((rows[-1] - rows[0]) @ direction)
    return -direction if way < 0.0 else direction


def usual(landscape: ModelLandscape) -> Plane:
    """The plane that suits a landscape where the document names none: few parameters are shown as they are."""
    return Coordinates() if landscape.dim <= FEW else Components()


FEW = 16

if TYPE_CHECKING:
    AnyPlane: typing.TypeAlias = Plane
else:
    AnyPlane = Union[kinds_of(Plane)]  # noqa: UP007 - made from the declarations
