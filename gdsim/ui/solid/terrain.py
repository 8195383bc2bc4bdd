"""A section made into a surface that can be drawn: sampled, scaled, coloured, baked. It takes a part of a second."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gdsim.core.camera import Height
from gdsim.core.landscapes import Floats, View
from gdsim.core.section import Section
from gdsim.relief.mesh import Mesh, bake
from gdsim.relief.projection import Block
from gdsim.ui.plots.geometry import Segments
from gdsim.ui.plots.ground import Heights, contour_generator, contour_lines
from gdsim.ui.plots.survey import Samples, between, nodes
from gdsim.ui.solid.rise import Rise

POINTS, FEW_POINTS = 256, 96
"""Points along each side: of a surface at rest, and of one that is about to change."""
TEXELS, FEW_TEXELS, MANY_TEXELS = 1024, 320, 2048
"""Of the texture: at rest, about to change, and where there are many pixels to see it on."""
FLOOR_POINTS = 128
LEVELS = 20
TALL, DROP = 0.86, 0.27
"""Height of the block, and of the floor below it, in half widths."""
NARROWEST = 0.55
"""The shorter side of the block against the longer one."""


@dataclass(frozen=True, eq=False)
class Plan:
    """What a terrain is to be made of.

    Attributes:
        section: What is looked at.
        region: Left, right, bottom, top.
        samples: Its losses, where they were costly; None: they are computed when it is made.
        scale: The losses that decide heights and colours: of all steps of a plane that follows the marble.
        height: How heights are scaled.
        lowest: The loss at the known minimum.
        sharp: Whether there are so many pixels to see it on that a larger texture is worth its time.
        fine: Whether it is as good as it gets.
    """

    section: Section
    region: View
    samples: Samples | None
    scale: Floats | None
    height: Height
    lowest: float | None
    sharp: bool
    fine: bool


@dataclass(frozen=True, eq=False)
class Terrain:
    """A surface that can be drawn."""

    plan: Plan
    mesh: Mesh
    rise: Rise
    floor: tuple[tuple[float, Segments], ...]
    """The lines on the floor: their colours, from 0 to 1, and their places along u and v."""

    def ground(self, points: Floats) -> tuple[Floats, Floats]:
        """Places of the data, shape (n, 2), along u and v."""
        left, right, bottom, top = self.plan.region
        block = self.mesh.block
        with np.errstate(all="ignore"):
            u = ((points[:, 0] - left) / (right - left) * 2.0 - 1.0) * block.half_u
            v = ((points[:, 1] - bottom) / (top - bottom) * 2.0 - 1.0) * block.half_v
        return np.asarray(u), np.asarray(v)

    def data(self, u: float, v: float) -> tuple[float, float]:
        """A place on the ground in the data's coordinates."""
        left, right, bottom, top = self.plan.region
        block = self.mesh.block
        return (
            left + (u / block.half_u + 1.0) * 0.5 * (right - left),
            bottom + (v / block.half_v + 1.0) * 0.5 * (top - bottom),
        )


def made(plan: Plan) -> Terrain:
    """Make the terrain that was planned; on any thread."""
    block = block_of(plan.region)
    count = POINTS if plan.fine else FEW_POINTS
    x, y = nodes(plan.region, count, count)
    losses = plan.samples.loss if plan.samples is not None else plan.section.grid(x, y)
    scale = losses if plan.scale is None else plan.scale
    rise = Rise.of(scale, plan.height, plan.lowest)
    colors = Heights.of(scale, plan.region, plan.lowest)
    z, tone = rise.of_loss(losses), colors.tone(colors.height(losses))
    if plan.samples is not None:
        z, tone = (between(part, plan.samples.x, plan.samples.y, x, y) for part in (z, tone))
    levels = _levels(rise, colors) if float(np.ptp(z)) > 1e-9 else np.empty(0)
    odd = ~np.isfinite(losses) if plan.samples is None else None
    texels = FEW_TEXELS if not plan.fine else MANY_TEXELS if plan.sharp else TEXELS
    mesh = bake(z, tone, levels, block, texels, odd)
    return Terrain(plan, mesh, rise, tuple(_floor(z, tone, levels, block)))


def _levels(rise: Rise, colors: Heights) -> Floats:
    """The lines: half-way between even heights and even colours, so that neither walls nor flats are without."""
    even = np.linspace(0.0, 1.0, LEVELS + 2)[1:-1]
    if colors.flat:
        return even
    heights = rise.of_loss(np.array([colors.loss_at(tone) for tone in even.tolist()]))
    return np.unique(0.5 * (even + heights))


def block_of(region: View) -> Block:
    """The block in the proportions of a region, unless that would be very narrow."""
    left, right, bottom, top = region
    ratio = min(max((top - bottom) / (right - left), NARROWEST), 1.0 / NARROWEST)
    longer = max(1.0, ratio)
    return Block(1.0 / longer, ratio / longer, TALL, DROP)


def _floor(z: Floats, tone: Floats, levels: Floats, block: Block) -> list[tuple[float, Segments]]:
    step = max(len(z) // FLOOR_POINTS, 1)
    few, colors = z[::step, ::step], tone[::step, ::step]
    rows, columns = few.shape
    last = (len(z) - 1) // step * step / (len(z) - 1) * 2.0 - 1.0
    lines = contour_generator(
        np.linspace(-1.0, last, columns) * block.half_u, np.linspace(-1.0, last, rows) * block.half_v, few
    )
    order = np.argsort(few, axis=None)
    heights, tones = few.reshape(-1)[order], colors.reshape(-1)[order]
    found = []
    for level in levels.tolist():
        place = min(int(np.searchsorted(heights, level)), len(tones) - 1)
        found.append((float(tones[place]), contour_lines(lines, [level])))
    return found
