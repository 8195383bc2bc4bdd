"""The trails that marbles leave: painted once into transparent images, into which each frame paints what is new.

A trail may have a million points. Points that share a pixel are one, a stretch that is rolled over again and again
is painted once, and what lies outside is cut before the painter sees it. The pieces follow from the points alone,
not from how many came in a frame, so that a trail painted step by step is the trail painted at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from time import perf_counter

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from gdsim.core.landscapes import Floats
from gdsim.core.trajectory import RunTrajectory
from gdsim.ui.plots.average import average_places
from gdsim.ui.plots.canvas import Device, Sheet, Stock
from gdsim.ui.plots.geometry import Box, Segments, clipped, spread, tamed
from gdsim.ui.plots.plot import Frame
from gdsim.ui.plots.repeats import Keys, Order, Seen, first
from gdsim.ui.theme import RunStyle

CELL = 0.75
"""Points nearer than this many device pixels are one."""
DOTS_APART = 12.0
MOST_PIECES = 8_000
"""More pieces than this, of all runs, are merged on a coarser grid."""
FEW_ROWS = 8
"""New rows of which it is looked at once whether the marble rests: arrays take longer than that."""
MOST_COARSE, MOST_COARSE_EACH = 2_400, 600
"""Points of all trails, and of one, while the view is moved."""
LATER = 4
"""Of a long trail so many times fewer: a trail that still jumps about has covered most of its ground."""
MOST_SEEN = 30_000
"""More pieces than this, of one run, are not remembered: what comes after them is new nearly always."""
MOST_DOTS = 500
"""More dots than this, of one run at once, say nothing."""
CHUNK = 32_768
"""Rows that are taken up at a time, in a few milliseconds."""
AT_ONCE = 150_000
"""More rows than these, of all runs, are painted little by little."""
SLICE = 0.01
"""Seconds that a part of this takes."""
MARGIN = 24.0
WIDTH, WIDTH_SELECTED, HALO = 2.3, 3.0, 2.4
DIM = 0.45
"""How far the gaps between dashes are towards the colour of the halo."""
AVERAGE = 1.4
"""The width of the trail of averaged parameters."""
DOT = 3.1
SHINE = 0.3
"""The width of the light on a cord, against the cord's."""

FEW = 64
"""So few pieces are not looked through for those that come twice."""
CELL_BITS = 15
MOST_CELLS = (1 << CELL_BITS) - 1
"""Cells across and down that are told apart."""


NO_LINES = clipped(np.empty(0), np.empty(0), (0.0, 0.0, 0.0, 0.0))


@dataclass
class Progress:
    """How far one run's trail has been painted."""

    run: RunTrajectory
    generation: int
    rows: int = 0
    x: float = math.nan
    y: float = math.nan
    column: float = math.nan
    row: float = math.nan
    travelled: float = 0.0
    seen: Seen = field(default_factory=Seen)


@dataclass(frozen=True)
class Piece:
    """What is new of a trail: line pieces with the distance travelled before each, and dots at updates.

    ``rough`` says that it stands for many more points for a moment: smooth edges would take Qt five times as long.
    """

    lines: Segments
    travelled: Floats
    dots: list[tuple[float, float]]
    rough: bool = False


def advance(
    progress: Progress,
    x: Floats,
    y: Floats,
    dots: list[tuple[float, float]],
    frame: Frame,
    cell: float,
    margin: float,
) -> Piece:
    """Take up the points (x, y), in pixels, of the rows that follow those painted.

    Args:
        progress: How far the trail is painted; it is moved on.
        x: Pixels across, from the last row painted on (from the first row where none is).
        y: Pixels down.
        dots: Where updates end that are marked.
        frame: What is painted.
        cell: The size, in pixels, within which points are one.
        margin: How far beyond the area lines are drawn, in pixels.
    """
    x, y = tamed(x, y)
    if progress.rows and _rests(progress.column, x, cell) and _rests(progress.row, y, cell):
        return Piece(NO_LINES, NO_LINES.head, dots)
    with np.errstate(invalid="ignore"):
        column, row = np.floor(x / cell), np.floor(y / cell)
    box = (-margin, frame.width + margin, -margin, frame.height + margin)
    if frame.coarse:
        return _advance_coarsely(progress, x, y, column, row, box)
    x, y = _from(progress.x, x, progress.rows), _from(progress.y, y, progress.rows)
    column, row = _from(progress.column, column, progress.rows), _from(progress.row, row, progress.rows)
    moved = np.ones(len(x), bool)
    moved[1:] = (column[1:] != column[:-1]) | (row[1:] != row[:-1])
    keep = np.flatnonzero(moved)
    x, y = x[keep], y[keep]
    lengths = _lengths(x, y)
    before = progress.travelled + np.cumsum(lengths) - lengths
    lines = clipped(x, y, box)
    travelled = before[lines.index] + lines.head * lengths[lines.index]
    progress.x, progress.y = float(x[-1]), float(y[-1])
    progress.column, progress.row = float(column[keep[-1]]), float(row[keep[-1]])
    progress.travelled += float(lengths.sum())
    most = MOST_PIECES // max(len(frame.runs), 1)
    if progress.rows >= CHUNK:
        most //= LATER
    lines, travelled = _unseen(lines, travelled, cell, frame, progress.seen, most)
    return Piece(lines, travelled, dots)


