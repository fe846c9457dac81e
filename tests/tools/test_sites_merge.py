"""sites-merge as a command."""

import gzip
import json
import random
from pathlib import Path

import pytest
from commands import ROOT, TEST_DATA, run

TABLE = TEST_DATA / "tiny_interactions.tsv.gz"
GOLDEN = ROOT / "tests" / "golden" / "tiny_sites.tsv"


def merge(*arguments, stdin=b""):
    done = run("sites-merge", [*map(str, arguments), "--quiet"], stdin)
    assert done.err == ""
    assert done.status == 0
    return done.out.decode()


@pytest.mark.parametrize("threads", [1, 2])
def test_golden(tmp_path, monkeypatch, threads):
    monkeypatch.chdir(tmp_path)
    out = merge(TABLE, "--sample", "tiny", "--threads", threads, "--json", "out.json")
    assert out == GOLDEN.read_text()
    report = json.loads(Path("out.json").read_text())
    assert report["counts"]["sites"] == out.count("\n") - 1
    assert report["counts"]["pairs"] == report["counts"]["rows"] == 106


def test_shards_in_any_order_give_the_same_bytes(tmp_path):
    header, *rows = gzip.decompress(TABLE.read_bytes()).decode().splitlines(keepends=True)
    draw = random.Random(1)
    draw.shuffle(rows)
    parts = [rows[:20], rows[20:21], [], rows[21:]]
    paths = []
    for number, part in enumerate(parts):
        paths.append(tmp_path / f"{number}.tsv")
        paths[-1].write_text(header + "".join(part))
    named = ["--sample", "tiny"]
    assert merge(*paths, *named) == GOLDEN.read_text()
    assert merge(*paths[::-1], *named) == GOLDEN.read_text()


def test_standard_input_and_samples_by_file_name(tmp_path):
    data = gzip.decompress(TABLE.read_bytes())
    assert "n_reads:tiny_reads\t" in merge(stdin=data)
    assert merge("-", "--sample", "tiny", stdin=data) == GOLDEN.read_text()
    # as chimera-parse wrote tables of one sample before
    lines = [line.split("\t") for line in data.decode().splitlines()]
    at = lines[0].index("n_reads:tiny_reads")
    (tmp_path / "old.tsv").write_text("".join("\t".join(row[:at] + row[at + 1 :]) + "\n" for row in lines))
    assert "n_reads:stdin\t" in merge(stdin=(tmp_path / "old.tsv").read_bytes())
    assert "n_reads:old\t" in merge(tmp_path / "old.tsv")


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["absent.tsv"], 1, "absent.tsv: cannot be read"),
        (["-", "-"], 2, "only one input can be standard input"),
        ([str(TABLE), "--sample", "a", "--sample", "b"], 2, "2 --sample for 1 tables"),
        ([str(TABLE), "--samples", str(TEST_DATA / "families.tsv")], 1, "has no column sample"),
        ([str(TABLE), "--families", str(TEST_DATA / "families.tsv")], 2, "--families needs --by family"),
        ([str(TEST_DATA / "labelled_pairs.tsv")], 1, "has no column"),
    ],
)
def test_bad_input(arguments, status, said):
    done = run("sites-merge", arguments)
    assert done.status == status
    assert said in done.err
    assert done.err.count("\n") == 1


def test_a_sample_that_the_sheet_does_not_list(tmp_path):
    sheet = tmp_path / "s.tsv"
    sheet.write_text("sample\nother\n")
    done = run("sites-merge", [str(TABLE), "--samples", str(sheet)])
    assert done.status == 1
    assert "does not list the sample tiny_reads; give a row for each sample" in done.err
