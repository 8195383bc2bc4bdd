"""The colours of a surface in three dimensions: the ground's hues, with more room between light and shade."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from gdsim.core.landscapes import Floats
from gdsim.relief.mesh import INKS, TONES, Words
from gdsim.relief.raycast import SHADES
from gdsim.ui.plots.ground import from_oklab, oklab
from gdsim.ui.plots.viridis import viridis
from gdsim.ui.theme import Theme


@dataclass(frozen=True)
class Stuff:
    """What a surface is made of in one theme.

    Attributes:
        span: How much of viridis is used.
        chroma: How colourful it is against viridis.
        low, high: Lightness (OKLab) of low and high losses, on slopes that lie in the light.
        shade, lit: By how much the lightness of a slope in the shade, and of one in the light, is multiplied.
        gleam: Lightness that the highlight adds.
        line: How dark a line makes what it covers.
    """

    span: float
    chroma: float
    low: float
    high: float
    shade: float
    lit: float
    gleam: float
    line: float


DARK = Stuff(span=0.80, chroma=0.80, low=0.27, high=0.62, shade=0.50, lit=1.12, gleam=0.10, line=0.45)
LIGHT = Stuff(span=0.86, chroma=0.55, low=0.70, high=0.93, shade=0.74, lit=1.06, gleam=0.06, line=0.42)
BRIGHT = 0.80
"""The shade beyond which a slope gleams."""


@lru_cache(maxsize=4)
def surface_palette(theme: Theme, *, lines: bool) -> Words:
    """The colour of each ink, tone and shade, 0xffRRGGBB, in that order."""
    stuff = DARK if theme.is_dark else LIGHT
    tone, shade = np.linspace(0.0, 1.0, TONES), np.linspace(0.0, 1.0, SHADES)
    lab = oklab(viridis(tone * stuff.span))
    plain = np.empty((TONES, SHADES, 3))
    factor = stuff.shade + (stuff.lit - stuff.shade) * np.minimum(shade / BRIGHT, 1.0)
    gleam = stuff.gleam * (np.maximum(shade - BRIGHT, 0.0) / (1.0 - BRIGHT)) ** 1.5
    plain[..., 0] = (stuff.low + (stuff.high - stuff.low) * tone)[:, None] * factor + gleam
    muted = 1.0 - 0.55 * tone**1.5 if not theme.is_dark else np.ones(TONES)
    plain[..., 1:] = (lab[:, 1:] * (stuff.chroma * muted)[:, None])[:, None, :] * (0.55 + 0.45 * factor)[:, None]
    ink = np.linspace(0.0, stuff.line if lines else 0.0, INKS)[:, None, None, None]
    inked = plain[None] * np.concatenate([1.0 - ink, 1.0 - 0.6 * ink, 1.0 - 0.6 * ink], axis=-1)
    return packed(inked).reshape(-1)


def packed(lab: Floats) -> Words:
    """Colours in OKLab as 0xffRRGGBB."""
    rgb = np.round(from_oklab(lab) * 255.0).astype(np.uint32)
    return np.asarray(np.uint32(0xFF000000) | rgb[..., 0] << 16 | rgb[..., 1] << 8 | rgb[..., 2], dtype=np.uint32)


@lru_cache(maxsize=512)
def line_color(theme: Theme, tone: float, strength: float) -> str:
    """The colour of a line on the floor, #RRGGBB; ``strength`` is how much of it is not the floor's."""
    stuff = DARK if theme.is_dark else LIGHT
    a, b = oklab(viridis(np.array([tone * stuff.span])))[0, 1:] * stuff.chroma * 1.15
    light = 0.40 + 0.34 * tone if theme.is_dark else 0.48 + 0.22 * tone
    floor = oklab(np.array([int(theme.bg2[k : k + 2], 16) / 255.0 for k in (1, 3, 5)]))
    return f"#{int(packed(floor + strength * (np.array([light, a, b]) - floor))) & 0xFFFFFF:06X}"
