"""What if: a fork at the cursor leaves a ghost, and an edit then shows both ways."""

import msgspec
import numpy as np
import pytest
from PySide6.QtGui import QColor
from windows import action, settle, wait_for

import gdsim
from gdsim.core.documents import encode
from gdsim.ui import style
from gdsim.ui.panels.runs_panel import forked


def ready(window):
    wait_for(lambda: window.session.trajectory.ended)
    settle(window)


def raise_rate(window, factor):
    session = window.session
    settings = session.experiment.runs[session.selected].settings_at(session.aim)
    optimizer = msgspec.structs.replace(settings.optimizer, lr=settings.optimizer.lr * factor)
    window.runs._edit_settings(msgspec.structs.replace(settings, optimizer=optimizer), "learning rate")


def test_both_branches_are_there(window):
    ready(window)
    window.session.jump(40)
    settle(window)
    before, columns = window.session.experiment, window.session.trajectory.runs[0].theta.copy()
    action(window, "fork").trigger()
    ghost, copy, other = window.session.experiment.runs
    assert (ghost.ghost, copy.ghost) == (True, False)
    assert window.session.selected == 1
    assert ghost.agrees_until(copy) is None
    assert copy.changes[0].step == 40
    assert window.session.experiment.color(1) == before.color(0)
    assert other == msgspec.structs.replace(before.runs[1], color=before.color(1))
    assert all(len(run) == 121 for run in window.session.trajectory.runs), "nothing has to be computed again"
    raise_rate(window, 0.25)
    ready(window)
    left, right = window.session.trajectory.runs[:2]
    np.testing.assert_array_equal(left.theta, columns)
    np.testing.assert_array_equal(right.theta[:41], columns[:41])
    assert not np.array_equal(right.theta[41], columns[41])
    window.undo_stack.undo()
    window.undo_stack.undo()
    assert window.session.experiment == before


@pytest.mark.parametrize("step", [0, 120])
def test_at_the_ends(window, step):
    ready(window)
    window.session.jump(step)
    settle(window)
    action(window, "fork").trigger()
    if step:
        assert len(window.session.experiment.runs) == 2
        assert "step back" in window.status.message.text()
    else:
        assert window.session.experiment.runs[1].changes == ()


def test_a_ghost_is_drawn_faintly(window):
    ready(window)
    window.session.jump(60)
    settle(window)
    action(window, "fork").trigger()
    moment, theme = window.moment(), style.current()
    ghost, copy = moment.look(theme, 0), moment.look(theme, 1)
    assert (ghost.dash, ghost.marker) == (copy.dash, copy.marker)
    lightness = [QColor(found.color).lightnessF() for found in (ghost, copy)]
    assert lightness[0] < 0.7 * lightness[1], "on the dark theme"
    assert [index for index, _ in moment.visible()] == [0, 2, 1], "ghosts lie below, the selected run above"


def test_a_ghost_can_be_drawn_in_full_again(window):
    window.runs.toggle_ghost(0)
    assert window.session.experiment.runs[0].ghost
    window.runs.toggle_ghost(0)
    assert not window.session.experiment.runs[0].ghost


def test_documents_keep_ghosts_and_old_ones_have_none(window):
    experiment = forked(window.session.experiment, 0, 3)
    assert gdsim.load(msgspec.json.decode(encode(experiment))) == experiment
    plain = msgspec.json.decode(encode(window.session.experiment))
    for run in plain["runs"]:
        run.pop("ghost", None)
    assert not any(run.ghost for run in gdsim.load(plain).runs)


def test_the_fork_of_a_ghost_has_a_colour_of_its_own(window):
    once = forked(window.session.experiment, 0, 3)
    assert forked(once, 0, 5, free=4).runs[1].color == 4
    assert forked(once, 1, 5, free=4).runs[2].color == once.runs[1].color
