"""The measures of recordings, not the machine: that they tell what was found, and that what they run does run."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from gdsim.bench import recording
from gdsim.bench.processes import UnavailableError, surroundings
from gdsim.bench.programs import record_files, record_speed, record_window, recorded
from gdsim.bench.recording import MEASURES
from gdsim.cli import bench as command


def silent(done: int, total: int) -> None:
    assert 0 <= done <= total


def answers(monkeypatch, found):
    asked = []

    def answer(module, environment, *arguments):
        asked.append((module, *arguments))
        return found

    monkeypatch.setattr(recording, "answer", answer)
    return asked


def test_every_claim_has_its_row():
    targets = {(measure.name, figure.key): figure.target for measure in MEASURES for figure in measure.figures}
    assert targets == {
        ("video-speed", "ratio"): "≥ 10 ×",
        ("video-overlap", "ratio"): "≤ 1.5 ×",
        ("video-overlap", "processors"): "",
        ("gif-size", "ratio"): "≤ 0.25 ×",
        ("killed", "lost"): "≤ 0",
        ("killed", "missing"): "≤ 1 s",
        ("frame-count", "off"): "≤ 0",
        ("frame-count", "kinds"): "≤ 1",
        ("frames-while-recording", "median"): "≤ 33 ms",
        ("frames-while-recording", "ratio"): "",
        ("frames-while-recording", "recorded"): "",
    }
    assert set(MEASURES) <= set(command.MEASURES)


def test_speed(monkeypatch):
    asked = answers(monkeypatch, {"gdsim": [40.0, 60.0, 50.0], "matplotlib": [4.0, 5.0, 6.0]})
    assert recording._speed(silent).values == {"ratio": 10.0}
    assert asked == [("record_speed", "speed")]


def test_overlap_is_against_the_slower(monkeypatch):
    answers(monkeypatch, {"draw": [1.0, 1.0], "encode": [2.0, 2.0], "record": [2.5, 2.5], "processors": [1.5, 1.7]})
    assert recording._overlap(silent).values == {"ratio": 1.25, "processors": 1.6}
    answers(monkeypatch, {"draw": [5.0], "encode": [2.0], "record": [6.0], "processors": [1.5]})
    assert recording._overlap(silent).values == {"ratio": 1.2, "processors": 1.5}


def test_gif(monkeypatch):
    answers(monkeypatch, {"gdsim": 100, "pillow": 800, "frames": 60})
    assert recording._gif(silent).values == {"ratio": 0.125}


def test_counts(monkeypatch):
    answers(monkeypatch, [{"planned": 9, "found": 9, "digest": "a"}, {"planned": 5, "found": 4, "digest": "b"}])
    assert recording._count(silent).values == {"off": 2, "kinds": 1}


def test_other_pixels_are_told_of(monkeypatch):
    digests = iter("ab")
    monkeypatch.setattr(
        recording, "answer", lambda *_: [{"planned": 1, "found": 1, "digest": digest} for digest in next(digests)]
    )
    assert recording._count(silent).values == {"off": 0, "kinds": 2}


def test_window(monkeypatch):
    answers(monkeypatch, {"alone": [0.016, 0.016], "recording": [0.024, 0.024], "recorded": [20.0, 22.0]})
    assert recording._window(silent).values == {"median": 24.0, "ratio": 1.5, "recorded": 21.0}


@pytest.mark.parametrize(
    ("left", "values"),
    [
        ([(100, 90, 90)] * 4, {"lost": 0, "missing": 10 / 30}),
        ([(100, 90, 90), (100, 60, 95), (100, 90, 50), (10, 0, 0)], {"lost": 3, "missing": 50 / 30}),
        ([(100, 101, 101)] * 4, {"lost": 0, "missing": 0.0}),  # the last word was cut off
    ],
)
def test_killed(left, values, monkeypatch):
    handed = iter([one[0] for one in left])
    files = iter([{"decoded": one[1], "probed": one[2]} for one in left])
    monkeypatch.setattr(recording.os, "killpg", None, raising=False)
    monkeypatch.setattr(recording, "_until_killed", lambda *_: next(handed))
    monkeypatch.setattr(recording, "_left", lambda *_: next(files))
    assert recording._killed(silent).values == pytest.approx(values)


def test_nothing_is_killed_where_that_cannot_be(monkeypatch):
    monkeypatch.delattr(recording.os, "killpg", raising=False)
    with pytest.raises(UnavailableError, match="processes"):
        recording._killed(silent)


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs process groups")
def test_a_killed_recording_leaves_what_plays(tmp_path):
    with surroundings() as environment:
        handed = recording._until_killed(tmp_path / "board.mp4", 0.5, environment)
        found = recording._left(tmp_path / "board.mp4", environment)
    assert handed >= 1
    assert handed - recording.KILLED_FPS <= found["decoded"] <= handed + 1
    assert found["probed"] == found["decoded"]


def test_a_recording_that_left_nothing(tmp_path):
    assert recording._left(tmp_path / "board.mp4", {}) == {"decoded": 0, "probed": 0}


def test_what_is_not_installed_is_said(monkeypatch, tmp_path):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(record_speed.importlib, "import_module", missing)
    assert record_speed.against_matplotlib(tmp_path) == {"unavailable": "matplotlib is not installed"}
    assert record_files.gif(tmp_path) == {"unavailable": "Pillow is not installed"}


def test_ffmpeg_is_needed_by_matplotlib(monkeypatch, tmp_path):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(record_speed.shutil, "which", lambda name: None)
    found = record_speed.against_matplotlib(tmp_path)
    assert found == {"unavailable": "ffmpeg, which matplotlib needs, is not installed"}


def test_frames_are_counted(qapp, monkeypatch, tmp_path):
    monkeypatch.setattr(record_files, "SIZE", (160, 96))
    monkeypatch.setattr(record_files, "PLANS", (("mp4", {}), ("gif", {"fps": 25, "speed": 50.0})))
    first, second = record_files.counts(tmp_path), record_files.counts(tmp_path)
    assert first == second
    assert [one["planned"] for one in first] == [one["found"] for one in first] == [71, 36]
    assert first[0]["digest"] != first[1]["digest"]


ONE = """
import hashlib, sys
from pathlib import Path
from gdsim.bench.programs.recorded import film, moment, record
one = film(moment(70), Path(sys.argv[1]), 336, 192)
record(one)
print(hashlib.sha256(one.path.read_bytes()).hexdigest())
"""


def test_pixels_do_not_depend_on_memory_that_nobody_wrote(tmp_path):
    with surroundings() as environment:
        digests = [
            subprocess.run(
                [sys.executable, "-c", ONE, str(tmp_path / "board.mp4")],
                env=environment | extra, capture_output=True, check=True, timeout=60,
            ).stdout
            for extra in ({"MALLOC_PERTURB_": "2"}, recording.UNWRITTEN)
        ]  # fmt: skip
    assert len(digests[0].split()) == 1
    assert digests[0] == digests[1]


def test_parts_are_timed(qapp, monkeypatch, tmp_path):
    monkeypatch.setattr(record_speed, "WIDTH", 160)
    monkeypatch.setattr(record_speed, "HEIGHT", 96)
    monkeypatch.setattr(record_speed, "PARTS_FRAMES", 3)
    monkeypatch.setattr(record_speed, "PARTS_ROUNDS", 2)
    found = record_speed.parts(tmp_path)
    assert {name: len(seconds) for name, seconds in found.items()} == {
        "draw": 2,
        "encode": 2,
        "record": 2,
        "processors": 2,
    }


def test_a_gif_is_smaller_than_pillows(qapp, monkeypatch, tmp_path):
    pytest.importorskip("PIL")
    monkeypatch.setattr(record_files, "GIF_FRAMES", 5)
    found = record_files.gif(tmp_path)
    assert found["frames"] == 5
    assert 0 < found["gdsim"] < found["pillow"]


def test_each_frame_of_the_board_is_another_step(qapp, tmp_path):
    one = recorded.film(recorded.moment(20), tmp_path / "board.mp4", 160, 96)
    assert [step for step, _ in one.timing.pictures()] == list(range(21))


def test_paintings_are_noted_until_there_are_enough(qtbot):
    from PySide6.QtWidgets import QWidget

    widget = QWidget()
    qtbot.addWidget(widget)
    ended = []
    paints = record_window._Paints(widget, 2, lambda: ended.append(len(paints.times)))
    with qtbot.waitExposed(widget):
        widget.show()
    for _ in range(3):
        widget.repaint()
    assert len(paints.times) == 2
    assert ended == [2]
