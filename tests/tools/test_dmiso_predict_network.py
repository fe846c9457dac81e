"""dmiso-predict with networks on pairing matrices: pairs, long sites, windows, other alphabets."""

import csv
import io
import itertools
import json
import random
from pathlib import Path

import numpy as np
import pytest
from commands import environment, run, run_process
from networks import drawn_weights

from mirtools.models import bundled
from mirtools.models.base import Model
from mirtools.models.matrix.family import Matrix
from mirtools.models.matrix.network import cnn, mirbind
from mirtools.models.matrix.pair_scorer import MatrixPairScorer
from mirtools.models.modelfile import save_model
from mirtools.models.pairing import WOBBLE, PairingRule

LETTERS = PairingRule("EKLN", ("charge",), {("E", "K"): (1.0,), ("K", "E"): (1.0,), ("N", "N"): (0.5,)})
NETWORKS = {
    "two_d": mirbind(WOBBLE, 50, 22, filters=12, units=8),
    "plain": cnn(WOBBLE, 40, 20),
    "letters": mirbind(LETTERS, 30, 12, filters=8, blocks=1, units=4),
}


def letters(seed, length, alphabet="ACGT"):
    return "".join(random.Random(seed).choices(alphabet, k=length))


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))


def predict(*arguments, stdin=b""):
    done = run("dmiso-predict", ["--quiet", *arguments], stdin)
    assert done.err == ""
    assert done.status == 0
    return done.out.decode()


def expected(name, pairs):
    """Scores of pairs, computed with the network itself."""
    network = NETWORKS[name]
    encoder = network.encoder
    mirnas, sites = zip(*pairs, strict=True)
    predictor = MatrixPairScorer(network, drawn_weights(network))
    return predictor.score(encoder.mirnas(mirnas), encoder.sites(sites)).astype(float)


@pytest.fixture
def models(tmp_path, monkeypatch):
    """Model files by name, each with random weights."""
    monkeypatch.chdir(tmp_path)
    for name, network in NETWORKS.items():
        with open(f"{name}.safetensors", "wb") as stream:
            architecture = "cnn" if name == "plain" else "mirbind"
            save_model(Model(Matrix(architecture, network), drawn_weights(network), name), stream)


@pytest.fixture
def scan_inputs(models):
    with open("m.fa", "w") as stream:
        stream.writelines(f">m{number} x\n{letters(number, 18 + number, 'ACGU')}\n" for number in range(6))
    with open("t.fa", "w") as stream:
        for number, length in enumerate([700, 20, 50, 51, 1999, 333, 80, 1, 3000]):
            gene = f" gene=g{number % 3}" if number < 6 else ""
            stream.write(f">t{number}{gene}\n{letters(100 + number, length, 'ACGTN')}\n")
    return ["--model", "two_d.safetensors", "--mirnas", "m.fa", "--targets", "t.fa", "--threshold", "0.5"]


@pytest.mark.parametrize("name", ["two_d", "plain"])
def test_pairs(models, name):
    network = NETWORKS[name]
    lengths = itertools.product([15, network.mirna_length, 26], [12, network.site_length])
    pairs = [(letters(n, a), letters(50 + n, b)) for n, (a, b) in enumerate(lengths)]
    table = "miRNA\tgene\tnote\n" + "".join(
        f"{mirna.lower()}\t{site}\t{n}\n" for n, (mirna, site) in enumerate(pairs)
    )
    rows = rows_of(predict("--model", f"{name}.safetensors", "-", "--json", "j.json", stdin=table.encode()))
    assert [row["note"] for row in rows] == [str(n) for n in range(6)]
    found = [float(row["score"]) for row in rows]
    np.testing.assert_allclose(found, expected(name, pairs), rtol=0, atol=6e-7)
    assert [(row["window_start"], row["window_end"]) for row in rows] == [("0", str(len(s))) for _, s in pairs]
    report = json.loads(Path("j.json").read_text())
    assert report["model"]["architecture"] == ("mirbind" if name == "two_d" else "cnn")
    assert report["counts"]["mirnas_cropped"] == 2
    assert report["counts"]["sites_in_windows"] == 0


