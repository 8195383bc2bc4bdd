"""What a typed formula means, or where it is wrong: text into steps of arithmetic, and never into anything else.

The text is cut into numbers, names, operators and brackets; whatever is none of these is refused where it stands.
Then Python's own parser is asked for the order of the operations, and it sees no more than a skeleton: every number
and name is one letter there, so that nothing a user types reaches it. Names mean x, y, parameters, constants and
functions; nothing is ever evaluated as Python.
"""

from __future__ import annotations

import ast
import difflib
import keyword
import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from gdsim.core.differentiation import BINARY, MANY, UNARY, Step

MAX_LENGTH = 1000
MAX_BRACKETS = 40
"""How deep brackets may be nested."""
MAX_DIGITS = 40
"""Digits of one number."""
MAX_SIGNS = 3
MAX_POWERS = 40
MAX_STEPS = 500
MAX_DEPTH = 100

ALIASES = {"ln": "log", "arcsin": "asin", "arccos": "acos", "arctan": "atan"}
FUNCTIONS: dict[str, tuple[int, float]] = {
    **dict.fromkeys(UNARY, (1, 1)),
    **dict.fromkeys(ALIASES, (1, 1)),
    **{name: (2, math.inf if name in MANY else 2) for name in BINARY},
}
"""The functions of formulas: the least and the greatest number of arguments."""
CONSTANTS = {"pi": math.pi, "π": math.pi, "e": math.e, "tau": math.tau}
VARIABLES = ("x", "y")

LETTERS = "A-Za-zα-ορ-ωΑ-Ω"  # π is a constant wherever it stands
NAME = re.compile(rf"[{LETTERS}][{LETTERS}0-9_]*")
TOKEN = re.compile(
    rf"""(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<name>π|[{LETTERS}][{LETTERS}0-9_]*)
    |(?P<superscript>[⁰¹²³⁴⁵⁶⁷⁸⁹]+)
    |(?P<operator>\*\*|[-+*/^×·⋅∙∗÷∕−–])
    |(?P<open>\()|(?P<close>\))|(?P<comma>,)
    |(?P<space>[\s]+)""",
    re.VERBOSE,
)
OPERATORS = {"^": "**", "×": "*", "·": "*", "⋅": "*", "∙": "*", "∗": "*", "÷": "/", "∕": "/", "−": "-", "–": "-"}
PLAIN_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
REFUSED = {
    "=": "leave out the =: write only what stands to the right of it",
    "[": "only round brackets ( ) are known",
    "]": "only round brackets ( ) are known",
    "{": "only round brackets ( ) are known",
    "}": "only round brackets ( ) are known",
    "<": "comparisons are not known: min, max, abs and relu make kinks",
    ">": "comparisons are not known: min, max, abs and relu make kinks",
    "|": "write abs( ) for an absolute value",
    "√": "write sqrt( ) for a square root",
    "!": "factorials are not known",
    "%": "remainders are not known: x - floor(x) is one",
    ";": "; cannot stand here: a comma stands between the arguments of a function",
    "∞": "infinity is not a number that can be reckoned with here",
    ".": "a point can only stand in a number, such as 0.5",
    "_": "names begin with a letter",
    '"': "texts are not known, only numbers and formulas",
    "'": "texts are not known, only numbers and formulas",
}


class FormulaError(ValueError):
    """A formula that is refused.

    Attributes:
        start: Where what is wrong begins: a column of the typed text, from 0.
        end: Where it ends; beyond ``start`` by at least one, so that something can be underlined.
        suggestion: What could stand there instead, "" where that is not known.
    """

    def __init__(self, message: str, start: int, end: int, suggestion: str = "") -> None:
        super().__init__(message)
        self.start = start
        self.end = max(end, start + 1)
        self.suggestion = suggestion


