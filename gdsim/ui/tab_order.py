"""The way of the Tab key: through the window as it is read, wherever docks were put and whenever editors were made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget


def chain(stops: Iterable[QWidget]) -> None:
    """Visit ``stops`` one after the other."""
    for before, after in pairwise(stops):
        QWidget.setTabOrder(before, after)


def order(parts: Sequence[QWidget]) -> None:
    """Visit the parts of a window in this order, and inside each of them what it was before."""
    found: list[list[QWidget]] = [[] for _ in parts]
    widget = first = parts[0]
    while True:
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            place = _place_of(widget, parts)
            if place is not None:
                found[place].append(widget)
        following = widget.nextInFocusChain()
        if following is None or following is first:
            break
        widget = following
    chain(stop for stops in found for stop in stops)


def _place_of(widget: QWidget, parts: Sequence[QWidget]) -> int | None:
    for place, part in enumerate(parts):
        if part is widget or part.isAncestorOf(widget):
            return place
    return None
