"""The docks: float, close, come back."""

from PySide6.QtTest import QTest
from windows import LEFT, TABS, titled, wait_for

from gdsim.ui.docks import DOCKS


def title_button(window, name, which):
    return window.docks[name]._bar.buttons[{"float": 0, "close": 1}[which]]


ALONE = {spec.id for spec in DOCKS} - TABS - {spec.behind for spec in DOCKS}
"""Docks of a wide window that share their place with no other."""


def test_float_and_dock_again(window):
    for name, dock in window.docks.items():
        QTest.mouseClick(title_button(window, name, "float"), LEFT)
        assert dock.isFloating()
        assert dock.isVisible()
        QTest.mouseClick(title_button(window, name, "float"), LEFT)
        assert not dock.isFloating()
    wait_for(lambda: titled(window) == ALONE)


def test_close_and_bring_back(window):
    for name, dock in window.docks.items():
        QTest.mouseClick(title_button(window, name, "close"), LEFT)
        assert not dock.isVisible()
        entry = dock.toggleViewAction()
        assert entry in window.menus["docks"].actions()
        entry.trigger()
        wait_for(dock.isVisible)


def test_the_table_of_docks():
    assert len({spec.id for spec in DOCKS}) == len(DOCKS)
    assert all(spec.tip.endswith(".") for spec in DOCKS)
