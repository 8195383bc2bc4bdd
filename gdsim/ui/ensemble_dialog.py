"""Asks for the ensemble of a run: how many seeds, what they decide, which bands are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QFormLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from gdsim.core.ensemble import Ensemble, band_words, chances, refusal
from gdsim.core.experiment import MAX_SEEDS, Experiment, Seeds
from gdsim.ui import style
from gdsim.ui.history import DocumentEditor
from gdsim.ui.widgets import ChoiceBox, NumberField, RunSwatch, label

if TYPE_CHECKING:
    from gdsim.ui.main_window import MainWindow

BANDS: tuple[tuple[float, ...], ...] = ((0.1, 0.25), (0.1,), (0.25,), (0.05, 0.25), (0.0, 0.25), (0.0,))
"""What is offered: the lower ends of the bands."""
VARY = {
    "all": "noise and order of the examples",
    "noise": "noise on the gradients",
    "batches": "order of the examples",
}
WHAT = (
    "The same run with other seeds: a band around the median in the plot of the losses, and a cloud of marbles on the "
    "landscape. The first seed is that of the document."
)


class EnsembleDialog(QDialog):
    """Puts an ensemble around a run, changes it, or takes it away: one edit.

    Signals:
        applied: What was done, in words.

    Args:
        experiment: The document.
        index: Which of its runs; it makes use of chance.
        editor: Takes the edit.
        parent: The window.
    """

    applied = Signal(str)

    def __init__(self, experiment: Experiment, index: int, editor: DocumentEditor, parent: QWidget | None = None):
        super().__init__(parent)
        self.setWindowTitle("Ensemble of seeds")
        self._experiment, self._index, self._editor = experiment, index, editor
        there = experiment.runs[index].ensemble
        seeds = there or Seeds()
        self.members = NumberField(_members_refusal, low=2, high=200, log=True, whole=True)
        self.members.set_number(seeds.members)
        self.members.refused.connect(self._refuse_number)
        self.members.textEdited.connect(self._typed)
        self.members.installEventFilter(self)
        self._refused = False
        self.members.setToolTip("<b>Seeds</b><br>More make the band smoother, and take longer.")
        self.bands = ChoiceBox()
        offered = BANDS if seeds.quantiles in BANDS else (*BANDS, seeds.quantiles)
        for lower in offered:
            self.bands.addItem(" and ".join(band_words(q) for q in lower), lower)
        self.bands.setCurrentIndex(offered.index(seeds.quantiles))
        self.bands.setToolTip("<b>Bands</b><br>Of all seeds, so many lie in the band at each step.")
        self.vary = ChoiceBox()
        found = chances(experiment, index)
        for name in ("all", *found) if len(found) > 1 else found:
            self.vary.addItem(VARY[name], name)
        at = self.vary.findData(seeds.vary)
        self.vary.setCurrentIndex(max(at, 0))
        self.vary.setEnabled(len(found) > 1)
        self.vary.setToolTip("<b>Seeds decide</b><br>The chance that is drawn anew; the rest stays as it is.")
        self._error = label("", "danger")
        self.remove_button = self._button("Remove", "Take the ensemble away.", self.remove)
        self.remove_button.setVisible(there is not None)
        self.show_button = self._button("Show", "Compute it in the background, and show it.", self.apply)
        self._lay_out()

    def _button(self, text: str, tip: str, do: object) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setAutoDefault(False)
        button.clicked.connect(do)
        return button

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(RunSwatch(style.current().run(self._experiment.color(self._index))))
        head.addWidget(label(self._experiment.labels()[self._index], bold=True), 1)
        what = label(WHAT, "t2")
        what.setWordWrap(True)
        self._error.setWordWrap(True)
        self._error.hide()
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        for name, widget in (("seeds", self.members), ("seeds decide", self.vary), ("bands", self.bands)):
            text = label(name, "t2")
            text.setBuddy(widget)
            widget.setAccessibleName(name)
            form.addRow(text, widget)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.remove_button)
        foot.addStretch(1)
        foot.addWidget(self._button("Cancel", "Leave everything as it is.", self.reject))
        foot.addWidget(self.show_button)
        style.mark(self.show_button, "primary", True)
        self.show_button.setDefault(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(12)
        column.addLayout(head)
        column.addWidget(what)
        column.addLayout(form)
        column.addWidget(self._error)
        column.addLayout(foot)
        self.setFixedWidth(420)

    def chosen(self) -> Seeds:
        """What stands in the fields."""
        vary: Any = self.vary.currentData() if self.vary.count() > 1 else "all"
        return Seeds(members=int(self.members.number), vary=vary, quantiles=tuple(self.bands.currentData()))

    @Slot()
    def apply(self) -> None:
        """Put the ensemble into the document."""
        accepted = self.members.commit()
        if not accepted or self._refused:  # who asked for other seeds is not shown these instead
            self._refused = not accepted
            return
        seeds, name = self.chosen(), self._experiment.labels()[self._index]
        try:
            Ensemble(self._experiment, self._index, seeds.members, steps=min(self._experiment.steps, 100))
        except ValueError as reason:
            self._refuse(f"{str(reason)[:1].upper()}{str(reason)[1:]}.")
            return
        self._edit(f"Show {seeds.members} seeds of {name}", seeds, f"{name}: {seeds.members} seeds")

    @Slot()
    def remove(self) -> None:
        """Take the ensemble out of the document."""
        name = self._experiment.labels()[self._index]
        self._edit(f"Remove the ensemble of {name}", None, f"{name}: no ensemble any more")

    def _edit(self, text: str, seeds: Seeds | None, said: str) -> None:
        refused = self._editor.edit(text, with_ensemble(self._experiment, self._index, seeds))
        if refused is not None:
            self._refuse(refused)
            return
        self.applied.emit(said)
        self.accept()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter in the field of the seeds confirms, as everywhere in a dialog."""
        confirms = isinstance(event, QKeyEvent) and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if watched is self.members and event.type() == QEvent.Type.KeyPress and confirms:
            self.apply()
            return True
        return super().eventFilter(watched, event)

    @Slot()
    def _typed(self) -> None:
        self._refused = False
        self._error.clear()

    @Slot(str)
    def _refuse_number(self, _why: str) -> None:
        self._refused = True
        self._refuse(f"Seeds: {_members_refusal(-1.0)}; {self.members.number} stays.")

    def _refuse(self, reason: str) -> None:
        self._error.setText(reason)
        self._error.show()


