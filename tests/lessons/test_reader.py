"""Reading lessons: what is in them, what is refused with its line, and that the rest is read all the same."""

from __future__ import annotations

import contextlib
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdsim.core.documents import DocumentError, encode
from gdsim.lessons.lesson import Choose, Find, Lesson, Order
from gdsim.lessons.reader import parse, read, with_numbers

HERE = Path("there", "lesson.md")
WHOLE = """\
Nobody reads this.

# The ravine

What it is about.

## Zigzag

```scene
experiment: 04-momentum
set runs[0].optimizer.lr: 0.04
set start: [1.0, 0.5]
run: Momentum
docks: update, runs
plots: landscape, loss
view: both
show: arrows, smooth
zoom: -2, 2, -1, 1.5
step: 3
play: 30
speed: 12.5
```

It **zigzags**.

```python
# no heading, and not read
```

```hint
Ask the class.
```

### Check

- SGD converges
- Momentum does not diverge

### Predict: What happens?

Look closely.

```reveal
set runs[0].optimizer.lr: 0.09
play: 40
```

- [ ] Nothing.
- [x] It flies out. `SGD diverges`

So it is.

### Check

- SGD diverges before step 90

## Words only

Nothing is set for this one.

## In order

### Order: Which is bolder?

```answer
by: rate
```

1. Nesterov
2. SGD

Because.

## To be found

### Find: Set it

Look at the walls.

```answer
set runs[0].optimizer.lr: 0.049
set runs[0].optimizer.momentum: 0
range runs[0].optimizer.lr: 1e-4 to 1
just: 1.1
count: steps of SGD to a loss of 0.1
par: 60
```

---

The limit is 0.05.

### Check

- SGD does not diverge
"""
"""A lesson with everything that there is."""


def lesson_of(text: str) -> Lesson:
    return parse(text, HERE)


def scene(*lines: str, experiment: str = "04-momentum") -> str:
    """A lesson: a scene with ``lines`` below its block, and a sound one after it; the lines begin at line 7."""
    head = ["# A lesson", "", "## Broken", "```scene", f"experiment: {experiment}", "```"]
    return "\n".join([*head, *lines, "", "## Sound", "Still here.", ""])


def test_everything_is_read():
    found = lesson_of(WHOLE)
    assert (found.problems, found.title, found.summary) == ((), "The ravine", "What it is about.")
    assert (found.name, found.is_quiz) == ("lesson", False)
    first, words, order, find = found.scenes
    assert (first.title, first.line, first.hint) == ("Zigzag", 7, "Ask the class.")
    assert first.text.startswith("It **zigzags**.")
    assert "# no heading, and not read" in first.text
    assert [claim.text for claim in first.claims] == ["SGD converges", "Momentum does not diverge"]
    assert WHOLE.splitlines()[first.claims[1].line - 1] == "- Momentum does not diverge"
    assert (words.text, words.setup.play, words.task) == ("Nothing is set for this one.", None, None)
    assert isinstance(order.task, Order)
    assert (order.task.by, order.task.labels, order.task.explanation) == ("rate", ("Nesterov", "SGD"), "Because.")
    assert isinstance(find.task, Find)


def test_what_is_on_the_screen():
    setup = lesson_of(WHOLE).scenes[0].setup
    assert setup is not None
    assert setup.experiment.runs[0].optimizer.lr == 0.04
    assert setup.experiment.origin == (1.0, 0.5)
    assert (setup.run, setup.selected, setup.docks) == ("Momentum", 1, ("update", "runs"))
    assert (setup.plots, setup.space, setup.show) == (("landscape", "loss"), "both", ("arrows", "smooth"))
    assert (setup.zoom, setup.step, setup.play, setup.speed) == ((-2.0, 2.0, -1.0, 1.5), 3, 30, 12.5)


