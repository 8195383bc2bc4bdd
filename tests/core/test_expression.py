"""What is read as a formula, how it is understood, and how it is refused: with the place and a way out."""

from __future__ import annotations

import ast
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdsim.core.arithmetic import FLOATS
from gdsim.core.differentiation import BINARY, MANY, UNARY, compiled
from gdsim.core.expression import CONSTANTS, FUNCTIONS, FormulaError, check_name, free_names, steps_of


def value(text: str, x: float = 2.0, y: float = 3.0, **parameters: float) -> float:
    steps = steps_of(text, frozenset(parameters))
    return float(compiled(steps, {**CONSTANTS, **parameters}, FLOATS, 1)(x, y)[0])


def refusal(text: str, names: frozenset[str] = frozenset()) -> FormulaError | None:
    try:
        steps_of(text, names)
    except FormulaError as error:
        return error
    return None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x", 2.0),
        ("7", 7.0),
        ("-x**2", -4.0),
        ("(-x)**2", 4.0),
        ("2**-x", 0.25),
        ("2^3^2", 512.0),
        ("x - y - 1", -2.0),
        ("x/y/2", 2.0 / 3.0 / 2.0),
        ("x + y*x^2", 14.0),
        ("- - x", 2.0),
        ("+x*-y", -6.0),
        ("x² + y³", 31.0),
        ("2^x²", 16.0),
        ("x×y · 2 ÷ 4 − 1", 2.0),
        ("π*x", math.pi * 2.0),
        ("2*pi - tau + e", math.e),
        ("1e3 + .5 + 2. + 1.5E-1", 1002.65),
        ("007", 7.0),
        (" x\n\t+\r\n y\u00a0", 5.0),
        ("ln(e)", 1.0),
        ("min(x, y, 1) + max(x, y)", 4.0),
        ("pow(x, y) + hypot(3, 4) + atan2(0, 1)", 13.0),
        ("arcsin(1) - asin(1)", 0.0),
        ("((((x))))", 2.0),
    ],
)
def test_values(text: str, expected: float) -> None:
    assert value(text) == pytest.approx(expected, rel=1e-15)


def test_parameters_have_values() -> None:
    assert value("a*x**2 + θ*y + w_1 + lambda", a=2.0, θ=10.0, w_1=0.5, **{"lambda": 0.25}) == 38.75


def test_long_sums_are_read() -> None:
    assert value("+".join(["x"] * 240)) == 480.0


def test_large_numbers_overflow_to_infinity() -> None:
    assert value("10**10**10") == math.inf
    assert value("9**9**9**9") == math.inf
    assert math.isnan(value("0/0"))


