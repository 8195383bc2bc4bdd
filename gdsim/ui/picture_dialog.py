"""Asks how large a picture shall be and where it goes, and writes it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QSize, Qt, Slot
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QGridLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from gdsim.core.documents import write_whole
from gdsim.ui import style
from gdsim.ui.figure import LAYOUTS, Figure, FigureOptions
from gdsim.ui.plots.moment import Moment
from gdsim.ui.preferences import Preferences
from gdsim.ui.widgets import ChoiceBox, NumberField, label

SIZES = (("Slide, 1920 × 1080", 1920, 1080), ("4K, 3840 × 2160", 3840, 2160), ("Small, 1280 × 720", 1280, 720),
         ("Square, 1200 × 1200", 1200, 1200))  # fmt: skip
LEAST, MOST = 160, 8192
PREVIEW = QSize(480, 300)


class PictureDialog(QDialog):
    """Previews the picture, and saves it as PNG; ``saved`` is the name of the file then."""

    def __init__(self, moment: Moment, name: str, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Save picture")
        self.saved = ""
        self._moment, self._name, self._preferences = moment, name, preferences
        self._preview = QLabel()
        self._preview.setFixedSize(PREVIEW)
        self._preview.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._preset = ChoiceBox()
        self._preset.addItems([text for text, _, _ in SIZES] + ["Other"])
        self._width = NumberField(_allowed, low=640, high=3840, whole=True)
        self._height = NumberField(_allowed, low=360, high=2160, whole=True)
        self._layout = ChoiceBox()
        self._layout.addItems(list(LAYOUTS.values()))
        self._layout.setCurrentIndex(0)
        self._theme = ChoiceBox()
        self._theme.addItems(["Dark", "Light"])
        self._theme.setCurrentIndex(0 if style.current().is_dark else 1)
        self._error = label("", "danger")
        self._error.setWordWrap(True)
        self._lay_out()
        self._width.set_number(preferences.number("picture_width", 1920, LEAST, MOST))
        self._height.set_number(preferences.number("picture_height", 1080, LEAST, MOST))
        self._sized()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        rows = (("size", self._preset), ("width", self._width), ("height", self._height), ("shows", self._layout),
                ("theme", self._theme))  # fmt: skip
        for row, (name, widget) in enumerate(rows):
            grid.addWidget(label(name, "t2"), row, 0)
            grid.addWidget(widget, row, 1, Qt.AlignmentFlag.AlignLeft)
            widget.setAccessibleName(name)
            if isinstance(widget, ChoiceBox):
                widget.setMinimumWidth(300)
        grid.setColumnMinimumWidth(0, 72)
        grid.setColumnStretch(1, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        style.mark(buttons.button(QDialogButtonBox.StandardButton.Save), "primary", True)
        buttons.accepted.connect(self._save)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 16)
        column.setSpacing(14)
        column.addWidget(self._preview)
        column.addLayout(grid)
        column.addWidget(self._error)
        column.addWidget(buttons)
        self._preset.activated.connect(self._preset_chosen)
        for field in (self._width, self._height):
            field.committed.connect(lambda _value: self._sized())
            field.refused.connect(self._error.setText)
        self._layout.activated.connect(lambda _index: self._show_preview())
        self._theme.activated.connect(lambda _index: self._show_preview())

    @Slot(int)
    def _preset_chosen(self, index: int) -> None:
        if index < len(SIZES):
            self._width.set_number(SIZES[index][1])
            self._height.set_number(SIZES[index][2])
            self._sized()

    def _sized(self) -> None:
        size = (int(self._width.number), int(self._height.number))
        known = [index for index, (_, w, h) in enumerate(SIZES) if (w, h) == size]
        self._preset.setCurrentIndex(known[0] if known else len(SIZES))
        self._error.clear()
        self._show_preview()

    def picture(self) -> QImage:
        """The picture at its full size."""
        options = FigureOptions(
            int(self._width.number),
            int(self._height.number),
            list(LAYOUTS)[self._layout.currentIndex()],
            "light" if self._theme.currentIndex() else "dark",
            title=self._moment.experiment.title,
        )
        return Figure(options).image(self._moment)

    def _show_preview(self) -> None:
        ratio = self.devicePixelRatioF()
        small = self.picture().scaled(
            PREVIEW * ratio, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        shown = QPixmap.fromImage(small)
        shown.setDevicePixelRatio(ratio)
        self._preview.setPixmap(shown)

    @Slot()
    def _save(self) -> None:
        if not (self._width.commit() and self._height.commit()):
            return
        folder = Path(self._preferences.text("folder") or Path.home())
        safe = "".join(c if c.isalnum() or c in " -_" else "-" for c in self._name).strip()[:60] or "picture"
        chosen, _ = QFileDialog.getSaveFileName(self, "Save picture", str(folder / f"{safe}.png"), "PNG (*.png)")
        if chosen:
            self.write(Path(chosen))

    def write(self, path: Path) -> None:
        """Write the picture to ``path``; says what went wrong where it does not succeed."""
        path = path if path.suffix.lower() == ".png" else path.with_name(path.name + ".png")
        try:
            write_whole(path, png(self.picture()))
        except OSError as error:
            self._error.setText(f"{path} could not be written: {error.strerror or error}")
            return
        self._preferences.put("picture_width", int(self._width.number))
        self._preferences.put("picture_height", int(self._height.number))
        self.saved = path.name
        self.accept()


def png(image: QImage) -> bytes:
    """An image as the bytes of a PNG file."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not image.save(buffer, "PNG"):  # type: ignore[call-overload]
        raise OSError("the picture could not be encoded")
    return bytes(buffer.data().data())


def _allowed(value: float) -> str | None:
    return None if LEAST <= value <= MOST else f"a picture is {LEAST} to {MOST:,} pixels wide and high"
