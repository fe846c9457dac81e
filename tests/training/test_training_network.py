"""Training networks on pairing matrices: they learn a planted rule, are reproducible, and resume when stopped."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from mirtools.errors import InputError, UsageError
from mirtools.models.base import Model
from mirtools.models.composition import STORED, typical_pairs
from mirtools.models.dmiso.family import Dmiso
from mirtools.models.encoder import Encoder
from mirtools.models.matrix.family import Matrix
from mirtools.models.matrix.network import cnn, mirbind
from mirtools.models.matrix.pair_scorer import MatrixPairScorer
from mirtools.models.pairing import WATSON_CRICK, WOBBLE, PairingRule
from mirtools.pairs.grouping import group_pairs
from mirtools.pairs.repairing import FreshNegatives
from mirtools.pairs.table import LabelledPairs
from mirtools.training.checkpoint import Checkpoint
from mirtools.training.data import read_labelled
from mirtools.training.epochs import TrainingPairs
from mirtools.training.evaluation import ranking_figures
from mirtools.training.experiment import Design, Setting, check_start, run_experiment
from mirtools.training.fit import Epoch, _Trainer, train
from mirtools.training.matrix import MatrixLearner, network_of

# TensorFlow and its libraries use functions that newer NumPy and Python deprecate
pytestmark = pytest.mark.filterwarnings("ignore")
slow = pytest.mark.slow

SMALL = mirbind(WATSON_CRICK, 20, 8, filters=16, height=6, blocks=1, units=8)
PARTNER = dict(zip("ACGT", "TGCA", strict=True))
CHARGES = PairingRule("DEKRAL", ("charge",), dict.fromkeys(("DK", "KD", "ER", "RE", "AL", "LA"), (1.0,)))
CHARGE_PARTNER = dict(zip("DEKRAL", "KRDELA", strict=True))


def planted(count, seed=1, partner=PARTNER):
    """Pairs of random letters; positive sites contain partners of the miRNA's first six, from right to left."""
    random = np.random.default_rng(seed)
    letters = list(partner)
    mirnas = ["".join(random.choice(letters, 8)) for _ in range(count)]
    sites = ["".join(random.choice(letters, 20)) for _ in range(count)]
    labels = (np.arange(count) % 2).astype(np.uint8)
    for number in np.flatnonzero(labels):
        place = int(random.integers(0, 14))
        word = "".join(partner[letter] for letter in reversed(mirnas[number][:6]))
        sites[number] = sites[number][:place] + word + sites[number][place + 6 :]
    alphabet = "ATCG" if partner is PARTNER else CHARGES.alphabet
    return LabelledPairs(mirnas, sites, labels, ["."] * count, ["."] * count, alphabet=alphabet)


def options(**changes):
    return dataclasses.replace(MatrixLearner.defaults, **{"epochs": 3, "patience": 0, "batch_size": 64, **changes})


def equal(one, other):
    return one.keys() == other.keys() and all((one[name] == other[name]).all() for name in one)


def auroc(network, weights, pairs):
    encoder = network.encoder
    scores = MatrixPairScorer(network, weights).score(encoder.mirnas(pairs.mirnas), encoder.sites(pairs.sites))
    return ranking_figures(pairs.labels, scores, pairs.mirnas)["auroc"]


@slow
@pytest.mark.parametrize("kind", ["nucleotides", "letters", "cnn"])
def test_learns_a_planted_rule(kind):
    pytest.importorskip("tensorflow")
    partner, network = PARTNER, SMALL
    if kind == "letters":
        partner, network = CHARGE_PARTNER, dataclasses.replace(SMALL, rule=CHARGES)
    if kind == "cnn":
        network = cnn(WOBBLE, 20, 8)
    training, validation = planted(2400, 1, partner), planted(300, 2, partner)
    trained = train(
        Matrix("mirbind", network), TrainingPairs(training), validation, options(epochs=18, patience=18)
    )
    held_out = auroc(network, trained.weights, planted(1000, 3, partner))
    assert held_out > (0.9 if kind == "cnn" else 0.98)
    lowest = min(trained.history, key=lambda line: line.validation_loss)
    assert trained.epoch == lowest.epoch


