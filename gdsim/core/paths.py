"""What a run's numbers are called: ``optimizer.lr``, ``optimizer.betas[0]``, ``schedule.gamma``, ``batch_size``.

A sweep, and whoever else changes one number of a run by name, finds here its declaration (range, symbol, meaning) and
how to read and replace it.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from gdsim.core.experiment import Run, Settings
from gdsim.core.spec import Hyperparameter, hyperparameters

HEADS = ("optimizer", "schedule", "clip", "noise")
"""Parts of a run that have numbers of their own."""
OWN = ("batch_size", "accumulate", "average")
"""Numbers of the run itself."""
LACKING = {"clip": "does not clip its gradients", "noise": "has no noise on its gradients"}

S = TypeVar("S", bound=Settings)


@dataclass(frozen=True)
class Parameter:
    """One declared number of a run: ``head`` is the part that it belongs to, "" for the run itself."""

    head: str
    declared: Hyperparameter

    @property
    def path(self) -> str:
        """How it is called."""
        return f"{self.head}.{self.declared.path}" if self.head else self.declared.path

    @property
    def whole(self) -> bool:
        """Whether it is a whole number."""
        return self.declared.kind == "integer"

    def get(self, settings: Settings) -> Any:
        """Its value."""
        return self.declared.get(getattr(settings, self.head) if self.head else settings)

    def put(self, settings: S, value: Any) -> S:
        """The settings with another value (or with an array of values, for whoever moves many runs at once)."""
        if not self.head:
            return self.declared.put(settings, value)  # type: ignore[no-any-return]
        part = self.declared.put(getattr(settings, self.head), value)
        return msgspec.structs.replace(settings, **{self.head: part})

    def has(self, settings: Settings) -> bool:
        """Whether the settings have such a number at all."""
        part: Any = getattr(settings, self.head) if self.head else settings
        return part is not None and self.declared in _declared(part)


def parameters(settings: Settings) -> tuple[Parameter, ...]:
    """All numbers of a run that can be changed by name."""
    found = []
    for head in HEADS:
        part = getattr(settings, head)
        if part is not None:
            found += [Parameter(head, h) for h in _declared(part) if h.kind in ("number", "integer")]
    return (*found, *(Parameter("", h) for h in hyperparameters(Settings) if h.field in OWN))


def _declared(part: Any) -> tuple[Hyperparameter, ...]:
    kind: Any = type(part)
    return hyperparameters(kind)


def parameter(run: Run, path: str) -> Parameter:
    """The number that is called ``path``.

    Raises:
        ValueError: The run has no such number; the text says what it has.
    """
    known = {each.path: each for each in parameters(run)}
    if path in known:
        return known[path]
    head, _, rest = path.partition(".")
    if head in LACKING and getattr(run, head) is None:
        raise ValueError(f"{path}: this run {LACKING[head]}")
    if head in HEADS and rest:
        part = getattr(run, head)
        owner = part.name() if hasattr(part, "name") else head
        if any(rest == h.path for h in _declared(part)):
            raise ValueError(f"{path}: is a choice, not a number")
        numbers = [p.declared.path for p in known.values() if p.head == head]
        has = f"it has {', '.join(numbers)}" if numbers else "it has no numbers"
        raise ValueError(f"{path}: {owner} has no {rest}; {has}")
    near = difflib.get_close_matches(path, [*known, "start[0]", "start[1]"], n=1, cutoff=0.4)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}, start[0], start[1]"
    raise ValueError(f"{path}: is no number of a run; {hint}")
