"""Rays into a surface: for every pixel the place that is seen there, column by column of the screen.

The camera stands upright, so a column of pixels looks along one line over the ground. Heights are sampled along it,
from front to back; where the line of samples goes up on the screen its upper side is seen, where it goes down we look
at its underside, which is tinted glass. So a bowl's front wall hides nothing, and a hill hides what is behind it.
Every pixel between two samples that go up belongs to that pair, unless a nearer pair has it.
"""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from gdsim.relief.mesh import INK_BITS, SLOPE_BITS, TONE_BITS, Mesh, Singles, Words, decoded_slopes
from gdsim.relief.projection import Projection

Numbers = npt.NDArray[np.int32]

SHADE_BITS = 6
SHADES = 1 << SHADE_BITS
"""Steps from the darkest slope to the brightest."""
SAMPLES, FEW_SAMPLES = 330, 190
"""Heights along a diagonal of the block: with smooth edges, and without."""
THREADS = 2
FEW_PIXELS = 60_000
"""A picture of fewer pixels is not worth a second thread."""
GLASS = 64
"""Of 255: how much of what is behind it the underside of the surface hides."""
PALETTE_BITS = SHADE_BITS + TONE_BITS + INK_BITS


@dataclass(frozen=True, eq=False)
class Shot:
    """A picture of a surface.

    Attributes:
        pixels: 0xAARRGGBB, premultiplied, shape (height, width); 0 where there is no surface.
        depth: How far away the surface is at each pixel; infinite where there is none.
    """

    pixels: Words
    depth: Singles


def shoot(mesh: Mesh, view: Projection, width: int, height: int, palette: Words, *, smooth: bool = True) -> Shot:
    """Draw a surface.

    Args:
        mesh: The surface.
        view: From where, in pixels.
        width: Pixels across.
        height: Pixels down.
        palette: The colour of each ink, tone and shade: 1 << PALETTE_BITS of them, in that order.
        smooth: Whether edges are smoothed: four rays a pixel.
    """
    fine = 2 if smooth else 1
    seen = view.resized(float(fine)) if smooth else view
    columns, rows = width * fine, height * fine
    pixels = np.zeros((rows, columns), np.uint32)
    depth = np.full((rows, columns), np.inf, np.float32)
    shades = _shades(view)
    parts = 1 if columns * rows < FEW_PIXELS else THREADS
    middle = int(min(max(seen.x, 0.1 * columns), 0.9 * columns))
    edges = [0, columns] if parts == 1 else [0, middle, columns]
    count = SAMPLES if smooth else FEW_SAMPLES
    jobs = [
        (mesh, seen, pixels, depth, left, right, shades, palette, count) for left, right in itertools.pairwise(edges)
    ]
    if parts == 1:
        _columns(*jobs[0])
    else:
        list(_pool().map(lambda job: _columns(*job), jobs))
    if smooth:
        return Shot(_halved(pixels), np.ascontiguousarray(depth[::2, ::2]))
    return Shot(pixels, depth)


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, "relief")


def _halved(pixels: Words) -> Words:
    """The mean of each two by two pixels."""
    half = np.uint32(0x7F7F7F7F)
    rows = (pixels[0::2] & pixels[1::2]) + (((pixels[0::2] ^ pixels[1::2]) >> 1) & half)
    return np.asarray((rows[:, 0::2] & rows[:, 1::2]) + (((rows[:, 0::2] ^ rows[:, 1::2]) >> 1) & half))


def _columns(
    mesh: Mesh,
    view: Projection,
    pixels: Words,
    depth: Singles,
    left: int,
    right: int,
    shades: npt.NDArray[np.uint8],
    palette: Words,
    count: int,
) -> None:
    """Draw the pixel columns from ``left`` to before ``right``."""
    rows, width = pixels.shape
    along = _Columns(mesh, view, np.arange(left, right))
    if along.empty:
        return
    samples = along.samples(count)
    column, row, distance = along.hits(*samples, rows)
    at = row * np.int64(width) + (column + along.first)
    pixels.reshape(-1)[at] = _colors(along, column, distance, shades, palette)  # the nearest comes last
    depth.reshape(-1)[at] = distance
    column, row, distance = along.undersides(*samples, rows)
    at = row * np.int64(width) + (column + along.first)
    seen = np.flatnonzero(distance < depth.reshape(-1)[at])
    if seen.size:
        at = at[seen]
        tint = _colors(along, column[seen], distance[seen], shades, palette)
        pixels.reshape(-1)[at] = _tinted(pixels.reshape(-1)[at], tint)


