"""The runs: select, rename, hide, reorder, copy, remove, and edits that hold from the cursor on."""

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QMenu
from windows import (
    LEFT,
    Key,
    app,
    drag,
    focus,
    press,
    ravine,
    settle,
    type_number,
    wait_for,
)

import gdsim
from gdsim.core.experiment import MAX_RUNS
from gdsim.core.optimizers import Adam
from gdsim.ui.panels.runs_panel import EYE


def row(window, index):
    return window.runs.list.visualItemRect(window.runs.list.item(index))


def lr_field(window):
    return window.runs.settings.form("optimizer").editor("lr").field


def test_a_click_selects_and_leaves_the_keys_to_the_plots(window):
    QTest.mouseClick(window.runs.list.viewport(), LEFT, pos=row(window, 1).center())
    assert window.session.selected == 1
    assert window.runs._name.whole == "heavy"
    assert lr_field(window).text() == "0.0005"
    assert window.stage.hasFocus()
    focus(window.runs.list)
    press(window, Key.Key_Up)
    assert window.session.selected == 0
    assert window.runs.list.hasFocus()


def test_double_click_renames_and_the_name_is_kept(window):
    view = window.runs.list
    QTest.mouseClick(view.viewport(), LEFT, pos=row(window, 1).center())
    QTest.mouseDClick(view.viewport(), LEFT, pos=row(window, 1).center())
    editor = view.findChild(QLineEdit)
    wait_for(editor.isVisible)
    editor.selectAll()
    editor.insert("Übermut 🎲")
    QTest.keyClick(editor, Key.Key_Return)
    wait_for(lambda: window.session.experiment.labels() == ("slow", "Übermut 🎲"))
    assert window.undo_stack.count() == 1
    wait_for(window.stage.hasFocus)
    window.undo_stack.undo()
    assert view.item(1).text() == "heavy"


def test_an_empty_name_is_the_optimizers(window):
    window.runs.list.item(0).setText("   ")
    assert window.session.experiment.labels()[0] == "SGD"
    assert window.runs.list.item(0).text() == "SGD"


def test_two_runs_never_share_a_name(window):
    window.runs.list.item(0).setText("heavy")
    assert len(set(window.session.experiment.labels())) == 2
    assert [window.runs.list.item(i).text() for i in (0, 1)] == list(window.session.experiment.labels())


