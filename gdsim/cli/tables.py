"""A trajectory as a file: JSON for programs, CSV for spreadsheets, NPZ for NumPy."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
import numpy as np

from gdsim.core.descent import Block
from gdsim.core.documents import absent, encode, trajectory_as_dict
from gdsim.core.landscapes import Landscape, ModelLandscape
from gdsim.core.trajectory import RunTrajectory, Trajectory, blocks

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A cell that begins so is run by a spreadsheet, or hides that it would be."""


def as_json(trajectory: Trajectory) -> bytes:
    """The "gdsim-trajectory" document: strict JSON, a line."""
    return msgspec.json.encode(trajectory_as_dict(trajectory)) + b"\n"


def as_csv(trajectory: Trajectory) -> bytes:
    """The table of ``csv_parts`` in one piece."""
    return b"".join(csv_parts(trajectory))


def csv_parts(trajectory: Trajectory, progress: Callable[[int, int], None] | None = None) -> Iterator[bytes]:
    """A row a run and step: run, step, the parameters, loss, lr, grad_norm, and what else some run has.

    Parameters are theta_0 ..., those of a model have its names. Momentum, validation loss, batch loss and the moving
    average follow where there are any. Numbers that are not finite are words; where there is none the cell is empty.
    The table comes in parts, for which the rows that a long run dropped are computed again.

    Args:
        trajectory: What is told.
        progress: Is told how many rows of all runs are done, and how many there are.
    """
    names = parameters(trajectory.experiment.landscape)
    more = [name for name in OPTIONAL if any(getattr(run, name) is not None for run in trajectory.runs)]
    header = ["run", "step", *names, "loss", "lr", "grad_norm"]
    for name in more:
        header += [f"average_{parameter}" for parameter in names] if name == "average" else [name]
    yield _lines([header])
    done, total = 0, sum(len(run) for run in trajectory.runs)
    for index, run in enumerate(trajectory.runs):
        label, has = cell(run.label), [getattr(run, name) is not None for name in more]
        for block in blocks(trajectory.experiment, index, run):
            columns = [_words(column) for column in (*block.theta.T, block.loss)]
            columns.append(_words(block.lr, empty=np.isnan(block.lr)))
            columns.append(_words(block.grad_norm))
            for name, there in zip(more, has, strict=True):
                columns += _optional(block, name, there=there)
            steps = range(block.first, block.first + len(block.loss))
            yield _lines((label, step, *row) for step, row in zip(steps, zip(*columns, strict=True), strict=True))
            done += len(block.loss)
            if progress is not None:
                progress(done, total)


def _lines(rows: Iterable[Iterable[Any]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8")


def parameters(landscape: Landscape) -> tuple[str, ...]:
    """What the columns of the parameters are called."""
    if isinstance(landscape, ModelLandscape):
        return landscape.parameter_names
    return tuple(f"theta_{i}" for i in range(landscape.dim))


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


OPTIONAL = ("momentum", "val_loss", "batch_loss", "average")
"""Columns that a trajectory may have."""
WRITERS: dict[str, Callable[[Trajectory], bytes]] = {".json": as_json, ".csv": as_csv, ".npz": as_npz}
"""Endings of output files, and what writes them."""


def cell(label: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{label}" if label.startswith(FORMULA_STARTS) else label


def _columns(run: RunTrajectory) -> dict[str, Any]:
    found = {"theta": run.theta, "loss": run.loss, "lr": run.lr, "grad_norm": run.grad_norm}
    return found | {name: getattr(run, name) for name in OPTIONAL if getattr(run, name) is not None}


def _optional(block: Block, name: str, *, there: bool) -> list[list[Any]]:
    """The cells of an optional column, those of an average a column each."""
    values = getattr(block, name)
    rows, width = len(block.loss), block.theta.shape[1] if name == "average" else 1
    if values is None or not there:
        return [[""] * rows] * width
    if name == "average":
        pairs = zip(values.T, block.theta.T, strict=True)
        return [_words(column, empty=absent(column, theta)) for column, theta in pairs]
    return [_words(values, empty=np.isnan(values) if name == "momentum" else absent(values, block.loss))]


def _words(values: Any, *, empty: Any = None) -> list[Any]:
    """Numbers as they are, others as words; nothing where ``empty``."""
    if np.isfinite(values).all():
        return list(values.tolist())
    words = [_word(value) for value in values.tolist()]
    return words if empty is None else ["" if none else word for none, word in zip(empty.tolist(), words, strict=True)]


def _word(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