def _colors(
    along: _Columns, column: Numbers, distance: Singles, shades: npt.NDArray[np.uint8], palette: Words
) -> Words:
    """The colour of the surface at depths along columns."""
    mesh = along.mesh
    u = along.base_u[column] + distance * along.slope_u
    v = along.base_v[column] + distance * along.slope_v
    size = mesh.texels.shape[0]
    top = np.float32(size - 1)
    i = np.clip(u, np.float32(0.0), top).astype(np.int32)
    j = np.clip(v, np.float32(0.0), top).astype(np.int32)
    texel = mesh.texels.take(j * size + i)
    code = (1 << 2 * SLOPE_BITS) - 1
    shade = shades.take(texel & code)
    return np.asarray(palette.take((texel >> np.uint32(2 * SLOPE_BITS)) << np.uint32(SHADE_BITS) | shade))


def _tinted(behind: Words, glass: Words) -> Words:
    """``behind`` seen through a glass of a colour."""
    found = np.zeros_like(behind)
    for shift in (0, 8, 16, 24):
        a, b = behind >> np.uint32(shift) & np.uint32(255), glass >> np.uint32(shift) & np.uint32(255)
        mixed = (a * np.uint32(255 - GLASS) + b * np.uint32(GLASS) + np.uint32(127)) // np.uint32(255)
        found |= mixed << np.uint32(shift)
    return found


