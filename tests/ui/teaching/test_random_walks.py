"""Anything at any time in a lesson: no fault, the right numbers, and everything given back when it is left."""

from __future__ import annotations

import random
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import qInstallMessageHandler
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QMessageBox
from windows import settle

from gdsim.core.trajectory import run
from gdsim.lessons.shelf import shipped
from gdsim.ui import places
from gdsim.ui.files import ready_made
from gdsim.ui.main_window import MainWindow
from gdsim.ui.teaching.answers import Choices, Ranking, Search
from gdsim.ui.teaching.teacher import ACTIONS

BARRED = ("runs", "diagnosis")
"""Docks that are left out, as in a computer room."""
OFFSCREEN = ("propagateSizeHints", "raise()", "requestActivate")
"""What the offscreen platform says that it cannot do."""
FREE = (
    "undo", "redo", "play", "last", "first", "slower", "faster", "theme", "view_2d", "view_3d", "view_both", "arrows",
    "ellipse", "fan", "smooth_loss", "reset_layout", "add_run", "diagnosis", "data", "scene_again", "leave_lesson",
)  # fmt: skip
TAUGHT = (
    "next_scene", "previous_scene", "show_answer", "answer_1", "answer_2", "answer_3", "answer_4", "scene_again",
)  # fmt: skip


class Walker:
    """Acts at random on a window."""

    def __init__(self, window: MainWindow, seed: int) -> None:
        self.window, self.chance = window, random.Random(seed)
        self.lessons = shipped() + shipped("quizzes")
        self.before: tuple[Any, ...] = ()

    def act(self) -> str:
        """Do something; returns what."""
        window, chance = self.window, self.chance
        moves: list[Callable[[], str]] = [self.trigger, self.edit, self.jump, self.resize, self.dock]
        if window.teaching:
            moves += [self.walk] * 5 + [self.answer] * 4 + [self.leave, self.close_dock]
        else:
            moves += [self.begin] * 5 + [self.document]
        return chance.choice(moves)()

    def trigger(self) -> str:
        name = self.chance.choice([name for name in FREE if name != "leave_lesson"])
        self.window.actions_[name].trigger()
        return name

    def walk(self) -> str:
        name = self.chance.choice(TAUGHT)
        self.window.actions_[name].trigger()
        return name

    def begin(self) -> str:
        path = self.chance.choice(self.lessons)
        before = self.state()
        if self.window.room.open(path, self.chance.choice([None, 0, 2])):
            self.before = before
        return f"begin {path.stem}"

    def leave(self) -> str:
        self.window.room.leave()
        assert self.state() == self.before
        return "leave"

    def document(self) -> str:
        path = self.chance.choice(ready_made()[:12])
        self.window.files.open(path, known=False)
        return f"open {path.stem}"

    def answer(self) -> str:
        task = self.window.room.panel.task
        if isinstance(task, Choices):
            self.chance.choice(task.answers).click()
        elif isinstance(task, Ranking):
            task.list.move_row(self.chance.choice([-1, 1]))
            task.button.click()
        elif isinstance(task, Search):
            for field in task.fields.values():
                field.setText(self.chance.choice(["0.01", "0.1", "0.9", "1e999", "x"]))
                field.setModified(True)
            task.button.click()
        return "answer"

    def edit(self) -> str:
        experiment = self.window.session.experiment
        changes = [{"steps": self.chance.choice([1, 7, 60])}, {"seed": self.chance.randrange(9)}]
        if len(experiment.origin) == 2:
            changes.append({"start": tuple(0.9 * value for value in experiment.origin)})
        change = self.chance.choice(changes)
        self.window.editor.edit("Change it", replace(experiment, **change), self.chance.choice(["", "drag"]))
        return f"edit {change}"

    def jump(self) -> str:
        session = self.window.session
        session.jump(self.chance.randrange(session.experiment.steps + 1))
        session.select(self.chance.randrange(len(session.experiment.runs)))
        return "jump"

    def resize(self) -> str:
        self.window.resize(self.chance.choice([810, 1000, 1179, 1180, 1400]), self.chance.choice([610, 720, 850]))
        return "resize"

    def dock(self) -> str:
        name = self.chance.choice([name for name in self.window.docks if name not in BARRED])
        dock = self.window.docks[name]
        if self.chance.random() < 0.5:
            dock.setVisible(dock.isHidden())
        else:
            dock.setFloating(not dock.isFloating())
        return f"dock {name}"

    def close_dock(self) -> str:
        self.window.room.dock.close()
        return "close the lesson's dock"

    def state(self) -> tuple[Any, ...]:
        """What a lesson gives back."""
        window = self.window
        shown = tuple(window.actions_[name].isChecked() for name in ACTIONS.values())
        document = replace(window.session.experiment, camera=None)
        return shown, window.stage.space, window.session.player.speed, document, window.files.path

    def check(self) -> None:
        """What holds at any time."""
        window = self.window
        assert all(window.docks[name].isHidden() for name in BARRED)
        assert not any(window.actions_[name].isEnabled() for name in ("save", "save_as", "export_answers"))
        if window.teaching:
            assert window.files.path is None
            assert not window.files.edited
        else:
            assert window.session.foresight
            assert window.room.docks == []

    def check_numbers(self) -> None:
        """The rows that are known are those that running it brings."""
        session = self.window.session
        experiment = session.experiment
        if experiment.steps * len(experiment.runs) * experiment.landscape.dim > 20_000:
            return
        for seen, computed in zip(session.trajectory.runs, run(experiment).runs, strict=True):
            count = len(seen.loss)
            assert seen.theta.tobytes() == computed.theta[:count].tobytes()
            np.testing.assert_array_equal(seen.loss, computed.loss[:count])


@pytest.fixture
def faults(monkeypatch) -> Iterator[list[str]]:
    """Exceptions that nobody caught, and what Qt warns of."""
    found: list[str] = []

    def hear(_kind: Any, _context: Any, text: str) -> None:
        if not any(word in text for word in OFFSCREEN):
            found.append(text)

    def fail(_kind: Any, error: BaseException, _trace: Any) -> None:
        found.append("".join(traceback.format_exception(error)))

    monkeypatch.setattr(sys, "excepthook", fail)
    before = qInstallMessageHandler(hear)
    yield found
    qInstallMessageHandler(before)


def wander(window: MainWindow, faults: list[str], monkeypatch: pytest.MonkeyPatch, seed: int, actions: int) -> None:
    buttons = QMessageBox.StandardButton
    walker, told = Walker(window, seed), []
    monkeypatch.setattr(QMessageBox, "question", lambda *_: walker.chance.choice([buttons.Discard, buttons.Cancel]))
    monkeypatch.setattr(QMessageBox, "information", lambda *_: None)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: pytest.fail("a file would be written"))
    monkeypatch.setattr(window.runs, "offer_run", lambda: None)  # a menu that waits for somebody
    try:
        window.keep_to(BARRED, saving=False)
        for _ in range(actions):
            told.append(walker.act())
            QTest.qWait(walker.chance.choice([0, 0, 0, 15]))
            walker.check()
            if walker.chance.random() < 0.1:
                walker.check_numbers()
            assert not faults
        window.room.leave()
        settle(window)
        walker.check_numbers()
        assert not faults
    except BaseException:
        print(" > ".join(told[-20:]))
        raise
    finally:
        places.allow(True)


def test_a_random_walk(window, faults, monkeypatch):
    wander(window, faults, monkeypatch, seed=1, actions=60)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 12))
def test_a_long_random_walk(window, faults, monkeypatch, seed):
    wander(window, faults, monkeypatch, seed, actions=600)
