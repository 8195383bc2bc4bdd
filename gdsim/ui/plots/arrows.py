"""The update as arrows at the selected marble: what the gradient, the momentum and the decay make of the step.

The parts that add up are laid end to end, so that they close with the step. What the rule only works with (the gradient
before it is scaled, a mean of gradients) is shown as far as the rate alone would carry it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath

from gdsim.core.landscapes import Floats
from gdsim.core.readiness import slow
from gdsim.core.section import Section
from gdsim.ui.numbers import nice
from gdsim.ui.plots.marks import MARBLE_SELECTED
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.plot import Frame
from gdsim.ui.plots.stamp import stamp_text
from gdsim.ui.plots.style import SEMIBOLD, PlotStyle

if TYPE_CHECKING:
    from gdsim.core.anatomy import Absent, Anatomist, Anatomy, Role, Term  # loaded with the first arrows

Magnify = Literal["1×", "5×", "fit"]

TOKENS: dict[Role, str] = {
    "place": "t3", "gradient": "gradient", "noise": "t2", "clip": "gradient", "decay": "decay", "momentum": "memory",
    "scale": "t3", "rate": "t3", "adapted": "adapted", "step": "step",
}  # fmt: skip
"""The colour of a term's row and arrow, by what it is a part of."""
FIT = 92.0
"""Pixels of the longest arrow that is a part of the step, where arrows are made to fit."""
LONGEST = 150.0
"""Pixels after which an arrow that is no part of the step is broken off, and dashed to say so."""
SHORTEST = 1.5
EDGE = 8.0
"""Pixels from the edge of the view at which an arrow that leaves it is broken off."""
FAR, FAR_OF_MANY = 256, 8
"""Updates that may be made up to the one that is asked for while the marble moves: with two parameters, with more."""
FAINT = 110
"""Alpha of arrows beside one that is selected."""
ALONG = tuple(np.linspace(0.1, 1.0, 16).tolist())
"""The parts of an arrow at which no word should stand on it."""
Shafts = list[tuple[float, float]]
"""Places on arrows, in pixels."""
SAME = 1e-9
"""Arrows that differ by a smaller part are one."""


class Insight:
    """Takes the selected run's update apart, once for all that show it."""

    def __init__(self) -> None:
        self._last: tuple[int, int] = (-1, 0)

    @cached_property
    def anatomist(self) -> Anatomist:
        """What takes the updates apart."""
        from gdsim.core.anatomy import Anatomist

        return Anatomist()

    def at(self, moment: Moment, *, hurried: bool = False) -> Anatomy | Absent | None:
        """The update that follows the row that is shown, or why there is none; None where it would cost too much now.

        Args:
            moment: What is looked at.
            hurried: Whether the marble moves, so that only what is near may be computed.
        """
        index = moment.selected
        if not 0 <= index < len(moment.trajectory.runs) or not len(moment.trajectory.runs[index]):
            return None
        step, dim = moment.step_of(index), moment.experiment.landscape.dim
        far = FAR if dim == 2 else FAR_OF_MANY
        if hurried and slow(moment.experiment.landscape):
            return None
        if hurried and not (self._last[0] == index and 0 <= step - self._last[1] <= far):
            self._last = index, step  # where it comes by next is near again
            return None
        self._last = index, step
        return self.anatomist.at(moment.experiment, index, moment.trajectory.runs[index], step)


class Arrow(NamedTuple):
    """One arrow, in the units of the parameters.

    Attributes:
        key: The term's.
        label: What stands at it.
        token: Its colour.
        tail: From the marble to where it begins, shape (dim,).
        way: From there to its tip, shape (dim,).
        part: Whether it is a part of the step, or the step itself; never broken off then.
        whole: Whether it is the step itself.
    """

    key: str
    label: str
    token: str
    tail: Floats
    way: Floats
    part: bool
    whole: bool = False


