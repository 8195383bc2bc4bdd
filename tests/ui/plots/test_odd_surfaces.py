"""Surfaces that no scale of colours can show, and views that no axis can: drawn sanely, and told of."""

import math

import numpy as np
import pytest

from gdsim.core.documents import load
from gdsim.core.trajectory import run
from gdsim.ui.plots.landscape_plot import LandscapePlot
from gdsim.ui.plots.loss_plot import LossPlot
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.style import PlotStyle
from gdsim.ui.stage import Pane
from gdsim.ui.theme import DARK

EXPRESSIONS = {
    "1/x + 0*y": "No finite loss in a few places",
    "log(x) + y*y": "No finite loss in 50% of the view",
    "3 + 0*x + 0*y": "The loss is 3.000 all over the view",
    "x*x + y*y + 1e300*exp(-30000*((x-1)^2+(y-1)^2))": "Spikes up to 1.0e300 are beyond the colours",
    "1e300*(x*x + y*y)": "",
}


def moment(expression):
    found = load(
        {
            "format": "gdsim-experiment",
            "version": 1,
            "landscape": {"name": "formula", "expression": expression},
            "start": [0.5, 0.7],
            "steps": 50,
            "runs": [{"optimizer": {"name": "SGD", "lr": 0.01}}],
        }
    )
    trajectory = run(found)
    return Moment(found, trajectory, trajectory.runs[0].last)


@pytest.fixture
def pane(qapp):
    made = []

    def show(plot, shown):
        made.append(Pane(plot, "plot"))
        made[-1].resize(640, 420)
        made[-1].show()
        plot.draw(shown)
        return made[-1]

    yield show
    for one in made:
        one.close()
        one.deleteLater()


@pytest.mark.parametrize(("expression", "said"), EXPRESSIONS.items())
def test_the_picture_says_what_it_cannot_show(pane, expression, said):
    plot = LandscapePlot(PlotStyle(DARK))
    picture = pane(plot, moment(expression)).grab().toImage()
    assert not plot._failed
    told = plot.ground.oddity
    assert (told[:9], told[-7:]) == (said[:9], said[-7:])
    if said:
        pen = {picture.pixelColor(x, picture.height() - 46).name() for x in range(120, 520)}
        assert len(pen) > 3, "text stands there"


@pytest.mark.parametrize("factor", [1e300, 1e-300, 1e308, 5e-324, math.inf, math.nan, 0.0, -1.0])
def test_a_zoom_is_stopped_before_it_breaks_an_axis(pane, factor):
    plot, shown = LandscapePlot(PlotStyle(DARK)), moment("x*x + y*y")
    view = pane(plot, shown)
    for _ in range(3):
        plot.zoom(factor)
        view.grab()
    left, right, bottom, top = plot.view
    assert np.isfinite(plot.view).all()
    assert right - left > 1e-12 * max(abs(left), abs(right))
    assert top - bottom > 1e-12 * max(abs(bottom), abs(top))
    assert not plot._failed


@pytest.mark.parametrize("ends", [(-1e300, 1e300), (3.0, 3.0 + 1e-300), (math.nan, 3.0), (-math.inf, math.inf), (9, 2)])
def test_so_is_a_zoom_of_the_steps(pane, ends):
    plot, shown = LossPlot(PlotStyle(DARK)), moment("x*x + y*y")
    view = pane(plot, shown)
    plot._set_x(*ends)
    view.grab()
    left, right = plot.view[:2]
    assert 0.0 <= left <= right - 4.0 <= 46.0
    assert not plot._failed
