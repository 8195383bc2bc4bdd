"""Data sets: what a model is fitted to. A data set is part of the document, so that a file runs anywhere."""

from __future__ import annotations

import typing
from typing import TYPE_CHECKING, Union

from gdsim.core.data.base import FIVE_POINTS, LARGEST, Dataset, Floats, Inline, Task
from gdsim.core.data.csv_file import CsvFile, Tables, load_tables, tables
from gdsim.core.data.csv_text import Cancelled, CsvError, CsvOptions
from gdsim.core.data.generators import Blobs, Circles, Line, Moons, NoisySine, Spirals
from gdsim.core.data.prepared import Corruption, Part, Preparation, Prepared, prepare
from gdsim.core.data.shipped import Cars, Faithful, Iris, Penguins
from gdsim.core.spec import kinds_of

if TYPE_CHECKING:
    AnyDataset: typing.TypeAlias = Dataset
else:
    AnyDataset = Union[kinds_of(Dataset)]  # noqa: UP007 - made from the declarations

__all__ = [
    "FIVE_POINTS",
    "LARGEST",
    "AnyDataset",
    "Blobs",
    "Cancelled",
    "Cars",
    "Circles",
    "Corruption",
    "CsvError",
    "CsvFile",
    "CsvOptions",
    "Dataset",
    "Faithful",
    "Floats",
    "Inline",
    "Iris",
    "Line",
    "Moons",
    "NoisySine",
    "Part",
    "Penguins",
    "Preparation",
    "Prepared",
    "Spirals",
    "Tables",
    "Task",
    "load_tables",
    "prepare",
    "tables",
]
