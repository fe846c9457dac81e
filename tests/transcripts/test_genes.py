"""The gene of a transcript, from headers and tables."""

import pytest

from mirtools.errors import InputError
from mirtools.io.sequences import Reference
from mirtools.transcripts.geneheaders import Gene, gene_of_header
from mirtools.transcripts.genes import Genes, read_genes

NCBI = "XR_001737193.2 PREDICTED: Homo sapiens"


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
        # the last brackets before the last clause that ends in RNA
        (f"{NCBI} uncharacterized LOC1 (LOC1), transcript variant X3, misc_RNA", ("LOC1", "LOC1")),
        (
            f"{NCBI} synthetase 2, mitochondrial (putative) (PARS2), nuclear gene encoding a protein, mRNA",
            ("PARS2", "PARS2"),
        ),
        (f"{NCBI} Suppressor of Hairless (Su(H)), mRNA", ("Su(H)", "Su(H)")),
        (f"{NCBI} enhancer of split m8, helix-loop-helix (E(spl)m8-HLH), mRNA", ("E(spl)m8-HLH", "E(spl)m8-HLH")),
        (f"{NCBI} RNA on the X 1 (lncRNA:roX1), long non-coding RNA", ("lncRNA:roX1", "lncRNA:roX1")),
        (f"{NCBI} RNA, 18S ribosomal N5 (RNA18SN5), ribosomal RNA", ("RNA18SN5", "RNA18SN5")),
        (f"{NCBI} oxidase (COX8A), mRNA; nuclear gene for mitochondrial product", ("COX8A", "COX8A")),
        (f"{NCBI} LINC1 (LINC1), transcript variant X1 (not coding), partial ncRNA.", ("LINC1", "LINC1")),
        ("AB1 Homo sapiens ferritin (FTL) mRNA, complete cds", ("FTL", "FTL")),
        ("AB2 Homo sapiens mRNA for KIAA0123 protein (KIAA0123), partial cds", None),
        (f"{NCBI} unbalanced FTL), mRNA", None),
        (f"{NCBI} nothing in brackets, mRNA", None),
        ("gi|56682958|ref|NM_000146.3| Homo sapiens ferritin, light polypeptide (FTL), mRNA", ("FTL", "FTL")),
        # any field, in any order
        ("ENSG00000087086|ENST00000331825", ("ENSG00000087086", ".")),
        ("ENST00000331825|ENSG00000087086", ("ENSG00000087086", ".")),
        ("ENSG00000087086|ENSG00000087086.15|ENST00000331825|FTL|19|48965309", ("ENSG00000087086", "FTL")),
        ("protein_coding|FTL|ENSG00000087086|ENST00000331825", ("ENSG00000087086", "FTL")),
        ("ENST00000331825|FTL|protein_coding", ("FTL", "FTL")),
        ("ENSG00000087086|FTL", ("ENSG00000087086", "FTL")),
        ("FBgn0004837|FBtr0079786|Su(H)", ("FBgn0004837", "Su(H)")),
        ("WBGene00022277|Y74C9A.3.1", ("WBGene00022277", ".")),
        ("AT1G01010.1|AT1G01010|NAC001", ("AT1G01010", "NAC001")),
        ("TraesCS1A02G000100|TraesCS1A02G000100.1", ("TraesCS1A02G000100", ".")),
        (
            "ENST00000381192.10_PAR_Y|ENSG00000182378.15_PAR_Y|-|-|P-2|PLCXD1|9|",
            ("ENSG00000182378.15_PAR_Y", "PLCXD1"),
        ),
        ("T1|x|UTR5:1-3|CDS:4-9|UTR3:10-12|", None),
        # GENCODE's layout with accessions of another database
        (
            "SYNT00000000031.1|SYNG00000000031.1|-|-|SYN31-201|SYN31|2197|UTR5:1-94|",
            ("SYNG00000000031.1", "SYN31"),
        ),
        ("X1.1|G1|-|-|-|-|120|", ("G1", ".")),
        # hyb, of any species
        ("ENSMUSG00000050708_ENSMUST00000094434_Ftl1_mRNA", ("ENSMUSG00000050708", "Ftl1")),
        ("FBgn0004837_FBtr0079786_Su(H)_mRNA", ("FBgn0004837", "Su(H)")),
        ("MIMAT0000076_MirBase_miR-21_microRNA", None),
        # other databases and programs
        (
            "FBtr0079786 type=mRNA; ID=FBtr0079786; name=Su(H)-RA; parent=FBgn0004837; species=Dmel;",
            ("FBgn0004837", "Su(H)"),
        ),
        ("FBpp0078 type=CDS; name=l(2)gl-PB; parent=FBgn0002121,FBtr0078166;", ("FBgn0002121", "l(2)gl")),
        ("2L52.1a.1 gene=WBGene00007063 CDS=1-1284", ("WBGene00007063", ".")),
        (
            "AT1G01010.1 cdna chromosome:TAIR10:1:3631:5899:1 gene:AT1G01010 gene_symbol:NAC001",
            ("AT1G01010", "NAC001"),
        ),
        ("AT1G01010.1 | Symbols: NAC001, ANAC001 | NAC domain | chr1:3630-5899", ("AT1G01010", "NAC001")),
        ("AT1G01010.1 pacid=37401853 locus=AT1G01010 ID=AT1G01010.1.Araport11.447", ("AT1G01010", ".")),
        ('YAL001C TFC3 SGDID:S000000001, Chr I from 1-2, Verified ORF, "tRNA"', ("YAL001C", "TFC3")),
        ("NM_000146.4 FTL [organism=Homo sapiens] [GeneID=2512]", ("FTL", "FTL")),
        ("lcl|NC_000019.10_mrna_NM_000146.4_1 [gene=FTL] [product=ferritin (FTL), mRNA]", ("FTL", "FTL")),
        ("T1 gene_id=ENSG00000087086.15 gene_name=FTL", ("ENSG00000087086.15", "FTL")),
        ("ENST00000331825_ENSG00000087086", ("ENSG00000087086", ".")),
        ("MSTRG.7.2", ("MSTRG.7", ".")),
        ("TRINITY_DN1000_c115_g5_i1 len=247", ("TRINITY_DN1000_c115_g5", ".")),
        ("hsa-let-7a-1 MI0000060 Homo sapiens let-7a-1 stem-loop", None),
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


