"""The strategy random-mirna: another family, any miRNA equally likely, lengths kept."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirtools.errors import InputError
from mirtools.pairs.grouping import read_families
from mirtools.pairs.repairing import draw_mirnas
from mirtools.pairs.table import Pair

MIRNAS = {
    "let-7a": "TGAGGTAGTAGGTTGTATAGTT",
    "let-7b": "TGAGGTAGTAGGTTGTGTGGT",  # same seed
    "miR-16": "TAGCAGCACGTAAATATTGGCG",
    "miR-21": "TAGCTTATCAGACTGATGTTGA",
    "miR-92a": "TATTGCACTTGTCCCGGCCTGTA",
}
FAMILIES = {"miR-16": "x", "miR-21": "x"}
GENOME = "".join(random.Random(7).choices("ACGT", k=3000))

rows = st.tuples(st.sampled_from(sorted(MIRNAS)), st.integers(0, 400), st.integers(15, 45), st.integers(0, 2))
pair_sets = st.lists(rows, max_size=25).map(
    lambda drawn: [
        Pair(MIRNAS[name][: len(MIRNAS[name]) - cut], GENOME[start : start + size], name)
        for name, start, size, cut in drawn
    ]
)


def kmers(site):
    return {site[i : i + 20] for i in range(len(site) - 19)}


@settings(deadline=None)
@given(pair_sets, st.integers(1, 3), st.integers(0, 5), pair_sets, st.booleans())
def test_every_negative_keeps_the_rules(pairs, ratio, seed, avoid, with_families):
    families = FAMILIES if with_families else {}
    drawn = draw_mirnas(pairs, ratio, seed, avoid, families)
    assert drawn == draw_mirnas(pairs, ratio, seed, avoid, families)
    made = Counter()
    for pair, others in zip(pairs, drawn, strict=True):
        assert len(others) <= ratio
        for number in others:
            new = pairs[number]
            assert new.mirna_id != pair.mirna_id
            assert new.mirna[1:8] != pair.mirna[1:8]
            assert families.get(new.mirna_id, new.mirna_id) != families.get(pair.mirna_id, pair.mirna_id)
            for other in (*pairs, *avoid):
                if other.mirna_id == new.mirna_id or other.mirna[1:8] == new.mirna[1:8]:
                    assert other.site != pair.site
                    assert not kmers(other.site) & kmers(pair.site)
            made[new.mirna, pair.site] += 1
    assert max(made.values(), default=0) <= 1


def test_rare_mirnas_are_as_likely_as_common_ones_and_lengths_stay():
    rng = random.Random(2)
    mirnas = {f"miR-{i}": "".join(rng.choices("ACGT", k=20 + i % 3)) for i in range(30)}
    names = rng.choices(sorted(mirnas), weights=range(1, 31), k=6000)
    sites = ["".join(rng.choices("ACGT", k=40)) for _ in names]
    pairs = [Pair(mirnas[name], site, name) for name, site in zip(names, sites, strict=True)]
    drawn = draw_mirnas(pairs, 1, 1)
    assert all(len(others) == 1 for others in drawn)
    assert all(len(pairs[other[0]].mirna) == len(pair.mirna) for pair, other in zip(pairs, drawn, strict=True))
    for length in (20, 21, 22):
        positives = Counter(pair.mirna_id for pair in pairs if len(pair.mirna) == length)
        total = sum(positives.values())
        # each of ten is the partner of the nine others, and equally often of each
        expected = {name: (total - count) / 9 for name, count in positives.items()}
        negatives = Counter(pairs[other[0]].mirna_id for other in drawn if len(pairs[other[0]].mirna) == length)
        assert all(abs(negatives[name] - expected[name]) < 5 * expected[name] ** 0.5 for name in positives)


def test_families(tmp_path):
    path = tmp_path / "f.tsv"
    path.write_text("miR-16\tx\tmore\n\nmiR-21\tx\n")
    assert read_families(str(path)) == FAMILIES
    path.write_text("miR-16\tx\nmiR-21 x\n")
    with pytest.raises(InputError, match=r"f\.tsv:2: has one column; give miRNA and family"):
        read_families(str(path))
    pairs = [
        Pair(MIRNAS[name], GENOME[at * 50 : at * 50 + 40], name) for at, name in enumerate(("miR-16", "miR-21"))
    ]
    assert draw_mirnas(pairs, 1, 1) == [[1], [0]]
    assert draw_mirnas(pairs, 1, 1, families=FAMILIES) == [[], []]
