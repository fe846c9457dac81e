"""Reading and writing .hyb files: golden lines, round trip, and hybkit's reader."""

import gzip
import io
import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirtools.chimera.batches import ReadBatch
from mirtools.chimera.engine import Hits, SearchReferences
from mirtools.chimera.hyb import HybLines, copies_of_line, hits_of_inserts, hyb_lines, read_hyb
from mirtools.chimera.inserts import ReadLayout, inserts_of
from mirtools.chimera.pairing import PairingRules, Pairs, pair_hits
from mirtools.chimera.references import References, encode
from mirtools.errors import InputError
from mirtools.io.sequences import Reference

MIRNA, TRANSCRIPT = "TAGCAGCACGTAAATATTGGCG", "CCGGAATGCTGCTAAAAACAAGACTGGGGCTGC"
REFERENCES = SearchReferences(
    References.of([Reference("MIMAT0000069_MirBase_miR-16_microRNA", "", MIRNA)]),
    References.of([Reference("ENSG_ENST_RPL27A_mRNA", "", TRANSCRIPT)]),
)
BASES = "TAGCAGCACGTAAATATTGGCGAATGCTGCTAAAAACAAG"
MIRNA_CELLS = "MIMAT0000069_MirBase_miR-16_microRNA\t1\t22\t1\t22\t0.00047"
TARGET_CELLS = "ENSG_ENST_RPL27A_mRNA\t22\t40\t4\t22\t0.022"
LINE = f"2333_196\t{BASES}\t-12.3\t{MIRNA_CELLS}\t{TARGET_CELLS}\t"
MIRNA_HIT, TARGET_HIT = (0, 0, 22, 0, 22, 0.00047, 0.0), (0, 21, 40, 3, 22, 0.022, 0.0)
# hyb joins distinct reads of the same chimera and notes it in column 16; hybkit adds flags
FLAGS = ("", "count_total=3; seq_IDs_in_cluster=1_2,3_4;", "read_count=196;seg1_type=miRNA\textra", None)


def read(tmp_path, text, references=REFERENCES, **size):
    path = tmp_path / "reads.hyb"
    path.write_text(text)
    return list(read_hyb(str(path), references, **size))


def rows(hits):
    return list(zip(*(column.tolist() for column in hits), strict=True))


@pytest.mark.parametrize("flags", FLAGS)
def test_coordinates_become_zero_based(tmp_path, flags):
    line = LINE.removesuffix("\t") if flags is None else LINE + flags
    ((raw, mirna_hits, target_hits),) = read(tmp_path, line + "\n")
    assert (raw.name(0), raw.sequence(0), raw.qualities) == ("2333_196", BASES, None)
    assert rows(mirna_hits) == [(0, *MIRNA_HIT)]
    assert rows(target_hits) == [(0, *TARGET_HIT)]
    assert [column.dtype for column in target_hits] == [np.dtype(np.int32)] * 6 + [np.dtype(np.float64)] * 2
    assert raw.sequence(0)[21:40] == TRANSCRIPT[3:22]


@pytest.mark.parametrize(
    ("name", "flags", "copies"),
    [
        ("2333_196", "", 196),
        ("2333_196", "read_count=5", 5),
        ("2333_196", "read_count=.;seg1_type=miRNA", 196),
        ("r", "seg1_type=miRNA; read_count = 7 ;x=1", 7),
        ("1_2", "count_total=3;count_last_clustering=9;two_way_merged=0;seq_IDs_in_cluster=1_2,3_4;", 6),
        ("1_2", "count_total=30; seq_IDs_in_cluster=1_2,3_4", 30),
        ("r", "count_total=3", 3),
        ("r_7", "seg1_type=miRNA", 0),  # not a name of hyb; needs --collapsed
        ("M:1:2_3", "", 0),
        ("r", "read_counts=9", 0),
    ],
)
def test_copies_in_flags_and_names(name, flags, copies):
    assert copies_of_line(name, flags) == copies


def test_copies_of_reads(tmp_path):
    """The largest number of several lines; a file written by mirtools keeps its copies."""
    lines = [
        LINE + "read_count=3",
        LINE + "read_count=12",
        LINE.replace("2333_196", "r") + "a=b",
        LINE.replace("2333", "1"),
    ]
    raws = [each.raw for each in read(tmp_path, "\n".join(lines), size=2)]
    assert [raw.copies.tolist() for raw in raws] == [[12, 0], [196]]
    inserts = [inserts_of(raw, ReadLayout()).batch.copies.tolist() for raw in raws]
    assert inserts == [[13], [196]]
    (line,) = lines_of(batch_of([BASES], ["2333_196"], [5]), [pair()])
    ((raw, *_),) = read(tmp_path, line)
    assert raw.copies.tolist() == [5]


