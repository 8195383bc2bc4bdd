"""How long something takes, in as few words as it needs."""

from __future__ import annotations


def in_words(seconds: float) -> str:
    """12 s, 3 min, 1.5 h; never less than a second."""
    if seconds < 90.0:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400.0 else f"{seconds / 3600:.1f} h"


def left(elapsed: float, share: float) -> str:
    """How long it goes on after so many seconds for such a share; empty where it is too early to tell."""
    return "" if share <= 0.0 or elapsed < 0.5 else f"{in_words(elapsed * (1.0 - share) / share)} left"
