"""sites-compare as a command."""

import csv
import json
from pathlib import Path

import pytest
from commands import TEST_DATA, run, run_process

from mirtools.errors import UsageError
from mirtools.sites import deseq
from mirtools.sites.settings_compare import CompareSitesSettings

HEADER = (
    "site_id\tmirna_id\tgene_name\tgene_id\tregion\tbase_mean\tlog2_fold_change\tlower\tupper\tp_value\tq_value\t"
    "status\tn_reads:a1\tn_reads:a2\tn_reads:a3\tn_reads:b1\tn_reads:b2\tn_reads:b3"
)
# 24 sites with a four-fold change are planted; S00122 is one of the strongest
PLANTED = "S00122"
WARNING = "sites-compare: warning: no replicates: "


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("condition_sites.tsv", "condition_samples.tsv", "two_samples.tsv", "condition_forms.tsv"):
        Path(name).write_bytes((TEST_DATA / name).read_bytes())
    return tmp_path


def compare(*arguments, sites="condition_sites.tsv", samples="condition_samples.tsv", contrast=("A", "B")):
    done = run("sites-compare", ["--samples", samples, "--contrast", *contrast, *arguments, sites])
    assert done.status == 0, done.err
    return list(csv.DictReader(done.out.decode().splitlines(), delimiter="\t")), done


def called(rows):
    return {next(iter(row.values())) for row in rows if row["q_value"] != "." and float(row["q_value"]) < 0.05}


def test_sites_of_two_conditions(folder):
    rows, done = compare("--json", "out.json", "--plot", "out.png")
    assert done.out.decode().splitlines()[0] == HEADER
    assert len(rows) == 240
    changes = [float(row["log2_fold_change"]) for row in rows if row["site_id"] in called(rows)]
    up, down = (sum(change * sign > 0 for change in changes) for sign in (1, -1))
    assert (
        done.err == f"sites-compare: rows 240, rows tested 234, rows few reads 6, rows up {up}, rows down {down}\n"
    )
    # the surest first, those that were not tested last
    values = [float(row["p_value"]) for row in rows if row["p_value"] != "."]
    assert values == sorted(values)
    assert [row["status"] for row in rows[-6:]] == ["few_reads"] * 6
    assert all(row["log2_fold_change"] == row["q_value"] == "." != row["base_mean"] for row in rows[-6:])
    first = next(row for row in rows if row["site_id"] == PLANTED)
    assert float(first["lower"]) < 2 < float(first["upper"]) + 0.5
    assert Path("out.png").read_bytes().startswith(b"\x89PNG")
    report = json.loads(Path("out.json").read_text())
    assert report["samples"] == {"A": ["a1", "a2", "a3"], "B": ["b1", "b2", "b3"]}
    assert report["test"] == "deseq2"
    assert report["normalisation"] == "median_ratios"
    assert report["counts"]["rows_tested"] == 234
    assert "warnings" not in report


def test_contrast_the_other_way_round(folder):
    there = {row["site_id"]: row for row in compare()[0]}
    back = {row["site_id"]: row for row in compare(contrast=("B", "A"))[0]}
    for name, row in there.items():
        if row["status"] == "tested":
            change = float(row["log2_fold_change"])
            assert float(back[name]["log2_fold_change"]) == pytest.approx(-change, abs=2e-3)
            assert float(back[name]["p_value"]) == pytest.approx(float(row["p_value"]), rel=0.02)


def test_relative_changes(folder):
    plain, relative = compare()[0], compare("--relative", "mirna")[0]
    assert len(called(relative)) < len(called(plain))
    assert PLANTED in called(relative)
    # the abundance of miR-9 changes, and with it its sites, but not relative to the others
    of_mirna = {row["site_id"] for row in plain if row["mirna_id"] == "miR-9"}
    assert len(of_mirna & called(plain)) >= 5
    assert len(of_mirna & called(relative)) <= 2
    genes, _ = compare("--relative", "gene")
    assert "no_others" in {row["status"] for row in genes}


@pytest.mark.parametrize(
    ("by", "columns", "number"),
    [
        ("pair", ["mirna_id", "gene_name", "gene_id"], 204),
        ("gene", ["gene_name", "gene_id"], 59),
        ("mirna", ["mirna_id"], 12),
    ],
)
def test_levels(folder, by, columns, number):
    rows, _ = compare("--by", by)
    assert list(rows[0])[: len(columns) + 1] == [*columns, "base_mean"]
    assert len(rows) == number
    total = sum(float(row["n_reads:a1"]) for row in rows)
    assert total == sum(float(row["n_reads:a1"]) for row in compare("--min-reads", "1000000")[0])


def test_forms(folder):
    rows, _ = compare("--by", "form", "--relative", "mirna", sites="condition_forms.tsv")
    assert {row["mirna_id"].partition("|")[2] for row in rows} == {"exact", "iso_5p:+1", "iso_3p:-2"}
    done = run(
        "sites-compare", "--samples condition_samples.tsv --contrast A B --by form condition_sites.tsv".split()
    )
    assert done.status == 1
    assert "names no forms" in done.err


