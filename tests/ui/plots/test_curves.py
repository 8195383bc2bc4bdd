"""Smoothing and folding of long columns."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from gdsim.ui.plots.curves import Pyramid, Smoother

finite = st.floats(-1e12, 1e12)
weights = st.floats(0.0, 0.999)
columns = arrays.arrays(np.float64, st.integers(1, 700), elements=finite)


def smooth(values, weight, cuts=()):
    smoother = Smoother(weight)
    return np.concatenate([smoother.extend(part) for part in np.split(np.asarray(values, float), sorted(cuts))])


@given(finite | st.floats(-1e308, 1e308), st.integers(1, 2000), weights)
def test_a_constant_stays_a_constant(value, length, weight):
    found = smooth(np.full(length, value), weight)
    np.testing.assert_allclose(found, value, rtol=1e-12, atol=1e-300)


@given(columns, weights)
def test_an_average_lies_among_what_is_averaged(values, weight):
    found = smooth(values, weight)
    room = 1e-9 * (np.abs(values).max() + 1.0)
    low, high = np.minimum.accumulate(values), np.maximum.accumulate(values)
    assert ((found >= low - room) & (found <= high + room)).all()


@given(columns, weights, st.lists(st.integers(0, 700), max_size=5))
def test_it_does_not_matter_in_which_portions_values_come(values, weight, cuts):
    room = 1e-9 * (np.abs(values).max() + 1.0)
    np.testing.assert_allclose(smooth(values, weight, cuts), smooth(values, weight), rtol=0, atol=room)


@given(columns, weights, st.integers(1, 700))
def test_what_comes_later_changes_nothing(values, weight, length):
    room = 1e-9 * (np.abs(values).max() + 1.0)
    np.testing.assert_allclose(smooth(values[:length], weight), smooth(values, weight)[:length], rtol=0, atol=room)


@given(columns)
def test_weight_zero_is_the_column_itself(values):
    np.testing.assert_array_equal(smooth(values, 0.0), values)


def test_it_is_the_average_of_the_textbook():
    values = np.random.default_rng(0).normal(size=3000)
    average, expected = 0.0, []
    for k, value in enumerate(values, 1):
        average = 0.97 * average + 0.03 * value
        expected.append(average / (1 - 0.97**k))
    np.testing.assert_allclose(smooth(values, 0.97), expected, rtol=1e-10, atol=1e-12)


def test_what_is_no_number_is_passed_over():
    found = smooth([1.0, np.nan, 1.0, np.inf, 1.0], 0.9)
    assert np.isnan(found[1])
    assert np.isinf(found[3])
    np.testing.assert_allclose(found[[0, 2, 4]], 1.0)


holes = arrays.arrays(np.float64, st.integers(1, 3000), elements=st.floats(-1e300, 1e300) | st.just(np.nan))


@given(holes, st.integers(1, 90), st.lists(st.integers(0, 3000), max_size=4), st.data())
def test_a_pyramid_never_loses_an_extreme(values, columns, cuts, data):
    pyramid = Pyramid()
    for part in np.split(values, sorted(cuts)):
        pyramid.append(part)
    first = data.draw(st.integers(0, len(values) - 1))
    end = data.draw(st.integers(first + 1, len(values)))
    middle, low, high = pyramid.fold(first, end, columns)
    assert len(middle) == len(low) == len(high) <= columns
    assert (np.diff(middle) > 0).all()
    part = values[first:end]
    if np.isnan(part).all():
        return
    # a block at the left edge may reach over it, never under: nothing inside is lost
    assert np.nanmin(low) <= np.nanmin(part)
    assert np.nanmax(high) >= np.nanmax(part)
    assert np.nanmin(low) in values
    assert np.nanmax(high) in values


@given(st.integers(1, 5000), st.integers(1, 300))
def test_extremes_stand_where_they_are(length, columns):
    at = (length * 7) // 11
    values = np.zeros(length)
    values[at] = 1.0
    pyramid = Pyramid()
    pyramid.append(values)
    middle, _, high = pyramid.fold(0, length, columns)
    found = middle[int(np.argmax(high))]
    assert abs(found - at) <= 1.5 * length / columns + 1.0
