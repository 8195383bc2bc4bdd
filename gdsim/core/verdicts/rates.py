"""Verdicts on the learning rate: too large for the ground, too small for the way, decayed too early."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gdsim.core import remedies
from gdsim.core.evidence import Evidence
from gdsim.core.landscapes import Floats
from gdsim.core.outcome import BACK
from gdsim.core.remedies import Remedy
from gdsim.core.verdicts.divergence import diverging, thrown_out
from gdsim.core.verdicts.measures import against_edge, fading_swings, rates_of, turning_of
from gdsim.core.verdicts.offers import decaying, faster, gentler, offered, with_adam, with_momentum
from gdsim.core.verdicts.verdict import (
    DECAYED,
    EFFECTIVE,
    FEWEST,
    LASTING,
    LOST,
    SLOW,
    TURNS,
    Diagnosis,
    capital,
    place_of,
)

TURNS_UNKNOWN = 0.3
"""Bouncing, where the loss goes up and down without chance: the share of steps that turn back on the one before."""
ACROSS = 0.3
"""Bouncing: at least this share of the last steps' length leads across the valley."""
ROLLING = 0.3
"""Swinging: the least momentum that carries a marble through a floor."""
SWINGS = 2
"""Swinging: it turned round so many times in the last steps."""
STEEP_RATE = 0.9
"""Bouncing in noise: the rate is at least this share of the largest stable one; below, noise explains the turns."""
STRAIGHT = 0.8
"""Crawling: the mean cosine between one step and the next."""
DRIFT = 0.35
"""Crawling in noise: how far the last steps led, as a share of how long they were in all."""
NARROW = 10.0
"""A ravine: across it curves so many times more than along the last steps."""
DECAYED_FOR = 0.2
"""It decayed too early: it has been away for at least this last part of the run ..."""
STOPPED = 0.3
"""... in which the loss fell by at most this share of what it would have fallen."""
FADED = 0.3
"""It has decayed away, too, where it is below this share of its highest ..."""
FADED_FOR = 0.6
"""... for more than this share of the run, and the run is slow below an edge that is far off."""


def bouncing(e: Evidence) -> Diagnosis | None:
    """From side to side across a valley, at a rate that its steepest place hardly bears, or in steps of one length."""
    place, curve = e.steepest, e.steepest.curve
    if curve is None or len(e.moves) < FEWEST or _rolls_freely(e):
        return None
    turned, part, lasts = _across(e, curve.steep)
    share = float(turned.mean())
    edge, rate = place.edge, float(rates_of(e)[place.row])
    if e.noisy and (edge is None or rate < STEEP_RATE * edge):
        return None
    swings = e.outcome.kind == "oscillating" and not e.noisy and turning_of(e) >= TURNS_UNKNOWN
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
            return None if thrown_out(e) else diverging(e)
    return Diagnosis(
        "bouncing", "Bouncing across a valley", tuple(told), e.last,
        offered(with_momentum(e) if share >= TURNS else None,
                gentler(e) if edge is not None else _without_edge(e), decaying(e),
                remedies.standardise(e.experiment, e.index)),
    )  # fmt: skip


