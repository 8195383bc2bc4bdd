"""What has been there before: found by hashing, the same that sorting and sets find."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gdsim.ui.plots.repeats import Seen, first

few, many = st.integers(0, 20), st.integers(0, 2**60 - 1)
columns = st.one_of(*(arrays(np.int64, st.integers(0, 400), elements=kind) for kind in (few, many)))


@given(columns)
def test_each_key_where_it_comes_first(keys):
    _, expected = np.unique(keys, return_index=True)
    np.testing.assert_array_equal(first(keys), np.sort(expected))


def test_first_among_tens_of_thousands_of_neighbours():
    keys = np.arange(40_000).repeat(2)
    np.testing.assert_array_equal(first(keys), np.arange(0, 80_000, 2))


@given(st.lists(columns, max_size=5))
def test_a_set_knows_what_it_was_told(parts):
    seen, known = Seen(), set()
    for keys in parts:
        lacks = seen.lacks(keys)
        assert lacks.tolist() == [key not in known for key in keys.tolist()]
        fresh = keys[lacks]
        seen.add(fresh[first(fresh)])
        known.update(keys.tolist())
        assert len(seen) == len(known)
        assert set(seen.keys().tolist()) == known
