"""What a lesson says: the scene's text, what is asked, and the way to the next scene."""

from __future__ import annotations

import random

from PySide6.QtCore import QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from gdsim.lessons.lesson import Choose, Find, Order, Scene
from gdsim.ui import style
from gdsim.ui.tab_order import chain
from gdsim.ui.teaching.answers import Choices, Ranking, Search
from gdsim.ui.teaching.teacher import Teacher
from gdsim.ui.widgets import IconButton, label

READING = 14
"""Pixels of the type in which a scene is told."""
ABOVE = 80
"""Pixels that are seen above what is said of an answer: the last answers."""
PARAGRAPH = 8
"""Pixels between two paragraphs."""


class LessonPanel(QWidget):
    """The scene that is shown, in words.

    Signals:
        done: The lesson was left with its button.
        filled: Another text stands there, and has its size.
    """

    done = Signal()
    filled = Signal()

    def __init__(self, teacher: Teacher) -> None:
        super().__init__()
        style.panel(self)
        self.setAccessibleName("Lesson")
        self._teacher = teacher
        self._shown: tuple[object, int] | None = None
        self.task: Choices | Ranking | Search | None = None
        self._body: QWidget | None = None
        self._said: QWidget | None = None
        self._lay_out()
        teacher.changed.connect(self.show_scene)

    def _lay_out(self) -> None:
        self._where = label("", "t3", 12)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        style.mark(self._scroll, "ringed", True)
        self._scroll.setAccessibleName("What the lesson says")
        bar = self._scroll.verticalScrollBar()
        bar.rangeChanged.connect(self._see_answer)  # docks that are moved take room, or give it
        bar.actionTriggered.connect(self._let_go)
        self.back = QPushButton("Back")
        self.back.setToolTip("<b>The scene before</b> (Ctrl+PgUp)")
        self.back.clicked.connect(self._teacher.back)
        self.again = IconButton("reset", "Bring the scene back as it was", shortcut="F8", side=30)
        self.again.clicked.connect(self._teacher.again)
        self.next = QPushButton("Next")
        self.next.setToolTip("<b>The next scene</b> (Ctrl+PgDown)")
        self.next.clicked.connect(self._forward)
        for button in (self.back, self.next):
            button.setAutoDefault(True)  # Enter presses it, as Space does
        foot = QHBoxLayout()
        foot.setContentsMargins(8, 0, 8, 0)
        foot.setSpacing(6)
        foot.addWidget(self.back)
        foot.addWidget(self.again)
        foot.addWidget(self._where, 1, Qt.AlignmentFlag.AlignCenter)
        foot.addWidget(self.next)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 8)
        column.setSpacing(6)
        column.addWidget(self._scroll, 1)
        column.addLayout(foot)

    def stops(self) -> list[QWidget]:
        """What the Tab key visits."""
        task = self.task.stops() if self.task is not None else []
        return [self._scroll, *task, self.back, self.again, self.next]

    @Slot()
    def _forward(self) -> None:
        if self._teacher.at_end and self._is_answered():
            self.done.emit()
        else:
            self._teacher.forward()

    def _is_answered(self) -> bool:
        return self._teacher.task is None or self._teacher.revealed or self._is_quiz

    @property
    def _is_quiz(self) -> bool:
        lesson = self._teacher.lesson
        return lesson is not None and lesson.is_quiz

    @Slot()
    def show_scene(self) -> None:
        """Show where the teacher is."""
        lesson, scene = self._teacher.lesson, self._teacher.scene
        if lesson is None or scene is None:
            return
        search = self.task if isinstance(self.task, Search) else None
        numbers = {path: field.number for path, field in search.fields.items()} if search is not None else {}
        same, self._shown = self._shown == (lesson, self._teacher.place), (lesson, self._teacher.place)
        at = self._focused()
        self._fill(scene, numbers if same and not self._teacher.given_away else {})
        chain(self.stops())
        place = f"{self._teacher.place + 1} of {len(lesson.scenes)}"
        if lesson.is_quiz:
            right, _ = self._teacher.progress.score(lesson.name)
            place = f"{place}  ·  {right} right"
        self._where.setText(place)
        self.back.setEnabled(self._teacher.place > 0 or self._teacher.revealed)
        last = self._teacher.at_end and self._is_answered()
        self.next.setText("Finish" if last else "Show the answer" if not self._is_answered() else "Next")
        style.mark(self.next, "primary", self._is_answered() and (not self._is_quiz or self._teacher.revealed))
        if at is not None:  # it went with the controls that were there before
            task = self.task.stops() if self.task is not None and same and not self._teacher.revealed else []
            (task[at] if at < len(task) else self.next).setFocus()

    def _focused(self) -> int | None:
        """Which control of the task has the focus."""
        stops = self.task.stops() if self.task is not None else []
        focused = self.window().focusWidget()
        return next((place for place, stop in enumerate(stops) if stop is focused), None)

    def _fill(self, scene: Scene, numbers: dict[str, float]) -> None:
        body = QWidget()
        style.panel(body)
        column = QVBoxLayout(body)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(10)
        lesson = self._teacher.lesson
        if self._teacher.place == 0 and lesson is not None and lesson.summary:
            column.addWidget(words(lesson.summary, "t2", 13))
        title = label(scene.title, size=16, bold=True)
        title.setWordWrap(True)
        column.addWidget(title)
        if scene.problem:
            column.addWidget(words(f"This scene cannot be shown: {scene.problem}.", "danger", 13, plain=True))
        if scene.text:
            column.addWidget(words(scene.text))
        self.task = self._said = None
        if scene.task is not None:
            column.addWidget(self._task(scene, numbers))
        column.addStretch(1)
        self._body = body
        before = self._scroll.takeWidget()
        self._scroll.setWidget(body)
        if before is not None:
            before.deleteLater()
        QTimer.singleShot(0, self, self._settle)  # once everything has its size

    @property
    def wanted(self) -> int:
        """The height with which all of the text is seen."""
        text = self._body.heightForWidth(self._scroll.viewport().width()) if self._body is not None else 0
        return text + self.height() - self._scroll.height()

    @Slot()
    def _settle(self) -> None:
        self.filled.emit()
        self._see_answer()

    @Slot()
    def _see_answer(self) -> None:
        """Show what is said of an answer, from its first line, as long as nobody scrolls elsewhere."""
        if self._said is not None and self._body is not None:
            top = self._said.mapTo(self._body, QPoint(0, 0)).y()
            self._scroll.verticalScrollBar().setValue(top - ABOVE)

    @Slot()
    def _let_go(self) -> None:
        self._said = None

    def _task(self, scene: Scene, numbers: dict[str, float]) -> QWidget:
        """The question, the ways to answer it, and what is said of the answer."""
        task, teacher = scene.task, self._teacher
        assert task is not None
        card = QFrame()
        style.mark(card, "card", True)
        column = QVBoxLayout(card)
        column.setContentsMargins(10, 10, 10, 10)
        column.setSpacing(8)
        question = label(task.question, size=READING, bold=True)
        question.setWordWrap(True)
        column.addWidget(question)
        if task.text:
            column.addWidget(words(task.text, "t2"))
        self.task = made = self._answers(scene, numbers)
        if made is not None:
            column.addWidget(made)
        answered = column.count()
        if isinstance(task, Find) and teacher.given_away:
            column.addWidget(words("This solves it.", "t2", 13, plain=True))
        elif teacher.verdict is not None and teacher.verdict.text:
            tone = "good" if teacher.verdict.right else "warn"
            said = words(teacher.verdict.text, tone, READING, plain=True)
            said.setFont(style.font(READING, QFont.Weight.DemiBold))
            column.addWidget(said)
        if teacher.revealed and task.explanation:
            column.addWidget(words(task.explanation))
        below = column.itemAt(answered)
        self._said = below.widget() if below is not None else None
        return card

    def _answers(self, scene: Scene, numbers: dict[str, float]) -> Choices | Ranking | Search | None:
        task, teacher = scene.task, self._teacher
        if isinstance(task, Choose):
            choices = Choices(task)
            choices.chosen.connect(teacher.choose)
            if teacher.revealed:
                choices.show_answer(task.right, teacher.chosen)
            return choices
        if isinstance(task, Order):
            assert scene.setup is not None
            ranking = Ranking(task, _shuffled(task.labels), scene.setup.experiment)
            ranking.ordered.connect(teacher.order)
            if teacher.revealed:
                ranking.show_answer(task.labels)
            return ranking
        if isinstance(task, Find):
            search = Search(task, numbers or teacher.numbers)
            search.tried.connect(teacher.find)
            return search
        return None


def _shuffled(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Another order than the right one, and always the same one."""
    order = list(labels)
    random.Random(len(labels)).shuffle(order)
    return tuple(order) if tuple(order) != labels else (*labels[1:], labels[0])


def words(text: str, tone: str = "t1", size: int = READING, *, plain: bool = False) -> QLabel:
    """A text over several lines that can be selected and read aloud; Markdown unless it is plain."""
    made = QLabel()
    made.setTextFormat(Qt.TextFormat.PlainText if plain else Qt.TextFormat.MarkdownText)
    set_type(made, size)
    made.setText(text)
    made.setWordWrap(True)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    made.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    style.mark(made, "tone", tone)
    return made


def set_type(words: QLabel, size: int, weight: QFont.Weight = QFont.Weight.Normal) -> None:
    """Set ``words`` in letters of ``size`` pixels.

    Qt sets Markdown's paragraphs apart by a share of the size in points; of a size in pixels it knows none.
    """
    font = style.font(size, weight)
    if words.textFormat() == Qt.TextFormat.MarkdownText:
        font.setPointSizeF(size * 72 / words.logicalDpiY())
    words.setFont(font)
