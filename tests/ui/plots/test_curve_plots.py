"""Loss and learning rate over the steps."""

from __future__ import annotations

import logging
import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtTest import QTest
from windows import drag, hover

import gdsim
from gdsim.core.descent import Block, Snapshot
from gdsim.core.trajectory import RunTrajectory, Trajectory
from gdsim.ui.plots.axes import paint_across, paint_grid, step_ticks
from gdsim.ui.plots.curve_plot import DASH, GAP, Line, pieces
from gdsim.ui.plots.landscape_plot import LandscapePlot
from gdsim.ui.plots.loss_plot import LossPlot
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.schedule_plot import SchedulePlot, beyond
from gdsim.ui.plots.style import PlotStyle
from gdsim.ui.theme import DARK, LIGHT
from tests.ui.plots.conftest import experiment, moment, picture

STYLE = PlotStyle(DARK)
SOMETIMES = ("batch_loss", "val_loss", "average")
usual = pytest.mark.usefixtures("no_failures", "qapp")


def grown(full: Trajectory, rows: int, into: Trajectory | None = None) -> Trajectory:
    """The first ``rows`` rows of a trajectory, as if no more had been computed yet."""
    into = into or Trajectory(full.experiment, tuple(RunTrajectory(run.label, run.dim) for run in full.runs))
    for source, run in zip(full.runs, into.runs, strict=True):
        block = source.part(len(run), min(rows, len(source)))
        known = {name: v for name, v in block._asdict().items() if name in SOMETIMES and v is not None}
        missing = {name: None for name, v in known.items() if not np.isfinite(v).any()}
        run.append(block._replace(first=len(run), **missing), Snapshot(rows, ()))
    return into


def put(run: RunTrajectory, **columns: Any) -> None:
    """Append rows of which some columns are known; the others are nothing but nan."""
    nothing = np.full(len(columns["theta"]), np.nan)
    known = dict.fromkeys(("loss", "lr", "grad_norm", "momentum"), nothing) | columns
    run.append(Block(len(run), **known), Snapshot(len(run) + len(nothing), ()))


@usual
@pytest.mark.parametrize("kind", [LossPlot, SchedulePlot])
@pytest.mark.parametrize("log", [True, False])
@pytest.mark.parametrize("exponent", [-300, -150, -12, -3, -1, 0, 2, 20, 150, 300])
def test_ranges_are_finite_whatever_happens(kind, log, exponent) -> None:
    runs = [
        {"optimizer": {"name": "SGD", "lr": float(f"1e{exponent}")}},
        {"optimizer": {"name": "SGD", "lr": 1e-3}},
    ]
    now = moment(runs=runs, steps=40)
    plot = kind(STYLE)
    plot.set_log(log)
    for cursor in (0, 1, 5, 40):
        plot.draw(replace(now, cursor=cursor))
        picture(plot, 300, 180)
        left, right, bottom, top = plot.view
        assert all(math.isfinite(v) for v in plot.view)
        assert right > left
        assert top > bottom
        if log:
            assert top - bottom <= 8.55


@usual
@given(
    st.lists(
        st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from([0.0, -0.0, 5e-324, -1e308, 1e308]),
        min_size=1,
        max_size=12,
    ),
    st.booleans(),
    st.sampled_from([0.0, 0.5, 0.999]),
    st.sampled_from([(), ("val_loss",), ("batch_loss",), ("val_loss", "batch_loss")]),
)
def test_no_loss_breaks_the_plot(losses, log, weight, more) -> None:
    made = experiment(runs=[{"optimizer": {"name": "SGD"}}], steps=12)
    run = RunTrajectory("SGD")
    values = np.array(losses)
    always = dict.fromkeys(("loss", "lr", "grad_norm", "momentum"), values)
    put(run, theta=np.zeros((len(values), 2)), **always, **{name: np.roll(values, k) for k, name in enumerate(more, 1)})
    plot = LossPlot(STYLE)
    plot.set_log(log)
    plot.set_smoothing(weight)
    plot.draw(Moment(made, Trajectory(made, (run,)), len(values) - 1))
    picture(plot, 200, 140)
    assert all(math.isfinite(v) for v in plot.view)
    assert plot.view[3] > plot.view[2]


