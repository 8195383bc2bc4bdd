"""The shortcut sheet: every key, made from the table of actions."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from gdsim.ui import style
from gdsim.ui.actions import ACTIONS, DIGITS, MENUS, native
from gdsim.ui.widgets import label

COLUMNS = (("Run", "3-D"), ("File", "Edit", "Help", "Lessons"), ("View", "Tools"))


class ShortcutSheet(QDialog):
    """Lists the keys that work on the plots and those that work everywhere."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard shortcuts")
        keys = QWidget()
        style.panel(keys)
        row = QHBoxLayout(keys)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(32)
        for menus in COLUMNS:
            row.addLayout(_column(menus))
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(keys)
        mouse = label("Mouse: drag the ring to move the start, double-click to place it, drag the ground to pan, wheel "
                      "to zoom; drag the surface to turn it, with Shift to move it; click the loss curve to move the "
                      "cursor.", "t2")  # fmt: skip
        mouse.setWordWrap(True)
        lessons = label("Lessons: Tab reaches the answers, Alt+Up and Alt+Down order runs, Enter tries a number; only "
                        "in lecture mode 1 to 4 choose an answer, and the period, Q and W are keys.", "t2")  # fmt: skip
        lessons.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        line = QFrame()
        line.setFixedHeight(1)
        style.mark(line, "divider", True)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(24, 20, 24, 16)
        whole.setSpacing(12)
        whole.addWidget(scroll, 1)
        whole.addWidget(line)
        whole.addWidget(mouse)
        whole.addWidget(lessons)
        whole.addWidget(buttons)
        wanted = keys.sizeHint() + QSize(64, 180)
        self.resize(wanted.boundedTo(self.screen().availableSize() - QSize(16, 48)))


def _column(menus: tuple[str, ...]) -> QGridLayout:
    """The keys of some menus below each other, in columns that all of them share."""
    grid = QGridLayout()
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(4)
    for menu in menus:
        assert menu in MENUS
        if grid.rowCount() > 1:
            grid.setRowMinimumHeight(grid.rowCount(), 16)
        top = grid.rowCount()
        heading = label(menu)
        heading.setFont(style.font(14, QFont.Weight.DemiBold))
        grid.addWidget(heading, top, 0)
        both = any(spec.plot_keys for name in menus for spec in ACTIONS if spec.menu == name)
        for place, head in ((1, "on the plots"), (2, "everywhere")):
            if menu == menus[0] and both:
                small = label(head, "t3")
                small.setFont(style.font(11))
                grid.addWidget(small, top, place)
        rows = [spec for spec in ACTIONS if spec.menu == menu and (spec.keys or spec.plot_keys)]
        for row, spec in enumerate(rows, top + 1):
            grid.addWidget(label(spec.plain, "t2"), row, 0)
            answers = spec.id.startswith("answer")  # a digit is one of lecture mode only, of which the foot tells
            bare = tuple(key for key in spec.plot_keys if not (answers and key in DIGITS))
            for place, keys in ((1, bare), (2, spec.keys)):
                made = label(native(keys))
                made.setFont(style.font(13, QFont.Weight.DemiBold))
                grid.addWidget(made, row, place, Qt.AlignmentFlag.AlignLeft)
    grid.setRowStretch(grid.rowCount(), 1)
    return grid
