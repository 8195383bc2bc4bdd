"""A program with its window, in a process of its own: ``python window_child.py WHAT [ARGUMENT ...]``.

It starts as ``gdsim`` does; as soon as the window is furnished, the function WHAT below takes the part of the user.
"""

from __future__ import annotations

import json
import random
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

from PySide6.QtCore import QTimer  # noqa: E402
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel  # noqa: E402

from gdsim.ui import launch, main_window  # noqa: E402

CALLED: list[str] = []
ELIDED = ("ElidedLabel", "Title", "IconButton")
"""What may be narrower than its words."""


def tell(**facts: Any) -> None:
    """Tell the test what was seen."""
    print(json.dumps(facts), flush=True)


def close_at_a_random_moment(window: main_window.MainWindow, seed: str) -> None:
    """Do something, and close in the middle of it."""
    from windows import ravine

    chance = random.Random(int(seed))
    what = chance.choice(["playing", "computing", "editing", "dialog", "menu", "opening", "full screen"])
    session = window.session
    if what in ("playing", "full screen"):
        session.set_speed(chance.choice([1, 200, 100_000]))
        session.toggle_play()
        window.actions_["full_screen"].setChecked(what == "full screen")
    elif what == "computing":
        window.show_experiment(ravine(steps=5_000_000))
    elif what == "editing":
        window.show_experiment(ravine(steps=200_000))
        window.landscape._edit_steps(300_000)
        window.undo_stack.setClean()
    elif what == "opening":
        for action in window.menus["ready-made"].actions():
            action.trigger()
    QTimer.singleShot(chance.randrange(300), window, lambda: end(window, what))
    if what in ("dialog", "menu"):
        window.actions_["shortcuts" if what == "dialog" else "add_run"].trigger()


def end(window: main_window.MainWindow, what: str) -> None:
    tell(what=what, at=time.time())
    window.close()
    for other in QApplication.topLevelWidgets():
        other.close()


def close_while_it_starts(window: main_window.MainWindow) -> None:
    """Nothing: it was asked to close before it was furnished."""
    tell(at=time.time())


def edit_and_wait(window: main_window.MainWindow) -> None:
    """Edit, have it kept aside, and live on until killed."""
    window._spare.setInterval(10)
    window.landscape._edit_steps(77)
    when(lambda: window.recovery._own.exists(), lambda: tell(kept=True))


def look_for_recovery(window: main_window.MainWindow) -> None:
    """Open what was left behind, and leave it unsaved for the test to see."""
    tell(offered=window.notice is not None)
    if window.notice is not None:
        window.notice.buttons[0].click()
        tell(steps=window.session.experiment.steps, unsaved=not window.undo_stack.isClean())
    window.undo_stack.setClean()
    window.close()


def say_and_close(window: main_window.MainWindow) -> None:
    """Say what stands in the status bar."""
    tell(said=window.status.message.text(), docks=[dock.isVisible() for dock in window.docks.values()])
    window.close()


def a_whole_session(window: main_window.MainWindow, folder: str) -> None:
    """Open, play, edit, save, export, with an ear on the network."""
    session = window.session
    for action in window.menus["ready-made"].actions()[:3]:
        action.trigger()
    session.set_speed(1000)
    session.toggle_play()
    window.landscape._edit_steps(50)
    window.files._write(Path(folder) / "saved.json")
    window.files.open(Path(folder) / "saved.json")
    window.actions_["theme"].trigger()
    from gdsim.ui.export_dialog import PictureDialog

    dialog = PictureDialog(window.moment(), "x", window.preferences, None, window)
    dialog.write(Path(folder) / "x.png")
    dialog.deleteLater()
    tell(called=CALLED, saved=sorted(path.name for path in Path(folder).iterdir() if path.suffix in (".json", ".png")))
    window.close()


def look_at_sizes(window: main_window.MainWindow, folder: str) -> None:
    """Which controls have less room than they need, at the scale the environment asks for."""
    from gdsim.ui.figure import Figure, FigureOptions

    found: dict[str, list[str]] = {}
    for size in ((800, 600), (1440, 900)):
        window.resize(*size)
        for _ in range(5):
            QApplication.processEvents()
        found[str(size)] = [
            widget.text()
            for widget in window.findChildren(QAbstractButton) + window.findChildren(QLabel)
            if widget.isVisible() and widget.text() and type(widget).__name__ not in ELIDED
            and not widget.objectName().startswith("qt_") and widget is not window.status.message
            and not (isinstance(widget, QLabel) and widget.wordWrap())
            and widget.width() < widget.minimumSizeHint().width()
        ]  # fmt: skip
    image = Figure(FigureOptions(640, 360)).image(window.moment())
    tell(short=found, picture=[image.width(), image.height()], ratio=window.devicePixelRatioF())
    window.close()


def when(fact: Callable[[], Any], then: Callable[[], Any]) -> None:
    if fact():
        then()
    else:
        QTimer.singleShot(5, lambda: when(fact, then))


def main() -> int:
    what, *arguments = sys.argv[1:]
    sys.addaudithook(lambda name, _: CALLED.append(name) if name in ("socket.connect", "socket.getaddrinfo") else None)
    assert socket
    app = QApplication(sys.argv[:1])

    def windows() -> list[main_window.MainWindow]:
        return [made for made in app.topLevelWidgets() if isinstance(made, main_window.MainWindow)]

    def take_part() -> None:
        window = windows()[0]
        globals()[what](window, *arguments)

    if what == "close_while_it_starts":
        when(lambda: windows() and windows()[0].isVisible(), lambda: windows()[0].close())
    when(lambda: windows() and windows()[0].furnished, take_part)
    return launch.launch(None)


if __name__ == "__main__":
    sys.exit(main())
