"""Rows that wait: in memory, in the file, and across the border."""

import errno
import random

import numpy as np
import pytest

from mirtools.errors import OutputError
from mirtools.isomir import rowstore
from mirtools.isomir.rowstore import RowStore, Shelf, SortedRows


@pytest.mark.parametrize("most", [0, 10, 64, 1 << 22])
def test_rows_come_back_in_any_order(monkeypatch, most):
    monkeypatch.setattr(rowstore, "_MOST_WAITING", most)
    rows = [[str(number), "é" * (number % 5), "", "x" * (number % 17)] for number in range(50)] + [[""]]
    store = RowStore()
    places = [store.add(row) for row in rows]
    for number in [50, 0, 49, 7, 7, *range(51)]:
        assert store.get(*places[number]) == rows[number]
    store.close()


@pytest.mark.parametrize("most", [0, 100, 1 << 22])
def test_rows_come_back_sorted(monkeypatch, most):
    monkeypatch.setattr(rowstore, "_MOST_UNSORTED", most)
    monkeypatch.setattr(rowstore, "_BUFFER", 16)
    rng = random.Random(most)
    rows = [
        ((-rng.randrange(4), b"P%d" % rng.randrange(30), n), [f"é{n}", "", "x" * (n % 50)]) for n in range(200)
    ]
    store = SortedRows()
    for key, cells in rows:
        store.add(key, cells)
    assert list(store) == sorted(rows)
    store.close()


@pytest.mark.parametrize("most", [0, 300, 1 << 22])
def test_arrays_come_back_in_order(monkeypatch, most):
    monkeypatch.setattr(rowstore, "_MOST_WAITING", most)
    pairs = [(np.arange(n), np.arange(n)[::-1] / 3) for n in (0, 5, 1, 70)]
    shelf = Shelf()
    for pair in pairs:
        shelf.add(*pair)
    for expected, found in zip(pairs, shelf.read(2), strict=True):
        assert [each.tolist() for each in expected] == [each.tolist() for each in found]
    shelf.close()


def test_a_full_disk_is_told(monkeypatch):
    monkeypatch.setattr(rowstore, "_MOST_WAITING", 3)

    def full(**_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(rowstore.tempfile, "TemporaryFile", full)
    with pytest.raises(
        OutputError, match=r"temporary file: cannot be written \(no space left on device\); set TMPDIR"
    ):
        RowStore().add(["long enough"])
    monkeypatch.setattr(rowstore, "_MOST_UNSORTED", 3)
    with pytest.raises(OutputError, match="temporary file: cannot be written"):
        SortedRows().add((1,), ["long enough"])
