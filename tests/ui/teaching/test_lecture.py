"""Lecture mode: what is seen, what keys do, what a speaker does to the screen, and that all comes back."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from windows import action, app, press, settle, wait_for

from gdsim.ui.teaching import pointer
from gdsim.ui.teaching.cards import Data, Diagnosis, Readings, Update
from gdsim.ui.teaching.lecture import SCALE

Key, Mods = Qt.Key, Qt.KeyboardModifier


def begin(window, size=(1920, 1080)):
    action(window, "full_screen").setChecked(True)
    wait_for(window.isFullScreen)
    window.resize(*size)
    settle(window)
    return window.hall.lecture


@pytest.fixture
def lecture(window):
    """Lecture mode without a lesson, on a large screen."""
    return begin(window)


@pytest.fixture
def taught(window, story):
    """Lecture mode in a lesson."""
    assert window.room.open(story)
    window.session.set_speed(1000)
    begin(window)
    return window


def texts(widget):
    return [label.text() for label in widget.findChildren(QLabel) if label.text()]


def seen(window):
    return [pane.accessibleName() for pane in window.stage.panes if pane.isVisible()]


def test_all_plots_in_letters_for_the_back_row(window, lecture):
    assert seen(window) == ["Landscape", "Loss", "Learning rate"]
    for plot in window.stage.plots:
        assert plot.plot_style.scale == SCALE
        assert plot.plot_style.font(11).pixelSize() >= 25
        assert plot.plot_style.theme.t2 == plot.plot_style.theme.t1
    window.resize(1024, 768)
    app().processEvents()
    assert window.stage.landscape.plot_style.scale == pytest.approx(SCALE * 768 / 1080)
    window.resize(800, 600)
    app().processEvents()
    assert window.stage.landscape.plot_style.scale == pytest.approx(1.3)


def test_step_and_rate_stand_over_the_landscape(window, lecture):
    press(window, Key.Key_Right)
    settle(window)
    step, rate = lecture.chips
    assert step.text == "step 1"
    assert rate.text == "η = 0.00200"
    assert "step 1" in step.accessibleName()
    pane = window.stage.panes[0]
    for chip in lecture.chips:
        assert pane.geometry().contains(chip.geometry())
        assert chip.geometry().center().y() > pane.height() / 2
    assert lecture.line.y() + lecture.line.height() == window.height()
    window.session.jump(60)
    settle(window)
    assert lecture.line._part == pytest.approx(0.5)


def test_everything_comes_back_as_it_was(window, qtbot):
    stage = window.stage
    stage.splitter.setSizes([400, 200])
    settle(window)
    layout, style_ = window.arrangement.saved(), stage.landscape.plot_style
    splitters = [one.saveState() for one in (stage.splitter, stage.upper_splitter, stage.lower_splitter)]
    begin(window)
    window.set_theme("light")
    window.set_theme("dark")
    action(window, "full_screen").setChecked(False)
    wait_for(lambda: not window.isFullScreen())
    window.resize(1200, 720)
    settle(window)
    assert window.hall.lecture is None
    assert window.arrangement.saved() == layout
    assert [one.saveState() for one in (stage.splitter, stage.upper_splitter, stage.lower_splitter)] == splitters
    assert stage.landscape.plot_style == style_
    assert stage.landscape.height_bar.shown


def test_a_scene_shows_what_it_names(taught):
    lecture = taught.hall.lecture
    assert [type(card) for card in lecture.cards.cards] == [Readings]
    assert lecture.caption.isVisible()
    assert lecture.caption.size_of_type >= 25
    assert any("It **rolls**" in text for text in texts(lecture.caption))
    assert taught.room.dock.isHidden()
    assert not any(dock.isVisible() for dock in taught.docks.values())


def test_plots_that_are_not_named_are_left_out(window, story):
    text = story.read_text(encoding="utf-8")
    text = text.replace("docks: readings\n", "docks: update, diagnosis\nplots: landscape\n")
    story.write_text(text, encoding="utf-8")
    window.room.open(story)
    begin(window)
    assert seen(window) == ["Landscape"]
    assert [type(card) for card in window.hall.lecture.cards.cards] == [Update, Diagnosis]
    wait_for(lambda: window.hall.lecture.cards.cards[1]._headline.text() not in ("", "…"))
    assert any("θ" in text for text in texts(window.hall.lecture.cards))
    window.room.teacher.go(3)
    action(window, "full_screen").setChecked(False)
    settle(window)
    assert seen(window) == ["Landscape", "Loss", "Learning rate"]


def test_only_the_loss(window, story):
    story.write_text(
        story.read_text(encoding="utf-8").replace("docks: readings\n", "docks: none\nplots: loss\n"), encoding="utf-8"
    )
    window.room.open(story)
    lecture = begin(window)
    assert seen(window) == ["Loss"]
    assert lecture.cards is None
    for chip in lecture.chips:
        assert window.stage.panes[1].rect().contains(chip.geometry())


def test_an_order_by_rates_is_not_given_away(taught):
    taught.room.teacher.go(2)
    settle(taught)
    step, rate = taught.hall.lecture.chips
    assert rate.isHidden()
    assert not step.isHidden()
    taught.room.teacher.reveal()
    settle(taught)
    assert not rate.isHidden()


def test_curves_without_a_landscape_name_their_runs(window, story):
    story.write_text(story.read_text(encoding="utf-8").replace("docks: readings\n", "plots: loss\n"), encoding="utf-8")
    window.room.open(story)
    key = begin(window).key
    assert key.isVisible()
    assert key.accessibleName() == "Runs: low, high"
    action(window, "full_screen").setChecked(False)
    settle(window)


def test_a_data_card(window):
    from gdsim.lessons.shelf import find

    window.room.open(find("05"), 2)
    begin(window)
    (data,) = [card for card in window.hall.lecture.cards.cards if isinstance(card, Data)]
    assert data.pane.isVisible()
    assert data.plot.moment is not None


# -- keys


def test_a_clicker_walks_through_the_lesson(taught):
    teacher = taught.room.teacher
    press(taught, Key.Key_PageDown)
    assert teacher.scene.title == "Fast"
    press(taught, Key.Key_PageDown)
    assert teacher.revealed
    press(taught, Key.Key_PageUp)
    assert not teacher.revealed
    press(taught, Key.Key_PageUp)
    assert teacher.scene.title == "Slow"
    taught.session.jump(5)
    settle(taught)
    press(taught, Key.Key_Right)
    assert taught.session.cursor == 6
    press(taught, Key.Key_F5)
    assert taught.session.playing
    press(taught, Key.Key_F5)
    assert not taught.session.playing


def test_without_a_lesson_it_makes_updates(window, lecture):
    press(window, Key.Key_PageDown)
    press(window, Key.Key_PageDown)
    press(window, Key.Key_PageUp)
    assert window.session.cursor == 1


def test_digits_answer_while_a_question_is_open(taught):
    teacher = taught.room.teacher
    press(taught, Key.Key_3)
    assert taught.stage.space == "3d"
    press(taught, Key.Key_2)
    assert taught.stage.space == "2d"
    press(taught, Key.Key_1)
    teacher.go(1)
    press(taught, Key.Key_2)
    assert teacher.revealed
    assert teacher.verdict.right
    answers = taught.hall.lecture.caption.answers
    assert answers[1].accessibleName().endswith(", right")
    assert not answers[0].isEnabled()
    assert any("The limit is 0.2" in text for text in texts(taught.hall.lecture.caption))
    press(taught, Key.Key_4)
    assert taught.stage.space == "both"


def test_the_focus_may_be_on_the_words(taught):
    teacher = taught.room.teacher
    teacher.go(1)
    answer = taught.hall.lecture.caption.answers[1]
    answer.setFocus()
    QTest.keyClick(answer, Key.Key_Space)
    assert teacher.chosen == 1
    taught.hall.lecture.caption.setFocus()
    QTest.keyClick(taught.hall.lecture.caption, Key.Key_PageDown)
    assert teacher.scene.title == "Order"
    assert any("high" in text and "low" in text for text in texts(taught.hall.lecture.caption))


def test_numbers_are_found_there_too(taught):
    teacher = taught.room.teacher
    teacher.go(3)
    search = taught.hall.lecture.caption.search
    (field,) = search.fields.values()
    assert field.font().pixelSize() >= 25
    field.setText("0.195")
    field.setModified(True)
    search.button.click()
    assert teacher.verdict.right


def test_the_words_come_and_go(taught):
    higher = taught.stage.height()
    press(taught, Key.Key_W)
    app().processEvents()
    assert taught.hall.lecture.caption is None
    assert taught.stage.height() > higher
    press(taught, Key.Key_W)
    app().processEvents()
    assert taught.stage.height() == higher


def test_a_long_text_shrinks_and_only_then_scrolls(window, story):
    words = "One sentence follows the other. " * 60
    story.write_text(story.read_text(encoding="utf-8").replace("It **rolls**.", words), encoding="utf-8")
    window.room.open(story)
    caption = begin(window).caption
    assert caption.size_of_type == 25
    assert caption.verticalScrollBar().maximum() > 0
    assert caption.height() < window.height() / 2


# -- leaving


def test_a_lesson_may_end_and_begin_in_between(window, story):
    docks = {name for name, dock in window.docks.items() if dock.isVisible()}
    layout = window.arrangement.saved()
    window.room.open(story)
    settle(window)
    begin(window)
    press(window, Key.Key_W, Mods.ControlModifier)
    assert not window.teaching
    assert window.hall.lecture.caption is None
    assert window.hall.lecture.cards is None
    assert not any(dock.isVisible() for dock in window.docks.values())
    press(window, Key.Key_Escape)
    wait_for(lambda: not window.isFullScreen())
    window.resize(1200, 720)
    settle(window)
    assert {name for name, dock in window.docks.items() if dock.isVisible()} == docks
    assert window.arrangement.saved() == layout
    begin(window)
    window.room.open(story)
    settle(window)
    assert window.hall.lecture.caption is not None
    action(window, "full_screen").setChecked(False)
    settle(window)
    assert window.room.dock.isVisible()
    assert {name for name, dock in window.docks.items() if dock.isVisible()} == {"readings"}
    window.room.leave()
    settle(window)
    assert {name for name, dock in window.docks.items() if dock.isVisible()} == docks


def test_the_scene_of_the_moment_is_there_afterwards(taught):
    taught.room.teacher.go(1)
    press(taught, Key.Key_Escape)
    settle(taught)
    assert any("Fast" in text for text in texts(taught.room.panel))
    assert taught.room.dock.isVisible()


def test_the_theme_can_be_changed(taught):
    action(taught, "theme").trigger()
    settle(taught)
    assert taught.stage.landscape.plot_style.theme.name == "light"
    assert taught.stage.landscape.plot_style.scale == SCALE
    assert taught.hall.lecture.cards.isVisible()
    action(taught, "theme").trigger()


# -- what a speaker does


def test_black_and_back(window, lecture):
    window.session.set_speed(5)
    press(window, Key.Key_Space)
    press(window, Key.Key_Period)
    assert lecture.is_black
    assert not window.session.playing
    assert app().focusWidget().accessibleName().startswith("Black screen")
    assert window.grab().toImage().pixelColor(700, 500).lightness() == 0
    at = window.session.cursor
    press(window, Key.Key_Shift)
    assert lecture.is_black
    press(window, Key.Key_PageDown)
    assert not lecture.is_black
    assert window.session.cursor == at, "the key that brings the picture back does nothing else"
    press(window, Key.Key_Period)
    press(window, Key.Key_Period)
    assert not lecture.is_black
    press(window, Key.Key_Right)
    assert window.session.cursor == at + 1


def test_escape_lifts_the_black_first(window, lecture):
    press(window, Key.Key_Period)
    press(window, Key.Key_Escape)
    assert window.hall.lecture is lecture
    press(window, Key.Key_Escape)
    assert window.hall.lecture is None


def test_a_red_dot_follows_the_mouse(window, lecture):
    QCursor.setPos(window.mapToGlobal(QPoint(300, 300)))
    press(window, Key.Key_Q)
    dot = lecture.mouse.dot
    assert dot.place.toPoint() == QPoint(300, 300)
    assert QApplication.overrideCursor().shape() == Qt.CursorShape.BlankCursor
    QCursor.setPos(window.mapToGlobal(QPoint(420, 310)))
    lecture.mouse.look()
    assert dot.place.toPoint() == QPoint(420, 310)
    shown = window.grab().toImage().pixelColor(427, 310)
    assert shown.red() > 200
    assert shown.green() < 100
    press(window, Key.Key_Q)
    assert lecture.mouse.dot is None
    assert QApplication.overrideCursor() is None


def test_the_mouse_rests_out_of_sight(window, lecture, monkeypatch):
    QCursor.setPos(window.mapToGlobal(QPoint(200, 200)))
    lecture.mouse.look()
    assert not lecture.mouse.hidden
    monkeypatch.setattr(pointer, "RESTS_AFTER", 0.0)
    lecture.mouse.look()
    assert QApplication.overrideCursor().shape() == Qt.CursorShape.BlankCursor
    monkeypatch.setattr(pointer, "RESTS_AFTER", 2.5)
    QCursor.setPos(window.mapToGlobal(QPoint(210, 200)))
    lecture.mouse.look()
    assert QApplication.overrideCursor() is None


def test_outside_of_lecture_mode_its_keys_say_so(window):
    for key in (Key.Key_Period, Key.Key_Q, Key.Key_W):
        press(window, key)
        assert "F11" in window.status.message.text()
    press(window, Key.Key_1)


def test_closing_in_the_middle(taught):
    press(taught, Key.Key_Q)
    press(taught, Key.Key_Period)
    taught.close()
    assert QApplication.overrideCursor() is None


def nameless(root):
    """Controls that the Tab key can reach and that nobody can name."""
    return [
        widget
        for widget in root.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and widget.isVisible()
        and widget.focusProxy() is None
        and not (widget.accessibleName() or getattr(widget, "text", str)())
    ]


def test_every_control_has_a_name(taught):
    for place in range(4):
        taught.room.teacher.go(place)
        assert nameless(taught) == [], place
    action(taught, "full_screen").setChecked(False)
    settle(taught)
    for place in range(4):
        taught.room.teacher.go(place)
        assert nameless(taught) == [], place
    taught.room.leave()
    settle(taught)
    assert nameless(taught) == []
