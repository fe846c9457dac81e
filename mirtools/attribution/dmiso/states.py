"""DMISO's forward pass, which keeps all values that the rescale rule compares between a pair and a background.

Arrays are feature-major with pairs in the last axis. Weights are folded
(:class:`mirtools.models.dmiso.weights.Folded`): there are no normalisations, gates are given as tanh of half their
input, and hidden states are doubled. Such linear changes of scale do not affect the rule.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.io.encoding import ONE_HOT
from mirtools.models.arrays import Codes, Floats, sigmoid
from mirtools.models.dmiso import architecture
from mirtools.models.dmiso.architecture import KERNEL_WIDTH, KERNELS, LSTM_UNITS, MIRNA_STEPS, POOL, STEPS
from mirtools.models.dmiso.layers import WIDTH, widen
from mirtools.models.dmiso.weights import CANDIDATE, STEP_INPUTS, Folded

GATES = 4 * LSTM_UNITS
# the nonlinear values in a step of one direction: the gates, and the cell state before the output gate
SLOPES = GATES + LSTM_UNITS
_STATE = slice(KERNELS + 1, None)
# OpenBLAS's kernels for AVX2 process twelve rows of a matrix at a time; in the remaining rows the last bits of the
# two halves of the columns may differ
_ROWS = 12


def filled_rows(rows: int) -> int:
    """Return the number of rows of a matrix after :func:`filled_up`.

    >>> filled_rows(20)
    24
    """
    return rows + -rows % _ROWS


def filled_up(matrix: Floats) -> Floats:
    """Return a matrix (or several) with rows of zeros added, so that all columns of its products are equal."""
    rows = matrix.shape[-2]
    margins = [(0, 0)] * (matrix.ndim - 2) + [(0, filled_rows(rows) - rows), (0, 0)]
    return np.ascontiguousarray(np.pad(matrix, margins))


class Branch(NamedTuple):
    """The values of one sequence up to the merged branches.

    Attributes
    ----------
    hot : ndarray of shape (length, 4, n), float32
    convolved : ndarray of shape (length - KERNEL_WIDTH + 1, KERNELS, n), float32
        Values before ReLU.
    pooled : ndarray of shape (length - KERNEL_WIDTH - POOL + 2, KERNELS, n), float32
    chosen : ndarray as pooled, uint8
        Which of the POOL positions has the largest value, the first if tied.
    """

    hot: Floats
    convolved: Floats
    pooled: Floats
    chosen: NDArray[np.uint8]


class States(NamedTuple):
    """The states of some pairs.

    Attributes
    ----------
    mirna, site : Branch
    before, after : ndarray of shape (STEPS, 2, SLOPES, n), float32
        Inputs and outputs of tanh per step and direction, in the order of computation: the gates i, f, o, c,
        LSTM_UNITS each, then the cell state.
    hidden : ndarray of shape (DENSE_UNITS, n), float32
        Values of the dense layer, before ReLU.
    logits, scores : ndarray of shape (n,), float32
    """

    mirna: Branch
    site: Branch
    before: Floats
    after: Floats
    hidden: Floats
    logits: Floats
    scores: Floats

    def __len__(self) -> int:
        return len(self.scores)


class Recorder:
    """Computes states.

    Parameters
    ----------
    folded : Folded
    columns : ndarray of int
        The columns in use among the ``WIDTH`` columns of every matrix, see
        :func:`mirtools.models.dmiso.layers.steady_columns`.
    """

    def __init__(self, folded: Folded, columns: NDArray[np.intp]) -> None:
        self._folded, self._columns = folded, columns
        # the kernels at a single position: the first of a strip
        inner = KERNEL_WIDTH * 4
        self._kernels = [filled_up(strip[:KERNELS, :inner]) for strip in (folded.mirna_strip, folded.site_strip)]
        self._dense = folded.dense.reshape(architecture.DENSE_UNITS, -1)

    @staticmethod
    def shapes() -> list[tuple[int, int]]:
        """Return the shapes (to, from) of the matrices by which pairs are multiplied."""
        return [
            (filled_rows(KERNELS), KERNEL_WIDTH * 4),
            (GATES, STEP_INPUTS),
            (architecture.DENSE_UNITS, STEPS * 2 * LSTM_UNITS),
            (1, architecture.DENSE_UNITS),
        ]

    def states(self, mirnas: Codes, sites: Codes) -> States:
        """Return the states of pairs.

        Parameters
        ----------
        mirnas : ndarray of shape (n, 30), uint8
        sites : ndarray of shape (n, 60), uint8
            Base codes, see :func:`mirtools.io.encoding.encode`.
        """
        count = max(-(-len(mirnas) // len(self._columns)), 1)
        parts = [
            self._batch(mirnas[part], sites[part])
            for part in (
                slice(number * len(self._columns), (number + 1) * len(self._columns)) for number in range(count)
            )
        ]
        return parts[0] if count == 1 else _joined(parts)

    def _batch(self, mirnas: Codes, sites: Codes) -> States:
        folded = self._folded
        mirna = _branch(widen(mirnas, self._columns), self._kernels[0], folded.mirna_bias)
        site = _branch(widen(sites, self._columns), self._kernels[1], folded.site_bias)
        x = np.ones((STEPS + 1, 2, STEP_INPUTS, WIDTH), np.float32)
        x[:MIRNA_STEPS, 0, :KERNELS], x[MIRNA_STEPS:STEPS, 0, :KERNELS] = mirna.pooled, site.pooled
        x[:STEPS, 1, :KERNELS] = x[:STEPS, 0, :KERNELS][::-1]
        x[0, :, _STATE] = 0
        before = np.empty((STEPS, 2, SLOPES, WIDTH), np.float32)
        after = np.empty_like(before)
        cell: Floats = np.zeros((2, LSTM_UNITS, WIDTH), np.float32)
        for step in range(STEPS):
            gates = before[step, :, :GATES]
            gates[:] = np.matmul(folded.gates, x[step])
            np.tanh(gates, out=after[step, :, :GATES])
            enter, forget, leave, candidate = (
                after[step, :, number * LSTM_UNITS : (number + 1) * LSTM_UNITS] for number in range(CANDIDATE + 1)
            )
            cell = ((forget + 1) * cell + (enter + 1) * candidate) * np.float32(0.5)
            before[step, :, GATES:] = cell
            after[step, :, GATES:] = np.tanh(cell)
            x[step + 1, :, _STATE] = (leave + 1) * after[step, :, GATES:]
        states = np.ascontiguousarray(x[1:, :, _STATE]).reshape(-1, WIDTH)
        hidden = self._dense @ states + folded.dense_bias
        logits = (folded.output @ np.maximum(hidden, 0))[0] + np.float32(folded.output_bias)
        of_all_columns = States(mirna, site, before, after, hidden, logits, sigmoid(logits))
        return _in_columns(of_all_columns, self._columns[: len(mirnas)])


def _branch(codes: Codes, kernels: Floats, bias: Floats) -> Branch:
    """Convolve position by position, so that equal bases give equal bits at every position, and ties are exact."""
    hot = np.ascontiguousarray(ONE_HOT[codes].transpose(0, 2, 1))
    positions = len(codes) - KERNEL_WIDTH + 1
    filled = np.empty((positions, len(kernels), WIDTH), np.float32)
    for position in range(positions):
        window = hot[position : position + KERNEL_WIDTH].reshape(-1, WIDTH)
        np.matmul(kernels, window, out=filled[position])
    convolved = filled[:, :KERNELS] + bias[:, None]
    rectified = np.maximum(convolved, 0)
    steps = positions - POOL + 1
    pooled = rectified[:steps].copy()
    chosen = np.zeros(pooled.shape, np.uint8)
    for place in range(1, POOL):
        other = rectified[place : place + steps]
        chosen[other > pooled] = place
        np.maximum(pooled, other, out=pooled)
    return Branch(hot, convolved, pooled, chosen)


def _in_columns(states: States, columns: NDArray[np.intp]) -> States:
    """Return the states of the pairs in some columns."""
    return _each([states], lambda arrays: np.take(arrays[0], columns, axis=-1))


def _joined(parts: list[States]) -> States:
    """Return the states of several batches as one."""
    return _each(parts, lambda arrays: np.concatenate(arrays, axis=-1))


def _each(parts: list[States], made: Callable[[list[Any]], Any]) -> States:
    """Return states with each array made of the corresponding arrays of the parts."""
    mirna, site = (
        Branch(*(made(list(arrays)) for arrays in zip(*branch, strict=True)))
        for branch in ([part.mirna for part in parts], [part.site for part in parts])
    )
    return States(mirna, site, *(made(list(arrays)) for arrays in zip(*(part[2:] for part in parts), strict=True)))
