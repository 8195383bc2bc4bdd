"""Open a lesson in the window, check what it claims, or write it out with its videos or as a page.

A lesson is a Markdown file, or the name of a shipped one such as ravine or 06.
"""

from __future__ import annotations

import contextlib
import os
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from gdsim.cli import Opening
from gdsim.cli.console import InputError, Parser, Progress, say, tell
from gdsim.cli.opening import declare_room, lesson_file, read_lesson, room

if TYPE_CHECKING:
    from gdsim.lessons.lesson import Lesson, Problem
    from gdsim.ui.teaching.films import Piece
    from gdsim.ui.teaching.shots import Studio

PAGES = (".html", ".htm", ".pdf")
INDEX = "index.html"
FILM_OPTIONS = {"size": "1280x720", "fps": 30.0, "theme": "dark"}
"""What videos are like where nothing is typed."""


def declare(parser: Parser) -> None:
    """The arguments."""
    parser.add_argument("lesson", metavar="LESSON", nargs="*", help="a file, or the name or number of a shipped lesson")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--check", action="store_true", help="run every claim, all shipped lessons' without a name")
    kind.add_argument("--list", action="store_true", help="show the shipped lessons and quizzes")
    kind.add_argument("--claims", action="store_true", help="show the sentences that a lesson can claim")
    kind.add_argument("--page", metavar="FILE", help="write the lesson as a page to read: .html or .pdf")
    out = "write a video of each scene and each answer there, and the page as index.html"
    kind.add_argument("--out", metavar="DIR", help=f"{out}; several lessons go to a folder each")
    add = parser.add_argument
    add("--size", metavar="WxH", help="of the videos, in pixels (1280x720)")
    add("--fps", type=float, metavar="N", help="frames per second of the videos (30)")
    add("--theme", choices=["dark", "light"], help="of the videos (dark)")
    add("--force", action="store_true", help="replace files that exist")
    declare_room(parser)


def execute(options: Namespace) -> int | Opening:
    """Carry out what is asked."""
    for name, usual in FILM_OPTIONS.items():
        if getattr(options, name) is None:
            setattr(options, name, usual)
        elif options.out is None:
            raise InputError(f"--{name}: is for the videos of --out DIR")
    if options.force and options.out is None and options.page is None:
        raise InputError("--force: is for --page FILE and --out DIR")
    if options.lesson and (options.list or options.claims):
        raise InputError(f"{options.lesson[0]}: is not for --list and --claims, which tell of all there are")
    opens = not (options.check or options.list or options.claims or options.page or options.out)
    if not opens and (options.lecture or options.hide or options.no_saving):
        raise InputError("--lecture, --hide and --no-saving: are for the window, which is not opened here")
    if options.claims:
        from gdsim.lessons.claims import KINDS

        tell("".join(f"{kind.pattern}\n" for kind in KINDS))
        return 0
    if options.list:
        tell("".join(_listed()))
        return 0
    if options.check:
        return _check([lesson_file(name) for name in options.lesson] or _all())
    if not options.lesson:
        raise InputError("name a lesson, or see --list")
    if options.page is not None:
        return _page(options)
    if options.out is not None:
        return _films(options)
    if len(options.lesson) > 1:
        raise InputError("one lesson at a time can be opened")
    path = lesson_file(options.lesson[0])
    read_lesson(path)  # what is none is refused before a window is opened for it
    return Opening(lesson=path, room=room(options))


def _all() -> list[Path]:
    from gdsim.lessons.shelf import FOLDERS, shipped

    return [path for folder in FOLDERS for path in shipped(folder)]


def _listed() -> list[str]:
    from gdsim.lessons.shelf import title_of

    return [f"{path.stem}\t{title_of(path)}\n" for path in _all()]


def _check(paths: list[Path]) -> int:
    """Tell what is wrong; 2 where anything is."""
    from gdsim.lessons.checker import check

    wrong = 0
    for path in paths:
        lesson = read_lesson(path)
        with Progress(f"checking {path.name}") as progress:
            problems = list(check(lesson, progress))
        for problem in problems:
            say(str(problem))
        if not problems:
            claims = sum(len(scene.claims) + len(scene.task.claims if scene.task else ()) for scene in lesson.scenes)
            tell(f"{path.name}: {len(lesson.scenes)} scenes, {claims} claims, all hold\n")
        wrong += len(problems)
    return 2 if wrong else 0


# Pages and videos


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    """What cannot be written is a refused input."""
    from gdsim.recording.faults import RecordingError

    try:
        yield
    except RecordingError as error:
        raise InputError(str(error)) from None


