"""Schedules: pure functions of the step that equal PyTorch's, and never raise whatever they are set to."""

from __future__ import annotations

import math
import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import run_of, schedules, sequences, specs

from gdsim.core.schedules import (
    Constant,
    ConstantLR,
    CosineAnnealingLR,
    CosineWithWarmup,
    CyclicLR,
    LinearLR,
    OneCycleLR,
    PlateauState,
    ReduceLROnPlateau,
    Schedule,
    SequentialLR,
    StepLR,
    WarmupStableDecay,
)
from gdsim.core.spec import hyperparameters, kinds_of

KINDS = kinds_of(Schedule)
TORCH = [kind for kind in KINDS if kind not in (Constant, CosineWithWarmup, WarmupStableDecay, SequentialLR)]


@given(schedules(), st.integers(0, 10**7), st.integers(0, 40), st.floats(0.0, 1e3))
def test_rates_are_rate_at_each_step(schedule, first, count, base):
    together = schedule.rates(first, count, base)
    alone = [schedule.rate(t, base) for t in range(first, first + count)]
    assert len(together) == count
    assert all(type(rate) is float for rate in together)
    assert [a for a in together if a == a] == [b for b in alone if b == b]
    assert [a == a for a in together] == [b == b for b in alone]


@given(schedules(), st.integers(0, 10**7))
def test_momentum_never_raises_and_lies_between_its_bounds(schedule, t):
    momentum = schedule.momentum(t)
    if isinstance(schedule, SequentialLR):
        assert momentum is None or isinstance(momentum, float)
    elif isinstance(schedule, OneCycleLR) and schedule.cycle_momentum:
        low, high = sorted((schedule.base_momentum, schedule.max_momentum))
        assert low - 1e-9 <= momentum <= high + 1e-9
    elif not isinstance(schedule, CyclicLR):
        assert momentum is None


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name())
def test_declarations_are_complete(kind):
    assert kind.title
    assert kind.teaches.endswith(".")
    assert kind().describe()
    for h in hyperparameters(kind):
        assert h.label, h.path
        assert h.meaning.endswith("."), h.path
        if h.kind in ("number", "integer"):
            assert h.low < h.high, h.path
            assert h.low > 0 or h.scale == "linear", h.path
            assert h.optional or h.refusal(h.default) is None, h.path


