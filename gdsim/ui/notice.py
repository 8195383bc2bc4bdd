"""A slim bar above the plots that offers something once and blocks nothing."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from gdsim.ui import style
from gdsim.ui.widgets import ElidedLabel


class Notice(QWidget):
    """A sentence and the answers to it; it goes away with any of them.

    Signals:
        answered: Which answer was chosen, by its place.
    """

    answered = Signal(int)

    def __init__(self, text: str, answers: tuple[str, ...], tips: tuple[str, ...]) -> None:
        super().__init__()
        style.panel(self)
        self.setAccessibleName(text)
        words = ElidedLabel(text)
        words.setToolTip(text)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 8, 4)
        row.setSpacing(8)
        row.addWidget(words, 1)
        self.buttons: list[QPushButton] = []
        for place, (answer, tip) in enumerate(zip(answers, tips, strict=True)):
            button = QPushButton(answer)
            button.setToolTip(tip)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            style.mark(button, "primary", place == 0)
            button.clicked.connect(lambda _=False, p=place: self._answer(p))
            row.addWidget(button)
            self.buttons.append(button)

    def _answer(self, place: int) -> None:
        self.hide()
        self.answered.emit(place)
        self.deleteLater()
