"""The readings: every number at the cursor, and what became of each run, in words."""

import numpy as np
import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from samples import document
from windows import LEFT, settle, type_number

import gdsim
from gdsim.core.epochs import stretches
from gdsim.core.optimizers import Adam
from gdsim.core.section import section
from gdsim.ui.numbers import nice
from gdsim.ui.panels.readings_panel import TONES
from gdsim.ui.plots.readings import coordinates, facts, readings


def card(window, index=0):
    return window.readings._cards[index]


def texts(window, index=0):
    return [value.text() for value in card(window, index)._values]


@pytest.mark.parametrize("step", [0, 1, 60, 120])
def test_the_numbers_are_those_of_the_cursor(window, step):
    window.session.jump(step)
    settle(window)
    for index, run in enumerate(window.session.trajectory.runs):
        loss, slope, rate, x, y = texts(window, index)
        assert loss == nice(float(run.loss[step]))
        assert slope == nice(float(run.grad_norm[step]))
        assert rate == nice(float(run.lr[min(step, 119)])), "at the last step the rate that led there"
        assert [x, y] == coordinates(run.theta[step].tolist())
        assert card(window, index)._step.text() == f"step {step}"


def test_a_run_that_ended_before_says_so(window):
    type_number(window.runs.settings.form("optimizer").editor("lr").field, "0.9")
    window.session.jump(100)
    settle(window)
    end = window.session.trajectory.runs[0].last
    assert card(window)._step.text() == f"ended at {end}"
    assert card(window)._outcome.property("tone") == "danger"
    assert texts(window)[0] in ("∞", "NaN")
    assert not any(text.startswith(("0.00×", "−0.00×")) for text in texts(window))
    assert card(window, 1)._step.text() == "step 100"


def test_a_click_selects_the_run(window):
    QTest.mouseClick(card(window, 1), LEFT)
    assert window.session.selected == 1
    assert card(window, 1).property("selected")
    assert not card(window, 0).property("selected")


def test_there_is_a_card_for_each_run(window):
    window.runs.add(Adam())
    assert [made._name.whole for made in window.readings._cards] == ["slow", "heavy", "Adam"]
    settle(window)
    window.undo_stack.undo()
    assert len(window.readings._cards) == 2
    settle(window)


def test_a_failure_is_told_in_its_card(window):
    window.session.failures[1] = "ValueError: odd"
    window.readings.update_readings()
    assert card(window, 1)._outcome.text() == "failed"
    assert "odd" in card(window, 1)._why.text()


def test_every_reading_is_explained(window):
    session = window.session
    cut = section(session.experiment, session.trajectory, 3, 0)
    parts = stretches(session.experiment.runs[0], 120, None)
    lines = facts(session.experiment, cut, session.trajectory.runs[0], 3, parts, chosen=True)
    read = [fact for line in lines for fact in line]
    assert [fact.symbol for fact in read] == ["L", "|g|", "η", "x", "y"]
    for fact, value in zip(read, card(window)._values, strict=True):
        assert fact.meaning in value.toolTip()
        assert fact.name in value.toolTip()
    assert set(TONES.values()) <= {"good", "danger", "warn", "t2"}


def test_coordinates_share_decimals_where_that_says_something():
    assert coordinates([-1.3, 0.25]) == ["−1.300", "0.250"]
    assert coordinates([1e221, 0.5]) == ["1.00×10²²¹", "0.5000"]


# -- models

LINE = {"name": "linear_regression", "dataset": {"name": "line", "size": 100}, "validation": 0.3}
NETWORK = {"name": "network", "dataset": {"name": "moons", "size": 60, "noise": 0.35}, "validation": 0.4}
ADAM = {"optimizer": {"name": "Adam", "lr": 0.05}}
BATCHED = {**ADAM, "batch_size": 10}


def symbols(window, index=0):
    return [title.text() for title in card(window, index).findChildren(QLabel) if title.text() in SYMBOLS]