class _Columns:
    """Lines over the ground, one for each column of pixels that meets the block."""

    def __init__(self, mesh: Mesh, view: Projection, columns: npt.NDArray[np.int64]) -> None:
        self.mesh, self.view = mesh, view
        block = mesh.block
        across = (columns + 0.5 - view.x) / view.scale
        enter, leave = np.full(len(across), -4.0), np.full(len(across), 4.0)
        for half, right, toward in zip((block.half_u, block.half_v), view.right, view.toward, strict=True):
            if abs(toward) < 1e-9:
                off = np.abs(across * right) > half
                leave[off] = -8.0
                continue
            a, b = (across * right - half) / toward, (across * right + half) / toward
            enter, leave = np.maximum(enter, np.minimum(a, b)), np.minimum(leave, np.maximum(a, b))
        met = np.flatnonzero(leave > enter)
        self.empty = met.size == 0
        if self.empty:
            return
        met = np.arange(met[0], met[-1] + 1)
        self.first, self.count = int(columns[met[0]]), len(met)
        self._across = across[met].astype(np.float32)
        self._enter, self._leave = enter[met].astype(np.float32), leave[met].astype(np.float32)
        size = mesh.texels.shape[0]
        scale_u, scale_v = size / (2.0 * block.half_u), size / (2.0 * block.half_v)
        self.base_u = (self._across * np.float32(view.right[0]) + np.float32(block.half_u)) * np.float32(scale_u)
        self.base_v = (self._across * np.float32(view.right[1]) + np.float32(block.half_v)) * np.float32(scale_v)
        self.slope_u, self.slope_v = np.float32(-view.toward[0] * scale_u), np.float32(-view.toward[1] * scale_v)

    def hits(self, distance: Singles, down: Singles, rows: int) -> tuple[Numbers, Numbers, Singles]:
        """Columns, rows and depths of all pixels where the upper side is met, far ones first."""
        edge = np.clip(np.ceil(down), 0, rows).astype(np.int32)
        return self._pixels(distance, down, edge[1:], edge[:-1] - edge[1:])

    def undersides(self, distance: Singles, down: Singles, rows: int) -> tuple[Numbers, Numbers, Singles]:
        """The same where the underside is met by rays that came in below the surface's front edge."""
        edge = np.clip(np.ceil(down), 0, rows).astype(np.int32)
        first = np.maximum(edge[:-1], edge[0])
        return self._pixels(distance, down, first, edge[1:] - first)

    def _pixels(
        self, distance: Singles, down: Singles, first: Numbers, covered: Numbers
    ) -> tuple[Numbers, Numbers, Singles]:
        """The pixels between samples and the ones before them: ``covered`` rows from ``first`` on."""
        pair = np.flatnonzero(covered > 0)[::-1]
        number = covered.reshape(-1)[pair]
        which = np.repeat(np.arange(len(pair), dtype=np.int32), number)
        begin = np.cumsum(number) - number
        row = np.arange(len(which), dtype=np.int32) - (begin - first.reshape(-1)[pair])[which].astype(np.int32)
        count = self.count
        d0, d1 = distance.reshape(-1)[pair], distance.reshape(-1)[pair + count]
        y0, y1 = down.reshape(-1)[pair], down.reshape(-1)[pair + count]
        rise = y1 - y0
        slope = (d1 - d0) / np.where(np.abs(rise) < 1e-6, np.float32(1e-6), rise)
        found = d0[which] + (row.astype(np.float32) - y0[which]) * slope[which]
        column = (pair % count).astype(np.int32)[which]
        return column, row, np.asarray(found, dtype=np.float32)

    def samples(self, most: int) -> tuple[Singles, Singles]:
        """Depths and pixel rows of samples along the lines, shape (samples, columns)."""
        mesh, view, block = self.mesh, self.view, self.mesh.block
        low, high = float(self._enter.min()), float(self._leave.max())
        count = max(int(most * (high - low) / (2.0 * block.radius)), 8)
        even = np.linspace(low, high, count, dtype=np.float32)[:, np.newaxis]
        distance = np.clip(even, self._enter, np.maximum(self._leave, self._enter))
        rows, columns = mesh.z.shape
        size = mesh.texels.shape[0]
        to_x, to_y = np.float32((columns - 1) / size), np.float32((rows - 1) / size)
        x = np.clip((self.base_u + distance * self.slope_u) * to_x, 0.0, np.float32(columns - 1))
        y = np.clip((self.base_v + distance * self.slope_v) * to_y, 0.0, np.float32(rows - 1))
        i, j = x.astype(np.int32), y.astype(np.int32)
        four = mesh.corners.take(j * columns + i).view(np.float32).reshape(count, self.count, 4)
        x -= i
        y -= j
        height = four[..., 0] + x * four[..., 1]
        height += y * (four[..., 2] + x * four[..., 3])
        top = np.float32(view.y - 0.5)
        down = top - np.float32(view.scale * view.sine) * distance - np.float32(view.scale * view.cosine) * height
        return distance, down


def _shades(view: Projection) -> npt.NDArray[np.uint8]:
    """The brightness of each pair of slopes: half of it soft, with a gentle highlight."""
    slope = decoded_slopes().astype(np.float32)
    along_u, along_v = slope[np.newaxis, :], slope[:, np.newaxis]
    length = np.sqrt(1.0 + along_u * along_u + along_v * along_v)
    light, eye = np.array(view.light(), np.float32), np.array(view.eye(), np.float32)
    light /= np.linalg.norm(light)
    between = (light + eye) / np.linalg.norm(light + eye)
    facing = (light[2] - along_u * light[0] - along_v * light[1]) / length
    gleam = np.maximum((between[2] - along_u * between[0] - along_v * between[1]) / length, 0.0)
    half = 0.5 + 0.5 * facing
    soft = half * np.sqrt(half)
    bright = 0.80 * (0.45 * np.maximum(facing, 0.0) + 0.55 * soft) + 0.20 * gleam**28
    return np.asarray(np.rint(np.clip(bright, 0.0, 1.0) * (SHADES - 1)), dtype=np.uint8).reshape(-1)
