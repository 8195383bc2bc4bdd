"""What a verdict is, and the thresholds that several of them share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from gdsim.core.landscapes import Floats
from gdsim.core.remedies import Remedy

Kind = Literal[
    "data", "diverging", "not learning", "over-fitting", "local minimum", "saddle", "plateau", "decayed", "spikes",
    "held by decay", "bouncing", "swinging", "clipping", "noise", "ravine", "crawling", "under-fitting", "converged",
    "settled", "descending", "unsettled", "too early",
]  # fmt: skip
FEWEST = 8
"""Rows that a verdict needs; a divergence shows earlier."""
FLUNG = 10.0
"""Thrown out, where no curvature tells that the rate was to blame: the loss is, or was once, higher than at the start
by more than so many times what it was, or fell at best."""
TURNS = 0.5
"""Bouncing: in at least this share of the last steps the marble turns round along the steepest direction."""
LASTING = 0.3
"""Bouncing: in the second half of the window the steps across are at least this share of those in the first."""
SLOW = 0.5
"""Slow: after the last quarter of the run more than this share of the way down is still left."""
NEAR = 0.2
"""At a saddle or minimum: it is this near by gradient and curvature, as a share of the way to something better."""
BETTER = 1e-3
"""A minimum is not the best known one where it is higher by this share of the whole fall."""
DECAYED = 0.05
"""The rate has decayed away where it is below this share of its highest."""
LOST = 0.1
"""Stopped too early: as fast as it was falling, the loss would have fallen further by this share of its fall so far."""
EFFECTIVE = 1e-2
"""Almost there: at most this share of the whole fall is left, by what is known."""


@dataclass(frozen=True)
class Diagnosis:
    """A verdict.

    Attributes:
        kind: Which one.
        headline: It in a few words.
        evidence: Sentences with numbers and steps.
        step: Where it shows.
        remedies: What can be done, most promising first.
    """

    kind: Kind
    headline: str
    evidence: tuple[str, ...]
    step: int
    remedies: tuple[Remedy, ...] = ()


def place_of(theta: Floats) -> str:
    """A place in words: the first of its coordinates."""
    shown = ", ".join(f"{value:.3g}" for value in theta[:4].tolist())
    return f"({shown}{', …' if theta.size > 4 else ''})"


def capital(text: str) -> str:
    """A sentence of what begins with a small letter."""
    return text[0].upper() + text[1:]


def word_of(value: float) -> str:
    """What a loss is that is not finite."""
    return "not a number" if np.isnan(value) else "infinite"
