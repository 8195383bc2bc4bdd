"""Long histories: painted coarsely at first, in full little by little, and no greatest loss is ever lost."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtGui import QImage, QPainter

from gdsim.core import trajectory
from gdsim.core.descent import Block, Snapshot
from gdsim.core.trajectory import RunTrajectory, Trajectory
from gdsim.ui.plots import trails
from gdsim.ui.plots.curves import Pyramid
from gdsim.ui.plots.landscape_plot import LandscapePlot
from gdsim.ui.plots.loss_plot import LossPlot
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.style import PlotStyle
from gdsim.ui.theme import DARK
from tests.ui.plots.conftest import experiment, picture

STYLE = PlotStyle(DARK)
usual = pytest.mark.usefixtures("no_failures", "qapp")


def made(rows, spikes=()):
    document = experiment(runs=[{"optimizer": {"name": "SGD"}}], steps=rows - 1)
    along = np.linspace(0.0, 1.0, rows)
    rng = np.random.Generator(np.random.Philox(key=1))
    theta = np.column_stack((-1.5 + 2.5 * along, 1.0 + 0.3 * rng.standard_normal(rows)))
    loss = 10.0 ** -(4.0 * along)
    loss[list(spikes)] = 1e3
    run, nothing = RunTrajectory("SGD"), np.full(rows, np.nan)
    for first in range(0, rows, 997):
        part = slice(first, min(first + 997, rows))
        block = Block(first, theta[part], loss[part], loss[part], loss[part], nothing[part])
        run.append(block, Snapshot(part.stop, (), ended=part.stop == rows))
    return Moment(document, Trajectory(document, (run,)), rows - 1)


def image_of(layer, frame):
    image = QImage(int(frame.width), int(frame.height), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    layer.paint(painter, frame)
    painter.end()
    return image


@usual
def test_little_by_little_it_becomes_what_it_is_at_once(monkeypatch):
    monkeypatch.setattr(trails, "CHUNK", 500)
    monkeypatch.setattr(trails, "AT_ONCE", 100)
    monkeypatch.setattr(trails, "SLICE", 0.0)
    plot, now = LandscapePlot(STYLE), made(5_000)
    plot.resize(480, 320)
    plot.draw(now)
    frame = plot.frame()
    slow, fast = trails.Trails(), trails.Trails(at_once=True)
    coarse = image_of(slow, frame)
    assert slow.refining
    turns = 1
    while not slow.refine(frame) and turns < 10:
        assert image_of(slow, frame) == coarse
        turns += 1
    assert turns == 10
    slow.refine(frame)
    assert not slow.refining
    assert image_of(slow, frame) == image_of(fast, frame)
    assert image_of(slow, frame) != coarse


@usual
def test_on_used_sheets_it_is_the_same_picture(monkeypatch):
    monkeypatch.setattr(trails, "AT_ONCE", 100)
    plot, now = LandscapePlot(STYLE), made(3_000)
    plot.resize(480, 320)
    plot.draw(now)
    used = trails.Trails()

    def settled(step, view, *, coarse=False):
        moment = replace(now, cursor=step)
        frame = replace(plot.frame(), view=view, coarse=coarse, moment=moment)
        image_of(used, frame)
        while used.refining:
            used.refine(frame)
        return frame

    home = plot.view
    near = tuple(0.5 * edge for edge in home)
    for step, view, coarse in ((2_999, home, False), (2_999, near, True), (2_999, near, False), (900, near, False),
                               (2_000, home, True), (1_200, home, False)):  # fmt: skip
        frame = settled(step, view, coarse=coarse)
        assert image_of(used, frame) == image_of(trails.Trails(at_once=True), frame), (step, coarse)


@usual
def test_the_plot_refines_by_itself(monkeypatch, qtbot):
    monkeypatch.setattr(trails, "AT_ONCE", 1_000)
    plot, now = LandscapePlot(STYLE), made(5_000)
    plot.draw(now)
    picture(plot)
    assert plot.refining
    qtbot.waitUntil(lambda: not plot.refining)
    assert not plot.trails.refining


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_a_spike_is_seen_at_every_zoom(data):
    rows = data.draw(st.integers(10, 3_000))
    stretch = data.draw(st.sampled_from([1, 2, 8]))
    values = np.zeros(rows * stretch)
    spike = data.draw(st.integers(0, len(values) - 1))
    values[spike] = data.draw(st.sampled_from([1.0, -1.0]))
    pyramid, cut = Pyramid(stretched=stretch > 1), data.draw(st.integers(0, rows))
    split = values.reshape(rows, stretch)
    for part in (split[:cut], split[cut:]):
        pyramid.append(part[:, 0], (part.min(axis=1), part.max(axis=1)) if stretch > 1 else None)
    row = spike // stretch
    first, end = data.draw(st.integers(0, row)), data.draw(st.integers(row + 1, rows))
    _, low, high = pyramid.fold(first, end, data.draw(st.integers(1, 500)))
    assert max(high.max(), -low.min()) == 1.0


@usual
@pytest.mark.parametrize("spike", [5, 777, 3_001, 7_999])
@pytest.mark.parametrize("view", [None, (0.0, 8_000.0), "near"])
def test_a_thinned_run_shows_its_spikes(monkeypatch, spike, view):
    monkeypatch.setattr(trajectory, "MOST_ROWS", 600)
    monkeypatch.setattr(trajectory, "TAIL", 100)
    now = made(8_001, [spike])
    assert now.trajectory.runs[0].stride == 16
    plot = LossPlot(STYLE)
    plot.draw(now)
    if view is not None:
        plot._set_x(*((spike - 60.0, spike + 60.0) if view == "near" else view))
    picture(plot)
    (line, _), *_ = plot.lines(0, plot.frame())
    at = int(np.nanargmax(line.y))
    assert line.y[at] == pytest.approx(3.0)
    assert abs(line.x[at] - spike) <= 16 + 8_000 / 300
    assert plot.readings(plot.frame(), plot._read_at(plot.area().center()))
