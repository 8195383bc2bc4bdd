"""SIGKILL while recording: what was written plays, at most one second short (row 10)."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import pytest
from recording.scenes import left_in, numbers

pytestmark = pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs process groups")

FPS = 30
TESTS = Path(__file__).parents[1]

RECORD = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from recording.scenes import scene
from gdsim.recording.encoder import Recorder, VideoSettings
path = Path(sys.argv[2])
recorder = Recorder(path, VideoSettings(path.suffix[1:], 160, 96, int(sys.argv[3]), document=b"{}"))
for number in range(1000):
    recorder.put(scene(number))
    print(number + 1, flush=True)
recorder.finish()
print("done", flush=True)
"""


def killed(path: Path, after: int, fps: int, wait: float = 0.0) -> int:
    """Record, and kill the whole process group once ``after`` frames were taken; returns how many were."""
    program = [sys.executable, "-c", RECORD, str(TESTS), str(path), str(fps)]
    with subprocess.Popen(
        program, stdout=subprocess.PIPE, text=True, start_new_session=True, cwd=TESTS.parent
    ) as process:
        assert process.stdout is not None
        taken = 0
        while taken < after:
            taken = int(process.stdout.readline())
        time.sleep(wait)
        os.killpg(process.pid, signal.SIGKILL)
        rest = [line for line in process.stdout.read().split() if line.isdigit()]
    assert process.returncode == -signal.SIGKILL
    return int(rest[-1]) if rest else taken


def moments(count: int, seed: str) -> list[tuple[int, float]]:
    chance = random.Random(seed)
    return [(chance.randint(5, 500), chance.choice((0, 0.001, 0.02))) for _ in range(count)]


def check(kind: str, after: int, fps: int, wait: float, folder: Path) -> None:
    path = folder / f"video.{kind}"
    taken = killed(path, after, fps, wait)
    part = folder / f"video.part.{'mp4' if kind == 'gif' else kind}"
    assert left_in(folder) == [part.name]
    try:
        found = numbers(part)
    except av.error.FFmpegError:
        found = []  # not begun; which must be within the first second
    assert found == list(range(len(found)))
    assert taken - len(found) <= fps
    if found and shutil.which("ffprobe"):
        probed = subprocess.run(
            ["ffprobe", "-v", "fatal", "-count_packets", "-show_entries", "stream=nb_read_packets", "-of", "csv=p=0",
             str(part)],
            capture_output=True, check=True, text=True,
        )  # fmt: skip
        assert taken - int(probed.stdout.strip().rstrip(",")) <= fps


@pytest.mark.parametrize(("after", "wait"), moments(3, "mp4"))
def test_mp4(after: int, wait: float, tmp_path: Path) -> None:
    check("mp4", after, FPS, wait, tmp_path)


@pytest.mark.parametrize("kind", ["webm", "gif"])
def test_other_kinds(kind: str, tmp_path: Path) -> None:
    after, wait = moments(1, kind)[0]
    check(kind, after, FPS, wait, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("fps", [12, 24, 30, 50])
@pytest.mark.parametrize("kind", ["mp4", "webm", "gif"])
@pytest.mark.parametrize(("after", "wait"), moments(10, "long"))
def test_all(kind: str, after: int, fps: int, wait: float, tmp_path: Path) -> None:
    check(kind, after, fps, wait, tmp_path)


FORGOTTEN = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from recording.scenes import scene
from gdsim.recording.encoder import Recorder, VideoSettings
recorder = Recorder(Path(sys.argv[2]), VideoSettings("mp4", 160, 96))
for number in range(50):
    recorder.put(scene(number))
"""


def test_a_program_that_ends_meanwhile_ends_and_keeps_what_there_is(tmp_path: Path) -> None:
    program = [sys.executable, "-c", FORGOTTEN, str(TESTS), str(tmp_path / "video.mp4")]
    found = subprocess.run(program, capture_output=True, timeout=20, cwd=TESTS.parent, check=False)
    assert (found.returncode, found.stderr) == (0, b"")
    assert left_in(tmp_path) == ["video.part.mp4"]
    assert numbers(tmp_path / "video.part.mp4") == list(range(50))
