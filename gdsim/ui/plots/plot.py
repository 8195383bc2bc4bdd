"""What all plots share: an area with a view of the data, layers painted over each other, and labels around it.

A plot is one graphics item with one ``paint``. It depends on nothing but its style, the moment it is handed and
its view, so that the same plot stands in the window and in a recorded figure of any size. Pixels are computed
here, in float64, rather than by the painter's transform: views may be a billionth of their home wide.
"""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsItem, QGraphicsWidget, QStyleOptionGraphicsItem, QWidget

from gdsim.core.landscapes import Floats
from gdsim.core.landscapes.base import View
from gdsim.core.trajectory import RunTrajectory
from gdsim.ui.plots.canvas import Cached
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.style import PlotStyle

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Frame:
    """What is painted: a moment in a style, through a view, into an area that begins at (0, 0).

    Attributes:
        area: The plot's area in its own coordinates: (0, 0, width, height).
        view: Left, right, bottom, top of what is seen.
        coarse: Whether the view is being moved, so that speed counts more than beauty.
    """

    area: QRectF
    view: View
    style: PlotStyle
    moment: Moment
    coarse: bool = False

    @property
    def raised(self) -> bool:
        """Whether lines have a body that light falls on."""
        return False

    @property
    def straight(self) -> bool:
        """Whether a line runs straight from point to point: ``line`` says the same as ``pixels``."""
        return True

    @property
    def most_points(self) -> int:
        """How many points of a trail are looked at in one frame; of more, every so-manyeth."""
        return sys.maxsize

    @property
    def key(self) -> object:
        """What decides where a place of the data is seen: what is painted stays good as long as this is the same."""
        return self.view

    @property
    def around(self) -> list[Frame]:
        """The frames in which the legend stands where it stands in this one."""
        return [self]

    @cached_property
    def runs(self) -> list[tuple[int, RunTrajectory]]:
        """The runs that are drawn, the selected one last."""
        return self.moment.visible()

    @cached_property
    def width(self) -> float:
        """Pixels across."""
        return self.area.width()

    @cached_property
    def height(self) -> float:
        """Pixels down."""
        return self.area.height()

    def x_pixels(self, x: Floats) -> Floats:
        """Data to pixels, across."""
        left, right = self.view[:2]
        with np.errstate(all="ignore"):
            return np.asarray((x - left) * (self.width / (right - left)), dtype=np.float64)

    def y_pixels(self, y: Floats) -> Floats:
        """Data to pixels, down."""
        bottom, top = self.view[2:]
        with np.errstate(all="ignore"):
            return np.asarray((top - y) * (self.height / (top - bottom)), dtype=np.float64)

    def place(self, x: float, y: float) -> QPointF:
        """One point of the data in pixels; it may be non-finite."""
        left, right, bottom, top = self.view
        return QPointF((x - left) * self.width / (right - left), (top - y) * self.height / (top - bottom))

    def pixels(self, points: Floats) -> tuple[Floats, Floats]:
        """Points of the data, shape (n, 2), in pixels across and down."""
        return self.x_pixels(points[:, 0]), self.y_pixels(points[:, 1])

    def line(self, points: Floats) -> tuple[Floats, Floats]:
        """The line from point to point, in pixels: here it is straight between them."""
        return self.pixels(points)

    def ways(self, vectors: Floats) -> Floats:
        """Vectors in the units of the data, shape (n, 2), in pixels."""
        left, right, bottom, top = self.view
        with np.errstate(all="ignore"):
            return np.asarray(vectors * (self.width / (right - left), -self.height / (top - bottom)))

    def data(self, at: QPointF) -> tuple[float, float]:
        """A pixel of the area in the data's coordinates."""
        left, right, bottom, top = self.view
        return left + at.x() / self.width * (right - left), top - at.y() / self.height * (top - bottom)


class Layer(Protocol):
    """Something painted on a plot's area."""

    def paint(self, painter: QPainter, frame: Frame) -> None:
        """Paint it; (0, 0) is the area's corner."""


