"""Large experiments are made ready on a thread before they are shown, and a cancel leaves everything as it was."""

import msgspec
import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QProgressDialog
from samples import document
from windows import action, settle, wait_for

import gdsim
from gdsim.core import readiness
from gdsim.core.data import Cancelled
from gdsim.ui import ahead

replace = msgspec.structs.replace


@pytest.fixture
def large(open_window, monkeypatch):
    """A window with a line through examples that count as very many."""
    monkeypatch.setattr(readiness, "MANY", 20)
    landscape = {"name": "linear_regression", "dataset": {"name": "line", "size": 60}}
    runs = [{"optimizer": {"name": "SGD", "lr": 0.01}}]
    found = {"format": "gdsim-experiment", "version": 1, "landscape": landscape, "steps": 20, "runs": runs}
    window = open_window(gdsim.load(found), size=(1300, 860))
    settle(window)
    return window


@pytest.fixture
def made(monkeypatch):
    """What is made ready, in order."""
    found = []

    def noted(experiment, watch):
        found.append(experiment.landscape.standardise)
        readiness.make_ready(experiment, watch)

    monkeypatch.setattr(ahead, "make_ready", noted)
    return found


def held_up(experiment, watch):
    while not watch.cancelled():
        QTimer()  # nothing but time passes
    raise Cancelled


def shown(window):
    return window.session.experiment.landscape


def move(window, *shares):
    for share in shares:
        window.data.edit_preparation(replace(shown(window), standardise=share))


def test_an_edit_is_shown_as_soon_as_it_is_ready(large, made):
    large.data.apply("Standardise", standardise=1.0)
    assert shown(large).standardise == 1.0
    large.data.apply("Split", validation=0.25)
    assert shown(large).validation == 0.25
    assert made == [1.0, 1.0]
    settle(large)


def test_a_cancelled_edit_changes_nothing(large, monkeypatch):
    before = large.session.experiment
    monkeypatch.setattr(ahead, "make_ready", held_up)
    QTimer.singleShot(30, lambda: large.findChild(QProgressDialog).cancel())
    large.data.apply("Split", validation=0.25)
    assert large.session.experiment is before
    assert not large.undo_stack.count()
    assert "cancelled" in large.status.message.text()
    assert large.data.settings.preparation_form.spec.validation == 0.0


def test_a_drag_is_shown_where_it_comes_to_rest(large, made):
    move(large, 0.2, 0.4, 0.6)
    assert large.editor.waits
    assert shown(large).standardise == 0.0
    large.data.drag_ended()
    wait_for(lambda: shown(large).standardise == 0.6)
    assert not large.editor.waits
    assert made[-1] == 0.6
    assert large.undo_stack.count() == 1
    action(large, "undo").trigger()
    assert shown(large).standardise == 0.0
    action(large, "redo").trigger()
    assert shown(large).standardise == 0.6
    settle(large)


def test_undo_takes_back_what_is_still_waited_for(large, monkeypatch):
    monkeypatch.setattr(ahead, "make_ready", held_up)
    move(large, 0.4)
    action(large, "undo").setEnabled(True)
    action(large, "undo").trigger()
    assert not large.editor.waits
    assert large.data.settings.preparation_form.spec.standardise == 0.0
    wait_for(lambda: large.ahead._thread is None)
    assert shown(large).standardise == 0.0


def test_redo_that_is_cancelled_leaves_no_control_at_what_was_waited_for(large, monkeypatch):
    large.data.apply("Split", validation=0.25)
    action(large, "undo").trigger()
    monkeypatch.setattr(ahead, "make_ready", held_up)
    told = []
    large.editor.dropped.connect(lambda: told.append(large.editor.waits))
    move(large, 0.4)
    QTimer.singleShot(30, lambda: large.findChild(QProgressDialog).cancel())
    action(large, "redo").trigger()
    assert told == [False]
    assert (shown(large).standardise, shown(large).validation) == (0.0, 0.0)
    settle(large)


def test_a_cancelled_undo_stays_where_it_was(large, monkeypatch):
    large.data.apply("Split", validation=0.25)
    monkeypatch.setattr(ahead, "make_ready", held_up)
    QTimer.singleShot(30, lambda: large.findChild(QProgressDialog).cancel())
    action(large, "undo").trigger()
    assert shown(large).validation == 0.25
    assert large.undo_stack.index() == 1
    settle(large)


def test_what_cannot_be_made_ready_is_said(large, monkeypatch):
    def gone(experiment, watch):
        raise ValueError("the file is gone")

    monkeypatch.setattr(ahead, "make_ready", gone)
    large.data.apply("Split", validation=0.25)
    assert "the file is gone" in large.status.message.text()
    move(large, 0.4)
    wait_for(lambda: not large.editor.waits)
    assert "the file is gone" in large.status.message.text()
    assert shown(large).standardise == 0.0
    assert large.data.settings.preparation_form.spec.standardise == 0.0


def test_another_edit_waits_for_the_one_before(large):
    move(large, 0.4)
    assert large.editor.waits
    new = replace(large.session.experiment, title="Named", landscape=replace(shown(large), validation=0.25))
    assert large.editor.edit("Change", new) is None
    assert (shown(large).standardise, shown(large).validation) == (0.4, 0.25)
    assert large.session.experiment.title == "Named"
    assert large.undo_stack.count() == 2
    action(large, "undo").trigger()
    assert (shown(large).standardise, shown(large).validation) == (0.4, 0.0)
    settle(large)


def test_an_edit_that_the_one_before_leaves_no_room_for_is_refused(open_window, monkeypatch):
    monkeypatch.setattr(readiness, "MANY", 20)
    landscape = {"name": "polynomial_regression", "degree": 3, "dataset": {"name": "noisy_sine", "size": 60}}
    window = open_window(gdsim.load(document({"optimizer": {"name": "SGD"}}, landscape=landscape, steps=20)))
    settle(window)
    shown_first = window.session.experiment
    bent = replace(shown_first, landscape=replace(shown_first.landscape, degree=6))
    assert window.editor.edit("Change the degree", bent, "degree") is None
    assert window.editor.waits
    refusal = window.editor.edit("Move the start", replace(shown_first, start=(0.0, 0.0, 0.0, 1.0)))
    assert "start must have 7 numbers" in refusal
    assert window.session.experiment == bent
    settle(window)


def test_what_is_waited_for_is_saved(large, tmp_path):
    large.files.path = tmp_path / "kept.json"
    move(large, 0.4)
    assert large.files.edited
    assert large.files.save()
    assert gdsim.load(large.files.path).landscape.standardise == 0.4
    assert not large.files.edited
    settle(large)
