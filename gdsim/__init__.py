"""gdsim: gradient descent, seen. The Python API for notebooks and scripts; importing it loads no Qt.

>>> import gdsim
>>> experiment = gdsim.load("ravine.json")
>>> trajectory = gdsim.run(experiment)
>>> trajectory.runs[0].theta, trajectory.runs[0].loss, trajectory.runs[0].outcome
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gdsim.core.documents import DocumentError, load
    from gdsim.core.experiment import Experiment
    from gdsim.core.trajectory import Trajectory, run

__version__ = "0.1.0"
__all__ = ["DocumentError", "Experiment", "Trajectory", "load", "run"]

_HOMES = {
    "DocumentError": "gdsim.core.documents",
    "Experiment": "gdsim.core.experiment",
    "Trajectory": "gdsim.core.trajectory",
    "load": "gdsim.core.documents",
    "run": "gdsim.core.trajectory",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for, and only that: the window must paint before NumPy is loaded."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)
