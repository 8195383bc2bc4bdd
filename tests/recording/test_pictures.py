"""Pictures: of the size asked for, with real letters and lines, whole or not there."""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter
from recording.scenes import left_in, scene

from gdsim.recording import pictures
from gdsim.recording.faults import RecordingError

SIZE = QSize(321, 200)


def paint(painter: QPainter) -> None:
    painter.fillRect(0, 0, 321, 200, QColor("#ffffff"))
    painter.setPen(QColor("#d55e00"))
    painter.drawLine(10, 10, 300, 180)
    painter.drawText(20, 60, "learning rate")


def write(path: Path, **how: bool) -> None:
    if path.suffix == ".png":
        pictures.write_png(scene(1), path, b"", **how)
    else:
        {".svg": pictures.write_svg, ".pdf": pictures.write_pdf}[path.suffix](paint, SIZE, path, b"", **how)


def test_an_svg_has_its_size_and_its_text(tmp_path: Path, qapp: QGuiApplication) -> None:
    path = tmp_path / "figure.svg"
    pictures.write_svg(paint, SIZE, path, title="a < b & c")
    root = ET.parse(path).getroot()
    assert root.attrib["viewBox"] == "0 0 321 200"
    assert float(root.attrib["width"].removesuffix("mm")) == pytest.approx(321 / 96 * 25.4, abs=0.01)
    text = "".join(root.itertext())
    assert "learning rate" in text
    assert "a < b & c" in text


def test_a_pdf_is_one_page_of_its_size(tmp_path: Path, qapp: QGuiApplication) -> None:
    path = tmp_path / "figure.pdf"
    pictures.write_pdf(paint, SIZE, path, b"{}", title="Tal")
    data = path.read_bytes()
    box = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", data)
    assert [[float(side) for side in page] for page in box] == [[241, 150]]
    assert b"/Font" in data


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs a reader of PDF")
def test_a_pdf_has_its_text(tmp_path: Path, qapp: QGuiApplication) -> None:
    path = tmp_path / "figure.pdf"
    pictures.write_pdf(paint, SIZE, path)
    found = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, check=True)
    assert b"learning rate" in found.stdout


def test_a_png_keeps_what_is_transparent(tmp_path: Path) -> None:
    image = QImage(20, 10, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    pictures.write_png(image, tmp_path / "figure.png", title="Tal")
    back = QImage(str(tmp_path / "figure.png"))
    assert (back.width(), back.height(), back.pixelColor(3, 3).alpha()) == (20, 10, 0)
    assert back.text("Title") == "Tal"


@pytest.mark.parametrize("ending", pictures.ENDINGS)
def test_the_same_drawing_is_never_written_over_another_unasked(
    ending: str, tmp_path: Path, qapp: QGuiApplication
) -> None:
    path = tmp_path / f"figure{ending}"
    path.write_bytes(b"mine")
    with pytest.raises(RecordingError, match="exists already"):
        write(path)
    assert path.read_bytes() == b"mine"
    write(path, force=True)
    assert path.read_bytes() != b"mine"
    assert left_in(tmp_path) == [path.name]


@pytest.mark.parametrize("ending", pictures.ENDINGS)
@pytest.mark.parametrize("function", ["write", "fsync", "replace"])
def test_a_failing_disk_leaves_the_old_picture(
    ending: str, function: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qapp: QGuiApplication
) -> None:
    path = tmp_path / f"figure{ending}"
    path.write_bytes(b"mine")

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, function, fail)
    with pytest.raises(RecordingError, match="the disk is full; free some space"):
        write(path, force=True)
    monkeypatch.undo()
    assert path.read_bytes() == b"mine"
    assert left_in(tmp_path) == [path.name]


def test_a_drawing_that_fails_leaves_nothing(tmp_path: Path, qapp: QGuiApplication) -> None:
    def broken(painter: QPainter) -> None:
        raise ZeroDivisionError

    writers: tuple[tuple[str, Callable[..., None]], ...] = (("svg", pictures.write_svg), ("pdf", pictures.write_pdf))
    for ending, writer in writers:
        with pytest.raises(ZeroDivisionError):
            writer(broken, SIZE, tmp_path / f"figure.{ending}")
    assert left_in(tmp_path) == []


def test_an_empty_image_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="could not be encoded"):
        pictures.write_png(QImage(), tmp_path / "figure.png")
    assert left_in(tmp_path) == []
