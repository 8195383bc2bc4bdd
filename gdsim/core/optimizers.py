"""Every update rule, once: an optimizer is one declaration of its hyperparameters and its formula.

A rule is element-wise and pure: (theta, gradient, state, coefficients) -> (theta, state). It is written in plain
arithmetic, so the same lines move one marble on Python floats, a vector of parameters, or thousands of marbles
on arrays, whose hyperparameters may be arrays too. Names, keywords, defaults and rounding follow torch.optim.

The parts that a rule adds up are handed to ``note`` when somebody wants to see them, with the ``line`` that they
are put into; what is explained is what was computed. ``anatomy`` says what the names stand for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, ClassVar, NamedTuple

import numpy as np

from gdsim.core.arithmetic import Arithmetic, Number
from gdsim.core.spec import Spec, number, option

State = tuple[Any, ...]
"""What a rule remembers of one coordinate (or of all, as arrays)."""

Note = Callable[..., None]
"""Is told the named parts of an update, as keywords."""


class Rule(NamedTuple):
    """An optimizer's formula, bound to its hyperparameters and to an arithmetic.

    Attributes:
        begin: lr -> the state before the first update.
        coefficients: (t, lr, momentum) -> what all coordinates share in update t, which counts from 1; ``momentum``
            replaces the optimizer's own (or its first beta) where a schedule cycles it, and is None otherwise.
        update: (theta, g, state, coefficients, note) -> (theta, state).
    """

    begin: Callable[[Number], State]
    coefficients: Callable[[int, Number, Number | None], tuple[Any, ...]]
    update: Callable[..., tuple[Number, State]]


class Optimizer(Spec, frozen=True, kw_only=True):
    """One update rule with its hyperparameters.

    ``variants`` are the settings that people know it by; the first is the plain one. ``momentum_field`` tells
    where a schedule that cycles momentum writes it.
    """

    variants: ClassVar[dict[str, dict[str, Any]]] = {}
    formula: ClassVar[str] = ""
    teaches: ClassVar[str] = ""
    momentum_field: ClassVar[str | None] = None

    @property
    def rate(self) -> float:
        """The learning rate that a schedule starts from."""
        return float(self.lr)  # type: ignore[attr-defined]

    def rule(self, m: Arithmetic) -> Rule:
        """The formula on the numbers of ``m``."""
        raise NotImplementedError  # abstract

    def describe(self) -> str:
        """The variant that these settings belong to: "SGD · momentum"."""
        found = self.name()
        for label, settings in self.variants.items():
            if all(_same_kind(getattr(self, key), value) for key, value in settings.items()):
                found = label
        return found


def _same_kind(have: Any, want: Any) -> bool:
    return have == want if isinstance(want, bool) else bool(have) == bool(want)


def _used(value: Any) -> bool:
    """Whether a hyperparameter (or any of an array of them) is other than zero."""
    return value != 0.0 if isinstance(value, float) else bool(np.any(value))  # asked at every update of a marble


def _pull(decays: bool, wd: Any, theta: Number) -> Number | None:
    """What coupled weight decay adds to the gradient; None where there is none."""
    return wd * theta if decays else None


def learning_rate(low: float = 1e-5, high: float = 10.0) -> Any:
    """Declare a learning rate."""
    return number(
        "learning rate",
        "η",
        "How far a step goes for a given gradient. Too small crawls, too large diverges.",
        low=low,
        high=high,
        scale="log",
        ge=0.0,
    )


def _decay(label: str, meaning: str, *, advanced: bool = False) -> Any:
    return number(label, "λ", meaning, low=1e-5, high=1.0, scale="log", ge=0.0, advanced=advanced)


Rate = Annotated[float, learning_rate()]
Decay = Annotated[
    float,
    _decay(
        "weight decay", "Adds λθ to the gradient (L2 regularisation): pulls θ towards 0. 1e-4 is usual.", advanced=True
    ),
]
Decoupled = Annotated[
    float,
    _decay("weight decay", "Shrinks θ by ηλθ beside the step, untouched by its scaling. 0.01 to 0.1 is usual."),
]
Momentum = Annotated[
    float,
    number("momentum", "β", "How much of the last velocity is kept. 0.9 remembers about ten steps.",
           low=0.0, high=0.99, ge=0.0),
]  # fmt: skip
Eps = Annotated[
    float,
    number("epsilon", "ε", "Keeps the division from blowing up where gradients vanish. 1e-8 is usual.",
           low=1e-12, high=0.1, scale="log", ge=0.0, advanced=True),
]  # fmt: skip
Beta1 = Annotated[
    float,
    number("first decay", "β₁", "How much of the mean gradient m is kept. 0.9 remembers about ten steps.",
           low=0.0, high=0.99, ge=0.0, lt=1.0),
]  # fmt: skip
Beta2 = Annotated[
    float,
    number("second decay", "β₂", "How much of the mean squared gradient v is kept. 0.999 remembers about a thousand.",
           low=0.8, high=0.9999, ge=0.0, lt=1.0),
]  # fmt: skip
Betas = tuple[Beta1, Beta2]


class SGD(Optimizer, frozen=True, kw_only=True, tag="SGD"):
    """Gradient descent, with heavy-ball momentum (Polyak 1964) or Nesterov's (1983), as in torch.optim.SGD.

    v ← βv + (1 - d)g (v ← g at first), θ ← θ - ηv; Nesterov: θ ← θ - η(g + βv).
    """

    variants: ClassVar[dict[str, dict[str, Any]]] = {
        "SGD": {"momentum": 0.0, "nesterov": False},
        "SGD · momentum": {"momentum": 0.9, "nesterov": False},
        "SGD · Nesterov": {"momentum": 0.9, "nesterov": True, "dampening": 0.0},
    }
    formula: ClassVar[str] = "θ ← θ − η (β v + g)"
    teaches: ClassVar[str] = "Goes straight downhill; momentum lets it roll."
    momentum_field: ClassVar[str | None] = "momentum"

    lr: Rate = 1e-3
    momentum: Momentum = 0.0
    nesterov: Annotated[
        bool, option("Nesterov", "Looks ahead: adds momentum once more to the step.", advanced=True)
    ] = False
    dampening: Annotated[
        float,
        number(
            "dampening",
            "d",
            "Leaves out a part of each new gradient. 0 is usual.",
            low=0.0,
            high=1.0,
            ge=0.0,
            advanced=True,
        ),
    ] = 0.0
    weight_decay: Decay = 0.0

    def __post_init__(self) -> None:
        if isinstance(self.nesterov, bool) and self.nesterov and (not _used(self.momentum) or _used(self.dampening)):
            raise ValueError("nesterov needs a momentum above 0 and no dampening")

    def rule(self, m: Arithmetic) -> Rule:
        """The formula."""
        own, nesterov, damped, wd = self.momentum, self.nesterov, 1.0 - self.dampening, self.weight_decay
        decays, dampens = _used(wd), _used(self.dampening)

        def begin(lr: Number) -> State:
            return (None,)

        def coefficients(t: int, lr: Number, momentum: Number | None) -> tuple[Any, ...]:
            beta = own if momentum is None else momentum
            rolls = _used(beta)
            # Without momentum nothing is dampened: this matters where some marbles of an array have none.
            return lr, beta, rolls, m.where(beta == 0.0, 1.0, damped) if dampens and rolls else damped

        def update(theta: Number, g: Number, state: State, c: tuple[Any, ...], note: Note | None = None) -> Any:
            lr, beta, rolls, damped = c
            (v,) = state
            raw = g
            if decays:
                g = g + wd * theta
            if not rolls:
                step = -lr * g
                if note is not None:
                    note(
                        g=raw, decay=_pull(decays, wd, theta), decayed=g, rate=lr, gradient_part=step, step=step,
                        line="{theta} − {rate} · {decayed}",
                    )  # fmt: skip
                return theta + step, state
            # The very first step is taken with the whole gradient, whatever the dampening.
            old, fresh = (0.0, g) if v is None else (v, damped * g)
            memory = beta * old
            v = memory + fresh
            if nesterov:
                gradient_part, memory_part = -lr * g, -lr * (beta * v)
            else:
                gradient_part, memory_part = -lr * fresh, -lr * memory
            step = gradient_part + memory_part
            if note is not None:
                share = None if not dampens else 1.0 if state[0] is None else damped
                line = "{theta} − {rate} · ({beta} · {velocity} + {decayed})"
                if nesterov:
                    line = "{theta} − {rate} · ({decayed} + {beta} · {velocity_new})"
                elif share is not None:
                    line = "{theta} − {rate} · ({beta} · {velocity} + {share} · {decayed})"
                note(
                    g=raw, decay=_pull(decays, wd, theta), decayed=g, velocity=old, velocity_new=v, beta=beta,
                    share=share, rate=lr,
                    gradient_part=gradient_part, memory_part=memory_part, step=step, line=line,
                )  # fmt: skip
            return theta + step, (v,)

        return Rule(begin, coefficients, update)


class Adagrad(Optimizer, frozen=True, kw_only=True, tag="Adagrad"):
    """Adagrad (Duchi et al. 2011): s ← s + g², θ ← θ - η g / (√s + ε)."""

    variants: ClassVar[dict[str, dict[str, Any]]] = {"Adagrad": {}}
    formula: ClassVar[str] = "θ ← θ − η g / (√s + ε)"
    teaches: ClassVar[str] = "Each parameter's rate shrinks with all the slope it has seen."

    lr: Rate = 1e-2
    lr_decay: Annotated[
        float,
        number("rate decay", "γ", "Lowers the rate as 1/(1 + γt).", low=1e-5, high=1.0, scale="log", ge=0.0),
    ] = 0.0
    weight_decay: Decay = 0.0
    initial_accumulator_value: Annotated[
        float,
        number("initial sum", "s₀", "What the sum of squares starts from: larger tames the first steps.",
               low=1e-3, high=10.0, scale="log", ge=0.0, advanced=True),
    ] = 0.0  # fmt: skip
    eps: Eps = 1e-10

    def rule(self, m: Arithmetic) -> Rule:
        """The formula."""
        slowing, wd, first, eps, sqrt = (
            self.lr_decay, self.weight_decay, self.initial_accumulator_value, self.eps, m.sqrt,
        )  # fmt: skip
        decays = _used(wd)

        def begin(lr: Number) -> State:
            return (first,)

        def coefficients(t: int, lr: Number, momentum: Number | None) -> tuple[Any, ...]:
            return (lr / (1.0 + (t - 1) * slowing),)

        def update(theta: Number, g: Number, state: State, c: tuple[Any, ...], note: Note | None = None) -> Any:
            (lr,) = c
            (s,) = state
            raw = g
            if decays:
                g = g + wd * theta
            old = s
            s = s + g * g
            scale = lr / (sqrt(s) + eps)
            step = -scale * g
            if note is not None:
                note(
                    g=raw, decay=_pull(decays, wd, theta), decayed=g, total=old, total_new=s, rate=lr, eps=eps,
                    adapted=g / (sqrt(s) + eps), scale=scale, gradient_part=step, step=step,
                    line="{theta} − {rate} · {decayed} / (√{total_new} + {eps})",
                )  # fmt: skip
            return theta + step, (s,)

        return Rule(begin, coefficients, update)


class RMSprop(Optimizer, frozen=True, kw_only=True, tag="RMSprop"):
    """RMSprop (Hinton 2012): s ← αs + (1 - α)g², θ ← θ - η g / (√s + ε).

    ``centered`` (Graves 2013) takes the variance s - ḡ² instead; with momentum b ← βb + g/d, θ ← θ - ηb.
    """

    variants: ClassVar[dict[str, dict[str, Any]]] = {
        "RMSprop": {"centered": False, "momentum": 0.0},
        "RMSprop · centered": {"centered": True, "momentum": 0.0},
        "RMSprop · momentum": {"centered": False, "momentum": 0.9},
    }
    formula: ClassVar[str] = "θ ← θ − η g / (√s + ε)"
    teaches: ClassVar[str] = "Divides each slope by its recent size: steep and flat directions move alike."
    momentum_field: ClassVar[str | None] = "momentum"

    lr: Rate = 1e-2
    alpha: Annotated[
        float,
        number("decay", "α", "How much of the mean squared gradient is kept. 0.99 remembers about a hundred steps.",
               low=0.5, high=0.999, ge=0.0, le=1.0),
    ] = 0.99  # fmt: skip
    momentum: Momentum = 0.0
    centered: Annotated[
        bool, option("centered", "Divides by the spread of the gradient, not by its size.", advanced=True)
    ] = False
    weight_decay: Decay = 0.0
    eps: Eps = 1e-8

    def rule(self, m: Arithmetic) -> Rule:
        """The formula."""
        alpha, own, centered, wd, eps, sqrt = (
            self.alpha, self.momentum, self.centered, self.weight_decay, self.eps, m.sqrt,
        )  # fmt: skip
        keep = 1.0 - alpha
        decays = _used(wd)

        def begin(lr: Number) -> State:
            return 0.0, 0.0, 0.0

        def coefficients(t: int, lr: Number, momentum: Number | None) -> tuple[Any, ...]:
            beta = own if momentum is None else momentum
            return lr, beta, _used(beta)

        def update(theta: Number, g: Number, state: State, c: tuple[Any, ...], note: Note | None = None) -> Any:
            lr, beta, rolls = c
            s, mean, b = state
            raw = g
            if decays:
                g = g + wd * theta
            old_s, old_mean = s, mean
            s = alpha * s + keep * (g * g)
            spread = s
            if centered:
                mean = mean + keep * (g - mean)
                spread = s - mean * mean
            adapted = g / (sqrt(spread) + eps)
            old = b
            if rolls:
                gradient_part, memory_part = -lr * adapted, -lr * (beta * b)
                b = beta * b + adapted
                step = gradient_part + memory_part
            else:
                gradient_part = step = -lr * adapted
                memory_part = 0.0
            if note is not None:
                under = "{spread}" if centered else "{s_new}"
                means = {"mean": old_mean, "mean_new": mean, "spread": spread} if centered else {}
                memory = {"b": old, "b_new": b, "beta": beta, "memory_part": memory_part} if rolls else {}
                note(
                    g=raw, decay=_pull(decays, wd, theta), decayed=g, s=old_s, s_new=s, alpha=alpha, eps=eps,
                    rate=lr, scale=lr / (sqrt(spread) + eps), adapted=adapted, **means, **memory,
                    gradient_part=gradient_part, step=step,
                    line="{theta} − {rate} · ({beta} · {b} + {adapted})" if rolls
                    else "{theta} − {rate} · {decayed} / (√" + under + " + {eps})",
                )  # fmt: skip
            return theta + step, (s, mean, b)

        return Rule(begin, coefficients, update)


class Adadelta(Optimizer, frozen=True, kw_only=True, tag="Adadelta"):
    """Adadelta (Zeiler 2012): d = √(u + ε) / √(s + ε) · g, θ ← θ - ηd; s, u: means of g² and d²."""

    variants: ClassVar[dict[str, dict[str, Any]]] = {"Adadelta": {}}
    formula: ClassVar[str] = "θ ← θ − η g √(u + ε) / √(s + ε)"
    teaches: ClassVar[str] = "Finds its own step length from the last steps; slow to start."

    lr: Rate = 1.0
    rho: Annotated[
        float,
        number("decay", "ρ", "How much of the means is kept. 0.9 remembers about ten steps.",
               low=0.5, high=0.999, ge=0.0, le=1.0),
    ] = 0.9  # fmt: skip
    weight_decay: Decay = 0.0
    eps: Eps = 1e-6

    def rule(self, m: Arithmetic) -> Rule:
        """The formula."""
        rho, wd, eps, sqrt = self.rho, self.weight_decay, self.eps, m.sqrt
        keep = 1.0 - rho
        decays = _used(wd)

        def begin(lr: Number) -> State:
            return 0.0, 0.0

        def coefficients(t: int, lr: Number, momentum: Number | None) -> tuple[Any, ...]:
            return (lr,)

        def update(theta: Number, g: Number, state: State, c: tuple[Any, ...], note: Note | None = None) -> Any:
            (lr,) = c
            s, u = state
            raw = g
            if decays:
                g = g + wd * theta
            old, before = u, s
            s = rho * s + keep * (g * g)
            scale = sqrt(u + eps) / sqrt(s + eps)
            d = scale * g
            u = rho * u + keep * (d * d)
            step = -lr * d
            if note is not None:
                note(
                    g=raw, decay=_pull(decays, wd, theta), decayed=g, s=before, s_new=s, alpha=rho,
                    u=old, u_new=u, eps=eps, rate=lr, scale=lr * scale, adapted=d, gradient_part=step, step=step,
                    line="{theta} − {rate} · {decayed} · √({u} + {eps}) / √({s_new} + {eps})",
                )  # fmt: skip
            return theta + step, (s, u)

        return Rule(begin, coefficients, update)


def _moments(betas: tuple[Any, Any], m: Arithmetic) -> Callable[[int, Number, Number | None], tuple[Any, ...]]:
    """What the Adam family shares: (β₁, 1 - β₁, η/(1 - β₁ᵗ), √(1 - β₂ᵗ), η, 1 - β₁ᵗ): bias corrections and the rate."""
    own, beta2 = betas
    sqrt = m.sqrt

    def coefficients(t: int, lr: Number, momentum: Number | None) -> tuple[Any, ...]:
        beta1 = own if momentum is None else momentum
        correction1 = 1.0 - beta1**t
        return beta1, 1.0 - beta1, lr / correction1, sqrt(1.0 - beta2**t), lr, correction1

    return coefficients


class Adam(Optimizer, frozen=True, kw_only=True, tag="Adam"):
    """Adam (Kingma & Ba 2015); AMSGrad (Reddi et al. 2018) keeps the largest v.

    m ← β₁m + (1 - β₁)g, v ← β₂v + (1 - β₂)g², θ ← θ - η m̂ / (√v̂ + ε), m̂ = m/(1 - β₁ᵗ), v̂ = v/(1 - β₂ᵗ).
    """

    variants: ClassVar[dict[str, dict[str, Any]]] = {
        "Adam": {"amsgrad": False},
        "Adam · AMSGrad": {"amsgrad": True},
    }
    formula: ClassVar[str] = "θ ← θ − η m̂ / (√v̂ + ε)"
    teaches: ClassVar[str] = "Momentum over a step size of its own for each parameter."
    momentum_field: ClassVar[str | None] = "betas"

    lr: Rate = 1e-3
    betas: Betas = (0.9, 0.999)
    weight_decay: Decay = 0.0
    amsgrad: Annotated[
        bool, option("AMSGrad", "Divides by the largest v so far, so that rates only shrink.", advanced=True)
    ] = False
    eps: Eps = 1e-8

    def rule(self, m: Arithmetic) -> Rule:
        """The formula."""
        return _adam(m, self.betas, self.eps, self.amsgrad, coupled=self.weight_decay, decoupled=0.0)


class AdamW(Optimizer, frozen=True, kw_only=True, tag="AdamW"):
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019): θ ← θ - ηλθ - η m̂ / (√v̂ + ε)."""

    variants: ClassVar[dict[str, dict[str, Any]]] = {"AdamW": {"amsgrad": False}}
    formula: ClassVar[str] = "θ ← θ − η λ θ − η m̂ / (√v̂ + ε)"
    teaches: ClassVar[str] = "Adam whose weight decay is not divided by √v."
    momentum_field: ClassVar[str | None] = "betas"

    lr: Rate = 1e-3
    betas: Betas = (0.9, 0.999)
    weight_decay: Decoupled = 1e-2
    amsgrad: Annotated[
        bool, option("AMSGrad", "Divides by the largest v so far, so that rates only shrink.", advanced=True)
    ] = False
    eps: Eps = 1e-8

    def rule(self, m: Arithmetic) -> Rule:
        """The formula."""
        return _adam(m, self.betas, self.eps, self.amsgrad, coupled=0.0, decoupled=self.weight_decay)


