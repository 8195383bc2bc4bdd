"""The runs: a list that is dragged, renamed, hidden and added to, and below it the settings of the selected one."""

from __future__ import annotations

from typing import Any

import msgspec
from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QDropEvent, QFont, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemDelegate,
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QScrollArea,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from gdsim.core.epochs import examples_of
from gdsim.core.experiment import MAX_RUNS, SETTINGS, Change, Experiment, Run, Settings
from gdsim.core.optimizers import Optimizer
from gdsim.core.spec import kinds_of
from gdsim.session.session import Session
from gdsim.ui import icons, style
from gdsim.ui.history import DocumentEditor
from gdsim.ui.numbers import nice
from gdsim.ui.panels.run_editor import RunEditor, rate_note
from gdsim.ui.plots.markers import paint_swatch
from gdsim.ui.widgets import ElidedLabel, IconButton, RunSwatch, label
from gdsim.ui.widgets.focus import give_back
from gdsim.ui.widgets.labels import FADED

ROW = 32
EYE = 32
LOSS = Qt.ItemDataRole.UserRole
COLOR = Qt.ItemDataRole.UserRole + 1
HIDDEN = Qt.ItemDataRole.UserRole + 2
PLACE = Qt.ItemDataRole.UserRole + 3
GHOST = Qt.ItemDataRole.UserRole + 4


