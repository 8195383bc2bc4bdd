"""The window: puts actions, docks, plots and session together. It shows itself first and loads the rest then."""

from __future__ import annotations

import gc
import logging
import sys
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from PySide6 import QtCore, QtGui
from PySide6.QtCore import QByteArray, QEventLoop, QObject, QSize, QTimer, Signal, Slot
from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import (
    QApplication,
    QInputDialog,
    QLabel,
    QMainWindow,
    QMenu,
    QSizePolicy,
    QTabBar,
    QTabWidget,
    QToolBar,
    QVBoxLayout,
    QWidget,
)

from gdsim.ui.preferences import LAYOUT_VERSION, Preferences

if TYPE_CHECKING:
    from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent, QResizeEvent

    from gdsim.core.experiment import Experiment
    from gdsim.ui.stage import Space
    from gdsim.ui.teaching.classroom import Classroom
    from gdsim.ui.teaching.lecture import Lecture
    from gdsim.ui.teaching.presenter import Presenter

# Whatever is imported above is waited for before the window can be seen. PySide makes a class when it is first asked
# for, and QtCore.Qt with its hundred enumerations takes it longer than the first picture: it is named where it is used.

log = logging.getLogger(__name__)

FRAME = 16
"""Milliseconds between two frames."""
READ_EVERY = {"texts": 0.1, "insight": 0.15}
"""Seconds between two updates of what is read rather than watched: nobody reads a number that changes sooner."""
PATIENCE = 0.1
"""Seconds that the first picture waits for the first steps at most."""
REST_AFTER = 120
"""Milliseconds after the first picture until the rest is loaded."""
MESSAGE_TIME = 6_000
STATUS_HEIGHT = 27
"""Pixels of the status bar, so that there is room for a recording's progress from the start."""
GROUND = "#0E1217"
"""The ground of the very first start: that of the dark theme."""
LONGEST_TITLE = 500
SMALL = 0.46
"""The part of the column that the data has at most below the rows of an update or the words of a diagnosis."""
LEAST_PLOT = 130
"""Pixels of the plot of the data in a remembered layout; with fewer the column is shared anew."""
WRITING = ("save", "save_as", "save_picture", "record_video", "record_live", "export_answers", "export_lesson")
"""Actions that write files."""
LAYOUT_KEYS = {False: "layout", True: "layout_narrow"}
"""Where the places of the docks are remembered: of a wide window, and of a narrow one."""


