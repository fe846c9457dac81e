"""Training: learns, repeats itself, and goes on from a checkpoint as if never stopped."""

import dataclasses
import itertools

import numpy as np
import pytest

from mirtools.errors import InputError, OutputError
from mirtools.models import dmiso
from mirtools.models.inference import Predictor
from mirtools.training.checkpoint import Checkpoint, Progress
from mirtools.training.data import LabelledPairs, read_labelled

# TensorFlow and its libraries use what newer NumPy and Python deprecate
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
    from mirtools.training.fit import TrainingOptions

    rules = dmiso.Regularization(1e-5, (0.1, 0.2, 0.3))
    return TrainingOptions(**{"epochs": 3, "patience": 0, "regularization": rules, **changes})


def equal(one, other):
    return all((one[name] == other[name]).all() for name in dmiso.TENSOR_SHAPES)


@slow
def test_learns_a_planted_word_and_validates_as_users_score():
    pytest.importorskip("tensorflow")
    from mirtools.training.fit import train

    training, validation = planted(1500), planted(400, 2)
    trained = train(training, validation, options(epochs=25, patience=5))
    assert trained.history[trained.epoch - 1].validation_auroc > 0.95
    lowest = min(trained.history, key=lambda line: line.validation_loss)
    assert trained.epoch == lowest.epoch
    scores = Predictor(trained.weights).score(*validation.encoded())
    loss = -np.log(np.where(validation.labels == 1, scores, 1 - scores).astype(float)).mean()
    assert loss == pytest.approx(lowest.validation_loss, rel=1e-4)


@slow
def test_same_seed_same_weights_other_seed_others():
    pytest.importorskip("tensorflow")
    from mirtools.training.fit import train

    pairs = planted(300)
    first = train(pairs, None, options())
    assert equal(first.weights, train(pairs, None, options()).weights)
    assert not equal(first.weights, train(pairs, None, options(seed=2)).weights)
    assert (first.epoch, len(first.history)) == (3, 3)
    assert np.isnan(first.history[0].validation_loss)


@slow
@pytest.mark.parametrize("stop", [1, 2, 4])
def test_resumed_equals_uninterrupted(tmp_path, stop):
    pytest.importorskip("tensorflow")
    from mirtools.training.fit import train

    class Stop(Exception):
        pass

    def watch(epoch):
        if epoch.epoch == stop:
            raise Stop

    pairs, validation = planted(300), planted(60, 2)
    chosen = options(epochs=4, patience=3)
    whole = train(pairs, validation, chosen)
    with pytest.raises(Stop):
        train(pairs, validation, chosen, Checkpoint(str(tmp_path), {}), watch)
    seen = []
    resumed = train(pairs, validation, chosen, Checkpoint(str(tmp_path), {}), seen.append)
    assert equal(whole.weights, resumed.weights)
    assert whole.epoch == resumed.epoch
    assert whole.history == resumed.history == seen


@slow
def test_more_epochs_go_on_from_the_checkpoint(tmp_path):
    pytest.importorskip("tensorflow")
    from mirtools.training.fit import train

    pairs = planted(200)
    train(pairs, None, options(epochs=2), Checkpoint(str(tmp_path), {}))
    more = train(pairs, None, options(epochs=3), Checkpoint(str(tmp_path), {}))
    assert equal(more.weights, train(pairs, None, options(epochs=3)).weights)


@slow
def test_cross_validation_gives_every_pair_one_fold(tmp_path):
    pytest.importorskip("tensorflow")
    from mirtools.training.experiment import Design, run_experiment

    pairs = planted(240)
    parts = []
    outcome = run_experiment(
        pairs,
        Design("target", 0, 3, 0),
        options(epochs=1),
        "cv",
        str(tmp_path),
        lambda part, epoch: parts.append(part),
    )
    assert parts == ["fold_1", "fold_2", "fold_3", "final"]
    sizes = outcome.metrics["parts"]
    assert sum(sizes[f"fold_{number}"]["pairs"] for number in (1, 2, 3)) == sizes["mean_of_folds"]["pairs"] == 240
    assert set(outcome.model.metrics) == {"fold_1", "fold_2", "fold_3", "mean_of_folds"}
    assert outcome.model.training["data_sha256"] == pairs.checksum()


def progress():
    weights = {name: np.zeros(shape, np.float32) for name, shape in dmiso.TENSOR_SHAPES.items()}
    state = {f"model.{name}": value for name, value in weights.items()} | {"optimizer.0": np.array(7)}
    return Progress(2, [(1, 0.5, 0.4, 0.9), (2, 0.4, 0.3, 0.95)], 2, 0.3, weights, state)


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


def test_checkpoint_of_something_else_is_refused(tmp_path):
    saved = progress()
    Checkpoint(str(tmp_path), {"seed": 1}).save(saved)
    with pytest.raises(InputError, match="belongs to a training with other pairs or options"):
        Checkpoint(str(tmp_path), {"seed": 2}).load(saved.state)
    path = tmp_path / "checkpoint.safetensors"
    whole = path.read_bytes()
    for damaged in (b"", b"text", whole[:-1], whole[:1000], b"\xff" * 100):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match="is no whole checkpoint"):
            Checkpoint(str(tmp_path), {"seed": 1}).load(saved.state)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be made"):
        Checkpoint(str(tmp_path / "file"), {})


HEADER = "miRNA\tgene\tlabel\n"


@pytest.mark.parametrize("label", ["2", "", "yes", "1.0", "-1", "."])
def test_bad_label_is_named_with_its_line(tmp_path, label):
    path = tmp_path / "labelled.tsv"
    path.write_text(HEADER + f"ACGT\tACGT\t1\nACGT\tACGT\t{label}\n")
    with pytest.raises(InputError, match=r"labelled\.tsv:3: label is '.*'; give 1"):
        read_labelled(str(path))


def test_no_pairs_and_no_labels(tmp_path):
    path = tmp_path / "labelled.tsv"
    path.write_text(HEADER)
    with pytest.raises(InputError, match="holds no pairs"):
        read_labelled(str(path))
    path.write_text("miRNA\tgene\nACGT\tACGT\n")
    with pytest.raises(InputError, match="has no column label"):
        read_labelled(str(path))


def test_checksum_is_of_sequences_and_labels(tmp_path):
    pairs = planted(10)
    sums = {pairs.checksum(), pairs.subset(np.arange(10)[::-1]).checksum()}
    changed = dataclasses.replace(pairs, labels=1 - pairs.labels)
    assert len(sums | {changed.checksum()}) == 3
    assert dataclasses.replace(pairs, mirna_ids=["x"] * 10).checksum() == pairs.checksum()


def test_seeds_for_keras_are_apart():
    seeds = [tuple(dmiso.keras_seeds(seed, 20)) for seed in (0, 1, 2, 10**30)]
    assert len(set(itertools.chain.from_iterable(seeds))) == 80
    assert all(0 <= seed < 2**31 for seed in itertools.chain.from_iterable(seeds))