def _advance_coarsely(progress: Progress, x: Floats, y: Floats, column: Floats, row: Floats, box: Box) -> Piece:
    """The same while the view is moved: so few points that none needs sifting, neither dashes nor dots."""
    keep = np.flatnonzero((column[1:] != column[:-1]) | (row[1:] != row[:-1])) + 1
    lines = clipped(np.append(x[0], x[keep]), np.append(y[0], y[keep]), box)
    progress.x, progress.y = float(x[-1]), float(y[-1])
    progress.column, progress.row = float(column[-1]), float(row[-1])
    return Piece(lines, lines.head, [])


def _from(last: float, values: Floats, rows: int) -> Floats:
    """``values`` from the last one kept on: it stands in for the last row painted, or before the first row."""
    if not rows:
        return np.append(last, values)
    values = values.copy()
    values[0] = last
    return values


def _rests(place: float, values: Floats, cell: float) -> bool:
    """Whether all that follows the first of ``values`` lies in the cell ``place``."""
    rest = values[1:]
    return bool(len(rest)) and np.floor(rest.min() / cell) == place == np.floor(rest.max() / cell)


def _lengths(x: Floats, y: Floats) -> Floats:
    """From each point to the next; 0 where the line is broken."""
    dx, dy = np.diff(x), np.diff(y)
    found = np.sqrt(dx * dx + dy * dy)
    found[np.isnan(found)] = 0.0
    return found


