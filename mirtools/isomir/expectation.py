"""The expectation step of :mod:`mirtools.isomir.junction`, compiled: one pass over all options of all rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirtools.computing.compiled import compiled

# Smallest share of a part, so that no likelihood is 0 without need
_TRACE = 1e-9
_NEVER = 1e-300


def expect(
    bounds: NDArray[np.int64],
    part_of: NDArray[Any],
    linker: NDArray[Any],
    cost: NDArray[np.float64],
    weights: NDArray[np.float64],
    n_linkers: int,
    rounds: int,
) -> NDArray[np.float64]:
    """Return the probability of each option within its row, by expectation-maximisation.

    Parameters
    ----------
    bounds : array of int64, shape (rows + 1,)
        Where the options of each row begin and end.
    part_of, linker : array of int, shape (options,)
        Number of the part and of linker bases of each option.
    cost : array of float64, shape (options,)
        Likelihood of the other bases of an option.
    weights : array of float64, shape (rows,)
        Reads of each row.
    n_linkers : int
        How many numbers of linker bases may occur: 0 to ``n_linkers - 1``.
    rounds : int

    Returns
    -------
    array of float64, shape (options,)
    """
    shares: NDArray[Any] = np.bincount(part_of, np.repeat(weights, np.diff(bounds)))
    linkers: NDArray[np.float64] = 0.5 ** np.arange(1.0, n_linkers + 1)
    likely = np.empty(len(part_of))
    for _ in range(rounds):
        expected_shares, expected_linkers = np.zeros(len(shares)), np.zeros(len(linkers))
        _pass(bounds, part_of, linker, cost, weights, shares, linkers, likely, expected_shares, expected_linkers)
        shares, linkers = expected_shares, expected_linkers + 1.0
        linkers /= linkers.sum()
    return likely


@compiled
def _pass(
    bounds: Any,
    part_of: Any,
    linker: Any,
    cost: Any,
    weights: Any,
    shares: Any,
    linkers: Any,
    likely: Any,
    expected_shares: Any,
    expected_linkers: Any,
) -> None:
    for row in range(len(weights)):
        total = 0.0
        for option in range(bounds[row], bounds[row + 1]):
            # every part keeps a small share, so that a row has a likeliest part even if all its shares vanish
            share = max(shares[part_of[option]], _TRACE)
            likely[option] = share * linkers[linker[option]] * cost[option]
            total += likely[option]
        total = max(total, _NEVER)
        for option in range(bounds[row], bounds[row + 1]):
            likely[option] /= total
            reads = likely[option] * weights[row]
            expected_shares[part_of[option]] += reads
            expected_linkers[linker[option]] += reads
