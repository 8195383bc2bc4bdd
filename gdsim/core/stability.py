"""The ground under the marble, and how fast it may go there: curvature, condition, the largest stable rate.

Near a minimum every rule but those of signs is a linear recurrence in each direction of curvature h:
x ← (1 - ηλ)x - η(a h x + b m'), m' = βm + k h x, with shares a, b, k that the optimizer chooses. It contracts as long
as both roots of its characteristic polynomial lie inside the unit circle (Jury's conditions), which gives one formula
for plain descent (2/L), the heavy ball (Polyak 1964), Nesterov's method and, with the preconditioner held still, the
adaptive ones (Cohen et al. 2022, Adaptive Gradient Methods at the Edge of Stability). L is the largest curvature of
the Hessian, or of P^½ H P^½ where the optimizer scales each parameter by P.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from gdsim.core.anatomy import Anatomist, Anatomy, number_text
from gdsim.core.arithmetic import ARRAYS
from gdsim.core.descent import Snapshot
from gdsim.core.experiment import Experiment, Settings
from gdsim.core.landscapes import Floats, Landscape
from gdsim.core.optimizers import (
    ASGD,
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    Lion,
    NAdam,
    Optimizer,
    RAdam,
    RMSprop,
    Rprop,
    State,
)
from gdsim.core.trajectory import SNAPSHOT_EVERY, RunTrajectory

MOST = 120
"""With more parameters the whole Hessian takes too long, and only its outermost eigenvalues are told."""
EXACT = 40
"""With more parameters the largest eigenvalue is found by Lanczos' method, to three digits."""
SAMPLES = 400
"""Steps at which the edge along a trajectory is computed."""
LANCZOS = 40
"""Products with the Hessian at most, for its largest eigenvalue."""
ENDS = 60
"""The same for its largest and its smallest."""
SETTLED = 1e-4
"""Lanczos' method ends when the largest eigenvalue changes by less than this share."""
FLAT = 1e-12
"""A curvature this much smaller than the largest counts as none."""

Shape = Literal["bowl", "dome", "saddle", "valley", "flat", "unknown"]


class Edge(NamedTuple):
    """The largest rate at which an optimizer still contracts, here.

    Attributes:
        rate: That rate, as the schedule would have to give it; None where there is none.
        why: Which formula with which numbers, or why there is none.
        curvature: The L of the formula; nan where there is none.
    """

    rate: float | None
    why: str
    curvature: float = float("nan")


@dataclass(frozen=True, eq=False)
class Facts:
    """The ground at one place.

    Attributes:
        gradient: The slope of the loss on all examples, shape (dim,).
        gradient_norm: Its length.
        eigenvalues: Of the Hessian, ascending, shape (dim,), or with many parameters the smallest and the largest,
            shape (2,); None where it is not finite.
        directions: Their unit vectors as columns, shape (dim, dim) or (dim, 2); None likewise.
        sharpness: The largest eigenvalue; nan where it is not known.
        condition: Largest over smallest curvature, by size; inf where one vanishes, nan where it is not known: of many
            parameters it is where all curvatures are above 0.
        shape: What the signs of the eigenvalues make of it.
        why: The shape in a sentence, or what is not computed.
    """

    gradient: Floats
    gradient_norm: float
    eigenvalues: Floats | None
    directions: Floats | None
    sharpness: float
    condition: float
    shape: Shape
    why: str


def facts(landscape: Landscape, theta: npt.ArrayLike, most: int = MOST) -> Facts:
    """Gradient and curvature at ``theta``, shape (dim,).

    Args:
        landscape: The loss.
        theta: The place.
        most: Up to so many parameters the whole Hessian is computed; it takes time.
    """
    place = np.asarray(theta, dtype=np.float64).reshape(1, -1)
    with np.errstate(all="ignore"):
        gradient = landscape.gradient(place)[0]
        norm = float(np.linalg.norm(gradient))
        whole = landscape.dim <= most
        found = _spectrum(landscape.hessian(place)[0]) if whole else ends(landscape, place[0])
    if found is None:
        why = "The curvature is not finite here."
        return Facts(gradient, norm, None, None, float("nan"), float("nan"), "unknown", why)
    values, directions = found
    if not whole:
        shape, why, condition = _shape_of_ends(values, landscape.dim)
        return Facts(gradient, norm, values, directions, float(values[-1]), condition, shape, why)
    shape, why = _shape(values)
    return Facts(gradient, norm, values, directions, float(values[-1]), _condition(values), shape, why)


