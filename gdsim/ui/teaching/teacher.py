"""Walks through a lesson: puts scenes on the screen, takes answers, shows what running them brings, remembers it.

The document that was open before is kept and comes back when the lesson is left; what is changed within a scene is
play, and one key brings the scene back.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from PySide6.QtCore import QObject, Signal, Slot

from gdsim.core.data import Cancelled
from gdsim.core.documents import DocumentError
from gdsim.lessons.lesson import LAYERS, Choose, Code, Find, Lesson, Order, Scene, Setup, Task
from gdsim.lessons.progress import Progress
from gdsim.lessons.reader import number_at, read, with_numbers
from gdsim.ui.waiting import wait_for

if TYPE_CHECKING:
    from gdsim.core.experiment import Experiment
    from gdsim.ui.main_window import MainWindow

T = TypeVar("T")
log = logging.getLogger(__name__)

ACTIONS = {"arrows": "arrows", "ellipse": "ellipse", "fan": "fan", "smooth": "smooth_loss"}
"""Which action draws each layer of a scene."""
assert set(ACTIONS) == set(LAYERS)


@dataclass(frozen=True)
class Verdict:
    """What is said of an answer.

    Attributes:
        right: Whether it is right; None where it was only shown.
        text: What is said.
    """

    right: bool | None
    text: str


@dataclass(frozen=True)
class _Before:
    """What was there before a lesson began."""

    experiment: Experiment
    path: Path | None
    actions: dict[str, bool]
    space: Literal["2d", "3d", "both"]
    speed: float


class Teacher(QObject):
    """The one who walks.

    Args:
        window: Where scenes are shown.
        progress: What is remembered.
        show_docks: Puts the docks in their places that a scene names, and shows its code.

    Attributes:
        lesson: The lesson that is open; None where none is.
        place: The place of its scene.
        revealed: Whether the answer of the scene's task is shown.
        chosen: The place of the answer that was chosen last; None before.
        verdict: What is said of it.

    Signals:
        changed: Another scene is shown, an answer was given or shown, or the lesson was left.
    """

    changed = Signal()

    def __init__(
        self, window: MainWindow, progress: Progress, show_docks: Callable[[tuple[str, ...], Code | Literal[""]], None]
    ) -> None:
        super().__init__(window)
        self._window, self._show_docks = window, show_docks
        self.progress = progress
        self.lesson: Lesson | None = None
        self.place = 0
        self.revealed = False
        self.chosen: int | None = None
        self.verdict: Verdict | None = None
        self._before: _Before | None = None
        self.changed.connect(self._withhold)

    # What is shown

    @property
    def teaching(self) -> bool:
        """Whether a lesson is open."""
        return self.lesson is not None

    @property
    def scene(self) -> Scene | None:
        """The scene that is shown."""
        return self.lesson.scenes[self.place] if self.lesson is not None else None

    @property
    def task(self) -> Task | None:
        """What is asked in it."""
        scene = self.scene
        return scene.task if scene is not None else None

    @property
    def setup(self) -> Setup | None:
        """What is on the screen: of a scene that has nothing of its own the one before it."""
        task = self.task
        if self.revealed and task is not None and task.reveal is not None:
            return task.reveal
        if self.lesson is None:
            return None
        shown = [scene.setup for scene in self.lesson.scenes[: self.place + 1] if scene.setup is not None]
        return shown[-1] if shown else None

    @property
    def numbers(self) -> dict[str, float]:
        """The numbers that are wanted: as they are in the scene, or those that solve it where the answer is shown."""
        task, scene = self.task, self.scene
        if not isinstance(task, Find) or scene is None or scene.setup is None:
            return {}
        if self.given_away:
            return {want.path: want.solution for want in task.wanted}
        return {want.path: number_at(scene.setup.experiment, want.path, want.low) for want in task.wanted}

    @property
    def given_away(self) -> bool:
        """Whether the answer is shown that somebody has not found."""
        return self.revealed and self.verdict is not None and not self.verdict.right

    @property
    def at_end(self) -> bool:
        """Whether nothing follows."""
        return self.lesson is None or self.place == len(self.lesson.scenes) - 1

    # Walking

    def open(self, path: Path, place: int | None = None) -> bool:
        """Begin a lesson where it was left last, or at ``place``; returns whether it was opened."""
        try:
            lesson = read(path)
        except (DocumentError, OSError) as error:
            reason = error.strerror or error if isinstance(error, OSError) else error
            self._window.warn(f"{path.name} was not opened: {reason}")
            return False
        if not lesson.scenes:
            self._window.warn(f"{path.name} was not opened: {lesson.problems[-1].text}")
            return False
        if not self.teaching:
            if not self._window.files.may_leave():
                return False
            self._before = self._remember()
        self.lesson = lesson
        walk = self.progress.walk(lesson.name)
        last = walk.scene if walk.scene < len(lesson.scenes) - 1 else 0
        self._go(min(last if place is None else place, len(lesson.scenes) - 1))
        for problem in lesson.problems:
            log.warning("%s", problem)
        if lesson.problems:
            more = f" and {len(lesson.problems) - 1} more" if len(lesson.problems) > 1 else ""
            self._window.warn(f"{lesson.problems[0]}{more}; the rest of the lesson is shown")
        return True

    def _remember(self) -> _Before:
        window = self._window
        actions = {name: window.actions_[name].isChecked() for name in ACTIONS.values()}
        space = window.stage.space
        return _Before(window.files.document(), window.files.path, actions, space, window.session.player.speed)

    def _go(self, place: int) -> None:
        assert self.lesson is not None
        self.place, self.revealed, self.chosen, self.verdict = place, False, None, None
        self.progress.seen(self.lesson.name, place, len(self.lesson.scenes))
        self._show()

    def _show(self) -> None:
        self._window.files.path = None  # a scene is nobody's file: saving it asks for a place
        setup = self.setup
        if setup is not None:
            self._put_on(setup)
        self.changed.emit()

    def forward(self) -> None:
        """The answer where one is waited for, else the next scene: what a clicker's key does."""
        if self.task is not None and not self.revealed and self.lesson is not None and not self.lesson.is_quiz:
            self.reveal()
        else:
            self.next()

    def next(self) -> None:
        """The next scene."""
        if self.lesson is not None and not self.at_end:
            self._go(self.place + 1)

    def back(self) -> None:
        """The scene before; from an answer back to its question."""
        if self.revealed:
            self._go(self.place)
        elif self.place > 0:
            self._go(self.place - 1)

    def go(self, place: int) -> None:
        """Another scene of the lesson."""
        if self.lesson is not None and 0 <= place < len(self.lesson.scenes):
            self._go(place)

    def again(self) -> None:
        """The scene as it was, whatever was changed in it."""
        if self.teaching:
            self._show()

    def leave(self) -> None:
        """Close the lesson; what was there before comes back."""
        before, self._before = self._before, None
        self.lesson = None
        if before is not None:
            self._give_back(before)
        self.changed.emit()

    def dismiss(self) -> None:
        """Close the lesson because another document is opened: all but the document before comes back."""
        before, self._before = self._before, None
        self.lesson = None
        if before is not None:
            self._give_back(before, document=False)
            self.changed.emit()

    def _give_back(self, before: _Before, *, document: bool = True) -> None:
        window = self._window
        window.session.foresee(True)
        for name, shown in before.actions.items():
            window.actions_[name].setChecked(shown)
        window.show_space(before.space)
        window.session.set_speed(before.speed)
        if document:
            window.files.path = before.path
            window.show_experiment(before.experiment)

    # Answering

    def reveal(self) -> None:
        """Show the answer by running it."""
        if self.task is None or self.revealed:
            return
        before, self.revealed = self.setup, True
        if self.lesson is not None and self.lesson.is_quiz and self.verdict is None and self.scene is not None:
            self.progress.answered(self.lesson.name, self.scene.title, self.task.question, right=False)
        if self.verdict is None or isinstance(self.task, Find):
            self.verdict = Verdict(None, "")  # nothing is said of numbers that are not on the screen any more
        if before is not None and before == self.setup and not before.veiled:
            self.changed.emit()  # what is on the screen already is not run again
        else:
            self._show()

    def choose(self, choice: int) -> None:
        """Answer a question with one of its choices, and show what running it brings."""
        task = self.task
        if not isinstance(task, Choose) or self.revealed or not 0 <= choice < len(task.choices):
            return
        self.chosen = choice
        right = task.choices[choice].right
        said = "Right." if right else f"Not so: answer {task.right + 1} is right."
        self._judged(task.choices[choice].text, right, said)
        self.reveal()

    def order(self, labels: tuple[str, ...]) -> None:
        """Answer with an order of runs."""
        from gdsim.lessons.checker import in_order
        from gdsim.lessons.claims import Ran

        task, scene = self.task, self.scene
        if not isinstance(task, Order) or self.revealed or scene is None or scene.setup is None:
            return
        experiment = scene.setup.experiment
        right = self._ran(lambda progress: in_order(task, Ran(experiment, progress=progress)))
        if right is None:
            return
        answer = ", ".join(labels)
        said = "Right." if labels == right else f"Not so: it is {', '.join(right)}, and you said {answer}."
        self._judged(answer, labels == right, said)
        self.reveal()

    def find(self, numbers: dict[str, float]) -> None:
        """Answer with numbers: they are run, and may be tried again until they are right."""
        from gdsim.lessons.checker import found_numbers
        from gdsim.lessons.claims import ClaimError

        task, scene = self.task, self.scene
        if not isinstance(task, Find) or scene is None or scene.setup is None:
            return
        start = scene.setup.experiment
        try:
            experiment = with_numbers(start, numbers)
            found = self._ran(lambda progress: found_numbers(task, start, numbers, progress))
        except (DocumentError, ClaimError) as error:
            self.verdict = Verdict(False, str(error))
            self.changed.emit()
            return
        if found is None:
            return
        answer = ", ".join(f"{number:.6g}" for number in numbers.values())
        self._judged(answer, found.right, found.seen if found.right else f"Not yet: {found.seen}", found.steps)
        self._put_on(replace(scene.setup, experiment=experiment, step=0, play=experiment.steps))
        self.revealed = found.right
        self.changed.emit()

    @Slot()
    def _withhold(self) -> None:
        """Keep from the plots what would answer the question: how large a rate is stable, or which rate is whose."""
        asked = self.task if not self.revealed else None
        by_rate = isinstance(asked, Order) and asked.by == "rate"
        self._window.stage.withhold(edge=asked is not None, rates=by_rate)

    def _ran(self, work: Callable[[Callable[[int, int], None]], T]) -> T | None:
        """What ``work`` finds on a thread; None where it was cancelled, or another scene is shown by then."""

        def watched(tell: Callable[[float], None], stop: Callable[[], bool]) -> T:
            def progress(done: int, total: int) -> None:
                if stop():
                    raise Cancelled
                tell(done / total)

            return work(progress)

        asked = self.task
        try:
            found = wait_for(self._window, "Running it …", watched)
        except Cancelled:
            return None
        return found if self.task is asked else None

    def _judged(self, answer: str, right: bool, text: str, steps: int | None = None) -> None:
        assert self.lesson is not None
        assert self.scene is not None
        assert self.task is not None
        self.verdict = Verdict(right, text)
        asked = self.lesson.name, self.scene.title, self.task.question
        self.progress.answered(*asked, answer, right=right, steps=steps)

    def _put_on(self, setup: Setup) -> None:
        """Put a setup on the screen, from where it begins."""
        window = self._window
        for layer, action in ACTIONS.items():
            window.actions_[action].setChecked(layer in setup.show)
        window.show_space(setup.space)
        self._show_docks(setup.docks, setup.code)
        window.session.foresee(self.revealed or not setup.veiled)
        window.show_experiment(setup.experiment)
        window.session.select(setup.selected)
        if setup.zoom is not None:
            window.stage.draw(window.moment())  # another landscape is shown whole at first
            window.stage.landscape.look_at(setup.zoom)
        if setup.speed is not None:
            window.session.set_speed(setup.speed)
        window.session.jump(setup.step)
        if setup.play is not None:
            window.session.play_until(setup.play)
