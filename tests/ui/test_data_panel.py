"""The data dock: which data, what is done with them, and what is said about them."""

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from windows import LEFT, app, closed, drag, settle, type_number, wait_for

import gdsim
from gdsim.core.data import FIVE_POINTS, CsvFile, Dataset, Inline, Moons, NoisySine
from gdsim.core.landscapes import ModelLandscape
from gdsim.core.landscapes.analytic import Rosenbrock
from gdsim.core.landscapes.fitted import LinearRegression, LogisticRegression, PolynomialRegression
from gdsim.core.landscapes.network import Network
from gdsim.core.planes import Coordinates
from gdsim.core.spec import hyperparameters, kinds_of
from gdsim.ui import style
from gdsim.ui.panels.data_panel import (
    experiments_with_data,
    fitting,
    relocated,
    unsuited,
    with_model,
)
from gdsim.ui.panels.landscape_panel import OF_THE_DATA

RUN = {"optimizer": {"name": "SGD", "lr": 0.01}}


def fit(name="linear_regression", steps=30, **fields):
    values = {"landscape": {"name": name, **fields}, "steps": steps, "runs": [RUN]}
    return gdsim.load({"format": "gdsim-experiment", "version": 1, **values})


@pytest.fixture
def fitted(open_window):
    """A window that fits a line to the stopping distances of cars."""
    window = open_window(fit(dataset={"name": "cars"}, validation=0.3), size=(1300, 860))
    settle(window)
    return window


def choose(window, kind):
    """Pick a data set by its place in the list."""
    settings = window.data.settings
    index = settings._kinds.index(kind)
    settings.box.setCurrentIndex(index)
    settings.box.activated.emit(index)
    app().processEvents()


def model(window):
    return window.session.experiment.landscape


# --- which data


def test_every_data_set_can_be_chosen_and_tells_what_it_teaches(fitted):
    box = fitted.data.settings.box
    kinds = fitted.data.settings._kinds
    assert {kind for kind in kinds if kind is not None} == set(kinds_of(Dataset)) - {CsvFile}
    assert box.itemText(box.count() - 1) == "CSV file…"
    for index, kind in enumerate(kinds[:-1]):
        tip = box.itemData(index, Qt.ItemDataRole.ToolTipRole)
        assert kind.teaches in tip
        assert kind.source in tip
    assert box.currentText() == "Stopping distance of cars"


def test_choosing_one_is_one_step_of_undoing(fitted):
    before = fitted.session.experiment
    choose(fitted, NoisySine)
    assert model(fitted).dataset == NoisySine()
    assert model(fitted).validation == 0.3, "how data are prepared stays"
    assert fitted.undo_stack.count() == 1
    fitted.undo_stack.undo()
    assert fitted.session.experiment == before
    assert fitted.data.settings.box.currentText() == "Stopping distance of cars"
    choose(fitted, Inline)
    assert model(fitted).dataset == FIVE_POINTS
    settle(fitted)


def test_what_does_not_suit_is_refused_in_words_and_a_model_is_offered(fitted):
    before = fitted.session.experiment
    choose(fitted, Moons)
    settings = fitted.data.settings
    assert fitted.session.experiment is before
    assert settings._offer.isVisible()
    assert settings._offer_text.text() == (
        "Linear regression answers with a number; the targets of Moons are two classes."
    )
    assert [button.text() for button in settings._buttons] == ["Logistic regression", "Small network"]
    assert settings.box.currentText() == "Stopping distance of cars"
    QTest.mouseClick(settings._buttons[1], LEFT)
    assert isinstance(model(fitted), Network)
    assert model(fitted).dataset == Moons()
    assert model(fitted).validation == 0.3
    assert not settings._offer.isVisible()
    assert fitted.undo_stack.count() == 1
    settle(fitted)


def test_an_offer_is_withdrawn_by_another_choice(fitted):
    choose(fitted, Moons)
    choose(fitted, NoisySine)
    assert not fitted.data.settings._offer.isVisible()
    assert fitted.data.settings._buttons == []
    settle(fitted)


