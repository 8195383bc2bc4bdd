"""Lessons are found by file, name and number."""

from __future__ import annotations

import pytest

from gdsim.lessons.shelf import find, shipped, title_of


def test_shipped_ones_are_found_by_name_and_number():
    for path in shipped():
        number, _, name = path.stem.partition("-")
        assert find(path.stem) == find(name) == find(number) == path
        assert title_of(path) != path.stem


def test_a_file_is_found(tmp_path):
    path = tmp_path / "own.md"
    path.write_text("\n# Mine\n", encoding="utf-8")
    assert find(str(path)) == path
    assert title_of(path) == "Mine"
    assert title_of(tmp_path / "none.md") == "none"


def test_a_name_that_is_nearly_right_is_told():
    with pytest.raises(FileNotFoundError, match="there is no lesson"):
        find("zzzz")


@pytest.mark.parametrize("name", ["99", "²", "٣", "1" * 5000, "a" * 400, "a\0b", "", "."])
def test_a_name_that_nothing_can_have_is_told_as_any_other(name):
    with pytest.raises(FileNotFoundError, match="there is no"):
        find(name)
