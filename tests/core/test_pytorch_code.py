"""Scripts: run by themselves they end where gdsim does, for every optimizer, landscape, schedule and setting."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import subprocess
import sys
import warnings
from typing import Any

import numpy as np
import pytest
from samples import document, experiment, plain_kinds

import gdsim
from gdsim.core.differentiation import UNARY
from gdsim.core.experiment import Experiment
from gdsim.core.landscapes import Landscape, ModelLandscape, PlaneLandscape
from gdsim.core.numpy_code import numpy_script
from gdsim.core.optimizers import Optimizer
from gdsim.core.pytorch_code import torch_script
from gdsim.core.schedules import Schedule
from gdsim.core.script import ScriptError
from gdsim.core.source import NUMPY, TORCH, formula_of, number, written
from gdsim.core.spec import kinds_of

MAKERS = [pytest.param(torch_script, id="torch"), pytest.param(numpy_script, id="numpy")]
VARIANTS = [
    pytest.param({"name": kind.name(), **variant}, id=label)
    for kind in kinds_of(Optimizer)
    for label, variant in kind.variants.items()
]


@pytest.fixture(scope="module", autouse=True)
def torch():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = pytest.importorskip("torch")
    before = found.get_default_dtype()
    yield found
    found.set_default_dtype(before)


def ends(script: str) -> list[list[float]]:
    """The last line that a script prints; scripts here are this program's own, so they run in this process."""
    told = io.StringIO()
    with contextlib.redirect_stdout(told), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        exec(compile(script, "script", "exec"), {"__name__": "__main__"})
    return json.loads(told.getvalue().splitlines()[-1])


def same(e: Experiment, make: Any, tolerance: float = 1e-8) -> None:
    found = ends(make(e))
    runs = gdsim.run(e).runs
    assert len(found) == len(runs)
    for theirs, ours in zip(found, runs, strict=True):
        np.testing.assert_allclose(theirs, ours.theta[-1], rtol=tolerance, atol=tolerance)


def made(*runs: dict[str, Any], **fields: Any) -> Experiment:
    return experiment(*runs, **{"landscape": "rosenbrock", "steps": 70, **fields})


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("optimizer", VARIANTS)
def test_every_optimizer(optimizer, make):
    runs = [{"optimizer": {**optimizer, "lr": lr}} for lr in (1e-3, 5e-4)]
    if "weight_decay" in {h for kind in kinds_of(Optimizer) if kind.name() == optimizer["name"]
                          for h in kind.__struct_fields__}:  # fmt: skip
        runs.append({"optimizer": {**optimizer, "lr": 1e-3, "weight_decay": 0.1}})
    same(made(*runs), make)


ODD = [
    {"name": "SGD", "lr": 1e-3, "momentum": 0.8, "dampening": 0.3},
    {"name": "Adagrad", "lr": 0.1, "lr_decay": 0.02, "initial_accumulator_value": 0.5, "eps": 1e-6},
    {"name": "RMSprop", "lr": 1e-3, "alpha": 0.9, "centered": True, "momentum": 0.7, "weight_decay": 0.1},
    {"name": "Adadelta", "lr": 0.1, "rho": 0.8, "eps": 1e-3},
    {"name": "AdamW", "lr": 0.02, "betas": [0.7, 0.95], "amsgrad": True, "weight_decay": 0.3},
    {"name": "NAdam", "lr": 0.02, "momentum_decay": 0.03},
    {"name": "RAdam", "lr": 0.02, "betas": [0.8, 0.9]},
    {"name": "Rprop", "lr": 0.01, "etas": [0.4, 1.3], "step_sizes": [1e-4, 0.2]},
    {"name": "ASGD", "lr": 1e-3, "lambd": 0.1, "alpha": 0.5},
    {"name": "Lion", "lr": 0.01, "betas": [0.8, 0.9], "weight_decay": 0.1},
]


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("optimizer", ODD, ids=lambda optimizer: optimizer["name"])
def test_every_hyperparameter_counts(optimizer, make):
    same(made({"optimizer": optimizer}), make)


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("kind", plain_kinds(Landscape), ids=lambda kind: kind.name())
def test_every_landscape(kind, make):
    same(made({"optimizer": {"name": "SGD", "lr": 0.5 * kind.good_lr}}, landscape=kind.name(), steps=40), make)


