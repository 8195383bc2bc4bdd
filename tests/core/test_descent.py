"""The loop: the same bits however it is cut, edits that keep what was, and endings that leave the right rows."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import document, experiment, experiments, run_of

import gdsim
from gdsim.core import documents
from gdsim.core.descent import NOISE_CHUNK, Block, Descent
from gdsim.core.trajectory import SNAPSHOT_EVERY, RunTrajectory, Trajectory

COLUMNS = ("theta", "loss", "lr", "grad_norm")
SOMETIMES = ("momentum", "batch_loss", "val_loss", "average")
SGD = {"optimizer": {"name": "SGD", "lr": 0.01}}
NOISY = {"optimizer": {"name": "Adam", "lr": 0.05}, "noise": {"std": 2.0}}


def bits(run: Any, rows: slice = slice(None)) -> list[bytes]:
    found = [getattr(run, name) for name in (*COLUMNS, *SOMETIMES)]
    return [b"" if column is None else column[rows].tobytes() for column in found]


def all_bits(trajectory: Trajectory) -> list[list[bytes]]:
    return [bits(run) for run in trajectory.runs]


def cut(descent: Descent, sizes: list[int]) -> RunTrajectory:
    """Compute a run in blocks of these sizes, over and over."""
    columns = RunTrajectory("", len(descent.snapshot.theta))
    for size in itertools.cycle(sizes):
        columns.append(descent.advance(size), descent.snapshot)
        if columns.ended:
            break
    return columns


@given(experiments(max_runs=1), st.lists(st.integers(1, 40), min_size=1, max_size=5))
def test_where_a_run_is_cut_makes_no_difference(experiment, sizes):
    whole = gdsim.run(experiment).runs[0]
    pieces = cut(Descent(experiment, experiment.runs[0]), sizes)
    assert bits(pieces) == bits(whole)


@pytest.mark.parametrize("size", [1, 3, NOISE_CHUNK - 1, NOISE_CHUNK, NOISE_CHUNK + 1])
def test_noise_does_not_depend_on_blocks(size):
    found = experiment(NOISY, steps=3 * NOISE_CHUNK)
    assert bits(cut(Descent(found, found.runs[0]), [size])) == bits(gdsim.run(found).runs[0])


@given(experiments(max_runs=1), st.data())
def test_going_on_from_any_snapshot_gives_the_same_bits(experiment, data):
    whole = gdsim.run(experiment).runs[0]
    first = data.draw(st.integers(1, max(1, whole.last)))
    before = Descent(experiment, experiment.runs[0])
    before.advance(first)
    after = Descent(experiment, experiment.runs[0], before.snapshot).advance(1000)
    if not before.snapshot.ended:
        assert after.first == first
        assert after.theta.tobytes() == whole.theta[first:].tobytes()
        assert after.loss.tobytes() == whole.loss[first:].tobytes()
        assert after.lr.tobytes() == whole.lr[first:].tobytes()
    else:
        assert len(after.loss) == 0


def resume(experiment: Any, run: Any, columns: RunTrajectory) -> Descent:
    """A descent that stands right behind the last row of ``columns``."""
    descent = Descent(experiment, run, columns.nearest())
    descent.advance(len(columns) - descent.snapshot.step)
    return descent


@pytest.mark.parametrize("rows", [1, 100, SNAPSHOT_EVERY - 1, SNAPSHOT_EVERY, SNAPSHOT_EVERY + 1, 3 * SNAPSHOT_EVERY])
@pytest.mark.parametrize("block", [700, 4096])
def test_resuming_a_trajectory_that_was_cut_back(rows, block):
    found = experiment(NOISY, steps=4 * SNAPSHOT_EVERY)
    whole = gdsim.run(found, block).runs[0]
    want = bits(whole)
    whole.keep(rows)
    assert len(whole) == rows
    assert not whole.ended
    assert whole.outcome is None
    descent = resume(found, found.runs[0], whole)
    while not whole.ended:
        whole.append(descent.advance(block), descent.snapshot)
    assert bits(whole) == want


def test_snapshots_of_a_branch_that_was_taken_back_are_forgotten():
    found = experiment(NOISY, steps=3 * SNAPSHOT_EVERY)
    first = found.runs[0]
    other = gdsim.load(document({**NOISY, "changes": [{"step": 10, **SGD}]}, steps=3 * SNAPSHOT_EVERY)).runs[0]
    columns = gdsim.run(found, block=500).runs[0]

    def go_on(run: Any, rows: int) -> None:
        columns.keep(rows)
        descent = resume(found, run, columns)
        while not columns.ended:
            columns.append(descent.advance(500), descent.snapshot)

    go_on(other, 10)
    want = bits(columns)
    assert want != bits(gdsim.run(found).runs[0])
    go_on(other, 2 * SNAPSHOT_EVERY + 7)
    assert bits(columns) == want
    go_on(first, 10)
    assert bits(columns) == bits(gdsim.run(found).runs[0])


def test_blocks_that_do_not_follow_are_refused():
    columns = RunTrajectory("", 2)
    descent = Descent(experiment(), experiment().runs[0])
    descent.advance(5)
    with pytest.raises(ValueError, match="do not follow"):
        columns.append(descent.advance(5), descent.snapshot)


def test_views_that_were_handed_out_keep_what_they_show():
    found = experiment(SGD, steps=50)
    columns = gdsim.run(found).runs[0]
    loss = columns.loss
    kept = loss.copy()
    columns.keep(10)
    other = Descent(found, found.runs[0])
    other.advance(10)
    block = other.advance(100)
    columns.append(
        Block(*(np.zeros_like(part) if isinstance(part, np.ndarray) else part for part in block)), other.snapshot
    )
    assert (loss == kept).all()


# What the rows are


def test_a_run_has_a_row_before_each_update_and_one_at_the_end():
    run = run_of(SGD, landscape={"name": "quadratic", "a": 1.0, "b": 2.0}, start=[4.0, 2.0], steps=2)
    assert run.theta.tolist() == [[4.0, 2.0], [4.0 - 0.01 * 4.0, 2.0 - 0.01 * 4.0], run.theta[2].tolist()]
    assert run.loss[0] == 0.5 * 16.0 + 4.0
    assert run.lr[:2].tolist() == [0.01, 0.01]
    assert math.isnan(run.lr[2])
    assert run.grad_norm[0] == math.hypot(4.0, 4.0)
    assert run.momentum is None


@pytest.mark.parametrize("steps", [1, 2, 4095, 4096, 4097])
def test_row_counts(steps):
    run = run_of(SGD, steps=steps)
    assert len(run.theta) == len(run.loss) == len(run.lr) == len(run.grad_norm) == steps + 1
    assert np.isfinite(run.lr[:-1]).all()


@pytest.mark.parametrize("lr", [1.0, 1e10, 1e150, 1e200, 1e300])
@pytest.mark.parametrize("landscape", ["quadratic", "rosenbrock", "ackley", "himmelblau"])
def test_a_run_ends_with_its_first_row_that_is_not_finite(lr, landscape):
    run = run_of({"optimizer": {"name": "SGD", "lr": lr}}, landscape=landscape, start=[-1.2, 1.0], steps=300)
    finite = np.isfinite(run.loss) & np.isfinite(run.theta).all(axis=1)
    assert finite[:-1].all()
    assert np.isnan(run.lr[-1])
    assert not np.isnan(run.lr[:-1]).any()
    if finite[-1]:
        assert run.last == 300
    else:
        assert run.outcome.kind == "diverged"
        assert run.outcome.step == run.last
        assert run.ended


@pytest.mark.parametrize("eps", [0.0, 1e-8])
def test_a_division_by_zero_is_a_result_as_in_any_training_loop(eps):
    """On flat ground Adagrad without epsilon divides 0 by 0, which Python floats refuse."""
    run = run_of({"optimizer": {"name": "Adagrad", "eps": eps}}, landscape={"name": "quadratic", "a": 0.0, "b": 0.0},
                 start=[1.0, 1.0], steps=9)  # fmt: skip
    if eps:
        assert (run.theta == 1.0).all()
    else:
        assert np.isnan(run.theta[1]).all()
        assert (run.last, run.outcome.kind) == (1, "diverged")


def test_a_schedule_that_turns_the_rate_negative_climbs_and_does_not_raise():
    schedule = {"name": "CyclicLR", "base_lr": 1.0, "max_lr": 0.5, "step_size_up": 1, "mode": "exp_range", "gamma": 2.0}
    optimizer = {"name": "ASGD", "lr": 1.0, "lambd": 1.0, "alpha": 0.5}
    run = run_of({"optimizer": optimizer, "schedule": schedule}, landscape="bowl", steps=60)
    assert run.lr[:-1].min() < 0.0
    assert run.outcome.kind == "diverged"


def test_no_more_rows_than_were_asked_for():
    found = experiment(SGD, steps=10)
    descent = Descent(found, found.runs[0])
    sizes = [len(descent.advance(count).loss) for count in (4, 6, 5, 5)]
    assert sizes == [4, 6, 1, 0]


def test_nothing_follows_an_end():
    found = experiment({"optimizer": {"name": "SGD", "lr": 1e300}}, steps=100)
    descent = Descent(found, found.runs[0])
    rows = len(descent.advance(1000).loss)
    assert rows < 100
    assert len(descent.advance(1000).loss) == 0
    assert descent.advance(1000).theta.shape == (0, 2)


# Edits in the middle


def edited(before: dict[str, Any], after: dict[str, Any], step: int = 30, **fields: Any) -> tuple[Any, Any]:
    """A run without and with a change at ``step``."""
    changed = {**before, "changes": [{"step": step, **after}]}
    return run_of(before, steps=100, **fields), run_of(changed, steps=100, **fields)


CHANGES = [
    pytest.param({"optimizer": {"name": "SGD", "lr": 0.001}}, id="rate"),
    pytest.param({"optimizer": {"name": "Adam", "lr": 0.1}}, id="optimizer"),
    pytest.param({**SGD, "schedule": {"name": "StepLR", "step_size": 7, "gamma": 0.5}}, id="schedule"),
    pytest.param({**SGD, "clip": {"kind": "norm", "value": 0.1}}, id="clip"),
    pytest.param({**SGD, "noise": {"std": 1.0}}, id="noise"),
]


@pytest.mark.parametrize("after", CHANGES)
def test_rows_before_a_change_stay_and_later_ones_differ(after):
    plain, changed = edited(SGD, after)
    assert plain.theta[:31].tobytes() == changed.theta[:31].tobytes()
    assert plain.lr[:30].tobytes() == changed.lr[:30].tobytes()
    assert (plain.theta[31] != changed.theta[31]).any()
    assert len(changed) == 101


@pytest.mark.parametrize("name", ["SGD", "Adam", "RMSprop", "Rprop", "Lion", "NAdam"])
def test_a_change_to_the_same_settings_changes_nothing(name):
    settings = {"optimizer": {"name": name, "lr": 0.01, **({"momentum": 0.9} if name == "SGD" else {})}}
    plain, changed = edited(settings, settings)
    assert bits(plain) == bits(changed)


def test_a_new_rate_acts_on_the_momentum_that_is_there():
    fast, slow = ({"optimizer": {"name": "SGD", "lr": lr, "momentum": 0.9}} for lr in (0.01, 0.001))
    plain, changed = edited(fast, slow)
    np.testing.assert_allclose(changed.theta[31] - changed.theta[30], 0.1 * (plain.theta[31] - plain.theta[30]))


def test_another_optimizer_starts_afresh():
    adam = {"optimizer": {"name": "Adam", "lr": 0.01}}
    _, changed = edited({"optimizer": {"name": "SGD", "lr": 0.01, "momentum": 0.9}}, adam)
    # The first step of a fresh Adam has the length of its rate in every direction.
    np.testing.assert_allclose(abs(changed.theta[31] - changed.theta[30]), 0.01, rtol=1e-5)


def test_schedules_count_from_the_start_of_the_run():
    staircase = {**SGD, "schedule": {"name": "StepLR", "step_size": 10, "gamma": 0.5}}
    _, changed = edited(SGD, staircase)
    assert changed.lr[29] == 0.01
    assert changed.lr[30] == 0.01 * 0.5**3


def test_a_plateau_keeps_its_state_through_a_change_and_takes_up_a_new_rate():
    schedule = {"name": "ReduceLROnPlateau", "patience": 2, "factor": 0.5}
    stuck = {"landscape": {"name": "quadratic", "a": 0.0, "b": 0.0}, "start": [1.0, 1.0]}
    before = {"optimizer": {"name": "SGD", "lr": 0.8}, "schedule": schedule}
    plain, changed = edited(before, {**before, "clip": {"value": 5.0}}, step=5, **stuck)
    assert plain.lr[:5].tolist() == [0.8, 0.8, 0.8, 0.8, 0.4]
    assert bits(plain) == bits(changed)
    _, changed = edited(before, {**before, "optimizer": {"name": "SGD", "lr": 0.3}}, step=5, **stuck)
    assert changed.lr[5] == 0.3
    assert changed.lr[8] == 0.15


@pytest.mark.parametrize("metric", ["loss_before", "loss_after"])
def test_a_plateau_lowers_the_rate_where_arithmetic_overflows_too(metric):
    """The rate in force is the plateau's also where floats raise and the step is made again as IEEE 754 does."""
    schedule = {"name": "ReduceLROnPlateau", "patience": 0, "factor": 0.5, "metric": metric}
    formula = {"name": "ackley", "b": 1e5}  # exp(-b r) underflows, and the ground is flat
    run = run_of(
        {"optimizer": {"name": "SGD", "lr": 0.8}, "schedule": schedule}, landscape=formula, start=[1.5, 1.5], steps=5
    )
    assert run.lr[:5].min() < 0.8