def _adam(m: Arithmetic, betas: Any, eps: Any, amsgrad: bool, *, coupled: Any, decoupled: Any) -> Rule:
    """Adam and AdamW, which differ in where the weight decay goes."""
    shared = _moments(betas, m)
    beta2 = betas[1]
    keep2 = 1.0 - beta2
    sqrt, maximum = m.sqrt, m.maximum
    couples, decouples = _used(coupled), _used(decoupled)

    def begin(lr: Number) -> State:
        return 0.0, 0.0, 0.0

    def update(theta: Number, g: Number, state: State, c: tuple[Any, ...], note: Note | None = None) -> Any:
        beta1, keep1, rate, root, lr, correction1 = c
        mean, v, largest = state
        raw = g
        if couples:
            g = g + coupled * theta
        memory = beta1 * mean
        fresh = keep1 * g
        before = v
        v = beta2 * v + keep2 * g * g
        under = v
        if amsgrad:
            under = largest = maximum(largest, v)
        scale = -rate / (sqrt(under) / root + eps)
        gradient_part = scale * fresh
        memory_part = scale * memory
        step = gradient_part + memory_part
        if decouples:
            decay_part = -lr * decoupled * theta
            step = decay_part + step
        if note is not None:
            m_hat, divisor = (memory + fresh) / correction1, sqrt(under) / root + eps
            decay = {"shrink": decoupled, "decay_part": decay_part} if decouples else {}
            line = "{theta} − {rate} · {m_hat} / (√{v_hat} + {eps})"
            note(
                g=raw, decay=_pull(couples, coupled, theta), decayed=g, m=mean, m_new=memory + fresh, beta1=beta1,
                v=before, v_new=v, beta2=beta2, largest=largest if amsgrad else None, correction1=correction1,
                correction2=root * root, m_hat=m_hat, v_hat=under / (root * root), eps=eps, rate=lr, scale=-scale,
                adapted=m_hat / divisor, gradient_part=gradient_part, memory_part=memory_part, **decay, step=step,
                line=line + " − {rate} · {shrink} · {theta}" if decouples else line,
            )  # fmt: skip
        return theta + step, (memory + fresh, v, largest)

    return Rule(begin, shared, update)


