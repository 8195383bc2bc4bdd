"""Where a recording goes: beside its name while it is written, under its name only once it is whole.

What can be known to fail is refused before the first frame. A file that is there already is never replaced unasked,
neither at the start nor when somebody else put it there meanwhile.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterable
from pathlib import Path

from gdsim.recording.faults import RecordingError, in_words

LEAST_SPACE = 64 * 1024
"""Bytes that must be free before a recording starts."""


def path_refusal(path: Path, endings: Iterable[str], *, force: bool = False, space: int = 0) -> str | None:
    """Why nothing can be written to ``path``; None where nothing speaks against it.

    Args:
        path: The file that is asked for.
        endings: The endings that are known, such as ".mp4".
        force: Whether a file that is there may be replaced.
        space: Bytes that are needed at the very least.
    """
    known = ", ".join(endings)
    try:
        if path.is_dir():
            return "is a folder, not a file"
        if path.suffix.lower() not in endings:
            return f"unknown ending {path.suffix!r}; known are {known}" if path.suffix else f"needs an ending: {known}"
        return _taken(path, force=force) or _folder_refusal(path.parent, space)
    except (OSError, ValueError) as error:
        return in_words(error)[0] if isinstance(error, OSError) else "is not a name a file can have"


def _taken(path: Path, *, force: bool) -> str | None:
    try:
        there = os.lstat(path)  # also says where a name is too long, or none at all
    except FileNotFoundError:
        return None
    except NotADirectoryError:
        return None  # the folder's fault
    if stat.S_ISLNK(there.st_mode) and not path.exists():
        return "is a link that leads nowhere"
    if not path.is_file():
        return "is a device or a pipe, not a file"
    if not force:
        return "exists already"
    return None if os.access(path, os.W_OK) else "is write-protected"


def _folder_refusal(folder: Path, space: int) -> str | None:
    if not folder.exists():
        return f"there is no folder {folder}"
    if not folder.is_dir():
        return f"{folder} is not a folder"
    probe = folder / f".gdsim-{secrets.token_hex(4)}.part"
    try:
        os.close(os.open(probe, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        probe.unlink()
    except OSError as error:
        return f"cannot write into {folder}: {in_words(error)[0]}"
    with contextlib.suppress(OSError, AttributeError):  # not every system tells
        known = os.statvfs(folder)
        if known.f_bavail * known.f_frsize < max(space, LEAST_SPACE):
            return f"the disk of {folder} is full"
    return None


class Disk:
    """A file as the encoder wants it; the first error of the disk is kept, and nothing is written after it.

    PyAV cannot open every name a file may have, and it does not tell a full disk from a broken encoder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.error: OSError | None = None
        self.closed = False
        self._for_now: int | None = None
        flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0)
        self._handle = os.open(path, flags, 0o666)

    def write(self, data: bytes) -> int:
        """Write all of ``data``."""
        if self.error is not None:
            raise self.error
        try:
            if self._for_now is not None:
                place, self._for_now = self._for_now, None
                self.truncate(place)
                self.seek(place)
            view = memoryview(data)
            while view:
                view = view[os.write(self._handle, view) :]
        except OSError as error:
            self.error = error
            raise
        return len(data)

    def write_for_now(self, data: bytes) -> None:
        """Write what the next ``write`` replaces."""
        place = self.tell()
        self.write(data)
        self._for_now = place

    def read(self, size: int) -> bytes:
        """Read up to ``size`` bytes."""
        return os.read(self._handle, size)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place."""
        return os.lseek(self._handle, offset, whence)

    def tell(self) -> int:
        """Where it stands."""
        return os.lseek(self._handle, 0, os.SEEK_CUR)

    def size(self) -> int:
        """Bytes in it."""
        return os.fstat(self._handle).st_size

    def truncate(self, size: int) -> None:
        """Cut what lies behind ``size``."""
        os.ftruncate(self._handle, size)

    def sync(self) -> None:
        """Wait until all of it is on the disk."""
        try:
            os.fsync(self._handle)
        except OSError as error:
            self.error = error
            raise

    def close(self) -> None:
        """Close it; twice does no harm."""
        if not self.closed:
            self.closed = True
            os.close(self._handle)


class Sink:
    """One recording's files: those beside its name, and in the end the one under it.

    Attributes:
        target: The name it will have; what a link leads to is replaced, not the link.
        part: The visible file that holds what has been recorded.
    """

    def __init__(self, path: Path, part_ending: str, *, force: bool) -> None:
        self.path = path
        self.target = Path(os.path.realpath(path)) if path.is_symlink() else path
        self.force = force
        self._hidden: list[Disk] = []
        self.part = _create(self.target, part_ending)

    @property
    def error(self) -> OSError | None:
        """The first error of the disk on any of the files."""
        return next((disk.error for disk in (self.part, *self._hidden) if disk.error is not None), None)

    def hidden(self) -> Disk:
        """A further file, not to be seen and gone in the end."""
        disk = Disk(self.target.with_name(f".gdsim-{secrets.token_hex(4)}.part"))
        self._hidden.append(disk)
        return disk

    def commit(self, finished: Disk) -> None:
        """Give ``finished`` its final name, and remove everything else.

        Raises:
            OSError: It could not be done.
            RecordingError: A file of that name appeared meanwhile; the recording is kept as the part.
        """
        finished.sync()
        finished.close()
        self.part.close()
        if self.force:
            with contextlib.suppress(FileNotFoundError):
                os.chmod(finished.path, self.target.stat().st_mode & 0o777)
            os.replace(finished.path, self.target)
        elif not _place(finished.path, self.target):
            if finished is not self.part:
                os.replace(finished.path, self.part.path)
                finished.path = self.part.path
            self._remove_hidden()
            raise RecordingError(
                self.path, "appeared meanwhile and was left alone", "rename one of them", kept=self.part.path
            )
        _sync_folder(self.target.parent)
        self.discard()

    def discard(self) -> None:
        """Remove everything that stands beside the name."""
        self.part.close()
        _unlink(self.part.path)
        self._remove_hidden()

    def keep(self) -> Path:
        """Leave the part, remove the rest."""
        self.part.close()
        self._remove_hidden()
        return self.part.path

    def _remove_hidden(self) -> None:
        for disk in self._hidden:
            disk.close()
            if disk.path != self.part.path:
                _unlink(disk.path)
        self._hidden.clear()


def _create(target: Path, ending: str) -> Disk:
    """A new file beside ``target``, whose name says what it is; an older part is somebody's rescue and stays."""
    stem = target.stem
    for number in range(1, 1000):
        tail = f".part{'' if number == 1 else f'-{number}'}{ending}"
        while len(os.fsencode(stem + tail)) > 255:
            stem = stem[:-1]
        with contextlib.suppress(FileExistsError):
            return Disk(target.with_name(stem + tail))
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))


def _place(source: Path, target: Path) -> bool:
    """Rename without replacing; False where ``target`` is taken."""
    try:
        os.link(source, target)
    except FileExistsError:
        return False
    except (OSError, AttributeError):  # a disk without hard links
        if os.path.lexists(target):
            return False
        os.rename(source, target)
        return True
    _unlink(source)
    return True


def _sync_folder(folder: Path) -> None:
    with contextlib.suppress(OSError):  # not every system can open a folder
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _unlink(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
