"""Names in the legend."""

from __future__ import annotations

from PySide6.QtGui import QFont

from gdsim.ui.plots.legend import shortened


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
