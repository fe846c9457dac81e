"""DeepSHAP's rules for the steps of a network: from multipliers behind a step to those before it.

(DeepLIFT's rescale rule, Shrikumar et al. 2017, as shap.DeepExplainer 0.51 applies it.) A multiplier is what a
value's difference from its background is worth for the score. Linear steps pass multipliers back as they do
gradients; a rectifier's is the ratio of the differences behind and before it, or the gradient where the difference
before it is below 1e-6; a maximum hands its difference to the places where the two maxima stand.

Values are those of one pair, ``(1, rows, columns, channels)``, or of some background pairs, ``(n, ...)``; vectors
are ``(1, units)`` and ``(n, units)``. Each rule keeps of the forward pass what it needs on the way back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from mirtools.attribution import kernels
from mirtools.models.network_steps import (
    Convolution,
    Dense,
    Flatten,
    GlobalPool,
    MaxPool,
    Rectifier,
    Residual,
    Step,
)
from mirtools.models.pairing import Floats

# What a rule keeps: of one pair or of a block of background pairs.
Kept = Any


class Rule(Protocol):
    """One step, both ways."""

    def forward(self, values: Floats) -> tuple[Floats, Kept]:
        """Return what the step makes of values, and what the way back needs."""

    def backward(self, multipliers: Floats, pair: Kept, background: Kept) -> Floats:
        """Return the multipliers before the step, for every background pair; the given ones may be overwritten."""


@dataclass(frozen=True)
class ConvolutionRule:
    """Attributes: step; spread: the kernel as one matrix (channels out, height * width * channels in)."""

    step: Convolution
    spread: Floats

    def forward(self, values: Floats) -> tuple[Floats, Kept]:
        return self.step.run(values), values.shape[1:]

    def backward(self, multipliers: Floats, pair: Kept, background: Kept) -> Floats:
        height, width, inner, _ = self.step.kernel.shape
        parts = np.matmul(multipliers.reshape(-1, self.spread.shape[0]), self.spread)
        result = np.empty((len(multipliers), *pair), np.float32)
        (top, _), (left, _) = self.step.margins
        shaped = parts.reshape(*multipliers.shape[:3], height, width * inner)
        kernels.gather_parts(shaped, width, top, left, result.reshape(len(result), pair[0], -1))
        return result


class RectifierRule:
    """The larger of a value and 0."""

    def forward(self, values: Floats) -> tuple[Floats, Kept]:
        return np.maximum(values, 0), values

    def backward(self, multipliers: Floats, pair: Kept, background: Kept) -> Floats:
        shape = len(multipliers), -1
        kernels.rescale(multipliers.reshape(shape), pair.reshape(-1), background.reshape(shape))
        return multipliers


class Maxima(NamedTuple):
    """What pooling keeps: what it saw, the largest value of every block and channel, and where it stands."""

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

    def flat(self) -> tuple[Floats, Floats, NDArray[np.int32]]:
        """Return values, maxima and places with positions and blocks along one axis."""
        count, _, _, channels = self.values.shape
        shape = count, -1, channels
        return self.values.reshape(shape), self.maxima.reshape(shape), self.places.reshape(shape)


def _spread(multipliers: Floats, pair: Maxima, background: Maxima, result: Floats) -> None:
    count, channels = len(background.values), background.values.shape[3]
    of_pair = (array[0] for array in pair.flat())
    flat = multipliers.reshape(count, -1, channels)
    kernels.spread_maxima(flat, *of_pair, *background.flat(), result.reshape(count, -1, channels))


@dataclass(frozen=True)
class MaxPoolRule:
    """Attributes: step."""

    step: MaxPool

    def forward(self, values: Floats) -> tuple[Floats, Kept]:
        kept = Maxima.of(values, *self.step.size)
        return kept.maxima, kept

    def backward(self, multipliers: Floats, pair: Kept, background: Kept) -> Floats:
        result = np.zeros_like(background.values)
        _spread(multipliers, pair, background, result)
        return result


@dataclass(frozen=True)
class GlobalPoolRule:
    """Attributes: step."""

    step: GlobalPool

    def forward(self, values: Floats) -> tuple[Floats, Kept]:
        return self.step.run(values), Maxima.of(values, *values.shape[1:3])

    def backward(self, multipliers: Floats, pair: Kept, background: Kept) -> Floats:
        _, rows, columns, channels = background.values.shape
        parts = np.split(multipliers, len(self.step.kinds), axis=1)
        by_kind = dict(zip(self.step.kinds, parts, strict=True))
        result = np.zeros_like(background.values)
        if "mean" in by_kind:
            result += by_kind["mean"][:, None, None, :] / np.float32(rows * columns)
        if "max" in by_kind:
            _spread(np.ascontiguousarray(by_kind["max"]), pair, background, result)
        return result


class FlattenRule:
    """All values of a pair as one vector."""

    def forward(self, values: Floats) -> tuple[Floats, Kept]:
        return values.reshape(len(values), -1), values.shape[1:]

    def backward(self, multipliers: Floats, pair: Kept, background: Kept) -> Floats:
        return multipliers.reshape(len(multipliers), *pair)


@dataclass(frozen=True)
class DenseRule:
    """Attributes: step; transposed: its kernel."""

    step: Dense
    transposed: Floats

    def forward(self, values: Floats) -> tuple[Floats, Kept]:
        return self.step.run(values), None

    def backward(self, multipliers: Floats, pair: Kept, background: Kept) -> Floats:
        return np.matmul(multipliers, self.transposed)


@dataclass(frozen=True)
class ResidualRule:
    """Attributes: step, inner (its rules), projection (or None)."""

    step: Residual
    inner: tuple[Rule, ...]
    projection: ConvolutionRule | None

    def forward(self, values: Floats) -> tuple[Floats, Kept]:
        result, kept = forward(self.inner, values)
        return result + self.step.shortcut(values, result), (values.shape[1:], kept)

    def backward(self, multipliers: Floats, pair: Kept, background: Kept) -> Floats:
        shape, pair_kept = pair
        rows, columns = multipliers.shape[1:3]
        top, left = (shape[0] - rows) // 2, (shape[1] - columns) // 2
        through = multipliers.copy()
        if self.projection is not None:
            through = self.projection.backward(multipliers, (rows, columns, shape[2]), None)
        result = backward(self.inner, multipliers, pair_kept, background[1])
        result[:, top : top + rows, left : left + columns] += through
        return result


def rules_of(steps: Sequence[Step]) -> tuple[Rule, ...]:
    """Return the rules of a network's steps."""
    return tuple(_rule(step) for step in steps)