class NAdam(Optimizer, frozen=True, kw_only=True, tag="NAdam"):
    """Adam with Nesterov momentum (Dozat 2016), as in torch.optim.NAdam.

    μ_t = β₁(1 - 0.96^(tψ)/2), P_t = μ_1 ⋯ μ_t,
    θ ← θ - η (1 - μ_t)/(1 - P_t) g/d - η μ_{t+1}/(1 - P_t μ_{t+1}) m/d, d = √v̂ + ε.
    """

    variants: ClassVar[dict[str, dict[str, Any]]] = {"NAdam": {}}
    formula: ClassVar[str] = "θ ← θ − η (a g + b m) / (√v̂ + ε)"
    teaches: ClassVar[str] = "Adam that looks ahead."
    momentum_field: ClassVar[str | None] = "betas"

    lr: Rate = 2e-3
    betas: Betas = (0.9, 0.999)
    weight_decay: Decay = 0.0
    momentum_decay: Annotated[
        float,
        number("momentum decay", "ψ", "How fast momentum warms up. 0.004 is usual.",
               low=1e-4, high=0.1, scale="log", ge=0.0),
    ] = 4e-3  # fmt: skip
    eps: Eps = 1e-8

    def rule(self, m: Arithmetic) -> Rule:
        """The formula."""
        (own, beta2), wd, psi, eps, sqrt = (
            self.betas,
            self.weight_decay,
            self.momentum_decay,
            self.eps,
            m.sqrt,
        )
        keep2 = 1.0 - beta2
        decays = _used(wd)

        def begin(lr: Number) -> State:
            return 0.0, 0.0, 1.0

        def coefficients(t: int, lr: Number, momentum: Number | None) -> tuple[Any, ...]:
            beta1 = own if momentum is None else momentum
            mu = beta1 * (1.0 - 0.5 * 0.96 ** (t * psi))
            mu_next = beta1 * (1.0 - 0.5 * 0.96 ** ((t + 1) * psi))
            return lr, beta1, mu, mu_next, 1.0 - beta2**t

        def update(theta: Number, g: Number, state: State, c: tuple[Any, ...], note: Note | None = None) -> Any:
            lr, beta1, mu, mu_next, correction2 = c
            mean, v, product = state
            raw = g
            if decays:
                g = g + wd * theta
            old, before = mean, v
            mean = beta1 * mean + (1.0 - beta1) * g
            v = beta2 * v + keep2 * g * g
            product = product * mu
            d = sqrt(v / correction2) + eps
            gradient_part = -lr * (1.0 - mu) / (1.0 - product) * g / d
            memory_part = -lr * mu_next / (1.0 - product * mu_next) * mean / d
            step = gradient_part + memory_part
            if note is not None:
                fresh_share, memory_share = (1.0 - mu) / (1.0 - product), mu_next / (1.0 - product * mu_next)
                note(
                    g=raw, decay=_pull(decays, wd, theta), decayed=g, m=old, m_new=mean, beta1=beta1,
                    v=before, v_new=v, beta2=beta2, mu=mu, fresh_share=fresh_share, memory_share=memory_share,
                    correction2=correction2, v_hat=v / correction2, eps=eps, rate=lr, scale=lr / d,
                    adapted=(fresh_share * g + memory_share * mean) / d,
                    gradient_part=gradient_part, memory_part=memory_part, step=step,
                    line="{theta} − {rate} · ({fresh_share} · {decayed} + {memory_share} · {m_new}) / "
                    "(√{v_hat} + {eps})",
                )  # fmt: skip
            return theta + step, (mean, v, product)

        return Rule(begin, coefficients, update)


