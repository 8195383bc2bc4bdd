"""Learning-rate schedules: step number -> rate (and momentum, where it cycles). Pure, so drawable ahead of time.

Names, keywords and values are those of torch.optim.lr_scheduler; t counts from 0, and the value at 0 is the rate
of the first update. Only ReduceLROnPlateau has to watch the loss; it keeps its state apart.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple, TypeAlias, Union

import msgspec

from gdsim.core.spec import Spec, kinds_of, number, option

MAX_COUNT = 1_000_000_000
"""No schedule is longer: its arithmetic is in floats, and whole numbers of any size would overflow them."""


def _power(base: float, exponent: float) -> float:
    """``base`` to the power of ``exponent``: infinite where Python would raise."""
    try:
        return float(base**exponent)
    except OverflowError:
        return math.inf


def _count(
    label: str, symbol: str, meaning: str, *, low: int = 1, high: int = 1000, ge: int = 1, advanced: bool = False
) -> Any:
    return number(label, symbol, meaning, low=low, high=high, scale="log", ge=ge, le=MAX_COUNT, advanced=advanced)


def _factor(label: str, symbol: str, meaning: str, *, low: float = 0.01, high: float = 1.0, **k: Any) -> Any:
    return number(label, symbol, meaning, low=low, high=high, **k)


def _ratio(value: float) -> str:
    known = {0.5: "½", 0.1: "⅒", 0.25: "¼", 1 / 3: "⅓", 0.2: "⅕"}
    return known.get(value, f"×{value:g}")


class Schedule(Spec, frozen=True, kw_only=True):
    """A learning rate over the steps of a run."""

    title: ClassVar[str] = ""
    teaches: ClassVar[str] = ""
    known_ahead: ClassVar[bool] = True
    stairs: ClassVar[bool] = False

    def rate(self, t: int, base: float) -> float:
        """The rate of update ``t`` (from 0); ``base`` is the optimizer's lr."""
        raise NotImplementedError  # abstract

    def momentum(self, t: int) -> float | None:
        """The momentum of update ``t`` where the schedule cycles it."""
        return None

    def rates(self, first: int, count: int, base: float) -> list[float]:
        """The rates of ``count`` updates from ``first`` on."""
        return [self.rate(t, base) for t in range(first, first + count)]

    def describe(self) -> str:
        """What it does, in a few words."""
        return self.title


class Constant(Schedule, frozen=True, kw_only=True, tag="constant"):
    """The same rate throughout."""

    title: ClassVar[str] = "constant"
    teaches: ClassVar[str] = "The same rate from the first step to the last."

    def rate(self, t: int, base: float) -> float:
        """Base."""
        return base

    def rates(self, first: int, count: int, base: float) -> list[float]:
        """Base, ``count`` times."""
        return [base] * count


class ConstantLR(Schedule, frozen=True, kw_only=True, tag="ConstantLR"):
    """base · factor for the first total_iters steps, base afterwards."""

    title: ClassVar[str] = "ConstantLR"
    teaches: ClassVar[str] = "A smaller rate for a while, then the full one: the crudest warm-up."
    stairs: ClassVar[bool] = True

    factor: Annotated[
        float, _factor("factor", "f", "What the rate is multiplied by at first.", ge=0.0, le=1.0)
    ] = 1.0 / 3.0  # fmt: skip
    total_iters: Annotated[int, _count("steps", "T", "For how many steps.", ge=0)] = 5

    def rate(self, t: int, base: float) -> float:
        """A step up at total_iters."""
        # PyTorch lifts the factor when it reaches total_iters, which it never does where that is 0.
        return base * self.factor if t < self.total_iters or self.total_iters == 0 else base

    def describe(self) -> str:
        """ConstantLR · ⅓ for 5."""
        return f"ConstantLR · {_ratio(self.factor)} for {self.total_iters}"


