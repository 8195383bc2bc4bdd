"""Two settings of a run, or its start, swept over a grid: a map that fills while the window goes on."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from PySide6.QtCore import QEvent, QObject, QSize, Qt, QThread, QTimer, Signal, Slot
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gdsim.core.documents import write_whole
from gdsim.core.durations import in_words, left
from gdsim.core.experiment import Experiment, Run
from gdsim.core.landscapes import PlaneLandscape
from gdsim.core.paths import Parameter, parameters
from gdsim.core.spec import Scale
from gdsim.core.sweep import MOST, Axis, Quantity, Sweep, SweepMap, TheoryLine, theory
from gdsim.core.sweep_cost import seconds_of, usual_cells
from gdsim.core.sweep_files import as_csv, as_npz
from gdsim.ui import style
from gdsim.ui.history import DocumentEditor
from gdsim.ui.numbers import in_print, rounded, short
from gdsim.ui.places import ask_place
from gdsim.ui.plots.sweep_picture import NAMES, as_png, axis_name, sweep_image
from gdsim.ui.plots.sweep_view import SweepView, TrailCard
from gdsim.ui.sweep_worker import Picture, Slice, SweepJob, SweepWorker, Trail, Wanted
from gdsim.ui.waiting import wait_for
from gdsim.ui.widgets import ChoiceBox, NumberField, label

if TYPE_CHECKING:
    from gdsim.ui.main_window import MainWindow

CELLS, START_CELLS = 64, 128
"""Values along an axis at first, at most."""
PATIENCE = 60.0
"""Seconds that a map takes about, at most, before somebody asks for more cells."""
AT_ONCE = 2.0
"""Seconds within which a map is computed without being asked for."""
STARTS = 16
"""So many parameters of a start can be chosen."""
AROUND = 30.0
"""A number on a log axis is varied from this share of it to so many times as much."""
REST = 0.08
"""Seconds between two pictures at least."""
CAREFUL = 4.0
"""Pictures take at most one part in so many of the time."""
GAP = 1
"""Milliseconds between two slices, which are the window's."""
FILTER = "Picture (*.png);;Table (*.csv);;NumPy arrays (*.npz)"
LEARNED = ("batch_size", "accumulate")


@dataclass(frozen=True)
class Choice:
    """Something that can be swept, with the range that is offered for it."""

    path: str
    name: str
    meaning: str
    low: float
    high: float
    scale: Scale
    count: int


def choices(experiment: Experiment, index: int) -> list[Choice]:
    """What can be swept of a run: its numbers, and the coordinates of the start."""
    run, landscape = experiment.runs[index], experiment.landscape
    plane = isinstance(landscape, PlaneLandscape)
    count = usual_cells(experiment, index, CELLS, PATIENCE)
    found = [
        _offer(each, run, count)
        for each in parameters(run)
        if each.path not in LEARNED or hasattr(landscape, "data")
    ]  # fmt: skip
    names = getattr(landscape, "parameter_names", landscape.axes)
    for k, value in enumerate(experiment.origin[:STARTS]):
        low, high = landscape.home()[2 * k : 2 * k + 2] if plane else (value - 2.0, value + 2.0)
        meaning = "Where the marble starts: both coordinates together show the basins of attraction."
        count = usual_cells(experiment, index, START_CELLS, PATIENCE)
        found.append(Choice(f"start[{k}]", f"start {names[k]}", meaning, low, high, "linear", count))
    return found


def _offer(each: Parameter, run: Run, count: int) -> Choice:
    """A number with a range around its present value, within what is allowed."""
    declared, value = each.declared, each.get(run)
    low, high, scale = declared.low, declared.high, declared.scale
    if value is not None and math.isfinite(value):
        if scale == "log" and value > 0.0 and not each.whole:
            low, high = rounded(value / AROUND, 1), rounded(value * AROUND, 1)
        low, high = min(low, value), max(high, value)
    for bound, strict in ((declared.ge, False), (declared.gt, True)):
        if bound is not None and (low < bound or (strict and low <= bound)):
            low = bound + (1e-3 * (high - bound) if strict else 0.0)
    for bound, strict in ((declared.le, False), (declared.lt, True)):
        if bound is not None and (high > bound or (strict and high >= bound)):
            high = bound - (1e-2 * (bound - low) if strict else 0.0)
    if scale == "log" and low <= 0.0:
        low = high * 1e-4
    if each.path == "optimizer.momentum" and getattr(run.optimizer, "nesterov", False):
        low = max(low, 0.01)  # without momentum there is nothing to look ahead with
    where = {"optimizer": run.optimizer.name(), "schedule": "schedule"}.get(each.head, each.head)
    name = f"{declared.label} {declared.symbol}".strip()
    return Choice(
        each.path, name if each.head in ("", "optimizer") else f"{where}: {name}", declared.meaning, low, high, scale,
        count,
    )  # fmt: skip