@pytest.mark.parametrize(
    ("kind", "dataset", "reason"),
    [
        (LinearRegression, NoisySine(), ""),
        (LinearRegression, Moons(), "two classes"),
        (PolynomialRegression, Moons(), "two classes"),
        (LogisticRegression, Moons(), ""),
        (LogisticRegression, NoisySine(), "at least two inputs"),
        (Network, Moons(), ""),
        (Network, NoisySine(), ""),
    ],
)
def test_what_suits(kind, dataset, reason):
    said = unsuited(kind(), dataset)
    assert (reason in said) if reason else said == ""
    assert (kind in fitting(dataset)) is (reason == "")


def test_every_data_set_has_a_model():
    for kind in kinds_of(Dataset):
        if kind is CsvFile:
            continue
        dataset = FIVE_POINTS if kind is Inline else kind()
        assert fitting(dataset)
        for one in fitting(dataset):
            assert with_model(Rosenbrock(), one, dataset).task == dataset.task


def test_start_and_plane_stay_where_they_mean_something():
    experiment = msgspec.structs.replace(
        fit("polynomial_regression", degree=3), start=(0.0, 1.0, 2.0, 3.0), plane=Coordinates(first=1, second=3)
    )
    same = relocated(experiment, PolynomialRegression(degree=3, standardise=1.0))
    assert (same.start, same.plane) == (experiment.start, experiment.plane)
    more = relocated(experiment, PolynomialRegression(degree=4))
    assert (more.start, more.plane) == (None, None)
    less = relocated(experiment, LinearRegression())
    assert (less.start, less.plane) == (None, None)


# --- what is done with them


def test_the_fields_that_are_edited_here():
    for kind in kinds_of(ModelLandscape):
        assert set(kind.__struct_fields__) >= set(OF_THE_DATA)
        edited_elsewhere = {one.field for one in hyperparameters(kind) if one.field not in OF_THE_DATA}
        assert not edited_elsewhere & {"dataset", "validation", "standardise", "only", "corrupt"}


@pytest.mark.parametrize("name", ["linear_regression", "logistic_regression", "polynomial_regression", "network"])
def test_only_the_preparation_is_edited_here(open_window, name):
    window = open_window(fit(name))
    paths = window.data.settings.preparation_form.paths()
    assert set(paths) == set(OF_THE_DATA) - {"dataset"}
    settle(window)


def test_numbers_of_the_data_set_and_of_its_preparation(fitted):
    choose(fitted, NoisySine)
    settings = fitted.data.settings
    settings.fold.setChecked(True)
    app().processEvents()
    type_number(settings.dataset_form.editor("noise").field, "0.5")
    assert model(fitted).dataset.noise == 0.5
    type_number(settings.preparation_form.editor("validation").field, "0.5")
    assert model(fitted).validation == 0.5
    assert settings.facts.text() == "20 training, 20 validation"
    before = fitted.session.experiment
    type_number(settings.preparation_form.editor("validation").field, "1.5")
    assert fitted.session.experiment is before
    assert "validation part must be less than 1" in fitted.status.message.text()
    settle(fitted)


def test_a_drag_is_one_step_of_undoing(fitted):
    choose(fitted, NoisySine)
    fitted.data.settings.fold.setChecked(True)
    app().processEvents()
    slider = fitted.data.settings.dataset_form.editor("noise").slider
    x = round(slider._x_of(slider.number))
    drag(slider, [QPoint(x + d, 14) for d in range(0, 25, 5)])
    assert model(fitted).dataset.noise > 0.2
    assert fitted.undo_stack.count() == 2, "the choice, the drag"
    settle(fitted)


def test_only_ten_examples(fitted):
    few = fitted.data.settings.preparation_form.editor("only")
    few.check.setChecked(True)
    assert model(fitted).only == 10
    assert fitted.data.settings.facts.text() == "10 training, 15 validation"
    wait_for(lambda: fitted.data.plot.heading() == "10 of 50 train")
    few.check.setChecked(False)
    assert model(fitted).only is None
    settle(fitted)


