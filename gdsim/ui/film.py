"""A figure in motion: which step each frame shows, drawn one after the other, in the window or without one."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage

from gdsim.core.documents import encode
from gdsim.core.experiment import Experiment
from gdsim.recording.encoder import Kind, Quality, VideoSettings, estimate, even, kind_of
from gdsim.recording.faults import RecordingError
from gdsim.recording.pictures import write_pdf, write_png, write_svg
from gdsim.recording.timing import Curve, Pace, PerFrame, Steady, Timing, plan
from gdsim.ui.figure import Figure, FigureOptions, Filmstrip, last_step
from gdsim.ui.plots.moment import Moment

PaceKind = Literal["second", "frame", "faster"]
PICTURES = (".png", ".svg", ".pdf")
VIDEOS = (".mp4", ".webm", ".gif")


@dataclass(frozen=True)
class FilmOptions:
    """A video: its look, its pace, its ends.

    Attributes:
        figure: How each frame looks.
        fps: Frames per second.
        pace: Whether ``speed`` counts updates a second, updates a frame, or grows from ``speed`` to ``end_speed``
            updates a second.
        speed: How fast the updates go by.
        end_speed: How fast they go by in the end, where it gets faster.
        first: The first step.
        last: The last step; None for the last there is.
        hold_first, hold_last: Seconds for which the first and the last step stand.
        quality: Size of the file against fidelity.
        loop: Whether a GIF starts over.
    """

    figure: FigureOptions
    fps: float = 60.0
    pace: PaceKind = "second"
    speed: float = 20.0
    end_speed: float = 200.0
    first: int = 0
    last: int | None = None
    hold_first: float = 0.0
    hold_last: float = 0.0
    quality: Quality = "good"
    loop: bool = True

    def timing(self, last: int) -> Timing:
        """The step of each frame, where ``last`` is the last step there is.

        Raises:
            ValueError: It cannot be; the text says why.
        """
        end = last if self.last is None else self.last
        if end > last:
            raise ValueError(f"the last step ({end:,}) is beyond the end of the experiment ({last:,})")
        return plan(
            self._pace(), fps=self.fps, first=self.first, last=end, hold_first=self.hold_first, hold_last=self.hold_last
        )

    def _pace(self) -> Pace:
        if self.pace == "frame":
            return PerFrame(round(self.speed))
        return Curve(self.speed, self.end_speed) if self.pace == "faster" else Steady(self.speed)


class Film:
    """Frames of one video of one experiment.

    Attributes:
        path: Where it goes; the ending decides the format.
        settings: How it is written. MP4 and WebM need even sizes, so an odd one grows by a pixel.
        timing: Which step each frame shows.

    Raises:
        ValueError: The options do not go together, or the ending is unknown.
    """

    def __init__(self, moment: Moment, options: FilmOptions, path: Path) -> None:
        kind = kind_of(path)
        if kind is None:
            raise ValueError(f"unknown ending {path.suffix!r}; known are {', '.join(VIDEOS)}")
        self.moment, self.options, self.path = moment, options, path
        width, height = even(options.figure.width, options.figure.height, kind)
        self.grown = (width, height) != (options.figure.width, options.figure.height)
        look = dataclasses.replace(options.figure, width=width, height=height, background=_opaque(options.figure))
        self.timing = options.timing(last_step(moment))
        experiment = seen(moment.experiment, look)
        self.settings = VideoSettings(
            kind, width, height, options.fps, options.quality, options.loop, experiment.title, encode(experiment)
        )
        self._look = look
        self.turntable = experiment.camera.turntable if experiment.camera and look.space != "2d" else 0.0
        self._figure: Figure | None = None

    def __len__(self) -> int:
        return self.timing.frames

    def pictures(self) -> Iterator[tuple[QImage, int]]:
        """Each picture with the number of frames for which it stands; on a turntable each stands for one."""
        self._figure = self._figure or Figure(self._look)
        frame = 0
        for step, frames in self.timing.pictures():
            if self.turntable:
                moment = dataclasses.replace(self.moment, cursor=step)
                for _ in range(frames):
                    self._figure.turn(self.turntable * frame / self.options.fps)
                    yield self._figure.image(moment), 1
                    frame += 1
                continue
            yield self._figure.image(dataclasses.replace(self.moment, cursor=step)), frames


def seen(experiment: Experiment, look: FigureOptions) -> Experiment:
    """The experiment with the camera of a figure, so that the document in a file leads back to its picture."""
    if look.camera is None or look.space == "2d":
        return experiment
    return msgspec.structs.replace(experiment, camera=look.camera)


def _opaque(options: FigureOptions) -> Literal["theme", "white"]:
    return "white" if options.background == "white" else "theme"


def film_facts(options: FilmOptions, moment: Moment, kind: Kind = "mp4") -> str:
    """How long and how large a video will be, in words.

    Raises:
        ValueError: The options do not go together.
    """
    timing = options.timing(last_step(moment))
    width, height = even(options.figure.width, options.figure.height, kind)
    settings = VideoSettings(kind, width, height, options.fps, options.quality)
    why = settings.refusal()
    if why is not None:
        raise ValueError(why)
    size = estimate(settings, timing.frames) / 1e6
    grown = "" if (width, height) == (options.figure.width, options.figure.height) else f"  ·  {width} × {height}, even"
    large = f"{size:.1f}" if size < 10 else f"{size:,.0f}"
    return f"{timing.frames:,} frames  ·  {duration(timing.seconds)}  ·  about {large} MB{grown}"


def duration(seconds: float) -> str:
    """A time in words: "7.5 s", "2 min 05 s"."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60):02d} s"


def write_picture(
    figure: Figure | Filmstrip, moment: Moment, path: Path, document: bytes, *, force: bool = False
) -> None:
    """Write a figure as PNG, SVG or PDF, by the ending.

    Args:
        figure: What is written.
        moment: What it shows.
        path: The file.
        document: The experiment's document, which goes into the file.
        force: Whether a file that is there may be replaced.

    Raises:
        RecordingError: It could not be written, or the ending is unknown.
    """
    size, title = QSize(figure.options.width, figure.options.height), figure.options.title
    ending = path.suffix.lower()
    if ending == ".png":
        write_png(figure.image(moment), path, document, title=title, force=force)
    elif ending == ".svg":
        write_svg(lambda painter: figure.paint(painter, moment), size, path, document, title=title, force=force)
    elif ending == ".pdf":
        write_pdf(lambda painter: figure.paint(painter, moment), size, path, document, title=title, force=force)
    else:
        raise RecordingError(path, f"unknown ending {path.suffix!r}; known are {', '.join(PICTURES)}")
