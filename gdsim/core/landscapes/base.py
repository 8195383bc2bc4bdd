"""What a landscape is: a loss over parameters theta, with its gradient, Hessian, minima, view and start."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from gdsim.core.arithmetic import ARRAYS, Arithmetic, Number
from gdsim.core.spec import Spec

Floats = npt.NDArray[np.float64]
View = tuple[float, float, float, float]
"""What is seen at first: left, right, bottom, top."""


class Landscape(Spec, frozen=True, kw_only=True):
    """A loss over parameters theta. Batched: points lie along the leading axis.

    Class facts describe it to people: ``title``, ``teaches`` (one sentence), ``axes``, a ``start`` from which
    its story is well seen, and ``good_lr``, the rate of plain SGD that tells it from there. ``minima``,
    ``local_minima`` and ``home`` may depend on its parameters.
    """

    title: ClassVar[str] = ""
    teaches: ClassVar[str] = ""
    axes: ClassVar[tuple[str, str]] = ("x", "y")
    start: ClassVar[tuple[float, ...]] = (0.0, 0.0)
    good_lr: ClassVar[float] = 0.01

    @property
    def dim(self) -> int:
        """How many parameters it has."""
        return 2

    def initial(self) -> tuple[float, ...]:
        """Where runs start unless the document says otherwise, ``dim`` numbers."""
        return self.start

    def minima(self) -> Floats:
        """Its known global minima, shape (m, dim); m = 0 where it has none or none is known."""
        return np.empty((0, self.dim))

    def local_minima(self) -> Floats:
        """Known minima that are not global, shape (m, dim)."""
        return np.empty((0, self.dim))

    def home(self) -> View:
        """The view it is best seen in at first."""
        raise NotImplementedError  # abstract: every landscape says its own

    def loss(self, points: npt.ArrayLike) -> Floats:
        """The loss at ``points``, shape (n, dim) -> (n,)."""
        raise NotImplementedError  # abstract

    def gradient(self, points: npt.ArrayLike) -> Floats:
        """The gradient at ``points``, shape (n, dim) -> (n, dim)."""
        raise NotImplementedError  # abstract

    def hessian(self, points: npt.ArrayLike) -> Floats:
        """The Hessian at ``points``, shape (n, dim) -> (n, dim, dim)."""
        raise NotImplementedError  # abstract


class PlaneLandscape(Landscape, frozen=True, kw_only=True):
    """A landscape over two parameters, given by formulas in x and y.

    A declaration gives ``first`` (loss and slope together, since they share most of their work) and
    ``second`` (curvature), both in plain arithmetic, so that the same lines run on floats and on arrays.
    """

    def first(self, m: Arithmetic) -> Callable[[Number, Number], tuple[Number, Number, Number]]:
        """A function (x, y) -> (f, df/dx, df/dy) on the numbers of ``m``.

        It multiplies rather than raising to powers, so that large floats overflow to inf and do not raise.
        """
        raise NotImplementedError  # abstract

    def second(self, m: Arithmetic) -> Callable[[Number, Number], tuple[Number, Number, Number]]:
        """A function (x, y) -> (f_xx, f_xy, f_yy) on the numbers of ``m``.

        Where a part depends on x or y alone, or on neither, it has that shape: it broadcasts against the others.
        """
        raise NotImplementedError  # abstract

    def grid(self, x: Floats, y: Floats) -> Floats:
        """The loss over the grid of ``x`` (columns) and ``y`` (rows): shape (len(y), len(x))."""
        with np.errstate(all="ignore"):
            loss = self.first(ARRAYS)(x[np.newaxis, :], y[:, np.newaxis])[0]
        return np.broadcast_to(np.asarray(loss, dtype=np.float64), (y.size, x.size))

    def loss(self, points: npt.ArrayLike) -> Floats:
        """The loss at ``points``, shape (n, 2) -> (n,)."""
        return self._first(points)[0]

    def gradient(self, points: npt.ArrayLike) -> Floats:
        """The gradient at ``points``, shape (n, 2) -> (n, 2)."""
        return np.stack(self._first(points)[1:], axis=-1)

    def hessian(self, points: npt.ArrayLike) -> Floats:
        """The Hessian at ``points``, shape (n, 2) -> (n, 2, 2)."""
        p = _points(points)
        with np.errstate(all="ignore"):
            xx, xy, yy = (np.broadcast_to(part, p.shape[:1]) for part in self.second(ARRAYS)(p[:, 0], p[:, 1]))
        return np.stack([np.stack([xx, xy], axis=-1), np.stack([xy, yy], axis=-1)], axis=-2)

    def _first(self, points: npt.ArrayLike) -> list[Floats]:
        p = _points(points)
        with np.errstate(all="ignore"):
            parts = self.first(ARRAYS)(p[:, 0], p[:, 1])
        return [np.array(np.broadcast_to(part, p.shape[:1]), dtype=np.float64) for part in parts]


def widened(view: View, points: npt.ArrayLike, margin: float = 0.12) -> View:
    """``view`` where it holds all finite ``points`` already, else a larger view of its proportions that does.

    Args:
        view: The view as it was drawn for the default parameters.
        points: What must be seen, shape (n, 2): minima that have moved, the start.
        margin: How much room is left around them, as a part of the extent.
    """
    p = _points(points)
    p = p[np.isfinite(p).all(axis=1)]
    low, high = np.array(view[0::2]), np.array(view[1::2])
    if not p.size or ((p >= low) & (p <= high)).all():
        return view
    extent = high - low
    low, high = np.minimum(low, p.min(axis=0)), np.maximum(high, p.max(axis=0))
    # Both sides grow by one factor: with equal scales on both axes a view of other proportions would waste room.
    half = 0.5 * extent * float(np.max((high - low) / extent)) * (1.0 + margin)
    centre = 0.5 * (low + high)
    left, bottom = (float(v) for v in centre - half)
    right, top = (float(v) for v in centre + half)
    return left, right, bottom, top


def polished(landscape: Landscape, guesses: npt.ArrayLike) -> Floats:
    """The minima that Newton's method finds from ``guesses``, each once, in the order of the guesses.

    Closed forms are rare; this gives every digit where none is known. Guesses that lead to saddles, maxima or
    nowhere are dropped.

    Args:
        landscape: A landscape of two parameters.
        guesses: Points near the minima, shape (n, 2).
    """
    p = _points(guesses).copy()
    with np.errstate(all="ignore"):
        for _ in range(60):
            g, h = landscape.gradient(p), landscape.hessian(p)
            xx, xy, yy = h[:, 0, 0], h[:, 0, 1], h[:, 1, 1]
            det = xx * yy - xy * xy
            step = np.stack([yy * g[:, 0] - xy * g[:, 1], xx * g[:, 1] - xy * g[:, 0]], axis=-1) / det[:, None]
            p = p - step
            if not (np.abs(step) > 1e-15 * (1.0 + np.abs(p))).any():
                break
        g, h = landscape.gradient(p), landscape.hessian(p)
        xx, xy, yy = h[:, 0, 0], h[:, 0, 1], h[:, 1, 1]
        flat = np.abs(g).max(axis=1) <= 1e-10 * (1.0 + np.abs(h).max(axis=(1, 2))) * (1.0 + np.abs(p).max(axis=1))
        convex = (xx > 0.0) & (xx * yy - xy * xy > 0.0)
    found: Floats = p[flat & convex]
    apart = np.abs(found[:, None] - found[None, :]).max(axis=2)
    again = np.tril(apart <= 1e-6 * (1.0 + np.abs(found).max(axis=1, initial=0.0)), k=-1)
    return np.asarray(found[~again.any(axis=1)], dtype=np.float64)


def _points(points: npt.ArrayLike) -> Floats:
    p = np.asarray(points, dtype=np.float64)
    if p.ndim != 2 or p.shape[1] != 2:
        raise ValueError(f"points must have the shape (n, 2), not {p.shape}")
    return p
