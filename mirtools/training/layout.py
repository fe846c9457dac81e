"""The network that a user asks for: an architecture, what pairs, how long, how large."""

from __future__ import annotations

import math

from mirtools.errors import UsageError, shorten
from mirtools.models.cost import too_costly
from mirtools.models.modelfile import MOST_NUMBERS
from mirtools.models.network import ARCHITECTURES, Network, network_from
from mirtools.models.pairing import PairingRule


def network_of(
    architecture: str,
    rule: PairingRule,
    site_length: int | None = None,
    mirna_length: int | None = None,
    filters: int | None = None,
    blocks: int | None = None,
) -> Network:
    """Return an untrained network; sizes that are None are those of the architecture.

    Parameters
    ----------
    architecture : {"mirbind", "cnn"}
    rule : PairingRule
    site_length, mirna_length : int, optional
        Letters that the network sees.
    filters, blocks : int, optional
        Of ``mirbind`` alone.

    Raises
    ------
    UsageError
        Where no such network can be made.
    """
    wanted = {"site_length": site_length, "mirna_length": mirna_length, "filters": filters, "blocks": blocks}
    sizes = {name: value for name, value in wanted.items() if value is not None}
    try:
        network = ARCHITECTURES[architecture](rule, **sizes)
        # what a model file would be refused for is better known before the training
        network_from(network.described())
    except ValueError as error:
        raise UsageError(f"no {architecture} network is of this size: {shorten(str(error), 120)}") from error
    if (cost := too_costly(network)) is not None:
        raise UsageError(f"no {architecture} network is of this size: it {cost}; make it smaller")
    numbers = sum(map(math.prod, network.tensor_shapes().values()))
    if numbers > MOST_NUMBERS:
        raise UsageError(
            f"the network would have {numbers:,} weights, more than {MOST_NUMBERS:,}; make it smaller"
        )
    return network