def test_segments_of_other_kinds_make_no_hit(tmp_path):
    ((_, mirna_hits, target_hits),) = read(tmp_path, LINE.replace("ENSG_ENST_RPL27A_mRNA", "tRNA-Gly"))
    assert (len(mirna_hits.read), len(target_hits.read)) == (1, 0)


def test_a_missing_score_is_the_best(tmp_path):
    ((_, mirna_hits, _),) = read(tmp_path, LINE.replace("0.00047", "."))
    assert mirna_hits.evalue.tolist() == [0.0]


def test_rna_letters_comments_and_line_ends_of_dos(tmp_path):
    text = f"# hyb\r\n\r\n{LINE.replace(BASES, BASES.lower().replace('t', 'u'))}\r\n"
    ((raw, mirna_hits, _),) = read(tmp_path, text)
    assert raw.sequence(0) == BASES
    assert len(mirna_hits.read) == 1


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 8, 100])
def test_lists_have_at_most_the_requested_reads(tmp_path, size):
    """Hits are counted within their list."""
    other = LINE.replace("ENSG_ENST_RPL27A_mRNA", "other")
    lines = [f"r{number}_{line}" for number, line in enumerate([LINE, other, LINE, LINE, other, other, LINE])]
    lists = read(tmp_path, "\n".join(lines), size=size)
    assert [len(each.raw.records) for each in lists] == [min(size, 7 - start) for start in range(0, 7, size)]
    mirnas = [size * n + place for n, each in enumerate(lists) for place in each.mirna_hits.read.tolist()]
    targets = [size * n + place for n, each in enumerate(lists) for place in each.target_hits.read.tolist()]
    assert (mirnas, targets) == ([*range(7)], [0, 2, 3, 6])


@pytest.mark.parametrize("size", [1, 2, 3, 4, 100])
def test_lines_of_one_read_are_one_read_with_all_their_hits(tmp_path, size):
    """Also at the end of a list of reads; equal hits count once, and only consecutive lines are one read."""
    second = LINE.replace("\t22\t40\t4\t22\t", "\t23\t40\t5\t22\t")
    longer = LINE.replace(BASES, BASES + "C")
    lines = [*("a" + each for each in (LINE, second, LINE)), *("b" + each for each in (LINE, second)), "a" + LINE]
    lines += ["a" + longer, LINE.replace("2333_196", "."), LINE.replace("2333_196", ".")]
    lists = read(tmp_path, "\n".join(lines), size=size)
    names = [each.raw.name(number) for each in lists for number in range(len(each.raw.records))]
    assert names == ["a2333_196", "b2333_196", "a2333_196", "a2333_196", ".", "."]
    assert [len(each.raw.records) for each in lists] == [min(size, 6 - start) for start in range(0, 6, size)]
    mirnas = [(size * n + row[0], *row[1:]) for n, each in enumerate(lists) for row in rows(each.mirna_hits)]
    targets = [(size * n + row[0], *row[1:]) for n, each in enumerate(lists) for row in rows(each.target_hits)]
    assert mirnas == [(number, *MIRNA_HIT) for number in range(6)]
    shorter = (0, 22, 40, 4, 22, 0.022, 0.0)
    assert targets == [
        *((0, *TARGET_HIT), (0, *shorter), (1, *TARGET_HIT), (1, *shorter)),
        *((number, *TARGET_HIT) for number in range(2, 6)),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LINE + "\n" + "a\tb\n", ":2: 2 columns instead of 15 or more; give a .hyb file$"),
        (
            LINE.replace("\t1\t22\t1\t22\t", "\t1\t99\t1\t22\t"),
            ":1: segment .* lies outside its read or reference; give the FASTA hyb used$",
        ),
        (LINE.replace("\t4\t22\t", "\t4\t34\t"), ":1: segment 'ENSG_ENST_RPL27A_mRNA' lies outside"),
        (LINE.replace("\t22\t40\t", "\t22\tx\t"), ":1: coordinates are not whole numbers; give a .hyb file$"),
        (LINE.replace("\t22\t40\t", "\t22\t.\t"), ":1: coordinates are not whole numbers"),
        (LINE.replace("0.022", "-1"), ":1: score '-1' is not an e-value; give a .hyb file$"),
        (LINE.replace("0.022", "low"), ":1: score 'low' is not an e-value; give a .hyb file$"),
        (LINE.replace("0.022", "nan"), ":1: score 'nan' is not an e-value"),
        (LINE.replace("TAGCAGC", "TAGXAGC"), ":1: 'X' at position 4 is not a nucleotide"),
        (LINE + "read_count=many", ":1: flag read_count is 'many'; give a whole number$"),
        (LINE + "count_total=-1", ":1: flag count_total is '-1'"),
        (
            LINE + "seq_IDs_in_cluster=" + ",".join(["1_" + "9" * 15] * 2),
            ":1: flag seq_IDs_in_cluster counts more",
        ),
    ],
)
def test_bad_lines(tmp_path, text, message):
    with pytest.raises(InputError, match=message) as caught:
        read(tmp_path, text)
    assert len(str(caught.value).removeprefix(str(tmp_path))) <= 200