ERRORS = [
    ("sn(x)", 0, 2, "sn is not known: did you mean sin?", "sin"),
    ("1 + sn(x)", 4, 6, "did you mean sin?", "sin"),
    ("x\n + sn(x)", 5, 7, "did you mean sin?", "sin"),
    ("π + sn(x)", 4, 6, "did you mean sin?", "sin"),
    ("x² + sn(x)", 5, 7, "did you mean sin?", "sin"),
    ("x^2 + sn(x)", 6, 8, "did you mean sin?", "sin"),
    ("Sin(x)", 0, 3, "did you mean sin?", "sin"),
    ("PI*x", 0, 2, "did you mean pi?", "pi"),
    ("X", 0, 1, "did you mean x?", "x"),
    ("wdth*x", 0, 4, "did you mean width?", "width"),
    ("a*x", 0, 1, "a is not known: give it a value under parameters", ""),
    ("x + alpha", 4, 9, "alpha is not known: give it a value under parameters", ""),
    ("x + θ", 4, 5, "θ is not known: give it a value", ""),
    ("qqq*x", 0, 3, "qqq is not known", ""),
    ("qqq(x)", 0, 3, "qqq is not known: functions are", ""),
    ("xy", 0, 2, "write x*y for a product", "x*y"),
    ("x2", 0, 2, "write x**2 for a power", "x**2"),
    ("sinx", 0, 4, "write sin( ... )", "sin(x)"),
    ("sinabc", 0, 6, "write sin( ... )", ""),
    ("sin x", 0, 5, "sin needs brackets: write sin(x)", "sin(x)"),
    ("1 + sin", 4, 7, "sin needs brackets: write sin(x)", "sin(x)"),
    ("sin^2(x) + y^2", 0, 8, "write sin(x)^2", "sin(x)^2"),
    ("sin²(2 + y)*x", 0, 11, "write sin(x)²", "sin(2 + y)²"),
    ("sin**2 y", 0, 8, "write sin(x)**2", "sin(y)**2"),
    ("sin^2(x)^3", 0, 3, "sin needs brackets", ""),
    ("sin^-1(x)", 0, 3, "sin needs brackets", ""),
    ("sin 2*x", 0, 3, "sin needs brackets", ""),
    ("sin cos x", 0, 3, "sin needs brackets", ""),
    ("sin^2(x", 0, 3, "sin needs brackets", ""),
    ("2 sin x", 0, 5, "write 2*sin( ... )", ""),
    ("2x", 0, 2, "an operator is missing: write 2*x", "2*x"),
    ("1 + 2 x", 4, 7, "write 2*x", "2*x"),
    ("(x)(y)", 0, 6, "write ( ... )*( ... )", "(x)*(y)"),
    ("1 + sin(x)(y) + 1", 4, 13, "write ( ... )*( ... )", "sin(x)*(y)"),
    ("2(x+1)", 0, 6, "write 2*( ... )", "2*(x+1)"),
    ("2(x+1", 0, 2, "write 2*( ... )", ""),
    ("sin(x)cos(y)", 0, 12, "write ( ... )*cos( ... )", "sin(x)*cos(y)"),
    ("x²y", 0, 3, "write x**2*y", "x²*y"),
    ("x(y+1)", 0, 6, "x is not a function: write x*( ... )", "x*(y+1)"),
    ("a(x)", 0, 4, "a is not a function: write a*( ... )", "a*(x)"),
    ("width(x", 0, 5, "width is not a function", ""),
    ("pi(2)", 0, 5, "pi is not a function", "pi*(2)"),
    ("x + (y*sin(x)", 4, 5, "a closing bracket is missing", ""),
    ("sin(x", 3, 4, "a closing bracket is missing", ""),
    ("x)", 1, 2, "was never opened", ""),
    ("()", 0, 2, "the brackets are empty", ""),
    ("sin()", 3, 5, "sin takes 1 argument, not 0", ""),
    ("1+sin(x, y)", 2, 11, "sin takes 1 argument, not 2", ""),
    ("atan2(x)", 0, 8, "atan2 takes 2 arguments, not 1", ""),
    ("min(x)", 0, 6, "min takes 2 or more arguments, not 1", ""),
    ("max(x,)", 6, 7, "something is missing between , and )", ""),
    ("x +", 2, 3, "something is missing after the +", ""),
    ("*x", 0, 1, "* cannot stand at the beginning", ""),
    ("x */ y", 3, 4, "something is missing between * and /", ""),
    ("x // y", 2, 4, "integer division is not known", ""),
    ("x;y", 1, 2, "; cannot stand here", ""),
    ("x ----- y", 6, 7, "too many signs", ""),
    ("0,5*x", 1, 2, "a point, such as 0.5", ""),
    ("(x, y)", 2, 3, "a comma can only stand", ""),
    ("1.2.3", 0, 5, "an operator is missing between two numbers", ""),
    ("f = x", 2, 3, "leave out the =", ""),
    ("x == y", 2, 3, "leave out the =", ""),
    ("x < y", 2, 3, "comparisons are not known", ""),
    ("|x|", 0, 1, "write abs( )", ""),
    ("√x", 0, 1, "write sqrt( )", ""),
    ("x[0]", 1, 2, "only round brackets", ""),
    ("x.real", 1, 2, "a point can only stand in a number", ""),
    ("x if y else 1", 2, 4, "if cannot stand in a formula", ""),
    ("'x'", 0, 1, "texts are not known", ""),
    ("x²²³^2", 4, 5, "a power of a power needs brackets", ""),
    ("x $ y", 2, 3, "$ is not known", ""),
    ("x + ｙ", 4, 5, "only looks like y", "y"),
    ("1e999*x", 0, 5, "too large", ""),
    ("x\x00", 1, 2, "cannot be seen stands here: U+0000", ""),
    ("", 0, 1, "the formula is empty", "x**2 + y**2"),
    (" \n", 0, 1, "the formula is empty", "x**2 + y**2"),
]