class Token(NamedTuple):
    """A piece of the typed text, which begins in column ``start``."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """The column behind it."""
        return self.start + len(self.text)

    @property
    def shown(self) -> str:
        """Its text as it stands in messages."""
        return self.text if len(self.text) <= 24 else f"{self.text[:20]}..."

    def wrong(self, message: str, suggestion: str = "") -> FormulaError:
        """An error at this place."""
        return FormulaError(message, self.start, self.end, suggestion)


@lru_cache(maxsize=256)
def steps_of(text: str, parameters: frozenset[str] = frozenset()) -> tuple[Step, ...]:
    """Read a formula.

    Args:
        text: What was typed.
        parameters: The names that have values, apart from x, y and the constants.

    Returns:
        Its steps in postfix order.

    Raises:
        FormulaError: It is not a formula; the error says where and why.
    """
    tokens = _tokens(text)
    _Check(tokens, parameters, text).run()
    return _ordered(tokens)


def free_names(text: str) -> tuple[str, ...]:
    """The names in a formula that are still to be given values, in the order in which they stand there.

    A letter counts, also with a number (``a``, ``w_1``), and a Greek one (``θ``, ``alpha``); longer names are
    parameters only where they are given as such.

    Raises:
        FormulaError: The text is not a formula, whatever its letters stand for.
    """
    tokens = _tokens(text)
    check = _Check(tokens, frozenset(), text, free=True)
    check.run()
    _ordered(tokens)
    return tuple(check.found)


def check_name(name: str) -> None:
    """Refuse a name that a parameter cannot have.

    Raises:
        ValueError: It is not a name, or one that means something else.
    """
    if not NAME.fullmatch(name) or len(name) > 40:
        raise ValueError(f"a parameter is named by a letter or a short word, not {name[:40]!a}")
    if name in VARIABLES or name in CONSTANTS or name in FUNCTIONS:
        raise ValueError(f"{name} has a meaning already: name the parameter otherwise")


# From text to tokens


def _tokens(text: str) -> list[Token]:
    if len(text) > MAX_LENGTH:
        raise FormulaError(f"a formula has at most {MAX_LENGTH} characters, not {len(text)}", MAX_LENGTH, len(text))
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None or match.lastgroup == "space":
            at = _skipped(text, at)
            continue
        token = Token(match.lastgroup or "", match[0], at)
        if token.kind == "number":
            _check_number(token)
        found.append(token)
        at = match.end()
    if not found:
        raise FormulaError("the formula is empty: type one in x and y, such as x**2 + y**2", 0, 1, "x**2 + y**2")
    return found


def _skipped(text: str, at: int) -> int:
    """The column behind a space at ``at``; anything else there is refused."""
    character = text[at]
    if character in " \t\n\r" or unicodedata.category(character) == "Zs":
        return at + 1
    plain = unicodedata.normalize("NFKC", character)
    if character in REFUSED:
        raise FormulaError(REFUSED[character], at, at + 1)
    if not character.isprintable():
        raise FormulaError(f"a character that cannot be seen stands here: U+{ord(character):04X}", at, at + 1)
    if plain != character and TOKEN.fullmatch(plain):
        raise FormulaError(f"{character} only looks like {plain}: write {plain}", at, at + 1, plain)
    raise FormulaError(f"{character} is not known in a formula", at, at + 1)


def _check_number(token: Token) -> None:
    if sum(c.isdigit() for c in token.text) > MAX_DIGITS:
        raise token.wrong(f"a number has at most {MAX_DIGITS} digits")
    if math.isinf(float(token.text)):
        raise token.wrong(f"{token.shown} is too large: the largest number is about 1.8e308")


# What may stand after what


class _Bracket(NamedTuple):
    token: Token
    function: Token | None
    arguments: int


class _Check:
    """One pass over the tokens, which refuses what is no formula at the first place where that shows."""

    def __init__(self, tokens: Sequence[Token], parameters: frozenset[str], text: str, free: bool = False) -> None:
        self._tokens = tokens
        self._values = {*VARIABLES, *CONSTANTS, *parameters}
        self._text = text
        self._free = free
        self._open: list[_Bracket] = []
        self._signs = 0
        self.found: dict[str, None] = {}

    def run(self) -> None:
        """Check them all."""
        wanted = True  # something to reckon with, rather than an operator
        before: Token | None = None
        for at, token in enumerate(self._tokens):
            after = self._tokens[at + 1] if at + 1 < len(self._tokens) else None
            wanted = self._operand(token, before, after) if wanted else self._after_operand(token, before)
            before = token
        if wanted and before is not None and before.kind != "open":
            raise before.wrong(f"something is missing after the {before.shown}")
        if self._open:
            raise self._open[-1].token.wrong("a closing bracket is missing: this one is never closed")
        if sum(token.text in ("**", "^") or token.kind == "superscript" for token in self._tokens) > MAX_POWERS:
            raise FormulaError(f"a formula has at most {MAX_POWERS} powers", 0, len(self._text))

    def _operand(self, token: Token, before: Token | None, after: Token | None) -> bool:
        """Something to reckon with should stand here. Returns whether it still should after this token."""
        if token.kind == "operator" and OPERATORS.get(token.text, token.text) in "+-":
            self._signs += 1
            if self._signs > MAX_SIGNS:
                raise token.wrong("too many signs follow each other")
            return True
        self._signs = 0
        if token.kind == "open":
            function = before if before is not None and before.kind == "name" else None
            self._open.append(_Bracket(token, function, 1))
            if len(self._open) > MAX_BRACKETS:
                raise token.wrong(f"brackets are nested more than {MAX_BRACKETS} deep")
            return True
        if token.kind == "name":
            return self._name(token, after)
        if token.kind == "number":
            return False
        if token.kind == "close" and before is not None and before.kind == "open":
            function = self._open[-1].function
            what = "the brackets are empty" if function is None else _arity(function, 0)
            raise FormulaError(what, before.start, token.end)
        if before is not None and before.text == token.text == "/":
            raise FormulaError("integer division is not known: floor( ... ) rounds down", before.start, token.end)
        where = "at the beginning" if before is None else f"between {before.shown} and {token.shown}"
        raise token.wrong(f"something is missing {where}" if before else f"{token.shown} cannot stand {where}")

    def _after_operand(self, token: Token, before: Token | None) -> bool:
        """An operator should stand here, or a bracket be closed. Returns whether an operand should follow."""
        if token.kind == "operator":
            power = OPERATORS.get(token.text, token.text) == "**"
            if power and before is not None and before.kind == "superscript":
                raise token.wrong("a power of a power needs brackets: write (x**2)**3")
            return True
        if token.kind == "superscript":
            if before is not None and before.kind == "superscript":
                raise token.wrong("a power of a power needs brackets: write (x**2)**3")
            return False
        if token.kind == "close":
            self._closed(token)
            return False
        if token.kind == "comma":
            return self._comma(token, before)
        raise self._no_operator(before, token)

    def _closed(self, token: Token) -> None:
        if not self._open:
            raise token.wrong("this closing bracket was never opened")
        _, function, arguments = self._open.pop()
        if function is not None:
            least, most = FUNCTIONS[function.text]
            if not least <= arguments <= most:
                raise FormulaError(_arity(function, arguments), function.start, token.end)

    def _comma(self, token: Token, before: Token | None) -> bool:
        if not self._open or self._open[-1].function is None:
            decimal = before is not None and before.kind == "number"
            remedy = "decimals are written with a point, such as 0.5"
            raise token.wrong(remedy if decimal else "a comma can only stand between the arguments of a function")
        bracket = self._open.pop()
        self._open.append(bracket._replace(arguments=bracket.arguments + 1))
        return True

    def _name(self, token: Token, after: Token | None) -> bool:
        called = after is not None and after.kind == "open"
        if token.text in FUNCTIONS:
            if not called:
                raise self._no_brackets(token)
            return True  # its bracket comes next, and is opened as an operand
        if token.text in self._values:
            if called:
                raise self._no_function(token)
            return False
        if self._free and not called and _is_letter(token.text):
            self.found[token.text] = None
            return False
        raise self._unknown(token, called)

    def _unknown(self, token: Token, called: bool) -> FormulaError:
        name = token.shown
        known = FUNCTIONS if called else {**dict.fromkeys(self._values), **FUNCTIONS}
        near = _nearest(token.text, known)
        if near is None and called and _is_letter(token.text):
            return self._no_function(token)
        if near is None and not called and _is_letter(token.text):
            return token.wrong(f"{name} is not known: give it a value under parameters")
        if near is None and not called and len(token.text) < 6 and set(token.text) <= self._values:
            product = "*".join(token.text)
            return token.wrong(f"{name} is not known: write {product} for a product", product)
        if not called and token.text[0] in VARIABLES and token.text[1:].isdigit():
            power = f"{token.text[0]}**{token.text[1:]}"
            return token.wrong(f"{name} is not known: write {power} for a power", power)
        function = next((f for f in sorted(FUNCTIONS, key=len, reverse=True) if token.text.startswith(f)), None)
        if function and not called and (near is None or near == function):
            rest = token.text.removeprefix(function)
            written = f"{function}({rest})" if rest in self._values else ""
            return token.wrong(f"{name} is not known: write {function}( ... )", written)
        if near is not None:
            return token.wrong(f"{name} is not known: did you mean {near}?", near)
        if called:
            return token.wrong(f"{name} is not known: functions are sin, exp, log, sqrt, abs, min, max and others")
        return token.wrong(f"{name} is not known: a parameter of that name has no value")

    def _no_operator(self, before: Token | None, token: Token) -> FormulaError:
        assert before is not None
        if keyword.iskeyword(token.text) and token.text != "lambda":
            return token.wrong(f"{token.text} cannot stand in a formula: only arithmetic can")
        if before.kind == token.kind == "number":
            return FormulaError("an operator is missing between two numbers", before.start, token.end)
        left = before.shown if before.kind in ("number", "name") else "( ... )" if before.kind == "close" else "x**2"
        right = "( ... )" if token.kind == "open" else token.shown
        if token.text in FUNCTIONS:
            right = f"{token.text}( ... )"
        start, end = self._begin(before), self._finish(token)
        message = f"an operator is missing: write {left}*{right}"
        if end is None:
            return FormulaError(message, before.start, token.end)
        written = f"{self._text[start : before.end]}*{self._text[token.start : end]}"
        return FormulaError(message, start, end, written)

    def _no_function(self, token: Token) -> FormulaError:
        """A value is called as functions are."""
        message = f"{token.shown} is not a function: write {token.shown}*( ... )"
        end = self._finish(token)
        if end is None:
            return token.wrong(message)
        return FormulaError(message, token.start, end, f"{token.text}*{self._text[token.end : end].lstrip()}")

    def _no_brackets(self, token: Token) -> FormulaError:
        """A function without brackets; where it is plain what they belong around, that is put in."""
        message = f"{token.shown} needs brackets: write {token.shown}(x)"
        at = self._tokens.index(token) + 1
        power = ""
        following = [each.kind for each in self._tokens[at : at + 2]]
        if following[:1] == ["superscript"]:
            power, at = self._tokens[at].text, at + 1
        elif following == ["operator", "number"] and self._tokens[at].text in ("**", "^"):
            power, at = self._tokens[at].text + self._tokens[at + 1].text, at + 2
        if power:
            message = f"{token.shown} needs brackets: write {token.shown}(x){power}"
        operand = self._tokens[at] if at < len(self._tokens) else None
        if operand is None or operand.kind in ("close", "comma") or operand.text in ("+", "-"):
            return FormulaError(message, token.start, self._tokens[at - 1].end, f"{token.text}(x){power}")
        end = self._finish(operand)
        behind = next((each.text for each in self._tokens if end is not None and each.start >= end), ")")
        plain = operand.kind == "open" or (operand.kind in ("number", "name") and operand.text not in FUNCTIONS)
        if end is None or not plain or not (behind in ")," or behind in "+-" or (power and behind in "*/")):
            return token.wrong(message)
        inside = self._text[operand.start : end]
        inside = inside if operand.kind == "open" else f"({inside})"
        return FormulaError(message, token.start, end, f"{token.text}{inside}{power}")

    def _begin(self, token: Token) -> int:
        """The column in which the whole begins that ends with ``token``."""
        at = self._tokens.index(token)
        depth = 0
        while at > 0:
            kind = self._tokens[at].kind
            depth += (kind == "close") - (kind == "open")
            called = kind == "open" and self._tokens[at - 1].kind == "name"
            if depth == 0 and kind != "superscript" and not called:
                break
            at -= 1
        return self._tokens[at].start

    def _finish(self, token: Token) -> int | None:
        """The column behind the whole that begins with ``token``, its brackets included; None where none closes."""
        at = self._tokens.index(token)
        after = self._tokens[at + 1] if at + 1 < len(self._tokens) else None
        called = token.kind == "name" and after is not None and after.kind == "open"
        if token.kind != "open" and not called:
            return None if token.text in FUNCTIONS else token.end
        depth = 0
        for each in self._tokens[at:]:
            depth += (each.kind == "open") - (each.kind == "close")
            if depth == 0 and each.kind == "close":
                return each.end
        return None


def _arity(function: Token, given: int) -> str:
    least, most = FUNCTIONS[function.text]
    wanted = "1 argument" if most == 1 else f"{least} arguments" if least == most else f"{least} or more arguments"
    return f"{function.text} takes {wanted}, not {given}"


def _is_letter(name: str) -> bool:
    """Whether a name is a letter of the alphabet or a Greek one, perhaps numbered: what parameters are called."""
    stem = name.rstrip("0123456789").rstrip("_")
    if stem in ("X", "Y") or (stem in VARIABLES and "_" not in name):
        return False  # X is x mistyped, and x2 a power
    return len(stem) == 1 or _greek(stem)


def _greek(word: str) -> bool:
    try:
        return unicodedata.lookup(f"GREEK SMALL LETTER {word.upper()}") != "π"
    except KeyError:
        return word.lower() == "lambda"


def _nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant."""
    names = list(known)
    for each in names:
        if each == name.lower():
            return each
    if len(name) < 2:
        return None
    near = difflib.get_close_matches(name.lower(), [each for each in names if len(each) > 1], n=1, cutoff=0.6)
    return near[0] if near else None


