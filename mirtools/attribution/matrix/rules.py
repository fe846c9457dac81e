"""DeepSHAP's rules for the steps of a network: from multipliers after a step to those before it.

(DeepLIFT's rescale rule, Shrikumar et al. 2017, as shap.DeepExplainer 0.51 applies it.) A multiplier is the
contribution to the score per difference of a value from its background. Linear steps propagate multipliers as they
do gradients. A rectifier multiplies by the ratio of the differences after and before it, or by the gradient if the
difference before it is below 1e-6. A maximum assigns its difference to the positions of the two maxima.

Values are those of one pair, ``(1, rows, columns, channels)``, or of some background pairs, ``(n, ...)``; vectors
are ``(1, units)`` and ``(n, units)``. Each rule keeps the values of the forward pass that its backward pass needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from mirtools.attribution.matrix import backward_kernels as kernels
from mirtools.attribution.matrix.convolution import Buffers, Padded, WindowProduct
from mirtools.models.arrays import Floats
from mirtools.models.matrix.steps import (
    Convolution,
    Dense,
    Flatten,
    GlobalPool,
    MaxPool,
    Rectifier,
    Residual,
    Step,
)

# Values that a rule keeps from the forward pass of one pair, or of a block of background pairs.
Kept = Any


class Rule(Protocol):
    """The forward and backward pass of one step."""

    def forward(self, values: Floats) -> tuple[Floats, Kept]:
        """Return the result of the step, and the values that the backward pass needs."""

    def backward(self, multipliers: Any, pair: Kept, background: Kept) -> Floats | Padded:
        """Return the multipliers before the step, for every background pair; may overwrite the given ones."""


class _ConvolutionRule:
    """A convolution.

    Parameters
    ----------
    step : Convolution
    shape : (int, int)
        Rows and columns of its input.
    """

    def __init__(self, step: Convolution, shape: tuple[int, int]) -> None:
        height, width, inner, _ = step.kernel.shape
        self._product = WindowProduct(step.kernel, step.bias, shape, step.margins)
        (top, bottom), (left, right) = step.margins
        after = shape[0] + top + bottom - height + 1, shape[1] + left + right - width + 1
        # the multiplier of a position depends on the positions after the step whose kernels cover it
        around = (height - 1 - top, height - 1 - bottom), (width - 1 - left, width - 1 - right)
        turned = np.ascontiguousarray(step.kernel[::-1, ::-1].transpose(0, 1, 3, 2))
        self.back = WindowProduct(turned, np.zeros(inner, np.float32), after, around, reuse=True)

    def forward(self, values: Floats) -> tuple[Floats, Kept]:
        return self._product.run(values), None

    def backward(self, multipliers: Floats | Padded, pair: Kept, background: Kept) -> Floats:
        if isinstance(multipliers, Padded):
            return self.back.run_padded(multipliers)
        return self.back.run(multipliers)


class _RectifierRule:
    """The larger of a value and 0.

    Parameters
    ----------
    before : WindowProduct, optional
        The backward pass of the preceding convolution, which gets its multipliers with zeros around them.
    """

    def __init__(self, before: WindowProduct | None) -> None:
        self._before = before

    def forward(self, values: Floats) -> tuple[Floats, Kept]:
        return np.maximum(values, 0), values

    def backward(self, multipliers: Floats, pair: Kept, background: Kept) -> Floats | Padded:
        count, rows = len(background), background.shape[1]
        if self._before is None:
            flat = multipliers.reshape(count, -1)
            kernels.rescale(flat, pair.reshape(-1), background.reshape(flat.shape))
            return multipliers
        padded = self._before.padded(count)
        shape = count, rows, -1
        values = multipliers.reshape(shape), pair.reshape(rows, -1), background.reshape(shape)
        kernels.rescale_padded(*values, padded.top, padded.left, padded.whole)
        return padded


class Maxima(NamedTuple):
    """The values that pooling keeps: its input, the largest value of every block and channel, and its place."""

    values: Floats
    maxima: Floats
    places: NDArray[np.int32]

    @classmethod
    def of(cls, values: Floats, height: int, width: int) -> Maxima:
        """Find the maxima of blocks of this size."""
        count, rows, columns, channels = values.shape
        shape = count, rows // height, columns // width, channels
        found = cls(values, np.empty(shape, np.float32), np.empty(shape, np.int32))
        kernels.find_maxima(values, height, width, found.maxima, found.places)
        return found


def _spread(multipliers: Floats, size: tuple[int, int], pair: Maxima, background: Maxima, result: Floats) -> None:
    of_pair = (array[0] for array in pair)
    kernels.spread_maxima(multipliers, size, *of_pair, *background, result)


@dataclass(frozen=True)
class _MaxPoolRule:
    """Attributes: step, buffers."""

    step: MaxPool
    buffers: Buffers

    def forward(self, values: Floats) -> tuple[Floats, Kept]:
        kept = Maxima.of(values, *self.step.size)
        return kept.maxima, kept

    def backward(self, multipliers: Floats, pair: Kept, background: Kept) -> Floats:
        result = self.buffers.array("result", *background.values.shape)
        result[:] = 0
        _spread(multipliers, self.step.size, pair, background, result)
        return result


@dataclass(frozen=True)
class _GlobalPoolRule:
    """Attributes: step, buffers."""

    step: GlobalPool
    buffers: Buffers

    def forward(self, values: Floats) -> tuple[Floats, Kept]:
        return self.step.run(values), Maxima.of(values, *values.shape[1:3])

    def backward(self, multipliers: Floats, pair: Kept, background: Kept) -> Floats:
        rows, columns = background.values.shape[1:3]
        parts = np.split(multipliers, len(self.step.kinds), axis=1)
        by_kind = dict(zip(self.step.kinds, parts, strict=True))
        result = self.buffers.array("result", *background.values.shape)
        # every position contributes equally to the mean
        result[:] = by_kind["mean"][:, None, None] / np.float32(rows * columns) if "mean" in by_kind else 0
        if "max" in by_kind:
            largest = np.ascontiguousarray(by_kind["max"])[:, None, None, :]
            _spread(largest, (rows, columns), pair, background, result)
        return result


class _FlattenRule:
    """All values of a pair as one vector."""

    def forward(self, values: Floats) -> tuple[Floats, Kept]:
        return values.reshape(len(values), -1), values.shape[1:]

    def backward(self, multipliers: Floats, pair: Kept, background: Kept) -> Floats:
        return multipliers.reshape(len(multipliers), *pair)


@dataclass(frozen=True)
class _DenseRule:
    """Attributes: step; transposed: its kernel."""

    step: Dense
    transposed: Floats

    def forward(self, values: Floats) -> tuple[Floats, Kept]:
        return self.step.run(values), None

    def backward(self, multipliers: Floats, pair: Kept, background: Kept) -> Floats:
        return np.matmul(multipliers, self.transposed)


class _ResidualRule:
    """Steps whose result is added to their input.

    Parameters
    ----------
    step : Residual
    shape : (int, int)
        Rows and columns of their input.
    """

    def __init__(self, step: Residual, shape: tuple[int, int]) -> None:
        self._inner, rows, columns = _chain(step.steps, shape)
        self._top, self._left = (shape[0] - rows) // 2, (shape[1] - columns) // 2
        self._size = rows, columns
        self._projection = None
        if step.projection is not None:
            self._projection = _ConvolutionRule(step.projection, (rows, columns))
        last = self._inner[-1]
        # the first backward pass, if only it and the sum with the shortcut need the multipliers
        self.back = last.back if isinstance(last, _ConvolutionRule) and self._projection is None else None

    def forward(self, values: Floats) -> tuple[Floats, Kept]:
        result, kept = forward(self._inner, values)
        rows, columns = self._size
        shortcut = values[:, self._top : self._top + rows, self._left : self._left + columns]
        if self._projection is not None:
            shortcut, _ = self._projection.forward(shortcut)
        return result + shortcut, kept

    def backward(self, multipliers: Floats, pair: Kept, background: Kept) -> Floats:
        shortcut = multipliers if isinstance(multipliers, Padded) else self._shortcut(multipliers)
        result = backward(self._inner, multipliers, pair, background)
        count, rows, columns, channels = result.shape
        sums = result.reshape(count, rows, columns * channels)
        size = self._size[0], self._size[1] * channels
        kernels.add_centre(*shortcut, size, self._top, self._left * channels, sums)
        return result

    def _shortcut(self, multipliers: Floats) -> Padded:
        if self._projection is not None:
            multipliers = self._projection.backward(multipliers, None, None)
        elif isinstance(self._inner[-1], _RectifierRule):  # it may change them in place
            multipliers = multipliers.copy()
        return Padded(multipliers.reshape(*multipliers.shape[:2], -1), 0, 0)


def rules_of(steps: Sequence[Step], shape: tuple[int, int]) -> tuple[Rule, ...]:
    """Return the rules of a network's steps for matrices of this shape (rows, columns)."""
    rules, _, _ = _chain(steps, shape)
    if len(rules) > 1 and isinstance(rules[0], _ConvolutionRule) and isinstance(rules[1], _RectifierRule):
        # backward passes end after a first convolution, see FirstConvolution
        return rules[0], _RectifierRule(None), *rules[2:]
    return rules


