"""The shortcut sheet: every key, made from the table of actions."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from gdsim.ui import style
from gdsim.ui.actions import ACTIONS, MENUS, native
from gdsim.ui.widgets import label

COLUMNS = (("Run",), ("File", "Edit", "Help"), ("View", "Tools"))


class ShortcutSheet(QDialog):
    """Lists the keys that work on the plots and those that work everywhere."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard shortcuts")
        row = QHBoxLayout()
        row.setSpacing(32)
        for menus in COLUMNS:
            column = QVBoxLayout()
            column.setSpacing(8)
            for menu in menus:
                column.addWidget(_heading(menu))
                column.addLayout(_keys(menu))
                column.addSpacing(12)
            column.addStretch(1)
            row.addLayout(column)
        mouse = label("Mouse: drag the ring to move the start, double-click to place it, drag the ground to pan, wheel "
                      "to zoom; click the loss curve to move the cursor.", "t2")  # fmt: skip
        mouse.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        line = QFrame()
        line.setFixedHeight(1)
        style.mark(line, "divider", True)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(24, 20, 24, 16)
        whole.setSpacing(12)
        whole.addLayout(row)
        whole.addWidget(line)
        whole.addWidget(mouse)
        whole.addWidget(buttons)


def _heading(menu: str) -> QWidget:
    made = label(menu)
    made.setFont(style.font(14, QFont.Weight.DemiBold))
    return made


def _keys(menu: str) -> QGridLayout:
    assert menu in MENUS
    grid = QGridLayout()
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(4)
    heads = ("", "on the plots", "everywhere")
    for column, head in enumerate(heads):
        if head and any(spec.menu == menu and spec.plot_keys for spec in ACTIONS):
            small = label(head, "t3")
            small.setFont(style.font(11))
            grid.addWidget(small, 0, column)
    rows = [spec for spec in ACTIONS if spec.menu == menu and (spec.keys or spec.plot_keys)]
    for row, spec in enumerate(rows, 1):
        grid.addWidget(label(spec.plain, "t2"), row, 0)
        for column, keys in ((1, spec.plot_keys), (2, spec.keys)):
            made = label(native(keys))
            made.setFont(style.font(13, QFont.Weight.DemiBold))
            grid.addWidget(made, row, column, Qt.AlignmentFlag.AlignLeft)
    return grid
