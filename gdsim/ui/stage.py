"""The picture in the middle of the window: landscape, loss and learning rate, each in a pane of its own."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGraphicsScene,
    QGraphicsView,
    QSizePolicy,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from gdsim.ui import style
from gdsim.ui.plots.landscape_plot import LandscapePlot
from gdsim.ui.plots.loss_plot import LossPlot
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.plot import Plot
from gdsim.ui.plots.schedule_plot import SchedulePlot
from gdsim.ui.plots.style import PlotStyle


class Pane(QGraphicsView):
    """A view of one plot, which fills it pixel by pixel."""

    def __init__(self, plot: Plot, name: str) -> None:
        super().__init__()
        self.plot = plot
        self.setScene(QGraphicsScene(self))
        self.scene().addItem(plot)
        for part in (self, self.viewport()):
            part.setAcceptDrops(False)  # what is dropped on a plot is for the window
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # Tab visits the stage, once
        self.setMinimumSize(QSize(120, 80))

    def sizeHint(self) -> QSize:
        """As much as there is."""
        return QSize(600, 300)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Have the plot fill the view."""
        super().resizeEvent(event)
        whole = QRectF(self.viewport().rect())
        self.setSceneRect(whole)
        self.plot.setGeometry(whole)


class Stage(QWidget):
    """The three plots, and the keys that belong to them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Plots")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        plot_style = PlotStyle(style.current())
        self.landscape = LandscapePlot(plot_style)
        self.loss = LossPlot(plot_style)
        self.schedule = SchedulePlot(plot_style)
        self.panes = [
            Pane(self.landscape, "Landscape"),
            Pane(self.loss, "Loss"),
            Pane(self.schedule, "Learning rate"),
        ]
        self.lower_splitter = QSplitter(Qt.Orientation.Horizontal)
        self.lower_splitter.addWidget(self.panes[1])
        self.lower_splitter.addWidget(self.panes[2])
        self.lower_splitter.setSizes([430, 340])
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.addWidget(self.panes[0])
        self.splitter.addWidget(self.lower_splitter)
        self.splitter.setStretchFactor(0, 7)
        self.splitter.setStretchFactor(1, 3)
        self.splitter.setSizes([500, 214])
        for splitter in (self.splitter, self.lower_splitter):
            splitter.setHandleWidth(6)
            splitter.setChildrenCollapsible(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.splitter)
        self.show_theme()

    @property
    def plots(self) -> tuple[LandscapePlot, LossPlot, SchedulePlot]:
        """The three plots."""
        return self.landscape, self.loss, self.schedule

    def draw(self, moment: Moment) -> None:
        """Show ``moment``."""
        for plot in self.plots:
            plot.draw(moment)

    def show_theme(self) -> None:
        """Take on the theme in force."""
        plot_style = PlotStyle(style.current())
        for pane in self.panes:
            pane.setBackgroundBrush(QColor(style.current().bg1))
        for plot in self.plots:
            plot.set_style(plot_style)

    def home(self) -> None:
        """Show everything again."""
        for plot in self.plots:
            plot.home()
