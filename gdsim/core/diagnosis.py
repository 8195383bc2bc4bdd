"""What is wrong with a run, or right: a verdict in words, the numbers that show it, and what can be done about it.

Each textbook failure is one function that looks at the evidence and gives a verdict or None. What can be said is told
with steps and numbers, so that it can be checked on the plots; nothing is read from how the document names its tricks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from gdsim.core import remedies
from gdsim.core.batch_edge import BatchEdge
from gdsim.core.evidence import MOST_EXACT, Evidence, Stretch
from gdsim.core.experiment import Experiment
from gdsim.core.landscapes import Floats
from gdsim.core.optimizers import SGD
from gdsim.core.outcome import BACK, between, overfitting
from gdsim.core.remedies import Remedy
from gdsim.core.suspicions import Suspicion
from gdsim.core.trajectory import RunTrajectory
from gdsim.core.trials import sorted_by_fate

Kind = Literal[
    "data", "diverging", "not learning", "over-fitting", "local minimum", "saddle", "plateau", "decayed", "spikes",
    "held by decay", "bouncing", "swinging", "clipping", "noise", "ravine", "crawling", "under-fitting", "converged",
    "settled", "descending", "unsettled", "too early",
]  # fmt: skip

FEWEST = 8
"""Rows that a verdict needs; a divergence shows earlier."""
LOOKED_AT = 12
"""Rows before a divergence whose curvature is compared with the rate."""
FEW_LOOKED_AT = 3
"""The same for optimizers that remember: what they divide by has to be computed again for each."""
TOLD = 4
"""The last losses of a divergence that are told."""
THROWN = 1.0
"""Thrown out: the loss is higher than at the start by more than so many times what it was, or fell at best."""
FLUNG = 10.0
"""The same where no curvature tells that the rate was to blame; or it was that high once, and is slow to come back."""
TURNS = 0.5
"""Bouncing: in at least this share of the last steps the marble turns round along the steepest direction."""
TURNS_UNKNOWN = 0.3
"""Bouncing, where the loss goes up and down without chance: the share of steps that turn back on the one before."""
ACROSS = 0.3
"""Bouncing: at least this share of the last steps' length leads across the valley."""
LASTING = 0.3
"""Bouncing: in the second half of the window the steps across are at least this share of those in the first."""
ROLLING = 0.3
"""Swinging: the least momentum that carries a marble through a floor."""
SWINGS = 2
"""Swinging: it turned round so many times in the last steps."""
STEEP_RATE = 0.9
"""Bouncing in noise: the rate is at least this share of the largest stable one; below, noise explains the turns."""
SLOW = 0.5
"""Slow: after the last quarter of the run more than this share of the way down is still left."""
STRAIGHT = 0.8
"""Crawling: the mean cosine between one step and the next."""
ROOMY = 0.6
"""What is proposed stays below this share of the largest stable rate."""
DRIFT = 0.35
"""Crawling in noise: how far the last steps led, as a share of how long they were in all."""
NARROW = 10.0
"""A ravine: across it curves so many times more than along the last steps."""
HELD = 0.03
"""Held up: a stretch in which the loss fell by at most this share of its whole fall ..."""
HELD_FOR = 0.2
"""... that lasted for at least this share of the run ..."""
LEAVING = 7
"""Only just leaving: the stretch ended in the last one of so many parts of the run."""
HELD_ROWS = 15
"""... and for at least so many steps ..."""
FASTER = 3.0
"""... and before a fall that was this many times faster, or to the end, far from any minimum."""
AHEAD = 0.05
"""Held up: at least this share of the whole fall lay ahead, or is known to lie ahead."""
DOWNWARDS = 0.1
"""A saddle: the ground curves down at least this much, as a share of how it curves up."""
NEAR = 0.2
"""At a saddle or minimum: it is this near by gradient and curvature, as a share of the way to something better."""
SLOPELESS = 0.02
"""At a saddle, with many parameters: the gradient is at most this share of the largest in the run."""
GENTLE = 0.3
"""A plateau: the gradient there is at most this share of the mean slope of the way down from there."""
SHAKING = 2.0
"""Noise against a pit: so many times the steepest slope on the way to the best minimum."""
ON_THE_WAY = 33
"""Places between a local minimum and the best one whose slopes the noise has to overcome."""
BETTER = 1e-3
"""A minimum is not the best known one where it is higher by this share of the whole fall."""
DECAYED = 0.05
"""The rate has decayed away where it is below this share of its highest ..."""
DECAYED_FOR = 0.2
"""... for the last part of the run that is at least this share ..."""
FADED = 0.3
"""It has decayed away, too, where it is below this share of its highest ..."""
FADED_FOR = 0.6
"""... for more than this share of the run, and the run is slow below an edge that is far off."""
LOST = 0.1
"""... in which, as fast as it was falling, the loss would have fallen further by this share of its fall so far ..."""
STOPPED = 0.3
"""... of which it did at most this share."""
BALANCED = 0.1
"""Held by weight decay: what is left of the update is at most this share of what the decay takes, or asks for."""
CLIPPED = 0.5
"""Clipping all the time: more than this share of the updates."""
SAMPLED = 64
"""Rows whose gradients are looked at where they have to be computed again."""
SPIKE = 8.0
"""A spike is so many times as high as what nine of ten values around it stay under ..."""
SIDE = 20
"""... where so many rows on both sides are around it ..."""
NARROW_SPIKE = 4
"""... and so many rows away all is half as high at most."""
SPIKES = 2
"""So many spikes are no accident ..."""
SPIKES_AT_MOST = 0.05
"""... while more than this share of the steps is no spike but a habit."""
SPIKE_WINDOW = 2_000
"""Rows at the end in which spikes are looked for."""
NOISE_FLOOR = 1e-3
"""Noise: the loss dances by at least this share of its whole fall."""
NOT_LEARNED = 0.1
"""Not learning: the model saves at most this share of what the best constant answer costs."""
HIGH = 0.5
"""Both high: training and validation save at most this share of it, and the loss has come to rest."""
ENOUGH = 20
"""Updates after which one may ask whether something was learned."""
SLIGHT = 0.2
"""Over-fitting sets in: the validation loss has risen by less than this share of its lowest value."""
NEXT_TO_NOTHING = 2e-2
"""Settled: at most this share of the whole fall is left, and danced through."""
PITS = 24
"""Places of the first half of a run at which is looked whose pit they lie in."""
EFFECTIVE = 1e-2
"""Almost there: at most this share of the whole fall is left, by what is known."""


@dataclass(frozen=True)
class Diagnosis:
    """A verdict.

    Attributes:
        kind: Which one.
        headline: It in a few words.
        evidence: Sentences with numbers and steps.
        step: Where it shows.
        remedies: What can be done, most promising first.
    """

    kind: Kind
    headline: str
    evidence: tuple[str, ...]
    step: int
    remedies: tuple[Remedy, ...] = ()


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
        return _broken(e)
    if e.rows < FEWEST:
        return (_too_early(e.last),)
    if e.outcome.kind == "diverged":
        return (*_data_first(e), _diverging(e))
    checks = SETTLED if e.outcome.kind == "converged" else MOVING
    found = tuple(verdict for check in checks if (verdict := check(e)) is not None)
    if not any(one.kind not in REMARKS for one in found):
        found = (*found, _otherwise(e))
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


