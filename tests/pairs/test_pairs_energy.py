"""Cofold energies, and what the sampler may assume about them."""

import itertools
import random

import pytest
import RNA

from mirtools.computing.processes import CHUNK, in_order
from mirtools.pairs import energy
from mirtools.pairs.energy import cofold_energies, cofold_energy, duplex_energies


def sequences(count, length, seed):
    rng = random.Random(seed)
    return ["".join(rng.choices("ACGT", k=length)) for _ in range(count)]


def test_is_rnacofold_with_u():
    mirna, site = "TGAGGTAGTAGGTTGTATAGTT", "AACTATACAACCTACTACCTCA"
    assert cofold_energy(mirna, site) == pytest.approx(
        RNA.cofold(f"{mirna}&{site}".replace("T", "U"))[1], abs=0.005
    )
    assert cofold_energy(mirna, site) < -30
    assert str(cofold_energy("AAAA", "AAAA")) == "0.0"
    assert cofold_energy(mirna, "N" * 40) == 0


def test_is_rnacofold_for_pairs_of_every_kind():
    rng = random.Random(3)
    pairs = [
        (
            "".join(rng.choices("ACGT", k=rng.randint(6, 27))),
            "".join(rng.choices("ACGTN"[:size], k=rng.randint(5, 75))),
        )
        for size in (2, 4, 4, 4, 5)
        for _ in range(60)
    ]
    # strands that fold alone, or with nothing
    pairs += [("GGGGCCCC", "A" * 20), ("A" * 20, "GGGGGGCCCAAAGGGCCCCCC"), ("AAAA", "AAAA"), ("N", "ACGT")]
    pairs += pairs[:5]
    expected = [RNA.cofold(f"{mirna}&{site}".replace("T", "U"))[1] for mirna, site in pairs]
    assert [cofold_energy(*pair) for pair in pairs] == pytest.approx(expected, abs=0.0051)
    for threads in (1, 2):
        assert list(cofold_energies(iter(pairs), threads)) == pytest.approx(expected, abs=0.0051)
    assert list(cofold_energies([], 1)) == []
    duplexes = duplex_energies(pairs, 1)
    assert all(duplex >= energy - 0.0051 for duplex, energy in zip(duplexes, expected, strict=True))


@pytest.mark.parametrize("letters", ["ACGU", "ACGT", "ACGTN", "GCU", "GU", "AUG"])
def test_duplexes_are_those_of_duplexfold(letters):
    """Strands of 1 to 80 bases, with loops of all lengths; N; strands that cannot pair."""
    rng = random.Random(letters)
    pairs = [
        (
            "".join(rng.choices(letters, k=rng.choice((1, 2, 5, 22, 22, 22, 45)))),
            "".join(rng.choices(letters, k=length)),
        )
        for length in [*range(1, 81)] * 5
    ]
    # two helices with a loop of any size between them
    for first, second in itertools.product(range(17), repeat=2):
        loops = "".join(rng.choices("AC", k=first)), "".join(rng.choices("AC", k=second))
        pairs.append((f"GGUG{loops[0]}GUGG", f"CCAC{loops[1]}CACC"))
    pairs += [("AAAA", "AAAA"), ("N", "ACGU"), ("A", "U"), ("C", "G")]
    expected = [RNA.duplexfold(*(strand.replace("T", "U") for strand in pair)).energy for pair in pairs]
    for threads in (1, 2):
        assert [f"{found:.2f}" for found in duplex_energies(pairs, threads)] == [
            f"{each:.2f}" for each in expected
        ]


def test_duplexes_of_many_chunks_keep_their_order(monkeypatch):
    monkeypatch.setattr(energy, "_CHUNK", 3)
    pairs = list(zip(sequences(50, 22, 5), sequences(50, 50, 6), strict=True))
    expected = [found for pair in pairs for found in duplex_energies([pair], 1)]
    assert list(duplex_energies(iter(pairs), 2)) == expected
    assert len(set(expected)) > 30
    assert list(duplex_energies([], 2)) == []


def test_cofold_is_never_above_the_duplex_or_the_folds_apart():
    # The fact that would allow a cheap yes (never a cheap no: cofold may lie below the sum of all three).
    for mirna, site in zip(sequences(150, 22, 1), sequences(150, 45, 2), strict=True):
        rna = mirna.replace("T", "U"), site.replace("T", "U")
        apart = RNA.fold(rna[0])[1] + RNA.fold(rna[1])[1]
        assert cofold_energy(mirna, site) <= min(RNA.duplexfold(*rna).energy, apart) + 0.011


def test_parallel_keeps_order_and_reads_little_ahead():
    read = []

    def tasks():
        for number in range(20 * CHUNK):
            read.append(number)
            yield -number

    results = in_order(abs, tasks(), 2)
    assert next(results) == 0
    assert len(read) <= 7 * CHUNK
    assert list(results) == list(range(1, 20 * CHUNK))
    assert list(in_order(abs, [-1, -2], 1)) == [1, 2]