@usual
def test_a_diverging_run_does_not_press_the_others_flat() -> None:
    runs = [{"optimizer": {"name": "SGD", "lr": 0.1}}, {"optimizer": {"name": "SGD", "lr": 1e-3}}]
    plot = LossPlot(STYLE)
    plot.draw(moment(runs=runs))
    calm = plot.place(1, 40)
    bottom, top = plot.view[2:]
    assert bottom < calm < top
    assert top < 12.0


@usual
def test_negative_losses_are_counted_from_the_lowest_known() -> None:
    plot = LossPlot(STYLE)
    plot.draw(moment(landscape={"name": "styblinski_tang"}, start=None, runs=[{"optimizer": {"name": "SGD"}}]))
    assert "−78.33" in plot.heading()
    assert plot.value(0, 0) < 0.0
    assert math.isfinite(plot.place(0, 0))
    plot.set_log(False)
    assert plot.heading() == ""


@usual
def test_the_whole_axis_is_known_from_the_start_and_grows_by_quarters_where_it_is_huge() -> None:
    plot = LossPlot(STYLE)
    now = moment(steps=80, cursor=0)
    plot.draw(Moment(now.experiment, grown(now.trajectory, 3), 2))
    assert plot.view[:2] == (0.0, 80.0)
    long = experiment(steps=5_000_000)
    some = grown(now.trajectory, 3)
    plot.draw(Moment(long, Trajectory(long, some.runs), 2))
    first = plot.view[1]
    assert first == 25_000.0
    for run in some.runs:
        put(run, loss=np.ones(30_000), theta=np.ones((30_000, 2)))
    plot.draw(Moment(long, Trajectory(long, some.runs), 2))
    assert plot.view[1] == pytest.approx(first * 1.25)


@usual
@pytest.mark.parametrize("weight", [0.0, 0.9])
def test_a_curve_that_grows_is_the_curve_drawn_at_once(weight) -> None:
    now = moment(steps=3000, cursor=1500)
    slow, fast = LossPlot(STYLE), LossPlot(STYLE)
    for plot in (slow, fast):
        plot.set_smoothing(weight)
    part = None
    for rows in range(500, 3002, 417):
        part = grown(now.trajectory, rows, part)
        slow.draw(Moment(now.experiment, part, min(1500, rows - 1), 1))
        picture(slow)
    part = grown(now.trajectory, 3001, part)
    slow.draw(Moment(now.experiment, part, 1500, 1))
    fast.draw(now)
    assert picture(slow) == picture(fast)


@usual
def test_taken_back_rows_are_drawn_no_more() -> None:
    now = moment()
    plot = LossPlot(STYLE)
    plot.draw(now)
    before = picture(plot)
    for run in now.trajectory.runs:
        run.keep(10)
    plot.draw(replace(now, cursor=9))
    assert math.isnan(plot.place(0, 20))
    assert picture(plot) != before


@usual
def test_smoothing_leaves_a_constant_alone_and_values_true() -> None:
    now = moment()
    plot = LossPlot(STYLE)
    plot.draw(now)
    raw = plot.place(1, 17)
    plot.set_smoothing(0.95)
    assert plot.place(1, 17) != raw
    assert plot.value(1, 17) == now.trajectory.runs[1].loss[17]


@usual
@pytest.mark.parametrize("style", [STYLE, PlotStyle(LIGHT), PlotStyle(DARK, 2.5)])
@pytest.mark.parametrize("size", [(300, 200), (60, 40), (5, 5), (1200, 700)])
@pytest.mark.parametrize("kind", [LandscapePlot, LossPlot, SchedulePlot])
def test_any_size_can_be_painted(kind, size, style) -> None:
    plot = kind(style)
    plot.draw(moment())
    assert picture(plot, *size).width() == size[0]


