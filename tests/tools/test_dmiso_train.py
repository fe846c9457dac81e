"""dmiso-train as a command."""

import json
import os
import random
from pathlib import Path

import pytest
from commands import run, run_process

from mirtools.models.modelfile import load_model

OUTPUTS = ["-m", "m.safetensors", "-o", "out.tsv", "--metrics", "metrics.json", "--history", "history.tsv"]


def labelled(count, labels="10"):
    """Random pairs; the positives' sites hold the miRNA's seed match."""
    chance = random.Random(1)
    lines = ["mirna_id\tmirna_seq\ttarget_id\tsite_seq\tlabel"]
    complement = str.maketrans("ACGT", "TGCA")
    for number in range(count):
        label = labels[number % len(labels)]
        mirna = "".join(chance.choices("ACGT", k=22))
        site = "".join(chance.choices("ACGT", k=50))
        if label == "1":
            site = site[:20] + mirna[:8].translate(complement)[::-1] + site[28:]
        lines.append(f"m{number % 40}\t{mirna}\tt{number}\t{site}\t{label}")
    return "\n".join(lines) + "\n"


@pytest.fixture
def table(workplace):
    (workplace / "pairs.tsv").unlink()
    (workplace / "pairs.tsv").write_text(labelled(300))
    return "pairs.tsv"


def refused(arguments, status, words):
    done = run("dmiso-train", ["-m", "m.safetensors", "-o", "out.tsv", *arguments])
    assert done.err.count("\n") == 1
    assert words in done.err
    assert done.status == status
    assert not os.path.exists("m.safetensors")
    assert not os.path.exists("out.tsv")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--cross-validate", "1"], "ask for 2 or more"),
        (["--cross-validate", "3", "--hold-out", "0.2"], "choose one"),
        (["--validation", "0"], "early stopping needs validation pairs"),
        (["--dropout", "0.1,0.2"], "three shares"),
        (["--dropout", "0.1,0.2,1"], "from 0 to 0.99"),
        (["--hold-out", "1"], "from 0 to 0.9"),
        (["--epochs", "0"], "1 or more"),
        (["--learning-rate", "0"], "--learning-rate"),
        (["--l1", "-1"], "--l1"),
        (["--curves", "curves.gif"], ".png, .svg or .pdf"),
    ],
)
def test_usage_errors(table, arguments, words):
    refused([*arguments, table], 2, words)


@pytest.mark.parametrize("labels", ["1", "0"])
def test_one_class(table, labels):
    Path(table).write_text(labelled(100, labels))
    refused([table], 1, f"has no {'negative' if labels == '1' else 'positive'} pairs (label {1 - int(labels)})")


def test_groups_too_large(table):
    text = Path(table).read_text()
    for number in range(40):
        text = text.replace(f"\nm{number}\t", "\nm\t")
    Path(table).write_text(text)
    refused(["--group", "mirna", table], 1, "no group of related pairs is small enough")


def test_bad_label(table):
    Path(table).write_text(labelled(5) + "m\tACGT\tt\tACGT\tmaybe\n")
    refused([table], 1, "pairs.tsv:7: label is 'maybe'; give 1 (interacts) or 0 (does not)")


@pytest.mark.slow
def test_trains_reports_and_repeats(table):
    pytest.importorskip("tensorflow")
    options = "--epochs 3 --patience 2 --l1 1e-5 --batch-size 50 --curves curves.png --seed 3".split()
    done = run_process("dmiso-train", [*OUTPUTS, *options, "--checkpoint", "saved", "--json", "j.json", table])
    assert done.status == 0, done.err
    assert done.err == "dmiso-train: pairs 300, positives 150\n"
    rows = [line.split("\t") for line in Path("out.tsv").read_text().splitlines()]
    assert rows[0][:5] == ["part", "predictor", "pairs", "positives", "auroc"]
    assert [row[1] for row in rows[1:]] == (
        "model seed_6mer seed_graded duplex_energy cofold_energy mirna_identity target_identity".split()
    )
    assert float(rows[2][4]) > 0.9  # the planted seed match
    metrics = json.loads(Path("metrics.json").read_text())
    assert metrics["parts"]["held_out"]["pairs"] == int(rows[1][2])
    assert json.loads(Path("j.json").read_text())["metrics"] == metrics
    history = Path("history.tsv").read_text().splitlines()
    assert history[0] == "part\tepoch\ttraining_loss\tvalidation_loss\tvalidation_auroc"
    assert [line.split("\t")[:2] for line in history[1:]] == [["final", str(epoch)] for epoch in (1, 2, 3)]
    assert Path("curves.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(os.listdir("saved")) == ["final"]
    model = load_model("m.safetensors")
    assert (model.name, model.training["seed"], model.training["l1"]) == ("m", 3, 1e-5)
    assert model.metrics["held_out"]["auroc"] == pytest.approx(float(rows[1][4]))

    before = {name: Path(name).read_bytes() for name in ("m.safetensors", "out.tsv", "history.tsv", "curves.png")}
    done = run_process("dmiso-train", [*OUTPUTS, *options, "-"], Path(table).read_bytes())
    assert done.status == 0, done.err
    assert before == {name: Path(name).read_bytes() for name in before}
    done = run("dmiso-predict", ["--quiet", "--model", "m.safetensors", table])
    assert done.out.count(b"\n") == 301


@pytest.mark.slow
def test_cross_validation(table):
    pytest.importorskip("tensorflow")
    options = "--epochs 1 --patience 0 --cross-validate 2 --group mirna".split()
    done = run_process("dmiso-train", [*OUTPUTS, *options, table])
    assert done.status == 0, done.err
    rows = [line.split("\t")[:2] for line in Path("out.tsv").read_text().splitlines()[1:]]
    assert [part for part, name in rows if name == "model"] == ["fold_1", "fold_2", "mean_of_folds"]
    parts = [line.split("\t")[0] for line in Path("history.tsv").read_text().splitlines()[1:]]
    assert parts == ["fold_1", "fold_2", "final"]
