"""Row 11: a process killed while it saves leaves the old document or the new one, never a mixture.

The quick suite tries 20 moments; ``-m long`` tries 200.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import pytest

CHILD = """
import sys
from pathlib import Path
from gdsim.core.documents import write_whole
path, size = Path(sys.argv[1]), int(sys.argv[2])
print("ready", flush=True)
for count in range(1_000_000):
    write_whole(path, bytes([97 + count % 26]) * size)
"""


def killed(moments: int, folder: os.PathLike[str], size: int) -> int:
    """Kill a saving process at random moments; how often a temporary file showed that it was in the middle."""
    chance = random.Random(moments)
    amid = 0
    for _ in range(moments):
        path = os.path.join(folder, "a.json")
        process = subprocess.Popen([sys.executable, "-c", CHILD, path, str(size)], stdout=subprocess.PIPE)
        assert process.stdout.readline() == b"ready\n"
        time.sleep(chance.uniform(0.0, 0.03))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        if os.path.exists(path):
            with open(path, "rb") as file:
                data = file.read()
            assert len(data) == size
            assert len(set(data)) == 1
        for name in os.listdir(folder):
            if name != "a.json":
                amid += 1
                os.unlink(os.path.join(folder, name))
    return amid


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_twenty_moments(tmp_path):
    assert killed(20, tmp_path, 3_000_000) > 0


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_two_hundred_moments(tmp_path):
    assert killed(200, tmp_path, 3_000_000) > 0