class RunsPanel(QWidget):
    """List and settings; every edit goes through the document."""

    refused = Signal(str)
    said = Signal(str)

    def __init__(self, session: Session, editor: DocumentEditor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._editor = session, editor
        self.add_button = IconButton("add", "Add a run")
        self.add_button.clicked.connect(self.offer_run)
        self.list = RunList()
        self.list.chosen.connect(session.select)
        self.list.moved.connect(self._move)
        self.list.renamed.connect(self._rename)
        self.list.eye_clicked.connect(self.toggle_hidden)
        self.list.menu_asked.connect(self._menu)
        self.settings = RunEditor()
        self.settings.edited.connect(self._edit_settings)
        self.settings.finished.connect(self._drag_ended)
        self.settings.refused.connect(self.refused)
        self.settings.whole_run_asked.connect(self.apply_to_whole_run)
        self._shown: Settings | None = None
        self._dragged: tuple[tuple[int, str], int] | None = None
        self._swatch = RunSwatch(style.current().run(0))
        self._name = ElidedLabel()
        self._name.setFont(style.font(14, QFont.Weight.DemiBold))
        style.panel(self)
        self._lay_out()

    def _lay_out(self) -> None:
        self._column_head = label("final loss", "t3")
        self._column_head.setFont(style.font(11))
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 0, 0)
        head.addStretch(1)
        head.addWidget(self._column_head)
        self._corner = QWidget()
        self._corner.setFixedSize(EYE + 6, 18)
        self._corner_row = QHBoxLayout(self._corner)
        self._corner_row.setContentsMargins(0, 0, 0, 0)
        head.addWidget(self._corner)
        duplicate = IconButton("copy", "Duplicate this run")
        duplicate.clicked.connect(self.duplicate)
        more = IconButton("more", "More: rename, colour, move, remove")
        more.clicked.connect(lambda: self._menu(self._session.selected, more.mapToGlobal(more.rect().bottomLeft())))
        self._buttons = (duplicate, more)
        title = QHBoxLayout()
        title.setSpacing(8)
        for widget, stretch in ((self._swatch, 0), (self._name, 1), (duplicate, 0), (more, 0)):
            title.addWidget(widget, stretch)
        divider = QFrame()
        divider.setFixedHeight(1)
        style.mark(divider, "divider", True)
        inner = QWidget()
        style.panel(inner)
        below = QVBoxLayout(inner)
        below.setContentsMargins(10, 0, 10, 10)
        below.setSpacing(6)
        below.addLayout(title)
        below.addWidget(self.settings)
        below.addStretch(1)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        top = QVBoxLayout()
        top.setContentsMargins(10, 0, 10, 0)
        top.setSpacing(0)
        top.addLayout(head)
        top.addWidget(self.list)
        top.addSpacing(6)
        top.addWidget(divider)
        column.addLayout(top)
        column.addWidget(scroll, 1)

    # Showing

    def stops(self) -> list[QWidget]:
        """What the Tab key visits, in order."""
        return [self.add_button, self.list, *self._buttons, *self.settings.stops()]

    def take_button(self) -> None:
        """Have the plus sign above the list, where there is no title bar that holds it."""
        self._corner.setFixedSize(EYE + 6, 32)
        self._corner_row.addWidget(self.add_button)
        self.add_button.show()

    def give_button(self) -> IconButton:
        """Leave the plus sign to the title bar."""
        self._corner.setFixedSize(EYE + 6, 18)
        return self.add_button

    def show_document(self) -> None:
        """Show the runs of the experiment, and the settings of the selected one."""
        experiment = self._session.experiment
        self.list.show_runs(experiment)
        self.list.setFixedHeight(min(6, len(experiment.runs)) * ROW + 4)
        scrolls = len(experiment.runs) > 6
        policies = Qt.ScrollBarPolicy
        self.list.setVerticalScrollBarPolicy(policies.ScrollBarAsNeeded if scrolls else policies.ScrollBarAlwaysOff)
        self.add_button.setEnabled(len(experiment.runs) < MAX_RUNS)
        self.show_selection()

    def show_selection(self) -> None:
        """Show the settings of the selected run, as they are in force at the cursor."""
        session = self._session
        index = session.selected
        self.list.show_selected(index)
        run = session.experiment.runs[index]
        look = style.current().run(session.experiment.color(index))
        self._swatch.set_style(look, faded=run.hidden or run.ghost)
        self._name.set_text(session.experiment.labels()[index])
        self._shown = run.settings_at(session.aim)
        self.settings.set_examples(examples_of(session.experiment))
        self.settings.show_settings(self._shown, [change.step for change in run.changes])

    def follow_cursor(self) -> None:
        """Show the settings in force at the cursor, where they change on the way."""
        run = self._session.experiment.runs[self._session.selected]
        if run.changes and run.settings_at(self._session.aim) is not self._shown:
            self.show_selection()

    def update_losses(self) -> None:
        """Show the last loss of each run."""
        done = self._session.trajectory.ended
        self._column_head.setText("final loss" if done else "loss so far")
        for index, run in enumerate(self._session.trajectory.runs):
            self.list.show_loss(index, nice(run.at(run.last).loss, 3) if len(run) else "")

    # Editing

    @property
    def _run(self) -> Run:
        return self._session.experiment.runs[self._session.selected]

    def _apply(self, text: str, runs: list[Run], key: str = "") -> None:
        refusal = self._editor.edit(text, replaced(self._session.experiment, runs), key)
        if refusal is not None:
            self.refused.emit(refusal)
            self.show_selection()

    @Slot(object, str)
    def _edit_settings(self, settings: Settings, what: str) -> None:
        session = self._session
        aim = session.aim
        step = self._step_of_edit((session.selected, what))
        runs = list(session.experiment.runs)
        name = session.experiment.labels()[session.selected]
        note = rate_note(self._run.settings_at(aim), settings)
        runs[session.selected] = keep_label(self._run, settings).changed(step, settings)
        self._apply(f"Change {what} of {name}", runs, f"{session.selected}/{what}")
        note = f"; {note}" if note else ""
        if step:
            self.said.emit(f"{name}: {what} changed from step {step:,} on{note}; R applies it from the start")
        elif aim:
            self.said.emit(f"{name}: {what} changed from the first step on, since the run had ended{note}")
        elif note:
            self.said.emit(f"{name}: {what} changed{note}")

    def _step_of_edit(self, edited: tuple[int, str]) -> int:
        """From which step on an edit holds.

        While it rests, all edits of one drag hold from where the cursor was when the drag began: what has to be
        computed again meanwhile must not move them.
        """
        session = self._session
        if self._dragged is not None and self._dragged[0] == edited and not session.playing:
            return self._dragged[1]
        columns, aim = session.trajectory.runs[session.selected], session.aim
        step = 0 if columns.ended and columns.last <= aim else aim
        self._dragged = (edited, step)
        return step

    @Slot()
    def _drag_ended(self) -> None:
        self._dragged = None
        self._editor.drag_ended()

    @Slot()
    def apply_to_whole_run(self) -> None:
        """Use the settings at the cursor from the first step on."""
        session = self._session
        runs = list(session.experiment.runs)
        runs[session.selected] = self._run.changed(0, self._run.settings_at(session.aim))
        self._apply("Apply to the whole run", runs)

    @Slot()
    def offer_run(self) -> None:
        """Ask which optimizer shall race along."""
        menu = QMenu(self)
        for kind in kinds_of(Optimizer):
            for text, settings in kind.variants.items():
                action = menu.addAction(text)
                action.setToolTip(kind.teaches)
                action.triggered.connect(lambda _=False, k=kind, s=settings: self.add(k(**s)))
        menu.setToolTipsVisible(True)
        menu.exec(self.add_button.mapToGlobal(self.add_button.rect().bottomLeft()))
        menu.deleteLater()

    def add(self, optimizer: Optimizer) -> None:
        """Let another optimizer race along, and select it."""
        runs = [*self._session.experiment.runs, Run(optimizer=optimizer, color=self._free_color())]
        self._apply(f"Add {optimizer.describe()}", runs)
        self._session.select(len(runs) - 1)

    @Slot()
    def duplicate(self) -> None:
        """Add a copy of the selected run."""
        if len(self._session.experiment.runs) >= MAX_RUNS:
            self.refused.emit(f"An experiment holds at most {MAX_RUNS} runs.")
            return
        index = self._session.selected
        runs = pinned_colors(self._session.experiment)
        name = self._session.experiment.labels()[index]
        copy = msgspec.structs.replace(runs[index], label=f"{name} copy"[:200], color=self._free_color(), ghost=False)
        self._apply(f"Duplicate {name}", [*runs[: index + 1], copy, *runs[index + 1 :]])
        self._session.select(index + 1)

    def fork(self) -> None:
        """Leave the selected run behind as a ghost, and select a copy that goes on from the cursor."""
        session = self._session
        index, step, columns = session.selected, session.aim, session.trajectory.runs[session.selected]
        name = session.experiment.labels()[index]
        if len(session.experiment.runs) >= MAX_RUNS:
            self.refused.emit(f"An experiment holds at most {MAX_RUNS} runs.")
            return
        if columns.ended and step >= columns.last:
            self.refused.emit(f"{name} has ended at step {columns.last:,}: step back to fork it on the way.")
            return
        refusal = self._editor.edit(f"Fork {name}", forked(session.experiment, index, step, self._free_color()))
        if refusal is not None:
            self.refused.emit(refusal)
            return
        session.select(index + 1)
        self.said.emit(
            f"{name} forked at step {step:,}: what you change now moves the copy, the ghost goes on as before"
        )

    @Slot()
    def remove(self) -> None:
        """Remove the selected run; one always stays."""
        runs = list(self._session.experiment.runs)
        if len(runs) == 1:
            self.refused.emit("The last run cannot be removed.")
            return
        name = self._session.experiment.labels()[self._session.selected]
        runs = pinned_colors(self._session.experiment)
        del runs[self._session.selected]
        self._apply(f"Remove {name}", runs)

    @Slot(int)
    def toggle_hidden(self, index: int) -> None:
        """Hide a run, or show it again; its readings stay."""
        runs = list(self._session.experiment.runs)
        runs[index] = msgspec.structs.replace(runs[index], hidden=not runs[index].hidden)
        self._apply("Hide or show a run", runs)

    def toggle_ghost(self, index: int) -> None:
        """Draw a run faintly, or in full again."""
        runs = list(self._session.experiment.runs)
        runs[index] = msgspec.structs.replace(runs[index], ghost=not runs[index].ghost)
        self._apply("Change how a run is drawn", runs)

    @Slot(int, str)
    def _rename(self, index: int, text: str) -> None:
        runs = list(self._session.experiment.runs)
        runs[index] = msgspec.structs.replace(runs[index], label=text.strip()[:200])
        self._apply("Rename a run", runs)

    @Slot(int, int)
    def _move(self, index: int, to: int) -> None:
        runs = pinned_colors(self._session.experiment)
        if not 0 <= to < len(runs) or to == index:
            self.show_document()
            return
        runs.insert(to, runs.pop(index))
        self._apply("Reorder the runs", runs)
        self._session.select(to)

    def _recolor(self, slot: int) -> None:
        runs = list(self._session.experiment.runs)
        runs[self._session.selected] = msgspec.structs.replace(self._run, color=slot)
        self._apply("Change a colour", runs)

    def _free_color(self) -> int:
        experiment = self._session.experiment
        taken = {experiment.color(index) for index in range(len(experiment.runs))}
        return next(slot for slot in range(MAX_RUNS + 1) if slot not in taken) % MAX_RUNS

    @Slot(int, object)
    def _menu(self, index: int, place: Any) -> None:
        self._session.select(index)
        menu = QMenu(self)
        menu.addAction("Rename").triggered.connect(lambda: self.list.edit_name(index))
        colors = menu.addMenu("Colour")
        for slot in range(6):
            run_style = style.current().run(slot)
            colors.addAction(swatch_icon(run_style), run_style.marker.replace("_", " ")).triggered.connect(
                lambda _=False, s=slot: self._recolor(s)
            )
        hidden = self._run.hidden
        menu.addAction("Show" if hidden else "Hide").triggered.connect(lambda: self.toggle_hidden(index))
        ghost = "Draw in full" if self._run.ghost else "Draw as a ghost"
        menu.addAction(ghost).triggered.connect(lambda: self.toggle_ghost(index))
        up, down = menu.addAction("Move up"), menu.addAction("Move down")
        up.setEnabled(index > 0)
        down.setEnabled(index < len(self._session.experiment.runs) - 1)
        up.triggered.connect(lambda: self._move(index, index - 1))
        down.triggered.connect(lambda: self._move(index, index + 1))
        menu.addSeparator()
        menu.addAction("Duplicate").triggered.connect(self.duplicate)
        remove = menu.addAction("Remove")
        remove.setEnabled(len(self._session.experiment.runs) > 1)
        remove.triggered.connect(self.remove)
        menu.exec(place)
        menu.deleteLater()


