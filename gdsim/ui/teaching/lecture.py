"""Lecture mode: the plots on the whole screen, in letters for the back row, and below them what a scene says.

It is made when lecture mode begins and gone when it ends; nothing of it is loaded before.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QObject, QPoint, Qt, Slot
from PySide6.QtWidgets import QSplitter, QWidget

from gdsim.lessons.lesson import PLOTS, Choose, Order, Setup
from gdsim.ui.numbers import nice
from gdsim.ui.teaching.caption import Caption
from gdsim.ui.teaching.cards import Cards
from gdsim.ui.teaching.chips import Chip, ProgressLine, RunKey
from gdsim.ui.teaching.pointer import Black, Mouse

if TYPE_CHECKING:
    from gdsim.ui.main_window import MainWindow
    from gdsim.ui.plots.moment import Moment
    from gdsim.ui.stage import Pane

LINES = 1080
"""The height of screen that all sizes are given for."""
SCALE, LEAST_SCALE = 2.3, 1.3
"""How much larger plots are drawn there, and at least: the smallest letters in them, of 11 pixels, have 25 then."""
CAPTION, MOST = 0.36, 0.46
"""The part of the screen that words should have, and that they have at most."""
COLUMN, WIDE = 560, 880
"""Pixels of the column of cards and curves at 1080 lines, and with a script in it."""
CURVES = 0.32
"""The part of that column that each plot of curves has at least."""
LOWER = 0.34
"""The part of the plots that the curves below the landscape have."""
INSET = 20
"""Pixels between a chip and the edge of the plot, at 1080 lines."""


@dataclass(frozen=True)
class _Before:
    """What was there before."""

    splitters: list[tuple[QSplitter, Qt.Orientation, QByteArray]]
    named: object


class Lecture(QObject):
    """Fills the window for as long as it lives; ``end`` gives back what was there."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.teacher = window.room.teacher
        stage = window.stage
        splitters = (stage.splitter, stage.upper_splitter, stage.lower_splitter)
        self._before = _Before([(one, one.orientation(), one.saveState()) for one in splitters], window.room.named)
        self.caption: Caption | None = None
        self.cards: Cards | None = None
        self.worded = True
        self._setup: Setup | None = None
        self._unit = 0.0
        self._black: Black | None = None
        self._wanted = 0
        self.chips = (Chip(stage, "Step"), Chip(stage, "Learning rate"))
        self.key = RunKey(stage)
        self.line = ProgressLine()
        window.around.addWidget(self.line)
        if window.notice is not None:
            window.notice.hide()
        self.mouse = Mouse(window)
        self.teacher.changed.connect(self.show_scene)
        self.fit()
        self.show_scene()

    @property
    def unit(self) -> float:
        """How large things are, as a part of what they are on a screen of 1080 lines."""
        return max(self._window.height() / LINES, LEAST_SCALE / SCALE)

    @property
    def teaching(self) -> bool:
        """Whether a lesson is open."""
        return self.teacher.teaching

    # What is there

    @Slot()
    def fit(self) -> None:
        """Take the sizes that the window asks for."""
        if self.unit != self._unit:
            self._unit = self.unit
            self._window.stage.enlarge(SCALE * self.unit, stark=True)
            self.line.fit(self.unit)
            self._setup = None
        self.show_scene()
        if self._black is not None:
            self._black.cover()
        if self.mouse.dot is not None:
            self.mouse.dot.cover()

    @Slot()
    def show_scene(self) -> None:
        """Show the plots, the words and the cards of the scene, or all plots where no lesson is open."""
        window, setup = self._window, self.teacher.setup
        window.stage.show_plots(setup.plots if setup is not None else PLOTS)
        if setup is not self._setup or setup is None:
            self._show_cards(setup)
        self._show_words()
        self._share()
        window.request_frame()

    def show_theme(self) -> None:
        """Take on the theme in force."""
        self._setup = None
        self.show_scene()
        for part in (*self.chips, self.key):
            part.update()

    def _share(self) -> None:
        """The landscape has most of the room: in a lesson beside cards and curves, else above the curves."""
        stage, unit, window = self._window.stage, self.unit, self._window
        across, up = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        whole = stage.upper_splitter.isVisibleTo(stage)
        column = self.teaching and whole
        stage.landscape.height_bar.shown = not column  # it would hide too much there
        stage.splitter.setOrientation(across if column else up)
        stage.lower_splitter.setOrientation(up if column else across)
        stage.upper_splitter.setSizes([500, 500])
        wide = min(round((WIDE if self.cards is not None and self.cards.wide else COLUMN) * unit), window.width() // 2)
        if self.cards is not None:
            stage.lower_splitter.insertWidget(0 if column else 2, self.cards)
            stage.lower_splitter.setVisible(True)
        if not column:
            stage.splitter.setSizes([round(1000 * (1.0 - LOWER)), round(1000 * LOWER)])
            rest = (window.width() - (wide if self.cards is not None else 0)) // 2
            stage.lower_splitter.setSizes([rest, rest, wide])
            return
        stage.splitter.setSizes([window.width() - wide, wide])
        height = window.height() - self.line.height() - (self.caption.height() if self.caption is not None else 0)
        height -= 2 * self._window.around.spacing()
        curves = [pane for pane in stage.panes[1:3] if pane.isVisibleTo(stage.lower_splitter)]
        if self.cards is not None:
            self._wanted = self.cards.wanted(wide)
            own = min(self._wanted, height - len(curves) * round(CURVES * height)) if curves else height
            height -= stage.lower_splitter.handleWidth() * len(curves)
            each = (height - own) // max(len(curves), 1)
            stage.lower_splitter.setSizes([own, each, each])
            self.cards.have(own)
        else:
            stage.lower_splitter.setSizes([500, 500])

    def _show_cards(self, setup: Setup | None) -> None:
        window, self._setup = self._window, setup
        if self.cards is not None:
            self._drop(self.cards)
            self.cards.let_go()
            self.cards = None
        if setup is None:
            return
        cards = Cards(window, setup, window.stage.plot_style, self.unit)
        if not cards.cards:
            cards.deleteLater()
            return
        self.cards = cards
        moment = window.moment()
        cards.draw(moment)
        cards.tell(moment, resting=not window.session.busy)

    def _show_words(self) -> None:
        """Have the words of the scene, unless they were sent away."""
        window = self._window
        if not (self.teaching and self.worded):
            if self.caption is not None:
                self._drop(self.caption)
                self.caption = None
            return
        if self.caption is None:
            self.caption = Caption(self.teacher)
            window.around.insertWidget(window.around.indexOf(self.line), self.caption)
            self.caption.show()
            window.actions_.lend(self.caption)
        focused = self.caption.isAncestorOf(window.focusWidget()) if window.focusWidget() is not None else False
        good, most = round(CAPTION * window.height()), round(MOST * window.height())
        self.caption.show_scene(window.width(), good, most, self.unit)
        if focused:
            window.stage.setFocus()

    def _drop(self, part: QWidget) -> None:
        if part.isAncestorOf(self._window.focusWidget() or part):
            self._window.stage.setFocus()
        part.hide()
        part.deleteLater()

    # Frames

    def draw(self, moment: Moment) -> None:
        """Show a frame: chips, line and what stands on the cards."""
        session = self._window.session
        run = moment.trajectory.runs[moment.selected]
        rate = _rate(moment)
        texts = f"step {moment.cursor:,}", f"η = {nice(rate, 3)}" if math.isfinite(rate) else ""
        bare = self._window.stage.upper_splitter.isHidden()  # a card tells it without lying over curves
        if run.last < 0 or (bare and self.cards is not None and self.cards.reads):
            texts = "", ""
        elif self._asks_for_rates:
            texts = texts[0], ""
        theme = self._window.stage.plot_style.theme
        runs = sorted(moment.visible(), key=lambda pair: pair[0]) if bare else []
        self.key.tell(
            tuple((run.label, moment.look(theme, index), index == moment.selected) for index, run in runs), self.unit
        )
        for chip, text in zip(self.chips, texts, strict=True):
            chip.tell(text, self.unit)
        self._place_chips()
        self.line.show_part(moment.cursor / max(session.last, 1))
        if self.cards is not None:
            self.cards.draw(moment)

    def tell(self, moment: Moment, *, resting: bool) -> None:
        """Show what is read rather than watched."""
        if self.cards is not None:
            self.cards.tell(moment, resting=resting)
            if self.cards.wanted(self.cards.width()) > self._wanted:
                self._share()

    @property
    def _asks_for_rates(self) -> bool:
        """Whether the room is to find out which run has which rate."""
        task = self.teacher.task
        return isinstance(task, Order) and not self.teacher.revealed

    def _place_chips(self) -> None:
        """Over the lower corners of the landscape; where there is none, in the upper corner of a plot of curves."""
        stage, inset = self._window.stage, round(INSET * self.unit)
        grounds = [pane for pane in stage.panes if pane.plot in stage.grounds and not pane.isHidden()]
        if stage.upper_splitter.isHidden() or not grounds:
            pane = next(pane for pane in stage.panes if not pane.isHidden() and pane.plot not in stage.grounds)
            corner = _corner(stage, pane, right=True, bottom=False) + QPoint(-inset, inset)
            for part in (*self.chips, self.key):
                part.put(corner, right=True, bottom=False)
                corner += QPoint(0, 0 if part.isHidden() else part.height() + inset // 2)
            return
        first, last = grounds[0], grounds[-1]
        left = _corner(stage, first, right=False, bottom=True) + QPoint(inset + stage.axes_room(first), -inset)
        self.chips[0].put(left, right=False, bottom=True)
        right = _corner(stage, last, right=True, bottom=True) - QPoint(inset, inset)
        if right.x() - self.chips[1].width() < left.x() + self.chips[0].width():
            right -= QPoint(0, self.chips[0].height() + inset // 2)
        self.chips[1].put(right, right=True, bottom=True)
        stage.reserve([chip.geometry() for chip in self.chips if not chip.isHidden()])

    # What a speaker does

    def answer(self, place: int) -> bool:
        """Choose an answer, where a question is open; returns whether it was."""
        if not isinstance(self.teacher.task, Choose) or self.teacher.revealed:
            return False
        self.teacher.choose(place)
        return True

    def toggle_words(self) -> None:
        """Send the words away, or have them back."""
        self.worded = not self.worded
        self._show_words()
        self._share()
        self._window.request_frame()

    def toggle_pointer(self) -> None:
        """Have the red dot, or the mouse's cursor again."""
        self.mouse.point(not self.mouse.pointing, self.unit)

    @property
    def is_black(self) -> bool:
        """Whether nothing is seen."""
        return self._black is not None

    def toggle_black(self) -> None:
        """Turn the screen black, or show the picture again."""
        if self._black is not None:
            self.lift()
            return
        if self._window.session.playing:
            self._window.session.toggle_play()
        self._black = Black(self._window)
        self._black.lifted.connect(self.lift)
        self._window.announcer.say("The screen is black")
        self._black.cover()

    @Slot()
    def lift(self) -> None:
        """Show the picture again."""
        if self._black is not None:
            self._black.hide()
            self._black.deleteLater()
            self._black = None
            self._window.stage.setFocus()

    # The end

    @property
    def named_before(self) -> object:
        """The docks that the scene named when it began."""
        return self._before.named

    def stop(self) -> None:
        """Watch nothing any more."""
        self.mouse.stop()

    def end(self) -> None:
        """Give back what was there before."""
        window, stage = self._window, self._window.stage
        self.teacher.changed.disconnect(self.show_scene)
        self.stop()
        self.lift()
        self._show_cards(None)
        for part in (self.caption, self.line, self.key, *self.chips):
            if part is not None:
                self._drop(part)
        stage.reserve([])
        stage.enlarge(1.0, stark=False)
        stage.landscape.height_bar.shown = True
        stage.show_plots(PLOTS)
        for splitter, orientation, state in self._before.splitters:
            splitter.setOrientation(orientation)
            splitter.restoreState(state)
        if window.notice is not None:
            window.notice.show()
        self.deleteLater()


def _rate(moment: Moment) -> float:
    """The rate of the selected run's next update; behind its last one, of that."""
    run = moment.trajectory.runs[moment.selected]
    row = min(moment.cursor, run.last)
    if row < 0:
        return math.nan
    rate = run.at(row).lr
    return run.at(run.known(row - 1)).lr if math.isnan(rate) and row > 0 else rate


def _corner(stage: QWidget, pane: Pane, *, right: bool, bottom: bool) -> QPoint:
    """A corner of the area of a plot, as the stage sees it."""
    area = pane.plot.area()
    corner = QPoint(round(area.right() if right else area.left()), round(area.bottom() if bottom else area.top()))
    return pane.viewport().mapTo(stage, corner)
