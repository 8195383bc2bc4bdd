"""What can go wrong with a recording, in words that name the file, the reason and what to do about it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

_REMEDIES = {
    errno.ENOSPC: "free some space, or record to another disk",
    errno.EDQUOT: "free some space, or record to another disk",
    errno.EFBIG: "record to another disk, or a shorter or smaller video",
    errno.EACCES: "choose another folder",
    errno.EPERM: "choose another folder",
    errno.EROFS: "choose another folder",
    errno.EIO: "check the disk, or record to another one",
    errno.ENAMETOOLONG: "choose a shorter name",
}
_REASONS = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "your share of the disk is full"}


class RecordingError(Exception):
    """A recording that is refused or that failed; its text is one plain message.

    Attributes:
        path: The file that was asked for.
        reason: What is the matter.
        remedy: What can be done about it; may be empty.
        kept: A file with what was recorded until then, which plays; None where there is none.
    """

    def __init__(self, path: Path, reason: str, remedy: str = "", kept: Path | None = None) -> None:
        self.path, self.reason, self.remedy, self.kept = path, reason, remedy, kept
        text = f"{path}: {reason}"
        if kept is not None:
            text += f"; what was recorded until then plays, it is kept as {kept.name}"
        if remedy:
            text += f"; {remedy}"
        super().__init__(text)


def in_words(error: BaseException) -> tuple[str, str]:
    """An exception as (reason, remedy)."""
    number = error.errno if isinstance(error, OSError) else None
    if number is not None and number in errno.errorcode:
        reason = _REASONS.get(number) or os.strerror(number)
        return reason[:1].lower() + reason[1:], _REMEDIES.get(number, "")
    if isinstance(error, MemoryError):
        return "not enough memory", "record a smaller video"
    if isinstance(error, ImportError):
        return f"the video encoder cannot be loaded ({error})", "install it with: pip install av"
    text = " ".join(str(error).split())[:200]
    return (
        f"the encoder failed ({type(error).__name__}{': ' + text if text else ''})",
        "try another format, size or quality",
    )