# Numbers that are not finite


def _broken(e: Evidence) -> tuple[Diagnosis, ...]:
    """The run ended in a number that is not finite: the data were to blame, or the rate."""
    first = _data_first(e)
    if e.rows == 0:
        if first:
            return first
        told = (f"The loss is {_word(e.columns.loss[0])} before the first update: no rate can mend that.",)
        return (Diagnosis("data", "The loss is not finite from the start", told, 0, _given(_elsewhere(e))),)
    return (*first, _diverging(e))


def _data_first(e: Evidence) -> tuple[Diagnosis, ...]:
    """Data that explain a divergence: missing values, or an input in another unit."""
    return tuple(
        _suspected(e, one) for one in e.suspicions if one.kind in ("missing values", "wrong scale")
    )  # fmt: skip


def _diverging(e: Evidence) -> Diagnosis:
    """Frozen at the last finite step, with the numbers that led there."""
    last, losses = e.last, e.loss
    tail = losses[max(0, e.rows - TOLD) :]
    course = " → ".join(f"{value:.3g}" for value in tail)
    broken = e.rows < len(e.columns)
    told = [f"The last {'finite ' if broken else ''}step is {last:,}; the losses up to it: {course}."]
    if broken:
        row = e.rows
        what = "the loss" if not np.isfinite(e.columns.loss[row]) else "a parameter"
        told[0] += f" After it {what} is {_word(e.columns.loss[row]) if what == 'the loss' else 'not finite'}."
    elif e.outcome.kind == "diverged" and 0 < e.outcome.step < last:
        told[0] += f" Since step {e.outcome.step:,} it has been far above all that it began with."
    found = _crossing(e)
    if found is not None:
        step = found[1]
        since = f"From step {step:,} on" if step < last else f"At step {step:,}"
        usual = ", as a rule" if e.noisy else ""
        told.append(
            f"{since} {_against(e, step, 'there')}: each step across the valley is{usual} longer than the last."
        )
    else:
        moved = np.linalg.norm(np.diff(e.theta[max(0, e.rows - TOLD) :], axis=0), axis=1)
        if moved.size:
            told.append(f"The last steps were {' → '.join(f'{value:.3g}' for value in moved)} long.")
    mend = None
    if found is not None and found[1] <= 0.5 * last + 2:
        mend = remedies.half_the_edge(e.index, e.experiment.runs[e.index], found[0])
    return Diagnosis(
        "diverging", f"Diverging: the rate is too large{_for_batches(e, found and found[1])}", tuple(told), last,
        _given(mend, remedies.lower_rate(e.index, _excess(e)), _bounding(e),
               remedies.standardise(e.experiment, e.index)),
    )  # fmt: skip


def _crossing(e: Evidence) -> tuple[float, int] | None:
    """The largest stable rate, and the row from which on the rate was above it; None where it never was.

    Some rows are looked at from where the loss was lowest: there the way out begins, though the rate may have been too
    large before.
    """
    first = int(np.argmin(e.loss))
    rows = LOOKED_AT if isinstance(e.settings.optimizer, SGD) else FEW_LOOKED_AT
    for row in np.unique(np.linspace(first, e.last, rows).astype(int)).tolist():
        if _is_over(e, row):
            row = _since(e, row) if isinstance(e.settings.optimizer, SGD) else row
            edge = e.bears(row)
            return None if edge is None else (edge, row)
    return None


def _is_over(e: Evidence, row: int) -> bool:
    edge = e.bears(row)
    return edge is not None and float(_rates(e)[row]) > edge


def _since(e: Evidence, row: int) -> int:
    """From which row on, before this one, the rate was above the edge, as far as some rows tell."""
    over, under = row, -1
    for earlier in np.unique(np.linspace(0, row, LOOKED_AT).astype(int))[-2::-1].tolist():
        if not _is_over(e, earlier):
            under = earlier
            break
        over = earlier
    while over - under > 1 and under >= 0:
        middle = (over + under) // 2
        over, under = (middle, under) if _is_over(e, middle) else (over, middle)
    return over


def _against(e: Evidence, row: int, where: str) -> str:
    """The rate at a row held against the largest stable one; batches are told of where they decide."""
    rate, edge, batches = float(_rates(e)[row]), e.edge(row), e.batch_edge(row)
    whole = " for the full gradient" if e.noisy else ""
    if batches is not None and batches.rate < (np.inf if edge is None else edge):
        known = "" if edge is None else f"; for the full gradient it would be {edge:.3g}"
        return (
            f"the rate {rate:.3g} is {rate / batches.rate:.2f} times the largest stable one for {_batches(batches)} "
            f"{where}, {batches.rate:.3g} (they curve up to {batches.steepest:.3g}, all together {batches.mean:.3g})"
            f"{known}"
        )
    if edge is None:
        return f"the rate is {rate:.3g}"
    return f"the rate {rate:.3g} is {rate / edge:.3g} times the largest stable one{whole} {where}, {edge:.3g}"


def _batches(found: BatchEdge) -> str:
    return "single examples" if found.size == 1 else f"batches of {found.size:,}"


def _for_batches(e: Evidence, row: int | None) -> str:
    """A headline's end: that it is the batches for which the rate is too large, where it is not for all examples."""
    batches = None if row is None else e.batch_edge(row)
    if row is None or batches is None or ((edge := e.edge(row)) is not None and float(_rates(e)[row]) > edge):
        return ""
    return f" for {_batches(batches)}" if float(_rates(e)[row]) > batches.rate else ""


def _excess(e: Evidence) -> float:
    """How many times too large the rate was, where the ground was steepest for it; at least 1."""
    found = _crossing(e)
    rows = [0] if found is None else [0, found[1]]
    edges = [(float(_rates(e)[row]), edge) for row in rows if (edge := e.bears(row)) is not None]
    return max([1.0, *(rate / edge for rate, edge in edges)])


def _bounding(e: Evidence) -> Remedy | None:
    """Clipping, where a clipped step would stay in the region: a hundred times too large a rate is no cliff."""
    optimizer, longest = e.settings.optimizer, float(_rates(e).max())
    if e.settings.clip is not None or not isinstance(optimizer, SGD):
        return None
    longest /= max(1.0 - optimizer.momentum, 1e-3)
    if longest > max(1.0, float(np.linalg.norm(e.theta[0]))):
        return None
    return remedies.clip_at(e.index, 1.0, "No step gets longer than η then: a cliff cannot throw the marble out.")


