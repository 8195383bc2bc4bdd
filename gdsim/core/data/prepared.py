"""What happens to a data set before a model is fitted: split, subset, corruption, standardisation.

The order is the one of an honest experiment: the validation part is taken away first and stays as it was; only
the training part is cut short or spoilt; its mean and spread alone decide how inputs are standardised.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from gdsim.core.data import corruption
from gdsim.core.data.base import Dataset, Floats

Rows: TypeAlias = npt.NDArray[np.intp]
Part = Literal["training", "validation"]
Corruption = Literal["nothing", "outliers", "shuffled labels", "wrong scale", "missing values"]

_SPLIT, _HIT, _FAR = 101, 102, 103
"""Streams of chance; the generators use others."""
EXACTLY = 10_000
"""So many numbers are summed at a time: exactly, but no longer than a window can wait for the interpreter's lock."""


class Preparation(NamedTuple):
    """What is to be done with a data set.

    Attributes:
        validation: Share of the examples that is held back, 0 to 1; one example is always left to train on.
        split_seed: Decides which, and which examples are spoilt.
        standardise: 0 leaves the inputs as they are, 1 gives them mean 0 and standard deviation 1; between, a morph.
        only: Train on so many examples of the training part; None for all.
        corrupt: How the training part is spoilt.
        corrupt_share: Share of its examples that is hit.
    """

    validation: float = 0.0
    split_seed: int = 0
    standardise: float = 0.0
    only: int | None = None
    corrupt: Corruption = "nothing"
    corrupt_share: float = 0.2


@dataclass(frozen=True, eq=False)
class Prepared:
    """A data set, ready to be trained on. All arrays are read-only.

    Attributes:
        x: Inputs of the training part, shape (n, features), n at least 1.
        y: Its targets, shape (n,).
        x_val: Inputs of the validation part, shape (m, features); m may be 0.
        y_val: Its targets, shape (m,).
        mean: Mean of each training input before standardising, shape (features,).
        std: Its standard deviation (about n, not n - 1); 1 where an input is the same everywhere.
        standardise: How far inputs were standardised, 0 to 1.
        rows: Which example of the data set each training row is, ascending, shape (n,).
        rows_val: The same for the validation part, shape (m,).
        notes: Plain sentences about what is odd.
    """

    x: Floats
    y: Floats
    x_val: Floats
    y_val: Floats
    mean: Floats
    std: Floats
    standardise: float
    rows: Rows
    rows_val: Rows
    notes: tuple[str, ...] = ()

    def part_of(self, x: Floats, y: Floats) -> Part | None:
        """The part whose very arrays ``x`` and ``y`` are; None where they are others."""
        if x is self.x and y is self.y:
            return "training"
        return "validation" if x is self.x_val and y is self.y_val else None

    def examples(self, part: Part) -> tuple[Floats, Floats]:
        """Inputs and targets of a part."""
        return (self.x, self.y) if part == "training" else (self.x_val, self.y_val)

    def to_raw(self, x: Floats) -> Floats:
        """Inputs of the model in the units of the data set, shape (k, features) -> (k, features)."""
        return np.asarray(x * self.std**self.standardise + self.standardise * self.mean)

    def from_raw(self, x: Floats) -> Floats:
        """Inputs in the units of the data set as the model sees them, shape (k, features) -> (k, features)."""
        return np.asarray((x - self.standardise * self.mean) / self.std**self.standardise)


@lru_cache(maxsize=8)
def prepare(dataset: Dataset, preparation: Preparation) -> Prepared:
    """Split, cut short, spoil and standardise; the same arguments give the same bits, and the same object.

    Args:
        dataset: Any data set whose examples are at hand.
        preparation: What is to be done.

    Raises:
        ValueError: The examples are not at hand (a file that was not read in).
    """
    raw = _split(dataset, preparation._replace(standardise=0.0))
    if preparation.standardise == 0.0:
        return raw
    there = Prepared(**{**vars(raw), "standardise": preparation.standardise})
    with np.errstate(all="ignore"):
        x, x_val = there.from_raw(raw.x), there.from_raw(raw.x_val)
    return _frozen(Prepared(**{**vars(there), "x": x, "x_val": x_val}))


@lru_cache(maxsize=4)
def _split(dataset: Dataset, preparation: Preparation) -> Prepared:
    """Everything but standardising: what need not be done again while a slider morphs."""
    rows, rows_val = _parts(dataset.size, preparation)
    x, y = dataset.inputs()[rows], dataset.targets()[rows]
    with np.errstate(all="ignore"):
        _spoil(x, y, dataset, preparation)
        mean, std = _statistics(x)
    return _frozen(
        Prepared(
            x=x,
            y=y,
            x_val=dataset.inputs()[rows_val],
            y_val=dataset.targets()[rows_val],
            mean=mean,
            std=std,
            standardise=0.0,
            rows=rows,
            rows_val=rows_val,
            notes=_notes(dataset, preparation, x, y, rows_val.size),
        )
    )


