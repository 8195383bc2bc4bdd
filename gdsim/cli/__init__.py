"""The headless commands: one thin module each, found through one table.

A command's module declares its arguments (``declare(parser)``) and does its work (``execute(options) -> status``).
It is imported only when it is called, so that ``--help`` and the window pay for none of them.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from gdsim.cli.console import InputError, Parser, say


class Room(NamedTuple):
    """What a window may do where it stands open to many, as in a computer room.

    Attributes:
        hidden: The docks that are not there.
        saving: Whether files can be written.
        lecture: Whether it begins in lecture mode.
    """

    hidden: tuple[str, ...] = ()
    saving: bool = True
    lecture: bool = False


class Command(NamedTuple):
    """A row of the table: what is typed, what it does in a line, and the module below ``gdsim.cli``."""

    name: str
    summary: str
    module: str


COMMANDS: tuple[Command, ...] = (
    Command("run", "compute experiments without a window; write .json, .csv or .npz", "run"),
    Command("record", "record experiments as videos or pictures", "record"),
    Command("range-test", "find out how large the learning rate of a run may be", "range_test"),
    Command("sweep", "compute a map of a run over two of its numbers, or over its start", "sweep"),
    Command("ensemble", "compute the same run with many seeds: a band of losses, a cloud of marbles", "ensemble"),
    Command(
        "lesson", "open a lesson in the window, check its claims, or write it with its videos or as a page", "lesson"
    ),
    Command("code", "write an experiment as a PyTorch or NumPy script", "code"),
    Command("list", "show every landscape, optimizer, schedule and shipped experiment", "list"),
    Command("bench", "measure every figure that is claimed of this program", "bench"),
)


class Opening(NamedTuple):
    """A window that a command asks for: with which document, with which lesson, and what it may do."""

    path: str | None = None
    lesson: Path | None = None
    room: Room = Room()


def find(name: str) -> Command | None:
    """The command called ``name``."""
    return next((command for command in COMMANDS if command.name == name), None)


def dispatch(command: Command, arguments: Sequence[str]) -> int | Opening:
    """Carry out one command.

    Args:
        command: A row of the table.
        arguments: What was typed behind its name.

    Returns:
        The exit status: 0 done, 2 an input was refused (and one line on stderr names it); or the window it asks for.
    """
    module = importlib.import_module(f"gdsim.cli.{command.module}")
    parser = Parser(prog=f"gdsim {command.name}", description=module.__doc__)
    module.declare(parser)
    try:
        found: int | Opening = module.execute(parser.parse_args(arguments))
        return found
    except InputError as refusal:
        say(f"gdsim {command.name}: {refusal}")
        return 2
