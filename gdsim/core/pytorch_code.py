"""An experiment as a plain PyTorch script: short enough for a slide, and the very same descent.

Landscapes are printed from their own declarations (``source``); optimizers and schedules are torch's where torch has
them, with the same keywords, and written out where it has not. Noise and mini-batches draw the same numbers. The last
line that the script prints is the JSON list of each run's final parameters.

Not in a script: the moving average of the parameters, validation losses and the plane, none of which moves a marble.
Refused: a schedule that watches the loss in a run with changes on the way, and data of more than 200,000 numbers.
"""

from __future__ import annotations

import itertools
from typing import Any

import msgspec

from gdsim.core import schedules as sched
from gdsim.core.experiment import Experiment, Settings
from gdsim.core.landscapes import ModelLandscape, PlaneLandscape
from gdsim.core.landscapes.fitted import LinearRegression, LogisticRegression, PolynomialRegression
from gdsim.core.landscapes.network import Network, layers
from gdsim.core.optimizers import Adam, AdamW, Lion, RMSprop
from gdsim.core.script import (
    UNPACKED,
    ScriptError,
    Stretch,
    batch_lines,
    batches_of,
    block,
    check,
    comment,
    cycles,
    data_lines,
    imports,
    joined,
    keywords,
    literal,
    momentum_function,
    names_of,
    noise_lines,
    optimizer_changed,
    pairwise,
    rate_function,
    stable_lines,
    start_lines,
    stretches,
    ticks_of,
    warmup_lines,
)
from gdsim.core.source import TORCH, formula_of, number, written

LION = block('''
    class Lion(torch.optim.Optimizer):
        """Lion (Chen et al. 2023), which torch does not have."""

        def __init__(self, params, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
            super().__init__(params, dict(lr=lr, betas=betas, weight_decay=weight_decay))

        @torch.no_grad()
        def step(self):
            for group in self.param_groups:
                lr, (beta1, beta2), decay = group["lr"], group["betas"], group["weight_decay"]
                for p in group["params"]:
                    m = self.state[p].setdefault("m", torch.zeros_like(p))
                    p -= lr * (torch.sign(beta1 * m + (1 - beta1) * p.grad) + decay * p)
                    m.mul_(beta2).add_(p.grad, alpha=1 - beta2)
''')

IN_SEQUENCE = (
    sched.Constant, sched.ConstantLR, sched.LinearLR, sched.StepLR, sched.ExponentialLR, sched.CosineAnnealingLR,
    sched.PolynomialLR,
)  # fmt: skip
"""Schedules that torch can put one after another without leaving traces in each other."""


def torch_script(experiment: Experiment) -> str:
    """A script that makes the same descents with PyTorch, in double precision, and prints where they ended.

    Raises:
        ScriptError: The experiment cannot be written down so; the text says why.
    """
    check(experiment)
    landscape = experiment.landscape
    parts = [part for run in experiment.runs for part in stretches(run, experiment.steps)]
    noisy = any(part.settings.noise is not None and part.settings.noise.std for part in parts)
    batched = any(batches_of(experiment, part.settings) is not None for part in parts)
    data = data_lines(landscape, "torch.tensor") if isinstance(landscape, ModelLandscape) else []
    start = start_lines(experiment, "torch.tensor")
    body: list[list[str]] = [
        UNPACKED if "unpacked(" in "".join(data + start) else [],
        _loss(experiment),
        noise_lines(experiment, "torch.tensor({})") if noisy else [],
        batch_lines(experiment) if batched else [],
        LION if any(isinstance(part.settings.optimizer, Lion) for part in parts) else [],
        [*data, *start, "found = []"],
    ]
    for name, run in zip(names_of(experiment), experiment.runs, strict=True):
        body += _run(experiment, name, stretches(run, experiment.steps))
    body.append(["print(json.dumps(found))"])
    text = joined([["torch.set_default_dtype(torch.float64)"], *body])
    title = comment(experiment.title or f"Descent on {landscape.title}")
    return joined([[f'"""{title}, in PyTorch."""'], imports(text)]) + "\n" + text


