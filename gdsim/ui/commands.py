"""What the actions do: one method for each row of the table in ``actions``."""

from __future__ import annotations

import typing
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMessageBox

from gdsim.core.experiment import Experiment, Run
from gdsim.core.landscapes import ModelLandscape
from gdsim.core.planes import Surface
from gdsim.ui import style

if TYPE_CHECKING:
    from gdsim.ui.main_window import MainWindow
    from gdsim.ui.solid.plot import SolidPlot
    from gdsim.ui.stage import Space
    from gdsim.ui.teaching.lecture import Lecture

TURN, MOVE = 7.5, 0.1
"""Degrees by which a key turns the surface, and half widths by which it moves the picture."""
TURNTABLE = 12.0
"""Degrees a second."""

SURFACES: dict[Surface, str] = {
    "training": "The ground is the loss on the training part",
    "validation": "The ground is the loss on the validation part, which the model never sees",
    "both": "The ground is the training loss, the lines are of the validation loss",
}


class Commands:
    """Carries out actions on the window's session."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._session = window.session

    # File

    def new(self) -> None:
        """Start from the first ready-made experiment."""
        self._window.files.new()

    def open(self) -> None:
        """Ask for a document and open it."""
        self._window.files.ask_open()

    def import_csv(self) -> None:
        """Ask for a table and fit a model to it."""
        from gdsim.ui.csv_dialog import import_csv

        import_csv(self._window)

    def save(self) -> None:
        """Save where it came from."""
        self._window.files.save()

    def save_as(self) -> None:
        """Ask where to save."""
        self._window.files.save_as()

    def save_picture(self) -> None:
        """Ask for look and place, and write a picture."""
        self._window.desk.save_picture()

    def copy_picture(self) -> None:
        """Put the picture on the clipboard."""
        self._window.desk.copy_picture()

    def copy_pytorch(self) -> None:
        """Put the experiment on the clipboard as a PyTorch script."""
        from gdsim.core.pytorch_code import torch_script

        self._copy_code("PyTorch", torch_script)

    def copy_numpy(self) -> None:
        """The same in plain NumPy."""
        from gdsim.core.numpy_code import numpy_script

        self._copy_code("NumPy", numpy_script)

    def _copy_code(self, what: str, write: Callable[[Experiment], str]) -> None:
        try:
            script = write(self._session.experiment)
        except ValueError as refusal:
            self._window.warn(f"There is no {what} script of this experiment: {refusal}")
            return
        QGuiApplication.clipboard().setText(script)
        self._window.say(f"{what} script of {script.count(chr(10)):,} lines on the clipboard")

    def record_video(self) -> None:
        """Ask for look, pace and place, and record."""
        self._window.desk.record_video()

    def record_live(self, on: bool) -> None:
        """Record by hand, or stop."""
        self._window.desk.toggle_live(on)

    def quit(self) -> None:
        """Leave."""
        self._window.close()

    # Edit

    def undo(self) -> None:
        """Take back."""
        self._say_why_not(self._window.editor.undo())

    def redo(self) -> None:
        """Do again."""
        self._say_why_not(self._window.editor.redo())

    def _say_why_not(self, refusal: str | None) -> None:
        if refusal is not None:
            self._window.warn(refusal)

    def set_title(self) -> None:
        """Let the title of the experiment be typed."""
        self._window.edit_title()

    def duplicate_run(self) -> None:
        """Copy the selected run."""
        self._window.runs.duplicate()

    def fork(self) -> None:
        """Leave the selected run behind as a ghost, and go on from the cursor with a copy."""
        self._window.runs.fork()

    def remove_run(self) -> None:
        """Remove the selected run."""
        self._window.runs.remove()

    def rename_run(self) -> None:
        """Let the name of the selected run be typed."""
        self._window.show_dock("runs")
        self._window.runs.list.edit_name(self._session.selected)

    def add_run(self) -> None:
        """Offer another optimizer."""
        self._window.show_dock("runs")
        self._window.runs.offer_run()

    # Run

    def play(self) -> None:
        """Play or pause."""
        self._session.toggle_play()

    def forward(self) -> None:
        """One update on."""
        self._session.step(1)

    def back(self) -> None:
        """One update back."""
        self._session.step(-1)

    def forward_ten(self) -> None:
        """Ten updates on."""
        self._session.step(10)

    def back_ten(self) -> None:
        """Ten updates back."""
        self._session.step(-10)

    def first(self) -> None:
        """To the start."""
        self._session.jump(0)

    def last(self) -> None:
        """To the end."""
        self._session.jump(self._session.last)

    def slower(self) -> None:
        """Lower speed."""
        self._session.slower()

    def faster(self) -> None:
        """Higher speed."""
        self._session.faster()

    def reset(self) -> None:
        """To the first step, with the present settings from there on."""
        session = self._session
        aim = session.aim
        runs = tuple(_settled(run, aim) for run in session.experiment.runs)
        session.jump(0)
        if runs != session.experiment.runs:
            new = msgspec.structs.replace(session.experiment, runs=runs)
            self._window.editor.edit("Apply the settings from the start", new)
            self._window.say("The settings hold from the first step on")

    # View

    def home(self) -> None:
        """Whole view."""
        self._window.stage.home()

    def zoom_in(self) -> None:
        """Closer."""
        for ground in self._window.stage.grounds:
            ground.zoom(1.25)

    def zoom_out(self) -> None:
        """Further away."""
        for ground in self._window.stage.grounds:
            ground.zoom(0.8)

    def contours(self, shown: bool) -> None:
        """Contour lines on or off."""
        for ground in self._window.stage.grounds:
            ground.show_contours(shown)
        self._window.preferences.put("contours", shown)

    def fan(self, shown: bool) -> None:
        """Gradients of other batches on or off."""
        for ground in self._window.stage.grounds:
            ground.show_fan(shown)
        self._window.preferences.put("fan", shown)
        self._window.request_frame()
        if shown and self._window.furnished and not self._has_batches():
            self._window.say("There is no fan: the selected run sees all examples at once, not mini-batches of them")

    def _has_batches(self) -> bool:
        session = self._session
        landscape = session.experiment.landscape
        if not isinstance(landscape, ModelLandscape):
            return False
        settings = session.experiment.runs[session.selected].settings_at(session.aim)
        return settings.batches(landscape.data().y.size, session.experiment.seed) is not None

    def arrows(self, shown: bool) -> None:
        """Arrows of the update on or off."""
        for ground in self._window.stage.grounds:
            ground.show_arrows(shown)
        self._window.preferences.put("arrows", shown)
        self._window.request_frame()

    def ellipse(self, shown: bool) -> None:
        """The ellipse of curvature on or off."""
        for ground in self._window.stage.grounds:
            ground.show_ellipse(shown)
        self._window.preferences.put("ellipse", shown)
        self._window.request_frame()

    def surface(self) -> None:
        """The ground of the other part of the data, then both, then the training part again."""
        experiment = self._session.experiment
        landscape = experiment.landscape
        if not isinstance(landscape, ModelLandscape) or not landscape.data().y_val.size:
            self._window.say("There is no validation surface: only models that hold back a part of their data have one")
            return
        surfaces = typing.get_args(Surface)
        surface = surfaces[(surfaces.index(experiment.surface) + 1) % len(surfaces)]
        new = msgspec.structs.replace(experiment, surface=surface)
        refusal = self._window.editor.edit("Change the surface", new)
        if refusal is not None:
            self._window.warn(refusal)
        else:
            self._window.say(SURFACES[surface])

    def log_loss(self, log: bool) -> None:
        """Logarithmic or linear loss."""
        self._window.stage.loss.set_log(log)
        self._window.preferences.put("log_loss", log)
        self._window.request_frame()

    def smooth_loss(self, smooth: bool) -> None:
        """Moving average on or off."""
        from gdsim.ui.plots.loss_plot import SMOOTHING

        self._window.stage.loss.set_smoothing(SMOOTHING if smooth else 0.0)
        self._window.request_frame()

    def theme(self) -> None:
        """The other theme."""
        self._window.set_theme("light" if style.current().is_dark else "dark")

    def full_screen(self, full: bool) -> None:
        """The plots and what a lesson says, on the whole screen."""
        self._window.hall.lectures(full)

    def reset_layout(self) -> None:
        """Every dock in its place."""
        self._window.arrangement.reset()

    # Three dimensions

    def view_2d(self) -> None:
        """From above."""
        self._show_space("2d")

    def view_3d(self) -> None:
        """As a surface, and back."""
        self._show_space("2d" if self._window.stage.space == "3d" else "3d")

    def view_both(self) -> None:
        """Both, and back."""
        self._show_space("2d" if self._window.stage.space == "both" else "both")

    def _show_space(self, space: Space) -> None:
        self._window.show_space(space)

    def turn_left(self) -> None:
        """Around the surface."""
        self._turn(-TURN, 0.0)

    def turn_right(self) -> None:
        """Around the surface, the other way."""
        self._turn(TURN, 0.0)

    def tilt_up(self) -> None:
        """Higher above the surface."""
        self._turn(0.0, TURN)

    def tilt_down(self) -> None:
        """Lower above the surface."""
        self._turn(0.0, -TURN)

    def _turn(self, azimuth: float, elevation: float) -> None:
        solid = self._solid()
        if solid is not None:
            solid.move_camera(solid.camera.turned(azimuth, elevation))

    def move_left(self) -> None:
        """The picture to the left."""
        self._move(-MOVE, 0.0)

    def move_right(self) -> None:
        """The picture to the right."""
        self._move(MOVE, 0.0)

    def move_up(self) -> None:
        """The picture up."""
        self._move(0.0, MOVE)

    def move_down(self) -> None:
        """The picture down."""
        self._move(0.0, -MOVE)

    def _move(self, across: float, up: float) -> None:
        solid = self._solid()
        if solid is not None:
            solid.move_camera(solid.camera.moved(across / solid.camera.zoom, up / solid.camera.zoom))

    def reset_camera(self) -> None:
        """From where it is seen at first."""
        solid = self._solid()
        if solid is not None:
            solid.reset()

    def log_height(self, log: bool) -> None:
        """Logarithmic or straight heights."""
        solid = self._solid()
        if solid is not None:
            solid.set_height("log" if log else "linear")

    def turntable(self, turning: bool) -> None:
        """Slowly around, or not."""
        solid = self._solid()
        if solid is not None:
            solid.set_turntable(TURNTABLE if turning else 0.0)

    def _solid(self) -> SolidPlot | None:
        """The surface; it is shown where it is not."""
        stage = self._window.stage
        if stage.space == "2d":
            if not self._window.furnished:
                return None
            self._show_space("3d")
        solid: SolidPlot | None = stage.solid
        return solid

    # Tools and help

    def new_formula(self) -> None:
        """Let a formula be typed."""
        self._window.show_dock("landscape")
        self._window.landscape.edit_formula()

    def range_test(self) -> None:
        """Find out how large the rate of the selected run may be."""
        from gdsim.ui.range_dialog import RangeDialog

        window, session = self._window, self._session
        dialog = RangeDialog(session.experiment, session.selected, window.editor, window)
        dialog.applied.connect(window.say)
        dialog.exec()
        dialog.deleteLater()

    def sweep(self) -> None:
        """How the selected run ends over two of its numbers, or over its start."""
        from gdsim.ui.sweep_dialog import open_sweep

        open_sweep(self._window)

    def ensemble(self) -> None:
        """The selected run with many seeds."""
        from gdsim.ui.ensemble_dialog import open_ensemble

        open_ensemble(self._window)

    def remove_ensemble(self) -> None:
        """The selected run with its own seed only."""
        from gdsim.ui.ensemble_dialog import remove_ensemble

        remove_ensemble(self._window)

    def diagnosis(self) -> None:
        """Bring the diagnosis into sight."""
        self._window.show_dock("diagnosis")

    def compare(self) -> None:
        """All runs in a table."""
        from gdsim.ui.compare_dialog import CompareDialog

        dialog = CompareDialog(self._session.trajectory, self._window)
        dialog.exec()
        dialog.deleteLater()

    def data(self) -> None:
        """Bring the examples into sight."""
        if "data" in self._window.docks:
            self._window.show_dock("data")

    def dice(self) -> None:
        """Another seed."""
        experiment = self._session.experiment
        new = msgspec.structs.replace(experiment, seed=(experiment.seed + 1) % 2**63)
        self._window.editor.edit("Another seed", new)
        self._window.say(f"Seed {new.seed}: other noise, everything else the same")

    # Lessons

    def open_lesson(self) -> None:
        """Ask for a lesson and open it."""
        from PySide6.QtWidgets import QFileDialog

        window = self._window
        folder = window.preferences.text("folder")
        name, _ = QFileDialog.getOpenFileName(window, "Open a lesson", folder, "Lessons (*.md)")
        if name:
            window.room.open(Path(name))

    def next_scene(self) -> None:
        """The answer, or the next scene."""
        if self._may_teach():
            self._window.room.teacher.forward()

    def previous_scene(self) -> None:
        """The question, or the scene before."""
        if self._may_teach():
            self._window.room.teacher.back()

    def scene_again(self) -> None:
        """The scene as it was."""
        if self._may_teach():
            self._window.room.teacher.again()

    def show_answer(self) -> None:
        """The answer, by running it."""
        if self._may_teach():
            self._window.room.teacher.reveal()

    def answer_1(self) -> None:
        """The first answer."""
        self._answer(0)

    def answer_2(self) -> None:
        """The second answer."""
        self._answer(1)

    def answer_3(self) -> None:
        """The third answer."""
        self._answer(2)

    def answer_4(self) -> None:
        """The fourth answer."""
        self._answer(3)

    def _answer(self, place: int) -> None:
        if self._may_teach():
            self._window.room.teacher.choose(place)

    def leave_lesson(self) -> None:
        """What was there before."""
        if self._may_teach():
            self._window.room.leave()

    def export_lesson(self) -> None:
        """The lesson as a page."""
        lesson = self._window.room.teacher.lesson if self._may_teach() else None
        if lesson is not None:
            self._window.desk.write_lesson(lesson)

    def answered(self, place: int) -> bool:
        """Choose an answer in lecture mode, where a question is open; returns whether it was."""
        lecture = self._window.hall.lecture
        return lecture is not None and lecture.answer(place)

    def page_on(self) -> None:
        """Onward through the lesson, or through the descent."""
        if self._window.hall.lecture is not None and self._window.teaching:
            self._window.room.teacher.forward()
        else:
            self.forward()

    def page_back(self) -> None:
        """The other way."""
        if self._window.hall.lecture is not None and self._window.teaching:
            self._window.room.teacher.back()
        else:
            self.back()

    def presenter(self, shown: bool) -> None:
        """What only the speaker sees."""
        window = self._window
        if not shown:
            window.hall.close_presenter()
        elif window.teaching or window.hall.lecture is not None:
            window.hall.open_presenter()
        else:
            window.actions_["presenter"].setChecked(False)
            window.say("The presenter's window belongs to a lesson or to lecture mode: F11 begins it")

    def black(self) -> None:
        """Nothing but black, or the picture again."""
        lecture = self._lecturing()
        if lecture is not None:
            lecture.toggle_black()

    def pointer(self) -> None:
        """A red dot, or the mouse's cursor again."""
        lecture = self._lecturing()
        if lecture is not None:
            lecture.toggle_pointer()

    def caption(self) -> None:
        """The words of the scene, or more room for the plots."""
        lecture = self._lecturing()
        if lecture is not None:
            lecture.toggle_words()

    def _lecturing(self) -> Lecture | None:
        if self._window.hall.lecture is None:
            self._window.say("That is a key of lecture mode: F11 begins it")
        return self._window.hall.lecture

    def export_answers(self) -> None:
        """All answers as a table."""
        self._window.room.export_answers()

    def _may_teach(self) -> bool:
        if not self._window.teaching:
            self._window.say("No lesson is open: choose one from the Lessons menu")
        return self._window.teaching

    def shortcuts(self) -> None:
        """All shortcuts."""
        self._window.show_shortcuts()

    def about(self) -> None:
        """What this is."""
        from gdsim import __version__

        text = (
            f"<h3>gdsim {__version__}</h3><p>Gradient descent, seen: a desktop laboratory in which it is stepped "
            "through, understood and recorded.</p><p>Every trajectory equals PyTorch's in float64. The same document "
            "gives the same trajectory, bit for bit. It never talks to the network.</p>"
        )
        QMessageBox.about(self._window, "About gdsim", text)


def _settled(run: Run, step: int) -> Run:
    met = any(change.step <= step for change in run.changes)  # changes that lie ahead are part of the story
    return run.changed(0, run.settings_at(step)) if met else run
