"""The window at work while a video is recorded in the background: from one of its frames to the next.

It is the time from one painting to the next that counts, since the video is drawn in between.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

from PySide6.QtCore import QEvent, QEventLoop, QObject
from PySide6.QtWidgets import QApplication, QWidget

from gdsim.bench.programs.window import EXPERIMENT, SPEED
from gdsim.core.documents import load
from gdsim.ui import style
from gdsim.ui.main_window import MainWindow
from gdsim.ui.preferences import Preferences

FRAMES, WARM_UP, PARTS = 150, 20, 2
SIZE = (1920, 1080)


def main() -> None:
    """Measure, and tell: without a recording and with one, in turn."""
    app = QApplication(sys.argv[:1])
    style.apply(app, "dark")
    found: dict[str, Any] = {"alone": [], "recording": [], "recorded": []}
    with tempfile.TemporaryDirectory(prefix="gdsim-bench-") as folder:
        window = MainWindow(Preferences(Path(folder) / "gdsim.ini"))
        window.resize(1440, 900)
        window.show()
        app.processEvents()
        window.furnish(load(EXPERIMENT))
        while not window.session.trajectory.ended:
            app.processEvents()
        for part in range(PARTS):
            found["alone"] += _gaps(window)
            recorded = _begin(window, Path(folder) / f"{part}.mp4")
            begin = perf_counter()
            found["recording"] += _gaps(window)
            found["recorded"].append(recorded() / (perf_counter() - begin))
            window.desk.cancel()
        window.close()
    print(json.dumps(found))


def _begin(window: MainWindow, path: Path) -> Any:
    """Begin to record a long video; returns what tells how many frames have been encoded."""
    from gdsim.ui.figure import FigureOptions
    from gdsim.ui.film import FilmOptions

    options = FilmOptions(FigureOptions(*SIZE, title="Recorded in the background"), fps=60, pace="frame", speed=20)
    window.desk.begin_film(window.desk._still(), options, path)
    job: Any = window.desk._job
    if job is None:
        raise RuntimeError("nothing is being recorded")
    return lambda: job.recorder.encoded


class _Paints(QObject):
    """Notes when a widget is painted."""

    def __init__(self, widget: QWidget, most: int, done: Callable[[], None]) -> None:
        super().__init__(widget)
        self.times: list[float] = []
        self._most, self._done = most, done
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look at what ``watched`` is told."""
        if event.type() == QEvent.Type.Paint and len(self.times) < self._most:
            self.times.append(perf_counter())
            if len(self.times) == self._most:
                self._done()
        return False


def _gaps(window: MainWindow) -> list[float]:
    """Seconds from each time that the landscape is painted until the next, while it plays."""
    loop = QEventLoop()
    paints = _Paints(window.stage.panes[0].viewport(), WARM_UP + FRAMES, loop.quit)
    window.session.jump(0)
    window.session.set_speed(SPEED)
    if not window.session.playing:
        window.session.toggle_play()
    loop.exec()
    paints.deleteLater()
    times = paints.times[WARM_UP:]
    return [after - before for before, after in pairwise(times)]


if __name__ == "__main__":
    main()
