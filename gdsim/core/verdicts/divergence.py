"""Verdicts on runs that were thrown out: to infinity, or far above where they began."""

from __future__ import annotations

import numpy as np

from gdsim.core import remedies
from gdsim.core.evidence import Evidence
from gdsim.core.optimizers import SGD
from gdsim.core.remedies import Remedy
from gdsim.core.verdicts.learning import suspected
from gdsim.core.verdicts.measures import against_edge, for_batches, is_over, peak_of, rates_of
from gdsim.core.verdicts.offers import elsewhere, offered
from gdsim.core.verdicts.verdict import FEWEST, FLUNG, LOST, SLOW, Diagnosis, word_of

LOOKED_AT = 12
"""Rows before a divergence whose curvature is compared with the rate."""
FEW_LOOKED_AT = 3
"""The same for optimizers that remember: what they divide by has to be computed again for each."""
TOLD = 4
"""The last losses of a divergence that are told."""
THROWN = 1.0
"""Thrown out: the loss is higher than at the start by more than so many times what it was, or fell at best."""


def broken_off(e: Evidence) -> tuple[Diagnosis, ...]:
    """The run ended in a number that is not finite: the data were to blame, or the rate."""
    first = data_first(e)
    if e.rows == 0:
        if first:
            return first
        told = (f"The loss is {word_of(e.columns.loss[0])} before the first update: no rate can mend that.",)
        return (Diagnosis("data", "The loss is not finite from the start", told, 0, offered(elsewhere(e))),)
    return (*first, diverging(e))


def data_first(e: Evidence) -> tuple[Diagnosis, ...]:
    """Data that explain a divergence: missing values, or an input in another unit."""
    return tuple(
        suspected(e, one) for one in e.suspicions if one.kind in ("missing values", "wrong scale")
    )  # fmt: skip


def diverging(e: Evidence) -> Diagnosis:
    """Frozen at the last finite step, with the numbers that led there."""
    last, losses = e.last, e.loss
    tail = losses[max(0, e.rows - TOLD) :]
    course = " → ".join(f"{value:.3g}" for value in tail)
    broken = e.rows < len(e.columns)
    told = [f"The last {'finite ' if broken else ''}step is {last:,}; the losses up to it: {course}."]
    if broken:
        row = e.rows
        what = "the loss" if not np.isfinite(e.columns.loss[row]) else "a parameter"
        told[0] += f" After it {what} is {word_of(e.columns.loss[row]) if what == 'the loss' else 'not finite'}."
    elif e.outcome.kind == "diverged" and 0 < e.outcome.step < last:
        told[0] += f" Since step {e.outcome.step:,} it has been far above all that it began with."
    found = _crossing(e)
    if found is not None:
        step = found[1]
        since = f"From step {step:,} on" if step < last else f"At step {step:,}"
        usual = ", as a rule" if e.noisy else ""
        told.append(
            f"{since} {against_edge(e, step, 'there')}: each step across the valley is{usual} longer than the last."
        )
    else:
        moved = np.linalg.norm(np.diff(e.theta[max(0, e.rows - TOLD) :], axis=0), axis=1)
        if moved.size:
            told.append(f"The last steps were {' → '.join(f'{value:.3g}' for value in moved)} long.")
    mend = None
    if found is not None and found[1] <= 0.5 * last + 2:
        mend = remedies.half_the_edge(e.index, e.experiment.runs[e.index], found[0])
    return Diagnosis(
        "diverging", f"Diverging: the rate is too large{for_batches(e, found and found[1])}", tuple(told), last,
        offered(mend, remedies.lower_rate(e.index, _excess(e)), _bounding(e),
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
        if is_over(e, row):
            row = _since(e, row) if isinstance(e.settings.optimizer, SGD) else row
            edge = e.bears(row)
            return None if edge is None else (edge, row)
    return None


def _since(e: Evidence, row: int) -> int:
    """From which row on, before this one, the rate was above the edge, as far as some rows tell."""
    over, under = row, -1
    for earlier in np.unique(np.linspace(0, row, LOOKED_AT).astype(int))[-2::-1].tolist():
        if not is_over(e, earlier):
            under = earlier
            break
        over = earlier
    while over - under > 1 and under >= 0:
        middle = (over + under) // 2
        over, under = (middle, under) if is_over(e, middle) else (over, middle)
    return over


def _excess(e: Evidence) -> float:
    """How many times too large the rate was, where the ground was steepest for it; at least 1."""
    found = _crossing(e)
    rows = [0] if found is None else [0, found[1]]
    edges = [(float(rates_of(e)[row]), edge) for row in rows if (edge := e.bears(row)) is not None]
    return max([1.0, *(rate / edge for rate, edge in edges)])


def _bounding(e: Evidence) -> Remedy | None:
    """Clipping, where a clipped step would stay in the region: a hundred times too large a rate is no cliff."""
    optimizer, longest = e.settings.optimizer, float(rates_of(e).max())
    if e.settings.clip is not None or not isinstance(optimizer, SGD):
        return None
    longest /= max(1.0 - optimizer.momentum, 1e-3)
    if longest > max(1.0, float(np.linalg.norm(e.theta[0]))):
        return None
    return remedies.clip_at(e.index, 1.0, "No step gets longer than η then: a cliff cannot throw the marble out.")


def thrown_out(e: Evidence) -> Diagnosis | None:
    """Not without bounds, but far above where it started: at rates beyond the edge."""
    usual, start = float(np.median(e.loss[e.window])), float(e.loss[0])
    above = (usual - start) / max(abs(start), e.fall)
    if above <= THROWN or e.rows < 2 * FEWEST:
        return None
    edge, over = e.bears(0), is_over(e, 0)
    if not over and (e.noisy or above <= FLUNG):
        return None
    told = [f"The loss was {start:.3g} at the start and is {usual:.3g} in the last steps: the marble was thrown out."]
    if over:
        told.append(f"At step 0 {against_edge(e, 0, 'there')}.")
    half = remedies.half_the_edge(e.index, e.experiment.runs[e.index], edge) if over and edge is not None else None
    return Diagnosis(
        "diverging", f"Thrown out: the rate is too large{for_batches(e, 0)}", tuple(told), e.last,
        offered(half, remedies.lower_rate(e.index, _excess(e))),
    )  # fmt: skip


def flung(e: Evidence) -> Diagnosis | None:
    """Thrown out once and slow since: optimizers remember gradients of the height they were thrown to."""
    place = peak_of(e)
    if place is None or thrown_out(e) or (e.outcome.kind != "stalled" and e.slowness() < SLOW):
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
