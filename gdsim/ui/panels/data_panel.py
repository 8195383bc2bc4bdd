"""The data behind the landscape: their picture, which they are, what is done with them, and what is odd about them."""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from PySide6.QtCore import QEasingCurve, QEvent, QObject, QSize, Qt, QVariantAnimation, Signal, Slot
from PySide6.QtGui import QColor, QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDockWidget,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QMenu,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from gdsim.core.data import FIVE_POINTS, CsvFile, Dataset, Inline, Preparation
from gdsim.core.experiment import Experiment
from gdsim.core.landscapes import Landscape, ModelLandscape
from gdsim.core.landscapes.fitted import LinearRegression
from gdsim.core.spec import Hyperparameter, kinds_of
from gdsim.session.session import Session
from gdsim.ui import icons, style
from gdsim.ui.editors import NumberEditor
from gdsim.ui.forms import SpecForm
from gdsim.ui.history import DocumentEditor
from gdsim.ui.numbers import nice
from gdsim.ui.panels.landscape_panel import FoldButton, plain, tell
from gdsim.ui.plots.data_plot import DataPlot, title_of
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.style import PlotStyle
from gdsim.ui.stage import Pane
from gdsim.ui.tab_order import chain
from gdsim.ui.widgets import ChoiceBox, label

MORPH = 450
"""Milliseconds in which standardising is turned on or off."""
MOST_MORPHED = 20_000
"""Of more examples it is turned at once: each picture in between would take too long."""
CHEAP, DEAR = 50_000, 2_000_000
"""Examples of which a condition number is found while marbles roll, and at rest."""
BRIEF = 6
"""A condition number of more characters than these is called by fewer words."""
_ANY = 16_777_215  # Qt's word for no limit
FEW = 10
"""How many examples "only so many" begins with."""


def relocated(experiment: Experiment, landscape: Landscape) -> Experiment:
    """``experiment`` on another landscape: start and plane stay where they still mean something.

    Raises:
        ValueError: The experiment does not fit, such as too many numbers to be kept.
    """
    old = experiment.landscape
    values: dict[str, Any] = {"landscape": landscape}
    alike = type(old) is type(landscape) and old.dim == landscape.dim
    if experiment.start is not None and not alike:
        values["start"] = None
    if experiment.plane is not None:
        try:
            experiment.plane.check(landscape.dim)
        except ValueError:
            values["plane"] = None
        else:
            values |= {} if alike else {"plane": None}
    return msgspec.structs.replace(experiment, **values)


def unsuited(landscape: ModelLandscape, dataset: Dataset) -> str:
    """Why ``landscape``'s model cannot be fitted to ``dataset``, "" where it can."""
    try:
        fitted = msgspec.structs.replace(landscape, dataset=dataset)
    except ValueError as error:
        return sentence(str(error))
    if fitted.task == dataset.task:
        return ""
    answers, holds = "a number", "two classes"
    if dataset.task == "regression":
        answers, holds = "which of two classes", "numbers"
    return f"{landscape.title} answers with {answers}; the targets of {title_of(dataset)} are {holds}."


def fitting(dataset: Dataset) -> list[type[ModelLandscape]]:
    """The models that can be fitted to ``dataset``, the simplest first."""
    found: list[ModelLandscape] = []
    for kind in kinds_of(ModelLandscape):
        try:
            found.append(kind(dataset=dataset))
        except ValueError:
            continue
    return [type(made) for made in sorted(found, key=lambda made: made.dim) if made.task == dataset.task]


def with_model(landscape: Landscape, kind: type[ModelLandscape], dataset: Dataset) -> ModelLandscape:
    """A model of ``kind`` on ``dataset``, the data prepared as for ``landscape`` where that is a model too."""
    kept = landscape.preparation._asdict() if isinstance(landscape, ModelLandscape) else {}
    return kind(dataset=dataset, **kept)


def sentence(text: str) -> str:
    """A reason as a sentence."""
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def _of_models() -> frozenset[str]:
    """The fields of models that are edited elsewhere."""
    every = {field for kind in kinds_of(ModelLandscape) for field in kind.__struct_fields__}
    return frozenset(every - set(Preparation._fields))


def _matters(landscape: ModelLandscape, declared: Hyperparameter) -> bool:
    """Whether a preparation's value does anything."""
    spoilt = landscape.corrupt != "nothing"
    if declared.field == "corrupt_share":
        return spoilt
    return declared.field != "split_seed" or spoilt or landscape.validation > 0.0