def _rule(step: Step) -> Rule:
    match step:
        case Convolution():
            return _convolution(step)
        case Rectifier():
            return RectifierRule()
        case MaxPool():
            return MaxPoolRule(step)
        case GlobalPool():
            return GlobalPoolRule(step)
        case Flatten():
            return FlattenRule()
        case Dense():
            return DenseRule(step, np.ascontiguousarray(step.kernel.T))
        case Residual():
            projection = None if step.projection is None else _convolution(step.projection)
            return ResidualRule(step, rules_of(step.steps), projection)


def _convolution(step: Convolution) -> ConvolutionRule:
    spread = step.kernel.transpose(3, 0, 1, 2).reshape(step.kernel.shape[3], -1)
    return ConvolutionRule(step, np.ascontiguousarray(spread))


@dataclass(frozen=True)
class Cells:
    """The cells of pairing matrices that are not 0.

    Attributes
    ----------
    places : ndarray of shape (cells, 3), int32
        Row, column, channel.
    values : ndarray of shape (cells,), float32
    starts : ndarray of shape (n + 1,)
        Where the cells of each matrix start, and the end.
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
    """The way back through a convolution that begins a network: to cells that are not 0 alone.

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
            Behind the convolution.
        cells : Cells
            Of n matrices.
        weights : ndarray of shape (n,)
        values : ndarray of shape (site length, miRNA length, channels)
        """
        count, rows, columns, outer = multipliers.shape
        flat = multipliers.reshape(count, rows, columns * outer)
        first = (*self._margins, columns, outer)
        kernels.cell_values(flat, self._turned, cells.places, cells.values, cells.starts, weights, first, values)


def forward(rules: Sequence[Rule], values: Floats) -> tuple[Floats, list[Kept]]:
    """Return what the last step gives, and what every step keeps."""
    kept = []
    for rule in rules:
        values, one = rule.forward(values)
        kept.append(one)
    return values, kept


def backward(rules: Sequence[Rule], multipliers: Floats, pair: list[Kept], background: list[Kept]) -> Floats:
    """Return the multipliers before the first step, of some background pairs."""
    for rule, of_pair, of_background in zip(reversed(rules), reversed(pair), reversed(background), strict=True):
        multipliers = rule.backward(multipliers, of_pair, of_background)
    return multipliers
