"""Computes ensembles on a thread of its own, a slice at a time.

Each slice is granted by the window and answered with an immutable value that carries the number of its job, so a
cancel is no more than the next grant left out.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal, Slot

from gdsim.core.ensemble import Ensemble, EnsemblePart

log = logging.getLogger(__name__)

BUDGET = 0.006
"""Seconds a slice."""


@dataclass(frozen=True)
class EnsembleJob:
    """An ensemble to compute."""

    number: int
    ensemble: Ensemble


@dataclass(frozen=True)
class Slice:
    """What came of one grant: None behind the last part; ``failure`` is the text of an exception."""

    number: int
    part: EnsemblePart | None
    failure: str = ""


class EnsembleWorker(QObject):
    """Lives on the worker thread; talked to by signals only."""

    answered = Signal(object)  # a Slice

    def __init__(self) -> None:
        super().__init__()
        self._number = -1
        self._parts: Iterator[EnsemblePart] = iter(())

    @Slot(object)
    def take(self, job: EnsembleJob) -> None:
        """Begin another ensemble; the one before is forgotten."""
        self._number, self._parts = job.number, job.ensemble.parts(BUDGET)

    @Slot(int)
    def grant(self, number: int) -> None:
        """Compute a slice and answer with what came of it."""
        if number != self._number:
            return
        try:
            part = next(self._parts, None)
        except Exception as error:  # whatever a run raises ends the ensemble, not the program
            log.error("an ensemble failed\n%s", traceback.format_exc())
            self.answered.emit(Slice(number, None, f"{type(error).__name__}: {error}"))
            return
        self.answered.emit(Slice(number, part))
