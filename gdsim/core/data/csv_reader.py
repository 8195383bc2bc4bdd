"""Reads tables of numbers from text files, whatever a spreadsheet made of them, or says what is wrong and where.

Nothing of a file is ever run, and nothing is guessed in silence: a cell that is no number makes its column
unusable, and the reason names line and column.
"""

from __future__ import annotations

import csv
import math
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from gdsim.core.data.base import LARGEST, Floats, Task
from gdsim.core.data.csv_text import (
    MAX_COLUMNS,
    MISSING,
    Cancelled,
    CsvError,
    CsvOptions,
    Decimal,
    Lines,
    Watch,
    as_number,
    detected,
    encodings,
    is_blank,
    named_separator,
    numbered_cells_of,
    open_regular,
    printable,
    quoted,
    reader_of,
)

__all__ = ["Cancelled", "CsvError", "CsvOptions", "Picked", "Preview", "Table", "preview", "read_table"]

MAX_ROWS = 1_000_000
MAX_CELLS = 20_000_000
"""Larger tables are refused: they would not fit into a student's memory."""
MOST_CLASSES = 20
"""So many different texts in a column are counted as classes; more are no classes."""

_SAMPLE = 1 << 16  # characters that delimiter, decimal mark and header are judged by
_CHUNK = 1 << 13  # cells that are turned into numbers at once: few enough to stay in the cache
_GROUPED = re.compile(r"[+-]?\d{1,3}([.,' \u00a0\u202f]\d{3})+([.,]\d*)?")

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Picked:
    """Columns of a table as examples: rows with a missing value are left out.

    Attributes:
        x: Inputs, shape (n, features).
        y: Targets, shape (n,); classes are 0.0 and 1.0.
        class_names: What the classes are called; None where the target is a number.
        dropped: How many rows were left out.
        dropped_lines: The lines of the first 20 of them.
    """

    x: Floats
    y: Floats
    class_names: tuple[str, str] | None
    dropped: int
    dropped_lines: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Table:
    """A file that was read: its columns by name.

    Attributes:
        names: All columns, in the order of the file.
        columns: Those that can be used, each of shape (rows,), read-only; NaN where a value is missing.
        classes: For columns of two different texts: the texts, sorted; the column holds 0.0 and 1.0 for them.
        unusable: Why each of the other columns cannot be used.
        lines: The line each row begins on, counted from 1, shape (rows,).
        sha256: Checksum of the file's bytes; "" where only a part was read.
        found: How it was read, nothing left to detect.
        notes: Plain sentences about what was decided and might surprise.
    """

    names: tuple[str, ...]
    columns: Mapping[str, Floats]
    classes: Mapping[str, tuple[str, str]]
    unusable: Mapping[str, str]
    lines: npt.NDArray[np.int64]
    sha256: str
    found: CsvOptions
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """How many rows it has."""
        return int(self.lines.size)

    @property
    def nbytes(self) -> int:
        """How much memory its numbers take."""
        return self.lines.nbytes + sum(column.nbytes for column in self.columns.values())

    def column(self, name: str) -> Floats:
        """One column, shape (rows,), read-only.

        Raises:
            ValueError: There is none of that name, or it cannot be used.
        """
        if name in self.unusable:
            raise ValueError(f'column "{name}" cannot be used: {self.unusable[name]}')
        if name not in self.columns:
            raise ValueError(f'there is no column "{name}", only {", ".join(self.names[:10])}')
        return self.columns[name]

    def pick(self, inputs: Sequence[str], target: str, task: Task) -> Picked:
        """Make examples of some columns.

        Args:
            inputs: Names of the input columns, at least one.
            target: Name of the target column.
            task: Whether the target is a number or one of two classes.

        Raises:
            ValueError: A column is not there or cannot be used, the target does not fit the task, or fewer than
                two rows are complete.
        """
        x, y = np.stack([self.column(name) for name in inputs], axis=1), self.column(target)
        complete = ~(np.isnan(x).any(axis=1) | np.isnan(y))
        lost = self.lines[~complete]
        x, y = x[complete], y[complete]
        if y.size < 2:
            raise ValueError(f"only {y.size} rows have a value in every picked column: at least 2 are needed")
        names: tuple[str, str] | None = None
        if task == "classification":
            y, names = _as_classes(target, y, self.classes.get(target))
        elif target in self.classes:
            raise ValueError(f'column "{target}" holds two texts: it can only be the target of a classification')
        return Picked(x, y, names, int(lost.size), tuple(lost[:20].tolist()))