def _chain(steps: Sequence[Step], shape: tuple[int, int]) -> tuple[tuple[Rule, ...], int, int]:
    """Return the rules, and rows and columns after the last step (for a vector: those before it)."""
    rules: list[Rule] = []
    for step in steps:
        rows, columns = shape
        match step:
            case Convolution():
                rules.append(_ConvolutionRule(step, shape))
                sizes = zip(shape, step.margins, step.kernel.shape, strict=False)
                rows, columns = (size + sum(margin) - kernel + 1 for size, margin, kernel in sizes)
            case Rectifier():
                last = rules[-1] if rules else None
                rules.append(
                    _RectifierRule(last.back if isinstance(last, _ConvolutionRule | _ResidualRule) else None)
                )
            case MaxPool():
                rules.append(_MaxPoolRule(step, Buffers()))
                rows, columns = rows // step.size[0], columns // step.size[1]
            case GlobalPool():
                rules.append(_GlobalPoolRule(step, Buffers()))
            case Flatten():
                rules.append(_FlattenRule())
            case Dense():
                rules.append(_DenseRule(step, np.ascontiguousarray(step.kernel.T)))
            case Residual():
                rules.append(_ResidualRule(step, shape))
                _, rows, columns = _chain(step.steps, shape)
        shape = rows, columns
    return tuple(rules), *shape


