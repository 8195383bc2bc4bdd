"""The range test in the window: what the core finds is drawn and said, and one click applies it."""

import pytest
from PySide6.QtTest import QTest
from samples import document
from windows import LEFT, closed, opened, type_number, wait_for

import gdsim
from gdsim.core.range_test import FACTOR, LONGEST, START, applied, range_test
from gdsim.ui.plots.range_plot import RangePlot
from gdsim.ui.range_dialog import USES, RangeDialog, updates


@pytest.fixture
def dialog(window):
    dialog = RangeDialog(window.session.experiment, 1, window.editor, window)
    dialog.show()
    wait_for(lambda: dialog.test is not None)
    yield dialog
    dialog.close()
    dialog.deleteLater()


def test_it_makes_the_cores_test_of_the_run(window, dialog):
    wanted = range_test(window.session.experiment, 1)
    assert dialog.test.suggestion == wanted.suggestion
    assert dialog.test.rates.tolist() == wanted.rates.tolist()
    assert f"{wanted.suggestion:g}"[:4] in dialog._why.text()
    assert "After update" in dialog._stopped.text()


@pytest.mark.parametrize("how", [how for how, *_ in USES])
def test_one_click_applies_it_and_can_be_undone(window, dialog, how):
    before, said = window.session.experiment, []
    dialog.applied.connect(said.append)
    QTest.mouseClick(dialog.buttons[how], LEFT)
    assert window.session.experiment == applied(before, 1, dialog.test, how)
    assert window.undo_stack.count() == 1
    assert not dialog.isVisible()
    assert len(said) == 1
    window.undo_stack.undo()
    assert window.session.experiment == before


def test_other_rates_can_be_tried(dialog):
    first = dialog.test
    type_number(dialog.factor_field, "1.5")
    wait_for(lambda: dialog.test is not first)
    assert dialog.test.rates[1] / dialog.test.rates[0] == pytest.approx(1.5)
    type_number(dialog.start_field, "1e-5")
    wait_for(lambda: dialog.test.rates[0] == 1e-5)


@pytest.mark.parametrize(("field", "text"), [("start_field", "-1"), ("start_field", "0"), ("factor_field", "1")])
def test_rates_that_make_no_sense_are_refused_in_words(dialog, field, text):
    first = dialog.test
    type_number(getattr(dialog, field), text)
    assert "must" in dialog._error.text()
    assert dialog._error.isVisible()
    assert dialog.test is first


def test_where_nothing_is_suggested_nothing_can_be_applied(tmp_path, qtbot):
    flat = document({"optimizer": {"name": "SGD"}}, landscape={"name": "formula", "expression": "0*x + 0*y"}, steps=5)
    window = opened(tmp_path, gdsim.load(flat))
    dialog = RangeDialog(window.session.experiment, 0, window.editor, window)
    dialog.show()
    wait_for(lambda: dialog.test is not None)
    assert dialog.test.suggestion is None
    assert not any(button.isEnabled() for button in dialog.buttons.values())
    assert "No suggestion" in dialog._why.text()
    dialog.use("rate")
    assert window.undo_stack.count() == 0
    dialog.grab()
    dialog.close()
    dialog.deleteLater()
    closed(window)


def test_a_cancelled_test_keeps_what_it_has(window, dialog, monkeypatch):
    def cancelled(_parent, _text, work):
        return work(lambda _share: None, lambda: True)

    monkeypatch.setattr("gdsim.ui.range_dialog.wait_for", cancelled)
    dialog.make_test()
    assert 0 < dialog.test.step < 20
    assert dialog._stopped.text() == f"Cancelled after {dialog.test.step} updates."


@pytest.mark.parametrize(
    ("start", "factor", "most"),
    [(START, FACTOR, 116), (START, 1.2, 166), (START, 1e3, 6), (START, 1.0001, LONGEST), (1e5, 10.0, 2)],
)
def test_slow_rises_get_more_updates(start, factor, most):
    assert updates(start, factor) == most


@pytest.mark.parametrize("size", [(360, 220), (820, 400)])
def test_the_plot_shows_curve_and_marks(qtbot, size):
    experiment = gdsim.load(document({"optimizer": {"name": "SGD"}}, landscape="rosenbrock", steps=50))
    plot = RangePlot()
    qtbot.addWidget(plot)
    plot.resize(*size)
    bare = plot.grab().toImage()
    plot.show_test(range_test(experiment, 0), "#FFBB3C")
    drawn = plot.grab().toImage()
    assert drawn != bare
    colors = {drawn.pixelColor(x, y).name() for x in range(0, size[0], 1) for y in range(0, size[1], 2)}
    assert "#ffbb3c" in colors


def test_a_loss_that_blows_up_at_once_is_told_in_words(qtbot):
    experiment = gdsim.load(document({"optimizer": {"name": "SGD"}}, landscape="quadratic", steps=50))
    test = range_test(experiment, 0, start=50.0)
    assert test.rates.size == 1
    assert test.why.startswith("The loss blew up at once, at the first rate of 50")
    plot = RangePlot()
    qtbot.addWidget(plot)
    plot.resize(760, 400)
    plot.show_test(test, "#FFBB3C")
    told = plot.grab().toImage()
    middle = {told.pixelColor(x, y).name() for x in range(250, 500) for y in range(150, 260)}
    assert len(middle) > 5
