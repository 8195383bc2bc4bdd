"""Figures: they depend on the moment, the size and the theme, and on nothing of the screen."""

import pytest
from PySide6.QtGui import QColor, QImage
from windows import ravine

from gdsim.core.trajectory import run
from gdsim.ui import style
from gdsim.ui.figure import BACKGROUNDS, LAYOUTS, Figure, FigureOptions, scale_for
from gdsim.ui.plots.moment import Moment
from gdsim.ui.theme import THEMES


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
