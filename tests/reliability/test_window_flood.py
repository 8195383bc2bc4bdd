"""Rows 17 and 18: the window keeps up with a flood of steps, and cycles of use leave nothing behind."""

from __future__ import annotations

import gc
import threading
import time

import msgspec
import pytest
import windows
from PySide6.QtCore import QEvent, QObject, QTimer
from shiboken6 import getAllValidWrappers
from windows import action, app, ravine, settle, wait_for

from gdsim.ui.files import ready_made

window = windows.window_fixture
LONGEST_GAP = 0.2


class Pulse(QTimer):
    """Measures the gaps of the event loop."""

    def __init__(self) -> None:
        super().__init__()
        self.longest, self._last = 0.0, time.perf_counter()
        self.timeout.connect(self._beat)
        self.start(1)

    def _beat(self) -> None:
        now = time.perf_counter()
        self.longest, self._last = max(self.longest, now - self._last), now


def patience() -> float:
    from test_window_processes import patience as found

    return found()


def test_flood(window, monkeypatch):
    """Row 17: stepping flat out while every picture takes 20 ms."""
    session, stage = window.session, window.stage
    draw = stage.draw
    queued: list[int] = []

    def slow(moment):
        draw(moment)
        time.sleep(0.020)

    monkeypatch.setattr(stage, "draw", slow)
    waiting = [0, 0]  # granted and answered
    session._grant.connect(lambda _: waiting.__setitem__(0, waiting[0] + 1))
    session._worker.computed.connect(lambda _: waiting.__setitem__(1, waiting[1] + 1))
    window.show_experiment(ravine(steps=2_000_000))
    session.set_speed(100_000)
    session.toggle_play()
    pulse = Pulse()
    end = time.perf_counter() + 1.5
    while time.perf_counter() < end:
        app().processEvents()
        queued.append(waiting[0] - waiting[1])
    pressed = time.perf_counter()
    session.toggle_play()
    stopped = session.cursor
    app().processEvents()
    pulse.stop()
    assert session.cursor == stopped
    assert time.perf_counter() - pressed < LONGEST_GAP * patience()
    assert pulse.longest < LONGEST_GAP * patience()
    assert max(queued) <= 2
    assert session.computed > 1000
    window.show_experiment(ravine())
    settle(window)


def census() -> dict[str, int]:
    gc.collect()
    app().sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    objects = [made for made in getAllValidWrappers() if isinstance(made, QObject)]
    return {"QObjects": len(objects), "threads": threading.active_count()}


def cycle(window, n):
    window.files.open(ready_made()[n % 3], known=False)
    settle(window)
    window.session.set_speed(100_000)
    window.session.toggle_play()
    wait_for(lambda: not window.session.playing)
    window.runs.settings._choose_optimizer(n % 4)
    window.runs.duplicate()
    action(window, "reset").trigger()
    settle(window)
    window.undo_stack.setClean()


def test_cycles_leave_nothing_behind(window):
    """Row 18, a quick look: the same use again and again needs no more objects."""
    for n in range(3):
        cycle(window, n)
    items = [len(plot.childItems()) for plot in window.stage.plots]
    before = census()
    for n in range(9):
        cycle(window, n)
    after = census()
    assert after["threads"] <= before["threads"]
    assert after["QObjects"] <= before["QObjects"] + 40, (before, after)
    assert [len(plot.childItems()) for plot in window.stage.plots] == items


@pytest.mark.long
def test_soak(window):
    """Row 18: 15 minutes."""
    import resource

    end = time.monotonic() + 900
    for n in range(20):
        cycle(window, n)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    n = 0
    while time.monotonic() < end:
        cycle(window, n)
        n += 1
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 8_000, f"{grown} kB in {n} cycles"


def test_edits_faster_than_they_can_be_computed(window):
    window.show_experiment(ravine(steps=100_000))
    pulse = Pulse()
    for n in range(60):
        run = window.session.experiment.runs[0]
        optimizer = msgspec.structs.replace(run.optimizer, lr=0.0002 + n * 1e-5)
        window.runs._edit_settings(msgspec.structs.replace(run.settings_at(0), optimizer=optimizer), "learning rate")
        app().processEvents()
    pulse.stop()
    assert pulse.longest < LONGEST_GAP * patience()
    assert window.session.experiment.runs[0].optimizer.lr == pytest.approx(0.0002 + 59e-5)
    assert window.undo_stack.count() == 1
    window.show_experiment(ravine())
    settle(window)
