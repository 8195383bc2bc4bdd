"""Full disks and failing encoders: one message in time, what was recorded plays, nothing else stays (rows 8, 14)."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from recording.scenes import left_in, numbers, scene

from gdsim.recording.encoder import Kind, Recorder, VideoSettings
from gdsim.recording.faults import RecordingError

KINDS: tuple[Kind, ...] = ("mp4", "webm", "gif")
FRAMES = 6
TESTS = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def failing(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, at: int, error: BaseException) -> Callable[[], int]:
    """Let the ``at``-th call fail; what is returned tells how many calls there were."""
    real, calls = getattr(owner, name), [0]

    def call(*given: Any, **named: Any) -> Any:
        calls[0] += 1
        if calls[0] == at:
            raise error
        return real(*given, **named)

    monkeypatch.setattr(owner, name, call)
    return lambda: calls[0]


def record(path: Path, kind: Kind, *, force: bool = False) -> None:
    with Recorder(path, VideoSettings(kind, 160, 96, 10, document=b"{}"), force=force) as recorder:
        for number in range(FRAMES):
            recorder.put(scene(number))


def attempt(path: Path, kind: Kind, *, force: bool = False) -> RecordingError | None:
    try:
        record(path, kind, force=force)
    except RecordingError as error:
        return error
    return None


def check_failure(error: RecordingError, path: Path, began: float) -> None:
    assert time.monotonic() - began < 2
    assert str(path) in str(error)
    assert error.reason
    others = [name for name in left_in(path.parent) if name != path.name]
    if error.kept is None:
        assert others == []
    else:
        assert others == [error.kept.name]
        assert error.kept.name in str(error)
        found = numbers(error.kept)
        assert found == list(range(len(found)))
        assert found


DISK_FAULTS = [
    ("write", errno.ENOSPC), ("write", errno.EIO), ("open", errno.EACCES), ("fsync", errno.EIO),
    ("read", errno.EIO), ("lseek", errno.EIO), ("ftruncate", errno.EIO),
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("name", "number"), DISK_FAULTS)
def test_calls_of_the_disk_fail_once(
    kind: Kind, name: str, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    often = name in ("write", "read", "lseek")
    fail_each(kind, name, number, 1 if not often else 2 if kind == "mp4" else 7, tmp_path, monkeypatch)


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("name", "number"), DISK_FAULTS)
def test_each_call_of_the_disk_fails_once(
    kind: Kind, name: str, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_each(kind, name, number, 1, tmp_path, monkeypatch)


def fail_each(kind: Kind, name: str, number: int, stride: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Record again and again, each time with a later call failing, until there is none left to fail."""
    path = folder / f"video.{kind}"
    for at in count(1, stride):
        began = time.monotonic()
        with monkeypatch.context() as patch:
            calls = failing(patch, os, name, at, OSError(number, os.strerror(number)))
            error = attempt(path, kind)
        if error is not None:
            assert not path.exists()
            check_failure(error, path, began)
        else:
            assert numbers(path) == list(range(FRAMES))
            assert left_in(folder) == [path.name]
        if calls() < at:
            break
        for left in folder.iterdir():
            left.unlink()


