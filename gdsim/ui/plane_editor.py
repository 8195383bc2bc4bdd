"""How a landscape of many parameters is seen: the plane through it, and which loss the ground shows."""

from __future__ import annotations

import typing
from typing import Any

import msgspec
from PySide6.QtCore import QStringListModel, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QComboBox, QCompleter, QHBoxLayout, QListView, QSizePolicy, QVBoxLayout, QWidget

from gdsim.core.experiment import Experiment
from gdsim.core.landscapes import ModelLandscape
from gdsim.core.planes import Coordinates, Plane, Surface, usual
from gdsim.core.spec import Hyperparameter, kinds_of
from gdsim.ui.editors import LABELS, Check, Editor
from gdsim.ui.forms import SpecForm
from gdsim.ui.tab_order import chain
from gdsim.ui.widgets import ChoiceBox, label

SEARCHED = 12
"""From so many parameters on, their names can be typed."""
SURFACES: dict[Surface, str] = {
    "training": "The loss on the training part: what the gradient descends.",
    "validation": "The loss on the examples that were held back. Its minimum lies elsewhere: there the model does best "
    "on what it has not seen.",
    "both": "The ground is the training loss, the lines are of the validation loss: two minima, and the marble leaves "
    "one for the other.",
}


class NameBox(ChoiceBox):
    """A choice among many names, which can be searched by typing a part of one.

    Signals:
        chosen: The place of the name that was picked.
    """

    chosen = Signal(int)

    def __init__(self, names: QStringListModel) -> None:
        super().__init__()
        self.setModel(names)
        self._place = 0
        self.activated.connect(self._pick)

    def set_searched(self, searched: bool) -> None:
        """Whether names can be typed."""
        if searched == self.isEditable():
            return
        self.setEditable(searched)
        line = self.lineEdit()
        if line is None:
            return
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        completer = QCompleter(self.model(), self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        found = QListView()
        found.setSpacing(3)
        completer.setPopup(found)
        completer.setMaxVisibleItems(12)
        self.setCompleter(completer)
        line.setToolTip("Type a part of the name")
        line.setTextMargins(-2, 0, 0, 0)  # as far from the rim as in a list that is not typed into
        line.editingFinished.connect(self._typed)

    def set_place(self, place: int) -> None:
        """Show a name; emits nothing."""
        self._place = place
        self.setCurrentIndex(place)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """What is typed replaces the name."""
        super().focusInEvent(event)
        line = self.lineEdit()
        if line is not None:
            line.selectAll()

    @Slot(int)
    def _pick(self, place: int) -> None:
        if place != self._place:
            self._place = place
            self.chosen.emit(place)

    @Slot()
    def _typed(self) -> None:
        """A whole name, or the only one that holds what was typed, is picked; anything else gives way."""
        text = self.currentText().strip()
        place = self.findText(text, Qt.MatchFlag.MatchFixedString)
        if place < 0:
            names = [self.itemText(row) for row in range(self.count())]
            holding = [row for row, name in enumerate(names) if text and text.lower() in name.lower()]
            place = holding[0] if len(holding) == 1 else self._place
        self.setCurrentIndex(place)
        self.setEditText(self.itemText(place))
        self._pick(place)


class ParameterEditor(Editor):
    """Which of the parameters, by name."""

    def __init__(self, declared: Hyperparameter, check: Check, names: QStringListModel) -> None:
        super().__init__(declared, check)
        self.box = NameBox(names)
        self.box.chosen.connect(self._chosen)
        self._labelled(self.box)

    def controls(self) -> list[QWidget]:
        """The list."""
        return [self.box]

    def set_value(self, value: int) -> None:
        """Show a parameter."""
        self.box.set_searched(self.box.count() >= SEARCHED)
        self.box.set_place(value)

    @Slot(int)
    def _chosen(self, place: int) -> None:
        self.offer(place, done=True)


class PlaneEditor(QWidget):
    """Edits ``plane`` and ``surface`` of an experiment; hidden where there is neither.

    Signals:
        plane_edited: Another plane, while a slider is dragged too.
        surface_chosen: Another surface.
        finished: A drag or a commit has ended.
        refused: Why something was not accepted, in plain words.
        rebuilt: Other editors stand here now.
    """

    plane_edited = Signal(object)
    surface_chosen = Signal(str)
    finished = Signal()
    refused = Signal(str)
    rebuilt = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kinds = kinds_of(Plane)
        self._names = QStringListModel(self)
        self._plane: Any = None
        self.kind = ChoiceBox()
        for row, kind in enumerate(self._kinds):
            self.kind.addItem(f"Plane: {kind.title[:1].lower()}{kind.title[1:]}")
            tip = f"<qt><b>{kind.title}</b><br>{kind.teaches}</qt>"
            self.kind.setItemData(row, tip, Qt.ItemDataRole.ToolTipRole)
        self.kind.activated.connect(self._choose_kind)
        self.surface = ChoiceBox()
        for row, (name, meaning) in enumerate(SURFACES.items()):
            self.surface.addItem(name)
            tip = f"<qt><b>{name}</b><br>{meaning}</qt>"
            self.surface.setItemData(row, tip, Qt.ItemDataRole.ToolTipRole)
        self.surface.activated.connect(self._choose_surface)
        self.surface.setToolTip("<qt><b>Surface</b><br>Which loss the ground shows (V on the plots).</qt>")
        self.form = SpecForm(compact=True, makers={"first": self._made, "second": self._made})
        self.form.edited.connect(self._edit)
        self.form.finished.connect(self.finished)
        self.form.refused.connect(self.refused)
        self.form.rebuilt.connect(self._rebuilt)
        self._lay_out()

    def _lay_out(self) -> None:
        self.kind.setAccessibleName("plane")
        self._surface_row = _captioned("surface", self.surface)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for widget in (self.kind, self.form, self._surface_row):
            column.addWidget(widget)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def stops(self) -> list[QWidget]:
        """What the Tab key visits, in order."""
        return [self.kind, *self.form.stops(), self.surface]

    def show_experiment(self, experiment: Experiment) -> None:
        """Show the plane and the surface of ``experiment``; emits nothing."""
        landscape = experiment.landscape
        model = landscape if isinstance(landscape, ModelLandscape) else None
        cut = model is not None and model.dim > 2
        held_back = model is not None and model.data().y_val.size > 0
        self.setVisible(cut or held_back)
        for widget in (self.kind, self.form):
            widget.setVisible(cut)
        self._surface_row.setVisible(held_back)
        self.surface.setCurrentIndex(list(SURFACES).index(experiment.surface))
        if model is not None and cut:
            names = list(model.parameter_names)
            if names != self._names.stringList():
                self._names.setStringList(names)  # lists forget their places then; the form shows them again
            self._plane = experiment.plane or usual(model)
            self.kind.setCurrentIndex(self._kinds.index(type(self._plane)))
            self.kind.setToolTip(self.kind.itemData(self.kind.currentIndex(), Qt.ItemDataRole.ToolTipRole))
            self.form.set_spec(self._plane)
        self.updateGeometry()

    def _made(self, declared: Hyperparameter, check: Check) -> Editor:
        return ParameterEditor(declared, check, self._names)

    @Slot()
    def _rebuilt(self) -> None:
        chain(self.stops())
        self.rebuilt.emit()

    @Slot(int)
    def _choose_kind(self, index: int) -> None:
        kind = self._kinds[index]
        if type(self._plane) is not kind:
            self.plane_edited.emit(kind(through=self._plane.through))
            self.finished.emit()

    @Slot(object)
    def _edit(self, plane: Plane) -> None:
        """Hand a plane out; to choose the parameter of the other axis is to change them round."""
        old = self._plane
        if isinstance(plane, Coordinates) and plane.first == plane.second and isinstance(old, Coordinates):
            plane = msgspec.structs.replace(plane, first=old.second, second=old.first)
        self._plane = plane
        self.plane_edited.emit(plane)

    @Slot(int)
    def _choose_surface(self, index: int) -> None:
        self.surface_chosen.emit(typing.get_args(Surface)[index])
        self.finished.emit()


def _captioned(text: str, box: ChoiceBox) -> QWidget:
    row = QWidget()
    line = QHBoxLayout(row)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(6)
    caption = label(text, "t2")
    caption.setFixedWidth(LABELS - 8)
    caption.setBuddy(box)
    box.setAccessibleName(text)
    line.addWidget(caption)
    line.addWidget(box, 1)
    return row