def _spectrum(hessian: Floats) -> tuple[Floats, Floats] | None:
    if not np.isfinite(hessian).all():
        return None
    values, directions = np.linalg.eigh(hessian)
    return values, directions


def _shape_of_ends(values: Floats, dim: int) -> tuple[Shape, str, float]:
    """What the least and the greatest curvature make of the ground, and the condition number.

    What is found lies between the true ends: a curvature below 0 is surely there, a bowl is only likely.
    """
    low, high = values.tolist()
    told = f"Of {dim:,} curvatures the smallest and the largest are computed, "
    room = SETTLED * max(abs(low), abs(high))
    if low < -room:
        if high > room:
            return "saddle", told + "and they differ in sign: the ground bends both ways, as at a saddle.", float("nan")
        return "unknown", told + "and neither bends upward.", float("nan")
    if low <= room:
        return (
            "unknown",
            told + "and the smallest is next to none: a valley that is flat along its floor.",
            float("inf"),
        )
    return "unknown", told + "and both bend upward, as in a bowl.", high / low


def _condition(values: Floats) -> float:
    sizes = np.abs(values)
    largest, smallest = float(sizes.max()), float(sizes.min())
    return largest / smallest if smallest > np.finfo(np.float64).eps * values.size * largest else float("inf")


def _shape(values: Floats) -> tuple[Shape, str]:
    room = FLAT * float(np.abs(values).max())
    up, down = int((values > room).sum()), int((values < -room).sum())
    if not up and not down:
        return "flat", "The ground does not bend here."
    if up == values.size:
        return "bowl", "The ground bends upward in every direction: a bowl."
    if not up:
        return "dome", "The ground bends upward in no direction: a dome."
    if down:
        return "saddle", f"The ground bends downward in {down:,} of {values.size:,} directions: a saddle."
    return "valley", f"The ground bends upward in {up:,} of {values.size:,} directions and is flat in the others."


# The largest curvature


def sharpness(landscape: Landscape, theta: npt.ArrayLike, scaling: Floats | None = None, added: float = 0.0) -> float:
    """The largest eigenvalue of P^½ (H + cI) P^½ at ``theta``; nan where numbers are not finite.

    Up to ``EXACT`` parameters it is exact; with more it is found by Lanczos' method, the products with the Hessian
    being differences of gradients.

    Args:
        landscape: The loss.
        theta: The place, shape (dim,).
        scaling: P, shape (dim,); None scales nothing.
        added: c.
    """
    place = np.asarray(theta, dtype=np.float64)
    with np.errstate(all="ignore"):
        if landscape.dim <= EXACT:
            return float(_top(landscape.hessian(place[np.newaxis]), scaling, added)[0])
        root = 1.0 if scaling is None else np.sqrt(scaling)
        times = products(landscape, place)
        found = lanczos(lambda v: root * (times(root * v) + added * root * v), _chance(landscape.dim), LANCZOS)
        return float("nan") if found is None else float(found[0][-1])


def ends(landscape: Landscape, theta: npt.ArrayLike) -> tuple[Floats, Floats] | None:
    """The smallest and the largest eigenvalue of the Hessian, shape (2,), and their directions, shape (dim, 2).

    By Lanczos' method, with no Hessian: what is found lies between the true ends, and next to them. None where numbers
    are not finite.
    """
    place = np.asarray(theta, dtype=np.float64)
    found = lanczos(products(landscape, place), _chance(place.size), ENDS, both=True)
    return None if found is None else (found[0][[0, -1]], found[1][:, [0, -1]])


