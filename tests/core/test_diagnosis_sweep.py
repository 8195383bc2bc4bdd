"""Diagnoses over a table of runs: the verdict of each, its numbers computed again by other means, and every remedy."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import numpy as np
import pytest
from samples import experiment

import gdsim
import gdsim.resources
from gdsim.core.diagnosis import diagnose, words
from gdsim.core.experiment import Experiment
from gdsim.core.trajectory import RunTrajectory
from gdsim.core.verdicts.verdict import Diagnosis

LINE = {"name": "linear_regression", "dataset": {"name": "line", "size": 64, "noise": 0.6}, "standardise": 1.0}
PLACES: dict[str, dict[str, Any]] = {
    "ravine": {"landscape": {"name": "quadratic", "b": 50.0}, "start": [-1.8, 0.25]},
    "bowl": {"landscape": "bowl", "start": [-3.2, -0.7]},
    "rosenbrock": {"landscape": "rosenbrock", "start": [-1.3, 0.3]},
    "himmelblau": {"landscape": "himmelblau", "start": [5.0, -3.0]},
    "beale": {"landscape": "beale", "start": [1.1, 1.9]},
}
WITH_EDGE = {
    "SGD": {"name": "SGD"},
    "momentum": {"name": "SGD", "momentum": 0.9},
    "Nesterov": {"name": "SGD", "momentum": 0.9, "nesterov": True},
    "ASGD": {"name": "ASGD"},
}
USUAL = {
    "Adam": 0.1, "AdamW": 0.1, "RMSprop": 0.05, "Adagrad": 0.5, "Adadelta": 5.0, "NAdam": 0.1, "RAdam": 0.1,
    "Adamax": 0.1, "Lion": 0.02,
}  # fmt: skip
"""Rates with which those that have no edge, or another one at each step, get on."""
ROLLING = {"converged", "descending", "ravine", "bouncing", "crawling", "saddle", "held by decay", "unsettled"}
"""What may be said at a rate that is about right: nothing that blames it for a blow-up, or the data."""


def steepest(made: Experiment, theta: Any) -> float:
    """The largest curvature by central differences of the loss alone."""
    place, dim, h = np.asarray(theta, dtype=float), len(theta), 1e-4
    points = [place + a * h * np.eye(dim)[i] + b * h * np.eye(dim)[j]
              for i in range(dim) for j in range(dim) for a in (1, -1) for b in (1, -1)]  # fmt: skip
    loss = made.landscape.loss(np.array(points)).reshape(dim, dim, 4)
    return float(np.linalg.eigvalsh((loss[..., 0] - loss[..., 1] - loss[..., 2] + loss[..., 3]) / (4 * h * h))[-1])


def edge_of(optimizer: dict[str, Any], curvature: float) -> float:
    beta = optimizer.get("momentum", 0.0)
    return 2.0 * (1.0 + beta) / ((1.0 + 2.0 * beta if optimizer.get("nesterov") else 1.0) * curvature)


def of(optimizer: dict[str, Any], rate: float, place: str, steps: int = 150, **settings: Any) -> Experiment:
    return experiment({"optimizer": {**optimizer, "lr": float(rate)}, **settings}, steps=steps, **PLACES[place])


def told(made: Experiment) -> tuple[RunTrajectory, tuple[Diagnosis, ...]]:
    columns = gdsim.run(made).runs[0]
    return columns, diagnose(made, 0, columns)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", WITH_EDGE)
def test_rates_against_the_edge(name, place):
    """Far too low crawls, a share of the edge rolls, far above diverges; on a quadratic the edge itself decides."""
    optimizer = WITH_EDGE[name]
    start = of(optimizer, 0.1, place)
    edge = edge_of(optimizer, steepest(start, start.origin))
    expected = {1e-5: {"crawling"}, 0.2: ROLLING - {"unsettled"}, 30.0: {"diverging"}, 1e4: {"diverging"}}
    if place in ("ravine", "bowl"):
        expected |= {0.97: ROLLING, 1.07: {"diverging"}}
    for factor, kinds in expected.items():
        _, found = told(of(optimizer, factor * edge, place, 300 if name == "ASGD" else 150))
        assert found[0].kind in kinds, (factor, words(found))
        assert "diverging" in kinds or all(one.kind != "diverging" for one in found), (factor, words(found))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", USUAL)
def test_rates_of_those_without_an_edge(name, place):
    for factor, kinds in ((1e-4, {"crawling"}), (1e-2, {"crawling"}), (1.0, ROLLING)):
        if name == "RAdam" and factor == 1.0 and place not in ("ravine", "bowl"):
            continue  # its first steps are momentum's, and too long there
        _, found = told(of({"name": name}, factor * USUAL[name], place))
        assert found[0].kind in kinds, (factor, words(found))


@pytest.mark.parametrize(
    "name", ["RMSprop", "Adagrad", "Adadelta", "NAdam", "RAdam", "Adam", "AdamW", "Adamax", "Lion"]
)
def test_a_rate_ten_thousand_times_too_large_is_to_blame(name):
    _, found = told(of({"name": name}, 1e4 * USUAL[name], "rosenbrock"))
    assert found[0].kind == "diverging", words(found)
    assert [one.kind for one in found].count("diverging") == 1


# The numbers


def numbers(text: str) -> list[float]:
    return [float(one.replace(",", "")) for one in re.findall(r"-?\d[\d,]*\.?\d*(?:e[+-]?\d+)?", text)]


@pytest.mark.parametrize("name", ["SGD", "momentum", "Nesterov"])
@pytest.mark.parametrize("factor", [1.07, 3.0, 40.0])
def test_the_edge_that_a_divergence_names_is_the_true_one(name, factor):
    optimizer = WITH_EDGE[name]
    made = of(optimizer, factor * edge_of(optimizer, 50.0), "ravine")
    columns, found = told(made)
    step, rate, times, edge = numbers(found[0].evidence[1])[:4]
    assert (rate, times, edge) == pytest.approx(
        (factor * edge_of(optimizer, 50.0), factor, edge_of(optimizer, steepest(made, columns.theta[int(step)]))),
        rel=6e-3,
    )
    assert numbers(found[0].evidence[0])[1:5] == pytest.approx(
        columns.loss[found[0].step - 3 : found[0].step + 1], rel=6e-3
    )


def test_numbers_of_bouncing_crawling_and_a_ravine():
    made = of(WITH_EDGE["SGD"], 0.0396, "ravine", 50)
    columns, found = told(made)
    turns, of_, curvature, share = numbers(found[0].evidence[0])
    moves = np.diff(columns.theta[-40:, 1])
    assert (turns, of_) == (np.sum(moves[1:] * moves[:-1] < 0), len(moves) - 1)
    assert curvature == pytest.approx(50.0)
    assert share == pytest.approx(
        100 * np.abs(moves).sum() / np.linalg.norm(np.diff(columns.theta[-40:], axis=0), axis=1).sum(), abs=1
    )

    columns, found = told(of(WITH_EDGE["SGD"], 1e-3, "bowl", 100))
    quarter, left, loss, least, moved, cosine = numbers(found[0].evidence[0])
    assert quarter == 25
    assert left == pytest.approx(100 * columns.loss[-1] / columns.loss[-26], abs=1)
    assert (loss, least) == (pytest.approx(columns.loss[-1], rel=6e-3), 0.0)
    assert moved == pytest.approx(np.linalg.norm(np.diff(columns.theta[-40:], axis=0), axis=1).mean(), rel=0.06)
    assert cosine == pytest.approx(1.0)

    columns, found = told(of(WITH_EDGE["SGD"], 0.02, "ravine", 50))
    assert numbers(found[0].evidence[0])[4:] == [50.0, 50.0, 1.0]
    assert numbers(found[0].evidence[1]) == [0.02, 0.5, 0.04]


def test_numbers_of_places_that_hold_a_marble():
    made = experiment(
        {"optimizer": {"name": "SGD", "lr": 0.03}}, landscape="monkey_saddle", start=[2.2, 0.01], steps=150
    )
    columns, found = told(made)
    row, slope, low, high = numbers(found[0].evidence[1])
    hessian = made.landscape.hessian(columns.theta[[int(row)]])[0]
    assert (low, high) == pytest.approx(tuple(np.linalg.eigvalsh(hessian)[[0, -1]]), rel=6e-3)
    assert slope == pytest.approx(np.linalg.norm(made.landscape.gradient(columns.theta[[int(row)]])), rel=0.06)
    first, end, loss, then = numbers(found[0].evidence[0])
    assert columns.loss[int(first)] - columns.loss[int(end)] < 0.05 * (columns.loss[0] - columns.loss[-1])
    assert (loss, then) == pytest.approx((columns.loss[int(row)], columns.loss.min()), rel=0.02)

    made = experiment(
        {"optimizer": {"name": "SGD", "lr": 0.07}}, landscape={"name": "two_minima", "barrier": 0.5}, steps=200
    )
    columns, found = told(made)
    step, x, y, within, loss, best = numbers(found[0].evidence[0])
    assert columns.theta[-1] == pytest.approx([x, y], rel=6e-3)
    assert (loss, best) == pytest.approx(
        (columns.loss[-1], made.landscape.loss(made.landscape.minima()).min()), rel=1e-3
    )
    away = np.linalg.norm(columns.theta - columns.theta[-1], axis=1)
    nearest = np.linalg.norm(made.landscape.minima() - columns.theta[-1], axis=1).min()
    assert (away[int(step) :] <= 0.2 * nearest + 1e-9).all()
    assert step == 0 or away[int(step) - 1] > 0.2 * nearest
    assert within <= 1e-4


def test_numbers_of_chance_clipping_and_decay():
    made = experiment({"optimizer": {"name": "SGD", "lr": 0.05}, "noise": {"std": 1.0}}, **PLACES["bowl"], steps=300)
    columns, found = told(made)
    assert numbers(found[0].evidence[0])[1:] == pytest.approx(
        [columns.loss[-40:].min(), columns.loss[-40:].max()], rel=6e-3
    )
    seen, true = numbers(found[0].evidence[1])
    slopes = np.linalg.norm(made.landscape.gradient(columns.theta[-40:]), axis=1)
    assert seen == pytest.approx(np.median(columns.grad_norm[-40:]), rel=0.06)
    assert slopes.min() < true < slopes.max()

    made = experiment({"optimizer": {"name": "SGD", "lr": 0.1}, "clip": {"value": 0.01}}, **PLACES["bowl"], steps=100)
    columns, found = told(made)
    assert numbers(found[0].evidence[0]) == pytest.approx([100, 0.01, np.median(columns.grad_norm[:-1])], rel=6e-3)

    schedule = {"name": "MultiStepLR", "milestones": [50], "gamma": 0.01}
    columns, found = told(of(WITH_EDGE["SGD"], 0.02, "bowl", 100, schedule=schedule))
    assert numbers(found[0].evidence[0]) == pytest.approx([50, 5, 0.02, 2e-4])
    assert numbers(found[0].evidence[1]) == pytest.approx(
        [(columns.loss[42] - columns.loss[50]) / 8, 50, columns.loss[50] - columns.loss[-1]], rel=0.06
    )


def test_numbers_of_learning():
    sine = {"name": "noisy_sine", "size": 30, "noise": 0.5, "seed": 2}
    degree12 = {"name": "polynomial_regression", "dataset": sine, "degree": 12, "standardise": 1.0, "validation": 0.5}
    made = experiment({"optimizer": {"name": "Adam", "lr": 0.3}}, landscape=degree12, steps=3000)
    columns, found = told(made)
    held_back = columns.val_loss
    assert held_back is not None
    best = int(np.argmin(held_back))
    assert numbers(found[0].evidence[0]) == pytest.approx(
        [best, held_back[best], held_back[-1], columns.loss[best], columns.loss[-1]], rel=6e-3
    )
    assert numbers(found[0].evidence[1]) == pytest.approx([100 * (held_back[-1] / held_back[best] - 1), 15], rel=0.01)

    line = {**degree12, "degree": 1, "validation": 0.25, "dataset": {"name": "noisy_sine", "size": 80, "noise": 0.1}}
    made = experiment({"optimizer": {"name": "SGD", "lr": 0.1}}, landscape=line, steps=400)
    columns, found = told(made)
    y, y_held = made.landscape.data().y, made.landscape.data().y_val
    saved = [100 * (1 - columns.loss[-1] / y.var()), 100 * (1 - columns.val_loss[-1] / y_held.var())]  # type: ignore[index]
    shown = numbers(found[0].evidence[0])
    assert [abs(one) for one in (shown[1], shown[3])] == pytest.approx([abs(one) for one in saved], abs=1)


# The remedies


def settled(columns: RunTrajectory) -> float:
    """How low the run is in the end; swings do not count."""
    return float(np.median(columns.loss[-20:])) if np.isfinite(columns.loss).all() else np.inf


TRIED: dict[str, tuple[str, Experiment]] = {
    f"{kind}, {name}, {place}": (kind, of(WITH_EDGE[name], factor * edge, place))
    for place in ("ravine", "bowl", "himmelblau", "beale")
    for name in ("SGD", "momentum", "Nesterov")
    for start in [of(WITH_EDGE[name], 0.1, place)]
    for edge in [edge_of(WITH_EDGE[name], steepest(start, start.origin))]
    for kind, factor in (("crawling", 1e-4), ("diverging", 12.0), ("diverging", 500.0))
} | {
    f"crawling, {name}, {place}": ("crawling", of({"name": name}, 0.01 * USUAL[name], place))
    for place in ("ravine", "rosenbrock")
    for name in ("Adam", "RMSprop", "Adagrad", "NAdam", "Adamax")
}


@pytest.mark.parametrize("name", TRIED)
def test_every_remedy_of_a_wrong_rate_helps(name):
    kind, made = TRIED[name]
    columns, found = told(made)
    assert found[0].kind == kind, words(found)
    assert len(found[0].remedies) >= 2
    for remedy in found[0].remedies:
        after = gdsim.run(remedy.edit(made)).runs[0]
        assert after.outcome is not None
        assert after.outcome.kind != "diverged", remedy.text
        assert settled(after) < settled(columns), (remedy.text, settled(after), settled(columns))


READY = [
    ("01-four-optimizers", 1, "decayed"), ("02-learning-rates", 0, "crawling"), ("02-learning-rates", 3, "diverging"),
    ("03-edge-of-stability", 0, "ravine"), ("03-edge-of-stability", 2, "bouncing"), ("09-four-roads", 0, "bouncing"),
    ("12-halving", 0, "noise"), ("13-warm-up", 0, "crawling"), ("13-warm-up", 1, "diverging"),
    ("14-one-cycle", 1, "noise"), ("15-clipping", 0, "spikes"), ("15-clipping", 1, "clipping"),
    ("17-weight-decay", 1, "held by decay"),
    ("20-raw-inputs", 0, "ravine"), ("20-raw-inputs", 1, "ravine"), ("22-batch-size", 0, "noise"),
    ("24-average-of-weights", 0, "noise"), ("35-what-is-wrong-1", 0, "not learning"), ("36-what-is-wrong-2", 0, "data"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "index", "kind"), READY)
def test_every_remedy_on_the_ready_made_experiments_helps(name, index, kind):
    made = gdsim.load(gdsim.resources.resource("experiments") / f"{name}.json")
    before = gdsim.run(made).runs[index]
    found = diagnose(made, index, before)[0]
    assert found.kind == kind
    assert found.remedies
    for remedy in found.remedies:
        after = gdsim.run(remedy.edit(made)).runs[index]
        low = settled(after)
        if remedy.text.startswith("Average"):
            assert after.average is not None
            low = float(np.median(made.landscape.loss(after.average[-20:])))
        assert low < settled(before), (remedy.text, low, settled(before))


@pytest.mark.parametrize(("name", "index", "kind"), [("06-saddle", 0, "saddle"), ("07-plateau", 0, "plateau")])
def test_every_remedy_leads_off_a_place_that_held_the_marble(name, index, kind):
    made = gdsim.load(gdsim.resources.resource("experiments") / f"{name}.json")
    before = gdsim.run(made).runs[index]
    found = diagnose(made, index, before)[0]
    assert found.kind == kind
    held = float(before.loss[found.step]) - 0.5 * float(before.loss[found.step] - before.loss[-1])
    for remedy in found.remedies:
        after = gdsim.run(remedy.edit(made)).runs[index]
        assert np.argmax(after.loss < held) < np.argmax(before.loss < held), remedy.text
        assert (after.loss < held).any()


@pytest.mark.parametrize("name", ["08-noise", "10-many-minima"])
def test_noise_with_a_cosine_leaves_a_pit_more_often_than_not(name):
    made = gdsim.load(gdsim.resources.resource("experiments") / f"{name}.json")
    before = gdsim.run(made).runs[0]
    remedy = next(one for one in diagnose(made, 0, before)[0].remedies if one.text.startswith("Add noise"))
    seeds = [
        msgspec.structs.replace(remedy.edit(made), seed=seed, runs=remedy.edit(made).runs[:1]) for seed in range(20)
    ]
    assert sum(settled(gdsim.run(one).runs[0]) < settled(before) - 1e-3 for one in seeds) > 10


@pytest.mark.parametrize(
    ("name", "index"),
    [("28-over-fitting", 0), ("29-logistic-regression", 0), ("30-network-moons", 1), ("34-ten-examples", 0)],
)
def test_every_remedy_of_over_fitting_lowers_the_validation_loss(name, index):
    made = gdsim.load(gdsim.resources.resource("experiments") / f"{name}.json")
    before = gdsim.run(made).runs[index]
    found = diagnose(made, index, before)[0]
    assert found.kind == "over-fitting"
    for remedy in found.remedies:
        after = gdsim.run(remedy.edit(made)).runs[index]
        assert before.val_loss is not None
        assert after.val_loss is not None
        assert after.val_loss[-1] < before.val_loss[-1], remedy.text
