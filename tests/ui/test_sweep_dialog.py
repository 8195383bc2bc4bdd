"""Sweeps in the window: the map is the core's, it fills in slices, a click is an edit, and nothing is left behind."""

import io

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from samples import document
from shiboken6 import isValid
from windows import LEFT, Key, Mods, action, app, closed, focus, type_number, wait_for

import gdsim
from gdsim.core.optimizers import Optimizer
from gdsim.core.spec import kinds_of
from gdsim.core.sweep import MOST, Axis, Sweep, SweepMap
from gdsim.ui.files import ready_made
from gdsim.ui.sweep_dialog import SweepDialog, choices, usual_pair
from gdsim.ui.sweep_worker import BUDGET, LONGEST_TRAIL, SweepWorker


def quadratic(steps=60, **optimizer):
    run = {"optimizer": {"name": "SGD", "lr": 0.02, "momentum": 0.5} | optimizer}
    return gdsim.load(document(run, landscape={"name": "quadratic"}, steps=steps))


def shown(window):
    """The dialog of a window, opened as a user opens it."""
    action(window, "sweep").trigger()
    (dialog,) = (d for d in window.findChildren(SweepDialog) if d.isVisible())
    return dialog


def computed(dialog):
    wait_for(
        lambda: dialog.found is not None and not dialog.running and dialog.view.painted and not dialog._painting, 30
    )


def slow(dialog):
    """A sweep that takes long is under way."""
    computed(dialog)
    for axis in (dialog.x_axis, dialog.y_axis):
        axis.set_range(axis.low.number, axis.high.number, MOST)
    dialog.compute()
    wait_for(lambda: dialog.found.done.any())
    assert dialog.running


def point(view, place):
    """Move the pointer over the map."""
    moved = QMouseEvent(QEvent.Type.MouseMove, place, view.mapToGlobal(place), Qt.MouseButton.NoButton,
                        Qt.MouseButton.NoButton, Mods.NoModifier)  # fmt: skip
    QApplication.sendEvent(view, moved)


@pytest.fixture
def dialog(open_window):
    return shown(open_window(quadratic()))


def test_the_map_is_the_cores(dialog):
    computed(dialog)
    sweep = dialog.found.sweep
    wanted = SweepMap(Sweep(sweep.experiment, dialog.x_axis.axis(), dialog.y_axis.axis(), 0, dialog.target.number))
    for part in wanted.sweep.parts():
        wanted.add(part)
    assert (sweep.x.path, sweep.y.path) == ("optimizer.lr", "optimizer.momentum")
    assert dialog.found.whole
    for name in ("final_loss", "best_loss", "reached", "diverged", "minimum"):
        np.testing.assert_array_equal(getattr(dialog.found, name), getattr(wanted, name))
    assert "2(1 + β)/L" in dialog.lines.text()
    assert "critical β" in dialog.lines.text()
    assert dialog.bar.value() == 1000


def test_a_click_on_a_cell_makes_it_the_run_and_can_be_undone(dialog):
    computed(dialog)
    window = dialog.parent()
    before, sweep = window.session.experiment, dialog.found.sweep
    here = dialog.view.here
    QTest.mouseClick(dialog.view, LEFT, pos=dialog.view.rect_of(10, 20).center().toPoint())
    assert window.session.experiment.runs[0] == sweep.run(10, 20)
    assert window.session.experiment.runs[0].optimizer.lr == sweep.x_values[20]
    assert window.undo_stack.count() == 1
    wait_for(lambda: dialog.view.here is not None and dialog.view.here != here)
    assert dialog.view.cell_at(dialog.view.here) == (10, 20)
    window.undo_stack.undo()
    assert window.session.experiment == before


def test_starts_are_swept_together_and_a_click_moves_the_start(open_window):
    window = open_window()
    dialog = shown(window)
    computed(dialog)
    dialog.x_axis.what.setCurrentIndex(dialog.x_axis.what.findData("start[0]"))
    dialog.x_axis.what.activated.emit(dialog.x_axis.what.currentIndex())
    assert dialog.y_axis.path == "start[1]"
    for axis in (dialog.x_axis, dialog.y_axis):
        axis.count.set_number(16)
    QTest.mouseClick(dialog.start_button, LEFT)
    computed(dialog)
    runs = window.session.experiment.runs
    focus(dialog.view)
    QTest.keyClick(dialog.view, Key.Key_Up)
    cell = dialog.view.cell
    QTest.keyClick(dialog.view, Key.Key_Return)
    assert window.session.experiment.origin == dialog.found.sweep.start(*cell)
    assert window.session.experiment.runs == runs
    assert window.undo_stack.count() == 1