MODELS: list[Any] = [
    {"name": "linear_regression", "loss": "half_mse"},
    {"name": "linear_regression", "loss": "sum"},
    {"name": "linear_regression", "loss": "huber", "delta": 0.5},
    {"name": "linear_regression", "dataset": {"name": "line", "size": 300}, "standardise": 0.5, "validation": 0.2},
    {"name": "polynomial_regression", "degree": 6, "only": 10},
    {"name": "logistic_regression", "corrupt": "outliers"},
    {"name": "network", "hidden": 3, "hidden2": 0, "activation": "relu", "init_seed": 3},
    {"name": "network", "hidden": 4, "hidden2": 3, "dataset": {"name": "noisy_sine"}},
    {"name": "network", "hidden": 4, "hidden2": 3, "activation": "relu"},
]


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("landscape", MODELS, ids=str)
def test_every_model(landscape, make):
    settings = {"optimizer": {"name": "Adam", "lr": 0.01}}
    batches = {**settings, "batch_size": 4, "accumulate": 2, "noise": {"std": 0.1}, "clip": {"value": 0.5}}
    same(made(settings, batches, landscape=landscape, steps=40, seed=3), make)


def test_a_start_of_ones_own(torch):
    start = [0.1 * k for k in range(9)]
    for make in (torch_script, numpy_script):
        e = made({"optimizer": {"name": "SGD"}}, landscape={"name": "network", "hidden": 2, "hidden2": 0}, start=start)
        same(e, make)


