"""Training: it learns, is reproducible, and resumes from a checkpoint with the same result."""

import dataclasses
import itertools
import json
import math
import os

import numpy as np
import pytest

from mirtools.errors import InputError, OutputError
from mirtools.models.dmiso import architecture, keras
from mirtools.models.dmiso.family import Dmiso
from mirtools.models.dmiso.pair_scorer import DmisoPairScorer
from mirtools.models.encoder import Encoder
from mirtools.models.keras import Regularization, keras_seeds
from mirtools.pairs.repairing import FreshNegatives
from mirtools.pairs.table import LabelledPairs
from mirtools.training.checkpoint import Checkpoint, Progress
from mirtools.training.data import read_labelled
from mirtools.training.epochs import TrainingPairs

# TensorFlow and its libraries use functions that newer NumPy and Python deprecate
pytestmark = pytest.mark.filterwarnings("ignore")
slow = pytest.mark.slow


def planted(count, seed=1):
    """Pairs of random letters; in the positives the site holds a fixed word."""
    random = np.random.default_rng(seed)
    mirnas = ["".join(random.choice(list("ACGT"), 22)) for _ in range(count)]
    sites = ["".join(random.choice(list("ACGT"), 50)) for _ in range(count)]
    labels = (np.arange(count) % 2).astype(np.uint8)
    for number in np.flatnonzero(labels):
        place = int(random.integers(5, 30))
        sites[number] = sites[number][:place] + "GATTACAGATT" + sites[number][place + 11 :]
    return LabelledPairs(mirnas, sites, labels, ["."] * count, ["."] * count)


def options(**changes):
    from mirtools.training.options import TrainingOptions

    rules = Regularization(1e-5, (0.1, 0.2, 0.3))
    return TrainingOptions(**{"epochs": 3, "patience": 0, "regularization": rules, **changes})


def with_coverages(pairs, seed=1):
    """Coverages that do not depend on the label."""
    random = np.random.default_rng(seed)
    return dataclasses.replace(pairs, coverages=random.integers(0, 1000, (len(pairs), 2)).astype(float))


def equal(one, other):
    return one.keys() == other.keys() and all((one[name] == other[name]).all() for name in one)


@slow
def test_learns_a_planted_word_and_validates_with_the_scores_of_users():
    pytest.importorskip("tensorflow")
    from mirtools.training.fit import train

    training, validation = planted(1500), planted(400, 2)
    trained = train(Dmiso(), TrainingPairs(training), validation, options(epochs=25, patience=5))
    assert trained.kept().validation_auroc > 0.95
    lowest = min(trained.history, key=lambda line: line.validation_loss)
    assert trained.epoch == lowest.epoch
    scores = DmisoPairScorer(trained.weights).score(*validation.encoded(Encoder()))
    loss = -np.log(np.where(validation.labels == 1, scores, 1 - scores).astype(float)).mean()
    assert loss == pytest.approx(lowest.validation_loss, rel=1e-4)


@slow
def test_same_seed_same_weights_other_seed_others():
    pytest.importorskip("tensorflow")
    from mirtools.training.fit import train

    pairs = planted(300)
    first = train(Dmiso(), TrainingPairs(pairs), None, options())
    assert equal(first.weights, train(Dmiso(), TrainingPairs(pairs), None, options()).weights)
    assert not equal(first.weights, train(Dmiso(), TrainingPairs(pairs), None, options(seed=2)).weights)
    assert (first.epoch, len(first.history)) == (3, 3)
    assert np.isnan(first.history[0].validation_loss)


RECIPES = {
    "plain": {},
    "fresh": {"fresh_negatives": 2, "positive_weight": 0.0, "decay_after": 1},
    "abundance": {"abundance": True, "positive_weight": 3.0},
}


