"""The document comes back out of what was made of it, and hostile files do no harm."""

from __future__ import annotations

import json
import os
import random
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QSize
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from recording.scenes import scene

from gdsim.core.documents import MAX_BYTES
from gdsim.recording import embedded
from gdsim.recording.embedded import extract
from gdsim.recording.encoder import Kind, Recorder, VideoSettings
from gdsim.recording.pictures import write_pdf, write_png, write_svg

KINDS = ("png", "svg", "pdf", "mp4", "webm", "gif")


def document(title: str) -> bytes:
    return json.dumps({"format": "gdsim-experiment", "title": title}, ensure_ascii=False).encode()


def paint(painter: QPainter) -> None:
    painter.drawLine(0, 0, 60, 40)


def make(path: Path, content: bytes) -> Path:
    kind = path.suffix[1:]
    if kind == "png":
        write_png(scene(1), path, content, force=True)
    elif kind == "svg":
        write_svg(paint, QSize(64, 48), path, content, force=True)
    elif kind == "pdf":
        write_pdf(paint, QSize(64, 48), path, content, force=True)
    else:
        video: Kind = kind  # type: ignore[assignment]
        with Recorder(path, VideoSettings(video, 64, 48, document=content), force=True) as recorder:
            recorder.put(scene(1, 64, 48), repeat=3)
    return path


TITLES = (
    "plain", "", "Ü η ∂ 漢字 🏔 عربي", "]]> </metadata> <!-- & &amp; &lt;", "\\u0000 \\ \" ' \n".replace('"', ""),
    "\u2028\u2029\x7f\u200e", "x" * 100_000,
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("title", TITLES, ids=range(len(TITLES)))
def test_it_comes_back(kind: str, title: str, tmp_path: Path, qapp: QGuiApplication) -> None:
    content = document(title)
    assert extract(make(tmp_path / f"file.{kind}", content)) == content


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_document_is_none(kind: str, tmp_path: Path, qapp: QGuiApplication) -> None:
    assert extract(make(tmp_path / f"file.{kind}", b"")) is None


@given(st.text())
def test_any_text_in_an_svg_stays_valid_xml_and_the_same_json(title: str) -> None:
    svg = embedded.into_svg(b'<?xml version="1.0"?>\n<svg width="1">\n</svg>', document(title))
    found = ET.fromstring(svg).find("metadata")
    assert found is not None
    assert found.text is not None
    assert json.loads(found.text) == json.loads(document(title))


@pytest.mark.parametrize("kind", KINDS)
def test_a_title_of_anything_does_no_harm(kind: str, tmp_path: Path, qapp: QGuiApplication) -> None:
    path, content, title = tmp_path / f"file.{kind}", document("T"), "a\0b\x1b\n<&>\ud800\u2028η"
    if kind == "png":
        write_png(scene(1), path, content, title=title)
    elif kind in ("svg", "pdf"):
        {"svg": write_svg, "pdf": write_pdf}[kind](paint, QSize(64, 48), path, content, title=title)
    else:
        video: Kind = kind  # type: ignore[assignment]
        with Recorder(path, VideoSettings(video, 64, 48, title=title, document=content)) as recorder:
            recorder.put(scene(1, 64, 48))
    assert extract(path) == content
    if kind == "svg":
        ET.parse(path)


def test_the_picture_stays_a_picture(tmp_path: Path, qapp: QGuiApplication) -> None:
    image = QImage(str(make(tmp_path / "file.png", document("T"))))
    assert image.size() == scene(1).size()
    assert image.pixelColor(80, 80) == scene(1).pixelColor(80, 80)
    assert image.text("gdsim-experiment") == document("T").decode()


def test_other_files_have_none(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "text").write_bytes(document("T"))
    (tmp_path / "noise").write_bytes(random.Random(1).randbytes(100_000))
    for path in tmp_path.iterdir():
        assert extract(path) is None
    assert extract(tmp_path) is None
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        assert extract(tmp_path / "pipe") is None
    with pytest.raises(FileNotFoundError):
        extract(tmp_path / "missing")


@pytest.mark.parametrize("kind", KINDS)
def test_broken_files_do_no_harm(kind: str, tmp_path: Path, qapp: QGuiApplication) -> None:
    whole = make(tmp_path / f"file.{kind}", document("T")).read_bytes()
    path, chance = tmp_path / "broken", random.Random(kind)
    for number in range(120):
        data = bytearray(whole)
        if number % 3 == 0:
            del data[chance.randrange(len(data)) :]
        for _ in range(chance.choice((1, 4, 40))):
            if data:
                data[chance.randrange(min(len(data), chance.choice((64, 2_000, len(data)))))] = chance.randrange(256)
        path.write_bytes(data)
        began = time.monotonic()
        extract(path)
        assert time.monotonic() - began < 1


def bomb_png() -> bytes:
    return embedded.into_png(b"\x89PNG\r\n\x1a\n" + bytes(25), b"gdsim-experiment" + bytes(50_000_000))


def endless_boxes() -> bytes:
    return b"\0\0\0\x08ftyp" + b"\0\0\0\x08free" * 400_000


def endless_elements() -> bytes:
    return b"\x1a\x45\xdf\xa3\x80" + b"\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff" + b"\xec\x80" * 2_000_000


def nested_tags() -> bytes:
    return b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\xff" + (b"\x12\x54\xc3\x67\xff\x73\x73\xff\x67\xc8\xff" * 100_000)


def endless_svg() -> bytes:
    return b"<svg>" + b"<metadata " * 1_000_000


@pytest.mark.parametrize("make_data", [bomb_png, endless_boxes, endless_elements, nested_tags, endless_svg])
def test_hostile_files_take_neither_time_nor_memory(make_data: Callable[[], bytes], tmp_path: Path) -> None:
    path = tmp_path / "hostile"
    path.write_bytes(make_data())
    began = time.monotonic()
    assert extract(path) is None
    assert time.monotonic() - began < 2


def test_a_document_too_large_to_be_opened_is_not_handed_out(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    write_png(scene(1), path, document("x" * MAX_BYTES))
    assert extract(path) is None
