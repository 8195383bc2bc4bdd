"""Ensembles in the window: computed in the background, kept as long as they hold, stopped at once, and said."""

from __future__ import annotations

import dataclasses
from typing import Any

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QEvent
from PySide6.QtGui import QFocusEvent
from PySide6.QtTest import QTest
from samples import document
from windows import LEFT, Key, Mods, action, closed, opened, press, settle, type_number, wait_for

import gdsim
from gdsim.core.ensemble import Ensemble, bands
from gdsim.core.experiment import MAX_SEEDS, Seeds
from gdsim.ui.ensemble_dialog import EnsembleDialog, open_ensemble, with_ensemble
from gdsim.ui.film import Film, FilmOptions
from gdsim.ui.plots.moment import Moment

NOISY: dict[str, Any] = {"label": "noisy", "optimizer": {"name": "Adam", "lr": 0.05}, "noise": {"std": 9.0}}
PLAIN: dict[str, Any] = {"label": "plain", "optimizer": {"name": "SGD", "lr": 0.01}}
BATCHED: dict[str, Any] = {"label": "batched", "optimizer": {"name": "SGD", "lr": 0.05}, "batch_size": 8}
NETWORK = {"name": "network", "hidden": 4, "hidden2": 4, "dataset": {"name": "moons", "size": 60}}


def noisy(**fields: Any) -> gdsim.Experiment:
    return gdsim.load(document(NOISY, PLAIN, **{"landscape": "himmelblau", "steps": 100, **fields}))


def networks(**ensemble: Any) -> gdsim.Experiment:
    run = {**BATCHED, "ensemble": ensemble}
    return gdsim.load(document(run, {**NOISY, "noise": {"std": 0.1}}, landscape=NETWORK, steps=200))


@pytest.fixture
def ensemble_window(qapp, tmp_path):
    made = []

    def open_one(experiment: gdsim.Experiment) -> Any:
        made.append(opened(tmp_path, experiment))
        settle(made[-1])
        return made[-1]

    yield open_one
    for window in made:
        closed(window)


def computed(window: Any) -> None:
    wait_for(lambda: not window.ensembles.computing, 30.0)
    settle(window)


def edit(window: Any, text: str, index: int = 0, **fields: Any) -> None:
    """Change fields of a run."""
    experiment = window.session.experiment
    runs = list(experiment.runs)
    runs[index] = msgspec.structs.replace(runs[index], **fields)
    assert window.editor.edit(text, msgspec.structs.replace(experiment, runs=tuple(runs))) is None


def test_the_dialog_puts_it_around_the_run_and_undo_takes_it_away(ensemble_window):
    window = ensemble_window(noisy())
    before = window.session.experiment
    trajectory = window.session.trajectory.runs[0]
    dialog = EnsembleDialog(before, 0, window.editor, window)
    dialog.show()
    assert not dialog.remove_button.isVisible()
    dialog.bands.setCurrentIndex(1)
    type_number(dialog.members, "12")
    assert not dialog.isVisible(), "Enter confirms"
    dialog.deleteLater()
    assert window.session.experiment.runs[0].ensemble == Seeds(members=12, quantiles=(0.1,))
    computed(window)
    band = window.ensembles.bands[0]
    np.testing.assert_array_equal(band.band, bands(window.session.experiment)[0].band)
    assert window.moment().bands == {0: band}
    assert window.session.trajectory.runs[0] is trajectory  # nothing of the run is computed again
    window.undo_stack.undo()
    assert window.session.experiment == before
    assert window.ensembles.bands == {}
    window.undo_stack.redo()
    computed(window)
    assert window.ensembles.bands[0].whole
    window.undo_stack.undo()


def test_it_shows_on_the_plots_and_moves_with_the_cursor(ensemble_window):
    window = ensemble_window(noisy())
    panes = window.stage.panes
    window.session.jump(50)
    settle(window)
    bare = [pane.grab().toImage() for pane in panes[:2]]
    edit(window, "ensemble", ensemble=Seeds())
    computed(window)
    shown = [pane.grab().toImage() for pane in panes[:2]]
    assert bare[0] != shown[0]
    assert bare[1] != shown[1]
    action(window, "log_loss").trigger()
    settle(window)
    assert panes[1].grab().toImage() != shown[1]
    window.undo_stack.undo()


