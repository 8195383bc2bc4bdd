"""The window at work, offscreen, its clock wound by hand: what a frame costs while it plays, and how soon a key shows.

A frame is what the window does at a tick of its clock: move the cursor, paint, and whatever else is waiting to be done.
"""

from __future__ import annotations

import json
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from time import perf_counter, sleep
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace
from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from gdsim.core.documents import load
from gdsim.ui import style
from gdsim.ui.main_window import FRAME, MainWindow
from gdsim.ui.preferences import Preferences

SPEED_APART, ROUNDS = 1_000, 4
"""Updates a second while they are taken apart, and how often with and without are measured in turn."""

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

    from gdsim.ui.sweep_dialog import SweepDialog

SPEED, STEPS, FRAMES, WARM_UP, PRESSES, MOST, EDITS = 10_000, 100_000, 400, 30, 20, 10, 200
SWEEPS, SIDE = 3, 256

EXPERIMENT: dict[str, Any] = {
    "format": "gdsim-experiment",
    "version": 1,
    "landscape": {"name": "rosenbrock"},
    "start": [-1.5, 2.0],
    "steps": STEPS,
    "runs": [
        {"optimizer": {"name": "SGD", "lr": 1e-4}},
        {"optimizer": {"name": "SGD", "lr": 1e-4, "momentum": 0.9}, "label": "momentum"},
        {"optimizer": {"name": "Adam", "lr": 1e-3}},
        {"optimizer": {"name": "RMSprop", "lr": 1e-4}, "schedule": {"name": "StepLR", "step_size": 30_000}},
    ],
}


