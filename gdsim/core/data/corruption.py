"""How data go wrong: outliers, shuffled labels, a wrong scale, missing values, each on a share of the examples.

The same few lines spoil what the generators make and the training part of any data set. The rows that are hit
are nested: a larger share hits the rows of a smaller one and more, so that a slider can be moved.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gdsim.core.data.base import Floats, Task

Rows = npt.NDArray[np.intp]


def chance(seed: int, stream: int) -> np.random.Generator:
    """Repeatable chance, bit for bit: a stream of its own for everything that is drawn.

    With streams kept apart, changing one thing (the noise) leaves the others (the inputs) as they are.
    """
    return np.random.Generator(np.random.Philox(key=seed, counter=[0, 0, 0, stream]))


def hit(rng: np.random.Generator, size: int, share: float, least: int = 1) -> Rows:
    """Which rows are hit, in random order: ``share`` of them, but at least ``least`` where it is not 0."""
    count = min(size, max(least, round(share * size))) if share > 0.0 else 0
    return rng.permutation(size)[:count]


def outliers(rng: np.random.Generator, x: Floats, y: Floats, rows: Rows, task: Task) -> None:
    """Throw examples far away, in place: targets of a regression, inputs of a classification.

    They move by 5 to 10 standard deviations (by 5 to 10 where there is no spread) from where they were.

    Args:
        rng: Where chance comes from.
        x: Inputs, shape (n, features).
        y: Targets, shape (n,).
        rows: Which ones.
        task: What the data set is for.
    """
    far = (5.0 + 5.0 * rng.random(y.size))[: rows.size]
    if task == "regression":
        y[rows] += np.where(rng.random(y.size)[: rows.size] < 0.5, -far, far) * _spread(y)
        return
    way = rng.standard_normal(x.shape)[: rows.size]
    way /= np.sqrt(np.sum(way * way, axis=1, keepdims=True))
    x[rows] += far[:, np.newaxis] * way * _spread(x)


def shuffle(y: Floats, rows: Rows) -> None:
    """Pass the targets of ``rows`` around in a ring, in place: everyone gets another's."""
    y[rows] = np.roll(y[rows], 1)


def wrong_scale(x: Floats, rows: Rows) -> None:
    """Write the first input of ``rows`` in a unit a thousand times smaller, in place."""
    x[rows, 0] *= 1000.0


def lose(x: Floats, rows: Rows) -> None:
    """Lose the first input of ``rows``: it is not a number any more, in place."""
    x[rows, 0] = np.nan


def _spread(values: Floats) -> Floats:
    spread = np.std(values, axis=0)
    return np.where(spread > 0.0, spread, 1.0)