class RAdam(Optimizer, frozen=True, kw_only=True, tag="RAdam"):
    """Rectified Adam (Liu et al. 2020): plain momentum until v can be trusted, then Adam with a rectified rate."""

    variants: ClassVar[dict[str, dict[str, Any]]] = {"RAdam": {}}
    formula: ClassVar[str] = "θ ← θ − η r m̂ / (√v̂ + ε)"
    teaches: ClassVar[str] = "Adam with a warm-up built in."
    momentum_field: ClassVar[str | None] = "betas"

    lr: Rate = 1e-3
    betas: Betas = (0.9, 0.999)
    weight_decay: Decay = 0.0
    eps: Eps = 1e-8

    def rule(self, m: Arithmetic) -> Rule:
        """The formula."""
        shared = _moments(self.betas, m)
        beta2, wd, eps, sqrt, where, maximum = (
            self.betas[1], self.weight_decay, self.eps, m.sqrt, m.where, m.maximum,
        )  # fmt: skip
        keep2 = 1.0 - beta2
        decays = _used(wd)
        infinite = 2.0 / (1.0 - beta2) - 1.0

        def begin(lr: Number) -> State:
            return 0.0, 0.0

        def coefficients(t: int, lr: Number, momentum: Number | None) -> tuple[Any, ...]:
            power = beta2**t
            length = infinite - 2.0 * t * power / (1.0 - power)
            trusted = maximum(length, 5.0)
            rectified = sqrt(
                (trusted - 4.0) * (trusted - 2.0) * infinite / ((infinite - 4.0) * (infinite - 2.0) * trusted)
            )
            return (*shared(t, lr, momentum), length > 5.0, rectified)

        def update(theta: Number, g: Number, state: State, c: tuple[Any, ...], note: Note | None = None) -> Any:
            beta1, keep1, rate, root, lr, correction1, trusted, rectified = c
            mean, v = state
            raw = g
            if decays:
                g = g + wd * theta
            memory = beta1 * mean
            fresh = keep1 * g
            before = v
            v = beta2 * v + keep2 * g * g
            scale = -rate * where(trusted, rectified * root / (sqrt(v) + eps), 1.0)
            gradient_part = scale * fresh
            memory_part = scale * memory
            step = gradient_part + memory_part
            if note is not None:
                m_hat = (memory + fresh) / correction1
                shrunk = rectified * root / (sqrt(v) + eps) if trusted else 1.0
                note(
                    g=raw, decay=_pull(decays, wd, theta), decayed=g, m=mean, m_new=memory + fresh, beta1=beta1,
                    v=before, v_new=v, beta2=beta2, correction1=correction1, correction2=root * root, m_hat=m_hat,
                    eps=eps, rectified=rectified if trusted else 0.0, rate=lr, scale=-scale, adapted=m_hat * shrunk,
                    gradient_part=gradient_part, memory_part=memory_part, step=step,
                    line="{theta} − {rate} · {rectified} · {m_hat} · √{correction2} / (√{v_new} + {eps})" if trusted
                    else "{theta} − {rate} · {m_hat}",
                )  # fmt: skip
            return theta + step, (memory + fresh, v)

        return Rule(begin, coefficients, update)