def test_empty_file(tmp_path):
    assert read(tmp_path, "") == []


def test_hits_are_those_of_the_kept_inserts(tmp_path):
    short = LINE.replace(BASES, BASES[:20]).replace("\t1\t22\t1\t22\t", "\t1\t9\t1\t9\t")
    short = short.replace("\t22\t40\t4\t22\t", "\t10\t20\t4\t14\t")
    changed = LINE.replace(BASES, BASES + "C").replace("\t22\t40\t4\t22\t", "\t23\t40\t5\t22\t")
    nothing = f"none\t{MIRNA[::-1]}\t.\ta\t1\t9\t1\t9\t.\tb\t1\t9\t1\t9\t."
    ((raw, *hits),) = read(tmp_path, "\n".join([short, LINE, nothing, LINE, changed]))
    inserts = inserts_of(raw, ReadLayout(min_length=21), keep_names=True)
    assert inserts.raw.tolist() == [1, 2, 4]
    assert inserts.batch.copies.tolist() == [392, 1, 196]
    kept = [rows(hits_of_inserts(each, inserts.raw)) for each in hits]
    assert kept[0] == [(0, *MIRNA_HIT), (2, *MIRNA_HIT)]
    assert kept[1] == [(0, *TARGET_HIT), (2, 0, 22, 40, 4, 22, 0.022, 0.0)]


@given(st.lists(st.integers(0, 30), max_size=40), st.sets(st.integers(0, 30)))
def test_hits_of_inserts_against_plain_python(reads, raw):
    reads = sorted(reads)
    cells = np.arange(len(reads))
    hits = Hits(np.array(reads, np.int32), *[cells.astype(np.int32)] * 5, *[cells.astype(np.float64)] * 2)
    found = hits_of_inserts(hits, np.array(sorted(raw), np.int64))
    wanted = [(sorted(raw).index(read), cell) for cell, read in enumerate(reads) if read in raw]
    assert list(zip(found.read.tolist(), found.subject.tolist(), strict=True)) == wanted
    assert [column.dtype for column in found] == [column.dtype for column in hits]


# Writing


def batch_of(reads, names=None, copies=None):
    """Return sequences as a batch."""
    starts = np.cumsum([0, *map(len, reads)])
    names = [f"r{number}" for number in range(len(reads))] if names is None else names
    digests = np.zeros((len(reads), 2), np.uint64)
    copies = np.array(copies or [1] * len(reads), np.int64)
    return ReadBatch(
        encode("".join(reads)).copy(), starts, None, names, digests, copies, 0, np.full(len(reads), -1)
    )


def pairs_of(listed):
    """Return dictionaries as Pairs, with zeros for missing fields."""
    columns = {field: np.array([pair.get(field, 0) for pair in listed], np.int64) for field in Pairs._fields[:-1]}
    for field in Pairs._fields[-5:-1]:
        columns[field] = np.array([pair.get(field, 0) for pair in listed], np.float64)
    columns["target_first"] = columns["target_first"].astype(bool)
    return Pairs(**columns, tied=None)


def pair(read=0, mirna=MIRNA_HIT, target=TARGET_HIT, **more):
    """Return a pair of two hits as a dictionary."""
    fields = ("", "_start", "_end", "_ref_start", "_ref_end", "_evalue")
    cells = {f"mirna{field}": cell for field, cell in zip(fields, mirna, strict=False)}
    cells |= {f"target{field}": cell for field, cell in zip(fields, target, strict=False)}
    return {"read": read, "rank": 1, "n_best": 1, **cells, **more}


