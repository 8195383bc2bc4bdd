"""Row 22: on a German or an Egyptian desktop 0.01 stays 0.01, and files always have a point."""

from __future__ import annotations

import json

import pytest
import windows
from PySide6.QtCore import QLocale
from windows import settle, type_number

from gdsim.core.documents import encode

open_window = windows.open_window_fixture


@pytest.fixture(params=["de_DE", "ar_EG"])
def foreign(request, qapp):
    before = QLocale()
    QLocale.setDefault(QLocale(request.param))
    yield request.param
    QLocale.setDefault(before)


def test_numbers_and_files_do_not_ask_the_locale(foreign, open_window, tmp_path):
    window = open_window()
    field = window.runs.settings.form("optimizer").editor("lr").field
    for text in ("0.01", "0,01", "1e-2"):
        type_number(field, "0.5")
        type_number(field, text)
        assert window.session.experiment.runs[0].optimizer.lr == 0.01, text
        assert field.text() == "0.01"
    window.landscape.fold.setChecked(True)
    windows.app().processEvents()
    type_number(window.landscape._start[0], "-0,25")
    assert window.session.experiment.origin[0] == -0.25
    settle(window)
    window.session.jump(50)
    settle(window)
    shown = [
        window.play_bar._step.text(), window.play_bar._speed_text.text(), window.landscape.fold.text(),
        *(value.text() for value in window.readings._cards[1]._values),
    ]  # fmt: skip
    assert all(not c.isdigit() or c in "0123456789⁰¹²³⁴⁵⁶⁷⁸⁹" for text in shown for c in text), shown
    assert window.files._write(tmp_path / "x.json")
    data = (tmp_path / "x.json").read_bytes()
    assert data == encode(window.session.experiment)
    assert b"-0.25" in data
    assert b"0.01" in data
    assert json.loads(data)["start"][0] == -0.25
    window.preferences.put("speed", 2.5)
    window.preferences.save()
    assert "2.5" in window.preferences.path.read_text()
