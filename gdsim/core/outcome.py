"""What became of a run: converged, still descending, oscillating, stalled or diverged, at which step, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from gdsim.core.experiment import Experiment
from gdsim.core.landscapes import Floats

Kind = Literal["converged", "still descending", "oscillating", "stalled", "diverged"]

LEFT = 1e-6
"""Converged: what is left to fall, gᵀH⁻¹g/2, is at most this share of what the loss has fallen in all."""
SETTLED = 1e-3
"""Converged: over the last quarter of the window the loss changed by at most this share of its whole fall."""
GRADIENT_TOLERANCE = 1e-6
"""A gradient that counts as zero: at a saddle (times the curvature), and along directions without curvature."""
LOSS_TOLERANCE = 1e-8
"""The loss stands still: it changes by less than this times max(1, |loss|) over the window."""
WINDOW = 40
"""How many of the last steps decide between descending, oscillating and stalled."""
PROGRESS = 1e-3
"""Still descending: the loss falls over the window by more than this share of what it has fallen in all."""
EXPLOSION = 1e3
"""Diverged, though still finite: the loss ends this many times higher than it ever started."""
BACK = 0.3
"""Oscillating: over the window the loss rises, added up, by more than this share of what it falls."""
GROWTH = 10.0
"""Diverged, too: the loss rises all the time, and ends this many times higher than it started."""
TURNS = 0.3
"""Oscillating, too: the marble turns back in more than this share of the steps and gets no lower."""
MOVE_TOLERANCE = 1e-6
"""Standing still: the steps are shorter than this times max(1, |theta|)."""


@dataclass(frozen=True)
class Outcome:
    """The end of a run. ``step`` is where it came about."""

    kind: Kind
    step: int
    why: str


def judge(experiment: Experiment, theta: Floats, loss: Floats, grad_norm: Floats) -> Outcome:
    """Say what became of a run from all its rows.

    Args:
        experiment: The document.
        theta: Parameters, shape (n, dim), the last row being the last one made.
        loss: Losses, shape (n,).
        grad_norm: Gradient norms, shape (n,).
    """
    last = len(loss) - 1
    with np.errstate(all="ignore"):
        return (
            _not_finite(theta, loss, last)
            or _exploded(loss, last)
            or _converged(experiment, theta, loss, last)
            or _unsettled(theta, loss, grad_norm, last)
        )


def _not_finite(theta: Floats, loss: Floats, last: int) -> Outcome | None:
    if np.isfinite(loss[last]) and np.isfinite(theta[last]).all():
        return None
    name = "the loss" if not np.isfinite(loss[last]) else "a parameter"
    value = loss[last] if not np.isfinite(loss[last]) else theta[last][~np.isfinite(theta[last])][0]
    word = "not a number" if np.isnan(value) else "infinite"
    before = f"; one step before the loss was {loss[last - 1]:.3g}" if last > 0 else ""
    return Outcome("diverged", last, f"{name} became {word} at step {last}{before}")


def _exploded(loss: Floats, last: int) -> Outcome | None:
    start, end = float(loss[0]), float(loss[last])
    reach = EXPLOSION * max(abs(start), 1e-12)
    if end <= start + reach:
        return None
    outside = loss > start + reach
    step = last - int(np.argmin(outside[::-1])) + 1 if not outside.all() else 0
    return Outcome("diverged", step, f"the loss grew from {start:.3g} to {end:.3g} and keeps growing")


def _converged(experiment: Experiment, theta: Floats, loss: Floats, last: int) -> Outcome | None:
    fallen = max(float(loss[0] - loss.min()), 1e-300)
    window = loss[max(0, last - WINDOW // 4) :]
    if float(window.max() - window.min()) > SETTLED * fallen and float(loss[0]) != float(loss[last]):
        return None
    here = theta[last : last + 1]
    gradient = experiment.landscape.gradient(here)[0]
    curvature, directions = np.linalg.eigh(experiment.landscape.hessian(here)[0])
    along = directions.T @ gradient
    away = np.flatnonzero(np.abs(loss - loss[last]) > LEFT * fallen)
    step = int(away[-1]) + 1 if away.size else 0
    if curvature[0] < -1e-6 * max(1.0, abs(float(curvature[-1]))):
        if float(np.abs(gradient).max()) > GRADIENT_TOLERANCE * max(1.0, float(np.abs(curvature).max())):
            return None
        why = "the gradient is almost zero, but the ground curves down in one direction: a saddle"
        return Outcome("stalled", step, why)
    flat = curvature <= 1e-12 * max(float(curvature[-1]), 1e-300)
    if np.abs(along[flat]).max(initial=0.0) > GRADIENT_TOLERANCE:
        return None
    left = 0.5 * float(np.sum(along[~flat] ** 2 / curvature[~flat]))
    if left > LEFT * fallen and left > 1e-12:
        return None
    return Outcome("converged", step, f"at most {left:.1g} of loss is left to fall, by gradient and curvature")


def _unsettled(theta: Floats, loss: Floats, grad_norm: Floats, last: int) -> Outcome:
    window = loss[-WINDOW:]  # of even length, so that both halves hold as many crests as troughs
    half = max(1, len(window) // 2)
    fallen = _median(window[:half]) - _median(window[half:]) if len(window) > 1 else 0.0
    in_all = max(float(loss[0] - loss.min()), 1e-300)
    swing = float(window.max() - window.min())
    swings = swing > LOSS_TOLERANCE * max(1.0, abs(float(loss[last])))
    descends = swings and (fallen > PROGRESS * in_all or fallen > 0.01 * abs(float(loss[last])))
    changes = np.diff(window)
    up, down = float(changes[changes > 0.0].sum()), -float(changes[changes < 0.0].sum())
    if swings and up > BACK * down and fallen < 0.25 * swing:
        if down < BACK * up and loss[last] > GROWTH * abs(float(loss[0])) and loss[last] >= loss.max():
            return Outcome("diverged", last, f"the loss keeps rising, from {loss[0]:.3g} to {loss[last]:.3g}")
        why = (
            f"over the last {len(window)} steps the loss fell by {down:.3g} in all and rose by {up:.3g} again, between "
            f"{window.min():.3g} and {window.max():.3g}"
        )
        return Outcome("oscillating", last, why)
    net = float(window[0] - window[-1])
    if descends or (swings and net > max(PROGRESS * in_all, LOSS_TOLERANCE)):
        gone = max(fallen, net)
        return Outcome("still descending", last, f"the loss fell by {gone:.3g} over the last {len(window)} steps")
    # From side to side between places that are equally high: the loss alone does not show it.
    moves = np.diff(theta[-WINDOW:], axis=0)
    moving = float(np.abs(moves[-2:]).max(initial=0.0)) > MOVE_TOLERANCE * max(1.0, float(np.abs(theta[last]).max()))
    turns = np.einsum("ij,ij->i", moves[1:], moves[:-1]) < 0.0
    if moving and _share(turns) > TURNS:
        why = f"the marble turned back in {int(turns.sum())} of the last {len(window)} steps without getting lower"
        return Outcome("oscillating", last, why)
    why = (
        f"the loss hardly changes ({swing:.2g} over the last {len(window)} steps) while the gradient norm is "
        f"{grad_norm[last]:.2g}"
    )
    return Outcome("stalled", last, why)


def _share(facts: npt.NDArray[np.bool_]) -> float:
    """In how many of the cases something is so, as a part of 1."""
    return float(facts.mean()) if facts.size else 0.0


def _median(values: Floats) -> float:
    """The median; np.median would load NumPy's masked arrays while the first picture is waited for."""
    ordered = np.sort(values)
    return float(ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2.0
