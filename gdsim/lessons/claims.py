"""What lessons can claim, each declared once: a sentence with gaps, and how it is judged by running the program.

Numbers are compared as they are written: ``2.0`` holds for 1.96, and not for 1.94. Names of runs may stand in quotes.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from gdsim.core.compare import path_length
from gdsim.core.diagnosis import diagnose
from gdsim.core.ensemble import Band, Ensemble
from gdsim.core.experiment import Experiment
from gdsim.core.landscapes import Floats, ModelLandscape
from gdsim.core.range_test import range_test
from gdsim.core.section import section
from gdsim.core.stability import Facts, edge_at, facts
from gdsim.core.trajectory import RunTrajectory, Trajectory, run
from gdsim.core.verdicts.verdict import Diagnosis


class ClaimError(ValueError):
    """A claim that cannot be understood, or not of this experiment."""


class Verdict(NamedTuple):
    """Whether a claim holds, and what was seen."""

    holds: bool
    seen: str


class Written(float):
    """A number as somebody wrote it; ``tolerance`` is half a unit of its last digit."""

    tolerance: float

    def __new__(cls, text: str) -> Written:
        """Read it."""
        plain = text.replace("−", "-").replace(",", "")
        found = super().__new__(cls, plain)
        mantissa, _, exponent = plain.lower().partition("e")
        digits = len(mantissa.partition(".")[2])
        found.tolerance = 0.5 * float(f"1e{int(exponent or 0) - digits}") * (1 + 1e-9)
        if not math.isfinite(found + found.tolerance):
            raise ClaimError(f"{text} is too large a number")
        return found

    def tells(self, value: float) -> bool:
        """Whether ``value`` would be written so."""
        return abs(value - self) <= self.tolerance


@dataclass(frozen=True)
class ClaimKind:
    """One sentence that can be claimed."""

    pattern: str
    judge: Callable[..., Verdict]

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """The sentence with its gaps."""
        parts = re.split(r"\{(\w+)\}", self.pattern)
        text = "".join(_gap(part) if k % 2 else re.escape(part) for k, part in enumerate(parts))
        return re.compile(text, re.IGNORECASE)


BATCHES = 200
"""Batches of which the scatter of gradients is taken."""
PIXELS = 81
"""Places across and up at which the lowest one of a picture is looked for."""
LONGEST = 500
"""Characters of a claim at most: what is longer is no sentence."""
PLAIN = r"[-−+]?\d+(?:\.\d+)?(?:[eE][-−+]?\d{1,3})?"
NUMBER = PLAIN.replace(r"\d+", r"\d[\d,]*", 1)
"""A number in whose thousands commas may stand; not where commas stand between numbers, as in a place."""
GAPS = {
    "run": r"[“\"]?(?P<{name}>.+?)[”\"]?",
    "other": r"[“\"]?(?P<{name}>.+?)[”\"]?",
    "place": rf"(?P<{{name}}>\(\s*{PLAIN}(?:\s*,\s*{PLAIN})*\s*\))",
    "axis": r"(?P<{name}>\w+)",
    "words": r"“?\"?(?P<{name}>.+?)\"?”?",
    "step": r"(?P<{name}>\d[\d,]*)",
    "count": r"(?P<{name}>\d[\d,]*)",
    "often": r"(?P<{name}>once|twice|\d[\d,]* times)",
}
"""How a gap is read, by its name; every other gap is a number."""


def _gap(name: str) -> str:
    return GAPS.get(name, rf"(?P<{{name}}>{NUMBER})").replace("{name}", name)


KINDS: list[ClaimKind] = []


def claim(pattern: str) -> Callable[[Callable[..., Verdict]], Callable[..., Verdict]]:
    """Declare a sentence."""

    def declare(judge: Callable[..., Verdict]) -> Callable[..., Verdict]:
        KINDS.append(ClaimKind(pattern, judge))
        return judge

    return declare


class Ran:
    """An experiment that was run; what else is asked of it is found when it is asked for.

    Args:
        experiment: The document.
        trajectory: Its runs, where they have been computed already.
        progress: Is told while it runs how many updates are done, and how many there are; what it raises ends the run.
    """

    def __init__(
        self,
        experiment: Experiment,
        trajectory: Trajectory | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self.experiment = experiment
        self.labels = experiment.labels()
        self._trajectory, self._progress = trajectory, progress

    @cached_property
    def trajectory(self) -> Trajectory:
        """All its runs."""
        return self._trajectory or run(self.experiment, progress=self._progress)

    def index(self, label: str) -> int:
        """The place of a run."""
        if label not in self.labels:
            raise ClaimError(f"there is no run {label}; the runs are {', '.join(self.labels)}")
        return self.labels.index(label)

    def columns(self, label: str) -> RunTrajectory:
        """The rows of a run."""
        return self.trajectory.runs[self.index(label)]

    def row(self, label: str, step: int) -> Any:
        """One row of a run."""
        columns = self.columns(label)
        if step > columns.last:
            raise ClaimError(f"{label} has no step {step:,}: it ended at step {columns.last:,}")
        return columns.at(step)

    def facts(self, label: str, step: int) -> Facts:
        """The ground under a run."""
        return facts(self.experiment.landscape, self.row(label, step).theta)

    def diagnoses(self, label: str) -> tuple[Diagnosis, ...]:
        """What the program says of a run."""
        return diagnose(self.experiment, self.index(label), self.columns(label))


def kind_of(text: str) -> tuple[ClaimKind, dict[str, str]]:
    """The declared sentence that ``text`` is, and what stands in its gaps.

    Raises:
        ClaimError: It is none.
    """
    plain = _plain(text)
    for kind in KINDS:
        found = kind.regex.fullmatch(plain)
        if found is not None:
            return kind, found.groupdict()
    near = difflib.get_close_matches(plain, [kind.pattern for kind in KINDS], n=1, cutoff=0.3)
    hint = f" The nearest that can be checked is “{near[0]}”." if near else ""
    hint += " “gdsim lesson --claims” lists them all."
    raise ClaimError(f"“{text}” is no claim that can be checked.{hint}")


def judge(text: str, ran: Ran) -> Verdict:
    """Whether a claim holds.

    Raises:
        ClaimError: It cannot be understood, or not of this experiment.
    """
    plain = _plain(text)
    refusal: ClaimError | None = None
    for kind in KINDS:  # the name of a run may hold words of another sentence: the first whose runs there are counts
        found = kind.regex.fullmatch(plain)
        if found is None:
            continue
        gaps = found.groupdict()
        unknown = [gaps[name] for name in ("run", "other") if name in gaps and gaps[name] not in ran.labels]
        if unknown:
            known = ", ".join(ran.labels)
            refusal = refusal or ClaimError(f"there is no run {unknown[0]}; the runs are {known}")
            continue
        try:
            with np.errstate(all="ignore"):
                return kind.judge(ran, **{name: _read(name, value) for name, value in gaps.items()})
        except (ArithmeticError, LookupError, ValueError) as error:  # such as an ensemble of one, or a step too far
            raise ClaimError(str(error)) from None
    if refusal is not None:
        raise refusal
    kind_of(text)
    raise ClaimError(f"“{text}” is no claim that can be checked.")


def _plain(text: str) -> str:
    if len(text) > LONGEST:
        raise ClaimError(f"“{text[:40]} …” is too long for a claim")
    return " ".join(text.split()).rstrip(".")


def _read(name: str, text: str) -> Any:
    if name in ("run", "other", "axis", "words"):
        return text
    if name in ("step", "count"):
        return int(text.replace(",", ""))
    if name == "often":
        return {"once": 1, "twice": 2}.get(text.lower()) or int(text.split()[0].replace(",", ""))
    if name == "place":
        return tuple(Written(part.strip()) for part in text.strip("()").split(","))
    return Written(text)


# What became of a run


@claim("{run} diverges before step {step}")
def _diverges_before(ran: Ran, run: str, step: int) -> Verdict:
    found = _outcome(ran, run)
    return Verdict(found.kind == "diverged" and found.step < step, _end(ran, run))


@claim("{run} diverges after step {step}")
def _diverges_after(ran: Ran, run: str, step: int) -> Verdict:
    found = _outcome(ran, run)
    return Verdict(found.kind == "diverged" and found.step > step, _end(ran, run))


@claim("{run} diverges at step {step}")
def _diverges_at(ran: Ran, run: str, step: int) -> Verdict:
    found = _outcome(ran, run)
    return Verdict(found.kind == "diverged" and found.step == step, _end(ran, run))


@claim("{run} diverges")
def _diverges(ran: Ran, run: str) -> Verdict:
    return Verdict(_outcome(ran, run).kind == "diverged", _end(ran, run))


@claim("{run} does not diverge")
def _does_not_diverge(ran: Ran, run: str) -> Verdict:
    return Verdict(_outcome(ran, run).kind != "diverged", _end(ran, run))


@claim("{run} converges before step {step}")
def _converges_before(ran: Ran, run: str, step: int) -> Verdict:
    found = _outcome(ran, run)
    return Verdict(found.kind == "converged" and found.step < step, _end(ran, run))


@claim("{run} converges")
def _converges(ran: Ran, run: str) -> Verdict:
    return Verdict(_outcome(ran, run).kind == "converged", _end(ran, run))


@claim("{run} does not converge")
def _does_not_converge(ran: Ran, run: str) -> Verdict:
    return Verdict(_outcome(ran, run).kind != "converged", _end(ran, run))


@claim("the diagnosis of {run} says {words}")
def _diagnosed(ran: Ran, run: str, words: str) -> Verdict:
    found = ran.diagnoses(run)
    said = [one.headline for one in found]
    holds = any(words.lower() in (one.headline.lower(), one.kind) for one in found)
    return Verdict(holds, f"it says {'; '.join(said)} ({', '.join(one.kind for one in found)})")


@claim("the diagnosis of {run} offers {words}")
def _offered(ran: Ran, run: str, words: str) -> Verdict:
    offers = [remedy.text for one in ran.diagnoses(run) for remedy in one.remedies]
    return Verdict(any(words.lower() in text.lower() for text in offers), f"it offers {'; '.join(offers) or 'nothing'}")


# Losses


@claim("{run} reaches a loss of {loss} before step {step}")
def _reaches_before(ran: Ran, run: str, loss: float, step: int) -> Verdict:
    found = steps_to(ran, run, loss)
    return Verdict(found is not None and found < step, _reached(run, loss, found))


@claim("{run} reaches a loss of {loss} after step {step}")
def _reaches_after(ran: Ran, run: str, loss: float, step: int) -> Verdict:
    found = steps_to(ran, run, loss)
    return Verdict(found is not None and found > step, _reached(run, loss, found))


@claim("{run} never reaches a loss of {loss}")
def _never_reaches(ran: Ran, run: str, loss: float) -> Verdict:
    found = steps_to(ran, run, loss)
    return Verdict(found is None, _reached(run, loss, found))


@claim("{run} reaches a loss of {loss}")
def _reaches(ran: Ran, run: str, loss: float) -> Verdict:
    found = steps_to(ran, run, loss)
    return Verdict(found is not None, _reached(run, loss, found))


@claim("{run} needs fewer than {times} times the steps of {other} to reach a loss of {loss}")
def _fewer_times(ran: Ran, run: str, times: float, other: str, loss: float) -> Verdict:
    mine, others = steps_to(ran, run, loss), steps_to(ran, other, loss)
    seen = f"{_reached(run, loss, mine)}, {_reached(other, loss, others)}"
    return Verdict(mine is not None and (others is None or mine < times * others), seen)


@claim("{run} needs more than {times} times the steps of {other} to reach a loss of {loss}")
def _more_times(ran: Ran, run: str, times: float, other: str, loss: float) -> Verdict:
    mine, others = steps_to(ran, run, loss), steps_to(ran, other, loss)
    seen = f"{_reached(run, loss, mine)}, {_reached(other, loss, others)}"
    return Verdict(others is not None and (mine is None or mine > times * others), seen)


@claim("{run} needs fewer steps than {other} to reach a loss of {loss}")
def _fewer(ran: Ran, run: str, other: str, loss: float) -> Verdict:
    return _fewer_times(ran, run, 1.0, other, loss)


@claim("the loss of {run} at step {step} is below {loss}")
def _loss_below(ran: Ran, run: str, step: int, loss: float) -> Verdict:
    found = ran.row(run, step).loss
    return Verdict(found < loss, f"it is {_n(found)}")


@claim("the loss of {run} at step {step} is above {loss}")
def _loss_above(ran: Ran, run: str, step: int, loss: float) -> Verdict:
    found = ran.row(run, step).loss
    return Verdict(found > loss, f"it is {_n(found)}")


@claim("the loss of {run} at step {step} is {loss}")
def _loss_is(ran: Ran, run: str, step: int, loss: Written) -> Verdict:
    found = ran.row(run, step).loss
    return Verdict(loss.tells(found), f"it is {_n(found)}")


@claim("{run} ends below a loss of {loss}")
def _ends_below(ran: Ran, run: str, loss: float) -> Verdict:
    found = _last_loss(ran, run)
    return Verdict(found < loss, f"it ends at {_n(found)}")


@claim("{run} ends above a loss of {loss}")
def _ends_above(ran: Ran, run: str, loss: float) -> Verdict:
    found = _last_loss(ran, run)
    return Verdict(found > loss, f"it ends at {_n(found)}")


@claim("{run} ends lower than {other}")
def _ends_lower(ran: Ran, run: str, other: str) -> Verdict:
    mine, others = _last_loss(ran, run), _last_loss(ran, other)
    return Verdict(mine < others or (math.isfinite(mine) and not math.isfinite(others)), f"{_n(mine)}, {_n(others)}")


@claim("{run} ends at most {times} times as high as {other}")
def _ends_times(ran: Ran, run: str, times: float, other: str) -> Verdict:
    mine, others = _last_loss(ran, run), _last_loss(ran, other)
    return Verdict(mine <= times * others, f"{_n(mine)}, {_n(others)}")


@claim("the mean of the last {count} losses of {run} is below {loss}")
def _mean_below(ran: Ran, count: int, run: str, loss: float) -> Verdict:
    found = float(_last_losses(ran, run, count).mean())
    return Verdict(found < loss, f"it is {_n(found)}")


@claim("the mean of the last {count} losses of {run} is above {loss}")
def _mean_above(ran: Ran, count: int, run: str, loss: float) -> Verdict:
    found = float(_last_losses(ran, run, count).mean())
    return Verdict(found > loss, f"it is {_n(found)}")


@claim("the mean of the last {count} losses of {run} is lower than that of {other}")
def _mean_lower(ran: Ran, count: int, run: str, other: str) -> Verdict:
    mine, others = (float(_last_losses(ran, label, count).mean()) for label in (run, other))
    return Verdict(mine < others, f"{_n(mine)}, {_n(others)}")


@claim("{run} first lands higher at step {step}")
def _lands_higher_at(ran: Ran, run: str, step: int) -> Verdict:
    found = _first_rise(ran, run)
    return Verdict(found == step, f"it first lands higher {'never' if found is None else f'at step {found}'}")


@claim("{run} never lands higher")
def _never_higher(ran: Ran, run: str) -> Verdict:
    found = _first_rise(ran, run)
    return Verdict(found is None, f"it lands higher {'never' if found is None else f'at step {found}'}")


@claim("the highest loss of {run} is above {loss}")
def _highest_above(ran: Ran, run: str, loss: float) -> Verdict:
    found = float(np.nanmax(ran.columns(run).loss))
    return Verdict(found > loss, f"it is {_n(found)}")


@claim("the highest loss of {run} after step {step} is above {loss}")
def _highest_after(ran: Ran, run: str, step: int, loss: float) -> Verdict:
    found = _highest_from(ran, run, step)
    return Verdict(found > loss, f"it is {_n(found)}")


@claim("the highest loss of {run} after step {step} is below {loss}")
def _highest_after_below(ran: Ran, run: str, step: int, loss: float) -> Verdict:
    found = _highest_from(ran, run, step)
    return Verdict(found < loss, f"it is {_n(found)}")


@claim("the lowest loss of {run} is below {loss}")
def _lowest_below(ran: Ran, run: str, loss: float) -> Verdict:
    found = float(np.nanmin(ran.columns(run).loss))
    return Verdict(found < loss, f"it is {_n(found)}")


@claim("the batch loss of {run} is above {loss} in at least {count} steps")
def _batch_spikes(ran: Ran, run: str, loss: float, count: int) -> Verdict:
    found = ran.columns(run).batch_loss
    if found is None:
        raise ClaimError(f"{run} has no batches")
    high = int(np.count_nonzero(found > loss))
    return Verdict(high >= count, f"in {high}")


@claim("the validation loss of {run} is lowest before step {step}")
def _lowest_validation(ran: Ran, run: str, step: int) -> Verdict:
    found = int(np.nanargmin(_validation(ran, run)))
    return Verdict(found < step, f"it is lowest at step {found}")


@claim("the validation loss of {run} is lowest at step {step}")
def _lowest_validation_at(ran: Ran, run: str, step: int) -> Verdict:
    found = int(np.nanargmin(_validation(ran, run)))
    return Verdict(found == step, f"it is lowest at step {found}")


@claim("the validation loss of {run} at step {step} is {loss}")
def _validation_is(ran: Ran, run: str, step: int, loss: Written) -> Verdict:
    found = _validation(ran, run)
    if step >= len(found):
        raise ClaimError(f"{run} has no step {step:,}: it ended at step {len(found) - 1:,}")
    return Verdict(loss.tells(float(found[step])), f"it is {_n(float(found[step]))}")


@claim("the validation loss of {run} ends above {times} times its lowest")
def _validation_rises(ran: Ran, run: str, times: float) -> Verdict:
    found = _validation(ran, run)
    ratio = float(found[-1] / np.nanmin(found))
    return Verdict(ratio > times, f"it ends at {_n(ratio)} times its lowest")


@claim("the validation loss of {run} ends below {loss}")
def _validation_below(ran: Ran, run: str, loss: float) -> Verdict:
    found = float(_validation(ran, run)[-1])
    return Verdict(found < loss, f"it ends at {_n(found)}")


@claim("the validation loss of {run} ends lower than that of {other}")
def _validation_lower(ran: Ran, run: str, other: str) -> Verdict:
    mine, others = float(_validation(ran, run)[-1]), float(_validation(ran, other)[-1])
    return Verdict(mine < others, f"{_n(mine)}, {_n(others)}")


# Places


@claim("{run} is at {place} at step {step}")
def _is_at(ran: Ran, run: str, place: tuple[Written, ...], step: int) -> Verdict:
    return _tells(place, ran.row(run, step).theta)


@claim("{run} ends within {number} of {place}")
def _ends_near(ran: Ran, run: str, number: float, place: tuple[Written, ...]) -> Verdict:
    theta = ran.columns(run).theta[-1]
    found = float(np.linalg.norm(theta - _point(place, theta)))
    return Verdict(found <= number, f"it ends at {_p(theta)}, {_n(found)} away")


@claim("{run} ends farther than {number} from {place}")
def _ends_far(ran: Ran, run: str, number: float, place: tuple[Written, ...]) -> Verdict:
    theta = ran.columns(run).theta[-1]
    found = float(np.linalg.norm(theta - _point(place, theta)))
    return Verdict(found > number, f"it ends at {_p(theta)}, {_n(found)} away")


@claim("{run} and {other} end within {number} of each other")
def _together(ran: Ran, run: str, other: str, number: float) -> Verdict:
    found = float(np.linalg.norm(ran.columns(run).theta[-1] - ran.columns(other).theta[-1]))
    return Verdict(found <= number, f"they are {_n(found)} apart")


@claim("{run} and {other} end farther than {number} from each other")
def _apart(ran: Ran, run: str, other: str, number: float) -> Verdict:
    found = float(np.linalg.norm(ran.columns(run).theta[-1] - ran.columns(other).theta[-1]))
    return Verdict(found > number, f"they are {_n(found)} apart")


@claim("{run} and {other} take the same way")
def _same_way(ran: Ran, run: str, other: str) -> Verdict:
    same = np.array_equal(ran.columns(run).theta, ran.columns(other).theta)
    return Verdict(same, "they do" if same else "they do not")


@claim("θ of {run} ends shorter than that of {other}")
def _shorter(ran: Ran, run: str, other: str) -> Verdict:
    mine, others = (float(np.linalg.norm(ran.columns(label).theta[-1])) for label in (run, other))
    return Verdict(mine < others, f"{_n(mine)}, {_n(others)}")


@claim("{run} rolls farther than {other}")
def _farther(ran: Ran, run: str, other: str) -> Verdict:
    mine, others = (path_length(ran.columns(label).theta) for label in (run, other))
    return Verdict(mine > others, f"{_n(mine)}, {_n(others)}")


@claim("{axis} of {run} changes its sign at least {often}")
def _changes_sign(ran: Ran, axis: str, run: str, often: int) -> Verdict:
    found = _signs(ran, axis, run)
    return Verdict(found >= often, f"it changes its sign {found} times")


@claim("{axis} of {run} changes its sign at most {often}")
def _seldom_changes_sign(ran: Ran, axis: str, run: str, often: int) -> Verdict:
    found = _signs(ran, axis, run)
    return Verdict(found <= often, f"it changes its sign {found} times")


@claim("{axis} of {run} never changes its sign")
def _keeps_sign(ran: Ran, axis: str, run: str) -> Verdict:
    return _seldom_changes_sign(ran, axis, run, 0)


# Slopes, curvatures and rates


@claim("the loss at {place} is {loss}")
def _loss_at(ran: Ran, place: tuple[Written, ...], loss: Written) -> Verdict:
    found = float(ran.experiment.landscape.loss([_place(ran, place)])[0])
    return Verdict(loss.tells(found), f"it is {_n(found)}")


@claim("the gradient of {run} at step {step} is {place}")
def _gradient_is(ran: Ran, run: str, step: int, place: tuple[Written, ...]) -> Verdict:
    return _tells(place, ran.experiment.landscape.gradient([ran.row(run, step).theta])[0])


@claim("the gradient of {run} at step {step} is shorter than {number}")
def _gradient_shorter(ran: Ran, run: str, step: int, number: float) -> Verdict:
    found = ran.row(run, step).grad_norm
    return Verdict(found < number, f"it is {_n(found)} long")


@claim("the gradient of {run} at step {step} is longer than {number}")
def _gradient_longer(ran: Ran, run: str, step: int, number: float) -> Verdict:
    found = ran.row(run, step).grad_norm
    return Verdict(found > number, f"it is {_n(found)} long")


@claim("the longest gradient of {run} is longer than {number}")
def _longest_gradient(ran: Ran, run: str, number: float) -> Verdict:
    found = float(np.nanmax(ran.columns(run).grad_norm))
    return Verdict(found > number, f"it is {_n(found)} long")


@claim("{run} is clipped at least {often}")
def _clipped(ran: Ran, run: str, often: int) -> Verdict:
    clip = ran.experiment.runs[ran.index(run)].clip
    if clip is None or clip.kind != "norm":
        raise ClaimError(f"{run} is not clipped to a norm")
    found = int(np.count_nonzero(ran.columns(run).grad_norm[:-1] > clip.value))
    return Verdict(found >= often, f"it is clipped {found} times")


@claim("the rate of {run} at step {step} is {number}")
def _rate_is(ran: Ran, run: str, step: int, number: Written) -> Verdict:
    found = ran.row(run, step).lr
    return Verdict(number.tells(found), f"it is {_n(found)}")


@claim("the largest stable rate of {run} at step {step} is {number}")
def _edge_is(ran: Ran, run: str, step: int, number: Written) -> Verdict:
    found = _edge(ran, run, step)
    return Verdict(number.tells(found), f"it is {_n(found)}")


@claim("the rate of {run} is above its stable limit at step {step}")
def _above_edge(ran: Ran, run: str, step: int) -> Verdict:
    edge, rate = _edge(ran, run, step), ran.row(run, step).lr
    return Verdict(rate > edge, f"the rate is {_n(rate)}, the limit {_n(edge)}")


@claim("the rate of {run} is below its stable limit at step {step}")
def _below_edge(ran: Ran, run: str, step: int) -> Verdict:
    edge, rate = _edge(ran, run, step), ran.row(run, step).lr
    return Verdict(rate < edge, f"the rate is {_n(rate)}, the limit {_n(edge)}")


@claim("the rate of {run} is within {number} % of its stable limit at step {step}")
def _near_edge(ran: Ran, run: str, number: float, step: int) -> Verdict:
    edge, rate = _edge(ran, run, step), ran.row(run, step).lr
    return Verdict(abs(rate / edge - 1.0) <= number / 100.0, f"the rate is {_n(rate)}, the limit {_n(edge)}")


@claim("the condition number of {run} at step {step} is {number}")
def _condition_is(ran: Ran, run: str, step: int, number: Written) -> Verdict:
    found = ran.facts(run, step).condition
    return Verdict(number.tells(found), f"it is {_n(found)}")


@claim("the condition number of {run} at step {step} is above {number}")
def _condition_above(ran: Ran, run: str, step: int, number: float) -> Verdict:
    found = ran.facts(run, step).condition
    return Verdict(found > number, f"it is {_n(found)}")


@claim("the condition number of {run} at step {step} is below {number}")
def _condition_below(ran: Ran, run: str, step: int, number: float) -> Verdict:
    found = ran.facts(run, step).condition
    return Verdict(found < number, f"it is {_n(found)}")


@claim("the ground of {run} at step {step} is a {words}")
def _shape_is(ran: Ran, run: str, step: int, words: str) -> Verdict:
    found = ran.facts(run, step).shape
    return Verdict(found == words, f"it is a {found}")


@claim("the ground at {place} is a {words}")
def _shape_at(ran: Ran, place: tuple[Written, ...], words: str) -> Verdict:
    found = facts(ran.experiment.landscape, _place(ran, place)).shape
    return Verdict(found == words, f"it is a {found}")


@claim("the gradient at {place} is shorter than {number}")
def _gradient_at_shorter(ran: Ran, place: tuple[Written, ...], number: float) -> Verdict:
    found = facts(ran.experiment.landscape, _place(ran, place)).gradient_norm
    return Verdict(found < number, f"it is {_n(found)} long")


@claim("{run} ends on sharper ground than {other}")
def _sharper(ran: Ran, run: str, other: str) -> Verdict:
    mine, others = (ran.facts(label, ran.columns(label).last).sharpness for label in (run, other))
    return Verdict(mine > others, f"{_n(mine)}, {_n(others)}")


@claim("the range test of {run} suggests a rate between {low} and {high}")
def _suggests(ran: Ran, run: str, low: float, high: float) -> Verdict:
    found = range_test(ran.experiment, ran.index(run)).suggestion
    return Verdict(found is not None and low <= found <= high, f"it suggests {'none' if found is None else _n(found)}")


@claim("the range test of {run} blows up between {low} and {high}")
def _blows_up(ran: Ran, run: str, low: float, high: float) -> Verdict:
    found = range_test(ran.experiment, ran.index(run)).blew_up
    return Verdict(
        found is not None and low <= found <= high, f"it blows up at {'none' if found is None else _n(found)}"
    )


# Models, batches, seeds, slices


@claim("gradients of batches of {count} scatter at least {times} times as much as those of {number} at the start")
def _scatter(ran: Ran, count: int, times: float, number: float) -> Verdict:
    mine, others = _spread(ran, count), _spread(ran, int(number))
    return Verdict(mine >= times * others, f"{_n(mine)}, {_n(others)}")


@claim("of batches of {count} at least {number} % point uphill at the start")
def _uphill(ran: Ran, count: int, number: float) -> Verdict:
    found = _share_uphill(ran, count)
    return Verdict(found >= number, f"{_n(found)} % do")


@claim("of batches of {count} at most {number} % point uphill at the start")
def _few_uphill(ran: Ran, count: int, number: float) -> Verdict:
    found = _share_uphill(ran, count)
    return Verdict(found <= number, f"{_n(found)} % do")


@claim("of batches of {count} none points uphill at the start")
def _none_uphill(ran: Ran, count: int) -> Verdict:
    return _few_uphill(ran, count, 0.0)


@claim("of {number} seeds of {run} at least {count} end below a loss of {loss}")
def _seeds_below(ran: Ran, number: float, run: str, count: int, loss: float) -> Verdict:
    ends = _ends(ran, run, int(number))
    found = int(np.count_nonzero(ends < loss))
    return Verdict(found >= count, f"{found} do")


@claim("of {number} seeds of {run} at most {count} end below a loss of {loss}")
def _few_seeds_below(ran: Ran, number: float, run: str, count: int, loss: float) -> Verdict:
    ends = _ends(ran, run, int(number))
    found = int(np.count_nonzero(ends < loss))
    return Verdict(found <= count, f"{found} do")


@claim("among {count} seeds of {run} the highest final loss is at least {times} times the lowest")
def _seeds_differ(ran: Ran, count: int, run: str, times: float) -> Verdict:
    ends = _ends(ran, run, count)
    found = float(np.nanmax(ends) / np.nanmin(ends))
    return Verdict(found >= times, f"it is {_n(found)} times the lowest")


@claim("each of {count} seeds of {run} ends lower than each of {other}")
def _all_lower(ran: Ran, count: int, run: str, other: str) -> Verdict:
    highest, lowest = float(np.max(_ends(ran, run, count))), float(np.min(_ends(ran, other, count)))
    return Verdict(highest < lowest, f"the highest of {run} is {_n(highest)}, the lowest of {other} {_n(lowest)}")


@claim("the median of {count} seeds of {run} ends lower than that of {other}")
def _medians(ran: Ran, count: int, run: str, other: str) -> Verdict:
    mine, others = (float(np.median(_ends(ran, label, count))) for label in (run, other))
    return Verdict(mine < others, f"{_n(mine)}, {_n(others)}")


@claim("the picture under {run} at step {step} is at least {times} times as high as its loss")
def _picture(ran: Ran, run: str, step: int, times: float) -> Verdict:
    cut = section(ran.experiment, ran.trajectory, step, ran.index(run))
    row = ran.row(run, step)
    ratio = cut.beneath(row.theta) / row.loss
    return Verdict(ratio >= times, f"it is {_n(ratio)} times as high")


@claim("the picture under {run} at step {step} shows a loss of {loss}")
def _pictured(ran: Ran, run: str, step: int, loss: Written) -> Verdict:
    cut = section(ran.experiment, ran.trajectory, step, ran.index(run))
    found = cut.beneath(ran.row(run, step).theta)
    return Verdict(loss.tells(found), f"it shows {_n(found)}")


@claim("nothing in the picture of {run} at step {step} is lower than {loss}")
def _lowest_pictured(ran: Ran, run: str, step: int, loss: float) -> Verdict:
    cut = section(ran.experiment, ran.trajectory, step, ran.index(run))
    left, right, bottom, top = cut.home()
    found = float(np.nanmin(cut.grid(np.linspace(left, right, PIXELS), np.linspace(bottom, top, PIXELS))))
    return Verdict(found >= loss, f"the lowest place shows {_n(found)}")


@claim("the picture holds {number} % of the movement of {run}")
def _share(ran: Ran, number: Written, run: str) -> Verdict:
    axes = section(ran.experiment, ran.trajectory, ran.columns(run).last, ran.index(run)).axes
    if axes is None or axes.share is None:
        raise ClaimError("the landscape is not seen along the principal components of a run")
    return Verdict(number.tells(100.0 * axes.share), f"it holds {_n(100.0 * axes.share)} %")


@claim("the model has {count} parameters")
def _parameters(ran: Ran, count: int) -> Verdict:
    found = ran.experiment.landscape.dim
    return Verdict(found == count, f"it has {found}")


# Helpers


def _outcome(ran: Ran, label: str) -> Any:
    found = ran.columns(label).outcome
    assert found is not None
    return found


def _end(ran: Ran, label: str) -> str:
    found = _outcome(ran, label)
    verb = "" if found.kind in ("converged", "diverged") else "is "
    return f"it {verb}{found.kind} at step {found.step:,}"


def steps_to(ran: Ran, label: str, loss: float) -> int | None:
    """The first step at which a run's loss is at most ``loss``; None where it never is."""
    below = np.flatnonzero(ran.columns(label).loss <= loss)
    return int(below[0]) if below.size else None


