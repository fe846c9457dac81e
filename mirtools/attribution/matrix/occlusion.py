"""In-silico mutagenesis of a network on pairing matrices: cells switched off, and bases changed.

The matrix of the explainer ``ism`` is **occlusion**: the score minus the score with one cell of the pairing matrix
switched off, as if these two bases could not pair. Its values do not add up to the score.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mirtools.attribution.explained import Explained
from mirtools.attribution.matrix.deep import probability
from mirtools.attribution.matrix.explainer import MatrixExplainer
from mirtools.attribution.matrix.rules import forward, rules_of
from mirtools.attribution.mutagenesis import SIDES, base_importances
from mirtools.models.arrays import Codes, Floats
from mirtools.models.matrix.network import Network
from mirtools.models.matrix.steps import steps_of

_BATCH = 32


class MatrixScores:
    """Scores of pairing matrices, including those that no two sequences have.

    Parameters
    ----------
    network : Network
    weights : dict of str to ndarray
        Tensors by name.
    """

    def __init__(self, network: Network, weights: Mapping[str, Floats]) -> None:
        self._rules = rules_of(steps_of(network, weights), (network.site_length, network.mirna_length))
        self._table = network.rule.table()

    def matrices(self, mirnas: Codes, sites: Codes) -> Floats:
        """Return the pairing matrices of pairs."""
        return self._table[sites[:, :, None], mirnas[:, None, :]]

    def of(self, matrices: Floats) -> NDArray[np.float64]:
        """Return the scores of matrices, shape ``(n,)``, float64."""
        scores = np.empty(len(matrices))
        for start in range(0, len(matrices), _BATCH):
            logits, _ = forward(self._rules, matrices[start : start + _BATCH])
            scores[start : start + _BATCH] = probability(logits[:, 0])
        return scores

    def of_codes(self, mirnas: Codes, sites: Codes) -> NDArray[np.float64]:
        """Return the scores of pairs, shape ``(n,)``, float64."""
        scores = np.empty(len(mirnas))
        for start in range(0, len(mirnas), _BATCH):
            part = slice(start, start + _BATCH)
            scores[part] = self.of(self.matrices(mirnas[part], sites[part]))
        return scores


class Occlusion:
    """Values of cells: the score minus the score with the cell switched off; 0 for bases that do not pair.

    All channels of a cell are switched off; the value is assigned to the one with the largest magnitude.

    Parameters
    ----------
    network : Network
    weights : dict of str to ndarray
        Tensors by name.
    """

    expectation = math.nan
    threads = True

    def __init__(self, network: Network, weights: Mapping[str, Floats]) -> None:
        self._scores = MatrixScores(network, weights)

    def values(self, mirnas: Codes, sites: Codes) -> tuple[Floats, Floats]:
        """Return values ``(n, site length, miRNA length, channels)`` and scores ``(n,)``, float32."""
        matrices = self._scores.matrices(mirnas, sites)
        values = np.zeros_like(matrices)
        scores = self._scores.of(matrices)
        for number, matrix in enumerate(matrices):
            rows, columns = np.nonzero(matrix.any(axis=2))
            channels = np.abs(matrix[rows, columns]).argmax(axis=1)
            for start in range(0, len(rows), _BATCH):
                cells = rows[start : start + _BATCH], columns[start : start + _BATCH]
                without = np.repeat(matrix[None], len(cells[0]), axis=0)
                without[np.arange(len(without)), *cells] = 0
                lost = scores[number] - self._scores.of(without)
                values[number, *cells, channels[start : start + _BATCH]] = lost
        return values, scores.astype(np.float32)


class Mutagenesis(MatrixExplainer):
    """The explainer ``ism``: occlusion, and ISM Full for every base of both sequences."""

    approximate = True

    def __init__(self, network: Network, weights: Mapping[str, Floats]) -> None:
        super().__init__("ism", network, Occlusion(network, weights), None)
        self._scores = MatrixScores(network, weights).of_codes

    def explain_codes(self, mirnas: Codes, sites: Codes, channels: bool = False) -> Explained:
        """Explain pairs given as codes; ``mirna`` and ``site`` of the result are those of ISM Full."""
        found = super().explain_codes(mirnas, sites, channels)
        letters = self.network.rule.unknown
        by_mirna, by_site = (base_importances(self._scores, mirnas, sites, side, letters) for side in SIDES)
        return replace(found, mirna=by_mirna, site=by_site, approximate=True)
