"""Ensembles in the plot of losses: bands between quantiles, the median, and the words that say what they are."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPolygonF

from gdsim.core.batches import Rows
from gdsim.core.landscapes import Floats
from gdsim.ui.plots.curve_plot import BEYOND, WIDTH_SELECTED, Line, Reading, on_axis
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.plot import Frame
from gdsim.ui.plots.style import halo_text

if TYPE_CHECKING:
    from gdsim.core.ensemble import Band

FILL = {True: 46, False: 54}
"""Alpha of one band, on dark and on light ground; where bands lie over each other it adds up."""
OWN, OWN_WIDTH = 150, 0.55
"""Alpha and width of the run's own curve, which is but one of many."""
POINTS = 2.0
"""Points of an outline in a pixel column, at most."""
FAR = 3.0
"""How far beyond the area outlines are drawn, in areas."""


class BandPlaces:
    """The quantiles of one ensemble as places on the axis; what is new is added.

    Args:
        band: The ensemble.
        log: Whether the axis is logarithmic.
        offset: What is taken off the losses.
    """

    def __init__(self, band: Band, *, log: bool, offset: float) -> None:
        self.band, self.log, self.offset = band, log, offset
        self._places = np.empty((len(band.ensemble.quantiles), band.ensemble.last + 1))
        self._rows = 0
        self.low, self.high = math.inf, -math.inf

    def __len__(self) -> int:
        return self._rows

    def sync(self) -> None:
        """Take up the rows that are new."""
        new = self.band.band[:, self._rows :]
        if not new.size:
            return
        with np.errstate(all="ignore"):
            places = on_axis(new - self.offset, log=self.log)
        places = np.nan_to_num(places, nan=-BEYOND, posinf=np.inf, neginf=-np.inf)  # below what is counted from
        self._places[:, self._rows : self._rows + new.shape[1]] = places
        self._rows += new.shape[1]
        seen = places[np.isfinite(places) & (np.abs(places) < BEYOND if self.log else True)]
        if len(seen):
            self.low, self.high = min(self.low, float(seen.min())), max(self.high, float(seen.max()))

    @property
    def quantiles(self) -> tuple[float, ...]:
        """What the rows of ``places`` are."""
        return self.band.ensemble.quantiles

    @property
    def places(self) -> Floats:
        """Shape (quantiles, rows)."""
        return self._places[:, : self._rows]

    def median(self, frame: Frame) -> Line:
        """The median, as far as it can be seen."""
        rows = _rows(frame, self._rows)
        return Line(rows.astype(np.float64), self.places[len(self.quantiles) // 2, rows])

    def readings(self, index: int, label: str, step: int) -> list[Reading]:
        """The quantiles of run ``index`` at a step, from above."""
        if step >= self._rows:
            return []
        values, places = self.band.band[:, step].tolist(), self._places[:, step].tolist()
        names = ["median" if q == 0.5 else f"{100.0 * q:.4g} %" for q in self.quantiles]
        return [Reading(index, label, *row) for row in zip(names, values, places, strict=True)][::-1]

    def paint(self, painter: QPainter, frame: Frame, color: QColor, begin: float, end: float) -> None:
        """Fill the bands between two steps, each from its lower to its upper quantile."""
        rows = _rows(frame, self._rows)
        rows = rows[(rows >= begin) & (rows <= end)]
        if len(rows) < 2:
            return
        reach = FAR * frame.height
        x = frame.x_pixels(rows.astype(np.float64))
        y = np.clip(frame.y_pixels(self.places[:, rows]), -reach, frame.height + reach)
        color.setAlpha(FILL[frame.style.theme.is_dark])
        painter.save()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        for k in range(len(self.quantiles) // 2):
            around = np.concatenate([x, x[::-1]]), np.concatenate([y[k], y[-1 - k, ::-1]])
            painter.drawPolygon(QPolygonF([QPointF(*at) for at in zip(*(c.tolist() for c in around), strict=True)]))
        painter.restore()


def _rows(frame: Frame, count: int) -> Rows:
    """The rows to draw: all that are seen, or evenly spaced ones that stay the same while more are added."""
    left, right = frame.view[:2]
    first, end = max(math.floor(left) - 1, 0), min(math.ceil(right) + 2, count)
    if end <= first:
        return np.empty(0, dtype=np.intp)
    stride = 1 << max(math.ceil(math.log2(max((right - left) / (POINTS * frame.width), 1.0))), 0)
    rows = np.arange(first - first % stride, end, stride)
    return rows if rows[-1] == end - 1 else np.append(rows, end - 1)


def caption(moment: Moment, index: int, room: float, advance: Callable[[str], float], *, brief: bool = True) -> str:
    """What is said of the band of a run, as much as there is room for; ``brief``: even where its ends are left out."""
    words = moment.bands[index].words(moment.cursor)
    return next((text for text in (words if brief else words[:-1]) if advance(text) <= room), "")


def paint_caption(
    painter: QPainter, frame: Frame, line: QRectF, room: float, *, brief: bool = True, right: bool = False
) -> float:
    """Say from the left of ``line`` (or up to its right) what the band is: of the selected run, or the first with one.

    Returns:
        The width that was taken; 0 where there is no room, or no band.
    """
    moment, style = frame.moment, frame.style
    having = [index for index, _ in frame.runs if index in moment.bands and len(moment.bands[index])]
    if not having:
        return 0.0
    index = moment.selected if moment.selected in having else min(having)
    font, sample, gap, after = style.font(12), style.px(18), style.px(6), style.px(12)
    free = room - sample - gap - after
    text = caption(moment, index, free, lambda words: style.advance(words, font), brief=brief)
    if not text:
        return 0.0
    if right:
        line = line.adjusted(line.width() - sample - gap - style.advance(text, font), 0.0, 0.0, 0.0)
    color, middle = moment.look(style.theme, index).color, line.center().y() + 1.0
    swatch = QRectF(line.left(), middle - style.px(5), sample, style.px(10))
    painter.fillRect(swatch, style.color(color, 2 * FILL[style.theme.is_dark]))
    painter.setPen(style.pen(color, WIDTH_SELECTED))
    painter.drawLine(QPointF(swatch.left(), middle), QPointF(swatch.right(), middle))
    if right:  # curves may run below it
        halo_text(painter, QPointF(line.left() + sample + gap, middle + style.px(4)), text, font, style, "t2")
        return sample + gap + style.advance(text, font)
    painter.setPen(style.color("t2"))
    painter.setFont(font)
    flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextSingleLine
    painter.drawText(line.adjusted(sample + gap, 0.0, 0.0, 0.0), flags, text)
    return sample + gap + style.advance(text, font) + after
