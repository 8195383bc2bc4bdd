"""The lecture hall: the plots on the whole screen, and the window that only the speaker sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

if TYPE_CHECKING:
    from gdsim.ui.main_window import MainWindow
    from gdsim.ui.teaching.lecture import Lecture
    from gdsim.ui.teaching.presenter import Presenter


class Hall(QObject):
    """Lecture mode of a window.

    Attributes:
        lecture: What is shown in lecture mode; None outside of it.
        presenter: The speaker's window; None where it is closed.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.lecture: Lecture | None = None
        self.presenter: Presenter | None = None

    def lectures(self, wanted: bool) -> None:
        """Begin lecture mode: only the plots on the whole screen, and what a scene names; or give everything back."""
        if wanted == (self.lecture is not None):
            return
        if wanted:
            self._begin()
        else:
            self._end()
        self._window.stage.setFocus()
        self._window.request_frame()

    def _begin(self) -> None:
        from gdsim.ui.teaching.lecture import Lecture

        window = self._window
        window.arrangement.go_away()
        self.lecture = Lecture(window)
        window.announcer.say("Lecture mode")
        if window.teaching:
            from gdsim.ui.teaching.presenter import other_screen

            if other_screen(window) is not None:
                self.open_presenter()
                window.activateWindow()

    def _end(self) -> None:
        window = self._window
        self.close_presenter()
        window.announcer.say("Lecture mode has ended")
        lecture, self.lecture = self.lecture, None
        assert lecture is not None
        # it may be another scene by now, or the lesson began meanwhile
        window.arrangement.come_back(anew=window.teaching and window.room.named != lecture.named_before)
        lecture.end()

    def open_presenter(self) -> None:
        """Show the window that only the speaker sees."""
        from gdsim.ui.teaching.presenter import Presenter

        if self.presenter is None:
            self.presenter = Presenter(self._window)
            self.presenter.closed.connect(self.close_presenter)
            self._window.room.teacher.changed.connect(self._check_presenter)
        self._window.actions_["presenter"].setChecked(True)

    @Slot()
    def close_presenter(self) -> None:
        """Close it."""
        presenter, self.presenter = self.presenter, None
        if presenter is not None:
            self._window.room.teacher.changed.disconnect(self._check_presenter)
            presenter.close()
            presenter.deleteLater()
            self._window.actions_["presenter"].setChecked(False)

    @Slot()
    def _check_presenter(self) -> None:
        """It closes with the lesson; whoever lectures without one may keep it."""
        if not self._window.teaching and self.lecture is None:
            self.close_presenter()

    def close(self) -> None:
        """Stop whatever runs: the window closes."""
        if self.lecture is not None:
            self.lecture.stop()
        self.close_presenter()
