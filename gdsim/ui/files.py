"""Documents of the window: open, save, recent ones, ready-made ones, and what is dropped on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QMimeData
from PySide6.QtWidgets import QFileDialog, QMenu, QMessageBox, QWidget

from gdsim.core.data import Cancelled
from gdsim.core.documents import MAX_BYTES, DocumentError, Watch, decode, encode, load, save
from gdsim.core.experiment import Experiment
from gdsim.resources import resource
from gdsim.ui import places

if TYPE_CHECKING:
    from gdsim.ui.main_window import MainWindow

FILTER = "Experiments (*.json);;All files (*)"
MEDIA = (".png", ".svg", ".pdf", ".mp4", ".webm", ".gif")
"""Endings of recordings, which hold the experiment that made them."""
LARGE = 500_000
"""Bytes of data that take long enough to read for a bar to be shown."""
FROM_DATA = ("2", "3")
"""How the names of ready-made experiments on data begin."""


class Files:
    """Where the document came from, whether it has been edited, and how it gets to the disk."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self.path: Path | None = None

    # Opening

    def new(self) -> None:
        """The first ready-made experiment."""
        first = ready_made()
        if first and self.may_leave():
            self._show(load(first[0]), None)

    def ask_open(self) -> None:
        """Let a file be chosen."""
        if not self.may_leave():
            return
        name, _ = QFileDialog.getOpenFileName(self._window, "Open an experiment", str(self._folder()), FILTER)
        if name:
            self.open(Path(name), asked=True)

    def open(self, path: Path, *, asked: bool = False, known: bool = True) -> bool:
        """Open ``path``; the present document stays where it is refused.

        Args:
            path: The file.
            asked: Whether the user has already agreed to leave the present document.
            known: Whether it becomes the place to save to (ready-made experiments do not).
        """
        if not asked and not self.may_leave():
            return False
        if path.exists() and not path.is_file():
            self._refuse(f"{path.name} is no file that can be opened: a folder, a pipe or a device")
            return False
        try:
            experiment = read(self._window, path)
        except Cancelled:
            return False
        except DocumentError as error:
            self._refuse(f"{path.name} was not opened: {error}")
            return False
        except OSError as error:
            self._refuse(f"{path.name} could not be read: {error.strerror or error}")
            if isinstance(error, FileNotFoundError):
                self._window.preferences.forget_recent(path)
            return False
        known = known and path.suffix.lower() not in MEDIA  # a recording is no place to save to
        self._show(experiment, path if known else None)
        if known:
            self._window.preferences.add_recent(path)
            self._window.preferences.put("folder", str(path.parent))
        return True

    def recover(self, path: Path) -> bool:
        """Show a spare copy as a document that was never saved; returns whether it was dealt with."""
        if not self.may_leave():
            return False
        recovery = self._window.recovery
        try:
            experiment = read(self._window, path)
        except Cancelled:
            return False
        except (DocumentError, OSError) as error:
            self._refuse(f"The recovered work could not be read: {error}")
            recovery.set_aside(path)
            return True
        self._show(experiment, None)
        self._window.undo_stack.resetClean()
        if recovery.keep(self.snapshot()):
            recovery.remove(path)
        return True

    def drop(self, data: QMimeData) -> bool:
        """Open the first file that was dropped."""
        paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
        from gdsim.ui.csv_dialog import ENDINGS, import_csv

        if paths and paths[0].suffix.lower() in ENDINGS:
            return import_csv(self._window, paths[0]) is not None
        if paths and paths[0].suffix.lower() == ".md":
            return self._window.room.open(paths[0])
        return bool(paths) and self.open(paths[0])

    def _show(self, experiment: Experiment, path: Path | None) -> None:
        if self._window.teaching:
            self._window.room.dismiss()
        self.path = path
        self._window.show_experiment(experiment)
        self._window.show_title()

    # Saving

    @property
    def edited(self) -> bool:
        """Whether there is something to lose: what is changed within a lesson is play."""
        if self._window.teaching:
            return False
        return self._window.editor.waits or not self._window.undo_stack.isClean()

    def save(self) -> bool:
        """Save where it came from, or ask where."""
        return self._write(self.path) if self.path and places.allowed() else self.save_as()

    def save_as(self) -> bool:
        """Ask where to save."""
        title = self._window.session.experiment.title or "experiment"
        safe = "".join(c if c.isalnum() or c in " -_" else "-" for c in title).strip()[:60] or "experiment"
        offer = self.path or self._folder() / f"{safe}.json"
        name, _ = places.ask_place(self._window, "Save the experiment", str(offer), FILTER)
        if not name:
            return False
        from gdsim.ui.export_dialog import with_ending  # asks, where the ending that is added leads to another file

        path = with_ending(self._window, Path(name), ".json", (".json",))
        return path is not None and self._write(path)

    def _folder(self) -> Path:
        """Where files are looked for first: beside the document, where the last one was, or at home."""
        remembered = self._window.preferences.text("folder")
        for folder in ([self.path.parent] if self.path else []) + ([Path(remembered)] if remembered else []):
            if folder.is_dir():
                return folder
        return Path.home()

    def _write(self, path: Path) -> bool:
        self._window.editor.settle()
        try:
            save(self.document(), path)
        except OSError as error:
            self._refuse(f"{path} could not be written: {error.strerror or error}. The old file is unchanged.")
            return False
        self.path = path
        self._window.undo_stack.setClean()
        self._window.preferences.add_recent(path)
        self._window.preferences.put("folder", str(path.parent))
        self._window.show_title()
        self._window.say(f"Saved {path.name}")
        return True

    def may_leave(self) -> bool:
        """Ask what shall become of unsaved edits; False where the user stays."""
        if not self.edited:
            return True
        buttons, name = QMessageBox.StandardButton, self._window.document_name()
        offered, first, text = buttons.Discard | buttons.Cancel, buttons.Cancel, f"Lose the changes to “{name}”?"
        if places.allowed():
            offered, first, text = offered | buttons.Save, buttons.Save, f"Save the changes to “{name}”?"
        answer = QMessageBox.question(self._window, "Unsaved changes", text, offered, first)
        if answer == buttons.Save:
            return self.save()
        return answer == buttons.Discard

    # Menus

    def fill_recent(self, menu: QMenu) -> None:
        """List the recent documents."""
        menu.clear()
        recent = [Path(entry) for entry in self._window.preferences.recent()]
        for path in recent:
            menu.addAction(path.name.replace("&", "&&")).triggered.connect(lambda _=False, p=path: self.open(p))
            menu.actions()[-1].setStatusTip(str(path))
        menu.setEnabled(bool(recent))

    def fill_ready_made(self, menu: QMenu) -> None:
        """List the ready-made experiments by their titles."""
        own = [path for path in ready_made() if not path.name.startswith(FROM_DATA)]
        for path in own:
            self._add(menu, path)
        menu.addSeparator()
        data = menu.addMenu("From &data")
        for path in ready_made():
            if path not in own:
                self._add(data, path)

    def _add(self, menu: QMenu, path: Path) -> None:
        action = menu.addAction(title_of(path).replace("&", "&&"))
        action.triggered.connect(lambda _=False: self.open(path, known=False))

    def document(self) -> Experiment:
        """The experiment as it is saved: with the camera where it is now, which is no edit but goes into the file."""
        experiment: Experiment = self._window.session.experiment
        return msgspec.structs.replace(experiment, camera=self._window.stage.camera)

    def snapshot(self) -> bytes:
        """The document's bytes, for recovery."""
        return encode(self.document())

    def _refuse(self, text: str) -> None:
        self._window.warn(text)


