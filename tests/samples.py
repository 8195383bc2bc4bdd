"""Experiments that tests are made of: small documents, and a generator of any document there can be."""

from __future__ import annotations

import math
from typing import Any

import msgspec
from hypothesis import strategies as st

import gdsim
from gdsim.core.clipping import Clip
from gdsim.core.experiment import MAX_SEEDS, Change, Experiment, Noise, Run, Seeds
from gdsim.core.landscapes import Landscape
from gdsim.core.optimizers import Optimizer
from gdsim.core.planes import Plane
from gdsim.core.schedules import ReduceLROnPlateau, Schedule, SequentialLR
from gdsim.core.spec import Hyperparameter, hyperparameters, kinds_of

CONTRACT: dict[str, Any] = {
    "format": "gdsim-experiment", "version": 1, "title": "Ravine: momentum against plain descent",
    "landscape": {"name": "quadratic", "a": 1.0, "b": 100.0},
    "start": [-1.5, 1.0], "steps": 200, "seed": 0,
    "runs": [
        {"label": "SGD", "optimizer": {"name": "SGD", "lr": 0.018}, "schedule": {"name": "constant"}},
        {
            "label": "momentum", "optimizer": {"name": "SGD", "lr": 0.018, "momentum": 0.9},
            "schedule": {"name": "StepLR", "step_size": 50, "gamma": 0.5},
            "clip": {"kind": "norm", "value": 1.0}, "batch_size": 32,
        },
    ],
}  # fmt: skip
"""The example of the document format, word for word."""


def document(*runs: dict[str, Any], landscape: Any = "quadratic", **fields: Any) -> dict[str, Any]:
    """A document of ``runs``, each of them settings that have at least an optimizer."""
    return {
        "format": "gdsim-experiment",
        "version": 1,
        "landscape": {"name": landscape} if isinstance(landscape, str) else landscape,
        "runs": list(runs) or [{"optimizer": {"name": "SGD"}}],
        **fields,
    }


def experiment(*runs: dict[str, Any], **fields: Any) -> Experiment:
    return gdsim.load(document(*runs, **fields))


def run_of(settings: dict[str, Any], **fields: Any) -> Any:
    """The trajectory of a single run."""
    return gdsim.run(experiment(settings, **fields)).runs[0]


def plain_kinds(base: type[Any]) -> list[type[Any]]:
    """The kinds below ``base`` that need no arguments, which is all of them but some data sets and formulas."""
    return [kind for kind in kinds_of(base) if all(f.default is not msgspec.NODEFAULT for f in fields_of(kind))]


def fields_of(kind: type[Any]) -> tuple[Any, ...]:
    return msgspec.structs.fields(kind)


def value_for(h: Hyperparameter) -> st.SearchStrategy[Any]:
    """Any value that a hyperparameter's declaration allows, ordinary ones more often than odd ones."""
    if h.kind == "flag":
        return st.booleans()
    if h.kind == "choice":
        return st.sampled_from(h.choices)
    low = h.ge if h.ge is not None else h.gt
    high = h.le if h.le is not None else h.lt
    if h.kind == "integer":
        usual = st.integers(max(int(h.low), int(low or 0)), int(h.high))
        return st.one_of(usual, st.integers(math.ceil(low or 0), int(high) if high is not None else 10**6))
    usual = st.floats(
        max(h.low, low) if low is not None else h.low, min(h.high, high) if high is not None else h.high,
        exclude_min=h.gt is not None and h.low <= h.gt, exclude_max=h.lt is not None and h.high >= h.lt,
    )  # fmt: skip
    odd = st.floats(
        low, high, allow_nan=False, allow_infinity=False,
        exclude_min=low is not None and h.gt is not None, exclude_max=high is not None and h.lt is not None,
    )  # fmt: skip
    return st.one_of(usual, usual, odd)


@st.composite
def specs(draw: st.DrawFn, kind: type[Any], usual: bool = False) -> Any:
    """A declared thing with settings of all kinds; with ``usual`` within the ranges of the sliders."""
    values: dict[str, Any] = {}
    for h in hyperparameters(kind):
        if h.kind in ("other", "text"):
            continue
        if h.optional and draw(st.booleans()):
            values[h.field] = None
            continue
        strategy = value_for(h)
        if usual and h.kind == "number":
            strategy = st.floats(h.low, h.high)
        if usual and h.kind == "integer":
            strategy = st.integers(int(h.low), int(h.high))
        value = draw(strategy)
        if h.index is None:
            values[h.field] = value
        else:
            values[h.field] = (*values.get(h.field, ()), value)
    names = {field.name: field.encode_name for field in fields_of(kind)}
    content = {"name": kind.name(), **{names[name]: value for name, value in values.items()}}
    try:
        return msgspec.convert(content, kind)
    except msgspec.ValidationError:  # fields that contradict each other
        return msgspec.convert({"name": kind.name()}, kind)


