"""The window in processes of its own: rows 12, 16, 23, 26 and 28 of the list of what must never happen."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

CHILD = Path(__file__).with_name("window_child.py")
LATEST = 2.0
"""Seconds from closing to the end of the process, where it has a processor for itself."""


def start(home: Path, *arguments: str, **environment: str | None) -> subprocess.Popen[str]:
    settings: dict[str, str | None] = dict(os.environ)
    settings |= {"HOME": str(home), "XDG_CONFIG_HOME": str(home / "config"), "XDG_STATE_HOME": str(home / "state")}
    settings |= {"QT_QPA_PLATFORM": "offscreen", "PYTHONFAULTHANDLER": "1"} | environment
    kept = {name: value for name, value in settings.items() if value is not None}
    return subprocess.Popen(
        [sys.executable, str(CHILD), *arguments], env=kept, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def finish(child: subprocess.Popen[str], status: int = 0) -> tuple[list[dict[str, Any]], str]:
    """What it told and what it wrote to stderr; it must have ended with ``status``, without a traceback."""
    try:
        out, err = child.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
        raise
    assert child.returncode == status, err
    assert "Traceback" not in err
    assert "QThread: Destroyed" not in err
    return [json.loads(line) for line in out.splitlines()], err


def patience() -> float:
    """How much longer everything takes where others use the processors too."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)) if hasattr(os, "getloadavg") else 2.0


@pytest.mark.parametrize("seed", range(10))
def test_closing_at_random_moments(tmp_path, seed):
    """Row 16: a tenth of it; 100 with ``-m long``."""
    child = start(tmp_path, "close_at_a_random_moment", str(seed))
    told, _ = finish(child)
    assert time.time() - told[0]["at"] < LATEST * patience(), told[0]["what"]


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10, 100))
def test_closing_at_many_random_moments(tmp_path, seed):
    test_closing_at_random_moments(tmp_path, seed)


def test_closing_while_it_starts(tmp_path):
    finish(start(tmp_path, "close_while_it_starts"))


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_crash_and_restart(tmp_path):
    """Row 12: what was edited before the crash is offered once, opened, and then offered no more."""
    child = start(tmp_path, "edit_and_wait")
    assert child.stdout is not None
    assert json.loads(child.stdout.readline()) == {"kept": True}
    child.send_signal(signal.SIGKILL)
    child.communicate(timeout=20)
    told, _ = finish(start(tmp_path, "look_for_recovery"))
    assert told == [{"offered": True}, {"steps": 77, "unsaved": True}]
    told, _ = finish(start(tmp_path, "look_for_recovery"))
    assert told == [{"offered": False}]


def test_two_programs_at_once_leave_each_other_alone(tmp_path):
    """Row 25: the copy of a program that still runs is not offered to another one."""
    first = start(tmp_path, "edit_and_wait")
    assert first.stdout is not None
    assert json.loads(first.stdout.readline()) == {"kept": True}
    told, _ = finish(start(tmp_path, "look_for_recovery"))
    assert told == [{"offered": False}]
    first.kill()
    first.communicate(timeout=20)


@pytest.mark.parametrize("kind", ["file in the way", "read-only", "none"])
def test_homes_that_are_none(tmp_path, kind):
    """Row 23: it starts with defaults whatever HOME is."""
    environment: dict[str, str | None] = {}
    if kind == "file in the way":
        (tmp_path / "config").write_text("in the way")
    elif kind == "read-only":
        tmp_path.chmod(0o500)
    else:
        environment = {"HOME": None, "XDG_CONFIG_HOME": None, "XDG_STATE_HOME": None}
    try:
        told, _ = finish(start(tmp_path, "say_and_close", **environment))
    finally:
        tmp_path.chmod(0o700)
    assert all(told[0]["docks"])


def test_corrupt_settings_are_said(tmp_path):
    for folder in (tmp_path / "config" / "gdsim" / "gdsim", tmp_path / "config" / "gdsim"):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "gdsim.ini").write_bytes(b"[General\nspeed=\x00\xff\n[[[\n")
    told, _ = finish(start(tmp_path, "say_and_close"))
    assert all(told[0]["docks"])
    assert told[0]["said"]


@pytest.mark.parametrize("factor", ["1", "1.5", "2", "3"])
def test_scale_factors(tmp_path, factor):
    """Row 26: no control is cut at any scale, and pictures have the size asked for."""
    told, _ = finish(start(tmp_path, "look_at_sizes", str(tmp_path), QT_SCALE_FACTOR=factor))
    assert told[0]["ratio"] == pytest.approx(float(factor))
    assert told[0]["short"] == {"(800, 600)": [], "(1440, 900)": []}
    assert told[0]["picture"] == [640, 360]


def test_no_connection_in_a_whole_session(tmp_path):
    """Row 28."""
    told, _ = finish(start(tmp_path, "a_whole_session", str(tmp_path)))
    assert told[0] == {"called": [], "saved": ["saved.json", "x.png"]}
