"""Values, slopes and curvatures of formulas that are known only while the program runs, by forward differentiation.

A formula arrives as steps in postfix order. Each step is applied to a dual number (Griewank and Walther,
"Evaluating Derivatives", 2008) whose entries are not numbers but places in a graph of elementary operations: equal
operations are one place, what is constant is folded, and what is zero whatever x and y are is left out. What is
reached from the wanted outputs becomes a flat list of operations, which runs on Python floats and on arrays.

At a kink a slope is chosen: 0 for ``abs`` and ``relu`` at 0, that of the first argument for ``min`` and ``max`` of
equals. Where a slope is infinite but what it multiplies is 0, as for ``sqrt(x**2 + y**2)`` at the tip of that cone,
the product counts as 0. Everything else is as IEEE 754 has it.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from gdsim.core.arithmetic import ARRAYS, FLOATS, Arithmetic, Number

LARGEST_PRODUCT = 32
"""Whole powers up to this one are products; others are left to ``pow``."""


class Step(NamedTuple):
    """One step of a formula in postfix order.

    ``what`` is "number" (its value stands in ``value``), "name" (of a variable, parameter or constant), "operator"
    (+ - * / ** of the two results before, or neg of one), or "function" (of the last ``arguments`` results).
    """

    what: Literal["number", "name", "operator", "function"]
    name: str = ""
    value: float = 0.0
    arguments: int = 0


Parts = Callable[[Number, Number], tuple[Number, Number, Number]]


# The elementary operations, on floats and on arrays


def _sigmoid(u: Number, exp: Callable[[Number], Number]) -> Number:
    return 1.0 / (1.0 + exp(-u))


def _scaled(slope: float, by: float) -> float:
    return slope * by if by != 0.0 else 0.0


def _scaled_arrays(slope: Number, by: Number) -> Number:
    return np.where(np.equal(by, 0.0), 0.0, np.multiply(slope, by))


def _sign(u: float) -> float:
    return float((u > 0.0) - (u < 0.0)) if u == u else u


OPERATIONS: dict[str, tuple[Callable[..., Number], Callable[..., Number]]] = {
    "add": (operator.add, np.add),
    "sub": (operator.sub, np.subtract),
    "mul": (operator.mul, np.multiply),
    "div": (operator.truediv, np.divide),
    "neg": (operator.neg, np.negative),
    "pow": (math.pow, np.power),
    "scaled": (_scaled, _scaled_arrays),
    "le": (operator.le, np.less_equal),
    "gt": (operator.gt, np.greater),
    "where": (FLOATS.where, ARRAYS.where),
    "min": (FLOATS.minimum, ARRAYS.minimum),
    "max": (FLOATS.maximum, ARRAYS.maximum),
    "atan2": (math.atan2, np.arctan2),
    "step": (lambda u: 1.0 if u > 0.0 else 0.0, lambda u: np.where(np.greater(u, 0.0), 1.0, 0.0)),
    "sin": (math.sin, np.sin),
    "cos": (math.cos, np.cos),
    "tan": (math.tan, np.tan),
    "asin": (math.asin, np.arcsin),
    "acos": (math.acos, np.arccos),
    "atan": (math.atan, np.arctan),
    "sinh": (math.sinh, np.sinh),
    "cosh": (math.cosh, np.cosh),
    "tanh": (math.tanh, np.tanh),
    "asinh": (math.asinh, np.arcsinh),
    "acosh": (math.acosh, np.arccosh),
    "atanh": (math.atanh, np.arctanh),
    "exp": (math.exp, np.exp),
    "log": (math.log, np.log),
    "log2": (math.log2, np.log2),
    "log10": (math.log10, np.log10),
    "sqrt": (math.sqrt, np.sqrt),
    "cbrt": (math.cbrt, np.cbrt),
    "abs": (abs, np.abs),
    "sign": (_sign, np.sign),
    "floor": (lambda u: float(math.floor(u)), np.floor),
    "ceil": (lambda u: float(math.ceil(u)), np.ceil),
    "relu": (lambda u: FLOATS.maximum(u, 0.0), lambda u: np.maximum(u, 0.0)),
    "sigmoid": (lambda u: _sigmoid(u, math.exp), lambda u: _sigmoid(u, np.exp)),
    "softplus": (
        lambda u: FLOATS.maximum(u, 0.0) + math.log1p(math.exp(-abs(u))),
        lambda u: np.logaddexp(u, 0.0),
    ),
}


# The graph


class Graph:
    """Elementary operations on x and y, each once; an operation comes after what it is made from."""

    def __init__(self) -> None:
        self.operations: list[tuple[str, tuple[int, ...]]] = []
        self.constants: dict[int, float] = {}
        self._places: dict[tuple[str, tuple[int, ...]] | str, int] = {}
        self.x, self.y = self._new("x", ()), self._new("y", ())

    def constant(self, value: float) -> Node:
        """The node of a number."""
        key = repr(value)
        if key not in self._places:
            self._places[key] = len(self.operations)
            self.constants[len(self.operations)] = value
            self.operations.append(("constant", ()))
        return Node(self, self._places[key])

    def apply(self, name: str, *nodes: Node) -> Node:
        """The node of an operation on ``nodes``: folded, simplified where that is exact, or the one there is."""
        simpler = _simplified(name, nodes)
        if simpler is not None:
            return simpler
        values = [node.value for node in nodes]
        if all(value is not None for value in values):
            with np.errstate(all="ignore"):
                return self.constant(float(OPERATIONS[name][1](*map(np.float64, values))))
        places = tuple(node.place for node in nodes)
        return self._new(name, tuple(sorted(places)) if name in ("add", "mul") else places)

    def _new(self, name: str, places: tuple[int, ...]) -> Node:
        key = (name, places)
        if key not in self._places:
            self._places[key] = len(self.operations)
            self.operations.append(key)
        return Node(self, self._places[key])


@dataclass(frozen=True, slots=True)
class Node:
    """A place in a graph, which is reckoned with like a number."""

    graph: Graph
    place: int

    @property
    def value(self) -> float | None:
        """The number it is, None where it depends on x or y."""
        return self.graph.constants.get(self.place)

    @property
    def negated(self) -> Node | None:
        """What it is the negative of, if it is one."""
        name, places = self.graph.operations[self.place]
        return Node(self.graph, places[0]) if name == "neg" else None

    def _number(self, other: Node | float) -> Node:
        return other if isinstance(other, Node) else self.graph.constant(other)

    def __add__(self, other: Node | float) -> Node:
        return self.graph.apply("add", self, self._number(other))

    def __sub__(self, other: Node | float) -> Node:
        return self.graph.apply("sub", self, self._number(other))

    def __mul__(self, other: Node | float) -> Node:
        return self.graph.apply("mul", self, self._number(other))

    def __truediv__(self, other: Node | float) -> Node:
        return self.graph.apply("div", self, self._number(other))

    def __radd__(self, other: float) -> Node:
        return self._number(other) + self

    def __rsub__(self, other: float) -> Node:
        return self._number(other) - self

    def __rmul__(self, other: float) -> Node:
        return self._number(other) * self

    def __rtruediv__(self, other: float) -> Node:
        return self._number(other) / self

    def __neg__(self) -> Node:
        return self.graph.apply("neg", self)

    def __gt__(self, other: Node | float) -> Node:
        return self.graph.apply("gt", self, self._number(other))

    def to(self, name: str) -> Node:
        """An operation of one operand on it."""
        return self.graph.apply(name, self)

    def raised(self, exponent: float) -> Node:
        """A constant power of it: whole ones by multiplication, so that floats overflow to inf and do not raise."""
        if not (exponent.is_integer() and abs(exponent) <= LARGEST_PRODUCT):
            return self.graph.apply("pow", self, self.graph.constant(exponent))
        found, square, left = self.graph.constant(1.0), self, int(abs(exponent))
        while left:
            if left & 1:
                found = found * square
            left >>= 1
            if left:
                square = square * square
        return found if exponent >= 0.0 else 1.0 / found


def _simplified(name: str, nodes: tuple[Node, ...]) -> Node | None:
    """What an operation comes to without being done, None where it has to be."""
    if name == "neg":
        return nodes[0].negated
    if len(nodes) != 2:
        return None
    a, b = nodes
    if name == "add":
        return _added(a, b)
    if name == "sub" and b.value == 0.0:
        return a
    if name == "mul":
        for one, other in ((a, b), (b, a)):
            if one.value == 1.0:
                return other
            if one.value == -1.0:
                return -other
    if name == "div" and b.value == 1.0:
        return a
    if name == "scaled" and b.value:
        return a * b
    return None


def _added(a: Node, b: Node) -> Node | None:
    if a.value == 0.0:
        return b
    if b.value == 0.0:
        return a
    if b.negated is not None:
        return a - b.negated
    return b - a.negated if a.negated is not None else None


# Dual numbers

Entry = Node | None
"""A node, or None for what is zero everywhere."""
PAIRS = ((0, 0), (0, 1), (1, 1))


@dataclass(frozen=True, slots=True)
class Dual:
    """A value with its slopes (x, y) and, where they are wanted, its curvatures (xx, xy, yy)."""

    value: Node
    slopes: tuple[Entry, Entry] = (None, None)
    bends: tuple[Entry, Entry, Entry] = (None, None, None)

    @property
    def level(self) -> bool:
        """Whether it depends on neither x nor y."""
        return self.slopes == (None, None)


def _sum(*terms: Entry) -> Entry:
    found: Entry = None
    for term in terms:
        if term is not None:
            found = term if found is None else found + term
    return found


def _times(*factors: Entry) -> Entry:
    found: Entry = None
    for factor in factors:
        if factor is None:
            return None
        found = factor if found is None else found * factor
    return found


def _scale(slope: Entry, by: Entry) -> Entry:
    """The product where infinity times 0 is 0."""
    return None if slope is None or by is None else by.graph.apply("scaled", slope, by)


def _each(u: Dual, v: Dual, operation: Callable[[Entry, Entry], Entry]) -> tuple[list[Entry], list[Entry]]:
    slopes = [operation(a, b) for a, b in zip(u.slopes, v.slopes, strict=True)]
    return slopes, [operation(a, b) for a, b in zip(u.bends, v.bends, strict=True)]


def _dual(value: Node, slopes: Sequence[Entry], bends: Sequence[Entry]) -> Dual:
    return Dual(value, (slopes[0], slopes[1]), (bends[0], bends[1], bends[2]))


def _plus(u: Dual, v: Dual) -> Dual:
    return _dual(u.value + v.value, *_each(u, v, _sum))


def _minus(u: Dual, v: Dual) -> Dual:
    def difference(a: Entry, b: Entry) -> Entry:
        return a if b is None else (-b if a is None else a - b)

    return _dual(u.value - v.value, *_each(u, v, difference))


def _negative(u: Dual) -> Dual:
    slopes, bends = ([None if part is None else -part for part in parts] for parts in (u.slopes, u.bends))
    return _dual(-u.value, slopes, bends)


def _product(u: Dual, v: Dual) -> Dual:
    slopes = [_sum(_times(u.slopes[i], v.value), _times(u.value, v.slopes[i])) for i in (0, 1)]
    bends = []
    for k, (i, j) in enumerate(PAIRS):
        crossed = _sum(_times(u.slopes[i], v.slopes[j]), _times(u.slopes[j], v.slopes[i]))
        bends.append(_sum(_times(u.bends[k], v.value), crossed, _times(u.value, v.bends[k])))
    return _dual(u.value * v.value, slopes, bends)


def _quotient(u: Dual, v: Dual) -> Dual:
    """From u = q v follows q' = (u' - q v')/v, and so on."""
    q = u.value / v.value

    def less(a: Entry, *away: Entry) -> Entry:
        taken = _sum(*away)
        rest = a if taken is None else (-taken if a is None else a - taken)
        return None if rest is None else rest / v.value

    slopes = [less(u.slopes[i], _times(q, v.slopes[i])) for i in (0, 1)]
    bends = [
        less(u.bends[k], _times(slopes[i], v.slopes[j]), _times(slopes[j], v.slopes[i]), _times(q, v.bends[k]))
        for k, (i, j) in enumerate(PAIRS)
    ]
    return _dual(q, slopes, bends)


