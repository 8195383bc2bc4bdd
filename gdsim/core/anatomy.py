"""An update taken apart: which numbers made the step, in order, in the textbook's symbols.

Nothing is computed a second way: the run is taken up just before the update, the update is made by the very loop that
made it, and the rule is listened to while it works (``note`` in ``optimizers``). What is shown therefore adds up to
the step to the last bit.
"""

from __future__ import annotations

import math
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from types import CodeType
from typing import Any, Literal, NamedTuple, cast

import numpy as np

from gdsim.core.arithmetic import Arithmetic, Number
from gdsim.core.descent import NOISE_CHUNK, Descent, Snapshot, normals
from gdsim.core.epochs import examples_of, place_of, stretches
from gdsim.core.experiment import SETTINGS, Experiment, Run, Settings
from gdsim.core.landscapes import Floats, ModelLandscape
from gdsim.core.optimizers import Rule, State
from gdsim.core.trajectory import RunTrajectory

Role = Literal["place", "gradient", "noise", "clip", "decay", "momentum", "scale", "rate", "adapted", "step"]
"""What a term is a part of; each has its colour."""

KEPT = 48
"""States of a run that are kept on the way, so that going back is quick, too."""
STRIDE, STRIDE_OF_MANY = 64, 4
"""Updates between two of them, with two parameters and with more."""
SHOWN = 3
"""Parameters whose numbers a sentence tells."""
DIGITS, MORE = 4, 9
"""Digits that a number has at least, and how many more there may be for a formula to agree with its result."""


@dataclass(frozen=True, eq=False)
class Term:
    """One number (or one a parameter) that an update is made of.

    Attributes:
        key: Its name in programs: ``gradient``, ``noise``, ``clip``, ``decay``, ``velocity``, ``m_new``, ``step`` ...
        symbol: Its sign in textbooks.
        name: What it is called.
        brief: The same where there is little room: no two terms of an update share it.
        role: What it is a part of, for its colour.
        values: Its numbers, shape (dim,); None where all parameters share one.
        scalar: That one; None where each has its own.
        arrow: Whether it can be drawn as an arrow at the marble.
        against: Whether the marble moves against it, as it does against a gradient: the arrow is minus the values.
        adds: Whether it is one of the terms whose sum, taken in order, is the step.
    """

    key: str
    symbol: str
    name: str
    brief: str
    role: Role
    values: Floats | None
    scalar: float | None
    arrow: bool
    against: bool
    adds: bool
    _text: str = field(repr=False)
    _numbers: _Numbers = field(repr=False)

    @property
    def sentence(self) -> str:
        """What it is, in a sentence or two with the numbers put in."""
        return self._text.format_map(self._numbers)


@dataclass(frozen=True, eq=False)
class Anatomy:
    """The update that follows row ``step``.

    Attributes:
        step: The row: the number of updates made before.
        count: Which update of this optimizer it is, from 1: what bias corrections count.
        variant: The optimizer: "SGD · momentum".
        names: What the parameters are called, one name each.
        terms: All terms in the order in which they come about.
        formula: The update as a formula: "θₜ₊₁ = θₜ − η · (β · vₜ₋₁ + g)".
        after: The state behind the update.
    """

    step: int
    count: int
    variant: str
    names: tuple[str, ...]
    terms: tuple[Term, ...]
    formula: str
    after: Snapshot
    _line: str = field(repr=False)
    _noted: Mapping[str, Any] = field(repr=False)

    @cached_property
    def _places(self) -> dict[str, Term]:
        return {term.key: term for term in self.terms}

    def __contains__(self, key: object) -> bool:
        return key in self._places

    def __getitem__(self, key: str) -> Term:
        return self._places[key]

    def values(self, key: str) -> Floats:
        """The numbers of a term that has one a parameter.

        Raises:
            KeyError: This update has no such term, or it is one number for all.
        """
        found = self._places[key].values
        if found is None:
            raise KeyError(key)
        return found

    @property
    def with_numbers(self) -> str:
        """The formula with the numbers of the first parameter put in."""
        return self.numbers(0)

    def numbers(self, parameter: int) -> str:
        """The formula with the numbers of one parameter put in, and what comes out.

        It has as many digits as it takes for who computes it with these numbers to find this result.
        """
        each = {
            key: float(value[parameter] if isinstance(value, np.ndarray) else value)
            for key, value in self._noted.items()
        }
        return _put_in(self._line, each)


