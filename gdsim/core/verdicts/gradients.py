"""Verdicts on what becomes of gradients before they move a marble: decay, clipping, spikes, noise."""

from __future__ import annotations

import numpy as np

from gdsim.core import remedies
from gdsim.core.evidence import Evidence
from gdsim.core.landscapes import Floats
from gdsim.core.outcome import between
from gdsim.core.verdicts.measures import against_edge, is_over, turning_of
from gdsim.core.verdicts.offers import decaying, gentler, offered
from gdsim.core.verdicts.verdict import BETTER, TURNS, Diagnosis, capital

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


def held_by_decay(e: Evidence) -> Diagnosis | None:
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


def clipping(e: Evidence) -> Diagnosis | None:
    """Nearly every gradient is clipped, so that lengths say nothing any more."""
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
        "clipping", "Clipped all the time", (told, f"{capital(more)}: the run hardly knows how steep it is."),
        int(rows[np.argmax(cut)]),
        (gentler(e) if turning_of(e) >= TURNS else remedies.raise_limit(e.index, 2.0 * usual),),
    )  # fmt: skip


def spikes(e: Evidence) -> Diagnosis | None:
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
        offered(clip, remedies.larger_batch(e.index, e.settings),
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


def noisy(e: Evidence) -> Diagnosis | None:
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
    smaller = decaying(e) if early else None  # steps that are smaller still have to get there
    told = (
        f"Over the last {len(tail)} steps the loss goes up and down between {between(tail)} and gets no lower.",
        f"The gradients that the updates saw there are {seen:.2g} long as a rule, the true ones {slope:.2g}: the rest "
        "is chance.",
    )
    over = (f"{capital(against_edge(e, e.last, 'here'))}.",) if is_over(e, e.last) else ()
    return Diagnosis(
        "noise", "Dancing in the noise", (*told, *over), e.last,
        offered(smaller, remedies.larger_batch(e.index, e.settings),
                smaller and remedies.average(e.index, e.settings, e.rows), smaller and gentler(e)),
    )  # fmt: skip
