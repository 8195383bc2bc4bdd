"""The surface as a plot: what it shows of a moment, what it hides, and that odd surfaces are drawn sanely."""

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem
from samples import document
from windows import ravine

import gdsim
from gdsim.core import trajectory
from gdsim.core.camera import Camera
from gdsim.core.section import Section
from gdsim.core.trajectory import run
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.plane_card import PlaneCard
from gdsim.ui.plots.style import PlotStyle
from gdsim.ui.solid.block import BlockPainter
from gdsim.ui.solid.frame import SolidFrame
from gdsim.ui.solid.marks import balls, gone
from gdsim.ui.solid.plot import SolidPlot
from gdsim.ui.solid.rise import Rise
from gdsim.ui.theme import DARK, LIGHT

WIDTH, HEIGHT = 480, 360


def moment_of(experiment, step=None):
    trajectory = run(experiment)
    return Moment(experiment, trajectory, max(r.last for r in trajectory.runs) if step is None else step)


@pytest.fixture(scope="module")
def ravine_moment():
    return moment_of(ravine())


def plot_of(moment, camera=None, theme=DARK, size=(WIDTH, HEIGHT)):
    plot = SolidPlot(PlotStyle(theme), at_once=True)
    plot.aim(camera)
    plot.resize(*size)
    plot.draw(moment)
    return plot


def painted(plot, size=(WIDTH, HEIGHT), ratio=1):
    image = QImage(size[0] * ratio, size[1] * ratio, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor("#FF00FF"))
    painter = QPainter(image)
    plot.paint(painter, QStyleOptionGraphicsItem())
    painter.end()
    assert not plot._failed
    return image


def pixels(image):
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 4 * image.width()].reshape(image.height(), image.width(), 4)[..., :3].astype(int)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_the_picture_fills_the_plot_and_shows_a_surface(qapp, ravine_moment, theme):
    found = pixels(painted(plot_of(ravine_moment, theme=theme)))
    assert not (found == (255, 0, 255)).all(axis=2).any()
    ground = QColor(theme.bg1)
    other = np.abs(found - (ground.blue(), ground.green(), ground.red())).sum(axis=2) > 12
    assert 0.15 < other.mean() < 0.8


def test_the_same_moment_gives_the_same_pixels_whatever_was_painted_before(qapp, ravine_moment):
    first = painted(plot_of(ravine_moment, Camera(azimuth=20.0)))
    plot = plot_of(ravine_moment)
    painted(plot)
    plot.draw(Moment(ravine_moment.experiment, ravine_moment.trajectory, 3))
    painted(plot)
    plot.aim(Camera(azimuth=20.0))
    plot.draw(ravine_moment)
    assert painted(plot) == first


def test_trails_painted_step_by_step_are_those_painted_at_once(qapp, ravine_moment):
    at_once = painted(plot_of(ravine_moment))
    plot = plot_of(Moment(ravine_moment.experiment, ravine_moment.trajectory, 0))
    for step in range(0, 121, 8):
        plot.draw(Moment(ravine_moment.experiment, ravine_moment.trajectory, step))
        last = painted(plot)
    off = np.abs(pixels(at_once) - pixels(last)).max(axis=2)
    assert (off > 40).mean() < 2e-3


def test_on_fine_pixels_it_is_the_same_picture_and_finer(qapp, ravine_moment):
    plain, fine = painted(plot_of(ravine_moment)), painted(plot_of(ravine_moment), ratio=2)
    small = fine.scaled(WIDTH, HEIGHT)
    small.setDevicePixelRatio(1)
    assert np.abs(pixels(plain) - pixels(small)).mean() < 6.0


def test_the_camera_and_the_theme_show(qapp, ravine_moment):
    pictures = [
        painted(plot_of(ravine_moment, camera))
        for camera in (None, Camera(azimuth=0.0), Camera(elevation=80.0), Camera(zoom=2.0), Camera(height="linear"))
    ]
    assert len({bytes(picture.constBits()) for picture in pictures}) == len(pictures)


def frame_of(plot) -> SolidFrame:
    painted(plot)
    frame = plot.frame()
    assert frame is not None
    return frame


