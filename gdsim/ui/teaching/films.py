"""Which files a lesson becomes: a video of each scene that plays and of each answer, a picture of each that stands."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import NamedTuple

from gdsim.core.documents import encode
from gdsim.lessons.lesson import Lesson, Scene
from gdsim.ui.figure import Figure, FigureOptions, last_step
from gdsim.ui.film import Film, write_picture
from gdsim.ui.plots.moment import Moment
from gdsim.ui.teaching.shots import Shot, film_of, look_of, shots_of

LONGEST_NAME = 60
"""Letters of a title in a file's name."""
RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}
"""Names that Windows keeps for itself."""


class Piece(NamedTuple):
    """One file of a lesson: a video where it plays, or a picture."""

    name: str
    scene: Scene
    shot: Shot

    def look(self, width: int, height: int, theme: str) -> FigureOptions:
        """How it looks."""
        return look_of(self.shot.setup, width, height, theme=theme, title=self.scene.title)

    def film(self, moment: Moment, look: FigureOptions, fps: float, path: Path) -> Film:
        """The video.

        Raises:
            ValueError: The scene plays backwards, or at no speed there can be.
        """
        setup = self.shot.setup
        if setup.play is not None and setup.play < setup.step:
            raise ValueError(f"it begins at step {setup.step:,} and plays to step {setup.play:,}, which is before it")
        return Film(moment, film_of(setup, look, fps, last_step(moment)), path)

    def write_picture(self, moment: Moment, look: FigureOptions, path: Path, *, force: bool) -> None:
        """Write the picture.

        Raises:
            RecordingError: It could not be written.
        """
        write_picture(Figure(look), moment, path, encode(moment.experiment), force=force)


def pieces_of(lesson: Lesson) -> list[Piece]:
    """The files of a lesson in order; scenes with a problem have none."""
    digits = max(2, len(str(len(lesson.scenes))))
    found = []
    for shot in shots_of(lesson):
        scene = lesson.scenes[shot.place]
        name = f"{shot.place + 1:0{digits}}-{file_name(scene.title, 'scene')}{'-answer' if shot.answer else ''}"
        found.append(Piece(f"{name}{'.mp4' if shot.plays else '.png'}", scene, shot))
    return found


def file_name(title: str, otherwise: str) -> str:
    """A name that every system can have for a file, without an ending.

    Args:
        title: What it is about.
        otherwise: The name where none of its letters can stand in one.
    """
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode("ascii").lower()
    name = re.sub(r"[^a-z0-9]+", "-", plain)[:LONGEST_NAME].strip("-") or otherwise
    return f"{name}-{otherwise}" if name in RESERVED else name
