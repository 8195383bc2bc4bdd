"""What is claimed of recordings: further rows of the table."""

from __future__ import annotations

import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

from gdsim.bench.measures import Figure, Measure, Taken
from gdsim.bench.processes import UnavailableError, answer, surroundings
from gdsim.bench.timing import Tell, quantile, ratio, summary

KILLED, KILLED_FPS, SOONEST, LATEST = 4, 30, 0.3, 6.0
"""Recordings, their frames per second, and seconds after the first frame between which they are killed."""

UNWRITTEN = {"MALLOC_PERTURB_": "1"}
"""Has glibc fill memory that nobody has written yet with something else, lest results depend on it."""


def _speed(tell: Tell) -> Taken:
    with surroundings() as environment:
        found = answer("record_speed", environment, "speed")
    return Taken(
        {"ratio": ratio(found["gdsim"], found["matplotlib"])},
        {"gdsim_fps": summary(found["gdsim"]), "matplotlib_fps": summary(found["matplotlib"])},
    )


def _overlap(tell: Tell) -> Taken:
    with surroundings() as environment:
        found = answer("record_speed", environment, "parts")
    slower = max(statistics.median(found["draw"]), statistics.median(found["encode"]))
    return Taken(
        {
            "ratio": statistics.median(found["record"]) / slower,
            "processors": statistics.median(found.pop("processors")),
        },
        {f"{part}_s": summary(seconds) for part, seconds in found.items()},
    )


def _gif(tell: Tell) -> Taken:
    with surroundings() as environment:
        found = answer("record_files", environment, "gif")
    return Taken({"ratio": found["gdsim"] / found["pillow"]}, found)


def _killed(tell: Tell) -> Taken:
    if not hasattr(os, "killpg"):
        raise UnavailableError("this system has no groups of processes to kill")
    found: list[dict[str, Any]] = []
    chance = random.Random()
    with surroundings() as environment, tempfile.TemporaryDirectory(prefix="gdsim-bench-") as folder:
        for number in range(KILLED):
            tell(number, KILLED)
            path = Path(folder) / f"{number}.mp4"
            after = chance.uniform(SOONEST, LATEST)
            handed = _until_killed(path, after, environment)
            found.append({"seconds": after, "handed": handed} | _left(path, environment))
        tell(KILLED, KILLED)
    missing = [(one["handed"] - min(one["decoded"], one["probed"])) / KILLED_FPS for one in found]
    lost = sum(min(one["decoded"], one["probed"]) == 0 or late > 1.0 for one, late in zip(found, missing, strict=True))
    return Taken({"lost": lost, "missing": max(0.0, *missing)}, {"recordings": found})


def _until_killed(path: Path, after: float, environment: dict[str, str]) -> int:
    """Record, and kill all its processes ``after`` seconds; returns how many frames had been handed over."""
    typed = [sys.executable, "-m", "gdsim.bench.programs.record_endless", str(path), str(KILLED_FPS)]
    with subprocess.Popen(
        typed, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        try:
            begin = perf_counter()
            while process.poll() is None and perf_counter() - begin < after:
                sleep(0.001)
        finally:
            ended = process.poll() is not None
            if not ended:
                os.killpg(process.pid, signal.SIGKILL)
        said = (first + process.stdout.read()).rpartition(b"\n")[0].split()
    if ended or not said:
        raise RuntimeError("the program record_endless ended before it was killed")
    return int(said[-1])


def _left(path: Path, environment: dict[str, str]) -> dict[str, int]:
    """Frames that can be decoded from the part that stands beside ``path``, by PyAV and by ffprobe."""
    part = next(iter(sorted(path.parent.glob(f"{path.stem}.part*"))), None)
    if part is None:
        return {"decoded": 0, "probed": 0}
    found = answer("record_files", environment, "left", str(part))
    decoded = int(found["decoded"])
    return {"decoded": decoded, "probed": decoded if found["probed"] is None else int(found["probed"])}


def _count(tell: Tell) -> Taken:
    with surroundings() as environment:
        tell(0, 2)
        first = answer("record_files", environment, "counts")
        tell(1, 2)
        second = answer("record_files", environment | UNWRITTEN, "counts")
        tell(2, 2)
    return Taken(
        {
            "off": sum(abs(one["found"] - one["planned"]) for one in [*first, *second]),
            "kinds": max(len({a["digest"], b["digest"]}) for a, b in zip(first, second, strict=True)),
        },
        {"first": first, "second": second},
    )


def _window(tell: Tell) -> Taken:
    with surroundings() as environment:
        found = answer("record_window", environment)
    recording = [1e3 * seconds for seconds in found["recording"]]
    alone = [1e3 * seconds for seconds in found["alone"]]
    return Taken(
        {
            "median": statistics.median(recording),
            "ratio": ratio(recording, alone),
            "recorded": statistics.median(found["recorded"]),
        },
        {"p95_ms": quantile(recording, 0.95), "recording_ms": summary(recording), "alone_ms": summary(alone)},
    )


MEASURES: tuple[Measure, ...] = (
    Measure(
        "video-speed",
        "the full board of four runs as an MP4 of 1920 x 1080, drawn and encoded, against matplotlib's FuncAnimation "
        "and FFMpegWriter with contour lines, paths, loss and schedule",
        (Figure("ratio", "frames a second, gdsim / matplotlib", limit=10, least=True),),
        _speed,
    ),
    Measure(
        "video-overlap",
        "the same recording, against drawing alone and encoding alone",
        (
            Figure("ratio", "recording / the slower of drawing and encoding", limit=1.5),
            Figure("processors", "processors that recording had", ""),
        ),
        _overlap,
    ),
    Measure(
        "gif-size",
        "a GIF of 60 boards of 960 x 540, against what Pillow saves of the same frames",
        (Figure("ratio", "bytes, gdsim / Pillow", limit=0.25),),
        _gif,
    ),
    Measure(
        "killed",
        "four recordings at 30 frames a second, all their processes killed at random moments",
        (
            Figure("lost", "that do not play or lack more than a second", "", 0),
            Figure("missing", "what is missing of what was handed over, at most", "s", 1),
        ),
        _killed,
    ),
    Measure(
        "frame-count",
        "six recordings, MP4, WebM and GIF, of various paces and holds, made twice",
        (
            Figure("off", "frames more or less than planned", "", 0),
            Figure("kinds", "different results of the same document and settings, pixel for pixel", "", 1),
        ),
        _count,
    ),
    Measure(
        "frames-while-recording",
        "the same window as of frames, while a video of 1920 x 1080 is recorded in the background",
        (
            Figure("median", "from one painting of the landscape to the next, median", "ms", 33),
            Figure("ratio", "the same / the same without a recording"),
            Figure("recorded", "frames that are recorded meanwhile", "a second"),
        ),
        _window,
    ),
)
