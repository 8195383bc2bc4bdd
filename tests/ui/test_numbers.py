import math
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QLocale

from gdsim.ui import numbers
from gdsim.ui.numbers import added, aligned, full, nice, parse, parse_integer, plain, short, stepped

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (-0.412, "−0.4120"),
        (94.674, "94.67"),
        (2447.8, "2448"),
        (0.00150, "0.001500"),
        (0.001, "0.001000"),
        (8.172e-4, "8.17×10⁻⁴"),
        (-8.172e-4, "−8.17×10⁻⁴"),
        (99999.0, "99999"),
        (1e5, "1.00×10⁵"),
        (9.9996, "10.00"),
        (99999.9, "1.00×10⁵"),
        (0.00099999, "0.001000"),
        (5e-324, "4.94×10⁻³²⁴"),
        (1.79e308, "1.79×10³⁰⁸"),
        (math.nan, "NaN"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
        (80, "80"),
        (-3, "−3"),
        (2000000, "2.00×10⁶"),
    ],
)
def test_nice(value, text):
    assert nice(value) == text


def test_numbers_that_are_added_share_their_decimals():
    assert aligned([-0.8973, 0.4241, -0.47321]) == ["−0.8973", "0.4241", "−0.4732"]
    assert aligned([598.2, -35.71]) == ["598.2", "−35.7"]
    assert aligned([8.17e-4, -3e-5]) == ["8.17×10⁻⁴", "−0.30×10⁻⁴"]
    assert aligned([1e-9, 1234.5]) == ["0", "1234"] or aligned([1e-9, 1234.5]) == ["0", "1235"]
    assert aligned([math.nan, 1.5, math.inf]) == ["NaN", "1.500", "∞"]
    assert aligned([0.0, 0.0]) == ["0", "0"]
    assert aligned([]) == []


@given(st.lists(st.floats()))
def test_aligned_takes_anything(values):
    assert len(aligned(values)) == len(values)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.00036312, "0.0003631"), (20672.4, "20672"), (8.5812e-5, "8.581×10⁻⁵"), (-1.7, "−1.700"), (0.0, "0"),
     (123456.0, "1.235×10⁵"), (math.nan, "NaN")],
)  # fmt: skip
def test_full_has_all_digits(value, text):
    assert full(value) == text


def test_terms_share_their_decimals_unless_that_costs_their_digits():
    assert added([0.1055558, 0.0003807, 0.0027813, 0.003162, 0.1087178]) == [
        "0.105556", "0.0003807", "0.002781", "0.003162", "0.108718",
    ]  # fmt: skip
    assert added([-0.8973, 0.4241, -0.47321]) == ["−0.8973", "0.4241", "−0.4732"]
    assert added([1.0, -2e-7, 0.0]) == ["1.00000", "−2.000×10⁻⁷", "0.00000"] or added([1.0, -2e-7, 0.0])[2] == "0"
    assert added([3e-8, 0.0]) == ["3.000×10⁻⁸", "0"]
    assert added([]) == []


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)))
def test_added_numbers_keep_four_digits(values):
    for value, text in zip(values, added(values), strict=True):
        shown = re.sub(r"^[−0.]+|\.", "", text.partition("×")[0])
        assert value == 0.0 or len(shown) >= 4, (value, text)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.5, "0.5"), (100.0, "100"), (1e-4, "10⁻⁴"), (2.5e-4, "2.5×10⁻⁴"), (1e6, "10⁶"), (20, "20"), (0, "0")],
)
def test_short(value, text):
    assert short(value) == text


@given(FINITE)
def test_plain_reads_back_as_the_same_number(value):
    assert parse(plain(value)) == value


@given(FINITE.filter(lambda v: v == 0 or 1e-300 < abs(v) < 1e300))
def test_shown_numbers_can_be_typed_again(value):
    assert parse(nice(value)) == pytest.approx(value, rel=6e-3)


def test_plain_is_short():
    assert [plain(v) for v in (0.0015, 1e-07, 1.0, 50, -0.25)] == ["0.0015", "1e-07", "1", "50", "-0.25"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.01", 0.01),
        ("0,01", 0.01),
        (" 1e-3 ", 1e-3),
        ("1E-3", 1e-3),
        ("−1", -1.0),
        ("- 1", -1.0),
        ("+2", 2.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("1 000", 1000.0),
        ("1\N{NO-BREAK SPACE}000,5", 1000.5),
        ("8.17×10⁻⁴", 8.17e-4),
        ("2 x 10^-3", 2e-3),
        ("٠٫٠١", 0.01),
        ("0e999", 0.0),
    ],
)
def test_parse(text, value):
    assert parse(text) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("abc", "not a number"),
        ("", "a number is needed"),
        ("   ", "a number is needed"),
        ("1e999", "1e999 is too large"),
        ("-1e999", "too large"),
        ("1e-999", "1e-999 is too small"),
        ("nan", "finite"),
        ("-inf", "finite"),
        ("1,000.5", "not a number"),
        ("1_000", "not a number"),
        ("1 2", "not a number"),
        ("0x10", "not a number"),
        ("5²", "not a number"),
        ("--1", "not a number"),
        ("1" * 41, "too long"),
        ("9" * 1_000_000, "too long"),
    ],
)
def test_parse_refuses_with_a_reason(text, reason):
    started = time.process_time()
    with pytest.raises(ValueError, match=reason):
        parse(text)
    assert time.process_time() - started < 1.0


@given(st.text(max_size=60))
def test_parse_knows_no_other_error(text):
    numbers.may_become_number(text)
    reason = ""
    try:
        value = parse(text)
    except ValueError as error:
        reason = str(error)
    assert reason or math.isfinite(value)


def test_whole_numbers():
    assert parse_integer("1e3") == 1000
    assert parse_integer(str(2**63 - 1)) == 2**63 - 1
    with pytest.raises(ValueError, match="whole"):
        parse_integer("1.5")


@pytest.mark.parametrize("name", ["de_DE", "fr_FR", "ar_EG", "hi_IN"])
def test_no_locale_has_a_say(name):
    before = QLocale()
    QLocale.setDefault(QLocale(name))
    try:
        assert parse("0.01") == parse("0,01") == 0.01
        assert plain(0.01) == "0.01"
        assert nice(1234.5678) == "1235"
        assert aligned([0.5, 10.25]) == ["0.50", "10.25"]
    finally:
        QLocale.setDefault(before)


def test_steps():
    assert stepped(1.0, 1, 1e-4, 1.0, log=True) == 1.25
    assert stepped(1.0, -1, 1e-4, 1.0, log=True) == 0.8
    assert stepped(0.0015, 1, 1e-4, 1.0, log=True) == 0.0016
    assert stepped(0.0015, -1, 1e-4, 1.0, log=True) == 0.00125
    assert stepped(1.0, 10, 1e-4, 1.0, log=True) == 10.0
    assert stepped(0.0, 1, 1e-4, 1.0, log=True) == 1e-4
    assert stepped(0.9, 1, 0.0, 0.999, log=False) == 0.91
    assert stepped(30, -1, 1, 100, log=False, whole=True) == 29
    assert stepped(1, 1, 1, 10000, log=True, whole=True) == 2


@given(st.floats(1e-300, 1e300), st.sampled_from([-10, -1, 1, 10]), st.booleans(), st.booleans())
def test_a_step_always_moves_the_right_way(value, steps, log, whole):
    value = float(round(value)) if whole else value
    if value > 1e12:
        return
    after = stepped(value, steps, 1e-4, 10.0, log=log, whole=whole)
    assert (after - value) * steps > 0
