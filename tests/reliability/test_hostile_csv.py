"""Row 6: whatever lies under the name of a CSV file, reading it ends in a table or in one message with its place."""

from __future__ import annotations

import os
import random
import socket
import time
from pathlib import Path

import numpy as np
import pytest

from gdsim.core.data import Cancelled, CsvError, CsvOptions, csv_reader, csv_text
from gdsim.core.data.csv_reader import preview, read_table

GOOD = b"x,y\n1,2\n3,4\n"

HOSTILE = [
    (b"", "is empty"),
    (b"\n\r\n  \n", "is empty"),
    (b"\xef\xbb\xbf", "is empty"),
    (b"x,y\n", "has a header, but no rows of data"),
    (b"x,y", "has a header, but no rows of data"),
    (b"x,y\n1,2\n", "has only 1 row of data: at least 2 are needed"),
    (b"1,2", "has only 1 row of data: at least 2 are needed"),
    (b"x,y,z\n1,2,3\n4,5\n", 'line 3 has 2 cells instead of 3: column "z" is missing'),
    (b"x,y,z\n1,2,3\n\n4\n", 'line 4 has 1 cell instead of 3: column "y" is missing'),
    (b"x,y\n1,2\n3,4,5\n", 'line 3 has 3 cells instead of 2: nothing belongs into column 3, "5"'),
    (b"x,y\n" + b"1,2\n" * 70_000 + b"1,2,3\n" + b"1,2\n" * 10, "line 70002 has 3 cells instead of 2"),
    (b"x,y\n1,\0\n", "line 2, character 3: a NUL byte, so this is not a text file"),
    (b"x,y\n" + b"1,2\n" * 70_000 + b"1,2\n3,\x004\n", "line 70003, character 3: a NUL byte"),
    (GOOD.decode().encode("utf-16-le"), "line 1, character 2: a NUL byte"),
    ("x,y\n1,2\n".encode("utf-16") + b"3", "line 3 is not utf-16 text"),
    (b"\x7fELF\x02\x01\x01\0\0\0", "line 1, character 8: a NUL byte"),
    (b"1," * 5_000_000, "line 1 is longer than 1,000,000 characters"),
    (b"x,y\n1,2\n" + b"9" * 10_000_000 + b"\n", "line 3 is longer than 1,000,000 characters"),
    (b'x,y\n1,"2\n3,4\n5,6\n', "line 2: a quotation mark is not closed, or a cell is far too long"),
    (b'x,y\n1,2\n3,"' + b"4,5\n" * 100_000, "line 3: a quotation mark is not closed, or a cell is far too long"),
    (b'x,y\n1,2\n3,"4"5\n', "line 3: there is text after a closing quotation mark"),
    (b",".join(b"%d" % k for k in range(1001)) + b"\n", "has more than 1,000 columns"),
    (b"x," * 490_000 + b"\n", "has more than 1,000 columns"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "message"), HOSTILE, ids=[message[:45] for _, message in HOSTILE])
def test_hostile_content(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    with pytest.raises(CsvError) as caught:
        read_table(path)
    assert str(caught.value).startswith(f"bad.csv: {message}")
    if message.startswith("line "):
        assert caught.value.line == int(message.split()[1].rstrip(",:"))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"x\n\xe9\n1\n", "line 2 is not utf-8 text"), (b"a,b\n" * 50_000 + b"\xc3(\n", "line 50001 is not utf-8 text")],
)
def test_another_encoding_than_was_asked_for(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    with pytest.raises(CsvError, match=message):
        read_table(path, options=CsvOptions(encoding="utf-8"))


def test_text_that_turns_out_not_to_be_utf_8_late(tmp_path: Path) -> None:
    path = tmp_path / "late.csv"
    path.write_bytes(b"x,kind\n" + b"1,b\n2,a\n" * 50_000 + b"3,a\n4,\xe9\n" * 2)
    table = read_table(path)
    assert table.found.encoding == "cp1252"
    assert table.size == 100_004
    assert "kind has 3 classes; two are needed" in table.unusable["kind"]


@pytest.mark.parametrize(("rows", "cells", "refusal"), [(9, 999, "9 rows"), (10, 20, ""), (10, 19, "19 cells")])
def test_too_many_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int, cells: int, refusal: str) -> None:
    assert (csv_reader.MAX_ROWS, csv_reader.MAX_CELLS) == (1_000_000, 20_000_000)
    monkeypatch.setattr(csv_reader, "MAX_ROWS", rows)
    monkeypatch.setattr(csv_reader, "MAX_CELLS", cells)
    path = tmp_path / "many.csv"
    path.write_bytes(b"x,y\n" + b"1,2\n" * 10)
    if refusal:
        with pytest.raises(CsvError, match=rf"^many\.csv: has more than {refusal}$"):
            read_table(path)
    else:
        assert read_table(path).size == 10


# --- what is no file ---


@pytest.fixture(params=["folder", "pipe", "socket", "device", "link to a pipe"])
def not_a_file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "odd.csv"
    if request.param == "folder":
        path.mkdir()
    elif request.param == "device":
        path = Path(os.devnull)
    elif request.param == "socket":
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(os.path.relpath(path) if len(str(path)) > 100 else str(path))
    else:
        os.mkfifo(tmp_path / "pipe")
        path = tmp_path / "pipe"
        if request.param != "pipe":
            path = tmp_path / "link"
            path.symlink_to(tmp_path / "pipe")
    return path


