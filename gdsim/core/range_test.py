"""The learning-rate range test: one update a rate, each rate larger than the last, until the loss blows up.

It answers how large a rate may be before anything is trained (Smith 2017, Cyclical Learning Rates for Training Neural
Networks). The updates are the descent's own: the run as it stands, under a schedule that only rises.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import msgspec
import numpy as np

from gdsim.core.descent import Descent
from gdsim.core.experiment import Experiment, Run
from gdsim.core.landscapes import Floats, ModelLandscape
from gdsim.core.optimizers import Optimizer
from gdsim.core.outcome import between
from gdsim.core.schedules import (
    Constant,
    CosineWithWarmup,
    CyclicLR,
    ExponentialLR,
    OneCycleLR,
    ReduceLROnPlateau,
    Schedule,
)

START = 1e-7
"""The first rate: far below what any landscape needs."""
FACTOR = 1.3
"""What the rate is multiplied by from update to update."""
MOST = 120
"""Updates at most: from 1e-7 by 1.3 they lead beyond 4e6."""
LONGEST = 10_000
"""No test may be longer."""
SMOOTHING = 0.6
"""How much of the smoothed loss is kept from rate to rate: it remembers two or three, a factor of 2 in the rate."""
BLOWN = 4.0
"""The test stops where the smoothed loss is this many times its best."""
UNDER = 10.0
"""The suggestion lies this many times under the rate at which the loss blew up."""
FLAT = 0.01
"""A loss that fell by less than this share of what it was did not fall."""
NOTHING = 1e-9
"""A rise by less than this share of the first loss is no rise, however small the best loss was."""
CHECK_EVERY = 8
"""Updates that are made before somebody looks whether the loss has blown up."""
DIGITS = 3
"""Significant digits of a suggestion: what is shown is what is applied."""

How = Literal["rate", "one_cycle", "warmup_cosine"]


@dataclass(frozen=True)
class RangeTest:
    """What a range test found.

    Attributes:
        before: The loss at the start, on all training examples.
        rates: The rates that were tried, ascending, shape (n,).
        losses: The loss after the update with each of them, on all training examples, shape (n,).
        smoothed: The same smoothed, shape (n,).
        stopped: Why the test stopped, in a sentence.
        step: How many updates it made, n.
        steepest: The rate at which the smoothed loss falls most steeply against the logarithm of the rate; None where
            it does not fall.
        blew_up: The rate at which the test stopped because the loss blew up; None where it did not.
        suggestion: The rate to begin with, None where the test does not tell.
        why: Where the suggestion comes from, or why there is none, and what it is good for, in sentences.
        present: The highest rate that the run as it stands comes to.
    """

    before: float
    rates: Floats
    losses: Floats
    smoothed: Floats
    stopped: str
    step: int
    steepest: float | None
    blew_up: float | None
    suggestion: float | None
    why: str
    present: float = math.nan


def range_test(
    experiment: Experiment,
    index: int,
    start: float = START,
    factor: float = FACTOR,
    most: int = MOST,
    smoothing: float = SMOOTHING,
    theta: tuple[float, ...] | None = None,
    stop: Callable[[], bool] | None = None,
) -> RangeTest:
    """Raise the rate from update to update and see where the loss blows up.

    Optimizer, clipping, noise and batches are those that the run begins with; its schedule is left out. Losses are
    those on all training examples, so that a lucky batch neither stops the test nor hides that it should stop. The
    smoothed loss decides: a marble that swings through the minimum with momentum comes up again and has not blown up.

    Args:
        experiment: The document.
        index: Which of its runs.
        start: The first rate.
        factor: What the rate is multiplied by at each update.
        most: Updates at most.
        smoothing: Share of the smoothed loss that is kept from update to update, from 0 (not smoothed) to below 1.
        theta: Where to start instead of the experiment's start.
        stop: Asked every few updates whether to end the test; what was computed by then is judged.

    Raises:
        ValueError: An argument makes no sense.
    """
    _check(start, factor, most, smoothing)
    run = experiment.runs[index]
    rising = msgspec.structs.replace(
        run, optimizer=_at_rate(run.optimizer, start), schedule=ExponentialLR(gamma=factor), schedule_by="step",
        changes=(), average=None,
    )  # fmt: skip
    trial = msgspec.structs.replace(experiment, runs=(rising,), steps=most, plane=None)
    if theta is not None:
        trial = msgspec.structs.replace(trial, start=tuple(float(value) for value in theta))
    rates, losses, blown = _climb(trial, rising, smoothing, stop)
    found = _judged(rates, losses, blown, smoothing)
    present = max(run.schedule.rates(0, min(experiment.steps, LONGEST), run.optimizer.rate))
    return replace(
        found, present=present, why=found.why + _against(found.suggestion, present, _chance(experiment, run))
    )


def _chance(experiment: Experiment, run: Run) -> bool:
    """Whether updates of a run see more or less than the gradient on all examples."""
    landscape = experiment.landscape
    batches = isinstance(landscape, ModelLandscape) and run.batches(landscape.data().y.size, experiment.seed)
    return bool(batches) or (run.noise is not None and run.noise.std > 0.0)


def _against(suggestion: float | None, present: float, chance: bool) -> str:
    """The suggestion beside the rate that the run has: it is meant for a fresh start, and no promise."""
    if suggestion is None or not math.isfinite(present):
        return ""
    times = present / suggestion
    beside = "about as much" if 0.8 <= times <= 1.25 else "more" if times > 1.0 else "less"
    told = f" The run as it stands reaches {present:.3g}, {beside}: a range test finds a rate to begin anew with"
    return told + (
        "."
        if chance
        else ", and leaves room for noise; this run has none, and may bear more, up to its largest stable rate."
    )


def smooth(values: Floats, keep: float) -> Floats:
    """The debiased exponential moving average, shape (n,) -> (n,); what comes later changes nothing before.

    m ← keep·m + (1 - keep)·v from m = 0, divided by 1 - keepᵗ: the weights add up to 1, so a constant stays as it is.
    Values that are not finite are passed on and left out of the average.
    """
    found = np.array(values, dtype=np.float64)
    mean, weight = 0.0, 0.0
    for k, value in enumerate(found.tolist()):
        if not math.isfinite(value):
            continue
        # The mean itself is moved: with sums that are divided afterwards a constant would lose its last digit.
        weight = keep * weight + (1.0 - keep)
        mean = value if k == 0 or weight == 1.0 - keep else mean + (value - mean) * ((1.0 - keep) / weight)
        found[k] = mean
    return found


def applied(experiment: Experiment, index: int, test: RangeTest, how: How) -> Experiment:
    """The experiment with the suggestion put into a run, from its first step on.

    Args:
        experiment: The document.
        index: Which of its runs.
        test: What the range test found.
        how: As the run's rate (or the peak of a schedule that brings its own), as the peak of one cycle over all steps,
            or as the peak of a warm-up over a tenth of the steps with a cosine behind it.

    Raises:
        ValueError: The test suggests nothing.
    """
    if test.suggestion is None:
        raise ValueError(f"there is no rate to apply: {test.why}")
    run = experiment.runs[index]
    changed = with_peak(run, test.suggestion, how, experiment.steps)
    runs = (*experiment.runs[:index], changed, *experiment.runs[index + 1 :])
    return msgspec.structs.replace(experiment, runs=runs)


def with_peak(run: Run, peak: float, how: How, steps: int) -> Run:
    """A run whose rate, or whose schedule's highest rate, is ``peak``; what was to change later is forgotten."""
    schedule, by = run.schedule, run.schedule_by
    if how == "rate":
        schedule = _with_own_peak(schedule, peak)
    elif how == "one_cycle":
        # Where there is no momentum the policy must not bring one along: that would be another optimizer.
        schedule = OneCycleLR(max_lr=peak, total_steps=max(2, steps), cycle_momentum=_rolls(run.optimizer))
        by = "step"
    else:
        warm_up = max(1, steps // 10)
        schedule = CosineWithWarmup(num_warmup_steps=warm_up, num_training_steps=max(steps, warm_up + 1))
        by = "step"
    return msgspec.structs.replace(
        run, optimizer=_at_rate(run.optimizer, peak), schedule=schedule, schedule_by=by, changes=()
    )


def _check(start: float, factor: float, most: int, smoothing: float) -> None:
    if not (math.isfinite(start) and start > 0.0):
        raise ValueError(f"the first rate must be greater than 0, not {start:g}")
    if not (math.isfinite(factor) and factor > 1.0):
        raise ValueError(f"the factor must be greater than 1, not {factor:g}: the rate has to rise")
    if not 1 <= most <= LONGEST:
        raise ValueError(f"the number of updates must be 1 to {LONGEST:,}, not {most:,}")
    if not 0.0 <= smoothing < 1.0:
        raise ValueError(f"smoothing must be at least 0 and below 1, not {smoothing:g}")
    if (most - 1) * math.log10(factor) + math.log10(start) > 300.0:
        raise ValueError(f"{most:,} rates from {start:g} by {factor:g} lead beyond all numbers")


def _at_rate(optimizer: Optimizer, rate: float) -> Optimizer:
    return msgspec.structs.replace(optimizer, lr=rate)


def _climb(
    trial: Experiment, run: Run, smoothing: float, stop: Callable[[], bool] | None
) -> tuple[Floats, Floats, bool]:
    """Rates and losses (one more: the one at the start) up to where the loss blows up, and whether it does."""
    descent = Descent(trial, run)
    rates, losses = np.empty(0), np.empty(0)
    while True:
        block = descent.advance(CHECK_EVERY)
        rates, losses = np.append(rates, block.lr), np.append(losses, block.loss)
        end = _blown_at(losses, smoothing)
        if end is None and not np.isfinite(block.theta).all():
            end = len(losses) - 1  # a parameter is not finite, though the loss still is
            losses[-1] = np.inf
        if end is not None:
            return rates[:end], losses[: end + 1], True
        if descent.snapshot.ended or not len(block.loss) or (stop is not None and stop()):
            return rates[: len(losses) - 1], losses, False


def _blown_at(losses: Floats, smoothing: float) -> int | None:
    """The first row at which the loss is not finite, or beyond the limit when it is smoothed."""
    smoothed = smooth(losses, smoothing)
    with np.errstate(all="ignore"):
        beyond = ~np.isfinite(losses) | (smoothed > _limit(np.fmin.accumulate(smoothed), float(losses[0])))
    return int(np.argmax(beyond)) if beyond.any() else None


def _limit(best: Floats, first: float) -> Floats:
    """Four times the best loss; where that is 0 or below, three times its own size, or all it fell, above it."""
    room = np.where(best > 0.0, best, np.maximum(np.abs(best), first - best))
    return np.asarray(best + np.maximum((BLOWN - 1.0) * room, NOTHING * abs(first)))


def _judged(rates: Floats, losses: Floats, blown: bool, smoothing: float) -> RangeTest:
    before, after = float(losses[0]), losses[1:]
    if not rates.size:
        why = "the loss is not finite at the start, whatever the rate: look at the data and the start first"
        return RangeTest(before, rates, after, after, f"The loss at the start is {_word(before)}.", 0, None, None, None,
                         _sentence(why))  # fmt: skip
    smoothed = smooth(losses, smoothing)
    blew_up = float(rates[-1]) if blown else None
    fell = before - float(np.nanmin(np.where(np.isfinite(losses), losses, np.nan)))
    flat = fell <= FLAT * abs(before)
    steepest = None if flat else _steepest(rates, smoothed)
    suggestion, why = _suggested(rates, losses, blew_up, fell, flat=flat)
    stopped = _why_stopped(rates, losses, smoothed, blown)
    return RangeTest(before, rates, after, smoothed[1:], stopped, rates.size, steepest, blew_up, suggestion, why)


def _steepest(rates: Floats, smoothed: Floats) -> float | None:
    """The rate whose update took the smoothed loss down furthest; rates stand evenly on the logarithmic axis."""
    falls = np.diff(smoothed)[: max(1, int(np.nanargmin(smoothed)))]  # behind its lowest place it only swings
    falls = np.where(np.isfinite(falls), falls, np.inf)
    place = int(np.argmin(falls))
    return float(rates[place]) if falls[place] < 0.0 else None


def _suggested(
    rates: Floats, losses: Floats, blew_up: float | None, fell: float, *, flat: bool
) -> tuple[float | None, str]:
    if blew_up is not None:
        rate = _rounded(blew_up / UNDER)
        if rates.size == 1:
            return None, _sentence(
                f"the loss blew up at once, at the first rate of {blew_up:.3g}; start the test lower"
            )
        if rate < rates[0]:
            return None, _sentence(
                f"the loss blew up within a factor of {UNDER:g} of the first rate; start the test lower"
            )
        more = "; before that it hardly fell, so see whether the start is a good one" if flat else ""
        return rate, _sentence(f"an order of magnitude under {blew_up:.3g}, where the loss blew up{more}")
    first = float(losses[0])
    if flat and fell > NOTHING * abs(first):
        ends = between(np.array([first, first - fell]))
        return None, _sentence(
            f"the loss fell too little to tell, it stayed between {ends}; go on to larger rates, or test for longer"
        )
    if flat:
        return None, _sentence(
            "the loss neither fell nor rose: the start lies where it is flat, or these rates are too small; go on to "
            "larger rates, or start elsewhere"
        )
    lowest = float(rates[int(np.nanargmin(losses[1:]))])
    why = f"the loss never blew up; this is an order of magnitude under {lowest:.3g}, where it was lowest"
    return _rounded(lowest / UNDER), _sentence(why)


def _why_stopped(rates: Floats, losses: Floats, smoothed: Floats, blown: bool) -> str:
    last, rate = float(losses[-1]), float(rates[-1])
    if not blown:
        return f"All {rates.size:,} rates were tried, up to {rate:.3g}; the loss did not blow up."
    if not math.isfinite(last):
        return f"The loss became {_word(last)} after update {rates.size:,}, at the rate {rate:.3g}."
    last, best = float(smoothed[-1]), float(smoothed.min())
    how = f"{BLOWN:g} times its best, {best:.3g}" if best > 0.0 else f"its best, {best:.3g}, by more than it had fallen"
    return f"After update {rates.size:,}, at the rate {rate:.3g}, the smoothed loss of {last:.3g} exceeds {how}."


def _word(value: float) -> str:
    return "not a number" if math.isnan(value) else "infinite" if math.isinf(value) else f"{value:.3g}"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _rounded(rate: float) -> float:
    return float(f"{rate:.{DIGITS}g}")


def _rolls(optimizer: Optimizer) -> bool:
    """Whether it has a momentum in use, which a policy may cycle."""
    field = optimizer.momentum_field
    own = getattr(optimizer, field) if field else 0.0
    return bool(own[0] if isinstance(own, tuple) else own)


def _with_own_peak(schedule: Schedule, peak: float) -> Schedule:
    """A schedule that brings its own rates reaches ``peak``; others follow the optimizer's rate."""
    if isinstance(schedule, OneCycleLR):
        return msgspec.structs.replace(schedule, max_lr=peak)
    if isinstance(schedule, CyclicLR):
        share = schedule.base_lr / schedule.max_lr if schedule.max_lr > 0.0 else 1.0
        return msgspec.structs.replace(schedule, max_lr=peak, base_lr=peak * share)
    if isinstance(schedule, ReduceLROnPlateau) and schedule.min_lr > peak:
        return Constant()  # its least rate would be higher than the rate that is asked for
    return schedule
