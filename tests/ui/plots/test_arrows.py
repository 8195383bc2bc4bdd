"""Arrows at the marble: they add up on the screen, have their length, and are those of the selected run alone."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF

from gdsim.core.anatomy import Anatomy, anatomy
from gdsim.core.optimizers import Optimizer
from gdsim.core.spec import kinds_of
from gdsim.ui.figure import Figure, FigureOptions
from gdsim.ui.plots import words
from gdsim.ui.plots.arrows import FAR, FIT, LONGEST, Arrows, Insight, arrows_of, ways
from gdsim.ui.plots.ellipse import REACH, Curvature, half_axes, in_plane
from gdsim.ui.plots.landscape_plot import LandscapePlot
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.plot import Frame
from gdsim.ui.plots.schedule_plot import SchedulePlot, above
from gdsim.ui.plots.style import PlotStyle
from gdsim.ui.theme import DARK, LIGHT
from tests.ui.plots.conftest import moment, picture
from tests.ui.plots.models import modelled

pytestmark = pytest.mark.usefixtures("no_failures", "qapp")

VARIANTS = [
    pytest.param({"name": kind.name(), "lr": 1e-3, **values}, id=label)
    for kind in kinds_of(Optimizer)
    for label, values in kind.variants.items()
]


def framed(now: Moment, width: int = 600, height: int = 400) -> Frame:
    plot = LandscapePlot(PlotStyle(DARK), at_once=True)
    plot.resize(width, height)
    plot.draw(now)
    frame = plot.frame()
    assert frame is not None
    return frame


def update(now: Moment) -> Anatomy:
    found = anatomy(now.experiment, now.selected, now.trajectory.runs[now.selected], now.step_of(now.selected))
    assert isinstance(found, Anatomy)
    return found


@pytest.mark.parametrize("optimizer", VARIANTS)
@pytest.mark.parametrize("magnify", ["1×", "5×", "fit"])
def test_the_parts_lie_end_to_end_and_close_with_the_step(optimizer: dict[str, Any], magnify: Any) -> None:
    now = moment(12, 0, runs=[{"optimizer": optimizer}], steps=30)
    frame, layer = framed(now), Arrows()
    layer.magnify = magnify
    at, placed, factor = layer.placed(frame)
    x, y = now.trajectory.runs[0].theta[12].tolist()
    assert at == frame.place(x, y)
    arrows = arrows_of(update(now))
    whole = next(arrow for arrow in arrows if arrow.whole)
    parts = [arrow for arrow in arrows if arrow.part and not arrow.whole]
    if not parts:  # one arrow stands for the step and the only part of it
        assert whole.label == "Δθ = Δg"
        parts = [whole]
    np.testing.assert_allclose(parts[0].tail, 0.0)
    for before, after in pairwise(parts):
        np.testing.assert_allclose(before.tail + before.way, after.tail, rtol=1e-12)
    np.testing.assert_allclose(parts[-1].tail + parts[-1].way, whole.way, rtol=1e-9, atol=1e-18)
    if magnify == "5×":
        assert factor == 5.0
    drawn = next((one for one in placed if one.arrow.whole), None)
    if drawn is not None and not drawn.cut:
        step = update(now).values("step")
        tip = frame.place(*(np.array([x, y]) + factor * step).tolist())
        assert (drawn.tip - tip).manhattanLength() < 1e-6
    if magnify == "fit":
        longest = max(math.hypot(*(one.tip - one.tail).toTuple()) for one in placed if one.arrow.part)
        assert longest == pytest.approx(FIT)


def test_what_is_no_part_of_the_step_is_broken_off() -> None:
    now = moment(3, 0, runs=[{"optimizer": {"name": "Adam", "lr": 0.12}}])
    layer = Arrows()
    layer.magnify = "5×"
    _, placed, _ = layer.placed(framed(now))
    slope = next(one for one in placed if one.arrow.key == "gradient")
    assert slope.arrow.label == "−ηg"
    assert slope.broken
    assert math.hypot(*(slope.tip - slope.tail).toTuple()) == pytest.approx(LONGEST)
    way = -update(now).values("gradient")
    along = slope.tip - slope.tail
    assert math.atan2(-along.y(), along.x()) == pytest.approx(math.atan2(way[1], way[0]), abs=1e-9)
    assert not any(one.broken for one in placed if one.arrow.part)


def test_an_arrow_that_leaves_the_view_is_broken_off_at_its_edge() -> None:
    now = moment(3, 0, runs=[{"optimizer": {"name": "SGD", "lr": 0.002}}])
    frame, layer = framed(now), Arrows()
    layer.magnify = "5×"
    x, y = now.trajectory.runs[0].theta[3].tolist()
    step = update(now).values("step")
    reach = 2.0 * np.abs(step).max()  # five times the step leads out of a view that is four times as large
    near = replace(frame, view=(x - reach, x + reach, y - reach, y + reach))
    _, placed, _ = layer.placed(near)
    (whole,) = [one for one in placed if one.arrow.whole]
    assert whole.cut
    assert whole.broken
    assert near.area.contains(whole.tip)
    along = whole.tip - whole.tail
    way = ways(near, now.section, step[np.newaxis])[0]
    assert math.atan2(along.y(), along.x()) == pytest.approx(math.atan2(way[1], way[0]), abs=1e-9)
    assert math.hypot(along.x(), along.y()) < 5.0 * math.hypot(*way)


def test_one_arrow_stands_for_the_step_of_plain_descent_and_its_only_part() -> None:
    now = moment(12, 0, runs=[{"optimizer": {"name": "SGD", "lr": 0.001}}])
    (only,) = arrows_of(update(now))
    assert (only.key, only.label, only.whole) == ("step", "Δθ = Δg", True)
    (only,) = arrows_of(update(now), "gradient_part")
    assert only.key == "gradient_part"


@pytest.mark.parametrize("case", ["hidden", "last", "away"])
def test_it_is_said_why_there_are_none(case: str) -> None:
    run = {"optimizer": {"name": "SGD", "lr": 0.0012}, "hidden": case == "hidden"}
    now = moment(80 if case == "last" else 5, 0, runs=[run])
    plot = LandscapePlot(PlotStyle(DARK))
    plot.draw(now)
    if case == "away":
        plot.look_at((50.0, 60.0, 50.0, 56.0))
    plot.show_arrows(True)
    plot.show_ellipse(case != "last")
    picture(plot)
    reason = {"hidden": "the run is hidden", "last": "no update follows", "away": "the marble is out of view"}[case]
    assert [reason in note for note in plot.words.notes] == [True] * (1 if case == "last" else 2)


@pytest.mark.parametrize("cursor", [0, 1, 5, 20])
@pytest.mark.parametrize(
    "ground", [{"name": "rosenbrock"}, {"name": "quadratic", "a": 1.0, "b": 100.0}], ids=["ravine", "bowl"]
)
def test_no_word_lies_over_another_or_over_a_marble(monkeypatch: pytest.MonkeyPatch, cursor: int, ground: Any) -> None:
    run = {"optimizer": {"name": "SGD", "lr": 0.001, "momentum": 0.9}}
    now = moment(cursor, 0, runs=[run], landscape=ground, start=[-1.0, 1.0])
    written: list[QRectF] = []
    for module in ("arrows", "ellipse"):
        monkeypatch.setattr(f"gdsim.ui.plots.{module}.stamp_text", lambda _painter, box, *_: written.append(box))
    plot = LandscapePlot(PlotStyle(DARK), at_once=True)
    plot.draw(now)
    plot.show_arrows(True)
    plot.show_ellipse(True)
    picture(plot)
    frame = plot.frame()
    assert frame is not None
    assert written
    for place, box in enumerate(written):
        assert not any(box.intersects(other) for other in (*written[:place], *plot.marks.boxes(frame)))


def test_numbers_stand_long_enough_to_be_read_while_the_marble_moves_and_are_exact_at_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = [100.0]
    monkeypatch.setattr(words, "perf_counter", lambda: clock[0])
    written: list[str] = []
    for module in ("arrows", "ellipse"):
        monkeypatch.setattr(
            f"gdsim.ui.plots.{module}.stamp_text", lambda _painter, _box, text, *_: written.append(text)
        )
    now = moment(5, 0, runs=[{"optimizer": {"name": "SGD", "lr": 0.001, "momentum": 0.9}}])
    plot = LandscapePlot(PlotStyle(DARK))
    plot.show_arrows(True)
    plot.show_ellipse(True)

    def told(cursor: int, seconds: float) -> list[str]:
        clock[0] += seconds
        plot.draw(replace(now, cursor=cursor))
        written.clear()
        picture(plot)
        return list(written)

    told(5, 1.0)
    first = told(6, 1.0)
    assert first
    assert told(7, 0.5 * words.READABLE) == first
    later = told(8, words.READABLE)
    assert later != first
    assert told(9, 0.0) == later
    written.clear()
    plot.settle()
    picture(plot)
    exact = LandscapePlot(PlotStyle(DARK), at_once=True)
    exact.show_arrows(True)
    exact.show_ellipse(True)
    exact.draw(replace(now, cursor=9))
    at_rest, written[:] = list(written), []
    picture(exact)
    assert at_rest == written != later


def test_a_selected_term_has_its_arrow_and_stands_for_one_that_is_the_same() -> None:
    now = moment(12, 0, runs=[{"optimizer": {"name": "SGD", "lr": 0.001, "momentum": 0.9}}])
    found = update(now)
    assert [arrow.key for arrow in arrows_of(found)] == ["gradient_part", "memory_part", "step"]
    assert [arrow.key for arrow in arrows_of(found, "gradient")] == ["gradient", "memory_part", "step"]
    assert [arrow.key for arrow in arrows_of(found, "velocity")] == ["velocity", "gradient_part", "memory_part", "step"]
    with_velocity = arrows_of(found, "velocity")[0]
    np.testing.assert_allclose(with_velocity.way, -0.001 * found.values("velocity"))
    assert [arrow.key for arrow in arrows_of(found, "rate")] == [arrow.key for arrow in arrows_of(found)]


@pytest.mark.parametrize("case", ["hidden", "last", "away"])
def test_there_are_none_where_there_is_nothing_to_point_at(case: str) -> None:
    run = {"optimizer": {"name": "SGD", "lr": 0.0012}, "hidden": case == "hidden"}
    now = moment(80 if case == "last" else 5, 0, runs=[run])
    frame = framed(now)
    if case == "away":
        frame = replace(frame, view=(50.0, 60.0, 50.0, 56.0))
    assert Arrows().placed(frame)[1] == []


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("cursor", [0, 20, 80])
@pytest.mark.parametrize("kind", ["plane", "line", "network"])
def test_they_are_seen_and_the_marble_still_is(theme: Any, cursor: int, kind: str) -> None:
    now = moment(cursor) if kind == "plane" else modelled(kind, min(cursor, 30))
    last = now.cursor >= now.trajectory.runs[now.selected].last
    plot = LandscapePlot(PlotStyle(theme), at_once=True)
    plot.draw(now)
    plain = picture(plot)
    plot.show_arrows(True)
    arrows = picture(plot)
    plot.show_arrows(False)
    assert picture(plot) == plain
    assert (arrows == plain) == last
    frame = plot.frame()
    assert frame is not None
    run = now.trajectory.runs[now.selected]
    x, y = now.section.places(run)[now.step_of(now.selected)].tolist()
    at = frame.place(x, y) + plot.area().topLeft()
    for off in (QPointF(0, 0), QPointF(4, 4), QPointF(-5, 3)):
        spot = (at + off).toPoint()
        assert arrows.pixel(spot) == plain.pixel(spot), "the marble lies on top"


def test_a_figure_can_have_them() -> None:
    now = moment(20)
    options = FigureOptions(480, 320, layout="landscape")
    figure = Figure(options)
    plain = figure.image(now)
    assert figure.adjust(replace(options, arrows=True))
    assert figure.image(now) != plain
    assert Figure(replace(options, arrows=True)).image(now) == figure.image(now)


def test_while_the_marble_moves_only_what_is_near_is_taken_apart() -> None:
    now = moment(5, steps=2000)
    insight = Insight()
    assert insight.at(now, hurried=True) is None
    assert isinstance(insight.at(replace(now, cursor=6), hurried=True), Anatomy)
    assert isinstance(insight.at(replace(now, cursor=6 + FAR), hurried=True), Anatomy)
    assert insight.at(replace(now, cursor=7 + 2 * FAR), hurried=True) is None
    assert isinstance(insight.at(replace(now, cursor=7 + 2 * FAR)), Anatomy)


# The ellipse


def test_the_ellipse_is_as_flat_as_the_root_of_the_condition_number() -> None:
    now = moment(3, 0, landscape={"name": "quadratic", "a": 1.0, "b": 100.0}, start=[-1.0, 1.0])
    found = Curvature().at(now)
    assert found is not None
    shape = in_plane(found, now.section)
    assert shape is not None
    axes = half_axes(framed(now), *shape)
    lengths = np.sort(np.hypot(*axes.T))
    assert lengths[1] == pytest.approx(REACH)
    assert lengths[1] / lengths[0] == pytest.approx(math.sqrt(found.condition), rel=1e-3)


@pytest.mark.parametrize("kind", ["plane", "line", "network"])
def test_the_ellipse_is_seen(kind: str) -> None:
    now = moment(20) if kind == "plane" else modelled(kind, 10)
    plot = LandscapePlot(PlotStyle(DARK), at_once=True)
    plot.draw(now)
    plain = picture(plot)
    plot.show_ellipse(True)
    known = in_plane(Curvature().at(now), now.section) is not None  # type: ignore[arg-type]
    assert (picture(plot) != plain) == known


def test_facts_are_found_once_for_a_step() -> None:
    curvature, now = Curvature(), moment(20)
    found = curvature.at(now)
    assert curvature.at(replace(now)) is found
    assert curvature.at(replace(now, cursor=21)) is not found


# The edge of stability


def test_the_edge_is_drawn_for_its_run_only_and_tinted_where_the_rate_is_above_it() -> None:
    now = moment(20, 1)
    plot = SchedulePlot(PlotStyle(DARK))
    plot.draw(now)
    plain = picture(plot)
    run = now.trajectory.runs[1]
    steps = np.arange(len(run), dtype=np.float64)
    plot.set_edge(run, steps, np.where(steps < 40, 0.001, 0.01))
    assert picture(plot) != plain
    found = plot.edge_line(now)
    assert found is not None
    frame = plot.frame()
    assert frame is not None
    over = above(frame, *found).boundingRect()
    crossing = frame.place(29.0, 0.0).x(), frame.place(30.0, 0.0).x()
    assert over.left() == pytest.approx(0.0)
    assert crossing[0] <= over.right() <= crossing[1], "until the schedule halves the rate"
    plot.draw(replace(now, selected=0))
    assert plot.edge_line(replace(now, selected=0)) is None
    plot.draw(now)
    plot.clear_edge()
    assert picture(plot) == plain


@pytest.mark.parametrize("edges", [np.nan, 0.0, np.inf, 1e300, 1e-300])
@pytest.mark.parametrize("log", [True, False])
def test_wild_edges_do_no_harm(edges: float, log: bool) -> None:
    now = moment(20, 1)
    plot = SchedulePlot(PlotStyle(DARK))
    plot.set_log(log)
    plot.draw(now)
    run = now.trajectory.runs[1]
    before = plot.view
    plot.set_edge(run, np.arange(len(run), dtype=np.float64), np.full(len(run), edges))
    picture(plot)
    assert np.isfinite(plot.view).all()
    assert plot.view[3] - plot.view[2] <= 2.0 * (before[3] - before[2]) + 3.0
