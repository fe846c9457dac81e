"""DMISO's forward pass for every miRNA of a list against every window of a list, with shared work done once.

The miRNA comes first in the sequence of 70 steps. Therefore the forward LSTM's first 20 steps depend only on the
miRNA and the backward LSTM's first 50 only on the window, as do the convolutions and the parts of the dense layer
that read these. For each pair, 50 steps of one direction, 20 of the other, and half of the dense layer remain.

Scores equal those of :class:`mirtools.models.dmiso.pair_scorer.DmisoPairScorer` up to rounding (1e-6), and do not
depend on other windows or on threads.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mirtools.models.arrays import Codes, Floats, Weights, sigmoid
from mirtools.models.dmiso import architecture
from mirtools.models.dmiso.architecture import DENSE_UNITS, KERNELS, LSTM_UNITS, MIRNA_STEPS, SITE_STEPS
from mirtools.models.dmiso.layers import WIDTH, PooledConvolution, Recurrence, steady_columns, widen
from mirtools.models.dmiso.weights import STEP_INPUTS, fold
from mirtools.models.tiling import Windows

_STATE = slice(KERNELS + 1, None)


class Mirnas(NamedTuple):
    """The results of miRNAs that all windows share.

    Attributes
    ----------
    hidden, cell : ndarray of shape (n, LSTM_UNITS)
        The states of the forward LSTM after the miRNA (``hidden`` doubled).
    gates : ndarray of shape (n, MIRNA_STEPS, 4 * LSTM_UNITS)
        The miRNA's inputs to the gates of the backward LSTM, in the order of its steps.
    dense : ndarray of shape (n, DENSE_UNITS)
        The miRNA's input to the dense layer through the forward LSTM.
    """

    hidden: Floats
    cell: Floats
    gates: Floats
    dense: Floats


class _Workspace:
    """The arrays of one thread."""

    def __init__(self) -> None:
        self.inputs = np.ones((SITE_STEPS + 1, 1, STEP_INPUTS, WIDTH), np.float32)
        self.states = np.empty((MIRNA_STEPS + SITE_STEPS, 1, LSTM_UNITS, WIDTH), np.float32)
        self.own = np.ones((1, LSTM_UNITS + 1, WIDTH), np.float32)  # states, and a one for the other inputs
        self.gates = np.empty((MIRNA_STEPS, 1, 4 * LSTM_UNITS, LSTM_UNITS + 1), np.float32)
        self.hidden = np.empty((DENSE_UNITS, WIDTH), np.float32)
        self.site = PooledConvolution(architecture.SITE_LENGTH)
        self.recurrence = Recurrence(1)
        self.site_hidden = np.empty((DENSE_UNITS, WIDTH), np.float32)
        self.site_state = np.empty((2, 1, LSTM_UNITS, WIDTH), np.float32)


class DmisoWindowScorer:
    """Scores a list of miRNAs against windows.

    Parameters
    ----------
    weights : dict of str to ndarray
        A tensor table as :class:`mirtools.models.modelfile.Model` holds it.
    mirnas : ndarray of shape (n, 30), uint8
        Base codes, see :func:`mirtools.io.encoding.encode`.

    Attributes
    ----------
    batch_size : int
        Windows computed at once; fewer take equally long.
    """

    def __init__(self, weights: Weights, mirnas: Codes) -> None:
        folded = self._folded = fold(weights)
        forward, backward = folded.dense[:, :, 0], folded.dense[:, :, 1]

        def flat(*parts: Floats) -> Floats:
            return np.ascontiguousarray(np.concatenate(parts, axis=1).reshape(DENSE_UNITS, -1))

        self._mirna_dense = flat(forward[:, :MIRNA_STEPS])
        self._site_dense = flat(backward[:, :SITE_STEPS])
        self._pair_dense = flat(forward[:, MIRNA_STEPS:], backward[:, SITE_STEPS:])
        self._own_gates = np.ascontiguousarray(folded.gates[1, :, _STATE])
        matrices = (folded.mirna_strip, folded.site_strip, folded.gates[0], folded.output)
        shapes = [matrix.shape for matrix in (*matrices, self._mirna_dense, self._site_dense, self._pair_dense)]
        shapes += [(4 * LSTM_UNITS, KERNELS + 1), (4 * LSTM_UNITS, LSTM_UNITS + 1)]
        self._columns = steady_columns(shapes)
        self.batch_size = len(self._columns)
        self._local = threading.local()
        parts = [self._prepare(mirnas[at : at + self.batch_size]) for at in range(0, len(mirnas), self.batch_size)]
        self._mirnas = Mirnas(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))

    def score(self, mirnas: Sequence[int], sites: Codes) -> Floats:
        """Return the probability of interaction of every miRNA and window, float32.

        Parameters
        ----------
        mirnas : sequence of int
            Indices of miRNAs in the list.
        sites : ndarray of shape (n, 60), uint8

        Returns
        -------
        ndarray of shape (mirnas, n)
        """
        scores = np.empty((len(mirnas), len(sites)), np.float32)
        for start in range(0, len(sites), self.batch_size):
            part = sites[start : start + self.batch_size]
            self._batch(mirnas, part, scores[:, start : start + len(part)])
        return scores

    def score_windows(self, mirnas: Sequence[int], windows: Windows, first: int, last: int) -> Floats:
        """Return the scores of miRNAs and windows ``first`` to before ``last``, shape ``(mirnas, windows)``."""
        return self.score(mirnas, windows.codes(first, last))

    def _workspace(self) -> _Workspace:
        if not hasattr(self._local, "work"):
            self._local.work = _Workspace()
        work: _Workspace = self._local.work
        return work

    def _prepare(self, codes: Codes) -> Mirnas:
        """Compute what depends only on the miRNAs, for up to ``batch_size`` of them."""
        work, folded, columns = self._workspace(), self._folded, self._columns[: len(codes)]
        x, states, recurrence = work.inputs[: MIRNA_STEPS + 1], work.states[:MIRNA_STEPS], work.recurrence
        branch = PooledConvolution(architecture.MIRNA_LENGTH)
        branch.run(widen(codes, columns), folded.mirna_strip, folded.mirna_bias, x[:MIRNA_STEPS, 0, :KERNELS])
        x[0, :, _STATE] = 0
        recurrence.cell.fill(0)
        for step in range(MIRNA_STEPS):
            recurrence.step(folded.gates[:1], x[step], states[step])
            x[step + 1, :, _STATE] = states[step]
        matrix = np.ascontiguousarray(folded.gates[1, :, : KERNELS + 1])
        gates = [matrix @ np.ascontiguousarray(x[step, 0, : KERNELS + 1]) for step in reversed(range(MIRNA_STEPS))]
        dense = self._mirna_dense @ states.reshape(-1, WIDTH)
        return Mirnas(
            hidden=states[-1, 0][:, columns].T.copy(),
            cell=recurrence.cell[0][:, columns].T.copy(),
            gates=np.stack(gates)[:, :, columns].transpose(2, 0, 1).copy(),
            dense=dense[:, columns].T.copy(),
        )

    def _batch(self, mirnas: Sequence[int], codes: Codes, out: Floats) -> None:
        work, folded, columns = self._workspace(), self._folded, self._columns[: len(codes)]
        x, recurrence, shared = work.inputs, work.recurrence, self._mirnas
        work.site.run(widen(codes, columns), folded.site_strip, folded.site_bias, x[:SITE_STEPS, 0, :KERNELS])
        x[SITE_STEPS - 1, :, _STATE] = 0
        recurrence.cell.fill(0)
        states = work.states[:SITE_STEPS]
        for step in range(SITE_STEPS):
            place = SITE_STEPS - 1 - step
            recurrence.step(folded.gates[1:], x[place], states[step])
            x[place - 1, :, _STATE] = states[step]
        hidden, cell = work.site_state
        hidden[:], cell[:] = states[-1], recurrence.cell
        dense = np.matmul(self._site_dense, states.reshape(-1, WIDTH), out=work.site_hidden)
        dense += folded.dense_bias

        work.gates[:, 0, :, :LSTM_UNITS] = self._own_gates
        for row, number in enumerate(mirnas):
            states = work.states
            x[0, 0, _STATE] = shared.hidden[number][:, None]
            recurrence.cell[0] = shared.cell[number][:, None]
            for step in range(SITE_STEPS):
                recurrence.step(folded.gates[:1], x[step], states[step])
                x[step + 1, :, _STATE] = states[step]
            work.gates[:, 0, :, LSTM_UNITS] = shared.gates[number]
            work.own[:, :LSTM_UNITS] = hidden
            recurrence.cell[:] = cell
            for step in range(MIRNA_STEPS):
                recurrence.step(work.gates[step], work.own, states[SITE_STEPS + step])
                work.own[:, :LSTM_UNITS] = states[SITE_STEPS + step]
            np.matmul(self._pair_dense, states.reshape(-1, WIDTH), out=work.hidden)
            work.hidden += dense
            work.hidden += shared.dense[number][:, None]
            np.maximum(work.hidden, 0, out=work.hidden)
            logits = (folded.output @ work.hidden)[0, columns]
            out[row] = sigmoid(logits + np.float32(folded.output_bias))
