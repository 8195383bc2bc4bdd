"""Talking to a terminal: refusals in one line, names that cannot break it, a progress bar that can be silent."""

from __future__ import annotations

import argparse
import os
import sys
import time
from types import TracebackType
from typing import NoReturn, TextIO


class InputError(Exception):
    """An input that is not accepted; its text names the input and the reason, in one line."""


class Parser(argparse.ArgumentParser):
    """argparse that keeps the program's promise: a refused argument is one line, not a page of usage."""

    def __init__(self, *, prog: str, description: str | None = None, epilog: str | None = None) -> None:
        super().__init__(
            prog=prog,
            description=description,
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def error(self, message: str) -> NoReturn:
        """Refuse the command line.

        Raises:
            InputError: Always.
        """
        raise InputError(f"{message} (see {self.prog} --help)")


def plain(text: object) -> str:
    """``text`` with everything that a terminal could stumble over (newlines, escapes, half characters) spelt out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in str(text))


def say(message: str) -> None:
    """Write one line to stderr."""
    print(plain(message), file=sys.stderr, flush=True)


def reason(error: OSError | ValueError) -> str:
    """What the system says, without the file name that stands before it anyway."""
    return (getattr(error, "strerror", None) or str(error)).lower()


def tell(text: str) -> None:
    """Write a result to stdout and see it through.

    Raises:
        InputError: What stdout leads to takes no more, such as a full disk.
        BrokenPipeError: Whoever read it has had enough.
    """
    if sys.stdout is None:
        return
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        silence()
        raise InputError(f"standard output: {reason(error)}") from None


def silence() -> None:
    """Lead stdout nowhere, so that what is still buffered does not fail once more when the process ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Progress:
    """A bar on stderr where that is a terminal, and nothing at all where it is not."""

    WIDTH = 30
    PAUSE = 0.1
    """Seconds between two drawings."""

    def __init__(self, title: str, stream: TextIO | None = None) -> None:
        self._title = plain(title)
        self._stream = sys.stderr if stream is None else stream
        self._shows = self._stream is not None and self._stream.isatty()
        self._due, self._begun = 0.0, time.monotonic()
        self._drawn = False

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._drawn:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def __call__(self, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` are done."""
        if not self._shows or time.monotonic() < self._due:
            return
        self._due = time.monotonic() + self.PAUSE
        part = done / total if total else 1.0
        full = round(part * self.WIDTH)
        columns = os.get_terminal_size(self._stream.fileno()).columns if self._stream.fileno() >= 0 else 80
        from gdsim.core.durations import left

        rest = left(time.monotonic() - self._begun, part)
        words = "  ".join(text for text in (f"{part:4.0%}", rest, self._title) if text)
        line = f"{'█' * full}{'░' * (self.WIDTH - full)} {words}"
        self._stream.write(f"\r\x1b[K{line[: max(1, columns - 1)]}")
        self._stream.flush()
        self._drawn = True