def products(landscape: Landscape, place: Floats) -> Callable[[Floats], Floats]:
    """The Hessian at a place times a vector, by a difference of gradients."""
    length = 1e-5 * (1.0 + float(np.linalg.norm(place)))

    def product(v: Floats) -> Floats:
        reach = length / max(float(np.linalg.norm(v)), 1e-300)
        with np.errstate(all="ignore"):
            ahead, behind = landscape.gradient(np.stack([place + reach * v, place - reach * v]))
            return np.asarray((ahead - behind) / (2.0 * reach))

    return product


def _chance(dim: int) -> Floats:
    return np.random.Generator(np.random.Philox(key=0, counter=[0, 0, 0, 0])).standard_normal(dim)


def lanczos(
    product: Callable[[Floats], Floats], start: Floats, most: int, *, both: bool = False
) -> tuple[Floats, Floats] | None:
    """Eigenvalues of a symmetric operator that are good at the ends (Lanczos 1950), every vector kept orthogonal.

    Args:
        product: The operator times a vector of shape (dim,).
        start: A vector that no direction should be missing from, shape (dim,).
        most: Products at most; it ends when the largest eigenvalue has settled.
        both: Whether the smallest has to settle, too.

    Returns:
        Eigenvalues, ascending, shape (n,), and unit vectors as columns, shape (dim, n); None where they are not finite.
    """
    basis, diagonal, beside = [start / np.linalg.norm(start)], list[float](), list[float]()
    before = np.full(2, np.nan)
    for _ in range(min(most, start.size)):
        w = product(basis[-1])
        if not np.isfinite(w).all():
            return None
        diagonal.append(float(w @ basis[-1]))
        known = np.array(basis)
        for _ in range(2):
            w = w - known.T @ (known @ w)
        small = np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1)
        now = np.linalg.eigvalsh(small)[[0, -1]]
        size = float(np.abs(now)[0 if both else 1 :].max())
        rest, moved = float(np.linalg.norm(w)), np.abs(now - before)[0 if both else 1 :].max()
        if rest <= FLAT * size or (len(diagonal) > 4 and moved <= SETTLED * size):
            break
        before = now
        beside.append(rest)
        basis.append(w / rest)
    values, vectors = np.linalg.eigh(small)
    return values, known.T @ vectors


def _top(hessians: Floats, scaling: Floats | None, added: float) -> Floats:
    """The largest eigenvalues of P^½ (H + cI) P^½, (n, dim, dim) and (n, dim) or (dim,) -> (n,); nan if not finite."""
    matrices = hessians + added * np.eye(hessians.shape[-1]) if added else hessians
    if scaling is not None:
        root = np.sqrt(np.broadcast_to(scaling, matrices.shape[:-1]))
        matrices = root[:, :, np.newaxis] * matrices * root[:, np.newaxis, :]
    found = np.full(len(matrices), np.nan)
    whole = np.isfinite(matrices).all(axis=(1, 2))
    if whole.any():
        found[whole] = np.linalg.eigvalsh(matrices[whole])[:, -1]
    return found


# Optimizers as recurrences


class _Recurrence(NamedTuple):
    """An optimizer near a minimum (see the module); numbers, or arrays of one number a place.

    Attributes:
        beta: What it keeps of its memory.
        fresh: k, the share of a slope that enters the memory.
        gradient: a, the share of a slope in the step.
        memory: b, the share of the memory in the step.
        coupled: Weight decay that is added to the curvature.
        decoupled: λ, weight decay beside the step.
        scaling: P, what each parameter's slope is multiplied by, shape (dim,) or (n, dim); None where all are alike.
        formula: The limit as a formula in L.
    """

    beta: Any = 0.0
    fresh: Any = 1.0
    gradient: Any = 1.0
    memory: Any = 0.0
    coupled: float = 0.0
    decoupled: float = 0.0
    scaling: Floats | None = None
    formula: str = "2/L"

    def limit(self, curvature: Any) -> Any:
        """The largest stable rate for the largest curvature; nan where none is too high, or none is low enough."""
        h, beta = curvature, self.beta
        turning = self.decoupled * (1.0 + beta) + h * (self.gradient * (1.0 + beta) + self.memory * self.fresh)
        growing = beta * (self.decoupled + self.gradient * h)
        with np.errstate(all="ignore"):
            first = np.where(turning > 0.0, 2.0 * (1.0 + beta) / turning, np.inf)
            second = np.where(growing > 0.0, (1.0 + beta) / growing, np.inf)
            found = np.where(np.asarray(beta) < 1.0, np.minimum(first, second), np.nan)
        return np.where(np.isfinite(found) & ~np.isnan(h), found, np.nan)


