"""Words and signs: headings, quiet labels that shorten themselves, the sign of a run."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from gdsim.ui.plots.markers import paint_swatch
from gdsim.ui.style import BODY, font, mark
from gdsim.ui.theme import RunStyle

FADED = 0.4
"""How much of its colour the sign of a run keeps that is hidden or a ghost."""


def label(text: str = "", tone: str = "t1", size: int = BODY, *, bold: bool = False, italic: bool = False) -> QLabel:
    """A label in one of the theme's tones ("t1", "t2", "t3", "accent", "danger", "warn", "good")."""
    made = QLabel(text)
    made.setFont(font(size, QFont.Weight.DemiBold if bold else QFont.Weight.Normal, italic=italic))
    made.setTextFormat(Qt.TextFormat.PlainText)
    mark(made, "tone", tone)
    return made


class ElidedLabel(QLabel):
    """One line that shortens itself with an ellipsis instead of pushing others away."""

    def __init__(self, text: str = "", tone: str = "t1", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole = text
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.setAccessibleName(text)
        mark(self, "tone", tone)
        self._fit()

    def set_text(self, text: str) -> None:
        """Show ``text``, or as much of it as fits."""
        if text != self._whole:
            self._whole = text
            self.setAccessibleName(text)
            self.updateGeometry()
            self._fit()

    @property
    def whole(self) -> str:
        """The text in full."""
        return self._whole

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorten anew."""
        self._fit()

    def sizeHint(self) -> QSize:
        """Room for the whole text."""
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._whole) + 2, metrics.height() + 2)

    def minimumSizeHint(self) -> QSize:
        """A few letters."""
        metrics = self.fontMetrics()
        return QSize(min(metrics.averageCharWidth() * 4, self.sizeHint().width()), metrics.height() + 2)

    def _fit(self) -> None:
        shown = self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, max(self.width(), 1))
        if shown != self.text():
            self.setText(shown)


class RunSwatch(QWidget):
    """The sign of a run: a piece of its line, with its dash, and its marker."""

    def __init__(self, style: RunStyle, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._style = style
        self._faded = False
        self.setFixedSize(36, 16)

    def set_style(self, style: RunStyle, *, faded: bool = False) -> None:
        """Show another run, or the same faded, as one that is hidden."""
        if (style, faded) != (self._style, self._faded):
            self._style, self._faded = style, faded
            self.update()

    def sizeHint(self) -> QSize:
        """Its fixed size."""
        return QSize(36, 16)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Line and marker."""
        painter = QPainter(self)
        painter.setOpacity(FADED if self._faded else 1.0)
        paint_swatch(painter, QRectF(self.rect()).adjusted(1.0, 0.0, -1.0, 0.0), self._style)
        painter.end()


class Section(QWidget):
    """A heading inside a panel, with its subject in a quieter tone and room for a control at its end.

    Args:
        title: In sentence case.
        subject: What it is about just now, such as "at the marble".
        trailing: A small control at the right.
        parent: As everywhere in Qt.
    """

    def __init__(
        self, title: str, subject: str = "", trailing: QWidget | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._title = label(title, bold=True)
        self._subject = ElidedLabel(subject, "t2")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._title)
        row.addWidget(self._subject, 1)
        if trailing is not None:
            row.addWidget(trailing)
        self.setMinimumHeight(32)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_title(self, title: str) -> None:
        """Change the heading."""
        self._title.setText(title)

    def set_subject(self, subject: str) -> None:
        """Change the subject."""
        self._subject.set_text(subject)