def test_the_eye_hides_a_run(window):
    rect = row(window, 1)
    QTest.mouseClick(window.runs.list.viewport(), LEFT, pos=QPoint(rect.right() - EYE // 2, rect.center().y()))
    assert [run.hidden for run in window.session.experiment.runs] == [False, True]
    assert window.session.selected == 0, "hiding selects nothing"
    settle(window)
    assert [index for index, _ in window.moment().visible()] == [0]


def test_dragging_a_row_reorders_and_keeps_colours(window):
    window.runs.add(Adam())
    settle(window)
    colors = {name: window.session.experiment.color(i) for i, name in enumerate(window.session.experiment.labels())}
    model = window.runs.list.model()
    from PySide6.QtCore import QModelIndex

    model.moveRow(QModelIndex(), 0, QModelIndex(), 3)
    wait_for(lambda: window.session.experiment.labels() == ("heavy", "Adam", "slow"))
    assert window.session.selected == 2
    labels = window.session.experiment.labels()
    assert {name: window.session.experiment.color(i) for i, name in enumerate(labels)} == colors
    settle(window)
    window.undo_stack.undo()
    assert window.session.experiment.labels() == ("slow", "heavy", "Adam")
    assert [window.runs.list.item(i).text() for i in range(3)] == ["slow", "heavy", "Adam"]


def test_copies_are_selected_and_told_apart(window):
    heavy = window.session.experiment.color(1)
    window.runs.duplicate()
    assert window.session.experiment.labels() == ("slow", "slow copy", "heavy")
    assert window.session.selected == 1
    assert window.session.experiment.color(2) == heavy
    assert len({window.session.experiment.color(i) for i in range(3)}) == 3
    window.runs.duplicate()
    assert len(set(window.session.experiment.labels())) == 4
    colors = [window.session.experiment.color(i) for i in range(4)]
    assert len(set(colors)) == 4


def test_the_last_run_stays(window):
    window.runs.remove()
    window.runs.remove()
    assert window.session.experiment.labels() == ("heavy",)
    assert "cannot be removed" in window.status.message.text()


def test_no_more_runs_than_there_may_be(window):
    run = window.session.experiment.runs[0]
    full = msgspec.structs.replace(window.session.experiment, runs=(run,) * MAX_RUNS)
    window.editor.edit("Fill", full)
    assert not window.runs.add_button.isEnabled()
    window.runs.duplicate()
    assert len(window.session.experiment.runs) == MAX_RUNS
    assert f"at most {MAX_RUNS}" in window.status.message.text()
    settle(window)


def test_the_context_menu_offers_what_can_be_done(window):
    seen = []

    def look():
        menu = app().activePopupWidget()
        if isinstance(menu, QMenu):
            seen.extend(entry.text() for entry in menu.actions() if entry.isEnabled() and entry.text())
            menu.close()
        else:
            QTimer.singleShot(10, look)

    QTimer.singleShot(0, look)
    window.runs.list.customContextMenuRequested.emit(row(window, 1).center())
    assert seen == ["Rename", "Colour", "Hide", "Draw as a ghost", "Move up", "Duplicate", "Remove"]
    assert window.session.selected == 1


# -- edits


def test_an_edit_at_the_start_holds_for_the_whole_run(window):
    type_number(lr_field(window), "0.0004")
    assert window.session.experiment.runs[0].changes == ()
    assert window.session.experiment.runs[0].optimizer.lr == 0.0004


def test_an_edit_in_the_middle_holds_from_the_cursor_on(window):
    before = window.session.trajectory.runs[0].theta.copy()
    window.session.jump(50)
    type_number(lr_field(window), "0.0004")
    assert [change.step for change in window.session.experiment.runs[0].changes] == [50]
    assert "from step 50 on" in window.status.message.text()
    assert lr_field(window).text() == "0.0004"
    settle(window)
    after = window.session.trajectory.runs[0].theta
    assert np.array_equal(after[:51], before[:51])
    assert not np.array_equal(after[51], before[51])
    assert np.array_equal(after, gdsim.run(window.session.experiment).runs[0].theta)
    window.session.jump(49)
    settle(window)
    assert lr_field(window).text() == "0.002", "the panel shows what is in force at the cursor"


def test_edits_that_follow_each_other_at_once_stay_at_the_cursor(window):
    """The row under the cursor is being computed again, but the cursor has not moved."""
    window.session.jump(50)
    for lr in ("0.0004", "0.0005", "0.0006"):
        type_number(lr_field(window), lr)
        assert lr_field(window).text() == lr
    assert [change.step for change in window.session.experiment.runs[0].changes] == [50]


def test_edits_while_playing_take_effect_from_the_cursor_on(window):
    session = window.session
    before = session.trajectory.runs[0].theta.copy()
    session.set_speed(100)
    session.toggle_play()
    wait_for(lambda: session.cursor > 20)
    slider = window.runs.settings.form("optimizer").editor("lr").slider
    x = round(slider._x_of(slider.number))
    drag(slider, [QPoint(x - d, 14) for d in range(0, 24, 4)])
    steps = [change.step for change in session.experiment.runs[0].changes]
    assert session.playing, "an edit does not stop it"
    assert steps
    assert min(steps) > 20
    session.toggle_play()
    settle(window)
    first = steps[0]
    assert np.array_equal(session.trajectory.runs[0].theta[: first + 1], before[: first + 1])
    assert np.array_equal(session.trajectory.runs[0].theta, gdsim.run(session.experiment).runs[0].theta)
    assert window.undo_stack.count() == 1


def test_applying_to_the_whole_run(window):
    window.session.jump(50)
    type_number(lr_field(window), "0.0004")
    assert window.runs.settings._foot.isVisible()
    QTest.mouseClick(window.runs.settings._whole, LEFT)
    assert window.session.experiment.runs[0].changes == ()
    assert window.session.experiment.runs[0].optimizer.lr == 0.0004
    assert not window.runs.settings._foot.isVisible()


def test_a_run_that_diverged_is_healed_by_an_edit_behind_its_end(window):
    type_number(lr_field(window), "0.5")
    settle(window)
    run = window.session.trajectory.runs[0]
    assert run.outcome.kind == "diverged"
    window.session.jump(100)
    type_number(lr_field(window), "0.002")
    settle(window)
    assert window.session.experiment == ravine()
    assert window.session.trajectory.runs[0].outcome.kind != "diverged"
    assert "first step" in window.status.message.text()


def test_what_is_refused_says_why_and_changes_nothing(window):
    for text in ("-1", "1e999", "abc"):
        field = lr_field(window)
        type_number(field, text)
        assert window.session.experiment == ravine(), text
        assert field.property("invalid"), text
        field.restore()
    assert window.undo_stack.count() == 0


@pytest.mark.parametrize("by_mouse", [True, False])
def test_choosing_an_optimizer(window, by_mouse):
    box = window.runs.settings._optimizer
    wanted = next(i for i in range(box.count()) if box.itemText(i) == "Adam")
    focus(box)
    if by_mouse:
        QTest.mouseClick(box, LEFT)
        wait_for(box.view().isVisible)
        QTest.qWait(app().doubleClickInterval() // 4)  # Qt ignores a release that soon after the press
        at = box.view().visualRect(box.model().index(wanted, 0)).center()
        QTest.mouseMove(box.view().viewport(), at)
        wait_for(lambda: (QTest.mouseClick(box.view().viewport(), LEFT, pos=at), not box.view().isVisible())[1])
    else:
        QTest.keyClicks(box, "Adam")
    wait_for(lambda: window.session.experiment.runs[0].optimizer.name() == "Adam")
    assert (window.stage if by_mouse else box).hasFocus()
    assert window.session.experiment.runs[0].label == "slow", "a name that was given stays"
    assert window.undo_stack.count() >= 1


def test_every_optimizer_and_schedule_can_be_chosen(window):
    settings = window.runs.settings
    for box, choose in (
        (settings._optimizer, settings._choose_optimizer),
        (settings._schedule, settings._choose_schedule),
    ):
        for index in range(box.count()):
            choose(index)
            app().processEvents()
            assert box.currentIndex() == index
    settle(window)


def test_long_choices_are_not_cut_in_the_list(window):
    box = window.runs.settings._optimizer
    box.showPopup()
    wait_for(box.view().isVisible)
    widest = max(box.view().fontMetrics().horizontalAdvance(box.itemText(i)) for i in range(box.count()))
    assert box.view().viewport().width() >= widest
    box.hidePopup()


def test_the_tab_key_goes_through_the_settings_as_they_stand(open_window):
    window = open_window()
    window.runs.settings._choose_optimizer(8)
    settle(window)
    focus(window.runs.settings._optimizer)
    tops = []
    while window.runs.settings.isAncestorOf(app().focusWidget()):
        stop = app().focusWidget()
        tops.append(stop.mapTo(window.runs.settings, QPoint(0, 0)).y())
        press(window, Key.Key_Tab)
        assert len(tops) < 40
    assert tops == sorted(tops)
    assert len(tops) > 6


def test_the_box_shows_an_ellipsis_rather_than_half_a_letter(window, qtbot):
    from gdsim.ui.widgets import ChoiceBox

    box = ChoiceBox()
    qtbot.addWidget(box)
    box.addItems(["a very long choice that cannot fit in here"])
    box.resize(90, 28)
    box.show()
    narrow = box.grab().toImage()
    box.setItemText(0, "a very long choice that differs only at its end")
    assert box.grab().toImage() == narrow
    assert box.focusPolicy() == Qt.FocusPolicy.StrongFocus