def usual_pair(paths: list[str]) -> tuple[str, str]:
    """The two that are most worth looking at."""
    wanted = ("optimizer.lr", "optimizer.momentum", "optimizer.betas[0]", "optimizer.alpha", "batch_size")
    first = [path for path in wanted if path in paths]
    rest = [path for path in paths if path not in first and not path.startswith("start[")]
    x, y, *_ = [*first, *rest, "start[0]", "start[1]"] if len(first + rest) > 1 else ["start[0]", "start[1]"]
    return x, y


def usual_target(experiment: Experiment) -> float:
    """A loss worth reaching: a hundredth of the way that is left from the start to the lowest minimum known."""
    landscape = experiment.landscape
    with np.errstate(all="ignore"):
        begin = float(np.asarray(landscape.loss(np.array([experiment.origin])))[0])
        minima = landscape.minima()
        lowest = float(np.min(landscape.loss(minima))) if len(minima) else min(0.0, begin)
    target = lowest + 0.01 * (begin - lowest)
    return rounded(target, 2) if math.isfinite(target) else 0.0


class AxisEditor(QObject):
    """The controls of one axis, laid into two rows of a grid.

    Signals:
        chosen: Something else is to be swept.
        edited: Something was typed or chosen.
        refused: Why a number was not taken.
    """

    chosen = Signal()
    edited = Signal()
    refused = Signal(str)

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.name = name
        self.choices: list[Choice] = []
        self.what, self.scale = ChoiceBox(), ChoiceBox()
        self.what.setAccessibleName(f"{name} axis")
        self.scale.addItem("linear", "linear")
        self.scale.addItem("log", "log")
        self.scale.setAccessibleName(f"scale of the {name} axis")
        self.low, self.high = self._field("lowest value"), self._field("highest value")
        self.count = self._field("number of values", _count_refusal, low=2, high=MOST, whole=True)
        self.count.setToolTip(f"<b>Cells</b><br>How many values there are: 2 to {MOST}.")
        self.what.activated.connect(self._picked)
        self.scale.activated.connect(self.edited)
        for field in (self.low, self.high, self.count):
            field.textEdited.connect(self.edited)
            field.committed.connect(self.edited)

    def _field(self, told: str, refusal: object = None, *, low: float = 0.0, high: float = 1.0, whole: bool = False
               ) -> NumberField:  # fmt: skip
        field = NumberField(refusal, low=low, high=high, whole=whole)  # type: ignore[arg-type]
        field.setAccessibleName(f"{told} of the {self.name} axis")
        field.setFixedWidth(72)
        field.refused.connect(lambda why: self.refused.emit(f"The {told} of the {self.name} axis: {why}."))
        return field

    def lay_into(self, grid: QGridLayout, row: int) -> None:
        """Three rows: what, from to, cells and scale."""
        grid.addWidget(label(f"{self.name} axis", "t2"), row, 0)
        grid.addWidget(self.what, row, 1, 1, 3)
        grid.addWidget(label("from", "t2"), row + 1, 0)
        grid.addWidget(self.low, row + 1, 1)
        grid.addWidget(label("to", "t2"), row + 1, 2)
        grid.addWidget(self.high, row + 1, 3)
        grid.addWidget(label("cells", "t2"), row + 2, 0)
        grid.addWidget(self.count, row + 2, 1)
        grid.addWidget(self.scale, row + 2, 2, 1, 2)

    @property
    def path(self) -> str:
        """What is swept."""
        return str(self.what.currentData())

    def offer(self, found: list[Choice], path: str) -> None:
        """Offer these; where the path is still there and unchanged its range stays."""
        before = {c.path for c in self.choices} and self.path == path
        self.choices = found
        self.what.clear()
        for k, choice in enumerate(found):
            self.what.addItem(choice.name, choice.path)
            self.what.setItemData(k, choice.meaning, Qt.ItemDataRole.ToolTipRole)
        self.what.setCurrentIndex(max(0, self.what.findData(path)))
        if not before or self.path != path:
            self._fill()

    def choose(self, path: str) -> None:
        """Sweep this, over its usual range."""
        self.what.setCurrentIndex(max(0, self.what.findData(path)))
        self._fill()

    def set_range(self, low: float, high: float, count: int | None = None, scale: Scale | None = None) -> None:
        """Other numbers."""
        self.low.set_number(low)
        self.high.set_number(high)
        if count is not None:
            self.count.set_number(count)
        if scale is not None:
            self.scale.setCurrentIndex(self.scale.findData(scale))

    def axis(self) -> Axis:
        """The axis as it stands.

        Raises:
            ValueError: There is none; the text says why.
        """
        return Axis(self.path, self.low.number, self.high.number, int(self.count.number), self.scale.currentData())

    @Slot()
    def _picked(self) -> None:
        self._fill()
        self.chosen.emit()
        self.edited.emit()

    def _fill(self) -> None:
        choice = self.choices[self.what.currentIndex()]
        self.set_range(choice.low, choice.high, choice.count, choice.scale)
        self.what.setToolTip(f"<b>{choice.name}</b><br>{choice.meaning}")