def _through(u: Dual, value: Node, slope: Entry, bend: Entry, times: Callable[[Entry, Entry], Entry] = _times) -> Dual:
    """The chain rule for a function of one argument, whose value, slope and curvature at u are given."""
    slopes = [times(slope, part) for part in u.slopes]
    bends = [
        _sum(times(bend, _times(u.slopes[i], u.slopes[j])), times(slope, u.bends[k])) for k, (i, j) in enumerate(PAIRS)
    ]
    return _dual(value, slopes, bends)


def _through_two(u: Dual, v: Dual, value: Node, du: Node, dv: Node, bends: tuple[Node, Node, Node]) -> Dual:
    """The chain rule for a function of two arguments; ``bends`` are its curvatures uu, uv and vv."""
    uu, uv, vv = bends
    slopes = [_sum(_times(du, u.slopes[i]), _times(dv, v.slopes[i])) for i in (0, 1)]
    found = [
        _sum(
            _times(uu, u.slopes[i], u.slopes[j]),
            _times(uv, _sum(_times(u.slopes[i], v.slopes[j]), _times(u.slopes[j], v.slopes[i]))),
            _times(vv, v.slopes[i], v.slopes[j]),
            _times(du, u.bends[k]),
            _times(dv, v.bends[k]),
        )
        for k, (i, j) in enumerate(PAIRS)
    ]
    return _dual(value, slopes, found)


