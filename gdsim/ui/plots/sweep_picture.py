"""A sweep as a picture for slides: the map, its axes, a colour bar or legend, and what theory says.

Cells that diverged are hatched on grey, so that they are never taken for a high loss; cells without an answer (the
target not reached, no minimum) are plain grey.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QBuffer, QIODevice, QLineF, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPainterPath, QPen, QPolygonF

from gdsim.core.landscapes import Floats
from gdsim.core.paths import parameter
from gdsim.core.sweep import Axis, Quantity, Sweep, SweepMap, TheoryLine, theory
from gdsim.ui.plots.axes import Tick, linear_ticks, log_ticks, short
from gdsim.ui.plots.style import SEMIBOLD, PlotStyle, halo_text
from gdsim.ui.plots.viridis import viridis
from gdsim.ui.theme import DARK, Theme

NAMES: dict[Quantity, str] = {
    "loss": "final loss", "best": "lowest loss", "steps": "steps to the target", "minimum": "minimum reached",
}  # fmt: skip
BASINS = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7", "#999933")
"""Okabe and Ito's colours, for basins."""
NOTHING, DIVERGED, HATCH = "#8C939C", "#4A515B", "#8C939C"
WAITING = "#FFFFFF"
"""Cells that are not computed have the colour of the ground; this where there is none."""
DEEPEST = 16.0
"""Decades of a colour scale at most: what lies deeper differs from 0 by rounding only."""


@dataclass(frozen=True)
class Shades:
    """How numbers become colours: by their logarithms where they are positive and differ much."""

    low: float
    high: float
    log: bool
    floored: bool = False
    """Whether there are numbers below the low end, zeros among them: they have its colour."""

    def places(self, values: Floats) -> Floats:
        """Where numbers lie on the colour bar, 0 to 1; nan stays nan."""
        with np.errstate(all="ignore"):
            found = np.log10(values) if self.log else values
        return np.clip((found - self.low) / (self.high - self.low or 1.0), 0.0, 1.0)

    def ticks(self, most: int) -> list[Tick]:
        """Labels of the colour bar; the lowest says where it stands for everything below it, too."""
        if not self.log:
            return linear_ticks(self.low, self.high, most)
        found = log_ticks(self.low, self.high, most)
        if not self.floored:
            return found
        clear = 0.5 * (self.high - self.low) / most
        words = f"≤ {short(float(f'{10.0**self.low:.1e}'))}"
        return [Tick(self.low, words), *(tick for tick in found if tick.value - self.low > clear)]


def shades(values: Floats) -> Shades:
    """The colour scale that suits numbers; a few odd ones at either end do not stretch it.

    By their logarithms where none is negative and they differ much: zeros, and the few that lie far below all others,
    are at its floor.
    """
    known = values[np.isfinite(values)]
    if not known.size:
        return Shades(0.0, 1.0, log=False)
    positive = known[known > 0.0]
    if positive.size and known.min() >= 0.0 and positive.max() > 20.0 * positive.min():
        low, high = (float(v) for v in np.quantile(np.log10(positive), [0.005, 0.98]))
        low = float(math.floor(low)) if positive.size < known.size or high - low > DEEPEST else low
        low = max(low, float(math.floor(high - DEEPEST)))
        if high > low:
            return Shades(low, high, log=True, floored=bool(known.min() < 10.0 ** (low - 1.0)))
    low, high = (float(v) for v in np.quantile(known, [0.005, 0.98]))
    if not high > low:
        low, high = low - 0.5, high + 0.5
    return Shades(low, high, log=False)


