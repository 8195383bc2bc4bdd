"""Epochs: what plots and readings say about a step is what the descent does."""

from __future__ import annotations

import pytest
from samples import experiment

from gdsim.core.batches import Batches
from gdsim.core.epochs import epoch_ends, examples_of, place_of, stretches

LINE = {"name": "linear_regression", "dataset": {"name": "line", "size": 100}, "validation": 0.3}
SGD = {"optimizer": {"name": "SGD"}}
CHANGED = {
    **SGD,
    "batch_size": 10,
    "changes": [{**SGD, "step": 20, "batch_size": 7, "accumulate": 5}, {**SGD, "step": 40}],
}


def parts_of(settings, steps=60, landscape=LINE):
    made = experiment(settings, landscape=landscape, steps=steps)
    return stretches(made.runs[0], made.steps, examples_of(made))


@pytest.mark.parametrize("batch", [1, 10, 32, 69])
def test_the_place_in_an_epoch_is_that_of_the_batches(batch):
    parts, batches = parts_of({**SGD, "batch_size": batch}), Batches(70, batch)
    seen = []
    for step in range(60):
        place = place_of(parts, step)
        assert place is not None
        assert place.epoch == batches.epoch(step) + 1
        assert place.total == batches.per_epoch
        seen.append((place.epoch, place.batch))
    assert seen == sorted(set(seen))
    assert seen[0] == (1, 1)


@pytest.mark.parametrize(
    ("settings", "landscape"), [(SGD, LINE), ({**SGD, "batch_size": 70}, LINE), ({**SGD, "batch_size": 8}, "bowl")]
)
def test_there_are_no_epochs_where_updates_see_everything(settings, landscape):
    parts = parts_of(settings, landscape=landscape)
    assert place_of(parts, 3) is None
    assert epoch_ends(parts, 40) == []


def test_epochs_end_where_the_next_begins():
    assert epoch_ends(parts_of({**SGD, "batch_size": 10}), 40) == [7, 14, 21, 28, 35, 42, 49, 56]
    assert epoch_ends(parts_of({**SGD, "batch_size": 10}), 7) == []
    assert epoch_ends(parts_of({**SGD, "batch_size": 69}, steps=10), 40) == [2, 4, 6, 8, 10]


def test_changes_on_the_way_have_epochs_of_their_own():
    parts = parts_of(CHANGED)
    assert [(part.first, part.end, part.per_epoch) for part in parts] == [(0, 20, 7), (20, 40, 2), (40, 60, None)]
    assert epoch_ends(parts, 40) == [7, 14, *range(20, 41, 2)]
    assert str(place_of(parts, 19)) == "epoch 3, batch 6 of 7"
    assert str(place_of(parts, 20)) == "epoch 11, batch 1 of 2"
    assert place_of(parts, 40) is None


@pytest.mark.parametrize(("by", "ticks"), [("step", 1), ("epoch", 7)])
def test_the_clock_of_the_schedule_is_that_of_the_settings(by, ticks):
    made = experiment({**SGD, "batch_size": 10, "schedule_by": by}, landscape=LINE, steps=60)
    part = stretches(made.runs[0], made.steps, examples_of(made))[0]
    assert part.ticks == ticks == made.runs[0].ticks(made.landscape)
    assert part.clock(20) == 20 // ticks
