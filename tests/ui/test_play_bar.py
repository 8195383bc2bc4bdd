"""The play bar: transport, timeline, speed, and what stays in hand after the mouse."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from samples import document
from windows import LEFT, Key, app, drag, focus, press, ravine, settle, turn, wait_for

import gdsim
from gdsim.session.player import SPEEDS
from gdsim.ui.widgets import IconButton


def button(window, name):
    return next(made for made in window.play_bar.findChildren(IconButton) if made.accessibleName() == name)


def reading(window):
    import re

    return re.sub("<[^>]*>", "", window.play_bar._step.text())


def test_the_buttons_move_the_cursor(window):
    session = window.session
    for name, step in (("To the last step", 120), ("One update back", 119), ("To the first step", 0),
                       ("One update forward", 1)):  # fmt: skip
        QTest.mouseClick(button(window, name), LEFT)
        settle(window)
        assert session.cursor == step, name
        assert reading(window) == f"step {step} / 120"
        assert window.play_bar.timeline.step == step


def test_play_ends_at_the_last_step_and_begins_anew(window):
    window.session.set_speed(2000)
    QTest.mouseClick(window.play_bar.play, LEFT)
    assert window.play_bar.play.playing
    wait_for(lambda: not window.session.playing)
    assert window.session.cursor == 120
    assert not window.play_bar.play.playing
    QTest.mouseClick(window.play_bar.play, LEFT)
    assert window.session.cursor < 120
    QTest.mouseClick(window.play_bar.play, LEFT)


def test_scrubbing_moves_everything_and_leaves_the_keys_to_the_plots(window):
    timeline = window.play_bar.timeline
    window.session.toggle_play()
    drag(timeline, [QPoint(round(timeline.x_of(step)), 16) for step in (10, 30, 60)])
    settle(window)
    assert not window.session.playing
    assert window.session.cursor == 60
    assert window.stage.hasFocus()
    focus(timeline)
    press(window, Key.Key_Right)
    press(window, Key.Key_Up)
    assert window.session.cursor == 62
    assert timeline.hasFocus(), "who uses the keyboard stays where he is"
    turn(timeline, QPoint(50, 16), 1)
    assert window.session.cursor == 63


def test_the_speed_snaps_to_those_of_the_keys(window):
    slider = window.play_bar._speed
    drag(slider, [QPoint(20, 14), QPoint(40, 14), QPoint(70, 14)])
    assert window.session.player.speed in SPEEDS
    assert window.session.player.speed > 20
    assert slider.number == window.session.player.speed, "the handle stands on the speed in force"
    assert window.stage.hasFocus()


def test_nothing_moves_while_digits_run(window):
    window.session.jump(0)
    settle(window)
    places = [widget.geometry() for widget in window.play_bar.children() if hasattr(widget, "geometry")]
    for step in (7, 88, 120):
        window.session.jump(step)
        settle(window)
        assert [widget.geometry() for widget in window.play_bar.children() if hasattr(widget, "geometry")] == places


def test_the_reading_has_room(open_window):
    window = open_window(ravine(steps=1_000_000), size=(800, 600))
    window.play_bar.update_reading()
    app().processEvents()
    label = window.play_bar._step
    assert label.width() >= label.minimumSizeHint().width()
    assert label.geometry().right() < window.play_bar.width()


def test_drops_of_the_schedule_are_marked(window):
    window.runs.settings._choose_schedule(
        next(i for i, kind in enumerate(window.runs.settings._schedules) if kind.__name__ == "StepLR")
    )
    settle(window)
    ticks = window.play_bar.timeline._ticks
    assert ticks
    assert all(0 < tick <= 120 for tick in ticks)
    assert window.play_bar.timeline.orientation() == Qt.Orientation.Horizontal


def test_the_ends_of_few_epochs_are_marked(open_window):
    line = {"name": "linear_regression", "dataset": {"name": "line", "size": 100}, "validation": 0.3}
    run = {"optimizer": {"name": "SGD"}, "batch_size": 10, "schedule_by": "epoch"}
    drops = {"schedule": {"name": "StepLR", "step_size": 3}}
    window = open_window(gdsim.load(document({**run, **drops}, landscape=line, steps=60)))
    assert window.play_bar.timeline._ticks == (7, 14, 21, 28, 35, 42, 49, 56)
    window = open_window(gdsim.load(document({**run, **drops, "batch_size": 35}, landscape=line, steps=90)))
    assert window.play_bar.timeline._ticks == tuple(range(6, 90, 6)), "too many epochs: only the drops of the rate"
