"""Ends of miRNA parts: small cases with a known answer, and independence of the order of rows."""

import random

import pytest
import slow_junction

from mirtools.isomir.junction import Junction, find_parts, fixed_junction, turn
from mirtools.isomir.options import NO_PART

MIRNA = "TGAGGTAGTAGGTTGTATAGTT"


def sites(count, seed=1, first=""):
    """Return target parts of 25 nt that start with all four bases in turn, or with ``first``."""
    rng = random.Random(seed)
    return [(first or "ACGT"[n % 4]) + "".join(rng.choices("ACGT", k=24)) for n in range(count)]


def located_parts(junctions, reads, min_reads, canonical=(), errors=True):
    """Return part, start and end of each junction, or ``None``."""
    found = find_parts(iter(junctions), reads, min_reads, canonical, errors)
    columns = (found.part.tolist(), found.start.tolist(), found.end.tolist())
    return [
        None if part == NO_PART else (found.parts[part], start, end)
        for part, start, end in zip(*columns, strict=True)
    ]


def parts(rows, min_reads=10, canonical=(MIRNA,), errors=True):
    """Return the miRNA parts of rows of (observed, unassigned, gap, target part, mirna_first, open)."""
    found = located_parts([turn(*row) for row in rows], [1] * len(rows), min_reads, canonical, errors)
    return [None if item is None else item[0] for item in found]


@pytest.mark.parametrize("mirna_first", [True, False])
def test_turn_puts_the_target_on_the_right(mirna_first):
    target = "ACGTGGGGGTTTTT"
    if mirna_first:
        junction = turn(MIRNA + "CA", (0, 2), 2, target, True)
        assert junction == Junction(MIRNA + "CAACGT", 0, 22, 24, True)
        assert junction.part(0, 22) == MIRNA
    else:
        junction = turn("CA" + MIRNA, (2, 0), 2, target, False)
        assert junction == Junction((target[-4:] + "CA" + MIRNA)[::-1], 0, 22, 24, False)
        assert junction.part(0, 22) == MIRNA


def test_turn_with_shared_bases_continues_after_them():
    assert turn(MIRNA, (0, 0), -3, "ACGTACGT", True) == Junction(MIRNA + "ACGT", 0, 22, 19, True)


def test_plain_reads_keep_their_mirna():
    assert parts([(MIRNA, (0, 0), 0, site, True) for site in sites(12)]) == [MIRNA] * 12


@pytest.mark.parametrize("mirna_first", [True, False])
def test_random_linkers_are_trimmed(mirna_first):
    rows = [(MIRNA, (0, 0), 0, site, mirna_first) for site in sites(30)]
    for number, site in enumerate(sites(12, seed=2)):
        linker = "ACGT"[number % 4]
        observed, ends = (MIRNA + linker, (0, 1)) if mirna_first else (linker + MIRNA, (1, 0))
        rows.append((observed, ends, 1, site, mirna_first))
    assert set(parts(rows)) == {MIRNA}


def test_linkers_may_be_as_long_as_the_pairing_rule_allows():
    rows = [(MIRNA, (0, 0), 0, site, True) for site in sites(30)]
    rows += [(MIRNA + site[:9], (0, 9), 9, site[9:], True) for site in sites(12, seed=8)]
    assert set(parts(rows)) == {MIRNA}


@pytest.mark.parametrize("mirna_first", [True, False])
def test_a_tail_that_recurs_is_kept(mirna_first):
    # targets that start or end with A would fit the tail, too
    rows = [(MIRNA, (0, 0), 0, "C" + site + "C", mirna_first) for site in sites(12)]
    observed, ends = (MIRNA + "AA", (0, 2)) if mirna_first else ("AA" + MIRNA, (2, 0))
    rows += [(observed, ends, 2, site, mirna_first) for site in sites(20, seed=3)]
    assert parts(rows) == [MIRNA] * 12 + [observed] * 20


def test_a_tail_is_kept_if_a_target_fits_its_base_by_chance():
    """A quarter of 40 tailed reads have a target that fits the tail: they are the same isomiR."""
    tailed = [(MIRNA + "C", (0, 1), 1, site, True) for site in sites(30)]
    claimed = [(MIRNA, (0, 0), 0, "C" + site, True) for site in sites(10, seed=4)]
    assert parts(tailed + claimed) == [MIRNA + "C"] * 40


