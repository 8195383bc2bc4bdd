"""What has been there before, among many numbers at once: by hashing, since sorting them takes ten times as long."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.int64]
Order = npt.NDArray[np.intp]

_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: neighbours come to lie far apart (Knuth 6.4)


def _slots(keys: Keys, bits: int) -> Order:
    """Where each key belongs in a table of ``2**bits`` places."""
    found = np.ascontiguousarray(keys).view(np.uint64) * _SPREAD >> np.uint64(64 - bits)
    return found.astype(np.intp)


def first(keys: Keys) -> Order:
    """The places at which a key comes for the first time, rising."""
    count = len(keys)
    slots = _slots(keys, count.bit_length() + 1)
    winners = np.empty(2 << count.bit_length(), np.intp)
    winners[slots[::-1].copy()] = np.arange(count)[::-1]  # of several the last one written stays: the first key
    winner = winners[slots]
    chosen = winner == np.arange(count)
    left = np.flatnonzero(keys[winner] != keys)  # another key has taken their place
    slots = slots[left]
    while len(left):
        winners[slots[::-1]] = left[::-1]
        winner = winners[slots]
        chosen[left[winner == left]] = True
        other = np.flatnonzero(keys[winner] != keys[left])
        left, slots = left[other], slots[other]
    return np.flatnonzero(chosen)


class Seen:
    """A set of numbers that are not negative, asked about many at once and told of many at once."""

    def __init__(self) -> None:
        self._bits = 8
        self._table = _free(self._bits)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def keys(self) -> Keys:
        """What is in the set, in no order."""
        return np.asarray(self._table[self._table != _NOTHING])

    def lacks(self, keys: Keys) -> npt.NDArray[np.bool_]:
        """Which of ``keys`` are not in the set."""
        slots, found = _slots(keys, self._bits), np.zeros(len(keys), bool)
        held = self._table[slots]
        found[held == _NOTHING] = True
        left = np.flatnonzero((held != keys) & ~found)
        slots = slots[left]
        while len(left):
            slots = slots + 1 & len(self._table) - 1
            held = self._table[slots]
            found[left[held == _NOTHING]] = True
            on = (held != _NOTHING) & (held != keys[left])
            left, slots = left[on], slots[on]
        return found

    def add(self, keys: Keys) -> None:
        """Take up ``keys``, which it lacks; none of them twice."""
        self._count += len(keys)
        if 2 * self._count > len(self._table):
            held = self.keys()
            self._bits = (2 * self._count).bit_length()
            self._table = _free(self._bits)
            keys = np.concatenate((held, keys))
        slots = _slots(keys, self._bits)
        while len(keys):
            free = self._table[slots] == _NOTHING
            self._table[slots[free]] = keys[free]
            left = self._table[slots] != keys
            keys, slots = keys[left], slots[left] + 1 & len(self._table) - 1


_NOTHING = -1


def _free(bits: int) -> Keys:
    return np.full(1 << bits, _NOTHING, np.int64)
