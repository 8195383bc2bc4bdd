"""Imports go one way, whether they stand at the top of a module or inside a function."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "gdsim"
MODULES = sorted(PACKAGE.rglob("*.py"))

LAYERS = [
    {"core"},
    {"relief", "lessons"},
    {"session", "recording"},
    {"ui"},
    {"bench"},
    {"cli"},
    {"app", "display"},
]
"""From the bottom to the top; siblings of one layer do not know each other, but for those of the last."""
BELOW_ALL = {"", "resources"}
"""The package itself (version, lazy API) and the finder of shipped files know nothing above the core."""
QT = {"PySide6", "shiboken6", "pyqtgraph"}


def layer(part: str) -> int:
    return next(index for index, parts in enumerate(LAYERS) if part in parts)


def part_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return "" if first == "__init__" else first


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """(line, full name) of everything that a module imports, at its top or later."""
    package = ["gdsim", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{stem}.{name.name}") for name in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("import_module", "__import__"):
            text = node.args[0] if node.args else None
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                yield node.lineno, text.value


def test_every_module_belongs_to_a_layer():
    known = BELOW_ALL.union(*LAYERS)
    assert {part_of(path) for path in MODULES} <= known
    assert len(MODULES) > 20


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_nothing_imports_upward(path):
    own = part_of(path)
    for line, name in imports(path):
        parts = name.split(".")
        if parts[0] != "gdsim":
            continue
        other = parts[1] if len(parts) > 1 and parts[1] in BELOW_ALL.union(*LAYERS) else ""
        where = f"{path.relative_to(PACKAGE)}:{line} imports {name}"
        if other in BELOW_ALL or other == own:
            continue
        if own in BELOW_ALL:
            assert other == "core", where
            continue
        assert layer(other) <= layer(own), where
        if layer(other) == layer(own):
            assert own == "app", f"{where}: siblings do not know each other"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_qt_stays_where_it_belongs(path):
    own = part_of(path)
    found = {name.split(".")[0]: f"{path.relative_to(PACKAGE)}:{line} imports {name}" for line, name in imports(path)}
    if own not in ("ui", "session", "recording", "bench"):
        for root in QT:
            assert root not in found, found.get(root)
    if own in ("session", "recording"):
        assert "pyqtgraph" not in found, found.get("pyqtgraph")
    allowed = {"session": {"QtCore"}, "recording": {"QtCore", "QtGui", "QtSvg"}}.get(own)
    if allowed is not None:
        for line, name in imports(path):
            if name.startswith("PySide6."):
                assert name.split(".")[1] in allowed, f"{path.relative_to(PACKAGE)}:{line} imports {name}"


@pytest.mark.parametrize("part", ["cli", "app", "display", "resources", ""])
def test_headless_parts_import_the_window_only_inside_functions(part):
    for path in MODULES:
        if part_of(path) != part:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.ImportFrom | ast.Import):
                names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [n.name for n in node.names]
                for name in names:
                    assert not name.startswith(("gdsim.ui", "gdsim.session", "gdsim.recording")), f"{path}: {name}"
