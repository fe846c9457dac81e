"""The command interactions-report."""

import io
import json
import sys
import tracemalloc
from pathlib import Path

import pytest
from commands import run

from tools.interactions_report import main
from tools.sites_merge import main as merge_sites

TABLE = (
    "pair_id\tn_reads\tn_copies\tmirna_id\tmirna_seq\ttarget_id\tsite_start\tsite_end\tsite_seq\tscore\tprediction\n"
    "P1\t12\t15\thsa-let-7a-5p\tTGAGGTAGTAGGTTGTATAGTT\tNM_1\t100\t131\tTTTAACTATACAGGGACCTGCTACCTCATTT\t0.9\t1\n"
    "P2\t3\t3\thsa-let-7a-5p\tTGAGGTAGTAGGTTGTATAGTT\tNM_2\t7\t37\tACGACGACGACGACGACGACGACGACGACG\t0.1\t0\n"
)


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "interactions.tsv"
    path.write_text(TABLE)
    return path


def test_summary_figure_and_json(tmp_path, table, capsys):
    outputs = {name: tmp_path / name for name in ("s.md", "f.png", "r.json")}
    status = main(
        [
            "-o",
            str(outputs["s.md"]),
            "--figure",
            str(outputs["f.png"]),
            "--json",
            str(outputs["r.json"]),
            str(table),
        ]
    )
    assert status == 0
    text = outputs["s.md"].read_text()
    assert "**2 miRNA-target pairs** of 1 miRNA and 2 target transcripts in 2 interactions" in text
    assert "seen in 15 distinct reads (18 with duplicates)" in text
    assert "![Figure](<f.png>)" in text
    assert outputs["f.png"].read_bytes().startswith(b"\x89PNG")
    assert json.loads(outputs["r.json"].read_text())["counts"] == {"interactions": 2, "pairs": 2}
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "interactions-report: interactions 2, pairs 2\n"


def test_standard_input_and_output(table, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(TABLE.encode()))))
    assert main(["--quiet", "-"]) == 0
    piped = capsys.readouterr().out
    assert main(["--quiet", str(table)]) == 0
    assert capsys.readouterr().out == piped
    assert piped.startswith("# miRNA-target interactions\n")


def test_a_table_without_rows_gives_a_valid_result(tmp_path, table, capsys):
    table.write_text(TABLE.splitlines(keepends=True)[0])
    assert main(["--figure", str(tmp_path / "f.svg"), str(table)]) == 0
    assert "No interactions." in capsys.readouterr().out
    assert (tmp_path / "f.svg").stat().st_size > 500


def test_top_and_duplexes(table, capsys):
    assert main(["--quiet", "--top", "1", "--duplexes", "0", str(table)]) == 0
    text = capsys.readouterr().out
    assert "NM_1" in text
    assert "NM_2" not in text
    assert "kcal/mol" not in text
    assert main(["--quiet", "--top", "0", str(table)]) == 0
    assert "Strongest" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "table_text", "status", "message"),
    [
        ([], "", 1, "is empty"),
        ([], "a\tb\n1\t2\n", 1, "mirna_seq"),
        ([], TABLE + "short\trow\n", 1, "interactions.tsv:4: 2 columns"),
        ([], TABLE.replace("\t12\t", "\ttwelve\t"), 1, "interactions.tsv:2: n_reads is 'twelve'"),
        (["--figure", "f.jpg"], TABLE, 2, "'f.jpg' is not a .png"),
        (["--top", "-1"], TABLE, 2, "--top"),
        (["--run-report", "absent.json"], TABLE, 1, "absent.json: cannot be read"),
        (["--figure", "s.png", "--json", "s.png"], TABLE, 2, "named for two outputs"),
    ],
)
def test_bad_input_gives_one_line_and_no_file(
    tmp_path, monkeypatch, table, capsys, arguments, table_text, status, message
):
    monkeypatch.chdir(tmp_path)
    table.write_text(table_text)
    assert main(["-o", "s.md", *arguments, "interactions.tsv"]) == status
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert len(error) <= 201
    assert sorted(path.name for path in tmp_path.iterdir()) == ["interactions.tsv"]


def test_memory_does_not_grow_with_rows(tmp_path, capsys):
    header, row, _ = TABLE.splitlines(keepends=True)
    peaks = []
    for rows in (2_000, 20_000):
        path = tmp_path / f"{rows}.tsv"
        path.write_text(header + row * rows)
        tracemalloc.start()
        assert main(["--quiet", str(path)]) == 0
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 300_000


# ---- tables of sites ----------------------------------------------------------------------------------------

TEST_DATA = Path(__file__).resolve().parents[2] / "test-data"
SITES = str(TEST_DATA / "report_sites.tsv")
OTHERS = {
    "--samples": str(TEST_DATA / "report_samples.tsv"),
    "--compared": str(TEST_DATA / "report_changes.tsv"),
    "--pairs": str(TEST_DATA / "report_aligned.tsv"),
}