def lines_of(batch, listed, references=REFERENCES, chosen=None, **more):
    if chosen is None:
        chosen = np.ones(len(batch.copies), bool)
    return list(hyb_lines(batch, pairs_of(listed), chosen, references, **more))


def test_golden_lines():
    turned = BASES[22:] + MIRNA
    batch = batch_of([BASES, turned, BASES], ["2333_196", "b", "c"], [196, 1, 1])
    second = (0, 18, 40, 0, 22, 1.2345e-7), (0, 0, 18, 4, 22, 0.0)
    listed = [pair(0), pair(0, rank=2), pair(1, *second, target_first=True), pair(2)]
    assert lines_of(batch, listed, chosen=np.array([True, True, False])) == [
        f"2333_196\t{BASES}\t.\t{MIRNA_CELLS}\t{TARGET_CELLS}\t"
        "read_count=196;seg1_type=microRNA;seg2_type=mRNA;miRNA_seg=5p\n",
        f"b\t{turned}\t.\tENSG_ENST_RPL27A_mRNA\t1\t18\t5\t22\t0\t"
        "MIMAT0000069_MirBase_miR-16_microRNA\t19\t40\t1\t22\t1.23e-07\t"
        "read_count=1;seg1_type=mRNA;seg2_type=microRNA;miRNA_seg=3p\n",
    ]


def test_lines_count_the_copies_of_all_batches():
    batch, spool, stream = batch_of([BASES, BASES], ["a", "b"], [3, 1]), HybLines(), io.StringIO()
    lines = lines_of(batch, [pair(0), pair(1)], sample="x")
    spool.add(lines[:1])
    spool.add(lines[1:])
    spool.write(stream, np.array([12, 1]))
    spool.close()
    assert stream.getvalue() == "".join(lines).replace("read_count=3;", "read_count=12;")


def test_no_pairs_no_lines():
    assert lines_of(batch_of([BASES]), []) == []
    assert lines_of(batch_of([BASES]), [pair()], chosen=np.array([False])) == []


@pytest.mark.parametrize(
    ("mirna", "transcript", "types"),
    [
        (
            Reference("hsa-let-7a-5p", "", MIRNA),
            Reference("NM_000014.6", "NM_000014.6 A2M", TRANSCRIPT),
            "miRNA mRNA",
        ),
        (Reference("a_microRNA", "", MIRNA), Reference("ENSG_ENST_AL3-3_pseudo", "", TRANSCRIPT), "miRNA pseudo"),
        (Reference("MIMAT1_a_b_microRNA", "", MIRNA), Reference("t", "", TRANSCRIPT), "microRNA mRNA"),
        (
            Reference("m", "", MIRNA),
            Reference(*["ENST1.2|ENSG2.5|-|-|DDX11L1-202|DDX11L1|1657|processed_transcript|"] * 2, TRANSCRIPT),
            "miRNA processed_transcript",
        ),
        (
            Reference("m", "", MIRNA),
            Reference(*["ENST1.2|ENSG2.5|-|-|OR4F5-201|OR4F5|2618|protein_coding|"] * 2, TRANSCRIPT),
            "miRNA mRNA",
        ),
        (
            Reference("m", "", MIRNA),
            Reference(*["ENST1.2|ENSG2.5|-|-|OR4F5-201|OR4F5|33|UTR5:1-3|CDS:4-9|UTR3:10-33|"] * 2, TRANSCRIPT),
            "miRNA mRNA",
        ),
        (
            Reference("m", "", MIRNA),
            Reference("ENST1.2", "ENST1.2 ncrna gene:ENSG2 transcript_biotype:lncRNA gene_symbol:X", TRANSCRIPT),
            "miRNA lncRNA",
        ),
    ],
)
def test_types_of_segments(mirna, transcript, types):
    references = SearchReferences(References.of([mirna]), References.of([transcript]))
    (line,) = lines_of(batch_of([BASES]), [pair()], references)
    flags = dict(flag.split("=") for flag in line.rstrip("\n").split("\t")[15].split(";"))
    assert [flags["seg1_type"], flags["seg2_type"]] == types.split()


