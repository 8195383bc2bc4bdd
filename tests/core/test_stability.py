"""The largest stable rate: by formula, by bisection with the program's own optimizers, and along whole runs."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from samples import experiment

import gdsim
from gdsim.core.anatomy import Anatomist, Anatomy
from gdsim.core.arithmetic import ARRAYS
from gdsim.core.descent import Descent
from gdsim.core.landscapes import ModelLandscape
from gdsim.core.optimizers import SGD, Adam, Lion, Optimizer, Rprop
from gdsim.core.spec import kinds_of
from gdsim.core.stability import (
    EXACT,
    MOST,
    edge_along,
    edge_at,
    facts,
    largest_stable_rate,
    sampled,
    sharpness,
    state_of,
    unlimited,
)

ORACLE = json.loads((Path(__file__).parents[1] / "data" / "oracle" / "stability.json").read_text(encoding="utf-8"))
THRESHOLDS = [pytest.param(case, id=str(case["params"])) for case in ORACLE["thresholds"]]
KINDS = kinds_of(Optimizer)


def of_name(content: dict[str, Any]) -> Any:
    kind = next(kind for kind in KINDS if kind.name() == content["name"])
    return msgspec.convert(content, kind)


@pytest.mark.parametrize("case", THRESHOLDS)
def test_thresholds_by_formula(case):
    optimizer = of_name({"name": case["optimizer"], **case["params"]})
    edge = largest_stable_rate(optimizer, np.diag([1.0, case["lambda_max"]]))
    assert edge.rate == pytest.approx(case["lr_max_closed_form"], rel=1e-12)
    assert edge.rate == pytest.approx(case["lr_max_measured"], rel=3e-4)
    assert edge.curvature == pytest.approx(case["lambda_max"])
    assert "L = 100 is the largest curvature" in edge.why


def grows(optimizer: dict[str, Any], steps: int = 8000) -> bool:
    """Whether the marble is driven out along the steep axis of the quadratic, by the program's own loop."""
    found = experiment({"optimizer": optimizer}, landscape=ORACLE["landscape"], start=[0.0, 1e-3], steps=steps)
    block = Descent(found, found.runs[0]).advance(steps + 1)
    y = np.abs(block.theta[:, 1])
    if len(y) <= steps:
        return True
    half = steps // 2
    return bool(y[-500:].max() > max(y[half - 500 : half].max(), 1e-300))


@pytest.mark.parametrize("case", THRESHOLDS)
def test_thresholds_by_bisection(case):
    optimizer = {"name": case["optimizer"], **case["params"]}
    limit = largest_stable_rate(of_name(optimizer), np.diag([1.0, 100.0])).rate
    low, high = 0.5 * limit, 2.0 * limit
    assert not grows({**optimizer, "lr": low})
    assert grows({**optimizer, "lr": high})
    while high / low > 1.0 + 1e-4:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if grows({**optimizer, "lr": middle}) else (middle, high)
    assert math.sqrt(low * high) == pytest.approx(limit, rel=3e-4)


# Every rule, with what it divides by held still

HESSIAN = np.array([[3.0, 1.0], [1.0, 40.0]])
SIZES = np.array([0.7, 5.0])
COUNT = 7
MOMENTA: dict[str, dict[str, Any]] = {
    "SGD": {"name": "SGD"},
    "decay": {"name": "SGD", "weight_decay": 2.0},
    "momentum": {"name": "SGD", "momentum": 0.8, "weight_decay": 2.0},
    "dampening": {"name": "SGD", "momentum": 0.8, "dampening": 0.3},
    "Nesterov": {"name": "SGD", "momentum": 0.8, "nesterov": True, "weight_decay": 2.0},
    "Adagrad": {"name": "Adagrad", "lr_decay": 0.1, "weight_decay": 2.0},
    "RMSprop": {"name": "RMSprop"},
    "RMSprop centered": {"name": "RMSprop", "centered": True, "weight_decay": 2.0},
    "RMSprop momentum": {"name": "RMSprop", "momentum": 0.8, "weight_decay": 2.0},
    "Adadelta": {"name": "Adadelta", "weight_decay": 2.0, "eps": 1e-3},
    "Adam": {"name": "Adam"},
    "Adam decay": {"name": "Adam", "betas": [0.7, 0.99], "weight_decay": 2.0, "eps": 0.1},
    "AMSGrad": {"name": "Adam", "amsgrad": True},
    "AdamW": {"name": "AdamW", "weight_decay": 3.0},
    "NAdam": {"name": "NAdam", "weight_decay": 2.0, "momentum_decay": 0.1},
    "NAdam strong": {"name": "NAdam", "betas": [0.99, 0.999]},
    "RAdam plain": {"name": "RAdam", "betas": [0.9, 0.9], "weight_decay": 2.0},
    "RAdam": {"name": "RAdam", "weight_decay": 2.0},
    "Adamax": {"name": "Adamax", "weight_decay": 2.0},
    "ASGD": {"name": "ASGD", "lambd": 0.5, "weight_decay": 2.0},
}