SCHEDULES: list[dict[str, Any]] = [
    *({"name": kind.name()} for kind in kinds_of(Schedule)),
    {"name": "ConstantLR", "factor": 0.5, "total_iters": 20},
    {"name": "ConstantLR", "factor": 0.5, "total_iters": 0},
    {"name": "StepLR", "step_size": 7, "gamma": 0.6},
    {"name": "MultiStepLR", "milestones": [5, 20, 20], "gamma": 0.5},
    {"name": "MultiStepLR", "milestones": [], "gamma": 0.5},
    {"name": "CosineAnnealingLR", "T_max": 25, "eta_min": 1e-4},
    {"name": "CosineAnnealingWarmRestarts", "T_0": 10, "T_mult": 2},
    {"name": "CosineAnnealingWarmRestarts", "T_0": 10, "eta_min": 1e-4},
    {"name": "LinearLR", "start_factor": 1.0, "end_factor": 0.0, "total_iters": 30},
    {"name": "PolynomialLR", "total_iters": 30, "power": 2.0},
    {"name": "CyclicLR", "step_size_up": 8, "step_size_down": 3, "max_lr": 2e-3, "mode": "triangular2"},
    {"name": "CyclicLR", "step_size_up": 8, "max_lr": 2e-3, "mode": "exp_range", "gamma": 0.97},
    {"name": "CyclicLR", "step_size_up": 8, "max_lr": 2e-3, "cycle_momentum": False},
    {"name": "CyclicLR", "step_size_up": 8, "max_lr": 2e-3, "base_momentum": 0.0},
    {"name": "OneCycleLR", "total_steps": 30, "max_lr": 2e-3},
    {"name": "OneCycleLR", "total_steps": 70, "max_lr": 2e-3, "anneal_strategy": "linear", "three_phase": True},
    {"name": "OneCycleLR", "total_steps": 70, "max_lr": 2e-3, "pct_start": 0.0, "cycle_momentum": False},
    {"name": "CosineWithWarmup", "num_warmup_steps": 0, "num_training_steps": 60, "num_cycles": 1.5},
    *({"name": "WarmupStableDecay", "num_stable_steps": 10, "num_decay_steps": 20, "decay_type": shape,
       "min_lr_ratio": 0.1} for shape in ("linear", "cosine", "1-sqrt")),
    {"name": "ReduceLROnPlateau", "patience": 2, "factor": 0.5, "threshold": 0.05, "cooldown": 3},
    {"name": "ReduceLROnPlateau", "patience": 1, "threshold_mode": "abs", "threshold": 0.01, "metric": "loss_after"},
    {"name": "ReduceLROnPlateau", "patience": 3, "mode": "max", "factor": 0.8, "min_lr": 3e-4},
    {"name": "SequentialLR", "schedulers": [{"name": "LinearLR", "total_iters": 9}, {"name": "constant"},
     {"name": "StepLR", "step_size": 5}, {"name": "CosineAnnealingLR", "T_max": 20}], "milestones": [10, 20, 35]},
    {"name": "SequentialLR", "schedulers": [{"name": "ExponentialLR", "gamma": 0.95}, {"name": "PolynomialLR",
     "total_iters": 30}], "milestones": [15]},
    {"name": "SequentialLR", "schedulers": [{"name": "CosineWithWarmup"}, {"name": "OneCycleLR", "total_steps": 40}],
     "milestones": [12]},
]  # fmt: skip


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda schedule: schedule["name"])
def test_every_schedule(schedule, make):
    optimizers = [
        {"name": "SGD", "lr": 1e-3, "momentum": 0.5}, {"name": "SGD", "lr": 1e-3}, {"name": "Adam", "lr": 1e-3},
        {"name": "RMSprop", "lr": 1e-3}, {"name": "Adagrad", "lr": 1e-2}, {"name": "Lion", "lr": 1e-3},
        {"name": "NAdam", "lr": 1e-3}, {"name": "Rprop", "lr": 1e-3},
    ]  # fmt: skip
    same(made(*({"optimizer": optimizer, "schedule": schedule} for optimizer in optimizers)), make)


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("schedule", ["StepLR", "OneCycleLR", "ReduceLROnPlateau", "CosineWithWarmup"])
def test_schedules_that_count_epochs(schedule, make):
    details = {"StepLR": {"step_size": 2}, "OneCycleLR": {"total_steps": 8}, "ReduceLROnPlateau": {"patience": 0}}
    run = {
        "optimizer": {"name": "SGD", "lr": 0.01}, "batch_size": 2, "schedule_by": "epoch",
        "schedule": {"name": schedule, **details.get(schedule, {})},
    }  # fmt: skip
    same(made(run, landscape="linear_regression"), make)


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("clip", [None, {"kind": "norm", "value": 0.7}, {"kind": "value", "value": 0.7}], ids=str)
@pytest.mark.parametrize("noise", [None, {"std": 0.5}], ids=str)
def test_clipping_and_noise(clip, noise, make):
    run = {"optimizer": {"name": "Adam", "lr": 0.01}, "clip": clip, "noise": noise}
    same(made(run, seed=9, steps=300), make)