@pytest.mark.parametrize("corrupt", ["outliers", "shuffled labels", "wrong scale", "missing values"])
def test_spoilt_data(fitted, corrupt):
    form = fitted.data.settings.preparation_form
    assert form.editor("corrupt_share").isHidden()
    box = form.editor("corrupt").box
    box.setCurrentIndex(box.findText(corrupt))
    assert model(fitted).corrupt == corrupt
    assert not form.editor("corrupt_share").isHidden()
    notes = [note.text for note in fitted.data.settings._signs]
    assert notes == list(model(fitted).notes())
    assert bool(notes) is (corrupt == "missing values")
    settle(fitted)


# --- standardising


def test_standardising_morphs_in_one_step_of_undoing(fitted):
    seen = []
    fitted.session.replaced.connect(lambda: seen.append(model(fitted).standardise))
    QTest.mouseClick(fitted.data.settings.switch, LEFT)
    assert fitted.data.settings.switch.isChecked()
    wait_for(lambda: not fitted.data.morphing)
    assert model(fitted).standardise == 1.0
    assert len(seen) > 2, "one sees it happen"
    assert seen == sorted(seen)
    assert fitted.undo_stack.count() == 1
    fitted.undo_stack.undo()
    assert model(fitted).standardise == 0.0
    assert not fitted.data.settings.switch.isChecked()
    settle(fitted)


def test_on_and_off_are_two_steps(fitted):
    for on in (True, False):
        fitted.data.settings.switch.click()
        wait_for(lambda: not fitted.data.morphing)
        assert model(fitted).standardise == float(on)
    assert fitted.undo_stack.count() == 2
    settle(fitted)


def test_another_edit_or_an_undo_stops_the_morph(fitted):
    data = fitted.data
    data.settings.switch.click()
    wait_for(lambda: 0.0 < model(fitted).standardise < 1.0)
    fitted.undo_stack.undo()
    data.apply("Only three", only=3)
    assert not data.morphing
    assert model(fitted).only == 3
    settle(fitted)


def test_undoing_in_the_middle_of_a_morph_stays_undone(fitted):
    fitted.data.settings.switch.click()
    wait_for(lambda: 0.0 < model(fitted).standardise < 1.0)
    fitted.undo_stack.undo()
    wait_for(lambda: not fitted.data.morphing)
    assert model(fitted).standardise == 0.0
    assert not fitted.data.settings.switch.isChecked()
    settle(fitted)


def test_closing_the_dock_ends_the_morph_where_it_was_going(fitted):
    fitted.data.settings.switch.click()
    wait_for(lambda: model(fitted).standardise > 0.0)
    fitted.docks["data"].hide()
    assert not fitted.data.morphing
    assert model(fitted).standardise == 1.0
    assert fitted.undo_stack.count() == 1
    settle(fitted)


def test_a_window_that_closes_in_the_middle(open_window):
    window = open_window(fit(dataset={"name": "cars"}), size=(1300, 860))
    window.data.settings.switch.click()
    wait_for(lambda: model(window).standardise > 0.0)
    closed(window)


# --- facts


def test_the_condition_number_falls_by_standardising(fitted):
    said = fitted.data.settings.condition
    wait_for(lambda: said.text().startswith("condition number"))
    expected = model(fitted).condition_number(np.array([0.0, 0.0]))
    assert float(said.text().split()[-1]) == pytest.approx(expected, rel=1e-2)
    fitted.data.settings.switch.click()
    wait_for(lambda: not fitted.data.morphing)
    settle(fitted)
    wait_for(lambda: said.text() == "condition number 1.00")


def test_the_condition_number_of_a_network_is_that_of_its_inputs(open_window):
    window = open_window(fit("network", hidden=16, hidden2=16, steps=2))
    said = window.data.settings.condition
    wait_for(lambda: said.text().startswith("condition"))
    assert float(said.text().split()[-1]) == pytest.approx(model(window).input_condition(), rel=1e-2)
    before = said.text()
    window.session.jump(2)
    settle(window)
    assert said.text() == before  # wherever the marble is


