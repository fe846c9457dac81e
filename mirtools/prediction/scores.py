"""Printed scores, with six decimals, and predictions that agree with them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_PARTS = 1e6


def printed(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return scores rounded as :func:`score_cells` prints them.

    >>> printed(np.array([0.12345651], np.float32)).tolist()
    [0.123457]
    """
    rounded: NDArray[np.float64] = np.rint(scores.astype(np.float64) * _PARTS) / _PARTS
    return rounded


def score_cells(scores: NDArray[np.float32], threshold: float) -> Iterator[tuple[str, str]]:
    """Yield score and prediction as printed; the prediction depends on the printed score."""
    for score in printed(scores).tolist():
        yield f"{score:.6f}", "1" if score > threshold else "0"
