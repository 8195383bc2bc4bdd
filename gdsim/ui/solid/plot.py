"""The landscape in three dimensions: a surface with the marbles that roll over it, turned and moved by the mouse.

The picture of the surface is kept as long as the camera stands still, so a frame in which marbles roll costs what it
costs in the plot seen from above. While the camera moves edges are not smoothed; they are when it rests.
"""

from __future__ import annotations

import dataclasses
import math
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import msgspec
from PySide6.QtCore import QPointF, QRectF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import (
    QGraphicsSceneHoverEvent,
    QGraphicsSceneMouseEvent,
    QGraphicsSceneResizeEvent,
    QGraphicsSceneWheelEvent,
)

from gdsim.core.camera import Camera, Height, wrapped
from gdsim.core.landscapes import View
from gdsim.core.section import Section
from gdsim.relief.projection import Projection
from gdsim.relief.raycast import Shot, shoot
from gdsim.ui.plots.arrows import Arrows
from gdsim.ui.plots.canvas import Device, Sheet
from gdsim.ui.plots.cloud import Cloud
from gdsim.ui.plots.ellipse import Ellipse
from gdsim.ui.plots.fan import Fan
from gdsim.ui.plots.landscape_plot import LandscapePlot
from gdsim.ui.plots.legend import Legend
from gdsim.ui.plots.lowest import Place, lowest, lowest_sampled
from gdsim.ui.plots.marble_plot import MarblePlot
from gdsim.ui.plots.marks import MARBLE_SELECTED, START
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.plane_card import LEAST_HEIGHT, LEAST_WIDTH, PlaneCard
from gdsim.ui.plots.plot import Frame
from gdsim.ui.plots.style import PlotStyle
from gdsim.ui.plots.survey import cost
from gdsim.ui.plots.trails import Trails
from gdsim.ui.plots.views import usable
from gdsim.ui.plots.words import Words
from gdsim.ui.solid.block import BlockPainter, paint_note
from gdsim.ui.solid.frame import Sight, SolidFrame
from gdsim.ui.solid.hidden import HiddenTrails
from gdsim.ui.solid.maker import TerrainMaker
from gdsim.ui.solid.marks import SolidMarks, balls
from gdsim.ui.solid.palette import surface_palette

REST = 140
"""Milliseconds after the last movement of the camera when edges are smoothed."""
POLL = 15
"""Milliseconds between two looks at whether a surface is ready."""
ROOM = (56.0, 14.0, 30.0)
"""Pixels for numbers and names: at the sides, above, below."""
DEGREES = 0.35
"""Degrees that the camera turns when the mouse moves by a pixel."""
CARD = 52.0
"""More pixels below, where a card stands there."""
NOTCH = 1.15
MANY_PIXELS = 1700.0
"""Pixels across the plot, times the zoom, from which on a larger texture can be told from a smaller."""
TICK = 33
"""Milliseconds between two pictures of a table that turns."""
PAPER = 2.0
"""Pixels of the surface's image a pixel of the plot, on a device that has none."""