def cell_colors(found: SweepMap, quantity: Quantity, scale: Shades, waiting: str = WAITING) -> npt.NDArray[np.uint8]:
    """A pixel a cell, RGB, shape (rows, columns, 3), the first row being the lowest."""
    row, column = found.sources()
    values, diverged = found.values(quantity)[row, column], (found.diverged >= 0)[row, column]
    if quantity == "minimum":
        colors = np.array([_rgb(basin(found.sweep, k)) for k in range(max(1, len(found.sweep.minima)))])
        colors = colors[np.where(np.isnan(values), 0, values).astype(np.intp)]
    else:
        colors = np.round(255.0 * viridis(np.nan_to_num(scale.places(values)))).astype(np.intp)
    colors[np.isnan(values)] = _rgb(NOTHING)
    colors[diverged] = _rgb(DIVERGED)
    colors[~found.done[row, column]] = _rgb(waiting)
    return colors.astype(np.uint8)


def basin(sweep: Sweep, k: int) -> str:
    """The colour of a minimum's basin: with many of them only the first, the deepest, has one of its own."""
    if len(sweep.minima) <= len(BASINS):
        return BASINS[k]
    return BASINS[0] if k == 0 else BASINS[1 + (k - 1) % (len(BASINS) - 1)]


def _rgb(color: str) -> tuple[int, int, int]:
    found = QColor(color)
    return found.red(), found.green(), found.blue()


