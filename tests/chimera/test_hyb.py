"""Reading .hyb files."""

import pytest

from mirtools.chimera.engine import Hit, SearchReferences
from mirtools.chimera.hyb import read_hyb
from mirtools.errors import InputError
from mirtools.sequences import Reference

MIRNA, TRANSCRIPT = "TAGCAGCACGTAAATATTGGCG", "CCGGAATGCTGCTAAAAACAAGACTGGGGCTGC"
REFERENCES = SearchReferences(
    [Reference("MIMAT0000069_MirBase_miR-16_microRNA", "", MIRNA)],
    [Reference("ENSG_ENST_RPL27A_mRNA", "", TRANSCRIPT)],
)
LINE = (
    "2333_196\tTAGCAGCACGTAAATATTGGCGAATGCTGCTAAAAACAAG\t-12.3\t"
    "MIMAT0000069_MirBase_miR-16_microRNA\t1\t22\t1\t22\t0.00047\tENSG_ENST_RPL27A_mRNA\t22\t40\t4\t22\t0.022\t"
)


def read(tmp_path, text):
    path = tmp_path / "reads.hyb"
    path.write_text(text)
    return list(read_hyb(str(path), REFERENCES))


def test_coordinates_become_zero_based(tmp_path):
    ((record, hits),) = read(tmp_path, LINE + "\n")
    assert (record.name, len(record.sequence)) == ("2333_196", 40)
    assert hits.mirnas == [Hit(0, 0, 22, 0, 22, 0.00047, 0.0)]
    assert hits.targets == [Hit(0, 21, 40, 3, 22, 0.022, 0.0)]
    assert record.sequence[21:40] == TRANSCRIPT[3:22]


def test_segments_of_other_kinds_make_no_hit(tmp_path):
    ((_, hits),) = read(tmp_path, LINE.replace("ENSG_ENST_RPL27A_mRNA", "tRNA-Gly"))
    assert (len(hits.mirnas), len(hits.targets)) == (1, 0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LINE + "\n" + "a\tb\n", ":2: 2 columns where a .hyb line has 15 or more"),
        (
            LINE.replace("\t1\t22\t1\t22\t", "\t1\t99\t1\t22\t"),
            ":1: segment .* lies outside its read or reference",
        ),
        (LINE.replace("\t22\t40\t", "\t22\tx\t"), ":1: coordinates are no whole numbers"),
        (LINE.replace("TAGCAGC", "TAGXAGC"), ":1: 'X' at position 4 is no nucleotide"),
    ],
)
def test_bad_lines(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, text)


def test_empty_file(tmp_path):
    assert read(tmp_path, "") == []
