"""Verdicts on places that hold a marble: minima that are not the best, saddles, plateaus."""

from __future__ import annotations

import numpy as np

from gdsim.core import remedies
from gdsim.core.evidence import MOST_EXACT, Evidence, Stretch
from gdsim.core.optimizers import SGD
from gdsim.core.remedies import Remedy
from gdsim.core.verdicts.offers import elsewhere, faster, offered, small_noise, with_adam, with_momentum
from gdsim.core.verdicts.verdict import BETTER, NEAR, Diagnosis, capital, place_of

HELD = 0.03
"""Held up: a stretch in which the loss fell by at most this share of its whole fall ..."""
HELD_FOR = 0.2
"""... that lasted for at least this share of the run ..."""
LEAVING = 7
"""Only just leaving: the stretch ended in the last one of so many parts of the run."""
HELD_ROWS = 15
"""... and for at least so many steps ..."""
FASTER = 3.0
"""... and before a fall that was this many times faster, or to the end, far from any minimum."""
AHEAD = 0.05
"""Held up: at least this share of the whole fall lay ahead, or is known to lie ahead."""
DOWNWARDS = 0.1
"""A saddle: the ground curves down at least this much, as a share of how it curves up."""
SLOPELESS = 0.02
"""At a saddle, with many parameters: the gradient is at most this share of the largest in the run."""
GENTLE = 0.3
"""A plateau: the gradient there is at most this share of the mean slope of the way down from there."""
SHAKING = 2.0
"""Noise against a pit: so many times the steepest slope on the way to the best minimum."""
ON_THE_WAY = 33
"""Places between a local minimum and the best one whose slopes the noise has to overcome."""


def local_minimum(e: Evidence) -> Diagnosis | None:
    """At rest, or going round, in a pit that is not the deepest known."""
    minima = e.minima
    if not len(minima) or e.floor is None:
        return None
    best = minima[int(np.argmin(np.linalg.norm(minima - e.theta[-1], axis=1)))]
    place = e.bottom()
    if place is None:
        return None
    height = float(e.landscape.loss(place[np.newaxis])[0])
    away = float(np.linalg.norm(best - place))
    roams = float(np.linalg.norm(e.theta[e.window] - place, axis=1).max())
    if height - e.floor <= max(BETTER * e.fall, 1e-9) or roams > NEAR * away:
        return None
    inside = np.linalg.norm(e.theta - place, axis=1) <= NEAR * away
    outside = np.flatnonzero(~inside)
    step = int(outside[-1]) + 1 if outside.size else 0
    told = (
        f"Since step {step:,} the marble has been in the pit of a minimum at {place_of(place)}, in the last steps "
        f"within {roams:.2g} of it; its loss is {height:.4g}, that of the best known minimum {e.floor:.4g}.",
        "The gradient vanishes there and the ground curves upwards on all sides: descent alone does not leave it.",
    )
    way = place + np.linspace(0.0, 1.0, ON_THE_WAY)[:, np.newaxis] * (best - place)
    steepest = float(np.nanmax(np.linalg.norm(e.landscape.gradient(way), axis=1)))
    return Diagnosis(
        "local minimum", "Stuck in a local minimum", told, step,
        offered(_shaken(e, steepest), elsewhere(e)),
    )  # fmt: skip


def _shaken(e: Evidence, steepest: float) -> Remedy | None:
    """Noise twice as strong as the steepest slope on the way, for plain descent; momentum makes too much of it."""
    optimizer = e.settings.optimizer
    if e.noisy or not isinstance(optimizer, SGD) or optimizer.momentum > 0.5:
        return None
    steps, ticks = e.experiment.steps, e.settings.ticks(e.landscape)
    return remedies.fading_noise(e.index, SHAKING * max(steepest, 1e-3), steps, ticks)