CHANGES: list[list[dict[str, Any]]] = [
    [{"step": 20, "optimizer": {"name": "SGD", "lr": 5e-4, "momentum": 0.9}}],
    [{"step": 20, "optimizer": {"name": "SGD", "lr": 5e-4, "momentum": 0.9, "nesterov": True}},
     {"step": 30, "optimizer": {"name": "SGD", "lr": 1e-3}}, {"step": 50, "optimizer": {"name": "Adam", "lr": 0.01}}],
    [{"step": 10, "optimizer": {"name": "RMSprop", "lr": 1e-3}},
     {"step": 20, "optimizer": {"name": "RMSprop", "lr": 1e-3, "momentum": 0.5, "centered": True}}],
    [{"step": 10, "optimizer": {"name": "Adam", "lr": 0.01}},
     {"step": 20, "optimizer": {"name": "Adam", "lr": 0.02, "amsgrad": True},
      "schedule": {"name": "ExponentialLR", "gamma": 0.98}, "clip": {"value": 0.1}}],
    [{"step": 10, "optimizer": {"name": "ASGD", "lr": 1e-3}, "noise": {"std": 0.3}},
     {"step": 30, "optimizer": {"name": "Rprop", "lr": 1e-3}, "schedule": {"name": "OneCycleLR", "total_steps": 60}}],
    [{"step": 30, "optimizer": {"name": "SGD", "lr": 1e-3}, "schedule": {"name": "CyclicLR", "max_lr": 2e-3}}],
    [{"step": 200, "optimizer": {"name": "Adam"}}],
    [{"step": 10, "optimizer": {"name": "SGD", "lr": 1e-3, "momentum": 0.5}, "schedule": {"name": "CyclicLR"}},
     {"step": 30, "optimizer": {"name": "SGD", "lr": 1e-3, "momentum": 0.5}}],
    [{"step": 10, "optimizer": {"name": "RMSprop", "lr": 1e-3}, "schedule": {"name": "OneCycleLR"}},
     {"step": 30, "optimizer": {"name": "RMSprop", "lr": 1e-3}}],
    [{"step": 5, "optimizer": {"name": "NAdam", "lr": 1e-3}, "schedule": {"name": "CyclicLR"}},
     {"step": 30, "optimizer": {"name": "NAdam", "lr": 2e-3}}],
    [{"step": 13, "optimizer": {"name": "SGD", "lr": 1e-3, "momentum": 0.5}, "schedule": {"name": "CyclicLR",
      "step_size_up": 30, "step_size_down": 3, "mode": "triangular2", "base_momentum": 0.0}}],
]  # fmt: skip


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("changes", CHANGES, ids=lambda changes: changes[-1]["optimizer"]["name"])
def test_changes_on_the_way(changes, make):
    same(made({"optimizer": {"name": "SGD", "lr": 1e-3, "momentum": 0.5}, "changes": changes}), make)


@pytest.mark.parametrize("make", MAKERS)
def test_a_divergence_ends_where_it_ends(make):
    e = made({"optimizer": {"name": "SGD", "lr": 5.0}}, {"optimizer": {"name": "SGD", "lr": 1e-3}})
    found, runs = ends(make(e)), gdsim.run(e).runs
    assert runs[0].outcome.kind == "diverged"
    np.testing.assert_allclose(found[0], runs[0].theta[-1], rtol=1e-6)
    np.testing.assert_allclose(found[1], runs[1].theta[-1], rtol=1e-8)


FUNCTIONS = [f"x**2 + y**2 + 0.1*{name}(0.3 + 0.1*x*y)" for name in UNARY if name != "acosh"] + [
    "x**2 + y**2 + acosh(2 + x*y/9)", "x**2 + y**2 + 0.1*pow(1.5, x*y)", "x**2 + y**2 + 0.1*(2 + x)**(y/3)",
    "x**2 + max(y**2, x - 1, 0.3)", "min(x**2, 5) + abs(y)", "hypot(x, 2*y) + 0.1*atan2(y, x)", "(x**2 + 2*y**2)**1.5",
    "x**2 + y**2/(1 + x**2) - -y", "2**x + (-x)**3 + y**-2 + y", "a*x**2 + b*y**2*sqrt(a)", "x**2 + 0*y", "abs(x - y)",
    "pi*x**2 + e**y - y", "x/y/2 + y/(x*3) + 1 - (x - (y - 1))",
]  # fmt: skip


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("expression", FUNCTIONS)
def test_every_function_of_a_formula(expression, make):
    names = {name: 1.5 for name in "ab" if f"{name}*" in expression}
    landscape = {"name": "formula", "expression": expression, "parameters": names}
    same(made({"optimizer": {"name": "SGD", "lr": 0.01}}, landscape=landscape, start=[0.7, 1.1], steps=30), make)


@pytest.mark.parametrize("kind", [k for k in plain_kinds(PlaneLandscape) if not issubclass(k, ModelLandscape)],
                         ids=lambda kind: kind.name())  # fmt: skip
