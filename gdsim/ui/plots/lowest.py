"""Where the validation loss is lowest: it has no formula, so the lowest point of a grid is refined."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np

from gdsim.core.landscapes import Floats, View
from gdsim.core.section import Section
from gdsim.ui.plots.survey import Samples, between, nodes

Place = tuple[float, float]

COLUMNS, ROWS = 120, 76
AROUND = 0.5
"""How far around a view is searched too, in views."""
NEAR = 9
"""Points across and up of the finer grids around the lowest point."""
ROUNDS = 8
"""How often that is done; each time the cells are a quarter as wide."""

_KNOWN: WeakKeyDictionary[Section, tuple[View, Place | None]] = WeakKeyDictionary()


def lowest(section: Section, view: View) -> Place | None:
    """The lowest point of the validation surface of a section of little cost; None where it is not near ``view``."""
    known = _KNOWN.get(section)
    if known is None or known[0] != view:
        known = _KNOWN[section] = (view, _searched(section, view))
    return known[1]


def _searched(section: Section, view: View) -> Place | None:
    left, right, bottom, top = view
    width, height = right - left, top - bottom
    around = left - AROUND * width, right + AROUND * width, bottom - AROUND * height, top + AROUND * height
    x, y = nodes(around, COLUMNS, ROWS)
    found = _inner(section.grid(x, y, validation=True))
    if found is None:
        return None
    row, column = found
    dx, dy = x[1] - x[0], y[1] - y[0]
    at = (float(x[column]), float(y[row]))
    for _ in range(ROUNDS):
        x, y = (np.linspace(middle - d, middle + d, NEAR) for middle, d in zip(at, (dx, dy), strict=True))
        at = _least(section.grid(x, y, validation=True), x, y)
        dx, dy = 2.0 * (x[1] - x[0]), 2.0 * (y[1] - y[0])
    return at


def lowest_sampled(samples: Samples) -> Place | None:
    """The lowest point of the validation surface as far as samples tell; None where they do not hold it."""
    loss = samples.loss if samples.held_back is None else samples.held_back
    found = _inner(loss)
    if found is None:
        return None
    row, column = found
    part = np.s_[max(row - 2, 0) : row + 3, max(column - 2, 0) : column + 3]
    z, own_x, own_y = loss[part], samples.x[part[1]], samples.y[part[0]]
    x, y = (np.linspace(places[k - 1], places[k + 1], 65) for places, k in ((samples.x, column), (samples.y, row)))
    return _least(between(z, own_x, own_y, x, y), x, y) if np.isfinite(z).all() else (float(x[32]), float(y[32]))


def _inner(loss: Floats) -> tuple[int, int] | None:
    """Row and column of the lowest loss, unless it lies at the border, from where it may go on falling."""
    finite = np.where(np.isfinite(loss), loss, np.inf)
    row, column = divmod(int(np.argmin(finite)), loss.shape[1])
    inside = 0 < row < loss.shape[0] - 1 and 0 < column < loss.shape[1] - 1
    return (row, column) if inside and np.isfinite(finite[row, column]) else None


def _least(loss: Floats, x: Floats, y: Floats) -> Place:
    row, column = divmod(int(np.argmin(np.where(np.isfinite(loss), loss, np.inf))), loss.shape[1])
    return float(x[column]), float(y[row])