def _rates(e: Evidence) -> Floats:
    """The rates used, without the nan behind the last update."""
    rates = e.lr.copy()
    if rates.size and np.isnan(rates[-1]):
        rates[-1] = rates[-2] if rates.size > 1 and np.isfinite(rates[-2]) else e.settings.optimizer.rate
    return rates


def _thrown_out(e: Evidence) -> Diagnosis | None:
    """Not without bounds, but far above where it started: at rates beyond the edge."""
    usual, start = float(np.median(e.loss[e.window])), float(e.loss[0])
    above = (usual - start) / max(abs(start), e.fall)
    if above <= THROWN or e.rows < 2 * FEWEST:
        return None
    edge, over = e.bears(0), _is_over(e, 0)
    if not over and (e.noisy or above <= FLUNG):
        return None
    told = [f"The loss was {start:.3g} at the start and is {usual:.3g} in the last steps: the marble was thrown out."]
    if over:
        told.append(f"At step 0 {_against(e, 0, 'there')}.")
    return Diagnosis(
        "diverging", f"Thrown out: the rate is too large{_for_batches(e, 0)}", tuple(told), e.last,
        _given(remedies.half_the_edge(e.index, e.experiment.runs[e.index], edge) if over and edge is not None else None,
               remedies.lower_rate(e.index, _excess(e))),
    )  # fmt: skip


def _peak(e: Evidence) -> int | None:
    """Where a run that remembers its gradients was thrown far above its start."""
    start, place = float(e.loss[0]), int(np.argmax(e.loss))
    if e.noisy or isinstance(e.settings.optimizer, SGD) or e.rows < 2 * FEWEST or e.last - place < FEWEST:
        return None
    return place if float(e.loss[place]) > start + FLUNG * max(abs(start), e.fall) else None


def _flung(e: Evidence) -> Diagnosis | None:
    """Thrown out once and slow since: optimizers remember gradients of the height they were thrown to."""
    place = _peak(e)
    if place is None or _thrown_out(e) or (e.outcome.kind != "stalled" and e.slowness() < SLOW):
        return None
    if float(e.loss[-1]) - (float(e.loss.min()) if e.floor is None else e.floor) < LOST * e.fall:
        return None
    told = (
        f"At step {place:,} the loss was {e.loss[place]:.3g}, where it had begun with {e.loss[0]:.3g}; now it is "
        f"{e.loss[-1]:.3g}.",
        "The optimizer divides by gradients that it remembers, and those up there were far larger than any down here: "
        "its steps have been too short ever since.",
    )
    return Diagnosis(
        "diverging", "Thrown out at first: the rate is too large", told, place, (remedies.lower_rate(e.index),)
    )


# The data


def _suspected(e: Evidence, one: Suspicion, *more: str) -> Diagnosis:
    cures: dict[str, tuple[Remedy | None, ...]] = {
        "outliers": (remedies.robust_loss(e.landscape),),
        "wrong scale": (remedies.standardise(e.experiment, e.index),),
    }
    given = _given(remedies.sound_data(e.landscape), *cures.get(one.kind, ()))
    return Diagnosis(
        "data", f"Look at the data: {one.headline}", (_up(one.evidence), *map(_up, more)), max(0, e.last), given
    )


def _odd_data(e: Evidence) -> Diagnosis | None:
    found = [one for one in e.suspicions if one.kind != "shuffled labels"]
    if not found:
        return None
    return _suspected(e, found[0], *(other.evidence for other in found[1:]))


def _not_learning(e: Evidence) -> Diagnosis | None:
    """Nothing was learned: the order of checks is data, rate, ten examples."""
    saved = e.explained()
    if saved is None or e.last < ENOUGH or saved > NOT_LEARNED:
        return None
    shuffled = next((one for one in e.suspicions if one.kind == "shuffled labels"), None)
    told = [
        f"After {e.last:,} updates the model is {_share_saved(saved)} than the best constant answer.",
        f"Check the data first: {shuffled.evidence if shuffled else 'nothing odd shows in their numbers.'}",
    ]
    edge = e.bears(e.last)
    told.append(f"Then the rate: {_against(e, e.last, 'here')}{'' if edge else '; a range test tells more'}.")
    told.append("Then ten examples: a sound model learns them by heart.")
    headline = f"It does not learn: {shuffled.headline}" if shuffled else "It does not learn"
    low = edge is None or 3.0 * float(_rates(e)[-1]) <= edge
    change = _faster(e) if low else remedies.lower_rate(e.index)
    return Diagnosis(
        "not learning", headline, tuple(told), e.last,
        _given(remedies.sound_data(e.landscape) if shuffled else None, change, remedies.ten_examples()),
    )  # fmt: skip


def _over_fitting(e: Evidence) -> Diagnosis | None:
    held_back = e.columns.val_loss
    found = None if held_back is None else overfitting(e.loss, held_back)
    if found is None:
        return None
    risen, held = found.last / found.lowest - 1.0 if found.lowest > 0.0 else np.inf, e.held_back
    told = [f"{_up(found.why.removeprefix('Over-fitting: '))}."]
    if np.isfinite(risen):
        told.append(f"That is {risen:.0%} more than it was, on {held:,} examples that were held back.")
    slight = "Over-fitting sets in: the validation loss rises again"
    return Diagnosis(
        "over-fitting", slight if risen < SLIGHT else "Over-fitting: it learns the examples, not the rule", tuple(told),
        found.step,
        _given(
            remedies.stop_at(found.step), remedies.weight_decay(e.index, e.settings),
            remedies.resized(e.landscape, larger=False),
        ),
    )  # fmt: skip


def _under_fitting(e: Evidence) -> Diagnosis | None:
    """Training and validation both high, and no more to be had."""
    saved, held_back = e.explained(), e.explained(validation=True)
    if saved is None or e.last < ENOUGH or not NOT_LEARNED < saved <= HIGH or (held_back or 0.0) > HIGH:
        return None
    if e.outcome.kind != "converged" and e.slowness() < SLOW:
        return None
    told = f"The training loss came to rest at {e.loss[-1]:.3g}: the model is {_share_saved(saved)} than the best "
    told += "constant answer"
    if held_back is not None and e.columns.val_loss is not None:
        told += f"; on the validation part ({e.columns.val_loss[-1]:.3g}) {_share_saved(held_back)}"
    who = "Training and validation both high" if held_back is not None else "The training loss stays high"
    return Diagnosis(
        "under-fitting", f"{who}: the model is too simple, or the data too noisy", (f"{told}.",), e.last,
        _given(remedies.resized(e.landscape, larger=True)),
    )  # fmt: skip


def _share_saved(saved: float) -> str:
    return f"{saved:.0%} better" if saved > 0.005 else "no better" if saved > -0.005 else f"{-saved:.0%} worse"


# Places that hold a marble