@pytest.mark.parametrize("elevation", [20.0, 45.0, 90.0])
def test_what_is_seen_at_a_pixel_is_found_again(qapp, ravine_moment, elevation):
    frame = frame_of(plot_of(ravine_moment, Camera(elevation=elevation)))
    for x, y in ((-1.8, 1.5), (0.0, 0.5), (1.0, -0.5)):
        at, hidden, _ = frame.spot(x, y)
        if not hidden:
            again, *_ = frame.spot(*frame.found(at))
            assert (again - at).manhattanLength() < 4.0
    assert frame.found(QPointF(1.0, 1.0)) is None
    assert frame.found(QPointF(-50.0, 1.0)) is None


def hill_moment():
    experiment = gdsim.load(
        document(landscape={"name": "formula", "expression": "4*exp(-2*(x^2+y^2))"}, start=[0.5, -1.0], steps=3)
    )
    return moment_of(experiment)


def test_what_is_behind_a_hill_is_hidden(qapp):
    frame = frame_of(plot_of(hill_moment(), Camera(azimuth=-90.0, elevation=12.0, height="linear")))
    assert frame.spot(0.0, 1.0)[1]
    assert not frame.spot(0.0, -1.0)[1]
    assert not frame.spot(2.5, 1.0)[1]
    points = np.array([[-2.5, 1.0], [2.5, 1.0]])
    seen, hidden = frame.line(points)[0], SolidFrame.line(hidden_of(frame), points)[0]
    assert np.isfinite(seen).any()
    assert np.isfinite(hidden).any()
    assert (np.isfinite(seen) | np.isfinite(hidden)).all()


def hidden_of(frame):
    return dataclasses.replace(frame, hidden=True)


def test_places_beyond_the_surface_are_not_drawn(qapp, ravine_moment):
    frame = frame_of(plot_of(ravine_moment))
    x, y = frame.pixels(np.array([[1e300, 0.0], [np.nan, 0.0], [50.0, 1.0], [0.0, 0.5]]))
    assert np.isnan(x[:3]).all()
    assert np.isnan(y[:3]).all()
    assert math.isfinite(x[3])


def test_balls_lie_where_the_runs_are_and_the_far_ones_first(qapp, ravine_moment):
    frame = frame_of(plot_of(ravine_moment))
    found = balls(frame)
    assert {index for _, index, _, _ in found} == {0, 1}
    assert [ball[0] for ball in found] == sorted((ball[0] for ball in found), reverse=True)
    for _, index, at, _ in found:
        x, y = ravine_moment.trajectory.runs[index].theta[120]
        assert (frame.spot(x, y)[0] - at).manhattanLength() < 1e-6


def test_numbers_never_touch_each_other_nor_the_edge(qapp, ravine_moment):
    plot = plot_of(ravine_moment)
    image = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    for azimuth in range(-180, 180, 15):
        for elevation in (5.0, 20.0, 38.0, 60.0, 90.0):
            for zoom in (0.25, 1.0, 3.0):
                plot.set_camera(Camera(azimuth=azimuth, elevation=elevation, zoom=zoom))
                frame = plot.frame()
                taken = []
                BlockPainter(painter, frame).numbers(taken)
                for k, box in enumerate(taken):
                    assert frame.area.contains(box)
                    assert not any(box.intersects(other) for other in taken[:k])
                if zoom == 1.0 and 20.0 <= elevation <= 60.0:
                    assert len(taken) >= 6, (azimuth, elevation)
    painter.end()


ODD = {
    "infinite": (lambda x, y: np.where(x > 0.5, np.inf, x * x + y * y), "no finite number"),
    "missing": (lambda x, y: np.where(y > 0.5, np.nan, x * x + y * y), "no finite number"),
    "minus infinite": (lambda x, y: np.where(y > 0.9, -np.inf, x * x + y * y), "no finite number"),
    "constant": (lambda x, y: 0.0 * x + 0.0 * y + 3.0, ""),
    "nothing": (lambda x, y: 0.0 * x + 0.0 * y + np.nan, "there is no number"),
    "spike": (lambda x, y: np.where((abs(x) < 0.1) & (abs(y) < 0.1), 1e300, x * x + y * y), "cut at"),
    "huge": (lambda x, y: 1e308 * np.cos(x) * np.cos(y), "cut at"),
    "tiny": (lambda x, y: 1e-300 * (x * x + y * y), ""),
}


