"""Figures: they depend on the moment, the size and the theme, and on nothing of the screen."""

import html
import re

import numpy as np
import pytest
from PySide6.QtCore import QBuffer, QRectF, QSize
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtSvg import QSvgGenerator
from samples import document
from windows import ravine, settle

import gdsim
from gdsim.core.stability import edge_along
from gdsim.core.trajectory import run
from gdsim.ui import style
from gdsim.ui.edge import whole_line
from gdsim.ui.figure import BACKGROUNDS, LAYOUTS, Figure, FigureOptions, Filmstrip, scale_for
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.readings import blocks
from gdsim.ui.plots.style import PlotStyle
from gdsim.ui.theme import DARK, THEMES


@pytest.fixture(scope="module")
def trajectory():
    return run(ravine())


@pytest.fixture
def moment(trajectory):
    return Moment(trajectory.experiment, trajectory, 60, 0)


def bits(image):
    return bytes(image.constBits())


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("size", [(64, 64), (321, 199), (1280, 720), (400, 900)], ids=str)
def test_it_has_exactly_the_size_asked_for(qapp, moment, layout, size):
    image = Figure(FigureOptions(*size, layout=layout, title="A title that is rather long for a small picture")).image(
        moment
    )
    assert (image.width(), image.height()) == size
    assert image.devicePixelRatio() == 1.0


def test_the_same_moment_gives_the_same_picture(qapp, moment):
    options = FigureOptions(480, 300, title="Same")
    first = bits(Figure(options).image(moment))
    style.apply(qapp, "light")
    assert bits(Figure(options).image(moment)) == first, "the window's theme does not matter"
    style.apply(qapp, "dark")
    figure = Figure(options)
    figure.image(Moment(moment.experiment, moment.trajectory, 119, 1))
    assert bits(figure.image(moment)) == first, "what was painted before does not matter"


def test_the_step_shows(qapp, moment):
    figure = Figure(FigureOptions(480, 300))
    pictures = {bits(figure.image(Moment(moment.experiment, moment.trajectory, step, 0))) for step in (0, 1, 60, 120)}
    assert len(pictures) == 4


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("background", BACKGROUNDS)
def test_the_ground(qapp, moment, theme, background):
    image = Figure(FigureOptions(480, 300, layout="side", theme=theme, background=background, title="x")).image(moment)
    image = image.convertToFormat(QImage.Format.Format_ARGB32)
    corner = QColor.fromRgba(image.pixel(1, 298))
    if background == "transparent":
        assert corner.alpha() == 0
    elif background == "white":
        assert corner.name() == "#ffffff"
    else:
        assert corner.alpha() == 255
        assert (corner.lightness() < 128) is THEMES[theme].is_dark


def test_letters_grow_with_the_picture():
    sizes = [(320, 200), (1280, 720), (1920, 1080), (3840, 2160)]
    scales = [scale_for(*size) for size in sizes]
    assert scales == sorted(scales)
    assert scales[3] == pytest.approx(2 * scales[2])


def test_a_part_of_the_landscape_can_be_shown(qapp, moment):
    whole = bits(Figure(FigureOptions(480, 300, layout="landscape")).image(moment))
    part = bits(Figure(FigureOptions(480, 300, layout="landscape", view=(0.5, 1.5, 0.5, 1.5))).image(moment))
    assert whole != part


def test_a_moment_of_which_nothing_was_computed(qapp):
    from gdsim.core.trajectory import RunTrajectory, Trajectory

    experiment = ravine()
    empty = Trajectory(experiment, tuple(RunTrajectory(name) for name in experiment.labels()))
    for layout in LAYOUTS:
        Figure(FigureOptions(480, 300, layout=layout)).image(Moment(experiment, empty, 0, 0))


# layouts


SIZES = [(16, 16), (64, 64), (320, 180), (640, 360), (1080, 1080), (360, 640), (1600, 300), (200, 1200), (1920, 1080)]


def many(count, letters=8):
    runs = [
        {"label": f"run {k} ".ljust(letters, "x")[:letters], "optimizer": {"name": "SGD", "lr": 2e-4 * 3**k}}
        for k in range(count)
    ]
    return gdsim.load(document(*runs, landscape="rosenbrock", start=[-1.5, 1.0], steps=40, title="Many " * 30))


@pytest.fixture(scope="module")
def eight():
    """Eight runs, several of which diverge."""
    experiment = many(8, letters=40)
    return Moment(experiment, run(experiment), 40)