def _power(u: Dual, v: Dual) -> Dual:
    exponent, base = v.value.value, u.value.value
    a, b = u.value, v.value
    if exponent is not None:
        if exponent == 0.5:
            return _of("sqrt", u)
        slope = exponent * a.raised(exponent - 1.0) if exponent else None
        bend = exponent * (exponent - 1.0) * a.raised(exponent - 2.0) if exponent not in (0.0, 1.0) else None
        times = _times if exponent.is_integer() else _scale
        return _through(u, a.raised(exponent), slope, bend, times)
    if base == math.e:
        return _of("exp", v)
    p = a.graph.apply("pow", a, b)
    log = a.to("log")
    if base is not None:
        return _through(v, p, p * log, p * log * log)
    lower = a.graph.apply("pow", a, b - 1.0)
    uu = b * (b - 1.0) * a.graph.apply("pow", a, b - 2.0)
    return _through_two(u, v, p, b * lower, p * log, (uu, lower * (1.0 + b * log), p * log * log))


def _arctangent(u: Dual, v: Dual) -> Dual:
    """The angle of the point (v, u), as ``atan2(y, x)``."""
    a, b = u.value, v.value
    rr = a * a + b * b
    uu = -2.0 * a * b / (rr * rr)
    return _through_two(u, v, a.graph.apply("atan2", a, b), b / rr, -a / rr, (uu, (a * a - b * b) / (rr * rr), -uu))