# The order of the operations


def _ordered(tokens: Sequence[Token]) -> tuple[Step, ...]:
    """The steps of tokens that were checked."""
    skeleton, operands = _skeleton(tokens)
    end = tokens[-1].end
    try:
        tree = ast.parse(skeleton, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise FormulaError("this cannot be read as a formula", 0, end) from None
    steps: list[Step] = []
    _walk(tree, operands, steps, 0, end)
    if len(steps) > MAX_STEPS:
        raise FormulaError(f"a formula has at most {MAX_STEPS} parts, not {len(steps)}", 0, end)
    return tuple(steps)


def _skeleton(tokens: Sequence[Token]) -> tuple[str, dict[int, Step]]:
    """The formula with one letter for each number and name, and what stands in which column of it."""
    pieces: list[str] = []
    operands: dict[int, Step] = {}
    column = 0

    def put(piece: str) -> None:
        nonlocal column
        pieces.append(piece)
        column += len(piece)

    for token in tokens:
        if token.kind == "superscript":
            put("**")
        if token.kind in ("number", "superscript"):
            operands[column] = Step("number", value=float(token.text.translate(PLAIN_DIGITS)))
            put("n")
        elif token.kind == "name":
            operands[column] = Step("name", ALIASES.get(token.text, token.text))
            put("n")
        else:
            put(OPERATORS.get(token.text, token.text))
    return "".join(pieces), operands


BINARY_NODES: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
}