@pytest.mark.parametrize(
    ("name", "written"), [("r/1", "r/1"), ("", "unnamed"), (".", "unnamed"), ("#1#", "%231#"), ("a;b=c", "a;b=c")]
)
def test_names_of_reads(tmp_path, name, written):
    (line,) = lines_of(batch_of([BASES], [name]), [pair()])
    assert line.split("\t")[0] == written
    ((raw, *_),) = read(tmp_path, line)
    assert raw.name(0) == written


def test_the_sample_is_the_dataset():
    (line,) = lines_of(batch_of([BASES]), [pair()], sample="1 %;k=v")
    assert line.endswith(";miRNA_seg=5p;dataset=1 %25%3Bk%3Dv\n")


def test_pairs_of_a_file_are_written_as_its_lines(tmp_path):
    """Reading, pairing and writing, in both orders; only folding energy and flags differ."""
    turned = LINE.replace(BASES, BASES[22:] + MIRNA).replace(
        f"{MIRNA_CELLS}\t{TARGET_CELLS}",
        "ENSG_ENST_RPL27A_mRNA\t1\t18\t5\t22\t0.079\tMIMAT0000069_MirBase_miR-16_microRNA\t19\t40\t1\t22\t0.00047",
    )
    text = f"{LINE}\n{turned}\n"
    ((raw, *hits),) = read(tmp_path, text)
    inserts = inserts_of(raw, ReadLayout(), keep_names=True)
    batch = inserts.batch
    hits = [hits_of_inserts(each, inserts.raw) for each in hits]
    pairs, _ = pair_hits(*hits, batch.bases, batch.starts, batch.loose, REFERENCES, PairingRules(min_site=20))
    lines = list(hyb_lines(batch, pairs, np.ones(2, bool), REFERENCES))
    assert ["\t".join(line.split("\t")[:15]) for line in lines] == [
        line.rstrip("\t").replace("-12.3", ".") for line in text.splitlines()
    ]


def spans(length):
    return st.tuples(st.integers(0, length - 1), st.integers(1, length)).filter(lambda span: span[0] < span[1])


NAMES = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)
BITS = st.floats(0, 1e3, allow_subnormal=False)


@st.composite
def written_pairs(draw):
    """Draw references, reads and the hits of their pairs."""
    lists = [
        [
            Reference(name, name, draw(st.text("ACGTN", min_size=1, max_size=40)))
            for name in draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
        ]
        for _ in range(2)
    ]
    lists[1] = [each._replace(name=f"{each.name}_t") for each in lists[1]]
    lists[0] = [each._replace(name=f"{each.name}_m") for each in lists[0]]
    reads, listed, expected = [], [], ([], [])
    for number in range(draw(st.integers(0, 5))):
        bases = draw(st.text("ACGTN", min_size=1, max_size=60))
        # consecutive lines with one name may be one read
        reads.append((f"{draw(NAMES.filter(lambda name: name[0] != '#'))}_{number}", bases))
        if draw(st.booleans()):
            continue
        hits = []
        for references in lists:
            subject = draw(st.integers(0, len(references) - 1))
            length = len(references[subject].sequence)
            hits.append((subject, *draw(spans(len(bases))), *draw(spans(length)), draw(BITS)))
        for place, hit in enumerate(hits):
            expected[place].append((number, *hit[:5], float(f"{hit[5]:.3g}"), 0.0))
        listed.append(pair(number, *hits, target_first=draw(st.booleans())))
    return SearchReferences(*map(References.of, lists)), reads, listed, expected


@given(written_pairs())
def test_written_files_can_be_read(tmp_path_factory, drawn):
    references, reads, listed, expected = drawn
    batch = batch_of([bases for _, bases in reads], [name for name, _ in reads])
    lines = lines_of(batch, listed, references)
    assert len(lines) == len(listed)
    path = tmp_path_factory.getbasetemp() / "again.hyb"
    path.write_text("".join(lines))
    lists = list(read_hyb(str(path), references))
    if not listed:
        assert lists == []
        return
    ((raw, *hits),) = lists
    names = [pair["read"] for pair in listed]
    assert [(raw.name(place), raw.sequence(place)) for place in range(len(names))] == [reads[n] for n in names]
    for found, wanted in zip(hits, expected, strict=True):
        assert [(names[row[0]], *row[1:]) for row in rows(found)] == wanted


# hybkit

_DUMP = """
import json, sys
import hybkit
for reader in ({}, {"hybformat_ref": True}) if len(sys.argv) > 2 else ({},):
    hybkit.HybFile.settings.update(reader)
    with hybkit.HybFile(sys.argv[1], "r") as stream:
        for record in stream:
            record.eval_mirna()
            details = record.mirna_details(), record.get_read_count()
            print(json.dumps([record.to_line(), record.to_fields(), *details]))
"""


