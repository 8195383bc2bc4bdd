"""Makes ready on a thread what is about to be shown, where that takes longer than a window may stand still.

A single edit is waited for, beside a bar with a cancel. While a slider is dragged nothing is waited for: the newest
value is made ready while the slider goes on, and shown when it comes to rest.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from gdsim.core.data import Cancelled
from gdsim.core.documents import Watch
from gdsim.core.experiment import Experiment
from gdsim.core.readiness import costly, make_ready
from gdsim.ui.waiting import WorkThread, wait_for

CANCELLED = "Nothing was changed: it was cancelled."


class Ahead(QObject):
    """Makes experiments ready.

    Signals:
        ready: The newest experiment that was begun with is ready; or why it cannot be, "" where it is.
    """

    ready = Signal(str)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._thread: WorkThread | None = None
        self._wanted: Experiment | None = None

    def needed(self, old: Experiment, new: Experiment) -> bool:
        """Whether ``new`` should be made ready before it is shown instead of ``old``."""
        return new.landscape != old.landscape and costly(new.landscape)

    def wait(self, experiment: Experiment) -> str | None:
        """Make it ready beside a bar; returns why it is not, None where it is."""
        try:
            wait_for(self._window, "Preparing the data", lambda tell, stop: make_ready(experiment, Watch(tell, stop)))
        except Cancelled:
            return CANCELLED
        except ValueError as error:
            return str(error)
        return None

    def begin(self, experiment: Experiment) -> None:
        """Make it ready while the window goes on; whatever else was begun is given up."""
        self._wanted = experiment
        if self._thread is None:
            self._start(experiment)
        else:
            self._thread.cancelled = True

    def forget(self) -> None:
        """Give up what was begun."""
        self._wanted = None
        if self._thread is not None:
            self._thread.cancelled = True

    def close(self) -> None:
        """Give up, and wait for the thread to end."""
        self.forget()
        if self._thread is not None:
            self._thread.wait()

    def _start(self, experiment: Experiment) -> None:
        self._thread = WorkThread(lambda tell, stop: make_ready(experiment, Watch(tell, stop)))
        self._thread.finished.connect(self._ended)
        self._thread.start()

    @Slot()
    def _ended(self) -> None:
        thread, self._thread = self._thread, None
        if thread is None:
            return
        thread.wait()
        error, superseded = thread.error, thread.cancelled
        thread.deleteLater()
        if self._wanted is None:
            return
        if superseded:
            self._start(self._wanted)
            return
        self._wanted = None
        self.ready.emit("" if error is None else str(error) or type(error).__name__)
