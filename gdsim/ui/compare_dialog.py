"""The runs side by side in a table that can be taken along, as CSV or as Markdown."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gdsim.core.compare import HEADS, Row, as_csv, as_markdown, compare, heads, usual_target
from gdsim.core.trajectory import Trajectory
from gdsim.ui import style
from gdsim.ui.numbers import nice
from gdsim.ui.panels.runs_panel import swatch_icon
from gdsim.ui.waiting import wait_for
from gdsim.ui.widgets import NumberField, label

TIPS = (
    "The name of the run.",
    "The loss in its last row.",
    "The lowest loss it ever had.",
    "Where its loss was lowest.",
    "The first step at which its loss was at most the target.",
    "How far the marble rolled, added up: a straight way is short, bouncing makes it long.",
    "What became of it.",
)

GAP = "\N{EM SPACE}"
"""Before a column of words that follows one of numbers."""


class CompareDialog(QDialog):
    """All runs of an experiment, a row each.

    Args:
        trajectory: What has been computed.
        parent: The window.
    """

    def __init__(self, trajectory: Trajectory, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Compare runs")
        self._trajectory = trajectory.frozen()  # what is computed meanwhile must not change the numbers under the eye
        self.rows: tuple[Row, ...] = ()
        self._why = label("", "danger")
        self.target = NumberField()
        self.target.setFixedWidth(110)
        self.target.setAccessibleName("target loss")
        self.target.setToolTip("<b>Target</b><br>The loss whose first reaching is counted. At first the lowest that "
                               "every run reached.")  # fmt: skip
        self.target.set_number(usual_target(self._trajectory))
        self.target.committed.connect(self.measure)
        self.target.refused.connect(self._refuse)
        self.target.textEdited.connect(lambda _text: self._why.clear())
        self.table = QTableWidget(len(trajectory.runs), len(HEADS))
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.setAccessibleName("Runs")
        self.table.verticalHeader().hide()
        self.table.setIconSize(QSize(36, 16))
        self.table.verticalHeader().setDefaultSectionSize(32)
        self._said = label("", "t2")
        self._lay_out()
        self.measure()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        for widget in (label("target loss", "t2"), self.target, self._why):
            head.addWidget(widget)
        head.addStretch(1)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self._said, 1)
        for text, tip, write in (
            ("Copy as CSV", "For a spreadsheet: every number in full.", lambda: as_csv(self.rows, self.target.number)),
            ("Copy as Markdown", "For notes and reports.", lambda: as_markdown(self.rows, self.target.number)),
        ):
            foot.addWidget(self._copier(text, tip, write))
        close = QPushButton("Close")
        close.clicked.connect(self.reject)
        close.setDefault(True)
        foot.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(12)
        column.addLayout(head)
        column.addWidget(self.table, 1)
        column.addLayout(foot)

    def _copier(self, text: str, tip: str, write: Callable[[], str]) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setAutoDefault(False)

        def copy() -> None:
            QGuiApplication.clipboard().setText(write())
            self._said.setText("On the clipboard.")

        button.clicked.connect(copy)
        return button

    @Slot(str)
    def _refuse(self, why: str) -> None:
        self._why.setText(f"{why[:1].upper()}{why[1:]}: {nice(self.target.number)} stays.")

    @Slot(object)
    def measure(self, _target: object = None) -> None:
        """Fill the table, with the target in force."""
        target, trajectory = self.target.number, self._trajectory
        self._said.clear()  # what was copied is another table
        self.rows = wait_for(self, "Measuring the runs …", lambda _tell, _stop: compare(trajectory, target))
        theme, experiment = style.current(), trajectory.experiment
        titles = [*heads(nice(target, 3))]
        titles[-1] = f"{GAP}{titles[-1]}"
        for column, (text, tip) in enumerate(zip(titles, TIPS, strict=True)):
            item = QTableWidgetItem(text)
            item.setToolTip(tip)
            item.setTextAlignment(_side(column))
            self.table.setHorizontalHeaderItem(column, item)
        for place, row in enumerate(self.rows):
            for column, text in enumerate(_shown(row)):
                item = QTableWidgetItem(text)
                item.setTextAlignment(_side(column))
                ghost = experiment.runs[place].ghost
                if ghost:
                    item.setForeground(style.color("t3"))
                if column == 0:
                    item.setIcon(swatch_icon(theme.run(experiment.color(place)), faded=ghost))
                    item.setToolTip(f"{row.label} (a ghost)" if ghost else row.label)
                self.table.setItem(place, column, item)
        self._fit()

    def _fit(self) -> None:
        """As large as the table, within the screen."""
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.table.resizeColumnsToContents()
        for column in range(len(HEADS)):
            self.table.setColumnWidth(column, min(self.table.columnWidth(column) + 12, 300))
        width = sum(self.table.columnWidth(column) for column in range(len(HEADS))) + 80
        header.setSectionResizeMode(len(HEADS) - 1, QHeaderView.ResizeMode.Stretch)
        height = 32 * (len(self.rows) + 1) + 150
        self.resize(QSize(max(width, 640), height).boundedTo(self.screen().availableSize() - QSize(32, 64)))


def _shown(row: Row) -> tuple[str, ...]:
    reached = "never" if row.to_target is None else f"{row.to_target:,}"
    numbers = (nice(row.final), nice(row.best), f"{row.best_step:,}", reached, nice(row.length))
    return (row.label, *numbers, f"{GAP}{row.outcome}")


def _side(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column in (0, len(HEADS) - 1) else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter
