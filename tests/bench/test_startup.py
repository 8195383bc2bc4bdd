"""What has to be loaded before a window can be seen. How long it takes is measured by ``bench``; here is what it is."""

from __future__ import annotations

import json
import subprocess
import sys

from gdsim.bench.processes import surroundings
from gdsim.ui.launch import GROUND
from gdsim.ui.theme import DARK

PROGRAM = """
import json, sys
from gdsim import app, display
from gdsim.cli.opening import opening
opening(app._parser().parse_args([]))
from gdsim.ui import launch
from PySide6 import QtCore
print(json.dumps([sorted(sys.modules), "Qt" in vars(QtCore)]))
"""


def test_little_is_loaded_before_the_first_picture():
    with surroundings() as environment:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True
        )
    loaded, has_enumerations = json.loads(done.stdout)
    ours = {name for name in loaded if name.startswith("gdsim.")}
    assert ours == {
        "gdsim.app",
        "gdsim.cli",
        "gdsim.cli.console",
        "gdsim.cli.opening",
        "gdsim.display",
        "gdsim.ui",
        "gdsim.ui.launch",
        "gdsim.ui.main_window",
        "gdsim.ui.preferences",
    }
    roots = {name.split(".")[0] for name in loaded}
    assert not roots & {"numpy", "msgspec", "contourpy", "pyqtgraph", "av", "ctypes", "dataclasses", "difflib", "html"}
    assert not has_enumerations, "QtCore.Qt takes longer to make than the first picture"


def test_the_ground_of_the_first_picture_is_that_of_the_theme():
    assert DARK.bg0 == GROUND
