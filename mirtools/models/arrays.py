"""Array types of all model families, and the logistic function."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import InputError

Codes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Weights = dict[str, Floats]


def sigmoid(x: Floats) -> Floats:
    """Return ``1 / (1 + exp(-x))`` without overflow."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)


def finite(values: Floats) -> Floats:
    """Return the values if all are finite: a last check, after :meth:`mirtools.models.base.Family.overflows`.

    Raises
    ------
    InputError
        If a value is not finite.
    """
    if not np.isfinite(values).all():
        raise InputError("the model's values overflow with these sequences; use another model")
    return values