class Absent(NamedTuple):
    """There is no update to take apart, and why."""

    reason: str


class Anatomist:
    """Takes updates apart, one after the other: where the last one ended the next one begins.

    It keeps a few states of each run, so a step forward costs one update, and a jump at most the way from the nearest
    state that is known. It may be handed another experiment at any time: states that still hold are kept.
    """

    def __init__(self) -> None:
        self._trails: dict[int, _Trail] = {}
        self._last: tuple[Experiment, int, int, Anatomy] | None = None

    def at(self, experiment: Experiment, index: int, columns: RunTrajectory, step: int) -> Anatomy | Absent:
        """The update that follows row ``step`` of run ``index``, or why there is none.

        Args:
            experiment: The document.
            index: Which of its runs.
            columns: What is computed of that run; of these only the snapshots and their number are used.
            step: The row.
        """
        last = self._last
        if last is not None and last[0] is experiment and last[1:3] == (index, step):
            return last[3]
        at = self.before(experiment, index, columns, step)
        if isinstance(at, Absent):
            return at
        if at.ended or step >= experiment.steps:
            return Absent(_ending(experiment, at))
        found = _taken_apart(experiment, index, at)
        if isinstance(found, Anatomy):
            self._trails[index].keep(found.after)
            self._last = experiment, index, step, found
        return found

    def before(self, experiment: Experiment, index: int, columns: RunTrajectory, step: int) -> Snapshot | Absent:
        """The state before update ``step`` of run ``index``, or why there is none."""
        if not 0 <= step <= columns.last:
            return Absent(f"Step {step:,} is not computed yet.")
        trail = self._trails.get(index)
        if trail is None:
            trail = self._trails[index] = _Trail(experiment, index)
        trail.follow(experiment)
        return trail.before(columns, step)


def anatomy(experiment: Experiment, index: int, columns: RunTrajectory, step: int) -> Anatomy | Absent:
    """One update taken apart; for many of them in a row keep an ``Anatomist``."""
    return Anatomist().at(experiment, index, columns, step)


class _Trail:
    """States of one run that were come by."""

    def __init__(self, experiment: Experiment, index: int) -> None:
        self._experiment, self._index = experiment, index
        self._kept: OrderedDict[int, Snapshot] = OrderedDict()

    def follow(self, experiment: Experiment) -> None:
        """Go over to another document; states that it does not reach are forgotten."""
        old, self._experiment = self._experiment, experiment
        if experiment is old:
            return
        same = (
            self._index < len(old.runs)
            and (old.seed, old.origin) == (experiment.seed, experiment.origin)
            and old.landscape == experiment.landscape
        )
        until = old.runs[self._index].agrees_until(experiment.runs[self._index]) if same else -1
        for step in list(self._kept):
            if (until is not None and step > until) or step > experiment.steps:
                del self._kept[step]

    def keep(self, state: Snapshot) -> None:
        if state.ended:
            return
        self._kept[state.step] = state
        self._kept.move_to_end(state.step)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def before(self, columns: RunTrajectory, step: int) -> Snapshot | Absent:
        """The state before update ``step``, from the nearest one that is known."""
        known = [kept for kept in columns.snapshots if kept.step <= step and not kept.ended]
        known += [kept for place, kept in self._kept.items() if place <= step]
        nearest = max(known, key=lambda kept: kept.step, default=None)
        run = self._experiment.runs[self._index]
        descent = Descent(self._experiment, run, nearest)
        stride = STRIDE if self._experiment.landscape.dim == 2 else STRIDE_OF_MANY
        while descent.snapshot.step < step:
            descent.advance(min(stride, step - descent.snapshot.step))
            if descent.snapshot.ended:
                break
            self.keep(descent.snapshot)
        if descent.snapshot.step < step:
            return Absent(_ending(self._experiment, descent.snapshot))
        return descent.snapshot


def _ending(experiment: Experiment, at: Snapshot) -> str:
    if at.step >= experiment.steps:
        return f"No update follows: all {experiment.steps:,} are made."
    return f"No update follows: at step {at.step:,} a number is no longer finite, and the run ends."


