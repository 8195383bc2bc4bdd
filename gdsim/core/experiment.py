"""The experiment: the whole document, frozen. To edit is to replace; what is computed follows from it alone."""

from __future__ import annotations

import itertools
import typing
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Union

import msgspec

from gdsim.core.batches import Batches
from gdsim.core.camera import Camera
from gdsim.core.clipping import Clip
from gdsim.core.landscapes import Landscape, ModelLandscape
from gdsim.core.optimizers import Optimizer
from gdsim.core.planes import AnyPlane, Surface
from gdsim.core.schedules import Constant, Schedule
from gdsim.core.spec import kinds_of, number, option

if TYPE_CHECKING:
    AnyLandscape: typing.TypeAlias = Landscape
    AnyOptimizer: typing.TypeAlias = Optimizer
    AnySchedule: typing.TypeAlias = Schedule
else:
    AnyLandscape = Union[kinds_of(Landscape)]  # noqa: UP007 - made from the declarations
    AnyOptimizer = Union[kinds_of(Optimizer)]  # noqa: UP007
    AnySchedule = Union[kinds_of(Schedule)]  # noqa: UP007

MAX_STEPS = 10_000_000
MAX_RUNS = 24
MAX_NUMBERS = 50_000_000
"""Parameters that all runs of an experiment may leave behind: steps x runs x parameters, 400 MB."""
MAX_CHANGES = 500
"""Edits on the way that a run can hold."""
MAX_SEEDS = 1000
"""Members of an ensemble."""


