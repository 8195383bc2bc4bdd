"""What is seen of a landscape: the surface over a plane, and where the marbles stand above or beside it.

A landscape of two parameters is its own section. One of more is cut by the plane of the document; the loss on the cut
is a true loss, but the marble's is another one unless the plane goes through it: both can be read, and the distance.
"""

from __future__ import annotations

from functools import lru_cache
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from gdsim.core.experiment import Experiment
from gdsim.core.landscapes import Floats, Landscape, ModelLandscape, PlaneLandscape, View
from gdsim.core.planes import Axes, Plane, Surface, usual
from gdsim.core.trajectory import Column, RunTrajectory, Trajectory

MOST_ROWS = 400
"""Rows of a run that directions are found from."""
MARGIN = 0.25
"""Room around a trajectory, as a part of its extent."""


class Section:
    """A surface over two coordinates.

    The same inputs give the same object, so that painters know by identity whether to paint anew.

    Args:
        landscape: What is cut.
        axes: The plane's directions; None for a landscape of two parameters, which needs none.
        beside: From the plane through the axes' base to the one that is meant, shape (dim,).
        surface: Which loss it shows.
        extent: Lowest and highest coordinates that should be seen at first, shape (2, 2); None: the landscape's view.
    """

    def __init__(
        self,
        landscape: Landscape,
        axes: Axes | None = None,
        beside: Floats | None = None,
        surface: Surface = "training",
        extent: Floats | None = None,
    ) -> None:
        self.landscape, self.axes, self.surface = landscape, axes, surface
        self._beside, self._extent = beside, extent

    @property
    def names(self) -> tuple[str, str]:
        """What stands at the axes."""
        return self.landscape.axes if self.axes is None else self.axes.names

    @property
    def cuts(self) -> bool:
        """Whether there are more parameters than are seen."""
        return self.axes is not None

    def home(self) -> View:
        """The view it is best seen in at first."""
        if self._extent is None:
            return self.landscape.home()
        (left, bottom), (right, top) = self._extent
        x, y = 0.5 * (left + right), 0.5 * (bottom + top)
        half = (0.5 + MARGIN) * max((right - left) / 1.6, top - bottom) or 1.0
        return float(x - 1.6 * half), float(x + 1.6 * half), float(y - half), float(y + half)

    def minima(self) -> Floats:
        """Known global minima in its coordinates, shape (m, 2)."""
        found = self.landscape.minima()
        return found if self.axes is None else self.axes.project(found)

    def local_minima(self) -> Floats:
        """Known minima that are not global, shape (m, 2)."""
        found = self.landscape.local_minima()
        return found if self.axes is None else self.axes.project(found)

    def grid(self, x: Floats, y: Floats, *, validation: bool | None = None) -> Floats:
        """The loss over the grid of ``x`` (columns) and ``y`` (rows): shape (len(y), len(x)).

        Args:
            x: Coordinates across.
            y: Coordinates up.
            validation: Whether the loss on the validation part; None: as the surface says.
        """
        held_back = self.surface == "validation" if validation is None else validation
        if isinstance(self.landscape, PlaneLandscape) and not held_back:
            return self.landscape.grid(x, y)
        points = self.lift(np.tile(x, y.size), np.repeat(y, x.size))
        return self._loss(points, held_back).reshape(y.size, x.size)

    def loss_at(self, x: float, y: float) -> float:
        """The loss of the surface at one place."""
        return float(self._loss(self.lift(np.array([x]), np.array([y])), self.surface == "validation")[0])

    def _loss(self, points: Floats, validation: bool) -> Floats:
        if validation and isinstance(self.landscape, ModelLandscape):
            return self.landscape.val_loss(points)
        return self.landscape.loss(points)

    def lift(self, x: Floats, y: Floats) -> Floats:
        """The parameters at coordinates, shape (n,) each -> (n, dim)."""
        if self.axes is None:
            return np.stack([x, y], axis=-1)
        found = self.axes.lift(x, y)
        return found if self._beside is None else np.asarray(found + self._beside)

    def place(self, theta: npt.ArrayLike) -> tuple[float, float]:
        """The coordinates of parameters, shape (dim,)."""
        point = np.asarray(theta, dtype=np.float64)
        x, y = point if self.axes is None else self.axes.project(point[np.newaxis])[0]
        return float(x), float(y)

    def places(self, run: RunTrajectory) -> Floats:
        """The coordinates of the kept rows of a run, shape (n, 2); kept, and continued as the run grows."""
        if self.axes is None:
            return run.theta
        kept = _PLACES.get(run)
        if kept is None or kept[0] is not self.axes or kept[1] != run.generation:
            kept = (self.axes, run.generation, Column(2))
            _PLACES[run] = kept
        column = kept[2]
        if len(column) < len(run.theta):
            column.append(self.axes.project(run.theta[len(column) :]))
        return column.values

    def place_at(self, run: RunTrajectory, step: int) -> Floats:
        """The coordinates of one row of a run, shape (2,)."""
        if run.stride == 1:
            return np.asarray(self.places(run)[step])
        return np.array(self.place(run.at(step).theta))

    def moved(self, theta: npt.ArrayLike, x: float, y: float) -> tuple[float, ...]:
        """Parameters ``theta`` moved along the plane to the coordinates (x, y)."""
        if self.axes is None:
            return (x, y)
        point = np.asarray(theta, dtype=np.float64)
        left, up = self.place(point)
        return tuple((point + (x - left) * self.axes.across + (y - up) * self.axes.up).tolist())

    def beneath(self, theta: npt.ArrayLike) -> float:
        """The loss of the surface where parameters are seen."""
        return self.loss_at(*self.place(theta))

    def distance(self, theta: npt.ArrayLike) -> float:
        """How far parameters lie from the plane."""
        if self.axes is None:
            return 0.0
        beside = self.axes.beside(np.asarray(theta, dtype=np.float64))
        return float(np.linalg.norm(beside if self._beside is None else beside - self._beside))


