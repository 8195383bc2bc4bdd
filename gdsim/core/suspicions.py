"""What looks wrong about training data, told from their numbers alone, as somebody would who was handed them.

Each suspicion names what was counted, so that it can be checked.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from gdsim.core.landscapes import Floats, ModelLandscape

Kind = Literal["missing values", "wrong scale", "outliers", "shuffled labels", "all alike"]

FAR_UNIT = 50.0
"""An input is in another unit where it is this many times larger than most, and ..."""
FEW = 0.3
"""... only a part of the examples up to this share is so. It also bounds how many outliers there can be."""
FAR = 7.0
"""An outlier lies this many times the usual spread off: 1.48 times the median of the distances, which few far ones
do not move as they would a standard deviation."""
NEIGHBOURS = 250
"""Examples whose nearest neighbours are asked."""
LEAST = 20
"""With fewer examples neighbours prove nothing."""
CHANCE = 0.2
"""Neighbours tell next to nothing about one another where they agree by at most this share more than by chance."""
MAD = 1.4826
"""The standard deviation of normal numbers by the median of their distances from the median."""


class Suspicion(NamedTuple):
    """Something odd: what, in a few words, and with the numbers."""

    kind: Kind
    headline: str
    evidence: str


def suspicions(model: ModelLandscape, theta: Floats) -> tuple[Suspicion, ...]:
    """What is odd about the training data, worst first.

    Args:
        model: The model, with its data.
        theta: Parameters that residuals are taken at, shape (dim,).
    """
    found = (missing(model), all_alike(model), wrong_scale(model), outliers(model, theta), shuffled(model))
    return tuple(one for one in found if one is not None)


def _inputs(model: ModelLandscape, x: Floats) -> list[tuple[str, Floats]]:
    """The inputs as a sentence names them, which may begin with it, and their columns."""
    return [(f"the input {name}", column) for name, column in zip(model.dataset.input_names, x.T, strict=False)]


def missing(model: ModelLandscape) -> Suspicion | None:
    """Inputs or targets that are not numbers."""
    data = model.data()
    for name, column in [*_inputs(model, data.x), ("the target", data.y)]:
        lost = int((~np.isfinite(column)).sum())
        if lost:
            return Suspicion(
                "missing values",
                "values are missing in the data",
                f"{name} is not a number (NaN or infinite) in {lost:,} of {column.size:,} training examples: each loss "
                "and gradient that they are part of is NaN.",
            )
    return None


def all_alike(model: ModelLandscape) -> Suspicion | None:
    """An input that the model uses, or the target, that is the same everywhere."""
    data = model.data()
    for name, column in [*_inputs(model, data.x)[: model.most_inputs], ("the target", data.y)]:
        if column.size > 1 and float(column.min()) == float(column.max()):
            return Suspicion(
                "all alike",
                f"{name} is the same everywhere",
                f"{name} is {column[0]:g} in all {column.size:,} training examples: there is nothing to learn from it.",
            )
    return None


def wrong_scale(model: ModelLandscape) -> Suspicion | None:
    """An input of which a part is written in another unit."""
    data = model.data()
    raw = data.to_raw(data.x)
    for name, column in _inputs(model, raw)[: model.most_inputs]:
        sizes = np.abs(column[np.isfinite(column)])
        usual = float(np.median(sizes)) if sizes.size else 0.0
        large = sizes > FAR_UNIT * usual
        if usual > 0.0 and 0 < large.sum() <= FEW * sizes.size:
            times = float(np.median(sizes[large])) / usual
            return Suspicion(
                "wrong scale",
                f"a part of {name} looks as if it were in another unit",
                f"{name} is {usual:.3g} in size as a rule, but about {times:,.0f} times as large in "
                f"{int(large.sum()):,} of {sizes.size:,} training examples.",
            )
    return None


def outliers(model: ModelLandscape, theta: Floats) -> Suspicion | None:
    """Examples far from all others: from what the model says (regression), or from the middle (classification)."""
    data = model.data()
    if data.y.size < LEAST or not np.isfinite(data.x).all():
        return None
    with np.errstate(all="ignore"):
        if model.task == "regression":
            residual = data.y - model.predict(theta, data.x)
            distance = np.abs(residual - np.median(residual))
        else:
            raw = data.to_raw(data.x)
            spread = MAD * np.median(np.abs(raw - np.median(raw, axis=0)), axis=0)
            distance = np.max(np.abs(raw - np.median(raw, axis=0)) / np.where(spread > 0.0, spread, np.inf), axis=1)
        usual = MAD * float(np.median(distance)) if model.task == "regression" else 1.0
    far = distance > FAR * usual
    count = int(far.sum())
    if not usual > 0.0 or not np.isfinite(distance).all() or not 0 < count <= FEW * far.size:
        return None
    which = "lies" if count == 1 else "lie"
    where = "from what the model says" if model.task == "regression" else "from the middle of an input"
    return Suspicion(
        "outliers",
        "a few examples lie far off",
        f"{count:,} of {far.size:,} training examples {which} more than {FAR:g} times the usual spread (by the median, "
        f"which a few do not move) {where}; the furthest {float(distance.max()) / usual:.3g} times.",
    )


def shuffled(model: ModelLandscape) -> Suspicion | None:
    """Targets that have nothing to do with the inputs: what neighbours say about one another is worth nothing."""
    data = model.data()
    x, y = data.x[:NEIGHBOURS], data.y[:NEIGHBOURS]
    if y.size < LEAST or not np.isfinite(x).all() or float(np.ptp(y)) == 0.0:
        return None
    spread = x.std(axis=0)
    x = (x - x.mean(axis=0)) / np.where(spread > 0.0, spread, 1.0)
    apart = np.sum((x[:, np.newaxis] - x[np.newaxis]) ** 2, axis=2)
    np.fill_diagonal(apart, np.inf)
    nearest = y[np.argpartition(apart, 3, axis=1)[:, :3]].mean(axis=1)
    if model.task == "classification":
        share = float(y.mean())
        chance = max(share, 1.0 - share)
        agree = float(np.mean((nearest > 0.5) == (y > 0.5)))
        if (agree - chance) > CHANCE * (1.0 - chance):
            return None
        told = (
            f"The three nearest neighbours of an example agree with its class in {agree:.0%} of {y.size:,} cases; "
            f"always saying the same would be right in {chance:.0%}."
        )
    else:
        together = float(np.corrcoef(nearest, y)[0, 1]) if float(np.ptp(nearest)) > 0.0 else 0.0
        if together > CHANCE:
            return None
        told = f"Neighbours say nothing about one another: their targets correlate with {together:.2f}."
    return Suspicion("shuffled labels", "the labels look shuffled", told)
