"""The table of runs in the window, and what it puts on the clipboard."""

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from windows import LEFT, settle, type_number

from gdsim.core.compare import HEADS, as_csv, as_markdown, compare, usual_target
from gdsim.ui.compare_dialog import CompareDialog


@pytest.fixture
def dialog(window):
    window.session.jump(120)
    settle(window)
    dialog = CompareDialog(window.session.trajectory, window)
    dialog.show()
    yield dialog
    dialog.close()
    dialog.deleteLater()


def press(dialog, text):
    QTest.mouseClick(next(b for b in dialog.findChildren(QPushButton) if b.text() == text), LEFT)


def test_each_run_has_a_row(window, dialog):
    trajectory = window.session.trajectory
    assert dialog.rows == compare(trajectory, usual_target(trajectory))
    assert (dialog.table.rowCount(), dialog.table.columnCount()) == (2, len(HEADS))
    assert [dialog.table.item(row, 0).text() for row in range(2)] == ["slow", "heavy"]
    assert "never" not in [dialog.table.item(row, 4).text() for row in range(2)]


def test_another_target(dialog):
    type_number(dialog.target, "-5")
    assert [dialog.table.item(row, 4).text() for row in range(2)] == ["never", "never"]


def test_it_is_copied(dialog):
    press(dialog, "Copy as CSV")
    assert QGuiApplication.clipboard().text() == as_csv(dialog.rows, dialog.target.number)
    press(dialog, "Copy as Markdown")
    assert QGuiApplication.clipboard().text() == as_markdown(dialog.rows, dialog.target.number)
    assert dialog._said.text() == "On the clipboard."
    type_number(dialog.target, "0.25")
    assert dialog._said.text() == ""
    press(dialog, "Copy as CSV")
    assert "steps to loss ≤ 0.25" in QGuiApplication.clipboard().text().splitlines()[0]


def test_a_target_that_is_no_number_is_refused_beside_it(dialog):
    before = dialog.target.number
    type_number(dialog.target, "abc")
    assert dialog._why.text().startswith("Not a number: ")
    assert dialog._why.text().endswith(" stays.")
    assert dialog.target.number == before
    type_number(dialog.target, "3")
    assert dialog._why.text() == ""


def test_a_ghost_is_dimmed(window):
    window.session.jump(120)
    settle(window)
    window.runs.toggle_ghost(0)
    settle(window)
    dialog = CompareDialog(window.session.trajectory, window)
    inks = [dialog.table.item(row, 1).foreground().color() for row in range(2)]
    assert inks[0] != inks[1]
    signs = [dialog.table.item(row, 0).icon().pixmap(36, 16).toImage() for row in range(2)]
    most = [max(image.pixelColor(x, y).alpha() for x in range(image.width()) for y in range(image.height()))
            for image in signs]  # fmt: skip
    assert most[0] < 0.7 * most[1]
    dialog.deleteLater()