def _dots(x: Floats, y: Floats, frame: Frame) -> list[tuple[float, float]]:
    """Where updates end that are long enough to be told apart, each pixel once."""
    margin, near = frame.style.px(DOT) + 2.0, 0.7 * frame.style.px(DOTS_APART)
    with np.errstate(all="ignore"):
        if np.ptp(x) < near and np.ptp(y) < near:
            return []  # no two of them are far from each other
        dx, dy = np.diff(x), np.diff(y)
        far = dx * dx + dy * dy >= frame.style.px(DOTS_APART) ** 2
        far &= (np.abs(x[1:] - frame.width / 2) < frame.width / 2 + margin) & (
            np.abs(y[1:] - frame.height / 2) < frame.height / 2 + margin
        )
    at = np.flatnonzero(far) + 1
    if len(at) > 64:
        spots = np.floor(x[at] / 2.0).astype(np.int64) << 32 | np.floor(y[at] / 2.0).astype(np.int64) & 0xFFFFFFFF
        at = at[first(spots)]
        at = at[:: -(-len(at) // MOST_DOTS)] if len(at) > MOST_DOTS else at
    return list(zip(x[at].tolist(), y[at].tolist(), strict=True))


class _Places:
    """The ends of pieces on the grid of cells, as one number each; and on grids of cells 2, 4, 8 ... times as large."""

    def __init__(self, lines: Segments, cell: float, frame: Frame) -> None:
        margin = frame.style.px(MARGIN)

        def places(x: Floats, y: Floats) -> npt.NDArray[np.int32]:
            across = np.clip((x + margin) / cell, 0, MOST_CELLS).astype(np.int32)
            down = np.clip((y + margin) / cell, 0, MOST_CELLS).astype(np.int32)
            return across << CELL_BITS | down

        self._a, self._b = places(lines.x0, lines.y0), places(lines.x1, lines.y1)

    def keys(self, order: Order | None = None, coarser: int = 0) -> Keys:
        """A number for each piece (of ``order``), whichever way it is rolled; cells are 2**coarser times as large."""
        a, b = (self._a, self._b) if order is None else (self._a[order], self._b[order])
        if coarser:
            lost = (1 << coarser) - 1
            kept = np.int32(~(lost << CELL_BITS | lost))
            a, b = a & kept, b & kept
        return np.minimum(a, b).astype(np.int64) << 2 * CELL_BITS | np.maximum(a, b)


def _unseen(
    lines: Segments, travelled: Floats, cell: float, frame: Frame, seen: Seen, most: int
) -> tuple[Segments, Floats]:
    """The pieces that have not been painted yet; where there are more than ``most``, those that can be told apart."""
    places, order = _Places(lines, cell, frame), np.arange(len(lines))
    if len(lines) > 6 * most:
        order = first(places.keys(coarser=2))
    elif len(lines) > FEW:
        order = first(places.keys())
    keys = places.keys(order)
    if len(seen):
        fresh = np.flatnonzero(seen.lacks(keys))
        keys, order = keys[fresh], order[fresh]
    coarser = 0
    for _ in range(3):
        if len(order) <= most:
            break
        coarser += 2 if len(order) > 6 * most else 1
        order = order[first(places.keys(order, coarser))]
    if len(order) > most:
        order = order[:: -(-len(order) // most)]
    if len(seen) < MOST_SEEN:
        seen.add(keys[first(keys)] if len(lines) <= FEW else keys)
    return (lines, travelled) if len(order) == len(lines) else (lines.take(order), travelled[order])


class _Sheets:
    """Some trails, from below: their halos, what is seen between dashes, and lines, dashes and dots.

    Each has a sheet of its own, so that what is new never covers the end of what was there.
    """

    def __init__(self, device: Device, stock: Stock, lines: Sheet | None = None) -> None:
        self._device, self._stock = device, stock
        self.lines = lines or stock.take(device)
        self._halo: Sheet | None = None
        self._gaps: Sheet | None = None

    @property
    def halo(self) -> Sheet:
        """The sheet of halos; there are none while the view is moved."""
        self._halo = self._halo or self._stock.take(self._device)
        return self._halo

    @property
    def gaps(self) -> Sheet:
        """The sheet between dashes; many trails need none."""
        self._gaps = self._gaps or self._stock.take(self._device)
        return self._gaps

    def layers(self, alpha: int) -> list[tuple[Sheet, float]]:
        """From below, with their opacities; ``alpha`` is the halos'."""
        layers = ((self._halo, alpha / 255.0), (self._gaps, 1.0), (self.lines, 1.0))
        return [(sheet, opacity) for sheet, opacity in layers if sheet is not None]


class _Picture:
    """Trails in one view, as far as they have been painted: the selected one in sheets of its own, above the others.

    While the view is moved all share one sheet: it is gone with the next frame.
    """

    def __init__(self, key: tuple[object, ...], device: Device, stock: Stock, *, coarse: bool) -> None:
        self.key = key
        self._device, self._stock, self._coarse = device, stock, coarse
        self._progress: dict[int, Progress] = {}
        self._averages: dict[int, Progress] = {}
        self._others: _Sheets | None = None
        self._selected: _Sheets | None = None
        self.whole = stock.take(device)  # all of them, laid over each other
        self._loose = QRectF()  # what has not been laid over each other yet

    def leave(self) -> None:
        """It is not needed any more."""
        sheets = [sheet for part in (self._others, self._selected) if part for sheet, _ in part.layers(0)]
        self._stock.give([self.whole, *(sheet for sheet in sheets if sheet is not self.whole)])

    def gone_back(self, frame: Frame) -> bool:
        """Whether more is painted than there is now."""
        for index, run in frame.runs:
            known = self._progress.get(index)
            if known is not None and (
                known.run is not run
                or known.generation != run.generation
                or known.rows > run.rows_until(frame.moment.step_of(index))
            ):
                return True
        return False

    def missing(self, frame: Frame) -> int:
        """How many rows, of all runs, are still to be painted."""
        return sum(self._missing(frame, index, run) for index, run in frame.runs)

    def _missing(self, frame: Frame, index: int, run: RunTrajectory) -> int:
        known = self._progress.get(index)
        return run.rows_until(frame.moment.step_of(index)) - (0 if known is None else known.rows)

    def go_on(self, frame: Frame, until: float = math.inf) -> bool:
        """Paint what is new, but no more than can be done until a time; returns whether that was all."""
        changed, finished = self._loose, True
        for index, run in frame.runs:
            while finished and self._missing(frame, index, run) > 0:
                changed = changed.united(self._paint_average(frame, index, run))
                changed = changed.united(self._paint_run(frame, index, run))
                finished = perf_counter() < until
        self._loose = QRectF() if finished else changed
        if finished and not changed.isEmpty() and not self._coarse:
            sheets = [s for s in (self._others, self._selected) if s is not None]
            alpha = frame.style.theme.halo_alpha
            self.whole.compose(changed, [layer for s in sheets for layer in s.layers(alpha)])
        return finished

    def _paint_run(self, frame: Frame, index: int, run: RunTrajectory) -> QRectF:
        """Paint what is new of a run, or a part of it; returns where that is."""
        progress = self._progress.setdefault(index, Progress(run, run.generation))
        rows = run.rows_until(frame.moment.step_of(index))
        piece = _piece(progress, frame.moment.section.places(run), rows, frame, self._device)
        if piece is None or not (len(piece.lines) or piece.dots):
            return QRectF()
        sheets = self._sheets(frame, index)
        brush = _Brush(frame, index, selected=index == frame.moment.selected)
        around = _around(piece, frame)
        if not frame.coarse:
            with sheets.halo.painting(around) as canvas:
                brush.halo(canvas, piece)
        if brush.dashed:
            with sheets.gaps.painting(around) as canvas:
                brush.gaps(canvas, piece)
        with sheets.lines.painting(around) as canvas:
            canvas.setRenderHint(QPainter.RenderHint.Antialiasing, not piece.rough)
            brush.line(canvas, piece)
        return around

    def _paint_average(self, frame: Frame, index: int, run: RunTrajectory) -> QRectF:
        """The same for the average of its parameters: a thin line."""
        places = average_places(frame.moment.section, run)
        if places is None:
            return QRectF()
        progress = self._averages.setdefault(index, Progress(run, run.generation))
        rows = run.rows_until(frame.moment.step_of(index))
        piece = _piece(progress, places, rows, frame, self._device)
        if piece is None or not len(piece.lines):
            return QRectF()
        sheets, brush = self._sheets(frame, index), _Brush(frame, index, selected=False)
        around = _around(piece, frame)
        if not frame.coarse:
            with sheets.halo.painting(around) as canvas:
                brush.thin_halo(canvas, piece)
        with sheets.lines.painting(around) as canvas:
            brush.thin(canvas, piece)
        return around

    def _sheets(self, frame: Frame, index: int) -> _Sheets:
        lines = self.whole if self._coarse else None
        if index == frame.moment.selected:
            self._selected = self._selected or _Sheets(self._device, self._stock, lines)
            return self._selected
        self._others = self._others or _Sheets(self._device, self._stock, lines)
        return self._others


class Trails:
    """The layer of trails. Long ones are painted coarsely at first, and in full little by little.

    Args:
        at_once: Paint everything in full at once, whatever it takes: for figures.
    """

    def __init__(self, *, at_once: bool = False) -> None:
        self._at_once = at_once
        self._stock = Stock()
        self._shown: _Picture | None = None
        self._next: _Picture | None = None

    @property
    def refining(self) -> bool:
        """Whether a better picture is on its way: ``refine`` it."""
        return self._next is not None

    def refine(self, frame: Frame) -> bool:
        """Work on at the better picture for some milliseconds; returns whether it is done."""
        if self._next is None or not self._next.go_on(frame, perf_counter() + SLICE):
            return False
        self._show(self._next)
        self._next = None
        return True

    def paint(self, painter: QPainter, frame: Frame) -> None:
        """Paint all trails up to the moment's step."""
        device = Device.of(painter, frame.area)
        if device.vector:
            _paint_paths(painter, frame, device)
            return
        shown = self._picture(frame, device)
        shown.go_on(frame if shown.key == self._key(frame, device) else replace(frame, coarse=True))
        shown.whole.draw(painter)
        for index, run in frame.runs:
            _paint_end(painter, frame, index, run, device)

    def _key(self, frame: Frame, device: Device) -> tuple[object, ...]:
        looks = tuple((index, frame.moment.look(frame.style.theme, index)) for index, _ in frame.runs)
        axes = frame.moment.section.axes
        return device, frame.key, frame.style, frame.moment.selected, looks, axes, frame.coarse

    def _picture(self, frame: Frame, device: Device) -> _Picture:
        """The picture to be shown: the one there is, a new one, or a coarse one until a new one is finished."""
        key, shown = self._key(frame, device), self._shown
        if shown is not None and shown.gone_back(frame):
            shown = None
        if shown is not None and shown.key == key:
            if self._next is not None:
                self._next.leave()
                self._next = None
            return shown
        if self._next is None or self._next.key != key or self._next.gone_back(frame):
            if self._next is not None:
                self._next.leave()
            self._next = _Picture(key, device, self._stock, coarse=frame.coarse)
        if frame.coarse or self._at_once or self._next.missing(frame) <= AT_ONCE:
            found, self._next = self._next, None
            return self._show(found)
        moving = (*key[:-1], True)
        if shown is None or shown.key != moving:
            shown = _Picture(moving, device, self._stock, coarse=True)
        return self._show(shown)

    def _show(self, picture: _Picture) -> _Picture:
        """Show another picture instead of the present one."""
        if self._shown is not None and self._shown is not picture:
            self._shown.leave()
        self._shown = picture
        return picture


def _paint_end(painter: QPainter, frame: Frame, index: int, run: RunTrajectory, device: Device) -> None:
    """Paint what lies between the last row that was kept of a long run and its marble: in every frame anew."""
    step = frame.moment.step_of(index)
    kept = run.rows_until(step)
    first = (kept - 1) * run.stride
    if run.stride == 1 or kept == 0 or first >= step:
        return
    places = np.stack([frame.moment.section.place_at(run, run.known(at)) for at in range(first, step + 1)])
    piece = _piece(Progress(run, run.generation), places, len(places), frame, device)
    if piece is not None:
        _Brush(frame, index, selected=index == frame.moment.selected, vector=device.vector).line(painter, piece)


def _paint_paths(painter: QPainter, frame: Frame, device: Device) -> None:
    """Paint onto a device that keeps paths; nothing is remembered."""
    for index, run in frame.runs:
        rows = run.rows_until(frame.moment.step_of(index))
        average = average_places(frame.moment.section, run)
        for piece in () if average is None else _pieces(run, average, rows, frame, device):
            brush = _Brush(frame, index, selected=False, vector=True)
            brush.thin_halo(painter, piece)
            brush.thin(painter, piece)
        brush = _Brush(frame, index, selected=index == frame.moment.selected, vector=True)
        for piece in _pieces(run, frame.moment.section.places(run), rows, frame, device):
            brush.halo(painter, piece)
            if brush.dashed:
                brush.gaps(painter, piece)
            brush.line(painter, piece)
        _paint_end(painter, frame, index, run, device)


def _pieces(run: RunTrajectory, places: Floats, rows: int, frame: Frame, device: Device) -> Iterator[Piece]:
    """All that has to be painted of the first ``rows`` of a trail."""
    progress = Progress(run, run.generation)
    while (piece := _piece(progress, places, rows, frame, device)) is not None:
        yield piece


def _piece(progress: Progress, places: Floats, rows: int, frame: Frame, device: Device) -> Piece | None:
    """What has to be painted next of the first ``rows`` of a trail at ``places``, shape (n, 2); None where nothing.

    Pieces of long trails begin and end at the same rows, however they are come by.
    """
    rows = min(rows, len(places))
    if rows <= progress.rows:
        return None
    if not frame.coarse:
        rows = min(rows, (progress.rows // CHUNK + 1) * CHUNK)
    points = places[max(progress.rows - 1, 0) : rows]
    cell = CELL / device.scale
    if progress.rows and len(points) <= FEW_ROWS and frame.straight and _stays(progress, points, frame, cell):
        progress.rows = rows
        return Piece(NO_LINES, NO_LINES.head, [])
    coarse = min(MOST_COARSE // max(len(frame.runs), 1), MOST_COARSE_EACH)
    most = min(coarse if frame.coarse else len(points), frame.most_points)
    rough = frame.coarse and len(points) > most
    if len(points) > most:
        points = points[spread(len(points), most)]
    x, y = frame.line(points)
    dots = [] if frame.coarse else _dots(*((x, y) if frame.straight else frame.pixels(points)), frame)
    margin = 0.0 if device.vector else frame.style.px(MARGIN)
    piece = advance(progress, x, y, dots, frame, cell, margin)
    progress.rows = rows
    return replace(piece, rough=True) if rough else piece


def _stays(progress: Progress, points: Floats, frame: Frame, cell: float) -> bool:
    """Whether all that follows the first of ``points`` lies in the cell painted last; for a few of them, soon told."""
    left, right, bottom, top = frame.view
    across, down = frame.width / (right - left), frame.height / (top - bottom)
    for x, y in points[1:].tolist():
        column, row = (x - left) * across / cell, (top - y) * down / cell
        if not (math.isfinite(column) and math.isfinite(row)):
            return False
        if math.floor(column) != progress.column or math.floor(row) != progress.row:
            return False
    return True


def _around(piece: Piece, frame: Frame) -> QRectF:
    """Where a piece will be painted."""
    rect = piece.lines.rect()
    if piece.dots:
        xs, ys = zip(*piece.dots, strict=True)
        dots = QRectF(QPointF(min(xs), min(ys)), QPointF(max(xs) + 1e-3, max(ys) + 1e-3))
        rect = rect.united(dots) if len(piece.lines) else dots
    room = frame.style.px(8.0)
    return rect.adjusted(-room, -room, room, room)


class _Brush:
    """How the trail of one run is painted: solid, so that it can be followed, with its dashes bright upon it."""

    def __init__(self, frame: Frame, index: int, *, selected: bool, vector: bool = False) -> None:
        self._style = frame.style
        self._look: RunStyle = frame.moment.look(frame.style.theme, index)
        self._width = WIDTH_SELECTED if selected else WIDTH
        self._vector = vector
        self._plain = frame.coarse
        self._raised = frame.raised and not frame.coarse
        self.dashed = bool(self._look.dash) and not frame.coarse

    def halo(self, painter: QPainter, piece: Piece) -> None:
        alpha = self._style.theme.halo_alpha if self._vector else 255  # a sheet of halos is faded when it is copied
        self._stroke(painter, piece.lines, self._style.pen("halo", self._width + HALO, alpha))
        _fill_dots(painter, piece.dots, self._style.px(DOT + 0.5 * HALO), self._style.color("halo", alpha))

    def gaps(self, painter: QPainter, piece: Piece) -> None:
        pen = self._style.pen(self._look.color, self._width)
        pen.setColor(_between(pen.color(), self._style.color("halo"), DIM))
        self._stroke(painter, piece.lines, pen)

    def line(self, painter: QPainter, piece: Piece) -> None:
        color = QColor(self._look.color)
        pen = self._style.pen(self._look.color, self._width)
        if self.dashed:
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            pattern = tuple(part * pen.widthF() for part in self._look.dash)
            self._stroke(painter, piece.lines.dashed(piece.travelled, pattern), pen)
        else:
            self._stroke(painter, piece.lines, pen)
        if self._raised:
            self._shine(painter, piece)
        if not self._plain:
            _fill_dots(painter, piece.dots, self._style.px(DOT), color)

    def _shine(self, painter: QPainter, piece: Piece) -> None:
        """The light along the upper left side of a cord."""
        pen = self._style.pen(self._look.color, SHINE * self._width)
        pen.setColor(_between(pen.color(), QColor("#FFFFFF"), 0.6))
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.save()
        painter.translate(-0.16 * self._style.px(self._width), -0.22 * self._style.px(self._width))
        if self.dashed:
            pattern = tuple(part * self._style.px(self._width) for part in self._look.dash)
            self._stroke(painter, piece.lines.dashed(piece.travelled, pattern), pen)
        else:
            self._stroke(painter, piece.lines, pen)
        painter.restore()

    def thin_halo(self, painter: QPainter, piece: Piece) -> None:
        alpha = self._style.theme.halo_alpha if self._vector else 255
        self._stroke(painter, piece.lines, self._style.pen("halo", AVERAGE + 0.6 * HALO, alpha))

    def thin(self, painter: QPainter, piece: Piece) -> None:
        self._stroke(painter, piece.lines, self._style.pen(self._look.color, AVERAGE))

    def _stroke(self, painter: QPainter, lines: Segments, pen: QPen) -> None:
        if self._vector:
            painter.strokePath(lines.path(), pen)
        else:
            lines.stroke(painter, pen)


def _fill_dots(painter: QPainter, dots: list[tuple[float, float]], radius: float, color: QColor) -> None:
    for k in range(0, len(dots), 40):  # a long path is filled slowly
        painter.fillPath(_dots_path(dots[k : k + 40], radius), color)


def _dots_path(dots: list[tuple[float, float]], radius: float) -> QPainterPath:
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.WindingFill)
    for x, y in dots:
        path.addEllipse(QPointF(x, y), radius, radius)
    return path


def _between(a: QColor, b: QColor, part: float) -> QColor:
    """The colour ``part`` of the way from ``a`` to ``b``."""
    mix = [p + (q - p) * part for p, q in zip(a.getRgbF()[:3], b.getRgbF()[:3], strict=True)]  # type: ignore[index]
    return QColor.fromRgbF(*mix)