def frames(window: MainWindow) -> dict[str, Any]:
    """Seconds of each frame while it plays, of a repaint in which nothing has changed, and how far it came."""
    playing: list[float] = []
    idle: list[float] = []
    reached: list[tuple[float, int]] = []
    loop = QEventLoop()

    def frame() -> None:
        playing.append(_timed(lambda: _draw(window)))
        reached.append((perf_counter(), window.session.cursor))
        if len(playing) % 4 == 0:
            idle.append(_timed(lambda: _repaint(window)))
        if len(playing) == WARM_UP + FRAMES:
            loop.quit()

    window.session.set_speed(SPEED)
    window.session.toggle_play()
    clock = QTimer(window)
    clock.setTimerType(Qt.TimerType.PreciseTimer)
    clock.timeout.connect(frame)
    clock.start(FRAME)
    loop.exec()
    clock.stop()
    (begin, first), (end, last) = reached[WARM_UP], reached[-1]
    asked = SPEED * (end - begin)
    return {"playing": playing[WARM_UP:], "idle": idle[WARM_UP // 4 :], "pace": (last - first) / asked}


LEARNING: dict[str, Any] = {
    "format": "gdsim-experiment",
    "version": 1,
    "landscape": {
        "name": "linear_regression",
        "dataset": {"name": "line", "size": 500, "noise": 0.5},
        "validation": 0.25,
    },
    "steps": 2_000,
    "runs": [
        {"optimizer": {"name": "SGD", "lr": 0.02}, "batch_size": 32},
        {"optimizer": {"name": "Adam", "lr": 0.02}, "batch_size": 8, "label": "Adam"},
    ],
}
"""What is edited: a model on mini-batches, with a validation part."""


def edits(window: MainWindow) -> list[float]:
    """Seconds of each frame while batch size and rate of a run are dragged to and fro."""
    window.session.jump(200)
    found: list[float] = []
    for k in range(WARM_UP + EDITS):
        size, rate = 1 + (7 * k) % 128, 0.005 + 0.0005 * (k % 40)
        experiment = window.session.experiment
        run = experiment.runs[0]
        edited = replace(run, batch_size=size, optimizer=replace(run.optimizer, lr=rate))
        runs = (edited, *experiment.runs[1:])
        edited_document = replace(experiment, runs=runs)
        seconds = _timed(lambda document=edited_document: _edit(window, document))
        found.append(seconds)
        sleep(max(0.0, FRAME / 1e3 - seconds))  # as often as the window's clock ticks
    return found[WARM_UP:]


SWEPT: dict[str, Any] = {
    "format": "gdsim-experiment",
    "version": 1,
    "landscape": {"name": "rosenbrock"},
    "start": [-1.5, 2.0],
    "steps": 500,
    "runs": [{"optimizer": {"name": "Adam", "lr": 1e-3}}],
}


def sweep(window: MainWindow) -> dict[str, Any]:
    """Seconds between two turns of the window's clock while a sweep fills its map and the run plays beside it."""
    from gdsim.ui.sweep_dialog import open_sweep

    window._clock.timeout.connect(window._frame)
    dialog = open_sweep(window)
    dialog.x_axis.choose("start[0]")
    dialog.y_axis.choose("start[1]")
    for axis, low, high in ((dialog.x_axis, -2.0, 2.0), (dialog.y_axis, -1.0, 3.0)):
        axis.set_range(low, high, SIDE)
    found: dict[str, Any] = {"gaps": [], "seconds": []}
    for _ in range(SWEEPS):
        gaps, seconds = _while_sweeping(window, dialog)
        found["gaps"] += gaps
        found["seconds"].append(seconds)
    dialog.close()
    return found


def _while_sweeping(window: MainWindow, dialog: SweepDialog) -> tuple[list[float], float]:
    """The gaps between the ticks of a timer, and how long the sweep took."""
    times: list[float] = []
    loop, clock = QEventLoop(), QTimer(window)

    def tick() -> None:
        times.append(perf_counter())
        if not window.session.playing:
            window.session.jump(0)
            window.session.toggle_play()
        if not dialog.running:
            loop.quit()

    dialog.compute()
    clock.setTimerType(Qt.TimerType.PreciseTimer)
    clock.timeout.connect(tick)
    clock.start(FRAME)
    loop.exec()
    clock.stop()
    return [after - before for before, after in pairwise(times)], times[-1] - times[0]


def update(window: MainWindow) -> dict[str, list[float]]:
    """Seconds of each frame while it plays, with and without the update taken apart, its arrows and the facts."""
    found: dict[str, list[float]] = {"with": [], "without": []}
    for _ in range(ROUNDS):
        for name, shown in (("without", False), ("with", True)):
            window.docks["update"].setVisible(shown)
            if shown:
                window.show_dock("update")
            for action in ("arrows", "ellipse"):
                window.actions_[action].setChecked(shown)
            window.session.jump(0)
            _settle(window)
            window.session.set_speed(SPEED_APART)
            window.session.toggle_play()
            for k in range(WARM_UP + FRAMES // (2 * ROUNDS)):
                seconds = _timed(lambda: _draw(window))
                if k >= WARM_UP:
                    found[name].append(seconds)
                sleep(max(0.0, FRAME / 1e3 - seconds))
    return found


def presses(window: MainWindow) -> list[int]:
    """How many frames passed after each press of a key until the picture on the screen was another."""
    window.session.jump(0)
    while window.session.computing:
        _draw(window)
        sleep(0.002)
    found = []
    for _ in range(PRESSES):
        _settle(window)
        before = _picture(window)
        QTest.keyClick(window.stage, Qt.Key.Key_Right)
        frame = 0
        while frame < MOST:
            frame += 1
            _draw(window)
            if _picture(window) != before:
                break
        found.append(frame)
    return found


def main() -> None:
    """Measure what is asked for, and tell."""
    app = QApplication(sys.argv[:1])
    style.apply(app, "dark")
    with tempfile.TemporaryDirectory() as folder:
        window = MainWindow(Preferences(Path(folder) / "gdsim.ini"))
        window.resize(1440, 900)
        window.show()
        app.processEvents()
        window.furnish(load({"edits": LEARNING, "sweep": SWEPT}.get(sys.argv[1], EXPERIMENT)))
        window._clock.timeout.disconnect(window._frame)  # frames come from here
        _settle(window)
        measures = {"frames": frames, "presses": presses, "edits": edits, "update": update, "sweep": sweep}
        found = measures[sys.argv[1]](window)
        window.close()
    print(json.dumps(found))


def _draw(window: MainWindow) -> None:
    window._frame()
    QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents)


def _edit(window: MainWindow, document: Any) -> None:
    window.session.replace(document)
    _draw(window)


def _repaint(window: MainWindow) -> None:
    window.stage.update()
    for pane in window.stage.panes:
        pane.viewport().update()
    QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents)


def _settle(window: MainWindow) -> None:
    for _ in range(4):
        _draw(window)


def _picture(window: MainWindow) -> QImage:
    """The pixels of the landscape and the loss as they stand on the screen."""
    picture = window.screen().grabWindow(window.winId()).toImage()
    stage = window.stage
    return picture.copy(stage.geometry())


def _timed(work: Any) -> float:
    begin = perf_counter()
    work()
    return perf_counter() - begin


if __name__ == "__main__":
    main()
