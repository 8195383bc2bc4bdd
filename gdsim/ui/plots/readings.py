"""The numbers at the cursor: what is read of a run, and the table of it for figures, large enough for the back row."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from gdsim.core.epochs import Stretch, examples_of, place_of, stretches
from gdsim.core.experiment import Experiment
from gdsim.core.landscapes import Floats, View
from gdsim.core.section import Section
from gdsim.core.trajectory import RunTrajectory
from gdsim.ui.numbers import aligned, nice
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
    "over-fitting": "warn",
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


CHEAP = 1_000_000
"""Examples times parameters up to which the surface under every marble is looked at, not only the selected one's."""
FLAT = 1e-9
"""A marble that is this near to the plane, as a part of its own length, lies in it."""


LOSS = ("loss", "L", "The loss at the marble: how high it stands. Of a model: the loss on all training examples.")
SLOPE = (
    "gradient norm",
    "|g|",
    "Length of the gradient, before clipping: how steep the ground is below. With mini-batches: the batch's.",
)
RATE = ("learning rate", "η", "The learning rate of the next update, as the schedule gives it.")
PLACES = (
    ("first parameter", "x", "Where the marble is."),
    ("second parameter", "y", "Where the marble is."),
)
VALIDATION = (
    "validation loss",
    "val",
    "The loss on the examples that the model never trains on. Where it rises while L falls, the model over-fits.",
)
BATCH = ("batch loss", "batch", "The loss on the examples that the next update sees: L with noise.")
NORM = ("norm of θ", "|θ|", "Length of the parameter vector. Weight decay keeps it small.")
EPOCH = ("epoch", "epoch", "A pass over all examples, and the batch in it that the next update sees.")
SURFACE = (
    "loss of the surface",
    "surface below",
    "The loss of the surface where the marble is seen. Its own loss is L: they differ where it lies beside the plane.",
)
DISTANCE = (
    "distance from the plane",
    "distance to plane",
    "How far the marble lies from the plane that is seen, in parameter space.",
)
SHARE = (
    "share of variance",
    "variance in plane",
    "The part of the run's movement that lies in the plane. The rest happens in directions that are not seen.",
)
"""What is read, each with name, symbol and meaning."""


class Fact(NamedTuple):
    """One thing that is read of a run; ``symbol`` is short unless it is ``wide``, ``meaning`` teaches."""

    name: str
    symbol: str
    meaning: str
    text: str
    wide: bool = False


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


