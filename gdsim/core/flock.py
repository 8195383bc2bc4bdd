"""Many runs at once: the very update rules and landscapes that move one marble, on arrays of marbles.

A sweep asks for the ends of tens of thousands of runs, an ensemble for some hundred whole ones. What differs between
them (a hyperparameter, the start, the noise) is an array along the runs; the rest is as in ``descent``, row by row.
Marbles whose numbers left the floats are taken out, so that they do not slow down the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from gdsim.core.arithmetic import ARRAYS
from gdsim.core.descent import NOISE_CHUNK, normals
from gdsim.core.experiment import Run, Settings
from gdsim.core.landscapes import Floats, Landscape, ModelLandscape, PlaneLandscape
from gdsim.core.optimizers import State
from gdsim.core.outcome import EXPLOSION
from gdsim.core.paths import Parameter
from gdsim.core.schedules import Constant, ReduceLROnPlateau, Schedule

Whole = npt.NDArray[np.intp]
Watch = Callable[[int, Whole, Floats, Floats], None]
"""Is told every row: step, which runs still move, their losses (k,) and parameters (2, k). It copies what it keeps."""

AHEAD = 256
"""Steps whose rates are looked up together."""


def can_fly(landscape: Landscape, run: Run) -> bool:
    """Whether runs like this one can be moved as arrays; ``Descent`` moves the others one by one."""
    if not isinstance(landscape, PlaneLandscape) or run.changes or isinstance(run.schedule, ReduceLROnPlateau):
        return False
    return not isinstance(landscape, ModelLandscape) or run.batches(landscape.data().y.size, 0) is None


class Flock:
    """Runs on a landscape of two parameters that differ in some numbers.

    Args:
        landscape: Where they run.
        settings: What they have in common.
        starts: Where they begin, shape (2, n).
        steps: How many updates each makes.
        values: What they do not have in common: declared numbers of the settings, with their values, shape (n,) each.
        seeds: Of the noise: one for all, or one each.
        target: A loss; it is told when each run first came down to it.

    Attributes:
        step: How many updates have been made.
        final_loss: The loss of each run's last row, shape (n,); nan until the run has come to it.
        best_loss: The lowest finite loss of each, shape (n,); nan where there is none (yet).
        reached: The first step whose loss was at or below the target, shape (n,); -1 where none was.
        diverged: From which step on the numbers were not finite, or the loss was higher than it should ever be (as
            ``outcome`` judges), shape (n,); -1 where a run did not diverge.
        theta: The parameters of the last row, shape (2, n).
    """

    def __init__(
        self,
        landscape: PlaneLandscape,
        settings: Settings,
        starts: Floats,
        steps: int,
        *,
        values: Mapping[Parameter, npt.NDArray[Any]] | None = None,
        seeds: int | Sequence[int] = 0,
        target: float | None = None,
    ) -> None:
        count = starts.shape[1]
        self.step, self.steps = 0, steps
        self.final_loss, self.best_loss = np.full(count, np.nan), np.full(count, np.nan)
        self.reached, self.diverged = np.full(count, -1), np.full(count, -1)
        self.theta = np.array(starts, dtype=np.float64)
        self._parts = landscape.first(ARRAYS)
        self._settings, self._values = settings, dict(values or {})
        self._target = target
        self._noise = _Noise(settings.noise is not None, seeds)
        # What there is of each marble that still moves; it shrinks as some come to their end.
        self._alive: Whole = np.arange(count)
        self._at = self.theta.copy()
        self._best = np.full(count, np.inf)
        self._first, self._outside = np.full(count, -1), np.full(count, -1)
        self._some_outside = False
        self._bound = np.full(count, np.inf)
        self._prepare()
        self._state: State = self._rule.begin(self._clock.at(0)[0])

    @property
    def ended(self) -> bool:
        """Whether all of them have come to their end."""
        return not self._alive.size

    def advance(self, count: int, watch: Watch | None = None) -> None:
        """Look at up to ``count`` rows, and make the update behind each but the last."""
        goal = self.step + count
        with np.errstate(all="ignore"):
            while self._alive.size and self.step < goal:
                self._look(watch)
                if self.step == self.steps:
                    self._leave(np.ones(self._alive.size, dtype=bool))
                elif self._alive.size:
                    self._update()

    def _prepare(self) -> None:
        """What follows from the numbers of the marbles that still move."""
        settings, size = self._settings, self._alive.size
        for parameter, values in self._values.items():
            settings = parameter.put(settings, values)
        self._rule = settings.optimizer.rule(ARRAYS)
        self._clip = settings.clip
        self._std = 0.0 if settings.noise is None else settings.noise.std
        self._clock = _Clock(self._settings, self._values)
        self._lowest_bound = float(self._bound.min(initial=np.inf))
        self._slope, self._zeros = np.empty((2, size)), np.zeros(2 * size)

    def _look(self, watch: Watch | None) -> None:
        """The row at the present step."""
        theta, size = self._at, self._alive.size
        loss, self._slope[0], self._slope[1] = self._parts(theta[0], theta[1])
        if np.shape(loss) != (size,):
            loss = np.array(np.broadcast_to(loss, (size,)), dtype=np.float64)
        self._loss = loss
        if watch is not None:
            watch(self.step, self._alive, loss, theta)
        if self.step == 0:
            self._bound = loss + EXPLOSION * np.maximum(np.abs(loss), 1e-12)
            self._lowest_bound = float(self._bound.min())
        # 0 times a number is 0, unless it is not finite: two passes over everything, without a temporary.
        if loss @ self._zeros[:size] + theta.reshape(-1) @ self._zeros != 0.0:
            lost = ~(np.isfinite(loss) & np.isfinite(theta).all(axis=0))
            self._outside[lost] = self.step
            self._leave(lost)
            if not self._alive.size:
                return
        loss = self._loss
        np.minimum(self._best, loss, out=self._best)
        if self._target is not None:
            self._first[(loss <= self._target) & (self._first < 0)] = self.step
        if self._some_outside or float(loss.max()) > self._lowest_bound:
            outside = loss > self._bound
            since = np.where(self._outside < 0, self.step, self._outside)
            self._outside = np.where(outside, since, -1)
            self._some_outside = bool(outside.any())

    def _update(self) -> None:
        """One update of all."""
        g = self._slope
        lr, momentum = self._clock.at(self.step)
        shove = self._noise.at(self.step, self._alive)
        if shove is not None:
            g = g + self._std * shove
        if self._clip is not None:
            if self._clip.kind == "norm":
                g = g * self._clip.factor(np.sqrt(g[0] * g[0] + g[1] * g[1]), ARRAYS)
            else:
                g = self._clip.component(g, ARRAYS)
        shared = self._rule.coefficients(self.step + 1, lr, momentum)
        self._at, self._state = self._rule.update(self._at, g, self._state, shared)
        self.step += 1

    def _leave(self, gone: npt.NDArray[np.bool_]) -> None:
        """Write down what became of some, and go on without them."""
        who = self._alive[gone]
        self.final_loss[who], self.theta[:, who] = self._loss[gone], self._at[:, gone]
        best = self._best[gone]
        self.best_loss[who] = np.where(np.isfinite(best), best, np.nan)
        self.reached[who], self.diverged[who] = self._first[gone], self._outside[gone]
        size, stay = gone.size, ~gone

        def kept(part: Any) -> Any:
            return part[..., stay] if isinstance(part, np.ndarray) and part.shape[-1:] == (size,) else part

        self._alive, self._at, self._loss, slope = map(kept, (self._alive, self._at, self._loss, self._slope))
        self._best, self._first, self._outside, self._bound = map(
            kept, (self._best, self._first, self._outside, self._bound)
        )
        if self._alive.size:
            self._state = tuple(map(kept, self._state))
            self._values = {parameter: kept(values) for parameter, values in self._values.items()}
            self._prepare()
            self._slope[:] = slope


class _Noise:
    """Standard normal numbers for the slopes of each run, the same as ``Descent`` draws."""

    def __init__(self, there: bool, seeds: int | Sequence[int]) -> None:
        self._there, self._seeds, self._chunk = there, seeds, -1
        self._drawn = np.empty(0)

    def at(self, step: int, alive: Whole) -> Floats | None:
        """Of one step, shape (2, 1) or (2, k)."""
        if not self._there:
            return None
        chunk, row = divmod(step, NOISE_CHUNK)
        one = isinstance(self._seeds, int)
        if chunk != self._chunk:
            seeds = [self._seeds] if isinstance(self._seeds, int) else self._seeds
            self._drawn = np.stack([normals(seed, chunk, 2) for seed in seeds], axis=-1)
            self._chunk = chunk
        drawn: Floats = self._drawn[row]
        return drawn if one else drawn[:, alive]


class _Clock:
    """The rate, and the momentum where a schedule cycles it, of each step: one for all runs, or one each."""

    def __init__(self, settings: Settings, values: Mapping[Parameter, npt.NDArray[Any]]) -> None:
        optimizer, schedule = settings.optimizer, settings.schedule
        mine = {p: v for p, v in values.items() if p.head == "schedule" or p.path == "optimizer.lr"}
        base: Any = next((v for p, v in mine.items() if p.path == "optimizer.lr"), optimizer.rate)
        self._level = base if isinstance(schedule, Constant) else None
        self._kinds, self._of = [(schedule, optimizer.rate)], None
        if mine and self._level is None:
            keys, self._of = np.unique(np.stack(list(mine.values())), axis=1, return_inverse=True)
            self._kinds = [_put(settings, mine, key) for key in keys.T.tolist()]
        self._cycles = optimizer.momentum_field is not None and type(schedule).momentum is not Schedule.momentum
        self._own: Any = None
        if self._cycles and getattr(schedule, "cycle_momentum", None) is False:
            # A policy that may cycle momentum tells it even where it leaves it alone (see ``Descent``).
            given = getattr(optimizer, optimizer.momentum_field or "")
            place = None if not isinstance(given, tuple) else 0
            path = f"optimizer.{optimizer.momentum_field}" + ("" if place is None else "[0]")
            own = given if place is None else given[0]
            self._own = next((v for p, v in values.items() if p.path == path), own)
            self._cycles = False
        self._chunk = -1
        self._rates: Any = None
        self._momenta: Any = None

    def at(self, step: int) -> tuple[Any, Any]:
        """Rate and momentum of update ``step``."""
        if self._level is not None:
            return self._level, None
        chunk, row = divmod(step, AHEAD)
        if chunk != self._chunk:
            self._chunk = chunk
            self._rates = [_rates(*kind, chunk) for kind in self._kinds]
            self._momenta = [_momenta(schedule, chunk) for schedule, _ in self._kinds] if self._cycles else None
            if self._of is not None:
                self._rates = np.array(self._rates).T
                self._momenta = np.array(self._momenta).T if self._cycles else None
        if self._of is None:
            return self._rates[0][row], self._momenta[0][row] if self._cycles else self._own
        return self._rates[row][self._of], self._momenta[row][self._of] if self._cycles else self._own


def _put(settings: Settings, parameters: Mapping[Parameter, Any], key: Sequence[float]) -> tuple[Schedule, float]:
    """The schedule and the rate that belong to some values."""
    for parameter, value in zip(parameters, key, strict=True):
        settings = parameter.put(settings, round(value) if parameter.whole else value)
    return settings.schedule, settings.optimizer.rate


@lru_cache(maxsize=8192)
def _rates(schedule: Schedule, base: float, chunk: int) -> list[float]:
    return schedule.rates(chunk * AHEAD, AHEAD, base)


@lru_cache(maxsize=8192)
def _momenta(schedule: Schedule, chunk: int) -> list[float | None]:
    return [schedule.momentum(t) for t in range(chunk * AHEAD, chunk * AHEAD + AHEAD)]
