"""The composition root: what is typed becomes a window or a headless command, and every ending a promised exit status.

0 done, 1 a fault of the program (with its traceback), 2 a refused input (one line on stderr), 130 interrupted.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from gdsim import __version__
from gdsim.cli import COMMANDS, Opening, dispatch, find
from gdsim.cli.console import InputError, Parser, reason, say, silence, tell
from gdsim.cli.opening import declare_room, opening

LOG_LIMIT = 1_000_000
"""Bytes after which the log starts again."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run gdsim.

    Args:
        arguments: What was typed behind the program's name; that of this process where None.

    Returns:
        The exit status.
    """
    # Before NumPy is loaded: threads inside a product of small matrices only fight the window for the processors.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    typed = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal without Greek letters is no reason to fail
    try:
        status = _start(typed)
        tell("")
    except InputError as refusal:
        say(f"gdsim: {refusal}")
        status = 2
    except KeyboardInterrupt:
        status = 130
    except BrokenPipeError:
        silence()  # whoever read our output has had enough
        status = 0
    except SystemExit as end:  # argparse's --help and --version
        status = end.code if isinstance(end.code, int) else 0
    except Exception as error:
        say(f"gdsim: a fault of the program: {type(error).__name__}: {error}")
        _record(error)
        status = 1
    return status


def _start(typed: list[str]) -> int:
    command = find(typed[0]) if typed else None
    if command is not None:
        found = dispatch(command, typed[1:])
    else:
        found = opening(_parser().parse_args(typed)) if typed else Opening()  # the window is to stand soon
    if not isinstance(found, Opening):
        return found
    if found.path is not None:
        _check_experiment(found.path)
    return _window(found)


def _parser() -> Parser:
    width = max(len(command.name) for command in COMMANDS)
    commands = "\n".join(f"  {command.name.ljust(width)}  {command.summary}" for command in COMMANDS)
    parser = Parser(
        prog="gdsim",
        description="A laboratory in which gradient descent is seen, stepped through, understood and recorded.\n"
        "Without a command it opens its window.",
        epilog=f"commands, which need no display (gdsim COMMAND --help tells more):\n{commands}",
    )
    parser.usage = (
        "gdsim [EXPERIMENT.json] [--lesson LESSON] [--hide DOCKS] [--no-saving] [--lecture]\n       gdsim COMMAND ..."
    )
    parser.add_argument("experiment", nargs="?", metavar="EXPERIMENT.json", help="open the window with this experiment")
    parser.add_argument(
        "--lesson", metavar="LESSON", help="begin with a lesson: a file, or a shipped one's name or number"
    )
    declare_room(parser)
    parser.add_argument("--version", action="version", version=f"gdsim {__version__}")
    return parser


def _check_experiment(name: str) -> None:
    """Refuse what is no readable file before a window is opened for it."""
    try:
        if Path(name).is_dir():
            raise InputError(f"{name}: is a directory")
        with open(name, "rb"):
            return
    except FileNotFoundError:
        import difflib

        near = difflib.get_close_matches(name, [command.name for command in COMMANDS], n=1)
        hint = f"; did you mean the command {near[0]}?" if near else ""
        raise InputError(f"{name}: no such file{hint}") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{name}: {reason(error)}") from None


def _window(wanted: Opening) -> int:
    """Show the window and live until it is closed."""
    from gdsim import display

    trouble = display.problem()
    if trouble is not None:
        names = ", ".join(command.name for command in COMMANDS)
        raise InputError(f"{trouble}. Without a display these work: gdsim {names}")
    before = sys.excepthook, threading.excepthook
    sys.excepthook, threading.excepthook = _report, _report_thread
    gc.disable()  # while modules are loaded nothing becomes garbage; the window switches it on again when it stands
    try:
        from gdsim.ui.launch import launch

        return launch(wanted.path, wanted.lesson, wanted.room)
    except ImportError as error:
        missing = display.missing_library(error)
        if missing is None:
            raise
        raise InputError(missing) from None
    finally:
        gc.enable()
        sys.excepthook, threading.excepthook = before


def _report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What happens to an exception that nobody caught while the window lives: it is logged, and shown.

    The window shows it if its module has a function ``report(text)``, which must be safe to call from any thread.
    """
    if not isinstance(error, Exception):
        sys.__excepthook__(kind, error, trace)
        return
    _record(error)
    window = sys.modules.get("gdsim.ui.launch")
    show = getattr(window, "report", None)
    if show is not None:
        show("".join(traceback.format_exception(error)))


def _report_thread(arguments: threading.ExceptHookArgs) -> None:
    if arguments.exc_value is not None:
        _report(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)


def _record(error: BaseException) -> None:
    """Write a traceback to stderr and to the log, wherever one can be written."""
    text = "".join(traceback.format_exception(error))
    if sys.stderr is not None:
        sys.stderr.write(text)
        sys.stderr.flush()
    path = log_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        start_again = path.exists() and path.stat().st_size > LOG_LIMIT
        with path.open("w" if start_again else "a", encoding="utf-8", errors="backslashreplace") as log:
            log.write(
                f"{time.strftime('%Y-%m-%d %H:%M:%S')} gdsim {__version__}, Python {sys.version.split()[0]}\n{text}\n"
            )
    except OSError:
        pass  # the traceback stands on stderr already; a full disk must not hide it


def log_path() -> Path:
    """The log of faults: where each system keeps such files."""
    try:
        home = Path.home()
    except RuntimeError:
        home = Path(os.curdir)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home) / "gdsim" / "gdsim.log"
    if sys.platform == "darwin":
        return home / "Library" / "Logs" / "gdsim.log"
    return Path(os.environ.get("XDG_STATE_HOME") or home / ".local" / "state") / "gdsim" / "gdsim.log"
