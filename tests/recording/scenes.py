"""Frames that carry their own number, so that a decoded video can be asked which frame is which."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QLinearGradient, QPainter, QPen

BITS = 10


def scene(number: int, width: int = 160, height: int = 96, *, noise: bool = False) -> QImage:
    """A picture with ``number`` written as black and white blocks along its upper edge."""
    pixels = np.empty((height, width, 4), np.uint8)
    if noise:
        pixels[:] = np.random.default_rng(number).integers(0, 256, pixels.shape, np.uint8)
    else:
        pixels[..., 0] = np.linspace(4, 12, width).astype(int) * 16
        pixels[..., 1] = np.linspace(12, 4, height).astype(int)[:, None] * 16
        pixels[..., 2] = (number % 8) * 24
    pixels[..., 3] = 255
    side = block(width)
    for bit in range(BITS):
        pixels[:side, bit * side : (bit + 1) * side, :3] = 255 if number >> bit & 1 else 0
    image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
    return image.copy()  # the pixels of numpy go away


def plot(number: int, width: int, height: int) -> QImage:
    """A picture as the program draws them: a ground of many colours, a trail that grows and a marble."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    ground = QLinearGradient(0, 0, width, height)
    for place, color in ((0, "#440154"), (0.3, "#3b528b"), (0.6, "#21918c"), (1, "#fde725")):
        ground.setColorAt(place, QColor(color))
    points = [
        QPointF(width * (0.5 + 0.4 * math.cos(0.2 * k)), height * (0.5 + 0.4 * math.sin(0.13 * k)))
        for k in range(number + 1)
    ]
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(image.rect(), ground)
    painter.setPen(QPen(QColor("#e69f00"), 2.5))
    painter.drawPolyline(points)
    painter.setBrush(QColor("#ffffff"))
    painter.drawEllipse(points[-1], 7, 7)
    painter.end()
    return image


def block(width: int) -> int:
    return width // BITS


def numbers(path: Path) -> list[int]:
    """The numbers of the frames of a video, decoded with PyAV as far as it plays."""
    return [number_of(pixels) for pixels in decoded(path)]


def number_of(pixels: np.ndarray) -> int:
    side = block(pixels.shape[1])
    centres = [pixels[side // 2, bit * side + side // 2].mean() for bit in range(BITS)]
    return sum(int(value > 128) << bit for bit, value in enumerate(centres))


def decoded(path: Path) -> Iterator[np.ndarray]:
    """The frames of a video as RGB."""
    with path.open("rb") as file, av.open(file) as container:
        try:
            for frame in container.decode(video=0):
                yield frame.to_ndarray(format="rgb24")
        except av.error.FFmpegError:
            return  # cut off here


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())