def test_a_reveal_changes_what_it_names_and_keeps_the_rest():
    task = lesson_of(WHOLE).scenes[0].task
    assert isinstance(task, Choose)
    assert (task.question, task.text, task.explanation, task.right) == (
        "What happens?",
        "Look closely.",
        "So it is.",
        1,
    )
    assert task.choices[1].text == "It flies out."
    assert task.choices[1].claim is not None
    assert task.choices[1].claim.text == "SGD diverges"
    assert [claim.text for claim in task.claims] == ["SGD diverges before step 90"]
    reveal = task.reveal
    assert reveal is not None
    assert reveal.experiment.runs[0].optimizer.lr == 0.09
    assert reveal.experiment.origin == (1.0, 0.5)
    assert (reveal.run, reveal.docks, reveal.step, reveal.play) == ("Momentum", ("update", "runs"), 0, 40)


def test_numbers_that_are_to_be_found():
    task = lesson_of(WHOLE).scenes[3].task
    assert isinstance(task, Find)
    assert (task.text, task.explanation) == ("Look at the walls.", "The limit is 0.05.")
    assert [(want.path, want.low, want.high, want.solution) for want in task.wanted] == [
        ("runs[0].optimizer.lr", 1e-4, 1.0, 0.049),
        ("runs[0].optimizer.momentum", 0.0, 1.0, 0.0),
    ]
    assert (task.just, task.counted, task.target, task.par) == (1.1, "SGD", 0.1, 60)
    assert task.reveal is not None
    assert task.reveal.experiment.runs[0].optimizer.lr == 0.049


def test_a_line_of_dashes_parts_question_and_explanation():
    ordered = WHOLE.replace("Because.", "---\n\nBecause.")
    assert lesson_of(ordered).scenes[2].task.explanation == "Because."


def test_a_scene_goes_on_with_the_experiment_before_but_not_with_what_was_set():
    first, words, *_ = lesson_of(WHOLE).scenes
    assert words.setup.experiment.labels() == first.setup.experiment.labels()
    assert words.setup.experiment.runs[0].optimizer.lr == 0.045
    assert (words.setup.docks, words.setup.zoom) == ((), None)


def test_an_experiment_lies_beside_the_lesson(tmp_path):
    path = tmp_path / "mine.md"
    found = lesson_of(WHOLE).scenes[0].setup
    (tmp_path / "other.json").write_bytes(encode(found.experiment))
    path.write_text(scene(experiment="other"), encoding="utf-8-sig")
    lesson = read(path)
    assert lesson.problems == ()
    assert lesson.scenes[0].setup.experiment == found.experiment


def test_only_asking_makes_a_quiz():
    start, end = WHOLE.index("## Words only"), WHOLE.index("## In order")
    assert lesson_of(WHOLE[:start] + WHOLE[end:]).is_quiz


