"""The bench, not the machine: that every claim has its row, and that what is measured is told and written."""

from __future__ import annotations

import json

import pytest

from gdsim.app import main
from gdsim.bench import measures
from gdsim.bench.measures import Figure, Measure, Taken, told
from gdsim.bench.processes import UnavailableError, answer, surroundings, until_painted
from gdsim.bench.timing import Noise, in_turn, in_words, quantile
from gdsim.cli import COMMANDS
from gdsim.cli import bench as command
from gdsim.cli.bench import MEASURES


def quick(tell):
    tell(1, 2)
    return Taken({"ratio": 2.0, "plain": 3.0}, {"seen": [1, 2]})


def missing(tell):
    raise UnavailableError("nothing to compare with")


def broken(tell):
    raise RuntimeError("the program fell over")


FAKES = (
    Measure(
        "quick",
        "something quick",
        (Figure("ratio", "a / b", limit=1.5), Figure("plain", "just a number", "ms")),
        quick,
    ),
    Measure("missing", "something that cannot be measured", (Figure("ratio", "a / b"),), missing),
    Measure("broken", "something that fails", (Figure("ratio", "a / b"),), broken),
)


@pytest.fixture
def fakes(monkeypatch):
    monkeypatch.setattr(command, "MEASURES", FAKES)
    monkeypatch.setattr(Noise, "probe", lambda self: self._times.extend([0.001, 0.0011, 0.0012]))


def test_every_claim_has_its_row():
    names = [measure.name for measure in MEASURES]
    assert len(names) == len(set(names))
    targets = {(measure.name, figure.key): figure.target for measure in MEASURES for figure in measure.figures}
    claimed = {
        ("speed", "ratio"): "≥ 100 ×",
        ("frames", "median"): "≤ 16 ms",
        ("frames", "p95"): "≤ 33 ms",
        ("frames", "ratio"): "",
        ("frames", "pace"): "≥ 0.95 ×",
        ("update", "extra"): "≤ 3 ms",
        ("keys", "frames"): "≤ 1",
        ("first-window", "ratio"): "≤ 1.3 ×",
        ("full-picture", "ratio"): "≤ 1.3 ×",
        ("bits", "kinds"): "≤ 1",
        ("history", "growth"): "≤ 1.25 ×",
        ("history", "moved"): "≤ 4 ×",
        ("history", "refined"): "≤ 500 ms",
        ("history-stock", "ratio"): "≥ 50 ×",
        ("flat-out", "ratio"): "≤ 2 ×",
        ("memory", "more"): "≤ 400 MB",
        ("long-file", "most"): "≤ 200 MB",
    }
    assert claimed.items() <= targets.items()
    for measure in MEASURES:
        assert measure.title
        assert all(figure.meaning for figure in measure.figures)


def test_bench_is_a_command():
    assert "bench" in [row.name for row in COMMANDS]


def test_the_table(fakes, capsys):
    assert main(["bench"]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0].split() == ["measure", "what", "it", "means", "measured", "target", "met?"]
    assert lines[1].split() == ["quick", "a", "/", "b", "2", "×", "≤", "1.5", "×", "NO"]
    assert lines[2].split() == ["quick", "just", "a", "number", "3", "ms"]
    assert lines[3].split() == ["missing", "nothing", "to", "compare", "with", "not", "measured"]
    assert lines[4].split() == ["broken", "the", "program", "fell", "over", "not", "measured"]
    assert lines[-1].startswith("The machine was ")
    assert err == ""


def test_only(fakes, capsys):
    assert main(["bench", "--only", "missing", "quick", "missing"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert [row.split()[0] for row in rows[1:4]] == ["missing", "quick", "quick"]
    assert rows[4] == ""


def test_json(fakes, tmp_path, capsys):
    target = tmp_path / "figures.json"
    assert main(["bench", "--only", "quick", "missing", "--json", str(target)]) == 0
    record = json.loads(target.read_text(encoding="utf-8"))
    assert (record["format"], record["version"]) == ("gdsim-bench", 1)
    assert set(record["machine"]) == {"loop_ms", "spread", "load", "processors"}
    first, second = record["measures"]
    assert first["details"] == {"seen": [1, 2]}
    assert first["figures"][0] == {
        "key": "ratio", "meaning": "a / b", "value": 2.0, "unit": "×", "target": "≤ 1.5 ×", "met": False,
    }  # fmt: skip
    assert first["figures"][1]["met"] is None
    assert second["unavailable"] == "nothing to compare with"

    assert main(["bench", "--only", "quick", "--json", str(target)]) == 2
    assert "exists" in capsys.readouterr().err
    assert main(["bench", "--only", "quick", "--json", str(target), "--force"]) == 0


def test_list_measures_nothing(monkeypatch, capsys):
    def fail(*_):
        raise AssertionError

    monkeypatch.setattr(command, "take", fail)
    assert main(["bench", "--list"]) == 0
    out = capsys.readouterr().out
    assert all(f"{measure.name}: {measure.title}" in out for measure in MEASURES)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["--only", "speed", "hurry"], "--only hurry: no such measure; there are speed, frames"),
        (["--only"], "--only"),
        (["--json", "figures.txt"], "figures.txt: unknown ending"),
        (["--json", "nowhere/figures.json"], "there is no folder"),
        (["fast"], "fast"),
    ],
)
def test_refusals(typed, said, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "take", lambda *_: pytest.fail("measured"))
    assert main(["bench", *typed]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert err.count("\n") == 1


def test_targets_are_met_on_the_right_side():
    assert Figure("k", "m", limit=2.0).met(2.0) is True
    assert Figure("k", "m", limit=2.0).met(2.1) is False
    assert Figure("k", "m", limit=2.0, least=True).met(2.1) is True
    assert Figure("k", "m", limit=2.0, least=True).met(1.9) is False
    assert Figure("k", "m").met(1.0) is None


@pytest.mark.parametrize(("value", "text"), [(1.0, "1 ×"), (1.2345, "1.23 ×"), (123.4, "123 ×"), (0.5, "0.5 ×")])
def test_told(value, text):
    assert told(value, "×") == text


def test_quantiles():
    values = [4.0, 1.0, 3.0, 2.0, 5.0]
    assert quantile(values, 0.0) == 1.0
    assert quantile(values, 0.5) == 3.0
    assert quantile(values, 1.0) == 5.0
    assert quantile(values, 0.625) == 3.5
    assert quantile([7.0], 0.95) == 7.0


def test_pairs_are_taken_in_turn():
    taken = []
    seen = []

    def take(name):
        taken.append(name)
        return float(len(taken))

    a, b = in_turn(lambda: take("a"), lambda: take("b"), 3, lambda done, total: seen.append((done, total)))
    assert "".join(taken) == "ab" + "ab" + "ba" + "ab"
    assert (len(a), len(b)) == (3, 3)
    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_noise_in_words():
    noise = Noise()
    noise._times = [0.002] * 10
    assert in_words(noise.facts()).startswith("The machine was quiet: a fixed loop took 2.0 ms")
    noise._times = [0.002] * 5 + [0.02] * 5
    assert "very noisy" in in_words(noise.facts())


def test_programs_that_fail_are_told_of():
    with surroundings() as environment:
        with pytest.raises(RuntimeError, match="ZeroDivisionError"):
            until_painted("1 / 0", environment)
        with pytest.raises(RuntimeError, match="nothing_of_that_name"):
            answer("nothing_of_that_name", environment)


def test_the_same_document_gives_the_same_bits():
    taken = measures._bits(lambda done, total: None)
    assert taken.values == {"kinds": 1}
