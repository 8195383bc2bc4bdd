"""Huber's loss of a line: residuals count squared up to a bound δ and in proportion beyond it.

It is the mean of psi (r - psi / 2), where psi is the residual r cut down to δ: torch.nn.HuberLoss (Huber 1964,
Robust estimation of a location parameter). Unlike the squared loss it is no polynomial in w and b, so that all
residuals have to be gone through each time.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gdsim.core.arithmetic import Number
from gdsim.core.landscapes.base import Floats
from gdsim.core.landscapes.model import chunks

Parts = Callable[[Number, Number], tuple[Number, Number, Number]]


def of_one(x: Floats, y: Floats, delta: float) -> Callable[[float, float], tuple[float, float, float]]:
    """Loss and slope on floats."""
    n = np.float64(y.size)  # 0 of them give nan

    def parts(w: float, b: float) -> tuple[float, float, float]:
        with np.errstate(all="ignore"):
            r = y - (np.float64(w) * x + b)
            psi = np.minimum(np.maximum(r, -delta), delta)
            r -= 0.5 * psi
            loss, dw, db = (psi @ r) / n, -(psi @ x) / n, -psi.sum() / n
            return float(loss), float(dw), float(db)

    return parts


def of_many(x: Floats, y: Floats, delta: float) -> Parts:
    """Loss and slope on arrays, so many points at a time that memory stays bounded."""

    def parts(w: Number, b: Number) -> tuple[Number, Number, Number]:
        def of(r: Floats) -> tuple[Floats, ...]:
            psi = np.minimum(np.maximum(r, -delta), delta)
            return (psi * (r - 0.5 * psi)).sum(axis=1), -(psi @ x), -psi.sum(axis=1)

        return _over_residuals(x, y, w, b, of)

    return parts


def bend_of_one(x: Floats, y: Floats, delta: float) -> Parts:
    """Curvature on floats."""
    many = bend_of_many(x, y, delta)

    def parts(w: Number, b: Number) -> tuple[Number, Number, Number]:
        ww, wb, bb = many(w, b)
        return float(ww), float(wb), float(bb)

    return parts


def bend_of_many(x: Floats, y: Floats, delta: float) -> Parts:
    """Curvature on arrays."""

    def parts(w: Number, b: Number) -> tuple[Number, Number, Number]:
        def of(r: Floats) -> tuple[Floats, ...]:
            bends = (np.abs(r) <= delta) + 0.0 * r
            return bends @ (x * x), bends @ x, bends.sum(axis=1)

        return _over_residuals(x, y, w, b, of)

    return parts


def _over_residuals(
    x: Floats, y: Floats, w: Number, b: Number, of: Callable[[Floats], tuple[Floats, ...]]
) -> tuple[Number, Number, Number]:
    """Means over the examples of what ``of`` sums from residuals of the shape (points, examples)."""
    w, b = np.broadcast_arrays(w, b)
    found = np.empty((3, w.size))
    with np.errstate(all="ignore"):
        for part in chunks(w.size, 4 * y.size):
            found[:, part] = of(y - (w.ravel()[part, np.newaxis] * x + b.ravel()[part, np.newaxis]))
        first, second, third = (found / np.float64(y.size)).reshape(3, *w.shape)
    return first, second, third


def minimum(x: Floats, y: Floats, delta: float, at: tuple[float, float]) -> tuple[float, float]:
    """The best line, by Newton's method under a bound that shrinks from the largest residual to δ.

    Args:
        x: Inputs, shape (n,), of mean 0 and standard deviation 1.
        y: Targets, shape (n,).
        delta: The bound δ.
        at: Slope and intercept of the least-squares line.
    """
    bound = max(delta, float(np.abs(y - at[0] * x - at[1]).max()))
    while bound > delta:
        bound = max(delta, 0.5 * bound)
        at = _descent(x, y, bound, at)
    return at


def _descent(x: Floats, y: Floats, delta: float, at: tuple[float, float]) -> tuple[float, float]:
    """Newton's method, each step shortened until the loss falls."""
    loss, bend = of_one(x, y, delta), bend_of_one(x, y, delta)
    now, *slope = loss(*at)
    for _ in range(50):
        ww, wb, bb = bend(*at)
        ridge = 1e-9 + 1e-3 * max(0.0, 0.1 - bb)  # where hardly any residual bends the loss
        dw, db = np.linalg.solve([[ww + ridge, wb], [wb, bb + ridge]], slope).tolist()
        share = 1.0
        while share > 1e-9:
            there = (at[0] - share * dw, at[1] - share * db)
            value, *further = loss(*there)
            if value < now:
                break
            share *= 0.5
        else:
            return at
        at, now, slope = there, value, further
    return at
