"""``gdsim lesson``: pages and videos of a lesson, everything that is refused, and what is told of what is wrong."""

from __future__ import annotations

import os
from pathlib import Path

import av
import pytest
from PySide6.QtGui import QImage

from gdsim.app import main

SMALL = ("--size", "320x200", "--fps", "5")
GOOD = """# Good

About it.

## Zigzag

```scene
experiment: 04-momentum
plots: landscape
play: 10
```

It zigzags.

### Predict: What if it is doubled?

```reveal
set runs[0].optimizer.lr: 0.09
play: 10
```

- [ ] It arrives.
- [x] It flies out. `SGD diverges`

## It stands

```scene
experiment: 04-momentum
plots: landscape
step: 5
```
"""
FILES = ["01-zigzag-answer.mp4", "01-zigzag.mp4", "02-it-stands.png", "index.html"]


@pytest.fixture
def files(tmp_path, monkeypatch, qapp):
    monkeypatch.chdir(tmp_path)
    Path("good.md").write_text(GOOD)
    Path("other.md").write_text(GOOD.replace("# Good", "# Other").split("### Predict")[0])
    broken = GOOD + "\n## Broken\n\n```scene\nexperiment: none-such\n```\n\n### Check\n\n- SGD diverges\n"
    Path("broken.md").write_text(broken)
    Path("untitled.md").write_text("Words.")
    Path("empty.md").write_text("# Empty")
    Path("binary.md").write_bytes(b"# \xff")
    return tmp_path


def lesson(*arguments: str) -> int:
    return main(["lesson", *arguments])


def refused(capsys, *arguments: str) -> str:
    """The one line on stderr with which a command line is refused; nothing is written."""
    before = sorted(os.listdir())
    assert lesson(*arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("gdsim lesson: ")
    assert err.count("\n") == 1
    assert sorted(os.listdir()) == before
    return err


def frames_of(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


@pytest.mark.parametrize("ending", ["html", "HTML", "pdf"])
def test_a_page(files, capsys, ending):
    assert lesson("good.md", "--page", f"a.{ending}") == 0
    data = Path(f"a.{ending}").read_bytes()
    assert data.startswith(b"%PDF" if ending == "pdf" else b"<!DOCTYPE html>")
    assert capsys.readouterr() == ("", "")
    assert "exists; --force replaces it" in refused(capsys, "good.md", "--page", f"a.{ending}")
    assert lesson("good.md", "--page", f"a.{ending}", "--force") == 0


def test_a_folder_of_videos(files, capsys):
    assert lesson("good.md", "--out", "out", *SMALL) == 0
    assert capsys.readouterr() == ("", "")
    assert sorted(os.listdir("out")) == FILES
    assert frames_of(Path("out", "01-zigzag.mp4")) == round((0.5 + 3.0 + 1.5) * 5) + 1
    assert QImage("out/02-it-stands.png").size().toTuple() == (320, 200)
    page = Path("out", "index.html").read_text(encoding="utf-8")
    assert page.count('<a href="01-zigzag.mp4">') == 2
    assert page.count('<a href="01-zigzag-answer.mp4">') == 2
    assert ".png" not in page, "pictures are inside"
    err = refused(capsys, "good.md", "--out", "out", *SMALL)
    assert "01-zigzag.mp4: exists; --force replaces it" in err
    assert lesson("good.md", "--out", "out", "--force", *SMALL) == 0
    assert sorted(os.listdir("out")) == FILES


def test_several_lessons_go_to_a_folder_each(files, capsys):
    assert lesson("good.md", "other.md", "--out", "out", *SMALL) == 0
    assert sorted(os.listdir("out")) == ["good", "other"]
    assert sorted(os.listdir("out/other")) == ["01-zigzag.mp4", "index.html"]
    Path("deep").mkdir()
    Path("deep", "good.md").write_text(GOOD)
    assert "two lessons of the same name" in refused(capsys, "good.md", "deep/good.md", "--out", "new")


def test_a_scene_with_a_problem_is_told_and_left_out(files, capsys):
    assert lesson("broken.md", "--out", "out", *SMALL) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("broken.md:36: scene “Broken”: there is no experiment none-such")
    assert err.count("\n") == 1
    assert sorted(os.listdir("out")) == FILES
    assert lesson("broken.md", "--page", "a.html") == 2
    assert capsys.readouterr().err == err
    assert "Broken" not in Path("a.html").read_text(encoding="utf-8")


def test_a_scene_that_plays_backwards_has_no_video(files, capsys):
    Path("back.md").write_text(GOOD.replace("play: 10", "step: 20\nplay: 10", 1))
    assert lesson("back.md", "--out", "out", *SMALL) == 2
    assert "scene “Zigzag”: there is no video: it begins at step 20" in capsys.readouterr().err
    assert sorted(os.listdir("out")) == [name for name in FILES if name != "01-zigzag.mp4"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["good.md", "--page", "a.doc"], "unknown ending .doc"),
        (["good.md", "--page", ""], "the name is empty"),
        (["good.md", "--page", "none/a.html"], "there is no folder none"),
        (["good.md", "--page", "good.md"], "unknown ending .md"),
        (["good.md", "other.md", "--page", "a.html"], "--page: is for one lesson"),
        (["good.md", "--page", "a.html", "--out", "b"], "not allowed with argument"),
        (["good.md", "--page", "a.html", "--size", "320x200"], "--size: is for the videos of --out DIR"),
        (["good.md", "--page", "a.html", "--fps", "30"], "--fps: is for the videos of --out DIR"),
        (["good.md", "--check", "--force"], "--force: is for --page FILE and --out DIR"),
        (["good.md", "--out", ""], "--out: the name is empty"),
        (["good.md", "--out", "good.md"], "good.md is not a folder"),
        (["good.md", "--out", "none/deep"], "there is no folder none"),
        (["good.md", "--out", "out", "--size", "big"], "--size big: must be like"),
        (["good.md", "--out", "out", "--size", "10x10"], "width and height must be"),
        (["good.md", "--out", "out", "--fps", "0"], "--fps 0: the rate must be"),
        (["good.md", "--out", "out", "--fps", "nan"], "--fps nan: the rate must be"),
        (["none.md", "--out", "out"], "none.md: there is no lesson none.md"),
        (["--page", "a.html"], "name a lesson"),
        (["a" * 400], "there is no such lesson"),
        (["²"], "there is no lesson ²"),
        (["1" * 5000, "--check"], "there is no such lesson"),
        (["untitled.md"], "untitled.md: a lesson begins with its title, a line such as “# The ravine”"),
        (["empty.md"], "empty.md:1: a lesson needs scenes"),
        (["binary.md"], "binary.md: not UTF-8 text"),
        (["empty.md", "--check"], "empty.md:1: a lesson needs scenes"),
        (["good.md", "--list"], "good.md: is not for --list and --claims"),
        (["good.md", "--claims"], "good.md: is not for --list and --claims"),
        (["good.md", "--check", "--lecture"], "are for the window"),
        (["good.md", "--page", "a.html", "--hide", "runs"], "are for the window"),
        (["good.md", "--hide", "kitchen"], "--hide kitchen: there is no such dock"),
        (["--out", "out"], "name a lesson"),
    ],
)
def test_what_is_refused(files, capsys, arguments, reason):
    assert reason in refused(capsys, *arguments)


@pytest.mark.parametrize("name", ["untitled.md", "binary.md", "empty.md", "a" * 400, "none"])
def test_no_window_is_opened_for_what_is_no_lesson(files, capsys, name):
    assert main(["--lesson", name]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"gdsim: {name}")
    assert err.count("\n") == 1
