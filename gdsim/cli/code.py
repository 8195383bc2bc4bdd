"""Write an experiment as a plain PyTorch script that does the same descent (or, with --numpy, in NumPy alone).

The last line that the script prints is a JSON list of each run's final parameters. Without --out the script goes to
standard output.
"""

from __future__ import annotations

from argparse import Namespace

from gdsim.cli.console import InputError, Parser, tell
from gdsim.cli.outputs import check_output
from gdsim.cli.run import read, write


def declare(parser: Parser) -> None:
    """The arguments."""
    parser.add_argument("experiment", metavar="EXPERIMENT.json", help="a file, or the name of a ready-made experiment")
    parser.add_argument("--out", metavar="FILE.py", help="write the script there")
    parser.add_argument("--numpy", action="store_true", help="plain NumPy, with gradients and update rules written out")
    parser.add_argument("--force", action="store_true", help="replace the output file if it exists")


def execute(options: Namespace) -> int:
    """Write or tell."""
    name: str = options.experiment
    target = None
    if options.out is not None:
        target = check_output(options.out, (".py",), force=options.force, inputs=[name])
    experiment = read(name)
    from gdsim.core.numpy_code import numpy_script
    from gdsim.core.pytorch_code import torch_script

    try:
        script = (numpy_script if options.numpy else torch_script)(experiment)
    except ValueError as refusal:
        raise InputError(f"{name}: {refusal}") from None
    if target is None:
        tell(script)
    else:
        write(target, script.encode("utf-8"))
    return 0
