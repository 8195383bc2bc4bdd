"""Every update rule: the same on floats and on arrays, told in parts that add up, and the same as PyTorch's."""

from __future__ import annotations

import math
import warnings
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import plain_kinds, run_of, specs

from gdsim.core.arithmetic import ARRAYS, FLOATS
from gdsim.core.landscapes import PlaneLandscape
from gdsim.core.optimizers import ASGD, SGD, Adam, AdamW, Lion, Optimizer
from gdsim.core.spec import hyperparameters, kinds_of

KINDS = kinds_of(Optimizer)
VARIANTS = [
    pytest.param(kind(**variant), id=label) for kind in KINDS for label, variant in kind.variants.items()
]  # fmt: skip
LANDSCAPES = [pytest.param(kind, id=kind.name()) for kind in plain_kinds(PlaneLandscape)]


def descend(optimizer: Any, landscape: Any, start: Any, steps: int, m: Any, notes: list[Any] | None = None) -> Any:
    """Parameters over the steps; on floats coordinate by coordinate, on arrays as vectors of one element."""
    _, coefficients, update = rule = optimizer.rule(m)
    number = float if m is FLOATS else lambda v: np.array([v])
    slope = landscape.first(FLOATS)
    theta = [number(value) for value in start]
    states = [rule.begin(optimizer.rate)] * 2
    rows = [tuple(start)]
    for t in range(1, steps + 1):
        gradient = slope(*(float(np.ravel(value)[0]) for value in theta))[1:]
        shared = coefficients(t, optimizer.rate, None)
        for axis in range(2):
            found: dict[str, Any] = {}
            note = None if notes is None else found.update
            theta[axis], states[axis] = update(theta[axis], number(gradient[axis]), states[axis], shared, note)
            if notes is not None:
                notes.append((rows[-1][axis], float(np.ravel(theta[axis])[0]), found))
        rows.append(tuple(float(np.ravel(value)[0]) for value in theta))
    return np.array(rows)


def settled(optimizer: Any) -> Any:
    """The optimizer with a small rate, so that it stays where every landscape is finite."""
    return msgspec.structs.replace(optimizer, lr=1e-4)


@pytest.mark.parametrize("kind", LANDSCAPES)
@pytest.mark.parametrize("optimizer", VARIANTS)
def test_floats_and_arrays_agree_to_the_bit(optimizer, kind):
    landscape, small = kind(), settled(optimizer)
    on_floats = descend(small, landscape, landscape.start, 30, FLOATS)
    on_arrays = descend(small, landscape, landscape.start, 30, ARRAYS)
    assert np.isfinite(on_floats).all()
    assert on_floats.tobytes() == on_arrays.tobytes()


@given(st.data())
def test_floats_and_arrays_agree_for_any_settings(data):
    optimizer = data.draw(st.sampled_from(KINDS).flatmap(lambda kind: specs(kind, usual=True)))
    landscape = plain_kinds(PlaneLandscape)[0]()
    try:
        on_floats = descend(optimizer, landscape, landscape.start, 10, FLOATS)
    except (ArithmeticError, ValueError):
        return  # the descent goes over to arrays there
    with np.errstate(all="ignore"):
        on_arrays = descend(optimizer, landscape, landscape.start, 10, ARRAYS)
    np.testing.assert_array_equal(on_floats, on_arrays)


@pytest.mark.parametrize("optimizer", VARIANTS)
def test_the_noted_parts_add_up_to_the_step(optimizer):
    with_decay = [h.field for h in hyperparameters(type(optimizer)) if h.field == "weight_decay"]
    for decay in (0.0, 0.1) if with_decay else (None,):
        if decay is not None:
            optimizer = msgspec.structs.replace(optimizer, weight_decay=decay)
        landscape = plain_kinds(PlaneLandscape)[0]()
        notes: list[Any] = []
        descend(optimizer, landscape, landscape.start, 20, FLOATS, notes)
        assert len(notes) == 40
        for before, after, found in notes:
            decay_part, memory_part = found.get("decay_part"), found.get("memory_part")
            step = found["gradient_part"]
            if memory_part is not None:
                step = step + memory_part
            if decay_part is not None:
                step = decay_part + step
            assert step == found["step"]
            assert after == before + found["step"]
        decays = {bool(found.get("decay_part")) for *_, found in notes}
        decouples = isinstance(optimizer, AdamW | Lion) and bool(decay)
        assert decays == {decouples or isinstance(optimizer, ASGD)}


