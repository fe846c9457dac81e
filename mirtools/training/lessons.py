"""What a training learns from in each epoch: the same pairs every time, or positives with fresh negatives."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.training.data import LabelledPairs
from mirtools.training.fresh import FreshNegatives, Places


class Lesson(NamedTuple):
    """The pairs of one epoch: places of their miRNAs and sites among the pairs of :class:`Lessons`, and labels."""

    mirnas: Places
    sites: Places
    labels: NDArray[np.uint8]


class Lessons:
    """The pairs of every epoch.

    Parameters
    ----------
    pairs : LabelledPairs
    places : ndarray of intp, optional
        Those to learn from; all by default.
    fresh : FreshNegatives, optional
        Made for the same pairs and places; its negatives then take the place of those in the table.

    Attributes
    ----------
    pairs : LabelledPairs
    positives, negatives : int
        Of an epoch.
    """

    def __init__(
        self, pairs: LabelledPairs, places: Places | None = None, fresh: FreshNegatives | None = None
    ) -> None:
        self.pairs = pairs
        self._fresh = fresh
        chosen = np.arange(len(pairs)) if places is None else places
        self._fixed = Lesson(chosen, chosen, pairs.labels[chosen])
        first = self.epoch(1)
        self.positives = int(first.labels.sum())
        self.negatives = len(first.labels) - self.positives

    def epoch(self, number: int) -> Lesson:
        """Return the pairs of an epoch, in no particular order."""
        if self._fresh is None:
            return self._fixed
        positives = self._fresh.positives
        mirnas, sites = self._fresh.epoch(number)
        labels = np.repeat(np.array([1, 0], np.uint8), [len(positives), len(mirnas)])
        return Lesson(np.concatenate([positives, mirnas]), np.concatenate([positives, sites]), labels)
