"""What is made ready before a large experiment is shown, and what can stop it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

import gdsim
from gdsim.core import readiness
from gdsim.core.data import Cancelled, CsvError, CsvFile, Line, Tables, csv_file
from gdsim.core.documents import Watch
from gdsim.core.landscapes.analytic import Rosenbrock
from gdsim.core.landscapes.fitted import LinearRegression, PolynomialRegression


def fit(landscape: dict[str, object]) -> gdsim.Experiment:
    found = {"landscape": landscape, "steps": 5, "runs": [{"optimizer": {"name": "SGD", "lr": 0.01}}]}
    return gdsim.load({"format": "gdsim-experiment", "version": 1, **found})


def test_many_examples_and_files_that_have_to_be_read_are_costly(monkeypatch: pytest.MonkeyPatch) -> None:
    line = LinearRegression(dataset=Line(size=30))
    unread = LinearRegression(dataset=CsvFile(path="x.csv", sha256="0" * 64, columns=("x",), target="y"))
    assert not readiness.costly(Rosenbrock())
    assert not readiness.costly(line)
    assert readiness.costly(unread)
    monkeypatch.setattr(readiness, "MANY", 20)
    assert readiness.costly(line)


def test_only_what_goes_through_many_examples_each_time_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "MANY", 20)
    assert not readiness.slow(Rosenbrock())
    assert not readiness.slow(LinearRegression(dataset=Line(size=30)))
    assert readiness.slow(LinearRegression(dataset=Line(size=30), loss_kind="huber"))
    assert readiness.slow(PolynomialRegression(dataset=Line(size=30)))


def test_it_stops_where_it_is_told_to() -> None:
    experiment = fit({"name": "linear_regression", "dataset": {"name": "line", "size": 40}})
    asked = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) == 3

    with pytest.raises(Cancelled):
        readiness.make_ready(experiment, Watch(cancelled=cancelled))
    assert len(asked) == 3
    readiness.make_ready(experiment, Watch())


def test_a_table_that_was_forgotten_is_read_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text("x,y\n1,2\n2,4\n3,6.5\n", encoding="utf-8")
    experiment = fit(
        {"name": "linear_regression", "dataset": {"name": "csv", "path": str(path), "inputs": ["x"], "target": "y"}}
    )
    monkeypatch.setattr(csv_file, "tables", Tables())
    assert readiness.costly(experiment.landscape)
    readiness.make_ready(experiment, Watch())
    assert not readiness.costly(experiment.landscape)
    monkeypatch.setattr(csv_file, "tables", Tables())
    path.write_text("x,y\n1,2\n2,4\n3,7\n", encoding="utf-8")
    with pytest.raises(CsvError, match="checksum"):
        readiness.make_ready(msgspec.structs.replace(experiment, steps=6), Watch())