def arrows_of(update: Anatomy, lit: str | None = None) -> list[Arrow]:
    """The arrows of an update: parts end to end, the step, the gradient where it is no part; and a selected term's.

    Args:
        update: What they are of.
        lit: The key of the term that is selected.
    """
    step = update["step"]
    found, at = list[Arrow](), np.zeros_like(update.values("step"))
    for term in update.terms:
        if term.adds and term.values is not None:
            found.append(_arrow(term, at, term.values))
            at = at + term.values
    whole = _arrow(step, np.zeros_like(at), update.values("step"))._replace(whole=True)
    alone = next((part for part in found if _same(part.way, whole.way)), None)
    if alone is not None:  # the others are 0: one arrow stands for both
        key = alone.key if alone.key == lit else whole.key
        found, whole = [], whole._replace(key=key, label=f"{whole.label} = {alone.label}")
    found.append(whole)
    rate = _rate(update)
    for term in update.terms:
        if term.values is None or not term.arrow or term.adds or term is step:
            continue
        way = -rate * term.values if term.against else term.values
        alike = next((place for place, arrow in enumerate(found) if arrow.part and _same(way, arrow.way)), None)
        if alike is not None:
            if term.key == lit:
                found[alike] = found[alike]._replace(key=term.key)
        elif term.key == lit or term.key in ("gradient", "adapted"):
            symbol = term.symbol.partition(" = ")[0]
            arrow = _arrow(term, np.zeros_like(way), way)
            found.insert(0, arrow._replace(label=f"−η{symbol}" if term.against else symbol, part=False))
    return found


def _rate(update: Anatomy) -> float:
    for key in ("rate", "scheduled"):
        if key in update and update[key].scalar is not None:
            return float(update[key].scalar or 0.0)
    return 1.0


def _arrow(term: Term, tail: Floats, way: Floats) -> Arrow:
    return Arrow(term.key, term.symbol, TOKENS[term.role], tail, way, part=True)


def _same(a: Floats, b: Floats) -> bool:
    with np.errstate(all="ignore"):
        return bool(np.linalg.norm(a - b) <= SAME * np.linalg.norm(b))


def ways(frame: Frame, section: Section, vectors: Floats) -> Floats:
    """Vectors in the space of the parameters, shape (n, dim), as they are seen in pixels, shape (n, 2)."""
    if section.axes is not None:
        base = section.axes.base
        vectors = section.axes.project(base + vectors) - section.axes.project(base[np.newaxis])
    found = np.clip(frame.ways(vectors), -1e7, 1e7)
    found[np.isnan(found)] = 0.0
    return np.asarray(found)


class Placed(NamedTuple):
    """An arrow as it is painted: its tail and tip in pixels, whether it was broken off, and whether by the edge."""

    arrow: Arrow
    tail: QPointF
    tip: QPointF
    broken: bool
    cut: bool = False


