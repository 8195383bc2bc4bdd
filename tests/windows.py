"""The window as tests use it: opened with a home of its own, driven by keys and mouse, and closed in order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from samples import document
from shiboken6 import isValid

import gdsim
from gdsim.core.experiment import Experiment
from gdsim.ui import style
from gdsim.ui.docks import DOCKS
from gdsim.ui.main_window import MainWindow
from gdsim.ui.preferences import Preferences

Key = Qt.Key
Mods = Qt.KeyboardModifier
TABS = {spec.id for spec in DOCKS if spec.behind}
"""Docks that stand behind another in a wide window."""
LEFT = Qt.MouseButton.LeftButton


def ravine(**fields: Any) -> Experiment:
    """Two runs that descend a ravine in 120 steps."""
    values: dict[str, Any] = {"title": "Ravine", "start": [-1.5, 1.0], "steps": 120} | fields
    runs = (
        {"label": "slow", "optimizer": {"name": "SGD", "lr": 0.002}},
        {"label": "heavy", "optimizer": {"name": "SGD", "lr": 0.0005, "momentum": 0.8}},
    )
    return gdsim.load(document(*runs, landscape="rosenbrock", **values))


def titled(window: MainWindow) -> set[str]:
    """The docks that have a title bar; the others have a tab."""
    app().processEvents()
    return {name for name, dock in window.docks.items() if dock.titleBarWidget() is dock._bar}


def opened(folder: Path, experiment: Experiment | None = None, size: tuple[int, int] = (1200, 720)) -> MainWindow:
    """A furnished window on the screen whose settings lie in ``folder``."""
    style.apply(app(), "dark")
    window = MainWindow(Preferences(folder / "gdsim.ini"))
    window.resize(*size)
    window.show()
    window.furnish(experiment or ravine())
    window.activateWindow()
    wait_for(window.isActiveWindow)
    return window


def closed(window: MainWindow) -> None:
    """Close ``window`` without a question about unsaved work."""
    window.undo_stack.clear()
    window.undo_stack.setClean()
    window.close()
    window.deleteLater()
    app().sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture(name="window")
def window_fixture(qapp: QApplication, tmp_path: Path) -> Iterator[MainWindow]:
    """A window with two runs, all computed."""
    made = opened(tmp_path)
    settle(made)
    yield made
    closed(made)


@pytest.fixture(name="open_window")
def open_window_fixture(qapp: QApplication, tmp_path: Path) -> Iterator[Callable[..., MainWindow]]:
    """Opens windows (of one home, one after the other) and closes what a test leaves open."""
    made: list[MainWindow] = []

    def open_one(experiment: Experiment | None = None, folder: Path = tmp_path, **options: Any) -> MainWindow:
        made.append(opened(folder, experiment, **options))
        return made[-1]

    yield open_one
    for window in made:
        if isValid(window):
            closed(window)


def app() -> QApplication:
    found = QApplication.instance()
    assert isinstance(found, QApplication)
    return found


def wait_for(fact: Callable[[], Any], seconds: float = 10.0) -> None:
    """Let events happen until ``fact`` is true."""
    deadline = time.monotonic() + seconds
    app().processEvents()
    while not fact():
        assert time.monotonic() < deadline, "what was waited for did not come about"
        QTest.qWait(2)


def settle(window: MainWindow) -> None:
    """Let everything be computed and shown."""
    session = window.session  # what is to be predicted in a lesson is not computed to its end
    wait_for(
        lambda: (
            (session.trajectory.ended or not session.foresight) and not session.busy and not window._clock.isActive()
        )
    )


def press(window: MainWindow, key: Qt.Key | str, modifier: Qt.KeyboardModifier = Mods.NoModifier) -> None:
    """Press a key where the focus is."""
    QTest.keyClick(app().focusWidget() or window, key, modifier)


def focus(widget: QWidget) -> None:
    """Have the focus on ``widget``, as the Tab key does it."""
    widget.setFocus(Qt.FocusReason.TabFocusReason)
    wait_for(widget.hasFocus)


def type_number(field: QWidget, text: str) -> None:
    """Replace what stands in a field by ``text`` and press Enter."""
    focus(field)
    field.selectAll()  # type: ignore[attr-defined]
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Key.Key_Return)


def drag(widget: QWidget, places: list[QPoint], *, release: bool = True) -> None:
    """Press at the first of ``places``, move over the others, let go."""
    QTest.mousePress(widget, LEFT, pos=places[0])
    for place in places[1:]:
        moved = QMouseEvent(QEvent.Type.MouseMove, QPointF(place), widget.mapToGlobal(QPointF(place)),
                            LEFT, LEFT, Mods.NoModifier)  # fmt: skip
        QApplication.sendEvent(widget, moved)
    if release:
        QTest.mouseRelease(widget, LEFT, pos=places[-1])


def hover(widget: QWidget, place: QPoint) -> None:
    """Move the pointer over ``widget``, whatever lies on the screen between them."""
    at = QPointF(place)
    none = Qt.MouseButton.NoButton
    moved = QMouseEvent(QEvent.Type.MouseMove, at, widget.mapToGlobal(at), none, none, Mods.NoModifier)
    QApplication.sendEvent(widget, moved)


def turn(widget: QWidget, place: QPoint, notches: int) -> None:
    """Turn the wheel over ``place``."""
    at = QPointF(place)
    event = QWheelEvent(at, widget.mapToGlobal(at), QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton,
                        Mods.NoModifier, Qt.ScrollPhase.NoScrollPhase, False)  # fmt: skip
    QApplication.sendEvent(widget, event)


def action(window: MainWindow, name: str) -> QAction:
    found: QAction = window.actions_[name]
    return found


def pixel(window: MainWindow, x: float, y: float) -> QPoint:
    """Where a point of the landscape lies in its pane's viewport."""
    plot, pane = window.stage.landscape, window.stage.panes[0]
    frame = plot.frame()
    assert frame is not None
    inside = frame.place(x, y) + plot.area().topLeft()
    return pane.mapFromScene(plot.mapToScene(inside))


def ground(window: MainWindow) -> QWidget:
    """What the mouse touches when it is over the landscape."""
    return window.stage.panes[0].viewport()