@slow
def test_same_seed_same_weights_other_seed_others():
    pytest.importorskip("tensorflow")
    pairs = planted(300)
    first = train(Matrix("mirbind", SMALL), TrainingPairs(pairs), None, options())
    assert equal(first.weights, train(Matrix("mirbind", SMALL), TrainingPairs(pairs), None, options()).weights)
    assert not equal(
        first.weights, train(Matrix("mirbind", SMALL), TrainingPairs(pairs), None, options(seed=2)).weights
    )
    assert set(first.weights) == set(SMALL.tensor_shapes())


@slow
@pytest.mark.parametrize("recipe", ["plain", "fresh"])
@pytest.mark.parametrize("stop", [1, 2])
def test_resumed_equals_uninterrupted(tmp_path, stop, recipe):
    pytest.importorskip("tensorflow")

    class Stop(Exception):
        pass

    def watch(event):
        if isinstance(event, Epoch) and event.epoch == stop:
            raise Stop

    pairs, validation = planted(300), planted(60, 2)
    changes = {"linear_decay": False, "decay_after": 1, "fresh_negatives": 1, "weight_decay": 0.0}
    chosen = options(patience=3, **(changes if recipe == "fresh" else {}))
    lessons = TrainingPairs(
        pairs, None, FreshNegatives(pairs, np.arange(300), 1, 1) if recipe == "fresh" else None
    )
    whole = train(Matrix("mirbind", SMALL), lessons, validation, chosen)
    with pytest.raises(Stop):
        train(Matrix("mirbind", SMALL), lessons, validation, chosen, Checkpoint(str(tmp_path), {}), watch)
    resumed = train(Matrix("mirbind", SMALL), lessons, validation, chosen, Checkpoint(str(tmp_path), {}))
    assert equal(whole.weights, resumed.weights)
    assert whole.history == resumed.history
    # a network of another size cannot resume from it
    other = mirbind(WATSON_CRICK, 20, 8, filters=8, height=6, blocks=1, units=8)
    with pytest.raises(InputError, match="is not a complete checkpoint"):
        train(Matrix("mirbind", other), lessons, validation, chosen, Checkpoint(str(tmp_path), {}))


@slow
def test_the_learning_rate_falls_to_zero():
    pytest.importorskip("tensorflow")
    lessons = TrainingPairs(planted(256))
    trainer = _Trainer(Matrix("mirbind", SMALL), options(epochs=2), lessons, None)
    rates = []
    for number in (1, 2):
        trainer.epoch(number, 0.008, lambda event: None)
        rates.append(float(trainer._optimizer.learning_rate.numpy()))
    # four steps an epoch: the last of them at 5/8 and at 1/8 of the rate
    assert rates == pytest.approx([0.005, 0.001])


@slow
def test_weight_decay_changes_only_kernels():
    pytest.importorskip("tensorflow")
    lessons = TrainingPairs(planted(64))

    def after_one_step(**changes):
        chosen = options(epochs=1, linear_decay=False, learning_rate=0.01, **changes)
        return train(Matrix("mirbind", SMALL), lessons, None, chosen).weights

    plain, decayed = after_one_step(weight_decay=0.0), after_one_step(weight_decay=1.0)
    start = _Trainer(Matrix("mirbind", SMALL), options(), lessons, None).weights()
    for name, value in plain.items():
        taken = 0.01 * start[name] if name.endswith(".kernel") else 0
        np.testing.assert_allclose(value - decayed[name], taken, atol=2e-6)
    # the length of a gradient means little to Adam, until it comes near its epsilon
    clipped = after_one_step(weight_decay=0.0, clip_norm=1e-9)
    moved = [abs(weights["conv_1.kernel"] - start["conv_1.kernel"]).max() for weights in (plain, clipped)]
    assert moved[1] < moved[0] / 5


