"""Models on data descend as they do in PyTorch: the same batches, the same losses, the same averages."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from samples import document, run_of

import gdsim
from gdsim.core.experiment import Experiment

torch = pytest.importorskip("torch")

STEPS = 60
MOONS = {"name": "moons", "size": 60, "noise": 0.2}
LANDSCAPES: dict[str, dict[str, Any]] = {
    "line": {"name": "linear_regression", "dataset": {"name": "line", "size": 60, "noise": 0.5}},
    "huber": {"name": "linear_regression", "loss": "huber", "dataset": {"name": "line", "size": 60, "outliers": 0.2}},
    "logistic": {"name": "logistic_regression", "dataset": {"name": "blobs", "size": 60}},
    "polynomial": {
        "name": "polynomial_regression",
        "degree": 4,
        "standardise": 1.0,
        "dataset": {"name": "noisy_sine", "size": 60},
    },
    "network": {"name": "network", "hidden": 6, "hidden2": 4, "dataset": MOONS},
    "relu": {"name": "network", "hidden": 7, "activation": "relu", "dataset": {"name": "noisy_sine", "size": 60}},
}
RUNS: dict[str, dict[str, Any]] = {
    "full": {"optimizer": {"name": "SGD", "lr": 0.02, "momentum": 0.9}},
    "batches": {"optimizer": {"name": "Adam", "lr": 0.01}, "batch_size": 7},
    "accumulated": {"optimizer": {"name": "AdamW", "lr": 0.01}, "batch_size": 5, "accumulate": 2},
    "clipped": {"optimizer": {"name": "SGD", "lr": 0.05}, "batch_size": 16, "clip": {"kind": "norm", "value": 0.3}},
    "epochs": {
        "optimizer": {"name": "RMSprop", "lr": 0.01},
        "batch_size": 16,
        "schedule": {"name": "StepLR", "step_size": 3, "gamma": 0.5},
        "schedule_by": "epoch",
    },
    "averaged": {"optimizer": {"name": "SGD", "lr": 0.05}, "batch_size": 8, "average": 0.9},
}


def loss_of(landscape: Any, theta: Any, x: Any, y: Any) -> Any:
    """The model and its loss again, in torch's own words."""
    functional = torch.nn.functional
    name, x = landscape.name(), torch.as_tensor(x.copy())
    y = torch.as_tensor(y.copy())
    if name == "linear_regression":
        z = theta[0] * x[:, 0] + theta[1]
        return (
            functional.huber_loss(z, y, delta=landscape.delta)
            if landscape.loss_kind == "huber"
            else ((z - y) ** 2).mean()
        )
    if name == "logistic_regression":
        return functional.binary_cross_entropy_with_logits(x[:, 0] * theta[0] + x[:, 1] * theta[1] + theta[2], y)
    if name == "polynomial_regression":
        return ((sum(theta[k] * x[:, 0] ** k for k in range(landscape.dim)) - y) ** 2).mean()
    sizes = [x.shape[1], landscape.hidden, *([landscape.hidden2] if landscape.hidden2 else []), 1]
    activation = torch.tanh if landscape.activation == "tanh" else torch.relu
    place, h = 0, x
    for k, (fan_in, out) in enumerate(itertools.pairwise(sizes)):
        weights = theta[place : place + fan_in * out].reshape(out, fan_in)
        place += fan_in * out
        h = functional.linear(h, weights, theta[place : place + out])
        place += out
        h = activation(h) if k < len(sizes) - 2 else h
    z = h[:, 0]
    if landscape.task == "classification":
        return functional.binary_cross_entropy_with_logits(z, y)
    return ((z - y) ** 2).mean()


def trained(found: Experiment) -> dict[str, Any]:
    """The same run by torch."""
    run, data = found.runs[0], found.landscape.data()
    theta = torch.tensor(found.origin, dtype=torch.float64, requires_grad=True)
    optimizer_spec = run.optimizer
    kind = getattr(torch.optim, optimizer_spec.name())
    keywords = {"SGD": ("lr", "momentum"), "Adam": ("lr",), "AdamW": ("lr", "weight_decay"), "RMSprop": ("lr",)}
    optimizer = kind([theta], **{key: getattr(optimizer_spec, key) for key in keywords[optimizer_spec.name()]})
    holder = torch.nn.ParameterList([theta])
    ema = None
    if run.average is not None:
        average = torch.optim.swa_utils.get_ema_multi_avg_fn(run.average)
        ema = torch.optim.swa_utils.AveragedModel(holder, multi_avg_fn=average)
    batches = run.batches(data.y.size, found.seed)
    scheduler = None
    if run.schedule_by == "epoch":
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, run.schedule.step_size, run.schedule.gamma)
    columns: dict[str, list[Any]] = {name: [] for name in ("theta", "loss", "batch_loss", "val_loss", "average")}
    for step in range(found.steps + 1):
        rows = slice(None) if batches is None else batches.rows(step)
        optimizer.zero_grad()
        loss = loss_of(found.landscape, theta, data.x[rows], data.y[rows])
        loss.backward()
        columns["theta"].append(theta.detach().numpy().copy())
        columns["batch_loss"].append(loss.item())
        with torch.no_grad():
            columns["loss"].append(loss_of(found.landscape, theta, data.x, data.y).item())
            columns["val_loss"].append(loss_of(found.landscape, theta, data.x_val, data.y_val).item())
        if ema is not None:
            columns["average"].append(next(iter(ema.module)).detach().numpy().copy())
        if run.clip is not None:
            torch.nn.utils.clip_grad_norm_([theta], run.clip.value)
        optimizer.step()
        if ema is not None:
            ema.update_parameters(holder)
        if scheduler is not None and (step + 1) % batches.per_epoch == 0:
            scheduler.step()
    return {name: np.array(values) for name, values in columns.items()}


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("landscape", LANDSCAPES)
def test_a_model_descends_as_in_torch(landscape, run):
    ground = {**LANDSCAPES[landscape], "validation": 0.25}
    found = gdsim.load(document(RUNS[run], landscape=ground, steps=STEPS, seed=5))
    columns, mine = trained(found), gdsim.run(found).runs[0]
    for name in ("theta", "loss", "val_loss"):
        np.testing.assert_allclose(getattr(mine, name), columns[name], rtol=1e-9, atol=1e-9, err_msg=name)
    if found.runs[0].batch_size is not None:
        np.testing.assert_allclose(mine.batch_loss, columns["batch_loss"], rtol=1e-9, atol=1e-9)
    if found.runs[0].average is not None:
        np.testing.assert_allclose(mine.average, columns["average"], rtol=1e-9, atol=1e-9)
    assert (mine.average is None) == (found.runs[0].average is None)


def test_missing_values_are_seen_at_the_first_step():
    spoilt = {**LANDSCAPES["network"], "corrupt": "missing values"}
    run = run_of({"optimizer": {"name": "SGD", "lr": 0.1}}, landscape=spoilt)
    assert len(run) == 1
    assert run.outcome.kind == "diverged"
