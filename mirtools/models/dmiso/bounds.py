"""A bound of DMISO's values, computed from its weights when a model is read.

Finite weights can still make scores that are not numbers. Such a model is rejected.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mirtools.models.arrays import Floats
from mirtools.models.dmiso import architecture
from mirtools.models.dmiso.weights import Folded, fold

# The largest number of single precision is 3e38, and values are squared.
_LARGEST_POSSIBLE = 1e18


def overflows(weights: Mapping[str, Floats]) -> bool:
    """Return whether the computation of a score, or of its explanation, may overflow.

    Parameters
    ----------
    weights : dict of str to ndarray
        Finite.
    """
    with np.errstate(all="ignore"):
        return not _reach(weights) <= _LARGEST_POSSIBLE


def _reach(weights: Mapping[str, Floats]) -> float:
    """Return the largest possible magnitude of any value; the states of an LSTM are at most 1 for any input."""
    folded: Folded = fold(dict(weights))
    parts = {name: np.abs(np.asarray(value, np.float64)) for name, value in folded._asdict().items()}
    merged = max(
        (parts[f"{branch}_strip"].sum(axis=1) + np.tile(parts[f"{branch}_bias"], 4)).max()
        for branch in ("mirna", "site")
    )
    kernels = architecture.KERNELS
    gates = parts["gates"]
    inputs = (
        gates[:, :, :kernels].sum(axis=2) * merged
        + gates[:, :, kernels]
        + 2 * gates[:, :, kernels + 1 :].sum(axis=2)
    )
    hidden = 2 * parts["dense"].reshape(architecture.DENSE_UNITS, -1).sum(axis=1) + parts["dense_bias"][:, 0]
    logit = parts["output"][0] @ hidden + parts["output_bias"]
    own = [np.abs(np.asarray(value, np.float64)).max() for value in weights.values()]
    return float(np.max([merged, inputs.max(), hidden.max(), logit, *own]))
