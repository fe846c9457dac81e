"""The sensitivity of a model to each part of each miRNA, and the targets of miRNAs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mirtools.interpretation.masking import MaskedPairs
from mirtools.models.dmiso.architecture import MIRNA_LENGTH

# more miRNAs make a large distance matrix and an unreadable figure
MOST_MIRNAS = 1000
# a correlation needs at least this many common windows
_FEWEST_WINDOWS = 5

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Profiles:
    """Mean changes by miRNA and window.

    Attributes
    ----------
    names : list of str
        miRNAs, sorted.
    pairs : list of int
        Pairs of each miRNA.
    changes : ndarray of shape (n, windows), float64
        Mean change of the score by first masked base; NaN if no sequence has the window.
    targets : list of set of int
        Indices in the list of target names.
    target_names : list of str
    """

    names: list[str]
    pairs: list[int]
    changes: Floats
    targets: list[set[int]]
    target_names: list[str]


class ProfileSums:
    """Sums the changes of pairs up for each miRNA."""

    def __init__(self, width: int) -> None:
        self._windows = MIRNA_LENGTH - width + 1
        # miRNA -> number of pairs and sum of changes by window
        self._sums: dict[str, NDArray[np.float64]] = {}
        self._pairs: Counter[str] = Counter()
        self._targets: dict[str, set[int]] = {}
        self._number_of: dict[str, int] = {}

    def add(self, masked: MaskedPairs, chosen: NDArray[np.bool_]) -> None:
        """Add the chosen (positive) pairs."""
        for at in np.flatnonzero(chosen).tolist():
            pair, changes = masked.pairs[at], masked.changes["mirna"][at]
            name = pair.mirna_name
            if name not in self._sums:
                self._sums[name] = np.zeros((2, self._windows))
                self._targets[name] = set()
            self._pairs[name] += 1
            known = ~np.isnan(changes)
            self._sums[name][0] += known
            self._sums[name][1, known] += changes[known]
            self._targets[name].add(self._number_of.setdefault(pair.target_name, len(self._number_of)))

    def profiles(self, min_pairs: int, dropped: Counter[str]) -> Profiles:
        """Return the profiles of up to MOST_MIRNAS miRNAs with enough and most pairs; counts the other miRNAs."""
        frequent = [name for name, pairs in self._pairs.items() if pairs >= min_pairs]
        frequent.sort(key=lambda name: (-self._pairs[name], name))
        if rare := len(self._pairs) - len(frequent):
            dropped["mirnas_with_too_few_pairs"] += rare
        if surplus := max(len(frequent) - MOST_MIRNAS, 0):
            dropped["mirnas_beyond_the_limit"] += surplus
        names = sorted(frequent[:MOST_MIRNAS])
        changes = np.full((len(names), self._windows), np.nan)
        for row, name in zip(changes, names, strict=True):
            counts, total = self._sums[name]
            np.divide(total, counts, out=row, where=counts > 0)
        return Profiles(
            names=names,
            pairs=[self._pairs[name] for name in names],
            changes=changes,
            targets=[self._targets[name] for name in names],
            target_names=list(self._number_of),
        )


def profile_distances(changes: Floats) -> Floats:
    """Return 1 - Pearson's correlation of all pairs of profiles over the windows that both have, 0 to 2.

    The distance is 1 (uncorrelated) if a profile is flat or fewer than five windows are common.
    """
    known = (~np.isnan(changes)).astype(np.float64)
    values = np.where(known > 0, changes, 0.0)
    # sums over the common windows of x, of x squared and of x y, for all pairs at once
    n = known @ known.T
    sums = values @ known.T
    squares = values**2 @ known.T
    many = np.maximum(n, 1)
    covariance = values @ values.T / many - sums * sums.T / many**2
    variance = np.maximum(squares / many - (sums / many) ** 2, 0)
    scale = np.sqrt(variance * variance.T)
    fit = (n >= _FEWEST_WINDOWS) & (scale > 1e-15)
    correlation = np.divide(covariance, scale, out=np.zeros_like(scale), where=fit)
    distances = 1 - np.clip(correlation, -1, 1)
    np.fill_diagonal(distances, 0)
    return (distances + distances.T) / 2


def target_overlaps(targets: list[set[int]]) -> Floats:
    """Return, for all pairs of miRNAs, common targets divided by the smaller number of targets; diagonal 0."""
    overlaps = np.zeros((len(targets), len(targets)))
    for i, mine in enumerate(targets):
        for j in range(i):
            smaller = min(len(mine), len(targets[j]))
            overlaps[i, j] = overlaps[j, i] = len(mine & targets[j]) / smaller if smaller else 0.0
    return overlaps
