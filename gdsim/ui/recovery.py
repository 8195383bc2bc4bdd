"""Unsaved work survives a crash: it is written aside soon after each edit, and offered once at the next start."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from gdsim.core.documents import write_whole

log = logging.getLogger(__name__)

DELAY = 5_000
"""Milliseconds after an edit until it is written aside."""


class Recovery:
    """The spare copy of one running program.

    Args:
        folder: Where spare copies lie, one for each program that runs.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own = folder / f"unsaved-{os.getpid()}.json"

    def keep(self, data: bytes) -> None:
        """Write the spare copy; a full disk is no reason to disturb anybody here."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_whole(self._own, data)
        except OSError as error:
            log.warning("no spare copy: %s", error)

    def forget(self) -> None:
        """There is nothing unsaved any more."""
        try:
            self._own.unlink(missing_ok=True)
        except OSError as error:
            log.warning("spare copy stays: %s", error)

    def left_behind(self) -> list[Path]:
        """Spare copies of programs that run no more, the latest first."""
        try:
            found = [path for path in self._folder.glob("unsaved-*.json") if not _alive(path)]
            return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)
        except OSError:
            return []


def _alive(path: Path) -> bool:
    try:
        number = int(path.stem.removeprefix("unsaved-"))
        os.kill(number, 0)
    except (ValueError, ProcessLookupError):
        return False
    except (OSError, OverflowError):
        return True
    return number != os.getpid()
