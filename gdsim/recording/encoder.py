"""Frames become a video on a thread of their own, and nothing of what was recorded gets lost.

The thread takes frames from a short queue, so drawing and encoding go on side by side and memory stays small. While it
is written the video stands beside its name as a part that plays up to its last moments, whatever happens to the
process; under its name it appears when it is whole and has been read back.
"""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections import deque
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

from PySide6.QtGui import QImage

from gdsim.recording.faults import RecordingError, in_words
from gdsim.recording.sinks import Sink, path_refusal
from gdsim.recording.timing import MAX_FPS, MIN_FPS

if TYPE_CHECKING:
    from gdsim.recording.formats import Writer

Kind = Literal["mp4", "webm", "gif"]
Quality = Literal["small", "good", "best"]
KINDS: dict[Kind, str] = {"mp4": "MP4 (H.264)", "webm": "WebM (VP9)", "gif": "GIF"}
QUALITIES: dict[Quality, str] = {"small": "Small file", "good": "Good", "best": "Best"}
ENDINGS = tuple(f".{kind}" for kind in KINDS)

MIN_SIDE, MAX_SIDE = 16, 8192
MAX_PIXELS = 8192 * 4320
"""What the highest level of H.264 can hold."""

GIF_MAX_FPS = 50
"""A GIF counts in hundredths of a second, and viewers slow down what is shorter than two."""

QUEUE = 4
"""Frames that wait for the encoder; more would only cost memory."""

_MAIN_CHECK = 0.5
"""Seconds between looks whether the program still runs."""

_BYTES_PER_PIXEL: dict[tuple[Kind, Quality], float] = {
    ("mp4", "small"): 0.0022, ("mp4", "good"): 0.0045, ("mp4", "best"): 0.0065,
    ("webm", "small"): 0.0022, ("webm", "good"): 0.0045, ("webm", "best"): 0.007,
    ("gif", "small"): 0.02, ("gif", "good"): 0.02, ("gif", "best"): 0.03,
}  # fmt: skip
"""Of one frame, as seen with full boards of 1920 x 1080."""


@dataclass(frozen=True)
class VideoSettings:
    """How a video is written.

    Attributes:
        kind: The format.
        width, height: Of every frame, in pixels; see `even`.
        fps: Frames per second.
        quality: Size of the file against fidelity.
        loop: Whether a GIF starts over.
        title: Is written into the file.
        document: The experiment's document as bytes; is written into the file.
    """

    kind: Kind
    width: int
    height: int
    fps: float | Fraction = 30
    quality: Quality = "good"
    loop: bool = True
    title: str = ""
    document: bytes = b""

    @property
    def rate(self) -> Fraction:
        """Frames per second, exactly."""
        return self.fps if isinstance(self.fps, Fraction) else Fraction(repr(float(self.fps)))

    def refusal(self) -> str | None:
        """Why no video can have these settings; None where nothing speaks against them."""
        if self.kind not in KINDS or self.quality not in QUALITIES:
            return f"unknown format {self.kind!r} or quality {self.quality!r}"
        for side, name in ((self.width, "wide"), (self.height, "high")):
            if not MIN_SIDE <= side <= MAX_SIDE:
                return f"a video is {MIN_SIDE} to {MAX_SIDE:,} pixels {name}, not {side:,}"
        if self.width * self.height > MAX_PIXELS:
            return f"{self.width} x {self.height} is more than {MAX_PIXELS // 1_000_000} million pixels"
        if even(self.width, self.height, self.kind) != (self.width, self.height):
            return f"{self.width} x {self.height} is odd; {self.kind} needs an even width and height"
        most = GIF_MAX_FPS if self.kind == "gif" else MAX_FPS
        if not MIN_FPS <= self.fps <= most:
            return f"{self.kind} takes {MIN_FPS} to {most} frames per second, not {float(self.fps):g}"
        return None


def even(width: int, height: int, kind: Kind = "mp4") -> tuple[int, int]:
    """The nearest size, not smaller, that the format can hold: MP4 and WebM keep one colour for 2 x 2 pixels."""
    return (width, height) if kind == "gif" else (width + width % 2, height + height % 2)


def kind_of(path: Path) -> Kind | None:
    """The format that a name's ending asks for."""
    return next((kind for kind in KINDS if path.suffix.lower() == f".{kind}"), None)


