"""The readings: every number at the cursor, and what became of each run, in words."""

import pytest
from PySide6.QtTest import QTest
from windows import LEFT, settle, type_number

from gdsim.core.optimizers import Adam
from gdsim.ui.numbers import nice
from gdsim.ui.panels.readings_panel import READINGS, TONES, _coordinates


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
        assert [x, y] == _coordinates(run.theta[step].tolist())
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
    for (name, symbol, meaning), value in zip(READINGS, card(window)._values, strict=True):
        assert meaning in value.toolTip()
        assert name in value.toolTip()
        assert symbol
    assert set(TONES.values()) <= {"good", "danger", "warn", "t2"}


def test_coordinates_share_decimals_where_that_says_something():
    assert _coordinates([-1.3, 0.25]) == ["−1.300", "0.250"]
    assert _coordinates([1e221, 0.5]) == ["1.00×10²²¹", "0.5000"]
