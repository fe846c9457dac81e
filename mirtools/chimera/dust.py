"""Low-complexity masking: symmetric DUST (Morgulis et al. 2006, J Comput Biol 13:1028), as BLAST uses it.

An interval of a read has low complexity if few triplets make up most of it. With ``c`` the count of each triplet
and ``l`` the number of triplets, its score is sum(c (c - 1) / 2) / (l - 1). Intervals of at most 64 bases that
score above 2, and do not contain an interval with a higher score, are masked.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirtools.chimera.references import N
from mirtools.computing.compiled import compiled

_WINDOW = 64
_THRESHOLD = 2.0
# An interval can only score above the threshold if a triplet occurs this often in it
_LEAST_COUNT = 5


@compiled
def mask_low_complexity(bases: NDArray[np.uint8], masked: NDArray[np.bool_]) -> Any:
    """Set ``masked`` for bases of low complexity in one read; ``N`` ends an interval.

    Parameters
    ----------
    bases : array of uint8, shape (n,)
        Codes of one read.
    masked : array of bool, shape (n,)
        All False; changed in place.
    """
    triplets = len(bases) - 2
    counts = np.zeros(64, np.int32)
    most = 0
    for start in range(triplets):
        triplet = _triplet(bases, start)
        if triplet >= 0:
            counts[triplet] += 1
            most = max(most, counts[triplet])
    if most < _LEAST_COUNT:
        return
    # highest[j]: best score of the intervals that start after the present one and end at triplet j or before
    highest = np.zeros(triplets, np.float64)
    for start in range(triplets - 1, -1, -1):
        counts[:] = 0
        equal_pairs = 0
        best = 0.0
        for last in range(start, min(start + _WINDOW - 2, triplets)):
            triplet = _triplet(bases, last)
            if triplet < 0:
                break
            equal_pairs += counts[triplet]
            counts[triplet] += 1
            score = equal_pairs / (last - start) if last > start else 0.0
            best = max(best, highest[last])
            if score > _THRESHOLD and score >= best:
                masked[start : last + 3] = True
            best = max(best, score)
            highest[last] = best


@compiled
def _triplet(bases: NDArray[np.uint8], start: int) -> Any:
    a, b, c = np.int64(bases[start]), np.int64(bases[start + 1]), np.int64(bases[start + 2])
    if a >= N or b >= N or c >= N:
        return -1
    return (a << 4) | (b << 2) | c
