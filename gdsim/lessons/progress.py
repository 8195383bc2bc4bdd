"""What somebody has seen and answered: it stays on this machine, in one small file, and leaves it as CSV."""

from __future__ import annotations

import csv
import io
import logging
import time
from pathlib import Path
from typing import Annotated

import msgspec

from gdsim.core.documents import write_whole

log = logging.getLogger(__name__)

MOST_BYTES = 2_000_000
UNREADABLE = (OSError, ValueError, msgspec.DecodeError, RecursionError)
"""What can be wrong with the file."""
HEADS = ("lesson", "scene", "question", "first answer", "first answer right", "tries", "right", "steps", "when")


class Answer(msgspec.Struct, kw_only=True):
    """What became of one question: the first answer in words, and the fewest steps where they are counted."""

    question: str = ""
    first: str = ""
    tries: Annotated[int, msgspec.Meta(ge=0)] = 0
    right: bool = False
    at_once: bool = False
    steps: int | None = None
    when: str = ""


class Walk(msgspec.Struct, kw_only=True):
    """How far somebody came in a lesson: the scene shown last, whether all were, and the answers by scene's title."""

    scene: Annotated[int, msgspec.Meta(ge=0)] = 0
    finished: bool = False
    answers: dict[str, Answer] = {}


class Progress:
    """All walks, read once and written after each change; where that fails, the lessons go on without.

    Args:
        path: The file; None keeps nothing beyond the program's end.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._own: set[str] = set()
        self.walks: dict[str, Walk] = {}
        self.note = ""
        if path is None or not path.exists():
            return
        try:
            self.walks = _read(path)
        except UNREADABLE as error:
            self.note = f"The progress in lessons could not be read and begins anew: {error}"
            log.warning("%s: %s", path, error)
            self._set_aside(path)

    def walk(self, name: str) -> Walk:
        """How far somebody came in the lesson ``name``."""
        return self.walks.setdefault(name, Walk())

    def seen(self, name: str, scene: int, scenes: int) -> None:
        """A scene of so many was shown."""
        walk = self.walk(name)
        walk.scene, walk.finished = scene, walk.finished or scene == scenes - 1
        self._save(name)

    def answered(
        self, name: str, scene: str, question: str, answer: str = "", *, right: bool, steps: int | None = None
    ) -> Answer:
        """A question was answered, with ``answer`` in words; returns what is known of it now."""
        found = self.walk(name).answers.setdefault(scene, Answer(question=question, first=answer))
        if not found.right:
            found.tries += 1
            found.at_once = right and found.tries == 1
        found.right = found.right or right
        if steps is not None and right:
            found.steps = steps if found.steps is None else min(found.steps, steps)
        found.when = time.strftime("%Y-%m-%d %H:%M")
        self._save(name)
        return found

    def forget(self, name: str) -> None:
        """Begin a lesson anew."""
        self.walks.pop(name, None)
        self._save(name)

    def score(self, name: str) -> tuple[int, int]:
        """How many questions of a lesson were answered right, and how many were answered at all."""
        answers = self.walk(name).answers.values()
        return sum(answer.right for answer in answers), len(answers)

    def as_csv(self) -> str:
        """All answers as a table."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(HEADS)
        for name, walk in sorted(self.walks.items()):
            for scene, a in walk.answers.items():
                words = {True: "yes", False: "no"}
                steps = "" if a.steps is None else a.steps
                row = (name, scene, a.question, a.first, words[a.at_once], a.tries, words[a.right], steps, a.when)
                writer.writerow(f"'{cell}" if str(cell).startswith(("=", "+", "-", "@")) else cell for cell in row)
        return text.getvalue()

    def _save(self, name: str) -> None:
        """Write what changed of the lesson ``name``; of lessons that were not begun here what stands there by now."""
        self._own.add(name)
        if self._path is None:
            return
        try:
            others = _read(self._path) if self._path.exists() else {}
        except UNREADABLE:
            others = {}
        self.walks |= {other: walk for other, walk in others.items() if other not in self._own}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._path, msgspec.json.encode(self.walks))
        except OSError as error:
            log.warning("progress could not be written to %s: %s", self._path, error)

    def _set_aside(self, path: Path) -> None:
        try:
            path.replace(path.with_suffix(".unreadable"))
        except OSError:
            self._path = None  # rather than writing over what somebody may still want


def _read(path: Path) -> dict[str, Walk]:
    data = path.read_bytes()
    if len(data) > MOST_BYTES:
        raise ValueError("too large")
    return msgspec.json.decode(data, type=dict[str, Walk])
