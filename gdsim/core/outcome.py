"""What became of a run: converged, still descending, oscillating, stalled or diverged, at which step, and why.

A model that has learned its examples by heart is told apart here, too: its validation loss rises while it trains on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
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
GAINING = 0.3
"""Still descending in noise: from half to half, lately and before, it fell by more than this share of its swing."""
OTHER = 1e-6
"""Noise: the gradient that was seen is longer or shorter than the true one by more than this share."""
GROWTH = 10.0
"""Diverged, too: the loss rises all the time, and ends this many times higher than it started."""
TURNS = 0.3
"""Oscillating, too: the marble turns back in more than this share of the steps and gets no lower."""
MOVE_TOLERANCE = 1e-6
"""Standing still: the steps are shorter than this times max(1, |theta|)."""
MOST_CURVED = 16
"""With more parameters the curvature is not looked at: the Hessian of a network takes too long for a verdict."""
FLATTENED = 1e-4
"""Converged, with more parameters: the gradient has shrunk to at most this share of its first norm."""
RISE = 0.05
"""Over-fitting: the validation loss has risen by more than this share of its lowest value ..."""
RISE_OF_FALL = 1e-3
"""... and by more than this share of what it had fallen: at the bottom of everything a doubling means nothing."""
FURTHER = 0.01
"""Over-fitting: meanwhile the training loss fell by more than this share of what it was."""
LASTING = 10
"""Over-fitting: in all of the last so many rows (the last tenth of a long run) the validation loss was that high."""


@dataclass(frozen=True)
class Outcome:
    """The end of a run. ``step`` is where it came about, ``overfits`` the best step of one that over-fitted since."""

    kind: Kind
    step: int
    why: str
    overfits: int | None = None


@dataclass(frozen=True)
class Overfitting:
    """A model that goes on learning its examples and unlearns the rule behind them.

    Attributes:
        step: Where the validation loss was lowest.
        lowest: What it was there.
        last: What it is in the end.
        why: The evidence, in a sentence.
    """

    step: int
    lowest: float
    last: float
    why: str


def judge(
    experiment: Experiment,
    theta: Floats,
    loss: Floats,
    grad_norm: Floats,
    val_loss: Floats | None = None,
    batch_loss: Floats | None = None,
    steps: npt.NDArray[np.int64] | None = None,
) -> Outcome:
    """Say what became of a run from all its rows.

    Up to ``MOST_CURVED`` parameters convergence follows from gradient and curvature: what is left to fall. With more
    it is a small gradient and a loss that stands still, which a saddle shows as well; ``why`` says so then. Where
    updates saw batches the loss has to rest, too: a row that is near the minimum by chance is no convergence.

    Args:
        experiment: The document.
        theta: Parameters, shape (n, dim), the last row being the last one made.
        loss: Losses on all examples, shape (n,).
        grad_norm: Gradient norms, shape (n,).
        val_loss: Losses on the validation part, shape (n,), where there is one.
        batch_loss: Losses on the batches, shape (n,), where the updates saw batches.
        steps: The steps of the rows, shape (n,), where they are not all there; the last ``WINDOW`` are.
    """
    last = len(loss) - 1
    steps = np.arange(last + 1) if steps is None else steps
    with np.errstate(all="ignore"):
        chance = batch_loss is not None or _shoved(experiment, theta, grad_norm, last)
        outcome = (
            _not_finite(theta, loss, last, int(steps[last]))
            or _exploded(loss, last)
            or _converged(experiment, theta, loss, grad_norm, last, dances=batch_loss is not None and _dances(loss))
            or _unsettled(theta, loss, grad_norm, last, chance=chance)
        )
    outcome = replace(outcome, step=int(steps[outcome.step]))
    found = None if val_loss is None or outcome.kind == "diverged" else overfitting(loss, val_loss, steps)
    return outcome if found is None else replace(outcome, why=f"{outcome.why}. {found.why}", overfits=found.step)


def overfitting(loss: Floats, val_loss: Floats, steps: npt.NDArray[np.int64] | None = None) -> Overfitting | None:
    """Whether a model learned its examples instead of the rule behind them; None where that cannot be said.

    It did where the validation loss rose clearly and lastingly above its lowest while the training loss fell further.
    Heights are compared with the median around the lowest row, so that one lucky row does not count.

    Args:
        loss: Losses on the training part, shape (n,).
        val_loss: Losses on the validation part, shape (n,).
        steps: The steps of the rows, shape (n,), where they are not all there.
    """
    rows = len(val_loss)
    if rows < 2 * LASTING or not (np.isfinite(loss).all() and np.isfinite(val_loss).all()):
        return None
    step = int(np.argmin(val_loss))
    lowest, last = float(val_loss[step]), float(val_loss[-1])
    tail, around = max(LASTING, rows // 10), slice(max(0, step - LASTING // 2), step + LASTING // 2 + 1)
    level, trained = _median(val_loss[around]), _median(loss[around])
    risen = float(val_loss[-tail:].min()) - level
    if risen <= max(RISE * abs(lowest), RISE_OF_FALL * (float(val_loss[0]) - lowest)):
        return None
    end = _median(loss[-tail:])
    if trained - end <= FURTHER * abs(trained):
        return None
    at = step if steps is None else int(steps[step])
    why = (
        f"Over-fitting: the validation loss was lowest at step {at:,} ({lowest:.3g}) and has risen to {last:.3g} "
        f"since, while the training loss fell from {loss[step]:.3g} to {loss[-1]:.3g}"
    )
    return Overfitting(at, lowest, last, why)


def _shoved(experiment: Experiment, theta: Floats, grad_norm: Floats, last: int) -> bool:
    """Whether the last update saw another gradient than that on all examples: there is noise."""
    slope = float(np.linalg.norm(experiment.landscape.gradient(theta[last:])[0]))
    return abs(slope - float(grad_norm[last])) > OTHER * max(slope, float(grad_norm[last]))


def gain(losses: Floats) -> float:
    """By how much of its swing (where eight of ten rows lie) the loss fell from the first half to the second."""
    half, ordered = len(losses) // 2, np.sort(losses)
    swing = float(ordered[round(0.9 * (len(losses) - 1))] - ordered[round(0.1 * (len(losses) - 1))])
    return (_median(losses[:half]) - _median(losses[half:])) / max(swing, 1e-300)


def gains(loss: Floats) -> bool:
    """Whether a loss that chance moves up and down gets lower all the same, lately and in the time before."""
    lately, before = loss[-WINDOW:], loss[-max(2 * WINDOW, len(loss) // 4) :]
    return len(lately) < 2 or min(gain(lately), gain(before)) > GAINING


def _not_finite(theta: Floats, loss: Floats, last: int, step: int) -> Outcome | None:
    if np.isfinite(loss[last]) and np.isfinite(theta[last]).all():
        return None
    name = "the loss" if not np.isfinite(loss[last]) else "a parameter"
    value = loss[last] if not np.isfinite(loss[last]) else theta[last][~np.isfinite(theta[last])][0]
    word = "not a number" if np.isnan(value) else "infinite"
    before = f"; one step before the loss was {loss[last - 1]:.3g}" if last > 0 else ""
    return Outcome("diverged", last, f"{name} became {word} at step {step}{before}")


def _exploded(loss: Floats, last: int) -> Outcome | None:
    start, end = float(loss[0]), float(loss[last])
    reach = EXPLOSION * max(abs(start), 1e-12)
    if end <= start + reach:
        return None
    outside = loss > start + reach
    step = last - int(np.argmin(outside[::-1])) + 1 if not outside.all() else 0
    return Outcome("diverged", step, f"the loss grew from {start:.3g} to {end:.3g} and keeps growing")


def _dances(loss: Floats) -> bool:
    """Whether the loss goes up and down by more than what may be left to fall, without getting lower."""
    window = loss[-WINDOW:]
    half = len(window) // 2
    swing = float(window.max() - window.min())
    if half == 0 or swing <= max(LEFT * float(loss[0] - loss.min()), 1e-12):
        return False
    return _median(window[:half]) - _median(window[half:]) < 0.25 * swing


def _converged(
    experiment: Experiment, theta: Floats, loss: Floats, grad_norm: Floats, last: int, *, dances: bool
) -> Outcome | None:
    fallen = max(float(loss[0] - loss.min()), 1e-300)
    window = loss[max(0, last - WINDOW // 4) :]
    if dances or (float(window.max() - window.min()) > SETTLED * fallen and float(loss[0]) != float(loss[last])):
        return None
    if theta.shape[1] > MOST_CURVED:
        return _come_to_rest(experiment, theta, loss, grad_norm, last)
    here = theta[last : last + 1]
    gradient, hessian = experiment.landscape.gradient(here)[0], experiment.landscape.hessian(here)[0]
    if not (np.isfinite(gradient).all() and np.isfinite(hessian).all()):
        return None  # at a tip, or where the loss is finite but its curvature is not
    curvature, directions = np.linalg.eigh(hessian)
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


def _come_to_rest(experiment: Experiment, theta: Floats, loss: Floats, grad_norm: Floats, last: int) -> Outcome | None:
    """Convergence without the Hessian: the gradient has vanished, and the loss stands still."""
    slope = float(np.linalg.norm(experiment.landscape.gradient(theta[last : last + 1])[0]))
    if slope > max(FLATTENED * float(grad_norm[0]), GRADIENT_TOLERANCE):
        return None
    fallen, window = float(loss[0] - loss.min()), loss[-WINDOW:]
    if fallen <= 0.0:
        why = f"the gradient norm is {slope:.1g}, and the loss never fell: a minimum or a saddle"
        return Outcome("stalled", last, why)
    swing = float(window.max() - window.min())
    if swing > LEFT * fallen and swing > 1e-12:
        return None
    away = np.flatnonzero(np.abs(loss - loss[last]) > LEFT * fallen)
    why = (
        f"the gradient norm fell to {slope:.1g} and the loss stands still (with {theta.shape[1]:,} parameters the "
        "curvature is not looked at)"
    )
    return Outcome("converged", int(away[-1]) + 1 if away.size else 0, why)


def _latest(window: Floats) -> str:
    updates = len(window) - 1
    return "last update" if updates == 1 else f"last {updates} updates"


def _unsettled(theta: Floats, loss: Floats, grad_norm: Floats, last: int, *, chance: bool) -> Outcome:
    window = loss[-WINDOW:]  # of even length, so that both halves hold as many crests as troughs
    half = max(1, len(window) // 2)
    fallen = _median(window[:half]) - _median(window[half:]) if len(window) > 1 else 0.0
    in_all = max(float(loss[0] - loss.min()), 1e-300)
    swing = float(window.max() - window.min())
    swings = swing > LOSS_TOLERANCE * max(1.0, abs(float(loss[last])))
    descends = swings and (fallen > PROGRESS * in_all or fallen > 0.01 * abs(float(loss[last])))
    changes = np.diff(window)
    up, down = float(changes[changes > 0.0].sum()), -float(changes[changes < 0.0].sum())
    if swings and up > BACK * down and (fallen < 0.25 * swing or (chance and not gains(loss))):
        if down < BACK * up and loss[last] > GROWTH * abs(float(loss[0])) and loss[last] >= loss.max():
            return Outcome("diverged", last, f"the loss keeps rising, from {loss[0]:.3g} to {loss[last]:.3g}")
        why = (
            f"over the {_latest(window)} the loss fell by {down:.3g} in all and rose by {up:.3g} again, "
            f"between {between(window)}"
        )
        return Outcome("oscillating", last, why)
    net = float(window[0] - window[-1])
    if descends or (swings and net > max(PROGRESS * in_all, LOSS_TOLERANCE)):
        gone = max(fallen, net)
        return Outcome("still descending", last, f"the loss fell by {gone:.3g} over the {_latest(window)}")
    # From side to side between places that are equally high: the loss alone does not show it.
    moves = np.diff(theta[-WINDOW:], axis=0)
    moving = float(np.abs(moves[-2:]).max(initial=0.0)) > MOVE_TOLERANCE * max(1.0, float(np.abs(theta[last]).max()))
    turns = np.einsum("ij,ij->i", moves[1:], moves[:-1]) < 0.0
    if moving and _share(turns) > TURNS:
        why = f"the marble turned back in {int(turns.sum())} of the last {len(window)} steps without getting lower"
        return Outcome("oscillating", last, why)
    why = (
        f"the loss hardly changes ({swing:.2g} over the {_latest(window)}) while the gradient norm is "
        f"{grad_norm[last]:.2g}"
    )
    return Outcome("stalled", last, why)


def between(losses: Floats) -> str:
    """The least and the greatest of some losses, with two digits of what they differ by."""
    low, high = float(losses.min()), float(losses.max())
    size, swing = max(abs(low), abs(high)), high - low
    digits = 3 if not swing > 0.0 else max(3, min(15, 2 + math.floor(math.log10(size)) - math.floor(math.log10(swing))))
    return f"{low:.{digits}g} and {high:.{digits}g}"


def _share(facts: npt.NDArray[np.bool_]) -> float:
    """In how many of the cases something is so, as a part of 1."""
    return float(facts.mean()) if facts.size else 0.0


def _median(values: Floats) -> float:
    """The median; np.median would load NumPy's masked arrays while the first picture is waited for."""
    ordered = np.sort(values)
    return float(ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2.0
