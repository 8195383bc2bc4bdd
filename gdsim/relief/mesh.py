"""A surface made ready to be drawn: heights for the rays, and a texture of colour, lines and slopes.

All that does not depend on the camera is computed here, once: a few tenths of a second, on any thread.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gdsim.relief.projection import Block

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Words = npt.NDArray[np.uint32]

TEXELS = 1024
"""Points of the texture along each axis."""
TONE_BITS, INK_BITS, SLOPE_BITS = 8, 3, 7
"""A texel: two slopes, a tone, and how much of it a line covers."""
INKS = 1 << INK_BITS
TONES = 1 << TONE_BITS
WEAK, STRONG = 0.6, 1.0
"""How much ink a line has."""
STRONG_EVERY = 5
HATCHES = 96
"""Stripes, and gaps between them, along the surface."""
LINE = 1.15
"""Half the width of a line along the surface, in texels, where there are ``TEXELS``; with more of them it is finer."""


@dataclass(frozen=True, eq=False)
class Mesh:
    """Heights over an even grid, in the units of a block.

    Attributes:
        block: What holds it.
        z: Heights from 0 to the block's, shape (rows, columns); rows run along v.
        corners: The height at each cell's corner and its changes across, up and both, shape (rows, columns).
        texels: The texture, shape (TEXELS, TEXELS).
    """

    block: Block
    z: Singles
    corners: npt.NDArray[np.complex128]
    texels: Words

    def height(self, u: Floats, v: Floats) -> Floats:
        """The height at places of the ground; at the edge's height beyond it, nan where a place is no number."""
        rows, columns = self.z.shape
        with np.errstate(invalid="ignore"):
            x = (np.clip(u / self.block.half_u, -1.0, 1.0) + 1.0) * (0.5 * (columns - 1))
            y = (np.clip(v / self.block.half_v, -1.0, 1.0) + 1.0) * (0.5 * (rows - 1))
        bad = np.isnan(x) | np.isnan(y)
        x, y = np.where(bad, 0.0, x), np.where(bad, 0.0, y)
        i, j = np.minimum(x.astype(np.intp), columns - 2), np.minimum(y.astype(np.intp), rows - 2)
        p, q = x - i, y - j
        z = self.z
        low = z[j, i] * (1.0 - p) + z[j, i + 1] * p
        high = z[j + 1, i] * (1.0 - p) + z[j + 1, i + 1] * p
        return np.asarray(np.where(bad, np.nan, low * (1.0 - q) + high * q), dtype=np.float64)

    def slopes(self, u: float, v: float) -> tuple[float, float]:
        """How the surface rises along both axes at a place."""
        step = 1.5 / self.z.shape[1]
        at = self.height(np.array([u - step, u + step, u, u]), np.array([v, v, v - step, v + step]))
        return float(at[1] - at[0]) / (2.0 * step), float(at[3] - at[2]) / (2.0 * step)


def bake(
    z: Floats,
    tone: Floats,
    levels: Floats,
    block: Block,
    texels: int = TEXELS,
    hatched: npt.NDArray[np.bool_] | None = None,
) -> Mesh:
    """Make a surface ready.

    Args:
        z: Heights from 0 to 1, finite, shape (rows, columns), at least 4 each.
        tone: Colours from 0 to 1, of the same shape.
        levels: Heights of the lines that are draped over it, rising.
        block: What holds it.
        texels: Points of the texture along each axis.
        hatched: Where the surface is none, and only stands in for what cannot be drawn.
    """
    heights = np.ascontiguousarray(z * block.height, dtype=np.float32)
    fine = _resampled(heights, texels)
    along_u = np.gradient(fine, axis=1) * (texels / (2.0 * block.half_u))
    along_v = np.gradient(fine, axis=0) * (texels / (2.0 * block.half_v))
    wide = LINE * max(texels / TEXELS, 1.0) ** 0.5
    ink = _lines(fine, along_u, along_v, levels * block.height, 2.0 / texels, wide)
    if hatched is not None and hatched.any():
        ink = np.maximum(ink, _hatching(hatched, texels))
    shades = np.rint(np.clip(_resampled(tone.astype(np.float32), texels), 0.0, 1.0) * (TONES - 1)).astype(np.uint32)
    packed: Words = _slope_code(along_u) | _slope_code(along_v) << np.uint32(SLOPE_BITS)
    packed |= shades << np.uint32(2 * SLOPE_BITS)
    packed |= np.rint(ink * (INKS - 1)).astype(np.uint32) << np.uint32(2 * SLOPE_BITS + TONE_BITS)
    return Mesh(block, heights, _corners(heights), packed)


