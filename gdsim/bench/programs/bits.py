"""The same document twice without a window, and once in a session that is played, jumped in and edited back."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import msgspec
from PySide6.QtCore import QCoreApplication

import gdsim
from gdsim.session.session import Session

EXPERIMENT: dict[str, Any] = {
    "format": "gdsim-experiment",
    "version": 1,
    "landscape": {"name": "rosenbrock"},
    "start": [-1.5, 2.0],
    "steps": 6_000,
    "seed": 7,
    "runs": [
        {"optimizer": {"name": "SGD", "lr": 1e-3, "momentum": 0.9}, "clip": {"kind": "norm", "value": 1.0}},
        {"optimizer": {"name": "Adam", "lr": 1e-2}, "schedule": {"name": "StepLR", "step_size": 900, "gamma": 0.5}},
        {"optimizer": {"name": "AdamW", "lr": 1e-3}, "noise": {"std": 0.5}},
        {"optimizer": {"name": "SGD", "lr": 1e-2}},
    ],
}


def main() -> None:
    """Compute and tell the three digests."""
    experiment = gdsim.load(EXPERIMENT)
    print(json.dumps([digest(gdsim.run(experiment)), digest(gdsim.run(experiment, block=37)), _watched(experiment)]))


def digest(trajectory: gdsim.Trajectory) -> str:
    """Every bit of every column."""
    found = hashlib.sha256()
    for run in trajectory.runs:
        for column in (run.theta, run.loss, run.lr, run.grad_norm):
            found.update(column.tobytes())
        found.update(repr(run.outcome).encode())
    return found.hexdigest()


def _watched(experiment: gdsim.Experiment) -> str:
    app = QCoreApplication.instance() or QCoreApplication([])
    session = Session(experiment)
    session.set_speed(5_000)
    session.toggle_play()
    for frame in range(12):
        session.tick(0.016)
        app.processEvents()
        if frame == 8:
            session.jump(3)
    session.replace(msgspec.structs.replace(experiment, steps=4_000))
    session.replace(experiment)
    while not session.trajectory.ended:
        session.tick(0.016)
        app.processEvents()
    found = digest(session.trajectory)
    session.close()
    return found


if __name__ == "__main__":
    main()
