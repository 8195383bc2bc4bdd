"""A trajectory as a file: JSON for programs, CSV for spreadsheets, NPZ for NumPy."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np

from gdsim.core.documents import encode, trajectory_as_dict
from gdsim.core.trajectory import RunTrajectory, Trajectory

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A cell that begins so is run by a spreadsheet, or hides that it would be."""


def as_json(trajectory: Trajectory) -> bytes:
    """The "gdsim-trajectory" document: strict JSON, a line."""
    return msgspec.json.encode(trajectory_as_dict(trajectory)) + b"\n"


def as_csv(trajectory: Trajectory) -> bytes:
    """A row a run and step: run, step, theta_0 ..., loss, lr, grad_norm, and momentum where it cycles.

    Numbers that are not finite are words; where there is no number the cell is empty.
    """
    dim = trajectory.experiment.landscape.dim
    cycles = any(run.momentum is not None for run in trajectory.runs)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    header = ["run", "step", *(f"theta_{i}" for i in range(dim)), "loss", "lr", "grad_norm"]
    writer.writerow([*header, "momentum"] if cycles else header)
    for run in trajectory.runs:
        label = cell(run.label)
        columns = [_words(column) for column in (*run.theta.T, run.loss)]
        columns.append(_words(run.lr, empty=True))
        columns.append(_words(run.grad_norm))
        if cycles:
            columns.append([""] * len(run) if run.momentum is None else _words(run.momentum, empty=True))
        for step, row in enumerate(zip(*columns, strict=True)):
            writer.writerow((label, step, *row))
    return text.getvalue().encode("utf-8")


def as_npz(trajectory: Trajectory) -> bytes:
    """Arrays ``run0_theta``, ``run0_loss`` ...; ``labels``, ``outcome_kind`` ...; the document in ``experiment``.

    Nothing is pickled: ``numpy.load`` opens it as it is.
    """
    arrays: dict[str, Any] = {
        "experiment": np.array(encode(trajectory.experiment).decode("utf-8")),
        "labels": np.array([run.label for run in trajectory.runs], dtype=np.str_),
    }
    outcomes = [run.outcome for run in trajectory.runs]
    arrays["outcome_kind"] = np.array([outcome.kind if outcome else "" for outcome in outcomes], dtype=np.str_)
    arrays["outcome_step"] = np.array([outcome.step if outcome else -1 for outcome in outcomes])
    arrays["outcome_why"] = np.array([outcome.why if outcome else "" for outcome in outcomes], dtype=np.str_)
    for index, run in enumerate(trajectory.runs):
        arrays |= {f"run{index}_{name}": values for name, values in _columns(run).items()}
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


WRITERS: dict[str, Callable[[Trajectory], bytes]] = {".json": as_json, ".csv": as_csv, ".npz": as_npz}
"""Endings of output files, and what writes them."""


def cell(label: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{label}" if label.startswith(FORMULA_STARTS) else label


def _columns(run: RunTrajectory) -> dict[str, Any]:
    found = {"theta": run.theta, "loss": run.loss, "lr": run.lr, "grad_norm": run.grad_norm}
    return found if run.momentum is None else {**found, "momentum": run.momentum}


def _words(values: Any, *, empty: bool = False) -> list[Any]:
    """Numbers as they are, others as words (nan as an empty cell where it stands for "none")."""
    if np.isfinite(values).all():
        return list(values.tolist())
    return ["" if empty and math.isnan(value) else _word(value) for value in values.tolist()]


def _word(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
