"""The paper's variant with abundances: read coverages of miRNA and target are added to the last layer.

(Talukder et al. 2022, Discussion.) The last layer is a sum, so abundance shifts the logit of the sequences' score:
``sigmoid(logit(score) + kernel . (log(1 + coverage) - mean) / deviation)``, with the output's normalisation.
At average abundance the score is that of the sequences alone.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mirtools.models.arrays import Floats
from mirtools.models.dmiso import architecture

NAME = "dmiso-abundance"
TENSOR_SHAPES: Mapping[str, tuple[int, ...]] = {
    **architecture.TENSOR_SHAPES,
    "abundance.kernel": (2, 1),  # miRNA, target
    "abundance.mean": (2,),
    "abundance.deviation": (2,),
}
# beyond this, float32 probabilities cannot distinguish logits
_LARGEST_LOGIT = 16.0


def scale_of(coverages: NDArray[np.float64]) -> dict[str, Floats]:
    """Return mean and standard deviation (1 for constants) of log coverages ``(n, 2)`` as tensors."""
    logs = np.log1p(coverages)
    deviation = logs.std(axis=0)
    deviation[deviation < 1e-6] = 1
    return {"abundance.mean": logs.mean(axis=0).astype("f4"), "abundance.deviation": deviation.astype("f4")}


def scaled(weights: Mapping[str, Floats], coverages: NDArray[np.float64]) -> Floats:
    """Return coverages ``(n, 2)`` as the network's input: logarithms, centred and scaled."""
    deviation = np.maximum(weights["abundance.deviation"], 1e-6)
    return ((np.log1p(coverages) - weights["abundance.mean"]) / deviation).astype(np.float32)


def shifts(weights: Mapping[str, Floats], coverages: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the shift of each logit by abundances, shape ``(n,)``."""
    norm = weights["output_norm.gamma"][0] / np.sqrt(
        np.float64(weights["output_norm.variance"][0]) + architecture.NORM_EPSILON
    )
    added = scaled(weights, coverages).astype(np.float64) @ weights["abundance.kernel"][:, 0].astype(np.float64)
    return np.asarray(added * norm, np.float64)


def shifted(scores: Floats, shift: NDArray[np.float64]) -> Floats:
    """Return the scores of sequences after shifting their logits, float32."""
    probabilities = scores.astype(np.float64)
    with np.errstate(divide="ignore"):
        logits = np.log(probabilities) - np.log1p(-probabilities)
    moved = np.clip(logits, -_LARGEST_LOGIT, _LARGEST_LOGIT) + shift
    return (1 / (1 + np.exp(-np.clip(moved, -500, 500)))).astype(np.float32)
