"""Motifs of kernels: planted ones come back, and the counting equals a slow scan."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from models import slow_dmiso

from mirtools.interpretation.comparison import Comparison, best_matches
from mirtools.interpretation.complements import complements
from mirtools.interpretation.kernels import (
    KERNEL_COLUMNS,
    KernelMotif,
    KernelSites,
    activations,
    kernel_motifs,
    kernel_rows,
    kmer_numbers,
)
from mirtools.interpretation.motifs import Motif, consensus, information, relative_entropy, reverse_complement
from mirtools.io.encoding import encode, one_hot

LETTERS = "ATCG"
NOTHING = Comparison([], {})
BRANCH = {"mirna": ("mirna_conv", 30), "site": ("site_conv", 60)}


def planted_weights(branch, motifs):
    """Kernels that count the matches with a motif (N has no match); the other kernels are 0."""
    weights = slow_dmiso.random_weights()
    name = BRANCH[branch][0]
    weights[f"{name}.kernel"][:] = 0
    weights[f"{name}.bias"][:] = 0
    for number, motif in enumerate(motifs):
        for position, letter in enumerate(motif):
            if letter != "N":
                weights[f"{name}.kernel"][position, LETTERS.index(letter), number] = 1
    return weights


def random_sequences(random, count, lengths, letters="ACGT"):
    return ["".join(random.choice(list(letters), random.integers(*lengths))) for _ in range(count)]


def slow_motif(weights, branch, kernel, sequences, share):
    """Align the strongest 8-mer of every distinct sequence, one sequence and one position at a time."""
    name, length = BRANCH[branch]
    found = []
    for sequence in dict.fromkeys(sequences):
        codes = encode([sequence], length)[0]
        hot = one_hot(codes).astype(np.float64)
        best = None
        for start in range(length - 7):
            if (codes[start : start + 8] == 4).any():
                continue
            kernel_weights = weights[f"{name}.kernel"][:, :, kernel].astype(np.float64)
            value = (hot[start : start + 8] * kernel_weights).sum() + float(weights[f"{name}.bias"][kernel])
            if best is None or value > best[0] + 1e-12:
                best = value, "".join(LETTERS[code] for code in codes[start : start + 8])
        if best is not None:
            found.append(best)
    largest = max((value for value, _ in found), default=0)
    return [kmer for value, kmer in found if value > 0 and value > share * largest], len(found)


@pytest.mark.parametrize("branch", ["mirna", "site"])
def test_planted_motifs_come_back(branch):
    random = np.random.default_rng(1)
    planted = ["TACCTCAN", "GGGACTTT", "NNACGTNN"]
    background = random_sequences(random, 300, (20, 27))
    sequences = []
    for number, sequence in enumerate(background):
        motif = planted[number % 3].replace("N", "")
        at = random.integers(2, len(sequence) - 8)
        sequences.append(sequence[:at] + motif + sequence[at + len(motif) :])
    sites = KernelSites(planted_weights(branch, planted), branch)
    sites.add(sequences)
    motifs = kernel_motifs(sites, 0.99)
    for motif, kernel in zip(planted, motifs, strict=False):
        assert consensus(kernel.motif.frequencies) == motif
        assert kernel.largest == len(motif.replace("N", ""))
        inside = [at for at, letter in enumerate(motif) if letter != "N"]
        assert np.allclose(information(kernel.motif.frequencies)[inside], 2)
        assert 95 <= kernel.motif.sites <= 130
    for kernel in motifs[3:]:
        assert (kernel.motif, kernel.largest, kernel.kmers, kernel.share) == (None, 0, 0, 0)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("branch", ["mirna", "site"])
def test_counting_equals_a_slow_scan(branch, share):
    random = np.random.default_rng(2)
    weights = slow_dmiso.random_weights(3)
    sequences = random_sequences(random, 60, (4, 75), "ACGTN" if branch == "mirna" else "ACGT")
    sequences += sequences[:20]
    sites = KernelSites(weights, branch)
    sites.add(sequences[:33])
    sites.add(sequences[33:])
    assert sites.sequences == len(set(sequences))
    for kernel in kernel_motifs(sites, share):
        expected, scanned = slow_motif(weights, branch, kernel.number - 1, sequences, share)
        assert sites.scanned == scanned
        assert kernel.motif.sites == len(expected)
        assert kernel.kmers == len(set(expected))
        assert kernel.share == len(expected) / scanned
        counted = [[kmer[at] for kmer in expected] for at in range(8)]
        table = [[column.count(letter) / len(expected) for letter in "ACGT"] for column in counted]
        assert np.allclose(kernel.motif.frequencies, table)


def test_activations_are_those_of_the_convolution():
    weights = slow_dmiso.random_weights(4)
    random = np.random.default_rng(4)
    table = activations(weights, "site")
    for _ in range(50):
        codes = random.integers(0, 4, 8).astype(np.uint8)
        number = int("".join(map(str, codes)), 4)
        convolved = np.einsum("pc,pck->k", one_hot(codes), weights["site_conv.kernel"])
        assert np.allclose(table[:, number], convolved + weights["site_conv.bias"], atol=1e-5)


@given(st.text("ACGTN", max_size=40))
def test_kmer_numbers(sequence):
    numbers, known = kmer_numbers(encode([sequence], 30))
    cropped = "".join("ATCGN"[code] for code in encode([sequence], 30)[0])
    for start in range(23):
        kmer = cropped[start : start + 8]
        assert known[0, start] == ("N" not in kmer)
        expected = 0 if "N" in kmer else int("".join(str(LETTERS.index(letter)) for letter in kmer), 4)
        assert numbers[0, start] == expected


def test_rows_without_and_with_sites():
    sites = KernelSites(planted_weights("mirna", ["ACGTACGT"]), "mirna")
    assert kernel_motifs(sites)[0].motif is None
    sites.add(["NNNNNNNNNN", "ACG"])
    assert (sites.sequences, sites.scanned) == (2, 0)
    sites.add(["ACGTACGT"])
    rows = list(kernel_rows(kernel_motifs(sites), {"mirna": sites.background()}, NOTHING, NOTHING, 10))
    assert [len(row) for row in rows] == [len(KERNEL_COLUMNS)] * 10
    # for a single site, the correction for small samples leaves no information
    assert rows[0][:9] == ["mirna_kernel_1", "mirna", "0", "8", "1", "1", "1.0000", "ACGTACGT", "0.0000"]
    assert rows[0][10:] == ["."] * 7
    assert rows[1] == ["mirna_kernel_2", "mirna", "0", "0", "0", "0", "0.0000", *["."] * 10]


def test_information():
    table = np.array([[1, 0, 0, 0], [0.5, 0.5, 0, 0], [0.25] * 4])
    assert np.allclose(information(table), [2, 1, 0])
    # 3 / (2 ln 2 sites) bits are subtracted
    assert np.allclose(information(table, 100), [2 - 0.0216404, 1 - 0.0216404, 0], atol=1e-6)
    assert np.allclose(relative_entropy(table, np.array([0.5, 0.25, 0.125, 0.125])), [1, 0.5, 0.25])
    assert np.allclose(relative_entropy(table, np.full(4, 0.25)), information(table))


@settings(max_examples=50)
@given(st.lists(st.lists(st.floats(0.01, 1), min_size=4, max_size=4), min_size=1, max_size=9))
def test_reverse_complement_is_its_own_inverse(rows):
    table = np.array(rows)
    table /= table.sum(1, keepdims=True)
    assert np.array_equal(reverse_complement(reverse_complement(table)), table)
    assert np.allclose(information(reverse_complement(table)), information(table)[::-1])


def test_consensus():
    table = np.array([[0.9, 0.1, 0, 0], [0, 0.5, 0, 0.5], [0.4, 0, 0.36, 0.24], [0.4, 0.3, 0.3, 0]])
    assert consensus(table) == "AYRN"
    assert consensus(reverse_complement(table)) == "NYRT"


def test_kernels_that_pair_are_found():
    random = np.random.default_rng(8)
    tables = random.dirichlet([0.3] * 4, (20, 8))
    # the third site kernel is the seventh miRNA kernel's reverse complement, one base further
    tables[12, :7] = reverse_complement(tables[6])[1:]
    kernels = [
        KernelMotif(branch, at, 0.0, 1.0, 9, 0.5, Motif(f"{branch}_kernel_{at}", table, 99))
        for (branch, at), table in zip(
            [(b, n) for b in ("mirna", "site") for n in range(1, 11)], tables, strict=True
        )
    ]
    kernels.append(KernelMotif("site", 11, 0.0, 0.0, 0, 0.0, None))
    found = complements(kernels)
    best = best_matches(found.matches, 0.05)
    assert best["mirna_kernel_7"].target.name == "site_kernel_3"
    assert best["site_kernel_3"].target.name == "mirna_kernel_7"
    assert found.controls["mirna_kernel_7"].p_value <= 0.05
    rows = list(kernel_rows(kernels, dict.fromkeys(("mirna", "site"), np.full(4, 0.25)), NOTHING, found, 10))
    assert rows[6][KERNEL_COLUMNS.index("complement")] == "site_kernel_3"
    assert rows[20][-3:] == [".", ".", "."]
    assert complements(kernels[20:]) == NOTHING
