"""AUROC with its interval: how well a number tells positives from negatives."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# Two-sided 95 %
_NORMAL = 1.959964


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
        1 positive, 0 negative; both must be there.
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
