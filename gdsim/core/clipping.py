"""Gradient clipping: by the norm of the whole vector, or component by component."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from gdsim.core.arithmetic import Arithmetic, Number
from gdsim.core.spec import number, option


class Clip(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A limit on the raw gradient, applied before the update rule sees it (Pascanu et al. 2013)."""

    kind: Annotated[
        Literal["norm", "value"],
        option("clip", "norm: shorten the whole gradient, keeping its direction. value: limit each component."),
    ] = "norm"
    value: Annotated[
        float,
        number("limit", "c", "The largest norm, or component, that is let through. 1 is usual.",
               low=0.01, high=100.0, scale="log", gt=0.0),
    ] = 1.0  # fmt: skip

    def factor(self, norm: Number, m: Arithmetic) -> Number:
        """min(1, c / (‖g‖ + 1e-6)): what the gradient is multiplied by when clipping by norm."""
        return m.minimum(self.value / (norm + 1e-6), 1.0)

    def component(self, g: Number, m: Arithmetic) -> Number:
        """``g`` limited to [-c, c]: clipping by value."""
        return m.minimum(m.maximum(g, -self.value), self.value)