_normals = lru_cache(maxsize=4)(normals)

# Listening


class _Heard:
    """An optimizer whose rule is listened to; everything else about it is as it was."""

    def __init__(self, optimizer: Any) -> None:
        self._optimizer = optimizer
        self.noted: list[dict[str, Any]] = []
        self.count = 0
        self.rate = optimizer.rate
        self.scheduled = float("nan")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._optimizer, name)

    def rule(self, m: Arithmetic) -> Rule:
        begin, own_coefficients, own_update = self._optimizer.rule(m)

        def coefficients(t: int, lr: Number, momentum: Number | None) -> tuple[Any, ...]:
            self.count, self.scheduled = t, float(lr)
            return cast(tuple[Any, ...], own_coefficients(t, lr, momentum))

        def update(theta: Number, g: Number, state: State, shared: tuple[Any, ...]) -> Any:
            parts: dict[str, Any] = {"theta": theta}
            theta_new, state = own_update(theta, g, state, shared, parts.update)
            self.noted.append({**parts, "theta_new": theta_new})
            return theta_new, state

        return Rule(begin, coefficients, update)

    def parts(self, dim: int, coordinates: int) -> dict[str, Any]:
        """What was noted in the last update, coordinates put together; what does not occur is left out."""
        # Where floats raised half-way, the update was made again: only the last notes count.
        last = self.noted[-coordinates:]
        found: dict[str, Any] = {}
        for key, value in last[0].items():
            if value is None or key == "line":
                continue
            each = key not in PARTS or PARTS[key].each
            found[key] = _whole([part[key] for part in last], dim) if each else float(value)
        return found

    def gradient(self, dim: int, coordinates: int) -> Floats:
        """What the rule was given in the last update."""
        return _whole([part["g"] for part in self.noted[-coordinates:]], dim)


def _whole(parts: list[Any], dim: int) -> Floats:
    """The values of all parameters, from one number each, or from one array or number for all of them."""
    if len(parts) > 1:
        return np.array(parts, dtype=np.float64)
    value = np.asarray(parts[0], dtype=np.float64)
    return value if value.shape else np.full(dim, value)


class _HeardClip:
    """A limit on the gradient that is listened to."""

    def __init__(self, clip: Any) -> None:
        self._clip = clip
        self.kind, self.value = clip.kind, clip.value
        self.clipped: float | None = None
        self.norm: float | None = None

    def factor(self, norm: Number, m: Arithmetic) -> Number:
        found = self._clip.factor(norm, m)
        self.norm, self.clipped = float(norm), float(found)
        return found

    def component(self, g: Number, m: Arithmetic) -> Number:
        return self._clip.component(g, m)


def _update(experiment: Experiment, settings: Settings, at: Snapshot, **other: Any) -> tuple[_Heard, Snapshot]:
    """Make the one update behind ``at`` with ``other`` settings, and listen."""
    heard = _Heard(settings.optimizer)
    values = {**{name: getattr(settings, name) for name in SETTINGS}, "optimizer": heard, **other}
    descent = Descent(experiment, Run(**values), at)
    descent.advance(1)
    return heard, descent.snapshot


