"""What is remembered of lessons, and how it leaves the machine."""

from __future__ import annotations

import pytest

from gdsim.lessons.progress import Progress


def test_answers_are_counted_and_kept(tmp_path):
    path = tmp_path / "deep" / "lessons.json"
    first = Progress(path)
    first.seen("ravine", 1, 3)
    first.answered("ravine", "Zigzag", "Why?", "Nobody knows", right=False)
    first.answered("ravine", "Zigzag", "Why?", "It is steep", right=True, steps=50)
    first.answered("ravine", "Zigzag", "Why?", right=True, steps=40)
    second = Progress(path)
    answer = second.walk("ravine").answers["Zigzag"]
    assert (answer.tries, answer.right, answer.at_once, answer.steps) == (2, True, False, 40)
    assert answer.first == "Nobody knows"
    assert "ravine,Zigzag,Why?,Nobody knows,no,2,yes,40," in second.as_csv()
    assert not second.walk("ravine").finished
    assert second.score("ravine") == (1, 1)
    second.seen("ravine", 2, 3)
    assert Progress(path).walk("ravine").finished
    second.forget("ravine")
    assert not Progress(path).walks


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": {"scene": -1}}', '{"a": {"answers": 3}}', "\xff"])
def test_what_cannot_be_read_begins_anew_and_is_set_aside(tmp_path, content):
    path = tmp_path / "lessons.json"
    path.write_bytes(content.encode("latin-1"))
    progress = Progress(path)
    assert progress.note
    assert not progress.walks
    assert (tmp_path / "lessons.unreadable").read_bytes() == content.encode("latin-1")
    progress.seen("a", 0, 2)
    assert "a" in Progress(path).walks


def test_without_a_place_it_goes_on(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("x", encoding="utf-8")
    progress = Progress(blocked / "lessons.json")
    progress.answered("a", "b", "c", right=True)
    assert progress.score("a") == (1, 1)
    assert Progress(None).score("a") == (0, 0)


def test_a_spreadsheet_runs_nothing():
    progress = Progress(None)
    progress.answered("a", "=cmd()", "+1", right=True)
    assert "'=cmd()" in progress.as_csv()
    assert "'+1" in progress.as_csv()


def test_two_windows_keep_what_the_other_one_wrote(tmp_path):
    path = tmp_path / "lessons.json"
    one, other = Progress(path), Progress(path)
    one.seen("fog", 1, 4)
    other.seen("ravine", 2, 4)
    one.answered("fog", "Zigzag", "Which?", right=True)
    both = Progress(path)
    assert both.walk("fog").answers["Zigzag"].right
    assert both.walk("ravine").scene == 2
    one.forget("fog")
    assert set(Progress(path).walks) == {"ravine"}
