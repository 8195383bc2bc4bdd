"""Arrays of numbers handed to Qt in one piece: a call for each of a million points would take seconds."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QByteArray, QDataStream, QLineF
from PySide6.QtGui import QPainter, QPainterPath
from shiboken6 import wrapInstance

from gdsim.core.landscapes import Floats

_ELEMENT = np.dtype([("kind", ">i4"), ("x", ">f8"), ("y", ">f8")])
"""A point of a path as Qt writes it to a stream: 0 moves there, 1 draws a line there."""


def path_of(x: Floats, y: Floats, joined: npt.NDArray[np.bool_]) -> QPainterPath:
    """A path through points; ``joined`` says whether a line leads to each from the one before."""
    path = QPainterPath()
    if not len(x):
        return path
    elements = np.empty(len(x), _ELEMENT)
    elements["kind"], elements["x"], elements["y"] = joined, x, y
    elements["kind"][0] = 0
    start, fill_rule = 0, 0
    data = struct.pack(">i", len(x)) + elements.tobytes() + struct.pack(">ii", start, fill_rule)
    QDataStream(QByteArray(data)) >> path
    return path


def draw_lines(painter: QPainter, ends: Floats) -> None:
    """Draw a line for each row (x0, y0, x1, y1) of ``ends``."""
    ends = np.ascontiguousarray(ends, dtype=np.float64)
    if len(ends):
        first: Any = wrapInstance(ends.ctypes.data, QLineF)  # a QLineF is four doubles
        painter.drawLines(first, len(ends))
