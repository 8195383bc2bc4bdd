"""The gallery: every landscape as a picture, in groups, in a popup."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QBrush, QFont, QIcon, QKeyEvent, QMouseEvent, QPixmap
from PySide6.QtWidgets import QFrame, QListView, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from gdsim.core.landscapes import Landscape, ModelLandscape
from gdsim.core.landscapes.formula import Formula
from gdsim.core.spec import kinds_of
from gdsim.ui import style
from gdsim.ui.plots.thumbnail import thumbnail

COLUMNS = 7
CELL = QSize(124, 110)
PICTURE = QSize(104, 72)
HEADING = 28
AT_ONCE = 2
"""Pictures that are drawn between two looks at what else there is to do."""


def groups() -> Iterator[tuple[str, list[type[Landscape]]]]:
    """Headings, and the landscapes below them: textbook functions, models on data, and what the user types."""
    kinds = kinds_of(Landscape)
    yield "Textbook", [kind for kind in kinds if not issubclass(kind, ModelLandscape | Formula)]
    yield "From data", [kind for kind in kinds if issubclass(kind, ModelLandscape)]
    yield "Your formula", [kind for kind in kinds if issubclass(kind, Formula)]


class Gallery(QFrame):
    """All landscapes as pictures.

    Signals:
        picked: The kind of landscape that was chosen.
    """

    picked = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        style.mark(self, "card", True)
        self._list = QListWidget()
        self._list.setViewMode(QListView.ViewMode.IconMode)
        self._list.setIconSize(PICTURE)
        self._list.setMovement(QListView.Movement.Static)
        self._list.setResizeMode(QListView.ResizeMode.Adjust)
        self._list.setWordWrap(True)
        self._list.setFrameShape(QFrame.Shape.NoFrame)
        style.mark(self._list, "quiet", True)
        self._list.setAccessibleName("Landscapes")
        self._list.itemClicked.connect(self._choose)
        self._list.installEventFilter(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 6, 6)
        column.addWidget(self._list)
        self._blank: list[QListWidgetItem] = []
        self._painting = QTimer(self)
        self._painting.setInterval(0)
        self._painting.timeout.connect(self._paint_some)
        height = 24
        for heading, kinds in groups():
            self._add_heading(heading)
            for kind in kinds:
                self._add(kind)
            height += HEADING + -(-len(kinds) // COLUMNS) * CELL.height()
        self.resize(CELL.width() * COLUMNS + 36, height)

    def _add_heading(self, text: str) -> None:
        item = QListWidgetItem(text)
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        item.setFont(style.font(12, QFont.Weight.DemiBold))
        item.setForeground(QBrush(style.color("t2")))
        item.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        item.setSizeHint(QSize(CELL.width() * COLUMNS, HEADING))
        self._list.addItem(item)

    def _add(self, kind: type[Landscape]) -> None:
        item = QListWidgetItem(kind.title)
        empty = QPixmap(PICTURE)
        empty.fill(style.color("bg3"))
        item.setIcon(QIcon(empty))
        item.setToolTip(f"<qt><b>{kind.title}</b><br>{kind.teaches}</qt>")
        item.setData(Qt.ItemDataRole.UserRole, kind)
        item.setTextAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        item.setSizeHint(CELL)
        self._list.addItem(item)
        self._blank.append(item)

    @Slot()
    def _paint_some(self) -> None:
        """Draw a few pictures; the gallery is on the screen meanwhile."""
        for item in self._blank[:AT_ONCE]:
            kind = item.data(Qt.ItemDataRole.UserRole)
            picture = thumbnail(kind(), style.current(), PICTURE, self.devicePixelRatioF())
            icon = QIcon(picture)
            icon.addPixmap(picture, QIcon.Mode.Selected)
            item.setIcon(icon)
        del self._blank[:AT_ONCE]
        if not self._blank:
            self._painting.stop()

    def items(self) -> list[QListWidgetItem]:
        """The landscapes, in the order in which they stand."""
        every = (self._list.item(row) for row in range(self._list.count()))
        return [item for item in every if item.data(Qt.ItemDataRole.UserRole) is not None]

    def popup(self, place: QPoint, current: type[Landscape]) -> None:
        """Open at ``place`` (on the screen) with ``current`` marked."""
        for item in self.items():
            if item.data(Qt.ItemDataRole.UserRole) is current:
                self._list.setCurrentItem(item)
        screen = self.screen().availableGeometry()
        right, bottom = screen.right() - self.width(), screen.bottom() - self.height()
        self.move(max(min(place.x(), right), screen.left()), max(min(place.y(), bottom), screen.top()))
        self.show()
        self._list.setFocus()
        if self._blank:
            self._painting.start()

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
        kind = None if item is None else item.data(Qt.ItemDataRole.UserRole)
        if kind is not None:
            self.close()
            self.picked.emit(kind)