def _reached(label: str, loss: float, step: int | None) -> str:
    return f"{label} {'never reaches' if step is None else 'reaches'} {_n(loss)}{'' if step is None else f' at {step}'}"


def _last_loss(ran: Ran, label: str) -> float:
    return float(ran.columns(label).loss[-1])


def _last_losses(ran: Ran, label: str, count: int) -> Floats:
    if count < 1:
        raise ClaimError("a mean is that of one loss at least")
    return ran.columns(label).loss[-count:]


def _highest_from(ran: Ran, label: str, step: int) -> float:
    ran.row(label, step)
    return float(np.nanmax(ran.columns(label).loss[step:]))


def _first_rise(ran: Ran, label: str) -> int | None:
    loss = ran.columns(label).loss
    higher = np.flatnonzero(~(loss[1:] <= loss[:-1]))
    return int(higher[0]) + 1 if higher.size else None


def _validation(ran: Ran, label: str) -> Floats:
    found = ran.columns(label).val_loss
    if found is None:
        raise ClaimError(f"{label} has no validation loss")
    return found


def _point(place: tuple[Written, ...], theta: Floats) -> Floats:
    if len(place) != theta.size:
        raise ClaimError(f"{len(place)} numbers stand there, and there are {theta.size} parameters")
    return np.array(place, dtype=np.float64)