class Adamax(Optimizer, frozen=True, kw_only=True, tag="Adamax"):
    """Adam with the infinity norm (Kingma & Ba 2015): u ← max(β₂u, |g| + ε), θ ← θ - η m̂ / u."""

    variants: ClassVar[dict[str, dict[str, Any]]] = {"Adamax": {}}
    formula: ClassVar[str] = "θ ← θ − η m̂ / u"
    teaches: ClassVar[str] = "Divides by the largest recent slope instead of its mean square."
    momentum_field: ClassVar[str | None] = "betas"

    lr: Rate = 2e-3
    betas: Betas = (0.9, 0.999)
    weight_decay: Decay = 0.0
    eps: Eps = 1e-8

    def rule(self, m: Arithmetic) -> Rule:
        """The formula."""
        shared = _moments(self.betas, m)
        beta2, wd, eps, absolute, maximum = self.betas[1], self.weight_decay, self.eps, m.absolute, m.maximum
        decays = _used(wd)

        def begin(lr: Number) -> State:
            return 0.0, 0.0

        def update(theta: Number, g: Number, state: State, c: tuple[Any, ...], note: Note | None = None) -> Any:
            beta1, keep1, rate, _, lr, correction1 = c
            mean, u = state
            raw = g
            if decays:
                g = g + wd * theta
            memory = beta1 * mean
            fresh = keep1 * g
            before = u
            u = maximum(beta2 * u, absolute(g) + eps)
            scale = -rate / u
            gradient_part = scale * fresh
            memory_part = scale * memory
            step = gradient_part + memory_part
            if note is not None:
                m_hat = (memory + fresh) / correction1
                note(
                    g=raw, decay=_pull(decays, wd, theta), decayed=g, m=mean, m_new=memory + fresh, beta1=beta1,
                    largest_slope=before, largest_slope_new=u, beta2=beta2, correction1=correction1, m_hat=m_hat,
                    rate=lr, scale=-scale, adapted=m_hat / u,
                    gradient_part=gradient_part, memory_part=memory_part, step=step,
                    line="{theta} − {rate} · {m_hat} / {largest_slope_new}",
                )  # fmt: skip
            return theta + step, (memory + fresh, u)

        return Rule(begin, shared, update)