_HEAVY = "2(1 + β)/L"


def _sgd(o: SGD, state: State, t: Any, beta: Any) -> _Recurrence:
    beta = o.momentum if beta is None else beta
    if not np.any(beta):
        return _Recurrence(coupled=o.weight_decay)
    if o.nesterov:
        return _Recurrence(beta, 1.0, 1.0, beta, o.weight_decay, formula="2(1 + β)/((1 + 2β) L)")
    formula = "2(1 + β)/((1 − d) L)" if o.dampening else _HEAVY
    # Without momentum nothing is dampened.
    fresh = np.where(np.asarray(beta) == 0.0, 1.0, 1.0 - o.dampening)
    return _Recurrence(beta, fresh, 0.0, 1.0, o.weight_decay, formula=formula)


def _adagrad(o: Adagrad, state: State, t: Any, beta: Any) -> _Recurrence:
    return _Recurrence(coupled=o.weight_decay, scaling=1.0 / (np.sqrt(state[0]) + o.eps))


def _rmsprop(o: RMSprop, state: State, t: Any, beta: Any) -> _Recurrence:
    beta, (s, mean, _) = o.momentum if beta is None else beta, state
    scaling = 1.0 / (np.sqrt(s - mean * mean if o.centered else s) + o.eps)
    if not np.any(beta):
        return _Recurrence(coupled=o.weight_decay, scaling=scaling)
    return _Recurrence(beta, 1.0, 0.0, 1.0, o.weight_decay, scaling=scaling, formula=_HEAVY)


def _adadelta(o: Adadelta, state: State, t: Any, beta: Any) -> _Recurrence:
    s, u = state
    return _Recurrence(coupled=o.weight_decay, scaling=np.sqrt(u + o.eps) / np.sqrt(s + o.eps))


def _moments(o: Any, t: Any, beta: Any, scaling: Floats, coupled: float, decoupled: float = 0.0) -> _Recurrence:
    beta = o.betas[0] if beta is None else beta
    formula = "2(1 + β₁)(1 − β₁ᵗ)/((1 − β₁) L)"
    return _Recurrence(beta, 1.0 - beta, 0.0, 1.0 / (1.0 - beta**t), coupled, decoupled, scaling, formula)


def _adam(o: Adam | AdamW, state: State, t: Any, beta: Any) -> _Recurrence:
    _, v, largest = state
    v_hat = (largest if o.amsgrad else v) / _along(1.0 - o.betas[1] ** t)
    decay = (0.0, o.weight_decay) if isinstance(o, AdamW) else (o.weight_decay, 0.0)
    return _moments(o, t, beta, 1.0 / (np.sqrt(v_hat) + o.eps), *decay)


def _nadam(o: NAdam, state: State, t: Any, beta: Any) -> _Recurrence:
    _, v, product = state
    beta = o.betas[0] if beta is None else beta
    mu, mu_next = (beta * (1.0 - 0.5 * 0.96 ** (k * o.momentum_decay)) for k in (t, t + 1))
    product = product[..., 0]
    return _Recurrence(
        beta,
        1.0 - beta,
        (1.0 - mu) / (1.0 - product),
        mu_next / (1.0 - product * mu_next),
        o.weight_decay,
        scaling=1.0 / (np.sqrt(v / _along(1.0 - o.betas[1] ** t)) + o.eps),
        formula="2(1 + β₁)/((a(1 + β₁) + b(1 − β₁)) L)",
    )


def _radam(o: RAdam, state: State, t: Any, beta: Any) -> _Recurrence:
    t = np.asarray(t, dtype=np.float64)
    # The rule itself knows when v is trusted, and how far.
    parts = [o.rule(ARRAYS).coefficients(int(k), np.float64(1.0), None) for k in t.ravel()]
    root, trusted, rectified = (np.array([part[place] for part in parts]).reshape(t.shape) for place in (3, 6, 7))
    scaling = np.where(_along(trusted), _along(rectified * root) / (np.sqrt(state[1]) + o.eps), 1.0)
    return _moments(o, t, beta, scaling, o.weight_decay)


