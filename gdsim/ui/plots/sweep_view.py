"""The map of a sweep in the window: its picture, the cell under the pointer, and that cell's little trajectory."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from gdsim.core.landscapes import Floats, Landscape, PlaneLandscape
from gdsim.ui import style
from gdsim.ui.plots.geometry import tamed
from gdsim.ui.plots.thumbnail import thumbnail
from gdsim.ui.style import color

LEAST = 7.0
"""The frame around a cell is at least so large, in pixels."""
KEYS = {Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (1, 0), Qt.Key.Key_Down: (-1, 0)}


class SweepView(QWidget):
    """Shows a painted map; cells are looked at with the pointer or the arrow keys, chosen with a click or Enter.

    Signals:
        looked: Another cell is looked at, as (row, column), or None.
        chosen: A cell was chosen: row and column.
        resized: The picture no longer fits.
    """

    looked = Signal(object)
    chosen = Signal(int, int)
    resized = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(360, 300)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("map of the sweep")
        self.shape = (0, 0)
        self.cell: tuple[int, int] | None = None
        self.words = ""
        self._image: QImage | None = None
        self._map = QRectF()
        self._here: QPointF | None = None

    def show_picture(self, image: QImage | None, cells: QRectF, here: QPointF | None, shape: tuple[int, int]) -> None:
        """Show another picture; places are in pixels of the image, ``shape`` is rows and columns."""
        ratio = image.devicePixelRatio() if image is not None else 1.0
        self._image, self.shape = image, shape
        self._map = QRectF(cells.topLeft() / ratio, cells.size() / ratio)
        self._here = None if here is None else here / ratio
        if image is None or (self.cell is not None and not (self.cell[0] < shape[0] and self.cell[1] < shape[1])):
            self._look(None)
        self.update()

    @property
    def painted(self) -> bool:
        """Whether there is a picture."""
        return self._image is not None

    @property
    def here(self) -> QPointF | None:
        """Where the present run is marked."""
        return self._here

    def cell_at(self, place: QPointF) -> tuple[int, int] | None:
        """The row and column of the cell at a place of the widget."""
        if self._image is None or not self._map.contains(place):
            return None
        rows, columns = self.shape
        row = int((self._map.bottom() - place.y()) / self._map.height() * rows)
        column = int((place.x() - self._map.left()) / self._map.width() * columns)
        return min(row, rows - 1), min(column, columns - 1)

    def rect_of(self, row: int, column: int) -> QRectF:
        """Where a cell lies in the widget."""
        rows, columns = self.shape
        w, h = self._map.width() / columns, self._map.height() / rows
        return QRectF(self._map.left() + column * w, self._map.bottom() - (row + 1) * h, w, h)

    def sizeHint(self) -> QSize:
        """Room for a map and its legend."""
        return QSize(680, 560)

    # Events

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Look at the cell under the pointer."""
        cell = self.cell_at(event.position())
        self.setCursor(Qt.CursorShape.ArrowCursor if cell is None else Qt.CursorShape.PointingHandCursor)
        self._look(cell)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose it."""
        cell = self.cell_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and cell is not None:
            self._look(cell)
            self.chosen.emit(*cell)

    def leaveEvent(self, event: QEvent) -> None:
        """Look at none."""
        self._look(None)
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move from cell to cell, Enter chooses."""
        key = event.key()
        rows, columns = self.shape
        if key in KEYS and self._image is not None:
            row, column = self.cell if self.cell is not None else (rows // 2, columns // 2)
            down, across = KEYS[Qt.Key(key)]
            self._look((min(max(row + down, 0), rows - 1), min(max(column + across, 0), columns - 1)))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.cell is not None:
            self.chosen.emit(*self.cell)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask for another picture."""
        super().resizeEvent(event)
        self.resized.emit()

    def _look(self, cell: tuple[int, int] | None) -> None:
        if cell != self.cell:
            self.cell = cell
            self.looked.emit(cell)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture, the present run, the cell that is looked at."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), color("bg1"))
        if self._image is None:
            painter.setPen(color("t2"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.words)
        else:
            painter.drawImage(QPointF(0.0, 0.0), self._image)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self._here is not None:
                for ink, wide in ((QColor(0, 0, 0, 220), 5.0), (QColor("#FFFFFF"), 2.2)):
                    painter.setPen(QPen(ink, wide))
                    painter.drawEllipse(self._here, 7.0, 7.0)
            if self.cell is not None:
                self._frame(painter, self.rect_of(*self.cell))
        if self.hasFocus():
            painter.setPen(QPen(color("accent"), 1.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def _frame(self, painter: QPainter, cell: QRectF) -> None:
        more_x, more_y = max(0.0, LEAST - cell.width()) / 2, max(0.0, LEAST - cell.height()) / 2
        cell = cell.adjusted(-more_x, -more_y, more_x, more_y)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for ink, wide in ((QColor(0, 0, 0, 220), 4.0), (QColor("#FFFFFF"), 1.6)):
            painter.setPen(QPen(ink, wide))
            painter.drawRect(cell)


class TrailCard(QWidget):
    """A little trajectory: on the ground where it has two parameters, else its loss step by step."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumHeight(64)
        self.setMaximumHeight(156)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("trajectory of the cell")
        self.landscape: Landscape | None = None
        self.trail: tuple[Floats, Floats] | None = None
        self._ground: tuple[object, QPixmap] | None = None

    def show_trail(self, landscape: Landscape | None, trail: tuple[Floats, Floats] | None) -> None:
        """Show parameters (n, dim) and losses (n,) on a landscape; None for nothing."""
        self.landscape, self.trail = landscape, trail
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Ground and trail, or the curve of the loss."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        plane = isinstance(self.landscape, PlaneLandscape)
        if plane:
            painter.drawPixmap(0, 0, self._background())
        else:
            painter.fillRect(self.rect(), color("bg2"))
        if self.trail is not None and len(self.trail[1]):
            points = self._on_ground(self.trail[0]) if plane else self._curve(self.trail[1])
            self._draw(painter, points, ends=plane)
        painter.end()

    def _background(self) -> QPixmap:
        assert self.landscape is not None
        key = (self.landscape, style.current(), self.size(), self.devicePixelRatioF())
        if self._ground is None or self._ground[0] != key:
            self._ground = (key, thumbnail(self.landscape, key[1], key[2], key[3]))
        return self._ground[1]

    def _on_ground(self, theta: Floats) -> Floats:
        """Pixels of a trail, on the part of the ground that ``thumbnail`` shows."""
        assert self.landscape is not None
        left, right, bottom, top = self.landscape.home()
        size = min((right - left) / self.width(), (top - bottom) / self.height())
        x, y = (left + right) / 2, (bottom + top) / 2
        return np.stack(
            [self.width() / 2 + (theta[:, 0] - x) / size, self.height() / 2 - (theta[:, 1] - y) / size], axis=1
        )

    def _curve(self, loss: Floats) -> Floats:
        """Pixels of a curve of losses; by their logarithms where all are positive."""
        with np.errstate(all="ignore"):
            height = np.log10(loss) if (loss > 0.0).all() else loss
        known = height[np.isfinite(height)]
        low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
        across = np.linspace(8.0, self.width() - 8.0, len(loss))
        return np.stack([across, self.height() - 8.0 - (height - low) / (high - low or 1.0) * (self.height() - 16)], 1)

    def _draw(self, painter: QPainter, points: Floats, *, ends: bool) -> None:
        x, y = tamed(points[:, 0], points[:, 1])
        good = np.isfinite(x) & np.isfinite(y)
        places = [QPointF(a, b) for a, b in zip(x[good].tolist(), y[good].tolist(), strict=True)]
        if not places:
            return
        line = QPolygonF(places)
        painter.setClipRect(self.rect())
        pens = ((QColor(0, 0, 0, 190), 4.0), (QColor("#FFFFFF"), 1.8)) if ends else ((color("accent"), 2.0),)
        for ink, wide in pens:
            painter.setPen(QPen(ink, wide, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
            painter.drawPolyline(line)
        if ends:
            painter.setPen(QPen(QColor("#000000"), 1.5))
            painter.setBrush(QColor("#FFFFFF"))
            painter.drawEllipse(places[-1], 4.0, 4.0)
