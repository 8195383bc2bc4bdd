"""The picture of the data: points, curves, borders, residuals, and the examples of a batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgGenerator
from windows import hover

from gdsim.core.data import prepare
from gdsim.core.descent import Block, Snapshot
from gdsim.core.landscapes import ModelLandscape
from gdsim.core.trajectory import RunTrajectory, Trajectory
from gdsim.ui.plots import data_plot
from gdsim.ui.plots.data_plot import MOST_POINTS, DataPlot, Scene, axis_names, batch_rows, sample, scene_of
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.style import PlotStyle
from gdsim.ui.theme import DARK, LIGHT, Theme
from tests.ui.plots.conftest import experiment, moment, picture

pytestmark = pytest.mark.usefixtures("no_failures", "qapp")

STYLE = PlotStyle(DARK)
SGD: list[dict[str, Any]] = [
    {"optimizer": {"name": "SGD", "lr": 0.05}},
    {"optimizer": {"name": "SGD", "lr": 0.01}, "batch_size": 8},
]
MODELS: dict[str, dict[str, Any]] = {
    "line": {"name": "linear_regression"},
    "standardised": {"name": "linear_regression", "dataset": {"name": "cars"}, "standardise": 1.0, "validation": 0.3},
    "polynomial": {"name": "polynomial_regression", "degree": 9, "validation": 0.25},
    "logistic": {"name": "logistic_regression", "validation": 0.3},
    "network of classes": {"name": "network", "hidden": 4, "hidden2": 0},
    "network of numbers": {"name": "network", "hidden": 4, "dataset": {"name": "noisy_sine"}},
}


def shot(steps: int = 12, cursor: int = 6, **changes: Any) -> Moment:
    return moment(
        **{"landscape": MODELS["line"], "start": None, "runs": SGD, "steps": steps, "cursor": cursor} | changes
    )


def scene(plot: DataPlot) -> Scene:
    assert plot.data_scene is not None
    return plot.data_scene


def bits(image: QImage) -> bytes:
    return bytes(image.constBits())


def drawn(looked_at: Moment, theme: Theme = DARK, size: tuple[int, int] = (320, 240)) -> bytes:
    plot = DataPlot(PlotStyle(theme))
    plot.draw(looked_at)
    return bits(picture(plot, *size))


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("name", MODELS)
def test_every_model_is_drawn_and_moves_with_the_marble(name: str, theme: Theme) -> None:
    first, later = (drawn(shot(landscape=MODELS[name], cursor=k), theme) for k in (0, 9))
    assert first != later
    assert len(np.unique(np.frombuffer(first, np.uint32))) > 20


@pytest.mark.parametrize("name", ["line", "logistic"])
def test_the_same_moment_gives_the_same_picture(name: str) -> None:
    plot = DataPlot(STYLE)
    looked_at = shot(landscape=MODELS[name], cursor=3)
    plot.draw(looked_at)
    first = bits(picture(plot))
    plot.draw(shot(landscape=MODELS[name], cursor=9))
    picture(plot)
    plot.draw(looked_at)
    assert bits(picture(plot)) == first


@pytest.mark.parametrize("name", ["standardised", "logistic"])
@pytest.mark.parametrize("size", [(2, 2), (60, 40), (330, 120), (1920, 1080)], ids=str)
def test_any_size(name: str, size: tuple[int, int]) -> None:
    drawn(shot(landscape=MODELS[name]), size=size)


@pytest.mark.parametrize("name", ["standardised", "logistic"])
def test_it_is_drawn_on_paper_too(name: str, tmp_path: Any) -> None:
    paper = QSvgGenerator()
    paper.setFileName(str(tmp_path / "data.svg"))
    plot = DataPlot(STYLE)
    plot.draw(shot(landscape=MODELS[name], selected=1))
    plot.resize(320, 240)
    painter = QPainter(paper)
    plot.paint(painter, None)  # type: ignore[arg-type]
    painter.end()
    written = (tmp_path / "data.svg").read_text()
    assert written.count("<path") >= 8, "points, curves and rings are paths"
    assert written.count("<image") == (1 if scene(plot).field else 0), "only the soft ground is a picture"


def test_axes_are_in_the_units_of_the_data() -> None:
    raw, standardised = (
        scene_of(_model(dataset={"name": "cars"}, standardise=share, validation=0.3)) for share in (0.0, 1.0)
    )
    assert raw.view == standardised.view
    assert raw.raw is standardised.raw
    assert 0.0 < raw.view[0] < 25.0 < raw.view[1] < 30.0
    assert axis_names(raw) == ("speed (mph)", "stopping distance (ft)")
    assert axis_names(scene_of(_model("logistic_regression", dataset={"name": "penguins"}))) == (
        "bill length (mm)",
        "body mass (g)",
    )


@pytest.mark.parametrize("share", [0.0, 0.37, 1.0])
def test_a_line_is_where_the_model_says(share: float) -> None:
    """The curve in the units of the data passes through the model's answers at the points."""
    model = _model(dataset={"name": "cars"}, standardise=share)
    made = scene_of(model)
    data = model.data()
    np.testing.assert_allclose(made.model_inputs(data, made.raw.x[:, 0]), data.x, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"landscape": MODELS["line"]}, "all 5 train"),
        ({"landscape": MODELS["logistic"]}, "140 of 200 train"),
        ({"landscape": MODELS["logistic"] | {"only": 10}}, "10 of 200 train"),
        (
            {"landscape": {"name": "logistic_regression", "dataset": {"name": "moons", "size": 20_000}}, "steps": 1},
            "all 20,000 train, 5,000 drawn",
        ),
    ],
)
def test_the_title_counts(changes: dict[str, Any], expected: str) -> None:
    plot = DataPlot(STYLE)
    plot.draw(shot(**changes))
    assert plot.heading() == expected


