"""What recorded files hold: how large a GIF is, how many frames there are and which, and what a killed one left."""

from __future__ import annotations

import hashlib
import importlib
import json
import shutil
import subprocess
import sys
import tempfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av

from gdsim.bench.programs.recorded import film, moment, record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtGui import QImage

GIF_FRAMES, GIF_SIZE, GIF_FPS = 60, (960, 540), 25
STEPS, SIZE = 70, (800, 450)
PLANS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("mp4", {}),
    ("mp4", {"fps": 24, "speed": 7.0, "hold_first": 0.3, "hold_last": 1.0}),
    ("mp4", {"fps": 30, "pace": "frame", "speed": 3, "first": 5, "last": 60}),
    ("mp4", {"fps": 29.97, "pace": "faster", "speed": 10.0, "end_speed": 90.0}),
    ("webm", {"fps": 30, "speed": 20.0}),
    ("gif", {"fps": 25, "speed": 20.0, "hold_last": 0.5}),
)
"""Endings and settings that are counted."""


def gif(folder: Path) -> dict[str, Any]:
    """Bytes of a GIF, and of the one that Pillow makes of the same frames."""
    try:
        pillow = importlib.import_module("PIL.Image")
    except ImportError:
        return {"unavailable": "Pillow is not installed"}
    one = film(moment(GIF_FRAMES - 1), folder / "gdsim.gif", *GIF_SIZE, fps=GIF_FPS, speed=GIF_FPS)
    record(one)
    images = [_to_pillow(pillow, image) for image, frames in one.pictures() for _ in range(frames)]
    theirs = BytesIO()
    images[0].save(theirs, "GIF", save_all=True, append_images=images[1:], duration=1000 // GIF_FPS, loop=0)
    return {"gdsim": one.path.stat().st_size, "pillow": len(theirs.getvalue()), "frames": len(images)}


def _to_pillow(pillow: Any, image: QImage) -> Any:
    size = (image.width(), image.height())
    return pillow.frombuffer("RGB", size, bytes(image.constBits()), "raw", "BGRX", image.bytesPerLine(), 1)


def counts(folder: Path) -> list[dict[str, Any]]:
    """For each plan: frames that it asks for, frames that the file holds, and a digest of their pixels."""
    what = moment(STEPS)
    found = []
    for number, (ending, options) in enumerate(PLANS):
        one = film(what, folder / f"{number}.{ending}", *SIZE, **options)
        record(one)
        frames, digest = _decoded(one.path)
        found.append({"planned": len(one), "found": frames, "digest": digest})
    return found


def _decoded(path: Path) -> tuple[int, str]:
    """How many frames are decoded from a video, and a digest of their pixels."""
    digest, count = hashlib.sha256(), 0
    for frame in _frames(path):
        digest.update(frame.to_ndarray(format="rgb24").tobytes())
        count += 1
    return count, digest.hexdigest()


def _frames(path: Path) -> Iterator[av.VideoFrame]:
    with path.open("rb") as file, av.open(file, "r") as container:
        try:
            yield from container.decode(video=0)
        except av.error.FFmpegError:
            return  # cut off here


def left(path: Path) -> dict[str, Any]:
    """How many frames can be decoded from what a recording left, and whether other programs play it as well."""
    found: dict[str, Any] = {"decoded": _decoded(path)[0], "probed": None}
    if shutil.which("ffprobe") is not None:
        asked = ["-count_frames", "-select_streams", "v:0", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0"]
        typed = ["ffprobe", "-v", "fatal", *asked, str(path)]
        said = subprocess.run(typed, capture_output=True, text=True, timeout=60, check=False)
        number = said.stdout.strip().strip(",")
        found["probed"] = int(number) if number.isdigit() else 0
    return found


def main() -> None:
    """Do what is asked for, and tell."""
    if sys.argv[1] == "left":
        print(json.dumps(left(Path(sys.argv[2]))))
        return
    with tempfile.TemporaryDirectory(prefix="gdsim-bench-") as folder:
        print(json.dumps({"gif": gif, "counts": counts}[sys.argv[1]](Path(folder))))


if __name__ == "__main__":
    main()
