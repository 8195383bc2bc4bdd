"""Finds lessons and quizzes: those that are shipped, and those that somebody wrote, by name or by file."""

from __future__ import annotations

import difflib
from pathlib import Path

from gdsim.resources import resource

FOLDERS = ("lessons", "quizzes")


def shipped(folder: str = "lessons") -> list[Path]:
    """The shipped lessons (or quizzes) in order."""
    return sorted(resource(folder).glob("*.md"))


def find(name: str) -> Path:
    """The lesson that is called ``name``: a file, or a shipped one with or without its number.

    Raises:
        FileNotFoundError: There is none; the text says what is near.
    """
    path = Path(name)
    try:
        if path.is_file():
            return path
    except OSError as error:
        raise FileNotFoundError(f"there is no such lesson: {error.strerror or error}") from None
    known = [each for folder in FOLDERS for each in shipped(folder)]
    for each in known:
        number, _, rest = each.stem.partition("-")
        if name in (each.stem, each.name, rest) or (name.isdecimal() and name.lstrip("0") == number.lstrip("0")):
            return each
    near = difflib.get_close_matches(name, [each.stem for each in known], n=1, cutoff=0.4)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise FileNotFoundError(f"there is no lesson {name}{hint}")


def title_of(path: Path) -> str:
    """The title of a lesson without reading the rest of it; its name where it has none."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            for _, line in zip(range(20), file, strict=False):
                if line.startswith("# "):
                    return line[2:].strip()
    except (OSError, UnicodeDecodeError):
        pass
    return path.stem