class Rprop(Optimizer, frozen=True, kw_only=True, tag="Rprop"):
    """Resilient backpropagation (Riedmiller & Braun 1993): only the sign of the slope counts.

    Each parameter's step grows by η⁺ while the sign stays, shrinks by η⁻ where it turns, and then waits once.
    """

    variants: ClassVar[dict[str, dict[str, Any]]] = {"Rprop": {}}
    formula: ClassVar[str] = "θ ← θ − Δ sign(g)"
    teaches: ClassVar[str] = "Trusts the sign of the slope, not its size; noise confuses it."

    lr: Rate = 1e-2
    etas: tuple[
        Annotated[
            float,
            number("shrink", "η⁻", "Factor for the step where the slope changed sign. 0.5 is usual.",
                   low=0.1, high=0.9, gt=0.0, lt=1.0),
        ],
        Annotated[
            float,
            number("grow", "η⁺", "Factor for the step while the slope keeps its sign. 1.2 is usual.",
                   low=1.01, high=2.0, gt=1.0),
        ],
    ] = (0.5, 1.2)  # fmt: skip
    step_sizes: tuple[
        Annotated[
            float,
            number("least step", "Δ min", "No step becomes shorter.", low=1e-9, high=1e-2, scale="log", gt=0.0),
        ],
        Annotated[
            float,
            number("largest step", "Δ max", "No step becomes longer.", low=0.1, high=100.0, scale="log", gt=0.0),
        ],
    ] = (1e-6, 50.0)

    def rule(self, m: Arithmetic) -> Rule:
        """The formula."""
        (shrink, grow), (least, most) = self.etas, self.step_sizes
        sign, where, maximum, minimum = m.sign, m.where, m.maximum, m.minimum

        def begin(lr: Number) -> State:
            return lr, 0.0

        def coefficients(t: int, lr: Number, momentum: Number | None) -> tuple[Any, ...]:
            return ()

        def update(theta: Number, g: Number, state: State, c: tuple[Any, ...], note: Note | None = None) -> Any:
            size, previous = state
            turn, before = g * previous, size
            factor = where(turn > 0.0, grow, where(turn < 0.0, shrink, 1.0))
            size = minimum(maximum(size * factor, least), most)
            used = where(turn < 0.0, 0.0, g)
            step = -sign(used) * size
            if note is not None:
                note(
                    g=g, decayed=g, previous=previous, size=before, factor=factor, size_new=size, used=used,
                    gradient_part=step, step=step, line="{theta} − {size_new} · sign({used})",
                )  # fmt: skip
            return theta + step, (size, used)

        return Rule(begin, coefficients, update)