def optimizers(usual: bool = False) -> st.SearchStrategy[Any]:
    return st.sampled_from(plain_kinds(Optimizer)).flatmap(lambda kind: specs(kind, usual))


def schedules(parts: bool = False) -> st.SearchStrategy[Any]:
    """Any schedule; with ``parts`` those that a sequence may consist of."""
    kinds = [
        kind for kind in kinds_of(Schedule) if kind is not SequentialLR and not (parts and kind is ReduceLROnPlateau)
    ]
    simple = st.sampled_from(kinds).flatmap(specs)
    return simple if parts else st.one_of(simple, simple, sequences())


@st.composite
def sequences(draw: st.DrawFn) -> SequentialLR:
    milestones = sorted(draw(st.sets(st.integers(1, 300), max_size=3)))
    return SequentialLR(
        schedulers=tuple(draw(schedules(parts=True)) for _ in range(len(milestones) + 1)), milestones=tuple(milestones)
    )


def landscapes() -> st.SearchStrategy[Any]:
    return st.sampled_from(plain_kinds(Landscape)).flatmap(specs)


@st.composite
def settings_of(draw: st.DrawFn, usual: bool = False) -> dict[str, Any]:
    return {
        "optimizer": draw(optimizers(usual)),
        "schedule": draw(schedules()),
        "clip": draw(st.none() | specs_plain(Clip)),
        "noise": draw(st.none() | specs_plain(Noise)),
        "batch_size": draw(st.none() | st.integers(1, 1000)),
        "accumulate": draw(st.integers(1, 4)),
        "schedule_by": draw(st.sampled_from(["step", "epoch"])),
        "average": draw(st.none() | st.floats(0.0, 0.999)),
    }


@st.composite
def specs_plain(draw: st.DrawFn, kind: type[Any]) -> Any:
    return kind(**{h.field: draw(value_for(h)) for h in hyperparameters(kind)})


@st.composite
def runs(draw: st.DrawFn, usual: bool = False) -> Run:
    steps = sorted(draw(st.sets(st.integers(1, 60), max_size=2)))
    return Run(
        **draw(settings_of(usual)),
        label=draw(st.text(max_size=20).filter(encodable)),
        hidden=draw(st.booleans()),
        color=draw(st.none() | st.integers(0, 23)),
        changes=tuple(Change(step=step, **draw(settings_of(usual))) for step in steps),
        ensemble=draw(st.none() | ensembles()),
    )


@st.composite
def ensembles(draw: st.DrawFn) -> Seeds:
    lower = draw(st.sets(st.floats(0.0, 0.5, exclude_max=True), min_size=1, max_size=3))
    vary = draw(st.sampled_from(["all", "noise", "batches"]))
    return Seeds(members=draw(st.integers(2, MAX_SEEDS)), vary=vary, quantiles=tuple(sorted(lower)))


def encodable(text: str) -> bool:
    return not any("\ud800" <= c <= "\udfff" for c in text)


@st.composite
def planes(draw: st.DrawFn, kind: type[Any], dim: int) -> Any:
    """A plane that exists in ``dim`` dimensions."""
    found = draw(specs(kind, usual=True))
    try:
        found.check(dim)
    except ValueError:
        return kind()
    return found


@st.composite
def experiments(draw: st.DrawFn, usual: bool = False, max_runs: int = 3) -> Experiment:
    """Any experiment; it need not pass ``documents.check`` (its start may lie where the loss is not finite)."""
    landscape = draw(landscapes())
    dim = landscape.dim
    start = st.tuples(*[st.floats(-5.0, 5.0)] * dim) if dim < 10 else st.none()
    return Experiment(
        title=draw(st.text(max_size=20).filter(encodable)),
        landscape=landscape,
        start=draw(st.none() | start),
        plane=draw(st.none() | st.sampled_from(kinds_of(Plane)).flatmap(lambda kind: planes(kind, dim))),
        surface=draw(st.sampled_from(["training", "validation", "both"])),
        steps=draw(st.integers(1, 80)),
        seed=draw(st.integers(0, 2**63 - 1)),
        runs=tuple(draw(st.lists(runs(usual), min_size=1, max_size=max_runs))),
    )


__all__ = ["CONTRACT", "document", "experiment", "experiments", "run_of"]
