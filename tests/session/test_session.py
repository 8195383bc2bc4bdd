import msgspec
import numpy as np
import pytest

import gdsim
from gdsim.core.descent import Descent
from gdsim.core.optimizers import SGD
from gdsim.session.session import Session

DOCUMENT = {
    "format": "gdsim-experiment",
    "version": 1,
    "landscape": {"name": "rosenbrock"},
    "start": [-1.2, 1.0],
    "steps": 5000,
    "runs": [
        {"optimizer": {"name": "Adam", "lr": 0.01}},
        {"optimizer": {"name": "SGD", "lr": 0.001, "momentum": 0.9}, "noise": {"std": 0.1}},
        {"optimizer": {"name": "SGD", "lr": 0.1}},
    ],
}


def settle(qtbot, session):
    """Tick until everything is computed."""

    def done():
        session.tick(0.016)
        return session.trajectory.ended and not session.busy

    qtbot.waitUntil(done, timeout=20_000)


@pytest.fixture
def session(qtbot):
    made = Session(gdsim.load(DOCUMENT))
    yield made
    made.close()


def with_optimizer(experiment, index, step, **values):
    run = experiment.runs[index]
    settings = run.settings_at(step)
    changed = msgspec.structs.replace(settings, optimizer=msgspec.structs.replace(settings.optimizer, **values))
    runs = list(experiment.runs)
    runs[index] = run.changed(step, changed)
    return msgspec.structs.replace(experiment, runs=tuple(runs))


def assert_same(session, experiment):
    for have, want in zip(session.trajectory.runs, gdsim.run(experiment).runs, strict=True):
        assert np.array_equal(have.theta, want.theta, equal_nan=True)
        assert np.array_equal(have.loss, want.loss, equal_nan=True)
        assert np.array_equal(have.lr, want.lr, equal_nan=True)
        assert np.array_equal(have.grad_norm, want.grad_norm, equal_nan=True)
        assert have.outcome == want.outcome


def test_the_window_computes_what_run_computes(qtbot, session):
    settle(qtbot, session)
    assert_same(session, session.experiment)


@pytest.mark.parametrize("step", [0, 1, 700, 4999])
def test_an_edit_keeps_what_stands_before_it(qtbot, session, step):
    settle(qtbot, session)
    before = session.trajectory.runs[0].theta[: step + 1].copy()
    new = with_optimizer(session.experiment, 0, step, lr=0.05)
    session.replace(new)
    settle(qtbot, session)
    assert np.array_equal(session.trajectory.runs[0].theta[: step + 1], before)
    assert_same(session, new)


def test_undoing_an_edit_gives_the_old_bits(qtbot, session):
    settle(qtbot, session)
    old = session.experiment
    session.replace(with_optimizer(old, 1, 300, lr=0.002))
    settle(qtbot, session)
    session.replace(old)
    settle(qtbot, session)
    assert_same(session, old)


def test_other_runs_are_not_computed_again(qtbot, session):
    settle(qtbot, session)
    kept = session.trajectory.runs[0]
    session.replace(with_optimizer(session.experiment, 1, 0, lr=0.0005))
    assert session.trajectory.runs[0] is kept
    assert kept.ended


def test_more_and_fewer_steps(qtbot, session):
    settle(qtbot, session)
    for steps in (6000, 900):
        new = msgspec.structs.replace(session.experiment, steps=steps)
        session.replace(new)
        settle(qtbot, session)
        assert_same(session, new)


def test_reordering_and_removing_runs(qtbot, session):
    settle(qtbot, session)
    runs = session.experiment.runs
    for order in ((2, 0, 1), (1,), (1, 1)):
        new = msgspec.structs.replace(session.experiment, runs=tuple(runs[index] for index in order))
        session.replace(new)
        settle(qtbot, session)
        assert_same(session, new)


def test_edits_in_quick_succession_leave_no_stale_rows(qtbot, session):
    new = session.experiment
    for lr in np.geomspace(1e-4, 1e-2, 25):
        new = with_optimizer(new, 0, 0, lr=float(lr))
        session.replace(new)
        session.tick(0.016)
    settle(qtbot, session)
    assert_same(session, new)


