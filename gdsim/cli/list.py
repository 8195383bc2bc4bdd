"""Show everything that is declared: landscapes, models, data sets, optimizers and the like, and what is shipped.

What is shown comes from the declarations themselves; --json gives the same to other programs.
"""

from __future__ import annotations

import shutil
import textwrap
from argparse import Namespace
from typing import Any

import msgspec

from gdsim.cli.console import Parser, plain, tell
from gdsim.core.data import Dataset
from gdsim.core.documents import DocumentError, load
from gdsim.core.experiment import Experiment
from gdsim.core.landscapes import Landscape, ModelLandscape
from gdsim.core.optimizers import Optimizer
from gdsim.core.planes import Plane
from gdsim.core.schedules import Schedule
from gdsim.core.spec import Hyperparameter, Spec, hyperparameters, kinds_of
from gdsim.resources import resource

DECLARED: dict[str, type[Spec]] = {
    "landscapes": Landscape,
    "models": ModelLandscape,
    "datasets": Dataset,
    "planes": Plane,
    "optimizers": Optimizer,
    "schedules": Schedule,
}
"""``models`` are the landscapes that come from data; the others are listed as ``landscapes``."""
KINDS = (*DECLARED, "experiments")
FACTS = ("title", "teaches", "formula", "axes", "start", "variants")
"""Class facts that are told where a kind has them."""


def declare(parser: Parser) -> None:
    """The arguments."""
    parser.add_argument("what", nargs="?", choices=KINDS, metavar="WHAT", help=f"only {', '.join(KINDS)}")
    parser.add_argument("--json", action="store_true", help="as JSON")


def execute(options: Namespace) -> int:
    """Print the list."""
    kinds = (options.what,) if options.what else KINDS
    found = {kind: entries(kind) for kind in kinds}
    if options.json:
        shown: Any = found[options.what] if options.what else found
        tell(msgspec.json.format(msgspec.json.encode(shown), indent=2).decode("utf-8") + "\n")
        return 0
    width = min(shutil.get_terminal_size().columns, 120)
    tell("\n\n".join(_section(kind, found[kind], width) for kind in kinds) + "\n")
    return 0


def entries(kind: str) -> list[dict[str, Any]]:
    """All that is known of one kind ("optimizers"), as plain values."""
    if kind == "experiments":
        return _experiments()
    if kind in ("landscapes", "models"):
        models = kind == "models"
        return [_entry(spec) for spec in kinds_of(Landscape) if issubclass(spec, ModelLandscape) is models]
    return [_entry(spec) for spec in kinds_of(DECLARED[kind])]


def _entry(spec: type[Spec]) -> dict[str, Any]:
    told = ((fact, getattr(spec, fact, None)) for fact in FACTS)
    facts = {
        fact: msgspec.to_builtins(value) for fact, value in told if value and isinstance(value, str | tuple | dict)
    }
    return {"name": spec.name(), **facts, "hyperparameters": [_told(spec, h) for h in hyperparameters(spec)]}


def _is_code(value: object) -> bool:
    """Whether it is worked out for each one, rather than a fact about all of its kind."""
    return isinstance(value, property) or callable(value)


def _told(spec: type[Spec], h: Hyperparameter) -> dict[str, Any]:
    name = next(field.encode_name for field in msgspec.structs.fields(spec) if field.name == h.field)
    found: dict[str, Any] = {
        "name": name if h.index is None else f"{name}[{h.index}]",
        "label": h.label,
        "symbol": h.symbol,
        "kind": h.kind,
        "default": msgspec.to_builtins(h.default),
        "meaning": h.meaning,
    }
    if h.kind in ("number", "integer"):
        bounds = {"ge": h.ge, "gt": h.gt, "le": h.le, "lt": h.lt}
        found["allowed"] = {sign: bound for sign, bound in bounds.items() if bound is not None}
        found["usual"] = {"low": h.low, "high": h.high, "scale": h.scale}
    if h.choices:
        found["choices"] = list(h.choices)
    return found


def _experiments() -> list[dict[str, Any]]:
    found = []
    folder = resource("experiments")
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else []:
        try:
            experiment: Experiment | None = load(path)
            problem = ""
        except (DocumentError, OSError) as error:
            experiment, problem = None, str(error)
        entry: dict[str, Any] = {"name": path.stem, "path": str(path)}
        if experiment is None:
            entry["problem"] = problem
        else:
            entry |= {
                "title": experiment.title or path.stem,
                "landscape": experiment.landscape.name(),
                "runs": list(experiment.labels()),
            }
        found.append(entry)
    return found


def _section(kind: str, found: list[dict[str, Any]], width: int) -> str:
    lines = [kind.upper(), ""]
    if not found:
        lines.append("  none")
    show = _experiment_lines if kind == "experiments" else _entry_lines
    return "\n".join(lines + [line for entry in found for line in show(entry, width)]).rstrip()


def _experiment_lines(entry: dict[str, Any], width: int) -> list[str]:
    if "problem" in entry:
        return [plain(f"  {entry['name']}  cannot be read: {entry['problem']}")]
    about = f"{entry['title']} ({entry['landscape']}: {', '.join(entry['runs'])})"
    return [plain(f"  {entry['name']}"), *_wrapped(plain(about), width, 4)]


def _entry_lines(entry: dict[str, Any], width: int) -> list[str]:
    title = entry.get("title", "")
    same = not title or title.lower() == entry["name"].lower().replace("_", " ")
    lines = [f"  {entry['name']}" if same else f"  {entry['name']}  ({title})"]
    if entry.get("teaches"):
        lines += _wrapped(entry["teaches"], width, 4)
    rows = [
        (told["name"], told["symbol"], told["label"], f"= {_value(told)}", _range(told))
        for told in entry["hyperparameters"]
    ]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(4)]
    for row in rows:
        cells = [text.ljust(widths[column]) for column, text in enumerate(row[:4])]
        lines.append("      " + "  ".join((*cells, row[4])).rstrip())
    return [*lines, ""]


def _wrapped(text: str, width: int, indent: int) -> list[str]:
    return textwrap.wrap(text, width=max(width, 40), initial_indent=" " * indent, subsequent_indent=" " * indent)


def _value(told: dict[str, Any]) -> str:
    value = told["default"]
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, bool) or value is None:
        return {True: "on", False: "off", None: "none"}[value]
    if isinstance(value, dict):
        return str(value.get("name", "..."))
    if isinstance(value, list | tuple):
        return ", ".join(map(_part, value))
    return str(value)


def _part(value: Any) -> str:
    """One of several values: the name of what has one, a number in short."""
    if isinstance(value, dict):
        return str(value.get("name", "..."))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _range(told: dict[str, Any]) -> str:
    if "choices" in told:
        return " | ".join(told["choices"])
    if "usual" not in told:
        return ""
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    allowed = ", ".join(f"{signs[sign]} {bound:g}" for sign, bound in told["allowed"].items())
    usual = f"usually {told['usual']['low']:g} to {told['usual']['high']:g}"
    return f"{usual}; {allowed}" if allowed else usual