@dataclass(frozen=True)
class Preview:
    """The beginning of a file, as text.

    Attributes:
        names: The names of the columns.
        rows: The first rows, a text a cell; ragged ones as they are.
        lines: The line each of them begins on, counted from 1.
        found: How it was read, nothing left to detect.
    """

    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    found: CsvOptions


def read_table(
    path: str | os.PathLike[str],
    *,
    options: CsvOptions | None = None,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    max_rows: int | None = None,
) -> Table:
    """Read a table of up to a million rows.

    Args:
        path: A regular file of delimited text.
        options: What is not to be detected.
        progress: Told the part that is done, 0 to 1, several times a second.
        cancelled: Asked as often; where it answers True, reading stops.
        max_rows: Stop after so many rows; all are read by default.

    Raises:
        CsvError: The file is refused: it cannot be read, is no text, has ragged lines, fewer than two rows, ...
        Cancelled: ``cancelled`` said so.
    """
    watch = Watch(progress, cancelled)
    return _with_file(path, options or CsvOptions(), watch, lambda lines, asked: _table(lines, asked, max_rows))


def preview(path: str | os.PathLike[str], rows: int = 50, options: CsvOptions | None = None) -> Preview:
    """The first rows of a file, as text; fast however large the file is.

    Raises:
        CsvError: The file is refused.
    """

    def beginning(lines: Lines, asked: CsvOptions) -> Preview:
        text, found = _head(lines, asked)
        numbered = list(islice(numbered_cells_of(text, found.delimiter), rows + 1))
        if not numbered:
            raise CsvError("is empty")
        names = _names(numbered[0][1], found)
        shown = numbered[1:] if found.header == "yes" else numbered[:rows]
        return Preview(names, tuple(tuple(row) for _, row in shown), tuple(line for line, _ in shown), found)

    return _with_file(path, options or CsvOptions(), Watch(), beginning)


def _with_file(
    path: str | os.PathLike[str], asked: CsvOptions, watch: Watch, use: Callable[[Lines, CsvOptions], T]
) -> T:
    """Open, try one encoding after the other, and put the name of the file before every reason."""
    place = Path(path)
    try:
        with open_regular(place) as file:
            for encoding in encodings(file, asked.encoding):
                lines = Lines(file, encoding, watch)
                try:
                    return use(lines, asked)
                except UnicodeDecodeError as error:
                    line = lines.before + error.object[: error.start].count(b"\n") + 1
            raise CsvError(f"line {line} is not {encoding} text", line=line)
    except CsvError as error:
        raise CsvError(error.reason, line=error.line, file=place.name) from None
    except OSError as error:
        raise CsvError(f"cannot be read: {error.strerror or error}", file=place.name) from None


def _head(lines: Lines, asked: CsvOptions) -> tuple[Iterator[str], CsvOptions]:
    """All lines, and how to read them by what the first ones look like."""
    rest = iter(lines)
    head: list[str] = []
    room = _SAMPLE
    for line in rest:
        head.append(line)
        room -= len(line) + 1
        if room < 0:
            break
    named = named_separator(head[0]) if head else None
    if named is not None:
        head[0] = ""  # blank, so that lines keep their numbers
        asked = asked._replace(delimiter=named) if asked.delimiter == "detect" else asked
    return chain(head, rest), detected(head, asked, lines.encoding)


def _as_classes(name: str, y: Floats, texts: tuple[str, str] | None) -> tuple[Floats, tuple[str, str]]:
    """Targets as 0.0 and 1.0, and what these are called."""
    if texts is not None:
        return y, texts
    values = np.unique(y)
    if values.size != 2:
        holds = f"only {values[0]:g}" if values.size == 1 else f"{values.size:,} different numbers"
        raise ValueError(f'column "{name}" holds {holds}: the target of a classification has two different values')
    return np.asarray(y == values[1], dtype=np.float64), (f"{values[0]:.12g}", f"{values[1]:.12g}")


def _names(first: list[str], found: CsvOptions) -> tuple[str, ...]:
    """The names of the columns, each once; the number of the column where there is none."""
    if len(first) > MAX_COLUMNS:
        raise CsvError(f"has more than {MAX_COLUMNS:,} columns")
    names: dict[str, None] = {}
    for index, cell in enumerate(first, start=1):
        base = (printable(" ".join(cell.split()), 100) if found.header == "yes" else "") or f"column {index}"
        name, count = base, 2
        while name in names:
            name, count = f"{base} ({count})", count + 1
        names[name] = None
    return tuple(names)


