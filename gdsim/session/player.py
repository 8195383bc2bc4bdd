"""The cursor over the trajectory: play, pause, speed, step, scrub. It decides what is seen, not what is computed."""

from __future__ import annotations

SPEEDS = (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)
"""Updates a second that the keys step through."""

LONGEST_FRAME = 0.1
"""Seconds of one frame that count: after a pause of the whole machine the marble goes on where it was."""


class Player:
    """A position that moves through the steps.

    ``wanted`` is where it shall be; what is shown is never beyond what has been computed. ``until`` is a step at which
    playing stops before the last one, once.
    """

    def __init__(self) -> None:
        self.playing = False
        self.speed: float = 20.0
        self.wanted = 0
        self.until: int | None = None
        self._fraction = 0.0

    def shown(self, computed: int) -> int:
        """The step that is looked at when rows up to ``computed`` exist."""
        return max(0, min(self.wanted, computed))

    def tick(self, seconds: float, computed: int, last: int) -> bool:
        """Let ``seconds`` pass; returns whether the position moved.

        Args:
            seconds: Time since the last tick.
            computed: The last row that exists.
            last: The last row there will be; playing stops there.
        """
        if not self.playing:
            return False
        before = self.wanted
        self._fraction += min(seconds, LONGEST_FRAME) * self.speed
        whole = int(self._fraction)
        self._fraction -= whole
        if before + whole > computed:
            self._fraction = 0.0
        end = last if self.until is None else min(self.until, last)
        self.wanted = max(before, min(before + whole, computed, end))
        if self.wanted >= end:
            self.pause()
        return self.wanted != before

    def play(self, last: int, until: int | None = None) -> None:
        """Start to play, up to ``until`` where that lies ahead; from the first step again where it is at the last."""
        if self.wanted >= last:
            self.wanted = 0
        self.playing = True
        self.until = until if until is not None and until > self.wanted else None
        self._fraction = 0.0

    def pause(self) -> None:
        """Stop where it is."""
        self.playing = False
        self.until = None

    def jump(self, step: int, last: int) -> None:
        """Look at ``step``; playing stops, since somebody took the cursor in hand."""
        self.pause()
        self.wanted = max(0, min(step, last))

    def slower(self) -> None:
        """The next lower speed."""
        self.speed = max((s for s in SPEEDS if s < self.speed), default=SPEEDS[0])

    def faster(self) -> None:
        """The next higher speed."""
        self.speed = min((s for s in SPEEDS if s > self.speed), default=SPEEDS[-1])
