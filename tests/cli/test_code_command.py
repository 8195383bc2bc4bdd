"""``gdsim code``: the script goes to a file or to standard output; every refusal is one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from samples import CONTRACT, document

import gdsim
from gdsim.app import main


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.json").write_text(json.dumps(CONTRACT))
    plateau = {"name": "ReduceLROnPlateau"}
    change = {"step": 5, "optimizer": {"name": "SGD"}}
    run = {"optimizer": {"name": "SGD"}, "schedule": plateau, "changes": [change]}
    Path("watching.json").write_text(json.dumps(document(run)))
    Path("there.py").write_text("pass\n")
    return tmp_path


@pytest.mark.parametrize("flags", [[], ["--numpy"]], ids=["torch", "numpy"])
def test_the_script_ends_where_run_does(files, capsys, flags):
    if not flags:
        pytest.importorskip("torch")
    assert main(["code", "a.json", "--out", "out.py", *flags]) == 0
    assert capsys.readouterr() == ("", "")
    told = subprocess.run([sys.executable, "out.py"], capture_output=True, text=True, check=True).stdout
    found = json.loads(told.splitlines()[-1])
    runs = gdsim.run(gdsim.load(CONTRACT)).runs
    np.testing.assert_allclose(found, [run.theta[-1] for run in runs], rtol=1e-8, atol=1e-8)


def test_without_out_it_goes_to_standard_output(files, capsys):
    assert main(["code", "a.json", "--numpy"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.endswith("print(json.dumps(found))\n")
    assert main(["code", "a.json", "--numpy", "--out", "there.py", "--force"]) == 0
    assert Path("there.py").read_text(encoding="utf-8") == out


def test_ready_made_experiments_have_names(files, capsys):
    assert main(["code", "05-linear-regression"]) == 0
    assert "torch.optim.SGD" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["missing.json"], "missing.json"),
        (["watching.json"], "watching.json: SGD: a schedule that watches the loss"),
        (["a.json", "--out", "there.py"], "there.py: exists"),
        (["a.json", "--out", "a.json"], "unknown ending"),
        (["a.json", "--out", "nowhere/x.py"], "no folder"),
        ([], "EXPERIMENT.json"),
    ],
)
def test_refusals(files, capsys, arguments, reason):
    before = sorted(os.listdir())
    assert main(["code", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert reason in err
    assert sorted(os.listdir()) == before