def _place(ran: Ran, place: tuple[Written, ...]) -> Floats:
    return _point(place, np.empty(ran.experiment.landscape.dim))


def _tells(place: tuple[Written, ...], values: Floats) -> Verdict:
    _point(place, values)
    return Verdict(all(w.tells(v) for w, v in zip(place, values.tolist(), strict=True)), f"it is {_p(values)}")


def _signs(ran: Ran, axis: str, label: str) -> int:
    axes = ran.experiment.landscape.axes
    if axis not in axes or ran.experiment.landscape.dim != 2:
        raise ClaimError(f"there is no {axis}; the parameters are {' and '.join(axes)}")
    values = ran.columns(label).theta[:, axes.index(axis)]
    signs = np.sign(values[values != 0.0])
    return int(np.count_nonzero(signs[1:] != signs[:-1]))


def _edge(ran: Ran, label: str, step: int) -> float:
    found = edge_at(ran.experiment, ran.index(label), ran.columns(label), step)
    if found.rate is None:
        raise ClaimError(f"{label} has no stable limit at step {step}: {found.why}")
    return found.rate


def _spread(ran: Ran, size: int) -> float:
    """How far gradients of batches lie from the full one at the start: the root of the mean square."""
    full, batches = _gradients(ran, size)
    return float(np.sqrt(np.mean(np.sum(np.square(batches - full), axis=1))))


