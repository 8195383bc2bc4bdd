"""Finds what the program ships besides code: icons, experiments, lessons, data sets.

In a wheel these files lie inside the package, in a checkout or an editable install at the root of the
repository; nobody else needs to know.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


@cache
def root() -> Path:
    """The folder ``resources``.

    Raises:
        FileNotFoundError: The installation is incomplete.
    """
    places = (_PACKAGE / "resources", _PACKAGE.parent / "resources")
    for place in places:
        if place.is_dir():
            return place
    raise FileNotFoundError(f"gdsim's resources are missing; looked in {' and '.join(map(str, places))}")


def resource(*parts: str) -> Path:
    """The path of one shipped file or folder, such as ``resource("icons", "play.svg")``.

    It is not checked whether it exists.
    """
    return root().joinpath(*parts)
