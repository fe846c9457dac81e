"""What became of the reads: exact counts and the report, in memory and through files."""

import errno
import os
import random
import tempfile
from collections import Counter
from contextlib import closing

import numpy as np
import pytest

from mirtools.chimera import spool
from mirtools.chimera.batches import ReadBatch
from mirtools.chimera.fates import Fates
from mirtools.chimera.spool import LineSpool, Spool
from mirtools.errors import OutputError

REASONS = ("paired", "no_mirna", "no_target", "gap")


@pytest.fixture(params=["memory", "files"])
def place(request, monkeypatch):
    if request.param == "files":
        monkeypatch.setattr(spool, "MOST_IN_MEMORY", 30)
        monkeypatch.setattr(spool, "MOST_TEXT_IN_MEMORY", 100)
    else:
        monkeypatch.setattr(spool, "_temporary_file", None)  # small inputs touch no disk
    return request.param


def batch_of(reads, sample):
    """Return a batch of (name, identity, length) of each read."""
    starts = np.cumsum([0, *(length for _, _, length in reads)])
    rng = [np.random.default_rng((identity, sample)).integers(1, 2**63, 2) for _, identity, _ in reads]
    digests = np.array(rng, np.uint64).reshape(-1, 2)
    names = [name for name, _, _ in reads]
    ones = np.ones(len(reads), np.int64)
    return ReadBatch(np.zeros(starts[-1], np.uint8), starts, None, names, digests, ones, sample, -ones)


def pair_id(row):
    return f"P{row}" if row % 3 else ""


@pytest.mark.parametrize("seed", range(4))
def test_against_a_dictionary(place, seed):
    """Copies within and across batches and samples; every outcome is a function of the read."""
    rng = random.Random(seed)
    expected = {}
    firsts, wanted, number, copies = 0, 0, 0, Counter()
    with Fates(REASONS, 2, keep_names=True) as fates:
        for _ in range(rng.choice([0, 1, 30])):
            sample, reads, reasons, rows = rng.randrange(2), [], [], []
            for _ in range(rng.randrange(40)):
                identity = rng.randrange(300)
                reason = identity % len(REASONS)
                read = (f"read{number}", identity, 20 + identity % 7)
                number += 1
                copies[identity, sample] += 1
                reads.append(read)
                reasons.append(reason)
                rows.append(identity % 20 if reason == 0 else -1)
                if (identity, sample) not in expected:
                    wanted += reason == 0
                    found = pair_id(identity % 20) if reason == 0 else ""
                    status = REASONS[reason] if reason or found else "low_support"
                    expected[identity, sample] = (read[0], status, found, read[2], sample)
            new = fates.add(batch_of(reads, sample), np.array(reasons, np.uint8), np.array(rows, np.int64))
            firsts += int(new.sum())
        assert firsts == wanted
        summary = fates.summary(pair_id)
        assert summary.fates == Counter(entry[1] for entry in expected.values())
        assert summary.insert_lengths == Counter(entry[3] for entry in expected.values())
        for sample, counts in enumerate(summary.samples):
            of_sample = [entry[1] for entry in expected.values() if entry[4] == sample]
            assert counts == (len(of_sample), of_sample.count("paired"))
        assert list(fates.reads(pair_id)) == [entry[:3] for entry in expected.values()]
        paired = [key for key, entry in expected.items() if entry[1] in ("paired", "low_support")]
        assert fates.copies.tolist() == [copies[key] for key in paired]


def test_no_reads_at_all(place):
    with Fates(REASONS, 1, keep_names=True) as fates:
        assert fates.summary(pair_id) == ({}, {}, [(0, 0)])
        assert list(fates.reads(pair_id)) == []


def test_records_of_one_number_stay_together_and_in_order(place):
    rng = np.random.default_rng(1)
    numbers = rng.integers(0, 200, 1000)
    with closing(Spool(np.dtype("i8"))) as spooled:
        for part in np.split(np.arange(1000), 20):
            spooled.add(part, numbers[part])
        groups = list(spooled.groups())
    assert sorted(np.concatenate(groups).tolist()) == list(range(1000))
    for group in groups:
        for number in set(numbers[group].tolist()):
            members = group[numbers[group] == number].tolist()
            assert members == np.flatnonzero(numbers == number).tolist()


def test_lines_come_back_in_order(place):
    lines = [f"read {number} é" for number in range(100)]
    with closing(LineSpool()) as spooled:
        for start in range(0, 100, 7):
            spooled.add(lines[start : start + 7])
        assert list(spooled.lines()) == lines


def test_temporary_files_have_no_name(monkeypatch, tmp_path):
    """Nothing is left behind, however a command ends."""
    monkeypatch.setattr(spool, "MOST_IN_MEMORY", 1)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with closing(Spool(np.dtype("i8"))) as spooled:
        spooled.add(np.arange(1000), np.arange(1000))
        assert os.listdir(tmp_path) == []
        assert sum(len(group) for group in spooled.groups()) == 1000


class FullDisk:
    """A file on a disk that is full after a few bytes."""

    room = 100

    def write(self, data):
        if not self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = min(self.room, len(data))
        self.room -= written
        return written


def test_a_full_disk_is_told_in_one_line(monkeypatch):
    monkeypatch.setattr(spool, "MOST_IN_MEMORY", 1)
    monkeypatch.setattr(spool, "MOST_TEXT_IN_MEMORY", 1)
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda buffering: FullDisk())
    expected = r"temporary file: cannot be written \(no space left on device\); set TMPDIR to a folder with room"
    with pytest.raises(OutputError, match=expected):
        Spool(np.dtype("i8")).add(np.arange(100), np.zeros(100, np.int64))
    with pytest.raises(OutputError, match=expected):
        LineSpool().add(["x" * 1000])


def test_no_folder_for_temporary_files_is_told_in_one_line(monkeypatch, tmp_path):
    monkeypatch.setattr(spool, "MOST_IN_MEMORY", 1)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))
    with pytest.raises(OutputError, match=r"temporary file: cannot be written \(no such file or directory\)"):
        Spool(np.dtype("i8")).add(np.arange(100), np.zeros(100, np.int64))
