"""Compute how a run would end over a grid of two of its numbers, or of its start, and write the map.

An axis is written PATH=LOW:HIGH[:log][:CELLS], such as optimizer.lr=1e-4:1:log:64, optimizer.momentum=0:0.99,
schedule.gamma=0.1:0.9:32, batch_size=1:64:log, start[0]=-2:2. --start sweeps both coordinates of the start over the
landscape's usual view. Where CELLS are left out there are as many as are computed within a minute or so. By its
ending the file is a picture (.png) or holds the numbers of all cells (.csv, .npz).
"""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gdsim.cli.console import InputError, Parser, Progress
from gdsim.cli.outputs import check_output, picture_size
from gdsim.cli.run import read, write

if TYPE_CHECKING:
    from gdsim.core.experiment import Experiment
    from gdsim.core.sweep import Axis, Sweep, SweepMap

ENDINGS = (".png", ".csv", ".npz")
CELLS, START_CELLS = 64, 128
"""Along an axis, at most, where nobody says how many."""
PATIENCE = 60.0
"""Seconds that a sweep takes about, at most, where nobody says how many cells it has."""


def declare(parser: Parser) -> None:
    """The arguments."""
    add = parser.add_argument
    add("experiment", metavar="EXPERIMENT.json", help="a file, or the name of a ready-made experiment")
    add("--x", metavar="AXIS", help="what varies from left to right")
    add("--y", metavar="AXIS", help="what varies from bottom to top")
    add("--start", type=int, nargs="?", const=True, metavar="CELLS", help=f"sweep the start ({START_CELLS} or fewer)")
    add("--run", metavar="LABEL", help="which run is varied (the first)")
    add("--steps", type=int, metavar="N", help="another number of steps than the experiment's")
    add(
        "--show", choices=["loss", "best", "steps", "minimum"], help="what a picture shows (loss; minimum with --start)"
    )
    add("--target", type=float, metavar="LOSS", help="also find the step at which the loss came down to this")
    add("--out", metavar="FILE", required=True, help="where to: .png, .csv or .npz")
    add("--force", action="store_true", help="replace the file if it exists")
    add("--size", default="1600x1200", metavar="WxH", help="of a picture, in pixels (1600x1200)")
    add("--theme", choices=["dark", "light"], default="light")
    add("--title", help="above a picture; the experiment's own where left out, none where empty")
    add("--no-theory", action="store_true", help="do not draw the lines of theory (2/L, critical momentum)")


def execute(options: Namespace) -> int:
    """Compute and write."""
    name: str = options.experiment
    target = check_output(options.out, ENDINGS, force=options.force, inputs=[name])
    size = picture_size(options.size)
    experiment = _experiment(name, options)
    sweep = _sweep(name, experiment, options)
    show = options.show or _usual(sweep)
    if show == "steps" and options.target is None:
        raise InputError("--show steps: which loss is to be reached? give --target LOSS")
    if show == "minimum" and not len(sweep.minima):
        raise InputError("--show minimum: no minimum of this landscape is known")
    from gdsim.core.sweep import SweepMap

    found = SweepMap(sweep)
    with Progress(name) as progress:
        for part in sweep.parts():
            found.add(part)
            progress(round(1000 * found.share), 1000)
    ending = target.suffix.lower()
    if ending == ".png":
        data = _picture(found, show, size, options)
    else:
        from gdsim.core.sweep_files import as_csv, as_npz

        data = as_csv(found) if ending == ".csv" else as_npz(found)
    write(target, data)
    return 0


def _experiment(name: str, options: Namespace) -> Experiment:
    experiment = read(name)
    if options.steps is None:
        return experiment
    from gdsim.core.documents import DocumentError, as_dict, load

    try:
        return load({**as_dict(experiment), "steps": options.steps})
    except DocumentError as error:
        raise InputError(f"--steps {options.steps}: {error.reason}") from None


def _sweep(name: str, experiment: Experiment, options: Namespace) -> Sweep:
    from gdsim.core.sweep import Axis, Sweep
    from gdsim.core.sweep_cost import usual_cells

    index = _index(experiment, options.run)

    def usual(most: int) -> int:
        return usual_cells(experiment, index, most, PATIENCE)

    if options.start is not None:
        if options.x or options.y:
            raise InputError("--start: sweeps both coordinates; leave out --x and --y")
        left, right, bottom, top = experiment.landscape.home()
        cells = usual(START_CELLS) if options.start is True else options.start
        try:
            axes = Axis("start[0]", left, right, cells), Axis("start[1]", bottom, top, cells)
        except ValueError as error:
            raise InputError(f"--start {options.start}: {error}") from None
    else:
        if not (options.x and options.y):
            raise InputError("give --x AXIS and --y AXIS, or --start")
        axes = _axis("--x", options.x, usual), _axis("--y", options.y, usual)
    try:
        return Sweep(experiment, *axes, index=index, target=options.target)
    except ValueError as error:
        raise InputError(f"{name}: {error}") from None


def _index(experiment: Experiment, label: str | None) -> int:
    labels = experiment.labels()
    if label is None:
        return 0
    if label not in labels:
        raise InputError(f"--run {label}: no such run; there are {', '.join(labels)}")
    return labels.index(label)


def _axis(option: str, text: str, usual: Callable[[int], int]) -> Axis:
    from gdsim.core.sweep import Axis

    path, equals, rest = text.partition("=")
    parts = [part.strip() for part in rest.split(":")]
    if not equals or not path.strip() or not 2 <= len(parts) <= 4:
        raise InputError(f"{option} {text}: must be like optimizer.lr=1e-4:1:log:{CELLS}")
    scale, cells = "linear", None
    for part in parts[2:]:
        if part in ("log", "linear"):
            scale = part
        elif re.fullmatch(r"\d{1,6}", part):
            cells = int(part)
        else:
            raise InputError(f"{option} {text}: {part or 'nothing'} is neither log nor linear nor a number of cells")
    try:
        low, high = float(parts[0]), float(parts[1])
    except ValueError:
        raise InputError(f"{option} {text}: {parts[0]} and {parts[1]} must be numbers") from None
    try:
        return Axis(path.strip(), low, high, usual(CELLS) if cells is None else cells, scale)  # type: ignore[arg-type]
    except ValueError as error:
        raise InputError(f"{option} {text}: {error}") from None


def _usual(sweep: Sweep) -> str:
    """What a picture shows unless something else is asked for."""
    if sweep.target is not None:
        return "steps"
    starts = sweep.x.start is not None and sweep.y.start is not None
    return "minimum" if starts and len(sweep.minima) > 1 else "loss"


# Writing


def _picture(found: SweepMap, show: Any, size: tuple[int, int], options: Namespace) -> bytes:
    from gdsim.ui import headless
    from gdsim.ui.plots.sweep_picture import as_png, sweep_image
    from gdsim.ui.theme import THEMES

    headless.start()
    return as_png(sweep_image(found, show, THEMES[options.theme], size, options.title, not options.no_theory))
