"""A bound of a network's values, computed from its weights when a model is read.

Finite weights can still make scores that are not numbers. Such a model is rejected.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.models.arrays import Floats
from mirtools.models.matrix.network import Network, placed
from mirtools.models.matrix.steps import (
    Convolution,
    Dense,
    Flatten,
    GlobalPool,
    MaxPool,
    Rectifier,
    Residual,
    Step,
    steps_of,
)

# The largest number of single precision is 3e38, and values are squared. Interval arithmetic finds a bound of 2e8
# for the bundled network.
_LARGEST_POSSIBLE = 1e18
# Its bound grows with depth, by a factor of 40 per residual block. Above the limit, some pairs are scored to
# decide.
_LARGEST_SEEN, _LARGEST_WEIGHT = 1e12, 1e6
_TRIED = 32

_Reals = NDArray[np.float64]


def overflows(network: Network, weights: Mapping[str, Floats]) -> bool:
    """Return whether the computation of a score, or of its explanation, may overflow.

    Parameters
    ----------
    network : Network
    weights : dict of str to ndarray
        Finite.
    """
    with np.errstate(all="ignore"):
        steps = steps_of(network, weights)
        if _reach(network, steps) <= _LARGEST_POSSIBLE:
            return False
        return not (_largest_weight(steps) <= _LARGEST_WEIGHT and _largest_seen(network, steps) <= _LARGEST_SEEN)


class _Range(NamedTuple):
    """Bounds of the values of each channel, and of their change if the input changes by 1."""

    low: _Reals
    high: _Reals
    gain: _Reals


def _reach(network: Network, steps: Sequence[Step]) -> float:
    """Return the largest magnitude that interval arithmetic finds; NaN or infinite if there is no bound."""
    table = network.rule.table().astype(np.float64).reshape(-1, len(network.rule.channels))
    start = _Range(table.min(axis=0), table.max(axis=0), np.ones(table.shape[1]))
    before = [layer.before for layer in placed(network) if layer.op == "flatten"]
    positions = math.prod(before[0][:2]) if before else 1
    reach = [np.abs(table).max()]
    _through(steps, start, positions, reach)
    return float(np.max(reach))


def _through(steps: Sequence[Step], values: _Range, positions: int, reach: list[float]) -> _Range:
    for step in steps:
        match step:
            case Convolution():
                if step.same:
                    values = _Range(np.minimum(values.low, 0), np.maximum(values.high, 0), values.gain)
                values = _sums(
                    step.kernel.reshape(-1, *step.kernel.shape[2:]).astype(np.float64), step.bias, values
                )
            case Dense():
                values = _sums(step.kernel[None].astype(np.float64), step.bias, values)
            case Rectifier():
                values = _Range(np.maximum(values.low, 0), np.maximum(values.high, 0), values.gain)
            case Residual():
                inner = _through(step.steps, values, positions, reach)
                if step.projection is not None:
                    values = _through([step.projection], values, positions, reach)
                values = _Range(*(one + other for one, other in zip(inner, values, strict=True)))
            case GlobalPool():
                values = _Range(*(np.tile(part, len(step.kinds)) for part in values))
            case Flatten():
                values = _Range(*(np.tile(part, positions) for part in values))
            case MaxPool():
                pass
        reach.append(float(np.max(np.abs(values))))
    return values


def _sums(kernel: _Reals, bias: Floats, values: _Range) -> _Range:
    """Return the range of weighted sums; ``kernel`` has shape (places, channels in, channels out)."""
    positive, negative = np.maximum(kernel, 0).sum(axis=0), np.minimum(kernel, 0).sum(axis=0)
    return _Range(
        values.low @ positive + values.high @ negative + bias,
        values.high @ positive + values.low @ negative + bias,
        values.gain @ (positive - negative),
    )


def _largest_weight(steps: Sequence[Step]) -> float:
    largest = [0.0]
    for step in steps:
        if isinstance(step, Residual):
            largest.append(
                _largest_weight(step.steps if step.projection is None else [*step.steps, step.projection])
            )
        elif isinstance(step, Convolution | Dense):
            largest += [float(np.abs(step.kernel).max()), float(np.abs(step.bias).max())]
    return float(np.max(largest))


def _largest_seen(network: Network, steps: Sequence[Step]) -> float:
    """Return the largest magnitude of all layers' values for some pairs: of random letters, and of one letter."""
    random = np.random.default_rng(0)
    letters = network.rule.unknown + 1
    table = network.rule.table()
    largest = [0.0]
    for number in range(_TRIED):
        site, mirna = (
            random.integers(0, letters, network.site_length),
            random.integers(0, letters, network.mirna_length),
        )
        if number % 4 == 0:
            site[:], mirna[:] = random.integers(0, letters, 2)
        _try(steps, table[site[:, None], mirna[None, :]][None], largest)
    return float(np.max(largest))


def _try(steps: Sequence[Step], values: Floats, largest: list[float]) -> Floats:
    for step in steps:
        if isinstance(step, Residual):
            inner = _try(step.steps, values, largest)
            values = inner + step.shortcut(values, inner)
        else:
            values = step.run(values)
        largest.append(float(np.abs(values).max()))
    return values
