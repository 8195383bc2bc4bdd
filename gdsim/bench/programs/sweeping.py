"""Run-steps a second of a sweep over the start, and of a single run of torch.optim.Adam with autograd, in turn."""

from __future__ import annotations

import importlib
import json
from time import perf_counter

import gdsim
from gdsim.bench.programs.speed import TORCH_STEPS, torch_steps
from gdsim.core.sweep import Axis, Sweep, SweepMap

SIDE, STEPS, PAIRS, LR = 256, 500, 5, 1e-3


def main() -> None:
    """Measure and tell."""
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        print(json.dumps({"unavailable": "torch is not installed"}))
        return
    torch.set_num_threads(1)
    found: dict[str, list[float]] = {"gdsim": [], "torch": [], "first": [], "apart": []}
    assert TORCH_STEPS >= STEPS
    torch_steps(torch)
    for _ in range(PAIRS):
        speed, first, apart = sweep()
        found["gdsim"].append(speed)
        found["first"].append(first)
        found["apart"].append(apart)
        found["torch"].append(torch_steps(torch))
    print(json.dumps(found))


def sweep() -> tuple[float, float, float]:
    """Run-steps a second, seconds until cells of the coarse picture are all there, the longest wait for a part."""
    run = {"optimizer": {"name": "Adam", "lr": LR}}
    document = {"format": "gdsim-experiment", "version": 1, "landscape": {"name": "rosenbrock"}, "steps": STEPS}
    begin = last = perf_counter()
    asked = Sweep(gdsim.load({**document, "runs": [run]}), Axis("start[0]", -2, 2, SIDE), Axis("start[1]", -1, 3, SIDE))
    there, first, apart = SweepMap(asked), 0.0, 0.0
    for part in asked.parts():
        there.add(part)
        now = perf_counter()
        apart, last = max(apart, now - last), now
        if not first and part.rows.size:
            first = now - begin
    assert there.whole
    return SIDE * SIDE * STEPS / (perf_counter() - begin), first, apart


if __name__ == "__main__":
    main()