def _root(u: Dual, v: Dual) -> Dual:
    return _of("sqrt", _plus(_product(u, u), _product(v, v)))


def _extreme(name: Literal["min", "max"]) -> Callable[[Dual, Dual], Dual]:
    def chosen(u: Dual, v: Dual) -> Dual:
        graph = u.value.graph
        ordered = (u.value, v.value) if name == "min" else (v.value, u.value)
        first = graph.apply("le", *ordered)
        zero = graph.constant(0.0)

        def choose(a: Entry, b: Entry) -> Entry:
            if a is None and b is None:
                return None
            return graph.apply("where", first, zero if a is None else a, zero if b is None else b)

        return _dual(graph.apply(name, u.value, v.value), *_each(u, v, choose))

    return chosen


# The functions of formulas


@dataclass(frozen=True, slots=True)
class Unary:
    """A function of one argument: its slope from (argument, value), its curvature from (argument, value, slope).

    ``pointed`` says that its slope is infinite somewhere.
    """

    slope: Callable[[Node, Node], Entry]
    bend: Callable[[Node, Node, Node], Entry]
    pointed: bool = False


def _none(*_: Node) -> None:
    """Zero everywhere."""


UNARY: dict[str, Unary] = {
    "sin": Unary(lambda u, f: u.to("cos"), lambda u, f, g: -f),
    "cos": Unary(lambda u, f: -u.to("sin"), lambda u, f, g: -f),
    "tan": Unary(lambda u, f: 1.0 + f * f, lambda u, f, g: 2.0 * f * g),
    "asin": Unary(lambda u, f: 1.0 / (1.0 - u * u).to("sqrt"), lambda u, f, g: u * g * g * g),
    "acos": Unary(lambda u, f: -1.0 / (1.0 - u * u).to("sqrt"), lambda u, f, g: u * g * g * g),
    "atan": Unary(lambda u, f: 1.0 / (1.0 + u * u), lambda u, f, g: -2.0 * u * g * g),
    "sinh": Unary(lambda u, f: u.to("cosh"), lambda u, f, g: f),
    "cosh": Unary(lambda u, f: u.to("sinh"), lambda u, f, g: f),
    "tanh": Unary(lambda u, f: 1.0 - f * f, lambda u, f, g: -2.0 * f * g),
    "asinh": Unary(lambda u, f: 1.0 / (1.0 + u * u).to("sqrt"), lambda u, f, g: -u * g * g * g),
    "acosh": Unary(lambda u, f: 1.0 / (u * u - 1.0).to("sqrt"), lambda u, f, g: -u * g * g * g),
    "atanh": Unary(lambda u, f: 1.0 / (1.0 - u * u), lambda u, f, g: 2.0 * u * g * g),
    "exp": Unary(lambda u, f: f, lambda u, f, g: f),
    "log": Unary(lambda u, f: 1.0 / u, lambda u, f, g: -g / u),
    "log2": Unary(lambda u, f: (1.0 / math.log(2.0)) / u, lambda u, f, g: -g / u),
    "log10": Unary(lambda u, f: (1.0 / math.log(10.0)) / u, lambda u, f, g: -g / u),
    "sqrt": Unary(lambda u, f: 0.5 / f, lambda u, f, g: -0.5 * g / u, pointed=True),
    "cbrt": Unary(lambda u, f: 1.0 / (3.0 * (f * f)), lambda u, f, g: (-2.0 / 3.0) * g / u, pointed=True),
    "abs": Unary(lambda u, f: u.to("sign"), _none),
    "sign": Unary(_none, _none),
    "floor": Unary(_none, _none),
    "ceil": Unary(_none, _none),
    "relu": Unary(lambda u, f: u.to("step"), _none),
    "sigmoid": Unary(lambda u, f: f * (1.0 - f), lambda u, f, g: g * (1.0 - 2.0 * f)),
    "softplus": Unary(lambda u, f: u.to("sigmoid"), lambda u, f, g: g * (1.0 - g)),
}
BINARY: dict[str, Callable[[Dual, Dual], Dual]] = {
    "pow": _power,
    "hypot": _root,
    "atan2": _arctangent,
    "min": _extreme("min"),
    "max": _extreme("max"),
}
OPERATORS: dict[str, Callable[[Dual, Dual], Dual]] = {
    "+": _plus,
    "-": _minus,
    "*": _product,
    "/": _quotient,
    "**": _power,
}
MANY = ("min", "max")
"""Functions of two or more arguments."""


