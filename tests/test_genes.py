"""The gene of a transcript, from headers and tables."""

import pytest

from mirtools.errors import InputError
from mirtools.genes import Gene, Genes, gene_of_header, read_genes
from mirtools.sequences import Reference


@pytest.mark.parametrize(
    ("header", "gene"),
    [
        (
            "ENST00000456328.2|ENSG00000290825.1|OTTHUMG00000002860.3|OTTHUMT00000362751.1|DDX11L2-202|DDX11L2|1657|",
            ("ENSG00000290825.1", "DDX11L2"),
        ),
        ("ENST00000569083.1_3|ENSG00000134419.15_7|RPS15A|protein_coding", ("ENSG00000134419.15_7", "RPS15A")),
        (
            "ENSMUST00000193812.2|ENSMUSG00000102693.2|-|-|x-201|4933401J01Rik|1070|",
            ("ENSMUSG00000102693.2", "4933401J01Rik"),
        ),
        (
            "ENST00000331825.11 cdna chromosome:GRCh38:19:1:2:1 gene:ENSG00000087086.15 gene_biotype:x "
            "gene_symbol:FTL description:ferritin",
            ("ENSG00000087086.15", "FTL"),
        ),
        ("ENST1 cdna gene:ENSG00000087086.15", ("ENSG00000087086.15", ".")),
        ("ENSG00000087086_ENST00000331825_FTL_mRNA", ("ENSG00000087086", "FTL")),
        ("NM_000146.4 Homo sapiens ferritin light chain (FTL), mRNA", ("FTL", "FTL")),
        ("NM_1.4 Homo sapiens a (b c) kinase (AK1), transcript variant 2, mRNA", ("AK1", "AK1")),
        ("NR_1.4 Homo sapiens something (MIR17HG), long non-coding RNA", ("MIR17HG", "MIR17HG")),
        ("lcl|NM_000146.4_cds_1 [gene=FTL] [db_xref=1]", ("FTL", "FTL")),
        ("rna1 gene=FTL CDS=1-20", ("FTL", "FTL")),
        ("NM_000146", None),
        ("hg19_ct_UserTrack_3545_TCONS_00000822 range=chr1:4036189-4069751 5'pad=0", None),
    ],
)
def test_headers(header, gene):
    found = gene_of_header(header)
    assert found == gene


def test_table_before_header_before_name(tmp_path):
    path = tmp_path / "genes.tsv"
    path.write_text("transcript_id\tgene_id\tgene_name\nENST01.2\tG1\tone\nENST02\tG2\t\nT|x\tG3\tthree\n")
    genes = Genes(read_genes(str(path)))
    assert genes.of(Reference("ENST01.2", "ENST01.2 gene=other", "A")) == Gene("G1", "one")
    assert genes.of(Reference("ENST01.7|x", "", "A")) == Gene("G1", "one")
    assert genes.of(Reference("ENST02.1", "", "A")) == Gene("G2", ".")
    assert genes.of(Reference("T|x", "", "A")) == Gene("G3", "three")
    assert genes.of(Reference("a", "a gene=other", "A")) == Gene("other", "other")
    assert genes.of(Reference("b", "b", "A")) == Gene("b", ".")


def test_a_version_that_may_be_either_is_none():
    genes = Genes({"T.1": Gene("G1", "."), "T.2": Gene("G2", "."), "U.1": Gene("G3", "."), "U.2": Gene("G3", ".")})
    assert genes.of(Reference("T.3", "T.3", "A")) == Gene("T.3", ".")
    assert genes.of(Reference("T.2", "T.2", "A")) == Gene("G2", ".")
    assert genes.of(Reference("U", "U", "A")) == Gene("G3", ".")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("target_id\tgene\na\tb\n", "no column gene_id"),
        ("gene_id\tx\na\tb\n", "no column target_id"),
        ("gene_name\tgene_id\na\tb\n", "no column target_id or transcript_id"),
        ("target_id\tgene_id\na\tb\na\tc\n", "genes.tsv:3: 'a' has another gene further up"),
        ("target_id\tgene_id\na\t\n", "genes.tsv:2: has an empty cell"),
    ],
)
def test_tables_that_are_none(tmp_path, text, words):
    path = tmp_path / "genes.tsv"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_genes(str(path))
    assert words in str(caught.value)
