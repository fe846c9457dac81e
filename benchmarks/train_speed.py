"""Time of an epoch of dmiso-train, and what a cross-validation takes: train_speed.py [PAIRS] (default: 30000).

Random pairs, half positive; sequences make no difference to the time. Prints processor seconds and seconds of an
epoch for the paper's batch size and a larger one, with fresh negatives, of the networks on pairing matrices, and
what ten folds and DMISO's final training would take with all of the paper's 500 epochs, one after the other and on
two cores (`--threads 2`).
"""

from __future__ import annotations

import platform
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from mirtools.models.base import Family  # noqa: E402
from mirtools.models.dmiso.family import Dmiso  # noqa: E402
from mirtools.models.matrix.family import Matrix  # noqa: E402
from mirtools.models.matrix.network import cnn, mirbind  # noqa: E402
from mirtools.models.pairing import WOBBLE  # noqa: E402
from mirtools.pairs.repairing import FreshNegatives  # noqa: E402
from mirtools.pairs.table import LabelledPairs  # noqa: E402
from mirtools.training.epochs import TrainingPairs  # noqa: E402
from mirtools.training.fit import Begun, Epoch, Event, train  # noqa: E402
from mirtools.training.matrix import MatrixLearner  # noqa: E402
from mirtools.training.options import TrainingOptions  # noqa: E402

EPOCHS = 3
FOLDS, PAPER_EPOCHS = 10, 500


def random_pairs(count: int) -> LabelledPairs:
    random = np.random.default_rng(1)
    bases = np.array(list("ACGT"))
    names = ["".join(random.choice(bases, 22)) for _ in range(300)]
    chosen = random.integers(0, len(names), count)
    sites = ["".join(letters) for letters in random.choice(bases, (count, 50))]
    labels = (np.arange(count) % 2).astype(np.uint8)
    return LabelledPairs([names[k] for k in chosen], sites, labels, [f"miR-{k}" for k in chosen], ["."] * count)


def measured(pairs: LabelledPairs, options: TrainingOptions, family: Family) -> tuple[int, float, float]:
    """Return pairs, processor seconds and seconds of an epoch, the first one left out."""
    fresh = None
    if options.fresh_negatives:
        fresh = FreshNegatives(pairs, np.arange(len(pairs)), options.fresh_negatives, options.seed)
    times: list[tuple[float, float]] = []
    sizes: list[int] = []

    def watch(event: Event) -> None:
        if isinstance(event, Begun):
            sizes.append(event.pairs)
        if isinstance(event, Epoch):
            times.append((time.process_time(), time.perf_counter()))

    train(family, TrainingPairs(pairs, None, fresh), None, options, None, watch)
    spent = (np.array(times[-1]) - np.array(times[0])) / (len(times) - 1)
    return sizes[0], float(spent[0]), float(spent[1])


def main(count: int) -> int:
    pairs = random_pairs(count)
    print(f"Python {platform.python_version()}, {platform.machine()}, one thread, {count} pairs in the table")
    print("training", "pairs an epoch", "processor s an epoch", "s an epoch", "pairs a processor s", sep="\t")
    paper = 0.0
    for name, batch, fresh in (("batch 100", 100, 0), ("batch 200", 200, 0), ("batch 200, fresh 2:1", 200, 2)):
        options = TrainingOptions(epochs=EPOCHS + 1, patience=0, batch_size=batch, fresh_negatives=fresh)
        size, processor, wall = measured(pairs, options, Dmiso())
        paper = paper or processor
        print(name, size, f"{processor:.1f}", f"{wall:.1f}", f"{size / processor:.0f}", sep="\t", flush=True)
    for name, network in (
        ("mirbind, batch 256", mirbind(WOBBLE, 50, 22)),
        ("cnn, batch 256", cnn(WOBBLE, 50, 22)),
    ):
        options = replace(MatrixLearner.defaults, epochs=EPOCHS + 1, patience=0)
        size, processor, wall = measured(pairs, options, Matrix(name.partition(",")[0], network))
        print(name, size, f"{processor:.1f}", f"{wall:.1f}", f"{size / processor:.0f}", sep="\t", flush=True)
    # a fold learns from nine tenths
    hours = PAPER_EPOCHS * paper * (FOLDS * (1 - 1 / FOLDS) + 1) / 3600
    print(f"ten folds and the final training, {PAPER_EPOCHS} epochs each: {hours:.1f} processor hours,")
    print(f"so {hours:.1f} h one after the other and about {hours / 2:.1f} h with --threads 2")
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 30_000))