def _resampled(z: Singles, count: int) -> Singles:
    """``z`` at the middles of ``count`` x ``count`` texels, by Catmull and Rom's cubics; nowhere beyond its range."""
    found = _along(np.ascontiguousarray(_along(z, count).T), count).T
    return np.clip(np.ascontiguousarray(found), z.min(), z.max())


def _along(z: Singles, count: int) -> Singles:
    place = (np.arange(count) + 0.5) * ((len(z) - 1) / count)
    first = np.minimum(place.astype(np.intp), len(z) - 2)
    t = (place - first).astype(np.float32)[:, np.newaxis]
    padded = np.concatenate([[2.0 * z[0] - z[1]], z, [2.0 * z[-1] - z[-2]]]).astype(np.float32)
    weights = (
        ((2.0 - t) * t - 1.0) * t * 0.5,
        ((3.0 * t - 5.0) * t * t + 2.0) * 0.5,
        ((4.0 - 3.0 * t) * t + 1.0) * t * 0.5,
        (t - 1.0) * t * t * 0.5,
    )
    found = weights[0] * padded[first]
    for k in (1, 2, 3):
        found += weights[k] * padded[first + k]
    return found


def _lines(z: Singles, along_u: Singles, along_v: Singles, levels: Floats, texel: float, wide: float) -> Singles:
    """How much ink each texel has: by its distance from the nearest level, measured along the surface."""
    if not len(levels):
        return np.zeros_like(z)
    edges = 0.5 * (levels[1:] + levels[:-1])
    nearest = np.searchsorted(edges, z)
    steep = np.sqrt(along_u**2 + along_v**2)
    # a texel is longer on a slope than on the level; the line keeps its width along the surface
    width = texel * steep / np.sqrt(1.0 + 0.5 * steep * steep) + 1e-7
    away = np.abs(z - levels.astype(np.float32)[nearest]) / width
    strength = np.where(nearest % STRONG_EVERY == STRONG_EVERY - 1, np.float32(STRONG), np.float32(WEAK))
    flat = np.clip(steep * 40.0, 0.0, 1.0)  # where nothing rises a line would be a blot
    return np.asarray(np.clip(wide + 0.5 - away, 0.0, 1.0) * strength * flat, dtype=np.float32)


def _hatching(where: npt.NDArray[np.bool_], texels: int) -> Singles:
    """Ink in oblique stripes."""
    place = np.arange(texels)
    rows, columns = (np.rint((place + 0.5) * ((n - 1) / texels)).astype(np.intp) for n in where.shape)
    stripes = (place[:, np.newaxis] + place) * HATCHES // texels % 2 == 0
    return np.asarray(where[rows][:, columns] & stripes, dtype=np.float32)


def _slope_code(slope: Singles) -> Words:
    half = (1 << SLOPE_BITS) / 2.0 - 0.5
    return np.asarray(np.rint(half + half * slope / np.sqrt(1.0 + slope * slope)), dtype=np.uint32)


def decoded_slopes() -> Floats:
    """The slope that each code stands for."""
    half = (1 << SLOPE_BITS) / 2.0 - 0.5
    sine = np.clip((np.arange(1 << SLOPE_BITS) - half) / half, -0.9999, 0.9999)
    return np.asarray(sine / np.sqrt(1.0 - sine * sine))


def _corners(z: Singles) -> npt.NDArray[np.complex128]:
    """Four numbers a cell, side by side, so that one look-up finds them; the last row and column are repeated."""
    padded = np.pad(z, ((0, 1), (0, 1)), mode="edge")
    here, right, up, both = padded[:-1, :-1], padded[:-1, 1:], padded[1:, :-1], padded[1:, 1:]
    four = np.stack([here, right - here, up - here, both - right - up + here], axis=-1).astype(np.float32)
    return np.ascontiguousarray(four).view(np.complex128)[..., 0]