@pytest.mark.parametrize("optimizer", VARIANTS)
def test_noting_changes_nothing(optimizer):
    landscape = plain_kinds(PlaneLandscape)[0]()
    plain = descend(optimizer, landscape, landscape.start, 20, FLOATS)
    assert plain.tobytes() == descend(optimizer, landscape, landscape.start, 20, FLOATS, []).tobytes()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name())
def test_declarations_are_complete(kind):
    assert kind.variants
    assert kind.formula
    assert kind.teaches
    assert kind.teaches.endswith(".")
    found = hyperparameters(kind)
    assert found[0].field == "lr"
    for h in found:
        assert h.kind in ("number", "integer", "flag", "choice"), h.path
        assert h.label, h.path
        assert h.meaning.endswith("."), h.path
        if h.kind == "number":
            assert h.symbol, h.path
            assert h.low < h.high, h.path
            assert h.low > 0.0 or h.scale == "linear", h.path
            assert h.refusal(h.default) is None, h.path
            assert h.refusal(h.low) is None, h.path
            assert h.refusal(h.high) is None, h.path


@pytest.mark.parametrize("optimizer", VARIANTS)
def test_variants_describe_themselves(optimizer):
    labels = [label for kind in KINDS for label, variant in kind.variants.items() if kind(**variant) == optimizer]
    assert labels == [optimizer.describe()]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name())
def test_hyperparameters_may_be_arrays_of_marbles(kind):
    """A sweep: many rates (and other numbers) at once give what each of them gives alone."""
    rates = np.geomspace(1e-4, 1e-2, 5)
    one = kind()
    names = [h.field for h in hyperparameters(kind) if h.kind == "number" and h.index is None and h.field != "lr"]
    values = {name: np.linspace(0.0, 0.5, 5) for name in names if name in ("momentum", "weight_decay")}
    if "dampening" in names:
        values["dampening"] = np.linspace(0.5, 0.0, 5)  # which is without effect where there is no momentum
    many = msgspec.structs.replace(one, lr=rates, **values)
    _, coefficients, update = rule = many.rule(ARRAYS)
    theta, state = np.full(5, 1.5), rule.begin(rates)
    for t in range(1, 11):
        theta, state = update(theta, np.cos(3.0 * theta), state, coefficients(t, rates, None))
    for index in range(5):
        alone = msgspec.structs.replace(one, lr=rates[index], **{k: v[index] for k, v in values.items()})
        _, coefficients, update = rule = alone.rule(ARRAYS)
        x, state = np.full(1, 1.5), rule.begin(rates[index])
        for t in range(1, 11):
            x, state = update(x, np.cos(3.0 * x), state, coefficients(t, rates[index], None))
        np.testing.assert_allclose(theta[index], x[0], rtol=1e-14)


def test_known_first_steps():
    """One step each, worked out by hand from the formulas, at theta = 1 with slope 2 and rate 0.1."""
    slope, lr = 2.0, 0.1
    expected = {
        "SGD": 1.0 - 0.1 * 2.0,
        "Adagrad": 1.0 - 0.1 * 2.0 / (2.0 + 1e-10),
        "RMSprop": 1.0 - 0.1 * 2.0 / (math.sqrt(0.01 * 4.0) + 1e-8),
        "Adadelta": 1.0 - 0.1 * 2.0 * math.sqrt(1e-6) / math.sqrt(0.1 * 4.0 + 1e-6),
        "Adam": 1.0 - 0.1 * 2.0 / (2.0 + 1e-8),
        "AdamW": 1.0 - 0.1 * 0.01 - 0.1 * 2.0 / (2.0 + 1e-8),
        "Adamax": 1.0 - 0.1 * 2.0 / (2.0 + 1e-8),
        "RAdam": 1.0 - 0.1 * 2.0,
        "Rprop": 1.0 - 0.1,
        "ASGD": 1.0 * (1.0 - 1e-4 * 0.1) - 0.1 * 2.0,
        "Lion": 1.0 - 0.1,
    }
    for kind in KINDS:
        if kind.name() not in expected:
            assert kind.name() == "NAdam"
            continue
        optimizer = kind(lr=lr)
        _, coefficients, update = rule = optimizer.rule(FLOATS)
        theta, _ = update(1.0, slope, rule.begin(lr), coefficients(1, lr, None))
        assert theta == pytest.approx(expected[kind.name()], rel=1e-12), kind.name()


