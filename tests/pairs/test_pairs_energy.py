"""Cofold energies, and what the sampler may assume about them."""

import random

import pytest
import RNA

from mirtools.computing.processes import CHUNK, in_order
from mirtools.pairs.energy import cofold_energies, cofold_energy, duplex_energy


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
    assert all(
        duplex_energy(*pair) >= energy - 0.0051 for pair, energy in zip(pairs[:300], expected, strict=False)
    )


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