# The loss


def _loss(experiment: Experiment) -> list[str]:
    landscape = experiment.landscape
    if not isinstance(landscape, ModelLandscape):
        assert isinstance(landscape, PlaneLandscape)
        graph, outputs = formula_of(landscape)
        if outputs[0].value is not None:
            raise ScriptError("the formula has neither x nor y in it: there is nothing to differentiate")
        lines, (loss,) = written(graph, outputs[:1], TORCH)
        return ["def loss_at(theta):", "    x, y = theta", *(f"    {line}" for line in lines), f"    return {loss}"]
    return ["def loss_at(theta, x, y):", *(f"    {line}" for line in _model(landscape))]


def _model(landscape: ModelLandscape) -> list[str]:
    if isinstance(landscape, LinearRegression):
        if landscape.loss_kind == "huber":
            found = f"torch.nn.functional.huber_loss(w * x + b, y, delta={number(landscape.delta)})"
        else:
            squares = "((w * x + b - y) ** 2)"
            kinds = {"mse": f"{squares}.mean()", "half_mse": f"0.5 * {squares}.mean()", "sum": f"{squares}.sum()"}
            found = kinds[landscape.loss_kind]
        return ["w, b = theta", f"return {found}"]
    if isinstance(landscape, PolynomialRegression):
        return [
            "curve = sum(w * x**power for power, w in enumerate(theta))",
            "return ((curve - y) ** 2).mean()",
        ]
    cross_entropy = "return torch.nn.functional.binary_cross_entropy_with_logits(z, y)"
    if isinstance(landscape, LogisticRegression):
        return ["z = x @ theta[:2] + theta[2]", cross_entropy]
    assert isinstance(landscape, Network)
    rows = layers(landscape.sizes)
    sizes = [size for layer in rows for size in (layer.units * layer.inputs, layer.units)]
    names = ", ".join(f"W{k}, b{k}" for k in range(1, len(rows) + 1))
    lines, signal = [f"{names} = theta.split([{', '.join(map(str, sizes))}])"], "x"
    for k, layer in enumerate(rows[:-1], start=1):
        shaped = f"W{k}.view({layer.units}, {layer.inputs})"
        lines.append(f"h{k} = torch.{landscape.activation}({signal} @ {shaped}.T + b{k})")
        signal = f"h{k}"
    lines.append(f"z = {signal} @ W{len(rows)} + b{len(rows)}")
    return [*lines, cross_entropy if landscape.task == "classification" else "return ((z - y) ** 2).mean()"]


# The runs


def _run(experiment: Experiment, name: str, parts: list[Stretch]) -> list[list[str]]:
    """The sections of a run."""
    head = [f"# {name}", "theta = start.clone().requires_grad_()"]
    by_hand = len(parts) > 1
    if by_hand:
        head.append("# Changed on the way: rates are set by hand, since schedules count from the first step.")
    sections: list[list[str]] = [head]
    for before, part in pairwise(parts):
        functions = _functions(part.settings, by_hand=by_hand)
        if functions:
            sections += functions
            sections.append([])
        lines = [*_optimizer(before, part.settings), *_scheduler(part.settings, by_hand=by_hand)]
        lines += _loop(experiment, part, by_hand=by_hand)
        if functions or before is not None:
            sections.append(lines)
        else:
            sections[-1] = [*sections[-1], *lines]
    sections[-1] = [*sections[-1], "found.append(theta.tolist())"]
    return sections


def _torch_has(settings: Settings) -> bool:
    """Whether torch's own scheduler makes the same rates."""
    schedule = settings.schedule
    if isinstance(schedule, sched.SequentialLR):
        return all(type(part) in IN_SEQUENCE for part in schedule.schedulers) and schedule.milestones[:1] > (0,)
    if isinstance(schedule, sched.OneCycleLR):
        ends = [0.0, *(phase[0] for phase in schedule._phases())]
        return all(b > a for a, b in itertools.pairwise(ends))
    return True


