"""Ensembles in the plots: the band lies where its quantiles are, the cloud where its members are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage

import gdsim
from gdsim.core.ensemble import Band, bands
from gdsim.ui.figure import Figure, FigureOptions
from gdsim.ui.plots.bands import BandPlaces, caption
from gdsim.ui.plots.cloud import cloud_places
from gdsim.ui.plots.landscape_plot import LandscapePlot
from gdsim.ui.plots.loss_plot import LossPlot
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.style import PlotStyle
from gdsim.ui.theme import DARK, LIGHT
from tests.ui.plots.conftest import experiment, picture
from tests.ui.plots.models import RUN, modelled

pytestmark = pytest.mark.usefixtures("no_failures", "qapp")

NOISY: dict[str, Any] = {"label": "noisy", "optimizer": {"name": "Adam", "lr": 0.1}, "noise": {"std": 8.0}}
ENSEMBLE = {"members": 30}


def noisy(cursor: int = 40, ensemble: dict[str, Any] | None = None, **fields: Any) -> Moment:
    """A moment of a run with an ensemble."""
    run = {**NOISY, "ensemble": ENSEMBLE if ensemble is None else ensemble}
    made = experiment(**{"landscape": {"name": "himmelblau"}, "runs": [run], "start": [-0.6, -0.6], **fields})
    return Moment(made, gdsim.run(made), cursor, bands=bands(made))


def without(moment: Moment) -> Moment:
    return replace(moment, bands={})


def differing(a: QImage, b: QImage) -> np.ndarray:
    """Where two pictures differ, shape (height, width)."""
    arrays = [np.frombuffer(i.constBits(), dtype=np.uint32).reshape(i.height(), -1) & 0xFFFFFF for i in (a, b)]
    found: np.ndarray = arrays[0] != arrays[1]
    return found


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("log", [True, False], ids=["log", "linear"])
def test_the_band_lies_between_its_quantiles(theme, log):
    moment = noisy(cursor=80, ensemble={"members": 30, "quantiles": [0.1]})
    plot = LossPlot(PlotStyle(theme))
    plot.set_log(log)
    plot.draw(moment)
    image = picture(plot, 600, 400)
    frame = plot.frame()
    ground = QColor(theme.bg1)
    low, high = moment.bands[0].band[[0, 2]]
    seen = 0
    for step in range(12, 80, 3):
        at = [np.log10(v) if log else v for v in (low[step], high[step])]
        a, b = (frame.place(float(step), float(place)) + plot.area().topLeft() for place in at)
        if a.y() - b.y() < 30:
            continue
        seen += 1
        inside = image.pixelColor(round(a.x()), round(b.y() + 6))
        assert inside != ground
        assert inside.saturation() > 20
        outside = image.pixelColor(round(a.x()), min(round(a.y() + 5), 370))
        assert outside.value() == pytest.approx(ground.value(), abs=40)
    assert seen > 3


def test_the_median_takes_the_place_of_the_curve_and_the_axis_holds_the_band():
    moment = noisy()
    plot = LossPlot(PlotStyle(DARK))
    plot.draw(moment)
    picture(plot)
    (own, alpha), (median, full) = plot.lines(0, plot.frame())
    assert (alpha < 255, full) == (True, 255)
    assert own.width < median.width
    np.testing.assert_allclose(median.y, np.log10(moment.bands[0].band[2]), rtol=1e-12)
    bottom, top = plot.view[2:]
    places = np.log10(moment.bands[0].band)
    assert bottom <= places.min()
    assert places.max() <= top
    plot.draw(without(moment))
    assert len(plot.lines(0, plot.frame())) == 1


def test_the_pointer_reads_the_quantiles():
    moment = noisy()
    plot = LossPlot(PlotStyle(DARK))
    plot.draw(moment)
    found = plot.readings(plot.frame(), 40)
    assert [one.name for one in found] == ["", "90 %", "75 %", "median", "25 %", "10 %"]
    assert [one.value for one in found[1:]] == moment.bands[0].band[::-1, 40].tolist()


def test_batches_make_room_for_the_band():
    moment = modelled("line", runs=[{**RUN, "ensemble": ENSEMBLE}])
    plot = LossPlot(PlotStyle(DARK))
    plot.draw(moment)
    assert plot.kinds(moment) == ["loss", "val_loss", "batch_loss"]
    moment = replace(moment, bands=bands(moment.experiment))
    plot.draw(moment)
    assert plot.kinds(moment) == ["loss", "val_loss"]
    assert len(plot.lines(0, plot.frame())) == 3


def test_it_grows_as_it_is_computed_and_is_the_same_in_the_end():
    moment = noisy(cursor=80)
    whole = moment.bands[0]
    growing = Band(whole.ensemble)
    plot = LossPlot(PlotStyle(DARK))
    shown = replace(moment, bands={0: growing})
    for part in whole.ensemble.parts(0.0):
        growing.add(part)
        plot.draw(shown)
        picture(plot)
    fresh = LossPlot(PlotStyle(DARK))
    fresh.draw(moment)
    assert picture(plot) == picture(fresh)


def test_losses_below_zero_and_lost_members_have_places():
    valley = {"name": "formula", "expression": "0.1*(x**2 + y**2) - 5 + sin(3*x)"}
    moment = noisy(landscape=valley, start=[3.0, 2.0])
    plot = LossPlot(PlotStyle(DARK))
    plot.draw(moment)
    picture(plot)
    places = BandPlaces(moment.bands[0], log=True, offset=0.0)
    places.sync()
    assert not np.isnan(places.places).any()
    run = {"optimizer": {"name": "SGD", "lr": 0.0033}, "noise": {"std": 60.0}, "ensemble": ENSEMBLE}
    lost = noisy(landscape={"name": "rosenbrock"}, runs=[run], start=[-1.0, 1.0], steps=300, cursor=8)
    assert np.isinf(lost.bands[0].band[-1, -1])
    for log in (True, False):
        plot.set_log(log)
        plot.draw(lost)
        picture(plot)
        assert np.isfinite(plot.view).all()


@pytest.mark.parametrize(
    ("room", "text"),
    [
        (900, "median of 30 seeds, 10–90 % and 25–75 %"),
        (230, "30 seeds, 10–90 % and 25–75 %"),
        (80, "30 seeds"),
        (9, ""),
    ],
)
def test_as_much_is_said_as_there_is_room_for(room, text):
    assert caption(noisy(), 0, room, lambda words: 7.0 * len(words)) == text


def test_where_there_is_no_room_above_the_plot_it_is_said_on_it():
    valley = {"name": "formula", "expression": "0.1*(x**2 + y**2) - 5 + sin(3*x)"}
    run = {**NOISY, "label": "a run that has a very long name indeed", "ensemble": ENSEMBLE}
    plot = LossPlot(PlotStyle(DARK))
    plot.draw(noisy(landscape=valley, start=[3.0, 2.0], runs=[run]))
    wide, narrow = picture(plot, 1200, 300), None
    assert not plot.caption_inside
    narrow = picture(plot, 460, 300)
    assert plot.caption_inside
    plot.layers.pop()
    assert picture(plot, 460, 300) != narrow
    assert picture(plot, 1200, 300) == wide


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
def test_the_cloud_lies_where_the_members_are(theme):
    moment = noisy(cursor=50)
    plot = LandscapePlot(PlotStyle(theme), at_once=True)
    plot.draw(without(moment))
    bare = picture(plot, 700, 500)
    plot.draw(moment)
    cloudy = picture(plot, 700, 500)
    changed = differing(bare, cloudy)
    frame, left = plot.frame(), plot.area().topLeft()
    places = [frame.place(*at) + left for at in moment.bands[0].cloud(50).tolist()]
    marble = frame.place(*moment.trajectory.runs[0].theta[50].tolist()) + left  # which lies on top
    free = [at for at in places if (at - marble).manhattanLength() > 20]
    assert len(free) > 3
    for at in free:
        assert changed[round(at.y()) - 4 : round(at.y()) + 5, round(at.x()) - 4 : round(at.x()) + 5].any()
    for y, x in np.argwhere(changed):
        assert min((QPointF(x + 0.5, y + 0.5) - at).manhattanLength() for at in places) < 12
    plot.draw(replace(moment, cursor=60))
    assert picture(plot, 700, 500) != cloudy


def test_the_cloud_of_many_parameters_is_projected():
    moment = modelled("network", runs=[{**RUN, "ensemble": {"members": 5}}])
    moment = replace(moment, bands=bands(moment.experiment))
    theta = moment.bands[0].cloud(12)
    assert theta.shape == (5, moment.experiment.landscape.dim)
    places = cloud_places(moment, moment.bands[0])
    np.testing.assert_allclose(places, [moment.section.place(member) for member in theta])
    np.testing.assert_allclose(places[0], moment.section.places(moment.trajectory.runs[0])[12], atol=1e-9)


def test_beyond_its_end_and_before_it_is_computed_there_is_no_cloud():
    moment = noisy()
    part = next(moment.bands[0].ensemble.parts(0.0))
    begun = Band(moment.bands[0].ensemble)
    begun.add(part)
    assert cloud_places(moment, begun) is None
    assert cloud_places(replace(moment, cursor=0), begun) is not None
    for plot in (LandscapePlot(PlotStyle(DARK), at_once=True), LossPlot(PlotStyle(DARK))):
        plot.draw(replace(moment, bands={0: begun}))
        picture(plot)


def test_hidden_runs_have_neither():
    run = {**NOISY, "hidden": True, "ensemble": ENSEMBLE}
    assert not noisy(runs=[run, {"optimizer": {"name": "SGD"}}]).bands


@pytest.mark.parametrize("ending", ["svg", "pdf", "png"])
def test_figures_show_both(tmp_path, ending):
    from gdsim.ui.film import write_picture

    figure = Figure(FigureOptions(600, 300, layout="side"))
    moment = noisy()
    for name, shown in (("with", moment), ("without", without(moment))):
        write_picture(figure, shown, tmp_path / f"{name}.{ending}", b"{}")
    sizes = [(tmp_path / f"{name}.{ending}").stat().st_size for name in ("with", "without")]
    assert sizes[0] > sizes[1]
