"""The layers of DMISO's forward pass in NumPy, for many sequences or pairs at once.

Arrays are feature-major, ``(feature, pair)``: a layer is a plain matrix product. All matrices have the same number
of columns, and pairs stand only in those that the machine's matrix product treats alike
(:func:`steady_columns`), so no pair's result depends on the pairs beside it.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from mirtools.encoding import N_CODE, ONE_HOT
from mirtools.errors import InputError
from mirtools.models.dmiso import KERNEL_WIDTH, KERNELS, LSTM_UNITS
from mirtools.models.folding import CANDIDATE, STRIP, Floats

Codes = NDArray[np.uint8]

# Columns of every matrix: few enough that a step stays in the cache. OpenBLAS's kernels for AVX2 treat 480 of 512
# columns alike, those for AVX-512 all.
WIDTH = 512


class Recurrence:
    """The LSTM of ``directions`` directions at once, step by step."""

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
            As :class:`mirtools.models.folding.Folded` describes it.
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


def sigmoid(x: Floats) -> Floats:
    """Return ``1 / (1 + exp(-x))`` without overflow."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)


def finite(values: Floats) -> Floats:
    """Return values that are numbers as they are: for what :mod:`mirtools.models.bounds` could not rule out.

    Raises
    ------
    InputError
        Where one is none.
    """
    if not np.isfinite(values).all():
        raise InputError("the model's values overflow with these sequences; give another model")
    return values


def steady_columns(shapes: Iterable[tuple[int, ...]]) -> NDArray[np.intp]:
    """Return the columns in which products with matrices of these shapes give one column one result.

    Matrix libraries work in tiles, and those at the edges of a matrix may add in another order, which changes
    last bits. The most common result decides; where fewer than a quarter of the columns give it, all are returned.
    """
    random = np.random.default_rng(0)
    kinds = []
    for rows, inner in shapes:
        matrix = random.standard_normal((rows, inner), np.float32)
        column = random.standard_normal((inner, 1), np.float32)
        product = matrix @ np.repeat(column, WIDTH, axis=1)
        kinds.append(np.unique(product, axis=1, return_inverse=True)[1].ravel())
    # columns are alike where they are alike in all products
    _, kind, counts = np.unique(np.stack(kinds), axis=1, return_inverse=True, return_counts=True)
    steady = np.flatnonzero(kind.ravel() == counts.argmax())
    return steady if len(steady) >= WIDTH // 4 else np.arange(WIDTH)


def widen(codes: Codes, columns: NDArray[np.intp]) -> Codes:
    """Return base codes as (position, column), each sequence in its column and N in the others."""
    full = np.full((codes.shape[1], WIDTH), N_CODE, np.uint8)
    full[:, columns[: len(codes)]] = codes.T
    return full


class Convolution:
    """Convolution, ReLU and max pooling of one branch.

    Its arrays are kept: fresh ones of this size would be fetched from the system, page by page, every time.

    Parameters
    ----------
    length : int
        Of the sequences, in nt.
    """

    def __init__(self, length: int) -> None:
        self._length = length
        self._positions = length - KERNEL_WIDTH + 1
        # the last strip may reach over the end: it reads zeros there, and its surplus rows are left out
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
            As :class:`mirtools.models.folding.Folded` describes them.
        out : ndarray of shape (length - KERNEL_WIDTH - POOL + 2, KERNELS, WIDTH)
        """
        unknown = (codes == N_CODE) * ONE_HOT[N_CODE, 0]
        for base in range(4):
            np.add(codes == base, unknown, out=self._hot[: self._length, base])
        for number in range(self._strips):
            window = self._hot[number * STRIP : (number + 1) * STRIP + KERNEL_WIDTH - 1]
            np.matmul(strip, window.reshape(-1, WIDTH), out=self._convolved[number])
        values = self._convolved.reshape(-1, KERNELS, WIDTH)[: self._positions]
        # the largest of four (POOL) is the larger of two pairs; ReLU and bias commute with it, so they come last
        np.maximum(values[:-1], values[1:], out=self._pairs)
        np.maximum(self._pairs[:-2], self._pairs[2:], out=out)
        np.add(out, bias[:, None], out=out)
        np.maximum(out, 0, out=out)
