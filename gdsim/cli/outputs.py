"""Where results go: everything that can be refused about an output file is refused before hours are computed for it."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gdsim.cli.console import InputError, Progress, reason

if TYPE_CHECKING:
    from gdsim.ui.film import Film

MOST_PIXELS = 8192
"""Across or down on a picture: what encoders and painters bear."""


def check_output(name: str, endings: Sequence[str], *, force: bool, inputs: Iterable[str] = ()) -> Path:
    """The path to write to, once nothing speaks against it.

    Args:
        name: The file as it was typed.
        endings: The endings that are known, such as ".csv".
        force: Whether an existing file may be replaced.
        inputs: Files that are read, which must not be replaced in any case.

    Raises:
        InputError: It cannot or must not be written.
    """
    path = Path(name)
    try:
        if not name or path.is_dir():
            raise InputError(f"{name or '--out'}: is a directory, not a file" if name else "--out: the name is empty")
        if path.suffix.lower() not in endings:
            raise InputError(f"{name}: unknown ending {path.suffix or 'of the name'}; known are {', '.join(endings)}")
        check_folder(name, path.parent)
        if path.exists() or path.is_symlink():
            _check_existing(name, path, force=force, inputs=inputs)
        else:
            os.lstat(path)  # says what else is wrong with the name: too long, or not a name at all
    except FileNotFoundError:
        pass  # as it should be
    except (OSError, ValueError) as error:
        raise InputError(f"{name}: {reason(error)}") from None
    return path


def check_folder(name: str, folder: Path) -> None:
    """Refuse a folder in which no file can be made.

    Raises:
        InputError: It is missing, no folder, or cannot be written to.
    """
    if not folder.exists():
        raise InputError(f"{name}: there is no folder {folder}")
    if not folder.is_dir():
        raise InputError(f"{name}: {folder} is not a folder")
    probe = folder / f".gdsim-{secrets.token_hex(4)}.part"
    try:
        os.close(os.open(probe, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        probe.unlink()
    except OSError as error:
        raise InputError(f"{name}: cannot write into {folder}: {reason(error)}") from None


@contextlib.contextmanager
def made_folder(option: str, name: str | None) -> Iterator[None]:
    """Have the folder, and take it away again where nothing came into it.

    Args:
        option: What it was typed behind, such as "--out-dir".
        name: The folder; None where none was asked for.

    Raises:
        InputError: It cannot be made.
    """
    if name == "":
        raise InputError(f"{option}: the name is empty")
    made = None
    if name is not None and not os.path.lexists(name):
        made = Path(name)
        check_folder(name, made.parent)
        try:
            made.mkdir()
        except (OSError, ValueError) as error:
            raise InputError(f"{name}: {reason(error)}") from None
    try:
        yield
    finally:
        if made is not None:
            with contextlib.suppress(OSError):  # it is not empty
                made.rmdir()


def _check_existing(name: str, path: Path, *, force: bool, inputs: Iterable[str]) -> None:
    if not path.exists():
        raise InputError(f"{name}: is a link that leads nowhere")
    if not path.is_file():
        raise InputError(f"{name}: is a device or a pipe, not a file")
    for other in inputs:
        if os.path.exists(other) and path.samefile(other):
            raise InputError(f"{name}: is the experiment itself")
    if not force:
        raise InputError(f"{name}: exists; --force replaces it")
    if not os.access(path, os.W_OK):
        raise InputError(f"{name}: is write-protected")


def picture_size(text: str, least: int = 200) -> tuple[int, int]:
    """The width and height that ``--size`` asks for, each at least ``least``.

    Raises:
        InputError: It is no size, or no size for a picture.
    """
    found = re.fullmatch(r"(\d{1,6})\s*[xX×]\s*(\d{1,6})", text.strip())
    if found is None:
        raise InputError(f"--size {text}: must be like 1920x1080")
    width, height = int(found[1]), int(found[2])
    if not (least <= width <= MOST_PIXELS and least <= height <= MOST_PIXELS):
        raise InputError(f"--size {text}: width and height must be {least} to {MOST_PIXELS} pixels")
    return width, height


def write_film(film: Film, path: Path, *, force: bool) -> None:
    """Draw and encode a film, with its progress.

    Raises:
        RecordingError: It cannot be written.
    """
    from gdsim.recording.encoder import Recorder

    with (
        Progress(path.name) as progress,
        Recorder(path, film.settings, force=force, frames=len(film)) as recorder,
    ):
        for image, frames in film.pictures():
            recorder.put(image, frames)
            progress(recorder.encoded, len(film))
