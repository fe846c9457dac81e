"""Transcript regions from a GTF."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirtools.annotation import read_annotation
from mirtools.errors import InputError
from mirtools.gtf import Placement, genomic_blocks, transcript_span
from mirtools.regions import Regions, Transcript, non_coding


def line(feature, start, end, strand="+", name="T1", more="", chromosome="1"):
    attributes = f'gene_id "G"; transcript_id "{name}"; {more}'
    return "\t".join((chromosome, "x", feature, str(start), str(end), ".", strand, ".", attributes)) + "\n"


def write(tmp_path, *lines, name="a.gtf"):
    path = tmp_path / name
    path.write_bytes((gzip.compress if name.endswith(".gz") else bytes)("".join(lines).encode()))
    return str(path)


def transcript(name, length):
    return Transcript(name, name, length)


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
    genomic = bases(exons, strand)[start:end]
    shuffled = rng.sample(exons, len(exons))
    assert transcript_span(shuffled, strand, min(genomic), max(genomic) + 1) == (start, end)


@given(genes())
def test_blocks_equal_base_by_base(gene):
    exons, strand, (start, end) = gene
    placement = Placement("1", strand, exons)
    assert placement.fits(len(bases(exons, strand)))
    blocks = genomic_blocks(placement, start, end)
    assert [base for first, last in blocks for base in range(first, last)] == sorted(
        bases(exons, strand)[start:end]
    )
    # the exons' gaps are never empty here: one block for every exon that holds a part
    assert len(blocks) == sum(bool(set(range(*exon)) & set(bases(exons, strand)[start:end])) for exon in exons)


def test_blocks_of_exons_that_touch():
    assert genomic_blocks(Placement("1", "+", [(5, 10), (10, 12), (20, 21)]), 3, 8) == [(8, 12), (20, 21)]
    assert genomic_blocks(Placement("1", "-", [(5, 10), (10, 12), (20, 21)]), 1, 4) == [(9, 12)]


def test_exons_that_overlap_fit_nothing():
    assert not Placement("1", "+", [(5, 10), (9, 12)]).fits(8)


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
    found = read_annotation([transcript(*item) for item in wanted], "t.fa", gtf=path)
    assert found.regions == {
        "T1.3": Regions(4, 15, 20),
        "T2.7": Regions(2, 13, 20),
        "T3": non_coding(10),
        "T5|G": non_coding(5),
    }
    assert found.other_length == {"T4"}
    assert found.placements["T2.7"] == Placement("1", "-", [(10, 20), (30, 40)], (17, 38))
    assert found.placements["T5|G"].chromosome == "1"
    assert "T6" not in found.placements


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([line("exon", 1, 5), "1\tx\texon\n"], ":2: 3 columns where GTF has 9"),
        (["1\tx\texon\t1\t5\t.\t+\t.\tID=exon1;Parent=T1\n"], ":1: no transcript_id"),
        ([line("exon", "a", 5)], ":1: start, end or strand is no GTF"),
        ([line("exon", 0, 5)], ":1: start, end or strand is no GTF"),
        ([line("exon", 5, 1)], ":1: start, end or strand is no GTF"),
        ([line("exon", "²", 5)], ":1: start, end or strand is no GTF"),
        ([line("exon", 1, "9" * 5000)], ":1: start, end or strand is no GTF"),
        ([line("CDS", 1, 5)], "describes none of the transcripts"),
        ([line("exon", 1, 5, ".")], ":1: start, end or strand is no GTF"),
        ([line("exon", 1, 5, name="other")], "describes none of the transcripts"),
        ([], "describes none of the transcripts"),
        ([line("exon", 1, 5), line("CDS", 3, 9)], "record 'T1': coding sequence outside the exons"),
    ],
)
def test_bad_files(tmp_path, lines, problem):
    with pytest.raises(InputError) as error:
        read_annotation([transcript("T1", 5)], "t.fa", gtf=write(tmp_path, *lines))
    assert problem in str(error.value)
