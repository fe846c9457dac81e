"""Pairing rules on hand-made hits."""

import pytest

from mirtools.chimera.engine import Hit, ReadHits, SearchReferences
from mirtools.chimera.pairing import MIRNA_FIRST, TARGET_FIRST, PairingRules, natural, pair_hits, site_of
from mirtools.sequences import Reference

MIRNA = "TGAGGTAGTAGGTTGTATAGTT"
SITE = "CCATGCAAGCTTGACCGATCAAGGCT"
TRANSCRIPT = "GGATTCCGAA" + SITE + "TTCAGGCACGATTACAGGCATCCAGGACT"
REFERENCES = SearchReferences([Reference("m", "m", MIRNA)], [Reference("t", "t", TRANSCRIPT)])


def mirna_hit(start, read_length=22, subject=0, evalue=1e-6, bits=44.0, subject_start=0):
    return Hit(subject, start, start + read_length, subject_start, subject_start + read_length, evalue, bits)


def target_hit(start, length=26, subject=0, evalue=1e-5, bits=50.0, subject_start=10):
    return Hit(subject, start, start + length, subject_start, subject_start + length, evalue, bits)


def pairs(read, mirnas, targets, references=REFERENCES, **rules):
    return pair_hits(ReadHits(mirnas, targets), read, references, PairingRules(**rules))


@pytest.mark.parametrize("gap", range(5))
def test_gap_bases_stay_with_the_mirna_as_unassigned(gap):
    read = MIRNA + "CGCG"[:gap] + SITE
    found, reason = pairs(read, [mirna_hit(0)], [target_hit(22 + gap)])
    assert reason == ""
    (pair,) = found
    assert (pair.order, pair.gap, pair.unassigned) == (MIRNA_FIRST, gap, (0, gap))
    assert read[pair.start : pair.end] == MIRNA + "CGCG"[:gap]


@pytest.mark.parametrize("gap", range(5))
def test_target_first_mirrors_it(gap):
    read = SITE + "CGCG"[:gap] + MIRNA
    (pair,), _ = pairs(read, [mirna_hit(26 + gap)], [target_hit(0)])
    assert (pair.order, pair.gap, pair.unassigned) == (TARGET_FIRST, gap, (gap, 0))
    assert read[pair.start : pair.end] == "CGCG"[:gap] + MIRNA


@pytest.mark.parametrize("shared", range(1, 5))
def test_shared_bases_belong_to_the_mirna(shared):
    read = MIRNA + SITE
    (pair,), _ = pairs(read, [mirna_hit(0)], [target_hit(22 - shared, 26 + shared, subject_start=10 - shared)])
    assert (pair.gap, pair.unassigned, pair.end) == (-shared, (0, 0), 22)


def test_a_target_that_runs_further_is_cut_back():
    read = MIRNA + SITE
    (pair,), _ = pairs(read, [mirna_hit(0)], [target_hit(16, 32, subject_start=4)])
    assert (pair.gap, pair.target.start, pair.target.subject_start) == (-4, 18, 6)


@pytest.mark.parametrize(
    ("mirnas", "targets", "expected"),
    [
        ([], [target_hit(22)], "no_mirna"),
        ([mirna_hit(0, 14)], [target_hit(22)], "no_mirna"),
        ([mirna_hit(0)], [], "no_target"),
        ([mirna_hit(0)], [target_hit(0, 40, subject_start=0)], "loop"),
        ([mirna_hit(0)], [target_hit(5, 17)], "loop"),
        ([mirna_hit(0)], [target_hit(27, 21, subject_start=15)], "gap"),
        ([mirna_hit(0)], [target_hit(22, 26, subject_start=39)], "short_site"),
    ],
)
def test_reasons(mirnas, targets, expected):
    # other bases behind the miRNA, so that a short hit is not extended
    read = MIRNA[:14] + "CCCCCCCC" + SITE if mirnas and mirnas[0].end == 14 else MIRNA + "C" * 5 + SITE
    assert pairs(read, mirnas, targets) == ([], expected)


def test_a_replaced_last_base_does_not_widen_the_gap():
    read = MIRNA[:21] + "A" + "CGCG" + SITE
    (pair,), _ = pairs(read, [mirna_hit(0, 21)], [target_hit(26)])
    assert (pair.gap, pair.unassigned) == (5, (0, 5))


@pytest.mark.parametrize(("before", "kept"), [(0, 0), (1, 1), (4, 4), (5, 0), (11, 0)])
def test_bases_before_a_mirna_are_an_addition_or_a_barcode(before, kept):
    read = "CGCGCGCGCGC"[:before] + MIRNA + SITE
    (pair,), _ = pairs(read, [mirna_hit(before)], [target_hit(before + 22)])
    assert pair.unassigned == (kept, 0)


def test_better_evalues_win_then_bits_then_names():
    references = SearchReferences(
        [Reference(name, name, MIRNA) for name in ("hsa-miR-106a", "hsa-miR-17", "hsa-miR-9")],
        [Reference(name, name, TRANSCRIPT) for name in ("t2", "t10")],
    )
    read = MIRNA + SITE
    targets = [target_hit(22, subject=0), target_hit(22, subject=1)]
    (pair,), _ = pairs(read, [mirna_hit(0, subject=n) for n in range(3)], targets, references)
    assert (pair.mirna.subject, pair.target.subject, pair.n_best, pair.rank) == (2, 1, 6, 1)
    mirnas = [mirna_hit(0, subject=0, bits=46.0), mirna_hit(0, subject=1)]
    assert pairs(read, mirnas, targets, references)[0][0].mirna.subject == 0
    mirnas = [mirna_hit(0, subject=0, bits=46.0), mirna_hit(0, subject=1, evalue=1e-7)]
    (pair,), _ = pairs(read, mirnas, targets[:1], references)
    assert (pair.mirna.subject, pair.n_best) == (1, 1)


def test_top_keeps_more():
    read = MIRNA + SITE
    references = SearchReferences(REFERENCES.mirnas, [Reference(f"t{n}", "", TRANSCRIPT) for n in range(3)])
    targets = [target_hit(22, subject=n, evalue=10.0**-n) for n in range(3)]
    found, _ = pairs(read, [mirna_hit(0)], targets, references, top=2)
    assert [(pair.target.subject, pair.rank, pair.n_best) for pair in found] == [(2, 1, 1), (1, 2, 1)]


def test_natural_order():
    names = ["hsa-miR-106a", "hsa-miR-17-5p", "hsa-miR-17-3p", "hsa-let-7a"]
    assert sorted(names, key=natural) == ["hsa-let-7a", "hsa-miR-17-3p", "hsa-miR-17-5p", "hsa-miR-106a"]


@pytest.mark.parametrize(
    ("order", "gap", "expected"),
    [
        (MIRNA_FIRST, 2, (10, 61)),
        (MIRNA_FIRST, -3, (13, 61)),
        (TARGET_FIRST, -3, (10, 61)),
        (TARGET_FIRST, 0, (10, 61)),
    ],
)
def test_the_site_starts_behind_bases_of_the_mirna(order, gap, expected):
    assert site_of(target_hit(22), order, gap, 100, 25) == expected
    assert site_of(target_hit(22), order, gap, 50, 25) == (expected[0], 50)
