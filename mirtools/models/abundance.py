"""The paper's variant that knows abundances: read coverages of miRNA and target join the last layer.

(Talukder et al. 2022, Discussion.) The last layer is a sum, so abundance shifts the logit of the sequences' score:
``sigmoid(logit(score) + kernel . (log(1 + coverage) - mean) / deviation)``, the output's normalisation applied.
At average abundance the score is that of the sequences alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import shorten
from mirtools.interactions import TableReader
from mirtools.models import dmiso

COLUMNS = ("mirna_coverage", "target_coverage")
NAME = "dmiso-abundance"
TENSOR_SHAPES: Mapping[str, tuple[int, ...]] = {
    **dmiso.TENSOR_SHAPES,
    "abundance.kernel": (2, 1),  # miRNA, target
    "abundance.mean": (2,),
    "abundance.deviation": (2,),
}
# a float32 probability tells logits apart up to here
_LARGEST_LOGIT = 16.0

Floats = NDArray[np.float32]


def knows_abundance(weights: Mapping[str, Any]) -> bool:
    """Tell whether a tensor table is of the variant."""
    return "abundance.kernel" in weights


def scale_of(coverages: NDArray[np.float64]) -> dict[str, Floats]:
    """Return mean and standard deviation of log coverages ``(n, 2)`` as tensors; a constant gets deviation 1."""
    logs = np.log1p(coverages)
    deviation = logs.std(axis=0)
    deviation[deviation < 1e-6] = 1
    return {"abundance.mean": logs.mean(axis=0).astype("f4"), "abundance.deviation": deviation.astype("f4")}


def scaled(weights: Mapping[str, Floats], coverages: NDArray[np.float64]) -> Floats:
    """Return coverages ``(n, 2)`` as the network takes them: logarithms, centred and scaled."""
    deviation = np.maximum(weights["abundance.deviation"], 1e-6)
    return ((np.log1p(coverages) - weights["abundance.mean"]) / deviation).astype(np.float32)


def shifts(weights: Mapping[str, Floats], coverages: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what abundances add to each logit, shape ``(n,)``."""
    norm = weights["output_norm.gamma"][0] / np.sqrt(
        np.float64(weights["output_norm.variance"][0]) + dmiso.NORM_EPSILON
    )
    added = scaled(weights, coverages).astype(np.float64) @ weights["abundance.kernel"][:, 0].astype(np.float64)
    return np.asarray(added * norm, np.float64)


def shifted(scores: Floats, shift: NDArray[np.float64]) -> Floats:
    """Return scores of sequences with the shifts of their logits applied, float32."""
    probabilities = scores.astype(np.float64)
    with np.errstate(divide="ignore"):
        logits = np.log(probabilities) - np.log1p(-probabilities)
    moved = np.clip(logits, -_LARGEST_LOGIT, _LARGEST_LOGIT) + shift
    return (1 / (1 + np.exp(-np.clip(moved, -500, 500)))).astype(np.float32)


class AbundanceReader:
    """Takes the coverages of a table's rows.

    Parameters
    ----------
    reader : TableReader

    Raises
    ------
    InputError
        Where the table lacks a column of coverages.
    """

    def __init__(self, reader: TableReader) -> None:
        self._reader = reader
        self._places = [reader.index(name) for name in COLUMNS]

    def coverages(self, row: Sequence[str]) -> list[float]:
        """Return the coverages of miRNA and target; raises InputError for what is no number of reads."""
        values = []
        for place in self._places:
            try:
                value = float(row[place])
            except ValueError:
                value = math.nan
            if not 0 <= value < math.inf:
                name, cell = self._reader.columns[place], shorten(row[place], 20)
                problem = f"{name} is '{cell}'; give a number of reads, or use a model without abundance"
                raise self._reader.error(problem)
            values.append(value)
        return values
