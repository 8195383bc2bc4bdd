"""Steps a second of one marble: gdsim.run with its whole history, and torch.optim.Adam with autograd, in turn."""

from __future__ import annotations

import importlib
import json
from time import perf_counter
from typing import Any

import gdsim

STEPS, TORCH_STEPS, PAIRS = 40_000, 800, 9
LR, START = 1e-3, (-1.5, 2.0)


def main() -> None:
    """Measure and tell."""
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        print(json.dumps({"unavailable": "torch is not installed"}))
        return
    torch.set_num_threads(1)
    experiment = gdsim.load(
        {
            "format": "gdsim-experiment",
            "version": 1,
            "landscape": {"name": "rosenbrock"},
            "start": list(START),
            "steps": STEPS,
            "runs": [{"optimizer": {"name": "Adam", "lr": LR}}],
        }
    )
    _ours(experiment), torch_steps(torch)
    ours, theirs = [], []
    for _ in range(PAIRS):
        ours.append(_ours(experiment))
        theirs.append(torch_steps(torch))
    print(json.dumps({"gdsim": ours, "torch": theirs}))


def _ours(experiment: gdsim.Experiment) -> float:
    begin = perf_counter()
    run = gdsim.run(experiment).runs[0]
    seconds = perf_counter() - begin
    assert len(run.theta) == STEPS + 1
    return STEPS / seconds


def torch_steps(torch: Any) -> float:
    """Steps a second of one run of torch.optim.Adam."""
    theta = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([theta], lr=LR, foreach=False)
    begin = perf_counter()
    for _ in range(TORCH_STEPS):
        optimizer.zero_grad()
        x, y = theta[0], theta[1]
        loss = (1.0 - x) ** 2 + 100.0 * (y - x * x) ** 2
        loss.backward()
        optimizer.step()
    return TORCH_STEPS / (perf_counter() - begin)


if __name__ == "__main__":
    main()
