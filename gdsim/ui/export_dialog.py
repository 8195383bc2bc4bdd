"""Asks how a picture or a video shall look and where it goes, with a preview of exactly what will be written."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from gdsim.core.documents import encode
from gdsim.recording.encoder import GIF_MAX_FPS, KINDS, Kind, Quality, refusal
from gdsim.recording.faults import RecordingError
from gdsim.ui import style
from gdsim.ui.editors import read_list
from gdsim.ui.figure import BACKGROUNDS, LAYOUTS, SPACES, Figure, FigureOptions, Filmstrip, last_step
from gdsim.ui.film import PICTURES, VIDEOS, Film, FilmOptions, film_facts, seen, write_picture
from gdsim.ui.places import ask_place
from gdsim.ui.plots.moment import Moment
from gdsim.ui.preferences import Preferences
from gdsim.ui.widgets import ChoiceBox, NumberField, label

SIZES = (
    ("Slide, 1920 × 1080", 1920, 1080),
    ("Small, 1280 × 720", 1280, 720),
    ("4K, 3840 × 2160", 3840, 2160),
    ("Square, 1080 × 1080", 1080, 1080),
    ("Column, 1200 × 900", 1200, 900),
)
LEAST, MOST = 64, 8192
PICTURE_FILTER = "PNG picture (*.png);;SVG drawing (*.svg);;PDF document (*.pdf)"
VIDEO_FILTER = "MP4 video (*.mp4);;WebM video (*.webm);;GIF animation (*.gif)"
QUALITIES: tuple[Quality, ...] = ("small", "good", "best")
PACES = ("updates a second", "updates a frame", "slow, then faster")
GIF_FPS = 25
"""What a GIF gets where more frames a second were asked for than it can hold."""
PREVIEW_PIXELS = 1920 * 1080
"""A larger picture is previewed at a smaller size of the same proportions, where it looks the same."""


class ExportDialog(QDialog):
    """What pictures and videos have in common: the look, the size, the preview."""

    def __init__(
        self,
        moment: Moment,
        name: str,
        preferences: Preferences,
        look: FigureOptions | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._moment, self._name, self._preferences = moment, name, preferences
        self._look = look or FigureOptions(
            1920, 1080, log_loss=preferences.flag("log_loss", True), contours=preferences.flag("contours", True)
        )
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnMinimumWidth(1, 300)
        self._preview = QLabel()
        self._preview.setMinimumSize(QSize(420, 260))
        self._preview.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self._preview.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._error = label("", "danger")
        self._error.setWordWrap(True)
        self._facts = label("", "t2")
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(60)
        self._later.timeout.connect(self.show_preview)
        self._make_look()
        self.resize(1020, 620)

    # Building

    def _make_look(self) -> None:
        preferences = self._preferences
        self.layout_box = self._choice("shows", list(LAYOUTS.values()), "What is on the picture.")
        self._remembered(self.layout_box, "export_layout", len(LAYOUTS))
        self.space_box = self._choice("landscape", list(SPACES.values()), "The surface is seen as in the window.")
        self.space_box.setCurrentIndex(list(SPACES).index(self._look.space))
        self.theme_box = self._choice("theme", ["Dark", "Light"], "Dark for a dark room, light for paper.")
        self.theme_box.setCurrentIndex(0 if style.current().is_dark else 1)
        self.size_box = self._choice("size", [text for text, _, _ in SIZES] + ["Other"], "In pixels.")
        self.width_field = NumberField(_size_refusal, low=640, high=3840, whole=True)
        self.height_field = NumberField(_size_refusal, low=360, high=2160, whole=True)
        pair = QHBoxLayout()
        pair.setSpacing(8)
        for widget in (self.width_field, label("×", "t2"), self.height_field):
            pair.addWidget(widget)
        pair.addStretch(1)
        self._row("", pair)
        self.title_field = self._text("title", self._moment.experiment.title, "Stands above everything; may be empty.")
        self.caption_field = self._text("caption", "", "Stands below everything; may be empty.")
        self.width_field.set_number(preferences.number("export_width", 1920, LEAST, MOST))
        self.height_field.set_number(preferences.number("export_height", 1080, LEAST, MOST))
        self.size_box.activated.connect(self._size_chosen)
        for field in (self.width_field, self.height_field):
            field.committed.connect(self._sized)
            field.refused.connect(self._error.setText)
        self._show_size()

    def _row(self, name: str, content: Any) -> None:
        row = self._grid.rowCount()
        caption = label(name, "t2")
        self._grid.addWidget(caption, row, 0)
        if isinstance(content, QWidget):
            content.setAccessibleName(name)
            caption.setBuddy(content)
            self._grid.addWidget(content, row, 1)
        else:
            self._grid.addLayout(content, row, 1)

    def _choice(self, name: str, texts: list[str], tip: str) -> ChoiceBox:
        box = ChoiceBox()
        box.addItems(texts)
        box.setToolTip(f"<b>{name.capitalize()}</b><br>{tip}")
        box.activated.connect(self._changed)
        self._row(name, box)
        return box

    def _remembered(self, box: ChoiceBox, key: str, count: int, default: int = 0) -> None:
        box.setCurrentIndex(int(self._preferences.number(key, default, 0, count - 1)))

    def _text(self, name: str, value: str, tip: str) -> QLineEdit:
        field = QLineEdit(value)
        field.setMaxLength(300)
        field.setToolTip(f"<b>{name.capitalize()}</b><br>{tip}")
        field.textChanged.connect(self._changed)
        self._row(name, field)
        return field

    def _number(self, name: str, value: float, low: float, high: float, tip: str, **options: Any) -> NumberField:
        field = self._field(name, value, low, high, tip, **options)
        self._row(name, field)
        return field

    def _pair(self, name: str, first: NumberField, second: NumberField) -> None:
        """A row of two numbers: from the first to the second."""
        row = QHBoxLayout()
        row.setSpacing(8)
        for widget in (first, label("to", "t2"), second):
            row.addWidget(widget)
        row.addStretch(1)
        self._row(name, row)

    def _field(self, name: str, value: float, low: float, high: float, tip: str, **options: Any) -> NumberField:
        def allowed(number: float) -> str | None:
            return None if low <= number <= high else f"{name} must lie between {low:g} and {high:,g}"

        field = NumberField(allowed, low=low, high=high, **options)
        field.set_number(value)
        field.setToolTip(f"<b>{name.capitalize()}</b><br>{tip}")
        field.committed.connect(self._changed)
        field.refused.connect(self._error.setText)
        field.setAccessibleName(name)
        return field

    def _finish(self, *buttons: QPushButton) -> None:
        cancel = QPushButton("Cancel")
        cancel.clicked.connect(self.reject)
        foot = QHBoxLayout()
        foot.addWidget(self._facts, 1)
        for button in (cancel, *buttons):
            foot.addWidget(button)
        style.mark(buttons[-1], "primary", True)
        buttons[-1].setDefault(True)
        right = QVBoxLayout()
        right.addLayout(self._grid)
        right.addStretch(1)
        upper = QHBoxLayout()
        upper.setSpacing(20)
        upper.addWidget(self._preview, 1)
        upper.addLayout(right)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 16)
        column.setSpacing(12)
        column.addLayout(upper, 1)
        column.addWidget(self._error)
        column.addLayout(foot)
        self._changed()

    # Reading

    def options(self) -> FigureOptions:
        """The figure that was asked for."""
        return dataclasses.replace(
            self._look,
            width=int(self.width_field.number),
            height=int(self.height_field.number),
            layout=list(LAYOUTS)[self.layout_box.currentIndex()],
            space=list(SPACES)[self.space_box.currentIndex()],
            theme="light" if self.theme_box.currentIndex() else "dark",
            title=self.title_field.text().strip(),
            caption=self.caption_field.text().strip(),
        )

    def preview_options(self) -> FigureOptions:
        """The figure that is previewed: the same, not larger than a screen."""
        options = self.options()
        factor = (PREVIEW_PIXELS / (options.width * options.height)) ** 0.5
        if factor >= 1.0:
            return options
        width, height = max(1, round(options.width * factor)), max(1, round(options.height * factor))
        return dataclasses.replace(options, width=width, height=height)

    def document(self) -> bytes:
        """The experiment that is embedded in the file."""
        return encode(seen(self._moment.experiment, self.options()))

    def fields_valid(self) -> bool:
        """Whether every number is accepted."""
        return all(field.commit() for field in self.findChildren(NumberField) if field.isEnabled())

    # Showing

    @Slot()
    def _changed(self, _value: object = None) -> None:
        self._error.clear()
        self._later.start()

    @Slot(object)
    def _sized(self, _value: object) -> None:
        self._show_size()
        self._changed()

    @Slot(int)
    def _size_chosen(self, index: int) -> None:
        if index < len(SIZES):
            self.width_field.set_number(SIZES[index][1])
            self.height_field.set_number(SIZES[index][2])

    def _show_size(self) -> None:
        size = (int(self.width_field.number), int(self.height_field.number))
        known = [index for index, (_, w, h) in enumerate(SIZES) if (w, h) == size]
        self.size_box.setCurrentIndex(known[0] if known else len(SIZES))

    def preview_picture(self) -> Any:
        """The image that is previewed."""
        return Figure(self.preview_options()).image(self._moment)

    @Slot()
    def show_preview(self) -> None:
        """Show what will be written."""
        ratio = self.devicePixelRatioF()
        picture = self.preview_picture().scaled(
            self._preview.size() * ratio, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        shown = QPixmap.fromImage(picture)
        shown.setDevicePixelRatio(ratio)
        self._preview.setPixmap(shown)
        self._facts.setText(self.facts())

    def facts(self) -> str:
        """What is known of the file ahead."""
        return ""

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the preview."""
        super().resizeEvent(event)
        self._later.start()

    def done(self, result: int) -> None:
        """Remember what was set."""
        self._later.stop()
        self._preferences.put("export_width", int(self.width_field.number))
        self._preferences.put("export_height", int(self.height_field.number))
        self._preferences.put("export_layout", self.layout_box.currentIndex())
        super().done(result)

    def ask_path(self, caption: str, filters: str, ending: str, known: tuple[str, ...]) -> Path | None:
        """Where the file shall go."""
        folder = Path(self._preferences.text("export_folder") or self._preferences.text("folder") or Path.home())
        safe = "".join(c if c.isalnum() or c in " -_" else "-" for c in self._name).strip()[:60] or "gdsim"
        chosen, used = ask_place(self, caption, str(folder / f"{safe}{ending}"), filters)
        if not chosen:
            return None
        wanted = used[used.find("*") + 1 : used.find(")")]
        path = with_ending(self, Path(chosen), wanted if wanted in known else ending, known)
        if path is not None:
            self._preferences.put("export_folder", str(path.parent))
        return path

    def say_refused(self, reason: str) -> None:
        """Show why it cannot be written."""
        self._error.setText(reason)


