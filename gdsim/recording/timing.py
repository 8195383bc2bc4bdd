"""Which step each frame of a video shows, and how many frames there are, known before anything is drawn.

Every frame is one moment of the trajectory and depends on its number alone, so a video has nothing to do with how
fast the machine draws it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

MAX_FRAMES = 1_000_000
"""More than four hours at 60 frames a second: a slip of the keyboard, not a video."""

MIN_FPS, MAX_FPS = 1, 240
MIN_SPEED, MAX_SPEED = 0.001, 1e9
"""Updates per second."""

MAX_HOLD = 3600.0
"""Seconds."""

LONGEST_TICK = 0.25
"""Seconds between two ticks of a live recording that count: a machine that slept adds no stretch of standstill."""


@dataclass(frozen=True)
class Steady:
    """So many updates each second, whatever the frames per second."""

    updates_per_second: float

    def __post_init__(self) -> None:
        _check(self.updates_per_second, MIN_SPEED, MAX_SPEED, "the speed", "updates per second")

    def moving(self, updates: int, fps: Fraction) -> int:
        """Frames that follow the first one until all ``updates`` are shown."""
        return math.ceil(updates * fps / _exact(self.updates_per_second))

    def done(self, frame: int, updates: int, fps: Fraction) -> int:
        """Updates that are done at moving frame ``frame``."""
        return math.floor(frame * _exact(self.updates_per_second) / fps)


@dataclass(frozen=True)
class PerFrame:
    """So many updates from each frame to the next."""

    updates: int

    def __post_init__(self) -> None:
        if self.updates < 1:
            raise ValueError("there must be at least 1 update per frame")

    def moving(self, updates: int, fps: Fraction) -> int:
        """Frames that follow the first one until all ``updates`` are shown."""
        return -(-updates // self.updates)

    def done(self, frame: int, updates: int, fps: Fraction) -> int:
        """Updates that are done at moving frame ``frame``."""
        return frame * self.updates


@dataclass(frozen=True)
class Curve:
    """Slow at first, then faster (or the other way round): the speed grows by the same factor each second.

    With r = end / start the share of the updates that is done at the share x of the time is (r**x - 1) / (r - 1).

    Attributes:
        start, end: Updates per second at the first and at the last frame.
    """

    start: float
    end: float

    def __post_init__(self) -> None:
        _check(self.start, MIN_SPEED, MAX_SPEED, "the speed at the start", "updates per second")
        _check(self.end, MIN_SPEED, MAX_SPEED, "the speed at the end", "updates per second")

    def moving(self, updates: int, fps: Fraction) -> int:
        """Frames that follow the first one until all ``updates`` are shown."""
        growth = math.log(self.end / self.start)
        mean = self.start * (math.expm1(growth) / growth if growth else 1.0)
        return math.ceil(updates * float(fps) / mean - 1e-9)

    def done(self, frame: int, updates: int, fps: Fraction) -> int:
        """Updates that are done at moving frame ``frame``."""
        x = frame / self.moving(updates, fps)
        growth = math.log(self.end / self.start)
        share = math.expm1(growth * x) / math.expm1(growth) if growth else x
        return math.floor(updates * share + 1e-9)


Pace = Steady | PerFrame | Curve


@dataclass(frozen=True)
class Timing:
    """The plan of a video; made by `plan`.

    Attributes:
        pace: How fast the updates go by.
        fps: Frames per second.
        first, last: The steps that are shown first and last.
        held_first, held_last: Further frames on which the first and the last step stand still.
        moving: Frames after the first one until the last step is reached.
    """

    pace: Pace
    fps: Fraction
    first: int
    last: int
    held_first: int
    held_last: int
    moving: int

    @property
    def frames(self) -> int:
        """How many frames there are."""
        return self.held_first + 1 + self.moving + self.held_last

    @property
    def seconds(self) -> float:
        """How long the video lasts."""
        return float(self.frames / self.fps)

    def step(self, frame: int) -> int:
        """The step that frame ``frame``, from 0 on, shows."""
        if not 0 <= frame < self.frames:
            raise IndexError(f"frame {frame} of {self.frames}")
        frame -= self.held_first
        if frame <= 0:
            return self.first
        if frame >= self.moving:
            return self.last
        updates = self.last - self.first
        return self.first + min(updates, self.pace.done(frame, updates, self.fps))

    def steps(self) -> Iterator[int]:
        """The step of every frame."""
        return (self.step(frame) for frame in range(self.frames))

    def pictures(self) -> Iterator[tuple[int, int]]:
        """Each picture that has to be drawn, as (step, frames it stands)."""
        return ((step, sum(1 for _ in same)) for step, same in groupby(self.steps()))


def plan(
    pace: Pace,
    *,
    fps: float | Fraction,
    first: int,
    last: int,
    hold_first: float = 0.0,
    hold_last: float = 0.0,
) -> Timing:
    """Lay out a video.

    Args:
        pace: How fast the updates go by.
        fps: Frames per second.
        first: The step of the first frame.
        last: The step of the last frame.
        hold_first: Seconds for which the first step stands still before it moves.
        hold_last: Seconds for which the last step stands still in the end.

    Raises:
        ValueError: It cannot be; the text says why.
    """
    _check(fps, MIN_FPS, MAX_FPS, "the rate", "frames per second")
    if not 0 <= first <= last:
        raise ValueError(f"the first step ({first}) must be from 0 to the last step ({last})")
    _check(hold_first, 0, MAX_HOLD, "the hold on the first frame", "seconds")
    _check(hold_last, 0, MAX_HOLD, "the hold on the last frame", "seconds")
    rate = _exact(fps)
    held_first, held_last = round(_exact(hold_first) * rate), round(_exact(hold_last) * rate)
    timing = Timing(pace, rate, first, last, held_first, held_last, pace.moving(last - first, rate))
    if timing.frames > MAX_FRAMES:
        raise ValueError(f"the video would have {timing.frames:,} frames; at most {MAX_FRAMES:,}: record it faster")
    return timing


class LiveClock:
    """How many frames are due while somebody drives the program by hand and records as it goes."""

    def __init__(self, fps: float | Fraction) -> None:
        self.fps = _exact(fps)
        self._passed = 0.0
        self._given = 0

    def due(self, seconds: float) -> int:
        """Frames due now that ``seconds`` have passed since the last call."""
        self._passed += max(0.0, min(seconds, LONGEST_TICK))
        frames = math.floor(self._passed * float(self.fps) + 1e-6) - self._given
        self._given += frames
        return frames


def _exact(value: float | Fraction) -> Fraction:
    """The number that was meant: 0.1 is a tenth, 29.97 is 2997/100."""
    return value if isinstance(value, Fraction) else Fraction(repr(float(value)))


def _check(value: float | Fraction, low: float, high: float, name: str, unit: str) -> None:
    if not low <= value <= high:
        raise ValueError(f"{name} must be {low:g} to {high:,.0f} {unit}")