def test_momentum_that_starts_to_cycle_in_the_middle_does_so_in_every_block():
    schedule = {
        "name": "SequentialLR",
        "schedulers": [{"name": "constant"}, {"name": "OneCycleLR", "total_steps": 50}],
        "milestones": [20],
    }
    found = experiment({"optimizer": {"name": "SGD", "momentum": 0.5}, "schedule": schedule}, steps=60)
    whole = gdsim.run(found).runs[0]
    assert bits(cut(Descent(found, found.runs[0]), [7])) == bits(whole)
    assert np.isnan(whole.momentum[:20]).all()
    assert np.isfinite(whole.momentum[20:60]).all()
    assert whole.momentum[20] == 0.95


# Noise and clipping


def test_noise_is_a_function_of_seed_and_step():
    flat = {"landscape": {"name": "quadratic", "a": 0.0, "b": 0.0}, "start": [0.0, 0.0], "steps": 2000}
    noisy = {"optimizer": {"name": "SGD", "lr": 1.0}, "noise": {"std": 0.5}}
    first, again = run_of(noisy, seed=7, **flat), run_of(noisy, seed=7, **flat)
    assert bits(first) == bits(again)
    assert bits(first) != bits(run_of(noisy, seed=8, **flat))
    drawn = -np.diff(first.theta, axis=0)
    assert len(np.unique(first.grad_norm)) == 2001  # no stretch of it comes again
    assert abs(drawn.mean()) < 0.04
    assert abs(drawn.std() - 0.5) < 0.02
    assert abs(np.corrcoef(drawn.T)[0, 1]) < 0.08
    np.testing.assert_allclose(first.grad_norm[:-1], np.hypot(*drawn.T))


