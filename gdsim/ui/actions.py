"""Everything that can be done, in one table: menus, toolbar, shortcuts and the shortcut sheet derive from it.

Bare keys belong to the plots, so that buttons, sliders and fields keep theirs; most have a twin that works
everywhere. ``handler`` names a method of ``commands.Commands``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from gdsim.ui import icons

DIGITS = ("1", "2", "3", "4")
OWN = ("Space", "Home", "End", "Backspace", "+", "-", "=")
"""Bare keys that stay with what has the focus beside the plots."""
MENUS = ("File", "Edit", "Run", "View", "3-D", "Tools", "Lessons", "Help")
MENU_TITLES = {name: "3-&D" if name == "3-D" else f"&{name}" for name in MENUS}
"""With the letters that open them; a digit would take its Alt key from the answers of a lesson."""


@dataclass(frozen=True)
class ActionSpec:
    """One thing that can be done.

    Attributes:
        id: Its name in code.
        text: What the menu says.
        menu: The menu it stands in.
        keys: Shortcuts that work everywhere; the first one stands in the menu.
        plot_keys: Bare keys that work on the plots.
        icon: Name of a shipped icon.
        tip: What the status bar and tooltip say.
        checkable: Whether it is a switch.
        separated: Whether a line is drawn above it in the menu.
    """

    id: str
    text: str
    menu: str
    keys: tuple[str, ...] = ()
    plot_keys: tuple[str, ...] = ()
    icon: str = ""
    tip: str = ""
    checkable: bool = False
    separated: bool = False

    @property
    def handler(self) -> str:
        """The method of Commands that does it."""
        return self.id

    @property
    def plain(self) -> str:
        """The text without mnemonic and dots."""
        return self.text.replace("&", "").rstrip("…")


ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("new", "&New experiment", "File", ("Ctrl+N",), tip="Start from the first experiment again."),
    ActionSpec("open", "&Open…", "File", ("Ctrl+O",), icon="open", tip="Open an experiment from a file."),
    ActionSpec("import_csv", "&Import data from CSV…", "File", ("Ctrl+I",),
               tip="Read examples from a table: choose the columns, and a model is fitted to them."),
    ActionSpec("save", "&Save", "File", ("Ctrl+S",), icon="save", tip="Save the experiment.", separated=True),
    ActionSpec("save_as", "Save &as…", "File", ("Ctrl+Shift+S",), tip="Save the experiment under another name."),
    ActionSpec("save_picture", "Save &picture…", "File", ("Ctrl+E",), icon="camera", separated=True,
               tip="Save what is shown as a picture, at any size: PNG, SVG, PDF, or several steps as a filmstrip."),
    ActionSpec("copy_picture", "&Copy picture", "File", ("Ctrl+Shift+C",), icon="copy",
               tip="Put the picture on the clipboard, as large as a slide."),
    ActionSpec("copy_pytorch", "Copy as Py&Torch", "File",
               tip="Put a short PyTorch script on the clipboard that does exactly this descent."),
    ActionSpec("copy_numpy", "Copy as N&umPy", "File",
               tip="Put a script on the clipboard in which gradients and update rules are written out."),
    ActionSpec("record_video", "Record &video…", "File", ("Ctrl+Shift+E",), icon="video",
               tip="Record the descent as MP4, WebM or GIF: exact, whatever the speed of this machine."),
    ActionSpec("record_live", "Record as I &go", "File", ("Ctrl+Shift+R",), icon="record", checkable=True,
               tip="Record what is shown while you step, scrub and change things by hand, until you stop."),
    ActionSpec("quit", "&Quit", "File", ("Ctrl+Q",), separated=True, tip="Leave the program."),
    ActionSpec("undo", "&Undo", "Edit", ("Ctrl+Z",), icon="undo", tip="Take back the last edit."),
    ActionSpec("redo", "&Redo", "Edit", ("Ctrl+Shift+Z", "Ctrl+Y"), icon="redo", tip="Do the edit again."),
    ActionSpec("set_title", "Experiment &title…", "Edit", separated=True,
               tip="Give the experiment another title; a double-click on the title does it too."),
    ActionSpec("duplicate_run", "&Duplicate run", "Edit", ("Ctrl+D",), icon="copy",
               tip="Add a copy of the selected run."),
    ActionSpec("fork", "&Fork at the cursor", "Edit", (), ("K",),
               tip="What if? The selected run goes on as a ghost, and a copy from here: change it and see both."),
    ActionSpec("remove_run", "Re&move run", "Edit", ("Ctrl+Backspace",), icon="trash", tip="Remove the selected run."),
    ActionSpec("rename_run", "Re&name run", "Edit", ("F2",), tip="Give the selected run another name."),
    ActionSpec("play", "&Play or pause", "Run", ("F5", "Ctrl+Space"), ("Space",), icon="play",
               tip="Let the marbles roll, or hold them."),
    ActionSpec("forward", "One update &forward", "Run", ("F10",), ("Right",), icon="forward", separated=True,
               tip="Make one update."),
    ActionSpec("back", "One update &back", "Run", ("F9",), ("Left",), icon="back",
               tip="Take one update back: the numbers are exactly those seen before."),
    ActionSpec("forward_ten", "Ten updates forward", "Run", (), ("Shift+Right",), tip="Make ten updates."),
    ActionSpec("back_ten", "Ten updates back", "Run", (), ("Shift+Left",), tip="Take ten updates back."),
    ActionSpec("first", "To the f&irst step", "Run", ("Alt+Home",), ("Home",), icon="first",
               tip="Look at the start again; nothing is forgotten."),
    ActionSpec("last", "To the &last step", "Run", ("Alt+End",), ("End",), icon="last", tip="Look at the end."),
    ActionSpec("slower", "&Slower", "Run", (), ("[",), separated=True, tip="Fewer updates a second."),
    ActionSpec("faster", "Fas&ter", "Run", (), ("]",), tip="More updates a second."),
    ActionSpec("reset", "&Reset, same start", "Run", ("Ctrl+R",), ("R",), icon="reset", separated=True,
               tip="From the same start again, with the present settings from the first step on."),
    ActionSpec("home", "&Whole view", "View", ("Ctrl+0",), ("0", "H"), icon="fit",
               tip="Show the whole landscape and all steps again."),
    ActionSpec("zoom_in", "Zoom &in", "View", ("Ctrl++", "Ctrl+="), ("+", "="), tip="Look closer."),
    ActionSpec("zoom_out", "Zoom &out", "View", ("Ctrl+-",), ("-",), tip="See more."),
    ActionSpec("contours", "&Contour lines", "View", (), ("C",), icon="contours", checkable=True, separated=True,
               tip="Lines of equal loss: the gradient stands perpendicular to them."),
    ActionSpec("fan", "&Gradients of other batches", "View", (), ("B",), checkable=True,
               tip="Show where other mini-batches would have sent the marble: a fan around the full gradient."),
    ActionSpec("arrows", "&Arrows of the update", "View", (), ("A",), checkable=True,
               tip="Show at the selected marble what the gradient, the momentum and the decay make of the next step."),
    ActionSpec("ellipse", "&Ellipse of curvature", "View", (), ("E",), checkable=True,
               tip="Show how the ground bends around the selected marble: narrow where it is steep."),
    ActionSpec("surface", "&Validation surface", "View", (), ("V",),
               tip="Show the loss on the training part, on the held-back part, or the lines of one over the other."),
    ActionSpec("log_loss", "&Logarithmic loss", "View", (), ("L",), checkable=True,
               tip="Show the loss on a logarithmic axis."),
    ActionSpec("smooth_loss", "&Smooth the loss", "View", (), ("S",), checkable=True,
               tip="Draw a debiased moving average over the loss curves."),
    ActionSpec("theme", "Light or dark &theme", "View", ("Ctrl+T",), icon="theme", separated=True,
               tip="Change between the light and the dark theme."),
    ActionSpec("full_screen", "Lect&ure mode", "View", ("F11",), icon="lecture", checkable=True,
               tip="Fill the screen with the plots, and with what a lesson says, in large type; Esc leaves."),
    ActionSpec("reset_layout", "&Reset layout", "View", separated=True, tip="Put every dock back in its place."),
    ActionSpec("view_2d", "Seen from &above", "3-D", (), ("2",), tip="Show the landscape as a map."),
    ActionSpec("view_3d", "In three &dimensions", "3-D", (), ("3",), icon="solid",
               tip="Show the landscape as a surface that can be turned; once more: as a map again."),
    ActionSpec("view_both", "&Side by side", "3-D", (), ("4",), tip="Show the map and the surface beside each other."),
    ActionSpec("turn_left", "Turn to the &left", "3-D", (), ("Ctrl+Left",), separated=True,
               tip="Walk around the surface; the mouse does it too."),
    ActionSpec("turn_right", "Turn to the &right", "3-D", (), ("Ctrl+Right",), tip="Walk around the surface."),
    ActionSpec("tilt_up", "Look from &higher", "3-D", (), ("Ctrl+Up",), tip="See more of the ground."),
    ActionSpec("tilt_down", "Look from lo&wer", "3-D", (), ("Ctrl+Down",), tip="See more of the heights."),
    ActionSpec("move_left", "Move to the left", "3-D", (), ("Ctrl+Shift+Left",), tip="Move the picture."),
    ActionSpec("move_right", "Move to the right", "3-D", (), ("Ctrl+Shift+Right",), tip="Move the picture."),
    ActionSpec("move_up", "Move up", "3-D", (), ("Ctrl+Shift+Up",), tip="Move the picture."),
    ActionSpec("move_down", "Move down", "3-D", (), ("Ctrl+Shift+Down",), tip="Move the picture."),
    ActionSpec("reset_camera", "R&eset the camera", "3-D", (), ("Ctrl+Home",),
               tip="See the surface from where it is seen at first."),
    ActionSpec("log_height", "Logarithmic hei&ght", "3-D", (), ("Z",), checkable=True, separated=True,
               tip="Let heights follow the logarithm of the loss, so that walls do not dwarf the valleys."),
    ActionSpec("turntable", "&Turntable", "3-D", (), ("T",), checkable=True,
               tip="Let the surface turn slowly, here and in recordings."),
    ActionSpec("add_run", "&Add a run…", "Tools", ("Ctrl+Shift+N",), icon="add",
               tip="Let another optimizer race from the same start."),
    ActionSpec("range_test", "&Learning-rate range test…", "Tools", ("Ctrl+L",),
               tip="Raise the rate from update to update until the loss blows up: so large it may not be."),
    ActionSpec("sweep", "S&weep two settings…", "Tools", ("Ctrl+Shift+W",),
               tip="A map of how the selected run ends, over two of its settings or over all starts."),
    ActionSpec("ensemble", "&Ensemble of seeds…", "Tools", ("Ctrl+Shift+B",),
               tip="The selected run with many seeds: a band around the median loss, and a cloud of marbles."),
    ActionSpec("remove_ensemble", "Remove the ense&mble", "Tools", tip="Show the selected run with its own seed only."),
    ActionSpec("diagnosis", "Dia&gnosis", "Tools", tip="See in words what the selected run is doing, and what to try."),
    ActionSpec("compare", "&Compare runs…", "Tools",
               tip="All runs in a table: final and best loss, steps to a target, path length; as CSV or Markdown."),
    ActionSpec("new_formula", "New &formula…", "Tools", ("Ctrl+Shift+F",),
               tip="Type a formula in x and y: it becomes the landscape."),
    ActionSpec("data", "&Data", "Tools",
               tip="See the examples of a model, choose others, split, standardise or spoil them."),
    ActionSpec("dice", "Another &seed", "Tools", icon="dice", tip="Draw other noise: the same document, another seed."),
    ActionSpec("open_lesson", "&Open a lesson…", "Lessons", tip="Open a lesson from a file of your own."),
    ActionSpec("next_scene", "&Next scene", "Lessons", ("Ctrl+PgDown",), ("N",), separated=True,
               tip="Show the answer where there is a question, else the next scene."),
    ActionSpec("previous_scene", "&Previous scene", "Lessons", ("Ctrl+PgUp",), ("P",), tip="Back to the scene before."),
    ActionSpec("scene_again", "&Scene from the start", "Lessons", ("F8",), ("Backspace",),
               tip="Bring the scene back as it was, whatever was changed in it."),
    ActionSpec("show_answer", "Show the &answer", "Lessons", ("Alt+0",), tip="Show the answer by running it."),
    ActionSpec("answer_1", "Answer &1", "Lessons", ("Alt+1",), ("1",), separated=True,
               tip="Choose the first answer; in lecture mode the digit alone does it."),
    ActionSpec("answer_2", "Answer &2", "Lessons", ("Alt+2",), tip="Choose the second answer; in lecture mode: 2."),
    ActionSpec("answer_3", "Answer &3", "Lessons", ("Alt+3",), tip="Choose the third answer; in lecture mode: 3."),
    ActionSpec("answer_4", "Answer &4", "Lessons", ("Alt+4",), tip="Choose the fourth answer; in lecture mode: 4."),
    ActionSpec("page_on", "&Clicker: onward", "Lessons", (), ("PgDown",), separated=True,
               tip="In lecture mode the answer or the next scene of a lesson; else one update forward."),
    ActionSpec("page_back", "Clicker: &back", "Lessons", (), ("PgUp",),
               tip="In lecture mode the question or the scene before; else one update back."),
    ActionSpec("presenter", "Presenter's win&dow", "Lessons", ("Ctrl+Shift+P",), checkable=True,
               tip="Show hint, right answer and time in a window of their own, on the second screen."),
    ActionSpec("black", "Blac&k screen", "Lessons", (), (".",),
               tip="In lecture mode: turn the screen black; any key brings the picture back."),
    ActionSpec("pointer", "Laser po&inter", "Lessons", (), ("Q",),
               tip="In lecture mode: point with a red dot; once more: with the mouse's cursor again."),
    ActionSpec("caption", "&Words of the scene", "Lessons", (), ("W",),
               tip="In lecture mode: send the words below the plots away, or have them back."),
    ActionSpec("export_lesson", "E&xport the lesson as a page…", "Lessons", separated=True,
               tip="Write the open lesson with its pictures: one HTML file to read anywhere, or a PDF to print."),
    ActionSpec("export_answers", "&Export answers…", "Lessons",
               tip="Write all answers that were given on this machine into a CSV file."),
    ActionSpec("leave_lesson", "&Leave the lesson", "Lessons", ("Ctrl+W",),
               tip="Close the lesson; what was there before comes back."),
    ActionSpec("shortcuts", "&Keyboard shortcuts", "Help", ("F1",), ("?",), icon="help", tip="All shortcuts."),
    ActionSpec("about", "&About gdsim", "Help", tip="What this program is."),
)  # fmt: skip


class Actions:
    """The table made real: one QAction each, and a QShortcut for each bare key.

    Args:
        commands: Has a method for each action's handler.
        window: Where shortcuts work that work everywhere.
        plots: Where bare keys work.
    """

    def __init__(self, commands: Any, window: QWidget, plots: QWidget) -> None:
        self._all: dict[str, QAction] = {}
        for spec in ACTIONS:
            self._all[spec.id] = _action(spec, getattr(commands, spec.handler), window)
        self._commands = commands
        self._give(plots, but=())

    def _give(self, widget: QWidget, but: tuple[str, ...]) -> None:
        """Have bare keys work on ``widget`` and all in it."""
        for spec in ACTIONS:
            for key in spec.plot_keys:
                if key in but:
                    continue
                shortcut = QShortcut(QKeySequence(key), widget)
                shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
                shortcut.activated.connect(lambda name=spec.id, key=key: self._pressed(name, key))

    def lend(self, widget: QWidget) -> None:
        """Have the bare keys work beside the plots, too, but for those that buttons and lists need."""
        self._give(widget, but=OWN)

    def share(self, window: QWidget) -> None:
        """Have all bare keys work in another window, too."""
        self._give(window, but=())

    def _pressed(self, name: str, key: str) -> None:
        """Do what a bare key stands for; in lecture mode a digit answers a question that is open."""
        if key in DIGITS and self._commands.answered(DIGITS.index(key)):
            return
        if not name.startswith("answer"):
            self._all[name].trigger()

    def __getitem__(self, name: str) -> QAction:
        return self._all[name]

    def __iter__(self) -> Any:
        return iter(self._all.items())


def _action(spec: ActionSpec, handler: Callable[..., None], window: QWidget) -> QAction:
    column = f"\t{native(spec.plot_keys[:1])}" if spec.plot_keys and not spec.keys else ""
    action = QAction(spec.text + column, window)  # the menu shows a bare key, too
    action.setObjectName(spec.id)
    if spec.icon:
        action.setIcon(icons.icon(spec.icon))
        action.setIconVisibleInMenu(False)
    action.setShortcuts([QKeySequence(key) for key in spec.keys])
    action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
    action.setCheckable(spec.checkable)
    action.setStatusTip(spec.tip)
    action.setToolTip(_tooltip(spec))
    if spec.checkable:
        action.toggled.connect(handler)
    else:
        action.triggered.connect(lambda _checked=False: handler())
    window.addAction(action)
    return action


def native(keys: tuple[str, ...]) -> str:
    """Keys as this platform writes them."""
    return " or ".join(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in keys)


def _tooltip(spec: ActionSpec) -> str:
    keys = native((*spec.plot_keys[:1], *spec.keys[:1]))
    return f"<b>{spec.plain}</b>{f' ({keys})' if keys else ''}<br>{spec.tip}"
