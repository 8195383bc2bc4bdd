"""An update taken apart: its terms are what moved the marble, to the last bit, for every optimizer and everywhere."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import numpy as np
import pytest
from samples import document, experiment

import gdsim
from gdsim.core.anatomy import PARTS, Absent, Anatomist, Anatomy, anatomy, number_text, vector_text
from gdsim.core.landscapes.formula import Formula
from gdsim.core.optimizers import Optimizer
from gdsim.core.spec import hyperparameters, kinds_of
from gdsim.core.trajectory import RunTrajectory

KINDS = kinds_of(Optimizer)
VARIANTS = [
    pytest.param({"name": kind.name(), "lr": 1e-3, **variant}, id=label)
    for kind in KINDS
    for label, variant in kind.variants.items()
]
MOONS = {"name": "moons", "size": 60, "noise": 0.2}
LANDSCAPES: dict[str, Any] = {
    "rosenbrock": {"name": "rosenbrock"},
    "himmelblau": {"name": "himmelblau"},
    "line": {"name": "linear_regression", "dataset": {"name": "line", "size": 40}},
    "polynomial": {"name": "polynomial_regression", "degree": 4, "dataset": {"name": "noisy_sine", "size": 40}},
    "network": {"name": "network", "hidden": 6, "dataset": MOONS},
}
SETTINGS: dict[str, dict[str, Any]] = {
    "plain": {},
    "noise": {"noise": {"std": 0.3}},
    "norm": {"clip": {"kind": "norm", "value": 0.7}, "noise": {"std": 0.3}},
    "value": {"clip": {"kind": "value", "value": 0.4}, "schedule": {"name": "StepLR", "step_size": 3, "gamma": 0.5}},
    "batches": {"batch_size": 7, "average": 0.9, "clip": {"kind": "norm", "value": 0.7}},
    "cycle": {"schedule": {"name": "OneCycleLR", "max_lr": 1e-4, "total_steps": 12}},
}
DECAY = 0.05
STEPS = 12


def decayed(optimizer: dict[str, Any]) -> dict[str, Any]:
    kind = next(kind for kind in KINDS if kind.name() == optimizer["name"])
    has = any(h.field == "weight_decay" for h in hyperparameters(kind))
    return {**optimizer, "weight_decay": DECAY} if has else optimizer


def made(settings: dict[str, Any], **fields: Any) -> tuple[Any, RunTrajectory]:
    found = experiment(settings, **{"steps": STEPS, **fields})
    return found, gdsim.run(found).runs[0]


def taken(settings: dict[str, Any], step: int, **fields: Any) -> Anatomy:
    found, columns = made(settings, **fields)
    result = anatomy(found, 0, columns, step)
    assert isinstance(result, Anatomy)
    return result


def same(a: Any, b: Any) -> bool:
    return np.asarray(a, dtype=np.float64).tobytes() == np.asarray(b, dtype=np.float64).tobytes()


@pytest.mark.parametrize("landscape", LANDSCAPES)
@pytest.mark.parametrize("optimizer", VARIANTS)
def test_the_terms_add_up_to_the_step_to_the_last_bit(optimizer, landscape):
    for name, more in SETTINGS.items():
        settings = {"optimizer": decayed(optimizer) if name in ("plain", "norm") else optimizer, **more}
        found, columns = made(settings, landscape=LANDSCAPES[landscape])
        anatomist = Anatomist()
        for step in (0, 1, 2, 5, STEPS - 1):
            update = anatomist.at(found, 0, columns, step)
            assert isinstance(update, Anatomy), (name, step)
            parts = [term.values for term in update.terms if term.adds]
            total = parts[0]
            for part in parts[1:]:
                total = total + part
            assert same(total, update.values("step")), (name, step)
            assert same(update.values("theta"), columns.theta[step])
            assert same(update.values("theta") + total, update.values("theta_new"))
            assert same(update.values("theta_new"), columns.theta[step + 1])
            check_gradient(update, found.runs[0], columns.grad_norm[step])
            # The rate is the one of the run.
            rate = update["scheduled" if "scheduled" in update else "rate"].scalar
            assert rate == columns.lr[step]


def check_gradient(update: Anatomy, run: Any, norm: float) -> None:
    """From the raw gradient to what the rule is given, link by link."""
    g = update.values("gradient")
    if run.noise is not None:
        g = g + update.values("noise")
    assert np.linalg.norm(g) == pytest.approx(norm, rel=1e-13)
    if run.clip is not None and run.clip.kind == "norm":
        factor = update["clip"].scalar
        assert factor == pytest.approx(min(1.0, run.clip.value / norm), rel=1e-5)
        g = g * factor
    elif run.clip is not None:
        g = np.clip(g, -run.clip.value, run.clip.value)
    if "decay" in update:
        assert same(update.values("decay"), run.optimizer.weight_decay * update.values("theta"))
        g = g + update.values("decay")
    if "used_gradient" in update:
        assert same(g, update.values("used_gradient"))
    else:
        assert same(g, update.values("gradient"))


def in_words_of_formulas(line: str, noted: Any, parameter: int) -> tuple[str, dict[str, float]]:
    """The line of an update as an expression that the program itself can read, and its numbers."""
    names: dict[str, float] = {}
    for key in re.findall(r"\{(\w+)\}", line):
        value = noted[key]
        names[f"p_{key}"] = float(value[parameter]) if isinstance(value, np.ndarray) else value
    text = re.sub(r"√\{(\w+)\}", r"√({\1})", line).replace("√", "sqrt").replace("sign(", "sign_of*(")
    if "sign_of" in text:
        key = re.search(r"sign\(\{(\w+)\}\)", line)[1]
        names["sign_of"] = np.sign(names[f"p_{key}"]) / names[f"p_{key}"]
    return re.sub(r"\{(\w+)\}", r"p_\1", text), names


@pytest.mark.parametrize("decays", [False, True])
@pytest.mark.parametrize("optimizer", VARIANTS)
def test_the_formula_with_its_numbers_gives_the_new_parameters(optimizer, decays):
    settings = {"optimizer": decayed(optimizer) if decays else optimizer}
    for step in (0, 3, 9):
        update = taken(settings, step, landscape="rosenbrock")
        for parameter in (0, 1):
            text, names = in_words_of_formulas(update._line, update._noted, parameter)
            formula = Formula(expression=f"{text} + 0*x*y", parameters=names)
            expected = update.values("theta_new")[parameter]
            assert formula.loss([[0.0, 0.0]])[0] == pytest.approx(expected, rel=1e-13)


def as_typed(text: str) -> tuple[float, str]:
    """What somebody finds who computes a formula as it is shown, and the result that is shown."""
    left, right = text.replace("−", "-").split(" = ")
    left = re.sub(r"√([\d.]+)", r"√(\1)", left).replace("√", "sqrt").replace("·", "*")
    return float(eval(left, {"sqrt": np.sqrt, "sign": np.sign})), right


@pytest.mark.parametrize("landscape", ["rosenbrock", "network"])
@pytest.mark.parametrize("optimizer", VARIANTS)
def test_the_numbers_shown_in_the_formula_give_the_result_shown(optimizer, landscape):
    settings = {"optimizer": decayed(optimizer)}
    for step in (0, 1, 4, 9):
        update = taken(settings, step, landscape=LANDSCAPES[landscape])
        for parameter in (0, 1):
            found, shown = as_typed(update.numbers(parameter))
            before = update.numbers(parameter).split(" ")[0].replace("−", "-")
            places = max(len(text.partition("e")[0].partition(".")[2]) for text in (before, shown))
            assert round(found, places) == float(shown) or "e" in shown, update.numbers(parameter)
            if update.values("step")[parameter]:
                assert before != shown, "the change is seen"


def test_a_power_of_ten_under_a_root_is_in_brackets():
    settings = {"optimizer": {"name": "Adam", "lr": 0.1, "eps": 1e-5}}
    found = taken(settings, 3, landscape={"name": "quadratic", "a": 1.0, "b": 3e4}, start=[1.0, 1.0]).numbers(1)
    assert re.search(r"\(√\([\d.]+e\d+\) \+ 1e−5\)", found), found


def test_an_update_is_told_from_the_step_before_to_the_step_behind():
    update = taken({"optimizer": {"name": "Adam", "lr": 0.1}}, 9, landscape="rosenbrock")
    assert "at step 9:" in update["theta"].sentence
    assert "from step 9 to step 10:" in update["step"].sentence
    assert "at step 10:" in update["theta_new"].sentence
    assert not [term.key for term in update.terms if "update 10" in term.sentence]


@pytest.mark.parametrize(
    ("optimizer", "symbol"),
    [({"name": "SGD", "momentum": 0.9}, "Δv"), ({"name": "Adam"}, "Δm"), ({"name": "AdamW"}, "Δm"),
     ({"name": "NAdam"}, "Δm"), ({"name": "RAdam"}, "Δm"), ({"name": "Adamax"}, "Δm"),
     ({"name": "RMSprop", "momentum": 0.9}, "Δb")],
)  # fmt: skip
def test_the_part_of_the_momentum_is_named_after_what_remembers_it(optimizer, symbol):
    update = taken({"optimizer": {**optimizer, "lr": 0.001}}, 5, landscape="rosenbrock")
    assert update["memory_part"].symbol == symbol
    kept = {term.symbol for term in update.terms if term.role == "momentum"}
    assert f"{symbol[1]}ₜ" in kept


def test_dampening_stands_in_the_formula():
    optimizer = {"name": "SGD", "lr": 0.1, "momentum": 0.5, "dampening": 0.25}
    settings = {"landscape": {"name": "quadratic", "a": 1.0, "b": 1.0}, "start": [1.0, -2.0]}
    first, second = (taken({"optimizer": optimizer}, step, **settings) for step in (0, 1))
    assert first.with_numbers == "1 − 0.1 · (0.5 · 0 + 1 · 1) = 0.9"
    assert first.numbers(1) == "−2 − 0.1 · (0.5 · 0 + 1 · (−2)) = −1.8"
    assert second.with_numbers == "0.9 − 0.1 · (0.5 · 1 + 0.75 · 0.9) = 0.7825"
    assert second.formula == "θₜ₊₁ = θₜ − η · (β · vₜ₋₁ + (1 − d) · g)"


@pytest.mark.parametrize("optimizer", VARIANTS)
def test_every_term_explains_itself(optimizer):
    for settings in SETTINGS.values():
        update = taken({"optimizer": decayed(optimizer), **settings}, 4, landscape=LANDSCAPES["polynomial"])
        assert len({term.key for term in update.terms}) == len(update.terms)
        assert len({term.symbol for term in update.terms}) == len(update.terms)
        assert len({term.brief for term in update.terms}) == len(update.terms)
        assert max(len(term.brief) for term in update.terms) <= 14
        for term in update.terms:
            assert term.sentence.endswith("."), term.key
            assert "{" not in term.sentence
            assert "None" not in term.sentence
            assert term.name
            assert (term.values is None) != (term.scalar is None), term.key
            assert term.values is None or term.values.shape == (5,)
            if term.arrow:
                assert term.values is not None, term.key
            assert not (term.adds and term.against), term.key
        assert "{" not in update.formula
        assert "nan" not in update.with_numbers


def test_all_that_rules_note_is_known():
    """A rule that notes a part under a new name has to say what it is."""
    allowed = {"g", "step", "line", "theta", "theta_new"}
    for kind in KINDS:
        for variant in kind.variants.values():
            seen: dict[str, Any] = {}
            rule = msgspec.structs.replace(kind(**variant)).rule(gdsim.core.arithmetic.FLOATS)
            rule.update(1.0, 2.0, rule.begin(0.1), rule.coefficients(1, 0.1, None), seen.update)
            assert set(seen) <= set(PARTS) | allowed
            assert {"gradient_part", "decayed", "line"} <= set(seen)


def test_known_numbers_of_adam():
    optimizer = {"name": "Adam", "lr": 0.1, "betas": [0.5, 0.75]}
    update = taken({"optimizer": optimizer}, 0, landscape={"name": "quadratic", "a": 2.0, "b": 1.0}, start=[1.0, -4.0])
    expected = {
        "gradient": [2.0, -4.0], "m": [0.0, 0.0], "m_new": [1.0, -2.0], "v": [0.0, 0.0], "v_new": [1.0, 4.0],
        "m_hat": [2.0, -4.0], "v_hat": [4.0, 16.0], "adapted": [1.0, -1.0], "step": [-0.1, 0.1],
    }  # fmt: skip
    for key, values in expected.items():
        np.testing.assert_allclose(update.values(key), values, rtol=1e-7, err_msg=key)
    assert update["correction1"].scalar == 0.5
    assert update["correction2"].scalar == pytest.approx(0.25)
    assert update["rate"].scalar == 0.1


@pytest.mark.parametrize("landscape", ["rosenbrock", "network"])
def test_whatever_way_a_step_is_come_to_it_is_the_same(landscape):
    settings = {"optimizer": {"name": "Adam", "lr": 1e-3}, "noise": {"std": 0.1}}
    found, columns = made(settings, landscape=LANDSCAPES[landscape], steps=200)
    columns.snapshots = columns.snapshots[:0]
    forward, jumping = Anatomist(), Anatomist()
    steps = [*range(150, 170), 20, 19, 18, 199, 0, 160]
    there = {}
    for step in sorted(set(steps)):
        there[step] = forward.at(found, 0, columns, step)
    for step in steps:
        one, other = there[step], jumping.at(found, 0, columns, step)
        assert [term.key for term in one.terms] == [term.key for term in other.terms]
        for mine, theirs in zip(one.terms, other.terms, strict=True):
            assert same(mine.values if mine.scalar is None else mine.scalar,
                        theirs.values if theirs.scalar is None else theirs.scalar)  # fmt: skip
    assert jumping.at(found, 0, columns, 160) is jumping.at(found, 0, columns, 160)


def test_another_document_keeps_what_still_holds():
    first = experiment({"optimizer": {"name": "SGD", "lr": 1e-3, "momentum": 0.9}}, landscape="rosenbrock", steps=60)
    anatomist = Anatomist()
    edited = msgspec.structs.replace(
        first,
        runs=(
            first.runs[0].changed(
                30, msgspec.structs.replace(first.runs[0], optimizer=gdsim.core.optimizers.Adam(lr=0.01))
            ),
        ),
    )
    moved = msgspec.structs.replace(first, start=(0.5, 0.5))
    columns = {id(found): gdsim.run(found).runs[0] for found in (first, edited, moved)}
    for found in (first, edited, first, moved, first):
        for step in (29, 30, 31, 45):
            update = anatomist.at(found, 0, columns[id(found)], step)
            assert same(update.values("theta_new"), columns[id(found)].theta[step + 1])
    assert anatomist.at(edited, 0, columns[id(edited)], 30).count == 1
    assert anatomist.at(edited, 0, columns[id(edited)], 29).variant == "SGD · momentum"


def test_runs_are_told_apart():
    runs = [{"optimizer": {"name": "SGD", "lr": 1e-3}}, {"optimizer": {"name": "Adam", "lr": 1e-2}}]
    found = gdsim.load(document(*runs, landscape="rosenbrock", steps=20))
    trajectory, anatomist = gdsim.run(found), Anatomist()
    for step in (3, 4, 5):
        for index, columns in enumerate(trajectory.runs):
            update = anatomist.at(found, index, columns, step)
            assert same(update.values("theta_new"), columns.theta[step + 1])


def test_where_no_update_follows_the_reason_is_told():
    found, columns = made({"optimizer": {"name": "SGD", "lr": 1e-3}}, landscape="rosenbrock")
    assert "all 12 are made" in anatomy(found, 0, columns, STEPS).reason
    assert "not computed" in anatomy(found, 0, columns, STEPS + 1).reason
    assert "not computed" in anatomy(found, 0, columns, -1).reason
    found, columns = made({"optimizer": {"name": "SGD", "lr": 10.0}}, landscape="rosenbrock", steps=100)
    assert columns.last < 100
    assert "no longer finite" in anatomy(found, 0, columns, columns.last).reason
    last = anatomy(found, 0, columns, columns.last - 1)
    assert same(last.values("theta_new"), columns.theta[columns.last])
    assert [isinstance(anatomy(found, 0, columns, k), Absent) for k in range(columns.last + 1)].count(True) == 1


def test_where_floats_raise_the_update_is_still_told():
    """Adamax without a slope divides by zero when ε is 0: floats raise, and arrays take over."""
    optimizer = {"name": "Adamax", "lr": 0.1, "eps": 0.0}
    found, columns = made({"optimizer": optimizer}, landscape={"name": "quadratic", "a": 1.0, "b": 0.0}, steps=3)
    update = anatomy(found, 0, columns, 0)
    assert isinstance(update, Anatomy)
    assert same(update.values("theta_new"), columns.theta[1])
    assert np.isnan(update.values("step")[1])
    assert update["step"].sentence


def test_a_batch_is_named():
    settings = {"optimizer": {"name": "SGD", "lr": 1e-3}, "batch_size": 7}
    update = taken(settings, 6, landscape=LANDSCAPES["line"])
    assert "5 examples of this batch (epoch 2, batch 1 of 6)" not in update["gradient"].sentence
    assert "7 examples of this batch (epoch 2, batch 1 of 6)" in update["gradient"].sentence
    assert "5 examples of this batch (epoch 1, batch 6 of 6)" in taken(
        settings, 5, landscape=LANDSCAPES["line"]
    )["gradient"].sentence  # fmt: skip


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (-1.5, "−1.5"), (1e-5, "1e−5"), (-2.5e12, "−2.5e12"), (1234.5, "1234"), (float("nan"), "nan")],
)
def test_numbers_as_text(value, text):
    assert number_text(value) == text


def test_vectors_as_text():
    assert vector_text(np.array([1.0, -2.0])) == "(1, −2)"
    assert vector_text(np.arange(5.0)) == "(0, 1, 2, …)"