def _parts(size: int, preparation: Preparation) -> tuple[Rows, Rows]:
    """Training and validation rows, ascending: an unsplit data set keeps its order."""
    held_back = min(size - 1, round(preparation.validation * size))
    if held_back == 0 and preparation.only is None:
        return np.arange(size), np.arange(0)
    order = _order(size, preparation.split_seed)
    train, held = order[: size - held_back], order[size - held_back :]
    return _ascending(train[: preparation.only], size), _ascending(held, size)


@lru_cache(maxsize=2)
def _order(size: int, seed: int) -> Rows:
    """The order in which examples are dealt out: kept, since a picture of few of them asks for it too."""
    order: Rows = corruption.chance(seed, _SPLIT).permutation(size)
    order.flags.writeable = False
    return order


def _ascending(rows: Rows, size: int) -> Rows:
    """Different rows in order; where they are many, ticking them off is quicker than sorting."""
    ticked = np.zeros(size, dtype=np.bool_)
    ticked[rows] = True
    return np.flatnonzero(ticked)


def _spoil(x: Floats, y: Floats, dataset: Dataset, preparation: Preparation) -> None:
    kind, seed = preparation.corrupt, preparation.split_seed
    if kind == "nothing":
        return
    least = 2 if kind == "shuffled labels" else 1
    rows = corruption.hit(corruption.chance(seed, _HIT), x.shape[0], preparation.corrupt_share, least)
    if kind == "outliers":
        corruption.outliers(corruption.chance(seed, _FAR), x, y, rows, dataset.task)
    elif kind == "shuffled labels":
        corruption.shuffle(y, rows)
    elif kind == "wrong scale":
        corruption.wrong_scale(x, rows)
    elif kind == "missing values":
        corruption.lose(x, rows)


def _statistics(x: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each column, of the numbers in it; a constant one counts as spread 1.

    Exact sums: the result does not depend on how a machine orders its additions.
    """
    mean, std = np.zeros(x.shape[1]), np.ones(x.shape[1])
    for column in range(x.shape[1]):
        values = x[~np.isnan(x[:, column]), column]
        if not values.size:
            continue
        mean[column] = values[0]  # the rounded mean of equal numbers need not be that number
        if values.min() < values.max():
            mean[column] = _total(values) / values.size
            spread = math.sqrt(_total(np.square(values - mean[column])) / values.size)
            std[column] = spread or 1.0
    return mean, std


def _total(values: Floats) -> float:
    """The sum of pieces that are summed exactly."""
    pieces = (values[first : first + EXACTLY].tolist() for first in range(0, values.size, EXACTLY))
    return math.fsum(math.fsum(piece) for piece in pieces)


def _notes(dataset: Dataset, preparation: Preparation, x: Floats, y: Floats, held_back: int) -> tuple[str, ...]:
    notes = list(dataset.notes)
    if preparation.validation > 0.0 and held_back == 0:
        notes.append(f"{_examples(dataset.size)} cannot be split: there is no validation part.")
    if preparation.only is not None and preparation.only > x.shape[0]:
        notes.append(f"The training part has only {_examples(x.shape[0])}, fewer than {preparation.only}.")
    for name, column in zip(dataset.input_names, x.T, strict=True):
        notes.extend(_odd(name, column))
    if dataset.class_names is not None and y.min() == y.max():
        label = dataset.class_names[int(y[0])]
        notes.append(
            f"All training examples are of one class ({label}): the model can only learn to say {label} everywhere, "
            "and its weights grow without end."
        )
    return tuple(notes)


def _odd(name: str, column: Floats) -> list[str]:
    missing = np.isnan(column)
    lost = int(missing.sum())
    values = column[~missing]
    notes: list[str] = []
    if lost:
        notes.append(
            f"{name} is missing (NaN) in {lost} of {_examples(column.size)}: every loss that they are part of is NaN."
        )
    if values.size > 1 and values.min() == values.max():
        notes.append(
            f"{name} is the same everywhere ({values[0]:g}): standardised it is 0, and its weight cannot be learned."
        )
    return notes


def _examples(count: int) -> str:
    return "1 example" if count == 1 else f"{count:,} examples"


def _frozen(prepared: Prepared) -> Prepared:
    for value in vars(prepared).values():
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
    return prepared
