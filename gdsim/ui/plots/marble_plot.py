"""What both pictures of the landscape share: what is held by the mouse, what is around the marble, the legend."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtWidgets import QGraphicsSceneHoverEvent, QGraphicsView

from gdsim.core.section import Section
from gdsim.ui.plots.arrows import Arrows, Magnify
from gdsim.ui.plots.ellipse import Ellipse
from gdsim.ui.plots.fan import Fan
from gdsim.ui.plots.plot import Frame, Plot


class Held(Protocol):
    """What the mouse holds: the plane stands still while the start is dragged along its ``section``."""

    @property
    def section(self) -> Section | None:
        """The plane of a landscape of more than two parameters; None where the start is not what is held."""

    @property
    def origin(self) -> tuple[float, ...]:
        """The start when it was taken."""


class StartMarks(Protocol):
    """The layer of marks: ``start`` replaces the experiment's while it is dragged, ``lit`` lifts it out."""

    start: tuple[float, float] | None
    lit: bool

    def boxes(self, frame: Frame) -> list[QRectF]:
        """What words must not cover."""


class MarblePlot(Plot):
    """A picture of the landscape in which marbles are clicked and the start is dragged.

    Signals:
        start_moved: The start is dragged: x, y.
        start_dropped: The start was let go, or the ground was double-clicked: x, y.
        run_clicked: A marble was clicked: the run.
        hovered: (x, y, loss) under the pointer; None when it leaves.
    """

    start_moved = Signal(float, float)
    start_dropped = Signal(float, float)
    run_clicked = Signal(int)
    hovered = Signal(object)

    arrows: Arrows
    ellipse: Ellipse
    fan: Fan
    marks: StartMarks
    _drag: Held | None
    _legend_shown: bool
    reserved: tuple[QRectF, ...] = ()

    def start_at(self, x: float, y: float) -> tuple[float, ...]:
        """The parameters of the start where it is put to (x, y): moved along the plane that is seen."""
        if self._moment is None:
            return (x, y)
        drag = self._drag
        if drag is not None and drag.section is not None:
            return drag.section.moved(drag.origin, x, y)
        return self._moment.section.moved(self._moment.experiment.origin, x, y)

    def show_legend(self, shown: bool) -> None:
        """Draw the legend of runs or leave it out."""
        self._legend_shown = shown
        self.update()

    def show_fan(self, shown: bool) -> None:
        """Draw the gradients of other batches around the selected marble, or leave them out."""
        self.fan.shown = shown
        self.update()

    def show_ellipse(self, shown: bool) -> None:
        """Draw the ellipse of curvature around the selected marble, or leave it out."""
        self.ellipse.shown = shown
        self.update()

    @property
    def _costly(self) -> tuple[Fan, Ellipse, Arrows]:
        """The layers around the marble that may have to wait until it rests."""
        return self.fan, self.ellipse, self.arrows

    def reserve(self, places: tuple[QRectF, ...]) -> None:
        """Keep cards clear of ``places`` in the area: something lies over them."""
        if places != self.reserved:
            self.reserved = places
            self.update()

    def show_arrows(self, shown: bool) -> None:
        """Draw the parts of the selected run's update as arrows, or leave them out."""
        self.arrows.shown = shown
        self.update()

    def magnify_arrows(self, magnify: Magnify) -> None:
        """Draw the arrows in their true length, five times as long, or as long as there is room for."""
        self.arrows.magnify = magnify
        self.update()

    def light_arrow(self, key: str | None) -> None:
        """Let the arrow of one term stand out."""
        self.arrows.lit = key
        self.update()

    def _show_grip(self, *, start: bool, marble: bool) -> None:
        """Show by the pointer what it could take hold of; the start lights up."""
        if start:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        elif marble:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        else:
            self.unsetCursor()
        if start != self.marks.lit:
            self.marks.lit = start
            self.update()

    def hoverLeaveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        """Nothing is under the pointer any more."""
        if self.marks.lit:
            self.marks.lit = False
            self.update()
        self.hovered.emit(None)

    def sceneEvent(self, event: QEvent) -> bool:
        """A grab that is taken away lets go of what was held."""
        if event.type() == QEvent.Type.UngrabMouse and self._drag is not None:
            self._let_go()
            self.unsetCursor()
        return super().sceneEvent(event)

    def _let_go(self) -> None:
        drag, self._drag = self._drag, None
        self.marks.start = None
        if drag is not None and drag.section is not None and self._moment is not None:
            self.draw(replace(self._moment, pinned=None))

    def _views(self) -> list[QGraphicsView]:
        scene = self.scene()
        return list(scene.views()) if scene is not None else []