def held_up(e: Evidence) -> Diagnosis | None:
    """A saddle or a plateau: the loss stood still for long, far from where it could be."""
    until_end = _still_held(e)
    stretch = e.slow_stretch(HELD, 0.0 if until_end else AHEAD)
    if stretch is None or stretch.end - stretch.first < max(HELD_FOR * e.rows, HELD_ROWS):
        return None
    until_end = until_end and stretch.end >= e.last - max(1, e.rows // LEAVING)
    if not until_end and not _went_on(e, stretch):
        return None
    rows = slice(stretch.first, stretch.end + 1)
    row = stretch.first + int(np.argmin(e.norm[rows]))
    curve = e.curvature(row)
    if curve is None:
        return None
    slope = float(np.linalg.norm(e.gradient(row)))
    where = f"From step {stretch.first:,} to {stretch.end:,} the loss stayed near {e.loss[row]:.3g}"
    left = "is only just leaving it" if stretch.end < e.last - max(1, e.rows // 100) else "has not left it yet"
    where += f" and {left}" if until_end else f", then fell to {e.loss.min():.3g}"
    bends = f"the curvature runs from {curve.low:.3g} to {curve.high:.3g}"
    there = f"at step {row:,} the gradient norm is {slope:.2g}"
    if _is_saddle(e, row, stretch, until_end=until_end):
        told = (f"{where}.", f"{capital(there)} and {bends}: down in one direction, up in another.")
        return Diagnosis(
            "saddle", "Held up at a saddle", told, row,
            offered(with_momentum(e), small_noise(e, slope), with_adam(e)),
        )  # fmt: skip
    if not _gentle(e, row, until_end=until_end):
        return None
    told = (
        f"{where}.",
        f"{capital(there)}, against {e.norm.max():.2g} at most, and {bends}: hardly a slope to follow.",
    )
    return Diagnosis(
        "plateau", "Held up on a plateau", told, row,
        offered(with_momentum(e), faster(e), with_adam(e)),
    )  # fmt: skip


def _went_on(e: Evidence, stretch: Stretch) -> bool:
    """Whether a good part of the fall came after the stretch, and much faster."""
    within = float(e.loss[stretch.first] - e.loss[stretch.end]) / (stretch.end - stretch.first)
    ahead = float(e.loss[stretch.end] - e.loss[stretch.end :].min())
    places, means = e.course
    later = places >= stretch.end
    if later.sum() < 2:
        return False
    fastest = float(np.max(-np.diff(means[later]) / np.diff(places[later])))
    return ahead >= AHEAD * e.fall and fastest >= FASTER * max(within, 1e-300)


def _still_held(e: Evidence) -> bool:
    """Whether, at the end, much is known or bound to lie ahead: the ground curves down, or a minimum lies deeper."""
    if e.outcome.kind == "converged" or (e.noisy and e.outcome.kind == "oscillating"):
        return False
    if e.floor is not None:
        return float(e.loss[-1]) - e.floor >= AHEAD * e.fall
    curve = e.curvature(e.last)
    return curve is not None and (curve.low < -DOWNWARDS * abs(curve.high) or e.model is not None)


def _is_saddle(e: Evidence, row: int, stretch: Stretch, *, until_end: bool) -> bool:
    """Whether the ground curves both ways and the point without slope is near."""
    curve = e.curvature(row)
    if curve is None or curve.high <= 0.0 or curve.low >= -DOWNWARDS * curve.high:
        return False
    away = float(np.linalg.norm(e.theta[row] - e.theta[-1]))
    if until_end:
        roamed = float(np.ptp(e.theta[stretch.first :], axis=0).max())
        away = max(float(np.linalg.norm(e.theta[row] - e.theta[0])), roamed)
    gradient = e.gradient(row)
    if float(np.linalg.norm(gradient)) > GENTLE * float(e.norm.max()):
        return False
    if e.landscape.dim > MOST_EXACT:  # most places of a network curve both ways; at a saddle there is no slope either
        return float(np.linalg.norm(gradient)) <= SLOPELESS * float(e.norm.max())
    hessian = e.landscape.hessian(e.theta[row : row + 1])[0]
    step = np.linalg.lstsq(hessian, gradient, rcond=1e-9)[0]
    return float(np.linalg.norm(step)) <= NEAR * away or float(np.linalg.norm(gradient)) <= 1e-9 * float(e.norm.max())


def _gentle(e: Evidence, row: int, *, until_end: bool) -> bool:
    """Whether the slope is much gentler than the way down that lies ahead, and the ground hardly bends along it."""
    minima, theta = e.minima, e.theta[row]
    if not until_end:
        lowest = row + int(np.argmin(e.loss[row:]))
        away, ahead = float(np.linalg.norm(e.theta[lowest] - theta)), float(e.loss[row] - e.loss[lowest])
    elif len(minima) and e.floor is not None:
        away, ahead = float(np.linalg.norm(minima - theta, axis=1).min()), float(e.loss[row]) - e.floor
    else:
        away, ahead = 1.0 + float(np.linalg.norm(theta)), abs(float(e.loss[row]))
    if not away > 0.0:
        return False
    g = e.gradient(row)
    along = abs(float(g @ e.product(row, g))) / max(float(g @ g), 1e-300)
    return float(np.linalg.norm(g)) <= GENTLE * ahead / away and along <= 2.0 * ahead / away**2