class SolidPlot(MarblePlot):
    """The loss as a surface.

    Args:
        style: Theme and scale.
        at_once: Make and paint everything in full at once: for figures.

    Signals:
        camera_changed: It is seen from elsewhere.
    """

    camera_changed = Signal()

    marks: SolidMarks

    def __init__(self, style: PlotStyle, *, at_once: bool = False) -> None:
        super().__init__(style)
        self._camera = Camera()
        self._home = Camera()
        self._turn = 0.0
        self._coarse = False
        self._at_once = at_once
        self._drag: _Drag | None = None
        self._legend_shown = True
        self.written: list[QRectF] = []  # where numbers and names stand
        self.contours = True
        self.maker = TerrainMaker(at_once=at_once)
        self.sight = Sight()
        self.trails = Trails(at_once=True)  # they are bounded by ``most_points``
        self.fan = Fan()
        self.ellipse = Ellipse()
        self.arrows = Arrows()
        self.marks = SolidMarks()
        self.legend = Legend()
        self.plane_card = PlaneCard(lined=False)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST)
        self._rest.timeout.connect(self.settle)
        self._turning = QTimer(self)
        self._turning.setInterval(TICK)
        self._turning.timeout.connect(self._turn_on)
        self._making = QTimer(self)
        self._making.setInterval(POLL)
        self._making.timeout.connect(self._take_made)
        self.words = Words(self.arrows, self.ellipse, self.marks, told=not at_once)
        self.layers = [
            _Surface(self), HiddenTrails(), self.trails, Cloud(), *self._costly, self.marks, self.words, _Cards(self)
        ]  # fmt: skip

    # --- what callers use

    def draw(self, moment: Moment) -> None:
        """Show ``moment``."""
        if self._drag is not None and self._drag.section is not None:
            moment = dataclasses.replace(moment, pinned=self._drag.section)
        if any(layer.shown for layer in self._costly) and not self._at_once and self._moment is not None:
            for layer in self._costly:
                layer.hurried = moment.cursor != self._moment.cursor or layer.hurried
            self._rest.start()
        if not self._at_once and self._moment is not None and moment.section is not self._moment.section:
            self.hurry()  # it may be another in the next frame, too
        super().draw(moment)
        self._have_made()

    @property
    def _is_sharp(self) -> bool:
        """Whether the surface is seen on many pixels."""
        ratio = max((view.devicePixelRatioF() for view in self._views()), default=1.0)
        return max(self.size().width(), self.size().height()) * ratio * self._camera.zoom > MANY_PIXELS

    def _have_made(self) -> None:
        """Have the surface made that is to be shown."""
        assert self._moment is not None
        self.maker.look(self._moment, self._camera.height, hurried=self._coarse, sharp=self._is_sharp)
        if not self._at_once and not self._making.isActive() and self._busy:
            self._making.start()

    @property
    def camera(self) -> Camera:
        """From where it is seen."""
        return self._camera

    def set_camera(self, camera: Camera) -> None:
        """See it from elsewhere."""
        if camera != self._camera:
            higher = camera.height != self._camera.height
            self._camera = camera
            if higher and self._moment is not None:
                self.draw(self._moment)
            self._changed()

    def aim(self, camera: Camera | None) -> None:
        """Take on the camera of a document, to which ``home`` goes back."""
        self._home = camera or Camera()
        self.set_camera(self._home)
        self._start_turning()

    def move_camera(self, camera: Camera) -> None:
        """See it from elsewhere, as a part of a movement: edges are smoothed when that has ended."""
        if not self._at_once:
            self.hurry()
        self.set_camera(camera)

    def hurry(self) -> None:
        """Paint with hard edges until nothing has moved for a while."""
        self._coarse = True
        self._rest.start()

    def turn(self, degrees: float) -> None:
        """Turn the table by this much from where the camera has it."""
        self._turn = degrees
        self.update()

    def set_turntable(self, speed: float) -> None:
        """Turn by ``speed`` degrees a second from now on, here and in recordings; 0: stand still."""
        self.set_camera(_with(self._camera, turntable=speed))
        self._start_turning()

    def _start_turning(self) -> None:
        if self._camera.turntable and not self._at_once:
            self._turning.start()
        else:
            self._turning.stop()

    @Slot()
    def _turn_on(self) -> None:
        held = self._drag is not None and self._drag.moving
        if not held and self.isVisible() and any(view.isVisible() for view in self._views()):
            self.move_camera(self._camera.turned(self._camera.turntable * TICK / 1000.0))

    def set_height(self, height: Height) -> None:
        """Have heights follow the loss or its logarithm."""
        self.set_camera(_with(self._camera, height=height))

    @property
    def is_log(self) -> bool:
        """Whether heights follow the logarithm of the loss."""
        terrain = self.maker.terrain
        return terrain.rise.log if terrain is not None else self._camera.height == "log"

    def home(self) -> None:
        """Back to where the document, or nobody, has put the camera."""
        self.set_camera(_with(self._home, height=self._camera.height, turntable=self._camera.turntable))

    def reset(self) -> None:
        """To where everything is seen at first, whatever the document says."""
        self.set_camera(Camera(height=self._camera.height, turntable=self._camera.turntable))

    @property
    def is_untouched(self) -> bool:
        """Whether the camera is where it is at first."""
        return self._camera == Camera()

    @property
    def holds_start(self) -> bool:
        """Whether the start is being dragged here."""
        return self._drag is not None and self._drag.kind == "start"

    def show_legend(self, shown: bool) -> None:
        """Draw the legend or leave it out, with all else that a map beside it says already."""
        super().show_legend(shown)
        self.words.told = shown and not self._at_once

    def follow(self, landscape: LandscapePlot) -> None:
        """Show the same layers as the landscape seen from above."""
        self.show_contours(landscape.ground.contours)
        self.arrows.insight = landscape.arrows.insight
        self.arrows.shown, self.arrows.magnify = landscape.arrows.shown, landscape.arrows.magnify
        self.arrows.lit = landscape.arrows.lit
        self.ellipse.curvature, self.ellipse.shown = landscape.ellipse.curvature, landscape.ellipse.shown
        self.fan.shown = landscape.fan.shown

    def zoom(self, factor: float) -> None:
        """Nearer by ``factor``."""
        self.move_camera(self._camera.zoomed(factor))

    def show_contours(self, shown: bool) -> None:
        """Draw contour lines or leave them out."""
        self.contours = shown
        self.update()

    @Slot()
    def settle(self) -> None:
        """Paint in full from now on: all has come to rest."""
        self._rest.stop()
        if self._coarse or any(layer.hurried for layer in self._costly):
            self._coarse = False
            for layer in self._costly:
                layer.hurried = False
            if self._moment is not None:
                self._have_made()
            self.update()

    @property
    def view(self) -> View:
        """The part of the landscape that is shown."""
        terrain = self.maker.terrain
        return terrain.plan.region if terrain is not None else (-1.0, 1.0, -1.0, 1.0)

    # --- painting

    def margins(self) -> tuple[float, float, float, float]:
        """The picture fills the plot."""
        return 0.0, 0.0, 0.0, 0.0

    def is_coarse(self) -> bool:
        """Whether the camera is being moved."""
        return self._coarse

    def frame(self) -> SolidFrame | None:
        """What would be painted now; None before there is a surface."""
        if self._moment is None:
            return None
        terrain = self.maker.shown(self._moment)
        if terrain is None:
            return None
        area = QRectF(0.0, 0.0, max(self.size().width(), 2.0), max(self.size().height(), 2.0))
        px = self._style.px
        camera = _with(self._camera, azimuth=wrapped(self._camera.azimuth + self._turn)) if self._turn else self._camera
        room = (px(ROOM[0]), px(ROOM[1]), px(ROOM[2] + (CARD if self._has_card(area) else 0.0)))
        projection = Projection.fitted(camera, terrain.mesh.block, area.width(), area.height(), room)
        return SolidFrame(
            area, terrain.plan.region, self._style, self._moment, self._coarse,
            terrain=terrain, projection=projection, sight=self.sight, radius=px(MARBLE_SELECTED),
            turning=bool(self._camera.turntable),
        )  # fmt: skip

    @property
    def cards(self) -> list[QRectF]:
        """Where other cards than the legend stand."""
        return [*self.reserved, *([] if self.plane_card.rect.isEmpty() else [self.plane_card.rect])]

    def _has_card(self, area: QRectF) -> bool:
        """Whether a card tells of the plane, below the surface."""
        px = self._style.px
        large = area.width() >= px(LEAST_WIDTH) and area.height() >= px(LEAST_HEIGHT)
        return large and self._moment is not None and self._moment.section.cuts

    def _paint_behind(self, painter: QPainter, frame: Frame, area: QRectF, whole: QRectF) -> None:
        """Nothing: the layer of the surface fills everything."""

    def resizeEvent(self, event: QGraphicsSceneResizeEvent) -> None:
        """Paint coarsely while the window is being dragged."""
        super().resizeEvent(event)
        if self._moment is not None and not self._at_once:
            self._coarse = self._rest.isActive()
            self._rest.start()

    @property
    def _busy(self) -> bool:
        return self.maker.working or not self.maker.finished

    @Slot()
    def _take_made(self) -> None:
        """Show what has been made meanwhile."""
        if self._moment is None:
            self._making.stop()
            return
        try:
            new = self.maker.advance(hurried=self._coarse)
            if not self._coarse and self.maker.refine():
                self._have_made()
        except Exception:
            self._report("making the surface")
            self._making.stop()
            return
        if new:
            self.update()
            self.camera_changed.emit()  # heights may be scaled otherwise
        if (self._coarse and not self.maker.working) or not self._busy:
            self._making.stop()  # it goes on when all has come to rest

    def _changed(self) -> None:
        self.update()
        self.camera_changed.emit()

    # --- the mouse

    def _start_at(self, at: QPointF, frame: SolidFrame) -> bool:
        place, _ = self.marks.place(frame)
        return math.hypot(place.x() - at.x(), place.y() - at.y()) <= self._style.px(START + 4.0)

    def _ball_at(self, at: QPointF, frame: SolidFrame) -> int | None:
        reach = self._style.px(MARBLE_SELECTED + 4.0)
        lifted = QPointF(0.0, frame.radius * frame.projection.cosine)
        near = [
            (math.hypot(*(place - lifted - at).toTuple()), index) for _, index, place, _ in balls(frame)
        ]  # fmt: skip
        distance, index = min(near, default=(math.inf, -1))
        return index if distance <= reach else None

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """Take hold of the start, of a marble, or of the surface."""
        frame = self.frame()
        if frame is None:
            event.ignore()
            return
        at, left = event.pos(), event.button() == Qt.MouseButton.LeftButton
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        ball = self._ball_at(at, frame) if left else None
        kind = "turn" if left and not shift else "zoom" if event.button() == Qt.MouseButton.RightButton else "move"
        if left and self._start_at(at, frame):
            kind = "start"
        self._drag = _Drag(kind, at, self._camera, ball)
        if kind == "start" and frame.moment.section.cuts:
            self._drag.section, self._drag.origin = frame.moment.section, frame.moment.experiment.origin
        event.accept()

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """Turn, move or zoom what is held."""
        drag, frame = self._drag, self.frame()
        if drag is None or frame is None:
            return
        way = event.pos() - drag.pressed
        if not drag.moving and way.manhattanLength() < 4.0:
            return
        drag.moving = True
        camera = drag.camera
        if drag.kind == "start":
            self._drag_start(frame, event.pos())
        elif drag.kind == "turn":
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.move_camera(camera.turned(-DEGREES * way.x(), DEGREES * way.y()))
        elif drag.kind == "zoom":
            self.move_camera(camera.zoomed(1.01 ** -way.y()))
        else:
            scale = frame.projection.scale
            self.move_camera(camera.moved(way.x() / scale, -way.y() / scale))

    def _drag_start(self, frame: SolidFrame, at: QPointF) -> None:
        found = frame.found(at)
        if found is not None:
            self.marks.start = found
            self.start_moved.emit(*found)
            self.update()

    def mouseReleaseEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """Let go; a press without movement is a click."""
        drag = self._drag
        self.unsetCursor()
        if drag is None:
            return
        if drag.kind == "start" and drag.moving and self.marks.start is not None:
            self.start_dropped.emit(*self.marks.start)
        self._let_go()
        if not drag.moving and drag.ball is not None:
            self.run_clicked.emit(drag.ball)
        self.update()

    def mouseDoubleClickEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """Put the start where the surface was double-clicked; beside it, go back to the whole view."""
        frame = self.frame()
        if frame is not None and event.button() == Qt.MouseButton.LeftButton:
            found = frame.found(event.pos())
            if found is None:
                self.home()
            else:
                self.start_dropped.emit(*found)
        event.accept()

    def wheelEvent(self, event: QGraphicsSceneWheelEvent) -> None:
        """Zoom about the pointer."""
        frame = self.frame()
        if frame is not None:
            old = self._camera
            new = old.zoomed(NOTCH ** (event.delta() / 120.0))
            share = old.zoom / new.zoom - 1.0
            scale = frame.projection.scale
            middle = QPointF(frame.projection.x - old.across * scale, frame.projection.y + old.up * scale)
            off = event.pos() - middle
            rise = 0.5 * (frame.terrain.mesh.block.height - frame.terrain.mesh.block.drop) * frame.projection.cosine
            self.move_camera(new.moved(off.x() / scale * share, -(off.y() / scale + rise) * share))
        event.accept()

    def hoverMoveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        """Tell what is under the pointer."""
        frame = self.frame()
        if frame is None:
            return
        at = event.pos()
        self._show_grip(start=self._start_at(at, frame), marble=self._ball_at(at, frame) is not None)
        found = frame.found(at)
        self.hovered.emit(None if found is None else (*found, frame.moment.section.loss_at(*found)))


