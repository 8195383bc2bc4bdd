"""From the bytes of a file to lines of text, and what those lines look like: the lower half of the CSV reader.

Encoding, delimiter, decimal mark and header are found by looking at the beginning; each can be set instead.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import math
import os
import re
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, NamedTuple

if TYPE_CHECKING:
    from _csv import Reader

Delimiter = Literal["detect", ",", ";", "tab", "|", "space"]
Decimal = Literal["detect", ".", ","]
Encoding = Literal["detect", "utf-8", "utf-16", "utf-32", "cp1252", "latin-1"]
Header = Literal["detect", "yes", "no"]

MAX_BYTES = 500_000_000
"""Larger files are refused."""
MAX_LINE = 1_000_000
"""So are longer lines, in characters."""
MAX_COLUMNS = 1_000
"""And more columns."""

_BLOCK = 1 << 17  # bytes between two looks at whether it was cancelled: about 10 ms of work
DELIMITERS: dict[Delimiter, str] = {",": ",", ";": ";", "tab": "\t", "|": "|", "space": " "}
_MARKS: tuple[tuple[bytes, Encoding], ...] = (  # UTF-32's begins with UTF-16's
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")
_SEPARATOR = re.compile(r"sep=([,;|\t])", re.IGNORECASE)
_POINT = re.compile(r"[+-]?\d*\.\d+([eE][+-]?\d+)?")

MISSING = dict.fromkeys(("", "-", "?", "NA", "N/A", "#N/A", "na", "n/a", "nan", "NaN", "NAN"), "nan")
MISSING |= dict.fromkeys(("null", "Null", "NULL", "none", "None", "NONE"), "nan")
"""What stands where a value is missing."""


class CsvError(ValueError):
    """A file that is refused. Its text names the file, and the line and column where there are any.

    Attributes:
        reason: The text without the name of the file.
        line: The line it is about, counted from 1; None for the whole file.
    """

    def __init__(self, reason: str, *, line: int | None = None, file: str = "") -> None:
        super().__init__(f"{file}: {reason}" if file else reason)
        self.reason = reason
        self.line = line


class Cancelled(Exception):  # noqa: N818 - nothing went wrong
    """Reading was given up because that was asked for."""


class CsvOptions(NamedTuple):
    """How a file is to be read; "detect" leaves it to the file."""

    delimiter: Delimiter = "detect"
    decimal: Decimal = "detect"
    encoding: Encoding = "detect"
    header: Header = "detect"


@dataclass
class Watch:
    """Whom to tell how far reading has come, and to ask whether to go on."""

    progress: Callable[[float], None] | None = None
    cancelled: Callable[[], bool] | None = None

    def ask(self) -> None:
        """Ask whether to go on.

        Raises:
            Cancelled: No.
        """
        if self.cancelled is not None and self.cancelled():
            raise Cancelled

    def tell(self, done: float) -> None:
        """Tell which part is done, 0 to 1."""
        if self.progress is not None:
            self.progress(done)


# --- bytes -> lines ---


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading, but nothing that could block or never end: no folder, pipe or device.

    Raises:
        CsvError: It is none, is too large, or cannot be opened.
    """
    try:
        _check(os.stat(path))
        # Not blocking: a pipe may have come into its place meanwhile.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise CsvError(f"cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise error if isinstance(error, CsvError) else CsvError(f"cannot be read: {error}") from None
    try:
        _check(os.fstat(descriptor))
        return os.fdopen(descriptor, "rb")
    except (CsvError, OSError):
        os.close(descriptor)
        raise


