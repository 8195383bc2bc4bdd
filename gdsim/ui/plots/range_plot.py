"""The loss against the learning rate, as a range test found it, with what is to be read from it marked in words.

The dialog shows it, and without a window the same is drawn into a picture.
"""

from __future__ import annotations

import logging
import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gdsim.core.landscapes import Floats
from gdsim.core.range_test import BLOWN, RangeTest
from gdsim.ui import style as dress
from gdsim.ui.numbers import nice, rounded, short
from gdsim.ui.plots.axes import linear_ticks, log_ticks, paint_across, paint_grid, paint_up
from gdsim.ui.plots.style import SEMIBOLD, PlotStyle, halo_text
from gdsim.ui.theme import Theme

_log = logging.getLogger(__name__)

WIDE = 20.0
"""The loss gets a logarithmic axis where its largest value shown is so many times its least."""
WORDS, ROW = 6.0, 19.0
"""Room above the curves, and a row of words in it: no curve crosses them, and no line but their own."""
ABOVE = 1.6
"""What is shown above the line of four times the best, as a factor: the curve is seen to cross it."""
SUDDEN = 2
"""Where the loss blew up after so few updates there is no curve to read, but words."""
FAR_BELOW = 1e4
"""A test is begun so many times lower then: there is room for a suggestion, and for the loss to fall before."""

REFERENCE = (760.0, 480.0)
"""The size at which letters and pens of a picture are as in the window."""
HEAD, FOOT = 30.0, 22.0
"""Room for the title and for the reason, where there is a picture of it."""


