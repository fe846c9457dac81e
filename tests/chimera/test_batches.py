"""Reads as arrays, their digests, and starts of adapters, compared with plain Python and cutadapt."""

import random
from itertools import pairwise

import numpy as np
import pytest
from cutadapt.adapters import BackAdapter
from hypothesis import given
from hypothesis import strategies as st

from mirtools.chimera import batches, digests
from mirtools.chimera.adapters import Adapters
from mirtools.chimera.batches import chosen_reads, pack, read_batches
from mirtools.chimera.digests import DigestNumbers, RecentDigests, digests_of, first_copies
from mirtools.chimera.inserts import ReadLayout, inserts_of
from mirtools.errors import InputError
from mirtools.io.sequences import Read, read_reads, to_dna

ADAPTER = "TGGAATTCTCGGGTGCCAAGG"


def reads_of(*sequences):
    return pack([Read(f"r{number}", sequence, None) for number, sequence in enumerate(sequences)], "reads.fa")


def hashed(sequences, umis=None, sample=0):
    reads, umis = reads_of(*sequences), reads_of(*(umis or [""] * len(sequences)))
    bounds = umis.starts[:-1], umis.starts[1:]
    return digests_of(sample, umis.bases, *bounds, reads.bases, reads.starts[:-1], reads.starts[1:])


# ---- packing ------------------------------------------------------------------------------------------------


@given(st.lists(st.text("ACGTUNacgtunRYKMSWBDHVryk.", max_size=12), max_size=8))
def test_packed_reads_equal_those_of_read_reads(sequences):
    reads = reads_of(*sequences)
    expected = [to_dna(sequence.replace(".", "N")) for sequence in sequences]
    assert [reads.sequence(number) for number in range(len(sequences))] == expected


@pytest.mark.parametrize(
    "text",
    [
        "@a\nACGT\n+\nIIII\n@b x\nAC!T\n+\nIIII\n@c\nA*\n+\nII\n",
        "@a\nACGT\n+\nII\x7fI\n@b x\nAC!T\n+\nIIII\n",
        "@a\nACGT\n+\nIIII\n@b\nACGT\n+\nI III\n@c\nA\n+\nII\n",
        ">a\nACGT\n>b\nEEEE\n",
        "@a\nACEGT\n+\nIIIII\n@b\nACG",
        "@a\nACGT\n+\nIIIII\n",
    ],
)
@pytest.mark.parametrize("size", [1, 2, 100])
def test_defects_are_reported_as_by_read_reads(tmp_path, text, size):
    path = tmp_path / "reads.x"
    path.write_text(text)
    with pytest.raises(InputError) as expected:
        list(read_reads(str(path)))
    with pytest.raises(InputError) as found:
        [pack(records, str(path)) for records in read_batches(str(path), size)]
    assert str(found.value) == str(expected.value)


def test_long_reads_make_short_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(batches, "_BATCH_BASES", 1000)
    path = tmp_path / "reads.fa"
    path.write_text("".join(f">r{number}\n{'ACGT' * 100}\n" for number in range(100)))
    sizes = [len(records) for records in read_batches(str(path), 50)]
    assert sum(sizes) == 100
    assert max(sizes[1:]) == 2


# ---- digests ------------------------------------------------------------------------------------------------


def test_no_two_of_many_similar_reads_share_a_digest():
    """All reads one, two or three changes from one read, and all short reads; each half of the digest differs."""
    rng = np.random.default_rng(1)
    read = rng.integers(0, 4, 40).astype(np.uint8)
    many = np.tile(read, (300_000, 1))
    for _ in range(3):
        many[np.arange(len(many)), rng.integers(0, 40, len(many))] = rng.integers(0, 4, len(many))
    short = ((np.arange(4**8)[:, None] >> (2 * np.arange(8))) & 3).astype(np.uint8)
    # as strings, which are sorted faster than rows; a letter that is no zero, for strings end there
    distinct = np.unique((many + 1).view("S40")).view(np.uint8).reshape(-1, 40) - 1
    for reads in (distinct, short):
        begins = np.arange(len(reads)) * reads.shape[1]
        none = np.zeros_like(begins)
        found = digests_of(0, read, none, none, reads.ravel(), begins, begins + reads.shape[1])
        for half in found.T:
            assert len(np.unique(half)) == len(reads)
        # every bit is set in about half of the digests, and low bits are as good as high ones
        bits = np.unpackbits(found.view(np.uint8), axis=1).mean(axis=0)
        assert abs(bits - 0.5).max() < 0.01


def test_digests_distinguish_sample_umi_and_insert():
    pairs = [
        ("", "ACGT"),
        ("A", "CGT"),
        ("ACGT", ""),
        ("", "ACGTA"),
        ("", "AACGT"),
        ("", ""),
        ("A", ""),
        ("", "A"),
    ]
    umis, sequences = zip(*pairs, strict=True)
    found = {tuple(row) for sample in range(3) for row in hashed(sequences, umis, sample).tolist()}
    assert len(found) == 3 * len(pairs)


def test_digests_stay_the_same():
    """Shards of a library are processed by different runs, so digests must not change."""
    assert [f"{half:016x}" for half in hashed(["ACGTACGTACGT"])[0].tolist()] == [
        "414e518c64714e4b",
        "8116658835b4a4e1",
    ]


