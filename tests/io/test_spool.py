"""Data in temporary files: in memory, in the file, and across the border between them."""

from __future__ import annotations

import errno
import os
import random
import tempfile
from contextlib import closing

import numpy as np
import pytest

from mirtools.errors import OutputError
from mirtools.io import spool
from mirtools.io.spool import Bytes, GroupedRecords, Lines, SortedRows

IN_MEMORY = 1 << 22


@pytest.mark.parametrize("most", [0, 10, 64, IN_MEMORY])
def test_pieces_are_read_back_in_any_order(most):
    pieces = [f"{number}\té{'x' * (number % 17)}".encode() for number in range(50)] + [b""]
    with Bytes(most) as kept:
        places = [kept.add(piece) for piece in pieces]
        assert len(kept) == sum(map(len, pieces))
        for number in [50, 0, 49, 7, 7, *range(51)]:
            assert kept.get(*places[number]) == pieces[number]


@pytest.mark.parametrize("most", [0, 10, 300, IN_MEMORY])
@pytest.mark.parametrize("buffer", [7, 1 << 16])
def test_parts_are_all_bytes_once(monkeypatch, most, buffer):
    monkeypatch.setattr(spool, "_BUFFER", buffer)
    pieces = [bytes([number] * (number % 9)) for number in range(100)]
    whole = b"".join(pieces)
    with Bytes(most) as kept:
        for piece in pieces:
            kept.add(piece)
        assert b"".join(kept.parts()) == whole
        assert b"".join(kept.parts(33, 210)) == whole[33:210]
        assert list(kept.parts(5, 5)) == []


@pytest.mark.parametrize("most", [0, 100, IN_MEMORY])
@pytest.mark.parametrize("size", [3, 7000])
def test_lines_are_read_back_in_order_and_repeatedly(monkeypatch, most, size):
    monkeypatch.setattr(spool, "MOST_BYTES", most)
    added = [f"{number}\té\r x\t\t{'ACGT' * (number % 20)}" for number in range(size)] + [""]
    with closing(Lines()) as lines:
        lines.add(added[0])
        for start in range(1, len(added), 7):
            lines.extend(added[start : start + 7])
        assert len(lines) == len(added)
        assert list(lines) == added
        assert list(lines) == added


@pytest.mark.parametrize("most", [0, 100, IN_MEMORY])
def test_rows_are_read_back_sorted(monkeypatch, most):
    monkeypatch.setattr(spool, "MOST_UNSORTED", most)
    monkeypatch.setattr(spool, "_BUFFER", 16)
    rng = random.Random(most)
    rows = [
        ((-rng.randrange(4), b"P%d" % rng.randrange(30), n), [f"é{n}", "", "x" * (n % 50)]) for n in range(200)
    ]
    with closing(SortedRows()) as kept:
        for key, cells in rows:
            kept.add(key, cells)
        assert list(kept) == sorted(rows)


@pytest.mark.parametrize("most", [0, 30, 1 << 17])
def test_records_of_one_number_stay_together_and_in_order(monkeypatch, most):
    monkeypatch.setattr(spool, "MOST_RECORDS", most)
    rng = np.random.default_rng(1)
    numbers = rng.integers(0, 200, 1000)
    with closing(GroupedRecords(np.dtype("i8"))) as records:
        for part in np.split(np.arange(1000), 20):
            records.add(part, numbers[part])
        groups = list(records.groups())
    assert sorted(np.concatenate(groups).tolist()) == list(range(1000))
    for group in groups:
        for number in set(numbers[group].tolist()):
            members = group[numbers[group] == number].tolist()
            assert members == np.flatnonzero(numbers == number).tolist()


def test_temporary_files_have_no_name(monkeypatch, tmp_path):
    """Nothing remains, however a command ends."""
    monkeypatch.setattr(spool, "MOST_RECORDS", 1)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with closing(GroupedRecords(np.dtype("i8"))) as records:
        records.add(np.arange(1000), np.arange(1000))
        assert os.listdir(tmp_path) == []
        assert sum(len(group) for group in records.groups()) == 1000


class FullDisk:
    """A file on a disk that is full after a few bytes."""

    room = 100

    def write(self, data):
        if not self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = min(self.room, len(data))
        self.room -= written
        return written

    def close(self):
        pass


def test_a_full_disk_is_reported_in_one_line(monkeypatch):
    for limit in ("MOST_BYTES", "MOST_UNSORTED", "MOST_RECORDS"):
        monkeypatch.setattr(spool, limit, 1)
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda buffering: FullDisk())
    expected = r"temporary file: cannot be written \(no space left on device\); set TMPDIR to a folder with room"
    for waiting, *what in (
        (Bytes(), b"x" * 1000),
        (Lines(), "x" * 1000),
        (SortedRows(), (1,), ["x" * 1000]),
        (GroupedRecords(np.dtype("i8")), np.arange(100), np.zeros(100, np.int64)),
    ):
        with closing(waiting), pytest.raises(OutputError, match=expected):
            waiting.add(*what)


def test_no_folder_for_temporary_files_is_reported_in_one_line(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))
    with pytest.raises(OutputError, match=r"temporary file: cannot be written \(no such file or directory\)"):
        Bytes(0).add(b"x")
