"""Record experiments without a window: videos (.mp4 .webm .gif) and pictures (.png .svg .pdf), by the ending."""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from gdsim.cli.console import InputError, Progress, say

if TYPE_CHECKING:
    from gdsim.core.experiment import Experiment
    from gdsim.ui.film import FilmOptions
    from gdsim.ui.plots.moment import Moment

ENDINGS = (".mp4", ".webm", ".gif", ".png", ".svg", ".pdf")


def declare(parser: argparse.ArgumentParser) -> None:
    """Say what can be typed."""
    add = parser.add_argument
    add("experiments", nargs="+", metavar="EXPERIMENT.json", help="what is recorded")
    add("--out", metavar="FILE", help="the file; its ending decides the format")
    add("--out-dir", metavar="DIR", help="for several experiments: the folder, with one STEM.FORMAT for each")
    add("--format", choices=[ending[1:] for ending in ENDINGS], default="mp4", help="with --out-dir (mp4)")
    add("--force", action="store_true", help="replace files that exist")
    add("--size", default="1920x1080", metavar="WxH", help="in pixels (1920x1080)")
    add("--layout", choices=["board", "side", "landscape"], default="board", help="what is on it (board)")
    add("--theme", choices=["dark", "light"], default="dark")
    add("--background", choices=["theme", "white", "transparent"], default="theme", help="transparent: pictures only")
    add("--title", help="above everything; the experiment's own where left out, none where empty")
    add("--caption", default="", help="below everything")
    add("--linear", action="store_true", help="a linear axis for the loss")
    add("--fps", type=float, default=None, metavar="N", help="frames per second (60; 25 for .gif)")
    add("--speed", type=float, default=20.0, metavar="UPDATES", help="updates per second (20)")
    add("--per-frame", type=int, metavar="UPDATES", help="a fixed number of updates per frame, instead of --speed")
    add("--end-speed", type=float, metavar="UPDATES", help="start with --speed, get faster up to this")
    add("--first", type=int, default=0, metavar="STEP", help="first step (0)")
    add("--last", type=int, metavar="STEP", help="last step (the end)")
    add("--hold-first", type=float, default=0.0, metavar="SECONDS", help="the first picture stands still (0)")
    add("--hold-last", type=float, default=1.0, metavar="SECONDS", help="the last picture stands still (1)")
    add("--quality", choices=["small", "good", "best"], default="good")
    add("--no-loop", action="store_true", help="a GIF stops at its end")
    add("--step", type=int, metavar="STEP", help="which step a picture shows (the last)")
    add("--filmstrip", metavar="STEPS", help="a picture of several steps: 0,10,50")


def execute(options: argparse.Namespace) -> int:
    """Record everything that was asked for."""
    targets = _targets(options)
    experiments = [_load(name) for name in options.experiments]
    from gdsim.recording.faults import RecordingError
    from gdsim.ui import headless

    headless.start()

    for name, experiment, path in zip(options.experiments, experiments, targets, strict=True):
        try:
            if path.suffix.lower() in (".png", ".svg", ".pdf"):
                _picture(experiment, path, options)
            else:
                _video(experiment, path, options)
        except RecordingError as error:
            raise InputError(str(error)) from None
        except ValueError as error:
            raise InputError(f"{name}: {error}") from None
    return 0


def _targets(options: argparse.Namespace) -> list[Path]:
    """Where each experiment goes, once nothing speaks against it."""
    from gdsim.cli.outputs import check_output

    if bool(options.out) == bool(options.out_dir):
        raise InputError("give either --out FILE or --out-dir DIR")
    if options.out and len(options.experiments) > 1:
        raise InputError("several experiments need --out-dir DIR")
    names = [options.out]
    if options.out_dir:
        names = [os.path.join(options.out_dir, f"{Path(name).stem}.{options.format}") for name in options.experiments]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise InputError(f"{twice}: two experiments of the same name would go there")
    return [check_output(name, ENDINGS, force=options.force, inputs=options.experiments) for name in names]


