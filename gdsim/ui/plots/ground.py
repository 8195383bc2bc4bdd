"""The ground: the landscape's height as colour, with relief and contour lines, painted once for each view.

Colour follows the logarithm of the loss above its floor, since a descent is seen over many decades; it is blended
with the rank of that height among the heights in view, so that no part of a picture is one flat colour. The range
is tied to the home view, so that nothing flickers while the view is moved.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import contourpy
import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPen

from gdsim.core.landscapes import Floats, Landscape, ModelLandscape
from gdsim.core.landscapes.base import View
from gdsim.core.planes import usual
from gdsim.core.section import Section
from gdsim.ui.numbers import nice
from gdsim.ui.plots.canvas import Device, Sheet
from gdsim.ui.plots.geometry import Segments
from gdsim.ui.plots.lowest import Place, lowest, lowest_sampled
from gdsim.ui.plots.moment import Moment
from gdsim.ui.plots.plot import Frame
from gdsim.ui.plots.survey import Samples, Survey, between, cost, grid, nodes, shape
from gdsim.ui.plots.views import usable
from gdsim.ui.plots.viridis import viridis
from gdsim.ui.theme import Theme

TONES = 1024
SHADES = 33
RELIEF = 0.022
"""How far shading changes the lightness."""
LEVELS = 20
STRONG = 5
"""Every how-manyeth contour line is strong."""
RANK = 0.5
"""How much of the colour follows the rank of the height rather than the height."""
KNOTS = 257
GRID = 160_000
"""Points that the ground is computed at when it is at rest."""
COARSE_GRID = 4_000
"""The same while the view is moved."""
MOVING_GRID = 5_000
"""Points of a costly surface that changes in every frame; it is smooth, so few are enough."""
HELD_BACK, HELD_BACK_ALPHA, HELD_BACK_WIDTH = "memory", 190, 1.6
"""The lines of the validation surface over the training surface."""
HELD_BACK_DASH = (4.0, 3.0)
HELD_BACK_EVERY = 3
"""Every how-manyeth level they show: two full sets of lines would be a thicket."""

Pixels = npt.NDArray[np.uint32]


# --- colour


def _linear(srgb: Floats) -> Floats:
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def _srgb(linear: Floats) -> Floats:
    linear = np.clip(linear, 0.0, 1.0)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def oklab(srgb: Floats) -> Floats:
    """To OKLab from sRGB in 0..1, shape (..., 3) (Ottosson 2020)."""
    return np.asarray(np.cbrt(_linear(srgb) @ _TO_LMS.T) @ _TO_LAB.T)


def from_oklab(lab: Floats) -> Floats:
    """OKLab, shape (..., 3), to sRGB in 0..1, cut to what a screen can show."""
    return _srgb((lab @ np.linalg.inv(_TO_LAB).T) ** 3 @ np.linalg.inv(_TO_LMS).T)


@lru_cache(maxsize=8)
def ground_colors(theme: Theme) -> Pixels:
    """The colours of the ground as 0xffRRGGBB, shape (SHADES, TONES): from shaded to lit, from low to high."""
    u = np.linspace(0.0, 1.0, TONES)
    lab = oklab(viridis(u * theme.ground_span))
    chroma = theme.ground_chroma * (1.0 if theme.is_dark else 1.0 - 0.6 * u[:, None] ** 1.5)  # no lime at the top
    low, high = theme.ground_lightness
    tones = np.empty((SHADES, TONES, 3))
    tones[:, :, 0] = low + (high - low) * u + RELIEF * np.linspace(-1.0, 1.0, SHADES)[:, None]
    tones[:, :, 1:] = lab[:, 1:] * chroma
    rgb = np.round(from_oklab(tones) * 255.0).astype(np.uint32)
    return np.asarray(0xFF000000 | rgb[..., 0] << 16 | rgb[..., 1] << 8 | rgb[..., 2], dtype=np.uint32)


# --- height


def floor_of(landscape: Landscape) -> float | None:
    """The loss at its known global minimum; None where none is known."""
    minima = landscape.minima()
    loss = landscape.loss(minima) if len(minima) else np.empty(0)
    lowest = float(np.min(loss)) if loss.size else np.nan
    return lowest if np.isfinite(lowest) else None


@dataclass(frozen=True, eq=False)
class Heights:
    """The scale from loss to colour.

    Attributes:
        view: The view it was made for.
        floor: The loss that counts as the ground's lowest.
        softening: Added to the loss above the floor: where the floor is not a real minimum, its surroundings would
            otherwise look like a hole.
        knots: Logarithms of height, rising.
        tones: The colour at the knots, from 0 to 1, rising.
        flat: Whether all heights are the same.
    """

    view: View
    floor: float
    softening: float
    knots: Floats
    tones: Floats
    flat: bool = False

    @classmethod
    def of(cls, loss: Floats, view: View, floor: float | None) -> Heights:
        """The scale that suits the losses of a view."""
        finite = loss[np.isfinite(loss)]
        if not finite.size:
            finite = np.zeros(1)
        lowest = float(finite.min())
        softening = 0.0
        if floor is None:
            floor = lowest
            softening = 0.03 * (float(np.quantile(finite, 0.5, method="lower")) - lowest)
        heights = np.sort(_log_height(finite, floor, softening))
        low, high = _ends(heights)
        if not high - low > 1e-9:
            return cls(view, floor, softening, np.array([low, low + 1.0]), np.array([0.0, 1.0]), flat=True)
        knots = np.linspace(low, high, KNOTS)
        rank = np.searchsorted(heights, knots) / len(heights)
        span = rank[-1] - rank[0]
        rank = (rank - rank[0]) / span if span > 0.0 else np.linspace(0.0, 1.0, KNOTS)
        return cls(view, floor, softening, knots, (1.0 - RANK) * np.linspace(0.0, 1.0, KNOTS) + RANK * rank)

    def height(self, loss: Floats) -> Floats:
        """Logarithm of the height, cut to what is finite: what is no number counts as highest."""
        top = float(self.knots[-1])
        found = _log_height(loss, self.floor, self.softening)
        return np.nan_to_num(found, copy=False, nan=top + 1.0, posinf=top + 1.0, neginf=float(self.knots[0]) - 1.0)

    def tone(self, height: Floats) -> Floats:
        """The colour, from 0 to 1, at logarithms of height."""
        if self.flat:
            return np.full(np.shape(height), 0.45)
        return np.interp(height, self.knots, self.tones)

    def loss_at(self, tone: float) -> float:
        """The loss that has this colour."""
        height = float(np.interp(tone, self.tones, self.knots))
        return self.floor - self.softening + float(np.exp(min(height, 709.0)))

    def levels(self) -> Floats:
        """The contour lines, as logarithms of height: half-way between evenly spaced heights and colours.

        Even heights crowd into narrow valleys until they are one bright stripe; even colours leave them empty.
        """
        if self.flat:
            return np.empty(0)
        even = np.linspace(0.0, 1.0, LEVELS + 2)[1:-1]
        heights = self.knots[0] + even * (self.knots[-1] - self.knots[0])
        return np.asarray(0.5 * (heights + np.interp(even, self.tones, self.knots)))

    def suits(self, view: View) -> bool:
        """Whether ``view`` is about as wide as the one this was made for."""
        ratio = (view[1] - view[0]) / (self.view[1] - self.view[0])
        return 1 / 2.2 < ratio < 2.2


def _log_height(loss: Floats, floor: float, softening: float) -> Floats:
    with np.errstate(all="ignore"):
        return np.log(np.maximum(loss - floor, 0.0) + (softening + 1e-300))


def _ends(heights: Floats) -> tuple[float, float]:
    """Where the colours begin and end: a single deep pixel or a spike must not take them all.

    ``heights`` are sorted, so their quantiles are looked up; np.quantile would load NumPy's masked arrays.
    """
    places = np.array([0.004, 0.5, 0.98]) * (len(heights) - 1)
    low, middle, high = (float(v) for v in np.interp(places, np.arange(len(heights)), heights))
    return low, min(float(heights[-1]), high + 0.6 * max(high - middle, 0.0))


class Surface(Protocol):
    """What has a loss over two coordinates: a section, a landscape of two parameters."""

    def grid(self, x: Floats, y: Floats) -> Floats:
        """The loss over a grid, shape (len(y), len(x))."""


def sampled(surface: Surface, view: View, columns: int = 150, rows: int = 96) -> Floats:
    """The losses of a view on a small grid."""
    return surface.grid(*nodes(view, columns, rows))


CUT = 1e6
"""Losses so many times higher than the top of the colours are told of: nothing of them is seen."""


def oddity(loss: Floats, heights: Heights) -> str:
    """What is to be known of losses, seen in the colours of ``heights``, that cannot be seen; usually nothing."""
    finite = loss[np.isfinite(loss)]
    if not finite.size:
        return "No finite loss is in view"
    if finite.size < loss.size:
        share = min(1.0 - finite.size / loss.size, 0.99)
        return f"No finite loss in {share:.0%} of the view" if share >= 0.01 else "No finite loss in a few places"
    if heights.flat:
        return f"The loss is {nice(float(finite[0]))} all over the view"
    highest = float(finite.max())
    if float(_log_height(np.array([highest]), heights.floor, heights.softening)[0]) > heights.knots[-1] + math.log(CUT):
        return f"Spikes up to {nice(highest, 2)} are beyond the colours"
    return ""


SCALE_WORK = 1e7
"""Nanoseconds that samples for a scale of colours may take, by the estimate of ``cost``."""
LEAST = 70
"""But not fewer points than this."""


def sampled_in_time(
    section: Section, view: View, columns: int = 150, rows: int = 96, *, validation: bool | None = None
) -> Floats:
    """The losses of a view, on fewer points where they are costly; ``validation`` as in ``Section.grid``."""
    each = cost(section)
    if each:
        columns, rows = shape(SCALE_WORK / each, view, min(LEAST, columns * rows), columns * rows)
    return grid(section, *nodes(view, columns, rows), validation=validation)


def following(moment: Moment) -> bool:
    """Whether the plane moves with the marble."""
    landscape = moment.experiment.landscape
    if not (moment.section.cuts and isinstance(landscape, ModelLandscape)):
        return False
    return (moment.experiment.plane or usual(landscape)).through == "marble"


def sections_to_scale(moment: Moment) -> list[Section]:
    """The sections whose heights decide the colours: of a plane that follows, at the start, the best, and the end.

    So one scale serves the whole way, and it is the same whichever step is shown first.
    """
    section = moment.section
    if not following(moment) or moment.pinned is not None or moment.selected >= len(moment.trajectory.runs):
        return [section]
    run, axes = moment.trajectory.runs[moment.selected], section.axes
    finite = np.flatnonzero(np.isfinite(run.loss) & np.isfinite(run.theta).all(axis=1))
    if axes is None or not finite.size:
        return [section]
    rows = {0, int(finite[np.argmin(run.loss[finite])]), int(finite[-1])}
    return [Section(section.landscape, axes, axes.beside(run.theta[row]), section.surface) for row in sorted(rows)]


# --- the picture


def shaded(tone: Floats, size: float, theme: Theme) -> QImage:
    """The image of a grid of colours, lit from the upper left; ``size`` is the width of a cell in pixels."""
    down, across = np.gradient(tone) if min(tone.shape) > 1 else (np.zeros_like(tone), np.zeros_like(tone))
    light = np.tanh((across + down) * (70.0 / max(size, 1e-6)))  # high means far from the light: slopes up are lit
    shade = np.rint((light + 1.0) * (0.5 * (SHADES - 1))).astype(np.intp)
    place = np.rint(np.clip(tone, 0.0, 1.0) * (TONES - 1)).astype(np.intp)
    pixels = np.ascontiguousarray(ground_colors(theme)[shade, place])
    rows, columns = pixels.shape
    return QImage(pixels.data, columns, rows, 4 * columns, QImage.Format.Format_RGB32).copy()


def contour_generator(x: Floats, y: Floats, z: Floats) -> contourpy.ContourGenerator:
    """What traces the lines of equal ``z``, finite and of shape (len(y), len(x)).

    The same as contourpy's function of that name makes of it, which would load NumPy's masked arrays.
    """
    across, down = np.meshgrid(x, y)
    return contourpy.SerialContourGenerator(
        across,
        down,
        z,
        None,  # type: ignore[arg-type]  # no mask
        corner_mask=True,
        line_type=contourpy.LineType.ChunkCombinedOffset,
        fill_type=contourpy.FillType.OuterOffset,
        quad_as_tri=False,
        z_interp=contourpy.ZInterp.Linear,
    )


def contour_lines(lines: contourpy.ContourGenerator, levels: Iterable[float]) -> Segments:
    """The lines of some levels, one after the other."""
    parts, ends, count = [np.empty((0, 2))], [], 0
    for level in levels:
        found: Any = lines.lines(level)  # points and offsets of the one chunk, or None
        points, offsets = found[0][0], found[1][0]
        if points is not None:
            parts.append(points)
            ends.append(offsets[1:].astype(np.intp) + count)
            count += len(points)
    points = np.concatenate(parts)
    inner = np.ones(count, bool)
    if ends:
        inner[np.concatenate(ends) - 1] = False
    index = np.flatnonzero(inner)
    x, y = points[:, 0], points[:, 1]
    return Segments(x[index], y[index], x[index + 1], y[index + 1], index, np.zeros(len(index)))


def _on_paper(frame: Frame) -> Device:
    """The pixels of the ground on a device that has none: two across each of the plot's, and exactly the area."""
    width, height = round(2.0 * frame.width), round(2.0 * frame.height)
    return Device(0, 0, max(width, 1), max(height, 1), 0.0, 0.0, 2.0, vector=False)


