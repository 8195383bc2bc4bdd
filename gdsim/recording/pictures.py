"""Pictures as files: PNG, and SVG and PDF whose lines and letters stay lines and letters.

They are whole or not there, and the experiment's document is inside.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QRect, QSize, QSizeF
from PySide6.QtGui import QImage, QPageSize, QPainter, QPdfWriter

from gdsim.core.documents import write_whole
from gdsim.recording.embedded import into_png, into_svg, plain, xmp
from gdsim.recording.faults import RecordingError, in_words
from gdsim.recording.sinks import path_refusal

DPI = 96
"""One pixel of a figure is a 96th of an inch, as in browsers."""

ENDINGS = (".png", ".svg", ".pdf")

Paint = Callable[[QPainter], None]


def refusal(path: Path, *, force: bool = False) -> str | None:
    """Why no picture can be written there; None where nothing speaks against it."""
    return path_refusal(path, ENDINGS, force=force)


def write_png(image: QImage, path: Path, document: bytes = b"", *, title: str = "", force: bool = False) -> None:
    """Write an image; its transparency stays.

    Raises:
        RecordingError: It could not be written; nothing is left behind, and an older file is as it was.
    """
    _check(path, force=force)
    if title:
        image = QImage(image)
        image.setText("Title", plain(title))
    buffer = _Buffer()
    if image.isNull() or not image.save(buffer.device, "PNG"):  # type: ignore[call-overload]
        raise RecordingError(path, "the picture could not be encoded", "try a smaller size")
    png = buffer.data()
    _write(path, into_png(png, document) if document else png, force=force)


def write_svg(
    paint: Paint, size: QSize, path: Path, document: bytes = b"", *, title: str = "", force: bool = False
) -> None:
    """Write a drawing as SVG.

    Args:
        paint: Draws on the painter it is handed; (0, 0) to ``size``.
        size: In pixels.
        path: The file.
        document: The experiment's document.
        title: Of the picture.
        force: Whether a file that is there may be replaced.

    Raises:
        RecordingError: It could not be written; nothing is left behind, and an older file is as it was.
    """
    from PySide6.QtSvg import QSvgGenerator

    _check(path, force=force)
    buffer = _Buffer()
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer.device)
    generator.setResolution(DPI)
    generator.setSize(size)
    generator.setViewBox(QRect(0, 0, size.width(), size.height()))
    generator.setTitle(plain(title))
    generator.setDescription("made with gdsim")
    _draw(generator, paint, path)
    svg = buffer.data()
    _write(path, into_svg(svg, document) if document else svg, force=force)


def write_pdf(
    paint: Paint, size: QSize, path: Path, document: bytes = b"", *, title: str = "", force: bool = False
) -> None:
    """Write a drawing as a PDF of one page of just its size, to the nearest point.

    Args:
        paint: Draws on the painter it is handed; (0, 0) to ``size``.
        size: In pixels.
        path: The file.
        document: The experiment's document.
        title: Of the picture.
        force: Whether a file that is there may be replaced.

    Raises:
        RecordingError: It could not be written; nothing is left behind, and an older file is as it was.
    """
    _check(path, force=force)
    buffer = _Buffer()
    writer = QPdfWriter(buffer.device)
    points = QSize(max(1, round(size.width() * 72 / DPI)), max(1, round(size.height() * 72 / DPI)))
    writer.setPageSize(QPageSize(QSizeF(points), QPageSize.Unit.Point, "figure", QPageSize.SizeMatchPolicy.ExactMatch))
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))
    writer.setResolution(DPI)
    writer.setTitle(plain(title))
    writer.setCreator("gdsim")
    if document:
        writer.setDocumentXmpMetadata(xmp(title, document))

    def fill(painter: QPainter) -> None:
        """Stretch by less than a point: Qt's pages have whole points, and no white edge shall stay."""
        painter.scale(points.width() * DPI / 72 / size.width(), points.height() * DPI / 72 / size.height())
        paint(painter)

    _draw(writer, fill, path)
    _write(path, buffer.data(), force=force)


class _Buffer:
    """Bytes that Qt writes to."""

    def __init__(self) -> None:
        self.device = QBuffer()
        self.device.open(QIODevice.OpenModeFlag.WriteOnly)

    def data(self) -> bytes:
        return bytes(self.device.data().data())


def _draw(device: object, paint: Paint, path: Path) -> None:
    painter = QPainter()
    if not painter.begin(device):  # type: ignore[arg-type]
        raise RecordingError(path, "the picture could not be begun", "try a smaller size")
    try:
        paint(painter)
    finally:
        painter.end()


def _check(path: Path, *, force: bool) -> None:
    why = refusal(path, force=force)
    if why is not None:
        raise RecordingError(path, why)


def _write(path: Path, data: bytes, *, force: bool) -> None:
    _check(path, force=force)  # again: drawing takes a while
    try:
        write_whole(path, data)
    except OSError as error:
        raise RecordingError(path, *in_words(error)) from None