def _local_minimum(e: Evidence) -> Diagnosis | None:
    """At rest, or going round, in a pit that is not the deepest known."""
    minima = e.minima
    if not len(minima) or e.floor is None:
        return None
    best = minima[int(np.argmin(np.linalg.norm(minima - e.theta[-1], axis=1)))]
    place = e.bottom()
    if place is None:
        return None
    height = float(e.landscape.loss(place[np.newaxis])[0])
    away = float(np.linalg.norm(best - place))
    roams = float(np.linalg.norm(e.theta[e.window] - place, axis=1).max())
    if height - e.floor <= max(BETTER * e.fall, 1e-9) or roams > NEAR * away:
        return None
    inside = np.linalg.norm(e.theta - place, axis=1) <= NEAR * away
    outside = np.flatnonzero(~inside)
    step = int(outside[-1]) + 1 if outside.size else 0
    told = (
        f"Since step {step:,} the marble has been in the pit of a minimum at {_place(place)}, in the last steps within "
        f"{roams:.2g} of it; its loss is {height:.4g}, that of the best known minimum {e.floor:.4g}.",
        "The gradient vanishes there and the ground curves upwards on all sides: descent alone does not leave it.",
    )
    way = place + np.linspace(0.0, 1.0, ON_THE_WAY)[:, np.newaxis] * (best - place)
    steepest = float(np.nanmax(np.linalg.norm(e.landscape.gradient(way), axis=1)))
    return Diagnosis(
        "local minimum", "Stuck in a local minimum", told, step,
        _given(_shaken(e, steepest), _elsewhere(e)),
    )  # fmt: skip


def _shaken(e: Evidence, steepest: float) -> Remedy | None:
    """Noise twice as strong as the steepest slope on the way, for plain descent; momentum makes too much of it."""
    optimizer = e.settings.optimizer
    if e.noisy or not isinstance(optimizer, SGD) or optimizer.momentum > 0.5:
        return None
    steps, ticks = e.experiment.steps, e.settings.ticks(e.landscape)
    return remedies.fading_noise(e.index, SHAKING * max(steepest, 1e-3), steps, ticks)


