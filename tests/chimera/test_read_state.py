"""Measurements of raw reads, compared with plain Python that looks at one read after the other."""

import math
from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mirtools.chimera.adapters import Adapters
from mirtools.chimera.batches import pack
from mirtools.chimera.common_sequences import COMMON_MIRNAS, KNOWN_ADAPTERS
from mirtools.chimera.mirna_words import NONE, WORD, MirnaWords
from mirtools.chimera.read_state import ReadState, entropies, pattern
from mirtools.chimera.references import References, encode
from mirtools.io.sequences import Read, Reference, reverse_complement

LET7 = "TGAGGTAGTAGGTTGTATAGTT"
MIR21 = "TAGCTTATCAGACTGATGTTGA"
# the reverse complement of the second is a part of the first, as for miR-103a and miR-103b
PALINDROME = "ACGTTGCATTACGGATCCGTAA"


def slow_find(mirnas, read):
    """Return (begin, miRNA) of the first word on a read, and whether it has one of the other strand."""
    words, opposite = {}, set()
    for number, mirna in enumerate(mirnas):
        if WORD <= len(mirna) <= 30:
            for offset in range(len(mirna) - WORD + 1):
                part = mirna[offset : offset + WORD]
                if "N" not in part:
                    words.setdefault(part, (number, offset))
                    opposite.add(reverse_complement(part))
    places = [read[at : at + WORD] for at in range(len(read) - WORD + 1)]
    both = opposite & set(words)
    first = next(
        ((at, *words[part]) for at, part in enumerate(places) if part in words and part not in both), None
    )
    reverse = any(part in opposite and part not in both for part in places)
    return (NONE, -1, reverse) if first is None else (first[0] - first[2], first[1], reverse)


@given(st.data())
def test_words_against_one_read_after_the_other(data):
    mirnas = [
        LET7,
        MIR21,
        LET7[:-4] + "GGTT",
        PALINDROME,
        reverse_complement(PALINDROME[:18]),
        "N" + MIR21[1:],
        "ACGT",
    ]
    some = [LET7, MIR21, PALINDROME, LET7[5:], MIR21[:17], "A", "ACG", "N", "GGGCCC"]
    parts = st.lists(st.sampled_from(some + list(map(reverse_complement, some))), max_size=6).map("".join)
    reads = data.draw(st.lists(parts, max_size=8))
    raw = pack([Read(f"r{number}", read, None) for number, read in enumerate(reads)], "r")
    found = MirnaWords(list(map(encode, mirnas))).find(raw.bases, raw.starts)
    expected = [slow_find(mirnas, read) for read in reads]
    assert list(zip(found.begins.tolist(), found.mirnas.tolist(), found.reverse.tolist(), strict=True)) == expected
    lengths = [len(mirnas[mirna]) if mirna >= 0 else 0 for _, mirna, _ in expected]
    assert found.ends.tolist() == [begin + length for (begin, *_), length in zip(expected, lengths, strict=True)]


def test_no_words():
    for mirnas in ([], ["ACGTACGT"], ["N" * 22], ["A" * 40]):
        found = MirnaWords(list(map(encode, mirnas))).find(encode(LET7), np.array([0, 22]))
        assert (found.begins.tolist(), found.reverse.tolist()) == ([NONE], [False])


def test_counts():
    adapter = KNOWN_ADAPTERS[0].sequence
    umi = ["ACG", "TTA", "GGC", "CAT"]
    reads = [Read(f"r{n}", tag + LET7 + "TT" + adapter + tag, "I" * 50 + "5" * 0) for n, tag in enumerate(umi)]
    reads = [Read(name, bases, "I" * len(bases)) for name, bases, _ in reads]
    reads += [reads[0]._replace(name="copy"), Read("back", reverse_complement(MIR21), "5" * 22)]
    state = ReadState(References.of([Reference("a", "a", LET7), Reference("b", "b", MIR21)]))
    state.measure([pack(reads, "r")], Adapters([]))
    assert (state.reads, state.distinct, state.equal_length) == (6, 5, None)
    assert (state.forward, state.reverse, state.begins, state.tails) == (4, 1, Counter({3: 4}), Counter({2: 4}))
    assert state.adapters == (adapter,)
    assert state.known[adapter] == 5
    assert state.bases[:, :4].sum() == sum(len(read.sequence) for read in reads)
    assert state.tail_bases[2, :2].tolist() == [[0, 0, 0, 4, 0]] * 2
    assert state.after[:4].sum(axis=1).tolist() == [4, 4, 4, 0]
    assert state.facts()["by_cycle"]["quality"][21:23] == [round((5 * 40 + 20) / 6, 3), 40.0]
    assert state.others == {}


def test_names_with_umis():
    def umis(names):
        state = ReadState(References.of([]))
        state.measure([pack([Read(name, LET7, None) for name in names], "r")], Adapters([]))
        return len(state.umis_in_names)

    many = [
        "".join(letters)
        for letters in zip("ACGT" * 16, "AACCGGTT" * 8, "ACGTTGCA" * 8, "CATGGGTA" * 8, strict=True)
    ]
    distinct = [f"{first}{second}" for first in many[:8] for second in many[:8]]
    assert umis([f"r_{word}" for word in distinct]) == 64
    assert umis(["r_ACGTACGT"] * 64) == 0  # a barcode
    assert umis([f"r{number}" for number in range(64)]) == 0
    assert umis([f"r_{word[: 5 + number % 3]}" for number, word in enumerate(distinct)]) == 0


def test_entropies_and_patterns():
    counts = np.array([[5, 5, 5, 5, 0], [20, 0, 0, 0, 0], [10, 10, 0, 0, 9], [0, 0, 0, 0, 7], [17, 1, 1, 1, 0]])
    expected = [2, 0, 1, 0, -(0.85 * math.log2(0.85) + 0.15 * math.log2(0.05))]
    assert np.allclose(entropies(counts), expected)
    assert pattern(counts) == "NANNA"


def test_common_sequences_are_distinct():
    """No probe is in another adapter, and no word of a miRNA of one group in another group."""
    for each in KNOWN_ADAPTERS:
        holders = [other for other in KNOWN_ADAPTERS if each.sequence[: each.probe] in other.sequence]
        assert holders == [each]
    groups: dict[str, set[str]] = {}
    for group, names in COMMON_MIRNAS.items():
        for sequence in names.values():
            for offset in range(len(sequence) - WORD + 1):
                groups.setdefault(sequence[offset : offset + WORD], set()).add(group)
    assert all(len(found) == 1 for found in groups.values())
