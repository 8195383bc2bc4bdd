"""What happens is said as text: at pauses and steps by hand, at ends, for scenes and verdicts; and not too often."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from windows import press, ravine, settle, wait_for

from gdsim.ui.announcer import EVERY

Key = Qt.Key


def heard(window):
    said = []
    window.announcer.said.connect(said.append)
    return said


def test_a_step_by_hand(window):
    said = heard(window)
    window.stage.setFocus()
    press(window, Key.Key_Right)
    wait_for(lambda: said)
    assert said[0].startswith("step 1, loss ")
    assert window.stage.accessibleDescription() == window.announcer.text == said[0]


def test_nothing_while_playing_and_one_sentence_at_the_pause(window):
    said = heard(window)
    window.session.set_speed(200)
    window.session.toggle_play()
    wait_for(lambda: window.session.cursor > 20)
    assert said == []
    window.session.toggle_play()
    wait_for(lambda: said)
    assert said == [f"step {window.session.cursor}, loss " + said[0].rpartition(" ")[2]]


def test_the_end_of_runs(window):
    said = heard(window)
    window.session.jump(120)
    wait_for(lambda: said)
    assert said[0].startswith("step 120, loss ")
    assert "slow: " in said[0]
    assert "heavy: " in said[0]


def test_a_divergence(open_window):
    window = open_window(ravine(steps=60))
    run = window.session.experiment.runs[0]
    import msgspec

    wild = msgspec.structs.replace(run, optimizer=msgspec.structs.replace(run.optimizer, lr=0.1))
    window.show_experiment(msgspec.structs.replace(window.session.experiment, runs=(wild,)))
    settle(window)
    said = heard(window)
    window.session.jump(window.session.last)
    wait_for(lambda: said)
    assert "slow: diverged at step " in said[0]


def test_never_more_than_one_in_a_while(window):
    said = heard(window)
    window.stage.setFocus()
    for _ in range(12):
        press(window, Key.Key_Right)
    wait_for(lambda: said and said[-1].startswith("step 12,"))
    assert len(said) <= 3
    assert EVERY == 300


def test_scenes_and_verdicts(window, tmp_path):
    from gdsim.lessons.shelf import find

    said = heard(window)
    window.room.open(find("03"), 0)
    wait_for(lambda: any(text.startswith("Too small") for text in said))
    window.room.teacher.choose(0)
    wait_for(lambda: any("Not so" in text for text in said))
    window.room.teacher.choose(0)


def test_assistive_technology_hears_it(window, monkeypatch):
    events = []
    monkeypatch.setattr(QAccessible, "isActive", lambda: True)
    monkeypatch.setattr(QAccessible, "updateAccessibility", lambda event: events.append(event.message()))
    window.announcer.say("Hello.")
    wait_for(lambda: events)
    assert events == ["Hello"]


def test_another_document_is_no_step(window):
    said = heard(window)
    window.show_experiment(ravine(steps=50))
    settle(window)
    window.announcer._speak()
    assert said == []
