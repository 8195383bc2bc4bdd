"""The landscape seen from above: ground, trails and marbles, moved and zoomed by the mouse."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QGraphicsSceneHoverEvent,
    QGraphicsSceneMouseEvent,
    QGraphicsSceneResizeEvent,
    QGraphicsSceneWheelEvent,
    QGraphicsView,
)

from gdsim.core.landscapes import Landscape
from gdsim.core.landscapes.base import View
from gdsim.ui.plots.axes import linear_ticks, paint_across, paint_up, paint_up_inside
from gdsim.ui.plots.canvas import Cached
from gdsim.ui.plots.ground import Ground
from gdsim.ui.plots.legend import HeightBar, Legend
from gdsim.ui.plots.marks import MARBLE_SELECTED, START, Marks, marble_places, paint_axis_arrows
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.plot import Frame, Plot
from gdsim.ui.plots.style import PlotStyle
from gdsim.ui.plots.trails import Trails

NEAREST, FARTHEST = 1e-9, 1e6
"""How narrow and how wide the view may become, in home views."""
DIGITS = 1e-11
"""How narrow the view may become against its distance from zero: beyond, floats are seen as stairs."""
REST = 120
"""Milliseconds after the last movement of the view when it is painted in full."""
NOTCH = 1.2
"""Zoom of one notch of the wheel."""


class LandscapePlot(Plot):
    """The loss over two parameters, with the marbles that descend it.

    Signals:
        start_moved: The start is dragged: x, y.
        start_dropped: The start was let go, or the ground was double-clicked: x, y.
        run_clicked: A marble was clicked: the run.
        hovered: (x, y, loss) under the pointer; None when it leaves.
        view_changed: Something else is seen.
    """

    start_moved = Signal(float, float)
    start_dropped = Signal(float, float)
    run_clicked = Signal(int)
    hovered = Signal(object)
    view_changed = Signal()

    def __init__(self, style: PlotStyle) -> None:
        super().__init__(style)
        self._wanted: View | None = None  # None: home
        self._equal = True
        self._coarse = False
        self._landscape: Landscape | None = None
        self._home: View = (-1.0, 1.0, -1.0, 1.0)
        self._drag: _Drag | None = None
        self.ground = Ground()
        self.trails = Trails()
        self.marks = Marks()
        self.legend = Legend()
        self.height_bar = HeightBar()
        self._legend_shown = True
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST)
        self._rest.timeout.connect(self.settle)
        self.layers = [_GroundLayer(self), self.trails, self.marks, _Cards(self)]

    # --- what callers use

    def draw(self, moment: Moment) -> None:
        """Show ``moment``; another landscape is shown from its home view."""
        landscape = moment.experiment.landscape
        if self._landscape is None or (landscape is not self._landscape and landscape != self._landscape):
            same_kind = type(landscape) is type(self._landscape)
            self._landscape = landscape
            self._home = _usable(landscape.home())
            if not same_kind:
                self._wanted = None
        super().draw(moment)

    def home(self) -> None:
        """Back to the whole view."""
        self._wanted = None
        self._coarse = False
        self._changed()

    @property
    def at_home(self) -> bool:
        """Whether the whole view is shown."""
        return self._wanted is None

    def zoom(self, factor: float) -> None:
        """Magnify by ``factor`` about the middle."""
        left, right, bottom, top = self.view
        self._zoom_about((left + right) / 2, (bottom + top) / 2, factor)

    def look_at(self, view: View) -> None:
        """Show ``view`` (and more, where the area has other proportions)."""
        self._wanted = self._limited(view)
        self._changed()

    def show_contours(self, shown: bool) -> None:
        """Draw contour lines or leave them out."""
        self.ground.contours = shown
        self.update()

    def show_legend(self, shown: bool) -> None:
        """Draw the legend of runs or leave it out."""
        self._legend_shown = shown
        self.update()

    def set_equal_aspect(self, equal: bool) -> None:
        """Draw a unit of x as long as a unit of y, or fill the area with the view."""
        self._equal = equal
        self._changed()

    @property
    def view(self) -> View:
        """Left, right, bottom, top."""
        area = self.area()
        wanted = self._wanted or self._home
        return fitted(wanted, area.width() / area.height()) if self._equal else wanted

    @property
    def home_view(self) -> View:
        """What is seen at home."""
        area = self.area()
        return fitted(self._home, area.width() / area.height()) if self._equal else self._home

    def settle(self) -> None:
        """Paint in full from now on: the view has come to rest."""
        if self._coarse:
            self._coarse = False
            self.update()

    # --- painting

    def margins(self) -> tuple[float, float, float, float]:
        """Room for the labels."""
        return 34.0, 9.0, 9.0, 25.0

    def is_coarse(self) -> bool:
        """Whether the view is being moved."""
        return self._coarse

    def paint_behind(self, painter: QPainter, frame: Frame, area: QRectF) -> None:
        """The axes' labels."""
        style = frame.style
        left, right = frame.view[:2]
        across = linear_ticks(left, right, max(2, min(9, int(area.width() / style.px(70)))))
        xs = frame.x_pixels(np.array([tick.value for tick in across]))
        paint_across(painter, style, list(zip(xs.tolist(), (t.label for t in across), strict=True)), area)
        paint_up(painter, style, self.labels_up(frame), area)

    def labels_up(self, frame: Frame) -> list[tuple[float, str]]:
        """The labels of the upright axis with their places."""
        bottom, top = frame.view[2:]
        ticks = linear_ticks(bottom, top, max(2, min(6, int(frame.height / frame.style.px(56)))))
        ys = frame.y_pixels(np.array([tick.value for tick in ticks]))
        return list(zip(ys.tolist(), (tick.label for tick in ticks), strict=True))

    def resizeEvent(self, event: QGraphicsSceneResizeEvent) -> None:
        """Show the same part of the landscape in the new area."""
        super().resizeEvent(event)
        if self._moment is not None and any(view.isVisible() for view in self._views()):
            self._coarse = self._rest.isActive()  # the second of several: the window is being dragged
            self._rest.start()
        self.view_changed.emit()

    def _views(self) -> list[QGraphicsView]:
        scene = self.scene()
        return list(scene.views()) if scene is not None else []

    def _changed(self) -> None:
        self.update()
        self.view_changed.emit()

    def _move(self, view: View) -> None:
        """Show ``view`` while it is being moved by hand."""
        self._wanted = self._limited(view)
        self._coarse = True
        self._rest.start()
        self._changed()

    def _limited(self, view: View) -> View:
        """``view`` within what can be drawn: neither too near nor too far."""
        home_width = max(self._home[1] - self._home[0], self._home[3] - self._home[2])
        x, y = (view[0] + view[1]) / 2, (view[2] + view[3]) / 2
        width, height = view[1] - view[0], view[3] - view[2]
        if not all(math.isfinite(v) for v in (x, y, width, height)) or width <= 0.0 or height <= 0.0:
            return self._wanted or self._home
        reach = FARTHEST * home_width
        x = min(max(x, (self._home[0] + self._home[1]) / 2 - reach), (self._home[0] + self._home[1]) / 2 + reach)
        y = min(max(y, (self._home[2] + self._home[3]) / 2 - reach), (self._home[2] + self._home[3]) / 2 + reach)
        least = max(NEAREST * home_width, DIGITS * max(abs(x), abs(y)))
        grow = max(least / min(width, height), 1.0)
        shrink = min(reach / max(width * grow, height * grow), 1.0)
        half_w, half_h = width * grow * shrink / 2, height * grow * shrink / 2
        return x - half_w, x + half_w, y - half_h, y + half_h

    def _zoom_about(self, x: float, y: float, factor: float) -> None:
        if not (math.isfinite(factor) and factor > 0.0):
            return
        left, right, bottom, top = self.view
        self._move(
            (x - (x - left) / factor, x + (right - x) / factor, y - (y - bottom) / factor, y + (top - y) / factor)
        )

    # --- the mouse

    def _local(self, at: QPointF) -> QPointF:
        return at - self.area().topLeft()

    def _start_at(self, at: QPointF, frame: Frame) -> bool:
        place = self.marks.place(frame)
        return math.hypot(place.x() - at.x(), place.y() - at.y()) <= self._style.px(START + 4.0)

    def _marble_at(self, at: QPointF, frame: Frame) -> int | None:
        best: tuple[float, int] | None = None
        for index, place, _ in marble_places(frame):
            distance = math.hypot(place.x() - at.x(), place.y() - at.y())
            if distance <= self._style.px(MARBLE_SELECTED + 4.0) and (best is None or distance <= best[0]):
                best = (distance, index)
        return None if best is None else best[1]

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """Take hold of the start, of a marble, or of the ground."""
        frame = self.frame()
        if frame is None:
            event.ignore()
            return
        at = self._local(event.pos())
        left = event.button() == Qt.MouseButton.LeftButton
        marble = self._marble_at(at, frame) if left else None
        start = left and self._start_at(at, frame)
        kind = "start" if start else "zoom" if event.button() == Qt.MouseButton.RightButton else "pan"
        self._drag = _Drag(kind, at, at, self.view, marble)
        if kind == "pan" and marble is None:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        event.accept()

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """Move what is held."""
        drag, frame = self._drag, self.frame()
        if drag is None or frame is None:
            return
        at = self._local(event.pos())
        if not drag.moving and (at - drag.pressed).manhattanLength() < 4.0:
            return
        drag.moving = True
        if drag.kind == "start":
            x, y = frame.data(at)
            self.marks.start = (x, y)
            self.start_moved.emit(x, y)
            self.update()
        elif drag.kind == "zoom":
            x, y = frame.data(drag.pressed)
            self._zoom_about(x, y, 1.01 ** (drag.last.y() - at.y()))
        else:
            self._pan(drag, at)
        drag.last = at

    def _pan(self, drag: _Drag, at: QPointF) -> None:
        left, right, bottom, top = drag.view
        area = self.area()
        dx = (at.x() - drag.pressed.x()) / area.width() * (right - left)
        dy = (at.y() - drag.pressed.y()) / area.height() * (top - bottom)
        self._move((left - dx, right - dx, bottom + dy, top + dy))

    def mouseReleaseEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """Let go; a press without movement is a click."""
        drag, self._drag = self._drag, None
        self.unsetCursor()
        if drag is None:
            return
        if drag.kind == "start" and drag.moving and self.marks.start is not None:
            x, y = self.marks.start
            self.marks.start = None
            self.start_dropped.emit(x, y)
            self.update()
        elif not drag.moving and drag.marble is not None:
            self.run_clicked.emit(drag.marble)

    def mouseDoubleClickEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """Put the start where the ground was double-clicked."""
        frame = self.frame()
        at = self._local(event.pos())
        if frame is not None and event.button() == Qt.MouseButton.LeftButton and frame.area.contains(at):
            self.start_dropped.emit(*frame.data(at))
        event.accept()

    def wheelEvent(self, event: QGraphicsSceneWheelEvent) -> None:
        """Zoom about the pointer."""
        frame = self.frame()
        if frame is not None:
            x, y = frame.data(self._local(event.pos()))
            self._zoom_about(x, y, NOTCH ** (event.delta() / 120.0))
        event.accept()

    def hoverMoveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        """Tell what is under the pointer."""
        frame = self.frame()
        if frame is None:
            return
        at = self._local(event.pos())
        over_start = self._start_at(at, frame)
        if over_start:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        elif self._marble_at(at, frame) is not None:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        else:
            self.unsetCursor()
        if over_start != self.marks.lit:
            self.marks.lit = over_start
            self.update()
        if not frame.area.contains(at):
            self.hovered.emit(None)
            return
        x, y = frame.data(at)
        point = np.zeros((1, frame.moment.experiment.landscape.dim))
        point[0, :2] = x, y
        self.hovered.emit((x, y, float(frame.moment.experiment.landscape.loss(point)[0])))

    def hoverLeaveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        """Nothing is under the pointer any more."""
        if self.marks.lit:
            self.marks.lit = False
            self.update()
        self.hovered.emit(None)

    def sceneEvent(self, event: QEvent) -> bool:
        """A grab that is taken away lets go of what was held."""
        if event.type() == QEvent.Type.UngrabMouse and self._drag is not None:
            self._drag = None
            self.marks.start = None
            self.unsetCursor()
        return super().sceneEvent(event)


