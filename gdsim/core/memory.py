"""Memory that is given back: the C library keeps what large arrays had, unless it is told not to."""

from __future__ import annotations

import ctypes
import sys

LARGE = 4 << 20
"""Bytes from which an array is given back to the system as soon as nobody needs it."""
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # glibc's malloc.h


def give_back() -> bool:
    """Have large arrays given back at once; returns whether the C library can be told."""
    if not sys.platform.startswith("linux"):
        return False
    tell = getattr(ctypes.CDLL(None), "mallopt", None)
    return tell is not None and bool(tell(_MMAP_THRESHOLD, LARGE)) and bool(tell(_TRIM_THRESHOLD, 2 * LARGE))