def torch_trajectory(torch: Any, optimizer: Any, start: tuple[float, float], steps: int) -> np.ndarray:
    """The same descent of f = x⁴/4 + 5y²/2 + xy with torch.optim."""
    x = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    keywords = {h.field: getattr(optimizer, h.field) for h in hyperparameters(type(optimizer))}
    theirs = getattr(torch.optim, optimizer.name())([x], **keywords, foreach=False)
    rows = [start]
    for _ in range(steps):
        theirs.zero_grad()
        (0.25 * x[0] ** 4 + 2.5 * x[1] ** 2 + x[0] * x[1]).backward()
        theirs.step()
        rows.append(tuple(x.tolist()))
    return np.array(rows)


def float_trajectory(optimizer: Any, start: tuple[float, float], steps: int) -> np.ndarray | None:
    """Our descent of the same; None where Python floats raise."""
    x, y = start
    rule = optimizer.rule(FLOATS)
    states = [rule.begin(optimizer.rate)] * 2
    rows = [start]
    for t in range(1, steps + 1):
        shared = rule.coefficients(t, optimizer.rate, None)
        gx, gy = x * x * x + y, 5.0 * y + x
        try:
            x, states[0] = rule.update(x, gx, states[0], shared)
            y, states[1] = rule.update(y, gy, states[1], shared)
        except (ArithmeticError, ValueError):
            return None
        rows.append((x, y))
    return np.array(rows) if np.isfinite(rows).all() else None


@pytest.fixture(scope="module")
def torch():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch = pytest.importorskip("torch")
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)  # some optimizers keep numbers of their own in it
    yield torch
    torch.set_default_dtype(before)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not Lion], ids=lambda kind: kind.name())
def test_torch_agrees_for_any_settings(torch, kind):
    @given(specs(kind, usual=True), st.tuples(st.floats(-2.0, 2.0), st.floats(-2.0, 2.0)), st.floats(1e-5, 0.1))
    def agree(optimizer: Any, start: tuple[float, float], lr: float) -> None:
        optimizer = msgspec.structs.replace(optimizer, lr=lr)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = torch_trajectory(torch, optimizer, start, 25)
        ours, nudged = (float_trajectory(optimizer, (start[0] * f, start[1] * f), 25) for f in (1.0, 1.0 + 1e-12))
        if ours is None or nudged is None or not np.isfinite(theirs).all():
            return
        # Where a rule divides by almost nothing, or watches a sign, the last bit decides: what a tiny push of the
        # start changes says how far two right answers may lie apart.
        assert (abs(ours - theirs) <= 1e-9 + 1e-9 * abs(theirs) + 100.0 * abs(nudged - ours).max()).all()

    agree()


def test_weight_decay_of_adam_is_coupled_and_that_of_adamw_is_not():
    """On flat ground Adam's decay is scaled to a step of about lr, AdamW's is not."""
    flat = {"name": "quadratic", "a": 0.0, "b": 0.0}
    x = {}
    for kind in (Adam, AdamW):
        settings = {"optimizer": {"name": kind.name(), "lr": 0.01, "weight_decay": 0.1}}
        x[kind] = run_of(settings, landscape=flat, start=[2.0, 0.0], steps=10).theta[10, 0]
    assert x[Adam] == pytest.approx(2.0 - 10 * 0.01, rel=1e-3)
    assert x[AdamW] == pytest.approx(2.0 * (1.0 - 0.01 * 0.1) ** 10, rel=1e-12)


def test_nesterov_without_momentum_is_refused():
    with pytest.raises(ValueError, match="nesterov"):
        SGD(nesterov=True)
    with pytest.raises(ValueError, match="nesterov"):
        SGD(nesterov=True, momentum=0.9, dampening=0.1)