@pytest.fixture(scope="module")
def fitted():
    """A line that is fitted to points."""
    landscape = {"name": "linear_regression", "validation": 0.4}
    experiment = gdsim.load(document({"optimizer": {"name": "SGD"}, "batch_size": 2}, landscape=landscape, steps=40))
    return Moment(experiment, run(experiment), 40)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_plots_share_the_picture(qapp, eight, fitted, layout, size):
    shown = fitted if layout == "data" else eight
    for title, caption in (("", ""), ("A title", "A caption " * 30)):
        figure = Figure(FigureOptions(*size, layout=layout, title=title, caption=caption))
        figure.image(shown)
        rects = [rect for _, rect in figure._placed]
        for k, one in enumerate(rects if min(size) >= 64 else []):
            assert not any(one.intersects(other) for other in rects[k + 1 :])
            assert QRectF(0, 0, *size).contains(one)
            assert one.width() >= 8
            assert one.height() >= 8
        if min(size) >= 180:
            used = sum(rect.width() * rect.height() for rect in rects) / (size[0] * size[1])
            assert used > (0.88 if not title else 0.78), "no part of it is left empty"
    assert figure.image(shown).size().toTuple() == size


def test_a_landscape_without_data_shows_none(qapp, eight):
    figure, side = (Figure(FigureOptions(640, 360, layout=layout)) for layout in ("data", "side"))
    assert bits(figure.image(eight)) == bits(side.image(eight))


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6, 7, 8])
def test_boards_of_many_runs(qapp, count):
    experiment = many(count, letters=40)
    trajectory = run(experiment)
    for size in ((320, 180), (180, 320)):
        figure = Figure(FigureOptions(*size, title="x"))
        pictures = {bits(figure.image(Moment(experiment, trajectory, step))) for step in (0, 20, 40)}
        assert len(pictures) == 3


def test_hidden_runs_are_left_out(qapp, eight):
    hidden = gdsim.load(document({"optimizer": {"name": "SGD"}, "hidden": True}, steps=5))
    for layout in LAYOUTS:
        Figure(FigureOptions(320, 180, layout=layout)).image(Moment(hidden, run(hidden), 5))


def test_following_a_window_gives_the_same_as_a_new_figure(qapp, moment):
    plain = FigureOptions(320, 180, title="One")
    others = [
        FigureOptions(320, 180, title="Two", view=(0.0, 1.0, 0.0, 1.0)),
        FigureOptions(320, 180, title="One", log_loss=False, smoothing=0.9),
        FigureOptions(320, 180, title="One", contours=False),
        FigureOptions(320, 180, title="One", arrows=True, ellipse=True),
        plain,
    ]
    figure = Figure(plain)
    figure.image(moment)
    for options in others:
        assert figure.adjust(options)
        assert bits(figure.image(moment)) == bits(Figure(options).image(moment))
    for options in (
        FigureOptions(320, 180, title="One", theme="light"),
        FigureOptions(320, 182, title="One"),
        FigureOptions(320, 180, layout="side", title="One"),
        FigureOptions(320, 180, title="One", caption="below"),
    ):
        assert not figure.adjust(options), "that needs another figure"


def test_the_window_does_not_matter(window):
    options = FigureOptions(320, 180)
    moment = window.moment()
    before = bits(Figure(options).image(moment))
    window.resize(900, 600)
    window.stage.landscape.zoom(3.0)
    window.set_theme("light")
    settle(window)
    assert bits(Figure(options).image(moment)) == before
    window.set_theme("dark")
    settle(window)


# the readings


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 8, 24])
@pytest.mark.parametrize("size", [(170, 300), (170, 90), (60, 400), (740, 90), (400, 400), (20, 10)], ids=str)
@pytest.mark.parametrize("scale", [0.4, 1.0, 2.2])
def test_blocks_fit_and_never_overlap(qapp, count, size, scale):
    area = QRectF(10 * scale, 8 * scale, size[0] * scale, size[1] * scale)
    laid = blocks(area, count, PlotStyle(DARK, scale))
    assert 1 <= len(laid.places) <= count
    assert 1 <= laid.rows <= 6
    eps = 0.01
    for k, one in enumerate(laid.places):
        inside = one.adjusted(eps, eps, -eps, -eps)
        assert not any(inside.intersects(other) for other in laid.places[k + 1 :])
        if size[1] > 20:
            assert area.adjusted(-eps, -eps, eps, eps + 0.06 * laid.line).contains(one)
    assert laid.line >= 14 * scale, "no line is squeezed"