def test_long_sites_by_windows_and_by_their_centre(models):
    mirna, site = letters(1, 22), letters(2, 131)
    table = f"mirna_seq\tsite_seq\n{mirna}\t{site}\n".encode()
    starts = [*range(0, 81, 10), 81]
    scores = expected("two_d", [(mirna, site[at : at + 50]) for at in starts])
    (row,) = rows_of(predict("--model", "two_d.safetensors", "-", stdin=table))
    best = int(scores.argmax())
    assert (int(row["window_start"]), int(row["window_end"])) == (starts[best], starts[best] + 50)
    assert float(row["score"]) == pytest.approx(scores[best], abs=6e-7)
    (row,) = rows_of(predict("--model", "two_d.safetensors", "--long-sites", "centre", "-", stdin=table))
    assert float(row["score"]) == pytest.approx(expected("two_d", [(mirna, site[40:90])])[0], abs=6e-7)
    assert "window_start" not in row


@pytest.mark.parametrize(("name", "window"), [("two_d", None), ("two_d", 31), ("plain", None)])
def test_windows_have_the_scores_of_pairs(scan_inputs, name, window):
    scan_inputs[1] = f"{name}.safetensors"
    width = window or NETWORKS[name].site_length
    options = [] if window is None else ["--window", str(window)]
    rows = rows_of(predict(*scan_inputs, *options, "--stride", "21"))
    assert {int(row["site_end"]) - int(row["site_start"]) for row in rows if row["target_id"] == "t8"} == {width}
    scores = expected(name, [(row["mirna_seq"], row["site_seq"]) for row in rows])
    np.testing.assert_allclose([float(row["score"]) for row in rows], scores, rtol=0, atol=1.6e-6)
    places = [int(row["site_start"]) for row in rows if (row["mirna_id"], row["target_id"]) == ("m0", "t0")]
    assert places == sorted({*range(0, 700 - width + 1, 21), 700 - width})


def test_threads_hash_seeds_and_shards_change_nothing(scan_inputs):
    outputs = ["--genes", "genes.tsv", "--bed", "sites.bed", "-o", "out.tsv"]
    found = set()
    for threads, hash_seed in (("1", "0"), ("2", "1")):
        line = ["--quiet", *scan_inputs, *outputs, "--stride", "3", "--threads", threads]
        done = run_process("dmiso-predict", line, env=environment(PYTHONHASHSEED=hash_seed))
        assert (done.status, done.err) == (0, "")
        found.add(tuple(Path(name).read_bytes() for name in outputs[1::2]))
    assert len(found) == 1
    whole = predict(*scan_inputs, "--stride", "3")
    assert whole == Path("out.tsv").read_text()
    header = whole.split("\n", 1)[0] + "\n"
    parts = [predict(*scan_inputs, "--stride", "3", "--shard", f"{number}/4") for number in range(1, 5)]
    assert whole == header + "".join(part.removeprefix(header) for part in parts)


