"""``gdsim record``: every ending, every refusal in one line before anything is computed, and no display."""

from __future__ import annotations

import itertools
import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from PySide6.QtGui import QImage
from samples import document

import gdsim
from gdsim.app import main
from gdsim.recording.embedded import extract

MAIN = Path(__file__).parents[2] / "main.py"
SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "XDG_SESSION_TYPE", "WAYLAND_SOCKET", "HOME")
SMALL = ("--size", "160x90")
FAST = ("--fps", "10", "--per-frame", "5", "--hold-last", "0")

ONE = document(
    {"label": "SGD", "optimizer": {"name": "SGD", "lr": 0.002}}, landscape="rosenbrock", steps=20, title="One"
)
FAR = document({"label": "far", "optimizer": {"name": "SGD", "lr": 1e3}}, landscape="rosenbrock", steps=20, title="Far")


@pytest.fixture
def files(tmp_path, monkeypatch, qapp):
    """A folder to work in, with one.json and far.json, which diverges at once."""
    monkeypatch.chdir(tmp_path)
    Path("one.json").write_text(json.dumps(ONE))
    Path("far.json").write_text(json.dumps(FAR))
    return tmp_path


def record(*arguments: str) -> int:
    return main(["record", *arguments])


def refused(capsys, *arguments: str) -> str:
    """The one line on stderr with which a command line is refused."""
    before = sorted(os.listdir())
    assert record(*arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("gdsim record: ")
    assert err.endswith("\n")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert sorted(os.listdir()) == before
    return err


def frames_of(name: str) -> list[np.ndarray]:
    with av.open(name) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


# what is written


@pytest.mark.parametrize("ending", ["mp4", "webm", "gif", "MP4"])
def test_videos(files, capsys, ending):
    assert record("one.json", "--out", f"a.{ending}", *SMALL, *FAST) == 0
    frames = frames_of(f"a.{ending}")
    assert len(frames) == 5
    assert frames[0].shape == (90, 160, 3)
    assert np.abs(frames[0].astype(int) - frames[-1]).mean() > 1
    assert gdsim.load(json.loads(extract(Path(f"a.{ending}")))) == gdsim.load(ONE)
    assert capsys.readouterr() == ("", ""), "nothing is said where nothing went wrong"
    assert sorted(os.listdir()) == sorted([f"a.{ending}", "far.json", "one.json"])


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_pictures(files, capsys, ending):
    assert record("one.json", "--out", f"a.{ending}", "--size", "321x181", "--step", "7") == 0
    assert record("one.json", "--out", f"b.{ending}", "--size", "321x181", "--step", "7") == 0
    assert gdsim.load(json.loads(extract(Path(f"a.{ending}")))) == gdsim.load(ONE)
    if ending != "pdf":  # which tells when it was made
        assert Path(f"a.{ending}").read_bytes() == Path(f"b.{ending}").read_bytes()
    if ending == "png":
        assert QImage("a.png").size().toTuple() == (321, 181)
    if ending == "svg":
        assert "step 7 / 20" in Path("a.svg").read_text(encoding="utf-8")
    assert capsys.readouterr() == ("", "")


def test_the_options_of_a_picture(files):
    seen = set()
    options = [
        [], ["--step", "0"], ["--layout", "side"], ["--layout", "landscape"], ["--theme", "light"],
        ["--background", "white"], ["--background", "transparent"], ["--title", "Another"], ["--title", ""],
        ["--caption", "Below"], ["--linear"], ["--filmstrip", "0,10, 20"], ["--filmstrip", "3"],
    ]  # fmt: skip
    for number, more in enumerate(options):
        name = f"{number}.png"
        assert record("one.json", "--out", name, *SMALL, *more) == 0, more
        seen.add(bytes(QImage(name).convertToFormat(QImage.Format.Format_ARGB32).constBits()))
    assert len(seen) == len(options), "each makes a difference"
    assert QImage("6.png").pixelColor(1, 88).alpha() == 0


@pytest.mark.parametrize(
    ("arguments", "frames"),
    [
        (["--fps", "10", "--speed", "10", "--hold-last", "0"], 21),
        (["--fps", "10", "--speed", "10"], 31),
        (["--fps", "10", "--speed", "10", "--hold-first", "0.5", "--hold-last", "0.5"], 31),
        (["--fps", "10", "--per-frame", "3", "--hold-last", "0"], 8),
        (["--fps", "10", "--speed", "5", "--end-speed", "5", "--hold-last", "0"], 41),
        (["--fps", "10", "--per-frame", "1", "--first", "5", "--last", "9", "--hold-last", "0"], 5),
    ],
    ids=str,
)
def test_frames_are_counted(files, arguments, frames):
    assert record("one.json", "--out", "a.mp4", *SMALL, *arguments) == 0
    assert len(frames_of("a.mp4")) == frames


@pytest.mark.parametrize("size", ["161x91", "161X91", "161×91", " 161 x 91 "])
def test_odd_sizes_are_made_even_and_it_says_so(files, capsys, size):
    assert record("one.json", "--out", "a.mp4", "--size", size, *FAST) == 0
    assert capsys.readouterr().err == "gdsim record: a.mp4: made even, 162x92\n"
    assert frames_of("a.mp4")[0].shape == (92, 162, 3)
    assert record("one.json", "--out", "a.png", "--size", size) == 0
    assert QImage("a.png").size().toTuple() == (161, 91)


def test_the_smallest_size(files):
    for name in ("a.mp4", "a.gif", "a.png", "a.svg", "a.pdf"):
        assert record("one.json", "--out", name, "--size", "16x16", *FAST) == 0
    assert frames_of("a.mp4")[0].shape == (16, 16, 3)


def test_a_gif_repeats_unless_told_not_to(files):
    record("one.json", "--out", "a.gif", *SMALL, *FAST)
    record("one.json", "--out", "b.gif", *SMALL, *FAST, "--no-loop")
    assert b"NETSCAPE2.0" in Path("a.gif").read_bytes()
    assert b"NETSCAPE2.0" not in Path("b.gif").read_bytes()


def test_several_experiments_go_into_a_folder(files):
    assert record("one.json", "far.json", "--out-dir", "new", "--format", "png", *SMALL) == 0
    assert sorted(os.listdir("new")) == ["far.png", "one.png"]
    assert record("one.json", "far.json", "--out-dir", "new", *SMALL, *FAST) == 0
    assert sorted(os.listdir("new")) == ["far.mp4", "far.png", "one.mp4", "one.png"]
    assert len(frames_of("new/one.mp4")) == 5


def test_existing_files_are_replaced_only_when_told_to(files, capsys):
    for name in ("a.mp4", "a.png", "a.svg", "a.pdf", "a.gif"):
        Path(name).write_bytes(b"mine")
        words = refused(capsys, "one.json", "--out", name, *SMALL, *FAST)
        assert f"{name}: exists; --force replaces it" in words
        assert Path(name).read_bytes() == b"mine"
        assert record("one.json", "--out", name, *SMALL, *FAST, "--force") == 0
        assert extract(Path(name)) is not None


@pytest.mark.parametrize("name", ["a b.png", 'it\'s "x".png', "100%.png", "äöü🎈.png", "‮gnp.png", "-x.png"])
def test_odd_names_work(files, name):
    assert record("one.json", f"--out={name}", *SMALL) == 0
    assert extract(Path(name)) is not None


def test_a_diverged_run_can_be_recorded(files):
    assert record("far.json", "--out", "a.png", *SMALL) == 0
    assert record("far.json", "--out", "a.mp4", *SMALL, *FAST) == 0
    assert frames_of("a.mp4")


# what is refused


REFUSED = [
    ([], "EXPERIMENT.json"),
    (["one.json"], "give either --out FILE or --out-dir DIR"),
    (["one.json", "--out", "a.mp4", "--out-dir", "new"], "give either --out FILE or --out-dir DIR"),
    (["none.json", "--out", "a.mp4"], "none.json: no such file"),
    (["one.json", "none.json", "--out-dir", "new"], "none.json: no such file"),
    (["one.json", "far.json", "--out", "a.mp4"], "several experiments need --out-dir"),
    (["one.json", "./one.json", "--out-dir", "new"], "two experiments of the same name"),
    (["one.json", "--out", ""], "--out: the name is empty"),
    (["one.json", "--out-dir", ""], "--out-dir: the name is empty"),
    (["one.json", "--out", "a.avi"], "a.avi: unknown ending .avi; known are .mp4, .webm, .gif, .png, .svg, .pdf"),
    (["one.json", "--out", "a"], "unknown ending"),
    (["one.json", "--out", "."], "is a directory"),
    (["one.json", "--out", "none/a.mp4"], "there is no folder none"),
    (["one.json", "--out-dir", "none/deep"], "there is no folder none"),
    (["one.json", "--out-dir", "one.json"], "one.json is not a folder"),
    (["one.json", "--out", "x" * 300 + ".mp4"], "name too long"),
    (["one.json", "--out", "x\0.mp4"], "null"),
    (["one.json", "--out-dir", "x\0"], "null"),
    (["one.json", "--out", "a.mp4", "--size", "0x0"], "--size 0x0: width and height must be 16 to 8192 pixels"),
    (["one.json", "--out", "a.png", "--size", "100000x100000"], "16 to 8192"),
    (["one.json", "--out", "a.png", "--size", "big"], "--size big: must be like 1920x1080"),
    (["one.json", "--out", "a.png", "--size=-5x5"], "must be like"),
    (["one.json", "--out", "a.png", "--size", "1e3x1e3"], "must be like"),
    (["one.json", "--out", "a.mp4", "--size", "8192x8192"], "million pixels"),
    (["one.json", "--out", "a.mp4", "--background", "transparent"], "a video has no transparency"),
    (["one.json", "--out", "a.mp4", "--filmstrip", "0,1"], "--filmstrip: is for pictures"),
    (["one.json", "--out", "a.gif", "--step", "3"], "--step: is for pictures"),
    (["one.json", "--out", "a.mp4", "--last", "21"], "the last step (21) is beyond the end of the experiment (20)"),
    (["one.json", "--out", "a.mp4", "--first", "9", "--last", "3"], "the first step (9)"),
    (["one.json", "--out", "a.mp4", "--first", "-1"], "the first step (-1)"),
    (["one.json", "--out", "a.mp4", "--fps", "0"], "frames per second"),
    (["one.json", "--out", "a.mp4", "--fps", "nan"], "frames per second"),
    (["one.json", "--out", "a.mp4", "--fps", "1000"], "frames per second"),
    (["one.json", "--out", "a.gif", "--fps", "60"], "gif takes 1 to 50 frames per second, not 60"),
    (["one.json", "--out", "a.mp4", "--speed", "0"], "the speed"),
    (["one.json", "--out", "a.mp4", "--speed", "inf"], "the speed"),
    (["one.json", "--out", "a.mp4", "--speed", "0.001"], "record it faster"),
    (["one.json", "--out", "a.mp4", "--per-frame", "0"], "at least 1 update"),
    (["one.json", "--out", "a.mp4", "--end-speed", "0"], "the speed at the end"),
    (["one.json", "--out", "a.mp4", "--end-speed", "9", "--per-frame", "2"], "not allowed with"),
    (["one.json", "--out", "a.mp4", "--hold-last", "-1"], "the hold on the last"),
    (["one.json", "--out", "a.png", "--step", "21"], "steps must lie between 0 and 20"),
    (["one.json", "--out", "a.png", "--step", "-1"], "steps must lie between 0 and 20"),
    (["one.json", "--out", "a.png", "--filmstrip", "0,99"], "steps must lie between 0 and 20"),
    (["one.json", "--out", "a.png", "--filmstrip", "0,abc"], "--filmstrip 0,abc: must be like 0,10,50"),
    (["one.json", "--out", "a.png", "--filmstrip", ""], "must be like 0,10,50"),
    (["one.json", "--out", "a.png", "--filmstrip", ",".join(["1"] * 25)], "at most 24 steps"),
    (["one.json", "--out", "a.mp4", "--quality", "great"], "--quality"),
    (["one.json", "--out-dir", "new", "--format", "avi"], "--format"),
    (["one.json", "--out", "a.mp4", "--bogus"], "--bogus"),
]


@pytest.mark.parametrize(("arguments", "words"), REFUSED, ids=[" ".join(a)[:60] or "nothing" for a, _ in REFUSED])
def test_refusals_come_before_anything_is_computed(files, capsys, monkeypatch, arguments, words):
    monkeypatch.setattr("gdsim.core.trajectory.run", lambda *_, **__: pytest.fail("computed"))
    assert words in refused(capsys, *arguments)


def test_one_bad_experiment_among_several_is_known_before_the_first_is_computed(files, capsys, monkeypatch):
    Path("short.json").write_text(json.dumps({**ONE, "steps": 5}))
    monkeypatch.setattr("gdsim.core.trajectory.run", lambda *_, **__: pytest.fail("computed"))
    words = refused(capsys, "one.json", "short.json", "--out-dir", "new", "--last", "9")
    assert words.startswith("gdsim record: short.json: the last step (9)")
    Path("there").mkdir()
    Path("there/short.mp4").write_bytes(b"mine")
    assert "there/short.mp4: exists" in refused(capsys, "one.json", "short.json", "--out-dir", "there")
    assert os.listdir("there") == ["short.mp4"]


def test_steps_after_every_run_has_ended_are_refused(files, capsys):
    assert "beyond the end" in refused(capsys, "far.json", "--out", "a.mp4", "--last", "20", *SMALL)
    assert "steps must lie" in refused(capsys, "far.json", "--out", "a.png", "--step", "20", *SMALL)


def test_special_files_are_refused(files, capsys):
    os.mkfifo("pipe.mp4")
    os.symlink("/dev/full", "full.mp4")
    os.symlink("nowhere/x.mp4", "dangling.mp4")
    for name, words in (
        ("pipe.mp4", "device or a pipe"),
        ("full.mp4", "device or a pipe"),
        ("dangling.mp4", "nowhere"),
    ):
        assert words in refused(capsys, "one.json", "--out", name, "--force", *SMALL, *FAST)
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)