def states_of(optimizer: Any, lr: float) -> tuple[Any, Any, set[int]]:
    """The state before an update, what it becomes behind it, and which parts of it are the memory that moves on.

    Gradients are so small that what is divided by only fades, by the factor known here.
    """
    v, none = SIZES**2, np.zeros(2)
    name = optimizer.name()
    if name == "SGD":
        return (none,), (none,), {0}
    if name == "Adagrad":
        return (v,), (v,), set()
    if name == "RMSprop":
        mean = 0.5 * SIZES if optimizer.centered else none
        kept = optimizer.alpha
        return (v / kept, mean / kept, none), (v, mean, none), {2}
    if name == "Adadelta":
        u = 0.01 * v[::-1] / (1.0 - optimizer.rho)
        return (v / optimizer.rho, u), (v, u), set()
    if name == "ASGD":
        return (lr / (1.0 + optimizer.lambd * lr * (COUNT - 1)) ** optimizer.alpha,), (0.0,), set()
    beta2 = optimizer.betas[1]
    if name == "Adamax":
        return (none, SIZES / beta2), (none, SIZES), {0}
    if name == "NAdam":
        mu = optimizer.rule(ARRAYS).coefficients(COUNT, lr, None)[2]
        return (none, v / beta2, np.full(2, 0.02 / mu)), (none, v, np.full(2, 0.02)), {0}
    more = (4.0 * v,) if name in ("Adam", "AdamW") else ()
    return (none, v / beta2, *more), (none, v, *more), {0}


