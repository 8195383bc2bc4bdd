"""A lesson as what can be read: headings, text, pictures and answers, before it becomes HTML or pages of paper."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from PySide6.QtGui import QImage

from gdsim.core.experiment import Experiment
from gdsim.core.numpy_code import numpy_script
from gdsim.core.pytorch_code import torch_script
from gdsim.core.spec import hyperparameters
from gdsim.lessons.claims import ClaimError, Ran, judge
from gdsim.lessons.lesson import Choose, Claim, Find, Lesson, Order, Problem, Scene, Setup, Task
from gdsim.ui.figure import Figure
from gdsim.ui.plots.moment import Moment
from gdsim.ui.teaching.markup import data_uri, letters, one_line, plain_text, rendered
from gdsim.ui.teaching.shots import Studio, between, description, look_of, shots_of, veiled, words_of

WIDTH, HEIGHT = 1600, 1000
"""Pixels of a picture: 260 to the inch on paper."""
MAGNIFIED = 1.15
"""Letters and pens of a picture, against those of a slide: a page is read from nearby, and its pictures are small."""
STEP = re.compile(r"\.?([A-Za-z_]\w*)|\[(\d+)\]")
SCRIPTS = {"numpy": ("NumPy", numpy_script), "pytorch": ("PyTorch", torch_script)}


@dataclass(frozen=True)
class Heading:
    """A heading; ``text`` is HTML."""

    level: int
    text: str


@dataclass(frozen=True)
class Prose:
    """Text as HTML."""

    html: str


@dataclass(frozen=True)
class Picture:
    """A picture; ``film`` is the file beside the page in which it moves, "" where there is none."""

    image: QImage
    alt: str
    caption: str
    film: str = ""

    @cached_property
    def uri(self) -> str:
        """The picture inside its own address; to make it takes a while."""
        return data_uri(self.image)


@dataclass(frozen=True)
class Code:
    """A script."""

    title: str
    text: str


@dataclass(frozen=True)
class Group:
    """What belongs together; ``title`` is the HTML of what an answer belongs to."""

    kind: Literal["scene", "question", "answer", "checked"]
    nodes: tuple[Node, ...]
    title: str = ""


Node = Heading | Prose | Picture | Code | Group


@dataclass(frozen=True)
class Content:
    """A lesson to be read.

    Attributes:
        title: Its heading.
        summary: HTML.
        scenes: In order.
        problems: What could not be read or does not hold; it was left out.
    """

    title: str
    summary: str
    scenes: tuple[Group, ...]
    problems: tuple[Problem, ...]

    def pictures(self) -> Iterator[Picture]:
        """All its pictures in order."""
        waiting: list[Node] = list(reversed(self.scenes))
        while waiting:
            node = waiting.pop()
            if isinstance(node, Picture):
                yield node
            elif isinstance(node, Group):
                waiting += reversed(node.nodes)


@dataclass
class _Writer:
    """Writes down one lesson; each method yields now and then how much of its part is done."""

    lesson: Lesson
    films: dict[tuple[int, bool], str]
    studio: Studio = field(default_factory=Studio)
    problems: list[Problem] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._seen = {shot[:2]: shot.setup for shot in shots_of(self.lesson)}

    def content(self) -> Generator[float, None, Content]:
        """Everything."""
        lesson = self.lesson
        self.problems += lesson.problems
        scenes = [(number, scene) for number, scene in enumerate(lesson.scenes) if not scene.problem]
        groups = []
        for done, (number, scene) in enumerate(scenes):
            share = 1.0 / len(scenes)
            group = yield from between(self._scene(number, scene), done * share, (done + 1) * share)
            groups.append(group)
        summary = rendered(lesson.summary, lesson.path.parent)
        return Content(plain_text(lesson.title), summary, tuple(groups), tuple(self.problems))

    def _scene(self, number: int, scene: Scene) -> Generator[float, None, Group]:
        nodes: list[Node] = [Heading(2, one_line(scene.title))]
        moment = None if scene.setup is None else (yield from between(self.studio.moment(scene.setup), 0.0, 0.4))
        if moment is not None:
            nodes += self._picture(scene.title, (number, False), moment)
            yield 0.5
        nodes += self._prose(scene.text)
        if scene.setup is not None and moment is not None:
            nodes += self._script(scene, scene.setup)
            nodes += self._checked(scene, scene.claims, moment)
            yield 0.6
        if scene.task is not None:
            nodes.append(_question(scene.task, scene))
            answer = yield from between(self._answer(number, scene, scene.task), 0.6, 1.0)
            nodes.append(answer)
        return Group("scene", tuple(nodes))

    def _answer(self, number: int, scene: Scene, task: Task) -> Generator[float, None, Group]:
        nodes: list[Node] = [Prose(_solution(task))]
        setup = self._seen.get((number, True))
        shown = setup or scene.setup
        moment = None if shown is None else (yield from between(self.studio.moment(shown), 0.0, 0.8))
        if moment is not None:
            nodes += self._picture(f"{scene.title}, the answer", (number, True), moment)
            yield 0.9
        nodes += self._prose(task.explanation)
        if setup is not None:
            nodes += self._script(scene, setup)
        if moment is not None and not isinstance(task, Find):
            right = [choice.claim for choice in getattr(task, "choices", ()) if choice.right and choice.claim]
            nodes += self._checked(scene, (*right, *task.claims), moment)
        return Group("answer", tuple(nodes), one_line(task.question))

    def _picture(self, title: str, which: tuple[int, bool], moment: Moment) -> list[Node]:
        """The picture of a scene or of its answer, where there is one."""
        setup = self._seen.get(which)
        if setup is None:
            return []
        look = look_of(setup, WIDTH, HEIGHT, theme="light", background="white", magnify=MAGNIFIED)
        image = Figure(look).image(veiled(moment, setup))
        return [Picture(image, description(title, setup, moment), words_of(moment), self.films.get(which, ""))]

    def _prose(self, text: str) -> list[Node]:
        return [Prose(rendered(text, self.lesson.path.parent))] if text else []

    def _script(self, scene: Scene, setup: Setup) -> list[Node]:
        """The script that a scene shows, where it shows one."""
        known = SCRIPTS.get(setup.code)
        if known is None:
            return []
        name, script = known
        try:
            return [Code(f"The same in {name}", script(setup.experiment))]
        except ValueError as error:
            self._problem(scene, scene.line, f"there is no script in {name}: {error}")
            return []

    def _checked(self, scene: Scene, claims: tuple[Claim, ...], moment: Moment) -> list[Node]:
        """The claims that hold; what does not is a problem."""
        if not claims:
            return []
        ran, held = Ran(moment.experiment, moment.trajectory), []
        for claim in claims:
            try:
                found = judge(claim.text, ran)
            except ClaimError as error:
                self._problem(scene, claim.line, str(error))
                continue
            if found.holds:
                held.append(claim.text)
            else:
                self._problem(scene, claim.line, f"“{claim.text}” does not hold: {found.seen}")
        if not held:
            return []
        items = "".join(f"<li>{_naming(text, ran.labels)}</li>" for text in dict.fromkeys(held))
        return [Group("checked", (Heading(4, "Checked by running it"), Prose(f"<ul>{items}</ul>")))]

    def _problem(self, scene: Scene, line: int, text: str) -> None:
        self.problems.append(Problem(self.lesson.path, line, text, scene.title))


def _naming(claim: str, runs: tuple[str, ...]) -> str:
    """A claim as HTML, with the names of runs set apart: “no momentum” reads as part of the sentence otherwise."""
    if not runs:
        return letters(claim)
    names = "|".join(re.escape(letters(name)) for name in sorted(runs, key=len, reverse=True))
    return re.sub(rf"(?<!\w)(?:{names})(?!\w)", r"<em>\g<0></em>", letters(claim))


def written_down(lesson: Lesson, films: dict[tuple[int, bool], str] | None = None) -> Generator[float, None, Content]:
    """Write a lesson down, in slices; each yields the share that is done.

    Args:
        lesson: What was read. Scenes with a problem are left out.
        films: The videos beside the page, by the place of their scene and whether they are of the answer.
    """
    return _Writer(lesson, films or {}).content()


def _question(task: Task, scene: Scene) -> Group:
    word = {Choose: "Predict", Order: "Put into order", Find: "Find"}[type(task)]
    nodes: list[Node] = [Heading(3, f"{word}: {one_line(task.question)}")]
    if task.text:
        nodes.append(Prose(rendered(task.text)))
    nodes += [Prose(html) for html in _asked(task, scene)]
    return Group("question", tuple(nodes))


def _asked(task: Task, scene: Scene) -> Iterator[str]:
    """What there is to choose from, to put into order, or to find."""
    if isinstance(task, Choose):
        yield _lettered(one_line(choice.text) for choice in task.choices)
    elif isinstance(task, Order):
        labels = sorted(task.labels)
        if tuple(labels) == task.labels:
            labels.reverse()
        yield f"<p>By {task.by}, the least first:</p><ul>{_items(letters(label) for label in labels)}</ul>"
    elif isinstance(task, Find):
        numbers = (
            f"{letters(number_name(scene.setup, want.path))}, from {want.low:g} to {want.high:g}"
            for want in task.wanted
        )
        yield f"<ul>{_items(numbers)}</ul>"
        if task.claims:
            runs = scene.setup.experiment.labels() if scene.setup is not None else ()
            yield f"<p>It is solved when:</p><ul>{_items(_naming(claim.text, runs) for claim in task.claims)}</ul>"
        if task.just:
            yield f"<p>and does not hold any more with a number {task.just:g} times as large.</p>"
        if task.counted:
            few = f": {task.par} are enough" if task.par else ""
            reached = f"<em>{letters(task.counted)}</em> reaches a loss of {task.target:g}"
            yield f"<p>As few steps as possible until {reached}{few}.</p>"


def _solution(task: Task) -> str:
    if isinstance(task, Choose):
        return f"<p><strong>{chr(ord('A') + task.right)}.</strong> {one_line(task.choices[task.right].text)}</p>"
    if isinstance(task, Order):
        return f"<p>By {task.by}, the least first:</p><ol>{_items(letters(label) for label in task.labels)}</ol>"
    assert isinstance(task, Find)
    setup = task.reveal
    return f"<ul>{_items(f'{letters(number_name(setup, w.path))}: {w.solution:g}' for w in task.wanted)}</ul>"


def _items(texts: Iterator[str]) -> str:
    return "".join(f"<li>{text}</li>" for text in texts)


def _lettered(texts: Iterator[str]) -> str:
    return f'<ol type="A">{_items(texts)}</ol>'


def number_name(setup: Setup | None, path: str) -> str:
    """What a number of a document is called: "learning rate of SGD" for runs[0].optimizer.lr; the path at worst."""
    if setup is None:
        return path
    names = [found[1] if found[1] is not None else int(found[2]) for found in STEP.finditer(path)]
    experiment: Experiment = setup.experiment
    landscape = experiment.landscape
    at: Any = experiment
    try:
        if names[0] == "start" and isinstance(names[1], int):
            return f"{getattr(landscape, 'parameter_names', landscape.axes)[names[1]]} of the start"
        place = names[:-2] if isinstance(names[-1], int) else names[:-1]
        index = names[-1] if isinstance(names[-1], int) else None
        name = names[len(place)]
        for part in place:
            at = at[part] if isinstance(part, int) else getattr(at, part)
        kinds = hyperparameters(type(at))  # type: ignore[arg-type]
        label = next(kind.label for kind in kinds if kind.field == name and kind.index == index)
    except (AttributeError, IndexError, KeyError, TypeError, StopIteration):
        return path
    if names[0] == "runs" and isinstance(names[1], int):
        return f"{label} of {experiment.labels()[names[1]]}"
    return label
