"""A new family: one class, one line in the registry, and all commands work with its models."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from commands import run

import mirtools
from mirtools.attribution.choose import make_explainer
from mirtools.computing.threads import in_order
from mirtools.errors import InputError, UsageError
from mirtools.models import families
from mirtools.models.arrays import sigmoid
from mirtools.models.base import Family, Model
from mirtools.models.encoder import Encoder
from mirtools.models.modelfile import load_model, save_model
from mirtools.training.choose import learner_of

MIRNA = "TGAGGTAGTAGGTTGTATAGTT"
SEED_MATCH = "CTACCTC"  # of bases 2 to 8
SITE = "GGGGG" + SEED_MATCH + "GGGGG"


class SeedScorer:
    batch_size = 8

    def __init__(self, weight):
        self._weight = weight

    def score(self, mirnas, sites):
        """A site with the reverse complement of miRNA bases 2 to 8 has the weight as its logit, others less."""
        wanted = np.array([1, 0, 3, 2, 4])[mirnas[:, 7:0:-1]]
        words = np.lib.stride_tricks.sliding_window_view(sites, 7, axis=1)
        pairs = (words == wanted[:, None]) & (words < 4)
        return sigmoid((self._weight * (2 * pairs.sum(axis=2).max(axis=1) - 13)).astype(np.float32))

    def score_stream(self, batches, threads=1):
        yield from in_order(lambda codes: self.score(*codes), batches, threads)


class SeedMatch(Family):
    architectures = ("seed",)
    architecture = "seed"
    encoder = Encoder(22, 25)

    @classmethod
    def from_description(cls, architecture, description):
        if description.get("bases") != 7:
            raise ValueError("has another number of bases than seed models")
        return cls()

    def described(self):
        return {"bases": 7}

    def tensor_shapes(self):
        return {"weight": (1,)}

    def overflows(self, weights):
        return bool(abs(weights["weight"][0]) > 1e6)

    def pair_scorer(self, weights):
        return SeedScorer(weights["weight"][0])


@pytest.fixture
def path(tmp_path, monkeypatch):
    """The path of a model file of the registered family, in a folder with inputs."""
    monkeypatch.setattr(families, "FAMILIES", [*families.FAMILIES, SeedMatch])
    monkeypatch.chdir(tmp_path)
    with open("seeds.safetensors", "wb") as stream:
        save_model(Model(SeedMatch(), {"weight": np.ones(1, np.float32)}, "seeds"), stream)
    (tmp_path / "pairs.tsv").write_text(f"mirna_seq\tsite_seq\n{MIRNA}\t{SITE}\n{MIRNA}\t{'G' * 20}\n")
    (tmp_path / "mirnas.fa").write_text(f">let-7\n{MIRNA}\n")
    (tmp_path / "targets.fa").write_text(f">target\n{'G' * 60}{SEED_MATCH}{'G' * 60}\n")
    return "seeds.safetensors"


def rows(done):
    assert (done.status, done.err.count("Traceback")) == (0, 0), done.err
    return list(csv.DictReader(io.StringIO(done.out.decode()), delimiter="\t"))


def test_model_files(path):
    model = load_model(path)
    assert (model.architecture, model.weights["weight"].tolist()) == ("seed", [1.0])
    assert model.scores([MIRNA], [SITE]) == pytest.approx([1 / (1 + np.exp(-1))])
    for bases, weight, problem in ((8, 1, "another number of bases"), (7, 1e7, "overflow")):
        changed = SeedMatch()
        changed.described = lambda bases=bases: {"bases": bases}
        with open("bad.safetensors", "wb") as stream:
            save_model(Model(changed, {"weight": np.full(1, weight, np.float32)}, "bad"), stream)
        with pytest.raises(InputError, match=problem):
            load_model("bad.safetensors")


def test_an_unregistered_family_is_unknown(path, monkeypatch):
    monkeypatch.setattr(families, "FAMILIES", families.FAMILIES[:-1])
    with pytest.raises(
        InputError, match="unknown architecture 'seed'; known: dmiso, dmiso-abundance, mirbind, cnn"
    ):
        load_model(path)


@pytest.mark.parametrize("threads", ["1", "2"])
def test_pairs_are_scored(path, threads):
    found = rows(run("dmiso-predict", ["--model", path, "--threads", threads, "pairs.tsv"]))
    assert [(row["score"], row["prediction"]) for row in found] == [("0.731059", "1"), ("0.000002", "0")]


def test_windows_are_scored(path):
    line = ["--model", path, "--mirnas", "mirnas.fa", "--targets", "targets.fa", "--stride", "1"]
    line += ["--predicted", "--threshold", "0.5"]
    found = rows(run("dmiso-predict", line))
    # windows of 25 nt that hold all of the match at 60 to 67
    assert [int(row["site_start"]) for row in found] == list(range(42, 61))
    assert {row["score"] for row in found} == {"0.731059"}
    (best,) = rows(run("dmiso-predict", [*line, "--best"]))
    assert best["site_start"] == "42"


def test_pairs_are_explained_by_mutagenesis(path):
    line = ["--model", path, "--explainer", "ism", "--importance", "bases", "pairs.tsv"]
    first, second = rows(run("attrib-align", line))
    importances = np.array(first["mirna_importance"].split(","), float)
    assert (np.flatnonzero(importances > 0.1) == np.arange(1, 8)).all()
    # all bases of the seed match are aligned with their partners
    assert "|||||||" in first["aligned_marks"]
    assert first["score"] == "0.731059"
    assert second["score"] == "0.000002"


def test_peaks_are_narrowed(path):
    line = ["--model", path, "--mirnas", "mirnas.fa", "--targets", "targets.fa", "--explainer", "ism"]
    line += ["--threshold", "0.5"]
    found = rows(run("peak-narrow", line))
    assert len(found) == 1
    assert 60 <= int(found[0]["summit"]) < 67


def test_notebooks(path):
    assert mirtools.predict("pairs.tsv", model=path)["score"].tolist() == [0.731059, 0.000002]
    explained = mirtools.explain("pairs.tsv", model=path, explainer="ism")
    assert "|||||||" in explained["aligned_marks"][0]


def test_unsupported_uses_of_the_family(path):
    model = load_model(path)
    with pytest.raises(InputError, match=r"model 'seeds' \(seed\) is not explained by deep; use ism"):
        make_explainer(model, "deep")
    with pytest.raises(UsageError, match="seed models do not run on TensorFlow"):
        model.pair_scorer("tensorflow")
    with pytest.raises(UsageError, match="seed models cannot be trained here"):
        learner_of(model.family)
    with pytest.raises(NotImplementedError):
        model.family.with_abundance({}, np.zeros(0, np.float32), np.zeros((0, 2)))
    done = run("dmiso-interpret", ["--model", path, "pairs.tsv"])
    assert (done.status, "reads DMISO models" in done.err) == (2, True), done.err
