"""Scores of pairs by a network on pairing matrices, computed with NumPy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from mirtools.computing.threads import in_order
from mirtools.models.arrays import Codes, Floats, finite, sigmoid
from mirtools.models.matrix.cost import cost_of
from mirtools.models.matrix.network import Network
from mirtools.models.matrix.steps import run_steps, steps_of

_BATCH, _BATCH_VALUES = 16, 1 << 24  # pairs, and numbers of the largest layer


class MatrixPairScorer:
    """Scores pairs with a network on pairing matrices.

    Parameters
    ----------
    network : Network
    weights : dict of str to ndarray
        Tensors by name, float32.

    Attributes
    ----------
    batch_size : int
        Pairs computed at once: few, so that they fit into the processor's cache, or at least into memory.
    """

    def __init__(self, network: Network, weights: Mapping[str, Floats]) -> None:
        self.network = network
        self.steps = steps_of(network, weights)
        self.batch_size = max(1, min(_BATCH, _BATCH_VALUES // cost_of(network).layer_values))
        self._table = network.rule.table()

    @np.errstate(over="ignore", invalid="ignore")
    def logits(self, mirnas: Codes, sites: Codes) -> Floats:
        """Return the logit of the score of every pair, shape ``(n,)``, float32."""
        logits = np.empty(len(mirnas), np.float32)
        for start in range(0, len(mirnas), self.batch_size):
            part = slice(start, start + self.batch_size)
            matrices = self._table[sites[part, :, None], mirnas[part, None, :]]
            logits[part] = run_steps(self.steps, matrices)[:, 0]
        return finite(logits)

    def score(self, mirnas: Codes, sites: Codes) -> Floats:
        """Return the probability of interaction of every pair, shape ``(n,)``, float32.

        Parameters
        ----------
        mirnas : ndarray of shape (n, miRNA length), uint8
        sites : ndarray of shape (n, site length), uint8
            Codes by the network's encoder.
        """
        return sigmoid(self.logits(mirnas, sites))

    def score_stream(self, batches: Iterable[tuple[Codes, Codes]], threads: int = 1) -> Iterator[Floats]:
        """Yield the scores of every batch, in order, with at most ``2 * threads`` batches waiting."""
        yield from in_order(lambda codes: self.score(*codes), batches, threads)
