"""Costly surfaces: how many points they are given, what is drawn between them, and in which order they are computed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdsim.ui.plots import survey
from gdsim.ui.plots.lowest import lowest, lowest_sampled
from gdsim.ui.plots.survey import Survey, between, cost, grid, nodes, shape, thinning
from tests.ui.plots.conftest import moment
from tests.ui.plots.models import modelled

# --- counts


def test_landscapes_that_are_formulas_cost_nothing() -> None:
    assert cost(moment().section) == 0.0
    assert cost(modelled("line").section) == 0.0


@pytest.mark.parametrize("surface", ["training", "validation", "both"])
def test_cost_follows_from_examples_and_parameters(surface: str) -> None:
    few = modelled("network", surface=surface).section
    many = modelled("network", surface=surface, data={"dataset": {"name": "moons", "size": 120}}).section
    large = modelled("network", surface=surface, data={"hidden": 16}).section
    assert cost(few) > 0.0
    assert cost(many) == pytest.approx(2.0 * cost(few))
    assert cost(large) > cost(few)


@pytest.mark.parametrize("points", [0.0, 100.0, 3_000.0, 1e9])
@pytest.mark.parametrize("view", [(0.0, 1.6, 0.0, 1.0), (0.0, 1e-9, 0.0, 1e9), (0.0, 1e9, 0.0, 1e-9)])
def test_a_grid_has_about_as_many_points_as_it_may(points: float, view: tuple[float, float, float, float]) -> None:
    columns, rows = shape(points, view, 96, 4_000)
    assert min(columns, rows) >= 4
    assert 80 <= columns * rows <= 4_400


def test_a_ground_of_very_many_examples_is_made_of_some_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    section = modelled("network", surface="validation").section
    x, y = nodes((-1.0, 1.0, -1.0, 1.0), 5, 4)
    exact = section.grid(x, y)
    np.testing.assert_array_equal(grid(section, x, y), exact)
    monkeypatch.setattr(survey, "DEAREST", cost(section) / 2.5)
    assert thinning(section) == 3
    thin = grid(section, x, y)
    assert thin.shape == exact.shape
    assert (thin != exact).any()
    assert np.abs(thin - exact).max() < 0.5 * np.ptp(exact) + 0.1


# --- between the points


def test_cubics_pass_through_the_points_and_draw_planes_exactly() -> None:
    x, y = np.linspace(-1.0, 2.0, 7), np.linspace(0.0, 5.0, 6)
    z = np.random.Generator(np.random.Philox(key=1)).standard_normal((6, 7))
    np.testing.assert_allclose(between(z, x, y, x, y), z, atol=1e-12)
    at_x, at_y = np.linspace(-1.0, 2.0, 31), np.linspace(0.0, 5.0, 23)
    plane = 2.0 * x[np.newaxis] - 3.0 * y[:, np.newaxis]
    expected = 2.0 * at_x[np.newaxis] - 3.0 * at_y[:, np.newaxis]
    np.testing.assert_allclose(between(plane, x, y, at_x, at_y), expected, atol=1e-12)


def test_a_smooth_surface_is_hardly_changed() -> None:
    x, y = np.linspace(0.0, 3.0, 16), np.linspace(0.0, 2.0, 12)
    at_x, at_y = np.linspace(0.0, 3.0, 90), np.linspace(0.0, 2.0, 70)
    found = between(np.sin(x) * np.cos(y)[:, np.newaxis], x, y, at_x, at_y)
    off = np.abs(found - np.sin(at_x) * np.cos(at_y)[:, np.newaxis])
    assert off.max() < 2e-3  # its top is cut to the highest point


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=12, max_size=12),
    st.lists(st.floats(allow_nan=False), min_size=1, max_size=5),
)
def test_nothing_between_the_points_is_beyond_them(values: list[float], places: list[float]) -> None:
    z = np.array(values).reshape(3, 4)
    found = between(z, np.arange(4.0), np.arange(3.0), np.array(places), np.array(places))
    assert found.min() >= z.min()
    assert found.max() <= z.max()


# --- bit by bit


def test_coarse_first_then_fine_and_no_other_than_at_once() -> None:
    section = modelled("network", surface="both").section
    view = section.home()
    slow = Survey()
    first = slow.look(section, view, hurried=False)
    assert not first.fine
    assert not slow.finished
    rounds = 0
    while not slow.finished:
        slow.refine()
        rounds += 1
    assert rounds > 3
    found = slow.look(section, view, hurried=False)
    at_once = Survey().look(section, view, hurried=False, at_once=True)
    assert found.fine
    assert at_once.fine
    assert found.loss.size > first.loss.size
    np.testing.assert_allclose(found.loss, at_once.loss, rtol=1e-12)
    assert found.held_back is not None
    assert at_once.held_back is not None
    np.testing.assert_allclose(found.held_back, at_once.held_back, rtol=1e-12)
    assert slow.look(section, view, hurried=True) is found  # what is there is not made worse


@pytest.mark.parametrize("work", [1.0, 3e4, 1e6])
def test_slices_of_any_size_make_the_same_samples(monkeypatch: pytest.MonkeyPatch, work: float) -> None:
    section = modelled("classes").section
    slow = Survey()
    slow.look(section, section.home(), hurried=False)
    for name, value in (("SLICE", work), ("LEAST_FINE", 40), ("MOST_FINE", 60)):
        monkeypatch.setattr(survey, name, value)
    while not slow.finished:
        slow.refine()
    at_once = Survey().look(section, section.home(), hurried=False, at_once=True)
    assert slow.samples is not None
    np.testing.assert_allclose(slow.samples.loss, at_once.loss, rtol=1e-12)


def test_while_a_plane_follows_samples_are_coarse_and_never_far_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    now = modelled("network", 0)
    monkeypatch.setattr(survey, "COARSE", 30.0 * cost(now.section))  # a third of the least grid in a frame
    looker = Survey()
    view = now.section.home()
    sections = [replace(now, cursor=step).section for step in range(25)]
    shown = [sections.index(looker.look(section, view, hurried=True).section) for section in sections]
    assert shown == sorted(shown)
    assert all(step - 14 <= place <= step for step, place in enumerate(shown))
    assert shown[-1] >= 10
    assert looker.samples is not None
    assert not looker.samples.fine


def test_another_landscape_is_never_shown_by_the_samples_of_the_last() -> None:
    looker = Survey()
    for kind in ("network", "classes", "wiggle", "classes"):
        section = modelled(kind).section
        assert looker.look(section, section.home(), hurried=True).section is section


# --- the lowest validation loss


def test_the_lowest_validation_loss_is_found() -> None:
    section = modelled("line", surface="both").section
    place = lowest(section, section.home())
    assert place is not None
    x, y = (np.array([value]) for value in place)
    best = float(section.grid(x, y, validation=True)[0, 0])
    for dx, dy in ((1e-3, 0.0), (-1e-3, 0.0), (0.0, 1e-3), (0.0, -1e-3)):
        assert float(section.grid(x + dx, y + dy, validation=True)[0, 0]) >= best
    assert lowest(section, section.home()) is place


@pytest.mark.parametrize("surface", ["validation", "both"])
def test_samples_tell_the_lowest_validation_loss(surface: str) -> None:
    section = modelled("wiggle", surface=surface).section
    left, right, bottom, top = section.home()
    width, height = 3.0 * (right - left), 3.0 * (top - bottom)
    view = (left - width, right + width, bottom - height, top + height)
    samples = Survey().look(section, view, hurried=False, at_once=True)
    place = lowest_sampled(samples)
    assert place is not None
    best = float(section.grid(np.array([place[0]]), np.array([place[1]]), validation=True)[0, 0])
    held_back = samples.loss if samples.held_back is None else samples.held_back
    assert best <= held_back.min() * (1.0 + 1e-3)


def test_where_the_view_does_not_hold_it_nothing_is_marked() -> None:
    section = modelled("line", surface="both").section
    assert lowest(section, (100.0, 101.0, 100.0, 101.0)) is None
