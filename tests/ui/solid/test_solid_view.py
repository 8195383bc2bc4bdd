"""The surface in the window: how it is shown, turned by mouse and keys, and kept in the document without an edit."""

import json

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from samples import document
from windows import Mods, action, app, press, ravine, settle, turn, wait_for

import gdsim
from gdsim.core.camera import Camera
from gdsim.core.documents import load
from gdsim.core.planes import Components
from gdsim.ui.solid.marks import balls


def show(window, space="3d"):
    action(window, {"2d": "view_2d", "3d": "view_3d", "both": "view_both"}[space]).trigger()
    settle(window)
    solid = window.stage.solid
    if solid is not None:
        wait_for(lambda: solid.frame() is not None and not solid._busy)
        app().processEvents()
    return solid


def drag(window, way, button=Qt.MouseButton.LeftButton, modifiers=Mods.NoModifier, at=None):
    solid, view = window.stage.solid, window.stage.panes[-1].viewport()
    begin = at or QPointF(solid.size().width() * 0.9, solid.size().height() * 0.85)
    QTest.mousePress(view, button, modifiers, begin.toPoint())
    for share in (0.3, 0.6, 1.0):
        QTest.mouseMove(view, (begin + QPointF(*way) * share).toPoint())
        app().processEvents()
    QTest.mouseRelease(view, button, modifiers, (begin + QPointF(*way)).toPoint())


def test_nothing_of_it_is_there_before_it_is_shown(window):
    assert window.stage.solid is None
    assert window.stage.camera is None


def test_it_stands_in_the_place_of_the_map_or_beside_it(window):
    solid = show(window)
    first, last = window.stage.panes[0], window.stage.panes[-1]
    assert last.plot is solid
    assert not first.isVisible()
    assert last.isVisible()
    show(window, "both")
    assert first.isVisible()
    assert last.isVisible()
    show(window, "2d")
    assert first.isVisible()
    assert not last.isVisible()


def test_the_keys_choose_and_three_leads_back(window):
    window.stage.setFocus()
    for key, space in (("3", "3d"), ("3", "2d"), ("4", "both"), ("2", "2d")):
        press(window, key)
        assert window.stage.space == space


def test_it_is_shown_again_after_a_restart(open_window):
    first = open_window()
    show(first, "both")
    first.undo_stack.setClean()
    first.close()
    second = open_window()
    assert second.stage.space == "both"
    assert second.stage.solid is not None


def test_a_drag_turns_and_with_shift_moves_and_with_the_right_button_zooms(window):
    solid = show(window)
    before = solid.camera
    drag(window, (40, 20))
    turned = solid.camera
    assert turned.azimuth != before.azimuth
    assert turned.elevation > before.elevation
    assert turned.zoom == before.zoom
    assert solid.is_coarse()
    wait_for(lambda: not solid.is_coarse())
    drag(window, (30, -20), modifiers=Mods.ShiftModifier)
    assert solid.camera.across > 0.0
    assert solid.camera.up > 0.0
    assert solid.camera.azimuth == turned.azimuth
    drag(window, (0, -30), button=Qt.MouseButton.RightButton)
    assert solid.camera.zoom > 1.0


def test_keys_turn_tilt_move_zoom_and_go_home(window):
    solid = show(window)
    window.stage.setFocus()
    home = solid.camera
    press(window, Qt.Key.Key_Left, Mods.ControlModifier)
    press(window, Qt.Key.Key_Up, Mods.ControlModifier)
    assert solid.camera.azimuth < home.azimuth
    assert solid.camera.elevation > home.elevation
    press(window, Qt.Key.Key_Right, Mods.ControlModifier | Mods.ShiftModifier)
    assert solid.camera.across > 0.0
    press(window, "+")
    assert solid.camera.zoom > 1.0
    press(window, "H")
    assert solid.camera == home


def surface_pixel(solid, u, v):
    """Where a place on the ground, in the block's units, is seen."""
    frame = solid.frame()
    height = frame.terrain.mesh.height(np.array([u]), np.array([v]))[0]
    return QPointF(*frame.projection.pixels(u, v, height))


def test_the_wheel_zooms_about_the_pointer(window):
    solid = show(window)
    solid.set_camera(Camera(elevation=75.0))
    app().processEvents()
    at = surface_pixel(solid, -0.5, 0.2).toPoint()
    place = solid.frame().found(QPointF(at))
    turn(window.stage.panes[-1].viewport(), at, 4)
    wait_for(lambda: not solid.is_coarse())
    app().processEvents()
    assert solid.camera.zoom > 1.5
    assert solid.frame().found(QPointF(at)) == pytest.approx(place, abs=0.03)


