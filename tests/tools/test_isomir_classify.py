"""isomir-classify as a command: golden output, tables from elsewhere, qualities, support."""

import csv
import io
import json
import random
from pathlib import Path

import pytest

from mirtools.interactions import CLASSIFY_COLUMNS
from mirtools.tools.isomir_classify import main

ROOT = Path(__file__).resolve().parents[2]
MIRNAS, GOLDEN = str(ROOT / "test-data" / "mirnas.fa"), ROOT / "tests" / "golden"
LET7A = "TGAGGTAGTAGGTTGTATAGTT"


def classify(capsys, tmp_path, header, *lines, options=()):
    """Classify a small table and return its rows."""
    path = tmp_path / "pairs.tsv"
    path.write_text("\n".join(["\t".join(header), *("\t".join(line) for line in lines)]) + "\n")
    assert main(["--mirnas", MIRNAS, "--quiet", *options, str(path)]) == 0
    return list(csv.DictReader(io.StringIO(capsys.readouterr().out), delimiter="\t"))


def test_golden(tmp_path):
    out = tmp_path / "typed.tsv"
    assert main(["--mirnas", MIRNAS, "--quiet", "-o", str(out), str(GOLDEN / "tiny_pairs.tsv")]) == 0
    assert out.read_text() == (GOLDEN / "tiny_typed.tsv").read_text()


@pytest.mark.parametrize("pieces", [1, 2, 3, 7])
@pytest.mark.parametrize("way", ["files", "concatenated"])
def test_order_and_division_of_rows_change_nothing(tmp_path, pieces, way):
    """Shuffled rows, in one or several tables or with headers in between, give the same bytes everywhere."""
    header, *lines = (GOLDEN / "tiny_pairs.tsv").read_text().splitlines(keepends=True)
    random.Random(pieces).shuffle(lines)
    tables = []
    for number in range(pieces):
        tables.append(tmp_path / f"pairs{number}.tsv")
        tables[-1].write_text(header + "".join(lines[number::pieces]))
    if way == "concatenated":
        (tmp_path / "all.tsv").write_text("".join(table.read_text() for table in tables))
        tables = [tmp_path / "all.tsv"]
    out, gff, summary = tmp_path / "typed.tsv", tmp_path / "isomirs.gff3", tmp_path / "summary.tsv"
    options = ["--gff3", str(gff), "--summary", str(summary), "-o", str(out)]
    assert main(["--mirnas", MIRNAS, "--quiet", *options, *map(str, tables)]) == 0
    assert out.read_text() == (GOLDEN / "tiny_typed.tsv").read_text()
    assert gff.read_text() == (GOLDEN / "tiny_isomirs.gff3").read_text()
    assert summary.read_text() == (GOLDEN / "tiny_isomirs_summary.tsv").read_text()


def test_tables_without_junctions_are_taken_as_they_stand(capsys, tmp_path):
    header = ("gene", "noncodingRNA", "mirna_id", "note")
    site = "ACGT" * 12
    (row,) = classify(
        capsys, tmp_path, header, (site, LET7A + "A", "hsa-let-7a-5p", "kept"), options=("--min-reads", "1")
    )
    assert list(row) == [*header, *CLASSIFY_COLUMNS]
    assert row["note"] == "kept"
    assert (row["mirna_class"], row["isomir_types"], row["isomir_variant"]) == (
        "isomir",
        "3p_addition",
        "iso_add3p:1",
    )


@pytest.mark.parametrize(("quality", "kept"), [("?", False), ("@", True), ("I", True)])
def test_changed_bases_need_a_phred_value_above_30(capsys, tmp_path, quality, kept):
    header = ("mirna_id", "mirna_seq", "mirna_qual", "n_reads")
    observed, qualities = LET7A[:6] + "C" + LET7A[7:], "#" * 6 + quality + "#" * 15
    rows = classify(capsys, tmp_path, header, ("hsa-let-7a-5p", observed, qualities, "10"))
    assert bool(rows) is kept
    if kept:
        assert rows[0]["isomir_types"] == "SNP"
        assert rows[0]["isomir_min_qual"] == str(ord(quality) - 33)


def test_support_is_counted_over_all_rows(capsys, tmp_path):
    header = ("mirna_id", "mirna_seq", "n_reads")
    lines = [("hsa-let-7a-5p", LET7A, "6"), ("hsa-let-7a-5p", LET7A, "4"), ("hsa-let-7a-5p", LET7A[:-1], "9")]
    assert [row["mirna_class"] for row in classify(capsys, tmp_path, header, *lines)] == ["exact", "exact"]


def test_a_variant_that_equals_a_family_member_is_that_member(capsys, tmp_path):
    header = ("mirna_id", "mirna_seq", "n_reads")
    (row,) = classify(capsys, tmp_path, header, ("hsa-let-7a-5p", "TGAGGTAGTAGGTTGTATGGTT", "10"))
    assert (row["mirna_id"], row["mirna_class"]) == ("hsa-let-7c-5p", "exact")


def test_report_counts_what_was_dropped(tmp_path):
    report, out = tmp_path / "report.json", tmp_path / "typed.tsv"
    run = ["--mirnas", MIRNAS, "--quiet", "--json", str(report), "-o", str(out), str(GOLDEN / "tiny_pairs.tsv")]
    assert main(run) == 0
    content = json.loads(report.read_text())
    kept = len(out.read_text().splitlines()) - 1
    merged = content["counts"].get("merged_rows", 0)
    assert content["counts"]["pairs"] == kept
    assert content["counts"]["rows_in"] == kept + merged + sum(content["dropped"].values())


def test_header_alone_is_a_valid_table(capsys, tmp_path):
    assert classify(capsys, tmp_path, ("mirna_id", "mirna_seq")) == []
