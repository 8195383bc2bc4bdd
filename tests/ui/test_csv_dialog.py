"""Importing a text file: what is detected, what can be picked, what is said, and that it can be given up."""

import threading

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from windows import LEFT, app, closed, settle, wait_for

from gdsim.core.data import CsvFile, Inline
from gdsim.core.landscapes.analytic import Rosenbrock
from gdsim.core.landscapes.fitted import LinearRegression, LogisticRegression, PolynomialRegression
from gdsim.core.landscapes.network import Network
from gdsim.ui import csv_dialog
from gdsim.ui.csv_dialog import ENDINGS, WORDS, CsvDialog, CsvWorker, Job, import_csv, models_for

PLAIN = "speed,distance\n" + "".join(f"{k},{2 * k + 1}\n" for k in range(20))
GERMAN = "Höhe;Breite;Art\n" + "".join(f"{k},5;{k * k},25;{'alt' if k % 3 else 'neu'}\n" for k in range(30))
GAPS = "a,b\n" + "".join(f"{k},{'' if k in (3, 7) else k * k}\n" for k in range(20))


@pytest.fixture
def file(tmp_path):
    """Writes a file of that text."""

    def write(text, name="data.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write


@pytest.fixture
def dialog(qapp):
    """Opens dialogs, and closes them in the end."""
    opened = []

    def open_one(path, current=None):
        made = CsvDialog(path, current)
        made.show()
        opened.append(made)
        return made

    yield open_one
    for made in opened:
        made.reject()
        made.deleteLater()
    app().sendPostedEvents(None, QEvent.Type.DeferredDelete)


def read(made):
    wait_for(lambda: made.table is not None or made.error)
    return made


def tick(made, *names):
    for row in range(made.inputs.count()):
        item = made.inputs.item(row)
        item.setCheckState(Qt.CheckState.Checked if item.text() in names else Qt.CheckState.Unchecked)


def take_target(made, name):
    made.target.setCurrentText(name)
    made.target.activated.emit(made.target.currentIndex())


def result_of(made):
    """Press the button, and wait for the landscape."""
    got = []
    made.imported.connect(got.append)
    QTest.mouseClick(made.ok, LEFT)
    wait_for(lambda: got)
    assert not made._thread.isRunning()
    return got[0]


def test_a_plain_file_needs_one_click(dialog, file):
    path = file(PLAIN)
    made = read(dialog(path))
    assert made.ticked() == ["speed"]
    assert made.target.currentText() == "distance"
    assert made.chosen_task() == "regression"
    assert made.facts.text() == "20 rows."
    assert made.ok.isEnabled()
    assert made.ok.text() == "Use these data"
    assert made.sheet.rowCount() == 20
    assert [made.sheet.horizontalHeaderItem(k).text() for k in range(2)] == ["speed\ninput", "distance\ntarget"]
    landscape = result_of(made)
    assert isinstance(landscape, LinearRegression)
    assert isinstance(landscape.dataset, CsvFile)
    assert (landscape.dataset.path, landscape.dataset.columns) == (str(path), ("speed",))
    assert landscape.standardise == 1.0, "raw columns would let most rates diverge"
    np.testing.assert_allclose(landscape.dataset.targets(), 2.0 * np.arange(20) + 1.0)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_what_is_detected_is_shown(dialog, file, encoding):
    made = read(dialog(file(GERMAN, encoding=encoding)))
    shown = {name: box.currentText() for name, box in made.boxes.items()}
    expected = {"utf-8-sig": "utf-8"}.get(encoding, encoding)
    assert shown == {
        "delimiter": "semicolon", "decimal": "comma, 1,5", "encoding": WORDS["encoding"][expected],
        "header": "names of columns",
    }  # fmt: skip
    assert made.chosen_task() == "classification", "the target has two values"
    assert made.ticked() == ["Höhe", "Breite"]
    assert "Commas are read as decimal marks" in made.facts.text()
    landscape = result_of(made)
    assert isinstance(landscape, LogisticRegression)
    assert landscape.dataset.class_names == ("alt", "neu")


def test_what_was_detected_can_be_changed(dialog, file):
    made = read(dialog(file(PLAIN)))
    box = made.boxes["header"]
    box.setCurrentIndex(1)
    box.activated.emit(1)
    assert made.table is None, "it is read again"
    read(made)
    assert made.preview.names == ("column 1", "column 2")
    assert made.table.found.header == "no"
    assert not made.ok.isEnabled()
    assert 'line 1, column "column 2": "distance" is not a number' in made.problem.text() + "".join(
        made.table.unusable.values()
    )
    box.setCurrentIndex(0)
    box.activated.emit(0)
    read(made)
    assert made.ok.isEnabled()


def test_the_same_choice_reads_nothing_again(dialog, file):
    made = read(dialog(file(PLAIN)))
    table = made.table
    made.boxes["delimiter"].activated.emit(made.boxes["delimiter"].currentIndex())
    assert made.table is table


def test_missing_values_are_counted_by_line(dialog, file):
    made = read(dialog(file(GAPS)))
    assert [made.sheet.verticalHeaderItem(row).text() for row in range(3)] == ["2", "3", "4"]
    assert made.facts.text() == "20 rows; 2 of them are left out since a value is missing (lines 5, 9)."
    landscape = result_of(made)
    assert landscape.dataset.size == 18


REFUSED = {
    "ragged": ("a,b\n1,2\n3\n", 'line 3 has 1 cell instead of 2: column "b" is missing'),
    "empty": ("", "is empty"),
    "header only": ("a,b\n", "has a header, but no rows of data"),
    "NUL": ("a,b\n1,\x002\n", "line 2, character 3: a NUL byte"),
    "quote": ('a,b\n1,"2\n3,4\n', "line 2: a quotation mark is not closed"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_file_is_refused_at_its_line(dialog, file, name):
    text, reason = REFUSED[name]
    made = read(dialog(file(text)))
    assert reason in made.error_label.text()
    assert made.error_label.isVisible()
    assert made.error_label.text().startswith("data.csv: ")
    assert not made.ok.isEnabled()
    assert made.ok.text() == "Not a usable file"
    assert not made.bar.isVisible()


def test_ragged_rows_are_named_by_their_lines(dialog, file):
    made = read(dialog(file("a,b\n1,2\n\n3\n4,5,6\n")))
    names = [made.sheet.verticalHeaderItem(row).text() for row in range(3)]
    assert names == ["2", "4, too short", "5, too long"]


@pytest.mark.parametrize(
    ("values", "reason"),
    [("red green blue", "kind has 3 classes; two are needed"), ("red", 'kind has one class, "red"; two are needed')],
)
def test_a_target_of_texts_has_two_classes(dialog, file, values, reason):
    words = values.split()
    made = read(dialog(file("a,b,kind\n" + "".join(f"{k},{k * k},{words[k % len(words)]}\n" for k in range(9)))))
    assert made.facts.text() == f"9 rows. 1 column cannot be used: {reason}."
    take_target(made, "kind")
    assert made.ok.text() == "Pick another target"
    assert made.problem.text() == reason


def test_what_is_no_file_is_refused(dialog, tmp_path):
    assert "is a folder" in read(dialog(tmp_path)).error
    assert "cannot be read" in read(dialog(tmp_path / "gone.csv")).error


def test_a_column_that_is_no_number_says_where(dialog, file):
    made = read(dialog(file("a,b,c\n1,2,x\n2,3,y\n3,oops,z\n4,9,x\n")))
    item = made.inputs.item(2)
    assert not item.flags() & Qt.ItemFlag.ItemIsEnabled
    assert made.target.currentText() == "a", "the last one that can be used"
    assert made.facts.text() == "4 rows. 2 columns cannot be used: c has 3 classes; two are needed …"
    take_target(made, "b")
    assert made.ok.text() == "Pick another target"
    assert made.problem.text() == 'line 4, column "b": "oops" is not a number'
    assert made.sheet.horizontalHeaderItem(1).toolTip() == made.problem.text()
    take_target(made, "a")
    assert made.ok.text() == "Pick an input"
    assert not made.ok.isEnabled()


def test_the_button_says_what_is_missing(dialog, file):
    made = read(dialog(file("a,b,c\n" + "".join(f"{k},{k * k},{k % 3}\n" for k in range(12)))))
    assert made.ok.isEnabled()
    tick(made)
    assert (made.ok.text(), made.ok.isEnabled()) == ("Pick an input", False)
    tick(made, "a", "b")
    assert made.ok.isEnabled()
    made.task.setCurrentIndex(1)
    made.task.activated.emit(1)
    assert (made.ok.text(), made.ok.isEnabled()) == ("Pick other columns", False)
    assert "different numbers" in made.problem.text()
    assert made.problem.isVisible()


def test_the_target_is_no_input(dialog, file):
    made = read(dialog(file(PLAIN)))
    take_target(made, "speed")
    assert "speed" not in made.ticked()
    assert made.inputs.item(0).isHidden()
    assert made.ticked() == ["distance"]


@pytest.mark.parametrize(
    ("inputs", "task", "expected"),
    [
        (0, "regression", []),
        (1, "regression", [LinearRegression, PolynomialRegression, Network]),
        (2, "regression", [Network, LinearRegression, PolynomialRegression]),
        (1, "classification", [Network]),
        (2, "classification", [LogisticRegression, Network]),
        (5, "classification", [LogisticRegression, Network]),
    ],
)
def test_models_that_fit(inputs, task, expected):
    assert models_for(inputs, task) == expected


def test_the_present_model_is_suggested(dialog, file):
    current = PolynomialRegression(validation=0.25, split_seed=3, corrupt="outliers")
    made = read(dialog(file(PLAIN), current))
    assert made.model.currentText() == "Polynomial regression"
    landscape = result_of(made)
    assert (landscape.validation, landscape.split_seed) == (0.25, 3)
    assert landscape.corrupt == "nothing", "one's own data are not spoilt unasked"


@pytest.mark.parametrize(("rows", "possible"), [(20, True), (200, True), (201, False)])
def test_few_points_can_be_kept_in_the_document(dialog, file, rows, possible):
    made = read(dialog(file("x,y\n" + "".join(f"{k},{k / 2}\n" for k in range(rows)))))
    assert made.embed.isEnabled() is possible
    made.embed.setChecked(True)
    landscape = result_of(made)
    assert isinstance(landscape.dataset, Inline if possible else CsvFile)
    assert landscape.dataset.size == rows
    assert landscape.dataset.targets()[-1] == (rows - 1) / 2


# --- the thread


@pytest.fixture
def endless(monkeypatch):
    """Reading that ends only where it is cancelled."""
    begun = threading.Event()

    def reading(path, *, options, progress, cancelled):
        progress(0.25)
        begun.set()
        while not cancelled():
            threading.Event().wait(0.002)
        raise csv_dialog.Cancelled

    monkeypatch.setattr(csv_dialog, "read_table", reading)
    return begun


def test_reading_shows_how_far_it_is_and_can_be_cancelled(dialog, file, endless):
    made = dialog(file(PLAIN))
    wait_for(lambda: made.bar.value() == 250)
    assert made.bar.isVisible()
    assert (made.ok.text(), made.ok.isEnabled()) == ("Reading …", False)
    assert made.sheet.rowCount() == 20, "its beginning is there already"
    QTest.mouseClick(made.cancel, LEFT)
    assert not made._thread.isRunning()
    assert not made.isVisible()


def test_another_file_gives_up_the_first(dialog, file, endless, monkeypatch):
    made = dialog(file(PLAIN))
    wait_for(endless.is_set)
    monkeypatch.undo()
    made.open_file(file(GAPS, "other.csv"))
    read(made)
    assert made.table.names == ("a", "b")
    assert made.name.whole == "other.csv"


def test_a_window_that_closes_takes_the_dialog_along(open_window, file, endless):
    window = open_window()
    settle(window)
    made = import_csv(window, file(PLAIN))
    thread = made._thread
    wait_for(endless.is_set)
    closed(window)
    assert not made_running(thread)


def made_running(thread):
    from shiboken6 import isValid

    return isValid(thread) and thread.isRunning()


@pytest.mark.parametrize("error", [MemoryError(), RecursionError("deep"), OSError(5, "Input/output error")])
def test_whatever_reading_raises_is_said(qapp, file, monkeypatch, error):
    def broken(*_args, **_options):
        raise error

    monkeypatch.setattr(csv_dialog, "read_table", broken)
    worker, said = CsvWorker(), []
    worker.failed.connect(lambda number, reason: said.append((number, reason)))
    seen = threading.Event()
    seen.set()
    worker.read(Job(4, file(PLAIN), csv_dialog.CsvOptions(), threading.Event(), seen))
    assert said[0][0] == 4
    assert said[0][1].startswith("data.csv cannot be read: ")
    worker.deleteLater()


def test_an_answer_to_an_abandoned_job_is_dropped(dialog, file):
    made = read(dialog(file(PLAIN)))
    table = made.table
    made._take_failure(0, "late")
    made._take_table(0, None)
    made._take_landscape(0, None)
    assert (made.error, made.table) == ("", table)
    assert made.isVisible()


def test_a_landscape_that_cannot_be_made_is_said(dialog, file, monkeypatch):
    made = read(dialog(file(PLAIN)))
    monkeypatch.setattr(csv_dialog, "_dataset", lambda _wish: 1 / 0)
    QTest.mouseClick(made.ok, LEFT)
    wait_for(lambda: not made._making)
    assert "division by zero" in made.problem.text().lower()
    assert not made.ok.isEnabled()
    tick(made, "speed")
    made.model.activated.emit(0)
    assert made.ok.isEnabled(), "it can be tried again"


# --- the window


def test_importing_is_one_edit_that_can_be_undone(window, file):
    path = file(PLAIN)
    made = read(import_csv(window, path))
    QTest.mouseClick(made.ok, LEFT)
    wait_for(lambda: isinstance(window.session.experiment.landscape, LinearRegression))
    assert window.session.experiment.landscape.dataset.path == str(path)
    assert window.session.experiment.start is None
    assert window.undo_stack.count() == 1
    assert window.undo_stack.undoText() == "Data from data.csv"
    assert window.session.experiment.title == "distance from speed"
    assert window.status.message.text() == "data.csv: 20 examples"
    assert window.data.settings.box.currentText() == "data.csv"
    settle(window)
    window.undo_stack.undo()
    assert isinstance(window.session.experiment.landscape, Rosenbrock)
    assert window.session.experiment.title == "Ravine"
    settle(window)


def test_a_title_that_was_typed_stays(window, file):
    titled = msgspec.structs.replace(window.session.experiment, title="My own")
    assert window.editor.edit("Change the title", titled) is None
    made = read(import_csv(window, file(PLAIN)))
    QTest.mouseClick(made.ok, LEFT)
    wait_for(lambda: isinstance(window.session.experiment.landscape, LinearRegression))
    assert window.session.experiment.title == "My own"
    settle(window)


def test_the_dock_asks_for_a_file(window, file, monkeypatch):
    asked = []

    def ask(_parent, _title, folder, filters):
        asked.append((folder, filters))
        return str(file(PLAIN)), ""

    monkeypatch.setattr(QFileDialog, "getOpenFileName", ask)
    window.data.csv_wanted.emit()
    made = read(window.findChild(CsvDialog))
    assert all(ending in asked[0][1] for ending in ENDINGS)
    made.reject()
    assert window.undo_stack.count() == 0
    assert import_csv(window).path.name == "data.csv"
    assert asked[1][0] == str(made.path.parent), "where the last one was"
    window.findChildren(CsvDialog)[-1].reject()


def test_no_file_no_dialog(window, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    assert import_csv(window) is None


def test_every_control_has_a_name(dialog, file):
    made = read(dialog(file(PLAIN)))
    for control in (*made.boxes.values(), made.inputs, made.target, made.task, made.model, made.sheet, made.bar):
        assert control.accessibleName()


def test_cancelling_does_not_wait_for_what_is_being_made(dialog, file, monkeypatch):
    """A million rows take a while to be prepared: the dialog is gone at once, its thread when that is done."""
    begun, gate = threading.Event(), threading.Event()

    def slow(landscape):
        begun.set()
        assert gate.wait(10)

    monkeypatch.setattr(PolynomialRegression, "home", slow)
    monkeypatch.setattr(LinearRegression, "home", slow)
    made = read(dialog(file(PLAIN)))
    QTest.mouseClick(made.ok, LEFT)
    wait_for(begun.is_set)
    made.reject()
    assert not made.isVisible()
    assert csv_dialog._Ending.alive
    gate.set()
    wait_for(lambda: not csv_dialog._Ending.alive)
