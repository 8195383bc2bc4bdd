"""Documents: the contract's example, refusals with their place, round trips, and saving that cannot destroy."""

from __future__ import annotations

import copy
import errno
import json
import math
import os

import pytest
from hypothesis import given
from samples import CONTRACT, document, experiments

import gdsim
from gdsim.core import documents
from gdsim.core.documents import DocumentError
from gdsim.core.optimizers import SGD
from gdsim.core.schedules import StepLR


def with_(path: str, value: object) -> dict[str, object]:
    """The contract's example with one place changed."""
    content = copy.deepcopy(CONTRACT)
    *way, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    at = content
    for part in way:
        at = at[part]
    at[last] = value
    return content


def test_the_contract_example_loads():
    experiment = gdsim.load(CONTRACT)
    assert experiment.title == "Ravine: momentum against plain descent"
    assert experiment.landscape.name() == "quadratic"
    assert (experiment.start, experiment.steps, experiment.seed) == ((-1.5, 1.0), 200, 0)
    plain, momentum = experiment.runs
    assert plain.optimizer == SGD(lr=0.018)
    assert plain.schedule.name() == "constant"
    assert momentum.optimizer == SGD(lr=0.018, momentum=0.9)
    assert momentum.schedule == StepLR(step_size=50, gamma=0.5)
    assert (momentum.clip.kind, momentum.clip.value, momentum.batch_size) == ("norm", 1.0, 32)
    assert experiment.labels() == ("SGD", "momentum")


def test_only_four_fields_are_required():
    experiment = gdsim.load(document())
    assert experiment.title == ""
    assert experiment.steps == 200
    assert experiment.origin == experiment.landscape.start
    for field in ("format", "version", "landscape", "runs"):
        content = document()
        del content[field]
        with pytest.raises(DocumentError) as caught:
            gdsim.load(content)
        assert caught.value.place == f"$.{field}"


def test_labels_default_to_the_optimizers_name_made_unique():
    sgd = {"optimizer": {"name": "SGD"}}
    experiment = gdsim.load(document(sgd, sgd, {**sgd, "label": "SGD 2"}, {"optimizer": {"name": "Adam"}}, sgd))
    labels = experiment.labels()
    assert labels[0] == "SGD"
    assert labels[2] == "SGD 2"
    assert labels[3] == "Adam"
    assert len(set(labels)) == 5


