"""The landscape: a card that opens a gallery, its parameters, the start, steps and seed."""

from __future__ import annotations

from typing import Any

import msgspec
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFont, QFontMetrics, QIcon, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QGridLayout,
    QListView,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from gdsim.core.experiment import MAX_STEPS, Experiment
from gdsim.core.landscapes import Landscape
from gdsim.core.spec import kinds_of
from gdsim.session.session import Session
from gdsim.ui import icons, style
from gdsim.ui.forms import SpecForm
from gdsim.ui.history import DocumentEditor
from gdsim.ui.numbers import short
from gdsim.ui.plots.thumbnail import thumbnail
from gdsim.ui.tab_order import chain
from gdsim.ui.widgets import NumberField, label

THUMB = QSize(76, 58)


class LandscapePanel(QWidget):
    """Shows and edits where the marbles roll, and from where."""

    refused = Signal(str)

    def __init__(self, session: Session, editor: DocumentEditor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._editor = session, editor
        self.card = LandscapeCard()
        self.card.clicked.connect(self.open_gallery)
        self._gallery: Gallery | None = None
        self._form = SpecForm(compact=True)
        self._form.edited.connect(self._edit_landscape)
        self._form.finished.connect(editor.drag_ended)
        self._form.refused.connect(self.refused)
        self._form.rebuilt.connect(self._order_tabs)
        self._start = [NumberField(low=-5, high=5) for _ in range(2)]
        self._steps = NumberField(_range_of("steps", 1, MAX_STEPS), low=10, high=10_000, log=True, whole=True)
        self._seed = NumberField(_range_of("seed", 0, 2**63 - 1), low=0, high=100, whole=True)
        self._axis_labels = [label("", "t2") for _ in range(2)]
        self.fold = FoldButton()
        self._details = QWidget()
        self._lay_out()

    def _lay_out(self) -> None:
        for field in (*self._start, self._steps, self._seed):
            field.refused.connect(self.refused)
        for field in self._start:
            field.committed.connect(self._edit_start)
        self._steps.committed.connect(self._edit_steps)
        self._seed.committed.connect(self._edit_seed)
        self._steps.setToolTip("<b>Steps</b><br>How many updates each run makes.")
        self._seed.setToolTip("<b>Seed</b><br>Decides all chance: the same seed gives the same noise, bit for bit.")
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        names = ("start", "steps", "seed")
        for field, name in zip((self._start[0], self._steps, self._seed), names, strict=True):
            field.setAccessibleName(name)
        grid.addWidget(label("start", "t2"), 0, 0)
        for column, (field, axis) in enumerate(zip(self._start, self._axis_labels, strict=True)):
            axis.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(axis, 0, 1 + 2 * column)
            grid.addWidget(field, 0, 2 + 2 * column)
            field.setToolTip(
                "<b>Start</b><br>Where all marbles begin: drag the ring, double-click the ground, or type."
            )
        grid.addWidget(label("steps", "t2"), 1, 0)
        grid.addWidget(self._steps, 1, 2)
        grid.addWidget(label("seed", "t2"), 1, 3)
        grid.addWidget(self._seed, 1, 4)
        grid.setColumnStretch(1, 1)
        inside = QVBoxLayout(self._details)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(8)
        inside.addWidget(self._form)
        inside.addLayout(grid)
        self.fold.toggled.connect(self._unfold)
        self._unfold(False)
        style.panel(self)
        column_layout = QVBoxLayout(self)
        column_layout.setContentsMargins(10, 4, 10, 10)
        column_layout.setSpacing(8)
        column_layout.addWidget(self.card)
        column_layout.addWidget(self.fold)
        column_layout.addWidget(self._details)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def stops(self) -> list[QWidget]:
        """What the Tab key visits, in order."""
        return [self.card, self.fold, *self._form.stops(), *self._start, self._steps, self._seed]

    @Slot()
    def _order_tabs(self) -> None:
        chain(self.stops())

    @Slot(bool)
    def _unfold(self, shown: bool) -> None:
        self._details.setVisible(shown)
        self.updateGeometry()

    def set_compact(self, compact: bool) -> None:
        """Leave out the sentence where there is little room."""
        self.card.set_compact(compact)

    def show_document(self) -> None:
        """Show the landscape, start, steps and seed of the experiment."""
        experiment = self._session.experiment
        landscape = experiment.landscape
        self.card.show_landscape(landscape)
        self._form.set_spec(landscape)
        self._form.setVisible(bool(self._form.paths()))
        for field, axis, name, value in zip(
            self._start, self._axis_labels, landscape.axes, experiment.origin, strict=False
        ):
            field.set_number(value)
            axis.setText(name)
        self._steps.set_number(experiment.steps)
        self._seed.set_number(experiment.seed)
        self.fold.show_summary(experiment)
        self.updateGeometry()

    def show_theme(self) -> None:
        """Draw the thumbnails anew."""
        self.card.show_landscape(self._session.experiment.landscape)
        self._gallery = None

    @Slot()
    def open_gallery(self) -> None:
        """Let a landscape be picked by its picture."""
        if self._gallery is None:
            self._gallery = Gallery(self)
            self._gallery.picked.connect(self._pick)
        below = self.card.mapToGlobal(QPoint(0, self.card.height() + 4))
        self._gallery.popup(below, type(self._session.experiment.landscape))

    @Slot(object)
    def _pick(self, kind: type[Landscape]) -> None:
        if kind is not type(self._session.experiment.landscape):
            self._apply(f"Landscape {kind.title}", landscape=kind(), start=None, title="")

    @Slot(object)
    def _edit_landscape(self, landscape: Landscape) -> None:
        self._apply(f"Change {landscape.title}", "landscape", landscape=landscape)

    @Slot(object)
    def _edit_start(self, _value: object) -> None:
        self._apply("Move the start", start=tuple(float(field.number) for field in self._start))

    @Slot(object)
    def _edit_steps(self, value: int) -> None:
        self._apply("Change the steps", steps=value)

    @Slot(object)
    def _edit_seed(self, value: int) -> None:
        self._apply("Change the seed", seed=value)

    def _apply(self, text: str, key: str = "", **values: Any) -> None:
        new: Experiment = msgspec.structs.replace(self._session.experiment, **values)
        refusal = self._editor.edit(text, new, key)
        if refusal is not None:
            self.refused.emit(refusal)
        self.show_document()


def _range_of(name: str, low: int, high: int) -> Any:
    def refusal(value: float) -> str | None:
        return None if low <= value <= high else f"{name} must lie between {low:,} and {high:,}"

    return refusal


class FoldButton(QAbstractButton):
    """One line that says where and how long the marbles roll; pressing it unfolds the fields."""

    def __init__(self) -> None:
        super().__init__()
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFixedHeight(24)
        self.setToolTip("<b>Start, steps, seed</b><br>And the landscape's own parameters: click to change them.")
        self.toggled.connect(self.update)

    def show_summary(self, experiment: Experiment) -> None:
        """Show the start, the steps and, where there is chance in it, the seed."""
        x, y = (short(value) for value in experiment.origin[:2])
        text = f"start ({x}, {y})  ·  {experiment.steps:,} steps"
        if any(run.noise is not None for run in experiment.runs):
            text += f"  ·  seed {experiment.seed}"
        self.setText(text)
        self.setAccessibleName(text)
        self.update()

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 30, 24)

    def minimumSizeHint(self) -> QSize:
        """It may be cut."""
        return QSize(80, 24)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Chevron and text."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.hasFocus():
            painter.setPen(QPen(style.color("accent"), 2))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 5, 5)
        chevron = "chevron-down" if self.isChecked() else "chevron-right"
        icons.icon(chevron, tone="t2").paint(painter, QRect(2, 4, 16, 16))
        painter.setPen(style.color("t1" if self.underMouse() else "t2"))
        painter.setFont(style.font(12))
        room = self.rect().adjusted(24, 0, -4, 0)
        text = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        painter.end()