class Plot(QGraphicsWidget):
    """A plot: ``layers`` over each other on its area, and what stands around it.

    Args:
        style: Theme and scale.
    """

    def __init__(self, style: PlotStyle) -> None:
        super().__init__()
        self._style = style
        self._moment: Moment | None = None
        self._failed: set[str] = set()
        self._behind = Cached()
        self.layers: list[Layer] = []
        self.filled = True
        self.setAcceptHoverEvents(True)
        self.setAcceptedMouseButtons(
            Qt.MouseButton.LeftButton | Qt.MouseButton.MiddleButton | Qt.MouseButton.RightButton
        )
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption, False)

    # --- what callers use

    @property
    def plot_style(self) -> PlotStyle:
        """Theme and scale."""
        return self._style

    @property
    def moment(self) -> Moment | None:
        """What is shown."""
        return self._moment

    @property
    def view(self) -> View:
        """Left, right, bottom, top of what is seen, in the units of the axes."""
        raise NotImplementedError  # abstract

    def draw(self, moment: Moment) -> None:
        """Show ``moment``. Cheap: what has been painted before is kept."""
        self._moment = moment
        self.update()

    def update(self, *_: Any) -> None:
        """Have it painted anew, all of it: together with the widgets around it, where a scene takes a round of its own.

        The views of a window repaint at no word of their scenes, see ``Pane``.
        """
        scene = self.scene()
        for view in () if scene is None else scene.views():
            view.viewport().update()

    def set_style(self, style: PlotStyle) -> None:
        """Paint in another theme or at another scale from now on."""
        if style != self._style:
            self._style = style
            self.update()

    # --- what plots say

    def margins(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of the area, for scale 1."""
        return 44.0, 9.0, 9.0, 26.0

    def is_coarse(self) -> bool:
        """Whether the view is being moved."""
        return False

    def behind_state(self) -> object:
        """What else ``paint_behind`` depends on."""
        return None

    def paint_behind(self, painter: QPainter, frame: Frame, area: QRectF) -> None:
        """Paint what follows from view and style alone: axes; ``painter`` is in the coordinates of the whole plot."""

    def paint_around(self, painter: QPainter, frame: Frame, area: QRectF) -> None:
        """Paint what else stands around the area: titles."""

    # --- machinery

    def area(self) -> QRectF:
        """Where the data is drawn, in the plot's coordinates."""
        left, top, right, bottom = (self._style.px(m) for m in self.margins())
        rect = QRectF(0.0, 0.0, self.size().width(), self.size().height())
        return QRectF(left, top, max(rect.width() - left - right, 2.0), max(rect.height() - top - bottom, 2.0))

    def frame(self) -> Frame | None:
        """What would be painted now."""
        if self._moment is None:
            return None
        area = self.area()
        inside = QRectF(0.0, 0.0, area.width(), area.height())
        return Frame(inside, self.view, self._style, self._moment, self.is_coarse())

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Paint everything. Nothing may escape from here: an exception inside paint can bring Qt down."""
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        try:
            frame = self.frame()
        except Exception:
            self._report("frame")
            frame = None
        whole = QRectF(0.0, 0.0, self.size().width(), self.size().height())
        if frame is None:
            painter.fillRect(whole, self._style.color("bg1"))
            return
        area = self.area()
        self._guarded("ground", lambda: self._paint_behind(painter, frame, area, whole), painter)
        self._guarded("around", lambda: self.paint_around(painter, frame, area), painter)
        for layer in self.layers:
            painter.save()
            painter.setClipRect(area)
            painter.translate(area.topLeft())
            self._guarded(type(layer).__name__, lambda layer=layer: layer.paint(painter, frame), painter)
            painter.restore()

    def _paint_behind(self, painter: QPainter, frame: Frame, area: QRectF, whole: QRectF) -> None:
        """Copy what stands still; it is painted anew when the view has changed, and while it does that."""
        if frame.coarse and self.filled:
            painter.fillRect(whole, frame.style.color("bg1"))
        if frame.coarse or not self.filled:
            self.paint_behind(painter, frame, area)
            return
        key = (frame.view, frame.style, self.behind_state())
        self._behind.draw(
            painter, whole, key, lambda canvas: self.paint_behind(canvas, frame, area), frame.style.color("bg1")
        )

    def _guarded(self, name: str, paint: _Paint, painter: QPainter) -> None:
        painter.save()
        try:
            paint()
        except Exception:
            self._report(name)
        finally:
            painter.restore()

    def _report(self, name: str) -> None:
        if name not in self._failed:
            self._failed.add(name)
            _log.exception("%s: painting %s failed", type(self).__name__, name)


class _Paint(Protocol):
    def __call__(self) -> None: ...