class MainWindow(QMainWindow):
    """The program's window.

    Built in two steps, so that something is on the screen at once: the constructor makes an empty window,
    ``furnish`` loads NumPy, the plots and the session and fills it.
    """

    def __init__(self, preferences: Preferences) -> None:
        super().__init__()
        self.preferences = preferences
        self.furnished = False
        self._closing = False
        self.setWindowTitle("gdsim")
        self.setAcceptDrops(True)
        self.setMinimumSize(QSize(800, 600))
        self.resize(QSize(1440, 900).boundedTo(self.screen().availableSize() - QSize(8, 40)))  # room for the frame
        geometry = preferences.data("geometry")
        if not geometry.isEmpty():
            self.restoreGeometry(geometry)

    # Assembly

    def furnish(self, experiment: Experiment) -> None:
        """Fill the window, and show ``experiment``: the plots first, and what stands around them when they are seen."""
        self._furnish_middle(experiment)
        self._show_first_picture()
        self.setUpdatesEnabled(False)  # the picture stays as it is until everything stands
        self._furnish_docks()
        self._connect()
        self._restore()
        self.show_experiment(experiment)
        self._restore_layout()
        self.setUpdatesEnabled(True)
        self.furnished = True
        self.stage.home()
        self.stage.setFocus()
        if self._closing:
            QTimer.singleShot(0, self.close)

    def _furnish_middle(self, experiment: Experiment) -> None:
        """Everything but the contents of the docks, whose places are kept free."""
        from gdsim.session.session import Session
        from gdsim.ui.actions import Actions
        from gdsim.ui.ahead import Ahead
        from gdsim.ui.commands import Commands
        from gdsim.ui.ensembles import Ensembles
        from gdsim.ui.files import Files
        from gdsim.ui.history import DocumentEditor
        from gdsim.ui.panels.play_bar import PlayBar
        from gdsim.ui.stage import Stage

        self.session = Session(experiment, self)
        self.undo_stack = QUndoStack(self)
        self.ahead = Ahead(self)
        self.editor = DocumentEditor(self.session, self.undo_stack, self.ahead)
        self.files = Files(self)
        self.stage = Stage()
        self.setCentralWidget(self._make_middle())
        self.setFocusProxy(self.stage)
        self.actions_ = Actions(Commands(self), self, self.stage)
        self.play_bar = PlayBar(self.session, self.actions_)
        self._make_status_bar()
        self.ensembles = Ensembles(lambda: self.session.playing, self)
        self.statusBar().addPermanentWidget(self.ensembles.strip)
        self._make_docks()
        self._make_bars()
        self._make_menus()
        self._make_clock()

    def _show_first_picture(self) -> None:
        """Have the plots on the screen before anything else is loaded; nobody can press or type anything yet."""
        from gdsim.ui.docks import NARROW, arrange

        narrow = self.width() < NARROW
        arrange(self, self.docks, narrow=narrow)
        flags = QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents
        QApplication.processEvents(flags)  # everything takes its size
        self.restoreState(self.preferences.data(LAYOUT_KEYS[narrow]), LAYOUT_VERSION)
        self._restore_splitters()
        self.stage.home()
        patience = QTimer()  # it wakes whoever waits for events, if nothing else does
        patience.setSingleShot(True)
        patience.start(round(1000 * PATIENCE))
        while not all(self.session.trajectory.runs) and patience.isActive():
            self.session.tick(0.0)  # there are no frames yet that would have the worker go on
            QApplication.processEvents(flags | QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        self.stage.draw(self.moment())
        for _ in range(2):  # painted, and handed to the screen
            QApplication.processEvents(flags)

    def _furnish_docks(self) -> None:
        """Fill the docks, and make what the first picture does without."""
        from gdsim.ui.announcer import Announcer
        from gdsim.ui.edge import EdgeTracer
        from gdsim.ui.panels.data_panel import DataPanel
        from gdsim.ui.panels.diagnosis_panel import DiagnosisPanel
        from gdsim.ui.panels.landscape_panel import LandscapePanel
        from gdsim.ui.panels.readings_panel import ReadingsPanel
        from gdsim.ui.panels.runs_panel import RunsPanel
        from gdsim.ui.panels.update_panel import UpdatePanel
        from gdsim.ui.recording_desk import RecordingDesk

        plot, actions = self.stage.landscape, self.actions_
        self.landscape = LandscapePanel(self.session, self.editor)
        self.runs = RunsPanel(self.session, self.editor)
        self.readings = ReadingsPanel(self.session)
        self.data = DataPanel(self.session, self.editor)
        self.diagnosis = DiagnosisPanel(self.session, self.editor)
        self.update_ = UpdatePanel(plot.arrows.insight, plot.ellipse.curvature, actions["arrows"], actions["ellipse"])
        self.edges = EdgeTracer(self)
        self.announcer = Announcer(self.session, self.stage)
        contents = (self.landscape, self.runs, self.readings, self.update_, self.diagnosis, self.data)
        for dock, content in zip(self.docks.values(), contents, strict=True):
            dock.fill(content)
        self._make_recovery()
        self.desk = RecordingDesk(self)
        self.desk.live_changed.connect(actions["record_live"].setChecked)

    def _make_middle(self) -> QWidget:
        """The plots, with room above them for a notice, and in lecture mode below them for words."""
        middle = QWidget()
        self.around = QVBoxLayout(middle)
        self.around.setContentsMargins(0, 0, 0, 0)
        self.around.setSpacing(6)
        self.around.addWidget(self.stage, 1)
        return middle

    def _make_docks(self) -> None:
        from gdsim.ui.docks import DOCKS, Dock

        self.docks = {spec.id: Dock(spec, self) for spec in DOCKS}
        self.setDockNestingEnabled(True)
        self.setTabPosition(QtCore.Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self._titles = QTimer(self)
        self._titles.setSingleShot(True)
        for dock in self.docks.values():
            for changed in (dock.topLevelChanged, dock.dockLocationChanged, dock.toggleViewAction().toggled):
                changed.connect(lambda _: self._titles.start(0))
        self._narrow: bool | None = None
        self._reading: bool | None = None
        self._diagnosis_seen = False
        self._layouts: dict[bool, QByteArray] = {}
        self.classroom: Classroom | None = None
        self.lecture: Lecture | None = None
        self.presenter: Presenter | None = None
        self.barred: tuple[str, ...] = ()
        self._before = QByteArray()
        self._full = False

    def _make_bars(self) -> None:
        from gdsim.ui.title import Title

        top = QToolBar("Toolbar")
        top.setObjectName("toolbar")
        top.setMovable(False)
        top.setIconSize(QSize(20, 20))
        top.setContextMenuPolicy(QtCore.Qt.ContextMenuPolicy.PreventContextMenu)
        self._title = Title()
        self._title.double_clicked.connect(self.edit_title)
        for name in ("open", "save", "", "undo", "redo", "", "home", "contours", "view_3d"):
            _add(top, self.actions_, name)
        top.addWidget(_spring())
        top.addWidget(self._title)
        top.addWidget(_spring())
        for name in ("save_picture", "record_video", "", "theme", "full_screen", "shortcuts"):
            _add(top, self.actions_, name)
        self.addToolBar(QtCore.Qt.ToolBarArea.TopToolBarArea, top)
        bottom = QToolBar("Play bar")
        bottom.setObjectName("playbar")
        bottom.setMovable(False)
        bottom.setContextMenuPolicy(QtCore.Qt.ContextMenuPolicy.PreventContextMenu)
        self.play_bar.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        bottom.addWidget(self.play_bar)
        self.addToolBar(QtCore.Qt.ToolBarArea.BottomToolBarArea, bottom)
        self.bars = (top, bottom)

    def _make_menus(self) -> None:
        from gdsim.ui.actions import ACTIONS, MENU_TITLES

        self.menus = menus = {name: self.menuBar().addMenu(title) for name, title in MENU_TITLES.items()}
        for spec in ACTIONS:
            if spec.separated:
                menus[spec.menu].addSeparator()
            menus[spec.menu].addAction(self.actions_[spec.id])
            if spec.id == "open":
                self._add_document_menus(menus["File"])
            if spec.id == "open_lesson":
                self._add_lesson_menus(menus["Lessons"])
        self.menus["docks"] = docks = menus["View"].addMenu("&Docks")
        for dock in self.docks.values():
            docks.addAction(dock.toggleViewAction())

    def _add_document_menus(self, menu: QMenu) -> None:
        self.menus["recent"] = recent = menu.addMenu("Open &recent")
        self.menus["ready-made"] = menu.addMenu("Ready-made &experiments")
        menu.aboutToShow.connect(lambda: self.files.fill_recent(recent))
        self.files.fill_ready_made(self.menus["ready-made"])

    def _add_lesson_menus(self, menu: QMenu) -> None:
        for name in ("lessons", "quizzes"):
            self.menus[name] = shelf = menu.addMenu(f"&{name.capitalize()}")
            menu.aboutToShow.connect(lambda shelf=shelf, name=name: self.room.fill_menu(shelf, name))

    def _make_status_bar(self) -> None:
        from gdsim.ui import style

        self._message = QLabel()
        self._hover = QLabel()
        self._hover.setFont(style.font())
        bar = self.statusBar()
        bar.setSizeGripEnabled(False)
        bar.setMinimumHeight(STATUS_HEIGHT)
        bar.setContentsMargins(8, 0, 12, 0)
        bar.addWidget(self._message, 1)
        bar.addPermanentWidget(self._hover)
        self._message.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._spoken = QTimer(self)
        self._spoken.setSingleShot(True)
        self._spoken.timeout.connect(self._show_state)

    def _make_clock(self) -> None:
        from gdsim.ui.turns import Turns

        self._clock = QTimer(self)
        self._clock.setTimerType(QtCore.Qt.TimerType.PreciseTimer)
        self._clock.setInterval(FRAME)
        self._clock.timeout.connect(self._frame)
        self._last_frame = perf_counter()
        self._read_at = dict.fromkeys(READ_EVERY, 0.0)
        self._wanted = True
        self._turns = Turns(2)

    def _make_recovery(self) -> None:
        from gdsim.ui.recovery import DELAY, Recovery

        self.recovery = Recovery(self.preferences.path.parent)
        self._spare = QTimer(self)
        self._spare.setSingleShot(True)
        self._spare.setInterval(DELAY)
        self._spare.timeout.connect(self._keep_spare)
        self._offer_recovery(self.recovery.left_behind())

    def _offer_recovery(self, left: list[Path]) -> None:
        """Offer what a program that ended suddenly had not saved: once, and without standing in the way."""
        from gdsim.ui.notice import Notice
        from gdsim.ui.recovery import time_of

        if not left:
            self.notice: Notice | None = None
            return
        tips = ("Show it, as an experiment that has not been saved yet.", "Delete it.")
        notice = Notice(f"Unsaved work from {time_of(left[0])} was recovered.", ("Open", "Discard"), tips)
        notice.answered.connect(lambda answer: self._recovery_answered(left, open_it=answer == 0))
        self.around.insertWidget(0, notice)
        self.notice = notice

    def _recovery_answered(self, left: list[Path], *, open_it: bool) -> None:
        if not open_it:
            self.recovery.remove(left[0])
        stays = open_it and not self.files.recover(left[0])  # with the present document, which is unsaved too
        self._offer_recovery(left if stays else left[1:])
        self.stage.setFocus()

    def _connect(self) -> None:
        session, stage = self.session, self.stage
        self._titles.timeout.connect(self._show_dock_titles)
        session.woken.connect(self._wake)
        session.replaced.connect(self._note_edit)
        session.replaced.connect(self._forget_words)
        session.replaced.connect(self._show_document)
        session.selection_changed.connect(self._show_selection)
        session.playing_changed.connect(self._wake)
        session.failed.connect(self._run_failed)
        self.editor.refused.connect(self._edit_refused)
        self.editor.dropped.connect(self._show_document)
        self.play_bar.play_pressed.connect(session.toggle_play)
        self.runs.refused.connect(self.warn)
        self.runs.said.connect(self.say)
        self.landscape.refused.connect(self.warn)
        self.readings.run_clicked.connect(session.select)
        self.docks["readings"].visibilityChanged.connect(self._readings_seen_now)
        self.diagnosis.jumped.connect(session.jump)
        self.diagnosis.run_clicked.connect(session.select)
        self.diagnosis.refused.connect(self.warn)
        self.diagnosis.said.connect(self.say)
        self.diagnosis.learned.connect(self._wake)
        self.docks["diagnosis"].visibilityChanged.connect(self._diagnosis_seen_now)
        self.data.refused.connect(self.warn)
        self.data.opened.connect(lambda path: self.files.open(path, known=False))
        self.data.csv_wanted.connect(self._import_csv)
        self.data.part_wanted.connect(self._share_column)
        stage.landscape.run_clicked.connect(session.select)
        stage.landscape.start_moved.connect(self._start_moved)
        stage.landscape.start_dropped.connect(self._start_dropped)
        stage.landscape.hovered.connect(self._show_hover)
        stage.loss.cursor_requested.connect(session.jump)
        stage.schedule.cursor_requested.connect(session.jump)
        self.update_.wanted.connect(self._wake)
        self.docks["update"].visibilityChanged.connect(self._update_seen_now)
        self.update_.term_selected.connect(stage.landscape.light_arrow)
        self.update_.magnify_changed.connect(self._magnify_arrows)
        self.update_.limit_changed.connect(lambda limit: self.runs.settings.form("optimizer").set_limit("lr", limit))
        stage.solid_made.connect(self._solid_made)
        self.edges.traced.connect(self._show_edge)
        self.ensembles.grown.connect(self._wake)
        self.ensembles.said.connect(self.say)
        self.undo_stack.cleanChanged.connect(lambda _clean: self.show_title())
        self.undo_stack.indexChanged.connect(self._edited)

    def _restore(self) -> None:
        from gdsim.session.player import SPEEDS

        actions, preferences = self.actions_, self.preferences
        self.session.set_speed(preferences.number("speed", 20.0, SPEEDS[0], SPEEDS[-1]))
        actions["contours"].setChecked(preferences.flag("contours", True))
        self.stage.landscape.show_contours(actions["contours"].isChecked())
        actions["log_loss"].setChecked(preferences.flag("log_loss", True))
        self.stage.loss.set_log(actions["log_loss"].isChecked())
        for name in ("arrows", "ellipse", "fan"):
            actions[name].setChecked(preferences.flag(name, False))
        self.update_.set_magnify(preferences.text("magnify", "fit"))
        space = preferences.text("space", "2d")
        self.stage.show_space("3d" if space == "3d" else "both" if space == "both" else "2d")
        if preferences.note:
            self.say(preferences.note)

    def _restore_layout(self) -> None:
        """Put the docks where they were; only a window that has been laid out once takes their sizes."""
        preferences = self.preferences
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)
        self.reset_layout()
        for narrow, key in LAYOUT_KEYS.items():
            self._layouts[narrow] = preferences.data(key)
        self._restore_docks(self._layouts[bool(self._narrow)])
        self._restore_splitters()

    def _restore_splitters(self) -> None:
        for name, splitter in (("splitter", self.stage.splitter), ("lower", self.stage.lower_splitter)):
            kept = self.preferences.data(name)
            if not kept.isEmpty():
                splitter.restoreState(kept)

    # Frames

    @Slot()
    def _wake(self) -> None:
        self._wanted = True
        if not self._clock.isActive():
            self._last_frame = perf_counter()
            self._clock.start()

    def request_frame(self) -> None:
        """Have everything drawn again soon."""
        self._wake()

    @Slot()
    def _frame(self) -> None:
        now = perf_counter()
        passed, self._last_frame = now - self._last_frame, now
        changed = self.session.tick(passed) or self._wanted or self._turns.due
        self._wanted = False
        if changed:
            moment = self.moment()
            self._draw_plots(moment)
            if self.lecture is not None:
                self.lecture.draw(moment)
            self.play_bar.update_reading()
            self.readings.update_readings()
            self.announcer.observe()
        resting = not self.session.busy
        if resting:
            self._update_texts()
            self._update_insight(resting=True)
        else:
            self._update_what_is_late(now)
        if resting and not changed:
            self._clock.stop()

    def _update_what_is_late(self, now: float) -> None:
        """Bring up to date what is read, if it is time to: the latest of it, so that no frame bears all of it."""
        late = {name: (now - self._read_at[name]) / every for name, every in READ_EVERY.items()}
        latest = max(late, key=late.__getitem__)
        if late[latest] < 1.0:
            return
        self._read_at[latest] = now
        if latest == "texts":
            self._update_texts()
        else:
            self._update_insight(resting=False)

    @Slot()
    def _note_edit(self) -> None:
        self._turns.note_edit()

    def _draw_plots(self, moment: Any) -> None:
        """Show ``moment`` in the plots: the landscape at every frame, the others in turn while something is dragged."""
        turn = self._turns.take()
        if turn is None:
            self.stage.draw(moment)
            self.data.draw(moment)
            return
        self.stage.draw_grounds(moment)
        if turn == 0:
            self.stage.loss.draw(moment)
        else:
            self.stage.schedule.draw(moment)
            self.data.draw(moment)

    def _update_insight(self, *, resting: bool) -> None:
        """Show what makes the next step, and find the edge of stability once everything rests."""
        moment = self.moment()
        self.update_.update_rows(moment, resting=resting)
        self.edges.follow(moment, resting=resting)
        if self.lecture is not None:
            self.lecture.tell(moment, resting=resting)
        self._show_edge()

    @Slot()
    def _show_edge(self) -> None:
        """Have the edge of the selected run in the plot of the rates, as far as it is known."""
        runs, selected = self.session.trajectory.runs, self.session.selected
        line = self.edges.line(runs[selected]) if selected < len(runs) else None
        if line is None:
            self.stage.schedule.clear_edge()
        else:
            self.stage.schedule.set_edge(runs[selected], *line)

    @Slot(str)
    def _magnify_arrows(self, magnify: Any) -> None:
        for ground in self.stage.grounds:
            ground.magnify_arrows(magnify)
        self.preferences.put("magnify", magnify)

    def moment(self) -> Any:
        """What is looked at."""
        from gdsim.ui.plots.moment import Moment

        session = self.session
        bands = self.ensembles.bands if session.foresight else {}  # they tell how it ends
        return Moment(session.experiment, session.trajectory, session.cursor, session.selected, bands=bands)

    def _update_texts(self) -> None:
        self.readings.update_readings()
        self.data.update_facts()
        self.diagnosis.update_diagnosis()
        self.runs.update_losses()
        self.runs.follow_cursor()
        if self.presenter is not None:
            self.presenter.tell()
        if not self._spoken.isActive():
            self._show_state()

    # The document

    def show_experiment(self, experiment: Experiment) -> None:
        """Show another document from its first step on; its edits begin anew."""
        self.session.jump(0)
        self.undo_stack.clear()
        self.undo_stack.setClean()  # an empty stack may be unclean: of work that was recovered
        if experiment is not self.session.experiment or not self.session.foresight:
            self.session.select(0)
            self.session.replace(experiment)
        else:
            self._show_document()
        self.stage.home()
        self.stage.aim(experiment.camera)
        self.show_title()

    @Slot()
    def _show_document(self) -> None:
        self.landscape.follow_document()
        self.runs.show_document()
        self.readings.show_document()
        self.data.follow_document()
        self.update_.forget()
        self.ensembles.follow(self.session.experiment)
        self._hover.setText("")  # what it told may be another number now
        self.play_bar.update_ticks()
        self.show_title()
        self._wake()

    @Slot()
    def _forget_words(self) -> None:
        """What was said of the document before does not hold any more."""
        if self._spoken.isActive():
            self._spoken.stop()
            self._show_state()

    @Slot(str)
    def _edit_refused(self, why: str) -> None:
        self._show_document()
        self.warn(why)

    @Slot()
    def _show_selection(self) -> None:
        self.runs.show_selection()
        self.readings.show_selection()
        self.play_bar.update_ticks()
        self._wake()

    def document_name(self) -> str:
        """What the document is called."""
        title = self.session.experiment.title
        return title or (self.files.path.stem if self.files.path else self.session.experiment.landscape.title)

    def show_title(self) -> None:
        """Show the document's name, and whether it has been edited."""
        import html

        edited = not self.undo_stack.isClean()
        name = self.document_name()
        if name != self._title.whole:
            self._title.set_text(name)
            self._title.setToolTip(f"{html.escape(name)}<br>Double-click to change the title.")
        self.setWindowTitle(f"{name}{' •' if edited else ''} – gdsim")
        self.actions_["undo"].setEnabled(self.undo_stack.canUndo())
        self.actions_["redo"].setEnabled(self.undo_stack.canRedo())

    @Slot(int)
    def _edited(self, _index: int) -> None:
        from gdsim.ui import places

        self.show_title()
        undo, redo = self.undo_stack.undoText(), self.undo_stack.redoText()
        self.actions_["undo"].setText(f"&Undo {undo[:1].lower()}{undo[1:]}")
        self.actions_["redo"].setText(f"&Redo {redo[:1].lower()}{redo[1:]}")
        if self.undo_stack.isClean():
            self._spare.stop()
            self.recovery.forget()
        elif not self._spare.isActive() and not self.teaching and places.allowed():
            self._spare.start()

    @Slot()
    def edit_title(self) -> None:
        """Let the title of the experiment be typed."""
        import msgspec

        old = self.session.experiment
        title, agreed = QInputDialog.getText(self, "Experiment title", "Title:", text=old.title)
        title = " ".join(title.split())[:LONGEST_TITLE]
        if not agreed or title == old.title:
            return
        refusal = self.editor.edit("Change the title", msgspec.structs.replace(self.session.experiment, title=title))
        if refusal is not None:
            self.warn(refusal)

    @Slot()
    def _keep_spare(self) -> None:
        self.recovery.keep(self.files.snapshot())

    @Slot(float, float)
    def _start_moved(self, x: float, y: float) -> None:
        import msgspec

        start = self.stage.start_at(x, y)
        new = msgspec.structs.replace(self.session.experiment, start=start)
        refusal = self.editor.edit("Move the start", new, "start")
        if refusal is not None:
            self.warn(refusal)

    @Slot(object)
    def _solid_made(self, solid: Any) -> None:
        """Connect the landscape in three dimensions, which is made when it is first shown."""
        solid.run_clicked.connect(self.session.select)
        solid.start_moved.connect(self._start_moved)
        solid.start_dropped.connect(self._start_dropped)
        solid.hovered.connect(self._show_hover)
        solid.camera_changed.connect(self._camera_changed)
        self.update_.term_selected.connect(solid.light_arrow)

    @Slot()
    def _camera_changed(self) -> None:
        solid = self.stage.solid
        assert solid is not None
        for name, state in (("log_height", solid.is_log), ("turntable", solid.camera.turntable != 0.0)):
            self.actions_[name].blockSignals(True)  # the camera has it already
            self.actions_[name].setChecked(state)
            self.actions_[name].blockSignals(False)

    @Slot(float, float)
    def _start_dropped(self, x: float, y: float) -> None:
        self._start_moved(x, y)
        self.editor.drag_ended()

    @Slot()
    def _import_csv(self) -> None:
        from gdsim.ui.csv_dialog import import_csv

        import_csv(self)

    @Slot()
    def _share_column(self) -> None:
        from gdsim.ui.docks import share

        much_to_read = self.update_.seen or self._diagnosis_seen
        share(self, self.docks, min(self.data.part, SMALL) if much_to_read else self.data.part)

    # Messages

    def say(self, text: str) -> None:
        """Show a passing message in the status bar."""
        self._tell(text, "t2")

    @Slot(str)
    def warn(self, text: str) -> None:
        """Show what was refused, and why."""
        log.info("refused: %s", text)
        self._tell(text, "danger")

    def _tell(self, text: str, tone: str) -> None:
        from gdsim.ui import style

        self._message.setText(text)
        self._message.setToolTip(text)
        style.mark(self._message, "tone", tone)
        self._spoken.start(MESSAGE_TIME)

    @Slot()
    def _show_state(self) -> None:
        """Say what is going on with the selected run."""
        from gdsim.ui import style

        session = self.session
        run = session.trajectory.runs[session.selected]
        name = session.experiment.labels()[session.selected]
        ahead = session.cursor < run.last
        if session.selected in session.failures:
            state = "failed"
        elif run.outcome is None:
            state = "computing …" if session.foresight else "what comes is for you to predict"
        else:
            outcome = run.outcome
            state = ("in the end " if ahead else "") + outcome.kind
            if outcome.kind in ("converged", "diverged"):
                state += f" at step {outcome.step:,}"
        done = min(len(run) - 1 for run in session.trajectory.runs) if not session.trajectory.ended else None
        last = max(session.last, 0)
        whole = f"all {last:,} steps computed" if last != 1 else "its one step is computed"
        extent = whole if done is None else f"computed to step {max(done, 0):,}"
        text = f"{name}: {state}  ·  {extent}"
        if run.stride > 1:
            text += f"  ·  thinned: one step in {run.stride:,} is kept, and all near the cursor"
        if self._message.text() != text:
            self._message.setText(text)
            self._message.setToolTip(run.outcome.why if run.outcome else "")
        bad = run.outcome is not None and run.outcome.kind == "diverged" and not ahead
        style.mark(self._message, "tone", "danger" if bad else "t2")

    @Slot(object)
    def _show_hover(self, place: Any) -> None:
        from gdsim.ui.numbers import nice

        if place is None:
            self._hover.setText("")
            return
        (x, y, loss), seen = place, self.stage.landscape.moment
        names = seen.section.names if seen is not None else self.session.experiment.landscape.axes
        what = "validation loss" if seen is not None and seen.section.surface == "validation" else "loss"
        self._hover.setText(f"{names[0]} {nice(x)}   {names[1]} {nice(y)}   {what} {nice(loss)}")

    @Slot(int, str)
    def _run_failed(self, index: int, text: str) -> None:
        name = self.session.experiment.labels()[index]
        self.warn(f"{name} failed: {text}")

    @Slot(str)
    def show_fault(self, text: str) -> None:
        """Say that something went wrong inside, and go on."""
        last = text.strip().splitlines()[-1] if text.strip() else "unknown"
        self.warn(f"Something went wrong inside the program: {last}. It goes on; the log has the details.")

    # The window itself

    def set_theme(self, name: str) -> None:
        """Take on another theme."""
        from gdsim.ui import style

        app = QApplication.instance()
        assert isinstance(app, QApplication)
        style.apply(app, "light" if name == "light" else "dark")
        self.preferences.put("theme", name)
        self.stage.show_theme()
        self.landscape.show_theme()
        self.diagnosis.show_theme()
        if self.lecture is not None:
            self.lecture.show_theme()
        if self.classroom is not None:
            self.classroom.show_theme()
        self._show_document()

    def show_dock(self, name: str) -> None:
        """Bring a dock into sight."""
        if name in self.barred:
            self.say(f"{self.docks[name].spec.title} is left out here: gdsim was started with --hide")
            return
        self.docks[name].show()
        self.docks[name].raise_()

    def reset_layout(self) -> None:
        """Put every dock back in its place."""
        from gdsim.ui.docks import NARROW, arrange

        if self._full:
            self._before = QByteArray()  # that is how it will be
            return
        self._narrow = self.width() < NARROW
        if self._narrow:
            self.runs.take_button()
        else:
            self.docks["runs"].take(self.runs.give_button())
        if self.teaching:
            self.room.rearrange()
            return
        arrange(self, self.docks, narrow=self._narrow)
        self._hide_barred()
        self._share_column()
        self._fit()

    def _restore_docks(self, state: QByteArray) -> None:
        """Put the docks where they were; whatever was remembered, the bars are there."""
        if not state.isEmpty() and not self.restoreState(state, LAYOUT_VERSION):
            self.reset_layout()
        for bar in self.bars:
            bar.setVisible(not self._full)
        self._hide_barred()

    @Slot()
    def _show_dock_titles(self) -> None:
        from gdsim.ui.tab_order import chain

        docks = [*(self.room.docks if self.teaching else []), *self.docks.values()]
        for dock in docks:
            dock.show_title()
        stops = [stop for dock in docks for stop in dock.stops()]
        chain([self.stage, *stops, *self.play_bar.stops()])
        before, self._reading = self._reading, self.update_.seen or self._diagnosis_seen
        squeezed = before is None and self.data.pane.isVisible() and self.data.pane.height() < LEAST_PLOT
        if self._reading and (before is False or squeezed):
            self._share_column()

    @Slot(bool)
    def _diagnosis_seen_now(self, seen: bool) -> None:
        self._diagnosis_seen = seen
        self._wake()
        if seen:
            self._titles.start(0)

    @Slot(bool)
    def _readings_seen_now(self, seen: bool) -> None:
        self.readings.set_seen(seen)

    @Slot(bool)
    def _update_seen_now(self, seen: bool) -> None:
        self.update_.set_seen(seen)
        if seen:
            self._titles.start(0)

    # Lessons

    def keep_to(self, hidden: tuple[str, ...], *, saving: bool) -> None:
        """Leave docks out and forbid to write files, until the program ends: for a computer room."""
        from gdsim.ui import places

        self.barred = hidden
        self._hide_barred()
        places.allow(saving)
        for name in WRITING:
            self.actions_[name].setEnabled(saving)

    def _hide_barred(self) -> None:
        for name in self.barred:
            self.docks[name].hide()
            self.docks[name].toggleViewAction().setVisible(False)

    @property
    def room(self) -> Classroom:
        """Where lessons are given; made when the first one is opened."""
        if self.classroom is None:
            from gdsim.ui.teaching.classroom import Classroom

            self.classroom = Classroom(self)
            self.announcer.attend(self.classroom.teacher)
        return self.classroom

    @property
    def teaching(self) -> bool:
        """Whether a lesson is open."""
        return self.classroom is not None and self.classroom.teaching

    @property
    def is_narrow(self) -> bool:
        """Whether the docks stand in one column."""
        return bool(self._narrow)

    def saved_layout(self) -> QByteArray:
        """Where the docks are, or were before the plots filled the screen."""
        return self._before if self._full else self.saveState(LAYOUT_VERSION)

    def restore_layout(self, state: QByteArray, *, narrow: bool) -> None:
        """Put the docks where they were when the window was wide or narrow as is told; or do so once that is seen."""
        self._layouts[narrow] = state
        if self._full:
            self._before = self._layouts[bool(self._narrow)]
            return
        self.reset_layout()
        self._restore_docks(self._layouts[bool(self._narrow)])

    def show_space(self, space: Space) -> None:
        """Show the landscape from above, in three dimensions, or both, as the preferences remember."""
        if space != self.stage.space:
            self.stage.show_space(space)
            self.preferences.put("space", space)
            self.request_frame()

    def _fold(self) -> None:
        """Change between one column of docks and two; what was closed stays closed."""
        if self.teaching:
            self.reset_layout()
            return
        self._layouts[bool(self._narrow)] = self.saveState(LAYOUT_VERSION)
        closed = [dock for dock in self.docks.values() if dock.isHidden()]
        self.reset_layout()
        self._restore_docks(self._layouts[bool(self._narrow)])
        for dock in closed:
            dock.hide()

    def _fit(self) -> None:
        self.play_bar.set_narrow(bool(self._narrow))
        self.landscape.set_compact(bool(self._narrow))
        self.runs.settings.set_compact(self.height() < 760)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fold the docks into one column where there is little room."""
        super().resizeEvent(event)
        if not self.furnished:
            return
        if self.lecture is not None:
            self.lecture.fit()
        if self._full:
            return
        from gdsim.ui.docks import NARROW

        if (self.width() < NARROW) != self._narrow:
            self._fold()
        self._fit()

    def set_full_screen(self, full: bool) -> None:
        """Begin lecture mode: only the plots on the whole screen, and what a scene names; or give everything back."""
        if full == self._full:
            return
        if full:
            self._begin_lecture()
        else:
            self._end_lecture()
        self.stage.setFocus()
        self._wake()

    def _begin_lecture(self) -> None:
        from gdsim.ui.teaching.lecture import Lecture

        room = self.room
        self._before = self.saveState(LAYOUT_VERSION)
        self._full = True
        for widget in (*self.bars, self.menuBar(), self.statusBar(), room.dock, *self.docks.values()):
            widget.hide()
        self.lecture = Lecture(self)
        self.setWindowState(self.windowState() | QtCore.Qt.WindowState.WindowFullScreen)
        self.announcer.say("Lecture mode")
        if self.teaching:
            from gdsim.ui.teaching.presenter import other_screen

            if other_screen(self) is not None:
                self.open_presenter()
                self.activateWindow()

    def open_presenter(self) -> None:
        """Show the window that only the speaker sees."""
        from gdsim.ui.teaching.presenter import Presenter

        if self.presenter is None:
            self.presenter = Presenter(self)
            self.presenter.closed.connect(self.close_presenter)
            self.room.teacher.changed.connect(self._check_presenter)
        self.actions_["presenter"].setChecked(True)

    @Slot()
    def close_presenter(self) -> None:
        """Close it."""
        presenter, self.presenter = self.presenter, None
        if presenter is not None:
            self.room.teacher.changed.disconnect(self._check_presenter)
            presenter.close()
            presenter.deleteLater()
            self.actions_["presenter"].setChecked(False)

    @Slot()
    def _check_presenter(self) -> None:
        """It closes with the lesson; whoever lectures without one may keep it."""
        if not self.teaching and self.lecture is None:
            self.close_presenter()

    def _end_lecture(self) -> None:
        self.close_presenter()
        self.announcer.say("Lecture mode has ended")
        lecture, self.lecture, self._full = self.lecture, None, False
        self.setWindowState(self.windowState() & ~QtCore.Qt.WindowState.WindowFullScreen)
        for widget in (self.menuBar(), self.statusBar()):
            widget.show()
        assert lecture is not None
        if self.teaching and self.room.named != lecture.named_before:
            self._before = QByteArray()  # it is another scene, or the lesson began meanwhile
        if self._before.isEmpty():
            self.reset_layout()
        self._restore_docks(self._before)
        lecture.end()

    def show_shortcuts(self) -> None:
        """All shortcuts in a window."""
        from gdsim.ui.shortcuts import ShortcutSheet

        ShortcutSheet(self).exec()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc leaves the full screen, and whatever had the keys gives them back to the plots."""
        if event.key() == QtCore.Qt.Key.Key_Escape and self.furnished:
            self.actions_["full_screen"].setChecked(False)
            self.stage.setFocus()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QtCore.QEvent) -> None:
        """Follow the desktop's theme, and the desktop where it ends the full screen."""
        super().changeEvent(event)
        if event.type() == QtCore.QEvent.Type.WindowStateChange and isinstance(event, QtGui.QWindowStateChangeEvent):
            ended = event.oldState() & QtCore.Qt.WindowState.WindowFullScreen and not self.isFullScreen()
            if ended and self.furnished and self._full:
                self.actions_["full_screen"].setChecked(False)
        if event.type() == QtCore.QEvent.Type.PaletteChange and self.furnished:
            self.stage.show_theme()
            self._wake()

    def childEvent(self, event: QtCore.QChildEvent) -> None:
        """Give the tabs a name that Qt makes for docks."""
        super().childEvent(event)
        if event.type() == QtCore.QEvent.Type.ChildPolished and isinstance(event.child(), QTabBar):
            event.child().setAccessibleName("Docks")  # type: ignore[attr-defined]

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what is dropped."""
        if self.furnished and self.files.drop(event.mimeData()):
            event.acceptProposedAction()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask about unsaved edits, remember the window, stop the worker."""
        from gdsim.ui import style

        if not self.furnished:
            self._closing = True  # as soon as it can be done in order
            event.ignore()
            return
        if not (self.files.may_leave() and self.desk.may_leave()):
            event.ignore()
            return
        if self.classroom is not None:
            self.classroom.dismiss()  # the layout that is remembered is the one before the lesson
        if self.lecture is not None:
            self.lecture.stop()
        self.close_presenter()
        self.announcer.stop()
        self._clock.stop()
        self._spare.stop()
        self._spoken.stop()
        self._titles.stop()
        self.edges.close()
        self.ahead.close()
        self.diagnosis.give_up()
        self.ensembles.close()
        self.undo_stack.blockSignals(True)  # it clears itself when everything else is gone already
        self._layouts[bool(self._narrow)] = self._before if self._full else self.saveState(LAYOUT_VERSION)
        for narrow, key in LAYOUT_KEYS.items():
            self.preferences.put(key, self._layouts[narrow])
        if not self._full:
            self.preferences.put("geometry", self.saveGeometry())
            self.preferences.put("splitter", self.stage.splitter.saveState())
            self.preferences.put("lower", self.stage.lower_splitter.saveState())
        self.preferences.put("speed", self.session.player.speed)
        self.preferences.put("ground", style.current().bg0)
        self.preferences.save()
        self.recovery.forget()
        self.session.close()
        event.accept()