def _share_uphill(ran: Ran, size: int) -> float:
    """How many of 100 batches would make the loss of all examples higher, however small the step, at the start."""
    full, batches = _gradients(ran, size)
    return 100.0 * float(np.mean(batches @ full < 0.0))


def _gradients(ran: Ran, size: int) -> tuple[Floats, Floats]:
    """At the start: the gradient of all examples, shape (dim,), and those of batches, shape (BATCHES, dim)."""
    landscape = ran.experiment.landscape
    if not isinstance(landscape, ModelLandscape):
        raise ClaimError("only models on data have batches")
    theta = np.array(ran.experiment.origin)
    chance = np.random.default_rng(0)
    full = landscape.gradient(theta[np.newaxis])[0]
    data = landscape.data()
    found = []
    for _ in range(BATCHES):
        rows = chance.choice(data.y.size, size=min(size, data.y.size), replace=False)
        found.append(landscape.slope(theta, data.x[rows], data.y[rows])[1])
    return full, np.array(found)


def _ends(ran: Ran, label: str, count: int) -> Floats:
    """The last losses of a run with so many seeds, shape (count,)."""
    ensemble = Ensemble(ran.experiment, ran.index(label), count)
    band = Band(ensemble)
    for part in ensemble.parts():
        band.add(part)
    return np.asarray(band.loss[-1])


def _n(value: float) -> str:
    return f"{value:.4g}"


def _p(values: Floats) -> str:
    return f"({', '.join(_n(v) for v in np.asarray(values).tolist())})" if np.size(values) <= 4 else "far from here"
