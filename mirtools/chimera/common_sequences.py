"""Sequences that many libraries contain: 3' adapters of common kits, abundant miRNAs of large groups of species.

Adapters are as published by Illumina, QIAGEN, PerkinElmer (NEXTflex), MGI and the authors of CLIP protocols;
miRNAs are those of miRBase 22.1.
"""

from __future__ import annotations

from typing import NamedTuple


class KnownAdapter(NamedTuple):
    """A common 3' adapter.

    Attributes
    ----------
    name : str
        Kits that use it.
    sequence : str
        5'->3', DNA letters.
    probe : int
        Number of first bases that distinguish it from the others.
    read : int
        1 if it follows inserts on read 1, 2 if it follows them on read 2.
    umi : int
        Length of the UMI that follows it on the read, in nt.
    """

    name: str
    sequence: str
    probe: int = 12
    read: int = 1
    umi: int = 0


KNOWN_ADAPTERS = (
    KnownAdapter("TruSeq Small RNA, NEXTflex Small RNA, CLASH", "TGGAATTCTCGGGTGCCAAGG"),
    KnownAdapter("TruSeq, eCLIP, miR-eCLIP, NEBNext", "AGATCGGAAGAGCACACGTCTGAACTCCAGTCA", 16),
    KnownAdapter("QIAseq miRNA", "AACTGTAGGCACCATCAAT", umi=12),
    KnownAdapter("HITS-CLIP, CLEAR-CLIP", "GTGTCAGTCACTTCCAGCGG"),
    KnownAdapter("Illumina small RNA 1.0 and 1.5", "TCGTATGCCGTCTTCTGCTTG"),
    KnownAdapter("Nextera", "CTGTCTCTTATACACATCT"),
    KnownAdapter("MGI, BGI", "AAGTCGGAGGCCAAGCGGTCTTAGGAAGACAA"),
    KnownAdapter("Ion Torrent", "ATCACCGACTGCCCATAGAGAGG"),
    KnownAdapter("TruSeq, read 2", "AGATCGGAAGAGCGTCGTGTAGGGAAAGAGTGT", 16, 2),
    KnownAdapter("TruSeq Small RNA, read 2", "GATCGTCGGACTGTAGAACTCTGAAC", 12, 2),
)

# DNA letters; none is a part of another one, or of one of another group
COMMON_MIRNAS = {
    "vertebrates": {
        "miR-16-5p": "TAGCAGCACGTAAATATTGGCG",
        "miR-17-5p": "CAAAGTGCTTACAGTGCAGGTAG",
        "miR-19b-3p": "TGTGCAAATCCATGCAAAACTGA",
        "miR-21-5p": "TAGCTTATCAGACTGATGTTGA",
        "miR-22-3p": "AAGCTGCCAGTTGAAGAACTGT",
        "miR-23a-3p": "ATCACATTGCCAGGGATTTCC",
        "miR-24-3p": "TGGCTCAGTTCAGCAGGAACAG",
        "miR-26a-5p": "TTCAAGTAATCCAGGATAGGCT",
        "miR-27b-3p": "TTCACAGTGGCTAAGTTCTGC",
        "miR-30a-5p": "TGTAAACATCCTCGACTGGAAG",
        "miR-92a-3p": "TATTGCACTTGTCCCGGCCTGT",
        "miR-103a-3p": "AGCAGCATTGTACAGGGCTATGA",
        "miR-122-5p": "TGGAGTGTGACAATGGTGTTTG",
        "miR-142-3p": "TGTAGTGTTTCCTACTTTATGGA",
        "miR-143-3p": "TGAGATGAAGCACTGTAGCTC",
        "miR-148a-3p": "TCAGTGCACTACAGAACTTTGT",
        "miR-155-5p": "TTAATGCTAATCGTGATAGGGGTT",
        "miR-181a-5p": "AACATTCAACGCTGTCGGTGAGT",
        "miR-191-5p": "CAACGGAATCCCAAAAGCAGCTG",
        "miR-200c-3p": "TAATACTGCCGGGTAATGATGGA",
    },
    "insects": {
        "miR-2b-3p": "TATCACAGCCAGCTTTGAGGAGC",
        "miR-8-3p": "TAATACTGTCAGGTAAAGATGTC",
        "miR-11-3p": "CATCACAGTCTGAGTTCTTGC",
        "miR-13b-3p": "TATCACAGCCATTTTGACGAGT",
        "miR-14-3p": "TCAGTCTTTTTCTCTCTCCTAT",
        "miR-184-3p": "TGGACGGAGAACTGATAAGGGC",
        "miR-275-3p": "TCAGGTACCTGAAGTAGCGCGCG",
        "miR-276a-3p": "TAGGAACTTCATACCGTGCTCT",
        "miR-277-3p": "TAAATGCACTATCTGGTACGACA",
        "miR-305-5p": "ATTGTACTTCATCAGGTGCTCTG",
        "miR-317-3p": "TGAACACAGCTGGTGGTATCCAGT",
        "bantam-3p": "TGAGATCATTTTGAAAGCTGATT",
    },
    "nematodes": {
        "lin-4-5p": "TCCCTGAGACCTCAAGTGTGA",
        "miR-35-3p": "TCACCGGGTGGAAACTAGCAGT",
        "miR-51-5p": "TACCCGTAGCTCCTATCCATGTT",
        "miR-52-5p": "CACCCGTACATATGTTTCCGTGCT",
        "miR-55-3p": "TACCCGTATAAGTTTCTGCTGAG",
        "miR-58a-3p": "TGAGATCGTTCAGTACGGCAAT",
        "miR-64-5p": "TATGACACTGAAGCGTTACCGAA",
        "miR-71-5p": "TGAAAGACATGGGTAGTGAGACG",
        "miR-72-5p": "AGGCAAGATGTTGGCATAGCTGA",
        "miR-80-3p": "TGAGATCATTAGTTGAAAGCCGA",
        "miR-81-3p": "TGAGATCATCGTGAAAGCTAGT",
    },
    "plants": {
        "miR156a-5p": "TGACAGAAGAGAGTGAGCAC",
        "miR159a": "TTTGGATTGAAGGGAGCTCTA",
        "miR162a-3p": "TCGATAAACCTCTGCATCCAG",
        "miR166a-3p": "TCGGACCAGGCTTCATTCCCC",
        "miR167a-5p": "TGAAGCTGCCAGCATGATCTA",
        "miR168a-5p": "TCGCTTGGTGCAGGTCGGGAA",
        "miR171a-3p": "TGATTGAGCCGCGCCAATATC",
        "miR172a": "AGAATCTTGATGATGCTGCAT",
        "miR319a": "TTGGACTGAAGGGAGCTCCCT",
        "miR390a-5p": "AAGCTCAGGAGGGATAGCGCC",
        "miR396a-5p": "TTCCACAGCTTTCTTGAACTG",
        "miR398a-3p": "TGTGTTCTCAGGTCACCCCTT",
    },
}