def _load(name: str) -> Experiment:
    from gdsim.cli.console import reason
    from gdsim.core.documents import DocumentError, load

    try:
        return load(name)
    except DocumentError as error:
        raise InputError(f"{name}: {error}") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{name}: {reason(error)}") from None


def _moment(experiment: Experiment, name: str) -> Moment:
    from gdsim.core.trajectory import run
    from gdsim.ui.figure import last_step
    from gdsim.ui.plots.moment import Moment

    with Progress(f"{name}: computing") as progress:
        moment = Moment(experiment, run(experiment, progress=progress), 0)
    return Moment(experiment, moment.trajectory, last_step(moment))


def _film_options(experiment: Experiment, path: Path, options: argparse.Namespace) -> FilmOptions:
    from gdsim.ui.figure import FigureOptions
    from gdsim.ui.film import FilmOptions

    width, height = _size(options.size)
    look = FigureOptions(
        width,
        height,
        options.layout,
        options.theme,
        options.background,
        experiment.title if options.title is None else options.title,
        options.caption,
        log_loss=not options.linear,
    )
    pace = "frame" if options.per_frame is not None else "faster" if options.end_speed is not None else "second"
    return FilmOptions(
        look,
        fps=options.fps or (25.0 if path.suffix.lower() == ".gif" else 60.0),
        pace=pace,  # type: ignore[arg-type]
        speed=options.speed if options.per_frame is None else options.per_frame,
        end_speed=options.end_speed or options.speed,
        first=options.first,
        last=options.last,
        hold_first=options.hold_first,
        hold_last=options.hold_last,
        quality=options.quality,
        loop=not options.no_loop,
    )


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,6})\s*[xX×]\s*(\d{1,6})", text.strip())
    if found is None:
        raise InputError(f"--size {text}: must be like 1920x1080")
    width, height = int(found[1]), int(found[2])
    if not (16 <= width <= 8192 and 16 <= height <= 8192):
        raise InputError(f"--size {text}: width and height must be 16 to 8192 pixels")
    return width, height


def _video(experiment: Experiment, path: Path, options: argparse.Namespace) -> None:
    from gdsim.recording.encoder import Recorder
    from gdsim.ui.film import Film

    if options.background == "transparent":
        raise InputError("--background transparent: a video has no transparency; use a picture")
    film_options = _film_options(experiment, path, options)
    film_options.timing(experiment.steps)  # refused before anything is computed
    film = Film(_moment(experiment, path.name), film_options, path)
    if film.grown:
        say(f"gdsim record: {path.name}: made even, {film.settings.width}x{film.settings.height}")
    with (
        Progress(path.name) as progress,
        Recorder(path, film.settings, force=options.force, frames=len(film)) as recorder,
    ):
        for image, frames in film.pictures():
            recorder.put(image, frames)
            progress(recorder.encoded, len(film))


def _picture(experiment: Experiment, path: Path, options: argparse.Namespace) -> None:
    import dataclasses

    from gdsim.core.documents import encode
    from gdsim.ui.figure import Figure, Filmstrip, last_step
    from gdsim.ui.film import write_picture

    look = _film_options(experiment, path, options).figure
    moment = _moment(experiment, path.name)
    last = last_step(moment)
    steps = _steps(options.filmstrip) if options.filmstrip else [last if options.step is None else options.step]
    if any(not 0 <= step <= last for step in steps):
        raise InputError(f"{path.name}: steps must lie between 0 and {last}")
    figure = Filmstrip(look, steps) if options.filmstrip else Figure(look)
    write_picture(figure, dataclasses.replace(moment, cursor=steps[0]), path, encode(experiment))


def _steps(text: str) -> list[int]:
    try:
        steps = [int(part) for part in text.split(",")]
    except ValueError:
        raise InputError(f"--filmstrip {text}: must be like 0,10,50") from None
    if len(steps) > 24:
        raise InputError("--filmstrip: at most 24 steps")
    return steps