def with_ensemble(experiment: Experiment, index: int, seeds: Seeds | None) -> Experiment:
    """The experiment with another ensemble around run ``index``, or none."""
    runs = list(experiment.runs)
    runs[index] = msgspec.structs.replace(runs[index], ensemble=seeds)
    return msgspec.structs.replace(experiment, runs=tuple(runs))


def open_ensemble(window: MainWindow) -> None:
    """Ask for the ensemble of the selected run; where chance has no part in it, say what to do."""
    session = window.session
    why = refusal(session.experiment, session.selected)
    if why is not None:
        window.warn(f"There is no ensemble: {why}.")
        return
    dialog = EnsembleDialog(session.experiment, session.selected, window.editor, window)
    dialog.applied.connect(window.say)
    if dialog.exec():
        window.ensembles.again()
    dialog.deleteLater()


def remove_ensemble(window: MainWindow) -> None:
    """Take away the ensemble of the selected run."""
    experiment, index = window.session.experiment, window.session.selected
    name = experiment.labels()[index]
    if experiment.runs[index].ensemble is None:
        window.say(f"{name} has no ensemble")
        return
    window.editor.edit(f"Remove the ensemble of {name}", with_ensemble(experiment, index, None))
    window.say(f"{name}: no ensemble any more")


def _members_refusal(number: float) -> str | None:
    return None if 2 <= number <= MAX_SEEDS else f"must be from 2 to {MAX_SEEDS:,}"