def _walk(node: ast.expr, operands: dict[int, Step], steps: list[Step], depth: int, end: int) -> None:
    """Append the steps of a tree; what is not on this list of nodes is refused."""
    if depth > MAX_DEPTH:
        raise FormulaError("the formula is nested too deeply", 0, end)
    if isinstance(node, ast.BinOp):
        # A long sum leans to the left: its terms are taken one after another, not one inside another.
        rest: list[tuple[str, ast.expr]] = []
        first: ast.expr = node
        while isinstance(first, ast.BinOp):
            rest.append((BINARY_NODES[type(first.op)], first.right))
            first = first.left
        _walk(first, operands, steps, depth + 1, end)
        for name, right in reversed(rest):
            _walk(right, operands, steps, depth + 1, end)
            steps.append(Step("operator", name))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        _walk(node.operand, operands, steps, depth + 1, end)
        if isinstance(node.op, ast.USub):
            steps.append(Step("operator", "neg"))
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        for argument in node.args:
            _walk(argument, operands, steps, depth + 1, end)
        steps.append(Step("function", operands[node.func.col_offset].name, arguments=len(node.args)))
    elif isinstance(node, ast.Name):
        steps.append(operands[node.col_offset])
    else:
        raise FormulaError("only arithmetic can stand in a formula", 0, end)
