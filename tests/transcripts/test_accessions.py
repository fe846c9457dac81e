"""Accessions of transcripts, and finding a sequence by its whole name as well as by its accession."""

import gzip

import pytest
from commands import TEST_DATA, run

from mirtools.chimera.kmers import KmerIndex, read_transcripts
from mirtools.chimera.references import References
from mirtools.io.sequences import Reference
from mirtools.transcripts.annotation import read_annotation
from mirtools.transcripts.names import NameIndex, accession, accessions
from mirtools.transcripts.regions import Transcript

GENCODE = "ENST00000331825.11|ENSG00000087086.15|OTTHUMG1.3|OTTHUMT2.3|FTL-201|FTL|871|UTR5:1-29|CDS:30-557|"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (GENCODE, "ENST00000331825.11"),
        ("ENST00000381192.10_PAR_Y|ENSG00000182378.15_PAR_Y|-|-|A-201|A|12|", "ENST00000381192.10_PAR_Y"),
        ("ENSG00000087086|ENST00000331825", "ENST00000331825"),
        ("ENSMUST00000094434.6|ENSMUSG00000050708", "ENSMUST00000094434.6"),
        ("gi|164698440|ref|NM_000146.4|", "NM_000146.4"),
        ("ref|XR_001.2|", "XR_001.2"),
        ("X1.1|G1|-|-|n|N|120|CDS:1-9|", "X1.1"),
        ("X1.1|G1|-|-|n|N|120", "X1.1"),
        ("X1.1|G1|-|-|n|N|12a|", "X1.1|G1|-|-|n|N|12a|"),
        ("X1.1|G1|-|-|n|N", "X1.1|G1|-|-|n|N"),
        ("|G1|-|-|n|N|120|", "|G1|-|-|n|N|120|"),
        ("ENST00000331825.11|ENST00000331826.1", "ENST00000331825.11|ENST00000331826.1"),
        ("AT1G01010|AT1G01010.1", "AT1G01010|AT1G01010.1"),
        ("ENSG_ENST_FTL_mRNA", "ENSG_ENST_FTL_mRNA"),
        ("NM_000146.4", "NM_000146.4"),
        ("", ""),
    ],
)
def test_accession(name, expected):
    assert accession(name) == expected
    assert accession(expected) == expected


def test_transcripts_that_would_share_an_accession_keep_their_whole_names():
    names = ["ENST00000000001.1|a", "ENST00000000001.1|b", "NM_1.2", "ref|NM_1.2|", "ENST00000000002.1|c"]
    assert accessions(names) == [*names[:4], "ENST00000000002.1"]


def test_sequences_are_found_by_whole_names_and_accessions_and_never_in_another_version():
    for known in (GENCODE, "ENST00000331825.11"):
        index = NameIndex({known: 1}, any_version=False)
        assert index.find(GENCODE) == index.find("ENST00000331825.11") == 1
        assert index.find("ENST00000331825.12") is index.find("ENST00000331825") is index.find("FTL") is None
        assert NameIndex({known: 1}).find("ENST00000331825.12") == 1
    both = NameIndex({"ENST00000331825.11|a": 1, "ENST00000331825.11|b": 2}, any_version=False)
    assert both.find("ENST00000331825.11|b") == 2
    assert both.find("ENST00000331825.11") is None


def test_transcripts_of_an_index_have_the_names_of_those_of_its_fasta_file(tmp_path):
    listed = [Reference(GENCODE, f"{GENCODE} more", "ACGT" * 20), Reference("t", "t x", "GATTACA" * 9)]
    (tmp_path / "t.fa").write_text("".join(f">{each.header}\n{each.sequence}\n" for each in listed))
    with open(tmp_path / "index", "wb") as stream:
        KmerIndex.of(References.of(listed)).save(stream)
    for path in ("t.fa", "index"):
        found, _ = read_transcripts(str(tmp_path / path))
        assert (found.names, found.headers) == (["ENST00000331825.11", "t"], [each.header for each in listed])


def test_annotations_describe_whole_names_and_accessions(tmp_path):
    for named in (GENCODE, "ENST00000331825.11"):
        (tmp_path / "regions.tsv").write_text(f"target_id\tcds_start\tcds_end\n{named}\t10\t20\n")
        for given in (GENCODE, "ENST00000331825.11"):
            found = read_annotation([Transcript(given, given, 50)], "t.fa", table=str(tmp_path / "regions.tsv"))
            regions = [
                found.region_of(name, 12, 14) for name in (GENCODE, "ENST00000331825.11", "ENST00000331825.9")
            ]
            assert regions == ["CDS", "CDS", "unknown"]


def test_negatives_of_tables_with_either_name_are_the_same_sites(tmp_path):
    """Tables of earlier versions have whole names."""
    whole = {
        line.split("|")[0][1:]: line[1:]
        for line in gzip.open(TEST_DATA / "transcripts.fa.gz", "rt")
        if line[0] == ">"
    }
    header, *lines = [line.split("\t") for line in (TEST_DATA / "chimera_pairs.tsv").read_text().splitlines()[:12]]
    at = header.index("target_id")
    made = []
    for names in (dict(zip(whole, whole, strict=True)), {name: full.strip() for name, full in whole.items()}):
        rows = [[*row[:at], names[row[at].split("|")[0]], *row[at + 1 :]] for row in lines]
        (tmp_path / "pairs.tsv").write_text("".join("\t".join(row) + "\n" for row in (header, *rows)))
        line = ["--transcripts", str(TEST_DATA / "transcripts.fa.gz"), "--quiet", str(tmp_path / "pairs.tsv")]
        done = run("negatives-generate", line)
        assert done.status == 0, done.err
        table = [row.split("\t") for row in done.out.decode().splitlines()]
        assert {row[at] for row in table[1:]} == {row[at] for row in rows}
        label = table[0].index("label")
        made.append([row[label] for row in table])
    assert made[0] == made[1]
    assert "0" in made[0]
