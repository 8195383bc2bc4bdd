"""Mini-batches: which examples each update sees, and in which epoch it is.

A batch is a function of seed, size and step alone, so there is no generator to keep: a run can be taken up at any step.
Where the batch size is changed on the way, epochs are counted as if it had been so from the start.
As with torch.utils.data.DataLoader the examples are shuffled anew in every epoch, each is seen once an epoch, and
the last batch of an epoch holds what is left over.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.intp]

SHUFFLING = 1
"""The stream of chance that shuffles; the noise on gradients is stream 0."""


class Batches:
    """The batches of a run.

    Gradients of ``accumulate`` batches are averaged before an update (each example counting alike), which is the
    update that a batch so many times as large would make.

    Args:
        size: How many examples there are.
        batch: Examples a batch.
        accumulate: Batches an update.
        seed: Decides the order of the examples.
    """

    def __init__(self, size: int, batch: int, accumulate: int = 1, seed: int = 0) -> None:
        self._size, self._seed = size, seed
        self.together = min(batch * accumulate, size)
        """Examples an update: the effective batch size."""

    @property
    def per_epoch(self) -> int:
        """Updates in which every example is seen once."""
        return -(-self._size // self.together)

    def epoch(self, step: int) -> int:
        """The epoch of update ``step``, from 0."""
        return step // self.per_epoch

    def rows(self, step: int) -> Rows:
        """The examples that update ``step`` sees."""
        epoch, place = divmod(step, self.per_epoch)
        first = place * self.together
        return _order(self._size, self._seed, epoch)[first : first + self.together]


@lru_cache(maxsize=8)
def _order(size: int, seed: int, epoch: int) -> Rows:
    stream = np.random.Philox(key=seed, counter=[0, 0, SHUFFLING, epoch])
    order: Rows = np.random.Generator(stream).permutation(size)
    order.flags.writeable = False
    return order
