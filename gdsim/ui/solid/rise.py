"""From loss to height and back: straight or by the logarithm, cut where a wall or a spike would dwarf the rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gdsim.core.camera import Height
from gdsim.core.landscapes import Floats
from gdsim.ui.numbers import nice
from gdsim.ui.plots.axes import linear_ticks, log_ticks

WALL = 150.0
"""Where most heights are so many times those of the lowest tenth, a straight scale would show a wall and a flat."""
SOFT = 1e-3
"""Of the middle height: below this the logarithm levels off, or a minimum would be a hole without a ground."""
ROOMY = 3.0
"""The highest point may be so many times as high as nearly all others before it is cut."""

NEARLY = 0.01
"""The part of the axis by which its foot may miss a round number, mostly 0, that is written there all the same."""


@dataclass(frozen=True)
class Rise:
    """The scale of heights.

    Attributes:
        log: Whether it is logarithmic.
        floor: The loss at height 0.
        soft: Added to the loss above the floor before its logarithm is taken.
        top: The loss at height 1; what is higher, or no number, is cut there.
        cut: The share of the surface that is cut.
        odd: The share of it that is no finite number.
    """

    log: bool
    floor: float
    soft: float
    top: float
    cut: float = 0.0
    odd: float = 0.0

    @classmethod
    def of(cls, loss: Floats, height: Height, lowest: float | None = None) -> Rise:
        """The scale that suits losses; ``lowest`` is the loss at the known minimum."""
        finite = np.sort(loss[np.isfinite(loss)], axis=None)
        odd = 1.0 - finite.size / max(loss.size, 1)
        if not finite.size:
            return cls(False, 0.0, 0.0, 1.0, 0.0, odd)
        low, tenth, middle, most, highest = (float(finite[int(q * (finite.size - 1))]) for q in (0, 0.1, 0.5, 0.98, 1))
        with np.errstate(over="ignore"):
            roomy = highest - low <= ROOMY * (most - low) or most <= low
            top = highest if roomy and np.isfinite(highest - low) else most + 0.5 * (most - middle)
            steep = most - low > WALL * (tenth - low) > 0.0
        if not (np.isfinite(top - low) and top > low):
            low, top = (low, low + (abs(low) or 1.0)) if highest <= low else (-1e307, 1e307)
        log = height == "log" or (height == "auto" and bool(steep))
        if log and lowest is not None and low - (top - low) < lowest <= low:
            low = lowest
        soft = max(SOFT * (middle - low), 1e-12 * (top - low)) if log else 0.0
        found = cls(log, low, soft, top, 0.0, odd)
        return cls(log, low, soft, top, float(np.mean(finite > top)), odd) if highest > top else found

    def of_loss(self, loss: Floats) -> Floats:
        """Heights from 0 to 1; what is no number stands as high as the highest."""
        with np.errstate(all="ignore"):
            above = np.maximum(loss * 0.25 - self.floor * 0.25, 0.0)
            span = self.top * 0.25 - self.floor * 0.25
            if self.log:
                low = np.log(0.25 * self.soft)
                found = (np.log(above + 0.25 * self.soft) - low) / (np.log(span + 0.25 * self.soft) - low)
            else:
                found = above / span
        return np.asarray(np.clip(np.nan_to_num(found, nan=1.0, posinf=1.0), 0.0, 1.0))

    @property
    def base(self) -> float:
        """What the numbers at the axis count from: 0, or the lowest loss where powers of ten count from it."""
        return self.floor if self.log and abs(self.floor) > 1e-9 * (self.top - self.floor) else 0.0

    @property
    def title(self) -> str:
        """What stands at the axis."""
        return f"loss above {nice(self.base, 3)}" if self.base else "loss"

    def ticks(self, most: int) -> list[tuple[float, str]]:
        """Heights from 0 to 1 with their labels."""
        if not self.log:
            ticks = linear_ticks(self.floor - NEARLY * (self.top - self.floor), self.top, most)
            return [(float(self.of_loss(np.array(t.value))), t.label) for t in ticks]
        span = self.top - self.floor
        ticks = log_ticks(float(np.log10(2.0 * self.soft)), float(np.log10(span)), most)
        heights = self.of_loss(self.floor + 10.0 ** np.array([t.value for t in ticks]))
        found = [(float(z), t.label) for z, t in zip(heights, ticks, strict=True)]
        return [(0.0, "0"), *(pair for pair in found if pair[0] > 0.07)]

    @property
    def note(self) -> str:
        """What has to be said of what was cut; nothing where nothing was."""
        parts = []
        if self.cut > 0.0:
            parts.append(f"cut at {nice(self.top, 3)}")
        if self.odd >= 1.0:
            return "there is no number here"
        if self.odd > 0.0:
            share = f"{100.0 * self.odd:.0f}%" if self.odd >= 0.01 else "less than 1%"
            parts.append(f"{share} is no finite number: hatched")
        return "; ".join(parts)
