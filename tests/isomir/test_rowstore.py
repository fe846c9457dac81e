"""Rows that wait: in memory, in the file, and across the border."""

import errno

import pytest

from mirtools.errors import OutputError
from mirtools.isomir import rowstore
from mirtools.isomir.rowstore import RowStore


@pytest.mark.parametrize("most", [0, 10, 64, 1 << 22])
def test_rows_come_back_in_any_order(monkeypatch, most):
    monkeypatch.setattr(rowstore, "_MOST_WAITING", most)
    rows = [[str(number), "é" * (number % 5), "", "x" * (number % 17)] for number in range(50)] + [[""]]
    store = RowStore()
    for row in rows:
        store.add(row)
    assert len(store) == 51
    for number in [50, 0, 49, 7, 7, *range(51)]:
        assert store[number] == rows[number]
    store.close()


def test_a_full_disk_is_told(monkeypatch):
    monkeypatch.setattr(rowstore, "_MOST_WAITING", 3)

    def full(**_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(rowstore.tempfile, "TemporaryFile", full)
    with pytest.raises(
        OutputError, match=r"temporary file: cannot be written \(no space left on device\); set TMPDIR"
    ):
        RowStore().add(["long enough"])