@pytest.mark.parametrize("count", [1, MOST_POINTS, MOST_POINTS + 1, 1_000_000])
def test_a_sample_is_always_the_same(count: int) -> None:
    rows = sample(count)
    assert rows.size == min(count, MOST_POINTS)
    assert (np.diff(rows) > 0).all()
    assert 0 <= rows[0] <= rows[-1] < count
    sample.cache_clear()
    assert (sample(count) == rows).all()


def test_a_sample_holds_both_of_two_classes_that_take_turns() -> None:
    odd = (sample(2 * MOST_POINTS) % 2).mean()
    assert 0.4 < odd < 0.6


def test_the_batch_is_the_one_of_the_next_update() -> None:
    looked_at = shot(landscape=MODELS["logistic"], cursor=4, selected=1)
    run = looked_at.experiment.runs[1]
    batches = run.settings_at(4).batches(140, looked_at.experiment.seed)
    rows = batch_rows(looked_at, 140)
    assert batches is not None
    assert rows is not None
    assert (rows == batches.rows(4)).all()
    assert batch_rows(shot(landscape=MODELS["logistic"], cursor=4, selected=0), 140) is None, "it sees all"
    assert batch_rows(shot(landscape=MODELS["logistic"], cursor=12, selected=1), 140) is None, "no update follows"


