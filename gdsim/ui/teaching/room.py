"""How much room words need: asked at once, where Qt would only know it when it lays them out."""

from __future__ import annotations

from PySide6.QtWidgets import QLayout, QWidget


def height_of(body: QWidget | None, width: int) -> int:
    """How high ``body`` is with all of its words when it is ``width`` pixels wide."""
    layout = body.layout() if body is not None else None
    if layout is None:
        return 0
    _invalidate(layout)
    if layout.hasHeightForWidth():
        return max(layout.totalHeightForWidth(width), 0)
    return layout.totalMinimumSize().height()


def _invalidate(layout: QLayout) -> None:
    """Have ``layout`` and those in it ask anew how large everything is."""
    for place in range(layout.count()):
        item = layout.itemAt(place)
        if item is None:
            continue
        widget = item.widget()
        inner = item.layout() or (widget.layout() if widget is not None else None)
        if inner is not None:
            _invalidate(inner)
    layout.invalidate()