@usual
@pytest.mark.parametrize("kind", [LandscapePlot, LossPlot, SchedulePlot])
def test_paths_stay_paths_on_paper(kind, tmp_path) -> None:
    plot = kind(STYLE)
    plot.draw(moment())
    plot.resize(480, 320)
    paper = QSvgGenerator()
    paper.setFileName(str(tmp_path / "plot.svg"))
    paper.setSize(QSize(480, 320))
    paper.setViewBox(QRect(0, 0, 480, 320))
    painter = QPainter(paper)
    plot.paint(painter, None)
    painter.end()
    text = (tmp_path / "plot.svg").read_text()
    assert text.count("<image") == (1 if kind is LandscapePlot else 0)
    assert text.count("<path") > 8


# --- validation and batches

LINE = {"name": "linear_regression", "dataset": {"name": "line", "size": 100}, "validation": 0.3}
NETWORK = {"name": "network", "dataset": {"name": "moons", "size": 60, "noise": 0.35}, "validation": 0.4}
SGD = {"optimizer": {"name": "SGD", "lr": 0.05}}
ADAM = {"optimizer": {"name": "Adam", "lr": 0.05}}


def fitted(*runs: dict[str, Any], steps: int = 60, cursor: int = 30, landscape: Any = LINE) -> Moment:
    """A moment of a model that is being fitted."""
    return moment(cursor, 0, landscape=landscape, start=None, steps=steps, runs=list(runs) or [SGD])


@usual
@pytest.mark.parametrize(
    ("settings", "landscape", "kinds"),
    [
        (SGD, LINE, ["loss", "val_loss"]),
        ({**SGD, "batch_size": 10}, LINE, ["loss", "val_loss", "batch_loss"]),
        ({**SGD, "batch_size": 10}, {**LINE, "validation": 0.0}, ["loss", "batch_loss"]),
        (SGD, {**LINE, "validation": 0.0}, ["loss"]),
    ],
)
def test_each_kind_of_loss_that_there_is_is_drawn_in_its_own_way(settings, landscape, kinds) -> None:
    plot = LossPlot(STYLE)
    plot.draw(fitted(settings, landscape=landscape))
    picture(plot)
    frame = plot.frame()
    assert frame is not None
    assert plot.kinds(frame.moment) == kinds
    lines = plot.lines(0, frame)
    looks = {(line.dashed, line.width, alpha) for line, alpha in lines}
    assert len(looks) == len(lines) == len(kinds)
    run = frame.moment.trajectory.runs[0]
    assert np.array_equal(lines[-1][0].y, np.log10(run.loss)), "the loss on all examples lies on top"
    assert [one.value for one in plot.readings(frame, 30)] == [float(getattr(run, name)[30]) for name in kinds]


@usual
def test_the_key_stands_there_only_where_there_are_several_kinds() -> None:
    """What is beside the title differs in nothing but the key."""
    title = QRect(60, 4, 260, 20)
    pictures = []
    for part in (0.0, 0.3):
        plot = LossPlot(STYLE)
        plot.draw(fitted(landscape={**LINE, "validation": part}))
        pictures.append(picture(plot).copy(title))
    grounds = [{image.pixel(x, y) for x in range(260) for y in range(20)} for image in pictures]
    assert len(grounds[0]) == 1
    assert len(grounds[1]) > 1


@usual
@pytest.mark.parametrize("log", [True, False])
def test_all_curves_have_room_on_the_axis(log) -> None:
    plot = LossPlot(STYLE)
    plot.set_log(log)
    plot.draw(fitted({**SGD, "batch_size": 3}, {**SGD, "batch_size": 10}))
    frame = plot.frame()
    assert frame is not None
    bottom, top = plot.view[2:]
    for index in (0, 1):
        for (line, _), name in zip(plot.lines(index, frame), ("batch_loss", "val_loss", "loss"), strict=True):
            assert line.y.max() <= top
            assert name == "batch_loss" or line.y.min() >= bottom


@usual
def test_a_lucky_batch_does_not_press_all_others_flat() -> None:
    now = fitted({**SGD, "batch_size": 1})
    run = now.trajectory.runs[0]
    assert run.batch_loss is not None
    run.batch_loss[20] = 1e-30
    plot = LossPlot(STYLE)
    plot.draw(now)
    lowest = min(float(run.loss.min()), float(run.val_loss.min()))
    assert plot.view[2] > math.log10(lowest) - 1.6


