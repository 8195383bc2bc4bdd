"""The presenter's window: what it tells, that its keys work, and when it comes and goes."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from windows import action, settle, wait_for

from gdsim.ui.teaching import presenter

Key = Qt.Key


@pytest.fixture
def told(window, story):
    """A lesson and the presenter's window."""
    assert window.room.open(story)
    window.session.set_speed(1000)
    action(window, "presenter").trigger()
    settle(window)
    return window


def test_what_it_tells(told):
    made, teacher = told.hall.presenter, told.room.teacher
    assert made.isWindow()
    assert "scene 1 of 4" in made.where.text()
    assert made.title.text() == "Slow"
    assert made.ahead.text() == "Then: Fast"
    teacher.go(1)
    assert made.hint.text() == "Wait for hands."
    assert made.answer.text() == "Right: 2. It leaves the bowl."
    assert made.ahead.text() == "The answer, then: Order"
    settle(told)
    assert "high: step 3" in made.state.text()
    teacher.go(2)
    assert made.answer.text() == "Right: low, high"
    teacher.go(3)
    assert made.answer.text() == "One that is right: lr 0.1990"
    assert made.ahead.text() == "The answer, the last scene"
    told.session.jump(60)
    settle(told)
    assert "step 60" in made.state.text()
    assert made.title.font().pixelSize() >= 28


def test_the_watch(told, monkeypatch):
    began = told.hall.presenter._began
    monkeypatch.setattr(presenter, "monotonic", lambda: began + 754)
    told.hall.presenter.show_time()
    assert told.hall.presenter.time.text() == "12:34"
    monkeypatch.setattr(presenter, "monotonic", lambda: began + 3754)
    told.hall.presenter.show_time()
    assert told.hall.presenter.time.text() == "1:02:34"


def test_its_keys_do_the_same(told):
    action(told, "full_screen").setChecked(True)
    made, teacher = told.hall.presenter, told.room.teacher
    made.activateWindow()
    wait_for(made.isActiveWindow)
    QTest.keyClick(made, Key.Key_PageDown)
    assert teacher.scene.title == "Fast"
    QTest.keyClick(made, Key.Key_2)
    assert teacher.revealed
    QTest.keyClick(made, Key.Key_PageUp)
    assert not teacher.revealed
    told.session.jump(3)
    settle(told)
    QTest.keyClick(made, Key.Key_Right)
    wait_for(lambda: told.session.cursor == 4)
    told.session.set_speed(1)
    for key in (Key.Key_F5, Key.Key_Space):
        QTest.keyClick(made, key)
        assert told.session.playing
        QTest.keyClick(made, key)
        assert not told.session.playing
    QTest.keyClick(made, Key.Key_Period)
    assert told.hall.lecture.is_black
    QTest.keyClick(made, Key.Key_PageDown)  # any key brings the picture back, and does nothing else
    assert not told.hall.lecture.is_black
    assert teacher.scene.title == "Fast"
    assert not teacher.revealed
    QTest.keyClick(made, Key.Key_Escape)
    assert told.hall.lecture is None
    assert told.hall.presenter is None


def test_it_goes_with_the_lesson(told):
    told.room.leave()
    assert told.hall.presenter is None
    assert not action(told, "presenter").isChecked()


def test_it_can_be_closed(told):
    told.hall.presenter.close()
    assert told.hall.presenter is None
    assert not action(told, "presenter").isChecked()


def test_without_a_lesson_there_is_nothing_to_present(window):
    action(window, "presenter").trigger()
    assert window.hall.presenter is None
    assert "F11" in window.status.message.text()
    action(window, "full_screen").setChecked(True)
    action(window, "presenter").trigger()
    assert window.hall.presenter.where.text() == "No lesson is open"
    assert window.hall.presenter.title.text() == "Ravine"


def test_it_opens_by_itself_on_a_second_screen(window, story, monkeypatch):
    window.room.open(story)
    monkeypatch.setattr(presenter, "other_screen", lambda window: window.screen())
    action(window, "full_screen").setChecked(True)
    assert window.hall.presenter is not None
    assert window.hall.presenter.isMaximized()
    action(window, "full_screen").setChecked(False)
    assert window.hall.presenter is None
