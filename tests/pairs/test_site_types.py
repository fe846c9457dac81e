"""Site types: a truth table by hand, and every type against pairing base by base."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirtools.io.sequences import reverse_complement
from mirtools.pairs.site_types import CANONICAL, NO_TYPE, SITE_TYPES, SeedMatch, seed_match, window_matches

LET7 = "TGAGGTAGTAGGTTGTATAGTT"  # seed 2-8 GAGGTAG; the site of bases 2-8 is CTACCTC


@pytest.mark.parametrize(
    ("site", "site_type", "start", "end"),
    [
        ("GGGGCTACCTCAGGG", "8mer", 4, 12),
        ("GGGGCTACCTCGGGG", "7mer-m8", 4, 11),
        ("GGGGGTACCTCAGGG", "7mer-A1", 5, 12),
        ("GGGGGTACCTCGGGG", "6mer", 5, 11),
        ("GGGGCTACCTAGGGG", "offset-6mer", 4, 10),
        ("GGGGCTGCCTCAGGG", "8mer+GU", 4, 12),  # G opposite base 6, a U
        ("GGGGCTACTTCGGGG", "7mer-m8+GU", 4, 11),
        ("GGGGGTACTTCAGGG", "7mer-A1+GU", 5, 12),
        ("GGGGGTACTTCGGGG", "6mer+GU", 5, 11),
        ("GGGGCTAGCCTCAGGG", "8mer+bulge", 4, 13),
        ("GGGGCTAGCCTCGGGG", "7mer-m8+bulge", 4, 12),
        ("GGGGGGGGGGGGGGGG", "none", 0, 0),
        ("", "none", 0, 0),
        ("GGGGCTANCTCAGGG", "none", 0, 0),
    ],
)
def test_types_by_hand(site, site_type, start, end):
    assert seed_match(LET7, site)[:3] == (site_type, start, end)


def test_the_best_type_counts_and_of_equals_the_one_nearest_to_the_3p_end():
    assert seed_match(LET7, "CTACCTCG" + "GGG" + "CTACCTCA" + "GGG" + "CTACCTCG")[:3] == ("8mer", 11, 19)
    assert seed_match(LET7, "CTACCTCG" + "GGG" + "CTACCTCG").start == 11


def test_n_in_the_mirna_pairs_with_nothing():
    assert seed_match("TGAGNTAG", "CTANCTCA").site_type == NO_TYPE
    # bases 3-8 and 2-7 without base 2
    assert seed_match("TNAGGTAG", "CTACCTNA").site_type == "offset-6mer"
    assert seed_match("TGAGGTA", "CTACCTCA").site_type == "7mer-A1"
    assert seed_match("TGAGG", "CTACCTCA") == SeedMatch(NO_TYPE)


def slow_type(mirna, site):
    """Return the type by pairing base by base at every place."""
    found = {NO_TYPE}

    def pairs(a, b):
        return "WC" if a + b in ("AT", "TA", "CG", "GC") else "GU" if a + b in ("GT", "TG") else "no"

    def match(opposite, first, last, end):
        kinds = [pairs(mirna[base - 1], site[opposite[base]]) for base in range(first, last + 1)]
        return kinds.count("no") == 0 and kinds.count("GU"), end

    for two in range(len(site)):  # the place opposite miRNA base 2
        adenine = two + 1 < len(site) and site[two + 1] == "A"
        for first, last, plain, with_a in ((2, 8, "7mer-m8", "8mer"), (2, 7, "6mer", "7mer-A1")):
            if two - (last - first) < 0:
                continue
            wobbles, _ = match({base: two - (base - 2) for base in range(2, 9)}, first, last, two)
            if wobbles is not False and wobbles <= 1:
                suffix = "+GU" if wobbles else ""
                found.add(plain + suffix)
                if adenine:
                    found.add(with_a + suffix)
        offset = match({base: two - (base - 2) for base in range(2, 9)}, 3, 8, two)[0] if two >= 6 else False
        if offset is not False and offset == 0:
            found.add("offset-6mer")
        for before in range(3, 9):  # a base of the site bulges out between bases before - 1 and before
            opposite = {base: two - (base - 2) - (base >= before) for base in range(2, 9)}
            wobbles = match(opposite, 2, 8, two)[0] if two - 7 >= 0 else False
            if wobbles is not False and wobbles == 0:
                found |= {"7mer-m8+bulge", "8mer+bulge"} if adenine else {"7mer-m8+bulge"}
    # an offset 6mer whose base 2 lies beyond the end of the site
    if site.endswith(reverse_complement(mirna[2:8])):
        found.add("offset-6mer")
    return min(found, key=SITE_TYPES.index)


@given(st.integers(0, 2**32))
def test_types_as_pairing_base_by_base_gives(seed):
    draw = random.Random(seed)
    mirna = "".join(draw.choices("ACGT", k=20))
    core = list(reverse_complement(mirna[:9]))
    for _ in range(draw.randrange(3)):
        at = draw.randrange(len(core))
        core[at : at + draw.randrange(2)] = draw.choice("ACGT")
    flank = "".join(draw.choices("ACGT", k=8))
    site = flank[:4] + "".join(core) + flank[4:]
    assert seed_match(mirna, site).site_type == slow_type(mirna, site)


@pytest.mark.parametrize(("loop", "supplementary"), [(0, True), (4, True), (5, False)])
def test_supplementary_pairing(loop, supplementary):
    # bases 13-16 are TTGT, which ACAA pairs with; four bases lie between them and the seed
    site = "GGGACAA" + "G" * (4 + loop) + "CTACCTCAGG"
    assert seed_match("TGAGGTAGCCCCTTGTCCCCCC", site) == SeedMatch("8mer", 11 + loop, 19 + loop, supplementary)


def test_no_supplementary_pairing_downstream_of_the_seed():
    assert not seed_match("TGAGGTAGCCCCTTGTCCCCCC", "GGCTACCTCAGGGGACAAGGG").supplementary


def test_canonical_types():
    assert CANONICAL == ("8mer", "7mer-m8", "7mer-A1", "6mer", "offset-6mer")


@given(st.text("ACGTN", min_size=3, max_size=22), st.text("ACT", max_size=40), st.integers(8, 30), st.data())
def test_windows_of_a_target_match_as_sites_do(mirna, rest, width, data):
    parts = [reverse_complement(mirna[1:8]) + "A", reverse_complement(mirna[1:7]), "G", rest]
    target = "".join(data.draw(st.lists(st.sampled_from(parts), max_size=8)))
    starts = np.arange(0, max(len(target) - width, 0) + 1, data.draw(st.integers(1, 9)))
    ends = np.minimum(starts + width, len(target))
    types, places = window_matches(mirna, target, starts, ends)
    for start, end, found, place in zip(starts, ends, types, places, strict=True):
        expected = seed_match(mirna, target[start:end])
        assert SITE_TYPES[found] == expected.site_type
        assert place == (-1 if expected.site_type == NO_TYPE else start + expected.start)
