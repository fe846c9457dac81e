"""Outcomes of reads: exact counts and the report, in memory and with temporary files."""

import random
from collections import Counter

import numpy as np
import pytest

from mirtools.chimera.batches import ReadBatch
from mirtools.chimera.fates import Fates
from mirtools.io import spool

REASONS = ("paired", "no_mirna", "no_target", "gap")


@pytest.fixture(params=["memory", "files"])
def place(request, monkeypatch):
    if request.param == "files":
        monkeypatch.setattr(spool, "MOST_RECORDS", 30)
        monkeypatch.setattr(spool, "MOST_BYTES", 100)
    else:
        monkeypatch.setattr(spool.tempfile, "TemporaryFile", None)  # small inputs touch no disk
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
    """Copies within and across batches and samples; the outcome depends only on the read."""
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