class _Drag:
    """What the mouse holds, from where, and what was seen then."""

    def __init__(self, kind: str, pressed: QPointF, last: QPointF, view: View, marble: int | None) -> None:
        self.kind, self.pressed, self.last, self.view, self.marble = kind, pressed, last, view, marble
        self.moving = False


class _GroundLayer:
    def __init__(self, plot: LandscapePlot) -> None:
        self._plot = plot

    def paint(self, painter: QPainter, frame: Frame) -> None:
        ground = self._plot.ground
        ground.draw(painter, frame, ground.heights(frame, self._plot.home_view))


class _Cards:
    def __init__(self, plot: LandscapePlot) -> None:
        self._plot = plot
        self._arrows = Cached()
        self._bar = Cached()

    def paint(self, painter: QPainter, frame: Frame) -> None:
        plot, style = self._plot, frame.style
        taken = []
        if frame.width > style.px(200) and frame.height > style.px(130):
            names = frame.moment.experiment.landscape.axes
            corner = QRectF(0.0, frame.height - style.px(76), style.px(84), style.px(76))
            self._arrows.draw(painter, corner, (style, names), lambda p: paint_axis_arrows(p, frame, names))
            taken.append(corner)
        bar = plot.height_bar.rect(frame)
        heights = plot.ground.heights(frame, plot.home_view)
        if not bar.isEmpty() and not heights.flat:
            self._bar.draw(painter, bar, (style, heights), lambda p: plot.height_bar.paint(p, frame, heights))
            taken.append(bar)
        if plot._legend_shown:
            plot.legend.paint(painter, frame, taken)
            taken.append(plot.legend.rect)
        paint_up_inside(painter, style, plot.labels_up(frame), plot.area(), taken)
        plot.marks.paint_away(painter, frame)


def fitted(view: View, proportion: float) -> View:
    """``view`` grown on its shorter side until its width is ``proportion`` times its height."""
    left, right, bottom, top = view
    width, height = right - left, top - bottom
    if width < height * proportion:
        extra = (height * proportion - width) / 2
        return left - extra, right + extra, bottom, top
    extra = (width / proportion - height) / 2
    return left, right, bottom - extra, top + extra


def _usable(view: View) -> View:
    """``view`` where it can be drawn, else a plain one."""
    left, right, bottom, top = view
    good = all(math.isfinite(v) for v in view) and right > left and top > bottom
    return view if good else (-1.0, 1.0, -1.0, 1.0)
