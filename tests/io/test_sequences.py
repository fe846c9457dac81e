"""Reading reads and references."""

from __future__ import annotations

import gzip
from collections import Counter

import pytest
from commands import refusal
from hypothesis import given, settings
from hypothesis import strategies as st

from mirtools.errors import InputError
from mirtools.io.sequences import (
    NO_SEQUENCE,
    Read,
    read_mirnas,
    read_reads,
    read_references,
    reverse_complement,
    to_dna,
)

NUCLEOTIDES = "ACGTUNRYSWKMBDHVacgtunryswkmbdhv"


def slow_to_dna(sequence: str) -> str:
    return "".join({"U": "T"}.get(base, base if base in "ACGT" else "N") for base in sequence.upper())


@given(st.text(alphabet=NUCLEOTIDES))
def test_to_dna_equals_the_slow_reference(sequence):
    dna = to_dna(sequence)
    assert dna == slow_to_dna(sequence)
    assert to_dna(dna) == dna
    assert to_dna(dna.lower().replace("t", "u")) == dna


@given(st.text())
def test_to_dna_refuses_other_characters(sequence):
    bad = [place for place, letter in enumerate(sequence) if letter not in NUCLEOTIDES]
    if not bad:
        assert to_dna(sequence) == slow_to_dna(sequence)
        return
    with pytest.raises(ValueError, match=f"at position {bad[0] + 1} is not a nucleotide"):
        to_dna(sequence)


@given(st.text(alphabet="ACGTN"))
def test_reverse_complement(sequence):
    assert reverse_complement(reverse_complement(sequence)) == sequence
    assert all(
        a + b in ("AT", "TA", "CG", "GC", "NN")
        for a, b in zip(sequence, reverse_complement(sequence)[::-1], strict=True)
    )


def read(tmp_path, content: bytes, name: str = "in") -> list[Read]:
    path = tmp_path / name
    path.write_bytes(content)
    return list(read_reads(str(path)))


@pytest.mark.parametrize(
    ("content", "reads"),
    [
        (b"", []),
        (b"\n", []),
        (b"\xef\xbb\xbf", []),
        (b">a b\tc\nAC\nGU\n", [("a", "ACGT", None)]),
        (b">a\tb\nAC\n", [("a", "AC", None)]),
        (b">\nAC\n", [("", "AC", None)]),
        (b">  \nAC\n", [("", "AC", None)]),
        (b"@  \nAC\n+\nII\n", [("", "AC", "II")]),
        (b">a\n", [("a", "", None)]),
        (b"@a\n\n+\n\n", [("a", "", "")]),
        (b"\n\n>a\nACGT", [("a", "ACGT", None)]),
        (b"#comment\n>a\nACGT", [("a", "ACGT", None)]),
        (b">a\rAC\rGT\r>b\rTT\r", [("a", "ACGT", None), ("b", "TT", None)]),
        (b"@a x\r\nACg.\r\n+\r\n!~AB\r\n".replace(b".", b"N"), [("a", "ACGN", "!~AB")]),
        (b"@a\nAC\n+a\n@+\n@b\nGT\n+\n@@", [("a", "AC", "@+"), ("b", "GT", "@@")]),
    ],
)
@pytest.mark.parametrize("name", ["in", "in.fa", "in.fastq", "in.txt", "in.gz"])
def test_content_decides_about_the_format(tmp_path, content, reads, name):
    assert read(tmp_path, content, name) == [Read(*each) for each in reads]
    assert read(tmp_path, gzip.compress(content), name) == [Read(*each) for each in reads]


FASTQ = b"@r1 x\nACGTN\n+\nIIIII\n@r2\nAC\n+r2\n!~\n@r3\nG\n+\nI\n"


def test_fastq_cut_at_every_byte(tmp_path):
    whole = read(tmp_path, FASTQ)
    for size in range(len(FASTQ)):
        reads: list[Read] = []
        message = refusal(lambda size=size, reads=reads: reads.extend(read(tmp_path, FASTQ[:size])))
        assert "\n" not in message
        # between two records, or in the last line break
        assert message or reads == whole[: len(reads)]


