"""Models on data to look at, small enough to be run in no time."""

from __future__ import annotations

from typing import Any

import gdsim
from gdsim.ui.plots.moment import Moment

LANDSCAPES: dict[str, dict[str, Any]] = {
    "line": {"name": "linear_regression", "validation": 0.3, "dataset": {"name": "line", "size": 40, "noise": 1.5}},
    "classes": {"name": "logistic_regression", "validation": 0.3, "dataset": {"name": "blobs", "size": 60}},
    "wiggle": {"name": "polynomial_regression", "validation": 0.3, "dataset": {"name": "noisy_sine", "size": 40}},
    "network": {"name": "network", "hidden": 4, "validation": 0.3, "dataset": {"name": "moons", "size": 60}},
}
RUN: dict[str, Any] = {"optimizer": {"name": "SGD", "lr": 0.05}, "batch_size": 8, "average": 0.9}


def modelled(kind: str, cursor: int = 12, *, data: dict[str, Any] | None = None, **fields: Any) -> Moment:
    """A moment of a run on a model; ``data`` changes the landscape, ``fields`` the document."""
    document: dict[str, Any] = {
        "format": "gdsim-experiment",
        "version": 1,
        "landscape": {**LANDSCAPES[kind], **(data or {})},
        "steps": 30,
        "runs": [RUN],
    }
    experiment = gdsim.load({**document, **fields})
    return Moment(experiment, gdsim.run(experiment), cursor)
