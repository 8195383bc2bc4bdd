"""Writes a lesson as a page: one HTML file with everything inside, or a PDF, by the ending.

What takes long is done in slices, so that a window can draw itself in between.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from gdsim.core.documents import write_whole
from gdsim.lessons.lesson import Lesson, Problem
from gdsim.recording.faults import RecordingError, in_words
from gdsim.recording.sinks import path_refusal
from gdsim.ui.teaching.content import written_down
from gdsim.ui.teaching.shots import between

log = logging.getLogger(__name__)

ENDINGS = (".html", ".htm", ".pdf")
PAUSE = 8
"""Milliseconds between two slices: the window's own frames come in between."""

Films = dict[tuple[int, bool], str]
Writing = Generator[float, None, tuple[Problem, ...]]


def writing(lesson: Lesson, path: Path, films: Films | None = None, *, force: bool = True) -> Writing:
    """Write a page in slices; each yields the share that is done, and in the end the problems are returned.

    Args:
        lesson: What was read; scenes with a problem are left out.
        path: The file.
        films: Videos beside it, by the place of their scene and whether they are of the answer.
        force: Whether a file that is there may be replaced.

    Raises:
        RecordingError: It could not be written; nothing is left behind, and an older file is as it was.
    """
    _check(path, force=force)
    content = yield from between(written_down(lesson, films), 0.0, 0.9)
    if path.suffix.lower() == ".pdf":
        from gdsim.ui.teaching.paper import as_pdf

        data = as_pdf(content)
    else:
        from gdsim.ui.teaching.web import as_html

        for picture in content.pictures():
            _ = picture.uri  # which takes a while, and is kept
            yield 0.95
        data = as_html(content).encode("utf-8")
    yield 0.99
    _check(path, force=force)  # again: drawing takes a while
    try:
        write_whole(path, data)
    except OSError as error:
        raise RecordingError(path, *in_words(error)) from None
    return content.problems


def write_page(
    lesson: Lesson,
    path: Path,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    *,
    films: Films | None = None,
    force: bool = True,
) -> tuple[Problem, ...] | None:
    """Write a page at once.

    Args:
        lesson: What was read; scenes with a problem are left out.
        path: The file; its ending decides between HTML and PDF.
        progress: Is told the share that is done, after each slice of some hundredths of a second.
        cancelled: Is asked after each slice whether to stop; nothing is written then.
        films: Videos beside it, by the place of their scene and whether they are of the answer.
        force: Whether a file that is there may be replaced.

    Returns:
        What could not be read or does not hold, and was left out; None where it was cancelled.

    Raises:
        RecordingError: It could not be written; nothing is left behind, and an older file is as it was.
    """
    steps = writing(lesson, path, films, force=force)
    while True:
        try:
            share = next(steps)
        except StopIteration as end:
            problems: tuple[Problem, ...] = end.value
            return problems
        if progress is not None:
            progress(share)
        if cancelled is not None and cancelled():
            steps.close()
            return None


class PageJob(QObject):
    """Writes a page while the window lives; looks to the window as a recording does.

    Signals:
        progressed: The share that is done, and a few words.
        ended: The file, or None where there is none; and what to tell the user.
    """

    progressed = Signal(float, str)
    ended = Signal(object, str)

    def __init__(self, lesson: Lesson, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path = path
        self._steps = writing(lesson, path)
        self._timer = QTimer(self)
        self._timer.setInterval(PAUSE)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def cancel(self) -> None:
        """Stop, and leave nothing behind."""
        self._finish(None, f"Writing {self.path.name} cancelled; nothing was kept")

    def finish(self) -> None:
        """Do the rest at once."""
        while self._timer.isActive():
            self._tick()

    @Slot()
    def _tick(self) -> None:
        try:
            share = next(self._steps)
        except StopIteration as end:
            left_out = len(end.value)
            told = f"; {left_out} of its claims or scenes have a problem" if left_out else ""
            self._finish(self.path, f"Wrote {self.path.name}{told}")
        except RecordingError as error:
            self._finish(None, str(error))
        except Exception as error:
            log.exception("a page could not be written")
            self._finish(None, f"{self.path.name}: it failed ({type(error).__name__}: {error}); nothing was kept")
        else:
            self.progressed.emit(share, f"{share:.0%}")

    def _finish(self, path: Path | None, text: str) -> None:
        self._timer.stop()
        self._steps.close()
        self.ended.emit(path, text)


def _check(path: Path, *, force: bool) -> None:
    why = path_refusal(path, ENDINGS, force=force)
    if why is not None:
        raise RecordingError(path, why)
