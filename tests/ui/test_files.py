"""Documents of the window: what is opened, saved, dropped, refused and asked."""

import hashlib
import json
import os
import sys
from pathlib import Path
from time import sleep

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QGraphicsView, QMessageBox, QProgressDialog
from windows import action, ravine, settle

import gdsim
from gdsim.core import documents
from gdsim.core.data import Cancelled, csv_file
from gdsim.core.documents import encode, save
from gdsim.ui import files
from gdsim.ui.files import ready_made, title_of

Buttons = QMessageBox.StandardButton


@pytest.fixture
def answers(monkeypatch):
    """What the next questions about unsaved changes are answered; asking more often fails."""
    given = []
    asked = []

    def question(_parent, _title, text, *_):
        asked.append(text)
        return given.pop(0)

    monkeypatch.setattr(QMessageBox, "question", question)
    return given, asked


@pytest.fixture
def chosen(monkeypatch):
    """The file that is chosen in the dialogs, and the place they offered."""
    choice = {"name": "", "offered": ""}

    def ask(_parent, _title, offered, *_):
        choice["offered"] = offered
        return choice["name"], ""

    monkeypatch.setattr(QFileDialog, "getOpenFileName", ask)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    return choice


def other(folder, name="other.json", **fields):
    path = folder / name
    save(ravine(title="Another", steps=30, **fields), path)
    return path


def edit(window):
    window.landscape._edit_steps(77)


def test_opening_shows_the_document_from_its_start(window, tmp_path, chosen):
    window.session.jump(50)
    chosen["name"] = str(other(tmp_path))
    action(window, "open").trigger()
    assert window.session.experiment.title == "Another"
    assert window.session.cursor == 0
    assert window.session.selected == 0
    assert window.undo_stack.count() == 0
    assert window.windowTitle() == "Another – gdsim"
    assert window.stage.landscape.at_home
    assert window.preferences.recent() == [chosen["name"]]
    settle(window)


REFUSED = {
    "empty": b"", "text": b"hello", "list": b"[]", "other format": b'{"format": "other", "version": 1}',
    "newer": b'{"format": "gdsim-experiment", "version": 99}', "cut": encode(ravine())[:200],
    "UTF-16": "{}".encode("utf-16"), "deep": b"[" * 100_000, "bad lr": encode(ravine()).replace(b"0.002", b'"fast"'),
}  # fmt: skip


def test_a_refused_document_leaves_the_open_one_alone(window, tmp_path):
    edit(window)
    before = window.session.experiment
    for name, data in REFUSED.items():
        path = tmp_path / f"{name}.json"
        path.write_bytes(data)
        assert not window.files.open(path, asked=True), name
        assert window.session.experiment is before
        assert window.files.path is None
        assert window.undo_stack.count() == 1
        assert f"{path.name} was not opened: " in window.status.message.text(), name
        assert window.status.message.property("tone") == "danger"
    assert "$.runs[0].optimizer.lr" in window.status.message.text()
    for path, why in ((tmp_path / "missing.json", "No such file"), (tmp_path, "folder")):
        assert not window.files.open(path, asked=True)
        assert why in window.status.message.text()
    assert window.preferences.recent() == []


def test_saving_and_opening_again(window, tmp_path, chosen):
    edit(window)
    assert "•" in window.windowTitle()
    chosen["name"] = str(tmp_path / "mine")
    action(window, "save").trigger()
    path = tmp_path / "mine.json"
    assert Path(chosen["offered"]).name == "Ravine.json"
    assert gdsim.load(path) == window.session.experiment
    assert window.undo_stack.isClean()
    assert "•" not in window.windowTitle()
    assert "Saved mine.json" in window.status.message.text()
    window.landscape._edit_steps(33)
    chosen["name"] = ""
    action(window, "save").trigger()
    assert gdsim.load(path).steps == 33, "the second time it asks no more"
    window.undo_stack.undo()
    assert not window.undo_stack.isClean()


@pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be made read-only there")
def test_where_saving_fails_the_old_file_and_the_edits_stay(window, tmp_path, chosen):
    path = other(tmp_path)
    before = path.read_bytes()
    edit(window)
    (tmp_path / "folder.json").mkdir()
    places = [tmp_path / "missing" / "x.json", tmp_path / "folder.json", tmp_path / ("x" * 300 + ".json")]
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(0o500)
    if not os.access(locked, os.W_OK):
        places.append(locked / "x.json")
    for place in places:
        chosen["name"] = str(place)
        action(window, "save_as").trigger()
        assert "could not be written" in window.status.message.text()
        assert not window.undo_stack.isClean()
        assert window.files.path is None
    locked.chmod(0o700)
    assert path.read_bytes() == before
    left = {entry.name for entry in tmp_path.iterdir()} - {"gdsim.ini"}
    assert sorted(left) == ["folder.json", "locked", "other.json"]


