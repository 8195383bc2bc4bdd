"""Checking lessons: what does not hold is told with its place, and every shipped lesson and quiz holds."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import pytest
from samples import document

import gdsim
from gdsim.app import main
from gdsim.core.documents import DocumentError
from gdsim.core.experiment import Experiment
from gdsim.lessons.checker import MEASURE, check, found_numbers
from gdsim.lessons.claims import Ran
from gdsim.lessons.lesson import MEASURES, Find, Problem
from gdsim.lessons.reader import parse, read
from gdsim.lessons.shelf import FOLDERS, find, shipped, title_of
from gdsim.resources import resource

SHIPPED = [path for folder in FOLDERS for path in shipped(folder)]
RAVINE = """\
# A lesson

## One

```json
{"landscape": {"name": "quadratic", "a": 1.0, "b": 40.0}, "start": [-1.8, 1.0], "steps": 60, "runs": [
  {"label": "SGD", "optimizer": {"name": "SGD", "lr": 0.02}},
  {"label": "bold", "optimizer": {"name": "SGD", "lr": 0.045, "momentum": 0.5}}]}
```

"""
ORDER = "### Order: So\n\n```answer\nby: {}\n```\n\n1. {}\n2. {}\n"
FIND = "### Find: So\n\n```answer\nset runs[0].optimizer.lr: {}\nrange runs[0].optimizer.lr: 0 to 1\n{}\n```\n\n{}"
STABLE = "### Check\n\n- SGD does not diverge\n"


def at(experiment: Experiment, path: str) -> float:
    """The number that stands at a path such as ``runs[0].optimizer.lr``."""
    value: Any = experiment
    for name in re.findall(r"\w+", path):
        value = value[int(name)] if name.isdigit() else getattr(value, name)
    return float(value)


def problems(task: str) -> list[Problem]:
    return list(check(parse(RAVINE + task, Path("lesson.md"))))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_shipped_lesson_holds(path):
    lesson = read(path)
    assert [str(problem) for problem in check(lesson)] == []
    assert lesson.scenes
    assert lesson.summary
    assert title_of(path) == lesson.title
    assert find(lesson.name) is not None


@pytest.mark.parametrize("path", shipped("quizzes"), ids=lambda path: path.stem)
def test_a_quiz_asks_in_every_scene_and_teaches_with_every_answer(path):
    lesson = read(path)
    assert lesson.is_quiz
    assert [scene.title for scene in lesson.scenes if not scene.task.explanation] == []
    assert all(1 <= len(scene.title.split()) <= 5 for scene in lesson.scenes)


@pytest.mark.parametrize("path", shipped("quizzes"), ids=lambda path: path.stem)
def test_numbers_that_solve_a_task_need_not_be_hit_exactly(path):
    for scene in read(path).scenes:
        task = scene.task
        if not isinstance(task, Find):
            continue
        right = {want.path: want.solution for want in task.wanted}
        for factor in (0.98, 1.02):
            near = {name: value * factor for name, value in right.items()}
            assert found_numbers(task, scene.setup.experiment, near).right, f"{scene.title}: {near}"
        given = {name: at(scene.setup.experiment, name) for name in right}
        assert not found_numbers(task, scene.setup.experiment, given).right, f"{scene.title}: nothing is left to find"


@pytest.mark.parametrize(
    ("task", "line", "why"),
    [
        ("### Check\n\n- SGD diverges\n", 13, "“SGD diverges” does not hold: it is still descending at step 60"),
        ("### Check\n\n- SGD is in love\n", 13, "“SGD is in love” is no claim that can be checked."),
        ("### Predict: So?\n\n- [x] A. `SGD diverges`\n- [ ] B.\n", 13, "marked as right, and does not hold"),
        ("### Predict: So?\n\n- [x] A.\n- [ ] B. `SGD does not diverge`\n", 14, "marked as wrong, and holds"),
        ("### Predict: So?\n\n- [x] A.\n- [ ] B.\n\n### Check\n\n- SGD diverges\n", 18, "does not hold"),
        (ORDER.format("rate", "bold", "SGD"), 11, "by rate the order is SGD, bold"),
        (FIND.format(0.06, "", STABLE), 11, "the numbers that should solve it do not: “SGD does not diverge” does not"),
        (FIND.format(0.02, "just: 1.1", STABLE), 11, "a number 1.1 times as large would do as well"),
        (FIND.format(0.02, "", ""), 11, "nothing says when it is solved"),
        (FIND.format(0.04, "count: steps of SGD to a loss of 0.1\npar: 5", ""), 11, "in 35 steps; 5 are enough"),
        (FIND.format(0.001, "count: steps of SGD to a loss of 0.1", ""), 11, "SGD never reaches a loss of 0.1"),
    ],
)
def test_what_does_not_hold_is_told(task, line, why):
    (problem,) = problems(task)
    assert (problem.line, problem.scene) == (line, "One")
    assert why in problem.text


@pytest.mark.parametrize(
    "task",
    [
        "### Check\n\n- SGD does not diverge\n- bold ends lower than SGD\n",
        "### Predict: So?\n\n- [ ] A. `SGD diverges`\n- [x] B. `SGD does not diverge`\n",
        *(ORDER.format(by, "SGD", "bold") for by in ("rate", "momentum")),
        *(ORDER.format(by, "bold", "SGD") for by in ("final loss", "best loss")),
        ORDER.format("path length", "SGD", "bold"),
        FIND.format(0.0485, "just: 1.1", STABLE),
        FIND.format(0.04, "count: steps of SGD to a loss of 0.1\npar: 40", ""),
    ],
)
def test_what_holds_is_let_be(task):
    assert problems(task) == []


def test_there_is_a_number_for_every_measure():
    assert set(MEASURE) == set(MEASURES)


def test_a_reveal_that_cannot_be_run_is_told():
    with_rate = FIND.format(0.0485, "", STABLE)
    lesson = parse(RAVINE + with_rate, Path("lesson.md"))
    (scene,) = lesson.scenes
    with pytest.raises(DocumentError):
        found_numbers(scene.task, scene.setup.experiment, {"runs[0].optimizer.lr": -1.0})


def test_steps_are_counted():
    lesson = parse(RAVINE + FIND.format(0.04, "count: steps of SGD to a loss of 0.1\npar: 40", ""), Path("lesson.md"))
    (scene,) = lesson.scenes
    found = found_numbers(scene.task, scene.setup.experiment, {"runs[0].optimizer.lr": 0.04})
    assert (found.right, found.steps) == (True, 35)


def test_progress_is_told_scene_by_scene():
    path = resource("quizzes", "01-steps-and-rates.md")
    told: list[tuple[int, int]] = []
    list(check(read(path), lambda done, total: told.append((done, total))))
    assert told == [(k, len(told)) for k in range(1, len(told) + 1)]


def test_the_command_tells_file_line_and_scene(tmp_path, capsys):
    path = tmp_path / "mine.md"
    path.write_text(RAVINE + "### Check\n\n- SGD diverges\n", encoding="utf-8")
    assert main(["lesson", "--check", str(path)]) == 2
    assert "mine.md:13: scene “One”: “SGD diverges” does not hold" in capsys.readouterr().err
    path.write_text(RAVINE + STABLE, encoding="utf-8")
    assert main(["lesson", "--check", str(path)]) == 0
    assert capsys.readouterr().out == "mine.md: 1 scenes, 1 claims, all hold\n"
    path.write_text("no title", encoding="utf-8")
    assert main(["lesson", "--check", str(path)]) == 2
    assert "a lesson begins with its title" in capsys.readouterr().err


def test_a_lesson_is_found_by_its_name_and_an_unknown_one_is_told_what_is_near():
    assert find("steps-and-rates") == find("01-steps-and-rates")
    with pytest.raises(FileNotFoundError, match="did you mean 01-steps-and-rates"):
        find("01-steps-and-rate")


def test_a_picture_that_needs_the_end_cannot_stand_before_the_answer():
    network = '{"landscape": {"name": "network", "hidden": 4, "hidden2": 0}, "steps": 30, '
    network += '"plane": {"name": "directions", "through": "end"}, "runs": [{"optimizer": {"name": "SGD", "lr": 0.1}}]}'
    ask = "### Predict: So?\n\n```reveal\nplay: 30\n```\n\n- [x] Yes.\n- [ ] No.\n"
    lesson = parse(f"# A\n\n## One\n\n```json\n{network}\n```\n\n{ask}", Path("a.md"))
    (problem,) = check(lesson)
    assert "not known before the answer" in problem.text
    assert not list(check(parse(f"# A\n\n## One\n\n```json\n{network}\n```\n\nSo it is.\n", Path("a.md"))))


def test_a_run_without_a_loss_in_the_end_comes_last():
    runs = [{"label": label, "optimizer": {"name": "SGD", "lr": lr}} for label, lr in (("lost", 2.0), ("kept", 0.01))]
    root = {"name": "formula", "expression": "sqrt(x) + y**2"}
    ran = Ran(gdsim.load(document(*runs, landscape=root, start=[0.5, 1.0], steps=20)))
    assert math.isnan(ran.columns("lost").loss[-1])
    for measure in ("final loss", "best loss"):
        kept, lost = (MEASURE[measure](ran, label) for label in ("kept", "lost"))
        assert kept < lost, measure