def read(window: QWidget, path: Path) -> Experiment:
    """The experiment in a document or a recording; where its data are large the user can watch and cancel.

    Raises:
        Cancelled: It was cancelled.
        DocumentError: There is none, or it is refused.
        OSError: The file cannot be read.
    """
    if size_of_data(path) < LARGE:
        return _experiment_in(path, Watch())
    from gdsim.core.readiness import make_ready
    from gdsim.ui.waiting import wait_for

    def work(progress: Callable[[float], None], cancelled: Callable[[], bool]) -> Experiment:
        watch = Watch(progress, cancelled)
        experiment = _experiment_in(path, watch)
        make_ready(experiment, watch)
        return experiment

    return wait_for(window, f"Reading the data of {path.name}", work)


def _experiment_in(path: Path, watch: Watch) -> Experiment:
    if path.suffix.lower() not in MEDIA:
        return load(path, watch)
    document = _recorded(path)
    if document is None:
        raise DocumentError("it holds no experiment: only pictures and videos made with gdsim do")
    return decode(document, path.parent, watch)


def _recorded(path: Path) -> bytes | None:
    """The document inside a picture or video that was recorded with gdsim; None where there is none."""
    from gdsim.recording.embedded import extract

    return extract(path)


def size_of_data(path: Path) -> int:
    """How many bytes the data file of a document or a recording has; 0 where it names none or is none."""
    try:
        if path.suffix.lower() in MEDIA:
            document = _recorded(path) or b"{}"
        else:
            document = path.read_bytes() if path.stat().st_size <= MAX_BYTES else b"{}"
        content = msgspec.json.decode(document)
        return int((path.parent / content["landscape"]["dataset"]["path"]).stat().st_size)
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return 0  # whatever is wrong is told when it is read


def ready_made() -> list[Path]:
    """The shipped experiments, in the order of the menu."""
    return sorted(resource("experiments").glob("*.json"))


def title_of(path: Path) -> str:
    """The title of a shipped experiment, without decoding the rest."""
    import json

    try:
        return str(json.loads(path.read_text(encoding="utf-8")).get("title") or path.stem)
    except (OSError, ValueError):
        return path.stem