def test_an_ambiguous_version_has_no_gene():
    genes = Genes(
        {
            "NM_1.1": Gene("G1", "."),
            "NM_1.2": Gene("G2", "."),
            "NM_3.1": Gene("G3", "."),
            "NM_3.2": Gene("G3", "."),
        }
    )
    assert genes.of(Reference("NM_1.3", "NM_1.3", "A")) == Gene("NM_1.3", ".")
    assert genes.of(Reference("NM_1.2", "NM_1.2", "A")) == Gene("G2", ".")
    assert genes.of(Reference("NM_3", "NM_3", "A")) == Gene("G3", ".")


def test_genes_of_isoforms_and_exported_names():
    genes = Genes({"W1.2a.1": Gene("G1", ".")})
    assert genes.of(Reference("W1.2a.1", "W1.2a.1", "A")) == Gene("G1", ".")
    assert genes.of(Reference("W1.2a.2", "W1.2a.2", "A")) == Gene("W1.2a.2", ".")
    # BioMart's gene before the transcript
    genes = Genes({"ENST00000331825": Gene("G2", ".")})
    assert genes.of(Reference("ENSG00000087086|ENST00000331825.11", "", "A")) == Gene("G2", ".")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("target_id\tgene\na\tb\n", "no column gene_id"),
        ("gene_id\tx\na\tb\n", "no column target_id"),
        ("gene_name\tgene_id\na\tb\n", "no column target_id or transcript_id"),
        ("target_id\tgene_id\na\tb\na\tc\n", "genes.tsv:3: 'a' has another gene in an earlier row"),
        ("target_id\tgene_id\na\t\n", "genes.tsv:2: has an empty cell"),
    ],
)
def test_invalid_tables_are_an_error(tmp_path, text, words):
    path = tmp_path / "genes.tsv"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_genes(str(path))
    assert words in str(caught.value)