@usual
def test_spikes_of_the_batch_loss_stay_visible_in_long_runs() -> None:
    now = fitted({**SGD, "batch_size": 10}, steps=4000)
    run = now.trajectory.runs[0]
    assert run.batch_loss is not None
    run.batch_loss[2345] = 50.0
    plot = LossPlot(STYLE)
    plot.draw(now)
    picture(plot, 300, 180)
    frame = plot.frame()
    assert frame is not None
    batch = plot.lines(0, frame)[0][0]
    assert len(batch.x) < 1000
    assert batch.y.max() == math.log10(50.0)
    assert plot.view[3] > math.log10(50.0)


@usual
def test_smoothing_is_for_the_batches_where_there_are_any() -> None:
    now = fitted({**SGD, "batch_size": 10}, SGD)
    plot = LossPlot(STYLE)
    plot.set_smoothing(0.95)
    plot.draw(now)
    picture(plot)
    frame = plot.frame()
    assert frame is not None
    batched, plain = now.trajectory.runs
    assert plot.place(0, 40) == pytest.approx(math.log10(batched.loss[40]), abs=1e-12)
    assert plot.place(1, 40) != pytest.approx(math.log10(plain.loss[40]), abs=1e-3)
    raw, smooth = (line for line, _ in plot.lines(0, frame)[:2])
    assert np.array_equal(raw.y, np.log10(batched.batch_loss))
    assert np.diff(smooth.y).std() < 0.3 * np.diff(raw.y).std()


@usual
def test_batches_that_begin_on_the_way_are_taken_up() -> None:
    settings = {**SGD, "changes": [{**SGD, "step": 30, "batch_size": 10}]}
    now = fitted(settings)
    slow, fast = LossPlot(STYLE), LossPlot(STYLE)
    for plot in (slow, fast):
        plot.set_smoothing(0.9)
    part = None
    for rows in (10, 30, 45, 61):
        part = grown(now.trajectory, rows, part)
        slow.draw(Moment(now.experiment, part, rows - 1))
        picture(slow)
        assert (part.runs[0].batch_loss is not None) == (rows > 30)
    fast.draw(Moment(now.experiment, now.trajectory, 60))
    assert picture(slow) == picture(fast)
    assert math.isnan(fast._series[0].tracks["batch_loss"].place(29))
    assert math.isfinite(fast._series[0].tracks["batch_loss"].place(30))


@usual
def test_the_lowest_validation_loss_is_marked() -> None:
    now = fitted(ADAM, steps=300, cursor=200, landscape=NETWORK)
    run = now.trajectory.runs[0]
    plot = LossPlot(STYLE)
    plot.draw(now)
    with_mark = picture(plot)
    assert run.val_loss is not None
    step = int(np.argmin(run.val_loss))
    found = plot.lowest(now)
    assert found == (step, float(run.val_loss[step]), pytest.approx(math.log10(run.val_loss[step])))
    plot.layers.pop(1)
    plot.update()
    differs = with_mark != picture(plot)
    assert differs
    falls = fitted(steps=20)
    plot.draw(falls)
    assert plot.lowest(falls) is None, "the last row is no minimum"
    plot.draw(moment())
    assert plot.lowest(moment()) is None


@usual
def test_the_mark_tells_its_value(shown) -> None:
    now = fitted(ADAM, steps=300, cursor=200, landscape=NETWORK)
    plot = LossPlot(STYLE)
    plot.draw(now)
    view = shown(plot)
    found, frame = plot.lowest(now), plot.frame()
    assert found is not None
    assert frame is not None
    at = (plot.area().topLeft() + frame.place(float(found[0]), found[2])).toPoint()
    names: list[object] = []
    plot.hovered.connect(names.append)
    hover(view.viewport(), at + QPoint(60, 0))
    hover(view.viewport(), at)
    assert "lowest validation loss" in plot.said_of(found[0])
    assert f"at step {found[0]}" in plot.said_of(found[0])
    assert any(isinstance(one, tuple) and one[1] == "Adam (validation)" for one in names)
    view.grab()
    hover(view.viewport(), at + QPoint(60, 0))
    assert plot.said_of(7) == "step 7"


