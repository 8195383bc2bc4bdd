"""Figures without a display: the fonts and painters of Qt, offscreen."""

from __future__ import annotations

import os

from PySide6.QtWidgets import QApplication

_kept: list[QApplication] = []
"""The application, which must outlive every figure."""


def start() -> None:
    """Have an application that needs no display; the one there is, where there is one."""
    application = QApplication.instance()
    if application is None:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        application = QApplication([])
        _kept.append(application)
    from gdsim.ui import style

    assert isinstance(application, QApplication)
    style.apply(application, "dark")