class RangePlot(QWidget):
    """Shows a range test; ``color`` is that of the run, as #RRGGBB."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._test: RangeTest | None = None
        self._color = "#888888"
        self._pointer: QPointF | None = None
        self.setMinimumSize(360, 220)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self.setAccessibleName("Loss against learning rate")

    def show_test(self, test: RangeTest | None, color: str) -> None:
        """Show ``test``, None while there is none."""
        self._test, self._color = test, color
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read the values under the pointer."""
        self._pointer = event.position()
        self.update()

    def leaveEvent(self, event: object) -> None:
        """Read them no more."""
        self._pointer = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Everything; nothing may escape from here."""
        painter = QPainter(self)
        try:
            painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
            painter.fillRect(self.rect(), dress.color("bg1"))
            if self._test is not None and self._test.rates.size:
                style = PlotStyle(dress.current())
                _Picture(self._test, self._color, QRectF(self.rect()), style).paint(painter, self._pointer)
        except Exception:
            _log.exception("painting a range test failed")
        finally:
            painter.end()


def range_image(test: RangeTest, color: str, theme: Theme, size: tuple[int, int], title: str = "") -> QImage:
    """A range test as a picture of its own.

    Args:
        test: What was found.
        color: That of the run, as #RRGGBB.
        theme: The colours of everything else.
        size: Width and height in pixels.
        title: Above it; empty for none.
    """
    scale = min(size[0] / REFERENCE[0], size[1] / REFERENCE[1])
    whole = QRectF(0.0, 0.0, size[0] / scale, size[1] / scale)
    style = PlotStyle(theme)
    image = QImage(size[0], size[1], QImage.Format.Format_RGB32)
    painter = QPainter(image)
    try:
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        painter.scale(scale, scale)
        painter.fillRect(whole, style.color("bg1"))
        head, foot = whole.adjusted(18.0, 8.0, -18.0, 0.0), whole.adjusted(18.0, 0.0, -18.0, -10.0)
        _write_in(painter, style, head, title, 16, "t1", Qt.AlignmentFlag.AlignTop)
        words = test.why if test.rates.size else test.stopped
        _write_in(painter, style, foot, words, 12, "t2", Qt.AlignmentFlag.AlignBottom)
        if test.rates.size:
            _Picture(test, color, whole.adjusted(0.0, HEAD if title else 0.0, 0.0, -FOOT), style).paint(painter, None)
    finally:
        painter.end()
    return image


def _write_in(
    painter: QPainter, style: PlotStyle, area: QRectF, text: str, size: float, token: str, at: Qt.AlignmentFlag
) -> None:
    """A line of words at the edge of an area, shortened to its width."""
    painter.setFont(style.font(size, SEMIBOLD) if token == "t1" else style.font(size))
    painter.setPen(style.color(token))
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(area.width()))
    painter.drawText(area, at | Qt.AlignmentFlag.AlignLeft, shown)


class _Picture:
    """One range test in one area."""

    def __init__(self, test: RangeTest, color: str, whole: QRectF, style: PlotStyle) -> None:
        self.test, self.color, self.style = test, color, style
        self.area = whole.adjusted(54.0, WORDS + 3 * ROW, -18.0, -44.0)
        self.whole = whole
        self.x = np.log10(test.rates)
        self.left, self.right = float(self.x[0]), max(float(self.x[-1]), float(self.x[0]) + 0.1)
        self.right += 0.04 * (self.right - self.left)
        self.best = min([test.before, *test.smoothed[np.isfinite(test.smoothed)].tolist()])
        self._choose_range()

    def _choose_range(self) -> None:
        shown = np.concatenate([[self.test.before], self.test.losses, self.test.smoothed])
        shown = shown[np.isfinite(shown)]
        low, high = float(shown.min()), float(shown.max())
        if self.best > 0.0:
            high = min(high, max(ABOVE * BLOWN * self.best, 1.3 * self.test.before))
        self.log = low > 0.0 and high > WIDE * low
        if self.log:
            low, high = math.log10(low), math.log10(high)
        room = 0.06 * (high - low) or 0.5 * abs(high) or 1.0
        self.bottom, self.top = low - room, high + room

    def across(self, x: float) -> float:
        """A logarithm of a rate in pixels."""
        return self.area.left() + (x - self.left) / (self.right - self.left) * self.area.width()

    def up(self, loss: float) -> float:
        """A loss in pixels."""
        place = math.log10(loss) if self.log and loss > 0.0 else loss
        if not math.isfinite(place):
            return self.area.top() - 40.0
        share = min(max((place - self.bottom) / (self.top - self.bottom), -2.0), 3.0)
        return self.area.bottom() - share * self.area.height()

    def paint(self, painter: QPainter, pointer: QPointF | None) -> None:
        self._paint_axes(painter)
        painter.save()
        painter.setClipRect(self.area.adjusted(0.0, -4.0, 4.0, 4.0))
        if not self.sudden:
            self._paint_limit(painter)
        self._paint_line(painter, self.test.losses, 1.2, 150)
        self._paint_line(painter, self.test.smoothed, 2.8, 255)
        painter.restore()
        self._paint_marks(painter)
        if self.sudden:
            self._paint_sudden(painter)
        if pointer is not None and self.area.contains(pointer):
            self._paint_reading(painter, pointer)

    @property
    def sudden(self) -> bool:
        """Whether the loss blew up before there was anything to be seen."""
        return self.test.blew_up is not None and self.test.rates.size <= SUDDEN

    def _paint_sudden(self, painter: QPainter) -> None:
        """Words where there is nothing to be seen yet."""
        painter.setFont(self.style.font(15, SEMIBOLD))
        painter.setPen(self.style.color("t1"))
        begin = short(rounded(float(self.test.rates[0]) / FAR_BELOW, 1))
        when = "at once" if self.test.rates.size == 1 else f"after {self.test.rates.size} updates"
        last = _rate(float(self.test.rates[-1]))
        words = f"The loss blew up {when}, at a rate of {last}.\nBegin far lower, at {begin} or below."
        painter.drawText(self.area, Qt.AlignmentFlag.AlignCenter, words)

    def _paint_axes(self, painter: QPainter) -> None:
        area, style = self.area, self.style
        most = max(2, min(6, int(area.height() / 30)))
        ticks = log_ticks(self.bottom, self.top, most) if self.log else linear_ticks(self.bottom, self.top, most)
        scale = area.height() / (self.top - self.bottom)
        labels = [((self.top - tick.value) * scale, tick.label) for tick in ticks]
        paint_grid(painter, style, labels, area)
        paint_up(painter, style, labels, area, squeeze=True)
        xs = log_ticks(self.left, self.right, max(2, min(12, int(area.width() / 60))))
        paint_across(painter, style, [(self.across(t.value) - area.left(), t.label) for t in xs], area)
        painter.setFont(style.font(12))
        painter.setPen(style.color("t2"))
        foot = QRectF(area.left(), self.whole.bottom() - 20.0, area.width(), 18.0)
        painter.drawText(foot, Qt.AlignmentFlag.AlignCenter, "learning rate η")

    def _paint_limit(self, painter: QPainter) -> None:
        """The line that stops the test."""
        if not self.best > 0.0:
            return
        y, area = self.up(BLOWN * self.best), self.area
        if not area.top() <= y <= area.bottom():
            return
        pen = self.style.pen("danger", 1.2, 190)
        pen.setDashPattern([4.0, 4.0])
        painter.setPen(pen)
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        text = f"{BLOWN:g} × the best"
        halo_text(painter, QPointF(area.left() + 6.0, y - 5.0), text, self.style.font(12), self.style, "danger")

    def _paint_line(self, painter: QPainter, values: Floats, width: float, alpha: int) -> None:
        path = QPainterPath()
        path.moveTo(self.area.left(), self.up(self.test.before))
        for x, value in zip(self.x.tolist(), values.tolist(), strict=True):
            if math.isnan(value):
                continue
            path.lineTo(self.across(x), self.up(value))
        painter.strokePath(path, self.style.pen(self.color, width, alpha))

    def _paint_marks(self, painter: QPainter) -> None:
        """Where it blew up, the suggestion, the steepest fall: a row of words each, the rightmost on top; the best."""
        test = self.test
        marks = (
            (test.blew_up, "danger", "blew up at", 1.6),
            (test.suggestion, "accent", "suggestion", 2.2),
            (test.steepest, "t1", "steepest at", 1.2),
        )
        known = [(rate, token, words, width) for rate, token, words, width in marks if rate is not None and rate > 0.0]
        for row, (rate, token, words, width) in enumerate(sorted(known, key=lambda mark: -mark[0])):
            x = self.across(math.log10(rate))
            if not self.area.left() - 1.0 <= x <= self.area.right() + 1.0:
                continue
            painter.setPen(self.style.pen(token, width))
            top = self.whole.top() + WORDS + ROW * row
            painter.drawLine(QPointF(x, top), QPointF(x, self.area.bottom()))
            self._write(painter, x, top + 12.0, f"{words} {_rate(rate)}", token)
        self._paint_best(painter)

    def _paint_best(self, painter: QPainter) -> None:
        smoothed = self.test.smoothed
        if not np.isfinite(smoothed).any() or float(np.nanmin(smoothed)) > self.best:
            return
        place = int(np.nanargmin(smoothed))
        at = QPointF(self.across(float(self.x[place])), self.up(self.best))
        painter.setPen(self.style.pen("t1", 1.6))
        painter.setBrush(self.style.color("bg1"))
        painter.drawEllipse(at, 4.5, 4.5)
        self._write(painter, at.x(), min(at.y() + 20.0, self.area.bottom() - 4.0), f"best {nice(self.best, 3)}", "t1")

    def _write(self, painter: QPainter, x: float, y: float, text: str, token: str) -> None:
        """Words beside a place: on its left, or where there is no room on its right."""
        font = self.style.font(12, SEMIBOLD)
        width = self.style.advance(text, font)
        left = x - width - 8.0 if x - width - 8.0 > self.area.left() + 4.0 else x + 8.0
        halo_text(painter, QPointF(left, y), text, font, self.style, token)

    def _paint_reading(self, painter: QPainter, pointer: QPointF) -> None:
        at = self.left + (pointer.x() - self.area.left()) / self.area.width() * (self.right - self.left)
        place = int(np.argmin(np.abs(self.x - at)))
        x = self.across(float(self.x[place]))
        painter.setPen(self.style.pen("t2", 1.0, 120))
        painter.drawLine(QPointF(x, self.area.top()), QPointF(x, self.area.bottom()))
        text = f"η {nice(float(self.test.rates[place]), 3)}   loss {nice(float(self.test.losses[place]), 3)}"
        self._write(painter, x, self.area.bottom() - 8.0, text, "t2")


def _rate(rate: float) -> str:
    """A rate in three digits, as a suggestion is written."""
    return short(rounded(rate))
