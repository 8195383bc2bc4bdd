"""How the block that holds a surface is projected onto pixels: orthographic, upright lines stay upright.

The block is centred on the origin: ``u`` and ``v`` run along the axes of the ground, ``w`` upwards from the lowest
height; its floor lies ``drop`` below. Depth grows away from the viewer, along the ground.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from gdsim.core.camera import Camera

Floats = npt.NDArray[np.float64]
Reals = npt.NDArray[np.float64] | float


@dataclass(frozen=True)
class Block:
    """The size of what is seen.

    Attributes:
        half_u, half_v: Half of its extent along the axes; the larger one is 1.
        height: From the lowest height to the highest.
        drop: From the lowest height down to the floor.
    """

    half_u: float = 1.0
    half_v: float = 1.0
    height: float = 0.9
    drop: float = 0.3

    @property
    def radius(self) -> float:
        """From the middle to its corners, along the ground."""
        return math.hypot(self.half_u, self.half_v)


@dataclass(frozen=True)
class Projection:
    """A view of a block.

    Attributes:
        block: What is seen.
        azimuth, elevation: Where the viewer stands, in radians.
        scale: Pixels a unit of length.
        x, y: The pixels onto which the middle of the ground at height 0 falls.
    """

    block: Block
    azimuth: float
    elevation: float
    scale: float
    x: float
    y: float

    @classmethod
    def fitted(
        cls, camera: Camera, block: Block, width: float, height: float, room: tuple[float, float, float]
    ) -> Projection:
        """The block in the middle of an area; it does not grow or shrink while the camera goes around.

        Args:
            camera: From where.
            block: What.
            width: Pixels across.
            height: Pixels down.
            room: Pixels kept free at each side, above, and below.
        """
        elevation = math.radians(camera.elevation)
        sine, cosine = math.sin(elevation), math.cos(elevation)
        beside, above, below = room
        tall = 2.0 * block.radius * sine + (block.height + block.drop) * cosine
        free = max(height - above - below, 0.3 * height)
        fit = min(max(width - 2.0 * beside, 0.3 * width) / (2.0 * block.radius), free / tall)
        scale = fit * camera.zoom
        middle = 0.5 * (block.height - block.drop) * cosine
        return cls(
            block,
            math.radians(camera.azimuth),
            elevation,
            scale,
            0.5 * width + camera.across * scale,
            above + 0.5 * (height - above - below) + (middle - camera.up) * scale,
        )

    @cached_property
    def sine(self) -> float:
        """How much of a depth is seen as height on the screen."""
        return math.sin(self.elevation)

    @cached_property
    def cosine(self) -> float:
        """How much of a height is seen."""
        return math.cos(self.elevation)

    @cached_property
    def toward(self) -> tuple[float, float]:
        """The direction along the ground to the viewer."""
        return math.cos(self.azimuth), math.sin(self.azimuth)

    @cached_property
    def right(self) -> tuple[float, float]:
        """The direction along the ground to the right of the screen."""
        return -math.sin(self.azimuth), math.cos(self.azimuth)

    def depth(self, u: Reals, v: Reals) -> Reals:
        """How far away a place on the ground is; 0 is the middle."""
        return -(u * self.toward[0] + v * self.toward[1])

    def pixels(self, u: Reals, v: Reals, w: Reals) -> tuple[Reals, Reals]:
        """Where a point is seen: across and down."""
        across = u * self.right[0] + v * self.right[1]
        up = self.sine * self.depth(u, v) + self.cosine * w
        return self.x + self.scale * across, self.y - self.scale * up

    def direction(self, u: Reals, v: Reals, w: Reals) -> tuple[Reals, Reals]:
        """How a vector is seen: across and down."""
        across, down = self.pixels(u, v, w)
        return across - self.x, down - self.y

    def ground(self, x: Reals, depth: Reals) -> tuple[Reals, Reals]:
        """The place on the ground that is seen in pixel column ``x`` at ``depth``."""
        across = (x - self.x) / self.scale
        return (
            across * self.right[0] - depth * self.toward[0],
            across * self.right[1] - depth * self.toward[1],
        )

    def light(self) -> tuple[float, float, float]:
        """Where the light comes from: always from the upper left, before the surface, wherever the viewer stands."""
        left, up, near = _LIGHT
        along = near * self.cosine - up * self.sine
        return (
            -left * self.right[0] + along * self.toward[0],
            -left * self.right[1] + along * self.toward[1],
            near * self.sine + up * self.cosine,
        )

    def eye(self) -> tuple[float, float, float]:
        """The direction to the viewer."""
        return self.cosine * self.toward[0], self.cosine * self.toward[1], self.sine

    def resized(self, factor: float) -> Projection:
        """The same picture on pixels that are ``factor`` times as fine."""
        return Projection(
            self.block, self.azimuth, self.elevation, self.scale * factor, self.x * factor, self.y * factor
        )


_LIGHT = (0.50, 0.62, 0.60)
"""To the left, upwards, towards the viewer."""