@slow
def test_warm_start_and_experiment():
    pytest.importorskip("tensorflow")
    pairs = planted(1500)
    family = Matrix("mirbind", SMALL)
    setting = Setting(family, pairs, options(epochs=6, patience=6), background_pairs=7)
    outcome = run_experiment(setting, Design("none"), "small")
    model = outcome.model
    assert (model.architecture, model.family.network) == ("mirbind", SMALL)
    pairs_kept, source = typical_pairs(model, 100, 1)
    assert source == STORED
    learned = set(zip(pairs.mirnas, pairs.sites, strict=True))
    assert len(pairs_kept) == 7
    assert set(pairs_kept) <= learned
    assert model.training["composition"]["mirna"]["lengths"] == {"8": 1.0}
    assert model.training["weight_decay"] == 1e-4
    # every score is the model's
    encoder = SMALL.encoder
    codes = encoder.mirnas(pairs.mirnas), encoder.sites(pairs.sites)
    assert (outcome.scores == MatrixPairScorer(SMALL, model.weights).score(*codes)).all()
    few = planted(80, 5)
    chosen = options(epochs=2, patience=3, learning_rate=1e-4)
    tuned = run_experiment(
        Setting(family, few, chosen, start=model, background_pairs=0),
        Design("none"),
        "tuned",
    )
    history = tuned.history[0][1].history
    assert [line.epoch for line in history] == [0, 1, 2]
    assert [row[1] for row in tuned.rows][:2] == ["model", "start_model"]
    assert "background_pairs" not in tuned.model.training


def test_sizes_that_cannot_be():
    network = network_of("mirbind", WOBBLE, 40, 18, 12, 1)
    assert network.described() == mirbind(WOBBLE, 40, 18, filters=12, blocks=1).described()
    assert network_of("cnn", WATSON_CRICK).described() == cnn().described()
    for arguments, problem in (
        (("mirbind", WOBBLE, 5), "a mirbind network cannot have this size: .* leaves nothing"),
        (("mirbind", WOBBLE, 5000), "site_length is a whole number from 1 to 1000"),
        (("mirbind", WOBBLE, 50, 20, 4000), "multiply-adds per pair, more than"),
        (("mirbind", WOBBLE, 50, 20, 5000), "filters are from 1 to 4096"),
        (("cnn", WOBBLE, 50, 4), "a cnn network cannot have this size"),
    ):
        with pytest.raises(UsageError, match=problem):
            network_of(*arguments)


def test_a_start_that_knows_abundances():
    start = Model(Dmiso(knows_abundance=True), {}, "x")
    check_start(start, Dmiso(knows_abundance=True), "aware")
    with pytest.raises(InputError, match="aware: uses abundances; add --abundance"):
        check_start(start, Dmiso(), "aware")


def test_pairs_of_other_letters(tmp_path):
    path = tmp_path / "pairs.tsv"
    path.write_text("mirna_seq\tsite_seq\tlabel\nkkd\tDDXEE\t1\n")
    encoder = Encoder(5, 7, CHARGES.alphabet, False)
    pairs = read_labelled(str(path), encoder=encoder)
    assert (pairs.mirnas, pairs.sites, pairs.alphabet) == (["KKD"], ["DDXEE"], "DEKRAL")
    assert pairs.subset(np.array([0])).alphabet == "DEKRAL"
    assert pairs.encoded(encoder)[1].tolist() == [[0, 0, 6, 1, 1, 6, 6]]
    path.write_text("mirna_seq\tsite_seq\tlabel\nKKD\tK-D\t1\n")
    with pytest.raises(InputError, match=r"pairs\.tsv:2: site_seq: '-' at position 2 is not a letter"):
        read_labelled(str(path), encoder=encoder)


@pytest.mark.parametrize("alphabet", ["DEKRAL", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "ATCG"])
def test_sites_of_any_letters_that_share_words_are_one_locus(alphabet):
    random = np.random.default_rng(1)
    long = "".join(random.choice(list(alphabet), 60))
    others = ["".join(random.choice(list(alphabet), 30)) for _ in range(200)]
    unknown = "?" * 30
    sites = [long[:30], long[5:45], long[24:54], long[40:60], *others, unknown, unknown + "A"]
    count = len(sites)
    pairs = LabelledPairs(
        ["A"] * count, sites, np.zeros(count, np.uint8), ["."] * count, ["."] * count, alphabet=alphabet
    )
    groups = group_pairs(pairs, "locus")
    assert groups[0] == groups[1] == groups[2] != groups[3]
    assert len(set(groups.tolist())) == count - 2
