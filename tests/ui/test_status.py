"""The status bar: what it says, for how long, and what it says of a run."""

import msgspec
import pytest
from windows import (
    ground,
    hover,
    pixel,
    settle,
    type_number,
    wait_for,
)


def test_the_status_bar_tells_what_is_under_the_pointer(window):
    hover(ground(window), pixel(window, 1.0, 1.0))
    wait_for(lambda: "loss" in window.status.hover.text())
    x, y = (float(word.replace("−", "-")) for word in window.status.hover.text().split()[1:4:2])
    assert (x, y) == pytest.approx((1.0, 1.0), abs=0.02)
    window.stage.landscape.hovered.emit(None)
    assert window.status.hover.text() == ""


def test_messages_pass_and_the_state_comes_back(window):
    window.say("hello")
    assert window.status.message.text() == "hello"
    window._update_texts()
    assert window.status.message.text() == "hello", "it can be read"
    window.status.spoken.start(0)
    wait_for(lambda: window.status.message.text() != "hello")
    assert window.status.message.text().startswith("slow: ")
    window.warn("no")
    assert window.status.message.property("tone") == "danger"


def test_a_diverged_run_is_said_in_words(window):
    type_number(window.runs.settings.form("optimizer").editor("lr").field, "0.9")
    settle(window)
    wait_for(lambda: "in the end diverged at step" in window.status.message.text())
    assert window.status.message.property("tone") == "t2", "what has not been seen yet is not shouted out"
    window.session.jump(window.session.last)
    wait_for(lambda: ": diverged at step" in window.status.message.text())
    assert window.status.message.property("tone") == "danger"
    assert "diverged at step" in window.readings._cards[0]._outcome.text()
    window.undo_stack.undo()
    settle(window)
    assert "diverged" not in window.status.message.text()


def test_what_was_said_of_an_edit_goes_with_it(window):
    settle(window)
    new = msgspec.structs.replace(window.session.experiment, title="Another")
    window.editor.edit("Change the title", new)
    window.say("Another title, until Undo")
    assert window.status.message.text() == "Another title, until Undo"
    window.undo_stack.undo()
    assert "computed" in window.status.message.text()
    window.warn("That cannot be")
    window.undo_stack.redo()
    assert "computed" in window.status.message.text()
