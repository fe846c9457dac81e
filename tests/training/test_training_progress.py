"""The progress bar of trainings, and trainings in processes of their own that fail."""

import os

import numpy as np
import pytest

from mirtools.errors import InputError, MirtoolsError
from mirtools.models.dmiso.family import Dmiso
from mirtools.pairs.table import LabelledPairs
from mirtools.training.experiment import Part, Setting, train_parts
from mirtools.training.fit import Begun, Ended, Epoch
from mirtools.training.options import TrainingOptions
from mirtools.training.progress import TrainingBar


class Bar:
    """Records the calls of a tqdm bar."""

    def __init__(self):
        self.n, self.total, self.shown = 0, 0, {}

    def update(self, step):
        self.n += step

    def set_postfix(self, refresh, **shown):
        self.shown = shown


def test_bar_of_two_trainings():
    bar = Bar()
    update = TrainingBar(bar, 10, 2).update
    update("fold_1", Begun(100, 0))
    assert (bar.n, bar.total) == (0, 2000)  # the second is assumed to be as long
    update("fold_1", 60)
    update("fold_1", 40)
    update("fold_1", Epoch(1, 0.5, 0.25, 0.8, 0.7))
    assert (bar.n, bar.total) == (100, 2000)
    assert bar.shown == {"part": "fold_1", "epoch": 1, "loss": "0.500", "validation": "0.250"}
    update("fold_1", Ended(1))  # nine epochs early
    assert bar.total == 200
    update("final", Begun(200, 4))  # six of ten epochs remain
    assert (bar.n, bar.total) == (100, 1300)
    update("final", 1200)
    update("final", Ended(10))
    assert bar.n == bar.total == 1300


def parts_of(pairs, count):
    every = np.arange(len(pairs))
    return [Part(f"fold_{number}", every, every[:0], every[:0]) for number in range(count)]


def one_mirna():
    random = np.random.default_rng(1)
    sites = ["".join(random.choice(list("ACGT"), 50)) for _ in range(20)]
    return LabelledPairs(["A" * 22] * 20, sites, (np.arange(20) % 2).astype(np.uint8), ["m"] * 20, ["."] * 20)


@pytest.mark.parametrize("threads", [1, 2])
def test_an_error_of_a_training_comes_through(threads):
    pairs = one_mirna()
    setting = Setting(Dmiso(), pairs, TrainingOptions(fresh_negatives=1))
    with pytest.raises(InputError, match="too few miRNAs or sites; train without --fresh-negatives"):
        train_parts(setting, parts_of(pairs, 2), lambda part, event: None, threads)


class Dying(Setting):
    """A training whose process is killed."""

    def train(self, part, watch):
        os._exit(9)


def test_a_killed_training_is_reported():
    pairs = one_mirna()
    with pytest.raises(MirtoolsError, match=r"training fold_\d ended without a result"):
        train_parts(Dying(Dmiso(), pairs, TrainingOptions()), parts_of(pairs, 3), lambda part, event: None, 2)
