"""Open a lesson in the window, check what it claims, or write it out with its videos or as a page.

A lesson is a Markdown file, or the name of a shipped one such as ravine or 06.
"""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from gdsim.cli import Opening
from gdsim.cli.console import InputError, Parser, Progress, reason, say, tell
from gdsim.cli.opening import declare_room, lesson_file, room


def declare(parser: Parser) -> None:
    """The arguments."""
    parser.add_argument("lesson", metavar="LESSON", nargs="*", help="a file, or the name or number of a shipped lesson")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--check", action="store_true", help="run every claim, all shipped lessons' without a name")
    kind.add_argument("--list", action="store_true", help="show the shipped lessons and quizzes")
    kind.add_argument("--claims", action="store_true", help="show the sentences that a lesson can claim")
    declare_room(parser)


def execute(options: Namespace) -> int | Opening:
    """Carry out what is asked."""
    if options.claims:
        from gdsim.lessons.claims import KINDS

        tell("".join(f"{kind.pattern}\n" for kind in KINDS))
        return 0
    if options.list:
        tell("".join(_listed()))
        return 0
    if options.check:
        return _check([lesson_file(name) for name in options.lesson] or _all())
    if len(options.lesson) != 1:
        raise InputError("name one lesson to open it, or see --list" if not options.lesson else "name one lesson only")
    return Opening(lesson=lesson_file(options.lesson[0]), room=room(options))


def _all() -> list[Path]:
    from gdsim.lessons.library import FOLDERS, shipped

    return [path for folder in FOLDERS for path in shipped(folder)]


def _listed() -> list[str]:
    from gdsim.lessons.library import title_of

    return [f"{path.stem}\t{title_of(path)}\n" for path in _all()]


def _check(paths: list[Path]) -> int:
    """Tell what is wrong; 2 where anything is."""
    from gdsim.core.documents import DocumentError
    from gdsim.lessons.checker import check
    from gdsim.lessons.reader import read

    wrong = 0
    for path in paths:
        try:
            lesson = read(path)
        except (DocumentError, OSError) as error:
            raise InputError(f"{path}: {reason(error)}") from None
        with Progress(f"checking {path.name}") as progress:
            problems = list(check(lesson, progress))
        for problem in problems:
            say(str(problem))
        if not problems:
            claims = sum(len(scene.claims) + len(scene.task.claims if scene.task else ()) for scene in lesson.scenes)
            tell(f"{path.name}: {len(lesson.scenes)} scenes, {claims} claims, all hold\n")
        wrong += len(problems)
    return 2 if wrong else 0
