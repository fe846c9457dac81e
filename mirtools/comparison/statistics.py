"""Similarity of importances and alignments of several sets: profiles, correlations, agreement, spread of runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirtools.comparison.tables import NO_PARTNER, Comparison, Partners
from mirtools.io.tables import MISSING

PROFILE_COLUMNS = "label runs position pairs mean sd run_sd".split()
CORRELATION_COLUMNS = "first second over position values pearson spearman".split()
AGREEMENT_COLUMNS = "first second pairs aligned_bases agreement identical_alignments".split()
SPREAD_COLUMNS = (
    "label runs pairs mean_sd relative_sd run_correlation run_agreement run_identical_alignments"
).split()
POOLED, PAIR_MEDIAN, POSITION = "pooled", "pair_median", "position"

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Agreement:
    """Agreement of alignments of the same pairs.

    Attributes
    ----------
    pairs : int
    bases : float
        Number of aligned pairs of bases, mean of both.
    agreement : float
        Share of aligned pairs of bases in common: twice their number divided by the sum of both (Dice).
    identical : float
        Share of identical alignments.
    """

    pairs: int
    bases: float
    agreement: float
    identical: float


@dataclass(frozen=True)
class Statistics:
    """Statistics of a comparison, computed on demand."""

    comparison: Comparison

    @cached_property
    def profiles(self) -> tuple[Floats, Floats, NDArray[np.int64]]:
        """Mean, standard deviation over pairs, and number of pairs: each has shape ``(sets, length)``."""
        means = self.comparison.means
        known = ~np.isnan(means)
        counts = known.sum(1)
        mean = _ratio(np.where(known, means, 0).sum(1), counts)
        squares = np.where(known, (means - mean[:, None]) ** 2, 0).sum(1)
        return mean, np.sqrt(_ratio(squares, counts - 1)), counts

    @cached_property
    def run_sds(self) -> list[Floats | None]:
        """Each set's standard deviation over its runs, shape ``(pairs, length)``; ``None`` for a single run."""
        values = self.comparison.values
        return [values[own].std(0, ddof=1) if len(own) > 1 else None for own in self.comparison.runs]

    @cached_property
    def pair_medians(self) -> tuple[Floats, Floats]:
        """Median over pairs of Pearson's and Spearman's correlation between sets: each ``(sets, sets)``."""
        count = len(self.comparison.labels)
        tables = np.full((2, count, count), np.nan)
        for i, j in product(range(count), repeat=2):
            if i <= j:
                first, second = self.comparison.means[i], self.comparison.means[j]
                for table, function in zip(tables, (row_pearson, row_spearman), strict=True):
                    table[i, j] = table[j, i] = _median(function(first, second))
        return tables[0], tables[1]

    def agreement(self, first: int, second: int) -> Agreement | None:
        """Return the agreement of the alignments of two sets, or of the runs of one: the mean over their tables.

        ``None`` if a table has no alignments, or a set only one run.
        """
        runs, partners = self.comparison.runs, self.comparison.partners
        chosen = combinations(runs[first], 2) if first == second else product(runs[first], runs[second])
        found = []
        for one, other in chosen:
            mine, theirs = partners[one], partners[other]
            if mine is None or theirs is None:
                return None
            found.append(agreement(mine, theirs))
        if not found:
            return None
        figures = np.array([(each.bases, each.agreement, each.identical) for each in found]).mean(0).tolist()
        return Agreement(found[0].pairs, *figures)


def agreement(first: Partners, second: Partners) -> Agreement:
    """Return the agreement of two alignments of the same pairs; both have shape ``(pairs, length)``."""
    together = int(((first == second) & (first != NO_PARTNER)).sum())
    total = int((first != NO_PARTNER).sum() + (second != NO_PARTNER).sum())
    same = (first == second).all(1)
    nan = float("nan")
    return Agreement(
        len(first),
        total / 2,
        2 * together / total if total else nan,
        float(same.mean()) if len(same) else nan,
    )


def pearson(first: Floats, second: Floats) -> float:
    """Return Pearson's correlation of two vectors over positions known in both; NaN if one is constant."""
    return float(row_pearson(first.reshape(1, -1), second.reshape(1, -1))[0])


def spearman(first: Floats, second: Floats) -> float:
    """Return Spearman's correlation of two vectors over positions known in both; ties share their mean rank."""
    return float(row_spearman(first.reshape(1, -1), second.reshape(1, -1))[0])


def row_pearson(first: Floats, second: Floats) -> Floats:
    """Return Pearson's correlation of each row with its counterpart over known positions, shape ``(rows,)``.

    scipy's ``pearsonr`` does not support missing values by row.
    """
    known = ~(np.isnan(first) | np.isnan(second))
    count = known.sum(1)
    centred = []
    for values in (first, second):
        values = np.where(known, values, 0)
        # each row is scaled, so that squares neither vanish nor overflow
        largest = np.abs(values).max(1, initial=0)[:, None]
        values = values / np.where(largest > 0, largest, 1)
        mean = (values.sum(1) / np.maximum(count, 1))[:, None]
        centred.append(np.where(known, values - mean, 0))
    variances = (centred[0] ** 2).sum(1) * (centred[1] ** 2).sum(1)
    # rows that are constant except for rounding errors have no correlation
    flat = variances <= 1e-24
    return np.divide(
        (centred[0] * centred[1]).sum(1), np.sqrt(variances), out=np.full(len(count), np.nan), where=~flat
    )


