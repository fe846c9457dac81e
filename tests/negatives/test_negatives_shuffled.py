"""Shuffles: dinucleotide counts stay, and every possible order is equally likely."""

import random
from collections import Counter
from itertools import pairwise, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirtools.negatives.shuffled import shuffle_dinucleotides, shuffle_sites
from mirtools.pairs.table import Pair

LET7 = "TGAGGTAGTAGGTTGTATAGTT"


def dinucleotides(sequence):
    return Counter(pairwise(sequence))


@settings(deadline=None)
@given(st.text("ACGTN", max_size=80), st.randoms())
def test_dinucleotides_length_and_ends_stay(sequence, rng):
    shuffled = shuffle_dinucleotides(sequence, rng)
    assert dinucleotides(shuffled) == dinucleotides(sequence)
    assert len(shuffled) == len(sequence)
    assert (shuffled[:1], shuffled[-1:]) == (sequence[:1], sequence[-1:])


@pytest.mark.parametrize("sequence", ["AACAGA", "ACGACTA", "ACATACA", "CAGTCAGC", "AACCAACA", "GATTACAG"])
def test_every_order_is_drawn_equally_often(sequence):
    possible = {
        "".join(order) for order in permutations(sequence) if dinucleotides(order) == dinucleotides(sequence)
    }
    assert len(possible) > 1
    rng = random.Random(1)
    count = 400 * len(possible)
    drawn = Counter(shuffle_dinucleotides(sequence, rng) for _ in range(count))
    assert set(drawn) == possible
    chi_square = sum((drawn[order] - 400) ** 2 / 400 for order in possible)
    freedom = len(possible) - 1
    # five standard deviations of chi-square
    assert chi_square < freedom + 5 * (2 * freedom) ** 0.5


def test_sites_differ_from_all_positives_of_the_mirna():
    rng = random.Random(3)
    pairs = [Pair(LET7, "".join(rng.choices("ACGT", k=rng.randint(25, 50))), "let-7") for _ in range(40)]
    made = shuffle_sites(pairs, 3, 1)
    assert made == shuffle_sites(pairs, 3, 1)
    assert made != shuffle_sites(pairs, 3, 2)
    bound = {pair.site[i : i + 20] for pair in pairs for i in range(len(pair.site) - 19)}
    for pair, sites in zip(pairs, made, strict=True):
        assert len(set(sites)) == 3
        assert all(dinucleotides(site) == dinucleotides(pair.site) for site in sites)
        assert not any(site[i : i + 20] in bound for site in sites for i in range(len(site) - 19))


def test_a_site_of_one_order_has_no_negative():
    assert shuffle_sites([Pair(LET7, "A" * 30, "m"), Pair(LET7, "ACG", "m")], 1, 1) == [[], []]
    # two orders in all, the positive's own among them
    assert shuffle_sites([Pair(LET7, "AACA", "m")], 2, 1) == [["ACAA"]]
    assert shuffle_sites([Pair(LET7, "AACA", "m")], 1, 1, [Pair(LET7, "ACAA", "m")]) == [[]]
