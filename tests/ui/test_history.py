"""Undo and redo: every edit can be taken back to the same bytes, and one drag is one step."""

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import QInputDialog
from windows import Key, Mods, action, drag, ground, pixel, press, ravine, settle, type_number

from gdsim.core.documents import encode
from gdsim.core.landscapes.analytic import Himmelblau
from gdsim.core.optimizers import Adam
from gdsim.ui.history import DocumentEditor


def edits(window):
    """One of each kind of edit that the window offers."""
    session, runs, landscape = window.session, window.runs, window.landscape
    yield "learning rate", lambda: type_number(runs.settings.form("optimizer").editor("lr").field, "0.003")
    yield "optimizer", lambda: runs.settings._choose_optimizer(8)
    yield "schedule", lambda: runs.settings._choose_schedule(2)
    yield "clip", lambda: runs.settings._choose_clip(1)
    yield "noise", lambda: runs.settings._choose_noise(1)
    yield "add", lambda: runs.add(Adam())
    yield "duplicate", runs.duplicate
    yield "move", lambda: runs._move(0, 1)
    yield "hide", lambda: runs.toggle_hidden(0)
    yield "rename", lambda: runs._rename(0, "another")
    yield "colour", lambda: runs._recolor(4)
    yield "remove", runs.remove
    yield "start", lambda: window._start_dropped(0.5, 0.5)
    yield "steps", lambda: landscape._edit_steps(90)
    yield "seed", lambda: landscape._edit_seed(7)
    yield "landscape", lambda: landscape._pick(Himmelblau)
    yield "another seed", lambda: action(window, "dice").trigger()
    assert session is window.session


def test_every_edit_can_be_undone_and_done_again(window):
    documents = [encode(window.session.experiment)]
    for name, edit in edits(window):
        edit()
        documents.append(encode(window.session.experiment))
        assert documents[-1] != documents[-2], name
        assert window.undo_stack.count() == len(documents) - 1, name
        assert window.undo_stack.undoText(), name
        settle(window)
    for document in reversed(documents[:-1]):
        action(window, "undo").trigger()
        assert encode(window.session.experiment) == document
        settle(window)
    assert window.undo_stack.isClean()
    assert not action(window, "undo").isEnabled()
    for document in documents[1:]:
        action(window, "redo").trigger()
        assert encode(window.session.experiment) == document
    settle(window)
    assert not action(window, "redo").isEnabled()


def test_undo_shows_the_same_numbers_again(window):
    before = window.session.trajectory.runs[0].theta.copy()
    type_number(window.runs.settings.form("optimizer").editor("lr").field, "0.0005")
    settle(window)
    assert not np.array_equal(window.session.trajectory.runs[0].theta, before)
    window.stage.setFocus()
    press(window, Key.Key_Z, Mods.ControlModifier)
    settle(window)
    assert np.array_equal(window.session.trajectory.runs[0].theta, before)
    assert window.runs.settings.form("optimizer").editor("lr").field.text() == "0.002"


def test_dragging_a_slider_is_one_step(window):
    slider = window.runs.settings.form("optimizer").editor("lr").slider
    for turn, way in ((1, 1), (2, -1)):
        x = round(slider._x_of(slider.number))
        drag(slider, [QPoint(x, 14), *(QPoint(x + d * way, 14) for d in range(2, 20, 2))])
        assert window.undo_stack.count() == turn
        assert window.stage.hasFocus(), "Space plays after a drag"
    window.undo_stack.undo()
    window.undo_stack.undo()
    assert window.session.experiment == ravine()


def test_dragging_the_start_is_one_step(window):
    place = pixel(window, -1.5, 1.0)
    drag(ground(window), [place, *(place + QPoint(d, -d) for d in range(4, 60, 8))])
    assert window.undo_stack.count() == 1
    x, y = window.session.experiment.origin
    assert x > -1.4
    assert y > 1.1
    window.undo_stack.undo()
    assert window.session.experiment.origin == (-1.5, 1.0)


def test_an_edit_in_the_middle_of_a_drag_is_its_own_step(window):
    editor, session = window.editor, window.session
    for key, steps in (("a", 50), ("a", 51), ("b", 52), ("a", 53)):
        editor.edit("Change", msgspec.structs.replace(session.experiment, steps=steps), key)
    assert window.undo_stack.count() == 3


def test_the_menu_says_what_is_undone(window):
    window.landscape._edit_steps(90)
    assert action(window, "undo").text() == "&Undo change the steps"
    window.undo_stack.undo()
    assert action(window, "redo").text() == "&Redo change the steps"
    assert action(window, "undo").text().strip() == "&Undo"


def test_a_title_can_be_given_and_taken_back(window, monkeypatch):
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ("  Two \n marbles ", True))
    action(window, "set_title").trigger()
    assert window.session.experiment.title == "Two marbles"
    assert window._title.whole == "Two marbles"
    assert "Two marbles •" in window.windowTitle()
    window.undo_stack.undo()
    assert window._title.whole == "Ravine"
    assert "•" not in window.windowTitle()
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ("x" * 9000, True))
    window.edit_title()
    assert len(window.session.experiment.title) == 500


class FakeSession:
    def __init__(self, experiment):
        self.experiment = experiment

    def replace(self, experiment):
        self.experiment = experiment


def test_what_is_refused_changes_nothing():
    session, stack = FakeSession(ravine()), QUndoStack()
    editor = DocumentEditor(session, stack)
    for values in ({"steps": 0}, {"start": (float("nan"), 0.0)}, {"seed": -1}):
        reason = editor.edit("Change", msgspec.structs.replace(session.experiment, **values))
        assert reason
        assert session.experiment == ravine()
    assert editor.edit("Nothing", ravine()) is None
    assert stack.count() == 0


def test_an_exception_while_an_edit_is_shown_is_reported(monkeypatch):
    """It must not pass through Qt's stack, which does not survive it."""
    heard = []
    monkeypatch.setattr("sys.excepthook", lambda kind, error, trace: heard.append(error))
    session = FakeSession(ravine())
    monkeypatch.setattr(session, "replace", lambda _: pytest.importorskip("math").sqrt(-1))
    stack = QUndoStack()
    DocumentEditor(session, stack).edit("Change", msgspec.structs.replace(ravine(), steps=5))
    assert [type(error) for error in heard] == [ValueError]