def hybkit_reads(peer, path, *more):
    done = subprocess.run(
        [peer("python"), "-c", _DUMP, str(path), *more], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_hybkit_reads_written_files(tmp_path, peer):
    turned = BASES[22:] + MIRNA
    batch = batch_of([BASES, turned, BASES], ["2333_196", "", "M:1:2#CTA/1"], [196, 1, 3])
    second = (0, 18, 40, 0, 22, 1.2345e-7), (0, 0, 18, 4, 22, 0.0)
    lines = lines_of(batch, [pair(0), pair(1, *second, target_first=True), pair(2)], sample="liver; 1=2")
    path = tmp_path / "reads.hyb"
    path.write_text("".join(lines))
    done = subprocess.run(
        [peer("hyb_check"), "-i", str(path), "--verbose"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Error Checking Complete" in done.stdout
    records = hybkit_reads(peer, path, "types in names")
    assert records[:3] == records[3:]  # hybkit stops if the types in names and flags differ
    assert [line for line, *_ in records[:3]] == lines  # hybkit writes the lines unchanged
    fields = records[1][1]
    assert fields["id"] == "unnamed"
    assert fields["seq"] == turned
    assert fields["energy"] is None
    assert [fields[f"seg2_{name}"] for name in ("read_start", "read_end", "ref_start", "ref_end", "score")] == [
        *(19, 40, 1, 22, "1.23e-07")
    ]
    assert fields["seg1_ref_name"] == "ENSG_ENST_RPL27A_mRNA"
    assert fields["flags"]["dataset"] == "liver%3B 1%3D2"
    for (_, _, details, copies), count, part in zip(
        records[:3], [196, 1, 3], [BASES[21:], BASES[22:], BASES[21:]], strict=True
    ):
        assert copies == count
        assert details["mirna_ref"] == "MIMAT0000069_MirBase_miR-16_microRNA"
        assert (details["mirna_seq"], details["target_seq"]) == (MIRNA, part)


def _kind(name):
    """Distinguish miRNAs from mRNAs by their names in hyb's database and in that of KSHV."""
    return "mirna" if name.startswith(("MIMAT", "kshv")) else "mrna" if name.endswith("_mRNA") else "other"


@pytest.mark.slow
def test_real_chimeras_of_hybkit(peer):
    """366,007 reads of qCLASH (GSE101978): all are accepted, and every segment of a known kind becomes a hit."""
    folder = Path(peer("hyb_check")).parent.parent
    paths = [*folder.glob("hybkit*/ref_data/WT_BR1_comp_hOH7_KSHV_hybrids_ua.hyb.gz")]
    if not paths:
        pytest.skip("hybkit has no reference data")
    lengths = {"mirna": {}, "mrna": {}, "other": {}}
    expected = {"mirna": [0, 0, 0.0], "mrna": [0, 0, 0.0], "other": [0, 0, 0.0]}
    reads = bases = 0
    with gzip.open(paths[0], "rt") as stream:
        for line in stream:
            fields = line.split("\t")
            reads += 1
            bases += len(fields[1])
            for name, start, end, _, ref_end, score in (fields[3:9], fields[9:15]):
                known, sums = lengths[_kind(name)], expected[_kind(name)]
                known[name] = max(known.get(name, 0), int(ref_end))
                sums[0] += 1
                sums[1] += int(end) - int(start) + 1
                sums[2] += float(score)
    references = SearchReferences(
        *(
            References.of([Reference(name, name, "N" * length) for name, length in lengths[kind].items()])
            for kind in ("mirna", "mrna")
        )
    )
    found = {"mirna": [0, 0, 0.0], "mrna": [0, 0, 0.0]}
    for raw, *both in read_hyb(str(paths[0]), references):
        reads -= len(raw.records)
        bases -= len(raw.bases)
        for sums, hits in zip(found.values(), both, strict=True):
            sums[0] += len(hits.read)
            sums[1] += int((hits.end - hits.start).sum())
            sums[2] += float(hits.evalue.sum())
    assert (reads, bases) == (0, 0)
    assert [sums[0] for sums in expected.values()] == [218830, 237655, 275529]
    for kind, sums in found.items():
        assert sums == pytest.approx(expected[kind])
