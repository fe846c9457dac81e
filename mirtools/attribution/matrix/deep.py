"""DeepSHAP of networks on pairing matrices: attributions by the rescale rule, averaged over background pairs.

The values of the background pairs' forward pass are kept. The forward pass of a pair runs once, the backward pass
for as many background pairs at a time as fit into the processor's cache.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mirtools.attribution.matrix import backward_kernels as kernels
from mirtools.attribution.matrix.rules import Cells, FirstConvolution, Kept, backward, forward, rules_of
from mirtools.models.arrays import Codes, Floats, sigmoid
from mirtools.models.matrix.network import Network
from mirtools.models.matrix.steps import Convolution, steps_of

BLOCK = 20
_CLOSE = 1e-6


@dataclass(frozen=True)
class _Block:
    """Some background pairs: the values of their forward pass, and their cells that are not 0."""

    matrices: Floats
    kept: list[Kept]
    logits: Floats
    shares: Floats
    cells: Cells


class DeepShap:
    """Explains the score of a network.

    Parameters
    ----------
    network : Network
    weights : dict of str to ndarray
        Tensors by name.
    mirnas, sites : ndarray
        Codes of the background pairs.
    shares : ndarray of shape (n,), optional
        The weight of each background pair; their sum is 1.

    Attributes
    ----------
    expectation : float
    threads : bool
    """

    threads = True

    def __init__(
        self,
        network: Network,
        weights: Mapping[str, Floats],
        mirnas: Codes,
        sites: Codes,
        shares: NDArray[np.float64] | None = None,
    ) -> None:
        steps = steps_of(network, weights)
        first = steps[0]
        # backward passes end after the first convolution; before it, only cells that are not 0 have values
        self._first = FirstConvolution(first) if isinstance(first, Convolution) else None
        self._rules = rules_of(steps, (network.site_length, network.mirna_length))
        self._table = network.rule.table()
        if shares is None:
            shares = np.full(len(mirnas), 1 / len(mirnas))
        self._blocks: list[_Block] = []
        self.expectation = 0.0
        for start in range(0, len(mirnas), BLOCK):
            part = slice(start, start + BLOCK)
            matrices = self._matrices(mirnas[part], sites[part])
            logits, kept = forward(self._rules, matrices)
            self.expectation += float((probability(logits[:, 0]) * shares[part]).sum())
            block = _Block(matrices, kept, logits, shares[part].astype(np.float32), Cells.of(matrices))
            self._blocks.append(block)

    def values(self, mirnas: Codes, sites: Codes) -> tuple[Floats, Floats]:
        """Return values ``(n, site length, miRNA length, channels)`` and scores ``(n,)``, float32."""
        matrices = self._matrices(mirnas, sites)
        values = np.zeros_like(matrices)
        scores = np.empty(len(matrices), np.float32)
        for number in range(len(matrices)):
            # one pair at a time, so that products have the same shape however many pairs there are
            pair = matrices[number : number + 1]
            logit, kept = forward(self._rules, pair)
            scores[number] = sigmoid(logit[0, 0])
            if self._first is None:
                self._add_all(pair, logit, kept, values[number])
            else:
                self._add_cells(self._first, pair, logit, kept, values[number])
        return values, scores

    def _add_all(self, pair: Floats, logit: Floats, kept: list[Kept], values: Floats) -> None:
        for block in self._blocks:
            ratios = _sigmoid_ratio(logit, block.logits)
            multipliers = backward(self._rules, ratios, kept, block.kept).reshape(len(ratios), -1)
            flat = block.matrices.reshape(multipliers.shape)
            kernels.add_values(multipliers, pair.reshape(-1), flat, block.shares, values.reshape(-1))

    def _add_cells(
        self, first: FirstConvolution, pair: Floats, logit: Floats, kept: list[Kept], values: Floats
    ) -> None:
        total: Floats | None = None
        for block in self._blocks:
            ratios = _sigmoid_ratio(logit, block.logits)
            multipliers = backward(self._rules[1:], ratios, kept[1:], block.kept[1:])
            # a value is multiplier * (pair - background); the pair's part is computed below for all backgrounds
            first.add(multipliers, block.cells, -block.shares, values)
            mean = np.tensordot(block.shares, multipliers, 1)
            total = mean if total is None else total + mean
        if total is not None:
            first.add(total[None], Cells.of(pair), np.ones(1, np.float32), values)

    def _matrices(self, mirnas: Codes, sites: Codes) -> Floats:
        return self._table[sites[:, :, None], mirnas[:, None, :]]


def probability(logits: Floats) -> NDArray[np.float64]:
    """Return the sigmoid, in double precision."""
    return np.exp(-np.logaddexp(0, -logits.astype(np.float64)))


def _sigmoid_ratio(pair: Floats, background: Floats) -> Floats:
    """Return the ratio of differences after and before the sigmoid, or its gradient, shape ``(n, 1)``."""
    difference = pair.astype(np.float64) - background
    close = np.abs(difference) < _CLOSE
    before = probability(background)
    ratio = (probability(pair) - before) / np.where(close, 1, difference)
    return np.where(close, before * (1 - before), ratio).astype(np.float32)
