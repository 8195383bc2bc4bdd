"""The Python API for notebooks and scripts."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from samples import CONTRACT

import gdsim


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_using_the_api_loads_no_qt():
    code = f"""
import json, sys
import gdsim
early = sorted(sys.modules)
trajectory = gdsim.run(gdsim.load(json.loads({json.dumps(json.dumps(CONTRACT))})))
assert trajectory.runs[1].loss[-1] < 1e-3
print(json.dumps([early, sorted(sys.modules)]))
"""
    early, late = json.loads(python(code))
    for name in late:
        assert name.split(".")[0] not in ("PySide6", "shiboken6", "pyqtgraph"), name
        assert not name.startswith(("gdsim.ui", "gdsim.session", "gdsim.recording")), name
    # Importing the package alone costs next to nothing: NumPy comes with the first use.
    assert "numpy" not in early
    assert "numpy" in late


def test_names():
    assert set(gdsim.__all__) == {"DocumentError", "Experiment", "Trajectory", "load", "run"}
    for name in gdsim.__all__:
        assert getattr(gdsim, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = gdsim.nothing
    assert issubclass(gdsim.DocumentError, ValueError)


def test_columns(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(CONTRACT))
    for source in (CONTRACT, path, str(path)):
        trajectory = gdsim.run(gdsim.load(source))
        assert trajectory.experiment == gdsim.load(CONTRACT)
        assert [run.label for run in trajectory.runs] == ["SGD", "momentum"]
        for run in trajectory.runs:
            assert run.theta.shape == (201, 2)
            assert run.loss.shape == run.lr.shape == run.grad_norm.shape == (201,)
            assert run.outcome.kind in ("converged", "still descending", "oscillating", "stalled", "diverged")
            np.testing.assert_array_equal(trajectory.experiment.landscape.loss(run.theta), run.loss)
            gradient = trajectory.experiment.landscape.gradient(run.theta)
            np.testing.assert_allclose(np.hypot(*gradient.T), run.grad_norm)


def test_landscapes_are_batched():
    landscape = gdsim.load(CONTRACT).landscape
    points = [[1.0, 2.0], [0.0, 0.0], [-3.0, 0.5]]
    assert landscape.loss(points).tolist() == [0.5 + 200.0, 0.0, 4.5 + 12.5]
    assert landscape.gradient(points).tolist() == [[1.0, 200.0], [0.0, 0.0], [-3.0, 50.0]]
    assert landscape.hessian(points).tolist() == [[[1.0, 0.0], [0.0, 100.0]]] * 3
    empty = np.empty((0, 2))
    assert landscape.loss(empty).shape == (0,)
    assert landscape.gradient(empty).shape == (0, 2)
    assert landscape.hessian(empty).shape == (0, 2, 2)
    with pytest.raises(ValueError, match="shape"):
        landscape.loss([1.0, 2.0])


def test_experiments_are_frozen_and_comparable():
    experiment = gdsim.load(CONTRACT)
    assert experiment == gdsim.load(CONTRACT)
    assert hash(experiment) == hash(gdsim.load(CONTRACT))
    with pytest.raises(AttributeError):
        experiment.steps = 3
