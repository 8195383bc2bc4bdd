"""What is wrong with a run, or right: a verdict in words, the numbers that show it, and what can be done about it.

Each textbook failure is one function that looks at the evidence and gives a verdict or None. What can be said is told
with steps and numbers, so that it can be checked on the plots; nothing is read from how the document names its tricks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from gdsim.core.evidence import Evidence
from gdsim.core.experiment import Experiment
from gdsim.core.trajectory import RunTrajectory
from gdsim.core.trials import sorted_by_fate
from gdsim.core.verdicts.calm import converged, otherwise, settled
from gdsim.core.verdicts.divergence import broken_off, data_first, diverging, flung, thrown_out
from gdsim.core.verdicts.gradients import clipping, held_by_decay, noisy, spikes
from gdsim.core.verdicts.learning import not_learning, odd_data, over_fitting, under_fitting
from gdsim.core.verdicts.places import held_up, local_minimum
from gdsim.core.verdicts.rates import bouncing, decayed, slow, swinging
from gdsim.core.verdicts.verdict import FEWEST, Diagnosis, Kind


def diagnose(experiment: Experiment, index: int, columns: RunTrajectory) -> tuple[Diagnosis, ...]:
    """Say what a run is doing, most important first; there is always something to say.

    Args:
        experiment: The document.
        index: Which of its runs.
        columns: What it has left behind so far; it need not have ended.
    """
    begun = len(columns) > 1 or (len(columns) == 1 and (columns.ended or not np.isnan(columns.loss[0])))
    if not begun:
        return (_too_early(0),)
    if columns.stride > 1:
        return (_in_short(columns),)
    e = Evidence(experiment, index, columns)
    with np.errstate(all="ignore"):
        return tuple(_with_effect(e, one) for one in _diagnosed(e))


def _with_effect(e: Evidence, found: Diagnosis) -> Diagnosis:
    """The verdict with the remedies that help, the best first; none that are in force already."""
    kept = tuple(remedy for remedy in found.remedies if remedy.edit(e.experiment) != e.experiment)
    if found.kind in TRIED and kept and e.rows:
        kept = sorted_by_fate(e.experiment, e.index, e.columns, kept, e.floor)
    return replace(found, remedies=kept)


def _diagnosed(e: Evidence) -> tuple[Diagnosis, ...]:
    if e.rows < len(e.columns):
        return broken_off(e)
    if e.rows < FEWEST:
        return (_too_early(e.last),)
    if e.outcome.kind == "diverged":
        return (*data_first(e), diverging(e))
    checks = SETTLED if e.outcome.kind == "converged" else MOVING
    found = tuple(verdict for check in checks if (verdict := check(e)) is not None)
    if not any(one.kind not in REMARKS for one in found):
        found = (*found, otherwise(e))
    hidden = {kind for one in found for kind in HIDES.get(one.kind, ())}
    return tuple(one for one in found if one.kind not in hidden)


def words(diagnoses: tuple[Diagnosis, ...]) -> list[str]:
    """The verdicts as lines for a terminal: a headline with its step, then the evidence and the remedies, indented."""
    lines = []
    for found in diagnoses:
        lines.append(f"{found.headline} (step {found.step:,})")
        lines += [f"  {sentence}" for sentence in found.evidence]
        if found.remedies:
            lines.append(f"  Try: {'; '.join(remedy.text for remedy in found.remedies)}.")
    return lines


def _too_early(step: int) -> Diagnosis:
    return Diagnosis("too early", "Too early to tell", ("There are too few steps to judge by.",), step)


def _in_short(columns: RunTrajectory) -> Diagnosis:
    """What is said of a run that is too long to be kept whole: its outcome, for which its last rows suffice."""
    note = f"One step in {columns.stride:,} is kept of so long a run; its single steps are not looked into."
    if columns.outcome is None:
        return Diagnosis("unsettled", "Still computing", (note,), columns.last)
    found = columns.outcome
    kinds: dict[str, Kind] = {"diverged": "diverging", "converged": "converged", "still descending": "descending"}
    told = f"{found.why[:1].upper()}{found.why[1:]}."
    return Diagnosis(kinds.get(found.kind, "unsettled"), found.kind.capitalize(), (told, note), found.step)


Check = Callable[[Evidence], Diagnosis | None]
MOVING: tuple[Check, ...] = (
    odd_data, thrown_out, flung, held_by_decay, not_learning, over_fitting, local_minimum, held_up, decayed,
    spikes, clipping, swinging, bouncing, settled, noisy, slow, under_fitting,
)  # fmt: skip
"""What a run that has not come to rest is asked, most important first."""
SETTLED: tuple[Check, ...] = (
    odd_data, not_learning, over_fitting, local_minimum, held_up, clipping, under_fitting, converged,
)  # fmt: skip
"""What a run is asked that has."""
HIDES: dict[Kind, tuple[Kind, ...]] = {
    "data": ("under-fitting", "not learning", "crawling"),
    "diverging": (
        "not learning",
        "saddle",
        "plateau",
        "bouncing",
        "swinging",
        "noise",
        "under-fitting",
        "unsettled",
        "spikes",
        "crawling",
        "ravine",
        "local minimum",
    ),
    "not learning": ("crawling", "ravine", "under-fitting", "noise"),
    "over-fitting": ("crawling", "ravine"),
    "local minimum": ("crawling", "ravine"),
    "saddle": ("crawling", "ravine"),
    "plateau": ("crawling", "ravine"),
    "decayed": ("crawling", "ravine"),
    "held by decay": ("crawling", "ravine", "bouncing", "unsettled", "not learning", "under-fitting"),
    "clipping": ("crawling", "ravine"),
    "bouncing": ("crawling", "ravine"),
    "swinging": ("crawling", "ravine"),
    "noise": ("crawling", "ravine"),
    "settled": ("noise", "bouncing", "crawling", "ravine"),
}
"""What need not be said any more, since it follows from something that is."""
TRIED: frozenset[Kind] = frozenset({
    "diverging", "local minimum", "saddle", "plateau", "decayed", "spikes", "bouncing", "swinging", "clipping", "noise",
    "ravine", "crawling", "descending", "unsettled",
})  # fmt: skip
"""Verdicts whose remedies are tried: the loss of a run tells whether they helped."""
REMARKS = frozenset({"data", "clipping", "saddle", "plateau", "spikes"})
"""Verdicts that do not say how the run ends: something else is said after them."""
