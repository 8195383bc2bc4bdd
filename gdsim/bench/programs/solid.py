"""How long a frame of the landscape takes in three dimensions: dragged, at rest, and while marbles roll."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem

from gdsim.bench.programs.recorded import moment
from gdsim.core.camera import Camera
from gdsim.ui.plots.landscape_plot import LandscapePlot
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.style import PlotStyle
from gdsim.ui.solid.plot import SolidPlot
from gdsim.ui.theme import DARK

WIDTH, HEIGHT = 800, 600
POINTS = 256
STEPS = 400
TURNS, ROLLS, ROUNDS = 24, 120, 4


def _canvas() -> QImage:
    return QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)


def _paint(plot: SolidPlot | LandscapePlot, image: QImage) -> float:
    begin = perf_counter()
    painter = QPainter(image)
    plot.paint(painter, QStyleOptionGraphicsItem())
    painter.end()
    return perf_counter() - begin


def turned(plot: SolidPlot, image: QImage) -> list[float]:
    """Seconds of frames in which the camera has moved."""
    found = []
    for turn in range(TURNS):
        plot.turn(360.0 * turn / TURNS)
        found.append(_paint(plot, image))
    return found


def rolled(plot: SolidPlot | LandscapePlot, what: Moment, image: QImage) -> list[float]:
    """Seconds of frames in which the marbles have."""
    found = []
    for step in range(ROLLS):
        plot.draw(Moment(what.experiment, what.trajectory, step))
        found.append(_paint(plot, image))
    return found


def matplotlib_surface(what: Moment) -> Callable[[int], float] | None:
    """What turns the same surface drawn by matplotlib and tells the seconds; None where that is not installed."""
    try:
        matplotlib = importlib.import_module("matplotlib")
    except ImportError:
        return None
    matplotlib.use("Agg")
    pyplot = importlib.import_module("matplotlib.pyplot")
    left, right, bottom, top = what.section.home()
    x, y = np.linspace(left, right, POINTS), np.linspace(bottom, top, POINTS)
    z = np.log(what.section.grid(x, y) + 0.1)
    figure = pyplot.figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100)
    axes = figure.add_subplot(projection="3d")
    axes.plot_surface(*np.meshgrid(x, y), z, rstride=1, cstride=1, cmap="viridis", linewidth=0, antialiased=False)

    def turn(degrees: int) -> float:
        axes.view_init(elev=38.0, azim=-60.0 + degrees)
        begin = perf_counter()
        figure.canvas.draw()
        return perf_counter() - begin

    turn(0)
    return turn


def main() -> None:
    """Write what was measured."""
    what = moment(STEPS)
    last = Moment(what.experiment, what.trajectory, STEPS)
    image = _canvas()
    solid, flat = SolidPlot(PlotStyle(DARK), at_once=True), LandscapePlot(PlotStyle(DARK), at_once=True)
    for plot in (solid, flat):
        plot.resize(WIDTH, HEIGHT)
        plot.draw(last)
        _paint(plot, image)
    solid.aim(Camera())
    theirs = matplotlib_surface(last)
    found: dict[str, Any] = {"rest": [], "drag": [], "rolling": [], "flat": [], "matplotlib": []}
    for turn in range(ROUNDS):  # in turn, so that a machine that slows down slows all of them
        found["rest"] += turned(solid, image)
        solid.hurry()
        found["drag"] += turned(solid, image)
        solid.settle()
        solid.turn(0.0)
        found["rolling"] += rolled(solid, what, image)[1:]
        found["flat"] += rolled(flat, what, image)[1:]
        found["matplotlib"] += [theirs(7 * turn), theirs(7 * turn + 3)] if theirs is not None else []
    print(json.dumps(found))


if __name__ == "__main__":
    main()
