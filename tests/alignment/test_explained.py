"""Alignments of computed attributions."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from commands import run

from mirtools.alignment.explained import explained_model, pairing_of
from mirtools.models.modelfile import Model, save_model
from mirtools.models.network import Network, cnn
from mirtools.models.pairing import WATSON_CRICK, WOBBLE, PairingRule


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A model with random weights, a table of pairs, and one of background pairs."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(4)
    network = cnn()
    weights = {
        name: (
            random.uniform(0.5, 1.5, shape)
            if name.endswith((".gamma", ".variance"))
            else random.normal(0, 0.1 if len(shape) < 2 else np.sqrt(2 / np.prod(shape[:-1])), shape)
        ).astype("f4")
        for name, shape in network.tensor_shapes().items()
    }
    with open("model.safetensors", "wb") as stream:
        save_model(Model(weights, "test", 0.5, architecture="cnn", network=network), stream)
    letters = np.array(list("ACGT"))
    for name, count in (("pairs.tsv", 70), ("background.tsv", 8)):
        rows = [
            (str(number), "".join(random.choice(letters, 22)), "".join(random.choice(letters, 50)))
            for number in range(count)
        ]
        lines = ["pair_id\tmirna_seq\tsite_seq", *("\t".join(row) for row in rows)]
        Path(name).write_text("\n".join(lines) + "\n")
    return tmp_path


def _align(*arguments):
    done = run("attrib-align", ["--quiet", *arguments])
    assert done.err == ""
    assert done.status == 0
    return done.out.decode()


def test_attributions_add_up_and_threads_change_nothing(folder):
    line = "--model model.safetensors --background-pairs background.tsv pairs.tsv --json report.json".split()
    one, two = (_align(*line, "--threads", threads) for threads in ("1", "2"))
    assert one == two
    report = json.loads(Path("report.json").read_text())
    assert report["explainer"]["kind"] == "deep"
    assert report["explainer"]["background"]["pairs"] == 8
    assert report["explainer"]["largest_additivity_gap"] < 1e-4
    assert report["model"]["name"] == "test"
    assert report["counts"]["pairs"] == report["counts"]["mirnas_cropped"] == 70
    rows = list(csv.DictReader(io.StringIO(one), delimiter="\t"))
    # the same scores as a prediction with the same model
    done = run("dmiso-predict", ["--quiet", "--model", "model.safetensors", "pairs.tsv"])
    scored = list(csv.DictReader(io.StringIO(done.out.decode()), delimiter="\t"))
    for row, other in zip(rows, scored, strict=True):
        assert float(row["score"]) == pytest.approx(float(other["score"]), abs=2e-6)
    # a table with scores keeps them
    Path("scored.tsv").write_bytes(done.out)
    line[-3] = "scored.tsv"
    again = list(csv.DictReader(io.StringIO(_align(*line)), delimiter="\t"))
    assert [row["score"] for row in again] == [row["score"] for row in scored]
    assert [row["column_scores"] for row in again] == [row["column_scores"] for row in rows]


def test_a_pair_is_explained_alone_as_among_others(folder):
    lines = Path("pairs.tsv").read_text().splitlines(keepends=True)
    Path("one.tsv").write_text(lines[0] + lines[41])
    line = "--model model.safetensors --background-pairs background.tsv".split()
    assert _align(*line, "one.tsv").splitlines()[1] == _align(*line, "pairs.tsv").splitlines()[41]


def test_the_model_of_two_sequences(folder):
    lines = Path("pairs.tsv").read_text().splitlines(keepends=True)
    Path("few.tsv").write_text("".join(lines[:4]))
    row = next(
        csv.DictReader(
            io.StringIO(_align("--model", "dmiso", "--explainer", "masking", "few.tsv")), delimiter="\t"
        )
    )
    assert len(row["mirna_importance"].split(",")) == 22
    assert len(row["target_importance"].split(",")) == 50


def test_what_pairs_for_a_model(folder):
    model = explained_model("model.safetensors")
    assert pairing_of(model) is WATSON_CRICK
    assert pairing_of(explained_model("dmiso")) is WATSON_CRICK
    every = PairingRule("ACGT", ("any",), {(a, b): (1.0,) for a in "ACGT" for b in "ACGT"})
    charges = PairingRule("DK", ("bridge",), {("D", "K"): (1.0,), ("K", "D"): (1.0,)})
    for rule, expected in ((WOBBLE, WOBBLE), (every, WATSON_CRICK), (charges, charges)):
        network = Network(rule, model.network.site_length, model.network.mirna_length, model.network.layers)
        assert pairing_of(Model(model.weights, "other", network=network)) is expected
