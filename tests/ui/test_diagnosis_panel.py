"""The diagnosis in the window: cards that say what the core says, steps to click, remedies that can be undone."""

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton
from samples import document
from windows import LEFT, action, settle, wait_for

import gdsim
from gdsim.core.diagnosis import diagnose
from gdsim.core.verdicts.verdict import Kind
from gdsim.ui import icons
from gdsim.ui.panels.diagnosis_panel import SIGNS, _Card, _RunLine, linked
from gdsim.ui.theme import DARK


@pytest.fixture
def panel(window):
    """The panel in sight, with a verdict on every run."""
    window.session.jump(120)
    action(window, "diagnosis").trigger()
    known(window)
    return window.diagnosis


def known(window):
    runs = range(len(window.session.experiment.runs))
    wait_for(lambda: window.session.trajectory.ended and all(window.diagnosis.found(index) for index in runs))
    settle(window)


def cards(panel):
    return [card for card in panel.findChildren(_Card) if not card.isHidden()]


def lines(panel):
    return [line for line in panel.findChildren(_RunLine) if not line.isHidden()]


def texts(widget):
    return [text.text() for text in widget.findChildren(QLabel)]


def expected(window, index):
    session = window.session
    return diagnose(session.experiment, index, session.trajectory.runs[index])


def test_the_selected_run_has_a_card_for_each_verdict_and_the_others_a_line(window, panel):
    for selected in (0, 1):
        window.session.select(selected)
        known(window)
        found = expected(window, selected)
        assert len(cards(panel)) == len(found)
        for card, one in zip(cards(panel), found, strict=True):
            assert one.headline in texts(card)
            assert len(card.findChildren(QPushButton)) == len(one.remedies)
        other = expected(window, 1 - selected)[0]
        assert [line.accessibleName() for line in lines(panel)[1:]] == [
            f"{window.session.experiment.labels()[1 - selected]}: {other.headline}"
        ]


def test_a_click_on_another_run_selects_it(window, panel):
    QTest.mouseClick(lines(panel)[1], LEFT)
    assert window.session.selected == 1
    known(window)
    assert expected(window, 1)[0].headline in texts(cards(panel)[0])


def test_a_remedy_is_one_edit_that_can_be_undone(window, panel):
    before = window.session.experiment
    for place, remedy in enumerate(panel.found(0)[0].remedies):
        button = cards(panel)[0].findChildren(QPushButton)[place]
        assert button.text() == remedy.text
        assert remedy.tooltip[:20] in button.toolTip()
        QTest.mouseClick(button, LEFT)
        assert window.session.experiment == remedy.edit(before)
        assert window.undo_stack.count() == 1
        action(window, "undo").trigger()
        assert window.session.experiment == before
        known(window)


def test_a_label_that_a_remedy_makes_false_is_mended_in_the_same_edit(window, panel):
    import msgspec

    first = msgspec.structs.replace(window.session.experiment.runs[0], label="η = 0.9")
    first = msgspec.structs.replace(first, optimizer=msgspec.structs.replace(first.optimizer, lr=0.9))
    runs = (first, *window.session.experiment.runs[1:])
    window.editor.edit("Too much", msgspec.structs.replace(window.session.experiment, runs=runs))
    known(window)
    before, said = window.session.experiment, []
    panel.said.connect(said.append)
    panel.apply(next(one for one in panel.found(0)[0].remedies if one.text.startswith("Set η to ")))
    rate = window.session.experiment.runs[0].optimizer.rate
    assert window.session.experiment.runs[0].label == f"η = {rate:g}"
    assert said == [f"η = 0.9: set η to {rate:g}, from the first step on; Undo takes it back"]
    action(window, "undo").trigger()
    assert window.session.experiment == before


def test_going_on_says_nothing_of_the_first_step(window, panel):
    from gdsim.core.remedies import more_steps

    said = []
    panel.said.connect(said.append)
    panel.apply(more_steps(window.session.experiment))
    assert len(said) == 1
    assert "from the first step on" not in said[0]


