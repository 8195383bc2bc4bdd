"""The composition that goes into pictures and videos: the same plots as in the window, at any size.

A figure depends on a moment, a size and a theme, on nothing of the screen; letters and pens grow with its height,
so that the back row can read them.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem

from gdsim.core.camera import Camera
from gdsim.core.landscapes import ModelLandscape, View
from gdsim.ui.edge import whole_line
from gdsim.ui.plots.arrows import Magnify
from gdsim.ui.plots.data_plot import DataPlot
from gdsim.ui.plots.landscape_plot import LandscapePlot
from gdsim.ui.plots.loss_plot import LossPlot
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.plot import Plot
from gdsim.ui.plots.readings import ReadingsTable
from gdsim.ui.plots.schedule_plot import SchedulePlot
from gdsim.ui.plots.style import PlotStyle
from gdsim.ui.theme import THEMES, Theme

if TYPE_CHECKING:
    from gdsim.ui.solid.plot import SolidPlot
    from gdsim.ui.stage import Space

Layout = Literal["landscape", "side", "data", "board"]
Background = Literal["theme", "white", "transparent"]

LAYOUTS: dict[Layout, str] = {
    "board": "Everything: landscape, loss, rate, readings",
    "side": "Landscape and loss side by side",
    "landscape": "Landscape only",
    "data": "Landscape, data and loss",
}
SPACES: dict[Space, str] = {
    "2d": "From above",
    "3d": "In three dimensions",
    "both": "Both side by side",
}
BACKGROUNDS: dict[Background, str] = {
    "theme": "As the theme",
    "white": "White, for print",
    "transparent": "Transparent",
}
REFERENCE_HEIGHT = 500.0
"""The height in pixels at which letters and pens have the size they have in the window."""
REFERENCE_WIDTH = 760.0


@dataclass(frozen=True)
class FigureOptions:
    """How a figure looks.

    Attributes:
        width, height: In pixels.
        layout: What is on it.
        theme: "dark" or "light".
        background: What lies behind the plots.
        title: Above everything; empty for none.
        caption: Below everything; empty for none.
        view: The part of the landscape that is seen; None for the whole.
        log_loss: Whether the loss is shown on a logarithmic axis.
        smoothing: Weight of the loss curve's moving average; 0 for none.
        contours: Whether contour lines are drawn.
        magnify: A further factor for letters and pens.
        fan: Whether the gradients of other batches are drawn around the selected marble.
        arrows: Whether the parts of the selected run's update are drawn as arrows at its marble.
        arrow_length: How long they are drawn.
        ellipse: Whether the ellipse of curvature is drawn around the selected marble.
        edge: Whether the largest stable rate of the selected run is drawn over its rate, once the run has ended.
        space: Whether the landscape is seen from above, in three dimensions, or both.
        camera: From where it is seen in three dimensions; None: from where the document says.
    """

    width: int
    height: int
    layout: Layout = "board"
    theme: Literal["dark", "light"] = "dark"
    background: Background = "theme"
    title: str = ""
    caption: str = ""
    view: View | None = None
    log_loss: bool = True
    smoothing: float = 0.0
    contours: bool = True
    magnify: float = 1.0
    fan: bool = False
    arrows: bool = False
    arrow_length: Magnify = "fit"
    ellipse: bool = False
    edge: bool = True
    space: Space = "2d"
    camera: Camera | None = None


class Figure:
    """Plots of one look; ``paint`` shows a moment through them."""

    def __init__(self, options: FigureOptions) -> None:
        self.options = options
        self.style = PlotStyle(_theme(options), options.magnify * scale_for(options.width, options.height))
        self._ground = "" if options.background == "transparent" else "bg0"
        self._landscape = LandscapePlot(self.style, at_once=True)
        self._landscape.show_contours(options.contours)
        self._landscape.show_fan(options.fan)
        self._landscape.show_arrows(options.arrows)
        self._landscape.magnify_arrows(options.arrow_length)
        self._landscape.show_ellipse(options.ellipse)
        self._landscape.show_legend(options.layout != "board")
        self._solid = self._made_solid()
        self._turned = 0.0
        self._loss = LossPlot(self.style)
        self._loss.set_log(options.log_loss)
        self._loss.set_smoothing(options.smoothing)
        self._schedule = SchedulePlot(self.style)
        self._readings = ReadingsTable(self.style)
        self._data = DataPlot(self.style)
        self._layout: Layout | None = None
        self._placed: list[tuple[Plot, QRectF]] = []

    def _arrange(self, moment: Moment) -> None:
        """Put the plots where they belong; a landscape that has no data shows none."""
        layout = self.options.layout
        if layout == "data" and not isinstance(moment.experiment.landscape, ModelLandscape):
            layout = "side"
        if layout == self._layout:
            return
        self._layout, self._placed = layout, self._in_space(self._place(layout))
        for plot, rect in self._placed:
            plot.filled = self.options.background != "transparent"
            plot.resize(rect.size())

    def _in_space(self, placed: list[tuple[Plot, QRectF]]) -> list[tuple[Plot, QRectF]]:
        """The same with the surface in the place of the landscape, or beside it."""
        if self._solid is None:
            return placed
        (_, rect), rest = placed[0], placed[1:]
        if self.options.space == "3d":
            return [(self._solid, rect), *rest]
        gap = round(self.style.px(5))
        if rect.width() >= rect.height():
            half = round((rect.width() - gap) / 2)
            first = QRectF(rect.left(), rect.top(), half, rect.height())
            other = QRectF(rect.left() + half + gap, rect.top(), rect.width() - half - gap, rect.height())
        else:
            half = round((rect.height() - gap) / 2)
            first = QRectF(rect.left(), rect.top(), rect.width(), half)
            other = QRectF(rect.left(), rect.top() + half + gap, rect.width(), rect.height() - half - gap)
        return [(self._landscape, first), (self._solid, other), *rest]

    def _made_solid(self) -> SolidPlot | None:
        options = self.options
        if options.space == "2d":
            return None
        from gdsim.ui.solid.plot import SolidPlot

        solid = SolidPlot(self.style, at_once=True)
        solid.show_contours(options.contours)
        solid.show_fan(options.fan)
        solid.show_arrows(options.arrows)
        solid.magnify_arrows(options.arrow_length)
        solid.show_legend(options.layout != "board" and options.space == "3d")
        return solid

    def _place(self, layout: Layout) -> list[tuple[Plot, QRectF]]:
        options, px = self.options, self.style.px
        gap = round(px(5))
        top = round(px(34)) if self._has_head else 0
        bottom = options.height - (round(px(30)) if options.caption else 0)
        width, height = options.width, bottom - top
        if layout == "landscape":
            return [(self._landscape, QRectF(0, top, width, height))]
        if layout == "data":
            return self._with_data(top, bottom, gap)
        if layout == "side":
            if width < height:
                share = round(height * 0.6)
                under = QRectF(0, top + share + gap, width, height - share - gap)
                return [(self._landscape, QRectF(0, top, width, share)), (self._loss, under)]
            share = round(width * 0.58)
            right = QRectF(share + gap, top, width - share - gap, height)
            return [(self._landscape, QRectF(0, top, share, height)), (self._loss, right)]
        if width < 0.8 * height:
            return self._tall(top, bottom, gap)
        if width > 2.4 * height:
            return self._wide(top, bottom, gap)
        upper, beside = round(height * 0.66), round(min(width * 0.24, px(190)))
        lower, half = height - upper - gap, round(width * 0.55)
        below = top + upper + gap
        return [
            (self._landscape, QRectF(0, top, width - beside - gap, upper)),
            (self._readings, QRectF(width - beside, top, beside, upper)),
            (self._loss, QRectF(0, below, half, lower)),
            (self._schedule, QRectF(half + gap, below, width - half - gap, lower)),
        ]

    def _with_data(self, top: int, bottom: int, gap: int) -> list[tuple[Plot, QRectF]]:
        """The landscape, and the data above the loss beside it; below it where the picture is higher than wide."""
        width, height = self.options.width, bottom - top
        if width < height:
            share = round(height * 0.5)
            below, half, rest = top + share + gap, round(width * 0.5), height - share - gap
            return [
                (self._landscape, QRectF(0, top, width, share)),
                (self._data, QRectF(0, below, half, rest)),
                (self._loss, QRectF(half + gap, below, width - half - gap, rest)),
            ]
        share, upper = round(width * 0.56), round(height * 0.56)
        beside, rest = width - share - gap, height - upper - gap
        return [
            (self._landscape, QRectF(0, top, share, height)),
            (self._data, QRectF(share + gap, top, beside, upper)),
            (self._loss, QRectF(share + gap, top + upper + gap, beside, rest)),
        ]

    def _tall(self, top: int, bottom: int, gap: int) -> list[tuple[Plot, QRectF]]:
        """All below each other, for a picture that is higher than wide."""
        width, height = self.options.width, bottom - top
        readings = round(min(self.style.px(106), height * 0.2))
        upper = round(min(height * 0.52, width * 1.1))
        loss = round((height - upper - readings - 3 * gap) * 0.58)
        first = top + upper + gap
        second = first + readings + gap
        third = second + loss + gap
        return [
            (self._landscape, QRectF(0, top, width, upper)),
            (self._readings, QRectF(0, first, width, readings)),
            (self._loss, QRectF(0, second, width, loss)),
            (self._schedule, QRectF(0, third, width, bottom - third)),
        ]

    def _wide(self, top: int, bottom: int, gap: int) -> list[tuple[Plot, QRectF]]:
        """All beside each other, for a picture that is much wider than high."""
        width, height = self.options.width, bottom - top
        beside = round(min(width * 0.2, self.style.px(190)))
        first = round((width - beside) * 0.56)
        middle = width - beside - gap - first - gap
        loss = round(height * 0.55)
        return [
            (self._landscape, QRectF(0, top, first, height)),
            (self._loss, QRectF(first + gap, top, middle, loss)),
            (self._schedule, QRectF(first + gap, top + loss + gap, middle, height - loss - gap)),
            (self._readings, QRectF(width - beside, top, beside, height)),
        ]

    @property
    def _has_head(self) -> bool:
        return bool(self.options.title) or self.options.layout == "board"

    def adjust(self, options: FigureOptions) -> bool:
        """Take on options; returns whether it could, or another figure is needed.

        View, camera, title, axis, smoothing, contours, fan, ellipse, arrows and their length can follow a window that
        is recorded.
        """
        mine = self.options
        free = {name: getattr(options, name) for name in _ADJUSTABLE}
        if dataclasses.replace(mine, **free) != options or bool(mine.title) != bool(options.title):
            return False
        self.options = options
        self._landscape.show_contours(options.contours)
        self._landscape.show_fan(options.fan)
        self._landscape.show_arrows(options.arrows)
        self._landscape.magnify_arrows(options.arrow_length)
        self._landscape.show_ellipse(options.ellipse)
        if self._solid is not None:
            self._solid.show_contours(options.contours)
            self._solid.show_fan(options.fan)
            self._solid.show_arrows(options.arrows)
            self._solid.magnify_arrows(options.arrow_length)
        self._loss.set_log(options.log_loss)
        if options.smoothing != mine.smoothing:
            self._loss.set_smoothing(options.smoothing)
        return True

    def show_legend(self, shown: bool) -> None:
        """Draw the legend of runs on the landscape, or leave it out."""
        self._landscape.show_legend(shown)
        if self._solid is not None:
            self._solid.show_legend(shown and self.options.space == "3d")

    def turn(self, degrees: float) -> None:
        """Turn the surface by this much from where the camera has it."""
        self._turned = degrees

    def paint(self, painter: QPainter, moment: Moment) -> None:
        """Show ``moment``; (0, 0) is the figure's corner."""
        self._arrange(moment)
        whole = QRectF(QPointF(0, 0), QSizeF(self.options.width, self.options.height))
        if self._ground:
            painter.fillRect(whole, self._color(self._ground))
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        if self._has_head:
            self._paint_head(painter, moment)
        if self.options.caption:
            self._paint_caption(painter)
        self._trace_edge(moment)
        for plot, rect in self._placed:
            if plot is self._solid:
                self._solid.aim(self.options.camera or moment.experiment.camera)
                self._solid.turn(self._turned)
            plot.draw(moment)
            if plot is self._landscape:
                self._aim()
            painter.save()
            painter.setClipRect(rect)
            painter.translate(rect.topLeft())
            plot.paint(painter, _NO_OPTION)
            painter.restore()

    def _trace_edge(self, moment: Moment) -> None:
        """Have the edge of stability in the plot of the rates, where there is such a plot."""
        placed = any(plot is self._schedule for plot, _ in self._placed)
        line = whole_line(moment) if self.options.edge and placed else None
        if line is None:
            self._schedule.clear_edge()
        else:
            self._schedule.set_edge(moment.trajectory.runs[moment.selected], *line)

    def _aim(self) -> None:
        if self.options.view is None:
            self._landscape.home()
        else:
            self._landscape.look_at(self.options.view)
        self._landscape.settle()

    def image(self, moment: Moment) -> QImage:
        """``moment`` as an image."""
        return _painted(self.options, lambda painter: self.paint(painter, moment))

    def _paint_head(self, painter: QPainter, moment: Moment) -> None:
        px = self.style.px
        bar = QRectF(0, 0, self.options.width, px(32))
        if self._ground:
            painter.fillRect(bar, self._color("bg1"))
        step = f"step {moment.cursor:,} / {last_step(moment):,}"
        painter.setPen(self._color("t2"))
        painter.setFont(self.style.font(14))
        painter.drawText(bar.adjusted(0, 0, -px(12), 0), _MIDDLE | Qt.AlignmentFlag.AlignRight, step)
        painter.setPen(self._color("t1"))
        painter.setFont(self.style.font(16, QFont.Weight.DemiBold))
        room = bar.adjusted(px(12), 0, -px(24) - self.style.advance(step, self.style.font(14)), 0)
        title = painter.fontMetrics().elidedText(self.options.title, Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(room, _MIDDLE | Qt.AlignmentFlag.AlignLeft, title)

    def _paint_caption(self, painter: QPainter) -> None:
        px = self.style.px
        bar = QRectF(0, self.options.height - px(28), self.options.width, px(28))
        painter.setPen(self._color("t2"))
        painter.setFont(self.style.font(13))
        room = bar.adjusted(px(12), 0, -px(12), 0)
        text = painter.fontMetrics().elidedText(self.options.caption, Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(room, _MIDDLE | Qt.AlignmentFlag.AlignLeft, text)

    def _color(self, token: str) -> QColor:
        return self.style.color(token)


def _painted(options: FigureOptions, paint: Callable[[QPainter], None]) -> QImage:
    """What ``paint`` paints, as an image; everything of it is painted unless it is transparent."""
    clear = options.background == "transparent"
    format_ = QImage.Format.Format_ARGB32_Premultiplied if clear else QImage.Format.Format_RGB32
    picture = QImage(options.width, options.height, format_)
    if clear:
        picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    try:
        paint(painter)
    finally:
        painter.end()
    return picture


class Filmstrip:
    """Chosen steps side by side in one picture: each a landscape with its step above it."""

    def __init__(self, options: FigureOptions, steps: Sequence[int]) -> None:
        self.options = options
        self.steps = list(steps)
        count, columns = len(self.steps), self._columns()
        rows = -(-count // columns)
        head = 40 if options.title else 0
        self._head = round(head * scale_for(options.width, options.height)) if head else 0
        width, height = options.width // columns, (options.height - self._head) // rows
        indent = (columns * rows - count) * width / 2  # of the last row
        self._cells = [
            QRectF(
                (k % columns) * width + (indent if k // columns == rows - 1 else 0),
                self._head + (k // columns) * height,
                width,
                height,
            )
            for k in range(count)
        ]
        self._one_legend = columns > 3
        cell = dataclasses.replace(options, width=width - 2, height=height - 2, layout="landscape", caption="")
        readable = 0.6 * scale_for(options.width, options.height) / scale_for(cell.width, cell.height)
        self._figure = Figure(dataclasses.replace(cell, title=" ", magnify=max(1.3, min(readable, 2.0))))

    def _columns(self) -> int:
        """As many as make the cells look about 4 : 3."""
        count, ratio = len(self.steps), self.options.width / self.options.height

        def ugliness(columns: int) -> float:
            rows = -(-count // columns)
            return abs(math.log(ratio * rows / columns / (4 / 3))) + 0.5 * (rows * columns - count) / count

        return min(range(1, count + 1), key=ugliness)

    def image(self, moment: Moment) -> QImage:
        """The strip as an image."""
        return _painted(self.options, lambda painter: self.paint(painter, moment))

    def paint(self, painter: QPainter, moment: Moment) -> None:
        """Paint the strip; the cursor of ``moment`` does not count."""
        style = self._figure.style
        if self.options.background != "transparent":
            painter.fillRect(QRectF(0, 0, self.options.width, self.options.height), style.color("bg0"))
        if self.options.title:
            painter.setPen(style.color("t1"))
            font = PlotStyle(style.theme, scale_for(self.options.width, self.options.height)).font(16, _SEMIBOLD)
            painter.setFont(font)
            painter.drawText(QRectF(0, 0, self.options.width, self._head), Qt.AlignmentFlag.AlignCenter,
                             self.options.title)  # fmt: skip
        for number, (step, cell) in enumerate(zip(self.steps, self._cells, strict=True)):
            self._figure.show_legend(number == 0 or not self._one_legend)  # small cells have room for trails only
            painter.save()
            painter.translate(cell.topLeft())
            self._figure.paint(painter, dataclasses.replace(moment, cursor=step))
            painter.restore()


_ADJUSTABLE = (
    "view",
    "title",
    "log_loss",
    "smoothing",
    "contours",
    "fan",
    "arrows",
    "arrow_length",
    "ellipse",
    "camera",
)
_NO_OPTION = QStyleOptionGraphicsItem()
_MIDDLE = Qt.AlignmentFlag.AlignVCenter
_SEMIBOLD = QFont.Weight.DemiBold


def last_step(moment: Moment) -> int:
    """The last step there is to show."""
    return max((run.last for run in moment.trajectory.runs), default=0)


def scale_for(width: int, height: int) -> float:
    """How much larger than in the window everything is drawn on a figure of this size."""
    return max(0.4, min(height / REFERENCE_HEIGHT, width / REFERENCE_WIDTH))


def _theme(options: FigureOptions) -> Theme:
    theme = THEMES[options.theme]
    if options.background == "white":
        return dataclasses.replace(theme, bg0="#FFFFFF", bg1="#FFFFFF")
    return theme