class Noise(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Seeded Gaussian noise on the gradient: the simplest stand-in for mini-batches.

    Every run of an experiment meets the same noise at the same step, so that runs can be compared.
    """

    std: Annotated[
        float,
        number(
            "noise",
            "σ",
            "Standard deviation of Gaussian noise added to every gradient component: what a small batch does. "
            "It lets a marble leave a shallow minimum, and keeps it from settling.",
            low=1e-3,
            high=100.0,
            scale="log",
            ge=0.0,
        ),
    ] = 0.1


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a marble is moved: everything of a run that decides its numbers."""

    optimizer: AnyOptimizer
    schedule: AnySchedule = Constant()
    clip: Clip | None = None
    noise: Noise | None = None
    batch_size: (
        Annotated[
            int,
            number(
                "batch size",
                "B",
                "Examples that a gradient is averaged over. Few: fast, noisy steps that leave shallow minima. Many: "
                "smooth ones that cost more. 32 to 512 is usual. Only landscapes from data have batches.",
                low=1,
                high=512,
                scale="log",
                ge=1,
            ),
        ]
        | None
    ) = None
    accumulate: Annotated[
        int,
        number(
            "accumulate",
            "k",
            "Batches whose gradients are averaged before one update: the effective batch is k times as large, without "
            "more memory.",
            low=1,
            high=32,
            scale="log",
            ge=1,
            le=1_000_000,
            advanced=True,
        ),
    ] = 1
    schedule_by: Annotated[
        Literal["step", "epoch"],
        option(
            "schedule counts",
            "Whether the schedule moves on after every update or after every epoch, a pass over all examples.",
            advanced=True,
        ),
    ] = "step"
    average: (
        Annotated[
            float,
            number(
                "average of θ",
                "α",
                "A second marble: the moving average of the parameters (EMA), of which each update keeps the share α. "
                "It glides through the noise that the first one dances in. 0.99 to 0.999 is usual.",
                low=0.5,
                high=0.999,
                ge=0.0,
                lt=1.0,
                advanced=True,
            ),
        ]
        | None
    ) = None

    def batches(self, examples: int, seed: int) -> Batches | None:
        """Which of ``examples`` each update sees; None where each sees all of them."""
        if self.batch_size is None or self.batch_size * self.accumulate >= examples:
            return None
        return Batches(examples, self.batch_size, self.accumulate, seed)

    def ticks(self, landscape: Landscape, seed: int = 0) -> int:
        """How many updates the schedule takes for one tick of its clock."""
        if self.schedule_by == "step" or not isinstance(landscape, ModelLandscape):
            return 1
        batches = self.batches(landscape.data().y.size, seed)
        return 1 if batches is None else batches.per_epoch


class Change(Settings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Other settings from a step on: what an edit made in the middle of a run leaves in the document."""

    step: Annotated[int, msgspec.Meta(ge=1, le=MAX_STEPS)]


class Seeds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same run with many seeds, shown around it: how many, what they decide, and which part of them is a band.

    ``vary`` is the chance that they decide: the noise on gradients, the order of the examples, or all there is.
    ``quantiles`` are the lower ends of the bands, the widest first; 0.1 is the band from 10 to 90 %.
    """

    members: Annotated[
        int,
        msgspec.Meta(
            ge=2, le=MAX_SEEDS, title="seeds", description="How many: the document's own, and those that follow it."
        ),
    ] = 50
    vary: Literal["all", "noise", "batches"] = "all"
    quantiles: Annotated[tuple[Annotated[float, msgspec.Meta(ge=0.0, lt=0.5)], ...], msgspec.Meta(max_length=3)] = (
        0.1,
        0.25,
    )

    def __post_init__(self) -> None:
        if not self.quantiles or any(b <= a for a, b in itertools.pairwise(self.quantiles)):
            raise ValueError("quantiles must be one to three numbers, each greater than the one before")


class Run(Settings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One marble: its settings and how it is shown.

    ``color`` is a place in the palette (its own place in the list where None); a ``ghost``, the way that a run would
    have gone on from a fork, is drawn faintly; ``changes`` are in order of step; ``ensemble`` shows other seeds, too.
    """

    label: Annotated[str, msgspec.Meta(max_length=200)] = ""
    hidden: bool = False
    ghost: bool = False
    color: Annotated[int, msgspec.Meta(ge=0, lt=MAX_RUNS)] | None = None
    changes: Annotated[tuple[Change, ...], msgspec.Meta(max_length=MAX_CHANGES)] = ()
    ensemble: Seeds | None = None

    def __post_init__(self) -> None:
        steps = [change.step for change in self.changes]
        if any(b <= a for a, b in itertools.pairwise(steps)):
            raise ValueError("changes must stand in the order of their steps, one a step")

    def settings_at(self, step: int) -> Settings:
        """What moves the marble in update ``step``."""
        found: Settings = self
        for change in self.changes:
            if change.step > step:
                break
            found = change
        return found

    def agrees_until(self, other: Run) -> int | None:
        """The first update that the two runs make differently, None where they never do."""
        mine, others = dict(self._stretches()), dict(other._stretches())
        own: Settings = self
        their: Settings = other
        for step in sorted({*mine, *others}):
            own, their = mine.get(step, own), others.get(step, their)
            if own is not their and any(getattr(own, name) != getattr(their, name) for name in SETTINGS):
                return step
        return None

    def _stretches(self) -> list[tuple[int, Settings]]:
        return [(0, self), *((change.step, change) for change in self.changes)]

    def changed(self, step: int, settings: Settings) -> Run:
        """This run with other settings from ``step`` on; what was to change later is forgotten."""
        values = {name: getattr(settings, name) for name in SETTINGS}
        if step <= 0:
            return msgspec.structs.replace(self, changes=(), **values)
        earlier = tuple(change for change in self.changes if change.step < step)
        before = msgspec.structs.replace(self, changes=earlier).settings_at(step)
        if all(getattr(before, name) == value for name, value in values.items()):
            return msgspec.structs.replace(self, changes=earlier)
        return msgspec.structs.replace(self, changes=(*earlier, Change(step=step, **values)))


SETTINGS = Settings.__struct_fields__


class Experiment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A landscape, a start, and the runs that descend from it.

    ``start`` is None in a document that leaves it to the landscape; ``origin`` tells it in any case. ``plane`` is
    how a landscape of more than two parameters is seen (None: as suits it), ``surface`` which loss the ground shows,
    ``camera`` from where it is seen in three dimensions (None: from where it is seen at first).
    """

    FORMAT: ClassVar[str] = "gdsim-experiment"
    VERSION: ClassVar[int] = 1

    format: Literal["gdsim-experiment"] = "gdsim-experiment"
    version: Literal[1] = 1
    title: Annotated[str, msgspec.Meta(max_length=500)] = ""
    landscape: AnyLandscape
    start: tuple[float, ...] | None = None
    steps: Annotated[
        int,
        msgspec.Meta(ge=1, le=MAX_STEPS, title="steps", description="How many updates each run makes."),
    ] = 200
    seed: Annotated[
        int,
        msgspec.Meta(ge=0, le=2**63 - 1, title="seed", description="Decides all chance: same seed, same numbers."),
    ] = 0
    runs: Annotated[tuple[Run, ...], msgspec.Meta(min_length=1, max_length=MAX_RUNS)]
    plane: AnyPlane | None = None
    surface: Surface = "training"
    camera: Camera | None = None

    def __post_init__(self) -> None:
        dim = self.landscape.dim
        if self.start is not None and len(self.start) != dim:
            raise ValueError(f"start must have {dim} numbers for this landscape, not {len(self.start)}")
        if self.plane is not None:
            self.plane.check(dim)
        kept = sum(2 if any(part.average is not None for part in (run, *run.changes)) else 1 for run in self.runs)
        if dim > 2 and dim * self.steps * kept > MAX_NUMBERS:
            most = MAX_NUMBERS // (dim * kept)
            raise ValueError(
                f"{self.steps:,} steps are too many for {len(self.runs)} runs of {dim} parameters: at most {most:,}, "
                "since every one of them is kept"
            )

    @property
    def origin(self) -> tuple[float, ...]:
        """Where the runs start."""
        return self.start if self.start is not None else self.landscape.initial()

    def labels(self) -> tuple[str, ...]:
        """The runs' labels, each its own: the optimizer's name where none is given, numbered where it recurs."""
        given = {run.label for run in self.runs if run.label}
        taken: set[str] = set()
        found = []
        for run in self.runs:
            wanted = run.label or run.optimizer.name()
            label, n = wanted, 2
            while label in taken or (not run.label and label in given):
                label, n = f"{wanted} {n}", n + 1
            taken.add(label)
            found.append(label)
        return tuple(found)

    def color(self, index: int) -> int:
        """The palette place of run ``index``."""
        color = self.runs[index].color
        return index if color is None else color
