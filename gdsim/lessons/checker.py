"""Checks lessons: every claim is run, every right answer is found right and every wrong one wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from gdsim.core.compare import path_length
from gdsim.core.documents import DocumentError, encode
from gdsim.core.experiment import Experiment
from gdsim.core.numpy_code import numpy_script
from gdsim.core.pytorch_code import torch_script
from gdsim.core.script import ScriptError
from gdsim.lessons.claims import ClaimError, Ran, judge, steps_to
from gdsim.lessons.lesson import Choose, Claim, Find, Lesson, Measure, Order, Problem, Scene, Setup
from gdsim.lessons.reader import with_numbers


class Judged:
    """What came of an answer: whether it is right, and what was seen."""

    def __init__(self, right: bool, seen: str = "", steps: int | None = None, claim: str = "") -> None:
        self.right, self.seen, self.steps, self.claim = right, seen, steps, claim


MEASURE: dict[Measure, Callable[[Ran, str], float]] = {
    "rate": lambda ran, label: ran.row(label, 0).lr,
    "momentum": lambda ran, label: getattr(ran.experiment.runs[ran.index(label)].optimizer, "momentum", 0.0),
    "batch size": lambda ran, label: ran.experiment.runs[ran.index(label)].batch_size or math.inf,
    "final loss": lambda ran, label: _or_highest(ran.columns(label).loss[-1]),
    "best loss": lambda ran, label: _or_highest(np.fmin.reduce(ran.columns(label).loss)),
    "path length": lambda ran, label: path_length(ran.columns(label).theta),
}
"""By what runs are put into order."""


def _or_highest(loss: float) -> float:
    """A loss, or infinity where a run that flew away has none any more: then it still has its place in an order."""
    return math.inf if math.isnan(loss) else float(loss)


def check(lesson: Lesson, progress: Callable[[int, int], None] | None = None) -> Iterator[Problem]:
    """What is wrong with a lesson: what could not be read, then every claim that the program does not show.

    Args:
        lesson: What was read.
        progress: Is told after each scene how many are done, and how many there are.
    """
    yield from lesson.problems
    ran = _Runs()
    for done, scene in enumerate(lesson.scenes, 1):
        yield from (Problem(lesson.path, line, text, scene.title) for line, text in _of_scene(scene, ran))
        if progress is not None:
            progress(done, len(lesson.scenes))


class _Runs:
    """Experiments that were run; a scene and its task often share one."""

    def __init__(self) -> None:
        self._known: dict[bytes, Ran] = {}

    def __call__(self, experiment: Experiment) -> Ran:
        key = encode(experiment)
        if key not in self._known:
            self._known = {key: Ran(experiment), **dict(list(self._known.items())[:2])}
        return self._known[key]


def _of_scene(scene: Scene, ran: _Runs) -> Iterator[tuple[int, str]]:
    task = scene.task
    if scene.setup is not None:
        yield from _of_plane(scene.setup, scene.line)
        yield from _of_code(scene.setup, scene.line)
        yield from _of_claims(scene.claims, ran(scene.setup.experiment))
    if task is not None and task.reveal is not None:
        yield from _of_code(task.reveal, task.line)
    if task is None:
        return
    shown = task.reveal or scene.setup
    if isinstance(task, Find):
        yield from _of_find(task, scene, ran)
        return
    if task.claims and shown is None:
        yield task.claims[0].line, "there is no experiment that this could be checked on"
    elif shown is not None:
        yield from _of_claims(task.claims, ran(shown.experiment))
    if isinstance(task, Choose):
        yield from _of_choices(task, shown, ran)
    elif isinstance(task, Order) and scene.setup is not None:
        right = in_order(task, ran(scene.setup.experiment))
        if right != task.labels:
            yield task.line, f"by {task.by} the order is {', '.join(right)}"


def _of_plane(setup: Setup, line: int) -> Iterator[tuple[int, str]]:
    """Whether the picture is one that can be seen before the answer."""
    plane = setup.experiment.plane
    if setup.veiled and plane is not None and plane.through in ("end", "best"):
        yield line, f"the plane goes through the {plane.through} of the run, which is not known before the answer"


def _of_code(setup: Setup, line: int) -> Iterator[tuple[int, str]]:
    """Whether the script that should stand beside the scene can be written."""
    if setup.code:
        try:
            {"numpy": numpy_script, "pytorch": torch_script}[setup.code](setup.experiment)
        except ScriptError as refusal:
            yield line, f"its code cannot be shown: {refusal}"


def _of_claims(claims: tuple[Claim, ...], ran: Ran) -> Iterator[tuple[int, str]]:
    for claim in claims:
        try:
            found = judge(claim.text, ran)
        except ClaimError as error:
            yield claim.line, str(error)
            continue
        if not found.holds:
            yield claim.line, f"“{claim.text}” does not hold: {found.seen}"


def _of_choices(task: Choose, shown: Setup | None, ran: _Runs) -> Iterator[tuple[int, str]]:
    for choice in task.choices:
        if choice.claim is None:
            continue
        if shown is None:
            yield choice.line, "there is no experiment that this could be checked on"
            continue
        try:
            found = judge(choice.claim.text, ran(shown.experiment))
        except ClaimError as error:
            yield choice.line, str(error)
            continue
        if found.holds != choice.right:
            word = "right, and does not hold" if choice.right else "wrong, and holds"
            yield choice.line, f"the answer “{choice.text}” is marked as {word}: {found.seen}"


def in_order(task: Order, ran: Ran) -> tuple[str, ...]:
    """The runs of a task in the right order, as running them shows."""
    return tuple(sorted(task.labels, key=lambda label: MEASURE[task.by](ran, label)))


def _of_find(task: Find, scene: Scene, ran: _Runs) -> Iterator[tuple[int, str]]:
    if scene.setup is None:
        yield task.line, "there is no experiment whose numbers could be found"
        return
    experiment = scene.setup.experiment
    try:
        found = found_numbers(task, experiment, {want.path: want.solution for want in task.wanted})
    except (ClaimError, DocumentError) as error:
        yield task.line, str(error)
        return
    if not task.claims and not task.counted:
        yield task.line, "nothing says when it is solved: claims below “### Check”, or what is counted"
    elif not found.right:
        claim = f"“{found.claim}” does not hold; " if found.claim else ""
        yield task.line, f"the numbers that should solve it do not: {claim}{found.seen}"


def found_numbers(
    task: Find, experiment: Experiment, numbers: dict[str, float], progress: Callable[[int, int], None] | None = None
) -> Judged:
    """Judge numbers that somebody found.

    Args:
        task: What was asked.
        experiment: The document of the scene.
        numbers: The numbers, by their paths.
        progress: Is told while it runs, as ``Ran`` tells it.

    Raises:
        DocumentError: A number cannot stand where it should.
        ClaimError: The task's claims cannot be judged.
    """
    ran = Ran(with_numbers(experiment, numbers), progress=progress)
    for claim in task.claims:
        verdict = judge(claim.text, ran)
        if not verdict.holds:
            return Judged(False, f"{verdict.seen}.", claim=claim.text)
    if task.just:
        first = task.wanted[0].path
        above = Ran(with_numbers(experiment, {**numbers, first: numbers[first] * task.just}), progress=progress)
        if all(judge(claim.text, above).holds for claim in task.claims):
            times = f"{task.just:.4g} times as large"
            return Judged(False, f"a number {times} would do as well: there is room.")
    if not task.counted:
        return Judged(True, "Solved.")
    steps = steps_to(ran, task.counted, task.target)
    if steps is None:
        return Judged(False, f"{task.counted} never reaches a loss of {task.target:.4g}.")
    seen = f"{task.counted} reaches a loss of {task.target:.4g} in {steps} steps"
    if task.par and steps > task.par:
        return Judged(False, f"{seen}; {task.par} are enough.", steps)
    return Judged(True, f"{seen}{f', and {task.par} were allowed' if task.par else ''}.", steps)