def test_what_is_no_file_is_refused_without_waiting(not_a_file: Path) -> None:
    for read in (read_table, preview):
        with pytest.raises(CsvError, match=r": is a (folder|pipe, a device or a socket), not a file$"):
            read(not_a_file)


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(CsvError, match=r"^gone\.csv: cannot be read: No such file"):
        read_table(tmp_path / "gone.csv")
    with pytest.raises(CsvError, match=r"cannot be read: .*null"):
        read_table(tmp_path / "nul\0.csv")
    with pytest.raises(CsvError, match=r"cannot be read: File name too long"):
        read_table(tmp_path / ("x" * 300))
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.truncate(500_000_001)
    with pytest.raises(CsvError, match="is larger than 500 MB"):
        read_table(path)


def test_a_pipe_that_takes_the_place_of_a_file_does_not_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(GOOD)
    check = csv_text._check

    def swapping(status: os.stat_result) -> None:
        check(status)
        if path.is_file():
            path.unlink()
            os.mkfifo(path)

    monkeypatch.setattr(csv_text, "_check", swapping)
    with pytest.raises(CsvError, match="is a pipe"):
        read_table(path)
    assert path.is_fifo()


# --- chance ---


def outcome(path: Path) -> str:
    """Which of the two ways it ended in."""
    refusal = ""
    try:
        table = read_table(path)
    except CsvError as error:
        refusal = str(error)
    if refusal:
        assert refusal.startswith("mutated.csv: ")
        assert refusal.isprintable()
        return "message"
    assert table.size >= 2
    assert set(table.columns) | set(table.unusable) == set(table.names)
    assert all(not np.isinf(values).any() for values in table.columns.values())
    assert all(reason.isprintable() for reason in table.unusable.values())
    return "table"


def test_mutated_files_end_in_a_table_or_a_message(tmp_path: Path) -> None:
    chance = random.Random(6)
    seeds = [
        GOOD * 3,
        "größe;art\n1,5;a\n2,5;b\n;a\n".encode("cp1252"),
        "a\tb\n1\t2\n3\t4\n".encode("utf-16"),
        b'"x","say ""hi"""\n1,"u"\n2,"v"\n',
    ]
    pieces = [*b'"|\n|\r|,|;|\0|\xff|1e999|nan|-|=1+1|\xef\xbb\xbf'.split(b"|"), b"|", b"9" * 400]
    path = tmp_path / "mutated.csv"
    ends = {"table": 0, "message": 0}
    for _ in range(1500):
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(data) + 1)
            data[at : at + chance.randint(0, 3)] = chance.choice(pieces)
        path.write_bytes(data)
        ends[outcome(path)] += 1
    assert min(ends.values()) > 100


# --- large files ---


def large(path: Path, rows: int) -> np.ndarray:
    values = np.random.Generator(np.random.Philox(key=6)).integers(-1_000_000, 1_000_000, (rows, 3)) / 1000
    text = "".join(f"{a},{b},{c}\n" for a, b, c in values.tolist())
    path.write_text("a,b,c\n" + text, encoding="utf-8")
    return values


@pytest.mark.parametrize("rows", [20_000, pytest.param(1_000_000, marks=pytest.mark.long)])
def test_many_rows(tmp_path: Path, rows: int) -> None:
    path = tmp_path / "large.csv"
    values = large(path, rows)
    told: list[float] = []
    start = time.perf_counter()
    table = read_table(path, progress=told.append)
    seconds = time.perf_counter() - start
    assert table.size == rows
    for k, name in enumerate("abc"):
        assert np.array_equal(table.columns[name], values[:, k])
    assert table.lines.tolist() == list(range(2, rows + 2))
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) > rows // 10_000
    if rows == 1_000_000:
        assert seconds <= 5.0


@pytest.mark.parametrize("rows", [20_000, pytest.param(1_000_000, marks=pytest.mark.long)])
def test_a_preview_reads_only_the_beginning(tmp_path: Path, rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "large.csv"
    values = large(path, rows)
    blocks: list[float] = []
    monkeypatch.setattr(csv_text.Watch, "tell", lambda _, done: blocks.append(done))
    start = preview(path, rows=5)
    assert len(blocks) <= 1
    assert start.names == ("a", "b", "c")
    assert np.array(start.rows, dtype=float).tolist() == values[:5].tolist()


@pytest.mark.parametrize("after", [0, 1, 3])
def test_cancelling_stops_at_the_next_block(tmp_path: Path, after: int) -> None:
    path = tmp_path / "large.csv"
    large(path, 40_000)
    asked: list[float] = []
    told: list[float] = []

    def cancelled() -> bool:
        asked.append(time.perf_counter())
        return len(asked) > after

    with pytest.raises(Cancelled):
        read_table(path, progress=told.append, cancelled=cancelled)
    assert len(asked) == after + 1
    assert len(told) <= after


def test_it_is_asked_often_enough(tmp_path: Path) -> None:
    """Between two questions there is at most a block of bytes or a chunk of cells."""
    path = tmp_path / "wide.csv"
    path.write_text("".join(",".join(["1"] * 1000) + "\n" for _ in range(1000)), encoding="utf-8")
    asked: list[None] = []

    def cancelled() -> bool:
        asked.append(None)
        return False

    table = read_table(path, cancelled=cancelled)
    assert table.size == 1000
    assert len(asked) >= 1000 * 2000 / (1 << 17) + 1000 * 1000 / (1 << 16) - 1
