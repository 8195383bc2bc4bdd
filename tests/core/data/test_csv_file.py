"""Tables from text: what is detected, what is picked, and how a document finds its file again."""

from __future__ import annotations

import csv as library
import hashlib
import io
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gdsim.core.data import (
    AnyDataset,
    CsvError,
    CsvFile,
    CsvOptions,
    Preparation,
    Tables,
    load_tables,
    prepare,
    tables,
)
from gdsim.core.data.csv_reader import Table, preview, read_table
from gdsim.core.data.csv_text import DELIMITERS

PLAIN = "a,b\n1,2\n3,4.5\n"


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def put(content: str | bytes, name: str = "data.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return put


def columns(table: Table) -> dict[str, list[float]]:
    return {name: values.tolist() for name, values in table.columns.items()}


@pytest.mark.parametrize(
    ("content", "found", "expected"),
    [
        (PLAIN, (",", ".", "utf-8", "yes"), {"a": [1.0, 3.0], "b": [2.0, 4.5]}),
        ("1,2\n3,4.5\n", (",", ".", "utf-8", "no"), {"column 1": [1.0, 3.0], "column 2": [2.0, 4.5]}),
        ("a;b\n1,5;2\n3;-4,5e2\n", (";", ",", "utf-8", "yes"), {"a": [1.5, 3.0], "b": [2.0, -450.0]}),
        ("a;b\n1.5;2\n3;4\n", (";", ".", "utf-8", "yes"), {"a": [1.5, 3.0], "b": [2.0, 4.0]}),
        ("1,5;2,5\n3,5;4,5\n", (";", ",", "utf-8", "no"), {"column 1": [1.5, 3.5], "column 2": [2.5, 4.5]}),
        ("a\tb\n1,5\t2\n3\t4\n", ("tab", ",", "utf-8", "yes"), {"a": [1.5, 3.0], "b": [2.0, 4.0]}),
        ("a|b\n1|2\n3|4\n", ("|", ".", "utf-8", "yes"), {"a": [1.0, 3.0], "b": [2.0, 4.0]}),
        ("  a   b \n  1   2\n 30   4  \n", ("space", ".", "utf-8", "yes"), {"a": [1.0, 30.0], "b": [2.0, 4.0]}),
        ("x\n1\n2\n", (",", ".", "utf-8", "yes"), {"x": [1.0, 2.0]}),
        ('"","a b"\n"1","2"\n"2", "3"\n', (",", ".", "utf-8", "yes"), {"column 1": [1.0, 2.0], "a b": [2.0, 3.0]}),
        ("year,1990,2000\n5,1,2\n6,3,4\n", (",", ".", "utf-8", "no"), {"1990": [], "2000": []}),
        ("sep=;\na;b\n1;2\n3;4\n", (";", ".", "utf-8", "yes"), {"a": [1.0, 3.0], "b": [2.0, 4.0]}),
        ("a,a,\n1,2,3\n4,5,6\n", (",", ".", "utf-8", "yes"), {"a": [1, 4], "a (2)": [2, 5], "column 3": [3, 6]}),
        ("a,b\r1,2\r\n3,4\n\n\r\n", (",", ".", "utf-8", "yes"), {"a": [1.0, 3.0], "b": [2.0, 4.0]}),
        (PLAIN.encode("utf-8-sig"), (",", ".", "utf-8", "yes"), {"a": [1.0, 3.0], "b": [2.0, 4.5]}),
        (PLAIN.encode("utf-16"), (",", ".", "utf-16", "yes"), {"a": [1.0, 3.0], "b": [2.0, 4.5]}),
        (b"\xfe\xff" + PLAIN.encode("utf-16-be"), (",", ".", "utf-16", "yes"), {"a": [1.0, 3.0], "b": [2.0, 4.5]}),
        (PLAIN.encode("utf-32"), (",", ".", "utf-32", "yes"), {"a": [1.0, 3.0], "b": [2.0, 4.5]}),
        ("größe,b\n1,2\n3,4\n", (",", ".", "utf-8", "yes"), {"größe": [1.0, 3.0], "b": [2.0, 4.0]}),
        ("größe,€\n1,2\n3,4\n".encode("cp1252"), (",", ".", "cp1252", "yes"), {"größe": [1.0, 3.0], "€": [2.0, 4.0]}),
        (b"gr\xf6\x81,b\n1,2\n3,4\n", (",", ".", "latin-1", "yes"), {"grö�": [1.0, 3.0], "b": [2.0, 4.0]}),
    ],
)  # fmt: skip
def test_what_is_detected(write: Any, content: str | bytes, found: tuple[str, ...], expected: dict[str, Any]) -> None:
    path = write(content)
    table = read_table(path)
    assert tuple(table.found) == found
    if "1990" in expected:  # names that are numbers: not seen as a header, and the word above them is reported
        assert table.unusable["column 1"] == 'line 1, column "column 1": "year" is not a number'
        return
    assert columns(table) == expected
    assert table.names == tuple(expected)
    assert table.size == 2
    assert table.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert all(not values.flags.writeable for values in table.columns.values())
    # What was found reads the same again, and the preview agrees.
    assert columns(read_table(path, options=table.found)) == expected
    start = preview(path)
    assert (start.names, start.found, len(start.rows)) == (table.names, table.found, 2)
    assert start.lines == tuple(table.lines.tolist())


def test_a_comma_as_decimal_mark_is_said(write: Any) -> None:
    assert read_table(write("a;b\n1;2\n1,234;3\n")).notes == ('Commas are read as decimal marks: "1,234" is 1.234.',)
    assert read_table(write(PLAIN)).notes == ()


@pytest.mark.parametrize(
    ("content", "options", "expected"),
    [
        ("1;2\n3;4\n", CsvOptions(header="yes"), None),
        ("1;2\n3;4\n5;6\n", CsvOptions(header="yes"), {"1": [3.0, 5.0], "2": [4.0, 6.0]}),
        ("1,5\n2,5\n", CsvOptions(delimiter=";", decimal=","), {"column 1": [1.5, 2.5]}),
        ("é\n1\n2\n".encode(), CsvOptions(encoding="latin-1"), {"Ã©": [1.0, 2.0]}),
        (PLAIN.encode("utf-16-le"), CsvOptions(encoding="utf-16"), {"a": [1.0, 3.0], "b": [2.0, 4.5]}),
    ],
)
def test_what_is_set_is_not_detected(
    write: Any, content: str | bytes, options: CsvOptions, expected: dict[str, Any] | None
) -> None:
    path = write(content)
    if expected is None:
        with pytest.raises(CsvError, match="only 1 row"):
            read_table(path, options=options)
    else:
        assert columns(read_table(path, options=options)) == expected


words = st.sampled_from(["", "NA", "-", "nan", "null", " "])
cells = st.one_of(st.floats(-1e99, 1e99).map(repr), st.integers(-1000, 1000).map(str), words)
grids = st.integers(2, 4).flatmap(
    lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), min_size=2, max_size=20)
)


