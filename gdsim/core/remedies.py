"""What can be done about a run: edits of the document that a diagnosis proposes, each with the reason why it helps.

A remedy maps an experiment to another one and changes nothing itself: whoever applies it can undo it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from gdsim.core.clipping import Clip
from gdsim.core.experiment import MAX_STEPS, Change, Experiment, Noise, Run, Settings
from gdsim.core.landscapes import Landscape, ModelLandscape, PlaneLandscape
from gdsim.core.optimizers import SGD, Adam, Optimizer
from gdsim.core.schedules import (
    Constant,
    CosineAnnealingLR,
    CosineWithWarmup,
    LinearLR,
    OneCycleLR,
    PolynomialLR,
    Schedule,
    SequentialLR,
    WarmupStableDecay,
)
from gdsim.core.stability import largest_stable_rate, sharpness

Edit = Callable[[Experiment], Experiment]

LARGEST = {"degree": 15, "hidden": 32, "hidden2": 32}
"""What of a model has a size, and the largest there is."""
LENGTHS: dict[type[Schedule], str] = {
    CosineAnnealingLR: "T_max", CosineWithWarmup: "num_training_steps", LinearLR: "total_iters",
    OneCycleLR: "total_steps", PolynomialLR: "total_iters",
}  # fmt: skip
"""How schedules that come to an end call their length."""
OWN_RATES = ("max_lr", "base_lr", "eta_min", "min_lr")
"""Rates that schedules bring along: they are scaled together with the optimizer's."""
ELSEWHERE = 151
"""The stream of chance that finds another start; noise, batches and data use others."""


@dataclass(frozen=True)
class Remedy:
    """Something to try.

    Attributes:
        text: What it does, short enough for a button.
        tooltip: Why it helps.
        edit: Maps the experiment to the edited one; the one that is handed in stays as it is.
        by_chance: Whether chance decides if it helps, so that one failure proves nothing.
    """

    text: str
    tooltip: str
    edit: Edit
    by_chance: bool = False


def scaled_rate(index: int, factor: float) -> Edit:
    """An edit that multiplies all rates of a run, also those of its schedule and of later changes."""
    return _everywhere(
        index,
        lambda settings: {
            "optimizer": msgspec.structs.replace(settings.optimizer, lr=_times(settings.optimizer.rate, factor)),
            "schedule": _scaled(settings.schedule, factor),
        },
    )


def lower_rate(index: int, excess: float = 1.0) -> Remedy:
    """A tenth of the rate, or the order of magnitude below the largest stable one.

    Args:
        index: Which run.
        excess: How many times larger than the largest stable rate it is, where that is known.
    """
    orders = max(1, math.ceil(math.log10(excess) + math.log10(1.2))) if 1.0 <= excess < math.inf else 1
    powers = str(orders).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    words = {1: "tenfold", 2: "a hundredfold", 3: "a thousandfold"}.get(orders, f"10{powers}-fold")
    return Remedy(
        f"Lower η {words}",
        "The next order of magnitude that fits: a step that is too long by far becomes one that stays in the valley.",
        scaled_rate(index, 10.0**-orders),
    )


def half_the_edge(index: int, run: Run, edge: float) -> Remedy | None:
    """Half of the largest stable rate, where no schedule ever moves the rate."""
    rate = _short(0.5 * edge)
    moved = any(not isinstance(part.schedule, Constant) for part in (run, *run.changes))
    if moved or not 0.0 < rate < math.inf:
        return None
    return Remedy(
        f"Set η to {rate:g}",
        "Half of the largest stable rate: the steep direction then settles quickest, and nothing is thrown out.",
        _everywhere(index, lambda found: {"optimizer": _with(found.optimizer, lr=rate)}),
    )


def raise_rate(index: int, settings: Settings, landscape: Landscape) -> Remedy:
    """Three times the rate, or one that suits the landscape where it is 0."""
    if settings.optimizer.rate == 0.0:
        rate = landscape.good_lr
        return Remedy(
            f"Set η to {rate:g}",
            "At a rate of 0 nothing moves. This one suits plain descent here.",
            _everywhere(index, lambda found: {"optimizer": _with(found.optimizer, lr=rate)}),
        )
    return Remedy(
        "Raise η threefold",
        "Half an order of magnitude: the same way in a third of the steps.",
        scaled_rate(index, 3.0),
    )