class SweepDialog(QDialog):
    """The window of sweeps; it stays open beside the main window.

    Signals:
        applied: What was done, in words.

    Args:
        experiment: The document at first.
        index: Which of its runs is offered first.
        editor: Knows the document and takes the edits.
        parent: The main window; the dialog closes with it.
    """

    applied = Signal(str)
    _take = Signal(object)
    _grant = Signal(int)
    _paint = Signal(object)
    _trail = Signal(int, int, int)

    def __init__(self, experiment: Experiment, index: int, editor: DocumentEditor, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Sweep two settings")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._experiment, self._editor, self._window = experiment, editor, parent
        self.found: SweepMap | None = None
        self.running = False
        self._number, self._begun = 0, 0.0
        self._painting = self._stale = self._trailing = self._halted = self._writing = False
        self._late: Slice | None = None
        self._next_picture = 0.0
        self._make_controls(index)
        self._make_worker()
        self._lay_out()
        self._offer()
        parent.installEventFilter(self)
        editor.session.replaced.connect(self._document_changed)
        self._begin_later = self._timer(self._begin)
        self._begin_later.start(0)

    # Building

    def _make_controls(self, index: int) -> None:
        self.run = ChoiceBox()
        self.run.setAccessibleName("run")
        self.run.addItems(self._experiment.labels())
        self.run.setCurrentIndex(index)
        self.run.activated.connect(lambda: self._offer())
        self.x_axis, self.y_axis = AxisEditor("x", self), AxisEditor("y", self)
        self.quantity = ChoiceBox()
        self.quantity.setAccessibleName("what is shown")
        self.quantity.activated.connect(self._request_picture)
        for key, name in NAMES.items():
            self.quantity.addItem(name, key)
        self.target = NumberField()
        self.target.setAccessibleName("target loss")
        self.target.setToolTip("<b>Target</b><br>The loss whose first reaching is counted in steps.")
        self.target.set_number(usual_target(self._experiment))
        self.start_button, self.save_button = QPushButton("Compute"), QPushButton("Save…")
        self.start_button.clicked.connect(self.toggle)
        self.save_button.clicked.connect(self._ask_where)
        self.save_button.setToolTip("The map as a picture (PNG), or the numbers of all cells (CSV, NPZ).")
        for button in (self.start_button, self.save_button):
            button.setAutoDefault(False)
        style.mark(self.start_button, "primary", True)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        self.bar.setAccessibleName("progress")
        self.state, self.error, self.lines = label("", "t2"), label("", "danger"), label("", "t2")
        self.numbers, self.card, self.view = label("", "t1"), TrailCard(), SweepView()
        self.place = label("", "t1", bold=True)
        for line in (self.error, self.lines, self.numbers, self.place):
            line.setWordWrap(True)
        self.lines.setTextFormat(Qt.TextFormat.RichText)
        for axis in (self.x_axis, self.y_axis):
            axis.edited.connect(self._edited)
            axis.refused.connect(self._refuse)
        self.target.textEdited.connect(self._edited)
        self.target.refused.connect(lambda why: self._refuse(f"the target: {why}"))
        self.x_axis.chosen.connect(lambda: self._starts_together(self.x_axis, self.y_axis))
        self.y_axis.chosen.connect(lambda: self._starts_together(self.y_axis, self.x_axis))
        self.view.looked.connect(self._look)
        self.view.chosen.connect(self.use)
        self.view.resized.connect(self._fit_later)
        self._gap = self._timer(self._ask)
        self._refit = self._timer(self._request_picture)

    def _timer(self, do: object) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.timeout.connect(do)
        return timer

    def _make_worker(self) -> None:
        self._thread = QThread(self)
        self._thread.setObjectName("sweep")
        self._worker = SweepWorker()
        self._worker.moveToThread(self._thread)
        self._take.connect(self._worker.take)
        self._grant.connect(self._worker.grant)
        self._paint.connect(self._worker.paint)
        self._trail.connect(self._worker.trail)
        self._worker.answered.connect(self._receive)
        self._worker.painted.connect(self._show_picture)
        self._worker.trailed.connect(self._show_trail)
        self._thread.finished.connect(self._worker.deleteLater)
        self._thread.start()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        grid.addWidget(label("run", "t2"), 0, 0)
        grid.addWidget(self.run, 0, 1, 1, 3)
        self.x_axis.lay_into(grid, 1)
        self.y_axis.lay_into(grid, 4)
        grid.addWidget(label("show", "t2"), 7, 0)
        grid.addWidget(self.quantity, 7, 1, 1, 3)
        grid.addWidget(label("target", "t2"), 8, 0)
        grid.addWidget(self.target, 8, 1)
        for row in (1, 4, 7):
            grid.setRowMinimumHeight(row, 32)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.start_button, 1)
        buttons.addWidget(self.save_button)
        self.error.setMinimumHeight(2 * self.error.fontMetrics().lineSpacing())
        self.place.setFixedHeight(2 * self.place.fontMetrics().lineSpacing() + 2)
        self.numbers.setFixedHeight(3 * self.numbers.fontMetrics().lineSpacing() + 4)
        self.lines.setFixedHeight(2 * self.lines.fontMetrics().lineSpacing() + 4)
        for words in (self.error, self.numbers, self.lines, self.place):
            words.setAlignment(Qt.AlignmentFlag.AlignTop)
        side = QVBoxLayout()
        side.setSpacing(8)
        side.setContentsMargins(0, 0, 0, 0)
        side.addLayout(grid)
        side.addLayout(buttons)
        for widget in (self.bar, self.state, self.error):
            side.addWidget(widget)
        side.addStretch(1)
        side.addWidget(self.card, 100)
        side.addWidget(self.place)
        side.addWidget(self.numbers)
        left_side = QWidget()
        left_side.setFixedWidth(276)
        left_side.setLayout(side)
        right_side = QVBoxLayout()
        right_side.setSpacing(8)
        right_side.addWidget(self.view, 1)
        right_side.addWidget(self.lines)
        both = QHBoxLayout(self)
        both.setContentsMargins(16, 16, 16, 16)
        both.setSpacing(16)
        both.addWidget(left_side)
        both.addLayout(right_side, 1)
        self._look(None)
        self.resize(QSize(1120, 760).boundedTo(self.screen().availableSize() - QSize(32, 64)))

    def _offer(self) -> None:
        """What can be swept of the chosen run."""
        found = choices(self._experiment, self.index)
        paths = [choice.path for choice in found]
        x, y = usual_pair(paths)
        if self.x_axis.choices and self.x_axis.path in paths and self.y_axis.path in paths:
            x, y = self.x_axis.path, self.y_axis.path
        self.x_axis.offer(found, x)
        self.y_axis.offer(found, y)

    @property
    def index(self) -> int:
        """Which run is swept."""
        return max(0, self.run.currentIndex())

    def _starts_together(self, changed: AxisEditor, other: AxisEditor) -> None:
        """Starts are swept in pairs at first, and show their basins."""
        starts = changed.path.startswith("start[")
        if starts == other.path.startswith("start[") and changed.path != other.path:
            return
        if starts:
            other.choose("start[1]" if changed.path == "start[0]" else "start[0]")
        else:
            paths = [c.path for c in other.choices if c.path != changed.path]
            other.choose(usual_pair(paths)[0])

    # Computing

    def _asked_for(self) -> Sweep:
        """The sweep that the controls ask for.

        Raises:
            ValueError: It cannot be computed; the text says why.
        """
        return Sweep(self._experiment, self.x_axis.axis(), self.y_axis.axis(), self.index, self.target.number)

    @Slot()
    def _begin(self) -> None:
        """Compute what is there in a moment; what takes longer waits until it is asked for."""
        try:
            short_enough = seconds_of(self._asked_for()) <= AT_ONCE
        except ValueError:
            short_enough = True  # it says why
        if short_enough:
            self.compute()
        else:
            self._tell_how_long()

    @Slot()
    def _edited(self) -> None:
        """What was refused is being mended, and other cells take another time."""
        self.error.clear()
        if not self.running:
            self._tell_how_long()

    def _tell_how_long(self) -> None:
        """Say what pressing Compute means, unless the map of it is there."""
        try:
            sweep = self._asked_for()
        except ValueError:
            self.state.clear()
            return
        rows, columns = sweep.shape
        about = in_words(seconds_of(sweep))
        self.state.setText(f"{columns} × {rows} cells: about {about} to compute")
        if self.found is None:
            self.view.words = f"Compute draws the map: {columns} × {rows} runs, about {about}."
            self.view.update()

    def _named(self, why: str) -> str:
        """A refusal with the names that stand in the form instead of paths."""
        for axis in (self.x_axis, self.y_axis):
            choice = next(choice for choice in axis.choices if choice.path == axis.path)
            if why.startswith(f"{choice.path}: "):
                why = why.removeprefix(f"{choice.path}: ")
                return why if why.startswith(choice.name.split(" ")[0]) else f"{choice.name}: {why}"
        return why

    @Slot()
    def toggle(self) -> None:
        """Compute, or stop and keep what is there."""
        if self.running:
            self.cancel()
        else:
            self.compute()

    @Slot()
    def compute(self) -> None:
        """Begin anew with the controls as they are; whatever cannot be computed is refused with the reason."""
        self.error.clear()
        try:
            sweep = self._asked_for()
            lines = theory(sweep)
        except ValueError as refusal:
            self._refuse(self._named(str(refusal)))
            return
        if self.quantity.currentData() == "minimum" and not len(sweep.minima):
            self.quantity.setCurrentIndex(0)
        if self.found is None or self._are_starts(self.found.sweep) != self._are_starts(sweep):
            basins = self._are_starts(sweep) and len(sweep.minima) > 1
            self.quantity.setCurrentIndex(self.quantity.findData("minimum" if basins else "loss"))
        self._number += 1
        self.found = SweepMap(sweep)
        self._painting = self._trailing = self._stale = False
        self._next_picture = 0.0
        self.view.words = "Computing …"
        self.view.show_picture(None, self.view.contentsRect().toRectF(), None, (0, 0))
        self.lines.setText("<br>".join(_legend(line) for line in lines))
        self._take.emit(SweepJob(self._number, sweep))
        self._begun, self.running = perf_counter(), True
        self._show_state()
        self._ask()

    @staticmethod
    def _are_starts(sweep: Sweep) -> bool:
        return sweep.x.start is not None and sweep.y.start is not None

    @Slot()
    def cancel(self) -> None:
        """Stop; what is computed stays."""
        if self.running:
            self._ended()

    def _ended(self) -> None:
        self.running = False
        self._gap.stop()
        self._show_state()
        self._request_picture()

    @Slot()
    def _ask(self) -> None:
        if self.running:
            self._grant.emit(self._number)

    @Slot(object)
    def _receive(self, answer: Slice) -> None:
        if answer.number != self._number or self.found is None:
            return
        if self._writing:
            self._late = answer
            return
        if answer.failure:
            self._refuse(answer.failure)
        if answer.part is None:
            self._ended()
            return
        self.found.add(answer.part)
        self._stale = self._stale or bool(answer.part.rows.size)
        if self.running:
            if self._stale and not self._painting and perf_counter() >= self._next_picture:
                self._request_picture()
            self._show_state()
            self._gap.start(GAP)
        elif self._stale:
            self._request_picture()

    def _show_state(self) -> None:
        self.start_button.setText("Stop" if self.running else "Compute")
        found = self.found
        self.save_button.setEnabled(found is not None and bool(found.done.any()))
        if found is None:
            return
        self.bar.setValue(round(1000 * found.share))
        rows, columns = found.sweep.shape
        cells = f"{columns} × {rows} cells"
        if self.running:
            self.state.setText(f"{cells}, {left(perf_counter() - self._begun, found.share) or 'computing …'}")
        elif found.whole:
            self.state.setText(f"{cells}, click one to make it the run")
        else:
            self.state.setText(f"Stopped at {found.share:.0%} of {cells}")

    def _refuse(self, why: str) -> None:
        text = in_print(why.rstrip("."))
        self.error.setText(f"{text[:1].upper()}{text[1:]}.")

    # The picture

    @Slot()
    def _fit_later(self) -> None:
        if not self._halted:
            self._refit.start(60)

    @Slot()
    def _request_picture(self) -> None:
        if self.found is None or self._halted or not self.found.done.any():
            return
        if self._painting:
            self._stale = True
            return
        ratio = self.view.devicePixelRatioF()
        size = self.view.size()
        self._painting, self._stale = True, False
        self._paint.emit(
            Wanted(
                self._number, self.quantity.currentData(), style.current(), round(size.width() * ratio),
                round(size.height() * ratio), ratio, True, self._here(),
            )
        )  # fmt: skip

    def _here(self) -> tuple[float, float] | None:
        """The present run's numbers on the axes."""
        assert self.found is not None
        sweep, now = self.found.sweep, self._editor.session.experiment
        index = _run_of(sweep, now)
        if index is None:
            return None
        run = now.runs[index]
        known = {each.path: each for each in parameters(run)}
        found = []
        for axis in (sweep.x, sweep.y):
            value = now.origin[axis.start] if axis.start is not None else None
            if axis.start is None and axis.path in known:
                value = known[axis.path].get(run)
            if value is None:
                return None
            found.append(float(value))
        return found[0], found[1]

    @Slot(object)
    def _show_picture(self, picture: Picture) -> None:
        if picture.wanted.number != self._number or self.found is None:
            return
        self._painting = False
        self._next_picture = perf_counter() + max(REST, CAREFUL * picture.seconds)
        image: QImage = picture.image
        image.setDevicePixelRatio(picture.wanted.scale)
        self.view.show_picture(image, picture.map, picture.here, self.found.sweep.shape)
        if self._stale and not self.running:
            self._request_picture()

    # A cell

    @Slot(object)
    def _look(self, cell: tuple[int, int] | None) -> None:
        found = self.found
        if cell is None or found is None:
            self.place.setText("")
            self.numbers.setText("Point at a cell: this is how its run goes. A click makes it the current run.")
            self.card.show_trail(
                self._experiment.landscape if found is None else found.sweep.experiment.landscape, None
            )
            return
        sweep = found.sweep
        x, y = float(sweep.x_values[cell[1]]), float(sweep.y_values[cell[0]])
        self.place.setText(f"{axis_name(sweep, sweep.x)} = {short(x)}\n{axis_name(sweep, sweep.y)} = {short(y)}")
        self.numbers.setText(_told(found, *cell))
        if not self._trailing:
            self._trailing = True
            self._trail.emit(self._number, *cell)

    @Slot(object)
    def _show_trail(self, trail: Trail) -> None:
        if trail.number != self._number or self.found is None:
            return
        self._trailing = False
        cell = self.view.cell
        if cell is None:
            return
        self.card.show_trail(self.found.sweep.experiment.landscape, (trail.theta, trail.loss))
        if cell != (trail.row, trail.column):
            self._trailing = True
            self._trail.emit(self._number, *cell)

    @Slot(int, int)
    def use(self, row: int, column: int) -> None:
        """Make a cell the current run: its numbers and its start, as one edit."""
        if self.found is None:
            return
        sweep, now = self.found.sweep, self._editor.session.experiment
        index = _run_of(sweep, now)
        if index is None:
            self._refuse("the experiment is another one by now; compute the map again")
            return
        runs = list(now.runs)
        shown = {name: getattr(runs[index], name) for name in ("label", "hidden", "ghost", "color", "ensemble")}
        runs[index] = msgspec.structs.replace(sweep.run(row, column), **shown)
        start = now.start if sweep.start(row, column) == now.origin else sweep.start(row, column)
        name = now.labels()[index]
        refused = self._editor.edit(
            f"Take {name} from the map", msgspec.structs.replace(now, runs=tuple(runs), start=start)
        )
        if refused is not None:
            self._refuse(refused)
            return
        self.error.clear()
        self.applied.emit(f"{name}: {self.place.text().replace(chr(10), ', ') or 'a cell of the map'}")

    @Slot()
    def _document_changed(self) -> None:
        """Runs may have come or gone; the map stays, and the present run moves on it."""
        now, before = self._editor.session.experiment, self.index
        self._experiment = now
        labels = list(now.labels())
        if labels != [self.run.itemText(k) for k in range(self.run.count())]:
            self.run.clear()
            self.run.addItems(labels)
            self.run.setCurrentIndex(min(before, len(labels) - 1))
        self._offer()
        self._request_picture()

    # Files

    @Slot()
    def _ask_where(self) -> None:
        name, used = ask_place(self, "Save the map", "sweep.png", FILTER)
        if name:
            path = Path(name)
            if path.suffix.lower() not in (".png", ".csv", ".npz"):
                path = Path(f"{name}{used[used.index('*') + 1 : used.index(')')]}")
            self.save(path)

    def save(self, path: Path) -> None:
        """Write what is computed: a picture or the numbers, by the ending of the file."""
        found, quantity = self.found, self.quantity.currentData()
        if found is None:
            return
        self._writing = True
        try:
            wait_for(self, "Writing the map …", lambda _tell, _stop: write_whole(path, _bytes(found, quantity, path)))
        except (OSError, ValueError) as error:
            self._refuse(f"{path.name} could not be written: {error}")
        else:
            self.state.setText(f"Saved as {path.name}")
        finally:
            self._writing, late, self._late = False, self._late, None
            if late is not None and not self._halted:
                self._receive(late)

    # The end

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Close with the main window."""
        if event.type() == QEvent.Type.Hide and not event.spontaneous():
            self.close()
        return False

    def changeEvent(self, event: QEvent) -> None:
        """Another theme: another picture."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "_refit"):
            self._fit_later()

    def done(self, result: int) -> None:
        """Stop the worker; nothing is left behind."""
        self._halt()
        super().done(result)

    def _halt(self) -> None:
        if self._halted:
            return
        self._halted, self.running = True, False
        self._number += 1
        for timer in (self._gap, self._refit, self._begin_later):
            timer.stop()
        self._window.removeEventFilter(self)
        self._editor.session.replaced.disconnect(self._document_changed)
        self._thread.quit()
        self._thread.wait()