def test_a_deletion_is_not_hidden_by_chance_matches():
    """A quarter of 40 reads without the last base seem to have it, because the target starts with it."""
    short = MIRNA[:-1]
    lost = [(short, (0, 0), 0, site, True) for site in sites(40) if site[0] != "T"]
    seems = [(MIRNA, (0, 0), -1, site, True) for site in sites(10, seed=5)]
    assert set(parts(lost + seems)) == {short}


def test_bases_before_the_mirna_are_kept_if_they_recur():
    junk = [("ACGT"[n % 4] + MIRNA, (1, 0), 0, site, True) for n, site in enumerate(sites(9))]
    assert set(parts(junk, min_reads=5)) == {MIRNA}
    added = [("G" + MIRNA, (1, 0), 0, site, True) for site in sites(12)]
    assert set(parts(added)) == {"G" + MIRNA}


def test_junctions_without_a_recurring_part_have_none():
    assert parts([(MIRNA, (0, 0), 0, site, True) for site in sites(9)]) == [None] * 9
    assert located_parts([], [], 10) == []


def test_order_of_rows_does_not_matter():
    rows = [(MIRNA, (0, 0), 0, site, True) for site in sites(15)]
    rows += [(MIRNA + "A", (0, 1), 1, site, True) for site in sites(15, seed=6)]
    rows += [("C" + MIRNA, (1, 0), 1, site, False) for site in sites(15, seed=7)]
    expected = dict(zip(map(str, rows), parts(rows), strict=True))
    for seed in range(3):
        shuffled = random.Random(seed).sample(rows, len(rows))
        assert dict(zip(map(str, shuffled), parts(shuffled), strict=True)) == expected


def test_support_counts_reads_not_rows():
    junction = turn(MIRNA, (0, 0), 0, sites(1)[0], True)
    assert located_parts([junction], [10], 10) == [(MIRNA, 0, 22)]
    assert located_parts([junction], [9], 10) == [None]


def random_junctions(rng):
    """Parts that share bases, with N, open ends, linkers, overlaps and targets of all kinds."""
    variants = [MIRNA, MIRNA[:-1], MIRNA + "A", MIRNA + "AA", "G" + MIRNA, MIRNA[1:], MIRNA[::-1]]
    rows, reads = [], []
    for _ in range(rng.choice([30, 300])):
        part, mirna_first = rng.choice(variants), rng.random() < 0.7
        linker = "".join(rng.choices("ACGT", k=rng.choice([0, 0, 1, 2, 4])))
        before = "".join(rng.choices("ACGT", k=rng.choice([0, 0, 0, 1, 2])))
        target = "".join(rng.choices("ACGT", k=rng.choice([3, 20])))
        gap = len(linker) if linker else -rng.choice([0, 0, 1, 3])
        observed, ends = before + part + linker, (len(before), len(linker))
        if not mirna_first:
            observed, ends = linker + part + before, (len(linker), len(before))
        is_open = not mirna_first and rng.random() < 0.4
        if is_open and rng.random() < 0.5:
            observed, ends = observed[: len(observed) - rng.choice([1, 2, 4])], (ends[0], 0)
        if rng.random() < 0.2:
            at = rng.randrange(len(observed))
            observed = observed[:at] + "N" + observed[at + 1 :]
        rows.append((observed, ends, gap, target, mirna_first, is_open))
        reads.append(rng.choice([1, 1, 2, 9]))
    fixed = [fixed_junction(rng.choice(variants)) for _ in range(rng.choice([0, 0, 5]))]
    return [turn(*row) for row in rows] + fixed, reads + [3] * len(fixed)


@pytest.mark.parametrize("seed", range(30))
def test_fast_and_slow_implementation_agree(seed):
    rng = random.Random(seed)
    junctions, reads = random_junctions(rng)
    for min_reads in (1, 3, 10):
        fast = located_parts(junctions, reads, min_reads, [MIRNA, MIRNA[::-1]], errors=False)
        assert fast == slow_junction.find_parts(junctions, reads, min_reads, [MIRNA, MIRNA[::-1]])


def test_very_long_parts():
    junction = turn("A" * 40_000, (3, 1), 0, "ACGT", True)
    assert located_parts([junction], [1], 1, errors=False) == slow_junction.find_parts([junction], [1], 1)
