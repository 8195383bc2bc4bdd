"""Measure every figure that is claimed of gdsim.

Machines differ and are seldom quiet, so figures are ratios of two things taken in turn in the same run wherever
they can be, and it is told how noisy the machine was.
"""

from __future__ import annotations

from argparse import Namespace
from contextlib import ExitStack
from typing import Any

import msgspec

from gdsim.bench import history, learning, measures, recording, solid, sweeping
from gdsim.bench.measures import Measure, take, told
from gdsim.bench.timing import Tell, in_words
from gdsim.cli.console import InputError, Parser, Progress, tell
from gdsim.cli.outputs import check_output
from gdsim.cli.run import write

MEASURES = (
    *measures.MEASURES,
    *recording.MEASURES,
    *learning.MEASURES,
    *sweeping.MEASURES,
    *history.MEASURES,
    *solid.MEASURES,
)


def declare(parser: Parser) -> None:
    """The arguments."""
    parser.add_argument("--only", nargs="+", metavar="NAME", help="measure only these; --list shows their names")
    parser.add_argument("--json", metavar="FILE", help="write the figures, and what they rest on, as JSON")
    parser.add_argument("--list", action="store_true", help="show what is measured, and measure nothing")
    parser.add_argument("--force", action="store_true", help="replace the output file if it exists")


def execute(options: Namespace) -> int:
    """Measure and tell."""
    chosen = _chosen(options.only)
    if options.list:
        tell(listing(chosen))
        return 0
    target = check_output(options.json, (".json",), force=options.force) if options.json is not None else None
    with ExitStack() as shown:

        def progress(name: str) -> Tell:
            shown.close()
            bar = shown.enter_context(Progress(name))
            bar(0, 1)
            return bar

        record = take(chosen, progress)
    tell(table(record))
    if target is not None:
        write(target, msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n")
    return 0


def _chosen(names: list[str] | None) -> tuple[Measure, ...]:
    if names is None:
        return MEASURES
    known = {measure.name: measure for measure in MEASURES}
    for name in names:
        if name not in known:
            raise InputError(f"--only {name}: no such measure; there are {', '.join(known)}")
    return tuple(known[name] for name in dict.fromkeys(names))


def listing(rows: tuple[Measure, ...]) -> str:
    """What is measured, and the targets."""
    lines = []
    for measure in rows:
        lines.append(f"{measure.name}: {measure.title}")
        lines += [f"  {figure.meaning}  {figure.target}".rstrip() for figure in measure.figures]
    return "\n".join(lines) + "\n"


def table(record: dict[str, Any]) -> str:
    """The record as a table, and how far it can be trusted."""
    rows = [("measure", "what it means", "measured", "target", "met?")]
    for measure in record["measures"]:
        name = measure["name"]
        if "unavailable" in measure:
            rows.append((name, measure["unavailable"], "", "", "not measured"))
        for figure in measure["figures"]:
            met = {True: "yes", False: "NO", None: ""}[figure["met"]]
            rows.append((name, figure["meaning"], told(figure["value"], figure["unit"]), figure["target"], met))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = []
    for name, meaning, value, target, met in rows:
        cells = (name.ljust(widths[0]), meaning.ljust(widths[1]), value.rjust(widths[2]), target.rjust(widths[3]), met)
        lines.append("  ".join(cells).rstrip())
    return "\n".join([*lines, "", in_words(record["machine"])]) + "\n"
