"""Reading, checking and writing documents: strict JSON, one plain message where something is wrong.

A document that is saved appears under its name only after every byte of it is on the disk.
"""

from __future__ import annotations

import difflib
import errno
import math
import os
import re
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from gdsim.core.data import CsvFile, Dataset, load_tables
from gdsim.core.experiment import AnyLandscape, AnyOptimizer, AnySchedule, Experiment
from gdsim.core.landscapes import Landscape, ModelLandscape
from gdsim.core.optimizers import Optimizer
from gdsim.core.planes import Plane
from gdsim.core.schedules import Schedule
from gdsim.core.spec import Spec, kinds_of
from gdsim.core.trajectory import Trajectory

MAX_BYTES = 2_000_000
"""Larger files are refused: what 2 MB of JSON can be made to unpack to still fits into 100 MB and a second."""


class DocumentError(ValueError):
    """A document that is refused: ``place`` is a path such as ``$.runs[1].optimizer.lr``, "" for the whole."""

    def __init__(self, reason: str, place: str = "") -> None:
        super().__init__(f"{place}: {reason}" if place else reason)
        self.reason = reason
        self.place = place


class Watch(NamedTuple):
    """Who waits while a large data file is read.

    Attributes:
        progress: Told the part that is done, 0 to 1.
        cancelled: Asked several times a second; where it answers True, ``data.Cancelled`` is raised.
    """

    progress: Callable[[float], None] | None = None
    cancelled: Callable[[], bool] | None = None


def load(source: str | os.PathLike[str] | dict[str, Any], watch: Watch | None = None) -> Experiment:
    """Read an experiment from a file, or from a dict that was made from one.

    Args:
        source: The file, or the dict.
        watch: Who waits.

    Raises:
        DocumentError: The document is refused.
        OSError: The file cannot be read.
    """
    if isinstance(source, dict):
        return _convert(source, Path.cwd(), watch or Watch())
    path = Path(source)
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    return decode(data, path.parent, watch)


def decode(data: bytes, folder: Path | None = None, watch: Watch | None = None) -> Experiment:
    """Read an experiment from the bytes of a document, and the data that it names.

    Args:
        data: The bytes.
        folder: Where the document lies: a data file is named as seen from there. None: the working folder.
        watch: Who waits.

    Raises:
        DocumentError: The document is refused.
    """
    if len(data) > MAX_BYTES:
        raise DocumentError(f"larger than {MAX_BYTES // 1_000_000} MB: not an experiment")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DocumentError("UTF-16 text: save it as UTF-8")
    try:
        content = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except msgspec.DecodeError as error:
        raise DocumentError(f"not valid JSON: {_malformed(str(error), data)}") from None
    except RecursionError:
        raise DocumentError("nested too deeply") from None
    except UnicodeDecodeError:
        raise DocumentError("not UTF-8 text") from None
    return _convert(content, folder or Path.cwd(), watch or Watch())


def _convert(content: Any, folder: Path, watch: Watch) -> Experiment:
    if not isinstance(content, dict):
        raise DocumentError("an experiment must be a JSON object")
    _recognise(content)
    try:
        experiment = msgspec.convert(content, Experiment, dec_hook=None)
    except msgspec.ValidationError as error:
        raise _explained(str(error), content) from None
    except RecursionError:
        raise DocumentError("nested too deeply") from None
    experiment = _with_tables(experiment, folder, watch)
    check(experiment)
    return experiment


def _with_tables(experiment: Experiment, folder: Path, watch: Watch) -> Experiment:
    """The experiment with its data file read in, named by where it lies now."""
    landscape = experiment.landscape
    dataset = landscape.dataset if isinstance(landscape, ModelLandscape) else None
    if not isinstance(dataset, CsvFile):
        return experiment
    try:
        found = load_tables(dataset, folder, progress=watch.progress, cancelled=watch.cancelled)
    except ValueError as error:
        raise DocumentError(str(error), "$.landscape.dataset.path") from None
    return _with_data(experiment, msgspec.structs.replace(found, path=os.path.abspath(folder / dataset.path)))


def _with_data(experiment: Experiment, dataset: Dataset) -> Experiment:
    landscape: Any = experiment.landscape
    return msgspec.structs.replace(experiment, landscape=msgspec.structs.replace(landscape, dataset=dataset))


def beside(experiment: Experiment, folder: Path) -> Experiment:
    """The experiment as it is written into a document in ``folder``: its data file is named as seen from there."""
    dataset = getattr(experiment.landscape, "dataset", None)
    if not isinstance(dataset, CsvFile):
        return experiment
    try:
        path = Path(os.path.relpath(dataset.path, folder)).as_posix()
    except ValueError:  # on another drive
        return experiment
    return _with_data(experiment, msgspec.structs.replace(dataset, path=path))


