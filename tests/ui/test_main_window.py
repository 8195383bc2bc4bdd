"""The window as a whole: what it shows, how it wakes and rests, what it says, how it ends."""

from itertools import pairwise

import msgspec
import pytest
from PySide6.QtCore import QEvent, QPoint, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel
from windows import (
    LEFT,
    Key,
    action,
    app,
    drag,
    focus,
    ground,
    pixel,
    press,
    ravine,
    settle,
    turn,
    wait_for,
)

import gdsim
from gdsim.session import session
from gdsim.ui import main_window, style
from gdsim.ui.files import ready_made
from gdsim.ui.main_window import MainWindow
from gdsim.ui.preferences import Preferences


def test_it_rests_when_nothing_happens(window):
    assert not window._clock.isActive()
    window.session.step(1)
    assert window._clock.isActive()
    settle(window)
    assert window.play_bar.timeline.step == 1


def test_the_first_picture_waits_only_so_long_for_the_first_steps(open_window, monkeypatch):
    monkeypatch.setattr(session.Session, "_ask", lambda self: None)  # a worker that never gets its turn
    window = open_window()
    assert window.furnished
    assert not any(window.session.trajectory.runs)


def test_the_title_says_what_is_open_and_whether_it_was_edited(window):
    assert window.windowTitle() == "Ravine – gdsim"
    window.landscape._edit_steps(50)
    assert window.windowTitle() == "Ravine • – gdsim"
    window.undo_stack.undo()
    assert window.windowTitle() == "Ravine – gdsim"
    window.show_experiment(ravine(title=""))
    assert window.windowTitle() == "Rosenbrock – gdsim"
    settle(window)


def test_the_start_can_be_dragged_and_put(window):
    session = window.session
    heard = []
    session.replaced.connect(lambda: heard.append(session.experiment.origin))
    place = pixel(window, -1.5, 1.0)
    drag(ground(window), [place, *(place + QPoint(d, 0) for d in range(6, 60, 6))])
    assert len(heard) > 3, "the marbles follow while it is dragged"
    assert session.experiment.origin[0] > -1.5
    QTest.mouseDClick(ground(window), LEFT, pos=pixel(window, 1.0, 0.5))
    assert session.experiment.origin == pytest.approx((1.0, 0.5), abs=0.02)
    settle(window)
    assert session.trajectory.runs[0].theta[0].tolist() == list(session.experiment.origin)
    fields = [field.number for field in window.landscape._start]
    assert fields == list(session.experiment.origin)


def test_wheel_pan_and_home(window):
    plot, middle = window.stage.landscape, pixel(window, 0.0, 1.0)
    whole = plot.view
    turn(ground(window), middle, 2)
    assert plot.view[1] - plot.view[0] < whole[1] - whole[0]
    before = plot.view
    drag(ground(window), [middle, *(middle + QPoint(d, 0) for d in (10, 30, 60))])
    assert plot.view[0] < before[0]
    assert window.undo_stack.count() == 0, "looking changes nothing"
    window.stage.setFocus()
    press(window, Key.Key_0)
    assert plot.view == pytest.approx(whole)


