"""Gives the keys back to the plots after a choice that was made by mouse, so that Space plays."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QWidget


def give_back(widget: QWidget) -> None:
    """Take the focus from ``widget``: to the window's focus proxy, if it (or the window above a dock) has one.

    Whoever uses the keyboard keeps the focus where it is; controls call this after the mouse only.
    """
    window: QWidget | None = widget.window()
    while window is not None and not isinstance(window, QDialog):
        proxy = window.focusProxy()
        if proxy is not None:
            if not window.isActiveWindow():
                window.activateWindow()
            proxy.setFocus()
            return
        parent = window.parentWidget()
        window = None if parent is None else parent.window()
