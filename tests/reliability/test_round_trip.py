"""Rows 3 and 30: a document survives saving to the byte, and gives the same numbers to the bit wherever it is run.

The quick suite tries a tenth; ``-m long`` tries them all.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from samples import document, experiments

import gdsim
from gdsim.core import documents
from gdsim.core.trajectory import Trajectory


def digest(trajectory: Trajectory) -> str:
    """A fingerprint of every bit of every column."""
    found = hashlib.sha256()
    for run in trajectory.runs:
        for column in (run.theta, run.loss, run.lr, run.grad_norm, run.momentum):
            found.update(b"-" if column is None else column.tobytes())
        found.update(repr(run.outcome).encode())
    return found.hexdigest()


def survive(experiment: gdsim.Experiment, path: Path) -> None:
    documents.save(experiment, path)
    first = path.read_bytes()
    try:
        again = gdsim.load(path)
    except gdsim.DocumentError as error:
        if "not finite" not in error.reason:  # the generator draws starts where a loss may overflow
            raise
        return
    documents.save(again, path)
    assert path.read_bytes() == first
    assert digest(gdsim.run(again)) == digest(gdsim.run(experiment, block=17))


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("round") / "a.json"


@settings(max_examples=100)
@given(experiments())
def test_save_load_save(path, experiment):
    survive(experiment, path)


@pytest.mark.long
@settings(max_examples=1000, suppress_health_check=list(HealthCheck))
@given(experiments())
def test_save_load_save_in_full(path, experiment):
    survive(experiment, path)


REPEATED = document(
    {"optimizer": {"name": "SGD", "lr": 0.001, "momentum": 0.9}, "noise": {"std": 1.0}},
    {"optimizer": {"name": "Adam", "lr": 0.05}, "schedule": {"name": "OneCycleLR", "total_steps": 400}},
    {"optimizer": {"name": "NAdam"}, "schedule": {"name": "ReduceLROnPlateau", "patience": 3}, "clip": {"value": 1.0}},
    landscape="ackley", start=[2.5, 1.5], steps=400, seed=11,
)  # fmt: skip


def test_ten_times_in_this_process_and_in_others(tmp_path):
    """Hash seeds, memory and the command line make no difference to a single bit."""
    path = tmp_path / "a.json"
    path.write_text(json.dumps(REPEATED))
    found = {digest(gdsim.run(gdsim.load(path), block)) for block in (1, 3, 64, 256, 4096, 10**6)}
    code = (
        "import sys; sys.path[:0] = sys.argv[2:]; import gdsim; from reliability.test_round_trip import digest;"
        "print(digest(gdsim.run(gdsim.load(sys.argv[1]))))"
    )
    tests = str(Path(__file__).parents[1])
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", code, str(path), tests], capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        found.add(done.stdout.strip())
    assert len(found) == 1
    other = gdsim.load({**REPEATED, "seed": 12})
    assert digest(gdsim.run(other)) not in found
