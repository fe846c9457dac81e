"""DMISO's forward pass without TensorFlow: scores of pairs, both LSTM directions together.

A pair's score does not depend on other pairs, their number or order, or the number of threads.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator

import numpy as np

from mirtools.computing.threads import in_order
from mirtools.models.arrays import Codes, Floats, Weights, sigmoid
from mirtools.models.dmiso import architecture
from mirtools.models.dmiso.architecture import KERNELS, LSTM_UNITS, MIRNA_STEPS, STEPS
from mirtools.models.dmiso.layers import WIDTH, PooledConvolution, Recurrence, steady_columns, widen
from mirtools.models.dmiso.weights import STEP_INPUTS, fold


class _Workspace:
    """The arrays of one thread's batches."""

    def __init__(self) -> None:
        # the row of ones after the merged branches, for the bias, stays as it is
        self.inputs = np.ones((STEPS + 1, 2, STEP_INPUTS, WIDTH), np.float32)
        self.inputs[0, :, KERNELS + 1 :] = 0
        self.states = np.empty((STEPS, 2, LSTM_UNITS, WIDTH), np.float32)
        self.mirna, self.site = (
            PooledConvolution(architecture.MIRNA_LENGTH),
            PooledConvolution(architecture.SITE_LENGTH),
        )
        self.recurrence = Recurrence(2)
        self.hidden = np.empty((architecture.DENSE_UNITS, WIDTH), np.float32)


class DmisoPairScorer:
    """Scores pairs with a model's weights.

    Parameters
    ----------
    weights : dict of str to ndarray
        A tensor table as :class:`mirtools.models.modelfile.Model` holds it.

    Attributes
    ----------
    batch_size : int
        Pairs computed at once; a smaller batch takes equally long.
    """

    def __init__(self, weights: Weights) -> None:
        folded = self._folded = fold(weights)
        self._dense = folded.dense.reshape(architecture.DENSE_UNITS, -1)
        products = (folded.mirna_strip, folded.site_strip, folded.gates[0], self._dense, folded.output)
        self._columns = steady_columns(matrix.shape for matrix in products)
        self.batch_size = len(self._columns)
        self._local = threading.local()

    def score(self, mirnas: Codes, sites: Codes) -> Floats:
        """Return the probability of interaction of every pair, shape ``(n,)``, float32.

        Parameters
        ----------
        mirnas : ndarray of shape (n, 30), uint8
        sites : ndarray of shape (n, 60), uint8
            Base codes, see :func:`mirtools.io.encoding.encode`.
        """
        scores = np.empty(len(mirnas), np.float32)
        for start in range(0, len(mirnas), self.batch_size):
            stop = min(start + self.batch_size, len(mirnas))
            scores[start:stop] = self._batch(mirnas[start:stop], sites[start:stop])
        return scores

    def score_stream(self, batches: Iterable[tuple[Codes, Codes]], threads: int = 1) -> Iterator[Floats]:
        """Yield the scores of every batch, in order, with at most ``2 * threads`` batches waiting."""
        yield from in_order(lambda codes: self.score(*codes), batches, threads)

    def _batch(self, mirnas: Codes, sites: Codes) -> Floats:
        if not hasattr(self._local, "work"):
            self._local.work = _Workspace()
        work: _Workspace = self._local.work
        folded, x, states = self._folded, work.inputs, work.states
        merged = x[:STEPS, 0, :KERNELS]
        work.mirna.run(widen(mirnas, self._columns), folded.mirna_strip, folded.mirna_bias, merged[:MIRNA_STEPS])
        work.site.run(widen(sites, self._columns), folded.site_strip, folded.site_bias, merged[MIRNA_STEPS:])
        # the backward direction reads the steps from the last to the first
        x[:STEPS, 1, :KERNELS] = merged[::-1]
        work.recurrence.cell.fill(0)
        for step in range(STEPS):
            work.recurrence.step(folded.gates, x[step], states[step])
            x[step + 1, :, KERNELS + 1 :] = states[step]
        hidden = np.matmul(self._dense, states.reshape(-1, WIDTH), out=work.hidden)
        hidden += folded.dense_bias
        np.maximum(hidden, 0, out=hidden)
        logits = (folded.output @ hidden)[0, self._columns[: len(mirnas)]]
        return sigmoid(logits + np.float32(folded.output_bias))
