"""The table of runs: every number against one computed by hand, and texts that leave the program harmlessly."""

import csv
import io
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import document

import gdsim
from gdsim.core.compare import AT_ONCE, HEADS, Row, as_csv, as_markdown, compare, path_length, usual_target

ROW = Row("SGD", 0.5, 0.25, 7, 3, 1.5, "converged at step 9")


@pytest.fixture(scope="module")
def trajectory():
    runs = (
        {"label": "slow", "optimizer": {"name": "SGD", "lr": 0.01}},
        {"label": "fast", "optimizer": {"name": "SGD", "lr": 0.2}},
        {"label": "wild", "optimizer": {"name": "SGD", "lr": 1e200}},
    )
    return gdsim.run(gdsim.load(document(*runs, landscape="bowl", start=[3.0, 4.0], steps=30)))


def test_each_number_is_that_of_the_run(trajectory):
    rows = compare(trajectory, 1.0)
    for row, run in zip(rows, trajectory.runs, strict=True):
        finite = np.where(np.isfinite(run.loss), run.loss, np.inf)
        assert row.label == run.label
        np.testing.assert_equal(row.final, run.loss[-1])
        assert (row.best, row.best_step) == (finite.min(), finite.argmin())
        reached = [step for step, loss in enumerate(finite) if loss <= 1.0]
        assert row.to_target == (reached[0] if reached else None)
        assert run.outcome.kind in row.outcome
    assert rows[0].to_target is None
    assert rows[1].to_target is not None
    assert "diverged at step" in rows[2].outcome


def test_a_straight_way_is_as_long_as_its_ends_are_apart():
    straight = document({"optimizer": {"name": "SGD", "lr": 0.01}}, landscape="quadratic", start=[2.0, 0.0], steps=30)
    found = gdsim.run(gdsim.load(straight))
    (row,) = compare(found, 1.0)
    assert row.length == pytest.approx(math.dist(found.runs[0].theta[0], found.runs[0].theta[-1]))
    assert row.length > 0.1


@pytest.mark.parametrize(
    ("places", "length"),
    [
        ([[0.0, 0.0]], 0.0),
        ([[0.0, 0.0], [3.0, 4.0], [0.0, 0.0]], 10.0),
        ([[0.0, 0.0], [3.0, 4.0], [math.nan, 0.0], [9.0, 9.0]], 5.0),
        ([[0.0, 0.0], [3e200, 4e200]], 5e200),
        ([[-1.7e308, 0.0], [1.7e308, 0.0]], math.inf),
    ],
)
def test_path_lengths(places, length):
    assert path_length(np.array(places)) == pytest.approx(length)


def test_a_path_that_is_measured_in_parts_is_as_long(monkeypatch):
    theta = np.cumsum(np.sin(np.arange(3.0 * 500).reshape(500, 3)), axis=0)
    whole = path_length(theta)
    monkeypatch.setattr("gdsim.core.compare.AT_ONCE", 100)
    assert path_length(theta) == pytest.approx(whole)
    assert AT_ONCE > 1500, "the first was measured at once"


def test_every_run_reaches_the_usual_target(trajectory):
    target = usual_target(trajectory)
    assert all(row.to_target is not None for row in compare(trajectory, target))
    assert float(f"{target:.2e}") == target


def test_what_has_hardly_begun_can_be_compared(trajectory):
    empty = gdsim.core.trajectory.Trajectory(trajectory.experiment, (gdsim.core.trajectory.RunTrajectory("slow"),))
    assert usual_target(empty) == 0.0
    (row,) = compare(empty, 1.0)
    assert (row.outcome, row.to_target, row.length) == ("under way", None, 0.0)


@pytest.mark.parametrize("label", ["=1+1", "+1", "-1", "@x", "\t=1", 'a,"b"', "plain", "a\nb"])
def test_csv_keeps_labels_and_runs_none_of_them(label):
    text = as_csv([Row(label, math.inf, -0.5, 0, None, math.nan, "diverged at step 3")], 0.01)
    head, cells = csv.reader(io.StringIO(text, newline=""))
    assert tuple(head) == tuple(name.replace("to target", "to loss ≤ 0.01") for name in HEADS)
    assert cells[0].removeprefix("'") == label
    assert not cells[0].startswith(("=", "+", "-", "@", "\t"))
    assert cells[1:] == ["inf", "-0.5", "0", "", "nan", "diverged at step 3"]


@given(st.text(max_size=30))
def test_markdown_is_a_table_whatever_the_label(label):
    text = as_markdown([Row(label, 0.5, 0.25, 7, 3, 1.5, "converged"), ROW], 0.3)
    lines = text.split("\n")
    assert len(lines) == 5
    assert lines[0].count("|") == len(HEADS) + 1
    assert lines[3] == "| SGD | 0.5 | 0.25 | 7 | 3 | 1.5 | converged at step 9 |"
    bars = lines[2].replace("\\\\", "").replace("\\|", "").count("|")
    assert bars == len(HEADS) + 1
