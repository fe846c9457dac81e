"""One pass over pairs that collects all results about a model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from mirtools.interpretation.kernels import BRANCHES, KernelMotif, KernelSites, kernel_motifs
from mirtools.interpretation.masking import GROUPS, LENGTHS, MaskedPairs, MaskingMap, MaskingSums, mask_pairs
from mirtools.interpretation.motifs import Frequencies
from mirtools.interpretation.profiles import ProfileSums
from mirtools.models.arrays import Weights
from mirtools.models.scorers import PairScorer
from mirtools.pairs.table import Pair

# bases 2 to 8 of a miRNA, 0-based and half-open
_SEED = (1, 8)


class Study:
    """The results of the pairs so far.

    Parameters
    ----------
    weights : dict of str to ndarray
        The weights of the model.
    scorer : PairScorer
        A scorer with these weights.
    threshold : float
        Pairs without a label are positive if their score is larger.
    width : int
        Bases masked at once.

    Attributes
    ----------
    maps : MaskingSums
        Masking maps of all pairs.
    profiles : ProfileSums
        Profiles of miRNAs from the positive pairs.
    sites : dict of str to KernelSites
        ``mirna`` and ``site``: kernel sites in the distinct miRNAs and the distinct sites.
    """

    def __init__(self, weights: Weights, scorer: PairScorer, threshold: float, width: int) -> None:
        self.maps = MaskingSums(width, threshold)
        self.profiles = ProfileSums(width)
        self.sites = {branch: KernelSites(weights, branch) for branch in BRANCHES}
        self._scorer = scorer

    def passing(self, pairs: Iterable[Pair], threads: int = 1) -> Iterator[MaskedPairs]:
        """Add the pairs, and yield them in batches after they have been added."""
        for masked in mask_pairs(pairs, self._scorer, self.maps.width, threads):
            self.profiles.add(masked, self.maps.add(masked))
            self.sites["mirna"].add(pair.mirna for pair in masked.pairs)
            self.sites["site"].add(pair.site for pair in masked.pairs)
            yield masked

    def kernels(self, share: float) -> list[KernelMotif]:
        """Return the motifs of all kernels, those of the miRNA branch first; see :func:`kernel_motifs`."""
        return [motif for sites in self.sites.values() for motif in kernel_motifs(sites, share)]

    def background(self) -> Frequencies:
        """Return the frequencies of A, C, G and T in miRNAs and sites, with equal weights of both branches."""
        return np.mean([sites.background() for sites in self.sites.values()], axis=0)


def masking_summary(maps: MaskingSums) -> dict[str, Any]:
    """Return the maps in a few numbers, for reports.

    By sequence and group: the window (0-based, half-open) whose masking lowers the score most on average, and the
    one whose masking changes it most (in absolute value); for miRNAs also the mean absolute change of windows
    within the seed (bases 2 to 8) and of windows without a base of it.
    """
    summary: dict[str, Any] = {"masked_bases": maps.width, "score_change": {}}
    for sequence in LENGTHS:
        for group in GROUPS:
            found = maps.map(sequence, group)
            # windows of few sequences could be extreme by chance
            common = found.counts >= max(1, 0.5 * found.counts.max(initial=0))
            if not common.any():
                continue
            entry: dict[str, Any] = {
                "lowers_most": _window(np.where(common, found.mean, np.inf).argmin(), found, maps.width),
                "changes_most": _window(np.where(common, found.mean_abs, -1).argmax(), found, maps.width),
            }
            if sequence == "mirna":
                starts = np.arange(len(found.counts))
                inside = (starts >= _SEED[0]) & (starts + maps.width <= _SEED[1]) & common
                outside = ((starts >= _SEED[1]) | (starts + maps.width <= _SEED[0])) & common
                for name, chosen in (("seed_mean_abs_change", inside), ("elsewhere_mean_abs_change", outside)):
                    entry[name] = round(float(found.mean_abs[chosen].mean()), 6) if chosen.any() else None
            summary["score_change"].setdefault(sequence, {})[group] = entry
    return summary


def _window(start: np.intp, found: MaskingMap, width: int) -> dict[str, Any]:
    at = int(start)
    return {
        "start": at,
        "end": at + width,
        "mean_change": round(float(found.mean[at]), 6),
        "mean_abs_change": round(float(found.mean_abs[at]), 6),
    }
