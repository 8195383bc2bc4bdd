"""The words of a scene below the plots in lecture mode: as large as they fit, and never too small for the back row."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from gdsim.lessons.lesson import Choose, Find, Order, Scene
from gdsim.ui import style
from gdsim.ui.teaching.answers import Answer, Search
from gdsim.ui.teaching.lesson_panel import set_type, words
from gdsim.ui.teaching.room import height_of
from gdsim.ui.teaching.teacher import Teacher
from gdsim.ui.widgets import NumberField, label

SIZES = (34, 32, 30, 28, 26, 25)
"""Pixels of the type at 1080 lines, from what is best down to what is still read in the back row."""
TITLE = 1.22
"""How much larger the title is."""
MEASURE = 54.0
"""A line of words is at most so many times as wide as its letters are high."""
DENSE = 0.25
"""Room above and below an answer, in heights of its letters."""
SIDE, EDGE, GAP = 40, 20, 14
"""Pixels at the sides, above and below, and between parts, at 1080 lines."""


class Caption(QScrollArea):
    """The band below the plots: title and text of the scene, the question and its answers, or what is said of them."""

    def __init__(self, teacher: Teacher) -> None:
        super().__init__()
        self._teacher = teacher
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("What the lesson says")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # the arrow keys scroll
        style.mark(self, "ringed", True)
        self._sized: list[tuple[QWidget, float, QFont.Weight]] = []
        self._measured: list[QWidget] = []
        self.search: Search | None = None
        self.answers: list[Answer] = []
        self.size_of_type = 0
        self._shown: object = None

    # What it says

    def show_scene(self, width: int, good: int, most: int, unit: float) -> None:
        """Say what the teacher says, ``width`` pixels wide, ``good`` high where that will do, and at most ``most``."""
        teacher, scene = self._teacher, self._teacher.scene
        if scene is None:
            return
        numbers = {path: field.number for path, field in self.search.fields.items()} if self.search else {}
        same, self._shown = self._shown == (teacher.lesson, teacher.place), (teacher.lesson, teacher.place)
        body = self._filled(scene, unit, numbers if same else {})
        before = self.takeWidget()
        self.setWidget(body)
        if before is not None:
            before.deleteLater()
        self.fit(width, good, most, unit)
        self.verticalScrollBar().setValue(0)

    def _filled(self, scene: Scene, unit: float, numbers: dict[str, float]) -> QWidget:
        self._sized, self._measured, self.answers, self.search = [], [], [], None
        body = QWidget()
        style.panel(body)
        side, edge, gap = (round(length * unit) for length in (SIDE, EDGE, GAP))
        column = QVBoxLayout(body)
        column.setContentsMargins(side, edge, side, edge)
        column.setSpacing(gap)
        column.addLayout(self._head(scene, side))
        columns = QHBoxLayout()
        columns.setSpacing(round(1.4 * side))
        told, asked = self._told(scene), self._asked(scene, numbers)
        for parts, share in ((told, 4 if asked else 1), (asked, 5)):
            if parts:
                part = QVBoxLayout()
                part.setSpacing(gap)
                for widget in parts:
                    part.addWidget(widget)
                part.addStretch(1)
                columns.addLayout(part, share)
        if not asked:
            self._measured = told
            columns.addStretch(0)
        column.addLayout(columns)
        column.addStretch(1)
        return body

    def _head(self, scene: Scene, gap: int) -> QHBoxLayout:
        lesson, teacher = self._teacher.lesson, self._teacher
        assert lesson is not None
        title = label(scene.title)
        title.setWordWrap(True)
        where = f"{lesson.title}  ·  {teacher.place + 1} of {len(lesson.scenes)}"
        if lesson.is_quiz:
            where += f"  ·  {teacher.progress.score(lesson.name)[0]} right"
        self._size(title, TITLE, QFont.Weight.DemiBold)
        row = QHBoxLayout()
        row.setSpacing(gap)
        row.addWidget(title, 1)
        row.addWidget(self._size(label(where, "t2"), 0.8), 0, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        return row

    def _told(self, scene: Scene) -> list[QWidget]:
        """What stands on the left: the scene's text, and once the answer is shown what is said with that."""
        teacher, task = self._teacher, scene.task
        if scene.problem:
            return [self._size(words(f"This scene cannot be shown: {scene.problem}.", "danger", plain=True))]
        found: list[QWidget] = []
        verdict = teacher.verdict
        if verdict is not None and verdict.text:
            said = words(verdict.text, "good" if verdict.right else "warn", plain=True)
            found.append(self._size(said, 1.0, QFont.Weight.DemiBold))
        if teacher.revealed and task is not None and task.explanation:
            return [*found, self._size(words(task.explanation))]
        return [*found, self._size(words(scene.text))] if scene.text else found

    def _asked(self, scene: Scene, numbers: dict[str, float]) -> list[QWidget]:
        """What stands on the right: the question and how it is answered."""
        task, teacher = scene.task, self._teacher
        if task is None:
            return []
        question = label(task.question)
        question.setWordWrap(True)
        found: list[QWidget] = [self._size(question, 1.0, QFont.Weight.DemiBold)]
        if task.text:
            found.append(self._size(words(task.text)))
        if isinstance(task, Choose):
            for place, choice in enumerate(task.choices):
                right, chosen = place == task.right, place == teacher.chosen
                state = ("right" if right else "wrong" if chosen else "other") if teacher.revealed else ""
                answer = Answer(place, choice.text, DENSE)
                answer.set_state(state)
                answer.clicked.connect(lambda _=False, p=place: teacher.choose(p))
                self.answers.append(answer)
                found.append(self._size(answer))
        elif isinstance(task, Order):
            if teacher.revealed:
                text = "\n".join(f"{place + 1}. {name}" for place, name in enumerate(task.labels))
            else:
                text = f"by {task.by}, the least first: {'  ·  '.join(sorted(task.labels))}"
            found.append(self._size(words(text, plain=True)))
        elif isinstance(task, Find):
            self.search = Search(task, numbers or teacher.numbers)
            self.search.tried.connect(teacher.find)
            for part in self.search.findChildren(QWidget):
                if isinstance(part, (QLabel, NumberField, QAbstractButton)):
                    self._size(part)
            found.append(self.search)
        return found

    def _size(self, widget: QWidget, times: float = 1.0, weight: QFont.Weight = QFont.Weight.Normal) -> QWidget:
        """Have ``widget`` sized with everything else."""
        self._sized.append((widget, times, weight))
        return widget

    # How large

    def fit(self, width: int, good: int, most: int, unit: float) -> None:
        """Take the largest type with which everything has room."""
        least = _even(SIZES[-1], unit)
        for size in SIZES:
            self._dress(_even(size, unit), least)
            height = self._height(width - 4)
            if height <= good:
                break
        over = height > most
        policy = Qt.ScrollBarPolicy.ScrollBarAsNeeded if over else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.setVerticalScrollBarPolicy(policy)
        self.setFixedHeight(min(height, most))

    def _height(self, width: int) -> int:
        return height_of(self.widget(), width) + 4

    def _dress(self, size: int, least: int) -> None:
        self.size_of_type = size
        for widget, times, weight in self._sized:
            pixels = max(round(size * times), least)
            if isinstance(widget, QLabel):
                set_type(widget, pixels, weight)
            else:
                widget.setFont(style.font(pixels, weight))
            if isinstance(widget, NumberField):
                widget.setFixedWidth(6 * size)
        for widget in self._measured:
            widget.setMaximumWidth(round(MEASURE * size))


def _even(size: float, unit: float) -> int:
    return max(round(size * unit), 1)