def _taken_apart(experiment: Experiment, index: int, at: Snapshot) -> Anatomy | Absent:
    run, dim = experiment.runs[index], experiment.landscape.dim
    settings = run.settings_at(at.step)
    coordinates = 2 if isinstance(at.theta, tuple) else 1
    clip = None if settings.clip is None else _HeardClip(settings.clip)
    heard, after = _update(experiment, settings, at, clip=clip)
    if after.step == at.step:
        return Absent(_ending(experiment, at))
    parts = heard.parts(dim, coordinates)
    raw, noise = parts["g"], None
    if settings.noise is not None and settings.noise.std != 0.0:
        chunk, place = divmod(at.step, NOISE_CHUNK)
        with np.errstate(over="ignore"):
            noise = np.asarray(settings.noise.std * _normals(experiment.seed, chunk, dim)[place])
    if noise is not None or clip is not None:
        bare, _ = _update(experiment, settings, at, clip=None, noise=None)
        raw = bare.gradient(dim, coordinates)
    shaped = noise is not None or clip is not None or "decay" in parts
    noted: dict[str, Any] = {"theta": parts["theta"], "gradient": raw}
    if noise is not None:
        noted["noise"] = noise
    if clip is not None:
        noted |= {"clip": clip.clipped} if clip.kind == "norm" else {}
        noted |= {"clipped": parts["g"]} if "decay" in parts or clip.kind == "value" else {}
    if "rate" not in parts or parts["rate"] != heard.scheduled:
        noted["scheduled"] = heard.scheduled
    noted |= parts
    if shaped:
        noted["used_gradient"] = parts["decayed"]
    words = _words(experiment, index, settings, at, heard, clip, noted)
    numbers = _Numbers({**words, **noted})
    line = str(heard.noted[-1]["line"])
    formula = f"{PARTS['theta_new'].symbol} = {line.format_map(_SYMBOLS)}"
    return Anatomy(
        step=at.step,
        count=heard.count,
        variant=settings.optimizer.describe(),
        names=_names(experiment),
        terms=_terms(noted, numbers, settings, shaped=shaped),
        formula=formula,
        after=after,
        _line=line,
        _noted=noted,
    )


def _names(experiment: Experiment) -> tuple[str, ...]:
    landscape = experiment.landscape
    return landscape.parameter_names if isinstance(landscape, ModelLandscape) else tuple(landscape.axes)


# What the names stand for


class Part(NamedTuple):
    """What a noted part is to people; ``each``: every parameter has its own. Without a name it is no term."""

    symbol: str
    name: str = ""
    role: Role = "scale"
    text: str = ""
    each: bool = True
    arrow: bool = False
    against: bool = False
    adds: bool = False