def _spring() -> QWidget:
    widget = QWidget()
    widget.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    return widget


def _add(bar: QToolBar, actions: Any, name: str) -> None:
    if name:
        bar.addAction(actions[name])
    else:
        bar.addSeparator()


class _Reporter(QObject):
    """Carries the text of a fault from any thread to the window."""

    reported = Signal(str)


_reporter: list[_Reporter] = []


def report(text: str) -> None:
    """Tell the user of an exception that nobody caught; callable from any thread."""
    for reporter in _reporter:
        reporter.reported.emit(text)


def launch(path: str | None = None, lesson: Path | None = None, room: Any = None) -> int:
    """Show the window and run it to its end.

    Args:
        path: A document to open, None for the first ready-made experiment.
        lesson: A lesson to begin.
        room: What the window may do, with ``hidden``, ``saving`` and ``lecture``; None: everything.

    Returns:
        The exit status.
    """
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("gdsim")
    app.setOrganizationName("gdsim")
    preferences = Preferences()
    # At first a bare window on the ground that was seen last: themes, and asking the system for one, take longer.
    app.setStyleSheet(f"QMainWindow {{ background: {preferences.text('ground', GROUND)}; }}")
    window = MainWindow(preferences)
    window.show()
    app.processEvents()
    from gdsim.ui import style

    wanted = preferences.text("theme", "system")
    style.apply(app, "light" if wanted == "light" else "dark" if wanted == "dark" else "system")
    reporter = _Reporter()
    reporter.reported.connect(window.show_fault)
    _reporter[:] = [reporter]
    opened = _furnish(window, path)
    if opened:
        _begin(window, lesson, room)
    gc.freeze()  # what stands now stays: no collection needs to look at it while marbles roll
    gc.enable()
    if opened:
        QTimer.singleShot(REST_AFTER, _load_the_rest)
    status = app.exec() if opened else 2
    _reporter.clear()
    window.close()
    return status