@usual
@pytest.mark.parametrize("begin", [0.0, 7.5])
def test_dashes_are_counted_across(begin) -> None:
    plot = LossPlot(STYLE)
    plot.draw(fitted(steps=200))
    plot._set_x(begin, begin + 150.0)
    picture(plot)
    frame = plot.frame()
    assert frame is not None
    line = next(line for line, _ in plot.lines(0, frame) if line.dashed)
    jagged = Line(line.x, line.y + 0.3 * (-1.0) ** np.arange(len(line.y)), dashed=True)
    for curve in (line, jagged):
        drawn = pieces(curve, frame, 4.0)
        across = (drawn.x1 - drawn.x0).sum()
        assert across == pytest.approx(DASH / (DASH + GAP) * frame.width, abs=3 * (DASH + GAP))
        origin = frame.place(0.0, 0.0).x()
        middle = (0.5 * (drawn.x0 + drawn.x1) - origin) % (DASH + GAP)
        assert (middle <= DASH + 1e-6).all()


# --- schedules


@usual
def test_rates_are_known_ahead() -> None:
    now = moment(cursor=0)
    part = grown(now.trajectory, 2)
    plot = SchedulePlot(STYLE)
    plot.draw(Moment(now.experiment, part, 0, 1))
    assert plot.value(1, 0) == pytest.approx(0.0015)
    assert plot.value(1, 35) == pytest.approx(0.00075)
    assert plot.place(1, 80) == pytest.approx(math.log10(0.0015 / 4))


def with_edge(rates: list[float]) -> tuple[SchedulePlot, Moment]:
    """A plot of rates of 0.001 with an edge through these."""
    now = moment(runs=[{"optimizer": {"name": "SGD", "lr": 1e-3}}])
    plot = SchedulePlot(STYLE)
    plot.draw(now)
    plot.set_edge(now.trajectory.runs[0], np.arange(len(rates), dtype=np.float64), np.array(rates))
    return plot, now


@usual
@pytest.mark.parametrize(
    ("rate", "seen", "up"), [(0.05, True, True), (2e-5, True, True), (3.0, False, True), (1e-7, False, False)]
)
def test_an_edge_is_on_the_axis_or_said_at_its_rim(rate, seen, up) -> None:
    plot, _ = with_edge([0.9 * rate, rate, rate, rate, 1.1 * rate])
    bottom, top = plot.view[2:]
    assert (bottom <= math.log10(rate) <= top) == seen
    assert top - bottom < 3.0
    frame = plot.frame()
    assert frame is not None
    found = plot.edge_line(frame.moment)
    assert found is not None
    hint = beyond(frame, found[0])
    assert hint is None if seen else hint == (pytest.approx(math.log10(rate), abs=0.05), up)
    picture(plot)


@usual
def test_the_rim_says_nothing_of_an_edge_that_is_seen_most_of_the_way() -> None:
    plot, _ = with_edge([9.0, 2e-3, 2e-3, 2e-3])
    frame = plot.frame()
    assert frame is not None
    found = plot.edge_line(frame.moment)
    assert found is not None
    assert beyond(frame, found[0]) is None


@usual
def test_a_rate_that_waits_for_the_loss_is_held() -> None:
    runs = [{"optimizer": {"name": "SGD", "lr": 1e-6}, "schedule": {"name": "ReduceLROnPlateau", "patience": 2}}]
    now = moment(runs=runs, landscape={"name": "plateau"}, start=None)
    plot = SchedulePlot(STYLE)
    part = grown(now.trajectory, 30)
    plot.draw(Moment(now.experiment, part, 10))
    recorded = now.trajectory.runs[0].lr
    assert plot.value(0, 29) == recorded[29]
    assert plot.value(0, 70) == recorded[29]
    picture(plot)


@usual
def test_a_rate_of_zero_breaks_the_line_on_a_log_axis() -> None:
    runs = [{"optimizer": {"name": "SGD", "lr": 1e-3}, "schedule": {"name": "CosineWithWarmup"}}]
    plot = SchedulePlot(STYLE)
    plot.draw(moment(runs=runs))
    assert plot.value(0, 0) == 0.0
    assert math.isnan(plot.place(0, 0))
    picture(plot)
    plot.set_log(False)
    assert plot.place(0, 0) == 0.0
    picture(plot)


