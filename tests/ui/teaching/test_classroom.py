"""A lesson in the real window: scenes, tasks, what is put back, and what is remembered."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QMessageBox, QScrollArea
from windows import settle, wait_for

from gdsim.core.documents import save
from gdsim.lessons.reader import read
from gdsim.ui import places, style
from gdsim.ui.teaching.answers import Choices, Ranking, Search
from gdsim.ui.teaching.lesson_panel import words

Key, Mods = Qt.Key, Qt.KeyboardModifier


@pytest.fixture
def taught(window, story):
    """The window with the lesson begun."""
    assert window.room.open(story)
    settle(window)
    return window


def shown(window):
    return {name for name, dock in window.docks.items() if not dock.isHidden()}


def texts(widget):
    return [label.text() for label in widget.findChildren(QLabel) if label.text()]


def test_the_story_holds(story):
    from gdsim.lessons.checker import check

    assert list(check(read(story))) == []


def test_a_scene_is_put_on_the_screen(taught, qtbot):
    teacher = taught.room.teacher
    assert teacher.scene.title == "Slow"
    assert taught.session.experiment.labels() == ("low", "high")
    assert shown(taught) == {"readings"}
    assert taught.actions_["arrows"].isChecked()
    left, right, _, _ = taught.stage.landscape.view
    assert left <= -1
    assert right >= 3
    assert right - left < 12
    qtbot.waitUntil(lambda: taught.session.cursor == 20 and not taught.session.playing)
    taught.session.toggle_play()  # playing on is not held up
    qtbot.waitUntil(lambda: taught.session.cursor == 60)


def test_it_is_walked_with_the_keyboard_only(taught, qtbot):
    teacher, stage = taught.room.teacher, taught.stage
    QTest.keyClick(stage, Key.Key_N)
    assert teacher.scene.title == "Fast"
    assert taught.session.selected == 1
    qtbot.waitUntil(lambda: taught.session.cursor == 3)
    QTest.keyClick(taught, Key.Key_1, Mods.AltModifier)
    assert teacher.revealed
    assert teacher.verdict.right is False
    assert "answer 2 is right" in teacher.verdict.text
    assert taught.session.experiment.runs[1].optimizer.lr == 0.25
    assert any("The limit is 0.2" in text for text in texts(taught.room.panel))
    QTest.keyClick(stage, Key.Key_P)  # back to the question
    assert not teacher.revealed
    assert taught.session.experiment.runs[1].optimizer.lr == 0.1
    QTest.keyClick(stage, Key.Key_N)  # shows the answer
    assert teacher.revealed
    assert teacher.verdict.right is None
    QTest.keyClick(taught, Key.Key_PageDown, Mods.ControlModifier)
    assert teacher.scene.title == "Order"
    QTest.keyClick(taught, Key.Key_W, Mods.ControlModifier)
    assert not taught.teaching


@pytest.mark.parametrize("place", [1, 2, 3])
def test_the_tab_key_goes_from_the_text_through_the_task_to_the_buttons(taught, place):
    panel = taught.room.panel
    taught.room.teacher.go(place)
    panel.stops()[0].setFocus()
    for stop in panel.stops()[1:]:
        QTest.keyClick(taught.focusWidget(), Key.Key_Tab)
        assert taught.focusWidget() is stop or stop.isAncestorOf(taught.focusWidget())


def test_what_is_to_be_predicted_is_not_known_before(taught, qtbot):
    teacher, session = taught.room.teacher, taught.session
    teacher.go(1)
    qtbot.waitUntil(lambda: session.cursor == 3 and not session.busy)
    assert max(run.last for run in session.trajectory.runs) == 3  # no further than the cursor
    qtbot.waitUntil(lambda: "predict" in taught.status.message.text())
    session.play_until(10)  # it may be tried all the same
    qtbot.waitUntil(lambda: session.cursor == 10 and not session.playing)
    taught.actions_["scene_again"].trigger()  # what was seen is hidden again
    qtbot.waitUntil(lambda: session.cursor == 3 and not session.busy)
    assert max(run.last for run in session.trajectory.runs) == 3
    teacher.reveal()
    qtbot.waitUntil(lambda: session.trajectory.ended)
    taught.room.leave()
    settle(taught)
    assert session.trajectory.ended


def test_the_code_of_the_run_stands_beside_it(window, story):
    from msgspec.structs import replace

    text = story.read_text(encoding="utf-8").replace("speed: 1000", "code: numpy")
    story.write_text(text, encoding="utf-8")
    window.room.open(story)
    settle(window)
    lesson, code = window.room.docks
    panel = code.widget()
    assert "theta = theta - lr * g" in panel.text.toPlainText()
    assert panel.text.cursorForPosition(QPoint(4, 4)).block().text().startswith("def ")
    window.editor.edit("Fewer steps", replace(window.session.experiment, steps=33))
    assert "range(33)" in panel.text.toPlainText()
    window.room.leave()
    assert window.room.docks == []
    assert code.isHidden()
    assert lesson.isHidden()


def test_an_order_is_judged_by_running(taught):
    teacher = taught.room.teacher
    teacher.go(2)
    panel = taught.room.panel.task
    assert isinstance(panel, Ranking)
    assert panel.list.labels() == ("high", "low")  # not given away
    QTest.keyClick(panel.list, Key.Key_Down, Mods.AltModifier)
    assert panel.list.labels() == ("low", "high")
    panel.button.setFocus()
    panel.button.click()
    assert teacher.verdict.right
    assert teacher.revealed
    assert taught.focusWidget() is taught.room.panel.next


def test_a_wrong_order_is_told_beside_the_right_one_and_keys_stay_in_the_lesson(window):
    from gdsim.lessons.shelf import find

    assert window.room.open(find("steps-and-rates"))
    window.room.teacher.go(4)
    settle(window)
    before = shown(window)
    task = window.room.panel.task
    assert isinstance(task, Ranking)
    task.button.setFocus()
    task.button.click()
    assert shown(window) != before  # the answer brings a dock, for which the lesson's own is placed anew
    said = window.room.teacher.verdict.text
    assert said == f"Not so: it is C, D, A, B, and you said {', '.join(task.list.labels())}."
    assert window.focusWidget() is window.room.panel.next


def test_numbers_can_be_tried_until_they_are_right(taught):
    teacher = taught.room.teacher
    teacher.go(3)

    def attempt(rate):
        task = taught.room.panel.task
        assert isinstance(task, Search)
        (field,) = task.fields.values()
        field.setText(str(rate))
        field.setModified(True)
        task.button.setFocus()
        task.button.click()

    attempt(0.21)
    assert taught.focusWidget() is taught.room.panel.task.button  # to be tried again
    assert teacher.verdict.right is False
    assert "it diverged at step" in teacher.verdict.text
    attempt(0.1)
    assert teacher.verdict.right is False
    assert "there is room" in teacher.verdict.text
    assert taught.room.panel.task.fields["runs[1].optimizer.lr"].number == 0.1  # what was tried stands there
    attempt(0.195)
    assert teacher.verdict.right
    answer = teacher.progress.walk("bowl").answers["Find"]
    assert answer.right
    assert answer.tries == 3
    assert not answer.at_once


def test_numbers_that_were_not_found_are_shown_in_their_scene(taught):
    teacher = taught.room.teacher
    teacher.go(3)
    zoom, docks = teacher.setup.zoom, teacher.setup.docks
    taught.room.panel.task.fields["runs[1].optimizer.lr"].set_number(0.21)
    taught.room.panel.task.button.click()
    teacher.reveal()
    assert taught.room.panel.task.fields["runs[1].optimizer.lr"].number == 0.199
    assert "This solves it." in texts(taught.room.panel)
    assert not any("Not yet" in text for text in texts(taught.room.panel))
    assert (teacher.setup.zoom, teacher.setup.docks) == (zoom, docks)
    assert teacher.setup.play == taught.session.experiment.steps


def test_plots_keep_back_what_answers_the_question(taught):
    teacher, stage = taught.room.teacher, taught.stage
    steps = np.arange(2.0)

    def edge_is_seen():
        moment = taught.moment()
        stage.schedule.set_edge(moment.trajectory.runs[moment.selected], steps, np.full(2, 0.2))
        return stage.schedule.edge_line(moment) is not None

    for place, rates_seen in ((1, True), (2, False), (3, True)):
        teacher.go(place)
        wait_for(lambda: all(len(run) for run in taught.session.trajectory.runs))
        assert not edge_is_seen()
        assert stage.panes[2].isHidden() is not rates_seen
        teacher.reveal()
        wait_for(lambda: all(len(run) for run in taught.session.trajectory.runs))
        assert edge_is_seen()
        assert not stage.panes[2].isHidden()
    teacher.go(2)
    taught.room.leave()
    assert not stage.panes[2].isHidden()


def test_tab_reaches_what_is_asked_and_enter_tries_it(taught, qtbot):
    teacher, panel = taught.room.teacher, taught.room.panel
    teacher.go(3)
    taught.activateWindow()
    panel.stops()[0].setFocus()
    QTest.keyClick(panel.stops()[0], Key.Key_Tab)
    field = panel.task.fields["runs[1].optimizer.lr"]
    assert field.hasFocus()
    field.selectAll()
    QTest.keyClicks(field, "0.21")
    QTest.keyClick(field, Key.Key_Return)
    assert "it diverged at step" in teacher.verdict.text
    field = panel.task.fields["runs[1].optimizer.lr"]
    assert field.hasFocus()  # to be tried again
    field.selectAll()
    QTest.keyClicks(field, "0.195")
    QTest.keyClick(field, Key.Key_Return)
    assert teacher.verdict.right
    assert panel.next.hasFocus()
    teacher.go(2)
    panel.task.button.setFocus()
    QTest.keyClick(panel.task.button, Key.Key_Return)
    assert teacher.revealed


def test_what_is_said_of_an_answer_is_in_sight(taught, qtbot):
    taught.resize(1024, 768)
    teacher, panel = taught.room.teacher, taught.room.panel
    teacher.go(1)
    teacher.choose(0)
    scroll = panel.findChild(QScrollArea)

    def seen():
        said = next(label for label in panel.findChildren(QLabel) if label.text().startswith(teacher.verdict.text))
        top = said.mapTo(scroll.viewport(), QPoint(0, 0)).y()
        return 0 <= top < scroll.viewport().height()

    qtbot.waitUntil(seen)
    assert scroll.height() <= 0.7 * taught.height()


def test_paragraphs_stand_apart(qtbot):
    one, two = words("first\nsecond", plain=True), words("first\n\nsecond")
    qtbot.addWidget(one)
    qtbot.addWidget(two)
    assert two.sizeHint().height() > one.sizeHint().height() + 4


@pytest.mark.parametrize("act", ["cancel", "leave", "walk"])
@pytest.mark.parametrize("place", [2, 3])
def test_nothing_is_judged_that_nobody_waits_for(taught, monkeypatch, place, act):
    """A run of millions of steps can be cancelled; what ends after the scene was left is no answer to another."""
    teacher = taught.room.teacher
    teacher.go(place)
    shown = taught.session.experiment

    def waiting(window, text, work):
        if act == "leave":
            taught.room.leave()
        elif act == "walk":
            teacher.back()
        return work(lambda share: None, lambda: act == "cancel")

    monkeypatch.setattr("gdsim.ui.teaching.teacher.wait_for", waiting)
    answer = {2: lambda: teacher.order(("low", "high")), 3: lambda: teacher.find({"runs[1].optimizer.lr": 0.1})}
    answer[place]()
    assert teacher.verdict is None
    assert not teacher.revealed
    assert not teacher.progress.walk("bowl").answers
    assert (taught.session.experiment is shown) == (act == "cancel")


def test_the_answer_to_a_search_is_told_where_it_was_asked(window, story):
    text = story.read_text(encoding="utf-8").replace(
        "## Find\n", "## Find\n\n```scene\ndocks: readings\nrun: high\n```\n"
    )
    story.write_text(text, encoding="utf-8")
    window.room.open(story, 3)
    window.room.teacher.find({"runs[1].optimizer.lr": 0.1})
    window.actions_["show_answer"].trigger()
    assert window.room.panel.task.fields["runs[1].optimizer.lr"].number == 0.199
    assert window.session.experiment.runs[1].optimizer.lr == 0.199
    assert window.session.selected == 1
    assert shown(window) == {"readings"}
    assert not any("there is room" in text for text in texts(window.room.panel))


def test_another_theme_reaches_what_was_made(window, story):
    text = story.read_text(encoding="utf-8").replace("speed: 1000", "code: numpy")
    story.write_text(text, encoding="utf-8")
    window.room.open(story)
    settle(window)
    block = window.room.docks[1].widget().text.document().begin()
    dark = style.color("t3").name()
    while not block.layout().formats():
        block = block.next()
    assert block.layout().formats()[-1].format.foreground().color().name() == dark
    window.set_theme("light")
    light = style.color("t3").name()
    assert light != dark
    assert block.layout().formats()[-1].format.foreground().color().name() == light
    window.room.teacher.go(2)
    ranking = window.room.panel.task
    QTest.keyClick(ranking.list, Key.Key_Down, Mods.AltModifier)
    order, before = ranking.list.labels(), ranking.list.item(0).icon().pixmap(36, 16).toImage()
    window.set_theme("dark")
    assert ranking.list.labels() == order
    assert ranking.list.item(0).icon().pixmap(36, 16).toImage() != before


def test_free_play_is_taken_back_by_a_key(taught, qtbot):
    taught.session.jump(0)
    from msgspec.structs import replace

    experiment = taught.session.experiment
    taught.editor.edit("Move the start", replace(experiment, start=(0.5, 0.5)))
    taught.actions_["arrows"].setChecked(False)
    assert not taught.files.edited  # nothing asks to save what is play
    QTest.keyClick(taught, Key.Key_F8)
    assert taught.session.experiment.start == (2.0, 1.0)
    assert taught.actions_["arrows"].isChecked()


def test_what_was_there_before_comes_back(window, story):
    before, docks, layout = window.session.experiment, shown(window), window.arrangement.saved()
    arrows = window.actions_["arrows"].isChecked()
    window.room.open(story)
    settle(window)
    window.room.leave()
    settle(window)
    assert window.session.experiment == before
    assert shown(window) == docks
    assert window.arrangement.saved() == layout
    assert window.actions_["arrows"].isChecked() is arrows
    assert window.room.dock.isHidden()


def test_saving_within_a_lesson_does_not_touch_the_document_before(window, story, monkeypatch, tmp_path):
    path, other = tmp_path / "mine.json", tmp_path / "scene.json"
    save(window.files.document(), path)
    before = path.read_bytes()
    assert window.files.open(path)
    window.room.open(story)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    window.actions_["save"].trigger()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(other), ""))
    window.actions_["save"].trigger()
    saved = other.read_bytes()
    window.room.teacher.next()  # another scene is another document
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    window.actions_["save"].trigger()
    assert other.read_bytes() == saved
    assert path.read_bytes() == before
    window.room.leave()
    assert window.files.path == path


def test_in_a_computer_room_no_question_leads_to_a_file(window, monkeypatch, tmp_path):
    from msgspec.structs import replace

    path, offered = tmp_path / "mine.json", []
    save(window.files.document(), path)
    before = path.read_bytes()
    assert window.files.open(path)
    buttons = QMessageBox.StandardButton
    monkeypatch.setattr(QMessageBox, "question", lambda *words: offered.append(words[3]) or buttons.Discard)
    monkeypatch.setattr(QMessageBox, "information", lambda *_: None)
    try:
        window.keep_to((), saving=False)
        window.editor.edit("Fewer steps", replace(window.session.experiment, steps=33))
        assert not window._spare.isActive()
        assert window.files.may_leave()
        assert offered == [buttons.Discard | buttons.Cancel]
        assert window.files.save() is False
        assert path.read_bytes() == before
    finally:
        places.allow(True)


def test_a_document_that_is_opened_ends_the_lesson(taught):
    from gdsim.ui.files import ready_made

    assert taught.files.open(ready_made()[1], known=False)
    assert not taught.teaching
    assert taught.room.dock.isHidden()
    assert shown(taught) == set(taught.docks)


def test_progress_is_remembered(open_window, story):
    first = open_window()
    first.room.open(story)
    first.room.teacher.go(1)
    first.room.teacher.choose(1)
    from windows import closed

    closed(first)
    second = open_window()
    second.room.open(story)
    assert second.room.teacher.scene.title == "Fast"
    assert second.room.teacher.progress.walk("bowl").answers["Fast"].at_once
    rows = list(csv.DictReader(io.StringIO(second.room.teacher.progress.as_csv())))
    assert [(row["scene"], row["right"], row["tries"]) for row in rows] == [("Fast", "yes", "1")]


def test_unreadable_progress_begins_anew_and_is_kept(open_window, tmp_path, story):
    (tmp_path / "lessons.json").write_text("{broken", encoding="utf-8")
    window = open_window()
    window.room.open(story)
    assert (tmp_path / "lessons.unreadable").exists()
    window.room.teacher.go(1)
    assert "Fast" not in window.room.teacher.progress.walk("bowl").answers


def test_a_broken_scene_is_told_and_the_rest_is_shown(window, story):
    story.write_text(story.read_text(encoding="utf-8").replace("run: high", "run: nobody"), encoding="utf-8")
    assert window.room.open(story)
    assert "bowl.md:30" in window.status.message.text()
    teacher = window.room.teacher
    teacher.next()
    assert any("there is no run nobody" in text for text in texts(window.room.panel))
    teacher.next()
    assert teacher.scene.title == "Order"
    assert isinstance(window.room.panel.task, Ranking)


def test_what_is_no_lesson_is_refused(window, tmp_path):
    path = tmp_path / "none.md"
    path.write_bytes(b"\xff\xfe\x00")
    before = window.session.experiment
    assert not window.room.open(path)
    assert "none.md was not opened" in window.status.message.text()
    assert not window.teaching
    assert window.session.experiment is before


def test_answers_show_what_was_right(taught):
    taught.room.teacher.go(1)
    taught.room.teacher.choose(0)
    task = taught.room.panel.task
    assert isinstance(task, Choices)
    assert "your answer, wrong" in task.answers[0].accessibleName()
    assert task.answers[1].accessibleName().endswith(", right")


def test_a_narrow_window_has_one_column(taught):
    taught.resize(1024, 700)
    settle(taught)
    area = taught.dockWidgetArea(taught.room.dock)
    assert {taught.dockWidgetArea(taught.docks[name]) for name in shown(taught)} == {area}
    taught.resize(1300, 800)
    settle(taught)
    assert taught.dockWidgetArea(taught.docks["readings"]) != taught.dockWidgetArea(taught.room.dock)


def test_the_layout_of_a_wide_window_survives_a_lesson_that_is_left_in_a_narrow_one(open_window, story):
    window = open_window(size=(1300, 800))
    settle(window)
    window.docks["runs"].close()
    window.docks["data"].setFloating(True)
    window.room.open(story)
    settle(window)
    window.resize(1000, 700)
    settle(window)
    window.room.leave()
    window.resize(1300, 800)
    settle(window)
    assert window.docks["data"].isFloating()
    assert window.docks["runs"].isHidden()


def test_runs_can_be_added_in_a_narrow_window_too(open_window, story):
    text = story.read_text(encoding="utf-8").replace("docks: readings", "docks: runs, readings")
    story.write_text(text, encoding="utf-8")
    window = open_window(size=(1300, 800))
    window.room.open(story)
    settle(window)
    assert window.runs.add_button.isVisible()
    window.resize(1000, 700)
    settle(window)
    assert window.runs.add_button.isVisible()


@pytest.mark.parametrize("experiment", ["none", "no-such-one"])
def test_a_lesson_may_begin_with_words_alone(window, tmp_path, experiment):
    path = tmp_path / "words.md"
    path.write_text(f"# A\n\n## B\n\n```scene\nexperiment: {experiment}\n```\n\nWords.\n", encoding="utf-8")
    window.room.open(path)
    settle(window)
    assert window.room.dock.isVisible()
    assert any("Words." in text for text in texts(window.room.panel))


def test_docks_that_were_closed_come_back(taught):
    dock = taught.room.dock
    dock.close()
    shelf = dock.toggleViewAction()
    assert shelf in taught.menus["docks"].actions()
    shelf.trigger()
    assert dock.isVisible()
    for act, named in (("scene_again", {"readings"}), ("next_scene", set())):
        dock.close()
        taught.docks["readings"].close()
        taught.docks["data"].show()
        taught.actions_[act].trigger()
        assert dock.isVisible()
        assert shown(taught) == named
    taught.room.leave()
    assert not shelf.isVisible()


def test_in_a_computer_room_nothing_is_saved_and_docks_are_left_out(window, story, monkeypatch):
    told = []
    monkeypatch.setattr(QMessageBox, "information", lambda *_: told.append(1))
    try:
        window.keep_to(("runs", "readings"), saving=False)
        assert not {"runs", "readings"} & shown(window)
        assert not window.actions_["save"].isEnabled()
        assert window.files.save_as() is False
        assert told
        window.room.open(story)
        assert shown(window) == set()
        window.actions_["reset_layout"].trigger()
        window.room.leave()
        window.arrangement.reset()
        assert not {"runs", "readings"} & shown(window)
        window.show_dock("runs")
        assert window.docks["runs"].isHidden()
    finally:
        places.allow(True)


def test_a_lesson_is_written_as_a_page(taught, qtbot, monkeypatch, tmp_path):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "bowl"), "Web page (*.html)"))
    taught.actions_["export_lesson"].trigger()
    qtbot.waitUntil(lambda: not taught.desk.busy, timeout=20_000)
    assert "Wrote bowl.html" in taught.status.message.text()
    assert "What happens at a rate of 0.25?" in (tmp_path / "bowl.html").read_text(encoding="utf-8")


def test_answers_are_written_as_a_table(taught, monkeypatch, tmp_path):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "a.csv"), "CSV (*.csv)"))
    taught.actions_["export_answers"].trigger()
    assert "No question has been answered yet" in taught.status.message.text()
    taught.room.teacher.go(1)
    taught.room.teacher.choose(1)
    taught.actions_["export_answers"].trigger()
    (row,) = csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text(encoding="utf-8")))
    assert row["scene"] == "Fast"
    assert row["first answer"] == taught.room.teacher.task.choices[1].text


def test_the_menus_list_what_is_shipped(taught):
    from gdsim.lessons.shelf import shipped

    taught.menus["Lessons"].aboutToShow.emit()
    assert len(taught.menus["lessons"].actions()) == len(shipped())
    assert len(taught.menus["quizzes"].actions()) == len(shipped("quizzes"))
    taught.menus["quizzes"].actions()[0].trigger()
    assert taught.room.teacher.lesson.is_quiz
    assert taught.room.dock.windowTitle() == "Quiz"


def test_a_quiz_counts_an_answer_that_was_only_shown(window):
    from gdsim.lessons.shelf import shipped

    window.room.open(shipped("quizzes")[0], 0)
    teacher = window.room.teacher
    window.actions_["show_answer"].trigger()
    teacher.back()
    teacher.choose(teacher.task.right)
    (answer,) = teacher.progress.walk(teacher.lesson.name).answers.values()
    assert answer.right
    assert not answer.at_once


def test_a_lesson_can_be_dropped_on_the_window(window, story):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(story))])
    assert window.files.drop(data)
    assert window.room.teacher.lesson.name == "bowl"
