"""Unsaved work survives a crash: it is written aside soon after each edit, and offered once at the next start."""

from __future__ import annotations

import logging
import os
import secrets
import time
from pathlib import Path

from PySide6.QtCore import QLockFile

from gdsim.core.documents import write_whole

log = logging.getLogger(__name__)

DELAY = 5_000
"""Milliseconds after an edit until it is written aside."""


class Recovery:
    """The spare copy of one running program.

    A lock beside each copy tells whether the program it belongs to still runs.

    Args:
        folder: Where spare copies lie, one for each program that runs.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own = folder / f"unsaved-{os.getpid()}.json"
        self._lock = _lock_of(self._own)
        self._set_namesake_aside()

    def _set_namesake_aside(self) -> None:
        """In a container every program has the same number: what has ours was left by one before us."""
        try:
            if self._own.exists():
                self._own.rename(self._own.with_stem(f"{self._own.stem}-{secrets.token_hex(4)}"))
        except OSError as error:
            log.warning("a spare copy cannot be moved: %s", error)

    def keep(self, data: bytes) -> bool:
        """Write the spare copy; a full disk is no reason to disturb anybody here. Returns whether it stands."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            if not self._lock.isLocked():
                self._lock.tryLock(0)
            write_whole(self._own, data)
        except OSError as error:
            log.warning("no spare copy: %s", error)
            return False
        return True

    def forget(self) -> None:
        """There is nothing unsaved any more."""
        self.remove(self._own)
        self._lock.unlock()

    def remove(self, path: Path) -> None:
        """Delete a spare copy."""
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("spare copy stays: %s", error)

    def set_aside(self, path: Path) -> None:
        """Offer ``path`` no more, without deleting it: it could not be read."""
        try:
            path.rename(path.with_suffix(".unreadable"))
        except OSError as error:
            log.warning("spare copy stays: %s", error)

    def left_behind(self) -> list[Path]:
        """Spare copies of programs that run no more, the latest first."""
        try:
            found = [path for path in self._folder.glob("unsaved-*.json") if path != self._own and not _in_use(path)]
            return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)
        except OSError:
            return []


def time_of(path: Path) -> str:
    """When a spare copy was written: the time, and the day where it was not today."""
    try:
        written = time.localtime(path.stat().st_mtime)
    except OSError:
        return "an earlier time"
    today = time.strftime("%Y-%m-%d") == time.strftime("%Y-%m-%d", written)
    return time.strftime("%H:%M" if today else "%Y-%m-%d %H:%M", written)


def _lock_of(path: Path) -> QLockFile:
    lock = QLockFile(str(path.with_suffix(".lock")))
    lock.setStaleLockTime(0)  # only the end of its program makes it stale, never its age
    return lock


def _in_use(path: Path) -> bool:
    lock = _lock_of(path)
    if not lock.tryLock(0):
        return True
    lock.unlock()
    return False