class StepLR(Schedule, frozen=True, kw_only=True, tag="StepLR"):
    """base · gamma^⌊t / step_size⌋."""

    title: ClassVar[str] = "StepLR"
    teaches: ClassVar[str] = "Drops the rate by a factor every so many steps."
    stairs: ClassVar[bool] = True

    step_size: Annotated[int, _count("every", "s", "Steps between two drops.")] = 30
    gamma: Annotated[float, _factor("factor", "γ", "What the rate is multiplied by at each drop.", gt=0.0)] = 0.1

    def rate(self, t: int, base: float) -> float:
        """Stairs."""
        return base * _power(self.gamma, t // self.step_size)

    def describe(self) -> str:
        """StepLR · ½ every 30."""
        return f"StepLR · {_ratio(self.gamma)} every {self.step_size}"


class MultiStepLR(Schedule, frozen=True, kw_only=True, tag="MultiStepLR"):
    """base · gamma^(number of milestones that t has reached)."""

    title: ClassVar[str] = "MultiStepLR"
    teaches: ClassVar[str] = "Drops the rate by a factor at chosen steps."
    stairs: ClassVar[bool] = True

    milestones: Annotated[
        tuple[Annotated[int, msgspec.Meta(ge=0)], ...],
        msgspec.Meta(title="milestones", description="The steps at which the rate drops.", max_length=100),
    ] = (50, 100)
    gamma: Annotated[float, _factor("factor", "γ", "What the rate is multiplied by at each drop.", gt=0.0)] = 0.1

    def rate(self, t: int, base: float) -> float:
        """Stairs."""
        return base * _power(self.gamma, sum(t >= milestone for milestone in self.milestones))

    def describe(self) -> str:
        """MultiStepLR · ⅒ at 50, 100."""
        return f"MultiStepLR · {_ratio(self.gamma)} at {', '.join(map(str, self.milestones))}"


class ExponentialLR(Schedule, frozen=True, kw_only=True, tag="ExponentialLR"):
    """base · gammaᵗ."""

    title: ClassVar[str] = "ExponentialLR"
    teaches: ClassVar[str] = "The rate shrinks by the same factor at every step."

    gamma: Annotated[
        float,
        number("factor", "γ", "What the rate is multiplied by at every step.", low=0.9, high=1.0, gt=0.0),
    ] = 0.99

    def rate(self, t: int, base: float) -> float:
        """Exponential decay."""
        return base * _power(self.gamma, t)

    def describe(self) -> str:
        """ExponentialLR · ×0.99."""
        return f"ExponentialLR · ×{self.gamma:g}"


class CosineAnnealingLR(Schedule, frozen=True, kw_only=True, tag="CosineAnnealingLR"):
    """eta_min + (base - eta_min)(1 + cos(πt/T_max))/2 (Loshchilov & Hutter 2017); rises again after T_max."""

    title: ClassVar[str] = "cosine"
    teaches: ClassVar[str] = "Half a cosine from the full rate down to the least one."

    T_max: Annotated[int, _count("steps", "T", "Steps from the highest rate to the lowest.")] = 200
    eta_min: Annotated[
        float, number("least rate", "η min", "Where the rate ends.", low=1e-6, high=0.1, scale="log", ge=0.0)
    ] = 0.0

    def rate(self, t: int, base: float) -> float:
        """A cosine."""
        return self.eta_min + (base - self.eta_min) * (1.0 + math.cos(math.pi * t / self.T_max)) / 2.0

    def describe(self) -> str:
        """Cosine over 200."""
        return f"cosine · over {self.T_max}"


class CosineAnnealingWarmRestarts(Schedule, frozen=True, kw_only=True, tag="CosineAnnealingWarmRestarts"):
    """SGDR (Loshchilov & Hutter 2017): cosines that start again, each T_mult times as long as the last."""

    title: ClassVar[str] = "cosine with restarts"
    teaches: ClassVar[str] = "Cosines that jump back to the full rate."

    T_0: Annotated[int, _count("first cycle", "T₀", "Steps of the first cosine.")] = 50
    T_mult: Annotated[
        int, number("growth", "×", "How much longer each cycle is.", low=1, high=4, ge=1, le=MAX_COUNT)
    ] = 1
    eta_min: Annotated[
        float,
        number("least rate", "η min", "Where each cosine ends.", low=1e-6, high=0.1, scale="log", ge=0.0),
    ] = 0.0

    def rate(self, t: int, base: float) -> float:
        """A cosine within its cycle."""
        length, since = self.T_0, t
        if self.T_mult == 1:
            since = t % length
        else:
            while since >= length:
                since -= length
                length *= self.T_mult
        return self.eta_min + (base - self.eta_min) * (1.0 + math.cos(math.pi * since / length)) / 2.0

    def describe(self) -> str:
        """Restarts every 50."""
        return f"cosine · restart every {self.T_0}" + (f" ×{self.T_mult}" if self.T_mult > 1 else "")


class LinearLR(Schedule, frozen=True, kw_only=True, tag="LinearLR"):
    """From base · start_factor to base · end_factor in total_iters steps."""

    title: ClassVar[str] = "LinearLR"
    teaches: ClassVar[str] = "A straight ramp: warm-up where it rises, decay where it falls."

    start_factor: Annotated[float, _factor("from", "f₀", "First factor.", gt=0.0, le=1.0)] = 1.0 / 3.0
    end_factor: Annotated[float, _factor("to", "f₁", "Last factor.", ge=0.0, le=1.0, low=0.0)] = 1.0
    total_iters: Annotated[int, _count("steps", "T", "Length of the ramp.")] = 5

    def rate(self, t: int, base: float) -> float:
        """A ramp, then level."""
        part = min(t, self.total_iters) / self.total_iters
        return base * (self.start_factor + (self.end_factor - self.start_factor) * part)

    def describe(self) -> str:
        """LinearLR · ⅓ to ×1 in 5."""
        return f"LinearLR · {_ratio(self.start_factor)} to {_ratio(self.end_factor)} in {self.total_iters}"


class PolynomialLR(Schedule, frozen=True, kw_only=True, tag="PolynomialLR"):
    """base · (1 - t/total_iters)^power; 0 afterwards."""

    title: ClassVar[str] = "PolynomialLR"
    teaches: ClassVar[str] = "Falls to zero along a power of the remaining time."

    total_iters: Annotated[int, _count("steps", "T", "When the rate reaches 0.")] = 200
    power: Annotated[float, number("power", "p", "1 is a straight line.", low=0.5, high=4.0, gt=0.0)] = 1.0

    def rate(self, t: int, base: float) -> float:
        """A power of the remaining share."""
        return float(base * (1.0 - min(t, self.total_iters) / self.total_iters) ** self.power)

    def describe(self) -> str:
        """PolynomialLR · to 0 in 200."""
        return f"PolynomialLR · to 0 in {self.total_iters}"


class CyclicLR(Schedule, frozen=True, kw_only=True, tag="CyclicLR"):
    """Cyclical rates (Smith 2017) between base_lr and max_lr; momentum runs the other way where it cycles."""

    title: ClassVar[str] = "CyclicLR"
    teaches: ClassVar[str] = "A saw-tooth between two rates."

    base_lr: Annotated[float, number("least rate", "η min", "Where each cycle starts.",
                                     low=1e-6, high=1.0, scale="log", ge=0.0)] = 1e-3  # fmt: skip
    max_lr: Annotated[float, number("peak rate", "η max", "The top of each cycle.",
                                    low=1e-5, high=10.0, scale="log", gt=0.0)] = 1e-2  # fmt: skip
    step_size_up: Annotated[int, _count("steps up", "u", "Steps from the least to the peak rate.")] = 25
    step_size_down: (
        Annotated[int, _count("steps down", "d", "Steps back; as many as up where empty.", advanced=True)] | None
    ) = None
    mode: Annotated[
        Literal["triangular", "triangular2", "exp_range"],
        option("shape", "triangular2 halves the peak each cycle, exp_range shrinks it by γ each step."),
    ] = "triangular"
    gamma: Annotated[
        float, _factor("factor", "γ", "Of exp_range: shrinks the peak at each step.", gt=0.0, advanced=True)
    ] = 1.0
    cycle_momentum: Annotated[
        bool, option("cycle momentum", "Lowers momentum while the rate rises.", advanced=True)
    ] = True
    base_momentum: Annotated[
        float, _factor("least momentum", "β min", "Momentum at the peak.", ge=0.0, lt=1.0, advanced=True)
    ] = 0.8
    max_momentum: Annotated[
        float, _factor("most momentum", "β max", "Momentum at the foot.", ge=0.0, lt=1.0, advanced=True)
    ] = 0.9

    def _height(self, t: int) -> float:
        down = self.step_size_up if self.step_size_down is None else self.step_size_down
        total = float(self.step_size_up + down)
        turn = self.step_size_up / total
        cycle = math.floor(1.0 + t / total)
        x = 1.0 + t / total - cycle
        height = x / turn if x <= turn else (x - 1.0) / (turn - 1.0)
        if self.mode == "triangular2":
            return height / _power(2.0, cycle - 1)
        return height * _power(self.gamma, t) if self.mode == "exp_range" and height else height

    def rate(self, t: int, base: float) -> float:
        """A saw-tooth; the optimizer's own rate does not count."""
        return self.base_lr + (self.max_lr - self.base_lr) * self._height(t)

    def momentum(self, t: int) -> float | None:
        """The opposite saw-tooth."""
        if not self.cycle_momentum:
            return None
        return self.max_momentum - (self.max_momentum - self.base_momentum) * self._height(t)

    def describe(self) -> str:
        """CyclicLR · up in 25."""
        return f"CyclicLR · {self.base_lr:g} to {self.max_lr:g}"


class OneCycleLR(Schedule, frozen=True, kw_only=True, tag="OneCycleLR"):
    """The 1cycle policy (Smith & Topin 2019), as in PyTorch; holds its last rate after total_steps."""

    title: ClassVar[str] = "one cycle"
    teaches: ClassVar[str] = "One long rise to a bold rate, one long fall to almost nothing."

    max_lr: Annotated[float, number("peak rate", "η max", "The top of the cycle.",
                                    low=1e-5, high=10.0, scale="log", gt=0.0)] = 1e-2  # fmt: skip
    total_steps: Annotated[int, _count("steps", "T", "Length of the cycle.", ge=2)] = 200
    pct_start: Annotated[float, _factor("rise", "p", "Share of the steps spent rising.", ge=0.0, le=1.0)] = 0.3
    anneal_strategy: Annotated[
        Literal["cos", "linear"], option("shape", "Cosine or straight flanks.", advanced=True)
    ] = "cos"
    cycle_momentum: Annotated[
        bool, option("cycle momentum", "Lowers momentum while the rate rises.", advanced=True)
    ] = True
    base_momentum: Annotated[
        float, _factor("least momentum", "β min", "Momentum at the peak.", ge=0.0, lt=1.0, advanced=True)
    ] = 0.85
    max_momentum: Annotated[
        float, _factor("most momentum", "β max", "Momentum at the ends.", ge=0.0, lt=1.0, advanced=True)
    ] = 0.95
    div_factor: Annotated[float, number("start", "÷", "The first rate is the peak divided by this.",
                                        low=1.0, high=100.0, scale="log", gt=0.0, advanced=True)] = 25.0  # fmt: skip
    final_div_factor: Annotated[float, number("end", "÷", "The last rate is the first divided by this.",
                                              low=1.0, high=1e5, scale="log", gt=0.0, advanced=True)] = 1e4  # fmt: skip
    three_phase: Annotated[
        bool, option("three phases", "Back to the first rate, then a tail to the last.", advanced=True)
    ] = False

    def _phases(self) -> list[tuple[float, float, float, float, float]]:
        """(end, rate from, rate to, momentum from, momentum to) of each phase."""
        first = self.max_lr / self.div_factor
        last = first / self.final_div_factor
        high, low = self.max_momentum, self.base_momentum
        rise, end = self.pct_start * self.total_steps - 1.0, self.total_steps - 1.0
        if self.three_phase:
            return [
                (rise, first, self.max_lr, high, low),
                (2.0 * self.pct_start * self.total_steps - 2.0, self.max_lr, first, low, high),
                (end, first, last, high, high),
            ]
        return [(rise, first, self.max_lr, high, low), (end, self.max_lr, last, low, high)]

    def _between(self, t: int, column: int) -> float:
        t = min(t, self.total_steps - 1)
        start = 0.0
        phases = self._phases()
        for index, phase in enumerate(phases):
            end = phase[0]
            if t <= end or index == len(phases) - 1:
                part = (t - start) / (end - start) if end > start else 1.0
                return self._anneal(phase[column], phase[column + 1], part)
            start = end
        raise AssertionError("a cycle has a last phase")

    def _anneal(self, begin: float, end: float, part: float) -> float:
        if self.anneal_strategy == "linear":
            return (end - begin) * part + begin
        return end + (begin - end) / 2.0 * (math.cos(math.pi * part) + 1.0)

    def rate(self, t: int, base: float) -> float:
        """Up and down; the optimizer's own rate does not count."""
        return self._between(t, 1)

    def momentum(self, t: int) -> float | None:
        """Down and up."""
        return self._between(t, 3) if self.cycle_momentum else None

    def describe(self) -> str:
        """One cycle · to 0.1 in 200."""
        return f"one cycle · to {self.max_lr:g} in {self.total_steps}"


class CosineWithWarmup(Schedule, frozen=True, kw_only=True, tag="CosineWithWarmup"):
    """Linear warm-up, then a cosine to 0 (the recipe of Hugging Face transformers); exactly 0 at t = 0."""

    title: ClassVar[str] = "warm-up + cosine"
    teaches: ClassVar[str] = "Rises in a line, falls along a cosine: how transformers are trained."

    num_warmup_steps: Annotated[int, _count("warm-up", "w", "Steps of the rise.", ge=0)] = 20
    num_training_steps: Annotated[int, _count("steps", "T", "When the rate reaches 0.")] = 200
    num_cycles: Annotated[float, number("cycles", "c", "½ is a single fall.", low=0.5, high=3.5, gt=0.0, le=1e6)] = 0.5

    def rate(self, t: int, base: float) -> float:
        """A ramp, then a cosine."""
        w, total = self.num_warmup_steps, self.num_training_steps
        if t < w:
            return base * (t / max(1, w))
        part = (t - w) / max(1, total - w)
        return base * max(0.0, 0.5 * (1.0 + math.cos(math.pi * self.num_cycles * 2.0 * part)))

    def describe(self) -> str:
        """Warm-up 20 + cosine."""
        return f"warm-up {self.num_warmup_steps} + cosine"


class WarmupStableDecay(Schedule, frozen=True, kw_only=True, tag="WarmupStableDecay"):
    """Warm-up, a long level stretch, a short decay (Hu et al. 2024, "WSD")."""

    title: ClassVar[str] = "warm-up, stable, decay"
    teaches: ClassVar[str] = "Holds the full rate until shortly before the end."

    num_warmup_steps: Annotated[int, _count("warm-up", "w", "Steps of the rise.", ge=0)] = 20
    num_stable_steps: Annotated[int, _count("stable", "s", "Steps at the full rate.", ge=0)] = 140
    num_decay_steps: Annotated[int, _count("decay", "d", "Steps of the fall.")] = 40
    decay_type: Annotated[Literal["linear", "cosine", "1-sqrt"], option("shape", "How the rate falls.")] = "cosine"
    min_lr_ratio: Annotated[
        float, _factor("least share", "r", "The last rate as a share of the full one.", low=0.0, ge=0.0, le=1.0)
    ] = 0.0  # fmt: skip

    def rate(self, t: int, base: float) -> float:
        """Ramp, level, fall."""
        if t < self.num_warmup_steps:
            return base * (t / self.num_warmup_steps)
        part = (t - self.num_warmup_steps - self.num_stable_steps) / self.num_decay_steps
        part = min(max(part, 0.0), 1.0)
        if self.decay_type == "linear":
            left = 1.0 - part
        elif self.decay_type == "cosine":
            left = 0.5 * (1.0 + math.cos(math.pi * part))
        else:
            left = 1.0 - math.sqrt(part)
        return base * (self.min_lr_ratio + (1.0 - self.min_lr_ratio) * left)

    def describe(self) -> str:
        """Warm-up 20, stable 140, decay 40."""
        return f"warm-up {self.num_warmup_steps}, stable, decay {self.num_decay_steps}"


class PlateauState(NamedTuple):
    """What ReduceLROnPlateau remembers between two steps."""

    lr: float
    best: float
    bad: int = 0
    cooldown: int = 0


class ReduceLROnPlateau(Schedule, frozen=True, kw_only=True, tag="ReduceLROnPlateau"):
    """Multiplies the rate by factor once the loss has not got better for more than patience steps."""

    title: ClassVar[str] = "reduce on plateau"
    teaches: ClassVar[str] = "Lowers the rate only when the loss stops getting better."
    known_ahead: ClassVar[bool] = False
    stairs: ClassVar[bool] = True

    mode: Annotated[Literal["min", "max"], option("better is", "min: a lower loss is better.", advanced=True)] = "min"
    factor: Annotated[float, _factor("factor", "γ", "What the rate is multiplied by.", gt=0.0, lt=1.0)] = 0.1
    patience: Annotated[int, _count("patience", "p", "Bad steps that are waited through.", ge=0)] = 10
    threshold: Annotated[
        float,
        number("threshold", "δ", "What counts as better.", low=1e-6, high=0.1, scale="log", ge=0.0, advanced=True),
    ] = 1e-4
    threshold_mode: Annotated[Literal["rel", "abs"], option("threshold is", "Relative or absolute.", advanced=True)] = (
        "rel"
    )
    cooldown: Annotated[int, _count("cooldown", "c", "Steps of rest after a drop.", ge=0, advanced=True)] = 0
    min_lr: Annotated[
        float,
        number(
            "least rate", "η min", "The rate never falls below.", low=1e-8, high=0.1, scale="log", ge=0.0, advanced=True
        ),
    ] = 0.0
    eps: Annotated[
        float,
        number(
            "epsilon",
            "ε",
            "Drops smaller than this are left out.",
            low=1e-12,
            high=1e-3,
            scale="log",
            ge=0.0,
            advanced=True,
        ),
    ] = 1e-8
    metric: Annotated[
        Literal["loss_before", "loss_after"],
        option("watches", "The loss before the update (the usual loop) or after it.", advanced=True),
    ] = "loss_before"

    def begin(self, base: float) -> PlateauState:
        """The state before the first step."""
        return PlateauState(base, math.inf if self.mode == "min" else -math.inf)

    def rate(self, t: int, base: float) -> float:
        """The rate as long as the loss gets better."""
        return base

    def observe(self, state: PlateauState, loss: float) -> PlateauState:
        """The state after a step whose metric was ``loss``."""
        lr, best, bad, cooldown = state
        if self._better(loss, best):
            best, bad = loss, 0
        else:
            bad += 1
        if cooldown > 0:
            cooldown, bad = cooldown - 1, 0
        if bad > self.patience:
            lowered = max(lr * self.factor, self.min_lr)
            if lr - lowered > self.eps:
                lr = lowered
            cooldown, bad = self.cooldown, 0
        return PlateauState(lr, best, bad, cooldown)

    def _better(self, loss: float, best: float) -> bool:
        sign = 1.0 if self.mode == "min" else -1.0
        if self.threshold_mode == "rel":
            return sign * loss < sign * best * (1.0 - sign * self.threshold)
        return sign * loss < sign * best - self.threshold

    def describe(self) -> str:
        """On plateau · ⅒ after 10."""
        return f"on plateau · {_ratio(self.factor)} after {self.patience}"


if TYPE_CHECKING:
    Part: TypeAlias = Schedule
else:
    Part = Union[tuple(k for k in kinds_of(Schedule) if k is not ReduceLROnPlateau)]  # noqa: UP007


class SequentialLR(Schedule, frozen=True, kw_only=True, tag="SequentialLR"):
    """Schedules one after another; each restarts at t = 0 at its milestone and works from base."""

    title: ClassVar[str] = "sequence"
    teaches: ClassVar[str] = "One schedule after another: warm-up, then decay."

    schedulers: Annotated[
        tuple[Part, ...],
        msgspec.Meta(title="parts", description="The schedules, in order.", min_length=1, max_length=20),
    ] = (LinearLR(start_factor=0.1, total_iters=20), CosineAnnealingLR(T_max=180))
    milestones: Annotated[
        tuple[Annotated[int, msgspec.Meta(ge=0)], ...],
        msgspec.Meta(title="milestones", description="The steps at which the next part begins."),
    ] = (20,)

    def __post_init__(self) -> None:
        if len(self.milestones) != len(self.schedulers) - 1:
            raise ValueError("there must be one milestone fewer than schedulers")
        if any(b <= a for a, b in itertools.pairwise(self.milestones)):
            raise ValueError("milestones must rise")

    def _part(self, t: int) -> tuple[Schedule, int]:
        index = sum(t >= milestone for milestone in self.milestones)
        return self.schedulers[index], t - (self.milestones[index - 1] if index else 0)

    def rate(self, t: int, base: float) -> float:
        """The rate of the part that t lies in."""
        part, since = self._part(t)
        return part.rate(since, base)

    def momentum(self, t: int) -> float | None:
        """The momentum of the part that t lies in."""
        part, since = self._part(t)
        return part.momentum(since)

    def describe(self) -> str:
        """Its parts."""
        return " → ".join(part.title for part in self.schedulers)
