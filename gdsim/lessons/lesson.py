"""What a lesson is: scenes, each an experiment with what is shown of it, a text, claims, and perhaps a task.

A quiz is a lesson all of whose scenes have tasks.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from gdsim.core.experiment import Experiment
from gdsim.core.landscapes import View

Space = Literal["2d", "3d", "both"]
Plot = Literal["landscape", "loss", "rate"]
Layer = Literal["arrows", "ellipse", "fan", "smooth"]
Dock = Literal["landscape", "runs", "readings", "update", "diagnosis", "data"]
Code = Literal["numpy", "pytorch"]
Measure = Literal["rate", "momentum", "batch size", "final loss", "best loss", "path length"]
SPACES: tuple[Space, ...] = get_args(Space)
PLOTS: tuple[Plot, ...] = get_args(Plot)
LAYERS: tuple[Layer, ...] = get_args(Layer)
DOCKS: tuple[Dock, ...] = get_args(Dock)
CODES: tuple[Code, ...] = get_args(Code)
MEASURES: tuple[Measure, ...] = get_args(Measure)
OUTCOMES: tuple[Measure, ...] = ("final loss", "best loss")
"""Measures that are known only when a run has ended."""
SLOWEST, FASTEST = 0.5, 100_000
"""Updates a second."""


@dataclass(frozen=True)
class Problem:
    """Something in a lesson that cannot be read, or that the program does not show."""

    path: Path
    line: int
    text: str
    scene: str = ""

    def __str__(self) -> str:
        scene = f" scene “{self.scene}”:" if self.scene else ""
        return f"{self.path.name}:{self.line}:{scene} {self.text}"


@dataclass(frozen=True)
class Claim:
    """A statement about runs that is checked by running them; ``line`` is where it stands in its file."""

    text: str
    line: int


@dataclass(frozen=True)
class Setup:
    """What is on the screen: an experiment, and what is shown of it.

    Attributes:
        experiment: The document.
        run: The label of the selected run; "" for the first.
        docks: What stands beside the plots; the first one is in front.
        plots: Which plots there are in lecture mode.
        space: Whether the landscape is seen from above, in three dimensions, or both.
        show: What is drawn over the landscape, and whether the loss is smoothed.
        zoom: What is seen of the landscape: left, right, bottom, top; None: all of it.
        step: Where the cursor stands at first.
        play: The step up to which it plays by itself; None: it waits.
        speed: Updates a second; None: as they were.
        code: As what script the experiment is shown beside it; "": as none.
        veiled: Whether nothing beyond the cursor may be seen, since it is to be predicted.
    """

    experiment: Experiment
    run: str = ""
    docks: tuple[Dock, ...] = ()
    plots: tuple[Plot, ...] = PLOTS
    space: Space = "2d"
    show: tuple[Layer, ...] = ()
    zoom: View | None = None
    step: int = 0
    play: int | None = None
    speed: float | None = None
    code: Code | Literal[""] = ""
    veiled: bool = False

    @property
    def selected(self) -> int:
        """The place of the selected run."""
        labels = self.experiment.labels()
        return labels.index(self.run) if self.run in labels else 0


@dataclass(frozen=True)
class Choice:
    """One answer; where it has a claim, running the program says whether it is right."""

    text: str
    right: bool
    line: int
    claim: Claim | None = None


@dataclass(frozen=True)
class Wanted:
    """A number that is to be found: its path in the document, its range, and one that solves the task."""

    path: str
    low: float
    high: float
    solution: float


@dataclass(frozen=True)
class Task:
    """What is asked before the answer is shown by running it.

    Attributes:
        question: The heading.
        text: What is said below it.
        line: Where it stands.
        reveal: What is shown with the answer; None: what is on the screen already.
        explanation: What is said with the answer.
        claims: What must hold of the reveal, or of the document with the numbers that were found.
    """

    question: str
    text: str
    line: int
    reveal: Setup | None
    explanation: str
    claims: tuple[Claim, ...]


@dataclass(frozen=True)
class Choose(Task):
    """One of several answers is right."""

    choices: tuple[Choice, ...] = ()

    @property
    def right(self) -> int:
        """The place of the right answer."""
        return next(k for k, choice in enumerate(self.choices) if choice.right)


@dataclass(frozen=True)
class Order(Task):
    """Runs are to be put into the order of a measure, the least first; ``labels`` are in the right order."""

    by: Measure = "rate"
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Find(Task):
    """Numbers are to be found with which the claims hold.

    Attributes:
        wanted: The numbers.
        just: With the first number so many times as large the claims must not hold any more; 0: no matter.
        counted: The label of the run whose steps to ``target`` are counted; "" where nothing is.
        target: The loss.
        par: How many steps a good answer needs.
    """

    wanted: tuple[Wanted, ...] = ()
    just: float = 0.0
    counted: str = ""
    target: float = 0.0
    par: int = 0


@dataclass(frozen=True)
class Scene:
    """A part of a lesson; ``problem`` says why it cannot be shown, where it cannot.

    Attributes:
        title: Its heading.
        line: Where it begins.
        setup: What is on the screen; None: what was there before.
        text: What is said, in Markdown.
        hint: What only the presenter sees.
        claims: What must hold of the setup's experiment.
        task: What is asked.
    """

    title: str
    line: int
    setup: Setup | None
    text: str
    hint: str = ""
    claims: tuple[Claim, ...] = ()
    task: Task | None = None
    problem: str = ""


@dataclass(frozen=True)
class Lesson:
    """A document of scenes.

    Attributes:
        path: Where it lies.
        title: Its heading.
        summary: What it is about, in Markdown.
        scenes: In order.
        problems: What could not be read.
    """

    path: Path
    title: str
    summary: str
    scenes: tuple[Scene, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def name(self) -> str:
        """How it is called on the command line, and where progress is remembered."""
        return self.path.stem

    @property
    def is_quiz(self) -> bool:
        """Whether it only asks."""
        return bool(self.scenes) and all(scene.task is not None for scene in self.scenes)
