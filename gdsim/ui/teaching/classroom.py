"""Everything that a lesson needs in the window, made when the first one is opened: dock, teacher, and their places."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Qt, QTimer, Slot

from gdsim.core.documents import write_whole
from gdsim.lessons.lesson import Code
from gdsim.lessons.progress import Progress
from gdsim.ui.docks import CODE, LESSON, Dock, arrange
from gdsim.ui.export_dialog import with_ending
from gdsim.ui.places import ask_place
from gdsim.ui.teaching.answers import Ranking
from gdsim.ui.teaching.code_panel import CodePanel
from gdsim.ui.teaching.lesson_panel import LessonPanel
from gdsim.ui.teaching.teacher import Teacher

if TYPE_CHECKING:
    from PySide6.QtCore import QByteArray
    from PySide6.QtWidgets import QMenu

    from gdsim.ui.main_window import MainWindow

FILE = "lessons.json"
"""Where progress is kept, beside the preferences."""
SHARE = 0.6
"""The part of its column that the lesson has above other docks, or more where its text is long."""
LEAST = 140
"""Pixels of height that are left to each of the others then, where they can do with so little."""


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
        self.panel.filled.connect(self._share)
        self.dock.fill(self.panel)
        self.dock.hide()
        self._list(self.dock)
        self._before: _Layout | None = None
        self._named: tuple[tuple[str, ...], Code | Literal[""], bool] | None = None
        self._code: Dock | None = None
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
        before = _Layout(self._window.arrangement.is_narrow, self._window.arrangement.saved())
        if fresh:
            self._before = before
        opened = self.teacher.open(path, place)
        if fresh and not opened:
            self._before = None
        elif self._named is None:
            self.show_docks(())  # nothing but words in the first scene
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
        self._put_away(self.dock)
        self._put_away(self._code)
        how()
        if before is not None:
            window.arrangement.put_back(before.state, narrow=before.narrow)
        window.stage.setFocus()

    def fill_menu(self, menu: QMenu, folder: str) -> None:
        """List the shipped lessons or quizzes; those that were seen to their ends are ticked."""
        from gdsim.lessons.shelf import shipped, title_of

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
            write_whole(path, progress.as_csv().encode("utf-8-sig"))
        except OSError as error:
            window.warn(f"{path} could not be written: {error.strerror or error}")
        else:
            window.say(f"Wrote {path.name}")

    def show_docks(self, named: tuple[str, ...], code: Code | Literal[""] = "") -> None:
        """Have only these docks beside the lesson, the first in front, and the code of the experiment."""
        window = self._window
        named = tuple(name for name in named if name not in window.arrangement.barred)
        wanted = (named, code, window.arrangement.is_narrow)
        if wanted == self._named and self._in_sight(named, code):
            return
        self._named = wanted
        if window.hall.lecture is not None:
            return  # it shows cards of its own
        focused = window.focusWidget()
        window.setUpdatesEnabled(False)
        self._put_away(self._code)
        first = (self.dock, self._code_dock()) if code else (self.dock,)
        arrange(window, window.docks, narrow=window.arrangement.is_narrow, first=first, named=named)
        for dock in first:
            dock.toggleViewAction().setVisible(True)
        if code and self._code is not None:
            self._show_code(self._code, code)
        if focused is not None and self.dock.isAncestorOf(focused):
            focused.setFocus()  # a dock that is put elsewhere loses it, and keys would go astray
        window.setUpdatesEnabled(True)
        QTimer.singleShot(0, self, self._share)

    def _in_sight(self, named: tuple[str, ...], code: Code | Literal[""]) -> bool:
        """Whether just these docks can be seen: somebody may have closed one, or brought another."""
        own = [self.dock, self._code] if code else [self.dock]
        seen = {name for name, dock in self._window.docks.items() if not dock.isHidden()}
        return seen == set(named) and self.docks == own

    def _show_code(self, dock: Dock, code: Code) -> None:
        panel = dock.widget()
        assert isinstance(panel, CodePanel)
        panel.show_code(code)
        dock.set_subject({"numpy": "NumPy", "pytorch": "PyTorch"}[code])

    def _code_dock(self) -> Dock:
        if self._code is None:
            self._code = Dock(CODE, self._window)
            self._code.fill(CodePanel(self._window.session))
            self._list(self._code)
        return self._code

    def _list(self, dock: Dock) -> None:
        """Have a dock in the menu of docks while it is in use."""
        self._window.menus["docks"].addAction(dock.toggleViewAction())

    def _put_away(self, dock: Dock | None) -> None:
        if dock is not None:
            dock.hide()
            dock.toggleViewAction().setVisible(False)
            self._window.removeDockWidget(dock)

    def show_theme(self) -> None:
        """Take on the colours of another theme where they stand in something that was made."""
        if isinstance(self.panel.task, Ranking):
            self.panel.task.show_theme()
        code = self._code.widget() if self._code is not None else None
        if isinstance(code, CodePanel):
            code.show_theme()

    @property
    def docks(self) -> list[Dock]:
        """The lesson's own docks that are in sight."""
        return [dock for dock in (self.dock, self._code) if dock is not None and not dock.isHidden()]

    @Slot()
    def rearrange(self) -> None:
        """Put the docks in their places again: the window has become wide or narrow."""
        if self._named is not None:
            (named, code, _narrow), self._named = self._named, None
            self.show_docks(named, code)

    @Slot()
    def _share(self) -> None:
        """Give the lesson the larger part of its column, and the others what is left."""
        if self.dock.isHidden():
            return
        window = self._window
        area = window.dockWidgetArea(self.dock)
        column = [self.dock]
        for dock in (self._code, *window.docks.values()):
            if dock is None or dock.isHidden() or dock.isFloating() or window.dockWidgetArea(dock) != area:
                continue
            if not any(dock in window.tabifiedDockWidgets(other) for other in column):
                column.append(dock)
        if len(column) > 1:
            whole = sum(dock.height() for dock in column)
            others = len(column) - 1
            wanted = self.dock.height() - self.panel.height() + self.panel.wanted
            own = max(round(SHARE * whole), min(wanted, whole - others * LEAST))
            parts = [own, *([(whole - own) // others] * others)]
            window.resizeDocks(column, parts, Qt.Orientation.Vertical)

    @Slot()
    def _show_title(self) -> None:
        lesson = self.teacher.lesson
        self.dock.set_subject(lesson.title if lesson is not None else "")
        self.dock.set_title("Quiz" if lesson is not None and lesson.is_quiz else LESSON.title)
