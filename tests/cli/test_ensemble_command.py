"""``gdsim ensemble``: the same band in every format, a picture that shows it, and every refusal in one line."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PySide6.QtGui import QImage
from samples import document

import gdsim
from gdsim.app import main
from gdsim.core.ensemble import Band, Ensemble
from gdsim.core.experiment import Seeds
from gdsim.recording.embedded import extract

RUNS = (
    {"label": "plain", "optimizer": {"name": "SGD", "lr": 0.01}},
    {"label": "noisy", "optimizer": {"name": "Adam", "lr": 0.05}, "noise": {"std": 20.0}},
    {"label": "lost", "optimizer": {"name": "SGD", "lr": 5.0}, "noise": {"std": 1.0}, "ensemble": {"members": 4}},
)
DOCUMENT = document(*RUNS, landscape="himmelblau", steps=40)


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.json").write_text(json.dumps(DOCUMENT))
    Path("there.npz").write_bytes(b"")
    return tmp_path


def computed(**options: object) -> Band:
    band = Band(Ensemble(gdsim.load(DOCUMENT), 1, **options))
    for part in band.ensemble.parts():
        band.add(part)
    return band


def test_all_formats_hold_the_same_band(files, capsys):
    typed = ["ensemble", "a.json", "--run", "noisy", "--seeds", "12", "--quantiles", "5,25"]
    for name in ("out.npz", "out.csv"):
        assert main([*typed, "--out", name]) == 0
    assert capsys.readouterr() == ("", "")
    band = computed(members=12, lower=(0.05, 0.25))
    with np.load("out.npz") as arrays:
        for name, values in {
            "band": band.band, "loss": band.loss, "theta": band.theta, "seeds": range(12),
            "quantiles": (0.05, 0.25, 0.5, 0.75, 0.95),
        }.items():  # fmt: skip
            np.testing.assert_array_equal(arrays[name], values)
        asked = gdsim.load(json.loads(str(arrays["experiment"])))
    assert [run.label for run in asked.runs] == ["noisy"]
    assert asked.runs[0].ensemble == Seeds(members=12, quantiles=(0.05, 0.25))
    with open("out.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["step", "q5", "q25", "median", "q75", "q95", "diverged"]
    assert [[float(value) for value in row[1:-1]] for row in rows[1:]] == band.band.T.tolist()
    assert [row[0] for row in rows[1:]] == [str(step) for step in range(41)]


def test_the_document_says_what_is_not_typed(files):
    assert main(["ensemble", "a.json", "--run", "lost", "--out", "x.npz"]) == 0
    with np.load("x.npz") as arrays:
        assert arrays["loss"].shape == (41, 4)
    assert main(["ensemble", "a.json", "--run", "noisy", "--steps", "7", "--out", "y.npz"]) == 0
    with np.load("y.npz") as arrays:
        assert arrays["loss"].shape == (8, 50)


def test_members_that_left_the_floats_are_words_and_counted(files):
    assert main(["ensemble", "a.json", "--run", "lost", "--out", "x.csv"]) == 0
    with open("x.csv", encoding="utf-8", newline="") as file:
        last = list(csv.reader(file))[-1]
    assert last[1:] == ["Infinity"] * 5 + ["4"]


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_picture_shows_it_and_holds_its_document(qapp, files, theme):
    typed = ["ensemble", "a.json", "--run", "noisy", "--size", "800x400", "--theme", theme]
    assert main([*typed, "--seeds", "20", "--out", "p.png"]) == 0
    assert (QImage("p.png").width(), QImage("p.png").height()) == (800, 400)
    inside = gdsim.load(json.loads(extract(Path("p.png"))))
    assert inside.runs[0].ensemble == Seeds(members=20)
    one = msgspec.structs.replace(inside, runs=(msgspec.structs.replace(inside.runs[0], ensemble=None),))
    Path("one.json").write_bytes(gdsim.core.documents.encode(one))
    size = ["--size", "800x400", "--theme", theme, "--layout", "side"]
    assert main(["record", "one.json", "--out", "q.png", *size]) == 0
    assert QImage("p.png") != QImage("q.png")
    Path("twenty.json").write_bytes(gdsim.core.documents.encode(inside))
    assert main(["record", "twenty.json", "--out", "r.png", *size]) == 0
    assert QImage("p.png") == QImage("r.png")  # a recording shows the ensembles of its document


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--seeds", "1"], "--seeds 1: "),
        (["--seeds", "1001"], "--seeds 1001: "),
        (["--steps", "0"], "--steps 0: "),
        (["--run", "plain"], "plain makes no use of chance, so that all seeds give the same run: give it noise"),
        (["--run", "nobody"], "--run nobody: no such run; there are plain, noisy, lost"),
        (["--vary", "batches"], "noisy has no mini-batches: its chance lies in its noise"),
        (["--quantiles", "60"], "--quantiles 60: must be one to three rising numbers"),
        (["--quantiles", "25,10"], "--quantiles 25,10: "),
        (["--quantiles", "ten"], "--quantiles ten: "),
        (["--quantiles", "nan"], "--quantiles nan: "),
        (["--seeds", "1000", "--steps", "1000000"], "too large for memory (24.0 GB): at most 16 fit"),
        (["--size", "9x9"], "--size 9x9"),
        (["--out", "there.npz"], "there.npz: exists"),
        (["--out", "x.gif"], "unknown ending .gif"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_refusals(files, capsys, arguments, reason):
    before = sorted(os.listdir())
    run = [] if "--run" in arguments else ["--run", "noisy"]
    out = [] if "--out" in arguments else ["--out", "x.csv"]
    assert main(["ensemble", "a.json", *run, *arguments, *out]) == 2
    told, err = capsys.readouterr()
    assert told == ""
    assert err.count("\n") == 1
    assert reason in err
    assert sorted(os.listdir()) == before


def test_an_interrupted_ensemble_leaves_nothing(files, monkeypatch):
    def interrupted(self, budget=0.05):
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(Ensemble, "parts", interrupted)
    before = sorted(os.listdir())
    assert main(["ensemble", "a.json", "--run", "noisy", "--out", "x.npz"]) == 130
    assert sorted(os.listdir()) == before
