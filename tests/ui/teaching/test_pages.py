"""Lessons as pages: everything is in them, nothing else, and nothing that somebody wrote does anything."""

from __future__ import annotations

import base64
import dataclasses
import os
import re
from html.parser import HTMLParser

import pytest
from PySide6.QtGui import QImage

from gdsim.core.trajectory import run
from gdsim.lessons.lesson import Setup
from gdsim.lessons.reader import parse
from gdsim.recording.faults import RecordingError
from gdsim.ui.figure import Figure
from gdsim.ui.plots.moment import Moment
from gdsim.ui.teaching.content import HEIGHT, WIDTH, number_name, written_down
from gdsim.ui.teaching.films import file_name, pieces_of
from gdsim.ui.teaching.markup import one_line, rendered
from gdsim.ui.teaching.pages import PageJob, write_page, writing
from gdsim.ui.teaching.paper import PICTURE, _laid_out
from gdsim.ui.teaching.shots import Studio, film_of, look_of, shots_of

LESSON = """# The ravine & more

What it is **about**.

## Zigzag

```scene
experiment: 04-momentum
run: Momentum
plots: landscape
show: arrows, ellipse
zoom: -2, 1, -1, 1
step: 2
play: 30
```

It goes <b>back</b> and forth.

```hint
SECRET
```

### Check

- SGD does not diverge

### Predict: What if it is *doubled*?

```reveal
set runs[0].optimizer.lr: 0.09
play: 20
```

- [ ] It arrives.
- [x] It flies out. `SGD diverges`

Because of the curvature.

### Check

- SGD diverges before step 90

## Code

```python
def f(x):
    return x < 1
```

## Which

```scene
experiment: 04-momentum
step: 10
```

### Order: Which is nearest?

```answer
by: final loss
```

1. Momentum
2. SGD

## Find it

### Find: A rate that holds

```answer
set runs[0].optimizer.lr: 0.02
range runs[0].optimizer.lr: 1e-4 to 1
```

### Check

- SGD does not diverge
"""


@pytest.fixture
def lesson(tmp_path):
    found = parse(LESSON, tmp_path / "ravine.md")
    assert not found.problems
    return found


class Tags(HTMLParser):
    """Which tags there are, whether they are closed in order, and what they name."""

    VOID = ("meta", "img", "br", "hr")

    def __init__(self):
        super().__init__()
        self.open, self.names, self.links, self.alts = [], [], [], []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.names.append(tag)
        self.links += [found[name] for name in ("src", "href") if name in found]
        self.alts += [found["alt"]] if tag == "img" else []
        assert not any(name.startswith("on") for name in found)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def tags_of(html):
    tags = Tags()
    tags.feed(html)
    tags.close()
    assert tags.open == []
    return tags


def content_of(lesson):
    steps = written_down(lesson)
    while True:
        try:
            share = next(steps)
            assert 0.0 <= share <= 1.0
        except StopIteration as end:
            return end.value


def pictures_in(html):
    for text in re.findall(r'src="data:image/png;base64,([^"]+)"', html):
        yield QImage.fromData(base64.b64decode(text))


# the page


def test_everything_is_inside_and_nothing_is_fetched(qapp, lesson, tmp_path):
    path = tmp_path / "page.html"
    shares = []
    assert write_page(lesson, path, shares.append) == ()
    assert shares == sorted(shares)
    assert len(shares) > 10, "a window can draw itself in between"
    html = path.read_text(encoding="utf-8")
    tags = tags_of(html)
    assert "script" not in tags.names
    assert all(link.startswith("data:image/png") for link in tags.links)
    assert '<html lang="en">' in html
    assert "<title>The ravine &amp; more</title>" in html
    assert "It goes &lt;b&gt;back&lt;/b&gt; and forth." in html
    assert "return x &lt; 1" in html
    assert "SECRET" not in html
    assert html.count("<details") == 3
    answer = html[html.index("<details") : html.index("</details>")]
    assert "<strong>B.</strong> It flies out." in answer
    assert "<em>SGD</em> diverges before step 90" in answer
    assert "diverges</li>" not in html[: html.index("<details")], "an answer is not given away"
    assert "<em>SGD</em> does not diverge" in html[: html.index("<details")]


def test_pictures_are_those_of_the_recorder(qapp, lesson, tmp_path):
    path = tmp_path / "page.html"
    write_page(lesson, path)
    html = path.read_text(encoding="utf-8")
    pictures = list(pictures_in(html))
    shots = shots_of(lesson)
    assert [(shot.place, shot.answer) for shot in shots] == [(0, False), (0, True), (2, False), (3, True)]
    assert len(pictures) == len(shots)
    setup = lesson.scenes[0].setup
    look = look_of(setup, WIDTH, HEIGHT, theme="light", background="white", magnify=1.15)
    assert (look.layout, look.view, look.arrows, look.ellipse) == ("landscape", (-2, 1, -1, 1), True, True)
    alone = Figure(look).image(Moment(setup.experiment, run(setup.experiment), 30, setup.selected))
    assert pictures[0].convertToFormat(alone.format()) == alone
    first, answer, which, _ = tags_of(html).alts
    assert first.startswith("Zigzag: Quadratic ravine from above. SGD, Momentum and Nesterov at step 30 of 100. Loss: ")
    assert "step 20 of " in answer
    assert "step 10 of 100" in which


