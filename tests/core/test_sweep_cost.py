"""Estimates of sweeps: what takes long is known to, and a grid at first is no finer than there is patience for."""

from __future__ import annotations

import pytest
from samples import experiment

import gdsim
from gdsim.core.durations import in_words, left
from gdsim.core.sweep import Axis, Sweep
from gdsim.core.sweep_cost import GRIDS, seconds_of, usual_cells
from gdsim.resources import resource


def ready(number):
    return gdsim.load(next(resource("experiments").glob(f"{number}-*.json")))


@pytest.mark.parametrize(
    ("number", "fewest", "most"), [("09", 128, 128), ("04", 128, 128), ("30", 24, 48), ("31", 8, 16)]
)
def test_a_grid_is_as_fine_as_fits_into_a_minute(number, fewest, most):
    assert fewest <= usual_cells(ready(number), 0, 128, 60.0) <= most


def test_no_more_cells_than_asked_for_and_never_fewer_than_the_fewest():
    assert usual_cells(ready("09"), 0, 24, 60.0) == 24
    assert usual_cells(ready("31"), 0, 64, 0.0) == GRIDS[-1]


def test_every_cell_and_step_counts():
    def sweep(cells, steps):
        axes = Axis("start[0]", -1, 1, cells), Axis("start[1]", -1, 1, cells)
        return Sweep(experiment({"optimizer": {"name": "SGD"}}, steps=steps), *axes)

    assert seconds_of(sweep(32, 100)) == pytest.approx(4.0 * seconds_of(sweep(16, 100)))
    assert seconds_of(sweep(16, 300)) == pytest.approx(3.0 * seconds_of(sweep(16, 100)))


@pytest.mark.parametrize(("seconds", "words"), [(0.01, "1 s"), (12.4, "12 s"), (600.0, "10 min"), (7200.0, "2.0 h")])
def test_times_in_words(seconds, words):
    assert in_words(seconds) == words


def test_what_is_left_is_told_once_something_is_known_of_it():
    assert left(20.0, 0.25) == "60 s left"
    assert left(10.0, 0.0) == ""
    assert left(0.1, 0.5) == ""
