"""Reads that fit several sites equally well: shared between them by expectation-maximisation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_ROUNDS = 500
_CONVERGED = 1e-6
# a site that less of a read than this is likely to come from gets nothing of it
_LEAST_SHARE = 1e-3


def shares(row: Ints, site: Ints, reads: Floats, count: int) -> Floats:
    """Return which share of the reads of a row comes from each of the sites that they fit.

    The reads of a miRNA are taken as drawn from its sites, each site with a probability of its own: the maximum of
    the likelihood is found as in ChiRA and RSEM (Li et al. 2010), from equal shares on. Where only tied reads tell
    two sites apart, these stay equal.

    Parameters
    ----------
    row, site : array of int64, shape (entries,)
        Which row fits which site; no entry twice, at least one for each row.
    reads : array of float64, shape (rows,)
    count : int
        Number of sites.

    Returns
    -------
    array of float64, shape (entries,)
        Adds up to 1 over the entries of a row; nothing below a thousandth.
    """
    fits = np.bincount(row, minlength=len(reads))
    share: Floats = 1.0 / fits[row]
    tied = fits[row] > 1
    if not tied.any():
        return share
    own = np.bincount(site[~tied], reads[row[~tied]], minlength=count)
    at_row, at_site, weights = row[tied], site[tied], reads[row[tied]]
    of_tied: Floats = share[tied]
    for _ in range(_ROUNDS):
        abundance = own + np.bincount(at_site, of_tied * weights, minlength=count)
        new = _normalised(abundance[at_site], at_row, len(reads), of_tied)
        change = np.abs(new - of_tied).max()
        of_tied = new
        if change < _CONVERGED:
            break
    of_tied[of_tied < _LEAST_SHARE] = 0
    share[tied] = _normalised(of_tied, at_row, len(reads), share[tied])
    return share


def _normalised(weights: NDArray[Any], row: Ints, rows: int, otherwise: Floats) -> Floats:
    """Return weights that add up to 1 in each row; ``otherwise`` for rows that have none."""
    total = np.bincount(row, weights, minlength=rows)[row]
    return np.where(total > 0, weights / np.where(total > 0, total, 1), otherwise)