@pytest.mark.parametrize("force", [True, False])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["link", "rename", "replace"])
def test_each_renaming_fails(
    kind: Kind, name: str, force: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"video.{kind}"
    if force:
        path.write_bytes(b"old")
    began = time.monotonic()
    with monkeypatch.context() as patch:
        failing(patch, os, name, 1, OSError(errno.EACCES, os.strerror(errno.EACCES)))
        error = attempt(path, kind, force=force)
    if error is None:
        assert numbers(path) == list(range(FRAMES))
    else:
        check_failure(error, path, began)
        assert not force or path.read_bytes() == b"old"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("step", ["write", "close", "finished", "_converted"])
def test_the_encoder_fails_at_each_frame(
    kind: Kind, step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gdsim.recording.formats import Writer

    path = tmp_path / f"video.{kind}"
    for at in range(1, FRAMES + 2):
        began = time.monotonic()
        with monkeypatch.context() as patch:
            calls = failing(patch, Writer, step, at, ValueError("planted"))
            error = attempt(path, kind)
        if error is None:
            assert calls() < at
            assert numbers(path) == list(range(FRAMES))
            break
        assert "planted" in error.reason
        assert error.remedy
        check_failure(error, path, began)
        kept = 0 if error.kept is None else len(numbers(error.kept))
        assert kept == (FRAMES if step in ("close", "finished") else at - 1)
        for left in tmp_path.iterdir():
            left.unlink()


@pytest.mark.parametrize("error", [MemoryError(), KeyboardInterrupt(), SystemExit(3), ImportError("no av")])
def test_other_failures_are_messages_too(error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gdsim.recording.formats import Writer

    failing(monkeypatch, Writer, "write", 3, error)
    with pytest.raises(RecordingError) as found:
        record(tmp_path / "video.mp4", "mp4")
    check_failure(found.value, tmp_path / "video.mp4", time.monotonic())


def put_many(recorder: Recorder) -> None:
    for number in range(1_000):
        recorder.put(scene(number))


def test_nobody_waits_for_an_encoder_that_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gdsim.recording.formats import Writer

    failing(monkeypatch, Writer, "write", 1, ValueError("planted"))
    recorder = Recorder(tmp_path / "video.mp4", VideoSettings("mp4", 160, 96))
    began = time.monotonic()
    with pytest.raises(RecordingError, match="planted"):
        put_many(recorder)
    with pytest.raises(RecordingError, match="planted"):
        recorder.offer(scene(0))
    with pytest.raises(RecordingError, match="planted"):
        recorder.finish()
    recorder.cancel()
    assert recorder.state == "failed"
    assert time.monotonic() - began < 2
    assert left_in(tmp_path) == []


FILL = """
import resource, signal, sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from recording.scenes import scene
from gdsim.recording.encoder import Recorder, VideoSettings
from gdsim.recording.faults import RecordingError
path, limit = Path(sys.argv[2]), int(sys.argv[3])
if limit:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
recorder = Recorder(path, VideoSettings(path.suffix[1:], 160, 96))
taken = 0
try:
    for number in range(1000):
        recorder.put(scene(number, noise=True))
        taken += 1
except RecordingError as error:
    began = time.monotonic()
    recorder.cancel()
    print(taken, error.kept.name if error.kept else "-", str(error), sep="\\n")
    sys.exit(0 if time.monotonic() - began < 0.5 else 4)
sys.exit(3)
"""


def filled(path: Path, limit: int) -> None:
    program = [sys.executable, "-c", FILL, str(TESTS), str(path), str(limit)]
    found = subprocess.run(program, capture_output=True, text=True, timeout=30, cwd=TESTS.parent, check=False)
    assert (found.returncode, found.stderr) == (0, "")
    taken, kept, message = found.stdout.splitlines()
    assert str(path) in message
    assert kept in message
    assert left_in(path.parent) == [kept]
    read = numbers(path.parent / kept)
    assert read == list(range(len(read)))
    assert int(taken) - len(read) <= 30
    assert len(read) >= 5


@pytest.mark.skipif(sys.platform == "win32", reason="needs limits of a process")
@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_may_not_grow(kind: Kind, tmp_path: Path) -> None:
    filled(tmp_path / f"video.{kind}", 700_000)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = sys.platform.startswith("linux") and os.geteuid() == 0
    if mounted:
        mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    if not mounted:
        pytest.skip("may not mount a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("kind", KINDS)
def test_a_full_disk(kind: Kind, small_disk: Path) -> None:
    filled(small_disk / f"video.{kind}", 0)


def test_a_disk_that_is_full_only_when_it_is_finished(small_disk: Path) -> None:
    path = small_disk / "video.mp4"
    recorder = Recorder(path, VideoSettings("mp4", 160, 96))
    for number in range(40):
        recorder.put(scene(number, noise=True))
    while recorder.encoded < 40:
        time.sleep(0.01)
    free = os.statvfs(small_disk)
    (small_disk / "other").write_bytes(bytes(free.f_bavail * free.f_frsize - 150_000))
    with pytest.raises(RecordingError, match="the disk is full") as found:
        recorder.finish()
    assert found.value.kept is not None
    kept = numbers(found.value.kept)
    assert kept == list(range(40))
    assert left_in(small_disk) == ["other", found.value.kept.name]
