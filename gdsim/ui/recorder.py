"""Recording from the window while the program stays usable: a frame is drawn when there is time for one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QImage

from gdsim.core.documents import encode
from gdsim.recording.encoder import Recorder, VideoSettings
from gdsim.recording.faults import RecordingError
from gdsim.recording.timing import LiveClock
from gdsim.ui.figure import Figure, FigureOptions
from gdsim.ui.film import Film, duration, seen
from gdsim.ui.plots.moment import Moment

log = logging.getLogger(__name__)

PAUSE = 8
"""Milliseconds between two frames that are drawn for a video: the window's own frames come in between."""
REST = 35
"""The same while the window plays: two of its own frames come in between, so that it does not stutter."""
LOOK = 50
"""Milliseconds between two looks at the encoder while it finishes."""


class RecordingJob(QObject):
    """What planned and live recordings have in common: the encoder, its end, and telling of it.

    Signals:
        progressed: The share that is done (negative where there is no end in sight), and a few words.
        ended: The file, or None where there is none; and what to tell the user.
    """

    progressed = Signal(float, str)
    ended = Signal(object, str)

    def __init__(self, path: Path, settings: VideoSettings, parent: QObject | None = None, *, frames: int = 0) -> None:
        """Start the encoder.

        Raises:
            RecordingError: It is refused; nothing is left behind.
        """
        recorder = Recorder(path, settings, force=True, frames=frames)
        super().__init__(parent)
        self.path = path
        self.recorder = recorder
        self._timer = QTimer(self)
        self._timer.setInterval(PAUSE)
        self._timer.timeout.connect(self._tick)
        self._timer.start()
        self._sealed = False
        self._fault = ""

    def cancel(self) -> None:
        """Stop, and leave nothing behind; what has failed or is whole already is told as it is."""
        self._timer.stop()
        self.recorder.cancel()
        if self.recorder.state == "cancelled":
            self.ended.emit(None, f"Recording of {self.path.name} cancelled; nothing was kept")
        else:
            self._end()

    def finish(self) -> None:
        """End the video here and wait until it is whole."""
        self._seal()
        try:
            self.recorder.finish()
        except RecordingError:
            log.info("recording failed while it was finished", exc_info=True)
        self._end()

    @Slot()
    def _tick(self) -> None:
        try:
            if self.recorder.done:
                self._end()
            elif self._sealed:
                self.progressed.emit(-1.0, "finishing …")
            else:
                self._work()
        except RecordingError as error:
            self._timer.stop()
            self.recorder.cancel()
            self.ended.emit(None, str(error))
        except Exception as error:
            log.exception("recording failed")
            self._failed(f"drawing a frame failed ({type(error).__name__}: {error})")

    def _work(self) -> None:
        raise NotImplementedError  # abstract

    def _failed(self, reason: str) -> None:
        """A frame could not be drawn."""
        self._timer.stop()
        self.recorder.cancel()
        self.ended.emit(None, f"{self.path.name}: {reason}; nothing was kept")

    def _seal(self, **labels: Any) -> None:
        self._sealed = True
        self.recorder.seal(**labels)
        self._timer.setInterval(LOOK)

    def _end(self) -> None:
        self._timer.stop()
        error = self.recorder.error
        if error is not None:
            self.ended.emit(None, str(error))
            return
        size = self.recorder.bytes_written / 1e6
        text = f"Recorded {self.path.name}: {self.recorder.frames:,} frames, {size:.1f} MB"
        self.ended.emit(self.path, f"{text}; it ends early: {self._fault}" if self._fault else text)


class FilmJob(RecordingJob):
    """Records a planned video.

    Args:
        film: Its frames.
        parent: As everywhere in Qt.
        playing: Says whether the window needs time for frames of its own.
    """

    def __init__(
        self, film: Film, parent: QObject | None = None, *, playing: Callable[[], bool] = lambda: False
    ) -> None:
        super().__init__(film.path, film.settings, parent, frames=len(film))
        self._playing = playing
        self._total = len(film)
        self._pictures: Iterator[tuple[QImage, int]] = film.pictures()
        self._next: tuple[QImage, int] | None = None
        self._began = perf_counter()

    def _work(self) -> None:
        pause = PAUSE
        if self._next is None:
            begin = perf_counter()
            self._next = next(self._pictures, None)
            if self._next is None:
                self._seal()
                return
            if self._playing():
                pause = max(REST, round(1e3 * (perf_counter() - begin)))
        image, frames = self._next
        if self.recorder.offer(image, frames):
            self._next = None
        self._timer.setInterval(pause)  # it begins now: what was done above is none of the window's time
        self._tell()

    def _tell(self) -> None:
        share = self.recorder.encoded / max(self._total, 1)
        left = (perf_counter() - self._began) * (1 - share) / share if share > 0.02 else None
        words = f"{share:.0%}" + (f"  ·  {duration(left)} left" if left is not None else "")
        self.progressed.emit(share, words)


class LiveJob(RecordingJob):
    """Records what is shown while somebody drives the program by hand.

    Args:
        path: The video's file.
        settings: How it is written.
        look: Says how the frames look now; their size stays.
        moment: Says what is shown now.
        parent: As everywhere in Qt.
    """

    def __init__(
        self,
        path: Path,
        settings: VideoSettings,
        look: Callable[[], FigureOptions],
        moment: Callable[[], Moment],
        parent: QObject | None = None,
    ) -> None:
        figure = Figure(look())
        super().__init__(path, settings, parent)
        self._figure, self._look, self._moment = figure, look, moment
        self._shown = moment()
        self._clock = LiveClock(settings.rate)
        self._last = perf_counter()
        self._due = 1
        self._waiting: QImage | None = None
        self._stopping = False

    def stop(self) -> None:
        """End the video here, as soon as what was shown is in it."""
        self._stopping = True

    def _work(self) -> None:
        now = perf_counter()
        self._due += self._clock.due(now - self._last)
        self._last = now
        if self._due:
            image = self._waiting if self._waiting is not None else self._draw()
            taken = self.recorder.offer(image, self._due)
            self._waiting = None if taken else image
            self._due = 0 if taken else self._due
        if self._stopping and self._waiting is None and self.recorder.frames:
            self._seal()
            return
        self.progressed.emit(-1.0, f"recording  {duration(self.recorder.frames / float(self.recorder.settings.rate))}")

    def _seal(self, **labels: Any) -> None:
        """The document that is embedded is the one shown last, with the edits made meanwhile."""
        experiment = self._shown.experiment
        super()._seal(title=experiment.title, document=encode(seen(experiment, self._figure.options)), **labels)

    def _draw(self) -> QImage:
        look = self._look()
        if look != self._figure.options and not self._figure.adjust(look):
            self._figure = Figure(look)
        self._shown = self._moment()
        return self._figure.image(self._shown)

    def _failed(self, reason: str) -> None:
        """What was shown until then cannot be done again: it is kept."""
        if not self.recorder.frames:
            super()._failed(reason)
            return
        self._fault = reason
        self._seal()
