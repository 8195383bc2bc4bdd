"""What is typed for the window: which lesson it begins with, and what it may do in a computer room."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from gdsim.cli import Opening, Room
from gdsim.cli.console import InputError, Parser, reason

if TYPE_CHECKING:
    from gdsim.lessons.lesson import Lesson


def declare_room(parser: Parser) -> None:
    """The arguments that both the window and a lesson in it take."""
    parser.add_argument("--lecture", action="store_true", help="begin in lecture mode, which fills the screen")
    parser.add_argument("--hide", metavar="DOCKS", help="leave these docks out: runs,diagnosis (or: all)")
    parser.add_argument("--no-saving", action="store_true", help="forbid whatever writes a file: for a computer room")


def opening(options: Namespace) -> Opening:
    """The window that is asked for.

    Raises:
        InputError: There is no such lesson or dock, or what is there is no lesson.
    """
    lesson = None
    if options.lesson is not None:
        lesson = lesson_file(options.lesson)
        read_lesson(lesson)  # what is none is refused before a window is opened for it
    return Opening(options.experiment, lesson, room(options))


def room(options: Namespace) -> Room:
    """What the window may do.

    Raises:
        InputError: There is no such dock.
    """
    hidden = _docks(options.hide) if options.hide else ()
    return Room(hidden, not options.no_saving, options.lecture)


def _docks(names: str) -> tuple[str, ...]:
    from gdsim.lessons.lesson import DOCKS  # it loads NumPy, and the window is to stand before that

    hidden = tuple(name.strip() for name in names.split(","))
    if hidden == ("all",):
        return DOCKS
    for name in hidden:
        if name not in DOCKS:
            raise InputError(f"--hide {name}: there is no such dock; known are {', '.join(DOCKS)}, all")
    return hidden


def lesson_file(name: str) -> Path:
    """The lesson that is called so.

    Raises:
        InputError: There is none.
    """
    from gdsim.lessons.shelf import find

    try:
        return find(name)
    except FileNotFoundError as error:
        raise InputError(f"{name}: {error}") from None


def read_lesson(path: Path) -> Lesson:
    """The lesson in a file.

    Raises:
        InputError: It is none, or it has no scenes.
    """
    from gdsim.core.documents import DocumentError
    from gdsim.lessons.reader import read

    try:
        lesson = read(path)
    except DocumentError as error:
        raise InputError(f"{path}: {error}") from None
    except OSError as error:
        raise InputError(f"{path}: {reason(error)}") from None
    if not lesson.scenes:
        raise InputError(str(lesson.problems[-1]))
    return lesson