@usual
def test_a_schedule_that_counts_epochs_is_known_ahead_in_stairs() -> None:
    settings = {**SGD, "batch_size": 10, "schedule_by": "epoch", "schedule": {"name": "ExponentialLR", "gamma": 0.5}}
    now = fitted(settings)
    plot = SchedulePlot(STYLE)
    plot.draw(Moment(now.experiment, grown(now.trajectory, 2), 1))
    picture(plot)
    planned = [plot.value(0, step) for step in range(60)]
    assert planned == pytest.approx(now.trajectory.runs[0].lr[:-1].tolist())
    assert planned[6] == planned[0] == 2.0 * planned[7]
    frame = plot.frame()
    assert frame is not None
    assert plot.lines(0, frame)[0][0].stairs
    assert plot.epoch_ends() == [7, 14, 21, 28, 35, 42, 49, 56]


@usual
@pytest.mark.parametrize(("steps", "marked"), [(280, True), (287, False)])
def test_the_ends_of_few_epochs_are_marked(steps, marked) -> None:
    plot = SchedulePlot(STYLE)
    plot.draw(fitted({**SGD, "batch_size": 10}, steps=steps))
    ticked = picture(plot)
    plot.layers.pop(0)
    assert (picture(plot) != ticked) == marked


@usual
def test_a_change_of_the_batch_changes_what_is_planned() -> None:
    base = {**SGD, "schedule_by": "epoch", "schedule": {"name": "ExponentialLR", "gamma": 0.5}}
    plot = SchedulePlot(STYLE)
    plot.draw(fitted({**base, "batch_size": 10}))
    before = plot.value(0, 59)
    plot.draw(fitted({**base, "batch_size": 35}))
    assert plot.value(0, 59) < before
    assert plot.epoch_ends()[0] == 2


# --- the mouse


@usual
@pytest.mark.parametrize("kind", [LossPlot, SchedulePlot])
def test_the_cursor_can_be_dragged(kind, shown) -> None:
    plot = kind(STYLE)
    plot.draw(moment())
    view = shown(plot)
    asked: list[int] = []
    plot.cursor_requested.connect(asked.append)
    area = plot.area()
    half = QPoint(round(area.center().x()), round(area.center().y()))
    end = QPoint(round(area.right()) + 40, half.y())
    drag(view.viewport(), [half, end])
    assert asked[0] == 40
    assert asked[-1] == 80


@usual
def test_hovering_reads_the_nearest_curve(shown, qtbot) -> None:
    now = moment()
    plot = LossPlot(STYLE)
    plot.draw(now)
    view = shown(plot)
    frame = plot.frame()
    assert frame is not None
    at = (plot.area().topLeft() + frame.place(30.0, plot.place(1, 30))).toPoint()
    hover(view.viewport(), at + QPoint(30, 0))
    with qtbot.waitSignal(plot.hovered) as hovered:
        hover(view.viewport(), at)
    step, label, value = hovered.args[0]
    assert (step, label) == (30, "Momentum")
    assert value == now.trajectory.runs[1].loss[30]
    view.grab()


@usual
def test_steps_are_zoomed_and_shown_whole_again(shown) -> None:
    plot = LossPlot(STYLE)
    plot.draw(moment())
    view = shown(plot)
    plot._set_x(20.0, 40.0)
    assert plot.view[:2] == (20.0, 40.0)
    view.grab()
    plot._set_x(-1e9, 1e12)
    assert plot.view[:2] == (0.0, 80.0)
    plot._set_x(30.0, 30.0)
    assert plot.view[1] - plot.view[0] == 4.0
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=plot.area().center().toPoint())
    assert plot.view[:2] == (0.0, 80.0)


# --- robustness


def test_a_failure_while_painting_is_logged_once(qapp, caplog) -> None:
    class Broken:
        def paint(self, painter, frame) -> None:
            raise RuntimeError("no")

    plot = LossPlot(STYLE)
    plot.layers.append(Broken())
    plot.draw(moment())
    with caplog.at_level(logging.ERROR):
        picture(plot)
        picture(plot)
    assert [record.levelname for record in caplog.records] == ["ERROR"]


