"""The largest stable rate of a run that sees batches: below the one for the gradient on all examples.

A batch curves more in some direction than all examples do, and a step that is right for them is too long for it. Near
a minimum the squares of the distances are what shrinks or grows: with batch curvatures H_b and their mean H they
follow Σ ← Σ - η (HΣ + ΣH) + η² E[H_b Σ H_b], which contracts up to η = 2/λmax(C⁻¹D), C = (H⊗I + I⊗H)/2 and
D = E[H_b⊗H_b] (Mulayoff & Michaeli 2024, Exact Mean Square Linear Stability Analysis for SGD). With momentum the same
is asked of the direction in which that limit is met. Additive noise changes no limit: it only keeps the marble awake.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gdsim.core.experiment import Experiment, Settings
from gdsim.core.landscapes import Floats, ModelLandscape
from gdsim.core.optimizers import SGD
from gdsim.core.stability import FLAT, Shares, shares

BATCHES = 128
"""Batches that are looked at, at most ..."""
EXAMPLES = 100_000
"""... and examples in all of them; fewer batches where they are larger, but ..."""
FEWEST = 8
"""... no fewer than these."""
MOST_DIM = 32
"""With more parameters the curvature of so many batches takes too long."""
DIRECTIONS = 6
"""Directions of curvature that are looked at: the steepest ones."""
HALVINGS = 40
"""Bisections for the limit with momentum: all digits that are told, and more."""


class BatchEdge(NamedTuple):
    """How large a rate the batches bear.

    Attributes:
        rate: The largest at which squared distances still shrink on average.
        size: Examples a batch, as an update sees them.
        steepest: The largest curvature of a batch.
        mean: The largest curvature of all batches together.
    """

    rate: float
    size: int
    steepest: float
    mean: float


def batch_edge(
    experiment: Experiment, settings: Settings, theta: Floats, momentum: float | None = None
) -> BatchEdge | None:
    """The largest rate that the batches of a run bear at ``theta``, shape (dim,).

    None where there are no batches, the optimizer is another than SGD, there are too many parameters, or the ground
    does not bend upward.
    """
    landscape, optimizer = experiment.landscape, settings.optimizer
    if not isinstance(landscape, ModelLandscape) or not isinstance(optimizer, SGD) or landscape.dim > MOST_DIM:
        return None
    data = landscape.data()
    batches = settings.batches(data.y.size, experiment.seed)
    if batches is None:
        return None
    count = int(np.clip(EXAMPLES // batches.together, FEWEST, BATCHES))
    count = max(1, count // batches.per_epoch) * batches.per_epoch if batches.per_epoch <= count else count
    with np.errstate(all="ignore"):
        drawn = [batches.rows(step) for step in range(count)]
        hessians = np.array([landscape.curvature(theta, data.x[rows], data.y[rows]) for rows in drawn])
    if not np.isfinite(hessians).all():
        return None
    hessians = hessians + optimizer.weight_decay * np.eye(landscape.dim)
    rate = mean_square_rate(hessians, shares(optimizer, momentum))
    if rate is None:
        return None
    tops = np.linalg.eigvalsh(hessians)[:, -1]
    return BatchEdge(rate, batches.together, float(tops.max()), float(np.linalg.eigvalsh(hessians.mean(axis=0))[-1]))


def mean_square_rate(hessians: Floats, how: Shares) -> float | None:
    """The largest rate at which E‖θ - θ*‖² contracts where updates see these Hessians by chance, shape (m, dim, dim).

    None where they bend upward in no direction.
    """
    values, vectors = np.linalg.eigh(hessians.mean(axis=0))
    upward = values > max(FLAT * float(values[-1]), 0.0)
    if not upward.any():
        return None
    basis = vectors[:, upward][:, -DIRECTIONS:]
    seen = basis.T @ hessians @ basis
    mean, one = seen.mean(axis=0), np.eye(basis.shape[1])
    c = 0.5 * (np.kron(mean, one) + np.kron(one, mean))
    d = np.einsum("bij,bkl->ikjl", seen, seen).reshape(c.shape) / len(seen)
    found, modes = np.linalg.eig(np.linalg.solve(c, d))
    place = int(np.argmax(found.real))
    rate = 2.0 / float(found[place].real)
    if not how.beta:
        return rate if np.isfinite(rate) and rate > 0.0 else None
    spread = modes[:, place].real.reshape(mean.shape)
    along = float(np.trace(mean @ spread) / np.trace(spread))
    return _rolling(along, 2.0 * along / rate, how)


def _rolling(mean: float, square: float, how: Shares) -> float | None:
    """The same with momentum, for one direction whose curvature has this mean and mean square, by bisection."""
    if how.beta >= 1.0 or not mean > 0.0:
        return None

    def shrinks(rate: float) -> bool:
        steady = np.array([[1.0, -rate * how.memory * how.beta], [0.0, how.beta]])
        bent = np.array([[-rate * (how.gradient + how.memory * how.fresh), 0.0], [how.fresh, 0.0]])
        usual = steady + mean * bent
        both = np.kron(usual, usual) + max(square - mean * mean, 0.0) * np.kron(bent, bent)
        return float(np.abs(np.linalg.eigvals(both)).max()) < 1.0

    low, high = 0.0, 4.0 * (1.0 + how.beta) / mean
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if shrinks(middle) else (low, middle)
    return low or None
