"""A network's forward pass without TensorFlow: its layers with their weights as steps in NumPy.

Batch normalisation is folded into the convolution or dense layer before it, dropout is gone. Values are
``(pairs, site positions, miRNA positions, channels)``, then ``(pairs, units)``. Every matrix product has the shape
of one pair's, however many pairs there are, so no pair's score depends on the pairs beside it or on their number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from mirtools.models.cost import cost_of
from mirtools.models.layers import finite, sigmoid
from mirtools.models.network import NORM_EPSILON, Named, Network, placed
from mirtools.models.pairing import Codes, Floats
from mirtools.models.parallel import in_order

_BATCH, _BATCH_VALUES = 16, 1 << 24  # pairs, and numbers of the largest layer


@dataclass(frozen=True)
class Convolution:
    """Attributes: kernel (height, width, channels in, channels out), bias (channels out), same (padding)."""

    kernel: Floats
    bias: Floats
    same: bool

    @property
    def margins(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Zeros before and behind, along the site and along the miRNA."""
        if not self.same:
            return (0, 0), (0, 0)
        height, width = self.kernel.shape[0] - 1, self.kernel.shape[1] - 1
        return (height // 2, height - height // 2), (width // 2, width - width // 2)

    def run(self, values: Floats) -> Floats:
        """Return the convolved values."""
        height, width, inner, outer = self.kernel.shape
        if self.same:
            values = np.pad(values, ((0, 0), *self.margins, (0, 0)))
        if height == width == 1:
            windows = values
        else:
            windows = sliding_window_view(values, (height, width), axis=(1, 2)).transpose(0, 1, 2, 4, 5, 3)
        count, rows, columns = windows.shape[:3]
        flat = windows.reshape(count, rows * columns, height * width * inner)
        result = np.matmul(flat, self.kernel.reshape(-1, outer))
        result += self.bias
        return result.reshape(count, rows, columns, outer)


@dataclass(frozen=True)
class Rectifier:
    """The larger of a value and 0."""

    def run(self, values: Floats) -> Floats:
        """Return the rectified values."""
        return np.maximum(values, 0)


@dataclass(frozen=True)
class MaxPool:
    """The largest value of every block. Attributes: size (site, miRNA)."""

    size: tuple[int, int]

    def blocks(self, values: Floats) -> Floats:
        """Return the values by block, shape (pairs, rows, height, columns, width, channels)."""
        height, width = self.size
        rows, columns = values.shape[1] // height, values.shape[2] // width
        inner = values[:, : rows * height, : columns * width]
        return inner.reshape(len(values), rows, height, columns, width, values.shape[3])

    def run(self, values: Floats) -> Floats:
        """Return the pooled values."""
        pooled: Floats = self.blocks(values).max(axis=(2, 4))
        return pooled


@dataclass(frozen=True)
class Residual:
    """Steps whose result is added to what they began with. Attributes: steps, projection (or None)."""

    steps: tuple[Step, ...]
    projection: Convolution | None

    def shortcut(self, values: Floats, like: Floats) -> Floats:
        """Return the central part of the values, projected where the channels differ."""
        rows, columns = like.shape[1:3]
        top, left = (values.shape[1] - rows) // 2, (values.shape[2] - columns) // 2
        centre = values[:, top : top + rows, left : left + columns]
        return centre if self.projection is None else self.projection.run(centre)

    def run(self, values: Floats) -> Floats:
        """Return the sum."""
        result = run_steps(self.steps, values)
        return result + self.shortcut(values, result)


@dataclass(frozen=True)
class GlobalPool:
    """Largest and mean value of every channel over all positions. Attributes: kinds."""

    kinds: tuple[str, ...]

    def run(self, values: Floats) -> Floats:
        """Return the vectors, shape (pairs, kinds * channels)."""
        parts = [values.max(axis=(1, 2)) if kind == "max" else values.mean(axis=(1, 2)) for kind in self.kinds]
        return np.concatenate(parts, axis=1)


@dataclass(frozen=True)
class Flatten:
    """All values of a pair as one vector."""

    def run(self, values: Floats) -> Floats:
        """Return the vectors."""
        return values.reshape(len(values), -1)


@dataclass(frozen=True)
class Dense:
    """Attributes: kernel (units in, units out), bias (units out)."""

    kernel: Floats
    bias: Floats

    def run(self, values: Floats) -> Floats:
        """Return the sums."""
        return np.matmul(values[:, None, :], self.kernel)[:, 0] + self.bias


Step = Convolution | Rectifier | MaxPool | Residual | GlobalPool | Flatten | Dense


def steps_of(network: Network, weights: Mapping[str, Floats]) -> tuple[Step, ...]:
    """Return a network with its weights as steps, from pairing matrices to the logit ``(n, 1)``."""
    return _steps(placed(network), weights)


def _steps(layers: Sequence[Named], weights: Mapping[str, Floats]) -> tuple[Step, ...]:
    steps: list[Step] = []
    for place, layer in enumerate(layers):
        behind = layers[place + 1] if place + 1 < len(layers) else None
        norm = behind.name if behind is not None and behind.op == "norm" else None
        match layer.op:
            case "conv":
                steps.append(Convolution(*_folded(layer.name, norm, weights), layer.fields["padding"] == "same"))
            case "relu":
                steps.append(Rectifier())
            case "max_pool":
                steps.append(MaxPool(tuple(layer.fields["size"])))
            case "residual":
                projection = None
                if f"{layer.name}.kernel" in weights:
                    projection = Convolution(*_folded(layer.name, None, weights), same=False)
                steps.append(Residual(_steps(layer.inner, weights), projection))
            case "global_pool":
                steps.append(GlobalPool(tuple(layer.fields["kinds"])))
            case "flatten":
                steps.append(Flatten())
            case "dense":
                steps.append(Dense(*_folded(layer.name, norm, weights)))
    return tuple(steps)


def _folded(name: str, norm: str | None, weights: Mapping[str, Floats]) -> tuple[Floats, Floats]:
    """Return kernel and bias with the normalisation behind them folded in, computed in double precision."""
    kernel, bias = (weights[f"{name}.{part}"].astype(np.float64) for part in ("kernel", "bias"))
    if norm is not None:
        gamma, beta, mean, variance = (
            weights[f"{norm}.{part}"].astype(np.float64) for part in ("gamma", "beta", "mean", "variance")
        )
        scale = gamma / np.sqrt(variance + NORM_EPSILON)
        kernel, bias = kernel * scale, (bias - mean) * scale + beta
    return np.ascontiguousarray(kernel, np.float32), bias.astype(np.float32)


def run_steps(steps: Sequence[Step], values: Floats) -> Floats:
    """Return what the last step gives."""
    for step in steps:
        values = step.run(values)
    return values


class PairingPredictor:
    """Scores pairs with a network on pairing matrices.

    Parameters
    ----------
    network : Network
    weights : dict of str to ndarray
        Tensors by name, float32.

    Attributes
    ----------
    batch_size : int
        Pairs computed at once: few, so that they stay in the processor's cache, or in memory at least.
    """

    def __init__(self, network: Network, weights: Mapping[str, Floats]) -> None:
        self.network = network
        self.steps = steps_of(network, weights)
        self.batch_size = max(1, min(_BATCH, _BATCH_VALUES // cost_of(network).layer_values))
        self._table = network.rule.table()

    @np.errstate(over="ignore", invalid="ignore")
    def logits(self, mirnas: Codes, sites: Codes) -> Floats:
        """Return the logit of the score of every pair, shape ``(n,)``, float32."""
        logits = np.empty(len(mirnas), np.float32)
        for start in range(0, len(mirnas), self.batch_size):
            part = slice(start, start + self.batch_size)
            matrices = self._table[sites[part, :, None], mirnas[part, None, :]]
            logits[part] = run_steps(self.steps, matrices)[:, 0]
        return finite(logits)

    def score(self, mirnas: Codes, sites: Codes) -> Floats:
        """Return the probability of interaction of every pair, shape ``(n,)``, float32.

        Parameters
        ----------
        mirnas : ndarray of shape (n, miRNA length), uint8
        sites : ndarray of shape (n, site length), uint8
            Codes of the network's rule, see :meth:`mirtools.models.pairing.PairingRule.codes`.
        """
        return sigmoid(self.logits(mirnas, sites))

    def score_stream(
        self, batches: Iterable[tuple[Codes, Codes]], threads: int = 1
    ) -> Iterator[NDArray[np.float32]]:
        """Yield the scores of every batch, in order, with at most ``2 * threads`` batches waiting."""
        yield from in_order(lambda codes: self.score(*codes), batches, threads)