def sweep_image(
    found: SweepMap,
    quantity: Quantity,
    theme: Theme,
    size: tuple[int, int] = (1600, 1200),
    title: str | None = None,
    lines: bool = True,
) -> QImage:
    """The picture.

    Args:
        found: What was computed; need not be whole.
        quantity: What is shown.
        theme: Its colours.
        size: Width and height in pixels.
        title: Above everything; the experiment's own where None.
        lines: Whether theory is drawn over it.
    """
    width, height = size
    image = QImage(width, height, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    Drawing(painter, found, quantity, PlotStyle(theme, min(width / 800.0, height / 600.0)), width, height).draw(
        found.sweep.experiment.title if title is None else title, lines
    )
    painter.end()
    return image


def as_png(image: QImage) -> bytes:
    """The bytes of a PNG file."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def axis_name(sweep: Sweep, axis: Axis) -> str:
    """What an axis is called: the label and symbol of its declaration."""
    if axis.start is not None:
        names = getattr(sweep.experiment.landscape, "parameter_names", sweep.experiment.landscape.axes)
        return f"start {names[axis.start]}"
    declared = parameter(sweep.experiment.runs[sweep.index], axis.path).declared
    return f"{declared.label} {declared.symbol}".strip()


class Drawing:
    """The picture, piece by piece; ``map`` is where the cells lie."""

    def __init__(
        self, painter: QPainter, found: SweepMap, quantity: Quantity, style: PlotStyle, width: int, height: int
    ) -> None:
        self.p, self.found, self.quantity, self.style = painter, found, quantity, style
        self.sweep, self.width, self.height = found.sweep, width, height
        px = style.px
        self.map = QRectF(px(74), px(74), width - px(74 + 150), height - px(74 + 60))
        self.scale = shades(np.where(found.diverged >= 0, np.nan, found.values(quantity)))

    @property
    def _waiting(self) -> str:
        return self.style.color("bg2").name()

    def draw(self, title: str, lines: bool) -> None:
        """All of it."""
        self.p.fillRect(0, 0, self.width, self.height, self.style.color("bg1"))
        self._head(title)
        self._cells()
        self._axes()
        if lines:
            self._theory(theory(self.sweep))
        if self.sweep.x.path == "start[0]" and self.sweep.y.path == "start[1]":
            self._minima()
        if self.quantity == "minimum":
            self._legend(self._basins())
        else:
            self._bar()
            self._legend([])

    def _head(self, title: str) -> None:
        s, e = self.style, self.sweep.experiment
        run = e.runs[self.sweep.index]
        what = NAMES[self.quantity]
        if self.quantity == "steps" and self.sweep.target is not None:
            what = f"steps until the loss is {short(self.sweep.target)}"
        told = f"{what} after {e.steps:,} steps of {run.optimizer.describe()} on {e.landscape.title}"
        if self.quantity == "steps":
            told = f"{what}, {run.optimizer.describe()} on {e.landscape.title}"
        told = told[:1].upper() + told[1:]
        if not title:
            self._text(s.px(24), s.px(44), told, 17, "t1", SEMIBOLD)
            return
        self._text(s.px(24), s.px(36), title, 18, "t1", SEMIBOLD)
        self._text(s.px(24), s.px(58), told, 13, "t2")

    def _text(self, x: float, y: float, text: str, size: float, token: str, weight: object = None) -> None:
        s = self.style
        font = s.font(size) if weight is None else s.font(size, SEMIBOLD)
        room = self.width - x - s.px(20)
        while len(text) > 2 and s.advance(text, font) > room:
            text = text[:-2].rstrip(" …") + "…"
        self.p.setFont(font)
        self.p.setPen(s.color(token))
        self.p.drawText(QPointF(x, y), text)

    def _cells(self) -> None:
        colors = np.ascontiguousarray(np.flipud(cell_colors(self.found, self.quantity, self.scale, self._waiting)))
        rows, columns = colors.shape[:2]
        image = QImage(colors.tobytes(), columns, rows, 3 * columns, QImage.Format.Format_RGB888)
        self.p.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        self.p.drawImage(self.map, image)
        hatch = QPainterPath()
        row, column = self.found.sources()
        diverged = (self.found.diverged >= 0)[row, column]
        w, h = self.map.width() / columns, self.map.height() / rows
        for r in range(rows):
            edges = np.flatnonzero(np.diff(np.concatenate([[0], diverged[r].astype(np.int8), [0]])))
            for a, b in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
                hatch.addRect(QRectF(self.map.left() + a * w, self.map.bottom() - (r + 1) * h, (b - a) * w, h + 0.5))
        self.p.save()
        self.p.setClipPath(hatch)
        self._hatched(self.map)
        self.p.restore()
        if not self.found.whole:
            self.p.setPen(self.style.pen("edge", 1.0))
            self.p.setBrush(Qt.BrushStyle.NoBrush)
            self.p.drawRect(self.map)

    def _hatched(self, where: QRectF) -> None:
        self.p.setPen(QPen(QColor(HATCH), self.style.px(1.0)))
        apart, reach = self.style.px(7.0), where.height()
        for k in range(int((where.width() + reach) / apart) + 1):
            x = where.left() - reach + k * apart
            self.p.drawLine(QLineF(x, where.bottom(), x + reach, where.top()))

    # Axes

    def _place(self, axis: Axis, values: Floats, value: Floats | float) -> Floats:
        """Where numbers lie along an axis, 0 to 1: the middle of a cell is its value."""
        v, cells = np.asarray(value, dtype=np.float64), values.size
        if axis.scale == "log":
            v, values = np.log(v), np.log(values)
        if cells == axis.count:
            return np.asarray((0.5 + (v - values[0]) / (values[-1] - values[0]) * (cells - 1)) / cells)
        # Whole numbers, none twice: they are not evenly spaced.
        return np.asarray((0.5 + np.interp(v, values, np.arange(cells))) / cells)

    def at(self, x: Floats | float, y: Floats | float) -> tuple[Floats, Floats]:
        """Where places on the axes are, in pixels."""
        left = self.map.left() + self.map.width() * self._place(self.sweep.x, self.sweep.x_values, x)
        top = self.map.bottom() - self.map.height() * self._place(self.sweep.y, self.sweep.y_values, y)
        return left, top

    def _ticks(self, axis: Axis, most: int) -> list[Tick]:
        if axis.scale == "log":
            found = log_ticks(math.log10(axis.low), math.log10(axis.high), most)
            return [Tick(10.0**tick.value, tick.label) for tick in found]
        return linear_ticks(axis.low, axis.high, most)

    def _axes(self) -> None:
        s, p = self.style, self.p
        font = s.font(12)
        p.setFont(font)
        p.setPen(s.color("t2"))
        for tick in self._ticks(self.sweep.x, 8):
            x = float(self.at(tick.value, self.sweep.y.low)[0])
            p.drawLine(QLineF(x, self.map.bottom() + s.px(2), x, self.map.bottom() + s.px(6)))
            p.drawText(QPointF(x - 0.5 * s.advance(tick.label, font), self.map.bottom() + s.px(20)), tick.label)
        for tick in self._ticks(self.sweep.y, 8):
            y = float(self.at(self.sweep.x.low, tick.value)[1])
            p.drawLine(QLineF(self.map.left() - s.px(6), y, self.map.left() - s.px(2), y))
            p.drawText(QPointF(self.map.left() - s.px(10) - s.advance(tick.label, font), y + s.px(4)), tick.label)
        font = s.font(14, SEMIBOLD)
        p.setFont(font)
        p.setPen(s.color("t1"))
        name = axis_name(self.sweep, self.sweep.x)
        p.drawText(QPointF(self.map.center().x() - 0.5 * s.advance(name, font), self.map.bottom() + s.px(44)), name)
        name = axis_name(self.sweep, self.sweep.y)
        p.save()
        p.translate(s.px(24), self.map.center().y() + 0.5 * s.advance(name, font))
        p.rotate(-90.0)
        p.drawText(QPointF(0.0, 0.0), name)
        p.restore()

    # What lies over the map

    def _theory(self, lines: Sequence[TheoryLine]) -> None:
        """All lines, and then their names where none of them runs."""
        self.p.save()
        self.p.setClipRect(self.map)
        found = [(line.name, self._polyline(line)) for line in lines]
        font = self.style.font(13, SEMIBOLD)
        taken: list[QRectF] = []
        for name, places in found:
            spot = self._free_spot(places, [at for _, others in found for at in others], taken,
                                   self.style.advance(name, font))  # fmt: skip
            taken.append(spot)
            baseline = QPointF(spot.left() + self.style.px(4), spot.bottom() - self.style.px(6))
            halo_text(self.p, baseline, name, font, PlotStyle(DARK, self.style.scale))
        self.p.restore()

    def _polyline(self, line: TheoryLine) -> list[QPointF]:
        s, p = self.style, self.p
        xs, ys = self.at(line.x, line.y)
        places = [QPointF(x, y) for x, y in zip(xs.tolist(), ys.tolist(), strict=True)]
        p.setBrush(Qt.BrushStyle.NoBrush)
        p.setPen(QPen(QColor(0, 0, 0, 150), s.px(4.0)))
        p.drawPolyline(QPolygonF(places))
        pen = QPen(QColor("#FFFFFF"), s.px(1.8))
        if line.name.startswith("critical"):
            pen.setDashPattern([4.0, 3.0])
        p.setPen(pen)
        p.drawPolyline(QPolygonF(places))
        return places

    def _free_spot(self, places: list[QPointF], lines: list[QPointF], taken: list[QRectF], width: float) -> QRectF:
        """Beside a line, clear of all lines and of other names; of those spots the one nearest to a third of it."""
        s = self.style
        size, gap = QSizeF(width + s.px(8), s.px(22)), s.px(6)
        inside, third = self.map.adjusted(s.px(4), s.px(4), -s.px(4), -s.px(4)), len(places) // 3
        fallback = QRectF(self.map.topLeft(), size)
        steps = sorted(range(0, len(places), max(1, len(places) // 64)), key=lambda k: abs(k - third))
        for reach in (gap, 3.0 * gap, 6.0 * gap):
            for k in steps:
                for across in (reach, -reach - size.width()):
                    for down in (-reach - size.height(), reach, -0.5 * size.height()):
                        spot = QRectF(places[k] + QPointF(across, down), size)
                        clear = not any(spot.intersects(other) for other in taken)
                        if clear and inside.contains(spot) and not any(spot.contains(at) for at in lines):
                            return spot
        return fallback

    def _minima(self) -> None:
        s, p = self.style, self.p
        if self.sweep.minima.shape[1:] != (2,):
            return
        p.save()
        p.setClipRect(self.map)
        for x, y in self.sweep.minima.tolist():
            left, top = (float(v) for v in self.at(x, y))
            for color, width in ((QColor(0, 0, 0, 200), 4.5), (QColor("#FFFFFF"), 2.0)):
                p.setPen(QPen(color, s.px(width), Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
                r = s.px(5)
                p.drawLine(QLineF(left - r, top - r, left + r, top + r))
                p.drawLine(QLineF(left - r, top + r, left + r, top - r))
        p.restore()

    # Beside it

    def _bar(self) -> None:
        s, p = self.style, self.p
        if np.isnan(self.found.values(self.quantity)).all():
            return
        bar = QRectF(self.map.right() + s.px(26), self.map.top() + s.px(22), s.px(18), self.map.height() * 0.62)
        steps = np.linspace(1.0, 0.0, 256)
        colors = np.ascontiguousarray(np.round(255.0 * viridis(steps)).astype(np.uint8)[:, np.newaxis])
        p.drawImage(bar, QImage(colors.repeat(2, axis=1).tobytes(), 2, 256, 6, QImage.Format.Format_RGB888))
        font = s.font(12)
        p.setFont(s.font(13, SEMIBOLD))
        p.setPen(s.color("t1"))
        p.drawText(QPointF(bar.left(), self.map.top() + s.px(10)), NAMES[self.quantity].split(" to ")[0])
        p.setFont(font)
        p.setPen(s.color("t2"))
        for tick in self.scale.ticks(6):
            share = (tick.value - self.scale.low) / (self.scale.high - self.scale.low or 1.0)
            if -1e-9 <= share <= 1.0 + 1e-9:
                y = bar.bottom() - share * bar.height()
                p.drawLine(QLineF(bar.right() + s.px(2), y, bar.right() + s.px(6), y))
                p.drawText(QPointF(bar.right() + s.px(10), y + s.px(4)), tick.label)

    def _basins(self) -> list[tuple[str, str]]:
        seen = np.unique(self.found.minimum[self.found.minimum >= 0]).tolist()
        minima = self.sweep.minima
        names = []
        for k in seen if len(minima) <= len(BASINS) else [k for k in seen if k == 0]:
            place = ", ".join(short(float(f"{v:.3g}")) for v in minima[k][:2])
            names.append((basin(self.sweep, k), f"({place})"))
        if len(minima) > len(BASINS):
            names.append((BASINS[1], f"and {len([k for k in seen if k])} others"))
        return names

    def _legend(self, entries: list[tuple[str, str]]) -> None:
        """Colours with names: basins from the top, what has no answer at the bottom."""
        s = self.style
        for k, (color, name) in enumerate(entries):
            self._entry(self.map.top() + s.px(8 + 24 * k), color, name, hatched=False)
        for k, (color, name) in enumerate(reversed(self._without_answer())):
            self._entry(self.map.bottom() - s.px(8 + 24 * k), color, name, hatched=color == DIVERGED)

    def _without_answer(self) -> list[tuple[str, str]]:
        """What cells without a value are, as far as there are any."""
        done, diverged = self.found.done, self.found.diverged >= 0
        rest = []
        if (diverged & done).any():
            rest.append((DIVERGED, "diverged"))
        if (np.isnan(self.found.values(self.quantity)) & done & ~diverged).any():
            words = {"steps": "not reached", "minimum": "not yet at one"}
            rest.append((NOTHING, words.get(self.quantity, "none")))
        if not self.found.done[self.found.sources()].all():
            rest.append((self._waiting, "not computed"))
        return rest

    def _entry(self, y: float, color: str, name: str, *, hatched: bool) -> None:
        s, p = self.style, self.p
        box = QRectF(self.map.right() + s.px(26), y - s.px(8), s.px(16), s.px(16))
        p.fillRect(box, QBrush(QColor(color)))
        if hatched:
            p.save()
            p.setClipRect(box)
            self._hatched(box)
            p.restore()
        elif color == self._waiting:
            p.setPen(s.pen("edge", 1.0))
            p.setBrush(Qt.BrushStyle.NoBrush)
            p.drawRect(box)
        p.setFont(s.font(12))
        p.setPen(s.color("t2"))
        p.drawText(QPointF(box.right() + s.px(8), y + s.px(4)), name)
