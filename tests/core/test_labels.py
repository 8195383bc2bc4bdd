"""Labels follow what they state, and nothing else."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from samples import document, experiment

import gdsim
from gdsim.core import remedies
from gdsim.core.labels import relabelled


def made(label: str, **settings: Any):
    return experiment({"optimizer": {"name": "SGD", "lr": 0.02}, "label": label, **settings})


@pytest.mark.parametrize(
    ("label", "told"),
    [
        ("η = 0.02", "η = 0.06"),
        ("SGD (η = 0.02)", "SGD (η = 0.06)"),
        ("η = 0.020", "η = 0.06"),
        ("η = 0.2", "η = 0.2"),
        ("η = 0.02 and η = 0.2", "η = 0.06 and η = 0.2"),
        ("0.02", "0.02"),
        ("slow", "slow"),
        ("", ""),
    ],
)
def test_a_rate_that_is_stated(label, told):
    before = made(label)
    after = relabelled(before, msgspec.structs.replace(remedies.scaled_rate(0, 3.0)(before)))
    assert after.runs[0].label == told
    assert after.runs[0].optimizer.rate == 0.06


def test_what_there_was_none_of():
    clipped = remedies.clip_at(0, 3.0, "Why.")
    before = made("no clipping")
    once = relabelled(before, clipped.edit(before))
    assert once.runs[0].label == "clipped at 3"
    assert relabelled(once, remedies.raise_limit(0, 5.0).edit(once)).runs[0].label == "clipped at 5"
    before = made("no noise")
    assert relabelled(before, clipped.edit(before)).runs[0].label == "no noise"
    assert relabelled(before, remedies.more_noise(0, 0.5).edit(before)).runs[0].label == "noise 0.5"
    before = made("no momentum")
    assert relabelled(before, remedies.momentum(0, before.runs[0]).edit(before)).runs[0].label == "momentum 0.9"


def test_another_optimizer_takes_its_name_along():
    before = made("SGD")
    remedy = remedies.adam(0, before.runs[0], 1.0, 100)
    assert relabelled(before, remedy.edit(before)).runs[0].label == "Adam"
    before = made("my SGD-like run")
    assert relabelled(before, remedies.scaled_rate(0, 3.0)(before)) == remedies.scaled_rate(0, 3.0)(before)


def test_other_runs_and_names_given_by_hand_stay():
    run = {"optimizer": {"name": "SGD", "lr": 0.02}, "label": "η = 0.02"}
    before = gdsim.load(document(run, {**run, "label": "η = 0.02 again"}))
    after = relabelled(before, remedies.scaled_rate(0, 3.0)(before))
    assert [one.label for one in after.runs] == ["η = 0.06", "η = 0.02 again"]
    named = msgspec.structs.replace(after.runs[0], label="mine")
    renamed = msgspec.structs.replace(after, runs=(named, after.runs[1]))
    assert relabelled(before, renamed) == renamed
    fewer = msgspec.structs.replace(after, runs=(before.runs[0],))
    assert relabelled(before, fewer) == fewer