def _table(lines: Lines, asked: CsvOptions, max_rows: int | None) -> Table:
    text, found = _head(lines, asked)
    rows = _Rows(text, found)
    names = _names(rows.first, found)
    columns = [_Column(name, found.decimal) for name in names]
    starts: list[npt.NDArray[np.int64]] = []
    count = 0
    most = min(MAX_ROWS, MAX_CELLS // len(names)) + 1
    while chunk := rows.take(min(max(1, _CHUNK // len(names)), (max_rows or most) - count), names):
        lines.watch.ask()
        count += len(chunk.lines)
        if count >= most:
            raise CsvError(
                f"has more than {most - 1:,} rows" if most > MAX_ROWS else f"has more than {MAX_CELLS:,} cells"
            )
        starts.append(np.array(chunk.lines, dtype=np.int64))
        for column, cells in zip(columns, zip(*chunk.rows, strict=True), strict=True):
            column.add(cells, chunk.lines)
    _refuse_few(count, found, partly=max_rows is not None)
    return _assembled(columns, starts, found, lines.sha256 if max_rows is None else "")


def _refuse_few(count: int, found: CsvOptions, *, partly: bool) -> None:
    if count == 0:
        raise CsvError("has a header, but no rows of data" if found.header == "yes" else "is empty")
    if count == 1 and not partly:
        raise CsvError("has only 1 row of data: at least 2 are needed")


def _assembled(columns: list[_Column], starts: list[npt.NDArray[np.int64]], found: CsvOptions, sha256: str) -> Table:
    done = {column.name: column.values() for column in columns}  # before the reasons are asked for
    unusable = {column.name: column.reason for column in columns if column.reason}
    commas = next((column.comma for column in columns if column.comma), "")
    note = f'Commas are read as decimal marks: "{commas}" is {float(commas.replace(",", ".")):g}.' if commas else ""
    return Table(
        names=tuple(column.name for column in columns),
        columns={name: values for name, values in done.items() if name not in unusable},
        classes={column.name: column.classes for column in columns if column.classes and not column.reason},
        unusable=unusable,
        lines=np.concatenate(starts),
        sha256=sha256,
        found=found,
        notes=(note,) if note else (),
    )


# --- rows ---


class _Chunk(NamedTuple):
    rows: list[list[str]]
    lines: list[int]

    def __bool__(self) -> bool:
        return bool(self.rows)


class _Rows:
    """Rows of equally many cells, with the line that each begins on; blank lines are left out.

    Raises:
        CsvError: There is no row at all; later: quotes that do not match, a row of another length.
    """

    def __init__(self, text: Iterator[str], found: CsvOptions) -> None:
        self._reader = reader_of(text, found.delimiter)
        self._waiting = self._some(1)
        if not self._waiting:
            raise CsvError("is empty")
        self.first = self._waiting.rows[0]
        self.width = len(self.first)
        if found.header == "yes":
            self._waiting = _Chunk([], [])

    def take(self, count: int, names: tuple[str, ...]) -> _Chunk:
        """At most ``count`` of the next rows; empty at the end."""
        if count <= 0:
            return _Chunk([], [])
        waiting, self._waiting = self._waiting, _Chunk([], [])
        more = self._some(count - len(waiting.rows))
        chunk = _Chunk(waiting.rows + more.rows, waiting.lines + more.lines)
        if set(map(len, chunk.rows)) - {self.width}:
            self._refuse_ragged(chunk, names)
        return chunk

    def _some(self, count: int) -> _Chunk:
        """At most ``count`` rows that are not blank; none only at the end."""
        rows: list[list[str]] = []
        lines: list[int] = []
        before = self._reader.line_num
        try:
            for row in self._reader:
                if len(row) > 1 or not is_blank(row):  # the first test is the quick one
                    rows.append(row)
                    lines.append(before + 1)
                before = self._reader.line_num
                if len(rows) >= count:
                    break
        except csv.Error as error:
            raise _misquoted(error, before + 1, self._reader.line_num) from None
        return _Chunk(rows, lines)

    def _refuse_ragged(self, chunk: _Chunk, names: tuple[str, ...]) -> None:
        line, row = next(
            (line, row) for row, line in zip(chunk.rows, chunk.lines, strict=True) if len(row) != self.width
        )
        cells = "1 cell" if len(row) == 1 else f"{len(row)} cells"
        if len(row) < self.width:
            what = f'column "{names[len(row)]}" is missing'
        else:
            what = f"nothing belongs into column {self.width + 1}, {quoted(row[self.width])}"
        raise CsvError(f"line {line} has {cells} instead of {self.width}: {what}", line=line)


def _misquoted(error: csv.Error, start: int, line: int) -> CsvError:
    text = str(error)
    if "field larger" in text or "unexpected end" in text:
        return CsvError(f"line {start}: a quotation mark is not closed, or a cell is far too long", line=start)
    if "expected after" in text:
        return CsvError(f"line {line}: there is text after a closing quotation mark", line=line)
    return CsvError(f"line {line}: {text}", line=line)


# --- cells ---


class _Column:
    """A column that is being read: numbers, or two texts, or neither and the reason why."""

    def __init__(self, name: str, decimal: Decimal) -> None:
        self.name = name
        self.reason = ""
        self.comma = ""
        """A cell whose comma was read as the decimal mark."""
        self._decimal: Decimal = decimal
        self._parts: list[Floats] = []
        self._words: dict[str, float] = {}
        self._first_word = ""
        self._has_numbers = False
        self._mixed = False  # numbers stand below a text

    @property
    def classes(self) -> tuple[str, str] | None:
        """The two texts, sorted."""
        first, *others = sorted(self._words) or [""]
        return (first, others[0]) if others else None

    def values(self) -> Floats:
        """All numbers, or 0.0 and 1.0 for the texts in their sorted order; NaN where missing. Read-only.

        It also finds the reason why a column without numbers cannot be used.
        """
        if not self._has_numbers and not self.reason and len(self._words) < 2:
            self.reason = "it holds no value"
            if self._words:
                self.reason = f"{self.name} has one class, {quoted(next(iter(self._words)))}; two are needed"
        if not self.reason and len(self._words) > 2:
            self.reason = f"{self.name} has {len(self._words)} classes; two are needed"
        if self.reason:
            return np.empty(0)
        values = np.concatenate(self._parts)
        if self.classes and self._words[self.classes[0]] == 1.0:
            values = 1.0 - values
        values.flags.writeable = False
        return values

    def add(self, cells: Sequence[str], lines: Sequence[int]) -> None:
        """Take the next cells, with the lines they stand on."""
        if self.reason:
            return
        values = self._known(cells) if self._words else self._at_once(cells)
        if values is None:
            values = self._one_by_one(cells, lines)
        beyond = ~(np.abs(values) <= LARGEST) & ~np.isnan(values)
        if beyond.any():
            k = int(beyond.argmax())
            self._refuse(lines[k], cells[k], "is not finite, or beyond 1e100")
        self._has_numbers = self._has_numbers or not (self._words or np.isnan(values).all())
        self._parts.append(values)

    def _at_once(self, cells: Sequence[str]) -> Floats | None:
        """All numbers, quickly; None where there is a cell that needs a closer look."""
        joined = "\0".join(cells)
        if "_" in joined:
            return None
        if self._decimal == "," and "," in joined:
            if "." in joined:
                return None
            cells = joined.replace(",", ".").split("\0")
        try:
            values = np.array(_floats(cells))
        except ValueError:
            return None
        if self._decimal == "," and "," in joined and not self.comma:
            self.comma = next(cell for cell in joined.split("\0") if "," in cell)
        return values

    def _known(self, cells: Sequence[str]) -> Floats | None:
        """All classes, quickly; None where there is a cell that needs a closer look."""
        try:
            return np.array([self._words[cell] for cell in cells])
        except KeyError:
            return None

    def _one_by_one(self, cells: Sequence[str], lines: Sequence[int]) -> Floats:
        values = np.full(len(cells), np.nan)
        for k, cell in enumerate(cells):
            number = as_number(cell, self._decimal)
            if number is not None and (not self._words or math.isnan(number)):
                values[k] = number
                self._has_numbers = self._has_numbers or not math.isnan(number)
                continue
            word = cell.strip()
            if self._has_numbers or _hint(word, self._decimal):
                self._refuse(lines[k], word, "is not a number")
                break
            if not self._words:
                self._first_word = f'line {lines[k]}, column "{self.name}": {quoted(word)}'
            values[k] = self._words.setdefault(word, float(len(self._words)))
            self._mixed = self._mixed or number is not None
            if len(self._words) > (2 if self._mixed else MOST_CLASSES):
                self.reason = f"{self._first_word} is not a number{_hint(next(iter(self._words)), self._decimal)}"
                break
        return values

    def _refuse(self, line: int, cell: str, what: str) -> None:
        self.reason = f'line {line}, column "{self.name}": {quoted(cell)} {what}{_hint(cell, self._decimal)}'


def _floats(cells: Sequence[str]) -> list[float]:
    try:
        return list(map(float, cells))
    except ValueError:
        return [float(MISSING.get(cell, cell)) for cell in cells]


def _hint(word: str, decimal: Decimal) -> str:
    if _GROUPED.fullmatch(word):
        return " (marks between thousands are not read: remove them)"
    if word.count(",") + word.count(".") == 1 and as_number(word, "." if decimal == "," else ",") is not None:
        return f" while the decimal mark is {quoted(decimal)}"
    return ""
