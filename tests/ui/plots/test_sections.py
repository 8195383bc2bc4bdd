"""Landscapes of models: planes through many parameters, training and validation surfaces, second marbles."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from windows import hover

import gdsim
from gdsim.core.landscapes import ModelLandscape
from gdsim.ui.figure import Figure, FigureOptions, Filmstrip
from gdsim.ui.plots.average import average_places
from gdsim.ui.plots.ground import following
from gdsim.ui.plots.landscape_plot import LandscapePlot
from gdsim.ui.plots.marks import marble_places
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.plane_card import PlaneCard, plane_text, reading_text
from gdsim.ui.plots.style import PlotStyle
from gdsim.ui.theme import DARK, LIGHT, Theme
from tests.ui.plots.conftest import moment, picture
from tests.ui.plots.models import LANDSCAPES, RUN, modelled
from tests.ui.plots.test_landscape_plot import pixels, place

DARK_STYLE = PlotStyle(DARK)
pytestmark = pytest.mark.usefixtures("no_failures", "qapp")

PLANES: list[dict[str, Any]] = [
    {"name": "coordinates", "first": 0, "second": 2},
    {"name": "directions", "through": "end"},
    {"name": "components"},
    {"name": "components", "through": "start"},
    {"name": "components", "through": "best"},
]
STILL = {"name": "components", "through": "end"}


def drawn(now: Moment, *, at_once: bool = True, theme: Theme = DARK) -> LandscapePlot:
    plot = LandscapePlot(PlotStyle(theme), at_once=at_once)
    plot.draw(now)
    return plot


# --- the picture


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("surface", ["training", "validation", "both"])
@pytest.mark.parametrize("kind", LANDSCAPES)
def test_every_surface_of_every_model_is_drawn(kind: str, surface: str, theme: Theme) -> None:
    plot = drawn(modelled(kind, surface=surface), theme=theme, at_once=False)
    coarse = pixels(picture(plot))
    assert len(np.unique(coarse.reshape(-1, 3), axis=0)) > 200
    plot.settle()
    while not plot.ground.survey.finished:
        plot.ground.survey.refine()
    fine = pixels(picture(plot))
    assert np.abs(fine - coarse).mean() < 12.0  # the same picture, only sharper


@pytest.mark.parametrize("plane", PLANES, ids=lambda plane: "-".join(map(str, plane.values())))
def test_marbles_stand_where_the_plane_sees_them(plane: dict[str, Any]) -> None:
    now = modelled("network", plane=plane)
    plot = drawn(now)
    picture(plot)
    frame = plot.frame()
    assert frame is not None
    [(index, at, inside)] = marble_places(frame)
    assert (index, inside) == (0, True)
    x, y = now.section.place(now.trajectory.runs[0].theta[now.cursor])
    expected = frame.place(x, y)
    assert (at.x(), at.y()) == pytest.approx((expected.x(), expected.y()), abs=1e-6)
    start = plot.marks.place(frame)
    x, y = now.section.place(now.experiment.origin)
    assert (start.x(), start.y()) == pytest.approx((frame.place(x, y).x(), frame.place(x, y).y()), abs=1e-6)


def test_validation_lines_and_lowest_loss_are_drawn_over_the_training_surface() -> None:
    both, training = drawn(modelled("line", surface="both")), drawn(modelled("line"))
    training._home = both._home  # so that colours are the same
    with_lines, without = pixels(picture(both)), pixels(picture(training))
    assert 0.005 < (with_lines != without).any(axis=2).mean() < 0.3
    assert training.marks.held_back is None
    assert both.marks.held_back is not None
    assert both.plane_card.rect.height() > 0.0
    assert training.plane_card.rect.isEmpty()


def test_home_holds_the_lowest_validation_loss() -> None:
    plot = drawn(modelled("line", surface="both"))
    picture(plot)
    assert plot.marks.held_back is not None
    left, right, bottom, top = plot.home_view
    x, y = plot.marks.held_back
    assert left < x < right
    assert bottom < y < top


@pytest.mark.parametrize("kind", ["line", "network"])
def test_the_average_is_a_second_marble_with_a_trail_of_its_own(kind: str) -> None:
    now = modelled(kind)
    run = now.trajectory.runs[0]
    places = average_places(now.section, run)
    assert places is not None
    assert run.average is not None
    for row in (0, 5, run.last):
        assert places[row] == pytest.approx(now.section.place(run.average[row]))
    plain = modelled(kind, runs=[{**RUN, "average": None}])
    assert average_places(plain.section, plain.trajectory.runs[0]) is None
    np.testing.assert_array_equal(plain.trajectory.runs[0].theta, run.theta)
    assert (pixels(picture(drawn(now))) != pixels(picture(drawn(plain)))).any(axis=2).sum() > 60


@pytest.mark.parametrize("kind", ["line", "network"])
def test_trails_painted_bit_by_bit_are_the_trails_painted_at_once(kind: str) -> None:
    now = modelled(kind, plane=STILL if kind == "network" else None)
    slow, fast = drawn(replace(now, cursor=0)), drawn(replace(now, cursor=30))
    for plot in (slow, fast):
        plot.show_legend(False)
    for cursor in range(0, 31, 3):
        slow.draw(replace(now, cursor=cursor))
        bit_by_bit = pixels(picture(slow))
    difference = np.abs(bit_by_bit - pixels(picture(fast)))
    assert difference.mean() < 0.05


# --- frames of a plane that follows


def test_a_figure_shows_a_step_the_same_whatever_was_shown_before() -> None:
    now = modelled("network", surface="both")
    assert following(now)
    options = FigureOptions(400, 280, layout="landscape", fan=True)
    film, still = Figure(options), Figure(options)
    for cursor in (0, 10, 20, 21):
        last = pixels(film.image(replace(now, cursor=cursor)))
    at_once = pixels(still.image(replace(now, cursor=21)))
    assert np.abs(last - at_once).max() <= 4  # where pieces of a trail meet
    assert (last != at_once).mean() < 1e-3
    strip = Filmstrip(replace(options, width=800), [0, 21])
    assert strip.image(now).width() == 800


def test_colours_stand_still_while_the_plane_follows() -> None:
    now = modelled("network")
    plot = drawn(now, at_once=False)
    picture(plot)
    before = plot.ground._heights
    grounds = []
    for cursor in (13, 14, 20):
        plot.draw(replace(now, cursor=cursor))
        grounds.append(pixels(picture(plot)))
        assert plot.ground._heights is before
    assert (grounds[0] != grounds[-1]).any()


def test_in_a_hurry_the_ground_is_coarse_and_at_rest_it_gets_fine(shown, qtbot) -> None:
    now = modelled("network")
    plot = LandscapePlot(DARK_STYLE)
    plot.draw(now)
    shown(plot)
    for cursor in (13, 14, 15):
        plot.draw(replace(now, cursor=cursor))
        QApplication.processEvents()
    assert plot.ground.hurried
    qtbot.waitUntil(lambda: not plot.ground.hurried)
    samples = plot.ground.survey
    qtbot.waitUntil(lambda: samples.finished and samples.samples is not None and samples.samples.fine)
    assert samples.samples is not None
    assert samples.samples.section is replace(now, cursor=15).section


# --- the view


def test_the_view_stays_while_only_the_cut_moves() -> None:
    now = modelled("network")
    plot = drawn(now)
    picture(plot)
    plot.zoom(2.0)
    before = plot.view
    plot.draw(replace(now, cursor=25))
    assert plot.view == before
    plot.home()
    home = plot.view
    plot.draw(replace(now, cursor=3))
    assert plot.view == home


@pytest.mark.parametrize(
    "other",
    [
        modelled("classes", plane={"name": "coordinates", "first": 1, "second": 2}),
        modelled("classes", plane={"name": "components"}),
        modelled("network"),
        modelled("line"),
        moment(),
    ],
    ids=["parameters", "components", "network", "line", "formula"],
)
def test_another_kind_of_plane_or_landscape_is_shown_from_home(other: Moment) -> None:
    plot = drawn(modelled("classes"))
    picture(plot)
    plot.zoom(3.0)
    assert not plot.at_home
    plot.draw(other)
    assert plot.at_home
    picture(plot)


def test_standardising_bit_by_bit_moves_the_view_bit_by_bit() -> None:
    data = {"dataset": {"name": "line", "size": 40, "low": 10.0, "high": 30.0}}
    plot = LandscapePlot(DARK_STYLE, at_once=True)
    middles, widths, places = [], [], []
    for s in np.linspace(0.0, 1.0, 101):
        now = modelled("line", data={**data, "standardise": float(s)}, steps=5, cursor=3)
        plot.draw(now)
        if not places:
            picture(plot)
            plot.zoom(1.5)
        left, right, bottom, top = plot.view
        middles.append((left + right + bottom + top) / 4)
        widths.append(right - left)
        x, y = now.section.minima()[0]
        places.append(((x - left) / (right - left), (y - bottom) / (top - bottom)))
    assert not plot.at_home
    assert max(np.abs(np.diff(np.log(widths)))) < 0.4
    assert max(np.abs(np.diff(middles))) < 0.4 * max(widths)
    assert np.ptp(places, axis=0).max() < 0.35  # what was looked at stays in view


# --- what is read


@pytest.mark.parametrize("surface", ["training", "validation"])
@pytest.mark.parametrize("plane", [None, STILL], ids=["follows", "still"])
def test_the_card_tells_the_marble_from_the_surface(plane: dict[str, Any] | None, surface: str) -> None:
    now = modelled("network", 4, plane=plane, surface=surface)
    run = now.trajectory.runs[0]
    reading = PlaneCard().reading(now)
    assert reading is not None
    assert reading.loss == run.loss[4]
    assert reading.beneath == now.section.beneath(run.theta[4])
    if plane is None:
        assert reading.distance == 0.0
    else:
        assert reading.distance == pytest.approx(now.section.distance(run.theta[4]))
        assert reading.distance > 0.0
    if plane is None and surface == "training":
        assert reading.beneath == pytest.approx(reading.loss)
    assert ("validation" in reading_text(reading, now.section)) == (surface == "validation")


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (modelled("classes"), ["plane: w1 × w2", "follows the marble"]),
        (modelled("network"), ["plane: PC 1 × PC 2", "% of the variance", "follows the marble"]),
        (modelled("network", plane=STILL), ["through the end"]),
        (modelled("line"), []),
        (moment(), []),
    ],
)
def test_the_card_says_which_plane_is_seen(now: Moment, words: list[str]) -> None:
    text = plane_text(now)
    assert bool(text) == bool(words)
    assert all(word in text for word in words)


@pytest.mark.parametrize("size", [(300, 180), (420, 300), (760, 500), (1400, 700)])
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_cards_stand_inside_and_beside_each_other(size: tuple[int, int], scale: float) -> None:
    plot = LandscapePlot(PlotStyle(DARK, scale), at_once=True)
    plot.draw(modelled("network", surface="both"))
    picture(plot, *size)
    frame = plot.frame()
    assert frame is not None
    card, legend = plot.plane_card.rect, plot.legend.rect
    assert card.isEmpty() or frame.area.contains(card)
    assert card.isEmpty() or legend.isEmpty() or not card.intersects(legend)
    assert card.isEmpty() or not card.intersects(
        plot.height_bar.rect(frame, plot.ground.heights(frame, plot.home_view))
    )
    if frame.width > 420 * scale and frame.height > 250 * scale:
        assert not card.isEmpty()


def test_a_marble_beside_the_plane_is_marked() -> None:
    on, off = modelled("network", 4), modelled("network", 4, plane=STILL)
    for now, beside in ((on, False), (off, True)):
        plot = drawn(now)
        picture(plot)
        frame = plot.frame()
        assert frame is not None
        assert plot.marks._is_beside(frame, 0) is beside


def test_hovering_reads_the_surface(shown, qtbot) -> None:
    now = modelled("classes", surface="validation")
    plot = drawn(now, at_once=False)
    view = shown(plot)
    x, y = now.section.place(now.trajectory.runs[0].theta[20])
    hover(view.viewport(), place(plot, x, y) + QPoint(30, 30))
    with qtbot.waitSignal(plot.hovered) as hovered:
        hover(view.viewport(), place(plot, x, y))
    x, y, loss = hovered.args[0]
    landscape = now.experiment.landscape
    assert isinstance(landscape, ModelLandscape)
    bias = now.trajectory.runs[0].theta[now.cursor, 2]
    assert loss == pytest.approx(float(landscape.val_loss([[x, y, bias]])[0]))


# --- the start


def test_dragging_the_start_moves_it_along_the_plane_that_stands_still(shown, qtbot) -> None:
    experiment = modelled("classes", start=[-1.0, 0.5, 0.7]).experiment
    plot = LandscapePlot(DARK_STYLE)
    plot.draw(Moment(experiment, gdsim.run(experiment), 12))
    starts: list[tuple[float, ...]] = []

    def moved(x: float, y: float) -> None:
        """As the window does: each move is another experiment, with runs that are computed again."""
        nonlocal experiment
        starts.append(plot.start_at(x, y))
        experiment = msgspec.structs.replace(experiment, start=starts[-1])
        plot.draw(Moment(experiment, gdsim.run(experiment), 12))

    plot.start_moved.connect(moved)
    view = shown(plot)
    port, begin = view.viewport(), place(plot, -1.0, 0.5)
    frame = plot.frame()
    assert frame is not None
    before = frame.moment.section
    QTest.mousePress(port, Qt.MouseButton.LeftButton, pos=begin)
    for k in range(1, 5):
        QTest.mouseMove(port, begin + QPoint(10 * k, 6 * k))
        QApplication.processEvents()
        frame = plot.frame()
        assert frame is not None
        assert frame.moment.section is before
    expected = frame.data(plot.marks.place(frame))
    with qtbot.waitSignal(plot.start_dropped) as dropped:
        QTest.mouseRelease(port, Qt.MouseButton.LeftButton, pos=begin + QPoint(40, 24))
    assert dropped.args == pytest.approx(expected, abs=0.02)
    assert starts[-1][:2] == pytest.approx(expected, abs=0.02)
    assert [start[2] for start in starts] == [0.7] * len(starts)
    frame = plot.frame()
    assert frame is not None
    assert frame.moment.section is not before
    assert frame.moment.pinned is None


def test_double_click_puts_the_start_on_the_plane_of_the_marble(shown, qtbot) -> None:
    now = modelled("network")
    plot = LandscapePlot(DARK_STYLE)
    plot.draw(now)
    view = shown(plot)
    x, y = now.section.place(now.trajectory.runs[0].theta[20])
    with qtbot.waitSignal(plot.start_dropped) as dropped:
        QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place(plot, x, y))
    start = plot.start_at(*dropped.args)
    assert len(start) == now.experiment.landscape.dim
    assert now.section.place(start) == pytest.approx(dropped.args)
    assert now.section.distance(start) == pytest.approx(now.section.distance(now.experiment.origin))
