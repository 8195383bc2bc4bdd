"""What can be offered for several verdicts: remedies that suit the run, or None."""

from __future__ import annotations

import numpy as np

from gdsim.core import remedies
from gdsim.core.evidence import Evidence
from gdsim.core.optimizers import SGD
from gdsim.core.remedies import Remedy
from gdsim.core.verdicts.measures import peak_of, rates_of
from gdsim.core.verdicts.verdict import DECAYED

ROOMY = 0.6
"""What is proposed stays below this share of the largest stable rate."""


def gentler(e: Evidence) -> Remedy:
    """Half the rate: bouncing is not yet diverging."""
    return Remedy("Halve η", "Steps across the valley that are half as long stop at its floor.",
                  remedies.scaled_rate(e.index, 0.5))  # fmt: skip


def decaying(e: Evidence) -> Remedy | None:
    """A cosine over all steps, where the rate does not come to nothing anyway."""
    rates = rates_of(e)
    if rates[-1] < DECAYED * rates.max():
        return None
    return remedies.cosine(e.index, e.experiment.steps, e.settings.ticks(e.landscape))


def faster(e: Evidence, *, warmed: bool = False) -> Remedy | None:
    """A larger rate, where the run has been nowhere that would throw it out; from 0 on where that is the start."""
    optimizer, tightest = e.settings.optimizer, e.tightest
    fits = tightest is None or not isinstance(optimizer, SGD) or 3.0 * float(rates_of(e).max()) <= tightest
    if fits or not optimizer.rate:
        return None if peak_of(e) is not None else remedies.raise_rate(e.index, e.settings, e.landscape)
    ticks = e.settings.ticks(e.landscape)
    return remedies.warm_up(e.index, e.settings, e.experiment.steps, ticks) if warmed else None


def with_momentum(e: Evidence, most: int = 10) -> Remedy | None:
    """Momentum, with such a part of the rate that it is stable where the ground was steepest."""
    optimizer, tightest = e.settings.optimizer, e.tightest
    if not isinstance(optimizer, SGD):
        return None
    bears = np.inf if tightest is None else ROOMY * tightest * 1.9 / (1.0 + optimizer.momentum)
    fits = [part for part in (1, 3, 10) if float(rates_of(e).max()) / part <= bears and part <= most]
    return remedies.momentum(e.index, e.settings, fits[0]) if fits else None


def with_adam(e: Evidence) -> Remedy | None:
    """Adam, at a rate with which it gets as far as it has to."""
    minima, theta = e.minima, e.theta[e.last]
    goal = minima[int(np.argmin(np.linalg.norm(minima - theta, axis=1)))] if len(minima) else theta
    return remedies.adam(e.index, e.settings, float(np.abs(goal - e.theta[0]).max()), e.experiment.steps)


def elsewhere(e: Evidence) -> Remedy | None:
    """Another start."""
    return remedies.elsewhere(e.experiment)


def small_noise(e: Evidence, slope: float) -> Remedy | None:
    """Noise about as strong as the slope at a saddle, where there is none yet: it leads off the ridge."""
    return (
        None if e.noisy or not isinstance(e.settings.optimizer, SGD) else remedies.more_noise(e.index, max(slope, 0.01))
    )


def offered(*found: Remedy | None) -> tuple[Remedy, ...]:
    """Those of some remedies that there are."""
    return tuple(one for one in found if one is not None)