def test_a_page_of_paper(qapp, lesson, tmp_path):
    path = tmp_path / "page.pdf"
    assert write_page(lesson, path) == ()
    data = path.read_bytes()
    assert data.startswith(b"%PDF")
    document = _laid_out(content_of(lesson))
    assert len(re.findall(rb"/Type\s*/Page\b", data)) == document.pageCount()
    text = document.toPlainText()
    assert text.index("A rate that holds") < text.index("Answers") < text.index("It flies out.", text.index("Answers"))
    assert "SECRET" not in text
    height, layout = document.pageSize().height(), document.documentLayout()
    block, pictures = document.begin(), 0
    while block.isValid():
        place = layout.blockBoundingRect(block)
        if block.text():
            assert place.height() > 1.0, "it is laid out"
        if PICTURE in block.text():
            pictures += 1
            before = layout.blockBoundingRect(block.previous())
            assert int(place.top() // height) == int((place.bottom() - 1) // height), "no picture is cut"
            assert place.right() <= document.pageSize().width() + 1
            assert int(before.top() // height) == int(place.top() // height), "it stays with what stands above it"
        if block.blockFormat().headingLevel():
            after = layout.blockBoundingRect(block.next())
            assert int(place.top() // height) == int(after.top() // height)
        block = block.next()
    assert pictures == 4


def test_what_does_not_hold_is_told_and_left_out(qapp, tmp_path):
    text = LESSON.replace("- SGD does not diverge", "- SGD diverges", 1) + "\n## Broken\n\n```scene\nrun: none\n```\n"
    lesson = parse(text, tmp_path / "a.md")
    path = tmp_path / "a.html"
    problems = write_page(lesson, path)
    assert [problem.scene for problem in problems] == ["Broken", "Zigzag"]
    assert "does not hold" in problems[1].text
    html = path.read_text(encoding="utf-8")
    assert "Broken" not in html
    assert html.count("Checked by running it") == 1


def test_a_script_is_shown_where_a_scene_asks_for_one(qapp, lesson):
    scene = lesson.scenes[2]
    setup = dataclasses.replace(scene.setup, code="numpy")
    changed = dataclasses.replace(lesson, scenes=(dataclasses.replace(scene, setup=setup, task=None),))
    content = content_of(changed)
    code = content.scenes[0].nodes[-1]
    assert code.title == "The same in NumPy"
    assert "import numpy as np" in code.text
    text = _laid_out(content).toPlainText()
    assert text.index("Scripts") < text.index("import numpy as np")


@pytest.mark.parametrize("ending", ["html", "pdf"])
def test_cancelled_or_refused_nothing_is_written(qapp, lesson, tmp_path, ending):
    path = tmp_path / f"page.{ending}"
    calls = iter([False, False, True])
    assert write_page(lesson, path, cancelled=lambda: next(calls)) is None
    assert os.listdir(tmp_path) == []
    path.write_text("mine")
    with pytest.raises(RecordingError, match="exists already"):
        write_page(lesson, path, force=False)
    with pytest.raises(RecordingError, match="there is no folder"):
        write_page(lesson, tmp_path / "none" / path.name)
    with pytest.raises(RecordingError, match="unknown ending"):
        write_page(lesson, tmp_path / "page.doc")
    assert path.read_text() == "mine"


def test_a_file_that_appears_meanwhile_is_left_alone(qapp, tmp_path):
    path = tmp_path / "a.html"
    steps = writing(parse("# A\n\n## B\n\nText.\n", tmp_path / "a.md"), path, force=False)
    next(steps, None)
    path.write_text("mine")
    with pytest.raises(RecordingError, match="exists already"):
        list(steps)
    assert path.read_text() == "mine"


def test_in_the_window_it_is_a_job_like_a_recording(qtbot, lesson, tmp_path):
    job = PageJob(lesson, tmp_path / "page.html")
    with qtbot.waitSignal(job.ended, timeout=60_000) as ended:
        pass
    assert ended.args == [tmp_path / "page.html", "Wrote page.html"]
    assert (tmp_path / "page.html").stat().st_size > 100_000
    for end in ("cancel", "finish"):
        job = PageJob(lesson, tmp_path / f"{end}.html")
        with qtbot.waitSignal(job.ended) as ended:
            getattr(job, end)()
        assert (tmp_path / f"{end}.html").exists() == (end == "finish")
        assert (ended.args[0] is None) == (end == "cancel")
    job = PageJob(lesson, tmp_path / "none" / "page.html")
    with qtbot.waitSignal(job.ended) as ended:
        pass
    assert ended.args[0] is None
    assert "there is no folder" in ended.args[1]


# Markdown


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("a *b* **c** ~~d~~ `e<f`", "<p>a <em>b</em> <strong>c</strong> <s>d</s> <code>e&lt;f</code></p>"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("[a](https://x.org/?b=1&c=2)", '<p><a href="https://x.org/?b=1&amp;c=2">a</a></p>'),
        ("[a](javascript:alert(1))", "<p>a</p>"),
        ("[a](data:text/html,x)", "<p>a</p>"),
        ("- a\n- b\n  - c\n\n1. d", "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>\n<ol><li>d</li></ol>"),
        ("```\na <b>\n\n  c\n```", "<pre>a &lt;b&gt;\n\n  c</pre>"),
        ("> a", "<blockquote><p>a</p></blockquote>"),
        ("#### a", "<h4>a</h4>"),
        ("![what is seen](none.png)", "<p>what is seen</p>"),
        ("![a](file:///etc/passwd)", "<p>a</p>"),
        ("", ""),
    ],
)
def test_markdown(qapp, tmp_path, markdown, html):
    assert rendered(markdown, tmp_path).strip() == html
    tags_of(html)


def test_tables_and_pictures_beside_the_lesson(qapp, tmp_path):
    image = QImage(3, 2, QImage.Format.Format_RGB32)
    image.fill(0x336699)
    image.save(str(tmp_path / "a.png"))
    html = rendered("![seen](a.png)\n\n| a | b |\n|---|---|\n| 1 | 2 |", tmp_path)
    (picture,) = pictures_in(html)
    assert picture.size().toTuple() == (3, 2)
    assert 'alt="seen"' in html
    assert "<tr><td>1</td><td>2</td></tr>" in html
    assert tags_of(html).names.count("th") == 2


def test_a_line_is_no_paragraph(qapp):
    assert one_line("It *flies* & ends") == "It <em>flies</em> &amp; ends"
    assert one_line("1. First") == "1. First", "a title is no list"


# what is filmed


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Zigzag", "zigzag"),
        ("What if η > 2/λ? (È vero)", "what-if-2-e-vero"),
        ("η λ", "scene"),
        ("../../etc", "etc"),
        ("CON", "con-scene"),
        ("a" * 300, "a" * 60),
    ],
)
def test_names_are_safe_everywhere(title, name):
    assert file_name(title, "scene") == name


