"""Records until it is killed, and says after each frame how many it has handed over."""

from __future__ import annotations

import sys
from pathlib import Path

from gdsim.bench.programs.recorded import film, moment
from gdsim.recording.encoder import Recorder

STEPS, SIZE = 100_000, (1280, 720)


def main() -> None:
    """Record to the file that is given, at the frames per second that are given."""
    fps = int(sys.argv[2])
    one = film(moment(STEPS), Path(sys.argv[1]), *SIZE, fps=fps, speed=fps)
    handed = 0
    with Recorder(one.path, one.settings) as recorder:
        for image, frames in one.pictures():
            recorder.put(image, frames)
            handed += frames
            print(handed, flush=True)


if __name__ == "__main__":
    main()
