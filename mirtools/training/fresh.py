"""Fresh negatives for every epoch: the training positives' own miRNAs and sites paired anew, always otherwise.

As in `negatives-generate --strategy frequency-matched`, every miRNA and every site is as often among the negatives
as among the positives, and lengths keep together. What is near a known positive is no negative, and what is near a
pair that judges the model is never made.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import InputError
from mirtools.training.data import LabelledPairs
from mirtools.training.splits import group_pairs

Places = NDArray[np.intp]

# How far two sites that change places may differ in length, step by step
_LENGTH_STEPS = (0, 1, 2, 5, 10, 1000)
_TRIES = 40
_STREAM = 0xF2E54  # keeps these random numbers apart from others of the same seed


class FreshNegatives:
    """Draws negatives for the positives of a training part.

    Parameters
    ----------
    pairs : LabelledPairs
        All pairs of the experiment.
    training : ndarray of intp
        Places of the pairs to learn from; only their miRNAs and sites are used.
    ratio : int
        Negatives a positive.
    seed : int
    families : mapping of str to str, optional
        Family of a miRNA by its name.

    Raises
    ------
    InputError
        Where hardly any negative can be made.
    """

    def __init__(
        self,
        pairs: LabelledPairs,
        training: Places,
        ratio: int,
        seed: int,
        families: Mapping[str, str] | None = None,
    ) -> None:
        self._ratio, self._seed = ratio, seed
        self.positives = training[pairs.labels[training] == 1]
        loci = group_pairs(pairs, "locus")
        width = int(loci.max()) + 1
        family_codes = group_pairs(pairs, "family", families).astype(np.int64) * width
        kept_out = np.ones(len(pairs), bool)
        kept_out[training] = False
        near = (family_codes + loci)[(pairs.labels == 1) | kept_out]
        self._forbidden = frozenset(near.tolist())
        self._near = np.unique(near)
        self._families, self._loci = family_codes[self.positives], loci[self.positives].astype(np.int64)
        self._sizes = np.array([len(pairs.sites[place]) for place in self.positives], np.int64)
        mirnas, _ = self.epoch(0)
        if len(mirnas) < len(self.positives) * ratio / 2:
            raise InputError(
                f"fresh negatives exist for {len(mirnas) / ratio:.0f} of {len(self.positives)} positives only: "
                "too few miRNAs or sites; train without --fresh-negatives"
            )

    def epoch(self, number: int) -> tuple[Places, Places]:
        """Return the negatives of an epoch: the places of their miRNAs and of their sites, equally long.

        The same epoch always gets the same ones. Fewer than ``ratio`` a positive where no partner is free.
        """
        random = np.random.default_rng([self._seed, _STREAM, number])
        rounds = [self._one_round(random) for _ in range(self._ratio)]
        mirnas, sites = (np.concatenate(parts) for parts in zip(*rounds, strict=True))
        return self.positives[mirnas], self.positives[sites]

    def _one_round(self, random: np.random.Generator) -> tuple[Places, Places]:
        count = len(self.positives)
        # two random orders by length: pairs of equal rank have sites of equal length
        first = np.lexsort((random.random(count), self._sizes))
        second = np.lexsort((random.random(count), self._sizes))
        partner = np.empty(count, np.intp)
        partner[first] = second
        wrong = np.isin(self._families + self._loci[partner], self._near)
        self._repair(partner, wrong, first, random)
        right = np.flatnonzero(~wrong)
        return right, partner[right]

    def _repair(
        self, partner: Places, wrong: NDArray[np.bool_], order: Places, random: np.random.Generator
    ) -> None:
        """Let pairs that may not be change sites with others of the same or a similar length, in place."""
        sizes = self._sizes[order]

        def free(pair: int, site: int) -> bool:
            return int(self._families[pair] + self._loci[site]) not in self._forbidden

        for step in _LENGTH_STEPS:
            for pair in np.flatnonzero(wrong).tolist():
                if not wrong[pair]:  # put right as the partner of an earlier one
                    continue
                size = self._sizes[pair]
                low = int(np.searchsorted(sizes, size - step, "left"))
                high = int(np.searchsorted(sizes, size + step, "right"))
                for other in order[random.integers(low, high, _TRIES)].tolist():
                    if free(pair, partner[other]) and free(other, partner[pair]):
                        partner[pair], partner[other] = partner[other], partner[pair]
                        wrong[pair] = wrong[other] = False
                        break