def test_page_summary_and_figure_of_sites(tmp_path, capsys):
    outputs = {"-o": "s.md", "--html": "p.html", "--figure": "f.svg", "--json": "r.json"}
    words = [word for option, name in outputs.items() for word in (option, str(tmp_path / name))]
    assert main([*words, *(word for pair in OTHERS.items() for word in pair), SITES]) == 0
    text = (tmp_path / "s.md").read_text()
    assert text.startswith("# miRNA binding sites\n\n")
    assert "40 binding sites of" in text
    assert "![Figure](<f.svg>)" in text
    assert "## Changes: report_changes" in text
    assert text.count("target 5'") == 3
    page = (tmp_path / "p.html").read_text()
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert page.rstrip().endswith("</html>")
    counts = json.loads((tmp_path / "r.json").read_text())["counts"]
    assert counts["sites"] == counts["sites_on_page"] == counts["explained"] + counts["folded"] == 40
    assert counts["explained"] == 20
    assert capsys.readouterr().err.startswith("interactions-report: sites on page 40")


def test_the_page_lists_the_sites_with_most_reads(tmp_path):
    pages = []
    for threads in ("1", "2"):
        path = tmp_path / f"{threads}.html"
        line = ["--quiet", "--html", str(path), "--html-sites", "5", "--threads", threads]
        assert main([*line, "-o", str(tmp_path / "s.md"), SITES]) == 0
        pages.append(path.read_text())
    assert pages[0] == pages[1]
    assert "The table has the 5 sites with most reads of 40; the charts count all." in pages[0]


def test_no_sites_give_a_valid_page(tmp_path, capsys):
    table = tmp_path / "none.tsv"
    table.write_text(Path(SITES).read_text().splitlines(keepends=True)[0])
    line = ["--html", str(tmp_path / "p.html"), "--figure", str(tmp_path / "f.png"), str(table)]
    assert main(line) == 0
    captured = capsys.readouterr()
    assert "No binding sites." in captured.out
    assert "has no rows" in captured.err or "TABLE" in captured.err
    assert "No binding sites." in (tmp_path / "p.html").read_text()


def test_a_table_of_sites_from_sites_merge(tmp_path, capsys):
    sites = tmp_path / "sites.tsv"
    pairs = str(TEST_DATA / "tiny_interactions.tsv.gz")
    assert merge_sites(["--quiet", "--sample", "one", "-o", str(sites), pairs]) == 0
    assert main(["--html", str(tmp_path / "p.html"), "-o", str(tmp_path / "s.md"), str(sites)]) == 0
    number = len(sites.read_text().splitlines()) - 1
    assert f"sites on page {number}" in capsys.readouterr().err
    assert f"{number} binding sites of" in (tmp_path / "s.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (
            ["--html", "p.html", "interactions.tsv"],
            1,
            "interactions.tsv:1: has no column site_id, and --html needs",
        ),
        (["--samples", OTHERS["--samples"], "interactions.tsv"], 1, "and --samples needs sites; run sites-merge"),
        (["--compared", "x.tsv", "interactions.tsv"], 1, "has no column site_id, and --compared needs sites"),
        (["--pairs", "x.tsv", SITES], 2, "--pairs needs --html"),
        (["--html", "p.html", "--pairs", SITES, SITES], 1, "report_sites.tsv:1: has no column aligned_target"),
        (["--html", "p.html", "--samples", SITES, SITES], 1, "has no column sample"),
        (["--html-sites", "0", SITES], 2, "--html-sites"),
        (["--html", "p.html", "--compared", "x.tsv", SITES], 1, "x.tsv: cannot be read"),
    ],
)
def test_options_of_sites_that_cannot_be_used(tmp_path, monkeypatch, table, capsys, arguments, status, message):
    monkeypatch.chdir(tmp_path)
    assert main(["-o", "s.md", *arguments]) == status
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["interactions.tsv"]


def test_targets_are_called_by_the_name_of_their_gene(tmp_path):
    """Accessions say little to a biologist; without the column, GENCODE's headers name the gene."""
    header = "mirna_id\tmirna_seq\ttarget_id\tn_reads\tgene_name\n"
    row = "miR-16\tTAGCAGCACGTAAATATTGGCG\tENST00000331825.11\t3\t{}\n"
    for gene, shown in (("FTL", "FTL"), (".", "ENST00000331825.11")):
        (tmp_path / "pairs.tsv").write_text(header + row.format(gene))
        done = run("interactions-report", [str(tmp_path / "pairs.tsv"), "--quiet"])
        assert done.status == 0, done.err
        assert f"| 1   | miR-16 | {shown} " in done.out.decode()