def _check(status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise CsvError("is a folder, not a file")
    if not stat.S_ISREG(status.st_mode):
        raise CsvError("is a pipe, a device or a socket, not a file")
    if status.st_size > MAX_BYTES:
        raise CsvError(f"is larger than {MAX_BYTES // 1_000_000} MB")


class Lines:
    """The lines of an open file, without their ends: decoded, capped, checked for NULs, hashed on the way."""

    def __init__(self, file: BinaryIO, encoding: Encoding, watch: Watch) -> None:
        self.encoding = encoding
        self.watch = watch
        self.before = 0
        """How many lines were read before the block at hand."""
        self._file = file
        file.seek(0)
        self._size = max(1, os.fstat(file.fileno()).st_size)
        self._digest = hashlib.sha256()
        decoder = codecs.getincrementaldecoder(_codec(file, encoding))()
        self._decoder = io.IncrementalNewlineDecoder(decoder, translate=True)

    @property
    def sha256(self) -> str:
        """Checksum of the bytes that were read until now."""
        return self._digest.hexdigest()

    def __iter__(self) -> Iterator[str]:
        rest = ""
        for text in self._blocks():
            lines = (rest + text).split("\n")
            if "\0" in text:
                self._refuse_nul(lines)
            if len(max(lines, key=len)) > MAX_LINE:
                self._refuse_length(lines)
            rest = lines.pop()
            yield from lines
            self.before += len(lines)
        if rest:
            yield rest

    def _blocks(self) -> Iterator[str]:
        done = 0
        while block := self._file.read(_BLOCK):
            self.watch.ask()
            done += len(block)
            if done > MAX_BYTES:
                raise CsvError(f"is larger than {MAX_BYTES // 1_000_000} MB")
            self._digest.update(block)
            yield self._decoder.decode(block)
            self.watch.tell(min(done / self._size, 1.0))
        yield self._decoder.decode(b"", final=True)

    def _refuse_nul(self, lines: list[str]) -> None:
        index = next(k for k, line in enumerate(lines) if "\0" in line)
        line = self.before + index + 1
        place = lines[index].index("\0") + 1
        raise CsvError(f"line {line}, character {place}: a NUL byte, so this is not a text file", line=line)

    def _refuse_length(self, lines: list[str]) -> None:
        line = self.before + next(k for k, line in enumerate(lines) if len(line) > MAX_LINE) + 1
        raise CsvError(f"line {line} is longer than {MAX_LINE:,} characters", line=line)


def encodings(file: BinaryIO, asked: Encoding) -> tuple[Encoding, ...]:
    """What to try, in this order: what was asked for, what the file's first bytes say, or what is usual."""
    if asked != "detect":
        return (asked,)
    marked = _marked(file)
    return (marked,) if marked else ("utf-8", "cp1252", "latin-1")


def _marked(file: BinaryIO) -> Encoding | None:
    """What the byte order mark at the beginning says, if there is one."""
    file.seek(0)
    start = file.read(4)
    file.seek(0)
    return next((name for mark, name in _MARKS if start.startswith(mark)), None)


def _codec(file: BinaryIO, encoding: Encoding) -> str:
    if encoding == "utf-8":
        return "utf-8-sig"
    if encoding in ("utf-16", "utf-32") and _marked(file) != encoding:
        return f"{encoding}-le"  # the library insists on the mark
    return encoding


# --- lines -> what they look like ---


def detected(lines: list[str], asked: CsvOptions, encoding: Encoding) -> CsvOptions:
    """How the file is to be read, by its first lines; what was asked for stays."""
    delimiter = asked.delimiter if asked.delimiter != "detect" else _delimiter(lines)
    rows = list(cells_of(lines, delimiter))
    decimal = asked.decimal if asked.decimal != "detect" else _decimal(rows, delimiter)
    header = asked.header
    if header == "detect":
        header = "yes" if _has_header(rows, decimal) else "no"
    return CsvOptions(delimiter, decimal, encoding, header)


def named_separator(line: str) -> Delimiter | None:
    """What a first line such as "sep=;" says, which some spreadsheets write; None for any other line."""
    match = _SEPARATOR.fullmatch(line.strip(" "))
    return next((name for name, mark in DELIMITERS.items() if match and mark == match[1]), None)


def reader_of(lines: Iterable[str], delimiter: Delimiter) -> Reader:
    """The library's reader: it knows about quotes. Blanks after a delimiter do not count."""
    if delimiter == "space":
        lines = map(str.strip, lines)
    return csv.reader(lines, delimiter=DELIMITERS[delimiter], strict=True, skipinitialspace=True)


def cells_of(lines: Iterable[str], delimiter: Delimiter) -> Iterator[list[str]]:
    """The rows that can be read before something is wrong; blank ones are left out, far too long ones cut."""
    return (row for _, row in numbered_cells_of(lines, delimiter))


def numbered_cells_of(lines: Iterable[str], delimiter: Delimiter) -> Iterator[tuple[int, list[str]]]:
    """The same rows, each with the line that it begins on, counted from 1."""
    reader = reader_of(lines, delimiter)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except (StopIteration, csv.Error):
            return
        if not is_blank(row):
            yield line, row[: MAX_COLUMNS + 1]


def is_blank(row: list[str]) -> bool:
    """Whether a line held nothing, not even a delimiter."""
    return len(row) < 2 and not (row and row[0].strip())


def printable(text: str, most: int = 40) -> str:
    """Text of a file as it may be shown: short, on one line."""
    short = text if len(text) <= most else text[: most - 1] + "…"
    return "".join(c if c.isprintable() else "�" for c in short)


def quoted(text: str) -> str:
    """Text of a file as it may stand in a message."""
    return f'"{printable(text)}"'


def as_number(cell: str, decimal: Decimal) -> float | None:
    """The number that a cell holds: NaN where the value is missing, None where it is something else."""
    word = MISSING.get(cell.strip(), cell)
    if "_" in word:  # Python's, nobody else's
        return None
    if decimal == ",":
        if "." in word:
            return None
        word = word.replace(",", ".")
    try:
        return float(word)
    except ValueError:
        return None


def _delimiter(lines: list[str]) -> Delimiter:
    """The one that cuts most lines into equally many cells, of which most are numbers."""
    best: Delimiter = ","
    best_score = 0.0
    for delimiter in DELIMITERS:
        rows = list(cells_of(lines, delimiter))
        width, count = Counter(map(len, rows)).most_common(1)[0] if rows else (0, 0)
        if width < 2:
            continue
        cells = [cell for row in rows if len(row) == width for cell in row]
        decimal = _decimal(rows, delimiter)
        numbers = sum(as_number(cell, decimal) is not None for cell in cells) / len(cells)
        score = count / len(rows) * (0.5 + numbers)
        if score > best_score + 1e-9:
            best, best_score = delimiter, score
    return best


def _decimal(rows: list[list[str]], delimiter: Delimiter) -> Decimal:
    if delimiter == ",":
        return "."
    cells = [cell.strip() for row in rows for cell in row]
    commas = sum(_COMMA.fullmatch(cell) is not None for cell in cells)
    points = sum(_POINT.fullmatch(cell) is not None for cell in cells)
    return "," if commas > points else "."


def _has_header(rows: list[list[str]], decimal: Decimal) -> bool:
    """Whether the first row holds text and no number, or text mostly above columns of numbers."""
    if not rows:
        return False
    texts = votes = numbers = 0
    for cell, *below in zip_longest(*rows, fillvalue=""):
        value = as_number(cell, decimal)
        if value is None:
            texts += 1
            votes += bool(below) and all(as_number(other, decimal) is not None for other in below)
        elif not math.isnan(value):
            numbers += 1
    return (texts > 0 and numbers == 0) or votes > numbers