class Arrows:
    """The layer of arrows at the selected marble.

    Attributes:
        shown: Whether they are drawn.
        magnify: How much longer than they are.
        lit: The key of the term that is selected; its arrow stands out.
        hurried: Whether the marble moves from frame to frame.
        insight: What takes the update apart.
        drawn: The arrows that were painted last, and how many times their length they have.
        why_none: Why there are none though they are to be shown; "" where that is not known yet.
    """

    def __init__(self) -> None:
        self.drawn: tuple[list[Placed], float] = ([], 1.0)
        self.why_none = ""
        self.shown = False
        self.magnify: Magnify = "fit"
        self.lit: str | None = None
        self.hurried = False
        self.insight = Insight()

    def paint(self, painter: QPainter, frame: Frame) -> None:
        """Paint them, where there is an update."""
        self.drawn, self.why_none = ([], 1.0), ""
        if not self.shown:
            return
        _, placed, factor = self.placed(frame)
        self.drawn = placed, factor
        lit = self.lit if any(one.arrow.key == self.lit for one in placed) else None
        for one in sorted(placed, key=lambda one: one.arrow.key == lit):
            _paint(painter, one, frame.style, lit=lit)

    def placed(self, frame: Frame) -> tuple[QPointF, list[Placed], float]:
        """The marble and where its arrows are on a frame, and how many times their length they have."""
        from gdsim.core.anatomy import Absent, Anatomy

        moment = frame.moment
        update = self.insight.at(moment, hurried=self.hurried)
        if moment.experiment.runs[moment.selected].hidden:
            self.why_none = "the run is hidden"
            return QPointF(), [], 1.0
        if not isinstance(update, Anatomy):
            self.why_none = _in_a_sentence(update.reason) if isinstance(update, Absent) else ""
            return QPointF(), [], 1.0
        section, run = moment.section, moment.trajectory.runs[moment.selected]
        x, y = section.place_at(run, moment.step_of(moment.selected)).tolist()
        at = frame.place(x, y)
        if not (math.isfinite(at.x()) and math.isfinite(at.y()) and frame.area.contains(at)):
            self.why_none = "the marble is out of view"
            return at, [], 1.0
        arrows = arrows_of(update, self.lit)
        seen = ways(frame, section, np.array([*(arrow.tail for arrow in arrows), *(arrow.way for arrow in arrows)]))
        tails, along = seen[: len(arrows)], seen[len(arrows) :]
        factor = self._factor(arrows, along, frame.style)
        found = [
            placed
            for arrow, tail, way in zip(arrows, (tails * factor).tolist(), (along * factor).tolist(), strict=True)
            if (placed := _placed(arrow, at + QPointF(*tail), QPointF(*way), frame)) is not None
        ]
        self.why_none = "" if found else "the step is too short to be seen here"
        return at, found, factor

    def _factor(self, arrows: list[Arrow], along: Floats, style: PlotStyle) -> float:
        if self.magnify != "fit":
            return float(self.magnify[0])
        lengths = [math.hypot(*way) for arrow, way in zip(arrows, along.tolist(), strict=True) if arrow.part]
        longest = max(lengths, default=0.0)
        return style.px(FIT) / longest if longest > 1e-9 else 1.0


def _in_a_sentence(reason: str) -> str:
    return f"{reason[:1].lower()}{reason[1:].rstrip('.')}"


def _placed(arrow: Arrow, tail: QPointF, way: QPointF, frame: Frame) -> Placed | None:
    """An arrow in pixels, broken off where it is too long or leaves the view; None where nothing of it is seen."""
    length, longest = math.hypot(way.x(), way.y()), frame.style.px(LONGEST)
    room = frame.style.px(EDGE)
    inside = frame.area.adjusted(room, room, -room, -room)
    if length < frame.style.px(SHORTEST) or not frame.area.contains(tail):
        return None
    broken = not arrow.part and length > longest
    part = longest / length if broken else 1.0
    within = _part_within(tail, way, inside)
    cut = within < part
    if cut and within * length < frame.style.px(SHORTEST):
        return None
    return Placed(arrow, tail, tail + way * min(part, within), broken or cut, cut)


def _part_within(tail: QPointF, way: QPointF, inside: QRectF) -> float:
    """The part of the way, at most 1, after which it has left ``inside``."""
    parts = [1.0]
    for begin, step, low, high in (
        (tail.x(), way.x(), inside.left(), inside.right()),
        (tail.y(), way.y(), inside.top(), inside.bottom()),
    ):
        if step:
            parts.append(max((high - begin if step > 0.0 else low - begin) / step, 0.0))
    return min(parts)


def _paint(painter: QPainter, one: Placed, style: PlotStyle, *, lit: str | None) -> None:
    arrow = one.arrow
    width = 3.2 if arrow.whole else 2.6 if arrow.part else 1.9
    width += 1.2 if arrow.key == lit else 0.0
    alpha = 255 if lit in (None, arrow.key) else FAINT
    shaft, head = _outline(one, style.px(7.0 + 1.2 * width))
    whole = QPainterPath(shaft)
    whole.addPath(head)
    if alpha == 255:  # opaque: Qt draws lines that are not many times as slowly
        painter.strokePath(whole, style.pen("halo", width + 2.4))
    pen = style.pen(arrow.token, width, alpha)
    painter.strokePath(head if one.broken else whole, pen)
    if one.broken:
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        pen.setDashPattern([2.6, 1.7])
        painter.strokePath(shaft, pen)