def test_gzip_cut_at_every_byte(tmp_path):
    packed = gzip.compress(FASTQ)
    for size in range(1, len(packed)):
        with pytest.raises(InputError):
            read(tmp_path, packed[:size])


ALPHABET = st.sampled_from(
    [b">", b"@", b"+", b"\n", b"\r\n", b"A", b"CGT", b"x", b" ", b"\t", b"#", b"\xff", b"\0"]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(ALPHABET, max_size=30).map(b"".join))
def test_random_files_raise_only_input_errors(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "fuzz"
    path.write_bytes(content)
    for reader in (read_reads, read_references):
        records: list[Read] = []
        message = refusal(lambda reader=reader, records=records: records.extend(reader(str(path))))
        assert not message or str(path) in message
        for record in records:
            assert set(record.sequence) <= set("ACGTN")
            assert not set(record.name) & set(" \t\r\n")


@pytest.mark.parametrize("quality", [" ", "\t"])
def test_invalid_qualities(tmp_path, quality):
    with pytest.raises(InputError, match="record 'r': quality 2 is not a Phred"):
        read(tmp_path, f"@r\nACG\n+\nI{quality}I\n".encode())


def test_references_keep_order_and_header(tmp_path):
    path = tmp_path / "in.fa"
    path.write_text(">b|x|y z  w\nACGU\nRY\n>a\nttt\n")
    assert [tuple(each) for each in read_references(str(path))] == [
        ("b|x|y", "b|x|y z  w", "ACGTNN"),
        ("a", "a", "TTT"),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "holds no sequence"),
        (b">a\nA\n>a x\nC\n", "record 'a': name occurs twice"),
        (b">a\nA\n> \nC\n", "sequence 2 has no name"),
        (b">a\n>b\nC\n", "record 'a': has no sequence"),
        (b">a\nAC*\n", "record 'a': '\\*' at position 3"),
        (">ä\nACGT\n".encode(), "ASCII"),
        (b"AC\n", "neither FASTA nor FASTQ"),
        (b"BAM\1\0\0\0\0\0\0\0\0", "is BAM; give FASTQ"),
        (b"\nBAM\1", "is BAM; give FASTQ"),
    ],
)
def test_invalid_references(tmp_path, content, message):
    path = tmp_path / "in.fa"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_references(str(path))


def test_biomarts_unavailable_sequences_are_skipped_and_counted(tmp_path):
    path = tmp_path / "utr3.fa"
    path.write_text(">G1|T1\nACGT\n>G2|T2\nSequence unavailable\n>G3|T3\nSequence\nunavailable\n>G4|T4\nCC\n")
    counts = Counter()
    assert [each.name for each in read_references(str(path), counts=counts)] == ["G1|T1", "G4|T4"]
    assert counts == {NO_SEQUENCE: 2}
    with pytest.raises(InputError, match=r"record 'G2\|T2': has no sequence"):
        read_references(str(path))
    path.write_text(">G2|T2\nSequence unavailable\n")
    with pytest.raises(InputError, match="holds no sequence but 1 'Sequence unavailable'"):
        read_references(str(path), counts=counts)


def test_a_missing_value_is_not_a_reference(tmp_path):
    path = tmp_path / "r.fa"
    path.write_text(">a\nACG\n>b\nNA\n")
    with pytest.raises(InputError, match=r"r\.fa: record 'b': 'NA' is a missing value"):
        read_references(str(path))
    # 3'UTRs of three bases are real, miRNAs are not
    path.write_text(">a\nACG\n")
    assert read_references(str(path))[0].sequence == "ACG"
    with pytest.raises(InputError, match=r"record 'a': 'ACG' is too short for a sequence \(3 nt, at least 10\)"):
        read_mirnas(str(path))
