"""The table of actions: each of its rows does something, and each key does it on the plots but not in a field."""

import sys
from types import ModuleType

import msgspec
import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QInputDialog, QLabel, QLineEdit, QMessageBox
from windows import Key, Mods, action, app, focus, press, settle, wait_for

from gdsim.ui.actions import ACTIONS, MENU_TITLES, MENUS, native
from gdsim.ui.shortcuts import COLUMNS, ShortcutSheet

SPECS = {spec.id: spec for spec in ACTIONS}
ENDS = {"quit"}


def close_popups():
    """Close whatever dialog or menu opens, as soon as it is there."""

    def shut():
        widget = QApplication.activePopupWidget() or QApplication.activeModalWidget()
        if widget is not None:
            seen.append(type(widget).__name__)
            widget.close()
        else:
            timer.start(10)

    seen = []
    timer = QTimer()
    timer.setSingleShot(True)
    timer.timeout.connect(shut)
    timer.start(0)
    return timer, seen


@pytest.fixture
def no_questions(monkeypatch):
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ("", False))
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Discard)
    monkeypatch.setattr(QMessageBox, "about", lambda *_: None)


def test_every_action_can_be_done_and_done_again(window, no_questions):
    for name in SPECS:
        if name in ENDS:
            continue
        for _ in range(2):
            timer, _ = close_popups()
            action(window, name).trigger()
            app().processEvents()
            timer.stop()
        if window.session.playing:
            window.session.toggle_play()
        settle(window)


def test_quit_closes_the_window(window):
    action(window, "quit").trigger()
    assert not window.isVisible()


def test_every_row_says_what_it_does_and_stands_in_one_menu(window):
    for spec in ACTIONS:
        assert spec.menu in MENUS
        assert spec.tip.endswith((".", "!"))
        assert action(window, spec.id).statusTip() == spec.tip
        assert spec.tip in action(window, spec.id).toolTip()
    texts = [entry.text() for name in MENUS for entry in window.menus[name].actions()]
    for name, made in window.actions_:
        assert texts.count(made.text()) == 1, name


def test_no_key_is_given_away_twice():
    for keys in ([key for spec in ACTIONS for key in spec.keys], [key for spec in ACTIONS for key in spec.plot_keys]):
        sequences = [QKeySequence(key).toString() for key in keys]
        assert len(sequences) == len(set(sequences))
        assert all(sequences)


def test_no_menu_takes_the_alt_key_of_an_action():
    letters = [title.partition("&")[2][:1] for title in MENU_TITLES.values()]
    assert len(letters) == len(set(letters))
    taken = {QKeySequence(key).toString() for spec in ACTIONS for key in spec.keys}
    assert not taken & {QKeySequence(f"Alt+{letter}").toString() for letter in letters}


def test_mnemonics_of_a_menu_differ():
    for menu in MENUS:
        letters = [
            spec.text.partition("&")[2][:1].lower() for spec in ACTIONS if spec.menu == menu and "&" in spec.text
        ]
        assert len(letters) == len(set(letters)), (menu, letters)


def test_the_sheet_lists_every_key(window, qtbot):
    sheet = ShortcutSheet(window)
    qtbot.addWidget(sheet)
    shown = {made.text() for made in sheet.findChildren(QLabel)}
    assert sorted(menu for column in COLUMNS for menu in column) == sorted(MENUS)
    for spec in ACTIONS:
        for keys in (spec.keys, spec.plot_keys):
            if keys == ("1",):  # as the other digits it answers in lecture mode only
                assert native(keys) not in shown
            elif keys:
                assert native(keys) in shown
                assert spec.plain in shown


# -- the keys, one by one: what they do on the plots, and what works everywhere


def start_in_the_middle(window):
    window.session.jump(40)
    window.stage.setFocus()
    wait_for(window.stage.hasFocus)


STEPS = {
    "Right": 41, "PgDown": 41, "Left": 39, "PgUp": 39, "Shift+Right": 50, "Shift+Left": 30, "Home": 0, "End": 120,
    "R": 0, "F10": 41, "F9": 39, "Alt+Home": 0, "Alt+End": 120, "Ctrl+R": 0,
}  # fmt: skip
EVERYWHERE = {"F10", "F9", "Alt+Home", "Alt+End", "Ctrl+R"}


