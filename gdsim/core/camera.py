"""From where a surface is seen in three dimensions: a part of the document, so that a recording can be made again."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

AZIMUTH, ELEVATION = -60.0, 38.0
LEAST_ELEVATION, MOST_ELEVATION = 5.0, 90.0
LEAST_ZOOM, MOST_ZOOM = 0.25, 20.0
FARTHEST = 4.0
FASTEST = 360.0

Height = Literal["auto", "linear", "log"]


class Camera(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An orthographic camera without roll.

    Attributes:
        azimuth: Degrees around the surface; -90 looks along the y axis, as in matplotlib.
        elevation: Degrees above the ground; 90 looks straight down.
        zoom: How much larger than fitted.
        across, up: How far the picture is moved, in half widths of the surface.
        height: Whether heights are the loss, its logarithm, or what suits the surface.
        turntable: Degrees a second by which it turns in a recording.
    """

    azimuth: Annotated[float, msgspec.Meta(ge=-360.0, le=360.0)] = AZIMUTH
    elevation: Annotated[float, msgspec.Meta(ge=LEAST_ELEVATION, le=MOST_ELEVATION)] = ELEVATION
    zoom: Annotated[float, msgspec.Meta(ge=LEAST_ZOOM, le=MOST_ZOOM)] = 1.0
    across: Annotated[float, msgspec.Meta(ge=-FARTHEST, le=FARTHEST)] = 0.0
    up: Annotated[float, msgspec.Meta(ge=-FARTHEST, le=FARTHEST)] = 0.0
    height: Height = "auto"
    turntable: Annotated[float, msgspec.Meta(ge=-FASTEST, le=FASTEST)] = 0.0

    def turned(self, azimuth: float, elevation: float = 0.0) -> Camera:
        """Moved around the surface by these degrees, and no further up or down than there is a view."""
        return msgspec.structs.replace(
            self,
            azimuth=wrapped(self.azimuth + azimuth),
            elevation=_within(self.elevation + elevation, LEAST_ELEVATION, MOST_ELEVATION),
        )

    def zoomed(self, factor: float) -> Camera:
        """Nearer by ``factor`` about the middle of the picture, within what can be drawn."""
        zoom = _within(self.zoom * factor, LEAST_ZOOM, MOST_ZOOM)
        return msgspec.structs.replace(self, zoom=zoom)

    def moved(self, across: float, up: float) -> Camera:
        """The picture moved by these half widths of the surface."""
        return msgspec.structs.replace(
            self,
            across=_within(self.across + across, -FARTHEST, FARTHEST),
            up=_within(self.up + up, -FARTHEST, FARTHEST),
        )


def wrapped(azimuth: float) -> float:
    """The same direction between -180 and 180 degrees."""
    return (azimuth + 180.0) % 360.0 - 180.0


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
