"""Variants from VCF files."""

import bz2
import gzip
import lzma

import pytest

from mirtools.errors import InputError
from mirtools.io.vcf import Variant, is_symbolic, read_variants

HEADER = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS1\n"
LINE = "chr1\t12\trs1\tA\tG\t.\tPASS\t.\tGT\t0/1\n"


def variants(tmp_path, text, compress=bytes):
    path = tmp_path / "a.vcf"
    path.write_bytes(compress(text.encode()))
    return list(read_variants(str(path)))


@pytest.mark.parametrize("compress", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_compression_is_found_by_content(tmp_path, compress):
    assert variants(tmp_path, HEADER + LINE, compress) == [Variant("chr1", 12, "rs1", "A", ("G",))]


def test_block_compression_of_bgzip(tmp_path):
    path = tmp_path / "a.vcf"
    path.write_bytes(gzip.compress(HEADER.encode()) + gzip.compress(LINE.encode()) + gzip.compress(b""))
    assert len(list(read_variants(str(path)))) == 1


def test_alleles_of_all_kinds(tmp_path):
    text = "1\t5\t.\tacu\tA,<DEL>,*,N[2:7[\r\n\n1\t0\t.\tN\t.\n"
    found = variants(tmp_path, "\ufeff" + HEADER + text)
    assert found == [
        Variant("1", 5, ".", "ACT", ("A", "<DEL>", "*", "N[2:7[")),
        Variant("1", 0, ".", "N", (".",)),
    ]
    assert [is_symbolic(allele) for allele in ("<INS:ME>", "]1:2]A", ".A", "A.", ".", "*", "AC")] == [
        *(True, True, True, True),
        *(False, False, False),
    ]
    assert found[0].start == 4


def test_header_alone_and_lines_without_one(tmp_path):
    assert variants(tmp_path, HEADER) == []
    assert len(variants(tmp_path, "1\t5\t.\tA\tC\n")) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty; give a VCF file"),
        ("1\t5\t.\tA\n", "a.vcf:1: 4 columns instead of 5"),
        (HEADER + "1 5 . A C\n", "a.vcf:3: 1 columns instead of 5"),
        ("1\tx\t.\tA\tC\n", "POS is 'x'"),
        ("1\t-5\t.\tA\tC\n", "POS is '-5'"),
        ("1\t5\t.\tA!\tC\n", "REF: '!' at position 2 is not a nucleotide"),
        ("1\t5\t.\tA\tC,?\n", "ALT: '?' at position 1"),
        ("1\t5\t.\t\tC\n", "REF is empty"),
        ("1\t5\t.\tA\tC,\n", "ALT is empty"),
        ("BCF\2\2", "is BCF; convert it to VCF"),
    ],
)
def test_what_is_not_vcf(tmp_path, text, message):
    with pytest.raises(InputError) as raised:
        variants(tmp_path, text)
    assert message in str(raised.value)