def test_two_samples_without_replicates(folder, monkeypatch):
    """PyDESeq2 need not be installed for the exact test."""
    monkeypatch.setattr(deseq, "find_spec", lambda name: None)
    for options in ([], ["--relative", "mirna"]):
        rows, done = compare(*options, "--json", "out.json", samples="two_samples.tsv")
        assert done.err.startswith(WARNING)
        assert PLANTED in called(rows)
        report = json.loads(Path("out.json").read_text())
        assert report["test"] == "exact"
        assert report["warnings"][0].startswith("no replicates: ")
        assert "dispersion_trend" not in report
    done = run("sites-compare", "--samples condition_samples.tsv --contrast A B absent.tsv".split())
    assert done.status == 1
    assert done.err == (
        "sites-compare: error: PyDESeq2 is not installed; install it with: pip install 'mirtools[compare]'\n"
    )


def test_one_replicate_and_several(folder):
    sheet = Path("condition_samples.tsv").read_text().splitlines(keepends=True)
    Path("some.tsv").write_text("".join(line for line in sheet if not line.startswith(("a2", "a3"))))
    rows, done = compare(samples="some.tsv")
    assert "warning" not in done.err
    assert PLANTED in called(rows)
    assert [name for name in rows[0] if name.startswith("n_reads")] == [
        f"n_reads:{s}" for s in ("a1", "b1", "b2", "b3")
    ]


def test_order_of_rows_and_samples_has_no_effect(folder):
    plain = compare()[1].out
    for name in ("condition_sites.tsv", "condition_samples.tsv"):
        header, *rows = Path(name).read_text().splitlines(keepends=True)
        Path(name).write_text(header + "".join(rows[::-1]))
    assert compare()[1].out == plain


def test_nothing_else_is_printed(folder):
    """Neither warnings nor messages of PyDESeq2, which complains about two replicates and about trends."""
    sheet = [
        line for line in Path("condition_samples.tsv").read_text().splitlines(keepends=True) if line[1:2] != "3"
    ]
    Path("pairs.tsv").write_text("".join(sheet))
    sites = Path("condition_sites.tsv").read_text().splitlines(keepends=True)
    Path("few.tsv").write_text("".join(sites[:12]))
    line = ["--samples", "pairs.tsv", "--contrast", "A", "B", "--quiet", "few.tsv"]
    done = run_process("sites-compare", line)
    assert (done.status, done.err) == (0, "")
    assert done.out.count(b"\n") == 12


def test_empty_tables_and_hints(folder):
    Path("none.tsv").write_text(Path("condition_sites.tsv").read_text().splitlines(keepends=True)[0])
    rows, done = compare("--plot", "none.svg", sites="none.tsv")
    assert rows == []
    assert done.out.decode().rstrip("\n") == HEADER
    assert "hint: the table has no sites" in done.err
    rows, done = compare("--min-reads", "1000000", "--plot", "none.svg")
    assert {row["status"] for row in rows} == {"few_reads"}
    Path("alone.tsv").write_text("site_id\tmirna_id\tn_reads:a1\tn_reads:b1\nS1\tm\t12\t9\nS2\tn\t30\t8\n")
    alone = compare("--relative", "mirna", sites="alone.tsv", samples="two_samples.tsv")[1]
    assert "hint: no miRNA has reads of more than one site; try it without --relative" in alone.err
    assert "hint: no site has 1000000 reads in these samples; try a smaller --min-reads, or --by gene" in done.err


@pytest.mark.parametrize(
    ("sheet", "contrast", "problem"),
    [
        ("sample\tcondition\na1\tA\nb1\tB\n", ("A", "C"), "has no condition 'C'; --contrast needs two of: A, B"),
        ("sample\na1\nb1\n", ("A", "B"), "has no column condition, or it is empty; give each sample one"),
        (
            "sample\tcondition\na9\tA\nb1\tB\n",
            ("A", "B"),
            "has no column n_reads:a9; name samples in the sheet as",
        ),
    ],
)
def test_sheets_that_cannot_be_used(folder, sheet, contrast, problem):
    Path("sheet.tsv").write_text(sheet)
    done = run("sites-compare", ["--samples", "sheet.tsv", "--contrast", *contrast, "condition_sites.tsv"])
    assert done.status == 1
    assert problem in done.err
    assert done.err.count("\n") == 1


def test_a_sample_without_reads(folder):
    Path("sites.tsv").write_text("site_id\tmirna_id\tn_reads:a1\tn_reads:b1\nS1\tm\t12\t0\nS2\tm\t30\t0\n")
    done = run("sites-compare", "--samples two_samples.tsv --contrast A B sites.tsv".split())
    assert done.status == 1
    assert "sample 'b1' has no reads; remove it from the sheet" in done.err


def test_settings_that_do_not_fit():
    with pytest.raises(UsageError, match="two different conditions"):
        CompareSitesSettings("s", "t", ("A", "A"))
    with pytest.raises(UsageError, match="--relative gene needs --by site or --by pair"):
        CompareSitesSettings("s", "t", ("A", "B"), by="mirna", relative="gene")
    with pytest.raises(UsageError, match="--relative mirna needs --by site or --by pair or --by form"):
        CompareSitesSettings("s", "t", ("A", "B"), by="gene", relative="mirna")
    done = run("sites-compare", "--samples a --contrast A B --by mirna --relative mirna b".split())
    assert done.status == 2
