"""Compute the same run with many seeds, and write the band of their losses.

Seeds decide the noise on gradients and the order of the examples. The first is that of the document, and the others
follow it. By its ending the file is a picture (.png: the landscape with the cloud of marbles, and the band), the
quantiles of each step (.csv), or all losses and parameters (.npz).
"""

from __future__ import annotations

import dataclasses
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from gdsim.cli.console import InputError, Parser, Progress
from gdsim.cli.outputs import check_output, picture_size
from gdsim.cli.run import read, write

if TYPE_CHECKING:
    from gdsim.core.ensemble import Band
    from gdsim.core.experiment import Experiment

ENDINGS = (".png", ".csv", ".npz")


def declare(parser: Parser) -> None:
    """The arguments."""
    add = parser.add_argument
    add("experiment", metavar="EXPERIMENT.json", help="a file, or the name of a ready-made experiment")
    add("--seeds", type=int, metavar="N", help="how many, 2 to 1000 (what the document asks for, or 50)")
    add("--run", metavar="LABEL", help="which run (the first)")
    add("--steps", type=int, metavar="K", help="another number of steps than the experiment's")
    add("--vary", choices=["all", "noise", "batches"], help="what the seeds decide (all)")
    add("--quantiles", metavar="P,P", help="lower ends of the bands in percent, the widest first (10,25)")
    add("--out", metavar="FILE", required=True, help="where to: .png, .csv or .npz")
    add("--force", action="store_true", help="replace the file if it exists")
    add("--size", default="1600x800", metavar="WxH", help="of a picture, in pixels (1600x800)")
    add("--theme", choices=["dark", "light"], default="light")
    add("--linear", action="store_true", help="a linear axis for the loss of a picture")
    add("--title", help="above a picture; the experiment's own where left out, none where empty")


def execute(options: Namespace) -> int:
    """Compute and write."""
    name: str = options.experiment
    target = check_output(options.out, ENDINGS, force=options.force, inputs=[name])
    size = picture_size(options.size)
    experiment = _asked(name, options)
    band = _computed(name, experiment)
    ending = target.suffix.lower()
    if ending == ".png":
        _picture(experiment, band, size, options, target)
        return 0
    from gdsim.core.ensemble_files import as_csv, as_npz

    write(target, as_csv(band) if ending == ".csv" else as_npz(band))
    return 0


def _asked(name: str, options: Namespace) -> Experiment:
    """The experiment with the one run alone, and the ensemble that is asked for around it."""
    from gdsim.core.documents import DocumentError, as_dict, load
    from gdsim.core.ensemble import refusal

    experiment = read(name)
    labels = experiment.labels()
    if options.run is not None and options.run not in labels:
        raise InputError(f"--run {options.run}: no such run; there are {', '.join(labels)}")
    index = 0 if options.run is None else labels.index(options.run)
    content = as_dict(experiment)
    run = content["runs"][index] | {"label": labels[index], "color": experiment.color(index), "hidden": False}
    seeds = dict(run.get("ensemble") or {})
    given = {"members": options.seeds, "vary": options.vary, "quantiles": _quantiles(options.quantiles)}
    seeds |= {key: value for key, value in given.items() if value is not None}
    content |= {"runs": [run | {"ensemble": seeds}]}
    if options.steps is not None:
        content["steps"] = options.steps
    try:
        found = load(content)
    except DocumentError as error:
        raise InputError(f"{_blamed(error.place, options) or name}: {error.reason}") from None
    why = refusal(found, 0, seeds.get("vary", "all"))
    if why is not None:
        raise InputError(f"{name}: {why}")
    return found


def _blamed(place: str, options: Namespace) -> str:
    """The option that is at fault, as it was typed."""
    for option, end in (("seeds", ".members"), ("steps", "$.steps")):
        if end in place:
            return f"--{option} {getattr(options, option)}"
    return ""


def _quantiles(text: str | None) -> list[float] | None:
    if text is None:
        return None
    try:
        found = [float(part) / 100.0 for part in text.split(",")]
    except ValueError:
        found = []
    if not 1 <= len(found) <= 3 or sorted(set(found)) != found or not (found[0] >= 0.0 and found[-1] < 0.5):
        raise InputError(f"--quantiles {text}: must be one to three rising numbers from 0 to below 50, like 10,25")
    return found


def _computed(name: str, experiment: Experiment) -> Band:
    from gdsim.core.ensemble import Band, Ensemble

    seeds = experiment.runs[0].ensemble
    assert seeds is not None
    try:
        band = Band(Ensemble(experiment, 0, seeds.members, seeds.vary, seeds.quantiles))
    except ValueError as error:
        raise InputError(f"{name}: {error}") from None
    with Progress(name) as progress:
        for part in band.ensemble.parts():
            band.add(part)
            progress(round(1000 * part.share), 1000)
    return band


def _picture(experiment: Experiment, band: Band, size: tuple[int, int], options: Namespace, target: Any) -> None:
    from gdsim.core.documents import encode
    from gdsim.core.trajectory import run
    from gdsim.recording.faults import RecordingError
    from gdsim.ui import headless
    from gdsim.ui.figure import Figure, FigureOptions, last_step
    from gdsim.ui.film import write_picture
    from gdsim.ui.plots.moment import Moment

    headless.start()
    title = experiment.title if options.title is None else options.title
    look = FigureOptions(*size, layout="side", theme=options.theme, title=title, log_loss=not options.linear)
    moment = Moment(experiment, run(experiment), 0, bands={0: band})
    moment = dataclasses.replace(moment, cursor=last_step(moment))
    try:
        write_picture(Figure(look), moment, target, encode(experiment), force=options.force)
    except RecordingError as error:
        raise InputError(str(error)) from None
