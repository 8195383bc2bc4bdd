"""Labels that state a hyperparameter ("η = 0.02", "no clipping", "SGD"): an edit that makes one false mends it, too."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from gdsim.core.experiment import Experiment, Run
from gdsim.core.spec import hyperparameters

NUMBER = r"(\d[\d.]*(?:e[+-]?\d+)?)"
ROUNDED = 5e-3
"""A label states a number to this share of it."""
ABSENT = {"clipping": "clipped at", "noise": "noise", "momentum": "momentum", "decay": "decay", "weight decay": "decay"}
"""What a label says there is none of, and how it says that there is some: before its number."""
LONGEST = 200


def relabelled(old: Experiment, new: Experiment) -> Experiment:
    """The edited experiment, with labels that stated what the edit has changed; others stay as they are.

    A run that was renamed by hand keeps its name. Nothing is done where runs came or went.
    """
    if len(old.runs) != len(new.runs):
        return new
    runs = tuple(_renamed(before, after) for before, after in zip(old.runs, new.runs, strict=True))
    return new if runs == new.runs else msgspec.structs.replace(new, runs=runs)


def _renamed(old: Run, new: Run) -> Run:
    if not old.label or old.label != new.label:
        return new
    label, before, after = old.label, _numbers(old), _numbers(new)
    for symbol, value in before.items():
        if symbol in after and after[symbol] != value:
            label = _restated(label, f"{symbol} = ", value, after[symbol])
    had, has = _extras(old), _extras(new)
    for name, words in ABSENT.items():
        value, now = had[name], has[name]
        if not value and now:
            label = re.sub(rf"\bno {name}\b", f"{words} {now:g}", label)
        elif value and now and value != now:
            label = _restated(label, f"{words} ", value, now)
    if old.optimizer.name() != new.optimizer.name():
        label = re.sub(rf"\b{re.escape(old.optimizer.name())}\b", new.optimizer.name(), label)
    return new if label == old.label else msgspec.structs.replace(new, label=label[:LONGEST])


def _restated(label: str, words: str, value: float, now: float) -> str:
    """The label with another number behind some words, where it states the one that was."""

    def mended(found: re.Match[str]) -> str:
        try:
            stated = abs(float(found[1]) - value) <= ROUNDED * abs(value)
        except ValueError:  # 1.2.3
            return found[0]
        return f"{words}{now:g}" if stated else found[0]

    return re.sub(rf"(?<!\w){re.escape(words)}{NUMBER}", mended, label)


def _numbers(run: Run) -> dict[str, float]:
    """What a label may state by its symbol."""
    found: dict[str, float] = {}
    parts: tuple[msgspec.Struct | None, ...] = (run.optimizer, run, run.clip, run.noise)
    for part in parts:
        if part is None:
            continue
        for declared in hyperparameters(type(part)):
            value: Any = declared.get(part)
            if declared.symbol and isinstance(value, int | float):
                found.setdefault(declared.symbol, value)
    return found


def _extras(run: Run) -> dict[str, float]:
    """What a label may say there is none of."""
    decay = getattr(run.optimizer, "weight_decay", 0.0)
    return {
        "clipping": run.clip.value if run.clip else 0.0, "noise": run.noise.std if run.noise else 0.0,
        "momentum": getattr(run.optimizer, "momentum", 0.0), "decay": decay, "weight decay": decay,
    }  # fmt: skip