_PLACES: WeakKeyDictionary[RunTrajectory, tuple[Axes, int, Column]] = WeakKeyDictionary()
_AXES: WeakKeyDictionary[RunTrajectory, tuple[tuple[object, ...], Axes, Floats]] = WeakKeyDictionary()
_CUTS: WeakKeyDictionary[RunTrajectory, tuple[tuple[object, ...], Section]] = WeakKeyDictionary()


@lru_cache(maxsize=16)
def whole(landscape: Landscape, surface: Surface = "training") -> Section:
    """The section of a landscape of two parameters: all of it."""
    return Section(landscape, surface=surface)


def section(experiment: Experiment, trajectory: Trajectory, cursor: int, selected: int) -> Section:
    """What is seen of an experiment at a step.

    Args:
        experiment: The document.
        trajectory: What has been computed of it.
        cursor: The step that is looked at.
        selected: The run that the plane is laid through.
    """
    landscape = experiment.landscape
    if not isinstance(landscape, ModelLandscape):
        return whole(landscape)
    surface: Surface = experiment.surface if landscape.data().y_val.size else "training"
    if landscape.dim == 2:
        return whole(landscape, surface)
    plane = experiment.plane or usual(landscape)
    runs = trajectory.runs
    run = runs[selected] if selected < len(runs) and len(runs[selected]) else None
    if run is None:  # nothing is computed yet
        run = _unborn(experiment)
    axes, extent = _axes(landscape, plane, run)
    row = _row(plane, run, cursor)
    key = (axes, surface, row, run.generation)
    known = _CUTS.get(run)
    if known is None or known[0] != key:
        known = (key, Section(landscape, axes, axes.beside(run.at(row).theta), surface, extent))
        _CUTS[run] = known
    return known[1]


def _axes(landscape: ModelLandscape, plane: Plane, run: RunTrajectory) -> tuple[Axes, Floats]:
    """Directions for a run and its extent in them; found again when it has doubled or ended, not at every step."""
    count = len(run.theta)
    level = count if run.ended else 1 << (count.bit_length() - 1)
    key = (landscape, plane, run.generation, level, run.ended)
    known = _AXES.get(run)
    if known is None or known[0] != key:
        rows = _sampled(run, level)
        axes = plane.axes(landscape, rows)
        seen = axes.project(np.vstack([rows, [landscape.initial()]]))
        if axes.places is None and axes.share is None:
            seen = np.vstack([seen, [[-1.0, -1.0], [1.0, 1.0]]])
        extent = np.stack([seen.min(axis=0), seen.max(axis=0)])
        if known is not None and known[0][:2] == key[:2] and axes.places is not None:
            axes = known[1]  # parameters stay what they are: nothing but the extent is new
        known = (key, axes, extent)
        _AXES[run] = known
    return known[1], known[2]


def _sampled(run: RunTrajectory, count: int) -> Floats:
    """Finite rows spread over the first ``count``, the last of them among them; at least one."""
    places = np.unique(np.linspace(0, count - 1, min(count, MOST_ROWS)).astype(np.intp))
    rows = run.theta[places]
    finite = rows[np.isfinite(rows).all(axis=1)]
    with np.errstate(all="ignore"):
        near = np.abs(finite).max(axis=1, initial=0.0) <= 1e3 * (1.0 + np.abs(finite[:1]).max(initial=0.0))
    return np.asarray(finite[near] if near.any() else np.zeros((1, run.dim)))  # a divergence must not set the scale


def _row(plane: Plane, run: RunTrajectory, cursor: int) -> int:
    """The row that the plane goes through; the last finite one before it where it is not finite."""
    if plane.through == "start":
        return 0
    row = run.known(cursor) if plane.through == "marble" else run.last
    if plane.through == "best":
        row = int(np.argmin(np.where(np.isfinite(run.loss), run.loss, np.inf))) * run.stride
    while row > 0 and not np.isfinite(run.at(row).theta).all():
        row = run.known(row - 1)
    return row


@lru_cache(maxsize=4)
def _unborn(experiment: Experiment) -> RunTrajectory:
    """A run of which only the start is known."""
    run = RunTrajectory("", experiment.landscape.dim)
    run.begin(np.array(experiment.origin))
    return run
