"""dmiso-train as a command."""

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from commands import environment, run, run_process, start

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
        (["--cross-validate", "1"], "give 2 or more"),
        (["--cross-validate", "3", "--hold-out", "0.2"], "choose one"),
        (["--validation", "0"], "early stopping needs validation pairs"),
        (["--dropout", "0.1,0.2"], "three rates"),
        (["--dropout", "0.1,0.2,1"], "from 0 to 0.99"),
        (["--hold-out", "1"], "from 0 to 0.9"),
        (["--epochs", "0"], "1 or more"),
        (["--learning-rate", "0"], "--learning-rate"),
        (["--l1", "-1"], "--l1"),
        (["--curves", "curves.gif"], ".png, .svg or .pdf"),
        (["--half-of-mirnas", "--hold-out", "0.2"], "holds out half of the miRNAs"),
        (["--half-of-mirnas", "--cross-validate", "3"], "holds out half of the miRNAs"),
        (["--half-of-mirnas", "--group", "target"], "use mirna or family"),
        (["--families", "f.tsv"], "has no effect without --group family"),
        (["--positive-weight", "0"], "--positive-weight"),
        (["--decay-after", "2", "--patience", "0"], "--decay-after needs validation pairs"),
        (["--start", "nobody"], "no model 'nobody'"),
        (["--group", "gene"], "--group"),
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
    line = [*OUTPUTS, *options, "--checkpoint", "saved", "--json", "j.json", table]
    done = run_process("dmiso-train", line, env=environment(PYTHONHASHSEED="0"))
    assert done.status == 0, done.err
    assert done.err == "dmiso-train: pairs 300, positives 150\n"
    rows = [line.split("\t") for line in Path("out.tsv").read_text().splitlines()]
    assert rows[0][:5] == ["part", "predictor", "pairs", "positives", "auroc"]
    assert [row[1] for row in rows[1:]] == (
        "model site_type 6mer duplex_energy cofold_energy mirna_identity site_identity".split()
    )
    assert float(rows[2][4]) > 0.9  # the planted seed match
    metrics = json.loads(Path("metrics.json").read_text())
    assert metrics["parts"]["held_out"]["pairs"] == int(rows[1][2])
    assert json.loads(Path("j.json").read_text())["metrics"] == metrics
    history = Path("history.tsv").read_text().splitlines()
    assert history[
        0
    ] == "part epoch training_loss validation_loss validation_auroc validation_average_precision".replace(
        " ", "\t"
    )
    assert [line.split("\t")[:2] for line in history[1:]] == [["final", str(epoch)] for epoch in (1, 2, 3)]
    assert Path("curves.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(os.listdir("saved")) == ["final"]
    model = load_model("m.safetensors")
    assert (model.name, model.training["seed"], model.training["l1"]) == ("m", 3, 1e-5)
    assert model.metrics["held_out"]["auroc"] == pytest.approx(float(rows[1][4]))

    before = {name: Path(name).read_bytes() for name in ("m.safetensors", "out.tsv", "history.tsv", "curves.png")}
    other = environment(PYTHONHASHSEED="4321")
    done = run_process("dmiso-train", [*OUTPUTS, *options, "-"], Path(table).read_bytes(), env=other)
    assert done.status == 0, done.err
    assert before == {name: Path(name).read_bytes() for name in before}
    done = run("dmiso-predict", ["--quiet", "--model", "m.safetensors", table])
    assert done.out.count(b"\n") == 301


def model_rows(name="out.tsv"):
    """Rows of results by part and predictor."""
    rows = [line.split("\t") for line in Path(name).read_text().splitlines()]
    return {(row[0], row[1]): dict(zip(rows[0], row, strict=True)) for row in rows[1:]}


def trained(arguments, stdin=b""):
    done = run_process("dmiso-train", [*OUTPUTS, *arguments], stdin)
    assert done.status == 0, done.err
    return done


@pytest.mark.slow
def test_cross_validation_killed_twice_is_the_same_on_any_threads(table):
    pytest.importorskip("tensorflow")
    options = (
        "--epochs 4 --patience 0 --cross-validate 2 --batch-size 20 --fresh-negatives 1 --group mirna".split()
    )
    options += ["--scores", "scores.tsv", table]
    outputs = ("m.safetensors", "out.tsv", "history.tsv", "metrics.json", "scores.tsv")
    trained([*options, "--threads", "1"])
    before = {name: Path(name).read_bytes() for name in outputs}
    for name in outputs:
        Path(name).unlink()
    options += ["--checkpoint", "saved"]
    for stop, part, threads in ((signal.SIGKILL, "fold_1", "2"), (signal.SIGTERM, "final", "1")):
        line = [*OUTPUTS, *options, "--threads", threads]
        killed = start("dmiso-train", line, stderr=subprocess.DEVNULL)
        while not Path("saved", part, "checkpoint.safetensors").exists():
            assert killed.poll() is None
            time.sleep(0.01)
        killed.send_signal(stop)
        assert killed.wait(60) != 0
        assert not any(Path(name).exists() for name in outputs)
    trained([*options, "--threads", "3"])
    assert before == {name: Path(name).read_bytes() for name in outputs}
    folds = ["fold_1", "fold_2"]
    assert [part for part, name in model_rows() if name == "model"] == [*folds, "mean_of_folds"]
    parts = [line.split("\t")[0] for line in Path("history.tsv").read_text().splitlines()[1:]]
    assert parts == [part for part in (*folds, "final") for _ in range(4)]
    # the table of scores has each pair's score from the fold that held it out, with the same results
    header, *rows = [line.split("\t") for line in Path("scores.tsv").read_text().splitlines()]
    assert header[-3:] == ["score", "prediction", "part"]
    assert [row[:5] for row in rows] == [line.split("\t") for line in Path(table).read_text().splitlines()[1:]]
    for part in folds:
        chosen = [row for row in rows if row[-1] == part]
        figures = model_rows()[part, "model"]
        assert len(chosen) == int(figures["pairs"])
        higher = [
            (float(one[-3]) > float(other[-3])) + (float(one[-3]) == float(other[-3])) / 2
            for one in chosen
            for other in chosen
            if (one[4], other[4]) == ("1", "0")
        ]
        assert sum(higher) / len(higher) == pytest.approx(float(figures["auroc"]), abs=2e-3)


@pytest.mark.slow
def test_half_of_the_mirnas_and_families_kept_together(table):
    pytest.importorskip("tensorflow")
    Path("families.tsv").write_text("".join(f"m{number}\tf{number // 4}\n" for number in range(40)))
    options = "--epochs 1 --patience 0 --half-of-mirnas --group family --families families.tsv".split()
    trained([*options, "--scores", "scores.tsv", table])
    rows = [line.split("\t") for line in Path("scores.tsv").read_text().splitlines()[1:]]
    sides = {part: {int(row[0][1:]) for row in rows if row[-1] == part} for part in ("training", "held_out")}
    # whole families, so about half of the miRNAs
    assert len(sides["training"]) + len(sides["held_out"]) == 40
    assert min(map(len, sides.values())) >= 16
    families = [{mirna // 4 for mirna in side} for side in sides.values()]
    assert not families[0] & families[1]
    assert load_model("m.safetensors").training["grouping"] == "family"


@pytest.mark.slow
def test_warm_start_fresh_negatives_and_weights(table):
    pytest.importorskip("tensorflow")
    options = "--epochs 2 --patience 2 --start dmiso --fresh-negatives 2 --positive-weight balanced".split()
    trained([*options, "--learning-rate", "1e-4", "--decay-after", "1", table])
    assert [name for _, name in model_rows()][:2] == ["model", "start_model"]
    lines = Path("history.tsv").read_text().splitlines()
    assert [line.split("\t")[1] for line in lines[1:]] == ["0", "1", "2"]
    assert lines[1].split("\t")[2] == "."
    facts = load_model("m.safetensors").training
    assert (facts["start"], facts["fresh_negatives"], facts["positive_weight"]) == ("dmiso", 2, "balanced")
    assert len(facts["start_sha256"]) == 64


@pytest.mark.slow
def test_abundance(table):
    pytest.importorskip("tensorflow")
    header, *rows = Path(table).read_text().splitlines()
    with_reads = [f"{row}\t{number % 7}\t{10 * int(row[-1]) + number % 3}" for number, row in enumerate(rows)]
    Path("reads.tsv").write_text("\n".join([f"{header}\tmirna_coverage\ttarget_coverage", *with_reads]) + "\n")
    options = "--epochs 4 --patience 0 --learning-rate 0.02 --batch-size 20 --abundance".split()
    trained([*options, "reads.tsv", "--scores", "scores.tsv"])
    model = load_model("m.safetensors")
    assert model.architecture == "dmiso-abundance"
    assert model.weights["abundance.kernel"][1, 0] > abs(model.weights["abundance.kernel"][0, 0])
    # both commands give the same scores, also for long sites in windows
    expected = [line.split("\t")[:-1] for line in Path("scores.tsv").read_text().splitlines()]
    for options_of_sites in ([], ["--long-sites", "windows"]):
        done = run("dmiso-predict", ["--quiet", "--model", "m.safetensors", "reads.tsv", *options_of_sites])
        assert [line.split("\t")[:9] for line in done.out.decode().splitlines()] == expected
    done = run("dmiso-predict", ["--quiet", "--model", "m.safetensors", table])
    assert "has no column mirna_coverage" in done.err
    # it cannot be the start of a model without abundances
    for name in ("m.safetensors", "out.tsv"):
        os.rename(name, f"aware.{name}")
    refused(["--start", "aware.m.safetensors", table], 1, "uses abundances; add --abundance")
    refused([*options, table], 1, "has no column mirna_coverage")