@slow
@pytest.mark.parametrize("stop", [1, 2, 4])
@pytest.mark.parametrize("recipe", RECIPES)
def test_resumed_equals_uninterrupted(tmp_path, stop, recipe):
    pytest.importorskip("tensorflow")
    from mirtools.training.fit import Epoch, train

    class Stop(Exception):
        pass

    def watch(event):
        if isinstance(event, Epoch) and event.epoch == stop:
            raise Stop

    pairs, validation = with_coverages(planted(300)), with_coverages(planted(60, 2))
    chosen = options(epochs=4, patience=3, **RECIPES[recipe])
    fresh = FreshNegatives(pairs, np.arange(300), 2, 1) if recipe == "fresh" else None
    lessons = TrainingPairs(pairs, None, fresh)
    whole = train(Dmiso(), lessons, validation, chosen)
    with pytest.raises(Stop):
        train(Dmiso(), lessons, validation, chosen, Checkpoint(str(tmp_path), {}), watch)
    seen = []
    resumed = train(Dmiso(), lessons, validation, chosen, Checkpoint(str(tmp_path), {}), seen.append)
    assert equal(whole.weights, resumed.weights)
    assert whole.epoch == resumed.epoch
    assert whole.history == resumed.history == [event for event in seen if isinstance(event, Epoch)]


@slow
def test_more_epochs_go_on_from_the_checkpoint(tmp_path):
    pytest.importorskip("tensorflow")
    from mirtools.training.fit import train

    pairs = planted(200)
    train(Dmiso(), TrainingPairs(pairs), None, options(epochs=2), Checkpoint(str(tmp_path), {}))
    more = train(Dmiso(), TrainingPairs(pairs), None, options(epochs=3), Checkpoint(str(tmp_path), {}))
    assert equal(more.weights, train(Dmiso(), TrainingPairs(pairs), None, options(epochs=3)).weights)


@slow
def test_class_weights_count_in_the_loss():
    pytest.importorskip("tensorflow")
    from mirtools.training.fit import train
    from mirtools.training.options import BALANCED

    pairs = planted(200)
    few = pairs.subset(np.flatnonzero((pairs.labels == 0) | (np.arange(200) % 8 == 1)))  # 25 and 100

    def first_loss(weight):
        chosen = options(epochs=1, batch_size=1000, positive_weight=weight)
        return train(Dmiso(), TrainingPairs(few), None, chosen).history[0].training_loss

    four = first_loss(4.0)
    assert first_loss(1.0) < four
    # balanced: 0.625 a negative and 2.5 a positive, as one to four
    assert first_loss(BALANCED) == pytest.approx(0.625 * four, rel=1e-5)


@slow
def test_abundance_is_learned_and_scored():
    pytest.importorskip("tensorflow")
    from mirtools.training.evaluation import model_scores
    from mirtools.training.fit import train

    # only the target's coverage predicts the label, not sequences or the miRNA's coverage
    pairs = planted(600)
    silent = dataclasses.replace(pairs, sites=[pairs.sites[0]] * 600, mirnas=[pairs.mirnas[0]] * 600)
    random = np.random.default_rng(2)
    coverages = random.integers(1, 50, (600, 2)).astype(float)
    coverages[pairs.labels == 1, 1] *= 40
    silent = dataclasses.replace(silent, coverages=coverages)
    trained = train(
        Dmiso(knows_abundance=True),
        TrainingPairs(silent),
        None,
        options(epochs=30, abundance=True, learning_rate=0.01),
    )
    mirna, target = trained.weights["abundance.kernel"][:, 0]
    assert target > 5 * abs(mirna)
    from mirtools.pairs.ranking import Ranking

    scores = model_scores(Dmiso(knows_abundance=True), trained.weights, silent)
    assert Ranking(silent.labels, scores).figures()[0] > 0.95
    # scores without TensorFlow equal those of Keras
    from mirtools.io.encoding import one_hot
    from mirtools.models.dmiso import abundance

    model = keras.build_keras(abundance=True)
    keras.set_weights(model, trained.weights)
    inputs = [one_hot(codes) for codes in silent.encoded(Encoder())]
    inputs.append(abundance.scaled(trained.weights, coverages))
    np.testing.assert_allclose(model.predict(inputs, verbose=0)[:, 0], scores, atol=2e-6)


