"""Surfaces that are costly to compute: sampled at few points, a little in every frame, and drawn as if at many.

The loss of a model takes a pass over its examples, so a picture of a hundred thousand points would take seconds.
How many points are taken follows from counts of examples and parameters, never from a clock: the same document
gives the same picture on every machine. Between the points the surface is interpolated by cubics.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gdsim.core.landscapes import Floats, ModelLandscape, View
from gdsim.core.section import Section

COARSE, FINE = 6e6, 1e8
"""Nanoseconds that a picture may take while something moves, and at rest: by the estimate of ``cost``."""
SLICE = 1e7
"""Nanoseconds of work at a time."""
DEAREST = 2.5e5
"""Nanoseconds that a point may take; with more examples the ground is made of every so-manyeth."""
LEAST_COARSE, MOST_COARSE = 96, 4_000
LEAST_FINE, MOST_FINE = 800, 40_000
"""Points of a picture."""
SQUARE, ENTROPY, PARAMETER = 8.0, 100.0, 0.25
"""Nanoseconds that an example takes for a square, for an exponential with a logarithm, and for each parameter."""


def cost(section: Section) -> float:
    """About how many nanoseconds a point of ``section`` takes; 0 where that is not worth a thought."""
    return _work(section) / thinning(section)


def thinning(section: Section) -> int:
    """The ground is made of every how-manyeth example: all of them, unless there are tens of thousands."""
    return max(math.ceil(_work(section) / DEAREST), 1)


def _work(section: Section) -> float:
    landscape = section.landscape
    if not isinstance(landscape, ModelLandscape) or landscape.closed:
        return 0.0
    data = landscape.data()
    seen, held_back = landscape.passes(data.y.size), landscape.passes(data.y_val.size)
    parts = {"training": seen, "validation": held_back, "both": seen + held_back}
    judged = ENTROPY if landscape.task == "classification" else SQUARE
    return parts[section.surface] * (judged + PARAMETER * landscape.dim)


def grid(section: Section, x: Floats, y: Floats, *, validation: bool | None = None) -> Floats:
    """As ``Section.grid``, on every so-manyeth example where there are very many."""
    stride, landscape = thinning(section), section.landscape
    if stride == 1 or not isinstance(landscape, ModelLandscape):
        return section.grid(x, y, validation=validation)
    held_back = section.surface == "validation" if validation is None else validation
    data = landscape.data()
    inputs, targets = (data.x_val, data.y_val) if held_back else (data.x, data.y)
    points = section.lift(np.tile(x, y.size), np.repeat(y, x.size))
    return landscape.losses(points, inputs[::stride], targets[::stride]).reshape(y.size, x.size)


def shape(points: float, view: View, least: int, most: int) -> tuple[int, int]:
    """Columns and rows of a grid of about ``points`` points, with square cells."""
    points = min(max(points, least), most)
    ratio = min(max((view[1] - view[0]) / (view[3] - view[2]), 0.2), 5.0)
    columns = max(round((points * ratio) ** 0.5), 4)
    return columns, max(round(points / columns), 4)


def nodes(view: View, columns: int, rows: int) -> tuple[Floats, Floats]:
    """Coordinates across and up of a grid whose edges are those of ``view``."""
    left, right, bottom, top = view
    return np.linspace(left, right, columns), np.linspace(bottom, top, rows)


@dataclass(frozen=True, eq=False)
class Samples:
    """Losses of a section on a grid.

    Attributes:
        section: What was sampled.
        view: Where.
        fine: Whether it is as good as it gets.
        x, y: Coordinates, rising.
        loss: Shape (len(y), len(x)).
        held_back: The loss on the validation part, where the surface shows both.
    """

    section: Section
    view: View
    fine: bool
    x: Floats
    y: Floats
    loss: Floats
    held_back: Floats | None


class _Job:
    """A grid that is computed row by row."""

    def __init__(self, section: Section, view: View, *, fine: bool) -> None:
        self.section, self.view, self.fine = section, view, fine
        self._cost = max(cost(section), 1.0)
        work, least, most = (FINE, LEAST_FINE, MOST_FINE) if fine else (COARSE, LEAST_COARSE, MOST_COARSE)
        columns, rows = shape(work / self._cost, view, least, most)
        self._x, self._y = nodes(view, columns, rows)
        self._loss = np.empty((rows, columns))
        self._held_back = np.empty((rows, columns)) if section.surface == "both" else None
        self._done = 0

    def advance(self, work: float | None = None) -> Samples | None:
        """Compute as many points as ``work`` nanoseconds allow, one at least; all of them by default."""
        columns = len(self._x)
        most = self._loss.size if work is None else max(int(work / self._cost), 1)
        row, column = divmod(self._done, columns)
        if column or most < columns:
            part = np.s_[row : row + 1, column : min(column + most, columns)]
        else:
            part = np.s_[row : row + most // columns, 0:columns]
        self._loss[part] = grid(self.section, self._x[part[1]], self._y[part[0]])
        if self._held_back is not None:
            self._held_back[part] = grid(self.section, self._x[part[1]], self._y[part[0]], validation=True)
        self._done += self._loss[part].size
        if self._done < self._loss.size:
            return None
        return Samples(self.section, self.view, self.fine, self._x, self._y, self._loss, self._held_back)


class Survey:
    """Samples of a section that may change at every frame: coarse ones in time, fine ones when there is time.

    While a plane follows a marble faster than it can be sampled, the last samples are shown until the next are
    complete.

    Attributes:
        samples: What is shown.
    """

    def __init__(self) -> None:
        self.samples: Samples | None = None
        self._job: _Job | None = None
        self._wanted: tuple[Section, View] | None = None
        self._hurried = False
        self._rests = False

    def look(self, section: Section, view: View, *, hurried: bool, at_once: bool = False) -> Samples:
        """What is shown now of ``section`` through ``view``.

        Args:
            section: What is looked at.
            view: Where.
            hurried: Whether it is about to change again, so that fine samples would come too late.
            at_once: Take the time for fine samples.
        """
        self._wanted, self._hurried = (section, view), hurried and not at_once
        job = self._job
        if job is not None and not self._is_for(job) and (job.fine or not _alike(job.section, section)):
            self._job = None  # but a coarse one of a step before is finished: else none ever would be
        if at_once:
            return self._in_full(section, view)
        fits = self.samples is not None and _alike(self.samples.section, section)
        self._rests = fits and hurried and not self._rests and self.samples is not None and self.samples.view == view
        if self._rests and self.samples is not None:
            return self.samples  # every other frame belongs to the rest of the picture
        self._job = self._job or self._next()
        if self._job is not None and not self._job.fine:
            if not fits:
                self._job = _Job(section, view, fine=False)
            self._take(self._job.advance(COARSE if fits else None))
        assert self.samples is not None
        return self.samples

    def refine(self) -> bool:
        """Work on for a few milliseconds; returns whether there is something better to show."""
        self._job = self._job or self._next()
        return self._job is not None and self._take(self._job.advance(SLICE))

    @property
    def finished(self) -> bool:
        """Whether what is shown is as good as it gets for now."""
        return self._job is None and self._next() is None

    def _in_full(self, section: Section, view: View) -> Samples:
        if self.samples is None or not self.samples.fine or not self._is_for(self.samples):
            self._take(_Job(section, view, fine=True).advance())
        assert self.samples is not None
        return self.samples

    def _take(self, samples: Samples | None) -> bool:
        if samples is None:
            return False
        self.samples, self._job = samples, None
        return True

    def _next(self) -> _Job | None:
        """What is still to be computed."""
        if self._wanted is None:
            return None
        if self.samples is None or not self._is_for(self.samples):
            return _Job(*self._wanted, fine=False)
        return None if self.samples.fine or self._hurried else _Job(*self._wanted, fine=True)

    def _is_for(self, found: Samples | _Job) -> bool:
        assert self._wanted is not None
        return found.section is self._wanted[0] and found.view == self._wanted[1]


def _alike(a: Section, b: Section) -> bool:
    """Whether a picture of ``a`` may stand for one of ``b`` for some frames: a landscape of a kind, the same axes."""
    if type(a.landscape) is not type(b.landscape) or a.surface != b.surface or a.names != b.names:
        return False
    return a.axes is b.axes or (a.axes is not None and b.axes is not None and a.axes.places is not None)


def between(z: Floats, x: Floats, y: Floats, at_x: Floats, at_y: Floats) -> Floats:
    """The surface ``z`` over the even grid (x, y) at other places, by Catmull and Rom's cubics (1974).

    Args:
        z: Finite, shape (len(y), len(x)).
        x: Rising, at least 3.
        y: Rising, at least 3.
        at_x: Places across; beyond the grid its edge counts.
        at_y: Places up.

    Returns:
        Shape (len(at_y), len(at_x)), nowhere beyond the range of ``z``.
    """
    low, high = float(z.min()), float(z.max())
    found = _along(_along(z, y, at_y).T, x, at_x).T
    return np.clip(found, low, high)


def _along(z: Floats, even: Floats, at: Floats) -> Floats:
    """Interpolate along the first axis."""
    with np.errstate(all="ignore"):
        place = np.nan_to_num((at - even[0]) / (even[1] - even[0]))
    place = np.clip(place, 0.0, len(even) - 1.0)
    first = np.minimum(place.astype(np.intp), len(even) - 2)
    t = place - first
    padded = np.concatenate([[3.0 * (z[0] - z[1]) + z[2]], z, [3.0 * (z[-1] - z[-2]) + z[-3]]])
    weights = (
        ((2.0 - t) * t - 1.0) * t * 0.5,
        ((3.0 * t - 5.0) * t * t + 2.0) * 0.5,
        ((4.0 - 3.0 * t) * t + 1.0) * t * 0.5,
        (t - 1.0) * t * t * 0.5,
    )
    found: Floats = weights[0][:, np.newaxis] * padded[first]
    for k in (1, 2, 3):
        found += weights[k][:, np.newaxis] * padded[first + k]
    return found
