"""Sweeps: every cell is the single run, comes once, coarse before fine; what cannot be computed is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from samples import document, experiment

import gdsim
from gdsim.core.optimizers import Optimizer
from gdsim.core.paths import parameters
from gdsim.core.spec import kinds_of
from gdsim.core.sweep import Axis, Sweep, SweepMap, critical_momentum, curvatures, stable_rate, theory

SEED = np.random.SeedSequence(5)
VARIANTS = [
    pytest.param({"name": kind.name(), **variant}, id=label)
    for kind in kinds_of(Optimizer)
    for label, variant in kind.variants.items()
]
LINE = {"name": "linear_regression"}
RATES = Axis("optimizer.lr", 1e-4, 1e-2, 5, "log")


def swept(optimizer: dict[str, Any], x: Axis, y: Axis, **fields: Any) -> Sweep:
    run = {"optimizer": optimizer, **fields.pop("run", {})}
    return Sweep(experiment(run, **{"steps": 60, **fields}), x, y, target=fields.pop("target", None))


def whole(sweep: Sweep, budget: float = 10.0) -> SweepMap:
    found = SweepMap(sweep)
    for part in sweep.parts(budget):
        found.add(part)
    assert found.whole
    assert found.share == 1.0
    return found


def compare(sweep: Sweep, cells: Any, tolerance: float = 1e-9) -> None:
    """Some cells against the runs that ``gdsim.run`` makes of them."""
    found = whole(sweep)
    for row, column in cells:
        single = gdsim.run(sweep.cell(row, column)).runs[0]
        np.testing.assert_allclose(found.final_loss[row, column], single.loss[-1], rtol=tolerance, atol=1e-200)
        np.testing.assert_allclose(found.theta[row, column], single.theta[-1], rtol=tolerance, atol=1e-12)
        finite = single.loss[np.isfinite(single.loss)]
        np.testing.assert_allclose(found.best_loss[row, column], finite.min(), rtol=tolerance, atol=1e-200)
        if sweep.target is not None:
            hit = np.flatnonzero(single.loss <= sweep.target)
            assert found.reached[row, column] == (hit[0] if hit.size else -1)
        outcome = single.outcome
        if outcome.kind == "diverged" and "keeps rising" not in outcome.why:
            assert found.diverged[row, column] == outcome.step
        else:
            assert found.diverged[row, column] == -1


def some(sweep: Sweep, count: int = 5) -> list[tuple[int, int]]:
    chance = np.random.Generator(np.random.Philox(key=int(SEED.entropy)))
    rows, columns = sweep.shape
    return [(int(chance.integers(rows)), int(chance.integers(columns))) for _ in range(count)]


@pytest.mark.parametrize("landscape", ["rosenbrock", "himmelblau", "cliff", LINE], ids=str)
@pytest.mark.parametrize("optimizer", VARIANTS)
def test_a_cell_is_the_single_run(optimizer, landscape):
    corner = Axis("start[0]", 0.4, 1.7, 7), Axis("start[1]", 0.5, 1.9, 5)
    starts = swept({**optimizer, "lr": 1e-3}, *corner, landscape=landscape)
    assert starts.together
    compare(starts, some(starts, 3))
    rates = swept(optimizer, RATES, corner[1], landscape=landscape)
    compare(rates, some(rates, 3))


@pytest.mark.parametrize("kind", kinds_of(Optimizer), ids=lambda kind: kind.name())
def test_every_number_of_an_optimizer_can_be_swept(kind):
    for found in parameters(experiment({"optimizer": {"name": kind.name()}}).runs[0]):
        if found.head != "optimizer" or found.path == "optimizer.lr":
            continue
        h = found.declared
        axis = Axis(found.path, max(h.low, 1e-3), min(h.high, 0.9 if h.high < 1.5 else h.high), 3, h.scale)
        sweep = swept({"name": kind.name()}, RATES, axis, landscape="quadratic", steps=20)
        assert sweep.together
        compare(sweep, [(0, 1), (2, 4)])


SETTINGS: list[Any] = [
    pytest.param({}, Axis("optimizer.momentum", 0.0, 0.9, 4), {}, id="momentum"),
    pytest.param({"dampening": 0.5}, Axis("optimizer.momentum", 0.0, 0.9, 4), {}, id="dampened"),
    pytest.param({}, Axis("schedule.gamma", 0.1, 0.9, 4), {"schedule": {"name": "StepLR", "step_size": 9}}, id="step"),
    pytest.param({}, Axis("schedule.step_size", 1, 9, 4), {"schedule": {"name": "StepLR"}}, id="whole numbers"),
    pytest.param({}, Axis("schedule.power", 0.5, 2, 3), {"schedule": {"name": "PolynomialLR"}}, id="power"),
    pytest.param({"momentum": 0.5}, Axis("schedule.max_lr", 1e-3, 2e-2, 3, "log"),
                 {"schedule": {"name": "OneCycleLR", "total_steps": 40}}, id="cycling momentum"),
    pytest.param({}, Axis("optimizer.momentum", 0.1, 0.9, 3),
                 {"schedule": {"name": "CyclicLR", "cycle_momentum": False}}, id="kept momentum"),
    pytest.param({}, Axis("clip.value", 0.1, 10, 4, "log"), {"clip": {"kind": "norm"}}, id="norm"),
    pytest.param({}, Axis("clip.value", 0.1, 10, 4, "log"), {"clip": {"kind": "value"}}, id="value"),
    pytest.param({}, Axis("noise.std", 0.0, 2, 4), {"noise": {"std": 1.0}}, id="noise"),
]  # fmt: skip


@pytest.mark.parametrize(("optimizer", "axis", "run"), SETTINGS)
def test_all_settings_of_a_run_count(optimizer, axis, run):
    for name in ("SGD", "Adam") if not optimizer and axis.path.partition(".")[0] != "optimizer" else ("SGD",):
        sweep = swept({"name": name, **optimizer}, RATES, axis, run=run, steps=300, seed=7)
        assert sweep.together
        rows, columns = sweep.shape
        compare(sweep, [(0, 0), (rows - 1, 0), (0, columns - 1), (rows - 1, columns - 1), *some(sweep, 2)])


APART: list[Any] = [
    pytest.param({"batch_size": 2}, RATES, LINE, id="batches"),
    pytest.param({}, Axis("batch_size", 1, 4, 4), LINE, id="batch size"),
    pytest.param({"schedule": {"name": "ReduceLROnPlateau", "patience": 2}}, RATES, "quadratic", id="plateau"),
    pytest.param({"changes": [{"step": 5, "optimizer": {"name": "Adam"}}]}, RATES, "quadratic", id="changes"),
    pytest.param({}, RATES, {"name": "network", "hidden": 2, "hidden2": 0}, id="network"),
]


@pytest.mark.parametrize(("run", "axis", "landscape"), APART)
def test_what_cannot_be_vectorised_is_run_alone(run, axis, landscape):
    sweep = swept({"name": "SGD"}, Axis("optimizer.momentum", 0.0, 0.9, 3), axis, run=run, landscape=landscape)
    assert not sweep.together
    compare(sweep, [(0, 0), (2, 1), *some(sweep, 2)], tolerance=0.0)


def test_a_change_on_the_way_keeps_its_own_numbers_and_shares_the_others():
    changes = [
        {"step": 5, "optimizer": {"name": "SGD", "lr": 0.01, "momentum": 0.5}},
        {"step": 9, "optimizer": {"name": "Adam", "lr": 0.3}},
    ]
    run = {"changes": changes}
    sweep = swept({"name": "SGD", "lr": 0.01}, RATES, Axis("optimizer.momentum", 0.1, 0.9, 2), run=run)
    cell = sweep.run(1, 3)
    lr = sweep.x_values[3]
    assert (cell.optimizer.lr, cell.optimizer.momentum) == (lr, 0.9)
    assert (cell.changes[0].optimizer.lr, cell.changes[0].optimizer.momentum) == (lr, 0.5)
    assert cell.changes[1].optimizer.lr == 0.3


@pytest.mark.parametrize(
    ("landscape", "optimizer"),
    [
        ("quadratic", {"name": "SGD"}),
        ("rosenbrock", {"name": "SGD"}),
        ("saddle", {"name": "SGD"}),
        ({"name": "formula", "expression": "log(x) + y**2"}, {"name": "SGD"}),
    ],
    ids=str,
)
def test_divergence_is_told_as_the_single_run_tells_it(landscape, optimizer):
    sweep = swept(optimizer, Axis("optimizer.lr", 1e-3, 30.0, 12, "log"), Axis("start[0]", 0.5, 2.0, 2),
                  landscape=landscape, steps=120, start=[1.0, 1.0])  # fmt: skip
    compare(sweep, [(row, column) for row in range(2) for column in range(12)])
    found = whole(sweep)
    assert (found.diverged >= 0).any()
    assert (found.diverged < 0).any()


@pytest.mark.parametrize("batch_size", [None, 2])
def test_steps_to_a_target(batch_size):
    run = {"batch_size": batch_size}
    sweep = Sweep(
        experiment({"optimizer": {"name": "SGD"}, **run}, landscape=LINE, steps=80), RATES,
        Axis("optimizer.momentum", 0.0, 0.9, 3), target=2.0,
    )  # fmt: skip
    compare(sweep, [(row, column) for row in range(3) for column in range(5)])
    assert (whole(sweep).reached >= 0).any()
    assert (whole(sweep).reached < 0).any()


def test_basins_of_himmelblau():
    e = experiment({"optimizer": {"name": "SGD", "lr": 0.01}}, landscape="himmelblau", steps=300)
    sweep = Sweep(e, Axis("start[0]", -5, 5, 24), Axis("start[1]", -5, 5, 16))
    found = whole(sweep)
    assert set(np.unique(found.minimum)) >= {0, 1, 2, 3}
    at = found.minimum >= 0
    away = np.linalg.norm(found.theta[at] - sweep.minima[found.minimum[at]], axis=1)
    assert away.max() < 0.05
    assert (found.minimum[found.diverged >= 0] == -1).all()


@pytest.mark.parametrize("shape", [(2, 2), (5, 33), (64, 64), (130, 70)])
def test_every_cell_comes_once_and_the_coarse_ones_first(shape):
    sweep = swept({"name": "SGD"}, Axis("start[0]", -1, 1, shape[1]), Axis("start[1]", -1, 1, shape[0]), steps=2)
    seen = np.zeros(shape, dtype=int)
    strides = []
    for part in sweep.parts():
        np.add.at(seen, (part.rows, part.columns), 1)
        if part.rows.size:
            strides.append(part.stride)
    assert (seen == 1).all()
    assert strides == sorted(strides, reverse=True)


@pytest.mark.parametrize("landscape", ["rosenbrock", {"name": "network"}], ids=str)
def test_it_can_be_left_at_any_part_and_keeps_what_is_there(landscape):
    axes = Axis("optimizer.lr", 1e-4, 1e-3, 40, "log"), Axis("optimizer.betas[0]", 0.0, 0.9, 40)
    sweep = swept({"name": "Adam"}, *axes, landscape=landscape, steps=2000)
    found, shares = SweepMap(sweep), [0.0]
    for part in sweep.parts(0.0):
        found.add(part)
        shares.append(found.share)
        if found.done.sum() >= 3:
            break
    assert not found.whole
    assert shares == sorted(shares)
    assert 0.0 < shares[-1] < 1.0
    assert np.isfinite(found.values("loss")[found.done]).all()
    assert np.isnan(found.values("loss")[~found.done]).all()
    row, column = found.sources()
    shown = found.done[row, column]
    assert shown[:16, :16].all()
    with pytest.raises(ValueError, match="read-only"):
        part.final_loss[:] = 0.0


def test_parts_do_not_depend_on_how_they_are_cut():
    sweep = swept({"name": "Adam"}, RATES, Axis("optimizer.betas[0]", 0.0, 0.9, 20), steps=300)
    a, b = whole(sweep, 0.0), whole(sweep, 100.0)
    assert a.final_loss.tobytes() == b.final_loss.tobytes()
    assert a.theta.tobytes() == b.theta.tobytes()


def axes(x: dict[str, Any], y: dict[str, Any] | None = None) -> Any:
    first = {"path": "optimizer.lr", "low": 1e-4, "high": 1.0, "count": 4, **x}
    second = {"path": "optimizer.momentum", "low": 0.0, "high": 0.9, "count": 4, **(y or {})}
    return lambda: Sweep(experiment({"optimizer": {"name": "SGD"}}), Axis(**first), Axis(**second))


NESTEROV = document({"optimizer": {"name": "SGD", "nesterov": True, "momentum": 0.9}})
HUGE = {"name": "network", "hidden": 32, "hidden2": 32}


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (axes({"low": 1.0, "high": 1.0}), "optimizer.lr: the range is empty: 1 is not below 1"),
        (axes({"low": 2.0}), "the range is empty"),
        (axes({"low": 0.0, "scale": "log"}), "a log axis begins above 0, not at 0"),
        (axes({"low": -1.0, "scale": "log"}), "a log axis begins above 0, not at -1"),
        (axes({"high": float("inf")}), "finite ends"),
        (axes({"low": -1.0}), "learning rate must be at least 0, not -1"),
        (axes({}, {"path": "optimizer.betas[0]"}), "SGD has no betas.0.; it has lr, momentum, dampening"),
        (axes({}, {"path": "optimizer.nesterov"}), "is a choice, not a number"),
        (axes({}, {"path": "clip.value"}), "clip.value: this run does not clip its gradients"),
        (axes({}, {"path": "noise.std"}), "has no noise"),
        (axes({}, {"path": "schedule.gamma"}), "constant has no gamma; it has no numbers"),
        (axes({}, {"path": "momentum"}), "is no number of a run; did you mean optimizer.momentum"),
        (axes({}, {"path": "batch_size", "low": 1, "high": 9}), "only landscapes from data have batches"),
        (axes({}, {"path": "start[2]"}), "the landscape has 2 parameters"),
        (axes({}, {"path": "optimizer.lr"}), "both axes cannot vary the same"),
        (axes({"count": 1}), "2 to 512 values, not 1"),
        (axes({"count": 513}), "2 to 512 values, not 513"),
        (lambda: Sweep(gdsim.load(NESTEROV), RATES, Axis("optimizer.momentum", 0.0, 0.9, 4)), "nesterov needs"),
        (lambda: Sweep(experiment(), RATES, Axis("start[0]", 0, 1, 4), index=1), "there is no run 1"),
        (lambda: Sweep(experiment(), RATES, Axis("start[0]", 0, 1), target=float("nan")), "finite number"),
        (lambda: Sweep(experiment(landscape=HUGE), Axis("start[0]", 0, 1, 512), Axis("start[1]", 0, 1, 512)),
         "512 x 512 cells of 1,185 parameters are too large for memory"),
    ],
)  # fmt: skip
def test_refusals(make, reason):
    with pytest.raises(ValueError, match=reason.replace("(", r"\(")):
        make()


# Theory


@pytest.mark.parametrize(
    ("optimizer", "first"),
    [
        ({}, True), ({}, False), ({"nesterov": True, "momentum": 0.5}, True), ({"dampening": 0.5}, True),
        ({"weight_decay": 1.0}, True),
    ],
    ids=str,
)  # fmt: skip
def test_the_line_of_stability_parts_what_diverges_from_what_does_not(optimizer, first):
    a, b = Axis("optimizer.lr", 0.05, 2.0, 40), Axis("optimizer.momentum", 0.1, 0.9, 9)
    landscape = {"name": "quadratic", "a": 3.0, "b": 4.0}
    sweep = swept({"name": "SGD", **optimizer}, *((a, b) if first else (b, a)), landscape=landscape, steps=1500)
    found, line = whole(sweep), theory(sweep)[0]
    rates, betas = (line.x, line.y) if first else (line.y, line.x)
    diverged = found.diverged >= 0
    for k, beta in enumerate(sweep.y_values if first else sweep.x_values):
        edge = np.interp(beta, betas, rates, right=np.inf)
        row = diverged[k] if first else diverged[:, k]
        lr = sweep.x_values if first else sweep.y_values
        assert row[lr > 1.03 * edge].all()
        assert not row[lr < 0.97 * edge].any()


def test_critical_momentum_is_the_fastest():
    for nesterov in (False, True):
        rate, curvature = 0.1, 1.0
        beta = float(critical_momentum(curvature, rate, nesterov=nesterov))
        betas = [beta - 0.05, beta, beta + 0.05]
        spectral = []
        for b in betas:
            k = 1.0 - rate * curvature
            # θ(k+1) in θ(k) and θ(k-1), as its companion matrix
            step = [[(1 + b) * k, -b * k], [1, 0]] if nesterov else [[k + b, -b], [1, 0]]
            spectral.append(np.abs(np.linalg.eigvals(np.array(step))).max())
        assert np.argmin(spectral) == 1


def test_critical_momentum_ends_where_every_descent_diverges():
    momentum = Axis("optimizer.momentum", 0.0, 0.9, 4)
    sweep = swept({"name": "SGD"}, Axis("optimizer.lr", 1e-3, 1.0, 9, "log"), momentum, landscape="quadratic")
    _, critical = theory(sweep)
    assert critical.x.size
    assert (critical.x <= stable_rate(100.0, critical.y)).all()


def test_no_rate_is_called_stable_with_a_momentum_of_1():
    """The optimizer takes it, as PyTorch's does; every descent diverges or circles."""
    momentum = Axis("optimizer.momentum", 0.0, 2.0, 5)
    sweep = swept({"name": "SGD"}, Axis("optimizer.lr", 1e-3, 0.3, 5), momentum, landscape="quadratic", steps=400)
    assert theory(sweep)[0].y.max() < 1.0
    assert (whole(sweep).diverged[sweep.y_values > 1.0] >= 0).all()


def test_theory_is_silent_where_it_has_nothing_to_say():
    momentum = Axis("optimizer.momentum", 0.0, 0.9, 4)
    assert theory(swept({"name": "SGD"}, RATES, momentum, landscape="rosenbrock")) == ()
    assert theory(swept({"name": "Adam"}, RATES, Axis("start[0]", 0, 1, 4), landscape="quadratic")) == ()
    assert theory(swept({"name": "SGD"}, RATES, momentum, landscape="quadratic", run={"clip": {}})) == ()
    assert curvatures(experiment(landscape="himmelblau")) is None
    np.testing.assert_allclose(curvatures(experiment(landscape="quadratic")), [1.0, 100.0])
    assert stable_rate(4.0, 0.0) == 0.5
    names = [line.name for line in theory(swept({"name": "SGD"}, Axis("optimizer.lr", 1e-3, 0.1, 9), momentum,
                                                landscape="quadratic"))]  # fmt: skip
    assert names == ["2(1 + β)/L", "critical β"]
