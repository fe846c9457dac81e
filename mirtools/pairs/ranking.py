"""How well scores rank pairs, and how good yes and no answers are: figures, their intervals and resamples.

A resample is a count for every pair (how often it was drawn), so that a ranking is sorted once and each of a
thousand resamples costs a few passes over arrays; scikit-learn and scipy.stats.bootstrap would sort for each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.uint8]
Scores = NDArray[np.floating]
Counts = NDArray[np.int64]
Groups = NDArray[np.int64]
Values = NDArray[np.float64]

_NORMAL = 1.959964  # two-sided 95 %
_STREAM = 0xB007  # keeps these random numbers apart from others of the same seed


class Ranking:
    """Scores sorted once, for AUROC and average precision under any weights.

    Both figures are means over the groups that hold both labels, weighted by their pairs; without groups all
    pairs are one. Tied scores share a threshold, as in scikit-learn.

    Parameters
    ----------
    labels : ndarray of uint8, shape (n,)
        1 positive, 0 negative.
    scores : ndarray of float, shape (n,)
        Larger = more likely positive; may be -inf, not NaN.
    groups : ndarray of int64, shape (n,), optional
        Numbers from 0, such as one a miRNA.
    """

    def __init__(self, labels: Labels, scores: Scores, groups: Groups | None = None) -> None:
        numbers = np.zeros(len(labels), np.int64) if groups is None else groups
        self._order = np.lexsort((-scores, numbers))
        ranked, grouped = scores[self._order], numbers[self._order]
        changes = np.flatnonzero((ranked[1:] != ranked[:-1]) | (grouped[1:] != grouped[:-1]))
        self._ends = np.append(changes, len(labels) - 1) if len(labels) else np.zeros(0, np.int64)
        group_of_tie = grouped[self._ends]
        self._starts = np.flatnonzero(np.append(True, group_of_tie[1:] != group_of_tie[:-1]))[: len(self._ends)]
        self._number = np.cumsum(np.bincount(self._starts, minlength=len(self._ends))) - 1
        self._positive = labels[self._order].astype(np.int64)

    def figures(self, weights: Counts | None = None) -> tuple[float, float]:
        """Return AUROC and average precision; NaN if no group holds both labels.

        Parameters
        ----------
        weights : ndarray of int64, shape (n,), optional
            How often each pair counts, in the order of ``labels``.
        """
        aurocs, precisions, sizes = self.by_group(weights)
        if not len(sizes):
            return float("nan"), float("nan")
        return float(aurocs @ sizes / sizes.sum()), float(precisions @ sizes / sizes.sum())

    def by_group(self, weights: Counts | None = None) -> tuple[Values, Values, Counts]:
        """Return AUROC, average precision and pairs of every group that holds both labels."""
        if not len(self._order):
            return np.zeros(0), np.zeros(0), np.zeros(0, np.int64)
        drawn = np.ones(len(self._order), np.int64) if weights is None else weights[self._order]
        hits = np.cumsum(drawn * self._positive)[self._ends]
        all_above = np.cumsum(drawn)[self._ends]
        # from here on one number a tie: pairs of the same group that are ranked as high or higher
        before_hits, before_all = _shifted(hits), _shifted(all_above)
        base_hits, base_all = before_hits[self._starts][self._number], before_all[self._starts][self._number]
        positives, above = hits - base_hits, all_above - base_all
        new_positives = hits - before_hits
        new_negatives = all_above - before_all - new_positives
        area = new_negatives * (positives - 0.5 * new_positives)
        precision = new_positives * positives / np.maximum(above, 1)
        last = np.append(self._starts[1:], len(self._ends)) - 1
        total, size = positives[last], above[last]
        both = (total > 0) & (total < size)
        total, size = total[both], size[both]
        aurocs = np.add.reduceat(area, self._starts)[both] / (total * (size - total))
        precisions = np.add.reduceat(precision, self._starts)[both] / total
        return aurocs, precisions, size

    def curves(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return true and false positives at every threshold, highest first, regardless of groups; from 0."""
        hits = np.cumsum(self._positive)[self._ends]
        return np.append(0, hits), np.append(0, self._ends + 1 - hits)


class Decision(NamedTuple):
    """How good yes and no answers are; NaN if a figure has no meaning (recall without positives)."""

    f1: float
    precision: float
    recall: float
    specificity: float


def decision_figures(labels: Labels, called: NDArray[np.bool_], weights: Counts | None = None) -> Decision:
    """Return F1, precision, recall and specificity of answers; precision is 0 where nothing is called.

    Without negatives only recall has a meaning, without positives only specificity.
    """
    drawn = np.ones(len(labels), np.int64) if weights is None else weights
    positive = labels == 1
    hits = int(drawn @ (called & positive))
    positives, calls, total = int(drawn @ positive), int(drawn @ called), int(drawn.sum())
    negatives = total - positives
    nothing = float("nan")
    recall = hits / positives if positives else nothing
    specificity = (negatives - calls + hits) / negatives if negatives else nothing
    if not (positives and negatives):
        return Decision(nothing, nothing, recall, specificity)
    return Decision(2 * hits / (positives + calls), hits / max(calls, 1), recall, specificity)


