"""The row of the bench about three dimensions: it names what was missed, and skips with a word without matplotlib."""

import pytest

from gdsim.bench import solid
from gdsim.bench.processes import UnavailableError
from gdsim.cli import bench

FOUND = {"rest": [0.03], "drag": [0.01], "rolling": [0.002], "flat": [0.001], "matplotlib": [3.0]}


def test_it_stands_in_the_table_with_its_target():
    (row,) = (measure for measure in bench.MEASURES if measure.name == "solid")
    assert row.figures[0].target == "≥ 10 ×"


def test_values_follow_from_what_the_program_found(monkeypatch):
    monkeypatch.setattr(solid, "answer", lambda *_: FOUND)
    taken = solid._solid(lambda *_: None)
    assert taken.values == pytest.approx({"ratio": 300.0, "drag": 10.0, "rest": 30.0, "rolling": 2.0, "flat": 2.0})


def test_without_matplotlib_it_says_so(monkeypatch):
    monkeypatch.setattr(solid, "answer", lambda *_: FOUND | {"matplotlib": []})
    with pytest.raises(UnavailableError, match="matplotlib"):
        solid._solid(lambda *_: None)
