"""The card that tells what the ground is a picture of: which plane, which loss, and how far the marble is from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from gdsim.core.landscapes import ModelLandscape
from gdsim.core.planes import usual
from gdsim.core.section import Section
from gdsim.ui.numbers import nice
from gdsim.ui.plots.ground import HELD_BACK, HELD_BACK_DASH, HELD_BACK_WIDTH
from gdsim.ui.plots.legend import GAP, elided, paint_card
from gdsim.ui.plots.marks import paint_minimum
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.plot import Frame
from gdsim.ui.plots.style import PlotStyle
from gdsim.ui.plots.survey import thinning

LINE = 18.0
SIGN = 30.0
"""Width of a sign before its meaning."""
LEAST_WIDTH, LEAST_HEIGHT = 330.0, 190.0
"""A smaller area has no room for the card."""
TINY = 1e-6
"""A distance that counts as none, against the size of the parameters."""

LINES, LOWEST, LOWEST_TRAINING = "validation loss", "lowest validation loss", "lowest training loss"
THROUGH = {
    "marble": "follows the marble",
    "start": "through the start",
    "best": "through the best",
    "end": "through the end",
}


@dataclass(frozen=True)
class Reading:
    """A run's true loss, the loss of the surface where it is seen, and how far beside the plane it lies."""

    loss: float
    beneath: float
    distance: float


def plane_text(moment: Moment) -> str:
    """Which plane is seen: its axes, and the share of the variance or the point that it goes through."""
    section, landscape = moment.section, moment.experiment.landscape
    if section.axes is None or not isinstance(landscape, ModelLandscape):
        return ""
    text = f"plane: {section.names[0]} × {section.names[1]}"
    if section.axes.share is not None:
        text += f", {_percent(section.axes.share)} of the variance"
    return f"{text}, {THROUGH[(moment.experiment.plane or usual(landscape)).through]}"


def _percent(share: float) -> str:
    """Rounded, but never to all of it where it is less."""
    if 0.995 <= share < 0.99995:
        return f"{100.0 * share:.2f}%"
    return f"{100.0 * share:.0f}%"


def _ground_texts(section: Section) -> list[str]:
    """What the ground is, where it is not simply the training loss."""
    parts = ["validation loss"] if section.surface == "validation" else []
    stride = thinning(section)
    if stride > 1:
        parts.append(f"one example in {stride:,}")
    return [f"ground: {', '.join(parts)}"] if parts else []


def reading_text(reading: Reading, section: Section) -> str:
    """The marble against the surface, so that nobody mistakes one for the other."""
    here = "validation loss here" if section.surface == "validation" else "surface here"
    return f"loss {nice(reading.loss, 3)}, {here} {nice(reading.beneath, 3)}, distance {nice(reading.distance, 2)}"


class PlaneCard:
    """The card in the lower right corner; nothing where a landscape of two parameters shows its training loss.

    Args:
        lined: Whether the validation surface is drawn as lines where both surfaces are asked for.
    """

    def __init__(self, *, lined: bool = True) -> None:
        self._lined = lined
        self.rect = QRectF()
        self._key: tuple[object, ...] = ()
        self._reading: Reading | None = None
        self._width_key: tuple[object, ...] = ()
        self._width = 0.0

    def reading(self, moment: Moment) -> Reading | None:
        """What the selected run's marble is compared with; None where nothing is cut."""
        section, index = moment.section, moment.selected
        if not section.cuts or index >= len(moment.trajectory.runs) or not len(moment.trajectory.runs[index]):
            return None
        run, row = moment.trajectory.runs[index], moment.step_of(index)
        key = (section, run, run.generation, row)
        if key != self._key:
            theta = run.at(row).theta
            with np.errstate(all="ignore"):
                beneath, distance = section.beneath(theta), section.distance(theta)
                distance = 0.0 if distance <= TINY * (1.0 + float(np.abs(theta).max())) else distance
            self._key, self._reading = key, Reading(run.at(row).loss, beneath, distance)
        return self._reading

    def paint(self, painter: QPainter, frame: Frame, lowest: tuple[float, float] | None, beside: QRectF) -> None:
        """Paint it.

        Args:
            painter: Where to.
            frame: What is shown.
            lowest: Where the validation loss is lowest, where that is marked.
            beside: Another card on the right, which it stays clear of.
        """
        style, section = frame.style, frame.moment.section
        self.rect = QRectF()
        if frame.width < style.px(LEAST_WIDTH) or frame.height < style.px(LEAST_HEIGHT):
            return
        reading = self.reading(frame.moment)
        texts = [plane_text(frame.moment)] if section.cuts else []
        texts += _ground_texts(section)
        texts += [reading_text(reading, section)] if reading is not None else []
        signs = [LINES] if section.surface == "both" and self._lined else []
        signs += [LOWEST] if lowest is not None else []
        if lowest is not None and not section.cuts and len(section.minima()):
            signs.append(LOWEST_TRAINING)
        if not texts and not signs:
            return
        room = frame.width - style.px(2 * GAP + 20.0)
        font = style.font(12)
        self.rect = self._place(frame, texts, signs, room)
        if self.rect.intersects(beside):
            self.rect.moveRight(beside.left() - style.px(GAP))
        if not frame.area.contains(self.rect):
            self.rect = QRectF()
            return
        paint_card(painter, self.rect, style)
        line = self.rect.adjusted(style.px(10), style.px(6), -style.px(10), 0.0)
        line.setHeight(style.px(LINE))
        for k, text in enumerate(texts):
            painter.setFont(font)
            painter.setPen(style.color("t1" if k == len(texts) - 1 and reading is not None else "t2"))
            painter.drawText(line, _LEFT, elided(text, line.width(), style, 12))
            line.translate(0.0, style.px(LINE))
        for text in signs:
            _sign(painter, line, text, style)
            painter.setFont(font)
            painter.setPen(style.color("t2"))
            painter.drawText(line.adjusted(style.px(SIGN + 8), 0.0, 0.0, 0.0), _LEFT, text)
            line.translate(0.0, style.px(LINE))

    def _place(self, frame: Frame, texts: list[str], signs: list[str], room: float) -> QRectF:
        """Its rectangle; it only ever grows while the plane stays the same, so that it does not tremble."""
        style = frame.style
        font, section = style.font(12), frame.moment.section
        width = max(
            *(style.advance(text, font) for text in [*texts, ""]),
            *(style.px(SIGN + 8) + style.advance(text, font) for text in [*signs, ""]),
        )
        key = (style, section.landscape, section.axes, section.surface)
        self._width = max(width, self._width) if key == self._width_key else width
        self._width_key = key
        width = min(self._width + style.px(20), room)
        height = style.px(12) + (len(texts) + len(signs)) * style.px(LINE)
        gap = style.px(GAP)
        return QRectF(frame.width - gap - width, frame.height - gap - height, width, height)


def _sign(painter: QPainter, line: QRectF, text: str, style: PlotStyle) -> None:
    """A piece of dashed line, or the cross of a minimum."""
    middle = QPointF(line.left() + style.px(SIGN) / 2, line.center().y())
    if text != LINES:
        paint_minimum(painter, middle, style, HELD_BACK if text == LOWEST else "t1")
        return
    pen = style.pen(HELD_BACK, HELD_BACK_WIDTH)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    pen.setDashPattern(list(HELD_BACK_DASH))
    painter.setPen(pen)
    half = QPointF(style.px(SIGN) / 2, 0.0)
    painter.drawLine(middle - half, middle + half)


_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
