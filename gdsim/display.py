"""Asks, before Qt is started, whether a window can be shown at all.

Qt aborts the process (134) where there is no display, or a library of the system is missing, and says so in a
page of its own. Here each case is one line that names the remedy.
"""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from pathlib import Path

PACKAGES = {
    "libEGL.so": "libegl1",
    "libGL.so": "libgl1",
    "libX11-xcb.so": "libx11-xcb1",
    "libX11.so": "libx11-6",
    "libdbus-1.so": "libdbus-1-3",
    "libfontconfig.so": "libfontconfig1",
    "libfreetype.so": "libfreetype6",
    "libglib-2.0.so": "libglib2.0-0",
    "libgthread-2.0.so": "libglib2.0-0",
    "libwayland-client.so": "libwayland-client0",
    "libwayland-cursor.so": "libwayland-cursor0",
    "libwayland-egl.so": "libwayland-egl1",
    "libxcb-cursor.so": "libxcb-cursor0",
    "libxcb-icccm.so": "libxcb-icccm4",
    "libxcb-image.so": "libxcb-image0",
    "libxcb-keysyms.so": "libxcb-keysyms1",
    "libxcb-randr.so": "libxcb-randr0",
    "libxcb-render-util.so": "libxcb-render-util0",
    "libxcb-render.so": "libxcb-render0",
    "libxcb-shape.so": "libxcb-shape0",
    "libxcb-shm.so": "libxcb-shm0",
    "libxcb-sync.so": "libxcb-sync1",
    "libxcb-util.so": "libxcb-util1",
    "libxcb-xfixes.so": "libxcb-xfixes0",
    "libxcb-xkb.so": "libxcb-xkb1",
    "libxcb.so": "libxcb1",
    "libxkbcommon-x11.so": "libxkbcommon-x11-0",
    "libxkbcommon.so": "libxkbcommon0",
}
"""Libraries of the system that Qt needs, and the Debian packages that hold them."""


def problem() -> str | None:
    """Why no window can be shown, in one line; None where one can.

    Only Linux and its like can be without a display; elsewhere there is nothing to ask.
    """
    if sys.platform in ("win32", "darwin"):
        return None
    wanted = os.environ.get("QT_QPA_PLATFORM", "")
    if wanted:
        return _chosen([part.split(":")[0].strip() for part in wanted.split(";")], wanted)
    return _default()


def missing_library(error: BaseException | str) -> str | None:
    """The library of the system that an error names as missing, with its remedy; None where it names none."""
    found = re.search(r"(lib[\w.+-]+?\.so)((?:\.\d+)*): cannot open shared object file", str(error))
    if found is None:
        return None
    package = PACKAGES.get(found[1])
    remedy = f"install it with: apt-get install {package}" if package else "install the package that holds it"
    return f"{found[1]}{found[2]}, a library of the system, is missing; {remedy}"


def _default() -> str | None:
    """What Qt would try of itself: Wayland where there is one, then X."""
    wayland = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("XDG_SESSION_TYPE") == "wayland"
    if wayland and _wayland() is None:
        return None
    if os.environ.get("DISPLAY"):
        return _x11()
    if os.environ.get("WAYLAND_DISPLAY"):
        return _wayland()
    return "no display: neither DISPLAY nor WAYLAND_DISPLAY is set"


def _chosen(names: list[str], wanted: str) -> str | None:
    """The same where QT_QPA_PLATFORM names what to try, in order."""
    first: str | None = None
    for name in names:
        if name == "xcb":
            found = _x11()
        elif name.startswith("wayland"):
            found = _wayland()
        else:
            found = _plugin(name, wanted)
        if found is None:
            return None
        first = first or found
    return first


def _plugin(name: str, wanted: str) -> str | None:
    folder = _plugins()
    if folder is None or (folder / f"libq{name}.so").exists():
        return None
    known = ", ".join(sorted(path.stem.removeprefix("libq") for path in folder.glob("libq*.so")))
    return f"QT_QPA_PLATFORM={wanted}: Qt has no such platform; it has {known}"


def _plugins() -> Path | None:
    """The folder of Qt's platform plugins; None where it is not the usual one and Qt has to find it itself."""
    if os.environ.get("QT_QPA_PLATFORM_PLUGIN_PATH") or os.environ.get("QT_PLUGIN_PATH"):
        return None
    spec = importlib.util.find_spec("PySide6")
    for place in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(place) / "Qt" / "plugins" / "platforms"
        if folder.is_dir():
            return folder
    return None


def _loads(name: str) -> str | None:
    """Whether a platform plugin finds all libraries it needs."""
    folder = _plugins()
    if folder is None or not (folder / name).exists():
        return None
    import ctypes

    try:
        ctypes.CDLL(str(folder / name))
    except OSError as error:
        return missing_library(error) or f"Qt's {name} cannot be loaded: {error}"
    return None


def _x11() -> str | None:
    """Connect to the X server, as Qt is about to."""
    display = os.environ.get("DISPLAY", "")
    if not display:
        return "no display: DISPLAY is not set"
    import ctypes

    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError as error:
        return missing_library(error) or str(error)
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    failed = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    if failed:
        return f"no display: DISPLAY={display} cannot be reached"
    return _loads("libqxcb.so")


def _wayland() -> str | None:
    """Connect to the Wayland compositor, as Qt is about to."""
    if os.environ.get("WAYLAND_SOCKET"):
        return _loads("libqwayland.so")  # a connection that is open already, and can be used only once
    name = os.environ.get("WAYLAND_DISPLAY", "") or "wayland-0"
    if not (Path(os.environ.get("XDG_RUNTIME_DIR", "")) / name).is_socket():
        return f"no display: WAYLAND_DISPLAY={name} cannot be reached"
    import ctypes

    try:
        client = ctypes.CDLL("libwayland-client.so.0")
    except OSError as error:
        return missing_library(error) or str(error)
    client.wl_display_connect.restype = ctypes.c_void_p
    client.wl_display_connect.argtypes = [ctypes.c_char_p]
    client.wl_display_disconnect.argtypes = [ctypes.c_void_p]
    connection = client.wl_display_connect(None)
    if not connection:
        return f"no display: WAYLAND_DISPLAY={name} cannot be reached"
    client.wl_display_disconnect(connection)
    return _loads("libqwayland.so")