def estimate(settings: VideoSettings, frames: int) -> int:
    """About how many bytes the video will have; experiments differ by a factor of three both ways."""
    one = settings.width * settings.height * _BYTES_PER_PIXEL[settings.kind, settings.quality]
    return int(frames * one) + len(settings.document) + 4096


def refusal(path: Path, settings: VideoSettings, *, force: bool = False, frames: int = 0) -> str | None:
    """Why a video cannot be recorded there; None where nothing speaks against it.

    Args:
        path: The file that is asked for.
        settings: How it is written.
        force: Whether a file that is there may be replaced.
        frames: How many there will be, where that is known.
    """
    why = settings.refusal()
    if why is not None:
        return why
    space = estimate(settings, frames) // 10
    return path_refusal(path, (f".{settings.kind}",), force=force, space=space)


State = Literal["recording", "finishing", "done", "failed", "cancelled"]


class _CancelledError(Exception):
    """Ends the thread's work."""


class Recorder:
    """Takes frames, and leaves a video.

    ``put`` each frame, then ``finish``. A window uses ``offer``, ``seal`` and looks at ``state`` now and then. Used
    as a context, it finishes at the end and cancels where an exception leaves it.
    """

    def __init__(self, path: Path, settings: VideoSettings, *, force: bool = False, frames: int = 0) -> None:
        """Check everything that can be known, and start.

        Args:
            path: The video's file.
            settings: How it is written.
            force: Whether a file that is there may be replaced.
            frames: How many there will be, where that is known; helps to see a disk that is too small.

        Raises:
            RecordingError: It is refused; nothing is left behind.
        """
        self.path = path
        self.settings = settings
        why = refusal(path, settings, force=force, frames=frames)
        if why is not None:
            raise RecordingError(path, why)
        try:
            self._sink = Sink(path, ".mp4" if settings.kind == "gif" else f".{settings.kind}", force=force)
        except OSError as error:
            raise RecordingError(path, *in_words(error)) from None
        self._changed = threading.Condition()
        self._queue: deque[tuple[QImage, int]] = deque()
        self._sealed = self._cancelled = False
        self._state: State = "recording"
        self._error: RecordingError | None = None
        self._taken = self._encoded = self._finished = 0
        self._thread = threading.Thread(target=self._run, name=f"recording {path.name}")
        self._thread.start()

    @property
    def state(self) -> State:
        """What it does, or what became of it."""
        return self._state

    @property
    def done(self) -> bool:
        """Whether it has ended, well or not."""
        return self._state in ("done", "failed", "cancelled")

    @property
    def error(self) -> RecordingError | None:
        """Why it failed."""
        return self._error

    @property
    def part(self) -> Path:
        """The file that holds what has been recorded, until the video is whole."""
        return self._sink.part.path

    @property
    def frames(self) -> int:
        """Frames that were handed over."""
        return self._taken

    @property
    def encoded(self) -> int:
        """Frames that have been encoded."""
        return self._encoded

    @property
    def finishing(self) -> float:
        """The share of the finishing that is done, 0 to 1."""
        return 1.0 if self._state == "done" else min(1.0, self._finished / max(1, self._encoded))

    @property
    def bytes_written(self) -> int:
        """The size of the part, or of the video when it is done."""
        with contextlib.suppress(OSError):
            return (self.path if self._state == "done" else self.part).stat().st_size
        return 0

    def put(self, image: QImage, repeat: int = 1) -> None:
        """Hand over a frame that stands for ``repeat`` frames; waits while the queue is full.

        It may be drawn on at once: Qt copies it then, and only then. It has to own its pixels.

        Raises:
            RecordingError: The recording has failed, or the frame has not the video's size.
        """
        frame = self._frame(image)
        with self._changed:
            while len(self._queue) >= QUEUE and not self.done:
                self._changed.wait()
            self._append(frame, repeat)

    def offer(self, image: QImage, repeat: int = 1) -> bool:
        """Hand over a frame if there is room for it now; returns whether there was.

        Raises:
            RecordingError: As for `put`.
        """
        with self._changed:
            if len(self._queue) >= QUEUE and not self.done:
                return False
        frame = self._frame(image)
        with self._changed:
            self._append(frame, repeat)
        return True

    def _append(self, frame: QImage, repeat: int) -> None:
        if self._error is not None:
            raise self._error
        if self._sealed or self.done:
            raise RecordingError(self.path, "the recording has ended already")
        if repeat < 1:
            raise ValueError("a frame stands for at least one")
        self._queue.append((frame, repeat))
        self._taken += repeat
        self._changed.notify_all()

    def _frame(self, image: QImage) -> QImage:
        size = (image.width(), image.height())
        if size != (self.settings.width, self.settings.height):
            wanted = f"{self.settings.width} x {self.settings.height}"
            raise RecordingError(self.path, f"a frame of {size[0]} x {size[1]} pixels came to a video of {wanted}")
        if image.format() == QImage.Format.Format_RGB32:
            return QImage(image)  # the pixels are shared until somebody paints on one of the two
        return image.convertToFormat(QImage.Format.Format_RGB32)

    def seal(self, *, title: str | None = None, document: bytes | None = None) -> None:
        """Say that no frame follows; returns at once.

        Args:
            title: What is written into the finished file instead of the settings' title.
            document: The same for the document: of a recording in which it was edited.
        """
        with self._changed:
            if title is not None and not self._sealed:
                self.settings = dataclasses.replace(self.settings, title=title)
            if document is not None and not self._sealed:
                self.settings = dataclasses.replace(self.settings, document=document)
            self._sealed = True
            self._changed.notify_all()

    def finish(self) -> Path:
        """Wait until the video is whole, and return where it is.

        Raises:
            RecordingError: It failed.
        """
        self.seal()
        self._thread.join()
        if self._error is not None:
            raise self._error
        if self._state == "cancelled":
            raise RecordingError(self.path, "the recording was cancelled")
        return self.path

    def cancel(self, *, wait: bool = True) -> None:
        """End it and leave nothing behind; what is done stays done.

        Args:
            wait: Whether to return only when all is gone.
        """
        with self._changed:
            self._cancelled = True
            self._queue.clear()
            self._changed.notify_all()
        if wait:
            self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and not self._cancelled:
            self.finish()
        else:
            self.cancel()

    # From here on: the thread.

    def _run(self) -> None:
        state: State = "failed"
        try:
            self._record()
            state = "done"
        except _CancelledError:
            self._sink.discard()
            state = "cancelled"
        except RecordingError as error:
            if error.kept is None:
                self._sink.discard()
            self._error = error
        except BaseException as error:
            self._error = self._failed(error)
        finally:
            with self._changed:
                self._state = state
                self._queue.clear()
                self._changed.notify_all()

    def _record(self) -> None:
        from gdsim.recording.formats import Writer  # PyAV costs a tenth of a second: only who records pays it

        writer = Writer(self._sink.part, self.settings)
        try:
            self._encode(writer)
            writer.close()
        except BaseException:
            writer.abandon()
            raise
        self._finish(writer)

    def _encode(self, writer: Writer) -> None:
        while (taken := self._next()) is not None:
            frame, repeat = taken
            for again in range(repeat):
                self._go_on()
                writer.write(frame if again == 0 else None)
                self._encoded += 1

    def _next(self) -> tuple[QImage, int] | None:
        with self._changed:
            while not (self._queue or self._sealed or self._cancelled):
                self._changed.wait(_MAIN_CHECK)
                if not threading.main_thread().is_alive():  # the program ended and forgot this: keep what there is
                    raise RuntimeError("the program ended")
            if self._cancelled:
                raise _CancelledError
            if not self._queue:
                return None
            taken = self._queue.popleft()
            self._changed.notify_all()
            return taken

    def _go_on(self) -> None:
        if self._cancelled:
            raise _CancelledError

    def _finish(self, writer: Writer) -> None:
        if not self._encoded:
            raise RecordingError(self.path, "no frame was recorded")
        self._state = "finishing"

        def progress(frames: int) -> None:
            self._go_on()
            self._finished = frames

        finished = writer.finished(self.settings, self._sink.hidden, self._encoded, progress)
        self._go_on()
        self._sink.commit(finished)

    def _failed(self, error: BaseException) -> RecordingError:
        disk_error = self._sink.error
        reason, remedy = in_words(disk_error or error)
        kept = None
        with contextlib.suppress(Exception):
            from gdsim.recording.formats import salvage

            if salvage(self._sink.part):
                kept = self._sink.keep()
        if kept is None:
            self._sink.discard()
        return RecordingError(self.path, reason, remedy, kept)
