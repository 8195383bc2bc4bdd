"""The landscape's panel: the gallery by mouse and keys, its parameters, start, steps and seed."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from windows import LEFT, Key, app, drag, settle, type_number, wait_for

from gdsim.core.landscapes import Landscape
from gdsim.core.landscapes.analytic import Rosenbrock
from gdsim.core.spec import kinds_of
from gdsim.ui import style


def gallery(window):
    QTest.mouseClick(window.landscape.card, LEFT)
    made = window.landscape._gallery
    wait_for(made.isVisible)
    return made


def place_of(made, kind):
    items = [made._list.item(row) for row in range(made._list.count())]
    return next(item for item in items if item.data(Qt.ItemDataRole.UserRole) is kind)


def test_the_gallery_shows_every_landscape_with_its_picture(window):
    made = gallery(window)
    items = [made._list.item(row) for row in range(made._list.count())]
    assert [item.data(Qt.ItemDataRole.UserRole) for item in items] == list(kinds_of(Landscape))
    for item in items:
        assert not item.icon().isNull()
        assert made._list.visualItemRect(item).width() >= 0
        assert item.toolTip()
    assert made._list.currentItem().data(Qt.ItemDataRole.UserRole) is Rosenbrock
    assert made._list.hasFocus()
    assert made._list.verticalScrollBar().maximum() == 0, "all of them are seen at once"
    made.close()


def test_one_is_picked_by_mouse(window):
    made = gallery(window)
    kind = kinds_of(Landscape)[3]
    QTest.mouseClick(made._list.viewport(), LEFT, pos=made._list.visualItemRect(place_of(made, kind)).center())
    settle(window)
    assert type(window.session.experiment.landscape) is kind
    assert not made.isVisible()
    assert window.session.experiment.start is None, "it begins where the landscape says"
    assert window.undo_stack.count() == 1
    assert window.stage.hasFocus()
    window.undo_stack.undo()
    assert isinstance(window.session.experiment.landscape, Rosenbrock)
    settle(window)


def test_one_is_picked_by_keys(window):
    made = gallery(window)
    QTest.keyClick(made._list, Key.Key_Right)
    wanted = made._list.currentItem().data(Qt.ItemDataRole.UserRole)
    assert wanted is not Rosenbrock
    QTest.keyClick(made._list, Key.Key_Return)
    assert type(window.session.experiment.landscape) is wanted
    settle(window)
    made = gallery(window)
    QTest.keyClick(made._list, Key.Key_Left)
    QTest.keyClick(made._list, Key.Key_Escape)
    assert not made.isVisible()
    assert type(window.session.experiment.landscape) is wanted


def test_the_same_one_is_no_edit(window):
    window.landscape._pick(Rosenbrock)
    assert window.undo_stack.count() == 0


def test_every_landscape_can_be_shown(window):
    for kind in kinds_of(Landscape):
        window.landscape._pick(kind)
        app().processEvents()
        assert window.landscape.card._title == kind.title
    settle(window)


def test_typed_numbers_and_what_is_refused(window):
    panel, session = window.landscape, window.session
    panel.fold.setChecked(True)
    app().processEvents()
    type_number(panel._start[0], "0,5")
    assert session.experiment.origin == (0.5, 1.0)
    type_number(panel._steps, "75")
    assert session.experiment.steps == 75
    type_number(panel._seed, "9")
    assert session.experiment.seed == 9
    before = session.experiment
    for field, text in ((panel._steps, "0"), (panel._steps, "99999999999"), (panel._steps, "2.5"), (panel._seed, "-1"),
                        (panel._start[1], "1e999"), (panel._start[1], "here")):  # fmt: skip
        type_number(field, text)
        assert session.experiment is before, text
        assert field.property("invalid"), text
        assert window._message.property("tone") == "danger"
        QTest.keyClick(field, Key.Key_Escape)
        assert not field.property("invalid")
    settle(window)


def test_a_start_where_nothing_can_begin_is_refused(window):
    panel = window.landscape
    panel.fold.setChecked(True)
    app().processEvents()
    type_number(panel._start[0], "1e200")
    assert "not finite" in window._message.text()
    assert panel._start[0].number == -1.5
    assert panel._start[0].text() == "-1.5"


def test_dragging_a_parameter_of_the_landscape_is_one_step(window):
    window.landscape.fold.setChecked(True)
    app().processEvents()
    slider = window.landscape._form.editor("b").slider
    x = round(slider._x_of(slider.number))
    drag(slider, [QPoint(x - d, 14) for d in range(0, 20, 4)])
    assert window.undo_stack.count() == 1
    assert window.session.experiment.landscape.b < 100
    assert window.stage.hasFocus()
    settle(window)


def test_the_line_tells_where_and_how_long(window):
    fold = window.landscape.fold
    assert fold.text() == "start (−1.5, 1)  ·  120 steps"
    window.runs.settings._choose_noise(1)
    assert fold.text().endswith("seed 0")
    assert not window.landscape._details.isVisible()
    QTest.mouseClick(fold, LEFT)
    assert window.landscape._details.isVisible()


@pytest.mark.parametrize("compact", [True, False])
def test_the_card_has_room_for_its_words(window, compact):
    card = window.landscape.card
    for kind in kinds_of(Landscape):
        card.show_landscape(kind())
        card.set_compact(compact)
        wait_for(lambda: card.height() >= card.sizeHint().height())
    assert style.current().is_dark
