"""Programs in processes of their own: no screen, no preferences of the user, nothing left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import gdsim

LONGEST = 300
"""Seconds after which a program is given up."""
SCREEN = {
    "name": "bench",
    "x": 0,
    "y": 0,
    "width": 1920,
    "height": 1080,
    "logicalDpi": 96,
    "logicalBaseDpi": 96,
    "dpr": 1,
}
PAINTED = b"painted\n"
"""What a program writes when it has painted."""


class UnavailableError(Exception):
    """Something cannot be measured here; the text says why."""


@contextmanager
def surroundings() -> Iterator[dict[str, str]]:
    """An environment for programs with a window: offscreen, with a home that is empty and goes away."""
    with tempfile.TemporaryDirectory(prefix="gdsim-bench-") as folder:
        home = Path(folder)
        found = {name: value for name, value in os.environ.items() if not name.startswith(("QT_", "XDG_"))}
        root = str(Path(gdsim.__file__).resolve().parent.parent)
        (home / "screen.json").write_text(json.dumps({"screens": [SCREEN]}), encoding="utf-8")
        found |= {
            "QT_QPA_PLATFORM": f"offscreen:configfile={home / 'screen.json'}",
            "HOME": folder,
            "APPDATA": folder,
            "LOCALAPPDATA": folder,
            "PYTHONPATH": os.pathsep.join(part for part in (root, os.environ.get("PYTHONPATH", "")) if part),
        }
        for name in ("CONFIG_HOME", "DATA_HOME", "CACHE_HOME", "STATE_HOME", "RUNTIME_DIR"):
            (home / name).mkdir(mode=0o700)
            found[f"XDG_{name}"] = str(home / name)
        if sys.dont_write_bytecode or os.environ.get("PYTHONDONTWRITEBYTECODE"):
            # Whoever starts a program twice has compiled it. Where that is switched off it is kept here instead.
            found.pop("PYTHONDONTWRITEBYTECODE", None)
            found["PYTHONPYCACHEPREFIX"] = str(home / "bytecode")
        yield found


def answer(module: str, environment: dict[str, str], *arguments: str) -> Any:
    """What the program ``gdsim.bench.programs.MODULE`` writes as its last line, read as JSON.

    Raises:
        UnavailableError: It needs something that is not there, and says so.
        RuntimeError: It failed.
    """
    typed = [sys.executable, "-m", f"gdsim.bench.programs.{module}", *arguments]
    done = subprocess.run(typed, env=environment, capture_output=True, text=True, timeout=LONGEST, check=False)
    if done.returncode != 0 or not done.stdout.strip():
        last = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        raise RuntimeError(f"the program {module} failed: {last}")
    found = json.loads(done.stdout.strip().splitlines()[-1])
    if isinstance(found, dict) and "unavailable" in found:
        raise UnavailableError(found["unavailable"])
    return found


def until_painted(program: str, environment: dict[str, str]) -> float:
    """Seconds from the start of the process that runs ``program`` until it says that it has painted.

    Raises:
        RuntimeError: It ended without.
    """
    begin = perf_counter()
    with subprocess.Popen(
        [sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            line = process.stdout.readline()
            seconds = perf_counter() - begin
        finally:
            process.kill()
        if line != PAINTED:
            last = (process.stderr.read().decode(errors="replace").strip().splitlines() or ["it ended"])[-1]
            raise RuntimeError(f"nothing was painted: {last}")
    return seconds
