"""The few functions that formulas use, for Python floats and for NumPy arrays.

Update rules and landscapes are written once in plain arithmetic and are handed one of these. On Python floats
a single marble makes hundreds of thousands of updates a second; on arrays tens of thousands of marbles move at
once; the formula is the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Number = Any
"""A Python float, a NumPy scalar or an array: whatever the formula is evaluated on."""


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Elementary functions over one kind of number."""

    sqrt: Callable[[Number], Number]
    exp: Callable[[Number], Number]
    log: Callable[[Number], Number]
    sin: Callable[[Number], Number]
    cos: Callable[[Number], Number]
    tanh: Callable[[Number], Number]
    sign: Callable[[Number], Number]
    absolute: Callable[[Number], Number]
    maximum: Callable[[Number, Number], Number]
    minimum: Callable[[Number, Number], Number]
    where: Callable[[Any, Number, Number], Number]


def _sign(value: float) -> float:
    return (value > 0.0) - (value < 0.0) if value == value else value


def _maximum(a: float, b: float) -> float:
    return a if a > b or a != a else b


def _minimum(a: float, b: float) -> float:
    return a if a < b or a != a else b


def _where(condition: Any, a: float, b: float) -> float:
    return a if condition else b


FLOATS = Arithmetic(
    sqrt=math.sqrt,
    exp=math.exp,
    log=math.log,
    sin=math.sin,
    cos=math.cos,
    tanh=math.tanh,
    sign=_sign,
    absolute=abs,
    maximum=_maximum,
    minimum=_minimum,
    where=_where,
)
"""Python floats: fast for one marble; raises where IEEE 754 would give inf or nan (see ``descent``)."""

ARRAYS = Arithmetic(
    sqrt=np.sqrt,
    exp=np.exp,
    log=np.log,
    sin=np.sin,
    cos=np.cos,
    tanh=np.tanh,
    sign=np.sign,
    absolute=np.abs,
    maximum=np.maximum,
    minimum=np.minimum,
    where=np.where,
)
"""NumPy arrays and scalars: IEEE 754 throughout."""
