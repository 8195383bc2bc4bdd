"""Numbers as people read and type them.

Shown numbers have a true minus and few digits; editable ones are exact. Nothing here asks the locale: a
German desktop must never turn a typed "0.01" into 1, so both separators are read and a point is written.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

MINUS = "\N{MINUS SIGN}"
LONGEST = 40  # characters of a typed number
NOT_A_NUMBER = "not a number"

_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_READ = str.maketrans({MINUS: "-", "\N{EN DASH}": "-", "\N{ARABIC DECIMAL SEPARATOR}": ".", ",": ".", "E": "e"})
_LOWERED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_POWER = re.compile(r" ?[×x*] ?10(?:\^([+\-\u2212]?\d+)|([⁻⁰¹²³⁴-⁹]+))$")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?")
_BEGINNING = re.compile(r"[+-]?\d*\.?\d*(e[+-]?\d*)?")
_GROUPED = re.compile(r"([+-]?\d{1,3})((?: \d{3})+)(?!\d)")
_PREFERRED = (1.0, 1.25, 1.6, 2.0, 2.5, 3.2, 4.0, 5.0, 6.3, 8.0)  # ten a decade, as on resistors


def nice(value: float, digits: int = 4) -> str:
    """``value`` as it is shown: −0.412, 94.67, 2448, 8.17×10⁻⁴, NaN, ∞.

    Args:
        value: Any number.
        digits: Significant digits; a number with a power of ten shows one less, since the power takes room.
    """
    if isinstance(value, int) and abs(value) < 100_000:
        return _signed(str(value))
    if not math.isfinite(value):
        return _not_finite(value)
    if value == 0.0:
        return "0"
    exponent = _exponent(value, digits)
    if _is_plain(value, digits):
        return _signed(f"{value:.{max(digits - 1 - exponent, 0)}f}")
    return _scientific(value, _exponent(value, digits - 1), max(digits - 2, 0))


def short(value: float) -> str:
    """``value`` in a sentence or on an axis, without idle zeros: 0.5, 100, 10⁻⁴, 2.5×10⁻⁴."""
    mantissa, times, power = nice(value).partition("×")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return power if times and mantissa == "1" else mantissa + times + power


def aligned(values: Iterable[float], digits: int = 4) -> list[str]:
    """``values`` with the same number of decimals (and the same power of ten), so that a sum can be checked.

    The largest of them has ``digits`` significant digits.
    """
    numbers = list(values)
    largest = max((abs(v) for v in numbers if math.isfinite(v)), default=0.0)
    if largest == 0.0:
        return [nice(v) for v in numbers]
    exponent = _exponent(largest, digits)
    if _is_plain(largest, digits):
        decimals = max(digits - 1 - exponent, 0)
        return [_fixed(v, decimals) for v in numbers]
    exponent = _exponent(largest, digits - 1)
    return [_scientific(v, exponent, max(digits - 2, 0)) if math.isfinite(v) else _not_finite(v) for v in numbers]


def full(value: float, digits: int = 4) -> str:
    """``value`` with all its ``digits`` significant digits: 0.0003631, 20672, 8.581×10⁻⁵."""
    if not math.isfinite(value) or value == 0.0:
        return nice(value)
    exponent = _exponent(value, digits)
    if exponent > -5 and _exponent(value, max(digits, 5)) < 5:
        return _fixed(value, max(digits - 1 - exponent, 0))
    return _scientific(value, exponent, digits - 1)


def added(values: Iterable[float], digits: int = 4, most: int = 6) -> list[str]:
    """``values`` of a sum with the same number of decimals, unless one of them is so small that it lost its digits.

    Each of them has ``digits`` significant digits at least; as long as they share their decimals, the largest has
    ``most`` at most.
    """
    numbers = list(values)
    powers = [_exponent(v, digits) for v in numbers if math.isfinite(v) and v != 0.0]
    if not powers or max(powers) < -4 or max(powers) > 4:
        return [full(v, digits) for v in numbers]
    decimals = max(min(digits - 1 - min(powers), most - 1 - max(powers)), 0)
    texts = []
    for v in numbers:
        known = not math.isfinite(v) or v == 0.0 or _exponent(v, digits) + decimals >= digits - 1
        texts.append(_fixed(v, decimals) if known else full(v, digits))
    return texts


def plain(value: float) -> str:
    """``value`` for an editable field: the shortest text that reads back as exactly this number."""
    text = repr(value)
    return text[:-2] if text.endswith(".0") else text


def parse(text: str) -> float:
    """Read a typed number; decimal point or comma, true minus and ×10⁻³ are understood.

    Raises:
        ValueError: In plain words, why ``text`` is no usable number.
    """
    canonical = _canonical(text)
    if not canonical:
        raise ValueError("a number is needed here")
    if canonical.lstrip("+-").lower() in ("nan", "inf", "infinity", "∞"):
        raise ValueError("must be a finite number")
    if not _NUMBER.fullmatch(canonical):
        raise ValueError(NOT_A_NUMBER)
    value = float(canonical)
    if math.isinf(value):
        raise ValueError(f"{text.strip()} is too large")
    if value == 0.0 and any(c.isdigit() and int(c) for c in canonical.partition("e")[0]):
        raise ValueError(f"{text.strip()} is too small")
    return value


def parse_integer(text: str) -> int:
    """Read a typed whole number; "1e3" is one.

    Raises:
        ValueError: In plain words, why ``text`` is no usable whole number.
    """
    value = parse(text)
    if not value.is_integer():
        raise ValueError("must be a whole number")
    canonical = _canonical(text)
    return int(canonical) if canonical.lstrip("+-").isdecimal() else int(value)


def may_become_number(text: str) -> bool:
    """Whether typing on could still make a number of ``text``."""
    return len(text) <= LONGEST and _BEGINNING.fullmatch(_canonical(text)) is not None


def rounded(value: float, digits: int = 3) -> float:
    """``value`` with that many significant digits."""
    return float(f"{value:.{digits - 1}e}")


def stepped(value: float, steps: int, low: float, high: float, *, log: bool, whole: bool = False) -> float:
    """``value`` moved by a number of keyboard steps.

    On a logarithmic scale the steps are preferred numbers (1, 1.25, 1.6, 2, ...), ten a decade; on a linear
    one about a hundredth of the range, rounded to 1, 2 or 5; whole numbers go by at least one.
    """
    if log and low > 0.0:
        found = _preferred(value, steps, low)
        if whole and round(found) == round(value):
            return value + math.copysign(1, steps)
        return float(round(found)) if whole else found
    size = _round_step((high - low) / 100.0)
    if whole:
        return value + steps * max(round(size), 1)
    decimals = max(-math.floor(math.log10(size)), 0)
    return round(value + steps * size, decimals + 2)


def _preferred(value: float, steps: int, low: float) -> float:
    if value <= 0.0:
        return low if steps > 0 else value
    place = 10.0 * math.log10(value)
    index = math.floor(place + 0.5)
    if steps > 0 and _preferred_at(index) > value * (1 + 1e-9):
        index -= 1
    elif steps < 0 and _preferred_at(index) < value * (1 - 1e-9):
        index += 1
    return _preferred_at(index + steps)


def _preferred_at(index: int) -> float:
    decade, place = divmod(index, 10)
    return float(f"{_PREFERRED[place]}e{max(min(decade, 307), -307)}")


def _round_step(size: float) -> float:
    if not size > 0.0 or not math.isfinite(size):
        return 1.0
    power = 10.0 ** math.floor(math.log10(size * 1.01))
    return min((power, 2.0 * power, 5.0 * power, 10.0 * power), key=lambda s: abs(math.log(s / size)))


def _canonical(text: str) -> str:
    if len(text) > LONGEST:
        raise ValueError("too long for a number")
    text = " ".join(text.split())
    text = re.sub(r"^([+\-\u2212]) ", r"\1", text)
    text = _GROUPED.sub(lambda found: found[1] + found[2].replace(" ", ""), text)
    text = _POWER.sub(lambda found: "e" + (found[1] or found[2].translate(_LOWERED)), text)
    return text.translate(_READ)


def _is_plain(value: float, digits: int) -> bool:
    """Whether ``value`` is written without a power of ten."""
    return _exponent(value, digits) >= -3 and _exponent(value, max(digits, 5)) < 5


def _exponent(value: float, digits: int) -> int:
    """The power of ten ``value`` has once it is rounded: 9.9996 is 1.000e1."""
    return int(f"{abs(value):.{max(digits - 1, 0)}e}".partition("e")[2])


def _scientific(value: float, exponent: int, decimals: int) -> str:
    near = max(min(exponent, 300), -300)  # beyond it a power of ten has no digits left
    mantissa = value / 10.0**near / 10.0 ** (exponent - near)
    return f"{_fixed(mantissa, decimals)}×10{str(exponent).translate(_SUPERSCRIPTS)}"


def _fixed(value: float, decimals: int) -> str:
    if not math.isfinite(value):
        return _not_finite(value)
    text = f"{value:.{decimals}f}"
    return _signed(text) if text.strip("-0.") else text.lstrip("-")


def _not_finite(value: float) -> str:
    return "NaN" if math.isnan(value) else f"{MINUS}∞" if value < 0 else "∞"


def _signed(text: str) -> str:
    return text.replace("-", MINUS)


def in_print(text: str) -> str:
    """Numbers within a sentence as they are printed: 4.05e-05 becomes 4.05×10⁻⁵."""
    powers = re.sub(r"(?<=\d)e([+-]\d+)", lambda found: f"×10{str(int(found[1])).translate(_SUPERSCRIPTS)}", text)
    return re.sub(r"(?<![\w.])-(?=\d)", MINUS, powers)
