"""Record experiments without a window: videos (.mp4 .webm .gif) and pictures (.png .svg .pdf), by the ending."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from gdsim.cli.console import InputError, Progress, say

if TYPE_CHECKING:
    from gdsim.core.experiment import Experiment
    from gdsim.ui.film import FilmOptions
    from gdsim.ui.plots.moment import Moment

PICTURES = (".png", ".svg", ".pdf")
ENDINGS = (".mp4", ".webm", ".gif", *PICTURES)
LEAST = 16
"""Pixels across or down."""
MOST_STEPS = 24
"""Pictures on a filmstrip."""


def declare(parser: argparse.ArgumentParser) -> None:
    """Say what can be typed."""
    add = parser.add_argument
    add(
        "experiments", nargs="+", metavar="EXPERIMENT.json", help="what is recorded: files, or names of ready-made ones"
    )
    add("--out", metavar="FILE", help="the file; its ending decides the format")
    add("--out-dir", metavar="DIR", help="for several experiments: the folder, with one STEM.FORMAT for each")
    add("--format", choices=[ending[1:] for ending in ENDINGS], default="mp4", help="with --out-dir (mp4)")
    add("--force", action="store_true", help="replace files that exist")
    add("--size", default="1920x1080", metavar="WxH", help="in pixels (1920x1080)")
    add(
        "--layout",
        choices=["board", "side", "data", "landscape"],
        help="what is on it: all plots; landscape and loss; these and the data; the landscape (board, of models data)",
    )
    add("--view", choices=["2d", "3d", "both"], default="2d", help="the landscape from above, as a surface, both (2d)")
    camera = (
        "from where the surface is seen, in degrees: around it, and above the ground (the document's): --camera=-60,38"
    )
    add("--camera", metavar="AZIMUTH,ELEVATION", help=camera)
    heights = ["auto", "linear", "log"]
    add("--height", choices=heights, help="how heights of the surface follow the loss (the document's, auto)")
    add("--turntable", type=float, metavar="DEGREES", help="the surface turns by so many a second (the document's, 0)")
    add("--theme", choices=["dark", "light"], default="dark")
    add("--background", choices=["theme", "white", "transparent"], default="theme", help="transparent: pictures only")
    add("--title", help="above everything; the experiment's own where left out, none where empty")
    add("--caption", default="", help="below everything")
    add("--linear", action="store_true", help="a linear axis for the loss")
    add("--fps", type=float, default=None, metavar="N", help="frames per second (60; 25 for .gif)")
    add("--speed", type=float, default=20.0, metavar="UPDATES", help="updates per second (20)")
    pace = parser.add_mutually_exclusive_group()
    per_frame = "a fixed number of updates per frame, instead of --speed"
    pace.add_argument("--per-frame", type=int, metavar="UPDATES", help=per_frame)
    end_speed = "start with --speed, get faster up to this"
    pace.add_argument("--end-speed", type=float, metavar="UPDATES", help=end_speed)
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
    if (options.out is None) == (options.out_dir is None):
        raise InputError("give either --out FILE or --out-dir DIR")
    from gdsim.cli.outputs import made_folder

    with made_folder("--out-dir", options.out_dir):
        return _record(options)


def _record(options: argparse.Namespace) -> int:
    targets = _targets(options)
    from gdsim.cli.run import read

    experiments = [_in_space(read(name), options) for name in options.experiments]
    from gdsim.recording.faults import RecordingError
    from gdsim.ui import headless

    jobs = list(zip(options.experiments, experiments, targets, strict=True))
    for name, experiment, path in jobs:  # all of them, before anything is computed
        with _named(name):
            check = _check_picture if path.suffix.lower() in PICTURES else _check_video
            check(experiment, path, options)
    headless.start()
    for name, experiment, path in jobs:
        try:
            with _named(name):
                record = _picture if path.suffix.lower() in PICTURES else _video
                record(experiment, path, options)
        except RecordingError as error:
            raise InputError(str(error)) from None
    return 0


@contextlib.contextmanager
def _named(name: str) -> Iterator[None]:
    """Say of a refusal which experiment it is about."""
    try:
        yield
    except ValueError as error:
        raise InputError(f"{name}: {error}") from None


def _check_video(experiment: Experiment, path: Path, options: argparse.Namespace) -> None:
    """Refuse what can be known to fail.

    Raises:
        InputError: An option does not go with a video.
        ValueError: The options do not go together.
    """
    from gdsim.recording.encoder import VideoSettings, even, kind_of

    if options.background == "transparent":
        raise InputError("--background transparent: a video has no transparency; use a picture")
    for option, value in (("--filmstrip", options.filmstrip), ("--step", options.step)):
        if value is not None:
            raise InputError(f"{option}: is for pictures; {path.name} is a video")
    film_options = _film_options(experiment, path, options)
    film_options.timing(experiment.steps)
    kind = kind_of(path)
    assert kind is not None  # the ending was checked
    size = even(film_options.figure.width, film_options.figure.height, kind)
    refusal = VideoSettings(kind, *size, film_options.fps, film_options.quality).refusal()
    if refusal is not None:
        raise ValueError(refusal)


def _check_picture(experiment: Experiment, path: Path, options: argparse.Namespace) -> None:
    """Refuse what can be known to fail.

    Raises:
        InputError: There are no such steps.
    """
    _film_options(experiment, path, options)
    _picture_steps(path, options, experiment.steps)


def _picture_steps(path: Path, options: argparse.Namespace, last: int) -> list[int]:
    steps = [last if options.step is None else options.step]
    if options.filmstrip is not None:
        steps = _steps(options.filmstrip)
    if any(not 0 <= step <= last for step in steps):
        raise InputError(f"{path.name}: steps must lie between 0 and {last}")
    return steps


def _targets(options: argparse.Namespace) -> list[Path]:
    """Where each experiment goes, once nothing speaks against it."""
    from gdsim.cli.outputs import check_output

    if options.out is not None and len(options.experiments) > 1:
        raise InputError("several experiments need --out-dir DIR")
    names = [options.out]
    if options.out_dir:
        names = [os.path.join(options.out_dir, f"{Path(name).stem}.{options.format}") for name in options.experiments]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise InputError(f"{twice}: two experiments of the same name would go there")
    return [check_output(name, ENDINGS, force=options.force, inputs=options.experiments) for name in names]


def _moment(experiment: Experiment, name: str) -> Moment:
    import dataclasses

    from gdsim.core.ensemble import bands
    from gdsim.core.trajectory import run
    from gdsim.ui.figure import last_step
    from gdsim.ui.plots.moment import Moment

    with Progress(f"{name}: computing") as progress:
        moment = Moment(experiment, run(experiment, progress=progress), 0)
    with Progress(f"{name}: other seeds") as progress:
        moment = dataclasses.replace(moment, bands=bands(experiment, progress))
    return dataclasses.replace(moment, cursor=last_step(moment))


def _in_space(experiment: Experiment, options: argparse.Namespace) -> Experiment:
    """The experiment with its camera as it was typed.

    Raises:
        InputError: There is no such camera.
    """
    import msgspec

    from gdsim.core.camera import Camera

    typed: dict[str, object] = {}
    if options.camera is not None:
        try:
            typed["azimuth"], typed["elevation"] = (float(part) for part in options.camera.split(","))
        except ValueError:
            raise InputError(f"--camera {options.camera}: must be like -60,38") from None
    if options.turntable is not None:
        typed["turntable"] = options.turntable
    if options.height is not None:
        typed["height"] = options.height
    if not typed:
        return experiment
    if options.view == "2d":
        raise InputError("--camera, --height and --turntable are for --view 3d and --view both")
    known = msgspec.to_builtins(experiment.camera or Camera())
    try:
        camera = msgspec.convert(known | typed, Camera)
    except msgspec.ValidationError as error:
        raise InputError(f"the camera cannot be: {error}") from None
    return msgspec.structs.replace(experiment, camera=camera)


def _film_options(experiment: Experiment, path: Path, options: argparse.Namespace) -> FilmOptions:
    from gdsim.cli.outputs import picture_size
    from gdsim.core.landscapes import ModelLandscape
    from gdsim.ui.figure import FigureOptions
    from gdsim.ui.film import FilmOptions

    width, height = picture_size(options.size, LEAST)
    look = FigureOptions(
        width,
        height,
        options.layout or ("data" if isinstance(experiment.landscape, ModelLandscape) else "board"),
        options.theme,
        options.background,
        experiment.title if options.title is None else options.title,
        options.caption,
        log_loss=not options.linear,
        space=options.view,
    )
    pace = "frame" if options.per_frame is not None else "faster" if options.end_speed is not None else "second"
    return FilmOptions(
        look,
        fps=options.fps if options.fps is not None else 25.0 if path.suffix.lower() == ".gif" else 60.0,
        pace=pace,  # type: ignore[arg-type]
        speed=options.speed if options.per_frame is None else options.per_frame,
        end_speed=options.speed if options.end_speed is None else options.end_speed,
        first=options.first,
        last=options.last,
        hold_first=options.hold_first,
        hold_last=options.hold_last,
        quality=options.quality,
        loop=not options.no_loop,
    )


def _video(experiment: Experiment, path: Path, options: argparse.Namespace) -> None:
    from gdsim.cli.outputs import write_film
    from gdsim.ui.film import Film

    film = Film(_moment(experiment, path.name), _film_options(experiment, path, options), path)
    if film.grown:
        say(f"gdsim record: {path.name}: made even, {film.settings.width}x{film.settings.height}")
    write_film(film, path, force=options.force)


def _picture(experiment: Experiment, path: Path, options: argparse.Namespace) -> None:
    import dataclasses

    from gdsim.core.documents import encode
    from gdsim.ui.figure import Figure, Filmstrip, last_step
    from gdsim.ui.film import write_picture

    look = _film_options(experiment, path, options).figure
    moment = _moment(experiment, path.name)
    steps = _picture_steps(path, options, last_step(moment))
    figure = Filmstrip(look, steps) if options.filmstrip is not None else Figure(look)
    shown = dataclasses.replace(moment, cursor=steps[0])
    write_picture(figure, shown, path, encode(experiment), force=options.force)


def _steps(text: str) -> list[int]:
    try:
        steps = [int(part) for part in text.split(",")]
    except ValueError:
        raise InputError(f"--filmstrip {text}: must be like 0,10,50") from None
    if len(steps) > MOST_STEPS:
        raise InputError(f"--filmstrip: at most {MOST_STEPS} steps")
    return steps
