"""Nothing reaches the painter that it cannot draw."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PySide6.QtGui import QColor, QImage, QPainter

from gdsim.ui.plots.axes import linear_ticks, log_ticks, short, step_ticks
from gdsim.ui.plots.geometry import FEW, Segments, clipped, fill_columns, spread, tamed

anything = st.floats(allow_nan=True, allow_infinity=True)
BOX = (-10.0, 110.0, -10.0, 90.0)


@given(arrays.arrays(np.float64, st.tuples(st.integers(1, 40), st.just(2)), elements=anything))
def test_pieces_are_finite_and_inside(points):
    found = clipped(points[:, 0], points[:, 1], BOX)
    for x in (found.x0, found.x1):
        assert ((x >= -10.0 - 1e-6) & (x <= 110.0 + 1e-6)).all()
    for y in (found.y0, found.y1):
        assert ((y >= -10.0 - 1e-6) & (y <= 90.0 + 1e-6)).all()
    assert found.path().elementCount() <= 2 * len(found)


@given(arrays.arrays(np.float64, st.tuples(st.integers(2, 40), st.just(2)), elements=st.floats(0.0, 80.0)))
def test_what_lies_inside_is_left_alone(points):
    found = clipped(points[:, 0], points[:, 1], BOX)
    np.testing.assert_array_equal(found.x0, points[:-1, 0])
    np.testing.assert_array_equal(found.y1, points[1:, 1])
    assert found.starts().sum() == 1


@given(arrays.arrays(np.float64, st.tuples(st.integers(2, 40), st.just(2)), elements=anything))
def test_a_long_line_is_cut_as_its_short_parts_are(points):
    x, y = np.tile(points, (FEW // len(points) + 2, 1)).T
    assert len(x) > FEW
    found = clipped(x, y, BOX)
    parts = [clipped(x[k : k + 2], y[k : k + 2], BOX) for k in range(100)]
    for name in ("x0", "y0", "x1", "y1", "head"):
        expected = np.concatenate([getattr(part, name) for part in parts])
        np.testing.assert_array_equal(getattr(found, name)[: len(expected)], expected)
    assert (np.diff(found.index) > 0).all()


def test_far_points_keep_their_direction():
    x, y = tamed(np.array([1e300, -1e290, np.inf, 3.0]), np.array([2e300, 1e290, 0.0, 4.0]))
    assert x[0] / y[0] == pytest.approx(0.5)
    assert x[1] / y[1] == pytest.approx(-1.0)
    assert np.isnan(x[2])
    assert (x[3], y[3]) == (3.0, 4.0)


lengths = arrays.arrays(np.float64, st.integers(1, 30), elements=st.floats(0.05, 60.0))


@given(lengths, st.floats(0.0, 1e6), st.sampled_from([(5.0, 2.5), (6.0, 2.0, 1.5, 2.0), (1.2, 2.0)]))
def test_dashes_go_on_over_joints(pieces, before, pattern):
    x = np.concatenate([[0.0], np.cumsum(pieces)])
    n = len(pieces)
    line = Segments(x[:-1], np.zeros(n), x[1:], np.zeros(n), np.arange(n), np.zeros(n))
    dashes = line.dashed(before + x[:-1], pattern)
    on = float((dashes.x1 - dashes.x0).sum())
    period, ink = sum(pattern), sum(pattern[0::2])
    assert (dashes.x1 >= dashes.x0).all()
    # all along the line the same share of every period is drawn, joints or not
    assert abs(on - x[-1] * ink / period) <= period
    middle = (dashes.x0 + dashes.x1) / 2 + before
    phase = np.mod(middle, period)
    edges = np.cumsum((0.0, *pattern))
    drawn = np.zeros(len(phase), bool)
    for a, b in zip(edges[0::2], edges[1::2], strict=False):
        drawn |= (phase >= a - 1e-6) & (phase <= b + 1e-6)
    assert drawn.all()


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.integers(2, 9))
def test_ticks_are_few_and_inside(low, span, most):
    high = low + span
    ticks = linear_ticks(low, high, most)
    assert len(ticks) <= most + 1
    assert all(low - 0.01 * span <= tick.value <= high + 0.01 * span for tick in ticks)
    assert len({tick.label for tick in ticks}) == len(ticks)


@given(st.floats(-320, 300), st.floats(0.01, 600), st.integers(2, 6))
def test_decades_are_few(low, span, most):
    assert len(log_ticks(low, low + span, most)) <= most + 2


@given(st.floats(-12, 6), st.floats(0.1, 2), st.integers(2, 6))
def test_a_short_logarithmic_axis_has_two_labels_at_least(low, span, most):
    ticks = log_ticks(low, low + span, most)
    assert len(ticks) >= 2
    assert len({tick.label for tick in ticks}) == len(ticks)


def test_labels_read_well():
    assert [t.label for t in log_ticks(-2.3, 2.2, 6)] == ["10⁻²", "10⁻¹", "1", "10", "10²"]
    assert [t.label for t in log_ticks(-1.95, -0.1, 6)] == ["0.02", "0.05", "0.1", "0.2", "0.5"]
    assert [t.label for t in log_ticks(-1.95, -0.1, 4)] == ["0.03", "0.1", "0.3"]
    assert [t.label for t in linear_ticks(-2.2, 2.2, 6)] == ["−2", "−1", "0", "1", "2"]
    assert [t.label for t in step_ticks(0, 80, 5)] == ["20", "40", "60", "80 steps"]
    assert short(-2e-9) == "−2×10⁻⁹"
    assert short(1e7) == "10⁷"


@pytest.mark.parametrize("count", [1501, 40_000, 1_000_000])
def test_few_points_of_a_long_trail_show_how_it_began(count: int) -> None:
    found = spread(count, 1500)
    assert len(found) <= 1500
    assert found[0] == 0
    assert found[-1] == count - 1
    assert (np.diff(found) > 0).all()
    assert np.diff(found).max() <= 2 * count / 1500 + 2
    assert np.count_nonzero(found < 300) >= 60


def columns_of(x, top, bottom, *, scale=1.0, size=(40, 50)):
    """Which pixels of an image are filled, shape (rows, columns)."""
    image = QImage(*size, QImage.Format.Format_Grayscale8)
    image.fill(0)
    painter = QPainter(image)
    painter.scale(scale, scale)
    fill_columns(painter, QColor("white"), np.array(x), np.array(top), np.array(bottom), 1.0)
    painter.end()
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(size[1], image.bytesPerLine())
    return pixels[:, : size[0]] > 0


def test_columns_fill_what_they_span_and_touch_their_neighbours():
    filled = columns_of([0.5, 1.5, 2.5], [10.2, 3.0, 30.0], [20.7, 5.0, 40.0])
    assert np.flatnonzero(filled[:, 0]).tolist() == list(range(10, 21))
    assert np.flatnonzero(filled[:, 1]).tolist() == list(range(3, 11))  # down to where the first one begins
    assert np.flatnonzero(filled[:, 2]).tolist() == list(range(5, 41))  # up to where the second one ends
    assert not filled[:, 3:].any()


def test_columns_without_numbers_stay_empty_and_nothing_reaches_over_them():
    filled = columns_of([0.5, 1.5, 2.5], [10.0, np.nan, 30.0], [12.0, 20.0, 32.0])
    assert not filled[:, 1].any()
    assert np.flatnonzero(filled[:, 2]).tolist() == [30, 31, 32]


@given(st.floats(1.0, 2.0), st.integers(1, 12), st.sampled_from([1.0, 1.5, 2.0, 3.0]))
def test_columns_leave_no_gap_between_them(apart, count, scale):
    x = 2.0 + apart * np.arange(count)
    filled = columns_of(x, np.full(count, 5.0), np.full(count, 6.0), scale=scale, size=(100, 30))
    inside = np.flatnonzero(filled.any(axis=0))
    assert (np.diff(inside) == 1).all()
    assert len(inside) >= count


@given(st.floats(0.05, 0.9), st.integers(2, 60), st.data())
def test_no_spike_is_lost_where_columns_are_narrower_than_pixels(apart, count, data):
    spike = data.draw(st.integers(0, count - 1))
    bottom = np.full(count, 40.0)
    top = np.where(np.arange(count) == spike, 2.0, 40.0)
    filled = columns_of(2.0 + apart * np.arange(count), top, bottom, size=(100, 50))
    assert filled[2].any()


def test_no_columns_are_no_trouble():
    assert not columns_of([], [], []).any()
