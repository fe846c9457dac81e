"""Splits: whole groups, no seed, name, place or 20-mer on both sides."""

import dataclasses
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirtools.errors import InputError
from mirtools.pairs.grouping import (
    GROUPINGS,
    NO_WORD,
    SHARED_BASES,
    folds,
    group_pairs,
    half_of_groups,
    hold_out,
    numbered,
    site_groups,
    words,
)
from mirtools.pairs.table import LabelledPairs

BASES = np.array(list("ACGT"))


def pairs_of(rows):
    """Rows of mirna_id, mirna_seq, target_id, site_seq."""
    mirna_ids, mirnas, target_ids, sites = (list(column) for column in zip(*rows, strict=True))
    labels = np.arange(len(rows)).astype(np.uint8) % 2
    return LabelledPairs(mirnas, sites, labels, mirna_ids, target_ids)


def sequence(chance, length):
    return "".join(chance.choice(BASES, length))


def test_isomirs_stay_together():
    site = "ACGTACGTAC"
    pairs = pairs_of(
        [
            ("miR-1", "TGGAATGTAAAGAAGTATGTAT", ".", site),
            ("miR-1", "GGAATGTAAAGAAGTATGTAT", ".", site),  # 5' shorter: another seed, the same name
            (".", "AGGAATGTCCCC", ".", site),  # no name, the seed of the first
            ("miR-206", "TGGAATGTAAGGAAGTGTGTGG", ".", site),  # the family
            (".", "TTTTTTTTTTTT", ".", site),
        ]
    )
    groups = group_pairs(pairs, "family")
    assert len(set(groups[:4])) == 1
    assert groups[4] != groups[0]
    by_name = group_pairs(pairs, "mirna")
    assert by_name[0] == by_name[1]
    assert len(set(by_name)) == 4
    joined = group_pairs(pairs, "family", {"miR-206": "miR-1", "miR-1": "miR-1"})
    assert len(set(joined)) == 2


def test_families_join_other_seeds():
    site = "ACGTACGTAC"
    pairs = pairs_of([("a", "A" * 20, ".", site), ("b", "C" * 20, ".", site), ("c", "G" * 20, ".", site)])
    assert len(set(group_pairs(pairs, "family"))) == 3
    groups = group_pairs(pairs, "family", {"a": "f", "b": "f", "z": "g"})
    assert groups[0] == groups[1] != groups[2]


def test_equal_sequences_of_other_names_stay_together():
    pairs = pairs_of([("a", "A" * 20, ".", "ACGT"), ("b", "A" * 20, ".", "CCCC"), (".", "C" * 20, ".", "CCCC")])
    groups = group_pairs(pairs, "mirna")
    assert groups[0] == groups[1] != groups[2]


def test_places_on_the_target():
    chance = np.random.default_rng(1)
    rows = [(".", "A" * 20, name, sequence(chance, 30)) for name in ("t", "t", "t", "t", "u", ".", "t")]
    spans = np.array([[10, 40], [39, 69], [69, 99], [0, 5], [10, 40], [10, 40], [-1, -1]])
    pairs = dataclasses.replace(pairs_of(rows), spans=spans)
    groups = group_pairs(pairs, "locus")
    assert groups[0] == groups[1]
    assert len(set(groups)) == 6
    # a short site inside a long one does not end it
    spans = np.array([[0, 100], [10, 20], [90, 120], [120, 130], [0, 1], [0, 1], [0, 1]])
    groups = group_pairs(dataclasses.replace(pairs, spans=spans), "locus")
    assert groups[0] == groups[1] == groups[2] == groups[6] != groups[3]
    assert len(set(group_pairs(pairs, "target"))) == 3


def test_half_of_the_groups():
    groups = np.array([0] * 90 + [1] * 5 + [2] * 3 + [3] * 2 + [4])
    held = half_of_groups(groups, 1)
    assert len(set(groups[held])) == 2
    assert not set(groups[held]) & set(groups[~held])
    assert (held == half_of_groups(groups, 1)).all()
    assert any((held != half_of_groups(groups, seed)).any() for seed in range(2, 9))
    with pytest.raises(InputError, match="all pairs are of one group"):
        half_of_groups(np.zeros(5, np.intp), 1)


def test_overlapping_sites_stay_together():
    chance = np.random.default_rng(1)
    locus, other = sequence(chance, 100), sequence(chance, 60)
    rows = [
        (".", "A" * 20, ".", locus[:60]),
        (".", "C" * 20, ".", locus[40:]),  # 20 shared bases
        (".", "G" * 20, "T1", locus[41:]),
        (".", "G" * 20, "T1", other),  # no shared bases, the same transcript
        (".", "G" * 20, ".", locus[:20] + "N"),
        (".", "T" * 20, ".", sequence(chance, 60)),
        (".", "T" * 20, ".", "ACGT"),
        (".", "G" * 20, ".", "ACGT"),
    ]
    groups = group_pairs(pairs_of(rows), "target")
    assert len(set(groups[:5])) == 1
    assert groups[5] != groups[0]
    assert groups[6] == groups[7] != groups[0]
    apart = group_pairs(pairs_of([rows[0], (".", "C" * 20, ".", locus[41:])]), "target")
    assert apart[0] != apart[1]