def _recognise(content: dict[str, Any]) -> None:
    """Refuse what is no experiment, or one of a newer program, before its fields are looked at."""
    if content.get("format") != Experiment.FORMAT:
        raise DocumentError(f'must be "{Experiment.FORMAT}"', "$.format")
    version = content.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise DocumentError("must be a whole number from 1 on", "$.version")
    if version > Experiment.VERSION:
        raise DocumentError(
            f"version {version} was made by a newer gdsim; this one reads up to {Experiment.VERSION}", "$.version"
        )


def _malformed(message: str, data: bytes) -> str:
    """What the JSON reader says, with line and column instead of a count of bytes."""
    found = re.fullmatch(r"JSON is malformed: (.*) \(byte (\d+)\)", message, flags=re.DOTALL)
    if found is None:
        return _plain(message)[0]
    before = data.removeprefix(b"\xef\xbb\xbf")[: int(found[2])].decode("utf-8", "replace")
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return f"{found[1]} (line {line}, column {column})"


def _plain(message: str) -> tuple[str, str]:
    """A msgspec message as (reason, place)."""
    found = re.fullmatch(r"(.*) - at `(\$[^`]*)`", message, flags=re.DOTALL)
    reason, place = (found[1], found[2]) if found else (message, "")
    words = {"`float`": "a number", "`int`": "a whole number", "`str`": "text", "`bool`": "true or false"}
    words |= {"`array`": "a list", "`object`": "an object", "`null`": "null"}
    for word, plain in words.items():
        reason = reason.replace(word, plain)
    reason = re.sub(r"^Invalid enum value ", "unknown choice ", reason)
    if len(reason) > 300:  # a value of the document stands in it
        reason = f"{reason[:200]} ... {reason[-20:]}"
    return reason[:1].lower() + reason[1:], place


