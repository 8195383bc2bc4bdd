"""What a lesson's scenes look like in pictures and videos: the recorder's figure of what a scene puts on the screen.

Whatever takes long is a generator of shares, so that a window can do it in slices.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Generator
from time import perf_counter
from typing import NamedTuple, TypeVar

from gdsim.core.descent import Descent
from gdsim.core.documents import encode
from gdsim.core.ensemble import Band, wanted
from gdsim.core.experiment import Experiment
from gdsim.core.landscapes import ModelLandscape
from gdsim.core.trajectory import RunTrajectory, Trajectory, judged
from gdsim.lessons.lesson import Find, Lesson, Scene, Setup
from gdsim.ui.figure import FigureOptions, Layout, last_step
from gdsim.ui.film import FilmOptions
from gdsim.ui.plots.loss_plot import SMOOTHING
from gdsim.ui.plots.moment import Moment

SLICE = 0.01
"""Seconds that are computed at a time."""
KEPT = 4
"""Experiments that are kept; a scene and its task often share one."""
USUAL_SPEED = 20.0
SHORTEST, LONGEST = 3.0, 12.0
"""Seconds that a video takes where the lesson names no speed."""
HOLD_FIRST, HOLD_LAST = 0.5, 1.5
FEW = 4
"""So many runs are named."""

T = TypeVar("T")
Slices = Generator[float, None, Moment]


def between(steps: Generator[float, None, T], begin: float, end: float) -> Generator[float, None, T]:
    """Steps that are a part of something larger, from one share of it to another."""
    while True:
        try:
            yield begin + (end - begin) * next(steps)
        except StopIteration as found:
            result: T = found.value
            return result


class Shot(NamedTuple):
    """What there is to be seen of a scene, or of its answer; ``place`` is where the scene stands in its lesson."""

    place: int
    answer: bool
    setup: Setup

    @property
    def plays(self) -> bool:
        """Whether it moves."""
        return self.answer or self.setup.play is not None


def shots_of(lesson: Lesson) -> list[Shot]:
    """All there is to be seen of a lesson; a scene that shows what stands there already is not seen again."""
    found: list[Shot] = []
    before: Setup | None = None
    for place, scene in enumerate(lesson.scenes):
        if scene.problem:
            continue
        if scene.setup is not None:
            if not _seen_again(scene.setup, before):
                found.append(Shot(place, False, scene.setup))
            before = scene.setup
        answer = revealed(scene)
        if answer is not None:
            found.append(Shot(place, True, answer))
    return found


def _seen_again(setup: Setup, before: Setup | None) -> bool:
    """Whether a scene only stands where the one before it was; one that says nothing of its picture has none."""
    if before is None or setup.step or setup.play is not None or setup.experiment != before.experiment:
        return False
    return setup in (Setup(setup.experiment), dataclasses.replace(before, step=0, play=None, speed=setup.speed))


class Studio:
    """Computes experiments, and keeps the last ones."""

    def __init__(self) -> None:
        self._known: dict[bytes, Moment] = {}

    def moment(self, setup: Setup) -> Slices:
        """The moment at which a picture of ``setup`` is taken; yields how far it is."""
        key = encode(setup.experiment)
        if key not in self._known:
            while len(self._known) >= KEPT:
                del self._known[next(iter(self._known))]
            self._known[key] = yield from _computed(setup.experiment)
        found = self._known[key]
        return dataclasses.replace(found, cursor=min(stop_of(setup), last_step(found)), selected=setup.selected)

    def at_once(self, setup: Setup, progress: Callable[[float], None]) -> Moment:
        """The same without a pause; ``progress`` is told how far it is."""
        slices = self.moment(setup)
        while True:
            try:
                progress(next(slices))
            except StopIteration as end:
                moment: Moment = end.value
                return moment


def veiled(moment: Moment, setup: Setup) -> Moment:
    """The moment without what lies beyond its cursor, where that is to be predicted."""
    if not setup.veiled:
        return moment
    runs = tuple(run.frozen() for run in moment.trajectory.runs)
    for run in runs:
        if run.last > moment.cursor:
            run.keep(moment.cursor + 1)
    return dataclasses.replace(moment, trajectory=Trajectory(moment.experiment, runs))


def _computed(experiment: Experiment) -> Slices:
    found: list[RunTrajectory] = []
    around = {index: Band(ensemble) for index, ensemble in wanted(experiment).items()}
    part_of_runs = 0.5 if around else 1.0
    for settings, label in zip(experiment.runs, experiment.labels(), strict=True):
        columns, descent = RunTrajectory(label, experiment.landscape.dim), Descent(experiment, settings)
        size = 32
        while not columns.ended:
            begin = perf_counter()
            columns.append(descent.advance(size), descent.snapshot)
            if perf_counter() - begin < SLICE / 2:
                size = min(2 * size, 8192)
            share = columns.last / max(1, experiment.steps)
            yield part_of_runs * (len(found) + share) / len(experiment.runs)
        columns.outcome = judged(experiment, columns)
        found.append(columns)
    for done, band in enumerate(around.values()):
        for part in band.ensemble.parts(SLICE):
            band.add(part)
            yield part_of_runs + (1.0 - part_of_runs) * (done + band.share) / len(around)
    return Moment(experiment, Trajectory(experiment, tuple(found)), 0, bands=around)


def stop_of(setup: Setup) -> int:
    """The step of a scene's picture: where it stops to play, or where the cursor stands."""
    return setup.step if setup.play is None else setup.play


