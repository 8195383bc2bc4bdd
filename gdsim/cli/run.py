"""Compute experiments without a window.

Without an output file a short table tells what became of each run, and a diagnosis what it was doing. All files are
checked before anything is computed, and an output file appears only once it is whole.
"""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path

from gdsim.cli.console import InputError, Parser, Progress, plain, reason, tell
from gdsim.cli.outputs import check_folder, check_output
from gdsim.cli.tables import WRITERS, csv_parts
from gdsim.core.diagnosis import diagnose, words
from gdsim.core.documents import DocumentError, load, write_whole
from gdsim.core.experiment import Experiment
from gdsim.core.memory import give_back
from gdsim.core.trajectory import Trajectory, run
from gdsim.resources import resource


def declare(parser: Parser) -> None:
    """The arguments."""
    parser.add_argument(
        "experiments",
        nargs="+",
        metavar="EXPERIMENT.json",
        help="the experiments to compute: files, or names of ready-made ones",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--out", metavar="FILE", help="write the trajectory; .json, .csv or .npz by its ending")
    where.add_argument("--out-dir", metavar="DIR", help="write DIR/STEM.json for each experiment STEM.json")
    parser.add_argument("--force", action="store_true", help="replace output files that exist")


def execute(options: Namespace) -> int:
    """Compute, and write or tell."""
    give_back()
    names: list[str] = options.experiments
    experiments = [read(name) for name in names]
    targets, made = _targets(options, names)
    written = told = 0
    try:
        for name, experiment, target in zip(names, experiments, targets, strict=True):
            parts = target is not None and target.suffix.lower() == ".csv"
            with Progress(name) as progress:
                trajectory = run(experiment, progress=progress, thinned=target is None or parts)
            if target is None:
                tell(("\n" if told else "") + summary(name, trajectory))
                told += 1
                continue
            with Progress(f"{name}: writing") as progress:
                write(target, csv_parts(trajectory, progress) if parts else WRITERS[target.suffix.lower()](trajectory))
            written += 1
    finally:
        if made is not None and not written:
            made.rmdir()
    return 0


def read(name: str) -> Experiment:
    """The experiment in a file, or the ready-made one of that name.

    Raises:
        InputError: It cannot be read, or is none.
    """
    try:
        return load(_ready_made(name) or name)
    except DocumentError as error:
        raise InputError(f"{name}: {error}") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{name}: {reason(error)}") from None


def _ready_made(name: str) -> Path | None:
    """The shipped experiment that ``gdsim list`` names so; a file of that name comes first."""
    if not name or os.path.lexists(name) or Path(name).name != name:
        return None
    shipped = {path.stem: path for path in resource("experiments").glob("*.json")}
    return shipped.get(name)


def write(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Write a file wholly or not at all.

    Raises:
        InputError: It could not be written.
    """
    try:
        write_whole(path, data)
    except OSError as error:
        raise InputError(f"{path}: could not be written: {reason(error)}") from None


def _targets(options: Namespace, names: list[str]) -> tuple[list[Path | None], Path | None]:
    """Where each result goes, and the folder that was made for them."""
    if options.out is not None:
        if len(names) > 1:
            raise InputError(f"{options.out}: one file cannot hold {len(names)} experiments; give --out-dir DIR")
        return [check_output(options.out, tuple(WRITERS), force=options.force, inputs=names)], None
    if options.out_dir is None:
        return [None] * len(names), None
    stems: dict[str, str] = {}
    for name in names:
        other = stems.setdefault(os.path.normcase(Path(name).stem), name)
        if other is not name:
            raise InputError(f"{name}: would be written to the same file as {other}")
    folder = Path(options.out_dir or "?")
    made = _make(options.out_dir)
    try:
        return [
            check_output(str(folder / f"{Path(name).stem}.json"), (".json",), force=options.force, inputs=names)
            for name in names
        ], made
    except InputError:
        if made is not None:
            made.rmdir()
        raise


def _make(name: str) -> Path | None:
    """Make the output folder where only its last part is missing."""
    folder = Path(name)
    if not name:
        raise InputError("--out-dir: the name is empty")
    try:
        if folder.exists():
            check_folder(name, folder)
            return None
        check_folder(name, folder.parent)
        folder.mkdir()
    except (OSError, ValueError) as error:
        raise InputError(f"{name}: {reason(error)}") from None
    return folder


def summary(name: str, trajectory: Trajectory) -> str:
    """What became of each run, a line each; then what each was doing, with the evidence and what to try."""
    rows = [("run", "outcome", "step", "final loss", "why")]
    for found in trajectory.runs:
        outcome = found.outcome
        kind, step, why = (outcome.kind, str(outcome.step), outcome.why) if outcome else ("", "", "")
        rows.append((plain(found.label), kind, step, f"{found.at(found.last).loss:.6g}", why))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [plain(trajectory.experiment.title or name)]
    for label, kind, step, loss, why in rows:
        cells = (label.ljust(widths[0]), kind.ljust(widths[1]), step.rjust(widths[2]), loss.rjust(widths[3]), why)
        lines.append("  ".join(("", *cells)).rstrip())
    for index, found in enumerate(trajectory.runs):
        told = words(diagnose(trajectory.experiment, index, found))
        lines += ["", f"  {plain(found.label)}", *(f"    {plain(line)}" for line in told)]
    return "\n".join(lines) + "\n"
