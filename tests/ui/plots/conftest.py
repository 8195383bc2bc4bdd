"""Experiments and plots to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pyqtgraph as pg
import pytest
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

import gdsim
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.plot import Plot

RUNS: list[dict[str, Any]] = [
    {"label": "SGD", "optimizer": {"name": "SGD", "lr": 0.0012}},
    {
        "label": "Momentum",
        "optimizer": {"name": "SGD", "lr": 0.0015, "momentum": 0.9},
        "schedule": {"name": "StepLR", "step_size": 30, "gamma": 0.5},
    },
    {"label": "Adam", "optimizer": {"name": "Adam", "lr": 0.12}},
]


def experiment(**changes: Any) -> gdsim.Experiment:
    """A race down Rosenbrock's valley, or what ``changes`` make of it."""
    document: dict[str, Any] = {
        "format": "gdsim-experiment",
        "version": 1,
        "landscape": {"name": "rosenbrock"},
        "start": [-1.3, 0.3],
        "steps": 80,
        "runs": RUNS,
    }
    return gdsim.load({**document, **changes})


def moment(cursor: int = 20, selected: int = 1, **changes: Any) -> Moment:
    """A moment of the race, all of it computed."""
    made = experiment(**changes)
    return Moment(made, gdsim.run(made), cursor, min(selected, len(made.runs) - 1))


def picture(plot: Plot, width: int = 480, height: int = 320, ratio: float = 1.0) -> QImage:
    """What ``plot`` paints on an image."""
    plot.resize(width, height)
    image = QImage(round(width * ratio), round(height * ratio), QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    painter.scale(ratio, ratio)
    plot.paint(painter, None)  # type: ignore[arg-type]
    painter.end()
    return image


@pytest.fixture
def no_failures(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Painting never raises; what it catches, it logs."""
    yield
    assert not [record for record in caplog.records if record.levelname == "ERROR"], caplog.text


@pytest.fixture
def shown(qapp: QApplication) -> Iterator[Callable[[Plot, int, int], pg.GraphicsView]]:
    """Puts plots into views on the screen, and takes them off it again."""
    views: list[pg.GraphicsView] = []

    def show(plot: Plot, width: int = 480, height: int = 320) -> pg.GraphicsView:
        view = pg.GraphicsView()
        view.setCentralItem(plot)
        view.resize(width, height)
        view.show()
        qapp.processEvents()
        views.append(view)
        return view

    yield show
    for view in views:
        view.close()
        view.deleteLater()
    qapp.processEvents()
