"""A sweep as a file: CSV for spreadsheets, NPZ for NumPy. The window and the command line write the same."""

from __future__ import annotations

import csv
import io
import math
from typing import Any

import numpy as np

from gdsim.core.documents import encode
from gdsim.core.sweep import SweepMap


def as_csv(found: SweepMap) -> bytes:
    """A row a cell, the lowest row first: both numbers, losses, steps, what became of it, the last parameters.

    Parameters have the names that the window gives them. Cells are empty where there is no answer; numbers that are
    not finite are words. Of a sweep that was cancelled only what is computed is written.
    """
    sweep = found.sweep
    landscape = sweep.experiment.landscape
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    more = ["steps_to_target"] if sweep.target is not None else []
    names = getattr(landscape, "parameter_names", landscape.axes)
    writer.writerow(
        [sweep.x.path, sweep.y.path, "final_loss", "best_loss", *more, "diverged_at", "minimum", *names]
    )  # fmt: skip
    for row, y in enumerate(sweep.y_values.tolist()):
        for column, x in enumerate(sweep.x_values.tolist()):
            at = (row, column)
            if not found.done[at]:
                continue
            steps = [_count(found.reached[at])] if more else []
            losses = (_word(float(found.final_loss[at])), _word(float(found.best_loss[at])))
            theta = [_word(value) for value in found.theta[at].tolist()]
            writer.writerow([x, y, *losses, *steps, _count(found.diverged[at]), _count(found.minimum[at]), *theta])
    return text.getvalue().encode("utf-8")


def as_npz(found: SweepMap) -> bytes:
    """Arrays of all cells, shape (rows, columns), what they stand for, and the document in ``experiment``.

    x, y and their paths; final_loss, best_loss; diverged_at, minimum and steps_to_target, -1 for none; theta of shape
    (rows, columns, dim); minima of shape (m, dim). Of a sweep that was cancelled ``done`` tells which cells are
    computed. Nothing is pickled: ``numpy.load`` opens it as it is.
    """
    sweep = found.sweep
    arrays: dict[str, Any] = {
        "experiment": np.array(encode(sweep.experiment).decode("utf-8")),
        "run": np.array(sweep.index),
        "x_path": np.array(sweep.x.path), "y_path": np.array(sweep.y.path), "x": sweep.x_values, "y": sweep.y_values,
        "final_loss": found.final_loss, "best_loss": found.best_loss, "diverged_at": found.diverged,
        "minimum": found.minimum, "theta": found.theta, "minima": sweep.minima,
    }  # fmt: skip
    if sweep.target is not None:
        arrays |= {"target": np.array(sweep.target), "steps_to_target": found.reached}
    if not found.whole:
        arrays["done"] = found.done
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def _count(value: Any) -> Any:
    return int(value) if value >= 0 else ""


def _word(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
