"""Compiled kernels of the way back through a network; :mod:`mirtools.attribution.rules` says what they are for."""

from __future__ import annotations

from typing import Any

import numpy as np

from mirtools.chimera.compiled import compiled

_CLOSE = np.float32(1e-6)  # of differences: below it shap.DeepExplainer takes the gradient
_SAME = np.float32(1e-7)  # below it a maximum's place gets nothing


@compiled
def rescale(multipliers: Any, pair: Any, background: Any) -> None:
    """Multiply by the rectifier's ratio of differences.

    Parameters
    ----------
    multipliers : ndarray of shape (n, values), float32
        Changed in place.
    pair : ndarray of shape (values,), float32
        What the rectifier sees of the pair.
    background : ndarray of shape (n, values), float32
        And of the background pairs.
    """
    zero, one = np.float32(0), np.float32(1)
    for i in range(len(multipliers)):
        for j in range(len(pair)):
            x, r = pair[j], background[i, j]
            difference = x - r
            close = abs(difference) < _CLOSE
            ratio = (max(x, zero) - max(r, zero)) / (one if close else difference)
            gradient = one if r > zero else zero
            multipliers[i, j] *= gradient if close else ratio


@compiled
def gather_parts(parts: Any, top: int, left: int, result: Any) -> None:
    """Add up what every position behind a convolution gives to the positions under its kernel.

    Parameters
    ----------
    parts : ndarray of shape (n, rows behind, columns behind, height, width, channels), float32
    top, left : int
        Zeros that padding put before the first row and column.
    result : ndarray of shape (n, rows, columns, channels), float32
        Written over.
    """
    rows_behind, columns_behind, height, width, channels = parts.shape[1:]
    for i in range(len(result)):
        for row in range(result.shape[1]):
            for column in range(result.shape[2]):
                for c in range(channels):
                    result[i, row, column, c] = 0
                for h in range(height):
                    behind = row + top - h
                    if 0 <= behind < rows_behind:
                        for w in range(width):
                            beside = column + left - w
                            if 0 <= beside < columns_behind:
                                for c in range(channels):
                                    result[i, row, column, c] += parts[i, behind, beside, h, w, c]


@compiled
def spread_maxima(multipliers: Any, pair: Any, background: Any, height: int, width: int, result: Any) -> None:
    """Add to ``result`` what the places of the maxima of every block get.

    The larger maximum, less the background's, goes to the pair's place, the pair's maximum, less the larger, to
    the background's (shap's rule); of equal values the first is the maximum.

    Parameters
    ----------
    multipliers : ndarray of shape (n, blocks down, blocks across, channels), float32
    pair : ndarray of shape (rows, columns, channels), float32
    background, result : ndarray of shape (n, rows, columns, channels), float32
    height, width : int
        Of a block.
    """
    down, across, channels = multipliers.shape[1:]
    for i in range(len(multipliers)):
        for block_row in range(down):
            for block_column in range(across):
                for c in range(channels):
                    first_row, first_column = block_row * height, block_column * width
                    x = r = np.float32(-np.inf)
                    x_row = x_column = r_row = r_column = 0
                    for row in range(first_row, first_row + height):
                        for column in range(first_column, first_column + width):
                            if pair[row, column, c] > x:
                                x, x_row, x_column = pair[row, column, c], row, column
                            if background[i, row, column, c] > r:
                                r, r_row, r_column = background[i, row, column, c], row, column
                    multiplier = multipliers[i, block_row, block_column, c]
                    largest = max(x, r)
                    difference = pair[x_row, x_column, c] - background[i, x_row, x_column, c]
                    if abs(difference) >= _SAME:
                        result[i, x_row, x_column, c] += multiplier * (largest - r) / difference
                    difference = pair[r_row, r_column, c] - background[i, r_row, r_column, c]
                    if abs(difference) >= _SAME:
                        result[i, r_row, r_column, c] += multiplier * (x - largest) / difference


@compiled
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
