"""dmiso-predict as a command."""

import csv
import io
import json
import os
import sys
from pathlib import Path

import pytest
from commands import run, run_process

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / ".." / "shared" / "data" / "dmiso_original"
needs_examples = pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the shared data are not beside the project")

# hsa-let-7a-5p with a site of its seed, hsa-miR-21-5p with a site that is too long, one pair of odd letters
PAIRS = """\
mirna_id\tmirna_seq\tsite_seq\tnote
let-7a\tTGAGGTAGTAGGTTGTATAGTT\tAAACTATACAACCTACTACCTCATTCCGGAATTCC\t1
let-7a\tugagguaguagguuguauaguu\taaacuauacaaccuacuaccucauuccggaauucc\t2
miR-21\tTAGCTTATCAGACTGATGTTGA\tCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAGTC\t3
odd\tRYSWKMNNNNACGTACGTACGTACGTACGTACGTACGT\tN\t4
"""


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text), delimiter="\t"))


def predict(*arguments, stdin=b""):
    done = run("dmiso-predict", ["--quiet", *arguments], stdin)
    assert done.err == ""
    assert done.status == 0
    return done.out.decode()


@pytest.fixture
def pairs(workplace):
    (workplace / "few.tsv").write_text(PAIRS)
    return "few.tsv"


def test_rows_come_back_with_scores(pairs):
    text = predict("--model", "model.safetensors", pairs, "--json", "report.json")
    assert text.startswith("mirna_id\tmirna_seq\tsite_seq\tnote\tscore\tprediction\n")
    rows = rows_of(text)
    assert [row["note"] for row in rows] == list("1234")
    assert rows[0]["score"] == rows[1]["score"]  # RNA and lower case are the same sequence
    for row in rows:
        assert len(row["score"]) == 8
        assert 0 <= float(row["score"]) <= 1
        assert row["prediction"] == str(int(float(row["score"]) > 0.5))
    report = json.loads(Path("report.json").read_text())
    assert report["counts"] == {
        "pairs": 4,
        "predicted_interactions": sum(row["prediction"] == "1" for row in rows),
        "mirnas_cropped": 1,
        "sites_cropped": 1,
    }
    assert report["model"]["name"] == "test"
    assert len(report["model"]["sha256"]) == 64


def test_threads_stdin_and_shards_change_nothing(workplace):
    header, *lines = PAIRS.splitlines(keepends=True)
    many = [line.replace("\n", f"_{number}\n") for number in range(900) for line in lines]
    whole = header + "".join(many)
    expected = predict("--model", "model.safetensors", "--threads", "1", "-", stdin=whole.encode())
    for threads in ("2", "3"):
        assert predict("--model", "model.safetensors", "--threads", threads, "-", stdin=whole.encode()) == expected
    shards = [
        predict("--model", "model.safetensors", "-", stdin=(header + "".join(many[start:stop])).encode())
        for start, stop in ((0, 7), (7, 1900), (1900, len(many)))
    ]
    assert "".join([shards[0], *(shard.split("\n", 1)[1] for shard in shards[1:])]) == expected


def test_threshold(pairs):
    never = rows_of(predict("--model", "model.safetensors", "--threshold", "1", pairs))
    assert {row["prediction"] for row in never} == {"0"}
    always = rows_of(predict("--model", "model.safetensors", "--threshold", "0", pairs))
    assert [row["prediction"] for row in always] == [str(int(row["score"] != "0.000000")) for row in always]


def test_zero_rows(workplace):
    done = predict("--model", "model.safetensors", "-", "--json", "report.json", stdin=b"miRNA\tgene\n")
    assert done == "miRNA\tgene\tscore\tprediction\n"
    assert json.loads(Path("report.json").read_text())["counts"]["pairs"] == 0
    assert predict("--model", "model.safetensors", "--format", "dmiso", "-").count("\n") == 1


