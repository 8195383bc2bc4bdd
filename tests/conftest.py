"""What holds for every test: no screen, a home of its own, and nothing left behind."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

# Before anything imports Qt: it reads these once.
_HOME = Path(tempfile.mkdtemp(prefix="gdsim-tests-"))
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["HOME"] = str(_HOME)
for _name, _folder in {
    "XDG_CONFIG_HOME": "config",
    "XDG_DATA_HOME": "data",
    "XDG_CACHE_HOME": "cache",
    "XDG_STATE_HOME": "state",
    "XDG_RUNTIME_DIR": "runtime",
}.items():
    (_HOME / _folder).mkdir(mode=0o700)
    os.environ[_name] = str(_HOME / _folder)

from hypothesis import HealthCheck, settings  # noqa: E402

settings.register_profile("quick", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("quick"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "quick")


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a thread running, a timer ticking or a window open."""
    uses_qt = {"qtbot", "qapp"} & set(request.fixturenames)
    if uses_qt:
        gc.freeze()  # what is there already is none of this test's; looking through it takes a fifth of a second
    yield
    if not uses_qt:
        return
    found = _leftovers()
    if found:
        pytest.fail("left behind: " + ", ".join(found))


def _leftovers() -> list[str]:
    core = sys.modules.get("PySide6.QtCore")
    app = core.QCoreApplication.instance() if core is not None else None
    if core is None or app is None:
        return []
    from shiboken6 import getAllValidWrappers

    app.sendPostedEvents(None, core.QEvent.Type.DeferredDelete)
    gc.collect()
    app.sendPostedEvents(None, core.QEvent.Type.DeferredDelete)
    found = []
    for item in getAllValidWrappers():
        if isinstance(item, core.QThread) and item.isRunning() and item != app.thread():
            found.append(f"running {_named(item)}")
            item.quit()
            item.wait(2000)
        elif isinstance(item, core.QTimer) and item.isActive():
            found.append(f"active {_named(item)} ({item.interval()} ms)")
            item.stop()
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is not None and isinstance(app, widgets.QApplication):
        for widget in app.topLevelWidgets():
            if widget.metaObject().className() == "QTipLabel":
                continue  # Qt's own tool tip, which it keeps
            found.append(f"top-level {_named(widget)}")
            widget.close()
            widget.deleteLater()
        app.sendPostedEvents(None, core.QEvent.Type.DeferredDelete)
    return found


def _named(item: object) -> str:
    name = item.objectName()  # type: ignore[attr-defined]
    return f"{type(item).__name__} {name!r}" if name else type(item).__name__