def test_stepping_back_and_forward_reads_the_same_numbers(qtbot, session):
    settle(qtbot, session)
    session.jump(100)
    there = session.trajectory.runs[1].theta[session.cursor].copy()
    session.step(-10)
    session.step(10)
    assert session.cursor == 100
    assert np.array_equal(session.trajectory.runs[1].theta[session.cursor], there)


def test_the_cursor_never_runs_ahead_of_what_is_computed(session):
    session.jump(5000)
    assert session.cursor <= max(session.computed, 0)


@pytest.mark.parametrize("error", [ValueError("odd"), MemoryError("full"), RecursionError("deep")])
def test_a_run_that_raises_is_that_runs_failure(qtbot, session, monkeypatch, error, caplog):
    settle(qtbot, session)
    real = Descent.advance

    def advance(self, count):
        if self._run.optimizer.rate == 0.77:
            raise error
        return real(self, count)

    monkeypatch.setattr(Descent, "advance", advance)
    with qtbot.waitSignal(session.failed, timeout=5000) as failed:
        session.replace(with_optimizer(session.experiment, 0, 0, lr=0.77))
        session.tick(0.016)
    assert failed.args[0] == 0
    assert type(error).__name__ in failed.args[1]
    monkeypatch.undo()
    session.replace(with_optimizer(session.experiment, 0, 0, lr=0.02))
    settle(qtbot, session)
    assert_same(session, session.experiment)


def test_closing_while_it_computes(qtbot):
    document = {**DOCUMENT, "steps": 200_000}
    for _ in range(5):
        session = Session(gdsim.load(document))
        session.tick(0.016)
        session.close()
        assert session._thread.isFinished()


def test_runs_agree_until_they_differ():
    run = gdsim.load(DOCUMENT).runs[1]
    assert run.agrees_until(run) is None
    later = run.changed(40, msgspec.structs.replace(run.settings_at(40), optimizer=SGD(lr=0.5)))
    assert run.agrees_until(later) == 40
    assert later.agrees_until(run) == 40
    assert later.changed(20, run.settings_at(0)).agrees_until(run) is None


def test_a_copy_of_a_run_has_its_columns_and_goes_its_own_way(qtbot, session):
    settle(qtbot, session)
    first, *others = session.experiment.runs
    columns = session.trajectory.runs[0]
    before = columns.theta.copy()
    copy = msgspec.structs.replace(first, label="copy")
    copied = msgspec.structs.replace(session.experiment, runs=(first, copy, *others))
    session.replace(copied)
    assert session.trajectory.runs[0] is columns
    assert all(run.ended and run.outcome is not None for run in session.trajectory.runs), "nothing is computed again"
    assert session.trajectory.runs[1].label == "copy"
    session.replace(with_optimizer(copied, 1, 2000, lr=0.05))
    settle(qtbot, session)
    other = session.trajectory.runs[1]
    np.testing.assert_array_equal(columns.theta, before)
    np.testing.assert_array_equal(other.theta[:2001], before[:2001])
    assert (other.theta[2001] != before[2001]).any()


def rest(qtbot, session):
    """Tick until nothing moves."""

    def done():
        session.tick(0.016)
        return not session.busy

    qtbot.waitUntil(done, timeout=20_000)


def test_without_foresight_nothing_is_computed_beyond_where_it_stops(qtbot, session):
    session.set_speed(5000)
    session.foresee(False)
    session.replace(with_optimizer(session.experiment, 0, 0, lr=0.02))
    session.play_until(20)
    rest(qtbot, session)
    assert [run.last for run in session.trajectory.runs] == [20, 20, 5]  # the last one diverges
    session.jump(7)
    rest(qtbot, session)
    assert session.cursor == 7
    session.foresee(True)
    settle(qtbot, session)
    assert_same(session, session.experiment)


@pytest.mark.parametrize(("at", "until"), [(0, 0), (30, 20), (5000, 5000), (5000, 4000)])
def test_playing_to_where_it_is_or_was_moves_nothing(qtbot, session, at, until):
    settle(qtbot, session)
    session.jump(at)
    session.play_until(until)
    assert not session.playing
    rest(qtbot, session)
    assert session.cursor == at
