"""The pairs of each epoch of a training: the same ones every time, or positives with fresh negatives."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.pairs.repairing import FreshNegatives, Places
from mirtools.pairs.table import LabelledPairs


class EpochPairs(NamedTuple):
    """The pairs of one epoch: indices of miRNAs and sites in those of :class:`TrainingPairs`, and labels."""

    mirnas: Places
    sites: Places
    labels: NDArray[np.uint8]


class TrainingPairs:
    """The pairs of every epoch.

    Parameters
    ----------
    pairs : LabelledPairs
    places : ndarray of intp, optional
        Indices of the pairs to train on; all by default.
    fresh : FreshNegatives, optional
        Negatives made for the same pairs and places, which replace those of the table.

    Attributes
    ----------
    pairs : LabelledPairs
    positives, negatives : int
        Numbers of an epoch.
    """

    def __init__(
        self, pairs: LabelledPairs, places: Places | None = None, fresh: FreshNegatives | None = None
    ) -> None:
        self.pairs = pairs
        self._fresh = fresh
        chosen = np.arange(len(pairs)) if places is None else places
        self._fixed = EpochPairs(chosen, chosen, pairs.labels[chosen])
        first = self.epoch(1)
        self.positives = int(first.labels.sum())
        self.negatives = len(first.labels) - self.positives

    def epoch(self, number: int) -> EpochPairs:
        """Return the pairs of an epoch, in no particular order."""
        if self._fresh is None:
            return self._fixed
        positives = self._fresh.positives
        mirnas, sites = self._fresh.epoch(number)
        labels = np.repeat(np.array([1, 0], np.uint8), [len(positives), len(mirnas)])
        return EpochPairs(np.concatenate([positives, mirnas]), np.concatenate([positives, sites]), labels)