def test_unsaved_changes_are_asked_about_once(window, tmp_path, chosen, answers):
    given, asked = answers
    path = other(tmp_path)
    edit(window)
    before = window.session.experiment
    chosen["name"] = str(path)
    given[:] = [Buttons.Cancel]
    action(window, "open").trigger()
    assert window.session.experiment is before
    given[:] = [Buttons.Discard]
    action(window, "open").trigger()
    assert window.session.experiment.title == "Another"
    assert len(asked) == 2
    assert "Ravine" in asked[0]
    edit(window)
    given[:] = [Buttons.Save]
    action(window, "new").trigger()
    assert gdsim.load(path).steps == 77
    assert window.session.experiment == gdsim.load(ready_made()[0])
    assert window.files.path is None
    action(window, "new").trigger()
    assert len(asked) == 3, "without edits nothing is asked"


def test_closing_asks_and_can_be_called_off(window, answers):
    given, _ = answers
    edit(window)
    given[:] = [Buttons.Cancel]
    assert not window.close()
    assert window.isVisible()
    window.session.step(1)
    given[:] = [Buttons.Discard]
    assert window.close()


def test_where_saving_is_called_off_nothing_is_left(window, chosen, answers):
    given, _ = answers
    edit(window)
    given[:] = [Buttons.Save]
    chosen["name"] = ""
    assert not window.files.may_leave()
    assert not window.undo_stack.isClean()


def dropped(*urls):
    data = QMimeData()
    data.setUrls([QUrl(url) if isinstance(url, str) else QUrl.fromLocalFile(str(url)) for url in urls])
    return data


def enter_and_drop(window, data):
    place = QPointF(window.width() / 2, window.height() / 2)
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    entering = QDragEnterEvent(place.toPoint(), Qt.DropAction.CopyAction, data, buttons, keys)
    window.dragEnterEvent(entering)
    dropping = QDropEvent(place, Qt.DropAction.CopyAction, data, buttons, keys)
    window.dropEvent(dropping)
    return entering.isAccepted(), dropping.isAccepted()


def test_files_can_be_dropped_on_a_plot(window, tmp_path):
    data, buttons = dropped(other(tmp_path, "on-a-plot.json")), Qt.MouseButton.LeftButton
    action, keys = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    plot = window.stage.findChild(QGraphicsView).viewport()
    entering = QDragEnterEvent(QPoint(40, 30), action, data, buttons, keys)
    dropping = QDropEvent(QPointF(40, 30), action, data, buttons, keys)
    for event in (entering, dropping):
        event.ignore()
        QApplication.sendEvent(plot, event)
        assert event.isAccepted()
    assert window.session.experiment.title == "Another"


def test_files_can_be_dropped(window, tmp_path):
    path = other(tmp_path, "odd name %41 'x\" #1 ü.json")
    assert enter_and_drop(window, dropped(path)) == (True, True)
    assert window.session.experiment.title == "Another"
    assert window.files.path == path
    before = window.session.experiment
    for url in ("https://example.org/x.json", tmp_path / "no.json", tmp_path):
        assert enter_and_drop(window, dropped(url))[1] is False
    text = QMimeData()
    text.setText("hello")
    assert enter_and_drop(window, text)[1] is False
    assert window.session.experiment is before


def test_recent_documents_in_the_menu(window, tmp_path):
    paths = [other(tmp_path, f"{n}.json", seed=n) for n in range(12)]
    for path in paths:
        window.files.open(path)
    menu = window.menus["recent"]
    window.menus["File"].aboutToShow.emit()
    assert menu.isEnabled()
    assert [entry.text() for entry in menu.actions()] == [path.name for path in reversed(paths)][:10]
    menu.actions()[3].trigger()
    assert window.session.experiment.seed == 8
    assert window.preferences.recent()[0] == str(paths[8])
    paths[11].unlink()
    window.menus["File"].aboutToShow.emit()
    next(entry for entry in menu.actions() if entry.text() == "11.json").trigger()
    assert window.session.experiment.seed == 8
    assert "11.json could not be read" in window.status.message.text()
    assert str(paths[11]) not in window.preferences.recent(), "what is gone is offered no more"


