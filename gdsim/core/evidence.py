"""What a diagnosis looks at: the rows of a run, the curvature under some of them, the data, how much was learned.

Everything is computed when it is asked for and kept; nothing takes time that grows with the number of steps but a few
passes over columns.
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gdsim.core.anatomy import Anatomist, Anatomy
from gdsim.core.batch_edge import BatchEdge, batch_edge
from gdsim.core.experiment import Experiment
from gdsim.core.landscapes import Floats, Landscape, ModelLandscape
from gdsim.core.optimizers import SGD
from gdsim.core.outcome import WINDOW, Outcome, judge
from gdsim.core.readiness import slow
from gdsim.core.stability import edge_at, lanczos, largest_stable_rate, products
from gdsim.core.suspicions import Suspicion, suspicions
from gdsim.core.trajectory import RunTrajectory

MOST_EXACT = 32
"""Up to so many parameters the Hessian is computed; with more its ends are felt out with gradients."""
MOST_REPLAYED = 2_000
"""Updates of two parameters that are made again to know what an optimizer remembers; of more, a twentieth of them."""
PRODUCTS = 12
"""Products with the Hessian that the ends of its spectrum are estimated from."""
MOST_BLOCKS = 200
"""Stretches of a run that its course is told from."""
QUICKENING = 1.5
"""The loss falls faster and faster: so many times more in the second half of the last quarter as in the first."""
PLACES = 6
"""Places of a run at which the largest stable rate is looked up, to know the least of them."""
SWINGS = 8
"""Steps along which the steepest place is looked for ..."""
BETWEEN = 8
"""... and places on each of them."""
ALIKE = 0.9
"""Curvatures that differ by less than this share are the same, and the last one is told of."""
NEWTON_STEPS = 30
"""Steps in which Newton's method has to find the bottom of a pit."""


class Curvature(NamedTuple):
    """How the ground bends at a place.

    Attributes:
        low: The least eigenvalue of the Hessian (with many parameters: a curvature that is surely there).
        high: The greatest.
        steep: The direction of the greatest, of length 1, shape (dim,).
        flat: The direction of the least, of length 1, shape (dim,).
    """

    low: float
    high: float
    steep: Floats
    flat: Floats


class Stretch(NamedTuple):
    """Rows ``first`` to ``end`` (inclusive) in which the loss hardly fell."""

    first: int
    end: int


class Place(NamedTuple):
    """A place on the way: in or behind row ``row``, how it curves, and the largest stable rate there."""

    row: int
    theta: Floats
    curve: Curvature | None
    edge: float | None