def _functions(settings: Settings, *, by_hand: bool) -> list[list[str]]:
    """Functions of the step that torch's schedulers do not give."""
    schedule = settings.schedule
    if by_hand or not _torch_has(settings):
        return [lines for lines in (rate_function(settings), momentum_function(settings)) if lines]
    lines: dict[str, Any] = {"CosineWithWarmup": warmup_lines, "WarmupStableDecay": stable_lines}
    if schedule.name() in lines:
        body = [line.replace("return 1 * ", "return ") for line in lines[schedule.name()](schedule, "1")]
        return [["def share(t):", '    """The share of the full rate."""', *block("\n".join(body), 4)]]
    return []


def _optimizer(before: Settings | None, now: Settings) -> list[str]:
    optimizer = now.optimizer
    if optimizer_changed(before, now):
        module = "" if isinstance(optimizer, Lion) else "torch.optim."
        return [f"optimizer = {module}{optimizer.name()}([theta], {keywords(optimizer, always=['lr'])})"]
    assert before is not None
    old = before.optimizer
    changed = [f for f in optimizer.__struct_fields__ if getattr(optimizer, f) != getattr(old, f)]
    field, lines = optimizer.momentum_field, []
    if field is not None and field not in changed and cycles(before) and not cycles(now):
        changed.append(field)  # what the last schedule left it at is not its own
    if changed:
        settings = ", ".join(f"{name}={literal(getattr(optimizer, name))}" for name in changed)
        lines.append(f"optimizer.param_groups[0].update({settings})")
    # torch makes room for these only if they are asked for at the very first step.
    room = {"momentum": "momentum_buffer", "centered": "grad_avg"} if isinstance(optimizer, RMSprop) else {}
    if isinstance(optimizer, Adam | AdamW):
        room = {"amsgrad": "max_exp_avg_sq"}
    for name, buffer in room.items():
        if name in changed or (name == "momentum" and cycles(now)):
            lines.append(f'optimizer.state[theta].setdefault("{buffer}", torch.zeros_like(theta))')
    return lines


def _scheduler(settings: Settings, *, by_hand: bool) -> list[str]:
    schedule = settings.schedule
    if by_hand or isinstance(schedule, sched.Constant) or not _torch_has(settings):
        return []
    if isinstance(schedule, sched.SequentialLR):
        inner = [f"    {_made(part, settings)}," for part in schedule.schedulers]
        return [
            "scheduler = torch.optim.lr_scheduler.SequentialLR(optimizer, [",
            *inner,
            f"], milestones={list(schedule.milestones)})",
        ]
    return [f"scheduler = {_made(schedule, settings)}"]


def _made(schedule: sched.Schedule, settings: Settings) -> str:
    own = "torch.optim.lr_scheduler."
    if isinstance(schedule, sched.Constant):
        return f"{own}ConstantLR(optimizer, factor=1.0)"
    if schedule.name() in ("CosineWithWarmup", "WarmupStableDecay"):
        return f"{own}LambdaLR(optimizer, share)"
    if isinstance(schedule, sched.CyclicLR | sched.OneCycleLR) and not cycles(settings):
        schedule = _without_momentum(schedule)
    # Which of torch's arguments have defaults that are not gdsim's: all are named that decide the numbers.
    always = [f for f in schedule.__struct_fields__ if f in ALWAYS]
    return f"{own}{schedule.name()}(optimizer, {keywords(schedule, always=always, leave=['metric'])})"


ALWAYS = (
    "step_size", "milestones", "gamma", "T_max", "T_0", "factor", "total_iters", "start_factor", "end_factor",
    "base_lr", "max_lr", "step_size_up", "total_steps", "patience", "power",
)  # fmt: skip
"""Arguments of schedulers that are named even where they have gdsim's defaults."""


def _without_momentum(schedule: sched.CyclicLR | sched.OneCycleLR) -> sched.Schedule:
    return msgspec.structs.replace(schedule, cycle_momentum=False)


