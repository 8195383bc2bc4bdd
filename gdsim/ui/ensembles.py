"""The ensembles of the document that is shown: computed in the background, kept as long as they hold."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, QThread, QTimer, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from gdsim.core.experiment import Experiment
from gdsim.ui.widgets import ElidedLabel, IconButton

if TYPE_CHECKING:
    from gdsim.core.ensemble import Band, Ensemble
    from gdsim.ui.ensemble_worker import EnsembleWorker, Slice

BREATH, BREATH_PLAYING = 3, 16
"""Milliseconds between two slices, in which everything else has its turn; and while the picture moves."""
SHOWN_AFTER = 0.4
"""Seconds after which the strip is shown: short work needs none."""


class Ensembles(QObject):
    """Computes what the document asks for, one ensemble after the other.

    The thread is there from the first ensemble on. What an edit leaves as it was is kept, the rest begins anew; what
    was stopped by hand stays as far as it had come.

    Args:
        playing: Says whether the window needs time for frames.
        parent: As everywhere in Qt.

    Signals:
        grown: There is more to show.
        said: Something to tell the user.

    Attributes:
        bands: What there is, by the runs; replaced, never changed.
    """

    grown = Signal()
    said = Signal(str)
    _take = Signal(object)
    _grant = Signal(int)

    def __init__(self, playing: Callable[[], bool], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._playing = playing
        self.bands: dict[int, Band] = {}
        self.strip = EnsembleStrip()
        self.strip.stopped.connect(self.stop)
        self._experiment: Experiment | None = None
        self._given_up: list[Band] = []
        self._current: Band | None = None
        self._number = 0
        self._begun = 0.0
        self._thread: QThread | None = None
        self._worker: EnsembleWorker | None = None
        self._gap = QTimer(self)
        self._gap.setSingleShot(True)
        self._gap.timeout.connect(self._ask)

    @property
    def computing(self) -> bool:
        """Whether something is under way."""
        return self._current is not None

    def follow(self, experiment: Experiment) -> None:
        """Have the ensembles of another document, or another version of it."""
        if experiment is self._experiment:
            return
        if not self.bands and not any(run.ensemble for run in experiment.runs):
            self._experiment = experiment
            return  # most documents have none: what computes them is loaded with the first
        from gdsim.core.ensemble import Band, wanted

        self._tell_resting(self._experiment, experiment)
        self._experiment = experiment
        spare, found = list(self.bands.values()), {}
        for index, ensemble in wanted(experiment).items():
            kept = next((band for band in spare if _same(band.ensemble, ensemble)), None)
            if kept is not None:
                spare.remove(kept)
            found[index] = kept or Band(ensemble)
        if found or self.bands:
            self.bands = found
            self._given_up = [band for band in self._given_up if band in found.values()]
            if self._current not in found.values():
                self._begun = perf_counter()
                self._next()
            self.grown.emit()

    def _tell_resting(self, old: Experiment | None, new: Experiment) -> None:
        """Say of an ensemble that is asked for and makes no sense any more why it is not shown."""
        before = set() if old is None else _resting(old)
        for why in _resting(new) - before:
            self.said.emit(f"Its ensemble is not shown: {why}")

    def again(self) -> None:
        """Go on with what was stopped, from its start."""
        from gdsim.core.ensemble import Band

        stopped = {id(band) for band in self._given_up}
        self.bands = {k: Band(band.ensemble) if id(band) in stopped else band for k, band in self.bands.items()}
        self._given_up = []
        if self._current is None:
            self._begun = perf_counter()
            self._next()

    @Slot()
    def stop(self) -> None:
        """Compute no more; what is there stays."""
        if self._current is None:
            return
        band = self._current
        self._given_up += [other for other in self.bands.values() if not other.whole]
        self._next()
        self.said.emit(f"Stopped: the ensemble is known to step {max(len(band) - 1, 0):,}")

    def close(self) -> None:
        """End the thread; returns when it is gone."""
        self._current = None
        self._number += 1
        self._gap.stop()
        if self._thread is not None:
            self._thread.quit()
            self._thread.wait()

    def _next(self) -> None:
        """Begin with the next ensemble that is not whole, if there is one."""
        self._number += 1
        self._gap.stop()
        waiting = (band for band in self.bands.values() if not band.whole and band not in self._given_up)
        self._current = next(waiting, None)
        if self._current is None:
            self.strip.hide()
            return
        from gdsim.ui.ensemble_worker import EnsembleJob

        self._start_thread()
        self._take.emit(EnsembleJob(self._number, self._current.ensemble))
        self._ask()

    def _start_thread(self) -> None:
        if self._thread is not None:
            return
        from gdsim.ui.ensemble_worker import EnsembleWorker

        self._thread = QThread(self)
        self._thread.setObjectName("ensembles")
        self._worker = EnsembleWorker()
        self._worker.moveToThread(self._thread)
        self._take.connect(self._worker.take)
        self._grant.connect(self._worker.grant)
        self._worker.answered.connect(self._receive)
        self._thread.finished.connect(self._worker.deleteLater)
        self._thread.start()

    @Slot()
    def _ask(self) -> None:
        if self._current is not None:
            self._grant.emit(self._number)

    @Slot(object)
    def _receive(self, answer: Slice) -> None:
        band = self._current
        if answer.number != self._number or band is None:
            return
        if answer.part is not None:
            band.add(answer.part)
        if answer.part is None and not band.whole:
            self._given_up.append(band)
            self.said.emit(f"The ensemble failed: {answer.failure}")
        if answer.part is None or band.whole:
            self._next()
        else:
            self._gap.start(BREATH_PLAYING if self._playing() else BREATH)
            if perf_counter() - self._begun > SHOWN_AFTER:
                self.strip.show_progress(f"{band.ensemble.members} seeds", band.share)
        if answer.part is None or len(answer.part.loss):
            self.grown.emit()


def _resting(experiment: Experiment) -> set[str]:
    """Why ensembles that are asked for are not there."""
    from gdsim.core.ensemble import refusal

    runs = [(index, run.ensemble) for index, run in enumerate(experiment.runs) if run.ensemble and not run.hidden]
    return {why for index, seeds in runs if (why := refusal(experiment, index, seeds.vary)) is not None}


def _same(one: Ensemble, other: Ensemble) -> bool:
    """Whether two ensembles have the same members, and the same is shown of them."""
    a, b = one.experiment, other.experiment
    return (
        (a.landscape, a.origin, a.seed, a.steps) == (b.landscape, b.origin, b.seed, b.steps)
        and (one.members, one.vary, one.lower, one.last) == (other.members, other.vary, other.lower, other.last)
        and _plain(one) == _plain(other)
    )


def _plain(ensemble: Ensemble) -> object:
    """The run without how it is shown."""
    run = ensemble.experiment.runs[ensemble.index]
    return msgspec.structs.replace(run, label="", hidden=False, ghost=False, color=None, ensemble=None)


class EnsembleStrip(QWidget):
    """A few words, a bar and a button in the status bar, while an ensemble is computed that takes long."""

    stopped = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._title = ElidedLabel("", "t2")
        self._bar = QProgressBar()
        self._bar.setFixedWidth(96)
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 1000)
        self.button = IconButton("stop", "Stop: the ensemble stays as far as it is known", side=22)
        self.button.clicked.connect(self.stopped)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 8, 0)
        row.setSpacing(8)
        for widget in (self._title, self._bar, self.button):
            row.addWidget(widget)
        self.hide()

    def show_progress(self, words: str, share: float) -> None:
        """Show how far it is."""
        self._title.set_text(words)
        self._bar.setValue(round(1000 * share))
        self.show()
