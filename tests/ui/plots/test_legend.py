"""Names in the legend, and where it stands."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from PySide6.QtCore import QRectF
from PySide6.QtGui import QFont

from gdsim.ui.plots.legend import _corners, shortened
from gdsim.ui.plots.style import PlotStyle
from gdsim.ui.theme import DARK


class Letters:
    """A style in which every letter is ten wide."""

    def font(self, *_):
        return QFont()

    def advance(self, text, _font):
        return 10.0 * len(text)


def test_names_that_differ_at_their_ends_stay_different():
    names = ("momentum 0.9", "momentum 0.99")
    assert [shortened(name, 130, Letters(), 12) for name in names] == list(names)
    assert [shortened(name, 100, Letters(), 12) for name in names] == ["moment…0.9", "momen…0.99"]
    assert shortened("momentum", 30, Letters(), 12) == "mo…"


def test_it_stands_on_no_other_card():
    area = QRectF(0.0, 0.0, 600.0, 300.0)
    frame: Any = SimpleNamespace(style=PlotStyle(DARK), width=600.0, height=300.0, area=area)
    size, taken = QRectF(0.0, 0.0, 250.0, 40.0), [QRectF(120.0, 255.0, 180.0, 40.0), QRectF(480.0, 255.0, 110.0, 40.0)]
    for spot in _corners(frame, size, taken):
        assert area.contains(spot)
        assert not any(spot.intersects(card) for card in taken)