@pytest.mark.parametrize(("text", "start", "end", "message", "suggestion"), ERRORS)
def test_errors_say_where_and_what(text: str, start: int, end: int, message: str, suggestion: str) -> None:
    with pytest.raises(FormulaError) as caught:
        steps_of(text, frozenset({"width"}))
    error = caught.value
    assert (error.start, error.end) == (start, end)
    assert message in str(error)
    assert error.suggestion == suggestion


@pytest.mark.parametrize("text", [case[0] for case in ERRORS if case[4]])
def test_suggestions_help(text: str) -> None:
    """Put in where it is underlined, a suggestion removes the error."""
    names = frozenset({"width"})
    error = refusal(text, names)
    assert error is not None
    again = refusal(text[: error.start] + error.suggestion + text[error.end :], names)
    assert again is None or str(again) != str(error)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x" + "+x" * 500, "at most 1000 characters, not 1001"),
        ("x" + "+x" * 260, "at most 500 parts, not 521"),
        ("(" * 41 + "x" + ")" * 41, "nested more than 40 deep"),
        ("(" * 400, "nested more than 40 deep"),
        ("sin(" * 41 + "x" + ")" * 41, "nested more than 40 deep"),
        ("x**" * 41 + "x", "at most 40 powers"),
        ("x" * 300, "is not known"),
        ("1" * 41, "at most 40 digits"),
        ("0." + "1" * 40, "at most 40 digits"),
        ("1e" + "0" * 40 + "1", "at most 40 digits"),
        ("-" * 400 + "x", "too many signs"),
    ],
)
def test_sizes_are_capped(text: str, message: str) -> None:
    with pytest.raises(FormulaError, match=message) as caught:
        steps_of(text)
    assert 0 <= caught.value.start < caught.value.end <= len(text)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "text", ["(" * 40 + "x" + ")" * 40, "x**" * 40 + "x", "---x", "1" * 40, "sin(" * 39 + "x**2**---x" + ")" * 39]
)
def test_caps_are_reached(text: str) -> None:
    assert steps_of(text)


def test_python_sees_a_skeleton_only(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    parse = ast.parse

    def listening(source: str, mode: str) -> object:
        seen.append(source)
        return parse(source, mode=mode)

    monkeypatch.setattr(ast, "parse", listening)
    steps_of.cache_clear()
    steps_of("12345.678*lambda^2 + max(θ, −x²) / 0777", frozenset({"lambda", "θ"}))
    assert seen == ["n*n**n+n(n,-n**n)/n"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("x + y*pi", ()),
        ("a*x**2 + b*y**2 + a", ("a", "b")),
        ("θ*x + w_1 + alpha + lambda + k2", ("θ", "w_1", "alpha", "lambda", "k2")),
        ("sin(z)", ("z",)),
        ("E*x", ("E",)),
    ],
)
def test_free_names(text: str, names: tuple[str, ...]) -> None:
    assert free_names(text) == names
    assert steps_of(text, frozenset(names))


@pytest.mark.parametrize("text", ["sn(x)", "foo*x", "X", "x2", "2a", "a(x)", "a +", "xy"])
def test_free_names_of_what_is_no_formula(text: str) -> None:
    with pytest.raises(FormulaError):
        free_names(text)


@pytest.mark.parametrize("name", ["a", "θ", "w_1", "width", "lambda", "X", "Δ"])
def test_names_of_parameters(name: str) -> None:
    check_name(name)
    assert value(name, **{name: 4.0}) == 4.0


@pytest.mark.parametrize(
    "name",
    [
        "",
        "x",
        "y",
        "e",
        "pi",
        "π",
        "sin",
        "ln",
        "min",
        "2a",
        "_a",
        "__class__",
        "a b",
        "a.b",
        "ａ",
        "a\n",
        "a" * 41,
        "aπ",
    ],
)
def test_names_that_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"meaning already|is named by a letter"):
        check_name(name)


def test_every_function_is_known() -> None:
    assert set(FUNCTIONS) >= {*UNARY, *BINARY}
    for name, (least, _) in FUNCTIONS.items():
        arguments = ["0.5", "0.25"][: int(least)]
        if name != "acosh":
            assert math.isfinite(value(f"{name}({', '.join(arguments)})"))
    assert set(MANY) <= set(BINARY)


@given(st.text(max_size=60) | st.text("xyasin()+-*/^,. 0123456789e_²π", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    error = refusal(text)
    if error is not None:
        assert 0 <= error.start < error.end <= max(1, len(text))
        assert 0 < len(str(error)) < 200