def _held_up(e: Evidence) -> Diagnosis | None:
    """A saddle or a plateau: the loss stood still for long, far from where it could be."""
    until_end = _still_held(e)
    stretch = e.slow_stretch(HELD, 0.0 if until_end else AHEAD)
    if stretch is None or stretch.end - stretch.first < max(HELD_FOR * e.rows, HELD_ROWS):
        return None
    until_end = until_end and stretch.end >= e.last - max(1, e.rows // LEAVING)
    if not until_end and not _went_on(e, stretch):
        return None
    rows = slice(stretch.first, stretch.end + 1)
    row = stretch.first + int(np.argmin(e.norm[rows]))
    curve = e.curvature(row)
    if curve is None:
        return None
    slope = float(np.linalg.norm(e.gradient(row)))
    where = f"From step {stretch.first:,} to {stretch.end:,} the loss stayed near {e.loss[row]:.3g}"
    left = "is only just leaving it" if stretch.end < e.last - max(1, e.rows // 100) else "has not left it yet"
    where += f" and {left}" if until_end else f", then fell to {e.loss.min():.3g}"
    bends = f"the curvature runs from {curve.low:.3g} to {curve.high:.3g}"
    there = f"at step {row:,} the gradient norm is {slope:.2g}"
    if _is_saddle(e, row, stretch, until_end=until_end):
        told = (f"{where}.", f"{_up(there)} and {bends}: down in one direction, up in another.")
        return Diagnosis(
            "saddle", "Held up at a saddle", told, row,
            _given(_momentum(e), _small_noise(e, slope), _adam(e)),
        )  # fmt: skip
    if not _gentle(e, row, until_end=until_end):
        return None
    told = (f"{where}.", f"{_up(there)}, against {e.norm.max():.2g} at most, and {bends}: hardly a slope to follow.")
    return Diagnosis(
        "plateau", "Held up on a plateau", told, row,
        _given(_momentum(e), _faster(e),
               _adam(e)),
    )  # fmt: skip


def _went_on(e: Evidence, stretch: Stretch) -> bool:
    """Whether a good part of the fall came after the stretch, and much faster."""
    within = float(e.loss[stretch.first] - e.loss[stretch.end]) / (stretch.end - stretch.first)
    ahead = float(e.loss[stretch.end] - e.loss[stretch.end :].min())
    places, means = e.course
    later = places >= stretch.end
    if later.sum() < 2:
        return False
    fastest = float(np.max(-np.diff(means[later]) / np.diff(places[later])))
    return ahead >= AHEAD * e.fall and fastest >= FASTER * max(within, 1e-300)


def _still_held(e: Evidence) -> bool:
    """Whether, at the end, much is known or bound to lie ahead: the ground curves down, or a minimum lies deeper."""
    if e.outcome.kind == "converged" or (e.noisy and e.outcome.kind == "oscillating"):
        return False
    if e.floor is not None:
        return float(e.loss[-1]) - e.floor >= AHEAD * e.fall
    curve = e.curvature(e.last)
    return curve is not None and (curve.low < -DOWNWARDS * abs(curve.high) or e.model is not None)


def _is_saddle(e: Evidence, row: int, stretch: Stretch, *, until_end: bool) -> bool:
    """Whether the ground curves both ways and the point without slope is near."""
    curve = e.curvature(row)
    if curve is None or curve.high <= 0.0 or curve.low >= -DOWNWARDS * curve.high:
        return False
    away = float(np.linalg.norm(e.theta[row] - e.theta[-1]))
    if until_end:
        roamed = float(np.ptp(e.theta[stretch.first :], axis=0).max())
        away = max(float(np.linalg.norm(e.theta[row] - e.theta[0])), roamed)
    gradient = e.gradient(row)
    if float(np.linalg.norm(gradient)) > GENTLE * float(e.norm.max()):
        return False
    if e.landscape.dim > MOST_EXACT:  # most places of a network curve both ways; at a saddle there is no slope either
        return float(np.linalg.norm(gradient)) <= SLOPELESS * float(e.norm.max())
    hessian = e.landscape.hessian(e.theta[row : row + 1])[0]
    step = np.linalg.lstsq(hessian, gradient, rcond=1e-9)[0]
    return float(np.linalg.norm(step)) <= NEAR * away or float(np.linalg.norm(gradient)) <= 1e-9 * float(e.norm.max())


def _gentle(e: Evidence, row: int, *, until_end: bool) -> bool:
    """Whether the slope is much gentler than the way down that lies ahead, and the ground hardly bends along it."""
    minima, theta = e.minima, e.theta[row]
    if not until_end:
        lowest = row + int(np.argmin(e.loss[row:]))
        away, ahead = float(np.linalg.norm(e.theta[lowest] - theta)), float(e.loss[row] - e.loss[lowest])
    elif len(minima) and e.floor is not None:
        away, ahead = float(np.linalg.norm(minima - theta, axis=1).min()), float(e.loss[row]) - e.floor
    else:
        away, ahead = 1.0 + float(np.linalg.norm(theta)), abs(float(e.loss[row]))
    if not away > 0.0:
        return False
    g = e.gradient(row)
    along = abs(float(g @ e.product(row, g))) / max(float(g @ g), 1e-300)
    return float(np.linalg.norm(g)) <= GENTLE * ahead / away and along <= 2.0 * ahead / away**2


# The rate


def _bouncing(e: Evidence) -> Diagnosis | None:
    """From side to side across a valley, at a rate that its steepest place hardly bears, or in steps of one length."""
    place, curve = e.steepest, e.steepest.curve
    if curve is None or len(e.moves) < FEWEST or _rolls_freely(e):
        return None
    turned, part, lasts = _across(e, curve.steep)
    share = float(turned.mean())
    edge, rate = place.edge, float(_rates(e)[place.row])
    if e.noisy and (edge is None or rate < STEEP_RATE * edge):
        return None
    swings = e.outcome.kind == "oscillating" and not e.noisy and _turning(e) >= TURNS_UNKNOWN
    if not ((share >= TURNS and part >= ACROSS and lasts and curve.high > 0.0) or swings):
        return None
    told = [
        f"In {int(turned.sum())} of the last {len(turned)} steps the marble turned round along the steepest direction "
        f"(curvature {curve.high:.3g}); {part:.0%} of the way it made leads across the valley."
    ]
    if e.bounded:
        told.append(
            "Clipping keeps the steps from getting longer; no slope there is gentle enough to make them shorter."
        )
    elif edge is not None:
        told.append(_at_steepest(e))
        if rate > edge and _rises(e):
            return None if _thrown_out(e) else _diverging(e)
    return Diagnosis(
        "bouncing", "Bouncing across a valley", tuple(told), e.last,
        _given(_momentum(e) if share >= TURNS else None,
               _gentler(e) if edge is not None else _without_edge(e), _decaying(e),
               remedies.standardise(e.experiment, e.index)),
    )  # fmt: skip


def _at_steepest(e: Evidence) -> str:
    """The rate against the largest stable one where the ground curves most along the last steps, in a sentence."""
    place = e.steepest
    if place.row == e.last or place.edge is None or place.curve is None:
        return f"{_up(_against(e, place.row, 'here'))}."
    rate = float(_rates(e)[place.row])
    return (
        f"Where it is steepest, at {_place(place.theta)} on the way of update {place.row:,} (curvature "
        f"{place.curve.high:.3g}), the rate {rate:.3g} is {rate / place.edge:.3g} times the largest stable one, "
        f"{place.edge:.3g}."
    )


def _across(e: Evidence, direction: Floats) -> tuple[npt.NDArray[np.bool_], float, bool]:
    """Which of the last steps turn along a direction, how much of the way leads along it, and whether that lasts."""
    across = e.moves @ direction
    lengths = float(np.linalg.norm(e.moves, axis=1).sum())
    half = len(across) // 2
    lasts = float(np.abs(across[half:]).mean()) >= LASTING * float(np.abs(across[:half]).mean())
    return across[1:] * across[:-1] < 0.0, float(np.abs(across).sum()) / max(lengths, 1e-300), lasts


def _rolls_freely(e: Evidence) -> bool:
    """Whether momentum is in use, at a rate far enough below the edge: what turns the marble is the slope it climbs."""
    optimizer, edge = e.settings.optimizer, e.steepest.edge
    if optimizer.momentum_field != "momentum" or getattr(optimizer, "momentum", 0.0) < ROLLING or e.bounded:
        return False
    return edge is not None and float(_rates(e)[e.steepest.row]) < STEEP_RATE * edge


def _swinging(e: Evidence) -> Diagnosis | None:
    """Through the floor of a valley and up the other side, carried by momentum."""
    if e.noisy or len(e.moves) < FEWEST or not _rolls_freely(e) or not float(np.abs(e.moves).max()) > 0.0:
        return None
    way = np.linalg.svd(e.moves / np.abs(e.moves).max(), full_matrices=False)[2][0]
    turned, part, _ = _across(e, way)
    changes = np.diff(e.loss[e.window])
    rises = float(changes[changes > 0.0].sum()) > BACK * -float(changes[changes < 0.0].sum())
    if turned.sum() < SWINGS or part < ACROSS or not (rises or turned.mean() >= TURNS):
        return None
    row, rate = e.last, float(_rates(e)[e.last])
    bend = float(way @ e.product(row, way))
    own = float(getattr(e.settings.optimizer, "momentum", 0.0))
    told = [
        f"In the last {len(e.moves)} steps the marble ran through the floor and turned round {int(turned.sum())} times "
        f"in one direction (curvature {bend:.3g}): with β = {own:g} it has not lost its speed when it gets there.",
        f"{_at_steepest(e)} No step is too long for the ground.",
    ]
    fading = _fading_swings(e)
    return Diagnosis(
        "swinging", "Swinging: momentum overshoots", tuple(told if fading is None else [*told, fading]), e.last,
        _given(_damped(e, rate * bend), _gentler(e), remedies.more_steps(e.experiment)),
    )  # fmt: skip


def _damped(e: Evidence, speed: float) -> Remedy | None:
    """As much momentum as comes to rest soonest: (1 - √(ηh))², and for Nesterov's (1 - √(ηh))/(1 + √(ηh))."""
    nesterov = getattr(e.settings.optimizer, "nesterov", False)
    if not 0.0 < speed < (1.0 if nesterov else 4.0):
        return None
    root = float(np.sqrt(speed))
    return remedies.less_momentum(e.index, e.settings, (1.0 - root) / (1.0 + root) if nesterov else (1.0 - root) ** 2)


def _without_edge(e: Evidence) -> Remedy | None:
    """Steps of one length never come to rest, but as long as they lead down shorter ones only take longer."""
    on_its_way = e.outcome.kind == "still descending"
    return remedies.more_steps(e.experiment) if on_its_way else _decaying(e) or _gentler(e)


def _turning(e: Evidence) -> float:
    """The share of the last steps that turn back on the one before."""
    return float((np.einsum("ij,ij->i", e.moves[1:], e.moves[:-1]) < 0.0).mean()) if len(e.moves) > 1 else 0.0


def _rises(e: Evidence) -> bool:
    """Whether the loss has risen with every one of the last steps, to where it was at the start or higher."""
    return bool((np.diff(e.loss[-FEWEST:]) > 0.0).all()) and float(e.loss[-1]) >= float(e.loss[0])


def _gentler(e: Evidence) -> Remedy:
    """Half the rate: bouncing is not yet diverging."""
    return Remedy("Halve η", "Steps across the valley that are half as long stop at its floor.",
                  remedies.scaled_rate(e.index, 0.5))  # fmt: skip


def _slow(e: Evidence) -> Diagnosis | None:
    """Crawling, because the rate is small, or because a ravine allows no larger one."""
    if e.outcome.kind not in ("still descending", "stalled") or len(e.moves) < FEWEST:
        return None
    left = e.slowness()
    if left < SLOW or (e.landscape.dim > 2 and 0.0 <= e.loss[-1] <= EFFECTIVE * e.loss[0]):
        return None
    edge, rate = e.bears(e.last), float(_rates(e)[-1])
    if rate < DECAYED * float(_rates(e).max()):
        return None  # that is the schedule's doing
    if edge is not None and 3.0 * rate > edge:
        return _ravine(e, edge, rate, left)
    lengths = np.linalg.norm(e.moves, axis=1)
    products = np.einsum("ij,ij->i", e.moves[1:], e.moves[:-1])
    straight = float(np.mean(products / np.maximum(lengths[1:] * lengths[:-1], 1e-300)))
    drift = float(np.linalg.norm(e.moves.sum(axis=0))) / max(float(lengths.sum()), 1e-300)
    if straight < STRAIGHT and not (e.noisy and drift >= DRIFT):
        return None
    told = [f"{_left(e, left)} In the last steps the marble moved {float(lengths.mean()):.2g} at a time"]
    told[0] += f", in one direction (mean cosine from step to step {straight:.2f})." if straight >= STRAIGHT else "."
    if edge is not None:
        told.append(f"{_up(_against(e, e.last, 'here'))}.")
    held_back = e.columns.val_loss
    if held_back is not None and (lowest := int(np.argmin(held_back[: e.rows]))) < e.last - e.rows // 4:
        told.append(f"The validation loss was lowest at step {lowest:,}, though: it gains nothing from more speed.")
    return Diagnosis(
        "crawling", "Crawling: the rate is small", tuple(told), e.last,
        _given(_faster(e, warmed=True), _momentum(e, 3), remedies.more_steps(e.experiment)),
    )  # fmt: skip


def _ravine(e: Evidence, edge: float, rate: float, left: float) -> Diagnosis | None:
    curve, way = e.curvature(e.last), e.moves[-len(e.moves) // 2 :].sum(axis=0)
    length = float(np.linalg.norm(way))
    if curve is None or length == 0.0:
        return None
    along = float(way @ e.product(e.last, way)) / length**2
    if abs(along) * NARROW > curve.high:
        return None
    told = (
        f"{_left(e, left)} The ground curves {curve.high / max(abs(along), 1e-300):,.0f} times more across the valley "
        f"({curve.high:.3g}) than along the marble's way ({along:.3g}).",
        f"It {'is beyond the edge' if rate > edge else 'cannot go much faster'}: {_against(e, e.last, 'here')}.",
    )
    return Diagnosis(
        "ravine", "Slow along the floor of a ravine", told, e.last,
        _given(remedies.standardise(e.experiment, e.index), _momentum(e, 3), _adam(e),
               *((_gentler(e), _decaying(e)) if rate > edge else ()), remedies.more_steps(e.experiment)),
    )  # fmt: skip


def _left(e: Evidence, left: float) -> str:
    quarter = max(10, e.rows // 4)
    if e.floor is not None:
        return (
            f"Of what was left to fall {quarter:,} steps before the end, {min(left, 1.0):.0%} is still left: the loss "
            f"is {e.loss[-1]:.3g}, the least known {e.floor:.3g}."
        )
    return f"The loss keeps falling, by {float(e.loss[-quarter - 1] - e.loss[-1]):.2g} in the last {quarter:,} steps."


def _decayed(e: Evidence) -> Diagnosis | None:
    """The schedule took the rate away too early."""
    return _dropped(e) or _faded(e)


def _below(rates: Floats, share: float) -> int:
    """From which row on the rates are below a share of their highest."""
    alive = np.flatnonzero(rates >= share * float(rates.max()))
    return int(alive[-1]) + 1 if alive.size else 0


def _dropped(e: Evidence) -> Diagnosis | None:
    """The rate was taken away while the loss was still falling."""
    rates = _rates(e)
    highest, step = float(rates.max()), _below(rates, DECAYED)
    after = e.last - step
    before = max(FEWEST, step // 10)
    if after < DECAYED_FOR * e.last or after < FEWEST or step < before:
        return None
    width = max(1, before // 4) if e.noisy else 1
    pace = float(e.loss[step - before : step - before + width].mean() - e.loss[step : step + width].mean()) / before
    gone = float(e.loss[step] - e.loss[e.last])
    so_far = float(e.loss[0] - e.loss[step])
    ahead = pace * after if e.floor is None else min(pace * after, float(e.loss[step]) - e.floor)
    if ahead < LOST * max(so_far, 1e-300) * (1.0 if e.floor is None else 0.1) or gone > STOPPED * ahead:
        return None
    told = (
        f"From step {step:,} on the rate is below {DECAYED:.0%} of its highest ({highest:.3g}); at the end it is "
        f"{rates[-1]:.2g}.",
        f"Just before, the loss was falling by {pace:.2g} a step; in the {after:,} steps since it fell by {gone:.2g}.",
    )
    return Diagnosis(
        "decayed", "The rate decayed away too early", told, step,
        _given(remedies.steady_rate(e.index),
               remedies.cosine(e.index, e.experiment.steps, e.settings.ticks(e.landscape))),
    )  # fmt: skip


def _faded(e: Evidence) -> Diagnosis | None:
    """For most of the run the rate was a small part of its highest, and now it is too small to get on."""
    rates = _rates(e)
    step, left, edge = _below(rates, FADED), e.slowness(), e.bears(e.last)
    if e.noisy or e.outcome.kind not in ("still descending", "stalled") or e.last - step <= FADED_FOR * e.last:
        return None
    if left < SLOW or (edge is not None and 3.0 * rates[-1] > edge):
        return None
    told = [
        f"From step {step:,} on the rate is below {FADED:.0%} of its highest ({rates.max():.3g}); at the end it is "
        f"{rates[-1]:.2g}" + ("." if edge is None else f", where {edge:.3g} would still be stable."),
        _left(e, left),
    ]
    return Diagnosis(
        "decayed", "The rate decayed away too early", tuple(told), step,
        _given(remedies.steady_rate(e.index),
               remedies.cosine(e.index, e.experiment.steps, e.settings.ticks(e.landscape))),
    )  # fmt: skip


# Gradients


def _held_by_decay(e: Evidence) -> Diagnosis | None:
    """The marble rests where weight decay pulls as strongly towards 0 as the gradient pulls away."""
    decay = float(getattr(e.settings.optimizer, "weight_decay", 0.0))
    update = e.update(e.last - 1) if decay > 0.0 and e.last > 0 and not e.noisy else None
    if update is None:
        return None
    if "decay_part" in update:  # decoupled: what it takes stands beside the step
        pull, left = update.values("decay_part"), update.values("step")
    elif "decay" in update:  # coupled: it is part of the gradient
        pull, left = update.values("decay"), update.values("decay") + update.values("gradient")
    else:
        return None
    strength, rest = float(np.linalg.norm(pull)), float(np.linalg.norm(left))
    if not strength > 0.0 or not rest <= BALANCED * strength:
        return None
    told = (
        f"The gradient is not zero (norm {float(e.norm[e.last - 1]):.3g}), yet the marble hardly moves: weight decay "
        f"λ = {decay:g} pulls θ towards 0 and takes back all but {rest / strength:.1%} of what the gradient gives."
    )
    above = np.inf if e.floor is None else float(e.loss[-1]) - e.floor
    if above <= BETTER * e.fall:
        little = f"The loss is only {above:.2g} above the least known: that is what weight decay costs."
        return Diagnosis("held by decay", "At rest, a little beside the minimum", (told, little), e.last)
    much = "That is what weight decay is for; where the loss matters more than small weights, it is too strong."
    cure = remedies.weaker_decay(e.index, decay)
    return Diagnosis("held by decay", "Held back by weight decay", (told, much), e.last, (cure,))


def _clipping(e: Evidence) -> Diagnosis | None:
    clip = e.settings.clip
    if clip is None:
        return None
    rows = np.arange(max(1, e.rows - 1))
    if clip.kind == "value":
        rows = np.unique(np.linspace(0, rows[-1], SAMPLED).astype(int))
    cut, usual = e.cut(rows), float(np.median(e.sizes(rows)))
    if cut.mean() <= CLIPPED:
        return None
    if clip.kind == "norm":
        what, more = f"is longer than the limit of {clip.value:g}", "what the optimizer sees is equally long each time"
    else:
        what, more = f"has a component beyond the limit of {clip.value:g}", "of that the optimizer sees but the sign"
    told = f"In {cut.mean():.0%} of the updates the gradient {what}; {usual:.3g} is usual."
    return Diagnosis(
        "clipping", "Clipped all the time", (told, f"{_up(more)}: the run hardly knows how steep it is."),
        int(rows[np.argmax(cut)]),
        (_gentler(e) if _turning(e) >= TURNS else remedies.raise_limit(e.index, 2.0 * usual),),
    )  # fmt: skip


def _spikes(e: Evidence) -> Diagnosis | None:
    """Single losses, or gradients, that stand out."""
    named: tuple[tuple[str, Floats | None, float], ...] = (
        ("loss", e.loss, e.floor or 0.0), ("batch loss", e.columns.batch_loss, 0.0), ("gradient norm", e.norm, 0.0),
    )  # fmt: skip
    told = None
    for name, values, floor in named:
        tail = np.empty(0) if values is None else values[: e.rows][-SPIKE_WINDOW:]
        found = _standing_out(tail, floor)
        if SPIKES <= len(found) <= max(SPIKES, SPIKES_AT_MOST * tail.size):
            place = found[int(np.argmax(tail[found]))]
            around = float(np.median(tail[max(0, place - SIDE) : place + SIDE + 1]))
            step = e.rows - len(tail) + place
            told = (
                f"{len(found)} single steps stand out of the {name}; at step {step:,} it is {tail[place]:.3g}, among "
                f"others of about {around:.3g}.",
                "A bad batch, or a place that is much steeper than the rest." if e.noisy
                else "There the ground is much steeper than elsewhere: the usual step is too long for it.",
            )  # fmt: skip
            break
    if told is None:
        return None
    usual = float(np.median(e.norm))
    clip = None
    if e.settings.clip is None and usual > 0.0:
        clip = remedies.clip_at(e.index, 2.0 * usual, "Twice the usual length: only the rare long gradient is cut.")
    return Diagnosis(
        "spikes", "Spikes", told, step,
        _given(clip, remedies.larger_batch(e.index, e.settings),
               remedies.average(e.index, e.settings, e.rows) if e.noisy else None),
    )  # fmt: skip


def _standing_out(values: Floats, floor: float) -> list[int]:
    """The places of single values far above those around them, above a floor."""
    if len(values) < 4 * SIDE:
        return []
    around = np.sort(np.lib.stride_tricks.sliding_window_view(values, 2 * SIDE + 1), axis=1)
    usual, high = around[:, SIDE], around[:, round(1.8 * SIDE)]  # the median, and what nine of ten stay under
    middle, base = values[SIDE:-SIDE], min(floor, float(values.min()))
    stands = middle - base > SPIKE * (high - base)
    at = np.arange(SIDE, len(values) - SIDE)
    for side in (-NARROW_SPIKE, NARROW_SPIKE):
        stands &= values[at + side] - usual < 0.5 * (middle - usual)
    stands &= (middle >= values[at - 1]) & (middle > values[at + 1])
    return [int(place) for place in at[stands]]


def _noise(e: Evidence) -> Diagnosis | None:
    """Dancing about a minimum: chance moves it more than the slope."""
    if not e.noisy or e.outcome.kind == "converged":
        return None
    tail = e.loss[e.window]
    if float(np.ptp(tail)) < NOISE_FLOOR * e.fall:
        return None
    if e.outcome.kind == "still descending":
        return None
    slope = float(np.median(e.slopes(np.unique(np.linspace(e.rows - len(tail), e.last, SAMPLED // 4).astype(int)))))
    seen = float(np.median(e.norm[e.window]))
    if slope > 0.7 * seen and e.outcome.kind != "oscillating":
        return None
    early = int(np.argmax(e.loss <= tail.max())) <= e.rows // 2
    smaller = _decaying(e) if early else None  # steps that are smaller still have to get there
    told = (
        f"Over the last {len(tail)} steps the loss goes up and down between {between(tail)} and gets no lower.",
        f"The gradients that the updates saw there are {seen:.2g} long as a rule, the true ones {slope:.2g}: the rest "
        "is chance.",
    )
    over = (f"{_up(_against(e, e.last, 'here'))}.",) if _is_over(e, e.last) else ()
    return Diagnosis(
        "noise", "Dancing in the noise", (*told, *over), e.last,
        _given(smaller, remedies.larger_batch(e.index, e.settings),
               smaller and remedies.average(e.index, e.settings, e.rows), smaller and _gentler(e)),
    )  # fmt: skip


# Where nothing is wrong


def _settled(e: Evidence) -> Diagnosis | None:
    """Noise did its work and faded with the rate: what is left of the dance is next to nothing."""
    rates = _rates(e)
    if not e.noisy or e.outcome.kind == "converged" or not rates[-1] < DECAYED * rates.max():
        return None
    tail = e.loss[e.window]
    left = float(np.median(tail)) - (float(e.loss.min()) if e.floor is None else e.floor)
    if max(left, float(np.ptp(tail))) > NEXT_TO_NOTHING * e.fall:
        return None
    known = "the lowest of the run" if e.floor is None else "the least known"
    told = [
        f"The rate faded from {rates.max():.3g} to {rates[-1]:.2g}, and the dance in the noise with it: over the last "
        f"{len(tail)} steps the loss lies between {between(tail)}, {left:.2g} above {known} as a rule."
    ]
    pit = _pit_that_was_left(e)
    if pit is not None:
        told.append(pit)
    headline = "Settled" if pit is None else "Settled: it found a deeper minimum"
    return Diagnosis("settled", headline, tuple(told), e.last)


def _pit_that_was_left(e: Evidence) -> str | None:
    """A minimum that is higher than where the run came to lie, and that it has been in the pit of."""
    end = e.bottom()
    if end is None:
        return None
    height = float(e.landscape.loss(end[np.newaxis])[0])
    for row in np.unique(np.linspace(0, e.last // 2, PITS).astype(int)).tolist():
        place = e.bottom(row)
        if place is None or float(np.linalg.norm(place - end)) <= NEAR * float(np.linalg.norm(e.theta[row] - end)):
            continue
        there = float(e.landscape.loss(place[np.newaxis])[0])
        if there - height > BETTER * e.fall:
            return (
                f"At step {row:,} it lay in the pit of a minimum at {_place(place)} whose loss is {there:.4g}; noise "
                f"led it out, to one of {height:.4g}."
            )
    return None


def _converged(e: Evidence) -> Diagnosis | None:
    if e.outcome.kind != "converged":
        return None
    why = e.outcome.why.split(". Over-fitting")[0]
    told = f"Since step {e.outcome.step:,} the loss rests at {e.loss[-1]:.4g}; {why}."
    return Diagnosis("converged", "Converged", (told,), e.outcome.step)


def _otherwise(e: Evidence) -> Diagnosis:
    """Nothing that the textbooks have a name for."""
    why, rates = f"{_up(e.outcome.why.split('. Over-fitting')[0])}.", _rates(e)
    gone = rates[-1] < DECAYED * rates.max()
    further = (
        (f"It goes no further: the rate has come down from {rates.max():.3g} to {rates[-1]:.2g}.",) if gone else ()
    )
    if e.outcome.kind == "still descending" or (e.outcome.kind == "stalled" and 0.0 < e.slowness() < SLOW):
        told = [why if e.outcome.kind == "still descending" else _left(e, e.slowness())]
        if e.floor is not None and float(e.loss[-1]) - e.floor <= EFFECTIVE * e.fall:
            told.append(f"It is {float(e.loss[-1]) - e.floor:.2g} above the least known loss.")
        headline = "The rate decayed away on the way down" if gone else "On its way down"
        return Diagnosis(
            "descending", headline, (*told, *further), e.last, _given(remedies.more_steps(e.experiment))
        )  # fmt: skip
    if e.outcome.kind == "stalled":
        headline = "Standing still: the rate decayed away" if gone else "Standing still"
        cure = remedies.more_steps(e.experiment) if gone else _faster(e)
        return Diagnosis("unsettled", headline, (why, *further), e.last, _given(cure))
    swings = _fading_swings(e)
    if swings is not None:
        return Diagnosis(
            "descending", "Settling: its swings die away", (why, swings), e.last,
            _given(remedies.more_steps(e.experiment)),
        )  # fmt: skip
    return Diagnosis("unsettled", "Going up and down", (why,), e.last, _given(_gentler(e), _decaying(e)))


def _fading_swings(e: Evidence) -> str | None:
    """How the crests of the loss came down within the last steps, where they did."""
    tail = e.loss[e.window]
    half, base = len(tail) // 2, float(tail.min()) if e.floor is None else e.floor
    before, lately = float(tail[:half].max()) - base, float(tail[half:].max()) - base
    if lately > LASTING * before:
        return None
    above = "the lowest of them" if e.floor is None else "the least known loss"
    return (
        f"In the last {len(tail) - half} steps it rose to {lately:.2g} above {above}, in those before to {before:.2g}."
    )


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
    _odd_data, _thrown_out, _flung, _held_by_decay, _not_learning, _over_fitting, _local_minimum, _held_up, _decayed,
    _spikes, _clipping, _swinging, _bouncing, _settled, _noise, _slow, _under_fitting,
)  # fmt: skip
"""What a run that has not come to rest is asked, most important first."""
SETTLED: tuple[Check, ...] = (
    _odd_data, _not_learning, _over_fitting, _local_minimum, _held_up, _clipping, _under_fitting, _converged,
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


def _decaying(e: Evidence) -> Remedy | None:
    """A cosine over all steps, where the rate does not come to nothing anyway."""
    rates = _rates(e)
    if rates[-1] < DECAYED * rates.max():
        return None
    return remedies.cosine(e.index, e.experiment.steps, e.settings.ticks(e.landscape))


def _faster(e: Evidence, *, warmed: bool = False) -> Remedy | None:
    """A larger rate, where the run has been nowhere that would throw it out; from 0 on where that is the start."""
    optimizer, tightest = e.settings.optimizer, e.tightest
    fits = tightest is None or not isinstance(optimizer, SGD) or 3.0 * float(_rates(e).max()) <= tightest
    if fits or not optimizer.rate:
        return None if _peak(e) is not None else remedies.raise_rate(e.index, e.settings, e.landscape)
    ticks = e.settings.ticks(e.landscape)
    return remedies.warm_up(e.index, e.settings, e.experiment.steps, ticks) if warmed else None


def _momentum(e: Evidence, most: int = 10) -> Remedy | None:
    """Momentum, with such a part of the rate that it is stable where the ground was steepest."""
    optimizer, tightest = e.settings.optimizer, e.tightest
    if not isinstance(optimizer, SGD):
        return None
    bears = np.inf if tightest is None else ROOMY * tightest * 1.9 / (1.0 + optimizer.momentum)
    fits = [part for part in (1, 3, 10) if float(_rates(e).max()) / part <= bears and part <= most]
    return remedies.momentum(e.index, e.settings, fits[0]) if fits else None


def _adam(e: Evidence) -> Remedy | None:
    """Adam, at a rate with which it gets as far as it has to."""
    minima, theta = e.minima, e.theta[e.last]
    goal = minima[int(np.argmin(np.linalg.norm(minima - theta, axis=1)))] if len(minima) else theta
    return remedies.adam(e.index, e.settings, float(np.abs(goal - e.theta[0]).max()), e.experiment.steps)


def _elsewhere(e: Evidence) -> Remedy | None:
    return remedies.elsewhere(e.experiment)


def _small_noise(e: Evidence, slope: float) -> Remedy | None:
    """Noise about as strong as the slope at a saddle, where there is none yet: it leads off the ridge."""
    return (
        None if e.noisy or not isinstance(e.settings.optimizer, SGD) else remedies.more_noise(e.index, max(slope, 0.01))
    )


def _given(*found: Remedy | None) -> tuple[Remedy, ...]:
    return tuple(one for one in found if one is not None)


def _place(theta: Floats) -> str:
    shown = ", ".join(f"{value:.3g}" for value in theta[:4].tolist())
    return f"({shown}{', …' if theta.size > 4 else ''})"


def _up(text: str) -> str:
    return text[0].upper() + text[1:]


def _word(value: float) -> str:
    return "not a number" if np.isnan(value) else "infinite"