@pytest.mark.parametrize("height", ["auto", "log"])
@pytest.mark.parametrize("name", ODD)
def test_odd_surfaces_are_drawn_with_a_note(qapp, monkeypatch, name, height):
    surface, note = ODD[name]
    monkeypatch.setattr(Section, "grid", lambda self, x, y, **_: surface(x[None, :], y[:, None]))
    plot = plot_of(moment_of(gdsim.load(document(landscape="bowl", steps=3))), Camera(height=height))
    painted(plot)
    terrain = plot.maker.terrain
    assert np.isfinite(terrain.mesh.z).all()
    assert note in terrain.rise.note
    assert bool(terrain.rise.note) == bool(note)
    assert np.isfinite(plot.frame().sight.depth).any()


def test_a_wall_is_cut_or_logarithmic_and_says_so():
    x = np.linspace(-1.0, 1.0, 100)
    wall = 1e6 * x**40 + x**2
    assert Rise.of(wall, "auto").log
    linear = Rise.of(np.append(np.tile(x * x, 50), 1e9), "linear")
    assert linear.top < 10.0
    assert linear.note.startswith("cut at")


@pytest.mark.parametrize("height", ["linear", "log"])
def test_numbers_at_the_height_stand_at_their_losses(height):
    loss = np.linspace(0.0, 5000.0, 2000)
    rise = Rise.of(loss, height, 0.0)
    ticks = rise.ticks(5)
    assert len(ticks) >= 3
    assert all(0.0 <= z <= 1.0 for z, _ in ticks)
    assert rise.of_loss(np.array([0.0, 5000.0])).tolist() == pytest.approx([0.0, 1.0])
    assert "0" in {text for _, text in ticks}
    if height == "log":
        place = {text: z for z, text in ticks}
        assert place["10²"] == pytest.approx(float(rise.of_loss(np.array(100.0))))


def test_a_ball_lies_at_the_cursor_of_a_run_that_is_not_kept_whole(qapp, monkeypatch):
    monkeypatch.setattr(trajectory, "MOST_ROWS", 16)
    monkeypatch.setattr(trajectory, "TAIL", 40)
    experiment = ravine()
    step = 111
    thinned = Moment(experiment, run(experiment, block=7, thinned=True), step)
    assert thinned.trajectory.runs[0].stride > 1
    assert step % thinned.trajectory.runs[0].stride
    plots = plot_of(thinned), plot_of(moment_of(experiment, step))
    for plot in plots:
        painted(plot)
    found, expected = ([(index, at) for _, index, at, _ in balls(plot.frame())] for plot in plots)
    assert [index for index, _ in found] == [index for index, _ in expected] != []
    for (_, mine), (_, other) in zip(found, expected, strict=True):
        assert math.hypot(mine.x() - other.x(), mine.y() - other.y()) < 1e-6


def test_a_ball_that_has_left_the_surface_waits_at_the_edge_it_left_by(qapp):
    experiment = gdsim.load(
        document(
            landscape={"name": "quadratic", "a": 1.0, "b": 1.0},
            start=[1.0, 0.0],
            steps=120,
            runs=[{"optimizer": {"name": "SGD", "lr": 2.2}}, {"optimizer": {"name": "SGD", "lr": 0.1}}],
        )
    )
    plot = plot_of(moment_of(experiment))
    frame = frame_of(plot)
    assert [index for _, index, _, _ in balls(frame)] == [1]
    ((index, at, way),) = gone(frame)
    side = plot.view[1] if frame.moment.trajectory.runs[0].theta[-1, 0] > 0.0 else plot.view[0]
    edge = frame.spot(side * 0.995, 0.0)[0]
    assert index == 0
    assert (edge - at).manhattanLength() < 3.0
    middle = frame.spot(0.0, 0.0)[0]
    assert way.x() * (at.x() - middle.x()) > 0.0


