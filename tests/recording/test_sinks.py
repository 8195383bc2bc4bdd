"""Where recordings go: refused before it starts where that can be known, and never over another file unasked."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from recording.scenes import left_in, numbers, scene

from gdsim.recording.encoder import Kind, Recorder, VideoSettings
from gdsim.recording.faults import RecordingError

SETTINGS = VideoSettings("mp4", 64, 48)
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="as Linux has it")


def refused(path: Path) -> str:
    with pytest.raises(RecordingError) as found:
        Recorder(path, SETTINGS)
    assert str(path) in str(found.value)
    assert "\n" not in found.value.reason
    return found.value.reason


def test_paths_that_cannot_be_are_refused_before_it_starts(tmp_path: Path) -> None:
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "there.mp4").write_bytes(b"mine")
    (tmp_path / "nowhere.mp4").symlink_to(tmp_path / "gone" / "video.mp4")
    before = left_in(tmp_path)
    assert "there is no folder" in refused(tmp_path / "missing" / "video.mp4")
    assert "not a folder" in refused(tmp_path / "there.mp4" / "video.mp4")
    assert "is a folder" in refused(tmp_path / "folder.mp4")
    assert "exists already" in refused(tmp_path / "there.mp4")
    assert "link that leads nowhere" in refused(tmp_path / "nowhere.mp4")
    assert "unknown ending '.avi'" in refused(tmp_path / "video.avi")
    assert "needs an ending" in refused(tmp_path / "video")
    assert "too long" in refused(tmp_path / ("x" * 300 + ".mp4"))
    assert "not a name" in refused(tmp_path / "a\0b.mp4")
    assert left_in(tmp_path) == before
    assert (tmp_path / "there.mp4").read_bytes() == b"mine"


@linux
def test_devices_are_refused(tmp_path: Path) -> None:
    (tmp_path / "full.mp4").symlink_to("/dev/full")
    os.mkfifo(tmp_path / "pipe.mp4")
    assert "device or a pipe" in refused(tmp_path / "full.mp4")
    assert "device or a pipe" in refused(tmp_path / "pipe.mp4")
    assert "cannot write into /proc" in refused(Path("/proc/video.mp4"))


def test_a_folder_that_is_read_only_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not hasattr(os, "geteuid") or os.geteuid() == 0:  # root may write anywhere

        def refuse(*_: object) -> int:
            raise PermissionError(13, os.strerror(13))

        monkeypatch.setattr(os, "open", refuse)
    else:
        tmp_path.chmod(0o500)
    assert "permission denied" in refused(tmp_path / "video.mp4")


@linux
def test_a_full_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.statvfs(tmp_path)
    full = os.statvfs_result((*real[:3], 3, 3, *real[5:]))
    monkeypatch.setattr(os, "statvfs", lambda path: full)
    assert "is full" in refused(tmp_path / "video.mp4")


@pytest.mark.parametrize("kind", ["mp4", "webm", "gif"])
@pytest.mark.parametrize(
    "stem", ["a b", "100%d %s", "Ravine: momentum", "quote'\"", "🏔 תל", "-f", "new\nline", "x" * 240, "é" * 120]
)
def test_odd_names_work(kind: Kind, stem: str, tmp_path: Path) -> None:
    path = tmp_path / f"{stem}.{kind}"
    with Recorder(path, VideoSettings(kind, 64, 48)) as recorder:
        recorder.put(scene(1, 64, 48), repeat=3)
        assert recorder.part.exists()
    assert left_in(tmp_path) == [path.name]


@linux
def test_a_name_that_is_no_text_works(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.mp4")
    with Recorder(path, SETTINGS) as recorder:
        recorder.put(scene(1, 64, 48))
    assert path.exists()


def test_an_older_part_is_somebodys_rescue_and_stays(tmp_path: Path) -> None:
    (tmp_path / "video.part.mp4").write_bytes(b"rescue")
    with Recorder(tmp_path / "video.mp4", SETTINGS) as recorder:
        recorder.put(scene(1, 64, 48))
        assert recorder.part.name == "video.part-2.mp4"
    assert left_in(tmp_path) == ["video.mp4", "video.part.mp4"]
    assert (tmp_path / "video.part.mp4").read_bytes() == b"rescue"


@pytest.mark.parametrize("kind", ["mp4", "webm", "gif"])
def test_a_file_that_appears_meanwhile_is_left_alone(kind: Kind, tmp_path: Path) -> None:
    path = tmp_path / f"video.{kind}"
    recorder = Recorder(path, VideoSettings(kind, 160, 96))
    for number in range(5):
        recorder.put(scene(number))
    path.write_bytes(b"mine")
    with pytest.raises(RecordingError, match="appeared meanwhile") as found:
        recorder.finish()
    assert path.read_bytes() == b"mine"
    assert found.value.kept is not None
    assert numbers(found.value.kept) == [0, 1, 2, 3, 4]
    assert left_in(tmp_path) == sorted([path.name, found.value.kept.name])


def test_two_recordings_to_one_name_mix_nothing(tmp_path: Path) -> None:
    path = tmp_path / "video.mp4"
    one, two = (Recorder(path, VideoSettings("mp4", 160, 96)) for _ in range(2))
    for number in range(4):
        one.put(scene(number))
        two.put(scene(100 + number))
    one.finish()
    with pytest.raises(RecordingError) as found:
        two.finish()
    assert numbers(path) == [0, 1, 2, 3]
    assert found.value.kept is not None
    assert numbers(found.value.kept) == [100, 101, 102, 103]


def test_force_replaces_and_keeps_the_permissions(tmp_path: Path) -> None:
    path = tmp_path / "video.mp4"
    path.write_bytes(b"old")
    path.chmod(0o640)
    recorder = Recorder(path, VideoSettings("mp4", 160, 96), force=True)
    recorder.put(scene(3))
    assert path.read_bytes() == b"old"
    recorder.finish()
    assert numbers(path) == [3]
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_target_deleted_meanwhile_is_written(tmp_path: Path) -> None:
    path = tmp_path / "video.mp4"
    path.write_bytes(b"old")
    with Recorder(path, VideoSettings("mp4", 160, 96), force=True) as recorder:
        recorder.put(scene(3))
        path.unlink()
    assert numbers(path) == [3]


def test_what_a_link_leads_to_is_replaced(tmp_path: Path) -> None:
    real, link = tmp_path / "real.mp4", tmp_path / "link.mp4"
    real.write_bytes(b"old")
    link.symlink_to(real)
    with Recorder(link, VideoSettings("mp4", 160, 96), force=True) as recorder:
        recorder.put(scene(3))
    assert link.is_symlink()
    assert numbers(real) == [3]
    assert left_in(tmp_path) == ["link.mp4", "real.mp4"]


def test_a_folder_deleted_meanwhile_is_one_message(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    recorder = Recorder(folder / "video.mp4", VideoSettings("mp4", 160, 96))
    recorder.put(scene(3))
    recorder.part.unlink()
    folder.rmdir()
    with pytest.raises(RecordingError, match=r"video\.mp4"):
        recorder.finish()
    assert left_in(tmp_path) == []