@given(st.lists(st.sampled_from("ABCDEFGH"), max_size=40))
def test_first_copies(letters):
    found = first_copies(hashed([f"{ord(letter) - 64:04b}".translate({48: "A", 49: "C"}) for letter in letters]))
    assert found.tolist() == [letters.index(letter) for letter in letters]


@given(st.lists(st.lists(st.integers(0, 200), max_size=60), max_size=8))
def test_digests_are_numbered_in_input_order(batches):
    known, found = {}, DigestNumbers()
    for numbers in batches:
        digests = hashed([f"{number:08b}".translate({48: "A", 49: "C"}) for number in numbers])
        expected = [known.setdefault(number, len(known)) for number in numbers]
        assert found.add(digests).tolist() == expected
        assert len(found) == len(known)


def test_numbers_of_digests_grow():
    """Over several sizes of the table, and with slots that many digests would share."""
    many = np.random.default_rng(2).integers(1, 2**63, (20_000, 2), np.uint64)
    many[::5, 0] &= np.uint64(0xFF)
    found = DigestNumbers()
    bounds = [0, 0, 1, 700, 1023, 1024, 1025, 2048, 2049, 9_000, 20_000]
    for start, end in pairwise(bounds):
        assert found.add(many[start:end]).tolist() == list(range(start, end))
        assert found.add(many[:end][::-7]).tolist() == list(range(end))[::-7]
        assert len(found) == end
    assert found.add(many).tolist() == list(range(20_000))


def test_digests_that_differ_in_one_half_are_two():
    halves = np.array([(a, b) for a in range(40) for b in range(40)], np.uint64)
    found = DigestNumbers()
    assert found.add(halves).tolist() == list(range(1600))
    assert found.add(halves[::-1]).tolist() == list(range(1600))[::-1]


def test_recent_digests_may_be_replaced_but_are_never_wrong(monkeypatch):
    monkeypatch.setattr(digests, "_RECENT", 4)
    many = np.random.default_rng(3).integers(1, 2**63, (100, 2), np.uint64)
    recent = RecentDigests()
    recent.add(many[:50])
    assert not recent.holds(many[50:]).any()
    assert 1 <= recent.holds(many[:50]).sum() <= 4


# ---- adapters -----------------------------------------------------------------------------------------------


def changed(rng, sequence, changes):
    letters = list(sequence)
    for _ in range(changes):
        place, kind = rng.randrange(len(letters)), rng.random()
        if kind < 0.5:
            letters[place] = rng.choice("ACGTN")
        elif kind < 0.75:
            letters.insert(place, rng.choice("ACGT"))
        elif len(letters) > 1:
            del letters[place]
    return "".join(letters)


def made_read(rng, adapter, letters):
    read = ""
    for _ in range(rng.choice([1, 1, 2, 3])):
        read += "".join(rng.choices(letters, k=rng.randrange(40)))
        read += changed(rng, adapter, rng.choice([0, 0, 0, 1, 1, 2, 3, 4]))
    read += "".join(rng.choices("ACGT", k=rng.randrange(10)))
    return read[: rng.randrange(len(read) + 1)] if rng.random() < 0.7 else read


@pytest.mark.parametrize("seed", range(6))
def test_adapters_start_where_cutadapt_finds_them(seed):
    """Changed, truncated, repeated and overlapping adapters of all lengths, also of low complexity."""
    rng = random.Random(seed)
    for length in (3, 5, 9, 10, 12, 15, 19, 20, 21, 25, 30, 33, 45):
        letters = rng.choice(["ACGT", "ACGT", "ACGTN", "AC", "A"])
        adapter = ADAPTER if length == 21 else "".join(rng.choices(letters, k=length))
        oracle = BackAdapter(adapter, max_errors=0.1, min_overlap=3)
        reads = [made_read(rng, adapter, letters) for _ in range(300)]
        matches = [oracle.match_to(read) for read in reads]
        expected = [match.rstart if match else len(read) for match, read in zip(matches, reads, strict=True)]
        assert Adapters([adapter]).starts(reads_of(*reads)).tolist() == expected


def test_the_adapter_that_removes_most_is_used():
    first, second = ADAPTER, "AGATCGGAAGAGC"
    reads = reads_of("ACGTACGT" + first + second, "ACGTACGT" + second + first, "ACGT" * 5)
    assert Adapters([first, second]).starts(reads).tolist() == [8, 8, 20]


# ---- choosing -----------------------------------------------------------------------------------------------


def test_chosen_reads_keep_all_their_fields():
    reads = pack([Read(f"r{n}", "ACGTN"[n:], "ABCDE"[n:]) for n in range(4)], "x")
    batch = inserts_of(reads, ReadLayout(min_length=1), keep_names=True).batch
    chosen = chosen_reads(batch, np.array([0, 2]))
    assert chosen.bases.tolist() == [0, 1, 2, 3, 4, 2, 3, 4]
    assert chosen.starts.tolist() == [0, 5, 8]
    assert chosen.qualities.tobytes() == b"ABCDECDE"
    assert chosen.names == ["r0", "r2"]
    assert chosen.digests.tolist() == batch.digests[[0, 2]].tolist()