class _Drag:
    """What the mouse holds, from where, and the camera then; a plane stands still while the start is dragged on it."""

    def __init__(self, kind: str, pressed: QPointF, camera: Camera, ball: int | None) -> None:
        self.kind, self.pressed, self.camera, self.ball = kind, pressed, camera, ball
        self.moving = False
        self.section: Section | None = None
        self.origin: tuple[float, ...] = ()


class _Surface:
    """The surface with all that stands still around it, painted once for each camera."""

    def __init__(self, plot: SolidPlot) -> None:
        self._plot = plot
        self._sheet: Sheet | None = None
        self._key: tuple[object, ...] = ()

    def paint(self, painter: QPainter, frame: Frame) -> None:
        assert isinstance(frame, SolidFrame)
        plot, device = self._plot, Device.of(painter, frame.area)
        if device.vector:
            if plot.filled:
                painter.fillRect(frame.area, frame.style.color("bg1"))
            self._compose(painter, frame, PAPER, QPointF())
            return
        key = (device, frame.key, frame.style, frame.coarse, plot.contours, plot.filled)
        if key != self._key or self._sheet is None:
            self._key = key
            self._sheet = Sheet(device, opaque=plot.filled, instead=self._sheet)
            with self._sheet.painting() as canvas:
                if plot.filled:
                    canvas.fillRect(frame.area, frame.style.color("bg1"))
                detail = device.detail
                self._compose(canvas, frame, device.scale * detail, QPointF(device.dx * detail, device.dy * detail))
        self._sheet.draw(painter)
        plot.marks.held_back = _held_back(frame)

    def _compose(self, canvas: QPainter, frame: SolidFrame, fineness: float, offset: QPointF) -> None:
        """Paint everything; ``fineness`` and ``offset`` tell where pixels of the canvas lie."""
        size = frame.area.size() * fineness
        width, height = max(math.ceil(size.width() + offset.x()), 1), max(math.ceil(size.height() + offset.y()), 1)
        seen = frame.projection.resized(fineness)
        seen = dataclasses.replace(seen, x=seen.x + offset.x(), y=seen.y + offset.y())
        palette = surface_palette(frame.style.theme, lines=self._plot.contours)
        drawn = _thread().submit(shoot, frame.terrain.mesh, seen, width, height, palette, smooth=not frame.coarse)
        block = BlockPainter(canvas, frame)
        block.behind(lines=self._plot.contours)  # meanwhile
        shot = drawn.result()
        frame.sight.depth, frame.sight.fineness = shot.depth, fineness
        canvas.drawImage(
            QRectF(-offset.x() / fineness, -offset.y() / fineness, width / fineness, height / fineness), _image(shot)
        )
        block.before()
        words = paint_note(canvas, frame.terrain.rise.note, frame.area, frame.style)
        legend = self._plot.legend
        if self._plot._legend_shown and (frame.coarse or frame.turning):  # it stays where it is
            legend.words = ()
            legend.lay(frame, self._plot.cards)
            words.append(legend.rect)
            block.numbers(words)
        else:
            block.numbers(words)
            legend.words = tuple(words)
        self._plot.written = words


def _held_back(frame: SolidFrame) -> Place | None:
    """Where the validation loss is lowest, where the surface has to do with it."""
    section, samples = frame.moment.section, frame.terrain.plan.samples
    if section.surface == "training":
        return None
    if not cost(section):
        return lowest(section, usable(section.home()))
    return None if samples is None else lowest_sampled(samples)


@lru_cache(maxsize=1)
def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "surface")


def _image(shot: Shot) -> QImage:
    """Its pixels, which are good as long as it is."""
    rows, columns = shot.pixels.shape
    return QImage(shot.pixels.data, columns, rows, 4 * columns, QImage.Format.Format_ARGB32_Premultiplied)


class _Cards:
    def __init__(self, plot: SolidPlot) -> None:
        self._plot = plot

    def paint(self, painter: QPainter, frame: Frame) -> None:
        plot = self._plot
        plot.plane_card.paint(painter, frame, plot.marks.held_back, QRectF())
        if plot._legend_shown:
            plot.legend.paint(painter, frame, plot.cards)
        plot.words.cards = [*plot.cards, plot.legend.rect, *plot.written]


def _with(camera: Camera, **fields: object) -> Camera:
    return msgspec.structs.replace(camera, **fields)