def test_ready_made_experiments(window):
    menu = window.menus["ready-made"]
    data = menu.actions()[-1].menu()
    entries = [entry for entry in (*menu.actions()[:-1], *data.actions()) if not entry.isSeparator()]
    assert sorted(entry.text() for entry in entries) == sorted(title_of(p).replace("&", "&&") for p in ready_made())
    assert "Batch size: 1, 8, or all 64" in [entry.text() for entry in data.actions()]
    by_title = {entry.text(): entry for entry in entries}
    for path in (ready_made()[0], ready_made()[20], ready_made()[-1]):
        by_title[title_of(path).replace("&", "&&")].trigger()
        settle(window)
        assert window.session.experiment == gdsim.load(path)
        assert window.files.path is None, "they are not saved over"
        assert window.preferences.recent() == []
        assert window.undo_stack.isClean()


def test_names_that_are_hard(window, tmp_path):
    for name in ("spaces and ü.json", "100%.json", "שלום.json", "🎲.json", "new\nline.json", "a" * 250 + ".json"):
        path = tmp_path / name
        assert window.files._write(path), name
        assert window.files.open(path), name
        assert window.preferences.recent()[0] == str(path)
    window.preferences.save()
    assert window.preferences.recent()[1] == str(tmp_path / "new\nline.json")


@pytest.fixture
def table(tmp_path):
    """A document whose data lie in a file beside it."""
    data = ("x,y\n" + "".join(f"{k},{2 * k + 1}\n" for k in range(50))).encode()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "points.csv").write_bytes(data)
    dataset = {"name": "csv", "path": "data/points.csv", "inputs": ["x"], "target": "y"}
    dataset["sha256"] = hashlib.sha256(data).hexdigest()
    found = documents.as_dict(ravine(title="With data"))
    found |= {"landscape": {"name": "linear_regression", "dataset": dataset}, "start": [0.0, 0.0]}
    path = tmp_path / "with-data.json"
    path.write_text(json.dumps(found), encoding="utf-8")
    return path


@pytest.mark.parametrize("large", [10, 10**9], ids=["large", "small"])
def test_data_beside_a_document_are_read_with_it(window, table, tmp_path, monkeypatch, large):
    monkeypatch.setattr(csv_file, "tables", csv_file.Tables())  # nothing is known from before
    monkeypatch.setattr(files, "LARGE", large)
    assert files.size_of_data(table) == 289
    assert window.files.open(table)
    landscape = window.session.experiment.landscape
    assert landscape.minima()[0] == pytest.approx([2.0, 1.0])
    assert Path(landscape.dataset.path) == tmp_path / "data" / "points.csv"
    (tmp_path / "elsewhere").mkdir()
    save(window.session.experiment, tmp_path / "elsewhere" / "moved.json")
    assert b'"../data/points.csv"' in (tmp_path / "elsewhere" / "moved.json").read_bytes()
    assert gdsim.load(tmp_path / "elsewhere" / "moved.json") == window.session.experiment
    settle(window)


@pytest.mark.parametrize("what", ["gone", "changed"])
def test_a_document_without_its_data_is_refused(window, table, tmp_path, monkeypatch, what):
    monkeypatch.setattr(csv_file, "tables", csv_file.Tables())
    data = tmp_path / "data" / "points.csv"
    data.unlink() if what == "gone" else data.write_text("x,y\n1,2\n2,3\n3,5\n", encoding="utf-8")
    said = []
    monkeypatch.setattr(window, "warn", said.append)
    before = window.session.experiment
    assert not window.files.open(table)
    assert window.session.experiment is before
    assert "points.csv" in said[0]
    assert "$.landscape.dataset.path" in said[0]


def test_reading_large_data_can_be_cancelled(window, table, monkeypatch):
    monkeypatch.setattr(csv_file, "tables", csv_file.Tables())
    before = window.session.experiment

    def slow(path, watch):
        while not watch.cancelled():
            watch.progress(0.5)
            sleep(0.001)
        raise Cancelled

    def cancel():
        (bar,) = window.findChildren(QProgressDialog)
        bar.cancel()

    QTimer.singleShot(50, cancel)
    monkeypatch.setattr(files, "size_of_data", lambda path: 10**9)
    monkeypatch.setattr(files, "load", slow)
    assert not window.files.open(table)
    assert window.session.experiment is before
    settle(window)
    assert not any(bar.isVisible() for bar in window.findChildren(QProgressDialog))
