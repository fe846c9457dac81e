"""Transcript regions from FASTA headers and tables."""

from pathlib import Path

import numpy as np
import pytest

from mirtools.errors import InputError
from mirtools.io.sequences import read_references
from mirtools.transcripts.annotation import Annotation, read_annotation, read_annotation_if_any
from mirtools.transcripts.names import match_names
from mirtools.transcripts.regions import (
    REGIONS,
    Regions,
    Transcript,
    non_coding,
    regions_from_headers,
    regions_from_table,
    transcripts_of,
)

DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "references"
STOPS = {"TAA", "TAG", "TGA"}


def reference(header: str, length: int) -> Transcript:
    return Transcript(header.split()[0], header, length)


def table(tmp_path, text):
    path = tmp_path / "regions.tsv"
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("UTR5:1-98|CDS:99-110|UTR3:111-120|", Regions(98, 110, 120)),
        ("CDS:1-110|UTR3:111-120|", Regions(0, 110, 120)),
        ("UTR5:1-98|CDS:99-120|", Regions(98, 120, 120)),
        ("CDS:1-120|", Regions(0, 120, 120)),
    ],
)
def test_gencode_headers(fields, expected):
    header = f"ENST1.2|ENSG1.1|-|-|A-201|A|120|{fields}"
    found = regions_from_headers([reference(header, 120), reference("ENST2|lncRNA|", 50)], "t.fa")
    assert found == {header: expected, "ENST2|lncRNA|": non_coding(50)}
    assert found[header].utr5[1] == found[header].cds[0]
    assert found[header].utr3 == (found[header].cds_end, 120)


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        ("ENST1.2 cdna chromosome:GRCh38:1:1:120:1 gene:ENSG1.1", "name no UTR5/CDS/UTR3"),
        ("ENST1.2 cds chromosome:GRCh38:1:1:120:1 gene:ENSG1.1", "bare coding sequences"),
        ("NM_1", "give --gtf or --regions"),
        ("E|UTR5:1-98|CDS:99-110|UTR3:111-121|", "do not fit a sequence of 120 nt"),
        ("E|UTR5:1-97|CDS:99-110|UTR3:111-120|", "do not fit"),
        ("E|CDS:110-99|", "do not fit"),
    ],
)
def test_headers_without_or_with_contradicting_regions_are_an_error(header, problem):
    with pytest.raises(InputError, match=problem) as error:
        regions_from_headers([reference(header, 120)], "t.fa")
    assert len(str(error.value)) <= 200


def test_names_with_and_without_version():
    known = {"ENST1": 1, "ENST2.3": 2, "NM_4.1": 3, "NM_4.2": 4, "X|Y": 5, "XR_5.2": 6, "ENSMUST6.1_2": 7}
    names = ["ENST1.7", "ENST2", "ENST2.9|ENSG", "NM_4.2", "NM_4", "NM_4.3", "X|Y", "other", "XR_5", "ENSMUST6.3"]
    # NM_4 and NM_4.3: NM_4 is ambiguous, so neither matches
    found = {"ENST1.7": 1, "ENST2": 2, "ENST2.9|ENSG": 2, "NM_4.2": 4, "X|Y": 5, "XR_5": 6, "ENSMUST6.3": 7}
    assert match_names(names, known) == found


@pytest.mark.parametrize(
    ("known", "other"),
    [
        ("AT1G01010.1", "AT1G01010.2"),
        ("AT1G01010.1", "AT1G01010"),
        ("Y74C9A.3.1", "Y74C9A.3"),
        ("2L52.1a.1", "2L52.1a.2"),
        ("TCONS_1.1", "TCONS_1.2"),
        ("FBtr0079786", "FBtr0079786.1"),
        ("AC012345.1", "AC012345.2"),
        ("ENST00000381192.10", "ENST00000381192.10_PAR_Y"),
    ],
)
def test_names_of_other_kinds_are_matched_whole(known, other):
    assert match_names([known, other], {known: 1}) == {known: 1}


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("ENSG00000087086|ENST00000331825", "ENST00000331825.11"),
        ("ENSG00000087086.15|ENST00000331825.11|FTL", "ENST00000331825.11"),
        ("AT1G01010|AT1G01010.2", "AT1G01010.2"),
        ("gi|56682958|ref|NM_000146.3|", "NM_000146.4"),
        ("ENSMUSG00000050708_ENSMUST00000094434_Ftl1_mRNA", "ENSMUST00000094434.6"),
        ("hg38_ncbiRefSeq_NM_000146.4", "NM_000146.4"),
        ("mm10_wgEncodeGencodeVM25_ENSMUST00000094434.5", "ENSMUST00000094434.5"),
        ("transcript:ENST00000331825", "ENST00000331825.11"),
        ("rna-NM_000146.4", "NM_000146.4"),
        ("ENST00000381192.10_PAR_Y|ENSG00000182378.15_PAR_Y|", "ENST00000381192.9_PAR_Y"),
    ],
)
def test_the_transcript_is_found_in_any_field(name, known):
    others = {"ENST9.1": 2, "NM_9": 3, "AT1G01010.1": 4, "ENST00000381192.10": 5}
    assert match_names([name], {**others, known: 1}) == {name: 1}