PARTS: dict[str, Part] = {
    "theta": Part("θₜ", "before", "place", "Where the marble is at step {before}: {theta}."),
    "gradient": Part(
        "∇L", "gradient", "gradient", "{slope} It is {slope_norm} long; the marble moves against it.",
        arrow=True, against=True,
    ),
    "noise": Part(
        "ξ", "noise", "noise",
        "Chance added to the gradient, as a small batch would: {std} times a standard normal number for each "
        "parameter, {noise}.", arrow=True, against=True,
    ),
    "clip": Part("c", "clipping factor", "clip", "{clipping}", each=False),
    "clipped": Part(
        "clip(∇L)", "clipped gradient", "clip", "{limiting} {clipped}.", arrow=True, against=True,
    ),
    "decay": Part(
        "λθₜ", "weight decay, coupled", "decay",
        "λ = {weight_decay} times θ is added to the gradient, {decay}: it pulls θ towards 0 and goes through all "
        "that follows, as the gradient does.", arrow=True, against=True,
    ),
    "used_gradient": Part(
        "g", "gradient used", "gradient", "{made_of} This is what the update rule is given: "
        "{used_gradient}.", arrow=True, against=True,
    ),
    "decayed": Part("g"),
    "velocity": Part(
        "vₜ₋₁", "velocity before", "momentum", "What earlier gradients left behind: {velocity}.",
        arrow=True, against=True,
    ),
    "velocity_new": Part(
        "vₜ", "velocity", "momentum",
        "β = {beta} of the old velocity {velocity} and {taken} make {velocity_new}. Slopes that keep their sign add "
        "up, those that change it cancel.", arrow=True, against=True,
    ),
    "total": Part("sₜ₋₁", "sum of squares before", "scale", "The sum of all squared gradients so far: {total}."),
    "total_new": Part(
        "sₜ", "sum of squares", "scale",
        "The squared gradient is added: {total_new}. It never shrinks, so the steps do.",
    ),
    "s": Part("sₜ₋₁", "mean square before", "scale", "The moving mean of the squared gradient so far: {s}."),
    "s_new": Part(
        "sₜ", "mean square", "scale",
        "{alpha} of the old mean is kept, the rest is the squared gradient: {s_new}. Its root is how large slopes "
        "have been of late.",
    ),
    "mean": Part("ḡₜ₋₁", "mean gradient before", "momentum", "The moving mean of the gradient so far: {mean}."),
    "mean_new": Part("ḡₜ", "mean gradient", "momentum", "The moving mean of the gradient: {mean_new}."),
    "spread": Part(
        "(sₜ − ḡₜ²)", "spread", "scale",
        "The mean square less the square of the mean, {spread}: how much the gradient varies.",
    ),
    "m": Part(
        "mₜ₋₁", "first moment before", "momentum", "The moving mean of the gradient so far: {m}.",
        arrow=True, against=True,
    ),
    "blend": Part(
        "cₜ", "blend", "momentum",
        "β₁ = {beta1} of the mean and the rest of the gradient: {blend}. Only its signs are used.",
        arrow=True, against=True,
    ),
    "m_new": Part(
        "mₜ", "first moment", "momentum", "β₁ = {beta1} of the mean {m} is kept, the rest is the gradient: {m_new}.",
        arrow=True, against=True,
    ),
    "v": Part("vₜ₋₁", "second moment before", "scale", "The moving mean of the squared gradient so far: {v}."),
    "v_new": Part(
        "vₜ", "second moment", "scale", "β₂ = {beta2} of the mean {v} is kept, the rest is the squared gradient: "
        "{v_new}.",
    ),
    "largest": Part(
        "vₘₐₓ", "largest second moment", "scale", "The largest v so far, {largest}: dividing by it, rates only shrink.",
    ),
    "largest_slope": Part(
        "uₜ₋₁", "largest slope before", "scale", "The largest slope so far, fading by β₂ a step: {largest_slope}.",
    ),
    "largest_slope_new": Part(
        "uₜ", "largest slope", "scale", "The larger of β₂ = {beta2} times the old one and |g|: {largest_slope_new}."
    ),
    "correction1": Part(
        "1 − β₁ᵗ", "bias correction of m", "momentum",
        "The mean m began with 0 and is too small at first. After {count} gradients it is divided by {correction1}.",
        each=False,
    ),
    "correction2": Part(
        "(1 − β₂ᵗ)", "bias correction of v", "scale",
        "The mean v began with 0 and is too small at first. After {count} gradients it is divided by {correction2}.",
        each=False,
    ),
    "mu": Part("μₜ", "momentum now", "momentum", "Momentum warms up; after {count} gradients it is {mu}.", each=False),
    "fresh_share": Part("a", "share of the gradient", "gradient", "The gradient counts {fresh_share}.", each=False),
    "memory_share": Part("b", "share of the mean", "momentum", "The mean gradient counts {memory_share}.", each=False),
    "m_hat": Part(
        "m̂", "first moment, corrected", "momentum", "m divided by its bias correction {correction1}: {m_hat}.",
        arrow=True, against=True,
    ),
    "v_hat": Part("v̂", "second moment, corrected", "scale", "v divided by its bias correction {correction2}: {v_hat}."),
    "rectified": Part("r", "rectification", "rate", "{rectifying}", each=False),
    "previous": Part("gₜ₋₁", "gradient before", "gradient", "The last gradient that was used: {previous}."),
    "size": Part("Δₜ₋₁", "step size before", "scale", "How far each parameter went last: {size}."),
    "factor": Part(
        "η±", "growth", "scale",
        "By what the step sizes are multiplied: {factor}. They grow while the slope keeps its sign and shrink where it "
        "turns.",
    ),
    "size_new": Part("Δₜ", "step size", "scale", "How far each parameter goes now: {size_new}."),
    "used": Part(
        "g±", "gradient kept", "gradient",
        "Where the slope changed its sign it counts as 0, and the parameter waits once: {used}.",
    ),
    "u": Part("uₜ₋₁", "mean squared step before", "scale", "The moving mean of the squared steps so far: {u}."),
    "scheduled": Part("η(t)", "scheduled rate", "rate", "{scheduling}", each=False),
    "rate": Part("η", "learning rate", "rate", "{rating}", each=False),
    "scale": Part(
        "ηᵢ", "effective rate", "rate",
        "What the rate comes to for each parameter once it is divided: {scale}. A slope of 1 would move the parameter "
        "so far.",
    ),
    "adapted": Part(
        "d", "adapted direction", "adapted",
        "What the rate is multiplied by: each component in units of its own usual size, {adapted}.",
        arrow=True, against=True,
    ),
    "b": Part(
        "bₜ₋₁", "velocity before", "momentum", "What earlier adapted directions left behind: {b}.",
        arrow=True, against=True,
    ),
    "b_new": Part(
        "bₜ", "velocity", "momentum", "β = {beta} of the old velocity and the adapted direction: {b_new}.",
        arrow=True, against=True,
    ),
    "u_new": Part("uₜ", "mean squared step", "scale", "The mean of the squared steps, for the next update: {u_new}."),
    "gradient_part": Part(
        "Δg", "by gradient", "gradient", "The part of the step that this gradient makes: {gradient_part}.",
        arrow=True, adds=True,
    ),
    "memory_part": Part(
        "Δv", "by momentum", "momentum", "The part of the step that earlier gradients make: {memory_part}.",
        arrow=True, adds=True,
    ),
    "decay_part": Part(
        "Δλ", "by decay", "decay",
        "θ shrinks by ηλ = {rate} · {shrink}, beside the step and not scaled by it: {decay_part}.",
        arrow=True, adds=True,
    ),
    "step": Part(
        "Δθ", "the step", "step", "The move from step {before} to step {behind}: {step}, {length} in all.", arrow=True
    ),
    "theta_new": Part("θₜ₊₁", "after", "place", "Where the marble is at step {behind}: {theta_new}."),
    "beta": Part("β", each=False),
    "beta1": Part("β₁", each=False),
    "beta2": Part("β₂", each=False),
    "alpha": Part("α", each=False),
    "eps": Part("ε", each=False),
    "share": Part("(1 − d)", each=False),
    "shrink": Part("λ", each=False),
}  # fmt: skip
"""Everything that rules note, in the order in which it comes about."""

