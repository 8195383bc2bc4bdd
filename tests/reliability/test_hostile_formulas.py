"""Rows 4 and 5: whatever is typed as a formula, nothing but arithmetic happens; and no value that it takes is a fault.

The formulas are read and evaluated in a process of their own under an audit hook, which hears of every file opened,
module imported, code run, socket or process made. Only "compile" is allowed, which ``ast.parse`` itself raises: it
is handed skeletons of one letter. The quick suite tries a tenth; ``-m long`` tries them all.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import warnings
from typing import Any

import msgspec
import numpy as np
import pytest
from samples import document

import gdsim
from gdsim.core import documents
from gdsim.core.landscapes.formula import Formula

CORPUS = [
    "__import__('os').system('true')", "__import__", "().__class__.__bases__[0].__subclasses__()", "x.__class__",
    "x.__class__.__mro__", "sin.__globals__", "(lambda: 0)()", "lambda x: x", "[x for x in (1,2)]", "{x: y}", "{x}",
    "(x := 1)", "x := open('f')", "f'{x}'", "f'{open(1)}'", "'a' * 10**9", "b'x'", "\"\"\"x\"\"\"", "x if y else 1",
    "x and y", "not x", "x in y", "x is y", "await x", "yield x", "yield", "*x", "sin(*x)", "sin(**x)", "sin(x=1)",
    "print(x)", "exec('1')", "eval('1')", "open('/etc/passwd')", "compile('1','','eval')", "getattr(x, 'y')",
    "globals()", "import os", "import os; x", "x; import os", "x\nimport os", "x # comment", "x \\\n + y", "x = 1",
    "x == y", "x < y", "x != y", "x @ y", "x % y", "x // y", "x << y", "x | y", "x & y", "~x", "x[0]", "x[0:1]",
    "x...", "...", "Ellipsis", "True", "None", "False", "NotImplemented", "__debug__", "nan", "inf", "infinity",
    "1j", "0x10", "0b1", "0o7", "1_0", "9**9**9**9", "10**10**10", "9**9**9**9**9**9**9**9", "x**x**x**x**x**x**x",
    "2**-9**9**9", "1e308*10*x", "1e999", "-1e999", "1e-999*x", "9" * 5000, "0." + "9" * 5000, "1e" + "9" * 5000,
    "9" * 900, "x" * 900, "sin" * 300, "(" * 5000, "(" * 900, ")" * 900, "(" * 499 + "x" + ")" * 499, "[" * 900,
    "{" * 900, "-" * 900 + "x", "+-" * 400 + "x", "x**" * 300 + "x", "x+" * 499 + "x", "x*" * 240 + "x",
    "sin(" * 240 + "x" + ")" * 240, "sin(" * 39 + "x" + ")" * 39, "min(" + "x," * 200 + "x)",
    "exp(" * 39 + "x" + ")" * 39, "1/" * 200 + "x", "x²" * 300, "x" + "²" * 500, "not " * 200 + "x",
    "\0", "x\0y", "x\x1b[31m", "\ud800", "x + \udfff", "\ufeffx", "x\u202ey", "x\u200by", "x\u2028y", "x\x0cy",
    "\t\n\r x", "𝐬𝐢𝐧(x)", "ｓｉｎ(x)", "ｘ", "ｅｖａｌ('1')", "ℯ**x", "𝑥", "ⅹ", "х + у", "ſin(x)", "K*x", "Å",
    "ﬁ(x)", "x＋y", "１ + x", "٣*x", "x₁", "½", "∞", "√x", "∑x", "ı", "İ", "ß*x", "x\u0301", "e\u0301", "🎢",
    "🎢*x" * 100, "$x", "`x`", "?", "!x", "@x", "", " ", "\n", "()", "(((())))", ",", "x,", ",x", "x,y", "sin()",
    "sin(,)", "sin(x,)", ".", "..", ". 5", "5 .", "1.e.1", "1/0", "0/0", "log(-1)", "log(0)", "sqrt(-1)", "0**-1",
    "(-8)**(1/3)", "(-x)**0.5", "tan(pi/2)", "acosh(0)*x", "atanh(1)", "asin(2)", "exp(1e3)",
    "exp(-1e3)/exp(-1e3)", "floor(1/x)", "ceil(1e308*x*10)", "sign(0/0)", "x/0", "0*(1/0)", "min(0/0, x)",
]  # fmt: skip

CHILD = """
import json, math, sys, time, warnings
import numpy as np
import gdsim
from gdsim.core.arithmetic import ARRAYS, FLOATS
from gdsim.core.expression import FormulaError, free_names, steps_of
from gdsim.core.landscapes.formula import Formula

warnings.simplefilter("error")
POINTS = [(0.0, 0.0), (1.0, -2.0), (-0.5, 3.0), (1e200, 1e-200), (-1e308, 1e308)]
P = np.array(POINTS)