def _adamax(o: Adamax, state: State, t: Any, beta: Any) -> _Recurrence:
    return _moments(o, t, beta, 1.0 / state[1], o.weight_decay)


def _asgd(o: ASGD, state: State, t: Any, beta: Any) -> _Recurrence:
    return _Recurrence(coupled=o.weight_decay, decoupled=o.lambd, formula="2/(L + λ)")


_KINDS: dict[type[Optimizer], Callable[..., _Recurrence]] = {
    SGD: _sgd, Adagrad: _adagrad, RMSprop: _rmsprop, Adadelta: _adadelta, Adam: _adam, AdamW: _adam, NAdam: _nadam,
    RAdam: _radam, Adamax: _adamax, ASGD: _asgd,
}  # fmt: skip
_BY_SIGN = (Lion, Rprop)
_STATELESS = (SGD, *_BY_SIGN)
"""Those whose limit needs nothing that they remember, not even how many updates they have made."""


def _along(value: Any) -> Any:
    """One number a place, to be used with one number a parameter."""
    return np.asarray(value)[..., np.newaxis] if np.ndim(value) else value


def _scheduled(optimizer: Optimizer, rate: Any, t: Any) -> Any:
    """The rate that a schedule has to give for ``rate`` to be used in update ``t``: two optimizers lower it."""
    if isinstance(optimizer, Adagrad):
        return rate * (1.0 + (t - 1) * optimizer.lr_decay)
    if isinstance(optimizer, ASGD):
        return _before_fading(optimizer, np.asarray(rate, dtype=np.float64), t - 1)
    return rate


def _before_fading(o: ASGD, used: Any, t: Any) -> Any:
    """η of used = η / (1 + λ η t)^α, by bisection; nan where no η reaches it."""
    with np.errstate(all="ignore"):
        low, high = np.log(used), np.log(used) + 60.0
        for _ in range(80):
            middle = 0.5 * (low + high)
            over = np.exp(middle) / (1.0 + o.lambd * np.exp(middle) * t) ** o.alpha > used
            low, high = np.where(over, low, middle), np.where(over, middle, high)
        found = np.exp(high)
        return np.where(high < np.log(used) + 59.0, found, np.nan)


def unlimited(optimizer: Optimizer) -> str | None:
    """Why the optimizer has no largest stable rate anywhere; None where it has one."""
    if isinstance(optimizer, _BY_SIGN):
        return (
            f"{optimizer.name()} moves by signs, not by slopes: at any rate it ends in a to and fro as wide as its "
            "steps, so there is no edge beyond which it would diverge."
        )
    if type(optimizer) not in _KINDS:
        return f"The edge of {optimizer.name()} is not known."
    return None


def largest_stable_rate(
    optimizer: Optimizer,
    hessian: npt.ArrayLike,
    state: State | None = None,
    count: int = 0,
    momentum: float | None = None,
) -> Edge:
    """The largest rate at which ``optimizer`` still contracts where the loss has this Hessian.

    Args:
        optimizer: The update rule with its hyperparameters.
        hessian: Of the loss, shape (dim, dim).
        state: What the rule remembers after ``count`` updates, arrays of shape (dim,) (``state_of``); adaptive ones
            need it: what they divide by is held still.
        count: How many updates it has made.
        momentum: What a schedule makes of its momentum (or first beta); None leaves its own.
    """
    matrix = np.asarray(hessian, dtype=np.float64)[np.newaxis]
    return _edge(optimizer, state, count, momentum, lambda *how: float(_top(matrix, *how)[0]))


