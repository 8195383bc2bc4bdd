"""What is painted of a surface in three dimensions, seen as any other frame: places of the data become pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF

from gdsim.core.landscapes import Floats
from gdsim.relief.mesh import Singles
from gdsim.relief.projection import Projection
from gdsim.ui.plots.plot import Frame
from gdsim.ui.solid.terrain import Terrain

LIFT = 0.006
"""How far above the surface lines run, so that they do not sink into it."""
PIECE = 5.0
"""Pixels after which a line that follows the surface may bend."""
MOST_BENDS = 96
LONG, MOST_POINTS = 30_000, 60_000
"""Lines of more points are not bent between them, and of still more not all of them are looked at."""
PIECE_COARSE, LONG_COARSE = 16.0, 400
"""The same two while the camera moves."""
TOLERANCE = 0.035
"""How much nearer something must be to hide a place."""

FACES = 8
"""As many ways a surface on a turntable is looked at to see where the legend hides least."""

Mask = npt.NDArray[np.bool_]


class Sight:
    """How far away the surface is at each pixel of the picture that was painted last."""

    def __init__(self) -> None:
        self.depth: Singles | None = None
        self.fineness = 1.0

    def hides(self, x: Floats, y: Floats, depth: Floats) -> Mask:
        """Whether the surface stands before places that are seen at pixels (x, y)."""
        if self.depth is None:
            return np.zeros(len(x), bool)
        rows, columns = self.depth.shape
        with np.errstate(invalid="ignore"):
            usable = (x >= 0.0) & (y >= 0.0) & (x * self.fineness < columns) & (y * self.fineness < rows)
        i = np.where(usable, x * self.fineness, 0.0).astype(np.intp)
        j = np.where(usable, y * self.fineness, 0.0).astype(np.intp)
        above = np.maximum(j - max(round(2.0 * self.fineness), 1), 0)  # at a ridge the next pixel decides
        nearest = np.maximum(self.depth[j, i], self.depth[above, i])
        return np.asarray(usable & (nearest < depth - TOLERANCE))


@dataclass(frozen=True, eq=False)
class _Seen:
    """What is seen of ``points``: they are kept, so that nothing else is taken for them that comes to lie there."""

    points: Floats
    x: Floats
    y: Floats
    hides: Mask


@dataclass(frozen=True, kw_only=True)
class SolidFrame(Frame):
    """A frame of a surface.

    Attributes:
        terrain: The surface.
        projection: From where it is seen, in pixels of the plot.
        sight: What hides what.
        hidden: Whether lines show what is hidden, rather than what is seen.
        radius: Of a ball, in pixels: it lies on the surface.
        turning: Whether it is one of many in which the surface turns.
    """

    terrain: Terrain
    projection: Projection
    sight: Sight
    hidden: bool = False
    radius: float = 0.0
    turning: bool = False
    _known: dict[tuple[object, ...], _Seen] = field(default_factory=dict)

    @property
    def raised(self) -> bool:
        """Lines lie on the surface like cords, unless they are hidden."""
        return not self.hidden

    @property
    def straight(self) -> bool:
        """Lines follow the surface."""
        return False

    @property
    def most_points(self) -> int:
        """As many as can be laid onto the surface in a frame's time."""
        return MOST_POINTS

    @property
    def key(self) -> object:
        """The surface and the camera."""
        return self.terrain, self.projection, self.hidden

    @property
    def around(self) -> list[Frame]:
        """This one; on a turntable all the way around, whichever way the surface faces now."""
        if not self.turning:
            return [self]
        ways = [replace(self.projection, azimuth=math.tau * k / FACES) for k in range(FACES)]
        return [replace(self, projection=way, sight=Sight(), _known={}) for way in ways]

    def on(self, points: Floats) -> Mask:
        """Which places of the data, shape (n, 2), lie on the surface."""
        left, right, bottom, top = self.view
        with np.errstate(invalid="ignore"):
            x, y = points[:, 0], points[:, 1]
            return np.asarray((x >= left) & (x <= right) & (y >= bottom) & (y <= top))

    def _solid(self, points: Floats) -> tuple[Floats, Floats, Floats]:
        """Pixels across and down, and depths, of places on the surface; nan beyond it."""
        terrain, view = self.terrain, self.projection
        on = self.on(points)
        u, v = terrain.ground(points if on.all() else np.where(on[:, np.newaxis], points, np.nan))
        x, y = view.pixels(u, v, terrain.mesh.height(u, v) + LIFT)
        return np.asarray(x), np.asarray(y), np.asarray(view.depth(u, v))

    def pixels(self, points: Floats) -> tuple[Floats, Floats]:
        """Points of the data on the surface, in pixels; nan where they are not seen."""
        x, y, hides = self._seen(points, bent=False)
        other = hides != self.hidden
        return np.where(other, np.nan, x), np.where(other, np.nan, y)

    def _seen(self, points: Floats, *, bent: bool) -> tuple[Floats, Floats, Mask]:
        """Pixels, and whether they are hidden: found once for the trails that are seen and those that are hidden."""
        key = (points.__array_interface__["data"][0], len(points), bent)
        if key not in self._known:
            x, y, depth = self._solid(self._bent(points) if bent else points)
            self._known[key] = _Seen(points, x, y, self.sight.hides(x, y, depth))
        known = self._known[key]
        return known.x, known.y, known.hides

    def line(self, points: Floats) -> tuple[Floats, Floats]:
        """The line from point to point along the surface; nan where it is hidden."""
        x, y, hides = self._seen(points, bent=True)
        shown = hides == self.hidden
        near = shown.copy()
        if not self.hidden:  # the pieces meet the hill that hides them
            near[1:] |= shown[:-1]
            near[:-1] |= shown[1:]
        return np.where(near, x, np.nan), np.where(near, y, np.nan)

    def _bent(self, points: Floats) -> Floats:
        """``points`` with others between those that are far from each other."""
        piece, most = (PIECE_COARSE, LONG_COARSE) if self.coarse else (PIECE, LONG)
        if len(points) < 2 or len(points) > most:
            return points
        u, v = self.terrain.ground(points)
        with np.errstate(all="ignore"):
            length = np.hypot(np.diff(u), np.diff(v)) * self.projection.scale
        length = np.nan_to_num(length, nan=0.0, posinf=0.0)
        pieces = np.clip(np.ceil(length / (piece * self.style.scale)), 1, MOST_BENDS).astype(np.intp)
        segment = np.repeat(np.arange(len(pieces)), pieces)
        share = (np.arange(len(segment)) - np.repeat(np.cumsum(pieces) - pieces, pieces)) / pieces[segment]
        with np.errstate(all="ignore"):
            found = points[segment] + share[:, np.newaxis] * (points[segment + 1] - points[segment])
        return np.vstack([found, points[-1:]])

    def place(self, x: float, y: float) -> QPointF:
        """The middle of a ball that lies on the surface; not a number beyond it."""
        across, down, _ = self._solid(np.array([[x, y]], dtype=np.float64))
        return QPointF(float(across[0]), float(down[0]) - self.radius * self.projection.cosine)

    def spot(self, x: float, y: float) -> tuple[QPointF, bool, float]:
        """Where a place on the surface is seen, whether it is hidden, and how far away it is."""
        return self.spots(np.array([[x, y]], dtype=np.float64))[0]

    def spots(self, points: Floats) -> list[tuple[QPointF, bool, float]]:
        """The same for several places, shape (n, 2)."""
        x, y, depth = self._solid(points)
        hidden = self.sight.hides(x, y, depth)
        found = zip(x.tolist(), y.tolist(), hidden.tolist(), depth.tolist(), strict=True)
        return [(QPointF(across, down), hides, far) for across, down, hides, far in found]

    def ways(self, vectors: Floats) -> Floats:
        """Vectors in the units of the data, laid onto the surface at the selected marble, in pixels."""
        left, right, bottom, top = self.view
        block = self.terrain.mesh.block
        with np.errstate(all="ignore"):
            u = vectors[:, 0] * (2.0 * block.half_u / (right - left))
            v = vectors[:, 1] * (2.0 * block.half_v / (top - bottom))
        rise_u, rise_v = self._slopes
        across, down = self.projection.direction(u, v, u * rise_u + v * rise_v)
        return np.stack([across, down], axis=-1)

    @property
    def _slopes(self) -> tuple[float, float]:
        """How the surface rises at the selected marble."""
        moment = self.moment
        runs = moment.trajectory.runs
        if moment.selected >= len(runs) or not len(runs[moment.selected]):
            return 0.0, 0.0
        at = moment.section.place_at(runs[moment.selected], moment.step_of(moment.selected))
        u, v = self.terrain.ground(np.asarray(at, dtype=np.float64)[np.newaxis])
        if not (math.isfinite(u[0]) and math.isfinite(v[0])):
            return 0.0, 0.0
        return self.terrain.mesh.slopes(float(u[0]), float(v[0]))

    def found(self, at: QPointF) -> tuple[float, float] | None:
        """The place of the data that is seen at a pixel; None where there is no surface."""
        if self.sight.depth is None:
            return None
        rows, columns = self.sight.depth.shape
        i, j = math.floor(at.x() * self.sight.fineness), math.floor(at.y() * self.sight.fineness)
        if not (0 <= i < columns and 0 <= j < rows):
            return None
        depth = float(self.sight.depth[j, i])
        if not math.isfinite(depth):
            return None
        u, v = self.projection.ground(at.x(), depth)
        block = self.terrain.mesh.block
        u, v = (min(max(float(p), -half), half) for p, half in ((u, block.half_u), (v, block.half_v)))
        return self.terrain.data(u, v)