@settings(max_examples=100, deadline=None)
@given(grid=grids, delimiter=st.sampled_from([d for d in DELIMITERS if d != "space"]), comma=st.booleans())
def test_what_the_library_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, grid: list[list[str]], delimiter: Any, comma: bool
) -> None:
    decimal: Any = "," if comma and delimiter != "," else "."
    text = io.StringIO()
    writer = library.writer(text, delimiter=DELIMITERS[delimiter], quoting=library.QUOTE_ALL)
    names = [f"c{k}" for k in range(len(grid[0]))]
    writer.writerow(names)
    writer.writerows([[cell.replace(".", decimal) for cell in row] for row in grid])
    path = tmp_path_factory.getbasetemp() / "written.csv"
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    table = read_table(path, options=CsvOptions(delimiter=delimiter, decimal=decimal, header="yes"))
    for k, name in enumerate(names):
        missing = [row[k].strip() in ("", "NA", "-", "nan", "null") for row in grid]
        if all(missing):
            assert table.unusable[name] == "it holds no value"
            continue
        expected = [float(row[k]) for row in grid if row[k].strip() not in ("", "NA", "-", "nan", "null")]
        values = table.column(name)
        assert np.isnan(values).tolist() == missing
        assert values[~np.isnan(values)].tolist() == expected


def test_quotes_may_hold_anything(write: Any) -> None:
    table = read_table(write('x,"say ""a, b""\nor c"\n1,2\n"3\n",4\n5,6\n'))
    assert table.names == ("x", 'say "a, b" or c'.replace(" or", "or"))
    assert columns(table)["x"] == [1.0, 3.0, 5.0]
    assert table.lines.tolist() == [3, 4, 6]


def test_two_texts_are_classes(write: Any) -> None:
    table = read_table(write("x,kind\n1,yes\n2,no\n\n3,NA\n4,yes\n5, no \n"))
    assert table.classes == {"kind": ("no", "yes")}
    assert table.columns["kind"].tolist()[:2] == [1.0, 0.0]
    picked = table.pick(("x",), "kind", "classification")
    assert picked.y.tolist() == [1.0, 0.0, 1.0, 0.0]
    assert picked.x[:, 0].tolist() == [1.0, 2.0, 4.0, 5.0]
    assert picked.class_names == ("no", "yes")
    assert (picked.dropped, picked.dropped_lines) == (1, (5,))


