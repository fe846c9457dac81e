"""The progress bar of trainings, and trainings in processes of their own that fail."""

import os

import numpy as np
import pytest

from mirtools.errors import InputError, MirtoolsError
from mirtools.training.data import LabelledPairs
from mirtools.training.experiment import Part, Setting
from mirtools.training.fit import Begun, Ended, Epoch, TrainingOptions
from mirtools.training.parallel import side_by_side
from mirtools.training.progress import TrainingBar


class Bar:
    """What a tqdm bar is told."""

    def __init__(self):
        self.n, self.total, self.shown = 0, 0, {}

    def update(self, step):
        self.n += step

    def set_postfix(self, refresh, **shown):
        self.shown = shown


def test_bar_of_two_trainings():
    bar = Bar()
    told = TrainingBar(bar, 10, 2).told
    told("fold_1", Begun(100, 0))
    assert (bar.n, bar.total) == (0, 2000)  # the second is taken to be as long
    told("fold_1", 60)
    told("fold_1", 40)
    told("fold_1", Epoch(1, 0.5, 0.25, 0.8, 0.7))
    assert (bar.n, bar.total) == (100, 2000)
    assert bar.shown == {"part": "fold_1", "epoch": 1, "loss": "0.500", "validation": "0.250"}
    told("fold_1", Ended(1))  # nine epochs early
    assert bar.total == 200
    told("final", Begun(200, 4))  # six of ten epochs are left to do
    assert (bar.n, bar.total) == (100, 1300)
    told("final", 1200)
    told("final", Ended(10))
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
    setting = Setting(pairs, TrainingOptions(fresh_negatives=1))
    with pytest.raises(InputError, match="too few miRNAs or sites; train without --fresh-negatives"):
        side_by_side(threads, setting, parts_of(pairs, 2), lambda part, event: None)


class Dying(Setting):
    """A training whose process is killed."""

    def train(self, part, watch):
        os._exit(9)


def test_a_killed_training_is_told():
    pairs = one_mirna()
    with pytest.raises(MirtoolsError, match=r"training fold_\d ended without a result"):
        side_by_side(2, Dying(pairs, TrainingOptions()), parts_of(pairs, 3), lambda part, event: None)
