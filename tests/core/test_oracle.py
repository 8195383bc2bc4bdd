"""Every trajectory equals PyTorch's: the reference data, case by case, with the tolerances that come with it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

import gdsim
from gdsim.core.experiment import AnySchedule

DATA = Path(__file__).parents[1] / "data" / "oracle"


def content(name: str) -> Any:
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


def cases(*names: str) -> list[Any]:
    return [pytest.param(case, id=case["id"]) for name in names for case in content(name)["cases"]]


def test_the_reference_data_is_complete():
    counts = {name: len(content(name)["cases"]) for name in ("optimizers", "clipping", "schedules", "divergence")}
    assert counts == {"optimizers": 75, "clipping": 5, "schedules": 38, "divergence": 3}


@pytest.mark.parametrize("case", cases("optimizers", "clipping", "schedules", "divergence"))
def test_trajectory(case):
    run = gdsim.run(gdsim.load(case["experiment"])).runs[0]
    at = np.array(case["k"])
    x, y, loss = (np.array(case[name]) for name in ("x", "y", "loss"))
    rtol = case["rtol"]

    first = case["first_nonfinite_step"]
    if first is None:
        assert len(run) == case["experiment"]["steps"] + 1
        assert np.isfinite(run.loss).all()
    else:
        assert abs(run.last - first) <= 2
        assert not np.isfinite([*run.theta[-1], run.loss[-1]]).all()
        assert np.isfinite(run.loss[:-1]).all()
        assert run.outcome.kind == "diverged"

    scale = np.maximum(1.0, np.maximum(abs(x), abs(y)))
    assert (abs(run.theta[at, 0] - x) <= rtol * scale).all()
    assert (abs(run.theta[at, 1] - y) <= rtol * scale).all()
    assert (abs(run.loss[at] - loss) <= rtol * np.maximum(1.0, abs(loss))).all()

    rates = [math.nan if rate is None else rate for rate in case["lr"]]
    np.testing.assert_allclose(run.lr[at[:-1]], rates[:-1], rtol=1e-12, atol=1e-15)
    assert np.isnan(run.lr[-1])
    assert not np.isnan(run.lr[:-1]).any()
    if "momentum" in case:
        momenta = [math.nan if momentum is None else momentum for momentum in case["momentum"]]
        np.testing.assert_allclose(run.momentum[at[:-1]], momenta[:-1], rtol=1e-12)
    else:
        assert run.momentum is None


@pytest.mark.parametrize("case", cases("lr_curves"))
def test_rate_curve(case):
    schedule = msgspec.convert(case["schedule"], AnySchedule)
    n = case["n_steps"]
    if "metrics" in case:
        state = schedule.begin(case["base_lr"])
        found = []
        for metric in case["metrics"]:
            found.append(state.lr)
            state = schedule.observe(state, float(metric))
        assert len(set(found)) > 3  # it did come down
    else:
        found = schedule.rates(0, n, case["base_lr"])
    np.testing.assert_allclose(found, case["lr"], rtol=1e-12, atol=1e-15)
    momenta = [schedule.momentum(t) for t in range(n)]
    if "momentum" in case:
        np.testing.assert_allclose(momenta, case["momentum"], rtol=1e-12)
    else:
        assert momenta == [None] * n


@pytest.mark.parametrize(
    "case", content("tutorial_linreg")["cases"], ids=lambda c: c["experiment"]["landscape"]["loss"]
)
def test_linear_regression(case):
    experiment = gdsim.load(case["experiment"])
    run = gdsim.run(experiment).runs[0]
    rows = np.array(case["rows"])
    at = rows[:, 0].astype(int)
    np.testing.assert_allclose(run.theta[at], rows[:, 1:3], rtol=0, atol=1e-12)
    np.testing.assert_allclose(run.loss[at], rows[:, 3], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(experiment.landscape.minima(), [[case["ols_w"], case["ols_b"]]], atol=1e-12)
    curvature = np.linalg.eigvalsh(experiment.landscape.hessian(np.zeros((1, 2)))[0])
    np.testing.assert_allclose(curvature, case["hess_eig"], rtol=1e-12)


def grown(optimizer: dict[str, Any], steps: int = 20_000) -> float:
    """How much larger the marble's distance along the steep axis is at the end than in the middle."""
    document = {
        "format": "gdsim-experiment",
        "version": 1,
        "landscape": content("stability")["landscape"],
        "start": [0.0, 1.0],
        "steps": steps,
        "runs": [{"optimizer": optimizer}],
    }
    y = abs(gdsim.run(gdsim.load(document)).runs[0].theta[:, 1])
    if len(y) <= steps:
        return math.inf
    return float(y[-100:].max() / max(y[steps // 2 - 100 : steps // 2].max(), 1e-300))


@pytest.mark.parametrize("case", content("stability")["thresholds"], ids=lambda c: str(c["params"]))
def test_largest_stable_rate(case):
    limit = case["lr_max_closed_form"]
    kind = {"name": case["optimizer"], **case["params"]}
    assert grown({**kind, "lr": 0.999 * limit}) < 1.0
    assert grown({**kind, "lr": 1.001 * limit}) > 1.0


@pytest.mark.parametrize("case", content("stability")["rates"], ids=lambda c: c["what"].split(";")[0][:40])
def test_contraction_per_step(case):
    a, b = (content("stability")["landscape"][name] for name in "ab")
    optimizer = {"name": "SGD", "lr": case["lr"], "momentum": case["momentum"], "nesterov": "nesterov" in case}
    document = {
        "format": "gdsim-experiment",
        "version": 1,
        "landscape": {"name": "quadratic", "a": a, "b": b},
        "start": [1.0, 1.0],
        "steps": 300,
        "runs": [{"optimizer": optimizer}],
    }
    run = gdsim.run(gdsim.load(document)).runs[0]
    distance = np.hypot(*run.theta.T)
    measured = (distance[300] / distance[150]) ** (1 / 150)
    # Double roots contract like k·rateᵏ: still a little above the rate after 300 steps.
    assert case["rate_theory"] * (1 - 1e-9) <= measured <= case["rate_theory"] * 1.006
