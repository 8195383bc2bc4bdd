"""The window: puts actions, docks, plots and session together. It shows itself first and loads the rest then."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from PySide6 import QtCore, QtGui
from PySide6.QtCore import QEventLoop, QSize, QTimer, Slot
from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import (
    QApplication,
    QInputDialog,
    QMainWindow,
    QMenu,
    QSizePolicy,
    QTabBar,
    QTabWidget,
    QToolBar,
    QVBoxLayout,
    QWidget,
)

from gdsim.ui.preferences import Preferences

if TYPE_CHECKING:
    from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent, QResizeEvent

    from gdsim.core.experiment import Experiment
    from gdsim.ui.stage import Space
    from gdsim.ui.teaching.classroom import Classroom

# Whatever is imported above is waited for before the window can be seen. PySide makes a class when it is first asked
# for, and QtCore.Qt with its hundred enumerations takes it longer than the first picture: it is named where it is used.

FRAME = 16
"""Milliseconds between two frames."""
READ_EVERY = {"texts": 0.1, "insight": 0.15}
"""Seconds between two updates of what is read rather than watched: nobody reads a number that changes sooner."""
PATIENCE = 0.1
"""Seconds that the first picture waits for the first steps at most."""
LONGEST_TITLE = 500
WRITING = ("save", "save_as", "save_picture", "record_video", "record_live", "export_answers", "export_lesson")
"""Actions that write files."""


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
        self.arrangement.begin()
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
        from gdsim.ui.status import Status

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
        self.status = Status(self)
        self.ensembles = Ensembles(lambda: self.session.playing, self)
        self.statusBar().addPermanentWidget(self.ensembles.strip)
        self._make_docks()
        self._make_bars()
        self._make_menus()
        self._make_clock()

    def _show_first_picture(self) -> None:
        """Have the plots on the screen before anything else is loaded; nobody can press or type anything yet."""
        flags = QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents
        self.arrangement.sketch()
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
        from gdsim.ui.arrangement import Arrangement
        from gdsim.ui.docks import DOCKS, Dock
        from gdsim.ui.hall import Hall

        self.docks = {spec.id: Dock(spec, self) for spec in DOCKS}
        self.setDockNestingEnabled(True)
        self.setTabPosition(QtCore.Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.arrangement = Arrangement(self)
        self.hall = Hall(self)
        self.classroom: Classroom | None = None

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
        self.arrangement.follow()
        session.woken.connect(self._wake)
        session.replaced.connect(self._note_edit)
        session.replaced.connect(self.status.forget)
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
        self.docks["readings"].visibilityChanged.connect(self.readings.set_seen)
        self.diagnosis.jumped.connect(session.jump)
        self.diagnosis.run_clicked.connect(session.select)
        self.diagnosis.refused.connect(self.warn)
        self.diagnosis.said.connect(self.say)
        self.diagnosis.learned.connect(self._wake)
        self.docks["diagnosis"].visibilityChanged.connect(self._wake)
        self.data.refused.connect(self.warn)
        self.data.opened.connect(lambda path: self.files.open(path, known=False))
        self.data.csv_wanted.connect(self._import_csv)
        stage.landscape.run_clicked.connect(session.select)
        stage.landscape.start_moved.connect(self._start_moved)
        stage.landscape.start_dropped.connect(self._start_dropped)
        stage.landscape.hovered.connect(self.status.show_hover)
        stage.loss.cursor_requested.connect(session.jump)
        stage.schedule.cursor_requested.connect(session.jump)
        self.update_.wanted.connect(self._wake)
        self.docks["update"].visibilityChanged.connect(self.update_.set_seen)
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
            if self.hall.lecture is not None:
                self.hall.lecture.draw(moment)
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
        if self.hall.lecture is not None:
            self.hall.lecture.tell(moment, resting=resting)
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
        if self.hall.presenter is not None:
            self.hall.presenter.tell()
        self.status.update_state()

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
        self.status.show_hover(None)  # what it told may be another number now
        self.play_bar.update_ticks()
        self.show_title()
        self._wake()

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
        solid.hovered.connect(self.status.show_hover)
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

    # Messages

    def say(self, text: str) -> None:
        """Show a passing message in the status bar."""
        self.status.say(text)

    @Slot(str)
    def warn(self, text: str) -> None:
        """Show what was refused, and why."""
        self.status.warn(text)

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
        if self.hall.lecture is not None:
            self.hall.lecture.show_theme()
        if self.classroom is not None:
            self.classroom.show_theme()
        self._show_document()

    def show_dock(self, name: str) -> None:
        """Bring a dock into sight."""
        if name in self.arrangement.barred:
            self.say(f"{self.docks[name].spec.title} is left out here: gdsim was started with --hide")
            return
        self.docks[name].show()
        self.docks[name].raise_()

    # Lessons

    def keep_to(self, hidden: tuple[str, ...], *, saving: bool) -> None:
        """Leave docks out and forbid to write files, until the program ends: for a computer room."""
        from gdsim.ui import places

        self.arrangement.leave_out(hidden)
        places.allow(saving)
        for name in WRITING:
            self.actions_[name].setEnabled(saving)

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

    def show_space(self, space: Space) -> None:
        """Show the landscape from above, in three dimensions, or both, as the preferences remember."""
        if space != self.stage.space:
            self.stage.show_space(space)
            self.preferences.put("space", space)
            self.request_frame()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fold the docks into one column where there is little room."""
        super().resizeEvent(event)
        if not self.furnished:
            return
        if self.hall.lecture is not None:
            self.hall.lecture.fit()
        self.arrangement.fit()

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
            if ended and self.furnished and self.arrangement.is_away:
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
        self.hall.close()
        self.announcer.stop()
        self._clock.stop()
        self._spare.stop()
        self.status.spoken.stop()
        self.edges.close()
        self.ahead.close()
        self.diagnosis.give_up()
        self.ensembles.close()
        self.undo_stack.blockSignals(True)  # it clears itself when everything else is gone already
        self.arrangement.end()
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
