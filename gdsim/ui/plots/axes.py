"""Labels of axes: few, at round numbers, with the unit at the last one. No box, no ticks, no line."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from gdsim.ui.numbers import MINUS, nice
from gdsim.ui.plots.style import PlotStyle, halo_text

SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


@dataclass(frozen=True)
class Tick:
    """A labelled place on an axis."""

    value: float
    label: str


def round_step(span: float, most: int) -> float:
    """The least of 1, 2, 5 times a power of ten that divides ``span`` into at most ``most`` steps."""
    if not (span > 0.0 and math.isfinite(span)):
        return 1.0
    rough = span / max(most, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    return next((f * power for f in (1.0, 2.0, 5.0) if f * power >= rough * (1.0 - 1e-9)), 10.0 * power)


def linear_ticks(low: float, high: float, most: int) -> list[Tick]:
    """Round numbers between ``low`` and ``high``.

    Where they differ only after many digits, the first tells the number and the others how far they are from it.
    """
    step = round_step(high - low, most)
    first = math.ceil(low / step - 1e-9)
    values = [k * step for k in range(first, min(first + most + 2, math.floor(high / step + 1e-9) + 1))]
    largest = max(abs(low), abs(high))
    awkward = largest >= 1e5 or step < 1e-3
    if values and largest > (100.0 if awkward else 1e5) * step:
        base = values[len(values) // 2]
        return [Tick(v, _away(v - base, step) if v != base else nice(base, 5)) for v in values]
    if awkward:
        return [Tick(v, short(v)) for v in values]
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return [Tick(v, _fixed(v, decimals)) for v in values]


def _away(distance: float, step: float) -> str:
    return ("+" if distance > 0 else "") + short(float(f"{distance / step:.0f}") * step)


def short(value: float) -> str:
    """A round number in as few characters as it takes: 0.05, 10, 2×10⁻⁷."""
    if value == 0.0 or 1e-3 <= abs(value) < 1e5:
        return f"{value:.6g}".replace("-", MINUS)
    mantissa, _, exponent = f"{value:.2e}".partition("e")
    mantissa = mantissa.rstrip("0").rstrip(".")
    power = "10" + str(int(exponent)).translate(SUPERSCRIPTS)
    sign = {"1": "", "-1": MINUS}.get(mantissa)
    return sign + power if sign is not None else f"{mantissa.replace('-', MINUS)}×{power}"


def _fixed(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    return text.replace("-", MINUS) if text.strip("-0.") else "0"


def power_of_ten(exponent: int) -> str:
    """1, 10, 10², 10⁻³."""
    return {0: "1", 1: "10"}.get(exponent) or "10" + str(exponent).translate(SUPERSCRIPTS)


def log_ticks(low: float, high: float, most: int) -> list[Tick]:
    """Powers of ten between two logarithms; where fewer than two lie there, round numbers."""
    stride = next((s for s in (1, 2, 3, 5, 10, 20, 50, 100, 200) if (high - low) / s <= most), 500)
    first = math.ceil(low / stride - 1e-9)
    powers = [k * stride for k in range(first, math.floor(high / stride + 1e-9) + 1)]
    if len(powers) >= 2:
        return [Tick(float(p), power_of_ten(p)) for p in powers]
    if not -300.0 < low < high < 300.0:
        return [Tick(float(p), power_of_ten(p)) for p in powers]
    return [Tick(math.log10(v), short(float(f"{v:.6g}"))) for v in _between_powers(low, high, most)]


def _between_powers(low: float, high: float, most: int) -> list[float]:
    """Round numbers within a decade or two: 1, 2, 5 or 1, 3 where they are not too many, else evenly spaced ones."""
    decades = range(math.floor(low), math.ceil(high) + 1)
    for digits in ((1.0, 2.0, 5.0), (1.0, 3.0)):
        values = [float(f"{digit:g}e{decade}") for decade in decades for digit in digits]
        values = [v for v in values if low - 1e-9 <= math.log10(v) <= high + 1e-9]
        if 2 <= len(values) <= max(most, 3):
            return values
    for count in range(most, most + 4):
        values = [tick.value for tick in linear_ticks(10.0**low, 10.0**high, count) if tick.value > 0.0]
        if len(values) >= 2:
            break
    return values


def step_ticks(low: float, high: float, most: int, unit: str = "steps") -> list[Tick]:
    """Whole numbers; the unit joins the last label."""
    step = max(round_step(high - low, most), 1.0)
    first = max(math.ceil(low / step - 1e-9), 1)
    values = [int(k * step) for k in range(first, math.floor(high / step + 1e-9) + 1)]
    ticks = [Tick(float(v), f"{v:,}") for v in values]
    if ticks and unit:
        one = unit.removesuffix("s") if values[-1] == 1 else unit
        ticks[-1] = Tick(ticks[-1].value, f"{ticks[-1].label} {one}")
    return ticks


def paint_across(painter: QPainter, style: PlotStyle, ticks: list[tuple[float, str]], area: QRectF) -> None:
    """Write labels under ``area``; places count from its left edge. Where some would touch, it is every other."""
    font = style.font(11)
    painter.setFont(font)
    painter.setPen(style.color("t2"))
    room = QRectF(0.0, area.bottom(), area.right() + style.px(9), style.px(24))
    spots: list[tuple[float, float, str]] = []
    for at, label in ticks[::-1]:
        width = style.advance(label, font)
        spots.append((min(area.left() + at - width / 2, room.right() - width - style.px(4)), width, label))
    while any(left + width > right - style.px(6) for (right, _, _), (left, width, _) in pairwise(spots)):
        spots = spots[::2]  # from the last on, which has the unit
    for left, width, label in spots:
        rect = QRectF(left - 2.0, room.top(), width + 4.0, room.height())
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, label)


def paint_up(
    painter: QPainter, style: PlotStyle, ticks: list[tuple[float, str]], area: QRectF, *, squeeze: bool = False
) -> None:
    """Write labels left of ``area``, where they fit (``squeeze``: all in smaller letters, where one does not).

    Places count from the area's top edge.
    """
    font = style.font(11)
    if squeeze and any(style.advance(label, font) > area.left() - style.px(7) for _, label in ticks):
        font = style.font(9)
    painter.setFont(font)
    painter.setPen(style.color("t2"))
    height = style.px(14)
    right = area.left() - style.px(7)
    for at, label in ticks:
        middle = min(max(area.top() + at, height / 2), area.bottom())
        rect = QRectF(0.0, middle - height / 2, right, height)
        if style.advance(label, font) <= right:
            painter.drawText(rect, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, label)


def paint_up_inside(
    painter: QPainter, style: PlotStyle, ticks: list[tuple[float, str]], area: QRectF, taken: list[QRectF]
) -> None:
    """Write those labels that are too wide to stand left of ``area`` (at (0, 0) here) upon it, clear of ``taken``."""
    font = style.font(11)
    for at, label in ticks:
        width = style.advance(label, font)
        spot = QRectF(style.px(5), at - style.px(7), width, style.px(14))
        if width > area.left() - style.px(7) and not any(spot.intersects(other) for other in taken):
            baseline = min(max(at + style.px(4), style.px(12)), area.height() - style.px(4))
            halo_text(painter, QPointF(style.px(5), baseline), label, font, style, "t2")


def paint_grid(painter: QPainter, style: PlotStyle, ticks: list[tuple[float, str]], area: QRectF) -> None:
    """Draw a faint line across ``area`` at each label, and one at its foot.

    They are filled: Qt draws a line that is one pixel wide pixel by pixel, a hundred times as slowly.
    """
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    color, width = style.color("t2", 34), max(style.px(1.0), 1.0 / painter.deviceTransform().m11())
    for at in [place for place, _ in ticks] + [area.height()]:
        y = round(area.top() + at)
        painter.fillRect(QRectF(area.left(), y - width // 2.0, area.width(), width), color)
    painter.restore()
