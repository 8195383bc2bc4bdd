"""Asks what the columns of a text file mean, and makes a landscape of them.

The file is read on a thread of its own while its beginning can be looked at already; nothing is decided in silence:
what was detected stands there and can be changed, and what is left out is counted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import msgspec
import numpy as np
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QSize, Qt, QThread, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gdsim.core.data import (
    Cancelled,
    CsvError,
    CsvFile,
    CsvOptions,
    Dataset,
    Inline,
    Task,
)
from gdsim.core.data.csv_reader import Picked, Preview, Table, preview, read_table
from gdsim.core.data.csv_text import printable
from gdsim.core.landscapes import Landscape, ModelLandscape
from gdsim.resources import resource
from gdsim.ui import style
from gdsim.ui.panels.data_panel import fitting, relocated, sentence
from gdsim.ui.widgets import ChoiceBox, ElidedLabel, label

if TYPE_CHECKING:
    from gdsim.ui.main_window import MainWindow

ENDINGS = (".csv", ".tsv", ".txt")
"""Endings of files that are offered to be imported when they are dropped on the window."""
FILTER = f"Tables ({' '.join(f'*{ending}' for ending in ENDINGS)});;All files (*)"
PATIENCE = 50
"""Milliseconds that a cancelled dialog waits for its thread; after that the thread ends by itself."""
ROWS, COLUMNS = 50, 100
"""Rows and columns of the preview, at most."""
MOST_EMBEDDED = 200
"""So many points may be kept in the document itself."""
MOST_TICKED = 2
"""Inputs that are ticked at first, at most."""
WORDS: dict[str, dict[str, str]] = {
    "delimiter": {",": "comma", ";": "semicolon", "tab": "tab", "|": "bar |", "space": "space"},
    "decimal": {".": "point, 1.5", ",": "comma, 1,5"},
    "encoding": {
        "utf-8": "UTF-8",
        "utf-16": "UTF-16",
        "utf-32": "UTF-32",
        "cp1252": "Windows (cp1252)",
        "latin-1": "Latin-1",
    },
    "header": {"yes": "names of columns", "no": "data already"},
}
"""The choices of each option, and what they are called."""
TASKS: dict[Task, str] = {"regression": "a number (regression)", "classification": "two classes (classification)"}


class Job(NamedTuple):
    """A file for the worker to read.

    Attributes:
        number: Its number; answers carry it.
        path: The file.
        options: How it is to be read.
        cancelled: Set where nobody waits for it any more.
        seen: Set when its beginning stands on the screen. The worker waits for that, since whoever makes a hundred
            calls into Qt while another thread computes waits a hundred times for the interpreter's lock.
    """

    number: int
    path: Path
    options: CsvOptions
    cancelled: threading.Event
    seen: threading.Event


class Wish(NamedTuple):
    """What shall be made of a table that was read."""

    job: Job
    table: Table
    inputs: tuple[str, ...]
    target: str
    task: Task
    kind: type[ModelLandscape]
    embedded: bool
    kept: dict[str, Any]


class CsvWorker(QObject):
    """Lives on its own thread; talked to by signals only. Each answer carries the number of its job."""

    previewed = Signal(int, object)
    progressed = Signal(int, float)
    finished = Signal(int, object)  # a Table
    made = Signal(int, object)  # a ModelLandscape
    failed = Signal(int, str)

    @Slot(object)
    def read(self, job: Job) -> None:
        """Show the beginning of a file, then read all of it."""
        if job.cancelled.is_set():
            return
        try:
            self.previewed.emit(job.number, preview(job.path, ROWS, job.options))
            while not job.seen.wait(0.01):
                if job.cancelled.is_set():
                    return
            table = read_table(
                job.path,
                options=job.options,
                progress=lambda part: self._tell(job.number, part),
                cancelled=job.cancelled.is_set,
            )
        except Cancelled:
            return
        except CsvError as error:
            self.failed.emit(job.number, str(error))
        except Exception as error:  # whatever else a file can bring about is that file's failure
            self.failed.emit(job.number, f"{job.path.name} cannot be read: {type(error).__name__}: {error}")
        else:
            self.finished.emit(job.number, table)

    def _tell(self, number: int, part: float) -> None:
        self.progressed.emit(number, part)
        QThread.usleep(200)  # reading holds the interpreter's lock most of the time: the window gets its turn

    @Slot(object)
    def make(self, wish: Wish) -> None:
        """Make the landscape, and have its data prepared here rather than on the window's thread."""
        try:
            landscape = wish.kind(dataset=_dataset(wish), **wish.kept)
            steps: tuple[Callable[[], object], ...] = (
                landscape.data,
                lambda: landscape.gradient(np.array([landscape.initial()])),
                landscape.home,
            )
            for step in steps:
                if wish.job.cancelled.is_set():
                    return
                step()
        except Exception as error:
            self.failed.emit(wish.job.number, str(error) or type(error).__name__)
        else:
            self.made.emit(wish.job.number, landscape)


