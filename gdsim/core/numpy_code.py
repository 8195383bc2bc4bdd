"""An experiment as plain NumPy: descent from scratch, with the gradient written out and every update rule in its lines.

The companion of ``pytorch_code`` for whoever wants to see that nothing is hidden. The slopes of a landscape are printed
from its own declaration, those of a model are the textbook's (backpropagation for the network). The last line that the
script prints is the JSON list of each run's final parameters. What is left out and refused is the same as there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from gdsim.core import schedules as sched
from gdsim.core.experiment import Experiment, Settings
from gdsim.core.landscapes import ModelLandscape, PlaneLandscape
from gdsim.core.landscapes.fitted import LinearRegression, LogisticRegression, PolynomialRegression
from gdsim.core.landscapes.network import Network, layers
from gdsim.core.script import (
    UNPACKED,
    ScriptError,
    Stretch,
    batch_lines,
    batches_of,
    check,
    comment,
    cycles,
    data_lines,
    imports,
    joined,
    momentum_function,
    names_of,
    noise_lines,
    optimizer_changed,
    pairwise,
    rate_function,
    start_lines,
    stretches,
    ticks_of,
)
from gdsim.core.source import NUMPY, formula_of, number, written


def numpy_script(experiment: Experiment) -> str:
    """A script that makes the same descents with NumPy alone, and prints where they ended.

    Raises:
        ScriptError: The experiment cannot be written down so; the text says why.
    """
    check(experiment)
    landscape = experiment.landscape
    parts = [part for run in experiment.runs for part in stretches(run, experiment.steps)]
    noisy = any(part.settings.noise is not None and part.settings.noise.std for part in parts)
    batched = any(batches_of(experiment, part.settings) is not None for part in parts)
    data = data_lines(landscape, "np.array") if isinstance(landscape, ModelLandscape) else []
    start = start_lines(experiment, "np.array")
    body: list[list[str]] = [
        ['np.seterr(all="ignore")  # a divergence ends in inf or nan'],
        UNPACKED if "unpacked(" in "".join(data + start) else [],
        _slope(experiment),
        noise_lines(experiment, "{}") if noisy else [],
        batch_lines(experiment) if batched else [],
        [*data, *start, "found = []"],
    ]
    for name, run in zip(names_of(experiment), experiment.runs, strict=True):
        body += _run(experiment, name, stretches(run, experiment.steps))
    body.append(["print(json.dumps(found))"])
    text = joined(body)
    title = comment(experiment.title or f"Descent on {landscape.title}")
    return joined([[f'"""{title}, in NumPy."""'], imports(text)]) + "\n" + text


# Loss and slope


def _slope(experiment: Experiment) -> list[str]:
    landscape = experiment.landscape
    if isinstance(landscape, ModelLandscape):
        return [
            "def slope(theta, x, y):",
            '    """Loss and gradient."""',
            *(f"    {line}" for line in _model(landscape)),
        ]
    assert isinstance(landscape, PlaneLandscape)
    graph, outputs = formula_of(landscape)
    lines, (loss, dx, dy) = written(graph, outputs, NUMPY)
    return [
        "def slope(theta):", '    """Loss and gradient."""', "    x, y = theta", *(f"    {line}" for line in lines),
        f"    return {loss}, np.array([{dx}, {dy}], dtype=float)",
    ]  # fmt: skip


def _model(landscape: ModelLandscape) -> list[str]:
    if isinstance(landscape, LinearRegression):
        return _line(landscape)
    if isinstance(landscape, PolynomialRegression):
        return [
            "powers = np.vander(x, len(theta), increasing=True)",
            "residual = powers @ theta - y",
            "return np.mean(residual**2), 2 * residual @ powers / len(y)",
        ]
    if isinstance(landscape, LogisticRegression):
        return [
            "inputs = np.column_stack([x, np.ones(len(x))])",
            "z = inputs @ theta",
            "p = 1 / (1 + np.exp(-z))",
            "return np.mean(np.logaddexp(0, z) - y * z), (p - y) @ inputs / len(y)",
        ]
    assert isinstance(landscape, Network)
    return _network(landscape)


def _line(landscape: LinearRegression) -> list[str]:
    head = ["w, b = theta", "residual = w * x + b - y"]
    if landscape.loss_kind == "huber":
        delta = number(landscape.delta)
        return [
            *head,
            f"cut = np.clip(residual, -{delta}, {delta})",
            "return np.mean(cut * (residual - cut / 2)), np.array([np.mean(cut * x), np.mean(cut)])",
        ]
    loss, dw, db = {
        "mse": ("np.mean(residual**2)", "2 * np.mean(residual * x)", "2 * np.mean(residual)"),
        "half_mse": ("np.mean(residual**2) / 2", "np.mean(residual * x)", "np.mean(residual)"),
        "sum": ("np.sum(residual**2)", "2 * np.sum(residual * x)", "2 * np.sum(residual)"),
    }[landscape.loss_kind]
    return [*head, f"return {loss}, np.array([{dw}, {db}])"]


def _network(landscape: Network) -> list[str]:
    """Forward and backward, layer by layer."""
    rows = layers(landscape.sizes)
    last = len(rows)
    ends = [end for layer in rows for end in (layer.weights.stop, layer.biases.stop)][:-1]
    names = ", ".join(f"W{k}, b{k}" for k in range(1, last + 1))
    lines = [f"{names} = np.split(theta, {ends})"]
    signal = "x"
    for k, layer in enumerate(rows[:-1], start=1):
        lines.append(f"W{k} = W{k}.reshape({layer.units}, {layer.inputs})")
        summed = f"{signal} @ W{k}.T + b{k}"
        lines.append(
            f"h{k} = np.tanh({summed})" if landscape.activation == "tanh" else f"h{k} = np.maximum({summed}, 0)"
        )
        signal = f"h{k}"
    lines.append(f"z = {signal} @ W{last} + b{last}")
    if landscape.task == "classification":
        lines += ["loss = np.mean(np.logaddexp(0, z) - y * z)", f"d{last} = (1 / (1 + np.exp(-z)) - y) / len(y)"]
    else:
        lines += ["loss = np.mean((z - y) ** 2)", f"d{last} = 2 * (z - y) / len(y)"]
    for k in range(last - 1, 0, -1):
        back = f"np.outer(d{k + 1}, W{k + 1})" if k == last - 1 else f"d{k + 1} @ W{k + 1}"
        rise = f"(1 - h{k}**2)" if landscape.activation == "tanh" else f"(h{k} > 0)"
        lines.append(f"d{k} = {back} * {rise}")
    pieces = []
    for k in range(1, last):
        pieces.append(f"(d{k}.T @ {'x' if k == 1 else f'h{k - 1}'}).ravel(), d{k}.sum(axis=0)")
    pieces.append(f"d{last} @ {signal}, [d{last}.sum()]")
    return [*lines, f"return loss, np.concatenate([{', '.join(pieces)}])"]


# Update rules: what is remembered at first, and the lines of an update


Rule = Callable[[Any], tuple[dict[str, str], dict[str, str], list[str]]]
"""Given an optimizer: its numbers by name, what it remembers at first, and the lines of an update."""


def _decay(o: Any) -> list[str]:
    return ["g = g + decay * theta"] if o.weight_decay else []


def _with_decay(o: Any, **numbers: float) -> dict[str, str]:
    found = {name: number(value) for name, value in numbers.items()}
    return found | ({"decay": number(o.weight_decay)} if o.weight_decay else {})


def _sgd(o: Any) -> Any:
    numbers = _with_decay(o)
    if not (o.momentum or o.nesterov or getattr(o, "cycled", False)):
        return numbers, {}, [*_decay(o), "theta = theta - lr * g"]
    damped = f"{number(1.0 - o.dampening)} * g" if o.dampening else "g"
    step = "g + beta * v" if o.nesterov else "v"
    grown = f"v = g if v is None else beta * v + {damped}"
    if getattr(o, "vanishes", False):
        lines = [*_decay(o), "if beta:", f"    {grown}", f"theta = theta - lr * ({step} if beta else g)"]
    else:
        lines = [*_decay(o), grown, f"theta = theta - lr * ({step})".replace("(v)", "v")]
    return numbers | {"beta": number(o.momentum)}, {"v": "None"}, lines


def _adagrad(o: Any) -> Any:
    rate = f"lr / (1 + (t - 1) * {number(o.lr_decay)})" if o.lr_decay else "lr"
    lines = [*_decay(o), "s = s + g**2", f"theta = theta - {rate} * g / (np.sqrt(s) + eps)"]
    first = "np.zeros_like(theta)"
    if o.initial_accumulator_value:
        first = f"np.full_like(theta, {number(o.initial_accumulator_value)})"
    return _with_decay(o, eps=o.eps), {"s": first}, lines


def _rmsprop(o: Any) -> Any:
    numbers = _with_decay(o, alpha=o.alpha, eps=o.eps)
    state = {"s": "np.zeros_like(theta)"}
    lines = [*_decay(o), "s = alpha * s + (1 - alpha) * g**2"]
    spread = "s"
    if o.centered:
        state["mean"] = "np.zeros_like(theta)"
        lines.append("mean = alpha * mean + (1 - alpha) * g")
        spread = "s - mean**2"
    adapted = f"g / (np.sqrt({spread}) + eps)"
    if o.momentum or getattr(o, "cycled", False):
        state["b"] = "np.zeros_like(theta)"
        numbers["beta"] = number(o.momentum)
        if getattr(o, "vanishes", False):
            lines += [f"a = {adapted}", "if beta:", "    b = beta * b + a", "theta = theta - lr * (b if beta else a)"]
        else:
            lines += [f"b = beta * b + {adapted}", "theta = theta - lr * b"]
    else:
        lines.append(f"theta = theta - lr * {adapted}")
    return numbers, state, lines


def _adadelta(o: Any) -> Any:
    lines = [
        *_decay(o), "s = rho * s + (1 - rho) * g**2", "d = np.sqrt(u + eps) / np.sqrt(s + eps) * g",
        "u = rho * u + (1 - rho) * d**2", "theta = theta - lr * d",
    ]  # fmt: skip
    return _with_decay(o, rho=o.rho, eps=o.eps), _zeros("s", "u"), lines


def _adam(o: Any) -> Any:
    decoupled = o.name() == "AdamW"
    lines = [] if decoupled else _decay(o)
    if decoupled and o.weight_decay:
        lines = ["theta = theta - lr * decay * theta"]
    lines += ["m = beta1 * m + (1 - beta1) * g", "v = beta2 * v + (1 - beta2) * g**2"]
    state, under = _zeros("m", "v"), "v"
    if o.amsgrad:
        state |= _zeros("largest")
        lines.append("largest = np.maximum(largest, v)")
        under = "largest"
    lines += [
        "m_hat = m / (1 - beta1**t)",
        f"v_hat = {under} / (1 - beta2**t)",
        "theta = theta - lr * m_hat / (np.sqrt(v_hat) + eps)",
    ]
    return _with_decay(o, beta1=o.betas[0], beta2=o.betas[1], eps=o.eps), state, lines


def _nadam(o: Any) -> Any:
    psi = number(o.momentum_decay)
    lines = [
        *_decay(o),
        f"mu = beta1 * (1 - 0.5 * 0.96 ** (t * {psi}))",
        f"mu_next = beta1 * (1 - 0.5 * 0.96 ** ((t + 1) * {psi}))",
        "product = product * mu",
        "m = beta1 * m + (1 - beta1) * g",
        "v = beta2 * v + (1 - beta2) * g**2",
        "ahead = (1 - mu) * g / (1 - product) + mu_next * m / (1 - product * mu_next)",
        "theta = theta - lr * ahead / (np.sqrt(v / (1 - beta2**t)) + eps)",
    ]
    numbers = _with_decay(o, beta1=o.betas[0], beta2=o.betas[1], eps=o.eps)
    return numbers, {**_zeros("m", "v"), "product": "1.0"}, lines


def _radam(o: Any) -> Any:
    lines = [
        *_decay(o),
        "m = beta1 * m + (1 - beta1) * g",
        "v = beta2 * v + (1 - beta2) * g**2",
        "m_hat = m / (1 - beta1**t)",
        "longest = 2 / (1 - beta2) - 1",
        "length = longest - 2 * t * beta2**t / (1 - beta2**t)",
        "if length > 5:",
        "    r = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)",
        "    m_hat = m_hat * math.sqrt(r) * math.sqrt(1 - beta2**t) / (np.sqrt(v) + eps)",
        "theta = theta - lr * m_hat",
    ]
    return _with_decay(o, beta1=o.betas[0], beta2=o.betas[1], eps=o.eps), _zeros("m", "v"), lines


def _adamax(o: Any) -> Any:
    lines = [
        *_decay(o),
        "m = beta1 * m + (1 - beta1) * g",
        "u = np.maximum(beta2 * u, np.abs(g) + eps)",
        "theta = theta - lr / (1 - beta1**t) * m / u",
    ]
    return _with_decay(o, beta1=o.betas[0], beta2=o.betas[1], eps=o.eps), _zeros("m", "u"), lines


def _rprop(o: Any) -> Any:
    shrink, grow = map(number, o.etas)
    least, most = map(number, o.step_sizes)
    lines = [
        "turn = g * before",
        f"size = size * np.where(turn > 0, {grow}, np.where(turn < 0, {shrink}, 1.0))",
        f"size = np.clip(size, {least}, {most})",
        "before = np.where(turn < 0, 0.0, g)",
        "theta = theta - np.sign(before) * size",
    ]
    return {}, {"size": "np.full_like(theta, FIRST_RATE)", **_zeros("before")}, lines


def _asgd(o: Any) -> Any:
    lines = [
        *_decay(o),
        "theta = theta * (1 - lambd * eta) - eta * g",
        "eta = lr / max(1 + lambd * lr * t, 0) ** alpha",
    ]
    return _with_decay(o, lambd=o.lambd, alpha=o.alpha), {"eta": "FIRST_RATE"}, lines


def _lion(o: Any) -> Any:
    step = "np.sign(beta1 * m + (1 - beta1) * g)"
    move = f"({step} + decay * theta)" if o.weight_decay else step
    lines = [f"theta = theta - lr * {move}", "m = beta2 * m + (1 - beta2) * g"]
    return _with_decay(o, beta1=o.betas[0], beta2=o.betas[1]), _zeros("m"), lines


def _zeros(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "np.zeros_like(theta)")


RULES: dict[str, Rule] = {
    "SGD": _sgd, "Adagrad": _adagrad, "RMSprop": _rmsprop, "Adadelta": _adadelta, "Adam": _adam, "AdamW": _adam,
    "NAdam": _nadam, "RAdam": _radam, "Adamax": _adamax, "Rprop": _rprop, "ASGD": _asgd, "Lion": _lion,
}  # fmt: skip


class _Cycled:
    """An optimizer whose momentum a schedule moves: it counts even where its own is 0."""

    cycled = True

    def __init__(self, settings: Settings) -> None:
        self._optimizer: Any = settings.optimizer
        schedule = settings.schedule
        parts = schedule.schedulers if isinstance(schedule, sched.SequentialLR) else (schedule,)
        levels = [getattr(part, end, 1.0) for part in parts for end in ("base_momentum", "max_momentum")]
        # Without momentum nothing is remembered, as in torch.
        self.vanishes = 0.0 in levels or (len(parts) > 1 and getattr(self._optimizer, "momentum", 1.0) == 0.0)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._optimizer, name)


# The runs


def _run(experiment: Experiment, name: str, parts: list[Stretch]) -> list[list[str]]:
    """The sections of a run."""
    sections: list[list[str]] = [[f"# {name}", "theta = start.copy()"]]
    known: set[str] = set()
    began = 0
    for before, part in pairwise(parts):
        functions = [lines for lines in (rate_function(part.settings), momentum_function(part.settings)) if lines]
        if optimizer_changed(before, part.settings):
            known, began = set(), part.first
        lines = _stretch(experiment, part, known, began)
        if functions:
            sections += [*functions, lines]
        elif before is None:
            sections[-1] += lines
        else:
            sections.append(lines)
    sections[-1].append("found.append(theta.tolist())")
    return sections


def _stretch(experiment: Experiment, part: Stretch, known: set[str], began: int) -> list[str]:
    """What a stretch needs, and its loop; ``began`` is where its optimizer did, ``known`` what it remembers already."""
    settings = part.settings
    optimizer: Any = settings.optimizer
    ticks, moved = ticks_of(experiment, settings), cycles(settings)
    tick = "step" if ticks == 1 else f"step // {ticks}"
    if optimizer.name() not in RULES:
        raise ScriptError(f"the optimizer {optimizer.name()} is not written out in NumPy: use the PyTorch script")
    numbers, state, update = RULES[optimizer.name()](_Cycled(settings) if moved else optimizer)
    body = _gradient(experiment, settings)
    start_rate = "lr"
    if rate_function(settings):
        body.append(f"lr = rate({tick})")
        start_rate = f"rate({part.first // ticks})"
    else:
        numbers = {"lr": number(optimizer.rate), **numbers}
    if moved:
        body += _momentum(settings, numbers, tick)
    if any(re.search(r"\bt\b", line) for line in update):
        body.append("t = step + 1" + (f" - {began}" if began else ""))
    lines = [f"{', '.join(numbers)} = {', '.join(numbers.values())}"] if numbers else []
    lines += [
        f"{name} = {value.replace('FIRST_RATE', start_rate)}" for name, value in state.items() if name not in known
    ]
    known |= set(state)
    body += update
    plateau = settings.schedule
    if isinstance(plateau, sched.ReduceLROnPlateau):
        lines.append(f"best, bad, rest = {'np.inf' if plateau.mode == 'min' else '-np.inf'}, 0, 0")
        body += _plateau(experiment, plateau, ticks)
    steps = f"{part.end}" if part.first == 0 else f"{part.first}, {part.end}"
    return [*lines, f"for step in range({steps}):", *(f"    {line}" for line in body)]


def _momentum(settings: Settings, numbers: dict[str, str], tick: str) -> list[str]:
    name = "beta1" if "beta1" in numbers else "beta"
    own = numbers.pop(name)
    if isinstance(settings.schedule, sched.SequentialLR):
        return [f"{name} = momentum({tick})", f"{name} = {own} if {name} is None else {name}"]
    return [f"{name} = momentum({tick})"]


def _gradient(experiment: Experiment, settings: Settings) -> list[str]:
    batches = batches_of(experiment, settings)
    data = isinstance(experiment.landscape, ModelLandscape)
    lines = [f"loss, g = slope(theta{', x, y' if data else ''})", "if not np.isfinite(loss):", "    break"]
    if batches is not None:
        note = ""
        if settings.accumulate > 1:
            note = f"  # {settings.accumulate} batches of {settings.batch_size}, accumulated"
        lines += [f"rows = batch(step, {batches.together}){note}", "g = slope(theta, x[rows], y[rows])[1]"]
    if settings.noise is not None and settings.noise.std:
        lines.append(f"g = g + {number(settings.noise.std)} * noise(step)")
    if settings.clip is not None:
        c = number(settings.clip.value)
        if settings.clip.kind == "norm":
            lines.append(f"g = g * min(1, {c} / (np.linalg.norm(g) + 1e-6))")
        else:
            lines.append(f"g = np.clip(g, -{c}, {c})")
    return lines


def _plateau(experiment: Experiment, s: sched.ReduceLROnPlateau, ticks: int) -> list[str]:
    """The rate is lowered once the loss has not got better for long."""
    sign, better = (1.0, "<") if s.mode == "min" else (-1.0, ">")
    mark = f"best * {number(1.0 - sign * s.threshold)}" if s.threshold_mode == "rel" else (
        f"best {'-' if sign > 0 else '+'} {number(s.threshold)}"
    )  # fmt: skip
    lines = []
    if s.metric == "loss_after":
        data = ", x, y" if isinstance(experiment.landscape, ModelLandscape) else ""
        lines.append(f"loss = slope(theta{data})[0]")
    lines += [f"best, bad = (loss, 0) if loss {better} {mark} else (best, bad + 1)"]
    if s.cooldown:
        lines += ["if rest > 0:", "    rest, bad = rest - 1, 0"]
    lowered = f"max(lr * {number(s.factor)}, {number(s.min_lr)})"
    lines += [
        f"if bad > {s.patience}:",
        f"    lower, bad, rest = {lowered}, 0, {s.cooldown}",
        f"    lr = lower if lr - lower > {number(s.eps)} else lr",
    ]
    if ticks > 1:
        return [f"if (step + 1) % {ticks} == 0:", *(f"    {line}" for line in lines)]
    return lines
