"""A network's forward pass without TensorFlow: its layers with their weights as steps in NumPy.

Batch normalisation is folded into the preceding convolution or dense layer; dropout is omitted. Values are
``(pairs, site positions, miRNA positions, channels)``, then ``(pairs, units)``. Every matrix product is of one
pair, however many pairs there are, so that a pair's score depends neither on other pairs nor on their number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from mirtools.models.arrays import Floats
from mirtools.models.matrix.network import NORM_EPSILON, Named, Network, placed


@dataclass(frozen=True)
class Convolution:
    """Attributes: kernel (height, width, channels in, channels out), bias (channels out), same (padding)."""

    kernel: Floats
    bias: Floats
    same: bool

    @property
    def margins(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Numbers of zeros before and after the values, along the site and along the miRNA."""
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
    """Steps whose result is added to their input. Attributes: steps, projection (or None)."""

    steps: tuple[Step, ...]
    projection: Convolution | None

    def shortcut(self, values: Floats, like: Floats) -> Floats:
        """Return the central part of the values, projected if the numbers of channels differ."""
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
        following = layers[place + 1] if place + 1 < len(layers) else None
        norm = following.name if following is not None and following.op == "norm" else None
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
    """Return kernel and bias with the following normalisation folded in, computed in double precision."""
    kernel, bias = (weights[f"{name}.{part}"].astype(np.float64) for part in ("kernel", "bias"))
    if norm is not None:
        gamma, beta, mean, variance = (
            weights[f"{norm}.{part}"].astype(np.float64) for part in ("gamma", "beta", "mean", "variance")
        )
        scale = gamma / np.sqrt(variance + NORM_EPSILON)
        kernel, bias = kernel * scale, (bias - mean) * scale + beta
    return np.ascontiguousarray(kernel, np.float32), bias.astype(np.float32)


def run_steps(steps: Sequence[Step], values: Floats) -> Floats:
    """Return the result of the last step."""
    for step in steps:
        values = step.run(values)
    return values
