"""How a model of many parameters is seen: kinds of planes, parameters by name, and the surfaces."""

import pytest
from PySide6.QtTest import QTest
from samples import document
from windows import Key, action, app, focus, settle

import gdsim
from gdsim.core.landscapes.network import Network
from gdsim.core.planes import Components, Coordinates, Directions, Plane
from gdsim.core.spec import kinds_of
from gdsim.ui.plane_editor import SURFACES


def opened(open_window, landscape, **fields):
    runs = ({"optimizer": {"name": "SGD", "lr": 0.1}},)
    window = open_window(gdsim.load(document(*runs, landscape=landscape, steps=30, **fields)))
    settle(window)
    window.landscape.fold.setChecked(True)
    app().processEvents()
    return window


def choose(box, row):
    """Pick a row as a hand does."""
    box.setCurrentIndex(row)
    box.activated.emit(row)


SMALL = {"name": "network", "hidden": 3, "hidden2": 0}


def test_the_kinds_teach_and_are_chosen(open_window):
    window = opened(open_window, {"name": "network"})
    editor, session = window.landscape.plane, window.session
    assert editor.isVisible()
    assert editor.kind.currentText() == "Plane: principal components", "what suits it"
    assert session.experiment.plane is None
    for row, kind in enumerate(kinds_of(Plane)):
        assert kind.teaches in editor.kind.itemData(row, 3)
        choose(editor.kind, row)
        assert editor.form.paths()[0] == "through"
    assert isinstance(session.experiment.plane, Components)
    choose(editor.kind, list(kinds_of(Plane)).index(Directions))
    assert isinstance(session.experiment.plane, Directions)
    assert session.trajectory.ended, "nothing is computed anew"
    count = window.undo_stack.count()
    choose(editor.kind, editor.kind.currentIndex())
    assert window.undo_stack.count() == count, "the same again is no edit"
    window.undo_stack.undo()
    assert isinstance(session.experiment.plane, Components)
    assert editor.kind.currentText() == "Plane: principal components"
    settle(window)


def test_where_it_goes_through(open_window):
    window = opened(open_window, SMALL, plane={"name": "directions"})
    form = window.landscape.plane.form
    choose(form.editor("through").box, 2)
    assert window.session.experiment.plane == Directions(through="best")
    form.editor("seed").field.setText("7")
    form.editor("seed").field.setModified(True)
    form.editor("seed").field.commit()
    assert window.session.experiment.plane == Directions(through="best", seed=7)
    choose(window.landscape.plane.kind, 0)
    assert window.session.experiment.plane == Coordinates(through="best"), "that is kept by another kind"
    settle(window)


def test_parameters_are_chosen_by_name(open_window):
    window = opened(open_window, {"name": "network"}, plane={"name": "coordinates"})
    form, session = window.landscape.plane.form, window.session
    first, second = form.editor("first").box, form.editor("second").box
    names = list(Network().parameter_names)
    assert [first.itemText(row) for row in range(first.count())] == names
    assert (first.currentText(), second.currentText()) == (names[0], names[1])
    choose(first, 40)
    assert session.experiment.plane == Coordinates(first=40, second=1)
    choose(second, 40)
    assert session.experiment.plane == Coordinates(first=1, second=40), "they change places"
    assert (first.currentText(), second.currentText()) == (names[1], names[40])
    window.undo_stack.undo()
    assert (first.currentText(), second.currentText()) == (names[40], names[1])
    settle(window)


@pytest.mark.parametrize(("typed", "picked"), [("{50}", 50), ("nonsense", 0), ("", 0)])
def test_hundreds_of_names_are_searched(open_window, typed, picked):
    window = opened(open_window, {"name": "network"}, plane={"name": "coordinates"})
    names = Network().parameter_names
    box = window.landscape.plane.form.editor("first").box
    assert box.isEditable()
    assert box.completer().filterMode().name == "MatchContains"
    line = box.lineEdit()
    focus(line)
    line.selectAll()
    QTest.keyClicks(line, typed.replace("{50}", names[50].lower()) or " ")
    QTest.keyClick(line, Key.Key_Return)
    assert window.session.experiment.plane == Coordinates(first=picked, second=1)
    assert box.currentText() == names[picked]
    box.completer().popup().hide()
    settle(window)


def test_a_few_names_are_a_list(open_window):
    window = opened(open_window, {"name": "polynomial_regression", "degree": 3})
    assert not window.landscape.plane.form.editor("first").box.isEditable()
    degree = window.landscape._form.editor("degree").field
    for text, last in (("9", "w9"), ("2", "w2")):
        degree.setText(text)
        degree.setModified(True)
        degree.commit()
        box = window.landscape.plane.form.editor("second").box
        assert box.itemText(box.count() - 1) == last
        assert box.currentText() == "w1"
    settle(window)


def test_a_plane_that_no_longer_exists_goes(open_window):
    plane = {"name": "coordinates", "first": 1, "second": 8}
    window = opened(open_window, {"name": "polynomial_regression", "degree": 9}, plane=plane, start=[0.1] * 10)
    degree = window.landscape._form.editor("degree").field
    for text, kept in (("8", Coordinates(first=1, second=8)), ("7", None)):
        degree.setText(text)
        degree.setModified(True)
        degree.commit()
        assert window.session.experiment.landscape.degree == int(text)
        assert window.session.experiment.plane == kept
        assert window.session.experiment.start is None
    settle(window)


def test_surfaces_are_there_with_a_validation_part(open_window):
    window = opened(open_window, {"name": "linear_regression", "validation": 0.4})
    editor, session = window.landscape.plane, window.session
    assert editor.surface.isVisible()
    assert not editor.kind.isVisible(), "two parameters need no plane"
    for row, name in enumerate(SURFACES):
        choose(editor.surface, row)
        assert session.experiment.surface == name
    assert session.trajectory.ended, "nothing is computed anew"
    assert window.undo_stack.count() == 2
    for expected in ("training", "validation", "both"):
        QTest.keyClick(window.stage, Key.Key_V)
        assert session.experiment.surface == expected
        assert editor.surface.currentText() == expected
    assert "lines are of the validation loss" in window.status.message.text()
    settle(window)


@pytest.mark.parametrize("landscape", ["rosenbrock", "linear_regression"])
def test_nothing_to_choose(open_window, landscape):
    window = opened(open_window, landscape)
    assert not window.landscape.plane.isVisible()
    action(window, "surface").trigger()
    assert window.session.experiment.surface == "training"
    assert "no validation surface" in window.status.message.text()
    settle(window)


def test_another_landscape_is_seen_as_suits_it(open_window):
    window = opened(open_window, SMALL | {"validation": 0.3}, plane={"name": "directions"}, surface="both")
    window.landscape._pick(gdsim.core.landscapes.analytic.Rosenbrock)
    experiment = window.session.experiment
    assert (experiment.plane, experiment.surface, experiment.start) == (None, "training", None)
    settle(window)