def test_pointing_at_a_cell_shows_its_numbers_and_its_trail(dialog):
    computed(dialog)
    bare = dialog.card.grab().toImage()
    point(dialog.view, dialog.view.rect_of(3, 5).center())
    wait_for(lambda: dialog.card.trail is not None)
    theta, loss = dialog.card.trail
    experiment = dialog.found.sweep.cell(3, 5)
    trail = gdsim.run(experiment).runs[0]
    assert len(loss) <= LONGEST_TRAIL
    np.testing.assert_array_equal(theta, trail.theta[: len(theta)])
    np.testing.assert_array_equal(loss, trail.loss[: len(loss)])
    assert "final loss" in dialog.numbers.text()
    assert dialog.card.grab().toImage() != bare
    point(dialog.view, QPointF(2.0, 2.0))
    wait_for(lambda: dialog.card.trail is None)


def test_what_is_computed_stays_after_a_cancel(dialog):
    slow(dialog)
    QTest.mouseClick(dialog.start_button, LEFT)
    assert not dialog.running
    wait_for(lambda: not dialog._painting)
    done = int(dialog.found.done.sum())
    QTest.qWait(round(5000 * BUDGET))
    assert done > 0
    assert int(dialog.found.done.sum()) - done <= 3072  # the slice that was under way
    assert not dialog.found.whole
    assert dialog.state.text().startswith("Stopped at")
    assert dialog.view.painted


@pytest.mark.parametrize("close", ["dialog", "window", "escape"])
def test_closing_stops_the_worker(open_window, close):
    window = open_window(quadratic(steps=2000))
    dialog = shown(window)
    slow(dialog)
    thread = dialog._thread
    if close == "escape":
        QTest.keyClick(dialog.view, Key.Key_Escape)
    elif close == "dialog":
        dialog.close()
    else:
        closed(window)
    assert not isValid(thread) or thread.isFinished()
    assert not isValid(dialog) or not dialog.isVisible()


def test_the_window_has_one_such_dialog(dialog):
    assert shown(dialog.parent()) is dialog
    dialog.close()
    assert shown(dialog.parent() if isValid(dialog) else app().activeWindow()) is not dialog


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: d.x_axis.set_range(0.5, 0.1), "the range is empty"),
        (lambda d: d.x_axis.set_range(-1.0, 0.1, scale="log"), "a log axis begins above 0"),
        (lambda d: d.y_axis.set_range(-0.5, 0.9), "must be at least 0"),
        (lambda d: d.y_axis.choose("optimizer.lr"), "both axes cannot vary the same"),
        (lambda d: type_number(d.x_axis.count, "513"), "must be 2 to 512"),
    ],
)
def test_what_cannot_be_swept_is_refused_in_words(dialog, change, reason):
    computed(dialog)
    before = dialog.found
    change(dialog)
    if not dialog.error.text():
        dialog.compute()
    assert reason in dialog.error.text()
    assert "optimizer." not in dialog.error.text().lower()
    assert dialog.found is before


def test_a_refusal_names_what_stands_in_the_form_and_goes_when_it_is_mended(dialog):
    computed(dialog)
    dialog.x_axis.set_range(-1.0, 0.1, scale="log")
    dialog.compute()
    assert dialog.error.text().startswith("Learning rate η: a log axis begins above 0")
    type_number(dialog.x_axis.low, "0.001")
    assert dialog.error.text() == ""
    assert dialog.state.text().startswith("64 × 64 cells: about")


def test_the_form_keeps_its_place_whatever_is_said(dialog):
    computed(dialog)
    parts = (dialog.run, dialog.x_axis.low, dialog.y_axis.scale, dialog.target, dialog.start_button, dialog.card)
    before = [part.geometry() for part in parts]
    point(dialog.view, dialog.view.rect_of(3, 5).center())
    wait_for(lambda: dialog.card.trail is not None)
    app().processEvents()
    assert [part.geometry() for part in parts] == before
    dialog.x_axis.set_range(-1.0, 0.1, scale="log")
    dialog.compute()
    app().processEvents()
    assert [part.geometry() for part in parts] == before


def test_what_takes_long_waits_until_it_is_asked_for(open_window):
    spirals = next(path for path in ready_made() if path.stem == "31-network-spirals")
    dialog = shown(open_window(gdsim.load(spirals)))
    wait_for(lambda: dialog.state.text() != "")
    assert not dialog.running
    assert dialog.found is None
    assert "cells: about" in dialog.state.text()
    assert "Compute draws the map" in dialog.view.words
    dialog.view.grab()
    QTest.mouseClick(dialog.start_button, LEFT)
    assert dialog.running


