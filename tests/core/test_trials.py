"""Remedies are tried: what helps comes first, what does not is left out, what cannot be compared is left alone."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
from samples import experiment

import gdsim
from gdsim.core import remedies
from gdsim.core.diagnosis import diagnose
from gdsim.core.experiment import Experiment
from gdsim.core.remedies import Remedy
from gdsim.core.trials import MOST_STEPS, can_be_tried, sorted_by_fate
from gdsim.resources import resource

BOWL: dict[str, Any] = {"landscape": "bowl", "start": [-3.2, -0.7], "steps": 60}
LINE = {"name": "linear_regression", "dataset": {"name": "line", "size": 64, "noise": 0.6}, "standardise": 1.0}


def sgd(lr: float, **settings: Any) -> dict[str, Any]:
    return {"optimizer": {"name": "SGD", "lr": lr}, **settings}


def rate(factor: float, text: str) -> Remedy:
    return Remedy(text, "Why.", remedies.scaled_rate(0, factor))


def texts(made: Experiment, *found: Remedy, floor: float | None = 0.0) -> list[str]:
    columns = gdsim.run(made).runs[0]
    return [one.text for one in sorted_by_fate(made, 0, columns, found, floor)]


def test_the_best_comes_first_and_what_makes_it_worse_is_left_out():
    made = experiment(sgd(0.02), **BOWL)
    found = texts(made, rate(3.0, "thrice"), rate(0.5, "half"), rate(10.0, "tenfold"), rate(50.0, "too much"))
    assert found == ["tenfold", "thrice"]


def test_where_all_diverge_none_is_offered_but_those_of_chance():
    made = experiment(sgd(5.0), **BOWL)
    chance = Remedy("elsewhere", "Why.", remedies.scaled_rate(0, 2.0), by_chance=True)
    assert texts(made, rate(2.0, "twice"), chance) == ["elsewhere"]


def test_as_low_but_sooner_is_better():
    made = experiment(sgd(0.1), landscape="bowl", start=[-3.2, -0.7], steps=400)
    assert texts(made, rate(2.0, "twice"), rate(0.5, "half")) == ["twice"]


def test_more_steps_come_after_what_needs_none_and_only_where_they_lead_lower():
    made = experiment(sgd(0.02), **BOWL)
    more = remedies.more_steps(made)
    assert more is not None
    assert texts(made, more, rate(3.0, "thrice")) == ["thrice", "Go on to step 120"]
    swings = experiment({"optimizer": {"name": "Lion", "lr": 0.5}}, **BOWL)
    assert texts(swings, more) == []


@pytest.mark.parametrize(
    "edit",
    [
        remedies.robust_loss(experiment(sgd(0.1), landscape=LINE).landscape),
        remedies.ten_examples(),
    ],
)
def test_what_changes_the_meaning_of_the_loss_is_not_tried(edit):
    made = experiment(sgd(0.01), landscape=LINE, steps=50)
    assert edit is not None
    assert not can_be_tried(made, edit)
    assert texts(made, edit, rate(3.0, "thrice")) == ["thrice", edit.text]


def test_standardised_inputs_can_be_compared_and_long_runs_cost_too_much():
    made = experiment(sgd(0.01), landscape={**LINE, "standardise": 0.0}, steps=50)
    remedy = remedies.standardise(made, 0)
    assert remedy is not None
    assert can_be_tried(made, remedy)
    assert not can_be_tried(msgspec.structs.replace(made, steps=MOST_STEPS + 1), remedy)


def test_an_average_is_judged_by_its_own_loss():
    made = experiment(sgd(0.1, noise={"std": 1.0}), landscape="bowl", start=[0.5, 0.5], steps=400)
    average = remedies.average(0, made.runs[0], 400)
    assert average is not None
    columns = gdsim.run(made).runs[0]
    (found,) = sorted_by_fate(made, 0, columns, (average,), 0.0)
    assert "Tried out: the loss comes to" in found.tooltip
    assert found.edit(made) == average.edit(made)


def test_a_run_that_has_not_ended_is_tried_as_far_as_it_went():
    made = experiment(sgd(0.02), **BOWL)
    columns = gdsim.run(made).runs[0]
    columns.keep(30)
    (found,) = sorted_by_fate(made, 0, columns, (rate(3.0, "thrice"),), 0.0)
    after = gdsim.run(found.edit(made)).runs[0].loss[:30]
    assert f"comes to {np.median(after[-3:]):.3g} instead" in found.tooltip


@pytest.mark.parametrize(
    ("name", "index", "first"),
    [
        ("02-learning-rates", 3, "Set η to 0.25"),
        ("09-four-roads", 0, "Halve η"),
        ("13-warm-up", 1, "Clip to norm 1"),
        ("07-plateau", 0, None),
    ],
)
def test_the_first_remedy_of_ready_made_experiments_is_the_best(name, index, first):
    made = gdsim.load(resource("experiments") / f"{name}.json")
    found = diagnose(made, index, gdsim.run(made).runs[index])[0].remedies
    assert (found[0].text if found else None) == first
    losses = [gdsim.run(one.edit(made)).runs[index].loss[-1] for one in found]
    assert all(losses[0] <= max(other, 1e-9) for other in losses)