def test_edits_keep_what_they_leave_as_it_was(ensemble_window):
    window = ensemble_window(with_ensemble(noisy(), 0, Seeds(members=5)))
    computed(window)
    band = window.ensembles.bands[0]
    edit(window, "other run", 1, hidden=True)
    edit(window, "name", label="Adam with noise", color=4)
    assert window.ensembles.bands[0] is band
    window.set_theme("light")
    assert window.ensembles.bands[0] is band
    edit(window, "rate", optimizer=msgspec.structs.replace(window.session.experiment.runs[0].optimizer, lr=0.1))
    assert window.ensembles.bands[0] is not band
    computed(window)
    again = window.ensembles.bands[0]
    assert again.whole
    assert (again.loss[-1] != band.loss[-1]).all()
    action(window, "dice").trigger()
    computed(window)
    np.testing.assert_array_equal(window.ensembles.bands[0].loss[:, :-1], again.loss[:, 1:])
    edit(window, "hide", hidden=True)
    assert window.ensembles.bands == {}


def test_an_ensemble_that_lost_its_chance_is_said_not_to_be_shown(ensemble_window):
    window = ensemble_window(with_ensemble(noisy(), 0, Seeds(members=5)))
    computed(window)
    edit(window, "no noise", noise=None)
    assert window.ensembles.bands == {}
    assert window.status.message.text().startswith("Its ensemble is not shown: noisy makes no use of chance")
    window.undo_stack.undo()
    computed(window)
    assert window.ensembles.bands[0].whole


def test_without_chance_it_is_said_what_to_do(ensemble_window):
    window = ensemble_window(noisy())
    window.session.select(1)
    open_ensemble(window)
    assert window.status.message.text().startswith("There is no ensemble: plain makes no use of chance")
    assert "noise" in window.status.message.text()
    action(window, "remove_ensemble").trigger()
    assert window.status.message.text() == "plain has no ensemble"


def test_stopping_acts_at_once_and_keeps_what_is_there(ensemble_window):
    window = ensemble_window(networks(members=200))
    ensembles = window.ensembles
    wait_for(lambda: ensembles.strip.isVisible() and len(ensembles.bands[0]) > 3, 30.0)
    QTest.mouseClick(ensembles.strip.button, LEFT)
    assert not ensembles.computing
    assert not ensembles.strip.isVisible()
    rows = len(ensembles.bands[0])
    assert 3 < rows < 201
    assert window.status.message.text() == f"Stopped: the ensemble is known to step {rows - 1}"
    settle(window)
    edit(window, "other run", 1, label="other")
    assert not ensembles.computing
    assert len(ensembles.bands[0]) == rows
    moment: Moment = window.moment()
    window.stage.draw(dataclasses.replace(moment, cursor=rows + 1))
    ensembles.again()
    assert ensembles.computing
    ensembles.stop()


def test_no_slice_holds_anything_up():
    """A part comes, though it may be empty, long before the 200 ms in which a stop must act: counted, not timed."""
    parts = Ensemble(networks(members=MAX_SEEDS), 0, MAX_SEEDS, steps=1).parts(0.0)
    first = [next(parts) for _ in range(20)]
    assert all(not len(part.loss) for part in first)  # a breath behind each member


def test_two_ensembles_are_computed_one_after_the_other(ensemble_window):
    window = ensemble_window(networks(members=3))
    edit(window, "second", 1, ensemble=Seeds(members=4))
    computed(window)
    found = window.ensembles.bands
    assert [(k, band.whole, band.ensemble.members) for k, band in found.items()] == [(0, True, 3), (1, True, 4)]
    window.session.jump(100)
    settle(window)
    window.runs.duplicate()
    computed(window)
    assert sorted(window.ensembles.bands) == [0, 1, 2]
    assert window.ensembles.bands[0] is found[0]


def test_a_failure_is_told_and_ends_it(ensemble_window, monkeypatch):
    def failing(self: Any, budget: float = 0.0) -> Any:
        raise MemoryError("none left")
        yield

    window = ensemble_window(noisy())
    monkeypatch.setattr(Ensemble, "parts", failing)
    edit(window, "ensemble", ensemble=Seeds())
    wait_for(lambda: not window.ensembles.computing)
    assert window.status.message.text() == "The ensemble failed: MemoryError: none left"
    assert len(window.ensembles.bands[0]) == 0
    settle(window)
    monkeypatch.undo()
    window.ensembles.again()
    computed(window)
    assert window.ensembles.bands[0].whole


