"""What the experiment is called, in the middle of the toolbar."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QMouseEvent

from gdsim.ui import style
from gdsim.ui.widgets.labels import ElidedLabel


class Title(ElidedLabel):
    """The experiment's title; a double-click lets it be typed."""

    double_clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFont(style.font(14, QFont.Weight.DemiBold))
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Ask for another title."""
        self.double_clicked.emit()
