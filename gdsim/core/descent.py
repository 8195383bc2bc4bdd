"""The loop: gradient, clip, update, schedule. Everything that moves a marble, in the window or without one.

A run is computed in blocks of any size; where it was cut makes no difference to a single bit of it. Two parameters
are moved on Python floats, more of them on arrays; the update rule is the same. Numbers that Python floats refuse (an
overflow in exp, 0/0) are computed again as IEEE 754 does, so that a divergence ends in inf or nan like in any training
loop, and not in an exception.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from gdsim.core.arithmetic import ARRAYS, FLOATS, Arithmetic
from gdsim.core.experiment import Experiment, Run, Settings
from gdsim.core.landscapes import Floats, Landscape, ModelLandscape, PlaneLandscape
from gdsim.core.optimizers import State
from gdsim.core.schedules import PlateauState, ReduceLROnPlateau, Schedule

NOISE_CHUNK = 256
"""Steps whose noise is drawn together: noise is a function of seed and step, so there is no generator to keep."""


@dataclass(frozen=True)
class Snapshot:
    """All that the next update depends on, apart from the document.

    Attributes:
        step: The number of updates made.
        theta: The parameters before update ``step``: a tuple of two floats, or an array of more.
        states: What the update rule remembers, one entry a coordinate (one for all of an array); empty before its
            first update.
        count: Updates made by this optimizer since it began (its bias corrections count from there).
        optimizer: The kind that ``states`` belong to.
        base: The learning rate that the plateau's state started from.
        plateau: The state of ReduceLROnPlateau, None for other schedules.
        average: The moving average of theta up to the row before ``step``, None where none is kept.
        ended: Whether the run is over: all steps made, or a number was not finite.
    """

    step: int
    theta: Any
    states: tuple[State, ...] = ()
    count: int = 0
    optimizer: str = ""
    base: float = math.nan
    plateau: PlateauState | None = None
    average: Floats | None = None
    ended: bool = False


class Block(NamedTuple):
    """Consecutive rows of a trajectory: row i stands before update ``first + i``.

    ``lr`` and ``momentum`` are those used by that update, nan where none follows or momentum does not cycle.
    ``loss`` is the loss on all examples. The rest is None where there is no such thing: the loss on the batch that the
    update saw, the loss on the validation part, the moving average of theta.
    """

    first: int
    theta: Floats
    loss: Floats
    lr: Floats
    grad_norm: Floats
    momentum: Floats
    batch_loss: Floats | None = None
    val_loss: Floats | None = None
    average: Floats | None = None


class Descent:
    """One run of an experiment, computed piece by piece from a snapshot.

    Args:
        experiment: The document.
        run: Which run of it.
        snapshot: Where to go on; None: from the start.
        noise_seed: Of the noise on gradients, where that is another than the document's.
    """

    def __init__(
        self, experiment: Experiment, run: Run, snapshot: Snapshot | None = None, *, noise_seed: int | None = None
    ) -> None:
        self._landscape = experiment.landscape
        self._steps = experiment.steps
        self._seeds = experiment.seed, experiment.seed if noise_seed is None else noise_seed
        self._run = run
        self._walk: type[_Walk] = _FloatWalk if isinstance(experiment.landscape, PlaneLandscape) else _ArrayWalk
        self.snapshot = snapshot or Snapshot(0, self._walk.place(experiment.origin))

    def advance(self, count: int) -> Block:
        """Compute up to ``count`` further rows; none where the run has ended."""
        first, pieces = self.snapshot.step, list[Block]()
        goal = min(first + count, self._steps)
        while self.snapshot.step < goal and not self.snapshot.ended:
            step = self.snapshot.step
            until = min([goal, *(change.step for change in self._run.changes if change.step > step)])
            pieces.append(self._go(until - step))
        if self.snapshot.step == self._steps and not self.snapshot.ended and first + count > self._steps:
            pieces.append(self._go(0))
        if not pieces:
            return Block(first, np.empty((0, self._landscape.dim)), *(np.empty(0) for _ in range(4)))
        return joined(pieces)

    def _go(self, count: int) -> Block:
        """Rows of ``count`` updates with the same settings; for none, the row behind the last update."""
        walk = self._walk(self._landscape, self._run.settings_at(self.snapshot.step), *self._seeds)
        block, snapshot = walk.go(self.snapshot, count) if count else walk.rest(self.snapshot)
        average = walk.averages(self.snapshot, block.theta)
        self.snapshot = snapshot if average is None else replace(snapshot, average=average[-1])
        return block._replace(average=average)


def joined(pieces: list[Block]) -> Block:
    """Blocks that follow each other as one; what only some of them have is nan in the others."""
    if len(pieces) == 1:
        return pieces[0]
    return Block(pieces[0].first, *(_column(name, pieces) for name in Block._fields[1:]))  # type: ignore[arg-type]


def _column(name: str, pieces: list[Block]) -> Floats | None:
    parts = [getattr(piece, name) for piece in pieces]
    if all(part is None for part in parts):
        return None
    like = "theta" if name == "average" else "loss"
    return np.concatenate(
        [
            np.full_like(getattr(piece, like), np.nan) if part is None else part
            for piece, part in zip(pieces, parts, strict=True)
        ]
    )


class _Walk:
    """A stretch of a run during which its settings stay the same."""

    def __init__(self, landscape: Landscape, settings: Settings, seed: int, noise_seed: int) -> None:
        self._landscape: Any = landscape
        self._settings = settings
        self._noise_seed = noise_seed
        schedule = settings.schedule
        self._plateau = schedule if isinstance(schedule, ReduceLROnPlateau) else None
        self._data = landscape.data() if isinstance(landscape, ModelLandscape) else None
        self._batches = None if self._data is None else settings.batches(self._data.y.size, seed)
        self._validated = self._data is not None and self._data.y_val.size > 0
        self._ticks = self._batches.per_epoch if self._batches and settings.schedule_by == "epoch" else 1

    @staticmethod
    def place(origin: tuple[float, ...]) -> Any:
        """A place in parameter space as this walk holds it."""
        raise NotImplementedError  # abstract

    def go(self, at: Snapshot, count: int) -> tuple[Block, Snapshot]:
        """Make ``count`` updates from ``at``, with a row for each; stops behind the first non-finite row."""
        raise NotImplementedError  # abstract

    def rest(self, at: Snapshot) -> tuple[Block, Snapshot]:
        """The last row: where the marble came to lie after its last update."""
        raise NotImplementedError  # abstract

    def averages(self, at: Snapshot, theta: Floats) -> Floats | None:
        """The moving average of theta at each row, as torch.optim.swa_utils.AveragedModel takes it.

        It begins with the parameters after the first update.
        """
        keep = self._settings.average
        if keep is None or not len(theta):
            return None
        found, average = theta.copy(), at.average
        with np.errstate(all="ignore"):
            for k in range(len(theta)):
                if average is not None and at.step + k > 1:
                    found[k] = average + (1.0 - keep) * (theta[k] - average)
                average = found[k]
        return found

    def _begun(self, at: Snapshot, coordinates: int) -> tuple[Any, int, Any]:
        """States, count and plateau to go on with: a new kind of optimizer starts afresh."""
        optimizer = self._settings.optimizer
        states, done = at.states, at.count
        if not states or at.optimizer != optimizer.name():
            first_rate = optimizer.rate
            if self._plateau is None:
                first_rate = self._settings.schedule.rate(at.step // self._ticks, optimizer.rate)
            states, done = (self._first_state(first_rate),) * coordinates, 0
        plateau = at.plateau
        if self._plateau is None:
            plateau = None
        elif plateau is None:
            plateau = self._plateau.begin(optimizer.rate)
        elif at.base != optimizer.rate:
            plateau = plateau._replace(lr=optimizer.rate)
        return states, done, plateau

    def _first_state(self, rate: float) -> State:
        return self._settings.optimizer.rule(FLOATS).begin(rate)

    def _left(self, step: int, theta: Any, states: tuple[State, ...], done: int, **more: Any) -> Snapshot:
        optimizer = self._settings.optimizer
        return Snapshot(step, theta, states, done, optimizer.name(), optimizer.rate, **more)

    def _ahead(self, first: int, count: int) -> tuple[list[float], list[float | None]]:
        optimizer, schedule, ticks = self._settings.optimizer, self._settings.schedule, self._ticks
        start = first // ticks
        rates = schedule.rates(start, (first + count - 1) // ticks + 1 - start, optimizer.rate)
        if ticks > 1:
            rates = [rates[t // ticks - start] for t in range(first, first + count)]
        if optimizer.momentum_field is None or type(schedule).momentum is Schedule.momentum:
            return rates, [None] * count
        if getattr(schedule, "cycle_momentum", None) is False:
            # A policy that may cycle momentum tells it even where it leaves it alone, as PyTorch's does.
            own = getattr(optimizer, optimizer.momentum_field)
            return rates, [own[0] if isinstance(own, tuple) else own] * count
        return rates, [schedule.momentum(t // ticks) for t in range(first, first + count)]

    def _watches(self, metric: str, step: int) -> bool:
        """Whether the schedule looks at the loss now: after each update, or after each epoch."""
        watch = self._plateau
        if watch is None or watch.metric != metric:
            return False
        if metric == "loss_after":
            return step > 0 and step % self._ticks == 0
        return (step + 1) % self._ticks == 0

    def _noise(self, first: int, count: int) -> Floats | None:
        noise = self._settings.noise
        if noise is None or noise.std == 0.0:
            return None
        chunks = range(first // NOISE_CHUNK, (first + count - 1) // NOISE_CHUNK + 1)
        drawn = np.concatenate([normals(self._noise_seed, chunk, self._landscape.dim) for chunk in chunks])
        start = first - chunks[0] * NOISE_CHUNK
        with np.errstate(over="ignore"):
            return np.asarray(noise.std * drawn[start : start + count])


class _FloatWalk(_Walk):
    """Two parameters, moved on Python floats."""

    @staticmethod
    def place(origin: tuple[float, ...]) -> tuple[float, ...]:
        """Floats."""
        return tuple(float(value) for value in origin)

    def go(self, at: Snapshot, count: int) -> tuple[Block, Snapshot]:
        """The loop that all speed depends on: locals, floats, one tuple a row."""
        x, y = at.theta
        (sx, sy), done, plateau = self._begun(at, 2)
        _, coefficients, update = self._settings.optimizer.rule(FLOATS)
        parts = self._landscape.first(FLOATS)
        clip, watch = self._settings.clip, self._plateau
        rates, momenta = self._ahead(at.step, count)
        noise = self._noise(at.step, count)
        shoves = None if noise is None else noise.tolist()
        batches = self._on_batches(at.step, count)
        step, ended = at.step, False
        rows: list[tuple[float, ...]] = []
        of_batch: list[float] = []
        add, nan = rows.append, math.nan
        for i in range(count):
            lr, momentum = rates[i], momenta[i]
            try:
                loss, gx, gy = parts(x, y)
            except (ArithmeticError, ValueError):
                loss, gx, gy = _first_as_ieee(self._landscape, x, y)
            if watch is not None:
                if self._watches("loss_after", step):
                    plateau = watch.observe(plateau, loss)
                lr = plateau.lr
            if batches is not None:
                own, gx, gy = next(batches)(x, y)
                of_batch.append(own)
            if shoves is not None:
                gx, gy = gx + shoves[i][0], gy + shoves[i][1]
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
            if watch is not None and self._watches("loss_before", step):
                plateau = watch.observe(plateau, loss)
            step += 1
            done += 1
        if ended:
            rows[-1] = (*rows[-1][:-2], nan, nan)
        snapshot = self._left(step, (x, y), (sx, sy), done, plateau=plateau, ended=ended)
        return self._block(at.step, rows, of_batch), snapshot

    def rest(self, at: Snapshot) -> tuple[Block, Snapshot]:
        """The last row."""
        x, y = at.theta
        try:
            loss, gx, gy = self._landscape.first(FLOATS)(x, y)
        except (ArithmeticError, ValueError):
            loss, gx, gy = _first_as_ieee(self._landscape, x, y)
        batches, of_batch = self._on_batches(at.step, 1), []
        if batches is not None:
            own, gx, gy = next(batches)(x, y)
            of_batch = [own]
        noise = self._noise(at.step, 1)
        if noise is not None:
            gx, gy = gx + float(noise[0, 0]), gy + float(noise[0, 1])
        block = self._block(at.step, [(x, y, loss, gx, gy, math.nan, math.nan)], of_batch)
        return block, replace(at, ended=True)

    def _on_batches(self, first: int, count: int) -> Any:
        """For each update its loss and slope as a function of the two parameters; None for the full batch."""
        if self._batches is None:
            return None
        return self._landscape.batch_parts([self._batches.rows(step) for step in range(first, first + count)])

    def _block(self, first: int, rows: list[tuple[float, ...]], of_batch: list[float]) -> Block:
        """Rows of (x, y, loss, gradient, lr, momentum) as columns."""
        table = np.fromiter(chain.from_iterable(rows), np.float64, len(rows) * 7).reshape(len(rows), 7)
        with np.errstate(all="ignore"):
            norm = np.hypot(table[:, 3], table[:, 4])
        batch_loss = np.array(of_batch) if self._batches is not None else None
        val_loss = None
        if self._validated:
            data = self._landscape.data()
            held_back = self._landscape.parts_of(data.x_val, data.y_val)
            with np.errstate(all="ignore"):
                val_loss = np.array([float(held_back(row[0], row[1])[0]) for row in rows])
        theta, loss = table[:, :2].copy(), table[:, 2].copy()
        return Block(first, theta, loss, table[:, 5].copy(), norm, table[:, 6].copy(), batch_loss, val_loss)

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


class _ArrayWalk(_Walk):
    """A model of any number of parameters, moved on arrays."""

    @staticmethod
    def place(origin: tuple[float, ...]) -> Floats:
        """An array."""
        return np.array(origin, dtype=np.float64)

    def go(self, at: Snapshot, count: int) -> tuple[Block, Snapshot]:
        """One row an update; the full loss is taken at every step, whatever the batch."""
        theta: Floats = at.theta
        (state,), done, plateau = self._begun(at, 1)
        _, coefficients, update = self._settings.optimizer.rule(ARRAYS)
        rates, momenta = self._ahead(at.step, count)
        noise = self._noise(at.step, count)
        table = _Table(count, theta.size)
        watch, step, ended = self._plateau, at.step, False
        with np.errstate(all="ignore"):
            for i in range(count):
                lr, momentum = rates[i], momenta[i]
                loss, own, g = self._slope(theta, step)
                if noise is not None:
                    g = g + noise[i]
                if watch is not None:
                    if self._watches("loss_after", step):
                        plateau = watch.observe(plateau, loss)
                    lr = plateau.lr
                table.put(i, theta, loss, own, self._held_back(theta), math.sqrt(g @ g), lr, momentum)
                if not (math.isfinite(loss) and np.isfinite(theta).all()):
                    table.end(i)
                    ended = True
                    break
                shared = coefficients(done + 1, np.float64(lr), momentum)
                theta, state = update(theta, self._clip(g), state, shared)
                if watch is not None and self._watches("loss_before", step):
                    plateau = watch.observe(plateau, loss)
                step += 1
                done += 1
        snapshot = self._left(step, theta, (state,), done, plateau=plateau, ended=ended)
        return table.block(at.step, batched=self._batches is not None, validated=self._validated), snapshot

    def rest(self, at: Snapshot) -> tuple[Block, Snapshot]:
        """The last row."""
        table, noise = _Table(1, at.theta.size), self._noise(at.step, 1)
        with np.errstate(all="ignore"):
            loss, own, g = self._slope(at.theta, at.step)
            g = g if noise is None else g + noise[0]
            table.put(0, at.theta, loss, own, self._held_back(at.theta), math.sqrt(g @ g), math.nan, None)
        block = table.block(at.step, batched=self._batches is not None, validated=self._validated)
        return block, replace(at, ended=True)

    def _slope(self, theta: Floats, step: int) -> tuple[float, float, Floats]:
        """The loss on all examples, that on the batch of this step, and the gradient of the latter."""
        data = self._data
        assert data is not None
        if self._batches is None:
            loss, g = self._landscape.slope(theta, data.x, data.y)
            return loss, loss, g
        rows = self._batches.rows(step)
        own, g = self._landscape.slope(theta, data.x[rows], data.y[rows])
        return self._landscape.value(theta, data.x, data.y), own, g

    def _held_back(self, theta: Floats) -> float:
        if not self._validated:
            return math.nan
        assert self._data is not None
        return float(self._landscape.value(theta, self._data.x_val, self._data.y_val))

    def _clip(self, g: Floats) -> Floats:
        clip = self._settings.clip
        if clip is None:
            return g
        if clip.kind == "norm":
            return np.asarray(g * clip.factor(np.sqrt(g @ g), ARRAYS))
        return np.asarray(clip.component(g, ARRAYS))

    def _first_state(self, rate: float) -> State:
        return self._settings.optimizer.rule(ARRAYS).begin(np.float64(rate))


class _Table:
    """Rows of a run on arrays, as they come."""

    def __init__(self, count: int, dim: int) -> None:
        self._theta = np.empty((count, dim))
        self._rest = np.full((6, count), np.nan)  # loss, batch loss, validation loss, gradient norm, lr, momentum
        self._size = 0

    def put(self, row: int, theta: Floats, *values: float | None) -> None:
        self._theta[row] = theta
        self._rest[:, row] = [math.nan if value is None else value for value in values]
        self._size = row + 1

    def end(self, row: int) -> None:
        """No update follows ``row``: it has no rate."""
        self._rest[4:, row] = math.nan

    def block(self, first: int, *, batched: bool, validated: bool) -> Block:
        size = self._size
        loss, own, held_back, norm, lr, momentum = (column[:size].copy() for column in self._rest)
        theta = self._theta[:size]
        return Block(first, theta, loss, lr, norm, momentum, own if batched else None, held_back if validated else None)


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


def normals(seed: int, chunk: int, dim: int) -> Floats:
    """Standard normal numbers of one chunk of steps, shape (NOISE_CHUNK, dim): a pure function of its arguments."""
    stream = np.random.Philox(key=seed, counter=[0, 0, 0, chunk])
    return np.random.Generator(stream).standard_normal((NOISE_CHUNK, dim))