def test_trails_lie_on_the_surface_while_the_camera_moves(qapp):
    frame = frame_of(plot_of(hill_moment(), Camera(azimuth=-90.0, elevation=20.0, height="linear")))
    over = np.array([[-2.0, -0.1], [2.0, -0.1]])
    for coarse in (False, True):
        across, down = dataclasses.replace(frame, coarse=coarse, _known={}).line(over)
        assert np.nanmin(down) < np.nanmin(down[[0, -1]]) - 20.0
        assert np.isfinite(across).sum() > 8


def test_points_are_not_taken_for_others_that_lay_where_they_do(qapp, ravine_moment):
    frame = frame_of(plot_of(ravine_moment))
    rows = ravine_moment.section.places(ravine_moment.trajectory.runs[0])[:4]
    for shift in np.linspace(0.0, 0.5, 30).tolist():
        points = rows + shift  # each of these is gone before the next is made
        found = frame.pixels(points)
        expected = dataclasses.replace(frame, _known={}).pixels(points)
        np.testing.assert_array_equal(found, expected)
        del points, found, expected


def test_the_foot_of_the_axis_is_numbered_where_it_is_nearly_round():
    loss = np.linspace(2e-4, 3.7, 2000)
    rise = Rise.of(loss, "linear", 0.0)
    assert rise.ticks(4)[0] == (0.0, "0")
    assert rise.of_loss(np.array([2e-4]))[0] == 0.0


def test_on_a_turntable_the_legend_stays_and_numbers_stay_clear_of_it(qapp, ravine_moment, monkeypatch):
    shown = []

    def numbers(self, taken):
        before = list(taken)
        original(self, taken)
        shown.append((before, taken[len(before) :]))

    original = BlockPainter.numbers
    monkeypatch.setattr(BlockPainter, "numbers", numbers)
    plot = plot_of(ravine_moment, Camera(turntable=30.0), size=(420, 330))
    corners = set()
    for degrees in range(0, 360, 30):
        plot.turn(float(degrees))
        painted(plot, (420, 330))
        corners.add(plot.legend.rect.topLeft().toTuple())
        assert plot.legend.rect in shown[-1][0]
        assert not any(box.intersects(plot.legend.rect) for box in shown[-1][1])
    assert len(corners) == 1


def shipped(name, step):
    return moment_of(gdsim.load(Path(gdsim.__file__).parents[1] / "resources" / "experiments" / f"{name}.json"), step)


@pytest.mark.parametrize(
    ("name", "show"),
    [
        ("04-momentum", SolidPlot.show_arrows),
        ("04-momentum", SolidPlot.show_ellipse),
        ("22-batch-size", SolidPlot.show_fan),
    ],
)
def test_what_is_around_the_marble_is_drawn_on_the_surface(qapp, name, show):
    plot = plot_of(shipped(name, 12))
    without = painted(plot)
    show(plot, True)
    shown = painted(plot)
    changed = np.argwhere(np.abs(pixels(shown) - pixels(without)).sum(axis=2) > 60)
    at = next(at for _, index, at, _ in balls(plot.frame()) if index == 0)
    assert len(changed) > 100
    assert np.abs(changed.mean(axis=0) - (at.y(), at.x())).max() < 90.0
    assert not plot.words.notes


def test_the_axes_of_the_ellipse_are_those_of_the_ground(qapp):
    plot = plot_of(shipped("04-momentum", 12))
    plot.show_ellipse(True)
    frame = frame_of(plot)
    assert plot.ellipse.drawn is not None
    _, values, axes = plot.ellipse.drawn
    assert values.tolist() == pytest.approx([1.0, 40.0])
    along = frame.ways(np.eye(2))
    for axis, way in zip(axes, along, strict=True):
        assert abs(axis[0] * way[1] - axis[1] * way[0]) < 1e-6 * np.hypot(*axis) * np.hypot(*way)


def test_the_lowest_validation_loss_is_marked_and_no_lines_are_promised(qapp):
    plot = plot_of(shipped("27-two-minima", 60))
    painted(plot)
    assert plot.marks.held_back is not None
    left, right, bottom, top = plot.view
    x, y = plot.marks.held_back
    assert left < x < right
    assert bottom < y < top
    narrow = plot.plane_card.rect.height()
    plot.plane_card = PlaneCard()
    painted(plot)
    assert plot.plane_card.rect.height() > narrow