def _edge(
    optimizer: Optimizer, state: State | None, count: int, momentum: float | None, top: Callable[..., float]
) -> Edge:
    """The edge, given the largest curvature as a function of scaling and coupled decay."""
    reason = unlimited(optimizer)
    if reason is None and not isinstance(optimizer, _STATELESS) and (state is None or count < 1):
        reason = f"{optimizer.name()} has seen no slope yet: it does not know by what it will divide."
    if reason is not None:
        return Edge(None, reason)
    with np.errstate(all="ignore"):
        found = _KINDS[type(optimizer)](optimizer, state, count, momentum)
        if found.scaling is not None and not np.isfinite(found.scaling).all():
            return Edge(None, f"{optimizer.name()} divides by zero here: a parameter has no slope.")
        curvature = top(found.scaling, found.coupled)
        rate = float(_scheduled(optimizer, found.limit(np.float64(curvature)), count))
    if np.isnan(curvature):
        return Edge(None, "The curvature is not finite here.")
    if np.isnan(rate):
        if float(found.beta) >= 1.0:
            return Edge(None, "A momentum of 1 or more forgets nothing: no rate is stable.", curvature)
        return Edge(None, "The ground bends upward in no direction here: no rate is too high.", curvature)
    return Edge(rate, _explained(optimizer, found, curvature, rate), curvature)


def _explained(optimizer: Optimizer, found: _Recurrence, curvature: float, rate: float) -> str:
    parts = [f"{found.formula} = {number_text(rate)}, where L = {number_text(curvature)} is the largest curvature"]
    if found.coupled:
        parts.append("with the weight decay")
    if found.scaling is not None:
        parts.append(f"as {optimizer.name()} scales it now")
    betas = f" and {'β₁' if 'β₁' in found.formula else 'β'} = {number_text(found.beta)}" if np.any(found.beta) else ""
    return " ".join(parts) + betas + "."


class Shares(NamedTuple):
    """SGD as a recurrence (see the module): β, k, a and b, as numbers."""

    beta: float
    fresh: float
    gradient: float
    memory: float


def shares(optimizer: SGD, momentum: float | None = None) -> Shares:
    """What becomes of a slope in SGD; ``momentum`` is what a schedule makes of its own."""
    found = _sgd(optimizer, (), 0, momentum)
    return Shares(float(found.beta), float(found.fresh), float(found.gradient), float(found.memory))


# Along a run


def state_of(snapshot: Snapshot) -> State | None:
    """What the rule remembers, as arrays of shape (dim,); None before its first update, and parts that are None."""
    if not snapshot.states:
        return None
    dim = len(snapshot.theta)
    if len(snapshot.states) == 1:
        parts = snapshot.states[0]
        return tuple(None if part is None else np.array(np.broadcast_to(part, (dim,))) for part in parts)
    return tuple(None if part[0] is None else np.array(part) for part in zip(*snapshot.states, strict=True))


def edge_at(
    experiment: Experiment, index: int, columns: RunTrajectory, step: int, anatomist: Anatomist | None = None
) -> Edge:
    """The largest stable rate at row ``step`` of a run, given what its optimizer divides by in that update.

    Args:
        experiment: The document.
        index: Which of its runs.
        columns: What is computed of that run.
        step: The row.
        anatomist: Keeps states of the run; consecutive steps are quick with one that is kept.
    """
    settings = experiment.runs[index].settings_at(step)
    landscape, theta = experiment.landscape, columns.at(step).theta
    state, count = _remembered(experiment, index, columns, step, settings, anatomist or Anatomist())
    momentum = columns.at(step).momentum
    beta = None if np.isnan(momentum) else momentum
    return _edge(settings.optimizer, state, count, beta, lambda *how: sharpness(landscape, theta, *how))


