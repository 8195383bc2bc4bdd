"""The README is true: nothing was left to be filled in, and what it names exists."""

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QKeySequence

from gdsim.cli import COMMANDS
from gdsim.ui.actions import ACTIONS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_nothing_was_left_to_be_filled_in():
    assert not re.search(r"^FIGURES$|GIFOPTIONS", README, flags=re.MULTILINE)


@pytest.mark.parametrize("path", re.findall(r"\]\((resources/[^)]+)\)", README))
def test_its_pictures_exist(path):
    assert (ROOT / path).is_file()


def test_every_command_is_named():
    for command in COMMANDS:
        assert f"gdsim {command.name}" in README


def test_every_shortcut_of_the_menus_is_in_the_table_of_keys():
    table = README[README.index("## Keys") : README.index("## Without a window")]
    known = {QKeySequence(key.strip()).toString() for key in re.findall(r"[^|/,\n]+", table)}
    for spec in ACTIONS:
        for key in spec.keys[:1]:
            assert QKeySequence(key).toString() in known, f"{spec.id}: {key}"
