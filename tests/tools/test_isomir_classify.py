"""isomir-classify as a command: golden output, tables from elsewhere, qualities, support."""

import csv
import io
import json
import random
from pathlib import Path

import pytest

from mirtools.io.tables import CLASSIFY_COLUMNS
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
def test_order_and_division_of_rows_do_not_matter(tmp_path, pieces, way):
    """Shuffled rows, in one or several tables or with headers in between, give the same bytes."""
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


def test_sequences_without_junctions_are_used_unchanged(capsys, tmp_path):
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


MERGED = (
    "pair_id mirna_id mirna_seq mirna_qual mirna_unassigned n_reads n_copies n_reads:a n_reads:b order gap "
    "target_id target_start target_end site_start site_end site_seq mirna_evalue target_evalue rank "
    "mirna_coverage target_coverage note"
).split()

SITE = "CATCGATTACGTAGCATTACGATC"


def junction_row(**cells):
    """A row of chimera-parse: let-7a next to a site."""
    values = ["P1", "hsa-let-7a-5p", LET7A, "I" * 22, "0,0", "4", "6", "3", "1", "mirna_first", "0", "t1", "100"]
    values += ["124", "100", "124", SITE, "1e-8", "1e-9", "1", "0", "0", "x"]
    row = dict(zip(MERGED, values, strict=True)) | cells
    return tuple(row.values())


def test_rows_that_become_equal_are_merged(capsys, tmp_path):
    """A linker base is trimmed; sums, best qualities, the strongest row's evidence, coverages of the result."""
    rows = classify(
        capsys,
        tmp_path,
        MERGED,
        junction_row(pair_id="P2", target_evalue="1e-7", note="weaker", mirna_qual="5" * 22),
        junction_row(
            pair_id="P3",
            mirna_seq=LET7A + "G",
            mirna_qual="#" * 22 + "I",
            mirna_unassigned="0,1",
            gap="1",
            n_reads="2",
        ),
        junction_row(pair_id="P4", target_id="t2", n_reads="9"),
        junction_row(pair_id="P5", target_id="t2", target_start="103", n_reads="1", gap="0"),
    )
    assert [(row["target_id"], row["target_start"], row["n_reads"]) for row in rows] == [
        ("t2", "100", "9"),
        ("t1", "100", "6"),
        ("t2", "103", "1"),
    ]
    merged = rows[1]
    assert (merged["mirna_seq"], merged["mirna_unassigned"], merged["mirna_class"]) == (LET7A, ".", "exact")
    assert (merged["n_copies"], merged["n_reads:a"], merged["n_reads:b"]) == ("12", "6", "2")
    assert merged["mirna_qual"] == "5" * 22  # the higher one at each base
    assert (merged["target_evalue"], merged["gap"], merged["note"]) == ("1e-9", "1", "x")
    assert merged["merged_from"] == "P2,P3"
    assert {row["mirna_coverage"] for row in rows} == {"16"}
    assert [row["target_coverage"] for row in rows] == ["10", "6", "10"]
    assert len({row["pair_id"] for row in rows}) == 3


def test_support_is_counted_over_all_tables(capsys, tmp_path):
    """Nine reads in one table and one in the other are ten; nine alone are too few."""
    tables = []
    for number, reads in enumerate(("9", "1")):
        tables.append(tmp_path / f"{number}.tsv")
        lines = ["\t".join(MERGED), "\t".join(junction_row(n_reads=reads, note=str(number)))]
        tables[-1].write_text("\n".join(lines) + "\n")
    outputs = []
    for order in (tables, tables[::-1], tables[:1]):
        assert main(["--mirnas", MIRNAS, "--quiet", *map(str, order)]) == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]
    assert outputs[0].count("\n") == 2
    assert "\t10\t12\t6\t2\t" in outputs[0]
    assert outputs[2].count("\n") == 1


def test_mirgff_has_the_reads_of_each_sample(tmp_path):
    pairs, gff = tmp_path / "pairs.tsv", tmp_path / "isomirs.gff3"
    rows = [junction_row(n_reads="12"), junction_row(target_id="t2", n_reads="3", mirna_seq=LET7A)]
    pairs.write_text("\n".join("\t".join(cells) for cells in (MERGED, *rows)) + "\n")
    output = str(tmp_path / "typed.tsv")
    assert main(["--mirnas", MIRNAS, "--quiet", "--gff3", str(gff), "-o", output, str(pairs)]) == 0
    *header, line = gff.read_text().splitlines()
    assert "## COLDATA: a,b" in header
    assert "Expression=6,2;" in line


def test_equally_good_mirnas_are_reported(tmp_path, capsys):
    mirnas = tmp_path / "mirnas.fa"
    mirnas.write_text(f">mir-10\n{LET7A}A\n>mir-9\n{LET7A}C\n")
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text(f"mirna_id\tmirna_seq\tn_reads\nmir-10\t{LET7A}\t10\n")
    assert main(["--mirnas", str(mirnas), "--quiet", str(pairs)]) == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out), delimiter="\t")
    assert (row["mirna_id"], row["mirna_ambiguous"]) == ("mir-9", "mir-9,mir-10")


def test_comparison_as_a_command(tmp_path):
    """Compared with itself, nothing is absent; compared with a subset, all other isomiRs are."""
    paths = {
        name: str(tmp_path / name) for name in ("all.tsv", "part.tsv", "summary.tsv", "compared.tsv", "o.json")
    }
    table = (GOLDEN / "tiny_typed.tsv").read_text().splitlines(keepends=True)
    at = table[0].split("\t").index("mirna_class")
    (tmp_path / "part.tsv").write_text(table[0] + "".join(r for r in table[1:] if r.split("\t")[at] == "exact"))
    for other, absent in ((str(GOLDEN / "tiny_typed.tsv"), 0), (paths["part.tsv"], 6)):
        options = ["--compare", other, "--compare-output", paths["compared.tsv"], "--json", paths["o.json"]]
        options += ["--summary", paths["summary.tsv"], "-o", paths["all.tsv"], "--quiet"]
        assert main(["--mirnas", MIRNAS, *options, str(GOLDEN / "tiny_pairs.tsv")]) == 0
        comparison = json.loads(Path(paths["o.json"]).read_text())["comparison"]
        shares = {(share["experiment"], share["item"]): share for share in comparison if share["min_reads"] == 10}
        assert shares["first", "isomir"]["absent"] == absent
        assert shares["first", "exact"]["absent"] == 0
        assert shares["second", "any"]["absent"] == 0
        with open(paths["compared.tsv"]) as stream:
            places = [row["found_in"] for row in csv.DictReader(stream, delimiter="\t")]
        assert places.count("first") == absent
        assert places.count("second") == 0
    summary = Path(paths["summary.tsv"]).read_text()
    assert "only_in_first_min_10_reads\tall\tisomir\tshare\t1\n" in summary


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--compare-output", "x.tsv"], "--compare-output needs --compare"),
        (["--compare", "-", "-"], "'-' is named more than once"),
        (["--min-pairs", "0"], "--min-pairs"),
        (["--plot", "figure.gif"], "figure.gif"),
    ],
)
def test_usage(capsys, monkeypatch, tmp_path, options, problem):
    monkeypatch.chdir(tmp_path)
    assert main(["--mirnas", MIRNAS, *options]) == 2
    assert problem in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
