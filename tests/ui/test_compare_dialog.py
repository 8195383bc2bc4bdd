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
    assert QGuiApplication.clipboard().text() == as_csv(dialog.rows)
    press(dialog, "Copy as Markdown")
    assert QGuiApplication.clipboard().text() == as_markdown(dialog.rows, dialog.target.number)
