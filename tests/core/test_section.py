"""What is seen of a landscape of many parameters: true losses on the plane, and how far the marble is from it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from samples import document

import gdsim
from gdsim.core.documents import DocumentError
from gdsim.core.planes import Plane, _principal
from gdsim.core.section import section
from gdsim.core.spec import kinds_of
from gdsim.core.trajectory import Trajectory

ADAM = {"optimizer": {"name": "Adam", "lr": 0.05}}
NETWORK = {"name": "network", "hidden": 5, "dataset": {"name": "moons", "size": 40}, "validation": 0.25}
LOGISTIC = {"name": "logistic_regression", "dataset": {"name": "blobs", "size": 40}, "validation": 0.25}
PLANES = [kind.name() for kind in kinds_of(Plane)]


def made(landscape: Any, plane: Any = None, surface: str = "training", **fields: Any) -> Trajectory:
    given = {} if plane is None else {"plane": plane if isinstance(plane, dict) else {"name": plane}}
    return gdsim.run(
        gdsim.load(document(ADAM, ADAM, landscape=landscape, steps=60, surface=surface, **given, **fields))
    )


def seen(trajectory: Trajectory, cursor: int, selected: int = 0) -> Any:
    return section(trajectory.experiment, trajectory, cursor, selected)


def test_two_parameters_are_seen_as_they_are():
    found = made("rosenbrock", start=[-1.0, 1.0])
    cut = seen(found, 3)
    assert not cut.cuts
    assert cut is seen(found, 9)
    assert cut.places(found.runs[0]) is found.runs[0].theta or np.shares_memory(
        cut.places(found.runs[0]), found.runs[0].theta
    )
    assert cut.home() == found.experiment.landscape.home()
    assert cut.distance(found.runs[0].theta[5]) == 0.0
    assert cut.moved((1.0, 2.0), 3.0, 4.0) == (3.0, 4.0)


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("landscape", [NETWORK, LOGISTIC], ids=["network", "logistic"])
def test_through_the_marble_its_loss_is_the_surfaces(landscape, plane):
    found = made(landscape, plane)
    run = found.runs[0]
    for step in (0, 7, 60):
        cut = seen(found, step)
        assert cut.beneath(run.theta[step]) == pytest.approx(run.loss[step], rel=1e-9)
        assert cut.distance(run.theta[step]) == pytest.approx(0.0, abs=1e-9)
        assert cut.place(run.theta[step]) == pytest.approx(tuple(cut.places(run)[step]))


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("through", ["start", "best", "end"])
def test_beside_the_plane_the_surface_lies_elsewhere(plane, through):
    found = made(NETWORK, {"name": plane, "through": through})
    run, cut = found.runs[0], seen(found, 30)
    row = {"start": 0, "end": 60, "best": int(np.argmin(run.loss))}[through]
    assert cut is seen(found, 31), "it does not follow"
    assert cut.distance(run.theta[row]) == pytest.approx(0.0, abs=1e-9)
    theta = run.theta[30]
    x, y = cut.place(theta)
    beneath = cut.lift(np.array([x]), np.array([y]))[0]
    assert cut.distance(theta) == pytest.approx(float(np.linalg.norm(theta - beneath)))
    assert cut.distance(theta) > 1e-3
    assert cut.beneath(theta) == pytest.approx(float(found.experiment.landscape.loss(beneath[np.newaxis])[0]))


@pytest.mark.parametrize("plane", PLANES)
def test_the_grid_holds_true_losses(plane):
    found = made(NETWORK, plane)
    landscape, cut = found.experiment.landscape, seen(found, 20)
    x, y = np.linspace(-1, 1, 4), np.linspace(0, 2, 3)
    grid, held_back = cut.grid(x, y), cut.grid(x, y, validation=True)
    assert grid.shape == (3, 4)
    theta = cut.lift(x[2:3], y[1:2])
    assert grid[1, 2] == pytest.approx(float(landscape.loss(theta)[0]))
    assert held_back[1, 2] == pytest.approx(float(landscape.val_loss(theta)[0]))
    assert cut.loss_at(x[2], y[1]) == pytest.approx(grid[1, 2])


def test_the_surface_can_be_that_of_the_validation_part():
    both, held_back = made(LOGISTIC, surface="both"), made(LOGISTIC, surface="validation")
    theta = both.runs[0].theta[4]
    assert seen(both, 4).beneath(theta) == pytest.approx(both.runs[0].loss[4])
    assert seen(held_back, 4).beneath(theta) == pytest.approx(held_back.runs[0].val_loss[4])
    none = made({**LOGISTIC, "validation": 0.0}, surface="validation")
    assert seen(none, 4).surface == "training"


def test_components_hold_the_variance_that_is_said():
    found = made(NETWORK, "components")
    axes, theta = seen(found, 60).axes, found.runs[0].theta
    centred = theta - theta.mean(axis=0)
    kept = centred @ np.stack([axes.across, axes.up]).T
    assert axes.share == pytest.approx(np.sum(kept**2) / np.sum(centred**2))
    assert axes.across @ axes.up == pytest.approx(0.0, abs=1e-12)
    values = np.sort(np.linalg.eigvalsh(centred.T @ centred))
    assert axes.share == pytest.approx(values[-2:].sum() / values.sum())


def test_random_directions_are_as_long_as_the_models_filters():
    found = made(NETWORK, "directions")
    axes, end = seen(found, 60).axes, found.runs[0].theta[-1]
    for group in found.experiment.landscape.filters():
        for direction in (axes.across, axes.up):
            assert np.linalg.norm(direction[group]) == pytest.approx(np.linalg.norm(end[group]))
    again = made(NETWORK, {"name": "directions", "seed": 1})
    assert not np.allclose(seen(again, 60).axes.across, axes.across)


@pytest.mark.parametrize("plane", PLANES)
def test_moving_along_the_plane_keeps_what_is_not_seen(plane):
    found = made(NETWORK, plane)
    cut, theta = seen(found, 10), found.runs[0].theta[10]
    moved = np.array(cut.moved(theta, 0.5, -0.25))
    assert cut.place(moved) == pytest.approx((0.5, -0.25))
    assert cut.axes.beside(moved) == pytest.approx(cut.axes.beside(theta), abs=1e-9)


def test_places_grow_with_the_run_and_begin_anew_with_another():
    found = made(NETWORK, "coordinates")
    run, cut = found.runs[1], seen(found, 10)
    whole = cut.places(run).copy()
    run.keep(20)
    assert np.array_equal(seen(found, 10).places(run), whole[:20])


@pytest.mark.parametrize(
    ("plane", "said"),
    [
        ({"name": "coordinates", "first": 3}, "there is no parameter 3"),
        ({"name": "coordinates", "first": 1}, "two different parameters"),
        ({"name": "coordinate"}, "did you mean coordinates"),
        ({"name": "components", "through": "middle"}, "middle"),
    ],
)
def test_planes_that_cannot_be_are_refused(plane, said):
    with pytest.raises(DocumentError, match=said):
        made(LOGISTIC, plane)


def test_a_run_that_diverged_still_has_a_plane():
    wild = {"optimizer": {"name": "SGD", "lr": 1e200}}
    for plane in PLANES:
        found = gdsim.run(gdsim.load(document(wild, landscape=NETWORK, plane={"name": plane})))
        cut = seen(found, found.runs[0].last)
        assert np.isfinite(cut.home()).all()
        assert np.isfinite(cut.loss_at(0.0, 0.0))


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("far", [1e160, 1e200, 1e307])
def test_starts_far_away_have_a_plane(plane, far):
    found = made(LOGISTIC, plane, start=[far, -far, 0.5 * far])
    cut = seen(found, found.runs[0].last)
    assert np.isfinite(cut.axes.across).all()
    assert np.isfinite(cut.axes.up).all()


@pytest.mark.parametrize(("count", "dim"), [(2, 9), (3, 9), (8, 9), (40, 300), (9, 9), (40, 5), (1, 4)])
def test_principal_directions_are_those_of_singular_values(count, dim):
    rows = np.random.default_rng(count).normal(size=(count, dim)) * np.linspace(3.0, 1.0, dim)
    centred = rows if count == 1 else rows - rows.mean(axis=0)
    squares, directions = _principal(centred)
    _, sizes, expected = np.linalg.svd(centred, full_matrices=False)
    assert directions @ directions.T == pytest.approx(np.eye(2), abs=1e-12)
    known = min(2, len(sizes), max(count - 1, 1))
    assert squares[:known] == pytest.approx(sizes[:known] ** 2, rel=1e-10)
    assert np.abs(np.sum(directions[:known] * expected[:known], axis=1)) == pytest.approx(np.ones(known), abs=1e-9)


def test_a_run_on_a_straight_line_has_a_second_direction():
    way = np.outer(np.arange(5.0) - 2.0, np.ones(12))
    squares, directions = _principal(way)
    assert directions @ directions.T == pytest.approx(np.eye(2), abs=1e-9)
    assert squares[1] == pytest.approx(0.0, abs=1e-9)