BRIEF: dict[str, str] = {
    "clip": "clip factor", "clipped": "clipped", "decay": "weight decay", "velocity": "old velocity",
    "total": "old sum", "total_new": "sum of g²", "s": "old mean of g²", "s_new": "mean of g²",
    "mean": "old mean of g", "mean_new": "mean of g", "m": "m before", "m_new": "m now", "v": "v before",
    "v_new": "v now", "largest": "largest v", "largest_slope": "old largest", "correction1": "bias of m",
    "correction2": "bias of v", "mu": "momentum", "fresh_share": "share of g", "memory_share": "share of m",
    "m_hat": "m unbiased", "v_hat": "v unbiased", "rectified": "rectified", "previous": "old gradient",
    "size": "old step size", "used": "kept", "u": "old mean of Δ²", "scheduled": "scheduled", "rate": "rate",
    "scale": "rate of each", "adapted": "direction", "b": "old velocity", "u_new": "mean of Δ²",
    "gradient_part": "by gradient", "memory_part": "by memory",
}  # fmt: skip
"""Names for where there is little room, of those whose own is long."""

OTHERWISE: dict[tuple[str, str], dict[str, str]] = {
    ("Lion", "m_new"): {
        "text": "β₂ = {beta2} of the mean {m} is kept, the rest is the gradient: {m_new}, for the next update."
    },
    ("Lion", "adapted"): {
        "symbol": "sign(cₜ)", "text": "Only the signs are left: {adapted}. Every parameter moves by the same length."
    },
    ("Adadelta", "adapted"): {
        "text": "The gradient in units of its usual size times the usual step: {adapted}."
    },
    ("NAdam", "memory_part"): {
        "symbol": "Δm", "text": "The part of the step that the mean gradient makes, looking ahead: {memory_part}."
    },
    ("Adam", "memory_part"): {"symbol": "Δm"},
    ("AdamW", "memory_part"): {"symbol": "Δm"},
    ("RAdam", "memory_part"): {"symbol": "Δm"},
    ("Adamax", "memory_part"): {"symbol": "Δm"},
    ("RMSprop", "memory_part"): {"symbol": "Δb"},
    ("RAdam", "adapted"): {"text": "What the rate is multiplied by: {adapted}."},
}  # fmt: skip
"""What is worded differently for one optimizer; v and b are not the same to all of them."""

_SYMBOLS = {key: part.symbol for key, part in PARTS.items()}