def _momentum(columns: RunTrajectory, steps: npt.NDArray[np.intp]) -> Floats | None:
    found = columns.momentum
    return None if found is None else found[steps // columns.stride]


def _remembered(
    experiment: Experiment, index: int, columns: RunTrajectory, step: int, settings: Settings, anatomist: Anatomist
) -> tuple[State | None, int]:
    """What the rule remembers behind update ``step``: it holds the moments that the update divided by."""
    if isinstance(settings.optimizer, _STATELESS) or unlimited(settings.optimizer):
        return None, 0
    found = anatomist.at(experiment, index, columns, step)
    after = found.after if isinstance(found, Anatomy) else anatomist.before(experiment, index, columns, step)
    if not isinstance(after, Snapshot) or after.optimizer != settings.optimizer.name():
        return None, 0
    return state_of(after), after.count


def sampled(columns: RunTrajectory, most: int = SAMPLES) -> npt.NDArray[np.intp]:
    """Up to ``most`` rows, spread over what is computed, for ``edge_along``.

    In a long run they stand where states are kept, so that little has to be computed again.
    """
    if columns.last < 0:
        return np.empty(0, dtype=np.intp)
    even = np.linspace(0, columns.last, min(most, columns.last + 1)).astype(np.intp)
    even = even[np.append(True, np.diff(even) > 0)]  # np.unique would load NumPy's masked arrays at the start
    if columns.dim > 2 or columns.last < 10 * SNAPSHOT_EVERY:
        return np.asarray(even)
    kept = np.array([snapshot.step for snapshot in columns.snapshots if snapshot.step <= columns.last], dtype=np.intp)
    kept -= kept % columns.stride  # where a row is kept, too
    thinned = (
        kept[np.unique(np.linspace(0, len(kept) - 1, min(most, len(kept))).astype(np.intp))] if len(kept) else kept
    )
    return np.asarray(np.unique([0, *thinned, int(columns.steps[-1])]), dtype=np.intp)


def edge_along(
    experiment: Experiment,
    index: int,
    columns: RunTrajectory,
    steps: npt.ArrayLike,
    anatomist: Anatomist | None = None,
) -> Floats:
    """The largest stable rates at rows ``steps`` of a run, shape (n,) -> (n,); nan where there is none.

    It may be asked in slices of any size, in ascending order with one ``anatomist`` that is kept: states are then taken
    up where the last slice ended.
    """
    rows = np.asarray(steps, dtype=np.intp)
    found, keeper = np.full(rows.size, np.nan), anatomist or Anatomist()
    run = experiment.runs[index]
    begins = np.array([0, *(change.step for change in run.changes)])
    stretch = np.searchsorted(begins, rows, side="right") - 1
    for part in sorted(set(stretch.tolist())):
        there = np.flatnonzero(stretch == part)
        settings = run.settings_at(int(begins[part]))
        found[there] = _edges(experiment, index, columns, rows[there], settings, keeper)
    return found


def _edges(
    experiment: Experiment,
    index: int,
    columns: RunTrajectory,
    rows: npt.NDArray[np.intp],
    settings: Settings,
    anatomist: Anatomist,
) -> Floats:
    """``edge_along`` where the settings stay the same."""
    optimizer, found = settings.optimizer, np.full(rows.size, np.nan)
    if unlimited(optimizer):
        return found
    if experiment.landscape.dim > EXACT:
        edges = [edge_at(experiment, index, columns, int(row), anatomist) for row in rows]
        return np.array([np.nan if edge.rate is None else edge.rate for edge in edges])
    states, counts, known = None, np.zeros(rows.size), np.ones(rows.size, dtype=bool)
    if not isinstance(optimizer, _STATELESS):
        kept = [_remembered(experiment, index, columns, int(row), settings, anatomist) for row in rows]
        known = np.array([state is not None and count > 0 for state, count in kept])
        if not known.any():
            return found
        counts = np.array([count for _, count in kept], dtype=np.float64)[known]
        states = tuple(np.array(part) for part in zip(*(s for s, _ in kept if s is not None), strict=True))
    momentum = _momentum(columns, rows[known])
    if momentum is not None and np.isnan(momentum).any():
        own = getattr(optimizer, optimizer.momentum_field or "", np.nan)
        momentum = np.where(np.isnan(momentum), own[0] if isinstance(own, tuple) else own, momentum)
    with np.errstate(all="ignore"):
        recurrence = _KINDS[type(optimizer)](optimizer, states, counts, momentum)
        hessians = experiment.landscape.hessian(columns.theta[rows[known] // columns.stride])
        scaled = _top(hessians, recurrence.scaling, recurrence.coupled)
        found[known] = _scheduled(optimizer, recurrence.limit(scaled), counts)
    return found
