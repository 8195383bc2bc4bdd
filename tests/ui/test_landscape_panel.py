"""The landscape's panel: the gallery by mouse and keys, its parameters, start, steps and seed."""

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from samples import document
from windows import LEFT, Key, Mods, action, app, drag, settle, type_number, wait_for

import gdsim
from gdsim.core.data import Moons, NoisySine
from gdsim.core.landscapes import Landscape, ModelLandscape
from gdsim.core.landscapes.analytic import Rosenbrock
from gdsim.core.landscapes.fitted import LinearRegression, LogisticRegression, PolynomialRegression
from gdsim.core.landscapes.formula import Formula
from gdsim.core.landscapes.network import Network
from gdsim.core.spec import hyperparameters, kinds_of
from gdsim.ui import style
from gdsim.ui.gallery import CELL, PICTURE, groups
from gdsim.ui.panels.landscape_panel import OF_THE_DATA
from gdsim.ui.plots.thumbnail import WORK, _tones, thumbnail


def gallery(window):
    QTest.mouseClick(window.landscape.card, LEFT)
    made = window.landscape._gallery
    wait_for(made.isVisible)
    return made


def place_of(made, kind):
    return next(item for item in made.items() if item.data(Qt.ItemDataRole.UserRole) is kind)


def test_the_gallery_shows_every_landscape_with_its_picture(window):
    made = gallery(window)
    wait_for(lambda: not made._blank)
    items = made.items()
    assert {item.data(Qt.ItemDataRole.UserRole) for item in items} == set(kinds_of(Landscape))
    room = QRect(0, 0, CELL.width() - 4, 1000)
    for item in items:
        kind = item.data(Qt.ItemDataRole.UserRole)
        assert item.icon().pixmap(PICTURE).toImage() == thumbnail(kind(), style.current(), PICTURE).toImage()
        assert kind.teaches in item.toolTip()
        words = made._list.fontMetrics().boundingRect(room, Qt.TextFlag.TextWordWrap, item.text())
        assert words.width() <= room.width(), "no word is cut"
        assert words.height() + PICTURE.height() + 4 <= CELL.height(), "no line is cut"
        assert made._list.viewport().rect().contains(made._list.visualItemRect(item))
    assert made._list.currentItem().data(Qt.ItemDataRole.UserRole) is Rosenbrock
    assert made._list.hasFocus()
    assert made._list.verticalScrollBar().maximum() == 0, "all of them are seen at once"
    made.close()


def test_the_gallery_has_groups(window):
    made = gallery(window)
    every = [made._list.item(row) for row in range(made._list.count())]
    headings = [item.text() for item in every if item.data(Qt.ItemDataRole.UserRole) is None]
    assert headings == ["Textbook", "From data", "Your formula"]
    kinds = dict(groups())
    assert kinds["Your formula"] == [Formula]
    assert all(issubclass(kind, ModelLandscape) for kind in kinds["From data"])
    assert Rosenbrock in kinds["Textbook"]
    for item in every:
        heading = item.data(Qt.ItemDataRole.UserRole) is None
        assert bool(item.flags() & Qt.ItemFlag.ItemIsSelectable) is not heading
        if heading:
            made._choose(item)
            assert made.isVisible(), "a heading is none to choose"
    made.close()


@pytest.mark.parametrize(
    "landscape",
    [
        Network(hidden=32, hidden2=32, dataset=Moons(size=100_000)),
        PolynomialRegression(degree=15, dataset=NoisySine(size=50_000)),
        Network(),
        Formula(expression="log(x)"),
    ],
)
def test_a_thumbnail_asks_for_few_losses(qapp, monkeypatch, landscape):
    asked = []
    losses = Network.losses

    def counted(self, thetas, x, y):
        asked.append(len(thetas) * len(y) * self.dim)
        return losses(self, thetas, x, y)

    monkeypatch.setattr(Network, "losses", counted)
    style.apply(qapp, "dark")
    _tones.cache_clear()
    first = thumbnail(landscape, style.current(), PICTURE).toImage()
    assert sum(asked) <= 2 * WORK
    _tones.cache_clear()
    assert thumbnail(landscape, style.current(), PICTURE).toImage() == first, "the same picture again"
    assert len({first.pixel(x, 30) for x in range(PICTURE.width())}) > 10, "something is to be seen"


def test_one_is_picked_by_mouse(window):
    made = gallery(window)
    kind = kinds_of(Landscape)[3]
    wait_for(lambda: not made._blank)
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
        assert window.status.message.property("tone") == "danger"
        QTest.keyClick(field, Key.Key_Escape)
        assert not field.property("invalid")
    settle(window)


def test_a_start_where_nothing_can_begin_is_refused(window):
    panel = window.landscape
    panel.fold.setChecked(True)
    app().processEvents()
    type_number(panel._start[0], "1e200")
    assert "not finite" in window.status.message.text()
    assert panel._start[0].number == -1.5
    assert panel._start[0].text() == "-1.5"