def attempt(text):
    begin = time.process_time()
    try:
        free_names(text)
    except FormulaError:
        pass
    try:
        formula = Formula(expression=text)
    except FormulaError as error:
        assert 0 <= error.start < error.end <= max(1, len(text)), text
        assert 0 < len(str(error)) < 300, text
        assert str(error).isprintable(), text
        return "refused", time.process_time() - begin
    spent = time.process_time() - begin
    for calculate in (formula.first(FLOATS), formula.second(FLOATS)):
        for x, y in POINTS:
            try:
                found = calculate(x, y)
            except (ArithmeticError, ValueError):
                continue
            assert all(type(v) is float for v in found), (text, found)
    assert formula.loss(P).shape == (5,)
    assert formula.gradient(P).shape == (5, 2)
    assert formula.hessian(P).shape == (5, 2, 2)
    assert formula.grid(P[:, 0], P[:, 1]).shape == (5, 5)
    formula.minima(), formula.initial()
    return "read", spent

with open(sys.argv[1]) as file:
    texts = [json.loads(line) for line in file]
for warm in ("x**2 + sin(y)", "sn(x)", "x**0.5 + min(x, y)", "ｘ"):
    attempt(warm)
events = []
listening = True
sys.addaudithook(lambda name, arguments: events.append(name) if listening else None)
verdicts = [attempt(text) for text in texts]
listening = False
print(json.dumps({
    "events": sorted(set(events)),
    "read": sum(verdict == "read" for verdict, _ in verdicts),
    "refused": sum(verdict == "refused" for verdict, _ in verdicts),
    "slowest": max(spent for _, spent in verdicts),
}))
"""

SEEDS = [
    "x**2 + 10*sin(y)", "x**2 + 3*y**2 + 2*sin(3*x)*cos(3*y)", "20 + x^2 - 10*cos(2*pi*x) + y² − 10·cos(2*π*y)",
    "-20*exp(-0.2*sqrt(0.5*(x^2+y^2)))", "min(x, y, 1) + max(abs(x), relu(y))", "log(x)/log10(y) + 1e-3*atan2(y, x)",
    "(1 - x)**2 + 100*(y - x**2)**2", "sigmoid(x*y) + hypot(x, y) + softplus(x)/cbrt(y)", "floor(x) - ceil(y)*sign(x)",
]  # fmt: skip
ODD = [
    "__", "__class__", ".", "lambda ", ":", "[0]", "'", '"', "f'{x}'", ":=", "=", "==", "import os", ";", "\n", "\0",
    "\ud800", "(", ")", "((((", "))", ",", "**", "*", "/", "^", "-", "--", "+", "²", "√", "ｘ", "𝐬", "θ", "π", "a",
    "sn", "sin", "sin(", "exp(", "log(", "x", "y", "e", "0", "9" * 50, "1e999", "1e308", "1e-320", ".5", "5.", "if",
    " not ", "|", "!", "%", "\u202e", "1/0", "0*", "**-1", "**0.5", "**x", "min(", "atan2(", "pow(",
]  # fmt: skip


def mutated(chance: random.Random) -> str:
    """One of the seeds with one to four things done to it."""
    text = chance.choice(SEEDS)
    for _ in range(chance.randint(1, 4)):
        at, to = sorted((chance.randrange(len(text) + 1), chance.randrange(len(text) + 1)))
        what = chance.randrange(6)
        if what == 0:
            text = text[:at] + chance.choice(ODD) + text[at:]
        elif what == 1:
            text = text[:at] + text[min(to, at + 3) :]
        elif what == 2:
            text = text[:at] + chance.choice(ODD) + text[min(to, at + 2) :]
        elif what == 3:
            text = text[:to] + text[at:]
        elif what == 4:
            text = text[:at] + chr(chance.choice([chance.randrange(32, 127), chance.randrange(0x3000)])) + text[at:]
        else:
            text = f"{text}{chance.choice('+-*/^')}{chance.choice(SEEDS)}"
    return text


def verdicts_on(texts: list[str], folder: Any) -> dict[str, Any]:
    """Read and evaluate formulas in a process that listens to itself."""
    path = folder / "formulas.jsonl"
    path.write_text("".join(f"{json.dumps(text)}\n" for text in texts), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(path)], capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert not done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["events"] in ([], ["compile"])
    assert found["read"] + found["refused"] == len(texts)
    assert found["slowest"] <= 0.1  # of processor time, so that a busy machine does not count
    return found


def test_the_hook_hears(tmp_path: Any) -> None:
    """The listener itself: it must be able to hear what it is to listen for."""
    deaf = CHILD.replace("        formula = Formula(expression=text)\n", "        eval('__import__(\"wave\")')\n", 1)
    assert deaf != CHILD
    path = tmp_path / "formulas.jsonl"
    path.write_text('"x"\n', encoding="utf-8")
    code = deaf.replace('for warm in ("x**2 + sin(y)", "sn(x)", "x**0.5 + min(x, y)", "ｘ"):\n    attempt(warm)\n', "")
    code = code.replace("    spent = time.process_time() - begin\n", "    return 'read', 0.0\n", 1)
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert {"compile", "exec", "import", "open"} <= set(json.loads(done.stdout)["events"])


def test_hostile_formulas(tmp_path: Any) -> None:
    found = verdicts_on(CORPUS, tmp_path)
    assert found["refused"] > 100
    assert found["read"] > 20


def test_mutated_formulas(tmp_path: Any) -> None:
    found = verdicts_on([mutated(random.Random(seed)) for seed in range(2_000)], tmp_path)
    assert found["read"] > 100  # the mutations are not all so coarse that nothing is left of a formula
    assert found["refused"] > 500


@pytest.mark.long
def test_mutated_formulas_in_full(tmp_path: Any) -> None:
    verdicts_on([mutated(random.Random(seed)) for seed in range(2_000, 22_000)], tmp_path)


@pytest.mark.parametrize("text", CORPUS)
def test_in_a_document_each_is_refused_or_runs(text: str) -> None:
    content = document(
        {"optimizer": {"name": "SGD", "lr": 0.1}}, landscape={"name": "formula", "expression": text}, steps=5
    )
    try:
        experiment = documents.load(content)
    except gdsim.DocumentError as error:
        message = str(error)
    else:
        message = ""
        assert gdsim.run(experiment).runs[0].outcome is not None
    assert message.isprintable()
    assert len(message) < 400
    assert not message or message.startswith("$.")


# Row 5: values that are no numbers

DESCENTS: list[tuple[str, tuple[float, float], int | None]] = [
    # formula, start, the first step that is not finite (None where there is none)
    ("1/0", (1.0, 1.0), 0),
    ("0/0", (1.0, 1.0), 0),
    ("log(-1)", (1.0, 1.0), 0),
    ("log(-1) + x", (1.0, 1.0), 0),
    ("1/x", (0.0, 1.0), 0),
    ("log(x)", (0.0, 1.0), 0),
    ("log(x) + y", (-1.0, 1.0), 0),
    ("exp(exp(x**2))", (3.0, 0.0), 0),
    ("10**10**10*x", (1.0, 0.0), 0),
    ("x**-2", (0.0, 0.0), 0),
    ("sqrt(x) + y**2", (0.0, 1.0), 1),  # the slope is infinite, and throws it to infinity
    ("log(x) + y**2", (0.5, 1.0), 2),
    ("sqrt(x) + y**2", (0.25, 1.0), 3),
    ("-x**4", (1.0, 1.0), None),
    ("-exp(x)", (1.0, 1.0), None),
    ("1e300*x**2", (1.0, 1.0), None),
    ("acos(x) + y", (0.9, 0.0), None),
    ("atanh(x)", (0.9, 0.0), None),
    ("tan(x)", (1.5, 0.0), None),
    ("floor(x) + y**2", (1.2, 1.0), None),
    ("sign(x)*y", (0.01, 1.0), None),
    ("x**2 + 5*sign(x - 0.5) + y**2", (1.0, 1.0), None),
    ("min(1/x, 3) + y**2", (0.3, 1.0), None),
    ("abs(x) + abs(y)", (0.0, 0.0), None),
    ("sqrt(x**2 + y**2)", (0.0, 0.0), None),
    ("abs(x)**1.5", (0.0, 0.0), None),
    ("x**x**x", (2.0, 0.0), None),
]


def experiment_on(text: str, start: tuple[float, float]) -> gdsim.Experiment:
    """An experiment that need not pass the check at its start."""
    sound = documents.load(document(
        {"optimizer": {"name": "SGD", "lr": 0.1}}, {"optimizer": {"name": "Adam"}},
        {"optimizer": {"name": "SGD", "lr": 0.1, "momentum": 0.9}, "clip": {"kind": "norm", "value": 1.0}},
        {"optimizer": {"name": "SGD", "lr": 0.1}, "schedule": {"name": "ReduceLROnPlateau"}, "noise": {"std": 0.1}},
    ))  # fmt: skip
    return msgspec.structs.replace(sound, landscape=Formula(expression=text), start=start, steps=60)


@pytest.mark.parametrize(("text", "start", "step"), DESCENTS)
def test_values_that_are_no_numbers(text: str, start: tuple[float, float], step: int | None) -> None:
    experiment = experiment_on(text, start)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        runs = gdsim.run(experiment).runs
    for run in runs:
        assert run.outcome is not None
        finite = np.isfinite(run.loss) & np.isfinite(run.theta).all(axis=1)
        assert finite[:-1].all()  # the first that is not finite is the last one
        if finite[-1]:
            assert len(run.loss) == 61
        else:
            assert (run.outcome.kind, run.outcome.step) == ("diverged", len(run.loss) - 1)
    if step is not None:
        assert len(runs[0].loss) == step + 1
    if step == 0:
        with pytest.raises(gdsim.DocumentError, match=r"^\$\.start: the loss or its gradient is not finite there"):
            documents.check(experiment)
