"""peak-evaluate as a command."""

import json
from pathlib import Path

import pytest
from commands import run

PEAKS = """\
mirna_id\ttarget_id\tsummit\theight\tattribution_width\tscore_width
m\tt 1\t14\t0.1\t7.5\t75
m\tt 1\t44\t0.2\t6.0\t80
m\tt 1\t99\t0.01\t5.0\t60
other\tt 1\t14\t0.1\t7.0\t70
"""
TRUTH = "t%201\t10\t20\tm\nt%201\t25\t35\tm\nt%201\t40\t50\tm\n"
GOLDEN = """\
mirna_id\ttarget_id\tsite_start\tsite_end\tneighbour_distance\tfound\tseparate\tsummit\tdistance\toffset\theight\t\
attribution_width\tscore_width
m\tt 1\t10\t20\t15\t1\t1\t14\t0\t-0.5\t0.1\t7.5\t75
m\tt 1\t25\t35\t15\t0\t0\t.\t.\t.\t.\t.\t.
m\tt 1\t40\t50\t15\t1\t1\t44\t0\t-0.5\t0.2\t6\t80
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("peaks.tsv").write_text(PEAKS)
    Path("truth.bed").write_text(TRUTH)
    Path("targets.fa").write_text(">t\n" + "A" * 500 + "\n")
    return tmp_path


def evaluate(*arguments, stdin=b""):
    done = run("peak-evaluate", ["--truth", "truth.bed", "--quiet", *arguments], stdin)
    assert done.err == ""
    assert done.status == 0
    return done.out.decode()


def test_golden(folder):
    assert evaluate("peaks.tsv", "--json", "out.json") == GOLDEN
    report = json.loads(Path("out.json").read_text())
    assert report["counts"] == {"sites": 3, "found": 2, "separate": 2, "peaks": 3, "false_peaks": 1}
    assert report["dropped"] == {"peaks_of_other_pairs": 1}
    assert report["evaluation"]["median_attribution_width"] == 6.75
    assert report["evaluation"]["false_peaks_per_kb"] is None
    assert evaluate("-", stdin=PEAKS.encode()) == GOLDEN
    assert "\t0\t0\t.\t.\t.\t.\t.\t." not in evaluate("peaks.tsv", "--max-distance", "12")


def test_false_peaks_by_length(folder):
    Path("peaks.tsv").write_text(PEAKS.replace("t 1", "t"))
    Path("truth.bed").write_text(TRUTH.replace("t%201", "t"))
    evaluate("peaks.tsv", "--targets", "targets.fa", "--json", "out.json", "--plot", "p.png")
    assert json.loads(Path("out.json").read_text())["evaluation"]["false_peaks_per_kb"] == 2
    assert len(Path("p.png").read_bytes()) > 5000


@pytest.mark.parametrize("empty", ["peaks", "truth", "both"])
def test_empty_inputs_give_a_valid_result(folder, empty):
    if empty != "truth":
        Path("peaks.tsv").write_text("mirna_id\ttarget_id\tsummit\n")
    if empty != "peaks":
        Path("truth.bed").write_text("")
    out = evaluate("peaks.tsv", "--plot", "p.svg", "--json", "out.json")
    assert out.count("\n") == (4 if empty == "peaks" else 1)
    assert json.loads(Path("out.json").read_text())["evaluation"]["found"] == 0


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["absent.tsv"], 1, "absent.tsv: cannot be read"),
        (["targets.fa"], 1, "targets.fa:1: has no column mirna_id"),
        (["peaks.tsv", "--truth", "peaks.tsv"], 1, "peaks.tsv:1: 'mirna_id"),
        (["peaks.tsv", "--targets", "truth.bed"], 1, "truth.bed: is neither FASTA nor FASTQ"),
        (["-", "--truth", "-"], 2, "only one input can be standard input"),
        (["peaks.tsv", "--plot", "p.gif"], 2, "'p.gif' is not a .png, .svg or .pdf file"),
        (["bad.tsv"], 1, "bad.tsv:2: summit is '-3'; give a whole number"),
    ],
)
def test_refusals(folder, arguments, status, message):
    Path("bad.tsv").write_text("mirna_id\ttarget_id\tsummit\nm\tt\t-3\n")
    before = sorted(path.name for path in folder.iterdir())
    done = run("peak-evaluate", ["--truth", "truth.bed", "-o", "out", *arguments])
    assert done.status == status
    assert done.err.startswith("peak-evaluate: error: ")
    assert message in done.err
    assert done.err.count("\n") == 1
    assert len(done.err) <= 220
    assert sorted(path.name for path in folder.iterdir()) == before