def _begin(window: MainWindow, lesson: Path | None, room: Any) -> None:
    """Do what was asked for on the command line."""
    if room is not None:
        window.keep_to(room.hidden, saving=room.saving)
    if lesson is not None:
        window.room.open(lesson)
    if room is not None and room.lecture:
        window.actions_["full_screen"].setChecked(True)


def _load_the_rest() -> None:
    """Load what the first picture does without and the first trail needs, before anybody presses a key."""
    import pyqtgraph  # noqa: F401


def _furnish(window: MainWindow, path: str | None) -> bool:
    from gdsim.core.data import Cancelled
    from gdsim.core.documents import DocumentError, load
    from gdsim.ui.files import read, ready_made

    try:
        experiment = read(window, Path(path)) if path else load(ready_made()[0])
    except Cancelled:
        return _furnish(window, None)
    except (DocumentError, OSError) as error:
        reason = error.strerror or error if isinstance(error, OSError) else error
        print(f"gdsim: {path}: {reason}", file=sys.stderr)
        return False
    try:
        window.furnish(experiment)
    except BaseException:
        session = getattr(window, "session", None)
        if session is not None:
            session.close()  # a thread that is still running would bring the process down before the fault is told
        raise
    if path:
        window.files.path = Path(path)
        window.preferences.add_recent(Path(path))
        window.show_title()
    return True
