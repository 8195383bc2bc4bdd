"""The command line as a process of its own: exit statuses, streams, signals, and what is not loaded."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from samples import CONTRACT, document

from gdsim import display

MAIN = Path(__file__).parents[2] / "main.py"
SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "XDG_SESSION_TYPE", "WAYLAND_SOCKET")


def gdsim(*arguments: str, env: dict[str, str] | None = None, **more: object) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name not in SCREENS}
    return subprocess.run(
        [sys.executable, str(MAIN), *arguments],
        capture_output=more.pop("capture_output", True),
        text=True,
        timeout=60,
        env={**clean, **(env or {})},
        **more,
    )


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({}, "no display: neither DISPLAY nor WAYLAND_DISPLAY is set"),
        ({"DISPLAY": ":99"}, "DISPLAY=:99 cannot be reached"),
        ({"DISPLAY": "nonsense"}, "DISPLAY=nonsense cannot be reached"),
        ({"WAYLAND_DISPLAY": "wayland-99"}, "WAYLAND_DISPLAY=wayland-99 cannot be reached"),
        ({"QT_QPA_PLATFORM": "nonsense"}, "QT_QPA_PLATFORM=nonsense: Qt has no such platform"),
        ({"QT_QPA_PLATFORM": "xcb"}, "DISPLAY is not set"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there is always a display")
def test_without_a_display_one_line_says_what_works(env, words):
    done = gdsim(env=env)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert words in done.stderr
    assert "run, " in done.stderr


def test_a_headless_command_loads_no_qt_and_starts_fast(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(CONTRACT))
    code = (
        "import json, sys; from gdsim.app import main; early = sorted(sys.modules); status = main(sys.argv[1:]);"
        "print(json.dumps([status, early, sorted(sys.modules)]), file=sys.stderr)"
    )
    for arguments in (["run", str(path), "--out", str(tmp_path / "a.npz")], ["list"]):
        done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60)
        status, early, late = json.loads(done.stderr)
        assert status == 0
        roots = {name.split(".")[0] for name in late}
        assert not roots & {"PySide6", "shiboken6", "pyqtgraph", "av", "matplotlib", "torch", "contourpy"}
        assert not [name for name in late if name.startswith(("gdsim.ui", "gdsim.session", "gdsim.recording"))]
        # The window and --help pay for none of it.
        assert not {"numpy", "msgspec"} & set(early)


def test_streams_and_statuses(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(CONTRACT))
    done = gdsim("run", str(path))
    assert (done.returncode, done.stderr) == (0, "")
    assert "momentum" in done.stdout
    done = gdsim("run", "none.json", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "gdsim run: none.json: no such file or directory\n"


def test_a_reader_that_leaves_early_is_no_fault():
    process = subprocess.Popen(
        [sys.executable, str(MAIN), "list", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(60) == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_a_full_stdout_is_one_line():
    with open("/dev/full", "w") as full:
        done = gdsim("list", capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 2
    assert done.stderr == "gdsim list: standard output: no space left on device\n"


def test_a_terminal_without_greek_letters_is_no_fault():
    done = gdsim("list", env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert "\\u03b7" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_interrupting_a_long_run_leaves_nothing(tmp_path):
    path = tmp_path / "long.json"
    path.write_text(json.dumps(document(*[{"optimizer": {"name": "Adam"}}] * 20, steps=2_000_000)))
    code = (
        "import sys; from gdsim.app import main; from gdsim.cli.console import Progress;"
        "Progress.__call__ = lambda *_: print(flush=True);"  # tells that it computes
        "sys.exit(main(sys.argv[1:]))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, "run", str(path), "--out", str(tmp_path / "out.npz")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert (out.strip(), err) == (b"", b"")
    assert os.listdir(tmp_path) == ["long.json"]


def test_every_library_that_qt_may_miss_has_a_remedy():
    for library, package in display.PACKAGES.items():
        told = display.missing_library(f"{library}.0: cannot open shared object file: No such file or directory")
        assert f"{library}.0" in told
        assert told.endswith(f"apt-get install {package}")
    told = display.missing_library(ImportError("libodd-2.1.so.7: cannot open shared object file: No such file"))
    assert told.startswith("libodd-2.1.so.7")
    assert display.missing_library(ImportError("No module named 'PySide6'")) is None
