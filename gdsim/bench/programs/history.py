"""The window with long histories, offscreen, its clock wound by hand: what a frame costs early and late in a run.

Frames are told in seconds of the window's thread on a processor, which other programs on the machine hardly change.
What the worker takes from the window is told by the clock on the wall, since waiting is what it is about.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, sleep, thread_time
from typing import Any

from msgspec.structs import replace
from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication

from gdsim.bench.programs.window import EXPERIMENT
from gdsim.core.documents import load
from gdsim.core.trajectory import Trajectory, run
from gdsim.ui import style
from gdsim.ui.main_window import FRAME, MainWindow
from gdsim.ui.plots.moment import Moment
from gdsim.ui.preferences import Preferences
from gdsim.ui.stage import Stage

SHORT, LONG = 1_000, 1_000_000
WARM_UP, FRAMES, ROUNDS = 20, 120, 12
WARM_UP_STOCK, FRAMES_STOCK = 1, 3
FILE_STEPS = 3_000_000
EVENTS = QEventLoop.ProcessEventsFlag.AllEvents
REFINED = 2.0
"""Seconds after which a picture that is still not refined counts as it is."""


def document(steps: int) -> Any:
    """Four runs of so many steps; one of them is noisy."""
    runs = [dict(run) for run in EXPERIMENT["runs"]]
    runs[1]["noise"] = {"std": 20.0}
    return load({**EXPERIMENT, "steps": steps, "runs": runs})


@contextmanager
def stage(steps: int) -> Iterator[tuple[Stage, Trajectory]]:
    """The plots with so many steps."""
    found = Stage()
    found.resize(1100, 760)
    found.show()
    QApplication.processEvents(EVENTS)
    trajectory = run(document(steps))
    show(found, trajectory, steps)
    rest(found)
    yield found, trajectory
    found.close()


def show(plots: Stage, trajectory: Trajectory, step: int) -> float:
    """Seconds of the thread that a frame at ``step`` takes."""
    begin = thread_time()
    plots.draw(Moment(trajectory.experiment, trajectory, step, 2))
    paint(plots)
    return thread_time() - begin


def paint(plots: Stage) -> None:
    """Have painted what waits for it, once: with one pane Qt paints all that wait in its window."""
    plots.panes[0].viewport().repaint()


def rest(plots: Stage) -> float:
    """Wait until nothing is refined any more; returns how many seconds that took."""
    begin = perf_counter()
    while perf_counter() - begin < REFINED and plots.landscape.refining:
        QApplication.processEvents(EVENTS | QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        if not plots.landscape.refining:
            QApplication.processEvents(EVENTS)  # it may be painted coarsely now, and refined from then on
    return perf_counter() - begin


@contextmanager
def opened(steps: int) -> Iterator[MainWindow]:
    """The window with so many steps computed, its cursor at the last."""
    with tempfile.TemporaryDirectory() as folder:
        window = MainWindow(Preferences(Path(folder) / "gdsim.ini"))
        window.resize(1440, 900)
        window.show()
        QApplication.processEvents(EVENTS)
        window.furnish(document(steps))
        window._clock.timeout.disconnect(window._frame)  # frames come from here
        compute(window)
        yield window
        window.close()


def compute(window: MainWindow) -> None:
    """Wait until all steps are there, and look at the last."""
    session = window.session
    while session.computing:
        session.tick(0.0)
        QApplication.processEvents(EVENTS | QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    session.jump(session.last)
    draw(window)


def draw(window: MainWindow) -> None:
    """A frame, and whatever else is waiting to be done."""
    window._frame()
    QApplication.processEvents(EVENTS)


def playing(plots: Stage, trajectory: Trajectory, count: int) -> list[float]:
    """Seconds of each frame while the cursor moves on near the end."""
    begin = trajectory.experiment.steps - 2 * (WARM_UP + count)
    show(plots, trajectory, begin)
    rest(plots)
    found = [show(plots, trajectory, begin + 2 * k) for k in range(WARM_UP + count)]
    return found[WARM_UP:]


def frames() -> dict[str, Any]:
    """Frames of short and long histories, and first frames after a zoom or pan of the long one, all in turn."""
    found: dict[str, list[float]] = {"short": [], "long": [], "moved": [], "refined": []}
    with stage(SHORT) as few, stage(LONG) as many:
        for k in range(ROUNDS):
            found["short"] += playing(*few, FRAMES // ROUNDS)
            found["long"] += playing(*many, FRAMES // ROUNDS)
            for name, seconds in moves(*many, k).items():
                found[name] += seconds
    return found


def against_stock() -> dict[str, Any]:
    """Frames of the long history here and in pyqtgraph's items."""
    with stage(LONG) as many:
        return {"long": playing(*many, FRAMES // 2), "stock": stock(many[1])}


def moves(plots: Stage, trajectory: Trajectory, k: int) -> dict[str, list[float]]:
    """Seconds of the first frame after a zoom and after a pan, and until the picture was refined; one of many rounds.

    Both the trails and the losses are moved at once.
    """
    plot, loss = plots.landscape, plots.loss
    found: dict[str, list[float]] = {"moved": [], "refined": []}
    for way in ("zoom", "pan"):
        if way == "zoom":
            plot.zoom(1.2 ** (1 + k % 4))
        else:
            left, right, bottom, top = plot.view
            shift = 0.1 * (right - left)
            plot._move((left + shift, right + shift, bottom, top))
        begin = k / ROUNDS + (0.0 if way == "zoom" else 0.5 / ROUNDS)
        loss._set_x(0.1 * LONG * begin, LONG * (0.5 + 0.4 * begin))
        found["moved"].append(show(plots, trajectory, trajectory.experiment.steps))
        found["refined"].append(rest(plots))
    plot.home()
    loss.home()
    return found


def stock(trajectory: Trajectory) -> list[float] | None:
    """Seconds of a frame of stock items of pyqtgraph with the same points, set up best; None where it is missing.

    All lines are one pixel wide and not smooth, which is fastest; losses are thinned so that none is skipped, as here.
    """
    try:
        import pyqtgraph as pg
    except ImportError:
        return None
    found = []
    for kind in (pg.PlotCurveItem, pg.PlotDataItem):
        board = pg.GraphicsLayoutWidget()
        board.resize(1100, 760)
        trails, losses = board.addPlot(0, 0), board.addPlot(1, 0)
        losses.setLogMode(y=True)
        items = []
        for one in trajectory.runs:
            trail = kind(pen="w", skipFiniteCheck=True)
            loss = pg.PlotDataItem(pen="w", skipFiniteCheck=True)
            trails.addItem(trail)
            losses.addItem(loss)
            loss.setDownsampling(auto=True, method="peak")
            loss.setClipToView(True)
            items.append((one, trail, loss))
        board.show()
        found.append(_stock_frames(items))
        board.close()
    return min(found, key=statistics.median)


def _stock_frames(items: list[Any]) -> list[float]:
    found = []
    for k in range(WARM_UP_STOCK + FRAMES_STOCK):
        begin = thread_time()
        for one, trail, loss in items:
            rows = len(one.loss) - WARM_UP_STOCK - FRAMES_STOCK + k
            trail.setData(one.theta[:rows, 0], one.theta[:rows, 1])
            loss.setData(one.loss[:rows])
        QApplication.processEvents(EVENTS)
        found.append(thread_time() - begin)
    return found[WARM_UP_STOCK:]


def flat_out() -> dict[str, list[float]]:
    """Seconds on the wall of a frame that shows something new, while the worker computes and while it rests."""
    found: dict[str, list[float]] = {"computing": [], "resting": []}
    with opened(100_000) as window:
        for _ in range(4):
            for name in found:
                session = window.session
                session.replace(document(10_000_000 if name == "computing" else 100_000))
                if name == "resting":
                    compute(window)
                session.jump(1_000)
                found[name] += _steady(window)
    return found


def _steady(window: MainWindow) -> list[float]:
    """Frames at the pace of the window's clock, a few steps further each time."""
    found: list[float] = []
    loop = QEventLoop()

    def frame() -> None:
        window.session.step(3)
        begin = perf_counter()
        window._frame()
        paint(window.stage)
        found.append(perf_counter() - begin)
        if len(found) == WARM_UP + FRAMES:
            loop.quit()

    clock = QTimer(window)
    clock.setTimerType(Qt.TimerType.PreciseTimer)
    clock.timeout.connect(frame)
    clock.start(FRAME)
    loop.exec()
    clock.stop()
    return found[WARM_UP:]


def memory() -> dict[str, int]:
    """Bytes that the program holds with a history of four long runs, and without one."""
    with opened(1) as window:
        for _ in range(20):
            draw(window)
        empty = resident()
        window.session.replace(document(LONG))
        compute(window)
        for _ in range(20):
            draw(window)
            sleep(FRAME / 1e3)
        return {"empty": empty, "full": resident()}


def file() -> dict[str, list[int]]:
    """Bytes that a long run takes at most while it is computed and written, over a short one."""
    import resource

    from gdsim.core.documents import save

    resident()
    most = []
    program = "import sys; from gdsim.app import main; sys.exit(main(sys.argv[1:]))"
    with tempfile.TemporaryDirectory() as folder:
        for steps in (10, FILE_STEPS):
            found, path = document(steps), Path(folder) / f"{steps}.json"
            save(replace(found, runs=found.runs[:1]), path)
            typed = [sys.executable, "-c", program, "run", str(path), "--out", str(path.with_suffix(".csv"))]
            subprocess.run(typed, check=True)
            most.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
    return {"most": [most[1] - most[0]]}


def resident() -> int:
    """Bytes of memory that this process has."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        print(json.dumps({"unavailable": "what a process has of memory is told by /proc"}))
        raise SystemExit(0) from None
    import resource

    return int(pages) * resource.getpagesize()


def main() -> None:
    """Measure what is asked for, and tell."""
    app = QApplication(sys.argv[:1])
    style.apply(app, "dark")
    kinds = {"frames": frames, "stock": against_stock, "flat-out": flat_out, "memory": memory, "file": file}
    print(json.dumps(kinds[sys.argv[1]]()))


if __name__ == "__main__":
    main()
