"""What is measured of a run for several verdicts: its rates against what the ground bears, its swings."""

from __future__ import annotations

import numpy as np

from gdsim.core.batch_edge import BatchEdge
from gdsim.core.evidence import Evidence
from gdsim.core.landscapes import Floats
from gdsim.core.optimizers import SGD
from gdsim.core.verdicts.verdict import FEWEST, FLUNG, LASTING


def is_over(e: Evidence, row: int) -> bool:
    """Whether the rate at a row was above what the ground bore there."""
    edge = e.bears(row)
    return edge is not None and float(rates_of(e)[row]) > edge


def against_edge(e: Evidence, row: int, where: str) -> str:
    """The rate at a row held against the largest stable one; batches are told of where they decide."""
    rate, edge, batches = float(rates_of(e)[row]), e.edge(row), e.batch_edge(row)
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


def for_batches(e: Evidence, row: int | None) -> str:
    """A headline's end: that it is the batches for which the rate is too large, where it is not for all examples."""
    batches = None if row is None else e.batch_edge(row)
    if row is None or batches is None or ((edge := e.edge(row)) is not None and float(rates_of(e)[row]) > edge):
        return ""
    return f" for {_batches(batches)}" if float(rates_of(e)[row]) > batches.rate else ""


def rates_of(e: Evidence) -> Floats:
    """The rates used, without the nan behind the last update."""
    rates = e.lr.copy()
    if rates.size and np.isnan(rates[-1]):
        rates[-1] = rates[-2] if rates.size > 1 and np.isfinite(rates[-2]) else e.settings.optimizer.rate
    return rates


def peak_of(e: Evidence) -> int | None:
    """Where a run that remembers its gradients was thrown far above its start."""
    start, place = float(e.loss[0]), int(np.argmax(e.loss))
    if e.noisy or isinstance(e.settings.optimizer, SGD) or e.rows < 2 * FEWEST or e.last - place < FEWEST:
        return None
    return place if float(e.loss[place]) > start + FLUNG * max(abs(start), e.fall) else None


def turning_of(e: Evidence) -> float:
    """The share of the last steps that turn back on the one before."""
    return float((np.einsum("ij,ij->i", e.moves[1:], e.moves[:-1]) < 0.0).mean()) if len(e.moves) > 1 else 0.0


def fading_swings(e: Evidence) -> str | None:
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