def _of(name: str, u: Dual) -> Dual:
    """A function of one argument, of a dual."""
    value = u.value.to(name)
    if u.level:
        return Dual(value)
    rule = UNARY[name]
    slope = rule.slope(u.value, value)
    bend = None if slope is None else rule.bend(u.value, value, slope)
    return _through(u, value, slope, bend, _scale if rule.pointed else _times)


def _differentiated(steps: Sequence[Step], values: Mapping[str, float]) -> Dual:
    """The whole formula as one dual."""
    graph = Graph()
    one = graph.constant(1.0)
    known = {name: Dual(graph.constant(value)) for name, value in values.items()}
    known |= {"x": Dual(graph.x, (one, None)), "y": Dual(graph.y, (None, one))}
    stack: list[Dual] = []
    for step in steps:
        if step.what == "number":
            stack.append(Dual(graph.constant(step.value)))
        elif step.what == "name":
            stack.append(known[step.name])
        elif step.name == "neg":
            stack.append(_negative(stack.pop()))
        elif step.what == "operator":
            right = stack.pop()
            stack.append(OPERATORS[step.name](stack.pop(), right))
        elif step.name in UNARY:
            stack.append(_of(step.name, stack.pop()))
        else:
            first, *others = stack[-step.arguments :]
            del stack[-step.arguments :]
            for other in others:
                first = BINARY[step.name](first, other)
            stack.append(first)
    (found,) = stack
    return found