@pytest.mark.parametrize("start", ["cds_start", "cds_start0"])
def test_table(tmp_path, start):
    path = table(tmp_path, f"note\ttranscript_id\t{start}\tcds_end\nx\tNM_1\t3\t9\ny\tT2\t.\t.\nz\tT3\t0\t99\n")
    found = regions_from_table(path, [reference("NM_1.4", 12), reference("T2", 7), reference("T4", 5)])
    assert found == {"NM_1.4": Regions(3, 9, 12), "T2": non_coding(7)}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is empty"),
        ("transcript_id\tcds_end\nT1\t9\n", "regions.tsv:1: has no column cds_start or cds_start0"),
        ("cds_start\tcds_end\n1\t9\n", "no column transcript_id"),
        ("transcript_id\tcds_start\tcds_end\nT1\t3\t13\n", ":2: CDS 3-13 does not fit the transcript's 12 nt"),
        ("transcript_id\tcds_start\tcds_end\nT1\t9\t9\n", ":2: CDS 9-9 does not fit"),
        ("transcript_id\tcds_start\tcds_end\nT1\t-3\t9\n", ":2: cds_start is '-3'"),
        ("transcript_id\tcds_start\tcds_end\nT1\t3\t.\n", ":2: cds_end is '.'"),
        ("transcript_id\tcds_start\tcds_end\nT1\t3\t9\nT1\t3\t9\n", ":3: transcript is described twice"),
        ("transcript_id\tcds_start\tcds_end\nT9\t3\t9\n", "describes none of the transcripts"),
    ],
)
def test_bad_tables(tmp_path, text, problem):
    with pytest.raises(InputError) as error:
        regions_from_table(table(tmp_path, text), [reference("T1", 12)])
    assert problem in str(error.value)


@pytest.mark.skipif(not DATA.exists(), reason="needs ../shared/data")
def test_real_ensembl_gtf():
    transcripts = read_references(str(DATA / "ensembl14_transcripts.fa.gz"))
    found = read_annotation(transcripts_of(transcripts), "t.fa", str(DATA / "ensembl14_transcripts.gtf.gz"))
    regions = found.regions
    assert len(regions) == len(transcripts) == 14
    assert not found.other_length
    for name, _, sequence in transcripts:
        coding = sequence[slice(*regions[name].cds)]
        assert coding.startswith("ATG")
        assert coding[-3:] in STOPS
        assert len(coding) % 3 == 0


@pytest.mark.skipif(not DATA.exists(), reason="needs ../shared/data")
def test_real_refseq_table():
    transcripts = read_references(str(DATA / "human_refseq_hg19_mrna_4000.fa.gz"))
    regions = regions_from_table(
        str(DATA / "human_refseq_hg19_mrna_4000.regions.tsv.gz"), transcripts_of(transcripts)
    )
    coding = [sequence[slice(*regions[name].cds)] for name, _, sequence in transcripts]
    assert len(coding) == 4000
    assert sum(part.startswith("ATG") for part in coding) == 3998
    assert all(part[-3:] in STOPS for part in coding)


def slow_region(regions, start, end):
    """Return the region of the midpoint, simple and slow."""
    if regions is None:
        return "unknown"
    parts = {"5'UTR": regions.utr5, "CDS": regions.cds, "3'UTR": regions.utr3}
    of_base = [
        next((kind for kind in parts if base in range(*parts[kind])), "?") for base in range(regions.length)
    ]
    return "noncoding" if "CDS" not in of_base else of_base[(start + end) // 2]


def test_every_site_of_every_transcript():
    known = {
        "coding": Regions(4, 9, 14),
        "no 5'UTR": Regions(0, 9, 14),
        "no 3'UTR": Regions(4, 14, 14),
        "bare": Regions(0, 14, 14),
        "non-coding": non_coding(14),
    }
    names = ["unused", *known, "unknown name"]
    annotation = Annotation(known)
    sites = [(number, start, end) for number in range(1, 7) for start in range(14) for end in range(start + 1, 15)]
    expected = [slow_region(known.get(names[number]), start, end) for number, start, end in sites]
    assert [annotation.region_of(names[number], start, end) for number, start, end in sites] == expected
    assert set(expected) == set(REGIONS)
    numbers = annotation.region_numbers(names, *np.array(sites).T)
    assert [REGIONS[number] for number in numbers] == expected
    nothing = np.empty(0, np.int64)
    assert annotation.region_numbers(names, nothing, nothing, nothing).tolist() == []


def test_headers_are_used_only_if_they_name_regions(tmp_path):
    silent, telling = [reference("NM_1", 12)], [reference("E1|CDS:4-9|", 12), reference("E2|", 5)]
    assert read_annotation_if_any(silent, "t.fa") is None
    with pytest.raises(InputError, match="name no UTR5/CDS/UTR3"):
        read_annotation(silent, "t.fa")
    cut = [reference("E1|UTR5:1-3|CDS:4-9|", 8), reference("E2|CDS:1-9|", 9)]
    with pytest.raises(InputError, match="do not fit"):
        read_annotation(cut, "t.fa")
    annotation = read_annotation_if_any(cut, "t.fa")
    assert [annotation.region_of(each.name, 3, 4) for each in cut] == ["unknown", "CDS"]
    assert read_annotation_if_any(telling, "t.fa").region_of("E1|CDS:4-9|", 3, 4) == "CDS"
    path = table(tmp_path, "transcript_id\tcds_start\tcds_end\nNM_1\t0\t3\n")
    assert read_annotation_if_any(silent, "t.fa", table=path).region_of("NM_1", 3, 4) == "3'UTR"
