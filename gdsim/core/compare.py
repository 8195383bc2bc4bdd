"""The runs of an experiment side by side: how low each came, how soon, how far it rolled, and what became of it.

The table leaves the program as CSV for a spreadsheet and as Markdown for notes.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gdsim.core.landscapes import Floats
from gdsim.core.trajectory import RunTrajectory, Trajectory

HEADS = ("run", "final loss", "best loss", "at step", "steps to target", "path length", "outcome")
"""What the columns are called, but for the target itself: see ``heads``."""
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A text that begins so would be run by a spreadsheet: an apostrophe is put before it."""
AT_ONCE = 1_000_000
"""Numbers whose distances are taken at once: the steps of a long run would need as much memory again."""


@dataclass(frozen=True)
class Row:
    """One run.

    Attributes:
        label: Its name.
        final: The loss in its last row; not finite where it diverged.
        best: The lowest loss; nan where none was finite.
        best_step: Where that was.
        to_target: The first step at which the loss was at most the target; None where it never was.
        length: How far it rolled in the space of its parameters, up to its last finite place.
        outcome: What became of it, "under way" while it is computed.
    """

    label: str
    final: float
    best: float
    best_step: int
    to_target: int | None
    length: float
    outcome: str


def compare(trajectory: Trajectory, target: float) -> tuple[Row, ...]:
    """A row for each run.

    Args:
        trajectory: What has been computed so far.
        target: The loss whose first reaching is looked for.
    """
    return tuple(_row(run, target) for run in trajectory.runs)


def usual_target(trajectory: Trajectory) -> float:
    """The lowest loss that every run reached, rounded up to three digits; 0 where there is none."""
    lowest = [
        float(np.nanmin(found))
        for run in trajectory.runs
        if np.isfinite(found := _finite(run.extremes("loss")[0])).any()
    ]
    if not lowest:
        return 0.0
    worst = max(lowest)
    digits = 2 - math.floor(math.log10(abs(worst))) if worst != 0.0 else 0
    rounded = float(f"{worst:.2e}")
    return rounded if rounded >= worst else float(f"{worst + 10.0**-digits:.2e}")


def heads(target: str) -> tuple[str, ...]:
    """What the columns are called where the target is ``target``."""
    return tuple(head if head != "steps to target" else f"steps to loss ≤ {target}" for head in HEADS)


def as_csv(rows: Sequence[Row], target: float) -> str:
    """The table with exact numbers; words stand for those that are not finite, and nothing where there is none."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads(_exact(target)))
    for row in rows:
        label = f"'{row.label}" if row.label.startswith(FORMULA_STARTS) else row.label
        reached = "" if row.to_target is None else row.to_target
        numbers = (_exact(row.final), _exact(row.best), row.best_step, reached, _exact(row.length))
        writer.writerow((label, *numbers, row.outcome))
    return text.getvalue()


def as_markdown(rows: Sequence[Row], target: float) -> str:
    """The table with four digits, numbers to the right."""
    lines = ["| " + " | ".join(heads(f"{target:.4g}")) + " |", "| --- |" + " ---: |" * (len(HEADS) - 2) + " --- |"]
    for row in rows:
        reached = "never" if row.to_target is None else str(row.to_target)
        numbers = (f"{row.final:.4g}", f"{row.best:.4g}", str(row.best_step), reached, f"{row.length:.4g}")
        lines.append("| " + " | ".join((_literal(row.label), *numbers, row.outcome)) + " |")
    return "\n".join(lines) + "\n"


def _row(run: RunTrajectory, target: float) -> Row:
    outcome = "under way"
    if run.outcome is not None:
        found = run.outcome
        outcome = f"{found.kind} at step {found.step}" if found.kind in ("converged", "diverged") else found.kind
    loss = run.extremes("loss")[0]  # of a long run the least of each stretch
    if not len(loss):
        return Row(run.label, math.nan, math.nan, 0, None, 0.0, outcome)
    finite = _finite(loss)
    best = int(np.nanargmin(finite)) if np.isfinite(finite).any() else 0
    below = finite <= target
    reached = int(np.argmax(below)) * run.stride if below.any() else None
    final, length = run.at(run.last).loss, path_length(run.theta)
    return Row(run.label, final, float(finite[best]), best * run.stride, reached, length, outcome)


def path_length(theta: Floats) -> float:
    """How long the path through ``theta``, shape (n, dim), is: up to its last finite place."""
    with np.errstate(all="ignore"):
        sound = np.isfinite(theta).all(axis=1)
    end = len(theta) if sound.all() else int(np.argmin(sound))
    rows = max(2, AT_ONCE // max(1, theta.shape[1]))
    length = 0.0
    for first in range(0, end - 1, rows - 1):
        with np.errstate(over="ignore"):
            moves = np.diff(theta[first : min(first + rows, end)], axis=0)
        size = float(np.abs(moves).max()) or 1.0  # so that squares of very long steps stay finite
        if not math.isfinite(size):
            return math.inf
        length += size * float(np.linalg.norm(moves / size, axis=1).sum())
    return length


def _finite(values: Floats) -> Floats:
    return np.where(np.isfinite(values), values, np.nan)


def _exact(value: float) -> str:
    return (
        repr(float(value)) if math.isfinite(value) else "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    )


def _literal(text: str) -> str:
    """A text that Markdown shows as it is."""
    found = " ".join(text.split())
    for sign in "\\|`*_<>[]":
        found = found.replace(sign, f"\\{sign}")
    return found
