"""Cards that lie on plots: the legend of runs, the scale of heights, and what the pointer reads."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QLinearGradient, QPainter

from gdsim.core.landscapes import Floats
from gdsim.core.trajectory import RunTrajectory
from gdsim.ui.numbers import nice
from gdsim.ui.plots.axes import power_of_ten, short
from gdsim.ui.plots.canvas import Cached
from gdsim.ui.plots.ground import Heights, ground_colors
from gdsim.ui.plots.markers import paint_swatch
from gdsim.ui.plots.plot import Frame
from gdsim.ui.plots.style import SEMIBOLD, PlotStyle

ROW = 20.5
GAP = 9.0
"""Between a card and the edge of the area."""
TAIL = 4
"""Letters at the end of a name that are kept when it is cut."""
SAMPLE = 400
"""Points of each trail that decide where the legend stands."""
WORDS = 500.0
"""How many of these a hidden word counts for."""


def paint_card(painter: QPainter, rect: QRectF, style: PlotStyle, alpha: int = 226) -> None:
    """The ground of a card."""
    painter.setBrush(style.color("bg1", alpha))
    painter.setPen(style.pen("line", 1.0, 200))
    half = style.px(0.5)
    painter.drawRoundedRect(rect.adjusted(half, half, -half, -half), style.px(5), style.px(5))


def elided(text: str, width: float, style: PlotStyle, size: float, *, bold: bool = False) -> str:
    """``text``, cut with an ellipsis where it is wider than ``width``."""
    font = style.font(size, SEMIBOLD) if bold else style.font(size)
    if style.advance(text, font) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if style.advance(text[:middle] + "…", font) <= width else (low, middle - 1)
    return text[:low] + "…"


def shortened(text: str, width: float, style: PlotStyle, size: float, *, bold: bool = False) -> str:
    """``text``, cut before its last letters where it is wider than ``width``: names of runs often differ there only."""
    font = style.font(size, SEMIBOLD) if bold else style.font(size)
    if style.advance(text, font) <= width:
        return text
    end = "…" + text[-TAIL:].lstrip()
    for kept in range(len(text) - TAIL, 1, -1):
        found = text[:kept].rstrip() + end
        if style.advance(found, font) <= width:
            return found
    return elided(text, width, style, size, bold=bold)


class Legend:
    """The card that names the runs, in the corner where it hides least of the trails.

    Attributes:
        rect: Where it stands; empty where there is no room.
        words: Where there is something to be read that it should not hide.
    """

    def __init__(self) -> None:
        self.words: tuple[QRectF, ...] = ()
        self._corner = 0
        self._key: tuple[object, ...] = ()
        self._value_width = 0.0
        self._label_key: tuple[object, ...] = ()
        self._card = Cached()
        self.rect = QRectF()

    def paint(self, painter: QPainter, frame: Frame, taken: list[QRectF]) -> None:
        """Paint it clear of ``taken``, the other cards."""
        style, moment = frame.style, frame.moment
        shown, values, label_width = self.lay(frame, taken)
        if self.rect.isEmpty():
            return
        key = (style, self.rect.size().toTuple(), moment.selected, *(_look(frame, index, run) for index, run in shown))
        self._card.draw(painter, self.rect, key, lambda canvas: self._paint_card(canvas, frame, shown, label_width))
        for row, ((index, _), value) in enumerate(zip(shown, values, strict=True)):
            selected = index == moment.selected
            painter.setFont(style.font(12, SEMIBOLD) if selected else style.font(12))
            painter.setPen(style.color("t1" if selected else "t2"))
            box = self._row(style, row)
            flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight | Qt.TextFlag.TextSingleLine
            painter.drawText(box, flags, value)

    def lay(self, frame: Frame, taken: list[QRectF]) -> tuple[list[tuple[int, RunTrajectory]], list[str], float]:
        """Find where it stands; returns the runs it names, their losses, and how wide the names may be."""
        style, moment = frame.style, frame.moment
        self.rect = QRectF()
        shown = sorted(frame.runs, key=lambda pair: pair[0])
        most = int((frame.height * 0.62 - style.px(18)) // style.px(ROW))
        if not shown or most < 1:
            return [], [], 0.0
        if len(shown) > most:
            first = [pair for pair in shown if pair[0] == moment.selected]
            rest = [pair for pair in shown if pair[0] != moment.selected]
            shown = sorted(first + rest[: most - len(first)], key=lambda pair: pair[0])
        values = [nice(run.at(moment.step_of(index)).loss, 3) for index, run in shown]
        size, widths = self._measure(frame, [run.label for _, run in shown], values)
        if size.width() <= frame.width * 0.62:
            self.rect = self._place(frame, size, taken)
        return shown, values, widths[0]

    def _row(self, style: PlotStyle, row: int) -> QRectF:
        top = self.rect.top() + style.px(7.5) + row * style.px(ROW)
        return QRectF(self.rect.left() + style.px(10), top, self.rect.width() - style.px(20), style.px(ROW))

    def _paint_card(
        self, painter: QPainter, frame: Frame, shown: list[tuple[int, RunTrajectory]], label_width: float
    ) -> None:
        style = frame.style
        paint_card(painter, self.rect, style)
        for row, (index, run) in enumerate(shown):
            box = self._row(style, row)
            selected = index == frame.moment.selected
            look = frame.moment.look(style.theme, index)
            swatch = QRectF(box.left(), box.top(), style.px(34), box.height())
            paint_swatch(painter, swatch, look, width=style.px(2.4), radius=style.px(4.0))
            painter.setFont(style.font(12, SEMIBOLD) if selected else style.font(12))
            painter.setPen(style.color("t1"))
            text = QRectF(swatch.right() + style.px(9), box.top(), label_width + style.px(4), box.height())
            flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextSingleLine
            painter.drawText(text, flags, shortened(run.label, label_width, style, 12, bold=selected))

    def _measure(self, frame: Frame, labels: list[str], values: list[str]) -> tuple[QRectF, tuple[float, float]]:
        style = frame.style
        key = (style, tuple(labels))
        if key != self._label_key:
            self._label_key = key
            self._value_width = style.advance("0.0000", style.font(12))
        bold = style.font(12, SEMIBOLD)
        self._value_width = max(self._value_width, *(style.advance(text, bold) for text in values))
        room = max(frame.width * 0.62 - style.px(82) - self._value_width - 1.0, style.px(30))
        fonts = (style.font(12), bold)  # in some letters the bold face is the narrower one
        widest = max(style.advance(text, font) for text in labels for font in fonts)
        label = min(widest, style.px(150), room)
        width = style.px(10 + 34 + 9 + 18 + 11) + label + self._value_width
        return QRectF(0.0, 0.0, width, style.px(15) + len(labels) * style.px(ROW)), (label, self._value_width)

    # --- where it stands

    def _place(self, frame: Frame, size: QRectF, taken: list[QRectF]) -> QRectF:
        spots = _corners(frame, size, taken)
        runs = [run for _, run in frame.runs]
        known = (frame.moment.section.axes, *((run, run.generation, len(run).bit_length()) for run in runs))
        key = (frame.around[0].key, frame.area.size().toTuple(), frame.style, size.height(), known)
        if key != self._key and not frame.coarse:
            self._key = key
            costs = [self._cost(frame, spot) for spot in spots]
            best = min(range(len(spots)), key=lambda k: costs[k])
            if costs[self._corner] > 1.5 * costs[best] + 4.0:
                self._corner = best
        return spots[self._corner]

    def _cost(self, frame: Frame, spot: QRectF) -> float:
        """How much of the trails, the start and the minima a card at ``spot`` would hide."""
        words = WORDS * sum(spot.intersects(word) for word in self.words)
        return words + sum(self._hides(around, spot) for around in frame.around)

    def _hides(self, frame: Frame, spot: QRectF) -> float:
        def inside(points: Floats, room: float = 10.0) -> int:
            x, y = frame.pixels(points)
            around = frame.style.px(room)
            across = (x >= spot.left() - around) & (x <= spot.right() + around)
            return int((across & (y >= spot.top() - around) & (y <= spot.bottom() + around)).sum())

        section = frame.moment.section
        cost = sum(inside(_sample(section.places(run))) for _, run in frame.runs)
        start = np.array([section.place(frame.moment.experiment.origin)])
        return cost + 2_000.0 * inside(start, 26.0) + 60.0 * inside(section.minima())


def _look(frame: Frame, index: int, run: RunTrajectory) -> tuple[object, ...]:
    return index, run.label, frame.moment.look(frame.style.theme, index)


def _sample(places: Floats) -> Floats:
    """Points spread over a trail, with its long pieces filled, since they too are hidden."""
    points = places[:: max(1, len(places) // SAMPLE)]
    if len(points) > 60:
        return points
    between = np.linspace(0.0, 1.0, 6, endpoint=False)[:, None, None]
    with np.errstate(all="ignore"):
        filled = points[None, :-1] * (1.0 - between) + points[None, 1:] * between
    return np.concatenate([filled.reshape(-1, 2), points[-1:]])


def _corners(frame: Frame, size: QRectF, taken: list[QRectF]) -> list[QRectF]:
    """Upper left, lower right, upper right, lower left, moved clear of what stands there."""
    gap = frame.style.px(GAP)
    right, bottom = frame.width - gap - size.width(), frame.height - gap - size.height()
    spots = []
    for x, y in ((gap, gap), (right, bottom), (right, gap), (gap, bottom)):
        spot = QRectF(x, y, size.width(), size.height())
        for other in taken:
            if spot.intersects(other):
                _move_clear(spot, other, frame, gap)
        spots.append(spot)
    clear = [spot for spot in spots if frame.area.contains(spot) and not any(map(spot.intersects, taken))]
    return [spot if spot in clear else (clear or spots)[0] for spot in spots]


def _move_clear(spot: QRectF, other: QRectF, frame: Frame, gap: float) -> None:
    """Move ``spot`` up from what stands in the lower left, left from what stands on the right."""
    if other.center().x() > frame.width / 2:
        spot.moveRight(other.left() - gap)
    elif other.top() - gap - spot.height() > gap:
        spot.moveBottom(other.top() - gap)
    else:
        spot.moveLeft(other.right() + gap)


class HeightBar:
    """The card that tells which colour is which loss; it is there where it is ``shown`` and there is room for it."""

    shown = True

    def rect(self, frame: Frame, heights: Heights) -> QRectF:
        """Where it stands, as wide as its labels; empty where there is no room."""
        style = frame.style
        font = style.font(11)
        widest = max((style.advance(label, font) for _, label in height_labels(heights)), default=0.0)
        width, height = max(style.px(62), style.px(11 + 9 + 7 + 8) + widest), style.px(144)
        if not self.shown or frame.height < height * 1.45 or frame.width < style.px(62) * 4.5:
            return QRectF()
        gap = style.px(GAP)
        return QRectF(frame.width - gap - width, gap, width, height)

    def paint(self, painter: QPainter, frame: Frame, heights: Heights) -> None:
        """Paint it."""
        style = frame.style
        rect = self.rect(frame, heights)
        if rect.isEmpty() or heights.flat:
            return
        paint_card(painter, rect, style)
        painter.setFont(style.font(11))
        painter.setPen(style.color("t1"))
        title = QRectF(rect.left(), rect.top() + style.px(4), rect.width(), style.px(16))
        painter.drawText(title, Qt.AlignmentFlag.AlignCenter, "loss")
        bar = QRectF(rect.left() + style.px(11), rect.top() + style.px(24), style.px(9), rect.height() - style.px(34))
        colors = ground_colors(style.theme)[ground_colors(style.theme).shape[0] // 2]
        fill = QLinearGradient(bar.bottomLeft(), bar.topLeft())
        for k in range(33):
            fill.setColorAt(k / 32, style.color(f"#{int(colors[k * (len(colors) - 1) // 32]) & 0xFFFFFF:06X}"))
        painter.setBrush(fill)
        painter.setPen(style.pen("t2", 1.0, 90))
        painter.drawRect(bar)
        self._labels(painter, style, bar, rect, heights)

    def _labels(self, painter: QPainter, style: PlotStyle, bar: QRectF, rect: QRectF, heights: Heights) -> None:
        painter.setPen(style.color("t2"))
        last = bar.bottom() + style.px(14)
        for tone, label in height_labels(heights):
            y = bar.bottom() - tone * bar.height()
            if last - y < style.px(14):
                continue
            last = y
            box = QRectF(bar.right() + style.px(7), y - style.px(8), rect.right() - bar.right(), style.px(16))
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, label)


@lru_cache(maxsize=8)
def height_labels(heights: Heights) -> tuple[tuple[float, str], ...]:
    """(colour, label) pairs from low to high: powers of ten where the floor is zero, else round losses."""
    if heights.floor == 0.0 and heights.softening == 0.0:
        low, high = heights.knots[0] / np.log(10.0), heights.knots[-1] / np.log(10.0)
        powers = range(int(np.ceil(low - 0.02)), int(np.floor(high + 0.02)) + 1)
        if len(powers) >= 2:
            stride = -(-len(powers) // 6)
            shown = [p for p in powers if p % stride == 0]
            return tuple((float(heights.tone(np.array(p * np.log(10.0)))), power_of_ten(p)) for p in shown)
    found = []
    for tone in np.linspace(0.06, 0.98, 5):
        loss = heights.loss_at(float(tone))
        span = max(abs(heights.loss_at(0.98) - heights.floor), 1e-300)
        rounded = _rounded(loss, min(span, abs(loss - heights.floor) + 0.02 * span))
        height = float(np.log(max(rounded - heights.floor, 0.0) + heights.softening + 1e-300))
        found.append((float(heights.tone(np.array(height))), short(rounded)))
    return tuple(found)


def _rounded(value: float, size: float) -> float:
    """``value`` rounded to a tenth of ``size``'s order."""
    if not np.isfinite(value) or not np.isfinite(size) or size <= 0.0:
        return value
    digits = 1 - int(np.floor(np.log10(size)))
    return round(value, digits) if -300 < digits < 300 else value


