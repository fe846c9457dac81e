"""The paper's statistics: every number counted by hand."""

import numpy as np
import pytest

from mirtools.isomir import statistics
from mirtools.isomir.repertoire import Interactions, type_mask
from mirtools.isomir.statistics import Count, statistics_of

# miRNA, observed part, types, reads, transcript, start, end
ROWS = [
    ("a", "A0", (), 5, "t1", 100, 120),
    ("a", "A0", (), 2, "t2", 10, 30),
    ("a", "A1", ("3p_deletion",), 3, "t1", 110, 130),  # overlaps the site of the exact miRNA
    ("a", "A2", ("5p_addition", "3p_addition"), 1, "t1", 130, 150),  # adjacent: another site
    ("a", "A3", ("SNP",), 4, "t3", 0, 20),
    ("b", "B0", (), 7, "t1", 100, 120),  # another miRNA shares no targets with a
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
    found = statistics_of([interactions()], 100)
    assert list(found.mirnas) == ["a", "b", "c"]
    assert found.mirnas["a"]["isomir"] == Count(3, 8, 3)
    assert found.mirnas["c"]["exact"] == Count(1, 9, 1)
    assert found.isomirs_per_mirna == [1, 3]
    assert found.reads_per_isomir == [1, 1, 3, 4]
    assert found.pairs_per_isomir == [1, 1, 1, 1]
    assert statistics.spread([1, 3], "x") == {"x": 2, "mean": 2, "median": 2, "max": 3}
    assert statistics.spread([1, 2, 6], "x")["median"] == 2
    assert statistics.spread([], "x") == {"x": 0, "mean": 0, "median": 0, "max": 0}


def test_shared_targets():
    found = statistics_of([interactions()], 100).shared
    shared = {(item.mirna, item.groups): (item.sites, item.transcripts) for item in found}
    assert shared["a", ("exact",)] == (1, 1)  # the site on t2
    assert shared["a", ("exact", "3p")] == (1, 0)  # the two that overlap on t1
    assert shared["a", ("5p", "3p")] == (1, 0)  # an isomiR of two types, on the adjacent site
    assert shared["a", ("exact", "5p", "3p")] == (0, 1)  # t1 as a whole
    assert shared["a", ("polymorphic",)] == (1, 1)
    assert shared["b", ("exact",)] == (1, 0)
    assert shared["b", ("exact", "3p")] == (0, 1)
    assert shared["all", ("exact",)] == (3, 2)
    assert shared["all", ("exact", "3p")] == (1, 1)
    # each target counts for exactly one combination
    assert sum(sites for (mirna, _), (sites, _) in shared.items() if mirna == "all") == 7
    assert sum(number for (mirna, _), (_, number) in shared.items() if mirna == "all") == 5
    in_common = {tuple(row[2:4]): row[4] for row in statistics.summary_rows(statistics_of([interactions()], 100))}
    assert in_common["exact and 3p", "transcripts"] == "2"
    assert in_common["exact and 3p", "sites"] == "1"
    assert in_common["3p", "sites"] == "3"


def test_sites_that_overlap_through_others_are_one():
    rows = [("a", "A", (), 1, "t", start, start + 50) for start in (100, 0, 40, 89)]
    rows.append(("a", "A", (), 1, "t", 2, 5))  # inside the first
    found = {
        item.mirna: item for item in statistics_of([interactions(rows)], 1).shared if item.groups == ("exact",)
    }
    assert found["a"].sites == 1


def test_without_coordinates_only_transcripts_are_counted_and_without_names_nothing():
    shared = statistics_of([interactions(sites=False)], 100).shared
    assert {item.sites for item in shared} == {None}
    assert statistics_of([interactions(sites=False, targets=False)], 100).shared == []


def test_preference():
    """All ten isomiR pairs of b are of a type that makes up half of all: p = 1/1024, times 2 x 8 tests."""
    rows = [("b", "B", ("3p_addition",), 1, f"t{n}", 0, 9) for n in range(10)]
    rows += [("a", "A", ("3p_deletion",), 1, f"t{n}", 0, 9) for n in range(10)]
    rows += [("c", "C", (), 1, f"t{n}", 0, 9) for n in range(10)]  # exact pairs are ignored here
    found = {(item.mirna, item.type): item for item in statistics_of([interactions(rows)], 10).preferences}
    assert {mirna for mirna, _ in found} == {"a", "b"}
    assert len(found) == 16
    item = found["b", "3p_addition"]
    assert (item.pairs, item.isomir_pairs, item.expected) == (10, 10, 0.5)
    assert item.p == pytest.approx(1 / 1024)
    assert item.corrected == pytest.approx(16 / 1024)
    assert not item.is_preferred
    assert found["b", "3p_deletion"].p == 1.0
    rows += [("b", "B", ("3p_addition",), 1, f"u{n}", 0, 9) for n in range(10)]
    (item,) = [i for i in statistics_of([interactions(rows)], 11).preferences if i.type == "3p_addition"]
    assert item.p == pytest.approx((2 / 3) ** 20)
    assert item.corrected == pytest.approx(8 * (2 / 3) ** 20)
    assert item.is_preferred
    assert statistics_of([interactions(rows)], 21).preferences == []


def test_chunks_of_a_table_give_the_statistics_of_the_whole():
    chunks = [interactions([row for row in ROWS if row[0] in names]) for names in ("ac", "b")]
    assert statistics_of(chunks, 1) == statistics_of([interactions()], 1)


def test_statistics_of_an_empty_table():
    found = statistics_of([interactions([])], 1)
    assert found.types["exact"] == Count(0, 0, 0)
    assert found.preferences == []
    assert all(row[4] == "0" for row in statistics.summary_rows(found))
    assert statistics.facts(found)["preference"]["mirnas_tested"] == 0