def test_the_camera_is_no_edit_but_goes_into_the_file(window, tmp_path):
    solid = show(window)
    path = tmp_path / "seen.json"
    window.files.path = path
    assert window.files.save()
    assert "camera" not in json.loads(path.read_text())
    solid.set_camera(Camera(azimuth=10.0, elevation=60.0, height="log"))
    assert not window.files.edited
    assert window.undo_stack.count() == 0
    assert window.files.save()
    assert load(path).camera == Camera(azimuth=10.0, elevation=60.0, height="log")
    solid.set_camera(Camera())
    window.files.open(path)
    assert solid.camera.azimuth == 10.0
    solid.move_camera(solid.camera.turned(50.0))
    solid.home()
    assert solid.camera.azimuth == 10.0


def test_a_document_aims_a_surface_that_is_made_later(open_window):
    aimed = msgspec.structs.replace(ravine(), camera=Camera(azimuth=33.0))
    window = open_window(aimed)
    assert window.files.document().camera == aimed.camera
    assert show(window).camera.azimuth == 33.0


def test_height_follows_the_logarithm_on_request(window):
    solid = show(window)
    before = solid.is_log
    action(window, "log_height").trigger()
    wait_for(lambda: solid.is_log is not before and not solid._busy)
    assert solid.camera.height == ("linear" if before else "log")
    assert action(window, "log_height").isChecked() is not before


def test_the_turntable_turns_until_it_is_stopped(window):
    solid = show(window)
    action(window, "turntable").trigger()
    first = solid.camera.azimuth
    wait_for(lambda: solid.camera.azimuth != first)
    action(window, "turntable").trigger()
    assert solid.camera.turntable == 0.0
    assert not solid._turning.isActive()


def test_the_start_is_dragged_over_the_surface(window):
    solid = show(window)
    solid.set_camera(Camera(elevation=70.0))
    app().processEvents()
    at, hidden = solid.marks.place(solid.frame())
    assert not hidden
    before = window.session.experiment.origin
    drag(window, (60, 25), at=at)
    moved = window.session.experiment.origin
    assert moved != before
    settle(window)
    place, _ = solid.marks.place(solid.frame())
    assert (place - at - QPointF(60, 25)).manhattanLength() < 6.0
    assert window.undo_stack.count() == 1


def test_a_double_click_puts_the_start_and_beside_the_surface_goes_home(window):
    solid = show(window)
    view = window.stage.panes[-1].viewport()
    middle = surface_pixel(solid, 0.5, -0.3).toPoint()
    place = solid.frame().found(QPointF(middle))
    QTest.mouseDClick(view, Qt.MouseButton.LeftButton, Mods.NoModifier, middle)
    assert window.session.experiment.origin == pytest.approx(place, abs=0.05)
    solid.set_camera(solid.camera.turned(40.0))
    QTest.mouseDClick(view, Qt.MouseButton.LeftButton, Mods.NoModifier, QPointF(5, solid.size().height() - 5).toPoint())
    assert solid.camera == Camera()


def test_a_ball_is_clicked(window):
    solid = show(window)
    window.session.jump(100)
    settle(window)
    frame = solid.frame()
    for _, index, at, _ in balls(frame):
        centre = at - QPointF(0.0, frame.radius * frame.projection.cosine)
        others = [b for b in balls(frame) if b[1] != index and (b[2] - at).manhattanLength() < 40]
        if others or (solid.marks.place(frame)[0] - at).manhattanLength() < 40:
            continue
        QTest.mouseClick(
            window.stage.panes[-1].viewport(), Qt.MouseButton.LeftButton, Mods.NoModifier, centre.toPoint()
        )
        assert window.session.selected == index


def network():
    moons = {"name": "moons", "size": 200}
    landscape = {"name": "network", "hidden": 4, "dataset": moons}
    return gdsim.load(document({"optimizer": {"name": "Adam", "lr": 0.05}}, landscape=landscape, steps=40))


def test_the_surface_of_a_costly_model_gets_better_until_it_rests(open_window):
    window = open_window(network())
    settle(window)
    solid = show(window)
    assert solid.maker.terrain.plan.fine
    assert solid.maker.terrain.plan.samples.fine
    assert not solid._making.isActive()


def test_a_plane_that_follows_the_marble_takes_the_surface_along(open_window):
    following = {"name": "components", "through": "marble"}
    window = open_window(msgspec.structs.replace(network(), plane=msgspec.convert(following, Components)))
    settle(window)
    solid = show(window)
    seen = solid.maker.terrain.plan.section
    window.session.jump(20)
    settle(window)
    wait_for(lambda: not solid._busy and not solid.is_coarse())
    assert solid.maker.terrain.plan.section is not seen
    assert solid.maker.terrain.plan.section is window.moment().section