class RunList(QListWidget):
    """The names of the runs with their signs, losses and eyes."""

    chosen = Signal(int)
    moved = Signal(int, int)
    renamed = Signal(int, str)
    eye_clicked = Signal(int)
    menu_asked = Signal(int, object)

    def __init__(self) -> None:
        super().__init__()
        self._filling = False
        self._borrowed = False
        style.mark(self, "quiet", True)
        self.setAccessibleName("Runs")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setItemDelegate(_RunDelegate(self))
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.currentRowChanged.connect(self._row_changed)
        self.itemChanged.connect(self._item_changed)
        self.model().rowsMoved.connect(self._rows_moved)
        self.customContextMenuRequested.connect(self._context)

    def show_runs(self, experiment: Experiment) -> None:
        """Show the runs of ``experiment``."""
        self._filling = True
        while self.count() > len(experiment.runs):
            self.takeItem(self.count() - 1)
        while self.count() < len(experiment.runs):
            item = QListWidgetItem()
            item.setSizeHint(QSize(0, ROW))
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsDropEnabled)
            self.addItem(item)
        for index, (run, name) in enumerate(zip(experiment.runs, experiment.labels(), strict=True)):
            item = self.item(index)
            if item.text() != name:
                item.setText(name)
            item.setData(COLOR, experiment.color(index))
            item.setData(HIDDEN, run.hidden)
            item.setData(GHOST, run.ghost)
            item.setData(PLACE, index)
            item.setToolTip(f"{name}: {run.optimizer.describe()}, {run.schedule.describe()}")
        self._filling = False

    def show_selected(self, index: int) -> None:
        """Make ``index`` the current row."""
        self._filling = True
        self.setCurrentRow(index)
        self._filling = False

    def show_loss(self, index: int, text: str) -> None:
        """Show the loss of a run."""
        item = self.item(index)
        if item is not None and item.data(LOSS) != text:
            self._filling = True
            item.setData(LOSS, text)
            self._filling = False

    def edit_name(self, index: int) -> None:
        """Let the name of a run be typed; the focus goes back to where it was."""
        if self.state() == QAbstractItemView.State.EditingState:
            return
        self._borrowed = not self.hasFocus()
        self.editItem(self.item(index))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """After a click the keys belong to the plots again."""
        super().mouseReleaseEvent(event)
        if self.state() != QAbstractItemView.State.EditingState:
            give_back(self)

    def dropEvent(self, event: QDropEvent) -> None:
        """A row has been dragged to another place."""
        super().dropEvent(event)
        give_back(self)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Rename."""
        self._borrowed = True
        super().mouseDoubleClickEvent(event)

    def closeEditor(self, editor: QWidget, hint: QAbstractItemDelegate.EndEditHint) -> None:
        """The name has been typed."""
        super().closeEditor(editor, hint)
        if self._borrowed:
            self._borrowed = False
            give_back(self)

    def _row_changed(self, row: int) -> None:
        if not self._filling and row >= 0:
            self.chosen.emit(row)

    def _item_changed(self, item: QListWidgetItem) -> None:
        if not self._filling:
            self.renamed.emit(self.row(item), item.text())

    def _rows_moved(self, _a: QModelIndex, start: int, _end: int, _b: QModelIndex, row: int) -> None:
        if not self._filling:  # told when the drop is over: the list must not be filled anew in the middle of it
            QTimer.singleShot(0, self, lambda: self.moved.emit(start, row - 1 if row > start else row))

    def _context(self, place: Any) -> None:
        item = self.itemAt(place)
        if item is not None:
            self.menu_asked.emit(self.row(item), self.viewport().mapToGlobal(place))


class _RunDelegate(QStyledItemDelegate):
    """Paints a row: sign, name, loss, eye."""

    def __init__(self, runs: RunList) -> None:
        super().__init__(runs)
        self._list = runs

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        theme = style.current()
        rect = QRectF(option.rect)
        state = option.state
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(style.color("bg3", 255 if chosen else 120))
            painter.drawRoundedRect(rect.adjusted(0, 1, 0, -1), 5, 5)
        if chosen and state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(style.color("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(1, 2, -1, -2), 5, 5)
        hidden = bool(index.data(HIDDEN))
        if hidden:
            painter.setOpacity(0.45)
        elif index.data(GHOST):
            painter.setOpacity(0.55)
        paint_swatch(
            painter, QRectF(rect.left() + 10, rect.top(), 36, rect.height()), theme.run(index.data(COLOR) or 0)
        )
        painter.setOpacity(0.45 if hidden else 1.0)
        painter.setPen(style.color("t1"))
        painter.setFont(style.font(13, QFont.Weight.DemiBold if chosen else QFont.Weight.Normal))
        loss = index.data(LOSS) or ""
        loss_width = painter.fontMetrics().horizontalAdvance(loss)
        eye = QRectF(rect.right() - EYE, rect.top(), EYE, rect.height())
        name = QRectF(rect.left() + 56, rect.top(), eye.left() - rect.left() - 56 - loss_width - 14, rect.height())
        text = painter.fontMetrics().elidedText(index.data() or "", Qt.TextElideMode.ElideRight, int(name.width()))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(name, middle | Qt.AlignmentFlag.AlignLeft, text)
        if not chosen:
            painter.setPen(style.color("t2"))
        painter.drawText(rect.adjusted(0, 0, -EYE - 6, 0), middle | Qt.AlignmentFlag.AlignRight, loss)
        icons.icon("eye-off" if hidden else "eye", tone="t2").paint(painter, eye.adjusted(7, 7, -7, -7).toRect())
        painter.restore()

    def editorEvent(self, event: QEvent, model: Any, option: Any, index: Any) -> bool:
        presses = (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease, QEvent.Type.MouseButtonDblClick)
        if event.type() in presses and isinstance(event, QMouseEvent) and event.button() == Qt.MouseButton.LeftButton:
            over_eye = event.position().x() >= option.rect.right() - EYE
            if over_eye and event.type() == QEvent.Type.MouseButtonRelease:
                self._list.eye_clicked.emit(index.row())
            if over_eye:
                return True
        return super().editorEvent(event, model, option, index)

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Any) -> None:
        rect = option.rect
        editor.setGeometry(rect.adjusted(52, 1, -EYE, -1))


def replaced(experiment: Experiment, runs: list[Run]) -> Experiment:
    """The experiment with other runs."""
    return msgspec.structs.replace(experiment, runs=tuple(runs))


def forked(experiment: Experiment, index: int, step: int, free: int = 0) -> Experiment:
    """The experiment with run ``index`` as a ghost, and behind it a copy whose changes begin at ``step``.

    The copy has the run's colour, so that both are seen to be of one kind; that of a ghost has the ``free`` one.
    """
    runs = pinned_colors(experiment)
    run, name = runs[index], experiment.labels()[index]
    changes = run.changes
    if step > 0 and all(change.step != step for change in changes):
        settings = run.settings_at(step)
        here = Change(step=step, **{field: getattr(settings, field) for field in SETTINGS})
        changes = tuple(sorted((*changes, here), key=lambda change: change.step))
    label = f"{name[:170]} from step {step}" if step else f"{name[:170]}, changed"
    copy = msgspec.structs.replace(
        run, label=label, color=free if run.ghost else run.color, changes=changes, ghost=False, hidden=False
    )
    ghost = msgspec.structs.replace(run, label=name, ghost=True)
    return replaced(experiment, [*runs[:index], ghost, copy, *runs[index + 1 :]])


def pinned_colors(experiment: Experiment) -> list[Run]:
    """The runs, each with its colour written down, so that it stays with the run when places change."""
    return [msgspec.structs.replace(run, color=experiment.color(index)) for index, run in enumerate(experiment.runs)]


def keep_label(run: Run, settings: Settings) -> Run:
    """Drop a label that only named the old optimizer."""
    old = run.optimizer
    if run.label in (old.name(), old.describe()) and settings.optimizer.describe() != old.describe():
        return msgspec.structs.replace(run, label="")
    return run


def swatch_icon(run_style: Any, *, faded: bool = False) -> Any:
    """The sign of a run as an icon; faint for a ghost."""
    from PySide6.QtGui import QIcon, QPixmap

    picture = QPixmap(72, 32)
    picture.setDevicePixelRatio(2.0)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setOpacity(FADED if faded else 1.0)
    paint_swatch(painter, QRectF(0, 0, 36, 16), run_style)
    painter.end()
    return QIcon(picture)
