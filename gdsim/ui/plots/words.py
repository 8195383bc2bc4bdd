"""What is written around the selected marble: symbols, curvatures, and why something is missing."""

from __future__ import annotations

from time import perf_counter

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from gdsim.ui.plots.arrows import Arrows, freest, paint_labels, shafts_of
from gdsim.ui.plots.ellipse import Ellipse, paint_values
from gdsim.ui.plots.marble_plot import StartMarks
from gdsim.ui.plots.marks import axis_arrows_rect
from gdsim.ui.plots.plot import Frame
from gdsim.ui.plots.stamp import stamp_text

READABLE = 0.1
"""Seconds for which a number stands while the marble moves: nobody reads one that changes sooner."""


class Told:
    """What is written while the marble moves: numbers that change no sooner than one can read.

    Each text costs an image of its own, so this is the quick way, too. At rest every number is that of the moment.
    """

    def __init__(self) -> None:
        self._texts: dict[object, str] = {}
        self._owner: object = None
        self._since = 0.0

    def begin(self, owner: object, *, hurried: bool) -> None:
        """Begin a frame: what was told of another ``owner``, long ago, or before it came to rest is forgotten."""
        now = perf_counter()
        if not hurried or owner is not self._owner or now - self._since >= READABLE:
            self._texts, self._owner, self._since = {}, owner, now

    def __call__(self, place: object, text: str) -> str:
        """What is told at ``place``: what has been told there, or else ``text``."""
        return self._texts.setdefault(place, text)


class Words:
    """The layer of words: what matters more takes its place first, and what finds none is left out.

    Attributes:
        cards: What lies over the ground and would hide words, as it lay last.
        told: Whether it is said why something is missing, as to somebody who has just asked for it.
    """

    def __init__(self, arrows: Arrows, ellipse: Ellipse, marks: StartMarks, *, told: bool) -> None:
        self.told = told
        self._arrows, self._ellipse, self._marks = arrows, ellipse, marks
        self.cards: list[QRectF] = []
        self._said = Told()

    def paint(self, painter: QPainter, frame: Frame) -> None:
        """Write the symbols of the arrows, then the curvatures, then why there are none."""
        if not (self._arrows.shown or self._ellipse.shown):
            return
        moment = frame.moment
        hurried = self._arrows.hurried or self._ellipse.hurried
        self._said.begin(moment.trajectory.runs[moment.selected], hurried=hurried)
        taken = [*self._marks.boxes(frame), *self.cards]
        placed, factor = self._arrows.drawn
        shafts = shafts_of(placed)
        if placed:
            paint_labels(painter, frame, placed, factor, taken, shafts, self._said)
        if self._ellipse.drawn is not None:
            paint_values(painter, frame, self._ellipse.drawn, taken, shafts, self._said)
        if self.told:
            self._paint_notes(painter, frame, taken)

    @property
    def notes(self) -> list[str]:
        """Why something that is to be shown is not there."""
        layers = (("arrows", self._arrows), ("ellipse", self._ellipse))
        return [f"no {name}: {layer.why_none}" for name, layer in layers if layer.shown and layer.why_none]

    def _paint_notes(self, painter: QPainter, frame: Frame, taken: list[QRectF]) -> None:
        style, font = frame.style, frame.style.font(12)
        corner = axis_arrows_rect(frame, frame.moment.section.names)
        height, gap = style.px(15.0), style.px(6.0)
        inside = frame.area.adjusted(gap, gap, -gap, -gap)
        for note in reversed(self.notes):
            width = style.advance(note, font)
            left, middle = corner.right() + gap, (frame.width - width) / 2
            lines = [frame.height - gap - (line + 1) * (height + 2.0) for line in range(8)]
            boxes = [QRectF(x, y, width, height) for y in lines for x in (left, middle)]
            boxes += [QRectF(middle, gap + line * (height + 2.0), width, height) for line in range(6)]
            box = freest(boxes, inside, taken, shafts_of([]))
            if box is not None:
                taken.append(box)
                stamp_text(painter, box, note, font, style, "t1")
