"""From an empty screen to the window in which a document is seen: the order in which things are loaded and shown."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication

from gdsim.ui.main_window import MainWindow
from gdsim.ui.preferences import Preferences

# Whatever is imported above is waited for before the window can be seen, see ``main_window``.

GROUND = "#0E1217"
"""The ground of the very first start: that of the dark theme."""
REST_AFTER = 120
"""Milliseconds after the first picture until the rest is loaded."""


class _Reporter(QObject):
    """Carries the text of a fault from any thread to the window."""

    reported = Signal(str)


_reporter: list[_Reporter] = []


def report(text: str) -> None:
    """Tell the user of an exception that nobody caught; callable from any thread."""
    for reporter in _reporter:
        reporter.reported.emit(text)


def launch(path: str | None = None, lesson: Path | None = None, room: Any = None) -> int:
    """Show the window and run it to its end.

    Args:
        path: A document to open, None for the first ready-made experiment.
        lesson: A lesson to begin.
        room: What the window may do, with ``hidden``, ``saving`` and ``lecture``; None: everything.

    Returns:
        The exit status.
    """
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("gdsim")
    app.setOrganizationName("gdsim")
    preferences = Preferences()
    # At first a bare window on the ground that was seen last: themes, and asking the system for one, take longer.
    app.setStyleSheet(f"QMainWindow {{ background: {preferences.text('ground', GROUND)}; }}")
    window = MainWindow(preferences)
    window.show()
    app.processEvents()
    from gdsim.ui import style

    wanted = preferences.text("theme", "system")
    style.apply(app, "light" if wanted == "light" else "dark" if wanted == "dark" else "system")
    reporter = _Reporter()
    reporter.reported.connect(window.show_fault)
    _reporter[:] = [reporter]
    opened = _furnish(window, path)
    if opened:
        _begin(window, lesson, room)
    gc.freeze()  # what stands now stays: no collection needs to look at it while marbles roll
    gc.enable()
    if opened:
        QTimer.singleShot(REST_AFTER, _load_the_rest)
    status = app.exec() if opened else 2
    _reporter.clear()
    window.close()
    return status


def _begin(window: MainWindow, lesson: Path | None, room: Any) -> None:
    """Do what was asked for on the command line."""
    if room is not None:
        window.keep_to(room.hidden, saving=room.saving)
    if lesson is not None:
        window.room.open(lesson)
    if room is not None and room.lecture:
        window.actions_["full_screen"].setChecked(True)


def _load_the_rest() -> None:
    """Load what the first picture does without and the first trail needs, before anybody presses a key."""
    import pyqtgraph  # noqa: F401


def _furnish(window: MainWindow, path: str | None) -> bool:
    from gdsim.core.data import Cancelled
    from gdsim.core.documents import DocumentError, load
    from gdsim.ui.files import read, ready_made

    try:
        experiment = read(window, Path(path)) if path else load(ready_made()[0])
    except Cancelled:
        return _furnish(window, None)
    except (DocumentError, OSError) as error:
        reason = error.strerror or error if isinstance(error, OSError) else error
        print(f"gdsim: {path}: {reason}", file=sys.stderr)
        return False
    try:
        window.furnish(experiment)
    except BaseException:
        session = getattr(window, "session", None)
        if session is not None:
            session.close()  # a thread that is still running would bring the process down before the fault is told
        raise
    if path:
        window.files.path = Path(path)
        window.preferences.add_recent(Path(path))
        window.show_title()
    return True
