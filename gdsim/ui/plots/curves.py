"""Long columns of numbers, made ready to be drawn: smoothed, and folded to what a pixel column can show.

All of it is append-only, since a run only grows while it is watched: a frame costs what is new, not what is there.
"""

from __future__ import annotations

import numpy as np

from gdsim.core.landscapes import Floats
from gdsim.core.trajectory import Column

FACTOR = 8
"""How many blocks of one level of a pyramid make one of the next."""


class Pyramid:
    """Least and greatest of ever larger blocks of an append-only column; nan is passed over.

    A value may stand for a stretch of which only least and greatest are known, too.

    Args:
        stretched: Whether they are given.
    """

    def __init__(self, *, stretched: bool = False) -> None:
        self._values = Column()
        self._ends = (Column(), Column()) if stretched else (self._values, self._values)
        self._levels: list[tuple[Column, Column]] = []

    def __len__(self) -> int:
        return len(self._values)

    @property
    def values(self) -> Floats:
        """What has been appended."""
        return self._values.values

    def append(self, values: Floats, ends: tuple[Floats, Floats] | None = None) -> None:
        """Add ``values`` at the end, with the least and greatest of what each stands for."""
        self._values.append(values)
        below_low, below_high = self._ends
        if below_low is not self._values:
            below_low.append(values if ends is None else ends[0])
            below_high.append(values if ends is None else ends[1])
        k = 0
        while len(below_low) >= FACTOR:
            if k == len(self._levels):
                self._levels.append((Column(), Column()))
            low, high = self._levels[k]
            have, can = len(low), len(below_low) // FACTOR
            if have == can:
                break
            part = slice(have * FACTOR, can * FACTOR)
            low.append(np.fmin.reduce(below_low.values[part].reshape(-1, FACTOR), axis=1))
            high.append(np.fmax.reduce(below_high.values[part].reshape(-1, FACTOR), axis=1))
            below_low, below_high = low, high
            k += 1

    def fold(self, first: int, end: int, columns: int) -> tuple[Floats, Floats, Floats]:
        """Rows ``first`` to ``end`` (not included) in about ``columns`` columns.

        Returns:
            The row in the middle of each column that has rows, and its least and greatest value (nan where it has
            no number). A block that reaches into a column counts wholly for the column it begins in.
        """
        first, end = max(first, 0), min(end, len(self))
        if end <= first or columns < 1:
            return np.empty(0), np.empty(0), np.empty(0)
        per = (end - first) / columns
        level, block = 0, 1
        while level < len(self._levels) and block * FACTOR <= per:
            level, block = level + 1, block * FACTOR
        low, high = self._blocks(level, block, first, end)
        starts = np.maximum((first // block + np.arange(len(low))) * block, first)
        column = np.minimum(((starts - first) / per).astype(np.int64), columns - 1)
        cuts = np.flatnonzero(np.diff(column, prepend=-1))
        middle = first + (column[cuts] + 0.5) * per - 0.5
        return middle, np.fmin.reduceat(low, cuts), np.fmax.reduceat(high, cuts)

    def _blocks(self, level: int, block: int, first: int, end: int) -> tuple[Floats, Floats]:
        """The blocks of a level that hold rows ``first`` to ``end``; what no whole block holds is one more."""
        ends = (self._ends[0].values, self._ends[1].values)
        if level == 0:
            return ends[0][first:end], ends[1][first:end]
        low, high = (column.values for column in self._levels[level - 1])
        a, b = first // block, min(-(-end // block), len(low))
        rest = slice(max(b * block, first), end)
        if not len(ends[0][rest]):
            return low[a:b], high[a:b]
        return np.append(low[a:b], np.fmin.reduce(ends[0][rest])), np.append(high[a:b], np.fmax.reduce(ends[1][rest]))


class Smoother:
    """An exponential moving average without its bias to zero (Kingma & Ba 2015): the first value stands as it is.

    What is no number is passed over and left as it is.

    Args:
        weight: How much of the average is kept at each value, 0 to 0.999.
    """

    def __init__(self, weight: float) -> None:
        self.weight = min(weight, 0.999) if weight > 1e-12 else 0.0
        self._sum = 0.0
        self._total = 0.0

    def extend(self, values: Floats) -> Floats:
        """The averages at ``values``, which follow those given before."""
        found = values.copy()
        usable = np.flatnonzero(np.isfinite(values))
        if self.weight == 0.0 or not len(usable):
            return found
        # w**k underflows: go on in blocks in which it keeps its digits
        block = max(int(-30.0 / np.log(self.weight)), 1)
        for begin in range(0, len(usable), block):
            at = usable[begin : begin + block]
            found[at] = self._block(values[at])
        return found

    def _block(self, x: Floats) -> Floats:
        largest = max(float(np.abs(x).max()), abs(self._sum))
        size = largest if largest > 1e200 else 1.0  # so that the sums below stay finite
        x, self._sum = x / size, self._sum / size
        kept = self.weight ** np.arange(1.0, len(x) + 1.0)
        sums = kept * (self._sum + np.cumsum(x * (1.0 - self.weight) / kept))
        totals = kept * (self._total + np.cumsum((1.0 - self.weight) / kept))
        self._sum, self._total = float(sums[-1]) * size, float(totals[-1])
        return np.asarray(sums / totals * size)