def test_known_values():
    assert [StepLR(step_size=2, gamma=0.5).rate(t, 1.0) for t in range(5)] == [1.0, 1.0, 0.5, 0.5, 0.25]
    assert LinearLR(start_factor=0.5, total_iters=2).rates(0, 4, 2.0) == [1.0, 1.5, 2.0, 2.0]
    assert CosineAnnealingLR(T_max=10, eta_min=0.1).rate(5, 0.3) == pytest.approx(0.2)
    assert CosineWithWarmup(num_warmup_steps=4).rates(0, 5, 1.0) == [0.0, 0.25, 0.5, 0.75, 1.0]
    wsd = WarmupStableDecay(num_warmup_steps=2, num_stable_steps=3, num_decay_steps=4, decay_type="linear")
    assert wsd.rates(0, 11, 1.0) == [0.0, 0.5, 1.0, 1.0, 1.0, 1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    assert ConstantLR(factor=0.5, total_iters=2).rates(0, 4, 1.0) == [0.5, 0.5, 1.0, 1.0]
    assert ConstantLR(factor=0.5, total_iters=0).rates(0, 3, 1.0) == [0.5, 0.5, 0.5]  # as PyTorch has it
    cycle = OneCycleLR(max_lr=1.0, total_steps=101, pct_start=0.3)
    assert cycle.rate(0, 9.0) == pytest.approx(1 / 25)
    assert max(cycle.rates(0, 101, 9.0)) == pytest.approx(1.0, rel=1e-3)
    assert cycle.rate(100, 9.0) == cycle.rate(10_000, 9.0) == pytest.approx(1 / 25e4)


def test_a_sequence_restarts_its_parts_at_their_milestones():
    parts = SequentialLR(schedulers=(LinearLR(start_factor=0.5, total_iters=4), StepLR(step_size=3)), milestones=(10,))
    assert parts.rates(0, 10, 1.0) == LinearLR(start_factor=0.5, total_iters=4).rates(0, 10, 1.0)
    assert parts.rates(10, 9, 1.0) == StepLR(step_size=3).rates(0, 9, 1.0)
    for milestones in ((), (3,), (5, 5), (6, 5), (1, 2, 3)):
        with pytest.raises(ValueError, match="milestone"):
            SequentialLR(schedulers=(Constant(),) * 3, milestones=milestones)


def test_huge_powers_end_in_infinity_and_not_in_an_exception():
    assert StepLR(step_size=1, gamma=10.0).rate(5000, 1.0) == math.inf
    cyclic = CyclicLR(step_size_up=1, mode="triangular2", base_lr=0.1, max_lr=1.0)
    assert cyclic.rate(10_001, 1.0) == pytest.approx(0.1)
    assert run_of({"optimizer": {"name": "SGD"}, "schedule": {"name": "StepLR", "step_size": 1, "gamma": 1e300}}).ended


@given(specs(ReduceLROnPlateau), st.lists(st.floats(), max_size=60), st.floats(0.0, 10.0))
def test_a_plateau_only_lowers_the_rate_and_not_below_its_floor(schedule, losses, base):
    state = schedule.begin(base)
    assert state.lr == base
    for loss in losses:
        after = schedule.observe(state, loss)
        assert after.lr <= state.lr
        assert after.lr == state.lr or after.lr >= min(schedule.min_lr, base)
        assert 0 <= after.bad <= schedule.patience
        state = after


def test_a_plateau_waits_for_more_than_patience_bad_steps():
    schedule = ReduceLROnPlateau(patience=2, factor=0.5)
    state = schedule.begin(1.0)
    rates = []
    for _ in range(8):
        state = schedule.observe(state, 3.0)
        rates.append(state.lr)
    # The first is the best so far; three bad ones lower it.
    assert rates == [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25]
    assert schedule.observe(PlateauState(1.0, 3.0, 2), math.nan).lr == 0.5


@pytest.fixture(scope="module")
def torch():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("torch")


def torch_rates(torch: Any, schedule: Any, base: float, steps: int) -> tuple[list[float], list[float]]:
    optimizer = torch.optim.SGD([torch.zeros(1, dtype=torch.float64, requires_grad=True)], lr=base, momentum=0.5)
    theirs = torch_scheduler(torch, optimizer, schedule)
    rates, momenta = [], []
    for _ in range(steps):
        rates.append(float(optimizer.param_groups[0]["lr"]))
        momenta.append(float(optimizer.param_groups[0]["momentum"]))
        optimizer.step()
        theirs.step()
    return rates, momenta


def torch_scheduler(torch: Any, optimizer: Any, schedule: Any) -> Any:
    if isinstance(schedule, Constant):
        return torch.optim.lr_scheduler.ConstantLR(optimizer, factor=1.0)
    if isinstance(schedule, SequentialLR):
        parts = [torch_scheduler(torch, optimizer, part) for part in schedule.schedulers]
        return torch.optim.lr_scheduler.SequentialLR(optimizer, parts, milestones=list(schedule.milestones))
    keywords = {h.field: getattr(schedule, h.field) for h in hyperparameters(type(schedule))}
    return getattr(torch.optim.lr_scheduler, schedule.name())(optimizer, **keywords)


@pytest.mark.parametrize("kind", [kind for kind in TORCH if kind is not ReduceLROnPlateau], ids=lambda k: k.name())
def test_torch_agrees_for_any_settings(torch, kind):
    @given(specs(kind, usual=True), st.floats(1e-6, 10.0))
    def agree(schedule: Any, base: float) -> None:
        steps = min(60, schedule.total_steps) if isinstance(schedule, OneCycleLR) else 60
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                rates, momenta = torch_rates(torch, schedule, base, steps)
            except (ZeroDivisionError, OverflowError):
                return  # where torch has no answer
        ours = schedule.rates(0, steps, base)
        if any(not abs(rate) < 1e6 for rate in rates + ours):
            return
        # The recursions of torch lose digits where a rate is tiny next to where it came from.
        assert ours == pytest.approx(rates, rel=1e-8, abs=1e-8 * max(map(abs, rates)))
        if getattr(schedule, "cycle_momentum", False):
            assert [schedule.momentum(t) for t in range(steps)] == pytest.approx(momenta, rel=1e-9)

    agree()


@given(
    specs(ReduceLROnPlateau),
    st.lists(st.floats(-100.0, 100.0) | st.just(math.nan), max_size=60),
    st.floats(1e-6, 10.0),
)
def test_torch_agrees_on_plateaus(torch, schedule, losses, base):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=base)
    keywords = {h.field: getattr(schedule, h.field) for h in hyperparameters(type(schedule)) if h.field != "metric"}
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **keywords)
    state = schedule.begin(base)
    for loss in losses:
        theirs.step(loss)
        state = schedule.observe(state, loss)
        assert state.lr == optimizer.param_groups[0]["lr"]


@given(sequences())
def test_sequences_draw_ahead(schedule):
    assert len(schedule.rates(0, 50, 0.1)) == 50
    assert schedule.describe()
