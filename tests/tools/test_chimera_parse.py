"""chimera-parse as a command: golden output, options, and where reads go."""

import csv
import gzip
import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from mirtools.interactions import PARSE_COLUMNS, TIE_COLUMNS
from mirtools.tools.chimera_parse import main

ROOT = Path(__file__).resolve().parents[2]
DATA, GOLDEN = ROOT / "test-data", ROOT / "tests" / "golden"
REFERENCES = ["--mirnas", str(DATA / "mirnas.fa"), "--transcripts", str(DATA / "transcripts.fa.gz")]
TINY = [*REFERENCES, "--adapter", "TGGAATTCTCGGGTGCCAAGG", str(DATA / "tiny_reads.fastq.gz")]

pytestmark = pytest.mark.skipif(shutil.which("blastn") is None, reason="NCBI BLAST+ is not installed")


def rows(path):
    with open(path, newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t"))


@pytest.mark.parametrize("threads", ["1", "2"])
def test_golden(tmp_path, threads):
    out, fates = tmp_path / "pairs.tsv", tmp_path / "fates.tsv"
    assert main([*TINY, "--threads", threads, "-o", str(out), "--read-report", str(fates), "--quiet"]) == 0
    assert out.read_text() == (GOLDEN / "tiny_pairs.tsv").read_text()
    assert fates.read_text() == (GOLDEN / "tiny_fates.tsv").read_text()


def test_every_distinct_read_is_accounted_for(tmp_path):
    out, fates, report = tmp_path / "pairs.tsv.gz", tmp_path / "fates.tsv", tmp_path / "report.json"
    assert main([*TINY, "-o", str(out), "--read-report", str(fates), "--json", str(report), "--quiet"]) == 0
    counts, dropped = (json.loads(report.read_text())[key] for key in ("counts", "dropped"))
    status = Counter(row["status"] for row in rows(fates))
    assert status.pop("paired") == counts["paired_reads"]
    too_short = dropped.pop("too_short")
    assert status == dropped
    assert counts["reads"] == counts["distinct_reads"] + counts["duplicate_reads"] + too_short
    with gzip.open(out, "rt") as stream:
        table = list(csv.DictReader(stream, delimiter="\t"))
    assert sum(int(row["n_reads"]) for row in table) == counts["paired_reads"]
    assert {row["pair_id"] for row in table} == {row["pair_id"] for row in rows(fates)} - {"."}


def test_sites_come_from_the_transcripts(tmp_path):
    from mirtools.sequences import read_references

    out = tmp_path / "pairs.tsv"
    assert main([*TINY, "--ties", "--extend", "10", "--min-site", "20", "-o", str(out), "--quiet"]) == 0
    sequences = {item.name: item.sequence for item in read_references(str(DATA / "transcripts.fa.gz"))}
    table = rows(out)
    assert list(table[0]) == PARSE_COLUMNS + TIE_COLUMNS
    for row in table:
        transcript = sequences[row["target_id"]]
        start, end = int(row["site_start"]), int(row["site_end"])
        assert row["site_seq"] == transcript[start:end]
        assert end == min(int(row["target_end"]) + 10, len(transcript))
        assert row["target_id"] in row["tied_targets"].split(",")


def test_hyb_input_gives_the_same_pairs_as_its_reads(tmp_path):
    """A .hyb file made from the golden pairs leads back to them."""
    hyb, out = tmp_path / "reads.hyb", tmp_path / "pairs.tsv"
    golden = [
        row for row in rows(GOLDEN / "tiny_pairs.tsv") if row["order"] == "mirna_first" and row["gap"] == "0"
    ]
    with hyb.open("w") as stream:
        for number, row in enumerate(golden):
            left, right = map(int, row["mirna_unassigned"].split(","))
            length = int(row["target_end"]) - int(row["target_start"])
            read = row["mirna_seq"] + row["site_seq"][:length]
            core = len(row["mirna_seq"]) - left - right
            mirna = [row["mirna_id"], left + 1, left + core, 1, core, row["mirna_evalue"]]
            places = [left + core + 1, left + core + length, int(row["target_start"]) + 1, int(row["target_end"])]
            target = [row["target_id"], *places, row["target_evalue"]]
            stream.write("\t".join(map(str, [f"r{number}", read, ".", *mirna, *target])) + "\n")
    assert main([*REFERENCES, "--min-reads", "1", "-o", str(out), "--quiet", str(hyb)]) == 0
    found = {(row["mirna_id"], row["target_id"], row["target_start"]) for row in rows(out)}
    assert found == {(row["mirna_id"], row["target_id"], row["target_start"]) for row in golden}


def test_no_reads_is_a_valid_result(tmp_path, capsys):
    empty = tmp_path / "empty.fq"
    empty.write_text("")
    assert main([*REFERENCES, str(empty)]) == 0
    assert capsys.readouterr().out == "\t".join(PARSE_COLUMNS) + "\n"
