"""What the scripts that an experiment is written down as have in common: numbers, data, chance, schedules, stretches.

``pytorch_code`` and ``numpy_code`` put these pieces together. A script stands on its own: whoever runs it needs no
gdsim, and gets the same numbers. What cannot be written down so is refused in words.
"""

from __future__ import annotations

import base64
import itertools
import textwrap
import zlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from gdsim.core import schedules as sched
from gdsim.core.batches import SHUFFLING
from gdsim.core.descent import NOISE_CHUNK
from gdsim.core.experiment import Experiment, Run, Settings
from gdsim.core.landscapes import Floats, ModelLandscape
from gdsim.core.landscapes.fitted import LinearRegression, PolynomialRegression
from gdsim.core.landscapes.network import Network, layers
from gdsim.core.source import number

WIDTH = 100
"""Columns of a script: what can be read on a slide."""
READABLE = 60
"""So many numbers are listed; more of them are packed into a line that nobody reads."""
MOST_NUMBERS = 200_000
"""Data of more numbers do not fit into a script."""


class ScriptError(ValueError):
    """An experiment that cannot be written down as a script that does the same."""


class Stretch(NamedTuple):
    """Updates that are made with the same settings: from ``first`` to before ``end``."""

    first: int
    end: int
    settings: Settings


def stretches(run: Run, steps: int) -> list[Stretch]:
    """The stretches of a run, in order."""
    parts: list[tuple[int, Settings]] = [(0, run), *((c.step, c) for c in run.changes if c.step < steps)]
    ends = [*(first for first, _ in parts[1:]), steps]
    return [Stretch(first, end, settings) for (first, settings), end in zip(parts, ends, strict=True)]


def check(experiment: Experiment) -> None:
    """Refuse what cannot be written down.

    Raises:
        ScriptError: It cannot; the text says what it is and what to do.
    """
    landscape = experiment.landscape
    if isinstance(landscape, ModelLandscape):
        size = sum(part.size for part in data_of(landscape))
        if size > MOST_NUMBERS:
            raise ScriptError(
                f"the data are {size:,} numbers, and at most {MOST_NUMBERS:,} fit into a script: "
                "train on fewer examples (only)"
            )
    for label, run in zip(experiment.labels(), experiment.runs, strict=True):
        parts = stretches(run, experiment.steps)
        if len(parts) > 1 and any(isinstance(s.settings.schedule, sched.ReduceLROnPlateau) for s in parts):
            raise ScriptError(
                f"{label}: a schedule that watches the loss, changed in the middle of a run, cannot be written "
                "down: give the run another schedule, or no change on the way"
            )


# Text


def block(text: str, indent: int = 0) -> list[str]:
    """The lines of an indented text."""
    return [" " * indent + line if line else "" for line in textwrap.dedent(text).strip("\n").split("\n")]


def joined(sections: Iterable[Sequence[str]]) -> str:
    """A script of sections: definitions stand apart by two lines, the rest by one."""
    found: list[str] = []
    before = False
    for lines in sections:
        if not lines:
            continue
        defines = lines[0].startswith(("def ", "class ", "@"))
        if found:
            found += [""] * (2 if defines or before else 1)
        found += lines
        before = defines
    return "\n".join(found) + "\n"


def comment(text: str) -> str:
    """A text of the document as one line that cannot end the comment or string that it stands in."""
    plain = "".join(c if c.isprintable() else " " for c in text).replace("\\", "/").replace('"""', "'''")
    return plain.strip().rstrip('"') or "A descent"


def listed(values: Iterable[float]) -> str:
    """Numbers as a list."""
    return "[" + ", ".join(repr(float(value)) for value in values) + "]"


def array(name: str, values: Floats, make: str) -> list[str]:
    """Lines that define an array of numbers.

    Args:
        name: What it is called.
        values: The numbers, of one or two dimensions.
        make: What turns a list, or an array of NumPy, into what the script uses, such as "torch.tensor".
    """
    if values.size <= READABLE and np.isfinite(values).all():
        rows = [listed(values)] if values.ndim == 1 else [listed(row) for row in values]
        text = rows[0] if values.ndim == 1 else "[" + ", ".join(rows) + "]"
        line = f"{name} = {make}({text})"
        if len(line) <= WIDTH:
            return [line]
        wrapped = textwrap.wrap(text[1:-1] + ",", WIDTH - 4, break_long_words=False, break_on_hyphens=False)
        return [f"{name} = {make}([", *(f"    {part}" for part in wrapped), "])"]
    packed = base64.b64encode(zlib.compress(np.ascontiguousarray(values).tobytes(), 9)).decode("ascii")
    shape = f".reshape({', '.join(map(str, values.shape))})" if values.ndim > 1 else ""
    return [f'{name} = {make}(unpacked("{packed}"){shape})  # {values.size:,} numbers']


