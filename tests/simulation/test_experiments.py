"""Experiments: sites that samples share, planted changes, chance ligation, and the result of sites-merge."""

from __future__ import annotations

import csv

import pytest
from commands import TEST_DATA, run

REFERENCES = ["--mirnas", str(TEST_DATA / "mirnas.fa"), "--transcripts", str(TEST_DATA / "transcripts.fa.gz")]
ADAPTER = "TGGAATTCTCGGGTGCCAAGG"


def simulate(folder, name, *options):
    outputs = ["--site-truth", str(folder / f"{name}.sites"), "-o", str(folder / f"{name}.fq")]
    done = run("chimera-simulate", [*REFERENCES, *options, *outputs, "--quiet"])
    assert (done.status, done.err) == (0, "")
    with open(folder / f"{name}.sites", encoding="utf-8") as stream:
        return list(csv.DictReader(stream, delimiter="\t"))


def sites_of(folder, *names):
    """Return the table of sites of some samples."""
    reads = [str(folder / f"{name}.fq") for name in names]
    pairs, classified = str(folder / "pairs.tsv"), str(folder / "classified.tsv")
    parse = ["--adapter", ADAPTER, "--min-reads", "1", *REFERENCES, *reads, "-o", pairs]
    for command, arguments in (
        ("chimera-parse", parse),
        ("isomir-classify", [*REFERENCES[:2], "--min-reads", "1", pairs, "-o", classified]),
        ("sites-merge", [classified, "-o", str(folder / "s.tsv")]),
    ):
        done = run(command, [*arguments, "--quiet"])
        assert done.status == 0, done.err
    with open(folder / "s.tsv", encoding="utf-8") as stream:
        return list(csv.DictReader(stream, delimiter="\t"))


def is_at(site, planted):
    return (site["mirna_id"], site["target_id"].split("|")[0]) == (
        planted["mirna_id"],
        planted["target_id"].split("|")[0],
    ) and int(site["site_start"]) - 8 <= int(planted["core_start"]) < int(site["site_end"])


@pytest.fixture(scope="module")
def sheet(tmp_path_factory):
    path = tmp_path_factory.mktemp("sheet") / "samples.tsv"
    path.write_text("sample\tcondition\nw1\twt\nw2\twt\nk1\tko\n")
    return str(path)


def test_samples_share_sites_and_differ_by_their_changes(tmp_path, sheet):
    options = ["--samples", sheet, "--sites", "40", "--reads", "3000", "--changed", "0.5", "--fold", "4"]
    found = {name: simulate(tmp_path, name, *options, "--sample", name) for name in ("w1", "w2", "k1")}
    planted = [{key: cell for key, cell in each.items() if key != "reads"} for each in found["w1"]]
    for name in ("w2", "k1"):
        assert [{key: cell for key, cell in each.items() if key != "reads"} for each in found[name]] == planted
    assert {each["fold:wt"] for each in planted} == {"1"}
    assert {each["fold:ko"] for each in planted} == {"1", "4", "0.25"}
    reads = {name: [int(each["reads"]) for each in rows] for name, rows in found.items()}
    assert reads["w1"] != reads["w2"]
    ratio = {fold: [0, 0] for fold in ("1", "4", "0.25")}
    for each, w1, w2, k1 in zip(planted, reads["w1"], reads["w2"], reads["k1"], strict=True):
        ratio[each["fold:ko"]][0] += k1
        ratio[each["fold:ko"]][1] += w1 + w2
    changes = {fold: 2 * a / b for fold, (a, b) in ratio.items()}
    assert changes["4"] / changes["1"] == pytest.approx(4, rel=0.35)
    assert changes["0.25"] / changes["1"] == pytest.approx(0.25, rel=0.35)
    again = simulate(tmp_path, "again", *options, "--sample", "w1")
    assert again == found["w1"]
    assert (tmp_path / "again.fq").read_bytes() == (tmp_path / "w1.fq").read_bytes()


@pytest.mark.slow
def test_planted_sites_are_found_and_little_else(tmp_path):
    planted = simulate(tmp_path, "s", "--sites", "100", "--reads", "6000", "--chance", "0.5", "--skew", "0.5")
    sites = sites_of(tmp_path, "s")
    called = [site for site in sites if float(site["q_value"]) < 0.05]
    rich = [each for each in planted if int(each["reads"]) >= 15]
    found = [each for each in rich if any(is_at(site, each) for site in called)]
    true = [site for site in called if any(is_at(site, each) for each in planted)]
    assert len(rich) >= 40
    assert len(found) >= 0.9 * len(rich)
    assert len(true) >= 0.9 * len(called)


@pytest.mark.slow
def test_a_library_without_pairs_has_no_sites(tmp_path):
    simulate(tmp_path, "s", "--sites", "0", "--reads", "6000", "--chance", "1")
    sites = sites_of(tmp_path, "s")
    assert len(sites) > 1000
    assert sum(float(site["q_value"]) < 0.05 for site in sites) <= 0.002 * len(sites)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--sites", "5", "--sample", "a"], "--samples and --sample need each other"),
        (["--site-truth", "x"], "--site-truth needs --sites"),
        (["--sites", "5", "--pairs", "5"], "--sites plants pairs"),
    ],
)
def test_options_that_do_not_fit_together(tmp_path, monkeypatch, options, message):
    monkeypatch.chdir(tmp_path)
    done = run("chimera-simulate", [*REFERENCES, *options])
    assert done.status == 2
    assert message in done.err


def test_a_sample_that_is_not_in_the_sheet(sheet):
    done = run("chimera-simulate", [*REFERENCES, "--samples", sheet, "--sample", "x", "--sites", "5"])
    assert done.status == 2
    assert "'x' is not in" in done.err
    assert "it has w1, w2, k1" in done.err