@dataclass(frozen=True)
class Cells:
    """The cells of pairing matrices that are not 0.

    Attributes
    ----------
    places : ndarray of shape (cells, 3), int32
        Row, column, channel.
    values : ndarray of shape (cells,), float32
    starts : ndarray of shape (n + 1,)
        Index of the first cell of each matrix, then the number of all cells.
    """

    places: NDArray[np.int32]
    values: Floats
    starts: NDArray[np.intp]

    @classmethod
    def of(cls, matrices: Floats) -> Cells:
        """Find the cells of matrices, shape ``(n, site length, miRNA length, channels)``."""
        numbers, *places = found = np.nonzero(matrices)
        starts = np.searchsorted(numbers, np.arange(len(matrices) + 1))
        return cls(np.stack(places, axis=1).astype(np.int32), matrices[found], starts)


class FirstConvolution:
    """The backward pass through a convolution at the start of a network, only to cells that are not 0.

    Parameters
    ----------
    step : Convolution
    """

    def __init__(self, step: Convolution) -> None:
        height, width, inner, outer = step.kernel.shape
        turned = step.kernel.transpose(2, 0, 1, 3)[:, :, ::-1].reshape(inner, height, width * outer)
        self._turned = np.ascontiguousarray(turned)
        (top, _), (left, _) = step.margins
        self._margins = top, left

    def add(self, multipliers: Floats, cells: Cells, weights: Floats, values: Floats) -> None:
        """Add multipliers before the convolution, times cells and weights, to ``values``.

        Parameters
        ----------
        multipliers : ndarray of shape (n, rows, columns, channels)
            Multipliers after the convolution.
        cells : Cells
            The cells of n matrices.
        weights : ndarray of shape (n,)
        values : ndarray of shape (site length, miRNA length, channels)
        """
        count, rows, columns, outer = multipliers.shape
        flat = multipliers.reshape(count, rows, columns * outer)
        first = (*self._margins, columns, outer)
        kernels.cell_values(flat, self._turned, cells.places, cells.values, cells.starts, weights, first, values)


def forward(rules: Sequence[Rule], values: Floats) -> tuple[Floats, list[Kept]]:
    """Return the result of the last step, and the values that every step keeps."""
    kept = []
    for rule in rules:
        values, one = rule.forward(values)
        kept.append(one)
    return values, kept


def backward(rules: Sequence[Rule], multipliers: Any, pair: list[Kept], background: list[Kept]) -> Floats:
    """Return the multipliers before the first step, for some background pairs."""
    for rule, of_pair, of_background in zip(reversed(rules), reversed(pair), reversed(background), strict=True):
        multipliers = rule.backward(multipliers, of_pair, of_background)
    values: Floats = multipliers
    return values