def test_a_long_column_of_texts(write: Any) -> None:
    rows = "".join(f"{k},{'b' if k % 3 else 'a'}\n" for k in range(100_000))
    table = read_table(write("x,kind\n" + rows))
    assert table.columns["kind"].tolist() == [float(k % 3 > 0) for k in range(100_000)]
    late = read_table(write("x,kind\n" + rows + "7,c\n"))
    assert late.unusable == {"kind": "kind has 3 classes; two are needed"}
    many = read_table(write("x,name\n" + "".join(f"{k},name {k}\n" for k in range(21))))
    assert many.unusable == {"name": 'line 2, column "name": "name 0" is not a number'}
    mixed = read_table(write("x,odd\n1,oops\n2,3\n4,5\n"))
    assert mixed.unusable == {"odd": 'line 2, column "odd": "oops" is not a number'}


TABLE = "n,text,two,one,none,late,big,grouped,mark,under\n" + "".join(
    f"{k},{'abc'[k % 3]},{'uv'[k % 2]},w,,{'oops' if k == 3 else k},{'1e999' if k == 2 else k}"
    f',"{"1,234" if k == 1 else k}","{"1,5" if k == 4 else k}",{"1_0" if k == 5 else k}\n'
    for k in range(6)
)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("text", "text has 3 classes; two are needed"),
        ("one", 'one has one class, "w"; two are needed'),
        ("none", "it holds no value"),
        ("late", 'line 5, column "late": "oops" is not a number'),
        ("big", 'line 4, column "big": "1e999" is not finite, or beyond 1e100'),
        ("grouped", 'line 3, column "grouped": "1,234" is not a number (marks between thousands are '
         "not read: remove them)"),
        ("mark", 'line 6, column "mark": "1,5" is not a number while the decimal mark is "."'),
        ("under", 'line 7, column "under": "1_0" is not a number'),
    ],
)  # fmt: skip
def test_unusable_columns_say_where(write: Any, name: str, reason: str) -> None:
    table = read_table(write(TABLE))
    assert set(table.columns) == {"n", "two"}
    assert table.unusable[name] == reason
    with pytest.raises(ValueError, match="cannot be used"):
        table.column(name)


def test_two_spellings_of_numbers_are_no_classes(write: Any) -> None:
    table = read_table(write("a;b\n1.234,5;2\n2,5;3\n"))
    assert table.unusable["a"].startswith('line 2, column "a": "1.234,5" is not a number (marks between thousands')


def test_many_columns_of_one_name_are_told_apart(write: Any) -> None:
    table = read_table(write(",".join(["x"] * 1000) + "\n" + (",".join(["1"] * 1000) + "\n") * 2))
    assert (len(table.columns), table.names[0], table.names[999]) == (1000, "x", "x (1000)")