def test_background_best_and_genes(scan_inputs, monkeypatch):
    monkeypatch.setattr("mirtools.prediction.background._LEAST_BASES", 1000)
    rows = rows_of(predict(*scan_inputs))
    median = sorted(row["score"] for row in rows)[len(rows) // 2]
    scan_inputs += ["--threshold", median]
    best = rows_of(predict(*scan_inputs, "--best", "--genes", "genes.tsv"))
    assert len(best) == 6 * 9
    for row in best:
        mine = [r["score"] for r in rows if (r["mirna_id"], r["target_id"]) == (row["mirna_id"], row["target_id"])]
        assert row["score"] == max(mine)
    assert {row["gene_id"] for row in rows_of(Path("genes.tsv").read_text())} == {
        "g0",
        "g1",
        "g2",
        "t6",
        "t7",
        "t8",
    }
    rare = rows_of(predict(*scan_inputs, "--background", "0.05"))
    assert [row["score"] for row in rare] == [row["score"] for row in rows]
    for number in range(6):
        mine = [row for row in rare if row["mirna_id"] == f"m{number}"]
        scores = np.array([float(row["score"]) for row in mine])
        for row in mine:
            # the sample is scored pair by pair, so that the last digit may differ
            share = [
                ((scores >= float(row["score"]) + step).sum() + 1) / (len(mine) + 1) for step in (2e-6, -2e-6)
            ]
            assert share[0] - 1e-4 <= float(row["background"]) <= share[1] + 1e-4
    assert 0 < sum(row["prediction"] == "1" for row in rare) < sum(row["score"] > median for row in rows)


def test_a_network_may_be_the_default(scan_inputs, monkeypatch):
    network = NETWORKS["two_d"]
    default = Model(Matrix("mirbind", network), drawn_weights(network), "best")
    monkeypatch.setattr(bundled, "best_bundled", lambda: default)
    assert predict(*scan_inputs[2:]) == predict(*scan_inputs)
    rows = rows_of(predict("-", stdin=b"mirna_seq\tsite_seq\n" + b"ACGTACGTAC\t" + b"ACGTC" * 11 + b"\n"))
    assert int(rows[0]["window_end"]) - int(rows[0]["window_start"]) == 50
    # dmiso-interpret uses DMISO, whatever the default of other commands is
    Path("pairs.tsv").write_text("mirna_seq\tsite_seq\nACGTACGTAC\tACGTACGT\n")
    assert run("dmiso-interpret", ["--quiet", "-o", "maps.tsv", "pairs.tsv"]).status == 0


def test_other_letters(models):
    mirnas = [letters(n, 12, "EKLN") for n in range(2)]
    targets = [letters(9, 200, "EKLNX"), letters(10, 25, "ekln")]
    Path("m.fa").write_text("".join(f">m{n}\n{sequence}\n" for n, sequence in enumerate(mirnas)))
    Path("t.fa").write_text("".join(f">t{n}\n{sequence}\n" for n, sequence in enumerate(targets)))
    options = "--model letters.safetensors --mirnas m.fa --targets t.fa --threshold 0.5".split()
    rows = rows_of(predict(*options, "--stride", "7", "--bed", "sites.bed", "--threshold", "0.4"))
    assert {row["site_seq"] for row in rows if row["target_id"] == "t1"} == {targets[1].upper()}
    scores = expected("letters", [(row["mirna_seq"], row["site_seq"]) for row in rows])
    np.testing.assert_allclose([float(row["score"]) for row in rows], scores, rtol=0, atol=1.6e-6)
    table = "mirna_seq\tsite_seq\n" + "".join(f"{row['mirna_seq'].lower()}\t{row['site_seq']}\n" for row in rows)
    again = rows_of(predict("--model", "letters.safetensors", "-", stdin=table.encode()))
    np.testing.assert_allclose([float(row["score"]) for row in again], scores, rtol=0, atol=6e-7)
    assert again[0]["mirna_seq"] == rows[0]["mirna_seq"].lower()  # the columns of the input are unchanged


@pytest.mark.parametrize(
    ("arguments", "stdin", "status", "words"),
    [
        (
            ["--model", "two_d.safetensors", "--window", "51", "-"],
            "",
            2,
            "51 is more than the 50 nt of the model's input",
        ),
        (["--model", "letters.safetensors", "-"], "mirna_seq\tsite_seq\nEK\tE1\n", 1, "<stdin>:2: site_seq: '1'"),
        (["--model", "letters.safetensors", "-"], "mirna_seq\tsite_seq\nEK\tAC\n", 1, "none of the letters EKLN"),
        (["--model", "letters.safetensors", "-"], "mirna_seq\tsite_seq\n\tEK\n", 1, "mirna_seq is empty"),
        (["--model", "two_d.safetensors", "-"], "mirna_seq\tsite_seq\nEK\tAC\n", 1, "'E' at position 1"),
        (["--model", "letters.safetensors", "--mirnas", "p.fa", "--targets", "p.fa"], "", 1, "record 'p'"),
    ],
)
def test_errors(models, arguments, stdin, status, words):
    Path("p.fa").write_text(">p\nEK*L\n")
    done = run("dmiso-predict", arguments, stdin.encode())
    assert done.status == status
    assert words in done.err
    assert done.err.count("\n") == 1 + done.err.count("threshold 0.5\n")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["two_d", "plain"])
def test_tensorflow_gives_the_same_scores(scan_inputs, name):
    pytest.importorskip("tensorflow")
    scan_inputs[1] = f"{name}.safetensors"
    texts = []
    for backend in ("numpy", "tensorflow"):
        line = ["--quiet", *scan_inputs, "--backend", backend, "--stride", "50"]
        done = run_process("dmiso-predict", line)
        assert (done.status, done.err) == (0, "")
        texts.append(rows_of(done.out.decode()))
    scores = [[float(row["score"]) for row in rows] for rows in texts]
    np.testing.assert_allclose(*scores, rtol=0, atol=3e-6)
