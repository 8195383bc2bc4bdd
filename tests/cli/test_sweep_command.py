"""``gdsim sweep``: the same numbers in every format, a picture that shows them, and every refusal in one line."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter
from samples import CONTRACT, document

import gdsim
from gdsim.app import main
from gdsim.core.sweep import Axis, Sweep, SweepMap, theory
from gdsim.ui.plots.style import PlotStyle
from gdsim.ui.plots.sweep_picture import BASINS, Drawing, axis_name, basin, cell_colors, shades, sweep_image
from gdsim.ui.theme import THEMES

GRID = ["--x", "optimizer.lr=1e-3:0.1:log:7", "--y", "optimizer.momentum=0:0.9:5"]


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.json").write_text(json.dumps(CONTRACT))
    Path("b.json").write_text(json.dumps(document(landscape="himmelblau", steps=60)))
    Path("there.npz").write_bytes(b"")
    return tmp_path


def computed(experiment: gdsim.Experiment, *axes: Axis, **more: float) -> SweepMap:
    found = SweepMap(Sweep(experiment, *axes, **more))
    for part in found.sweep.parts():
        found.add(part)
    return found


def test_all_formats_hold_the_same_cells(files, capsys):
    for name in ("out.npz", "out.csv"):
        assert main(["sweep", "a.json", *GRID, "--target", "0.5", "--run", "momentum", "--out", name]) == 0
    assert capsys.readouterr() == ("", "")
    axes = Axis("optimizer.lr", 1e-3, 0.1, 7, "log"), Axis("optimizer.momentum", 0.0, 0.9, 5)
    found = computed(gdsim.load(CONTRACT), *axes, index=1, target=0.5)
    with np.load("out.npz") as arrays:
        for name, values in {
            "final_loss": found.final_loss, "best_loss": found.best_loss, "theta": found.theta,
            "x": found.sweep.x_values, "y": found.sweep.y_values, "steps_to_target": found.reached,
            "diverged_at": found.diverged, "minimum": found.minimum, "minima": found.sweep.minima,
        }.items():  # fmt: skip
            np.testing.assert_array_equal(arrays[name], values)
        assert str(arrays["x_path"]) == "optimizer.lr"
        assert gdsim.load(json.loads(str(arrays["experiment"]))) == gdsim.load(CONTRACT)
    with open("out.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0][:5] == ["optimizer.lr", "optimizer.momentum", "final_loss", "best_loss", "steps_to_target"]
    assert rows[0][-2:] == ["x", "y"]
    assert len(rows) == 36
    for k, row in enumerate(rows[1:]):
        at = divmod(k, 7)
        assert float(row[2]) == found.final_loss[at]
        assert row[4] == ("" if found.reached[at] < 0 else str(found.reached[at]))
        assert [float(value) for value in row[-2:]] == found.theta[at].tolist()


def test_cells_that_left_the_floats_are_words(files):
    assert main(["sweep", "a.json", "--x", "optimizer.lr=0.01:9:2", "--y", "start[0]=1:2:2", "--steps", "900",
                 "--out", "x.csv"]) == 0  # fmt: skip
    text = Path("x.csv").read_text()
    assert "Infinity" in text or "NaN" in text
    assert "inf," not in text


def test_a_network_has_fewer_cells_unless_more_are_asked_for(files, monkeypatch):
    seen = []
    monkeypatch.setattr(Sweep, "parts", lambda sweep, budget=0.05: seen.append(sweep.shape) or iter(()))
    assert main(["sweep", "30-network-moons", "--start", "--out", "a.csv"]) == 0
    assert main(["sweep", "30-network-moons", "--start", "40", "--out", "b.csv"]) == 0
    lone = ["--x", "optimizer.lr=1e-3:0.1:log", "--y", "start[0]=0:1:9", "--out", "c.csv"]
    assert main(["sweep", "30-network-moons", *lone]) == 0
    assert main(["sweep", "09-four-roads", "--start", "--out", "d.csv"]) == 0
    assert seen[0][0] < 64
    assert seen[1:] == [(40, 40), (9, seen[0][0]), (128, 128)]


@pytest.mark.parametrize("arguments", [[*GRID, "--target", "0.1"], ["--start", "20"], [*GRID, "--title", ""]], ids=str)
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_pictures(qapp, files, arguments, theme):
    out = ["--theme", theme, "--size", "640x480", "--out", "p.png"]
    assert main(["sweep", "b.json", *arguments, *out]) == 0
    image = QImage("p.png")
    assert (image.width(), image.height()) == (640, 480)
    colors = {image.pixel(x, y) for x in range(80, 500, 3) for y in range(70, 400, 3)}
    assert len(colors) > 3


def test_diverged_cells_have_their_own_look(qapp):
    experiment = gdsim.load(document({"optimizer": {"name": "SGD"}}, steps=60))
    found = computed(experiment, Axis("optimizer.lr", 1e-3, 1.0, 12, "log"), Axis("optimizer.momentum", 0.0, 0.9, 6))
    scale = shades(np.where(found.diverged >= 0, np.nan, found.values("loss")))
    colors = cell_colors(found, "loss", scale)
    grey = np.ptp(colors.astype(int), axis=2) < 25
    assert (grey == (found.diverged >= 0)).all()
    assert 0 < grey.sum() < grey.size
    low = np.unravel_index(np.nanargmin(np.where(grey, np.nan, found.final_loss)), grey.shape)
    assert tuple(colors[low]) == (68, 1, 84)  # the dark end of viridis
    assert axis_name(found.sweep, found.sweep.x) == "learning rate η"


def test_names_of_theory_stand_clear_of_its_lines(qapp):
    experiment = gdsim.load(document({"optimizer": {"name": "SGD"}}, landscape="quadratic", steps=2))
    axes = Axis("optimizer.lr", 1e-3, 1.0, 9, "log"), Axis("optimizer.momentum", 0.0, 0.99, 9)
    found = SweepMap(Sweep(experiment, *axes))
    drawing = Drawing(QPainter(), found, "loss", PlotStyle(THEMES["dark"]), 800, 600)
    lines = [[QPointF(x, y) for x, y in zip(*(v.tolist() for v in drawing.at(line.x, line.y)), strict=True)]
             for line in theory(found.sweep)]  # fmt: skip
    taken = []
    for places in lines:
        spot = drawing._free_spot(places, [at for other in lines for at in other], taken, 90.0)
        assert drawing.map.contains(spot)
        assert not any(spot.contains(at) for other in lines for at in other)
        assert not any(spot.intersects(other) for other in taken)
        taken.append(spot)


def test_zeros_are_at_the_floor_of_a_logarithmic_scale_and_its_lowest_label_says_so():
    values = np.concatenate([[0.0, np.nan], np.logspace(-9.0, 1.0, 400)])
    scale = shades(values)
    assert scale.log
    assert scale.floored
    assert -10.0 <= scale.low <= -9.0
    places = scale.places(values)
    assert places[0] == 0.0
    assert np.isnan(places[1])
    assert np.diff(places[2:]).min() >= 0.0
    assert abs(places[201] - 0.5) < 0.1  # half of the numbers are in the lower half of the colours
    ticks = scale.ticks(6)
    assert ticks[0].label.startswith("≤ 10⁻")
    assert not any(tick.label.startswith("≤") for tick in shades(values[2:]).ticks(6))
    assert not shades(np.array([-1.0, 0.0, 40.0])).log


def test_a_scale_goes_no_deeper_than_rounding():
    scale = shades(np.logspace(-300.0, 0.0, 100))
    assert 16.0 <= scale.high - scale.low <= 17.0
    assert scale.floored


def test_cells_that_are_not_computed_look_like_no_answer(qapp):
    experiment = gdsim.load(document({"optimizer": {"name": "SGD"}}, landscape="himmelblau", steps=2))
    found = SweepMap(Sweep(experiment, Axis("start[0]", -5, 5, 8), Axis("start[1]", -5, 5, 8)))
    part = next(iter(found.sweep.parts()))
    found.add(part._replace(rows=part.rows[:1] * 0 + 7, columns=part.columns[:1] * 0 + 7,
                            **{name: getattr(part, name)[:1] for name in
                               ("final_loss", "best_loss", "reached", "diverged", "minimum", "theta")}))  # fmt: skip
    colors = cell_colors(found, "minimum", shades(found.values("minimum")), "#123456")
    assert tuple(colors[0, 0]) == (0x12, 0x34, 0x56)
    assert tuple(colors[7, 7]) != (0x12, 0x34, 0x56)
    drawing = Drawing(QPainter(), found, "minimum", PlotStyle(THEMES["dark"]), 800, 600)
    assert [name for _, name in drawing._without_answer()] == ["not yet at one", "not computed"]


def test_the_map_stands_upright(qapp):
    """The first row is the lowest, the first column is on the left."""
    experiment = gdsim.load(document({"optimizer": {"name": "SGD", "lr": 0.01}}, landscape="himmelblau", steps=200))
    found = computed(experiment, Axis("start[0]", -5.0, 5.0, 20), Axis("start[1]", -5.0, 5.0, 20))
    image = sweep_image(found, "minimum", THEMES["dark"], (800, 600))
    for row, column in ((4, 3), (15, 3), (16, 16), (5, 16)):
        # The map spans 74 to 650 across, and 74 to 540 down.
        x, y = 74 + (column + 0.5) / 20 * 576, 540 - (row + 0.5) / 20 * 466
        wanted = QColor(basin(found.sweep, int(found.minimum[row, column])))
        assert QColor(image.pixel(round(x), round(y))) == wanted
    assert len({basin(found.sweep, k) for k in range(4)}) == 4
    assert len(BASINS) == len(set(BASINS))


def test_whole_numbers_that_are_not_evenly_spaced_stand_at_their_cells(qapp):
    """Of 16 steps from 1 to 64 on a log scale rounding leaves 13 values; each label is beside its own row."""
    experiment = gdsim.load(document({"optimizer": {"name": "SGD"}}, landscape="linear_regression", steps=2))
    found = computed(experiment, Axis("optimizer.lr", 1e-3, 0.1, 4), Axis("batch_size", 1, 64, 16, "log"))
    values = found.sweep.y_values
    assert values.size < 16
    drawing = Drawing(QPainter(), found, "loss", PlotStyle(THEMES["dark"]), 800, 600)
    tops = drawing.at(0.01, values)[1]
    cell = drawing.map.height() / values.size
    np.testing.assert_allclose(drawing.map.bottom() - tops, (np.arange(values.size) + 0.5) * cell)


def test_an_unfinished_map_can_be_drawn(qapp):
    experiment = gdsim.load(document({"optimizer": {"name": "SGD"}}, steps=5))
    found = SweepMap(Sweep(experiment, Axis("start[0]", -1, 1, 40), Axis("start[1]", -1, 1, 40)))
    sweep_image(found, "loss", THEMES["light"], (400, 300))
    found.add(next(iter(found.sweep.parts())))
    assert not found.whole
    row, column = found.sources()
    colors = cell_colors(found, "loss", shades(found.values("loss")))
    np.testing.assert_array_equal(colors, colors[row, column])
    sweep_image(found, "loss", THEMES["light"], (400, 300))


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "give --x AXIS and --y AXIS, or --start"),
        (["--x", "optimizer.lr=1e-3:0.1"], "give --x AXIS and --y AXIS"),
        (["--start", "--x", "optimizer.lr=0:1"], "--start: sweeps both"),
        (["--start", "9999"], "2 to 512 values"),
        (["--x", "optimizer.lr", "--y", "start[0]=0:1"], "must be like optimizer.lr=1e-4:1:log:64"),
        (["--x", "optimizer.lr=a:1", "--y", "start[0]=0:1"], "a and 1 must be numbers"),
        (["--x", "optimizer.lr=0:1:log", "--y", "start[0]=0:1"], "a log axis begins above 0"),
        (["--x", "optimizer.lr=1:0.1", "--y", "start[0]=0:1"], "the range is empty"),
        (["--x", "optimizer.lr=0.1:1:cubic", "--y", "start[0]=0:1"], "neither log nor linear"),
        (["--x", "optimizer.betas[0]=0:0.9", "--y", "start[0]=0:1"], "a.json: optimizer.betas[0]: SGD has no betas[0]"),
        ([*GRID, "--run", "nobody"], "no such run; there are SGD, momentum"),
        ([*GRID, "--show", "steps"], "give --target LOSS"),
        ([*GRID, "--size", "9x9"], "--size 9x9"),
        ([*GRID, "--steps", "0"], "--steps 0"),
        ([*GRID, "--out", "there.npz"], "there.npz: exists"),
        ([*GRID, "--out", "x.gif"], "unknown ending .gif"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_refusals(files, capsys, arguments, reason):
    before = sorted(os.listdir())
    out = [] if "--out" in arguments else ["--out", "x.csv"]
    assert main(["sweep", "a.json", *arguments, *out]) == 2
    told, err = capsys.readouterr()
    assert told == ""
    assert err.count("\n") == 1
    assert reason in err
    assert sorted(os.listdir()) == before


def test_an_interrupted_sweep_leaves_nothing(files, monkeypatch):
    def interrupted(self, budget=0.05):
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(Sweep, "parts", interrupted)
    before = sorted(os.listdir())
    assert main(["sweep", "a.json", *GRID, "--out", "x.npz"]) == 130
    assert sorted(os.listdir()) == before
