"""The positive sites, and the 20-mers that they share with others."""

import random

from hypothesis import given
from hypothesis import strategies as st

from mirtools.pairs.bound import PositiveSites, SharedWords
from mirtools.pairs.grouping import SHARED_BASES, words

piece = st.text("ACGTN", max_size=12)


def kmers(sequence):
    return [sequence[i : i + SHARED_BASES] for i in range(len(sequence) - SHARED_BASES + 1)]


@given(st.lists(st.tuples(piece, st.integers(0, 30), st.integers(0, 50), piece), max_size=8), st.randoms())
def test_shared_words_equal_strings(parts, rng):
    genome = "".join(random.Random(5).choices("ACGTN", weights=[9, 9, 9, 9, 1], k=80))
    made = [left + genome[start : start + size] + right for left, start, size, right in parts]
    known = SharedWords()
    of_mirna = {"a": set(), "b": set()}
    for number, site in enumerate(made):
        key = rng.choice("ab")
        known.add(key, words(site))
        of_mirna[key].update(word for word in kmers(site) if "N" not in word)
        for name in "abc":  # asked while sites are still coming in
            query = made[number // 2]
            expected = [word in of_mirna.get(name, ()) for word in kmers(query)]
            assert known.shared(name, words(query)).tolist() == expected


def test_words_of_short_and_unknown_sequences():
    assert words("ACGT" * 4).shape == (0,)
    assert words("").shape == (0,)
    assert (words("N" * 25) == -1).all()
    assert words("A" * 21).tolist() == [0, 0]


def test_sites_of_a_mirna_on_a_transcript():
    known = PositiveSites()
    known.add("m", "T", 5, 30, "A" * 25)
    known.add("m", "T", 50, 70, "C" * 20)
    known.add("m", "U", 1, 2, "A")
    assert known.on("m", "T") == [(5, 30), (50, 70)]
    assert known.on("other", "T") == []
