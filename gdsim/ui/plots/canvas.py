"""Images of exactly the pixels of the screen: what is costly is painted into them once and copied every frame."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter, QPaintEngine

MOST_PIXELS = 40_000_000
"""Larger images are painted at a lower resolution: memory is finite, and nobody sees it."""


@dataclass(frozen=True)
class Device:
    """Where a plot's area lies on what is painted on.

    Attributes:
        left, top, width, height: The area in device pixels, grown to whole ones.
        dx, dy: Where the area begins in them, in device pixels.
        scale: Device pixels a pixel of the plot.
        vector: Whether the device keeps paths (SVG, PDF) rather than pixels.
    """

    left: int
    top: int
    width: int
    height: int
    dx: float
    dy: float
    scale: float
    vector: bool

    @classmethod
    def of(cls, painter: QPainter, area: QRectF) -> Device:
        """Where ``area``, in the painter's coordinates, lies on its device."""
        transform = painter.deviceTransform()
        found = transform.mapRect(area)
        vector = painter.paintEngine().type() != QPaintEngine.Type.Raster
        scale = math.hypot(transform.m11(), transform.m12()) or 1.0
        left, top = math.floor(found.left() + 1e-6), math.floor(found.top() + 1e-6)
        right, bottom = math.ceil(found.right() - 1e-6), math.ceil(found.bottom() - 1e-6)
        width, height = max(right - left, 1), max(bottom - top, 1)
        return cls(left, top, width, height, found.left() - left, found.top() - top, scale, vector)

    @property
    def detail(self) -> float:
        """Pixels of an image a device pixel: 1, less on devices that are too large."""
        return min(1.0, math.sqrt(MOST_PIXELS / (self.width * self.height)))


class Sheet:
    """A transparent image that covers a plot's area, pixel by pixel."""

    def __init__(self, device: Device, *, opaque: bool = False) -> None:
        self._device = device
        detail = device.detail
        kind = QImage.Format.Format_RGB32 if opaque else QImage.Format.Format_ARGB32_Premultiplied
        self.image = QImage(max(int(device.width * detail), 1), max(int(device.height * detail), 1), kind)
        self.image.fill(0)
        self._painted = QRectF()

    def painter(self, painted: QRectF | None = None) -> QPainter:
        """A painter in the coordinates of the area; ``painted`` is where it will paint (None: anywhere)."""
        device, detail = self._device, self._device.detail
        whole = QRectF(0.0, 0.0, self.image.width(), self.image.height())
        painter = QPainter(self.image)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        painter.scale(detail, detail)
        painter.translate(device.dx, device.dy)
        painter.scale(device.scale, device.scale)
        part = whole if painted is None else painter.transform().mapRect(painted)
        self._painted = self._painted.united(part).intersected(whole)
        return painter

    def draw(self, painter: QPainter, part: QRectF | None = None) -> None:
        """Copy the sheet (or ``part``, in the coordinates of the area) onto the device of ``painter``."""
        device, detail = self._device, self._device.detail
        wanted = self._painted
        if part is not None:
            s = device.scale
            rect = QRectF(part.left() * s + device.dx, part.top() * s + device.dy, part.width() * s, part.height() * s)
            wanted = wanted.intersected(QRectF(rect.topLeft() * detail, rect.size() * detail))
        left, top = math.floor(wanted.left()), math.floor(wanted.top())
        right, bottom = math.ceil(wanted.right()), math.ceil(wanted.bottom())
        right, bottom = min(right, self.image.width()), min(bottom, self.image.height())
        if right <= left or bottom <= top:
            return
        source = QRectF(left, top, right - left, bottom - top)
        target = QRectF(
            device.left + left / detail, device.top + top / detail, source.width() / detail, source.height() / detail
        )
        painter.save()
        painter.resetTransform()
        back, _ = painter.deviceTransform().inverted()
        painter.drawImage(back.mapRect(target), self.image, source)
        painter.restore()