def warm_up(index: int, settings: Settings, steps: int, ticks: int = 1) -> Remedy | None:
    """Three times the rate, reached from 0 in a quarter of all steps, where the rate is constant."""
    if not isinstance(settings.schedule, Constant):
        return None
    length = max(2, -(-steps // max(1, ticks)))
    schedule = CosineWithWarmup(num_warmup_steps=max(1, length // 4), num_training_steps=length)
    return Remedy(
        "Warm up to 3 η",
        "Three times the rate is too much where it starts, and right where it is now: it rises from 0, then falls.",
        _everywhere(
            index,
            lambda found: {
                "optimizer": _with(found.optimizer, lr=_times(found.optimizer.rate, 3.0)), "schedule": schedule
            },
        ),
    )  # fmt: skip


def clip_at(index: int, limit: float, tooltip: str) -> Remedy:
    """A limit on the gradient's norm."""
    limit = _short(limit)
    return Remedy(f"Clip to norm {limit:g}", tooltip,
                  _everywhere(index, lambda settings: {"clip": Clip(kind="norm", value=limit)}))  # fmt: skip


def raise_limit(index: int, limit: float) -> Remedy:
    """A limit that lets ordinary gradients through."""
    limit = _short(limit)
    return Remedy(
        f"Raise the limit to {limit:g}",
        "Clipping is meant for the rare gradient that is far too long, not for all of them.",
        _everywhere(index, lambda settings: {"clip": settings.clip and Clip(kind=settings.clip.kind, value=limit)}),
    )


def momentum(index: int, settings: Settings, divided: int = 1, share: float = 0.9) -> Remedy | None:
    """Momentum, where plain descent uses less, with a part of the rate; others have a memory of their own."""
    optimizer = settings.optimizer
    if not isinstance(optimizer, SGD) or optimizer.momentum >= share:
        return None

    def change(found: Settings) -> dict[str, Any]:
        if not isinstance(found.optimizer, SGD):
            return {}
        rate = found.optimizer.rate if divided == 1 else _times(found.optimizer.rate, 1.0 / divided)
        return {"optimizer": _with(found.optimizer, lr=rate, momentum=share)}

    return Remedy(
        f"Momentum {share:g}" if divided == 1 else f"Momentum {share:g}, η ÷ {divided}",
        "Steps to and fro across the valley cancel, those along its floor add up to ten times their length.",
        _everywhere(index, change),
    )


def less_momentum(index: int, settings: Settings, share: float) -> Remedy | None:
    """Momentum of which less is kept; None where it is not clearly less."""
    own = getattr(settings.optimizer, "momentum", 0.0)
    share = max(0.0, math.floor(100.0 * share) / 100.0)
    if not share <= own - 0.05:
        return None

    def change(found: Settings) -> dict[str, Any]:
        more = getattr(found.optimizer, "momentum", 0.0) > share
        return (
            {"optimizer": _with(found.optimizer, momentum=share, **_undampened(found.optimizer, share))} if more else {}
        )

    return Remedy(
        f"Lower β to {share:g}",
        "So much momentum is lost that the marble comes to rest at the floor instead of running up the other side.",
        _everywhere(index, change),
    )


def _undampened(optimizer: Optimizer, share: float) -> dict[str, Any]:
    """Without momentum there is no Nesterov's."""
    return {"nesterov": False} if share == 0.0 and hasattr(optimizer, "nesterov") else {}


def adam(index: int, settings: Settings, away: float, steps: int) -> Remedy | None:
    """Adam instead of plain descent: a step length for each parameter.

    Args:
        index: Which run.
        settings: Its settings.
        away: How far the goal is from the start in the parameter that has to go furthest; 0 where that is not known.
        steps: How many steps there are for it.
    """
    if not isinstance(settings.optimizer, SGD):
        return None
    rate = float(f"{min(max(20.0 * away / steps, 1e-3), 1.0):.1g}") if 0.0 < away < math.inf else 0.05
    return Remedy(
        f"Try Adam (η = {rate:g})",
        "It measures each parameter's slopes and gives it a step length of its own.",
        _everywhere(index, lambda found: {"optimizer": Adam(lr=rate)} if isinstance(found.optimizer, SGD) else {}),
    )


def steady_rate(index: int) -> Remedy:
    """No schedule."""
    return Remedy("Keep η constant", "The rate then lasts as long as there is something to fall.",
                  _everywhere(index, lambda settings: {"schedule": Constant()}))  # fmt: skip


def cosine(index: int, steps: int, ticks: int = 1) -> Remedy:
    """A cosine over all steps."""
    length = max(1, -(-steps // max(1, ticks)))
    return Remedy(
        "Cosine over all steps",
        "Long steps first, short ones in the end: the rate reaches 0 with the last step, and not before.",
        _everywhere(index, lambda settings: {"schedule": CosineAnnealingLR(T_max=length)}),
    )


def more_noise(index: int, size: float) -> Remedy:
    """Noise on the gradient."""
    size = _short(size)
    return Remedy(f"Add noise (σ = {size:g})", "Noise shakes a marble out of a small pit; a wide one holds it.",
                  _everywhere(index, lambda settings: {"noise": Noise(std=size)}), by_chance=True)  # fmt: skip


def fading_noise(index: int, size: float, steps: int, ticks: int = 1) -> Remedy:
    """Noise on the gradient, and a cosine that takes it away with the rate."""
    size, length = _short(size), max(1, -(-steps // max(1, ticks)))
    return Remedy(
        f"Add noise (σ = {size:g}) and a cosine",
        "Noise shakes a marble out of a small pit; with the rate it fades, and a wide one holds the marble. Try more "
        "than one seed.",
        _everywhere(
            index, lambda settings: {"noise": Noise(std=size), "schedule": CosineAnnealingLR(T_max=length)}
        ),
        by_chance=True,
    )  # fmt: skip


def elsewhere(experiment: Experiment) -> Remedy | None:
    """Another start, found by chance from the seed; None where none can be found."""
    start = _another_start(experiment)
    if start is None:
        return None
    return Remedy("Start elsewhere", "Another start may lie in the basin of a deeper minimum.",
                  lambda given: msgspec.structs.replace(given, start=start), by_chance=True)  # fmt: skip


def larger_batch(index: int, settings: Settings, times: int = 4) -> Remedy | None:
    """A larger effective batch, where there are batches."""
    if settings.batch_size is None:
        return None
    return Remedy(
        f"Effective batch × {times}",
        f"Accumulate {times} times as many batches before an update: the noise of their mean is "
        f"1/√{times} of that of one.",
        _everywhere(index, lambda found: {"accumulate": found.accumulate * times}),
    )


def average(index: int, settings: Settings, steps: int) -> Remedy | None:
    """A moving average of the parameters over a tenth of the run, fifty steps at most, where none is kept."""
    if settings.average is not None:
        return None
    share = round(min(max(1.0 - 10.0 / steps, 0.5), 0.98), 2)
    return Remedy(
        f"Average θ (α = {share:g})",
        f"The average of the last {1.0 / (1.0 - share):.0f} places or so lies still where the marble dances.",
        _everywhere(index, lambda found: {"average": share}),
    )


def more_steps(experiment: Experiment) -> Remedy | None:
    """Twice as many steps, where there is room for so many; schedules that end with the run end with it again."""
    steps = min(2 * experiment.steps, MAX_STEPS)
    try:
        msgspec.structs.replace(experiment, steps=steps)
    except ValueError:  # of many parameters so many steps cannot be kept
        return None
    if steps == experiment.steps:
        return None

    def edit(given: Experiment) -> Experiment:
        runs = tuple(_lasting(given, run, steps) for run in given.runs)
        return msgspec.structs.replace(given, steps=steps, runs=runs)

    stretched = any(run is not old for run, old in zip(edit(experiment).runs, experiment.runs, strict=True))
    more = "; schedules that end with the run are stretched with it" if stretched else ""
    return Remedy(f"Go on to step {steps:,}", f"Twice as many steps: the loss is still falling{more}.", edit)


def _lasting(experiment: Experiment, run: Run, steps: int) -> Run:
    """The run with schedules that last as long as more steps do, where they lasted as long as the steps there were."""

    def schedule(part: Settings) -> Schedule:
        ticks = max(1, part.ticks(experiment.landscape, experiment.seed))
        old, new = -(-experiment.steps // ticks), -(-steps // ticks)
        length = _length(part.schedule)
        return part.schedule if length is None or abs(length - old) > 1 else _longer(part.schedule, new - length)

    changes = tuple(
        found if schedule(found) is found.schedule else msgspec.structs.replace(found, schedule=schedule(found))
        for found in run.changes
    )
    if schedule(run) is run.schedule and all(a is b for a, b in zip(changes, run.changes, strict=True)):
        return run
    return msgspec.structs.replace(run, schedule=schedule(run), changes=changes)


def _length(schedule: Schedule) -> int | None:
    """After how many ticks a schedule has done all it does; None where it goes on, or is not that kind."""
    if isinstance(schedule, WarmupStableDecay):
        return schedule.num_warmup_steps + schedule.num_stable_steps + schedule.num_decay_steps
    if isinstance(schedule, SequentialLR):
        last = _length(schedule.schedulers[-1])
        return None if last is None else last + (schedule.milestones[-1] if schedule.milestones else 0)
    return getattr(schedule, LENGTHS.get(type(schedule), ""), None)


def _longer(schedule: Schedule, ticks: int) -> Schedule:
    """A schedule that takes so many ticks more."""
    if isinstance(schedule, SequentialLR):
        parts = (*schedule.schedulers[:-1], _longer(schedule.schedulers[-1], ticks))
        return msgspec.structs.replace(schedule, schedulers=parts)
    name = "num_stable_steps" if isinstance(schedule, WarmupStableDecay) else LENGTHS[type(schedule)]
    return msgspec.structs.replace(schedule, **{name: getattr(schedule, name) + ticks})


def stop_at(step: int) -> Remedy:
    """As many steps as helped."""
    return Remedy(f"Stop at step {step:,}", "Early stopping: the parameters at the lowest validation loss are kept.",
                  lambda given: msgspec.structs.replace(given, steps=max(1, step)))  # fmt: skip


def weight_decay(index: int, settings: Settings, decay: float = 0.01) -> Remedy | None:
    """Weight decay, where an optimizer has it and uses less."""
    if not hasattr(settings.optimizer, "weight_decay") or settings.optimizer.weight_decay >= decay:
        return None
    return Remedy(
        f"Weight decay {decay:g}",
        "Small weights make smooth curves: what is learned by heart costs large ones.",
        _everywhere(index, lambda found: {"optimizer": _with(found.optimizer, weight_decay=decay)}),
    )


def weaker_decay(index: int, decay: float) -> Remedy:
    """A tenth of the weight decay."""
    return Remedy(
        f"Weight decay {_short(0.1 * decay):g}",
        "A tenth of the pull towards 0: the marble comes to rest nearer to the minimum.",
        _everywhere(index, lambda found: {"optimizer": _with(found.optimizer, weight_decay=_short(0.1 * decay))}),
    )


def resized(landscape: Landscape, *, larger: bool) -> Remedy | None:
    """A model with twice, or half, as much room; None where its size cannot be chosen."""
    changed: dict[str, int] = {}
    for name, most in LARGEST.items():
        size = getattr(landscape, name, 0)
        other = min(2 * size, most) if larger else max(min(1, size), size // 2)
        if other != size:
            changed[name] = other
    if not changed:
        return None
    what = ", ".join(f"{name.replace('hidden2', 'second layer')} {value}" for name, value in changed.items())
    text = f"A {'larger' if larger else 'smaller'} model ({what})"
    why = "With more parameters it can follow the rule." if larger else "With fewer it cannot learn by heart."
    return Remedy(text, why, lambda given: _on(given, **changed))


def ten_examples() -> Remedy:
    """The check that every sound model passes."""
    return Remedy(
        "Train on ten examples",
        "A sound model learns ten examples by heart. If its loss does not fall to 0, look for an error in the program.",
        lambda given: _on(given, only=10),
    )


def standardise(experiment: Experiment, index: int) -> Remedy | None:
    """Standardised inputs, where they are not; the rate of plain descent becomes one that suits them."""
    landscape = experiment.landscape
    if not isinstance(landscape, ModelLandscape) or landscape.standardise == 1.0:
        return None
    rate = _suiting(experiment, index)

    def edit(given: Experiment) -> Experiment:
        found = _on(given, standardise=1.0)
        if rate is None:
            return found
        return _everywhere(index, lambda settings: {"optimizer": _with(settings.optimizer, lr=rate)})(found)

    return Remedy(
        "Standardise the inputs" + ("" if rate is None else f", η = {rate:g}"),
        "With inputs of one scale the ravine becomes a bowl, which takes another rate.",
        edit,
    )


def _suiting(experiment: Experiment, index: int) -> float | None:
    """Half of the largest stable rate with standardised inputs; None where the one that is set is near it."""
    settings = experiment.runs[index]
    if not isinstance(settings.optimizer, SGD) or not isinstance(settings.schedule, Constant):
        return None
    standardised = _on(experiment, standardise=1.0)
    try:
        edge = largest_stable_rate(settings.optimizer, [[sharpness(standardised.landscape, standardised.origin)]]).rate
    except ValueError:
        return None
    if edge is None or not 0.0 < edge < math.inf or 0.1 <= settings.optimizer.rate / edge <= 0.8:
        return None
    return _short(0.5 * edge)


def sound_data(landscape: Landscape) -> Remedy | None:
    """The data as they were before they were spoilt, where they were."""
    if not isinstance(landscape, ModelLandscape) or landscape.corrupt == "nothing":
        return None
    return Remedy("Use the data as they were", "Nothing that is trained on spoilt data gets better than they are.",
                  lambda given: _on(given, corrupt="nothing"))  # fmt: skip


def robust_loss(landscape: Landscape) -> Remedy | None:
    """Huber's loss, where it can be chosen and is not."""
    if getattr(landscape, "loss_kind", "huber") == "huber":
        return None
    return Remedy("Huber's loss", "It counts far points by their distance, not by its square.",
                  lambda given: _on(given, loss_kind="huber"))  # fmt: skip


def _everywhere(index: int, change: Callable[[Settings], dict[str, Any]]) -> Edit:
    """An edit of a run's settings, and of those that it changes to."""

    def edit(experiment: Experiment) -> Experiment:
        run: Run = experiment.runs[index]
        changes: tuple[Change, ...] = tuple(msgspec.structs.replace(found, **change(found)) for found in run.changes)
        edited = msgspec.structs.replace(run, changes=changes, **change(run))
        runs = (*experiment.runs[:index], edited, *experiment.runs[index + 1 :])
        return msgspec.structs.replace(experiment, runs=runs)

    return edit


def _on(experiment: Experiment, **fields: Any) -> Experiment:
    """The experiment on a landscape with other settings; a start that does not fit it any more is left to it."""
    landscape = msgspec.structs.replace(experiment.landscape, **fields)
    if landscape.dim == experiment.landscape.dim:
        return msgspec.structs.replace(experiment, landscape=landscape)
    return msgspec.structs.replace(experiment, landscape=landscape, start=None, plane=None)


def _with(optimizer: Optimizer, **fields: Any) -> Optimizer:
    """The optimizer with other settings, as far as it has them."""
    return msgspec.structs.replace(optimizer, **{k: v for k, v in fields.items() if hasattr(optimizer, k)})


def _scaled(schedule: Schedule, factor: float) -> Schedule:
    if isinstance(schedule, SequentialLR):
        return msgspec.structs.replace(schedule, schedulers=tuple(_scaled(s, factor) for s in schedule.schedulers))
    own = {name: _times(getattr(schedule, name), factor) for name in OWN_RATES if hasattr(schedule, name)}
    return msgspec.structs.replace(schedule, **own) if own else schedule


def _times(value: float, factor: float) -> float:
    """The product, or the value as it was where the product is beyond all numbers."""
    product = _short(value * factor)
    return product if math.isfinite(product) and (product > 0.0 or value == 0.0) else value


def _another_start(experiment: Experiment) -> tuple[float, ...] | None:
    """A place in the view, or near where models begin; drawn from the seed and the old start's place in line."""
    landscape = experiment.landscape
    old = np.array(experiment.origin)
    digits = int.from_bytes(old.tobytes()[:8], "little") % 2**62
    rng = np.random.Generator(np.random.Philox(key=experiment.seed, counter=[0, 0, digits, ELSEWHERE]))
    try:
        view = landscape.home()
    except ValueError:  # the view depends on minima that are beyond all numbers
        return None
    for _ in range(16):
        if isinstance(landscape, PlaneLandscape) and not isinstance(landscape, ModelLandscape):
            left, right, bottom, top = view
            place = np.array([rng.uniform(left, right), rng.uniform(bottom, top)])
        else:
            place = old + (float(np.std(old)) or 1.0) * rng.standard_normal(old.size)
        place = np.array([_short(float(value)) for value in place])
        if np.isfinite(landscape.loss(place[np.newaxis])).all() and not np.array_equal(place, old):
            return tuple(float(value) for value in place)
    return None


def _short(value: float) -> float:
    """Three digits: what a person would write."""
    return float(f"{value:.3g}")
