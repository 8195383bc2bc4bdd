"""This update and the local facts: every term in a row, what rows say, the mark on the slider, the edge in the plot."""

from __future__ import annotations

import html
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QFont, QFontMetricsF
from PySide6.QtTest import QTest
from samples import document
from windows import action, app, closed, ravine, settle, wait_for

import gdsim
from gdsim.core.anatomy import Anatomy, anatomy
from gdsim.core.optimizers import SGD, Optimizer
from gdsim.core.schedules import ConstantLR, OneCycleLR, StepLR
from gdsim.core.spec import kinds_of
from gdsim.core.stability import Edge, edge_along, edge_at, facts
from gdsim.ui import style
from gdsim.ui.arrangement import LEAST_PLOT
from gdsim.ui.numbers import added, full, nice, short
from gdsim.ui.panels.update_panel import CHIP, SYMBOL, condition_of, fitting, on_slider, printed, tone_of

VARIANTS = [
    pytest.param({"name": kind.name(), "lr": 1e-3, **values}, id=label)
    for kind in kinds_of(Optimizer)
    for label, values in kind.variants.items()
]
NETWORK = {"name": "network", "hidden": 6, "dataset": {"name": "moons", "size": 40}}


def race(*optimizers: dict[str, Any], **fields: Any) -> gdsim.Experiment:
    values = {"landscape": "rosenbrock", "start": [-1.5, 1.0], "steps": 30} | fields
    return gdsim.load(document(*({"optimizer": one} for one in optimizers), **values))


def shown(window: Any, step: int = 5) -> Any:
    """The panel, filled for a step, with everything at rest."""
    window.show_dock("update")
    window.session.jump(step)
    settle(window)
    wait_for(lambda: window.edges.finished)
    return window.update_


def row(panel: Any, key: str) -> Any:
    return next(one for one in panel.rows if one.key == key)


def truth(window: Any, step: int) -> Anatomy:
    session = window.session
    found = anatomy(session.experiment, session.selected, session.trajectory.runs[session.selected], step)
    assert isinstance(found, Anatomy)
    return found


def test_every_term_of_every_optimizer_has_its_row(open_window):
    optimizers = [one.values[0] for one in VARIANTS]
    for chunk in range(0, len(optimizers), 8):
        window = open_window(race(*optimizers[chunk : chunk + 8]))
        settle(window)
        for index in range(len(window.session.experiment.runs)):
            window.session.select(index)
            panel = shown(window, 5)
            update = truth(window, 5)
            terms = [one for one in panel.rows if one.key and not one.key.startswith("fact:")]
            assert [(one.key, one.symbol, one.name) for one in terms] == [
                (term.key, term.symbol, term.name) for term in update.terms
            ]
            assert panel.formula == (update.formula, printed(update.with_numbers))
            summed = [term for term in update.terms if term.adds or term.key in ("theta", "step", "theta_new")]
            x = dict(zip([term.key for term in summed], added([term.values[0] for term in summed]), strict=True))
            for one, term in zip(terms, update.terms, strict=True):
                if term.key in x:
                    assert one.numbers[0] == x[term.key]
                elif term.values is not None:
                    assert one.numbers == tuple(full(value) for value in term.values)
                else:
                    assert one.numbers == (short(term.scalar),)


def test_a_row_explains_itself_and_its_arrow_stands_out(window):
    panel = shown(window)
    window.session.select(1)
    settle(window)
    assert panel.sentence == printed(truth(window, 5)["step"].sentence), "at first the step is explained"
    panel.select("velocity_new")
    assert panel.sentence == printed(truth(window, 5)["velocity_new"].sentence)
    assert window.stage.landscape.arrows.lit == "velocity_new"
    QTest.keyClick(panel.list, Qt.Key.Key_Down)
    assert panel.selected_key == "rate"
    panel.select("fact:edge")
    assert panel.sentence.startswith("2(1 + β)/L")
    assert window.stage.landscape.arrows.lit is None
    panel.select("velocity_new")
    window.session.select(0)
    settle(window)
    assert panel.selected_key is None, "plain descent has no velocity"


