"""dmiso-train with networks on pairing matrices, as a command."""

import json
import os
import random
import shutil
from pathlib import Path

import pytest
from commands import run, run_process
from networks import drawn_weights

from mirtools.models.base import Model
from mirtools.models.matrix.family import Matrix
from mirtools.models.matrix.network import mirbind
from mirtools.models.modelfile import load_model, save_model
from mirtools.models.pairing import WOBBLE

OUTPUTS = ["-m", "m.safetensors", "-o", "out.tsv", "--history", "history.tsv", "--scores", "scores.tsv"]
SMALL = "--architecture mirbind --filters 12 --blocks 1 --site-length 24 --mirna-length 10".split()
PARTNERS = {"ACGT": "TGCA", "DEKRAL": "KRDELA"}


def labelled(count, letters="ACGT", seed=1):
    """Drawn pairs; in positives the site holds the partners of the miRNA's first six letters, backwards."""
    chance = random.Random(seed)
    partner = dict(zip(letters, PARTNERS[letters], strict=True))
    lines = ["mirna_id\tmirna_seq\ttarget_id\tsite_seq\tlabel"]
    for number in range(count):
        # fewer nucleotides are none of a miRNA
        mirna = "".join(chance.choices(letters, k=10 if letters == "ACGT" else 8))
        site = "".join(chance.choices(letters, k=24))
        if number % 2:
            place = chance.randint(0, 18)
            site = site[:place] + "".join(partner[letter] for letter in mirna[5::-1]) + site[place + 6 :]
        lines.append(f"m{number % 50}\t{mirna}\tt{number}\t{site}\t{number % 2}")
    return "\n".join(lines) + "\n"


@pytest.fixture
def table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("pairs.tsv").write_text(labelled(400))
    Path("rule.tsv").write_text("site\tmirna\tx\nA\tT\t1\nT\tA\t1\n")
    with open("net.safetensors", "wb") as stream:
        network = mirbind(WOBBLE, 24, 10, filters=4, units=4)
        save_model(Model(Matrix("mirbind", network), drawn_weights(network), "net"), stream)
    return "pairs.tsv"


def trained(arguments):
    done = run_process("dmiso-train", [*OUTPUTS, *arguments])
    assert done.status == 0, done.err
    return done


def auroc(name="out.tsv"):
    """Return the model's AUROC on held-out pairs."""
    header, *rows = [line.split("\t") for line in Path(name).read_text().splitlines()]
    return next(float(row[header.index("auroc")]) for row in rows if row[:2] == ["held_out", "model"])


NET = ["--architecture", "mirbind"]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--wobble"], 2, "--wobble is for --architecture mirbind or cnn"),
        (["--site-length", "40"], 2, "--site-length is for --architecture mirbind or cnn"),
        (["--architecture", "dmiso", "--blocks", "1"], 2, "--blocks is for --architecture mirbind or cnn"),
        (["--architecture", "lstm"], 2, "--architecture"),
        ([*NET, "--abundance"], 2, "--abundance is for --architecture dmiso, not mirbind; omit it"),
        ([*NET, "--wobble", "--pairing-rule", "rule.tsv"], 2, "--pairing-rule gives all pairs"),
        ([*NET, "--pairing-rule", "absent.tsv"], 1, "absent.tsv: cannot be read"),
        ([*NET, "--pairing-rule", "pairs.tsv"], 1, "pairs.tsv: is not a pairing rule"),
        ([*NET, "--site-length", "9"], 2, "a mirbind network cannot have this size"),
        ([*NET, "--site-length", "1001"], 2, "site_length is a whole number from 1 to 1000"),
        ([*NET, "--mirna-length", "0"], 2, "--mirna-length"),
        ([*NET, "--filters", "2000", "--blocks", "5"], 2, "weights, more than 8,000,000"),
        (["--architecture", "cnn", "--filters", "8"], 2, "--filters and --blocks are for --architecture mirbind"),
        (["--architecture", "cnn", "--mirna-length", "7"], 2, "a cnn network cannot have this size"),
        ([*NET, "--dropout", "0.1,0.2,0.3"], 2, "give one rate for --architecture mirbind"),
        (["--dropout", "0.1"], 2, "give three rates for --architecture dmiso"),
        ([*NET, "--dropout", "0.1,0.2"], 2, "give three rates, as in 0.25,0.5,0.5, or one"),
        ([*NET, "--decay", "linear", "--decay-after", "3"], 2, "choose one"),
        ([*NET, "--validation", "0"], 2, "early stopping needs validation pairs"),
        ([*NET, "--weight-decay", "2"], 2, "--weight-decay"),
        ([*NET, "--background-pairs", "9999"], 2, "at most 1,7"),
        (["--start", "net.safetensors", "--architecture", "cnn"], 2, "--start is a mirbind model"),
        (["--start", "net.safetensors", "--architecture", "dmiso"], 2, "--start is a mirbind model"),
        (["--start", "dmiso", *NET], 2, "--start is a dmiso model; omit --architecture mirbind"),
        (["--start", "net.safetensors", "--wobble"], 2, "the network is that of --start"),
        (["--start", "net.safetensors", "--abundance"], 2, "--abundance is for --architecture dmiso"),
    ],
)
def test_errors(table, arguments, status, words):
    done = run("dmiso-train", ["-m", "m.safetensors", "-o", "out.tsv", *arguments, table])
    assert words in done.err
    assert (done.status, done.err.count("\n")) == (status, 1)
    assert len(done.err) <= 201
    assert not os.path.exists("m.safetensors")
    assert not os.path.exists("out.tsv")


