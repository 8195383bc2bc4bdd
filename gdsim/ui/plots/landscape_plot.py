"""The landscape seen from above: ground, trails and marbles, moved and zoomed by the mouse."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QGraphicsSceneHoverEvent,
    QGraphicsSceneMouseEvent,
    QGraphicsSceneResizeEvent,
    QGraphicsSceneWheelEvent,
)

from gdsim.core.landscapes import View
from gdsim.core.section import Section
from gdsim.ui.plots.arrows import Arrows
from gdsim.ui.plots.axes import linear_ticks, paint_across, paint_up, paint_up_inside
from gdsim.ui.plots.canvas import Cached
from gdsim.ui.plots.cloud import Cloud
from gdsim.ui.plots.ellipse import Ellipse
from gdsim.ui.plots.fan import Fan
from gdsim.ui.plots.ground import Ground
from gdsim.ui.plots.legend import HeightBar, Legend, paint_card
from gdsim.ui.plots.marble_plot import MarblePlot
from gdsim.ui.plots.marks import (
    MARBLE_SELECTED,
    START,
    Marks,
    axis_arrows_rect,
    marble_places,
    paint_axis_arrows,
)
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.plane_card import PlaneCard
from gdsim.ui.plots.plot import Frame
from gdsim.ui.plots.style import PlotStyle
from gdsim.ui.plots.survey import cost
from gdsim.ui.plots.trails import Trails
from gdsim.ui.plots.views import carried, fitted, grows, holds, home_of, is_moved, kind_of
from gdsim.ui.plots.words import Words

NEAREST, FARTHEST = 1e-9, 1e6
"""How narrow and how wide the view may become, in home views."""
DIGITS = 1e-11
"""How narrow the view may become against its distance from zero: beyond, floats are seen as stairs."""
REST = 60
"""Milliseconds after the last movement of the view when it is painted in full."""
BREATH = 2
"""Milliseconds between two slices of work at a costly ground, in which everything else has its turn."""
NOTCH = 1.2
"""Zoom of one notch of the wheel."""


class LandscapePlot(MarblePlot):
    """The loss over two parameters, or over a plane through more of them, with the marbles that descend it.

    Args:
        style: Theme and scale.
        at_once: Paint everything in full at once, whatever it takes: for figures.

    Signals:
        view_changed: Something else is seen.
    """

    view_changed = Signal()

    marks: Marks

    def __init__(self, style: PlotStyle, *, at_once: bool = False) -> None:
        super().__init__(style)
        self._wanted: View | None = None  # None: home
        self._coarse = False
        self._section: Section | None = None
        self._kind: tuple[object, ...] = ()
        self._cursor = 0
        self._home: View = (-1.0, 1.0, -1.0, 1.0)
        self._drag: _Drag | None = None
        self.ground = Ground(at_once=at_once)
        self.trails = Trails(at_once=at_once)
        self.fan = Fan()
        self.ellipse = Ellipse()
        self.arrows = Arrows()
        self.marks = Marks()
        self.legend = Legend()
        self.plane_card = PlaneCard()
        self.height_bar = HeightBar()
        self._legend_shown = True
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST)
        self._rest.timeout.connect(self.settle)
        self._refining = QTimer(self)
        self._refining.setSingleShot(True)
        self._refining.setInterval(BREATH)
        self._refining.timeout.connect(self._refine)
        self.words = Words(self.arrows, self.ellipse, self.marks, told=not at_once)
        self.layers = [
            _GroundLayer(self), self.trails, Cloud(), *self._costly, self.marks, self.words, _Cards(self)
        ]  # fmt: skip

    # --- what callers use

    def draw(self, moment: Moment) -> None:
        """Show ``moment``; another kind of landscape or plane is shown from its home view."""
        if self._drag is not None and self._drag.section is not None:
            moment = replace(moment, pinned=self._drag.section)
        section = moment.section
        if section is not self._section:
            self._aim(moment)
        if (section is not self._section or moment.cursor != self._cursor) and not self.ground.at_once:
            self._hurry(section)
        self._section, self._cursor = section, moment.cursor
        super().draw(moment)

    def _aim(self, moment: Moment) -> None:
        """Take on the home of another section; what the user looks at stays, as far as that has a meaning."""
        section, old = moment.section, self._section
        kind, home = kind_of(moment), home_of(section)
        if kind != self._kind or old is None:
            self._wanted = None
        elif grows(moment) and holds(self._home, home):
            home = self._home  # of a run that is computed again: nothing jumps
        elif self._wanted is not None and home != self._home and is_moved(old, section):
            self._wanted = carried(self._wanted, self._home, home)
        self._kind, self._home = kind, home

    def _hurry(self, section: Section) -> None:
        """Something moves: what is costly is done in full when it has come to rest."""
        if cost(section) or any(layer.shown for layer in self._costly):
            self.ground.hurried = True
            for layer in self._costly:
                layer.hurried = True
            self._rest.start()

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

    @property
    def view(self) -> View:
        """Left, right, bottom, top."""
        area = self.area()
        wanted = self._wanted or self._home
        return fitted(wanted, area.width() / area.height())

    @property
    def home_view(self) -> View:
        """What is seen at home."""
        area = self.area()
        return fitted(self._home, area.width() / area.height())

    def settle(self) -> None:
        """Paint in full from now on: all has come to rest."""
        if self._coarse or self.ground.hurried or any(layer.hurried for layer in self._costly):
            self._coarse = self.ground.hurried = False
            for layer in self._costly:
                layer.hurried = False
            self.update()

    @property
    def refining(self) -> bool:
        """Whether the picture is still going to get better by itself."""
        return self._coarse or self._rest.isActive() or self._refining.isActive()

    def refine_later(self) -> None:
        """Work on at a costly ground in the breaks between other things, until it is as good as it gets."""
        if not self._refining.isActive():
            self._refining.start()

    @Slot()
    def _refine(self) -> None:
        survey, frame = self.ground.survey, self.frame()
        try:
            better = not survey.finished and survey.refine()
            better = (frame is not None and self.trails.refine(frame)) or better
        except Exception:
            self._report("refining")
            return
        if better:
            self.update()
        if not survey.finished or self.trails.refining:
            self._refining.start()

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
        if start and frame.moment.section.cuts:
            self._drag.section, self._drag.origin = frame.moment.section, frame.moment.experiment.origin
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
        drag = self._drag
        self.unsetCursor()
        if drag is None:
            return
        if drag.kind == "start" and drag.moving and self.marks.start is not None:
            x, y = self.marks.start
            self.start_dropped.emit(x, y)  # still along the plane that was dragged on
        self._let_go()
        if drag.kind == "start" and drag.moving:
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
        self._show_grip(start=self._start_at(at, frame), marble=self._marble_at(at, frame) is not None)
        if not frame.area.contains(at):
            self.hovered.emit(None)
            return
        x, y = frame.data(at)
        self.hovered.emit((x, y, frame.moment.section.loss_at(x, y)))


class _Drag:
    """What the mouse holds, from where, and what was seen then.

    While the start of a run is dragged over a plane, the plane stands still: it would follow the run.
    """

    def __init__(self, kind: str, pressed: QPointF, last: QPointF, view: View, marble: int | None) -> None:
        self.kind, self.pressed, self.last, self.view, self.marble = kind, pressed, last, view, marble
        self.moving = False
        self.section: Section | None = None
        self.origin: tuple[float, ...] = ()


class _GroundLayer:
    def __init__(self, plot: LandscapePlot) -> None:
        self._plot = plot

    def paint(self, painter: QPainter, frame: Frame) -> None:
        plot, ground = self._plot, self._plot.ground
        ground.draw(painter, frame, ground.heights(frame, plot.home_view))
        plot.marks.held_back = ground.lowest(frame)
        if not ground.at_once and not ground.hurried and not ground.survey.finished:
            plot.refine_later()


class _Cards:
    def __init__(self, plot: LandscapePlot) -> None:
        self._plot = plot
        self._arrows = Cached()
        self._bar = Cached()

    def paint(self, painter: QPainter, frame: Frame) -> None:
        plot, style = self._plot, frame.style
        if plot.trails.refining and not frame.coarse:
            plot.refine_later()
        taken = list(plot.reserved)
        if frame.width > style.px(200) and frame.height > style.px(130):
            names = frame.moment.section.names
            corner = axis_arrows_rect(frame, names)
            self._arrows.draw(painter, corner, (style, names), lambda p: paint_axis_arrows(p, frame, names))
            taken.append(corner)
        heights = plot.ground.heights(frame, plot.home_view)
        bar = plot.height_bar.rect(frame, heights)
        if not bar.isEmpty() and not heights.flat:
            self._bar.draw(painter, bar, (style, heights), lambda p: plot.height_bar.paint(p, frame, heights))
            taken.append(bar)
        plot.plane_card.paint(painter, frame, plot.marks.held_back, bar)
        if not plot.plane_card.rect.isEmpty():
            taken.append(plot.plane_card.rect)
        if plot._legend_shown:
            plot.legend.paint(painter, frame, taken)
            taken.append(plot.legend.rect)
        plot.words.cards = taken
        _paint_note(painter, frame, plot.ground.oddity)
        paint_up_inside(painter, style, plot.labels_up(frame), plot.area(), taken)
        plot.marks.paint_away(painter, frame)


def _paint_note(painter: QPainter, frame: Frame, text: str) -> None:
    """What is to be known of the surface, at the foot in the middle."""
    style, font = frame.style, frame.style.font(12)
    width, height = style.advance(text, font) + style.px(18), style.px(24)
    if not text or width > 0.6 * frame.width or frame.height < style.px(130):
        return
    card = QRectF((frame.width - width) / 2.0, frame.height - height - style.px(8), width, height)
    paint_card(painter, card, style)
    painter.setFont(font)
    painter.setPen(style.color("t2"))
    painter.drawText(card, Qt.AlignmentFlag.AlignCenter, text)