class Evidence:
    """One run, its landscape and its data, as a diagnosis asks about them.

    Args:
        experiment: The document.
        index: Which of its runs.
        columns: What the run left behind.
    """

    def __init__(self, experiment: Experiment, index: int, columns: RunTrajectory) -> None:
        self.experiment, self.index, self.columns = experiment, index, columns
        self.landscape: Landscape = experiment.landscape
        with np.errstate(all="ignore"):
            sound = np.isfinite(columns.loss) & np.isfinite(columns.theta).all(axis=1)
        self.rows = len(sound) if sound.all() else int(np.argmin(sound))
        """How many rows are finite; the last of them is where a divergence is looked at."""
        self.theta, self.loss = columns.theta[: self.rows], columns.loss[: self.rows]
        self.norm, self.lr = columns.grad_norm[: self.rows], columns.lr[: self.rows]
        self.last = self.rows - 1
        self.settings = experiment.runs[index].settings_at(max(0, self.last - 1))
        self._anatomist = Anatomist()
        self._curvatures: dict[int, Curvature | None] = {}
        self._batch_edges: dict[int, BatchEdge | None] = {}

    # The run

    @cached_property
    def outcome(self) -> Outcome:
        """What became of it."""
        if self.columns.outcome is not None:
            return self.columns.outcome
        c = self.columns
        return judge(self.experiment, c.theta, c.loss, c.grad_norm, c.val_loss, c.batch_loss)

    def update(self, step: int) -> Anatomy | None:
        """Update ``step`` taken apart; None where none follows."""
        found = self._anatomist.at(self.experiment, self.index, self.columns, step)
        return found if isinstance(found, Anatomy) else None

    @cached_property
    def noisy(self) -> bool:
        """Whether chance moves it: batches, or noise on the gradient."""
        noise = self.settings.noise
        return self.columns.batch_loss is not None or (noise is not None and noise.std > 0.0)

    @cached_property
    def minima(self) -> Floats:
        """The known global minima, shape (m, dim); none where they are beyond all numbers."""
        try:
            return self.landscape.minima()
        except ValueError:
            return np.empty((0, self.landscape.dim))

    @cached_property
    def floor(self) -> float | None:
        """The lowest loss that is known to be possible, None where none is known."""
        minima = self.minima
        if len(minima):
            with np.errstate(all="ignore"):
                lowest = float(np.min(self.landscape.loss(minima)))
            if np.isfinite(lowest):
                return min(lowest, float(self.loss.min()))
        return None

    @cached_property
    def fall(self) -> float:
        """How much the loss fell, or could have fallen, in all; more than 0."""
        lowest = float(self.loss.min())
        return max(float(self.loss[0]) - (lowest if self.floor is None else self.floor), 1e-300)

    @cached_property
    def window(self) -> slice:
        """The last rows."""
        return slice(max(0, self.rows - WINDOW), self.rows)

    @cached_property
    def moves(self) -> Floats:
        """The last steps, shape (n, dim)."""
        return np.diff(self.theta[self.window], axis=0)

    @cached_property
    def course(self) -> tuple[Floats, Floats]:
        """The run told in at most ``MOST_BLOCKS`` blocks: their middle rows, and the mean loss of each."""
        blocks = min(self.rows, MOST_BLOCKS)
        edges = np.linspace(0, self.rows, blocks + 1).astype(int)
        means = np.add.reduceat(self.loss, edges[:-1]) / np.diff(edges)
        return (edges[:-1] + edges[1:] - 1) / 2.0, means

    def slowness(self) -> float:
        """What is left of the way down after the last quarter of the run, as a part of what was left before it.

        Where the floor is not known it is how fast the loss falls in its second half as a part of the first (the ratio
        of a geometric series, squared). 0 where nothing is left, or the loss falls faster and faster; at least 0.
        """
        quarter = max(10, self.rows // 4)
        if self.rows < quarter + 3:
            return 0.0
        part = self.loss[-quarter - 1 :]
        third = max(1, len(part) // 5) if self.noisy else 1
        start, end = float(part[:third].mean()), float(part[-third:].mean())
        middle = float(part[len(part) // 2 : len(part) // 2 + third].mean())
        early, late = start - middle, middle - end
        if late > QUICKENING * early and late > 1e-6 * self.fall:
            return 0.0
        if self.floor is not None:
            left = start - self.floor
            return max(0.0, (end - self.floor) / left) if left > 1e-6 * self.fall else 0.0
        return max(0.0, late / early) ** 2 if early > 1e-6 * self.fall else 0.0

    def slow_stretch(self, held: float, above: float) -> Stretch | None:
        """The longest stretch in which the loss fell by at most the share ``held`` of its whole fall.

        Args:
            held: The share.
            above: Only rows are looked at whose loss is higher than the lowest by this share of the whole fall.
        """
        places, means = self.course
        lowest = np.minimum.accumulate(means)  # a loss that goes up and down stays where it was
        lowest = lowest[lowest - lowest[-1] >= above * self.fall]
        best, first = (0.0, 0, 0), 0
        for end in range(len(lowest)):
            while lowest[first] - lowest[end] > held * self.fall:
                first += 1
            best = max(best, (float(places[end] - places[first]), first, end))
        length, first, end = best
        return Stretch(round(places[first]), round(places[end])) if length > 0.0 else None

    def cut(self, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
        """Which of the updates after ``rows`` saw a gradient that was clipped, shape (n,).

        Component by component it is the gradient on all examples that is looked at.
        """
        clip = self.settings.clip
        if clip is None:
            return np.zeros(len(rows), dtype=bool)
        return np.asarray(self.sizes(rows) > clip.value)

    def sizes(self, rows: npt.NDArray[np.intp]) -> Floats:
        """What the limit is compared with: the length of the gradients, or their largest component, shape (n,)."""
        if self.settings.clip is None or self.settings.clip.kind == "norm":
            return self.norm[rows]
        return np.asarray(np.abs(self.landscape.gradient(self.theta[rows])).max(axis=1))

    @cached_property
    def bounded(self) -> bool:
        """Whether clipping shortened most of the last steps: the largest stable rate tells little then."""
        rows = np.arange(*self.window.indices(self.rows))[:-1]
        return rows.size > 0 and bool(self.cut(rows).mean() > 0.5)

    # The ground

    def slopes(self, rows: npt.NDArray[np.intp]) -> Floats:
        """How long the gradients on all examples are at some rows, shape (n,)."""
        with np.errstate(all="ignore"):
            return np.asarray(np.linalg.norm(self.landscape.gradient(self.theta[rows]), axis=1))

    def gradient(self, row: int) -> Floats:
        """The gradient on all examples at a row, shape (dim,)."""
        with np.errstate(all="ignore"):
            return np.asarray(self.landscape.gradient(self.theta[row : row + 1])[0])

    def curvature(self, row: int) -> Curvature | None:
        """How the ground bends at a row; None where that is not finite."""
        if row not in self._curvatures:
            self._curvatures[row] = _curvature(self.landscape, self.theta[row])
        return self._curvatures[row]

    @cached_property
    def steepest(self) -> Place:
        """Where the ground curves most along the last steps: what turns a swing round may lie between two rows."""
        here = Place(self.last, self.theta[self.last], self.curvature(self.last), self.edge(self.last))
        first = max(0, self.last - SWINGS)
        if self.landscape.dim > MOST_EXACT or slow(self.landscape) or first == self.last:
            return here
        parts = np.linspace(0.0, 1.0, BETWEEN, endpoint=False)[:, np.newaxis]
        moves = zip(self.theta[first:-1], self.theta[first + 1 :], strict=True)
        places = np.concatenate([start + parts * (end - start) for start, end in moves])
        with np.errstate(all="ignore"):
            hessians = self.landscape.hessian(places)
        if not np.isfinite(hessians).all():
            return here
        tops = np.linalg.eigvalsh(hessians)[:, -1]
        most = int(np.argmax(tops))
        if here.curve is None or ALIKE * tops[most] <= here.curve.high:
            return here
        row = first + most // BETWEEN
        curve, edge = _curvature(self.landscape, places[most]), None
        if isinstance(self.settings.optimizer, SGD) and curve is not None:
            found = largest_stable_rate(self.settings.optimizer, [[curve.high]], momentum=self._cycled(row))
            edge = found.rate if found.rate is not None and 0.0 < found.rate < np.inf else None
        return Place(row, places[most], curve, edge)

    def product(self, row: int, v: Floats) -> Floats:
        """The Hessian at a row times a vector of shape (dim,)."""
        return products(self.landscape, self.theta[row])(v)

    def edge(self, row: int) -> float | None:
        """The largest stable rate at a row, more than 0; None where there is none, or it takes too long to find.

        It is that of the gradient on all examples, without noise; ``bears`` knows of the batches, too.
        """
        optimizer = self.settings.optimizer
        if self.landscape.dim <= MOST_EXACT:
            if not isinstance(optimizer, SGD) and not self._is_near(row):
                return None
            found = edge_at(self.experiment, self.index, self.columns, row, self._anatomist)
        elif not isinstance(optimizer, SGD):
            return None
        else:  # its edge depends on nothing but the greatest curvature, which is known already
            curve = self.curvature(row)
            if curve is None:
                return None
            found = largest_stable_rate(optimizer, [[curve.high]], momentum=self._cycled(row))
        return found.rate if found.rate is not None and 0.0 < found.rate < np.inf else None

    def batch_edge(self, row: int) -> BatchEdge | None:
        """What rate the batches bear at a row; None where there are none, or it is not known."""
        if row not in self._batch_edges:
            self._batch_edges[row] = batch_edge(self.experiment, self.settings, self.theta[row], self._cycled(row))
        return self._batch_edges[row]

    def bears(self, row: int) -> float | None:
        """The largest stable rate at a row for what the updates see: all examples, or batches of them."""
        known = [self.edge(row), found.rate if (found := self.batch_edge(row)) is not None else None]
        return min((edge for edge in known if edge is not None), default=None)

    def _cycled(self, row: int) -> float | None:
        """What a schedule made of the momentum at a row; None where it left it."""
        cycled = self.columns.momentum
        return None if cycled is None or np.isnan(cycled[row]) else float(cycled[row])

    @cached_property
    def tightest(self) -> float | None:
        """The least of the largest stable rates at some places of the run; None where none is known."""
        rows = np.unique(
            np.linspace(0, self.last, PLACES if isinstance(self.settings.optimizer, SGD) else 2).astype(int)
        )
        known = [edge for row in rows.tolist() if (edge := self.bears(row)) is not None]
        return min(known, default=None)

    def _is_near(self, row: int) -> bool:
        """Whether what an optimizer remembers at a row can be computed again quickly, from a state that was kept."""
        kept = max((known.step for known in self.columns.snapshots if known.step <= row and not known.ended), default=0)
        return row - kept <= (MOST_REPLAYED if self.landscape.dim == 2 else MOST_REPLAYED // 20)

    def bottom(self, row: int | None = None) -> Floats | None:
        """The minimum whose pit the marble lies in, shape (dim,), in the end or at a row; None if Newton finds none."""
        if self.landscape.dim > MOST_EXACT:
            return None
        place = self.theta[self.last if row is None else row].copy()
        with np.errstate(all="ignore"):
            for _ in range(NEWTON_STEPS):
                hessian, g = self.landscape.hessian(place[np.newaxis])[0], self.landscape.gradient(place[np.newaxis])[0]
                if not np.isfinite(hessian).all() or np.linalg.eigvalsh(hessian)[0] <= 0.0:
                    return None
                try:
                    place = place - (step := np.linalg.solve(hessian, g))
                except np.linalg.LinAlgError:  # one curvature is nothing beside the other
                    return None
                if float(np.abs(step).max()) <= 1e-10 * (1.0 + float(np.abs(place).max())):
                    return np.asarray(place)
        return None

    # The data

    @cached_property
    def model(self) -> ModelLandscape | None:
        """The landscape where it comes from data."""
        return self.landscape if isinstance(self.landscape, ModelLandscape) else None

    @property
    def held_back(self) -> int:
        """How many examples are held back for validation."""
        return 0 if self.model is None else int(self.model.data().y_val.size)

    @cached_property
    def suspicions(self) -> tuple[Suspicion, ...]:
        """What is odd about the data."""
        if self.model is None:
            return ()
        return suspicions(self.model, self.theta[self.last] if self.rows else self.columns.theta[0])

    def explained(self, *, validation: bool = False) -> float | None:
        """How much of the loss of the best constant answer the model saves at the end: 1 is all, 0 nothing.

        Squares about the mean for a regression, cross-entropy against the share of the classes for a classification.
        None where there are no such examples, or they are all alike.
        """
        if self.model is None:
            return None
        data = self.model.data()
        x, y = (data.x_val, data.y_val) if validation else (data.x, data.y)
        if y.size < 2 or float(np.ptp(y)) == 0.0 or not (np.isfinite(x).all() and np.isfinite(y).all()):
            return None
        with np.errstate(all="ignore"):
            answer = self.model.predict(self.theta[self.last], x)
            if not np.isfinite(answer).all():
                return None
            if self.model.task == "regression":
                return float(1.0 - np.sum((y - answer) ** 2) / np.sum((y - y.mean()) ** 2))
            p, share = np.clip(answer, 1e-12, 1.0 - 1e-12), float(np.mean(y))
            loss = -np.mean(y * np.log(p) + (1.0 - y) * np.log1p(-p))
            return float(1.0 - loss / -(share * np.log(share) + (1.0 - share) * np.log1p(-share)))


def _curvature(landscape: Landscape, theta: Floats) -> Curvature | None:
    with np.errstate(all="ignore"):
        if landscape.dim > MOST_EXACT:
            return _felt(landscape, theta)
        hessian = landscape.hessian(theta[np.newaxis])[0]
        if not np.isfinite(hessian).all():
            return None
        values, vectors = np.linalg.eigh(hessian)
    return Curvature(float(values[0]), float(values[-1]), vectors[:, -1], vectors[:, 0])


def _felt(landscape: Landscape, theta: Floats) -> Curvature | None:
    """The ends of the Hessian's spectrum by Lanczos' method."""
    gradient = landscape.gradient(theta[np.newaxis])[0]
    norm = float(np.linalg.norm(gradient))
    if not np.isfinite(norm):
        return None
    rng = np.random.Generator(np.random.Philox(key=0))
    v = gradient / norm if norm > 0.0 else np.zeros_like(gradient)
    v = v + 0.1 * rng.standard_normal(v.size) / np.sqrt(v.size)  # a start that no direction is missing from
    found = lanczos(products(landscape, theta), v, PRODUCTS, both=True)
    if found is None:
        return None
    values, vectors = found
    return Curvature(float(values[0]), float(values[-1]), vectors[:, -1], vectors[:, 0])
