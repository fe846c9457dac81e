"""Convolutions as matrix products, forward and backward, on arrays that are reused.

Every product is of one pair, however many background pairs there are, so that no result depends on their number.
"""

from __future__ import annotations

import threading
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from mirtools.attribution.matrix import backward_kernels as kernels
from mirtools.models.arrays import Floats


class Buffers:
    """Arrays that are reused; each thread has its own.

    The system would have to provide new arrays of this size page by page every time.
    """

    def __init__(self) -> None:
        self._local = threading.local()

    def array(self, use: str, *shape: int) -> Floats:
        """Return the array for this use and shape, float32, with arbitrary values."""
        arrays: dict[tuple[str, tuple[int, ...]], Floats] = self._local.__dict__.setdefault("arrays", {})
        if (use, shape) not in arrays:
            arrays[use, shape] = np.empty(shape, np.float32)
        return arrays[use, shape]


class Padded(NamedTuple):
    """Values with zeros around them.

    Attributes
    ----------
    whole : ndarray of shape (n, rows, columns * channels), float32
    top, left : int
        Position of the values in it.
    """

    whole: Floats
    top: int
    left: int


class WindowProduct:
    """A convolution with a stride of 1, for values of one shape.

    Parameters
    ----------
    kernel : ndarray of shape (height, width, channels in, channels out)
    bias : ndarray of shape (channels out,)
    shape : (int, int)
        Rows and columns of the values.
    margins : ((int, int), (int, int))
        Zeros before and after them, along rows and columns.
    reuse : bool
        Whether each result and each padded array overwrites the previous one of the same thread.
    """

    def __init__(
        self,
        kernel: Floats,
        bias: Floats,
        shape: tuple[int, int],
        margins: tuple[tuple[int, int], tuple[int, int]],
        reuse: bool = False,
    ) -> None:
        self._kernel, self._bias = np.ascontiguousarray(kernel), bias
        self._height, self._width, self._inner, self._outer = kernel.shape
        (top, bottom), (left, right) = margins
        self._begin = top, left * self._inner
        self._padded = shape[0] + top + bottom, (shape[1] + left + right) * self._inner
        self._rows = self._padded[0] - self._height + 1
        self._columns = shape[1] + left + right - self._width + 1
        self._buffers = Buffers()
        self._results = self._buffers if reuse else None

    def padded(self, count: int) -> Padded:
        """Return an array for values with the zeros around them that the convolution needs."""
        return Padded(self._result("padded", count, *self._padded), *self._begin)

    def run(self, values: Floats) -> Floats:
        """Return the convolved values, shape ``(n, rows, columns, channels out)``."""
        flat = np.ascontiguousarray(values).reshape(len(values), values.shape[1], -1)
        if flat.shape[1:] == self._padded:
            return self.run_padded(Padded(flat, 0, 0))
        padded = self.padded(len(values))
        kernels.pad(flat, padded.top, padded.left, padded.whole)
        return self.run_padded(padded)

    def run_padded(self, padded: Padded) -> Floats:
        """Return the convolution of values that already have zeros around them."""
        count = len(padded.whole)
        out = self._result("out", count, self._rows * self._columns, self._outer)
        if self._width == self._columns == 1:
            self._add_rows(padded.whole, out)
        else:
            np.matmul(self._windows(padded.whole), self._kernel.reshape(-1, self._outer), out=out)
        out += self._bias
        return out.reshape(count, self._rows, self._columns, self._outer)

    def _add_rows(self, values: Floats, out: Floats) -> None:
        """Sum the products with each row of the kernel, without copies of overlapping windows."""
        np.matmul(values[:, : self._rows], self._kernel[0, 0], out=out)
        part = self._buffers.array("part", *out.shape)
        for row in range(1, self._height):
            np.matmul(values[:, row : row + self._rows], self._kernel[row, 0], out=part)
            out += part

    def _windows(self, values: Floats) -> Floats:
        """Return all windows, shape ``(n, rows * columns, height * width * channels in)``."""
        count = len(values)
        cells = values.reshape(count, self._padded[0], -1, self._inner)
        size = self._height, self._width
        windows = self._buffers.array("windows", count, self._rows, self._columns, *size, self._inner)
        windows[:] = sliding_window_view(cells, size, axis=(1, 2)).transpose(0, 1, 2, 4, 5, 3)
        return windows.reshape(count, self._rows * self._columns, -1)

    def _result(self, use: str, *shape: int) -> Floats:
        return np.empty(shape, np.float32) if self._results is None else self._results.array(use, *shape)
