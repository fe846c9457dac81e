"""How large a model's values can get, told from its weights before anything is scored.

Finite weights can make scores that are none. Such a model is refused when it is read.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.models import dmiso
from mirtools.models.folding import Folded, fold
from mirtools.models.network import Network, placed
from mirtools.models.network_steps import (
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
from mirtools.models.pairing import Floats

# Single precision ends at 3e38, and squares are taken. Of the bundled network interval arithmetic says 2e8.
_LARGEST_POSSIBLE = 1e18
# It says ever more the deeper a network is, 40 times as much a residual block. What it cannot rule out is tried.
_LARGEST_SEEN, _LARGEST_WEIGHT = 1e12, 1e6
_TRIED = 32

_Reals = NDArray[np.float64]


def overflows(network: Network | None, weights: Mapping[str, Floats]) -> bool:
    """Tell whether a value on the way to a score, or to an explanation of it, may become too large to be a number.

    Parameters
    ----------
    network : Network or None
        None for DMISO.
    weights : dict of str to ndarray
        Finite.
    """
    with np.errstate(all="ignore"):
        if network is None:
            return not _dmiso_reach(weights) <= _LARGEST_POSSIBLE
        steps = steps_of(network, weights)
        if _network_reach(network, steps) <= _LARGEST_POSSIBLE:
            return False
        return not (_largest_weight(steps) <= _LARGEST_WEIGHT and _largest_seen(network, steps) <= _LARGEST_SEEN)


class _Range(NamedTuple):
    """What the values of each channel lie between, and by how much they move at most if the input moves by 1."""

    low: _Reals
    high: _Reals
    gain: _Reals


def _network_reach(network: Network, steps: Sequence[Step]) -> float:
    """Return the largest magnitude that interval arithmetic finds; NaN or infinite where there is no bound."""
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
    """Return the largest magnitude of all layers' values for some pairs: of random letters, and of one alone."""
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


def _dmiso_reach(weights: Mapping[str, Floats]) -> float:
    """Return the largest magnitude on the way to a DMISO score; states of an LSTM are at most 1 whatever comes."""
    folded: Folded = fold(dict(weights))
    parts = {name: np.abs(np.asarray(value, np.float64)) for name, value in folded._asdict().items()}
    merged = max(
        (parts[f"{branch}_strip"].sum(axis=1) + np.tile(parts[f"{branch}_bias"], 4)).max()
        for branch in ("mirna", "site")
    )
    kernels = dmiso.KERNELS
    gates = parts["gates"]
    inputs = (
        gates[:, :, :kernels].sum(axis=2) * merged
        + gates[:, :, kernels]
        + 2 * gates[:, :, kernels + 1 :].sum(axis=2)
    )
    hidden = 2 * parts["dense"].reshape(dmiso.DENSE_UNITS, -1).sum(axis=1) + parts["dense_bias"][:, 0]
    logit = parts["output"][0] @ hidden + parts["output_bias"]
    own = [np.abs(np.asarray(value, np.float64)).max() for value in weights.values()]
    return float(np.max([merged, inputs.max(), hidden.max(), logit, *own]))
