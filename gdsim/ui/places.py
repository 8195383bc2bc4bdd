"""Asks where to save; where saving is forbidden, as in a computer room, it says so instead."""

from __future__ import annotations

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

_allowed = [True]


def allow(saving: bool) -> None:
    """Let files be written, or forbid it."""
    _allowed[0] = saving


def allowed() -> bool:
    """Whether files may be written."""
    return _allowed[0]


def ask_place(parent: QWidget, caption: str, offer: str, filters: str) -> tuple[str, str]:
    """The file that was chosen and the filter that was used; ("", "") where there is none.

    Args:
        parent: The window.
        caption: What the dialog is called.
        offer: The file that is proposed.
        filters: Kinds of files, as QFileDialog takes them.
    """
    if not allowed():
        QMessageBox.information(parent, "gdsim", "Saving is switched off here: gdsim was started with --no-saving.")
        return "", ""
    return QFileDialog.getSaveFileName(parent, caption, offer, filters)
