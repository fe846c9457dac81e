"""Changes of counts between two conditions: size factors, tests, changes relative to a group.

With replicates, counts are negative binomial (:mod:`mirtools.sites.deseq`); without, tests are exact for counts
that vary by sampling only. A relative change is that of a row's share among the reads of its group (its miRNA or
its gene): the counts of the row and of the other rows of its group, in each sample, are fitted with one
coefficient for each sample, one for the row, and one for the row in condition A, which is tested (as DEXSeq does
for exons; Anders et al. 2012, Genome Research 22:2008).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.sites.deseq import fit
from mirtools.sites.significance import benjamini_hochberg

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

TESTED, FEW_READS, NO_OTHERS, OUTLIER = "tested", "few_reads", "no_others", "outlier"
# normal quantile of a 95 % interval
_REACH = 1.959963984540054
# sites and mean reads that median ratios need
_LEAST_SITES = 20
_LEAST_MEAN = 10


class Normalisation(NamedTuple):
    """Size factors, shape ``(samples,)``, whose geometric mean is 1, and ``median_ratios`` or ``total_reads``."""

    size_factors: Floats
    method: str


@dataclass(frozen=True)
class Changes:
    """Changes from condition B to condition A, by row; NaN where nothing was tested.

    Attributes
    ----------
    base_mean : array of float64
        Mean of normalised counts.
    log2_fold_change, lower, upper : array of float64
        With the bounds of its 95 % interval.
    p_value, q_value : array of float64
        q-values by Benjamini and Hochberg (1995) over the tested rows.
    status : array of str
        ``tested``, ``few_reads``, ``no_others`` (in the group that the change is relative to) or ``outlier``.
    test : {"deseq2", "exact"}
    trend : str
        See :class:`mirtools.sites.deseq.Fit`; empty without replicates.
    not_converged : int
    """

    base_mean: Floats
    log2_fold_change: Floats
    lower: Floats
    upper: Floats
    p_value: Floats
    q_value: Floats
    status: NDArray[np.str_]
    test: str
    trend: str
    not_converged: int


class _Tests(NamedTuple):
    changes: Floats
    errors: Floats
    p_values: Floats
    outlier: Bools
    trend: str
    not_converged: int


def size_factors(reads: Floats) -> Normalisation:
    """Return by how much deeper each sample is sequenced than the mean sample.

    Medians of ratios (DESeq2) need sites that are seen in every sample. Many are not: a sample of half the depth
    lacks many sites of the other, and the ratios of those that both have are biased. Only sites with a mean of ten
    reads per sample, and some in each, are used; if they are fewer than 20, the samples' total reads are.

    Parameters
    ----------
    reads : array of float64, shape (sites, samples)
        No sample is without reads.
    """
    # sums that do not depend on the order of sites, to the last bit
    reads = reads[np.lexsort(reads.T)]
    totals = reads.sum(axis=0)
    factors = totals / np.exp(np.log(totals).mean())
    usable = reads[((reads / factors).mean(axis=1) >= _LEAST_MEAN) & (reads > 0).all(axis=1)]
    if len(usable) < _LEAST_SITES:
        return Normalisation(factors, "total_reads")
    logs = np.log(usable)
    medians = np.median(logs - logs.mean(axis=1, keepdims=True), axis=0)
    return Normalisation(np.exp(medians - medians.mean()), "median_ratios")


def changes(
    reads: Floats, in_a: Bools, normalisation: Normalisation, min_reads: int, groups: Ints | None, threads: int
) -> Changes:
    """Test every row with enough reads for a change between conditions.

    Parameters
    ----------
    reads : array of float64, shape (rows, samples)
        Fractions are rounded for the test.
    in_a : array of bool, shape (samples,)
        Whether a sample is of condition A; the others are of condition B.
    normalisation : Normalisation
    min_reads : int
        Reads that a row, and the others of its group, need over all samples.
    groups : array of int64, shape (rows,), optional
        Number of the group that the change of a row is relative to, -1 for none.
    threads : int
        Processes; the result never depends on them.
    """
    factors = normalisation.size_factors
    base_mean = (reads / factors).mean(axis=1) if len(reads) else np.empty(0)
    status = np.full(len(reads), TESTED, "<U9")
    others = None
    if groups is not None:
        others = np.rint(_others(reads, groups))
        status[others.sum(axis=1) < min_reads] = NO_OTHERS
    counts = np.rint(reads)
    status[counts.sum(axis=1) < min_reads] = FEW_READS
    rows = np.flatnonzero(status == TESTED)
    exact = len(in_a) == 2
    nothing = np.empty(0)
    tests = _Tests(nothing, nothing, nothing, np.empty(0, bool), "", 0)
    if len(rows):
        some = None if others is None else others[rows]
        tests = (
            _exact(counts[rows], some, in_a, factors)
            if exact
            else _modelled(counts[rows], some, in_a, factors, base_mean[rows], threads)
        )
    status[rows[tests.outlier]] = OUTLIER
    change, lower, upper, p_value, q_value = np.full((5, len(reads)), np.nan)
    change[rows] = tests.changes
    lower[rows] = tests.changes - _REACH * tests.errors
    upper[rows] = tests.changes + _REACH * tests.errors
    sure = rows[~tests.outlier]
    p_value[sure] = np.clip(tests.p_values[~tests.outlier], 0, 1)
    q_value[sure] = benjamini_hochberg(p_value[sure], len(sure))
    test = "exact" if exact else "deseq2"
    return Changes(
        base_mean, change, lower, upper, p_value, q_value, status, test, tests.trend, tests.not_converged
    )


def _others(reads: Floats, groups: Ints) -> Floats:
    """Return the reads of all other rows of the same group, shape ``(rows, samples)``."""
    known = groups >= 0
    others = np.zeros(reads.shape)
    if known.any():
        of_group = np.stack([np.bincount(groups[known], column) for column in reads[known].T], axis=1)
        others[known] = np.maximum(of_group[groups[known]] - reads[known], 0)
    return others


def _modelled(
    counts: Floats, others: Floats | None, in_a: Bools, factors: Floats, means: Floats, threads: int
) -> _Tests:
    if others is None:
        design = np.column_stack([np.ones(len(in_a)), in_a])
        found = fit(counts, design, factors, means, True, threads)
    else:
        own = np.repeat([1.0, 0.0], len(in_a))
        samples = np.tile(np.eye(len(in_a)), (2, 1))
        design = np.column_stack([samples, own, own * np.tile(in_a, 2)])
        both = np.concatenate([counts, others], axis=1)
        found = fit(both, design, np.tile(factors, 2), means, False, threads)
    usable = np.isfinite(found.p_value) & np.isfinite(found.log2_fold_change)
    p_values = np.where(usable, found.p_value, 1.0)
    return _Tests(
        found.log2_fold_change,
        found.standard_error,
        p_values,
        found.outlier,
        found.trend,
        int((~found.converged).sum()),
    )


def _exact(counts: Floats, others: Floats | None, in_a: Bools, factors: Floats) -> _Tests:
    """Return exact tests of two samples; for changes and their intervals, half a read is added to each count."""
    from scipy.stats import binomtest, fisher_exact

    a, b = int(np.flatnonzero(in_a)[0]), int(np.flatnonzero(~in_a)[0])
    share = float(factors[a] / (factors[a] + factors[b]))
    half = counts + 0.5
    changed = np.log2(half[:, a] / half[:, b])
    variance = (1 / half).sum(axis=1)
    table = counts[:, [a, b]].astype(np.int64)
    if others is None:
        changed -= float(np.log2(factors[a] / factors[b]))
        one_count = cache(lambda one, both: float(binomtest(one, both, share).pvalue))
        p_values = [one_count(one, one + other) for one, other in table.tolist()]
    else:
        rest = others + 0.5
        changed -= np.log2(rest[:, a] / rest[:, b])
        variance += (1 / rest).sum(axis=1)
        pairs = zip(table.tolist(), others[:, [a, b]].astype(np.int64).tolist(), strict=True)
        p_values = [float(fisher_exact([own, rest_of_group]).pvalue) for own, rest_of_group in pairs]
    errors = np.sqrt(variance) / np.log(2)
    return _Tests(changed, errors, np.array(p_values), np.zeros(len(counts), bool), "", 0)
