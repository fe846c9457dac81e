"""Copies and UMIs in names of reads, in the formats of common programs."""

import numpy as np
import pytest

from mirtools.chimera.batches import pack
from mirtools.chimera.names import copies_in_name, copies_of, umi_in_name, umis_in_names
from mirtools.io.sequences import Read


@pytest.mark.parametrize(
    ("header", "copies"),
    [
        ("1-30", 30),  # fastx_collapser
        ("s1;size=30", 30),  # vsearch, usearch
        ("s1;size=30;", 30),
        ("s_4;size=30;sample=a_7 x_9", 30),
        ("1#30", 30),  # sRNAbench
        ("seq_1_x30", 30),  # miRDeep2, seqcluster, tally
        ("hsa_1_X30", 30),
        ("r|30", 30),
        ("1278_408", 408),  # hyb
        ("TGAGGTAGTAGG(30)", 30),  # UEA Workbench
        ("SRR1.7#30#ACGTN", 30),  # CTK
        ("1_30/1", 30),
        ("id count=30; x", 30),  # OBITools
        ("r CONSCOUNT=2|DUPCOUNT=30", 30),  # pRESTO
        ("1-30 comment_7", 30),
        ("r_x0", 0),
        ("r_000200", 200),
        ("r_x" + "9" * 16, None),
        ("read7", None),
        ("30", None),
        ("r size=x", None),
        ("r length=30", None),
        ("", None),
    ],
)
def test_copies(header, copies):
    assert copies_in_name(header) == copies


@pytest.mark.parametrize(
    ("header", "umi"),
    [
        # after the name: UMI-tools, fastp with and without prefix, bcl2fastq, BCL Convert, CTK
        ("r_ACGT", "ACGT"),
        ("r:acgu 1:N:0:GGTT", "ACGT"),
        ("M:1:F:1:2:3:4:ACGT+TGCA 1:N:0:GGTT+CCAA", "ACGT+TGCA"),
        ("M:1:F:1:2:3:4:ACGT-TGCA", "ACGT-TGCA"),
        ("M:1:F:1:2:3:4:rACGT+rTGCA", "ACGT+TGCA"),
        ("M:1:F:1:2:3:4:UMI_ACGT_TGCA 2:N:0:GGTT", "ACGT_TGCA"),
        ("r_ACNT", "ACNT"),
        ("r_ACGT/1", "ACGT"),
        ("r_ACGT#0/1", "ACGT"),
        ("r#3#ACGT", "ACGT"),
        # before it: eCLIP and others
        ("CCAAC:SN1001:449:HGTN3ADXX:1:1101:1373:1964 1:N:0:1", "CCAAC"),
        ("ACGT+TGCA_r7", "ACGT+TGCA"),
        ("UMI_ACGT_r7", "ACGT"),
        # in the comment
        ("r RX:Z:ACGT-TGCA BC:Z:GGTT", "ACGT-TGCA"),
        ("r\tBC:Z:GGTT\tRX:Z:ACGT", "ACGT"),
        ("r BX:Z:ACGT-1", "ACGT"),
        ("r 1:N:0:GGTT umi=ACGT", "ACGT"),
        ("r;umi=ACGT;x=1", "ACGT"),
        ("r UMI:ACGT:IIII", "ACGT"),
        ("r ACGT", "ACGT"),
        ("SRR1.1 M:1:F:1:2:3:4:ACGT length=50", "ACGT"),
        # the sample's index, a number, nothing
        ("r 1:N:0:ACGT+TGCA", None),
        ("HWUSI:1:2:3:4#ACGT/1", None),
        ("SRR1.1 1 length=75", None),
        ("read_7", None),
        ("A00:1:F:1:2:3:4 1:N:0:GGTT", None),
        ("", None),
    ],
)
def test_umis(header, umi):
    assert umi_in_name(header) == umi


@pytest.mark.parametrize(("length", "umi"), [(0, "ACGG_TTA"), (7, "ACGG_TTA"), (3, "TTA")])
def test_a_length_may_be_that_of_all_parts_or_of_the_last(length, umi):
    """UMI-tools puts the barcode of the cell before the UMI."""
    letters, starts, ends = umis_in_names(pack([Read("r_ACGG_TTA", "ACGT", None)], "r.fq"), length)
    assert letters[starts[0] : ends[0]].tobytes().decode() == umi


@pytest.mark.parametrize(("in_names", "copies"), [(True, [9, 3, 4]), (False, [9, 1, 4])])
def test_copies_of_the_file_have_priority_over_names(in_names, copies):
    reads = pack([Read("a_2", "A", None), Read("b_3", "C", None), Read("c", "G", None)], "r.hyb")
    found = copies_of(reads._replace(copies=np.array([9, 0, 4])), in_names)
    assert (found.tolist(), found.dtype) == (copies, np.int64)


@pytest.mark.parametrize(
    "header", ["_A" * 300_000 + "x", "r " + ":1:1" * 150_000, "_1" * 300_000 + "x", "r" + " A" * 300_000]
)
def test_very_long_names(header):
    """If time grew with the square of the length, these would take hours."""
    assert (umi_in_name(header), copies_in_name(header)) == (None, None)