def test_clicking_a_loss_curve_moves_the_cursor(window):
    pane = window.stage.panes[1]
    QTest.mouseClick(pane.viewport(), LEFT, pos=QPoint(pane.width() // 2, pane.height() // 2))
    settle(window)
    assert 20 < window.session.cursor < 100


def test_what_is_read_changes_no_faster_than_one_reads_and_no_frame_bears_all_of_it(window, monkeypatch):
    window._clock.timeout.disconnect(window._frame)
    read = {"texts": [], "insight": []}
    now, frames = [1e6], [0]
    monkeypatch.setattr(window, "_update_texts", lambda: read["texts"].append(frames[0]))
    monkeypatch.setattr(window, "_update_insight", lambda *, resting: read["insight"].append(frames[0]))
    monkeypatch.setattr(main_window, "perf_counter", lambda: now[0])
    monkeypatch.setattr(session.Session, "busy", True)
    monkeypatch.setattr(session.Session, "tick", lambda self, seconds: True)
    for seconds in (0.016, 0.2):  # of a quick window, and of one that is slower than anybody reads
        read["texts"].clear()
        read["insight"].clear()
        for _ in range(60):
            now[0] += seconds
            frames[0] += 1
            window._frame()
        assert not set(read["texts"]) & set(read["insight"])
        for name, when in read.items():
            apart = [later - sooner for sooner, later in pairwise(when)]
            assert min(apart) * seconds >= min(main_window.READ_EVERY[name], seconds) - 1e-9
            assert max(apart) <= max(main_window.READ_EVERY[name] / seconds, 2) + 2
    monkeypatch.setattr(session.Session, "busy", False)
    frames[0] += 1
    window._frame()
    assert read["texts"][-1] == read["insight"][-1] == frames[0]
    monkeypatch.undo()
    window._clock.timeout.connect(window._frame)
    settle(window)


def test_the_second_experiment_diverges_and_can_be_left(window):
    window.files.open(ready_made()[1], known=False)
    settle(window)
    window.session.jump(window.session.last)
    settle(window)
    for _ in range(4):
        action(window, "log_loss").toggle()
        window.stage.draw(window.moment())
        app().processEvents()
    window.files.open(ready_made()[0], known=False)
    settle(window)
    assert window.session.cursor == 0


def test_both_themes_reach_everything(window):
    for _ in range(2):
        was = style.current()
        picture = window.grab().toImage()
        action(window, "theme").trigger()
        assert style.current() is not was
        app().processEvents()
        assert window.grab().toImage() != picture
        assert window.preferences.text("theme") == style.current().name
        for plot in window.stage.plots:
            assert plot._style.theme is style.current()
    settle(window)


def test_the_desktops_theme_is_followed(window):
    style.apply(app(), "light")
    wait_for(lambda: window.stage.landscape._style.theme is style.current())
    settle(window)


def small_screens():
    return [(800, 600), (1024, 700), (1440, 900)]


@pytest.mark.parametrize("size", small_screens(), ids=str)
def test_nothing_is_cut(open_window, size):
    """Row 26, the part that one process can try: every control has the room it asks for."""
    window = open_window(ravine(steps=10_000), size=size)
    window.session.jump(10_000)
    window.landscape.fold.setChecked(True)
    settle(window)
    app().processEvents()
    assert (window.width(), window.height()) == size
    short = []
    for widget in window.findChildren(QAbstractButton) + window.findChildren(QLabel):
        if not widget.isVisible() or type(widget).__name__ in ("ElidedLabel", "Title", "IconButton"):
            continue
        if widget is window.status.message or widget.objectName().startswith("qt_"):
            continue
        if isinstance(widget, QLabel) and (not widget.text() or widget.wordWrap()):
            continue
        if widget.width() < widget.minimumSizeHint().width():
            short.append((type(widget).__name__, widget.text(), widget.width(), widget.minimumSizeHint().width()))
    assert short == []
    inside = window.rect()
    for part in (window.play_bar, window.stage, *(dock for dock in window.docks.values() if dock.isVisible())):
        where = part.rect().translated(part.mapTo(window, QPoint(0, 0)))
        assert inside.contains(where) or part.visibleRegion().isEmpty(), type(part).__name__
    for pane in window.stage.panes:
        assert pane.height() >= 80
        assert pane.width() >= 120


def test_it_fits_the_screen_at_first(qapp, tmp_path):
    window = MainWindow(Preferences(tmp_path / "gdsim.ini"))
    available = window.screen().availableSize()
    assert window.width() <= available.width()
    assert window.height() <= available.height()
    window._closing = True
    window.deleteLater()


def test_closing_while_it_opens_closes_in_order(qapp, tmp_path):
    window = MainWindow(Preferences(tmp_path / "gdsim.ini"))
    window.show()
    assert not window.close(), "not before everything is there that has to be closed"
    window.furnish(ravine())
    wait_for(lambda: not window.isVisible())
    assert window.session._thread.isFinished()
    window.deleteLater()


@pytest.mark.parametrize("moment", ["playing", "computing", "dragging", "menu", "full screen", "dialog"])
def test_closing_at_a_bad_moment(window, moment):
    session = window.session
    if moment == "playing":
        session.toggle_play()
        wait_for(lambda: session.cursor > 2)
    elif moment == "computing":
        window.show_experiment(ravine(steps=1_000_000))
        wait_for(lambda: session.computed > 0)
    elif moment == "dragging":
        place = pixel(window, -1.5, 1.0)
        drag(ground(window), [place, place + QPoint(9, 9)], release=False)
        window.undo_stack.setClean()
    elif moment == "full screen":
        press(window, Key.Key_F11)
        wait_for(window.isFullScreen)
    else:
        name = "add_run" if moment == "menu" else "shortcuts"
        QTimer.singleShot(0, window, window.close)
        QTimer.singleShot(50, lambda: [made.close() for made in QApplication.topLevelWidgets()])
        action(window, name).trigger()
    window.close()
    assert session._thread.isFinished()
    assert not window.isVisible()


@pytest.mark.parametrize("speed", [1, 50_000])
def test_what_is_seen_does_not_depend_on_the_speed(window, speed):
    """Row 30: playing, stepping and scrubbing leave every bit as the headless run has it."""
    session = window.session
    session.replace(msgspec.structs.replace(session.experiment, steps=3000))
    session.set_speed(speed)
    session.toggle_play()
    wait_for(lambda: session.cursor > 0)
    for step in (2500, 3, 900):
        session.jump(step)
        app().processEvents()
    if session.playing:
        session.toggle_play()
    settle(window)
    for have, want in zip(session.trajectory.runs, gdsim.run(session.experiment).runs, strict=True):
        for column in ("theta", "loss", "lr", "grad_norm"):
            assert getattr(have, column).tobytes() == getattr(want, column).tobytes()


def test_every_control_says_what_it_is(window):
    for widget in [*window.findChildren(QAbstractButton)]:
        if widget.isVisible() and widget.focusPolicy():
            assert widget.accessibleName() or widget.text() or widget.toolTip(), widget
    for name in ("optimizer", "clip", "schedule", "noise"):
        for path in window.runs.settings.form(name).paths():
            for control in window.runs.settings.form(name).editor(path).controls():
                assert control.accessibleName() or control.text(), path


def test_keys_in_one_field_do_not_reach_another(window):
    field = window.runs.settings.form("optimizer").editor("lr").field
    focus(field)
    field.selectAll()
    QTest.keyClicks(field, "0.0r")
    assert field.property("invalid")
    press(window, Key.Key_Escape)
    assert field.text() == "0.002"
    assert window.session.experiment == ravine()
    assert window.focusWidget() is window.stage, "the keys belong to the plots again"
    QApplication.sendEvent(window, QEvent(QEvent.Type.WindowDeactivate))


def test_a_worker_that_is_slow_to_begin_does_not_keep_the_window_waiting(open_window, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(session, "BUDGET_RESTING", 0.0)  # nothing is ever computed, and no event tells of it
        patched.setattr(session, "BUDGET_PLAYING", 0.0)
        window = open_window()
        assert window.furnished
        assert not any(window.session.trajectory.runs)
    settle(window)
    assert all(window.session.trajectory.runs)
