"""Where the docks of the window stand: in two columns or one, as they were left, or out of the way of a lecture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEventLoop, QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import QApplication

from gdsim.ui.docks import NARROW, arrange, share
from gdsim.ui.preferences import LAYOUT_VERSION
from gdsim.ui.tab_order import chain

if TYPE_CHECKING:
    from gdsim.ui.main_window import MainWindow

SMALL = 0.46
"""The part of the column that the data has at most below the rows of an update or the words of a diagnosis."""
LEAST_PLOT = 130
"""Pixels of the plot of the data in a remembered layout; with fewer the column is shared anew."""
LAYOUT_KEYS = {False: "layout", True: "layout_narrow"}
"""Where the places of the docks are remembered: of a wide window, and of a narrow one."""
SHORT = 760
"""Pixels of height below which panels leave out what they can do without."""


class Arrangement(QObject):
    """The places of a window's docks.

    Two layouts are remembered: of a wide window, and of a narrow one, in which the docks stand in one column.

    Attributes:
        barred: Docks that are left out until the program ends.
        is_away: Whether docks and bars are out of the way, since the plots have the whole screen.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.barred: tuple[str, ...] = ()
        self.is_away = False
        self._narrow: bool | None = None
        self._layouts: dict[bool, QByteArray] = {}
        self._before = QByteArray()
        self._reading: bool | None = None
        self._diagnosis_seen = False
        self._titles = QTimer(self)
        self._titles.setSingleShot(True)
        for dock in window.docks.values():
            for changed in (dock.topLevelChanged, dock.dockLocationChanged, dock.toggleViewAction().toggled):
                changed.connect(lambda _: self._titles.start(0))

    @property
    def is_narrow(self) -> bool:
        """Whether the docks stand in one column."""
        return bool(self._narrow)

    # --- from one start of the program to the next

    def sketch(self) -> None:
        """Keep the places of the docks free while they are still empty."""
        window, narrow = self._window, self._window.width() < NARROW
        arrange(window, window.docks, narrow=narrow)
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)  # everything takes its size
        window.restoreState(window.preferences.data(LAYOUT_KEYS[narrow]), LAYOUT_VERSION)
        self._restore_splitters()

    def follow(self) -> None:
        """Take note of what the docks show from now on: they are filled."""
        window = self._window
        self._titles.timeout.connect(self._show_titles)
        window.data.part_wanted.connect(self._share_column)
        window.docks["diagnosis"].visibilityChanged.connect(self._diagnosis_seen_now)
        window.docks["update"].visibilityChanged.connect(self._update_seen_now)

    def begin(self) -> None:
        """Put the docks where they were left; only a window that has been laid out once takes their sizes."""
        window = self._window
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)
        self.reset()
        for narrow, key in LAYOUT_KEYS.items():
            self._layouts[narrow] = window.preferences.data(key)
        self._put(self._layouts[self.is_narrow])
        self._restore_splitters()

    def _restore_splitters(self) -> None:
        stage = self._window.stage
        for name, splitter in (("splitter", stage.splitter), ("lower", stage.lower_splitter)):
            kept = self._window.preferences.data(name)
            if not kept.isEmpty():
                splitter.restoreState(kept)

    def end(self) -> None:
        """Leave it to the preferences where everything stands."""
        self._titles.stop()
        window, preferences = self._window, self._window.preferences
        self._layouts[self.is_narrow] = self.saved()
        for narrow, key in LAYOUT_KEYS.items():
            preferences.put(key, self._layouts[narrow])
        if not self.is_away:
            preferences.put("geometry", window.saveGeometry())
            preferences.put("splitter", window.stage.splitter.saveState())
            preferences.put("lower", window.stage.lower_splitter.saveState())

    # --- putting docks somewhere

    def reset(self) -> None:
        """Put every dock back in its place."""
        window = self._window
        if self.is_away:
            self._before = QByteArray()  # that is how it will be
            return
        self._narrow = window.width() < NARROW
        if self._narrow:
            window.runs.take_button()
        else:
            window.docks["runs"].take(window.runs.give_button())
        if window.teaching:
            window.room.rearrange()
            return
        arrange(window, window.docks, narrow=self._narrow)
        self._hide_barred()
        self._share_column()
        self._compact()

    def _put(self, state: QByteArray) -> None:
        """Put the docks where they were; whatever was remembered, the bars are there."""
        if not state.isEmpty() and not self._window.restoreState(state, LAYOUT_VERSION):
            self.reset()
        for bar in self._window.bars:
            bar.setVisible(not self.is_away)
        self._hide_barred()

    def saved(self) -> QByteArray:
        """Where the docks are, or were before the plots filled the screen."""
        return self._before if self.is_away else self._window.saveState(LAYOUT_VERSION)

    def put_back(self, state: QByteArray, *, narrow: bool) -> None:
        """Put the docks where they were when the window was wide or narrow as is told; or do so once that is seen."""
        self._layouts[narrow] = state
        if self.is_away:
            self._before = self._layouts[self.is_narrow]
            return
        self.reset()
        self._put(self._layouts[self.is_narrow])

    def leave_out(self, names: tuple[str, ...]) -> None:
        """Do without some docks until the program ends."""
        self.barred = names
        self._hide_barred()

    def _hide_barred(self) -> None:
        for name in self.barred:
            self._window.docks[name].hide()
            self._window.docks[name].toggleViewAction().setVisible(False)

    # --- for the whole screen

    def go_away(self) -> None:
        """Hide docks and bars, and give the plots the screen."""
        window = self._window
        self._before = window.saveState(LAYOUT_VERSION)
        self.is_away = True
        for widget in (*window.bars, window.menuBar(), window.statusBar(), window.room.dock, *window.docks.values()):
            widget.hide()
        window.setWindowState(window.windowState() | Qt.WindowState.WindowFullScreen)

    def come_back(self, *, anew: bool) -> None:
        """Show them again where they were; ``anew``: as for something else that is seen now."""
        window, self.is_away = self._window, False
        window.setWindowState(window.windowState() & ~Qt.WindowState.WindowFullScreen)
        for widget in (window.menuBar(), window.statusBar()):
            widget.show()
        if anew:
            self._before = QByteArray()
        if self._before.isEmpty():
            self.reset()
        self._put(self._before)

    # --- for the size of the window

    def fit(self) -> None:
        """Fold the docks into one column where there is little room."""
        if self.is_away:
            return
        if (self._window.width() < NARROW) != self._narrow:
            self._fold()
        self._compact()

    def _fold(self) -> None:
        """Change between one column of docks and two; what was closed stays closed."""
        if self._window.teaching:
            self.reset()
            return
        self._layouts[self.is_narrow] = self._window.saveState(LAYOUT_VERSION)
        closed = [dock for dock in self._window.docks.values() if dock.isHidden()]
        self.reset()
        self._put(self._layouts[self.is_narrow])
        for dock in closed:
            dock.hide()

    def _compact(self) -> None:
        window = self._window
        window.play_bar.set_narrow(self.is_narrow)
        window.landscape.set_compact(self.is_narrow)
        window.runs.settings.set_compact(window.height() < SHORT)

    # --- for what the docks show

    @Slot()
    def _share_column(self) -> None:
        window = self._window
        much_to_read = window.update_.seen or self._diagnosis_seen
        share(window, window.docks, min(window.data.part, SMALL) if much_to_read else window.data.part)

    @Slot(bool)
    def _diagnosis_seen_now(self, seen: bool) -> None:
        self._diagnosis_seen = seen
        if seen:
            self._titles.start(0)

    @Slot(bool)
    def _update_seen_now(self, seen: bool) -> None:
        if seen:
            self._titles.start(0)

    @Slot()
    def _show_titles(self) -> None:
        window = self._window
        docks = [*(window.room.docks if window.teaching else []), *window.docks.values()]
        for dock in docks:
            dock.show_title()
        stops = [stop for dock in docks for stop in dock.stops()]
        chain([window.stage, *stops, *window.play_bar.stops()])
        before, self._reading = self._reading, window.update_.seen or self._diagnosis_seen
        squeezed = before is None and window.data.pane.isVisible() and window.data.pane.height() < LEAST_PLOT
        if self._reading and (before is False or squeezed):
            self._share_column()