def send(widget, keys):
    combination = QKeySequence(keys)[0]
    QTest.keyClick(widget, combination.key(), combination.keyboardModifiers())


def test_keys_that_move_the_cursor(window):
    for keys, step in STEPS.items():
        start_in_the_middle(window)
        send(window.stage, keys)
        assert window.session.cursor == step, keys


def test_they_work_whichever_plot_was_clicked(window):
    for pane in window.stage.panes:
        start_in_the_middle(window)
        pane.setFocus()
        press(window, Key.Key_Right)
        assert window.session.cursor == 41, pane.accessibleName()


def test_in_a_number_field_only_the_twins_work(window):
    field = window.runs.settings.form("optimizer").editor("lr").field
    for keys, step in STEPS.items():
        window.session.jump(40)
        settle(window)
        focus(field)
        send(field, keys)
        if keys in EVERYWHERE:
            assert window.session.cursor == step, keys
        else:
            settle(window)  # some of them change the number
            assert window.session.cursor == 40, keys
            field.restore()


def test_play_and_pause(window):
    field = window.runs.settings.form("optimizer").editor("lr").field
    for keys, on_plots in (("Space", True), ("F5", False), ("Ctrl+Space", False)):
        start_in_the_middle(window)
        window.session.set_speed(500)
        send(window.stage, keys)
        assert window.session.playing, keys
        assert window.play_bar.play.playing
        wait_for(lambda: window.session.cursor > 40)
        send(window.stage, keys)
        assert not window.session.playing, keys
        focus(field)
        send(field, keys)
        assert window.session.playing is not on_plots, keys
        if window.session.playing:
            window.session.toggle_play()
        field.restore()


def test_slower_and_faster(window):
    start_in_the_middle(window)
    before = window.session.player.speed
    press(window, Key.Key_BracketRight)
    faster = window.session.player.speed
    assert faster > before
    assert f"{faster:,.0f} steps/s" in window.play_bar._speed_text.text()
    press(window, Key.Key_BracketLeft)
    press(window, Key.Key_BracketLeft)
    assert window.session.player.speed < before


def test_zoom_and_the_whole_view(window):
    start_in_the_middle(window)
    plot = window.stage.landscape

    def width():
        left, right, _, _ = plot.view
        return right - left

    whole = width()
    for nearer, farther in ((Key.Key_Plus, Key.Key_Minus), (Key.Key_Equal, Key.Key_Minus)):
        press(window, nearer)
        assert width() < whole
        press(window, farther)
        assert width() == pytest.approx(whole)
    for home in (Key.Key_0, Key.Key_H):
        press(window, Key.Key_Plus)
        press(window, home)
        assert plot.at_home
    press(window, Key.Key_Plus, Mods.ControlModifier)
    assert width() < whole
    press(window, Key.Key_0, Mods.ControlModifier)
    assert plot.at_home


def test_switches(window):
    start_in_the_middle(window)
    for key, name in (("C", "contours"), ("L", "log_loss"), ("S", "smooth_loss")):
        before = action(window, name).isChecked()
        send(window.stage, key)
        assert action(window, name).isChecked() is not before, name
        send(window.stage, key)
        assert action(window, name).isChecked() is before, name


def test_the_fan_is_asked_for(window, monkeypatch):
    asked = []
    monkeypatch.setattr(window.stage.landscape, "show_fan", asked.append)
    start_in_the_middle(window)
    send(window.stage, "B")
    assert action(window, "fan").isChecked()
    send(window.stage, "B")
    assert asked == [True, False]


def test_data_are_imported_by_their_own_window(window, monkeypatch):
    asked = []
    module = ModuleType("gdsim.ui.csv_dialog")
    module.import_csv = asked.append
    monkeypatch.setitem(sys.modules, "gdsim.ui.csv_dialog", module)
    start_in_the_middle(window)
    send(window.stage, "Ctrl+I")
    focus(window.runs.settings.form("optimizer").editor("lr").field)
    press(window, Key.Key_I, Mods.ControlModifier)
    assert asked == [window, window]