def test_after_the_last_row_it_says_why_there_is_nothing(window):
    panel = shown(window, 120)
    assert panel.formula == ("", "No update follows: all 120 are made.")
    assert not [one for one in panel.rows if one.key and not one.key.startswith("fact:")]
    assert row(panel, "fact:norm").numbers != ("…",)
    panel = shown(window, 119)
    assert row(panel, "step").numbers


def test_the_facts_are_those_of_the_core(window):
    panel = shown(window, 7)
    session = window.session
    run = session.trajectory.runs[0]
    ground = facts(session.experiment.landscape, run.theta[7])
    edge = edge_at(session.experiment, 0, run, 7)
    assert edge.rate is not None
    assert row(panel, "fact:norm").numbers == (full(ground.gradient_norm),)
    assert row(panel, "fact:top").numbers == (full(float(ground.eigenvalues[-1])),)
    assert row(panel, "fact:least").numbers == (full(float(ground.eigenvalues[0])),)
    assert row(panel, "fact:condition").numbers == (condition_of(ground)[0],)
    assert row(panel, "fact:edge").numbers == (full(edge.rate),)
    assert row(panel, "fact:share").numbers == (nice(0.002 / edge.rate, 3),)
    assert row(panel, "fact:share").tone == tone_of(0.002 / edge.rate)


@pytest.mark.parametrize(
    ("a", "b", "number", "words"),
    [
        (1.0, 20.0, "20.00", "The largest curvature over the smallest."),
        (-1.0, 20.0, "–", "There is none on a saddle"),
        (-1.0, -2.0, "–", "There is none where the ground bends downward"),
        (0.0, 2.0, "–", "without bounds"),
    ],
)  # fmt: skip
def test_only_a_bowl_has_a_condition_number(a, b, number, words):
    ground = {"name": "formula", "expression": f"{a}*x^2 + {b}*y^2"}
    found = condition_of(facts(race({"name": "SGD"}, landscape=ground).landscape, [0.5, 0.5]))
    assert found[0] == number
    assert words in found[1]


@pytest.mark.parametrize(("part", "tone"), [(0.5, "good"), (0.89, "good"), (0.95, "warn"), (1.0, "warn"),
                                            (1.01, "danger")])  # fmt: skip
def test_a_rate_above_the_edge_is_red(part, tone):
    assert tone_of(part) == tone


def test_the_slider_is_marked_at_the_largest_stable_rate(window):
    for step in (3, 40):
        shown(window, step)
        run = window.session.trajectory.runs[0]
        edge = edge_at(window.session.experiment, 0, run, step)
        slider = window.runs.settings.form("optimizer").editor("lr").slider
        assert slider.limit == edge.rate
        assert nice(edge.rate) in slider.toolTip()
        assert "Tick" in slider.toolTip()
    window.docks["update"].hide()
    window.session.jump(10)
    settle(window)
    again = edge_at(window.session.experiment, 0, window.session.trajectory.runs[0], 10)
    assert slider.limit == again.rate, "also where the dock is not seen"


@pytest.mark.parametrize(
    ("edge", "schedule", "rate", "limit"),
    [
        (0.2, ConstantLR(), 0.1, 0.2),
        (0.2, StepLR(step_size=5, gamma=0.5), 0.05, 0.4),
        (0.2, OneCycleLR(max_lr=0.3, total_steps=10), 0.05, None),
        (None, ConstantLR(), 0.1, None),
        (0.2, StepLR(step_size=5, gamma=0.5), 0.0, None),
    ],
)  # fmt: skip
def test_where_the_slider_would_have_to_stand(edge, schedule, rate, limit):
    assert on_slider(Edge(edge, ""), SGD(lr=0.1), schedule, rate) == pytest.approx(limit)


