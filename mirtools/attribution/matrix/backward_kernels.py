"""Compiled kernels of the backward pass through a network, for :mod:`mirtools.attribution.matrix.rules`."""

from __future__ import annotations

from typing import Any

import numpy as np

from mirtools.computing.compiled import compiled, compiled_arithmetic

_CLOSE = np.float32(1e-6)  # for smaller differences, shap.DeepExplainer uses the gradient
_SAME = np.float32(1e-7)  # for smaller differences, the place of a maximum gets nothing


@compiled_arithmetic
def rescale(multipliers: Any, pair: Any, background: Any) -> None:
    """Multiply by the rectifier's ratio of differences.

    Parameters
    ----------
    multipliers : ndarray of shape (n, values), float32
        Changed in place.
    pair : ndarray of shape (values,), float32
        Input of the rectifier for the pair.
    background : ndarray of shape (n, values), float32
        Its inputs for the background pairs.
    """
    zero, one = np.float32(0), np.float32(1)
    for i in range(len(multipliers)):
        of_one, others = multipliers[i], background[i]
        for j in range(len(pair)):
            x, r = pair[j], others[j]
            difference = x - r
            close = abs(difference) < _CLOSE
            ratio = (max(x, zero) - max(r, zero)) / (one if close else difference)
            gradient = one if r > zero else zero
            of_one[j] *= gradient if close else ratio


@compiled_arithmetic
def find_maxima(values: Any, height: int, width: int, maxima: Any, places: Any) -> None:
    """Find the largest value of every block and channel, the first if tied, and its place.

    Parameters
    ----------
    values : ndarray of shape (n, rows, columns, channels), float32
    height, width : int
        Size of a block.
    maxima, places : ndarray of shape (n, blocks down, blocks across, channels), float32 and int32
        Overwritten; places are ``row * columns + column``.
    """
    down, across, channels = maxima.shape[1:]
    columns = values.shape[2]
    for i in range(len(values)):
        for block_row in range(down):
            for block_column in range(across):
                best, place = maxima[i, block_row, block_column], places[i, block_row, block_column]
                best[:] = -np.inf
                for row in range(block_row * height, (block_row + 1) * height):
                    for column in range(block_column * width, (block_column + 1) * width):
                        here = values[i, row, column]
                        for c in range(channels):
                            larger = here[c] > best[c]
                            best[c] = here[c] if larger else best[c]
                            place[c] = row * columns + column if larger else place[c]


@compiled_arithmetic
def spread_maxima(
    multipliers: Any,
    size: Any,
    pair: Any,
    pair_maxima: Any,
    pair_places: Any,
    background: Any,
    maxima: Any,
    places: Any,
    result: Any,
) -> None:
    """Add the multipliers at the places of the maxima of every block to ``result``.

    The larger maximum minus the background's is assigned to the place of the pair's maximum, the pair's maximum
    minus the larger one to the place of the background's (shap's rule).

    Parameters
    ----------
    multipliers : ndarray of shape (n, blocks down, blocks across, channels), float32
    size : (int, int)
        Rows and columns of a block.
    pair : ndarray of shape (rows, columns, channels), float32
    pair_maxima, pair_places : ndarray of shape (blocks down, blocks across, channels)
    background, result : ndarray of shape (n, rows, columns, channels), float32
    maxima, places : ndarray of shape (n, blocks down, blocks across, channels)
    """
    height, width = size
    count, down, across, channels = multipliers.shape
    columns = pair.shape[1]
    zero, one = np.float32(0), np.float32(1)
    for i in range(count):
        for block_row in range(down):
            for block_column in range(across):
                tops, floors = pair_maxima[block_row, block_column], maxima[i, block_row, block_column]
                x_places, r_places = pair_places[block_row, block_column], places[i, block_row, block_column]
                factors = multipliers[i, block_row, block_column]
                for row in range(block_row * height, (block_row + 1) * height):
                    for column in range(block_column * width, (block_column + 1) * width):
                        place = np.int32(row * columns + column)
                        here, there, sums = pair[row, column], background[i, row, column], result[i, row, column]
                        for c in range(channels):
                            x, r = tops[c], floors[c]
                            largest = max(x, r)
                            rise = largest - r if x_places[c] == place else zero
                            fall = x - largest if r_places[c] == place else zero
                            difference = here[c] - there[c]
                            same = abs(difference) < _SAME
                            share = (rise + fall) / (one if same else difference)
                            sums[c] += factors[c] * (zero if same else share)


