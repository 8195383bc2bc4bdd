"""How a number of a document is declared: once, with its label, symbol, range, scale and meaning.

Optimizers, schedules and landscapes are msgspec structs whose fields carry these declarations. Reading a
document, the editors of the window, ``gdsim list`` and the tests all derive from them.
"""

from __future__ import annotations

import types
import typing
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import msgspec

Scale = Literal["linear", "log"]
Kind = Literal["number", "integer", "flag", "choice", "text", "other"]


class Spec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="name"):
    """A declared thing of a document: frozen, told apart by its ``name``, strict about its fields.

    To edit one is to replace it (``msgspec.structs.replace``).
    """

    @classmethod
    def name(cls) -> str:
        """The name that stands in documents."""
        return str(cls.__struct_config__.tag)


def kinds_of(base: type[Spec]) -> tuple[type[Any], ...]:
    """What is declared below ``base``: the leaves of its tree of classes, in the order of declaration."""
    below = base.__subclasses__()
    if not below:
        return (base,)
    return tuple(dict.fromkeys(kind for sub in below for kind in kinds_of(sub)))  # one may stand below two bases


def number(
    label: str,
    symbol: str,
    meaning: str,
    *,
    low: float,
    high: float,
    scale: Scale = "linear",
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
    advanced: bool = False,
) -> msgspec.Meta:
    """Declare a number.

    Args:
        label: What it is called, in lower case ("learning rate").
        symbol: The textbook's symbol ("η").
        meaning: One or two sentences: what it does, and usual values. It is shown as the tooltip.
        low: Where its slider begins; typed values may lie outside.
        high: Where its slider ends.
        scale: How the slider runs.
        ge: Least allowed value.
        gt: Bound that has to be exceeded.
        le: Greatest allowed value.
        lt: Bound that has to be stayed under.
        advanced: Rarely touched: its editor is folded away at first.
    """
    bounds: dict[str, Any] = {k: v for k, v in (("ge", ge), ("gt", gt), ("le", le), ("lt", lt)) if v is not None}
    return msgspec.Meta(
        title=label,
        description=meaning,
        extra={"symbol": symbol, "low": low, "high": high, "scale": scale, "advanced": advanced},
        **bounds,
    )


def option(label: str, meaning: str, *, advanced: bool = False) -> msgspec.Meta:
    """Declare a switch, a choice or anything else that has no range."""
    return msgspec.Meta(title=label, description=meaning, extra={"symbol": "", "advanced": advanced})


@dataclass(frozen=True)
class Hyperparameter:
    """One editable value of a declared struct.

    ``index`` tells the place inside a tuple field (``betas[0]``); it is None for plain fields.
    """

    field: str
    index: int | None
    kind: Kind
    label: str
    symbol: str
    meaning: str
    default: Any
    low: float = 0.0
    high: float = 1.0
    scale: Scale = "linear"
    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    choices: tuple[str, ...] = ()
    optional: bool = False
    advanced: bool = False

    @property
    def path(self) -> str:
        """How it is named in errors and on the command line: ``lr``, ``betas[0]``."""
        return self.field if self.index is None else f"{self.field}[{self.index}]"

    def get(self, spec: msgspec.Struct) -> Any:
        """Its value in ``spec``."""
        value = getattr(spec, self.field)
        return value if self.index is None else value[self.index]

    def put(self, spec: Any, value: Any) -> Any:
        """A copy of ``spec`` with this value replaced."""
        if self.index is not None:
            whole = list(getattr(spec, self.field))
            whole[self.index] = value
            value = tuple(whole)
        return msgspec.structs.replace(spec, **{self.field: value})

    def refusal(self, value: float) -> str | None:
        """Why ``value`` is not allowed, or None where it is."""
        if self.ge is not None and not value >= self.ge:
            return f"{self.label} must be at least {self.ge:g}"
        if self.gt is not None and not value > self.gt:
            return f"{self.label} must be greater than {self.gt:g}"
        if self.le is not None and not value <= self.le:
            return f"{self.label} must be at most {self.le:g}"
        if self.lt is not None and not value < self.lt:
            return f"{self.label} must be less than {self.lt:g}"
        return None


@cache
def hyperparameters(kind: type[Any]) -> tuple[Hyperparameter, ...]:
    """The editable values of a declared struct, in the order of declaration."""
    hints = typing.get_type_hints(kind, include_extras=True)
    found: list[Hyperparameter] = []
    for field in msgspec.structs.fields(kind):
        default = None if field.default is msgspec.NODEFAULT else field.default
        hint = hints[field.name]
        if typing.get_origin(hint) is tuple and Ellipsis not in typing.get_args(hint):
            for index, part in enumerate(typing.get_args(hint)):
                found.append(_declared(field.name, index, part, default[index] if default else None))
        else:
            found.append(_declared(field.name, None, hint, default))
    return tuple(found)


def _declared(field: str, index: int | None, hint: Any, default: Any) -> Hyperparameter:
    meta = next((m for m in getattr(hint, "__metadata__", ()) if isinstance(m, msgspec.Meta)), None)
    bare = typing.get_args(hint)[0] if meta else hint
    optional = False
    if typing.get_origin(bare) in (typing.Union, types.UnionType) and type(None) in typing.get_args(bare):
        optional = True
        bare = next(part for part in typing.get_args(bare) if part is not type(None))
        if meta is None:
            meta = next((m for m in getattr(bare, "__metadata__", ()) if isinstance(m, msgspec.Meta)), None)
            bare = typing.get_args(bare)[0] if meta else bare
    kinds: dict[Any, Kind] = {float: "number", int: "integer", bool: "flag", str: "text"}
    choice = typing.get_origin(bare) is Literal
    extra = dict(meta.extra or {}) if meta else {}
    return Hyperparameter(
        field=field,
        index=index,
        kind="choice" if choice else kinds.get(bare, "other"),
        label=(meta.title if meta else None) or field.replace("_", " "),
        symbol=extra.get("symbol", ""),
        meaning=(meta.description if meta else None) or "",
        default=default,
        low=extra.get("low", 0.0),
        high=extra.get("high", 1.0),
        scale=extra.get("scale", "linear"),
        ge=meta.ge if meta else None,
        gt=meta.gt if meta else None,
        le=meta.le if meta else None,
        lt=meta.lt if meta else None,
        choices=typing.get_args(bare) if choice else (),
        optional=optional,
        advanced=extra.get("advanced", False),
    )