def growth(optimizer: Any, lr: float, steps: int = 3000) -> float:
    """By how much the distance grows over the second half of many updates made by the rule itself."""
    rule = optimizer.rule(ARRAYS)
    before, _, memory = states_of(optimizer, lr)
    shared = rule.coefficients(COUNT, np.float64(lr), None)
    theta, state, lengths = np.array([1.0, 0.7]) * 1e-120, before, []
    for _ in range(steps):
        theta, after = rule.update(theta, HESSIAN @ theta, state, shared)
        state = tuple(after[k] if k in memory else before[k] for k in range(len(before)))
        lengths.append(float(np.abs(theta).max()))
    return max(lengths[-200:]) / max(lengths[steps // 2 - 200 : steps // 2])


@pytest.mark.parametrize("settings", [pytest.param(content, id=name) for name, content in MOMENTA.items()])
def test_every_rule_contracts_below_its_edge_and_not_above(settings):
    optimizer = of_name(settings)
    _, after, _ = states_of(optimizer, 1.0)
    edge = largest_stable_rate(optimizer, HESSIAN, after, COUNT)
    assert edge.rate is not None
    assert growth(optimizer, 0.99 * edge.rate) < 1.0
    assert growth(optimizer, 1.01 * edge.rate) > 1.0
    assert edge.why.endswith(".")
    assert ("scales it now" in edge.why) == (optimizer.name() not in ("SGD", "ASGD"))


def test_all_optimizers_are_tried():
    tried = {content["name"] for content in MOMENTA.values()}
    assert tried | {"Lion", "Rprop"} == {kind.name() for kind in KINDS}


def test_a_scheduled_momentum_counts():
    edge = largest_stable_rate(SGD(momentum=0.5), np.diag([1.0, 10.0]), momentum=0.9)
    assert edge.rate == pytest.approx(0.38)


@pytest.mark.parametrize("optimizer", [Lion(), Rprop()])
def test_signs_have_no_edge(optimizer):
    edge = largest_stable_rate(optimizer, HESSIAN, None, 5)
    assert edge.rate is None
    assert "signs" in edge.why
    assert unlimited(optimizer) == edge.why
    assert unlimited(SGD()) is None


@pytest.mark.parametrize(
    ("optimizer", "hessian", "state", "count", "why"),
    [
        (SGD(), -np.eye(2), None, 0, "upward in no direction"),
        (SGD(), np.zeros((2, 2)), None, 0, "upward in no direction"),
        (SGD(), np.full((2, 2), np.nan), None, 0, "not finite"),
        (SGD(momentum=1.0), np.eye(2), None, 0, "forgets nothing"),
        (Adam(), np.eye(2), None, 0, "has seen no slope"),
        (Adam(eps=0.0), np.eye(2), (np.zeros(2), np.array([1.0, 0.0]), np.zeros(2)), 3, "divides by zero"),
    ],
)
def test_where_there_is_no_edge_the_reason_is_told(optimizer, hessian, state, count, why):
    edge = largest_stable_rate(optimizer, hessian, state, count)
    assert edge.rate is None
    assert why in edge.why


# Facts


@pytest.mark.parametrize(
    ("landscape", "theta", "shape", "values", "condition"),
    [
        ({"name": "quadratic", "a": 1.0, "b": 100.0}, (3.0, -1.0), "bowl", [1.0, 100.0], 100.0),
        ({"name": "saddle"}, (0.0, 0.0), "saddle", [-2.0, 2.0], 1.0),
        ({"name": "quadratic", "a": 0.0, "b": 4.0}, (1.0, 1.0), "valley", [0.0, 4.0], math.inf),
        ({"name": "quadratic", "a": 0.0, "b": 0.0}, (1.0, 1.0), "flat", [0.0, 0.0], math.inf),
        ({"name": "himmelblau"}, (-0.270845, -0.923039), "dome", None, None),
    ],
)
def test_facts(landscape, theta, shape, values, condition):
    found = facts(experiment(landscape=landscape).landscape, theta)
    assert found.shape == shape
    assert found.why.endswith(".")
    if values is not None:
        np.testing.assert_allclose(found.eigenvalues, values, atol=1e-12)
        assert found.condition == pytest.approx(condition)
        assert found.sharpness == found.eigenvalues[-1]
    assert found.gradient_norm == pytest.approx(np.linalg.norm(found.gradient))


def test_directions_belong_to_their_eigenvalues():
    landscape = experiment(landscape="rosenbrock").landscape
    found = facts(landscape, (-1.2, 1.0))
    hessian = landscape.hessian([(-1.2, 1.0)])[0]
    np.testing.assert_allclose(hessian @ found.directions, found.directions * found.eigenvalues, rtol=1e-9)


def test_a_place_that_is_not_finite_has_no_curvature():
    found = facts(experiment(landscape="rosenbrock").landscape, (math.nan, 0.0))
    assert (found.shape, found.eigenvalues, found.directions) == ("unknown", None, None)
    assert math.isnan(found.condition)


def network(hidden: int, hidden2: int) -> ModelLandscape:
    data = {"name": "moons", "size": 50, "noise": 0.2}
    return experiment(landscape={"name": "network", "hidden": hidden, "hidden2": hidden2, "dataset": data}).landscape


@pytest.mark.parametrize(("hidden", "hidden2"), [(12, 2), (12, 8)])
def test_the_largest_curvature_of_a_network_is_found_without_its_hessian(hidden, hidden2):
    landscape = network(hidden, hidden2)
    assert landscape.dim > EXACT
    theta = np.array(landscape.initial())
    scaling = np.geomspace(0.1, 10.0, landscape.dim)
    root = np.sqrt(scaling)
    hessian = landscape.hessian(theta[np.newaxis])[0]
    top = np.linalg.eigvalsh(hessian)[-1]
    assert sharpness(landscape, theta) == pytest.approx(top, rel=2e-3)
    scaled = np.linalg.eigvalsh(root[:, None] * (hessian + 0.5 * np.eye(landscape.dim)) * root)[-1]
    assert sharpness(landscape, theta, scaling, 0.5) == pytest.approx(scaled, rel=2e-3)
    found = facts(landscape, theta)
    assert found.eigenvalues is not None
    assert len(found.eigenvalues) == (2 if landscape.dim > MOST else landscape.dim)
    assert found.sharpness == pytest.approx(top, rel=2e-3)
    assert math.isnan(sharpness(landscape, theta * math.nan))


@pytest.mark.parametrize("away", [0.0, 0.3, 2.0])
@pytest.mark.parametrize("sizes", [(10, 2), (12, 8), (16, 16)])
def test_both_ends_of_the_spectrum_are_those_of_the_hessian(sizes, away):
    landscape = network(*sizes)
    assert landscape.dim > EXACT
    theta = np.array(landscape.initial()) + away * np.random.default_rng(1).standard_normal(landscape.dim)
    hessian = landscape.hessian(theta[np.newaxis])[0]
    values = np.linalg.eigvalsh(hessian)
    found = facts(landscape, theta, most=EXACT)
    assert found.eigenvalues is not None
    assert found.directions is not None
    largest = np.abs(values).max()
    assert found.eigenvalues == pytest.approx(values[[0, -1]], abs=2e-3 * largest)
    assert values[0] - 1e-5 * largest <= found.eigenvalues[0]  # what is found lies between the true ends
    assert np.linalg.norm(found.directions, axis=0) == pytest.approx([1.0, 1.0])
    np.testing.assert_allclose(
        np.einsum("ij,ik,kj->j", found.directions, hessian, found.directions), found.eigenvalues, atol=1e-4 * largest
    )
    assert (found.shape == "saddle") == bool(values[0] < -1e-4 * largest)
    assert math.isnan(found.condition) or found.shape != "saddle"
    assert f"{landscape.dim:,}" in found.why


@pytest.mark.parametrize("least", [0.5, 1e-9, -0.5])
def test_the_condition_number_of_many_parameters_is_told_where_all_bend_upward(least):
    """A formula for many parameters there is not: a landscape is stood in for by its gradient."""
    rng = np.random.default_rng(2)
    directions = np.linalg.qr(rng.standard_normal((60, 60)))[0]
    hessian = directions @ np.diag(np.geomspace(1.0, 20.0, 60) * [np.sign(least), *[1.0] * 59]) @ directions.T
    hessian += min(abs(least) - 1.0, 0.0) * np.sign(least) * np.outer(directions[:, 0], directions[:, 0])

    class Bowl:
        dim = 60

        def gradient(self, points):
            return points @ hessian

    found = facts(Bowl(), np.ones(60), most=EXACT)  # type: ignore[arg-type]
    assert found.eigenvalues == pytest.approx([least, 20.0], abs=2e-3)
    if least > 0.1:
        assert found.condition == pytest.approx(20.0 / least, rel=5e-3)
    else:
        assert math.isinf(found.condition) if least > 0.0 else math.isnan(found.condition)


# Along runs

STEPS = 120
ALONG: dict[str, dict[str, Any]] = {
    "SGD": {"optimizer": {"name": "SGD", "lr": 1e-4}},
    "momentum": {"optimizer": {"name": "SGD", "lr": 1e-4, "momentum": 0.9, "nesterov": True}},
    "cycle": {
        "optimizer": {"name": "Adam", "lr": 1e-3},
        "schedule": {"name": "OneCycleLR", "max_lr": 0.01, "total_steps": STEPS},
    },
    "Adagrad": {"optimizer": {"name": "Adagrad", "lr": 0.01, "lr_decay": 0.01}},
    "NAdam": {"optimizer": {"name": "NAdam", "lr": 1e-3}},
    "RAdam": {"optimizer": {"name": "RAdam", "lr": 1e-4}},
    "ASGD": {"optimizer": {"name": "ASGD", "lr": 1e-4}},
    "Lion": {"optimizer": {"name": "Lion", "lr": 1e-3}},
    "changes": {
        "optimizer": {"name": "SGD", "lr": 1e-4},
        "changes": [
            {"step": 40, "optimizer": {"name": "Adam", "lr": 1e-3}},
            {"step": 80, "optimizer": {"name": "SGD", "lr": 1e-4, "momentum": 0.9},
             "schedule": {"name": "CyclicLR", "base_lr": 1e-5, "max_lr": 1e-4}},
        ],
    },
}  # fmt: skip


@pytest.mark.parametrize("landscape", ["rosenbrock", "polynomial_regression"])
@pytest.mark.parametrize("settings", ALONG.values(), ids=ALONG)
def test_the_edge_along_a_run_is_the_edge_at_each_step(settings, landscape):
    found = experiment(settings, landscape=landscape, steps=STEPS)
    columns = gdsim.run(found).runs[0]
    rows = sampled(columns, 25)
    along = edge_along(found, 0, columns, rows)
    assert along.shape == rows.shape
    each = [edge_at(found, 0, columns, int(row)).rate for row in rows]
    np.testing.assert_allclose(along, [math.nan if rate is None else rate for rate in each], rtol=1e-12)
    assert np.isnan(along).all() == (settings["optimizer"]["name"] == "Lion")
    keeper = Anatomist()
    slices = [edge_along(found, 0, columns, part, keeper) for part in np.array_split(rows, 4)]
    np.testing.assert_array_equal(np.concatenate(slices), along)


def test_the_edge_along_a_network():
    data = {"name": "moons", "size": 50, "noise": 0.2}
    ground = {"name": "network", "hidden": 12, "hidden2": 2, "dataset": data}
    found = experiment({"optimizer": {"name": "Adam", "lr": 0.01}}, landscape=ground, steps=30)
    columns = gdsim.run(found).runs[0]
    along = edge_along(found, 0, columns, [0, 10, 30])
    for row, edge in zip([0, 10, 30], along, strict=True):
        hessian = found.landscape.hessian(columns.theta[row : row + 1])[0]
        update = Anatomist().at(found, 0, columns, min(row, 29))
        assert isinstance(update, Anatomy)
        exact = largest_stable_rate(found.runs[0].optimizer, hessian, state_of(update.after), update.after.count)
        assert edge == pytest.approx(exact.rate, rel=2e-3)


def test_crossing_the_edge_is_what_makes_a_run_diverge():
    """On the quadratic the edge is one value; the rate of a growing schedule crosses it, and then the loss rises."""
    schedule = {"name": "LinearLR", "start_factor": 0.1, "end_factor": 1.0, "total_iters": 100}
    settings = {"optimizer": {"name": "SGD", "lr": 0.04}, "schedule": schedule}
    found = experiment(settings, landscape=ORACLE["landscape"], start=[0.0, 1.0], steps=100)
    columns = gdsim.run(found).runs[0]
    edge = edge_along(found, 0, columns, np.arange(100))
    np.testing.assert_allclose(edge, 0.02, rtol=1e-12)
    above = columns.lr[:100] > edge
    assert 0 < above.sum() < 100
    np.testing.assert_array_equal(np.diff(columns.loss) > 0.0, above)


@pytest.mark.parametrize(("steps", "most"), [(5, 400), (1000, 400), (1000, 10)])
def test_sampled_rows(steps, most):
    columns = gdsim.run(experiment(landscape="quadratic", steps=steps)).runs[0]
    rows = sampled(columns, most)
    assert len(rows) == min(most, steps + 1)
    assert (rows[0], rows[-1]) == (0, steps)
    assert (np.diff(rows) > 0).all()


def test_in_long_runs_rows_stand_where_states_are_kept():
    columns = gdsim.run(experiment(landscape="quadratic", steps=100_000)).runs[0]
    rows = sampled(columns, 10)
    kept = {snapshot.step for snapshot in columns.snapshots}
    assert 3 <= len(rows) <= 12
    assert set(rows[1:-1].tolist()) <= kept


def test_nothing_computed_has_no_rows():
    assert sampled(gdsim.core.trajectory.RunTrajectory("a")).size == 0
