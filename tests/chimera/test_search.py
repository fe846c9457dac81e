"""The kernels of the native engine compared with slow implementations."""

import random

import numpy as np
import pytest
import slow_search
from hypothesis import given, settings
from hypothesis import strategies as st

from mirtools.chimera import search
from mirtools.chimera.dust import mask_low_complexity
from mirtools.chimera.kmers import KmerIndex
from mirtools.chimera.packed import changed_bases, leading_zeros, pack, trailing_zeros
from mirtools.chimera.references import References, encode
from mirtools.io.sequences import Reference


def index_of(*sequences):
    return KmerIndex.of(References.of([Reference(str(n), str(n), text) for n, text in enumerate(sequences)]))


def find(index, reads, k, least, seedable=None):
    bases = encode("".join(reads))
    starts = np.cumsum([0, *map(len, reads)])
    if seedable is None:
        seedable = np.ones(len(bases), np.bool_)
    references = index.references
    return search.find_alignments(
        bases,
        starts,
        np.arange(len(reads)),
        seedable,
        references.codes,
        index.packed,
        references.starts,
        index.table,
        index.positions,
        index.k,
        k,
        np.array([least], np.int32),
    )


def related(rng, read_length):
    """Return a read and references that share parts, with changed bases, Ns and repeats."""
    references = ["".join(rng.choices("ACGTN", (9, 9, 9, 9, 0.4), k=rng.randrange(8, 90))) for _ in range(4)]
    read = ""
    while len(read) < read_length:
        source = rng.choice(references)
        start = rng.randrange(len(source))
        piece = [base if rng.random() > 0.06 else rng.choice("ACGTN") for base in source[start : start + 25]]
        read += "".join(piece)
    return read[:read_length], references


@pytest.mark.parametrize("k", [4, 7, 8])
def test_ungapped_alignments_equal_the_slow_ones(k, monkeypatch):
    # scores below the trigger: no gaps
    rng = random.Random(k)
    least = 9
    checked = 0
    for _ in range(300):
        read, references = related(rng, rng.randrange(5, 60))
        found = find(index_of(*references), [read], k, least)
        for row in found.tolist():
            score = row[search.SCORE]
            slow = slow_search.ungapped_alignments(read, references[row[1]], k, least, 12)
            if score < 13:
                assert (*row[2:6], score) in slow
                checked += 1
            assert score <= slow_search.best_gapped_score(read, references[row[1]])
        for subject, reference in enumerate(references):
            slow = slow_search.ungapped_alignments(read, reference, k, least, 12)
            if slow:
                best = max(alignment[-1] for alignment in slow)
                ours = [row[search.SCORE] for row in found.tolist() if row[1] == subject]
                # the first test covers three mismatches on either side of a seed
                assert ours
                assert max(ours) >= best
    assert checked > 100


def test_every_row_has_the_score_of_its_bases():
    rng = random.Random(1)
    for _ in range(200):
        read, references = related(rng, 70)
        for row in find(index_of(*references), [read], 7, 12).tolist():
            _, subject, start, end, ref_start, ref_end, score = row
            part, reference = read[start:end], references[subject][ref_start:ref_end]
            if len(part) == len(reference):
                plain = sum(1 if slow_search.same(a, b) else -3 for a, b in zip(part, reference, strict=True))
                assert plain <= score
                if score < 13:
                    assert plain == score


@pytest.mark.parametrize("gap", [-3, -2, -1, 1, 2, 3])
def test_gaps_are_found(gap):
    rng = random.Random(gap)
    reference = "".join(rng.choices("ACGT", k=60))
    read = (
        reference[5:30]
        + ("" if gap < 0 else "".join(rng.choices("ACGT", k=gap)))
        + reference[30 + max(-gap, 0) : 55]
    )
    ((_, _, start, end, ref_start, ref_end, score),) = find(index_of(reference), [read], 8, 17).tolist()
    assert (start, end) == (0, len(read))
    assert (ref_start, ref_end) == (5, 55)
    assert score == slow_search.best_gapped_score(read, reference)


def test_gapped_scores_equal_the_full_programme():
    rng = random.Random(8)
    for _ in range(300):
        reference = "".join(rng.choices("ACGT", k=80))
        cut = rng.randrange(20, 60)
        gap = rng.randrange(1, 4)
        read = reference[cut - 18 : cut] + reference[cut + gap : cut + gap + 18]
        if rng.random() < 0.5:
            read = reference[cut - 18 : cut] + "".join(rng.choices("ACGT", k=gap)) + reference[cut : cut + 18]
        best = slow_search.best_gapped_score(read, reference)
        found = find(index_of(reference), [read], 8, 13).tolist()
        assert max(row[search.SCORE] for row in found) == best


