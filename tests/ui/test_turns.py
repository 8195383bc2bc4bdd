"""Which plots a frame draws while something is dragged, and that nothing is left as it was before."""

import msgspec
from PySide6.QtCore import QEvent, QObject
from windows import app, settle, wait_for

from gdsim.ui.turns import Turns


def edits(turns, pattern):
    """Whose turn it is in each frame, where "e" has another document before it."""
    found = []
    for frame in pattern:
        if frame == "e":
            turns.note_edit()
        found.append(turns.take())
    return found


def test_one_edit_draws_everything_at_once():
    turns = Turns(2)
    assert edits(turns, ".e..e.") == [None] * 6
    assert not turns.due


def test_edits_at_every_frame_take_turns_and_the_frame_behind_them_draws_the_rest():
    turns = Turns(3)
    first, *turn = edits(turns, "eeeeeee")
    assert first is None
    assert [sorted(turn[k : k + 3]) for k in range(4)] == [[0, 1, 2]] * 4
    assert turns.due
    assert turns.take() is None
    assert not turns.due


def with_rate(session, rate):
    """The document with another rate of its first run."""
    first, *others = session.experiment.runs
    optimizer = msgspec.structs.replace(first.optimizer, lr=rate)
    runs = (msgspec.structs.replace(first, optimizer=optimizer), *others)
    return msgspec.structs.replace(session.experiment, runs=runs)


def counted(monkeypatch, plots):
    """How often each of ``plots`` is drawn."""
    counts = dict.fromkeys(plots, 0)

    def count(plot, draw):
        def counting(moment):
            counts[plot] += 1
            draw(moment)

        return counting

    for plot in plots:
        monkeypatch.setattr(plot, "draw", count(plot, plot.draw))
    return counts


def test_while_it_is_dragged_the_landscape_is_in_every_frame_and_in_the_end_every_plot_shows_the_last_moment(
    window, monkeypatch
):
    session, stage = window.session, window.stage
    window._clock.timeout.disconnect(window._frame)
    window._frame()
    counts = counted(monkeypatch, (stage.landscape, stage.loss, stage.schedule))
    for k in range(8):
        session.replace(with_rate(session, 0.001 + 0.0005 * k))
        window._frame()
        assert stage.landscape.moment.experiment is session.experiment
    assert counts[stage.landscape] == 8
    assert counts[stage.loss] in (4, 5)
    assert counts[stage.schedule] in (4, 5)
    window._clock.timeout.connect(window._frame)
    settle(window)
    assert not window._turns.due
    for plot in (*stage.plots, window.data):
        shown = plot._moment
        assert shown.experiment is session.experiment
        assert shown.trajectory is session.trajectory


def test_what_was_left_out_is_drawn_though_nothing_else_happens(window, monkeypatch):
    session, stage = window.session, window.stage
    settle(window)
    window._clock.timeout.disconnect(window._frame)
    monkeypatch.setattr(type(session), "tick", lambda self, seconds: False)
    for rate in (0.001, 0.002, 0.003):
        session.replace(with_rate(session, rate))
        window._frame()
    assert window._turns.due
    window._frame()
    assert {plot.moment.experiment is session.experiment for plot in stage.plots} == {True}
    monkeypatch.undo()
    window._clock.timeout.connect(window._frame)
    settle(window)


class Watcher(QObject):
    """Hears when a pane is painted."""

    def __init__(self, pane, painted):
        super().__init__(pane)
        self._name, self._painted = pane.accessibleName(), painted

    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            self._painted.append(self._name)
        return False


def test_a_plot_is_painted_when_it_is_drawn(window):
    """Panes hear nothing from their scenes: the plots themselves have to say it."""
    painted = []
    panes = window.stage.panes
    for pane in panes:
        pane.viewport().installEventFilter(Watcher(pane, painted))
    settle(window)
    app().processEvents()
    painted.clear()
    window.session.jump(3)
    wait_for(lambda: set(painted) >= {pane.accessibleName() for pane in panes})
    settle(window)