class LandscapeCard(QAbstractButton):
    """Thumbnail, name and sentence of a landscape; pressing it opens the gallery."""

    def __init__(self) -> None:
        super().__init__()
        self._title, self._sentence = "", ""
        self._picture = QPixmap()
        self._compact = False
        self._hovered = False
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("<b>Landscape</b><br>Pick another loss for the marbles to roll on.")

    def show_landscape(self, landscape: Landscape) -> None:
        """Show ``landscape``."""
        self._title, self._sentence = landscape.title, landscape.teaches
        self.setAccessibleName(f"Landscape: {self._title}. {self._sentence}")
        self._picture = thumbnail(landscape, style.current(), THUMB, self.devicePixelRatioF())
        self.updateGeometry()
        self.update()

    def set_compact(self, compact: bool) -> None:
        """Leave out the sentence."""
        self._compact = compact
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """High enough for three lines of sentence."""
        if self._compact:
            return QSize(258, 48)
        room = QRect(0, 0, max(self.width(), 258) - 76 - 36, 1000)
        words = QFontMetrics(style.font(12)).boundingRect(room, Qt.TextFlag.TextWordWrap, self._sentence)
        return QSize(258, max(78, words.height() + 36))

    def minimumSizeHint(self) -> QSize:
        """As high as the hint."""
        return QSize(160, self.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        """Light up under the pointer."""
        if event.type() in (QEvent.Type.Enter, QEvent.Type.Leave):
            self._hovered = event.type() == QEvent.Type.Enter
            self.update()
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Card, thumbnail, words, chevron."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        focused = self.hasFocus()
        painter.setPen(QPen(style.color("accent"), 2) if focused else style.color("line"))
        painter.setBrush(style.color("bg3" if self._hovered else "bg2"))
        rim = self.rect().adjusted(1, 1, -1, -1) if focused else self.rect().adjusted(0, 0, -1, -1)
        painter.drawRoundedRect(rim, 6, 6)
        height = min(self.height() - 16, THUMB.height())
        picture = QRect(8, 8, round(height * THUMB.width() / THUMB.height()), height)
        painter.drawPixmap(picture, self._picture)
        text = QRect(picture.right() + 12, 6, self.width() - picture.right() - 36, self.height() - 12)
        painter.setPen(style.color("t1"))
        painter.setFont(style.font(14, QFont.Weight.DemiBold))
        middle = Qt.AlignmentFlag.AlignVCenter if self._compact else Qt.AlignmentFlag.AlignTop
        painter.drawText(text, middle | Qt.AlignmentFlag.AlignLeft, self._title)
        if not self._compact:
            painter.setPen(style.color("t2"))
            painter.setFont(style.font(12))
            flags = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap
            painter.drawText(text.adjusted(0, 20, 12, 0), flags, self._sentence)
        chevron = QRect(self.width() - 26, (8 if not self._compact else (self.height() - 18) // 2), 18, 18)
        icons.icon("chevron-down", tone="t2").paint(painter, chevron)
        painter.end()


class Gallery(QFrame):
    """All landscapes as pictures, in a popup."""

    picked = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        style.mark(self, "card", True)
        self._list = QListWidget()
        self._list.setViewMode(QListView.ViewMode.IconMode)
        self._list.setIconSize(QSize(104, 72))
        self._list.setGridSize(QSize(124, 106))
        self._list.setMovement(QListView.Movement.Static)
        self._list.setResizeMode(QListView.ResizeMode.Adjust)
        self._list.setWordWrap(True)
        self._list.setFrameShape(QFrame.Shape.NoFrame)
        style.mark(self._list, "quiet", True)
        self._list.setAccessibleName("Landscapes")
        self._list.itemClicked.connect(self._choose)
        self._list.installEventFilter(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 14, 6, 6)
        column.addWidget(self._list)
        for kind in kinds_of(Landscape):
            item = QListWidgetItem(kind.title)
            picture = thumbnail(kind(), style.current(), QSize(104, 72), self.devicePixelRatioF())
            icon = QIcon(picture)
            icon.addPixmap(picture, QIcon.Mode.Selected)
            item.setIcon(icon)
            item.setToolTip(f"<b>{kind.title}</b><br>{kind.teaches}")
            item.setData(Qt.ItemDataRole.UserRole, kind)
            item.setTextAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
            self._list.addItem(item)
        self.resize(124 * 5 + 36, 106 * 4 + 32)

    def popup(self, place: QPoint, current: type[Landscape]) -> None:
        """Open at ``place`` (on the screen) with ``current`` marked."""
        for row in range(self._list.count()):
            if self._list.item(row).data(Qt.ItemDataRole.UserRole) is current:
                self._list.setCurrentRow(row)
        screen = self.screen().availableGeometry()
        self.move(min(place.x(), screen.right() - self.width()), min(place.y(), screen.bottom() - self.height()))
        self.show()
        self._list.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter picks, Esc closes."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
                self._choose(self._list.currentItem())
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.close()
                return True
        return super().eventFilter(watched, event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click outside closes, as with every popup."""
        if not self.rect().contains(event.position().toPoint()):
            self.close()

    def _choose(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.close()
            self.picked.emit(item.data(Qt.ItemDataRole.UserRole))
