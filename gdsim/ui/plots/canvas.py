"""Images of exactly the pixels of the screen: what is costly is painted into them once and copied every frame."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPaintEngine, QPainter

MOST_PIXELS = 40_000_000
"""Larger images are painted at a lower resolution: memory is finite, and nobody sees it."""

MOST_SPARE = 8
"""Sheets that are kept to be used again."""


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
    """A transparent image that covers a plot's area, pixel by pixel.

    Args:
        device: What it is for.
        opaque: Whether it is not transparent, but black.
        instead: A sheet that is not needed any more: where it fits, its memory is used again, since memory that has
            never been touched takes longer than painting.
    """

    def __init__(self, device: Device, *, opaque: bool = False, instead: Sheet | None = None) -> None:
        self._device = device
        detail = device.detail
        kind = QImage.Format.Format_RGB32 if opaque else QImage.Format.Format_ARGB32_Premultiplied
        size = QSize(max(int(device.width * detail), 1), max(int(device.height * detail), 1))
        fits = instead is not None and instead.image.size() == size and instead.image.format() == kind
        self.image: QImage = instead.image if instead is not None and fits else QImage(size, kind)
        self.image.fill(0)
        self._painted = QRectF()

    @contextmanager
    def painting(self, painted: QRectF | None = None) -> Iterator[QPainter]:
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
        try:
            yield painter
        finally:
            painter.end()  # whatever happened: an image must not die under its painter

    def draw(self, painter: QPainter, part: QRectF | None = None) -> None:
        """Copy the sheet (or ``part``, in the coordinates of the area) onto the device of ``painter``."""
        source = self._pixels(part)
        if source.isEmpty():
            return
        device, detail = self._device, self._device.detail
        target = QRectF(
            device.left + source.left() / detail,
            device.top + source.top() / detail,
            source.width() / detail,
            source.height() / detail,
        )
        painter.save()
        painter.resetTransform()
        back, _ = painter.deviceTransform().inverted()
        painter.drawImage(back.mapRect(target), self.image, QRectF(source))
        painter.restore()

    def compose(self, part: QRectF, layers: Iterable[tuple[Sheet, float]]) -> None:
        """Replace what is inside ``part`` by ``layers``, sheets of the same device with their opacities."""
        with self.painting(part) as painter:
            source = self._pixels(part)
            painter.resetTransform()
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
            painter.fillRect(source, Qt.GlobalColor.transparent)
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
            for sheet, opacity in layers:
                painter.setOpacity(opacity)
                painter.drawImage(source, sheet.image, source)

    def _pixels(self, part: QRectF | None) -> QRect:
        """The whole pixels of the image that hold what was painted of ``part``."""
        wanted = self._painted
        if part is not None:
            s, detail = self._device.scale, self._device.detail
            left, top = part.left() * s + self._device.dx, part.top() * s + self._device.dy
            wanted = wanted.intersected(
                QRectF(left * detail, top * detail, part.width() * s * detail, part.height() * s * detail)
            )
        left, top = max(math.floor(wanted.left()), 0), max(math.floor(wanted.top()), 0)
        right = min(math.ceil(wanted.right()), self.image.width())
        bottom = min(math.ceil(wanted.bottom()), self.image.height())
        return QRect(left, top, right - left, bottom - top)


class Stock:
    """Sheets that are not needed any more, to be used again."""

    def __init__(self) -> None:
        self._sheets: list[Sheet] = []

    def take(self, device: Device) -> Sheet:
        """An empty sheet."""
        return Sheet(device, instead=self._sheets.pop() if self._sheets else None)

    def give(self, sheets: Iterable[Sheet]) -> None:
        """Have sheets that nobody paints on or copies any more."""
        self._sheets = [*self._sheets, *sheets][:MOST_SPARE]


class Cached:
    """Something that seldom changes: it is painted into a sheet, and the sheet is copied until ``key`` changes."""

    def __init__(self) -> None:
        self._sheet: Sheet | None = None
        self._key: tuple[object, ...] = ()

    def draw(
        self,
        painter: QPainter,
        rect: QRectF,
        key: tuple[object, ...],
        paint: Callable[[QPainter], None],
        background: QColor | None = None,
    ) -> None:
        """Draw what ``paint`` paints inside ``rect``; with a ``background`` it fills the rectangle."""
        device = Device.of(painter, rect)
        if device.vector:
            if background is not None:
                painter.fillRect(rect, background)
            paint(painter)
            return
        key = (device, rect.x(), rect.y(), *key)
        if key != self._key or self._sheet is None:
            self._sheet = Sheet(device, opaque=background is not None, instead=self._sheet)
            if background is not None:
                self._sheet.image.fill(background)
            with self._sheet.painting() as canvas:
                canvas.translate(-rect.topLeft())
                paint(canvas)
            self._key = key
        self._sheet.draw(painter)