@pytest.mark.parametrize("ending", ["mp4", "png"])
def test_a_full_disk_is_one_line_and_leaves_nothing(files, capsys, monkeypatch, ending):
    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        words = refused(capsys, "one.json", "--out", f"a.{ending}", *SMALL, *FAST)
    assert f"a.{ending}: the disk is full; free some space" in words


def test_an_encoder_that_fails_is_one_line(files, capsys, monkeypatch):
    from gdsim.recording import formats

    def failing(*_):
        raise ValueError("the codec broke")

    monkeypatch.setattr(formats.Writer, "write", failing)
    words = refused(capsys, "one.json", "--out", "a.mp4", *SMALL, *FAST)
    assert re.search(r"a\.mp4: the encoder failed \(ValueError: the codec broke\); try another", words)


def test_interrupting_leaves_nothing(files, monkeypatch):
    from gdsim.ui.figure import Figure

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Figure, "image", interrupt)
    assert record("one.json", "--out-dir", "new", *SMALL, *FAST) == 130
    assert sorted(os.listdir()) == ["far.json", "one.json"]


def test_without_a_display_or_a_home(files):
    env = {name: value for name, value in os.environ.items() if name not in SCREENS}
    done = subprocess.run(
        [sys.executable, str(MAIN), "record", "one.json", "--out", "a.mp4", *SMALL, *FAST],
        capture_output=True, text=True, timeout=60, env=env,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert record("one.json", "--out", "b.mp4", *SMALL, *FAST) == 0
    one, other = frames_of("a.mp4"), frames_of("b.mp4")
    assert len(one) == len(other)
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True)), "the same in a process of its own"