def test_printed_formulas_are_the_landscapes(torch, kind):
    landscape = kind()
    points = np.random.Generator(np.random.Philox(key=3)).uniform(-2.0, 2.0, (20, 2))
    graph, outputs = formula_of(landscape)
    for calls, names, wanted in ((NUMPY, {"np": np}, outputs), (TORCH, {"torch": torch}, outputs[:1])):
        lines, texts = written(graph, wanted, calls)
        for x, y in points:
            one = float if calls is NUMPY else lambda value: torch.tensor(value, dtype=torch.float64)
            scope: dict[str, Any] = {**names, "x": one(x), "y": one(y)}
            for line in lines:
                exec(line, scope)
            values = [float(eval(text, scope)) for text in texts]
            here = np.array([[x, y]])
            np.testing.assert_allclose(values[0], landscape.loss(here)[0], rtol=1e-12, atol=1e-12)
            if len(values) > 1:
                np.testing.assert_allclose(values[1:], landscape.gradient(here)[0], rtol=1e-10, atol=1e-10)


def test_formulas_are_printed_as_textbooks_do():
    graph, outputs = formula_of(plain_kinds(PlaneLandscape)[2]())
    assert written(graph, outputs[:1], TORCH) == ([], ["(1 - x)**2 + 100 * (y - x**2)**2"])


@pytest.mark.parametrize("value", [0.0, -0.0, 1.0, -3.0, 0.1, 1e-300, 123456789.0, 1e22, float("inf"), float("-inf")])
def test_numbers_keep_every_digit(value):
    found = float(eval(number(value)))
    assert found == value
    assert np.signbit(found) == np.signbit(value)


@pytest.mark.parametrize("make", MAKERS)
def test_a_script_is_short_and_stands_on_its_own(make):
    script = make(made({"optimizer": {"name": "Adam", "lr": 0.01}}))
    assert len(script.splitlines()) <= 40
    assert max(map(len, script.splitlines())) <= 100
    assert "gdsim" not in script
    told = subprocess.run([sys.executable, "-I", "-"], input=script, capture_output=True, text=True, check=True)
    found = json.loads(told.stdout.splitlines()[-1])
    ours = gdsim.run(made({"optimizer": {"name": "Adam", "lr": 0.01}})).runs[0].theta[-1]
    np.testing.assert_allclose(found, [ours], rtol=1e-12)


def test_titles_and_labels_cannot_get_out_of_their_comments():
    wicked = 'a"""\nimport os; os.remove("x")\r\u2028print(1)\\'
    run = {"label": wicked, "optimizer": {"name": "SGD"}}
    for make in (torch_script, numpy_script):
        script = make(gdsim.load(document(run, title=wicked, steps=3)))
        names = {a.name for node in ast.walk(ast.parse(script)) if isinstance(node, ast.Import) for a in node.names}
        assert names <= {"json", "math", "numpy", "torch"}
        assert len(ends(script)) == 1


PLATEAU = {"name": "ReduceLROnPlateau"}
LATER = {"step": 5, "optimizer": {"name": "SGD", "lr": 0.5}}


@pytest.mark.parametrize(
    ("make", "run", "landscape", "reason"),
    [
        (torch_script, {"schedule": PLATEAU, "changes": [LATER]}, "bowl", "SGD: a schedule that watches the loss"),
        (numpy_script, {"changes": [{**LATER, "schedule": PLATEAU}]}, "bowl", "watches the loss"),
        (torch_script, {}, {"name": "formula", "expression": "3"}, "neither x nor y"),
        (torch_script, {}, {"name": "logistic_regression", "dataset": {"name": "blobs", "size": 99_999}}, "299,997"),
    ],
)
def test_refusals(make, run, landscape, reason):
    with pytest.raises(ScriptError, match=reason):
        make(experiment({"optimizer": {"name": "SGD"}, **run}, landscape=landscape))