def test_a_gap_is_tried_where_changed_bases_hide_that_it_wins():
    """Without the gap the alignment includes a mismatch and six matches, and excludes six bases."""
    read, reference = "ATTGTGTGGGGAAAAAAACCTTTG", "ATTGTGTGGGGGAAAAAAACCTTTG"
    for turn in (1, -1):
        seedable = (np.arange(len(read)) < 11)[::turn]
        found = find(index_of(reference[::turn]), [read[::turn]], 8, 17, seedable).tolist()
        assert [row[2:] for row in found] == [[0, 24, 0, 25, 17]]


def test_no_alignment_crosses_the_end_of_a_sequence():
    # the separator counts as A in the index, so reads of A are tested
    first, second = "ACGTTGCAAGGCTTAAAAA", "AAAAACCGTTGACCATGA"
    found = find(index_of(first, second), ["TTGCAAGGCTTAAAAAAAAAAAACCGTTGACC"], 7, 8)
    for row in found.tolist():
        assert 0 <= row[search.SUBJECT_START] < row[search.SUBJECT_END] <= len((first, second)[row[1]])
    spans = {(row[1], row[4], row[5]) for row in found.tolist()}
    assert (0, 3, 19) in spans
    assert (1, 0, 14) in spans


def test_unseedable_bases_start_nothing_but_are_aligned():
    reference = "ACGTTGCAAGGCTTACCGTTGACCATG"
    seedable = np.zeros(len(reference), np.bool_)
    assert not len(find(index_of(reference), [reference], 8, 8, seedable))
    seedable[4:12] = True
    assert find(index_of(reference), [reference], 8, 8, seedable)[0, 2:6].tolist() == [0, 27, 0, 27]


def test_the_hits_of_a_read_do_not_depend_on_other_reads():
    rng = random.Random(4)
    pairs = [related(rng, rng.randrange(1, 80)) for _ in range(60)]
    index = index_of(*(reference for _, references in pairs for reference in references))
    reads = [read for read, _ in pairs]
    together = find(index, reads, 7, 11)
    for number, read in enumerate(reads):
        alone = find(index, [read], 7, 11)
        assert alone[:, 1:].tolist() == together[together[:, 0] == number, 1:].tolist()


def test_short_words_are_found_in_the_table_of_long_ones():
    text = "".join(random.Random(2).choices("ACGT", k=5000))
    index = index_of(text)
    assert index.k == 8
    for k in (5, 6, 7, 8):
        rows = find(index, [text[100 : 100 + k]], k, k).tolist()
        starts = [n for n in range(len(text) - k + 1) if text[n : n + k] == text[100 : 100 + k]]
        assert sorted(row[search.SUBJECT_START] for row in rows) == starts


@settings(max_examples=300, deadline=None)
@given(st.text("ACGTN", max_size=90), st.text("ACGTN", max_size=90), st.data())
def test_packed_windows_equal_base_by_base(a, b, data):
    i = data.draw(st.integers(-32, len(a)))
    j = data.draw(st.integers(-32, len(b)))

    def base(text, position):
        return text[position].replace("N", "A") if 0 <= position < len(text) else "A"

    bits = changed_bases(pack(encode(a)), i, pack(encode(b)), j)
    assert [bool(int(bits) >> (2 * n) & 1) for n in range(32)] == [
        base(a, i + n) != base(b, j + n) for n in range(32)
    ]


def test_zeros_of_words():
    # intrinsics exist only in compiled code
    from numba import njit

    both = njit(lambda word: (trailing_zeros(word), leading_zeros(word)))
    for shift in range(64):
        assert both(np.uint64(1 << shift)) == (shift, 63 - shift)
    assert both(np.uint64(0)) == (64, 64)


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.text("ACGTN", max_size=40),
        st.text("AC", max_size=40),
        st.lists(st.sampled_from(["CAG", "A", "TT", "GACT"]), max_size=12).map("".join),
    )
)
def test_dust_equals_its_definition(read):
    masked = np.zeros(len(read), np.bool_)
    mask_low_complexity(encode(read), masked)
    assert set(np.flatnonzero(masked).tolist()) == slow_search.dust(read)


def test_dust_masks_what_it_should():
    masked = np.zeros(60, np.bool_)
    mask_low_complexity(encode("GCTAGCATCGGATTACAGCC" + "A" * 20 + "CGATCTTGCAGGTCATTGCA"), masked)
    assert masked[20:40].all()
    assert not masked[:19].any()
    assert not masked[41:].any()