def revealed(scene: Scene) -> Setup | None:
    """What is shown with the answer, where that is something else than the scene shows; it plays to some end."""
    task = scene.task
    if task is None or task.reveal is None or task.reveal == scene.setup:
        return None
    setup = task.reveal
    if isinstance(task, Find) and scene.setup is not None:  # the reader knows the numbers only, not how they are seen
        bare = Setup(setup.experiment)
        if setup == bare:
            setup = dataclasses.replace(scene.setup, experiment=setup.experiment, play=None, step=0)
    if setup.play is None and not setup.step:
        setup = dataclasses.replace(setup, play=setup.experiment.steps)
    return setup


def look_of(setup: Setup, width: int, height: int, **more: object) -> FigureOptions:
    """The figure that shows ``setup``; ``more`` is set besides."""
    options = FigureOptions(
        width,
        height,
        _layout(setup),
        view=setup.zoom,
        smoothing=SMOOTHING if "smooth" in setup.show else 0.0,
        fan="fan" in setup.show,
        arrows="arrows" in setup.show,
        ellipse="ellipse" in setup.show,
        space=setup.space,
    )
    return dataclasses.replace(options, **more)  # type: ignore[arg-type]


def _layout(setup: Setup) -> Layout:
    if isinstance(setup.experiment.landscape, ModelLandscape) and ("data" in setup.docks or not setup.docks):
        return "data"
    if "rate" in setup.plots:
        return "board"
    return "side" if "loss" in setup.plots else "landscape"


def film_of(setup: Setup, look: FigureOptions, fps: float, last: int) -> FilmOptions:
    """The video of ``setup``, at its own speed or at one with which it takes a few seconds.

    Args:
        setup: What plays.
        look: How each frame looks.
        fps: Frames per second.
        last: The last step there is.
    """
    end = min(last, setup.experiment.steps if setup.play is None else setup.play)
    first = min(setup.step, last)
    speed = setup.speed
    if speed is None:
        seconds = min(max((end - first) / USUAL_SPEED, SHORTEST), LONGEST)
        speed = max(end - first, 1) / seconds
    return FilmOptions(look, fps=fps, speed=speed, first=first, last=end, hold_first=HOLD_FIRST, hold_last=HOLD_LAST)


def words_of(moment: Moment) -> str:
    """What a picture shows, in short: the runs and the step."""
    labels = [moment.experiment.labels()[index] for index, _ in sorted(moment.visible(), key=lambda pair: pair[0])]
    if not labels:
        who = "No run"
    elif len(labels) <= FEW:
        who = " and ".join(part for part in (", ".join(labels[:-1]), labels[-1]) if part)
    else:
        who = f"{len(labels)} runs"
    return f"{who} at step {moment.cursor:,} of {last_step(moment):,}"


def description(title: str, setup: Setup, moment: Moment) -> str:
    """What is seen, for whoever does not see the picture."""
    landscape = moment.experiment.landscape.title
    seen = {"2d": "from above", "3d": "in three dimensions", "both": "from above and in three dimensions"}[setup.space]
    beside = {"board": ", loss, learning rate and readings", "side": " and loss", "data": ", data and loss"}
    shown = f"{landscape} {seen}{beside.get(_layout(setup), '')}"
    ends = []
    for index, run in sorted(moment.visible(), key=lambda pair: pair[0])[:FEW]:
        loss = run.at(moment.step_of(index)).loss
        ends.append(f"{moment.experiment.labels()[index]} {loss:.3g}")
    losses = f" Loss: {', '.join(ends)}." if ends else ""
    return f"{title}: {shown}. {words_of(moment)}.{losses}"