class ASGD(Optimizer, frozen=True, kw_only=True, tag="ASGD"):
    """Averaged SGD's steps (Polyak & Juditsky 1992), as in torch.optim.ASGD.

    θ ← θ(1 - λη_t) - η_t g, then η_t = η / (1 + ληt)^α. The average itself is not what is shown.
    """

    variants: ClassVar[dict[str, dict[str, Any]]] = {"ASGD": {}}
    formula: ClassVar[str] = "θ ← θ (1 − λ η) − η g"
    teaches: ClassVar[str] = "Gradient descent whose rate fades with the number of steps."

    lr: Rate = 1e-2
    lambd: Annotated[
        float,
        number(
            "decay term",
            "λ",
            "How fast the rate fades. 1e-4 is usual.",
            low=1e-6,
            high=1.0,
            scale="log",
            ge=0.0,
        ),
    ] = 1e-4
    alpha: Annotated[
        float,
        number("power", "α", "Power of the fading. 0.75 is usual.", low=0.1, high=1.0, ge=0.0),
    ] = 0.75
    t0: Annotated[
        float,
        number("averaging starts", "t₀", "From which step PyTorch averages; the marble itself is not moved by it.",
               low=1.0, high=1e6, scale="log", ge=0.0, advanced=True),
    ] = 1e6  # fmt: skip
    weight_decay: Decay = 0.0

    def rule(self, m: Arithmetic) -> Rule:
        """The formula."""
        lambd, alpha, wd, maximum = self.lambd, self.alpha, self.weight_decay, m.maximum
        decays = _used(wd)

        def begin(lr: Number) -> State:
            return (lr,)

        def coefficients(t: int, lr: Number, momentum: Number | None) -> tuple[Any, ...]:
            # A schedule may make lr negative; a power of a negative number would be complex.
            return (lr / maximum(1.0 + lambd * lr * t, 0.0) ** alpha,)

        def update(theta: Number, g: Number, state: State, c: tuple[Any, ...], note: Note | None = None) -> Any:
            (eta,) = state
            raw = g
            if decays:
                g = g + wd * theta
            decay_part = -lambd * eta * theta
            gradient_part = -eta * g
            step = decay_part + gradient_part
            if note is not None:
                note(
                    g=raw, decay=_pull(decays, wd, theta), decayed=g, rate=eta, shrink=lambd,
                    decay_part=decay_part, gradient_part=gradient_part, step=step,
                    line="{theta} − {rate} · {decayed} − {rate} · {shrink} · {theta}",
                )  # fmt: skip
            return theta + step, c

        return Rule(begin, coefficients, update)