REFUSED = [  # what stands in the scene, the line, and what is said of it
    (["```reveal", "```", "### Predict: And?"], 7, None),  # a block that nothing asks for is let be
    (
        ["### Predict: And?", "- [ ] No.", "- [ ] Nay."],
        8,
        "exactly one answer is marked [x] as the right one, not none",
    ),
    (["### Predict: And?", "- [x] Yes.", "- [x] Ay."], 8, "exactly one answer is marked [x] as the right one, not 2"),
    (["### Predict: And?", "- [x] Yes."], 7, "a question needs two answers at least"),
    (["### Guess: And?", "- [x] Yes."], 7, "not “Guess: And?”"),
    (["### Predict", "- [x] Yes."], 7, "not “Predict”"),
    (["### Check", "SGD converges"], 8, "below “Check” stand only claims"),
    (["### Check", "- SGD converges", "### Check", "- SGD diverges"], 9, "not “Check”"),
    (["### Order: So", "1. SGD", "2. Nesterov"], 7, "an answer block says by what they are ordered"),
    (["### Order: So", "```answer", "by: beauty", "```", "1. SGD"], 9, "“beauty” is none of rate, momentum"),
    (["### Order: So", "```answer", "by: rate", "```", "1. SGD"], 7, "there must be two runs at least"),
    (
        ["### Order: So", "```answer", "by: rate", "```", "1. SGD", "2. Adam"],
        12,
        "there is no run Adam; the runs are SGD, Momentum, Nesterov",
    ),
    (["### Find: So"], 7, "an answer block names numbers that solve it"),
    (
        ["### Find: So", "```answer", "set runs[0].optimizer.lr: 2", "range runs[0].optimizer.lr: 0 to 1", "```"],
        9,
        "the number that solves it lies outside its range",
    ),
    (
        ["### Find: So", "```answer", "set runs[0].optimizer.lr: 2", "range runs[0].optimizer.lr: 0-1", "```"],
        10,
        "a range is written “1e-4 to 1”",
    ),
    (["### Find: So", "```answer", "set runs[0].optimizer.lr: bold", "```"], 9, "“bold” is no number"),
    (["### Find: So", "```answer", "set steps: 9", "count: SGD", "```"], 10, "what is counted is written"),
    (
        ["### Find: So", "```answer", "set steps: 9", "count: steps of Adam to a loss of 1", "```"],
        10,
        "there is no run Adam",
    ),
    (["### Find: So", "```answer", "set steps: 9", "hurry: 9", "```"], 10, "an answer block knows set, range, just"),
    (["### Find: So", "```answer", "set steps: 9", "par 9", "```"], 10, "“par 9” is not of the form “key: value”"),
    (["```json", "{}", "```"], 5, "the experiment stands in the json block already"),
    (["### Find: So", "#### deeper"], 7, "an answer block names numbers"),
]


@pytest.mark.parametrize(("lines", "line", "why"), REFUSED, ids=lambda value: str(value)[:50])
def test_what_cannot_be_read_is_told_with_its_line(lines, line, why):
    found = lesson_of(scene(*lines))
    *_, sound = found.scenes
    assert (sound.title, sound.text, sound.problem) == ("Sound", "Still here.", "")
    if why is None:
        assert all(problem.line >= line for problem in found.problems)
        return
    (problem,) = found.problems
    assert (problem.path, problem.line, problem.scene) == (HERE, line, "Broken")
    assert why in problem.text
    assert str(problem).startswith(f"lesson.md:{line}: scene “Broken”: ")
    assert why in found.scenes[0].problem


SETTINGS = [
    ("dock: runs", "there is no “dock”; did you mean docks?"),
    ("xyzzy: 1", "there is no “xyzzy”; known are experiment, set, run, docks"),
    ("docks: runs, kitchen", "“kitchen” is none of landscape, runs, readings"),
    ("plots: rates", "“rates” is none of landscape, loss, rate"),
    ("view: 4d", "“4d” is none of 2d, 3d, both"),
    ("run: Adam", "there is no run Adam; the runs are SGD, Momentum, Nesterov"),
    ("zoom: 1, 2, 3", "what is seen is four numbers"),
    ("zoom: 2, 1, 0, 1", "what is seen is four numbers"),
    ("step: 2.5", "“2.5” is no whole number"),
    ("play: -1", "“-1” is no whole number"),
    ("play: 101", "the experiment has 100 steps only"),
    ("speed: nan", "“nan” is no number"),
    ("play", "“play” is not of the form “key: value”"),
    ("set runs[9].optimizer.lr: 1", "there is no place [9]"),
    ("set steps.more: 1", "steps.more: there is no more"),
    ("set runs..label: x", "“runs..label” is no path"),
    ("speed: 0", "a speed is from 0.5 to 100,000 updates a second"),
    ("speed: -20", "a speed is from 0.5 to 100,000 updates a second"),
    ("set a" + ".b" * 3000 + ": 1", "“a.b.b"),
    (f"set runs[{'9' * 5000}].label: x", "“runs[999"),
]


@pytest.mark.parametrize(("setting", "why"), SETTINGS)
def test_a_line_of_a_scene_that_is_refused(setting, why):
    text = scene().replace("04-momentum", f"04-momentum\n{setting}")
    (problem,) = lesson_of(text).problems
    assert (problem.line, problem.scene) == (6, "Broken")
    assert why in problem.text


