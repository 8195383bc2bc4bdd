"""What learning from data costs: a regression and a network against torch, a formula's surface, a large CSV file."""

from __future__ import annotations

import importlib
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

import gdsim
from gdsim.core.data.csv_reader import read_table
from gdsim.core.landscapes.formula import Formula

PAIRS = 7
EXAMPLES, BATCH, LR = 1_000, 32, 1e-3
LINE_STEPS, LINE_TORCH_STEPS = 20_000, 600
NETWORK_STEPS, HIDDEN = 300, 16
SIDE, SURFACES = 512, 15
EXPRESSION = "20 + x**2 + y**2 - 10*cos(2*pi*x) - 10*cos(2*pi*y) + a*exp(-x*y/10)"
ROWS, READINGS = 1_000_000, 3


def batches(torch: Any) -> dict[str, list[float]]:
    """Steps a second of Adam on a line, batches of 32, with the whole history: losses of batch and of all examples."""
    found = _experiment(
        {"name": "linear_regression", "dataset": {"name": "line", "size": EXAMPLES, "noise": 0.5}},
        LINE_STEPS,
        batch_size=BATCH,
    )
    data = found.landscape.data()  # type: ignore[attr-defined]
    x, y = torch.tensor(data.x[:, 0].copy()), torch.tensor(data.y.copy())

    def theirs() -> float:
        theta = torch.zeros(2, dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.Adam([theta], lr=LR, foreach=False)
        begin = perf_counter()
        for step in range(LINE_TORCH_STEPS):
            first = step * BATCH % EXAMPLES
            if first < BATCH:
                order = torch.randperm(EXAMPLES)
            rows = order[first : first + BATCH]
            optimizer.zero_grad()
            loss = ((theta[0] * x[rows] + theta[1] - y[rows]) ** 2).mean()
            loss.backward()
            optimizer.step()
        return LINE_TORCH_STEPS / (perf_counter() - begin)

    return _in_turn(lambda: _steps_a_second(found), theirs)


def network(torch: Any) -> dict[str, list[float]]:
    """Steps a second of Adam on a network 2-16-16-1 with 1,000 examples, all of them at each step."""
    found = _experiment(
        {"name": "network", "hidden": HIDDEN, "hidden2": HIDDEN, "dataset": {"name": "moons", "size": EXAMPLES}},
        NETWORK_STEPS,
    )
    data = found.landscape.data()  # type: ignore[attr-defined]
    x, y = torch.tensor(data.x.copy()), torch.tensor(data.y.copy())
    nn = torch.nn

    def theirs() -> float:
        layers = [nn.Linear(2, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, 1)]
        model = nn.Sequential(*layers).double()
        optimizer = torch.optim.Adam(model.parameters(), lr=LR)
        begin = perf_counter()
        for _ in range(NETWORK_STEPS):
            optimizer.zero_grad()
            loss = nn.functional.binary_cross_entropy_with_logits(model(x)[:, 0], y)
            loss.backward()
            optimizer.step()
        return NETWORK_STEPS / (perf_counter() - begin)

    return _in_turn(lambda: _steps_a_second(found), theirs)


def formula() -> list[float]:
    """Seconds for a formula, read anew, on a grid of 512 x 512: its loss and both slopes."""
    place = np.linspace(-5.0, 5.0, SIDE)
    points = np.stack(np.meshgrid(place, place), axis=-1).reshape(-1, 2)
    found = []
    for k in range(SURFACES):
        begin = perf_counter()
        landscape = Formula(expression=EXPRESSION, parameters={"a": 1.0 + k})
        loss, slope = landscape.loss(points), landscape.gradient(points)
        found.append(perf_counter() - begin)
        assert loss.shape == (SIDE * SIDE,)
        assert slope.shape == (SIDE * SIDE, 2)
    return found


def csv() -> list[float]:
    """Seconds to read a million rows of three columns."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.csv"
        chance = np.random.default_rng(0)
        with path.open("w", encoding="utf-8") as file:
            file.write("a,b,c\n")
            for _ in range(10):
                rows = chance.standard_normal((ROWS // 10, 3))
                file.writelines(f"{a:.6g},{b:.6g},{c:.6g}\n" for a, b, c in rows.tolist())
        for _ in range(READINGS):
            begin = perf_counter()
            table = read_table(path)
            found.append(perf_counter() - begin)
            assert table.size == ROWS
    return found


def _experiment(landscape: dict[str, Any], steps: int, **run: Any) -> gdsim.Experiment:
    return gdsim.load(
        {
            "format": "gdsim-experiment",
            "version": 1,
            "landscape": landscape,
            "steps": steps,
            "runs": [{"optimizer": {"name": "Adam", "lr": LR}, **run}],
        }
    )


def _steps_a_second(experiment: gdsim.Experiment) -> float:
    begin = perf_counter()
    run = gdsim.run(experiment).runs[0]
    seconds = perf_counter() - begin
    assert len(run.theta) == experiment.steps + 1
    return experiment.steps / seconds


def _in_turn(ours: Callable[[], float], theirs: Callable[[], float]) -> dict[str, list[float]]:
    ours(), theirs()
    pairs = [(ours(), theirs()) for _ in range(PAIRS)]
    return {"gdsim": [a for a, _ in pairs], "torch": [b for _, b in pairs]}


def main() -> None:
    """Measure what is asked for, and tell."""
    what = sys.argv[1]
    if what in ("formula", "csv"):
        print(json.dumps({"formula": formula, "csv": csv}[what]()))
        return
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        print(json.dumps({"unavailable": "torch is not installed"}))
        return
    torch.set_num_threads(1)
    print(json.dumps({"batches": batches, "network": network}[what](torch)))


if __name__ == "__main__":
    main()
