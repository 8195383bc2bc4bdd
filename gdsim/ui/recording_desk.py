"""Pictures and videos from the window: the dialogs, the recording under way, and the strip that tells of it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QMessageBox, QProgressBar, QWidget

from gdsim.ui.places import ask_place
from gdsim.ui.widgets import ElidedLabel, IconButton, label

if TYPE_CHECKING:
    from gdsim.lessons.lesson import Lesson
    from gdsim.ui.film import FilmOptions
    from gdsim.ui.main_window import MainWindow
    from gdsim.ui.plots.moment import Moment
    from gdsim.ui.recorder import LiveJob, RecordingJob
    from gdsim.ui.teaching.pages import PageJob

PAGE_FILTER = "Web page (*.html);;PDF (*.pdf)"
LIVE_FPS = 30
LIVE_SIZE = (1920, 1080)


class RecordingDesk(QObject):
    """What the window records. One recording at a time; the program stays usable meanwhile.

    Signals:
        live_changed: Whether what is done by hand is being recorded.
    """

    live_changed = Signal(bool)

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._job: RecordingJob | PageJob | None = None
        self._live: LiveJob | None = None
        self.strip = RecordingStrip()
        self.strip.stopped.connect(self.stop)
        self.strip.cancelled.connect(self.cancel)
        self.strip.hide()
        window.statusBar().addPermanentWidget(self.strip)

    @property
    def busy(self) -> bool:
        """Whether something is being recorded."""
        return self._job is not None

    # Pictures

    def save_picture(self) -> None:
        """Ask for look and place, and write a picture."""
        from gdsim.ui.export_dialog import PictureDialog

        window = self._window
        dialog = PictureDialog(
            self._still(), window.document_name(), window.preferences, self._look(*LIVE_SIZE), window
        )
        if dialog.exec():
            window.say(f"Saved {dialog.saved}")
        dialog.deleteLater()

    def copy_picture(self) -> None:
        """Put the picture on the clipboard, as large as a slide."""
        from gdsim.ui.figure import Figure

        QGuiApplication.clipboard().setImage(Figure(self._look(*LIVE_SIZE)).image(self._still()))
        self._window.say("Copied the picture to the clipboard")

    # Videos

    def record_video(self) -> None:
        """Ask for look, pace and place, and begin to record."""
        from gdsim.ui.export_dialog import VideoDialog

        window = self._window
        if self._refuse_second():
            return
        if window.session.computing:
            window.warn("Some steps are still being computed: record when the status bar says that all are.")
            return
        if window.ensembles.computing:
            window.warn("The ensemble is still being computed: record when it is there, or stop it.")
            return
        moment = self._still()
        dialog = VideoDialog(moment, window.document_name(), window.preferences, self._look(*LIVE_SIZE), window)
        dialog.chosen.connect(lambda options, path: self.begin_film(moment, options, path))
        dialog.exec()
        dialog.deleteLater()

    def begin_film(self, moment: Moment, options: FilmOptions, path: Path) -> None:
        """Record a planned video."""
        if self._refuse_second():
            return
        from gdsim.recording.faults import RecordingError
        from gdsim.ui.film import Film
        from gdsim.ui.recorder import FilmJob

        try:
            job = FilmJob(Film(moment, options, path), self, playing=lambda: self._window.session.playing)
        except (RecordingError, ValueError) as error:
            self._window.warn(str(error))
            return
        self._begin(job, live=False)

    @Slot(bool)
    def toggle_live(self, on: bool) -> None:
        """Begin to record what is done by hand, or end it."""
        if on == (self._live is not None):
            return  # the button follows what was begun elsewhere
        if on and not self._refuse_second():
            path = self._ask_live()
            if path is not None:
                self.begin_live(path)
        elif not on and self._live is not None:
            self._live.stop()
        self.live_changed.emit(self._live is not None)

    def begin_live(self, path: Path) -> None:
        """Record what is shown from now on."""
        if self._refuse_second():
            return
        from gdsim.core.documents import encode
        from gdsim.recording.encoder import VideoSettings, kind_of
        from gdsim.recording.faults import RecordingError
        from gdsim.ui.recorder import LiveJob

        window = self._window
        width, height = LIVE_SIZE
        kind = kind_of(path) or "mp4"
        settings = VideoSettings(
            kind,
            width,
            height,
            LIVE_FPS,
            title=window.session.experiment.title,
            document=encode(window.files.document()),
        )
        try:
            self._live = LiveJob(path, settings, lambda: self._look(width, height), window.moment, self)
        except RecordingError as error:
            window.warn(str(error))
            return
        self._begin(self._live, live=True)

    def write_lesson(self, lesson: Lesson) -> None:
        """Ask for a place, and write the lesson there as a page."""
        if self._refuse_second():
            return
        from gdsim.ui.export_dialog import with_ending
        from gdsim.ui.teaching.pages import ENDINGS, PageJob

        window = self._window
        folder = Path(window.preferences.text("export_folder") or Path.home())
        offer = str(folder / f"{lesson.name}.html")
        name, used = ask_place(window, "Export the lesson as a page", offer, PAGE_FILTER)
        ending = ".pdf" if "pdf" in used else ".html"
        path = with_ending(window, Path(name), ending, ENDINGS) if name else None
        if path is not None:
            self._begin(PageJob(lesson, path, self), live=False)

    def _ask_live(self) -> Path | None:
        from gdsim.ui.export_dialog import VIDEO_FILTER, with_ending
        from gdsim.ui.film import VIDEOS

        window = self._window
        folder = Path(window.preferences.text("export_folder") or Path.home())
        name, _ = ask_place(window, "Record as I go", str(folder / "recording.mp4"), VIDEO_FILTER)
        if not name:
            return None
        path = Path(name)
        return with_ending(window, path, ".mp4", VIDEOS)

    def _begin(self, job: RecordingJob | PageJob, *, live: bool) -> None:
        self._job = job
        job.progressed.connect(self.strip.show_progress)
        job.ended.connect(self._ended)
        self.strip.begin(job.path.name, live=live)
        self.live_changed.emit(live)

    @Slot(object, str)
    def _ended(self, path: Path | None, text: str) -> None:
        job, self._job, self._live = self._job, None, None
        self.strip.hide()
        self.live_changed.emit(False)
        if path is not None:
            self._window.say(text)
            self._window.preferences.put("export_folder", str(path.parent))
        else:
            self._window.warn(text)
        if job is not None:
            job.deleteLater()

    @Slot()
    def stop(self) -> None:
        """End a recording made by hand: what was recorded is kept."""
        if self._live is not None:
            self._live.stop()

    @Slot()
    def cancel(self) -> None:
        """Stop recording and keep nothing."""
        if self._job is not None:
            self._job.cancel()

    def may_leave(self) -> bool:
        """Ask what shall become of a recording under way; False where the user stays."""
        if self._job is None:
            return True
        buttons = QMessageBox.StandardButton
        name, live = self._job.path.name, self._live is not None
        text = f"{name} is being recorded. End it here and keep it?" if live else f"{name} is still being recorded."
        answer = QMessageBox.question(
            self._window,
            "Recording",
            text if live else f"{text} Leave, and lose it?",
            (buttons.Save | buttons.Discard | buttons.Cancel) if live else (buttons.Discard | buttons.Cancel),
            buttons.Save if live else buttons.Cancel,
        )
        if answer == buttons.Cancel:
            return False
        if self._job is not None:  # it goes on while the question stands
            if answer == buttons.Save:
                self._job.finish()
            else:
                self._job.cancel()
        return True

    # What is recorded

    def _refuse_second(self) -> bool:
        if self.busy:
            self._window.warn("One recording is under way: stop or cancel it first.")
        return self.busy

    def _still(self) -> Moment:
        moment: Moment = self._window.moment()
        return dataclasses.replace(moment, trajectory=moment.trajectory.frozen())

    def _view(self) -> Any:
        landscape = self._window.stage.landscape
        return None if landscape.at_home else landscape.view

    def _look(self, width: int, height: int) -> Any:
        from gdsim.ui import style
        from gdsim.ui.figure import FigureOptions
        from gdsim.ui.plots.loss_plot import SMOOTHING

        window = self._window
        return FigureOptions(
            width,
            height,
            theme=style.current().name,
            title=window.session.experiment.title,
            view=self._view(),
            log_loss=window.stage.loss.is_log,
            smoothing=SMOOTHING if window.actions_["smooth_loss"].isChecked() else 0.0,
            contours=window.actions_["contours"].isChecked(),
            arrows=window.actions_["arrows"].isChecked(),
            arrow_length=window.stage.landscape.arrows.magnify,
            ellipse=window.actions_["ellipse"].isChecked(),
            space=window.stage.space,
            camera=window.stage.camera,
        )


class RecordingStrip(QWidget):
    """A few words, a bar and a button in the status bar, while something is recorded."""

    stopped = Signal()
    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._title = ElidedLabel("", "t2")
        self._title.setMaximumWidth(180)
        self._words = label("", "t2")
        self._bar = QProgressBar()
        self._bar.setFixedWidth(120)
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 1000)
        self._stop = IconButton("stop", "End the video here, and keep it", side=22)
        self._stop.clicked.connect(self.stopped)
        self._cancel = IconButton("close", "Cancel: stop recording, and keep nothing", side=22)
        self._cancel.clicked.connect(self.cancelled)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 8, 0)
        row.setSpacing(8)
        for widget in (label("●", "danger"), self._title, self._words, self._bar, self._stop, self._cancel):
            row.addWidget(widget)

    def begin(self, name: str, *, live: bool) -> None:
        """Show that ``name`` is being recorded."""
        self._title.set_text(name)
        self._title.setToolTip(name)
        self._stop.setVisible(live)
        self._bar.setVisible(not live)
        self._bar.setValue(0)
        self._words.setMinimumWidth(0)
        self.show_progress(0.0, "")
        self.show()

    @Slot(float, str)
    def show_progress(self, share: float, words: str) -> None:
        """Show how far it is."""
        self._words.setText(words)
        self._words.setMinimumWidth(max(self._words.minimumWidth(), self._words.sizeHint().width()))  # nothing jumps
        self._bar.setRange(0, 0 if share < 0 else 1000)
        if share >= 0:
            self._bar.setValue(round(share * 1000))