@dataclass(frozen=True, eq=False)
class _Grid:
    """Heights over the area: places across and down in pixels.

    Where both surfaces are shown there are the heights of the validation surface too, and of its lines.
    """

    across: Floats
    down: Floats
    height: Floats
    held_back: Floats | None = None
    levels: Floats | None = None
    oddity: str = ""


class Ground:
    """The layer of colour and contour lines.

    Attributes:
        contours: Whether lines are drawn.
        hurried: Whether what is seen changes from frame to frame: a costly surface is computed coarsely then.
        at_once: Compute everything in full whatever it takes: for figures, which have no next frame to get better.
    """

    def __init__(self, *, at_once: bool = False) -> None:
        self.contours = True
        self.hurried = False
        self.at_once = at_once
        self.survey = Survey()
        self._sheet: Sheet | None = None
        self._lines: Sheet | None = None
        self._key: tuple[object, ...] = ()
        self._heights: Heights | None = None
        self._home: Heights | None = None
        self._held_back: Heights | None = None
        self._scaled: object = None
        self._floor: float | None = None
        self._grid_key: tuple[object, ...] = ()
        self._kept = _Grid(np.empty(0), np.empty(0), np.empty((0, 0)))
        self._asked: tuple[object, ...] = ()

    def heights(self, frame: Frame, home: View) -> Heights:
        """The scale from loss to colour that is in force: one for all steps of a plane that follows the marble."""
        moment, section = frame.moment, frame.moment.section
        scaled = (section.landscape, section.surface, section.axes if following(moment) else section)
        asked = (scaled, frame.view, home, frame.coarse)
        if asked == self._asked and self._heights is not None:
            return self._heights
        self._asked = asked
        if scaled != self._scaled:
            self._scaled = scaled
            whole = not section.cuts and section.surface != "validation"
            self._floor = floor_of(section.landscape) if whole else None
            self._home = self._heights = self._held_back = None
        if self._home is None or self._home.view != home:
            follows = self._heights is self._home
            self._home = self._made(frame, home)
            if follows:
                self._heights = self._home
        if self._heights is None or (self._home.suits(frame.view) and not self._heights.suits(frame.view)):
            self._heights = self._home
        if not frame.coarse and not self._serves(section, frame.view):
            self._heights = self._made(frame, frame.view)
        return self._heights

    def _of_held_back(self, frame: Frame, view: View) -> Heights:
        """The scale of the validation surface's lines: its own, since its lowest loss is another."""
        if self._held_back is None or self._held_back.view != view:
            parts = [sampled_in_time(section, view, validation=True) for section in sections_to_scale(frame.moment)]
            self._held_back = Heights.of(np.stack(parts), view, None)
        return self._held_back

    def _made(self, frame: Frame, view: View) -> Heights:
        parts = [sampled_in_time(section, view) for section in sections_to_scale(frame.moment)]
        return Heights.of(np.stack(parts), view, self._floor)

    def _serves(self, section: Section, view: View) -> bool:
        """Whether the scale in force still shows ``view``: about its size, and not all at one end of the colours."""
        assert self._heights is not None
        if self._heights.view == view:
            return True
        if not self._heights.suits(view):
            return False
        height = self._heights.height(sampled_in_time(section, view, 30, 20))
        outside = (height > self._heights.knots[-1]) | (height < self._heights.knots[0])
        return bool(outside.mean() < 0.6)

    def draw(self, painter: QPainter, frame: Frame, heights: Heights) -> None:
        """Paint the ground: usually a copy of what was painted before."""
        device = Device.of(painter, frame.area)
        samples = self._look(frame)
        if device.vector:
            sheet = Sheet(_on_paper(frame))
            with sheet.painting() as canvas:
                self._paint_image(canvas, frame, heights, _on_paper(frame), samples)
            painter.drawImage(frame.area, sheet.image)
            if self.contours:
                self._paint_contours(painter, frame, heights, device, samples)
            return
        shown = samples or frame.moment.section
        key = (device, frame.view, frame.style, frame.coarse, self.contours, shown, heights)
        if key != self._key or self._sheet is None:
            self._sheet = Sheet(device, opaque=True, instead=self._sheet)
            with self._sheet.painting() as canvas:
                self._paint_image(canvas, frame, heights, device, samples)
                if self.contours:
                    self._paint_contours(canvas, frame, heights, device, samples)
            self._key = key
        self._sheet.draw(painter)

    @property
    def oddity(self) -> str:
        """What is to be known of the losses in view that cannot be seen."""
        return self._kept.oddity

    def lowest(self, frame: Frame) -> Place | None:
        """Where the validation loss is lowest, where the surface has to do with it; ``draw`` comes before."""
        section = frame.moment.section
        if section.surface == "training":
            return None
        if not cost(section):
            return lowest(section, usable(section.home()))
        samples = self.survey.samples
        return None if samples is None else lowest_sampled(samples)

    def _look(self, frame: Frame) -> Samples | None:
        """Samples of a costly surface; None of one that is computed wherever it is drawn."""
        section = frame.moment.section
        if not cost(section):
            return None
        hurried = self.hurried or frame.coarse
        return self.survey.look(section, frame.view, hurried=hurried, at_once=self.at_once)

    def _grid(self, frame: Frame, heights: Heights, device: Device, samples: Samples | None) -> _Grid:
        section = frame.moment.section
        most = COARSE_GRID if frame.coarse else GRID
        if samples is not None and not samples.fine:
            most = MOVING_GRID
        cell = max(1.0 / max(device.scale, 1e-6), (frame.width * frame.height / most) ** 0.5)
        key = (frame.area.size().toTuple(), frame.view, cell, heights, samples or section)
        if key == self._grid_key:
            return self._kept
        columns, rows = math.ceil(frame.width / cell) + 1, math.ceil(frame.height / cell) + 1
        across, down = np.linspace(0.0, frame.width, columns), np.linspace(0.0, frame.height, rows)
        left, right, bottom, top = frame.view
        x = left + across * ((right - left) / frame.width)
        y = top - down * ((top - bottom) / frame.height)
        loss = samples.loss if samples is not None else section.grid(x, y)
        height = heights.height(loss)
        if samples is not None:
            height = between(height, samples.x, samples.y, x, y)
        held_back = levels = None
        if section.surface == "both":
            scale = self._of_held_back(frame, heights.view)
            if samples is not None and samples.held_back is not None:
                held_back = between(scale.height(samples.held_back), samples.x, samples.y, x, y)
            else:
                held_back = scale.height(section.grid(x, y, validation=True))
            levels = scale.levels()[1::HELD_BACK_EVERY]
        self._grid_key, self._kept = key, _Grid(across, down, height, held_back, levels, oddity(loss, heights))
        return self._kept

    def _paint_image(
        self, painter: QPainter, frame: Frame, heights: Heights, device: Device, samples: Samples | None
    ) -> None:
        cells = self._grid(frame, heights, device, samples)
        x, y = cells.across[1], cells.down[1]  # the size of a cell; its colour is that of its middle
        image = shaded(heights.tone(cells.height), x / frame.style.scale, frame.style.theme)
        target = QRectF(-x / 2, -y / 2, len(cells.across) * x, len(cells.down) * y)
        if frame.coarse and not device.vector:  # smoothly to every other pixel: a third of the time
            half = (target.size() / 2.0).toSize()
            image = image.scaled(half, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.drawImage(target, image)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)

    def _paint_contours(
        self, painter: QPainter, frame: Frame, heights: Heights, device: Device, samples: Samples | None
    ) -> None:
        if heights.flat:
            return
        cells = self._grid(frame, heights, device, samples)
        lines = contour_generator(cells.across, cells.down, cells.height)
        levels, theme = heights.levels(), frame.style.theme
        weak = np.delete(levels, slice(STRONG - 1, None, STRONG))
        groups = [(contour_lines(lines, weak), frame.style.pen("contour", 1.0, theme.contour_alpha))]
        strong = contour_lines(lines, levels[STRONG - 1 :: STRONG])
        groups.append((strong, frame.style.pen("contour", 1.0, theme.contour_strong_alpha)))
        if cells.held_back is not None and cells.levels is not None:
            lines = contour_generator(cells.across, cells.down, cells.held_back)
            pen = frame.style.pen(HELD_BACK, HELD_BACK_WIDTH, HELD_BACK_ALPHA)
            pattern = tuple(part * pen.widthF() for part in HELD_BACK_DASH)
            found = contour_lines(lines, cells.levels)
            if len(found):
                groups.append((found.dashed(found.travelled(), pattern), pen))
        if device.vector:
            for found, pen in groups:
                painter.strokePath(found.path(), pen)
        elif frame.coarse:  # smooth lines take twice as long, and where pieces meet nobody looks for a fault
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            _stroke(painter, groups)
        else:
            self._lines = Sheet(device, instead=self._lines)
            _stroke_evenly(painter, groups, self._lines)


def _stroke(painter: QPainter, groups: list[tuple[Segments, QPen]]) -> None:
    for lines, pen in groups:
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        lines.stroke(painter, pen)


def _stroke_evenly(painter: QPainter, groups: list[tuple[Segments, QPen]], sheet: Sheet) -> None:
    """Draw lines with transparent pens, by way of an empty sheet: nothing is seen where pieces meet."""
    with sheet.painting() as canvas:
        # a piece replaces what is there rather than covering it
        canvas.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        _stroke(canvas, groups)
    painter.save()
    painter.resetTransform()
    painter.drawImage(0, 0, sheet.image)
    painter.restore()
