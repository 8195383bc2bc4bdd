"""What is remembered between two starts; whatever is wrong with it, the program starts with defaults and says so."""

import os
import random
import sys

import pytest
from PySide6.QtCore import QByteArray, QSettings
from windows import action, closed, settle

from gdsim.ui.preferences import MOST_RECENT, Preferences


@pytest.fixture
def path(tmp_path):
    return tmp_path / "gdsim.ini"


def written(path):
    preferences = Preferences(path)
    preferences.put("theme", "light")
    preferences.put("speed", 50.0)
    preferences.put("contours", False)
    preferences.put("geometry", QByteArray(bytes(range(256))))
    preferences.put("layout", QByteArray(bytes(range(255, 0, -1))))
    for n in range(12):
        preferences.add_recent(path.parent / f"{n}, ü %41.json")
    preferences.save()
    return path.read_bytes()


def test_what_was_put_is_read(path):
    written(path)
    again = Preferences(path)
    assert again.text("theme") == "light"
    assert again.number("speed", 1.0, 0.0, 100.0) == 50.0
    assert again.flag("contours", True) is False
    assert again.data("geometry") == QByteArray(bytes(range(256)))
    assert again.recent() == [str(path.parent / f"{n}, ü %41.json") for n in range(11, 1, -1)]
    assert len(again.recent()) == MOST_RECENT
    assert again.note == ""


@pytest.mark.parametrize("value", ["", "fast", "nan", "1e999", "-3", [1, 2], QByteArray(b"\0\1"), None])
def test_values_that_make_no_sense_are_the_default(path, value):
    preferences = Preferences(path)
    preferences.put("speed", value)
    assert preferences.number("speed", 7.0, 0.0, 100.0) == 7.0
    assert preferences.flag("speed", True) is True
    assert isinstance(preferences.text("speed", "x"), str)
    assert isinstance(preferences.data("speed"), QByteArray)
    preferences.put("recent", value)
    assert all(isinstance(entry, str) for entry in preferences.recent())


def mutated(data, chance):
    data = bytearray(data)
    for _ in range(chance.randint(1, 40)):
        kind = chance.randrange(4)
        at = chance.randrange(len(data))
        if kind == 0:
            data[at] = chance.randrange(256)
        elif kind == 1:
            del data[at : at + chance.randint(1, 60)]
        elif kind == 2:
            data[at:at] = chance.choice(
                [b"[", b"]", b"=", b"@ByteArray(", b"@Variant(", b"\\x", b"\0", b"\xff", b'"', b"\n"]
            )
        else:
            data[at:at] = data[: chance.randint(1, 80)]
        data = data or bytearray(b"x")
    return bytes(data)


def test_a_hundred_corrupt_files(path):
    """Row 23, a tenth of it: whatever stands in the file, everything can be asked for and written again."""
    good = written(path)
    chance = random.Random(7)
    for n in range(100):
        data = mutated(good, chance) if n else b""
        path.write_bytes(data)
        preferences = Preferences(path)
        assert isinstance(preferences.text("theme", "system"), str)
        assert 0.5 <= preferences.number("speed", 20.0, 0.5, 1e5) <= 1e5
        assert isinstance(preferences.flag("contours", True), bool)
        assert isinstance(preferences.data("geometry"), QByteArray)
        assert len(preferences.recent()) <= MOST_RECENT
        preferences.put("theme", "dark")
        preferences.save()
        assert Preferences(path).text("theme") == "dark", data


@pytest.mark.parametrize(
    "data", [b"\xff\xfe\0\0" * 900, b"[General\nspeed", b"[%General]\nx=@Variant(\\0\\0\\0\\b\\xff)\n"]
)
def test_the_window_starts_with_a_corrupt_file(open_window, path, data):
    path.write_bytes(data)
    window = open_window()
    settle(window)
    assert window.session.player.speed == 20.0
    assert all(dock.isVisible() for dock in window.docks.values())
    closed(window)


def test_a_file_that_cannot_be_read_is_said_in_the_status_bar(open_window, path):
    path.write_text("[General\nno end")
    if QSettings(str(path), QSettings.Format.IniFormat).status() == QSettings.Status.NoError:
        path.write_bytes(b"\x00")
    preferences = Preferences(path)
    if preferences.note:
        window = open_window()
        assert "defaults are used" in window.status.message.text()
        closed(window)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="nothing is read-only for this user")
def test_a_home_that_cannot_be_written(open_window, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o500)
    try:
        window = open_window(folder=home)
        window.landscape._edit_steps(50)
        window._keep_spare()
        settle(window)
        closed(window)
    finally:
        home.chmod(0o700)


def test_a_home_that_cannot_be(open_window, tmp_path):
    """The folder of the settings is a file: nothing can be written there, whoever asks."""
    (tmp_path / "file").write_text("in the way")
    window = open_window(folder=tmp_path / "file")
    window.landscape._edit_steps(50)
    window._keep_spare()
    settle(window)
    closed(window)
    assert (tmp_path / "file").read_text() == "in the way"


def test_switches_and_speed_are_remembered(open_window):
    window = open_window()
    action(window, "contours").trigger()
    action(window, "log_loss").trigger()
    window.session.set_speed(500)
    closed(window)
    window = open_window()
    assert not action(window, "contours").isChecked()
    assert not window.stage.landscape.ground.contours
    assert not action(window, "log_loss").isChecked()
    assert window.session.player.speed == 500
    settle(window)
    closed(window)


def test_two_windows_lose_nothing(tmp_path):
    """Row 25: two programs share the settings; what either of them put is there."""
    first, second = Preferences(tmp_path / "gdsim.ini"), Preferences(tmp_path / "gdsim.ini")
    first.put("theme", "light")
    second.put("speed", 50.0)
    first.save()
    second.save()
    again = Preferences(tmp_path / "gdsim.ini")
    assert (again.text("theme"), again.number("speed", 1.0, 0.0, 99.0)) == ("light", 50.0)
