"""Find out how large the learning rate of a run may be.

From a tiny rate on, each update is made with a larger one, until the loss blows up. The suggestion lies an order of
magnitude below that. By its ending an output file holds the numbers (.csv, .json) or is a picture (.png).
"""

from __future__ import annotations

import csv
import io
import math
from argparse import Namespace
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np

from gdsim.cli.console import InputError, Parser, plain, tell
from gdsim.cli.outputs import check_output, picture_size
from gdsim.cli.run import read, write
from gdsim.core.experiment import Experiment
from gdsim.core.range_test import FACTOR, MOST, SMOOTHING, START, RangeTest, range_test

ROWS = 16
"""Lines that the table has at most."""


def declare(parser: Parser) -> None:
    """The arguments."""
    parser.add_argument("experiment", metavar="EXPERIMENT.json", help="a file, or the name of a ready-made experiment")
    parser.add_argument("--run", metavar="LABEL|N", help="which run: its label, or its number from 1 (the first one)")
    parser.add_argument(
        "--from", dest="start", type=float, default=START, metavar="RATE", help=f"the first rate ({START:g})"
    )
    parser.add_argument(
        "--factor", type=float, default=FACTOR, help=f"what the rate is multiplied by at each update ({FACTOR:g})"
    )
    parser.add_argument("--most", type=int, default=MOST, metavar="N", help=f"updates at most ({MOST})")
    parser.add_argument(
        "--smoothing", type=float, default=SMOOTHING, metavar="S",
        help=f"share of the smoothed loss that is kept at each update ({SMOOTHING:g})",
    )  # fmt: skip
    parser.add_argument("--out", metavar="FILE", help="write rates and losses (.csv, .json) or a picture (.png)")
    parser.add_argument("--force", action="store_true", help="replace an output file that exists")
    parser.add_argument("--size", default="1600x1000", metavar="WxH", help="of a picture, in pixels (1600x1000)")
    parser.add_argument("--theme", choices=["dark", "light"], default="light", help="of a picture (light)")
    parser.add_argument("--title", help="above a picture; the experiment's own where left out, none where empty")


def execute(options: Namespace) -> int:
    """Test, and tell or write."""
    experiment = read(options.experiment)
    index = chosen(experiment, options.run)
    target, size = None, picture_size(options.size)
    if options.out is not None:
        target = check_output(options.out, (*WRITERS, ".png"), force=options.force, inputs=[options.experiment])
    try:
        test = range_test(experiment, index, options.start, options.factor, options.most, options.smoothing)
    except ValueError as error:
        raise InputError(f"{options.experiment}: {error}") from None
    label = experiment.labels()[index]
    if target is None:
        tell(summary(plain(experiment.title or options.experiment), label, test))
    elif target.suffix.lower() == ".png":
        write(target, _picture(experiment, index, test, size, options))
    else:
        write(target, WRITERS[target.suffix.lower()](label, test))
    return 0


def chosen(experiment: Experiment, wanted: str | None) -> int:
    """The run that is meant: a label first, then a number from 1.

    Raises:
        InputError: There is no such run.
    """
    labels = experiment.labels()
    if wanted is None:
        return 0
    if wanted in labels:
        return labels.index(wanted)
    if wanted.isdecimal() and wanted.isascii() and len(wanted) < 9 and 1 <= int(wanted) <= len(labels):
        return int(wanted) - 1
    raise InputError(f"--run {wanted}: there is no such run; there are {', '.join(labels)}")


def summary(title: str, label: str, test: RangeTest) -> str:
    """The suggestion, why the test stopped, and a short table."""
    lines = [f"{title}: {plain(label)}", f"  {test.stopped}"]
    found = "none" if test.suggestion is None else f"{test.suggestion:g}"
    lines.append(f"  Suggested rate: {found}. {test.why}")
    if test.steepest is not None:
        lines.append(f"  The loss falls most steeply at {test.steepest:.3g}.")
    if test.step:
        lines += ["", f"  {'rate':>10}  {'loss':>12}  {'smoothed':>12}"]
        shown = np.unique(np.linspace(0, test.step - 1, min(ROWS, test.step)).round().astype(int))
        for row in shown.tolist():
            lines.append(f"  {test.rates[row]:>10.3g}  {test.losses[row]:>12.6g}  {test.smoothed[row]:>12.6g}")
    return "\n".join(lines) + "\n"


def as_csv(label: str, test: RangeTest) -> bytes:
    """A row a rate: rate, loss after its update, smoothed loss. Numbers that are not finite are words."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["rate", "loss", "smoothed"])
    for row in zip(test.rates.tolist(), test.losses.tolist(), test.smoothed.tolist(), strict=True):
        writer.writerow([_strict(value) for value in row])
    return text.getvalue().encode("utf-8")


def as_json(label: str, test: RangeTest) -> bytes:
    """The "gdsim-range-test" document: strict JSON, a line."""
    content: dict[str, Any] = {"format": "gdsim-range-test", "version": 1, "run": label}
    for name, value in vars(test).items():
        if isinstance(value, np.ndarray):
            content[name] = [_strict(number) for number in value.tolist()]
        else:
            content[name] = _strict(value) if isinstance(value, float) else value
    return msgspec.json.encode(content) + b"\n"


def _picture(experiment: Experiment, index: int, test: RangeTest, size: tuple[int, int], options: Namespace) -> bytes:
    """The picture that the dialog shows."""
    from gdsim.ui import headless
    from gdsim.ui.plots.range_plot import range_image
    from gdsim.ui.plots.sweep_picture import as_png
    from gdsim.ui.theme import THEMES

    headless.start()
    theme = THEMES[options.theme]
    title = options.title
    if title is None:
        title = f"{plain(experiment.title or 'Range test')}, {plain(experiment.labels()[index])}"
    return as_png(range_image(test, theme.run(experiment.color(index)).color, theme, size, title))


def _strict(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0.0 else "-Infinity")


WRITERS: dict[str, Callable[[str, RangeTest], bytes]] = {".csv": as_csv, ".json": as_json}
"""Endings of output files, and what writes them."""
