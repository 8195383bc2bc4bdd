"""The dialog that saves a picture: what is previewed is written, and what is refused is said in the dialog."""

import os
import sys

import pytest
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QLabel
from windows import Key, app, settle, type_number, wait_for

from gdsim.ui.export_dialog import SIZES, PictureDialog
from gdsim.ui.figure import LAYOUTS


@pytest.fixture
def dialog(window):
    window.session.jump(60)
    settle(window)
    made = PictureDialog(window.moment(), "Ravine", window.preferences, None, window)
    made.show()
    wait_for(lambda: not made._preview.pixmap().isNull())
    yield made
    made.close()
    made.deleteLater()


def test_it_writes_the_size_that_was_asked_for(dialog, tmp_path):
    for layout in range(len(LAYOUTS)):
        dialog.layout_box.setCurrentIndex(layout)
        dialog.width_field.set_number(320)
        dialog.height_field.set_number(200)
        path = tmp_path / f"{layout}.png"
        dialog.write(path)
        image = QImage(str(path))
        assert (image.width(), image.height()) == (320, 200)
        assert len({image.pixel(x, y) for x in range(0, 320, 7) for y in range(0, 200, 7)}) > 20, (
            "there is a picture on it"
        )
    assert dialog.saved == f"{len(LAYOUTS) - 1}.png"


def test_presets_fill_the_fields_and_fields_name_presets(dialog):
    for index, (_, width, height) in enumerate(SIZES):
        dialog.size_box.setCurrentIndex(index)
        dialog.size_box.activated.emit(index)
        assert (dialog.width_field.number, dialog.height_field.number) == (width, height)
    type_number(dialog.width_field, "777")
    assert dialog.size_box.currentText() == "Other"
    type_number(dialog.width_field, str(SIZES[0][1]))
    type_number(dialog.height_field, str(SIZES[0][2]))
    assert dialog.size_box.currentIndex() == 0


def test_sizes_that_cannot_be_are_refused(dialog):
    for text in ("0", "9000000", "-5", "wide", "1.5"):
        type_number(dialog.width_field, text)
        assert dialog._error.text(), text
        assert not dialog.fields_valid()
        dialog.width_field.restore()


@pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be made read-only there")
def test_where_it_cannot_be_written_the_dialog_says_so_and_stays(dialog, tmp_path):
    (tmp_path / "folder.png").mkdir()
    places = [tmp_path / "missing" / "x.png", tmp_path / "folder.png", tmp_path / ("x" * 300 + ".png")]
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    if not os.access(locked, os.W_OK):
        places.append(locked / "x.png")
    dialog.width_field.set_number(200)
    dialog.height_field.set_number(150)
    for place in places:
        dialog._error.clear()
        dialog.write(place)
        assert dialog._error.text()
        assert dialog.isVisible()
        assert dialog.saved == ""


def test_the_ending_is_added(dialog, tmp_path, monkeypatch):
    dialog.width_field.set_number(200)
    dialog.height_field.set_number(150)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "plain"), "PNG picture (*.png)"))
    dialog._save()
    assert dialog.saved == "plain.png"
    assert not QImage(str(tmp_path / "plain.png")).isNull()


def test_it_can_be_copied(dialog):
    dialog.width_field.set_number(200)
    dialog.height_field.set_number(150)
    dialog._copy()
    image = QGuiApplication.clipboard().image()
    assert (image.width(), image.height()) == (200, 150)


def test_nothing_is_cut(dialog):
    app().processEvents()
    for made in dialog.findChildren(QLabel):
        if made.isVisible() and made.text() and not made.wordWrap():
            assert made.width() >= made.minimumSizeHint().width(), made.text()
    for box in (dialog.layout_box, dialog.size_box, dialog.background_box):
        words = max(box.fontMetrics().horizontalAdvance(box.itemText(i)) for i in range(box.count()))
        assert box.width() >= words + 30, box.accessibleName()
    assert dialog.width() <= 1024
    assert dialog.height() <= 700


def test_escape_closes_and_writes_nothing(dialog, tmp_path):
    from PySide6.QtTest import QTest

    QTest.keyClick(dialog, Key.Key_Escape)
    assert not dialog.isVisible()
    assert dialog.saved == ""
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".png"] == []
