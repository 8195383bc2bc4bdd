"""The loop: gradient, clip, update, schedule. Everything that moves a marble, in the window or without one.

A run is computed in blocks of any size; where it was cut makes no difference to a single bit of it. Numbers that
Python floats refuse (an overflow in exp, 0/0) are computed again as IEEE 754 does, so that a divergence ends in
inf or nan like in any training loop, and not in an exception.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from gdsim.core.arithmetic import ARRAYS, FLOATS, Arithmetic
from gdsim.core.experiment import Experiment, Run, Settings
from gdsim.core.landscapes import Floats, PlaneLandscape
from gdsim.core.optimizers import Rule, State
from gdsim.core.schedules import PlateauState, ReduceLROnPlateau, Schedule

NOISE_CHUNK = 256
"""Steps whose noise is drawn together: noise is a function of seed and step, so there is no generator to keep."""


@dataclass(frozen=True)
class Snapshot:
    """All that the next update depends on, apart from the document.

    Attributes:
        step: The number of updates made.
        theta: The parameters before update ``step``.
        states: What the update rule remembers, one entry a coordinate; empty before its first update.
        count: Updates made by this optimizer since it began (its bias corrections count from there).
        optimizer: The kind that ``states`` belong to.
        base: The learning rate that the plateau's state started from.
        plateau: The state of ReduceLROnPlateau, None for other schedules.
        ended: Whether the run is over: all steps made, or a number was not finite.
    """

    step: int
    theta: tuple[float, ...]
    states: tuple[State, ...] = ()
    count: int = 0
    optimizer: str = ""
    base: float = math.nan
    plateau: PlateauState | None = None
    ended: bool = False


class Block(NamedTuple):
    """Consecutive rows of a trajectory: row i stands before update ``first + i``.

    ``lr`` and ``momentum`` are those used by that update, nan where none follows or momentum does not cycle.
    """

    first: int
    theta: Floats
    loss: Floats
    lr: Floats
    grad_norm: Floats
    momentum: Floats


class Descent:
    """One run of an experiment, computed piece by piece from a snapshot."""

    def __init__(self, experiment: Experiment, run: Run, snapshot: Snapshot | None = None) -> None:
        self._landscape = experiment.landscape
        self._steps = experiment.steps
        self._seed = experiment.seed
        self._run = run
        self.snapshot = snapshot or Snapshot(0, tuple(float(value) for value in experiment.origin))

    def advance(self, count: int) -> Block:
        """Compute up to ``count`` further rows; none where the run has ended."""
        rows: list[tuple[float, ...]] = []
        first = self.snapshot.step
        if self.snapshot.ended:
            return _block(first, rows, self._landscape.dim)
        goal = min(first + count, self._steps)
        while self.snapshot.step < goal and not self.snapshot.ended:
            step = self.snapshot.step
            later = [change.step for change in self._run.changes if change.step > step]
            until = min([goal, *later])
            walk = _Walk(self._landscape, self._run.settings_at(step), self._seed)
            self.snapshot = walk.go(self.snapshot, until - step, rows)
        if self.snapshot.step == self._steps and not self.snapshot.ended and first + count > self._steps:
            walk = _Walk(self._landscape, self._run.settings_at(self._steps), self._seed)
            self.snapshot = walk.rest(self.snapshot, rows)
        return _block(first, rows, self._landscape.dim)


def _block(first: int, rows: list[tuple[float, ...]], dim: int) -> Block:
    """Rows of (theta..., loss, gradient..., lr, momentum) as columns."""
    width = 2 * dim + 3
    table = np.fromiter(chain.from_iterable(rows), np.float64, len(rows) * width).reshape(len(rows), width)
    with np.errstate(all="ignore"):
        gradients = table[:, dim + 1 : 2 * dim + 1]
        norm = np.hypot(gradients[:, 0], gradients[:, 1]) if dim == 2 else np.linalg.norm(gradients, axis=1)
    return Block(first, table[:, :dim].copy(), table[:, dim].copy(), table[:, -2].copy(), norm, table[:, -1].copy())


class _Walk:
    """A stretch of a run during which its settings stay the same."""

    def __init__(self, landscape: Any, settings: Settings, seed: int) -> None:
        if not isinstance(landscape, PlaneLandscape):
            raise TypeError(f"{type(landscape).__name__} is not a landscape over two parameters")
        self._landscape = landscape
        self._settings = settings
        self._seed = seed
        schedule = settings.schedule
        self._plateau = schedule if isinstance(schedule, ReduceLROnPlateau) else None

    def go(self, at: Snapshot, count: int, rows: list[tuple[float, ...]]) -> Snapshot:
        """Make ``count`` updates from ``at``, adding a row for each; stops behind the first non-finite row."""
        (x, y), (sx, sy), done, plateau = self._take_up(at)
        _, coefficients, update = self._settings.optimizer.rule(FLOATS)
        parts = self._landscape.first(FLOATS)
        clip = self._settings.clip
        watch = self._plateau
        rates, momenta = self._ahead(at.step, count)
        noise = self._noise(at.step, count)
        step, ended = at.step, False
        add, nan = rows.append, math.nan
        for i in range(count):
            lr, momentum = rates[i], momenta[i]
            try:
                loss, gx, gy = parts(x, y)
            except (ArithmeticError, ValueError):
                loss, gx, gy = _first_as_ieee(self._landscape, x, y)
            if watch is not None:
                if watch.metric == "loss_after" and step > 0:
                    plateau = watch.observe(plateau, loss)
                lr = plateau.lr
            if noise is not None:
                gx, gy = gx + noise[i][0], gy + noise[i][1]
            try:
                ux, uy = (gx, gy) if clip is None else _clipped(clip, gx, gy, FLOATS)
                shared = coefficients(done + 1, lr, momentum)
                new_x, new_sx = update(x, ux, sx, shared)
                new_y, new_sy = update(y, uy, sy, shared)
            except (ArithmeticError, ValueError):
                new_x, new_y, new_sx, new_sy = self._as_ieee(x, y, gx, gy, sx, sy, done + 1, lr, momentum)
            add((x, y, loss, gx, gy, lr, nan if momentum is None else momentum))
            if loss * 0.0 + x * 0.0 + y * 0.0 != 0.0:
                ended = True
                break
            x, y, sx, sy = new_x, new_y, new_sx, new_sy
            step += 1
            done += 1
            if watch is not None and watch.metric == "loss_before":
                plateau = watch.observe(plateau, loss)
        if ended:
            rows[-1] = (*rows[-1][:-2], math.nan, math.nan)
        optimizer = self._settings.optimizer
        return Snapshot(step, (x, y), (sx, sy), done, optimizer.name(), optimizer.rate, plateau, ended)

    def rest(self, at: Snapshot, rows: list[tuple[float, ...]]) -> Snapshot:
        """Add the last row: where the marble came to lie after its last update."""
        x, y = at.theta
        try:
            loss, gx, gy = self._landscape.first(FLOATS)(x, y)
        except (ArithmeticError, ValueError):
            loss, gx, gy = _first_as_ieee(self._landscape, x, y)
        noise = self._noise(at.step, 1)
        if noise is not None:
            gx, gy = gx + noise[0][0], gy + noise[0][1]
        rows.append((x, y, loss, gx, gy, math.nan, math.nan))
        return Snapshot(
            at.step, at.theta, at.states, at.count, at.optimizer, at.base, at.plateau, ended=True
        )  # fmt: skip

    def _take_up(self, at: Snapshot) -> tuple[Any, Any, int, Any]:
        """Parameters, states, count and plateau to go on with: a new kind of optimizer starts afresh."""
        optimizer = self._settings.optimizer
        states, done = at.states, at.count
        if not states or at.optimizer != optimizer.name():
            rule: Rule = optimizer.rule(FLOATS)
            first_rate = optimizer.rate
            if self._plateau is None:
                first_rate = self._settings.schedule.rate(at.step, optimizer.rate)
            states, done = (rule.begin(first_rate),) * 2, 0
        plateau = at.plateau
        if self._plateau is None:
            plateau = None
        elif plateau is None:
            plateau = self._plateau.begin(optimizer.rate)
        elif at.base != optimizer.rate:
            plateau = plateau._replace(lr=optimizer.rate)
        return at.theta, states, done, plateau

    def _ahead(self, first: int, count: int) -> tuple[list[float], list[float | None]]:
        optimizer, schedule = self._settings.optimizer, self._settings.schedule
        rates = schedule.rates(first, count, optimizer.rate)
        if optimizer.momentum_field is None or type(schedule).momentum is Schedule.momentum:
            return rates, [None] * count
        if getattr(schedule, "cycle_momentum", None) is False:
            # A policy that may cycle momentum tells it even where it leaves it alone, as PyTorch's does.
            own = getattr(optimizer, optimizer.momentum_field)
            return rates, [own[0] if isinstance(own, tuple) else own] * count
        return rates, [schedule.momentum(t) for t in range(first, first + count)]

    def _noise(self, first: int, count: int) -> list[list[float]] | None:
        noise = self._settings.noise
        if noise is None or noise.std == 0.0:
            return None
        chunks = range(first // NOISE_CHUNK, (first + count - 1) // NOISE_CHUNK + 1)
        drawn = np.concatenate([_normals(self._seed, chunk, self._landscape.dim) for chunk in chunks])
        start = first - chunks[0] * NOISE_CHUNK
        with np.errstate(over="ignore"):
            rows: list[list[float]] = (noise.std * drawn[start : start + count]).tolist()
        return rows

    def _as_ieee(
        self, x: float, y: float, gx: float, gy: float, sx: State, sy: State, t: int, lr: float, momentum: float | None
    ) -> tuple[Any, ...]:
        """The same update on NumPy scalars, which give inf and nan where Python floats raise."""
        rule = self._settings.optimizer.rule(ARRAYS)
        clip = self._settings.clip
        with np.errstate(all="ignore"):
            ux, uy = np.float64(gx), np.float64(gy)
            if clip is not None:
                ux, uy = _clipped(clip, ux, uy, ARRAYS)
            shared = rule.coefficients(t, np.float64(lr), None if momentum is None else np.float64(momentum))
            new_x, new_sx = rule.update(np.float64(x), ux, _on_arrays(sx), shared)
            new_y, new_sy = rule.update(np.float64(y), uy, _on_arrays(sy), shared)
        return float(new_x), float(new_y), _on_floats(new_sx), _on_floats(new_sy)


def _first_as_ieee(landscape: PlaneLandscape, x: float, y: float) -> tuple[float, float, float]:
    """Loss and slope on NumPy scalars, which give inf and nan where Python floats raise."""
    with np.errstate(all="ignore"):
        loss, gx, gy = landscape.first(ARRAYS)(np.float64(x), np.float64(y))
        return float(loss), float(gx), float(gy)


def _on_arrays(state: State) -> State:
    return tuple(None if part is None else np.float64(part) for part in state)


def _on_floats(state: State) -> State:
    return tuple(None if part is None else float(part) for part in state)


def _clipped(clip: Any, gx: Any, gy: Any, m: Arithmetic) -> tuple[Any, Any]:
    if clip.kind == "norm":
        factor = clip.factor(m.sqrt(gx * gx + gy * gy), m)
        return gx * factor, gy * factor
    return clip.component(gx, m), clip.component(gy, m)


def _normals(seed: int, chunk: int, dim: int) -> Floats:
    """Standard normal numbers of one chunk of steps, shape (NOISE_CHUNK, dim): a pure function of its arguments."""
    stream = np.random.Philox(key=seed, counter=[0, 0, 0, chunk])
    return np.random.Generator(stream).standard_normal((NOISE_CHUNK, dim))
