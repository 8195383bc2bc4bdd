"""Data sets: what a model is fitted to. A data set is part of the document, so that a file runs anywhere."""

from __future__ import annotations

import math
import typing
from typing import TYPE_CHECKING, Annotated, ClassVar, Union

import numpy as np
import numpy.typing as npt

from gdsim.core.spec import Spec, kinds_of, option

Floats = npt.NDArray[np.float64]

LARGEST = 1e100
"""Values beyond this are refused: their squares, summed, would no longer be finite."""


class Dataset(Spec, frozen=True, kw_only=True):
    """Examples: a row of inputs each, and the target that belongs to it. Frozen, equal by its values."""

    title: ClassVar[str] = ""

    @property
    def size(self) -> int:
        """How many examples it has."""
        raise NotImplementedError  # abstract

    def inputs(self) -> Floats:
        """What the model is given, shape (size, features)."""
        raise NotImplementedError  # abstract

    def targets(self) -> Floats:
        """What the model should answer, shape (size,)."""
        raise NotImplementedError  # abstract


class Inline(Dataset, frozen=True, kw_only=True, tag="inline"):
    """Points that stand in the document itself, one input and one target each.

    Raises:
        ValueError: x and y differ in length, are fewer than two, or hold a value that is not finite or beyond
            1e100.
    """

    title: ClassVar[str] = "Points"

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
    def size(self) -> int:
        """How many points it has."""
        return len(self.x)

    def inputs(self) -> Floats:
        """The inputs, shape (size, 1)."""
        return np.array(self.x, dtype=np.float64)[:, np.newaxis]

    def targets(self) -> Floats:
        """The targets, shape (size,)."""
        return np.array(self.y, dtype=np.float64)


FIVE_POINTS = Inline(x=(1.0, 2.0, 3.0, 4.0, 5.0), y=(2.1, 3.9, 6.1, 8.0, 10.2))
"""Nearly y = 2x: few enough to be checked by hand."""

if TYPE_CHECKING:
    AnyDataset: typing.TypeAlias = Dataset
else:
    AnyDataset = Union[kinds_of(Dataset)]  # noqa: UP007 - made from the declarations