class _Ending(QObject):
    """Lets a thread come to its end that a closed dialog no longer waits for; the program does, before it ends."""

    alive: ClassVar[set[_Ending]] = set()

    def __init__(self, thread: QThread) -> None:
        super().__init__()
        self._thread = thread
        thread.setParent(None)
        self.alive.add(self)
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self._end)
        thread.finished.connect(self._end)
        if thread.isFinished():
            self._end()

    @Slot()
    def _end(self) -> None:
        self._thread.wait()
        self.alive.discard(self)


def _dataset(wish: Wish) -> Dataset:
    if wish.embedded:
        picked = wish.table.pick(wish.inputs, wish.target, wish.task)
        return Inline(x=tuple(picked.x[:, 0].tolist()), y=tuple(picked.y.tolist()))
    path = str(Path(wish.job.path).absolute())
    return CsvFile.of(wish.table, path, wish.inputs, wish.target, wish.task)


class CsvDialog(QDialog):
    """Picks columns of a file.

    Signals:
        imported: The landscape (a ``ModelLandscape``) that was asked for.

    Args:
        path: The file.
        current: The landscape that will be replaced: a model of its kind is suggested where it fits.
        parent: The window; when it closes, the dialog does.
    """

    imported = Signal(object)

    _read = Signal(object)
    _make = Signal(object)

    def __init__(self, path: Path, current: Landscape | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Import data")
        self.path = path
        self.table: Table | None = None
        self.preview: Preview | None = None
        self.error = ""
        self._current = current
        self._job: Job | None = None
        self._number = 0
        self._options = CsvOptions()
        self._making = False
        self._refusal = ""  # why a landscape could not be made
        self._task_chosen = self._model_chosen = False
        self._kinds: list[type[ModelLandscape]] = []
        self._leaving = False
        self._start_thread()
        self._make_widgets()
        self._lay_out()
        self.resize(900, 600)
        if parent is not None:
            parent.installEventFilter(self)
        self.open_file(path)
        self.inputs.setFocus()

    def _start_thread(self) -> None:
        self._thread = QThread(self)
        self._thread.setObjectName("csv")
        self._worker = CsvWorker()
        self._worker.moveToThread(self._thread)
        self._read.connect(self._worker.read)
        self._make.connect(self._worker.make)
        self._worker.previewed.connect(self._take_preview)
        self._worker.progressed.connect(self._take_progress)
        self._worker.finished.connect(self._take_table)
        self._worker.made.connect(self._take_landscape)
        self._worker.failed.connect(self._take_failure)
        self._thread.finished.connect(self._worker.deleteLater)
        self._thread.start()

    # Building

    def _make_widgets(self) -> None:
        self.name = ElidedLabel("", "t1")
        self.other = QPushButton("Other file…")
        self.other.setAutoDefault(False)
        self.other.clicked.connect(self._ask_file)
        self.sheet = QTableWidget()
        self.sheet.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.sheet.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.sheet.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.sheet.setAccessibleName("Beginning of the file")
        self.sheet.verticalHeader().setDefaultSectionSize(24)
        self.sheet.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.boxes: dict[str, ChoiceBox] = {}
        for name, words in WORDS.items():
            box = ChoiceBox()
            box.addItems(list(words.values()))
            box.setAccessibleName(name)
            box.activated.connect(lambda index, n=name: self._choose_option(n, index))
            self.boxes[name] = box
        self.inputs = QListWidget()
        self.inputs.setAccessibleName("inputs")
        self.inputs.setFixedHeight(132)
        self.inputs.setStyleSheet(_ticks())
        self.inputs.itemChanged.connect(self._ticked)
        self.target, self.task, self.model = ChoiceBox(), ChoiceBox(), ChoiceBox()
        self.task.addItems(list(TASKS.values()))
        self.target.activated.connect(self._choose_target)
        self.task.activated.connect(self._choose_task)
        self.model.activated.connect(self._choose_model)
        self.embed = QCheckBox("keep the points in the document")
        self.embed.setToolTip("The document needs the file no more; possible for up to 200 points of one input.")
        self.error_label = label("", "danger")
        self.error_label.setWordWrap(True)
        self.problem = label("", "danger", 12)
        self.problem.setWordWrap(True)
        self.facts = label("", "t2")
        self.facts.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("reading")
        self.cancel = QPushButton("Cancel")
        self.cancel.clicked.connect(self.reject)
        self.ok = QPushButton("Use these data")
        style.mark(self.ok, "primary", True)
        self.ok.setDefault(True)
        self.ok.clicked.connect(self._agree)

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnMinimumWidth(1, 210)
        rows: list[tuple[str, QWidget, str]] = [
            ("delimiter", self.boxes["delimiter"], "What stands between two cells."),
            ("decimal mark", self.boxes["decimal"], "1.5 or 1,5."),
            ("encoding", self.boxes["encoding"], "How letters are stored in the file."),
            ("first row", self.boxes["header"], "Whether it holds the names of the columns."),
            ("inputs", self.inputs, "What the model is given."),
            ("target", self.target, "What the model should answer."),
            ("task", self.task, "Whether numbers are predicted or one of two classes."),
            ("model", self.model, "What is fitted to the data."),
            ("", self.embed, ""),
            ("", self.problem, ""),
        ]
        for row, (name, widget, tip) in enumerate(rows):
            caption = label(name, "t2")
            caption.setBuddy(widget)
            grid.addWidget(caption, row, 0, Qt.AlignmentFlag.AlignTop if widget is self.inputs else Qt.AlignmentFlag(0))
            grid.addWidget(widget, row, 1)
            if tip:
                widget.setAccessibleName(name)
                widget.setToolTip(f"<b>{name.capitalize()}</b><br>{tip}")
        right = QVBoxLayout()
        right.addLayout(grid)
        right.addStretch(1)
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(self.sheet, 1)
        left.addWidget(self.error_label)
        upper = QHBoxLayout()
        upper.setSpacing(20)
        upper.addLayout(left, 1)
        upper.addLayout(right)
        head = QHBoxLayout()
        head.addWidget(self.name, 1)
        head.addWidget(self.other)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.facts, 1)
        foot.addWidget(self.cancel)
        foot.addWidget(self.ok)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(12)
        column.addLayout(head)
        column.addLayout(upper, 1)
        column.addWidget(self.bar)
        column.addLayout(foot)

    def sizeHint(self) -> QSize:
        """Room for the preview."""
        return QSize(900, 600)

    # Reading

    @Slot()
    def _ask_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Import data", str(self.path.parent), FILTER)
        if name:
            self.open_file(Path(name))

    def open_file(self, path: Path) -> None:
        """Begin with a file anew."""
        self.path, self._options = path, CsvOptions()
        self._task_chosen = self._model_chosen = False
        self.name.set_text(path.name)
        self.name.setToolTip(str(path))
        self.preview = None
        self._show_preview()
        self._begin()

    def _begin(self) -> None:
        """Read the file; what was being read before is given up."""
        self._give_up()
        self._number += 1
        self.table, self.error, self._refusal, self._making = None, "", "", False
        self._job = Job(self._number, self.path, self._options, threading.Event(), threading.Event())
        self.bar.setRange(0, 1000)
        self.bar.setValue(0)
        self._read.emit(self._job)
        self._show_state()

    def _give_up(self) -> None:
        if self._job is not None:
            self._job.cancelled.set()

    @Slot(int, object)
    def _take_preview(self, number: int, found: Preview) -> None:
        if number == self._number and self._job is not None:
            self.preview = found
            self._show_preview()
            self._show_state()
            self._job.seen.set()

    @Slot(int, float)
    def _take_progress(self, number: int, part: float) -> None:
        if number == self._number:
            self.bar.setValue(round(1000 * part))

    @Slot(int, object)
    def _take_table(self, number: int, table: Table) -> None:
        if number == self._number:
            self.table = table
            self._mark_unusable(table)
            self._suggest()
            self._show_state()

    @Slot(int, str)
    def _take_failure(self, number: int, reason: str) -> None:
        if number != self._number:
            return
        if self._making:
            self._refusal = reason
        else:
            self.error = reason
        self._making = False
        self._show_state()

    @Slot(int, object)
    def _take_landscape(self, number: int, landscape: ModelLandscape) -> None:
        if number == self._number:
            self.imported.emit(landscape)
            self.accept()

    # Showing

    def _show_preview(self) -> None:
        found = self.preview
        names = found.names if found is not None else ()
        for name, box in self.boxes.items():
            box.setEnabled(found is not None)
            if found is not None:
                box.setCurrentIndex(list(WORDS[name]).index(getattr(found.found, name)))
        rows = found.rows if found is not None else ()
        self.sheet.clear()
        self.sheet.setRowCount(len(rows))
        self.sheet.setColumnCount(min(len(names), COLUMNS))
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells[: self.sheet.columnCount()]):
                self.sheet.setItem(row, column, QTableWidgetItem(cell[:200]))
        if found is not None:
            self.sheet.setVerticalHeaderLabels(_line_names(found))
        self.inputs.blockSignals(True)
        self.inputs.clear()
        for index, name in enumerate(names):
            item = QListWidgetItem(name)
            ticked = index < len(names) - 1 and index < 1
            item.setCheckState(Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)
            self.inputs.addItem(item)
        self.inputs.blockSignals(False)
        self.target.clear()
        self.target.addItems(list(names))
        self.target.setCurrentIndex(len(names) - 1)
        self._show_roles()
        self.sheet.resizeColumnsToContents()
        for column in range(self.sheet.columnCount()):
            self.sheet.setColumnWidth(column, min(max(self.sheet.columnWidth(column), 84), 200))

    def _mark_unusable(self, table: Table) -> None:
        """Columns that cannot be used are there, but cannot be ticked; the reason stands at them."""
        self.inputs.blockSignals(True)
        for row in range(self.inputs.count()):
            item = self.inputs.item(row)
            reason = table.unusable.get(item.text())
            if reason:
                item.setFlags(Qt.ItemFlag.NoItemFlags)
                item.setCheckState(Qt.CheckState.Unchecked)
                item.setToolTip(reason)
        usable = [name for name in table.names if name not in table.unusable]
        if self.target.currentText() in table.unusable and usable:
            self.target.setCurrentText(usable[-1])
        self.inputs.blockSignals(False)

    def _suggest(self) -> None:
        """Guess the task, and tick as many inputs as its usual model has."""
        table, target = self.table, self.target.currentText()
        if table is None or target not in table.columns:
            return
        if not self._task_chosen:
            two = target in table.classes or _has_two_values(table.columns[target])
            self.task.setCurrentIndex(1 if two else 0)
        usable = [name for name in table.names if name in table.columns and name not in (target, *table.classes)]
        if not set(self.ticked()) & set(usable) or self.ticked() == usable[:1]:
            wanted = usable[: MOST_TICKED if self.chosen_task() == "classification" else 1]
            self.inputs.blockSignals(True)
            for row in range(self.inputs.count()):
                item = self.inputs.item(row)
                on = item.text() in wanted
                item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
            self.inputs.blockSignals(False)

    def ticked(self) -> list[str]:
        """The input columns, in the order of the file."""
        items = [self.inputs.item(row) for row in range(self.inputs.count())]
        names = [item.text() for item in items if item.checkState() == Qt.CheckState.Checked]
        return [name for name in names if name != self.target.currentText()]

    @property
    def title(self) -> str:
        """What an experiment with these columns is called."""
        inputs = self.ticked()
        names = ", ".join(printable(name) for name in inputs[:3]) + (", …" if len(inputs) > 3 else "")
        return f"{printable(self.target.currentText())} from {names}"

    def chosen_task(self) -> Task:
        """What the target is taken for."""
        return list(TASKS)[max(self.task.currentIndex(), 0)]

    def _show_state(self) -> None:
        """Say how far it is, what is missing, and what will be left out."""
        picked, missing, problem = self._try()
        self._show_models()
        self._show_roles()
        reading = self.table is None and not self.error
        self.bar.setVisible(reading or self._making)
        if self._making:
            self.bar.setRange(0, 0)
        self.error_label.setText(self.error)
        self.error_label.setVisible(bool(self.error))
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        one = self.chosen_task() == "regression" and len(self.ticked()) == 1
        self.embed.setEnabled(picked is not None and picked.y.size <= MOST_EMBEDDED and one)
        self.facts.setText("Reading …" if reading else self._counted(picked))
        self.ok.setText(missing or "Use these data")
        self.ok.setToolTip(problem or self.error)
        self.ok.setEnabled(not missing)
        for widget in (self.inputs, self.target, self.task, self.model):
            widget.setEnabled(self.preview is not None and not self._making)

    def _try(self) -> tuple[Picked | None, str, str]:
        """The examples, or else what is missing, in few words, and why."""
        if self._making:
            return None, "Preparing …", ""
        if self.error:
            return None, "Not a usable file", ""
        table = self.table
        if table is None:
            return None, "Reading …", ""
        target = self.target.currentText()
        if target in table.unusable:
            return None, "Pick another target", table.unusable[target]
        if not self.ticked():
            why = next(iter(table.unusable.values()), "") if len(table.columns) < 2 else ""
            return None, "Pick an input", why
        if self._refusal:
            return None, "Pick other columns", sentence(self._refusal)
        try:
            return table.pick(self.ticked(), target, self.chosen_task()), "", ""
        except ValueError as error:
            return None, "Pick other columns", sentence(str(error))

    def _counted(self, picked: Picked | None) -> str:
        table = self.table
        if table is None:
            return ""
        text = f"{table.size:,} rows."
        if picked is not None and picked.dropped:
            lines = ", ".join(f"{line:,}" for line in picked.dropped_lines[:5])
            more = ", …" if picked.dropped > 5 else ""
            rows = "1 of them is" if picked.dropped == 1 else f"{picked.dropped:,} of them are"
            word = "line" if picked.dropped == 1 else "lines"
            text = f"{table.size:,} rows; {rows} left out since a value is missing ({word} {lines}{more})."
        useless = len(table.unusable)
        if useless:
            why = table.unusable.get(table.names[-1]) or next(iter(table.unusable.values()))
            text += (
                f" 1 column cannot be used: {why}." if useless == 1 else f" {useless} columns cannot be used: {why} …"
            )
        return " ".join([text, *table.notes])

    def _show_models(self) -> None:
        """Offer the models that fit; the present one, if it is among them, comes first."""
        kinds = models_for(len(self.ticked()), self.chosen_task())
        if kinds == self._kinds:
            return
        before = self._kinds[self.model.currentIndex()] if self._kinds and self._model_chosen else type(self._current)
        self._kinds = kinds
        self.model.clear()
        for kind in kinds:
            self.model.addItem(kind.title)
            self.model.setItemData(self.model.count() - 1, kind.teaches, Qt.ItemDataRole.ToolTipRole)
        self.model.setCurrentIndex(next((k for k, kind in enumerate(kinds) if kind is before), 0))

    def _show_roles(self) -> None:
        """Say above each column what it is used for."""
        names = self.preview.names if self.preview is not None else ()
        ticked, target = self.ticked(), self.target.currentText()
        for column, name in enumerate(names[:COLUMNS]):
            role = "target" if name == target else "input" if name in ticked else ""
            item = QTableWidgetItem(f"{name}\n{role}" if role else f"{name}\n")
            if role:
                item.setToolTip(f"{name}: {role}")
            reason = self.table.unusable.get(name, "") if self.table is not None else ""
            if reason:
                item.setText(f"{name}\nnot usable")
                item.setToolTip(reason)
            self.sheet.setHorizontalHeaderItem(column, item)
        for row in range(self.inputs.count()):
            item_ = self.inputs.item(row)
            item_.setHidden(item_.text() == target)

    # Choosing

    def _choose_option(self, name: str, index: int) -> None:
        chosen: dict[str, Any] = {name: list(WORDS[name])[index]}
        if self.preview is not None and chosen[name] != getattr(self.preview.found, name):
            self._options = self._options._replace(**chosen)
            self._task_chosen = False
            self._begin()

    @Slot(QListWidgetItem)
    def _ticked(self, _item: QListWidgetItem) -> None:
        self._refusal = ""
        self._show_state()

    @Slot(int)
    def _choose_target(self, _index: int) -> None:
        self._refusal = ""
        self._task_chosen = False
        self._suggest()
        self._show_state()

    @Slot(int)
    def _choose_task(self, _index: int) -> None:
        self._refusal = ""
        self._task_chosen = True
        self._show_state()

    @Slot(int)
    def _choose_model(self, _index: int) -> None:
        self._refusal, self._model_chosen = "", True
        self._show_state()

    @Slot()
    def _agree(self) -> None:
        """Have the landscape made."""
        table, job = self.table, self._job
        if table is None or job is None or not self.ok.isEnabled():
            return
        kept: dict[str, Any] = {"standardise": 1.0}
        if isinstance(self._current, ModelLandscape):
            kept |= {"validation": self._current.validation, "split_seed": self._current.split_seed}
        embedded = self.embed.isEnabled() and self.embed.isChecked()
        wish = Wish(
            job,
            table,
            tuple(self.ticked()),
            self.target.currentText(),
            self.chosen_task(),
            self._kinds[self.model.currentIndex()],
            embedded,
            kept,
        )
        self._making = True
        self._show_state()
        self._make.emit(wish)

    # Leaving

    def done(self, result: int) -> None:
        """Stop reading at once."""
        self._number += 1  # whatever is still on its way is for nobody
        self._give_up()
        self._thread.quit()
        ended = self._thread.wait() if self._leaving else self._thread.wait(PATIENCE)
        if not ended:
            _Ending(self._thread)
        super().done(result)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Close with the window."""
        if watched is self.parent() and event.type() == QEvent.Type.Close:
            self._leaving = True
            self.reject()
        return super().eventFilter(watched, event)


def models_for(inputs: int, task: Task) -> list[type[ModelLandscape]]:
    """The models for so many inputs and that task, those that use more of the inputs first."""
    if inputs < 1:
        return []
    columns = tuple(f"x{k}" for k in range(inputs))
    likeness = CsvFile(path="x", sha256="0" * 64, columns=columns, target="y", task=task)
    kinds = fitting(likeness)
    return sorted(kinds, key=lambda kind: -min(kind(dataset=likeness).most_inputs, inputs))


def _line_names(found: Preview) -> list[str]:
    """The lines of the rows, and which of these have too few or too many cells."""
    width = len(found.names)
    words = ("" if len(row) == width else ", too short" if len(row) < width else ", too long" for row in found.rows)
    return [f"{line}{word}" for line, word in zip(found.lines, words, strict=True)]


def _ticks() -> str:
    """The look of a list that is ticked: like that of check boxes, which the common sheet gives to these alone."""
    theme = style.current()
    check = resource("icons", "style", f"check-{theme.name}.svg").as_posix()
    return (
        f"QListView {{ background: {theme.bg2}; border: 1px solid {theme.edge}; padding: 3px; }}"
        f"QListView:focus {{ border: 2px solid {theme.accent}; padding: 2px; }}"
        "QListView::item { min-height: 24px; padding-left: 2px; }"
        f"QListView::item:hover, QListView::item:selected {{ background: {theme.bg3}; color: {theme.t1}; }}"
        f"QListView::indicator {{ width: 14px; height: 14px; border: 1px solid {theme.edge}; border-radius: 4px; }}"
        f"QListView::indicator:checked {{ background: {theme.accent}; border-color: {theme.accent}; }}"
        f'QListView::indicator:checked {{ image: url("{check}"); }}'
        f"QListView::indicator:disabled {{ border-color: {theme.line}; }}"
    )


def _has_two_values(values: np.ndarray[Any, np.dtype[np.float64]]) -> bool:
    """Whether a column could be two classes."""
    there = values[~np.isnan(values)]
    if not there.size:
        return False
    low, high = there.min(), there.max()
    return bool(low < high and ((there == low) | (there == high)).all())


def import_csv(window: MainWindow, path: Path | None = None) -> CsvDialog | None:
    """Let columns of a file be picked; what comes of it is one edit that can be undone.

    Args:
        window: The furnished window.
        path: The file; where None it is asked for.

    Returns:
        The open dialog, None where no file was chosen.
    """
    if path is None:
        folder = window.preferences.text("csv_folder") or window.preferences.text("folder") or str(Path.home())
        name, _ = QFileDialog.getOpenFileName(window, "Import data", folder, FILTER)
        if not name:
            return None
        path = Path(name)
    window.preferences.put("csv_folder", str(path.parent))
    dialog = CsvDialog(path, window.session.experiment.landscape, window)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.imported.connect(lambda landscape: _use(window, landscape, dialog.path.name, dialog.title))
    dialog.open()
    return dialog


def _is_title_typed(window: MainWindow) -> bool:
    """Whether the title was given by hand, so that it is more than that of what was opened before."""
    stack = window.undo_stack
    return any(stack.text(index) == "Change the title" for index in range(stack.index()))


def _use(window: MainWindow, landscape: ModelLandscape, name: str, title: str) -> None:
    try:
        moved = relocated(window.session.experiment, landscape)
        if not (moved.title and _is_title_typed(window)):
            moved = msgspec.structs.replace(moved, title=title)
        refusal = window.editor.edit(f"Data from {name}", moved)
    except ValueError as error:
        refusal = sentence(str(error))
    if refusal is not None:
        window.warn(f"{name} was not imported: {refusal}")
        return
    data = landscape.data()
    window.say(f"{name}: {data.y.size + data.y_val.size:,} examples")
    window.show_dock("data")
