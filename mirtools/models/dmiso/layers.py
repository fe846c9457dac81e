"""The layers of DMISO's forward pass in NumPy, for many sequences or pairs at once.

Arrays are feature-major, ``(feature, pair)``, so that a layer is one matrix product. All matrices have the same
number of columns, and only columns that the machine's matrix product treats identically hold pairs
(:func:`steady_columns`). Therefore the result of a pair does not depend on other pairs.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from mirtools.io.encoding import N_CODE, ONE_HOT
from mirtools.models.arrays import Codes, Floats
from mirtools.models.dmiso.architecture import KERNEL_WIDTH, KERNELS, LSTM_UNITS
from mirtools.models.dmiso.weights import CANDIDATE, STRIP

# Columns of every matrix: few enough for a step to fit into the cache. OpenBLAS's kernels for AVX2 treat 480 of
# 512 columns identically, those for AVX-512 all.
WIDTH = 512


class Recurrence:
    """The LSTM, one step at a time, in one or both directions at once."""

    def __init__(self, directions: int) -> None:
        self._gates = np.empty((directions, 4 * LSTM_UNITS, WIDTH), np.float32)
        self._active = np.empty((directions, LSTM_UNITS, WIDTH), np.float32)
        self.cell = np.zeros((directions, LSTM_UNITS, WIDTH), np.float32)
        self._enter, self._forget, self._leave, self._candidate = (
            self._gates[:, number * LSTM_UNITS : (number + 1) * LSTM_UNITS] for number in range(4)
        )
        self._sigmoids = self._gates[:, : CANDIDATE * LSTM_UNITS]

    def step(self, matrix: Floats, inputs: Floats, out: Floats) -> None:
        """Write twice the hidden state after one more step into ``out``.

        Parameters
        ----------
        matrix : ndarray of shape (directions, 4 * LSTM_UNITS, inputs)
            As :class:`mirtools.models.dmiso.weights.Folded` describes it.
        inputs : ndarray of shape (directions, inputs, WIDTH)
        out : ndarray of shape (directions, LSTM_UNITS, WIDTH)
        """
        gates, sigmoids, cell = self._gates, self._sigmoids, self.cell
        enter, forget = self._enter, self._forget
        np.matmul(matrix, inputs, out=gates)
        np.tanh(gates, out=gates)
        np.add(sigmoids, 1, out=sigmoids)
        # 2c = (forget + 1) * c + (enter + 1) * candidate
        np.multiply(enter, self._candidate, out=enter)
        np.multiply(forget, cell, out=forget)
        np.add(enter, forget, out=cell)
        np.multiply(cell, 0.5, out=cell)
        # 2h = (leave + 1) * tanh(c)
        np.tanh(cell, out=self._active)
        np.multiply(self._leave, self._active, out=out)


def steady_columns(shapes: Iterable[tuple[int, ...]]) -> NDArray[np.intp]:
    """Return the columns in which products with matrices of these shapes give bitwise equal results.

    Matrix libraries work in tiles, and tiles at the edges of a matrix may add in another order, which changes the
    last bits. The columns with the most common result are returned, or all if they are fewer than a quarter.
    """
    random = np.random.default_rng(0)
    kinds = []
    for rows, inner in shapes:
        matrix = random.standard_normal((rows, inner), np.float32)
        column = random.standard_normal((inner, 1), np.float32)
        product = matrix @ np.repeat(column, WIDTH, axis=1)
        kinds.append(np.unique(product, axis=1, return_inverse=True)[1].ravel())
    # columns are equal if they are equal in all products
    _, kind, counts = np.unique(np.stack(kinds), axis=1, return_inverse=True, return_counts=True)
    steady = np.flatnonzero(kind.ravel() == counts.argmax())
    return steady if len(steady) >= WIDTH // 4 else np.arange(WIDTH)


def widen(codes: Codes, columns: NDArray[np.intp]) -> Codes:
    """Return base codes as (position, column): one sequence per given column, N in all others."""
    full = np.full((codes.shape[1], WIDTH), N_CODE, np.uint8)
    full[:, columns[: len(codes)]] = codes.T
    return full


class PooledConvolution:
    """Convolution, ReLU and max pooling of one branch.

    It reuses its arrays: the system would have to provide new ones of this size page by page in every call.

    Parameters
    ----------
    length : int
        Length of the sequences in nt.
    """

    def __init__(self, length: int) -> None:
        self._length = length
        self._positions = length - KERNEL_WIDTH + 1
        # the last strip may extend beyond the end, where it reads zeros; its surplus rows are not used
        self._strips = -(-self._positions // STRIP)
        self._hot = np.zeros((self._strips * STRIP + KERNEL_WIDTH - 1, 4, WIDTH), np.float32)
        self._convolved = np.empty((self._strips, STRIP * KERNELS, WIDTH), np.float32)
        self._pairs = np.empty((self._positions - 1, KERNELS, WIDTH), np.float32)

    def run(self, codes: Codes, strip: Floats, bias: Floats, out: Floats) -> None:
        """Convolve, and pool into ``out``.

        Parameters
        ----------
        codes : ndarray of shape (length, WIDTH)
        strip, bias : ndarray
            As :class:`mirtools.models.dmiso.weights.Folded` describes them.
        out : ndarray of shape (length - KERNEL_WIDTH - POOL + 2, KERNELS, WIDTH)
        """
        unknown = (codes == N_CODE) * ONE_HOT[N_CODE, 0]
        for base in range(4):
            np.add(codes == base, unknown, out=self._hot[: self._length, base])
        for number in range(self._strips):
            window = self._hot[number * STRIP : (number + 1) * STRIP + KERNEL_WIDTH - 1]
            np.matmul(strip, window.reshape(-1, WIDTH), out=self._convolved[number])
        values = self._convolved.reshape(-1, KERNELS, WIDTH)[: self._positions]
        # the maximum of four (POOL) is that of two pairs' maxima; ReLU and bias commute with it
        np.maximum(values[:-1], values[1:], out=self._pairs)
        np.maximum(self._pairs[:-2], self._pairs[2:], out=out)
        np.add(out, bias[:, None], out=out)
        np.maximum(out, 0, out=out)
