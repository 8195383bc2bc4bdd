"""The picture in the middle of the window: landscape, loss and learning rate, each in a pane of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, get_args

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
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
from gdsim.ui.plots.marble_plot import MarblePlot
from gdsim.ui.plots.marks import axis_arrows_rect
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.plot import Plot
from gdsim.ui.plots.schedule_plot import SchedulePlot
from gdsim.ui.plots.style import PlotStyle

if TYPE_CHECKING:
    from gdsim.core.camera import Camera
    from gdsim.ui.solid.plot import SolidPlot

Space = Literal["2d", "3d", "both"]
SPACES: tuple[Space, ...] = get_args(Space)
"""How the landscape is seen: from above, in three dimensions, or both side by side."""


class Pane(QGraphicsView):
    """A view of one plot, which fills it pixel by pixel."""

    def __init__(self, plot: Plot, name: str) -> None:
        super().__init__()
        self.plot = plot
        self.setScene(QGraphicsScene(self))
        self.scene().addItem(plot)
        for part in (self, self.viewport()):
            part.setAcceptDrops(False)  # what is dropped on a plot is for the window
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.NoViewportUpdate)  # the plot sees to that itself
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
    """The three plots, and the keys that belong to them; and the landscape in three dimensions once it is asked for.

    Signals:
        solid_made: The landscape is shown in three dimensions for the first time: its plot.
    """

    solid_made = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Plots")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._scale, self._stark = 1.0, False
        self._plots: tuple[str, ...] = ("landscape", "loss", "rate")
        plot_style = self.plot_style
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
        self.solid: SolidPlot | None = None
        self.space: Space = "2d"
        self._rates_withheld = False
        self._aimed: Camera | None = None
        self.upper_splitter = QSplitter(Qt.Orientation.Horizontal)
        self.upper_splitter.addWidget(self.panes[0])
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.addWidget(self.upper_splitter)
        self.splitter.addWidget(self.lower_splitter)
        self.splitter.setStretchFactor(0, 7)
        self.splitter.setStretchFactor(1, 3)
        self.splitter.setSizes([500, 214])
        for splitter in (self.splitter, self.upper_splitter, self.lower_splitter):
            splitter.setHandleWidth(6)
            splitter.setChildrenCollapsible(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.splitter)
        self.show_theme()

    @property
    def plots(self) -> list[LandscapePlot | LossPlot | SchedulePlot | SolidPlot]:
        """All plots that there are."""
        return [*self.grounds, self.loss, self.schedule]

    @property
    def grounds(self) -> list[LandscapePlot | SolidPlot]:
        """The plots of the landscape."""
        return [self.landscape] if self.solid is None else [self.landscape, self.solid]

    def show_space(self, space: Space) -> None:
        """Show the landscape from above, in three dimensions, or both."""
        self.space = space
        if space != "2d" and self.solid is None:
            self._make_solid()
        if self.solid is not None:
            self.solid.show_legend(space == "3d")
        self._show_panes()

    def show_plots(self, plots: tuple[str, ...]) -> None:
        """Show only these: "landscape", "loss", "rate"."""
        self._plots = plots
        self._show_panes()

    def _show_panes(self) -> None:
        """Have in sight what is to be seen; what is left over takes its room."""
        self.upper_splitter.setVisible("landscape" in self._plots)
        self.lower_splitter.setVisible("loss" in self._plots or "rate" in self._plots)
        self.panes[0].setVisible(self.space != "3d")
        self.panes[1].setVisible("loss" in self._plots)
        self.panes[2].setVisible("rate" in self._plots and not self._rates_withheld)
        if self.solid is not None:
            self.panes[-1].setVisible(self.space != "2d")

    @property
    def plot_style(self) -> PlotStyle:
        """Theme and scale of the plots; a stark theme has no quiet words."""
        theme = style.current()
        if self._stark:
            theme = replace(theme, t2=theme.t1, t3=theme.t1)
        return PlotStyle(theme, self._scale)

    def enlarge(self, scale: float, *, stark: bool) -> None:
        """Draw all plots ``scale`` times as large as usual, and with all words in full contrast where ``stark``."""
        self._scale, self._stark = scale, stark
        self.show_theme()

    def reserve(self, places: list[QRect]) -> None:
        """Keep cards of the landscape clear of ``places`` in the stage's coordinates, where something lies over it."""
        for pane in self.panes:
            plot = pane.plot
            if not isinstance(plot, MarblePlot):
                continue
            origin = QPointF(pane.viewport().mapTo(self, pane.viewport().rect().topLeft())) + plot.area().topLeft()
            plot.reserve(tuple(QRectF(place).translated(-origin) for place in places))

    def axes_room(self, pane: Pane) -> int:
        """How far the arrows with the names of the axes reach in from the left in the lower corner of a pane."""
        frame = self.landscape.frame() if pane.plot is self.landscape else None
        return round(axis_arrows_rect(frame, frame.moment.section.names).right()) if frame is not None else 0

    def _make_solid(self) -> None:
        from gdsim.ui.solid.plot import SolidPlot  # not needed before, and the start is short

        self.solid = solid = SolidPlot(self.plot_style)
        solid.aim(self._aimed)
        solid.follow(self.landscape)
        self.panes.append(Pane(solid, "Landscape in three dimensions"))
        self.upper_splitter.addWidget(self.panes[-1])
        self.upper_splitter.setSizes([500, 500])
        self.panes[-1].setBackgroundBrush(QColor(style.current().bg1))
        if self.landscape.moment is not None:
            solid.draw(self.landscape.moment)
        self.solid_made.emit(solid)

    def aim(self, camera: Camera | None) -> None:
        """Take on the camera of a document."""
        self._aimed = camera
        if self.solid is not None:
            self.solid.aim(camera)

    @property
    def camera(self) -> Camera | None:
        """From where the landscape is seen in three dimensions; None where nobody has moved anything."""
        if self.solid is None or (self._aimed is None and self.solid.is_untouched):
            return self._aimed
        return self.solid.camera

    def start_at(self, x: float, y: float) -> tuple[float, ...]:
        """The parameters of the start where it is put to (x, y)."""
        held = self.solid is not None and self.solid.holds_start
        ground = self.solid if held and self.solid is not None else self.landscape
        return ground.start_at(x, y)

    def withhold(self, *, edge: bool, rates: bool) -> None:
        """Keep the edge of stability, or the whole plot of the rates, from being seen."""
        self.schedule.withhold_edge(edge)
        if rates is not self._rates_withheld:
            self._rates_withheld = rates
            self._show_panes()

    def draw(self, moment: Moment) -> None:
        """Show ``moment``."""
        for plot in self.plots:
            plot.draw(moment)

    def draw_grounds(self, moment: Moment) -> None:
        """Show ``moment`` in the plots of the landscape alone."""
        for plot in self.grounds:
            plot.draw(moment)

    def show_theme(self) -> None:
        """Take on the theme in force."""
        plot_style = self.plot_style
        for pane in self.panes:
            pane.setBackgroundBrush(QColor(style.current().bg1))
        for plot in self.plots:
            plot.set_style(plot_style)

    def home(self) -> None:
        """Show everything again."""
        for plot in self.plots:
            plot.home()
