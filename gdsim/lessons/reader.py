"""Reads lessons: Markdown with a few fenced blocks, as README's "Writing a lesson" tells.

What cannot be read is a problem with its line, and the rest of the lesson is read all the same.
"""

from __future__ import annotations

import copy
import difflib
import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from gdsim.core.documents import MAX_BYTES, DocumentError, decode, encode
from gdsim.core.experiment import Experiment
from gdsim.lessons.lesson import (
    CODES,
    DOCKS,
    FASTEST,
    LAYERS,
    MEASURES,
    OUTCOMES,
    PLOTS,
    SLOWEST,
    SPACES,
    Choice,
    Choose,
    Claim,
    Find,
    Lesson,
    Order,
    Problem,
    Scene,
    Setup,
    Task,
    Wanted,
)
from gdsim.resources import resource

T = TypeVar("T")

FENCE = re.compile(r"(```+|~~~+)\s*+(\w*+)\s*+")
HEADING = re.compile(r"(#{1,3})\s+(.*)")
CHOICE = re.compile(r"^[-*+]\s+\[([ xX])\]\s+(.*)$")
ITEM = re.compile(r"^[-*+]\s+(.*)$")
NUMBERED = re.compile(r"^\d+[.)]\s+(.*)$")
RULE = re.compile(r"^-{3,}$")
CLAIM = re.compile(r"(.+?)`([^`]+)`")
STEP = re.compile(r"\.?([A-Za-z_]\w*)|\[(\d{1,9})\]")
DEEPEST = 20
"""Names in a path at most."""
TASKS = {"predict": "choose", "choose": "choose", "order": "order", "find": "find"}
"""What a heading of the third level can begin with, besides "Check": which kind of task it is."""
READ_BLOCKS = ("scene", "json", "reveal", "answer", "hint")
LONGEST = 500
"""Characters that are said of a problem at most: a line that cannot be read may be megabytes long."""
COUNT = re.compile(r"steps of (.+) to a loss of (\S+)")