def test_the_edge_of_the_selected_run_is_in_the_plot_of_the_rates(window):
    shown(window)
    plot, session = window.stage.schedule, window.session
    for index in (0, 1):
        session.select(index)
        settle(window)
        wait_for(lambda: window.edges.finished)
        found = plot.edge_line(window.moment())
        assert found is not None
        line, rates = found
        run = session.trajectory.runs[index]
        assert len(line.x) == len(run)
        expected = edge_along(session.experiment, index, run, np.arange(len(run)))
        np.testing.assert_allclose(10.0**line.y, expected, rtol=1e-12)
        np.testing.assert_allclose(10.0 ** rates[:-1], run.lr[:-1], rtol=1e-12)


def test_without_an_edge_none_is_drawn_and_the_reason_is_said(open_window):
    window = open_window(race({"name": "Lion", "lr": 0.01}, {"name": "SGD", "lr": 0.001}))
    settle(window)
    panel = shown(window)
    assert window.stage.schedule.edge_line(window.moment()) is None
    assert row(panel, "fact:edge").numbers == ("none",)
    panel.select("fact:edge")
    assert "signs" in panel.sentence
    slider = window.runs.settings.form("optimizer").editor("lr").slider
    assert slider.limit is None
    assert slider.toolTip() == "", "that of the whole editor is shown"


def test_many_parameters_show_a_norm_and_the_chosen_one(open_window):
    window = open_window(race({"name": "Adam", "lr": 0.01}, landscape=NETWORK, start=None))
    settle(window)
    panel = shown(window, 4)
    step = truth(window, 4).values("step")
    panel._chooser.setCurrentIndex(3)
    settle(window)
    update = truth(window, 4)
    assert panel.formula[1] == printed(update.numbers(3))
    assert row(panel, "m_new").numbers == (
        full(float(np.linalg.norm(update.values("m_new")))), full(float(update.values("m_new")[3])),
    )  # fmt: skip
    assert len(panel.rows[0].numbers) == 2
    assert panel.rows[0].numbers[1] == update.names[3]
    assert len(step) > 2


@pytest.mark.parametrize(("name", "layer"), [("arrows", "arrows"), ("ellipse", "ellipse")])
def test_the_switches_and_what_they_were_are_remembered(open_window, name, layer):
    window = open_window()
    panel = window.update_
    box = {"arrows": panel._arrows, "ellipse": panel._ellipse}[name]
    assert not getattr(window.stage.landscape, layer).shown
    box.click()
    assert action(window, name).isChecked()
    assert getattr(window.stage.landscape, layer).shown
    panel.set_magnify("5×")
    assert window.stage.landscape.arrows.magnify == "5×"
    closed(window)
    again = open_window()
    assert getattr(again.stage.landscape, layer).shown
    assert again.stage.landscape.arrows.magnify == "5×"
    assert again.update_._magnify.currentText() == "5×"


@pytest.mark.parametrize("kind", ["SGD", "Adam"])
def test_in_a_usual_window_everything_is_in_sight_and_nothing_is_cut(open_window, kind):
    window = open_window(race({"name": kind, "lr": 0.002}, steps=600))
    window.resize(1440, 900)
    settle(window)
    panel = shown(window, 477)
    terms, ground = panel.list, panel.facts
    assert all(ground.visualRect(ground.model().index(place)).bottom() <= ground.viewport().height()
               for place in range(len(ground.rows)))  # fmt: skip
    assert len(ground.rows) == 6
    assert terms.verticalScrollBar().maximum() == 0
    metrics = QFontMetricsF(style.font(12))
    for one in terms.rows[1:]:
        symbol = max(QFontMetricsF(style.font(13, italic=True)).horizontalAdvance(one.symbol) + 6.0, SYMBOL)
        room = terms.viewport().width() - 10.0 - CHIP - symbol - 2.0 * terms.column
        assert metrics.horizontalAdvance(one.brief) <= room, one.symbol
    bold = QFontMetricsF(style.font(12, QFont.Weight.DemiBold))
    room = terms.viewport().width() - 10.0 - 2.0 * terms.column
    assert fitting(terms.rows[0].brief, bold.horizontalAdvance, room) == "step 477 → 478"