class DataPanel(QWidget):
    """Shows and edits the data that the model is fitted to.

    Signals:
        refused: Why an edit was not made.
        csv_wanted: A file of one's own is asked for.
        opened: A ready-made experiment was chosen: its path.
        part_wanted: It should be higher, or needs less: ``part`` tells of its column how much.
    """

    refused = Signal(str)
    csv_wanted = Signal()
    opened = Signal(object)
    part_wanted = Signal()

    def __init__(self, session: Session, editor: DocumentEditor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._editor = session, editor
        self._moment: Moment | None = None
        self._asked: ModelLandscape | None = None
        self._warned = False
        self.refused.connect(self._note_warning)
        style.panel(self)
        self.plot = DataPlot(PlotStyle(style.current()))
        self.pane = Pane(self.plot, "Data")
        self.pane.setMinimumSize(QSize(160, 114))
        self.settings = _Settings(self)
        self.empty = _Empty(self)
        self.body = _Scroll(self.settings)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.pane, 1)
        column.addWidget(self.body)
        column.addWidget(self.empty)
        self._morph = QVariantAnimation(self)
        self._morph.setDuration(MORPH)
        self._morph.setEasingCurve(QEasingCurve.Type.InOutQuad)
        self._morph.valueChanged.connect(self._morphed)
        self._morph.finished.connect(self._morph_ended)
        self._reached = 0.0
        self._is_filled: bool | None = None
        self._shown: ModelLandscape | None = None
        self._show_ground()

    @property
    def model(self) -> ModelLandscape | None:
        """The landscape, where it comes from data."""
        landscape = self._session.experiment.landscape
        return landscape if isinstance(landscape, ModelLandscape) else None

    @property
    def part(self) -> float:
        """How much of its column it should have: little for a sentence, most of it while numbers are edited."""
        if self.model is None:
            return 0.0
        return 0.74 if self.settings.fold.isChecked() else 0.6

    @property
    def morphing(self) -> bool:
        """Whether standardising is being turned on or off."""
        return self._morph.state() == QVariantAnimation.State.Running

    # What the window calls

    def stops(self) -> list[QWidget]:
        """What the Tab key visits, in order."""
        return [self.body, *self.settings.stops()] if self.model is not None else self.empty.stops()

    def draw(self, moment: Moment) -> None:
        """Show the model at ``moment``; nothing is done where nobody sees it."""
        self._moment = moment
        if self.pane.isVisible():
            self.plot.draw(moment)

    def follow_document(self) -> None:
        """Show the document; where the data are as they were, as when a run is edited, only what follows from it."""
        if self.model is None or self.model is not self._shown or self.morphing:
            self.show_document()
        else:
            self.update_facts()

    def show_document(self) -> None:
        """Show which data there are, and what is done with them."""
        model = self._shown = self.model
        if self.morphing and (model is None or model.standardise != self._reached):
            self._stop_morph()  # it was undone, or another document was opened
        self.pane.setVisible(model is not None)
        self.body.setVisible(model is not None)
        self.empty.setVisible(model is None)
        if model is not None:
            self.settings.show_model(model, morphing_to=self._aim())
            self._show_notes(model)
        if self._is_filled is not (model is not None):
            self._is_filled = model is not None
            self._limit_height()
            self.part_wanted.emit()
        self._asked = None
        self.update_facts()

    def update_facts(self) -> None:
        """Show the condition number of the inputs, where that can be told quickly enough."""
        model = self.model
        if model is None or not self.isVisible() or model is self._asked:
            return
        try:
            number = self._condition(model)
        except ValueError:  # a file that was not read in
            number = None
        if number is not None:
            self._asked = model
            self.settings.show_condition(number)

    def _condition(self, model: ModelLandscape) -> float | str | None:
        """The condition number, words where there is none, None where it is too early to tell."""
        seen = model.passes(model.data().y.size)
        if seen > DEAR:
            return ""
        return None if seen > CHEAP and self._session.busy else model.input_condition()

    def _show_notes(self, model: ModelLandscape) -> None:
        try:
            data, notes = model.data(), model.notes()
        except ValueError as error:
            self.settings.show_facts("", (sentence(str(error)),))
            return
        seen, held = data.y.size, data.y_val.size
        text = f"{seen:,} training, {held:,} validation" if held else f"{seen:,} examples, all for training"
        if held == 0 and seen < model.dataset.size:
            text = f"{seen:,} of {model.dataset.size:,} examples for training"
        self.settings.show_facts(text, notes)

    # Edits

    @Slot(object)
    def pick(self, kind: type[Dataset]) -> None:
        """Use another kind of data set; where it does not suit the model, offer one that does."""
        model = self.model
        if model is None or kind is type(model.dataset):
            return
        dataset = FIVE_POINTS if kind is Inline else kind()
        why = unsuited(model, dataset)
        if why:
            self.settings.offer(why, [(one, dataset) for one in fitting(dataset)])
            self.settings.show_model(model)
            return
        self.apply(f"Data set {dataset.title}", dataset=dataset)

    def use(self, kind: type[ModelLandscape], dataset: Dataset) -> None:
        """Fit a model of ``kind`` to ``dataset``."""
        landscape = with_model(self._session.experiment.landscape, kind, dataset)
        self._replace(f"{kind.title} on {title_of(dataset)}", landscape)

    @Slot()
    def fit_a_line(self) -> None:
        """Leave the formula: fit a line to five points."""
        self._replace("Fit a line to five points", LinearRegression())

    @Slot(object)
    def edit_dataset(self, dataset: Dataset) -> None:
        """Other numbers of the same data set."""
        self.apply(f"Change {title_of(dataset)}", "dataset", dataset=dataset)

    @Slot(object)
    def edit_preparation(self, landscape: ModelLandscape) -> None:
        """The data prepared in another way."""
        self._stop_morph()
        self._replace("Change the preparation of the data", landscape, "preparation")

    def apply(self, text: str, key: str = "", **values: Any) -> None:
        """Replace fields of the landscape, as one edit."""
        self._stop_morph()
        try:
            landscape = msgspec.structs.replace(self._session.experiment.landscape, **values)
        except ValueError as error:
            self.refused.emit(sentence(str(error)))
            self.show_document()
            return
        self._replace(text, landscape, key)

    def _replace(self, text: str, landscape: Landscape, key: str = "") -> bool:
        try:
            refusal = self._editor.edit(text, relocated(self._session.experiment, landscape), key)
        except ValueError as error:
            refusal = sentence(str(error))
        if refusal is not None:
            self.refused.emit(plain(refusal))
        elif self._warned:
            self._warned = False
            tell(self, "")
        self.settings.withdraw_offer()
        if not self._editor.waits:
            self.show_document()
        return refusal is None

    @Slot()
    def _note_warning(self) -> None:
        self._warned = True

    @Slot()
    def drag_ended(self) -> None:
        """The next edit is a step of its own."""
        self._editor.drag_ended()

    # Standardising, on and off

    @Slot(bool)
    def standardise(self, on: bool) -> None:
        """Turn it on or off, so that one sees what happens; one step of undoing."""
        model = self.model
        if model is None:
            return
        self._stop_morph()
        target = 1.0 if on else 0.0
        if model.standardise == target:
            return
        self._editor.drag_ended()
        if model.dataset.size > MOST_MORPHED or not self.isVisible():
            self.apply(_morph_text(on=on), standardise=target)
            return
        self._reached = model.standardise
        self._morph.setStartValue(model.standardise)
        self._morph.setEndValue(target)
        self._morph.start()

    def _aim(self) -> float | None:
        return float(self._morph.endValue()) if self.morphing else None

    def _stop_morph(self) -> None:
        if self.morphing:
            self._morph.stop()
            self._editor.drag_ended()

    @Slot(object)
    def _morphed(self, value: float) -> None:
        model = self.model
        if model is None or not self.morphing:
            self._morph.stop()
            return
        share = min(max(float(value), 0.0), 1.0)
        landscape = msgspec.structs.replace(model, standardise=share)
        self._reached = share
        if not self._replace(_morph_text(on=self._aim() == 1.0), landscape, "standardise"):
            self._morph.stop()

    @Slot()
    def _morph_ended(self) -> None:
        self._editor.drag_ended()
        self.show_document()

    # Events

    def showEvent(self, event: QShowEvent) -> None:
        """Show what came about meanwhile."""
        super().showEvent(event)
        if self._moment is not None and self.model is not None:
            self.plot.draw(self._moment)
        self.update_facts()

    def hideEvent(self, event: QHideEvent) -> None:
        """What is being turned is turned at once."""
        super().hideEvent(event)
        if self.morphing:
            aim = self._aim()
            self._morph.stop()
            model = self.model
            if model is not None and aim is not None:
                self._replace(
                    _morph_text(on=aim == 1.0), msgspec.structs.replace(model, standardise=aim), "standardise"
                )
            self._editor.drag_ended()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Words wrap elsewhere now."""
        super().resizeEvent(event)
        self._limit_height()

    def _limit_height(self) -> None:
        """Where there is only a sentence, no more room is taken than it needs."""
        layout, most = self.empty.layout(), _ANY
        if self.model is None and layout is not None:
            high = layout.totalHeightForWidth(max(self.width(), 160))
            self.empty.setMinimumHeight(high)
            most = high if self._shares_a_column() else _ANY
        self.setMaximumHeight(most)

    def _shares_a_column(self) -> bool:
        """Whether other docks stand above or below, rather than behind."""
        dock = self.parentWidget()
        window = dock.parentWidget() if dock is not None else None
        if not (isinstance(dock, QDockWidget) and isinstance(window, QMainWindow)):
            return False
        return not dock.isFloating() and not window.tabifiedDockWidgets(dock)

    def changeEvent(self, event: QEvent) -> None:
        """Take on another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "pane"):
            self._show_ground()

    def _show_ground(self) -> None:
        self.pane.setBackgroundBrush(QColor(style.current().bg1))
        self.plot.set_style(PlotStyle(style.current()))


