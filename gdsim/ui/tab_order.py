"""The way of the Tab key: through the window as it is read, wherever docks were put and whenever editors were made.

Whoever has controls lists them as ``stops``. (Walking ``nextInFocusChain`` instead makes PySide take each widget for
the child of the one before it, and forget them all when one of them is deleted.)
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from PySide6.QtWidgets import QWidget


def chain(stops: Iterable[QWidget]) -> None:
    """Visit ``stops`` one after the other; those in a window of their own (a floating dock) among themselves."""
    windows: dict[QWidget, list[QWidget]] = {}
    for stop in stops:
        windows.setdefault(stop.window(), []).append(stop)
    for together in windows.values():
        for before, after in pairwise(together):
            QWidget.setTabOrder(before, after)