def test_closing_while_it_is_computed_leaves_no_thread(qapp, tmp_path):
    window = opened(tmp_path, networks(members=500))
    wait_for(lambda: window.ensembles.computing)
    thread = window.ensembles._thread
    window.undo_stack.setClean()
    window.close()
    assert thread.isFinished()
    closed(window)


def test_the_dialog_offers_what_the_run_has(ensemble_window):
    window = ensemble_window(networks(members=7, quantiles=[0.2], vary="batches"))
    window.ensembles.stop()
    dialog = EnsembleDialog(window.session.experiment, 0, window.editor, window)
    assert dialog.remove_button.isVisibleTo(dialog)
    assert dialog.members.number == 7
    assert dialog.bands.currentText() == "20–80 %"
    assert (dialog.vary.count(), dialog.vary.currentText()) == (1, "order of the examples")
    assert dialog.chosen() == Seeds(members=7, quantiles=(0.2,))
    dialog.remove()
    assert window.session.experiment.runs[0].ensemble is None
    both = msgspec.structs.replace(window.session.experiment.runs[1], batch_size=8)
    experiment = msgspec.structs.replace(window.session.experiment, runs=(both,))
    dialog = EnsembleDialog(experiment, 0, window.editor, window)
    assert [dialog.vary.itemData(k) for k in range(dialog.vary.count())] == ["all", "noise", "batches"]
    dialog.vary.setCurrentIndex(2)
    assert dialog.chosen().vary == "batches"


def test_refused_seeds_are_not_shown_as_others(ensemble_window):
    window = ensemble_window(noisy())
    dialog = EnsembleDialog(window.session.experiment, 0, window.editor, window)
    dialog.show()
    dialog.members.setFocus()
    dialog.members.selectAll()
    QTest.keyClicks(dialog.members, "1")
    dialog.members.focusOutEvent(QFocusEvent(QEvent.Type.FocusOut))  # as a click on the button does
    dialog.apply()
    assert dialog._error.text() == "Seeds: must be from 2 to 1,000; 50 stays."
    assert window.session.experiment.runs[0].ensemble is None
    dialog.apply()
    assert window.session.experiment.runs[0].ensemble == Seeds(members=50)
    dialog.deleteLater()


@pytest.mark.parametrize("text", ["1", "1001", "2.5", "many"])
def test_numbers_that_make_no_sense_are_refused(ensemble_window, text):
    window = ensemble_window(noisy())
    dialog = EnsembleDialog(window.session.experiment, 0, window.editor, window)
    dialog.show()
    dialog.members.setFocus()
    dialog.members.selectAll()
    QTest.keyClicks(dialog.members, text)
    dialog.apply()
    assert window.session.experiment.runs[0].ensemble is None
    assert "from 2 to 1,000" in dialog._error.text()
    assert dialog.isVisible()
    dialog.close()
    dialog.deleteLater()


def test_videos_show_it_and_wait_for_it(ensemble_window, tmp_path):
    window = ensemble_window(with_ensemble(noisy(), 0, Seeds(members=6)))
    computed(window)
    options = FilmOptions(window.desk._look(320, 180), fps=10, speed=50)
    pictures = [
        [image for image, _ in Film(moment, options, tmp_path / "a.gif").pictures()]
        for moment in (window.desk._still(), dataclasses.replace(window.desk._still(), bands={}))
    ]
    assert all(one != other for one, other in zip(*pictures, strict=True))
    edit(window, "more", ensemble=Seeds(members=900))
    assert window.ensembles.computing
    window.desk.record_video()
    assert window.status.message.text().startswith("The ensemble is still being computed")


def test_the_key_asks_for_it(ensemble_window, monkeypatch):
    window = ensemble_window(noisy())
    asked = []
    monkeypatch.setattr("gdsim.ui.ensemble_dialog.open_ensemble", asked.append)
    press(window, Key.Key_B, Mods.ControlModifier | Mods.ShiftModifier)
    assert asked == [window]