@slow
def test_warm_start():
    pytest.importorskip("tensorflow")
    from mirtools.training.fit import train

    training, validation = planted(1500), planted(300, 2)
    first = train(Dmiso(), TrainingPairs(training), validation, options(epochs=12, patience=4))
    few = planted(60, 5)
    chosen = options(epochs=3, patience=3, learning_rate=1e-4)
    tuned = train(Dmiso(), TrainingPairs(few), validation, chosen, start=first.weights)
    assert tuned.history[0].epoch == 0
    assert tuned.history[0][2:] == first.kept()[2:]
    assert np.isnan(tuned.history[0].training_loss)
    assert tuned.kept().validation_loss <= first.kept().validation_loss
    # with a far too large learning rate no epoch improves, and the start is kept
    ruined = train(
        Dmiso(),
        TrainingPairs(few),
        validation,
        options(epochs=2, patience=3, learning_rate=0.5),
        start=first.weights,
    )
    assert ruined.epoch == 0
    assert equal(ruined.weights, first.weights)
    # a model without abundances as the start of one with them
    aware = train(
        Dmiso(knows_abundance=True),
        TrainingPairs(with_coverages(few)),
        None,
        options(epochs=1, abundance=True),
        start=first.weights,
    )
    assert aware.weights["abundance.kernel"].any()


def test_learning_rate_halves_after_epochs_without_improvement():
    from mirtools.training.fit import Epoch, _learning_rate

    def rate(losses, after):
        history = [Epoch(number, 0.5, loss, 0.5, 0.5) for number, loss in enumerate(losses, 1)]
        return _learning_rate(options(learning_rate=1.0, decay_after=after), history)

    assert rate([], 2) == rate([0.5, 0.4, 0.45], 2) == 1
    assert rate([0.5, 0.4, 0.45, 0.41], 2) == 0.5
    assert rate([0.5, 0.4, 0.45, 0.41, 0.42], 2) == 0.5
    assert rate([0.5, 0.4, 0.45, 0.41, 0.42, 0.4], 2) == 0.25
    assert rate([0.5] * 100, 0) == 1


def setting(pairs, folder=None, **changes):
    from mirtools.training.experiment import Setting

    return Setting(Dmiso(), pairs, options(**changes), checkpoints=folder)


@slow
def test_cross_validation_gives_every_pair_one_fold(tmp_path):
    pytest.importorskip("tensorflow")
    from mirtools.training.experiment import Design, run_experiment
    from mirtools.training.fit import Epoch

    pairs = planted(240)
    parts = []

    def watch(part, event):
        if isinstance(event, Epoch):
            parts.append(part)

    design = Design("target", 0, False, 3, 0)
    outcome = run_experiment(setting(pairs, str(tmp_path), epochs=1), design, "cv", watch)
    assert parts == ["fold_1", "fold_2", "fold_3", "final"]
    sizes = outcome.metrics["parts"]
    assert sum(sizes[f"fold_{number}"]["pairs"] for number in (1, 2, 3)) == sizes["mean_of_folds"]["pairs"] == 240
    assert set(outcome.model.metrics) == {"fold_1", "fold_2", "fold_3", "mean_of_folds"}
    assert outcome.model.training["data_sha256"] == pairs.checksum()
    assert {role: outcome.roles.count(role) for role in set(outcome.roles)} == {
        f"fold_{number}": sizes[f"fold_{number}"]["pairs"] for number in (1, 2, 3)
    }
    # every score is of the fold's own model
    for name, trained in outcome.history[:3]:
        tested = np.array(outcome.roles) == name
        scores = DmisoPairScorer(trained.weights).score(*pairs.subset(np.flatnonzero(tested)).encoded(Encoder()))
        np.testing.assert_array_equal(scores, outcome.scores[tested])


def test_parts_are_apart_and_whole():
    from mirtools.pairs.grouping import group_pairs
    from mirtools.training.experiment import Design, divide

    pairs = dataclasses.replace(planted(400), mirna_ids=[f"m{number % 37}" for number in range(400)])
    for design in (
        Design("mirna", 0.2),
        Design("mirna", 0, False, 5, 0.2),
        Design("mirna", 0, True, 0, 0),
        Design("none", 0, False, 0, 0.1),
    ):
        groups = group_pairs(pairs, design.grouping)
        parts = divide(pairs, groups, design, 1)
        assert len(parts) == design.folds + 1
        for part in parts:
            places = [part.training, part.validation, part.tested]
            whole = np.sort(np.concatenate(places))
            assert (whole == np.arange(400)).all()
            for one, other in itertools.combinations(places, 2):
                assert not set(groups[one]) & set(groups[other])
        if design.half_of_groups:
            assert len(set(groups[parts[-1].tested])) == 18


