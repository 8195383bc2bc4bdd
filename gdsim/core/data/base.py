"""What a data set is: examples, each a row of inputs and the target that belongs to it.

A data set is part of the document, by its values, by name and seed, or by the checksum of a file, so that a run
can be repeated bit for bit. Whoever fits a model sees only what stands here.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Annotated, ClassVar, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from gdsim.core.spec import Spec, option

Floats: TypeAlias = npt.NDArray[np.float64]
Task = Literal["regression", "classification"]

LARGEST = 1e100
"""Values beyond this are refused: their squares, summed, would no longer be finite."""


class Dataset(Spec, frozen=True, kw_only=True):
    """Examples: a row of inputs each, and the target that belongs to it. Frozen, equal by its values.

    A declaration gives ``size``, ``features`` and ``make``; the rest follows.
    """

    title: ClassVar[str] = ""
    teaches: ClassVar[str] = ""
    """One sentence: what it is good for."""
    source: ClassVar[str] = ""
    """Where it comes from and under which licence, in words for a tooltip; "" for what is made up."""

    @property
    def task(self) -> Task:
        """Whether a number is to be predicted or one of two classes."""
        raise NotImplementedError  # abstract

    @property
    def size(self) -> int:
        """How many examples it has."""
        raise NotImplementedError  # abstract

    @property
    def features(self) -> int:
        """How many inputs an example has."""
        raise NotImplementedError  # abstract

    def make(self) -> tuple[Floats, Floats]:
        """The inputs, shape (size, features), and the targets, shape (size,), computed or read anew."""
        raise NotImplementedError  # abstract

    def inputs(self) -> Floats:
        """What the model is given, shape (size, features); kept, read-only.

        Raises:
            ValueError: They are not at hand (a file that was not read in).
        """
        return _examples(self)[0]

    def targets(self) -> Floats:
        """What the model should answer, shape (size,); kept, read-only. Classes are 0.0 and 1.0.

        Raises:
            ValueError: They are not at hand (a file that was not read in).
        """
        return _examples(self)[1]

    @property
    def input_names(self) -> tuple[str, ...]:
        """What the inputs are called, one name a column."""
        return ("x",) if self.features == 1 else tuple(f"x{column + 1}" for column in range(self.features))

    @property
    def target_name(self) -> str:
        """What the target is called."""
        return "y" if self.task == "regression" else "class"

    @property
    def class_names(self) -> tuple[str, str] | None:
        """What the classes 0.0 and 1.0 are called; None where numbers are predicted."""
        return None if self.task == "regression" else ("0", "1")

    @property
    def notes(self) -> tuple[str, ...]:
        """Plain sentences about what is odd about it."""
        return ()


@lru_cache(maxsize=16)
def _examples(dataset: Dataset) -> tuple[Floats, Floats]:
    inputs, targets = dataset.make()
    inputs.flags.writeable = targets.flags.writeable = False
    return inputs, targets


class Inline(Dataset, frozen=True, kw_only=True, tag="inline", cache_hash=True):
    """Points that stand in the document itself, one input and one target each.

    Raises:
        ValueError: x and y differ in length, are fewer than two, or hold a value that is not finite or beyond
            1e100.
    """

    title: ClassVar[str] = "Points"
    teaches: ClassVar[str] = "A handful of points can be checked by hand."

    x: Annotated[tuple[float, ...], option("inputs", "The inputs x, in the order of their targets.")]
    y: Annotated[tuple[float, ...], option("targets", "The targets y: what the line should answer at each x.")]

    def __post_init__(self) -> None:
        if len(self.x) != len(self.y):
            raise ValueError(f"x and y must be equally long, not {len(self.x)} and {len(self.y)} numbers")
        if len(self.x) < 2:
            raise ValueError(f"a data set needs at least 2 points, not {len(self.x)}")
        for name, values in (("x", self.x), ("y", self.y)):
            for index, value in enumerate(values):
                if not math.isfinite(value):
                    raise ValueError(f"{name}[{index}] must be a finite number, not {value}")
                if abs(value) > LARGEST:
                    raise ValueError(f"{name}[{index}] must not be larger than {LARGEST:g}, as {value:g} is")

    @property
    def task(self) -> Task:
        """Numbers are predicted."""
        return "regression"

    @property
    def size(self) -> int:
        """How many points it has."""
        return len(self.x)

    @property
    def features(self) -> int:
        """One input."""
        return 1

    def make(self) -> tuple[Floats, Floats]:
        """The points as arrays, shapes (size, 1) and (size,)."""
        return np.array(self.x, dtype=np.float64)[:, np.newaxis], np.array(self.y, dtype=np.float64)


FIVE_POINTS = Inline(x=(1.0, 2.0, 3.0, 4.0, 5.0), y=(2.1, 3.9, 6.1, 8.0, 10.2))
"""Nearly y = 2x: few enough to be checked by hand."""