def _outline(one: Placed, size: float) -> tuple[QPainterPath, QPainterPath]:
    way = one.tip - one.tail
    length = math.hypot(way.x(), way.y())
    shaft, head = QPainterPath(one.tail), QPainterPath()
    shaft.lineTo(one.tip)
    size = min(size, 0.45 * length)
    back, side = way * (-size / length), QPointF(-way.y(), way.x()) * (0.45 * size / length)
    head.moveTo(one.tip + back + side)
    head.lineTo(one.tip)
    head.lineTo(one.tip + back - side)
    return shaft, head


def shafts_of(placed: list[Placed]) -> Shafts:
    """Places along the arrows on which no word should stand."""
    ends = [(*one.tail.toTuple(), *one.tip.toTuple()) for one in placed]
    return [(x + part * (to_x - x), y + part * (to_y - y)) for x, y, to_x, to_y in ends for part in ALONG]


def paint_labels(
    painter: QPainter,
    frame: Frame,
    placed: list[Placed],
    factor: float,
    taken: list[QRectF],
    shafts: Shafts,
    told: Callable[[object, str], str],
) -> None:
    """Write the symbols outside the triangle that the arrows make, none over what is taken; they take their place.

    ``told`` is handed a place and a text, and says what is written there.
    """
    style, font = frame.style, frame.style.font(13, SEMIBOLD, italic=True)
    middle = sum((one.tip for one in placed if one.arrow.part), QPointF()) / max(
        sum(one.arrow.part for one in placed), 1
    )
    for one in reversed(placed):
        way = one.tip - one.tail
        length = math.hypot(way.x(), way.y())
        if length < style.px(MARBLE_SELECTED + 7.0):
            continue
        text = one.arrow.label + (f" ×{nice(factor, 2)}" if one.arrow.whole and factor != 1.0 else "")
        if one.cut:
            text += f", {nice(float(np.linalg.norm(one.arrow.way)), 2)} long"
        text = told((one.arrow.key, one.arrow.label, one.cut), text)
        box = _spot(one, text, middle, frame, taken, shafts)
        if box is not None:
            taken.append(box)
            stamp_text(painter, box, text, font, style, one.arrow.token)


def _spot(one: Placed, text: str, middle: QPointF, frame: Frame, taken: list[QRectF], shafts: Shafts) -> QRectF | None:
    """Beyond the tip or beside the shaft, where it hides least, if possible on the side away from the others.

    None where there is no room.
    """
    style = frame.style
    width, height = style.advance(text, style.font(13, SEMIBOLD, italic=True)), style.px(15.0)
    way = one.tip - one.tail
    length = math.hypot(way.x(), way.y())
    ahead, side = way / length, QPointF(-way.y(), way.x()) / length
    half = one.tail + way * 0.55
    if QPointF.dotProduct(side, half - middle) < 0.0:
        side = -side
    inside = frame.area.adjusted(style.px(3), style.px(3), -style.px(3), -style.px(3))
    near = style.px(5.0)
    places = [(one.tip, ahead), (half, side), (half, -side), (one.tip, side), (one.tip, -side)]

    def boxes() -> Iterator[QRectF]:
        for at, out in places if one.arrow.whole or not one.arrow.part else places[1:] + places[:1]:
            off = near + 0.5 * (abs(out.x()) * width + abs(out.y()) * height)
            center = at + out * off
            yield QRectF(center.x() - width / 2, center.y() - height / 2, width, height)

    return freest(boxes(), inside, taken, shafts)


def freest(boxes: Iterable[QRectF], inside: QRectF, taken: list[QRectF], shafts: Shafts) -> QRectF | None:
    """The box within ``inside`` that is clear of all that is taken, and hides least of the arrows; None without one."""
    found: list[tuple[int, QRectF]] = []
    for box in boxes:
        if inside.contains(box) and not any(box.intersects(other) for other in taken):
            left, top, right, bottom = box.left(), box.top(), box.right(), box.bottom()
            hidden = sum(left < x < right and top < y < bottom for x, y in shafts)
            if not hidden:
                return box
            found.append((hidden, box))
    return min(found, key=lambda pair: pair[0], default=(0, None))[1]