def test_the_verdict_is_about_the_whole_run_wherever_the_cursor_is(window, panel):
    steps = window.session.experiment.steps
    for cursor in (0, 17, steps):
        window.session.jump(cursor)
        known(window)
        assert f"Over all {steps} steps" in texts(panel)


def test_the_verdict_follows_the_edit(window, panel):
    import msgspec

    experiment = window.session.experiment
    run = msgspec.structs.replace(
        experiment.runs[0], optimizer=msgspec.structs.replace(experiment.runs[0].optimizer, lr=0.9)
    )
    window.editor.edit("Too much", msgspec.structs.replace(experiment, runs=(run, experiment.runs[1])))
    known(window)
    assert panel.found(0)[0].kind == "diverging"
    assert "Diverging: the rate is too large" in texts(cards(panel)[0])


def test_a_step_can_be_clicked(window, panel):
    texts_with_links = [text for text in panel.findChildren(QLabel) if "href" in text.text()]
    label = texts_with_links[0] if texts_with_links else None
    panel.jumped.emit(17)
    assert window.session.player.wanted == 17
    if label is not None:
        label.linkActivated.emit("5")
        assert window.session.player.wanted == 5


@pytest.mark.parametrize(
    ("sentence", "steps"),
    [
        ("At step 1,234 the rate is 2.", ["1234"]),
        ("From step 9 to 95 the loss stayed near 2.", ["9", "95"]),
        ("Since step 138 the loss rests at -2.", ["138"]),
        ("After 20 updates x < 3.", []),
        ("The mean cosine from step to step 1.00.", []),
    ],
)
def test_steps_are_found_in_sentences(sentence, steps):
    import re

    found = linked(sentence)
    assert re.findall(r'href="(\d+)"', found) == steps
    assert "< " not in re.sub(r"<[^>]*>", "", found), "the rest is escaped"


def test_nothing_is_computed_while_nobody_looks(window):
    window.show_dock("readings")
    window.session.jump(120)
    settle(window)
    assert window.diagnosis.found(0) is None


def test_a_fault_in_a_diagnosis_is_told_and_nothing_breaks(window, monkeypatch, caplog):
    def broken(*_):
        raise ZeroDivisionError("no")

    monkeypatch.setattr("gdsim.core.diagnosis.diagnose", broken)
    action(window, "diagnosis").trigger()
    known(window)
    assert "No diagnosis" in texts(cards(window.diagnosis)[0])
    assert "cannot be diagnosed" in caplog.text


def test_large_models_wait_for_rest(open_window):
    moons = document(
        {"optimizer": {"name": "Adam", "lr": 0.02}},
        landscape={"name": "network", "dataset": {"name": "moons", "size": 40}}, steps=30,
    )  # fmt: skip
    window = open_window(gdsim.load(moons))
    action(window, "diagnosis").trigger()
    known(window)
    assert window.diagnosis._may(0)
    window.session.jump(0)
    window.session.toggle_play()
    assert not window.diagnosis._may(0)
    window.session.toggle_play()
    settle(window)


def test_every_kind_of_verdict_has_a_sign():
    assert set(SIGNS) == set(Kind.__args__)
    assert {icon for icon, _ in SIGNS.values()} <= set(icons.names())
    assert all(hasattr(DARK, tone) for _, tone in SIGNS.values())


def test_very_many_examples_are_looked_through_on_a_thread(open_window, monkeypatch):
    from gdsim.core import readiness

    monkeypatch.setattr(readiness, "MANY", 20)
    landscape = {"name": "linear_regression", "dataset": {"name": "line", "size": 60}}
    runs = [{"optimizer": {"name": "SGD", "lr": 0.01}}]
    found = {"format": "gdsim-experiment", "version": 1, "landscape": landscape, "steps": 20, "runs": runs}
    window = open_window(gdsim.load(found), size=(1300, 860))
    window.show_dock("diagnosis")
    settle(window)
    wait_for(lambda: window.diagnosis.found(0))
    assert window.diagnosis._asked is not None
    assert window.diagnosis._thread is None
    expected = diagnose(window.session.experiment, 0, window.session.trajectory.runs[0])
    assert [one.evidence for one in window.diagnosis.found(0)] == [one.evidence for one in expected]
