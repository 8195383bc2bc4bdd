"""The plots on the whole screen, and back."""

from windows import (
    Key,
    action,
    app,
    closed,
    press,
    wait_for,
)


def test_leaving_full_screen_keeps_the_layout_for_the_next_start(open_window):
    window = open_window()
    press(window, Key.Key_F11)
    wait_for(window.isFullScreen)
    closed(window)
    window = open_window()
    assert not window.isFullScreen()
    assert all(widget.isVisible() for widget in (*window.bars, *window.docks.values(), window.menuBar()))


def test_the_desktop_can_end_the_full_screen(window):
    press(window, Key.Key_F11)
    wait_for(window.isFullScreen)
    window.showNormal()
    wait_for(lambda: not action(window, "full_screen").isChecked())
    assert all(bar.isVisible() for bar in window.bars)


def test_full_screen_from_a_narrow_window(open_window):
    window = open_window(size=(900, 650))
    action(window, "full_screen").setChecked(True)
    wait_for(window.isFullScreen)
    window.resize(1600, 1000)  # as a window manager does
    app().processEvents()
    assert not any(dock.isVisible() for dock in window.docks.values())
    action(window, "full_screen").setChecked(False)
    wait_for(lambda: not window.isFullScreen())
    window.resize(900, 650)
    app().processEvents()
    assert window.docks["runs"].isVisible()
