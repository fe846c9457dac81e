"""The paper's statistics: every number counted by hand."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirtools.isomir import statistics
from mirtools.isomir.repertoire import Interactions, type_mask
from mirtools.isomir.statistics import Count, binomial_tail, statistics_of

# miRNA, observed part, types, reads, transcript, start, end
ROWS = [
    ("a", "A0", (), 5, "t1", 100, 120),
    ("a", "A0", (), 2, "t2", 10, 30),
    ("a", "A1", ("3p_deletion",), 3, "t1", 110, 130),  # overlaps the site of the exact miRNA
    ("a", "A2", ("5p_addition", "3p_addition"), 1, "t1", 130, 150),  # abuts on it: another site
    ("a", "A3", ("SNP",), 4, "t3", 0, 20),
    ("b", "B0", (), 7, "t1", 100, 120),  # another miRNA shares nothing with a
    ("b", "B1", ("3p_addition",), 1, "t1", 200, 220),
    ("c", "C0", (), 9, "t9", 0, 20),
]


def interactions(rows=ROWS, sites=True, targets=True):
    names, parts, transcripts = (sorted({row[at] for row in rows}) for at in (0, 1, 4))
    return Interactions(
        names,
        parts,
        np.array([names.index(row[0]) for row in rows], int),
        np.array([parts.index(row[1]) for row in rows], int),
        np.array([type_mask(row[2]) for row in rows], int),
        np.array([row[3] for row in rows], int),
        np.array([transcripts.index(row[4]) for row in rows], int) if targets else None,
        np.array([row[5] for row in rows], int) if sites else None,
        np.array([row[6] for row in rows], int) if sites else None,
    )


def test_counts_by_type():
    types = statistics_of([interactions()], 100).types
    assert types["exact"] == Count(4, 23, 3)
    assert types["isomir"] == Count(4, 9, 4)
    assert types["3p_addition"] == Count(2, 2, 2)
    assert types["5p_addition"] == Count(1, 1, 1)
    assert types["3p_deletion"] == Count(1, 3, 1)
    assert types["SNP"] == Count(1, 4, 1)
    assert types["MNP"] == Count(0, 0, 0)
    assert types["hybrid"] == Count(1, 1, 1)


def test_mirnas_with_most_isomir_pairs_come_first():
    told = statistics_of([interactions()], 100)
    assert list(told.mirnas) == ["a", "b", "c"]
    assert told.mirnas["a"]["isomir"] == Count(3, 8, 3)
    assert told.mirnas["c"]["exact"] == Count(1, 9, 1)
    assert told.isomirs_per_mirna == [1, 3]
    assert told.reads_per_isomir == [1, 1, 3, 4]
    assert told.pairs_per_isomir == [1, 1, 1, 1]
    assert statistics.spread([1, 3], "x") == {"x": 2, "mean": 2, "median": 2, "max": 3}
    assert statistics.spread([1, 2, 6], "x")["median"] == 2
    assert statistics.spread([], "x") == {"x": 0, "mean": 0, "median": 0, "max": 0}


def test_shared_targets():
    told = statistics_of([interactions()], 100).shared
    shared = {(item.mirna, item.groups): (item.sites, item.transcripts) for item in told}
    assert shared["a", ("exact",)] == (1, 1)  # the site on t2
    assert shared["a", ("exact", "3p")] == (1, 0)  # the two that overlap on t1
    assert shared["a", ("5p", "3p")] == (1, 0)  # an isomiR of two types binds beside
    assert shared["a", ("exact", "5p", "3p")] == (0, 1)  # t1 as a whole
    assert shared["a", ("polymorphic",)] == (1, 1)
    assert shared["b", ("exact",)] == (1, 0)
    assert shared["b", ("exact", "3p")] == (0, 1)
    assert shared["all", ("exact",)] == (3, 2)
    assert shared["all", ("exact", "3p")] == (1, 1)
    # each target is counted under one combination
    assert sum(sites for (mirna, _), (sites, _) in shared.items() if mirna == "all") == 7
    assert sum(number for (mirna, _), (_, number) in shared.items() if mirna == "all") == 5
    in_common = {tuple(row[2:4]): row[4] for row in statistics.summary_rows(statistics_of([interactions()], 100))}
    assert in_common["exact and 3p", "transcripts"] == "2"
    assert in_common["exact and 3p", "sites"] == "1"
    assert in_common["3p", "sites"] == "3"


def test_sites_that_overlap_over_others_are_one():
    rows = [("a", "A", (), 1, "t", start, start + 50) for start in (100, 0, 40, 89)]
    rows.append(("a", "A", (), 1, "t", 2, 5))  # inside the first
    told = {
        item.mirna: item for item in statistics_of([interactions(rows)], 1).shared if item.groups == ("exact",)
    }
    assert told["a"].sites == 1


def test_without_coordinates_transcripts_are_told_and_without_names_nothing():
    shared = statistics_of([interactions(sites=False)], 100).shared
    assert {item.sites for item in shared} == {None}
    assert statistics_of([interactions(sites=False, targets=False)], 100).shared == []


@pytest.mark.parametrize(
    ("successes", "trials", "chance", "tail"),
    [
        (0, 10, 0.3, 1.0),
        (11, 10, 0.3, 0.0),
        (10, 10, 0.5, 1 / 1024),
        (9, 10, 0.5, 11 / 1024),
        (1, 10, 0.1, 1 - 0.9**10),
        (2, 3, 1 / 3, 7 / 27),
        (5, 100, 0.0, 0.0),
        (5, 100, 1.0, 1.0),
    ],
)
def test_binomial_tail_by_hand(successes, trials, chance, tail):
    assert binomial_tail(successes, trials, chance) == pytest.approx(tail, rel=1e-12)


@given(st.integers(0, 60), st.integers(0, 60), st.integers(1, 99))
def test_binomial_tail_is_the_sum_of_all_terms(successes, trials, percent):
    chance = Fraction(percent, 100)
    exact = sum(
        math.comb(trials, k) * chance**k * (1 - chance) ** (trials - k) for k in range(successes, trials + 1)
    )
    assert binomial_tail(successes, trials, percent / 100) == pytest.approx(float(exact), rel=1e-9, abs=1e-300)


def test_binomial_tail_of_large_numbers():
    # half of a symmetric distribution, and the term in its middle
    half = 0.5 + 0.5 * math.exp(math.lgamma(100_001) - 2 * math.lgamma(50_001) - 100_000 * math.log(2))
    assert binomial_tail(50_000, 100_000, 0.5) == pytest.approx(half, rel=1e-6)
    assert binomial_tail(90_000, 100_000, 0.1) == 0.0


def test_preference():
    """b has ten of its ten isomiR pairs of one type that makes up half of all: p = 1/1024, times 2 x 8 tests."""
    rows = [("b", "B", ("3p_addition",), 1, f"t{n}", 0, 9) for n in range(10)]
    rows += [("a", "A", ("3p_deletion",), 1, f"t{n}", 0, 9) for n in range(10)]
    rows += [("c", "C", (), 1, f"t{n}", 0, 9) for n in range(10)]  # exact pairs count for nothing here
    told = {(item.mirna, item.type): item for item in statistics_of([interactions(rows)], 10).preferences}
    assert {mirna for mirna, _ in told} == {"a", "b"}
    assert len(told) == 16
    item = told["b", "3p_addition"]
    assert (item.pairs, item.isomir_pairs, item.expected) == (10, 10, 0.5)
    assert item.p == pytest.approx(1 / 1024)
    assert item.corrected == pytest.approx(16 / 1024)
    assert not item.is_preferred
    assert told["b", "3p_deletion"].p == 1.0
    rows += [("b", "B", ("3p_addition",), 1, f"u{n}", 0, 9) for n in range(10)]
    (item,) = [i for i in statistics_of([interactions(rows)], 11).preferences if i.type == "3p_addition"]
    assert item.p == pytest.approx((2 / 3) ** 20)
    assert item.corrected == pytest.approx(8 * (2 / 3) ** 20)
    assert item.is_preferred
    assert statistics_of([interactions(rows)], 21).preferences == []


def test_pieces_of_a_table_tell_what_the_whole_does():
    pieces = [interactions([row for row in ROWS if row[0] in names]) for names in ("ac", "b")]
    assert statistics_of(pieces, 1) == statistics_of([interactions()], 1)


def test_nothing_at_all():
    told = statistics_of([interactions([])], 1)
    assert told.types["exact"] == Count(0, 0, 0)
    assert told.preferences == []
    assert all(row[4] == "0" for row in statistics.summary_rows(told))
    assert statistics.facts(told)["preference"]["mirnas_tested"] == 0