@pytest.mark.parametrize(
    ("content", "place", "reason"),
    [
        (with_("format", "gdsim-trajectory"), "$.format", "gdsim-experiment"),
        (with_("version", 2), "$.version", "newer gdsim"),
        (with_("version", 0), "$.version", "from 1 on"),
        (with_("version", True), "$.version", "whole number"),
        (with_("surprise", 1), "$.surprise", "unknown field"),
        (with_("steps", 0), "$.steps", ">= 1"),
        (with_("steps", 1.5), "$.steps", "a whole number"),
        (with_("steps", "200"), "$.steps", "got text"),
        (with_("seed", -1), "$.seed", ">= 0"),
        (with_("start", [1.0]), "$.start", "2 numbers"),
        (with_("start", [1.0, None]), "$.start[1]", "got null"),
        (with_("start", [math.inf, 0.0]), "$.start[0]", "finite"),
        (with_("start", [1e300, 1e300]), "$.start", "not finite there"),
        (with_("runs", []), "$.runs", "length >= 1"),
        (with_("runs", {}), "$.runs", "a list"),
        (with_("landscape", {"name": "rosenbork"}), "$.landscape.name", "did you mean rosenbrock?"),
        (with_("landscape", {"a": 1.0}), "$.landscape.name", "is missing"),
        (with_("landscape/c", 1.0), "$.landscape.c", "unknown field"),
        (with_("runs/1/optimizer/lr", -0.1), "$.runs[1].optimizer.lr", ">= 0"),
        (with_("runs/1/optimizer/lr", "fast"), "$.runs[1].optimizer.lr", "a number"),
        (with_("runs/1/optimizer/lr", math.nan), "$.runs[1].optimizer.lr", "number"),
        (with_("runs/1/optimizer/momentum", math.inf), "$.runs[1].optimizer.momentum", "finite"),
        (with_("runs/0/optimizer/nesterov", True), "$.runs[0].optimizer.nesterov", "needs a momentum"),
        (with_("runs/0/optimizer", {"name": "Adm"}), "$.runs[0].optimizer.name", "did you mean Adam?"),
        (with_("runs/0/optimizer", {"name": "Adam", "betas": [0.9, 1.0]}), "$.runs[0].optimizer.betas[1]", "< 1"),
        (with_("runs/0/optimizer", {"name": "Adam", "betas": [0.9]}), "$.runs[0].optimizer.betas", "length 2"),
        (with_("runs/1/schedule/step_size", 0), "$.runs[1].schedule.step_size", ">= 1"),
        (
            with_("runs/1/schedule",
                  {"name": "SequentialLR", "schedulers": [{"name": "ReduceLROnPlateau"}], "milestones": []}),
            "$.runs[1].schedule.schedulers[0].name", "cannot stand here",
        ),
        (with_("runs/1/clip/kind", "sideways"), "$.runs[1].clip.kind", "unknown choice 'sideways'"),
        (with_("runs/1/clip/value", 0.0), "$.runs[1].clip.value", "> 0"),
        (with_("runs/1/batch_size", 0), "$.runs[1].batch_size", ">= 1"),
        (with_("runs/1/label", "x" * 201), "$.runs[1].label", "length <= 200"),
        (with_("title", "\ud800"), "", "Unicode"),
        (
            with_("runs/1/changes", [{"step": 9, "optimizer": {"name": "SGD"}}] * 2),
            "$.runs[1].changes", "order of their steps",
        ),
        (
            with_("landscape", {"name": "linear_regression", "dataset": {"name": "inlin", "x": [], "y": []}}),
            "$.landscape.dataset.name", "did you mean inline?",
        ),
    ],
)  # fmt: skip
def test_refusals_name_the_place_and_the_reason(content, place, reason):
    with pytest.raises(DocumentError) as caught:
        gdsim.load(content)
    assert caught.value.place == place
    assert reason in caught.value.reason
    assert str(caught.value) == (f"{place}: {caught.value.reason}" if place else caught.value.reason)
    assert "`" not in str(caught.value)


MINIMAL = json.dumps(document()).encode()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not valid JSON"),
        (b"null", "must be a JSON object"),
        (b"[]", "must be a JSON object"),
        (b'{\n "a": 1,\n "b": x}', "line 3, column 7"),
        (MINIMAL[:-20], "not valid JSON"),
        (MINIMAL.decode().encode("utf-16"), "UTF-16"),
        (MINIMAL[:-1] + b', "title": "\xc3("}', "UTF-8"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (MINIMAL[:-1] + b', "start": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
        (MINIMAL[:-1] + b', "steps": ' + b"9" * 5000 + b"}", "out of range"),
        (MINIMAL[:-1] + b', "start": [1e999, 0]}', "out of range"),
        (MINIMAL[:-1] + b', "start": [NaN, 0]}', "not valid JSON"),
        (b" " * (documents.MAX_BYTES + 1), "larger than"),
    ],
)  # fmt: skip
def test_hostile_bytes_are_refused_in_words(data, reason):
    with pytest.raises(DocumentError, match=reason):
        documents.decode(data)


def test_a_byte_order_mark_is_skipped_and_of_a_double_key_the_last_counts():
    assert documents.decode(b"\xef\xbb\xbf" + MINIMAL) == documents.decode(MINIMAL)
    assert documents.decode(MINIMAL[:-1] + b', "steps": 3, "steps": 4}').steps == 4


def test_loading_a_file(tmp_path):
    path = tmp_path / "mañana 🎢.json"
    path.write_bytes(MINIMAL)
    assert gdsim.load(path) == gdsim.load(str(path)) == documents.decode(MINIMAL)
    with pytest.raises(FileNotFoundError):
        gdsim.load(tmp_path / "none.json")
    with pytest.raises(IsADirectoryError):
        gdsim.load(tmp_path)


@given(experiments())
def test_what_is_saved_loads_as_what_it_was(experiment):
    data = documents.encode(experiment)
    try:
        again = documents.decode(data)
    except DocumentError as error:
        if "not finite" not in error.reason:  # the generator draws starts where a loss may overflow
            raise
        return
    assert again == experiment
    assert documents.encode(again) == data