def _at_steepest(e: Evidence) -> str:
    """The rate against the largest stable one where the ground curves most along the last steps, in a sentence."""
    place = e.steepest
    if place.row == e.last or place.edge is None or place.curve is None:
        return f"{capital(against_edge(e, place.row, 'here'))}."
    rate = float(rates_of(e)[place.row])
    return (
        f"Where it is steepest, at {place_of(place.theta)} on the way of update {place.row:,} (curvature "
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
    return edge is not None and float(rates_of(e)[e.steepest.row]) < STEEP_RATE * edge


def swinging(e: Evidence) -> Diagnosis | None:
    """Through the floor of a valley and up the other side, carried by momentum."""
    if e.noisy or len(e.moves) < FEWEST or not _rolls_freely(e) or not float(np.abs(e.moves).max()) > 0.0:
        return None
    way = np.linalg.svd(e.moves / np.abs(e.moves).max(), full_matrices=False)[2][0]
    turned, part, _ = _across(e, way)
    changes = np.diff(e.loss[e.window])
    rises = float(changes[changes > 0.0].sum()) > BACK * -float(changes[changes < 0.0].sum())
    if turned.sum() < SWINGS or part < ACROSS or not (rises or turned.mean() >= TURNS):
        return None
    row, rate = e.last, float(rates_of(e)[e.last])
    bend = float(way @ e.product(row, way))
    own = float(getattr(e.settings.optimizer, "momentum", 0.0))
    told = [
        f"In the last {len(e.moves)} steps the marble ran through the floor and turned round {int(turned.sum())} times "
        f"in one direction (curvature {bend:.3g}): with β = {own:g} it has not lost its speed when it gets there.",
        f"{_at_steepest(e)} No step is too long for the ground.",
    ]
    fading = fading_swings(e)
    return Diagnosis(
        "swinging", "Swinging: momentum overshoots", tuple(told if fading is None else [*told, fading]), e.last,
        offered(_damped(e, rate * bend), gentler(e), remedies.more_steps(e.experiment)),
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
    return remedies.more_steps(e.experiment) if on_its_way else decaying(e) or gentler(e)


def _rises(e: Evidence) -> bool:
    """Whether the loss has risen with every one of the last steps, to where it was at the start or higher."""
    return bool((np.diff(e.loss[-FEWEST:]) > 0.0).all()) and float(e.loss[-1]) >= float(e.loss[0])


def slow(e: Evidence) -> Diagnosis | None:
    """Crawling, because the rate is small, or because a ravine allows no larger one."""
    if e.outcome.kind not in ("still descending", "stalled") or len(e.moves) < FEWEST:
        return None
    left = e.slowness()
    if left < SLOW or (e.landscape.dim > 2 and 0.0 <= e.loss[-1] <= EFFECTIVE * e.loss[0]):
        return None
    edge, rate = e.bears(e.last), float(rates_of(e)[-1])
    if rate < DECAYED * float(rates_of(e).max()):
        return None  # that is the schedule's doing
    if edge is not None and 3.0 * rate > edge:
        return _ravine(e, edge, rate, left)
    lengths = np.linalg.norm(e.moves, axis=1)
    products = np.einsum("ij,ij->i", e.moves[1:], e.moves[:-1])
    straight = float(np.mean(products / np.maximum(lengths[1:] * lengths[:-1], 1e-300)))
    drift = float(np.linalg.norm(e.moves.sum(axis=0))) / max(float(lengths.sum()), 1e-300)
    if straight < STRAIGHT and not (e.noisy and drift >= DRIFT):
        return None
    told = [f"{what_is_left(e, left)} In the last steps the marble moved {float(lengths.mean()):.2g} at a time"]
    told[0] += f", in one direction (mean cosine from step to step {straight:.2f})." if straight >= STRAIGHT else "."
    if edge is not None:
        told.append(f"{capital(against_edge(e, e.last, 'here'))}.")
    held_back = e.columns.val_loss
    if held_back is not None and (lowest := int(np.argmin(held_back[: e.rows]))) < e.last - e.rows // 4:
        told.append(f"The validation loss was lowest at step {lowest:,}, though: it gains nothing from more speed.")
    return Diagnosis(
        "crawling", "Crawling: the rate is small", tuple(told), e.last,
        offered(faster(e, warmed=True), with_momentum(e, 3), remedies.more_steps(e.experiment)),
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
        f"{what_is_left(e, left)} The ground curves {curve.high / max(abs(along), 1e-300):,.0f} times more across the "
        f"valley ({curve.high:.3g}) than along the marble's way ({along:.3g}).",
        f"It {'is beyond the edge' if rate > edge else 'cannot go much faster'}: {against_edge(e, e.last, 'here')}.",
    )
    return Diagnosis(
        "ravine", "Slow along the floor of a ravine", told, e.last,
        offered(remedies.standardise(e.experiment, e.index), with_momentum(e, 3), with_adam(e),
                *((gentler(e), decaying(e)) if rate > edge else ()), remedies.more_steps(e.experiment)),
    )  # fmt: skip


def what_is_left(e: Evidence, left: float) -> str:
    """How much of the way down is left, as a share of what it was."""
    quarter = max(10, e.rows // 4)
    if e.floor is not None:
        return (
            f"Of what was left to fall {quarter:,} steps before the end, {min(left, 1.0):.0%} is still left: the loss "
            f"is {e.loss[-1]:.3g}, the least known {e.floor:.3g}."
        )
    return f"The loss keeps falling, by {float(e.loss[-quarter - 1] - e.loss[-1]):.2g} in the last {quarter:,} steps."


def decayed(e: Evidence) -> Diagnosis | None:
    """The schedule took the rate away too early."""
    return _dropped(e) or _faded(e)


def _below(rates: Floats, share: float) -> int:
    """From which row on the rates are below a share of their highest."""
    alive = np.flatnonzero(rates >= share * float(rates.max()))
    return int(alive[-1]) + 1 if alive.size else 0


def _dropped(e: Evidence) -> Diagnosis | None:
    """The rate was taken away while the loss was still falling."""
    rates = rates_of(e)
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
        offered(remedies.steady_rate(e.index),
                remedies.cosine(e.index, e.experiment.steps, e.settings.ticks(e.landscape))),
    )  # fmt: skip


def _faded(e: Evidence) -> Diagnosis | None:
    """For most of the run the rate was a small part of its highest, and now it is too small to get on."""
    rates = rates_of(e)
    step, left, edge = _below(rates, FADED), e.slowness(), e.bears(e.last)
    if e.noisy or e.outcome.kind not in ("still descending", "stalled") or e.last - step <= FADED_FOR * e.last:
        return None
    if left < SLOW or (edge is not None and 3.0 * rates[-1] > edge):
        return None
    told = [
        f"From step {step:,} on the rate is below {FADED:.0%} of its highest ({rates.max():.3g}); at the end it is "
        f"{rates[-1]:.2g}" + ("." if edge is None else f", where {edge:.3g} would still be stable."),
        what_is_left(e, left),
    ]
    return Diagnosis(
        "decayed", "The rate decayed away too early", tuple(told), step,
        offered(remedies.steady_rate(e.index),
                remedies.cosine(e.index, e.experiment.steps, e.settings.ticks(e.landscape))),
    )  # fmt: skip