def test_letters_that_the_rule_does_not_have(table):
    Path("rule.tsv").write_text("site\tmirna\tx\nD\tK\t1\n")
    done = run("dmiso-train", ["-m", "m.safetensors", *NET, "--pairing-rule", "rule.tsv", table])
    assert done.err.endswith("pairs.tsv:2: mirna_seq: has none of the letters DK of the pairing rule\n")


@pytest.mark.slow
def test_cross_validation_on_any_threads(table):
    pytest.importorskip("tensorflow")
    options = [*SMALL, *"--epochs 3 --cross-validate 2 --group none --batch-size 64 --checkpoint state".split()]
    outputs = ("m.safetensors", "out.tsv", "history.tsv", "scores.tsv")
    before = {}
    for threads in "12":
        trained([*options, table, "--threads", threads])
        before = before or {name: Path(name).read_bytes() for name in outputs}
        # the second run trains one fold again, and resumes the others from checkpoints
        shutil.rmtree(Path("state", "fold_1"))
    assert before == {name: Path(name).read_bytes() for name in outputs}
    model = load_model("m.safetensors")
    assert (
        model.family.network.described()
        == mirbind(site_length=24, mirna_length=10, filters=12, blocks=1).described()
    )
    assert len(model.training["background_pairs"]) == 200
    assert (model.training["learning_rate"], model.training["l1"], model.training["linear_decay"]) == (
        0.002,
        0,
        True,
    )


@pytest.mark.slow
def test_proteins_from_pairs_to_windows(table):
    pytest.importorskip("tensorflow")
    letters = "DEKRAL"
    rule = zip(letters, PARTNERS[letters], strict=True)
    Path("charges.tsv").write_text("site\tmirna\tmatch\n" + "".join(f"{b}\t{a}\t1\n" for a, b in rule))
    Path(table).write_text(labelled(2400, letters))
    options = "--epochs 10 --batch-size 64 --group none --pairing-rule charges.tsv --json j.json".split()
    trained([*SMALL, *options, table])
    assert auroc() > 0.95
    predictors = [line.split("\t")[1] for line in Path("out.tsv").read_text().splitlines()[1:]]
    assert predictors == ["model", "mirna_identity", "site_identity"]
    assert json.loads(Path("j.json").read_text())["options"]["epochs"] == 10
    # a long protein with one planted partner: its windows score highest
    chance = random.Random(5)
    mirna = "".join(chance.choices(letters, k=8))
    protein = "".join(chance.choices(letters, k=300))
    word = mirna[5::-1].translate(str.maketrans(letters, PARTNERS[letters]))
    protein = protein[:140] + word + protein[146:]
    Path("m.fa").write_text(f">m\n{mirna.lower()}\n")
    Path("p.fa").write_text(f">p\n{protein}\n")
    line = "--quiet --model m.safetensors --mirnas m.fa --targets p.fa --stride 4 --best --threshold 0.5".split()
    done = run("dmiso-predict", line)
    _, row = [text.split("\t") for text in done.out.decode().splitlines()]
    assert int(row[3]) <= 140
    assert int(row[4]) >= 146
    assert row[11] == "1"


@pytest.mark.slow
def test_warm_start_uses_the_network_of_the_start(table):
    pytest.importorskip("tensorflow")
    options = "--epochs 2 --fresh-negatives 1 --positive-weight balanced --decay-after 1 --curves c.png".split()
    trained(["--start", "net.safetensors", *options, "--background-pairs", "0", "--json", "j.json", table])
    model = load_model("m.safetensors")
    assert (model.architecture, model.family.network.rule.channels) == (
        "mirbind",
        ("watson_crick", "wobble"),
    )
    assert (model.training["start"], model.training["linear_decay"]) == ("net", False)
    assert "background_pairs" not in model.training
    assert [line.split("\t")[1] for line in Path("history.tsv").read_text().splitlines()[1:]] == ["0", "1", "2"]
    shown = json.loads(Path("j.json").read_text())["training"]
    assert (shown["architecture"], shown["linear_decay"], shown["batch_size"]) == ("mirbind", False, 256)