@usual
def test_a_plot_without_a_moment_is_empty() -> None:
    for kind in (LandscapePlot, LossPlot, SchedulePlot):
        plot = kind(STYLE)
        assert picture(plot).pixelColor(10, 10).name() == DARK.bg1.lower()


@usual
def test_hidden_runs_are_left_out() -> None:
    shown_run = {"label": "seen", "optimizer": {"name": "SGD", "lr": 1e-3}}
    hidden = {"label": "hidden", "hidden": True, "optimizer": {"name": "SGD", "lr": 1e-3}}
    for kind in (LandscapePlot, LossPlot, SchedulePlot):
        alone, both = kind(STYLE), kind(STYLE)
        alone.draw(moment(runs=[shown_run], selected=0))
        both.draw(moment(runs=[shown_run, hidden], selected=0))
        assert picture(alone) == picture(both)
    everything = gdsim.load({**_document(), "runs": [hidden]})
    plot = LossPlot(STYLE)
    plot.draw(Moment(everything, gdsim.run(everything), 3))
    picture(plot)


def _document() -> dict[str, object]:
    return {"format": "gdsim-experiment", "version": 1, "landscape": {"name": "bowl"}, "steps": 5}


@usual
@pytest.mark.parametrize("width", [160, 240, 360])
@pytest.mark.parametrize("last", [150, 2_600_000, 3_540_090, 10_000_000])
def test_steps_on_an_axis_are_evenly_spaced_and_never_touch(last: int, width: int) -> None:
    written: list[tuple[QRectF, str]] = []

    class Recorder(QPainter):
        def drawText(self, *what: Any) -> None:
            written.append((what[0], what[2]))

    image = QImage(400, 60, QImage.Format.Format_RGB32)
    ticks = step_ticks(0.0, float(last), max(width // 70, 2))
    assert ticks[-1].label == f"{int(ticks[-1].value):,} steps"
    painter = Recorder(image)
    places = [(tick.value / last * width, tick.label) for tick in ticks]
    paint_across(painter, STYLE, places, QRectF(20.0, 0.0, width, 30.0))
    painter.end()
    assert written[0][1] == ticks[-1].label
    assert all(left.right() < right.left() for (right, _), (left, _) in pairwise(written))
    steps = [int(label.split()[0].replace(",", "")) for _, label in written]
    assert len({a - b for a, b in pairwise(steps)}) <= 1


@usual
def test_the_markers_of_the_last_step_are_shown_whole_at_every_size() -> None:
    now = moment(cursor=50, steps=50, runs=[{"optimizer": {"name": "SGD", "lr": 1e-4}}])
    for scale in (0.83, 0.87, 1.0):
        for width in range(420, 480):
            style = PlotStyle(DARK, scale)
            plot = LossPlot(style)
            plot.resize(width, 200)
            plot.draw(now)
            image = picture(plot, width, 200)
            frame = plot.frame()
            assert frame is not None
            at = plot.area().topLeft() + frame.place(50.0, plot.place(0, 50))
            color = QColor(now.look(DARK, 0).color)
            for beside in (-3.0, 3.0):
                seen = QColor(image.pixel(round(at.x() + scale * beside), round(at.y())))
                assert abs(seen.hueF() - color.hueF()) < 0.05, (scale, width, beside)


@pytest.mark.parametrize("ratio", [1.0, 1.25, 2.0])
@pytest.mark.parametrize("scale", [0.3, 0.4, 0.75, 1.0, 1.25, 2.0])
def test_no_line_of_the_grid_is_lost_however_small_or_fine(scale, ratio) -> None:
    image = QImage(round(60 * ratio), round(100 * ratio), QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(0)
    painter = QPainter(image)
    paint_grid(painter, PlotStyle(DARK, scale), [(10.0, ""), (33.3, ""), (61.7, "")], QRectF(5.0, 3.0, 50.0, 90.0))
    painter.end()
    rows = [image.pixelColor(image.width() // 2, y).alpha() > 0 for y in range(image.height())]
    lines = sum(later and not sooner for sooner, later in pairwise([False, *rows]))
    assert lines == 4
    assert sum(rows) <= 4 * math.ceil(max(scale * ratio, 1.0) + 0.5)