def _run_of(sweep: Sweep, now: Experiment) -> int | None:
    """Which run the map is of by now: others may have come, gone and moved. None where there is no such run."""
    then, index = sweep.experiment, sweep.index
    if now.landscape != then.landscape:
        return None
    same = [k for k in range(len(now.runs)) if now.color(k) == then.color(index)]
    named = [k for k in same if now.labels()[k] == then.labels()[index]]  # a fork has the colour of its ghost
    return next(iter(named or same), None)


def _bytes(found: SweepMap, quantity: Quantity, path: Path) -> bytes:
    ending = path.suffix.lower()
    if ending == ".png":
        return as_png(sweep_image(found, quantity, style.current()))
    return as_csv(found) if ending == ".csv" else as_npz(found)


def _told(found: SweepMap, row: int, column: int) -> str:
    """What became of a cell, in words."""
    at = (row, column)
    if not found.done[at]:
        return "not computed yet"
    if found.diverged[at] >= 0:
        return f"diverged at step {found.diverged[at]:,}"
    words = [f"final loss {short(float(found.final_loss[at]))}, lowest {short(float(found.best_loss[at]))}"]
    target = found.sweep.target
    if target is not None:
        reached = found.reached[at]
        words.append(f"{short(target)} " + (f"reached at step {reached:,}" if reached >= 0 else "not reached"))
    if found.minimum[at] >= 0:
        place = ", ".join(short(float(value)) for value in found.sweep.minima[found.minimum[at]][:2])
        words.append(f"ended at the minimum ({place})")
    return "\n".join(words)


def _legend(line: TheoryLine) -> str:
    drawn = "dashed" if line.name.startswith("critical") else "solid"
    return f"<b>{line.name}</b> ({drawn}): {html.escape(in_print(line.meaning))}"


def _count_refusal(number: float) -> str | None:
    return None if 2 <= number <= MOST else f"must be 2 to {MOST}"


def open_sweep(window: MainWindow) -> SweepDialog:
    """The sweeps of a window: the dialog that is open, or a new one for the selected run."""
    for found in window.findChildren(SweepDialog):
        if found.isVisible():
            found.raise_()
            found.activateWindow()
            return found
    dialog = SweepDialog(window.session.experiment, window.session.selected, window.editor, window)
    dialog.applied.connect(window.say)
    dialog.show()
    return dialog