@pytest.mark.parametrize("setting", ["set runs[0].optimizer.lr: -1", "set stepz: 9", "set landscape.name: moon"])
def test_a_document_that_is_refused_is_told_at_its_block(setting):
    (problem,) = lesson_of(scene().replace("04-momentum", f"04-momentum\n{setting}")).problems
    assert problem.line == 4
    assert problem.text.startswith("the experiment is refused: ")


def test_an_experiment_that_is_not_there():
    (problem,) = lesson_of(scene(experiment="04-momentun")).problems
    assert problem.line == 5
    assert problem.text.endswith(
        "there is no experiment 04-momentun beside the lesson nor among those shipped; did you mean 04-momentum?"
    )


@pytest.mark.parametrize("name", ["a" * 400, "a\0b", "..", "a/" * 3000])
def test_a_name_that_no_file_can_have(name):
    (problem,) = lesson_of(scene(experiment=name)).problems
    assert problem.line == 5
    assert "there is no experiment" in problem.text
    assert len(problem.text) < 600


@pytest.mark.parametrize(
    "value", ["9" * 5000, "[" * 400 + "]" * 400, "[" * 900 + "]" * 900, "[" * 100_000, '{"a":' * 900 + "1" + "}" * 900]
)
def test_json_that_goes_too_far_is_refused(value):
    for text in (f'```json\n{{"steps": {value}}}\n```', f"```scene\nexperiment: 04-momentum\nset steps: {value}\n```"):
        problem, *_ = lesson_of(f"# A lesson\n\n## Broken\n\n{text}\n\n## Sound\n\nStill here.\n").problems
        assert problem.scene == "Broken"


@pytest.mark.parametrize(
    "line", ["## B{}x", "## B{}x#", "```{}!", "### Predict: q{}x", "- [ ] a{}x", "{}x", "- [x] a {}`", "1. {}x"]
)
@pytest.mark.parametrize("part", [" ", "#", "`", "`a ", "- "])
def test_a_line_of_a_megabyte_is_read_at_once(line, part):
    long = line.format(part * (1_000_000 // len(part)))
    text = scene("### Predict: And?", long, "- [x] b").replace("04-momentum", f"04-momentum\n{long}")
    before = perf_counter()
    lesson_of(text)
    assert perf_counter() - before < 5.0


def test_signs_behind_a_heading_are_none_of_it():
    titles = [each.title for each in lesson_of("# A\n\n## One ##\n\nText.\n\n## Two   #  \n\nText.\n").scenes]
    assert titles == ["One", "Two"]


def test_an_experiment_of_megabytes_is_refused(tmp_path):
    (tmp_path / "large.json").write_text(" " * 3_000_000, encoding="utf-8")
    (problem,) = parse(scene(experiment="large"), tmp_path / "a.md").problems
    assert problem.text.endswith("larger than 2 MB: not an experiment")


def test_a_file_that_holds_no_experiment_is_told_with_the_line_that_names_it(tmp_path):
    path = tmp_path / "mine.md"
    path.write_text(scene(experiment="other"), encoding="utf-8")
    for content, why in (
        ('{\n "steps": 9,,\n}', "other.json, line 2: not valid JSON"),
        ("[]", "other.json: an experiment is a"),
        ("", "other.json: not valid JSON"),
    ):
        (tmp_path / "other.json").write_text(content, encoding="utf-8")
        (problem,) = read(path).problems[:1]
        assert problem.line == 5
        assert problem.text.startswith(why)


def test_json_that_is_none():
    text = '# A lesson\n\n## Broken\n\n```json\n{\n  "steps": 9,,\n}\n```\n\n## Sound\n\nStill here.\n'
    (problem,) = lesson_of(text).problems
    assert (problem.line, problem.scene) == (7, "Broken")
    assert problem.text.startswith("not valid JSON: ")


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("# A lesson\n\nNo scenes.\n", 1, "a lesson needs scenes"),
        ("# A lesson\n\n## One\n\nText.\n\n# Another\n", 7, "the heading “Another” stands where none can stand"),
        ("# A lesson\n\n### Check\n\n## One\n\nText.\n", 3, "the heading “Check” stands where none can stand"),
        ("# A lesson\n\n## One\n\nText.\n\n```hint\nNever closed.\n", 7, "this block is never closed"),
        ("# A lesson\n\n## One\n\nText.\n\n```hint\n```\n\n```hint\n```\n", 10, "there is a hint block already"),
        ("# A lesson\n\n## One\n", 3, "this scene is empty"),
        ("# A lesson\n\n## One\n\nText.\n\n## One\n\nMore.\n", 7, "the scene of line 3 is called so too"),
        (
            "# A lesson\n\n## One\n\n```scene\nexperiment: none\n```\n\nText.\n\n### Check\n\n- SGD diverges\n",
            13,
            "no experiment",
        ),
    ],
)
def test_what_is_wrong_with_the_whole(text, line, why):
    problems = lesson_of(text).problems
    assert [problem.line for problem in problems][:1] == [line]
    assert why in problems[0].text