def test_a_step_is_never_cut():
    texts = ("step 477 → 478", "477 → 478", "477")
    assert [fitting(texts, len, room) for room in (20, 14, 13, 9, 8, 1)] == [
        "step 477 → 478", "step 477 → 478", "477 → 478", "477 → 478", "477", "477",
    ]  # fmt: skip


def test_pointing_at_a_row_tells_its_sentence(window):
    panel = shown(window)
    for rows in panel.lists:
        for place, one in enumerate(rows.rows):
            tip = rows.model().index(place).data(Qt.ItemDataRole.ToolTipRole)
            if one.key:
                assert html.escape(one.said) in tip
                assert html.escape(one.name) in tip


def test_one_row_of_both_lists_is_selected(window):
    panel = shown(window)
    panel.select("gradient")
    panel.select("fact:norm")
    assert panel.selected_key == "fact:norm"
    assert not panel.list.currentIndex().isValid()
    spot = panel.list.visualRect(panel.list.model().index(1)).center()
    QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert panel.selected_key == "theta"
    assert not panel.facts.currentIndex().isValid()
    spot = panel.facts.visualRect(panel.facts.model().index(1)).center()
    QTest.mouseClick(panel.facts.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert panel.selected_key == "fact:condition"


def test_below_the_update_the_data_can_still_be_seen(open_window):
    window = open_window(race({"name": "Adam", "lr": 0.01}, landscape=NETWORK, start=None))
    window.resize(1440, 900)
    settle(window)
    shown(window)
    assert window.data.pane.height() >= LEAST_PLOT
    assert window.docks["update"].height() > window.docks["data"].height()


def test_nothing_jumps_while_it_plays(window):
    panel = shown(window, 3)
    window.session.select(1)
    settle(window)
    shown(window, 60)
    places = [panel.list.geometry(), panel._sentence.geometry(), panel._formula.geometry()]
    for step in (61, 62, 63, 64):
        window.session.jump(step)
        settle(window)
        assert [panel.list.geometry(), panel._sentence.geometry(), panel._formula.geometry()] == places


def test_no_timer_goes_on_behind_a_closed_window(open_window):
    window = open_window(ravine(steps=20_000))
    wait_for(lambda: len(window.session.trajectory.runs[0]) > 10)
    edges = window.edges
    window.undo_stack.setClean()
    window.close()
    app().processEvents()
    assert edges.finished
    assert not [timer for timer in edges.findChildren(QTimer) if timer.isActive()]


def test_the_edge_follows_the_data(open_window):
    ground = {"name": "linear_regression", "dataset": {"name": "line", "size": 17, "noise": 0.5}}
    window = open_window(race({"name": "SGD", "lr": 0.01}, landscape=ground, start=None, steps=60))
    for fields in ({"validation": 0.3}, {"validation": 0.9}, {"validation": 0.3}, {"only": 10}, {"only": None}):
        experiment = window.session.experiment
        landscape = replace(experiment.landscape, **fields)
        window.editor.edit("Another part", replace(experiment, landscape=landscape))
        settle(window)
        wait_for(lambda: window.edges.finished and window.stage.schedule.edge_line(window.moment()) is not None)
        sharpest = np.linalg.eigvalsh(landscape.hessian([[0.0, 0.0]])[0])[-1]
        line, _ = window.stage.schedule.edge_line(window.moment())
        assert 10.0 ** np.nanmedian(line.y) == pytest.approx(2.0 / sharpest, rel=1e-6), fields
