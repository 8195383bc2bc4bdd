"""Memory that large arrays had goes back to the system."""

import subprocess
import sys

import pytest

CODE = """
import numpy as np
from pathlib import Path
from gdsim.core.memory import give_back
assert give_back()
def pages():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
def work():
    parts = [np.ones(1_000_000) for _ in range(20)]
    keep = [bytes(100) for _ in range(1000)]
    return keep
work(); before = pages()
kept = [work() for _ in range(5)]
assert pages() - before < 20e6, pages() - before
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="what a process has is told by /proc")
def test_large_arrays_are_given_back():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