def test_windows(workplace):
    (workplace / "m.fa").write_text(">m1\nUGAGGUAGUAGGUUGUAUAGUU\n>m2 x\nTAGCTTATCAGACTGATGTTGA\n")
    (workplace / "t.fa").write_text(">t1 y\n" + "ACGTTGCATTGGCACCA" * 8 + "\n>short\nACGTAC\n")
    options = ["--model", "model.safetensors", "--mirnas", "m.fa", "--targets", "t.fa"]
    rows = rows_of(predict(*options, "--stride", "25", "--json", "report.json"))
    places = [(row["mirna_id"], row["target_id"], row["site_start"], row["site_end"]) for row in rows]
    windows = [
        ("t1", "0", "60"),
        ("t1", "25", "85"),
        ("t1", "50", "110"),
        ("t1", "75", "135"),
        ("t1", "76", "136"),
    ]
    windows.append(("short", "0", "6"))
    assert places == [(mirna, *window) for mirna in ("m1", "m2") for window in windows]
    assert rows[0]["mirna_seq"] == "TGAGGTAGTAGGTTGTATAGTT"
    assert json.loads(Path("report.json").read_text())["counts"]["windows"] == 12
    # each window scores as the pair that it is
    table = "mirna_seq\tsite_seq\n" + "".join(f"{row['mirna_seq']}\t{row['site_seq']}\n" for row in rows)
    again = rows_of(predict("--model", "model.safetensors", "-", stdin=table.encode()))
    assert [row["score"] for row in again] == [row["score"] for row in rows]
    best = rows_of(predict(*options, "--stride", "25", "--best"))
    assert len(best) == 4
    assert best[0]["score"] == max(row["score"] for row in rows[:5])


@needs_examples
def test_original_examples_run_unchanged(workplace):
    """The published scores are another model's; identifiers, sequences and order must be the same."""
    expected = (EXAMPLES / "test_output.txt").read_text().splitlines()[1:]
    text = predict("--format", "dmiso", "--model", "model.safetensors", str(EXAMPLES / "test_pairs.txt"))
    header, *lines = text.splitlines()
    assert header == "mirna_id\ttarget_id\tmirna_seq\tsite_seq\tscore\tprediction"
    assert [line.split("\t")[:4] for line in lines] == [line.split("\t")[:4] for line in expected]
    options = ["--mirnas", str(EXAMPLES / "test_miRNAs.fa"), "--targets", str(EXAMPLES / "test_mRNAs.fa")]
    best = rows_of(predict(*options, "--model", "model.safetensors", "--best"))
    assert len(best) == 16


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--mirnas", "mirnas.fa"], "belong together"),
        (["--mirnas", "mirnas.fa", "--targets", "transcripts.fa", "few.tsv"], "not both"),
        (["--mirnas", "-", "--targets", "-"], "cannot both be standard input"),
        (["--window", "61", "few.tsv"], "60 or less"),
        (["--threshold", "1.5", "few.tsv"], "from 0 to 1"),
        (["--model", "nonesuch", "few.tsv"], "no model 'nonesuch'"),
        (["--stride", "0", "few.tsv"], "1 or more"),
    ],
)
def test_usage_errors(pairs, arguments, words):
    done = run("dmiso-predict", [*arguments, "-o", "out.tsv"])
    assert done.status == 2
    assert words in done.err
    assert done.err.count("\n") == 1
    assert not os.path.exists("out.tsv")


def test_absent_tensorflow_is_one_line(pairs, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    monkeypatch.setitem(sys.modules, "keras", None)
    done = run("dmiso-predict", ["--quiet", "--backend", "tensorflow", "--model", "model.safetensors", pairs])
    assert done.status == 1
    assert done.err == (
        "dmiso-predict: error: TensorFlow is not installed; install it with: pip install 'mirtools[train]'\n"
    )


@pytest.mark.slow
def test_tensorflow_back_end_agrees(pairs):
    pytest.importorskip("tensorflow")
    options = ["--quiet", "--model", "model.safetensors", pairs]
    done = run_process("dmiso-predict", ["--backend", "tensorflow", *options])
    assert (done.status, done.err) == (0, "")
    by_numpy = rows_of(predict(*options[1:]))
    by_tensorflow = rows_of(done.out.decode())
    for one, other in zip(by_numpy, by_tensorflow, strict=True):
        assert abs(float(one["score"]) - float(other["score"])) < 2.1e-6
    # the Keras interface is quiet, too, and prediction never needs it
    code = "import sys; from tools.dmiso_predict import main; main(sys.argv[1:]); sys.exit('keras' in sys.modules)"
    import subprocess

    from commands import environment

    line = [sys.executable, "-c", code, *options]
    assert subprocess.run(line, env=environment(), capture_output=True, check=False).returncode == 0


def test_bundled_model_is_used_by_default(pairs):
    predict(pairs, "--json", "report.json")
    report = json.loads(Path("report.json").read_text())
    assert report["model"]["name"] == "dmiso"
