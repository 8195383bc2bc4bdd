"""The fan of batch gradients: which batches, what they amount to, and that it can be seen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gdsim.core.landscapes import ModelLandscape
from gdsim.ui.figure import Figure, FigureOptions
from gdsim.ui.plots.fan import MOST, Fan
from gdsim.ui.plots.landscape_plot import LandscapePlot
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.style import PlotStyle
from gdsim.ui.theme import DARK
from tests.ui.plots.conftest import moment, picture
from tests.ui.plots.models import RUN, modelled
from tests.ui.plots.test_landscape_plot import pixels

pytestmark = pytest.mark.usefixtures("no_failures", "qapp")

MANY: dict[str, Any] = {"dataset": {"name": "line", "size": 700}, "validation": 0.0}


def gradient(now: Moment, rows: Any = slice(None)) -> np.ndarray:
    landscape = now.experiment.landscape
    assert isinstance(landscape, ModelLandscape)
    data, theta = landscape.data(), now.trajectory.runs[0].theta[now.cursor]
    return landscape.slope(theta, data.x[rows], data.y[rows])[1]


@pytest.mark.parametrize("kind", ["line", "classes", "network"])
@pytest.mark.parametrize("cursor", [0, 7, 30])
def test_it_holds_the_gradients_of_all_batches_of_the_epoch(kind: str, cursor: int) -> None:
    now = modelled(kind, cursor)
    slopes = Fan().slopes(now)
    assert slopes is not None
    landscape = now.experiment.landscape
    assert isinstance(landscape, ModelLandscape)
    batches = now.experiment.runs[0].batches(landscape.data().y.size, now.experiment.seed)
    assert batches is not None
    first = batches.epoch(cursor) * batches.per_epoch
    epoch = range(first, first + batches.per_epoch)
    np.testing.assert_array_equal(slopes.full, gradient(now))
    np.testing.assert_array_equal(slopes.own, gradient(now, batches.rows(cursor)))
    expected = np.array([gradient(now, batches.rows(step)) for step in epoch if step != cursor])
    np.testing.assert_array_equal(slopes.others, expected)
    together = np.vstack([expected, slopes.own])
    spread = np.sqrt(np.mean([np.sum((row - slopes.full) ** 2) for row in together]))
    assert slopes.spread == pytest.approx(spread)
    assert slopes.batch == 8


def test_of_many_batches_some_are_drawn_always_the_same() -> None:
    now = modelled("line", 20, data=MANY)
    found, again = Fan().slopes(now), Fan().slopes(now)
    assert found is not None
    assert again is not None
    assert len(found.others) == MOST - 1
    assert len(np.unique(found.others, axis=0)) == MOST - 1
    np.testing.assert_array_equal(found.others, again.others)


def test_it_is_computed_once_for_a_step_and_sparingly_in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    fan, now = Fan(), modelled("line", 20, data=MANY)
    found = fan.slopes(now)
    assert fan.slopes(replace(now)) is found
    assert fan.slopes(replace(now, cursor=21)) is not found
    now = modelled("network", data={"dataset": {"name": "moons", "size": 600}}, steps=15)
    at_rest = fan.slopes(now)
    fan.hurried = True
    monkeypatch.setattr("gdsim.ui.plots.fan.WORK", 2e6)
    fewer = fan.slopes(now)
    assert at_rest is not None
    assert fewer is not None
    assert len(fewer.others) < len(at_rest.others)
    np.testing.assert_array_equal(fewer.own, at_rest.own)
    assert fan.slopes(modelled("network", 1, data={"dataset": {"name": "moons", "size": 60_000}}, steps=1)) is None


@pytest.mark.parametrize(
    "now",
    [
        moment(),
        modelled("line", runs=[{**RUN, "batch_size": None}]),
        modelled("line", runs=[{**RUN, "hidden": True}]),
        modelled("line", 3, runs=[{**RUN, "optimizer": {"name": "SGD", "lr": 1e300}}]),
    ],
    ids=["no data", "all examples", "hidden", "diverged"],
)
def test_there_is_none_without_batches(now: Moment) -> None:
    fan = Fan()
    moment_at_end = replace(now, cursor=now.trajectory.runs[0].last)
    assert fan.slopes(moment_at_end) is None
    plot = LandscapePlot(PlotStyle(DARK))
    plot.show_fan(True)
    plot.draw(moment_at_end)
    picture(plot)


@pytest.mark.parametrize("kind", ["line", "classes", "wiggle", "network"])
@pytest.mark.parametrize("cursor", [0, 9])
def test_it_can_be_seen_and_left_out(kind: str, cursor: int) -> None:
    plot = LandscapePlot(PlotStyle(DARK), at_once=True)
    plot.draw(modelled(kind, cursor))
    without = pixels(picture(plot))
    plot.show_fan(True)
    assert (pixels(picture(plot)) != without).any(axis=2).sum() > 100
    plot.show_fan(False)
    np.testing.assert_array_equal(pixels(picture(plot)), without)


def test_figures_have_it_too() -> None:
    now = modelled("classes", 9)
    options = FigureOptions(480, 320, layout="landscape")
    figure = Figure(options)
    without = pixels(figure.image(now))
    assert figure.adjust(replace(options, fan=True))
    with_fan = pixels(figure.image(now))
    assert (with_fan != without).any()
    np.testing.assert_array_equal(pixels(Figure(replace(options, fan=True)).image(now)), with_fan)