def row_spearman(first: Floats, second: Floats) -> Floats:
    """Return Spearman's correlation of each row with its counterpart: shape ``(rows,)``."""
    known = ~(np.isnan(first) | np.isnan(second))
    return row_pearson(_ranks(first, known), _ranks(second, known))


def profile_rows(statistics: Statistics) -> Iterator[list[str]]:
    """Yield the profiles, with PROFILE_COLUMNS; positions are bases of the miRNA from its 5' end, 1-based."""
    mean, sd, counts = statistics.profiles
    for at, label in enumerate(statistics.comparison.labels):
        run_sds = statistics.run_sds[at]
        runs = str(len(statistics.comparison.runs[at]))
        for position in np.flatnonzero(counts.any(0)).tolist():
            run_sd = float("nan") if run_sds is None else _mean(run_sds[:, position])
            numbers = (float(mean[at, position]), float(sd[at, position]), run_sd)
            yield [label, runs, str(position + 1), str(counts[at, position]), *map(_cell, numbers)]


def correlation_rows(statistics: Statistics) -> Iterator[list[str]]:
    """Yield the correlations of each pair of sets, with CORRELATION_COLUMNS.

    ``pooled``: over all bases of all pairs; ``pair_median``: the median over pairs; ``position``: over pairs, for
    each base.
    """
    labels, means = statistics.comparison.labels, statistics.comparison.means
    if not statistics.comparison.pairs:
        return
    medians = statistics.pair_medians
    for i, j in combinations(range(len(labels)), 2):
        first, second = means[i], means[j]
        known = ~(np.isnan(first) | np.isnan(second))
        both = first.ravel(), second.ravel()
        head = [labels[i], labels[j]]
        yield [*head, POOLED, MISSING, str(known.sum()), _cell(pearson(*both)), _cell(spearman(*both))]
        yield [*head, PAIR_MEDIAN, MISSING, str(len(first)), *(_cell(float(table[i, j])) for table in medians)]
        for position in np.flatnonzero(known.any(0)).tolist():
            columns = first[:, position], second[:, position]
            count = str(known[:, position].sum())
            yield [*head, POSITION, str(position + 1), count, _cell(pearson(*columns)), _cell(spearman(*columns))]


def agreement_rows(statistics: Statistics) -> Iterator[list[str]]:
    """Yield the agreement of the alignments of each pair of sets, with AGREEMENT_COLUMNS."""
    labels = statistics.comparison.labels
    for i, j in combinations(range(len(labels)), 2):
        found = statistics.agreement(i, j)
        if found is not None and found.pairs:
            figures = (_cell(found.agreement), _cell(found.identical))
            yield [labels[i], labels[j], str(found.pairs), f"{found.bases:.1f}", *figures]


def spread_rows(statistics: Statistics) -> Iterator[list[str]]:
    """Yield the spread over runs of every set with two or more, with SPREAD_COLUMNS (second paper: Figure S1).

    ``mean_sd``: standard deviation over runs, mean over all bases of all pairs; ``relative_sd``: divided by the
    mean absolute importance; ``run_correlation``: Pearson's, median over pairs, mean over all pairs of runs.
    """
    comparison = statistics.comparison
    for at, (label, own) in enumerate(zip(comparison.labels, comparison.runs, strict=True)):
        run_sds = statistics.run_sds[at]
        if run_sds is None or not len(run_sds):
            continue
        found = statistics.agreement(at, at)
        sizes = _mean(np.abs(comparison.means[at]))
        spread = _mean(run_sds)
        correlations = [
            _median(row_pearson(comparison.values[one], comparison.values[other]))
            for one, other in combinations(own, 2)
        ]
        nan = float("nan")
        figures = (
            spread,
            spread / sizes if sizes > 0 else nan,
            float(np.mean(correlations)),
            nan if found is None else found.agreement,
            nan if found is None else found.identical,
        )
        yield [label, str(len(own)), str(len(comparison.pairs)), *map(_cell, figures)]


def summary(statistics: Statistics) -> list[dict[str, Any]]:
    """Return correlation and agreement of each pair of sets, for a run's report."""
    labels = statistics.comparison.labels
    found = []
    for i, j in combinations(range(len(labels)), 2):
        median = float(statistics.pair_medians[0][i, j])
        aligned = statistics.agreement(i, j)
        agreed = float("nan") if aligned is None else aligned.agreement
        found.append(
            {
                "first": labels[i],
                "second": labels[j],
                "median_pearson": None if median != median else round(median, 6),
                "alignment_agreement": None if agreed != agreed else round(agreed, 6),
            }
        )
    return found


def _ranks(values: Floats, known: NDArray[np.bool_]) -> Floats:
    """Return the ranks of known values within their rows, with mean ranks for ties; NaN elsewhere."""
    from scipy.stats import rankdata

    ranks: Floats = rankdata(np.where(known, values, np.nan), axis=1, nan_policy="omit")
    return ranks


def _ratio(values: Floats, counts: NDArray[np.int64]) -> Floats:
    return np.divide(values, counts, out=np.full(values.shape, np.nan), where=counts > 0)


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")


def _median(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if known.size else float("nan")


def _cell(value: float) -> str:
    return MISSING if value != value else f"{value:.6g}"