def test_full_screen_and_back(window):
    window.docks["readings"].hide()
    start_in_the_middle(window)
    press(window, Key.Key_F11)
    wait_for(window.isFullScreen)
    everything = (*window.bars, *window.docks.values(), window.menuBar(), window.statusBar())
    assert not any(widget.isVisible() for widget in everything)
    press(window, Key.Key_Right)
    assert window.session.cursor == 41, "the keys of the plots go on working"
    press(window, Key.Key_F10)
    assert window.session.cursor == 42
    press(window, Key.Key_Escape)
    wait_for(lambda: not window.isFullScreen())
    assert [widget.isVisible() for widget in everything] == [
        widget is not window.docks["readings"] for widget in everything
    ]
    assert not action(window, "full_screen").isChecked()


OPENS = {"F1": "ShortcutSheet", "?": "ShortcutSheet", "Ctrl+E": "PictureDialog", "Ctrl+Shift+N": "QMenu"}
ASKS = {"Ctrl+O": "getOpenFileName", "Ctrl+S": "getSaveFileName", "Ctrl+Shift+S": "getSaveFileName"}


def test_keys_that_open_something(window):
    for keys, opens in OPENS.items():
        window.activateWindow()
        wait_for(window.isActiveWindow)
        start_in_the_middle(window)
        timer, seen = close_popups()
        send(window.stage, keys)
        timer.stop()
        assert seen == [opens], keys


def test_keys_of_files(window, monkeypatch):
    asked = []
    for name in ("getOpenFileName", "getSaveFileName"):
        monkeypatch.setattr(QFileDialog, name, lambda *_, n=name: (asked.append(n), ("", ""))[1])
    start_in_the_middle(window)
    for keys, asks in ASKS.items():
        asked.clear()
        send(window.stage, keys)
        assert asked == [asks], keys


def test_escape_gives_the_keys_back_to_the_plots(window):
    focus(window.runs.settings.form("optimizer").editor("lr").field)
    press(window, Key.Key_Escape)
    assert window.stage.hasFocus()


def test_rename_opens_the_name(window):
    press(window, Key.Key_F2)
    assert isinstance(app().focusWidget(), QLineEdit)
    QTest.keyClicks(app().focusWidget(), "new name")
    press(window, Key.Key_Return)
    wait_for(lambda: window.session.experiment.labels()[0] == "new name")


def test_reset_holds_the_settings_from_the_start(window):
    session = window.session
    start_in_the_middle(window)
    old = session.experiment.runs[0]
    settings = old.settings_at(40)
    faster = msgspec.structs.replace(settings.optimizer, lr=0.0005)
    window.runs._edit_settings(msgspec.structs.replace(settings, optimizer=faster), "learning rate")
    assert [change.step for change in session.experiment.runs[0].changes] == [40]
    press(window, Key.Key_R)
    assert session.cursor == 0
    assert session.experiment.runs[0].changes == ()
    assert session.experiment.runs[0].optimizer == faster
    press(window, Key.Key_Z, Mods.ControlModifier)
    assert [change.step for change in session.experiment.runs[0].changes] == [40]


def test_a_menu_is_never_empty(window):
    for menu in window.menus.values():
        menu.aboutToShow.emit()
        assert menu.actions() or not menu.isEnabled()


@pytest.mark.parametrize(("name", "starts"), [("copy_pytorch", "import torch"), ("copy_numpy", "import numpy")])
def test_the_experiment_is_copied_as_a_script(window, name, starts):
    action(window, name).trigger()
    script = QGuiApplication.clipboard().text()
    assert starts in script
    compile(script, "script.py", "exec")
    assert "on the clipboard" in window.status.message.text()


def test_a_script_that_cannot_be_written_is_refused_in_words(window, monkeypatch):
    def refuse(_experiment):
        raise ValueError("there is no such rule")

    monkeypatch.setattr("gdsim.core.pytorch_code.torch_script", refuse)
    QGuiApplication.clipboard().setText("before")
    action(window, "copy_pytorch").trigger()
    assert "there is no such rule" in window.status.message.text()
    assert QGuiApplication.clipboard().text() == "before"