def test_which_files_a_lesson_becomes(lesson):
    assert [piece.name for piece in pieces_of(lesson)] == [
        "01-zigzag.mp4", "01-zigzag-answer.mp4", "03-which.png", "04-find-it-answer.mp4"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("step", "play", "speed", "seconds"),
    [(0, 100, None, 5.0), (0, 10, None, 3.0), (0, 1000, None, 12.0), (40, 100, 10.0, 6.0), (0, None, None, 12.0)],
)
def test_a_video_takes_a_few_seconds(lesson, step, play, speed, seconds):
    import msgspec

    experiment = msgspec.structs.replace(lesson.scenes[0].setup.experiment, steps=2000)
    setup = Setup(experiment, step=step, play=play, speed=speed)
    timing = film_of(setup, look_of(setup, 320, 180), 30, 2000).timing(2000)
    assert (timing.first, timing.last) == (step, 2000 if play is None else play)
    assert timing.seconds == pytest.approx(seconds + 2.0, abs=0.1)


def test_an_experiment_is_computed_once(qapp, lesson):
    studio, setup = Studio(), lesson.scenes[0].setup
    shares = []
    first = studio.at_once(setup, shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    again = studio.at_once(dataclasses.replace(setup, play=7, run="SGD"), shares.append)
    assert again.trajectory is first.trajectory
    assert (first.cursor, first.selected, again.cursor, again.selected) == (30, 1, 7, 0)
    computed = run(setup.experiment)
    for mine, theirs in zip(first.trajectory.runs, computed.runs, strict=True):
        assert mine.theta.tobytes() == theirs.theta.tobytes()
        assert mine.outcome == theirs.outcome


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("runs[0].optimizer.lr", "learning rate of SGD"),
        ("steps", "steps"),
        ("start[0]", "x of the start"),
        ("start[7]", "start[7]"),
        ("runs[9].optimizer.lr", "runs[9].optimizer.lr"),
        ("runs[0].nothing", "runs[0].nothing"),
    ],
)
def test_numbers_have_names(lesson, path, name):
    assert number_name(lesson.scenes[0].setup, path) == name
