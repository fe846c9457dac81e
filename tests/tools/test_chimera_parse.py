"""chimera-parse as a command: golden output of both engines, outcomes of reads, .hyb files as input."""

import csv
import gzip
import json
import random
import shutil
from collections import Counter
from pathlib import Path

import pytest

from mirtools.chimera.pairing import MIN_SCORE
from mirtools.io.tables import PARSE_COLUMNS, TIE_COLUMNS
from mirtools.io.tied_sites import parse_spots
from mirtools.tools.chimera_parse import build_parser, main

ROOT = Path(__file__).resolve().parents[2]
DATA, GOLDEN = ROOT / "test-data", ROOT / "tests" / "golden"
REFERENCES = ["--mirnas", str(DATA / "mirnas.fa"), "--transcripts", str(DATA / "transcripts.fa.gz")]
TINY = [*REFERENCES, "--adapter", "TGGAATTCTCGGGTGCCAAGG", str(DATA / "tiny_reads.fastq.gz")]

needs_blast = pytest.mark.skipif(shutil.which("blastn") is None, reason="NCBI BLAST+ is not installed")


def rows(path):
    with open(path, newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t"))


@pytest.mark.parametrize("threads", ["1", "2"])
def test_golden(tmp_path, threads):
    out, fates = tmp_path / "pairs.tsv", tmp_path / "fates.tsv"
    assert main([*TINY, "--threads", threads, "-o", str(out), "--read-report", str(fates), "--quiet"]) == 0
    assert out.read_text() == (GOLDEN / "tiny_pairs.tsv").read_text()
    assert fates.read_text() == (GOLDEN / "tiny_fates.tsv").read_text()


@needs_blast
@pytest.mark.parametrize("threads", ["1", "2"])
def test_golden_with_blast(tmp_path, threads):
    """The same rows and fates; BLAST itself prints bit scores beyond 99.9 without their decimals."""
    out, fates = tmp_path / "pairs.tsv", tmp_path / "fates.tsv"
    line = [*TINY, "--engine", "blast", "--threads", threads, "-o", str(out), "--read-report", str(fates)]
    assert main([*line, "--quiet"]) == 0
    assert fates.read_text() == (GOLDEN / "tiny_fates.tsv").read_text()
    golden = rows(GOLDEN / "tiny_pairs.tsv")
    for row in golden:
        if float(row["target_bits"]) > 99.9:
            row["target_bits"] = f"{float(row['target_bits']) // 1:.1f}"
    assert rows(out) == golden


def test_every_distinct_read_is_accounted_for(tmp_path):
    out, fates, report = tmp_path / "pairs.tsv.gz", tmp_path / "fates.tsv", tmp_path / "report.json"
    assert main([*TINY, "-o", str(out), "--read-report", str(fates), "--json", str(report), "--quiet"]) == 0
    found = json.loads(report.read_text())
    counts, dropped, statistics = (found[key] for key in ("counts", "dropped", "statistics"))
    status = Counter(row["status"] for row in rows(fates))
    assert status["paired"] == counts["paired_reads"]
    assert statistics["fate"] == status | {"too_short": dropped["too_short"]}
    del status["paired"]
    too_short = dropped.pop("too_short")
    assert status == dropped
    assert counts["reads"] == counts["distinct_reads"] + counts["duplicate_reads"] + too_short
    with gzip.open(out, "rt") as stream:
        table = list(csv.DictReader(stream, delimiter="\t"))
    assert sum(int(row["n_reads"]) for row in table) == counts["paired_reads"]
    assert {row["pair_id"] for row in table} == {row["pair_id"] for row in rows(fates)} - {"."}


def test_coverage_is_the_sum_over_rows(tmp_path):
    out = tmp_path / "pairs.tsv"
    assert main([*TINY, "--min-reads", "1", "-o", str(out), "--quiet"]) == 0
    by_mirna, by_target = Counter(), Counter()
    for row in rows(out):
        by_mirna[row["mirna_id"], row["mirna_seq"]] += int(row["n_reads"])
        by_target[row["target_id"]] += int(row["n_reads"])
    for row in rows(out):
        assert int(row["mirna_coverage"]) == by_mirna[row["mirna_id"], row["mirna_seq"]]
        assert int(row["target_coverage"]) == by_target[row["target_id"]]


def test_sites_come_from_the_transcripts(tmp_path):
    from mirtools.io.sequences import read_references

    out = tmp_path / "pairs.tsv"
    assert main([*TINY, "--ties", "--extend", "10", "--min-site", "20", "-o", str(out), "--quiet"]) == 0
    sequences = {
        item.name.split("|")[0]: item.sequence for item in read_references(str(DATA / "transcripts.fa.gz"))
    }
    table = rows(out)
    assert list(table[0]) == [*PARSE_COLUMNS, "n_reads:tiny_reads", *TIE_COLUMNS]
    for row in table:
        transcript = sequences[row["target_id"]]
        start, end = int(row["site_start"]), int(row["site_end"])
        assert row["site_seq"] == transcript[start:end]
        assert end == min(int(row["target_end"]) + 10, len(transcript))
        assert row["target_id"] in row["tied_targets"].split(",")
        own = row["target_id"], int(row["target_start"]), int(row["target_end"])
        assert own in parse_spots(row["tied_sites"])


def test_min_score_has_the_default_of_the_engine():
    line = [*REFERENCES, "reads.fq"]
    assert build_parser().parse_args(line).min_score == MIN_SCORE


def test_no_reads_is_a_valid_result(tmp_path, capsys):
    empty = tmp_path / "empty.fq"
    empty.write_text("")
    assert main([*REFERENCES, str(empty)]) == 0
    assert capsys.readouterr().out == "\t".join([*PARSE_COLUMNS, "n_reads:empty"]) + "\n"


# ---- ties -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["native", pytest.param("blast", marks=needs_blast)])
def test_places_that_paralogues_share(tmp_path, engine):
    """A part of two transcripts, and twice in one of them; the third has a changed base."""
    rng = random.Random(3)
    part, mirna = "".join(rng.choices("ACGT", k=34)), "TAGCAGCACGTAAATATTGGCG"
    between = ["".join(rng.choices("ACGT", k=length)) for length in (40, 50, 70, 55, 90)]
    transcripts = {
        "ENST00000000002.1|ENSG00000000002.1|-|-|B-201|B|0|": between[0] + part + between[1],
        "ENST00000000001.1|ENSG00000000001.1|-|-|A-201|A|0|": between[2] + part + between[3] + part + between[4],
        "ENST00000000003.1|ENSG00000000003.1|-|-|C-201|C|0|": between[1] + part[:17] + part[18:] + between[0],
    }
    (tmp_path / "m.fa").write_text(f">hsa-miR-16-5p\n{mirna}\n")
    (tmp_path / "t.fa").write_text("".join(f">{name}\n{sequence}\n" for name, sequence in transcripts.items()))
    (tmp_path / "r.fa").write_text(f">r\n{mirna}{part}\n")
    out = tmp_path / "pairs.tsv"
    line = ["--mirnas", f"{tmp_path}/m.fa", "--transcripts", f"{tmp_path}/t.fa", "--min-reads", "1", "--ties"]
    assert main([*line, "--engine", engine, "--quiet", "-o", str(out), str(tmp_path / "r.fa")]) == 0
    (row,) = rows(out)
    assert row["tied_sites"] == "ENST00000000001.1:70-104,ENST00000000001.1:159-193,ENST00000000002.1:40-74"
    assert (row["target_id"], row["target_start"], row["target_end"]) == ("ENST00000000001.1", "70", "104")
    assert (row["n_best"], row["tied_targets"]) == ("3", "ENST00000000001.1,ENST00000000002.1")
    assert [tuple(spot) for spot in parse_spots(row["tied_sites"])] == [
        ("ENST00000000001.1", 70, 104),
        ("ENST00000000001.1", 159, 193),
        ("ENST00000000002.1", 40, 74),
    ]


# ---- .hyb files -----------------------------------------------------------------------------------------------


def test_hyb_input_gives_the_same_pairs_as_its_reads(tmp_path):
    """The output of --hyb for all paired reads gives the same table."""
    hyb, out, again = tmp_path / "reads.hyb", tmp_path / "pairs.tsv", tmp_path / "again.tsv"
    assert main([*TINY, "--min-reads", "1", "--hyb", str(hyb), "-o", str(out), "--quiet"]) == 0
    named = ["--sample", "tiny_reads"]
    assert main([*REFERENCES, *named, "--min-reads", "1", "-o", str(again), "--quiet", str(hyb)]) == 0
    # the file has neither bit scores nor qualities, and only the best pair
    unsaid = {"mirna_qual", "mirna_bits", "target_bits", "n_best"}

    def comparable(table):
        return sorted([(key, row[key]) for key in row if key not in unsaid] for row in table)

    assert comparable(rows(again)) == comparable(rows(out))
    assert len(rows(out)) > 100


def test_lines_of_one_read_are_its_tied_targets(tmp_path):
    """As in hybkit's example: a read has one line for every equally good target."""
    mirna, site = "TGAGGTAGTAGGTTGTATAGTT", "ACGATCGGATTACAGGCTACCATGCGATTTACGG"
    (tmp_path / "m.fa").write_text(f">miR\n{mirna}\n")
    (tmp_path / "t.fa").write_text("".join(f">t{n}\n{'C' * n}{site}{'A' * 30}\n" for n in range(1, 4)))
    lines = [
        f"{read}\t{mirna}{site}\t.\tmiR\t1\t22\t1\t22\t1e-9\tt{n}\t23\t56\t{n + 1}\t{n + 34}\t1e-12\n"
        for read in ("r1", "r2")
        for n in (2, 1, 3)
    ]
    (tmp_path / "reads.hyb").write_text("".join(lines))
    out, fates = tmp_path / "pairs.tsv", tmp_path / "fates.tsv"
    line = f"--mirnas {tmp_path}/m.fa --transcripts {tmp_path}/t.fa --min-reads 1 --ties --quiet -o {out}"
    line += f" --read-report {fates} {tmp_path}/reads.hyb"
    assert main(line.split()) == 0
    (row,) = rows(out)
    shown = [row[key] for key in ("target_id", "n_best", "n_reads", "n_copies", "tied_targets", "tied_mirnas")]
    assert shown == ["t1", "3", "1", "2", "t1,t2,t3", "miR"]
    assert [row["read_id"] for row in rows(fates)] == ["r1"]
