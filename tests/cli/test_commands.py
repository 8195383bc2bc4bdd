"""The command line in one process: what is written, what is told, and every refusal in one line."""

from __future__ import annotations

import csv
import json
import os
import re
import stat
import sys
from pathlib import Path

import numpy as np
import pytest
from samples import CONTRACT, document

import gdsim
from gdsim import app, cli
from gdsim.app import main
from gdsim.cli import console
from gdsim.cli.console import Progress
from gdsim.cli.run import read
from gdsim.cli.tables import WRITERS
from gdsim.core import diagnosis
from gdsim.core.landscapes import Landscape
from gdsim.core.spec import kinds_of

DIVERGING = document(
    {"label": "=HYPERLINK(1)", "optimizer": {"name": "SGD", "lr": 1e200}},
    {"optimizer": {"name": "SGD", "momentum": 0.9}, "schedule": {"name": "OneCycleLR", "total_steps": 10}},
    steps=10,
)


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A folder to work in, with a.json, diverging.json and broken.json."""
    monkeypatch.chdir(tmp_path)
    Path("a.json").write_text(json.dumps(CONTRACT))
    Path("diverging.json").write_text(json.dumps(DIVERGING))
    Path("broken.json").write_text(json.dumps({**CONTRACT, "steps": "many"}))
    return tmp_path


def refused(capsys, *arguments: str) -> str:
    """The one line on stderr with which a command line is refused."""
    before = sorted(os.listdir())
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("\n")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert sorted(os.listdir()) == before
    return err


def cells(name: str) -> list[list[str]]:
    with open(name, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


# run


def test_without_out_a_table_tells_what_became_of_each_run(files, capsys):
    assert main(["run", "a.json", "diverging.json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    whole, second = out[: out.index("\n\ndiverging.json")], out[out.index("diverging.json") :]
    first, *told = whole.split("\n\n")
    lines = first.splitlines()
    assert lines[0] == CONTRACT["title"]
    assert lines[1].split() == ["run", "outcome", "step", "final", "loss", "why"]
    trajectory = gdsim.run(gdsim.load(CONTRACT))
    for line, run in zip(lines[2:], trajectory.runs, strict=True):
        assert line.split()[0] == run.label
        assert run.outcome.kind in line
        assert f"{run.loss[-1]:.6g}" in line
        assert run.outcome.why in line
    for index, (text, run) in enumerate(zip(told, trajectory.runs, strict=True)):
        label, *verdicts = text.splitlines()
        assert label == f"  {run.label}"
        assert [line[4:] for line in verdicts] == diagnosis.words(diagnosis.diagnose(trajectory.experiment, index, run))
    assert "diverged" in second
    assert "    Diverging: the rate is too large" in second


def test_json(files, capsys):
    assert main(["run", "diverging.json", "--out", "out.json"]) == 0
    assert capsys.readouterr() == ("", "")
    content = json.loads(Path("out.json").read_text(), parse_constant=lambda word: pytest.fail(word))
    assert content["format"] == "gdsim-trajectory"
    assert gdsim.load(content["experiment"]) == gdsim.load(DIVERGING)
    trajectory = gdsim.run(gdsim.load(DIVERGING))
    for told, run in zip(content["runs"], trajectory.runs, strict=True):
        assert told["outcome"] == {"kind": run.outcome.kind, "step": run.outcome.step, "why": run.outcome.why}
        np.testing.assert_array_equal([float(value) for value in told["loss"]], run.loss)
        np.testing.assert_array_equal([[float(v) for v in row] for row in told["theta"]], run.theta)


def test_csv(files):
    assert main(["run", "diverging.json", "--out", "out.CSV"]) == 0
    assert b"\r" not in Path("out.CSV").read_bytes()
    header, *rows = cells("out.CSV")
    assert header == ["run", "step", "theta_0", "theta_1", "loss", "lr", "grad_norm", "momentum"]
    trajectory = gdsim.run(gdsim.load(DIVERGING))
    assert len(rows) == sum(len(run) for run in trajectory.runs)
    for index, label in enumerate(("'=HYPERLINK(1)", "SGD")):
        run = trajectory.runs[index]
        own = [row for row in rows if row[0] == label]
        assert [int(row[1]) for row in own] == list(range(len(run)))
        np.testing.assert_array_equal([[float(row[2]), float(row[3])] for row in own], run.theta)
        np.testing.assert_array_equal([float(row[4]) for row in own], run.loss)
        assert own[-1][5] == ""
        np.testing.assert_array_equal([float(row[5]) for row in own[:-1]], run.lr[:-1])
        assert own[-1][7] == ""
        assert (own[0][7] == "") == (run.momentum is None)
    assert {row[4] for row in rows} & {"Infinity", "NaN"}
    assert not any("inf" in cell or "nan" in cell for row in rows for cell in row[1:])


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_labels_that_a_spreadsheet_would_run_are_escaped(files, start):
    Path("x.json").write_text(
        json.dumps(document({"label": f'{start}1,"2"\n3', "optimizer": {"name": "SGD"}}, steps=1))
    )
    assert main(["run", "x.json", "--out", "x.csv"]) == 0
    rows = cells("x.csv")
    assert [row[0] for row in rows] == ["run", f'\'{start}1,"2"\n3', f'\'{start}1,"2"\n3']
    assert "momentum" not in rows[0]


def test_npz_needs_no_pickle(files):
    assert main(["run", "diverging.json", "--out", "out.npz"]) == 0
    trajectory = gdsim.run(gdsim.load(DIVERGING))
    with np.load("out.npz", allow_pickle=False) as found:
        assert found["labels"].tolist() == [run.label for run in trajectory.runs]
        assert found["outcome_kind"].tolist() == [run.outcome.kind for run in trajectory.runs]
        assert found["outcome_step"].tolist() == [run.outcome.step for run in trajectory.runs]
        assert gdsim.load(json.loads(str(found["experiment"]))) == gdsim.load(DIVERGING)
        for index, run in enumerate(trajectory.runs):
            for name in ("theta", "loss", "lr", "grad_norm"):
                np.testing.assert_array_equal(found[f"run{index}_{name}"], getattr(run, name))
        assert "run0_momentum" not in found
        np.testing.assert_array_equal(found["run1_momentum"], trajectory.runs[1].momentum)


LINE = {"name": "linear_regression", "dataset": {"name": "line", "size": 100}, "validation": 0.3}
MODEL = document(
    {"label": "late", "optimizer": {"name": "SGD"},
     "changes": [{"step": 4, "optimizer": {"name": "SGD"}, "batch_size": 10, "average": 0.9}]},
    {"label": "full", "optimizer": {"name": "SGD"}},
    landscape=LINE, steps=9,
)  # fmt: skip
"""A run that has batches and an average from step 4 on, and one that never has."""


def test_what_a_model_leaves_behind_is_written(files):
    Path("model.json").write_text(json.dumps(MODEL))
    late, full = gdsim.run(gdsim.load(MODEL)).runs
    for ending in WRITERS:
        assert main(["run", "model.json", "--out", f"out{ending}"]) == 0
    told, plain = json.loads(Path("out.json").read_text())["runs"]
    assert told["val_loss"] == late.val_loss.tolist()
    assert told["batch_loss"] == [None] * 4 + late.batch_loss[4:].tolist()
    assert told["average"] == [None] * 4 + late.average[4:].tolist()
    assert "val_loss" in plain
    assert not {"batch_loss", "average", "momentum"} & set(plain)
    header, *rows = cells("out.csv")
    assert header == [
        "run", "step", "w", "b", "loss", "lr", "grad_norm", "val_loss", "batch_loss", "average_w", "average_b",
    ]  # fmt: skip
    assert [float(row[7]) for row in rows] == [*late.val_loss, *full.val_loss]
    assert [[cell == "" for cell in row[8:]] for row in rows] == [[k < 4 or k > 9] * 3 for k in range(20)]
    assert [[float(cell) for cell in row[9:]] for row in rows[4:10]] == late.average[4:].tolist()
    with np.load("out.npz", allow_pickle=False) as found:
        np.testing.assert_array_equal(found["run0_batch_loss"], late.batch_loss)
        np.testing.assert_array_equal(found["run0_average"], late.average)
        np.testing.assert_array_equal(found["run1_val_loss"], full.val_loss)
        assert not {"run1_batch_loss", "run1_average"} & set(found)


def test_a_divergence_is_no_gap(files):
    """The loss of the last batch is not a number: that is something else than having no batch."""
    run = {"optimizer": {"name": "SGD", "lr": 1e200}, "batch_size": 10, "average": 0.5}
    Path("far.json").write_text(json.dumps(document(run, landscape=LINE, steps=9)))
    for ending in (".json", ".csv"):
        assert main(["run", "far.json", "--out", f"out{ending}"]) == 0
    (told,) = json.loads(Path("out.json").read_text())["runs"]
    assert None not in told["batch_loss"]
    assert None not in told["average"]
    assert {told["batch_loss"][-1], told["val_loss"][-1]} <= {"NaN", "Infinity"}
    assert cells("out.csv")[-1][-3] in ("NaN", "Infinity")


def test_overfitting_stands_in_the_table(files, capsys):
    net = {"name": "network", "dataset": {"name": "moons", "size": 60, "noise": 0.35}, "validation": 0.4}
    content = document({"optimizer": {"name": "Adam", "lr": 0.05}}, landscape=net, steps=400)
    Path("net.json").write_text(json.dumps(content))
    assert main(["run", "net.json"]) == 0
    assert "Over-fitting: the validation loss was lowest at step" in capsys.readouterr().out


@pytest.mark.parametrize("ending", sorted(WRITERS))
def test_the_same_document_gives_the_same_file(files, ending):
    for name in ("one", "two"):
        assert main(["run", "diverging.json", "--out", name + ending]) == 0
    assert Path("one" + ending).read_bytes() == Path("two" + ending).read_bytes()


def test_several_experiments_go_into_a_folder(files, capsys):
    for _ in range(2):
        assert main(["run", "a.json", "diverging.json", "--out-dir", "results", "--force"]) == 0
        assert sorted(os.listdir("results")) == ["a.json", "diverging.json"]
    assert gdsim.load(json.loads(Path("results/a.json").read_text())["experiment"]) == gdsim.load(CONTRACT)
    assert capsys.readouterr() == ("", "")


def test_existing_files_are_replaced_only_when_told_to(files, capsys):
    Path("out.json").write_text("old")
    assert "out.json: exists; --force replaces it" in refused(capsys, "run", "a.json", "--out", "out.json")
    assert Path("out.json").read_text() == "old"
    assert main(["run", "a.json", "--out", "out.json", "--force"]) == 0
    assert Path("out.json").read_text() != "old"
    Path("results").mkdir()
    Path("results/a.json").write_text("old")
    assert "results/a.json: exists" in refused(capsys, "run", "diverging.json", "a.json", "--out-dir", "results")
    assert os.listdir("results") == ["a.json"]


def test_no_experiment_is_overwritten_even_by_force(files, capsys):
    for arguments in (["--out", "a.json"], ["--out", "./a.json"], ["--out-dir", "."]):
        assert "is the experiment itself" in refused(capsys, "run", "a.json", *arguments, "--force")
    os.link("a.json", "b.json")
    assert "is the experiment itself" in refused(capsys, "run", "a.json", "--out", "b.json", "--force")
    assert json.loads(Path("a.json").read_text()) == CONTRACT


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run"], "EXPERIMENT.json"),
        (["run", "none.json"], "none.json: no such file"),
        (["run", "."], ".: is a directory"),
        (["run", "broken.json"], "broken.json: $.steps: expected a whole number, got text"),
        (["run", "a.json", "broken.json"], "broken.json: $.steps"),
        (["run", "a.json", "--bogus"], "--bogus"),
        (["run", "a.json", "--out"], "--out"),
        (["run", "a.json", "--out", ""], "--out: the name is empty"),
        (["run", "a.json", "--out", "out.xlsx"], "unknown ending .xlsx; known are .json, .csv, .npz"),
        (["run", "a.json", "--out", "out"], "unknown ending"),
        (["run", "a.json", "--out", "."], "is a directory"),
        (["run", "a.json", "--out", "none/out.json"], "there is no folder none"),
        (["run", "a.json", "--out", "a.json/out.json"], "a.json is not a folder"),
        (["run", "a.json", "--out", "x" * 300 + ".json"], "name too long"),
        (["run", "a.json", "--out", "x\0.json"], "null"),
        (["run", "x\0.json"], "null"),
        (["run", "a.json", "diverging.json", "--out", "out.json"], "--out-dir"),
        (["run", "a.json", "./a.json", "--out-dir", "new"], "same file as a.json"),
        (["run", "a.json", "--out-dir", ""], "--out-dir: the name is empty"),
        (["run", "a.json", "--out-dir", "none/deep"], "there is no folder none"),
        (["run", "a.json", "--out-dir", "a.json"], "a.json is not a folder"),
        (["run", "a.json", "--out", "x.json", "--out-dir", "y"], "not allowed with"),
        (["list", "colours"], "colours"),
        (["rnu"], "did you mean the command run?"),
        (["none.json"], "none.json: no such file"),
        (["."], "is a directory"),
        (["a.json", "b.json"], "unrecognized arguments: b.json"),
        (["--bogus"], "--bogus"),
        (["run", "new\nline\x1b[31m.json"], r"new\nline\x1b[31m.json"),
    ],
)  # fmt: skip
def test_refusals(files, capsys, arguments, words):
    assert words in refused(capsys, *arguments)


def test_everything_is_checked_before_anything_is_computed(files, capsys, monkeypatch):
    from gdsim.cli import run

    monkeypatch.setattr(run, "run", lambda *_, **__: pytest.fail("computed"))
    refused(capsys, "run", "a.json", "broken.json", "--out-dir", "results")
    refused(capsys, "run", "a.json", "--out", "none/out.json")


def test_special_files_are_refused(files, capsys):
    os.mkfifo("pipe.json")
    os.symlink("/dev/full", "full.json")
    os.symlink("nowhere/x.json", "dangling.json")
    for name, words in (
        ("pipe.json", "device or a pipe"),
        ("full.json", "device or a pipe"),
        ("dangling.json", "nowhere"),
    ):
        assert words in refused(capsys, "run", "a.json", "--out", name, "--force")
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)


def test_a_folder_that_cannot_be_written_to_is_refused(files, capsys, monkeypatch):
    Path("sealed").mkdir()
    real = os.open

    def sealed(path, flags, mode=0o777, **more):
        if Path(path).parent.name == "sealed" and flags & os.O_CREAT:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, flags, mode, **more)

    monkeypatch.setattr(os, "open", sealed)
    words = refused(capsys, "run", "a.json", "--out", "sealed/out.json")
    assert "cannot write into sealed: permission denied" in words
    refused(capsys, "run", "a.json", "--out-dir", "sealed")


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_read_only_folder_is_refused(files, capsys):
    Path("sealed").mkdir(mode=0o500)
    assert "permission denied" in refused(capsys, "run", "a.json", "--out", "sealed/out.json")


def test_a_full_disk_is_one_line_and_leaves_nothing(files, capsys, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        assert "out.json: could not be written: no space left" in refused(capsys, "run", "a.json", "--out", "out.json")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        refused(capsys, "run", "a.json", "--out-dir", "results")
    assert not Path("results").exists()


def test_interrupting_leaves_nothing(files, capsys, monkeypatch):
    from gdsim.cli import run

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "run", interrupt)
    before = sorted(os.listdir())
    for arguments in (["--out", "out.json"], ["--out-dir", "results"], []):
        assert main(["run", "a.json", *arguments]) == 130
        assert capsys.readouterr() == ("", "")
    assert sorted(os.listdir()) == before


def test_a_fault_is_status_1_with_its_traceback_in_the_log(files, capsys, monkeypatch):
    from gdsim.cli import run

    def fault(*_, **__):
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(run, "run", fault)
    monkeypatch.setenv("XDG_STATE_HOME", str(files / "state"))
    assert main(["run", "a.json", "--out", "out.json"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("gdsim: a fault of the program: ZeroDivisionError: planted\n")
    assert "Traceback" in err
    assert not Path("out.json").exists()
    log = app.log_path()
    assert log.is_relative_to(files)
    assert "planted" in log.read_text()
    assert gdsim.__version__ in log.read_text()


@pytest.mark.parametrize("name", ["two words", 'quote\'d "x"', "100%", "🎢", "‮rtl", "new\nline", "é" * 120, "-dash"])
def test_odd_names_work(files, name):
    Path(f"{name}.json").write_text(json.dumps(document(steps=2)))
    source = f"./{name}.json"
    assert main(["run", source]) == 0
    assert main(["run", source, "--out", f"./{name}.csv"]) == 0
    assert main(["run", source, "--out-dir", "results"]) == 0
    assert os.listdir("results") == [f"{name}.json"]
    assert Path(f"{name}.csv").read_text().startswith("run,step")


# Progress


class Terminal:
    """A stream that may be a terminal, and keeps what is written to it."""

    def __init__(self, tty: bool) -> None:
        self.tty, self.text = tty, ""

    def isatty(self) -> bool:
        return self.tty

    def fileno(self) -> int:
        return -1

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        pass


def test_progress_shows_on_a_terminal_and_wipes_itself_away(monkeypatch):
    monkeypatch.setattr(Progress, "PAUSE", 0.0)
    stream = Terminal(True)
    with Progress("a\x1b.json", stream) as progress:
        progress(1, 4)
        assert " 25%" in stream.text
        assert r"a\x1b.json" in stream.text
        progress(4, 4)
        assert "100%" in stream.text
    assert stream.text.endswith("\r\x1b[K")


def test_progress_tells_how_long_it_goes_on(monkeypatch):
    monkeypatch.setattr(Progress, "PAUSE", 0.0)
    stream = Terminal(True)
    with Progress("a.json", stream) as progress:
        progress._begun -= 30.0
        progress(1, 4)
        assert " 25%  90 s left  a.json" in stream.text or " 25%  2 min left" in stream.text


def test_progress_is_silent_in_a_pipe():
    stream = Terminal(False)
    with Progress("a.json", stream) as progress:
        progress(1, 4)
    assert stream.text == ""


# list


@pytest.mark.parametrize(
    ("kind", "least"),
    [
        ("landscapes", 10),
        ("models", 4),
        ("datasets", 10),
        ("planes", 3),
        ("optimizers", 10),
        ("schedules", 10),
        ("experiments", 10),
    ],
)
def test_list_as_json(kind, least, capsys):
    assert main(["list", kind, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert len(found) == len({entry["name"] for entry in found}) >= least
    assert main(["list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[kind] == found
    if kind == "experiments":
        assert not [entry for entry in found if "problem" in entry]
        return
    for entry in found:
        assert entry["teaches"]
        for told in entry["hyperparameters"]:
            assert {"name", "label", "symbol", "kind", "default", "meaning"} <= set(told)


def test_what_is_listed_can_be_put_into_a_document(capsys):
    main(["list", "--json"])
    found = json.loads(capsys.readouterr().out)
    for kind, home in (("landscapes", "landscape"), ("optimizers", "optimizer"), ("schedules", "schedule")):
        for entry in found[kind]:
            values = {}
            for told in entry["hyperparameters"]:
                name, _, index = told["name"].partition("[")
                value = [*values.get(name, []), told["default"]] if index else told["default"]
                if value is not None:
                    values[name] = value
            if kind == "landscapes" and entry["name"] == "formula":
                continue
            run = {
                "optimizer": {"name": "SGD"},
                **({home: {"name": entry["name"], **values}} if home != "landscape" else {}),
            }
            content = document(run, **({"landscape": {"name": entry["name"], **values}} if home == "landscape" else {}))
            gdsim.load(content)


def test_list_for_people(capsys):
    assert main(["list"]) == 0
    out = capsys.readouterr().out
    for word in (
        "LANDSCAPES",
        "OPTIMIZERS",
        "SCHEDULES",
        "MODELS",
        "DATASETS",
        "PLANES",
        "EXPERIMENTS",
        "rosenbrock",
        "AdamW",
        "OneCycleLR",
        "betas[0]",
        "logistic_regression",
        "moons",
        "= LinearLR, CosineAnnealingLR",
    ):
        assert word in out
    assert not re.search(r"\w\(\w+=|<class|[{(]'", out), "nothing is shown as Python sees it"
    assert main(["list", "schedules"]) == 0
    out = capsys.readouterr().out
    assert "CyclicLR" in out
    assert "rosenbrock" not in out


def test_landscapes_and_models_are_listed_once(capsys):
    main(["list", "--json"])
    found = json.loads(capsys.readouterr().out)
    names = [entry["name"] for kind in ("landscapes", "models") for entry in found[kind]]
    assert sorted(names) == sorted(kind.name() for kind in kinds_of(Landscape))


def test_a_ready_made_experiment_is_named(files, capsys):
    assert main(["run", "06-saddle"]) == 0
    assert capsys.readouterr().out.startswith(read("06-saddle").title)
    for name in ("06-saddl", "experiments/06-saddle", "../experiments/06-saddle", "06-saddle/", "*"):
        assert name in refused(capsys, "run", name)
    (files / "06-saddle").write_bytes((files / "a.json").read_bytes())
    assert read("06-saddle") == read(str(files / "a.json")), "a file of that name comes first"


def test_a_broken_shipped_experiment_does_not_break_the_list(files, capsys, monkeypatch):
    monkeypatch.setattr("gdsim.cli.list.resource", lambda *_: files)
    assert main(["list", "experiments", "--json"]) == 0
    found = {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)}
    assert found["broken"]["problem"].startswith("$.steps")
    assert found["a"]["runs"] == ["SGD", "momentum"]
    assert main(["list", "experiments"]) == 0
    assert "broken  cannot be read: $.steps" in capsys.readouterr().out


# help, version, the window


@pytest.mark.parametrize("command", [[], *([command.name] for command in cli.COMMANDS)], ids=str)
def test_help_everywhere(command, capsys):
    for flag in ("--help", "-h"):
        assert main([*command, flag]) == 0
        out, err = capsys.readouterr()
        assert err == ""
        assert out.startswith("usage: gdsim")
        assert max(map(len, out.splitlines())) <= 130
    if not command:
        for each in cli.COMMANDS:
            assert f"  {each.name} " in out
            assert each.summary in out
        assert "EXPERIMENT.json" in out
        assert "window" in out


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"gdsim {gdsim.__version__}\n"


class Window:
    """Stands in for the module of the window."""

    def __init__(self, result: object = 0) -> None:
        self.result = result
        self.opened: list[object] = []
        self.reports: list[str] = []

    def launch(self, path: object, *_more: object) -> int:
        self.opened.append(path)
        if callable(self.result):
            return self.result()
        return self.result

    def report(self, text: str) -> None:
        self.reports.append(text)


@pytest.fixture
def window(monkeypatch):
    found = Window()
    monkeypatch.setitem(sys.modules, "gdsim.ui.launch", found)
    return found


def test_without_a_command_the_window_opens(files, window):
    assert main([]) == 0
    assert main(["a.json"]) == 0
    assert window.opened == [None, "a.json"]
    window.result = 3
    assert main([]) == 3


def test_while_the_window_lives_exceptions_are_logged_and_shown(files, window, monkeypatch, capsys):
    monkeypatch.setenv("XDG_STATE_HOME", str(files / "state"))
    before = sys.excepthook

    def life() -> int:
        assert sys.excepthook is not before
        try:
            raise ValueError("planted")
        except ValueError as error:
            sys.excepthook(type(error), error, error.__traceback__)
        return 0

    window.result = life
    assert main([]) == 0
    assert sys.excepthook is before
    assert "planted" in capsys.readouterr().err
    assert "planted" in app.log_path().read_text()
    (report,) = window.reports
    assert "ValueError: planted" in report


def test_a_missing_library_is_named_with_its_package(window, capsys):
    def missing() -> int:
        raise ImportError("libEGL.so.1: cannot open shared object file: No such file or directory")

    window.result = missing
    assert main([]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "libEGL.so.1" in err
    assert "apt-get install libegl1" in err


def test_the_command_table_is_sound():
    names = [command.name for command in cli.COMMANDS]
    assert len(set(names)) == len(names)
    assert {"run", "list"} <= set(names)
    assert cli.find("run").module == "run"
    assert cli.find("nothing") is None


def test_plain_spells_out_what_a_terminal_would_obey():
    assert console.plain("a\tb\x1b[2J‮\ud800é🎢") == r"a\tb\x1b[2J\u202e\ud800é🎢"
