"""peak-simulate as a command."""

import json
from pathlib import Path

import pytest
from commands import run

MIRNAS = ">let-7a\nUGAGGUAGUAGGUUGUAUAGUU\n"
PLANTED = """\
>let-7a:0:1
TTGGTTCCCGTTCTTTTGTGGTTCGAAGCTCACCAGCCCGCTACTACCTCACAAATCCGGTAACCTCTATTACAGAACGTTATCCTATCT
>let-7a:15:1
GACTTAAGACATCCCTTCGATATGTGAGTTTACTACTACCTCTCGGGCTACTACCTCCCGTTCGACTGGGGTGATCGGCTCAACGTAATT
"""
TRUTH = """\
let-7a:0:1\t40\t50\tlet-7a\t0\t+\t40\t50
let-7a:15:1\t32\t42\tlet-7a\t0\t+\t32\t42
let-7a:15:1\t47\t57\tlet-7a\t0\t+\t47\t57
"""
PAIRS = """\
mirna_id\tmirna_seq\tsite_seq\tlabel
a\tUGAGG\tAAAAA\t1
a\tTGAGG\tCCCCC\t1
a\tTGAGG\tGGG\t0
b\tACGTT\tTTTTT\t1
c\tACGGT\tTTTTT\t0
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mirnas.fa").write_text(MIRNAS)
    Path("pairs.tsv").write_text(PAIRS)
    return tmp_path


def simulate(*arguments, stdin=b""):
    done = run("peak-simulate", ["--quiet", *arguments], stdin)
    assert done.err == ""
    assert done.status == 0
    return done.out.decode()


def test_golden_seeds(folder):
    line = "--plant-seeds mirnas.fa --distances 0 15 --length 90 --bed truth.bed --json out.json".split()
    assert simulate(*line) == PLANTED
    assert Path("truth.bed").read_text() == TRUTH
    counts = json.loads(Path("out.json").read_text())["counts"]
    assert counts == {"mirnas": 1, "transcripts": 2, "sites": 3}
    assert simulate(*line, "--seed", "2") != PLANTED
    assert simulate("--plant-seeds", "-", "--length", "90", "--distances", "0", stdin=MIRNAS.encode()) in PLANTED


@pytest.mark.usefixtures("short_sequences")
def test_golden_sites(folder):
    line = "--stitch pairs.tsv --bed t.bed --mirna-fasta m.fa --top-mirnas 5 --copies 2".split()
    out = simulate(*line)
    assert Path("m.fa").read_text() == ">a\nTGAGG\n>b\nACGTT\n"
    sequences = dict(part.splitlines() for part in out.split(">")[1:])
    assert list(sequences) == ["a:stitched:1", "a:stitched:2", "b:stitched:1", "b:stitched:2"]
    assert {"".join(sorted(sequence)) for sequence in sequences.values()} == {"AAAAACCCCCGGG", "TTTTT"}
    for text in Path("t.bed").read_text().splitlines():
        name, start, end, mirna, *_ = text.split("\t")
        site = sequences[name][int(start) : int(end)]
        assert site in {"a": ("AAAAA", "CCCCC"), "b": ("TTTTT",)}[mirna]
    assert simulate(*line) == out


def test_nothing_to_stitch(folder):
    Path("none.tsv").write_text("mirna_seq\tsite_seq\tlabel\n")
    assert simulate("--stitch", "none.tsv", "--bed", "t.bed") == ""
    assert Path("t.bed").read_text() == ""


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ([], 2, "one of the arguments --plant-seeds --stitch is required"),
        (["--plant-seeds", "mirnas.fa", "--stitch", "pairs.tsv"], 2, "not allowed with argument"),
        (["--plant-seeds", "mirnas.fa", "--mirna-fasta", "m.fa"], 2, "--mirna-fasta is for --stitch"),
        (["--plant-seeds", "mirnas.fa", "--distances", "9"], 2, "seeds of 10 nt overlap at a distance of 9 nt"),
        (["--plant-seeds", "mirnas.fa", "--length", "59"], 2, "two seeds 50 nt apart do not fit into 59 nt"),
        (["--plant-seeds", "mirnas.fa", "--first-base", "20"], 1, "lacks known bases from 20 to 29"),
        (["--plant-seeds", "absent.fa"], 1, "absent.fa: cannot be read"),
        (["--stitch", "mirnas.fa"], 1, "mirnas.fa:1: has no column mirna_seq"),
    ],
)
def test_refusals(folder, arguments, status, message):
    before = sorted(path.name for path in folder.iterdir())
    done = run("peak-simulate", ["-o", "out", *arguments])
    assert done.status == status
    assert done.err.startswith("peak-simulate: error: ")
    assert message in done.err
    assert done.err.count("\n") == 1
    assert len(done.err) <= 220
    assert sorted(path.name for path in folder.iterdir()) == before