class Readout:
    """A small card beside the pointer."""

    def paint(self, painter: QPainter, frame: Frame, at: QPointF, title: str, rows: list[tuple[int, str, str]]) -> None:
        """Paint ``rows`` of (run, label, value) under ``title``, on the side of ``at`` where there is room."""
        style = frame.style
        bold = style.font(11, SEMIBOLD)
        label_width = min(max((style.advance(label, bold) for _, label, _ in rows), default=0.0), style.px(120))
        value_width = max((style.advance(value, bold) for _, _, value in rows), default=0.0)
        width = max(style.px(44) + label_width + value_width, style.advance(title, bold) + style.px(18))
        height = style.px(24) + len(rows) * style.px(16)
        left = at.x() + style.px(14)
        if left + width > frame.width - 2:
            left = max(at.x() - style.px(14) - width, 2.0)
        top = min(max(at.y() - height - style.px(6), 2.0), max(frame.height - height - 2, 0.0))
        rect = QRectF(left, top, width, height)
        paint_card(painter, rect, style, 242)
        painter.setFont(bold)
        painter.setPen(style.color("t1"))
        line = QRectF(rect.left() + style.px(9), rect.top() + style.px(4), width - style.px(18), style.px(16))
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, title)
        for index, label, value in rows:
            line.translate(0.0, style.px(16))
            look = frame.moment.look(style.theme, index)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(style.color(look.color))
            painter.drawEllipse(QPointF(line.left() + style.px(4), line.center().y()), style.px(3.4), style.px(3.4))
            painter.setFont(bold if index == frame.moment.selected else style.font(11))
            painter.setPen(style.color("t1"))
            text = line.adjusted(style.px(13), 0.0, 0.0, 0.0)
            name = elided(label, label_width, style, 11)
            painter.drawText(text, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
            painter.drawText(text, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, value)