def progress():
    weights = {name: np.zeros(shape, np.float32) for name, shape in architecture.TENSOR_SHAPES.items()}
    state = {f"model.{name}": value for name, value in weights.items()} | {"optimizer.0": np.array(7)}
    return Progress(2, [(1, 0.5, 0.4, 0.9, 0.8), (2, 0.4, 0.3, 0.95, 0.9)], 2, 0.3, weights, state)


def test_checkpoint_round_trip(tmp_path):
    saved = progress()
    folder = str(tmp_path / "deep" / "folder")
    checkpoint = Checkpoint(folder, {"seed": 1})
    assert checkpoint.load(saved.state) is None
    checkpoint.save(saved)
    found = Checkpoint(folder, {"seed": 1}).load(saved.state)
    assert (found.epoch, found.history, found.best_epoch, found.best_loss) == saved[:4]
    assert equal(found.best, saved.best)
    assert found.state["optimizer.0"] == 7
    assert [path.name for path in (tmp_path / "deep" / "folder").iterdir()] == ["checkpoint.safetensors"]


def test_checkpoint_of_another_training_is_rejected(tmp_path):
    saved = progress()
    Checkpoint(str(tmp_path), {"seed": 1}).save(saved)
    with pytest.raises(InputError, match="belongs to a training with other pairs or options"):
        Checkpoint(str(tmp_path), {"seed": 2}).load(saved.state)
    path = tmp_path / "checkpoint.safetensors"
    whole = path.read_bytes()
    for damaged in (b"", b"text", whole[:-1], whole[:1000], b"\xff" * 100):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match="is not a complete checkpoint"):
            Checkpoint(str(tmp_path), {"seed": 1}).load(saved.state)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(InputError, match="is not a complete checkpoint"):
        Checkpoint(str(tmp_path), {"seed": 1}).load(saved.state)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be created"):
        Checkpoint(str(tmp_path / "file"), {})


BROKEN_FACTS = [
    {"epoch": value} for value in ("x", 0.5, -3, 1e9, 10**9, True, None, 1, 3, [], "9" * 5000)
] + [
    {"history": value} for value in ([[1, 2]], [], "ab", {"1": 2}, None, [[1, 0.5, 0.4, 0.9, "a"], 2])
] + [
    {"best_epoch": 3}, {"best_epoch": "2"}, {"best_epoch": 1}, {"best_loss": "a"}, {"best_loss": 0.2},
    {"best_loss": None}, {"best_loss": math.nan}, {"identity": None},
]  # fmt: skip


def with_facts(whole: bytes, change) -> bytes:
    """Return a checkpoint whose description is changed; its tensors stay as they are."""
    length = int.from_bytes(whole[:8], "little")
    header = json.loads(whole[8 : 8 + length])
    facts = json.loads(header["__metadata__"]["mirtools_checkpoint"])
    text = change if isinstance(change, str) else json.dumps(facts | change)
    header["__metadata__"]["mirtools_checkpoint"] = text
    changed = json.dumps(header).encode()
    return len(changed).to_bytes(8, "little") + changed + whole[8 + length :]


@pytest.mark.parametrize("change", [*BROKEN_FACTS, "[" * 100_000, "[]", "", "{", "0", "null", '{"identity": 1}'])
def test_a_checkpoint_that_no_training_wrote_is_rejected(tmp_path, change):
    saved = progress()
    checkpoint = Checkpoint(str(tmp_path), {"seed": 1})
    checkpoint.save(saved)
    path = tmp_path / "checkpoint.safetensors"
    whole = path.read_bytes()
    path.write_bytes(with_facts(whole, {}))
    assert checkpoint.load(saved.state) is not None
    path.write_bytes(with_facts(whole, change))
    with pytest.raises(InputError, match=r"is not a complete checkpoint|belongs to a training with other pairs"):
        checkpoint.load(saved.state)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "dtype", "shape", "variance"])
