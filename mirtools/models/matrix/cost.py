"""The cost of scoring a pair with a network, computed from its layers.

A model file of a few kilobytes can need gigabytes and minutes per pair. Such a network is rejected when a model is
read, and before one is trained.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from mirtools.models.matrix.network import Named, Network, placed

# Per pair: half a second on one core, and a quarter of a gigabyte. The bundled network needs 6 million
# multiply-adds and 45,000 values.
MOST_MULTIPLY_ADDS, MOST_VALUES = 4_000_000_000, 1 << 26


class Cost(NamedTuple):
    """The cost of a pair.

    Attributes
    ----------
    multiply_adds : int
    layer_values : int
        Numbers that the largest layer needs at once: its inputs, as often as they are read, and its outputs.
    values : int
        Outputs of all layers.
    """

    multiply_adds: int
    layer_values: int
    values: int


def cost_of(network: Network) -> Cost:
    """Return the cost of a pair."""
    return _cost(placed(network))


def _cost(layers: Sequence[Named]) -> Cost:
    multiply_adds = largest = values = 0
    for layer in layers:
        before, after = math.prod(layer.before), math.prod(layer.after)
        read = before
        if layer.op == "conv":
            window = math.prod(layer.fields["kernel"]) * layer.before[-1]
            read += math.prod(layer.after[:2]) * window
            multiply_adds += after * window
        elif layer.op == "dense":
            multiply_adds += before * after
        elif layer.op == "residual":
            inner = _cost(layer.inner)
            multiply_adds += inner.multiply_adds
            if layer.before[-1] != layer.after[-1]:
                multiply_adds += after * layer.before[-1]
            values += inner.values
            largest = max(largest, before + inner.layer_values)
        if layer.op not in ("norm", "dropout"):
            values += after
            largest = max(largest, read + after)
    return Cost(multiply_adds, largest, values)


def too_costly(network: Network) -> str | None:
    """Return which limit the cost of a pair exceeds, or None."""
    cost = cost_of(network)
    for needed, most, what in (
        (cost.multiply_adds, MOST_MULTIPLY_ADDS, "multiply-adds"),
        (max(cost.layer_values, cost.values), MOST_VALUES, "values"),
    ):
        if needed > most:
            return f"needs {needed:,} {what} per pair, more than {most:,}"
    return None