def _terms(noted: dict[str, Any], numbers: _Numbers, settings: Settings, *, shaped: bool) -> tuple[Term, ...]:
    found, optimizer = [], settings.optimizer.name()
    for key, part in PARTS.items():
        if key not in noted or not part.name:
            continue
        if (optimizer, key) in OTHERWISE:
            part = part._replace(**cast(Any, OTHERWISE[optimizer, key]))
        symbol = part.symbol[1:-1] if part.symbol.startswith("(") else part.symbol
        if key == "gradient" and not shaped:
            symbol = "g = ∇L"
        values, scalar = (noted[key], None) if part.each else (None, noted[key])
        found.append(
            Term(
                key, symbol, part.name, BRIEF.get(key, part.name), part.role, values, scalar, part.arrow, part.against,
                part.adds, part.text, numbers,
            )
        )  # fmt: skip
    return tuple(found)


def _words(
    experiment: Experiment,
    index: int,
    settings: Settings,
    at: Snapshot,
    heard: _Heard,
    clip: _HeardClip | None,
    noted: dict[str, Any],
) -> dict[str, Any]:
    """What sentences say beside the terms themselves; what is a function is asked when it is read."""
    optimizer = settings.optimizer

    def slope() -> str:
        examples = examples_of(experiment)
        place = place_of(stretches(experiment.runs[index], experiment.steps, examples), at.step)
        if place is None or examples is None:
            return "The slope of the loss at this place: {gradient}.".format_map(_Numbers(noted))
        batches = settings.batches(examples, experiment.seed)
        size = len(batches.rows(at.step)) if batches is not None else examples
        return (
            f"The slope of the loss on the {size:,} examples of this batch ({place}), an estimate of the slope on all "
            f"{examples:,}: {vector_text(noted['gradient'])}."
        )

    def clipping() -> str:
        assert clip is not None
        long, limit = (number_text(value) for value in (clip.norm or 0.0, clip.value))
        if clip.clipped is not None and clip.clipped < 1.0:
            return (
                f"The gradient is {long} long and the limit is {limit}: it is shortened to {number_text(clip.clipped)} "
                "of its length, and its direction is kept."
            )
        return f"The gradient is {long} long, within the limit of {limit}: nothing is clipped."

    def limiting() -> str:
        assert clip is not None
        if clip.kind == "value":
            return f"Each component is limited to ±{number_text(clip.value)}:"
        return "The gradient after clipping:"

    def made_of() -> str:
        parts = ["the gradient"]
        parts += ["the noise"] if "noise" in noted else []
        whole = " and ".join(parts)
        if clip is not None:
            whole += ", clipped" if clip.kind == "value" or (clip.clipped or 0.0) < 1.0 else ""
        whole += ", and the weight decay" if "decay" in noted else ""
        return f"{whole[0].upper()}{whole[1:]}."

    def taken() -> str:
        share = noted.get("share")
        return "the gradient" if share is None else f"{number_text(share)} of the gradient"

    def scheduling() -> str:
        rate = number_text(heard.scheduled)
        told = f"The schedule ({settings.schedule.name()}) gives {rate} at step {at.step:,}."
        if "rate" in noted:
            return f"{told} {optimizer.name()} makes {number_text(noted['rate'])} of it."
        return f"{told} {optimizer.name()} uses it only for the first size of its steps."

    def rating() -> str:
        rate, base = number_text(noted["rate"]), number_text(optimizer.rate)
        if "scheduled" in noted:
            return f"The rate that {optimizer.name()} makes of the scheduled {number_text(heard.scheduled)}: {rate}."
        if noted["rate"] == optimizer.rate:
            return f"How far a step goes for a given direction: {rate}."
        return f"How far a step goes now: {rate}, by the schedule ({settings.schedule.name()}), from a base of {base}."

    def rectifying() -> str:
        if noted["rectified"] == 0.0:
            return "v has seen too few gradients to be trusted: this step is plain momentum."
        return f"v has seen few gradients yet: the step is shortened to {number_text(noted['rectified'])} of it."

    return {
        "count": heard.count,
        "before": at.step,
        "behind": at.step + 1,
        "std": None if settings.noise is None else settings.noise.std,
        "weight_decay": getattr(optimizer, "weight_decay", None),
        "slope": slope,
        "slope_norm": lambda: number_text(_length(noted["gradient"])),
        "clipping": clipping,
        "limiting": limiting,
        "made_of": made_of,
        "taken": taken,
        "scheduling": scheduling,
        "rating": rating,
        "rectifying": rectifying,
        "length": lambda: number_text(_length(noted["step"])),
    }


