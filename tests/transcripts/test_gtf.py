"""Transcript regions from GTF and GFF3."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirtools.errors import InputError
from mirtools.transcripts.annotation import read_annotation
from mirtools.transcripts.geneheaders import Gene
from mirtools.transcripts.gtf import Placement, genomic_blocks, read_placements, transcript_span
from mirtools.transcripts.regions import Regions, Transcript, non_coding


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
    """Return the genomic position of every base of the transcript, 5'->3'."""
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
    # exons do not touch here, so there is one block for every exon that contains a part
    assert len(blocks) == sum(bool(set(range(*exon)) & set(bases(exons, strand)[start:end])) for exon in exons)


def test_blocks_of_exons_that_touch():
    assert genomic_blocks(Placement("1", "+", [(5, 10), (10, 12), (20, 21)]), 3, 8) == [(8, 12), (20, 21)]
    assert genomic_blocks(Placement("1", "-", [(5, 10), (10, 12), (20, 21)]), 1, 4) == [(9, 12)]


def test_exons_that_overlap_fit_no_length():
    assert not Placement("1", "+", [(5, 10), (9, 12)]).fits(8)


@pytest.mark.parametrize("name", ["a.gtf", "a.gtf.gz"])
def test_both_strands_stop_codon_and_names(tmp_path, name):
    path = write(
        tmp_path,
        "#!genome-build X\n",
        line("gene", 1, 99),
        line("exon", 11, 20, name="ENST1"),
        line("exon", 31, 40, name="ENST1"),
        line("CDS", 15, 32, name="ENST1"),
        line("stop_codon", 33, 35, name="ENST1"),
        line("exon", 31, 40, "-", "T2", 'transcript_version "7";'),
        line("exon", 11, 20, "-", "T2", 'transcript_version "7";'),
        line("CDS", 18, 38, "-", "T2", 'transcript_version "7";'),
        line("exon", 11, 20, name="NR_3.2"),
        line("exon", 5, 9, name="T4"),
        line("exon", 5, 9, name="T5"),
        line("exon", 5, 9, name="T5", chromosome="1_alt"),
        name=name,
    )
    wanted = [("ENST1.3", 20), ("T2.7", 20), ("NR_3", 10), ("T4", 6), ("T5|G", 5), ("T6", 5), ("T2", 20)]
    found = read_annotation([transcript(*item) for item in wanted], "t.fa", gtf=path)
    assert found.regions == {
        "ENST1.3": Regions(4, 15, 20),
        "T2.7": Regions(2, 13, 20),
        "T2": Regions(2, 13, 20),
        "NR_3": non_coding(10),
        "T5|G": non_coding(5),
    }
    assert found.other_length == {"T4"}
    assert found.placements["T2.7"] == Placement("1", "-", [(10, 20), (30, 40)], (17, 38), Gene("G", "."))
    assert found.placements["T5|G"].chromosome == "1"
    assert "T6" not in found.placements


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([line("exon", 1, 5), "1\tx\texon\n"], ":2: 3 columns instead of 9"),
        (['1\tx\texon\t1\t5\t.\t+\t.\tgene_id "T1";\n'], ":1: no transcript_id"),
        (["1\tx\texon\t1\t5x\t.\t+\t.\tParent=T1\n"], ":1: invalid start, end or strand"),
        (["1\tx\texon\t1\t5\t.\t+\t.\tID=T1;Parent=T2\n"], "describes none of the transcripts"),
        ([line("exon", "a", 5)], ":1: invalid start, end or strand"),
        ([line("exon", 0, 5)], ":1: invalid start, end or strand"),
        ([line("exon", 5, 1)], ":1: invalid start, end or strand"),
        ([line("exon", "²", 5)], ":1: invalid start, end or strand"),
        ([line("exon", 1, "9" * 5000)], ":1: invalid start, end or strand"),
        ([line("CDS", 1, 5)], "describes none of the transcripts"),
        ([line("exon", 1, 5, ".")], ":1: invalid start, end or strand"),
        ([line("exon", 1, 5, name="other")], "describes none of the transcripts"),
        ([], "describes none of the transcripts"),
        ([line("exon", 1, 5), line("CDS", 3, 9)], "record 'T1': coding sequence outside the exons"),
    ],
)
def test_bad_files(tmp_path, lines, problem):
    with pytest.raises(InputError) as error:
        read_annotation([transcript("T1", 5)], "t.fa", gtf=write(tmp_path, *lines))
    assert problem in str(error.value)


# ---- GFF3 -----------------------------------------------------------------------------------------------------


def gff(feature, start, end, attributes, strand="+", chromosome="1"):
    return "\t".join((chromosome, "x", feature, str(start), str(end), ".", strand, ".", attributes)) + "\n"


# a coding transcript of 20 nt, exons 11-20 and 31-40, coding 15-35 with its stop codon, in the formats of
# databases
CODING = {
    "Ensembl": (
        "ENST00000331825.11",
        gff("gene", 11, 40, "ID=gene:ENSG00000087086;Name=FTL;gene_id=ENSG00000087086;version=15"),
        gff("mRNA", 11, 40, "ID=transcript:ENST00000331825;Parent=gene:ENSG00000087086;Name=FTL-201;version=11"),
        gff("exon", 11, 20, "Parent=transcript:ENST00000331825;Name=ENSE1;version=1"),
        gff("CDS", 15, 20, "ID=CDS:ENSP1;Parent=transcript:ENST00000331825"),
        gff("exon", 31, 40, "Parent=transcript:ENST00000331825;Name=ENSE2;version=2"),
        gff("CDS", 31, 35, "ID=CDS:ENSP1;Parent=transcript:ENST00000331825"),
        gff("mRNA", 11, 40, "ID=transcript:ENST00000331826;Parent=gene:ENSG00000087086;Name=FTL-202;version=1"),
        gff("exon", 11, 40, "Parent=transcript:ENST00000331826"),
    ),
    "GENCODE": (
        "ENST00000331825.11|ENSG00000087086.15|-|-|FTL-201|FTL|20|",
        gff(
            "transcript",
            11,
            40,
            "ID=ENST00000331825.11;Parent=ENSG00000087086.15;transcript_id=ENST00000331825.11",
        ),
        gff("exon", 11, 20, "ID=exon:1;Parent=ENST00000331825.11;transcript_id=ENST00000331825.11"),
        gff("exon", 31, 40, "ID=exon:2;Parent=ENST00000331825.11;transcript_id=ENST00000331825.11"),
        gff("CDS", 15, 20, "ID=CDS:1;Parent=ENST00000331825.11;transcript_id=ENST00000331825.11"),
        gff("CDS", 31, 32, "ID=CDS:1;Parent=ENST00000331825.11;transcript_id=ENST00000331825.11"),
        gff("stop_codon", 33, 35, "ID=stop_codon:1;Parent=ENST00000331825.11"),
    ),
    "RefSeq": (
        "NM_000146.4",
        gff("gene", 11, 40, "ID=gene-FTL;Name=FTL;gbkey=Gene;gene=FTL"),
        gff("mRNA", 11, 40, "ID=rna-NM_000146.4;Parent=gene-FTL;Name=NM_000146.4;transcript_id=NM_000146.4"),
        gff("exon", 11, 20, "ID=exon-NM_000146.4-1;Parent=rna-NM_000146.4;transcript_id=NM_000146.4"),
        gff("exon", 31, 40, "ID=exon-NM_000146.4-2;Parent=rna-NM_000146.4;transcript_id=NM_000146.4"),
        gff("CDS", 15, 20, "ID=cds-NP_000137.2;Parent=rna-NM_000146.4;Name=NP_000137.2"),
        gff("CDS", 31, 35, "ID=cds-NP_000137.2;Parent=rna-NM_000146.4;Name=NP_000137.2"),
        gff("mRNA", 1, 9, "ID=rna-NM_000146.4-2;Parent=gene-FTL;transcript_id=NM_000146.4", chromosome="1_alt"),
        gff("exon", 1, 9, "ID=exon-NM_000146.4-2-1;Parent=rna-NM_000146.4-2", chromosome="1_alt"),
    ),
    "FlyBase, exons of two, parts first": (
        "FBtr0079786",
        gff("exon", 11, 20, "Parent=FBtr0079786,FBtr0305550"),
        gff("CDS", 15, 20, "Parent=FBtr0079786"),
        gff("CDS", 31, 35, "Parent=FBtr0079786"),
        gff("exon", 31, 40, "Parent=FBtr0305551,FBtr0079786"),
        gff("mRNA", 11, 40, "ID=FBtr0079786;Name=Su(H)-RA;Parent=FBgn0004837"),
        gff("mRNA", 11, 20, "ID=FBtr0305550;Name=Su(H)-RB;Parent=FBgn0004837"),
    ),
    "WormBase": (
        "Y74C9A.3.1",
        gff("mRNA", 1, 40, "ID=Transcript:Y74C9A.3.2;Parent=Gene:WBGene00022277;Name=Y74C9A.3.2"),
        gff("mRNA", 11, 40, "ID=Transcript:Y74C9A.3.1;Parent=Gene:WBGene00022277;Name=Y74C9A.3.1"),
        gff("exon", 1, 40, "Parent=Transcript:Y74C9A.3.2"),
        gff("exon", 11, 20, "Parent=Transcript:Y74C9A.3.1"),
        gff("exon", 31, 40, "Parent=Transcript:Y74C9A.3.1"),
        gff("CDS", 15, 20, "ID=CDS:Y74C9A.3;Parent=Transcript:Y74C9A.3.1,Transcript:Y74C9A.3.2"),
        gff("CDS", 31, 35, "ID=CDS:Y74C9A.3;Parent=Transcript:Y74C9A.3.1,Transcript:Y74C9A.3.2"),
    ),
    "Phytozome, no exons": (
        "AT1G01010.1",
        gff("mRNA", 11, 40, "ID=AT1G01010.1.TAIR10;Name=AT1G01010.1;Parent=AT1G01010.TAIR10"),
        gff("five_prime_UTR", 11, 14, "ID=u5;Parent=AT1G01010.1.TAIR10"),
        gff("CDS", 15, 20, "ID=c1;Parent=AT1G01010.1.TAIR10"),
        gff("CDS", 31, 35, "ID=c2;Parent=AT1G01010.1.TAIR10"),
        gff("three_prime_UTR", 36, 40, "ID=u3;Parent=AT1G01010.1.TAIR10"),
    ),
    "no transcript lines, escapes": (
        "T;1",
        gff("exon", 11, 20, "Parent=T%3B1"),
        gff("exon", 31, 40, "Parent=T%3B1"),
        gff("CDS", 15, 35, "Parent=T%3B1"),
    ),
}


GENES_IN_GFF3 = {
    "Ensembl": Gene("ENSG00000087086", "FTL"),
    "RefSeq": Gene("FTL", "FTL"),
    "WormBase": Gene("WBGene00022277", "."),
}


@pytest.mark.parametrize(
    ("attributes", "gene"),
    [
        ('gene_id "ENSG1.2"; transcript_id "T"; gene_type "x"; gene_name "FTL"; level 2;', Gene("ENSG1.2", "FTL")),
        (
            'gene_id "FTL"; transcript_id "T"; db_xref "GeneID:2512"; gene "FTL"; exon_number "1"',
            Gene("FTL", "FTL"),
        ),
        ('transcript_id "T"; gene_id "STRG.1"; ref_gene_id "ENSG1"; ref_gene_name "FTL"', Gene("STRG.1", ".")),
        ("gene_id G; transcript_id T", Gene("G", ".")),
        ('transcript_id "T"', None),
    ],
)
def test_genes_in_gtf(tmp_path, attributes, gene):
    path = write(tmp_path, "\t".join(("1", "x", "exon", "1", "9", ".", "+", ".", attributes)) + "\n")
    assert read_placements(path, [transcript("T", 9)])["T"].gene == gene


@pytest.mark.parametrize("source", CODING)
def test_gff3(tmp_path, source):
    """Also if the file has the suffix of GTF, and ends with the genome."""
    name, *lines = CODING[source]
    path = write(tmp_path, "##gff-version 3\n", *lines, "###\n", "##FASTA\n", ">1\n", "ACGT\n")
    found = read_annotation([transcript(name, 20)], "t.fa", gtf=path)
    assert found.regions == {name: Regions(4, 15, 20)}
    gene = GENES_IN_GFF3.get(source)
    assert found.placements == {name: Placement("1", "+", [(10, 20), (30, 40)], (14, 35), gene)}


def test_gff3_of_mirbase_and_other_features_without_exons(tmp_path):
    lines = [
        gff("miRNA_primary_transcript", 101, 180, "ID=MI0000060;Alias=MI0000060;Name=hsa-let-7a-1", "-"),
        gff(
            "miRNA", 151, 172, "ID=MIMAT0000062;Alias=MIMAT0000062;Name=hsa-let-7a-5p;Derives_from=MI0000060", "-"
        ),
        gff("gene", 1, 9, "ID=gene:G;Name=G"),
        gff("tRNA", 1, 9, "ID=T", "?"),
        ">1\n",
        "ACGT\n",
    ]
    wanted = [transcript(*each) for each in (("hsa-let-7a-1", 80), ("MIMAT0000062", 22), ("G", 9), ("T", 9))]
    found = read_annotation(wanted, "t.fa", gtf=write(tmp_path, *lines))
    assert found.placements == {
        "hsa-let-7a-1": Placement("1", "-", [(100, 180)]),
        "MIMAT0000062": Placement("1", "-", [(150, 172)]),
    }


@pytest.mark.parametrize("form", ['gene_id "{0}"; transcript_id "{0}";', "ID=e;Parent={0}"])
def test_isoforms_are_no_versions(tmp_path, form):
    """Isoform .2 of a plant or worm gene, missing from the annotation, does not get the position of isoform .1."""
    known = ["AT1G01010.1", "Y74C9A.3.1", "2L52.1a", "MSTRG.7.1", "FBtr0079786", "ENSMUST00000193812.1", "XM_1.5"]
    lines = [gff("exon", 1, 5, form.format(name)) for name in known]
    asked = ["AT1G01010.2", "Y74C9A.3.2", "2L52.1b", "MSTRG.7.2", "FBtr0079786.2", "ENSMUST00000193812.3", "XM_1"]
    found = read_annotation(
        [transcript(name, 5) for name in [*asked, "Y74C9A.3.1"]], "t.fa", gtf=write(tmp_path, *lines)
    )
    assert sorted(found.regions) == ["ENSMUST00000193812.3", "XM_1", "Y74C9A.3.1"]
