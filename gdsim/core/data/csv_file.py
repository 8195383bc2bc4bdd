"""A data set that is a file beside the document, known by its checksum.

A document is read before its files are, and is only a value; so tables lie in one store of the program, by their
content. What has the same bytes and is read in the same way is the same data, wherever it lies.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec

from gdsim.core.data.base import Dataset, Floats, Task
from gdsim.core.data.csv_text import CsvError, CsvOptions, Decimal, Delimiter, Encoding, Header
from gdsim.core.spec import option

if TYPE_CHECKING:
    from gdsim.core.data.csv_reader import Picked, Table  # loaded with the first file

MOST_BYTES = 500_000_000
"""So much memory the tables may take together before those that were not asked for longest are forgotten."""


class Tables:
    """Tables by the checksum of their file and how it was read. Any thread may use it.

    What was forgotten has to be read again (``load_tables``); the two that were asked for last are always kept.

    Args:
        most: Bytes that they may take together.
    """

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._lock = threading.Lock()
        self._most = most
        self._tables: dict[tuple[str, CsvOptions], Table] = {}  # those that were asked for last stand last

    def add(self, table: Table, asked: CsvOptions | None = None) -> None:
        """Keep a table that was read as a whole.

        Args:
            table: The table.
            asked: With which options it was read, where those left something to detect.
        """
        with self._lock:
            for options in {table.found, asked or table.found}:
                self._tables.pop((table.sha256, options), None)
                self._tables[table.sha256, options] = table
            self._forget()

    def get(self, sha256: str, options: CsvOptions) -> Table | None:
        """The table of the file with that checksum, read with those options; None where it is not at hand."""
        with self._lock:
            table = self._tables.pop((sha256, options), None)
            if table is not None:
                self._tables[sha256, options] = table
            return table

    def _forget(self) -> None:
        kept = list({id(table): table for table in reversed(self._tables.values())}.values())
        room = self._most
        for place, table in enumerate(kept):
            room -= table.nbytes
            if place >= 2 and room < 0:
                self._tables = {key: other for key, other in self._tables.items() if other is not table}


tables = Tables()
"""All tables that were read in."""


class CsvFile(Dataset, frozen=True, kw_only=True, tag="csv"):
    """Columns of a file of delimited text.

    It can be made before the file was read (``load_tables`` does that); what needs the data raises until then.

    Raises:
        ValueError: The path is empty, the checksum is none, a column is named twice or none is.
    """

    title: ClassVar[str] = "CSV file"
    teaches: ClassVar[str] = "Your own data, with all that is odd about them."

    path: Annotated[str, option("file", "Where the file lies, as seen from the document.")]
    sha256: Annotated[
        str,
        option(
            "checksum",
            "SHA-256 of the file: the run can only be repeated with the very same data. It is filled in where a "
            "document leaves it out.",
        ),
    ] = ""
    columns: Annotated[tuple[str, ...], option("inputs", "Which columns the model is given.")] = msgspec.field(
        name="inputs"
    )  # "inputs" in documents; here that is the method
    target: Annotated[str, option("target", "Which column the model should predict.")]
    task: Annotated[
        Task,
        option(
            "task",
            "regression: the target is a number. classification: it has two different values, numbers or texts.",
        ),
    ] = "regression"
    delimiter: Annotated[Delimiter, option("delimiter", "What stands between cells.", advanced=True)] = "detect"
    decimal: Annotated[Decimal, option("decimal mark", "1.5 or 1,5.", advanced=True)] = "detect"
    encoding: Annotated[Encoding, option("encoding", "How letters are stored.", advanced=True)] = "detect"
    header: Annotated[
        Header, option("header", "Whether the first row holds the names of the columns.", advanced=True)
    ] = "detect"

    def __post_init__(self) -> None:
        if not self.path or "\0" in self.path:
            raise ValueError("path must name a file")
        if self.sha256 and not re.fullmatch("[0-9a-f]{64}", self.sha256):
            raise ValueError("sha256 must be 64 hexadecimal digits in lower case")
        if not self.columns:
            raise ValueError("inputs must name at least one column")
        every = (*self.columns, self.target)
        if len(set(every)) < len(every):
            raise ValueError("inputs and target must be different columns")

    @classmethod
    def of(cls, table: Table, path: str, inputs: tuple[str, ...], target: str, task: Task) -> CsvFile:
        """The data set of a table that was just read, which is kept in the store.

        Nothing is left to detect in it, so that a document means the same for ever.

        Args:
            table: What was read, as a whole.
            path: Where the file lies, as seen from the document.
            inputs: Names of the input columns.
            target: Name of the target column.
            task: Whether the target is a number or one of two classes.

        Raises:
            ValueError: The columns cannot be used so; the message says why.
        """
        table.pick(inputs, target, task)
        file = cls(path=path, sha256=table.sha256, columns=inputs, target=target, task=task, **table.found._asdict())
        tables.add(table)
        return file

    @property
    def options(self) -> CsvOptions:
        """How the file is to be read."""
        return CsvOptions(self.delimiter, self.decimal, self.encoding, self.header)

    def table(self) -> Table:
        """The whole table.

        Raises:
            ValueError: It was never read in.
        """
        table = self.at_hand()
        if table is None:
            raise ValueError(f"{self.path} has not been read in yet")
        return table

    def at_hand(self) -> Table | None:
        """The whole table; None where it has to be read first."""
        return tables.get(self.sha256, self.options)

    def picked(self) -> Picked:
        """The examples, and which lines were left out since a value is missing.

        Raises:
            ValueError: The file was never read in, or its columns do not fit.
        """
        return _picked(self)

    @property
    def size(self) -> int:
        """How many rows are complete."""
        return int(self.picked().y.size)

    @property
    def features(self) -> int:
        """How many input columns were picked; known without the file."""
        return len(self.columns)

    def make(self) -> tuple[Floats, Floats]:
        """The complete rows."""
        return self.picked().x, self.picked().y

    @property
    def input_names(self) -> tuple[str, ...]:
        """The names of the input columns."""
        return self.columns

    @property
    def target_name(self) -> str:
        """The name of the target column."""
        return self.target

    @property
    def class_names(self) -> tuple[str, str] | None:
        """The two values of the target; None where it is a number."""
        return self.picked().class_names if self.task == "classification" else None

    @property
    def notes(self) -> tuple[str, ...]:
        """What was decided about the file, and which lines were left out."""
        dropped, lines = self.picked().dropped, self.picked().dropped_lines
        if not dropped:
            return self.table().notes
        first = ", ".join(map(str, lines[:5])) + (", …" if dropped > 5 else "")
        rows = "1 row was" if dropped == 1 else f"{dropped:,} rows were"
        word = "line" if dropped == 1 else "lines"
        return (*self.table().notes, f"{rows} left out since a value is missing ({word} {first}).")


@lru_cache(maxsize=4)
def _picked(file: CsvFile) -> Picked:
    picked = file.table().pick(file.columns, file.target, file.task)
    picked.x.flags.writeable = picked.y.flags.writeable = False
    return picked


def load_tables(
    dataset: Dataset,
    folder: str | os.PathLike[str],
    *,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Dataset:
    """Read what a data set needs into the store, unless it is there already.

    Returns:
        The data set, with the checksum of its file where it had none.

    Args:
        dataset: Any data set; only a ``CsvFile`` needs anything.
        folder: The folder of the document.
        progress: Told the part that is done, 0 to 1.
        cancelled: Asked several times a second; where it answers True, reading stops.

    Raises:
        CsvError: The file is refused, is another one than the document was made with, or its columns do not fit.
        Cancelled: ``cancelled`` said so.
    """
    if not isinstance(dataset, CsvFile):
        return dataset
    from gdsim.core.data.csv_reader import read_table

    table = dataset.at_hand() or read_table(
        Path(folder) / dataset.path, options=dataset.options, progress=progress, cancelled=cancelled
    )
    if dataset.sha256 and table.sha256 != dataset.sha256:
        raise CsvError("it is not the file that the document was made with (its checksum differs)", file=dataset.path)
    try:
        table.pick(dataset.columns, dataset.target, dataset.task)
    except ValueError as error:
        raise CsvError(str(error), file=dataset.path) from None
    tables.add(table, dataset.options)
    return msgspec.structs.replace(dataset, sha256=table.sha256)