def _loop(experiment: Experiment, part: Stretch, *, by_hand: bool) -> list[str]:
    settings = part.settings
    batches, ticks = batches_of(experiment, settings), ticks_of(experiment, settings)
    data = isinstance(experiment.landscape, ModelLandscape)
    plateau = settings.schedule if isinstance(settings.schedule, sched.ReduceLROnPlateau) else None
    lines = []
    if batches is None:
        lines.append(f"loss = loss_at(theta{', x, y' if data else ''})")
        whole = "loss"
    else:
        whole = "loss_at(theta, x, y)"
        if plateau is not None:
            lines.append(f"whole = {whole}.item()")
    lines += [f"if not {whole}.isfinite():", "    break"]
    if batches is not None:
        note = ""
        if settings.accumulate > 1:
            note = f"  # {settings.accumulate} batches of {settings.batch_size}, accumulated"
        lines += [f"rows = batch(step, {batches.together}){note}", "loss = loss_at(theta, x[rows], y[rows])"]
    lines += ["optimizer.zero_grad()", "loss.backward()"]
    if settings.noise is not None and settings.noise.std:
        lines.append(f"theta.grad += {number(settings.noise.std)} * noise(step)")
    if settings.clip is not None:
        how = "clip_grad_norm_" if settings.clip.kind == "norm" else "clip_grad_value_"
        lines.append(f"torch.nn.utils.{how}([theta], {number(settings.clip.value)})")
    if by_hand or not _torch_has(settings):
        lines += _set_by_hand(settings, ticks)
    lines.append("optimizer.step()")
    if not by_hand:
        lines += _scheduler_step(experiment, settings, ticks, batched=batches is not None)
    steps = f"{part.end}" if part.first == 0 else f"{part.first}, {part.end}"
    return [f"for step in range({steps}):", *(f"    {line}" for line in lines)]


def _set_by_hand(settings: Settings, ticks: int) -> list[str]:
    tick = "step" if ticks == 1 else f"step // {ticks}"
    lines = []
    if rate_function(settings):
        lines.append(f'optimizer.param_groups[0]["lr"] = rate({tick})')
    else:
        lines.append(f'optimizer.param_groups[0]["lr"] = {literal(settings.optimizer.rate)}')
    if momentum_function(settings):
        field, optimizer = settings.optimizer.momentum_field, settings.optimizer
        own = getattr(optimizer, field or "")
        value, otherwise = f"momentum({tick})", number(own[0] if isinstance(own, tuple) else own)
        if isinstance(settings.schedule, sched.SequentialLR):
            lines.append(f"beta = {value}")
            value = f"{otherwise} if beta is None else beta"
        if isinstance(own, tuple):
            value = f"({value}, {number(own[1])})"
        lines.append(f'optimizer.param_groups[0]["{field}"] = {value}')
        if isinstance(optimizer, RMSprop) and optimizer.momentum == 0.0:
            lines += [
                "if optimizer.state[theta]:  # torch makes room only if there is momentum at the first step",
                '    optimizer.state[theta].setdefault("momentum_buffer", torch.zeros_like(theta))',
            ]
    return lines


def _scheduler_step(experiment: Experiment, settings: Settings, ticks: int, *, batched: bool) -> list[str]:
    schedule = settings.schedule
    if isinstance(schedule, sched.Constant) or not _torch_has(settings):
        return []
    given, conditions = "", []
    if isinstance(schedule, sched.ReduceLROnPlateau):
        data = ", x, y" if isinstance(experiment.landscape, ModelLandscape) else ""
        given = "whole" if batched else "loss.item()"
        if schedule.metric == "loss_after":
            given = f"loss_at(theta{data}).item()"
    if ticks > 1:
        conditions.append(f"(step + 1) % {ticks} == 0")
    if isinstance(schedule, sched.OneCycleLR) and (experiment.steps - 1) // ticks >= schedule.total_steps - 1:
        conditions.append(f"scheduler.last_epoch < {schedule.total_steps - 1}")
    step = f"scheduler.step({given})"
    return [f"if {' and '.join(conditions)}:", f"    {step}"] if conditions else [step]
