"""A run too long to be kept whole, while it is watched: what is shown is exact, near the cursor and far back."""

import msgspec
import numpy as np
import pytest

import gdsim
from gdsim.core import trajectory
from gdsim.session import session as watched
from gdsim.session.session import Session

DOCUMENT = {
    "format": "gdsim-experiment",
    "version": 1,
    "landscape": {"name": "rosenbrock"},
    "start": [-1.2, 1.0],
    "steps": 9_000,
    "runs": [
        {"optimizer": {"name": "Adam", "lr": 0.01}, "noise": {"std": 0.1}},
        {"optimizer": {"name": "SGD", "lr": 0.001, "momentum": 0.9}},
        {"optimizer": {"name": "SGD", "lr": 0.1}, "label": "diverges"},
    ],
}


@pytest.fixture
def full():
    return gdsim.run(gdsim.load(DOCUMENT))


@pytest.fixture
def session(qtbot, full, monkeypatch):
    monkeypatch.setattr(trajectory, "MOST_ROWS", 1_000)
    monkeypatch.setattr(trajectory, "TAIL", 300)
    monkeypatch.setattr(watched, "NEAR", 400)
    monkeypatch.setattr(watched, "SOON", 50)
    made = Session(gdsim.load(DOCUMENT))
    yield made
    made.close()


def settle(qtbot, session):
    def done():
        session.tick(0.016)
        return not session.busy

    qtbot.waitUntil(done, timeout=20_000)


def assert_shown(session, full, step):
    assert session.cursor == step
    for have, want in zip(session.trajectory.runs, full.runs, strict=True):
        at = min(step, want.last)
        assert np.array_equal(have.at(at).theta, want.theta[at], equal_nan=True)
        assert have.at(at).loss == want.loss[at] or np.isnan(want.loss[at])
        assert np.array_equal(have.at(at).lr, want.lr[at], equal_nan=True)


def test_every_step_that_is_looked_at_is_exact(qtbot, session, full):
    settle(qtbot, session)
    assert [run.stride for run in session.trajectory.runs] == [16, 16, 1]
    for step in (0, 1, 3, 517, 4_001, 8_999, 9_000, 4_003, 13):
        session.jump(step)
        assert session.cursor <= step
        assert step - session.cursor < 16
        settle(qtbot, session)
        assert_shown(session, full, step)


def test_stepping_back_is_exact_at_once_near_the_cursor(qtbot, session, full):
    session.jump(5_003)
    settle(qtbot, session)
    for step in range(5_002, 4_960, -1):
        session.step(-1)
        assert_shown(session, full, step)


def test_stepping_back_far_never_skips(qtbot, session, full):
    session.jump(3_000)
    settle(qtbot, session)
    for step in range(2_999, 2_500, -1):
        session.step(-1)
        session.tick(0.016)
        assert session.player.wanted == step
    settle(qtbot, session)
    assert_shown(session, full, 2_501)


def test_an_edit_far_back_keeps_what_was_before_bit_for_bit(qtbot, session):
    settle(qtbot, session)
    session.jump(2_345)
    settle(qtbot, session)
    document = session.experiment
    run = document.runs[0]
    changed = msgspec.structs.replace(
        run.settings_at(2_345), optimizer=msgspec.structs.replace(run.optimizer, lr=0.003)
    )
    edited = msgspec.structs.replace(document, runs=(run.changed(2_345, changed), *document.runs[1:]))
    session.replace(edited)
    settle(qtbot, session)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trajectory, "MOST_ROWS", 1 << 20)
        want = gdsim.run(edited)
    assert_shown(session, want, 2_345)
    session.jump(9_000)
    settle(qtbot, session)
    assert_shown(session, want, 9_000)
    assert session.trajectory.runs[0].loss.tolist() == want.runs[0].loss[::16].tolist()


def test_a_long_run_is_followed_no_further_than_allowed(qtbot, session, monkeypatch):
    monkeypatch.setattr(watched, "AHEAD", 500)
    session.replace(msgspec.structs.replace(session.experiment, steps=8_000))
    settle(qtbot, session)
    before = session.computed
    assert before <= max(9_000, session.player.wanted + 501)
    rows = [run.nbytes for run in session.trajectory.runs]
    assert max(rows) < 4 * 1_000 * 8 * 8
