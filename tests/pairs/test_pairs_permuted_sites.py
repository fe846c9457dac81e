"""The strategy frequency-matched: what a permutation must keep, and what it must not make."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirtools.pairs.repairing import permute_sites
from mirtools.pairs.table import Pair

MIRNAS = {
    "let-7a": "TGAGGTAGTAGGTTGTATAGTT",
    "let-7b": "TGAGGTAGTAGGTTGTGTGGTT",  # same seed
    "miR-16": "TAGCAGCACGTAAATATTGGCG",
    "miR-21": "TAGCTTATCAGACTGATGTTGA",
    "miR-92a": "TATTGCACTTGTCCCGGCCTGT",
}
GENOME = "".join(random.Random(7).choices("ACGT", k=300_000))


def kmers(site):
    return {site[i : i + 20] for i in range(len(site) - 19)}


def breaks_a_rule(pair, site, positives):
    """Compare with every positive, letter by letter."""
    own = [
        other.site for other in positives if other.mirna_id == pair.mirna_id or other.mirna[1:8] == pair.mirna[1:8]
    ]
    return any(other == site or kmers(other) & kmers(site) for other in own)


@st.composite
def pair_sets(draw):
    rows = st.tuples(st.sampled_from(sorted(MIRNAS)), st.integers(0, 400), st.integers(15, 45))
    return [
        Pair(MIRNAS[name], GENOME[start : start + size], name)
        for name, start, size in draw(st.lists(rows, max_size=25))
    ]


@settings(deadline=None)
@given(pair_sets(), st.integers(1, 3), st.integers(0, 5), pair_sets())
def test_every_negative_keeps_the_rules(pairs, ratio, seed, avoid):
    partners = permute_sites(pairs, ratio, seed, avoid)
    assert partners == permute_sites(pairs, ratio, seed, avoid)
    assert len(partners) == len(pairs)
    used = Counter()
    made = Counter()
    for pair, others in zip(pairs, partners, strict=True):
        assert len(others) <= ratio
        for other in others:
            site = pairs[other].site
            assert not breaks_a_rule(pair, site, [*pairs, *avoid])
            used[other] += 1
            made[pair.mirna, site] += 1
    assert max(used.values(), default=0) <= ratio
    assert max(made.values(), default=0) <= 1


def many(shares, count, seed=1, mirnas=MIRNAS, genome=GENOME):
    rng = random.Random(seed)
    names = rng.choices(sorted(mirnas), weights=shares, k=count)
    starts = [rng.randrange(len(genome) - 100) for _ in names]
    return [
        Pair(mirnas[name], genome[start : start + rng.randint(40, 60)], name)
        for name, start in zip(names, starts, strict=True)
    ]


@pytest.mark.parametrize("ratio", [1, 2])
def test_each_mirna_and_each_site_as_often_as_before(ratio):
    rng = random.Random(2)
    mirnas = MIRNAS | {f"miR-{number}": "".join(rng.choices("ACGT", k=22)) for number in range(1000, 1020)}
    pairs = many([10, 10, *[3] * 10, *[1] * 13], 1000, mirnas=mirnas)
    partners = permute_sites(pairs, ratio, 1)
    assert all(len(others) == ratio for others in partners)
    assert Counter(other for others in partners for other in others) == dict.fromkeys(range(1000), ratio)
    same_length = sum(
        len(pairs[other].site) == len(pair.site)
        for pair, others in zip(pairs, partners, strict=True)
        for other in others
    )
    assert same_length > 0.9 * 1000 * ratio


def test_a_mirna_with_most_of_the_sites_stays_short_of_partners():
    pairs = many([0, 0, 50, 300, 50], 400)
    partners = permute_sites(pairs, 1, 1)
    common = [others for pair, others in zip(pairs, partners, strict=True) if pair.mirna_id == "miR-21"]
    others = len(pairs) - len(common)
    # every site of another miRNA serves the common one, and none of its own does
    assert sum(map(len, common)) <= others
    assert sum(map(len, common)) > 0.5 * others


def test_seed_and_missing_names():
    pairs = many([1, 1, 1, 1, 1], 200)
    assert permute_sites(pairs, 1, 1) != permute_sites(pairs, 1, 2)
    unnamed = [pair._replace(mirna_id=".") for pair in pairs]
    assert permute_sites(unnamed, 1, 1) == permute_sites(pairs, 1, 1)
    assert permute_sites([], 1, 1) == []
    assert permute_sites(pairs[:1], 2, 1) == [[]]


@pytest.mark.parametrize("shares", [[1, 1, 3, 3, 3], [0, 0, 6, 2, 2]])
def test_most_of_many_pairs_find_partners(shares):
    # 100,000 of them, and how long they take: benchmarks/negatives_speed.py
    pairs = many(shares, 5000, seed=3, genome="".join(random.Random(3).choices("ACGT", k=1_500_000)))
    met = sum(map(len, permute_sites(pairs, 1, 1)))
    # A site that overlaps positives of all five miRNAs has no partner. Where one miRNA holds 60 % of the sites,
    # the 40 % of the others are all that it can get: 80 % in all.
    assert met > (4990 if shares[2] == 3 else 3500)
