"""``gdsim range-test``: what is told, what is written, and every refusal in one line."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QImage
from samples import document

import gdsim
from gdsim.app import main
from gdsim.core.range_test import range_test
from gdsim.ui.theme import THEMES

MADE = document(
    {"label": "plain", "optimizer": {"name": "SGD", "lr": 0.018}},
    {"label": "2", "optimizer": {"name": "SGD", "lr": 0.018, "momentum": 0.5}},
    title="Ravine",
)


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A folder to work in, with a.json, lost.json (its data are not numbers) and broken.json."""
    monkeypatch.chdir(tmp_path)
    Path("a.json").write_text(json.dumps(MADE))
    lost = {"name": "linear_regression", "corrupt": "missing values"}
    Path("lost.json").write_text(json.dumps(document(landscape=lost)))
    Path("broken.json").write_text(json.dumps({**MADE, "steps": "many"}))
    return tmp_path


def test_suggestion_reason_and_a_table_are_told(files, capsys):
    assert main(["range-test", "a.json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    test = range_test(gdsim.load(MADE), 0)
    head, table = out.split("\n\n")
    assert head.startswith("Ravine: plain\n")
    for part in (test.stopped, test.why, f"Suggested rate: {test.suggestion:g}.", f"{test.steepest:.3g}"):
        assert part in head
    rows = [line.split() for line in table.splitlines()]
    assert rows[0] == ["rate", "loss", "smoothed"]
    assert rows[1] == [f"{test.rates[0]:.3g}", f"{test.losses[0]:.6g}", f"{test.smoothed[0]:.6g}"]
    assert rows[-1][0] == f"{test.rates[-1]:.3g}"
    assert len(rows) <= 17


@pytest.mark.parametrize(("wanted", "label"), [("plain", "plain"), ("1", "plain"), ("2", "2")])
def test_a_run_is_chosen_by_label_or_number(files, capsys, wanted, label):
    assert main(["range-test", "a.json", "--run", wanted]) == 0
    assert capsys.readouterr().out.startswith(f"Ravine: {label}\n")


def test_ready_made_experiments_by_name(files, capsys):
    assert main(["range-test", "02-learning-rates", "--run", "4"]) == 0
    assert "Suggested rate: " in capsys.readouterr().out


def test_where_there_is_nothing_to_suggest(files, capsys):
    assert main(["range-test", "lost.json"]) == 0
    out = capsys.readouterr().out
    assert "Suggested rate: none" in out
    assert "not a number" in out


def test_csv(files, capsys):
    assert main(["range-test", "a.json", "--from", "1e-4", "--factor", "1.5", "--out", "x.csv"]) == 0
    assert capsys.readouterr() == ("", "")
    with open("x.csv", encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["rate", "loss", "smoothed"]
    test = range_test(gdsim.load(MADE), 0, 1e-4, 1.5)
    np.testing.assert_array_equal(np.array(rows, dtype=float).T, [test.rates, test.losses, test.smoothed])


def test_json_is_strict(files):
    assert main(["range-test", "a.json", "--from", "1e-5", "--factor", "1e200", "--most", "2", "--out", "x.json"]) == 0
    content = json.loads(Path("x.json").read_text(), parse_constant=lambda word: pytest.fail(word))
    assert (content["format"], content["version"], content["run"]) == ("gdsim-range-test", 1, "plain")
    test = range_test(gdsim.load(MADE), 0, 1e-5, 1e200, 2)
    np.testing.assert_array_equal([float(value) for value in content["losses"]], test.losses)
    assert not np.isfinite(test.losses[-1])
    assert content["losses"][-1] in ("Infinity", "NaN")
    assert (content["stopped"], content["suggestion"]) == (test.stopped, test.suggestion)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_picture_is_what_the_dialog_shows(files, qapp, theme):
    look = ["--theme", theme, "--size", "760x480", "--title", ""]
    assert main(["range-test", "a.json", "--run", "2", "--out", "p.png", *look]) == 0
    image = QImage("p.png")
    assert (image.width(), image.height()) == (760, 480)
    colors = {image.pixelColor(x, y).name().upper() for x in range(0, 760, 1) for y in range(60, 400, 3)}
    shown = THEMES[theme]
    assert shown.bg1.upper() in colors
    assert shown.run(gdsim.load(MADE).color(1)).color.upper() in colors
    assert main(["range-test", "a.json", "--run", "2", "--out", "q.png", *look]) == 0
    assert Path("p.png").read_bytes() == Path("q.png").read_bytes()


def test_a_picture_says_why_there_is_nothing_to_show(files, qapp):
    assert main(["range-test", "lost.json", "--out", "p.png"]) == 0
    image = QImage("p.png")
    assert (image.width(), image.height()) == (1600, 1000)
    assert len({image.pixel(x, y) for x in range(0, 1600, 3) for y in range(940, 1000)}) > 2


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        ([], ["EXPERIMENT.json"]),
        (["none.json"], ["none.json", "no such file"]),
        (["broken.json"], ["broken.json", "$.steps"]),
        (["a.json", "--run", "3"], ["--run 3", "plain, 2"]),
        (["a.json", "--run", "0"], ["--run 0"]),
        (["a.json", "--run", "²"], ["--run ²"]),
        (["a.json", "--from", "0"], ["a.json", "first rate"]),
        (["a.json", "--from", "nan"], ["first rate"]),
        (["a.json", "--from", "much"], ["--from", "much"]),
        (["a.json", "--factor", "1"], ["factor must be greater than 1"]),
        (["a.json", "--most", "0"], ["number of updates"]),
        (["a.json", "--smoothing", "1"], ["smoothing"]),
        (["a.json", "--out", "x.gif"], ["x.gif", ".csv, .json, .png"]),
        (["a.json", "--out", "x.png", "--size", "huge"], ["--size huge", "1920x1080"]),
        (["a.json", "--out", "a.json"], ["a.json"]),
        (["a.json", "--out", "a.json", "--force"], ["is the experiment itself"]),
        (["a.json", "--out", "gone/x.csv"], ["gone"]),
    ],
)
def test_what_is_refused(files, capsys, arguments, parts):
    before = sorted(os.listdir())
    assert main(["range-test", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("gdsim range-test: ")
    assert err.count("\n") == 1
    assert [part for part in parts if part.lower() not in err.lower()] == [], err
    assert sorted(os.listdir()) == before
