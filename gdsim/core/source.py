"""Landscapes as program text: what a declaration computes, written down as Python that a reader knows.

A landscape of two parameters is a formula that runs on any kind of number. Here it runs on nodes of a graph of
elementary operations, and the graph is printed: so a script shows the very formula that the marble rolls on, and no
second table of formulas has to be kept right.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from gdsim.core.arithmetic import Arithmetic
from gdsim.core.differentiation import Graph, Node, graph_of
from gdsim.core.expression import CONSTANTS, steps_of
from gdsim.core.landscapes import PlaneLandscape
from gdsim.core.landscapes.formula import Formula

NAMES = "uvwpqrst"
"""What parts that are used twice are called."""

Call = Callable[..., str]

NUMPY: dict[str, str] = {
    "sigmoid": "1 / (1 + np.exp(-({0})))", "softplus": "np.logaddexp({0}, 0)", "relu": "np.maximum({0}, 0)",
    "step": "np.where({0} > 0, 1, 0)", "scaled": "np.where({1} == 0, 0, {0} * {1})",
    "le": "({0} <= {1})", "gt": "({0} > {1})", "where": "np.where({0}, {1}, {2})",
    "min": "np.minimum({0}, {1})", "max": "np.maximum({0}, {1})", "atan2": "np.arctan2({0}, {1})",
    **{name: f"np.arc{name[1:]}({{0}})" for name in ("asin", "acos", "atan", "asinh", "acosh", "atanh")},
    **{name: f"np.{name}({{0}})" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "log", "log2",
                                              "log10", "sqrt", "cbrt", "abs", "sign", "floor", "ceil")},
}  # fmt: skip
"""How NumPy calls the operations."""

TORCH: dict[str, str] = {
    "softplus": "torch.nn.functional.softplus({0}, threshold=40)",
    "cbrt": "torch.sign({0}) * torch.abs({0}) ** (1 / 3)",
    "min": "torch.minimum({0}, {1})", "max": "torch.maximum({0}, {1})", "atan2": "torch.atan2({0}, {1})",
    **{name: f"torch.{name}({{0}})" for name in ("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh",
                                                 "asinh", "acosh", "atanh", "exp", "log", "log2", "log10", "sqrt",
                                                 "abs", "sign", "floor", "ceil", "relu", "sigmoid")},
}  # fmt: skip
"""How PyTorch calls them; slopes are its own affair."""

SUM, PRODUCT, SIGN, POWER, ATOM = 1, 2, 3, 4, 5
"""How tightly an expression holds together."""
LOOSE = {"sigmoid": PRODUCT, "cbrt": PRODUCT}
"""Templates that are not calls."""


def formula_of(landscape: PlaneLandscape) -> tuple[Graph, list[Node]]:
    """The graph of a landscape, and the nodes of its loss and of both slopes."""
    if isinstance(landscape, Formula):
        values = {**CONSTANTS, **{name: value + 0.0 for name, value in landscape.parameters.items()}}
        return graph_of(steps_of(landscape.expression, frozenset(landscape.parameters)), values, 1)
    graph = Graph()
    x, y = Node(graph, graph.x.place), Node(graph, graph.y.place)

    def to(name: str) -> Callable[..., Node]:
        return lambda *parts: graph.apply(
            name, *(part if isinstance(part, Node) else graph.constant(part) for part in parts)
        )

    nodes = Arithmetic(
        sqrt=to("sqrt"), exp=to("exp"), log=to("log"), sin=to("sin"), cos=to("cos"), tanh=to("tanh"), sign=to("sign"),
        absolute=to("abs"), maximum=to("max"), minimum=to("min"), where=to("where"),
    )  # fmt: skip
    outputs = landscape.first(nodes)(x, y)
    return graph, [part if isinstance(part, Node) else graph.constant(part) for part in outputs]


def written(graph: Graph, outputs: Sequence[Node], calls: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """A graph as Python.

    Args:
        graph: The operations.
        outputs: What is wanted.
        calls: How operations are called: ``NUMPY`` or ``TORCH``.

    Returns:
        Lines that name the parts that are used more than once, and an expression for each output.
    """
    return _Printer(graph, [node.place for node in outputs], calls).lines()


def number(value: float) -> str:
    """A number as it is typed: every digit, and no more."""
    if math.isfinite(value) and value == int(value) and abs(value) < 1e6 and math.copysign(1.0, value) * value >= 0.0:
        return str(int(value)) if value or math.copysign(1.0, value) > 0.0 else "-0.0"
    return repr(float(value)) if math.isfinite(value) else f'float("{value}")'


class _Printer:
    """Products are gathered into powers, and parts that stand in several places get a name."""

    def __init__(self, graph: Graph, wanted: list[int], calls: Mapping[str, str]) -> None:
        self._graph, self._wanted, self._calls = graph, wanted, calls
        self._parents: Counter[int] = Counter()
        for place in self._needed():
            self._parents.update(set(graph.operations[place][1]))
        self._parents.update(wanted)
        self._uses: Counter[int] = Counter()
        self._named: dict[int, str] = {}

    def _needed(self) -> list[int]:
        needed, open_places = set(self._wanted), list(self._wanted)
        while open_places:
            fresh = set(self._graph.operations[open_places.pop()][1]) - needed
            needed |= fresh
            open_places += fresh
        return sorted(needed)

    def lines(self) -> tuple[list[str], list[str]]:
        for place in self._wanted:
            self._count(place)
        names = itertools.chain(NAMES, (f"{a}{b}" for b in itertools.count(1) for a in NAMES))
        found = []
        for place in self._needed():
            if self._uses[place] > 1 and not self._small(place):
                text = self._text(place, SUM)
                self._named[place] = name = next(names)
                found.append(f"{name} = {text}")
        return found, [self._text(place, SUM) for place in self._wanted]

    def _small(self, place: int) -> bool:
        """Whether it is as short as a name: a number, a variable, a power or a multiple of one."""
        name, parts = self._graph.operations[place]
        if name == "mul":
            factor, powers = self._factors(place)
            return len(powers) == 1 and factor == 1.0 and all(not self._graph.operations[p][1] for p in powers)
        return not parts

    def _count(self, place: int) -> None:
        """How often each part would be written."""
        self._uses[place] += 1
        if self._uses[place] > 1:
            return
        if self._graph.operations[place][0] == "mul":
            for part in self._factors(place)[1]:
                self._count(part)
        else:
            for part in self._graph.operations[place][1]:
                self._count(part)

    def _factors(self, place: int) -> tuple[float, Counter[int]]:
        """A product as its number and its other factors with their powers; those used elsewhere stay whole."""
        factor, powers = 1.0, Counter[int]()
        for part in self._graph.operations[place][1]:
            name = self._graph.operations[part][0]
            if part in self._graph.constants:
                factor *= self._graph.constants[part]
            elif name == "mul" and (self._parents[part] == 1 or self._leaves(part)):
                further, others = self._factors(part)
                factor *= further
                powers.update(others)
            else:
                powers[part] += 1
        return factor, powers

    def _leaves(self, place: int) -> bool:
        """Whether a product is of variables only: x**2."""
        return all(not self._graph.operations[p][1] and p not in self._graph.constants
                   for p in self._graph.operations[place][1])  # fmt: skip

    def _text(self, place: int, around: int) -> str:
        """An expression that may stand within something that holds together as tightly as ``around``."""
        if place in self._named:
            return self._named[place]
        text, tightness = self._written(place)
        return f"({text})" if tightness < around else text

    def _written(self, place: int) -> tuple[str, int]:
        name, parts = self._graph.operations[place]
        if place in self._graph.constants:
            value = self._graph.constants[place]
            return number(value), SIGN if value < 0.0 else ATOM
        if not parts:
            return name, ATOM
        if name == "add":
            left, right = self._text(parts[0], SUM), self._text(parts[1], SUM)
            if left.startswith("-") and not right.startswith("-"):
                left, right = right, left
            return (f"{left} - {right[1:]}" if right.startswith("-") else f"{left} + {right}"), SUM
        if name == "sub":
            return f"{self._text(parts[0], SUM)} - {self._text(parts[1], PRODUCT)}", SUM
        if name == "mul":
            return self._product(place)
        if name == "div":
            return f"{self._text(parts[0], PRODUCT)} / {self._text(parts[1], SIGN)}", PRODUCT
        if name == "neg":
            return f"-{self._text(parts[0], PRODUCT)}", SIGN
        if name == "pow":
            return f"{self._text(parts[0], ATOM)} ** {self._text(parts[1], POWER)}", POWER
        return self._called(name, parts), LOOSE.get(name, ATOM)

    def _called(self, name: str, parts: tuple[int, ...]) -> str:
        texts = [self._text(part, ATOM if name == "scaled" else SUM) for part in parts]
        if self._calls is TORCH and name in ("min", "max", "atan2"):
            for k, part in enumerate(parts):
                if part in self._graph.constants:
                    texts[k] = f"torch.tensor({self._graph.constants[part]!r})"
        return self._calls[name].format(*texts)

    def _product(self, place: int) -> tuple[str, int]:
        factor, powers = self._factors(place)
        texts = []
        for part, power in powers.items():
            texts.append(self._text(part, SIGN) if power == 1 else f"{self._text(part, ATOM)}**{power}")
        if factor == -1.0 and texts:
            return "-" + " * ".join(texts), SIGN
        if factor != 1.0 or not texts:
            texts.insert(0, number(factor))
        if len(texts) == 1:
            return texts[0], POWER
        return " * ".join(texts), SIGN if factor < 0.0 else PRODUCT