def test_defaults_are_left_out_and_field_names_are_the_documents():
    landscape = {"name": "linear_regression", "loss": "sum"}
    content = documents.as_dict(gdsim.load(document(landscape=landscape)))
    assert content == document(landscape=landscape)


def test_trajectory_documents_are_strict_json():
    runs = [
        {"label": "far", "optimizer": {"name": "SGD", "lr": 1e200}},
        {"optimizer": {"name": "Adam"}, "schedule": {"name": "OneCycleLR", "total_steps": 30}},
    ]
    content = documents.trajectory_as_dict(gdsim.run(gdsim.load(document(*runs, steps=30))))

    def never(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    content = json.loads(json.dumps(content, allow_nan=False), parse_constant=never)
    assert content["format"] == "gdsim-trajectory"
    assert content["version"] == 1
    assert gdsim.load(content["experiment"]).labels() == ("far", "Adam")
    far, adam = content["runs"]
    assert far["outcome"]["kind"] == "diverged"
    assert {"Infinity", "-Infinity", "NaN"} & {far["loss"][-1], *far["theta"][-1]}
    assert len(far["loss"]) == len(far["theta"]) == len(far["lr"]) == far["outcome"]["step"] + 1
    assert "momentum" not in far
    assert len(adam["theta"]) == len(adam["loss"]) == len(adam["lr"]) == len(adam["momentum"]) == 31
    assert adam["lr"][-1] is None
    assert adam["momentum"][-1] is None
    assert all(isinstance(rate, float) for rate in adam["lr"][:-1])


class Failing:
    """Makes one of the calls that a save consists of fail, the k-th time it is made."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str, k: int, number: int) -> None:
        self.failed = False
        real = getattr(os, name)
        calls = 0

        def call(*arguments, **keywords):
            nonlocal calls
            calls += 1
            if calls == k:
                self.failed = True
                raise OSError(number, os.strerror(number))
            return real(*arguments, **keywords)

        monkeypatch.setattr(os, name, call)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EACCES])
@pytest.mark.parametrize("name", ["write", "fsync", "replace", "chmod"])
def test_a_save_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, name, number):
    path = tmp_path / "a.json"
    path.write_bytes(b"old")
    data = b"new" * 1_000_000  # several writes
    failures = 0
    for k in range(1, 10):
        with monkeypatch.context() as patch:
            failing = Failing(patch, name, k, number)
            try:
                documents.write_whole(path, data)
            except OSError as error:
                if error.errno != number:
                    raise
        if not failing.failed:
            break
        failures += 1
        assert path.read_bytes() == b"old"
        assert os.listdir(tmp_path) == ["a.json"]
    assert failures >= (3 if name == "write" else 1)
    assert path.read_bytes() == data


def test_short_writes_are_carried_on(tmp_path, monkeypatch):
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, bytes(data[:7])))
    documents.write_whole(tmp_path / "a", b"0123456789" * 3)
    assert (tmp_path / "a").read_bytes() == b"0123456789" * 3


def test_a_save_keeps_the_mode_and_writes_through_links(tmp_path):
    target = tmp_path / "target.json"
    target.write_bytes(b"old")
    target.chmod(0o640)
    link = tmp_path / "link.json"
    link.symlink_to(target)
    documents.write_whole(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert target.stat().st_mode & 0o777 == 0o640


def test_folders_and_devices_are_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (tmp_path, pipe):
        with pytest.raises(OSError, match=r"directory|regular"):
            documents.write_whole(path, b"new")
    assert os.listdir(tmp_path) == ["pipe"]
    assert pipe.is_fifo()


def test_names_may_be_as_long_as_the_system_allows(tmp_path):
    path = tmp_path / ("🎢" * 62 + ".json")  # 253 bytes
    documents.write_whole(path, b"new")
    assert path.read_bytes() == b"new"


def test_saving_and_loading(tmp_path):
    experiment = gdsim.load(CONTRACT)
    documents.save(experiment, tmp_path / "a.json")
    assert gdsim.load(tmp_path / "a.json") == experiment
    assert os.listdir(tmp_path) == ["a.json"]
