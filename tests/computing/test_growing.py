"""Arrays that grow, compared with lists."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirtools.computing.growing import GrowingArray


@given(
    st.lists(st.integers(0, 900), max_size=12), st.sampled_from([None, 1, 3]), st.sampled_from(["u1", "i8", "f8"])
)
def test_a_growing_array_equals_a_list(sizes, width, dtype):
    found, expected = GrowingArray(dtype, width), []
    shape = () if width is None else (width,)
    for number, size in enumerate(sizes):
        rows = (np.arange(size * (width or 1)).reshape(size, *shape) + number) % 251
        found.extend(rows)
        expected += rows.tolist()
        assert len(found) == len(expected)
        assert found.values.tolist() == expected
    assert found.values.dtype == dtype
    assert found.values.shape == (len(expected), *shape)


def test_changes_in_place_remain():
    found = GrowingArray(np.int64, 2)
    found.extend(np.zeros((1000, 2)))
    found.values[::10, 1] += 7
    np.add.at(found.values[:, 0], [3, 3, 5], 1)
    found.extend(np.ones((100_000, 2)))
    assert found.values[:, 1].tolist() == [7 * (row % 10 == 0) for row in range(1000)] + [1] * 100_000
    assert (found.values[3, 0], found.values[5, 0], found.values[4, 0]) == (2, 1, 0)


def test_records_grow_too():
    kind = np.dtype([("number", "i4"), ("evalue", "f8")])
    found = GrowingArray(kind)
    for number in range(3000):
        found.extend(np.array([(number, number / 2)], kind))
    assert found.values["number"].tolist() == list(range(3000))
    assert found.values["evalue"].tolist() == [number / 2 for number in range(3000)]


def test_many_rows_need_at_most_a_quarter_more_memory():
    found = GrowingArray(np.uint8)
    for _ in range(1000):
        found.extend(np.zeros(997, np.uint8))
    assert found._held.nbytes <= 997_000 * 5 / 4


@pytest.mark.parametrize("rows", [[], np.zeros(0), np.zeros(0, np.int64)])
def test_nothing_is_added(rows):
    found = GrowingArray(np.int64)
    found.extend(rows)
    assert (len(found), found.values.tolist()) == (0, [])