def test_all_runs_meet_the_same_noise():
    flat = {"landscape": {"name": "quadratic", "a": 0.0, "b": 0.0}, "start": [0.0, 0.0], "steps": 50}
    slow, fast = ({"optimizer": {"name": "SGD", "lr": lr}, "noise": {"std": 1.0}} for lr in (1.0, 2.0))
    trajectory = gdsim.run(gdsim.load(document(slow, fast, **flat)))
    np.testing.assert_allclose(2.0 * trajectory.runs[0].theta, trajectory.runs[1].theta)


def test_noise_of_zero_is_no_noise():
    assert bits(run_of({**SGD, "noise": {"std": 0.0}})) == bits(run_of(SGD))


@pytest.mark.parametrize(
    ("clip", "step"),
    [
        ({"kind": "norm", "value": 1.0}, (-0.6, -0.8)),
        ({"kind": "value", "value": 1.0}, (-1.0, -1.0)),
        ({"kind": "value", "value": 3.5}, (-3.0, -3.5)),
        ({"kind": "norm", "value": 6.0}, (-3.0, -4.0)),
    ],
)
def test_clipping(clip, step):
    run = run_of({"optimizer": {"name": "SGD", "lr": 1.0}, "clip": clip},
                 landscape={"name": "quadratic", "a": 1.0, "b": 1.0}, start=[3.0, 4.0], steps=1)  # fmt: skip
    np.testing.assert_allclose(run.theta[1] - run.theta[0], step, rtol=1e-6)
    assert run.grad_norm[0] == 5.0  # what is recorded is the gradient before clipping


