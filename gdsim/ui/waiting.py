"""Waits for long work without a frozen window: it is done on a thread, beside a bar and a button that cancels it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QEventLoop, Qt, QThread, QTimer
from PySide6.QtWidgets import QProgressDialog, QWidget

T = TypeVar("T")
Work = Callable[[Callable[[float], None], Callable[[], bool]], T]
"""Is given what it tells its progress (0 to 1), and what it asks several times a second whether to stop."""

SHOWN_AFTER = 300
"""Milliseconds after which the bar is shown: short work needs none."""


LOOK = 50
"""Milliseconds between two looks at how far it is."""


class WorkThread(QThread):
    """Does work; once it has finished, ``result`` or ``error`` is what came of it."""

    def __init__(self, work: Work[object]) -> None:
        super().__init__()
        self._work = work
        self.cancelled = False
        self.share = 0.0
        self.result: object = None
        self.error: Exception | None = None

    def run(self) -> None:
        """The work, on the thread; an exception is kept for whoever waits."""
        try:
            self.result = self._work(self._tell, lambda: self.cancelled)
        except Exception as error:
            self.error = error

    def _tell(self, share: float) -> None:
        self.share = share


def wait_for(parent: QWidget, text: str, work: Work[T]) -> T:
    """What ``work`` returns; the window is painted meanwhile, and takes nothing but a cancel.

    Args:
        parent: The window.
        text: What is being done.
        work: Done on a thread of its own; raises an exception of its own where it was told to stop, which it also is
            where the window is closed.

    Raises:
        Exception: Whatever the work raised.
    """
    thread = WorkThread(work)
    bar = QProgressDialog(text, "Cancel", 0, 1000, parent)
    bar.setWindowTitle("gdsim")
    bar.setWindowModality(Qt.WindowModality.WindowModal)
    bar.setMinimumDuration(SHOWN_AFTER)
    bar.setAutoReset(False)
    loop, unseen = QEventLoop(), QEventLoop()

    def look() -> None:
        if bar.wasCanceled() or not parent.isVisible():
            thread.cancelled = True
        else:
            bar.setValue(round(1000 * thread.share))

    clock = QTimer(bar)
    clock.timeout.connect(look)
    clock.start(LOOK)
    thread.finished.connect(unseen.quit)
    thread.finished.connect(loop.quit)
    patience = QTimer(bar)
    patience.setSingleShot(True)
    patience.timeout.connect(unseen.quit)
    patience.start(SHOWN_AFTER)
    bar.setValue(0)
    thread.start()
    unseen.exec(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)  # nothing stands in the way of keys yet: they wait
    if thread.isRunning():
        loop.exec()
    thread.wait()
    clock.stop()
    patience.stop()
    bar.close()
    bar.deleteLater()
    error, result = thread.error, thread.result
    thread.deleteLater()
    if error is not None:
        raise error
    return result  # type: ignore[return-value]  # the very object that the work returned
