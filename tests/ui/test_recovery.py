"""Unsaved work: kept aside after an edit, offered once after a crash, gone after an orderly end."""

import os
import subprocess
import sys
import time

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox
from windows import LEFT, app, closed, ravine, settle, wait_for

from gdsim.core.documents import decode, encode
from gdsim.ui.recovery import Recovery, time_of

LEFT_BEHIND = "unsaved-1-crashed.json"


@pytest.fixture
def left(tmp_path):
    """What a program that crashed left behind."""
    path = tmp_path / LEFT_BEHIND
    path.write_bytes(encode(ravine(title="Rescued")))
    return path


@pytest.fixture
def window(open_window, left):
    made = open_window()
    settle(made)
    return made


def spare(folder):
    return folder / f"unsaved-{os.getpid()}.json"


def test_an_edit_is_kept_aside(window, tmp_path):
    window._spare.setInterval(1)
    window.landscape._edit_steps(33)
    wait_for(lambda: spare(tmp_path).exists())
    assert decode(spare(tmp_path).read_bytes()) == window.session.experiment
    assert Recovery(tmp_path / "elsewhere").left_behind() == []
    window.undo_stack.undo()
    assert not spare(tmp_path).exists(), "nothing is unsaved any more"


def test_it_is_offered_above_the_plots_and_opened_as_unsaved(window, left, tmp_path):
    notice = window.notice
    assert notice.isVisible()
    assert notice.accessibleName() == f"Unsaved work from {time_of(left)} was recovered."
    assert app().activeModalWidget() is None
    assert window.stage.hasFocus(), "it does not take the keys"
    QTest.mouseClick(notice.buttons[0], LEFT)
    assert window.session.experiment.title == "Rescued"
    assert not window.undo_stack.isClean()
    assert "Rescued •" in window.windowTitle()
    assert window.files.path is None
    assert not left.exists()
    assert spare(tmp_path).exists(), "it is safe in this program's own spare copy"
    assert window.notice is None
    assert not notice.isVisible()


def test_what_is_opened_after_it_is_not_edited(window, monkeypatch):
    QTest.mouseClick(window.notice.buttons[0], LEFT)
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Discard)
    window.files.new()
    assert window.undo_stack.isClean()
    assert "•" not in window.windowTitle()
    settle(window)


def test_it_can_be_discarded(window, left):
    before = window.session.experiment
    QTest.mouseClick(window.notice.buttons[1], LEFT)
    assert window.session.experiment is before
    assert window.undo_stack.isClean()
    assert not left.exists()


def test_without_an_answer_it_stays(open_window, left):
    closed(open_window())
    assert left.exists()
    left.unlink()
    window = open_window()
    assert window.notice is None


def test_unsaved_edits_are_asked_about_before(window, left, monkeypatch):
    window.landscape._edit_steps(33)
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Cancel)
    QTest.mouseClick(window.notice.buttons[0], LEFT)
    assert window.session.experiment.steps == 33
    assert left.exists()
    assert window.notice is not None, "it is still offered"
    wait_for(window.notice.isVisible)


def test_a_damaged_copy_is_said_and_put_aside(open_window, left):
    left.write_bytes(b"{")
    window = open_window()
    QTest.mouseClick(window.notice.buttons[0], LEFT)
    assert "could not be read" in window.status.message.text()
    assert not left.exists()
    assert left.with_suffix(".unreadable").read_bytes() == b"{"


def test_several_are_offered_one_after_the_other(open_window, left, tmp_path):
    older = tmp_path / "unsaved-2-crashed.json"
    older.write_bytes(encode(ravine(title="Older")))
    os.utime(older, (time.time() - 200_000,) * 2)
    window = open_window()
    QTest.mouseClick(window.notice.buttons[1], LEFT)
    assert time_of(older) in window.notice.accessibleName()
    assert "-" in time_of(older), "another day is named"
    QTest.mouseClick(window.notice.buttons[0], LEFT)
    assert window.session.experiment.title == "Older"
    assert window.notice is None


CRASH = """
import os, sys
from pathlib import Path
from gdsim.ui.recovery import Recovery
recovery = Recovery(Path(sys.argv[1]))
recovery.keep(b"{}")
print("kept", flush=True)
sys.stdin.readline()
os.abort()
"""


def test_the_copy_of_a_running_program_is_left_alone(tmp_path):
    child = subprocess.Popen(
        [sys.executable, "-c", CRASH, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout.readline() == "kept\n"
    recovery = Recovery(tmp_path)
    assert recovery.left_behind() == []
    child.communicate("\n", timeout=20)
    assert child.returncode != 0
    assert [path.name for path in recovery.left_behind()] == [f"unsaved-{child.pid}.json"]


def test_a_namesake_of_an_earlier_start_is_not_written_over(tmp_path):
    spare(tmp_path).write_bytes(b"old")
    recovery = Recovery(tmp_path)
    recovery.keep(b"new")
    assert [path.read_bytes() for path in recovery.left_behind()] == [b"old"]
    recovery.forget()
    assert len(recovery.left_behind()) == 1
    assert not spare(tmp_path).exists()


def test_a_folder_that_cannot_be_written_disturbs_nobody(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    recovery = Recovery(blocked)
    recovery.keep(b"{}")
    recovery.forget()
    assert recovery.left_behind() == []
