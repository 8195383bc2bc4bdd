"""The numbers at the cursor as a table, for figures: run by run, large enough for the back row."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from gdsim.core.landscapes import View
from gdsim.core.trajectory import RunTrajectory
from gdsim.ui.numbers import nice
from gdsim.ui.plots.legend import elided
from gdsim.ui.plots.markers import paint_swatch
from gdsim.ui.plots.plot import Frame, Plot
from gdsim.ui.plots.style import SEMIBOLD, PlotStyle

TONES = {
    "converged": "good",
    "diverged": "danger",
    "failed": "danger",
    "oscillating": "warn",
    "stalled": "warn",
    "still descending": "t2",
}
"""The colour of each outcome."""

LINE = 17.0
"""Height of a line, for scale 1."""
COLUMN = 150.0
"""The least width of a block that stands beside another, for scale 1."""
MOST_ROWS = 6
"""Name, loss, gradient, rate, place and outcome."""
GROWTH = 1.3
"""How much larger the letters get where there is room for them."""


@dataclass(frozen=True)
class Blocks:
    """How a table is laid out.

    Attributes:
        places: Where each block stands.
        rows: Lines of text in each.
        line: Height of a line.
        style: For the letters.
    """

    places: list[QRectF]
    rows: int
    line: float
    style: PlotStyle


def blocks(area: QRectF, count: int, style: PlotStyle) -> Blocks:
    """Lay ``count`` blocks out on ``area``: beside each other where it is wide, and only as many as there is room for.

    They do not depend on what stands in them, so that nothing jumps in a video.
    """
    columns = max(1, min(count, int(area.width() / style.px(COLUMN))))
    columns = -(-count // -(-count // columns))  # as even as can be
    deep = -(-count // columns)
    gap = style.px(18) if columns > 1 else 0.0
    width = (area.width() - gap * (columns - 1)) / columns
    share = area.height() / deep
    grown = share / (style.px(LINE) * (MOST_ROWS + 0.3))
    grown = max(1.0, min(GROWTH, grown, width / style.px(COLUMN)))
    style = PlotStyle(style.theme, style.scale * grown)
    line = style.px(LINE)
    lines = share / line
    rows = max(1, min(4, int(lines + 0.06)), min(MOST_ROWS, int(lines - 0.25)))
    line = min(line, max(share / rows, 0.9 * line))
    deep = min(deep, max(1, int(area.height() / line + 0.05)))
    block = min(max(share, line), (rows + 1.2) * line)
    places = [
        QRectF(area.left() + (k // deep) * (width + gap), area.top() + (k % deep) * block, width, rows * line)
        for k in range(min(count, columns * deep))
    ]
    return Blocks(places, rows, line, style)


class ReadingsTable(Plot):
    """A block for each run that is shown: sign and name, loss, gradient norm, rate, and at its end the outcome."""

    @property
    def view(self) -> View:
        """It has no data coordinates."""
        return (0.0, 1.0, 0.0, 1.0)

    def margins(self) -> tuple[float, float, float, float]:
        """A little room on each side."""
        return 10.0, 8.0, 10.0, 8.0

    def paint_around(self, painter: QPainter, frame: Frame, area: QRectF) -> None:
        """Paint the blocks; where there are too many, the last line tells how many are left out."""
        moment = frame.moment
        shown = sorted(moment.visible(), key=lambda pair: pair[0])
        if not shown:
            return
        laid = blocks(area, len(shown), frame.style)
        left_out = len(shown) - len(laid.places)
        if left_out:
            shown = _with_selected(shown, len(laid.places) - 1, moment.selected)
            painter.setFont(laid.style.font(12))
            painter.setPen(laid.style.color("t2"))
            painter.drawText(laid.places[-1], _LEFT, f"and {left_out + 1} more")
        together = all(self._fits(run, laid) for _, run in shown)
        for place, (index, run) in zip(laid.places, shown, strict=False):
            self._paint_run(painter, frame, laid, place, index, run, together=together)

    def _fits(self, run: RunTrajectory, laid: Blocks) -> bool:
        """Whether name and outcome have room in one line."""
        if run.outcome is None:
            return True
        style = laid.style
        text = style.advance(run.label, style.font(13, SEMIBOLD)) + style.advance(run.outcome.kind, style.font(12))
        return text + style.px(SIGN + 16) <= laid.places[0].width()

    def _paint_run(
        self, painter: QPainter, frame: Frame, laid: Blocks, place: QRectF, index: int, run: RunTrajectory, *,
        together: bool,
    ) -> None:  # fmt: skip
        style, moment = laid.style, frame.moment
        row = moment.step_of(index)
        line = QRectF(place.left(), place.top(), place.width(), laid.line)
        painter.save()
        painter.translate(line.topLeft())
        painter.scale(style.scale, style.scale)
        size = QRectF(0.0, 0.0, SIGN, line.height() / style.scale)
        paint_swatch(painter, size, style.theme.run(moment.experiment.color(index)))
        painter.restore()
        lines = readings(run, row, moment.experiment.landscape.axes)
        outcome = run.outcome.kind if run.outcome is not None and row >= run.last else ""
        tone = TONES.get(outcome, "t2")
        right = "" if laid.rows > 1 else lines[0][1]
        if outcome and together and laid.rows > 1:
            right = outcome
        painter.setFont(style.font(12))
        painter.setPen(style.color(tone if outcome else "t1"))
        painter.drawText(line, _RIGHT, right)
        taken = style.advance(right, style.font(12)) + style.px(8) if right else 0.0
        after = style.px(SIGN + 8)
        painter.setFont(style.font(13, SEMIBOLD))
        painter.setPen(style.color("t1"))
        name = elided(run.label, line.width() - after - taken, style, 13, bold=True)
        painter.drawText(line.adjusted(after, 0, 0, 0), _LEFT, name)
        painter.setFont(style.font(12))
        below = lines[: laid.rows - 1]
        if outcome and not together and laid.rows > 1:
            below = [*below[: min(len(below), laid.rows - 2)], (outcome, below[0][1] if laid.rows == 2 else "")]
        for text, value in below:
            line = line.translated(0, line.height())
            painter.setPen(style.color(tone if text == outcome else "t2"))
            painter.drawText(line, _LEFT, text)
            painter.setPen(style.color("t1"))
            painter.drawText(line, _RIGHT, value)


def readings(run: RunTrajectory, row: int, axes: tuple[str, str] = ("x", "y")) -> list[tuple[str, str]]:
    """Names and values of what is read of one row."""
    rate = float(run.lr[row])
    if math.isnan(rate) and row > 0:
        rate = float(run.lr[row - 1])
    with np.errstate(all="ignore"):
        place = ", ".join(nice(float(value), 3) for value in run.theta[row, :2])
    return [
        ("loss", nice(float(run.loss[row]))),
        ("|gradient|", nice(float(run.grad_norm[row]))),
        ("rate η", nice(rate)),
        (", ".join(axes), place),
    ]


def _with_selected(shown: list[tuple[int, RunTrajectory]], room: int, selected: int) -> list[tuple[int, RunTrajectory]]:
    """As many as there is room for, the selected run among them."""
    first = shown[:room]
    chosen = [pair for pair in shown[room:] if pair[0] == selected]
    return first[: room - len(chosen)] + chosen


SIGN = 30.0
"""Width of a run's sign, for scale 1."""
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
