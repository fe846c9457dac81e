"""The pairing kernel compared with plain Python, on random hits."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slow_pairing import Hit, as_rows, batch_of, columns, packed, slow_likely, slow_pairs

from mirtools.chimera.pairing import REASONS, PairingRules, likely_hits, pair_hits

NAMES = ["hsa-miR-106a", "hsa-miR-17", "hsa-miR-17-3p", "hsa-let-7a", "hsa-miR-9"]


def random_set(rng, reads=12, most_hits=5):
    """Return reads and hits that often fit together, with ties, changed bases, Ns and hits of every kind."""
    dna = lambda length: "".join(rng.choices("ACGTN", (25, 25, 25, 25, 1), k=length))  # noqa: E731
    one = dna(22)
    mirnas = [(name, rng.choice([one, dna(22), one[:20], "A" * 5 + one])) for name in rng.sample(NAMES, 4)]
    transcripts = [(f"t{number}", dna(rng.randint(25, 90))) for number in rng.sample(range(20), 3)]
    sequences, mirna_hits, target_hits = [], [], []
    for _ in range(reads):
        length = rng.randint(20, 70)
        read = list(dna(length))
        junction = rng.randint(10, length)
        mirna_first = rng.random() < 0.7
        sides = (0, junction), (junction, length)
        found = [
            [_hit(rng, read, mirnas, sides[not mirna_first]) for _ in range(rng.randint(0, most_hits))],
            [_hit(rng, read, transcripts, sides[mirna_first]) for _ in range(rng.randint(0, most_hits))],
        ]
        sequences.append("".join(read))
        mirna_hits.append([hit for hit in found[0] if hit])
        target_hits.append([hit for hit in found[1] if hit])
    return sequences, mirna_hits, target_hits, mirnas, transcripts


def _hit(rng, read, references, side):
    subject = rng.randrange(len(references))
    sequence = references[subject][1]
    most = min(len(read), len(sequence))
    length = rng.randint(min(7, most), most)
    near = side[0] if rng.random() < 0.5 else side[1] - length
    start = min(max(near + rng.randint(-6, 6), 0), len(read) - length)
    subject_start = min(rng.choice([0, 0, rng.randint(0, 60)]), len(sequence) - length)
    if rng.random() < 0.6:  # the adjacent bases match, too
        for offset in range(-6, length + 6):
            inside = 0 <= start + offset < len(read) and 0 <= subject_start + offset < len(sequence)
            if inside and rng.random() < 0.85:
                read[start + offset] = sequence[subject_start + offset]
    evalue, bits = rng.choice([(1e-6, 44.1), (1e-5, 40.2), (1e-4, 36.25), (0.0, 50.0), (1e-6, 40.2)])
    return Hit(subject, start, start + length, subject_start, subject_start + length, evalue, bits)


def agree(made, rules, keep_ties=True):
    reads, mirna_hits, target_hits, mirnas, transcripts = made
    loose = [(-1, -1, 0, 1, 8)[len(read) % 5] for read in reads]
    expected, reasons = slow_pairs(mirna_hits, target_hits, reads, mirnas, transcripts, rules, keep_ties, loose)
    batch = *batch_of(reads, loose), packed(mirnas, transcripts)
    pairs, numbers = pair_hits(columns(mirna_hits), columns(target_hits), *batch, rules, keep_ties)
    assert [REASONS[number] for number in numbers] == reasons
    assert as_rows(pairs) == expected
    return expected, reasons


# the first case includes compilation of the kernel; drawing a seed is faster than drawing every base
@settings(deadline=None, max_examples=300)
@given(st.integers(0, 2**32).map(random.Random), st.sampled_from([1, 5]), st.integers(0, 6), st.booleans())
def test_equals_plain_python(rng, top, max_gap, keep_ties):
    rules = PairingRules(max_gap, rng.randint(8, 16), rng.randint(0, 30), rng.randint(10, 35), top)
    agree(random_set(rng), rules, keep_ties)


def test_hits_with_a_low_score_need_no_target():
    kept = 0
    for seed in range(30):
        reads, mirna_hits, _, mirnas, transcripts = random_set(random.Random(seed), 20)
        expected = [
            (read, *hit)
            for read, hits in enumerate(mirna_hits)
            for hit in hits
            if slow_likely(hit, reads[read], mirnas[hit.subject][1], 15)
        ]
        references = packed(mirnas, transcripts)
        found = likely_hits(columns(mirna_hits), *batch_of(reads)[:2], references.mirnas, 15)
        assert list(zip(*(column.tolist() for column in found), strict=True)) == expected
        kept += len(expected)
    assert kept > 100


@pytest.mark.parametrize("top", [1, 5])
def test_equals_plain_python_on_many_hits(top):
    rng = random.Random(top)
    seen, ties, ranks = set(), 0, 0
    for _ in range(60):
        expected, reasons = agree(random_set(rng, 30, 9), PairingRules(top=top, min_score=12))
        seen.update(reasons)
        ties += sum(row[2] > 1 for row in expected)
        ranks = max([ranks, *(row[1] for row in expected)])
    assert seen == set(REASONS)  # the sets contain every case
    assert ties > 50
    assert ranks == top


def test_the_order_of_hits_does_not_matter():
    rng = random.Random(7)
    for _ in range(20):
        reads, mirna_hits, target_hits, mirnas, transcripts = random_set(rng, 10, 8)
        batch = *batch_of(reads), packed(mirnas, transcripts), PairingRules(top=5)
        expected = as_rows(pair_hits(columns(mirna_hits), columns(target_hits), *batch, True)[0])
        shuffled = [[rng.sample(hits, len(hits)) for hits in side] for side in (mirna_hits, target_hits)]
        assert as_rows(pair_hits(*map(columns, shuffled), *batch, True)[0]) == expected


def test_a_repeat_with_ten_thousand_hits():
    mirna, site = "TGAGGTAGTAGGTTGTATAGTT", "CCATGCAAGCTTGACCGATCAAGGCT"
    transcripts = [(f"t{number}", site + "A" * 30) for number in range(10_000)]
    mirnas = [("m1", mirna), ("m2", mirna)]
    batch = *batch_of([mirna + site]), packed(mirnas, transcripts), PairingRules(top=3)
    mirna_hits = [[Hit(number, 0, 22, 0, 22, 1e-6, 44.0) for number in range(2)]]
    target_hits = [[Hit(number, 22, 48, 0, 26, 1e-5, 50.0) for number in range(10_000)]]
    pairs, _ = pair_hits(columns(mirna_hits), columns(target_hits), *batch, True)
    assert pairs.n_best.tolist() == [20_000] * 3
    assert [transcripts[number][0] for number in pairs.target] == ["t0", "t1", "t10"]
    assert len(pairs.tied[0]) == 20_000


def test_no_reads_and_no_hits():
    batch = *batch_of([]), packed([("m", "ACGT")], [("t", "ACGT")]), PairingRules()
    pairs, reasons = pair_hits(columns([]), columns([]), *batch)
    assert (len(pairs.read), len(reasons), pairs.tied) == (0, 0, None)


def test_arrays_that_cannot_be_written_to_and_narrower_ones():
    made = random_set(random.Random(3))
    reads, mirna_hits, target_hits, mirnas, transcripts = made
    bases, starts, loose = batch_of(reads)
    references = packed(mirnas, transcripts)
    expected = as_rows(
        pair_hits(columns(mirna_hits), columns(target_hits), bases, starts, loose, references, PairingRules())[0]
    )
    bases.flags.writeable = False
    hits = [type(side)(*(np.repeat(column, 2)[::2] for column in side)) for side in map(columns, made[1:3])]
    narrower = starts.astype(np.int32), loose.astype(np.int8)
    assert as_rows(pair_hits(*hits, bases, *narrower, references, PairingRules())[0]) == expected