class Area(NamedTuple):
    """An AUROC, its 95 % interval, and its standard error were the scores pure chance."""

    auroc: float
    low: float
    high: float
    chance_error: float


def area_under_curve(
    labels: NDArray[np.uint8], scores: NDArray[np.float64], strata: NDArray[np.int64] | None = None
) -> Area:
    """Return the AUROC of ``scores``, ties counting half, with DeLong's interval.

    The interval takes pairs as independent of each other (DeLong et al. 1988, Biometrics 44:837).

    Parameters
    ----------
    labels : ndarray of uint8, shape (n,)
        1 positive, 0 negative; both must occur.
    scores : ndarray of float64, shape (n,)
        Larger = more likely positive.
    strata : ndarray of int64, shape (n,), optional
        Positives are compared with the negatives of their own stratum only; one at least holds both labels. What
        was learned without a fold knows a little less of its positives, so that scores of different folds must
        not be compared.
    """
    total = variance = by_chance = comparisons = 0.0
    for stratum in [None] if strata is None else np.unique(strata).tolist():
        some = np.ones(len(labels), bool) if stratum is None else strata == stratum
        positives, negatives = scores[some & (labels == 1)], scores[some & (labels == 0)]
        weight = float(len(positives) * len(negatives))
        if not weight:
            continue
        above = _midranks(positives, negatives)  # for each positive the share of negatives below it
        below = 1 - _midranks(negatives, positives)
        comparisons += weight
        total += weight * float(above.mean())
        variance += weight**2 * (_variance(above) / len(above) + _variance(below) / len(below))
        by_chance += weight * (len(positives) + len(negatives) + 1) / 12
    auroc = total / comparisons
    reach = _NORMAL * variance**0.5 / comparisons
    return Area(auroc, max(auroc - reach, 0.0), min(auroc + reach, 1.0), by_chance**0.5 / comparisons)


def _midranks(values: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each value the share of the others that lie below it, equal ones counting half."""
    ordered = np.sort(others)
    lower, upper = np.searchsorted(ordered, values, "left"), np.searchsorted(ordered, values, "right")
    shares: NDArray[np.float64] = (lower + upper) / (2 * len(others))
    return shares


def _variance(values: NDArray[np.float64]) -> float:
    return float(values.var(ddof=1)) if len(values) > 1 else 0.0


def resamples(labels: Labels, seed: int, number: int, clusters: Groups | None = None) -> Iterator[Counts]:
    """Yield bootstrap samples as counts of every pair, shape ``(n,)``, int64.

    Positives and negatives are drawn apart, as many as there are (a stratified bootstrap). With clusters, whole
    clusters are drawn instead: if pairs of one miRNA resemble each other, intervals over pairs are too narrow.

    Parameters
    ----------
    labels : ndarray of uint8, shape (n,)
    seed : int
    number : int
    clusters : ndarray of int64, shape (n,), optional
        Numbers from 0.
    """
    random = np.random.default_rng([seed, _STREAM])
    strata = [np.flatnonzero(labels == label) for label in (1, 0)]
    drawn_clusters = 0 if clusters is None or not len(clusters) else int(clusters.max()) + 1
    for _ in range(number):
        if clusters is not None:
            times = np.bincount(random.integers(0, drawn_clusters, drawn_clusters), minlength=drawn_clusters)
            yield times[clusters]
            continue
        counts = np.zeros(len(labels), np.int64)
        for members in strata:
            size = len(members)
            counts[members] = np.bincount(random.integers(0, size, size), minlength=size) if size else 0
        yield counts


def group_resamples(groups: int, seed: int, number: int) -> Iterator[Counts]:
    """Yield bootstrap samples of groups as counts of every group, shape ``(groups,)``, int64.

    For figures that are means over groups. Pairs drawn one by one would not do: small groups lose a label then,
    and what is left is another figure.
    """
    random = np.random.default_rng([seed, _STREAM, 1])
    for _ in range(number):
        yield np.bincount(random.integers(0, groups, groups), minlength=groups)


def interval(values: Sequence[float] | NDArray[np.float64], confidence: float = 0.95) -> tuple[float, float]:
    """Return the percentile interval of resampled values; without NaN ones; NaN if there are no others."""
    found = np.asarray(values, np.float64)
    found = found[~np.isnan(found)]
    if not len(found):
        return float("nan"), float("nan")
    tail = 50 * (1 - confidence)
    low, high = np.percentile(found, [tail, 100 - tail])
    return float(low), float(high)


def _shifted(cumulative: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate(([0], cumulative[:-1]))