@pytest.mark.parametrize("text", ["", "No title.\n", "## A scene\n\nText.\n", "```\n# in a block\n```\n"])
def test_without_a_title_it_is_no_lesson(text):
    with pytest.raises(DocumentError, match="begins with its title"):
        lesson_of(text)


def test_a_file_that_is_no_text(tmp_path):
    (tmp_path / "a.md").write_bytes(b"# \xff\xfe")
    with pytest.raises(DocumentError, match="not UTF-8"):
        read(tmp_path / "a.md")
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "b.md")


def test_numbers_are_put_where_their_paths_say():
    experiment = lesson_of(WHOLE).scenes[0].setup.experiment
    found = with_numbers(experiment, {"runs[1].optimizer.momentum": 0.5, "start[1]": 2.0})
    assert (found.runs[1].optimizer.momentum, found.origin) == (0.5, (1.0, 2.0))
    for path, value in (("runs[7].optimizer.lr", 1.0), ("", 1.0), ("runs[0].optimizer.lr", -1.0)):
        with pytest.raises(DocumentError):
            with_numbers(experiment, {path: value})


PIECES = [
    *WHOLE.splitlines(),
    *(line for lines, _, _ in REFUSED for line in lines),
    *(setting for setting, _ in SETTINGS),
    "```json", '{"landscape": {"name": "bowl"}, "runs": [{"optimizer": {"name": "SGD"}}]}', "[" * 2000,
    "experiment: none", "experiment: ..", "set : 1", "set runs: null", "set runs[0]: []", "set start[0]: 1e999",
    "set a.b[0].c: 1", '{"a": NaN}', "{}",
    "speed: 1e400", "play: 9" * 400, "range runs[0].optimizer.lr: 1 to 0", "just: 0", "par: 1e300",
    "#", "##", "###", "# ", "````", "~~~scene", "- [x]", "1.", "`", "---", "### Check:", "\u2028", "\x00",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=20), max_size=40), st.booleans())
def test_nothing_but_a_refusal_comes_of_any_text(lines, titled):
    text = "\n".join(["# A lesson", "## A scene", *lines] if titled else lines)
    try:
        found = lesson_of(text)
    except DocumentError:
        return
    count = len(text.splitlines())
    assert all(1 <= problem.line <= count for problem in found.problems)
    for each in found.scenes:
        assert each.problem == "" or any(problem.scene == each.title for problem in found.problems)


@given(st.data())
def test_a_lesson_with_lines_missing_or_moved_is_read_or_refused(data):
    lines = WHOLE.splitlines()
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(lines) - 1))
        if data.draw(st.booleans()):
            del lines[place]
        else:
            lines.insert(place, data.draw(st.sampled_from(PIECES)))
    with contextlib.suppress(DocumentError):
        lesson_of("\n".join(lines))
