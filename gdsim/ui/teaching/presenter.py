"""The presenter's window: what only the speaker sees, on the second screen where there is one."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QFont, QGuiApplication, QKeyEvent, QResizeEvent, QScreen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from gdsim.lessons.lesson import Choose, Find, Order, Task
from gdsim.ui import style
from gdsim.ui.numbers import nice
from gdsim.ui.teaching.lesson_panel import words
from gdsim.ui.teaching.pointer import BARE_MODIFIERS
from gdsim.ui.widgets import label

if TYPE_CHECKING:
    from gdsim.ui.main_window import MainWindow

LINES = 800
"""The height of window that all sizes are given for."""
TITLE, TIME, READ, SMALL = 42, 46, 34, 24
TICK = 500
"""Milliseconds between two looks at the watch."""


def other_screen(window: QWidget) -> QScreen | None:
    """A screen that ``window`` is not on."""
    return next((screen for screen in QGuiApplication.screens() if screen is not window.screen()), None)


class Presenter(QWidget):
    """Scene, hint, right answer, what comes next, what the run does, and how long it has taken.

    Keys do the same as in the main window.

    Signals:
        closed: It was closed.
    """

    closed = Signal()

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window, Qt.WindowType.Window)
        self._window, self._teacher = window, window.room.teacher
        self._began = monotonic()
        self._unit = 0.0
        self._sized: list[tuple[QLabel, int, QFont.Weight]] = []
        self.setWindowTitle("Presenter – gdsim")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        style.panel(self)
        self.where, self.time = self._label(SMALL, "t2"), self._label(TIME, bold=True)
        self.title = self._label(TITLE, bold=True)
        self.hint = self._label(READ, markdown=True)
        self.answer = self._label(READ, "good", bold=True)
        self.ahead = self._label(READ, "t2")
        self.state = self._label(READ, bold=True)
        self._lay_out()
        for action in window.actions():
            self.addAction(action)
        window.actions_.share(self)
        self._watch = QTimer(self)
        self._watch.timeout.connect(self.show_time)
        self._teacher.changed.connect(self.show_scene)
        self.resize(QSize(960, 640))
        self._place()
        self._fit()
        self.setFocus()  # bare keys work where the focus is
        self.show_scene()
        self._watch.start(TICK)

    def _label(self, size: int, tone: str = "t1", *, bold: bool = False, markdown: bool = False) -> QLabel:
        made = words("", tone) if markdown else label("", tone)
        made.setWordWrap(True)
        self._sized.append((made, size, QFont.Weight.DemiBold if bold else QFont.Weight.Normal))
        return made

    def _lay_out(self) -> None:
        self.time.setWordWrap(False)
        self.time.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        head = QHBoxLayout()
        left = QVBoxLayout()
        left.addWidget(self.where)
        left.addWidget(self.title)
        head.addLayout(left, 1)
        head.addWidget(self.time)
        body = QWidget()
        style.panel(body)
        told = QVBoxLayout(body)
        told.setContentsMargins(0, 0, 0, 0)
        told.addWidget(self.hint)
        told.addWidget(self.answer)
        told.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setAccessibleName("Hint and answer")
        self._scroll.setWidget(body)
        line = QFrame()
        line.setFixedHeight(1)
        style.mark(line, "divider", True)
        self._told, self._column = told, QVBoxLayout(self)
        self._column.addLayout(head)
        self._column.addWidget(self._scroll, 1)
        self._column.addWidget(line)
        self._column.addWidget(self.ahead)
        self._column.addWidget(self.state)

    def _place(self) -> None:
        """Fill the other screen, where there is one."""
        screen = other_screen(self._window)
        if screen is None:
            self.show()
            return
        self.setScreen(screen)
        self.setGeometry(screen.availableGeometry())
        self.showMaximized()

    # What it says

    @Slot()
    def show_scene(self) -> None:
        """Show where the teacher is."""
        lesson, scene = self._teacher.lesson, self._teacher.scene
        if lesson is None or scene is None:
            self.where.setText("No lesson is open")
            self.title.setText(self._window.document_name())
            for part in (self.hint, self.answer, self.ahead):
                part.clear()
            return
        place, count = self._teacher.place, len(lesson.scenes)
        self.where.setText(f"{lesson.title}  ·  scene {place + 1} of {count}")
        self.title.setText(scene.title)
        self.hint.setText(scene.hint or "No hint for this scene.")
        style.mark(self.hint, "tone", "t1" if scene.hint else "t3")
        self.answer.setText(solution(scene.task))
        following = "the last scene" if self._teacher.at_end else f"then: {lesson.scenes[place + 1].title}"
        if scene.task is not None and not self._teacher.revealed:
            following = f"the answer, {following}"
        self.ahead.setText(following[:1].upper() + following[1:])
        self.tell()

    def tell(self) -> None:
        """Say what the selected run does."""
        text = state_of(self._window)
        if text != self.state.text():
            self.state.setText(text)

    @Slot()
    def show_time(self) -> None:
        """Say how long the lecture has taken."""
        minutes, seconds = divmod(int(monotonic() - self._began), 60)
        hours, minutes = divmod(minutes, 60)
        text = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
        if text != self.time.text():
            self.time.setText(text)
            self.time.setAccessibleName(f"Since the beginning: {text}")

    # As a window

    def _fit(self) -> None:
        unit = min(max(self.height() / LINES, 0.7), 2.0)
        if unit == self._unit:
            return
        self._unit = unit
        for part, size, weight in self._sized:
            part.setFont(style.font(round(size * unit), weight))
        side = round(28 * unit)
        self._column.setContentsMargins(side, round(20 * unit), side, round(20 * unit))
        self._column.setSpacing(round(16 * unit))
        self._told.setSpacing(round(20 * unit))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Larger letters in a larger window."""
        super().resizeEvent(event)
        self._fit()

    @property
    def _is_black(self) -> bool:
        return self._window.hall.lecture is not None and self._window.hall.lecture.is_black

    def event(self, event: QEvent) -> bool:
        """While the screen is black any key brings the picture back, and does nothing else."""
        if event.type() == QEvent.Type.ShortcutOverride and self._is_black:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc does what it does in the main window."""
        if self._is_black and self._window.hall.lecture is not None:
            if event.key() not in BARE_MODIFIERS:
                self._window.hall.lecture.lift()
        elif event.key() == Qt.Key.Key_Escape:
            self._window.actions_["full_screen"].setChecked(False)
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """No more looks at the watch."""
        self._watch.stop()
        super().closeEvent(event)
        self.closed.emit()


def solution(task: Task | None) -> str:
    """What is right, in a line."""
    if isinstance(task, Choose):
        return f"Right: {task.right + 1}. {task.choices[task.right].text}"
    if isinstance(task, Order):
        return f"Right: {', '.join(task.labels)}"
    if isinstance(task, Find):
        numbers = (f"{want.path.rpartition('.')[2]} {nice(want.solution)}" for want in task.wanted)
        return f"One that is right: {', '.join(numbers)}"
    return ""


def state_of(window: MainWindow) -> str:
    """Step, loss and outcome of the selected run."""
    session = window.session
    run, cursor = session.trajectory.runs[session.selected], session.cursor
    row = min(cursor, run.last)
    if row < 0:
        return "computing …"
    text = f"step {cursor:,}  ·  loss {nice(run.at(row).loss, 3)}"
    if len(session.trajectory.runs) > 1:
        text = f"{run.label}: {text}"
    if run.outcome is not None:
        ahead = "in the end " if row < run.last else ""
        text += f"  ·  {ahead}{run.outcome.kind}"
    return text
