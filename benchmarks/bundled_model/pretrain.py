"""Pre-train an architecture on soft labels: what the published pairwise model of miRBind2 says of a pair.

Usage: pretrain.py SOFT_LABELS.tsv.gz PAIRS.tsv DATA_FOLDER OUT_FOLDER [options]

The soft labels are a model's opinions: they start the training and evaluate nothing. Left out, so that one
pre-trained model serves every figure of the card:

- pairs whose miRNA has the seed (bases 2-8) of a miRNA of the test parts held out by miRNA, or shares 11 bases
  with one;
- pairs whose site shares 20 bases with a site of the test parts held out by target, with a positive site of
  miRBind's test set or with a site of miRAW's test set.

A validation part is drawn from the rest in the same way, apart in miRNAs and in sites. The learning rate stays at
its height until the process is stopped (or --epochs are done); --cool-down N then lets it fall to nothing over N
epochs, from the checkpoint or, if there is none, from the beginning. A checkpoint is written after every epoch.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from mirtools.io.sequences import to_dna  # noqa: E402
from mirtools.models.arrays import Weights  # noqa: E402
from mirtools.models.base import Family, Model  # noqa: E402
from mirtools.models.dmiso.family import Dmiso  # noqa: E402
from mirtools.models.keras import Regularization, import_keras  # noqa: E402
from mirtools.models.matrix.family import Matrix  # noqa: E402
from mirtools.models.matrix.network import mirbind  # noqa: E402
from mirtools.models.modelfile import load_model, save_model  # noqa: E402
from mirtools.models.pairing import WOBBLE  # noqa: E402
from mirtools.pairs.grouping import group_pairs, hold_out  # noqa: E402
from mirtools.pairs.ranking import Ranking  # noqa: E402
from mirtools.pairs.table import LabelledPairs  # noqa: E402
from mirtools.training.choose import learner_of  # noqa: E402
from mirtools.training.data import read_labelled  # noqa: E402
from mirtools.training.epochs import TrainingPairs  # noqa: E402
from mirtools.training.evaluation import model_scores  # noqa: E402
from mirtools.training.options import TrainingOptions  # noqa: E402

SEED = 1
MIRNA_WORD, SITE_WORD = 11, 20
VALIDATION_MIRNAS, VALIDATION_SITES = 0.003, 0.01


def words(sequence: str, length: int) -> Iterable[str]:
    return (sequence[start : start + length] for start in range(len(sequence) - length + 1))


class Near:
    """Tells whether a miRNA or site is too near to any of a set."""

    def __init__(self, mirnas: Iterable[str], sites: Iterable[str]) -> None:
        mirnas = set(mirnas)
        self._seeds = {mirna[1:8] for mirna in mirnas}
        self._mirna_words = {word for mirna in mirnas for word in words(mirna, MIRNA_WORD)}
        self._site_words = {word for site in set(sites) for word in words(site, SITE_WORD)}
        self._known: dict[str, bool] = {}

    def mirna(self, sequence: str) -> bool:
        """Tell whether a miRNA has a seed of the set or shares a word with it."""
        if sequence not in self._known:
            shared = not self._mirna_words.isdisjoint(words(sequence, MIRNA_WORD))
            self._known[sequence] = shared or sequence[1:8] in self._seeds
        return self._known[sequence]

    def site(self, sequence: str) -> bool:
        """Tell whether a site shares a word with the set."""
        return not self._site_words.isdisjoint(words(sequence, SITE_WORD))


def held_out(pairs: LabelledPairs, data: Path) -> tuple[set[str], set[str]]:
    """Return miRNAs and sites of all test parts: see `train.sh` and `hold_out_both.py`."""
    mirnas: set[str] = set()
    sites: set[str] = set()
    for share in (0.2, 0.3):
        by_mirna = hold_out(group_pairs(pairs, "family"), share, SEED)
        by_target = hold_out(group_pairs(pairs, "target"), share, SEED)
        mirnas |= {pairs.mirnas[place] for place in np.flatnonzero(by_mirna)}
        sites |= {pairs.sites[place] for place in np.flatnonzero(by_target)}
    with gzip.open(data / "clash_pairs/mirbind_test_set_1_1.tsv.gz", "rt") as stream:
        sites |= {row["gene"] for row in csv.DictReader(stream, delimiter="\t") if row["label"] == "1"}
    with gzip.open(data / "mirna_target_pairs/miraw_test_dmiso_format.tsv.gz", "rt") as stream:
        sites |= {to_dna(line.split("\t")[3].strip()) for line in stream}
    return mirnas, sites


Rows = list[tuple[str, str, float]]


class Part(NamedTuple):
    """Pairs, and what is said of them: probabilities, or labels."""

    pairs: LabelledPairs
    labels: NDArray[np.float32]


def part_of(rows: Rows) -> Part:
    mirnas, sites, labels = map(list, zip(*rows, strict=True))
    said = np.array(labels, np.float32)
    names = ["."] * len(rows)
    return Part(LabelledPairs(mirnas, sites, (said > 0.5).astype(np.uint8), names, names), said)


def prepare(soft: Path, table: Path, data: Path) -> tuple[Part, Part, Part]:
    """Return the pairs to learn from, the validation pairs, and real pairs of the validation miRNAs."""
    pairs = read_labelled(str(table))
    tests = Near(*held_out(pairs, data))
    with gzip.open(soft, "rt") as stream:
        rows = [
            (row["mirna_seq"], row["site_seq"], float(row["teacher_score"]))
            for row in csv.DictReader(stream, delimiter="\t")
        ]
    kept = [row for row in rows if not tests.mirna(row[0]) and not tests.site(row[1])]
    random = np.random.default_rng([SEED, 0x50F7])
    seeds, sites = sorted({row[0][1:8] for row in kept}), sorted({row[1] for row in kept})
    drawn_seeds = {seeds[place] for place in np.flatnonzero(random.random(len(seeds)) < VALIDATION_MIRNAS)}
    drawn_sites = {sites[place] for place in np.flatnonzero(random.random(len(sites)) < VALIDATION_SITES)}
    watched = Near((row[0] for row in kept if row[0][1:8] in drawn_seeds), drawn_sites)
    training = [row for row in kept if not watched.mirna(row[0]) and not watched.site(row[1])]
    validation = [row for row in kept if watched.mirna(row[0]) and watched.site(row[1])]
    real = [
        (mirna, site, float(label))
        for mirna, site, label in zip(pairs.mirnas, pairs.sites, pairs.labels.tolist(), strict=True)
        if watched.mirna(mirna) and not tests.mirna(mirna) and not tests.site(site)
    ]
    print(
        f"soft labels {len(rows)}, away from the tests {len(kept)}, training {len(training)} with "
        f"{len({row[0] for row in training})} miRNAs, validation {len(validation)}, real pairs of validation "
        f"miRNAs {len(real)}",
        flush=True,
    )
    labels = np.clip([row[2] for row in validation], 1e-4, 1 - 1e-4)
    entropy = -(labels * np.log(labels) + (1 - labels) * np.log(1 - labels)).mean()
    print(f"the lowest possible validation loss is {entropy:.4f}", flush=True)
    print("epoch learning_rate loss validation_loss correlation real_auroc real_ap".replace(" ", "\t"), flush=True)
    return part_of(training), part_of(validation), part_of(real)


class Trainer:
    """A model that learns, its optimizer, and one epoch."""

    def __init__(self, part: Part, family: Family, options: argparse.Namespace) -> None:
        keras = import_keras()
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(options.threads)
        tf.config.threading.set_inter_op_parallelism_threads(options.threads)
        rules = Regularization(options.l1, tuple(map(float, options.dropout.split(","))))
        recipe = TrainingOptions(batch_size=options.batch_size, regularization=rules, seed=SEED)
        learner = learner_of(family)(family, TrainingPairs(part.pairs), recipe, None)
        self.learner, model = learner, learner.model
        self._labels = part.labels[:, None]
        self.optimizer = optimizer = keras.optimizers.AdamW(
            options.learning_rate, weight_decay=options.weight_decay, global_clipnorm=1.0
        )
        optimizer.build(model.trainable_variables)
        self._batch = options.batch_size
        crossentropy = keras.losses.BinaryCrossentropy()

        @tf.function(reduce_retracing=True)
        def step(labels: Any, *batch: Any) -> Any:
            with tf.GradientTape() as tape:
                loss = crossentropy(labels, learner.scores(batch))
                total = tf.add_n([loss, *model.losses])
            variables = model.trainable_variables
            optimizer.apply(tape.gradient(total, variables), variables)
            return loss

        self._step = step

    def epoch(self, number: int, rate: tuple[float, float], started: float) -> float:
        """Run through all pairs; the learning rate goes from the first to the second value."""
        order = np.random.default_rng([SEED, number]).permutation(len(self._labels))
        steps = len(order) // self._batch
        total = 0.0
        for place in range(steps):
            rate_now = rate[0] + (rate[1] - rate[0]) * place / steps
            if number == 1:
                rate_now *= min(1.0, (place + 1) / 300)
            self.optimizer.learning_rate.assign(rate_now)
            batch = order[place * self._batch : (place + 1) * self._batch]
            total += float(self._step(self._labels[batch], *self.learner.batch(batch, batch)))
            if place == 100 and number == 1:
                speed = 100 * self._batch / (time.time() - started)
                print(f"about {speed:.0f} pairs/s, {len(order) / speed:.0f} s an epoch", flush=True)
        return total / steps

    def state(self) -> dict[str, NDArray[Any]]:
        """Return weights and optimizer state."""
        weights = {f"model.{name}": value for name, value in self.learner.weights().items()}
        return weights | {f"optimizer.{i}": v.numpy() for i, v in enumerate(self.optimizer.variables)}

    def restore(self, state: Any) -> None:
        """Take over what :meth:`state` returned."""
        self.learner.set_weights({name: state[f"model.{name}"] for name in self.learner.weights()})
        for place, variable in enumerate(self.optimizer.variables):
            variable.assign(state[f"optimizer.{place}"])


def judged(weights: Weights, family: Family, validation: Part, real: Part) -> str:
    """Return loss on soft labels, correlation with them, and AUROC and average precision on real pairs."""
    scores = np.clip(model_scores(family, weights, validation.pairs).astype(float), 1e-7, 1 - 1e-7)
    labels = validation.labels
    loss = -(labels * np.log(scores) + (1 - labels) * np.log(1 - scores)).mean()
    correlation = np.corrcoef(scores, labels)[0, 1]
    auroc, precision = Ranking(real.pairs.labels, model_scores(family, weights, real.pairs)).figures()
    return f"{loss:.4f}\t{correlation:.4f}\t{auroc:.4f}\t{precision:.4f}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("soft", "pairs", "data", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--architecture", choices=("dmiso", "mirbind"), default="dmiso")
    parser.add_argument("--filters", type=int, default=96)
    parser.add_argument("--weight-decay", type=float, default=0.0)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--cool-down", type=int, default=0)
    parser.add_argument("--batch-size", type=int, default=1024)
    parser.add_argument("--learning-rate", type=float, default=0.002)
    parser.add_argument("--l1", type=float, default=1e-6)
    parser.add_argument("--dropout", default="0,0.05,0.1")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    family: Family = Dmiso()
    if options.architecture == "mirbind":
        family = Matrix("mirbind", mirbind(WOBBLE, 50, 22, options.filters))
    training, validation, real = prepare(options.soft, options.pairs, options.data)
    trainer = Trainer(training, family, options)
    checkpoint, done = options.out / "checkpoint.npz", 0
    if checkpoint.exists():
        state = np.load(checkpoint)
        trainer.restore(state)
        done = int(state["epoch"])
    last = done + options.cool_down if options.cool_down else options.epochs
    for number in range(done + 1, last + 1):
        started = time.time()
        rate = (options.learning_rate, options.learning_rate)
        if options.cool_down:
            rate = tuple(options.learning_rate * (last - number + k) / options.cool_down for k in (1, 0))
        loss = trainer.epoch(number, rate, started)
        weights = trainer.learner.weights()
        line = f"{number}\t{rate[1]:.6f}\t{loss:.4f}\t{judged(weights, family, validation, real)}"
        print(f"{line}\t{time.time() - started:.0f} s\t{time.strftime('%H:%M:%S')}", flush=True)
        part = options.out / "part.npz"
        # a cool-down leaves the checkpoint as it is: training may go on from there
        if not options.cool_down:
            np.savez(part, epoch=number, **trainer.state())
            os.replace(part, checkpoint)
        described = {"l1": options.l1, "batch_size": options.batch_size, "learning_rate": options.learning_rate}
        described |= {"dropout": options.dropout, "epoch": number, "cool_down": options.cool_down, "seed": SEED}
        path = options.out / ("cooled.safetensors" if options.cool_down else "pretrained.safetensors")
        with path.with_suffix(".part").open("wb") as stream:
            save_model(Model(family, weights, f"{family.architecture}-pretrained", training=described), stream)
        os.replace(path.with_suffix(".part"), path)
        load_model(str(path))
    return 0


if __name__ == "__main__":
    sys.exit(main())
