"""Verdicts on runs that settle, converge or go on, where nothing is wrong."""

from __future__ import annotations

import numpy as np

from gdsim.core import remedies
from gdsim.core.evidence import Evidence
from gdsim.core.outcome import between
from gdsim.core.verdicts.measures import fading_swings, rates_of
from gdsim.core.verdicts.offers import decaying, faster, gentler, offered
from gdsim.core.verdicts.rates import what_is_left
from gdsim.core.verdicts.verdict import BETTER, DECAYED, EFFECTIVE, NEAR, SLOW, Diagnosis, capital, place_of

NEXT_TO_NOTHING = 2e-2
"""Settled: at most this share of the whole fall is left, and danced through."""
PITS = 24
"""Places of the first half of a run at which is looked whose pit they lie in."""


def settled(e: Evidence) -> Diagnosis | None:
    """Noise did its work and faded with the rate: what is left of the dance is next to nothing."""
    rates = rates_of(e)
    if not e.noisy or e.outcome.kind == "converged" or not rates[-1] < DECAYED * rates.max():
        return None
    tail = e.loss[e.window]
    left = float(np.median(tail)) - (float(e.loss.min()) if e.floor is None else e.floor)
    if max(left, float(np.ptp(tail))) > NEXT_TO_NOTHING * e.fall:
        return None
    known = "the lowest of the run" if e.floor is None else "the least known"
    told = [
        f"The rate faded from {rates.max():.3g} to {rates[-1]:.2g}, and the dance in the noise with it: over the last "
        f"{len(tail)} steps the loss lies between {between(tail)}, {left:.2g} above {known} as a rule."
    ]
    pit = _pit_that_was_left(e)
    if pit is not None:
        told.append(pit)
    headline = "Settled" if pit is None else "Settled: it found a deeper minimum"
    return Diagnosis("settled", headline, tuple(told), e.last)


def _pit_that_was_left(e: Evidence) -> str | None:
    """A minimum that is higher than where the run came to lie, and that it has been in the pit of."""
    end = e.bottom()
    if end is None:
        return None
    height = float(e.landscape.loss(end[np.newaxis])[0])
    for row in np.unique(np.linspace(0, e.last // 2, PITS).astype(int)).tolist():
        place = e.bottom(row)
        if place is None or float(np.linalg.norm(place - end)) <= NEAR * float(np.linalg.norm(e.theta[row] - end)):
            continue
        there = float(e.landscape.loss(place[np.newaxis])[0])
        if there - height > BETTER * e.fall:
            return (
                f"At step {row:,} it lay in the pit of a minimum at {place_of(place)} whose loss is {there:.4g}; noise "
                f"led it out, to one of {height:.4g}."
            )
    return None


def converged(e: Evidence) -> Diagnosis | None:
    """It has come to rest in a minimum."""
    if e.outcome.kind != "converged":
        return None
    why = e.outcome.why.split(". Over-fitting")[0]
    told = f"Since step {e.outcome.step:,} the loss rests at {e.loss[-1]:.4g}; {why}."
    return Diagnosis("converged", "Converged", (told,), e.outcome.step)


def otherwise(e: Evidence) -> Diagnosis:
    """Nothing that the textbooks have a name for."""
    why, rates = f"{capital(e.outcome.why.split('. Over-fitting')[0])}.", rates_of(e)
    gone = rates[-1] < DECAYED * rates.max()
    further = (
        (f"It goes no further: the rate has come down from {rates.max():.3g} to {rates[-1]:.2g}.",) if gone else ()
    )
    if e.outcome.kind == "still descending" or (e.outcome.kind == "stalled" and 0.0 < e.slowness() < SLOW):
        told = [why if e.outcome.kind == "still descending" else what_is_left(e, e.slowness())]
        if e.floor is not None and float(e.loss[-1]) - e.floor <= EFFECTIVE * e.fall:
            told.append(f"It is {float(e.loss[-1]) - e.floor:.2g} above the least known loss.")
        headline = "The rate decayed away on the way down" if gone else "On its way down"
        return Diagnosis(
            "descending", headline, (*told, *further), e.last, offered(remedies.more_steps(e.experiment))
        )  # fmt: skip
    if e.outcome.kind == "stalled":
        headline = "Standing still: the rate decayed away" if gone else "Standing still"
        cure = remedies.more_steps(e.experiment) if gone else faster(e)
        return Diagnosis("unsettled", headline, (why, *further), e.last, offered(cure))
    swings = fading_swings(e)
    if swings is not None:
        return Diagnosis(
            "descending", "Settling: its swings die away", (why, swings), e.last,
            offered(remedies.more_steps(e.experiment)),
        )  # fmt: skip
    return Diagnosis("unsettled", "Going up and down", (why,), e.last, offered(gentler(e), decaying(e)))