def _explained(message: str, content: dict[str, Any]) -> DocumentError:
    reason, place = _plain(message)
    unknown = re.fullmatch(r"object contains unknown field `(.*)`", reason, flags=re.DOTALL)
    if unknown:
        return DocumentError("unknown field", f"{place or '$'}.{unknown[1][:80]}")
    missing = re.fullmatch(r"object missing required field `(.*)`", reason)
    if missing:
        return DocumentError("is missing", f"{place or '$'}.{missing[1]}")
    invalid = re.fullmatch(r"invalid value '(.*)'", reason, flags=re.DOTALL)
    if invalid and place.endswith(".name"):
        known = _known_names(place)
        if invalid[1] in known:
            return DocumentError(f"{invalid[1]} cannot stand here", place)
        near = difflib.get_close_matches(invalid[1], known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
        return DocumentError(f"unknown name {invalid[1][:80]!r}: {hint}", place)
    told = re.fullmatch(r"(\w+)((?:\[\d+\])?) ((?:must|needs) .*)", reason, flags=re.DOTALL)
    if told and isinstance(_at(content, place), dict) and told[1] in _at(content, place):
        return DocumentError(told[3], f"{place or '$'}.{told[1]}{told[2]}")
    return DocumentError(reason, place or "$")


def _at(content: Any, place: str) -> Any:
    """What stands at ``place``; None where nothing does."""
    for key, index in re.findall(r"\.(\w+)|\[(\d+)\]", place):
        try:
            content = content[key] if key else content[int(index)]
        except (KeyError, IndexError, TypeError):
            return None
    return content


def _known_names(place: str) -> list[str]:
    bases: dict[str, type[Spec]] = {
        "dataset": Dataset,
        "plane": Plane,
        "optimizer": Optimizer,
        "schedul": Schedule,
        "landscape": Landscape,
    }
    for word, base in bases.items():
        if word in place:
            return [kind.name() for kind in kinds_of(base)]
    return []


def check(experiment: Experiment) -> None:
    """Refuse an experiment that no run could start from, or whose numbers left their declared ranges.

    Raises:
        DocumentError: It is refused.
    """
    for place, value in _numbers(msgspec.to_builtins(experiment), "$"):
        if not math.isfinite(value):
            raise DocumentError("must be a finite number", place)
    content = msgspec.to_builtins(experiment)
    try:
        msgspec.json.encode(content)
        msgspec.convert(content, Experiment)
    except UnicodeEncodeError:
        raise DocumentError("a text in it is not Unicode") from None
    except msgspec.ValidationError as error:
        raise _explained(str(error), content) from None
    if isinstance(experiment.landscape, ModelLandscape):
        try:
            experiment.landscape.data()
        except ValueError as error:
            raise DocumentError(str(error), "$.landscape.dataset") from None
        return  # missing values among the data: what that does to a run is there to be seen
    point = np.array([experiment.origin])
    loss, gradient = experiment.landscape.loss(point), experiment.landscape.gradient(point)
    if not (np.isfinite(loss).all() and np.isfinite(gradient).all()):
        raise DocumentError("the loss or its gradient is not finite there: start somewhere else", "$.start")


def _numbers(value: Any, place: str) -> Any:
    if isinstance(value, float):
        yield place, value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _numbers(part, f"{place}.{key}")
    elif isinstance(value, list | tuple):
        for index, part in enumerate(value):
            yield from _numbers(part, f"{place}[{index}]")


def as_dict(experiment: Experiment) -> dict[str, Any]:
    """The document as plain dicts and lists; what equals its default is left out."""
    content: dict[str, Any] = {"format": Experiment.FORMAT, "version": Experiment.VERSION}
    content |= _spare(experiment)
    return content


def _spare(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        config = value.__struct_config__
        found = {config.tag_field: config.tag} if config.tag_field else {}
        for field in msgspec.structs.fields(value):
            part = getattr(value, field.name)
            default = field.default
            if field.default_factory is not msgspec.NODEFAULT:
                default = field.default_factory()
            if part != default or type(part) is not type(default):
                found[field.encode_name] = _spare(part)
        return found
    if isinstance(value, tuple):
        return [_spare(part) for part in value]
    return value


def encode(experiment: Experiment) -> bytes:
    """The document as the bytes of a file."""
    data = msgspec.json.encode(as_dict(experiment))
    spaced = msgspec.json.format(data, indent=2) + b"\n"
    return spaced if len(spaced) <= MAX_BYTES else data


def save(experiment: Experiment, path: str | os.PathLike[str]) -> None:
    """Write the document; the old file stays as it is until the new one is whole.

    Raises:
        OSError: It could not be written; nothing is left behind.
    """
    write_whole(Path(path), encode(beside(experiment, Path(path).parent)))


def write_whole(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Write a file so that it is there wholly or not at all: beside it, synced, then renamed.

    Args:
        path: The file.
        data: What is in it; in parts where it is too much to be held at once.

    Raises:
        OSError: It could not be written; the old file is unchanged and no temporary one is left.
    """
    if path.is_symlink():
        path = Path(os.path.realpath(path))  # what a link leads to is replaced, not the link
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    beside = path.with_name(f".gdsim-{secrets.token_hex(4)}.part")  # short: the name itself may be as long as allowed
    try:
        with beside.open("xb") as file:
            for part in (data,) if isinstance(data, bytes) else data:
                view = memoryview(part)
                while view:
                    view = view[os.write(file.fileno(), view[: 1 << 20]) :]
            os.fsync(file.fileno())
        if path.exists():
            os.chmod(beside, path.stat().st_mode & 0o777)
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def trajectory_as_dict(trajectory: Trajectory) -> dict[str, Any]:
    """A trajectory as the "gdsim-trajectory" document; numbers that are not finite become strings.

    A column that only some stretches of a run have (batch losses, averages) is null in the others.
    """
    runs = []
    for run in trajectory.runs:
        columns: dict[str, Any] = {
            "theta": _strict(run.theta),
            "loss": _strict(run.loss),
            "lr": [*_strict(run.lr[:-1]), None],
            "grad_norm": _strict(run.grad_norm),
        }
        if run.momentum is not None:
            columns["momentum"] = [None if value == "NaN" else value for value in _strict(run.momentum)]
        if run.val_loss is not None:
            columns["val_loss"] = _strict(run.val_loss)
        if run.batch_loss is not None:
            columns["batch_loss"] = _where(~absent(run.batch_loss, run.loss), _strict(run.batch_loss))
        if run.average is not None:
            columns["average"] = _where(~absent(run.average, run.theta).all(axis=1), _strict(run.average))
        outcome = run.outcome
        why = {"kind": outcome.kind, "step": outcome.step, "why": outcome.why} if outcome else None
        runs.append({"label": run.label, "outcome": why, **columns})
    return {
        "format": "gdsim-trajectory",
        "version": 1,
        "experiment": as_dict(trajectory.experiment),
        "runs": runs,
    }


def absent(values: Any, always: Any) -> Any:
    """Where an optional column has nothing, as booleans: it is nan although what is ``always`` there is a number."""
    return np.isnan(values) & ~np.isnan(always)


def _where(there: Any, values: list[Any]) -> list[Any]:
    return [value if kept else None for kept, value in zip(there.tolist(), values, strict=True)]


def _strict(values: Any) -> list[Any]:
    if np.isfinite(values).all():
        return list(values.tolist())
    return [_strict(row) if isinstance(row, np.ndarray) else _word(row) for row in values]


def _word(value: Any) -> float | str:
    if math.isfinite(value):
        return float(value)
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")


__all__ = [
    "AnyLandscape", "AnyOptimizer", "AnySchedule", "DocumentError", "absent", "as_dict", "check", "decode", "encode",
    "load", "save", "trajectory_as_dict", "write_whole",
]  # fmt: skip