def test_only_the_batch_is_lifted_out(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at = shot(landscape=MODELS["standardised"], cursor=4, selected=1)
    with_batch = drawn(looked_at)
    monkeypatch.setattr(data_plot, "batch_rows", lambda *_: None)
    assert drawn(looked_at) != with_batch


def test_hidden_runs_are_not_drawn() -> None:
    hidden = [SGD[0], SGD[1] | {"hidden": True}]
    every = drawn(shot(landscape=MODELS["standardised"]))
    assert drawn(shot(landscape=MODELS["standardised"], runs=hidden)) != every


@pytest.mark.parametrize("name", ["line", "polynomial", "logistic", "network of classes"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e308, -1e200, 1e12])
def test_no_parameters_break_it(name: str, value: float) -> None:
    made = experiment(landscape=MODELS[name], start=None, runs=SGD, steps=3)
    trajectory = Trajectory(made, tuple(_constant(label, made.landscape.dim, value) for label in made.labels()))
    drawn(Moment(made, trajectory, 2, 0))


def test_without_any_row_the_points_are_there() -> None:
    made = experiment(landscape=MODELS["line"], start=None, runs=SGD, steps=3)
    empty = Trajectory(made, tuple(RunTrajectory(label, 2) for label in made.labels()))
    assert drawn(Moment(made, empty, 0, 0)) != drawn(shot(landscape={"name": "rosenbrock"}))


@pytest.mark.parametrize("corrupt", ["outliers", "shuffled labels", "wrong scale", "missing values"])
@pytest.mark.parametrize("name", ["linear_regression", "logistic_regression", "network"])
def test_spoilt_data_are_drawn_as_they_are(name: str, corrupt: str) -> None:
    model = _model(
        name, dataset={"name": "line"} if name == "linear_regression" else {"name": "moons"}, corrupt=corrupt
    )
    made = scene_of(model)
    raw = prepare(model.dataset, model.preparation)
    assert np.isfinite(made.view).all()
    across, up = made.places()
    there = np.isfinite(across) & np.isfinite(up)
    assert bool(there.all()) is (corrupt != "missing values")
    assert there.sum() > 0.5 * raw.y.size
    left, right, bottom, top = made.view
    assert ((across[there] > left) & (across[there] < right) & (up[there] > bottom) & (up[there] < top)).all()
    plot = DataPlot(STYLE)
    plot.draw(Moment(*_only_start(model), 0, 0))
    picture(plot)


@pytest.mark.parametrize(
    ("x", "y"),
    [((1.0, 1.0), (2.0, 2.0)), ((0.0, 0.0), (0.0, 0.0)), ((-1e99, 1e99), (1e99, -1e99)), ((1e-300, 2e-300), (5, 5))],
)
def test_odd_points(x: tuple[float, float], y: tuple[float, float]) -> None:
    model = _model(dataset={"name": "inline", "x": x, "y": y})
    view = scene_of(model).view
    assert view[0] < view[1]
    assert view[2] < view[3]
    plot = DataPlot(STYLE)
    plot.draw(Moment(*_only_start(model), 0, 0))
    picture(plot)


def test_a_formula_has_no_data() -> None:
    plot = DataPlot(STYLE)
    plot.draw(shot(landscape={"name": "rosenbrock"}))
    assert plot.data_scene is None
    assert "formula" in plot.trouble
    picture(plot)
    plot.draw(shot())
    assert scene(plot).raw.y.size == 5


def test_a_file_that_was_not_read_in_is_said() -> None:
    dataset = {"name": "csv", "path": "gone.csv", "sha256": "0" * 64, "inputs": ["a"], "target": "b"}
    plot = DataPlot(STYLE)
    plot._take(_model(dataset=dataset))
    assert plot.data_scene is None
    assert "gone.csv" in plot.trouble


def test_points_are_painted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    painted: list[int] = []
    real = data_plot._paint_points

    def counted(*given: Any, **options: Any) -> None:
        painted.append(len(given))
        real(*given, **options)

    monkeypatch.setattr(data_plot, "_paint_points", counted)
    plot = DataPlot(STYLE)
    for cursor in range(10):
        plot.draw(shot(landscape=MODELS["standardised"], cursor=cursor))
        picture(plot)
    assert len(painted) == 2, "the training and the validation part"


def test_the_pointer_reads_the_nearest_point(shown: Any) -> None:
    plot = DataPlot(STYLE)
    plot.draw(shot(landscape=MODELS["standardised"]))
    view = shown(plot, 320, 240)
    heard: list[Any] = []
    plot.hovered.connect(heard.append)
    frame = plot.frame()
    assert frame is not None
    made = scene(plot)
    across, up = made.places(held_back=True)
    at = frame.place(float(across[2]), float(up[2])) + plot.area().topLeft()
    found = data_plot.nearest(made, frame, frame.place(float(across[2]), float(up[2])) + QPointF(0.3, 0.3))
    assert found is not None
    hover(view.viewport(), QPoint(round(at.x()), round(at.y())))
    view.repaint()
    plot._point_at(found)
    picture(plot)
    point = heard[-1]
    assert point.row in made.raw.rows_val or point.row in made.raw.rows
    assert [name for name, _ in point.values] == ["speed (mph)", "stopping distance (ft)"]
    plot._point_at(None)
    assert heard[-1] is None
    assert data_plot.nearest(made, frame, QPointF(-500.0, -500.0)) is None


def test_an_example_keeps_its_number() -> None:
    made = scene_of(_model("logistic_regression", dataset={"name": "iris"}, validation=0.3))
    plot = DataPlot(STYLE)
    plot.resize(320, 240)
    plot.draw(Moment(*_only_start(made.landscape), 0, 0))
    frame = plot.frame()
    assert frame is not None
    across, up = made.places()
    for k in range(0, 40, 7):
        found = data_plot.nearest(scene(plot), frame, frame.place(float(across[k]), float(up[k])))
        assert found is not None
        point = found[0]
        inputs = made.dataset.inputs()[point.row]
        assert float(point.values[0][1]) == pytest.approx(inputs[0], rel=1e-3)
        assert point.values[-1][1] == ("versicolor", "virginica")[int(made.dataset.targets()[point.row])]


def _model(name: str = "linear_regression", **fields: Any) -> ModelLandscape:
    import msgspec

    from gdsim.core.experiment import AnyLandscape

    found: Any = msgspec.convert({"name": name, **fields}, AnyLandscape)
    assert isinstance(found, ModelLandscape)
    return found


def _constant(label: str, dim: int, value: float) -> RunTrajectory:
    run = RunTrajectory(label, dim)
    rest = np.full(3, value)
    run.append(Block(0, np.full((3, dim), value), rest, rest, rest, rest), Snapshot(2, (), ended=True))
    return run


def _only_start(model: ModelLandscape) -> tuple[Any, Trajectory]:
    from gdsim.core.experiment import Experiment, Run
    from gdsim.core.optimizers import Adam

    made = Experiment(landscape=model, runs=(Run(optimizer=Adam()),), steps=1)
    run = RunTrajectory("SGD", model.dim)
    run.begin(np.array(made.origin))
    return made, Trajectory(made, (run,))