def test_pair_cluster_needs_both():
    rows = [("m", "A" * 20, "t", "ACGT"), ("m", "A" * 20, "t", "AAAA"), ("m", "A" * 20, "u", "CCCC")]
    rows.append(("k", "C" * 20, "t", "ACGT"))
    groups = group_pairs(pairs_of(rows), "pair-cluster")
    assert groups[0] == groups[1]
    assert len(set(groups)) == 3


def slow_target_groups(pairs):
    """Union by comparing every two pairs."""
    groups = list(range(len(pairs)))

    def words(site):
        return {site[i : i + SHARED_BASES] for i in range(len(site) - SHARED_BASES + 1)}

    for i in range(len(pairs)):
        for j in range(i):
            same = pairs.target_ids[i] == pairs.target_ids[j] != "."
            shared = {word for word in words(pairs.sites[i]) & words(pairs.sites[j]) if "N" not in word}
            if same or pairs.sites[i] == pairs.sites[j] or shared:
                old, new = groups[i], groups[j]
                groups = [new if group == old else group for group in groups]
    return groups


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_target_groups_equal_brute_force(seed):
    chance = np.random.default_rng(seed)
    genome = sequence(chance, 300)
    rows = []
    for _ in range(25):
        start, length = int(chance.integers(0, 280)), int(chance.integers(5, 61))
        site = genome[start : start + length]
        if chance.random() < 0.3:
            site = site[:10] + "N" + site[11:]
        name = f"t{chance.integers(0, 12)}" if chance.random() < 0.3 else "."
        rows.append((".", "A" * 20, name, site))
    pairs = pairs_of(rows)
    fast, slow = group_pairs(pairs, "target"), slow_target_groups(pairs)
    same_fast = fast[:, None] == fast[None]
    same_slow = np.array(slow)[:, None] == np.array(slow)[None]
    assert (same_fast == same_slow).all()


@pytest.mark.parametrize("grouping", GROUPINGS)
def test_parts_are_whole_groups_of_about_the_size_asked_for(grouping):
    chance = np.random.default_rng(3)
    rows = [
        (f"m{chance.integers(0, 60)}", sequence(chance, 20), f"t{chance.integers(0, 80)}", sequence(chance, 30))
        for _ in range(600)
    ]
    groups = group_pairs(pairs_of(rows), grouping)
    held = hold_out(groups, 0.2, 1)
    assert not set(groups[held]) & set(groups[~held])
    assert 0.17 < held.mean() <= 0.22
    assert (held == hold_out(groups, 0.2, 1)).all()
    assert (held != hold_out(groups, 0.2, 2)).any()
    parts = folds(groups, 4, 1)
    for part in range(4):
        assert not set(groups[parts == part]) & set(groups[parts != part])
        assert 0.2 < (parts == part).mean() < 0.3


def test_one_group_cannot_be_divided():
    groups = np.zeros(50, np.intp)
    with pytest.raises(InputError, match="no group of related pairs is small enough"):
        hold_out(groups, 0.2, 1)
    with pytest.raises(InputError, match="cannot fill 3 folds"):
        folds(groups, 3, 1)


def test_sites_that_share_twenty_bases_are_one_place():
    rng = random.Random(4)
    genome = "".join(rng.choices("ACGT", k=400))
    sites = [genome[0:50], genome[30:80], genome[61:111], genome[92:140], genome[0:50], "N" * 50, "ACGT", "ACGT"]
    groups = site_groups(sites).tolist()
    assert groups[0] == groups[1] == groups[4]  # 20 bases
    assert len({groups[0], groups[2], groups[3], groups[5], groups[6]}) == 5  # 19 bases, N, too short
    assert groups[6] == groups[7]
    assert site_groups([]).tolist() == []


def test_numbers_of_names():
    assert numbered(["b", "a", "b"]).tolist() == [0, 1, 0]
    assert numbered(["b", ".", "a"], missing=".").tolist() == [0, -1, 1]


@pytest.mark.parametrize("alphabet", ["ATCG", "ACDEFGHIKLMNPQRSTVWY"])
def test_words_are_equal_where_letters_are(alphabet):
    rng = random.Random(1)
    sequence = "".join(rng.choices(alphabet + "X", [9] * len(alphabet) + [1], k=400)) * 2
    found = words(sequence, alphabet)
    pieces = [sequence[start : start + SHARED_BASES] for start in range(len(sequence) - SHARED_BASES + 1)]
    assert [number == NO_WORD for number in found] == ["X" in piece for piece in pieces]
    assert len(set(found[found != NO_WORD].tolist())) == len({piece for piece in pieces if "X" not in piece})