UNPACKED = block('''
    def unpacked(text):
        """The numbers in a text."""
        return np.frombuffer(bytearray(zlib.decompress(base64.b64decode(text))))
''')


# Where it starts, and what it learns from


def start_lines(experiment: Experiment, make: str) -> list[str]:
    """The line that says where the runs start."""
    landscape, origin = experiment.landscape, np.array(experiment.origin)
    if not isinstance(landscape, Network) or experiment.start is not None:
        return array("start", origin, make)
    sizes = ", ".join(f"({layer.inputs}, {layer.units})" for layer in layers(landscape.sizes))
    drawn = "np.concatenate([chance.uniform(-1 / math.sqrt(n), 1 / math.sqrt(n), (n + 1) * m) for n, m in shapes])"
    return [
        f"shapes = [{sizes}]  # inputs and units of each layer",
        f"chance = np.random.Generator(np.random.Philox(key={landscape.init_seed}, counter=[0, 0, 0, 0]))",
        f"start = {make}({drawn})",
    ]


def data_of(landscape: ModelLandscape) -> tuple[Floats, Floats]:
    """The training examples as a script needs them: only the inputs that the model uses."""
    data = landscape.data()
    inputs = data.x[:, : landscape.most_inputs]
    if isinstance(landscape, LinearRegression | PolynomialRegression):
        inputs = inputs[:, 0]
    return np.ascontiguousarray(inputs), data.y


def data_lines(landscape: ModelLandscape, make: str) -> list[str]:
    """The lines that define x and y."""
    x, y = data_of(landscape)
    return [*array("x", x, make), *array("y", y, make)]


# Chance


def noise_lines(experiment: Experiment, wrap: str) -> list[str]:
    """A function of the step: the noise on the gradient before it is scaled; ``wrap`` is put around the numbers."""
    numbers = f"chance.standard_normal(({NOISE_CHUNK}, {experiment.landscape.dim}))[step % {NOISE_CHUNK}]"
    return block(f'''
        def noise(step):
            """Standard normal numbers for each parameter: a function of the step alone."""
            stream = np.random.Philox(key={experiment.seed}, counter=[0, 0, 0, step // {NOISE_CHUNK}])
            chance = np.random.Generator(stream)
            return {wrap.format(numbers)}
    ''')


def batch_lines(experiment: Experiment) -> list[str]:
    """A function of the step: which examples it sees."""
    return block(f'''
        def batch(step, size):
            """The examples that a step sees: each once an epoch, shuffled anew in every epoch."""
            epoch, place = divmod(step, -(-len(y) // size))
            stream = np.random.Philox(key={experiment.seed}, counter=[0, 0, {SHUFFLING}, epoch])
            order = np.random.Generator(stream).permutation(len(y))
            return order[place * size : (place + 1) * size]
    ''')


def batches_of(experiment: Experiment, settings: Settings) -> Any:
    """The batches of a stretch, None where each update sees everything."""
    landscape = experiment.landscape
    if not isinstance(landscape, ModelLandscape):
        return None
    return settings.batches(landscape.data().y.size, experiment.seed)


def ticks_of(experiment: Experiment, settings: Settings) -> int:
    """Updates that the schedule takes for a tick."""
    batches = batches_of(experiment, settings)
    return 1 if batches is None or settings.schedule_by == "step" else int(batches.per_epoch)


# Schedules


def keywords(spec: Any, *, always: Sequence[str] = (), leave: Sequence[str] = ()) -> str:
    """The settings of a declared thing as arguments, those that equal their defaults left out."""
    fields = {name: getattr(spec, name) for name in spec.__struct_fields__ if name not in leave}
    plain = type(spec)
    defaults = dict(zip(plain.__struct_fields__[::-1], plain.__struct_defaults__[::-1], strict=False))
    chosen = {name: value for name, value in fields.items() if name in always or defaults.get(name) != value}
    return ", ".join(f"{name}={literal(value)}" for name, value in chosen.items())