class PictureDialog(ExportDialog):
    """A picture, or a strip of pictures, as PNG, SVG or PDF, or on the clipboard; ``saved`` names the file then."""

    def __init__(
        self,
        moment: Moment,
        name: str,
        preferences: Preferences,
        look: FigureOptions | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(moment, name, preferences, look, parent)
        self.setWindowTitle("Save picture")
        self.saved = ""
        self.background_box = self._choice("background", list(BACKGROUNDS.values()), "What lies behind the plots.")
        self._remembered(self.background_box, "picture_background", len(BACKGROUNDS))
        self.strip_box = QCheckBox("Filmstrip: several steps side by side")
        self.strip_box.toggled.connect(self._changed)
        self._row("", self.strip_box)
        last = last_step(moment)
        steps = sorted({round(last * part / 5) for part in range(6)})
        self.steps_field = self._text("steps", ", ".join(map(str, steps)), "The steps of the filmstrip.")
        self.steps_field.setEnabled(False)
        self.strip_box.toggled.connect(self.steps_field.setEnabled)
        copy = QPushButton("Copy")
        copy.setToolTip("Put the picture on the clipboard.")
        copy.clicked.connect(self._copy)
        save = QPushButton("Save…")
        save.clicked.connect(self._save)
        self._finish(copy, save)

    def options(self) -> FigureOptions:
        """The figure that was asked for."""
        background = list(BACKGROUNDS)[self.background_box.currentIndex()]
        return dataclasses.replace(super().options(), background=background)

    def preview_options(self) -> FigureOptions:
        """The figure that is previewed, on its background."""
        background = list(BACKGROUNDS)[self.background_box.currentIndex()]
        return dataclasses.replace(super().preview_options(), background=background)

    def painter(self, options: FigureOptions | None = None) -> Figure | Filmstrip:
        """What paints the picture, by default as it was asked for.

        Raises:
            ValueError: The steps of the filmstrip are no steps.
        """
        options = options or self.options()
        if not self.strip_box.isChecked():
            return Figure(options)
        last = last_step(self._moment)
        steps = [int(step) for step in read_list(self.steps_field.text(), whole=True)]
        if not 1 <= len(steps) <= 24 or any(not 0 <= step <= last for step in steps):
            raise ValueError(f"a filmstrip has 1 to 24 steps between 0 and {last:,}")
        return Filmstrip(options, steps)

    def preview_picture(self) -> Any:
        """The picture itself."""
        try:
            return self.painter(self.preview_options()).image(self._moment)
        except ValueError as error:
            self._error.setText(str(error))
            return Figure(self.preview_options()).image(self._moment)

    def done(self, result: int) -> None:
        """Remember what was set."""
        self._preferences.put("picture_background", self.background_box.currentIndex())
        super().done(result)

    @Slot()
    def _copy(self) -> None:
        if not self.fields_valid():
            return
        try:
            QGuiApplication.clipboard().setImage(self.painter().image(self._moment))
        except ValueError as error:
            self.say_refused(str(error))
            return
        self._facts.setText("Copied to the clipboard")

    @Slot()
    def _save(self) -> None:
        if self.fields_valid():
            path = self.ask_path("Save picture", PICTURE_FILTER, ".png", PICTURES)
            if path is not None:
                self.write(path)

    def write(self, path: Path) -> None:
        """Write the picture; says what went wrong where it does not succeed."""
        try:
            write_picture(self.painter(), self._moment, path, self.document(), force=True)
        except (RecordingError, OSError, ValueError) as error:
            self.say_refused(str(error))
            return
        self.saved = path.name
        self.accept()


class VideoDialog(ExportDialog):
    """A video: its pace, its ends, its quality. ``chosen`` is emitted with the options and the path."""

    chosen = Signal(object, object)

    def __init__(
        self,
        moment: Moment,
        name: str,
        preferences: Preferences,
        look: FigureOptions | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(moment, name, preferences, look, parent)
        self.setWindowTitle("Record video")
        last = last_step(moment)
        number = preferences.number
        self.format_box = self._choice("format", list(KINDS.values()), "MP4 plays everywhere; a GIF needs no player.")
        self._remembered(self.format_box, "video_format", len(KINDS))
        fps = number("video_fps", 60, 1, 120)
        self.fps_field = self._number("frames a second", fps, 1, 120, "60 is smooth; 25 keeps a GIF small.", whole=True)
        self.pace_box = self._choice("pace", list(PACES), "How the steps are spread over time.")
        self._remembered(self.pace_box, "video_pace", len(PACES))
        usual = number("video_speed", 20.0, 0.01, 1e6)
        fastest = number("video_end_speed", usual * 10, 0.01, 1e7)
        self.speed_field = self._field("speed", usual, 0.01, 1e6, "In the unit of the pace.", log=True)
        self.end_speed_field = self._field("final speed", fastest, 0.01, 1e7, "Where it gets faster.", log=True)
        self._pair("speed", self.speed_field, self.end_speed_field)
        self.first_field = self._field("first step", 0, 0, last, "Where the video begins.", whole=True)
        self.last_field = self._field("last step", last, 0, last, "Where it ends.", whole=True)
        self._pair("steps", self.first_field, self.last_field)
        hold = number("video_hold", 1.0, 0, 60)
        self.hold_field = self._number("hold at the ends", hold, 0, 60, "Seconds for the first and the last picture.")
        self.quality_box = self._choice("quality", [text.capitalize() for text in QUALITIES], "Better is larger.")
        self._remembered(self.quality_box, "video_quality", len(QUALITIES), 1)
        self.loop_box = QCheckBox("A GIF begins again at its end")
        self.loop_box.setChecked(preferences.flag("video_loop", True))
        self.loop_box.toggled.connect(self._changed)
        self._row("", self.loop_box)
        self._fps_before = fps
        self.format_box.activated.connect(self._format_chosen)
        self._format_chosen()
        self._pace = self.pace_box.currentIndex()
        self._converted = (0.0, 0.0)
        self.pace_box.activated.connect(self._pace_chosen)
        self.end_speed_field.setEnabled(self._pace == 2)
        record = QPushButton("Record…")
        record.clicked.connect(self._record)
        self._finish(record)

    @property
    def kind(self) -> Kind:
        """The format."""
        return list(KINDS)[self.format_box.currentIndex()]

    @Slot()
    def _format_chosen(self, _index: int = 0) -> None:
        """A GIF has fewer frames a second; another format has as many again as there were."""
        gif, fps = self.kind == "gif", self.fps_field.number
        self.loop_box.setEnabled(gif)
        if gif and fps > GIF_MAX_FPS:
            self._fps_before = fps
            self.fps_field.set_number(GIF_FPS)
        elif not gif and fps == GIF_FPS:
            self.fps_field.set_number(self._fps_before)

    @Slot(int)
    def _pace_chosen(self, index: int) -> None:
        """Say the same speed in the unit of the new pace."""
        self.speed_field.restore()
        before, self._pace = self._pace, index
        self.end_speed_field.setEnabled(index == 2)
        speed, fps = self.speed_field.number, self.fps_field.number
        if before != 1 and index == 1:
            self._converted = (max(1, round(speed / fps)), speed)
            self.speed_field.set_number(self._converted[0])
        elif before == 1 and index != 1:
            whole, exact = self._converted
            self.speed_field.set_number(exact if speed == whole else speed * fps)

    def film_options(self) -> FilmOptions:
        """The video that was asked for.

        Raises:
            ValueError: A fixed number of updates a frame is no whole number.
        """
        pace = ("second", "frame", "faster")[self.pace_box.currentIndex()]
        speed = float(self.speed_field.number)
        if pace == "frame" and (speed < 1 or speed != round(speed)):
            raise ValueError("the speed must be a whole number of updates a frame, at least 1")
        return FilmOptions(
            figure=self.options(),
            fps=int(self.fps_field.number),
            speed=speed,
            pace=pace,  # type: ignore[arg-type]
            end_speed=float(self.end_speed_field.number),
            first=int(self.first_field.number),
            last=int(self.last_field.number),
            hold_first=float(self.hold_field.number),
            hold_last=float(self.hold_field.number),
            quality=QUALITIES[self.quality_box.currentIndex()],
            loop=self.loop_box.isChecked(),
        )

    def facts(self) -> str:
        """How long and how large it will be."""
        try:
            return film_facts(self.film_options(), self._moment, self.kind)
        except ValueError as error:
            self._error.setText(str(error))
            return ""

    def done(self, result: int) -> None:
        """Remember what was set."""
        put = self._preferences.put
        put("video_format", self.format_box.currentIndex())
        put("video_fps", int(self.fps_field.number))
        put("video_pace", self.pace_box.currentIndex())
        put("video_speed", float(self.speed_field.number))
        put("video_end_speed", float(self.end_speed_field.number))
        put("video_hold", float(self.hold_field.number))
        put("video_quality", self.quality_box.currentIndex())
        put("video_loop", self.loop_box.isChecked())
        super().done(result)

    @Slot()
    def _record(self) -> None:
        if not self.fields_valid():
            return
        filters = VIDEO_FILTER.split(";;")
        filters.sort(key=lambda text: f"*.{self.kind})" not in text)  # the chosen format first
        path = self.ask_path("Record video", ";;".join(filters), f".{self.kind}", VIDEOS)
        if path is not None:
            self.start(path)

    def start(self, path: Path) -> None:
        """Hand the video over to be recorded, unless something speaks against it."""
        try:
            film = Film(self._moment, self.film_options(), path)
            reason = refusal(path, film.settings, force=True, frames=len(film))
        except ValueError as error:
            reason = str(error)
        if reason is not None:
            self.say_refused(reason)
            return
        self.chosen.emit(film.options, path)
        self.accept()


def with_ending(parent: QWidget, path: Path, ending: str, known: tuple[str, ...]) -> Path | None:
    """``path`` with ``ending`` where it has none; asks where that names a file which is there already.

    What stands behind the last point is an ending only where it could be one: "rate 0.5" has none.
    """
    if path.suffix.lower() in known or path.suffix[1:].isalpha():
        return path
    path = path.with_name(path.name + ending)
    if not os.path.exists(path):  # which, unlike the path itself, has no quarrel with odd names
        return path
    buttons = QMessageBox.StandardButton
    text = f"{path.name} exists already. Replace it?"
    answer = QMessageBox.question(parent, "Replace the file", text, buttons.Yes | buttons.No, buttons.No)
    return path if answer == buttons.Yes else None


def _size_refusal(value: float) -> str | None:
    return None if LEAST <= value <= MOST else f"a picture is {LEAST} to {MOST:,} pixels wide and high"