@pytest.mark.parametrize(
    ("inputs", "target", "task", "message"),
    [
        (("n", "gone"), "n", "regression", 'there is no column "gone", only n, text, two'),
        (("late",), "n", "regression", 'column "late" cannot be used: line 5, column "late"'),
        (("n",), "two", "regression", 'column "two" holds two texts: it can only be the target of a classification'),
        (("two",), "n", "classification", 'column "n" holds 6 different numbers'),
    ],
)
def test_picks_that_are_refused(write: Any, inputs: tuple[str, ...], target: str, task: Any, message: str) -> None:
    table = read_table(write(TABLE))
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is compared
        table.pick(inputs, target, task)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("x,y\n1,\n,2\n3,4\n", "only 1 rows have a value in every picked column: at least 2 are needed"),
        ("x,y\n1,5\n2,5\n", 'column "y" holds only 5: the target of a classification has two different values'),
    ],
)
def test_too_little_is_left(write: Any, content: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_table(write(content)).pick(("x",), "y", "classification")


def test_two_numbers_are_classes_where_the_task_says_so(write: Any) -> None:
    picked = read_table(write("x,y\n1,-1\n2,2.5\n3,-1\n")).pick(("x",), "y", "classification")
    assert picked.y.tolist() == [0.0, 1.0, 0.0]
    assert picked.class_names == ("-1", "2.5")


# --- documents ---


def test_a_document_finds_its_file_again(write: Any, tmp_path: Path) -> None:
    path = write("a;b;kind\n1,5;2;u\n;3;v\n4;5;v\n", "früh.csv")
    made = CsvFile.of(read_table(path), "früh.csv", ("b", "a"), "kind", "classification")
    text = msgspec.json.encode(made)
    assert msgspec.json.decode(text)["inputs"] == ["b", "a"]
    assert "detect" not in text.decode()
    again = msgspec.json.decode(text, type=AnyDataset)
    assert again == made
    load_tables(again, tmp_path)
    assert again.size == 2
    assert again.inputs().tolist() == [[2.0, 1.5], [5.0, 4.0]]
    assert again.targets().tolist() == [0.0, 1.0]
    assert again.input_names == ("b", "a")
    assert (again.target_name, again.class_names) == ("kind", ("u", "v"))
    note = "1 row was left out since a value is missing (line 3)."
    assert note in again.notes
    assert note in prepare(again, Preparation()).notes


def test_it_can_be_made_before_the_file_is_read(write: Any, tmp_path: Path) -> None:
    path = write("p,q\n1,0.5\n2,0.25\n3,7.75\n", "later.csv")
    later = CsvFile(path="later.csv", sha256=hashlib.sha256(path.read_bytes()).hexdigest(), columns=("p",), target="q")
    assert later.features == 1
    assert later.class_names is None
    assert tables.get(later.sha256, later.options) is None
    for use in (lambda: later.size, later.inputs, later.targets, lambda: prepare(later, Preparation())):
        with pytest.raises(ValueError, match=r"^later\.csv has not been read in yet$"):
            use()
    told: list[float] = []
    load_tables(later, tmp_path, progress=told.append)
    assert told[-1] == 1.0
    assert later.targets().tolist() == [0.5, 0.25, 7.75]
    path.unlink()
    load_tables(later, tmp_path)  # it is in the store
    assert later.size == 3


def test_another_file_is_refused(write: Any, tmp_path: Path) -> None:
    path = write("p,q\n1,2\n2,9\n3,4\n", "changed.csv")
    dataset = CsvFile.of(read_table(path), "changed.csv", ("p",), "q", "regression")
    other = msgspec.structs.replace(dataset, sha256="0" * 64)
    with pytest.raises(CsvError, match=r"^changed\.csv: it is not the file that the document was made with"):
        load_tables(other, tmp_path)
    wrong = msgspec.structs.replace(dataset, target="r")
    with pytest.raises(CsvError, match=r'^changed\.csv: there is no column "r", only p, q$'):
        load_tables(wrong, tmp_path)
    with pytest.raises(CsvError, match=r"^gone\.csv: cannot be read: No such file"):
        load_tables(msgspec.structs.replace(other, path="gone.csv"), tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"path": ""}, "path must name a file"),
        ({"path": "a\0b"}, "path must name a file"),
        ({"sha256": "F" * 64}, "sha256 must be 64 hexadecimal digits in lower case"),
        ({"inputs": []}, "inputs must name at least one column"),
        ({"inputs": ["y"]}, "inputs and target must be different columns"),
        ({"inputs": ["x", "x"]}, "inputs and target must be different columns"),
        ({"task": "guess"}, r"\$\.task"),
        ({"decimal": ";"}, r"\$\.decimal"),
    ],
)
def test_documents_that_are_refused(change: dict[str, Any], message: str) -> None:
    content = {"name": "csv", "path": "a.csv", "sha256": "0" * 64, "inputs": ["x"], "target": "y"}
    assert isinstance(msgspec.convert(content, type=AnyDataset), CsvFile)
    with pytest.raises(msgspec.ValidationError, match=message):
        msgspec.convert(content | change, type=AnyDataset)


def test_a_part_of_a_file_makes_no_data_set(write: Any) -> None:
    part = read_table(write(PLAIN), max_rows=1)
    assert part.size == 1
    with pytest.raises(ValueError, match=r"at least 2|sha256"):
        CsvFile.of(part, "data.csv", ("a",), "b", "regression")


def test_tables_that_were_not_asked_for_longest_are_forgotten(write: Any) -> None:
    read = [read_table(write(f"a,b\n1,{k}\n2,3\n", f"{k}.csv")) for k in range(4)]
    store = Tables(most=2 * read[0].nbytes)
    for table in read[:2]:
        store.add(table)
    assert store.get(read[0].sha256, read[0].found) is read[0]
    store.add(read[2], CsvOptions())
    assert store.get(read[1].sha256, read[1].found) is None
    assert store.get(read[0].sha256, read[0].found) is read[0]
    assert store.get(read[2].sha256, CsvOptions()) is store.get(read[2].sha256, read[2].found) is read[2]
    tiny = Tables(most=0)
    for table in read:
        tiny.add(table)
    kept = [tiny.get(table.sha256, table.found) is not None for table in read]
    assert kept == [False, False, True, True], "the document and what is about to replace it"
