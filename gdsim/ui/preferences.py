"""What the program remembers between two starts. It starts in any case: what cannot be read is the default."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QSettings, QStandardPaths

log = logging.getLogger(__name__)

LAYOUT_VERSION = 4
"""Grows when docks or toolbars change so that an old arrangement no longer fits. 2: readings on the right, 3: data,
4: tabs behind the readings."""
MOST_RECENT = 10


class Preferences:
    """Settings of this user, as an INI file."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or _folder() / "gdsim.ini"
        self.note = ""
        self._settings = QSettings(str(self.path), QSettings.Format.IniFormat)
        if self._settings.status() != QSettings.Status.NoError:
            self.note = f"The settings in {self.path} could not be read; the defaults are used."
            self._settings.clear()

    def text(self, key: str, default: str = "") -> str:
        """A remembered text."""
        value = self._settings.value(key, default)
        return value if isinstance(value, str) else default

    def number(self, key: str, default: float, low: float, high: float) -> float:
        """A remembered number within its range."""
        try:
            value = float(str(self._settings.value(key, default)))
        except ValueError:
            return default
        return value if low <= value <= high else default

    def flag(self, key: str, default: bool) -> bool:
        """A remembered switch."""
        return {"true": True, "false": False}.get(str(self._settings.value(key, default)).lower(), default)

    def data(self, key: str) -> QByteArray:
        """A remembered geometry or arrangement; empty where there is none."""
        value = self._settings.value(key)
        return value if isinstance(value, QByteArray) else QByteArray()

    def put(self, key: str, value: Any) -> None:
        """Remember ``value``."""
        self._settings.setValue(key, value)

    def remove(self, key: str) -> None:
        """Forget ``key``."""
        self._settings.remove(key)

    def recent(self) -> list[str]:
        """Documents opened or saved last, the latest first."""
        value = self._settings.value("recent", [])
        entries = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        return [entry for entry in entries if isinstance(entry, str)][:MOST_RECENT]

    def add_recent(self, path: Path) -> None:
        """Put ``path`` on top of the recent documents."""
        entry = str(path.resolve())
        self.put("recent", [entry, *(old for old in self.recent() if old != entry)][:MOST_RECENT])

    def forget_recent(self, path: Path) -> None:
        """Offer ``path`` no more."""
        gone = {str(path), str(path.resolve())}
        self.put("recent", [entry for entry in self.recent() if entry not in gone])

    def save(self) -> None:
        """Write to the disk; where that fails the program goes on without."""
        self._settings.sync()
        if self._settings.status() != QSettings.Status.NoError:
            log.warning("settings could not be written to %s", self.path)


def _folder() -> Path:
    place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppConfigLocation)
    return Path(place) if place else Path.home() / ".config" / "gdsim"
