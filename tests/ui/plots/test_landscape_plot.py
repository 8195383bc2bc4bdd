"""The landscape: its picture, its view, and what the mouse does."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from windows import hover

from gdsim.core.landscapes import Landscape
from gdsim.core.landscapes.analytic import Rosenbrock
from gdsim.core.spec import kinds_of
from gdsim.ui.plots.ground import Heights, floor_of, ground_colors, sampled, shaded
from gdsim.ui.plots.landscape_plot import LandscapePlot
from gdsim.ui.plots.style import PlotStyle
from gdsim.ui.plots.trails import Trails
from gdsim.ui.plots.views import fitted
from gdsim.ui.theme import DARK, LIGHT, Theme
from tests.ui.plots.conftest import RUNS, moment, picture

DARK_STYLE = PlotStyle(DARK)
pytestmark = pytest.mark.usefixtures("no_failures", "qapp")


def _made(kind: type) -> bool:
    try:
        kind()
    except TypeError:  # it cannot do without something
        return False
    return True


EVERY = [kind.__struct_config__.tag for kind in kinds_of(Landscape) if _made(kind)]


def pixels(image: QImage) -> np.ndarray:
    array = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return array[:, : image.width(), :3].astype(int)


def luminance(color: QColor) -> float:
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color.getRgbF()[:3]]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


# --- the picture


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("name", EVERY)
def test_every_landscape_is_drawn(name: str, theme: Theme) -> None:
    plot = LandscapePlot(PlotStyle(theme))
    plot.draw(moment(landscape={"name": name}, start=None, steps=20, cursor=12))
    image = picture(plot)
    assert len(np.unique(pixels(image).reshape(-1, 3), axis=0)) > 200


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_runs_can_be_seen_on_all_of_the_ground(theme: Theme) -> None:
    ground = [luminance(QColor.fromRgb(int(v) & 0xFFFFFF)) for v in ground_colors(theme)[::8, ::32].ravel()]
    for color in (*theme.run_colors, theme.gradient, theme.memory, theme.step):
        own = luminance(QColor(color))
        worst = min((max(own, g) + 0.05) / (min(own, g) + 0.05) for g in ground)
        assert worst >= 3.0, (color, worst)


def test_low_ground_is_dark_and_colour_follows_the_loss() -> None:
    landscape = Rosenbrock()
    view = landscape.home()
    loss = sampled(landscape, view)
    heights = Heights.of(loss, view, floor_of(landscape))
    tones = heights.tone(heights.height(loss))
    order = np.argsort(loss.ravel())
    assert (np.diff(tones.ravel()[order]) >= 0).all()
    image = pixels(shaded(tones, 4.0, DARK)).sum(axis=2)
    lowest = image.ravel()[order[: len(order) // 10]].mean()
    highest = image.ravel()[order[-len(order) // 10 :]].mean()
    assert lowest < 0.7 * highest


def test_no_part_of_the_ground_is_one_flat_colour() -> None:
    landscape = Rosenbrock()
    heights = Heights.of(sampled(landscape, landscape.home()), landscape.home(), 0.0)
    tones = heights.tone(heights.height(sampled(landscape, landscape.home())))
    shares, _ = np.histogram(tones, bins=10, range=(0.0, 1.0))
    assert shares.max() < 0.3 * shares.sum()


@pytest.mark.parametrize(
    "loss",
    [np.full((6, 8), 3.0), np.full((6, 8), np.nan), np.full((6, 8), np.inf), np.zeros((6, 8)), np.full((6, 8), 1e308)],
    ids=["constant", "nan", "inf", "zero", "huge"],
)
def test_a_ground_without_heights(loss: np.ndarray) -> None:
    heights = Heights.of(loss, (0.0, 1.0, 0.0, 1.0), None)
    tones = heights.tone(heights.height(loss.copy()))
    assert np.isfinite(tones).all()
    assert shaded(tones, 1.0, DARK).width() == 8


def test_what_is_no_number_is_drawn_as_highest() -> None:
    loss = np.array([[0.0, 1.0, 10.0], [100.0, np.nan, np.inf]])
    heights = Heights.of(loss, (0.0, 1.0, 0.0, 1.0), 0.0)
    tones = heights.tone(heights.height(loss.copy()))
    assert tones[1, 1] == tones[1, 2] == 1.0


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0, 3.0])
def test_any_screen_is_filled(ratio: float) -> None:
    plot = LandscapePlot(DARK_STYLE)
    plot.draw(moment())
    array = pixels(picture(plot, 300, 200, ratio))
    assert array.shape == (round(200 * ratio), round(300 * ratio), 3)
    assert (array.sum(axis=2) > 0).all()


def test_contours_and_legend_can_be_left_out() -> None:
    plot = LandscapePlot(DARK_STYLE)
    plot.draw(moment())
    full = pixels(picture(plot))
    plot.show_contours(False)
    without = pixels(picture(plot))
    assert (full != without).any()
    plot.show_legend(False)
    assert (pixels(picture(plot)) != without).any()


@pytest.mark.parametrize("count", [1, 4, 9, 24])
@pytest.mark.parametrize("size", [(300, 200), (420, 300), (560, 360), (1200, 800)])
def test_the_legend_stands_inside_and_clear_of_the_scale_of_heights(count: int, size: tuple[int, int]) -> None:
    runs = [
        {"label": f"run {k}" * (1 + k % 5), "optimizer": {"name": "SGD", "lr": 1e-4 * (k + 1)}} for k in range(count)
    ]
    plot = LandscapePlot(DARK_STYLE)
    plot.draw(moment(runs=runs, selected=0))
    picture(plot, *size)
    frame = plot.frame()
    assert frame is not None
    rect = plot.legend.rect
    assert rect.isEmpty() or frame.area.contains(rect)
    assert not rect.intersects(plot.height_bar.rect(frame, plot.ground.heights(frame, plot.home_view)))
    if size[0] >= 560:
        assert not rect.isEmpty()


# --- trails


@pytest.mark.parametrize("changes", [{}, {"landscape": {"name": "himmelblau"}, "start": None, "steps": 600}])
@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_a_trail_painted_bit_by_bit_is_the_trail_painted_at_once(changes: dict[str, object], theme: Theme) -> None:
    # two runs: where more than two lie over each other, the one that came last is on top
    now = moment(**changes, runs=RUNS[:2])  # type: ignore[arg-type]
    last = now.experiment.steps
    slow, fast = LandscapePlot(PlotStyle(theme)), LandscapePlot(PlotStyle(theme))
    for plot in (slow, fast):
        plot.show_legend(False)  # its columns grow with the values they have held
    for cursor in [*range(0, last, 7), last]:
        slow.draw(replace(now, cursor=cursor))
        bit_by_bit = pixels(picture(slow))
    fast.draw(replace(now, cursor=last))
    at_once = pixels(picture(fast))
    difference = np.abs(bit_by_bit - at_once)
    assert difference.mean() < 0.05
    assert (difference.max(axis=2) > 40).mean() < 1e-3


def test_going_back_takes_the_trail_back() -> None:
    now = moment()
    plot, fresh = LandscapePlot(DARK_STYLE), LandscapePlot(DARK_STYLE)
    plot.draw(replace(now, cursor=60))
    picture(plot)
    plot.draw(replace(now, cursor=5))
    fresh.draw(replace(now, cursor=5))
    np.testing.assert_array_equal(pixels(picture(plot)), pixels(picture(fresh)))


def test_rows_that_are_taken_back_are_unpainted() -> None:
    now = moment(cursor=40)
    plot = LandscapePlot(DARK_STYLE)
    plot.draw(now)
    before = pixels(picture(plot))
    for run in now.trajectory.runs:
        run.keep(4)
    plot.draw(now)
    assert (pixels(picture(plot)) != before).any()


def test_only_what_is_new_is_painted() -> None:
    now = moment(cursor=40)
    plot = LandscapePlot(DARK_STYLE)
    plot.draw(now)
    picture(plot)
    trails: Trails = plot.trails
    assert all(progress.rows == 41 for progress in trails._shown._progress.values())
    seen = {index: set(progress.seen.keys().tolist()) for index, progress in trails._shown._progress.items()}
    plot.draw(replace(now, cursor=41))
    picture(plot)
    for index, progress in trails._shown._progress.items():
        assert progress.rows == 42
        assert seen[index] <= set(progress.seen.keys().tolist())


def test_contour_lines_are_seen_while_the_view_is_moved() -> None:
    seen = []
    for shown in (True, False):
        plot = LandscapePlot(DARK_STYLE)
        plot.show_contours(shown)
        plot.draw(moment())
        plot.zoom(1.5)
        assert plot.is_coarse()
        seen.append(pixels(picture(plot)))
    assert (seen[0] != seen[1]).any(axis=-1).mean() > 0.02


# --- the view


@pytest.mark.parametrize("size", [(480, 320), (200, 400), (900, 200)])
def test_home_is_seen_whole_and_in_proportion(size: tuple[int, int]) -> None:
    plot = LandscapePlot(DARK_STYLE)
    plot.draw(moment())
    picture(plot, *size)
    left, right, bottom, top = plot.view
    home = Rosenbrock().home()
    assert left <= home[0] < home[1] <= right
    assert bottom <= home[2] < home[3] <= top
    area = plot.area()
    assert (right - left) / area.width() == pytest.approx((top - bottom) / area.height())


def test_fitted_grows_one_side_only() -> None:
    assert fitted((0.0, 1.0, 0.0, 1.0), 2.0) == (-0.5, 1.5, 0.0, 1.0)
    assert fitted((0.0, 2.0, 0.0, 1.0), 1.0) == (0.0, 2.0, -0.5, 1.5)


@pytest.mark.parametrize("factor", [1.3, 1 / 1.3, 1e12, 1e-12, math.nan, 0.0, -1.0, math.inf])
def test_no_zoom_breaks_the_view(factor: float) -> None:
    plot = LandscapePlot(DARK_STYLE)
    plot.draw(moment())
    for _ in range(60):
        plot.zoom(factor)
        left, right, bottom, top = plot.view
        assert all(math.isfinite(v) for v in plot.view)
        assert right > left
        assert top > bottom
    picture(plot)
    plot.settle()
    picture(plot)
    span = Rosenbrock().home()[1] - Rosenbrock().home()[0]
    assert 0.3e-9 * span < plot.view[1] - plot.view[0] < 3e6 * span
    plot.home()
    assert plot.at_home
    assert plot.view == plot.home_view


@pytest.mark.parametrize("view", [(math.nan, 1.0, 0.0, 1.0), (1.0, 0.0, 0.0, 1.0), (1e300, 2e300, 0.0, 1.0)])
def test_a_senseless_view_is_refused_or_cut(view: tuple[float, float, float, float]) -> None:
    plot = LandscapePlot(DARK_STYLE)
    plot.draw(moment())
    plot.look_at(view)
    assert all(math.isfinite(v) for v in plot.view)
    picture(plot)


def test_colours_stand_still_while_the_view_is_moved_a_little() -> None:
    plot = LandscapePlot(DARK_STYLE)
    plot.draw(moment())
    picture(plot)
    before = plot.ground._heights
    plot.zoom(1.5)
    plot.settle()
    picture(plot)
    assert plot.ground._heights is before
    plot.zoom(4.0)
    picture(plot)
    assert plot.ground._heights is before  # not while it moves
    plot.settle()
    picture(plot)
    assert plot.ground._heights is not before


# --- divergence


@pytest.mark.parametrize("exponent", [-300, -30, -3, -1, 0, 3, 30, 150, 300])
@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_divergence_breaks_nothing(exponent: int, optimizer: str) -> None:
    run = {"optimizer": {"name": optimizer, "lr": float(f"1e{exponent}")}}
    now = moment(runs=[run], steps=30)
    plot = LandscapePlot(DARK_STYLE)
    for cursor in (0, 1, 2, 10, 30):
        plot.draw(replace(now, cursor=min(cursor, now.trajectory.runs[0].last)))
        picture(plot, 300, 220)
        assert all(math.isfinite(v) for v in plot.view)


# --- the mouse


def drag(view: pg.GraphicsView, begin: QPoint, end: QPoint) -> None:
    port = view.viewport()
    QTest.mousePress(port, Qt.MouseButton.LeftButton, pos=begin)
    for k in range(1, 6):
        QTest.mouseMove(port, begin + (end - begin) * k / 5)
        QApplication.processEvents()
    QTest.mouseRelease(port, Qt.MouseButton.LeftButton, pos=end)


def place(plot: LandscapePlot, x: float, y: float) -> QPoint:
    frame = plot.frame()
    assert frame is not None
    return (plot.area().topLeft() + frame.place(x, y)).toPoint()


def test_the_start_can_be_dragged(shown, qtbot) -> None:
    plot = LandscapePlot(DARK_STYLE)
    plot.draw(moment())
    view = shown(plot)
    moved: list[tuple[float, float]] = []
    plot.start_moved.connect(lambda x, y: moved.append((x, y)))
    before = plot.view
    with qtbot.waitSignal(plot.start_dropped) as dropped:
        drag(view, place(plot, -1.3, 0.3), place(plot, 0.5, 1.5))
    assert dropped.args == pytest.approx((0.5, 1.5), abs=0.02)
    assert len(moved) >= 3
    assert plot.view == before


def test_dragging_the_ground_moves_the_view(shown, qtbot) -> None:
    plot = LandscapePlot(DARK_STYLE)
    plot.draw(moment())
    view = shown(plot)
    before = plot.view
    with qtbot.waitSignal(plot.view_changed):
        drag(view, place(plot, 0.0, -0.5), place(plot, 0.5, -0.25))
    assert plot.view[0] == pytest.approx(before[0] - 0.5, abs=0.03)
    assert plot.view[2] == pytest.approx(before[2] - 0.25, abs=0.03)
    assert plot.is_coarse()
    qtbot.waitUntil(lambda: not plot.is_coarse())


def test_double_click_drops_the_start(shown, qtbot) -> None:
    plot = LandscapePlot(DARK_STYLE)
    plot.draw(moment())
    view = shown(plot)
    with qtbot.waitSignal(plot.start_dropped) as dropped:
        QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place(plot, 1.0, 0.5))
    assert dropped.args == pytest.approx((1.0, 0.5), abs=0.02)


def test_a_click_on_a_marble_tells_its_run(shown, qtbot) -> None:
    now = moment(cursor=17, selected=0)
    plot = LandscapePlot(DARK_STYLE)
    plot.draw(now)
    view = shown(plot)
    x, y = now.trajectory.runs[1].theta[17]
    with qtbot.waitSignal(plot.run_clicked) as clicked:
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place(plot, x, y))
    assert clicked.args == [1]


def test_hovering_reads_the_loss(shown, qtbot) -> None:
    plot = LandscapePlot(DARK_STYLE)
    plot.draw(moment())
    view = shown(plot)
    hover(view.viewport(), place(plot, 0.0, 0.0))
    with qtbot.waitSignal(plot.hovered) as hovered:
        hover(view.viewport(), place(plot, 1.0, 0.5))
    x, y, loss = hovered.args[0]
    assert (x, y) == pytest.approx((1.0, 0.5), abs=0.02)
    assert loss == pytest.approx(float(Rosenbrock().loss([[x, y]])[0]))


def test_the_wheel_zooms_about_the_pointer(shown, qtbot) -> None:
    plot = LandscapePlot(DARK_STYLE)
    plot.draw(moment())
    view = shown(plot)
    at = place(plot, 0.75, 0.25)
    frame = plot.frame()
    assert frame is not None
    fixed = frame.data(QPointF(at) - plot.area().topLeft())
    before = plot.view
    event = QWheelEvent(
        QPointF(at),
        QPointF(view.mapToGlobal(at)),
        QPoint(),
        QPoint(0, 240),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view.viewport(), event)
    frame = plot.frame()
    assert frame is not None
    assert (plot.view[1] - plot.view[0]) == pytest.approx((before[1] - before[0]) / 1.44)
    assert frame.data(QPointF(at) - plot.area().topLeft()) == pytest.approx(fixed)
    qtbot.waitUntil(lambda: not plot.is_coarse())


@pytest.mark.parametrize("up", [True, False])
def test_the_name_of_the_start_stands_where_trails_do_not_lie_over_it(up: bool) -> None:
    now = moment(
        cursor=30,
        landscape={"name": "quadratic", "a": 1.0, "b": 1.0},
        start=[0.4, -1.0 if up else 1.0],
        steps=30,
        runs=[{"optimizer": {"name": "SGD", "lr": 0.05}}],
    )
    plot = LandscapePlot(DARK_STYLE, at_once=True)
    names = set()
    for step in (30, *range(0, 30, 5)):  # it does not jump while the marble rolls
        plot.draw(replace(now, cursor=step))
        picture(plot)
        frame = plot.frame()
        assert frame is not None
        name = plot.marks.boxes(frame)[-1]
        assert (name.center().y() > plot.marks.place(frame).y()) is up
        names.add(name.topLeft().toTuple())
    assert len(names) == 1