class _Numbers:
    """Numbers by name, as text; what is a function is called."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._content = content

    def __getitem__(self, key: str) -> str:
        value = self._content[key]
        if callable(value):
            return str(value())
        if isinstance(value, np.ndarray):
            return vector_text(value)
        return f"{value:,}" if isinstance(value, int) else number_text(value)


def _put_in(line: str, numbers: Mapping[str, float]) -> str:
    """A line of a rule with numbers in place of names, and its result, in as few digits as agree with each other."""
    old, new = numbers["theta"], numbers["theta_new"]
    for more in range(MORE):
        place = _last_place(old, new) + more
        for digits in range(DIGITS + more, DIGITS + more + 3):
            texts = {key: number_text(value, digits) for key, value in numbers.items()}
            texts |= {"theta": _to_place(old, place), "theta_new": _to_place(new, place)}
            found = _computed(line, {key: float(text.replace("−", "-")) for key, text in texts.items()})
            if found is None or _to_place(found, place) == texts["theta_new"]:
                return _written_out(line, texts)
    return _written_out(line, texts)


def _last_place(old: float, new: float) -> int:
    """How many decimals show both parameters and what lies between them."""
    found = [DIGITS - 1 - _power(value) for value in (old, new) if value]
    if new != old and math.isfinite(new - old):
        found.append(1 - _power(new - old))
    most = 14 - max((_power(value) for value in (old, new) if value), default=0)
    return min(max(found, default=0), most)


def _power(value: float) -> int:
    """The power of ten of its first digit."""
    return int(f"{value:e}".partition("e")[2]) if math.isfinite(value) else 0


def _to_place(value: float, decimals: int) -> str:
    """A number rounded to so many decimals, which may be less than none, as text."""
    power = _power(value)
    if value and math.isfinite(value) and not -5 < power < 6:
        return number_text(value, max(decimals + power + 1, 1))
    text = f"{value:.{max(decimals, 0)}f}"
    return _signed(text.rstrip("0").rstrip(".") if "." in text else text)


def _computed(line: str, numbers: Mapping[str, float]) -> float | None:
    """What a line comes to; None where floats do not tell."""
    try:
        found = float(eval(_program(line), {"sqrt": math.sqrt, "sign": np.sign}, {**numbers}))
    except (ArithmeticError, ValueError):
        return None
    return found if math.isfinite(found) else None


@lru_cache(maxsize=64)
def _program(line: str) -> CodeType:
    """A line of a rule, which is one of the program's own, so that Python computes it."""
    text = re.sub(r"√\{(\w+)\}", r"√({\1})", line).replace("√", "sqrt").replace("·", "*").replace("−", "-")
    return compile(re.sub(r"\{(\w+)\}", r"(\1)", text), "<rule>", "eval")


def _written_out(line: str, texts: Mapping[str, str]) -> str:
    """A line with these texts put in; what is below 0, and a power of ten under a root or a bar, is in brackets."""
    signed = {key: f"({text})" if text.startswith("−") else text for key, text in texts.items()}
    found = line.replace("{theta}", texts["theta"], 1).format_map(signed)
    found = re.sub(r"\(\((−[^()]*)\)\)", r"(\1)", found)
    found = re.sub(r"(√|/ )([\d.]+e−?\d+)", r"\1(\2)", found)
    return f"{found} = {texts['theta_new']}"


def _length(values: Floats) -> float:
    with np.errstate(all="ignore"):
        return float(np.linalg.norm(values))


def number_text(value: float, digits: int = DIGITS) -> str:
    """A number as it stands in a sentence: four digits, a true minus sign, no zeros that say nothing."""
    return _signed(re.sub(r"e([+-])0*(\d)", lambda found: f"e{found[1].strip('+')}{found[2]}", f"{value:.{digits}g}"))


def _signed(text: str) -> str:
    return text.replace("-", "−")


def vector_text(values: Floats) -> str:
    """Numbers of several parameters in brackets; of many the first ones."""
    shown = ", ".join(number_text(value) for value in values[:SHOWN])
    return f"({shown}, …)" if len(values) > SHOWN else f"({shown})"