def _morph_text(*, on: bool) -> str:
    return "Standardise the inputs" if on else "Leave the inputs as they are"


class _Scroll(QScrollArea):
    """Scrolls its content where that is too high, and asks for no more room than it needs."""

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName("Data settings")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # the arrow keys scroll
        style.mark(self, "ringed", True)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.setWidget(content)
        content.installEventFilter(self)

    def _needed(self) -> int:
        content = self.widget()
        layout = content.layout() if content is not None else None
        if layout is None:
            return 0
        width = max(self.viewport().width(), 160)
        high = layout.totalHeightForWidth(width) if layout.hasHeightForWidth() else layout.totalSizeHint().height()
        return high + 2 * self.frameWidth() + 4

    def sizeHint(self) -> QSize:
        """As high as its content."""
        return QSize(280, self._needed())

    def minimumSizeHint(self) -> QSize:
        """Enough to scroll in."""
        return QSize(160, min(self._needed(), 100))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Words wrap elsewhere now."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notice other content."""
        if watched is self.widget() and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)


class _Settings(QWidget):
    """Below the picture: facts, the choice of the data set, and its numbers."""

    def __init__(self, panel: DataPanel) -> None:
        super().__init__()
        self._panel = panel
        self._kinds: list[type[Dataset] | None] = []
        style.panel(self)
        self.facts = label("", "t2", 12)
        self.condition = label("", "t1", 12)
        self.condition.setToolTip(
            "<b>κ condition number of the inputs</b><br>How much stronger the squared error of a linear fit to these "
            "inputs (with a bias; of a polynomial: to its powers) bends along its sharpest direction than along its "
            "flattest. It does not depend on where the marble is. 1 is a round bowl; a large one is a ravine, in which "
            "plain descent needs about as many steps. Standardised inputs bring it down."
        )
        self._notes = QVBoxLayout()
        self._notes.setSpacing(4)
        self._signs: list[_Note] = []
        self.box = ChoiceBox()
        self.box.setAccessibleName("data set")
        self.box.activated.connect(self._chosen)
        self.switch = QCheckBox("standardise inputs")
        self.switch.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.switch.setToolTip(
            "<b>Standardise inputs</b><br>Gives every input mean 0 and standard deviation 1: the ravine becomes a bowl."
        )
        self.switch.clicked.connect(panel.standardise)
        self.source = label("", "t3", 12)
        self.source.setWordWrap(True)
        self.fold = FoldButton()
        self.fold.setToolTip("<b>Data settings</b><br>Size, noise, validation part, corruption: click to change them.")
        self.fold.toggled.connect(self._unfold)
        self.details = QWidget()
        self.dataset_form = SpecForm()
        self.dataset_form.edited.connect(panel.edit_dataset)
        self.preparation_form = SpecForm(leave_out=_of_models(), matters=_matters)
        self.preparation_form.edited.connect(panel.edit_preparation)
        for form in (self.dataset_form, self.preparation_form):
            form.finished.connect(panel.drag_ended)
            form.refused.connect(panel.refused)
            form.rebuilt.connect(self._order_tabs)
        self._offer = QFrame()
        self._offer_text = label("", "t1", 12)
        self._offer_row = QHBoxLayout()
        self._buttons: list[QPushButton] = []
        self._lay_out()

    def _lay_out(self) -> None:
        style.mark(self._offer, "card", True)
        self._offer_text.setWordWrap(True)
        inside = QVBoxLayout(self._offer)
        inside.setContentsMargins(10, 8, 10, 8)
        inside.addWidget(self._offer_text)
        inside.addLayout(self._offer_row)
        self._offer.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 4, 10, 8)
        column.setSpacing(6)
        line = QHBoxLayout()
        line.addWidget(self.switch)
        line.addStretch(1)
        line.addWidget(self.condition)
        parts = QVBoxLayout(self.details)
        parts.setContentsMargins(0, 0, 0, 0)
        parts.setSpacing(4)
        parts.addWidget(self.dataset_form)
        parts.addWidget(label("Preparation", "t3", 12))
        parts.addWidget(self.preparation_form)
        parts.addWidget(self.source)
        self.details.hide()
        column.addWidget(self.facts)
        column.addLayout(self._notes)
        column.addWidget(self.box)
        column.addWidget(self._offer)
        column.addLayout(line)
        column.addWidget(self.fold)
        column.addWidget(self.details)
        column.addStretch(1)

    def stops(self) -> list[QWidget]:
        """What the Tab key visits, in order."""
        forms = [*self.dataset_form.stops(), *self.preparation_form.stops()]
        return [self.box, *self._buttons, self.switch, self.fold, *forms]

    # Showing

    def show_model(self, model: ModelLandscape, morphing_to: float | None = None) -> None:
        """Show the data set of ``model`` and how it is prepared."""
        dataset = model.dataset
        self._fill_box(dataset)
        self.switch.setChecked((model.standardise if morphing_to is None else morphing_to) > 0.0)
        editable = not isinstance(dataset, CsvFile)
        self.dataset_form.set_spec(dataset if editable else None)
        self.dataset_form.setVisible(editable and bool(self.dataset_form.paths()))
        anew = type(self.preparation_form.spec) is not type(model)
        self.preparation_form.set_spec(model)
        few = self.preparation_form.editor("only")
        if anew and model.only is None and isinstance(few, NumberEditor):
            few.set_value(FEW)  # what it begins with when it is turned on
            few.set_value(None)
        self.source.setText(_source(dataset))
        self.source.setVisible(bool(self.source.text()))
        self.fold.setText(_summary(model))
        self.fold.setAccessibleName(self.fold.text())
        self.fold.update()

    def _fill_box(self, dataset: Dataset) -> None:
        every = sorted(
            (kind for kind in kinds_of(Dataset) if kind is not CsvFile), key=lambda kind: _task(kind) != "regression"
        )
        kinds: list[type[Dataset] | None] = [*every, *([CsvFile] if isinstance(dataset, CsvFile) else []), None]
        if kinds != self._kinds:
            self._kinds = kinds
            self.box.clear()
            for kind in kinds:
                self.box.addItem("CSV file…" if kind is None else kind.title)
                tip = "Your own numbers: columns of a text file are picked." if kind is None else _tip(kind)
                self.box.setItemData(self.box.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        at = kinds.index(type(dataset))
        if isinstance(dataset, CsvFile):
            self.box.setItemText(at, title_of(dataset))
        self.box.setCurrentIndex(at)
        self.box.setToolTip(_tip(type(dataset)))

    def show_facts(self, text: str, notes: tuple[str, ...]) -> None:
        """Show how many examples there are, and what is odd about them."""
        self.facts.setText(text)
        self.facts.setVisible(bool(text))
        if tuple(note.text for note in self._signs) == notes:
            return
        for note in self._signs:
            self._notes.removeWidget(note)
            note.hide()
            note.deleteLater()
        self._signs = [_Note(text) for text in notes]
        for note in self._signs:
            self._notes.addWidget(note)

    def show_condition(self, number: float | str) -> None:
        """Show the condition number; words stand as they are."""
        if isinstance(number, str):
            self.condition.setText(number)
            return
        text = "unknown" if math.isnan(number) else nice(number, 3)
        self.condition.setText(f"condition {text}" if len(text) > BRIEF else f"condition number {text}")

    def offer(self, why: str, models: list[tuple[type[ModelLandscape], Dataset]]) -> None:
        """Say why a data set does not suit, and offer models that it does suit."""
        self.withdraw_offer()
        self._offer_text.setText(why)
        for kind, dataset in models:
            button = QPushButton(kind.title)
            button.setToolTip(f"Use {kind.title.lower()} for these data.<br>{kind.teaches}")
            button.clicked.connect(lambda _=False, k=kind, d=dataset: self._panel.use(k, d))
            self._offer_row.addWidget(button)
            self._buttons.append(button)
        self._offer.show()
        self._order_tabs()

    def withdraw_offer(self) -> None:
        """Take the offer back."""
        self._offer.hide()
        for button in self._buttons:
            self._offer_row.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._buttons.clear()

    # Choosing

    @Slot(int)
    def _chosen(self, index: int) -> None:
        kind = self._kinds[index]
        model = self._panel.model
        self.withdraw_offer()
        if kind is not None:
            self._panel.pick(kind)
            return
        if model is not None:
            self._fill_box(model.dataset)
        self._panel.csv_wanted.emit()

    @Slot(bool)
    def _unfold(self, shown: bool) -> None:
        self.details.setVisible(shown)
        self._panel.part_wanted.emit()

    @Slot()
    def _order_tabs(self) -> None:
        chain(self.stops())


class _Note(QWidget):
    """A plain sentence behind a warning sign."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        sign = QLabel()
        sign.setPixmap(icons.icon("warning", tone="warn").pixmap(QSize(16, 16)))
        sign.setAccessibleName("Warning")
        words = label(text, "t1", 12)
        words.setWordWrap(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(words, 1)


class _Empty(QWidget):
    """What stands here where the landscape is a formula."""

    def __init__(self, panel: DataPanel) -> None:
        super().__init__()
        self._panel = panel
        style.panel(self)
        words = label(
            "This landscape is a formula. In training it comes from data: each of its points is a model, and its "
            "height tells how badly that model fits.",
            "t2",
            12,
        )
        words.setWordWrap(True)
        self.line = QPushButton("Fit a line to five points")
        self.line.setToolTip("Replace the landscape by the loss of a line through five points. It can be undone.")
        self.line.clicked.connect(panel.fit_a_line)
        self.more = QPushButton("More…")
        self.more.setToolTip("Ready-made experiments with data, or your own.")
        self.menu = QMenu(self)
        self.menu.aboutToShow.connect(self._fill)
        self.more.setMenu(self.menu)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 4, 10, 10)
        column.setSpacing(8)
        for part in (words, self.line, self.more):  # below each other: narrow windows have narrow docks
            column.addWidget(part)
        column.addStretch(1)

    def stops(self) -> list[QWidget]:
        """What the Tab key visits, in order."""
        return [self.line, self.more]

    @Slot()
    def _fill(self) -> None:
        self.menu.clear()
        for path, title in experiments_with_data():
            action = self.menu.addAction(title.replace("&", "&&"))
            action.triggered.connect(lambda _=False, p=path: self._panel.opened.emit(p))
        self.menu.addSeparator()
        self.menu.addAction("CSV file…").triggered.connect(lambda _=False: self._panel.csv_wanted.emit())


@lru_cache
def experiments_with_data() -> tuple[tuple[Path, str], ...]:
    """The ready-made experiments whose landscape comes from data, with their titles."""
    from gdsim.ui.files import ready_made
    from gdsim.ui.files import title_of as title_of_file

    names = {kind.name() for kind in kinds_of(ModelLandscape)}
    return tuple((path, title_of_file(path)) for path in ready_made() if _landscape_of(path) in names)


def _landscape_of(path: Path) -> str:
    try:
        return str(msgspec.json.decode(path.read_bytes())["landscape"]["name"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _task(kind: type[Dataset]) -> str:
    return (FIVE_POINTS if kind is Inline else kind()).task


def _tip(kind: type[Dataset]) -> str:
    return f"<qt><b>{kind.title}</b><br>{kind.teaches}" + (f"<br><i>{kind.source}</i></qt>" if kind.source else "</qt>")


def _source(dataset: Dataset) -> str:
    if isinstance(dataset, CsvFile):
        return f"{', '.join(dataset.columns)} → {dataset.target}, from {dataset.path}"
    return dataset.source


def _summary(model: ModelLandscape) -> str:
    """The data settings in one line."""
    parts = []
    if model.validation > 0.0:
        parts.append(f"{model.validation:.0%} held back")
    if model.only is not None:
        parts.append(f"only {model.only} examples")
    if model.corrupt != "nothing":
        parts.append(model.corrupt)
    noise = getattr(model.dataset, "noise", None)
    if noise is not None and len(parts) < 2:
        parts.insert(0, f"noise {noise:g}")
    return "  ·  ".join(parts) or "settings of the data"