def _page(options: Namespace) -> int:
    """Write one lesson as one file; 2 where a part of it had to be left out."""
    from gdsim.cli.outputs import check_output

    if len(options.lesson) > 1:
        raise InputError("--page: is for one lesson; several need --out DIR")
    path = lesson_file(options.lesson[0])
    target = check_output(options.page, PAGES, force=options.force, inputs=[str(path)])
    lesson = read_lesson(path)
    from gdsim.ui import headless

    headless.start()
    problems = _written(lesson, target, {}, force=options.force)
    return 2 if _told(problems) else 0


def _written(lesson: Lesson, target: Path, films: dict[tuple[int, bool], str], *, force: bool) -> tuple[Problem, ...]:
    from gdsim.ui.teaching.pages import write_page

    with Progress(target.name) as progress, _refusals():
        return (
            write_page(lesson, target, lambda share: progress(round(1000 * share), 1000), films=films, force=force)
            or ()
        )


def _told(problems: tuple[Problem, ...] | list[Problem]) -> bool:
    """Say each problem once; whether there are any."""
    for text in dict.fromkeys(str(problem) for problem in problems):
        say(text)
    return bool(problems)


def _films(options: Namespace) -> int:
    """Write videos, pictures and pages; 2 where a scene had to be left out."""
    from gdsim.cli.outputs import check_output, made_folder, picture_size
    from gdsim.ui.teaching.films import pieces_of

    paths = [lesson_file(name) for name in options.lesson]
    size = picture_size(options.size)
    lessons = [read_lesson(path) for path in paths]
    _check_video(size, options.fps)
    with contextlib.ExitStack() as made:
        made.enter_context(made_folder("--out", options.out))
        folders = _folders(options.out, lessons)
        jobs = []
        for lesson, folder in zip(lessons, folders, strict=True):
            made.enter_context(made_folder("--out", str(folder)))
            pieces = pieces_of(lesson)
            for name in (*(piece.name for piece in pieces), INDEX):  # all of them, before anything is computed
                known = (".mp4", ".png", ".html")
                check_output(str(folder / name), known, force=options.force, inputs=[str(lesson.path)])
            jobs.append((lesson, folder, pieces))
        from gdsim.ui import headless

        headless.start()
        wrong = [_told(_lesson(lesson, folder, pieces, size, options)) for lesson, folder, pieces in jobs]
    return 2 if any(wrong) else 0


def _check_video(size: tuple[int, int], fps: float) -> None:
    """Refuse a size or a rate that no video can have."""
    from gdsim.recording.encoder import VideoSettings, even
    from gdsim.recording.timing import Steady, plan

    try:
        plan(Steady(1.0), fps=fps, first=0, last=1)
        refusal = VideoSettings("mp4", *even(*size, "mp4"), fps).refusal()
    except ValueError as error:
        raise InputError(f"--fps {fps:g}: {error}") from None
    if refusal is not None:
        raise InputError(refusal)


def _folders(out: str, lessons: list[Lesson]) -> list[Path]:
    """Where each lesson goes: one into the folder itself, several to a folder each."""
    from gdsim.ui.teaching.films import file_name

    if len(lessons) == 1:
        return [Path(out)]
    names = [file_name(lesson.name, "lesson") for lesson in lessons]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"{os.path.join(out, twice)}: two lessons of the same name would go there")
    return [Path(out, name) for name in names]


def _lesson(
    lesson: Lesson, folder: Path, pieces: list[Piece], size: tuple[int, int], options: Namespace
) -> list[Problem]:
    """Write all files of one lesson; what had to be left out."""
    from gdsim.lessons.lesson import Problem
    from gdsim.ui.teaching.shots import Studio

    studio, problems = Studio(), []
    films: dict[tuple[int, bool], str] = {}
    for piece in pieces:
        try:
            with _refusals():
                _piece(piece, folder / piece.name, studio, size, options)
        except ValueError as error:
            problems.append(Problem(lesson.path, piece.scene.line, f"there is no video: {error}", piece.scene.title))
            continue
        if piece.shot.plays:
            films[piece.shot.place, piece.shot.answer] = piece.name
    return [*_written(lesson, folder / INDEX, films, force=options.force), *problems]


def _piece(piece: Piece, path: Path, studio: Studio, size: tuple[int, int], options: Namespace) -> None:
    from gdsim.cli.outputs import write_film
    from gdsim.ui.teaching.shots import veiled

    with Progress(f"{path.name}: computing") as progress:
        found = studio.at_once(piece.shot.setup, lambda share: progress(round(1000 * share), 1000))
    moment = veiled(found, piece.shot.setup)
    look = piece.look(*size, options.theme)
    if not piece.shot.plays:
        piece.write_picture(moment, look, path, force=options.force)
        return
    write_film(piece.film(moment, look, options.fps, path), path, force=options.force)
