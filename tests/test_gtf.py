"""Transcript regions from a GTF."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirtools.errors import InputError
from mirtools.gtf import regions_from_gtf, transcript_span
from mirtools.regions import Regions, non_coding
from mirtools.sequences import Reference


def line(feature, start, end, strand="+", name="T1", more="", chromosome="1"):
    attributes = f'gene_id "G"; transcript_id "{name}"; {more}'
    return "\t".join((chromosome, "x", feature, str(start), str(end), ".", strand, ".", attributes)) + "\n"


def write(tmp_path, *lines, name="a.gtf"):
    path = tmp_path / name
    path.write_bytes((gzip.compress if name.endswith(".gz") else bytes)("".join(lines).encode()))
    return str(path)


def transcript(name, length):
    return Reference(name, name, "A" * length)


@st.composite
def genes(draw):
    """Exons of one transcript, a strand, and a coding interval on the transcript."""
    position = draw(st.integers(0, 5))
    exons = []
    for size, gap in draw(st.lists(st.tuples(st.integers(1, 8), st.integers(1, 6)), min_size=1, max_size=6)):
        exons.append((position, position + size))
        position += size + gap
    length = sum(end - start for start, end in exons)
    first = draw(st.integers(0, length - 1))
    return exons, draw(st.sampled_from("+-")), (first, draw(st.integers(first + 1, length)))


def bases(exons, strand):
    """The genomic position of every base of the transcript, 5'->3'."""
    along = [base for start, end in exons for base in range(start, end)]
    return along if strand == "+" else along[::-1]


@given(genes(), st.randoms(use_true_random=False))
def test_mapping_equals_base_by_base(gene, rng):
    exons, strand, (start, end) = gene
    genomic = set(bases(exons, strand)[start:end])
    coding = [
        (min(part), max(part) + 1)
        for first, last in exons
        if (part := [base for base in range(first, last) if base in genomic])
    ]
    shuffled = rng.sample(exons, len(exons))
    assert transcript_span(shuffled, strand, coding) == (start, end)


@pytest.mark.parametrize("name", ["a.gtf", "a.gtf.gz"])
def test_both_strands_stop_codon_and_names(tmp_path, name):
    path = write(
        tmp_path,
        "#!genome-build X\n",
        line("gene", 1, 99),
        line("exon", 11, 20),
        line("exon", 31, 40),
        line("CDS", 15, 32),
        line("stop_codon", 33, 35),
        line("exon", 31, 40, "-", "T2", 'transcript_version "7";'),
        line("exon", 11, 20, "-", "T2", 'transcript_version "7";'),
        line("CDS", 18, 38, "-", "T2", 'transcript_version "7";'),
        line("exon", 11, 20, name="T3.2"),
        line("exon", 5, 9, name="T4"),
        line("exon", 5, 9, name="T5"),
        line("exon", 5, 9, name="T5", chromosome="1_alt"),
        name=name,
    )
    wanted = [("T1.3", 20), ("T2.7", 20), ("T3", 10), ("T4", 6), ("T5|G", 5), ("T6", 5)]
    regions, other_length = regions_from_gtf(path, [transcript(*item) for item in wanted])
    assert regions == {
        "T1.3": Regions(4, 15, 20),
        "T2.7": Regions(2, 13, 20),
        "T3": non_coding(10),
        "T5|G": non_coding(5),
    }
    assert other_length == {"T4"}


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([line("exon", 1, 5), "1\tx\texon\n"], ":2: 3 columns where GTF has 9"),
        (["1\tx\texon\t1\t5\t.\t+\t.\tID=exon1;Parent=T1\n"], ":1: no transcript_id"),
        ([line("exon", "a", 5)], ":1: start, end or strand is no GTF"),
        ([line("exon", 1, 5, ".")], ":1: start, end or strand is no GTF"),
        ([line("exon", 1, 5, name="other")], "describes none of the transcripts"),
        ([], "describes none of the transcripts"),
        ([line("exon", 1, 5), line("CDS", 3, 9)], "record 'T1': coding sequence outside the exons"),
    ],
)
def test_bad_files(tmp_path, lines, problem):
    with pytest.raises(InputError) as error:
        regions_from_gtf(write(tmp_path, *lines), [transcript("T1", 5)])
    assert problem in str(error.value)