def test_names_are_not_cut_for_the_outcome(qapp):
    """Four runs whose outcome has no room beside the name: it stands on a line of its own."""
    experiment = gdsim.load(
        document(
            *({"label": f"learning rate {k}", "optimizer": {"name": "SGD", "lr": 0.0002 * k}} for k in range(1, 5)),
            landscape="rosenbrock", start=[-1.5, 1.0], steps=30,
        )
    )  # fmt: skip
    written = texts(FigureOptions(1280, 720), Moment(experiment, run(experiment), 30))
    for k in range(1, 5):
        assert f"learning rate {k}" in written
    assert written.count("still descending") + written.count("stalled") + written.count("converged") == 4
    assert written.count("|gradient|") == 4
    before = texts(FigureOptions(1280, 720), Moment(experiment, run(experiment), 29))
    assert [text.split()[0] for text in before].count("rate") == 4, "which stands there before"


def test_too_many_runs_say_how_many_are_left_out(qapp):
    experiment = many(24)
    written = texts(FigureOptions(1280, 720), Moment(experiment, run(experiment), 40, selected=23))
    more = next(text for text in written if text.startswith("and "))
    names = [text for text in written if text.startswith("run ")]
    assert len({*names}) + int(more.split()[1]) == 24
    assert "run 23 x" in names, "the selected one is there"


def texts(options, moment):
    """The words of a figure, as its SVG holds them."""
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(QSize(options.width, options.height))
    painter = QPainter(generator)
    Figure(options).paint(painter, moment)
    painter.end()
    found = re.findall(r"<text[^>]*>([^<]*)</text>", bytes(buffer.data().data()).decode())
    return [html.unescape(text).strip() for text in found]


# the filmstrip


@pytest.mark.parametrize("count", range(1, 25))
def test_filmstrips(qapp, moment, count):
    steps = [round(120 * k / max(count - 1, 1)) for k in range(count)]
    for size in ((320, 180), (180, 320)):
        strip = Filmstrip(FigureOptions(*size, title="Strip"), steps)
        for k, one in enumerate(strip._cells):
            assert QRectF(0, 0, *size).contains(one)
            assert not any(one.intersects(other) for other in strip._cells[k + 1 :])
    image = strip.image(moment)
    assert (image.width(), image.height()) == size


def test_a_filmstrip_shows_its_steps_whatever_the_cursor(qapp, moment):
    options = FigureOptions(480, 270, title="Strip")
    strip = Filmstrip(options, [0, 60, 120])
    picture = bits(strip.image(moment))
    assert bits(strip.image(Moment(moment.experiment, moment.trajectory, 3))) == picture
    assert bits(Filmstrip(options, [0, 60, 119]).image(moment)) != picture
    clear = Filmstrip(FigureOptions(480, 270, background="transparent"), [0, 60]).image(moment)
    assert clear.pixelColor(0, 269).alpha() == 0


def test_the_edge_of_stability_is_drawn_as_in_the_window_once_the_run_has_ended(qapp, moment, trajectory):
    shown, plain = (Figure(FigureOptions(640, 400, edge=edge)) for edge in (True, False))
    first = bits(shown.image(moment))
    assert first != bits(plain.image(moment))
    assert bits(shown.image(moment)) == first
    line = whole_line(moment)
    assert line is not None
    assert whole_line(moment) is line
    steps, rates = line
    edges = edge_along(moment.experiment, 0, trajectory.runs[0], steps.astype(int))
    np.testing.assert_array_equal(rates, edges)
    with_edge, without = (Figure(FigureOptions(640, 400, layout="landscape", edge=edge)) for edge in (True, False))
    assert bits(with_edge.image(moment)) == bits(without.image(moment))


def test_while_a_run_goes_on_a_figure_has_no_edge(qapp):
    going = run(ravine())
    going.runs[0].keep(50)
    assert whole_line(Moment(going.experiment, going, 40, 0)) is None


def test_arrows_are_as_long_as_in_the_window(qapp, trajectory):
    moment = Moment(trajectory.experiment, trajectory, 1, 0)
    pictures = [
        bits(Figure(FigureOptions(480, 300, layout="landscape", arrows=True, arrow_length=length)).image(moment))
        for length in ("fit", "5×", "1×")
    ]
    assert len(set(pictures)) == 3
    figure = Figure(FigureOptions(480, 300, layout="landscape", arrows=True))
    figure.image(moment)
    assert figure.adjust(FigureOptions(480, 300, layout="landscape", arrows=True, arrow_length="5×"))
    assert bits(figure.image(moment)) == pictures[1]


def test_the_ellipse_of_curvature_can_be_on_a_picture(qapp, trajectory):
    moment = Moment(trajectory.experiment, trajectory, 1, 0)
    with_it, without = (Figure(FigureOptions(480, 300, layout="landscape", ellipse=shown)) for shown in (True, False))
    assert bits(with_it.image(moment)) != bits(without.image(moment))