def literal(value: Any) -> str:
    """A setting as Python."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return repr(value)
    if isinstance(value, tuple):
        inner = ", ".join(map(literal, value))
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    return repr(value)


def cycles(settings: Settings) -> bool:
    """Whether the schedule moves the momentum."""
    schedule, field = settings.schedule, settings.optimizer.momentum_field
    if field is None or type(schedule).momentum is sched.Schedule.momentum:
        return False
    if isinstance(schedule, sched.SequentialLR):
        parts = [bool(getattr(part, "cycle_momentum", False)) for part in schedule.schedulers]
        return any(parts)
    return bool(getattr(schedule, "cycle_momentum", True))


def rate_function(settings: Settings) -> list[str]:
    """``def rate(t)``: the learning rate of tick t; none where it never changes."""
    schedule, base = settings.schedule, settings.optimizer.rate
    if isinstance(schedule, sched.Constant | sched.ReduceLROnPlateau):
        return []
    return _function("rate", "The learning rate.", schedule, base)


def momentum_function(settings: Settings) -> list[str]:
    """``def momentum(t)``: the momentum of tick t, where the schedule moves it."""
    if not cycles(settings):
        return []
    return _function("momentum", "The momentum.", settings.schedule, None)


def _function(name: str, doc: str, schedule: sched.Schedule, base: float | None) -> list[str]:
    if not isinstance(schedule, sched.SequentialLR):
        return [f"def {name}(t):", f'    """{doc}"""', *block("\n".join(_body(schedule, base)), 4)]
    lines = [f"def {name}(t):", f'    """{doc}"""']
    starts = [0, *schedule.milestones]
    for index in range(len(starts) - 1, -1, -1):
        part, first = schedule.schedulers[index], starts[index]
        inner = _body(part, base) if base is not None else _momentum_body(part)
        if index:
            lines += [f"    if t >= {first}:", f"        t = t - {first}", *block("\n".join(inner), 8)]
        else:
            lines += block("\n".join(inner), 4)
    return lines


def _body(schedule: sched.Schedule, base: float | None) -> list[str]:
    """Lines that return the rate (or, without ``base``, the momentum) of tick t."""
    if base is None:
        return _momentum_body(schedule)
    kind, b = schedule.name(), number(base)
    s: Any = schedule
    if kind == "constant":
        return [f"return {b}"]
    if kind == "ConstantLR":
        early = f"return {b} * {number(s.factor)}" if s.total_iters == 0 else ""
        return [early or f"return {b} * ({number(s.factor)} if t < {s.total_iters} else 1)"]
    if kind == "StepLR":
        return [f"return {b} * {number(s.gamma)} ** (t // {s.step_size})"]
    if kind == "MultiStepLR":
        return [f"return {b} * {number(s.gamma)} ** sum(t >= m for m in {literal(s.milestones)})"]
    if kind == "ExponentialLR":
        return [f"return {b} * {number(s.gamma)} ** t"]
    if kind == "CosineAnnealingLR":
        low = number(s.eta_min)
        return [f"return {low} + ({b} - {low}) * (1 + math.cos(math.pi * t / {s.T_max})) / 2"]
    if kind == "CosineAnnealingWarmRestarts":
        return _restarts(s, b)
    if kind == "LinearLR":
        first, last = number(s.start_factor), number(s.end_factor)
        part = f"min(t, {s.total_iters}) / {s.total_iters}"
        return [f"return {b} * ({first} + ({last} - {first}) * {part})"]
    if kind == "PolynomialLR":
        return [f"return {b} * (1 - min(t, {s.total_iters}) / {s.total_iters}) ** {number(s.power)}"]
    if kind == "CosineWithWarmup":
        return warmup_lines(s, b)
    if kind == "WarmupStableDecay":
        return stable_lines(s, b)
    if kind == "CyclicLR":
        low, high = number(s.base_lr), number(s.max_lr)
        return [*_height(s), f"return {low} + ({high} - {low}) * height"]
    if kind == "OneCycleLR":
        return _one_cycle(s, 1)
    raise ScriptError(f"the schedule {kind} cannot be written down")


def _momentum_body(schedule: Any) -> list[str]:
    if schedule.name() == "CyclicLR" and schedule.cycle_momentum:
        high = number(schedule.max_momentum)
        return [*_height(schedule), f"return {high} - ({high} - {number(schedule.base_momentum)}) * height"]
    if schedule.name() == "OneCycleLR" and schedule.cycle_momentum:
        return _one_cycle(schedule, 3)
    return ["return None"]


def _restarts(s: Any, b: str) -> list[str]:
    low = number(s.eta_min)
    end = f"return {low} + ({b} - {low}) * (1 + math.cos(math.pi * t / length)) / 2"
    if s.T_mult == 1:
        return [f"length = {s.T_0}", "t = t % length", end]
    return [f"length = {s.T_0}", "while t >= length:", f"    t, length = t - length, length * {s.T_mult}", end]


def warmup_lines(s: Any, b: str) -> list[str]:
    """Linear warm-up, then a cosine to 0, times ``b``."""
    w, total = s.num_warmup_steps, s.num_training_steps
    rise = [f"if t < {w}:", f"    return {b} * (t / {w})"] if w else []
    part = f"(t - {w}) / {max(1, total - w)}"
    return [
        *rise,
        f"wave = 0.5 * (1 + math.cos(math.pi * {number(2.0 * s.num_cycles)} * {part}))",
        f"return {b} * max(0, wave)",
    ]


def stable_lines(s: Any, b: str) -> list[str]:
    """Warm-up, a level stretch, a fall, times ``b``."""
    w = s.num_warmup_steps
    rise = [f"if t < {w}:", f"    return {b} * (t / {w})"] if w else []
    left = {
        "linear": "1 - part",
        "cosine": "0.5 * (1 + math.cos(math.pi * part))",
        "1-sqrt": "1 - math.sqrt(part)",
    }[s.decay_type]
    low = number(s.min_lr_ratio)
    rest = f"return {b} * ({left})" if s.min_lr_ratio == 0.0 else f"return {b} * ({low} + (1 - {low}) * ({left}))"
    return [*rise, f"part = min(max((t - {w + s.num_stable_steps}) / {s.num_decay_steps}, 0), 1)", rest]


def _height(s: Any) -> list[str]:
    down = s.step_size_up if s.step_size_down is None else s.step_size_down
    total = s.step_size_up + down
    # Rounded as torch does it: a momentum that comes down to 0 is 0, or not, by a single bit.
    lines = [
        f"cycle, turn = math.floor(1 + t / {total}), {s.step_size_up} / {total}",
        f"place = 1 + t / {total} - cycle",
        "height = place / turn if place <= turn else (place - 1) / (turn - 1)",
    ]
    if s.mode == "triangular2":
        lines.append("height = height / 2.0 ** (cycle - 1)")
    elif s.mode == "exp_range":
        lines.append(f"height = height * {number(s.gamma)} ** t")
    return lines


def _one_cycle(s: Any, column: int) -> list[str]:
    """A chain of flanks; each is told by its end and the two values it leads between."""
    lines, start = [f"t = min(t, {s.total_steps - 1})"], 0.0
    phases = s._phases()
    for index, phase in enumerate(phases):
        end, a, b = phase[0], number(phase[column]), number(phase[column + 1])
        length = end - start
        part = f"(t - {number(start)}) / {number(length)}" if start else f"t / {number(length)}"
        if s.anneal_strategy == "linear":
            value = f"({b} - {a}) * {part} + {a}"
        else:
            value = f"{b} + ({a} - {b}) / 2 * (math.cos(math.pi * {part}) + 1)"
        if length <= 0.0:
            value = b
        last = index == len(phases) - 1
        lines += [f"return {value}"] if last else [f"if t <= {number(end)}:", f"    return {value}"]
        start = end
    return lines


def optimizer_changed(before: Settings | None, now: Settings) -> bool:
    """Whether a stretch begins with a new optimizer, which remembers nothing."""
    return before is None or before.optimizer.name() != now.optimizer.name()


def names_of(experiment: Experiment) -> list[str]:
    """What each run is called in a comment."""
    found = []
    for label, run in zip(experiment.labels(), experiment.runs, strict=True):
        what = run.optimizer.describe()
        text = comment(label)
        found.append(text if what in text else f"{text} ({what})")
    return found


def pairwise(parts: Sequence[Stretch]) -> Iterable[tuple[Settings | None, Stretch]]:
    """Each stretch with the settings before it."""
    return itertools.chain([(None, parts[0])], ((a.settings, b) for a, b in itertools.pairwise(parts)))


def imports(text: str, *, always: Sequence[str] = ("json",)) -> list[str]:
    """The modules that a script uses, as lines: the library's own first."""
    own = [name for name in ("base64", "json", "math", "zlib") if name in always or f"{name}." in text]
    others = [line for name, line in (("np", "import numpy as np"), ("torch", "import torch")) if f"{name}." in text]
    return [*(f"import {name}" for name in own), *([""] if others else []), *others]