def test_undo_after_a_committed_number_takes_back_the_edit(window):
    panel = window.landscape
    panel.fold.setChecked(True)
    app().processEvents()
    steps = panel._steps
    type_number(steps, "80")
    type_number(steps, "90")
    QTest.keyClick(steps, Key.Key_Z, Mods.ControlModifier)
    assert (window.session.experiment.steps, steps.text()) == (80, "80")
    QTest.keyClicks(steps, "1")
    QTest.keyClick(steps, Key.Key_Escape)
    assert steps.text() == "80"
    assert window.stage.hasFocus()
    settle(window)


def test_a_refusal_is_said_until_an_edit_succeeds(window):
    panel = window.landscape
    panel.fold.setChecked(True)
    app().processEvents()
    type_number(panel._start[0], "1e200")
    assert window.status.message.text().startswith("The loss or its gradient is not finite there")
    type_number(panel._start[0], "0.5")
    assert window.status.message.text() == ""
    settle(window)


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


# -- models


def shown(form):
    return [path for path in form.paths() if not form.editor(path).isHidden()]


@pytest.mark.parametrize("kind", [LinearRegression, LogisticRegression, PolynomialRegression, Network])
def test_a_model_shows_its_own_parameters_only(window, kind):
    window.landscape._pick(kind)
    window.landscape.fold.setChecked(True)
    declared = [one.path for one in hyperparameters(kind)]
    assert set(OF_THE_DATA) < set(declared) | {"loss_kind"}
    own = [path for path in declared if path not in OF_THE_DATA]
    assert window.landscape._form.paths() == own
    assert window.landscape.data_line.isVisible()
    assert window.landscape.data_line.words.whole.startswith(kind().dataset.title)
    assert window.landscape._start[0].isVisible() == (kind is LinearRegression)
    settle(window)
    window.landscape._pick(Rosenbrock)
    assert not window.landscape.data_line.isVisible()
    assert window.landscape._start[0].isVisible()
    settle(window)


def test_the_bound_of_huber_is_there_for_huber_only(window):
    window.landscape._pick(LinearRegression)
    form = window.landscape._form
    assert shown(form) == ["loss_kind"]
    box = form.editor("loss_kind").box
    box.setCurrentIndex(box.findText("huber"))
    assert window.session.experiment.landscape.loss_kind == "huber"
    assert shown(form) == ["loss_kind", "delta"]
    window.undo_stack.undo()
    assert shown(form) == ["loss_kind"]
    settle(window)


def test_another_number_of_units_starts_where_the_model_begins(open_window):
    landscape = {"name": "network", "hidden": 2, "hidden2": 0}
    window = open_window(gdsim.load(document(landscape=landscape, steps=20, start=[0.1] * 9)))
    settle(window)
    field = window.landscape._form.editor("hidden").field
    window.landscape.fold.setChecked(True)
    app().processEvents()
    type_number(field, "5")
    landscape = window.session.experiment.landscape
    assert landscape.hidden == 5
    assert window.session.experiment.start is None
    assert len(window.session.experiment.origin) == landscape.dim
    assert window.landscape.fold.text().startswith(f"{landscape.dim} parameters")
    window.undo_stack.undo()
    assert window.session.experiment.start == (0.1,) * 9
    settle(window)


def test_what_would_keep_too_many_numbers_is_refused(window):
    type_number(window.landscape._steps, "1000000")
    window.landscape._pick(Network)
    assert isinstance(window.session.experiment.landscape, Rosenbrock)
    assert "too many" in window.status.message.text()


def test_the_data_button_does_what_the_menu_does(window):
    window.landscape._pick(LinearRegression)
    done = []
    action(window, "data").triggered.connect(lambda _: done.append(True))
    window.landscape.data_line.button.click()
    window.docks["landscape"].setFloating(True)
    window.landscape.data_line.button.click()
    assert len(done) == 2
    if "data" in window.docks:
        assert window.docks["data"].isVisible()
    settle(window)


def test_the_panel_leaves_room_for_the_others(open_window):
    window = open_window(gdsim.load(document(landscape={"name": "network", "validation": 0.3})), size=(1024, 700))
    settle(window)
    window.landscape.fold.setChecked(True)
    app().processEvents()
    assert window.height() == 700
    assert window.landscape.height() < 400
    bar = window.landscape._scroll.verticalScrollBar()
    assert bar.maximum() > 0, "the rest is scrolled to"
    window.landscape.fold.setChecked(False)
    wait_for(lambda: bar.maximum() == 0)


def test_the_picture_follows_when_the_hand_rests(window):
    card = window.landscape.card
    before = card._picture.toImage()
    type_number(window.landscape._form.editor("b").field, "2")
    assert card._pause.isActive()
    wait_for(lambda: not card._pause.isActive())
    assert card._picture.toImage() != before
    settle(window)
