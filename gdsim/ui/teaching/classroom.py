"""Everything that a lesson needs in the window, made when the first one is opened: dock, teacher, and their places."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Slot

from gdsim.core.documents import write_whole
from gdsim.lessons.progress import Progress
from gdsim.ui.docks import LESSON, Dock, arrange
from gdsim.ui.export_dialog import with_ending
from gdsim.ui.places import ask_place
from gdsim.ui.teaching.lesson_panel import LessonPanel
from gdsim.ui.teaching.teacher import Teacher

if TYPE_CHECKING:
    from PySide6.QtCore import QByteArray
    from PySide6.QtWidgets import QMenu

    from gdsim.ui.main_window import MainWindow

FILE = "lessons.json"
"""Where progress is kept, beside the preferences."""
SHARE = 0.62
"""The part of its column that the lesson has above other docks."""


@dataclass(frozen=True)
class _Layout:
    """Where the docks were."""

    narrow: bool
    state: QByteArray


class Classroom(QObject):
    """The lesson's dock beside the plots, and only those docks that the scene names."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        progress = Progress(window.preferences.path.parent / FILE)
        self.teacher = Teacher(window, progress, self.show_docks)
        self.dock = Dock(LESSON, window)
        self.panel = LessonPanel(self.teacher)
        self.panel.done.connect(self.leave)
        self.dock.fill(self.panel)
        self.dock.hide()
        self._before: _Layout | None = None
        self._named: tuple[tuple[str, ...], bool] | None = None
        self.teacher.changed.connect(self._show_title)
        if progress.note:
            window.say(progress.note)

    @property
    def teaching(self) -> bool:
        """Whether a lesson is open."""
        return self.teacher.teaching

    @property
    def named(self) -> tuple[str, ...] | None:
        """The docks that the scene names; None where no lesson is open."""
        return self._named[0] if self._named is not None else None

    def open(self, path: Path, place: int | None = None) -> bool:
        """Begin a lesson; returns whether it was opened."""
        fresh = not self.teaching
        before = _Layout(self._window.is_narrow, self._window.saved_layout())
        if fresh:
            self._before = before
        opened = self.teacher.open(path, place)
        if fresh and not opened:
            self._before = None
        self._window.stage.setFocus()
        return opened

    @Slot()
    def leave(self) -> None:
        """Close the lesson; what was there before comes back."""
        self._close(self.teacher.leave)

    def dismiss(self) -> None:
        """Close the lesson because another document is opened."""
        self._close(self.teacher.dismiss)

    def _close(self, how: Callable[[], None]) -> None:
        if not self.teaching:
            return
        window, before = self._window, self._before
        self._named = self._before = None
        self.dock.hide()
        window.removeDockWidget(self.dock)
        how()
        if before is not None:
            window.restore_layout(before.state, narrow=before.narrow)
        window.stage.setFocus()

    def fill_menu(self, menu: QMenu, folder: str) -> None:
        """List the shipped lessons or quizzes; those that were seen to their ends are ticked."""
        from gdsim.lessons.library import shipped, title_of

        menu.clear()
        for path in shipped(folder):
            walk = self.teacher.progress.walks.get(path.stem)
            action = menu.addAction(title_of(path).replace("&", "&&"))
            action.setCheckable(walk is not None and walk.finished)
            action.setChecked(walk is not None and walk.finished)
            action.triggered.connect(lambda _=False, p=path: self.open(p))
        menu.setEnabled(not menu.isEmpty())

    def export_answers(self) -> None:
        """Ask for a place, and write all answers there as CSV."""
        window, progress = self._window, self.teacher.progress
        if not any(walk.answers for walk in progress.walks.values()):
            window.say("No question has been answered yet: the Lessons menu has quizzes")
            return
        offer = str(Path(window.preferences.text("folder") or Path.home()) / "answers.csv")
        name, _ = ask_place(window, "Export the answers", offer, "CSV (*.csv)")
        if not name:
            return
        path = with_ending(window, Path(name), ".csv", (".csv",))
        if path is None:
            return
        try:
            write_whole(path, progress.as_csv().encode("utf-8"))
        except OSError as error:
            window.warn(f"{path} could not be written: {error.strerror or error}")
        else:
            window.say(f"Wrote {path.name}")

    def show_docks(self, named: tuple[str, ...]) -> None:
        """Have only these docks beside the lesson, the first in front."""
        window = self._window
        named = tuple(name for name in named if name not in window.barred)
        wanted = (named, window.is_narrow)
        if wanted == self._named:
            return
        self._named = wanted
        if window.lecture is not None:
            return  # it shows cards of its own
        window.setUpdatesEnabled(False)
        arrange(window, window.docks, narrow=window.is_narrow, lesson=self.dock, named=named)
        window.setUpdatesEnabled(True)
        QTimer.singleShot(0, self, self._share)

    @Slot()
    def rearrange(self) -> None:
        """Put the docks in their places again: the window has become wide or narrow."""
        if self._named is not None:
            named, self._named = self._named[0], None
            self.show_docks(named)

    @Slot()
    def _share(self) -> None:
        """Give the lesson the larger part of its column."""
        window = self._window
        area = window.dockWidgetArea(self.dock)
        below = [
            dock
            for dock in window.docks.values()
            if not dock.isHidden() and not dock.isFloating() and window.dockWidgetArea(dock) == area
        ]
        if below:
            whole = self.dock.height() + max(dock.height() for dock in below)
            parts = [round(SHARE * whole), round((1 - SHARE) * whole)]
            window.resizeDocks([self.dock, below[0]], parts, Qt.Orientation.Vertical)

    @Slot()
    def _show_title(self) -> None:
        lesson = self.teacher.lesson
        self.dock.set_subject(lesson.title if lesson is not None else "")