def blocks(area: QRectF, count: int, style: PlotStyle, most: int = MOST_ROWS) -> Blocks:
    """Lay ``count`` blocks out on ``area``: beside each other where it is wide, and only as many as there is room for.

    Each has up to ``most`` lines.

    They do not depend on what stands in them, so that nothing jumps in a video.
    """
    columns = max(1, min(count, int(area.width() / style.px(COLUMN))))
    columns = -(-count // -(-count // columns))  # as even as can be
    deep = -(-count // columns)
    gap = style.px(18) if columns > 1 else 0.0
    width = (area.width() - gap * (columns - 1)) / columns
    share = area.height() / deep
    grown = share / (style.px(LINE) * (most + 0.3))
    grown = max(1.0, min(GROWTH, grown, width / style.px(COLUMN)))
    style = PlotStyle(style.theme, style.scale * grown)
    line = style.px(LINE)
    lines = share / line
    rows = max(1, min(4, int(lines + 0.06)), min(most, int(lines - 0.25)))
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
        experiment = moment.experiment
        examples = examples_of(experiment)
        parts = {index: stretches(experiment.runs[index], experiment.steps, examples) for index, _ in shown}
        more = max(_more(run, parts[index]) for index, run in shown)
        laid = blocks(area, len(shown), frame.style, MOST_ROWS + more)
        left_out = len(shown) - len(laid.places)
        if left_out:
            shown = _with_selected(shown, len(laid.places) - 1, moment.selected)
            painter.setFont(laid.style.font(12))
            painter.setPen(laid.style.color("t2"))
            painter.drawText(laid.places[-1], _LEFT, f"and {left_out + 1} more")
        together = all(self._fits(run, laid) for _, run in shown)
        for place, (index, run) in zip(laid.places, shown, strict=False):
            self._paint_run(painter, frame, laid, place, index, run, parts[index], together=together)

    def _fits(self, run: RunTrajectory, laid: Blocks) -> bool:
        """Whether name and outcome have room in one line."""
        if run.outcome is None:
            return True
        style = laid.style
        text = style.advance(run.label, style.font(13, SEMIBOLD)) + style.advance(run.outcome.kind, style.font(12))
        return text + style.px(SIGN + 16) <= laid.places[0].width()

    def _paint_run(
        self, painter: QPainter, frame: Frame, laid: Blocks, place: QRectF, index: int, run: RunTrajectory,
        parts: tuple[Stretch, ...], *, together: bool,
    ) -> None:  # fmt: skip
        style, moment = laid.style, frame.moment
        row = moment.step_of(index)
        line = QRectF(place.left(), place.top(), place.width(), laid.line)
        painter.save()
        painter.translate(line.topLeft())
        painter.scale(style.scale, style.scale)
        size = QRectF(0.0, 0.0, SIGN, line.height() / style.scale)
        paint_swatch(painter, size, moment.look(style.theme, index))
        painter.restore()
        lines = readings(run, row, moment.experiment.landscape.axes, parts)
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


def readings(
    run: RunTrajectory, row: int, axes: tuple[str, str] = ("x", "y"), parts: tuple[Stretch, ...] = ()
) -> list[tuple[str, str]]:
    """Names and values of what is read of one row, the most important first."""
    found = [("loss", nice(run.at(row).loss))]
    if run.val_loss is not None:
        found.append(("validation", nice(run.at(row).val_loss)))
    if run.batch_loss is not None:
        found.append(("batch loss", _known(run.at(row).batch_loss)))
    found += [("|gradient|", nice(run.at(row).grad_norm)), ("rate η", nice(_rate(run, row)))]
    place = place_of(parts, row) if parts else None
    if place is not None:
        found.append(("epoch", f"{place.epoch:,}, batch {place.batch:,} of {place.total:,}"))
    with np.errstate(all="ignore"):
        if run.dim > 2:
            return [*found, ("|θ|", nice(_norm(run.at(row).theta)))]
        return [*found, (", ".join(axes), ", ".join(nice(float(value), 3) for value in run.at(row).theta))]


def _more(run: RunTrajectory, parts: tuple[Stretch, ...]) -> int:
    """How many lines a run has besides those that all have."""
    return (run.val_loss is not None) + (run.batch_loss is not None) + any(p.per_epoch is not None for p in parts)


def facts(
    experiment: Experiment, cut: Section, run: RunTrajectory, row: int, parts: tuple[Stretch, ...], *, chosen: bool
) -> list[list[Fact]]:
    """Everything that is read of one row, in lines of one or two; no values while there is no row.

    Args:
        experiment: The document.
        cut: The surface that is shown.
        run: What has been computed.
        row: The row; -1 where there is none yet.
        parts: The stretches of the run.
        chosen: Whether the run is the selected one, whose surface is looked at whatever it costs.
    """
    there = row >= 0
    loss = nice(run.at(row).loss) if there else ""
    slope = nice(run.at(row).grad_norm) if there else ""
    rate = Fact(*RATE, nice(_rate(run, row)) if there else "")
    lines = [[Fact(*LOSS, loss), Fact(*SLOPE, slope)]]
    held = [Fact(*VALIDATION, nice(run.at(row).val_loss) if there else "")] if run.val_loss is not None else []
    own = [Fact(*BATCH, _known(run.at(row).batch_loss) if there else "")] if run.batch_loss is not None else []
    if held or own:
        lines.append([*held, *own])
    if run.dim > 2:
        lines.append([rate, Fact(*NORM, nice(_norm(run.at(row).theta)) if there else "")])
    else:
        texts = coordinates([float(v) for v in run.at(row).theta]) if there else ["", ""]
        lines += [[rate], [Fact(*PLACES[k], texts[k])._replace(symbol=experiment.landscape.axes[k]) for k in (0, 1)]]
    place = place_of(parts, row) if there else None
    if place is not None:
        lines.append([Fact(*EPOCH, f"{place.epoch:,}, batch {place.batch:,} of {place.total:,}", wide=True)])
    if cut.cuts and there:
        lines += _of_the_cut(experiment, cut, run, row, chosen=chosen)
    return lines


def _of_the_cut(
    experiment: Experiment, cut: Section, run: RunTrajectory, row: int, *, chosen: bool
) -> list[list[Fact]]:
    theta = run.at(row).theta
    with np.errstate(all="ignore"):
        distance = cut.distance(theta)
        own = run.at(row).val_loss if cut.surface == "validation" else run.at(row).loss
        known = cut.surface != "validation" or run.val_loss is not None
        if known and distance <= FLAT * _norm(theta):
            beneath = nice(own)
        elif chosen or (examples_of(experiment) or 0) * run.dim <= CHEAP:
            beneath = nice(cut.beneath(theta))
        else:
            beneath = "–"
        away = nice(distance) if distance > FLAT * _norm(theta) else "0"
    lines = [[Fact(*SURFACE, beneath, wide=True)], [Fact(*DISTANCE, away, wide=True)]]
    share = None if cut.axes is None else cut.axes.share
    if share is not None:
        lines.append([Fact(*SHARE, f"{100.0 * share:.3g} %", wide=True)])
    return lines


def coordinates(theta: list[float]) -> list[str]:
    """Both with the same decimals, unless that would leave nothing of the smaller one."""
    texts = aligned(theta)
    return texts if not any("×" in text for text in texts) else [nice(value) for value in theta]


def _rate(run: RunTrajectory, row: int) -> float:
    """The rate of the update that follows; behind the last, the rate that led there."""
    rate = run.at(row).lr
    return run.at(run.known(row - 1)).lr if math.isnan(rate) and row > 0 else rate


def _norm(theta: Floats) -> float:
    with np.errstate(all="ignore"):
        return float(np.linalg.norm(theta))


def _known(value: float) -> str:
    """A value that some stretches of a run do not have."""
    return "–" if math.isnan(value) else nice(float(value))


def _with_selected(shown: list[tuple[int, RunTrajectory]], room: int, selected: int) -> list[tuple[int, RunTrajectory]]:
    """As many as there is room for, the selected run among them."""
    first = shown[:room]
    chosen = [pair for pair in shown[room:] if pair[0] == selected]
    return first[: room - len(chosen)] + chosen


SIGN = 30.0
"""Width of a run's sign, for scale 1."""
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
