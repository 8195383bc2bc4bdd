"""Where docks stand: in wide and in narrow windows, from one start to the next."""

import pytest
from PySide6.QtCore import QByteArray
from samples import document
from windows import TABS, action, app, closed, settle, titled, wait_for

import gdsim
from gdsim.ui.docks import NARROW


def test_reset_puts_everything_back(window):
    def seen():
        return {name: dock.geometry() for name, dock in window.docks.items() if name not in TABS}

    places = seen()
    window.docks["readings"].setFloating(True)
    window.docks["landscape"].hide()
    action(window, "reset_layout").trigger()
    app().processEvents()
    assert all(dock.isVisible() and not dock.isFloating() for dock in window.docks.values())
    assert seen() == places
    assert {dock.objectName() for dock in window.tabifiedDockWidgets(window.docks["readings"])} == TABS


@pytest.mark.parametrize("name", ["diagnosis", "update"])
def test_what_is_read_has_most_of_the_column_that_it_shares_with_the_data(open_window, name):
    window = open_window(gdsim.load(document(landscape="linear_regression", steps=20)), size=(1440, 900))
    settle(window)
    below = window.docks["data"]
    large = below.height()
    window.show_dock(name)
    wait_for(lambda: below.height() < large)
    assert below.height() < 0.5 * (below.height() + window.docks[name].height())


def test_narrow_windows_have_one_column(window):
    window.resize(1024, 700)
    app().processEvents()
    assert window.width() < NARROW
    runs = window.docks["runs"]
    tabs = [dock for dock in window.docks.values() if dock.spec.tab]
    assert window.tabifiedDockWidgets(runs) == tabs
    assert titled(window) == {"landscape"}
    assert window.runs.isVisible(), "the runs are in front"
    assert window.runs.add_button.isVisible()
    assert not window.play_bar._speed.isVisible()
    for dock in tabs:
        dock.hide()
    wait_for(lambda: "runs" in titled(window))
    window.resize(1300, 800)
    app().processEvents()
    assert not any(dock.isVisible() for dock in tabs), "what was closed stays closed"
    assert window.tabifiedDockWidgets(runs) == []
    assert window.runs.add_button.isVisible()
    assert window.play_bar._speed.isVisible()
    settle(window)


def test_what_was_arranged_wide_is_there_after_a_narrow_while(window):
    window.docks["readings"].setFloating(True)
    for size in ((900, 650), (1300, 800)):
        window.resize(*size)
        app().processEvents()
    assert window.docks["readings"].isFloating()


@pytest.mark.parametrize("size", [(1300, 800), (900, 650)], ids=["wide", "narrow"])
def test_the_layout_is_remembered(open_window, size):
    window = open_window(size=size)
    window.docks["landscape"].hide()
    window.stage.splitter.setSizes([300, 300])
    app().processEvents()
    sizes = window.stage.splitter.sizes()
    geometry = window.size()
    closed(window)
    again = open_window(size=size)
    assert again.size() == geometry
    assert not again.docks["landscape"].isVisible()
    assert again.docks["runs"].isVisible()
    assert again.stage.splitter.sizes() == pytest.approx(sizes, abs=2)


@pytest.mark.parametrize("state", [b"", b"\x00\x00\x00\xff rubbish", b"x" * 5000])
def test_a_layout_that_cannot_be_read_is_the_default(open_window, state):
    window = open_window()
    window.arrangement._layouts = {}
    window.preferences.put("layout", QByteArray(state))
    window.arrangement.begin()
    app().processEvents()
    assert all(dock.isVisible() for dock in window.docks.values())
    assert all(bar.isVisible() for bar in window.bars)