def test_a_large_condition_number_does_not_widen_the_dock(open_window):
    window = open_window(fit("polynomial_regression", degree=12, steps=2))
    said = window.data.settings.condition
    wait_for(lambda: said.text().startswith("condition"))
    settle(window)
    assert "×10" in said.text()
    settings = window.data.settings
    assert settings.minimumSizeHint().width() <= settings.width()
    assert settings.box.geometry().right() <= settings.width()


def test_notes_are_plain_sentences(open_window):
    window = open_window(fit("polynomial_regression", degree=15, only=10))
    assert [note.text for note in window.data.settings._signs] == [
        "10 points, 16 parameters: many curves pass through all of them."
    ]
    assert window.data.settings.facts.text() == "10 of 40 examples for training"
    settle(window)


def test_the_picture_follows_the_cursor(fitted):
    fitted.session.jump(7)
    settle(fitted)
    assert fitted.data.plot.moment.cursor == 7
    assert fitted.data.plot.data_scene.landscape is model(fitted)


def test_a_closed_dock_costs_nothing_and_is_right_when_it_comes_back(fitted):
    fitted.docks["data"].hide()
    before = fitted.data.plot.moment
    fitted.session.jump(9)
    settle(fitted)
    assert fitted.data.plot.moment is before
    fitted.docks["data"].show()
    wait_for(lambda: fitted.data.plot.moment.cursor == 9)


def test_the_theme_is_taken_on(fitted):
    fitted.set_theme("light")
    settle(fitted)
    assert fitted.data.plot.plot_style.theme is style.current()
    assert fitted.data.pane.backgroundBrush().color().name().upper() == style.current().bg1
    fitted.set_theme("dark")
    settle(fitted)


# --- a formula


def test_a_formula_has_a_sentence_and_a_way_to_data(window):
    data = window.data
    assert data.empty.isVisible()
    assert not data.pane.isVisible()
    assert data.height() <= data.empty.sizeHint().height() + 60
    QTest.mouseClick(data.empty.line, LEFT)
    assert model(window) == LinearRegression()
    assert window.session.experiment.start is None
    assert data.pane.isVisible()
    assert window.undo_stack.count() == 1
    settle(window)
    window.undo_stack.undo()
    assert isinstance(model(window), Rosenbrock)
    assert data.empty.isVisible()
    settle(window)


def test_ready_made_experiments_with_data(window):
    found = experiments_with_data()
    assert found
    for path, title in found:
        assert isinstance(gdsim.load(path).landscape, ModelLandscape)
        assert title
    window.data.empty._fill()
    assert [action.text() for action in window.data.empty.menu.actions()][: len(found)] == [
        title.replace("&", "&&") for _, title in found
    ]
    window.data.empty.menu.actions()[0].trigger()
    assert isinstance(model(window), ModelLandscape)
    settle(window)


def test_every_control_can_be_reached(fitted):
    for stop in fitted.data.stops():
        assert stop.focusPolicy() & Qt.FocusPolicy.TabFocus
        assert stop.accessibleName() or stop.text()


@pytest.mark.parametrize("size", [(800, 600), (1024, 700), (1200, 620), (1440, 900)], ids=str)
def test_there_is_room_at_every_size(open_window, size):
    window = open_window(fit("logistic_regression", validation=0.3), size=size)
    window.show_dock("data")
    settle(window)
    assert window.data.pane.height() >= window.data.pane.minimumHeight()
    assert window.data.body.height() >= 100
    assert window.size().toTuple() == size


def test_a_refusal_is_said_until_an_edit_succeeds(open_window):
    window = open_window(fit("linear_regression"))
    window.data.apply("Change the preparation of the data", validation=2.0)
    assert window.status.message.property("tone") == "danger"
    assert not window.status.message.text().startswith("$")
    window.data.apply("Change the preparation of the data", validation=0.2)
    assert window.status.message.text() == ""
    settle(window)
