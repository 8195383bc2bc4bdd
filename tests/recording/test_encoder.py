"""Videos: what went in comes out, frame by frame, in the right colours, and twice the same."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage, QPainter
from recording.scenes import decoded, left_in, numbers, plot, scene

from gdsim.recording.embedded import extract
from gdsim.recording.encoder import (
    QUEUE,
    Kind,
    Quality,
    Recorder,
    VideoSettings,
    estimate,
    even,
    kind_of,
    refusal,
)
from gdsim.recording.faults import RecordingError

KINDS: tuple[Kind, ...] = ("mp4", "webm", "gif")
DOCUMENT = json.dumps({"format": "gdsim-experiment", "title": "Tal für η"}, ensure_ascii=False).encode()


def settings(kind: Kind, /, **changes: object) -> VideoSettings:
    return VideoSettings(**({"kind": kind, "width": 160, "height": 96, "fps": 25} | changes))  # type: ignore[arg-type]


def record(path: Path, how: VideoSettings, frames: int = 30) -> Path:
    with Recorder(path, how) as recorder:
        for number in range(frames):
            recorder.put(scene(number, how.width, how.height))
    return path


@pytest.fixture(autouse=True)
def no_thread_left() -> object:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("frames", [1, 2, 57])
def test_every_frame_comes_out_in_its_place(kind: Kind, frames: int, tmp_path: Path) -> None:
    path = record(tmp_path / f"video.{kind}", settings(kind, title="Tal", document=DOCUMENT), frames)
    assert numbers(path) == list(range(frames))
    assert extract(path) == DOCUMENT
    assert left_in(tmp_path) == [path.name]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fps", [1, 12, 29.97, Fraction(30_000, 1001), 50])
def test_time_runs_evenly_from_zero(kind: Kind, fps: float | Fraction, tmp_path: Path) -> None:
    path = record(tmp_path / f"video.{kind}", settings(kind, fps=fps), 20)
    with av.open(str(path)) as container:
        times = [frame.time for frame in container.decode(video=0)]
    assert times[0] == 0
    ideal = np.arange(20) / float(fps)
    assert np.abs(np.array(times) - ideal).max() <= (0.011 if kind == "gif" else 0.002)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("quality", ["small", "good", "best"])
def test_the_same_frames_make_the_same_pixels(kind: Kind, quality: Quality, tmp_path: Path) -> None:
    how = settings(kind, width=640, height=360, quality=quality)
    one, two = (record(tmp_path / f"{name}.{kind}", how, 25) for name in ("one", "two"))
    assert all(np.array_equal(a, b) for a, b in zip(decoded(one), decoded(two), strict=True))
    if kind != "webm":  # which numbers its tracks at random
        assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("color", ["#ff0000", "#00ff00", "#0000ff", "#ffffff", "#000000", "#808080", "#e69f00"])
def test_colours_stay(kind: Kind, color: str, tmp_path: Path) -> None:
    image = QImage(64, 48, QImage.Format.Format_RGB32)
    image.fill(QColor(color))
    path = tmp_path / f"video.{kind}"
    with Recorder(path, settings(kind, width=64, height=48)) as recorder:
        recorder.put(image, repeat=2)
    with av.open(str(path)) as container:
        tags = container.streams.video[0].codec_context
        if kind != "gif":
            assert (tags.colorspace, tags.color_primaries, tags.color_trc, tags.color_range) == (1, 1, 1, 1)
        frame = next(container.decode(video=0))
    pixels = frame.to_ndarray(format="rgb24") if kind == "gif" else bt709(frame)
    wanted = QColor(color)
    assert np.abs(pixels.mean(axis=(0, 1)) - [wanted.red(), wanted.green(), wanted.blue()]).max() <= 3


def bt709(frame: av.VideoFrame) -> np.ndarray:
    """RGB of a frame by the standard's formula, without any library."""
    planes = frame.to_ndarray(format="yuv420p").astype(float)
    height, width = frame.height, frame.width
    y = (planes[:height] - 16) / 219
    u = (planes[height : height * 5 // 4].reshape(height // 2, width // 2) - 128) / 224
    v = (planes[height * 5 // 4 :].reshape(height // 2, width // 2) - 128) / 224
    y, u, v = y.mean(), u.mean(), v.mean()
    return 255 * np.array([[[y + 1.5748 * v, y - 0.1873 * u - 0.4681 * v, y + 1.8556 * u]]])


def test_an_image_may_be_drawn_on_at_once(tmp_path: Path) -> None:
    image = scene(0)
    path = tmp_path / "video.mp4"
    with Recorder(path, settings("mp4")) as recorder:
        for number in range(40):
            painter = QPainter(image)
            painter.drawImage(0, 0, scene(number))
            painter.end()
            recorder.put(image)
    assert numbers(path) == list(range(40))


def test_a_frame_may_stand_for_many(tmp_path: Path) -> None:
    path = tmp_path / "video.mp4"
    with Recorder(path, settings("mp4")) as recorder:
        recorder.put(scene(3), repeat=20)
        recorder.put(scene(4))
        recorder.put(scene(5), repeat=30)
    assert recorder.frames == recorder.encoded == 51
    assert numbers(path) == [3] * 20 + [4] + [5] * 30


def test_a_finished_mp4_starts_at_once_and_has_no_b_frames(tmp_path: Path) -> None:
    data = record(tmp_path / "video.mp4", settings("mp4"), 60).read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    assert b"moof" not in data
    with av.open(str(tmp_path / "video.mp4")) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        assert all(packet.pts == packet.dts for packet in packets)
        keys = [place for place, packet in enumerate(packets) if packet.is_keyframe] + [60]
        assert keys[0] == 0
        assert max(np.diff(keys)) <= 25


@pytest.mark.parametrize("loop", [True, False])
def test_a_gif_loops_or_not(loop: bool, tmp_path: Path) -> None:
    data = record(tmp_path / "video.gif", settings("gif", loop=loop), 3).read_bytes()
    assert (b"NETSCAPE2.0\x03\x01\x00\x00" in data) == loop


def test_a_gif_may_have_an_odd_size(tmp_path: Path) -> None:
    path = record(tmp_path / "video.gif", settings("gif", width=161, height=97), 12)
    assert numbers(path) == list(range(12))


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="needs a decoder that is not ours")
@pytest.mark.parametrize("kind", KINDS)
def test_another_decoder_agrees(kind: Kind, tmp_path: Path) -> None:
    path = record(tmp_path / f"video.{kind}", settings(kind, title="Tal", document=DOCUMENT), 33)
    found = subprocess.run(
        ["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-show_format", "-of", "json", str(path)],
        capture_output=True, check=True,
    )  # fmt: skip
    said = json.loads(found.stdout)
    assert found.stderr == b""
    stream = said["streams"][0]
    assert (stream["codec_name"], stream["width"], stream["height"], stream["nb_read_frames"]) == (
        {"mp4": "h264", "webm": "vp9", "gif": "gif"}[kind], 160, 96, "33",
    )  # fmt: skip
    if kind != "gif":
        assert stream["pix_fmt"] == "yuv420p"
        tags = {key.lower(): text for key, text in said["format"]["tags"].items()}
        assert tags["title"] == "Tal"
        assert tags["comment"].encode() == DOCUMENT


def test_a_gif_is_a_quarter_of_pillows(tmp_path: Path) -> None:
    pillow = pytest.importorskip("PIL.Image")
    frames = [plot(number, 320, 192) for number in range(40)]
    with Recorder(tmp_path / "video.gif", settings("gif", width=320, height=192)) as recorder:
        for frame in frames:
            recorder.put(frame)
    images = [pillow.frombytes("RGB", (320, 192), bytes(frame.constBits()), "raw", "BGRX") for frame in frames]
    images[0].save(tmp_path / "other.gif", save_all=True, append_images=images[1:], duration=40, loop=0)
    assert (tmp_path / "video.gif").stat().st_size <= (tmp_path / "other.gif").stat().st_size / 4


def test_an_offer_is_refused_while_the_queue_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gdsim.recording.formats import Writer

    gate, write = threading.Event(), Writer.write
    monkeypatch.setattr(Writer, "write", lambda self, image: (gate.wait(10), write(self, image))[1])
    recorder = Recorder(tmp_path / "video.mp4", settings("mp4"))
    accepted = 0
    deadline = time.monotonic() + 5
    while accepted < QUEUE + 1 and time.monotonic() < deadline:  # the encoder holds one more
        accepted += recorder.offer(scene(accepted))
    began = time.monotonic()
    assert not recorder.offer(scene(99))
    assert time.monotonic() - began < 0.2
    gate.set()
    assert recorder.finish() == tmp_path / "video.mp4"
    assert numbers(recorder.path) == list(range(QUEUE + 1))


def test_a_window_can_watch_it_finish(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "video.gif", settings("gif"))
    for number in range(30):
        recorder.put(scene(number))
    assert recorder.state == "recording"
    assert not recorder.path.exists()
    recorder.seal()
    seen = []
    while not recorder.done:
        seen.append((recorder.state, recorder.finishing))
        time.sleep(0.001)
    assert recorder.state == "done"
    assert recorder.finishing == 1
    assert [share for _, share in seen] == sorted(share for _, share in seen)
    assert recorder.bytes_written == recorder.path.stat().st_size
    recorder.finish()
    recorder.cancel()
    assert recorder.path.exists()


@pytest.mark.parametrize("kind", KINDS)
def test_what_it_is_about_may_become_known_in_the_end(kind: Kind, tmp_path: Path) -> None:
    path = tmp_path / f"video.{kind}"
    recorder = Recorder(path, settings(kind, title="before", document=DOCUMENT))
    for number in range(30):
        recorder.put(scene(number))
    later = DOCUMENT.replace(b"Tal", b"Berg")
    recorder.seal(title="after", document=later)
    recorder.finish()
    assert extract(path) == later
    assert numbers(path) == list(range(30))
    if kind != "gif":
        with av.open(str(path)) as container:
            assert container.metadata["title"] == "after"


def test_the_first_frame_plays_before_the_encoder_gives_it(tmp_path: Path) -> None:
    how = settings("mp4", fps=60)
    recorder = Recorder(tmp_path / "video.mp4", how)
    copy = tmp_path / "copy.mp4"
    for number in range(30):
        recorder.put(scene(number))
        while recorder.encoded <= number:
            time.sleep(0.001)
        copy.write_bytes(recorder.part.read_bytes())  # what a kill would leave now
        assert numbers(copy) == list(range(len(numbers(copy)))) != []
    recorder.finish()
    assert numbers(recorder.path) == list(range(30))


@pytest.mark.parametrize("kind", KINDS)
def test_cancelled_at_any_moment_leaves_nothing(kind: Kind, tmp_path: Path) -> None:
    for number in range(12):
        recorder = Recorder(tmp_path / f"video.{kind}", settings(kind))
        for frame in range(number):
            recorder.put(scene(frame))
        if number % 2:
            recorder.seal()
            time.sleep(0.004 * number)
        recorder.cancel()
        if recorder.state == "done":
            assert left_in(tmp_path) == [f"video.{kind}"]
            recorder.path.unlink()
        assert left_in(tmp_path) == []


def test_an_exception_while_drawing_leaves_nothing(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "video.mp4", settings("mp4"))
    with pytest.raises(ZeroDivisionError), recorder:
        recorder.put(scene(1 // 0))
    assert recorder.state == "cancelled"
    assert left_in(tmp_path) == []


def test_a_video_of_no_frames_is_none(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="no frame"):
        Recorder(tmp_path / "video.mp4", settings("mp4")).finish()
    assert left_in(tmp_path) == []


def test_a_frame_of_another_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="80 x 48"), Recorder(tmp_path / "v.mp4", settings("mp4")) as recorder:
        recorder.put(scene(0, 80, 48))
    assert left_in(tmp_path) == []


def test_after_the_end_nothing_is_taken(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "video.mp4", settings("mp4"))
    recorder.put(scene(0))
    recorder.finish()
    with pytest.raises(RecordingError, match="ended"):
        recorder.put(scene(1))
    with pytest.raises(RecordingError, match="ended"):
        recorder.offer(scene(1))


def test_odd_sizes_become_even() -> None:
    assert even(1919, 1081) == (1920, 1082)
    assert even(1920, 1080, "webm") == (1920, 1080)
    assert even(161, 97, "gif") == (161, 97)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"width": 0}, "pixels wide"),
        ({"height": 100_000}, "pixels high, not 100,000"),
        ({"width": 8192, "height": 8192}, "million pixels"),
        ({"width": 161}, "odd"),
        ({"fps": 0}, "frames per second"),
        ({"fps": float("nan")}, "frames per second"),
        ({"fps": 1000}, "240"),
        ({"kind": "gif", "fps": 60}, "50"),
        ({"kind": "avi"}, "unknown format"),
    ],
)
def test_settings_that_cannot_be_are_refused(changes: dict[str, object], said: str, tmp_path: Path) -> None:
    how = settings("mp4", **changes)
    why = refusal(tmp_path / "video.mp4", how)
    assert why is not None
    assert said in why
    with pytest.raises(RecordingError, match="video"):
        Recorder(tmp_path / "video.mp4", how)
    assert left_in(tmp_path) == []


def test_the_ending_tells_the_kind() -> None:
    assert [kind_of(Path(name)) for name in ("a.MP4", "a.webm", "a.gif", "a.png", "a")] == [
        "mp4", "webm", "gif", None, None,
    ]  # fmt: skip
    assert estimate(settings("mp4"), 1_000) > estimate(settings("mp4"), 10)


def test_pyav_is_loaded_only_when_something_is_recorded() -> None:
    program = (
        "import sys, gdsim.recording.encoder, gdsim.recording.pictures, gdsim.recording.embedded, "
        "gdsim.recording.timing; sys.exit('av' in sys.modules or 'PySide6.QtWidgets' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
