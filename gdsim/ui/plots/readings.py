"""The numbers at the cursor as a table, for figures: run by run, large enough for the back row."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from gdsim.core.landscapes import View
from gdsim.core.trajectory import RunTrajectory
from gdsim.ui.numbers import nice
from gdsim.ui.plots.legend import elided
from gdsim.ui.plots.markers import paint_swatch
from gdsim.ui.plots.plot import Frame, Plot
from gdsim.ui.plots.style import SEMIBOLD

TONES = {
    "converged": "good",
    "diverged": "danger",
    "failed": "danger",
    "oscillating": "warn",
    "stalled": "warn",
    "still descending": "t2",
}
"""The colour of each outcome."""


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
        """Paint the blocks, as many as there is room for."""
        style, moment = frame.style, frame.moment
        shown = sorted(moment.visible(), key=lambda pair: pair[0])
        if not shown:
            return
        line = style.px(17.0)
        block = min(5.2 * line, area.height() / len(shown))
        rows = max(1, min(4, int(block / line + 0.05)))
        top = area.top()
        for index, run in shown:
            self._paint_run(painter, frame, QRectF(area.left(), top, area.width(), line), index, run, rows)
            top += block

    def _paint_run(
        self, painter: QPainter, frame: Frame, line: QRectF, index: int, run: RunTrajectory, rows: int
    ) -> None:
        style, moment = frame.style, frame.moment
        row = moment.step_of(index)
        sign = QRectF(line.left(), line.top(), style.px(30), line.height())
        painter.save()
        painter.translate(sign.topLeft())
        painter.scale(style.scale, style.scale)
        size = QRectF(0.0, 0.0, sign.width() / style.scale, sign.height() / style.scale)
        paint_swatch(painter, size, style.theme.run(moment.experiment.color(index)))
        painter.restore()
        painter.setFont(style.font(13, SEMIBOLD))
        painter.setPen(style.color("t1"))
        after = sign.width() + style.px(8)
        taken = 0.0
        outcome = run.outcome
        if outcome is not None and row >= run.last:
            taken = style.advance(outcome.kind, style.font(12)) + style.px(8)
        name = elided(run.label, line.width() - after - taken, style, 13, bold=True)
        painter.drawText(line.adjusted(after, 0, 0, 0), _LEFT, name)
        painter.setFont(style.font(12))
        if taken and outcome is not None:
            painter.setPen(style.color(TONES.get(outcome.kind, "t2")))
            painter.drawText(line, _RIGHT, outcome.kind)
        for text, value in readings(run, row)[: rows - 1]:
            line = line.translated(0, line.height())
            painter.setPen(style.color("t2"))
            painter.drawText(line, _LEFT, text)
            painter.setPen(style.color("t1"))
            painter.drawText(line, _RIGHT, value)


def readings(run: RunTrajectory, row: int) -> list[tuple[str, str]]:
    """Names and values of what is read of one row."""
    rate = float(run.lr[row])
    if np.isnan(rate) and row > 0:
        rate = float(run.lr[row - 1])
    return [
        ("loss", nice(float(run.loss[row]))),
        ("|gradient|", nice(float(run.grad_norm[row]))),
        ("rate η", nice(rate)),
    ]


_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