@pytest.mark.parametrize("whole", [True, False])
def test_maps_are_saved_as_the_command_line_saves_them(dialog, tmp_path, whole):
    computed(dialog)
    if not whole:
        slow(dialog)
        dialog.cancel()
        wait_for(lambda: not dialog._painting)
    for ending in ("png", "csv", "npz"):
        dialog.save(tmp_path / f"map.{ending}")
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")
    rows = (tmp_path / "map.csv").read_text(encoding="utf-8").splitlines()
    assert rows[0].startswith("optimizer.lr,optimizer.momentum,final_loss")
    assert len(rows) == 1 + int(dialog.found.done.sum())
    arrays = np.load(io.BytesIO((tmp_path / "map.npz").read_bytes()))
    np.testing.assert_array_equal(arrays["final_loss"], dialog.found.final_loss)
    assert ("done" in arrays) is not whole


def test_what_cannot_be_written_is_said(dialog, tmp_path):
    computed(dialog)
    dialog.save(tmp_path / "nowhere" / "map.csv")
    assert "could not be written" in dialog.error.text()


def test_another_theme_and_quantity_are_another_picture(dialog):
    computed(dialog)
    dark = dialog.view.grab().toImage()
    dialog.parent().set_theme("light")
    wait_for(lambda: not dialog._refit.isActive() and not dialog._painting)
    light = dialog.view.grab().toImage()
    assert light.pixelColor(4, 4) != dark.pixelColor(4, 4)
    dialog.quantity.setCurrentIndex(dialog.quantity.findData("steps"))
    dialog.quantity.activated.emit(dialog.quantity.currentIndex())
    wait_for(lambda: not dialog._painting)
    assert dialog.view.grab().toImage() != light


def test_another_experiment_leaves_the_map_but_takes_no_cell_of_it(dialog):
    computed(dialog)
    window = dialog.parent()
    other = gdsim.load(document({"optimizer": {"name": "Adam"}}, landscape="rosenbrock", steps=20))
    window.show_experiment(other)
    dialog.use(1, 1)
    assert window.session.experiment == other
    assert "another one" in dialog.error.text()
    assert "optimizer.betas[0]" in [choice.path for choice in dialog.x_axis.choices]
    dialog.compute()
    computed(dialog)
    assert dialog.found.sweep.experiment == other


def test_a_cell_is_taken_by_the_run_that_was_swept(open_window):
    runs = [{"label": name, "optimizer": {"name": "SGD", "lr": lr}} for name, lr in (("a", 0.01), ("b", 0.02))]
    window = open_window(gdsim.load(document(*runs, landscape={"name": "quadratic"}, steps=20)))
    window.session.select(1)
    dialog = shown(window)
    computed(dialog)
    window.session.select(0)
    action(window, "duplicate_run").trigger()
    window.runs._rename(2, "better")
    before = window.session.experiment.runs
    dialog.use(0, 0)
    after = window.session.experiment.runs
    assert after[:2] == before[:2]
    assert after[2].label == "better"
    assert after[2].optimizer == dialog.found.sweep.run(0, 0).optimizer
    window.session.select(2)
    action(window, "remove_run").trigger()
    before = window.session.experiment.runs
    dialog.use(1, 1)
    assert window.session.experiment.runs == before
    assert "another one by now" in dialog.error.text()


def test_a_run_that_fails_ends_the_sweep_and_not_the_program(dialog, monkeypatch, caplog):
    computed(dialog)

    def broken(_self, _budget):
        raise ZeroDivisionError("no way")
        yield

    monkeypatch.setattr(Sweep, "parts", broken)
    dialog.compute()
    wait_for(lambda: not dialog.running)
    assert "no way" in dialog.error.text()
    assert "a sweep failed" in caplog.text


def test_answers_to_an_abandoned_job_are_dropped(qapp):
    worker, answers = SweepWorker(), []
    worker.answered.connect(answers.append)
    worker.grant(3)
    worker.trail(3, 0, 0)
    assert answers == []


@pytest.mark.parametrize("name", sorted(kind.name() for kind in kinds_of(Optimizer)))
def test_every_number_of_every_optimizer_has_a_range_that_is_allowed(name):
    experiment = gdsim.load(document({"optimizer": {"name": name}}, landscape="rosenbrock", steps=5))
    found = choices(experiment, 0)
    assert len(set(usual_pair([choice.path for choice in found]))) == 2
    for choice in found:
        if choice.path.startswith("start["):
            continue
        values = {choice.path: (choice.low, choice.high)}
        assert choice.low < choice.high, values
        other = next(c for c in found if c.path == "start[0]")
        axes = [Axis(c.path, c.low, c.high, 3, c.scale) for c in (choice, other)]
        Sweep(experiment, *axes)


def test_the_usual_pair_of_every_ready_made_run_can_be_swept():
    for path in ready_made():
        experiment = gdsim.load(path)
        for index in range(len(experiment.runs)):
            found = {choice.path: choice for choice in choices(experiment, index)}
            pair = [found[path] for path in usual_pair(list(found))]
            Sweep(experiment, *(Axis(c.path, c.low, c.high, 3, c.scale) for c in pair), index)