SYMBOLS = {
    "L", "|g|", "val", "batch", "η", "|θ|", "w", "b", "epoch", "surface below", "distance to plane",
    "variance in plane",
}  # fmt: skip


def test_a_model_tells_validation_batch_and_epoch(open_window):
    window = open_window(gdsim.load(document(BATCHED, ADAM, landscape=LINE, steps=40)))
    settle(window)
    window.session.jump(24)
    settle(window)
    run = window.session.trajectory.runs[0]
    found = texts(window)
    assert symbols(window) == ["L", "|g|", "val", "batch", "η", "w", "b", "epoch"]
    assert found[2] == nice(float(run.val_loss[24]))
    assert found[3] == nice(float(run.batch_loss[24]))
    assert found[-1] == "4, batch 4 of 7"
    assert symbols(window, 1) == ["L", "|g|", "val", "η", "w", "b"]
    window.session.jump(25)
    settle(window)
    assert texts(window)[-1] == "4, batch 5 of 7"
    window.runs.settings._choose_batch(0)
    settle(window)
    window.session.jump(30)
    settle(window)
    assert texts(window)[3] == "–", "this stretch has no batches"


@pytest.mark.parametrize(
    ("plane", "flat"),
    [
        ({"name": "coordinates", "through": "start"}, False),
        ({"name": "coordinates", "through": "marble"}, True),
        ({"name": "components", "through": "end"}, False),
    ],
)
def test_beside_the_plane_both_losses_are_told(open_window, plane, flat):
    window = open_window(gdsim.load(document(ADAM, landscape=NETWORK, steps=60, plane=plane)))
    settle(window)
    window.session.jump(40)
    settle(window)
    session = window.session
    run, cut = session.trajectory.runs[0], section(session.experiment, session.trajectory, 40, 0)
    read = dict(zip(symbols(window), texts(window), strict=True))
    assert read["|θ|"] == nice(float(np.linalg.norm(run.theta[40])))
    assert "w" not in read
    assert (read["distance to plane"] == "0") == flat
    if flat:
        assert read["surface below"] == read["L"]
    else:
        assert read["surface below"] == nice(cut.beneath(run.theta[40])) != read["L"]
        assert read["distance to plane"] == nice(cut.distance(run.theta[40]))
    assert ("variance in plane" in read) == (plane["name"] == "components")


def test_overfitting_is_said_at_the_end_and_not_before(open_window):
    window = open_window(gdsim.load(document(ADAM, landscape=NETWORK, steps=400)))
    settle(window)
    window.session.jump(399)
    settle(window)
    assert "Over-fitting" not in card(window)._why.text()
    window.session.jump(400)
    settle(window)
    assert "Over-fitting: the validation loss was lowest at step" in card(window)._why.text()
    assert card(window)._outcome.text().endswith(", over-fitting")
    assert card(window)._outcome.property("tone") == "warn"


def test_figures_read_the_same_numbers():
    made = gdsim.load(document(BATCHED, landscape=LINE, steps=40))
    run = gdsim.run(made).runs[0]
    found = dict(readings(run, 24, made.landscape.axes, stretches(made.runs[0], 40, 70)))
    assert list(found) == ["loss", "validation", "batch loss", "|gradient|", "rate η", "epoch", "w, b"]
    assert found["validation"] == nice(float(run.val_loss[24]))
    assert found["epoch"] == "4, batch 4 of 7"
    net = gdsim.load(document(ADAM, landscape=NETWORK, steps=5))
    assert [name for name, _ in readings(gdsim.run(net).runs[0], 5)] == [
        "loss", "validation", "|gradient|", "rate η", "|θ|",
    ]  # fmt: skip


def test_behind_another_tab_it_waits_and_shows_the_cursor_as_soon_as_it_is_seen(window):
    window.show_dock("readings")
    settle(window)
    window.session.jump(3)
    settle(window)
    card = window.readings._cards[0]
    assert card._step.text() == "step 3"
    window.show_dock("update")
    window.session.jump(7)
    settle(window)
    assert card._step.text() == "step 3"
    window.show_dock("readings")
    assert card._step.text() == "step 7"
