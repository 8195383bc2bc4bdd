"""The composition that goes into pictures and videos: the same plots as in the window, at any size.

A figure depends on a moment, a size and a theme, on nothing of the screen; letters and pens grow with its height,
so that the back row can read them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter

from gdsim.core.landscapes import View
from gdsim.ui.plots.landscape_plot import LandscapePlot
from gdsim.ui.plots.loss_plot import LossPlot
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.plot import Plot
from gdsim.ui.plots.schedule_plot import SchedulePlot
from gdsim.ui.plots.style import PlotStyle
from gdsim.ui.theme import Theme

Layout = Literal["landscape", "side", "board"]
LAYOUTS: dict[Layout, str] = {
    "landscape": "Landscape only",
    "side": "Landscape and loss",
    "board": "Landscape, loss and learning rate",
}
REFERENCE_HEIGHT = 620.0
"""The height in pixels at which letters and pens have the size they have in the window."""


@dataclass(frozen=True)
class FigureOptions:
    """How a figure looks.

    Attributes:
        width, height: In pixels.
        layout: What is on it.
        title: Above everything; empty for none.
        view: The part of the landscape that is seen; None for the whole.
        log_loss: Whether the loss is shown on a logarithmic axis.
        contours: Whether contour lines are drawn.
    """

    width: int
    height: int
    layout: Layout = "board"
    title: str = ""
    view: View | None = None
    log_loss: bool = True
    contours: bool = True


class Figure:
    """Plots of one look; ``paint`` shows a moment through them."""

    def __init__(self, options: FigureOptions, theme: Theme) -> None:
        self.options = options
        self.style = PlotStyle(theme, scale_for(options.width, options.height))
        self._landscape = LandscapePlot(self.style)
        self._landscape.show_contours(options.contours)
        self._loss = LossPlot(self.style)
        self._loss.set_log(options.log_loss)
        self._schedule = SchedulePlot(self.style)
        self._placed = self._place()
        for plot, rect in self._placed:
            plot.resize(rect.size())

    def _place(self) -> list[tuple[Plot, QRectF]]:
        gap = self.style.px(6)
        top = self.style.px(38) if self.options.title else 0.0
        whole = QRectF(0, top, self.options.width, self.options.height - top)
        if self.options.layout == "landscape":
            return [(self._landscape, whole)]
        if self.options.layout == "side":
            share = round(whole.width() * 0.58)
            right = QRectF(share + gap, top, whole.width() - share - gap, whole.height())
            return [(self._landscape, QRectF(0, top, share, whole.height())), (self._loss, right)]
        upper = round(whole.height() * 0.68)
        lower = whole.height() - upper - gap
        half = round(whole.width() * 0.56)
        return [
            (self._landscape, QRectF(0, top, whole.width(), upper)),
            (self._loss, QRectF(0, top + upper + gap, half, lower)),
            (self._schedule, QRectF(half + gap, top + upper + gap, whole.width() - half - gap, lower)),
        ]

    def paint(self, painter: QPainter, moment: Moment) -> None:
        """Show ``moment``; (0, 0) is the figure's corner."""
        painter.fillRect(QRectF(QPointF(0, 0), QSizeF(self.options.width, self.options.height)), self._color("bg0"))
        if self.options.title:
            self._paint_title(painter)
        for plot, rect in self._placed:
            plot.draw(moment)
            if plot is self._landscape and self.options.view is not None:
                self._landscape.look_at(self.options.view)
            painter.save()
            painter.setClipRect(rect)
            painter.translate(rect.topLeft())
            plot.paint(painter, _NO_OPTION)  # type: ignore[arg-type]
            painter.restore()

    def image(self, moment: Moment) -> QImage:
        """``moment`` as an image."""
        picture = QImage(self.options.width, self.options.height, QImage.Format.Format_RGB32)
        painter = QPainter(picture)
        try:
            self.paint(painter, moment)
        finally:
            painter.end()
        return picture

    def _paint_title(self, painter: QPainter) -> None:
        bar = QRectF(0, 0, self.options.width, self.style.px(36))
        painter.fillRect(bar, self._color("bg1"))
        painter.setPen(self._color("t1"))
        painter.setFont(self.style.font(16, QFont.Weight.DemiBold))
        painter.drawText(bar, Qt.AlignmentFlag.AlignCenter, self.options.title)

    def _color(self, token: str) -> QColor:
        return self.style.color(token)


_NO_OPTION = None


def scale_for(width: int, height: int) -> float:
    """How much larger than in the window everything is drawn on a figure of this size."""
    return max(0.5, min(height / REFERENCE_HEIGHT, width / (REFERENCE_HEIGHT * 1.2)))