@compiled_arithmetic
def rescale_padded(multipliers: Any, pair: Any, background: Any, top: int, left: int, result: Any) -> None:
    """Write the result of :func:`rescale` with zeros around it.

    Parameters
    ----------
    multipliers, background : ndarray of shape (n, rows, length), float32
    pair : ndarray of shape (rows, length), float32
    top, left : int
        Position of the values in ``result``.
    result : ndarray of shape (n, rows, length), float32
        Larger; overwritten.
    """
    zero, one = np.float32(0), np.float32(1)
    rows, length = pair.shape
    for i in range(len(multipliers)):
        for row in range(result.shape[1]):
            line = result[i, row]
            if top <= row < top + rows:
                line[:left] = 0
                inside = line[left : left + length]
                factors, own, others = multipliers[i, row - top], pair[row - top], background[i, row - top]
                for j in range(length):
                    x, r = own[j], others[j]
                    difference = x - r
                    close = abs(difference) < _CLOSE
                    ratio = (max(x, zero) - max(r, zero)) / (one if close else difference)
                    gradient = one if r > zero else zero
                    inside[j] = factors[j] * (gradient if close else ratio)
                line[left + length :] = 0
            else:
                line[:] = 0


@compiled
def pad(values: Any, top: int, left: int, result: Any) -> None:
    """Put zeros around values.

    Parameters
    ----------
    values : ndarray of shape (n, rows, length), float32
    top, left : int
        Position of the values in ``result``.
    result : ndarray of shape (n, rows, length), float32
        Larger; overwritten.
    """
    rows, length = values.shape[1:]
    for i in range(len(values)):
        for row in range(result.shape[1]):
            line = result[i, row]
            if top <= row < top + rows:
                source = values[i, row - top]
                line[:left] = 0
                for k in range(length):
                    line[left + k] = source[k]
                line[left + length :] = 0
            else:
                line[:] = 0


@compiled_arithmetic
def add_centre(values: Any, first: int, start: int, size: Any, top: int, left: int, result: Any) -> None:
    """Add a part of values to a part of ``result``; shapes (n, rows, length).

    Parameters
    ----------
    values : ndarray
    first, start : int
        Row and place in the row at which the part begins.
    size : (int, int)
        Rows and length of the part.
    top, left : int
        Its position in ``result``.
    result : ndarray
    """
    rows, length = size
    for i in range(len(values)):
        for row in range(rows):
            source = values[i, first + row, start : start + length]
            sums = result[i, top + row, left : left + length]
            for k in range(length):
                sums[k] += source[k]


@compiled_arithmetic
def cell_values(
    multipliers: Any, turned: Any, cells: Any, values: Any, starts: Any, weights: Any, first: Any, result: Any
) -> None:
    """Add the values of cells before the first convolution to ``result``.

    Only cells that are not 0 are visited; a pairing matrix has few.

    Parameters
    ----------
    multipliers : ndarray of shape (n, rows after it, columns after it * channels out), float32
        Multipliers after the convolution.
    turned : ndarray of shape (channels in, height, width * channels out), float32
        The kernel, its columns in reverse order.
    cells : ndarray of shape (cells, 3), int32
        Row, column and channel of the cells, those of one pair after another.
    values : ndarray of shape (cells,), float32
        Values of the cells.
    starts : ndarray of shape (n + 1,)
        Index of the first cell of each pair, then the number of all cells.
    weights : ndarray of shape (n,), float32
    first : tuple of int
        Zeros of the padding before the first row and column, columns after the convolution, channels out.
    result : ndarray of shape (rows, columns, channels in), float32
    """
    top, left, columns_after, outer = first
    height, reach = turned.shape[1:]
    for i in range(len(multipliers)):
        for number in range(starts[i], starts[i + 1]):
            row, column, channel = cells[number]
            # the columns after it whose kernels cover the cell; the first of them is under the kernel's last
            # column
            start = (column + left + 1) * outer - reach
            skipped, end = max(0, -start), min(reach, columns_after * outer - start)
            total = np.float32(0)
            for h in range(max(0, row + top - multipliers.shape[1] + 1), min(height, row + top + 1)):
                there = multipliers[i, row + top - h, start + skipped : start + end]
                kernel = turned[channel, h, skipped:end]
                part = np.float32(0)
                for k in range(len(kernel)):
                    part += there[k] * kernel[k]
                total += part
            result[row, column, channel] += weights[i] * values[number] * total


@compiled_arithmetic
def add_values(multipliers: Any, pair: Any, background: Any, weights: Any, result: Any) -> None:
    """Add the weighted sum of multipliers times differences to ``result``.

    Parameters
    ----------
    multipliers, background : ndarray of shape (n, cells), float32
    pair : ndarray of shape (cells,), float32
    weights : ndarray of shape (n,), float32
    result : ndarray of shape (cells,), float32
    """
    for i in range(len(multipliers)):
        for j in range(len(pair)):
            result[j] += weights[i] * (multipliers[i, j] * (pair[j] - background[i, j]))
