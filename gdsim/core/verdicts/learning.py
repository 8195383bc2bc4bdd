"""Verdicts on what is learned from data, and on the data themselves."""

from __future__ import annotations

import numpy as np

from gdsim.core import remedies
from gdsim.core.evidence import Evidence
from gdsim.core.outcome import overfitting
from gdsim.core.remedies import Remedy
from gdsim.core.suspicions import Suspicion
from gdsim.core.verdicts.measures import against_edge, rates_of
from gdsim.core.verdicts.offers import faster, offered
from gdsim.core.verdicts.verdict import SLOW, Diagnosis, capital

NOT_LEARNED = 0.1
"""Not learning: the model saves at most this share of what the best constant answer costs."""
HIGH = 0.5
"""Both high: training and validation save at most this share of it, and the loss has come to rest."""
ENOUGH = 20
"""Updates after which one may ask whether something was learned."""
SLIGHT = 0.2
"""Over-fitting sets in: the validation loss has risen by less than this share of its lowest value."""


def suspected(e: Evidence, one: Suspicion, *more: str) -> Diagnosis:
    """Something is odd about the data, with ``more`` to be said of it."""
    cures: dict[str, tuple[Remedy | None, ...]] = {
        "outliers": (remedies.robust_loss(e.landscape),),
        "wrong scale": (remedies.standardise(e.experiment, e.index),),
    }
    given = offered(remedies.sound_data(e.landscape), *cures.get(one.kind, ()))
    return Diagnosis(
        "data", f"Look at the data: {one.headline}", (capital(one.evidence), *map(capital, more)), max(0, e.last), given
    )


def odd_data(e: Evidence) -> Diagnosis | None:
    """The data look odd, whatever became of the run."""
    found = [one for one in e.suspicions if one.kind != "shuffled labels"]
    if not found:
        return None
    return suspected(e, found[0], *(other.evidence for other in found[1:]))


def not_learning(e: Evidence) -> Diagnosis | None:
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
    told.append(f"Then the rate: {against_edge(e, e.last, 'here')}{'' if edge else '; a range test tells more'}.")
    told.append("Then ten examples: a sound model learns them by heart.")
    headline = f"It does not learn: {shuffled.headline}" if shuffled else "It does not learn"
    low = edge is None or 3.0 * float(rates_of(e)[-1]) <= edge
    change = faster(e) if low else remedies.lower_rate(e.index)
    return Diagnosis(
        "not learning", headline, tuple(told), e.last,
        offered(remedies.sound_data(e.landscape) if shuffled else None, change, remedies.ten_examples()),
    )  # fmt: skip


def over_fitting(e: Evidence) -> Diagnosis | None:
    """The validation loss rises while the training loss falls."""
    held_back = e.columns.val_loss
    found = None if held_back is None else overfitting(e.loss, held_back)
    if found is None:
        return None
    risen, held = found.last / found.lowest - 1.0 if found.lowest > 0.0 else np.inf, e.held_back
    told = [f"{capital(found.why.removeprefix('Over-fitting: '))}."]
    if np.isfinite(risen):
        told.append(f"That is {risen:.0%} more than it was, on {held:,} examples that were held back.")
    slight = "Over-fitting sets in: the validation loss rises again"
    return Diagnosis(
        "over-fitting", slight if risen < SLIGHT else "Over-fitting: it learns the examples, not the rule", tuple(told),
        found.step,
        offered(
            remedies.stop_at(found.step), remedies.weight_decay(e.index, e.settings),
            remedies.resized(e.landscape, larger=False),
        ),
    )  # fmt: skip


def under_fitting(e: Evidence) -> Diagnosis | None:
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
        offered(remedies.resized(e.landscape, larger=True)),
    )  # fmt: skip


def _share_saved(saved: float) -> str:
    return f"{saved:.0%} better" if saved > 0.005 else "no better" if saved > -0.005 else f"{-saved:.0%} worse"