@pytest.mark.parametrize("part", ["best.dense.bias", "model.dense.bias", "optimizer.0"])
def test_a_checkpoint_with_other_tensors_is_rejected(tmp_path, value, part):
    saved = progress()
    where, name = (saved.best, part[5:]) if part.startswith("best.") else (saved.state, part)
    expected = {name: value.copy() for name, value in saved.state.items()}
    if value == "dtype":
        where[name] = where[name].astype(np.float64)
    elif value == "shape":
        where[name] = where[name][..., None]
    elif value == "variance":
        variance = name.replace("dense.bias", "dense_norm.variance")
        where[variance] = where[variance] - 10
    else:
        where[name] = np.full_like(where[name], value, np.float32)
    Checkpoint(str(tmp_path), {}).save(saved)
    with pytest.raises(InputError, match="is not a complete checkpoint"):
        Checkpoint(str(tmp_path), {}).load(expected)


HEADER = "miRNA\tgene\tlabel\n"


@pytest.mark.parametrize("label", ["2", "", "yes", "1.0", "-1", "."])
def test_bad_label_is_named_with_its_line(tmp_path, label):
    path = tmp_path / "labelled.tsv"
    path.write_text(HEADER + f"ACGTACGTAC\tACGTACGT\t1\nACGTACGTAC\tACGTACGT\t{label}\n")
    with pytest.raises(InputError, match=r"labelled\.tsv:3: label is '.*'; give 1"):
        read_labelled(str(path))


def test_no_pairs_and_no_labels(tmp_path):
    path = tmp_path / "labelled.tsv"
    path.write_text(HEADER)
    with pytest.raises(InputError, match="has no pairs"):
        read_labelled(str(path))
    path.write_text("miRNA\tgene\nACGTACGTAC\tACGTACGT\n")
    with pytest.raises(InputError, match="has no column label"):
        read_labelled(str(path))


def test_checksum_is_of_sequences_and_labels(tmp_path):
    pairs = planted(10)
    sums = {pairs.checksum(), pairs.subset(np.arange(10)[::-1]).checksum()}
    changed = dataclasses.replace(pairs, labels=1 - pairs.labels)
    assert len(sums | {changed.checksum()}) == 3
    assert dataclasses.replace(pairs, mirna_ids=["x"] * 10).checksum() == pairs.checksum()
    assert with_coverages(pairs).checksum() not in (pairs.checksum(), with_coverages(pairs, 2).checksum())


def test_places_and_abundances_are_read(tmp_path):
    path = tmp_path / "labelled.tsv"
    header = "mirna_seq\tsite_seq\tlabel\tsite_start\tsite_end\tmirna_coverage\ttarget_coverage\n"
    path.write_text(header + "ACGTACGTAC\tACGTACGT\t1\t5\t9\t12\t0.5\nACGTACGTAC\tACGTACGT\t0\t.\t.\t0\t1e3\n")
    pairs = read_labelled(str(path), abundance=True)
    assert pairs.spans.tolist() == [[5, 9], [-1, -1]]
    assert pairs.coverages.tolist() == [[12, 0.5], [0, 1000]]
    assert read_labelled(str(path)).coverages is None


@pytest.mark.parametrize("cell", [".", "", "-1", "nan", "inf", "many"])
def test_bad_abundance(tmp_path, cell):
    path = tmp_path / "labelled.tsv"
    header = "mirna_seq\tsite_seq\tlabel\tmirna_coverage\ttarget_coverage\n"
    path.write_text(header + f"ACGTACGTAC\tACGTACGT\t1\t12\t{cell}\n")
    with pytest.raises(InputError, match=r"labelled\.tsv:2: target_coverage is '.*'; give a number of reads"):
        read_labelled(str(path), abundance=True)
    path.write_text("mirna_seq\tsite_seq\tlabel\nACGTACGTAC\tACGTACGT\t1\n")
    with pytest.raises(InputError, match="has no column mirna_coverage"):
        read_labelled(str(path), abundance=True)


def test_seeds_for_keras_are_apart():
    seeds = [tuple(keras_seeds(seed, 20)) for seed in (0, 1, 2, 10**30)]
    assert len(set(itertools.chain.from_iterable(seeds))) == 80
    assert all(0 <= seed < 2**31 for seed in itertools.chain.from_iterable(seeds))