# Running it


def compiled(steps: Sequence[Step], values: Mapping[str, float], m: Arithmetic, order: Literal[1, 2]) -> Parts:
    """The formula as a function of x and y.

    Args:
        steps: The formula in postfix order.
        values: What its names other than x and y stand for.
        m: What it will be run on: ``FLOATS`` or ``ARRAYS``.
        order: 1 for (f, df/dx, df/dy), 2 for (f_xx, f_xy, f_yy).

    Returns:
        A function of x and y. On floats it raises ArithmeticError or ValueError where IEEE 754 would give inf or
        nan; on arrays an output has the shape of what it depends on.
    """
    graph, nodes = graph_of(steps, values, order)
    wanted = [node.place for node in nodes]
    return _on_floats(graph, wanted) if m is FLOATS else _on_arrays(graph, wanted)


def graph_of(steps: Sequence[Step], values: Mapping[str, float], order: Literal[1, 2]) -> tuple[Graph, list[Node]]:
    """The same as a graph of operations, and the nodes of the three outputs in it."""
    whole = _differentiated(steps, values)
    graph = whole.value.graph
    zero = graph.constant(0.0)
    entries = (whole.value, *whole.slopes) if order == 1 else whole.bends
    return graph, [zero if entry is None else entry for entry in entries]


Code = list[tuple[str, tuple[int, ...]]]


def _flat(graph: Graph, wanted: list[int]) -> tuple[list[float], Code, list[int]]:
    """What is needed for ``wanted``: its constants, its operations on slots, and the slots of the outputs.

    Slot 0 is empty, 1 is x, 2 is y, then come the constants, then the results in their order.
    """
    needed, open_places = set(wanted), list(wanted)
    while open_places:
        fresh = set(graph.operations[open_places.pop()][1]) - needed
        needed |= fresh
        open_places += fresh
    slots = {graph.x.place: 1, graph.y.place: 2}
    constants = [place for place in sorted(needed) if place in graph.constants]
    slots |= {place: 3 + i for i, place in enumerate(constants)}
    code: Code = []
    for place in sorted(needed - slots.keys()):
        name, parts = graph.operations[place]
        code.append((name, tuple(slots[part] for part in parts)))
        slots[place] = 2 + len(constants) + len(code)
    return [graph.constants[place] for place in constants], code, [slots[place] for place in wanted]


def _on_floats(graph: Graph, wanted: list[int]) -> Parts:
    constants, code, (i, j, k) = _flat(graph, wanted)
    tape: list[tuple[Callable[..., Number], int, int, int]] = []
    for name, places in code:
        a, b, c = (*places, 0, 0)[:3]
        tape.append((OPERATIONS[name][0], a, b, c))

    def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
        slots = [0.0, x, y, *constants]
        add = slots.append
        for operation, a, b, c in tape:
            if not b:
                add(operation(slots[a]))
            elif not c:
                add(operation(slots[a], slots[b]))
            else:
                add(operation(slots[a], slots[b], slots[c]))
        return slots[i], slots[j], slots[k]

    return parts


def _on_arrays(graph: Graph, wanted: list[int]) -> Parts:
    constants, code, outputs = _flat(graph, wanted)
    last: dict[int, int] = {}
    for at, (_, slots) in enumerate(code):
        last |= dict.fromkeys(slots, at)
    done: list[list[int]] = [[] for _ in code]
    for slot, at in last.items():
        if slot not in outputs:
            done[at].append(slot)
    tape = [(OPERATIONS[name][1], slots, tuple(free)) for (name, slots), free in zip(code, done, strict=True)]

    def parts(x: Number, y: Number) -> tuple[Number, Number, Number]:
        slots: list[Number] = [None, x, y, *constants]
        for operation, places, free in tape:
            slots.append(operation(*[slots[place] for place in places]))
            for place in free:
                slots[place] = None  # large grids: what is not needed any more makes room
        f, g, h = (slots[place] for place in outputs)
        return f, g, h

    return parts