def test_progress_is_told_in_updates_of_all_runs():
    told: list[tuple[int, int]] = []
    gdsim.run(experiment(SGD, SGD, steps=10), block=4, progress=lambda done, total: told.append((done, total)))
    assert told == [(3, 20), (7, 20), (10, 20), (13, 20), (17, 20), (20, 20)]


def test_ten_times_the_same_document_gives_the_same_bits():
    data = documents.encode(experiment(NOISY, {**SGD, "clip": {"value": 0.5}}, landscape="rosenbrock", seed=3))
    found = {str(all_bits(gdsim.run(documents.decode(data), block))) for block in (1, 7, 64, 4096) for _ in range(3)}
    assert len(found) == 1


def test_an_infinite_validation_loss_survives_an_edit():
    points = {"name": "inline", "x": [1e60, 2.0, 3.0, 4.0, -1.0], "y": [1.0, 2.0, 3.0, 4.0, 5.0]}
    landscape = {
        "name": "polynomial_regression", "degree": 6, "dataset": points, "validation": 0.4, "split_seed": 2,
    }  # fmt: skip
    run = run_of(SGD, landscape=landscape, start=[0.1] * 7, steps=5)
    assert run.val_loss is not None
    assert not np.isnan(run.val_loss).all()
    before = run.val_loss[:2].copy()
    run.keep(2)
    assert np.array_equal(run.val_loss, before)


def test_a_cut_column_lets_go_of_what_was_behind():
    columns = gdsim.run(experiment(SGD, steps=20_000)).runs[0]
    columns.keep(10)
    assert columns.nbytes <= 10 * 8 * 5
