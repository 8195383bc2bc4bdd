"""How fast a board becomes a video of 1920 x 1080: against matplotlib, or against its drawing and encoding alone."""

from __future__ import annotations

import importlib
import json
import shutil
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any

import numpy as np

from gdsim.bench.programs.recorded import FPS, film, moment, record

if TYPE_CHECKING:
    from gdsim.ui.plots.moment import Moment

WIDTH, HEIGHT = 1920, 1080
FRAMES, THEIR_FRAMES, ROUNDS = 240, 30, 3
PARTS_FRAMES, PARTS_ROUNDS = 72, 5


def against_matplotlib(folder: Path) -> dict[str, Any]:
    """Frames a second of both, in turn."""
    try:
        matplotlib = importlib.import_module("matplotlib")
    except ImportError:
        return {"unavailable": "matplotlib is not installed"}
    if shutil.which("ffmpeg") is None:
        return {"unavailable": "ffmpeg, which matplotlib needs, is not installed"}
    matplotlib.use("Agg")
    what = moment(FRAMES - 1)
    ours: list[float] = []
    theirs: list[float] = []
    _ours(what, folder), _matplotlib(what, folder, 2)  # files are read and caches filled
    for _ in range(ROUNDS):
        ours.append(_ours(what, folder))
        theirs.append(_matplotlib(what, folder, THEIR_FRAMES))
    return {"gdsim": ours, "matplotlib": theirs}


def _ours(what: Moment, folder: Path) -> float:
    one = film(what, folder / "gdsim.mp4", WIDTH, HEIGHT)
    return len(one) / record(one)


def _matplotlib(what: Moment, folder: Path, frames: int) -> float:
    """The same as somebody writes it who knows matplotlib: artists that are moved rather than drawn anew."""
    pyplot = importlib.import_module("matplotlib.pyplot")
    animation = importlib.import_module("matplotlib.animation")
    colors = importlib.import_module("matplotlib.colors")
    runs = what.trajectory.runs
    figure = pyplot.figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100)
    grid = figure.add_gridspec(2, 2, height_ratios=(2, 1))
    ground, loss, rate = (figure.add_subplot(place) for place in (grid[0, :], grid[1, 0], grid[1, 1]))
    left, right, bottom, top = what.experiment.landscape.home()
    x, y = np.meshgrid(np.linspace(left, right, 300), np.linspace(bottom, top, 200))
    z = what.experiment.landscape.loss(np.column_stack((x.ravel(), y.ravel()))).reshape(x.shape)
    levels = np.geomspace(max(float(z.min()), 1e-3), float(z.max()), 20)
    ground.contour(x, y, z, levels=levels, norm=colors.LogNorm(), cmap="viridis")
    lines = []
    for one in runs:
        (path,) = ground.plot([], [], label=one.label)
        (marble,) = ground.plot([], [], "o", color=path.get_color())
        (falling,) = loss.plot([], [], label=one.label)
        (rates,) = rate.plot([], [], label=one.label)
        lines.append((path, marble, falling, rates))
    loss.set(xlim=(0, what.experiment.steps), ylim=_span([one.loss for one in runs]), yscale="log", title="Loss")
    rate.set(xlim=(0, what.experiment.steps), ylim=_span([one.lr for one in runs]), yscale="log", title="Learning rate")
    ground.legend()

    def show(step: int) -> list[Any]:
        for one, (path, marble, falling, rates) in zip(runs, lines, strict=True):
            theta, steps = one.theta[: step + 1], np.arange(step + 1)
            path.set_data(theta[:, 0], theta[:, 1])
            marble.set_data(theta[-1:, 0], theta[-1:, 1])
            falling.set_data(steps, one.loss[: step + 1])
            rates.set_data(steps, one.lr[: step + 1])
        ground.set_title(f"step {step}")
        return []

    steps = np.linspace(1, what.experiment.steps, frames).round().astype(int).tolist()
    moving = animation.FuncAnimation(figure, show, frames=steps, blit=False)
    begin = perf_counter()
    moving.save(str(folder / "matplotlib.mp4"), writer=animation.FFMpegWriter(fps=FPS), dpi=100)
    seconds = perf_counter() - begin
    pyplot.close(figure)
    return frames / seconds


def _span(columns: list[Any]) -> tuple[float, float]:
    values = np.concatenate(columns)
    values = values[np.isfinite(values) & (values > 0.0)]
    return float(values.min()) / 2.0, float(values.max()) * 2.0


def parts(folder: Path) -> dict[str, list[float]]:
    """Seconds of drawing alone, of encoding the same frames alone, and of recording, in turn.

    And how many processors recording had: where others take all but one, nothing can go on side by side.
    """
    what = moment(PARTS_FRAMES - 1)
    found: dict[str, list[float]] = {"draw": [], "encode": [], "record": [], "processors": []}

    def whole() -> None:
        begin = process_time()
        found["record"].append(record(film(what, folder / "board.mp4", WIDTH, HEIGHT)))
        found["processors"].append((process_time() - begin) / found["record"][-1])

    record(film(what, folder / "first.mp4", WIDTH, HEIGHT))  # files are read and caches filled
    for turn in range(PARTS_ROUNDS):
        if turn % 2:
            whole()
        one = film(what, folder / "board.mp4", WIDTH, HEIGHT)
        begin = perf_counter()
        pictures = list(one.pictures())
        found["draw"].append(perf_counter() - begin)
        found["encode"].append(record(one, pictures))
        del pictures
        if not turn % 2:
            whole()
    return found


def main() -> None:
    """Measure what is asked for, and tell."""
    with tempfile.TemporaryDirectory(prefix="gdsim-bench-") as folder:
        print(json.dumps({"speed": against_matplotlib, "parts": parts}[sys.argv[1]](Path(folder))))


if __name__ == "__main__":
    main()