class _RefusedError(ValueError):
    """Something in a scene that cannot be read, and where."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text if len(text) <= LONGEST else f"{text[:LONGEST]} …")
        self.line = line


@dataclass
class _Line:
    number: int
    text: str


@dataclass
class _Part:
    """A heading and what stands below it up to the next one."""

    level: int
    title: str
    line: int
    body: list[_Line] = field(default_factory=list)
    blocks: dict[str, list[_Line]] = field(default_factory=dict)
    starts: dict[str, int] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return _joined(self.body)

    @property
    def hint(self) -> str:
        return _joined(self.blocks.get("hint", []))


def _joined(lines: list[_Line]) -> str:
    return "\n".join(line.text for line in lines).strip()


def read(path: Path) -> Lesson:
    """Read a lesson.

    Raises:
        OSError: The file cannot be read.
        DocumentError: It is no lesson at all.
    """
    return parse(_text_of(path, "a lesson"), path)


def _text_of(path: Path, what: str) -> str:
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise DocumentError(f"larger than {MAX_BYTES // 1_000_000} MB: not {what}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DocumentError(f"not UTF-8 text: not {what}") from None


def parse(text: str, path: Path) -> Lesson:
    """Read a lesson from its text; files that it names lie beside ``path``.

    Raises:
        DocumentError: It is no lesson at all.
    """
    head, scenes, problems = _split(text, path)
    if head is None:
        raise DocumentError("a lesson begins with its title, a line such as “# The ravine”")
    reader = _Reader(path, problems)
    found = tuple(reader.scene(parts) for parts in scenes)
    lines: dict[str, int] = {}
    for each in found:
        first = lines.setdefault(each.title, each.line)
        if first != each.line:  # answers are remembered by the titles of their scenes
            problems.append(Problem(path, each.line, f"the scene of line {first} is called so too", each.title))
    if not found:
        problems.append(Problem(path, head.line, "a lesson needs scenes, each under a line such as “## Zigzag”"))
    return Lesson(path, head.title, head.text, found, tuple(problems))


def _split(text: str, path: Path) -> tuple[_Part | None, list[list[_Part]], list[Problem]]:
    """The head, and for each scene its parts: itself, then its tasks and checks."""
    head: _Part | None = None
    part: _Part | None = None
    scenes: list[list[_Part]] = []
    problems: list[Problem] = []
    fence: tuple[str, str, int] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if fence is not None:
            if line.strip() == fence[0]:
                if fence[1] not in READ_BLOCKS and part is not None:
                    part.body.append(_Line(number, line))
                fence = None
            elif part is not None:
                where = part.blocks[fence[1]] if fence[1] in READ_BLOCKS else part.body
                where.append(_Line(number, line))
            continue
        if (opened := FENCE.fullmatch(line)) is not None:
            fence = opened[1], opened[2], number
            if part is not None and fence[1] in READ_BLOCKS:
                if fence[1] in part.blocks:
                    problems.append(Problem(path, number, f"there is a {fence[1]} block already", part.title))
                part.blocks[fence[1]] = []
                part.starts[fence[1]] = number
            elif part is not None:
                part.body.append(_Line(number, line))
            continue
        heading = HEADING.match(line)
        if heading is None:
            if part is not None:
                part.body.append(_Line(number, line))
            continue
        part = _Part(len(heading[1]), heading[2].rstrip().rstrip("#").rstrip(), number)
        if part.level == 1 and head is None:
            head = part
        elif part.level == 2:
            scenes.append([part])
        elif part.level == 3 and scenes:
            scenes[-1].append(part)
        else:
            problems.append(Problem(path, number, f"the heading “{part.title}” stands where none can stand"))
    if fence is not None:
        problems.append(Problem(path, fence[2], "this block is never closed"))
    return head, scenes, problems


class _Reader:
    """Makes scenes of parts; a scene without an experiment has that of the scene before."""

    def __init__(self, path: Path, problems: list[Problem]) -> None:
        self._path, self._problems = path, problems
        self._content: dict[str, Any] | None = None

    def scene(self, parts: list[_Part]) -> Scene:
        first = parts[0]
        try:
            return self._scene(parts)
        except _RefusedError as error:
            refusal = error
        except RecursionError:
            refusal = _RefusedError(first.line, "an experiment in it is nested too deeply")
        self._problems.append(Problem(self._path, refusal.line, str(refusal), first.title))
        why = f"line {refusal.line}: {refusal}"
        return Scene(first.title, first.line, None, first.text, first.hint, problem=why)

    def _scene(self, parts: list[_Part]) -> Scene:
        first, rest = parts[0], parts[1:]
        content = self._base(first)
        setup = None if content is None else self._setup(first, "scene", content, None)
        content = None if content is None else _changed(first, "scene", content)
        claims, task = self._claims(rest[0]) if rest else None, None
        if claims is not None:
            rest = rest[1:]
        if rest:
            task = self._task(rest[0], content, setup)
            below = self._claims(rest[1]) if len(rest) > 1 else None
            if below is not None:
                task = replace(task, claims=below)
            extra = rest[2 if below is not None else 1 :]
            if extra:
                raise _RefusedError(extra[0].line, "a scene has one task, and what is checked stands below it")
        if setup is not None and _predicts(task):
            setup = replace(setup, veiled=True)
        if task is None and setup is None and not first.text:
            raise _RefusedError(first.line, "this scene is empty")
        if claims and setup is None:
            raise _RefusedError(claims[0].line, "there is no experiment that this could be checked on")
        return Scene(first.title, first.line, setup, first.text, first.hint, claims or (), task)

    # Experiments

    def _base(self, part: _Part) -> dict[str, Any] | None:
        """The document of a scene, before anything is set."""
        pairs = dict(_pairs(part, "scene"))
        if "experiment" in pairs and "json" in part.blocks:
            raise _RefusedError(pairs["experiment"].number, "the experiment stands in the json block already")
        if "json" in part.blocks:
            self._content = _json("\n".join(line.text for line in part.blocks["json"]), part.starts["json"])
        elif "experiment" in pairs:
            self._content = self._named(pairs["experiment"])
        return self._content

    def _named(self, value: _Line) -> dict[str, Any] | None:
        if value.text == "none":
            return None
        name = value.text
        places = [self._path.parent / name, self._path.parent / f"{name}.json"]
        places += [resource("experiments", name), resource("experiments", f"{name}.json")]
        try:
            found = next((place for place in places if place.is_file()), None)
        except OSError:  # a name that no file can have
            found = None
        if found is None:
            known = [path.stem for path in sorted(resource("experiments").glob("*.json"))]
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise _RefusedError(
                value.number, f"there is no experiment {name} beside the lesson nor among those shipped{hint}"
            )
        try:
            return _json(_text_of(found, "an experiment"), 0)
        except (OSError, DocumentError) as error:
            raise _RefusedError(value.number, f"{name} cannot be read: {error}") from None
        except _RefusedError as refusal:
            place = f"{found.name}, line {refusal.line}" if refusal.line else found.name
            raise _RefusedError(value.number, f"{place}: {refusal}") from None

    def _setup(self, part: _Part, block: str, content: dict[str, Any], before: Setup | None) -> Setup:
        """What a block puts on the screen; what it does not say is as ``before``."""
        pairs = _pairs(part, block)
        line = part.starts.get(block, part.line)
        experiment = self._experiment(_changed(part, block, content), part.starts.get("json", line))
        found = _Settings(experiment, before)
        for key, value in pairs:
            if not key.startswith("set ") and key != "experiment":
                found.take(key, value)
        return found.setup()

    def _experiment(self, content: dict[str, Any], line: int) -> Experiment:
        try:
            return decode(json.dumps(content).encode(), self._path.parent)
        except (DocumentError, OSError) as error:
            raise _RefusedError(line, f"the experiment is refused: {error}") from None

    # Tasks and claims

    def _claims(self, part: _Part) -> tuple[Claim, ...] | None:
        """The claims below a heading "Check"; None where it is another heading."""
        if part.title.lower().rstrip(":") != "check":
            return None
        found = []
        for line in part.body:
            item = ITEM.match(line.text.strip())
            if item is not None:
                found.append(Claim(item[1].strip(), line.number))
            elif line.text.strip():
                raise _RefusedError(line.number, "below “Check” stand only claims, each after a dash")
        return tuple(found)

    def _task(self, part: _Part, content: dict[str, Any] | None, setup: Setup | None) -> Task:
        word, colon, question = part.title.partition(":")
        kind = TASKS.get(word.strip().lower())
        if kind is None or not colon or not question.strip():
            known = "“### Predict: …?”, “### Order: …”, “### Find: …” and “### Check”"
            raise _RefusedError(part.line, f"in a scene there can be {known}, not “{part.title}”")
        reveal = None
        if "reveal" in part.blocks:
            if content is None:
                raise _RefusedError(part.starts["reveal"], "there is no experiment that could be revealed")
            reveal = self._setup(part, "reveal", content, setup)
        make = {"choose": self._choose, "order": self._order, "find": self._find}[kind]
        task = make(part, question.strip(), reveal, content)
        if isinstance(task, Find) and task.reveal is None and content is not None:
            task = replace(task, reveal=self._solved(part, content, setup))
        return task

    def _choose(self, part: _Part, question: str, reveal: Setup | None, _content: Any) -> Choose:
        before, items, after = _around(part, CHOICE)
        choices = [_choice(line) for line in items]
        if len(choices) < 2:
            raise _RefusedError(part.line, "a question needs two answers at least, lines such as “- [x] It diverges.”")
        right = sum(choice.right for choice in choices)
        if right != 1:
            raise _RefusedError(
                choices[0].line, f"exactly one answer is marked [x] as the right one, not {right or 'none'}"
            )
        return Choose(question, before, part.line, reveal, after, (), tuple(choices))

    def _order(self, part: _Part, question: str, reveal: Setup | None, content: Any) -> Order:
        before, items, after = _around(part, NUMBERED)
        labels = tuple(str(_matched(NUMBERED, line)[1]).strip() for line in items)
        pairs = dict(_pairs(part, "answer"))
        if "by" not in pairs:
            raise _RefusedError(part.line, "an answer block says by what they are ordered: “by: rate”")
        by = _one_of(pairs["by"], MEASURES)
        if len(labels) < 2:
            raise _RefusedError(part.line, "there must be two runs at least, in the right order: “1. SGD”")
        known = self._labels(content, part.line)
        for label, line in zip(labels, items, strict=True):
            if label not in known:
                raise _RefusedError(line.number, f"there is no run {label}; the runs are {', '.join(known)}")
        return Order(question, before, part.line, reveal, after, (), by, labels)

    def _labels(self, content: Any, line: int) -> tuple[str, ...]:
        if content is None:
            raise _RefusedError(line, "there is no experiment whose runs could be ordered")
        return self._experiment(content, line).labels()

    def _find(self, part: _Part, question: str, reveal: Setup | None, content: Any) -> Find:
        pairs = _pairs(part, "answer")
        solutions = {key[4:].strip(): value for key, value in pairs if key.startswith("set ")}
        ranges = {key[6:].strip(): value for key, value in pairs if key.startswith("range ")}
        if not solutions or content is None:
            raise _RefusedError(
                part.line, "an answer block names numbers that solve it: “set runs[0].optimizer.lr: 0.02”"
            )
        wanted = [_wanted(path, value, ranges.get(path)) for path, value in solutions.items()]
        other = dict(pair for pair in pairs if not pair[0].startswith(("set ", "range ")))
        just = _number(other["just"]) if "just" in other else 0.0
        counted, target, par = "", 0.0, 0
        if "count" in other:
            found = COUNT.fullmatch(other["count"].text)
            if found is None:
                raise _RefusedError(
                    other["count"].number, "what is counted is written “steps of SGD to a loss of 0.01”"
                )
            counted, target = found[1], _number(_Line(other["count"].number, found[2]))
            par = _whole(other["par"]) if "par" in other else 0
            if counted not in self._labels(content, other["count"].number):
                raise _RefusedError(other["count"].number, f"there is no run {counted}")
        unknown = [value for key, value in other.items() if key not in ("just", "count", "par")]
        if unknown:
            raise _RefusedError(unknown[0].number, "an answer block knows set, range, just, count and par")
        text, explained = _explained(part.text)
        return Find(question, text, part.line, reveal, explained, (), tuple(wanted), just, counted, target, par)

    def _solved(self, part: _Part, content: dict[str, Any], setup: Setup | None) -> Setup:
        """The scene with the numbers that solve it, played from the start."""
        experiment = self._experiment(_changed(part, "answer", content), part.line)
        return replace(setup or Setup(experiment), experiment=experiment, step=0, play=experiment.steps)


def _predicts(task: Task | None) -> bool:
    """Whether it asks for what running the scene would tell."""
    if isinstance(task, Order):
        return task.by in OUTCOMES
    return isinstance(task, Choose) and task.reveal is not None


def _changed(part: _Part, block: str, content: dict[str, Any]) -> dict[str, Any]:
    """The document with what a block sets."""
    changed = copy.deepcopy(content)
    for key, value in _pairs(part, block):
        if key.startswith("set "):
            _put(changed, key[4:].strip(), _value(value), value.number)
    return changed


def with_numbers(experiment: Experiment, numbers: dict[str, float]) -> Experiment:
    """The document with other numbers at paths such as ``runs[0].optimizer.lr``.

    Raises:
        DocumentError: A number cannot stand there.
    """
    content = json.loads(encode(experiment))
    for path, value in numbers.items():
        try:
            _put(content, path, value, 0)
        except _RefusedError as refusal:
            raise DocumentError(str(refusal), path) from None
    return decode(json.dumps(content).encode())


def number_at(experiment: Experiment, path: str, default: float) -> float:
    """The number that stands at a path of the document; ``default`` where there is none."""
    content = json.loads(encode(experiment))
    for found in STEP.finditer(path):
        try:
            content = content[found[1] if found[1] is not None else int(found[2])]
        except (KeyError, IndexError, TypeError):
            return default
    return float(content) if isinstance(content, int | float) else default


# The keys of a block


class _Settings:
    """Takes up the lines of a scene or a reveal."""

    def __init__(self, experiment: Experiment, before: Setup | None) -> None:
        self._values: dict[str, Any] = {}
        if before is not None:
            kept = ("run", "docks", "plots", "space", "show", "zoom", "speed", "code")
            self._values = {name: getattr(before, name) for name in kept}
        self._experiment = experiment
        if self._values.get("run") not in experiment.labels():
            self._values.pop("run", None)

    def take(self, key: str, value: _Line) -> None:
        """One line."""
        if key not in KEYS:
            near = difflib.get_close_matches(key, [*KEYS, "experiment", "set"], n=1)
            hint = f"; did you mean {near[0]}?" if near else f"; known are experiment, set, {', '.join(KEYS)}"
            raise _RefusedError(value.number, f"there is no “{key}”{hint}")
        name, make = KEYS[key]
        self._values[name] = make(value)
        if key == "run" and value.text not in self._experiment.labels():
            known = ", ".join(self._experiment.labels())
            raise _RefusedError(value.number, f"there is no run {value.text}; the runs are {known}")
        if key in ("step", "play") and self._values[name] > self._experiment.steps:
            raise _RefusedError(value.number, f"the experiment has {self._experiment.steps} steps only")

    def setup(self) -> Setup:
        """What came of it."""
        return Setup(self._experiment, **self._values)


def _list_of(known: tuple[str, ...]) -> Callable[[_Line], Any]:
    def make(value: _Line) -> tuple[str, ...]:
        words = [word.strip() for word in value.text.split(",")]
        if words == ["none"]:
            return ()
        return tuple(_one_of(_Line(value.number, word), known) for word in words)

    return make


def _one_of(value: _Line, known: tuple[T, ...]) -> T:
    for one in known:
        if one == value.text:
            return one
    raise _RefusedError(value.number, f"“{value.text}” is none of {', '.join(map(str, known))}")


def _number(value: _Line) -> float:
    try:
        found = float(value.text)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise _RefusedError(value.number, f"“{value.text}” is no number")
    return found


def _whole(value: _Line) -> int:
    found = _number(value)
    if found != int(found) or found < 0:
        raise _RefusedError(value.number, f"“{value.text}” is no whole number")
    return int(found)


def _speed(value: _Line) -> float:
    found = _number(value)
    if not SLOWEST <= found <= FASTEST:
        raise _RefusedError(value.number, f"a speed is from {SLOWEST} to {FASTEST:,} updates a second")
    return found


def _view(value: _Line) -> tuple[float, ...]:
    found = tuple(_number(_Line(value.number, word.strip())) for word in value.text.split(","))
    if len(found) != 4 or not (found[0] < found[1] and found[2] < found[3]):
        raise _RefusedError(value.number, "what is seen is four numbers: left, right, bottom, top")
    return found


KEYS: dict[str, tuple[str, Callable[[_Line], Any]]] = {
    "run": ("run", lambda value: value.text),
    "docks": ("docks", _list_of(DOCKS)),
    "plots": ("plots", _list_of(PLOTS)),
    "view": ("space", lambda value: _one_of(value, SPACES)),
    "show": ("show", _list_of(LAYERS)),
    "zoom": ("zoom", _view),
    "step": ("step", _whole),
    "play": ("play", _whole),
    "speed": ("speed", _speed),
    "code": ("code", lambda value: "" if value.text == "none" else _one_of(value, CODES)),
}
"""The lines of a scene, besides ``experiment`` and ``set``: what each decides, and how it is read."""


def _pairs(part: _Part, block: str) -> list[tuple[str, _Line]]:
    """The lines of a block as (key, value)."""
    found = []
    for line in part.blocks.get(block, []):
        text = line.text.strip()
        if not text or text.startswith("#"):
            continue
        key, colon, value = text.partition(": ")
        if not colon:
            raise _RefusedError(line.number, f"“{text}” is not of the form “key: value”")
        found.append((key.strip(), _Line(line.number, value.strip())))
    return found


def _around(part: _Part, pattern: re.Pattern[str]) -> tuple[str, list[_Line], str]:
    """The text before the first line that matches, the lines that do, and what follows but for dashes."""
    items = [k for k, line in enumerate(part.body) if pattern.match(line.text.strip())]
    if not items:
        return part.text, [], ""
    after = [line for line in part.body[items[-1] + 1 :] if not RULE.match(line.text.strip())]
    return _joined(part.body[: items[0]]), [part.body[k] for k in items], _joined(after)


def _explained(text: str) -> tuple[str, str]:
    """What is said with the question, and what is said with the answer: it stands below a line of dashes."""
    lines = text.splitlines()
    cut = next((k for k, line in enumerate(lines) if RULE.match(line.strip())), len(lines))
    return "\n".join(lines[:cut]).strip(), "\n".join(lines[cut + 1 :]).strip()


def _matched(pattern: re.Pattern[str], line: _Line) -> re.Match[str]:
    found = pattern.match(line.text.strip())
    assert found is not None
    return found


def _choice(line: _Line) -> Choice:
    found = _matched(CHOICE, line)
    text, claim = found[2], None
    if (told := CLAIM.fullmatch(text)) is not None and told[1].strip():
        text, claim = told[1], Claim(told[2].strip(), line.number)
    return Choice(text.strip(), found[1] != " ", line.number, claim)


def _wanted(path: str, solution: _Line, within: _Line | None) -> Wanted:
    value = _number(solution)
    low, high = (value / 100.0, value * 100.0) if value > 0 else (0.0, 1.0)
    if within is not None:
        ends = within.text.split(" to ")
        if len(ends) != 2:
            raise _RefusedError(within.number, "a range is written “1e-4 to 1”")
        low, high = (_number(_Line(within.number, end.strip())) for end in ends)
    if not low <= value <= high:
        raise _RefusedError(solution.number, "the number that solves it lies outside its range")
    return Wanted(path, low, high, value)


# Experiments as JSON


def _json(text: str, line: int) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        within = min(error.lineno, len(text.splitlines()))
        raise _RefusedError(line + within, f"not valid JSON: {error.msg}") from None
    except RecursionError:
        raise _RefusedError(line, "nested too deeply") from None
    except ValueError as error:  # a number of thousands of digits
        raise _RefusedError(line, str(error).partition(";")[0]) from None
    if not isinstance(content, dict):
        raise _RefusedError(line, "an experiment is a JSON object, { … }")
    content.setdefault("format", Experiment.FORMAT)
    content.setdefault("version", Experiment.VERSION)
    return content


def _value(value: _Line) -> Any:
    try:
        return json.loads(value.text)
    except (ValueError, RecursionError):
        return value.text


def _put(content: Any, path: str, value: Any, line: int) -> None:
    """Set what ``path`` names; parts that are missing or null are made."""
    names = [found[1] if found[1] is not None else int(found[2]) for found in STEP.finditer(path)]
    if (
        not 0 < len(names) <= DEEPEST
        or "".join(f"[{n}]" if isinstance(n, int) else f".{n}" for n in names).lstrip(".") != path
    ):
        raise _RefusedError(line, f"“{path}” is no path such as runs[0].optimizer.lr")
    for name, after in zip(names, [*names[1:], None], strict=True):
        if isinstance(name, int):
            if not isinstance(content, list) or not 0 <= name <= len(content):
                raise _RefusedError(line, f"{path}: there is no place [{name}]")
            if name == len(content):
                content.append(None)
        elif not isinstance(content, dict):
            raise _RefusedError(line, f"{path}: there is no {name}")
        if after is None:
            content[name] = value
            return
        missing = content[name] if isinstance(name, int) else content.get(name)
        if missing is None:
            content[name] = [] if isinstance(after, int) else {}
        content = content[name]