# -- three dimensions


@pytest.mark.parametrize("view", ["3d", "both"])
@pytest.mark.parametrize("ending", [".png", ".svg", ".pdf", ".gif", ".mp4"])
def test_three_dimensions(files, view, ending):
    fast = FAST if ending in (".gif", ".mp4") else ()
    assert record("one.json", "--out", f"a{ending}", "--view", view, *SMALL, *fast) == 0
    assert Path(f"a{ending}").stat().st_size > 500


def test_the_camera_that_was_typed_lies_in_the_file(files):
    looks = ("--view", "3d", "--camera", "20,55", "--height", "log", "--turntable", "30")
    assert record("one.json", "--out", "a.png", *looks, *SMALL) == 0
    camera = gdsim.load(json.loads(extract(Path("a.png")))).camera
    assert (camera.azimuth, camera.elevation, camera.height, camera.turntable) == (20.0, 55.0, "log", 30.0)
    assert record("one.json", "--out", "b.png", "--view", "3d", *SMALL) == 0
    assert QImage("a.png") != QImage("b.png")


def test_a_turntable_turns(files):
    typed = ("--view", "3d", "--layout", "landscape", "--turntable", "90", *SMALL, "--fps", "10", "--first", "20")
    assert record("one.json", "--out", "a.mp4", *typed, "--hold-last", "1") == 0
    found = frames_of("a.mp4")
    assert len(found) >= 10
    assert all((a.astype(int) != b.astype(int)).any() for a, b in itertools.pairwise(found))


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (("--camera", "1,2"), "for --view 3d"),
        (("--view", "3d", "--camera", "1"), "must be like -60,38"),
        (("--view", "3d", "--camera", "1,99"), "elevation"),
        (("--view", "both", "--turntable", "1e9"), "turntable"),
    ],
)
def test_cameras_that_cannot_be_are_refused(files, capsys, typed, words):
    assert words in refused(capsys, "one.json", "--out", "a.png", *typed)