class Lion(Optimizer, frozen=True, kw_only=True, tag="Lion"):
    """Lion (Chen et al. 2023): θ ← θ - η (sign(β₁m + (1 - β₁)g) + λθ), m ← β₂m + (1 - β₂)g."""

    variants: ClassVar[dict[str, dict[str, Any]]] = {"Lion": {}}
    formula: ClassVar[str] = "θ ← θ − η (sign(c) + λ θ)"
    teaches: ClassVar[str] = "Every parameter moves by the same length: only signs count."
    momentum_field: ClassVar[str | None] = "betas"

    lr: Rate = 1e-4
    betas: tuple[
        Beta1,
        Annotated[
            float,
            number("second decay", "β₂", "How much of the momentum is kept. 0.99 is usual.",
                   low=0.5, high=0.999, ge=0.0, lt=1.0),
        ],
    ] = (0.9, 0.99)  # fmt: skip
    weight_decay: Decoupled = 0.0

    def rule(self, m: Arithmetic) -> Rule:
        """The formula."""
        (own, beta2), wd, sign = self.betas, self.weight_decay, m.sign
        keep2 = 1.0 - beta2
        decays = _used(wd)

        def begin(lr: Number) -> State:
            return (0.0,)

        def coefficients(t: int, lr: Number, momentum: Number | None) -> tuple[Any, ...]:
            beta1 = own if momentum is None else momentum
            return lr, beta1, 1.0 - beta1

        def update(theta: Number, g: Number, state: State, c: tuple[Any, ...], note: Note | None = None) -> Any:
            lr, beta1, keep1 = c
            (mean,) = state
            blend = beta1 * mean + keep1 * g
            gradient_part = step = -lr * sign(blend)
            decay_part = 0.0
            if decays:
                decay_part = -lr * wd * theta
                step = decay_part + step
            new = beta2 * mean + keep2 * g
            if note is not None:
                decay = {"shrink": wd, "decay_part": decay_part} if decays else {}
                line = "{theta} − {rate} · sign({blend})"
                note(
                    g=g, decayed=g, m=mean, beta1=beta1, blend=blend, m_new=new, beta2=beta2, rate=lr,
                    adapted=sign(blend), gradient_part=gradient_part, **decay, step=step,
                    line=line + " − {rate} · {shrink} · {theta}" if decays else line,
                )  # fmt: skip
            return theta + step, (new,)

        return Rule(begin, coefficients, update)
